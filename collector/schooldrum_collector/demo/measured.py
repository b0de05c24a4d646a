"""What the probes of a simulated PC say: figures that move a little, and lists in which some things are wrong."""

import functools
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from schooldrum_collector.demo.breaks import Trouble
from schooldrum_collector.judge import builds
from schooldrum_wire.catalogue import SECTIONS, agent, clock, cpu, disk, interfaces, ladder, memory, updates, uptime
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Values

Readings = tuple[Reading, ...]
_ALL_WELL = ("link", "address", "gateway", "resolver", "provider", "national", "international", "collector")
_REACHED = {Trouble.SWITCH: 0, Trouble.LINE: 3, Trouble.LOGIN: 4}
_FAR = ("provider", "national", "international")
_LOST = (0.18, 0.34)
_ROUND_TRIPS = {"gateway": 0.0008, "provider": 0.006, "national": 0.012, "international": 0.085}
_KINDS = (
    # maker and model, memory in GiB, Windows, build, revision, release
    ("LENOVO", "ThinkCentre M70q", 8, "Windows 11 Pro", 26100, 6584, "24H2"),
    ("Dell Inc.", "OptiPlex 3060", 8, "Windows 10 Pro", 19045, 6456, "22H2"),
    ("HP", "ProDesk 400 G5", 8, "Windows 10 Pro", 19045, 5011, "22H2"),
    ("FPT Elead", "T10i", 4, "Windows 10 Pro", 19044, 2965, "21H2"),
)
_MISSING = (("KB5066791", "2025-10-14"), ("KB5065429", "2025-09-09"), ("KB5063709", "2025-08-12"))


def ladder_readings(trouble: Trouble | None, chance: random.Random) -> Readings:
    """How far the way to the internet goes: every step that was tried, how long far ones took, what they lost."""
    if trouble is None or trouble.lets_through:
        slow = 4.0 if trouble is Trouble.LOSS else 1.0
        passed = [
            ladder.STEP_SUCCESS(float(trouble is not Trouble.DNS or step != "resolver"), step=step, family="ipv4")
            for step in _ALL_WELL
        ]
        trips = [
            ladder.ROUND_TRIP_SECONDS(round(slow * usual * chance.uniform(0.8, 1.6), 5), step=step, family="ipv4")
            for step, usual in _ROUND_TRIPS.items()
        ]
        lost = [
            ladder.LOSS_RATIO(
                round(chance.uniform(*_LOST), 2) if trouble is Trouble.LOSS else 0.0, step=step, family="ipv4"
            )
            for step in _FAR
        ]
        return (*passed, *trips, *lost)
    reached = _REACHED[trouble]
    tried = _ALL_WELL if reached else _ALL_WELL[:1]
    climbed = [ladder.STEP_SUCCESS(float(at < reached), step=step, family="ipv4") for at, step in enumerate(tried)]
    return (*climbed, ladder.CAPTIVE_PORTAL(1)) if trouble is Trouble.LOGIN else tuple(climbed)


def figures(number: int, boottime: float, chance: random.Random) -> Iterator[tuple[str, Readings]]:
    """The other probes of an ordinary PC with one wired card and two volumes."""
    share = chance.random
    gibibytes = _KINDS[number % len(_KINDS)][2] << 30
    yield "cpu", (cpu.CPU_USAGE_RATIO(round(0.05 + 0.4 * share() ** 2, 4)), cpu.CPU_LOGICAL_PROCESSORS(4))
    yield (
        "memory",
        (memory.MEMORY_SIZE_BYTES(gibibytes), memory.MEMORY_AVAILABLE_BYTES(int(gibibytes * (0.3 + 0.3 * share())))),
    )
    # One PC in forty has a system volume that is nearly full.
    free = 2_000_000_000 if number % 40 == 7 else 40_000_000_000 + int(share() * 1e9)  # noqa: PLR2004 - any one of them
    yield (
        "disk",
        (
            disk.DISK_SIZE_BYTES(120_000_000_000, volume="C:"),
            disk.DISK_FREE_BYTES(free, volume="C:"),
            disk.DISK_SIZE_BYTES(120_000_000_000, volume="D:"),
            disk.DISK_FREE_BYTES(90_000_000_000, volume="D:"),
        ),
    )
    card = {"interface": "ethernet0"}
    # One in fifty hangs on a bad cable.
    is_bad = number % 50 == 3  # noqa: PLR2004 - any one of them
    yield (
        "interfaces",
        (
            interfaces.INTERFACE_UP(1, **card),
            interfaces.INTERFACE_SPEED_BYTES(12_500_000 if is_bad else 125_000_000, **card),
            interfaces.INTERFACE_HALF_DUPLEX(float(is_bad), **card),
            interfaces.INTERFACE_RECEIVE_BYTES(int(boottime * 40_000), **card),
            interfaces.INTERFACE_TRANSMIT_BYTES(int(boottime * 9_000), **card),
        ),
    )
    yield "uptime", (uptime.BOOT_TIMESTAMP(boottime), uptime.POWER_ON_TIMESTAMP(boottime))
    yield "clock", (clock.CLOCK_STEPS(0),)
    yield "updates", (updates.SECURITY_UPDATES_PENDING(len(_missing(number))),)
    yield (
        "agent",
        (
            agent.AGENT_CPU_SECONDS(round(boottime * 1e-4, 2)),
            agent.AGENT_RESIDENT_MEMORY_BYTES(26_000_000 + int(share() * 1e5)),
            agent.AGENT_START_TIMESTAMP(boottime),
        ),
    )


@functools.cache
def _newest(build: int) -> int | None:
    """The newest revision of a build of Windows in the list that is shipped."""
    known = builds.read((Path(__file__).parents[1] / "data" / "builds.json").read_bytes())
    return builds.newest({"system": "windows", "server": False, "build": build}, known)


def _disk(number: int) -> Values:
    """The disk of a PC: one in a hundred has sectors replaced, one in two hundred fails."""
    disk: Values = {"disk": "PhysicalDrive0", "kind": "ssd", "bus": "sata", "size": 240_057_409_536, "source": "smart"}
    disk["passed"] = number % 200 != 13  # noqa: PLR2004 - any one of them
    disk["reallocated"] = 24 if number % 100 == 31 else 0  # noqa: PLR2004 - any one of them
    return disk


def _missing(number: int) -> tuple[tuple[str, str], ...]:
    return _MISSING[: (0, 0, 1, 3)[number % 4]]


def rows(number: int, searched: date) -> dict[str, list[Values]]:
    """The lists of a simulated PC, section by section; some are out of support, some miss updates, a few more.

    `searched` is the day on which it last looked for updates.
    """
    maker, model, gibibytes, title, build, revision, release = _KINDS[number % len(_KINDS)]
    if number % len(_KINDS) == 0:
        # Who misses nothing has the newest build, or its two signs would speak against each other.
        revision = _newest(build) or revision
    version = f"10.0.{build}.{revision}"
    weak = number % 9 == 0
    found: dict[str, list[Values]] = {
        "host": [{"system": "windows", "release": f"{title} {release}", "kernel": f"{build}.{revision}"}],
        "system": [
            {
                "maker": maker,
                "model": model,
                "chassis": "desktop",
                "laptop": False,
                "virtual": False,
                "memory": gibibytes << 30,
                "cores": 4,
                "threads": 4,
                "processor": "Intel Core i3",
            }
        ],
        "operating_system": [
            {
                "system": "windows",
                "product": title.rpartition(" ")[0],
                "title": title,
                "edition": "Professional",
                "server": False,
                "release": release,
                "version": version,
                "build": build,
                "revision": revision,
                "architecture": "amd64",
            }
        ],
        "antivirus": [
            {
                "product": "Windows Defender",
                "maker": "microsoft",
                "state": "off" if weak else "on",
                "signatures": "up_to_date",
                "signature_age": 1,
                "mode": "normal",
                "installed": True,
            }
        ],
        "firewall": [
            {"profile": name, "enabled": True, "inbound": "block", "active": name == "private", "source": "effective"}
            for name in ("domain", "private", "public")
        ],
        "automatic_updates": [{"mode": "automatic", "why": "default", "own_server": False, "restart_pending": False}],
        "update_history": [{"last_scan": searched.isoformat()}],
        "updates": [
            {"update": name, "kind": "security", "severity": "important", "published": day, "downloaded": False}
            for name, day in _missing(number)
        ],
        "accounts": [
            {
                "administrators": 4 if weak else 1,
                "everyone_administrator": False,
                "builtin_administrator": False,
                "accounts": 2,
                "guest": False,
                "password_optional": 0,
                "shortest_password": 8,
                "empty_over_network": False,
                "autologon": number % 6 == 0,
                "stored_password": False,
            }
        ],
        "sharing": [{"server": "on" if number % 11 == 0 else "off", "client": "off"}],
        "remote_desktop": [{"enabled": False, "protected": True, "port": 3389, "assistance": False}],
        "disks": [_disk(number)],
        "encryption": [{"volume": "C:", "role": "system", "state": "decrypted", "protection": "off"}],
    }
    return {name: SECTIONS[name].sorted(some) for name, some in found.items()}
