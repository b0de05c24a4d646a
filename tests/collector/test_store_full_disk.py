"""A full disk: told in plain words, nothing acknowledged is lost, and the store goes on as soon as there is room."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "store_filled_disk.py"


@pytest.mark.parametrize(
    "way",
    [
        pytest.param("tmpfs", marks=pytest.mark.namespaces),
        pytest.param("limit", marks=pytest.mark.skipif(sys.platform != "linux", reason="bounds the size of files")),
    ],
)
def test_a_full_disk_loses_nothing_and_heals_by_itself(tmp_path: Path, way: str):
    apart = ["unshare", "--mount", "--propagation", "private"] if way == "tmpfs" else []
    done = subprocess.run(
        [*apart, sys.executable, "-W", "error", str(PROGRAM), str(tmp_path), way],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["acknowledged"] > 100
    assert "nothing can be stored" in seen["told"]
    assert "Make room" in seen["told"]
    assert "nothing can be stored" in seen["told_register"]
    assert seen["areas"] == 0
    assert seen["latest"] == str(seen["acknowledged"] - 1)
    assert seen["before"] == seen["acknowledged"]
    assert seen["kept"] == seen["acknowledged"] + 1
    assert seen["same"]
    assert seen["recovered"] < 5
    assert seen["complaints"] == []
    assert seen["machines"] == ["m1"]
