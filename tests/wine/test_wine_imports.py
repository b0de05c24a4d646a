import json
from pathlib import Path

import pytest
from tests.wine.windows import Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
ROOT = Path(__file__).resolve().parents[2]
IMPORT_ALL = """
import importlib, json, sys, traceback
failed = {}
for name in json.load(sys.stdin):
    try:
        importlib.import_module(name)
    except BaseException:
        failed[name] = traceback.format_exc()
print(json.dumps({"failed": failed, "system": sys.platform, "release": list(sys.version_info[:2])}))
"""


def test_the_windows_python_is_a_windows_python(windows: Windows) -> None:
    program = "import platform, ssl, sqlite3; print(platform.win32_ver()[0], ssl.OPENSSL_VERSION)"
    ended = windows.run("python", "-c", program)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("10 OpenSSL 3")


def test_every_module_of_the_agent_imports_on_windows(windows: Windows) -> None:
    names = [
        ".".join(path.relative_to(ROOT / "agent").with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / "agent").rglob("*.py"))
    ]
    ended = windows.run("python", "-c", IMPORT_ALL, typed=json.dumps(names))
    assert ended.code == 0, ended.err
    said = json.loads(ended.out)
    assert said["failed"] == {}
    assert (said["system"], said["release"]) == ("win32", [3, 11])
