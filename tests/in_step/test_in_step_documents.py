"""What the documents say is so: derived ones are up to date, and CONTRIBUTING's new probe works as it stands there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.in_step.derived import DOCUMENTS, ROOT

FOLDERS = ("schooldrum_wire/catalogue", "schooldrum_agent/probes")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_committed_is_what_the_code_says(name):
    assert (ROOT / name).read_text("utf-8") == DOCUMENTS[name](), "it is behind: run make docs"


def test_the_readmes_name_only_files_and_commands_that_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for document in ("README.md", "README.vi.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text("utf-8")
        called = {word for words in re.findall(r"(?:`|^)make ([a-z ]+)", text, re.MULTILINE) for word in words.split()}
        assert called <= targets, document
        linked = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not (ROOT / link).exists()]
        assert linked == [], document


@pytest.fixture(scope="module")
def contributed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("contributor")
    unwanted = shutil.ignore_patterns("__pycache__", ".venv", ".git", ".*_cache", ".hypothesis", "wine", "bench")
    shutil.copytree(ROOT, copy, ignore=unwanted, dirs_exist_ok=True)
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    steps = re.findall(r"^`([\w./]+)`\n\n```(python|diff)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert [kind for _, kind, _ in steps] == ["python", "diff", "python", "diff"]
    for name, kind, text in steps:
        path = copy / name
        if kind == "python":
            # Whoever is just trying it has it there already.
            assert not path.exists() or path.read_text("utf-8") == text
            path.write_text(text, "utf-8")
            continue
        changed = path.read_text("utf-8")
        for before, added in re.findall(r"((?:^ .*\n)+)((?:^\+.*\n)+)", text, re.MULTILINE):
            old, new = (re.sub(r"^[ +]", "", lines, flags=re.MULTILINE) for lines in (before, added))
            assert old in changed, f"{name} no longer has the lines {old!r}"
            if old + new not in changed:
                changed = changed.replace(old, old + new)
        path.write_text(changed, "utf-8")
    return copy


def _run(copy: Path, *words: str, **environment: str) -> str:
    places = f"{copy / 'agent'}{os.pathsep}{copy / 'collector'}"
    ended = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=copy,
        env={"PYTHONPATH": places, "PATH": os.environ["PATH"], "HOME": str(copy), **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.parametrize(
    ("folders", "outcome", "readings"),
    [(["1", "22", "333", "self", "sys"], "ok", {"school_processes": 3}), (["self"], "unavailable", {})],
)
def test_the_probe_of_contributing_measures(contributed, tmp_path, folders, outcome, readings):
    for folder in folders:
        (tmp_path / folder).mkdir()
    said = json.loads(_run(contributed, "schooldrum_agent", "once", "--json", SCHOOLDRUM_PROCFS=str(tmp_path)))
    processes = next(result for result in said["results"] if result["probe"] == "processes")
    assert processes["outcome"] == outcome
    assert {reading[0]: reading[1] for reading in processes.get("readings", [])} == readings


def test_the_probe_of_contributing_keeps_the_house_rules(contributed):
    _run(contributed, "tests.in_step.derived")
    files = [f"agent/{folder}/{name}.py" for folder in FOLDERS for name in ("__init__", "processes")]
    _run(contributed, "ruff", "check", "--no-cache", *files)
    _run(contributed, "ruff", "format", "--no-cache", "--check", *files)
    _run(contributed, "mypy", "agent/schooldrum_agent/probes/processes.py")
    topics = ("structure", "meanings", "dashboards", "translations")
    checks = [f"tests/in_step/test_in_step_{topic}.py" for topic in topics]
    derived = "tests/in_step/test_in_step_documents.py::test_what_is_committed_is_what_the_code_says"
    _run(contributed, "pytest", "-q", "-p", "no:cacheprovider", *checks, derived)
