"""What an agent costs its PC, and how soon it has reported: ours over TLS against node_exporter and zabbix_agent2.

Ours reports to a real collector; the peers are asked for their figures at the same pace. The full form keeps the pace
of life, a round a minute. The quick form takes it apart: what a process needs while nobody asks, and what a round adds
when they come faster; an hour is then 3,600 idle seconds and 60 rounds. It is coarser, and says "reckoned".
"""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from ingest import Collector, collector, command
from measuring import cost, start, stop
from peers import ZABBIX_KEYS, ask_zabbix, installed, node_exporter, zabbix_agent2

from schooldrum_agent.probes import PROBES

MINUTE = 60.0
OFTEN_SECONDS = 300
STEADY = tuple(probe.name for probe in PROBES if probe.every <= OFTEN_SECONDS)
INVENTORIES = tuple(probe.name for probe in PROBES if probe.every > OFTEN_SECONDS)
"""They run a few times a day, most of them in children that end, and are left out here."""


class Contender(msgspec.Struct, frozen=True):
    """A process that is asked once a round; `ask` is empty work where it reports by itself."""

    pid: int
    ask: Callable[[], object]


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """Resident and proportional memory (MiB), processor seconds an hour at a round a minute."""

    resident: float
    proportional: float
    cpu: float


def _enrolled(directory: Path, running: Collector) -> dict[str, str]:
    """The environment of an agent that is enrolled over TLS, as an installation does it."""
    table = directory / "register.csv"
    table.write_text("school,school_name,room,room_name,seats\nDEMO,Demo,tin1,Phòng Tin 1,10\n", encoding="utf-8")
    command(running.environ, "import", "--yes", str(table))
    token = json.loads(command(running.environ, "token", "new", "--room", "DEMO/tin1", "--json"))["token"]
    environ = {
        "SCHOOLDRUM_STATE": str(directory / "agent"),
        "SCHOOLDRUM_SHARED_CODE": "true",
        "SCHOOLDRUM_PROXY": "none",
        "SCHOOLDRUM_LOG_LEVEL": "error",
    }
    subprocess.run(
        [sys.executable, "-m", "schooldrum_agent", "enrol", "--collector", running.agents],
        input=token,
        text=True,
        env={**os.environ, **environ},
        check=True,
        capture_output=True,
    )
    return environ


def _heard(connection: http.client.HTTPConnection) -> str:
    """When the collector heard the one agent last; empty for never."""
    connection.request("GET", "/api/v1/machines")
    machines = json.loads(connection.getresponse().read())["machines"]
    return str(machines[0].get("heard") or "") if machines else ""


def _begin(running: Collector, environ: dict[str, str]) -> tuple[subprocess.Popen[bytes], float, float]:
    """An agent just started: its process, and seconds and processor seconds until its first report was stored."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(running.office).netloc)
    before = _heard(connection)
    begin = time.monotonic()
    process = start([sys.executable, "-m", "schooldrum_agent", "run"], env=environ)
    spent = 0.0
    while _heard(connection) == before and time.monotonic() - begin < MINUTE:
        spent = cost(process.pid).cpu
        time.sleep(0.01)
    took = time.monotonic() - begin
    connection.close()
    return process, took, max(spent, cost(process.pid).cpu)


def _first_reports(say: Callable[..., None], running: Collector, environ: dict[str, str], rounds: int) -> None:
    """T8."""
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        process, took, spent = _begin(running, environ)
        stop(process)
        times.append((took, spent))
    took, spent = (sorted(column)[len(column) // 2] for column in zip(*times, strict=True))
    say(
        target="T8",
        what="agent over TLS, start to first report stored",
        ours=f"{took:.2f} s, {spent:.2f} CPU-s",
        wanted="<= 0.2 s, <= 0.2 CPU-s",
        met=took <= 0.2 and spent <= 0.2,
    )


def _maps(pid: int) -> Iterator[tuple[str, int, int]]:
    """Every mapping of a process: file, resident and proportional bytes."""
    path, resident = "", 0
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0]:
            path = words[5] if len(words) > 5 else ""
        elif words[0] == "Rss:":
            resident = int(words[1]) * 1024
        elif words[0] == "Pss:":
            yield path, resident, int(words[1]) * 1024


def _proportional_alone(pid: int) -> int:
    """Proportional memory as if no other Python ran here: what this benchmark maps too, libc apart, counts whole."""
    mine = {path for path, _, _ in _maps(os.getpid()) if path and "libc.so" not in path and "/ld-" not in path}
    return sum(resident if path in mine else share for path, resident, share in _maps(pid))


@contextlib.contextmanager
def _peers() -> Iterator[dict[str, Contender]]:
    with contextlib.ExitStack() as stack:
        found: dict[str, Contender] = {}
        if installed("prometheus-node-exporter"):
            pid, url = stack.enter_context(node_exporter())
            found["node_exporter"] = Contender(pid, lambda: urllib.request.urlopen(url, timeout=5).read())
        if installed("zabbix_agent2"):
            pid, port = stack.enter_context(zabbix_agent2())
            found["zabbix_agent2"] = Contender(pid, lambda: [ask_zabbix(port, key) for key in ZABBIX_KEYS])
        yield found


@contextlib.contextmanager
def _agent(running: Collector, environ: dict[str, str], pace: int) -> Iterator[Contender]:
    """Ours, with its reports and the probes that belong to every report at this pace."""
    paced = {**environ, "SCHOOLDRUM_BEAT": str(pace), "SCHOOLDRUM_DISABLED": ",".join(INVENTORIES)}
    if pace < MINUTE:
        paced["SCHOOLDRUM_PACE"] = ",".join(f"{probe}={pace}" for probe in STEADY)
    process, _, _ = _begin(running, paced)
    try:
        yield Contender(process.pid, lambda: None)
    finally:
        stop(process)


def _per_second(contenders: dict[str, Contender], seconds: int, pace: int) -> dict[str, float]:
    """Processor seconds of each a second, all together, asked at the same moments; never asked where pace is 0."""
    before = {name: cost(one.pid).cpu for name, one in contenders.items()}
    begin = time.monotonic()
    while (passed := time.monotonic() - begin) < seconds:
        if pace:
            for one in contenders.values():
                one.ask()
        time.sleep(min(seconds - passed, pace or seconds))
    passed = time.monotonic() - begin
    return {name: (cost(one.pid).cpu - before[name]) / passed for name, one in contenders.items()}


def _weights(contenders: dict[str, Contender], cpu: dict[str, float]) -> dict[str, Weight]:
    weights: dict[str, Weight] = {}
    for name, one in contenders.items():
        now = cost(one.pid)
        proportional = _proportional_alone(one.pid) if name == "ours" else now.proportional
        weights[name] = Weight(resident=now.resident / 2**20, proportional=proportional / 2**20, cpu=cpu[name])
    return weights


def _in_life(running: Collector, environ: dict[str, str]) -> dict[str, Weight]:
    """Ten minutes at a round a minute, after two to warm up."""
    with _peers() as peers, _agent(running, environ, 60) as ours:
        contenders = {"ours": ours, **peers}
        _per_second(contenders, 120, 60)
        cpu = _per_second(contenders, 600, 60)
        return _weights(contenders, {name: each * 3600 for name, each in cpu.items()})


def _reckoned(running: Collector, environ: dict[str, str]) -> dict[str, Weight]:
    """Idle seconds and fast rounds, measured apart."""
    with _peers() as peers:
        with _agent(running, environ, 900) as resting:
            time.sleep(2)
            idle = _per_second({"ours": resting, **peers}, 4, 0)
        with _agent(running, environ, 1) as ours:
            contenders = {"ours": ours, **peers}
            _per_second(contenders, 2, 1)
            busy = _per_second(contenders, 5, 1)
            hour = {name: 3600 * idle[name] + 60 * max(0.0, busy[name] - idle[name]) for name in contenders}
            return _weights(contenders, hour)


def _compare(say: Callable[..., None], weights: dict[str, Weight], figure: str) -> None:
    ours = weights["ours"]
    wanted = {"node_exporter": (1.25, 1.15, 0.5), "zabbix_agent2": (1.1, 0.0, 0.15)}
    for name, bounds in wanted.items():
        if name not in weights:
            missing = f"{name} not installed"
            say(target="T7", what=f"agent, TLS, {figure}", ours=f"{ours.resident:.1f} MiB", peer=missing)
            continue
        peer = weights[name]
        for what, unit, mine, theirs, bound in (
            ("resident memory", "MiB", ours.resident, peer.resident, bounds[0]),
            ("proportional memory, no other Python", "MiB", ours.proportional, peer.proportional, bounds[1]),
            ("processor time an hour", "s", ours.cpu, peer.cpu, bounds[2]),
        ):
            digits = 1 if unit == "MiB" else 2
            say(
                target="T7" if bound else "",
                what=f"agent, TLS, {figure}: {what}; {name}",
                ours=f"{mine:.{digits}f} {unit}",
                peer=f"{theirs:.{digits}f} {unit}",
                ratio=f"{mine / theirs:.2f}x",
                wanted=f"<= {bound:g}x" if bound else "",
                met=mine <= bound * theirs if bound else None,
            )


def measure(say: Callable[..., None], directory: Path, *, full: bool) -> None:
    """T7, T8."""
    with collector(directory, tls=True) as running:
        environ = _enrolled(directory, running)
        _first_reports(say, running, environ, 7 if full else 3)
        if full:
            _compare(say, _in_life(running, environ), "a round a minute, 10 min")
        else:
            _compare(say, _reckoned(running, environ), "a round a minute, reckoned")
