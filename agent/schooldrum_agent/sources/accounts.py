"""Which people have an account or a profile on this PC: asked only so that their names never leave it."""

import contextlib
import struct

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import files, mounts, registry, windows

_FIRST_PERSON = 1000
_NOBODY = frozenset({65534, 65535, 4294967294})
_PROFILES = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
_SERVICE_SIDS = frozenset({"S-1-5-18", "S-1-5-19", "S-1-5-20"})
_MOST = 2000
_NORMAL_ACCOUNTS = 2
_LEVEL = 10
_USER_INFO_10 = 32
_MORE = 234
_ROOM = 1 << 20


def passwd_names(passwd: str) -> list[str]:
    """Login names, full names and home directory names of the people in a passwd file.

    The other parts of the GECOS field (room, telephone) are no names. Broken lines are passed over.
    """
    found: list[str] = []
    for line in passwd.splitlines()[:_MOST]:
        fields = line.split(":")
        if len(fields) < 6 or not fields[2].isdecimal():  # noqa: PLR2004 - passwd(5): the home is the sixth
            continue
        number = int(fields[2])
        if number >= _FIRST_PERSON and number not in _NOBODY:
            found += [fields[0], fields[4].split(",", 1)[0], fields[5].rstrip("/").rsplit("/", 1)[-1]]
    return found


def names_linux(rootfs: str, procfs: str) -> list[str]:
    """Names from /etc/passwd, and those of domain users who were here: their homes, and what the login screen keeps.

    Homes on a server are not listed: that would hang for as long as the server is away. Raises nothing: what cannot be
    read gives no names.
    """
    found = passwd_names(files.text_or_none(rootfs, "etc/passwd") or "")
    found += files.names_or_none(rootfs, "var/lib/AccountsService/users")
    try:
        homes = mounts.covering(mounts.mounts(procfs, rootfs), "/home")
    except (Denied, Unavailable):
        homes = None
    return found + (files.names_or_none(rootfs, "home") if homes is None or homes.cannot_hang else [])


def names_windows() -> list[str]:
    """Names from the profile list and from the local accounts, full names included.

    Raises nothing: what cannot be read gives no names.
    """
    found: list[str] = []
    with contextlib.suppress(Denied, Unavailable):
        for sid in registry.keys(_PROFILES):
            if sid not in _SERVICE_SIDS:
                found += _profile(sid)
    with contextlib.suppress(Denied, Unavailable):
        found += _local_accounts()
    return found


def _profile(sid: str) -> list[str]:
    try:
        folder = str(registry.value(rf"{_PROFILES}\{sid}", "ProfileImagePath")).rstrip("\\").rsplit("\\", 1)[-1]
    except (Denied, Unavailable):
        return []
    # A second profile of one person is called NAME.DOMAIN or NAME.000.
    return [folder, folder.rsplit(".", 1)[0]]


def _local_accounts() -> list[str]:
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    enumerate_users = windows.function("netapi32", "NetUserEnum")
    free = windows.function("netapi32", "NetApiBufferFree")
    free.argtypes = (ctypes.c_void_p,)
    buffer, read, total = ctypes.c_void_p(), ctypes.c_uint32(0), ctypes.c_uint32(0)
    # One bounded call and no second: on a domain controller the accounts of the whole domain would follow.
    code = enumerate_users(
        None, _LEVEL, _NORMAL_ACCOUNTS, ctypes.byref(buffer), _ROOM, ctypes.byref(read), ctypes.byref(total), None
    )
    if not buffer.value:
        windows.refuse(code, "NetUserEnum")
    try:
        if code not in {0, _MORE}:
            windows.refuse(code, "NetUserEnum")
        table = ctypes.string_at(buffer.value, min(_MOST, read.value) * _USER_INFO_10)
        found: list[str] = []
        for name, _, _, full_name in struct.iter_unpack("<QQQQ", table):
            found += [ctypes.wstring_at(pointer) for pointer in (name, full_name) if pointer]
        return found
    finally:
        free(buffer)
