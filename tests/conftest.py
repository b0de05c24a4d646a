"""What a test needs from this machine: where it is missing the test says so in one line, and fails where CI is set."""

import functools
import os
import shutil
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, settings

# As hypothesis itself does where CI is set: how long an example takes says more of this machine than of the code.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
PROGRAMS = {
    "browser": {"chromium": "chromium"},
    "alertmanager": {"prometheus-alertmanager": "prometheus-alertmanager", "amtool": "prometheus-alertmanager"},
    "prometheus": {"prometheus": "prometheus", "promtool": "prometheus"},
    "wine": {
        "wine": "wine wine64",
        "wineserver": "wine wine64",
        "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32",
    },
    "nginx": {"nginx": "nginx"},
    "namespaces": {"ip": "iproute2", "unshare": "util-linux", "iptables": "iptables"},
}
"""Marker -> the programs its tests start -> the Debian packages that hold them."""


@functools.cache
def _missing(marker: str) -> str:
    lacking = {program: package for program, package in PROGRAMS[marker].items() if shutil.which(program) is None}
    if lacking:
        return f"{', '.join(lacking)} not found: sudo apt install {' '.join(sorted(set(lacking.values())))}"
    if marker == "wine" and sys.version_info[:2] != (3, 11):
        return "the Windows Python of the tests is a 3.11 and needs Python 3.11 here too"
    if marker == "namespaces":
        if os.geteuid() != 0:
            return "network namespaces need root"
        if subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode != 0:
            return "this kernel grants no network namespaces"
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in PROGRAMS:
        if item.get_closest_marker(marker) and (missing := _missing(marker)):
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI must have it: {missing}", pytrace=False)
            pytest.skip(missing)


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are named by their length: packed ones hold the second of their making, and workers must agree on names."""
    del config, argname
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tables that tests record are printed at the end: what they print themselves a parallel run swallows."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "table" and getattr(report, "when", "") == "call":
                    title, _, lines = str(text).partition("\n")
                    terminalreporter.section(title)
                    terminalreporter.write_line(lines)
