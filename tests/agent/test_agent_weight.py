"""What the agent's process never loads: each of these would weigh on every school PC, all day."""

import subprocess
import sys

import pytest

from schooldrum_agent.outline import CHILDREN, HERE
from schooldrum_agent.probe import Doors, Unavailable
from schooldrum_agent.probes import PROBES, load
from schooldrum_agent.roster import roster

STARTED = "import sys; import schooldrum_agent.__main__, schooldrum_agent.assembly, schooldrum_agent.signals"
LOADED = f"{STARTED}; from schooldrum_agent.roster import roster; roster(); print(*sorted(sys.modules))"
LIBRARIES = {
    "argparse", "asyncio", "configparser", "ctypes", "email", "http", "json", "logging", "psutil", "random",
    "subprocess", "stringprep", "tomllib", "traceback",
}  # fmt: skip
OWN = {"child", "commands", "doctor", "once", "record", "service"}
DOORS_OF_WINDOWS = {"adapters", "eventlog", "ip_helper", "volumes", "wmi"}


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    # -S: what a developer's site-packages bring along is not the agent's doing.
    paths = [path for path in sys.path if path]
    program = f"import sys; sys.path[:] = {paths!r}; {LOADED}"
    ended = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


def test_no_heavy_library_is_loaded(loaded):
    assert loaded & LIBRARIES == set()


def test_nothing_of_ours_that_only_people_or_children_need(loaded):
    assert {f"schooldrum_agent.{name}" for name in OWN} & loaded == set()
    assert {f"schooldrum_agent.probes.{probe.name}" for probe in CHILDREN} & loaded == set()
    assert {f"schooldrum_agent.probes.{name}" for name in HERE} <= loaded


@pytest.mark.skipif(sys.platform == "win32", reason="they are needed there")
def test_no_door_that_only_windows_has(loaded):
    assert {f"schooldrum_agent.sources.{name}" for name in DOORS_OF_WINDOWS} & loaded == set()


def test_the_roster_is_the_list_of_probes_and_children_are_known_by_outline_alone():
    told = {probe.name: probe for probe in roster()}
    assert set(told) == {probe.name for probe in PROBES}
    for probe in PROBES:
        known = told[probe.name]
        assert set(known.on) == set(probe.on)
        for field in ("every", "timeout", "child", "floor", "sections", "bulk"):
            assert getattr(known, field) == getattr(probe, field), field
        if not probe.child:
            assert known is probe


@pytest.mark.parametrize("probe", CHILDREN, ids=lambda probe: probe.name)
def test_an_outline_cannot_be_asked(probe):
    doors = Doors(boottime=lambda: 0.0, wall=lambda: 0.0)
    for source in probe.on.values():
        with pytest.raises(Unavailable):
            source.fetch(doors)


@pytest.mark.parametrize("name", ["", "nobody", "__init__", "cpu.PROBE", "../cpu", "cpu\n"])
def test_a_probe_that_is_not_there_is_not_loaded(name):
    with pytest.raises((ImportError, AttributeError)):
        load(name)


@pytest.mark.parametrize("name", ["nobody", "__init__", "os"])
def test_a_child_of_no_probe_ends_with_a_code(name):
    ended = subprocess.run([sys.executable, "-m", "schooldrum_agent", "child", name], check=False, capture_output=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, b"", b"")
