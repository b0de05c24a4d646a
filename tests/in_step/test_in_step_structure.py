"""The house rules that no linter knows, as plain checks of our own source."""

import ast
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schooldrum_agent.probes import PROBES
from schooldrum_wire import catalogue
from schooldrum_wire.catalogue import METRICS, SECTIONS, TOPICS
from schooldrum_wire.metric import Metric
from schooldrum_wire.section import Section

ROOT = Path(__file__).resolve().parents[2]
AGENT = ROOT / "agent" / "schooldrum_agent"
COLLECTOR = ROOT / "collector" / "schooldrum_collector"
PACKAGES = {
    "schooldrum_wire": ROOT / "agent",
    "schooldrum_agent": ROOT / "agent",
    "schooldrum_collector": ROOT / "collector",
}
SOURCES = sorted(path for name, folder in PACKAGES.items() for path in (folder / name).rglob("*.py"))
MODULES = {
    ".".join(path.relative_to(PACKAGES[name]).with_suffix("").parts).removesuffix(".__init__"): path
    for name, folder in PACKAGES.items()
    for path in sorted((folder / name).rglob("*.py"))
    if "migrations" not in path.parts  # Alembic runs these, nobody imports them
}
NAMES_OF_NOTHING = {"util", "utils", "helper", "helpers", "manager", "base", "models", "common", "misc", "core", "lib"}
MOST_LINES = 450
SPEAKING = {AGENT / "__main__.py", AGENT / "commands.py", AGENT / "doctor.py", COLLECTOR / "__main__.py"}
"""Files beside collector/…/commands that may print: they are somebody's screen."""
HEAVY = ("asyncio", "aiohttp", "scapy", "pysnmp", "sqlalchemy", "prometheus_client", "apscheduler", "sqlite3")


def _where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def _functions(tree: ast.AST, docstring: str = "") -> Iterator[tuple[ast.AST, str]]:
    """Every node with the docstring of the innermost function around it."""
    for node in ast.iter_child_nodes(tree):
        yield node, docstring
        inside = docstring
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = ast.get_docstring(node) or ""
        yield from _functions(node, inside)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_imports_on_this_system(name):
    importlib.import_module(name)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_one_topic(path):
    assert path.stem not in NAMES_OF_NOTHING, "a file is named for its topic"
    text = path.read_text("utf-8")
    assert text.count("\n") <= MOST_LINES, "a file that long has more than one topic: split it"
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "its docstring says which question it answers"


def _takes_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    named = {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)}
    return bool(named & {"Exception", "BaseException"})


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None


def test_whoever_swallows_every_exception_says_so():
    silent = [
        _where(path, node)
        for path in SOURCES
        for node, docstring in _functions(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler) and _takes_everything(node) and not _raises_again(node)
        if "Never raises" not in docstring
    ]
    assert silent == [], "except Exception stands only in a function whose docstring says 'Never raises'"


def test_only_commands_print():
    speaking = [
        _where(path, node)
        for path in SOURCES
        if path not in SPEAKING and COLLECTOR / "commands" not in path.parents
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert speaking == []


def test_no_class_of_ours_inherits_from_a_class_of_ours():
    heirs = [
        f"{value.__module__}.{value.__qualname__} inherits {parent.__module__}.{parent.__qualname__}"
        for name in MODULES
        for value in vars(importlib.import_module(name)).values()
        if inspect.isclass(value) and value.__module__ == name
        for parent in value.__bases__
        if parent.__module__.partition(".")[0] in PACKAGES
    ]
    assert heirs == []


def test_every_file_of_the_catalogue_is_a_topic():
    files = {path.stem for path in (ROOT / "agent/schooldrum_wire/catalogue").glob("*.py")} - {"__init__"}
    assert {topic.__name__.rpartition(".")[2] for topic in TOPICS} == files
    declared = [value for topic in TOPICS for value in vars(topic).values() if isinstance(value, Metric | Section)]
    assert len(declared) == len(METRICS) + len(SECTIONS), "two declarations share a name"


def test_every_probe_is_listed_and_has_its_topic_in_the_catalogue():
    files = {path.stem for path in (AGENT / "probes").glob("*.py")} - {"__init__"}
    assert {probe.name for probe in PROBES} == files
    topics = {path.stem for path in Path(catalogue.__file__).parent.glob("*.py")}
    assert files <= topics
    for probe in PROBES:
        assert set(probe.on) == {"linux", "win32"}
        assert set(probe.sections) <= set(SECTIONS)
    owned = [section for probe in PROBES for section in probe.sections]
    assert sorted(owned) == sorted(SECTIONS), "each section is owned by exactly one probe"


def _used(folders: list[Path]) -> set[str]:
    files = [path for folder in folders for path in folder.rglob("*.py")]
    trees = [ast.parse(path.read_text("utf-8")) for path in files]
    names = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_every_metric_is_written_by_a_probe_or_by_the_collector():
    measured, derived = _used([AGENT / "probes"]), _used([COLLECTOR])
    unwritten = [
        value.name
        for topic in TOPICS
        for constant, value in vars(topic).items()
        if isinstance(value, Metric) and not value.until
        if constant not in (derived if value.by_collector else measured)
    ]
    assert unwritten == []


def test_the_agents_process_stays_light():
    imports = "import sys, schooldrum_agent.agent, schooldrum_agent.__main__"
    program = f"{imports}; print([name for name in {HEAVY!r} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == "[]", "an import costs every school PC memory: make it lazy, or do without"


def test_the_wire_needs_only_the_standard_library_and_msgspec():
    for path in (ROOT / "agent/schooldrum_wire").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                top = module.partition(".")[0]
                assert top in {"msgspec", "schooldrum_wire"} or top in sys.stdlib_module_names, _where(path, node)
