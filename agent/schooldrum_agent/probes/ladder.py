"""How far the way to the internet goes from this PC, step by step, the nearest first.

Every PC looks at its own link, address and gateway, and takes the report that arrived as word of the collector, and,
for a few beats after it looked, of these nearer steps too. The whole way is asked by observers, and by every PC whose
own report does not arrive; nothing is sent where nobody has said how far to climb (`once`, `record`).
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_agent.sources import arp, net
from schooldrum_agent.targets import LITTLE, SILENT, WHOLE
from schooldrum_wire.catalogue.ladder import (
    CAPTIVE_PORTAL,
    JITTER_SECONDS,
    LADDER,
    LOSS_RATIO,
    ROUND_TRIP_SECONDS,
    STEP_SUCCESS,
    TLS_INSPECTED,
)
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

_BEYOND = ("independent_resolver", "provider", "national", "international")
_MEASURED = ("gateway", "independent_resolver", "provider", "national", "international", "collector")
_LOST = ("gateway", "national", "international")
_FEWEST_TRIES = 2
_GRACE_SECONDS = 1.0
_near: dict[str, dict[str, Any]] = {}
"""What the last little climb found, by system; a run begins only after the one before has ended."""


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{extent, observer, delivered, families, heard, hops, office, pages, certified}, as sources.climb tells them.

    `families` says for each of ipv4 and ipv6 how it stands (sources.net.standing), whether its gateway is one that
    answers where it is there, and what the neighbour table holds of it after all was asked; addresses do not leave this
    function. Where the near way is known, it is what the last little climb found.

    Raises:
        Denied: this process may not look at its own network.
        Unavailable: this system does not tell.
    """
    return _fetch(doors, "linux")


def fetch_windows(doors: Doors) -> dict[str, Any]:
    """The same on Windows."""
    return _fetch(doors, "win32")


def _fetch(doors: Doors, system: str) -> dict[str, Any]:
    order = doors.way()
    if order.known and system in _near:
        return {**_near[system], "delivered": order.delivered}
    around = net.surroundings(doors.rootfs, system=system)
    began = doors.boottime()
    told: dict[str, Any] = {"heard": [], "hops": [], "office": None, "pages": [], "certified": []}
    answering = order.answering
    if order.extent != SILENT:
        from schooldrum_agent.sources.climb import Climber, climb  # noqa: PLC0415 - silent PCs save its memory

        answering |= _asked_again(around)
        told = climb(Climber(order=order, around=around, clock=doors.boottime, system=system, rootfs=doors.rootfs))
    took = doors.boottime() - began
    near = net.neighbours(system)
    families = {
        family: {**_family(around, family, near, took), "answers": family in answering} for family in net.FAMILIES
    }
    found = {
        "extent": order.extent,
        "observer": order.observer,
        "delivered": order.delivered,
        "families": families,
        **told,
    }
    if order.extent == LITTLE:
        _near[system] = found
    return found


def _family(around: dict[str, Any], family: str, near: list[dict[str, Any]], took: float) -> dict[str, Any]:
    stands = net.standing(around, family)
    gateway, index = stands.pop("gateway"), stands.pop("index")
    entry = _entry(near, gateway, index)
    confirmed = entry["confirmed"] if entry is not None else None
    return {
        **stands,
        "neighbour": entry["state"] if entry is not None else "",
        "fresh": confirmed is not None and confirmed <= took + _GRACE_SECONDS,
    }


def _entry(near: list[dict[str, Any]], gateway: str, index: int) -> dict[str, Any] | None:
    return next((one for one in near if gateway and one["address"] == gateway and one["index"] == index), None)


def _asked_again(around: dict[str, Any]) -> frozenset[str]:
    """The families whose gateway was asked for its card now, which each answers; the system asks when it likes."""
    stands = net.standing(around, "ipv4")
    entry = _entry(around["neighbours"], stands["gateway"], stands["index"])
    asked = entry is not None and arp.ask_again(entry["index"], entry["address"], entry["mac"])
    return frozenset({"ipv4"}) if asked else frozenset()


class _Rungs:
    """What is known of each step and family, in the order of the ladder."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.rows: list[Row] = []
        self.state: dict[tuple[str, str], bool] = {}
        self.heard: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for one in data["heard"]:
            self.heard.setdefault((one["step"], one["family"]), []).append(one)

    def tell(self, step: str, family: str, *, reason: str, how: str, target: str = "", given: str = "") -> None:
        state = "failed" if reason else "ok"
        self.rows.append(
            LADDER(step=step, target=target, family=family, state=state, how=how, reason=reason, given=given)
        )
        key = (step, family)
        # One target that answers is enough for the step.
        self.state[key] = self.state.get(key, False) or not reason

    def beyond(self, family: str) -> bool:
        """Whether anything on the far side of the gateway answered."""
        if any(self.state.get((step, family)) for step in _BEYOND):
            return True
        office = self.data["office"]
        return office is not None and not office["reason"] and office["family"] == family


def read(data: Any) -> Iterator[Reading | Row]:
    """A rung for each step that was tried; the figures of the steps for observers; what stands in between."""
    rungs = _Rungs(data)
    captive = _captive(data)
    families = ["ipv4"]
    if data["families"]["ipv6"]["address"] == "global" and data["families"]["ipv6"]["routed"]:
        families.append("ipv6")
    near = data["families"]["ipv4"]["carrier"]
    if near is not None:
        rungs.tell("link", "ipv4", reason="" if near else "no_link", how="system")
    for family in families:
        if near is not False:
            _own(rungs, family)
    _collector(rungs, captive=captive)
    for family in families:
        _gateway(rungs, family)
    yield from sorted(rungs.rows, key=lambda row: [str(row.values[name]) for name in LADDER.key])
    for (step, family), passed in sorted(rungs.state.items()):
        yield STEP_SUCCESS(1 if passed else 0, step=step, family=family)
    if data["observer"]:
        yield from _figures(rungs)
    yield from _between(data, captive=captive)


def _between(data: dict[str, Any], *, captive: bool) -> Iterator[Reading]:
    if data["extent"] != WHOLE:
        return
    if data["pages"]:
        yield CAPTIVE_PORTAL(1 if captive else 0)
    inspected = _inspected(data, captive=captive)
    if inspected is not None:
        yield TLS_INSPECTED(1 if inspected else 0)


def _own(rungs: _Rungs, family: str) -> None:
    """The address, and every target that was asked."""
    stands = rungs.data["families"][family]
    reason = "no_address" if not stands["address"] else "self_assigned" if stands["address"] == "self_assigned" else ""
    rungs.tell("address", family, reason=reason, how="system", given=stands["given"])
    for step in ("resolver", "independent_resolver", "national", "international"):
        for target in sorted({one["target"] for one in rungs.heard.get((step, family), ())}):
            asked = [one for one in rungs.heard[step, family] if one["target"] == target]
            best = max(asked, key=lambda one: len(one["times"]))
            how = "tcp" if best["how"] == "tcp" else best["how"]
            rungs.tell(step, family, reason="" if best["times"] else _why(asked), how=how, target=target)
    _provider(rungs, family)


def _why(asked: list[dict[str, Any]]) -> str:
    """The most telling of several reasons: any word says more than silence."""
    # Nobody is asked without a way out, so it was a router that knew none.
    reasons = ["unreachable" if one["reason"] == "no_route" else one["reason"] for one in asked if one["reason"]]
    return next((reason for reason in reasons if reason != "timeout"), reasons[0] if reasons else "timeout")


def _provider(rungs: _Rungs, family: str) -> None:
    """The first hop behind the school's own routers: who stands there with an address that is no school's own.

    A hop with a private address may be the school's modem as well as the provider's router; alone it says nothing.
    """
    if rungs.data["extent"] != WHOLE or not any(
        (step, family) in rungs.heard for step in ("national", "international")
    ):
        return
    hops = [one for one in rungs.data["hops"] if one["family"] == family and (one["expired"] or one["arrived"])]
    if any(one["kind"] in {"global", "shared"} for one in hops) or rungs.beyond(family):
        rungs.tell("provider", family, reason="", how="icmp")
    elif not hops:
        rungs.tell("provider", family, reason="timeout", how="icmp")


def _gateway(rungs: _Rungs, family: str) -> None:
    """It answered; or it was heard of by ARP while we asked; or somebody behind it answered.

    Some modems answer no question but ARP's, which the system asks when it likes. So one that is silent is taken for
    gone where it answered before, or was asked for its card in vain; otherwise nobody knows.
    """
    stands = rungs.data["families"][family]
    if stands["carrier"] is False or not stands["address"] or stands["address"] == "self_assigned":
        return
    if not stands["routed"]:
        rungs.tell("gateway", family, reason="no_route", how="system")
        return
    asked = rungs.heard.get(("gateway", family), [])
    best = max(asked, key=lambda one: len(one["times"]), default=None)
    if best is not None and best["times"]:
        rungs.tell("gateway", family, reason="", how=best["how"])
    elif stands["fresh"] and stands["neighbour"] in {"reachable", "stale"}:
        rungs.tell("gateway", family, reason="", how="arp")
    elif rungs.beyond(family) or (rungs.data["delivered"] and family == "ipv4"):
        rungs.tell("gateway", family, reason="", how="system")
    elif asked:
        if stands["neighbour"] in {"", "failed"}:
            rungs.tell("gateway", family, reason="unreachable", how="arp")
        elif stands["answers"]:
            rungs.tell("gateway", family, reason=_why(asked), how="icmp")


def _collector(rungs: _Rungs, *, captive: bool) -> None:
    office = rungs.data["office"]
    if office is None:
        # The report that arrived is the word of the collector; that it did not arrive says nothing of where.
        if rungs.data["delivered"]:
            rungs.tell("collector", "ipv4", reason="", how="https")
        return
    reason = office["reason"]
    if reason == "untrusted":
        reason = "captive" if captive else "inspected"
    elif reason == "no_route" and any(stands["routed"] for stands in rungs.data["families"].values()):
        reason = "unreachable"
    rungs.tell("collector", office["family"], reason=reason, how="https" if office["named"] else "dns")


def _captive(data: dict[str, Any]) -> bool:
    """Whether pages came and none of them is the one that stands there for everybody."""
    came = [page for page in data["pages"] if not page["reason"]]
    return bool(came) and not any(page["known"] for page in came)


def _inspected(data: dict[str, Any], *, captive: bool) -> bool | None:
    """Whether somebody else's certificate was shown for a public site or for the collector; None where nobody asked."""
    office = data["office"]
    if captive:
        return False
    if office is not None and office["reason"] == "untrusted":
        return True
    shown = [one for one in data["certified"] if not one["reason"]]
    if shown:
        return not all(one["known"] for one in shown)
    return False if office is not None and not office["reason"] else None


def _figures(rungs: _Rungs) -> Iterator[Reading]:
    """Round trip, jitter and loss of the steps that answered, each by its target that was asked most."""
    for (step, family), asked in sorted(rungs.heard.items()):
        answered = [one for one in asked if one["times"]]
        if step not in _MEASURED or not answered:
            continue
        best = max(answered, key=lambda one: (one["tries"], len(one["times"])))
        times = best["times"]
        yield ROUND_TRIP_SECONDS(_median(times), step=step, family=family)
        if step in _LOST and best["tries"] >= _FEWEST_TRIES:
            if len(times) > 1:
                changes = [abs(after - before) for before, after in pairwise(times)]
                yield JITTER_SECONDS(sum(changes) / len(changes), step=step, family=family)
            yield LOSS_RATIO(round(1 - len(times) / best["tries"], 4), step=step, family=family)
    office = rungs.data["office"]
    if office is not None and not office["reason"]:
        yield ROUND_TRIP_SECONDS(office["phases"].get("connect", 0.0), step="collector", family=office["family"])


def _median(times: list[float]) -> float:
    ordered = sorted(times)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


PROBE = Probe(
    "ladder",
    every=60,
    timeout=20,
    floor=1,
    bulk=False,
    meets_strangers=True,
    sections=("ladder",),
    on={"linux": Source(fetch_linux, read), "win32": Source(fetch_windows, read)},
)
