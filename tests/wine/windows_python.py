"""How does a real Windows CPython get onto a Linux machine: built from published wheels, kept in a cache.

panda3d's wheel for win_amd64 carries python.org's own python311.dll, the extension modules and OpenSSL. Three things
are missing there and made here: python.exe (a call of Py_Main), python3.dll (what wheels of the stable ABI link
against: it forwards every name to python311.dll) and Lib, which is the same everywhere and comes from the running 3.11.
"""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

CARRIER = "panda3d==1.10.16 --hash=sha256:37acfb92655c4226879f95c988e2ef1449a53c54486d6c1ebc00e2772429af82"
PACKAGES = ("msgspec", "psutil", "pywin32", "segno")
COMPILER = "x86_64-w64-mingw32-gcc"
OBJDUMP = "x86_64-w64-mingw32-objdump"
RELEASE = (3, 11)
_BESIDE_PYTHON = {"python311.dll", "VCRUNTIME140.dll"}
_LIBRARIES = {"libffi-8.dll", "libcrypto-3.dll", "libssl-3.dll", "sqlite3.dll"}
_NOT_IN_LIB = ("site-packages", "dist-packages", "test", "lib-dynload", "config-*", "__pycache__", "idlelib", "tkinter")
_FOR_WINDOWS = (
    "--only-binary=:all:", "--platform=win_amd64", "--python-version=3.11", "--implementation=cp",
    "--abi=cp311", "--abi=abi3", "--abi=none",
)  # fmt: skip
_LAUNCHER = """
#include <windows.h>
typedef int (*py_main)(int, wchar_t **);
int wmain(int argc, wchar_t **argv) {
    HMODULE python = LoadLibraryW(L"python311.dll");
    py_main start = python ? (py_main)(void *)GetProcAddress(python, "Py_Main") : 0;
    return start ? start(argc, argv) : 120;
}
"""
_FORWARDER = "int DllMainCRTStartup(void *module, unsigned reason, void *reserved) { return 1; }\n"


def _locked(lock: Path, names: tuple[str, ...]) -> list[str]:
    pinned: list[str] = []
    for line in lock.read_text("utf-8").replace("\\\n", " ").splitlines():
        # Markers are left out: pip would judge them by this system, and skip what is only for Windows.
        requirement = re.match(r"(\S+==[^\s;]+)", line)
        if requirement and requirement[1].partition("==")[0] in names:
            pinned.append(" ".join((requirement[1], *re.findall(r"--hash=\S+", line))))
    if len(pinned) != len(names):
        raise ValueError(f"{lock}: not all of {', '.join(names)} are pinned there; run make lock")
    return pinned


def _pip(*words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words], check=True, timeout=600
    )


def _compile(*words: str) -> None:
    subprocess.run([COMPILER, *words], check=True, timeout=120)


def _build(target: Path, requirements: list[str], scratch: Path) -> None:
    wanted = scratch / "requirements.txt"
    wanted.write_text(CARRIER + "\n", "utf-8")
    _pip("download", "--no-deps", *_FOR_WINDOWS, "--require-hashes", "-r", str(wanted), "-d", str(scratch))
    libraries = target / "DLLs"
    libraries.mkdir(parents=True)
    with zipfile.ZipFile(next(scratch.glob("panda3d-*.whl"))) as wheel:
        for name in wheel.namelist():
            folder, _, file = name.partition("/")
            if folder != "deploy_libs" or "/" in file:
                continue
            if file in _BESIDE_PYTHON:
                (target / file).write_bytes(wheel.read(name))
            elif file in _LIBRARIES or file.endswith(".pyd"):
                (libraries / file).write_bytes(wheel.read(name))
    shutil.copytree(sysconfig.get_path("stdlib"), target / "Lib", ignore=shutil.ignore_patterns(*_NOT_IN_LIB))
    (scratch / "python.c").write_text(_LAUNCHER, "utf-8")
    _compile("-O2", "-municode", "-o", str(target / "python.exe"), str(scratch / "python.c"))
    listing = subprocess.run(
        [OBJDUMP, "-p", str(target / "python311.dll")], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    names = sorted(set(re.findall(r"^\t\[ *\d+\] (?:\+base\[ *\d+\] +[0-9a-f]+ )?(\w+)$", listing, re.MULTILINE)))
    exports = "".join(f"{name}=python311.{name}\n" for name in names)
    (scratch / "python3.def").write_text(f"LIBRARY python3.dll\nEXPORTS\n{exports}", "utf-8")
    (scratch / "python3.c").write_text(_FORWARDER, "utf-8")
    _compile(
        "-shared", "-nostdlib", "-o", str(target / "python3.dll"),
        str(scratch / "python3.c"), str(scratch / "python3.def"),
    )  # fmt: skip
    site = target / "Lib" / "site-packages"
    site.mkdir()
    wanted.write_text("\n".join(requirements) + "\n", "utf-8")
    _pip(
        "install", "--no-compile", "--no-deps", *_FOR_WINDOWS, "--require-hashes", "-r", str(wanted), f"--target={site}"
    )


def windows_python(cache: Path, lock: Path) -> Path:
    """The folder that holds python.exe, with the agent's libraries as `lock` pins them; built if it is not there yet.

    Raises:
        RuntimeError: this Python is no 3.11, whose Lib the Windows one needs.
        subprocess.CalledProcessError: a wheel could not be fetched, or the compiler refused.
    """
    if sys.version_info[:2] != RELEASE:
        raise RuntimeError("the Windows Python is a 3.11 and needs the library of a 3.11 on this side")
    requirements = _locked(lock, PACKAGES)
    recipe = "\n".join((*requirements, CARRIER, sys.version, Path(__file__).read_text("utf-8")))
    target = cache / f"python-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        if target.is_dir():
            return target
        for stale in cache.glob("python-*"):
            shutil.rmtree(stale)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            made = Path(scratch) / "made"
            _build(made, requirements, Path(scratch))
            made.replace(target)
    return target
