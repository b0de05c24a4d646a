"""What a scrape costs: our page of a school against prometheus_client's custom collector on the same data.

Both open the same kept reports on the way, which is the same work for both and a third of ours; so the page is also
compared without it. No page profits from an earlier one: every PC has reported since the last scrape.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator

import uvloop
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from simulator import Machine as Simulated

from schooldrum_collector.judge.live import opened
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.show.exposition import render, school_page
from schooldrum_collector.store.records import Latest, Machine, MachineState, Register, Room, School
from schooldrum_collector.web.scraping import joined
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.metric import Kind

NOW = 1_763_958_000.0
PER_SCHOOL = 50


def area(schools: int) -> tuple[Register, dict[str, list[Latest]]]:
    """A register and what is known of its machines."""
    register = Register(
        version=1,
        areas={},
        schools={f"S{n:04}": School(code=f"S{n:04}", name=f"Trường {n}") for n in range(schools)},
        rooms={f"S{n:04}/main/tin1": Room(school=f"S{n:04}", code="tin1", name="Phòng Tin 1") for n in range(schools)},
        machines={},
        by_school={},
        settings={},
        settings_version=1,
    )
    latest: dict[str, list[Latest]] = {}
    for n in range(schools):
        code, ids = f"S{n:04}", []
        for seat in range(1, PER_SCHOOL + 1):
            simulated = Simulated(n * PER_SCHOOL + seat)
            boottime = time.monotonic() - simulated.born
            machine = Machine(
                id=f"{code}-{seat}",
                school=code,
                site="main",
                room="tin1",
                alias=f"tin1-{seat:02}",
                seat=seat,
                state=MachineState.ACTIVE,
                fingerprint={},
                enrolled=NOW - 1e6,
            )
            register.machines[machine.id] = machine
            ids.append(machine.id)
            latest.setdefault(code, []).append(
                Latest(
                    machine=machine.id,
                    heard=NOW - 5,
                    received=NOW - 5,
                    body=simulated.delivery(),
                    run=simulated.run,
                    boot=simulated.boot,
                    clock=NOW - 5 - boottime,
                    skew=0.5,
                    beat=60,
                    agent="0.1.0",
                    system="windows",
                ),
            )
        register.by_school[code] = tuple(ids)
    return register, latest


class Theirs:
    """The same page by prometheus_client's own way for foreign data."""

    def __init__(self, register: Register, latest: list[Latest]) -> None:
        self.register, self.latest = register, latest

    def collect(self) -> Iterator[Metric]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for known in self.latest:
            machine = self.register.machines[known.machine]
            place = [machine.school, machine.site, machine.room, machine.alias]
            for result in opened(known.body).results:
                for reading in result.readings:
                    metric = METRICS[reading.name]
                    family = families.get(reading.name)
                    if family is None:
                        kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
                        family = families[reading.name] = kind(
                            reading.name,
                            metric.help,
                            labels=["school", "site", "room", "machine", *metric.labels],
                        )
                    family.add_metric([*place, *(reading.labels[label] for label in metric.labels)], reading.value)
        yield from families.values()


def _online(machine: Machine, latest: Latest | None) -> Presence:
    del machine, latest
    return Presence(state=State.ONLINE, since=NOW - 100)


async def _stall(register: Register, latest: dict[str, list[Latest]], rounds: int) -> float:
    """The 99th percentile (ms) of how late a 2 ms heartbeat comes while every page is made."""
    late: list[float] = []
    done = False
    turn = asyncio.Lock()

    async def heart() -> None:
        while not done:
            due = time.perf_counter() + 0.002
            await asyncio.sleep(0.002)
            late.append((time.perf_counter() - due) * 1000)

    beating = asyncio.create_task(heart())
    for _ in range(rounds):
        for code, known in latest.items():
            await joined(school_page(register, code, known, _online, NOW), turn, packed=True)
    done = True
    await beating
    return sorted(late)[int(len(late) * 0.99)]


def _compare(say: Callable[..., None], what: str, ours: list[float], theirs: list[float]) -> None:
    faster = statistics.median(peer / own for own, peer in zip(ours, theirs, strict=True))
    say(
        target="T6",
        what=what,
        ours=f"{statistics.median(ours) * 1000:.2f} ms",
        peer=f"{statistics.median(theirs) * 1000:.2f} ms",
        ratio=f"{faster:.1f}x faster",
        wanted=">= 8x",
        met=faster >= 8,
    )


def measure(say: Callable[..., None], *, full: bool) -> None:
    """T6."""
    schools = 1000 if full else 60
    register, latest = area(schools)
    ours: list[float] = []
    theirs: list[float] = []
    opening: list[float] = []
    series = 0
    for code in list(latest)[: 60 if full else 20]:
        begin = time.process_time()
        page = render(register, code, latest[code], _online, NOW)
        ours.append(time.process_time() - begin)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Theirs(register, latest[code]))
        begin = time.process_time()
        generate_latest(registry)
        theirs.append(time.process_time() - begin)
        begin = time.process_time()
        for known in latest[code]:
            opened(known.body)
        opening.append(time.process_time() - begin)
        series = sum(1 for line in page.splitlines() if not line.startswith(b"#"))
    per_machine = series / PER_SCHOOL
    figure = f"page of a school ({PER_SCHOOL} PCs, {per_machine:.0f} series each)"
    _compare(say, f"{figure}, reports opened on the way; prometheus_client", ours, theirs)
    bare = [one - each for one, each in zip(ours, opening, strict=True)]
    _compare(
        say,
        f"{figure}, written alone; prometheus_client",
        bare,
        [one - each for one, each in zip(theirs, opening, strict=True)],
    )
    say(target="T6", what="series of an ordinary PC", ours=f"{per_machine:.0f}", wanted="<= 40", met=per_machine <= 40)
    stall = uvloop.run(_stall(register, latest, 1 if full else 2))
    say(
        target="T6",
        what=f"event loop held while {schools} packed school pages are made, p99",
        ours=f"{stall:.1f} ms",
        wanted="<= 10 ms",
        met=stall <= 10,
    )
