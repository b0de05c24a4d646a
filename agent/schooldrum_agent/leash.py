"""How a child process is started so that it and everything it starts can be ended together."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import subprocess

MEMORY_BYTES = 1 << 30
"""A child that takes more is broken; the oldest PCs have 2 GiB in all."""
_KEPT_WINDOWS = (
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "PROGRAMDATA", "PROGRAMFILES", "TEMP", "TMP",
    "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "PROCESSOR_ARCHITEW6432",
)  # fmt: skip
_STAT_BYTES = 1024
_BELOW_NORMAL_NO_WINDOW = 0x0000_4000 | 0x0800_0000


class Leashed(msgspec.Struct, frozen=True, kw_only=True):
    """A started process, and the call that ends it with all its offspring; calling that twice is harmless."""

    process: "subprocess.Popen[bytes]"
    end: Callable[[], None]


def clean_environment(environ: Mapping[str, str], system: str, path: Sequence[str]) -> dict[str, str]:
    """What a child is told: nothing of the caller's but where the system and our own code (`path`) lie."""
    code = os.pathsep.join(entry for entry in path if entry)
    if system != "win32":
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "PYTHONPATH": code}
    kept = {name: environ[name] for name in _KEPT_WINDOWS if name in environ}
    root = kept.get("SYSTEMROOT", "C:\\Windows")
    return {**kept, "PATH": f"{root}\\System32;{root};{root}\\System32\\Wbem", "PYTHONPATH": code}


def program() -> list[str]:
    """This very program, to be started again; its command is to follow."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-P", "-s", "-m", "schooldrum_agent"]


def start(command: Sequence[str], environment: Mapping[str, str]) -> Leashed:
    """Starts a program given by its whole path; talk to its `process.stdin` and `process.stdout`.

    The program must do nothing before it is spoken to: on Windows the leash is put on in that moment.

    Raises:
        OSError: it cannot be started, or (Windows) cannot be held.
    """
    if sys.platform == "win32":
        return _start_windows(command, environment)
    import subprocess  # noqa: PLC0415 - a PC without such probes saves its memory

    process = subprocess.Popen(  # noqa: S603 - the command is this very program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        start_new_session=True,
    )
    return Leashed(process=process, end=lambda: _end_group(process))


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    # Until wait() has reaped it the number cannot belong to anybody else.
    if sys.platform == "win32" or process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        # Nothing more is started while its offspring is looked for.
        os.killpg(process.pid, signal.SIGSTOP)
    end_offspring(process.pid)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:
        # macOS and some containers say so for a group whose only member is a zombie.
        process.kill()


def end_offspring(pid: int) -> None:
    """Ends what a process has started, and what that has started: programs lead sessions of their own.

    One that hangs in the kernel ends when the kernel lets go of it. Raises nothing; on Windows the job object does it.
    """
    if sys.platform == "win32":
        return
    for one in _offspring(pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(one, signal.SIGKILL)


def _offspring(pid: int) -> list[int]:
    started: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError), place.open("rb") as file:
            # The name before the parent's number may hold anything, brackets and spaces too.
            parent = int(file.read(_STAT_BYTES).rpartition(b")")[2].split()[1])
            started.setdefault(parent, []).append(int(place.parent.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        young = started.pop(waiting.pop(), [])
        found += young
        waiting += young
    return found


def _start_windows(command: Sequence[str], environment: Mapping[str, str]) -> Leashed:
    import subprocess  # noqa: PLC0415 - a PC without such probes saves its memory

    process = subprocess.Popen(  # noqa: S603 - the command is this very program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        creationflags=_BELOW_NORMAL_NO_WINDOW,
    )
    try:
        end = _job(process.pid)
    except OSError:
        process.kill()
        process.wait()
        raise
    return Leashed(process=process, end=end)


def _job(pid: int) -> Callable[[], None]:
    """Puts a process into a job object of its own that ends with its handle, so also when the agent is ended hard.

    Layouts and numbers: winnt.h (JOBOBJECT_EXTENDED_LIMIT_INFORMATION; class 9; limits KILL_ON_JOB_CLOSE 0x2000,
    DIE_ON_UNHANDLED_EXCEPTION 0x400, JOB_MEMORY 0x200); PROCESS_SET_QUOTA | PROCESS_TERMINATE is 0x101.
    """
    import ctypes  # noqa: PLC0415 - only where children are started on Windows

    class Basic(ctypes.Structure):
        _fields_ = (
            ("per_process_time", ctypes.c_int64),
            ("per_job_time", ctypes.c_int64),
            ("flags", ctypes.c_uint32),
            ("minimum_working_set", ctypes.c_size_t),
            ("maximum_working_set", ctypes.c_size_t),
            ("active_processes", ctypes.c_uint32),
            ("affinity", ctypes.c_size_t),
            ("priority", ctypes.c_uint32),
            ("scheduling", ctypes.c_uint32),
        )

    class Extended(ctypes.Structure):
        _fields_ = (
            ("basic", Basic),
            ("transfers", ctypes.c_uint64 * 6),
            ("process_memory", ctypes.c_size_t),
            ("job_memory", ctypes.c_size_t),
            ("peak_process_memory", ctypes.c_size_t),
            ("peak_job_memory", ctypes.c_size_t),
        )

    kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]  # Windows
    kernel.CreateJobObjectW.restype = ctypes.c_void_p
    kernel.OpenProcess.restype = ctypes.c_void_p

    def demand(answer: int | None) -> int:
        if not answer:
            raise ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined,unused-ignore]  # Windows
        return answer

    limits = Extended()
    limits.basic.flags = 0x2000 | 0x400 | 0x200
    limits.job_memory = MEMORY_BYTES
    job = ctypes.c_void_p(demand(kernel.CreateJobObjectW(None, None)))
    process = ctypes.c_void_p(demand(kernel.OpenProcess(0x101, 0, pid)))
    demand(kernel.SetInformationJobObject(job, 9, ctypes.byref(limits), ctypes.sizeof(limits)))
    demand(kernel.AssignProcessToJobObject(job, process))
    kernel.CloseHandle(process)

    def end() -> None:
        if job.value:
            kernel.TerminateJobObject(job, 1)
            kernel.CloseHandle(job)
            job.value = None

    return end
