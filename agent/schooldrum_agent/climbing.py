"""When the ladder is climbed and how far: a little while reports arrive, all of it by observers and while they do not.

A report that arrived has gone the near way itself: cable, address, gateway. So while each arrives and the PC stands
where it stood, the near way is asked in every fifth beat only, and told of in each.

Climbing the whole way asks public servers. So no PC does it faster than every half minute where they are the packaged
ones, many PCs that lose their line together begin spread over a beat, and where only the collector is missing, so that
all of them would climb for as long as it is, each climbs ever more rarely.
"""

import sys
from collections.abc import Callable

import msgspec

from schooldrum_agent.chance import Chance
from schooldrum_agent.config import Config
from schooldrum_agent.faults import Fault
from schooldrum_agent.probe import Probe
from schooldrum_agent.targets import COLLECTOR, LITTLE, PACKAGED, WHOLE, Office, Order, Page, Targets, read_target
from schooldrum_wire.catalogue.ladder import STEP_SUCCESS
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row
from schooldrum_wire.settings import Settings

LADDER = "ladder"
"""The probe that climbs."""
WHOLE_SECONDS = 30.0
"""How long at least lies between two whole climbs to packaged targets, whatever beat is granted."""
_LONGEST_CLIMB = 9.0
_SHARE = 0.42
"""Of a beat that a climb may take: less than half, because observers climb each half beat."""
_LITTLE_SECONDS, _LITTLE_SHARE = 1.0, 0.3
KNOWN_BEATS, KNOWN_SECONDS = 4, 300.0
"""For how many beats, and seconds, after it was found whole the near way is taken as known while reports arrive."""
_OBSERVER_TRIES, _TRIES = 5, 2
_RAREST = 4
"""How often the distance between climbs is doubled while nothing but the collector is missing: up to 16."""
_EARLY = 0.9
_BY_ITSELF = frozenset({"icmp", "tcp"})
"""How a gateway is met that answers questions; any other was only seen, or somebody behind it answered."""
_OF_THE_WAY = frozenset(
    {
        Fault.NAME, Fault.REFUSED, Fault.UNREACHABLE, Fault.TIMEOUT, Fault.CLOSED, Fault.TLS, Fault.TLS_AUTHORITY,
        Fault.TLS_NAME, Fault.PROXY, Fault.PROXY_LOGIN, Fault.GARBLED, Fault.OVERSIZED, Fault.REDIRECTED,
    }
)  # fmt: skip
"""Failures that something on the way may cause. What the collector itself answered, it answered from the far end."""


def targets_of(config: Config) -> Targets:
    """Whom this PC asks, by its configuration."""
    if config.ladder != "local":
        return PACKAGED

    def listed(texts: tuple[str, ...], port: int) -> tuple[msgspec.Struct, ...]:
        return tuple(read_target(text, number=number, port=port) for number, text in enumerate(texts, 1))

    pages = (page.rpartition(":") if page.count(":") == 1 else (page, "", "80") for page in config.ladder_pages)
    return Targets(
        names=config.ladder_names,
        independent=listed(config.ladder_independent, 53),  # type: ignore[arg-type]  # read_target makes targets
        national=listed(config.ladder_national, 443),  # type: ignore[arg-type]  # the same
        international=listed(config.ladder_international, 443),  # type: ignore[arg-type]  # the same
        pages=tuple(Page(host=host, path="/generate_204", port=int(port)) for host, _, port in pages),
    )


def _is_met_gateway(row: Row) -> bool:
    return row.section == LADDER and row.values["step"] == "gateway" and row.values["state"] == "ok"


class Climbing:
    """Follows how reports fare, and says what the next climb is to be. All methods but `order` run in one thread."""

    def __init__(
        self,
        config: Config,
        *,
        settings: Callable[[], Settings],
        office: Office | None,
        clock: Callable[[], float],
        chance: Chance,
        system: str = sys.platform,
    ) -> None:
        """`settings` gives those in force, `office` is the collector, `clock` seconds that run on in suspend."""
        self._system = system
        self._settings = settings
        self._office = office
        self._clock = clock
        self._chance = chance
        self._mode = config.ladder
        self._targets = targets_of(config)
        self._private = config.allow_private_targets
        self._beat = config.beat
        self._order = Order()
        self._delivered: bool | None = None
        self._whole_at = -WHOLE_SECONDS
        self._fine = 0
        self._rest = 0
        self._known_beats = 0
        self._known_until = 0.0
        self._answering: frozenset[str] = frozenset()

    @property
    def failing(self) -> bool:
        """Whether this PC's reports do not arrive for a reason that may lie on the way."""
        return self._delivered is False

    def pace(self) -> float:
        """Seconds between two climbs, the little ones included."""
        beat = self._beat_seconds()
        if not self._settings().observer:
            return beat
        return max(beat / 2, WHOLE_SECONDS) if self._mode == "packaged" else beat / 2

    def begin(self, probe: Probe) -> Probe:
        """Settles what the climb that starts now is to do (`order` says it), and gives the probe as it is to be run.

        On Windows the agent has the system's own rights, so what speaks with the world is a child of it there; on
        Linux it has an account of its own, and a thread does.
        """
        settings = self._settings()
        extent = self._extent(observer=settings.observer)
        beat = self._beat_seconds()
        little = extent == LITTLE
        known = little and self._known_beats > 0 and self._clock() < self._known_until
        if known:
            self._known_beats -= 1
        if extent == WHOLE:
            self._whole_at = self._clock()
        self._order = Order(
            extent=extent,
            seconds=min(_LITTLE_SECONDS, beat * _LITTLE_SHARE) if little else min(_LONGEST_CLIMB, beat * _SHARE),
            tries=1 if little else _OBSERVER_TRIES if settings.observer else _TRIES,
            observer=settings.observer,
            delivered=self._delivered,
            known=known,
            answering=self._answering,
            office=self._office,
            targets=self._targets if extent == WHOLE else Targets(),
            services=settings.services,
            private=self._private,
        )
        apart = self._system == "win32" and extent != LITTLE
        return msgspec.structs.replace(probe, child=True) if apart else probe

    def apart(self, probe: Probe) -> Probe:
        """Any other probe as it is to be run: one that will speak with the world is a child on Windows."""
        settings = self._settings()
        speaks = probe.meets_strangers and settings.observer and bool(settings.services)
        return msgspec.structs.replace(probe, child=True) if speaks and self._system == "win32" else probe

    def order(self) -> Order:
        """What the last `begin` said."""
        return self._order

    def heard(self, word: str) -> float | None:
        """How a delivery went (the word of a courier's Round); in how many seconds to climb for it, None for not."""
        if word == "delivered":
            self._delivered = True
            self._fine = self._rest = 0
            return None
        self.unsettle()
        return self.lost() if word in _OF_THE_WAY else None

    def unsettle(self) -> None:
        """What is known of the near way is known no more: this PC may stand elsewhere than it did."""
        self._known_beats = 0

    def lost(self) -> float | None:
        """A report does not arrive: in how many seconds to climb for it; None where that is known already."""
        self.unsettle()
        if self.failing:
            return None
        self._delivered = False
        # A school that loses its line, or a country that loses a collector, does not climb in one second.
        return self._chance.uniform(0, self._beat_seconds())

    def found(self, readings: tuple[Reading, ...], rows: tuple[Row, ...]) -> bool:
        """What a climb came to; whether it reached the collector although reports did not arrive."""
        met = {str(row.values["family"]): row.values["how"] for row in rows if _is_met_gateway(row)}
        self._answering = (self._answering - met.keys()) | {family for family, how in met.items() if how in _BY_ITSELF}
        told = [(one.labels["step"], one.value) for one in readings if one.name == STEP_SUCCESS.name]
        steps = dict(told)
        if not self.failing:
            if self._order.extent == LITTLE and not self._order.known:
                self._settle(whole="gateway" in steps and all(value > 0 for _, value in told))
            return False
        if self._order.extent == WHOLE:
            fine = steps.get("collector") == 0 and steps.get("national") == steps.get("international") == 1
            self._fine = min(_RAREST, self._fine + 1) if fine else 0
            self._rest = 2**self._fine - 1
        elif self._rest:
            self._rest -= 1
        return steps.get("collector") == 1

    def _settle(self, *, whole: bool) -> None:
        self._known_beats = KNOWN_BEATS if whole and self._delivered else 0
        # Half a beat early: the beat that ends the time is to ask again.
        self._known_until = self._clock() + KNOWN_SECONDS - self._beat_seconds() / 2

    def _extent(self, *, observer: bool) -> str:
        if not observer and not self.failing:
            return LITTLE
        if self._mode == "collector":
            return COLLECTOR
        early = self._mode == "packaged" and self._clock() - self._whole_at < WHOLE_SECONDS * _EARLY
        if early or (not observer and self._rest):
            return COLLECTOR
        return WHOLE

    def _beat_seconds(self) -> float:
        return float(self._beat or self._settings().beat)
