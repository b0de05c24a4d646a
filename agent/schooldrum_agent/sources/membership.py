"""Which local accounts and administrators a Windows PC has: flags and numbers, never a name.

Asked of the PC's own account data base at the levels that resolve no names: to resolve the name of an account of a
domain, or of one that was deleted, waits for a server that may be away.
"""

import struct
from typing import Any

import msgspec

from schooldrum_agent.sources import windows

_LEVEL_FLAGS = 20
_LEVEL_SIDS = 0
_NORMAL_ACCOUNTS = 2
_MORE = 234
_ROOM = 1 << 20
_MOST = 2000
_USER_INFO_20 = 32
_MODALS_0, _MODALS_2 = 0, 2
_MODALS_0_BYTES = 20
_MOST_PARTS = 15
_ADMINISTRATORS = "S-1-5-32-544"
_AZURE = "S-1-12-1-"
_ACCOUNTS = "S-1-5-21-"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """`number` is the last part of its SID (500 and 501 are the built-in ones), `flags` are UF_ of lmaccess.h."""

    number: int
    flags: int


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a group: `kind` is local, domain, azure or everyone (a group that all people are in), else other."""

    kind: str
    number: int


def sid_text(raw: bytes) -> str:
    """A SID as text, S-1-5-…; empty where these bytes are none."""
    if len(raw) < 8:  # noqa: PLR2004 - revision, count, authority of six bytes
        return ""
    revision, count = raw[0], raw[1]
    if revision != 1 or count > _MOST_PARTS or len(raw) < 8 + 4 * count:
        return ""
    authority = int.from_bytes(raw[2:8], "big")
    parts = struct.unpack_from(f"<{count}I", raw, 8)
    return "-".join(["S", "1", str(authority), *map(str, parts)])


def member(sid: str, machine: str) -> Member:
    """What kind of member a SID is, on the PC whose own accounts begin with the SID `machine`."""
    last = sid.rpartition("-")[2]
    number = int(last) if last.isdecimal() else 0
    if sid in {"S-1-1-0", "S-1-5-4", "S-1-5-11", "S-1-5-32-545"} or (sid.startswith(_ACCOUNTS) and number == 513):  # noqa: PLR2004 - Domain Users
        kind = "everyone"
    elif machine and sid.startswith(f"{machine}-"):
        kind = "local"
    elif sid.startswith(_ACCOUNTS):
        kind = "domain"
    else:
        kind = "azure" if sid.startswith(_AZURE) else "other"
    return Member(kind=kind, number=number)


def accounts() -> list[Account]:
    """The PC's own accounts of people; on a domain controller a first part of the domain's.

    Raises:
        Denied: this process may not ask.
        Unavailable: this is not Windows, or it has no such data base.
    """
    raw = _listed("NetUserEnum", (None, _LEVEL_FLAGS, _NORMAL_ACCOUNTS), _USER_INFO_20)
    return [Account(flags=flags, number=number) for _, _, _, flags, number in struct.iter_unpack("<QQQII", raw)]


def administrators() -> list[Member]:
    """The members of the group of administrators, by its SID: its name is translated.

    Raises:
        Denied: this process may not ask.
        Unavailable: this is not Windows, or it has no such group.
    """
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    machine = _machine()
    group = ctypes.c_wchar_p(_name_of(_ADMINISTRATORS))
    found: list[Member] = []

    def take(raw: bytes) -> None:
        for (pointer,) in struct.iter_unpack("<Q", raw):
            found.append(member(_sid_at(pointer), machine))

    # The SIDs lie in the same buffer, so they are read before it is freed.
    _listed("NetLocalGroupGetMembers", (None, group, _LEVEL_SIDS), 8, take)
    return found


def shortest_password() -> int:
    """How many characters the PC's own accounts must give their passwords at least.

    Raises:
        Denied: this process may not ask.
        Unavailable: this is not Windows, or it does not tell.
    """
    found: list[int] = []
    _modals(_MODALS_0, lambda buffer, ctypes: found.append(_first_number(ctypes.string_at(buffer, _MODALS_0_BYTES))))
    return found[0]


def _first_number(raw: bytes) -> int:
    return int(struct.unpack_from("<I", raw)[0])


def _machine() -> str:
    found: list[str] = []
    _modals(
        _MODALS_2, lambda buffer, ctypes: found.append(_sid_at(struct.unpack("<QQ", ctypes.string_at(buffer, 16))[1]))
    )
    return found[0]


def _modals(level: int, take: Any) -> None:
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    get, free = windows.function("netapi32", "NetUserModalsGet"), windows.function("netapi32", "NetApiBufferFree")
    free.argtypes = (ctypes.c_void_p,)
    buffer = ctypes.c_void_p()
    code = get(None, level, ctypes.byref(buffer))
    if code or not buffer.value:
        windows.refuse(code, "NetUserModalsGet")
    try:
        take(buffer.value, ctypes)
    finally:
        free(buffer)


def _listed(name: str, arguments: tuple[Any, ...], size: int, take: Any = lambda _raw: None) -> bytes:
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    enumerate_all, free = windows.function("netapi32", name), windows.function("netapi32", "NetApiBufferFree")
    free.argtypes = (ctypes.c_void_p,)
    buffer, read, total = ctypes.c_void_p(), ctypes.c_uint32(0), ctypes.c_uint32(0)
    # One bounded call and no second: on a domain controller the accounts of the whole domain would follow.
    code = enumerate_all(*arguments, ctypes.byref(buffer), _ROOM, ctypes.byref(read), ctypes.byref(total), None)
    if not buffer.value:
        # Wine answers success and gives nothing.
        windows.refuse(code, name)
    try:
        if code not in {0, _MORE}:
            windows.refuse(code, name)
        raw = ctypes.string_at(buffer.value, min(_MOST, read.value) * size)
        take(raw)
        return raw
    finally:
        free(buffer)


def _sid_at(pointer: int) -> str:
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    if not pointer:
        return ""
    count = ctypes.string_at(pointer, 2)[1]
    return sid_text(ctypes.string_at(pointer, 8 + 4 * min(count, _MOST_PARTS)))


def _name_of(sid: str) -> str:
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    authority, parts = 5, [int(part) for part in sid.split("-")[3:]]
    raw = bytes([1, len(parts)]) + authority.to_bytes(6, "big") + struct.pack(f"<{len(parts)}I", *parts)
    look_up = windows.function("advapi32", "LookupAccountSidW")
    name, domain = ctypes.create_unicode_buffer(256), ctypes.create_unicode_buffer(256)
    long_name, long_domain, usage = ctypes.c_uint32(256), ctypes.c_uint32(256), ctypes.c_uint32(0)
    if not look_up(None, raw, name, ctypes.byref(long_name), domain, ctypes.byref(long_domain), ctypes.byref(usage)):
        windows.refuse(windows.last_error(), "LookupAccountSid")
    return name.value
