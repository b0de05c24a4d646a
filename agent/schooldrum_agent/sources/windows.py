"""How a function of Windows itself is called, and its error codes become Denied or Unavailable.

64-bit Windows has one calling convention, so CDLL serves; the parsers of what these functions fill in live beside
their callers and work on bytes, so that they are tested on every system.
"""

from typing import Any, NoReturn

from schooldrum_agent.probe import Denied, Unavailable

_DENIED = frozenset({5, 1314, 0x80070005, 0x80041003})
_SHARE_ALL = 7
_OPEN_EXISTING = 3
_NO_HANDLE = (1 << 64) - 1


def library(name: str) -> Any:
    """A system DLL by its name.

    Raises:
        Unavailable: this is not Windows, or it has no such DLL.
    """
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    if not hasattr(ctypes, "WinDLL"):
        raise Unavailable(f"{name}: this system is not Windows")
    try:
        return ctypes.CDLL(f"{name}.dll", use_last_error=True)
    except OSError as problem:
        raise Unavailable(f"{name}.dll: this Windows has none") from problem


def function(dll: str, name: str) -> Any:
    """A function of a system DLL; older Windows lacks some.

    Raises:
        Unavailable: there is none.
    """
    try:
        return getattr(library(dll), name)
    except AttributeError as problem:
        raise Unavailable(f"{name}: this Windows has no such function") from problem


def last_error() -> int:
    """The error code of the call before."""
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    return int(getattr(ctypes, "get_last_error", int)())


def refuse(code: int, what: str) -> NoReturn:
    """Says in the words of outcomes why Windows refused.

    Raises:
        Denied: it wants a right this process has not.
        Unavailable: anything else.
    """
    if code & 0xFFFFFFFF in _DENIED:
        raise Denied(f"{what}: Windows wants more rights (error {code})")
    raise Unavailable(f"{what}: Windows answers error {code & 0xFFFFFFFF:#x}")


def ask_device(path: str, code: int, request: bytes, room: int) -> bytes:
    r"""What a device (`\\.\C:`, `\\.\PhysicalDrive0`, `\\.\{adapter}`) answers to a control code, at most `room` bytes.

    The device is opened with no access at all: such codes are answered to any user, and nothing can be written.

    Raises:
        Denied: Windows wants a right this process has not.
        Unavailable: there is no such device, or it does not know the code.
    """
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    create = function("kernel32", "CreateFileW")
    create.restype = ctypes.c_void_p
    create.argtypes = (
        (ctypes.c_wchar_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p)
        + (ctypes.c_uint32,) * 2
        + (ctypes.c_void_p,)
    )
    handle = create(path, 0, _SHARE_ALL, None, _OPEN_EXISTING, 0, None)
    if handle is None or handle == _NO_HANDLE:
        refuse(last_error(), path)
    control = function("kernel32", "DeviceIoControl")
    control.argtypes = (
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_char_p,
        ctypes.c_uint32,
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_void_p,
        ctypes.c_void_p,
    )
    close = function("kernel32", "CloseHandle")
    close.argtypes = (ctypes.c_void_p,)
    answer = ctypes.create_string_buffer(room)
    filled = ctypes.c_uint32(0)
    try:
        if not control(handle, code, request, len(request), answer, room, ctypes.byref(filled), None):
            refuse(last_error(), path)
    finally:
        close(handle)
    return answer.raw[: min(filled.value, room)]


def wide(raw: bytes) -> str:
    """UTF-16 text up to its first zero."""
    return raw.decode("utf-16-le", "replace").split("\0", 1)[0]
