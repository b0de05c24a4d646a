"""What apt knows of a Debian or Ubuntu: asked so that it changes nothing, needs no network and waits for no lock.

A plain `apt-get -s` run by root rewrites /var/cache/apt/*.bin and /var/log/apt/eipp.log.xz: both are turned off here.
Nothing of it is translated but headings; lines are known by their structure. apt's lists are as old as their last
refresh, which is never ours to start.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import command, files
from schooldrum_agent.sources.apt_releases import LISTS, head_of, release_fields, release_places

_GET, _CACHE, _APT, _CONFIG = "/usr/bin/apt-get", "/usr/bin/apt-cache", "/usr/bin/apt", "/usr/bin/apt-config"
_UNTOUCHED = (
    "-oDebug::NoLocking=1",
    "-oDir::Cache::pkgcache=",
    "-oDir::Cache::srcpkgcache=",
    "-oDir::Log::Planner=/dev/null",
    "-oDir::Log::Solver=/dev/null",
    "-oAPT::Get::Show-User-Simulation-Note=0",
)
_SECONDS = 120.0
_CONFIG_SECONDS = 10.0
_MOST_ASKED = 1000
_CHANGE = re.compile(r"(Inst|Conf|Remv) (\S+)(?: \[([^\[\]]*)\])?(?: \(([^()]*)\))?")
_LISTED = re.compile(r"([a-z0-9][a-z0-9+.-]+)/(\S+) (\S+) (\S+) \[(.+)\]")
_LISTED_ROW = re.compile(r"\S+/")
_PINNED = re.compile(r"\s+(\S+) -> \S")
_VERSION = re.compile(r"(?<![0-9A-Za-z.+~-])[0-9][0-9A-Za-z.+:~-]*(?![0-9A-Za-z.+:~-])")
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+(?::[a-z0-9]+)?")
_SECURITY_ORIGIN = re.compile(r"-security\b|^Debian-Security:|^UbuntuESM", re.IGNORECASE)
_SECURITY_PLACE = re.compile(
    r"://security\.debian\.org|/debian-security/? |-security/|://esm\.ubuntu\.com", re.IGNORECASE
)
_SETTING = re.compile(r'([A-Za-z0-9_/.:+-]+) "(.*)";')
_RELEASE = re.compile(r"'[^']*' (\S+_InRelease) ")
_SOURCE_INDENT, _INSTALLED_MARK = "       ", " *** "
_PACKAGES = re.compile(r"_Packages(?:\.[a-z0-9]+)?$")
_DATE = re.compile(r"^Date: \S", re.MULTILINE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MADE = re.compile(
    rf"^Date: \w+, +(\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d)", re.MULTILINE | re.ASCII
)
"""Always English and UTC; Python reads names of months in the language that is set."""
_PACKAGE = re.compile(rb"^Package: ?\S", re.MULTILINE)
_STATUS = "var/lib/dpkg/status"
_STATUS_BYTES = 1 << 16
_USER_OF_ADDRESS = re.compile(r"(://)[^/\s]*@")
_SAID_LENGTH = 140
_EXTENDED = "UbuntuESM"
"""The origin of the archive of Ubuntu's longer support, which goes on where the ordinary one ends; that of the other,
for programs that had no security updates before, begins so."""
_STAMPS = ("var/lib/apt/periodic/update-success-stamp", "var/lib/apt/periodic/update-stamp")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a simulated upgrade: `verb` is Inst, Conf or Remv; `old` and `new` are empty where none is named."""

    verb: str
    name: str
    old: str
    new: str
    origins: tuple[str, ...]
    architecture: str

    @property
    def is_upgrade(self) -> bool:
        """Whether an installed package gets a newer version."""
        return self.verb == "Inst" and bool(self.old)

    @property
    def is_security(self) -> bool:
        """Whether the new version comes from a source of security updates."""
        return any(_SECURITY_ORIGIN.search(origin) for origin in self.origins)


class Upgradable(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `apt list --upgradable`: also what is held back, which a simulated upgrade passes over in silence."""

    name: str
    suites: tuple[str, ...]
    new: str
    architecture: str
    old: str

    @property
    def full_name(self) -> str:
        """As apt finds it where the same package may be there for another architecture too."""
        return self.name if self.architecture == "all" else f"{self.name}:{self.architecture}"

    @property
    def is_security(self) -> bool:
        """Whether the new version comes from a source of security updates."""
        return any(_SECURITY_ORIGIN.search(suite) for suite in self.suites)


def parse_changes(text: str) -> list[Change]:
    """The changes of `apt-get -s`, in its order.

    `Inst NAME [OLD] (NEW ORIGIN, ORIGIN [ARCH]) [dependency brackets]`: what follows the parenthesis is of no use here,
    and a pattern that wants the line to end there loses one line in ten.
    """
    found = []
    for line in text.splitlines():
        if not (match := _CHANGE.match(line)):
            continue
        new, _, rest = (match[4] or "").partition(" ")
        origins, bracket, architecture = rest.rpartition("[")
        found.append(
            Change(
                verb=match[1],
                name=match[2],
                old=match[3] or "",
                new=new,
                origins=tuple(one.strip() for one in (origins if bracket else rest).split(",") if one.strip()),
                architecture=architecture.rstrip("]") if bracket else "",
            )
        )
    return found


def parse_list(text: str) -> list[Upgradable]:
    """The lines of `apt list --upgradable`: `name/suite,suite version architecture [bracket]`.

    What stands in the bracket is translated but for the installed version, which no language puts at one place; where
    none is found, `old` is empty. The heading has no slash in its first word.

    Raises:
        OSError: a line names a package and cannot be read: what is left would be too few.
    """
    found = []
    for line in text.splitlines():
        if match := _LISTED.fullmatch(line.strip()):
            versions = _VERSION.findall(match[5])
            found.append(
                Upgradable(
                    name=match[1],
                    suites=tuple(match[2].split(",")),
                    new=match[3],
                    architecture=match[4],
                    old=versions[-1] if versions else "",
                )
            )
        elif _LISTED_ROW.match(line.strip()):
            raise OSError(f"apt's list of updates has a line that cannot be read; see: apt list --upgradable ({line})")
    return found


def parse_policy(text: str) -> frozenset[str]:
    """The packages of `apt-cache policy` for which a version above the installed one came as a security update.

    A fix that a later ordinary update has overtaken, or that a pin keeps away, is seen nowhere else. In a version table
    the newest stands first, the installed one is marked by three stars, and below each version its sources stand
    further in; that of a package that is not installed has no such mark.
    """
    found: set[str] = set()
    name, is_security = "", False
    for line in text.splitlines():
        if line and not line[0].isspace() and line.endswith(":"):
            name, is_security = line[:-1], False
        elif line.startswith(_INSTALLED_MARK):
            if name and is_security:
                found.add(name)
            name = ""
        elif line.startswith(_SOURCE_INDENT) and _SECURITY_PLACE.search(line):
            is_security = True
    return frozenset(found)


def parse_pinned(text: str) -> list[str]:
    """The packages that `apt-cache policy`, asked for none, says are pinned by their own name: `NAME -> VERSION …`.

    They need not be installed, nor need the pin keep anything away.
    """
    return [match[1] for line in text.splitlines() if (match := _PINNED.match(line))]


def parse_config(text: str) -> dict[str, list[str]]:
    """The settings of `apt-config dump`: each name with its values; a list's values stand under its name with `::`."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if match := _SETTING.fullmatch(line.strip()):
            found.setdefault(match[1], []).append(match[2])
    return found


def parse_releases(text: str) -> list[str]:
    """The names under which the Release file of each configured archive stands in apt's lists, once it is fetched.

    Out of `apt-get update --print-uris`: 'address' name size.
    """
    return [match[1] for line in text.splitlines() if (match := _RELEASE.match(line))]


def is_security_release(text: str) -> bool:
    """Whether a Release file is that of an archive of security updates, by its suite, code name, label or origin."""
    return any(_SECURITY_ORIGIN.search(value) for value in release_fields(text).values())


def _ask(program: str, *words: str, names: Iterable[str] = (), timeout: float = _SECONDS) -> str:
    answer = command.run(program, *_UNTOUCHED, *words, *names, timeout=timeout)
    if answer.code != 0:
        asked = " ".join([program.rpartition("/")[2], *words])
        # Named as asked, `apt-get update --print-uris` would read as if the agent fetched lists.
        raise OSError(f"apt cannot read its data ({asked}, changes nothing): {_complaint(answer.error)}")
    return answer.output


def _complaint(error: str) -> str:
    """The first sentence of apt about what is wrong; addresses without the passwords that may stand in them."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("E: ")), lines[-1] if lines else "it does not say why")
    return _USER_OF_ADDRESS.sub(r"\1", said.removeprefix("E: "))[:_SAID_LENGTH]


def require_packages(rootfs: str) -> None:
    """Makes sure that dpkg knows of packages: without them nothing is ever said to wait.

    Raises:
        Denied: its list may not be read.
        OSError: its list is missing, or names no package; no system that runs is without one.
    """
    try:
        begun = files.read_bytes(rootfs, _STATUS, limit=_STATUS_BYTES)
    except Unavailable:
        begun = b""
    if not _PACKAGE.search(begun):
        raise OSError(
            f"dpkg's list of installed packages (/{_STATUS}) is missing or empty: what waits is not known; put back"
            " /var/lib/dpkg/status-old or a copy from /var/backups"
        )


def simulated() -> str:
    """What a whole upgrade would do now.

    Raises:
        Unavailable: there is no apt here.
        Denied, TimeoutError, OSError: it may not be started, took too long, or found its data broken.
    """
    return _ask(_GET, "-s", "dist-upgrade")


def listed() -> str:
    """Every package that has a newer version, whether or not it would be installed now. Raises as simulated()."""
    return _ask(_APT, "list", "--upgradable")


def policy(names: Iterable[str]) -> str:
    """The version tables of these packages, at most a thousand. Raises as simulated()."""
    asked = [name for name in dict.fromkeys(names) if _NAME.fullmatch(name)][:_MOST_ASKED]
    return _ask(_CACHE, "policy", names=asked) if asked else ""


def pinned() -> str:
    """The priority of each list, and the packages that are pinned by name. Raises as simulated()."""
    return _ask(_CACHE, "policy")


def archives(rootfs: str) -> list[bool]:
    """Of each archive that is configured and fetched, whether it is one of security updates; empty without any list.

    An archive that is still empty has a Release file and no list. Raises as simulated(), and OSError where a list is
    there and empty or is no list: apt takes an empty one for an archive without packages.
    """
    lists = [name for name in files.names_or_none(rootfs, LISTS) if _PACKAGES.search(name)]
    if not lists:
        return []
    broken = [name for name in lists if _is_empty(rootfs, name)]
    found = {place: text for place in _configured() if (text := files.text_or_none(rootfs, place))}
    broken += [place.rpartition("/")[2] for place, text in found.items() if not _DATE.search(text)]
    if broken:
        raise OSError(f"a list of apt's is empty or broken; fetch the lists again with apt-get update: {broken[0]}")
    return [is_security_release(text) for text in found.values()]


def _configured() -> list[str]:
    """Where the Release file of each configured archive lies once it is fetched, signed in one file or plain."""
    names = [name.removesuffix("InRelease") for name in parse_releases(_ask(_GET, "update", "--print-uris"))]
    return [f"{LISTS}/{name}{kind}" for name in names for kind in ("InRelease", "Release")]


def _is_empty(rootfs: str, name: str) -> bool:
    try:
        return not files.read_bytes(rootfs, LISTS, name, limit=1)
    except (Denied, Unavailable):
        return False


def configuration() -> str:
    """Its settings, all files taken together. Raises as simulated()."""
    return _ask(_CONFIG, "dump", timeout=_CONFIG_SECONDS)


def is_here(rootfs: str) -> bool:
    """Whether this system's packages are apt's."""
    try:
        return bool(files.names(rootfs, "var/lib/dpkg")) and bool(files.names(rootfs, "etc/apt"))
    except Unavailable:
        return False


def refreshed(rootfs: str) -> float | None:
    """As of when the lists are (epoch seconds), None where nothing tells: a file that is no Release file says nothing.

    Those of security updates decide, the oldest of them: where one of several archives cannot be reached, apt-get
    update succeeds with a warning, keeps its old list and renews the stamps. Without such an archive the newest of the
    stamps and of all Release files decides; never the directories, which change too when lists are deleted.
    """
    texts = {place: head_of(rootfs, place) for place in _fetched(rootfs)}
    sound = {place: text for place, text in texts.items() if _DATE.search(text)}
    security = {place: text for place, text in sound.items() if is_security_release(text)}
    if security:
        return _security_as_of(rootfs, security)
    times = [time for place in (*_STAMPS, *sound) if (time := files.changed(rootfs, place)) is not None]
    return max(times, default=None) if sound else None


def _fetched(rootfs: str) -> list[str]:
    """The Release files that count: while an archive cannot be reached, apt leaves those of removed archives behind."""
    there = release_places(rootfs)
    if rootfs != "/":
        return there
    try:
        configured = set(_configured())
    except (Denied, Unavailable, OSError):
        return there
    return [place for place in there if place in configured]


def _security_as_of(rootfs: str, releases: Mapping[str, str]) -> float | None:
    told = [
        (release_fields(text).get("Origin", ""), time)
        for place, text in releases.items()
        if (time := _as_of(rootfs, place, text)) is not None
    ]
    ordinary = [time for origin, time in told if not origin.startswith(_EXTENDED)]
    if not ordinary:
        return min((time for _, time in told), default=None)
    # Ubuntu's longer support publishes next to nothing until the ordinary one ends, which then publishes nothing.
    goes_on = [time for origin, time in told if origin == _EXTENDED]
    return max(min(ordinary), min(goes_on, default=0.0))


def _as_of(rootfs: str, place: str, text: str) -> float | None:
    """When the archive's maker wrote this Release file, or it was changed here where that is earlier."""
    return min((time for time in (_made(text), files.changed(rootfs, place)) if time is not None), default=None)


def _made(text: str) -> float | None:
    if not (match := _MADE.search(text)):
        return None
    day, year, hour, minute, second = (int(match[index]) for index in (1, 3, 4, 5, 6))
    try:
        return datetime(year, _MONTHS.index(match[2]) + 1, day, hour, minute, second, tzinfo=UTC).timestamp()
    except (OverflowError, ValueError):
        return None
