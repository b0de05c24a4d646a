"""Whose archives apt has fetched lists of, by the Release file of each (man sources.list, apt-secure): files alone.

It stands apart from `apt`, which asks programs: the list of systems is read in the agent's own process, all day.
"""

import re
from collections.abc import Mapping

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import files

LISTS = "var/lib/apt/lists"
_RELEASE_NAME = re.compile(r"_(?:In)?Release$")
_RELEASE_BYTES = 1 << 16
_RELEASE_FIELD = re.compile(r"^(Suite|Codename|Label|Origin):(.*)$", re.MULTILINE)
_DEBIAN_SECURITY = {"Origin": "Debian", "Label": "Debian-Security"}
_SECURITY_SUITE = re.compile(r"([a-z]+)(?:-security|/updates)")
"""As Debian names them; with a slash up to Debian 10."""


def debian_security(fields: Mapping[str, str]) -> str | None:
    """The code name of the Debian whose own security updates an archive brings, by its `release_fields`, or None.

    These are the updates that go on, as LTS, when a release's ordinary support has ended. Only what Debian itself says
    of the archive counts: in the name of a list or of a mirror anybody may write `security`.
    """
    if any(fields.get(name) != value for name, value in _DEBIAN_SECURITY.items()):
        return None
    named = (_SECURITY_SUITE.fullmatch(fields.get(name, "")) for name in ("Codename", "Suite"))
    return next((match[1] for match in named if match), None)


def release_fields(text: str) -> dict[str, str]:
    """Whose archive a Release file is of: its Origin, Label, Suite and Codename, as far as it says them."""
    found: dict[str, str] = {}
    for name, value in _RELEASE_FIELD.findall(text.partition("\nSHA256:")[0]):
        found.setdefault(name, value.strip())
    return found


def releases(rootfs: str) -> list[dict[str, str]]:
    """The `release_fields` of each Release file among the lists; one that cannot be read has none. Raises nothing."""
    return [release_fields(head_of(rootfs, place)) for place in release_places(rootfs)]


def release_places(rootfs: str) -> list[str]:
    """Where each Release file lies, signed in one file or not. Raises nothing."""
    return [f"{LISTS}/{name}" for name in files.names_or_none(rootfs, LISTS) if _RELEASE_NAME.search(name)]


def head_of(rootfs: str, place: str) -> str:
    """The beginning of a file, empty where it cannot be read. Raises nothing."""
    try:
        return files.read_text(rootfs, place, limit=_RELEASE_BYTES)
    except (Denied, Unavailable):
        return ""
