r"""Which disks Windows has and what it knows of their health, as its classes and drivers tell.

No single door tells it of every disk: MSFT_PhysicalDisk tells kind and verdict, Win32_DiskDrive the name under which
`root\wmi` keeps the SMART sectors of ATA disks, the driver of an NVMe disk its health log. Each may be missing. For
children only, like all of WMI.
"""

import struct
from collections.abc import Callable
from typing import Any, TypeVar

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import smart, windows, wmi

_STORAGE = r"root\Microsoft\Windows\Storage"
_DISK = (
    "DeviceId", "FriendlyName", "Model", "SerialNumber", "Size", "BusType", "MediaType", "SpindleSpeed", "HealthStatus",
    "OperationalStatus", "FirmwareVersion", "ObjectId",
)  # fmt: skip
_NEWER = ("AdapterSerialNumber",)
"""Since Windows 10; an older one refuses a whole query for it."""
_COUNTERS = ("Temperature", "Wear", "PowerOnHours", "ReadErrorsUncorrected")
_DRIVE = (
    "Index", "Model", "SerialNumber", "Size", "InterfaceType", "Capabilities", "PNPDeviceID", "FirmwareRevision",
    "Status",
)  # fmt: skip
_SMART = {
    "predicted": ("MSStorageDriver_FailurePredictStatus", ("InstanceName", "PredictFailure")),
    "sectors": ("MSStorageDriver_FailurePredictData", ("InstanceName", "VendorSpecific")),
    "thresholds": ("MSStorageDriver_FailurePredictThresholds", ("InstanceName", "VendorSpecific")),
}
_NVME = 17
_MOST = 16
_QUERY_PROPERTY = 0x002D1400
_PROTOCOL_SPECIFIC, _STANDARD_QUERY, _PROTOCOL_NVME, _LOG_PAGE, _HEALTH_LOG = 50, 0, 3, 2, 2
_HEAD = 8
_PROTOCOL_DATA = struct.Struct("<10I")

Rows = list[dict[str, Any]]
_Told = TypeVar("_Told")


def disks() -> dict[str, Any]:
    """{disks, drives, predicted, sectors, thresholds, counters, logs, denied}.

    The first five are rows of the classes above, None where Windows has no such class or refuses; `counters` are rows
    of MSFT_StorageReliabilityCounter and `logs` health logs of NVMe disks (512 numbers), both by the disk's number as
    text. `denied` is whether anything was refused for want of a right.

    Raises:
        Denied: no list of disks may be had.
        Unavailable: there is none, or this is not Windows.
        OSError: WMI failed in another way.
    """
    refused: list[str] = []
    found = _tried(refused, _physical)
    drives = _tried(refused, _ask, r"root\cimv2", "Win32_DiskDrive", _DRIVE)
    # No disk at all is only believed where both have answered: one that could not be asked is no empty list.
    if not found and not drives and (found is None or drives is None):
        if refused:
            raise Denied(refused[0])
        raise Unavailable("Windows lists no disks")
    told = {name: _tried(refused, _ask, r"root\wmi", kind, values) for name, (kind, values) in _SMART.items()}
    counters, logs = {}, {}
    for disk in (found or [])[:_MOST]:
        number, identity = str(disk.get("DeviceId")), disk.pop("ObjectId", None)
        if rows := _tried(refused, _counters, str(identity)) if identity else None:
            counters[number] = rows[0]
        is_nvme = wmi.unsigned(disk.get("BusType")) == _NVME
        if is_nvme and number.isdecimal() and (log := _tried(refused, _health_log, number)):
            logs[number] = list(log)
    return {"disks": found, "drives": drives, **told, "counters": counters, "logs": logs, "denied": bool(refused)}


def _tried(refused: list[str], ask: Callable[..., _Told], *arguments: Any) -> _Told | None:
    """What the call gives, None where Windows has no such thing or fails; what is refused is noted in `refused`."""
    try:
        return ask(*arguments)
    except Denied as problem:
        refused.append(str(problem))
    except (Unavailable, OSError):
        pass
    return None


def _physical() -> Rows:
    try:
        return _ask(_STORAGE, "MSFT_PhysicalDisk", (*_DISK, *_NEWER))
    except Unavailable:
        return _ask(_STORAGE, "MSFT_PhysicalDisk", _DISK)


def _ask(namespace: str, kind: str, values: tuple[str, ...]) -> Rows:
    return wmi.query(namespace, f"SELECT {', '.join(values)} FROM {kind}", values)  # noqa: S608 - WQL of constants


def _counters(identity: str) -> Rows:
    named = identity.replace("\\", "\\\\").replace('"', '\\"')
    way = f'{{MSFT_PhysicalDisk.ObjectId="{named}"}} WHERE ResultClass = MSFT_StorageReliabilityCounter'
    return wmi.query(_STORAGE, f"ASSOCIATORS OF {way}", _COUNTERS)


def health_log_request() -> bytes:
    """STORAGE_PROPERTY_QUERY for the health log, followed by the room for it, as the driver wants it."""
    data = _PROTOCOL_DATA.pack(
        _PROTOCOL_NVME, _LOG_PAGE, _HEALTH_LOG, 0, _PROTOCOL_DATA.size, smart.LOG_BYTES, 0, 0, 0, 0
    )
    return struct.pack("<II", _PROTOCOL_SPECIFIC, _STANDARD_QUERY) + data + bytes(smart.LOG_BYTES)


def _health_log(number: str) -> bytes:
    request = health_log_request()
    return log_in(windows.ask_device(rf"\\.\PhysicalDrive{number}", _QUERY_PROPERTY, request, len(request)))


def log_in(answer: bytes) -> bytes:
    """The log page in a STORAGE_PROTOCOL_DATA_DESCRIPTOR; empty where these bytes are none."""
    if len(answer) < _HEAD + _PROTOCOL_DATA.size:
        return b""
    values = _PROTOCOL_DATA.unpack_from(answer, _HEAD)
    at, length = _HEAD + values[4], values[5]
    if values[4] < _PROTOCOL_DATA.size or length < smart.LOG_BYTES or at + smart.LOG_BYTES > len(answer):
        return b""
    return answer[at : at + smart.LOG_BYTES]
