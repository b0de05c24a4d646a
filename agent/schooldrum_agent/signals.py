"""Which signals the running agent heeds, and what each of them means."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from schooldrum_agent.sources import windows

_SOON_SECONDS = 60.0
_CLOSE, _LOGOFF, _SHUTDOWN = 2, 5, 6
_LAST_WORDS_SECONDS = 4.5
"""Windows waits 5 s for a program whose window was closed."""
_kept: list[object] = []
"""Windows keeps only the address of the handler."""


def heed(stop: Callable[[str], None], suspending: Callable[[], None], kind: Callable[[], str]) -> None:
    """From now on a polite request to end stops the agent. Called in the main thread.

    Such are SIGTERM, SIGINT, SIGHUP; on Windows Ctrl-C, Ctrl-Break, the closed window, the end of the system. SIGUSR1
    says that the PC is about to sleep: what a hook in systemd's system-sleep folder sends. `kind()` tells why the
    agent is being stopped.
    """
    if sys.platform == "win32":
        _heed_console(stop)
    else:
        _heed_signals(stop, suspending, kind)


def _heed_signals(stop: Callable[[str], None], suspending: Callable[[], None], kind: Callable[[], str]) -> None:
    # Nothing of ours runs inside a handler: Python writes the signal's number into a pipe, and a thread reads it there.
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    sleeping = getattr(signal, "SIGUSR1", None)
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"):
        number = getattr(signal, name)
        # Whoever started us under nohup wants SIGHUP ignored.
        if not (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            signal.signal(number, _nothing)

    def read() -> None:
        while received := os.read(reading, 1):
            if received[0] == sleeping:
                suspending()
            else:
                stop(kind())

    threading.Thread(target=read, daemon=True, name="signals").start()


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """The handler that must be there for Python to write the signal's number into the pipe."""


def _heed_console(stop: Callable[[str], None]) -> None:
    """The same by SetConsoleCtrlHandler, whose handler Windows calls in a thread of its own.

    Python's signals wait for a main thread that is asleep, and what they could write to is a TCP connection there.
    """
    import ctypes  # noqa: PLC0415 - Windows only

    def told(event: int) -> int:
        if event == _LOGOFF:
            # Somebody logs off; the agent is nobody's program.
            return 0
        stop("shutdown" if event == _SHUTDOWN else "stop")
        if event in {_CLOSE, _SHUTDOWN}:
            # Windows ends the process as soon as this returns.
            threading.Event().wait(_LAST_WORDS_SECONDS)
        return 1

    handler = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint32)(told)  # type: ignore[attr-defined,unused-ignore]  # Windows
    _kept.append(handler)
    windows.function("kernel32", "SetConsoleCtrlHandler")(handler, 1)


def kind_of_stop(rootfs: str, wall: Callable[[], float]) -> str:
    """`shutdown` where systemd says that the PC is going down (or will within a minute), `stop` where it does not.

    Sources: /run/nologin, whose text systemd-user-sessions writes at shutdown, and /run/systemd/shutdown/scheduled
    (USEC=, microseconds of the wall clock). Neither exists in the first moment of a plain `systemctl poweroff`, so
    `stop` may also be a shutdown; nobody is asked, because systemctl does not answer while a shutdown goes on.
    """
    if sys.platform == "win32":
        return "stop"
    if "going down" in _text(Path(rootfs) / "run/nologin"):
        return "shutdown"
    for line in _text(Path(rootfs) / "run/systemd/shutdown/scheduled").splitlines():
        name, _, value = line.partition("=")
        if name == "USEC" and value.isdecimal():
            return "shutdown" if int(value) / 1e6 - wall() < _SOON_SECONDS else "stop"
    return "stop"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(4096).decode("utf-8", "replace")
    except OSError:
        return ""
