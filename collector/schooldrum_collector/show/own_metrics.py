"""What the collector says of itself: how much comes in, how long storing takes, whether its own loop keeps up."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from schooldrum_collector.judge.fault import Level
from schooldrum_collector.store.records import MachineState, Register
from schooldrum_wire.version import VERSION

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class _Tree(Collector):
    """Counts of the register, taken at each scrape."""

    def __init__(self, register: Callable[[], Register]) -> None:
        self._register = register

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The families, without asking the register."""
        return self._families()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The families with their samples."""
        register = self._register()
        machines, schools, rooms = self._families()
        states = Tally(machine.state for machine in register.machines.values())
        for state in MachineState:
            machines.add_metric([state.value], states[state])
        schools.add_metric([], len(register.schools))
        rooms.add_metric([], len(register.rooms))
        return machines, schools, rooms

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("schooldrum_machines", "Machines by their state in the register.", labels=["state"]),
            GaugeMetricFamily("schooldrum_schools", "Schools in the register.", labels=[]),
            GaugeMetricFamily("schooldrum_rooms", "Rooms in the register.", labels=[]),
        )


class Judged(Protocol):
    """What the last judgement of faults came to."""

    @property
    def at(self) -> float:
        """When it was (epoch seconds; 0: there was none yet)."""

    @property
    def open(self) -> Mapping[str, int]:
        """Open incidents by the level of their place."""

    @property
    def schools(self) -> int:
        """How many schools were looked at closely."""


class Watches(Protocol):
    """Whoever judges faults."""

    @property
    def watched(self) -> Judged:
        """The last judgement."""


class _Incidents(Collector):
    """What judging came to, taken at each scrape."""

    def __init__(self, watching: Watches) -> None:
        self._watching = watching

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The families, without asking anybody."""
        return self._families()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The families with their samples."""
        judged = self._watching.watched
        incidents, at, schools = self._families()
        for level in Level:
            incidents.add_metric([level.value], judged.open.get(level.value, 0))
        if judged.at:
            at.add_metric([], judged.at)
        schools.add_metric([], judged.schools)
        return incidents, at, schools

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "schooldrum_incidents_open", "Incidents that go on, by the size of their place.", labels=["level"]
            ),
            GaugeMetricFamily("schooldrum_judged_timestamp_seconds", "When faults were judged last.", labels=[]),
            GaugeMetricFamily(
                "schooldrum_schools_looked_at", "Schools that the last judgement looked at closely.", labels=[]
            ),
        )


class OwnMetrics:
    """The collector's own counters, gauges and histograms, in a registry of their own.

    Counting is cheap enough for every request (about a microsecond).
    """

    def __init__(self) -> None:
        # Of no use to Prometheus, and half of all lines.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it bare
        self.registry = CollectorRegistry()
        into = self.registry
        build = Gauge("schooldrum_build_info", "Always 1; which version this is.", ["version"], registry=into)
        build.labels(version=VERSION).set(1)
        self.reports = Counter("schooldrum_reports", "Deliveries taken in and stored.", registry=into)
        self.refused = Counter(
            "schooldrum_requests_refused",
            "Requests of agents answered with an error, by its word.",
            ["error"],
            registry=into,
        )
        self.readings_refused = Counter(
            "schooldrum_readings_refused", "Readings, rows and results dropped from deliveries taken in.", registry=into
        )
        self.commit_seconds = Histogram(
            "schooldrum_commit_seconds",
            "How long a commit of waiting deliveries took.",
            buckets=_SECONDS,
            registry=into,
        )
        self.page_seconds = Histogram(
            "schooldrum_page_seconds",
            "From a request at the office door until its page was ready.",
            ["page"],
            buckets=_SECONDS,
            registry=into,
        )
        self.loop_stall_seconds = Histogram(
            "schooldrum_loop_stall_seconds",
            "How late the event loop came back to a tick.",
            buckets=_SECONDS,
            registry=into,
        )
        self.unreadable = Counter(
            "schooldrum_unreadable_reports", "Kept reports that could not be opened.", registry=into
        )
        self.unjudged = Counter(
            "schooldrum_unjudged_machines",
            "Times a machine's inventory could not be judged; what was judged before is shown on.",
            registry=into,
        )
        self.unjudged_schools = Counter(
            "schooldrum_unjudged_schools",
            "Times a school's faults could not be judged; its incidents stay as they are.",
            registry=into,
        )
        self.untold = Counter(
            "schooldrum_untold_posts", "Posts of incidents that an Alertmanager did not take.", registry=into
        )
        self.messages = Counter(
            "schooldrum_messages",
            "Messages handed over to a channel, by whether it took them.",
            ["channel", "outcome"],
            registry=into,
        )
        self.late_samples = Counter(
            "schooldrum_late_samples",
            "Measurements that came late, by what became of them at Prometheus: sent, refused, or too old for it.",
            ["outcome"],
            registry=into,
        )
        for outcome in ("sent", "refused", "old"):
            self.late_samples.labels(outcome=outcome)
        self.late_posts_failed = Counter(
            "schooldrum_late_posts_failed",
            "Posts of late measurements that Prometheus did not take; they are tried again.",
            registry=into,
        )
        self._pending = Gauge("schooldrum_pending_writes", "Deliveries waiting to be stored.", registry=into)
        self._grace = Gauge(
            "schooldrum_grace",
            "1 while the collector has not listened long enough to call a machine silent.",
            registry=into,
        )
        self._started = Gauge("schooldrum_start_timestamp_seconds", "When this collector started.", registry=into)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def watch(
        self,
        *,
        register: Callable[[], Register],
        pending: Callable[[], int],
        grace: Callable[[], bool],
        started: float,
    ) -> None:
        """Tells where the figures come from that are looked up at each scrape; called once."""
        self.registry.register(_Tree(register))
        self._pending.set_function(pending)
        self._grace.set_function(grace)
        self._started.set(started)

    def watch_incidents(self, watching: Watches) -> None:
        """Tells where the figures of judging come from; called once."""
        self.registry.register(_Incidents(watching))

    def page(self, *, openmetrics: bool) -> bytes:
        """All of it as text format 0.0.4, or as OpenMetrics."""
        if openmetrics:
            page: bytes = generate_openmetrics(self.registry)  # type: ignore[no-untyped-call]  # the library left it bare
            return page
        return generate_latest(self.registry)
