"""What is told at a fixed hour instead of at once: the morning list, the weekly digest, the roll call after a break."""

from collections.abc import Sequence

import msgspec

from schooldrum_collector.formats import date
from schooldrum_collector.judge.incident import Severity
from schooldrum_collector.show.incident_words import SEVERITIES
from schooldrum_collector.show.notify_composed import MOST, PARAMETER, MessageForms
from schooldrum_collector.show.notify_names import cut, tidy
from schooldrum_collector.show.notify_sms import SEGMENT, plain
from schooldrum_collector.show.notify_times import day, lasted, moment
from schooldrum_collector.speech import Say

_ROOMS_NAMED, _SCHOOLS_NAMED = 3, 3
_MINUTE = 60


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One incident in a digest: place and what, when it began, how long it took, seconds of lessons lost."""

    number: str
    text: str
    began: float
    took: float
    lessons: float = 0.0


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """PCs of a room that are behind on security updates; `oldest` in days, `frozen` of them with a frozen disk."""

    room: str
    behind: int
    of: int
    oldest: int
    frozen: int = 0


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A school with PCs that are `late` with security updates (by at most `oldest` days) or out of support."""

    school: str
    late: int
    unsupported: int
    oldest: int = 0


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """What a digest is made of; times are epoch seconds, lines are sorted by what matters most.

    `behind` are rooms of a school, `visits` schools of an area, `absent` names PCs that have not been heard since
    before it began. `lessons` are seconds of lessons that all of `over` took, each school's time counted once.
    """

    place: str
    begin: float
    end: float
    going_on: tuple[Line, ...] = ()
    over: tuple[Line, ...] = ()
    behind: tuple[Behind, ...] = ()
    visits: tuple[Visit, ...] = ()
    absent: tuple[str, ...] = ()
    lessons: float = 0.0


def morning(digest: Digest, language: str, zone: str) -> MessageForms | None:
    """The list of 06:45 for the office; None where nothing went on."""
    if not (digest.going_on or digest.over):
        return None
    say = Say(language)
    title = say(f"bản tin sáng {date(digest.end, 'vi', zone)}", f"morning list {date(digest.end, 'en', zone)}")
    return told_of_lines(digest.place, title, _incidents(digest, say, zone), (), say)


def weekly(digest: Digest, language: str, zone: str) -> MessageForms | None:
    """The weekly digest; None where there is nothing to tell."""
    say = Say(language)
    lines = list(_incidents(digest, say, zone))
    steps: tuple[str, ...] = ()
    if digest.behind:
        behind = sum(room.behind for room in digest.behind)
        lines.append(_updates(digest.behind, behind, say))
        steps = _thaw(say) if any(room.frozen for room in digest.behind) else _update(say)
    if digest.visits:
        lines += _visits(digest.visits, say)
        steps = _visit(say)
    if digest.absent:
        named = ", ".join(digest.absent[:5]) + (" …" if len(digest.absent) > 5 else "")  # noqa: PLR2004 - enough to know which
        count = len(digest.absent)
        lines.append(say(f"Chưa thấy {count} máy trong tuần: {named}.", f"{count} PCs not seen this week: {named}."))
    if not lines:
        return None
    span = f"{date(digest.begin, language, zone)} \N{EN DASH} {date(digest.end - 1, language, zone)}"
    return told_of_lines(digest.place, say(f"bản tin tuần {span}", f"weekly digest {span}"), lines, steps, say)


def roll_call(
    place: str, *, seen: int, of: int, missing: Sequence[str], noted: int, now: float, language: str, zone: str
) -> MessageForms:
    """Who is back on the first day after a long break; of `noted` ones people have said why they are not."""
    say = Say(language)
    until = moment(now, language, zone)
    told = say(f"Đến {until}: {seen}/{of} máy đã bật lại.", f"By {until}: {seen} of {of} PCs have been on again.")
    lines = [told]
    if missing:
        shown = [tidy(name) for name in missing]
        named = ", ".join(shown[:10]) + (" …" if len(shown) > 10 else "")  # noqa: PLR2004 - enough to walk to
        lines.append(say(f"Chưa thấy: {named}.", f"Not seen: {named}."))
        lines.append(
            say(
                "Máy hỏng hoặc cho mượn: mở trang của trường, bấm vào máy để ghi lại. Máy chưa dùng đến: không cần "
                "làm gì.",
                "Broken or lent: open the school's page and tap the PC to note it. Simply not used yet: nothing to do.",
            )
        )
    if noted:
        lines.append(
            say(f"Đã ghi hỏng, cho mượn, để nơi khác: {noted} máy.", f"Noted as broken, lent, elsewhere: {noted} PCs.")
        )
    return told_of_lines(place, say("điểm danh máy sau kỳ nghỉ", "roll call after the break"), lines, (), say)


def trial(place: str, now: float, language: str, zone: str) -> MessageForms:
    """What somebody gets who is to see whether messages arrive."""
    say = Say(language)
    lines = [
        say(
            f"{moment(now, 'vi', zone)}. Tin thử: tin báo của Schooldrum đến được đây.",
            f"{moment(now, 'en', zone)}. A trial: messages of Schooldrum arrive here.",
        ),
        say("Không cần làm gì.", "Nothing to do."),
    ]
    return told_of_lines(place, say("tin thử", "trial message"), lines, (), say)


def _incidents(digest: Digest, say: Say, zone: str) -> list[str]:
    lines: list[str] = []
    if digest.going_on:
        lines.append(say(f"Đang xảy ra: {len(digest.going_on)}.", f"Going on: {len(digest.going_on)}."))
        lines += [
            f"- {one.text}, {say('từ', 'since')} {day(one.began, say.language, zone)} ({one.number})"
            for one in digest.going_on
        ]
    if digest.over:
        lessons = lasted(digest.lessons, say.language)
        lines.append(
            say(
                f"Đã hết: {len(digest.over)}, mất {lessons} trong giờ học.",
                f"Over: {len(digest.over)}, {lessons} of lesson time.",
            )
            if digest.lessons >= _MINUTE
            else say(f"Đã hết: {len(digest.over)}.", f"Over: {len(digest.over)}.")
        )
        lines += [f"- {one.text}: {lasted(one.took, say.language)} ({one.number})" for one in digest.over]
    return lines


def _updates(rooms: Sequence[Behind], behind: int, say: Say) -> str:
    oldest = max(room.oldest for room in rooms)
    named = "; ".join(f"{room.room} {room.behind}/{room.of}" for room in rooms[:_ROOMS_NAMED])
    more = " …" if len(rooms) > _ROOMS_NAMED else ""
    frozen = sum(room.frozen for room in rooms)
    told = say(
        f"{behind} máy chậm cập nhật bảo mật, lâu nhất {oldest} ngày máy có bật ({named}{more}).",
        f"{behind} PCs behind on security updates, oldest {oldest} days the PC was on ({named}{more}).",
    )
    if not frozen:
        return told
    return told + say(
        f" {frozen} máy đóng băng ổ C nên bản vá mất sau mỗi lần khởi động lại. Xác định: do đóng băng ổ đĩa.",
        f" On {frozen} drive C is frozen, so updates vanish at every restart. Found: frozen disks.",
    )


def _visits(visits: Sequence[Visit], say: Say) -> list[str]:
    lines: list[str] = []
    late, unsupported = [one for one in visits if one.late], [one for one in visits if one.unsupported]
    if late:
        count, oldest = sum(one.late for one in late), max(one.oldest for one in late)
        lines.append(
            say(
                f"Cập nhật bảo mật: {count} máy ở {len(late)} trường chậm, lâu nhất {oldest} ngày máy có bật.",
                f"Security updates: {count} PCs in {len(late)} schools behind, oldest {oldest} days the PC was on.",
            )
        )
    if unsupported:
        count = sum(one.unsupported for one in unsupported)
        lines.append(
            say(
                f"Hết hỗ trợ: {count} máy ở {len(unsupported)} trường.",
                f"Out of support: {count} PCs in {len(unsupported)} schools.",
            )
        )
    named = "; ".join(_of_school(one, say) for one in visits[:_SCHOOLS_NAMED])
    more = " …" if len(visits) > _SCHOOLS_NAMED else ""
    lines.append(say(f"Nên đến trước: {named}{more}.", f"Whom to visit first: {named}{more}."))
    return lines


def _of_school(one: Visit, say: Say) -> str:
    parts = [
        say(f"{one.late} chậm", f"{one.late} behind") if one.late else "",
        say(f"{one.unsupported} hết hỗ trợ", f"{one.unsupported} out of support") if one.unsupported else "",
    ]
    return f"{one.school} ({', '.join(filter(None, parts))})"


def _visit(say: Say) -> tuple[str, ...]:
    return (
        say(
            "Đến theo thứ tự trên; danh sách máy nằm ở trang của từng trường.",
            "Visit in this order; each school's page lists its PCs.",
        ),
    )


def _thaw(say: Say) -> tuple[str, ...]:
    return (
        say(
            "Chọn buổi phòng trống, mở đóng băng cả phòng.",
            "Choose a time when the lab is free and thaw the whole lab.",
        ),
        say(
            "Trên từng máy mở Windows Update, cài hết và khởi động lại đến khi không còn bản nào.",
            "On each PC open Windows Update, install everything, restart until nothing is left.",
        ),
        say(
            "Đóng băng lại. Số liệu tự cập nhật trong ngày, không cần báo cáo.",
            "Freeze again. The figures follow within the day; no report is needed.",
        ),
    )


def _update(say: Say) -> tuple[str, ...]:
    return (
        say(
            "Trên từng máy mở Windows Update, cài hết và khởi động lại đến khi không còn bản nào.",
            "On each PC open Windows Update, install everything, restart until nothing is left.",
        ),
    )


def fits(place: str, what: str, lines: Sequence[str], steps: Sequence[str], say: Say) -> bool:
    """Whether a digest of these lines has room in 700 characters."""
    return len("\n".join([_title(place, what, say), *lines, *_numbered(steps)])) <= MOST


def _title(place: str, what: str, say: Say) -> str:
    return f"[{say(*SEVERITIES[Severity.INFORMATION])}] {tidy(place)}: {what}"


def _numbered(steps: Sequence[str]) -> list[str]:
    return [f"{at}. {step}" for at, step in enumerate(steps, 1)] if len(steps) > 1 else list(steps)


def told_of_lines(
    place: str, what: str, lines: Sequence[str], steps: Sequence[str], say: Say, *, short: str = ""
) -> MessageForms:
    """A digest of these lines, in at most 700 characters: lines of single incidents go first, and that is said.

    `short` is what a template and a text message have room for, where that is not the first line.
    """
    title, doing = _title(place, what, say), _numbered(steps)
    shown, left = list(lines), 0
    while True:
        more = [say(f"… và {left} dòng nữa.", f"… and {left} more lines.")] if left else []
        text = "\n".join([*shown, *more, *doing])
        if len(title) + 1 + len(text) <= MOST:
            break
        last = next((at for at in range(len(shown) - 1, -1, -1) if shown[at].startswith("- ")), None)
        if last is None:
            text = cut(text, MOST - len(title) - 1)
            break
        del shown[last]
        left += 1
    first = short or (shown[0] if shown else "")
    return MessageForms(
        title=title,
        full=text,
        chat=text,
        chat_parameters={
            "place": cut(tidy(place), PARAMETER),
            "what": cut(what, PARAMETER),
            "since": cut(first, PARAMETER),
            "cause": "-",
            "step": cut(steps[0], PARAMETER) if steps else say("Không cần làm gì", "Nothing to do"),
            "link": "-",
        },
        sms=plain(cut(f"{tidy(place)}: {what}. {first}", SEGMENT - 2))[:SEGMENT],
    )
