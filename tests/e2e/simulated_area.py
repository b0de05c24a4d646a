"""A small area whose PCs measure everything there is to measure; they speak the real wire through the agents' door.

`S1` cannot reach anything abroad, `S2` cannot resolve names, `S3` is well. Each has two PCs and a hostile name.
"""

import hashlib
import json
import ssl
import threading
import time
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from tests.e2e.programs import Collector

from schooldrum_wire.catalogue import SECTIONS, TOPICS
from schooldrum_wire.catalogue.ladder import STEPS
from schooldrum_wire.encoding import encode
from schooldrum_wire.messages import EnrolAnswer, EnrolRequest
from schooldrum_wire.metric import Kind, Metric
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Fingerprint, Now, Report
from schooldrum_wire.result import Result

HOSTILE = {
    "S1": 'THCS "Bình Minh" {{ .Labels }} ${__all} $school',
    "S2": 'x",school="EVIL"} or vector(1) # <script>alert(1)</script>',
    "S3": "\u202egnud\u202c \\ [[area]] `backtick` 'quote'",
}
ROOM = "tin1"
PCS_A_SCHOOL = 2
FAILING = {"S1": "international", "S2": "resolver"}
PLAN = """
year = "{year}"
[[term]]
name = "all year"
first = {first}
last = {last}
[[taught]]
first = {first}
last = {last}
name = "whatever day the test runs on"
[[shift]]
name = "all day"
hours = "00:00-23:59"
days = ["T2", "T3", "T4", "T5", "T6", "T7", "CN"]
"""
_LABELS = {"volume": "C:", "interface": "ethernet0", "target": "moet", "family": "ipv4", "phase": "connect"}
_OLD_WINDOWS = {
    "system": "windows",
    "title": "Windows 10 Pro",
    "edition": "Professional",
    "server": False,
    "release": "22H2",
    "version": "10.0.19045",
    "build": 19045,
    "revision": 3000,
    "architecture": "x86_64",
}
_ROWS = {
    "operating_system": [_OLD_WINDOWS],
    "updates": [{"update": "KB5034441", "kind": "security", "severity": "critical", "published": "2024-01-09"}],
    "disks": [{"disk": "PhysicalDrive0", "kind": "hdd", "size": 500_000_000_000, "source": "smart", "passed": False}],
}


def csv_of(codes: Iterator[str] | tuple[str, ...]) -> str:
    """The register as a table to import."""
    lines = ["area code;area name;school code;school name;room code;room name;room kind;seats;line;provider"]
    lines.append("hn;Hà Nội" + 8 * ";")
    for code in codes:
        name = HOSTILE[code].replace('"', '""')
        lines.append(f'hn/q3;"Quận 3 ""cũ""";{code};"{name}";{ROOM};"Phòng {code}";lab;40;main;Nhà mạng A')
    return "\n".join(lines) + "\n"


class Pc:
    """One PC: its hardware, its clocks. Not frozen: it lives."""

    def __init__(self, agents: str, school: str, number: int, token: str) -> None:
        self.school = school
        self._agents = agents
        # Whom an agent trusts is proven elsewhere.
        self._trust = ssl.create_default_context()
        self._trust.check_hostname, self._trust.verify_mode = False, ssl.CERT_NONE
        code = hashlib.sha256(f"{school} {number}".encode()).hexdigest()
        self._fingerprint: Fingerprint = {"uuid": (code[:16],), "board": (code[16:32],), "mac": (code[32:48],)}
        self._run, self._boot = code[:16], code[:32]
        self._seq = 0
        self._born = time.monotonic() - 5000
        asked = EnrolRequest(token=token, fingerprint=self._fingerprint, host={"system": "windows"})
        answer = self._post("/v1/enrol", msgspec.json.encode(asked), {})
        self._credential = msgspec.json.decode(answer, type=EnrolAnswer).credential

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        request = urllib.request.Request(self._agents + path, body, {"Content-Type": "application/json", **headers})
        with urllib.request.urlopen(request, timeout=10, context=self._trust) as answer:
            return bytes(answer.read())

    def report(self) -> None:
        """Measures everything and sends it."""
        boottime = time.monotonic() - self._born
        results = []
        for topic in TOPICS:
            metrics = [value for value in vars(topic).values() if isinstance(value, Metric)]
            readings = [
                reading
                for metric in metrics
                if not metric.by_collector and not metric.until
                for reading in self._readings(metric, boottime)
            ]
            self._seq += 1
            results.append(
                Result(
                    probe=topic.__name__.rpartition(".")[2],
                    seq=self._seq,
                    outcome="ok",
                    boottime=round(boottime, 3),
                    wall=round(time.time(), 3),
                    took=0.001,
                    readings=tuple(readings),
                )
            )
        rows = {name: tuple(SECTIONS[name].sorted(values)) for name, values in _ROWS.items()}  # type: ignore[arg-type]  # rows as probes yield them
        live = Report(
            run=self._run,
            boot=self._boot,
            results=tuple(results),
            live=True,
            beat=1,
            sections={name: SECTIONS[name].digest(list(values)) for name, values in rows.items()},
            rows=rows,
            frozen=True,
        )
        delivery = Delivery(
            reports=(live,),
            now=Now(boot=self._boot, boottime=round(boottime, 3), wall=round(time.time(), 3)),
            fingerprint=self._fingerprint,
            agent="0.1.0",
            system="windows",
        )
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = packer.compress(encode(delivery)) + packer.flush()
        headers = {"Authorization": f"Bearer {self._credential}", "Content-Encoding": "gzip"}
        self._post("/v1/reports", body, headers)

    def _readings(self, metric: Metric, boottime: float) -> Iterator[Reading]:
        for step in STEPS if "step" in metric.labels else ("",):
            labels = {label: step if label == "step" else _LABELS[label] for label in metric.labels}
            yield metric(self._value(metric, step, boottime), **labels)

    def _value(self, metric: Metric, step: str, boottime: float) -> float:
        failing = FAILING.get(self.school) == step and step
        match metric.name:
            case "school_ladder_step_success":
                return 0 if failing else 1
            case "school_ladder_loss_ratio":
                return 1 if failing else 0
            case "school_interface_speed_bytes":
                return 12_500_000
            case name if name.endswith("_success"):
                return 1
        if metric.kind is Kind.AGE:
            return 100
        if metric.kind is Kind.COUNTER:
            return float(int(boottime))
        if metric.name.endswith("_ratio"):
            return 0.25
        if metric.name.endswith("_seconds"):
            return 0.02
        if metric.name.endswith("size_bytes"):
            return 8e9
        return 5e8 if metric.name.endswith("_bytes") else 1


class Area:
    """The PCs of the area, reporting each second in a thread of their own until `stop`."""

    def __init__(self, collector: Collector, home: Path) -> None:
        table = home / "area.csv"
        table.write_text(csv_of(tuple(HOSTILE)), "utf-8")
        collector.call("import", str(table), "--yes")
        year = time.gmtime().tm_year - (time.gmtime().tm_mon < 8)
        plan = home / "plan.toml"
        plan.write_text(
            PLAN.format(year=f"{year}-{year + 1}", first=f"{year}-08-02", last=f"{year + 1}-07-30"), "utf-8"
        )
        collector.call("calendar", "set", "--scope", "/", str(plan))
        self.pcs: list[Pc] = []
        for school in HOSTILE:
            said = json.loads(collector.call("token", "new", "--room", f"{school}/main/{ROOM}", "--json"))
            self.pcs += [Pc(collector.agents, school, number, said["token"]) for number in range(PCS_A_SCHOOL)]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report)
        self._thread.start()

    def _report(self) -> None:
        while not self._ended.wait(1):
            for pc in self.pcs:
                pc.report()

    def stop(self) -> None:
        """No PC reports any more."""
        self._ended.set()
        self._thread.join(30)
