"""A simulated area that speaks the real wire through the public doors: distinct machines, credentials and bodies.

As a program: enrols what is not yet enrolled (its state file lets it go on where it stopped) and then plays a mode:

    steady      every machine once a beat, evenly spread (open loop)
    saturate    as fast as the collector answers (closed loop)
    power       power returns: every machine opens a connection and says hello at once
    storm       a new connection for every report
    backlog     a day off: every machine brings 99 spooled reports with its live one
    one-school  only the first school's machines, steadily

Example: python tests/bench/simulator.py --collector http://127.0.0.1:8801 --tokens tokens.txt --mode steady
"""

import argparse
import asyncio
import hashlib
import json
import random
import ssl
import sys
import time
import urllib.parse
import zlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec

from schooldrum_wire.around import accept_around, around_mark
from schooldrum_wire.catalogue import agent, clock, cpu, disk, host, interfaces, memory, uptime
from schooldrum_wire.encoding import encode
from schooldrum_wire.messages import EnrolAnswer, EnrolRequest, ReportsAnswer
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Fingerprint, Now, Report, Word
from schooldrum_wire.result import Result

VERSION = "0.1.0"
_SPEAKING_AT_ONCE = 64
MODES = ("steady", "saturate", "power", "storm", "backlog", "one-school")


def packed(body: bytes) -> bytes:
    """Gzip as the agent does it: level 1."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


class Machine:
    """One PC: its hardware, its clocks, its counters. Not frozen: it lives."""

    def __init__(self, number: int, credential: str = "") -> None:
        self.number = number
        self.credential = credential
        self.random = random.Random(number)  # noqa: S311 - a simulation
        self.run = f"{self.random.getrandbits(64):016x}"
        self.boot = f"{self.random.getrandbits(128):032x}"
        self.born = time.monotonic() - self.random.uniform(100, 40_000)
        self.seq = 0
        self.settings, self.around = 0, ""
        """What it was told and holds, as an agent says it: who says nothing of that is told it again each time."""
        code = hashlib.sha256(f"{number}".encode()).hexdigest()
        self.fingerprint: Fingerprint = {"uuid": (code[:16],), "board": (code[16:32],), "mac": (code[32:48],)}

    def results(self, boottime: float) -> Iterator[tuple[str, tuple[Reading, ...]]]:
        """What every probe of an ordinary PC with one wired line and two volumes says."""
        draw = self.random.random
        yield "cpu", (cpu.CPU_USAGE_RATIO(round(draw(), 4)), cpu.CPU_LOGICAL_PROCESSORS(4))
        yield (
            "memory",
            (
                memory.MEMORY_SIZE_BYTES(8_472_000_000),
                memory.MEMORY_AVAILABLE_BYTES(int(draw() * 8e9)),
                memory.SWAP_SIZE_BYTES(2_147_000_000),
                memory.SWAP_USED_BYTES(int(draw() * 2e9)),
            ),
        )
        yield (
            "disk",
            tuple(
                reading
                for volume in ("C:", "D:")
                for reading in (
                    disk.DISK_SIZE_BYTES(120_000_000_000, volume=volume),
                    disk.DISK_FREE_BYTES(int(draw() * 1.2e11), volume=volume),
                )
            ),
        )
        wired = {"interface": "ethernet0"}
        yield (
            "interfaces",
            (
                interfaces.INTERFACE_UP(1, **wired),
                interfaces.INTERFACE_SPEED_BYTES(125_000_000, **wired),
                interfaces.INTERFACE_FULL_DUPLEX(1, **wired),
                interfaces.INTERFACE_RECEIVE_BYTES(int(boottime * 40_000 + draw() * 1e6), **wired),
                interfaces.INTERFACE_TRANSMIT_BYTES(int(boottime * 9_000 + draw() * 1e6), **wired),
                interfaces.INTERFACE_ERRORS(0, **wired),
                interfaces.INTERFACE_DROPS(int(boottime / 900), **wired),
                interfaces.INTERFACE_UP(0, interface="wifi0"),
            ),
        )
        yield "uptime", (uptime.BOOT_TIMESTAMP(boottime), uptime.POWER_ON_TIMESTAMP(boottime / 2))
        yield "clock", (clock.CLOCK_STEPS(0),)
        yield (
            "agent",
            (
                agent.AGENT_CPU_SECONDS(round(boottime * 1e-4, 2)),
                agent.AGENT_RESIDENT_MEMORY_BYTES(22_000_000 + int(draw() * 1e5)),
                agent.AGENT_START_TIMESTAMP(boottime / 2),
                agent.AGENT_SPOOL_RESULTS(7),
                agent.AGENT_SPOOL_OLDEST_TIMESTAMP(1),
                agent.AGENT_SPOOL_DROPPED(0),
                agent.AGENT_SET_ASIDE(0),
            ),
        )

    def delivery(self, *, word: Word | None = None, backlog: int = 0, rows: bool = False) -> bytes:
        """A packed body: the live report, and so many backlog reports of a minute each."""
        now = time.monotonic() - self.born
        wall = time.time()
        reports = [self._report(now - 60 * back, wall - 60 * back) for back in range(backlog, 0, -1)]
        live = self._report(now, wall)
        section = host.HOST.sorted([{"system": "windows", "release": "Windows 10 Pro 22H2", "kernel": "19045.5011"}])
        live = msgspec.structs.replace(
            live,
            live=True,
            word=word,
            sections={"host": host.HOST.digest(section)},
            rows={"host": tuple(section)} if rows else {},
        )
        delivery = Delivery(
            reports=(live, *reports),
            now=Now(boot=self.boot, boottime=round(now, 3), wall=round(wall, 3)),
            fingerprint=self.fingerprint,
            agent=VERSION,
            system="windows",
            starts=1,
            settings=self.settings,
            around=self.around,
        )
        return packed(encode(delivery))

    def take(self, told: bytes) -> None:
        """Holds what an answer to a report brings."""
        answer = msgspec.json.decode(told, type=ReportsAnswer)
        if answer.settings:
            self.settings = int(msgspec.json.decode(answer.settings)["version"])
        if answer.around:
            self.around = around_mark(accept_around(msgspec.json.decode(answer.around)))

    def _report(self, boottime: float, wall: float) -> Report:
        results = []
        for probe, readings in self.results(max(boottime, 0.0)):
            self.seq += 1
            results.append(
                Result(
                    probe=probe,
                    seq=self.seq,
                    outcome="ok",
                    boottime=round(max(boottime, 0.0), 3),
                    wall=round(wall, 3),
                    took=0.0011,
                    readings=readings,
                ),
            )
        return Report(run=self.run, boot=self.boot, results=tuple(results))

    def request(self, target: urllib.parse.SplitResult, body: bytes) -> bytes:
        """The whole HTTP request."""
        return (
            f"POST /v1/reports HTTP/1.1\r\nHost: {target.netloc}\r\nAuthorization: Bearer {self.credential}\r\n"
            f"Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body


class Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection, one request at a time; answers are (status, body)."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream transport is what create_connection gives

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0 or self.waiting is None:
            return
        lower = self.buffer[:head].lower()
        mark = lower.find(b"content-length:")
        length = int(lower[mark + 15 :].split(b"\r\n", 1)[0]) if mark >= 0 else 0
        if len(self.buffer) < head + 4 + length:
            return
        answer = int(self.buffer[9:12]), self.buffer[head + 4 : head + 4 + length]
        self.buffer = self.buffer[head + 4 + length :]
        waiting, self.waiting = self.waiting, None
        if not waiting.done():
            waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionError(f"connection lost: {exc}"))

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self.waiting = asyncio.get_running_loop().create_future()
        assert self.transport is not None
        self.transport.write(request)
        return await self.waiting


async def connect(target: urllib.parse.SplitResult, tls: ssl.SSLContext | None) -> Connection:
    loop = asyncio.get_running_loop()
    host_name, port = target.hostname or "127.0.0.1", target.port or 443
    _, connection = await loop.create_connection(
        Connection, host_name, port, ssl=tls, server_hostname=host_name if tls else None
    )
    return connection


class Tally:
    """Answers by status, and how long each took (seconds)."""

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.took: list[float] = []

    def add(self, status: int, seconds: float) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.took.append(seconds)

    def quantile(self, share: float) -> float:
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")

    def line(self, seconds: float) -> str:
        return (
            f"{len(self.took)} answers in {seconds:.1f} s ({len(self.took) / max(seconds, 1e-9):.0f}/s), "
            f"p50 {self.quantile(0.5) * 1000:.1f} ms, p99 {self.quantile(0.99) * 1000:.1f} ms, statuses {self.statuses}"
        )


async def enrol(url: str, token: str, machine: Machine, connection: Connection) -> None:
    target = urllib.parse.urlsplit(url)
    body = msgspec.json.encode(EnrolRequest(token=token, fingerprint=machine.fingerprint, host={"system": "windows"}))
    request = (
        f"POST /v1/enrol HTTP/1.1\r\nHost: {target.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    status, answer = await connection.ask(request)
    if status != 201:
        raise SystemExit(f"enrolment of machine {machine.number} was answered {status}: {answer[:300]!r}")
    machine.credential = msgspec.json.decode(answer, type=EnrolAnswer).credential


def _read(state: Path) -> str:
    return state.read_text() if state.exists() else "{}"


async def enrol_all(
    url: str, tokens: list[str], per_room: int, state: Path, tls: ssl.SSLContext | None
) -> list[Machine]:
    """Every machine of the area, enrolled once; a second call reads the state file."""
    known: dict[str, str] = json.loads(await asyncio.to_thread(_read, state))
    machines = [Machine(number, known.get(str(number), "")) for number in range(len(tokens) * per_room)]
    missing = [machine for machine in machines if not machine.credential]
    if missing:
        connection = await connect(urllib.parse.urlsplit(url), tls)
        for machine in missing:
            await enrol(url, tokens[machine.number // per_room], machine, connection)
        credentials = {str(machine.number): machine.credential for machine in machines}
        await asyncio.to_thread(state.write_text, json.dumps(credentials))
    return machines


async def introduce(url: str, machines: list[Machine], tls: ssl.SSLContext | None) -> None:
    """The first report of each machine, with its rows; from then on it holds what a PC in daily life holds."""
    target = urllib.parse.urlsplit(url)
    order = iter(machines)

    async def worker() -> None:
        connection = await connect(target, tls)
        for machine in order:
            status, answer = await connection.ask(machine.request(target, machine.delivery(rows=True)))
            if status != 200:
                raise SystemExit(f"machine {machine.number} was answered {status}: {answer[:300]!r}")
            machine.take(answer)
        connection.close()

    await asyncio.gather(*(worker() for _ in range(_SPEAKING_AT_ONCE)))


async def hammer(
    target: urllib.parse.SplitResult,
    requests: list[bytes],
    seconds: float,
    connections: int,
    tls: ssl.SSLContext | None = None,
    begin: Callable[[], None] = lambda: None,
    ended: Callable[[], Awaitable[None]] | None = None,
) -> Tally:
    """Closed loop: prepared requests, as fast as they are answered, each connection one at a time.

    `begin` is called once one request was answered on each connection, `ended` before they are closed: over TLS 1.3 a
    server still has half of its handshake before it when the client's is done.
    """
    held = [await connect(target, tls) for _ in range(connections)]
    order = iter(range(10**12))
    await asyncio.gather(*(connection.ask(requests[next(order) % len(requests)]) for connection in held))
    begin()
    tally, end = Tally(), time.monotonic() + seconds

    async def worker(connection: Connection) -> None:
        while (asked := time.monotonic()) < end:
            status, _ = await connection.ask(requests[next(order) % len(requests)])
            tally.add(status, time.monotonic() - asked)

    await asyncio.gather(*(worker(connection) for connection in held))
    if ended is not None:
        await ended()
    for connection in held:
        connection.close()
    return tally


async def storm(
    target: urllib.parse.SplitResult,
    requests: list[bytes],
    seconds: float,
    connections: int,
    tls: ssl.SSLContext | None,
    begin: Callable[[], None] = lambda: None,
    ended: Callable[[], Awaitable[None]] | None = None,
) -> Tally:
    """Closed loop with a new connection (and handshake) for every report."""
    begin()
    tally, end = Tally(), time.monotonic() + seconds
    order = iter(range(10**12))

    async def worker() -> None:
        while (asked := time.monotonic()) < end:
            connection = await connect(target, tls)
            status, _ = await connection.ask(requests[next(order) % len(requests)])
            tally.add(status, time.monotonic() - asked)
            connection.close()

    await asyncio.gather(*(worker() for _ in range(connections)))
    if ended is not None:
        await ended()
    return tally


async def steady(url: str, machines: list[Machine], seconds: float, rate: float, tls: ssl.SSLContext | None) -> Tally:
    """Open loop: so many reports a second whatever the answers, each on the connection of its machine's slot."""
    target = urllib.parse.urlsplit(url)
    pool = [await connect(target, tls) for _ in range(200)]
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in pool:
        free.put_nowait(connection)
    tally, begin = Tally(), time.monotonic()
    tasks: set[asyncio.Task[None]] = set()

    async def one(machine: Machine, due: float) -> None:
        request = machine.request(target, machine.delivery())
        connection = await free.get()
        status, _ = await connection.ask(request)
        free.put_nowait(connection)
        tally.add(status, time.monotonic() - due)

    for count in range(int(seconds * rate)):
        due = begin + count / rate
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(machines[count % len(machines)], due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    for connection in pool:
        connection.close()
    return tally


async def at_once(url: str, machines: list[Machine], tls: ssl.SSLContext | None, backlog: int = 0) -> Tally:
    """All machines at the same moment: power returns, or everybody brings the backlog of a day off."""
    target, tally = urllib.parse.urlsplit(url), Tally()
    gate = asyncio.Semaphore(2000)

    async def one(machine: Machine) -> None:
        hello = Word(word="hello", kind="start", boottime=1)
        request = machine.request(target, machine.delivery(word=hello, backlog=backlog, rows=True))
        begin = time.monotonic()
        async with gate:
            connection = await connect(target, tls)
            status, _ = await connection.ask(request)
            connection.close()
        tally.add(status, time.monotonic() - begin)

    await asyncio.gather(*(one(machine) for machine in machines))
    return tally


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--collector", required=True, help="the agents' door, for example http://127.0.0.1:8801")
    parser.add_argument("--tokens", required=True, type=Path, help="a file with one room's install code a line")
    parser.add_argument("--machines", type=int, default=25, help="machines per room")
    parser.add_argument("--mode", default="steady", choices=MODES)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--beat", type=float, default=60, help="seconds between a machine's reports (steady)")
    parser.add_argument("--state", type=Path, default=Path("simulator.json"), help="credentials, so that it can go on")
    options = parser.parse_args()
    tls = None
    if options.collector.startswith("https"):
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    tokens = options.tokens.read_text().split()
    machines = await enrol_all(options.collector, tokens, options.machines, options.state, tls)
    begin = time.monotonic()
    if options.mode == "one-school":
        machines = machines[: options.machines]
    if options.mode in {"steady", "one-school"}:
        rate = len(machines) / options.beat
        tally = await steady(options.collector, machines, options.seconds, rate, tls)
    elif options.mode in {"saturate", "storm"}:
        target = urllib.parse.urlsplit(options.collector)
        requests = [machine.request(target, machine.delivery()) for machine in machines]
        play = hammer if options.mode == "saturate" else storm
        tally = await play(target, requests, options.seconds, 64, tls)
    else:
        tally = await at_once(options.collector, machines, tls, 99 if options.mode == "backlog" else 0)
    print(tally.line(time.monotonic() - begin))
    return 0 if set(tally.statuses) <= {200, 503} else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
