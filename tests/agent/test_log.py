import io
import sys
from collections.abc import Iterator

import pytest

from schooldrum_agent import log


@pytest.fixture(autouse=True)
def as_it_begins() -> Iterator[None]:
    yield
    log.begin("warning")


def say_all() -> None:
    for tell in (log.debug, log.info, log.warning, log.error):
        tell(tell.__name__)


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
        ("nothing", []),
    ],
)
def test_what_weighs_enough_is_said(capsys, level, said):
    log.begin(level, lambda word: f"12:00 {word.upper()} ")
    say_all()
    assert capsys.readouterr().err.splitlines() == [f"12:00 {word.upper()} {word}" for word in said]


def test_before_it_begins_warnings_are_said_plainly(capsys):
    say_all()
    assert capsys.readouterr().err == "warning\nerror\n"


def test_a_name_from_elsewhere_begins_no_line_of_its_own(capsys):
    log.warning("its alias is tin1\n2030-01-01 00:00:00 ERROR forged\x1b[2J\r\u2028; Phòng máy")
    assert capsys.readouterr().err == "its alias is tin1?2030-01-01 00:00:00 ERROR forged?[2J??; Phòng máy\n"


def test_where_it_arose_is_for_developers(capsys):
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 / 0
    log.debug("where", caught.value)
    assert capsys.readouterr().err == ""
    log.begin("debug", lambda _: "> ")
    log.debug("where", caught.value)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "> where"
    assert lines[-1] == "> ZeroDivisionError: division by zero"
    assert all(line.startswith("> ") for line in lines)


class Full(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("screen", [None, Full()])
def test_where_nothing_can_be_said_the_agent_goes_on(monkeypatch, screen):
    monkeypatch.setattr(sys, "stderr", screen)
    log.error("unheard")
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    log.error("unheard")
