"""Nothing the agent reads is known by translated words: a PC in Vietnamese or Japanese answers like one in English."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.recordings.collection import DEFAULT, recordings

from schooldrum_agent.probes import PROBES
from schooldrum_agent.sources import command

AGENT = Path(__file__).parents[2] / "agent" / "schooldrum_agent"
MODULES = sorted([*(AGENT / "probes").glob("*.py"), *(AGENT / "sources").glob("*.py")])
SPOKEN = ("ipconfig", "netsh wlan", "w32tm", "systeminfo")
"""Forms of consoles that print in the PC's language."""
_LABEL = re.compile(r"^\s*([^\W\d_][^:=\n]{3,60}?)[ .]*[:=]", re.MULTILINE)
CONSOLES = re.compile(
    r"(?<![\w-])(ipconfig|netsh|systeminfo|wmic|w32tm|powercfg|manage-bde|slmgr|powershell|pwsh|getmac|tasklist|"
    r"nslookup|tracert|bcdedit|fsutil|vssadmin|(?:net|reg|sc|arp|route|cmd|ping)\.exe)(?![\w-])",
    re.IGNORECASE,
)
"""Windows' programs whose answers are translated, or that are not there on every Windows."""
WORDS = (
    *("có thể nâng cấp từ", "Đang liệt kê", "Đã bật", "Aktiviert", "Deaktiviert", "Activé", "Désactivé", "Включено"),
    *("Attivato", "Habilitado", "有効", "已启用", "Enabled:", "Connected to", "upgradable from", "Listing..."),
)
"""What programs say in one language or another where a program would be tempted to look for it."""
PLACEHOLDERS = {"System Manufacturer"}
"""Words that makers leave in the firmware's tables, in English everywhere."""


def texts(module: Path) -> Iterator[tuple[int, str]]:
    """Every text of a module with its line, but for docstrings and what only people read (errors' sentences)."""
    tree = ast.parse(module.read_text("utf-8"))
    spoken: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            spoken.add(node.value)
        elif isinstance(node, ast.Raise) and node.exc is not None:
            spoken.update(ast.walk(node.exc))
        elif isinstance(node, ast.Call) and re.search(r"Denied|Unavailable|Error$", ast.unparse(node.func)):
            spoken.update(ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in spoken:
            yield node.lineno, node.value


def found(labels: list[str]) -> list[str]:
    return [
        f"{module.name}:{line}: {label!r} in {text!r}"
        for module in MODULES
        for line, text in texts(module)
        for label in labels
        if label.casefold() in text.casefold()
    ]


def test_no_word_of_a_language_is_looked_for():
    assert found(list(WORDS)) == []


@pytest.mark.skipif(not (DEFAULT / "host").is_dir(), reason=f"no recordings of other projects in {DEFAULT}")
def test_no_label_of_a_recorded_console_is_looked_for():
    labels = {
        " ".join(label.split())
        for recording in recordings(DEFAULT / "host")
        if recording.form in SPOKEN
        for label in _LABEL.findall(recording.text)
    }
    # One plain word ("Name") is also what properties and keys are called, in no language.
    telling = sorted(label for label in labels - PLACEHOLDERS if " " in label or not label.isascii())
    assert len(telling) > 100
    assert found(telling) == []


def test_windows_is_asked_for_objects_and_never_for_a_programs_text():
    named = [
        f"{module.name}:{line}: {text!r}" for module in MODULES for line, text in texts(module) if CONSOLES.search(text)
    ]
    assert named == []
    started = [
        probe.name
        for probe in PROBES
        for function in ast.walk(ast.parse((AGENT / "probes" / f"{probe.name}.py").read_text("utf-8")))
        if isinstance(function, ast.FunctionDef)
        and function.name == "fetch_windows"
        and re.search(r"\bcommand\.", ast.unparse(function))
    ]
    assert started == []


def test_linux_programs_are_asked_in_no_language():
    told = command.clean_environment("linux")
    assert (told["LC_ALL"], told["LANG"]) == ("C", "C")


@pytest.mark.parametrize(
    ("text", "is_console"),
    [
        (r"C:\Windows\System32\netsh.exe", True),
        ("ipconfig", True),
        ("net.exe", True),
        ("dotnet", False),
        ("registry", False),
        ("pinging", False),
    ],
)
def test_the_net_is_neither_too_wide_nor_too_narrow(text, is_console):
    assert bool(CONSOLES.search(text)) is is_console
