"""What smartctl (smartmontools 7 and newer) tells of a disk's health.

Its exit code is a set of bits of which most say nothing about the disk: 4 and 64 are common on sound ones. Whether the
disk was heard at all shows in what stands in the answer. Its messages are never translated.
"""

import msgspec

from schooldrum_agent.probe import Unavailable
from schooldrum_agent.sources import command, files, smart

_PROGRAMS = ("usr/sbin/smartctl", "usr/bin/smartctl", "sbin/smartctl")
_NOT_ASKED = 0b11
"""No such kind of disk; not opened."""
_KINDS = {"nvme": ("-d", "nvme"), "sata": ("-d", "sat")}
"""Said beforehand, because to find it out smartctl would wake a sleeping disk."""
_DENIED = ("permission denied", "operation not permitted", "error=5")
_ASLEEP = ("in standby", "in sleep")
_LIFE_LEFT = frozenset(
    {
        "ssd_life_left", "media_wearout_indicator", "wear_leveling_count", "percent_lifetime_remain",
        "remaining_lifetime_perc", "percent_life_remaining", "drive_life_remaining%", "perc_rem_life",
    },
)  # fmt: skip
_MOST_ATTRIBUTES, _HIGHEST = 60, 255
_KEPT = frozenset(
    {
        "smartctl", "model_name", "smart_status", "temperature", "power_on_time", "endurance_used",
        "ata_smart_attributes", "nvme_smart_health_information_log", "scsi_grown_defect_list",
    },
)  # fmt: skip


def program(rootfs: str) -> str | None:
    """Where smartctl lies; None where it is not installed, or another system is looked at than the one that runs."""
    if rootfs != "/":
        return None
    return next((f"/{path}" for path in _PROGRAMS if files.target(rootfs, path)), None)


def ask(path: str, device: str, bus: str | None, timeout: float) -> dict[str, object]:
    """The report of the smartctl at `path` on a device such as /dev/sda, but for what only names this very disk.

    A sleeping disk is not woken.

    Raises:
        Denied: smartctl may not be started.
        Unavailable: it is gone, or too old to answer in JSON.
        TimeoutError: the disk, or its controller, does not answer.
    """
    answer = command.run(path, "--json", "-a", "-n", "standby", *_KINDS.get(bus or "", ()), device, timeout=timeout)
    try:
        report = msgspec.json.decode(answer.output)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise Unavailable(f"{path} is too old to answer in JSON") from problem
    if not isinstance(report, dict):
        raise Unavailable(f"{path} gave an answer that is no report")
    return {name: value for name, value in report.items() if name in _KEPT}


def unread(report: dict[str, object]) -> str | None:
    """Why it tells nothing of the disk's health: denied, asleep or not_told; None where it was heard."""
    said = " ".join(
        str(one.get("string")) for one in _listed(_table(report, "smartctl").get("messages")) if isinstance(one, dict)
    ).casefold()
    if any(words in said for words in _ASLEEP):
        return "asleep"
    status = smart.count(_table(report, "smartctl").get("exit_status"))
    if status is None or status & _NOT_ASKED:
        return "denied" if any(words in said for words in _DENIED) else "not_told"
    return None


def health(report: dict[str, object]) -> dict[str, object]:
    """What it says, by the columns of the section `disks`; a column it does not tell is absent."""
    if unread(report):
        return {}
    model = report.get("model_name")
    found = [one for one in _listed(_table(report, "ata_smart_attributes").get("table")) if isinstance(one, dict)]
    told: dict[str, object] = smart.of_attributes(
        [one for row in found[:_MOST_ATTRIBUTES] if (one := _attribute(row))],
        model if isinstance(model, str) else None,
    )
    for row in found:
        left = smart.count(row.get("value"))
        if str(row.get("name")).casefold() in _LIFE_LEFT and left is not None and left <= 100:  # noqa: PLR2004 - percent
            told["wear"] = 100 - left
    log = _table(report, "nvme_smart_health_information_log")
    # smartctl speaks the verdict itself where it has one: where it is silent, counters alone are none.
    told |= {column: value for column, value in smart.of_health_log(log).items() if column != "passed"}
    passed = _table(report, "smart_status").get("passed")
    better = {
        "passed": passed if isinstance(passed, bool) else None,
        "hours": smart.count(_table(report, "power_on_time").get("hours")),
        "temperature": smart.celsius(_table(report, "temperature").get("current")),
        "wear": smart.percent(_table(report, "endurance_used").get("current_percent")),
        "reallocated": smart.count(report.get("scsi_grown_defect_list")),
    }
    told |= {column: value for column, value in better.items() if value is not None}
    return {**told, "source": "nvme" if log else "smart"} if told else {}


def _attribute(row: dict[str, object]) -> smart.Attribute | None:
    number, value = smart.count(row.get("id")), smart.count(row.get("value"))
    raw = smart.count(_table(row, "raw").get("value"))
    if number is None or number > _HIGHEST or value is None or raw is None:
        return None
    return smart.Attribute(
        number=number,
        prefail=_table(row, "flags").get("prefailure") is True,
        value=value,
        threshold=smart.count(row.get("thresh")),
        raw=raw,
    )


def _table(report: dict[str, object], key: str) -> dict[str, object]:
    found = report.get(key)
    return found if isinstance(found, dict) else {}


def _listed(found: object) -> list[object]:
    return found if isinstance(found, list) else []
