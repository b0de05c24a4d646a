import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from schooldrum_agent import custody, signals
from schooldrum_agent.__main__ import _plain_run
from schooldrum_agent.command_line import in_one_language
from schooldrum_agent.commands import welcome
from schooldrum_agent.private import NotPrivate
from schooldrum_agent.probes import PROBES
from schooldrum_agent.questions import QUESTIONS
from schooldrum_agent.sentence import Sentence
from schooldrum_agent.state import Identity

ENVIRONMENT = {"PATH": os.environ["PATH"], "SCHOOLDRUM_CONFIG": os.devnull, "SCHOOLDRUM_PROXY": "none"}
CHILDREN = ",".join(probe.name for probe in PROBES if probe.child)
"""Dear ones: one test runs them all, the others leave them out."""
COMMANDS = ["enrol", "run", "once", "record", "doctor", "probes", "config"]


def agent(*words: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "schooldrum_agent", *words],
        check=False,
        capture_output=True,
        text=True,
        input=text,
        env={**ENVIRONMENT, **environment},
        timeout=240,
    )


@pytest.mark.parametrize(("language", "example"), [("vi", "ví dụ"), ("en", "example")])
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(command, language, example):
    done = agent(command, "--help", "--lang", language)
    assert done.returncode == 0
    assert f"{example}: schooldrum-agent {command}" in " ".join(done.stdout.split())
    assert any(foreign in done.stdout for foreign in ("usage:", "options:", " and exit")) is (language == "en")


@pytest.mark.parametrize(
    "words",
    [[], ["dance"], ["once", "--what"], ["record"], ["config"], ["run", "--config"], ["run", "now"], ["doctor", "x"],
     ["enrol", "--seat", "-1"], ["enrol", "--seat", "x"], ["doctor", "--lang", "de"]],
)  # fmt: skip
def test_wrong_usage_is_2_and_says_how(words):
    for language, heading, complaint in (("vi", "cách dùng", "lỗi"), ("en", "usage", "error")):
        done = agent(*words, SCHOOLDRUM_LANGUAGE=language)
        assert done.returncode == 2
        assert done.stderr.startswith(f"{heading}: schooldrum-agent")
        assert re.search(rf"^schooldrum-agent[a-z ]*: {complaint}: .", done.stderr, re.MULTILINE)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "còn thiếu: COMMAND"),
        (["dance"], "COMMAND: không có 'dance'; chọn một trong: "),
        (["once", "--what"], "không hiểu: --what"),
        (["record"], "còn thiếu: DIR"),
        (["run", "--config"], "--config: cần một giá trị ở sau"),
        (["enrol", "--seat", "x"], "--seat: 'x' không phải số từ 0 đến 999"),
        (["doctor", "--lang", "de"], "--lang: không có 'de'; chọn một trong: 'vi', 'en'"),
    ],
)
def test_wrong_usage_is_told_in_both_languages_unless_one_is_asked_for(words, complaint):
    told = agent(*words).stderr
    assert complaint in told
    assert told.count(": lỗi: ") == told.count(": error: ") == 1
    assert told.count("schooldrum-agent [-h]") + told.count(f"schooldrum-agent {(words or [''])[0]} [-h]") == 1
    vietnamese = agent(*words, SCHOOLDRUM_LANGUAGE="vi").stderr
    assert complaint in vietnamese
    assert ": error: " not in vietnamese


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["run"], {}),
        (["run", "--config", "/a", "--state=/b"], {"config": "/a", "state": "/b"}),
        (["run", "--help"], None),
        (["run", "--config"], None),
        (["run", "--config", "--state"], None),
        (["once"], None),
        ([], None),
    ],
)
def test_run_is_read_without_the_large_parser(words, given):
    assert _plain_run(words) == given


def test_run_and_its_help_never_load_what_only_people_need():
    program = (
        "import sys, schooldrum_agent.__main__, schooldrum_agent.assembly, schooldrum_agent.signals\n"
        "print([n for n in ('argparse','asyncio','aiohttp','psutil','tomllib','multiprocessing',"
        "'concurrent.futures','schooldrum_agent.commands','schooldrum_agent.doctor','schooldrum_agent.child')"
        " if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_once_needs_no_enrolment_and_shows_every_probe():
    done = agent("once")
    assert done.returncode == 0, done.stderr
    for probe in PROBES:
        assert f"{probe.name}: " in done.stdout
    assert "school_memory_size_bytes" in done.stdout
    shown = json.loads(agent("once", "--json", SCHOOLDRUM_DISABLED=CHILDREN).stdout)
    assert {result["probe"] for result in shown["results"]} == {probe.name for probe in PROBES if not probe.child}
    assert {"volumes", "interfaces", "host"} <= set(shown["sections"])


def test_once_shows_nothing_that_would_not_leave():
    host_name = os.uname().nodename
    shown = agent("once", "--json", SCHOOLDRUM_DISABLED=CHILDREN).stdout
    rows = json.loads(shown)["sections"]["host"][0]
    assert "host_name" not in rows
    assert f'"{host_name}"' not in shown


def test_disabled_probes_are_left_out_and_unknown_ones_named():
    shown = json.loads(agent("once", "--json", SCHOOLDRUM_DISABLED="cpu,disk").stdout)
    assert {"cpu", "disk"} & {result["probe"] for result in shown["results"]} == set()
    done = agent("once", SCHOOLDRUM_DISABLED="memry")
    assert done.returncode == 1
    assert "there is no probe 'memry'; did you mean 'memory'?" in done.stderr


def test_probes_are_listed_with_pace_question_and_what_they_say():
    listed = {one["name"]: one for one in json.loads(agent("probes", "--json").stdout)}
    assert set(listed) == {probe.name for probe in PROBES}
    assert all(one["asks"].endswith(".") and one["every"] > 0 for one in listed.values())
    assert "school_memory_size_bytes" in listed["memory"]["metrics"]
    assert listed["disk"]["sections"] == ["volumes"]
    assert "How busy the processors are." in agent("probes", "--lang", "en").stdout
    assert "mỗi 60 giây: Bộ xử lý bận đến mức nào." in agent("probes", "--lang", "vi").stdout
    assert "mỗi 21600 giây, trong tiến trình riêng: " in agent("probes", "--lang", "vi").stdout
    assert "every 21600 s, in a child process: " in agent("probes", "--lang", "en").stdout


def test_probes_are_listed_as_this_pc_is_configured(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text('beat = 120\ndisabled = ["disk"]\n[pace]\nmemory = 900\n', encoding="utf-8")
    listed = {one["name"]: one for one in json.loads(agent("probes", "--json", "--config", str(file)).stdout)}
    assert [listed[name]["every"] for name in ("memory", "ladder", "cpu")] == [900, 120, 60]
    assert [name for name, one in listed.items() if one["disabled"]] == ["disk"]
    told = agent("probes", "--config", str(file), "--lang", "en").stdout
    assert re.search(r"^memory +every 900 s: ", told, re.MULTILINE)
    assert re.search(r"^disk +never \(disabled\): ", told, re.MULTILINE)
    assert re.search(r"^disk +không chạy \(disabled\): ", agent("probes", "--config", str(file)).stdout, re.MULTILINE)
    assert re.search(
        r"^cpu +every 700 s: ", agent("probes", "--lang=en", SCHOOLDRUM_PACE="cpu=700").stdout, re.MULTILINE
    )


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        (["--config", "/nowhere"], {}, "/nowhere: there is no such file"),
        ([], {"SCHOOLDRUM_PACE": "cpu=0.1"}, "SCHOOLDRUM_PACE"),
        ([], {"SCHOOLDRUM_PACE": "cpuu=90"}, "there is no probe 'cpuu'; did you mean 'cpu'?"),
        ([], {"SCHOOLDRUM_DISABLED": "memry"}, "there is no probe 'memry'; did you mean 'memory'?"),
    ],
)
def test_probes_of_a_wrong_configuration_are_not_listed(words, environment, said):
    done = agent("probes", *words, **environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_every_question_has_its_probe_and_its_vietnamese():
    assert list(QUESTIONS) == sorted(probe.name for probe in PROBES)
    assert all(question.endswith(".") for question in QUESTIONS.values())


def test_the_sample_is_toml():
    done = agent("config", "--sample")
    assert tomllib.loads(done.stdout) == {}
    assert "SCHOOLDRUM_SPOOL_DAYS" in done.stdout


def test_a_broken_configuration_is_told_without_a_traceback(tmp_path):
    (tmp_path / "agent.toml").write_text("beat = 0.5\nspool_byte = 3\n", encoding="utf-8")
    for command in ("run", "once"):
        done = agent(command, "--config", str(tmp_path / "agent.toml"))
        assert done.returncode == 1
        assert f"{tmp_path}/agent.toml: beat = 0.5: write a whole number from 1 to 900, or 0" in done.stderr
        assert "did you mean 'spool_bytes'?" in done.stderr
        assert "Traceback" not in done.stderr


def test_record_writes_a_folder_and_refuses_one_that_is_not_empty(tmp_path):
    done = agent("record", str(tmp_path / "pc"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pc" / "machine.json").exists()
    again = agent("record", str(tmp_path / "pc"))
    assert again.returncode == 1
    assert "is not empty" in again.stderr
    assert "Traceback" not in again.stderr


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        ([], "", "no collector"),
        ([], "", "chưa biết máy chủ tổng hợp"),
        (["--collector", "https://c.example.vn"], "nonsense", "this is not an install code"),
        (["--collector", "https://c.example.vn"], "nonsense", "đây không phải mã cài đặt"),
        (
            ["--collector", "https://c.example.vn", "--token-file", "/nonexistent"],
            "",
            "/nonexistent: No such file or directory; name the",
        ),
        (["--collector", "http://c.example.vn"], f"sd1.{'0' * 64}.abcdef12.{'s' * 43}", "http://"),
        (["--collector", "http://127.0.0.1:1"], f"sd1.{'0' * 64}.abcdef12.{'s' * 43}", "refused the connection"),
        (["--collector", "https://127.0.0.1:1", "--ca", "/etc/passwd"], f"sd1.{'0' * 64}.abcdef12.{'s' * 43}", "PEM"),
    ],
)
def test_enrolment_that_cannot_be_says_why(tmp_path, words, text, said):
    done = agent("enrol", "--state", str(tmp_path / "state"), *words, text=text)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "s" * 43 not in done.stdout + done.stderr


def test_a_recording_that_cannot_be_written_says_where():
    done = agent("record", "/proc/x")
    assert done.returncode == 1
    assert "/proc/x: No such file or directory; name a new directory" in done.stderr
    assert "Errno" not in done.stderr


def test_a_variable_that_means_nothing_is_told_and_stops_nothing(tmp_path):
    told = "SCHOOLDRUM_LANGUAG: there is no such key; did you mean 'SCHOOLDRUM_LANGUAGE'?"
    done = agent("once", "--json", SCHOOLDRUM_DISABLED=CHILDREN, SCHOOLDRUM_LANGUAG="vi")
    assert done.returncode == 0
    assert told in done.stderr
    started = agent("run", "--state", str(tmp_path / "s"), SCHOOLDRUM_LANGUAG="vi", SCHOOLDRUM_SHARED_CODE="1")
    assert told in started.stderr
    assert "not enrolled" in started.stderr


def test_probes_are_told_in_columns():
    told = agent("probes", "--lang", "en").stdout
    names = [line.split("every")[0] for line in told.splitlines() if not line.startswith(" ")]
    assert len({len(name) for name in names}) == 1
    assert all(name.endswith("  ") for name in names)


def test_a_pc_whose_identity_is_lost_is_not_called_never_enrolled(tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    for name in ("identity.json", "identity.copy.json"):
        (state / name).write_bytes(b"\0")
    for _ in range(2):
        done = agent("run", "--state", str(state), SCHOOLDRUM_SHARED_CODE="1")
        assert done.returncode == 1
        assert "this PC was enrolled, but both files" in done.stderr


def test_a_code_on_the_command_line_works_but_warns(tmp_path):
    done = agent("enrol", "--state", str(tmp_path / "s"), "--collector", "https://c.example.vn", "--token", "abc")
    assert "every user of this PC can read" in done.stderr


@pytest.mark.parametrize(
    ("place", "alias", "state", "lines"),
    [
        ("THCSBM/main/TIN2", "tin2-07", "active", ["trường THCSBM, phòng TIN2 – Máy 07 (tin2-07)"]),  # noqa: RUF001 - as written
        ("THCSBM/B/TIN2", "tin2-gv", "active", ["THCSBM, B, phòng TIN2 – Máy GV", "PC GV (tin2-gv)"]),  # noqa: RUF001 - as written
        ("X/main/VP", "vp-3", "pending", ["Máy 03", "chờ cơ quan quản lý duyệt", "office's approval"]),
        ("odd", "odd", "active", ["odd"]),
    ],
)
def test_the_welcome_says_where_this_pc_stands(place, alias, state, lines):
    identity = Identity(machine="m", credential="c", place=place, alias=alias, state=state, collector="")
    for line in lines:
        assert line in "\n".join(map(str, welcome(identity)))


RENAME = "schooldrum-collector machines rename THCSBM/tin2-07 --alias tin2-09"


@pytest.mark.parametrize(
    ("again", "seat", "said", "unsaid"),
    [
        (False, 0, ["This PC was added"], ["already", "rename"]),
        (False, 7, ["This PC was added"], ["already", "rename"]),
        (False, 9, ["This PC was added", "Number 9 was not given: this PC is tin2-07", RENAME], ["already"]),
        (True, 0, ["This PC is already there", "PC 07"], ["was added", "rename"]),
        (True, 9, ["Máy này đã có sẵn", "This PC is already there", "PC 07", RENAME], ["was added"]),
    ],
)
def test_a_pc_that_was_there_before_is_told_so_and_how_to_change_its_number(again, seat, said, unsaid):
    identity = Identity(
        machine="m", credential="c", place="THCSBM/main/TIN2", alias="tin2-07", state="active", collector=""
    )
    text = "\n".join(map(str, welcome(identity, before=identity if again else None, seat=seat)))
    assert [words for words in said if words not in text] == []
    assert [words for words in unsaid if words in text] == []


@pytest.mark.parametrize(
    ("words", "vietnamese", "english"),
    [
        (["enrol"], "chưa biết máy chủ tổng hợp", "no collector: "),
        (
            ["enrol", "--collector", "https://c.example.vn", "--token-file", "/nowhere"],
            "hãy ghi tên tệp",
            "name the file",
        ),
        (["record", "/dev/null/x"], "hãy ghi một thư mục mới", "name a new directory"),
        (["record", "/dev"], "/dev không trống", "/dev is not empty"),
        (["probes", "--config", "/nowhere"], "không có tệp này", "there is no such file"),
        (["run"], "máy này chưa được thêm vào phòng nào", "this PC is not enrolled"),
        (["once", "--config", "/nowhere"], "không có tệp này", "there is no such file"),
    ],
)
def test_a_command_speaks_the_one_language_it_is_asked_for(tmp_path, words, vietnamese, english):
    def told(*more: str) -> str:
        state = str(tmp_path / "state")
        return agent(*words, *more, SCHOOLDRUM_STATE=state, SCHOOLDRUM_SHARED_CODE="true").stderr

    assert [one in told("--lang", "en") for one in (vietnamese, english)] == [False, True]
    assert [one in told("--lang=vi") for one in (vietnamese, english)] == [True, False]
    assert [one in told() for one in (vietnamese, english)] == [True, True]


@pytest.mark.parametrize(
    ("words", "lines"),
    [([], "a\nb\nc\nd"), (["--lang", "vi"], "a\nc"), (["--lang=en"], "b\nd"), (["--lang", "de"], "a\nb\nc\nd")],
)
def test_sentences_are_told_in_the_language_that_was_asked_for(words, lines):
    assert in_one_language(words, Sentence("a", "b"), Sentence("c", "d")) == lines


def test_a_path_of_several_lines_takes_no_line_of_the_other_language():
    odd = "/home/lớp\n6A"
    for language, other in (("en", "là liên kết"), ("vi", "is a symbolic link")):
        told = in_one_language(
            ["--lang", language], NotPrivate(f"{odd} là liên kết", f"{odd} is a symbolic link").sentence
        )
        assert told.startswith(odd)
        assert other not in told


def test_output_cut_off_by_head_is_no_traceback():
    line = f"{sys.executable} -m schooldrum_agent once --json | head -1"
    done = subprocess.run(
        ["bash", "-c", line],
        check=False,
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, "SCHOOLDRUM_DISABLED": CHILDREN},
    )
    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="folders of others need root")
@pytest.mark.parametrize(
    ("mode", "owner", "group", "said"),
    [
        (0o755, 0, 0, ""),
        (0o775, 0, 0, ""),
        (0o775, 0, 1234, "can be written by group 1234"),
        (0o757, 0, 0, "can be written by everybody"),
        (0o755, 1234, 0, "belongs to user 1234"),
        (0o1777, 0, 0, ""),
    ],
)
def test_code_that_others_can_change_is_seen(mode, owner, group, said):
    # pytest's own folders may lie below one that others can write.
    home = Path("/run/schooldrum-test-custody")
    code = home / "code"
    code.mkdir(parents=True)
    try:
        (code / "probe.py").touch()
        os.chown(code, owner, group)
        code.chmod(mode)
        assert custody.fault([code / "probe.py"]).endswith(said)
        assert bool(custody.fault([code / "probe.py"])) is bool(said)
        code.chmod(0o755)
        os.chown(code, 0, 0)
        os.chown(code / "probe.py", owner, group)
        assert bool(custody.fault([code])) is (owner != 0)
    finally:
        (code / "probe.py").unlink()
        code.rmdir()
        home.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's agent refuses")
def test_roots_agent_refuses_a_configuration_that_others_can_write(tmp_path):
    file = tmp_path / "agent.toml"
    file.touch()
    file.chmod(0o666)
    done = agent("run", "--config", str(file), "--state", str(tmp_path / "state"))
    assert done.returncode == 1
    assert "code of their own run with root's rights" in done.stderr
    allowed = agent("run", "--config", str(file), "--state", str(tmp_path / "state"), SCHOOLDRUM_SHARED_CODE="1")
    assert "not enrolled" in allowed.stderr


@pytest.mark.parametrize(
    ("file", "text", "kind"),
    [
        ("", "", "stop"),
        ("run/nologin", "System is going down. Unprivileged users are not permitted to log in anymore.", "shutdown"),
        ("run/nologin", "Maintenance until noon", "stop"),
        ("run/systemd/shutdown/scheduled", "USEC=1800000030000000\nWARN_WALL=1\nMODE=poweroff\n", "shutdown"),
        ("run/systemd/shutdown/scheduled", "USEC=1800003600000000\nMODE=poweroff\n", "stop"),
        ("run/systemd/shutdown/scheduled", "USEC=nonsense\n", "stop"),
        ("run/systemd/shutdown/scheduled", "\udcff", "stop"),
    ],
)
def test_why_the_agent_is_stopped(tmp_path, file, text, kind):
    if file:
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(text, encoding="utf-8", errors="surrogateescape")
    assert signals.kind_of_stop(str(tmp_path), lambda: 1.8e9) == kind
