"""The whole agent as a process of its own against a server that speaks the wire."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.agent.delivery_stand_in import CREDENTIAL, Reply, Request, front

from schooldrum_agent.probes import PROBES
from schooldrum_wire.messages import EnrolAnswer, ReportsAnswer
from schooldrum_wire.report import Delivery, Report, Word
from schooldrum_wire.settings import Settings

TOKEN = f"sd1.{'0' * 64}.abcdef123456.{'s' * 43}"
QUICK = {probe.name for probe in PROBES if not probe.child}
SETTINGS = Settings(version=1, beat=1, language="vi")


class School:
    """A collector that takes everything, and does as a test tells it."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.enrolments: list[dict[str, Any]] = []
        self.settings = SETTINGS
        self.want: tuple[str, ...] = ()
        self.reply: Reply | None = None
        self.refused = 0
        self.gate = threading.Event()
        self.gate.set()
        self.slow_beats = False
        self.stuck = threading.Event()
        self.heard = threading.Event()

    def answer(self, request: Request) -> Reply:
        if request.path == "/v1/enrol":
            self.enrolments.append(request.json())
            given = EnrolAnswer(
                machine="m1",
                credential=CREDENTIAL,
                state="active",
                place="DEMO/main/TIN1",
                alias="tin1-07",
                salt="00ff",
                settings=self.settings,
            )
            return Reply(status=201, body=msgspec.json.encode(given))
        self.gate.wait(60)
        if self.reply is not None:
            self.refused += 1
            return self.reply
        delivery = request.delivery()
        if self.slow_beats and delivery.reports[0].word is None:
            self.stuck.set()
            time.sleep(10)
        self.deliveries.append(delivery)
        self.heard.set()
        settings = msgspec.Raw(msgspec.json.encode(self.settings))
        said = ReportsAnswer(settings=settings, want=self.want, backlog_per_beat=50)
        return Reply(body=msgspec.json.encode(said))

    def live(self) -> list[Report]:
        return [report for delivery in self.deliveries for report in delivery.reports if report.live]

    def words(self) -> list[tuple[str, str]]:
        return [(report.word.word, report.word.kind) for report in self.live() if report.word is not None]

    def results(self) -> set[tuple[str, int]]:
        return {
            (report.run, result.seq)
            for delivery in self.deliveries
            for report in delivery.reports
            for result in report.results
        }


class Pc:
    """A PC with an agent on it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[str] | None = None

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "SCHOOLDRUM_STATE": str(self.folder / "state"),
            "SCHOOLDRUM_CONFIG": str(self.folder / "agent.toml"),
            "SCHOOLDRUM_START_SPREAD": "0",
            "SCHOOLDRUM_PROXY": "none",
            "SCHOOLDRUM_LADDER": "collector",
            "SCHOOLDRUM_SHARED_CODE": "true",
        }

    def command(self, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        (self.folder / "agent.toml").touch()
        return subprocess.run(
            [sys.executable, "-m", "schooldrum_agent", *words],
            check=False,
            capture_output=True,
            text=True,
            input=text,
            env=self.environment(),
            timeout=60,
        )

    def enrol(self) -> None:
        done = self.command("enrol", "--collector", self.url, text=TOKEN + "\n")
        assert done.returncode == 0, done.stderr

    def start(self, *, by: Sequence[str] = (), **more: str) -> None:
        self.log = (self.folder / "log").open("a", encoding="utf-8")
        self.process = subprocess.Popen(
            [*by, sys.executable, "-m", "schooldrum_agent", "run"],
            env={**self.environment(), **more},
            stderr=self.log,
            text=True,
        )

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.log.close()
        self.process = None
        return code

    def said(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")


@pytest.fixture
def school() -> School:
    return School()


@pytest.fixture
def pc(tmp_path: Path, school: School) -> Iterator[Pc]:
    with front(school.answer) as server:
        machine = Pc(tmp_path, server.port)
        try:
            yield machine
        finally:
            school.gate.set()
            if machine.process is not None:
                machine.process.kill()
                machine.process.wait()
                machine.log.close()


def wait_for(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come about"
        time.sleep(0.02)


def newest(school: School) -> Report:
    return school.live()[-1]


def test_from_install_code_to_goodbye(pc, school):
    done = pc.command("enrol", "--collector", pc.url, "--seat", "7", text=TOKEN)
    assert done.returncode == 0, done.stderr
    assert "Đã thêm máy này: trường DEMO, phòng TIN1 – Máy 07 (tin1-07)" in done.stdout  # noqa: RUF001 - as written
    assert "This PC was added: school DEMO, room TIN1 – PC 07 (tin1-07)" in done.stdout  # noqa: RUF001 - as written
    assert school.enrolments[0]["token"] == TOKEN
    assert school.enrolments[0]["seat"] == 7
    assert school.enrolments[0]["host"]["system"] == "linux"
    assert TOKEN not in done.stdout + done.stderr

    pc.start()
    wait_for(school.live)
    first = school.live()[0]
    assert {result.probe for result in first.results} >= QUICK - {"ladder"}  # it may wait for somebody else
    assert {result.outcome for result in first.results} <= {"ok", "denied", "unavailable"}
    assert first.word is not None
    assert (first.word.word, first.word.kind) == ("hello", "start")
    assert {"volumes", "interfaces", "host"} <= set(first.sections) == set(first.rows)
    assert first.beat == 1
    assert school.deliveries[0].starts == 1
    assert school.deliveries[0].now.boot == first.boot
    assert school.deliveries[0].now.boottime >= max(result.boottime for result in first.results)

    wait_for(lambda: len(school.live()) >= 3)
    assert "host" not in newest(school).rows  # acknowledged
    assert newest(school).word is None
    assert school.words() == [("hello", "start")]

    assert pc.end() == 0
    assert school.words() == [("hello", "start"), ("goodbye", "stop")]
    assert len({report.run for report in school.live()}) == 1
    assert "Traceback" not in pc.said()


def test_each_start_is_another_run_of_the_same_boot_and_is_counted(pc, school):
    pc.enrol()
    for _ in range(2):
        school.heard.clear()
        pc.start()
        assert school.heard.wait(20)
        pc.end()
    assert len({report.run for report in school.live()}) == 2
    assert len({report.boot for report in school.live()}) == 1
    assert school.deliveries[0].starts == 1
    assert school.deliveries[-1].starts == 2


def test_a_stop_is_heard_within_three_seconds_though_the_collector_hangs(pc, school):
    pc.enrol()
    pc.start()
    wait_for(school.live)
    school.gate.clear()
    time.sleep(1.5)  # a beat is stuck in the network now
    began = time.monotonic()
    assert pc.end() == 0
    assert time.monotonic() - began < 5
    assert "Traceback" not in pc.said()


def test_a_goodbye_gets_through_beside_a_beat_that_hangs(pc, school):
    pc.enrol()
    pc.start()
    wait_for(school.live)
    school.slow_beats = True
    wait_for(school.stuck.is_set)
    began = time.monotonic()
    assert pc.end() == 0
    assert time.monotonic() - began < 5  # the beat itself would take ten
    assert school.words()[-1] == ("goodbye", "stop")


def test_results_measured_while_the_collector_is_away_arrive_later_even_across_a_kill(pc, school):
    pc.enrol()
    school.reply = Reply(status=503, headers={"Retry-After": "1"}, body=b'{"error":"busy","message":"later"}')
    pc.start(SCHOOLDRUM_PACE="cpu=1", SCHOOLDRUM_ANY_PACE="true")
    wait_for(lambda: school.refused >= 3)
    assert pc.process is not None
    pc.end(signal.SIGKILL)
    assert not school.deliveries
    school.reply = None
    pc.start(SCHOOLDRUM_PACE="cpu=1", SCHOOLDRUM_ANY_PACE="true")
    wait_for(lambda: len({report.run for delivery in school.deliveries for report in delivery.reports}) == 2)
    backlog = [report for delivery in school.deliveries for report in delivery.reports if not report.live]
    old = {run for run, _ in school.results()} - {report.run for report in school.live()}
    assert len(old) == 1
    wait_for(lambda: sum(run in old for run, _ in school.results()) >= 9)
    (run,) = old
    seqs = sorted(seq for one, seq in school.results() if one == run)
    assert seqs == list(range(1, len(seqs) + 1))  # nothing in between is missing
    assert all(report.word is None for report in backlog)
    assert pc.end() == 0


def test_granted_settings_are_in_force_at_once_and_the_local_word_wins(pc, school):
    pc.enrol()
    school.settings = Settings(version=2, beat=1, pace={"memory": 5, "cpu": 600, "disk": 30})
    (pc.folder / "agent.toml").write_text("any_pace = true\n[pace]\ncpu = 1\n", encoding="utf-8")
    pc.start()
    wait_for(school.live)
    time.sleep(8)
    runs = [seq for _, seq in school.results()]
    by_probe: dict[str, set[int]] = {}
    for report in school.live():
        for result in report.results:
            by_probe.setdefault(result.probe, set()).add(result.seq)
    assert len(runs) > 10
    assert len(by_probe["cpu"]) >= 5
    assert 2 <= len(by_probe["memory"]) <= 3
    assert len(by_probe["uptime"]) == 1
    assert school.deliveries[-1].settings == 2
    assert pc.end() == 0


def test_a_wanted_section_is_sent_again(pc, school):
    pc.enrol()
    pc.start()
    wait_for(lambda: len(school.live()) >= 2)
    assert "volumes" not in newest(school).rows
    school.want = ("volumes",)
    wait_for(lambda: "volumes" in newest(school).rows)
    time.sleep(3)
    assert sum("volumes" in report.rows for report in school.live()) == 2  # once more, whatever it wants
    assert pc.end() == 0


def test_the_first_inventory_is_spread(pc, school):
    pc.enrol()
    pc.start(SCHOOLDRUM_START_SPREAD="3600")
    wait_for(lambda: len(school.live()) >= 2)
    assert {result.probe for result in newest(school).results} == QUICK  # what is dear is spread too
    assert all(not report.rows and not report.sections for report in school.live())
    assert pc.end() == 0


def test_a_goodbye_before_sleep_silences_the_beats(pc, school):
    pc.enrol()
    pc.start()
    wait_for(lambda: len(school.live()) >= 2)
    pc.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: ("goodbye", "suspend") in school.words())
    heard = len(school.live())
    time.sleep(2.5)
    assert len(school.live()) == heard
    assert pc.end() == 0
    assert school.words()[-1] == ("goodbye", "stop")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_every_polite_signal_stops_it(pc, school, number):
    pc.enrol()
    # Whoever runs the tests under nohup has them, and all that they start, ignore SIGHUP.
    pc.start(by=("env", "--default-signal"))
    wait_for(school.live)
    assert pc.end(number) == 0
    assert school.words()[-1] == ("goodbye", "stop")


def test_under_nohup_a_closed_terminal_changes_nothing(pc, school):
    pc.enrol()
    pc.start(by=("env", "--ignore-signal=HUP"))
    wait_for(school.live)
    pc.process.send_signal(signal.SIGHUP)
    heard = len(school.live())
    wait_for(lambda: len(school.live()) > heard + 1)
    assert school.words() == [("hello", "start")]
    assert pc.end() == 0


def test_a_second_signal_changes_nothing(pc, school):
    pc.enrol()
    pc.start()
    wait_for(school.live)
    pc.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(ProcessLookupError):
        pc.process.send_signal(signal.SIGINT)
    assert pc.process.wait(10) == 0
    assert school.words().count(("goodbye", "stop")) == 1


def _open_files(pid):
    held = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        # A running agent closes files between the listing and the look: what is closed listens nowhere.
        with contextlib.suppress(FileNotFoundError):
            held.add(str(path.readlink()))
    return held


def test_no_socket_listens_and_no_secret_is_told(pc, school):
    pc.enrol()
    pc.start(SCHOOLDRUM_LOG_LEVEL="debug")
    wait_for(lambda: len(school.live()) >= 2)
    table = Path("/proc/net/tcp").read_text(encoding="utf-8") + Path("/proc/net/tcp6").read_text(encoding="utf-8")
    listening = {line.split()[9] for line in table.splitlines() if line.split()[3] == "0A"}
    held = _open_files(pc.process.pid)
    assert held
    assert not {f"socket:[{inode}]" for inode in listening} & held
    command = Path(f"/proc/{pc.process.pid}/cmdline").read_text(encoding="utf-8")
    assert CREDENTIAL not in command + pc.said()
    assert pc.end() == 0


def test_run_says_what_is_missing(pc):
    done = pc.command("run")
    assert done.returncode == 1
    assert "not enrolled" in done.stderr
    assert "schooldrum-agent enrol" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_agent_on_one_state_directory_is_refused(pc, school):
    pc.enrol()
    pc.start()
    wait_for(school.live)
    done = pc.command("run")
    assert done.returncode == 1
    assert "in use by another agent" in done.stderr
    assert pc.end() == 0


def test_a_word_says_when_it_was_said(pc, school):
    pc.enrol()
    school.reply = Reply(status=503, headers={"Retry-After": "2"}, body=b"{}")
    pc.start()
    wait_for(lambda: school.refused)
    school.reply = None
    wait_for(school.live)
    word = school.live()[0].word
    assert isinstance(word, Word)
    assert word.word == "hello"
    assert school.deliveries[0].now.boottime - word.boottime > 1.4
    assert pc.end() == 0
