"""What the readers of system and updates make of other projects' recordings, compared with the truth beside each.

`SCHOOLDRUM_RECORDINGS` names the folder that holds `host/`, by default ../shared/data beside the repository. Each file
is brought from its recorded form into the shape that `fetch` gives; what is proven is everything behind that.
"""

import json
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.recordings import versions, wmic

from schooldrum_agent.probes import automatic_updates, operating_system, update_history, updates
from schooldrum_agent.sources import apt, dnf, eventlog, os_release, update_agent
from schooldrum_collector.app.dated_lists import SHIPPED
from schooldrum_collector.judge import builds, support
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

ROOT = Path(os.environ.get("SCHOOLDRUM_RECORDINGS") or Path(__file__).parents[3] / "shared" / "data") / "host"
SUPPORT = support.read((SHIPPED / "support.json").read_bytes())
BUILDS = builds.read((SHIPPED / "builds.json").read_bytes())
Facts = dict[str, tuple[Any, Any]]
"""Fact -> (what we read, what is true)."""

UNUSED = {
    r"apt_get_sqq.*/upstream_expected": "the other project counts version and origin wrongly; our own reading is told",
    r"needrestart.*/session,container": "names of people's sessions are never asked (-k)",
    r"systeminfo_.*/boot,memory,maker": "other topics",
}
"""Facts in our files that nothing here compares, and why."""


def _row(told: Any, section: str) -> dict[str, Any]:
    return next(dict(one.values) for one in told if isinstance(one, Row) and one.section == section)


def _support(row: dict[str, Any]) -> support.Support:
    return support.support_of(row, SUPPORT, date(2026, 11, 21))


def of_simulation(path: Path, truth: dict[str, Any]) -> Facts:
    text = path.read_text("utf-8")
    changes = apt.parse_changes(text)
    told = list(updates.read_linux({"apt": {"changes": text, "listed": "", "policy": ""}, "dnf": None}))
    rows = [one.values for one in told if isinstance(one, Row)]
    pending = next(one.value for one in told if isinstance(one, Reading))
    facts: Facts = {
        "lines of installations": (sum(one.verb == "Inst" for one in changes), truth["inst_lines"]),
        "new packages": (sum(one.verb == "Inst" and not one.old for one in changes), truth["new_installs"]),
        "removals": (sum(one.verb == "Remv" for one in changes), truth["removals"]),
        "pending updates": (len(rows), truth["upgrades"]),
        "pending security updates": (pending, truth["security_upgrades"]),
        "packages that wait": (sorted(str(row["update"]) for row in rows), sorted(truth["names"])),
    }
    if first := truth.get("first"):
        one = next(change for change in changes if change.is_upgrade)
        seen = {"name": one.name, "old": one.old, "new": one.new, "arch": one.architecture}
        facts["a package's versions"] = ({**seen, "origin": ", ".join(one.origins)}, first)
    return facts


def of_sample(path: Path, whole: dict[str, Any]) -> Facts:
    words = {"Inst": "unpack", "Conf": "configure", "Remv": "remove"}
    seen = [(words[one.verb], one.name) for one in apt.parse_changes(path.read_text("utf-8"))]
    return {"changes": (seen, [(one["operation"], one["package"]) for one in whole["upstream_expected"]])}


def of_list(path: Path, truth: dict[str, Any]) -> Facts:
    text = path.read_text("utf-8")
    told = list(updates.read_linux({"apt": {"changes": "", "listed": text, "policy": ""}, "dnf": None}))
    first = apt.parse_list(text)[0]
    line = f"{first.name}/{','.join(first.suites)} {first.new} {first.architecture} [upgradable from: {first.old}]"
    return {
        "pending updates": (sum(isinstance(one, Row) for one in told), truth["upgrades"]),
        "pending security updates": (next(one.value for one in told if isinstance(one, Reading)), truth["security"]),
        "a package's versions": (line, truth["first"]),
    }


def of_check_update(path: Path, truth: dict[str, Any]) -> Facts:
    text = path.read_text("utf-8")
    told = updates.read_linux({"apt": None, "dnf": {"waiting": text, "notices": ""}})
    first = dnf.parse_waiting(text)[0]
    return {
        "pending updates": (sum(isinstance(one, Row) for one in told), truth["updates"]),
        "a package's versions": ([first.name, first.architecture, first.new, first.repository], truth["first"]),
    }


def of_apt_config(path: Path, truth: dict[str, Any]) -> Facts:
    text = path.read_text("utf-8")
    settings = apt.parse_config(text)
    found = {"settings": text, "unattended": True, "masked": False, "mint": False}
    asked = {"dnf": None, "reboot_required": False, "packages": None, "needrestart": None, "kernel": None}
    row = _row(automatic_updates.read_linux({"apt": found, **asked, "kernels": []}), "automatic_updates")
    both = truth["unattended_upgrade"] and truth["update_package_lists"]
    return {
        "automatic updates": (row["mode"] == "automatic", both),
        "lists are refreshed": (
            settings["APT::Periodic::Update-Package-Lists"] not in (["0"], [""]),
            truth["update_package_lists"],
        ),
    }


def of_needrestart(path: Path, truth: dict[str, Any]) -> Facts:
    text = path.read_text("utf-8")
    needs = automatic_updates.parse_needrestart(text)
    asked = {"apt": None, "dnf": {"automatic": "", "timers": []}, "reboot_required": False, "packages": None}
    row = _row(
        automatic_updates.read_linux({**asked, "needrestart": text, "kernel": None, "kernels": []}), "automatic_updates"
    )
    status = truth["kernel_status"]
    return {
        "kernel state": (needs["KSTA"], [str(status)]),
        "kernel that runs": (needs["KCUR"], [truth.get("running_kernel_version") or truth.get("kernel_running")]),
        "services to restart": (needs.get("SVC", []), truth.get("service", truth.get("services"))),
        "restart pending": (row.get("restart_pending"), {1: False, 2: True, 3: True}.get(status)),
    }


def of_os_release(path: Path, truth: dict[str, Any]) -> Facts:
    data = {"os_release": path.read_text("utf-8"), "architecture": "x86_64", "lists": [], "pro": []}
    row = _row(operating_system.read_linux(data), "operating_system")
    facts: Facts = {
        "distribution": (row["product"], truth["id"]),
        "release": (row.get("release"), truth.get("version_id")),
    }
    if "codename" in truth:
        facts["code name"] = (row["codename"], truth["codename"])
    if "ubuntu_codename" in truth:
        facts["distribution below"] = (row["foundation"], truth["ubuntu_codename"])
    if "eol" in truth:
        told = _support(row)
        # Where the truth knows of two sources that disagree, the later day holds.
        days = re.findall(r"\d{4}-\d{2}-\d{2}", str(truth["eol"]))
        facts["end of support"] = (str(told.ordinary), max(days))
    if "lts" in truth:
        facts["end of longer support"] = (str(_support(row).extended), truth["lts"])
    assert os_release.parse(path.read_text("utf-8"))["ID"] == truth["id"]
    return facts


def _windows_facts(data: dict[str, Any], truth: dict[str, Any]) -> Facts:
    row = _row(operating_system.read_windows(data), "operating_system")
    told = _support(row)
    missing = builds.missing(row, None, BUILDS)
    facts: Facts = {}
    seen = {
        "product": row["title"],
        "edition": row.get("edition"),
        "build": row["build"],
        "version": row["version"],
        "channel": told.channel,
        "edition_channel": told.channel,
        "is_server": row["server"],
        "eol": str(told.ordinary),
        "last_kb": missing.article if missing else None,
        "arch": {"x86_64": "x64"}.get(row["architecture"], row["architecture"]),
        "install_date_utc": row.get("installed"),
    }
    for key, value in seen.items():
        if key in truth:
            wanted = truth[key][:10] if key == "install_date_utc" else truth[key]
            facts[key.replace("_", " ")] = (value, wanted)
    return facts


def of_current_version(path: Path, truth: dict[str, Any]) -> Facts:
    return _windows_facts(versions.current_version(path.read_text("utf-8")), truth)


def of_operating_system(path: Path, truth: dict[str, Any]) -> Facts:
    (row,) = wmic.rows(path.read_bytes())
    return _windows_facts(versions.operating_system(row), truth)


def of_systeminfo(path: Path, truth: dict[str, Any]) -> Facts:
    data, hotfixes = versions.systeminfo(path.read_bytes().decode("utf-8", "replace"))
    row = _row(operating_system.read_windows(data), "operating_system")
    found = list(update_history.hotfixes(hotfixes))
    facts: Facts = {
        "product": (f"Microsoft {row['title']}", truth["os_name"]),
        "version": (row["version"], truth["os_version"].split()[0]),
    }
    if "hotfixes" in truth:
        facts["hotfixes"] = (found, [f"KB{number}" for number in truth["hotfixes"]])
    if "hotfixes_first3" in truth:
        facts["hotfixes"] = (found[:3], truth["hotfixes_first3"])
    return facts


def of_hotfixes(path: Path, truth: dict[str, Any]) -> Facts:
    rows = wmic.rows(path.read_bytes())
    found = update_history.hotfixes(rows)
    told = _row(
        update_history.read_windows({"history": None, "runs": None, "hotfixes": rows, "events": None}), "update_history"
    )
    return {
        "records": (len(rows), truth["records"]),
        "hotfixes": (sorted(found), sorted(truth["valid_kbs"])),
        "no hotfixes": (bool(set(found) & {*truth["not_a_kb"], *truth["file1_kbs"]}), False),
        "last installation": (told["last_success"], truth["last_install_date"]),
    }


def of_event(path: Path, truth: dict[str, Any]) -> Facts:
    event = eventlog.parse(path.read_text("utf-8"))
    assert event is not None
    found = update_history.servicing([{"time": event.time, "data": event.data}])
    return {
        "time of an event": (event.time, truth["time_utc"]),
        "hotfix of an event": (found, {truth["package"]: truth["time_utc"][:10]}),
    }


def of_history(path: Path, truth: dict[str, Any]) -> Facts:
    entries = [
        {**entry, "articles": update_agent.articles(entry["Title"])}
        for entry in versions.history(path.read_text("utf-8"))
    ]
    installed, removed = update_history.standing(entries)
    return {
        "installed by the history": (sorted(installed), truth["installed_kbs"]),
        "removed by the history": (sorted(removed), truth["uninstalled_kbs"]),
    }


WITH_UPSTREAM = (of_sample,)
READERS: dict[str, Callable[[Path, dict[str, Any]], Facts]] = {
    r"apt-get[_-](?!sqq).*": of_simulation,
    r"apt_get_sqq.*": of_sample,
    r"apt-list-.*": of_list,
    r".*(?:yum|dnf)-check-update.*": of_check_update,
    r"apt-config-dump.*": of_apt_config,
    r"needrestart.*": of_needrestart,
    r"os-release_.*": of_os_release,
    r"reg_CurrentVersion_.*\.txt": of_current_version,
    r"wmi_Win32_OperatingSystem_.*": of_operating_system,
    r"systeminfo_.*": of_systeminfo,
    r"wmi_Win32_QuickFixEngineering_.*": of_hotfixes,
    r"event_Setup_2_.*": of_event,
    r"wua_history_.*": of_history,
}


def _ours() -> list[tuple[Path, Callable[[Path, dict[str, Any]], Facts]]]:
    found = []
    for path in sorted(ROOT.rglob("*")) if ROOT.is_dir() else []:
        reader = next((one for pattern, one in READERS.items() if re.fullmatch(pattern, path.name)), None)
        if reader and path.suffix != ".json" and Path(f"{path}.truth.json").exists():
            found.append((path, reader))
    return found


OURS = _ours()
needs_recordings = pytest.mark.skipif(not OURS, reason=f"no recordings of other projects in {ROOT}")


def facts_of(path: Path, reader: Callable[[Path, dict[str, Any]], Facts]) -> Facts:
    whole = json.loads(Path(f"{path}.truth.json").read_text("utf-8"))
    return reader(path, whole if reader in WITH_UPSTREAM else whole["truth"])


@needs_recordings
@pytest.mark.parametrize(("path", "reader"), OURS, ids=[path.name for path, _ in OURS])
def test_a_recording_of_system_and_updates_reads_as_its_truth_says(path, reader):
    facts = facts_of(path, reader)
    assert {fact: seen for fact, (seen, _) in facts.items()} == {fact: wanted for fact, (_, wanted) in facts.items()}


@needs_recordings
def test_the_table_of_hits_and_misses_of_system_and_updates():
    hits: dict[str, list[int]] = {}
    for path, reader in OURS:
        for fact, (seen, wanted) in facts_of(path, reader).items():
            hits.setdefault(fact, [0, 0])[0 if seen == wanted else 1] += 1
    print(f"\n{'fact':32} {'hits':>5} {'misses':>7}")
    for fact, (right, wrong) in sorted(hits.items()):
        print(f"{fact:32} {right:5} {wrong:7}")
    for pattern, reason in UNUSED.items():
        print(f"not used: {pattern}: {reason}")
    assert not any(wrong for _, wrong in hits.values())
