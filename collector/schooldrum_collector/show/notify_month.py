"""The half page that a principal gets once a month: lessons lost, PCs seen, what the safety of the PCs asks for."""

import msgspec

from schooldrum_collector.formats import date, number
from schooldrum_collector.show.notify_composed import MessageForms
from schooldrum_collector.show.notify_digest import fits, told_of_lines
from schooldrum_collector.show.notify_times import day, lasted
from schooldrum_collector.speech import Say

_MINUTE = 60
_DETAILS, _LONGEST_FROM = 4, 2


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """How often something was lost in lesson time, for how long in all, and the longest time: seconds, begin, number.

    What was lost for less than a minute of lessons is not in it.
    """

    times: int = 0
    lessons: float = 0.0
    longest: float = 0.0
    longest_began: float = 0.0
    longest_name: str = ""


class Safety(msgspec.Struct, frozen=True, kw_only=True):
    """Of so many PCs: how many are late with security updates, by how many days at most, how many out of support."""

    of: int = 0
    late: int = 0
    oldest: int = 0
    unsupported: int = 0


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """A month of a school (`begin` and `end` in epoch seconds): what it lost, and how its PCs stand.

    `before` are seconds of lessons without internet in the month before, None where nobody was counting yet; `seen` is
    how many of its PCs were heard.
    """

    place: str
    begin: float
    end: float
    internet: Loss = Loss()
    power: Loss = Loss()
    inside: Loss = Loss()
    before: float | None = None
    seen: int = 0
    safety: Safety = Safety()


def month(told: Month, language: str, zone: str) -> MessageForms:
    """The half page; what has no room is left out from the end: the longest times, then the month before."""
    say = Say(language)
    title = say(f"tháng {date(told.begin, 'vi', zone)[3:]}", f"the month of {date(told.begin, 'en', zone)[-8:]}")
    steps = _steps(told, say)
    lines = _lines(told, say, zone, room=0)
    for room in range(_DETAILS, 0, -1):
        fuller = _lines(told, say, zone, room=room)
        if fits(told.place, title, fuller, steps, say):
            lines = fuller
            break
    return told_of_lines(told.place, title, lines, steps, say, short=lines[1])


def _lines(told: Month, say: Say, zone: str, *, room: int) -> list[str]:
    """With as many of the details as there is room for: the month before, then the longest time of each."""
    losses = ((told.internet, "Internet"), (told.power, say("Điện", "Power")), (told.inside, say("Mạng nội bộ", "LAN")))
    lines = [say("Kính gửi thầy/cô Hiệu trưởng.", "To the principal.")]
    for at, (loss, name) in enumerate(losses):
        if loss.times:
            lines.append(f"{name}: {_lost(loss, say, zone, whole=room >= at + _LONGEST_FROM)}")
        elif not at:
            lines.append(say("Internet: không mất phút nào trong giờ học.", "Internet: no lesson time lost."))
        if not at and told.before is not None and room:
            lines[-1] += _before(told.before, say)
    return [*lines, _seen(told, say), *_safety(told.safety, say)]


def _times(count: int, say: Say) -> str:
    return say(f"{count} lần", "once" if count == 1 else f"{count} times")


def _lost(loss: Loss, say: Say, zone: str, *, whole: bool) -> str:
    lessons = lasted(loss.lessons, say.language)
    text = say(
        f"mất {_times(loss.times, say)}, {lessons} trong giờ học",
        f"lost {_times(loss.times, say)}, {lessons} of lesson time",
    )
    when = f"{day(loss.longest_began, say.language, zone)} ({loss.longest_name})"
    if whole and loss.times > 1:
        text += say("; lâu nhất ", "; longest ") + f"{lasted(loss.longest, say.language)}, {when}"
    elif whole:
        text += f", {when}"
    return f"{text}."


def _before(seconds: float, say: Say) -> str:
    if seconds < _MINUTE:
        return say(" Tháng trước: không mất.", " The month before: nothing lost.")
    before = lasted(seconds, say.language)
    return say(f" Tháng trước: {before}.", f" The month before: {before}.")


def _seen(told: Month, say: Say) -> str:
    missing = told.safety.of - told.seen
    text = say(
        f"Máy tính: {told.seen}/{told.safety.of} máy có bật trong tháng",
        f"PCs: {told.seen} of {told.safety.of} were on in the month",
    )
    if missing:
        text += say(f", {missing} máy chưa thấy", f", {missing} not seen")
    return f"{text}."


def _safety(safety: Safety, say: Say) -> list[str]:
    lines: list[str] = []
    if safety.late:
        lines.append(
            say(
                f"Cập nhật bảo mật: {safety.late} máy chậm, lâu nhất {safety.oldest} ngày máy có bật.",
                f"Security updates: {safety.late} PCs behind, oldest {safety.oldest} days the PC was on.",
            )
        )
    if safety.unsupported:
        share = number(100 * safety.unsupported / max(1, safety.of), say.language, digits=0)
        of_all = say(f" ({share}%)", f" ({share} %)") if safety.of > 100 else ""  # noqa: PLR2004 - the glossary's bound
        lines.append(
            say(
                f"Hết hỗ trợ: {safety.unsupported} máy{of_all}, hãng không còn phát hành bản vá.",
                f"Out of support: {safety.unsupported} PCs{of_all}; their maker publishes no updates any more.",
            )
        )
    return lines


def _steps(told: Month, say: Say) -> tuple[str, ...]:
    steps: list[str] = []
    if told.safety.unsupported:
        steps.append(
            say(
                "Đưa máy hết hỗ trợ vào kế hoạch nâng cấp, thay thế.",
                "Put the PCs out of support into the plan for upgrades and replacements.",
            )
        )
    if told.safety.late:
        steps.append(
            say(
                "Dành cho giáo viên phụ trách CNTT một buổi phòng trống để cài bản cập nhật.",
                "Give the IT officer a free half day in the lab to install updates.",
            )
        )
    return tuple(steps) or (say("Thầy/cô chưa cần làm gì.", "Nothing for you to do."),)
