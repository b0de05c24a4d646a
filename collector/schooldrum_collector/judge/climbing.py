"""How far a machine got on its way to the internet: where one climb of its ladder ends."""

import enum
from collections.abc import Iterable

import msgspec

from schooldrum_collector.judge.fault import Climb, Rung

_CAPTIVE = "captive"
_OUTSIDE = frozenset({"independent_resolver", "national", "international", "collector"})
"""Steps that answer from beyond the provider's first hop; a resolver may stand in the school."""
_BEYOND_GATEWAY = _OUTSIDE | {"provider"}
_INNER = ("link", "address", "gateway")
_FAR_ENDS = frozenset({"national", "international"})


class End(enum.StrEnum):
    """Where a way ends; the nearer steps answered.

    `beyond`: past the modem, nobody tried where. `captive`: something on the way answers in the place of others.
    `nowhere`: what was tried answered, or nothing was tried that could tell.
    """

    LINK = "link"
    ADDRESS = "address"
    GATEWAY = "gateway"
    BEYOND = "beyond"
    LINE = "line"
    CAPTIVE = "captive"
    DNS = "dns"
    NATIONAL = "national"
    INTERNATIONAL = "international"
    COLLECTOR = "collector"
    NOWHERE = "nowhere"


INNER = frozenset({End.LINK, End.ADDRESS, End.GATEWAY})
"""Ends inside the school's own network."""
OUTER = frozenset(End) - INNER - {End.NOWHERE}
"""Ends past the modem: the school's own network answered."""
BEFORE_WORLD = frozenset(End) - {End.NOWHERE, End.BEYOND, End.COLLECTOR}
"""Ends that have nothing to do with the collector: a way into the world is free of them, whether it is there or not."""


class Way(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What answered (`passed`) and what did not (`failed`), each step once, and whether something was `captive`."""

    passed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    captive: bool = False


def way_of(rungs: Iterable[Rung]) -> Way:
    """A step answered where any of its targets did, by either family: several targets stand for one step."""
    passed, failed, captive = set(), set(), False
    for rung in rungs:
        if rung.step == "service":
            continue
        if rung.passed:
            passed.add(rung.step)
        else:
            failed.add(rung.step)
            captive = captive or rung.reason == _CAPTIVE
    return Way(passed=frozenset(passed), failed=frozenset(failed - passed), captive=captive)


def joined(newer: Way, older: Way) -> Way:
    """Both, the newer one's word on every step that it tried."""
    tried = newer.passed | newer.failed
    return Way(
        passed=newer.passed | (older.passed - tried),
        failed=newer.failed | (older.failed - tried),
        captive=newer.captive or older.captive,
    )


def end_of(way: Way) -> End:
    """Where this way ends. Whoever reached a farther step passed the nearer ones, whatever those answered."""
    passed, failed = way.passed, way.failed
    if not passed & _BEYOND_GATEWAY and "gateway" not in passed:
        if way.captive:
            return End.CAPTIVE
        return next((End(step) for step in _INNER if step in failed), End.NOWHERE)
    if way.captive and not passed & _FAR_ENDS:
        return End.CAPTIVE
    if not passed & _OUTSIDE:
        if failed & {"provider", "national", "international"}:
            return End.LINE
        return End.BEYOND if failed & {"resolver", "independent_resolver", "collector"} else End.NOWHERE
    if failed >= _FAR_ENDS:
        return End.LINE
    for step in (End.INTERNATIONAL, End.NATIONAL):
        if step in failed:
            return step
    if "resolver" in failed:
        return End.DNS
    return End.COLLECTOR if "collector" in failed else End.NOWHERE


def gets_through(climb: Climb) -> bool | None:
    """Whether this climb reached the collector; None where it did not try and met no obstacle on the way."""
    answers = [rung.passed for rung in climb.rungs if rung.step == "collector"]
    if answers:
        return any(answers)
    return None if end_of(way_of(climb.rungs)) is End.NOWHERE else False


def reaches_world(climb: Climb) -> bool:
    """Whether nothing but the collector was missing: this climb got to the far ends in the country and abroad."""
    way = way_of(climb.rungs)
    return end_of(way) is End.COLLECTOR and way.passed >= _FAR_ENDS
