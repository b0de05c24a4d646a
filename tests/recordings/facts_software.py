"""Installed programs: the readers on recordings, as facts beside the truth."""

import json
import re
from typing import Any

from tests.recordings import reg
from tests.recordings.collection import Facts, Reader, Recording, columns

from schooldrum_agent.probes import software

UNREAD = {
    "slmgr": "whether Windows is activated is not asked",
    "SoftwareLicensingProduct": "whether Windows and Office are activated is not asked",
}
"""Forms about programs that no reader here reads, and why."""


def _day(written: str | None) -> str | None:
    """The day as the inventory that recorded it writes it: 24/07/2021."""
    found = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", written or "")
    return f"{found[3]}-{found[2]}-{found[1]}" if found else None


def of_uninstall(recording: Recording) -> Facts:
    keys = reg.below(reg.keys(recording.raw), r"\Uninstall")
    # A recording does not tell when a key was written.
    listed = {code: {"values": values, "written": None} for code, values in keys.items()}
    rows = [columns(row) for row in software.read_windows({"uninstall": {"64": listed}, "store": []})]
    read = sorted((row["program"], row["version"], row["publisher"]) for row in rows)
    true = sorted((one["name"], one["version"], one["publisher"]) for one in recording.truth["programs"])
    facts: Facts = {"programs: name, version, publisher": (_flat(read), _flat(true))}
    # Upstream also lists updates and parts.
    names = {name for name, _, _ in true}
    if expected := [one for one in recording.upstream or [] if one["NAME"] in names]:
        facts["install date"] = (
            {row["program"]: row["installed"] for row in rows},
            {one["NAME"]: _day(one["INSTALLDATE"]) for one in expected},
        )
        facts["code"] = (
            {row["program"]: row["code"] or row["program"] for row in rows},
            {one["NAME"]: one["GUID"] for one in expected},
        )
    return facts


def _flat(programs: list[tuple[Any, Any, Any]]) -> list[tuple[str, str, str]]:
    return [(name, version or "", publisher or "") for name, version, publisher in programs]


def full_names(text: str) -> list[str]:
    """Apps as Get-AppxPackage lists them, as the keys under which the registry keeps them."""
    found = []
    for block in re.split(r"\n\s*\n", text.replace("\r", "")):
        says = dict(re.findall(r"^(\w+): (.*)$", block, re.MULTILINE))
        if "FOLDER" in says:
            name = says["FOLDER"].rpartition("\\")[2].rpartition("_")[0].partition("_")[0]
            found.append(f"{name}_{says['VERSION']}_{says['ARCH']}__{says['PUBID']}")
    return found


def of_apps(recording: Recording) -> Facts:
    names = full_names(recording.text)
    rows = [columns(row) for row in software.read_windows({"uninstall": {"64": {}}, "store": names})]
    # The names themselves are translated there; the registry keeps the apps by their codes, in no language.
    facts: Facts = {"Store apps: how many": (len(rows), len(recording.truth["store_apps"]))}
    if expected := recording.upstream:
        facts["Store apps: version"] = ([row["version"] for row in rows], [one["VERSION"] for one in expected])
        facts["Store apps: bits"] = (
            [row["bits"] for row in rows],
            [software._BITS.get(one["ARCH"]) for one in expected],
        )
    return facts


def of_dpkg(recording: Recording) -> Facts:
    truth = recording.truth
    listed = [json.loads(line) for line in recording.text.splitlines() if line.strip()]
    states = {"installed": "ii ", "config-files": "rc ", "half-installed": "iH ", "unpacked": "iU "}
    lines = [
        f"{states.get(one['status'], 'un ')}\t{one['package']}\t{one['version']}\t{one['architecture']}\t"
        for one in listed
    ]
    rows = [columns(row) for row in software.read_linux({"dpkg": lines})]
    first = json.loads(truth["first"])
    installed = sum(one["status"] == "installed" for one in listed)
    not_installed = len(listed) - installed
    return {
        "packages: how many": (len(rows) + not_installed, truth["lines"]),
        "packages: name, version": (
            (rows[0]["program"], rows[0]["version"]),
            (first["package"], first["version"]),
        ),
        "packages: bits": (
            [row.get("bits") for row in rows],
            [
                {"amd64": 64, "i386": 32, "arm64": 64}.get(one["architecture"])
                for one in listed
                if one["status"] == "installed"
            ],
        ),
    }


READERS: dict[str, Reader] = {
    "reg Uninstall": of_uninstall,
    "Store apps": of_apps,
    "dpkg-query": of_dpkg,
}
