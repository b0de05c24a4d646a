"""System and updates: the readers on recordings, as facts beside the truth.

Support and builds are judged by the collector's own lists, so they are asked here too.
"""

import re
from datetime import date
from typing import Any

from tests.recordings import versions, wmic
from tests.recordings.collection import Facts, Reader, Recording, columns, said

from schooldrum_agent.probes import automatic_updates, operating_system, update_history, updates
from schooldrum_agent.sources import apt, dnf, eventlog, update_agent
from schooldrum_collector.app.dated_lists import SHIPPED
from schooldrum_collector.judge import builds, support, support_list
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

SUPPORT = support_list.read((SHIPPED / "support.json").read_bytes())
BUILDS = builds.read((SHIPPED / "builds.json").read_bytes())

UNREAD = {
    "event": "events of other kinds: Setup's installations alone are asked",
    "timedatectl": "the clock is compared with the collector's, not with what a program thinks of it",
    "timesync-status": "the clock is compared with the collector's, not with what a program thinks of it",
    "w32tm": "the clock is compared with the collector's, not with what a program thinks of it",
}
"""Forms about the system that no reader here reads, and why."""


def _row(told: Any, section: str) -> dict[str, Any]:
    return next(columns(one) for one in told if isinstance(one, Row) and one.section == section)


def _support(row: dict[str, Any]) -> support.Support:
    return support.support_of(row, SUPPORT, date(2026, 11, 21))


def of_simulation(recording: Recording) -> Facts:
    truth = recording.truth
    if "inst_lines" not in truth and recording.upstream:
        return of_sample(recording)
    text = recording.text
    changes = apt.parse_changes(text)
    told = list(updates.read_linux({"apt": {"changes": text, "listed": "", "policy": ""}, "dnf": None}))
    rows = [one.values for one in told if isinstance(one, Row)]
    pending = next(one.value for one in told if isinstance(one, Reading))
    facts = said(
        truth,
        {
            "lines of installations": ("inst_lines", sum(one.verb == "Inst" for one in changes)),
            "new packages": ("new_installs", sum(one.verb == "Inst" and not one.old for one in changes)),
            "removals": ("removals", sum(one.verb == "Remv" for one in changes)),
            "pending updates": ("upgrades", len(rows)),
            "pending security updates": ("security_upgrades", pending),
        },
    )
    if "names" in truth:
        facts["packages that wait"] = (sorted(str(row["update"]) for row in rows), sorted(truth["names"]))
    if first := truth.get("first"):
        one = next(change for change in changes if change.is_upgrade)
        seen = {"name": one.name, "old": one.old, "new": one.new, "arch": one.architecture}
        facts["a package's versions"] = ({**seen, "origin": ", ".join(one.origins)}, first)
    return facts


def of_sample(recording: Recording) -> Facts:
    # The other project counts version and origin wrongly: what happens to which package is what it tells rightly.
    words = {"Inst": "unpack", "Conf": "configure", "Remv": "remove"}
    seen = [(words[one.verb], one.name) for one in apt.parse_changes(recording.text)]
    return {"changes": (seen, [(one["operation"], one["package"]) for one in recording.expected])}


def of_list(recording: Recording) -> Facts:
    truth = recording.truth
    text = recording.text
    told = list(updates.read_linux({"apt": {"changes": "", "listed": text, "policy": ""}, "dnf": None}))
    facts = said(
        truth,
        {
            "pending updates": ("upgrades", sum(isinstance(one, Row) for one in told)),
            "pending security updates": ("security", next(one.value for one in told if isinstance(one, Reading))),
        },
    )
    if truth.get("first"):
        first = apt.parse_list(text)[0]
        # What stands before the old version is translated.
        line = f"{first.name}/{','.join(first.suites)} {first.new} {first.architecture} {first.old}]"
        facts["a package's versions"] = (line, re.sub(r"\[.*?(?=[0-9][0-9A-Za-z.+:~-]*\]$)", "", truth["first"]))
    return facts


def of_check_update(recording: Recording) -> Facts:
    truth = recording.truth
    text = recording.text
    told = updates.read_linux({"apt": None, "dnf": {"waiting": text, "notices": ""}})
    facts = said(truth, {"pending updates": ("updates", sum(isinstance(one, Row) for one in told))})
    if truth.get("first"):
        first = dnf.parse_waiting(text)[0]
        seen = [first.name, first.architecture, first.new, first.repository]
        facts["a package's versions"] = (seen, truth["first"])
    return facts


def of_apt_config(recording: Recording) -> Facts:
    truth = recording.truth
    text = recording.text
    settings = apt.parse_config(text)
    # What is set is recorded, not whether it is done: here cron does it.
    found = {"settings": text, "unattended": True, "systemd": False, "units": None, "cron": True, "mint": False}
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


def of_needrestart(recording: Recording) -> Facts:
    truth = recording.truth
    text = recording.text
    needs = automatic_updates.parse_needrestart(text)
    asked = {"apt": None, "dnf": {"automatic": "", "timers": []}, "reboot_required": False, "packages": None}
    row = _row(
        automatic_updates.read_linux({**asked, "needrestart": text, "kernel": None, "kernels": []}), "automatic_updates"
    )
    status = truth["kernel_status"]
    # Names of people's sessions and containers are never asked (-k).
    return {
        "kernel state": (needs["KSTA"], [str(status)]),
        "kernel that runs": (needs["KCUR"], [truth.get("running_kernel_version") or truth["kernel_running"]]),
        "services to restart": (
            needs.get("SVC", []),
            truth["service"] if "service" in truth else truth.get("services") or [],
        ),
        "restart pending": (row.get("restart_pending"), {1: False, 2: True, 3: True}.get(status)),
    }


def of_os_release(recording: Recording) -> Facts:
    truth = recording.truth
    data = {"os_release": recording.text, "architecture": "x86_64", "releases": [], "pro": []}
    row = _row(operating_system.read_linux(data), "operating_system")
    facts = said(
        truth,
        {
            "distribution": ("id", row["product"]),
            "release": ("version_id", row.get("release")),
            "code name": ("codename", row.get("codename")),
            "distribution below": ("ubuntu_codename", row.get("foundation")),
        },
    )
    if "eol" in truth:
        told = _support(row)
        # Where the truth knows of two sources that disagree, the later day holds.
        days = re.findall(r"\d{4}-\d{2}-\d{2}", str(truth["eol"]))
        facts["end of support"] = (str(told.ordinary), max(days))
    if "lts" in truth:
        facts["end of longer support"] = (str(_support(row).extended), truth["lts"])
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


def of_current_version(recording: Recording) -> Facts:
    truth = recording.truth
    return _windows_facts(versions.current_version(recording.text), truth)


def of_operating_system(recording: Recording) -> Facts:
    truth = recording.truth
    (row,) = wmic.rows(recording.raw)
    return _windows_facts(versions.operating_system(row), truth)


def of_systeminfo(recording: Recording) -> Facts:
    truth = recording.truth
    data, hotfixes = versions.systeminfo(recording.text)
    row = _row(operating_system.read_windows(data), "operating_system")
    found = list(update_history.hotfixes(hotfixes))
    facts = said(truth, {"product": ("os_name", f"Microsoft {row['title']}")})
    if "os_version" in truth:
        facts["version"] = (row["version"], truth["os_version"].split()[0])
    if "hotfixes" in truth:
        facts["hotfixes"] = (found, [f"KB{number}" for number in truth["hotfixes"]])
    if "hotfixes_first3" in truth:
        facts["hotfixes"] = (found[:3], truth["hotfixes_first3"])
    return facts


def of_hotfixes(recording: Recording) -> Facts:
    truth = recording.truth
    rows = wmic.rows(recording.raw)
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


def of_event(recording: Recording) -> Facts:
    truth = recording.truth
    event = eventlog.parse(recording.text)
    assert event is not None
    found = update_history.servicing([{"time": event.time, "data": event.data}])
    return {
        "time of an event": (event.time, truth["time_utc"]),
        "hotfix of an event": (found, {truth["package"]: truth["time_utc"][:10]}),
    }


def of_history(recording: Recording) -> Facts:
    truth = recording.truth
    entries = [
        {**entry, "articles": update_agent.articles(entry["Title"])} for entry in versions.history(recording.text)
    ]
    installed, removed = update_history.standing(entries)
    return {
        "installed by the history": (sorted(installed), truth["installed_kbs"]),
        "removed by the history": (sorted(removed), truth["uninstalled_kbs"]),
    }


READERS: dict[str, Reader] = {
    "apt-get --simulate": of_simulation,
    "apt list": of_list,
    "dnf check-update": of_check_update,
    "apt-config": of_apt_config,
    "needrestart": of_needrestart,
    "os-release": of_os_release,
    "CurrentVersion": of_current_version,
    "Win32_OperatingSystem": of_operating_system,
    "systeminfo": of_systeminfo,
    "Win32_QuickFixEngineering": of_hotfixes,
    "setup event": of_event,
    "update history": of_history,
}
