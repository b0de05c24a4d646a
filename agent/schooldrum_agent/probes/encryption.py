r"""Whether the volumes that are built in are encrypted, so that a stolen PC tells nothing.

BitLocker is asked by its methods: the properties that WMI keeps beside them said "protected" on volumes that were not
encrypted at all. They want an administrator; everybody else is told a little by the shell. Encrypted while the
protection is off is suspended: the key lies readable on the disk. A recovery password is never asked. On Linux what
lies below each mounted volume is looked at; encryption inside a file system cannot be seen there.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import automation, command, files, volumes, wmi
from schooldrum_wire.catalogue.encryption import ENCRYPTION
from schooldrum_wire.section import Row

_NAMESPACE = r"root\CIMV2\Security\MicrosoftVolumeEncryption"
_PROPERTIES = ("DriveLetter", "VolumeType", "ProtectionStatus", "ConversionStatus", "EncryptionMethod")
_ANSWERS = (
    "GetProtectionStatus.ProtectionStatus",
    "GetConversionStatus.ConversionStatus",
    "GetConversionStatus.EncryptionPercentage",
    "GetEncryptionMethod.EncryptionMethod",
    "GetLockStatus.LockStatus",
)
_SYSTEM, _REMOVABLE = 0, 2
_STATES = {0: "decrypted", 1: "encrypted", 2: "encrypting", 3: "decrypting", 4: "paused", 5: "paused"}
_METHODS = {
    1: "aes_128_diffuser", 2: "aes_256_diffuser", 3: "aes_128", 4: "aes_256", 5: "hardware", 6: "xts_aes_128",
    7: "xts_aes_256",
}  # fmt: skip
_ON, _NOT_TOLD, _LOCKED = 1, 2, 1
_BY_SHELL = {
    0: ("decrypted", "off"),  # cannot be encrypted
    1: ("encrypted", "on"),
    2: ("decrypted", "off"),
    3: ("encrypting", "off"),
    4: ("decrypting", "off"),
    5: ("encrypted", "suspended"),
    6: ("unknown", "locked"),
    8: ("encrypted", "suspended"),  # waits for an account that would keep the key
}
_SHELL_WORD = "System.Volume.BitLockerProtection"
_LSBLK = ("usr/bin/lsblk", "bin/lsblk")
_LSBLK_SECONDS = 15.0
_COLUMNS = ("NAME,TYPE,FSTYPE,FSVER,MOUNTPOINT", "NAME,TYPE,FSTYPE,MOUNTPOINT")
"""The second for releases before 2.33 that refuse the whole list for one column they do not know."""
_ROLES = {"/": "system", "/boot": "boot", "/boot/efi": "boot", "/efi": "boot"}
_DATA = frozenset({"/home", "/var", "/srv", "/opt", "/usr", "/usr/local", "/data"})
"""Mount points whose names are nobody's; others may be called after a person."""
_CRYPT, _LUKS = "crypt", "crypto_luks"
_DEEPEST = 16
_MOST = 500


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{volumes, shell}: BitLocker's rows by the names of its properties and methods, or {letter: what the shell says}.

    Only one of them is asked; the other is None.

    Raises:
        Denied: neither tells this process.
        Unavailable: this Windows has no BitLocker, or this is not Windows.
    """
    try:
        rows = wmi.query(
            _NAMESPACE, "SELECT * FROM Win32_EncryptableVolume", _PROPERTIES, answers=_ANSWERS, encrypted=True
        )
    except (Denied, Unavailable):
        shell = _shell()
        if not shell:
            raise
        return {"volumes": None, "shell": shell}
    return {"volumes": rows, "shell": None}


def _shell() -> dict[str, int]:
    found: dict[str, int] = {}
    try:
        shell = automation.create("Shell.Application")
        for volume in volumes.fixed():
            letter = str(volume["volume"])
            folder = automation.get(shell, "NameSpace", f"{letter}\\")
            told = automation.get(automation.get(folder, "Self"), "ExtendedProperty", _SHELL_WORD) if folder else None
            if isinstance(told, int):
                found[letter] = told
    except (Denied, Unavailable, OSError, AttributeError):
        return found
    return found


def read_windows(data: Any) -> Iterator[Row]:
    """A row for each volume with a letter that is built in."""
    for letter, number in (data["shell"] or {}).items():
        state, protection = _BY_SHELL.get(number, ("unknown", None))
        yield ENCRYPTION(volume=letter, role="system" if letter == "C:" else "data", state=state, protection=protection)
    for volume in data["volumes"] or []:
        letter = str(volume.get("DriveLetter") or "")
        kind = wmi.unsigned(volume.get("VolumeType"))
        if letter and kind != _REMOVABLE:
            yield ENCRYPTION(volume=letter[:8], role="system" if kind == _SYSTEM else "data", **bitlocker(volume))


def bitlocker(volume: dict[str, Any]) -> dict[str, Any]:
    """{state, protection, method, progress} of a row of Win32_EncryptableVolume with what its methods answered."""

    def told(method: str, output: str) -> int | None:
        answer = wmi.unsigned(volume.get(f"{method}.{output}"))
        return wmi.unsigned(volume.get(output)) if answer is None else answer

    conversion = told("GetConversionStatus", "ConversionStatus")
    protection = told("GetProtectionStatus", "ProtectionStatus")
    method = told("GetEncryptionMethod", "EncryptionMethod")
    state = "unknown" if conversion is None else _STATES.get(conversion, "unknown")
    if told("GetLockStatus", "LockStatus") == _LOCKED or protection == _NOT_TOLD:
        word: str | None = "locked"
    elif state == "decrypted":
        word = "off"
    elif protection is None:
        word = None
    elif protection == _ON:
        word = "on"
    else:
        word = "suspended" if state == "encrypted" else "off"
    return {
        "state": state,
        "protection": word,
        "method": None if method is None else _METHODS.get(method),
        "progress": told("GetConversionStatus", "EncryptionPercentage"),
    }


def fetch_linux(doors: Doors) -> list[dict[str, Any]]:
    """Block devices as a tree: {type, fstype, fsver, mounted (paths), children} each, without their names.

    Raises:
        Unavailable: lsblk is not there or says nothing.
        TimeoutError: it does not answer.
    """
    program = next((f"/{path}" for path in _LSBLK if files.target(doors.rootfs, path)), None)
    if program is None:
        raise Unavailable("lsblk is not installed")
    for columns in _COLUMNS:
        answer = command.run(files.below(doors.rootfs, program), "-J", "-o", columns, timeout=_LSBLK_SECONDS)
        if answer.code == 0 and answer.output.strip():
            return tree(answer.output)
    raise Unavailable("lsblk tells nothing here")


def tree(text: str) -> list[dict[str, Any]]:
    """The output of `lsblk -J` as `fetch_linux` tells it; empty where it is none.

    Since release 2.37 there may be several mount points.
    """
    try:
        told = msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError):
        return []
    return _nodes(told.get("blockdevices") if isinstance(told, dict) else None, 0)


def _nodes(told: Any, depth: int) -> list[dict[str, Any]]:
    if not isinstance(told, list) or depth > _DEEPEST:
        return []
    found = []
    for node in told[:_MOST]:
        if isinstance(node, dict):
            several = node.get("mountpoints")
            places = several if isinstance(several, list) else [node.get("mountpoint")]
            found.append(
                {
                    "type": str(node.get("type") or ""),
                    "fstype": str(node.get("fstype") or ""),
                    "fsver": str(node.get("fsver") or ""),
                    "mounted": [place for place in places if isinstance(place, str)],
                    "children": _nodes(node.get("children"), depth + 1),
                }
            )
    return found


def read_linux(data: Any) -> Iterator[Row]:
    """A row for the root, the start files and the usual places of data, as far as each is a volume of its own."""
    found: dict[str, tuple[bool, str | None]] = {}
    for node in data:
        _walk(node, encrypted=False, method=None, found=found)
    if "/" not in found:
        # An overlay, ZFS, or a network: what lies below it does not show here.
        yield ENCRYPTION(volume="/", role="system", state="unknown")
    for place, (encrypted, method) in found.items():
        if place in _ROLES or place in _DATA:
            yield ENCRYPTION(
                volume=place,
                role=_ROLES.get(place, "data"),
                state="encrypted" if encrypted else "decrypted",
                protection="on" if encrypted else "off",
                method=method,
            )


def _walk(
    node: dict[str, Any], *, encrypted: bool, method: str | None, found: dict[str, tuple[bool, str | None]]
) -> None:
    encrypted = encrypted or node["type"].casefold() == _CRYPT
    if node["fstype"].casefold() == _LUKS:
        method = f"luks{node['fsver']}" if node["fsver"] in {"1", "2"} else None
        # What is mounted below a container can only be its opened content.
        for child in node["children"]:
            _walk(child, encrypted=True, method=method, found=found)
        return
    for place in node["mounted"]:
        # A volume may show under several disks of one array; encrypted counts only where all of them are.
        before = found.get(place)
        found[place] = (encrypted and (before is None or before[0]), method)
    for child in node["children"]:
        _walk(child, encrypted=encrypted, method=method, found=found)


PROBE = Probe(
    "encryption",
    every=6 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("encryption",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
