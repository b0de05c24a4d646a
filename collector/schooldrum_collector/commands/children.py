"""Programs that run beside this one for as long as it does: started, listened to, and stopped in order.

Each is in a session of its own, so that Ctrl-C reaches this process alone, which then stops them one after the other.
On Linux they are also asked to stop when this process is killed.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType

import msgspec

from schooldrum_collector.app.serving import Doors
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed

if sys.platform != "win32":
    import fcntl

READY_SECONDS = 60.0
COLLECTOR = "schooldrum-collector"
COLLECTOR_STOP_SECONDS = 30.0
_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: the doors are open, a child has ended (its name), all is ready; else a person wants to stop.

    `dispensable`: what has ended is not needed by the others.
    """

    doors: Doors | None = None
    ended: str = ""
    ready: bool = False
    dispensable: bool = False


Events = SimpleQueue[Event]


def next_of(call: Call, events: Events, timeout: float | None = None) -> Event:
    """The next event that matters; that something dispensable has ended is said, and it goes on without.

    Raises:
        Empty: nothing happened for `timeout` seconds.
    """
    while (event := events.get(timeout=timeout)).dispensable:
        call.console.remark(
            call.say(
                f"{event.ended} đã tự kết thúc; các phần khác vẫn chạy.",
                f"{event.ended} has ended by itself; the rest goes on without it.",
            )
        )
    return event


def holder(lock: Path) -> str:
    """The number of the process that holds a lock file; empty where nobody does, or the system cannot tell."""
    if sys.platform == "win32":
        return ""
    with suppress(OSError), lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read(20).decode("ascii", "replace").strip()
    return ""


@contextmanager
def listening() -> Iterator[Events]:
    """A queue that hears of Ctrl-C, of a termination and of a closed terminal; and of children, see `child`."""
    events: Events = SimpleQueue()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        events.put(Event())

    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32":
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield events
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bound_to_us() -> Callable[[], None] | None:
    """What a child does first, so that it is asked to stop however this process ends; None where that is not Linux."""
    if sys.platform != "linux":
        return None
    # Found before the fork: between fork and exec as little as possible may happen.
    control, signal_number, parent = ctypes.CDLL(None).prctl, ctypes.c_ulong(signal.SIGTERM), os.getpid()

    def first() -> None:
        control(_PARENT_DEATH_SIGNAL, signal_number)
        if os.getppid() != parent:
            os._exit(1)

    return first


@contextmanager
def child(
    command: list[str],
    environ: Mapping[str, str],
    name: str,
    events: Events,
    patience: float,
    *,
    read: Callable[[bytes], None] | None = None,
    log: Path | None = None,
    dispensable: bool = False,
) -> Iterator[None]:
    """A running child; asked to stop at the end, and killed where it has not after `patience` seconds.

    `dispensable` is one whose end does not end the others. `read` is given its standard output line by line. What else
    it writes goes to the file `log`, begun anew, and without that to where ours goes.
    """
    with log.open("wb") if log else nullcontext() as written:
        process = subprocess.Popen(  # noqa: S603 - programs by absolute path, never a shell
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if read else written,
            stderr=written,
            start_new_session=True,
            preexec_fn=_bound_to_us(),  # noqa: PLW1509 - one system call; our other threads hold no lock that it needs
        )

    def watch() -> None:
        if process.stdout and read:
            for line in process.stdout:
                read(line)
        process.wait()
        events.put(Event(ended=name, dispensable=dispensable))

    watcher = threading.Thread(target=watch, name=name, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
        watcher.join()
        if process.stdout:
            process.stdout.close()


@contextmanager
def collector(call: Call, environ: Mapping[str, str], events: Events, *words: str) -> Iterator[None]:
    """A running collector on the data of this call's configuration; `words` is the command that serves."""

    def read(line: bytes) -> None:
        with suppress(msgspec.DecodeError):
            events.put(Event(doors=msgspec.json.decode(line, type=Doors)))

    command = [sys.executable, "-m", "schooldrum_collector", *words]
    command += ["--data", str(call.config.data)]
    if call.refuse == call.say:
        # Where nobody has named a language the collector, too, says in both what keeps it from running.
        command += ["--lang", call.say.language]
    with child(command, environ, COLLECTOR, events, COLLECTOR_STOP_SECONDS, read=read):
        yield


def opened_doors(call: Call, events: Events) -> Doors | None:
    """Where the collector's doors are, once they are open; None where a person has stopped it meanwhile.

    Raises:
        Failed: it has ended by itself, or takes too long.
    """
    try:
        event = next_of(call, events, READY_SECONDS)
    except Empty:
        raise Failed(
            call.refuse("Máy chủ tổng hợp khởi động quá lâu.", "The collector took too long to start.")
        ) from None
    if event.ended:
        raise Failed(
            call.refuse(
                "Máy chủ tổng hợp không khởi động được; lý do ở phía trên.",
                "The collector did not start; what stands above says why.",
            )
        )
    return event.doors
