"""May what is about to run with an administrator's rights be changed by anybody else? (SECURITY R7, Linux)."""

import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

_OTHERS = 0o002
_GROUP = 0o020


def code_places() -> list[Path]:
    """The program itself: the interpreter, our packages' folders, and that of the one library every agent loads."""
    names = ("schooldrum_agent", "schooldrum_wire", "msgspec")
    ours = [Path(str(sys.modules[name].__file__)).parent for name in names]
    return [Path(sys.executable), *ours]


def fault(places: Iterable[Path]) -> str:
    """Who besides root could change one of these files or folders, in a sentence; empty where nobody can.

    Looks at each place, at what lies in it, and at every folder above it: who may write there can swap it.
    """
    seen: set[Path] = set()
    for place in places:
        try:
            whole = place.resolve()
            inside = [path for path in whole.rglob("*") if path.suffix == ".py"] if whole.is_dir() else []
            for path in (whole, *whole.parents, *inside):
                if path not in seen and (why := _fault_of(path)):
                    return f"{path} {why}"
                seen.add(path)
        except FileNotFoundError:
            continue
        except OSError as problem:
            return f"{place} cannot be looked at: {problem.strerror}"
    return ""


def _fault_of(path: Path) -> str:
    found = path.stat()
    if found.st_uid != 0:
        return f"belongs to user {found.st_uid}"
    # In a folder like /tmp nobody can replace what belongs to another.
    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX:
        return ""
    if found.st_mode & _OTHERS:
        return "can be written by everybody"
    if found.st_mode & _GROUP and found.st_gid != 0:
        return f"can be written by group {found.st_gid}"
    return ""


def is_privileged() -> bool:
    """Whether this process has root's rights (Linux)."""
    return sys.platform != "win32" and os.geteuid() == 0
