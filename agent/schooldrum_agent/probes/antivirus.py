r"""Which programs watch this PC for viruses, whether they are at work, and how old their signatures are.

Windows' Security Center lists every product; its state is a bit field that Microsoft calls unsupported and that has
been the same since Windows 7. Defender's own details are asked only where the Center says that Defender is at work
(its provider can hang beside another product), and on servers, which have no Center. On Linux two products are known.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import command, files, registry, units, wmi
from schooldrum_agent.sources.nameplate import tidy
from schooldrum_wire.catalogue.antivirus import ANTIVIRUS
from schooldrum_wire.section import Row

_CENTER = r"root\SecurityCenter2"
_CENTER_WORDS = ("displayName", "productState", "pathToSignedProductExe")
_DEFENDER = r"root\Microsoft\Windows\Defender"
_DEFENDER_WORDS = (
    "AMRunningMode", "AntivirusEnabled", "RealTimeProtectionEnabled", "AntivirusSignatureAge",
    "AntivirusSignatureVersion", "DefenderSignaturesOutOfDate", "FullScanAge",
)  # fmt: skip
_DEFENDER_SIGNATURES = r"SOFTWARE\Microsoft\Windows Defender\Signature Updates"
_DEFENDER_NAME = "Microsoft Defender"
_STATES = {0: "off", 1: "on", 2: "snoozed", 3: "expired"}
_SIGNATURES = {0: "up_to_date", 1: "out_of_date"}
_MICROSOFT = 1
_MODES = {
    "normal": "normal",
    "passive mode": "passive",
    "sxs passive mode": "passive",
    "edr block mode": "edr_block",
    "not running": "not_running",
}
"""Constants of Defender's own, the same in every language."""
_NEVER = frozenset({0xFFFF, 0xFFFFFFFF})
_DAY = 86400
_FILETIME_EPOCH = 11644473600
_MOST = 20
_CLAMAV_PROGRAMS = ("usr/sbin/clamd", "usr/bin/clamscan", "usr/local/sbin/clamd")
_CLAMAV_DATABASES = ("var/lib/clamav/daily.cld", "var/lib/clamav/daily.cvd")
_CLAMAV_DAEMONS = ("clamav-daemon.service", "clamd@scan.service")
_CLAMAV_HEADER = 512
_MDATP = "usr/bin/mdatp"
_MDATP_SECONDS = 20.0


def product_state(number: int) -> dict[str, str]:
    """{state, signatures, maker} out of the Security Center's productState.

    `state` is on, off, snoozed, expired or unknown; `signatures` up_to_date, out_of_date or unknown; `maker` microsoft
    or other.
    """
    return {
        "state": _STATES.get(number >> 12 & 0xF, "unknown"),
        "signatures": _SIGNATURES.get(number >> 4 & 0xF, "unknown"),
        "maker": "microsoft" if number >> 8 & 0xF == _MICROSOFT else "other",
    }


def fetch_windows(doors: Doors) -> dict[str, Any]:
    """{products, defender, signatures, wall}.

    `products` are the Security Center's {product, state (productState), there}, None where there is no Center;
    `defender` the properties of MSFT_MpComputerStatus and `signatures` {version, applied (FILETIME in hex)} from the
    registry, each None where it is not told; `wall` is the PC's clock.

    Raises:
        Denied: this process may not ask.
        Unavailable: neither the Center nor Defender is there.
    """
    products = _center()
    numbers = [product_state(one["state"]) for one in products or [] if one["state"] is not None]
    ask = products is None or any(one["maker"] == "microsoft" and one["state"] != "off" for one in numbers)
    defender = _defender() if ask else None
    if products is None and defender is None:
        raise Unavailable("neither the Security Center nor Defender is on this Windows")
    return {"products": products, "defender": defender, "signatures": _applied(), "wall": doors.wall()}


def _center() -> list[dict[str, Any]] | None:
    try:
        rows = wmi.query(_CENTER, "SELECT * FROM AntiVirusProduct", _CENTER_WORDS)
    except Unavailable:
        return None
    return [
        {
            "product": str(row.get("displayName") or ""),
            "state": wmi.unsigned(row.get("productState")),
            "there": _is_there(str(row.get("pathToSignedProductExe") or "")),
        }
        for row in rows[:_MOST]
    ]


def _is_there(program: str) -> bool | None:
    path = os.path.expandvars(program.strip('"'))
    # Defender names an address instead of a file, and the clean environment does not know every variable.
    return Path(path).exists() if path[1:3] == ":\\" and "%" not in path else None


def _defender() -> dict[str, Any] | None:
    try:
        rows = wmi.query(_DEFENDER, "SELECT * FROM MSFT_MpComputerStatus", _DEFENDER_WORDS)
    except (Denied, Unavailable, OSError):
        return None
    return rows[0] if rows else None


def _applied() -> dict[str, Any] | None:
    try:
        found = registry.values(_DEFENDER_SIGNATURES)
    except (Denied, Unavailable):
        return None
    return {"version": found.get("AVSignatureVersion"), "applied": found.get("AVSignatureApplied")}


def days(value: Any) -> int | None:
    """An age of Defender's in days, None where the thing never happened."""
    number = wmi.unsigned(value)
    return None if number is None or number in _NEVER else number


def age_of_filetime(code: Any, wall: float) -> int | None:
    """Whole days since a FILETIME that the registry keeps as eight bytes (here in hex); None where it is no such."""
    try:
        (ticks,) = struct.unpack("<Q", bytes.fromhex(code))
    except (TypeError, ValueError, struct.error):
        return None
    return _age(wall - (ticks / 1e7 - _FILETIME_EPOCH)) if ticks else None


def _age(seconds: float) -> int | None:
    # A clock without its battery stands in the year of the board.
    return int(seconds // _DAY) if -_DAY < seconds < 100 * 366 * _DAY else None


def _from_defender(told: dict[str, Any] | None, registered: dict[str, Any] | None, wall: float) -> dict[str, Any]:
    told, registered = told or {}, registered or {}
    age = days(told.get("AntivirusSignatureAge"))
    version = told.get("AntivirusSignatureVersion") or registered.get("version")
    return {
        "signature_version": tidy(version) or None,
        "signature_age": age if age is not None else age_of_filetime(registered.get("applied"), wall),
        "mode": _MODES.get(str(told.get("AMRunningMode") or "").casefold()),
        "full_scan_age": days(told.get("FullScanAge")),
    }


def _without_center(told: dict[str, Any]) -> dict[str, Any]:
    # A property that this Windows has not says nothing against it; one that it has and leaves empty leaves it open.
    works = [told.get("AntivirusEnabled"), told.get("RealTimeProtectionEnabled", True)]
    stale = told.get("DefenderSignaturesOutOfDate")
    known = {True: "out_of_date", False: "up_to_date"}
    return {
        "product": _DEFENDER_NAME,
        "maker": "microsoft",
        "state": "off" if False in works else "on" if works == [True, True] else "unknown",
        "signatures": known.get(stale, "unknown") if isinstance(stale, bool) else "unknown",
        "installed": True,
        "alone": True,
    }


def read_windows(data: Any) -> Iterator[Row]:
    """A row for each product."""
    more = _from_defender(data["defender"], data["signatures"], data["wall"])
    if data["products"] is None:
        yield ANTIVIRUS(**_without_center(data["defender"]), **more)
        return
    for product in data["products"]:
        unknown = {"state": "unknown", "signatures": "unknown", "maker": "other"}
        told = unknown if product["state"] is None else product_state(product["state"])
        ours = told["maker"] == "microsoft"
        if ours and told["state"] == "on" and _is_off(data["defender"], more["mode"]):
            told["state"] = "off"
        yield ANTIVIRUS(
            product=tidy(product["product"]) or None, installed=product["there"], **told, **(more if ours else {})
        )


def _is_off(defender: dict[str, Any] | None, mode: str | None) -> bool:
    return bool(defender) and (defender or {}).get("RealTimeProtectionEnabled") is False and mode in {None, "normal"}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{clamav, mdatp, wall}: `clamav` is {running, header}, `mdatp` what it says of its health, None where not there.

    `running` is None where systemd does not tell; `header` is the beginning of its data base, empty without one, None
    where that may not be read.
    """
    clamav = None
    if any(files.target(doors.rootfs, path) for path in _CLAMAV_PROGRAMS):
        clamav = {"running": _runs(doors), "header": _header(doors)}
    mdatp = None
    if files.target(doors.rootfs, _MDATP):
        mdatp = command.run(
            files.below(doors.rootfs, _MDATP), "health", "--output", "json", timeout=_MDATP_SECONDS
        ).output
    return {"clamav": clamav, "mdatp": mdatp, "wall": doors.wall()}


def _runs(doors: Doors) -> bool | None:
    try:
        return any(unit.active for unit in units.units(doors.rootfs, *_CLAMAV_DAEMONS).values())
    except (Denied, Unavailable, OSError):
        return None


def _header(doors: Doors) -> str | None:
    for path in _CLAMAV_DATABASES:
        try:
            return files.read_bytes(doors.rootfs, path, limit=_CLAMAV_HEADER).decode("latin-1")
        except Unavailable:
            continue
        except Denied:
            return None
    return ""


def parse_header(text: str) -> tuple[str | None, int | None]:
    """Version, and epoch seconds of its making, out of the header of a ClamAV data base (`ClamAV-VDB:…`)."""
    fields = text.split(":")
    if fields[0] != "ClamAV-VDB" or len(fields) < 9:  # noqa: PLR2004 - its fields
        return None, None
    version, made = fields[2].strip(), fields[8].strip()
    return (
        version if version.isascii() and version.isdigit() else None,
        int(made) if made.isascii() and made.isdigit() and len(made) <= 12 else None,  # noqa: PLR2004 - a bound for hostile files
    )


def parse_health(text: str) -> dict[str, Any] | None:
    """{healthy, real_time, passive, signatures, version, updated} out of `mdatp health --output json`.

    `updated` is epoch seconds; what it does not say is None. None where the text is no such answer.
    """
    try:
        told = msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None

    def value(name: str) -> Any:
        found = told.get(name)
        return found.get("value") if isinstance(found, dict) else found

    status = told.get("definitionsStatus")
    word = status.get("$type") if isinstance(status, dict) else status
    updated = str(value("definitionsUpdated") or "")
    version = value("definitionsVersion")
    return {
        "healthy": value("healthy"),
        "real_time": value("realTimeProtectionEnabled"),
        "passive": value("passiveModeEnabled"),
        "signatures": {"upToDate": "up_to_date", "outOfDate": "out_of_date"}.get(str(word), "unknown"),
        "version": version if isinstance(version, str) else None,
        # Milliseconds, as text.
        "updated": int(updated) / 1000 if updated.isascii() and updated.isdigit() and len(updated) <= 15 else None,  # noqa: PLR2004 - a bound
    }


def read_linux(data: Any) -> Iterator[Row]:
    """A row for each of the two that is installed."""
    if data["clamav"] is not None:
        version, made = parse_header(data["clamav"]["header"] or "")
        yield ANTIVIRUS(
            product="ClamAV",
            maker="other",
            state={True: "on", False: "off", None: "unknown"}[data["clamav"]["running"]],
            signatures="unknown" if version or data["clamav"]["header"] is None else "out_of_date",
            signature_version=version,
            signature_age=None if made is None else _age(data["wall"] - made),
            installed=True,
        )
    if data["mdatp"] is not None:
        told = parse_health(data["mdatp"])
        if told is None:
            yield ANTIVIRUS(product=f"{_DEFENDER_NAME} for Endpoint", maker="microsoft", state="unknown")
            return
        yield ANTIVIRUS(
            product=f"{_DEFENDER_NAME} for Endpoint",
            maker="microsoft",
            state={True: "on", False: "off"}.get(told["real_time"], "unknown"),
            mode={True: "passive", False: "normal"}.get(told["passive"]),
            signatures=told["signatures"],
            signature_version=tidy(told["version"]) or None,
            signature_age=None if told["updated"] is None else _age(data["wall"] - told["updated"]),
            installed=True,
        )


PROBE = Probe(
    "antivirus",
    every=6 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("antivirus",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
