"""What the agent leaves for people without rights, by Windows' own doors: folder, file, whether it still runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.wine.windows import Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
LEAVE = """
import json, pathlib, subprocess, sys, time
import msgspec
from schooldrum_agent.clock import Clock
from schooldrum_agent.noticeboard import is_running, open_board, read_notice
from schooldrum_agent.sources.boot import boot_id
from schooldrum_agent.state import Identity, open_state
home = pathlib.Path(sys.argv[1])
clock = Clock(monotonic=time.monotonic, boottime=time.monotonic, wall=time.time, boot=boot_id("win32"))
state = open_state(home / "state")
state.keep_identity(Identity(
    machine="0123456789abcdef", credential="c" * 43, place="BM/main/tin1", alias="tin1-07", state="active",
    collector="https://127.0.0.1:9",
))
board = open_board(home / "new" / "notices", state=state, clock=clock, procfs="/proc")
board.show()
notice = read_notice(home / "new" / "notices")
gone = subprocess.Popen([sys.executable, "-c", ""])
gone.wait()
told = {"alias": notice.alias, "runs": is_running(notice, "/proc")}
told["gone"] = is_running(msgspec.structs.replace(notice, process=gone.pid), "/proc")
told["before the power cut"] = is_running(msgspec.structs.replace(notice, began="0" * 32), "/proc")
state.note_delivery("unreachable", "", 5.0)
with (home / "new" / "notices" / "notice.json").open("rb") as reader:
    board.show()
    told["read meanwhile"] = reader.read().startswith(b"{")
board.show(ending=True)
notice = read_notice(home / "new" / "notices")
told |= {"word": notice.delivery.word, "ended": is_running(notice, "/proc")}
told["secret"] = "ccc" in (home / "new" / "notices" / "notice.json").read_text()
print(json.dumps(told))
"""


def test_a_windows_agent_leaves_what_others_may_know(windows: Windows, tmp_path: Path):
    ended = windows.run("python", "-c", LEAVE, windows.path(tmp_path), timeout=90)
    assert ended.code == 0, ended.err
    told: dict[str, Any] = json.loads(ended.out)
    print(told)
    assert told == {
        "alias": "tin1-07", "runs": True, "gone": False, "before the power cut": False, "read meanwhile": True,
        "word": "unreachable", "ended": False, "secret": False,
    }  # fmt: skip
