"""What dnf (or yum) knows of a Fedora or Red Hat, from what it has already fetched; it is never made to fetch."""

import re

import msgspec

from schooldrum_agent.probe import Unavailable
from schooldrum_agent.sources import command

_PROGRAMS = ("/usr/bin/dnf", "/usr/bin/yum")
_RPM = "/usr/bin/rpm"
_SECONDS = 120.0
_UPDATES_WAIT = 100
_PACKAGE = re.compile(r"(\S+)\.([A-Za-z0-9_]+)")
_NOTICE = re.compile(r"(\S+)\s+(?:([A-Za-z]+)/)?Sec\.\s+(\S+)")
_NEVRA = re.compile(r"(.+)-(?:\d+:)?[^-]+-[^-]+\.([A-Za-z0-9_]+)")
_SEVERITIES = frozenset({"critical", "important", "moderate", "low"})
_COLUMNS = 3


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A package of which a newer version waits in a repository."""

    name: str
    architecture: str
    new: str
    repository: str


def parse_waiting(text: str) -> list[Waiting]:
    """The lines of `check-update`: `name.arch version repository`, over two or three lines where one is too long.

    What follows under a (translated) heading are packages that take the place of others: updates too, while those
    they replace stand indented below them. One that is named above as well is told once.
    """
    found: dict[Waiting, None] = {}
    fields: list[str] = []
    for line in text.splitlines():
        if not line[:1].isspace():
            fields = line.split()
        elif 0 < len(fields) < _COLUMNS:
            fields += line.split()
        else:
            continue
        if len(fields) == _COLUMNS and (match := _PACKAGE.fullmatch(fields[0])) and any(map(str.isdigit, fields[1])):
            found[Waiting(name=match[1], architecture=match[2], new=fields[1], repository=fields[2])] = None
    return list(found)


def parse_notices(text: str) -> dict[str, str]:
    """Packages with security notices out of `updateinfo list --security`: `name.arch` -> severity, empty if unsaid."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        notice = _NOTICE.match(line.strip())
        package = _NEVRA.fullmatch(notice[3]) if notice else None
        if notice and package:
            severity = (notice[2] or "").casefold()
            found[f"{package[1]}.{package[2]}"] = severity if severity in _SEVERITIES else ""
    return found


def _ask(*arguments: str, timeout: float = _SECONDS) -> command.Answer:
    for program in _PROGRAMS:
        try:
            # -C: only what is already here.
            return command.run(program, "-q", "-C", *arguments, timeout=timeout)
        except Unavailable:
            continue
    raise Unavailable("no apt and no dnf: this system's packages are not asked")


def waiting() -> str:
    """Packages with newer versions.

    Raises:
        Unavailable: there is no dnf here.
        Denied, TimeoutError, OSError: it may not be started, took too long, or has fetched nothing yet.
    """
    answer = _ask("check-update")
    if answer.code not in {0, _UPDATES_WAIT}:
        raise OSError(f"dnf check-update ended with {answer.code}")
    return answer.output


def notices() -> str:
    """Security notices that apply. Raises as waiting()."""
    answer = _ask("updateinfo", "list", "--security")
    if answer.code != 0:
        raise OSError(f"dnf updateinfo ended with {answer.code}")
    return answer.output


def require_packages() -> None:
    """Makes sure that rpm knows of packages: without them nothing is ever said to wait. Raises as waiting()."""
    if not install_times().strip():
        raise OSError("rpm's list of installed packages is missing or empty: what waits is not known; see: rpm -qa")


def install_times() -> str:
    """When each package was installed (epoch seconds, one a line). Raises as waiting()."""
    return command.run(_RPM, "-qa", "--qf", "%{INSTALLTIME}\\n", timeout=_SECONDS).output
