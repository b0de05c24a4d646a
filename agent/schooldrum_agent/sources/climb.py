"""The whole way to the internet, asked at once: gateway, resolvers, hops, far targets, the collector, known pages.

All small questions go out together (sources.volley); the collector and the pages, which take several exchanges, are
asked beside them in threads of their own. What comes back is plain data; probes.ladder decides what it means.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from schooldrum_agent.chance import one_of, turn
from schooldrum_agent.sources import dns, net, volley
from schooldrum_agent.sources.volley import Heard, Question
from schooldrum_agent.targets import DNS_PORT, LITTLE, WHOLE, Order, Target

_GATEWAY_PORTS = (80, 53, 443)
_HOPS = range(2, 7)
_WINDOW = 0.7
"""Share of the time in which questions may be open; the rest is for the neighbour table, and for slow PCs."""
_AGAIN, _OTHERWISE = 0.4, 0.55
"""Shares of the window after which a question without an answer is asked again, and asked in another way."""
_SPREAD = 0.5
_LATE_SECONDS = 0.05


class Climber(msgspec.Struct, frozen=True, kw_only=True):
    """With what one climb is made: the order, what is known of this machine's network, its clocks and its system."""

    order: Order
    around: dict[str, Any]
    clock: Callable[[], float]
    system: str
    rootfs: str


def climb(climber: Climber) -> dict[str, Any]:
    """{heard, hops, office, pages, certified}: everything that was asked and what came of it.

    `heard` is {step, target, family, how, tries, times, reason} for each target and way of asking; `hops` {hops, kind,
    expired, family} of those who answered; the others are what `http_get` says, without bodies. Takes at most
    `order.seconds`. Raises nothing that a network could cause.
    """
    order = climber.order
    window = order.seconds * _WINDOW
    questions = _questions(climber, window)

    def small() -> list[Heard]:
        return volley.volley(questions, seconds=window, clock=climber.clock, system=climber.system)

    if order.extent == LITTLE:
        told: dict[str, Any] = {"small": small()}
    else:
        from schooldrum_agent.sources.together import together  # noqa: PLC0415 - most PCs, most days, never need it

        asked = {"small": small, **_far_questions(climber, window)}
        told = together(asked, at_once=len(asked), seconds=window + _LATE_SECONDS, clock=climber.clock)
    heard = told.get("small", [])
    return {
        "heard": _summed(heard, private=order.private),
        "hops": _hops(heard),
        "office": told.get("office"),
        "pages": [answer for name, answer in sorted(told.items()) if name.startswith("page ")],
        "certified": [answer for name, answer in sorted(told.items()) if name.startswith("certified ")],
    }


def _far_questions(climber: Climber, window: float) -> dict[str, Callable[[], Any]]:
    from schooldrum_agent.sources import far_ends  # noqa: PLC0415 - most PCs, most days, never need it

    order = climber.order
    asker = far_ends.Asker(
        resolvers=climber.around["resolvers"], clock=climber.clock, system=climber.system, rootfs=climber.rootfs
    )
    asked: dict[str, Callable[[], Any]] = {}
    if order.office is not None:
        asked["office"] = partial(far_ends.office, asker, order.office, window)
    for number, page in enumerate(order.targets.pages):
        asked[f"page {number}"] = partial(far_ends.page, asker, page, window)
    for number, one in enumerate(order.targets.certified):
        asked[f"certified {number}"] = partial(far_ends.certified, asker, one, window)
    return asked


def _key(step: str, family: str, target: str) -> str:
    return f"{step} {family} {target}"


def _family(address: str) -> str:
    return "ipv6" if ":" in address else "ipv4"


def _questions(climber: Climber, window: float) -> list[Question]:
    order, around = climber.order, climber.around
    asked: list[Question] = []
    for family in net.FAMILIES:
        stands = net.standing(around, family)
        if not _is_used(stands, family) or not stands["routed"]:
            continue
        asked += _gateway(stands, family, order.tries, window)
        if order.extent != WHOLE:
            continue
        asked += _resolvers(climber, family, window)
        targets = order.targets
        asked += [one for target in _of(targets.independent, family) for one in _independent(climber, target, window)]
        for step, group in (("national", targets.national), ("international", targets.international)):
            asked += _far(step, _of(group, family), order.tries, window)
        asked += _hop_questions(_of(targets.national, family) or _of(targets.international, family), family, window)
    return asked


def _is_used(stands: dict[str, Any], family: str) -> bool:
    """IPv6 counts where the machine has a public address of it: every Linux has a link-local one."""
    return stands["carrier"] is not False and (family == "ipv4" or stands["address"] == "global")


def _of(targets: Sequence[Target], family: str) -> list[Target]:
    found = [target for target in targets if _family(target.address) == family]
    # Not everybody asks the same one first: that spreads the load, and one that is broken does not look like all.
    first = turn(len(found)) if found else 0
    return found[first:] + found[:first]


def _gateway(stands: dict[str, Any], family: str, tries: int, window: float) -> list[Question]:
    address = stands["gateway"]
    if not address:
        return []
    if address.startswith("fe80:"):
        address = f"{address}%{stands['index']}"
    key = _key("gateway", family, "gateway")
    echo = Question(key=key, how=volley.ICMP, address=address)
    asked = _tries(echo, tries, window)
    asked.append(msgspec.structs.replace(echo, after=window * _AGAIN, last=True))
    asked += [
        Question(key=key, how=volley.TCP, address=address, port=port, after=window * _AGAIN, last=True)
        for port in _GATEWAY_PORTS
    ]
    return asked


def _tries(first: Question, tries: int, window: float, zone: str = "") -> list[Question]:
    """The same question so many times, spread over the first half of the window."""
    return [
        msgspec.structs.replace(
            first,
            body=dns.question(zone, dns.SOA, dns.fresh(), recursive=False) if zone else b"",
            after=window * _SPREAD * number / tries,
        )
        for number in range(tries)
    ]


def _resolvers(climber: Climber, family: str, window: float) -> list[Question]:
    asked = []
    for number, address in enumerate(climber.around["resolvers"], 1):
        if _family(address) == family:
            asked += _name_questions(climber, _key("resolver", family, f"resolver-{number}"), address, DNS_PORT, window)
    return asked


def _independent(climber: Climber, target: Target, window: float) -> list[Question]:
    key = _key("independent_resolver", _family(target.address), target.name)
    return _name_questions(climber, key, target.address, target.port, window)


def _name_questions(climber: Climber, key: str, address: str, port: int, window: float) -> list[Question]:
    wanted = climber.order.targets.names
    if not wanted:
        return []
    return [
        Question(
            key=key,
            how=volley.DNS,
            address=address,
            port=port,
            body=dns.question(one_of(wanted), dns.A, dns.fresh(), recursive=True),
            after=after,
            last=after > 0,
        )
        for after in (0.0, window * _AGAIN)
    ]


def _far(step: str, targets: list[Target], tries: int, window: float) -> list[Question]:
    asked = []
    for number, target in enumerate(targets):
        first = Question(
            key=_key(step, _family(target.address), target.name),
            how=volley.DNS if target.zone else volley.ICMP,
            address=target.address,
            port=target.port,
        )
        asked += _tries(first, 1 if number else tries, window, target.zone)
        (again,) = _tries(first, 1, window, target.zone)
        asked.append(msgspec.structs.replace(again, after=window * _AGAIN, last=True))
        asked.append(msgspec.structs.replace(first, how=volley.TCP, after=window * _OTHERWISE, last=True))
    return asked


def _hop_questions(targets: list[Target], family: str, window: float) -> list[Question]:
    if not targets:
        return []
    return [
        Question(
            key=_key("hop", family, str(hops)),
            how=volley.HOP,
            address=targets[0].address,
            hops=hops,
            after=after,
            last=after > 0,
        )
        for hops in _HOPS
        for after in (0.0, window * _AGAIN)
    ]


def _summed(heard: list[Heard], *, private: bool) -> list[dict[str, Any]]:
    """One entry for each target and way of asking: how many tries, the seconds of those answered, why others not."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in heard:
        question = one.question
        step, family, target = question.key.split(" ")
        if step == "hop":
            continue
        entry = found.setdefault(
            (question.key, question.how),
            {
                "step": step,
                "target": target,
                "family": family,
                "how": question.how,
                "tries": 0,
                "times": [],
                "reason": "",
            },
        )
        entry["tries"] += 1
        reason = _judged(one, step, private=private)
        if reason:
            entry["reason"] = reason
        else:
            entry["times"].append(round(one.seconds or 0.0, 6))
    return list(found.values())


def _judged(one: Heard, step: str, *, private: bool) -> str:
    """Why a try failed, in the ladder's words; empty where it did not."""
    if one.seconds is None:
        # Whoever refuses a connection is there; a far target that refuses is somebody in its place.
        return "" if one.reason == "refused" and one.question.how == volley.TCP and step == "gateway" else one.reason
    if one.question.how != volley.DNS:
        return ""
    message = dns.answer(one.raw, one.question.body)
    why = dns.reason(message)
    if why or message is None:
        return why
    if step in {"national", "international"}:
        # Only the zone's own servers say so with authority: another answer is of somebody who catches every question.
        return "" if message.authoritative else "captive"
    found = [record.value for record in message.records if record.kind == dns.A]
    if not found:
        return "no_such_name"
    lies = not private and all(net.kind_of(address) != "global" for address in found)
    return "captive" if lies else ""


def _hops(heard: list[Heard]) -> list[dict[str, Any]]:
    """Who let a packet die on the way: how far away, and what kind of address; never the address itself."""
    return [
        {
            "hops": one.question.hops,
            "kind": net.kind_of(one.hop),
            "expired": one.expired,
            "arrived": one.hop == one.question.address,
            "family": one.question.key.split(" ")[1],
        }
        for one in heard
        if one.question.how == volley.HOP and one.seconds is not None and one.hop
    ]
