"""How a child that reads what strangers sent gives up what it does not need, before it reads the first byte.

On Windows the agent is LocalSystem, and so are its children. A process may always take rights from itself: it drops
every privilege but that of walking through folders, may start no program any more, and lowers its integrity to Low:
then it can change nothing of this PC, and not even read what is closed to its like (the agent's own state). On Linux
the agent has an account of its own, and nothing is to be done here.
Sources: learn.microsoft.com, "Mandatory Integrity Control", AdjustTokenPrivileges, SetTokenInformation,
PROCESS_MITIGATION_CHILD_PROCESS_POLICY; winnt.h for the numbers.
"""

import struct
import sys
from typing import Any

import msgspec

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import windows

_CURRENT_PROCESS = -1
_QUERY, _ADJUST_PRIVILEGES, _ADJUST_DEFAULT = 0x08, 0x20, 0x80
_TOKEN_USER, _TOKEN_PRIVILEGES, _TOKEN_INTEGRITY = 1, 3, 25
_REMOVED = 0x4
_CHANGE_NOTIFY = 23
"""LUID of SeChangeNotifyPrivilege: without it each folder above a file would be asked."""
_INTEGRITY_GROUP = 0x20
_LOW = 0x1000
_LOW_SID = "S-1-16-4096"
_SYSTEM_SID = bytes((1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0))
_NO_CHILDREN_POLICY = 13
_ROOM = 4096
_COUNT = 4
_LABEL_AND_SID = 16 + 12


class Confined(msgspec.Struct, frozen=True, kw_only=True):
    """What is left: whether of the system's own rights, which integrity, how many privileges, whether it may start.

    None: this system does not say.
    """

    system: bool = False
    integrity: int | None = None
    privileges: int | None = None
    starts_programs: bool = True

    @property
    def fault(self) -> str:
        """Why this process must not read what strangers sent; empty where it may.

        One that a person started has that person's rights and no more, whatever it could not give up.
        """
        if not self.system or (self.integrity is not None and self.integrity <= _LOW):
            return ""
        return "this Windows does not let a process of the system give up its rights, so nothing is read from a network"


def confine(*, system: str = sys.platform) -> Confined:
    """Gives up what can be given up, for the rest of this process. Raises nothing: what remains is in the answer."""
    if system != "win32":
        return Confined()
    try:
        return _confine()
    except (Denied, Unavailable):
        return Confined(system=True)


def _confine() -> Confined:
    import ctypes  # noqa: PLC0415 - only children on Windows

    token = ctypes.c_void_p()
    rights = _QUERY | _ADJUST_PRIVILEGES | _ADJUST_DEFAULT
    if not _call("advapi32", "OpenProcessToken")(ctypes.c_void_p(_CURRENT_PROCESS), rights, ctypes.byref(token)):
        windows.refuse(windows.last_error(), "OpenProcessToken")
    try:
        _drop_privileges(token)
        _lower(token)
        left = _told(token, _TOKEN_PRIVILEGES)
        return Confined(
            system=user_sid(*_placed(token, _TOKEN_USER)) == _SYSTEM_SID,
            integrity=integrity_of(*_placed(token, _TOKEN_INTEGRITY)),
            privileges=struct.unpack_from("<I", left)[0] if len(left) >= _COUNT else None,
            starts_programs=not _start_nothing(),
        )
    finally:
        _call("kernel32", "CloseHandle")(token)


def _call(dll: str, name: str) -> Any:
    """A function that answers whether it worked; whatever is a pointer is handed over as one."""
    return windows.function(dll, name)


def _placed(token: Any, kind: int) -> tuple[bytes, int]:
    """What a token says of itself, and at which address, because it points into itself; empty where it does not say."""
    import ctypes  # noqa: PLC0415 - only children on Windows

    held, length = ctypes.create_string_buffer(_ROOM), ctypes.c_uint32()
    said = _call("advapi32", "GetTokenInformation")(token, kind, held, _ROOM, ctypes.byref(length))
    return (held.raw[: min(length.value, _ROOM)] if said else b""), ctypes.addressof(held)


def _told(token: Any, kind: int) -> bytes:
    return _placed(token, kind)[0]


def user_sid(raw: bytes, base: int) -> bytes:
    """The SID in a TOKEN_USER or TOKEN_MANDATORY_LABEL that lay at `base`; empty where there is none."""
    if len(raw) < struct.calcsize("<QI"):
        return b""
    at = struct.unpack_from("<Q", raw)[0] - base
    return raw[at : at + 8 + 4 * raw[at + 1]] if 0 < at <= len(raw) - 8 else b""


def integrity_of(raw: bytes, base: int) -> int | None:
    """The level in a TOKEN_MANDATORY_LABEL (the last word of its SID); None where it says none."""
    sid = user_sid(raw, base)
    return int(struct.unpack_from("<I", sid, len(sid) - 4)[0]) if len(sid) > 8 else None  # noqa: PLR2004 - a SID's head


def without_privileges(raw: bytes) -> bytes:
    """A TOKEN_PRIVILEGES that takes away all that this one holds, but that of walking through folders."""
    count = struct.unpack_from("<I", raw)[0] if len(raw) >= _COUNT else 0
    held = [struct.unpack_from("<QI", raw, _COUNT + 12 * number) for number in range(min(count, len(raw) // 12))]
    gone = [luid for luid, _ in held if luid != _CHANGE_NOTIFY]
    return struct.pack("<I", len(gone)) + b"".join(struct.pack("<QI", luid, _REMOVED) for luid in gone)


def _drop_privileges(token: Any) -> None:
    import ctypes  # noqa: PLC0415 - only children on Windows

    wish = without_privileges(_told(token, _TOKEN_PRIVILEGES))
    _call("advapi32", "AdjustTokenPrivileges")(token, 0, ctypes.c_char_p(wish), 0, None, None)


def _lower(token: Any) -> None:
    import ctypes  # noqa: PLC0415 - only children on Windows

    sid = ctypes.c_void_p()
    if not _call("advapi32", "ConvertStringSidToSidW")(ctypes.c_wchar_p(_LOW_SID), ctypes.byref(sid)):
        return
    try:
        label = ctypes.create_string_buffer(struct.pack("<QI4x12x", sid.value or 0, _INTEGRITY_GROUP))
        _call("advapi32", "SetTokenInformation")(token, _TOKEN_INTEGRITY, label, _LABEL_AND_SID)
    finally:
        _call("kernel32", "LocalFree")(sid)


def _start_nothing() -> bool:
    """Whether this process can start no program any more; Windows knows that since 10 (1607)."""
    import ctypes  # noqa: PLC0415 - only children on Windows

    try:
        wish = ctypes.c_uint32(1)
        return bool(_call("kernel32", "SetProcessMitigationPolicy")(_NO_CHILDREN_POLICY, ctypes.byref(wish), 4))
    except Unavailable:
        return False
