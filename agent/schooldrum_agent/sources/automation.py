r"""What an automation object of Windows (COM) answers, such as `HNetCfg.FwPolicy2`.

For children only, for the reasons in `sources.wmi`; late binding only, too.
"""

import importlib
from typing import Any

from schooldrum_agent.probe import Unavailable
from schooldrum_agent.sources.wmi import classify, error_code

_METHOD_OR_PROPERTY = 3
_MULTITHREADED = 0


def _broken() -> Any:
    return importlib.import_module("pywintypes").com_error


def create(name: str) -> Any:
    """The object of this program identifier.

    Raises:
        Denied: this process may not have it.
        Unavailable: this Windows has none, or this system is not Windows.
        OSError: it failed in another way.
    """
    try:
        pythoncom = importlib.import_module("pythoncom")
    except ImportError as problem:
        raise Unavailable(
            f"{name}: this system is not Windows, or the agent was installed without pywin32"
        ) from problem
    broken = _broken()
    pythoncom.CoInitializeEx(_MULTITHREADED)
    try:
        # Dispatch by name would take an object of this name that any other program has announced as running.
        return pythoncom.CoCreateInstance(name, None, pythoncom.CLSCTX_SERVER, pythoncom.IID_IDispatch)
    except broken as problem:
        raise classify(error_code(problem), name) from problem


def get(raw: Any, name: str, *arguments: Any) -> Any:
    """A property, or what a method that changes nothing answers; another object comes back as it is.

    Raises:
        Denied: this process may not ask.
        Unavailable: the object has no such thing.
        OSError: it failed in another way.
    """
    broken = _broken()
    try:
        answer = raw.Invoke(raw.GetIDsOfNames(name), 0, _METHOD_OR_PROPERTY, 1, *arguments)
    except broken as problem:
        raise classify(error_code(problem), name) from problem
    return getattr(answer, "_oleobj_", answer)
