"""Until when a PC gets security updates from its system's maker, how that is known, and which way out there is.

A day counts as supported to its end. Longer support that must be bought or switched on (ESU, Ubuntu Pro, Debian LTS)
counts where this very PC proves it: by a revision that only such PCs get, or by sources and services it uses.
"""

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec

from schooldrum_collector.judge.windows_11 import Hardware, fits
from schooldrum_wire.catalogue.operating_system import SUPPORT_END_TIMESTAMP
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Values

SOON_DAYS = 180
"""From so many days before the end on there is something to plan."""
_STANDS_FOR = {"IOT_LTSC": "LTSC", "SE": "W"}
_ALL = "ALL"
_WINDOWS_10 = "Windows 10"
_LONG_CHANNELS = frozenset({"LTSC", "IOT_LTSC"})
_SERVER_CHANNELS = ("LTSC", "SAC", "AC")
_ANNUAL = "ACor"
"""How EditionID ends on servers of the short channels."""
_DAYS = (date(1995, 1, 1), date(2100, 1, 1))


class Unusable(ValueError):  # noqa: N818 - it names the list's state
    """The list cannot be used; the sentence says what is wrong in it, `vietnamese` the same in Vietnamese."""

    def __init__(self, english: str, vietnamese: str = "") -> None:
        super().__init__(english)
        self.vietnamese = vietnamese or english


_DECODING = (
    (r"Object missing required field `([^`]+)`", "the entry `{}` is missing", "thiếu mục `{}`"),
    (r"Object contains unknown field `([^`]+)`", "the entry `{}` is not known there", "mục `{}` không có trong mẫu"),
    (r"Invalid RFC3339|Invalid date", "a day is written YYYY-MM-DD", "ngày phải viết NĂM-THÁNG-NGÀY (2026-10-31)"),
    (r"Expected `([^`]+)`, got `[^`]+`", "a value of the kind `{}` must stand there", "ở đó phải là giá trị kiểu `{}`"),
)


def unreadable(problem: Exception) -> Unusable:
    """What is wrong with a list's text, in plain words with its place (`windows[3]` is the fourth entry there)."""
    text = str(problem)
    where = re.search(r"at `\$\.?([^`]*)`", text)
    place = where.group(1) if where else ""
    for pattern, english, vietnamese in _DECODING:
        if match := re.search(pattern, text):
            named = match.groups()
            at, tai = (f"at {place}: ", f"ở {place}: ") if place else ("", "")
            return Unusable(at + english.format(*named), tai + vietnamese.format(*named))
    return Unusable(
        f"it is no whole JSON file ({text:.120}); mend it in a text editor, or begin with `data export`",
        f"tệp không phải JSON trọn vẹn ({text:.120}); sửa bằng trình soạn thảo văn bản, hoặc bắt đầu từ `data export`",
    )


class Year(msgspec.Struct, frozen=True, kw_only=True):
    """A year of bought support: `above` is the revision that only PCs with it have passed, None while not known."""

    until: date
    above: int | None = None


class WindowsRelease(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A release of Windows in one channel: last day for everyone, and last day of bought support."""

    product: str
    release: str
    build: int
    server: bool
    channel: str
    end: date
    extended: date | None = None
    years: tuple[Year, ...] = ()


class LinuxRelease(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A release of a distribution; `end` None: none is published. `proof` is what proves its longer support."""

    product: str
    release: str
    end: date | None
    codename: str = ""
    extended: date | None = None
    proof: str = ""
    edition: str = ""
    stream: bool = False


class SupportList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The list of end dates, and the day on which it was right."""

    what: str
    as_of: date
    sources: tuple[str, ...]
    channels: dict[str, tuple[str, ...]]
    windows: tuple[WindowsRelease, ...]
    linux: tuple[LinuxRelease, ...]


def read(raw: bytes) -> SupportList:
    """The list out of its file.

    Raises:
        Unusable: it is none, or something in it cannot be.
    """
    try:
        found = msgspec.json.decode(raw, type=SupportList)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise unreadable(problem) from problem
    if found.what != "support":
        raise Unusable(
            f"`what` is {found.what!r:.40}, not 'support'", f"`what` là {found.what!r:.40}, không phải 'support'"
        )
    if not found.windows or not found.linux:
        raise Unusable("it names no releases", "không có phiên bản nào trong bảng")
    days: list[date | None] = [found.as_of]
    days += [day for one in found.windows for day in (one.end, one.extended, *(year.until for year in one.years))]
    days += [day for one in found.linux for day in (one.end, one.extended)]
    if wrong := next((day for day in days if day and not _DAYS[0] <= day <= _DAYS[1]), None):
        raise Unusable(
            f"the day {wrong} cannot be: from {_DAYS[0]} to {_DAYS[1]} are allowed",
            f"ngày {wrong} không thể có: được phép từ {_DAYS[0]} đến {_DAYS[1]}",
        )
    named = [(one.build, one.server, one.channel, one.product) for one in found.windows]
    if twice := next((one for one in named if named.count(one) > 1), None):
        raise Unusable(
            f"build {twice[0]} stands there twice for channel {twice[2]}; take one away",
            f"bản dựng {twice[0]} có hai lần cho kênh {twice[2]}; bỏ bớt một",
        )
    releases = [(one.product, one.release, one.edition, one.stream) for one in found.linux]
    if again := next((one for one in releases if releases.count(one) > 1), None):
        name = f"{again[0]} {again[1]}"
        raise Unusable(f"{name} stands there twice; take one away", f"{name} có hai lần; bỏ bớt một")
    return found


class SupportState(enum.StrEnum):
    """`extended`: support for everyone has ended and a longer one is proven."""

    SUPPORTED = "supported"
    EXTENDED = "extended"
    ENDED = "ended"
    UNKNOWN = "unknown"


class Proof(enum.StrEnum):
    """Whether this PC shows that it gets longer support; `unknown`: the list is too old to tell."""

    PROVEN = "proven"
    NOT_PROVEN = "not_proven"
    NOT_OFFERED = "not_offered"
    UNKNOWN = "unknown"


class Support(msgspec.Struct, frozen=True, kw_only=True):
    """How a PC's system stands on a day.

    `until` is its last day with updates as far as is proven, None where none is known or published; `ordinary` the
    last day for everyone, `extended` the last day of longer support whether or not it is proven. `days_left` is
    negative after the end. `planned` is the day until which the school has said it will act: shown, never counted.
    """

    state: SupportState
    product: str
    release: str
    channel: str = ""
    until: date | None = None
    ordinary: date | None = None
    extended: date | None = None
    proof: Proof = Proof.NOT_OFFERED
    days_left: int | None = None
    planned: date | None = None

    @property
    def counts_as_met(self) -> bool | None:
        """Whether the PC gets security updates; None where that is not known. A plan changes nothing."""
        return None if self.state is SupportState.UNKNOWN else self.state is not SupportState.ENDED


def channel_of(edition: str, channels: Mapping[str, Iterable[str]]) -> str:
    """Windows' servicing channel of an EditionID (W E LTSC IOT_LTSC SE); empty where the edition is not known."""
    wanted = edition.casefold()
    for channel, editions in channels.items():
        if any(wanted == one.casefold() for one in editions):
            return channel
    return ""


def _text(row: Values, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _number(row: Values, name: str) -> int | None:
    value = row.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def support_of(
    row: Values, known: SupportList, on: date, *, newest: int | None = None, planned: date | None = None
) -> Support:
    """How the system in a row of the section `operating_system` stands on this day.

    `newest` is the newest revision of its build that the list of builds knows (see judge/patches.py).
    """
    is_windows = _text(row, "system") == "windows"
    found = _windows(row, known, on, newest) if is_windows else _linux(row, known, on)
    if found.until is not None:
        found = msgspec.structs.replace(found, days_left=(found.until - on).days)
    return msgspec.structs.replace(found, planned=planned)


def _pick(row: Values, known: SupportList) -> tuple[WindowsRelease | None, str]:
    build, server = _number(row, "build"), row.get("server") is True
    there = {one.channel: one for one in known.windows if one.build == build and one.server is server}
    edition = _text(row, "edition")
    if server:
        order = _SERVER_CHANNELS[1:] + _SERVER_CHANNELS[:1] if edition.endswith(_ANNUAL) else _SERVER_CHANNELS
        channel = next((one for one in order if one in there), "")
        return there.get(channel), channel
    channel = channel_of(edition, known.channels)
    for one in (channel, _STANDS_FOR.get(channel, ""), _ALL):
        if one in there:
            return there[one], channel
    if there and len({one.end for one in there.values()}) == 1:
        return next(iter(there.values())), channel
    return None, channel


def _windows(row: Values, known: SupportList, on: date, newest: int | None) -> Support:
    release, channel = _pick(row, known)
    product, name = _text(row, "product"), _text(row, "release")
    if release is None:
        # A build that no list has is most often a preview of the next release: not known, and never bad.
        return Support(state=SupportState.UNKNOWN, product=product, release=name, channel=channel)
    told = Support(
        state=SupportState.SUPPORTED,
        product=release.product,
        release=release.release or name,
        channel=channel,
        until=release.end,
        ordinary=release.end,
        extended=release.extended,
        proof=Proof.NOT_PROVEN if release.extended else Proof.NOT_OFFERED,
    )
    revision = _number(row, "revision") or 0
    proven = [year for year in release.years if year.above is not None and revision > year.above]
    if proven:
        told = msgspec.structs.replace(
            told, proof=Proof.PROVEN, until=max(release.end, *(year.until for year in proven))
        )
    if told.until is not None and on <= told.until:
        return msgspec.structs.replace(
            told, state=SupportState.SUPPORTED if on <= release.end else SupportState.EXTENDED
        )
    running = next((year for year in release.years if on <= year.until), None)
    if running and running.above is None and newest is not None and revision > newest:
        # It has an update that came after this list: whether that one was bought, only a newer list can tell.
        return msgspec.structs.replace(told, state=SupportState.UNKNOWN, proof=Proof.UNKNOWN)
    return msgspec.structs.replace(told, state=SupportState.ENDED)


def _release_of(row: Values, known: SupportList) -> LinuxRelease | None:
    product, release, foundation = (_text(row, name) for name in ("product", "release", "foundation"))
    stream = "stream" in _text(row, "title").casefold()
    own = [one for one in known.linux if one.product == product and one.stream is (stream and product == "centos")]
    for one in own:
        if release and one.release == release:
            return one
    major = release.partition(".")[0]
    for one in own:
        if major and one.release == major and product in {"rhel", "centos", "debian"}:
            return one
    # Distributions without dates of their own, and those that say no number: what they are made of decides.
    return next((one for one in known.linux if foundation and one.codename == foundation), None)


def _linux(row: Values, known: SupportList, on: date) -> Support:
    release = _release_of(row, known)
    product, name = _text(row, "product"), _text(row, "release")
    if release is None:
        own = _day(_text(row, "support_end"))
        if own is None:
            return Support(state=SupportState.UNKNOWN, product=product, release=name)
        release = LinuxRelease(product=product, release=name, end=own)
    proofs = _text(row, "extended").split()
    proven = release.extended is not None and release.proof in proofs
    told = Support(
        state=SupportState.SUPPORTED,
        product=product,
        release=name or release.release,
        until=release.extended if proven else release.end,
        ordinary=release.end,
        extended=release.extended,
        proof=Proof.NOT_OFFERED if release.extended is None else Proof.PROVEN if proven else Proof.NOT_PROVEN,
    )
    if release.end is None or on <= release.end:
        return told
    if proven and release.extended is not None and on <= release.extended:
        return msgspec.structs.replace(told, state=SupportState.EXTENDED)
    return msgspec.structs.replace(told, state=SupportState.ENDED)


class Way(enum.StrEnum):
    """`none`: nothing to do; `unknown`: parts are not known that decide between an upgrade and another PC."""

    NONE = "none"
    FREE_UPGRADE = "free_upgrade"
    ESU = "esu"
    REPLACE = "replace"
    UNKNOWN = "unknown"


class WayOut(msgspec.Struct, frozen=True, kw_only=True):
    """What can be done for a PC whose support has ended or ends soon.

    `to` is what it can be brought to, or the last day of what can be bought; `parts` stand against Windows 11
    (processor memory disk tpm), or are not known.
    """

    way: Way
    to: str = ""
    parts: tuple[str, ...] = ()


def _offered(support: Support, known: SupportList, on: date) -> date | None:
    """The last day of bought support; older releases of Windows 10 can be brought to the one it is sold for."""
    days = [support.extended]
    if support.product == _WINDOWS_10 and support.channel not in _LONG_CHANNELS:
        days += [one.extended for one in known.windows if one.product == _WINDOWS_10 and one.channel == _ALL]
    return max((day for day in days if day is not None and on <= day), default=None)


_NAMES = {"debian": "Debian", "ubuntu": "Ubuntu", "linuxmint": "Linux Mint", "fedora": "Fedora", "centos": "CentOS"}


def _number_of(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".") if part.isdecimal())


def _next_linux(support: Support, known: SupportList, on: date) -> str:
    """The newest release that it can be brought to, by name; its product alone where the list knows none.

    Of Ubuntu only releases with long support: schools cannot upgrade twice a year.
    """
    own = [one for one in known.linux if one.product == support.product]
    editions = {one.edition for one in own if one.release == support.release}
    newer = [
        one
        for one in own
        if one.end is not None
        and one.end >= on
        and (not editions or one.edition in editions)
        and (support.product != "ubuntu" or one.extended is not None)
        and _number_of(one.release) > _number_of(support.release)
    ]
    name = _NAMES.get(support.product, support.product)
    newest = max(newer, key=lambda one: _number_of(one.release), default=None)
    return f"{name} {newest.release}" if newest else name


def way_out(support: Support, hardware: Hardware, known: SupportList, on: date) -> WayOut:
    """The cheapest way to security updates: an upgrade that is free, support that can be bought, another PC."""
    if support.state is SupportState.UNKNOWN or support.days_left is None or support.days_left > SOON_DAYS:
        return WayOut(way=Way.NONE)
    if not support.product.startswith("Windows"):
        return WayOut(way=Way.FREE_UPGRADE, to=_next_linux(support, known, on))
    if support.product == "Windows 11":
        return WayOut(way=Way.FREE_UPGRADE, to="Windows 11")
    offered = _offered(support, known, on)
    bought = WayOut(way=Way.ESU, to=offered.isoformat()) if offered else WayOut(way=Way.REPLACE)
    if support.product != _WINDOWS_10 or support.channel in _LONG_CHANNELS:
        return bought
    fit, parts = fits(hardware)
    if fit:
        return WayOut(way=Way.FREE_UPGRADE, to="Windows 11")
    if fit is None:
        return WayOut(way=Way.UNKNOWN, to="Windows 11", parts=parts)
    return msgspec.structs.replace(bought, parts=parts)


def readings(support: Support) -> Iterator[Reading]:
    """The end of the last day with updates, where one is known; nothing where it is not known whether it has ended."""
    if support.until is not None and support.state is not SupportState.UNKNOWN:
        end = datetime.combine(support.until + timedelta(days=1), datetime.min.time(), UTC)
        yield SUPPORT_END_TIMESTAMP(end.timestamp())
