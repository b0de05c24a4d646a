"""A child that reads what strangers sent, on Windows: what it gives up before it does."""

import json
from typing import Any

import pytest
from tests.wine.windows import Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
GIVE_UP = """
import json, subprocess, sys
from schooldrum_agent.confinement import confine
before = subprocess.run([sys.executable, "-c", "print(7)"], capture_output=True, text=True).stdout.strip()
left = confine()
again = confine()
print(json.dumps({
    "before": before, "fault": left.fault, "system": left.system, "integrity": left.integrity,
    "privileges": left.privileges, "starts": left.starts_programs, "again": again == left,
}))
"""


def test_what_a_windows_process_gives_up(windows: Windows):
    ended = windows.run("python", "-c", GIVE_UP, timeout=120)
    assert ended.code == 0, ended.err
    told: dict[str, Any] = json.loads(ended.out)
    assert (told["before"], told["fault"], told["again"]) == ("7", "", True)
    assert told["privileges"] == 1, "that of walking through folders"
    # Wine takes the wish for less integrity and a ban on children, and keeps neither: that it did is what is read here.
    assert told["system"] is False
    assert told["integrity"] in {0x1000, 0x2000, 0x3000}
