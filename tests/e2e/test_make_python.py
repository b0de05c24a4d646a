"""What `make` says where it is handed a Python that is too old, one that is none, or none at all."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OLD = f"""#!/bin/sh
if [ "$1" = -V ]; then echo Python 3.10.12; exit; fi
exec {sys.executable} -c "import sys; sys.version_info = (3, 10, 12, 'final', 0); exec(sys.argv[1])" "$2"
"""
NO_PYTHON = "#!/bin/sh\nexit 0\n"
ELSE = "Leave PYTHON=… out and one is looked for, or name one of 3.11 or newer:   make PYTHON=python3.12 …\n"


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("target", ["run", "test", "lock"])
@pytest.mark.parametrize(
    ("program", "told"),
    [
        (OLD, "Schooldrum needs Python 3.11 or newer; {} is Python 3.10.12.\n"),
        (NO_PYTHON, "{} is no Python that runs.\n" + ELSE),
        ("", "There is no Python at {}.\n" + ELSE),
    ],
)
def test_a_python_that_cannot_run_it_is_named_before_anything_is_made(
    tmp_path: Path, target: str, program: str, told: str
):
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python3.10"
    if program:
        python.write_text(program, encoding="ascii")
        python.chmod(0o755)
    before = set(tmp_path.iterdir())
    # The suite itself may have been started by make, which tells a make within it so.
    environ = {name: value for name, value in os.environ.items() if "MAKE" not in name and name != "MFLAGS"}
    done = subprocess.run(
        ["make", target, f"PYTHON={python}"],
        cwd=tmp_path,
        env=environ,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stdout == told.format(python)
    assert "No such file" not in done.stderr
    assert set(tmp_path.iterdir()) == before
