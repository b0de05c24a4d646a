"""How safe one PC is, in words: support of its system and the way out, missing updates and what refuses them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from schooldrum_collector import formats
from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.patches import Patches, PatchState
from schooldrum_collector.judge.presence import State
from schooldrum_collector.judge.software import Found
from schooldrum_collector.judge.support import Proof, Support, SupportState
from schooldrum_collector.judge.way_out import Way, WayOut
from schooldrum_collector.speech import Say

_WAYS = {
    Way.NONE: ("chưa cần làm gì", "nothing to do yet"),
    Way.FREE_UPGRADE: ("nâng cấp miễn phí lên {to}", "free upgrade to {to}"),
    Way.NEXT_RELEASE: ("cập nhật miễn phí lên bản kế tiếp: {to}", "free update to the next release: {to}"),
    Way.ESU: ("mua hỗ trợ kéo dài (ESU), đến hết {to}", "buy extended support (ESU), until {to}"),
    Way.LICENCE: ("mua bản quyền {to} rồi cài cho máy này", "buy a licence for {to} and install it on this PC"),
    Way.REPLACE: ("thay máy", "replace the PC"),
    Way.UNKNOWN: (
        "có thể nâng cấp lên {to}, chưa rõ máy có đủ điều kiện không",
        "maybe an upgrade to {to}: whether its parts allow it is not known",
    ),
}
_PLANNED_AHEAD = 365
"""Days before the end of support from which on a school's plan is shown."""
_LINUX_UNNAMED = (
    "cài bản mới hơn của hệ điều hành này, hoặc một bản Linux khác (miễn phí)",
    "install a newer release of this system, or another Linux (free)",
)
_STEP_BY_STEP = (
    " (lần lượt từng bản, trước hết {first}; hoặc cài mới)",
    " (release by release, {first} first; or install it anew)",
)
_NEXT_UNNAMED = ("cập nhật miễn phí lên bản Windows kế tiếp", "free update to the next release of Windows")
_PARTS = {
    "processor": ("bộ xử lý", "processor"),
    "memory": ("bộ nhớ", "memory"),
    "disk": ("ổ đĩa", "disk"),
    "tpm": ("chip bảo mật (TPM)", "security chip (TPM)"),
}
_STATES = {
    PatchState.CURRENT: ("kịp thời", "in time"),
    PatchState.WAITING: ("chậm cập nhật", "behind"),
    PatchState.RESTART: ("chờ khởi động lại", "waiting for a restart"),
    PatchState.OFF: ("chậm vì máy ít bật", "behind because it was hardly on"),
    PatchState.REFUSED: (
        "chậm vì cập nhật bị tắt, tạm dừng hoặc cài không được",
        "behind because updates are off, paused or fail",
    ),
    PatchState.FROZEN: ("chậm vì đóng băng ổ đĩa", "behind because its disk is frozen"),
    PatchState.UNKNOWN: ("chưa rõ", "not known yet"),
}
_BECAUSE = {
    "paused": ("có người tạm dừng cập nhật", "somebody has paused updates"),
    "own_server": ("máy chủ cập nhật riêng không trả lời", "its own update server does not answer"),
    "policy": ("chính sách tắt cập nhật", "a policy switches updates off"),
    "choice": ("có người tắt cập nhật", "somebody has switched updates off"),
    "access_disabled": ("chính sách chặn Windows Update", "a policy closes Windows Update"),
    "service_disabled": ("dịch vụ cập nhật bị tắt", "the update service is switched off"),
    "blocked": ("cập nhật bị chặn", "updates are blocked"),
    "not_installed": ("chưa cài bộ cập nhật tự động", "automatic updates are not installed"),
    "timer_masked": ("bộ hẹn giờ cập nhật bị khóa", "the timer of updates is masked"),
    "timer_off": ("bộ hẹn giờ cập nhật không chạy", "the timers of updates do not run"),
    "periodic_off": ("apt bị đặt không tự chạy", "apt is told to do nothing by itself"),
    "lists_not_refreshed": ("danh sách gói không được làm mới", "lists of packages are not renewed"),
    "off": ("cập nhật bị tắt", "updates are switched off"),
}
_ESU_AFTER = (
    "cập nhật miễn phí lên {first} trước, rồi {told}",
    "free update to {first} first, then {told}",
)
_OLD_LIST = (
    "chưa rõ: danh sách hết hỗ trợ (support) chưa có năm hỗ trợ này; nạp mới: schooldrum-collector data update TỆP",
    "not known: the support list lacks this year of support; renew it: schooldrum-collector data update FILE",
)
_NO_REVISION = (
    "chưa rõ: máy không cho biết bản dựng (UBR), nên không biết có hỗ trợ kéo dài hay không",
    "not known: the PC does not tell its revision (UBR), which alone shows extended support",
)
_LONG_AGO = ("máy đã lâu không tìm bản cập nhật", "the PC has not looked for updates for long")
_OWN_SERVER = (
    "cập nhật lấy từ máy chủ riêng; từ {day} máy chưa tìm bản mới",
    "updates come by its own server; not searched since {day}",
)
_UNREAD = (
    "danh sách bản cập nhật đọc được lần cuối ngày {day}, từ đó không đọc được nữa",
    "the list of updates was last read on {day}; it could not be read since",
)
_IDLE = (
    "máy chủ cập nhật riêng không đưa bản vá nào về máy từ trước hai kỳ vá gần nhất",
    "its own update server has brought no update to this PC since before the last two patch days",
)
_SCAN_UNKNOWN = ("chưa rõ máy tìm bản cập nhật lần cuối lúc nào", "when the PC last looked for updates is not known")
_GONE = ("đã hết hỗ trợ, hãng không còn phát hành bản vá", "out of support, its maker publishes no more updates")


def day_words(day: date, say: Say) -> str:
    """A day as people write it."""
    return formats.date(datetime.combine(day, time(5), UTC).timestamp(), say.language)


def _days(count: int, say: Say) -> str:
    return f"{formats.number(count, say.language)} {say('ngày', 'day' if count == 1 else 'days')}"


def as_of_words(presence: State, heard: float, now: float, zone: str, say: Say) -> str:
    """Of which day all that is known of a PC is (its last report, epoch seconds); empty while that is today's.

    `zone` is the school's. What a PC has told is shown for as long as it is watched, so people must read how old it is.
    """
    last, today = (datetime.fromtimestamp(at, time_zone(zone)).date() for at in (heard, now))
    if presence is State.ONLINE or last >= today:
        return ""
    day, ago = day_words(last, say), _days((today - last).days, say)
    return say(
        f"Số liệu đến ngày {day}: máy gửi lần cuối cách đây {ago}.",
        f"Figures as of {day}: the PC was last heard {ago} ago.",
    )


def support_words(support: Support, say: Say) -> str:
    """Until when there are updates, and how that is known."""
    if support.proof is Proof.UNKNOWN:
        return say(*_OLD_LIST)
    if support.state is SupportState.UNKNOWN and support.newer_than is not None:
        listed = day_words(support.newer_than, say)
        return say(
            f"chưa rõ: mới hơn danh sách hỗ trợ ngày {listed}; nạp danh sách mới: schooldrum-collector data update TỆP",
            f"not known: newer than our list of {listed}; take a newer list: schooldrum-collector data update FILE",
        )
    if support.state is SupportState.UNKNOWN and support.shows_from is not None and support.until is not None:
        until, since = day_words(support.until, say), day_words(support.shows_from, say)
        return say(
            f"chưa rõ còn hỗ trợ sau ngày {until}: hỗ trợ kéo dài chỉ thấy được từ kỳ vá {since}",
            f"support after {until} is not known: extended support shows from the updates of {since}",
        )
    if support.state is SupportState.UNKNOWN and support.proof is Proof.NOT_PROVEN:
        return say(*_NO_REVISION)
    if support.state is SupportState.UNKNOWN:
        return say("chưa rõ: không có trong danh sách hỗ trợ", "not known: not in the list of supported systems")
    if support.state is SupportState.ENDED:
        told = _ended_words(support, say)
    elif support.until is None:
        told = say("còn hỗ trợ", "supported")
    else:
        left = _days(max(0, support.days_left or 0), say)
        until = day_words(support.until, say)
        told = say(f"còn hỗ trợ {left}, đến hết {until}", f"{left} left, until {until}")
    return told + _proof_words(support, say)


def _proof_words(support: Support, say: Say) -> str:
    has_ended = support.state is SupportState.ENDED
    if support.proof is Proof.NOT_PROVEN and has_ended:
        return say("; chưa thấy hỗ trợ kéo dài", "; no extended support is proven")
    if support.proof is not Proof.PROVEN:
        return ""
    if not has_ended:
        return say("; hỗ trợ kéo dài đã xác nhận trên máy", "; extended support is proven on this PC")
    if support.bought is None or support.until is None:
        return say(
            "; thời gian hỗ trợ kéo dài đã xác nhận trên máy cũng đã hết",
            "; the extended support proven on this PC is over too",
        )
    until = day_words(support.until, say)
    return say(
        f"; hỗ trợ kéo dài chỉ xác nhận được trên máy đến hết {until}",
        f"; extended support is proven on this PC until {until} alone",
    )


def _ended_words(support: Support, say: Say) -> str:
    since = f" ({say('từ sau ngày', 'since')} {day_words(support.until, say)})" if support.until is not None else ""
    if support.bought is None:
        return f"{say(*_GONE)}{since}"
    bought = day_words(support.bought, say)
    return say(
        f"đã hết hỗ trợ{since}, bản vá chỉ còn cho máy có hỗ trợ kéo dài, đến hết {bought}",
        f"out of support{since}, updates go only to PCs with extended support, until {bought}",
    )


def plan_matters(support: Support) -> bool:
    """Whether there is anything to plan for: its support has ended, or ends within a year."""
    left = support.days_left
    return support.state is SupportState.ENDED or (left is not None and left <= _PLANNED_AHEAD)


def plan_words(planned: date, say: Say) -> str:
    """Until when the school has said it will act, and that this counts for nothing yet."""
    day = day_words(planned, say)
    return say(
        f"trường dự kiến xử lý trước ngày {day} (chỉ để biết, không tính là đạt)",
        f"the school plans to act by {day} (for information, never counted as met)",
    )


def way_words(way: WayOut, say: Say) -> str:
    """What can be done, and what stands against more."""
    to = way.to
    if way.way is Way.ESU:
        to = day_words(date.fromisoformat(to), say)
    unnamed = {} if to else {Way.NEXT_RELEASE: _NEXT_UNNAMED, Way.FREE_UPGRADE: _LINUX_UNNAMED}
    told = say(*unnamed.get(way.way, _WAYS[way.way])).format(to=to)
    if way.first:
        after = say(*_ESU_AFTER).format(first=way.first, told=told)
        told = after if way.way is Way.ESU else told + say(*_STEP_BY_STEP).format(first=way.first)
    if way.parts:
        named = ", ".join(say(*_PARTS[part]) if part in _PARTS else part for part in way.parts)
        lead = (
            say("chưa rõ", "not known") if way.way is Way.UNKNOWN else say("không hợp Windows 11", "not for Windows 11")
        )
        told += f" ({lead}: {named})"
    return told


def product_words(found: Found, say: Say) -> str:
    """What a program is called: its own name, or what it is in the reader's language."""
    return say(found.name, found.english or found.name)


def because_words(because: str, say: Say) -> str:
    """What refuses updates; an error as its code."""
    if because.startswith("error "):
        return say(f"lỗi {because[6:]}", because)
    return say(*_BECAUSE[because]) if because in _BECAUSE else because


def _missing(patches: Patches, say: Say) -> str:
    """The one figure, and where the two signs do not say the same, which says what; no nought that nobody can prove."""
    not_known = say("chưa rõ", "not known yet")
    if patches.told is None and patches.behind is None:
        return not_known
    is_open = patches.state is PatchState.UNKNOWN and not patches.count
    count = not_known if is_open else formats.number(patches.count, say.language)
    if patches.behind is None:
        return count
    behind = formats.number(patches.behind, say.language)
    of = ""
    if patches.listed is not None and patches.list_old:
        of = say(" ngày ", " of ") + day_words(patches.listed, say)
    builds = say(
        f"theo danh sách{of}: chậm {behind} bản dựng",
        f"by the list{of}: {behind} {'build' if patches.behind == 1 else 'builds'} behind",
    )
    if patches.security is not None and patches.security != patches.behind:
        mending = formats.number(patches.security, say.language)
        builds += say(f", trong đó {mending} bản vá bảo mật", f", {mending} of them with security")
    told = say("máy không tự báo", "the PC itself does not tell")
    if patches.told is not None:
        own = formats.number(patches.told, say.language)
        told = say(f"máy tự báo {own}", f"the PC itself tells of {own}")
    return f"{count} ({builds}; {told})"


def _waited(age_days: int, patches: Patches, say: Say) -> str:
    calendar_days = patches.calendar_days or 0
    on, all_days = _days(age_days, say), _days(calendar_days, say)
    least = say("ít nhất ", "at least ") if patches.at_least or not age_days else ""
    if not age_days:
        on = say("một phần ngày", "part of a day")
        if not calendar_days:
            return least + on
    return say(f"{least}{on} có bật máy, {all_days} theo lịch", f"{least}{on} of use, {all_days} by the calendar")


def patch_lines(patches: Patches, say: Say) -> Iterator[tuple[str, str]]:
    """How it stands with security updates, line by line (what it is called, how it is)."""
    state = say(*_STATES[patches.state])
    if patches.missing and patches.age_days is not None:
        state += say("; bản chờ lâu nhất: ", "; the oldest has waited ") + _waited(patches.age_days, patches, say)
        if patches.at_least:
            state += say(
                " (đã thiếu từ lần xem đầu tiên, trước đó bao lâu chưa rõ)",
                " (missing already at the first look, not known how long before)",
            )
        if patches.published is not None and patches.published_days is not None:
            day, ago = day_words(patches.published, say), _days(patches.published_days, say)
            state += (
                say("; phát hành hôm nay", "; published today")
                if not patches.published_days
                else say(
                    f"; phát hành ngày {day}, cách đây {ago} theo lịch", f"; published {day}, {ago} ago by the calendar"
                )
            )
    yield say("Cập nhật bảo mật", "Security updates"), state
    yield say("Bản vá còn thiếu", "Missing updates"), _missing(patches, say)
    if patches.because and patches.state is not PatchState.CURRENT:
        refused = patches.state is PatchState.REFUSED
        lead = ("Bị cản vì", "Refused by") if refused else ("Có thể bị cản vì", "May be held up by")
        yield say(*lead), ", ".join(because_words(one, say) for one in patches.because)
    if patches.unread is not None:
        yield "", say(*_UNREAD).format(day=day_words(patches.unread, say))
    if patches.idle and not patches.stale:
        yield "", say(*_IDLE)
    elif patches.stale and patches.own_server and patches.scanned is not None and "own_server" not in patches.because:
        yield "", say(*_OWN_SERVER).format(day=day_words(patches.scanned, say))
    elif patches.stale:
        yield "", say(*(_LONG_AGO if patches.scan_known else _SCAN_UNKNOWN))
