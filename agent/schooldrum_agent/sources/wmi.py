r"""What Windows Management Instrumentation answers, as rows of named properties.

For children only: the client has no time-out, and a sick provider hangs for minutes. Late binding only, because the
generated cache of EnsureDispatch breaks in frozen programs and under LocalSystem. Numbers of 64 bits arrive as text,
numbers of 32 bits signed (`unsigned` mends them), arrays as tuples or None. Never ask for Win32_Product (it
starts repairs), nor for Win32_UserAccount without LocalAccount=TRUE (walks the whole domain), nor with `SELECT *`.
"""

import importlib
from typing import Any

from schooldrum_agent.probe import Denied, Unavailable

_LOCATOR = "WbemScripting.SWbemLocator"
_METHOD_OR_PROPERTY = 3
_FORWARD_ONLY_AT_ONCE = 0x30
_IMPERSONATE = 3
_ENCRYPTED = 6
_MOST_ROWS = 1000
_MULTITHREADED = 0
_DENIED = frozenset({0x80041003, 0x80070005, 0x80041062})
_UNAVAILABLE = frozenset(
    {
        0x8004100E,  # no such namespace
        0x80041010,  # no such class
        0x80041002,  # not found
        0x8004100C,  # not supported
        0x80041013,  # the provider cannot be loaded
        0x80041017,  # invalid query: a property this Windows has not
        0x80040154,  # WMI itself is not registered
        0x80070422,  # the service is disabled
        0x80004001,  # not implemented (Wine)
    },
)


def unsigned(number: Any) -> int | None:
    """A number of WMI: text for 64 bits, signed for what is unsigned in 32 bits; None where there is none."""
    if isinstance(number, bool) or number is None:
        return None
    try:
        whole = int(number)
    except (TypeError, ValueError):
        return None
    return whole & 0xFFFFFFFF if isinstance(number, int) and -(2**31) <= whole < 0 else whole


def classify(code: int, what: str) -> Exception:
    """The error to raise for a COM error code: Denied, Unavailable, or OSError for one that is neither."""
    code &= 0xFFFFFFFF
    if code in _DENIED:
        return Denied(f"WMI {what}: more rights wanted ({code:#x})")
    if code in _UNAVAILABLE:
        return Unavailable(f"WMI {what}: not on this Windows ({code:#x})")
    return OSError(f"WMI {what}: error {code:#x}")


def error_code(problem: Any) -> int:
    """The code of a com_error: the object's own where it gave one."""
    details = getattr(problem, "excepinfo", None)
    scode = details[5] if isinstance(details, tuple) and len(details) > 5 and details[5] else None  # noqa: PLR2004 - COM
    return int(scode if scode is not None else getattr(problem, "hresult", 0))


def _property(row: Any, name: str) -> Any:
    # Wine 8 knows no attribute access on these objects, and real Windows answers this call just as well.
    raw = row._oleobj_
    value = raw.Invoke(raw.GetIDsOfNames(name), 0, _METHOD_OR_PROPERTY, 1)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def query(
    namespace: str, wql: str, properties: tuple[str, ...], *, answers: tuple[str, ...] = (), encrypted: bool = False
) -> list[dict[str, Any]]:
    r"""The named properties of each row of a WQL query in a namespace such as `root\cimv2`, at most 1000 rows.

    `answers` are what methods without arguments answer, written `Method.Output`, and stand under that name: only ever
    name methods that tell and change nothing. `encrypted` is for namespaces that answer no other connection. A property
    or answer that this Windows does not have is absent from its row.

    Raises:
        Denied: this process may not ask.
        Unavailable: this Windows has no such namespace or class, or this system is not Windows.
        OSError: WMI failed in another way.
    """
    try:
        pythoncom, client = importlib.import_module("pythoncom"), importlib.import_module("win32com.client")
        broken = importlib.import_module("pywintypes").com_error
    except ImportError as problem:
        raise Unavailable("WMI: this system is not Windows, or the agent was installed without pywin32") from problem
    pythoncom.CoInitializeEx(_MULTITHREADED)
    try:
        # Dispatch by name would take an object of this name that any other program has announced as running.
        locator = pythoncom.CoCreateInstance(_LOCATOR, None, pythoncom.CLSCTX_INPROC_SERVER, pythoncom.IID_IDispatch)
        service = client.Dispatch(locator).ConnectServer(".", namespace)
        service.Security_.ImpersonationLevel = _IMPERSONATE
        if encrypted:
            service.Security_.AuthenticationLevel = _ENCRYPTED
        rows: list[dict[str, Any]] = []
        for row in service.ExecQuery(wql, "WQL", _FORWARD_ONLY_AT_ONCE):
            found: dict[str, Any] = {}
            for name in properties:
                try:
                    found[name] = _property(row, name)
                except broken:
                    continue
            for answer in answers:
                method, _, output = answer.partition(".")
                try:
                    found[answer] = _property(row.ExecMethod_(method), output)
                except broken:
                    continue
            rows.append(found)
            if len(rows) >= _MOST_ROWS:
                break
    except broken as problem:
        raise classify(error_code(problem), wql) from problem
    return rows
