"""What the agent leaves for people without rights: what stands there, who may write, and what doctor makes of it."""

import contextlib
import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.e2e.pcs import made_up_sysfs
from tests.e2e.programs import Agent, Collector, eventually

from schooldrum_agent import doctor
from schooldrum_agent.bedside import code_of, known_of, language_of
from schooldrum_agent.clock import Clock
from schooldrum_agent.config import Config, load
from schooldrum_agent.noticeboard import NAME, Notice, Noticeboard, is_running, open_board, read_notice
from schooldrum_agent.private import NotPrivate, make_readable
from schooldrum_agent.state import Identity, State, open_state
from schooldrum_agent.step import Verdict
from schooldrum_wire.catalogue.ladder import LADDER
from schooldrum_wire.result import Finding, Outcome
from schooldrum_wire.scan import credential_digest, read
from schooldrum_wire.settings import Settings

CLOCK = Clock(monotonic=lambda: 1.0, boottime=lambda: 5000.0, wall=lambda: 1.79e9, boot="boot-one")
IDENTITY = Identity(
    machine="0123456789abcdef", credential="c" * 43, place="BM/main/tin1", alias="tin1-07", state="active",
    collector="https://127.0.0.1:9", authority="-----BEGIN CERTIFICATE-----", salt="ab" * 16,
    fingerprint={"uuid": ("hash",)},
)  # fmt: skip
ROWS = [
    LADDER(step=step, target="", family="ipv4", state=state, how="icmp", reason=reason, given="")
    for step, state, reason in (("link", "ok", ""), ("gateway", "failed", "timeout"))
]
NOBODY = 65534


@contextlib.contextmanager
def kept_in(directory: Path) -> Iterator[State]:
    """The state of a PC that was added, and speaks English."""
    kept = open_state(directory)
    kept.keep_identity(IDENTITY)
    kept.keep_settings(Settings(version=3, language="en"))
    try:
        yield kept
    finally:
        kept.close()


@contextlib.contextmanager
def reachable() -> Iterator[Path]:
    """A directory that every user may walk into, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="schooldrum-notice-") as home:
        Path(home).chmod(0o755)
        yield Path(home)


def as_nobody(look: Callable[[], object]) -> Any:
    """What comes of it for a user without rights, in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException):
            os.close(reading)
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            with os.fdopen(writing, "wb") as out:
                out.write(msgspec.json.encode(look()))
            code = 0
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        raw = told.read()
    assert os.waitpid(child, 0)[1] == 0
    return msgspec.json.decode(raw)


@pytest.fixture
def board(tmp_path: Path) -> Path:
    directory = tmp_path / "run"
    directory.mkdir(mode=0o755)
    return directory


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with kept_in(tmp_path / "state") as kept:
        yield kept


def opened(board: Path, state: State) -> Noticeboard:
    return open_board(board, state=state, clock=CLOCK, procfs="/proc", system="linux")


def climb(boottime: float, wall: float) -> Finding:
    return Finding(
        probe="ladder", outcome=Outcome.OK, boottime=boottime, wall=wall, rows=tuple(ROWS), sections=("ladder",)
    )


def config_of(tmp_path: Path, board: Path) -> Config:
    environ = {
        "SCHOOLDRUM_STATE": str(tmp_path / "state"),
        "SCHOOLDRUM_NOTICES": str(board),
        "SCHOOLDRUM_PROXY": "none",
        "SCHOOLDRUM_LADDER": "collector",
    }
    return load(None, environ, {})


def test_the_board_is_for_everybody_and_holds_no_secret(board, state):
    noticeboard = opened(board, state)
    noticeboard.climbed(climb(4000.0, 1.79e9 - 1000))
    state.note_delivery("unreachable", "no route", 1.79e9)
    noticeboard.show()
    path = board / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    raw = path.read_text("utf-8")
    for secret in (IDENTITY.credential, credential_digest(IDENTITY.credential), IDENTITY.salt, "hash"):
        assert secret not in raw
    notice = read_notice(board)
    assert notice is not None
    assert (notice.place, notice.alias, notice.language, notice.delivery.word) == (
        "BM/main/tin1", "tin1-07", "en", "unreachable",
    )  # fmt: skip
    found = read(notice.scan, credential_digest(IDENTITY.credential))
    assert found is not None
    assert (found.boottime, found.wall) == (4000.0, 1.79e9 - 1000)
    assert [(one.step, one.passed) for one in found.steps] == [("link", True), ("gateway", False)]
    assert list(board.iterdir()) == [path]


def test_it_is_written_only_when_it_changes_and_the_scan_goes_when_reports_arrive(board, state):
    noticeboard = opened(board, state)
    noticeboard.climbed(climb(4000.0, 1.79e9))
    noticeboard.show()
    first = (board / NAME).stat().st_ino
    noticeboard.show()
    assert (board / NAME).stat().st_ino == first
    noticeboard.climbed(msgspec.structs.replace(climb(4500.0, 1.79e9), outcome=Outcome.TIMED_OUT, rows=()))
    noticeboard.show()
    assert (board / NAME).stat().st_ino == first, "a climb that told nothing"
    state.note_delivery("delivered", "", 1.79e9)
    noticeboard.show()
    notice = read_notice(board)
    assert notice is not None
    assert (notice.scan, notice.climbed, notice.delivery.word) == ("", 0.0, "delivered")
    noticeboard.show(ending=True)
    state.note_delivery("closed", "", 1.79e9)
    noticeboard.show()  # by the thread whose report was given up for the goodbye
    notice = read_notice(board)
    assert notice is not None
    assert notice.delivery.word == "closed"
    assert is_running(notice, "/proc") is False


def test_doctor_says_when_the_last_report_arrived_and_since_when_all_do(tmp_path, board, state):
    noticeboard, config = opened(board, state), config_of(tmp_path, board)

    def told(language: str) -> str:
        (step,) = (one for one in doctor.examine(config, clock=CLOCK) if one.title["en"] == "The last report")
        return step.found[language]

    now = CLOCK.wall()
    state.note_delivery("delivered", "", now - 3 * 3600)
    assert told("en") == "delivered; none has failed for 3 h 00 min", "nobody has written down when"
    state.note_delivery("delivered", "", now - 2)
    noticeboard.show()
    assert told("en") == "delivered 2 s ago; none has failed for 3 h 00 min"
    assert told("vi") == "gửi được, 2 giây trước; 3 giờ 00 phút qua không lần nào lỗi"
    state.note_delivery("unreachable", "", now - 1)
    assert told("en").endswith(" (for 1 s; the last one arrived 2 s ago)"), "the state knows, and the board is older"
    assert told("vi").endswith(" (đã 1 giây; lần gửi được gần nhất 2 giây trước)")
    noticeboard.show()
    assert told("en").endswith(" (for 1 s; the last one arrived 2 s ago)")
    state.note_delivery("delivered", "", now + 600)
    noticeboard.show()
    assert told("en") == "delivered 0 s ago; none has failed for 0 s", "the clock was set back"


def test_whoever_shows_beside_the_end_leaves_a_whole_one(board, state):
    for _ in range(100):
        noticeboard = opened(board, state)
        voice = threading.Thread(target=noticeboard.show)
        voice.start()
        noticeboard.show(ending=True)
        voice.join()
        notice = read_notice(board)
        assert notice is not None
        assert notice.process == 0


def test_whoever_reads_meanwhile_reads_a_whole_one(board, state):
    noticeboard = opened(board, state)
    noticeboard.show()
    done = threading.Event()
    broken: list[bytes] = []

    def look() -> None:
        while not done.is_set():
            if read_notice(board) is None:
                broken.append((board / NAME).read_bytes())

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(300):
        noticeboard.climbed(climb(float(number), 1.79e9))
        noticeboard.show()
    done.set()
    reader.join()
    assert broken == []


def test_it_knows_whether_the_agent_runs(board, state):
    noticeboard = opened(board, state)
    noticeboard.show()
    notice = read_notice(board)
    assert notice is not None
    assert is_running(notice, "/proc") is True
    assert is_running(msgspec.structs.replace(notice, began="1"), "/proc") is False, "another process of its number"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert is_running(msgspec.structs.replace(notice, process=gone.pid), "/proc") is False
    assert is_running(notice, "/nowhere") is None
    assert is_running(notice, "/proc", system="win32") is False, "of another boot"


def test_without_a_directory_nothing_is_left_and_one_of_others_is_refused(tmp_path, state):
    opened(tmp_path / "none", state).show()
    assert not (tmp_path / "none").exists()
    loose = tmp_path / "loose"
    loose.mkdir()
    loose.chmod(0o777)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "state")
    for directory in (loose, link, tmp_path / "none"):
        with pytest.raises(NotPrivate):
            make_readable(directory, system="linux")
    opened(loose, state).show()
    assert list(loose.iterdir()) == []


def test_a_board_that_cannot_be_written_stops_nothing(board, state):
    noticeboard = opened(board, state)
    (board / f"{NAME}.new").mkdir()
    noticeboard.show()
    assert read_notice(board) is None
    (board / f"{NAME}.new").rmdir()
    noticeboard.show()
    assert read_notice(board) is not None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(st.binary(max_size=300) | st.builds(Notice, scan=st.text(), page=st.text(), language=st.text()))
def test_whatever_stands_there_doctor_lives(tmp_path, board, left):
    (board / NAME).write_bytes(left if isinstance(left, bytes) else msgspec.json.encode(left))
    known = known_of(config_of(tmp_path, board))
    assert known.has_rights
    assert read_notice(board) == left or isinstance(left, bytes)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("word", "runs"), [("delivered", True), ("unreachable", True), ("unreachable", False)])
def test_a_user_without_rights_sees_all_but_what_only_the_credential_can_tell(word, runs):
    with reachable() as home, kept_in(home / "state") as state:
        board = home / "run"
        board.mkdir(mode=0o755)
        state.note_delivery(word, "", 1.79e9 - 300)
        noticeboard = opened(board, state)
        if word != "delivered":
            noticeboard.climbed(climb(4000.0, 1.79e9 - 120))
        noticeboard.show(ending=not runs)
        config = config_of(home, board)

        def look() -> tuple[list[tuple[str, str, str]], str, str]:
            known = known_of(config)
            assert not known.has_rights
            code = code_of(known, tuple(ROWS), clock=CLOCK)
            steps = [
                (one.title["en"], one.verdict.value, one.found["en"]) for one in doctor.examine(config, clock=CLOCK)
            ]
            return steps, code.text if code else "", language_of(config)

        steps, code, language = as_nobody(look)
    told = {title: (verdict, found) for title, verdict, found in steps}
    verdict, place = told["This PC has been added"]
    assert (verdict, place.partition(" (")[0]) == (Verdict.GOOD.value, "BM/main/tin1, tin1-07")
    assert told["The program on this PC"][0] == (Verdict.GOOD if runs else Verdict.BAD).value
    assert told["The last report"][0] == (Verdict.GOOD if word == "delivered" else Verdict.BAD).value
    assert told["The collector's address"][1] == "https://127.0.0.1:9"
    arrived = "delivered 5 min ago; none has failed for 5 min"
    assert word != "delivered" or told["The last report"][1] == arrived
    assert bool(code) is (word != "delivered")
    assert language == "en"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_without_rights_and_without_a_board_it_says_who_may_look():
    with reachable() as home, kept_in(home / "state"):
        config = config_of(home, home / "none")
        steps = as_nobody(lambda: [(one.verdict, one.found["en"]) for one in doctor.examine(config, clock=CLOCK)])
    assert steps[-1][0] == Verdict.UNKNOWN.value
    assert "run this as administrator" in steps[-1][1]


def test_a_real_agent_keeps_its_board_through_an_outage_and_a_kill(tmp_path, board):
    collector = Collector(tmp_path / "collector")
    collector.serve()
    sysfs = made_up_sysfs(tmp_path / "sys", 1)
    agent = Agent(tmp_path / "pc", beat="1", start_spread="3600", sysfs=sysfs, notices=str(board))
    agent.enrol(collector)
    agent.run()
    try:
        eventually(lambda: word_of(board) == "delivered", 20, "the first report is told of")
        notice = read_notice(board)
        assert notice is not None
        assert notice.scan == ""
        assert is_running(notice, "/proc") is True
        collector.kill()
        eventually(lambda: scan_of(board) != "", 40, "it climbs, and leaves what it found")
        assert word_of(board) != "delivered"
        agent.kill()
        left = read_notice(board)
        assert left is not None
        assert is_running(left, "/proc") is False
        agent.run()
        collector.serve()
        eventually(lambda: word_of(board) == "delivered" and scan_of(board) == "", 60, "all is well again")
        agent.stop()
        notice = read_notice(board)
        assert notice is not None
        assert notice.process == 0
    finally:
        collector.stop()


def word_of(board: Path) -> str:
    notice = read_notice(board)
    return notice.delivery.word if notice else ""


def scan_of(board: Path) -> str:
    notice = read_notice(board)
    return notice.scan if notice else ""
