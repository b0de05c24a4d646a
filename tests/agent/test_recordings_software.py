"""The readers of installed programs on other projects' recordings, compared with the truth beside each.

`SCHOOLDRUM_RECORDINGS` names the folder that holds `host/`, by default ../shared/data beside the repository.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from tests.recordings import reg

from schooldrum_agent.probes import software

ROOT = Path(os.environ.get("SCHOOLDRUM_RECORDINGS") or Path(__file__).parents[3] / "shared" / "data") / "host"
UNUSED = {
    r"rhel-.*\.yum-check-update\.txt": "which updates wait: the updates' topic",
    r"slmgr_.*|wmi_SoftwareLicensingProduct_.*": "whether Windows and Office are activated is not asked",
}
"""Files that speak of programs and that no test here reads, and why."""
Facts = dict[str, tuple[Any, Any]]
"""Fact -> (what we read, what is true)."""
MINE = {"reg_Uninstall_*.reg", "powershell_appx_*.txt", "dpkg-query_*.txt"}


def _day(written: str | None) -> str | None:
    """The day as the inventory that recorded it writes it: 24/07/2021."""
    found = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", written or "")
    return f"{found[3]}-{found[2]}-{found[1]}" if found else None


def of_uninstall(path: Path, told: dict[str, Any]) -> Facts:
    keys = reg.below(reg.keys(path.read_bytes()), r"\Uninstall")
    # A recording does not tell when a key was written.
    listed = {code: {"values": values, "written": None} for code, values in keys.items()}
    rows = [dict(row.values) for row in software.read_windows({"uninstall": {"64": listed}, "store": []})]
    read = sorted((row["program"], row["version"], row["publisher"]) for row in rows)
    true = sorted((one["name"], one["version"], one["publisher"]) for one in told["truth"]["programs"])
    facts: Facts = {"programs: name, version, publisher": (_flat(read), _flat(true))}
    # Upstream also lists updates and parts.
    names = {name for name, _, _ in true}
    if expected := [one for one in told.get("upstream_expected") or [] if one["NAME"] in names]:
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


def of_apps(path: Path, told: dict[str, Any]) -> Facts:
    names = full_names(path.read_text("utf-8-sig", "replace"))
    rows = [dict(row.values) for row in software.read_windows({"uninstall": {"64": {}}, "store": names})]
    # The names themselves are translated there; the registry keeps the apps by their codes, in no language.
    facts: Facts = {"Store apps: how many": (len(rows), len(told["truth"]["store_apps"]))}
    if expected := told.get("upstream_expected"):
        facts["Store apps: version"] = ([row["version"] for row in rows], [one["VERSION"] for one in expected])
        facts["Store apps: bits"] = (
            [row["bits"] for row in rows],
            [software._BITS.get(one["ARCH"]) for one in expected],
        )
    return facts


def of_dpkg(path: Path, told: dict[str, Any]) -> Facts:
    listed = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    states = {"installed": "ii ", "config-files": "rc ", "half-installed": "iH ", "unpacked": "iU "}
    lines = [
        f"{states.get(one['status'], 'un ')}\t{one['package']}\t{one['version']}\t{one['architecture']}\t"
        for one in listed
    ]
    rows = [dict(row.values) for row in software.read_linux({"dpkg": lines})]
    first = json.loads(told["truth"]["first"])
    installed = sum(one["status"] == "installed" for one in listed)
    not_installed = len(listed) - installed
    return {
        "packages: how many": (len(rows) + not_installed, told["truth"]["lines"]),
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


READERS = {"reg_Uninstall_": of_uninstall, "powershell_appx_": of_apps, "dpkg-query_": of_dpkg}


def mine() -> list[Path]:
    return sorted(path for pattern in MINE for path in ROOT.glob(f"*/{pattern}"))


@pytest.fixture(scope="module")
def facts() -> list[tuple[str, str, Any, Any]]:
    if not ROOT.is_dir():
        pytest.skip(f"no recordings of other projects in {ROOT}; SCHOOLDRUM_RECORDINGS names their folder")
    found = []
    for path in mine():
        told = json.loads(path.with_name(f"{path.name}.truth.json").read_text("utf-8"))
        reader = next(reader for start, reader in READERS.items() if path.name.startswith(start))
        found += [(path.name, fact, read, true) for fact, (read, true) in reader(path, told).items()]
    return found


def test_every_fact_agrees_with_the_truth(facts):
    hits: dict[str, list[int]] = {}
    for _, fact, read, true in facts:
        counted = hits.setdefault(fact, [0, 0])
        counted[read != true] += 1
    print(f"\n{'fact':40} {'hits':>5} {'misses':>6}")
    for fact, (hit, missed) in sorted(hits.items()):
        print(f"{fact:40} {hit:5} {missed:6}")
    for pattern, reason in UNUSED.items():
        print(f"not read: {pattern}: {reason}")
    assert [(name, fact, read, true) for name, fact, read, true in facts if read != true] == []


def test_every_recording_of_programs_is_read_or_named(facts):
    del facts
    words = re.compile(r"Uninstall|appx|dpkg|rpm|flatpak|snap|yum|slmgr|SoftwareLicensing", re.IGNORECASE)
    there = {
        path.name for path in ROOT.glob("*/*") if words.search(path.name) and not path.name.endswith(".truth.json")
    }
    left = there - {path.name for path in mine()}
    assert {name for name in left if not any(re.fullmatch(pattern, name) for pattern in UNUSED)} == set()
