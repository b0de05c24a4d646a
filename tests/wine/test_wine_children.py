"""Children on Windows: the job object that holds a probe's process and everything it starts."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.wine.windows import Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
CHILD = """
import os, subprocess, sys, time
from schooldrum_agent.child import serve
from schooldrum_agent.probe import Probe, Source
from schooldrum_wire.catalogue.memory import MEMORY_SIZE_BYTES

def good(doors): return doors.said()["start_age"]
def garbage(doors):
    print("garbage" * 10000, flush=True); os.write(1, b"9999"); return 2.0
def hang(doors): time.sleep(600)
def hard(doors): os._exit(7)
def grandchild(doors):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(sys.argv[1], "w") as file: file.write(str(process.pid))
    time.sleep(600)
def read(data): yield MEMORY_SIZE_BYTES(data)

probes = [Probe(f.__name__, every=1, timeout=9, on={"win32": Source(f, read)}, child=True)
          for f in (good, garbage, hang, hard, grandchild)]
os._exit(serve(sys.argv[2], probes, boottime=time.monotonic, wall=time.time, system="win32"))
"""
AGENT = """
import json, os, sys, time
import psutil
from schooldrum_agent.child import Request, ask
from schooldrum_agent.leash import clean_environment

def asked(name, timeout):
    command = [sys.executable, sys.argv[1], sys.argv[2], name]
    request = Request(procfs="/proc", sysfs="/sys", rootfs="/", said={"start_age": 5.0})
    environment = clean_environment(os.environ, "win32", sys.path)
    began = time.monotonic()
    got = ask(command, environment, request, timeout=timeout, monotonic=time.monotonic)
    return {"outcome": got.answer.outcome, "reason": got.answer.reason, "lingers": got.lingering is not None,
            "values": [reading.value for reading in got.answer.readings], "seconds": time.monotonic() - began}

said = {name: asked(name, 2.0 if name in ("hang", "grandchild") else 30.0)
        for name in ("good", "garbage", "hang", "hard", "grandchild", "nobody")}
pid = int(open(sys.argv[2]).read())
until = time.monotonic() + 10
while psutil.pid_exists(pid) and time.monotonic() < until:
    time.sleep(0.1)
said["grandchild is alive"] = psutil.pid_exists(pid)
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(windows: Windows, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("children")
    (folder / "child.py").write_text(CHILD, encoding="utf-8")
    (folder / "agent.py").write_text(AGENT, encoding="utf-8")
    words = [windows.path(folder / name) for name in ("agent.py", "child.py", "pid")]
    ended = windows.run("python", *words, timeout=240)
    assert ended.code == 0, ended.err
    answer: dict[str, Any] = json.loads(ended.out)
    return answer


def test_a_child_answers_whatever_it_prints_beside(said):
    assert (said["good"]["outcome"], said["good"]["values"]) == ("ok", [5.0])
    assert (said["garbage"]["outcome"], said["garbage"]["values"]) == ("ok", [2.0])


def test_a_child_that_hangs_is_ended_in_time(said):
    assert said["hang"]["outcome"] == "timed_out"
    assert said["hang"]["seconds"] < 30
    assert not said["hang"]["lingers"]


def test_a_child_that_ends_hard_is_failed(said):
    assert said["hard"]["outcome"] == "failed"
    assert "exit code 7" in said["hard"]["reason"]
    assert said["nobody"]["outcome"] == "failed"


def test_what_a_child_started_ends_with_it(said):
    assert said["grandchild"]["outcome"] == "timed_out"
    assert said["grandchild is alive"] is False
