"""The Windows side of a test session: one prefix, one Windows Python, this tree's agent installed from its wheel."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wine.windows import Windows, install
from tests.wine.windows_python import windows_python

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def agent_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", f"--wheel-dir={folder}", str(ROOT)],
        check=True,
        timeout=120,
    )
    return next(folder.glob("schooldrum-*.whl"))


@pytest.fixture(scope="session")
def windows(tmp_path_factory: pytest.TempPathFactory, agent_wheel: Path) -> Iterator[Windows]:
    asked = os.environ.get("SCHOOLDRUM_WINE_CACHE")
    cache = Path(asked) if asked else Path.home() / ".cache" / "schooldrum-tests" / "wine"
    libraries = tmp_path_factory.mktemp("agent")
    install(agent_wheel, libraries, [sys.executable, "-m", "pip", "--disable-pip-version-check"])
    system = Windows(
        prefix=tmp_path_factory.mktemp("wine") / "prefix",
        python=windows_python(cache, ROOT / "requirements.lock"),
        libraries=(libraries,),
    )
    system.set_up()
    try:
        yield system
    finally:
        system.tear_down()
