"""The entry in the Start menu, as far as it can be judged where there is none."""

from configparser import ConfigParser
from pathlib import Path

import pytest

from schooldrum_agent.command_line import parser_in
from schooldrum_agent.start_menu import NAMES, NoStartMenu, put_up, take_down, without_window


def test_without_windows_it_says_so():
    for do in (take_down, lambda: put_up(["x"], "x", "vi")):
        with pytest.raises(NoStartMenu, match="on Windows only"):
            do()


def test_the_entry_has_the_glossarys_name():
    assert NAMES == {"vi": "Kiểm tra máy này", "en": "Check this PC"}


def test_the_desktop_file_calls_it_the_same_and_starts_what_there_is():
    file = ConfigParser(interpolation=None)
    file.optionxform = str  # type: ignore[assignment,method-assign]  # keys as they are written
    place = Path(__file__).resolve().parents[2] / "deploy" / "desktop" / "schooldrum-doctor.desktop"
    file.read(place, encoding="utf-8")
    entry = file["Desktop Entry"]
    assert {"en": entry["Name"], "vi": entry["Name[vi]"]} == NAMES
    program, *words = entry["Exec"].split()
    assert program == "/opt/schooldrum/bin/schooldrum-agent"
    options = parser_in("en").parse_args(words)
    assert (options.command, options.page) == ("doctor", "")


def test_python_is_taken_without_its_window_where_both_are(tmp_path):
    program = tmp_path / "python.exe"
    assert without_window(str(program)) == str(program)
    assert without_window(r"C:\Schooldrum\schooldrum-agent.exe") == r"C:\Schooldrum\schooldrum-agent.exe"
