"""What is mounted where on Linux, and which of it may be touched without fear that it hangs."""

import re
from typing import Any

import msgspec

from schooldrum_agent.sources import files

_LOCAL = frozenset(
    {
        "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "ntfs", "ntfs3", "reiserfs",
        "vfat", "xfs", "zfs",
    },
)  # fmt: skip
_MEMORY = frozenset({"overlay", "ramfs", "squashfs", "tmpfs"})
"""No disk, yet nothing that could hang."""
_ESCAPE = re.compile(r"\\([0-7]{3})")
_LARGEST = 1 << 20


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """A line of mountinfo: `device` is major:minor, `root` the part of the file system that stands at `volume`."""

    device: str
    root: str
    volume: str
    filesystem: str
    source: str

    @property
    def is_local(self) -> bool:
        """Whether it lies on a disk of this PC; asked for its size, it answers without network or user program."""
        return self.filesystem in _LOCAL

    @property
    def cannot_hang(self) -> bool:
        """Whether its directories may be listed."""
        return self.is_local or self.filesystem in _MEMORY


def parse(text: str) -> list[Mount]:
    """The mounts of proc_pid_mountinfo(5), the newest last; broken lines are passed over."""
    found = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        left, right = before.split(" "), after.split(" ")
        if len(left) < 6 or len(right) < 2:  # noqa: PLR2004 - the fields of mountinfo
            continue
        found.append(
            Mount(
                device=left[2],
                root=_unescape(left[3]),
                volume=_unescape(left[4]),
                filesystem=right[0],
                source=_unescape(right[1]),
            )
        )
    return found


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)


def mounts(procfs: str, rootfs: str) -> list[Mount]:
    """The mounts of this process, or from inside a container those of its host's first process.

    Raises:
        Denied: the list may not be read.
        Unavailable: there is none.
    """
    return parse(files.read_text(procfs, "self" if rootfs == "/" else "1", "mountinfo", limit=_LARGEST))


def covering(found: list[Mount], path: str) -> Mount | None:
    """The mount that a path lies on: the deepest, and of those at one place the newest."""
    best: Mount | None = None
    for mount in found:
        inside = path == mount.volume or path.startswith(mount.volume.rstrip("/") + "/")
        if inside and (best is None or len(mount.volume) >= len(best.volume)):
            best = mount
    return best


def plain(mount: Mount) -> dict[str, Any]:
    """The same as plain data."""
    return {name: getattr(mount, name) for name in mount.__struct_fields__}
