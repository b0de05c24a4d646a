"""What a scrape costs: our page of a school against prometheus_client's custom collector on the same data.

The target is about writing: from the same reports, opened, to the bytes of a page. Reports are kept packed, so a scrape
opens them first, and unpacking is a third of what it then costs us; with that on both sides the page is compared, too.
No page profits from an earlier one: every PC has reported since the last scrape. A room of cloned PCs, whose reports
have the same readings, is written faster than one in which every PC has others: both are measured.
"""

import asyncio
import gzip
import statistics
import time
from collections.abc import Callable, Iterator

import msgspec
import uvloop
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from simulator import Machine as Simulated
from simulator import packed

from schooldrum_collector.judge.live import opened, told
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.show.exposition import render, school_page
from schooldrum_collector.store.records import Latest, Machine, MachineState, Register, Room, School
from schooldrum_collector.web.scraping import joined
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.metric import Kind

NOW = 1_763_958_000.0
PER_SCHOOL = 50


def thinned(body: bytes, seat: int) -> bytes:
    """This delivery without a few of its readings, for each seat others."""
    tree = msgspec.json.decode(gzip.decompress(body))
    number = 0
    for result in tree["reports"][0]["results"]:
        kept = []
        for reading in result["readings"]:
            if number % 4 or not seat >> (number // 4) & 1:
                kept.append(reading)
            number += 1
        result["readings"] = kept
    return packed(msgspec.json.encode(tree))


def area(schools: int, *, mixed: bool = False) -> tuple[Register, dict[str, list[Latest]]]:
    """A register and what is known of its machines; `mixed` where no PC of a school has the readings of another."""
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
            body = simulated.delivery()
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
                    body=thinned(body, seat) if mixed else body,
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


class _Times(msgspec.Struct, frozen=True, kw_only=True):
    """Processor seconds of one school's page: made whole, and for opening its reports alone."""

    ours: float
    ours_opening: float
    theirs: float
    theirs_opening: float
    series: int


def _spent(do: Callable[[], object]) -> float:
    begin = time.process_time()
    do()
    return time.process_time() - begin


def _timed(register: Register, code: str, known: list[Latest]) -> _Times:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Theirs(register, known))
    page = render(register, code, known, _online, NOW)
    return _Times(
        ours=_spent(lambda: render(register, code, known, _online, NOW)),
        ours_opening=_spent(lambda: [told(one.body) for one in known]),
        theirs=_spent(lambda: generate_latest(registry)),
        theirs_opening=_spent(lambda: [opened(one.body) for one in known]),
        series=sum(1 for line in page.splitlines() if not line.startswith(b"#")),
    )


def _compare(say: Callable[..., None], what: str, pairs: list[tuple[float, float]], *, promised: bool) -> None:
    faster = statistics.median(peer / own for own, peer in pairs)
    say(
        target="T6",
        what=what,
        ours=f"{statistics.median(own for own, _ in pairs) * 1000:.2f} ms",
        peer=f"{statistics.median(peer for _, peer in pairs) * 1000:.2f} ms",
        ratio=f"{faster:.1f}x faster",
        wanted=">= 8x" if promised else "",
        met=faster >= 8 if promised else None,
    )


def measure(say: Callable[..., None], *, full: bool) -> None:
    """T6."""
    schools = 1000 if full else 60
    register, latest = area(schools)
    codes = list(latest)[: 60 if full else 20]
    times = [_timed(register, code, latest[code]) for code in codes]
    per_machine = statistics.median(one.series for one in times) / PER_SCHOOL
    figure = f"page of a school ({PER_SCHOOL} PCs, {per_machine:.0f} series each)"
    written = [(one.ours - one.ours_opening, one.theirs - one.theirs_opening) for one in times]
    _compare(say, f"{figure}, written from opened reports; prometheus_client", written, promised=True)
    whole = [(one.ours, one.theirs) for one in times]
    _compare(say, f"{figure}, reports unpacked and opened first; prometheus_client", whole, promised=False)
    others, unlike = area(len(codes), mixed=True)
    times = [_timed(others, code, unlike[code]) for code in codes]
    written = [(one.ours - one.ours_opening, one.theirs - one.theirs_opening) for one in times]
    _compare(
        say, "the same where no PC has the readings of another, written; prometheus_client", written, promised=False
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
