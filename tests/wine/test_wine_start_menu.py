"""The entry in the Start menu: made with the service, found and read as Windows does it, gone with the service."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.wine.windows import Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
LETTERS = {"LC_ALL": "C.UTF-8"}
"""Without it Wine makes no file whose name holds Vietnamese letters; Windows always does."""
READ = """
import json, pathlib, pythoncom
from win32com.shell import shell
menu = pathlib.Path(shell.SHGetFolderPath(0, 0x17, None, 0))
told = {}
for path in menu.glob("*.lnk"):
    link = pythoncom.CoCreateInstance(shell.CLSID_ShellLink, None, 1, shell.IID_IShellLink)
    link.QueryInterface(pythoncom.IID_IPersistFile).Load(str(path))
    told[path.stem] = {
        "path": link.GetPath(0)[0], "words": link.GetArguments(), "folder": link.GetWorkingDirectory(),
        "told": link.GetDescription(), "icon": link.GetIconLocation(),
    }
print(json.dumps(told))
"""


def _entries(windows: Windows) -> dict[str, Any]:
    ended = windows.run("python", "-c", READ, timeout=90, environment=LETTERS)
    assert ended.code == 0, ended.err
    told: dict[str, Any] = json.loads(ended.out)
    return told


def _service(windows: Windows, *words: str) -> str:
    ended = windows.run("python", "-m", "schooldrum_agent", "service", *words, timeout=90, environment=LETTERS)
    assert ended.code == 0, ended.out + ended.err
    return ended.out


def test_the_entry_is_made_in_the_pcs_language_and_goes_with_the_service(windows: Windows, tmp_path: Path):
    file = tmp_path / "a folder" / "agent.toml"
    file.parent.mkdir()
    state = windows.path(tmp_path / "state").replace("\\", "\\\\")
    before = set(_entries(windows))
    try:
        for language, name in (("en", "Check this PC"), ("vi", "Kiểm tra máy này"), ("en", "Check this PC")):
            file.write_text(f'state = "{state}"\nlanguage = "{language}"\nshared_code = true\n', encoding="utf-8")
            assert f"{name}.lnk" in _service(windows, "install", "--config", windows.path(file))
            entries = _entries(windows)
            assert set(entries) - before == {name}
            entry = entries[name]
            assert entry["path"].lower().endswith("python.exe")
            words = entry["words"]
            assert words.startswith("-P -s -m schooldrum_agent doctor --page --config ")
            assert words.endswith(f'"{windows.path(file)}"')
            assert entry["told"]
            assert entry["icon"][0].lower().endswith("shell32.dll")
        # What the entry starts, but for the browser.
        page = tmp_path / "page.html"
        started = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', words)]
        started.insert(started.index("--page") + 1, windows.path(page))
        ended = windows.run("python", *started, timeout=120, environment=LETTERS)
        assert ended.code == 1, ended.err
        assert "<title>Check this PC</title>" in page.read_text("utf-8")
    finally:
        _service(windows, "remove")
    assert set(_entries(windows)) == before
    _service(windows, "remove")
