"""What os-release(5) says of a Linux system."""

import re
import shlex

from schooldrum_agent.sources import files

_KEY = re.compile(r"[A-Z][A-Z0-9_]*")


def text(rootfs: str) -> str:
    """The file as it stands, empty where there is none. Raises nothing."""
    return files.text_or_none(rootfs, "etc/os-release") or files.text_or_none(rootfs, "usr/lib/os-release") or ""


def parse(written: str) -> dict[str, str]:
    """Its KEY=VALUE lines, unquoted as a shell would; broken lines are passed over."""
    found: dict[str, str] = {}
    for line in written.splitlines():
        key, equals, quoted = line.strip().partition("=")
        if not equals or not _KEY.fullmatch(key):
            continue
        try:
            found[key] = "".join(shlex.split(quoted)[:1])
        except ValueError:
            continue
    return found
