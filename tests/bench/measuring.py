"""What a process costs: processor seconds over all its threads and children, memory, wake-ups, bytes written."""

import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import psutil

SERVER_CORE = 0
LOAD_CORE = 1
SETTLING_SECONDS = 0.1
"""After so long a server has ended what an answered load left behind."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Processor seconds (the kernel's own count), memory in bytes, bytes written to storage."""

    cpu: float
    resident: int
    proportional: int
    written: int


def _spent(pid: int) -> float:
    """Processor seconds of a process, threads and waited-for children that have ended included."""
    # The clock of another process, as clock_getcpuclockid(3) names it.
    own = time.clock_gettime((~pid << 3) | 2)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return own + ended


def cost(pid: int) -> Cost:
    """The process and its children, as of now."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    cpu = resident = proportional = written = 0.0
    for member in family:
        try:
            cpu += _spent(member.pid)
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


def wait_until(ready: Callable[[], bool], seconds: float = 20) -> None:
    """Calls `ready` until it is true.

    Raises:
        TimeoutError: it never was.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the server did not become ready")


def interpreter() -> str:
    """Which Python this is, and what is known of how it was built: it decides a third of every figure."""
    if "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS")):
        built = "optimised"
    elif sys.base_prefix == "/usr" and Path("/etc/debian_version").exists():
        built = "the distribution's own, which is built optimised"
    else:
        built = "without profile-guided optimisation: slower than a distribution's own"
    return f"Python {platform.python_version()} from {sys.base_prefix} ({built})"
