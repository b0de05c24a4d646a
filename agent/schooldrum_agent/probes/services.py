"""Which of the services that schools need answer from here: observers ask, each service every five minutes.

The office names them (SECURITY R3): a public DNS name and a fixed kind, nothing else. Every address is checked before
it is spoken to, and the connection goes to the address that was checked, so a name that changes its mind in between
leads nowhere else. No redirect is followed, and no more than 64 KiB are read.
"""

from collections.abc import Callable, Iterator
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import net
from schooldrum_agent.targets import Order
from schooldrum_wire.catalogue.ladder import TARGET_PHASE_SECONDS, TARGET_SUCCESS
from schooldrum_wire.catalogue.services import SERVICES
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

EVERY = 300
MOST_WITH_PHASES = 6
"""Services whose phases are told one by one; of the others only whether they answer: figures of one PC are bounded."""
_SECONDS_EACH = 8.0
_SECONDS = 100.0
_AT_ONCE = 4
_HTTPS, _MAIL = 443, 25
_MOST_ADDRESSES = 2


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{services: [{name, kind, reason, phases}]} in the order of their names.

    Raises:
        Unavailable: this PC asks no services.
        Denied: it may not look at its own network.
    """
    return _fetch(doors, "linux")


def fetch_windows(doors: Doors) -> dict[str, Any]:
    """The same on Windows."""
    return _fetch(doors, "win32")


def _fetch(doors: Doors, system: str) -> dict[str, Any]:
    order = doors.way()
    if not order.observer or not order.services:
        raise Unavailable("only an observer asks services, and only those the office has named")
    resolvers = net.surroundings(doors.rootfs, system=system)["resolvers"]
    from schooldrum_agent.sources.together import together  # noqa: PLC0415 - only an observer needs it

    def asking(name: str) -> Callable[[], dict[str, Any]]:
        return lambda: {"name": name, **ask(order, name, resolvers, clock=doors.boottime)}

    asked = {name: asking(name) for name in sorted(order.services)}
    told = together(asked, at_once=_AT_ONCE, seconds=_SECONDS, clock=doors.boottime)
    # What there was no time for, or what broke off, is left out: it is not known.
    return {"services": [one for name in asked if (one := told.get(name)) is not None]}


def ask(order: Order, name: str, resolvers: list[str], *, clock: Callable[[], float]) -> dict[str, Any]:
    """{kind, reason, phases}: what one service answers within eight seconds. Raises nothing a network could cause."""
    from schooldrum_agent.sources import dns, names, permitted  # noqa: PLC0415 - only an observer needs these

    kind, host = order.services[name]
    began = clock()
    found = names.Found(values=(host,))
    phases = {"resolve": 0.0}
    if kind == "mail":
        found = names.look_up(host, dns.MX, resolvers, seconds=_SECONDS_EACH / 3, clock=clock)
        phases["resolve"] += found.seconds
    reason = found.reason
    for exchanger in found.values[:_MOST_ADDRESSES]:
        placed = names.look_up(exchanger, dns.A, resolvers, seconds=_SECONDS_EACH / 3, clock=clock)
        if placed.reason == "no_such_name":
            placed = names.look_up(exchanger, dns.AAAA, resolvers, seconds=_SECONDS_EACH / 3, clock=clock)
        phases["resolve"] += placed.seconds
        allowed = [one for one in placed.values if order.private or permitted.permitted(one)]
        # One private address among public ones is a trick (rebinding), not a service.
        reason = placed.reason or ("denied" if len(allowed) < len(placed.values) else "")
        if reason or kind == "dns":
            continue
        left = _SECONDS_EACH - (clock() - began)
        reason, more = _page(kind, exchanger, allowed[0], left, clock)
        phases |= more
        if not reason:
            break
    return {"kind": kind, "reason": reason, "phases": phases}


def _page(
    kind: str, host: str, address: str, seconds: float, clock: Callable[[], float]
) -> tuple[str, dict[str, float]]:
    from schooldrum_agent.sources import certificates, http_get  # noqa: PLC0415 - only an observer needs these

    mail = kind == "mail"
    wish = http_get.Wish(
        host=host,
        address=address,
        port=_MAIL if mail else _HTTPS,
        # Mail servers commonly show certificates of their own making, and senders do not mind.
        trust=certificates.blind() if mail else certificates.public(),
        path="" if mail else "/",
        starttls=mail,
    )
    answer = http_get.get(wish, seconds=max(0.0, seconds), clock=clock)
    return answer.reason, answer.phases


def read(data: Any) -> Iterator[Reading | Row]:
    """Each service: whether it answered and why not, and how long each phase of the first few took."""
    for number, one in enumerate(data["services"]):
        passed = not one["reason"]
        yield TARGET_SUCCESS(1 if passed else 0, target=one["name"])
        yield SERVICES(target=one["name"], kind=one["kind"], state="ok" if passed else "failed", reason=one["reason"])
        if passed and number < MOST_WITH_PHASES:
            for phase, seconds in sorted(one["phases"].items()):
                yield TARGET_PHASE_SECONDS(round(seconds, 6), target=one["name"], phase=phase)


PROBE = Probe(
    "services",
    every=EVERY,
    timeout=120,
    floor=EVERY,
    bulk=False,
    meets_strangers=True,
    sections=("services",),
    on={"linux": Source(fetch_linux, read), "win32": Source(fetch_windows, read)},
)
