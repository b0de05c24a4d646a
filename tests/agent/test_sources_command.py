"""Real programs, well and badly behaved."""

import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import command


def alive(marker: str) -> bool:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if marker.encode() in (entry / "cmdline").read_bytes():
                    return True
            except OSError:
                continue
    return False


def test_an_answer_has_both_streams_and_the_code() -> None:
    answer = command.run("/bin/sh", "-c", "echo out; echo err >&2; exit 3", timeout=10)
    assert answer == command.Answer(code=3, output="out\n", error="err\n")


def test_the_environment_is_clean_and_standard_input_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLDRUM_SECRET", "canary")
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    answer = command.run("/bin/sh", "-c", "cat; env", timeout=10)
    assert "canary" not in answer.output
    assert set(answer.output.split()) >= {"LC_ALL=C", "LANG=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}


def test_a_program_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        command.run("/no/such/program", timeout=1)
    (tmp_path / "text").write_text("hello")
    with pytest.raises(Denied):
        command.run(str(tmp_path / "text"), timeout=1)


def test_a_program_is_named_by_its_absolute_path() -> None:
    with pytest.raises(ValueError, match="absolute"):
        command.run("sh", timeout=1)


def test_one_that_takes_too_long_is_killed_with_all_it_started() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="took longer"):
        command.run("/bin/sh", "-c", "sleep 61.25 & sleep 61.25", timeout=0.5)
    assert time.monotonic() - began < 5
    assert not alive("61.25")


def test_what_it_leaves_running_does_not_outlive_the_answer() -> None:
    began = time.monotonic()
    assert command.run("/bin/sh", "-c", "sleep 62.25 & echo done", timeout=10).output == "done\n"
    assert time.monotonic() - began < 5
    assert not alive("62.25")


def test_a_grandchild_that_escapes_its_group_does_not_hold_up_the_answer() -> None:
    began = time.monotonic()
    answer = command.run("/bin/sh", "-c", "setsid sleep 8 & sleep 0.3; echo done", timeout=20)
    assert answer.output == "done\n"
    assert time.monotonic() - began < 7


def test_one_that_writes_without_end_is_stopped_and_costs_no_memory() -> None:
    began = time.monotonic()
    with pytest.raises(OSError, match="wrote more than 1000 bytes"):
        command.run("/bin/sh", "-c", "yes", timeout=30, limit=1000)
    assert time.monotonic() - began < 10


def test_no_descriptor_is_left_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        command.run("/bin/true", timeout=5)
    until = time.monotonic() + 10
    while len(list(Path("/proc/self/fd").iterdir())) > before:
        assert time.monotonic() < until, "what it opened stays open"
        time.sleep(0.01)


def test_the_windows_environment_holds_only_what_windows_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEMROOT", r"C:\Windows")
    monkeypatch.setenv("SCHOOLDRUM_SECRET", "canary")
    given_to = command.clean_environment("win32")
    assert given_to["PATH"] == r"C:\Windows\System32;C:\Windows"
    assert "canary" not in "".join(given_to.values())


@pytest.mark.parametrize(
    ("raw", "page", "text"),
    [
        # Code page 1258 spells ệ as ê and a combining dot below.
        ("Nguyê".encode("cp1258") + b"\xf2n", "cp1258", "Nguyện"),
        (b"a\r\nb\r\n", "cp437", "a\nb\n"),
        ("Máy".encode("utf-16"), "cp437", "Máy"),
        (b"M\xa0y", "cp437", "Máy"),
        (b"abc\xff", "cp99999", "abc�"),
        ("Máy".encode(), "utf-8", "Máy"),
    ],
)
def test_console_text_is_decoded_as_it_was_written(raw: bytes, page: str, text: str) -> None:
    assert command.decode_console(raw, page) == text


@given(raw=st.binary(), page=st.sampled_from(["cp1258", "cp437", "utf-8", "cp932", "none"]))
def test_any_bytes_are_text_of_some_kind(raw: bytes, page: str) -> None:
    assert isinstance(command.decode_console(raw, page), str)


def test_python_itself_can_be_started(tmp_path: Path) -> None:
    script = tmp_path / "say.py"
    script.write_text("import os; print(sorted(os.environ))", encoding="utf-8")
    assert "LC_ALL" in command.run(sys.executable, str(script), timeout=20).output
