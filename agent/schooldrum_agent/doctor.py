"""What keeps this PC from reporting: asked step by step from the PC outwards, told to the person who sits at it."""

import os
import socket
import ssl
import sys
from collections.abc import Callable, Iterator

from schooldrum_agent import authority, page, pathway
from schooldrum_agent.authority import Road
from schooldrum_agent.bedside import Known, code_of, known_of
from schooldrum_agent.clock import Clock
from schooldrum_agent.config import Config, Misconfigured
from schooldrum_agent.disk_space import Space, space_at
from schooldrum_agent.faults import SENTENCES, Failed, Fault, fault_of
from schooldrum_agent.line import OK
from schooldrum_agent.proxy import find_proxy
from schooldrum_agent.state import DELIVERED, Standing
from schooldrum_agent.step import MARKS, Step, Verdict
from schooldrum_agent.targets import Office
from schooldrum_agent.trust import Trust, office_of, trust_of
from schooldrum_agent.uplink import Endpoint, Uplink, read_endpoint

TIMEOUT = 10.0
FULL_BYTES = 1 << 20
"""With less the agent cannot even keep who it is and what it was granted."""
NEARLY_FULL_BYTES = 64 << 20
"""With less, a few days without the collector fill the rest."""
_FEWEST_FILES = 100
_MEBI = 1 << 20
_GIBI = 1 << 30
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_ENOUGH = f"{NEARLY_FULL_BYTES // _MEBI} MiB"
_SCAN = {
    "vi": "Quét mã này bằng điện thoại có mạng để gửi kết quả về máy chủ tổng hợp:",
    "en": "Scan this with a phone that has internet, to send what was found to the collector:",
}


_TITLES = {
    "disk": {"vi": "Chỗ trống trên ổ đĩa", "en": "Room on the disk"},
    "program": {"vi": "Phần mềm trên máy", "en": "The program on this PC"},
    "enrolled": {"vi": "Máy này đã được thêm", "en": "This PC has been added"},
    "address": {"vi": "Địa chỉ máy chủ tổng hợp", "en": "The collector's address"},
    "proxy": {"vi": "Đường ra (proxy)", "en": "The way out (proxy)"},
    "name": {"vi": "Tìm tên máy chủ (DNS)", "en": "Finding the collector's name (DNS)"},
    "connection": {"vi": "Kết nối tới máy chủ tổng hợp", "en": "Connecting to the collector"},
    "delivery": {"vi": "Lần gửi số liệu gần nhất", "en": "The last report"},
    "scan": {"vi": "Mã để quét bằng điện thoại", "en": "The code to scan with a phone"},
}


def main(
    config: Config,
    language: str,
    *,
    clock: Clock,
    say: Callable[[str], None],
    show: Callable[[str], None] | None = None,
) -> int:
    """Asks, tells, and returns 1 where something is wrong, else 0. `language` is vi or en.

    The way to the internet is climbed whether or not reporting works: a PC that reports may not reach anything else.
    Where `show` is given it gets the page (HTML) on which everything is drawn. Who is no administrator learns all but
    what only the credential can tell: where it is needed, the answer is the one that the agent left for everybody
    (noticeboard).
    """
    known = known_of(config)
    steps = list(examine(config, clock=clock))
    office = _office(config, known)
    # The ladder takes any other certificate for an appliance's, where this PC's own may be the wrong one.
    doubted = any(step.verdict is Verdict.BAD and step.title is authority.TITLE for step in steps)
    climbed = pathway.climb(config, None if doubted else office, clock=clock, system=sys.platform)
    way = list(climbed.steps)
    cut_off = office is not None and _is_cut_off(steps)
    code = code_of(known, climbed.rows, clock=clock) if show is not None or cut_off else None
    if not known.has_rights and cut_off:
        way.append(_scan_step(known, clock.wall()))
    for step in (*steps, *way):
        say(f"[ {MARKS[step.verdict][language]} ] {step.title[language]}: {step.found[language]}")
    if show is not None:
        show(page.page([*way, *steps], language, code, nearest=climbed.nearest))
    elif code is not None:
        for line in ("", _SCAN[language], *code.lines(), code.text, ""):
            say(line)
    steps += way
    if all(step.verdict is Verdict.GOOD for step in steps):
        say({"vi": "Mọi thứ đều tốt.", "en": "Everything is well."}[language])
        return 0
    if all(step.verdict is not Verdict.BAD for step in steps):
        say({"vi": "Chưa thấy lỗi nào.", "en": "No fault was found so far."}[language])
        return 0
    return 1


def _scan_step(known: Known, now: float) -> Step:
    """Whose measurement the code is, for whoever may not seal one."""
    if known.scan:
        ago = _duration(now - known.climbed)
        return _step(
            "scan",
            Verdict.GOOD,
            f"do phần mềm trên máy đo, {ago['vi']} trước.",
            f"measured by the program on this PC, {ago['en']} ago.",
        )
    return _step(
        "scan",
        Verdict.UNKNOWN,
        "chưa có: phần mềm trên máy chưa đo đường ra. Mở lại sau vài phút; nếu phần mềm không chạy thì cần quyền quản "
        "trị.",
        "none yet: the program on this PC has not measured the way. Open this again in a few minutes; if the program "
        "does not run, administrator's rights are needed.",
    )


def _is_cut_off(steps: list[Step]) -> bool:
    """Whether the collector, its name or the proxy before it could not be reached."""
    titles = [authority.TITLE, *(_TITLES[key] for key in ("proxy", "name", "connection"))]
    return any(step.verdict is Verdict.BAD and step.title in titles for step in steps)


def _office(config: Config, known: Known) -> Office | None:
    """The collector as the ladder asks for it; None where this PC, or this user, knows none."""
    identity = known.standing.identity if known.standing is not None else None
    try:
        endpoint = read_endpoint(config.collector or (identity.collector if identity else ""))
        proxy = find_proxy(config.proxy, endpoint.host, endpoint.port, environ=os.environ) if endpoint.secure else None
        trust = trust_of(config, identity)
    except (Failed, Misconfigured):
        return None
    if identity is None or (endpoint.secure and not trust.authority):
        return None
    return office_of(endpoint, trust, proxy)


def examine(config: Config, *, clock: Clock) -> Iterator[Step]:
    """The steps in their order; after one that fails, what hangs on it is left out.

    The disk comes first: where it is full, what the agent wrote down of all the rest is old.
    """
    yield from _disk(config)
    known = known_of(config)
    standing = known.standing
    if known.runs is not None:
        yield _program(runs=known.runs)
    if standing is not None:
        yield _enrolled(standing)
    else:
        yield _step(
            "enrolled",
            Verdict.UNKNOWN,
            f"chỉ quản trị viên đọc được {config.state}, và phần mềm trên máy chưa để lại gì cho người khác xem (chưa "
            "chạy). Muốn xem đủ: chạy lại với quyền quản trị.",
            f"only administrators may read {config.state}, and the program on this PC has left nothing for others to "
            "read (it has not run). To see all: run this as administrator.",
        )
    url = config.collector or (standing.identity.collector if standing and standing.identity else "")
    if not url:
        return
    try:
        endpoint = read_endpoint(url)
    except Failed as problem:
        yield _failed("address", problem)
        return
    yield _step("address", Verdict.GOOD, url, url)
    yield from _way(config, endpoint, known, clock)
    if standing is not None:
        yield _delivery(standing, clock.wall())


def _program(*, runs: bool) -> Step:
    if runs:
        return _step("program", Verdict.GOOD, "đang chạy", "is running")
    return _step(
        "program",
        Verdict.BAD,
        "đã dừng hoặc bị chặn. Mở phần mềm diệt virus, xem mục Cách ly (Quarantine): nếu có Schooldrum, chọn Khôi phục "
        "và thêm vào danh sách tin cậy. Sau đó khởi động lại máy.",
        "was stopped or blocked. Open the antivirus and look into Quarantine: if Schooldrum is there, choose Restore "
        "and add it to the allow list. Then restart this PC.",
    )


def _disk(config: Config) -> Iterator[Step]:
    spaces = [found for found in map(space_at, (config.state, config.spool)) if found is not None]
    if not spaces:
        return
    worst = min(spaces, key=lambda one: (one.writable, not _is_out_of_files(one), one.free))
    yield _disk_step(worst)


def _is_out_of_files(space: Space) -> bool:
    return space.files is not None and space.files < _FEWEST_FILES


def _disk_step(space: Space) -> Step:
    where = space.directory
    if not space.writable:
        return _step(
            "disk",
            Verdict.BAD,
            f"ổ đĩa chứa {where} chỉ cho đọc, nên không giữ lại được số liệu. Thường do ổ đĩa sắp hỏng: hãy kiểm tra "
            "ổ đĩa, rồi khởi động lại máy.",
            f"the disk that holds {where} is read-only, so no data can be kept. Usually a disk that is failing: check "
            "the disk, then restart this PC.",
        )
    if _is_out_of_files(space):
        return _step(
            "disk",
            Verdict.BAD,
            f"ổ đĩa chứa {where} không nhận thêm tệp nào (còn {space.files}), nên không giữ lại được số liệu. Xóa bớt "
            "tệp nhỏ, rồi khởi động lại phần mềm.",
            f"the disk that holds {where} takes no more files ({space.files} left), so no data can be kept. Delete "
            "small files, then restart the program.",
        )
    left = f"{space.free / _MEBI:.1f} MiB" if space.free < _GIBI else f"{space.free / _GIBI:.1f} GiB"
    left_vi = left.replace(".", ",")
    if space.free < FULL_BYTES:
        return _step(
            "disk",
            Verdict.BAD,
            f"ổ đĩa chứa {where} đã đầy (còn {left_vi}), nên không giữ lại được số liệu, và các mục dưới đây có thể đã "
            f"cũ. Xóa bớt tệp để trống ít nhất {_ENOUGH}, rồi khởi động lại phần mềm nếu nó đã dừng.",
            f"the disk that holds {where} is full ({left} left), so no data can be kept, and what follows may be out "
            f"of date. Delete files until {_ENOUGH} are free, then start the program again if it has stopped.",
        )
    if space.free < NEARLY_FULL_BYTES:
        return _step(
            "disk",
            Verdict.BAD,
            f"ổ đĩa chứa {where} sắp đầy (còn {left_vi}). Xóa bớt tệp để trống ít nhất {_ENOUGH}: khi đầy, số liệu chờ "
            "gửi sẽ mất.",
            f"the disk that holds {where} is nearly full ({left} left). Delete files until {_ENOUGH} are free: on a "
            "full disk, data that waits to be sent is lost.",
        )
    return _step("disk", Verdict.GOOD, f"còn {left_vi}", f"{left} left")


def _way(config: Config, endpoint: Endpoint, known: Known, clock: Clock) -> Iterator[Step]:
    try:
        trust = trust_of(config, known.standing.identity if known.standing is not None else None)
    except Misconfigured as problem:
        yield authority.unusable(problem, has_rights=known.has_rights)
        return
    outdated = authority.outdated(trust, clock.wall())
    if endpoint.secure and outdated is not None:
        yield outdated
        return
    try:
        proxy = find_proxy(config.proxy, endpoint.host, endpoint.port, environ=os.environ) if endpoint.secure else None
    except Failed as problem:
        yield _failed("proxy", problem)
        return
    if proxy is None:
        yield _step("proxy", Verdict.GOOD, "đi thẳng, không qua proxy", "straight, no proxy")
    else:
        yield _step("proxy", Verdict.GOOD, f"qua {proxy.host}:{proxy.port}", f"through {proxy.host}:{proxy.port}")
    name = proxy.host if proxy else endpoint.host
    try:
        addresses = sorted({str(found[4][0]) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})
    except OSError as problem:
        yield _failed("name", Failed(Fault.NAME, f"{name}: {problem}"))
        return
    told = f"{name} = {', '.join(addresses[:4])}"
    yield _step("name", Verdict.GOOD, told, told)
    if endpoint.secure and not trust.authority:
        yield _step(
            "connection",
            Verdict.UNKNOWN,
            "chưa thử: máy này chưa có chứng chỉ của cơ quan quản lý (có sau khi thêm máy).",
            "not tried: this PC has no certificate of the office yet (it comes with adding the PC).",
        )
        return
    yield from _connection(Road(endpoint=endpoint, proxy=proxy, addresses=addresses), trust, known.standing, clock)


def _connection(road: Road, trust: Trust, standing: Standing | None, clock: Clock) -> Iterator[Step]:
    try:
        not_before = standing.settings.not_before if standing is not None else 0
        took = _answered(road, trust, not_before=not_before, clock=clock)
    except Failed as problem:
        if isinstance(problem.__cause__, ssl.SSLCertVerificationError) and problem.fault is Fault.TLS_AUTHORITY:
            yield from _disbelieved(road, trust, standing, clock, problem)
            return
        step = _failed("connection", problem)
        if problem.fault is Fault.TLS_AUTHORITY:
            # What is kept is no certificate: nobody is believed by it.
            yield step
            return
    else:
        step = _step(
            "connection",
            Verdict.GOOD,
            f"trả lời sau {took * 1000:.0f} ms",
            f"answered after {took * 1000:.0f} ms",
        )
    if road.endpoint.secure:
        yield authority.believed(trust)
    yield step


def _answered(road: Road, trust: Trust, *, not_before: int, clock: Clock) -> float:
    """In how many seconds the collector said that it is well, by this trust.

    Raises:
        Failed: it did not.
    """
    context = trust.context()
    uplink = Uplink(road.endpoint, trust=context, clock=clock.boottime, proxy=road.proxy, not_before=not_before)
    try:
        began = clock.monotonic()
        answer = uplink.get("/healthz", timeout=TIMEOUT)
        took = clock.monotonic() - began
    finally:
        uplink.close()
    if answer.status != OK:
        raise Failed(fault_of(answer.status), f"status {answer.status}")
    if not answer.body.startswith(b'{"status"'):
        raise Failed(Fault.NOT_FOUND, "another program answers there")
    return took


def _disbelieved(road: Road, trust: Trust, standing: Standing | None, clock: Clock, problem: Failed) -> Iterator[Step]:
    """Whose certificate was shown where this PC believes another, and whether it believes the wrong one."""
    shown = authority.shown_at(road, seconds=TIMEOUT, clock=clock.boottime)
    if trust.file and authority.is_late(problem):
        yield authority.late(trust, shown, clock.wall())
        return
    enrolled = standing.identity.authority if standing is not None and standing.identity is not None else ""
    if trust.file and _is_believed(road, Trust(authority=enrolled), clock):
        yield authority.misnamed(trust)
        return
    replaced = authority.replaced(trust, shown)
    if replaced is not None:
        yield replaced
    elif trust.file:
        yield authority.stranger(trust, shown, road.proxy)
    else:
        yield authority.believed(trust)
        told = authority.instead(shown)
        yield _step("connection", Verdict.BAD, f"{told['vi']} ({problem.detail})", f"{told['en']} ({problem.detail})")


def _is_believed(road: Road, trust: Trust, clock: Clock) -> bool:
    try:
        _answered(road, trust, not_before=0, clock=clock)
    except Failed:
        return False
    return True


def _enrolled(standing: Standing) -> Step:
    identity = standing.identity
    if standing.identity_lost:
        return _step(
            "enrolled",
            Verdict.BAD,
            "đã thêm, nhưng cả hai tệp identity.json và identity.copy.json đều hỏng. "
            "Xin mã cài đặt của phòng, rồi chạy: schooldrum-agent enrol --token-file TỆP",
            "it was, but both files identity.json and identity.copy.json are damaged. "
            "Ask for the room's install code, then run: schooldrum-agent enrol --token-file FILE",
        )
    if identity is None:
        return _step(
            "enrolled",
            Verdict.BAD,
            "chưa. Xin mã cài đặt của phòng, rồi chạy: schooldrum-agent enrol --token-file TỆP",
            "not yet. Ask for the room's install code, then run: schooldrum-agent enrol --token-file FILE",
        )
    place = f"{identity.place}, {identity.alias}"
    if identity.state == "pending":
        return _step(
            "enrolled",
            Verdict.BAD,
            f"{place}: đang chờ cơ quan quản lý duyệt; số liệu đã được nhận nhưng chưa được tính.",
            f"{place}: waiting for the office's approval; its data is kept but not counted yet.",
        )
    # A new name or room is the office's alone: this PC is not told of it.
    return _step(
        "enrolled",
        Verdict.GOOD,
        f"{place} (như lúc thêm máy; nếu đã đổi tên, chuyển hoặc gộp máy thì xem tên nay ở trang của cơ quan quản lý)",
        f"{place} (as it was added; if it was renamed, moved or merged since, the office's pages have its name now)",
    )


def _delivery(standing: Standing, now: float) -> Step:
    last = standing.delivery
    if not last.word and not standing.starts:
        return _step(
            "delivery",
            Verdict.UNKNOWN,
            "chưa gửi lần nào: phần mềm chưa được khởi động.",
            "nothing was sent yet: the program has not been started.",
        )
    if not last.word:
        return _step(
            "delivery",
            Verdict.UNKNOWN,
            "chưa gửi lần nào. Phần mềm có đang chạy không?",
            "nothing was sent yet. Is the program running?",
        )
    lasted = _duration(now - last.since)
    ago = _duration(now - last.latest)
    if last.word == DELIVERED:
        arrived = {"vi": f"gửi được, {ago['vi']} trước", "en": f"delivered {ago['en']} ago"}
        if not last.latest:
            arrived = {"vi": "gửi được", "en": "delivered"}
        return _step(
            "delivery",
            Verdict.GOOD,
            f"{arrived['vi']}; {lasted['vi']} qua không lần nào lỗi",
            f"{arrived['en']}; none has failed for {lasted['en']}",
        )
    sentences = SENTENCES[Fault(last.word)] if last.word in set(Fault) else {"vi": last.word, "en": last.word}
    arrived = {"vi": "", "en": ""}
    if last.latest:
        arrived = {"vi": f"; lần gửi được gần nhất {ago['vi']} trước", "en": f"; the last one arrived {ago['en']} ago"}
    return _step(
        "delivery",
        Verdict.BAD,
        f"{sentences['vi']} (đã {lasted['vi']}{arrived['vi']})",
        f"{sentences['en']} (for {lasted['en']}{arrived['en']})",
    )


def _duration(seconds: float) -> dict[str, str]:
    """How long, in Vietnamese and in English; a clock that was set back since makes it none."""
    whole = max(0, int(seconds))
    hours, minutes, days = whole // _HOUR, whole % _HOUR // _MINUTE, whole // _DAY
    if whole < _MINUTE:
        return {"vi": f"{whole} giây", "en": f"{whole} s"}
    if whole < _HOUR:
        return {"vi": f"{minutes} phút", "en": f"{minutes} min"}
    if whole < _DAY:
        return {"vi": f"{hours} giờ {minutes:02} phút", "en": f"{hours} h {minutes:02} min"}
    return {"vi": f"{days} ngày", "en": f"{days} day{'s' if days > 1 else ''}"}


def _step(key: str, verdict: Verdict, vietnamese: str, english: str) -> Step:
    return Step(verdict=verdict, title=_TITLES[key], found={"vi": vietnamese, "en": english})


def _failed(key: str, problem: Failed) -> Step:
    sentences = SENTENCES[problem.fault]
    detail = f" ({problem.detail})" if problem.detail else ""
    return _step(key, Verdict.BAD, f"{sentences['vi']}{detail}", f"{sentences['en']}{detail}")
