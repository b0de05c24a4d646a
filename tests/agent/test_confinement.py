"""What a Windows process says of its own rights, as bytes; and what a child does that could not give them up."""

import struct
import subprocess
import sys
from random import Random

import pytest

from schooldrum_agent.climbing import Climbing
from schooldrum_agent.config import load as load_config
from schooldrum_agent.confinement import Confined, confine, integrity_of, user_sid, without_privileges
from schooldrum_agent.probes import PROBES, load
from schooldrum_wire.settings import Settings

SYSTEM = bytes((1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0))
LOW = bytes((1, 1, 0, 0, 0, 0, 0, 16)) + struct.pack("<I", 0x1000)
BASE = 0x7FFE0000
SERVICE = bytes((1, 2, 0, 0, 0, 0, 0, 5)) + struct.pack("<II", 32, 544)


def told(sid: bytes) -> bytes:
    return struct.pack("<QI4x", BASE + 16, 0x20) + sid


@pytest.mark.parametrize("sid", [SYSTEM, LOW, SERVICE])
def test_the_sid_in_what_a_token_says(sid):
    assert user_sid(told(sid) + b"rest", BASE) == sid


@pytest.mark.parametrize(
    "raw",
    [b"", b"\0" * 12, struct.pack("<QI4x", BASE - 8, 0), struct.pack("<QI4x", BASE + 9000, 0) + SYSTEM],
)
def test_what_points_out_of_itself_is_no_sid(raw):
    assert user_sid(raw, BASE) == b""
    assert integrity_of(raw, BASE) is None


def test_the_integrity_is_the_last_word_of_its_sid():
    assert integrity_of(told(LOW), BASE) == 0x1000
    assert integrity_of(told(SYSTEM[:8]), BASE) is None


def test_every_privilege_goes_but_walking_through_folders():
    held = [7, 23, 20, 1 << 33]
    raw = struct.pack("<I", len(held)) + b"".join(struct.pack("<QI", luid, 2) for luid in held)
    gone = without_privileges(raw)
    count = struct.unpack_from("<I", gone)[0]
    assert [struct.unpack_from("<QI", gone, 4 + 12 * number) for number in range(count)] == [
        (7, 4), (20, 4), (1 << 33, 4),
    ]  # fmt: skip
    assert without_privileges(b"") == struct.pack("<I", 0)
    assert without_privileges(struct.pack("<I", 10**9)) == struct.pack("<I", 0)


@pytest.mark.parametrize(
    ("left", "may_read"),
    [
        (Confined(), True),
        (Confined(system=True, integrity=0x1000), True),
        (Confined(system=True, integrity=0x4000), False),
        (Confined(system=True), False),
        (Confined(system=False, integrity=0x3000), True),
    ],
)
def test_the_system_itself_reads_nothing_from_strangers_unless_it_is_confined(left, may_read):
    assert (left.fault == "") is may_read


def test_on_linux_there_is_nothing_to_give_up():
    assert confine(system="linux") == Confined()


def test_on_windows_without_its_doors_it_is_taken_for_the_system():
    assert confine(system="win32").fault


def test_whatever_speaks_with_the_network_says_so():
    assert {probe.name for probe in PROBES if probe.meets_strangers} == {"ladder", "services"}


@pytest.mark.parametrize(
    ("system", "observer", "services", "is_child"),
    [
        ("win32", True, {"vnedu": ("dns", "vnedu.vn")}, True),
        ("win32", True, {}, False),
        ("win32", False, {"vnedu": ("dns", "vnedu.vn")}, False),
        ("linux", True, {"vnedu": ("dns", "vnedu.vn")}, False),
    ],
)
def test_services_are_asked_by_a_child_where_the_agent_is_the_system(system, observer, services, is_child):
    granted = Settings(version=1, observer=observer, services=services)
    config = load_config(None, {"SCHOOLDRUM_LADDER": "collector"}, {})
    climbing = Climbing(
        config,
        settings=lambda: granted,
        office=None,
        clock=lambda: 1.0,
        chance=Random(1),  # noqa: S311 - spreads waits
        system=system,
    )
    assert climbing.apart(load("services")).child is is_child
    assert climbing.apart(load("cpu")).child is False


def test_a_child_that_cannot_give_up_its_rights_is_denied():
    # As on Windows, from whose doors nothing is to be had here.
    script = (
        "import sys, time; from schooldrum_agent.child import serve; from schooldrum_agent.probes import load\n"
        "sys.exit(serve('ladder', [load('ladder')], boottime=time.monotonic, wall=time.time, system='win32'))"
    )
    request = b'{"procfs": "/proc", "sysfs": "/sys", "rootfs": "/"}\n'
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin, child.stdout:
        assert child.stdout.readline() == b"ready\n"
        child.stdin.write(request)
        child.stdin.flush()
        length = int(child.stdout.readline())
        answer = child.stdout.read(length)
    assert child.wait(20) == 0
    assert b'"denied"' in answer
    assert b"give up its rights" in answer
