"""What an agent costs its PC, and how soon it has reported: ours over TLS against node_exporter and zabbix_agent2.

Ours is installed as on a PC: its own libraries and no others, compiled, started with what its unit gives it. It reports
to a real collector; the peers are asked for the same facts at the same pace: a scrape, or 30 items. The full form keeps
the pace of life, a round a minute. The quick form takes it apart: what a process needs between rounds, and what a round
adds when they come faster; an hour is then 3,600 idle seconds and 60 rounds. It is coarser, and says "reckoned".
"""

import compileall
import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import segno
from ingest import Collector, collector, command
from measuring import cost, start, stop
from peers import ZABBIX_KEYS, ask_zabbix, installed, node_exporter, zabbix_agent2

import schooldrum_agent
import schooldrum_wire
from schooldrum_agent.agent import SETTLE_SECONDS
from schooldrum_agent.probes import PROBES

MINUTE = 60.0
OFTEN_SECONDS = 300
STEADY = {probe.name: probe.every for probe in PROBES if probe.every <= OFTEN_SECONDS}
INVENTORIES = tuple(probe.name for probe in PROBES if probe.every > OFTEN_SECONDS)
"""They run a few times a day, most of them in children that end, and are counted apart."""
UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "schooldrum-agent.service"
ONCE_SECONDS, CHILD_BYTES = 10, 80 << 20
WARM_UP_SECONDS = 2 * round(SETTLE_SECONDS) + 4
"""Until the start is behind a process: ours tidies its memory once, SETTLE_SECONDS after it began, and never again."""
MIB = 2**20


class Contender(msgspec.Struct, frozen=True):
    """A process that is asked once a round; `ask` is empty work where it reports by itself."""

    pid: int
    ask: Callable[[], object]


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """Resident and proportional memory (MiB), processor seconds an hour at a round a minute."""

    resident: float
    proportional: float
    cpu: float


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """An agent on this machine as on any PC: its program, and the environment it is started in."""

    program: str
    environ: dict[str, str]


def _installed(directory: Path) -> str:
    """The program of an agent with the libraries an installation has: those of this benchmark would weigh more."""
    place = directory / "installed"
    venv.create(place, symlinks=True)
    packages = next(place.glob("lib/python*/site-packages"))
    for module in (msgspec, psutil, segno, schooldrum_agent, schooldrum_wire):
        folder = Path(str(module.__file__)).parent
        shutil.copytree(folder, packages / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(str(packages), quiet=2)
    # As an installer writes it: `python -m` would load the machinery for that too.
    program = place / "bin" / "schooldrum-agent"
    program.write_text(
        f"#!{place}/bin/python\nimport sys\nfrom schooldrum_agent.__main__ import main\nsys.exit(main())\n", "utf-8"
    )
    program.chmod(0o755)
    return str(program)


def _given_by_unit() -> dict[str, str]:
    lines = re.findall(r"^Environment=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)
    return dict(word.split("=", 1) for line in lines for word in line.split())


def _enrolled(directory: Path, running: Collector) -> Installed:
    """An agent that is enrolled over TLS, as an installation does it."""
    table = directory / "register.csv"
    table.write_text("school,school_name,room,room_name,seats\nDEMO,Demo,tin1,Phòng Tin 1,10\n", encoding="utf-8")
    command(running.environ, "import", "--yes", str(table))
    token = json.loads(command(running.environ, "token", "new", "--room", "DEMO/tin1", "--json"))["token"]
    environ = {
        "SCHOOLDRUM_STATE": str(directory / "agent"),
        "SCHOOLDRUM_SHARED_CODE": "true",
        "SCHOOLDRUM_PROXY": "none",
        "SCHOOLDRUM_LOG_LEVEL": "error",
        # The one PC of its site is appointed to observe: a measurement is no reason to ask the world's servers.
        "SCHOOLDRUM_LADDER": "collector",
        **_given_by_unit(),
    }
    program = _installed(directory)
    subprocess.run(
        [program, "enrol", "--collector", running.agents],
        input=token,
        text=True,
        env={**os.environ, **environ},
        check=True,
        capture_output=True,
    )
    return Installed(program=program, environ=environ)


def _heard(connection: http.client.HTTPConnection) -> str:
    """When the collector heard the one agent last; empty for never."""
    connection.request("GET", "/api/v1/machines")
    machines = json.loads(connection.getresponse().read())["machines"]
    return str(machines[0].get("heard") or "") if machines else ""


def _begin(running: Collector, agent: Installed) -> tuple[subprocess.Popen[bytes], float, float]:
    """An agent just started: its process, and seconds and processor seconds until its first report was stored."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(running.office).netloc)
    before = _heard(connection)
    begin = time.monotonic()
    process = start([agent.program, "run"], env=agent.environ)
    spent = 0.0
    while _heard(connection) == before and time.monotonic() - begin < MINUTE:
        spent = cost(process.pid).cpu
        time.sleep(0.01)
    took = time.monotonic() - begin
    connection.close()
    return process, took, max(spent, cost(process.pid).cpu)


def _first_reports(say: Callable[..., None], running: Collector, agent: Installed, rounds: int) -> None:
    """T8."""
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        process, took, spent = _begin(running, agent)
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
        for peer in found.values():
            # What is asked for the first time is collected from then on, every second in zabbix_agent2.
            peer.ask()
        yield found


@contextlib.contextmanager
def _agent(running: Collector, agent: Installed, pace: int, *, inventories: bool = False) -> Iterator[Contender]:
    """Ours, with its reports and the probes that belong to every report at this pace."""
    paced = {**agent.environ, "SCHOOLDRUM_BEAT": str(pace), "SCHOOLDRUM_START_SPREAD": "0"}
    if not inventories:
        paced["SCHOOLDRUM_DISABLED"] = ",".join(INVENTORIES)
    if pace < MINUTE:
        # A probe of every five minutes runs in every fifth round.
        paced["SCHOOLDRUM_ANY_PACE"] = "true"
        paced["SCHOOLDRUM_PACE"] = ",".join(f"{name}={round(pace * every / MINUTE)}" for name, every in STEADY.items())
    process, _, _ = _begin(running, msgspec.structs.replace(agent, environ=paced))
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
        proportional = _proportional_alone(one.pid)
        weights[name] = Weight(resident=now.resident / MIB, proportional=proportional / MIB, cpu=cpu[name])
    return weights


def _in_life(running: Collector, agent: Installed) -> dict[str, Weight]:
    """Ten minutes at a round a minute, after two to warm up."""
    with _peers() as peers, _agent(running, agent, 60) as ours:
        contenders = {"ours": ours, **peers}
        _per_second(contenders, 120, 60)
        cpu = _per_second(contenders, 600, 60)
        return _weights(contenders, {name: each * 3600 for name, each in cpu.items()})


def _reckoned(running: Collector, agent: Installed) -> dict[str, Weight]:
    """Idle seconds and fast rounds, measured apart."""
    with _peers() as peers:
        with _agent(running, agent, 900) as resting:
            time.sleep(WARM_UP_SECONDS)
            idle = _per_second({"ours": resting, **peers}, 4, 0)
        with _agent(running, agent, 1) as ours:
            contenders = {"ours": ours, **peers}
            _per_second(contenders, WARM_UP_SECONDS, 1)
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


def _inventories(say: Callable[..., None], running: Collector, agent: Installed) -> None:
    """What all inventories together cost when they have run, and what is left of them in the agent's own process."""
    with _agent(running, agent, 60, inventories=True) as ours:
        quiet = 0
        end = time.monotonic() + MINUTE
        while quiet < 10 and time.monotonic() < end:
            time.sleep(0.2)
            quiet = 0 if psutil.Process(ours.pid).children() else quiet + 1
        spent = cost(ours.pid)
    say(
        target="",
        what="agent, TLS, start and every inventory once (most of them 4 times a day)",
        ours=f"{spent.cpu:.1f} CPU-s, then {spent.resident / MIB:.1f} MiB resident",
    )


def _once(say: Callable[..., None], agent: Installed) -> None:
    """What a person's look at everything costs."""
    peaks: dict[int, tuple[int, str]] = {}
    begin = time.monotonic()
    process = start([agent.program, "once", "--json"], env=agent.environ)
    while process.poll() is None:
        for one in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(OSError, IndexError, psutil.Error):
                status = Path(f"/proc/{one.pid}/status").read_text("utf-8")
                peak = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) * 1024
                peaks[one.pid] = max(peaks.get(one.pid, (0, "")), (peak, one.cmdline()[-1]))
        time.sleep(0.02)
    took = time.monotonic() - begin
    worst, name = max(peaks.values(), default=(0, "none"))
    say(
        target="once",
        what=f"every probe once, {len(PROBES)} of them; worst child: {name}",
        ours=f"{took:.1f} s, {worst / MIB:.1f} MiB",
        wanted=f"<= {ONCE_SECONDS} s, <= {CHILD_BYTES // MIB} MiB",
        met=took <= ONCE_SECONDS and worst <= CHILD_BYTES,
    )


def measure(say: Callable[..., None], directory: Path, *, full: bool) -> None:
    """T7, T8, and what inventories cost."""
    with collector(directory, tls=True) as running:
        agent = _enrolled(directory, running)
        _first_reports(say, running, agent, 7 if full else 3)
        if full:
            _compare(say, _in_life(running, agent), "a round a minute, 10 min")
        else:
            _compare(say, _reckoned(running, agent), "a round a minute, reckoned")
        _inventories(say, running, agent)
        _once(say, agent)
