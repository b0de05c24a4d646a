"""Until when a PC gets security updates from its system's maker, and how that is known.

A day counts as supported to its end. Longer support that must be bought or switched on (ESU, Ubuntu Pro, Debian LTS)
counts where this very PC proves it: by a revision that only such PCs get, or by sources and services it uses.
"""

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec

from schooldrum_collector.judge.builds import next_patch_day
from schooldrum_collector.judge.linux_upgrades import number_of
from schooldrum_collector.judge.patches import GRACE_DAYS
from schooldrum_collector.judge.support_list import (
    ALL,
    SERVER_CHANNELS,
    LinuxRelease,
    SupportList,
    WindowsRelease,
    Year,
)
from schooldrum_wire.catalogue.operating_system import SUPPORT_END_TIMESTAMP
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Values

_STANDS_FOR = {"IOT_LTSC": "LTSC", "SE": "W"}
WINDOWS_10 = "Windows 10"
SERVER = "Windows Server"
LONG_CHANNELS = {"LTSC": "LTSC", "IOT_LTSC": "IoT LTSC"}
"""Channel -> how people call it."""
_HALF = re.compile(r"[2-9][0-9]H[12]")
_HOME = re.compile(r"Core(N|SingleLanguage|CountrySpecific)?", re.IGNORECASE)
"""Editions for people at home."""
_ANNUAL = "ACor"
"""How EditionID ends on servers of the short channels."""
_REVISIONS_SINCE = 10240
"""The build of the first Windows whose revision shows what it has got."""


class SupportState(enum.StrEnum):
    """`extended`: support for everyone has ended and a longer one is proven."""

    SUPPORTED = "supported"
    EXTENDED = "extended"
    ENDED = "ended"
    UNKNOWN = "unknown"


class Proof(enum.StrEnum):
    """Whether this PC shows that it gets longer support; `unknown`: the list does not tell by what it would show."""

    PROVEN = "proven"
    NOT_PROVEN = "not_proven"
    NOT_OFFERED = "not_offered"
    UNKNOWN = "unknown"


class Support(msgspec.Struct, frozen=True, kw_only=True):
    """How a PC's system stands on a day.

    `until` is its last day with updates as far as is proven, None where none is known or published; `ordinary` the
    last day for everyone, `extended` the last day of longer support whether or not it is proven. `days_left` is
    negative after the end. `planned` is the day until which the school has said it will act: shown, never counted.
    `newer_than` is the day of a list all of whose releases are older than this system: that is unknown, and no fault.
    `last` is the newest revision, or article, that was published for it until `until`; None where that is not known.
    `title` is its own name for people where the list has not this system but at most what it is made of, or no name is
    known here for it; `edition` sets releases of one distribution apart that have the same ID. `home`: longer support
    is sold for this Windows' edition for its first year alone.
    `shows_from` is the first patch day after `until`, where support may have been bought for the time from there on:
    nothing shows it sooner, and until its update is late on this PC the state is unknown.
    Unknown and `not_proven` without that day: the PC does not tell its revision, which alone would prove it.
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
    newer_than: date | None = None
    last: int | None = None
    title: str = ""
    edition: str = ""
    home: bool = False
    shows_from: date | None = None

    @property
    def bought(self) -> date | None:
        """The last day of the longer support that its maker sells still, where support has ended on this PC."""
        if self.state is not SupportState.ENDED or self.until is None or self.extended is None:
            return None
        looked = self.until - timedelta(days=self.days_left or 0)
        return self.extended if self.extended >= looked else None

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


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of builds (see judge/builds.py) knows of a PC's build: the newest revision, and the list's day."""

    newest: int
    as_of: date


def support_of(
    row: Values,
    known: SupportList,
    on: date,
    *,
    listed: Listed | None = None,
    planned: date | None = None,
    most_days: int = GRACE_DAYS,
    days_on: Callable[[date], int] | None = None,
) -> Support:
    """How the system in a row of the section `operating_system` stands on this day.

    `listed` is None where the list of builds does not know its build. `most_days` of being on are allowed for an
    update; `days_on` answers on how many days after one the PC was on, by the calendar unless given.
    """
    is_windows = _text(row, "system") == "windows"
    found = _windows(row, known, on, listed) if is_windows else _linux(row, known, on)
    if found.state is SupportState.ENDED and found.shows_from is not None:
        days = days_on(found.shows_from) if days_on else (on - found.shows_from).days
        if days <= most_days:
            found = msgspec.structs.replace(found, state=SupportState.UNKNOWN)
    if found.until is not None:
        found = msgspec.structs.replace(found, days_left=(found.until - on).days)
    return msgspec.structs.replace(found, planned=planned)


def _pick(row: Values, known: SupportList) -> tuple[WindowsRelease | None, str]:
    build, server = _number(row, "build"), row.get("server") is True
    there = {one.channel: one for one in known.windows if one.build == build and one.server is server}
    edition = _text(row, "edition")
    if server:
        order = SERVER_CHANNELS[1:] + SERVER_CHANNELS[:1] if edition.endswith(_ANNUAL) else SERVER_CHANNELS
        channel = next((one for one in order if one in there), "")
        return there.get(channel), channel
    channel = channel_of(edition, known.channels)
    for one in (channel, _STANDS_FOR.get(channel, ""), ALL):
        if one in there:
            return there[one], channel
    if there and len({one.end for one in there.values()}) == 1:
        return next(iter(there.values())), channel
    return None, channel


def _is_newer(row: Values, known: SupportList) -> bool:
    """Whether this Windows came after every one of the list, by its build or by the half of the year in its release.

    Builds alone do not tell: 26H1 (for new processors alone) has a higher one than the 26H2 that came after it.
    """
    own = [one for one in known.windows if one.server is (row.get("server") is True)]
    halves = [one.release for one in own if one.product == _text(row, "product") and _HALF.fullmatch(one.release)]
    release = _text(row, "release")
    later = bool(halves and _HALF.fullmatch(release)) and release > max(halves)
    return later or (_number(row, "build") or 0) > max((one.build for one in own), default=0)


def _sold(release: WindowsRelease, *, home: bool) -> tuple[Year, ...]:
    """The years of support that is sold for it; one of which the list names the end alone counts as one."""
    if release.years:
        return release.years[:1] if home else release.years
    if release.extended is None or release.build < _REVISIONS_SINCE:
        return ()
    return (Year(until=release.extended),)


def _may_be_newer(revision: int, floor: int, begins: date, listed: Listed | None) -> bool:
    """Whether this revision may have come out after the patch day on which a year of bought support begins to show."""
    if revision <= floor:
        return False
    return listed is None or revision > listed.newest or listed.as_of >= begins


def _windows(row: Values, known: SupportList, on: date, listed: Listed | None) -> Support:
    release, channel = _pick(row, known)
    product, name = _text(row, "product"), _text(row, "release")
    if release is None:
        # A build that no list has is most often a preview or the next release itself: not known, and never bad.
        newer_than = known.as_of if _is_newer(row, known) else None
        return Support(
            state=SupportState.UNKNOWN, product=product, release=name, channel=channel, newer_than=newer_than
        )
    home = release.product == WINDOWS_10 and _HOME.fullmatch(_text(row, "edition")) is not None
    sold = _sold(release, home=home)
    extended = sold[-1].until if home and sold else release.extended
    told = Support(
        state=SupportState.SUPPORTED,
        product=release.product,
        release=release.release or name,
        channel=channel,
        until=release.end,
        ordinary=release.end,
        extended=extended,
        proof=Proof.NOT_PROVEN if extended else Proof.NOT_OFFERED,
        last=release.last,
        home=home,
    )
    revision = _number(row, "revision")
    proven = [year for year in release.years if year.above is not None and (revision or 0) > year.above]
    if proven:
        until = max(release.end, *(year.until for year in proven))
        last = next((year.above for year in release.years if year.until > until), None)
        told = msgspec.structs.replace(told, proof=Proof.PROVEN, until=until, last=last)
    if told.until is not None and on <= told.until:
        return msgspec.structs.replace(
            told, state=SupportState.SUPPORTED if on <= release.end else SupportState.EXTENDED
        )
    running = next((year for year in sold if on <= year.until), None)
    if running is None:
        return msgspec.structs.replace(told, state=SupportState.ENDED)
    if revision is None:
        # What was not told is no small revision: support may have been bought, and nothing shows it.
        return msgspec.structs.replace(told, state=SupportState.UNKNOWN)
    before = [year for year in sold if year.until < running.until]
    begins = next_patch_day(before[-1].until if before else release.end)
    # Who had nothing of the year before has nothing to wait for.
    shows_from = begins if told.until is not None and begins == next_patch_day(told.until) else None
    told = msgspec.structs.replace(told, shows_from=shows_from)
    floor = max(release.last or 0, max((year.above or 0 for year in before), default=0))
    if on >= begins and running.above is None and _may_be_newer(revision, floor, begins, listed):
        # Its update may be one that was bought: only a list that knows the first of that year can tell.
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
            listed = [number_of(one.release) for one in known.linux if one.product == product]
            newer_than = known.as_of if listed and number_of(name) > max(listed) else None
            title = _text(row, "title")
            return Support(
                state=SupportState.UNKNOWN, product=product, release=name, newer_than=newer_than, title=title
            )
        return _dated_by_itself(row, own, on)
    proofs = _text(row, "extended").split()
    proven = release.extended is not None and release.proof in proofs
    is_own = release.product == product
    # Longer support is offered for a distribution itself, not for what others make of it.
    extended = release.extended if is_own or proven else None
    told = Support(
        state=SupportState.SUPPORTED,
        product=product,
        release=name or release.release,
        until=release.extended if proven else release.end,
        ordinary=release.end,
        extended=extended,
        proof=Proof.NOT_OFFERED if extended is None else Proof.PROVEN if proven else Proof.NOT_PROVEN,
        title=_title(row, release),
        edition=release.edition,
    )
    if release.end is None or on <= release.end:
        return told
    if proven and release.extended is not None and on <= release.extended:
        return msgspec.structs.replace(told, state=SupportState.EXTENDED)
    return msgspec.structs.replace(told, state=SupportState.ENDED)


def _dated_by_itself(row: Values, end: date, on: date) -> Support:
    """Of a distribution that no list has, by the day that its own files name."""
    return Support(
        state=SupportState.SUPPORTED if on <= end else SupportState.ENDED,
        product=_text(row, "product"),
        release=_text(row, "release"),
        until=end,
        ordinary=end,
        title=_text(row, "title"),
    )


def _title(row: Values, release: LinuxRelease) -> str:
    title = _text(row, "title")
    if release.product == _text(row, "product"):
        return "" if release.product in _NAMES else title
    foundation = f"{product_name(release.product, release.edition)} {release.release}"
    return f"{title} ({foundation})" if title else foundation


_NAMES = {
    "debian": "Debian",
    "ubuntu": "Ubuntu",
    "linuxmint": "Linux Mint",
    "fedora": "Fedora",
    "centos": "CentOS",
    "rhel": "Red Hat Enterprise Linux",
}
_EDITIONS = {"lmde": "LMDE"}
"""Editions of a distribution that are releases of their own, as their makers call them."""


def product_name(product: str, edition: str = "") -> str:
    """A system as its maker writes it; Linux is told by the ID of its os-release, and set apart by its edition."""
    if product.startswith("Windows"):
        return product
    return _EDITIONS.get(edition) or _NAMES.get(product, "Linux")


def system_name(support: Support) -> str:
    """A system with its release as people call it, and the long channel where it is of one."""
    if support.title:
        return support.title
    # Nobody names a server's channel: its year says the same.
    channel = "" if support.product == SERVER else LONG_CHANNELS.get(support.channel, "")
    name = product_name(support.product, support.edition)
    return " ".join(part for part in (name, support.release, channel) if part)


def readings(support: Support) -> Iterator[Reading]:
    """The end of the last day with updates, where one is known; nothing where it is not known whether it has ended."""
    if support.until is not None and support.state is not SupportState.UNKNOWN:
        end = datetime.combine(support.until + timedelta(days=1), datetime.min.time(), UTC)
        yield SUPPORT_END_TIMESTAMP(end.timestamp())
