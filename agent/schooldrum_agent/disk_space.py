"""How much may still be written where the agent keeps its files, as seen from outside while it runs or not."""

import os
import shutil
import sys
from pathlib import Path

import msgspec


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """What a volume has left for ordinary users, in bytes and in files (None: it counts none)."""

    directory: Path
    """The one that was asked about, or the next above it that is there."""
    free: int
    files: int | None
    writable: bool


def space_at(directory: Path) -> Space | None:
    """What is left where the directory lies or would lie; None where nobody can tell (no such volume, no right)."""
    for place in (directory, *directory.parents):
        try:
            free = shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
        if sys.platform == "win32":
            return Space(directory=place, free=free, files=None, writable=True)
        volume = os.statvfs(place)
        # A file system that makes room for files as it goes (btrfs) counts none at all.
        files = volume.f_favail if volume.f_files else None
        return Space(directory=place, free=free, files=files, writable=not volume.f_flag & os.ST_RDONLY)
    return None
