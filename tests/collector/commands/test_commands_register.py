"""Schools, rooms, install codes, settings, and what every command has in common, as they are typed."""

import hashlib
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schooldrum_collector.__main__ import main
from schooldrum_collector.commands.line import COMMANDS
from schooldrum_collector.store.sqlite import open_store
from schooldrum_wire.token import read_token

Typed = Callable[..., Any]
ACTIONS = {
    "school": ["add", "list", "link"],
    "room": ["add", "list"],
    "token": ["new", "list", "revoke"],
    "machines": ["list", "show", "approve", "move", "rename", "merge", "retire", "forget"],
    "settings": ["show", "set"],
    "data": ["show", "update"],
}


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("command", [(name, action) for name in COMMANDS for action in ["", *ACTIONS.get(name, [])]])
def test_commands_every_help_has_an_example(typed: Typed, command: tuple[str, str], lang: str) -> None:
    said = typed(*[word for word in command if word], "--help", lang=lang)
    assert said.code == 0
    assert f"{'Ví dụ' if lang == 'vi' else 'Example'}: schooldrum-collector {' '.join(command).strip()}" in said.out
    assert any(foreign in said.out for foreign in ("usage:", "options:", " and exit")) is (lang == "en")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["school"],
        ["school", "add"],
        ["token", "new"],
        ["room", "list", "--nonsense"],
        ["machines", "list", "--state", "broken"],
        ["settings", "set", "beat=5"],
    ],
)
def test_commands_not_understood_exit_with_2(typed: Typed, words: list[str]) -> None:
    assert typed(*words).code == 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "còn thiếu: COMMAND"),
        (["nonsense"], "COMMAND: không có 'nonsense'; chọn một trong: "),
        (["school"], "còn thiếu: add|list|link"),
        (["import"], "còn thiếu: FILE"),
        (["token", "new", "--room"], "--room: cần một giá trị ở sau"),
        (
            ["token", "new", "--room", "BM/tin1", "--uses", "x"],
            "--uses: không dùng được giá trị 'x' (cần ghi số nguyên)",
        ),
        (["token", "new", "--room", "BM/tin1", "--days", "x"], "--days: không dùng được giá trị 'x' (cần ghi số)"),
        (["room", "list", "--nonsense"], "không hiểu: --nonsense"),
        (["check", "--data"], "--data: cần một giá trị ở sau"),
    ],
)
def test_commands_not_understood_are_told_in_vietnamese(typed: Typed, words: list[str], complaint: str) -> None:
    said = typed(*words, lang="vi")
    assert said.code == 2
    assert said.err.startswith("cách dùng: schooldrum-collector")
    assert f": lỗi: {complaint}" in said.err


@pytest.mark.parametrize(
    ("words", "usage", "own"),
    [
        (["school", "link", "new", "--school", "BM", "--hours", "1"], "school link new", "--days D"),
        (["token", "list", "--hours", "1"], "token list", "--scope PATH"),
        (["serve", "--hours", "1"], "serve", "--open"),
        (["--hours", "token", "list"], "token list", "--scope PATH"),
    ],
)
def test_commands_an_option_there_is_not_shows_those_of_its_action(
    typed: Typed, words: list[str], usage: str, own: str
) -> None:
    said = typed(*words)
    assert said.code == 2
    assert said.err.startswith(f"usage: schooldrum-collector {usage} [-h]")
    assert own in said.err
    assert f"schooldrum-collector {usage}: error: unrecognized arguments: --hours" in said.err


def test_commands_a_language_there_is_not_is_told_in_the_configured_one(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    either = typed("check", lang="de").err
    assert "lỗi: --lang: không có 'de'; chọn một trong: 'vi', 'en'" in either
    assert "error: argument --lang: invalid choice: 'de'" in either
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_LANGUAGE", "en")
    english = typed("check", lang="de").err
    assert "error: argument --lang: invalid choice: 'de'" in english
    assert "lỗi" not in english


@pytest.mark.parametrize(
    ("words", "vietnamese", "english"),
    [
        ([], "còn thiếu: COMMAND", "the following arguments are required: COMMAND"),
        (["machines", "list", "--state", "x"], "--state: không có 'x'", "argument --state: invalid choice: 'x'"),
        (["token", "list", "--nope"], "không hiểu: --nope", "unrecognized arguments: --nope"),
        (["check", "--data"], "--data: cần một giá trị ở sau", "argument --data: expected one argument"),
    ],
)
def test_commands_not_understood_are_told_in_both_languages_where_nobody_names_one(
    data: Path, capsys: pytest.CaptureFixture[str], words: list[str], vietnamese: str, english: str
) -> None:
    with pytest.raises(SystemExit) as ending:
        main(words)
    assert ending.value.code == 2
    said = capsys.readouterr().err
    assert f": lỗi: {vietnamese}" in said
    assert f": error: {english}" in said
    assert said.count("cách dùng: ") == 1
    assert "usage: " not in said
    assert not data.exists()


def test_commands_without_data_say_so_and_make_none(typed: Typed, data: Path) -> None:
    for words in (["school", "list"], ["token", "list"], ["machines", "list"], ["settings", "show"], ["check"]):
        said = typed(*words)
        assert said.code == 1
        assert "There is no data" in said.err
    assert not data.exists()


@pytest.mark.parametrize(
    "words", [["machines", "list"], ["software", "list"], ["posture", "show"], ["data", "reset", "builds"]]
)
def test_commands_on_another_directory_make_no_store_there(typed: Typed, data: Path, words: list[str]) -> None:
    data.mkdir()
    (data / "letter.txt").write_text("something else")
    said = typed(*words)
    assert said.code == 1
    assert f"There is no data in {data}" in said.err
    assert [path.name for path in data.iterdir()] == ["letter.txt"]


def test_settings_show_names_the_plan_that_can_be_set(school: Typed) -> None:
    (line,) = [one for one in school("settings", "show").out.splitlines() if "support_planned_until" in one]
    assert line.split()[1] == "-"
    said = school("settings", "set", "--scope", "/", "support_planned_until=2999-01-01")
    assert re.search(r"allowed: YYYY-MM-DD, 20\d\d-\d\d-\d\d\.\.2099-12-31", said.err)


def test_settings_say_how_fast_a_probe_may_run_and_which_there_are(school: Typed) -> None:
    said = school("settings", "set", "--scope", "BM", "pace.disk=1", "pace.incidents=5")
    assert said.code == 1
    assert "pace.disk: value '1' cannot be used; allowed: 30..604800" in said.err
    assert "pace.incidents: value '5' cannot be used; allowed: pace.accounts, " in said.err


def test_a_school_that_is_there_is_not_called_new(typed: Typed) -> None:
    assert "Saved school XY: A." in typed("school", "add", "--code", "XY", "--name", "A").out
    assert "it was renamed from A to B." in typed("school", "add", "--code", "XY", "--name", "B").out
    assert "was there already: B. Nothing was changed." in typed("school", "add", "--code", "XY", "--name", "B").out
    assert "it was changed: B." in typed("school", "add", "--code", "XY", "--level", "THCS").out


def test_a_level_is_taken_by_one_rule_however_it_comes(typed: Typed) -> None:
    def level() -> str:
        (school,) = typed("school", "list", "--json").data()
        return str(school["level"])

    assert typed("school", "add", "--code", "XY", "--name", "A", "--level", "Tiểu học").code == 0
    assert level() == "TH"
    refused = typed("school", "add", "--code", "XY", "--level", "THSC")
    assert refused.code == 1
    assert "--level 'THSC': there are MN, TH, THCS" in refused.err
    assert "--level 'THSC': chỉ có MN" in typed("school", "add", "--code", "XY", "--level", "THSC", lang="vi").err
    assert level() == "TH"
    assert typed("school", "add", "--code", "XY", "--level", "").code == 0
    assert level() == ""


def test_commands_all_mistakes_of_the_set_up_are_said_before_anything_is_done(
    typed: Typed, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_AGENTS_TLS", "maybe")
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_LANGUAG", "en")
    said = typed("school", "add", "--code", "BM", "--name", "B")
    assert said.code == 1
    assert len(said.err.splitlines()) == 2
    assert not data.exists()
    assert typed("school", "--help").code == 0


def test_commands_a_missing_file_is_said_in_the_language_of_the_environment(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_LANGUAGE", "en")
    assert main(["--config", str(data / "away.toml"), "school", "list"]) == 1
    assert "away.toml: the file cannot be read: No such file" in capsys.readouterr().err


def test_commands_options_for_all_may_stand_anywhere(school: Typed, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert school("--data", str(other), "school", "add", "--code", "X", "--name", "X").code == 0
    assert [one["code"] for one in school("school", "--data", str(other), "list", "--json").data()] == ["X"]
    assert len(school("school", "list", "--json", "--data", str(data)).data()) == 2


def test_commands_speak_vietnamese_unless_told(school: Typed, monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "SCHOOLDRUM_COLLECTOR_LANGUAGE"}
    command = [sys.executable, "-m", "schooldrum_collector", "school", "list", "--data", str(data)]
    said = subprocess.run(command, env={**environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=True)
    assert "Tên trường" in said.stdout.decode()
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_LANGUAGE", "en")
    assert "School" in school("school", "list").out


@pytest.mark.usefixtures("school")
def test_commands_a_reader_that_has_seen_enough_is_no_trouble(data: Path) -> None:
    command = f"{sys.executable} -m schooldrum_collector config --sample --data {data} | head -1"
    said = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False, text=True)
    assert "Traceback" not in said.stderr
    assert "BrokenPipe" not in said.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [["data", "export", "support"], ["school", "list"]], ids=["long", "short"])
@pytest.mark.usefixtures("school")
def test_commands_say_that_what_they_print_could_not_be_kept(data: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "schooldrum_collector", "--lang", "en", *words, "--data", str(data)]
    with Path("/dev/full").open("w") as full:
        said = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, text=True)
    assert (said.returncode, said.stderr) == (1, "Not all could be printed: No space left on device.\n")


def test_commands_tables_are_aligned_for_vietnamese(school: Typed) -> None:
    lines = school("school", "list", lang="vi").out.splitlines()
    assert lines[0].index("Tên trường") == lines[2].index("THCS Bình Minh")
    assert [line.split()[0] for line in lines[1:]] == ["QY", "BM"]


def test_places_are_changed_only_where_told(school: Typed) -> None:
    school("room", "add", "--school", "BM", "--room", "tin1", "--seats", "30", "--always-on")
    school("room", "add", "--school", "BM", "--site", "Cơ sở 2", "--room", "TIN1", "--name", "Tin của cơ sở 2")
    rooms = {room["path"]: room for room in school("room", "list", "--scope", "BM", "--json").data()}
    assert (
        rooms["BM/main/tin1"].items()
        >= {
            "path": "BM/main/tin1",
            "name": "Phòng Tin 1",
            "kind": "lab",
            "seats": 30,
            "always_on": True,
            "machines": 0,
            "pending": 0,
        }.items()
    )
    assert rooms["BM/co-so-2/tin1"]["name"] == "Tin của cơ sở 2"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["school", "add", "--code", "a b", "--name", "x"], "--code"),
        (["school", "add", "--code", "NEW"], "--name"),
        (["school", "add", "--code", "NEW", "--name", " "], "--name"),
        (["school", "add", "--code", "bm", "--name", "Bến Mới"], "the school BM in other case"),
        (["school", "add", "--code", "NEW", "--name", "x\x1b[2J"], "--name"),
        (["school", "add", "--code", "NEW", "--name", "x", "--area", "nowhere"], "nowhere"),
        (["school", "add", "--code", "NEW", "--name", "x", "--area", "Ở đâu"], "--area"),
        (["room", "add", "--school", "NO", "--room", "a", "--name", "x"], "no school NO"),
        (["room", "add", "--school", "BM", "--room", "a b", "--name", "x"], "codes of rooms"),
        (["room", "add", "--school", "BM", "--room", "new"], "--name"),
        (["room", "add", "--school", "BM", "--room", "new", "--name", "x", "--seats", "-1"], "--seats"),
        (["room", "list", "--scope", "nowhere"], "nowhere"),
        (["token", "new", "--room", "BM"], "SCHOOL/ROOM"),
        (["token", "new", "--room", "BM/away"], "BM/main/tin1"),
        (["token", "new", "--room", "BM/vp"], "--uses"),
        (["token", "new", "--room", "BM/tin1", "--uses", "0"], "--uses"),
        (["token", "new", "--room", "BM/tin1", "--days", "0"], "--days 0: from one hour (0.042) to 90 days"),
        (["token", "new", "--room", "BM/tin1", "--days", "0.00001"], "--days 1e-05: from one hour"),
        (["token", "new", "--room", "BM/tin1", "--days", "0.041"], "--days"),
        (["token", "new", "--room", "BM/tin1", "--days", "-7"], "--days"),
        (["token", "new", "--room", "BM/tin1", "--days", "inf"], "--days"),
        (["token", "new", "--room", "BM/tin1", "--days", "91"], "--days"),
        (["token", "new", "--room", "BM/tin1", "--days", "nan"], "--days"),
        (["token", "revoke", "nothing"], "nothing"),
        (["settings", "show", "--scope", "nowhere"], "nowhere"),
        (["settings", "set", "--scope", "BM", "beat=0", "nonsense=1"], "1..900"),
        (["machines", "show", "BM/tin1-01"], "machines list"),
        (["machines", "approve"], "no PC"),
    ],
)
def test_commands_refuse_in_a_sentence_and_change_nothing(school: Typed, words: list[str], said: str) -> None:
    before = (school("school", "list").out, school("room", "list").out, school("token", "list").out)
    ended = school(*words)
    assert ended.code == 1
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert (school("school", "list").out, school("room", "list").out, school("token", "list").out) == before


def test_token_is_one_line_and_kept_as_a_hash(school: Typed, data: Path) -> None:
    said = school("token", "new", "--room", "BM/tin1")
    token = read_token(said.out)
    assert said.out.strip() == str(token)
    assert "schooldrum-agent enrol --collector https://127.0.0.1:8801" in said.err
    store = open_store(data, clock=lambda: 0.0, serving=False)
    try:
        with store.writing() as writer:
            kept = writer.token(token.id)
    finally:
        store.close()
    assert kept is not None
    assert kept.digest == hashlib.sha256(token.secret.encode()).hexdigest()
    assert (kept.uses, kept.path, round(kept.expires - kept.made)) == (4, "BM/main/tin1", 7 * 86400)
    whole = b"".join(file.read_bytes() for file in data.iterdir())
    assert token.secret.encode() not in whole
    assert token.id.encode() in whole


def test_token_names_the_collector_as_pcs_call_it(school: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_AGENTS_NAMES", "drum.example, 192.0.2.7")
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_AGENTS_LISTEN", "0.0.0.0:443")
    made = school("token", "new", "--room", "BM/tin1", "--uses", "2", "--days", "0.5", "--json").data()
    assert made["command"] == "schooldrum-agent enrol --collector https://drum.example:443"
    assert (made["uses"], made["room"]) == (2, "BM/main/tin1")
    assert made["expires"].endswith("+07:00")


def test_token_list_and_revoke(school: Typed) -> None:
    first = school("token", "new", "--room", "BM/tin1", "--json").data()
    second = school("token", "new", "--room", "BM/vp", "--uses", "1", "--json").data()
    assert first["token"].split(".")[1] == second["token"].split(".")[1]
    # The whole code is understood as well as its third part.
    assert school("token", "revoke", first["token"]).code == 0
    assert school("token", "revoke", first["id"]).code == 0
    states = {one["id"]: one["state"] for one in school("token", "list", "--json").data()}
    assert states == {first["id"]: "revoked", second["id"]: "good"}
    assert school("token", "list", "--scope", "QY", "--json").data() == []
    assert second["token"].split(".")[3] not in school("token", "list").out


def test_settings_set_and_shown_with_their_origin(school: Typed) -> None:
    assert school("settings", "set", "--scope", "/", "beat=120", "pace.cpu=30").code == 0
    assert school("settings", "set", "--scope", "BM/tin1", "pace.disk=900", "language=en").code == 0
    shown = school("settings", "show", "--scope", "BM/tin1", "--json").data()
    assert shown["scope"] == "BM/main/tin1"
    assert shown["set_here"] == {"pace": {"disk": 900}, "language": "en"}
    assert shown["in_force"]["beat"] == 120
    assert shown["in_force"]["pace"] == {"cpu": 30, "disk": 900}
    version = shown["in_force"]["version"]
    assert school("settings", "set", "--scope", "BM/tin1", "language=", "pace.disk=").code == 0
    after = school("settings", "show", "--scope", "BM/tin1", "--json").data()
    assert after["set_here"] == {}
    assert after["in_force"]["version"] > version
    lines = school("settings", "show", "--scope", "QY").out.splitlines()
    assert any(line.split() == ["beat", "120", "/"] for line in lines)


def test_check_finds_what_others_could_read(school: Typed, data: Path) -> None:
    assert school("check").code == 0
    school("token", "new", "--room", "BM/tin1")
    assert school("check", "--json").data() == {"sound": True, "wrong": []}
    authority = data / "authority.pem"
    authority.chmod(0o644)
    said = school("check")
    assert said.code == 1
    assert f"chmod 600 {authority}" in said.out


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand a directory to another account")
@pytest.mark.usefixtures("school")
def test_commands_of_root_leave_no_file_that_the_service_cannot_open(data: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for parent in (*tmp_path.parents[:3],):
        parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
    for path in (data, *data.iterdir()):
        os.chown(path, 65534, 65534)
    words = ["room", "add", "--school", "BM", "--room", "tin3", "--name", "Tin 3"]
    subprocess.run([sys.executable, "-m", "schooldrum_collector", *words], check=True, capture_output=True)
    assert {path.stat().st_uid for path in data.iterdir()} == {65534}


def test_config_shows_what_is_in_force(typed: Typed, data: Path) -> None:
    values = typed("config", "--json").data()
    assert values["data"] == str(data)
    assert values["office_listen"] == "127.0.0.1:8800"
    assert typed("config", "--sample").out.count("# Allowed: ") == len(values)


def test_a_plan_that_no_pc_takes_is_not_said_to_be_taken(school: Typed) -> None:
    said = school("settings", "set", "--scope", "BM", "support_planned_until=2099-06-30")
    assert said.code == 0
    assert "no PC is told" in said.out
    assert "next report" in school("settings", "set", "--scope", "BM", "beat=120").out
