"""PCs with made-up hardware: whole agents as processes, and ones of which only the delivery side runs.

The latter are the agent's own state, spool and courier under clocks of their own; what they send goes over real
connections to a collector that serves.
"""

import json
import random
import secrets
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.agent.delivery_stand_in import Time
from tests.e2e.programs import Agent

from schooldrum_agent.clock import Clock
from schooldrum_agent.courier import Courier, Round
from schooldrum_agent.enrolment import enrol
from schooldrum_agent.parcel import LiveReport
from schooldrum_agent.spool import Spool, open_spool
from schooldrum_agent.state import State, open_state
from schooldrum_agent.trust import trust_only
from schooldrum_agent.uplink import Uplink, read_endpoint
from schooldrum_wire.catalogue.clock import CLOCK_STEPS
from schooldrum_wire.encoding import encode_result
from schooldrum_wire.fence import Fence
from schooldrum_wire.fingerprint import tidy
from schooldrum_wire.report import Fingerprint, Word
from schooldrum_wire.result import Finding, Outcome
from schooldrum_wire.token import read_token

HOST = {"system": "linux", "release": "12"}


def hardware(number: int) -> Fingerprint:
    """The hashed items of the PC with this number."""
    return tidy({kind: [f"{kind} no {number:06d}"] for kind in ("uuid", "board", "disk", "mac")})


def _smbios_structure(kind: int, body: bytes, *texts: str) -> bytes:
    formatted = struct.pack("<BBH", kind, 4 + len(body), kind) + body
    return formatted + b"".join(text.encode() + b"\0" for text in texts) + b"\0" * (1 if texts else 2)


def made_up_sysfs(folder: Path, number: int) -> str:
    """A /sys with an SMBIOS table and a disk of this PC alone."""
    tables = folder / "firmware" / "dmi" / "tables"
    tables.mkdir(parents=True)
    (tables / "smbios_entry_point").write_bytes(b"_SM3_" + bytes([0, 24, 3, 2, 0, 1, 0]) + bytes(12))
    system = bytes([1, 2, 0, 3]) + struct.pack(">QQ", 0x4C4C454400424116, 0x8080 + number) + bytes([6, 0, 0])
    board = bytes([1, 2, 0, 3, 0, 0, 0, 0, 0, 10, 0])
    (tables / "DMI").write_bytes(
        _smbios_structure(1, system, "Assembled", "H81M", f"PC{number:05d}X")
        + _smbios_structure(2, board, "Board Co", "H81M", f"BRD{number:05d}Y")
        + _smbios_structure(127, b"")
    )
    disk = folder / "block" / "sda"
    (disk / "device").mkdir(parents=True)
    (disk / "removable").write_text("0\n")
    (disk / "device" / "serial").write_text(f"S3Z8NB0K{number:06d}\n")
    return str(folder)


def real_pc(folder: Path, number: int, pace: str = "agent=5") -> Agent:
    """A whole agent as a process, on hardware of its own; it reports each second and leaves dear probes alone."""
    sysfs = made_up_sysfs(folder / "sys", number)
    return Agent(folder, beat="1", pace=pace, any_pace="true", start_spread="3600", sysfs=sysfs)


class Clocked(Protocol):
    """Whatever has a PC's clocks."""

    clock: Clock


class Pc:
    """A PC with a disk; `started` is one run of its agent, from power-on to a power cut."""

    def __init__(self, home: Path, number: int, *, time: Clocked | None = None, beat: int = 60) -> None:
        self.home = home
        self.fingerprint = hardware(number)
        self.time: Clocked = time or Time(boot=f"{number:032x}")
        self.beat = beat
        self.chance = random.Random(number)  # noqa: S311 - spreads waits
        home.mkdir(parents=True, exist_ok=True)

    @property
    def disk(self) -> Path:
        """What the agent keeps between two starts."""
        return self.home / "state"

    def enrol(self, collector: str, token: str) -> None:
        """Takes a place in the room of the install code."""
        enrolled = enrol(
            read_token(token), collector, fingerprint=self.fingerprint, host=HOST, clock=self.time.clock.boottime
        )
        state = open_state(self.disk)
        state.keep_identity(enrolled.identity)
        state.keep_settings(enrolled.settings)
        state.close()

    def imaged(self, image: Path) -> None:
        """Its disk is as it was when the image was taken."""
        shutil.rmtree(self.disk, ignore_errors=True)
        shutil.copytree(image, self.disk)

    def identity(self) -> dict[str, Any]:
        """Who it is by its disk."""
        said: dict[str, Any] = json.loads((self.disk / "identity.json").read_text("utf-8"))
        return said

    @contextmanager
    def started(self) -> "Iterator[Running]":
        """A run of its agent."""
        state = open_state(self.disk)
        spool = open_spool(self.disk / "spool", clock=self.time.clock, owner=self.fingerprint)
        state.begin()
        identity = state.identity
        assert identity is not None
        uplink = Uplink(
            read_endpoint(identity.collector),
            trust=trust_only(identity.authority),
            clock=self.time.clock.boottime,
            not_before=state.settings.not_before,
        )
        courier = Courier(
            state=state,
            spool=spool,
            uplink=uplink,
            clock=self.time.clock,
            fingerprint=self.fingerprint,
            system="linux",
            host=HOST,
            chance=self.chance,
        )
        try:
            yield Running(self, state, spool, courier)
        finally:
            uplink.close()
            spool.close()
            state.close()


class Running:
    """One run: what it has measured, and how it reports."""

    def __init__(self, pc: Pc, state: State, spool: Spool, courier: Courier) -> None:
        self.state = state
        self.spool = spool
        self.courier = courier
        self.run = secrets.token_hex(8)
        self.measured: dict[int, float] = {}
        """Number of each result -> what the PC's boot-time clock said then (seconds)."""
        self._pc = pc

    def measure(self, count: int = 1, *, word: Word | None = None) -> LiveReport:
        """Measures now, so many results; they are in the spool when this returns."""
        clock = self._pc.time.clock
        fresh = []
        for _ in range(count):
            seq = len(self.measured) + 1
            boottime = clock.boottime()
            self.measured[seq] = boottime
            finding = Finding(
                probe="clock",
                outcome=Outcome.OK,
                boottime=boottime,
                wall=clock.wall(),
                # Its own number, so that it is known again wherever it turns up.
                readings=(CLOCK_STEPS(seq),),
            )
            fresh.append((seq, encode_result(finding, seq, Fence())))
        self.spool.append(self.run, clock.boot, [(seq, False, body) for seq, body in fresh])
        return LiveReport(run=self.run, boot=clock.boot, results=tuple(fresh), beat=self._pc.beat, word=word)

    def report(self, count: int = 1, *, word: Word | None = None) -> Round:
        """Measures and sends."""
        return self.courier.beat(self.measure(count, word=word))

    def waiting(self) -> set[int]:
        """Numbers of this run that the collector has not acknowledged."""
        return {seq for batch in self.spool.backlog(100_000) if batch.run == self.run for seq, _ in batch.results}
