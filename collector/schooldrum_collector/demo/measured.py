"""What the probes of a simulated PC say: figures that move a little, and lists in which some things are wrong."""

import functools
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from schooldrum_collector.demo.breaks import Trouble
from schooldrum_collector.judge import builds
from schooldrum_wire.catalogue import (
    SECTIONS,
    agent,
    batteries,
    clock,
    cpu,
    disk,
    interfaces,
    ladder,
    memory,
    updates,
    uptime,
)
from schooldrum_wire.reading import Reading
from schooldrum_wire.result import Outcome
from schooldrum_wire.section import Values

Readings = tuple[Reading, ...]
_ALL_WELL = ("link", "address", "gateway", "resolver", "provider", "national", "international", "collector")
_REACHED = {Trouble.SWITCH: 0, Trouble.LINE: 3, Trouble.LOGIN: 4}
_FAR = ("provider", "national", "international")
_SILENT = {Trouble.DNS: "resolver", Trouble.ABROAD: "international"}
_LOST = (0.18, 0.34)
_ROUND_TRIPS = {"gateway": 0.0008, "provider": 0.006, "national": 0.012, "international": 0.085}
SERVICES = ("csdl", "email")
"""Names that an office might give the services its schools use."""
_PHASES = {"resolve": 0.02, "connect": 0.03, "tls": 0.06, "first_byte": 0.15}
NUMBERS_A_SCHOOL = 1000
"""The numbers of a school's PCs begin at so many times its own."""


class Model(msgspec.Struct, frozen=True):
    """What a PC is: its maker and model, memory in GiB, Windows with its build.

    `revision` 0 is the newest that is known; `missing` are updates with the day of their publication.
    """

    maker: str
    model: str
    gibibytes: int
    title: str
    build: int
    revision: int
    release: str
    missing: tuple[tuple[str, str], ...] = ()


_MODELS = (
    Model("LENOVO", "ThinkCentre M70q", 8, "Windows 11 Pro", 26200, 0, "25H2"),
    Model("Dell Inc.", "OptiPlex 3060", 8, "Windows 10 Pro", 19045, 6456, "22H2"),
    Model("HP", "ProDesk 400 G6", 8, "Windows 11 Pro", 26200, 8457, "25H2", (("KB5101650", "2026-07-14"),)),
    Model(
        *("FPT Elead", "T10i", 4, "Windows 10 Pro", 19044, 2965, "21H2"),
        (("KB5066791", "2025-10-14"), ("KB5065429", "2025-09-09"), ("KB5063709", "2025-08-12")),
    ),
)
_LAPTOP = "ProBook 440 G6"
_FAILING = {
    ("tpm", Outcome.DENIED): (31, 4),
    ("monitors", Outcome.TIMED_OUT): (67, 9),
    ("printers", Outcome.FAILED): (89, 3),
}
"""By probe and outcome: of which PCs, by what is left of their number when it is divided."""
_BATTERY = 45_000
"""mWh"""
_FROZEN = range(11 * NUMBERS_A_SCHOOL, 11 * NUMBERS_A_SCHOOL + 12)


def _model(number: int) -> Model:
    return _MODELS[number % len(_MODELS)]


def is_frozen(number: int) -> bool:
    """Whether its disk forgets at every start: one lab of the area has a program for that."""
    return number in _FROZEN


def is_behind(number: int) -> bool:
    """Whether it misses updates that its system still gets."""
    return _model(number) is _MODELS[2]


def clock_error(number: int) -> float:
    """How far its clock is ahead, in seconds: of one in a hundred the battery of the mainboard is empty."""
    return 1260.0 if number % 97 == 11 else 0.0  # noqa: PLR2004 - any one of them


def failing(number: int) -> Iterator[tuple[str, Outcome]]:
    """Probes that do not read what they ask for on this PC, and how their runs end."""
    for (probe, outcome), (by, left) in _FAILING.items():
        if number % by == left:
            yield probe, outcome


def _wear(number: int) -> float | None:
    """How worn its battery is; None for what is no laptop."""
    return round(number % 7 / 10, 1) if number % 23 == 5 else None  # noqa: PLR2004 - any one of them


def ladder_readings(trouble: Trouble | None, chance: random.Random) -> Readings:
    """How far the way to the internet goes: every step that was tried, how long far ones took, what they lost."""
    if trouble is None or trouble.lets_through:
        return tuple(_of_the_way(trouble, chance))
    reached = _REACHED[trouble]
    tried = _ALL_WELL if reached else _ALL_WELL[:1]
    climbed = [ladder.STEP_SUCCESS(float(at < reached), step=step, family="ipv4") for at, step in enumerate(tried)]
    return (*climbed, ladder.CAPTIVE_PORTAL(1)) if trouble is Trouble.LOGIN else tuple(climbed)


def _of_the_way(trouble: Trouble | None, chance: random.Random) -> Iterator[Reading]:
    """A way on which reports get through, whatever else is wrong with it."""
    slow = 4.0 if trouble is Trouble.LOSS else 1.0
    silent = _SILENT.get(trouble, "") if trouble else ""
    for step in (*_ALL_WELL, "independent_resolver"):
        yield ladder.STEP_SUCCESS(float(step != silent), step=step, family="ipv4")
    for step, usual in _ROUND_TRIPS.items():
        if step != silent:
            at = {"step": step, "family": "ipv4"}
            yield ladder.ROUND_TRIP_SECONDS(round(slow * usual * chance.uniform(0.8, 1.6), 5), **at)
            yield ladder.JITTER_SECONDS(round(slow * usual * chance.uniform(0.05, 0.2), 5), **at)
    for step in _FAR:
        if step != silent:
            lost = round(chance.uniform(*_LOST), 2) if trouble is Trouble.LOSS else 0.0
            yield ladder.LOSS_RATIO(lost, step=step, family="ipv4")


def figures(number: int, boottime: float, chance: random.Random, *, waiting: int) -> Iterator[tuple[str, Readings]]:
    """The other probes of an ordinary PC with one wired card and two volumes; `waiting` results are not sent yet."""
    share = chance.random
    gibibytes = _model(number).gibibytes << 30
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
    yield "updates", (updates.SECURITY_UPDATES_PENDING(len(_model(number).missing)),)
    yield (
        "agent",
        (
            agent.AGENT_CPU_SECONDS(round(boottime * 1e-4, 2)),
            agent.AGENT_RESIDENT_MEMORY_BYTES(26_000_000 + int(share() * 1e5)),
            agent.AGENT_START_TIMESTAMP(boottime),
            agent.AGENT_SPOOL_RESULTS(waiting),
            # One in two hundred was off the line for so long that its disk could not hold what it measured.
            agent.AGENT_SPOOL_DROPPED(37 if number % 200 == 17 else 0),  # noqa: PLR2004 - any one of them
        ),
    )
    worn = _wear(number)
    if worn is not None:
        yield "batteries", (batteries.BATTERY_WEAR_RATIO(worn),)


def services(chance: random.Random) -> Readings:
    """What a PC that asks its school's services measures while all of them answer."""
    return tuple(
        reading
        for target in SERVICES
        for reading in (
            ladder.TARGET_SUCCESS(1, target=target),
            *(
                ladder.TARGET_PHASE_SECONDS(round(usual * chance.uniform(0.7, 1.8), 4), target=target, phase=phase)
                for phase, usual in _PHASES.items()
            ),
        )
    )


@functools.cache
def _newest(build: int) -> int:
    """The newest revision of a build of Windows in the list that is shipped."""
    known = builds.read((Path(__file__).parents[1] / "data" / "builds.json").read_bytes())
    return builds.newest({"system": "windows", "server": False, "build": build}, known) or 0


def _disk(number: int) -> Values:
    """The disk of a PC: one in a hundred has sectors replaced, one in two hundred fails."""
    disk: Values = {"disk": "PhysicalDrive0", "kind": "ssd", "bus": "sata", "size": 240_057_409_536, "source": "smart"}
    disk["passed"] = number % 200 != 13  # noqa: PLR2004 - any one of them
    disk["reallocated"] = 24 if number % 100 == 31 else 0  # noqa: PLR2004 - any one of them
    return disk


def _battery(worn: float) -> Values:
    held = {"design": _BATTERY, "full": round(_BATTERY * (1 - worn))}
    return {
        "battery": "BAT0",
        "maker": "HP",
        "model": "RE03XL",
        "chemistry": "LION",
        "cycles": round(900 * worn),
        **held,
    }


def rows(number: int, searched: date) -> dict[str, list[Values]]:
    """The lists of a simulated PC, section by section; some are out of support, some miss updates, a few more.

    `searched` is the day on which it last looked for updates.
    """
    pc, worn = _model(number), _wear(number)
    # Who misses nothing has the newest build, or its two signs would speak against each other.
    revision = pc.revision or _newest(pc.build)
    version = f"10.0.{pc.build}.{revision}"
    weak = number % 9 == 0
    found: dict[str, list[Values]] = {
        "host": [{"system": "windows", "release": f"{pc.title} {pc.release}", "kernel": f"{pc.build}.{revision}"}],
        "system": [
            {
                "maker": pc.maker if worn is None else "HP",
                "model": pc.model if worn is None else _LAPTOP,
                "chassis": "desktop" if worn is None else "notebook",
                "laptop": worn is not None,
                "virtual": False,
                "memory": pc.gibibytes << 30,
                "cores": 4,
                "threads": 4,
                "processor": "Intel Core i3",
            }
        ],
        "operating_system": [
            {
                "system": "windows",
                "product": pc.title.rpartition(" ")[0],
                "title": pc.title,
                "edition": "Professional",
                "server": False,
                "release": pc.release,
                "version": version,
                "build": pc.build,
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
            for name, day in pc.missing
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
        "freeze": [{"product": "Deep Freeze", "state": "frozen"}] if is_frozen(number) else [],
        "batteries": [] if worn is None else [_battery(worn)],
    }
    return {name: SECTIONS[name].sorted(some) for name, some in found.items()}
