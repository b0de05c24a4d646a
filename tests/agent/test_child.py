import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from schooldrum_agent import child as child_module
from schooldrum_agent.child import LARGEST_ANSWER, Asked, Request, ask
from schooldrum_agent.leash import clean_environment
from schooldrum_wire.result import Outcome

REQUEST = Request(procfs="/proc", sysfs="/sys", rootfs="/", said={"clock_steps": 3.0})
ENVIRONMENT = clean_environment(os.environ, sys.platform, sys.path)
PROBES = """
import os, signal, subprocess, sys, threading, time
from pathlib import Path
from schooldrum_agent.child import serve
from schooldrum_agent.probe import Denied, Probe, Source, Unavailable
from schooldrum_wire.catalogue.memory import MEMORY_SIZE_BYTES
from schooldrum_wire.catalogue.disk import VOLUMES

HERE = Path(sys.argv[1])

def good(doors):
    return doors.said()["clock_steps"]
def read_good(data):
    yield MEMORY_SIZE_BYTES(data)
    yield VOLUMES(volume="C:", size=5)
def denied(doors): raise Denied("needs an administrator")
def unavailable(doors): raise Unavailable("no such thing")
def raises(doors): raise RuntimeError("broken")
def exits(doors): sys.exit("goodbye")
def interrupted(doors): raise KeyboardInterrupt
def hard(doors): os._exit(7)
def segfault(doors): os.kill(os.getpid(), signal.SIGSEGV)
def hang(doors): time.sleep(600)
def spin(doors):
    while True: pass
def deaf(doors):
    signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)
def garbage(doors):
    print("garbage" * 100_000); os.write(1, b"999999999\\n{}"); sys.stdout.flush(); return 1.0
def grandchildren(doors):
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with (HERE / "pids").open("a") as file: file.write(f"{process.pid}\\n")
    return 1.0
def forks(doors):
    for _ in range(2):
        pid = os.fork()
        if pid == 0: time.sleep(600)
        with (HERE / "pids").open("a") as file: file.write(f"{pid}\\n")
    time.sleep(600)
def thread(doors):
    threading.Thread(target=time.sleep, args=(600,)).start(); return 1.0
def memory(doors): return len(b"x" * (3 << 30))
def reads_input(doors): return 1.0 if sys.stdin.read() == "" else 2.0
def environment(doors):
    (HERE / "environment").write_text(repr(dict(os.environ))); return 1.0
def directory(doors):
    (HERE / "cwd").write_text(os.getcwd()); return 1.0
def plain(data): yield MEMORY_SIZE_BYTES(data)
def large(data):
    for number in range(5000): yield VOLUMES(volume=str(number), filesystem="x" * 1000, label="y" * 1000)
def notnumber(data): yield MEMORY_SIZE_BYTES(float("inf"))

FETCHES = [denied, unavailable, raises, exits, interrupted, hard, segfault, hang, spin, deaf, garbage, grandchildren,
    forks, thread, memory, reads_input, environment, directory]
PROBES = [Probe(f.__name__, every=1, timeout=1, on={sys.platform: Source(f, plain)}, child=True) for f in FETCHES]
PROBES += [
    Probe("good", every=1, timeout=1, on={sys.platform: Source(good, read_good)}, sections=("volumes",)),
    Probe("large", every=1, timeout=1, on={sys.platform: Source(lambda doors: 1, large)}, sections=("volumes",)),
    Probe("notnumber", every=1, timeout=1, on={sys.platform: Source(lambda doors: 1, notnumber)}),
]
code = serve(sys.argv[2], PROBES, boottime=time.monotonic, wall=time.time, system=sys.platform)
os._exit(code)
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("child")
    (folder / "program.py").write_text(PROBES, encoding="utf-8")
    return folder


def asked(here: Path, name: str, timeout: float = 20.0) -> Asked:
    command = [sys.executable, str(here / "program.py"), str(here), name]
    return ask(command, ENVIRONMENT, REQUEST, timeout=timeout, monotonic=time.monotonic)


def is_alive(pid: int) -> bool:
    # A dead process whose parent has not reaped it yet is dead all the same.
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come about"
        time.sleep(0.02)


def test_readings_and_rows_come_back_from_the_child(here):
    outcome = asked(here, "good")
    assert outcome.answer.outcome is Outcome.OK
    assert [(reading.name, reading.value) for reading in outcome.answer.readings] == [("school_memory_size_bytes", 3.0)]
    assert outcome.answer.rows[0].values == {"volume": "C:", "size": 5}
    assert outcome.lingering is None
    assert 0 < outcome.took < 5


@pytest.mark.parametrize(
    ("name", "outcome", "reason"),
    [
        ("denied", Outcome.DENIED, "needs an administrator"),
        ("unavailable", Outcome.UNAVAILABLE, "no such thing"),
        ("raises", Outcome.FAILED, "RuntimeError: broken"),
        ("exits", Outcome.FAILED, "SystemExit: goodbye"),
        ("interrupted", Outcome.FAILED, "KeyboardInterrupt"),
        ("hard", Outcome.FAILED, "gave no answer (exit code 7)"),
        ("segfault", Outcome.FAILED, "gave no answer (killed by signal 11)"),
        ("garbage", Outcome.OK, ""),
        ("thread", Outcome.OK, ""),
        ("reads_input", Outcome.OK, ""),
        ("memory", Outcome.FAILED, "MemoryError"),
        ("large", Outcome.FAILED, "the answer is larger than"),
        ("notnumber", Outcome.FAILED, "value is inf"),
        ("nobody", Outcome.FAILED, "did not begin as one of ours (exit code 2)"),
    ],
)
def test_however_a_child_ends_it_is_one_outcome(here, name, outcome, reason):
    got = asked(here, name)
    assert got.answer.outcome is outcome
    assert reason in got.answer.reason
    assert got.lingering is None


@pytest.mark.parametrize("name", ["hang", "spin", "deaf"])
def test_a_child_that_hangs_is_ended_in_time(here, name):
    began = time.monotonic()
    got = asked(here, name, timeout=0.5)
    assert got.answer.outcome is Outcome.TIMED_OUT
    assert got.answer.reason == "no answer within 0.5 s"
    assert time.monotonic() - began < 10
    assert 0.5 <= got.took < 3


@pytest.mark.parametrize(
    ("name", "outcome"), [("grandchildren", Outcome.OK), ("forks", Outcome.TIMED_OUT)], ids=["answers", "hangs"]
)
@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_grandchildren_end_with_the_child(here, name, outcome):
    (here / "pids").write_text("")
    got = asked(here, name, timeout=20.0 if outcome is Outcome.OK else 1.0)
    assert got.answer.outcome is outcome
    pids = [int(line) for line in (here / "pids").read_text().split()]
    assert pids
    wait_for(lambda: not any(is_alive(pid) for pid in pids))


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
@pytest.mark.parametrize("is_being_ended", [False, True])
def test_when_the_agent_is_killed_its_child_and_grandchildren_end_too(here, *, is_being_ended: bool):
    (here / "pids").write_text("")
    program = textwrap.dedent("""
        import sys, time
        sys.path[:] = eval(sys.argv[1])
        from schooldrum_agent.child import Request, ask
        ask(eval(sys.argv[2]), eval(sys.argv[3]), Request(procfs="/proc", sysfs="/sys", rootfs="/"),
            timeout=60, monotonic=time.monotonic)
    """)
    command = [sys.executable, str(here / "program.py"), str(here), "forks"]
    agent = subprocess.Popen([sys.executable, "-c", program, repr(sys.path), repr(command), repr(ENVIRONMENT)])
    wait_for(lambda: len((here / "pids").read_text().split()) == 2)
    pids = [int(line) for line in (here / "pids").read_text().split()]
    child = int(Path(f"/proc/{pids[0]}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    pids.append(child)
    if is_being_ended:
        os.killpg(child, signal.SIGSTOP)
    agent.send_signal(signal.SIGKILL)
    agent.wait()
    wait_for(lambda: not any(is_alive(pid) for pid in pids))


def test_the_child_is_told_nothing_of_our_environment(here, monkeypatch):
    monkeypatch.setenv("SCHOOLDRUM_SECRET", "canary")
    asked(here, "environment")
    told = (here / "environment").read_text()
    assert "canary" not in told
    assert "'LC_ALL': 'C.UTF-8'" in told
    asked(here, "directory")
    assert (here / "cwd").read_text() == "/"


SCRIPTS = {
    "nothing": "",
    "no words": "import time; time.sleep(600)",
    "garbage": "print('x' * 1000)",
    "endless garbage": "while True: print('x' * 1000)",
    "ready then garbage": "print('ready'); print('not a number')",
    "ready then endless": "import sys\nprint('ready')\nwhile True: sys.stdout.write('9')",
    "a hundred megabytes": "import sys\nprint('ready'); print(100 << 20); sys.stdout.write('x' * (100 << 20))",
    "negative": "print('ready'); print(-5)",
    "less than promised": "print('ready'); print(1000); print('{}')",
    "no JSON": "print('ready'); print(5); print('{{{{{')",
    "other JSON": "print('ready'); print(5); print('[1,2]')",
    "unknown outcome": "body = '{\"outcome\":\"splendid\"}'\nprint('ready'); print(len(body)); print(body)",
    "deep JSON": "body = '[' * 100000\nprint('ready'); print(len(body)); print(body)",
    "not text": "import os\nos.write(1, b'ready\\n4\\n\\xff\\xfe\\xfd\\xfc')",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_program_that_does_not_speak_as_agreed_is_failed_and_ended(name, monkeypatch):
    monkeypatch.setattr(child_module, "START_SECONDS", 1.0)
    began = time.monotonic()
    got = ask([sys.executable, "-c", SCRIPTS[name]], ENVIRONMENT, REQUEST, timeout=5, monotonic=time.monotonic)
    assert got.answer.outcome is Outcome.FAILED
    assert got.answer.reason
    assert got.lingering is None
    assert time.monotonic() - began < 10


def test_a_program_that_cannot_be_started_is_failed():
    got = ask(["/nonexistent/program"], ENVIRONMENT, REQUEST, timeout=5, monotonic=time.monotonic)
    assert got.answer.outcome is Outcome.FAILED
    assert "cannot be started" in got.answer.reason


def test_the_largest_answer_is_bounded():
    assert LARGEST_ANSWER == 8 << 20


def test_windows_children_find_their_system():
    told = clean_environment({"SYSTEMROOT": r"D:\Windows", "USERNAME": "thu"}, "win32", ["C:\\code"])
    assert told["PATH"].startswith(r"D:\Windows\System32;")
    assert "USERNAME" not in told
