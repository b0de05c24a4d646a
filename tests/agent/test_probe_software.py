"""Installed programs: what the lists of Windows and of Linux' package managers say, and what becomes a row."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schooldrum_agent.examine import examine
from schooldrum_agent.probe import Doors, Unavailable
from schooldrum_agent.probes import software
from schooldrum_wire.catalogue.software import SOFTWARE
from schooldrum_wire.encoding import fenced_rows
from schooldrum_wire.fence import BLANK, Fence, folded_names
from schooldrum_wire.limits import ROWS_PER_SECTION
from schooldrum_wire.result import Outcome
from schooldrum_wire.section import Row

WRITTEN = 1_700_000_000.0  # 2023-11-14


def windows(store: list[str] | None = None, **views: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    keys = {
        view.removeprefix("view"): {
            code: {"values": values, "written": values.pop("written", WRITTEN)} for code, values in listed.items()
        }
        for view, listed in views.items()
    }
    return rows_of(software.read_windows({"uninstall": keys, "store": store or []}), "software")


def linux(section: str = "software", **lists: Any) -> list[dict[str, Any]]:
    data = {name: told.split("\n") if isinstance(told, str) else told for name, told in lists.items()}
    return rows_of(software.read_linux(data), section)


def rows_of(told: Iterable[Row], section: str) -> list[dict[str, Any]]:
    return [dict(row.values) for row in told if row.section == section]


def program(root: Path, name: str, script: str) -> None:
    place = root / "usr/bin" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)


def doors(root: Path | str = "/") -> Doors:
    return Doors(rootfs=str(root), boottime=lambda: 1000.0, wall=lambda: 1.8e9)


def test_a_program_of_windows_is_told_whole():
    (row,) = windows(
        view64={
            "{A}": {
                "DisplayName": "  Phần mềm\tTKB  9.0 ",
                "DisplayVersion": "9.0",
                "Publisher": "School@net",
                "InstallDate": "20240131",
            }
        }
    )
    assert row == {
        "program": "Phần mềm TKB 9.0",
        "version": "9.0",
        "publisher": "School@net",
        "installed": "2024-01-31",
        "bits": 64,
        "source": "registry",
        "code": "{A}",
    }


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"DisplayName": ""},
        {"DisplayName": "   "},
        {"DisplayName": "Part", "SystemComponent": 1},
        {"DisplayName": "Part", "SystemComponent": "1"},
        {"DisplayName": "Update", "ParentKeyName": "Office14.PROPLUS"},
        {"DisplayName": "Update", "ParentDisplayName": "Windows - Software Updates"},
        {"DisplayName": "KB1", "ReleaseType": "Hotfix"},
        {"DisplayName": "KB1", "ReleaseType": "Security Update"},
        {"DisplayName": "KB1", "ReleaseType": "Update Rollup"},
    ],
)
def test_parts_and_updates_are_no_programs(values):
    assert windows(view64={"key": values}) == []


@pytest.mark.parametrize(
    "values",
    [
        {"DisplayName": "Program", "SystemComponent": 0},
        {"DisplayName": "Program", "ReleaseType": "Product"},
        {"DisplayName": "Program", "ParentKeyName": ""},
    ],
)
def test_an_empty_mark_marks_nothing(values):
    assert [row["program"] for row in windows(view64={"key": values})] == ["Program"]


def test_one_program_in_both_views_is_one_and_of_the_other_the_bits_are_told():
    rows = windows(
        view32={"b": {"DisplayName": "UNIKEY", "DisplayVersion": "4"}, "c": {"DisplayName": "Only32"}},
        view64={"a": {"DisplayName": "UniKey", "DisplayVersion": "4"}, "d": {"DisplayName": "UniKey"}},
    )
    assert [(row["program"], row["version"], row["bits"]) for row in rows] == [
        ("UniKey", "4", 64),
        ("UniKey", None, 64),
        ("Only32", None, 32),
    ]


@pytest.mark.parametrize("name", [5, ["Program", "more"], "Pro\0gram", "Program\r\n", "Pro\ud800gram"])
def test_whatever_kind_of_value_an_installer_writes_is_a_line_of_text(name):
    (row,) = windows(view64={"key": {"DisplayName": name, "DisplayVersion": 7, "Publisher": None}})
    assert row["program"] in {"5", "Program"}
    assert row["version"] == "7"
    assert SOFTWARE.fault(row) == ""


@pytest.mark.parametrize(
    ("said", "written", "day"),
    [
        ("20240131", None, "2024-01-31"),
        ("2024-01-31", None, "2024-01-31"),
        ("31/01/2024", None, "2024-01-31"),
        ("1/31/2024", None, "2024-01-31"),
        ("31.1.2024", None, "2024-01-31"),
        ("02/03/2024", None, None),  # who can tell
        ("02/03/2024", WRITTEN, "2023-11-14"),
        ("03/03/2024", None, "2024-03-03"),
        (1_706_659_200, None, "2024-01-31"),
        ("", WRITTEN, "2023-11-14"),
        (None, WRITTEN, "2023-11-14"),
        ("20241350", WRITTEN, "2023-11-14"),
        ("20240131 extra", WRITTEN, "2023-11-14"),
        ("٢٠٢٤٠١٣١", None, None),
        ("16010101", None, None),
        (None, -11_644_473_600.0, None),
        (None, 1e300, None),
        (None, float("nan"), None),
        (True, None, None),
        ("mercredi 31 janvier 2024", None, None),
    ],
)
def test_when_it_was_installed(said, written, day):
    assert software.install_date(said, written) == day


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["Microsoft.SkypeApp_15.1.2.0_x64__kzf8qxf38zg5c"], [("Microsoft.SkypeApp", "15.1.2.0", 64)]),
        (
            [
                "A.B_1.9.0.0_neutral_~_hash",
                "A.B_1.10.0.0_neutral_~_hash",
                "A.B_1.10.0.0_x86__hash",
                "A.B_1.10.0.0_neutral_split.language-vi_hash",
            ],
            [("A.B", "1.10.0.0", 32)],
        ),
        (["Microsoft.VCLibs.140.00_14.0.1.0_x64__8wekyb3d8bbwe"], []),
        (["no full name", "", "a_b_c", "____"], []),
    ],
)
def test_store_apps_are_told_by_their_full_names(names, told):
    rows = windows(store=names, view64={})
    assert [(row["program"], row["version"], row["bits"]) for row in rows] == told
    assert {row["source"] for row in rows} <= {"store"}


def test_packages_of_linux():
    rows = linux(
        dpkg="ii \tveyon-master\t4.7.1-1\tamd64\t1700000000\n"
        "hi \theld\t1:2.0\tall\t\n"
        "rc \tremoved\t1\tamd64\t\niU \tunpacked\t1\tamd64\t\n\nnot a line\nii \told\t1\ti386\n",
        rpm="bash\t5.2-1.fc40\tx86_64\t1700000000\tFedora Project\ngpg-pubkey\t1-2\t(none)\t1700000000\t(none)\n"
        "noarch\t1-1\tnoarch\tx\t(none)\n",
        flatpak="org.mozilla.firefox\tFirefox\t131.0\tx86_64\n",
        snap=[{"snap": "chromium", "version": "130"}, {"snap": "core22", "type": "base"}, {"version": "1"}],
    )
    assert rows == [
        {"program": "veyon-master", "version": "4.7.1-1", "installed": "2023-11-14", "bits": 64, "source": "dpkg"},
        {"program": "held", "version": "1:2.0", "source": "dpkg"},
        {"program": "old", "version": "1", "bits": 32, "source": "dpkg"},
        {
            "program": "bash",
            "version": "5.2-1.fc40",
            "publisher": "Fedora Project",
            "installed": "2023-11-14",
            "bits": 64,
            "source": "rpm",
        },
        {"program": "noarch", "version": "1-1", "source": "rpm"},
        {"program": "Firefox", "version": "131.0", "bits": 64, "source": "flatpak", "code": "org.mozilla.firefox"},
        {"program": "chromium", "version": "130", "source": "snap"},
    ]


def test_more_than_a_section_holds_is_cut():
    assert len(linux(dpkg="".join(f"ii \tp{number}\t1\tall\t\n" for number in range(6000)))) == ROWS_PER_SECTION
    assert len(windows(view64={f"{n}": {"DisplayName": f"p{n}"} for n in range(6000)})) == ROWS_PER_SECTION


def test_what_is_cut_is_said_and_libraries_are_cut_first():
    libraries = "".join(f"ii \tlib{number}\t1\tamd64\t\tuniverse/libs\n" for number in range(12_000))
    programs = "".join(f"ii \tzz{number}\t1\tamd64\t\tgames\n" for number in range(900))
    lists: dict[str, Any] = {
        "dpkg": libraries + programs,
        "flatpak": "org.x\tX\t1\tx86_64\n",
        "snap": [{"snap": "y"}],
    }
    told = {row["program"] for row in linux(**lists)}
    assert len(told) == ROWS_PER_SECTION
    assert {"X", "y", *(f"zz{number}" for number in range(900))} <= told
    gaps = linux(section="software_gaps", **lists)
    assert gaps == [{"source": "dpkg", "why": "cut", "installed": 12_900, "listed": ROWS_PER_SECTION - 2}]
    assert linux(section="software_gaps", dpkg=programs) == []


def test_of_windows_too_it_is_said_what_is_cut():
    keys = {f"{n}": {"values": {"DisplayName": f"p{n}"}, "written": WRITTEN} for n in range(5100)}
    told = software.read_windows({"uninstall": {"64": keys, "32": keys}, "store": ["A.B_1.0.0.0_x64__hash"]})
    assert rows_of(told, "software_gaps") == [
        {"source": "registry", "why": "cut", "installed": 5100, "listed": 5000},
        {"source": "store", "why": "cut", "installed": 1, "listed": 0},
    ]


def test_of_windows_it_is_said_what_was_not_looked_at():
    keys = {"64": {"a": {"values": {"DisplayName": "Veyon"}, "written": WRITTEN}}}
    untold = {"registry": 3, "store": 976}
    told = list(software.read_windows({"uninstall": keys, "store": [], "untold": untold}))
    assert [row["program"] for row in rows_of(told, "software")] == ["Veyon"]
    assert rows_of(told, "software_gaps") == [
        {"source": "registry", "why": "cut", "installed": 4, "listed": 1},
        {"source": "store", "why": "cut", "installed": 976, "listed": 0},
    ]
    whole = software.read_windows({"uninstall": keys, "store": [], "untold": {"registry": 0, "store": 0}})
    assert rows_of(whole, "software_gaps") == []


@pytest.mark.parametrize(
    ("script", "why"),
    [("exec sleep 300", "no_answer"), ("echo broken >&2; exit 1", "failed"), (None, "denied")],
)
def test_what_comes_beside_the_system_takes_its_own_list_not_along(tmp_path, monkeypatch, script, why):
    program(tmp_path, "dpkg-query", "printf 'ii \\tveyon\\t1\\tall\\t\\tx11\\n'")
    (tmp_path / "var/lib/flatpak/app/org.x").mkdir(parents=True)
    program(tmp_path, "flatpak", script or "")
    if script is None:
        (tmp_path / "usr/bin/flatpak").chmod(0o644)
    monkeypatch.setattr(software, "_BESIDE_SECONDS", 0.5)
    answer = examine(software.PROBE, doors(tmp_path), "linux")
    assert (answer.outcome, answer.reason) == (Outcome.OK, "")
    assert [row["program"] for row in rows_of(answer.rows, "software")] == ["veyon"]
    assert rows_of(answer.rows, "software_gaps") == [{"source": "flatpak", "why": why}]


@pytest.mark.parametrize("script", ["true", "printf 'rc \\tgone\\t1\\tall\\t\\n'"])
def test_a_list_without_any_package_is_no_list(tmp_path, script):
    program(tmp_path, "dpkg-query", script)
    answer = examine(software.PROBE, doors(tmp_path), "linux")
    assert (answer.outcome, answer.rows) == (Outcome.FAILED, ())
    assert answer.reason.startswith("dpkg's list of installed packages (/var/lib/dpkg/status) is missing or empty;")


@pytest.mark.parametrize(
    ("dpkg", "rpm", "outcome"),
    [
        (None, "true", Outcome.FAILED),
        ("true", "true", Outcome.FAILED),
        # On a Fedora dpkg may be there as a tool alone.
        ("true", "printf 'bash\\t5\\tx86_64\\t1\\tF\\n'", Outcome.OK),
    ],
)
def test_of_a_system_of_rpm_its_list_counts(tmp_path, dpkg, rpm, outcome):
    (tmp_path / "var/lib/rpm").mkdir(parents=True)
    (tmp_path / "var/lib/rpm/rpmdb.sqlite").touch()
    program(tmp_path, "rpm", rpm)
    if dpkg:
        program(tmp_path, "dpkg-query", dpkg)
    assert examine(software.PROBE, doors(tmp_path), "linux").outcome is outcome


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no dpkg here")
@pytest.mark.parametrize("status", [None, ""])
def test_the_real_dpkg_query_without_its_list(tmp_path, status):
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/dpkg-query").write_bytes(Path("/usr/bin/dpkg-query").read_bytes())
    (tmp_path / "usr/bin/dpkg-query").chmod(0o755)
    for name in ("info", "updates"):
        (tmp_path / "var/lib/dpkg" / name).mkdir(parents=True)
    if status is not None:
        (tmp_path / "var/lib/dpkg/status").write_text(status)
    answer = examine(software.PROBE, doors(tmp_path), "linux")
    assert (answer.outcome, answer.rows) == (Outcome.FAILED, ())


def test_snaps_are_read_from_their_own_files(tmp_path):
    for name, text in {
        "chromium": "name: chromium\nversion: '130.0'\nsummary: 'x'\napps:\n  name: no\n",
        "core22": "name: core22\nversion: 2024 # a note\ntype: base\n",
    }.items():
        folder = tmp_path / "snap" / name / "current" / "meta"
        folder.mkdir(parents=True)
        (folder / "snap.yaml").write_text(text)
    (tmp_path / "snap" / "bin").mkdir()
    data = software.fetch_linux(doors(tmp_path))
    assert data["snap"] == [
        {"snap": "chromium", "version": "130.0"},
        {"snap": "core22", "version": "2024", "type": "base"},
    ]
    assert [row["program"] for row in linux(**data)] == ["chromium"]


def test_a_system_without_any_list_is_unavailable(tmp_path):
    with pytest.raises(Unavailable):
        software.fetch_linux(doors(tmp_path))


def test_a_package_manager_that_fails_tells_no_half_list(tmp_path):
    program(tmp_path, "dpkg-query", "printf 'ii \\tveyon\\t1\\tall\\t\\n'; echo broken >&2; exit 2")
    answer = examine(software.PROBE, doors(tmp_path), "linux")
    assert answer.outcome is Outcome.FAILED
    assert answer.reason == f"{tmp_path}/usr/bin/dpkg-query ended with 2: broken"
    assert answer.rows == ()


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no dpkg here")
def test_this_machines_packages_are_those_that_dpkg_names():
    answer = examine(software.PROBE, doors(), sys.platform)
    assert answer.outcome is Outcome.OK
    told = {
        (row.values["program"], row.values["version"]): row.values
        for row in answer.rows
        if row.values["source"] == "dpkg"
    }
    # Another door to the same facts: the status file itself.
    status = Path("/var/lib/dpkg/status").read_text("utf-8")
    there = [
        dict(re.findall(r"^(Package|Version|Architecture): (.*)$", block, re.MULTILINE))
        for block in status.split("\n\n")
        if re.search(r"^Status: \S+ ok installed$", block, re.MULTILINE)
    ]
    assert set(told) == {(one["Package"], one["Version"]) for one in there}
    for one in there:
        bits = {"amd64": 64, "i386": 32}.get(one["Architecture"])
        assert told[one["Package"], one["Version"]].get("bits") == bits
    name = there[0]["Package"]
    (listed,) = [
        path for path in Path("/var/lib/dpkg/info").glob(f"{name}*.list") if re.match(rf"{name}[.:]", path.name)
    ]
    day = subprocess.run(
        ["date", "-u", "-d", f"@{int(listed.stat().st_mtime)}", "+%F"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert told[name, there[0]["Version"]]["installed"] == day


def test_nothing_is_changed_by_asking():
    before = {path: path.stat().st_mtime_ns for path in Path("/var/lib/dpkg").iterdir()}
    rpm_there = os.path.lexists("/var/lib/rpm")
    examine(software.PROBE, doors(), sys.platform)
    assert {path: path.stat().st_mtime_ns for path in Path("/var/lib/dpkg").iterdir()} == before
    assert os.path.lexists("/var/lib/rpm") is rpm_there


def test_a_package_manager_that_hangs_is_stopped_and_said_to_have_timed_out(tmp_path, monkeypatch):
    program(tmp_path, "dpkg-query", f"echo $$ > {tmp_path}/pid\nexec sleep 300")
    monkeypatch.setattr(software, "_LIST_SECONDS", 0.5)
    answer = examine(software.PROBE, doors(tmp_path), "linux")
    assert answer.outcome is Outcome.TIMED_OUT
    assert "dpkg-query took longer than 0.5 s" in answer.reason
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_an_accounts_name_does_not_leave():
    rows = windows(
        view64={
            "NguyenVanCanary.App": {"DisplayName": "Sổ điểm Nguyễn Văn Canary", "Publisher": "nguyenvancanary"},
            "ok": {"DisplayName": "UniKey", "Publisher": "Phạm Kim Long"},
        }
    )
    fence = Fence(names=folded_names(["NguyenVanCanary", "Nguyễn Văn Canary"]))
    left = fenced_rows([Row("software", row) for row in rows], fence)["software"]
    assert left[0]["program"] == "UniKey"
    assert (left[1]["program"], left[1]["publisher"], left[1]["code"]) == (BLANK, BLANK, BLANK)


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), st.lists(st.text()))


@given(st.dictionaries(st.sampled_from(software._VALUES), scalars), scalars, st.lists(st.text(max_size=60)))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_the_registry_gives_sound_rows_or_none(values, written, store):
    if isinstance(written, list | str):
        written = None
    data = {"uninstall": {"64": {"key": {"values": values, "written": written}}}, "store": store}
    for row in software.read_windows(data):
        assert SOFTWARE.fault(row.values) == ""


@pytest.mark.parametrize("version", ["1\x1b[31m", "x" * 5000, "\ud800", ""])
def test_one_snap_with_an_odd_version_takes_no_other_program_along(version):
    rows = linux(dpkg="ii \tveyon\t1\tall\t\tx11\n", snap=[{"snap": "odd", "version": version}, {"snap": "y"}])
    assert [row["program"] for row in rows] == ["veyon", "odd", "y"]
    assert all(SOFTWARE.fault(row) == "" for row in rows)


@given(st.dictionaries(st.sampled_from(["snap", "version", "type"]), st.text(max_size=1200)))
@settings(max_examples=200, deadline=None)
def test_whatever_a_snap_says_gives_sound_rows_or_none(snap):
    for row in software.read_linux({"snap": [snap]}):
        assert SOFTWARE.fault(row.values) == ""


@given(st.text(alphabet=st.sampled_from("ii\t \n0a1\0é"), max_size=200), st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_whatever_a_package_manager_writes_gives_sound_rows_or_none(first, second):
    lines = [first, second, *first.split("\n"), *second.split("\n")]
    data = {"dpkg": lines, "rpm": lines, "flatpak": lines, "snap": [software._top_of(first + second)]}
    for row in software.read_linux(data):
        assert SOFTWARE.fault(row.values) == ""
        assert row.values["program"]
