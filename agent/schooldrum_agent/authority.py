"""What is told of the certificate by which this PC knows the collector, and of one that was shown in its place."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from schooldrum_agent.config import Misconfigured
from schooldrum_agent.faults import SENTENCES, Failed, Fault
from schooldrum_agent.proxy import Proxy
from schooldrum_agent.sources import certificates, http_get
from schooldrum_agent.sources.certificates import Certificate
from schooldrum_agent.step import Step, Verdict
from schooldrum_agent.trust import Trust
from schooldrum_agent.uplink import Endpoint

TITLE = {"vi": "Chứng chỉ của cơ quan quản lý (ca)", "en": "The office's certificate (ca)"}
_OURS = "Schooldrum "
"""How the name of every collector's own authority begins; what follows is made anew with each."""


class Road(msgspec.Struct, frozen=True, kw_only=True):
    """The collector, the proxy on the way to it, and the addresses of whichever is met first."""

    endpoint: Endpoint
    proxy: Proxy | None
    addresses: list[str]


def shown_at(road: Road, *, seconds: float, clock: Callable[[], float]) -> Certificate | None:
    """The certificate that is shown in the collector's place, believed by nobody; None where none came.

    Nothing is sent but the handshake.
    """
    for address in road.addresses:
        wish = http_get.Wish(
            host=road.endpoint.host,
            address=address,
            port=road.endpoint.port,
            trust=certificates.blind(),
            through=road.proxy.port if road.proxy is not None else 0,
        )
        shown = certificates.read(http_get.get(wish, seconds=seconds / len(road.addresses), clock=clock).certificate)
        if shown is not None:
            return shown
    return None


def is_late(problem: Failed) -> bool:
    """Whether a certificate was refused for its dates alone."""
    cause = problem.__cause__
    return isinstance(cause, ssl.SSLCertVerificationError) and certificates.reason_of(cause) == "clock"


def believed(trust: Trust) -> Step:
    """Where the certificate that this PC believes is from."""
    if trust.file:
        return _step(Verdict.GOOD, f"từ tệp {trust.file}", f"from {trust.file}")
    return _step(Verdict.GOOD, "nhận lúc thêm máy", "came with adding this PC")


def unusable(problem: Misconfigured, *, has_rights: bool) -> Step:
    """What is wrong with the configured file; that only others may read it is no fault to who has no rights."""
    hidden = isinstance(problem.__cause__, PermissionError) and not has_rights
    sentence = problem.sentences[0]
    if hidden:
        return _step(
            Verdict.UNKNOWN,
            f"{sentence.vietnamese}. Muốn xem đủ: chạy lại với quyền quản trị.",
            f"{sentence.english}. To see all: run this as administrator.",
        )
    return _step(Verdict.BAD, f"{sentence.vietnamese}.", f"{sentence.english}.")


def outdated(trust: Trust, now: float) -> Step | None:
    """That the configured certificate does not count at `now` (epoch seconds); None where it does, or dates do not."""
    if not trust.dated:
        return None
    own = certificates.read(ssl.PEM_cert_to_DER_cert(trust.authority.strip()))
    if own is None or own.starts <= now <= own.ends:
        return None
    if now > own.ends:
        return _step(
            Verdict.BAD,
            f"chứng chỉ trong {trust.file} đã hết hạn ngày {_day(own.ends)}. Xin cơ quan quản lý tệp mới; nếu ngày của "
            f"máy này ({_day(now)}) sai, hãy đặt lại.",
            f"the certificate in {trust.file} expired on {_date(own.ends)}. Ask the office for a new file; if this "
            f"PC's date ({_date(now)}) is wrong, set it.",
        )
    return _step(
        Verdict.BAD,
        f"chứng chỉ trong {trust.file} chỉ có hiệu lực từ ngày {_day(own.starts)}, mà theo máy này hôm nay là "
        f"{_day(now)}. Đặt lại ngày giờ của máy.",
        f"the certificate in {trust.file} is valid from {_date(own.starts)} on, and by this PC today is {_date(now)}. "
        "Set this PC's date.",
    )


def late(trust: Trust, shown: Certificate | None, now: float) -> Step:
    """The configured certificate did sign what was shown, whose dates do not hold at `now` (epoch seconds)."""
    lasts = ("", "")
    if shown is not None:
        lasts = (
            f", có hiệu lực từ {_day(shown.starts)} đến {_day(shown.ends)},",
            f", valid from {_date(shown.starts)} to {_date(shown.ends)},",
        )
    return _step(
        Verdict.BAD,
        f"tệp {trust.file} đúng, nhưng chứng chỉ của máy chủ tổng hợp{lasts[0]} không dùng được vào ngày của máy này, "
        f"{_day(now)}. Nếu ngày này đúng, báo cho cơ quan quản lý; nếu sai, đặt lại.",
        f"{trust.file} is the right one, but the collector's certificate{lasts[1]} does not count on this PC's date, "
        f"{_date(now)}. If the date is right, tell the office; if it is wrong, set it.",
    )


def misnamed(trust: Trust) -> Step:
    """The configured certificate did not sign what was shown, and the one that came with enrolling did."""
    return _step(
        Verdict.BAD,
        f"{trust.file} không phải chứng chỉ đã ký cho máy chủ tổng hợp; chứng chỉ nhận lúc thêm máy thì đúng. Bỏ khóa "
        "ca trong cấu hình.",
        f"{trust.file} is not the one that signed the collector's certificate; the one that came with adding this PC "
        "is. Take the key ca out of the configuration.",
    )


def stranger(trust: Trust, shown: Certificate | None, proxy: Proxy | None) -> Step:
    """What was shown was not signed by the configured certificate: by whom it says it was, and what to do."""
    who, through = _who(shown), ("", "")
    if proxy is not None:
        through = (f" (qua proxy {proxy.host}:{proxy.port})", f" (through the proxy {proxy.host}:{proxy.port})")
    return _step(
        Verdict.BAD,
        f"{trust.file} không phải chứng chỉ đã ký cho máy chủ trả lời{through[0]}: chứng chỉ đó do {who['vi']} cấp. "
        "Nếu đó là cơ quan quản lý, xin tệp chứng chỉ của họ; nếu là proxy, tường lửa hay phần mềm diệt virus, cho "
        "phép địa chỉ này đi thẳng.",
        f"{trust.file} did not sign the certificate of what answered{through[1]}: that was issued by {who['en']}. If "
        "that is the office, ask it for its file; if it is a proxy, a firewall or an antivirus, let this address pass "
        "untouched.",
    )


def replaced(trust: Trust, shown: Certificate | None) -> Step | None:
    """That what was shown is another collector's than the one this PC believes; None where it does not say so."""
    own = certificates.read(ssl.PEM_cert_to_DER_cert(trust.authority.strip()))
    if not all(name.startswith(_OURS) for name in (own.subject if own else "", shown.issuer if shown else "")):
        return None
    who = _who(shown)
    known = ("mà máy này đã được thêm vào", "this PC was added to")
    todo = ("mã cài đặt mới rồi thêm máy lại", "a new install code and add this PC again")
    if trust.file:
        known, todo = (f"của tệp {trust.file}", f"{trust.file} is of"), ("tệp chứng chỉ mới", "its new file")
    return _step(
        Verdict.BAD,
        f"chứng chỉ của máy chủ trả lời do {who['vi']} cấp: đó là một máy chủ tổng hợp khác với máy chủ {known[0]}. "
        f"Có thể máy chủ tổng hợp đã được cài lại: xin cơ quan quản lý {todo[0]}.",
        f"the certificate of what answered was issued by {who['en']}: another collector than the one that {known[1]}. "
        f"Perhaps the collector was installed anew: ask the office for {todo[1]}.",
    )


def instead(shown: Certificate | None) -> dict[str, str]:
    """What is told where enrolment's certificate did not sign what was shown, in both languages."""
    sentences = SENTENCES[Fault.TLS_AUTHORITY]
    if shown is None:
        return sentences
    who = _who(shown)
    return {
        "vi": f"{sentences['vi']} Chứng chỉ của máy chủ đó do {who['vi']} cấp.",
        "en": f"{sentences['en']} Its certificate was issued by {who['en']}.",
    }


def _who(shown: Certificate | None) -> dict[str, str]:
    # It comes from whoever answered, and goes to a terminal.
    name = "".join(letter for letter in (shown.issuer if shown is not None else "") if letter.isprintable())
    return {"vi": f"“{name}”", "en": f"“{name}”"} if name else {"vi": "ai đó không nêu tên", "en": "somebody unnamed"}


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%d/%m/%Y}"


def _date(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _step(verdict: Verdict, vietnamese: str, english: str) -> Step:
    return Step(verdict=verdict, title=TITLE, found={"vi": vietnamese, "en": english})
