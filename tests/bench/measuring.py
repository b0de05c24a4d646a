"""What a process costs: processor seconds over all its threads and children, memory, wake-ups, bytes written."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Processor seconds (kernel's schedstat), memory in bytes, bytes written to storage."""

    cpu: float
    resident: int
    proportional: int
    written: int


def _threads(pid: int) -> float:
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            continue
    return total / 1e9


def cost(pid: int) -> Cost:
    """The process and its children, as of now."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    cpu = resident = proportional = written = 0.0
    for member in family:
        try:
            cpu += _threads(member.pid)
            resident += member.memory_info().rss
            proportional += member.memory_full_info().pss
            found = re.search(r"^write_bytes: (\d+)", Path(f"/proc/{member.pid}/io").read_text(), re.MULTILINE)
            written += int(found[1]) if found else 0
        except (psutil.Error, OSError):
            continue
    return Cost(cpu=cpu, resident=int(resident), proportional=int(proportional), written=int(written))


def start(
    command: Sequence[str], *, core: int | None = None, env: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """A server or agent pinned to a core, its output thrown away."""
    prefix = ["taskset", "-c", str(core)] if core is not None and shutil.which("taskset") else []
    return subprocess.Popen(
        [*prefix, *command],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def wait_until(ready: object, seconds: float = 20) -> None:
    """Calls `ready` until it is true.

    Raises:
        TimeoutError: it never was.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():  # type: ignore[operator]  # a callable, told apart by its caller
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the server did not become ready")


def interpreter() -> str:
    """Which Python this is and whether it was built with profile-guided optimisation."""
    import platform  # noqa: PLC0415 - only for this line
    import sysconfig  # noqa: PLC0415 - only for this line

    flags = str(sysconfig.get_config_var("CONFIG_ARGS"))
    built = "optimised build" if "enable-optimizations" in flags else "build without profile-guided optimisation"
    return f"Python {platform.python_version()} ({built})"
