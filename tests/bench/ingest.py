"""What taking in reports costs: the whole durable path against the peers, at saturation and at a fixed rate."""

import asyncio
import contextlib
import json
import os
import ssl
import statistics
import subprocess
import sys
import time
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from measuring import SERVER_CORE, SETTLING_SECONDS, cost, start, stop, wait_until
from peers import (
    free_port,
    import_request,
    installed,
    listens,
    push_request,
    pushgateway,
    victoria_metrics,
)
from simulator import Connection, Machine, Tally, connect, enrol_all, hammer, introduce, steady, storm

from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.metric import Kind

CONNECTIONS = 256
"""Enough of them that the server, which answers after a commit, never waits for the load."""
BEAT = 60
AREA = 50_000
"""Machines of a large area; at a beat of 60 s they are 833 reports a second."""
PER_ROOM = 100
GROUPS = 5000
GROUPS_CHECKED = 200

_WARMING = 100
"""Connections after which a server has all that it needs whatever their number."""

_CODES = """
import sys
from schooldrum_collector.__main__ import main
for path in sys.stdin.read().split():
    if main(["token", "new", "--room", path, "--json"]):
        sys.exit(1)
"""
"""One process for hundreds of codes: starting Python for each would take longer than all the rest."""
Load = Callable[[Callable[[], None], Callable[[], Awaitable[None]]], Awaitable[Tally]]
"""Plays a load; calls what it is given when the load proper begins, and when all of it is answered."""


class Collector(msgspec.Struct, frozen=True, kw_only=True):
    """A running collector: its process, its doors, and the environment its commands need."""

    pid: int
    agents: str
    office: str
    environ: dict[str, str]


def command(environ: dict[str, str], *words: str) -> str:
    """What a collector's command prints."""
    return _printed([sys.executable, "-m", "schooldrum_collector", *words], environ)


def _printed(program: list[str], environ: dict[str, str], given: str = "") -> str:
    ended = subprocess.run(
        program, env={**os.environ, **environ}, input=given, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise SystemExit(f"{' '.join(program)}: {ended.stderr or ended.stdout}")
    return ended.stdout


@contextlib.contextmanager
def collector(directory: Path, *, tls: bool) -> Iterator[Collector]:
    """A collector on core 0."""
    agents, office = free_port(), free_port()
    environ = {
        "SCHOOLDRUM_COLLECTOR_DATA": str(directory / "data"),
        "SCHOOLDRUM_COLLECTOR_AGENTS_LISTEN": f"127.0.0.1:{agents}",
        "SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN": f"127.0.0.1:{office}",
        "SCHOOLDRUM_COLLECTOR_AGENTS_TLS": "true" if tls else "false",
        "SCHOOLDRUM_COLLECTOR_OFFICE_OPEN": "true",
        "SCHOOLDRUM_COLLECTOR_LANGUAGE": "en",
    }
    process = start([sys.executable, "-m", "schooldrum_collector", "serve"], core=SERVER_CORE, env=environ)
    try:
        wait_until(lambda: listens(agents))
        yield Collector(
            pid=process.pid,
            agents=f"{'https' if tls else 'http'}://127.0.0.1:{agents}",
            office=f"http://127.0.0.1:{office}",
            environ=environ,
        )
    finally:
        stop(process)


def install_codes(directory: Path, running: Collector, rooms: int) -> list[str]:
    """Registers schools of one room each by import, and makes an install code for every room."""
    lines = ["school,school_name,room,room_name,seats"]
    paths = []
    for number in range(rooms):
        school, room = f"S{number:04}", "tin1"
        lines.append(f"{school},Trường {school},{room},Phòng {room},{PER_ROOM}")
        paths.append(f"{school}/{room}")
    table = directory / "register.csv"
    table.write_text("\n".join(lines), encoding="utf-8")
    command(running.environ, "import", "--yes", str(table))
    told, decoder = _printed([sys.executable, "-c", _CODES], running.environ, " ".join(paths)), json.JSONDecoder()
    codes: list[str] = []
    while told := told.lstrip():
        code, end = decoder.raw_decode(told)
        codes.append(code["token"])
        told = told[end:]
    return codes


def unverified() -> ssl.SSLContext:
    """The load measures the server, not the verification of its certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextlib.asynccontextmanager
async def area(directory: Path, machines: int) -> AsyncIterator[tuple[Collector, list[Machine], float]]:
    """A collector with so many machines, enrolled through its own door; and the server's seconds for each."""
    with collector(directory, tls=False) as running:
        codes = await asyncio.to_thread(install_codes, directory, running, -(-machines // PER_ROOM))
        before = cost(running.pid).cpu
        enrolled = await enrol_all(running.agents, codes, PER_ROOM, directory / "simulator.json", None)
        each = (cost(running.pid).cpu - before) / len(enrolled)
        await introduce(running.agents, enrolled[:machines], None)
        yield running, enrolled[:machines], each


def reports(url: str, machines: list[Machine]) -> list[bytes]:
    """A fresh report of each machine, as a whole HTTP request."""
    target = urllib.parse.urlsplit(url)
    return [machine.request(target, machine.delivery()) for machine in machines]


async def _per_cpu(pid: int, load: Load) -> float:
    """Answers per second of the server's processor time."""
    before = spent = 0.0

    def begin() -> None:
        nonlocal before
        before = cost(pid).cpu

    async def ended() -> None:
        nonlocal spent
        await asyncio.sleep(SETTLING_SECONDS)
        spent = cost(pid).cpu - before

    tally = await load(begin, ended)
    if set(tally.statuses) - {200, 202, 204}:
        raise SystemExit(f"the server answered {tally.statuses}")
    return len(tally.took) / spent


def series_text(machine: Machine, labels: str = "") -> bytes:
    """The same machine's readings as Prometheus text, for the peers; with `labels` without the lines of types."""
    lines: list[str] = []
    typed: set[str] = set()
    for _, readings in machine.results(time.monotonic() - machine.born):
        for reading in readings:
            own = ",".join(f'{name}="{value}"' for name, value in reading.labels.items())
            inside = ",".join(part for part in (labels, own) if part)
            if not labels and reading.name not in typed:
                typed.add(reading.name)
                kind = "counter" if METRICS[reading.name].kind is Kind.COUNTER else "gauge"
                lines.append(f"# TYPE {reading.name} {kind}")
            lines.append(f"{reading.name}{{{inside}}} {reading.value}")
    return ("\n".join(sorted(lines, key=_family) if typed else lines) + "\n").encode()


def _family(line: str) -> tuple[str, bool]:
    """A Pushgateway wants the samples of a family together, its type first."""
    name = line.removeprefix("# TYPE ").partition(" ")[0].partition("{")[0]
    return name, not line.startswith("#")


def _hammer(
    url: str,
    requests: list[bytes],
    seconds: float,
    tls: ssl.SSLContext | None = None,
    connections: int = CONNECTIONS,
) -> Load:
    return lambda begin, ended: hammer(urllib.parse.urlsplit(url), requests, seconds, connections, tls, begin, ended)


async def _against_peers(
    say: Callable[..., None], running: Collector, machines: list[Machine], *, rounds: int, seconds: float
) -> list[float]:
    """T1, T4 plain; VictoriaMetrics for orientation. What pushgateway did in the same minutes, nothing without it."""
    with contextlib.ExitStack() as stack:
        contenders: dict[str, tuple[int, Load]] = {
            "ours": (running.pid, _hammer(running.agents, reports(running.agents, machines), seconds))
        }
        if installed("prometheus-pushgateway"):
            texts = [series_text(machine) for machine in machines[:200]]
            for name, groups in (("unchecked", GROUPS), ("checked", GROUPS_CHECKED)):
                pid, url = stack.enter_context(pushgateway(SERVER_CORE, check=name == "checked"))
                requests = [push_request(url, number, texts[number % len(texts)]) for number in range(groups)]
                await _fill(url, requests)
                # At a hundred answers a second a long queue only takes time.
                waiting = 8 if name == "checked" else CONNECTIONS
                contenders[name] = pid, _hammer(url, requests, seconds, connections=waiting)
        if installed("victoria-metrics"):
            pid, url = stack.enter_context(victoria_metrics(SERVER_CORE))
            lines = [series_text(machine, f'machine="m{machine.number}"') for machine in machines]
            requests = [import_request(url, text) for text in lines]
            await _fill(url, requests)
            contenders["victoria"] = pid, _hammer(url, requests, seconds)
        found: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(rounds):
            for name, (pid, load) in contenders.items():
                found[name].append(await _per_cpu(pid, load))
    ours = found["ours"]
    for name, what, wanted in (
        ("unchecked", f"pushgateway, its check off, {GROUPS} groups", 1.5),
        ("checked", f"pushgateway as it comes, {GROUPS_CHECKED} groups", 50.0),
        ("victoria", "VictoriaMetrics, the same series", 0.0),
    ):
        figure = f"reports per CPU-second, durable, {len(machines)} PCs; {what}"
        if name not in found:
            say(target="T1", what=figure, ours=_count(ours), peer="not installed")
            continue
        times = statistics.median(one / other for one, other in zip(ours, found[name], strict=True))
        say(
            target="T1" if wanted else "",
            what=figure,
            ours=_count(ours),
            peer=_count(found[name]),
            ratio=f"{times:.2f}x" if times < 10 else f"{times:.0f}x",
            wanted=f">= {wanted:g}x" if wanted else "",
            met=times >= wanted if wanted else None,
        )
    beside = found.get("unchecked", [])
    _say_rate(say, "plain", ours, 10_000, beside)
    return beside


def _count(rates: list[float]) -> str:
    return f"{statistics.median(rates):,.0f}"


def _say_rate(
    say: Callable[..., None], kind: str, rates: list[float], wanted: float, beside: Sequence[float] = ()
) -> None:
    """What is wanted is a figure of one machine; `beside`, a plain pushgateway, tells how fast this one is."""
    say(
        target="T4",
        what=f"reports per CPU-second, durable, {kind}" + ("; pushgateway, plain, its check off" if beside else ""),
        ours=_count(rates),
        peer=_count(list(beside)) if beside else "",
        ratio=f"{statistics.median(rates) / statistics.median(beside):.2f}x" if beside else "",
        wanted=f">= {wanted:,.0f}",
        met=statistics.median(rates) >= wanted,
    )


async def _fill(url: str, requests: list[bytes]) -> None:
    """Each request once, so that a peer is measured with all its groups."""
    connection = await connect(urllib.parse.urlsplit(url), None)
    for request in requests:
        status, answer = await connection.ask(request)
        if status not in {200, 202, 204}:
            raise SystemExit(f"a peer answered {status}: {answer[:200]!r}")
    connection.close()


async def _fixed_rate(say: Callable[..., None], running: Collector, machines: list[Machine], seconds: float) -> None:
    """T3."""
    rate = AREA / BEAT
    before = cost(running.pid)
    begin = time.monotonic()
    tally = await steady(running.agents, machines, seconds, rate, None)
    passed = time.monotonic() - begin
    after = cost(running.pid)
    share = (after.cpu - before.cpu) / passed
    figure = f"{rate:.0f} reports a second for {seconds:.0f} s, {len(machines):,} PCs"
    say(target="T3", what=f"{figure}: of one core", ours=f"{share:.1%}", wanted="<= 25 %", met=share <= 0.25)
    slowest = tally.quantile(0.99) * 1000
    say(
        target="T3",
        what=f"{figure}: answered durably, p50 and p99",
        ours=f"{tally.quantile(0.5) * 1000:.0f}, {slowest:.0f} ms",
        wanted="p99 <= 100 ms",
        met=slowest <= 100,
    )
    resident = after.resident / 1e6
    say(
        target="T3",
        what=f"{figure}: resident memory",
        ours=f"{resident:.0f} MB",
        wanted=f"<= 300 MB at {AREA:,}",
        met=resident <= 300 if len(machines) == AREA else None,
    )
    written = (after.written - before.written) / max(1, len(tally.took))
    say(target="T3", what=f"{figure}: written to disk per report", ours=f"{written / 1000:.1f} kB")


async def _over_tls(
    say: Callable[..., None],
    directory: Path,
    machines: list[Machine],
    *,
    beside: list[float],
    full: bool,
    rounds: int,
    seconds: float,
) -> None:
    """T4 over TLS and T5, with the same machines in the same store."""
    context = unverified()
    with collector(directory, tls=True) as running:
        requests = reports(running.agents, machines)
        target = urllib.parse.urlsplit(running.agents)
        # First, while no memory is left over from other connections.
        await _idle(say, running, machines, context, 3000 if full else 500)
        kept: list[float] = []
        fresh: list[float] = []
        for _ in range(rounds):
            kept.append(await _per_cpu(running.pid, _hammer(running.agents, requests, seconds, context)))
            fresh.append(
                await _per_cpu(
                    running.pid,
                    lambda begin, ended: storm(target, requests, seconds, CONNECTIONS, context, begin, ended),
                ),
            )
        _say_rate(say, "kept-alive TLS", kept, 10_000, beside)
        _say_rate(say, "a TLS handshake each", fresh, 1_500)


async def _idle(
    say: Callable[..., None], running: Collector, machines: list[Machine], tls: ssl.SSLContext, count: int
) -> None:
    """T5."""
    target = urllib.parse.urlsplit(running.agents)
    before = 0
    held: list[Connection] = []
    for number in range(_WARMING + count):
        if number == _WARMING:
            before = cost(running.pid).resident
        connection = await connect(target, tls)
        machine = machines[number % len(machines)]
        await connection.ask(machine.request(target, machine.delivery()))
        held.append(connection)
    await asyncio.sleep(1)
    each = (cost(running.pid).resident - before) / count / 1024
    for connection in held:
        connection.close()
    say(
        target="T5",
        what=f"memory of an idle TLS connection ({count})",
        ours=f"{each:.0f} KB",
        wanted="<= 45 KB",
        met=each <= 45,
    )


async def measure(say: Callable[..., None], directory: Path, *, full: bool) -> None:
    """T1, T3, T4, T5."""
    machines, rounds, seconds = (AREA, 5, 5.0) if full else (200, 3, 0.5)
    async with area(directory, machines) as (running, enrolled, each):
        say(target="", what="server's time per PC enrolled through the door", ours=f"{each * 1000:.1f} ms")
        lately = enrolled[: min(len(enrolled), 5000)]
        beside = await _against_peers(say, running, lately, rounds=rounds, seconds=seconds)
        await _fixed_rate(say, running, enrolled, 180 if full else 2)
    await _over_tls(say, directory, lately, beside=beside, full=full, rounds=rounds, seconds=seconds)
