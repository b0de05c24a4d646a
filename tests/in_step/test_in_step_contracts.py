"""The import contracts and banned names bite: each is broken on purpose in a copy of the source, and must be caught."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS = {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}
TIDY = PROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]
WIRE, AGENT, COLLECTOR = "agent/schooldrum_wire", "agent/schooldrum_agent", "collector/schooldrum_collector"
_PROTECTED = {
    "psutil": "import psutil",
    "qr": "import segno",
    "http": "import http.client",
    "subprocess": "import subprocess",
    "aiohttp": "import aiohttp",
    "app": "import apscheduler",
    "prometheus": "import prometheus_client",
    "sql": "import sqlite3",
    "certificates": "from cryptography import x509",
    "sheets": "import openpyxl",
    "yaml": "import yaml",
    "holidays": "import holidays",
    "icalendar": "import icalendar",
    "templates": "import jinja2",
    "apprise": "import apprise",
    "snappy": "import cramjam",
}
BREAKS = [
    ("wire", f"{WIRE}/result.py", "import schooldrum_agent.probe"),
    ("wire", f"{WIRE}/catalogue/cpu.py", "import schooldrum_collector.store.records"),
    ("sides", f"{AGENT}/probe.py", "import schooldrum_collector.judge"),
    ("sides", f"{COLLECTOR}/app.py", "import schooldrum_agent.agent"),
    ("agent-layers", f"{AGENT}/sources/files.py", "import schooldrum_agent.probes.cpu"),
    ("agent-layers", f"{AGENT}/probes/cpu.py", "import schooldrum_agent.spool"),
    ("agent-layers", f"{AGENT}/uplink.py", "import schooldrum_agent.courier"),
    ("agent-layers", f"{AGENT}/runner.py", "import schooldrum_agent.courier"),
    ("agent-layers", f"{AGENT}/config.py", "import schooldrum_agent.probe"),
    ("agent-layers", f"{AGENT}/stranger.py", "X = 1"),
    ("probes-apart", f"{AGENT}/probes/cpu.py", "import schooldrum_agent.probes.memory"),
    ("collector-layers", f"{COLLECTOR}/judge/presence.py", "import schooldrum_collector.store.records"),
    ("collector-layers", f"{COLLECTOR}/store/records.py", "import schooldrum_collector.web"),
    ("collector-layers", f"{COLLECTOR}/show/exposition.py", "import schooldrum_collector.web"),
    ("collector-layers", f"{COLLECTOR}/web/agents.py", "import schooldrum_collector.app"),
    ("collector-layers", f"{COLLECTOR}/stranger.py", "X = 1"),
    ("judge-pure", f"{COLLECTOR}/judge/presence.py", "import time"),
    ("judge-pure", f"{COLLECTOR}/judge/presence.py", "import sqlalchemy"),
    ("judge-pure", f"{COLLECTOR}/judge/dating.py", "import pathlib"),
    ("agent-light", f"{AGENT}/uplink.py", "import asyncio"),
    ("agent-light", f"{AGENT}/uplink.py", "from http import client"),
    ("agent-light", f"{AGENT}/spool.py", "import logging"),
    ("agent-light", f"{AGENT}/probes/cpu.py", "def f():\n    import aiohttp"),
    *((contract, f"{AGENT}/config.py", line) for contract, line in _PROTECTED.items()),
    *((contract, f"{COLLECTOR}/config.py", line) for contract, line in _PROTECTED.items()),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    unwanted = shutil.ignore_patterns("__pycache__")
    for name in ("agent", "collector"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _lint_imports(copy: Path, contract: str) -> subprocess.CompletedProcess[str]:
    program = [str(Path(sys.executable).with_name("lint-imports")), "--config", "pyproject.toml", "--no-cache"]
    return subprocess.run(
        [*program, "--contract", contract],
        cwd=copy,
        env={"PYTHONPATH": f"{copy / 'agent'}:{copy / 'collector'}", "PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(("contract", "file", "line"), BREAKS)
def test_a_broken_contract_is_caught(copy, contract, file, line):
    with (copy / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    ended = _lint_imports(copy, contract)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert f"{CONTRACTS[contract]['name']} BROKEN" in ended.stdout


def test_every_contract_holds_here_and_has_its_case(copy):
    assert {contract for contract, _, _ in BREAKS} == set(CONTRACTS)
    for contract in CONTRACTS:
        ended = _lint_imports(copy, contract)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def _ruff(path: Path) -> set[str]:
    program = [str(Path(sys.executable).with_name("ruff")), "check", "--no-cache", "--output-format=json", str(path)]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False, cwd=path.parent)
    return {found["code"] for found in json.loads(ended.stdout)}


@pytest.mark.parametrize("banned", TIDY["banned-api"])
@pytest.mark.parametrize("folder", [WIRE, f"{AGENT}/sources", f"{COLLECTOR}/judge"])
def test_the_wall_clock_is_read_in_main_alone(copy, banned, folder):
    module, _, name = banned.partition(".")
    source = f'"""Breaks a rule."""\n\nimport {module}\n\n{module}.{name}()\n'
    (copy / folder / "breaking.py").write_text(source, "utf-8")
    assert "TID251" in _ruff(copy / folder / "breaking.py")
    for main in (f"{AGENT}/__main__.py", f"{COLLECTOR}/__main__.py"):
        (copy / main).write_text(source, "utf-8")
        assert "TID251" not in _ruff(copy / main)


@pytest.mark.parametrize("library", TIDY["banned-module-level-imports"])
@pytest.mark.parametrize("folder", [WIRE, AGENT, f"{AGENT}/probes", COLLECTOR])
def test_what_not_every_system_has_is_imported_inside_functions(copy, library, folder):
    path = copy / folder / "breaking.py"
    path.write_text(f'"""Breaks a rule."""\n\nimport {library}\n\n{library}.anything()\n', "utf-8")
    assert "TID253" in _ruff(path)
    path.write_text(
        f'"""Keeps it."""\n\n\ndef _go() -> None:\n    import {library}\n\n    {library}.anything()\n', "utf-8"
    )
    assert "TID253" not in _ruff(path)
