"""How a disk is, judged from what it says of itself.

Judged here and not on the PC, so that a limit that turns out wrong is changed once. A disk that nobody could read is
unknown: not read is not sound, and no fault either.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from schooldrum_wire.catalogue.storage import STORAGE_DISKS
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Value, Values


class Verdict(enum.StrEnum):
    """How a disk is; the worst first."""

    FAILING = "failing"
    WARNING = "warning"
    UNKNOWN = "unknown"
    OK = "ok"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """From where on a disk is warned of: percent of its life that are used up, degrees Celsius."""

    wear: int = 90
    temperature: int = 60


class Reason(msgspec.Struct, frozen=True):
    """Why: a code, and the column's value that says so."""

    code: str
    value: str = ""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A disk's verdict with every reason for it, the gravest first; an `ok` disk has none."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


class Read(msgspec.Struct, frozen=True, array_like=True):
    """A disk's row when it was last read, and the day of that."""

    day: date
    row: dict[str, Value]


USUAL = Limits()
LAST_READ = "last_read"
"""In a row out of memory, and among its reasons: the day on which the disk was read."""
_ASLEEP = "asleep"
COUNTED = ("reallocated", "reallocations", "pending", "uncorrectable", "unreadable", "media_errors")
"""Columns of which one is a sign of age already."""
_ONE_DISK = frozenset({"sata", "nvme", "scsi", "mmc", "sd", "usb"})
"""Buses on which what the system calls a disk is one."""
CRITICAL = (
    (1, "spare_low"), (2, "too_hot"), (4, "unreliable"), (8, "read_only"), (16, "backup_failed"), (32, "read_only"),
)  # fmt: skip
"""The bits of an NVMe disk's critical warning (NVM Express base specification, SMART / Health Information)."""


def remembered(rows: Iterable[Values], before: Mapping[str, Read], day: date) -> tuple[list[Values], dict[str, Read]]:
    """The disks as they were last read, and what is to be remembered of them.

    A disk that sleeps is not woken to be asked: it is as it was. One that was bad and cannot be read any more, for
    whatever reason, has not become better.
    """
    found: list[Values] = []
    kept: dict[str, Read] = {}
    for said in rows:
        # A PC that names this column itself is not believed.
        row = {name: value for name, value in said.items() if name != LAST_READ} if LAST_READ in said else said
        key = f"{row.get('disk')} {row.get('size')} {row.get('serial') or ''}".rstrip()
        known = before.get(key)
        if row.get("unread") is None:
            kept[key] = Read(day, dict(row))
        elif known is not None:
            kept[key] = known
            if row.get("unread") == _ASLEEP or judge(known.row).verdict in {Verdict.FAILING, Verdict.WARNING}:
                told = {name: value for name, value in row.items() if value is not None and name != "unread"}
                found.append({**known.row, **told, LAST_READ: known.day.isoformat()})
                continue
        found.append(row)
    return found, kept


def judge(disk: Values, limits: Limits = USUAL) -> Judgement:
    """The verdict on a row of the section `disks`."""
    found = _judged(disk, limits)
    day = disk.get(LAST_READ)
    if not day or not found.reasons:
        return found
    return msgspec.structs.replace(found, reasons=(*found.reasons, Reason(LAST_READ, f"{day}")))


def _judged(disk: Values, limits: Limits) -> Judgement:
    failing = _failing(disk)
    warning = _warning(disk, limits)
    if failing:
        return Judgement(verdict=Verdict.FAILING, reasons=(*failing, *warning))
    if warning:
        return Judgement(verdict=Verdict.WARNING, reasons=tuple(warning))
    # Counters without fault are no verdict: some disks keep counting while they do not answer whether they are sound.
    # An NVMe disk's own log has that answer in it; smartctl gives it as `passed`.
    sound = disk.get("source") == "nvme" and _count(disk, "critical") == 0
    own = sound or disk.get("passed") is True
    healthy = disk.get("health") == "healthy"
    if (own or healthy) and (status := disk.get("status")):
        return Judgement(verdict=Verdict.UNKNOWN, reasons=(Reason("status", f"{status}"),))
    if own or (healthy and disk.get("bus") in _ONE_DISK):
        return Judgement(verdict=Verdict.OK)
    # What is healthy there is the volume: which disks it is made of, and how they are, Windows does not see.
    why = "raid" if healthy and disk.get("bus") == "raid" else str(disk.get("unread") or "not_told")
    return Judgement(verdict=Verdict.UNKNOWN, reasons=(Reason(why),))


def _failing(disk: Values) -> list[Reason]:
    critical = _count(disk, "critical") or 0
    found = [Reason(code) for code in dict.fromkeys(code for bit, code in CRITICAL if critical & bit)]
    if critical and not found:
        found.append(Reason("critical", f"{critical}"))
    if below := disk.get("below"):
        found.append(Reason("below", f"{below}"))
    if disk.get("health") == "unhealthy":
        found.append(Reason("unhealthy"))
    # An NVMe disk has not passed because of the warnings that are named above.
    if disk.get("passed") is False and not critical:
        found.append(Reason("not_passed"))
    return found


def _warning(disk: Values, limits: Limits) -> list[Reason]:
    found = [Reason(column, f"{count}") for column in COUNTED if (count := _count(disk, column))]
    if disk.get("health") == "warning":
        found.append(Reason("warned"))
    if outlived := disk.get("outlived"):
        found.append(Reason("outlived", f"{outlived}"))
    for column, limit in (("wear", limits.wear), ("temperature", limits.temperature)):
        value = _count(disk, column)
        if value is not None and value >= limit:
            found.append(Reason(column, f"{value}"))
    return found


def _count(disk: Values, column: str) -> int | None:
    value = disk.get(column)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def readings(disks: Iterable[Values], limits: Limits = USUAL) -> list[Reading]:
    """The rows of a PC as its kept metric: how many disks have each verdict; nothing for a PC that lists none."""
    counted = Counter(judge(disk, limits).verdict for disk in disks)
    return [STORAGE_DISKS(counted[verdict], verdict=verdict.value) for verdict in Verdict if counted[verdict]]
