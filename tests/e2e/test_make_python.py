"""What `make` says where it is handed a Python that is too old, or none."""

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


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize(("there", "told"), [(True, "is Python 3.10.12"), (False, "No such file or directory")])
def test_a_python_that_cannot_run_it_is_named_before_anything_is_made(tmp_path: Path, there, told):
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python3.10"
    if there:
        python.write_text(OLD, encoding="ascii")
        python.chmod(0o755)
    before = set(tmp_path.iterdir())
    done = subprocess.run(
        ["make", "run", f"PYTHON={python}"], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "Schooldrum needs Python 3.11 or newer; " in done.stdout
    assert told in done.stdout
    assert set(tmp_path.iterdir()) == before
