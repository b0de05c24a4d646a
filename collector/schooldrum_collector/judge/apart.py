"""PCs of which more is known than that they are heard or not: seen on by neighbours, gone dark, or away from school.

All change how a PC and its room are shown, never what is judged of a fault: that has this evidence at first hand.
"""

from collections.abc import Iterable

import msgspec

from schooldrum_collector.judge.fault import Kind, Verdict
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.incidents import SEEN_SECONDS
from schooldrum_collector.judge.presence import Presence, State

_STILL_SEEN = 2 * SEEN_SECONDS
"""That a fault is still there is written down so often; who has not been seen for longer may be off by now."""

_SILENCING = frozenset({Verdict.MACHINE, Verdict.ROOM, Verdict.POWER, Verdict.LAN, Verdict.LINE, Verdict.UNKNOWN})


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of PCs: `mute` do not report but neighbours see them on, `away` say that they are not at their school.

    `dark` are named by an outage that goes on: of them it is known why they are not heard, and nobody waits for them.
    """

    mute: frozenset[str] = frozenset()
    away: frozenset[str] = frozenset()
    dark: frozenset[str] = frozenset()


NOBODY = Apart()


def mute_by(incidents: Iterable[Incident], now: float) -> frozenset[str]:
    """The PCs that these incidents call mute at `now`: as long as neighbours still see them."""
    return frozenset(
        machine
        for incident in incidents
        if incident.kind is Kind.MUTE and incident.is_live and now - incident.seen <= _STILL_SEEN
        for machine in incident.blamed
    )


def dark_by(incidents: Iterable[Incident]) -> frozenset[str]:
    """The PCs that these incidents call dark: the collector waits for those who may be coming back, not for them.

    Who has internet but no names, or no way abroad, reports all the same; and whom the collector's own line keeps from
    being heard is not dark.
    """
    return frozenset(
        machine
        for incident in incidents
        if incident.kind is Kind.OUTAGE and incident.verdict in _SILENCING and incident.is_live and not incident.calm
        for machine in incident.blamed
    )


def if_mute(presence: Presence) -> Presence:
    """The presence of a PC that neighbours see on: not heard becomes on, not reporting; whatever else stays."""
    return Presence(state=State.MUTE, since=presence.since) if presence.state is State.SILENT else presence


def if_away(presence: Presence) -> Presence:
    """The presence of a PC whose last word was that it is elsewhere: nobody misses it at its school."""
    if presence.state is State.SILENT:
        return Presence(state=State.OFF, since=presence.since, assumed=True, away=True)
    return msgspec.structs.replace(presence, away=True)
