"""Which boot this is."""

import re
import subprocess
import sys
import time
from pathlib import Path

from schooldrum_agent.sources import boot


def test_the_name_of_a_boot_is_the_kernels_and_stays() -> None:
    kernel = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip().replace("-", "")
    assert boot.boot_id("linux") == boot.boot_id("linux") == kernel


def test_another_process_calls_it_the_same() -> None:
    asked = "from schooldrum_agent.sources import boot; print(boot.boot_id('linux'))"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == boot.boot_id("linux")


def test_a_boot_that_cannot_be_named_gets_a_fresh_unknown_name(tmp_path: Path) -> None:
    names = {boot.boot_id("linux", str(tmp_path)) for _ in range(3)}
    (tmp_path / "sys" / "kernel" / "random").mkdir(parents=True)
    (tmp_path / "sys" / "kernel" / "random" / "boot_id").write_text("../../etc/passwd\n", encoding="ascii")
    names.add(boot.boot_id("linux", str(tmp_path)))
    names.add(boot.boot_id("win32"))  # there is no registry here
    assert len(names) == 5
    assert all(re.fullmatch(r"unknown-[0-9a-f]{32}", name) for name in names)


def test_boot_time_runs_on_and_is_that_of_the_kernel() -> None:
    uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    first = boot.boottime()
    time.sleep(0.02)
    assert abs(first - uptime) < 1
    assert 0.02 <= boot.boottime() - first < 1
    slept = boot.slept()
    assert slept is not None
    assert slept >= 0
