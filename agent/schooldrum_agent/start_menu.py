"""Where a person finds the doctor on Windows: an entry in everybody's Start menu, in the language of this PC.

The entry starts the same program as the service, from where only administrators may write, with the rights of whoever
clicks. It is made with the service and goes with it.
"""

import contextlib
import importlib
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

from schooldrum_agent.sentence import Sentence

NAMES = {"vi": "Kiểm tra máy này", "en": "Check this PC"}
_TOLD = {
    "vi": "Đường ra Internet hỏng ở đâu, và làm gì tiếp theo",
    "en": "Where the way to the internet is broken, and what to do next",
}
_EVERYBODYS_PROGRAMS = 0x17
"""CSIDL_COMMON_PROGRAMS: under ProgramData, where only administrators may write."""
_ICONS, _NETWORK = r"%SystemRoot%\System32\shell32.dll", 18


class NoStartMenu(Exception):  # noqa: N818 - it says what is not there
    """The entry cannot be made or removed, and why."""

    def __init__(self, vietnamese: str, english: str) -> None:
        self.sentence = Sentence(vietnamese, english)
        super().__init__(self.sentence)


def _modules() -> tuple[Any, Any, Any]:
    try:
        return (
            importlib.import_module("pythoncom"),
            importlib.import_module("pywintypes"),
            importlib.import_module("win32com.shell.shell"),
        )
    except ImportError as missing:
        raise NoStartMenu(
            "chỉ Windows có menu Start, và cần pywin32",
            "a Start menu exists on Windows only, and needs pywin32",
        ) from missing


def without_window(program: str) -> str:
    """The program that starts the same without a black window, where it stands beside: Python has one of each."""
    path = PureWindowsPath(program)
    silent = path.with_name(path.name.replace("python", "pythonw", 1))
    return str(silent) if path.stem.casefold() == "python" and Path(silent).exists() else program


def put_up(line: Sequence[str], program: str, language: str) -> Path:
    """Makes the entry, and removes one in another language; returns where it is.

    `line` is the program and its words as a Windows command line wants them, `program` the first of them as it is.
    `language` is vi or en.

    Raises:
        NoStartMenu: no right to do so, or no Windows.
    """
    pythoncom, pywintypes, shell = _modules()
    take_down()
    try:
        menu = Path(shell.SHGetFolderPath(0, _EVERYBODYS_PROGRAMS, None, 0))
        link = pythoncom.CoCreateInstance(
            shell.CLSID_ShellLink, None, pythoncom.CLSCTX_INPROC_SERVER, shell.IID_IShellLink
        )
        link.SetPath(without_window(program))
        link.SetArguments(" ".join(line[1:]))
        link.SetWorkingDirectory(str(PureWindowsPath(program).parent))
        link.SetDescription(_TOLD[language])
        link.SetIconLocation(_ICONS, _NETWORK)
        path = menu / f"{NAMES[language]}.lnk"
        link.QueryInterface(pythoncom.IID_IPersistFile).Save(str(path), 0)
    except (OSError, pywintypes.com_error, pywintypes.error) as refused:
        raise NoStartMenu(
            f"không tạo được mục trong menu Start: {refused}",
            f"the entry in the Start menu cannot be made: {refused}",
        ) from refused
    return path


def take_down() -> None:
    """Removes the entry, in whatever language; nothing happens where there is none.

    Raises:
        NoStartMenu: no right to do so, or no Windows.
    """
    _, pywintypes, shell = _modules()
    try:
        menu = Path(shell.SHGetFolderPath(0, _EVERYBODYS_PROGRAMS, None, 0))
        for name in NAMES.values():
            with contextlib.suppress(FileNotFoundError):
                (menu / f"{name}.lnk").unlink()
    except (OSError, pywintypes.com_error, pywintypes.error) as refused:
        raise NoStartMenu(
            f"không gỡ được mục trong menu Start: {refused}",
            f"the entry in the Start menu cannot be removed: {refused}",
        ) from refused
