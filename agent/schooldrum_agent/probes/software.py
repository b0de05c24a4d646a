r"""Which programs are installed for everybody on this PC.

On Windows the two lists of installers (64-bit and 32-bit view) and the list of Store apps that are there for all users
are read from the registry; never Win32_Product, which starts repairs. What a person installed for herself stands in
that person's own hive and is not looked at. Programs that are only copied onto the disk stand in no list at all. The
key of a program is told beside its name: an Office of 2010 or newer is translated in its name, never in its key
(`Office14.PROPLUS`, `O365ProPlusRetail - vi-vn`). On Linux the package managers' own lists are read; dpkg takes no lock
for that, but an rpm database may hang, so all of this runs in a child.

Of a PC with more programs than a section holds, libraries, documentation and the like are given up first, and the
section `software_gaps` says how many are not told.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import command, files, registry
from schooldrum_agent.sources.nameplate import tidy
from schooldrum_wire.catalogue.software import SOFTWARE, SOFTWARE_GAPS
from schooldrum_wire.limits import ROWS_PER_SECTION
from schooldrum_wire.section import Row

_UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
_STORE = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore\Applications"
_VALUES = (
    "DisplayName", "DisplayVersion", "Publisher", "InstallDate", "SystemComponent", "ParentKeyName",
    "ParentDisplayName", "ReleaseType",
)  # fmt: skip
_UPDATES = frozenset({"hotfix", "security update", "service pack", "update rollup", "update"})
"""Words of the installer, in no language."""
_VIEWS = (64, 32)
_STORE_PARTS = 5
_FRAMEWORKS = re.compile(
    r"Microsoft\.(VCLibs|NET\.Native|UI\.Xaml|WindowsAppRuntime|WinAppRuntime|Services\.Store|Advertising)\b",
    re.IGNORECASE,
)
"""Libraries that the Store brings along for its apps."""
_LANGUAGE_OR_SCALE = "split."
_BITS = {
    "x64": 64, "amd64": 64, "x86_64": 64, "arm64": 64, "aarch64": 64, "riscv64": 64, "ppc64el": 64, "s390x": 64,
    "x86": 32, "i386": 32, "i486": 32, "i586": 32, "i686": 32, "arm": 32, "armhf": 32, "armel": 32, "armv7hl": 32,
}  # fmt: skip
_FIRST_YEAR, _LAST_YEAR = 1990, 2099
_DPKG = "usr/bin/dpkg-query"
_DPKG_FORM = (
    "${db:Status-Abbrev}\\t${Package}\\t${Version}\\t${Architecture}\\t${db-fsys:Last-Modified}\\t${Section}\\n"
)
_PARTS = frozenset(
    {
        "debug", "devel", "doc", "fonts", "gnu-r", "golang", "haskell", "introspection", "java",
        "javascript", "kernel", "libdevel", "libs", "lisp", "localization", "metapackages", "ocaml", "oldlibs", "perl",
        "php", "python", "raku", "ruby", "rust", "tex", "translations",
    },
)  # fmt: skip
"""Sections of an archive whose packages nobody starts."""
_RPM = "usr/bin/rpm"
_RPM_FORM = "%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{INSTALLTIME}\\t%{VENDOR}\\n"
_RPM_LISTS = ("usr/lib/sysimage/rpm", "var/lib/rpm")
_RPM_FILES = frozenset({"Packages", "Packages.db", "rpmdb.sqlite"})
_RPM_KEYS = "gpg-pubkey"
_RPM_PARTS = re.compile(
    r"^(?:lib|perl-|python\d*-|texlive-|rust-|golang-|kernel-)|-(?:libs|devel|doc|debuginfo|fonts|langpack\S*)$"
)
"""An rpm says in its name alone what it is."""
_FLATPAK = "usr/bin/flatpak"
_FLATPAK_APPS = "var/lib/flatpak/app"
_FLATPAK_WORDS = ("list", "--system", "--app", "--columns=application,name,version,arch")
_LISTS = ("dpkg", "rpm", "flatpak", "snap")
_SNAPS = ("snap", "var/lib/snapd/snap")
_SNAP_LINE = re.compile(r"(name|version|type):\s*(.*?)\s*(?:#.*)?")
_NO_PROGRAMS = frozenset({"base", "core", "gadget", "kernel", "os", "snapd"})
_LIST_SECONDS = 60.0
_BESIDE_SECONDS = 5.0
"""For lists beside the system's own: while one of them hangs, every other probe in a child waits."""
_LARGEST = 16 << 20


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{uninstall, store, untold}: by view ("64", "32") each key with {values, written}, the full names of Store apps.

    `untold` says by list how many of its entries were not looked at (there were too many, or they cannot be read).

    Raises:
        Denied: the lists may not be read.
        Unavailable: this is not Windows.
    """
    views: dict[str, dict[str, dict[str, Any]]] = {}
    untold = {"registry": 0, "store": 0}
    missing: Unavailable | None = None
    for view in _VIEWS:
        try:
            told = registry.below(_UNINSTALL, _VALUES, view=view)
        except Unavailable as problem:
            missing = problem
        else:
            views[str(view)] = told.found
            untold["registry"] += told.cut + told.unread
    if not views and missing:
        raise missing
    try:
        store = registry.keys(_STORE)
        untold["store"] = registry.left_out(_STORE, store)
    except (Denied, Unavailable):
        # Windows 8.1 servers and Windows without its Store have none.
        store = []
    return {"uninstall": views, "store": store, "untold": untold}


def read_windows(data: Any) -> Iterator[Row]:
    """A row for each program and each app, every (name, version) once, the 64-bit one of two.

    And one for each of the two lists that is not told whole.
    """
    found: dict[tuple[str, str], Row] = {}
    for row in _all_of_windows(data):
        found.setdefault((str(row.values["program"]).casefold(), str(row.values["version"] or "")), row)
    told = list(found.values())[:ROWS_PER_SECTION]
    yield from told
    yield from _gaps(found.values(), told, data.get("untold") or {})


def _all_of_windows(data: Any) -> Iterator[Row]:
    for view in _VIEWS:
        for code, key in data["uninstall"].get(str(view), {}).items():
            row = _program(code, key["values"], key["written"], view)
            if row is not None:
                yield row
    yield from _apps(data["store"])


def _program(code: str, values: dict[str, Any], written: float | None, view: int) -> Row | None:
    name = _text(values.get("DisplayName"))
    is_part = str(values.get("SystemComponent", 0)).strip() == "1"
    is_update = _text(values.get("ReleaseType")).casefold() in _UPDATES
    belongs = any(_text(values.get(parent)) for parent in ("ParentKeyName", "ParentDisplayName"))
    if not name or is_part or is_update or belongs:
        return None
    key = tidy(code)
    return SOFTWARE(
        program=name,
        version=_text(values.get("DisplayVersion")) or None,
        publisher=_text(values.get("Publisher")) or None,
        installed=install_date(values.get("InstallDate"), written),
        bits=view,
        source="registry",
        code=None if key == name else key or None,
    )


def _text(value: Any) -> str:
    """One printable line; installers also write numbers and lists where text belongs."""
    if isinstance(value, list):
        value = next(iter(value), "")
    return tidy(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _day(year: int, month: int, day: int) -> str | None:
    try:
        found = date(year, month, day)
    except (ValueError, OverflowError):
        return None
    return found.isoformat() if _FIRST_YEAR <= year <= _LAST_YEAR else None


def _day_of(seconds: Any) -> str | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return _day(*datetime.fromtimestamp(seconds, UTC).timetuple()[:3])
    except (ValueError, OverflowError, OSError):
        return None


def install_date(said: Any, written: Any) -> str | None:
    """The day a program was installed, as year-month-day; None where nothing sensible is known.

    `said` is the installer's own InstallDate: by rule 20240131, but some write 31/01/2024, 1/31/2024, 2024-01-31 or
    epoch seconds as a number. Where it says nothing (or day and month cannot be told apart) the day counts on which
    its key was last written (epoch seconds), as Windows itself does.
    """
    changed = _day_of(written)
    if isinstance(said, int) and not isinstance(said, bool):
        return _day_of(said) or changed
    text = _text(said)
    if found := re.fullmatch(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})", text, re.ASCII):
        return _day(int(found[1]), int(found[2]), int(found[3])) or changed
    if found := re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", text, re.ASCII):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        either = {_day(year, second, first), _day(year, first, second)} - {None}
        return either.pop() if len(either) == 1 else changed
    return changed


def _apps(full_names: list[str]) -> Iterator[Row]:
    """Store apps by `Name_Version_Architecture_Resource_Publisher`; the newest version of each."""
    newest: dict[str, tuple[tuple[int, ...], str, str]] = {}
    for full in full_names:
        parts = str(full).split("_")
        if len(parts) != _STORE_PARTS or parts[3].startswith(_LANGUAGE_OR_SCALE) or _FRAMEWORKS.match(parts[0]):
            continue
        version = tuple(int(number) for number in re.findall(r"\d{1,9}", parts[1], re.ASCII)[:4])
        known = newest.get(parts[0])
        # A bundle stands beside the app itself, which alone tells its architecture.
        if known is None or (version, parts[2] != "neutral") > (known[0], known[2] != "neutral"):
            newest[parts[0]] = (version, parts[1], parts[2])
    for name, (_, version_text, architecture) in newest.items():
        if shown := tidy(name):
            bits = _BITS.get(architecture.casefold())
            yield SOFTWARE(program=shown, version=tidy(version_text) or None, bits=bits, source="store")


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{dpkg, rpm, flatpak, snap, unread}: the lines of each list, None for one that is not there or not read.

    A snap is {snap, version, type}; `unread` says by list why it was not read: no_answer, denied or failed.

    Raises:
        Denied: the system's own list (dpkg's, rpm's) may not be read.
        Unavailable: this system has none of these package managers.
        TimeoutError: the system's own one does not answer; half a list would look as if the rest had been removed.
        OSError: it failed, or knows of no package.
    """
    root = doors.rootfs
    dpkg = _answer(root, _DPKG, f"--admindir={files.below(root, 'var/lib/dpkg')}", "-W", "-f", _DPKG_FORM)
    rpm = _answer(root, _RPM, "-qa", "--queryformat", _RPM_FORM) if _has_rpms(root) else None
    # Their lists gone or emptied, both answer well and name nothing.
    if not any(line[1:2] == "i" for line in dpkg or ()) and not any(rpm or ()):
        if rpm is not None:
            raise OSError("rpm's list of installed packages is missing or empty; see: rpm -qa")
        if dpkg is not None:
            raise OSError(
                "dpkg's list of installed packages (/var/lib/dpkg/status) is missing or empty; put back"
                " /var/lib/dpkg/status-old or a copy from /var/backups"
            )
    listed: dict[str, Any] = {
        "dpkg": dpkg,
        "rpm": rpm,
        "flatpak": None,
        "snap": _snaps(root),
        "unread": {},
    }
    if files.names_or_none(root, _FLATPAK_APPS):
        # What comes beside the system may hang or fail without taking the system's own list along.
        try:
            listed["flatpak"] = _answer(root, _FLATPAK, *_FLATPAK_WORDS, seconds=_BESIDE_SECONDS)
        except (Denied, OSError) as problem:
            listed["unread"]["flatpak"] = _why(problem)
    if all(listed[name] is None for name in _LISTS) and not listed["unread"]:
        raise Unavailable("this system has neither dpkg nor rpm, flatpak or snap")
    return listed


def _why(problem: Denied | OSError) -> str:
    if isinstance(problem, TimeoutError):
        return "no_answer"
    return "denied" if isinstance(problem, Denied | PermissionError) else "failed"


def _has_rpms(root: str) -> bool:
    # Asked on a Debian, rpm would first make itself an empty database.
    return any(_RPM_FILES.intersection(files.names_or_none(root, folder)) for folder in _RPM_LISTS)


def _answer(root: str, program: str, *words: str, seconds: float | None = None) -> list[str] | None:
    if not files.target(root, program):
        return None
    path = files.below(root, program)
    answer = command.run(path, *words, timeout=seconds or _LIST_SECONDS, limit=_LARGEST)
    if answer.code:
        raise OSError(f"{path} ended with {answer.code}: {answer.error[:100]}")
    return answer.output.split("\n")


def _snaps(root: str) -> list[dict[str, str]] | None:
    for folder in _SNAPS:
        names = [name for name in files.names_or_none(root, folder) if name not in {"bin", "README"}]
        if names:
            told = [files.text_or_none(root, folder, name, "current/meta/snap.yaml") for name in names]
            return [_top_of(text) for text in told if text]
    return None


def _top_of(yaml: str) -> dict[str, str]:
    """The plain values at the top of a snap.yaml: its name (as `snap`), version and type."""
    found = [line for text in yaml.splitlines() if (line := _SNAP_LINE.fullmatch(text))]
    return {line[1].replace("name", "snap"): line[2].strip("'\"") for line in found}


def read_linux(data: Any) -> Iterator[Row]:
    """A row for each installed package of dpkg, rpm, flatpak and snap, and one for each list that is not told whole."""
    found = list(_packages(data))
    # What people start, first; within that the order of the lists.
    told = [row for is_part in (False, True) for row, part in found if part is is_part][:ROWS_PER_SECTION]
    yield from told
    yield from _gaps((row for row, _ in found), told, {})
    for source, why in (data.get("unread") or {}).items():
        yield SOFTWARE_GAPS(source=source, why=why)


def _gaps(found: Iterable[Row], told: Iterable[Row], untold: Mapping[str, int]) -> Iterator[Row]:
    """A row for each list of which not every program is told; what was not looked at may be one, and is counted."""
    installed, listed = (Counter(str(row.values["source"]) for row in rows) for rows in (found, told))
    installed.update(untold)
    for source, count in installed.items():
        if count > listed[source]:
            yield SOFTWARE_GAPS(source=source, why="cut", installed=count, listed=listed[source])


def _packages(data: Any) -> Iterator[tuple[Row, bool]]:
    """Each package, and whether it is a part that nobody starts."""
    for status, name, version, architecture, changed, section in _lines(data.get("dpkg"), 4, 6):
        # Wanted, state, fault: the second letter says what really stands on the disk.
        if status[1:2] == "i":
            yield _package("dpkg", name, version, architecture, changed), section.rpartition("/")[2] in _PARTS
    for name, version, architecture, changed, vendor in _lines(data.get("rpm"), 4, 5):
        if name != _RPM_KEYS:
            publisher = tidy(vendor) if vendor != "(none)" else ""
            row = _package("rpm", name, version, architecture, changed, publisher=publisher)
            yield row, bool(_RPM_PARTS.search(name))
    for application, name, version, architecture in _lines(data.get("flatpak"), 3, 4):
        yield _package("flatpak", name or application, version, architecture, "", code=application), False
    for snap in data.get("snap") or []:
        if snap.get("type", "app") not in _NO_PROGRAMS and tidy(snap.get("snap")):
            # Its maker writes it as it likes: a line that no row can hold would take every other program along.
            yield _package("snap", snap["snap"], tidy(snap.get("version")), "", ""), False


def _lines(listed: Any, least: int, columns: int) -> Iterator[list[str]]:
    for line in listed or []:
        cells = [tidy(cell) for cell in line.split("\t")]
        # The last columns may be missing: dpkg before 1.19.3 knows no dates.
        if len(cells) >= least and all(cells[:2]):
            yield [*cells, *[""] * columns][:columns]


def _package(
    source: str, name: str, version: str, architecture: str, changed: str, *, publisher: str = "", code: str = ""
) -> Row:
    known = {
        "version": version,
        "publisher": publisher,
        "installed": _day_of(int(changed)) if re.fullmatch(r"\d{1,12}", changed, re.ASCII) else None,
        "bits": _BITS.get(architecture),
        "code": code if code != name else "",
    }
    # Thousands of rows: what is not known takes no room.
    return SOFTWARE(program=tidy(name), source=source, **{key: value for key, value in known.items() if value})


PROBE = Probe(
    "software",
    every=24 * 3600,
    timeout=240,
    floor=3600,
    child=True,
    sections=("software", "software_gaps"),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
