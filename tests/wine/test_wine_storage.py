import json
from typing import Any

import pytest
from tests.wine.windows import Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
TELL = """
import json
from schooldrum_agent.probe import Denied, Doors, Unavailable
from schooldrum_agent.probes.storage import fetch_windows, read_windows
from schooldrum_agent.sources import physical_disks, windows
data = fetch_windows(Doors(boottime=lambda: 1.0, wall=lambda: 1.0))
request = physical_disks.health_log_request()
try:
    log = len(windows.ask_device(r"\\\\.\\PhysicalDrive0", 0x2D1400, request, len(request)))
except (Denied, Unavailable) as problem:
    log = str(problem)
print(json.dumps({"data": data, "rows": [row.values for row in read_windows(data)], "log": log}))
"""


@pytest.fixture(scope="module")
def told(windows: Windows) -> dict[str, Any]:
    ended = windows.run("python", "-c", TELL, timeout=120)
    assert ended.code == 0, ended.err
    answer: dict[str, Any] = json.loads(ended.out)
    return answer


def test_the_disks_are_listed_by_a_real_call_of_wmi(told):
    drives = told["data"]["drives"]
    assert drives
    assert all(isinstance(drive["Size"], str) and drive["Size"].isdecimal() for drive in drives), "64 bits are text"
    assert [row["disk"] for row in told["rows"]] == [f"PhysicalDrive{drive['Index']}" for drive in drives]
    assert all(row["size"] == int(drive["Size"]) for row, drive in zip(told["rows"], drives, strict=True))


def test_a_disk_that_tells_nothing_of_its_health_is_not_sound(told):
    assert {row["unread"] for row in told["rows"]} == {"not_told"}
    assert all("passed" not in row and "health" not in row for row in told["rows"])


def test_the_driver_is_asked_for_the_health_log_and_refuses_in_an_outcome(told):
    assert "PhysicalDrive0" in str(told["log"])
