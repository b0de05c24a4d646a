"""What keeps a command from running is told in both languages, until somebody names one."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this test has."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield int(door.getsockname()[1])


class Refused:
    """Commands with everything of their own under `home`."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SCHOOLDRUM_")},
            "SCHOOLDRUM_HOME": str(home / "trial"),
            "SCHOOLDRUM_COLLECTOR_CONFIG": str(home / "collector.toml"),
            "SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN": f"127.0.0.1:{port}",
            "SCHOOLDRUM_COLLECTOR_AGENTS_LISTEN": "127.0.0.1:0",
        }
        (home / "collector.toml").touch()
        (home / "file").touch()
        (home / "channels.toml").write_text("[mail]\n", encoding="utf-8")
        (home / "channels.toml").chmod(0o600)
        (home / "open").mkdir()
        (home / "open").chmod(0o777)

    def said(self, words: list[str], environ: dict[str, str]) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "schooldrum_collector", *words],
            cwd=self.home,
            env={**self.environ, **environ},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr


@pytest.fixture
def refused(tmp_path: Path, taken: int) -> Refused:
    return Refused(tmp_path, taken)


SCHOOL = ["school", "add", "--code", "BM", "--name", "Bình Minh", "--data"]
CASES = {
    "port of serve": (["serve", "--data", "new"], {}, "Dừng chương trình đó", "Stop that program"),
    "port of try": (["try"], {}, "Dừng chương trình đó", "Stop that program"),
    "port of demo": (["demo", "start", "--alone"], {}, "Dừng chương trình đó", "Stop that program"),
    "file": (["serve", "--data", "file"], {}, "không dùng được", "cannot be used"),
    "open to serve": (["serve", "--data", "open"], {}, "Tài khoản khác ghi được", "Other accounts may write"),
    "open to school": ([*SCHOOL, "open"], {}, "Tài khoản khác ghi được", "Other accounts may write"),
    "file to room": (["room", "list", "--data", "file"], {}, "không dùng được", "cannot be used"),
    "no data": (["check", "--data", "away"], {}, "Chưa có số liệu", "There is no data"),
    "key": (["check"], {"SCHOOLDRUM_COLLECTOR_RESULTS_DAYS": "x"}, "giá trị 'x'", "value 'x'"),
    "channels": (
        ["serve", "--data", "new"],
        {"SCHOOLDRUM_COLLECTOR_CHANNELS_FILE": "channels.toml"},
        "[mail]: thiếu url",
        "[mail]: it has no url",
    ),
    "home of try": (["try"], {"SCHOOLDRUM_HOME": "file"}, "Chọn thư mục khác", "Choose another directory"),
    "home of demo": (["demo", "start"], {"SCHOOLDRUM_HOME": "file"}, "Chọn thư mục khác", "Choose another directory"),
}


@pytest.mark.parametrize(("words", "environ", "vietnamese", "english"), CASES.values(), ids=CASES)
def test_refusals_are_told_in_both_languages_until_one_is_named(
    refused: Refused, words: list[str], environ: dict[str, str], vietnamese: str, english: str
) -> None:
    def told(*more: str, **named: str) -> tuple[int, int]:
        text = refused.said([*words, *more], {**environ, **named})
        return text.count(vietnamese), text.count(english)

    assert told() == (1, 1)
    assert told("--lang", "en") == (0, 1)
    assert told("--lang=vi") == (1, 0)


@pytest.mark.parametrize("wrong", ["", 'results_days = "x"\n'], ids=["sound", "wrong"])
def test_refusals_are_told_in_the_configured_language_alone(refused: Refused, wrong: str) -> None:
    words = ["check", "--data", "away"]
    counts = {}
    for language in ("vi", "en"):
        (refused.home / "collector.toml").write_text(f'language = "{language}"\n{wrong}', encoding="utf-8")
        said = refused.said(words, {})
        counts[language] = len(said.splitlines())
        assert ("khóa" in said or "số liệu" in said) is (language == "vi")
        other = refused.said(words, {"SCHOOLDRUM_COLLECTOR_LANGUAGE": "vi" if language == "en" else "en"})
        assert ("khóa" in other or "số liệu" in other) is (language == "en")
    assert counts == {"vi": 1, "en": 1}


def test_refusals_leave_a_directory_that_others_may_write_as_it_was(refused: Refused) -> None:
    refused.said([*SCHOOL, "open"], {})
    assert list((refused.home / "open").iterdir()) == []
