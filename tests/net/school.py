"""A whole school in network namespaces: PCs in rooms, a switch in each room, a router with two lines, two providers,
servers near and far, a collector that serves behind them and an Alertmanager's place; all of it can be broken.

The agents in the PCs and the collector are real processes, hurried by `hurried.py`: their beat is a second.
"""

import contextlib
import json
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from tests.agent.delivery_stand_in import Reply, Request, front
from tests.e2e.pcs import made_up_sysfs
from tests.e2e.programs import Agent, Collector, fetched
from tests.net.detour import CARD, Detour
from tests.net.line import within
from tests.net.standstill import watched
from tests.net.way import Server, answer_to

from schooldrum_agent.probes import PROBES
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.store.incidents import incident_of

HURRIED = str(Path(__file__).with_name("hurried.py"))
ROUTER = "192.168.1.1"
NATIONAL, INTERNATIONAL, RESOLVER = "198.51.100.10", "198.51.100.20", "198.51.100.53"
PAGE, OFFICE, SERVICE = "198.51.100.30", "198.51.100.80", "198.51.100.90"
ALERTMANAGER = "127.0.0.1"
NAMES = {"truong.example.vn": NATIONAL, "page.example.vn": PAGE, "vnedu.example.vn": SERVICE}
SCHOOL = "BM"
ROOMS = {"tin1": 3, "tin2": 3, "vp": 2}
"""Rooms with their PCs; those of `vp` are observers."""
OBSERVERS = "vp"
LINES = {"main": ("A", "203.0.113"), "second": ("B", "203.0.114")}
"""Line -> its provider and the first three numbers of the addresses on it."""
BEAT = 1.0
GRACE_SECONDS = 18.0
"""Before, a collector that has just started misses nobody (hurried.py: 15 seconds and three beats)."""
_DNS_HEADER = 12
_DETOUR_TABLE = "50"
_TOLD_APART = frozenset({"ladder", "services", "machine", "clock"})
_MEMORY = Path("/dev/shm")  # noqa: S108 - the memory's own file system, and a folder of one's own in it
_ROOM_BYTES = 1 << 30
_LESSON = (2, 9)
"""Wednesday, and the hour of Vietnam's clock (UTC+7) at which the collector's day begins."""


def _run(*words: str) -> None:
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"


def _lesson_shift() -> float:
    """Seconds from now to the next Wednesday morning in Vietnam: a lesson, on whatever day this runs."""
    now = datetime.now(UTC)
    weekday, hour = _LESSON
    there = (now + timedelta(hours=7)).replace(hour=hour, minute=0, second=0, microsecond=0)
    there += timedelta(days=(weekday - there.weekday()) % 7)
    return (there - timedelta(hours=7) - now).total_seconds()


class Forwarder:
    """The resolver in the school's router: passes questions on to the provider's and answers back, and keeps none."""

    def __init__(self, inner: socket.socket, outer: socket.socket) -> None:
        self.working = True
        self._inner, self._outer = inner, outer
        self._asking: dict[bytes, Any] = {}
        threading.Thread(target=self._ask, daemon=True).start()
        threading.Thread(target=self._answer, daemon=True).start()

    def _ask(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                query, sender = self._inner.recvfrom(4096)
                if self.working:
                    self._asking[query[:2]] = sender
                    with contextlib.suppress(OSError):
                        self._outer.sendto(query, (RESOLVER, 53))

    def _answer(self) -> None:
        while self._outer.fileno() >= 0:
            with contextlib.suppress(OSError):
                said, _ = self._outer.recvfrom(4096)
                sender = self._asking.pop(said[:2], None)
                if sender is not None and self.working:
                    self._inner.sendto(said, sender)

    def close(self) -> None:
        """Answers nobody any more."""
        for sock in (self._inner, self._outer):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


def _udp(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, port))
    return sock


def _answering(names: dict[str, str]) -> Callable[[bytes], bytes | None]:
    answer = answer_to(names)
    return lambda query: answer(query) if len(query) > _DNS_HEADER else None


class Network:
    """The namespaces and the cables between them; `ip` and `rule` break them."""

    def __init__(self, undo: contextlib.ExitStack) -> None:
        mark = secrets.token_hex(3)
        self.names = {
            name: f"sd-{name}-{mark}" for name in ("lan", "router", "a", "b", "world", *(pc for _, pc in pcs()))
        }
        for name in self.names.values():
            _run("ip", "netns", "add", name)
            undo.callback(_run, "ip", "netns", "delete", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
            self._within(name, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.disable_ipv6=1")
            self._within(name, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv4.conf.all.rp_filter=0")
        self._build_lan()
        self._build_lines()

    def _build_lan(self) -> None:
        self.ip("router", "link", "add", "lan", "type", "bridge", "forward_delay", "0")
        self.ip("router", "address", "add", f"{ROUTER}/24", "dev", "lan")
        self.ip("router", "link", "set", "lan", "up")
        for room in ROOMS:
            self.ip("lan", "link", "add", room, "type", "bridge", "forward_delay", "0")
            self.ip("lan", "link", "set", room, "up")
            self._cable("lan", f"up-{room}", "router", room)
            self.ip("lan", "link", "set", f"up-{room}", "master", room)
            self.ip("router", "link", "set", room, "master", "lan")
        for number, (room, pc) in enumerate(pcs(), 11):
            self._cable("lan", f"to-{pc}", pc, "eth0")
            self.ip("lan", "link", "set", f"to-{pc}", "master", room)
            self.ip(pc, "address", "add", f"192.168.1.{number}/24", "dev", "eth0")
            self.ip(pc, "route", "add", "default", "via", ROUTER)

    def _build_lines(self) -> None:
        for metric, (_, (provider, net)) in enumerate(LINES.items(), 1):
            near = provider.lower()
            self._cable("router", f"wan-{near}", near, "school")
            self._cable(near, "core", "world", f"core-{near}")
            for name, dev, address in (
                ("router", f"wan-{near}", f"{net}.1/30"),
                (near, "school", f"{net}.2/30"),
                (near, "core", f"{net}.5/30"),
                ("world", f"core-{near}", f"{net}.6/30"),
            ):
                self.ip(name, "address", "add", address, "dev", dev)
            self.ip(near, "route", "add", "198.51.100.0/24", "via", f"{net}.6")
            self.ip("world", "route", "add", f"{net}.0/30", "via", f"{net}.5")
            self.rule("router", "-t", "nat", "-A", "POSTROUTING", "-o", f"wan-{near}", "-j", "MASQUERADE")
            self.ip("router", "route", "add", "default", "via", f"{net}.2", "metric", str(metric))
        for address in (NATIONAL, INTERNATIONAL, RESOLVER, PAGE, OFFICE, SERVICE):
            self.ip("world", "address", "add", f"{address}/32", "dev", "lo")

    def _cable(self, one: str, end: str, other: str, far: str) -> None:
        self.ip(one, "link", "add", end, "type", "veth", "peer", "name", far, "netns", self.names[other])
        for name, given in ((one, end), (other, far)):
            self.ip(name, "link", "set", given, "up")

    def _within(self, namespace: str, *words: str) -> None:
        _run("ip", "netns", "exec", namespace, *words)

    def core_back(self, near: str) -> None:
        """A provider's way into the world works again, with the routes that went when it was cut."""
        net = next(net for provider, net in LINES.values() if provider.lower() == near)
        self.ip(near, "link", "set", "core", "up")
        self.ip(near, "route", "replace", "198.51.100.0/24", "via", f"{net}.6")

    @staticmethod
    def address(pc: str) -> str:
        """The address of a PC."""
        return f"192.168.1.{11 + [name for _, name in pcs()].index(pc)}"

    def run(self, name: str, *words: str) -> None:
        """Runs a command in a namespace."""
        self._within(self.names[name], *words)

    def ip(self, name: str, *words: str) -> None:
        """`ip` in a namespace."""
        _run("ip", "-n", self.names[name], *words)

    def rule(self, name: str, *words: str) -> None:
        """`iptables` in a namespace: `-A FORWARD -j DROP`."""
        self._within(self.names[name], "iptables", "-w", *words)


def pcs() -> list[tuple[str, str]]:
    """(room, PC) of all PCs; a PC is called by its room and number: `tin1-2`."""
    return [(room, f"{room}-{number}") for room, count in ROOMS.items() for number in range(1, count + 1)]


class Alerts:
    """What an Alertmanager was told: a notification is a set of labels it had not heard before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, list[tuple[float, dict[str, str], bool]]] = {}

    def answer(self, request: Request) -> Reply:
        """Takes a post."""
        now = datetime.now(UTC)
        with self._lock:
            for one in msgspec.json.decode(request.body):
                key = json.dumps(one["labels"], sort_keys=True)
                over = datetime.fromisoformat(one["endsAt"]) < now + timedelta(minutes=5)
                self._told.setdefault(key, []).append((time.time(), one, over))
        return Reply()

    def forget(self) -> None:
        """A fresh start."""
        with self._lock:
            self._told.clear()

    def notified(self) -> list[dict[str, Any]]:
        """The first word of every notification."""
        with self._lock:
            return [said[0][1] for said in self._told.values()]


Furnish = Callable[[Network, str, Path], dict[str, Any]]
"""What is special about the PCs of a school: told the network, a PC and its folder, gives more for its `Agent`."""


def _plain(_network: Network, _pc: str, _folder: Path) -> dict[str, Any]:
    return {}


class School:
    """The whole of it, working; `network` is broken, `incidents` and `alerts` show what came of it."""

    def __init__(self, home: Path, undo: contextlib.ExitStack, furnish: Furnish = _plain) -> None:
        self._furnish = furnish
        home.mkdir(parents=True, exist_ok=True)
        self.standstill = undo.enter_context(watched(home))
        self.network = Network(undo)
        names = self.network.names
        self.alerts = Alerts()
        self._serve(undo)
        self.shift = _lesson_shift()
        self.collector = Collector(
            home / "collector",
            program=("ip", "netns", "exec", names["world"], sys.executable, HURRIED, "collector", str(self.shift)),
            agents_listen=f"{OFFICE}:8801",
            alertmanagers=f"http://{ALERTMANAGER}:9093",
        )
        self._register(home)
        self.collector.serve()
        self.listening = time.monotonic()
        undo.callback(self.collector.stop)
        self._data = home / "collector" / "data" / "schooldrum.sqlite3"
        etc = home / "root" / "etc"
        etc.mkdir(parents=True)
        (etc / "resolv.conf").write_text(f"nameserver {ROUTER}\n", encoding="utf-8")
        self.agents = {pc: self._agent(home, number, pc) for number, (_, pc) in enumerate(pcs(), 1)}
        with ThreadPoolExecutor(2) as two:
            list(two.map(self._enrol, pcs()))
        self.pc_of = {self._machine(home / pc): pc for pc in self.agents}
        self.on: set[str] = set()
        self.detours: dict[str, Detour] = {}
        undo.callback(lambda: self.switch_off(*self.on))
        self.switch_on(*self.agents)

    def _serve(self, undo: contextlib.ExitStack) -> None:
        names = self.network.names
        self.resolver = Forwarder(
            within(names["router"], lambda: _udp(ROUTER, 53)),
            within(names["router"], lambda: _udp("0.0.0.0", 0)),  # noqa: S104 - in a namespace
        )
        undo.callback(self.resolver.close)
        self.names = Server(within(names["world"], lambda: _udp(RESOLVER, 53)), _answering(NAMES))
        undo.callback(self.names.sock.close)
        for address, port, name, answering in (
            (PAGE, 80, "world", lambda _: Reply(status=204, body=b"")),
            (ROUTER, 8080, "router", lambda _: Reply(302, b"", {"Location": "http://login.hotspot.vn/"})),
            (ALERTMANAGER, 9093, "world", self.alerts.answer),
        ):
            listener = within(names[name], partial(socket.create_server, (address, port), backlog=50))
            undo.enter_context(front(answering, None, listener))

    def _register(self, home: Path) -> None:
        rooms = "".join(f"{SCHOOL},THCS Binh Minh,{room},{room},{count}\n" for room, count in ROOMS.items())
        (home / "rooms.csv").write_text(f"School code,School name,Room code,Room name,PCs\n{rooms}", encoding="utf-8")
        lines = "".join(f"{SCHOOL},{line},{provider},{net}.0/30\n" for line, (provider, net) in LINES.items())
        (home / "lines.csv").write_text(f"School code,Line,Provider,Line's addresses\n{lines}", encoding="utf-8")
        today = datetime.fromtimestamp(self.now(), UTC).date()
        term = f'[[term]]\nname = "Học kỳ"\nfirst = {today - timedelta(30)}\nlast = {today + timedelta(30)}\n'
        shift = '[[shift]]\nname = "Sáng"\nhours = "07:00-11:30"\n'
        (home / "year.toml").write_text(f'year = "{today.year}-{today.year + 1}"\n{term}{shift}', encoding="utf-8")
        call = self.collector.call
        call("import", str(home / "rooms.csv"), str(home / "lines.csv"), "--yes")
        call("calendar", "set", "--scope", "/", str(home / "year.toml"))
        call("settings", "set", "--scope", "/", "beat=1", "backlog_per_beat=99")
        service = "services.vnedu=dns:vnedu.example.vn"
        call("settings", "set", "--scope", f"{SCHOOL}/main/{OBSERVERS}", "observer=true", service)

    def _agent(self, home: Path, number: int, pc: str) -> Agent:
        folder = home / pc
        settings: dict[str, Any] = {
            "program": ("ip", "netns", "exec", self.network.names[pc], sys.executable, HURRIED, "agent"),
            "sysfs": made_up_sysfs(folder / "sys", number),
            "rootfs": str(home / "root"),
            "start_spread": "0",
            "proxy": "none",
            "allow_private_targets": "true",
            "disabled": ",".join(probe.name for probe in PROBES if probe.name not in _TOLD_APART),
            "ladder": "local",
            "ladder_names": "truong.example.vn",
            "ladder_independent": RESOLVER,
            "ladder_national": NATIONAL,
            "ladder_international": INTERNATIONAL,
            "ladder_pages": "page.example.vn",
        }
        return Agent(folder, **{**settings, **self._furnish(self.network, pc, folder)})

    def _enrol(self, where: tuple[str, str]) -> None:
        room, pc = where
        token = json.loads(self.collector.call("token", "new", "--room", f"{SCHOOL}/main/{room}", "--json"))["token"]
        self.agents[pc].call("enrol", "--collector", f"https://{OFFICE}:8801", typed=str(token))

    @staticmethod
    def _machine(folder: Path) -> str:
        return str(json.loads((folder / "state" / "identity.json").read_text("utf-8"))["machine"])

    # PCs

    def find_names(self, **more: str) -> None:
        """Lets the world's resolver know these names beside (empty: it does not know one any more)."""
        known = {**NAMES, **{name.replace("_", "."): address for name, address in more.items()}}
        self.names.answering = _answering({name: address for name, address in known.items() if address})

    def switch_on(self, *names: str) -> None:
        """Their agents start."""
        for pc in names:
            self.agents[pc].run()
            self.on.add(pc)

    def switch_off(self, *names: str) -> None:
        """As a breaker does it."""
        for pc in names:
            self.agents[pc].kill()
            self.on.discard(pc)

    def reboot(self, *names: str) -> None:
        """They lose power and are switched on at once: another boot, whose clock begins at nought."""
        self.switch_off(*names)
        for pc in names:
            began = time.clock_gettime(time.CLOCK_BOOTTIME)
            (self.agents[pc].home / "boot").write_text(f"{secrets.token_hex(16)} {began}", encoding="utf-8")
        self.switch_on(*names)

    def restart_collector(self) -> None:
        """The collector that was killed serves again."""
        self.collector.serve()
        self.listening = time.monotonic()

    def detour(self, near: str, least: float, most: float) -> None:
        """What goes out by a provider waits on the way for a time between these seconds."""
        self.detours[near] = Detour(self.network.names[near], least=least, most=most)
        self.network.run(near, "sysctl", "-qw", f"net.ipv4.conf.{CARD}.rp_filter=0")
        self.network.ip(near, "link", "set", CARD, "up")
        self.network.ip(near, "route", "add", "default", "dev", CARD, "table", _DETOUR_TABLE)
        self.network.ip(near, "rule", "add", "iif", "school", "lookup", _DETOUR_TABLE)

    def straight(self, near: str) -> None:
        """It goes straight on again."""
        self.network.ip(near, "rule", "del", "iif", "school", "lookup", _DETOUR_TABLE)
        gone = self.detours.pop(near)
        gone.close()
        assert gone.taken, "nobody came by the detour"

    # What came of it

    def now(self) -> float:
        """The collector's clock (epoch seconds)."""
        return time.time() + self.shift

    def incidents(self) -> list[Incident]:
        """Every one that is remembered, oldest first."""
        with contextlib.closing(sqlite3.connect(self._data, timeout=10)) as connection:
            rows = connection.execute("SELECT body FROM incidents ORDER BY number").fetchall()
        return [incident_of(body) for (body,) in rows]

    def forget(self) -> None:
        """What was is forgotten, as after years."""
        with contextlib.closing(sqlite3.connect(self._data, timeout=10)) as connection, connection:
            for table in ("incident_events", "answers", "incidents"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - words of this file
        self.alerts.forget()

    def machines(self) -> dict[str, dict[str, Any]]:
        """What the office's API tells of each machine, by its alias."""
        told = json.loads(self.office("/api/v1/machines?limit=100"))
        return {one["alias"]: one for one in told["machines"]}

    def office(self, path: str) -> str:
        """What stands behind a path of the office's door."""
        where = f"{self.collector.office}{path}"
        return str(within(self.network.names["world"], lambda: fetched(where)))


@contextlib.contextmanager
def _in_memory(home: Path) -> Iterator[Path]:
    """A folder that no busy disk holds up, where there is room for one; its logs are in `home` afterwards."""
    if not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < _ROOM_BYTES:
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="schooldrum-", dir=_MEMORY) as folder:
        try:
            yield Path(folder)
        finally:
            for log in Path(folder).rglob("*.log"):
                kept = home / log.relative_to(folder)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(log, kept)


@contextlib.contextmanager
def school(home: Path, furnish: Furnish = _plain) -> Iterator[School]:
    """One in which everything works.

    What is safe on disk is no question here, and where a beat is a second nobody can wait for a disk that others use.
    """
    with contextlib.ExitStack() as undo:
        yield School(undo.enter_context(_in_memory(home)), undo, furnish)
