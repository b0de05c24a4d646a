"""Which way a PC has to security updates once its support has ended, or soon will: the cheapest there is.

An upgrade that is free, support or a Windows that is bought, or another PC.
"""

import enum
from datetime import date

import msgspec

from schooldrum_collector.judge.linux_upgrades import upgrades
from schooldrum_collector.judge.support import (
    LONG_CHANNELS,
    SERVER,
    WINDOWS_10,
    Support,
    SupportState,
    product_name,
)
from schooldrum_collector.judge.support_list import ALL, SERVER_CHANNELS, SupportList
from schooldrum_collector.judge.windows_11 import Hardware, fits

SOON_DAYS = 180
"""From so many days before the end on there is something to plan."""
_WINDOWS_11 = "Windows 11"
_LICENSED = "Windows 11 Pro"
_NO_NEXT = LONG_CHANNELS.keys() | {"SE"}
"""Channels of Windows 11 without a later release that is free: LTSC is bought, SE ends with 24H2."""
_NEW_PROCESSORS = "H1"
"""How releases of Windows 11 end that come with new processors alone."""


class Way(enum.StrEnum):
    """`none`: nothing to do; `unknown`: parts are not known that decide between an upgrade and another PC.

    `next_release`: it has Windows 11 already, and a later release of it comes by Windows Update without charge.
    `licence`: no free way, yet the PC can carry another edition or a newer Windows that is bought.
    """

    NONE = "none"
    FREE_UPGRADE = "free_upgrade"
    NEXT_RELEASE = "next_release"
    ESU = "esu"
    LICENCE = "licence"
    REPLACE = "replace"
    UNKNOWN = "unknown"


_PAID = frozenset({Way.ESU, Way.LICENCE, Way.REPLACE})


class WayOut(msgspec.Struct, frozen=True, kw_only=True):
    """What can be done for a PC whose support has ended or ends soon.

    `to` is what it can be brought to (empty for a release that the list does not name), or the last day of what can be
    bought; `first` is the release that must come before it, where one step does not lead there: support is sold for the
    last release of Windows 10 alone. `parts` stand against Windows 11 (processor memory disk tpm), or are not known.
    """

    way: Way
    to: str = ""
    first: str = ""
    parts: tuple[str, ...] = ()

    @property
    def is_bought(self) -> bool:
        """Whether no upgrade without charge can be offered to the PC, whatever its parts are."""
        return self.way in _PAID or (self.way is Way.UNKNOWN and self.to == _LICENSED)


def _offered(support: Support, known: SupportList, on: date) -> WayOut | None:
    """The support that can be bought, where it does not end soon too; first comes the release that it is sold for."""
    until, first = support.extended, ""
    if until is None and support.product == WINDOWS_10 and support.channel not in LONG_CHANNELS:
        sold = (one for one in known.windows if one.product == WINDOWS_10 and one.channel == ALL and one.years)
        if release := next(sold, None):
            until = release.years[0].until if support.home else release.extended
            first = f"{release.product} {release.release}"
    if until is None or (until - on).days <= SOON_DAYS:
        return None
    return WayOut(way=Way.ESU, to=until.isoformat(), first=first)


def _next_linux(support: Support, known: SupportList, on: date) -> WayOut:
    own = [one for one in known.linux if one.product == support.product and one.edition == support.edition]
    steps = () if support.title else upgrades(support.release, own, on)
    if not steps:
        return WayOut(way=Way.FREE_UPGRADE)
    name = product_name(support.product, support.edition)
    first = f"{name} {steps[0].release}" if len(steps) > 1 else ""
    return WayOut(way=Way.FREE_UPGRADE, to=f"{name} {steps[-1].release}", first=first)


def _next_windows_11(support: Support, known: SupportList, on: date) -> str:
    """The newest release of its channel that does not end soon too, by name; empty where the list knows none.

    Those of a first half of a year come with new processors alone: no PC is offered one.
    """
    own = [one for one in known.windows if one.product == _WINDOWS_11 and one.channel == support.channel]
    build = max((one.build for one in own if one.release == support.release), default=None)
    later = [
        one
        for one in own
        if build is not None and one.build > build and (one.end - on).days > SOON_DAYS
        if one.release and not one.release.endswith(_NEW_PROCESSORS)
    ]
    following = max(later, key=lambda one: one.build, default=None)
    return f"{following.product} {following.release}" if following else ""


def _bought_windows(support: Support, hardware: Hardware, known: SupportList, on: date) -> WayOut:
    """The way of a Windows that no free upgrade and no bought support brings further: a licence, or another PC."""
    if support.product.startswith(SERVER):
        servers = [
            one
            for one in known.windows
            if one.server and one.channel == SERVER_CHANNELS[0] and (one.end - on).days > SOON_DAYS
        ]
        newest = max(servers, key=lambda one: one.build, default=None)
        if newest is None:
            return WayOut(way=Way.REPLACE)
        return WayOut(way=Way.LICENCE, to=f"{newest.product} {newest.release}")
    # What runs Windows 11 already can run its other editions.
    fit, parts = (True, ()) if support.product == _WINDOWS_11 else fits(hardware)
    if fit is None:
        return WayOut(way=Way.UNKNOWN, to=_LICENSED, parts=parts)
    return WayOut(way=Way.LICENCE, to=_LICENSED) if fit else WayOut(way=Way.REPLACE, parts=parts)


def way_out(support: Support, hardware: Hardware, known: SupportList, on: date) -> WayOut:
    """The cheapest way to security updates: an upgrade that is free, support or Windows that is bought, another PC."""
    is_open = support.state is SupportState.UNKNOWN and support.shows_from is None
    if is_open or support.days_left is None or support.days_left > SOON_DAYS:
        return WayOut(way=Way.NONE)
    if not support.product.startswith("Windows"):
        return _next_linux(support, known, on)
    if support.product == _WINDOWS_11 and support.channel not in _NO_NEXT:
        # Put there by force, it goes on no further. The disk is none of it: what holds this release holds the next.
        fit, parts = fits(msgspec.structs.replace(hardware, disk=None))
        if fit is False:
            return WayOut(way=Way.REPLACE, parts=parts)
        return WayOut(way=Way.NEXT_RELEASE, to=_next_windows_11(support, known, on))
    offered = _offered(support, known, on)
    if support.product != WINDOWS_10 or support.channel in LONG_CHANNELS:
        return offered or _bought_windows(support, hardware, known, on)
    fit, parts = fits(hardware)
    if fit:
        return WayOut(way=Way.FREE_UPGRADE, to=_WINDOWS_11)
    if fit is None:
        return WayOut(way=Way.UNKNOWN, to=_WINDOWS_11, parts=parts)
    return msgspec.structs.replace(offered or WayOut(way=Way.REPLACE), parts=parts)
