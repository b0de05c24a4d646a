"""The list of end-of-support dates: what it holds, and what cannot stand in it."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from schooldrum_collector.judge.faults import Fault, Unusable, check, of_number, of_word, unreadable

ALL = "ALL"
"""The channel of a release that ends on one day for all."""
SERVER_CHANNELS = ("LTSC", "SAC", "AC")
LARGEST_BUILD = 999_999
LARGEST_REVISION = 10_000_000
_DAYS = (date(1995, 1, 1), date(2100, 1, 1))
_LONGEST_SOURCE = 500


class Year(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


def _of_day(day: date) -> Fault | None:
    if _DAYS[0] <= day <= _DAYS[1]:
        return None
    return Fault(
        f"ngày {day} không thể có: được phép từ {_DAYS[0]} đến {_DAYS[1]}",
        f"the day {day} cannot be: from {_DAYS[0]} to {_DAYS[1]} are allowed",
    )


def _of_later(day: date, end: date | None) -> Fault | None:
    if end is None or day >= end:
        return None
    return Fault(
        f"ngày {day} trước `end` ({end}); được phép: từ ngày đó trở đi",
        f"the day {day} is before `end` ({end}); allowed: that day or later",
    )


def _check_words(where: str, **named: str) -> None:
    for name, text in named.items():
        check(f"{where}.{name}", of_word(text))


def _check_days(where: str, end: date | None, extended: date | None) -> None:
    if end is not None:
        check(f"{where}.end", _of_day(end))
    if extended is not None:
        check(f"{where}.extended", _of_day(extended) or _of_later(extended, end))


def _check_windows(where: str, one: WindowsRelease, channels: Mapping[str, Iterable[str]]) -> None:
    _check_words(where, product=one.product, **({"release": one.release} if one.release else {}))
    check(f"{where}.build", of_number(one.build, 1, LARGEST_BUILD))
    known = SERVER_CHANNELS if one.server else (*channels, ALL)
    if one.channel not in known:
        allowed = ", ".join(known)
        check(
            f"{where}.channel",
            Fault(
                f"không có kênh {one.channel!r:.40}; được phép: {allowed}",
                f"there is no channel {one.channel!r:.40}; allowed: {allowed}",
            ),
        )
    _check_days(where, one.end, one.extended)
    for number, year in enumerate(one.years):
        check(f"{where}.years[{number}].until", _of_day(year.until) or _of_later(year.until, one.end))
        if year.above is not None:
            check(f"{where}.years[{number}].above", of_number(year.above, 0, LARGEST_REVISION))


def _check_linux(where: str, one: LinuxRelease) -> None:
    optional = {"codename": one.codename, "proof": one.proof, "edition": one.edition}
    given = {name: text for name, text in optional.items() if text}
    _check_words(where, product=one.product, release=one.release, **given)
    _check_days(where, one.end, one.extended)


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
    check("as_of", _of_day(found.as_of))
    for number, source in enumerate(found.sources):
        check(f"sources[{number}]", of_word(source, _LONGEST_SOURCE))
    for number, one in enumerate(found.windows):
        _check_windows(f"windows[{number}]", one, found.channels)
    for number, other in enumerate(found.linux):
        _check_linux(f"linux[{number}]", other)
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
