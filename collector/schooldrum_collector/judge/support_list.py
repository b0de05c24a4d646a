"""The list of end-of-support dates: what it holds, and what cannot stand in it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches

import msgspec

from schooldrum_collector.judge.faults import Fault, Unusable, check, of_number, of_word, unreadable

ALL = "ALL"
"""The channel of a release that ends on one day for all."""
SERVER_CHANNELS = ("LTSC", "SAC", "AC")
LARGEST_BUILD = 999_999
LARGEST_REVISION = 10_000_000
EDITIONS = (
    "Core", "CoreN", "CoreSingleLanguage", "CoreCountrySpecific", "Professional", "ProfessionalN",
    "ProfessionalEducation", "ProfessionalEducationN", "ProfessionalWorkstation", "ProfessionalWorkstationN",
    "ProfessionalSingleLanguage", "ProfessionalCountrySpecific", "Enterprise", "EnterpriseN", "EnterpriseEval",
    "EnterpriseNEval", "EnterpriseG", "Education", "EducationN", "IoTEnterprise", "ServerRdsh", "EnterpriseS",
    "EnterpriseSN", "EnterpriseSEval", "EnterpriseSNEval", "IoTEnterpriseS", "CloudEdition", "CloudEditionN",
)  # fmt: skip
"""EditionIDs that every list must place in a channel; it may name further ones."""
PROOFS = ("security_source", "esm-infra", "esm-apps", "none")
"""What agents tell of longer support on Linux (section `operating_system`, column `extended`), or that nothing does."""
DISTRIBUTIONS = ("debian", "ubuntu", "linuxmint", "fedora", "rhel", "centos")
"""IDs of os-release that the shipped list has dates for; a list may name others that are not nearly one of these."""
_WINDOWS = re.compile(r"Windows (?:[0-9]{1,2}(?:\.[0-9])?|XP|Vista)")
_WINDOWS_SERVER = "Windows Server"
_PLAIN = re.compile(r"[A-Za-z0-9 ._+-]*")
_NEAR = 0.75
_DAYS = (date(1995, 1, 1), date(2100, 1, 1))
_LONGEST_SOURCE = 500


class Year(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A year of bought support: `above` is the revision that only PCs with it have passed, None while not known."""

    until: date
    above: int | None = None


class WindowsRelease(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A release of Windows in one channel: last day for everyone, and last day of bought support.

    `last` is the revision (before Windows 10: the article) that came out for everyone on, or last before, the day
    `end`; None while it is not known.
    """

    product: str
    release: str
    build: int
    server: bool
    channel: str
    end: date
    last: int | None = None
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


def _of_plain(text: str) -> Fault | None:
    """Agents tell these words in plain letters and digits: what is written otherwise would never be found."""
    if _PLAIN.fullmatch(text):
        return None
    return Fault(
        f"{text!r:.40} không dùng được; chỉ được phép chữ A-Z, a-z không dấu, số 0-9, dấu cách và . _ + -",
        f"{text!r:.40} cannot stand there; the letters A-Z, a-z, the digits 0-9, blanks and . _ + - are allowed",
    )


def _of_allowed(text: str, allowed: Iterable[str]) -> Fault:
    told = ", ".join(allowed)
    return Fault(
        f"không có {text!r:.40}; được phép: {told}",
        f"there is no {text!r:.40}; allowed: {told}",
    )


def _named_twice(placed: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    first: set[str] = set()
    for place, edition in placed:
        if edition.casefold() in first:
            yield place, edition
        first.add(edition.casefold())


def _check_channels(channels: Mapping[str, Iterable[str]]) -> None:
    """A misspelt edition leaves the right one out: PCs with it would have no verdict, and nobody would be told."""
    placed = [
        (f"channels.{channel}[{number}]", edition)
        for channel, editions in channels.items()
        for number, edition in enumerate(editions)
    ]
    for place, edition in placed:
        check(place, of_word(edition) or _of_plain(edition))
    for place, edition in _named_twice(placed):
        fault = Fault(
            f"phiên bản {edition!r:.40} có hai lần; bỏ bớt một",
            f"the edition {edition!r:.40} stands there twice; take one away",
        )
        check(place, fault)
    told = {edition.casefold() for _, edition in placed}
    known = {edition.casefold() for edition in EDITIONS}
    strangers = {edition: place for place, edition in placed if edition.casefold() not in known}
    left_out = [edition for edition in EDITIONS if edition.casefold() not in told]
    for missing in left_out:
        near = next(iter(get_close_matches(missing, strangers, 1, _NEAR)), None)
        if near:
            fault = Fault(
                f"không có phiên bản {near!r:.40}; có phải {missing}?",
                f"there is no edition {near!r:.40}; is {missing} meant?",
            )
            check(strangers[near], fault)
    if left_out:
        names = ", ".join(left_out)
        fault = Fault(
            f"thiếu phiên bản {names}: mỗi phiên bản phải có trong đúng một kênh",
            f"editions are missing: {names}; each must stand in exactly one channel",
        )
        check("channels", fault)


def _check_words(where: str, **named: str) -> None:
    for name, text in named.items():
        check(f"{where}.{name}", of_word(text) or _of_plain(text))


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
    right = one.product == _WINDOWS_SERVER if one.server else bool(_WINDOWS.fullmatch(one.product))
    if not right:
        allowed_names = (_WINDOWS_SERVER,) if one.server else ("Windows 11", "Windows 10", "Windows 8.1", "Windows XP")
        check(f"{where}.product", _of_allowed(one.product, allowed_names))
    _check_days(where, one.end, one.extended)
    if one.last is not None:
        check(f"{where}.last", of_number(one.last, 0, LARGEST_REVISION))
    _check_years(where, one)


def _check_years(where: str, one: WindowsRelease) -> None:
    before: date | None = None
    reached = one.last or 0
    for number, year in enumerate(one.years):
        place = f"{where}.years[{number}]"
        check(f"{place}.until", _of_day(year.until) or _of_later(year.until, one.end))
        if year.above is not None:
            # Below what came before it, everybody would have passed it.
            check(f"{place}.above", of_number(year.above, reached, LARGEST_REVISION))
            reached = year.above + 1
        check(f"{place}.until", _of_year(year.until, before, one.extended))
        before = year.until


def _of_year(until: date, before: date | None, extended: date | None) -> Fault | None:
    if before is not None and until <= before:
        return Fault(
            f"ngày {until} không sau năm đứng trước ({before}); các năm phải xếp từ sớm đến muộn",
            f"the day {until} is not after the year before it ({before}); years stand in order, the earliest first",
        )
    if extended is not None and until > extended:
        return Fault(
            f"ngày {until} sau `extended` ({extended}); được phép: đến ngày đó",
            f"the day {until} is after `extended` ({extended}); allowed: until that day",
        )
    return None


def _check_linux(where: str, one: LinuxRelease) -> None:
    optional = {"codename": one.codename, "proof": one.proof, "edition": one.edition}
    given = {name: text for name, text in optional.items() if text}
    _check_words(where, product=one.product, release=one.release, **given)
    if one.product not in DISTRIBUTIONS and get_close_matches(one.product.casefold(), DISTRIBUTIONS, 1, _NEAR):
        check(f"{where}.product", _of_allowed(one.product, DISTRIBUTIONS))
    if one.proof and one.proof not in PROOFS:
        check(f"{where}.proof", _of_allowed(one.proof, PROOFS))
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
    _check_channels(found.channels)
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
