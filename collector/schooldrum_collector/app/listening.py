"""Who already has the port that we want: the sentence for whoever must choose another."""

import sys
from pathlib import Path

_LISTEN = "0A"
_STATE, _INODE, _LOCAL = 3, 9, 1


def _listening_inodes(procfs: Path, port: int) -> set[str]:
    inodes: set[str] = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = (procfs / "net" / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if (
                len(fields) > _INODE
                and fields[_STATE] == _LISTEN
                and int(fields[_LOCAL].rpartition(":")[2], 16) == port
            ):
                inodes.add(f"socket:[{fields[_INODE]}]")
    return inodes


def listener(port: int, procfs: Path = Path("/proc")) -> str:
    """Name and number of the process that listens on a port; empty where that cannot be seen (other systems' too)."""
    if sys.platform == "win32":
        return ""
    wanted = _listening_inodes(procfs, port)
    for process in procfs.glob("[0-9]*") if wanted else ():
        try:
            if any(str(handle.readlink()) in wanted for handle in (process / "fd").iterdir()):
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                return f"{name} ({process.name})"
        except OSError:
            # Ended a moment ago, or another account's.
            continue
    return ""
