"""A recording of a real PC: whole, replayable, and without anybody's name."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.probes import PROBES
from schooldrum_agent.record import Scrubber, exposed, record
from schooldrum_agent.sources import boot
from schooldrum_wire.catalogue.cpu import CPU_LOGICAL_PROCESSORS
from schooldrum_wire.catalogue.disk import DISK_FREE_BYTES, DISK_SIZE_BYTES
from schooldrum_wire.fence import Fence, folded_names
from schooldrum_wire.reading import Reading

CANARY = "NguyenVanCanary"
FENCE = Fence(names=folded_names([CANARY, "Nguyễn Văn Canary"]))


def doors(**given_doors: Any) -> Doors:
    return Doors(**{"boottime": boot.boottime, "wall": lambda: 1.8e9, **given_doors})


def asks(data: Any) -> Probe:
    def fetch(_doors: Doors) -> Any:
        if isinstance(data, Exception):
            raise data
        return data

    return Probe(
        "made", every=60, timeout=5, on={"linux": Source(fetch, lambda found: [CPU_LOGICAL_PROCESSORS(len(found))])}
    )


def contents(directory: Path) -> str:
    return "".join(f"{path.name}\n{path.read_text('utf-8')}" for path in sorted(directory.iterdir()))


def test_a_recording_of_this_machine_replays_to_what_it_says(tmp_path: Path) -> None:
    home = tmp_path / "machine"
    files = record(home, PROBES, doors(), FENCE, system="linux")
    assert {path.name for path in files} == {path.name for path in home.iterdir()}
    assert {path.stem for path in files} == {probe.name for probe in PROBES} | {"machine", "expected"}
    machine = json.loads((home / "machine.json").read_text("utf-8"))
    assert machine["system"] == "linux"
    assert machine["release"]
    readings: list[Reading] = []
    for probe in PROBES:
        taken = json.loads((home / f"{probe.name}.json").read_text("utf-8"))
        if taken["outcome"] == "unavailable":
            continue  # this machine has no such thing
        assert taken["outcome"] == "ok", probe.name
        readings += [told for told in probe.on["linux"].read(taken["data"]) if isinstance(told, Reading)]
    assert exposed(readings) == (home / "expected.prom").read_text("utf-8")
    assert "school_memory_size_bytes " in (home / "expected.prom").read_text("utf-8")


def test_a_directory_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(FileExistsError, match="name a new directory"):
        record(tmp_path, PROBES, doors(), FENCE, system="linux")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("problem", "taken"),
    [
        (Unavailable("no battery"), {"outcome": "unavailable", "reason": "no battery"}),
        (Denied(f"/home/{CANARY}/x may not be read"), {"outcome": "denied", "reason": "personal1"}),
        (PermissionError("no"), {"outcome": "denied", "reason": "no"}),
        (ZeroDivisionError(CANARY), {"outcome": "failed", "reason": "ZeroDivisionError"}),
    ],
)
def test_how_a_fetch_ended_is_recorded_too(tmp_path: Path, problem: Exception, taken: dict[str, str]) -> None:
    record(tmp_path / "x", [asks(problem)], doors(), FENCE, system="linux")
    assert json.loads((tmp_path / "x" / "made.json").read_text("utf-8")) == taken
    assert (tmp_path / "x" / "expected.prom").read_text("utf-8") == ""


def test_what_a_reader_trips_over_is_on_disk_before_it_trips(tmp_path: Path) -> None:
    broken = Probe("made", every=60, timeout=5, on={"linux": Source(lambda _doors: {"a": 1}, lambda found: found["b"])})
    with pytest.raises(KeyError):
        record(tmp_path / "x", [broken], doors(), FENCE, system="linux")
    assert json.loads((tmp_path / "x" / "made.json").read_text("utf-8"))["data"] == {"a": 1}


SECRETS = {
    "host_name": f"{CANARY}-PC",
    "label": "Ổ đĩa của Nguyễn Văn Canary",
    "name": CANARY,
    "ssid": "Nha Canary 5G",
    "serial": "WD-WCC4E1234567",
    "volume": f"/media/{CANARY}/DATA",
    "source": "/dev/mapper/NguyenVanCanary--PC--vg-root",
    "mac": "3C-52-82-AA-BB-CC",
    "text": "card 3c:52:82:aa:bb:cc has 10.17.4.9/24, 2001:ee0:4f1::17 and fe80::1, disk WD-WCC4E1234567",
    "guid": "{4D36E972-E325-11CE-BFC1-08002BE10318}",
    "machine_id": "0123456789abcdef0123456789abcdef",
    "sid": "S-1-5-21-1111111111-222222222-333333333-1001",
    "path": rf"C:\Users\{CANARY}\Desktop",
    f"key of {CANARY}": 1,
    "network": "on Nha Canary 5G",
}
LEAKS = (CANARY.lower(), "canary", "wcc4e", "82:aa", "82-aa", "10.17", "2001:ee0", "fe80", "e325", "0123456789abcdef")


def test_nothing_that_names_a_person_or_the_machine_is_recorded(tmp_path: Path) -> None:
    record(tmp_path / "x", [asks({"one": [SECRETS], "two": SECRETS})], doors(), FENCE, system="linux")
    text = contents(tmp_path / "x").lower()
    assert [leak for leak in (*LEAKS, "1111111111") if leak in text] == []


def test_equal_things_stay_equal_and_different_ones_different() -> None:
    scrubber = Scrubber(fence=FENCE)
    found = scrubber.clean(["3c:52:82:aa:bb:cc", "3C-52-82-AA-BB-CC", "3c:52:82:aa:bb:cd", "5e:00:00:00:00:01"])
    assert found[0] == found[1] != found[2]
    # Whether a person made an address up must stay visible: the fingerprint depends on it.
    assert found[0].startswith("00:00:5e:00:53:")
    assert found[3].startswith("02:")


@pytest.mark.parametrize(
    "text",
    [
        "/devices/pci0000:00/0000:00:1f.6",
        "254:0",
        "10.0.19045.7548",
        "6.8.0-71-generic",
        "00:00:00:00:00:00",
        "ff:ff:ff:ff:ff:ff",
        "127.0.0.1",
        r"\Device\HarddiskVolume3",
        "Ubuntu 24.04.3 LTS",
        "C:",
        "2026-11-20T00:01:02.1234567Z",
        "",
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    scrubber = Scrubber(fence=FENCE)
    scrubber.learn({"host_name": "debian", "label": "Windows"})
    assert scrubber.clean({"text": text}) == {"text": text}


@given(
    data=st.recursive(
        st.none()
        | st.booleans()
        | st.floats(allow_nan=False)
        | st.text()
        | st.sampled_from(list(map(str, SECRETS.values()))),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["label", "name", "text"]), inner),
        max_leaves=8,
    )
)
def test_any_plain_data_is_scrubbed_clean_and_keeps_its_shape(data: Any) -> None:
    scrubber = Scrubber(fence=FENCE)
    scrubber.learn(data)
    clean = scrubber.clean(data)
    assert CANARY.lower() not in json.dumps(clean).lower()
    assert type(clean) is type(data)
    if isinstance(data, dict | list):
        assert len(clean) == len(data)


def test_readings_are_shown_as_prometheus_would_escape_them() -> None:
    readings = [DISK_SIZE_BYTES(2.5, volume='a"b\\c'), DISK_FREE_BYTES(3, volume="ổ")]
    assert (
        exposed(readings) == 'school_disk_free_bytes{volume="ổ"} 3\nschool_disk_size_bytes{volume="a\\"b\\\\c"} 2.5\n'
    )


WHOLE = """
import sys
from pathlib import Path
from schooldrum_agent.identity import account_names
from schooldrum_agent.probe import Doors
from schooldrum_agent.probes import PROBES
from schooldrum_agent.record import capture, record
from schooldrum_agent.sources.boot import boottime
from schooldrum_wire.encoding import encode_result, fenced_rows
from schooldrum_wire.fence import Fence, folded_names
from schooldrum_wire.result import Finding, Outcome
from schooldrum_wire.section import Row

tree, out = sys.argv[1:]
doors = Doors(boottime=boottime, wall=lambda: 1.8e9, procfs=tree + "/proc", sysfs=tree + "/sys", rootfs=tree)
fence = Fence(names=folded_names(account_names(doors, "linux")), salt=b"salt")
sent = b""
for number, probe in enumerate(PROBES, 1):
    taken = capture(probe.on["linux"].fetch, doors)
    told = list(probe.on["linux"].read(taken.data)) if taken.outcome is Outcome.OK else []
    rows = [one for one in told if isinstance(one, Row)]
    readings = tuple(one for one in told if not isinstance(one, Row))
    finding = Finding(
        probe=probe.name, outcome=taken.outcome, boottime=1.0, wall=1.0, reason=taken.reason, readings=readings
    )
    sent += encode_result(finding, number, fence) + repr(fenced_rows(rows, fence)).encode()
Path(out + ".sent").write_bytes(sent)
record(Path(out), PROBES, doors, fence, system="linux")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a process a host name of its own")
def test_a_person_in_every_corner_of_a_real_pc_is_found_nowhere_outside_it(tmp_path: Path) -> None:
    tree, out = tmp_path / "tree", tmp_path / "recording"
    slot = "devices/pci0000:00/0000:00:1f.6"
    home = tree / "media" / CANARY / "DATA"
    home.mkdir(parents=True)
    planted = {
        "etc/passwd": f"{CANARY}:x:1000:1000:Nguyễn Văn Canary,,,:/home/{CANARY}:/bin/bash\n",
        "etc/os-release": f'PRETTY_NAME="Linux of {CANARY}"\n',
        "proc/stat": "cpu 1 0 0 9\ncpu0 1 0 0 9\n",
        "proc/meminfo": "MemTotal: 10 kB\nMemAvailable: 5 kB\n",
        "proc/1/mountinfo": "1 1 8:1 / / rw - ext4 /dev/mapper/NguyenVanCanary--PC--vg-root rw\n"
        f"2 1 8:2 / /media/{CANARY}/DATA rw - ext4 /dev/sdb1 rw\n",
        f"sys/{slot}/net/{CANARY}/type": "1\n",
        f"sys/{slot}/net/{CANARY}/carrier": "1\n",
        f"sys/{slot}/net/{CANARY}/address": "3c:52:82:aa:bb:cc\n",
    }
    for name, content in planted.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(content, encoding="utf-8")
    (tree / "sys" / "class" / "net").mkdir(parents=True)
    (tree / "sys" / "class" / "net" / CANARY).symlink_to(f"../../{slot}/net/{CANARY}")
    command = f'hostname {CANARY}-PC && exec "$@"'
    whole = ["unshare", "--uts", "sh", "-c", command, "sh", sys.executable, "-c", WHOLE, str(tree), str(out)]
    subprocess.run(whole, check=True, timeout=60, capture_output=True)
    recorded, sent = contents(out).lower(), (tmp_path / "recording.sent").read_text("utf-8").lower()
    for leak in ("canary", "3c:52:82", "nguyen", "nguyễn"):
        assert leak not in recorded
        assert leak not in sent
    assert '"host_name": "host1"' in recorded
    assert "school_interface_up" in sent
    assert 'school_disk_size_bytes{volume="/"}' in recorded
