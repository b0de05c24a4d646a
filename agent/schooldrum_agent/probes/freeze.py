r"""Whether a program gives this PC's disk its old content back at every start.

It is found by its services and drivers, which any user may list and which have the same names in every language.
Whether it is at work just now, Deep Freeze tells in the registry and Microsoft's write filter over WMI; the others tell
only themselves. On Linux the root is then an overlay whose upper part is memory. That a disk does forget, the collector
notices by itself: the count of the agent's starts does not grow.
"""

import re
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files, mounts, registry, wmi
from schooldrum_wire.catalogue.freeze import FREEZE
from schooldrum_wire.section import Row

_SERVICES = r"SYSTEM\CurrentControlSet\Services"
_PRODUCTS = {
    "DeepFrz": "deep_freeze",
    "DfDiskLo": "deep_freeze",
    "DFServ": "deep_freeze",
    "diskpt": "shadow_defender",
    "{0CBD4F48-3751-475D-BE88-4F271385B672}": "shadow_defender",
    "uwfvol": "unified_write_filter",
    "fbwf": "file_based_write_filter",
    "ewf": "enhanced_write_filter",
    "ShdServ": "reboot_restore_rx",
    "PsVFilt": "power_shadow",
    "PsLFilt": "power_shadow",
    "SWFreeze": "seewo_freeze",
}
_DISABLED = 4
_ONE_TO_WATCH = "unified_write_filter"
_DEEP_FREEZE = r"SOFTWARE\Faronics\Deep Freeze 6"
_EMBEDDED = r"root\standardcimv2\embedded"
_DEEP_FREEZE_STATES = {"frozen": "frozen", "thawed": "thawed"}
"""Words of the program, not of a language: its own tools compare them."""
_MEMORY = frozenset({"tmpfs", "ramfs"})
_UPPER = re.compile(r"(?:^|,)upperdir=([^,]+)")
_KNOWN_UPPER = (
    ("/media/root-rw", "overlayroot"),
    ("/run/live/", "live_system"),
    ("/live/", "live_system"),
    ("/cow", "live_system"),
    ("/run/initramfs/", "live_system"),
    ("/run/overlay", "live_system"),
)
"""Where overlayroot, live systems of Debian and Ubuntu, dracut and the Raspberry Pi put it; others are containers."""
_LARGEST = 1 << 20


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{filesystem, source, upper, below}: the root's kind, its overlay's upper directory, and what that one lies on.

    Raises:
        Denied: the list of mounts may not be read.
        Unavailable: there is none.
    """
    text = files.read_text(doors.procfs, "self" if doors.rootfs == "/" else "1", "mountinfo", limit=_LARGEST)
    found = mounts.parse(text)
    root = next((mount for mount in reversed(found) if mount.volume == "/"), None)
    if root is None:
        raise Unavailable("the list of mounts has no root")
    upper = upper_directory(text) if root.filesystem == "overlay" else ""
    under = mounts.covering([mount for mount in found if mount.volume != "/"], upper) if upper else None
    return {
        "filesystem": root.filesystem,
        "source": root.source,
        "upper": upper,
        "below": under.filesystem if under else None,
    }


def upper_directory(mountinfo: str) -> str:
    """The upper directory of the overlay that is the newest root; empty where there is none."""
    upper = ""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if before.split(" ")[4:5] == ["/"]:
            found = _UPPER.search([*after.split(" "), "", "", ""][2])
            upper = found[1] if found else ""
    return upper


def read_linux(data: Any) -> Iterator[Row]:
    """A row where the root forgets, or could be made to."""
    if data["filesystem"] in {"overlay", "aufs"}:
        named = "overlayroot" if str(data["source"]).startswith("overlayroot") else None
        product = named or next((name for start, name in _KNOWN_UPPER if str(data["upper"]).startswith(start)), None)
        if product:
            # Overlayroot can also write to a disk of its own; the directory may be out of sight from here.
            frozen = data["below"] is None or data["below"] in _MEMORY
            yield FREEZE(product=product, state="frozen" if frozen else "thawed")
    elif data["filesystem"] in _MEMORY:
        yield FREEZE(product="live_system", state="frozen")


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{services, deep_freeze, filter, protected}: services found {name: start}, and what two products tell.

    `deep_freeze` is its word, `filter` whether the write filter is on (None: not told), `protected` the drives
    it keeps.

    Raises:
        Denied: the services may not be listed.
        Unavailable: this is not Windows.
    """
    # Asked for its answer to whether they may be listed at all; a missing service and a missing right differ.
    registry.keys(_SERVICES)
    services = {}
    for name in _PRODUCTS:
        try:
            services[name] = registry.value(rf"{_SERVICES}\{name}", "Start")
        except Unavailable:
            continue
    products = {_PRODUCTS[name] for name in services}
    return {
        "services": services,
        "deep_freeze": _deep_freeze() if "deep_freeze" in products else None,
        **(_write_filter() if _ONE_TO_WATCH in products else {"filter": None, "protected": []}),
    }


def _deep_freeze() -> str | None:
    for view in (32, 64):
        try:
            return str(registry.value(_DEEP_FREEZE, "DF Status", view=view))
        except (Denied, Unavailable):
            continue
    return None


def _write_filter() -> dict[str, Any]:
    try:
        filters = wmi.query(_EMBEDDED, "SELECT CurrentEnabled FROM UWF_Filter", ("CurrentEnabled",))
        volumes = wmi.query(
            _EMBEDDED,
            "SELECT DriveLetter, Protected FROM UWF_Volume WHERE CurrentSession=TRUE",
            ("DriveLetter", "Protected"),
        )
    except (Denied, Unavailable, OSError):
        return {"filter": None, "protected": []}
    return {
        "filter": next((row.get("CurrentEnabled") for row in filters), None),
        "protected": [str(row.get("DriveLetter")) for row in volumes if row.get("Protected") is True],
    }


def read_windows(data: Any) -> Iterator[Row]:
    """A row for each such program that is installed and not disabled."""
    products = {_PRODUCTS[name]: None for name, start in data["services"].items() if start != _DISABLED}
    for product in products:
        state = "unknown"
        if product == "deep_freeze":
            state = _DEEP_FREEZE_STATES.get(str(data["deep_freeze"]).strip().casefold(), "unknown")
        elif product == _ONE_TO_WATCH and data["filter"] is not None:
            state = "frozen" if data["filter"] and data["protected"] else "thawed"
        yield FREEZE(product=product, state=state)


PROBE = Probe(
    "freeze",
    every=6 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("freeze",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
