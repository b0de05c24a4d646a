"""`software` and what `machines show` says of programs, on PCs that told them through a collector's own door."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schooldrum_collector.store.software_lists import POLICY_FILE
from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.fence import BLANK
from schooldrum_wire.section import Values

Typed = Callable[..., Any]
Served = Callable[..., Any]
POLICY = """
[[rule]]
kinds = ["lab"]
forbidden = ["class:remote_control", "name:garena *", "seven_zip < 24.07"]

[[rule]]
place = "BM/tin1"
approved = ["anydesk"]

[[rule]]
place = "NOWHERE"
forbidden = ["zalo"]
"""
TOLD: dict[str, list[Values]] = {
    "BM/tin1": [
        {"program": "UltraViewer phiên bản 6.6", "version": "6.6.23", "source": "registry", "bits": 32},
        {"program": "AnyDesk", "version": "7.0", "source": "registry"},
        {"program": "Microsoft Office Chuyên nghiệp Plus 2019", "version": "16.0", "code": "ProPlus2019Volume - vi-vn"},
        {"program": "7-Zip 23.01 (x64)", "version": "23.01", "source": "registry"},
        {"program": BLANK, "version": "1", "source": "registry"},
        {"program": "Something nobody knows", "source": "registry"},
    ],
    "QY/tin1": [
        {"program": "7-Zip 24.09", "version": "24.09", "source": "registry"},
        {"program": "AnyDesk", "version": "8.0", "source": "registry"},
    ],
    # The room has no seats in the register: its PC waits for approval.
    "BM/vp": [{"program": "Zalo", "source": "registry"}],
}

GAPS: dict[str, list[Any]] = {
    "QY/tin1": [
        {"source": "dpkg", "why": "cut", "installed": 12_875, "listed": 2},
        {"source": "flatpak", "why": "no_answer"},
    ]
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test of a worker leaves the data it made for those after it."""
    return tmp_path_factory.mktemp("told") / "data"


@pytest.fixture
def told(typed: Typed, served: Served, data: Path, template: Path, request: pytest.FixtureRequest) -> Typed:
    """Two PCs in two schools have told their programs, one has not, and a fourth waits for approval."""
    if not template.exists():
        _tell(request.getfixturevalue("school"), served("--open"))
        (data / POLICY_FILE).write_text(POLICY, "utf-8")
        data.rename(template)
    shutil.copytree(template, data)
    return typed


def _tell(school: Typed, serving: Any) -> None:
    school("room", "add", "--school", "QY", "--room", "tin1", "--name", "Phòng Tin 1", "--seats", "2")
    school("room", "add", "--school", "BM", "--room", "tin2", "--name", "Phòng Tin 2", "--seats", "2")
    for number, path in enumerate(("BM/tin1", "QY/tin1", "BM/tin2", "BM/vp"), 1):
        token = school("token", "new", "--room", path, "--uses", "1", "--json").data()["token"]
        hardware = {"uuid": (f"{number:016x}",), "board": (f"{number + 500:016x}",)}
        credential = serving.enrol(token, hardware).credential
        rows = TOLD.get(path)
        said = {"software": rows, "software_gaps": GAPS.get(path, [])} if rows else {}
        sections = {name: SECTIONS[name].digest(one) for name, one in said.items()}
        status, answer = serving.report(credential, hardware, sections=sections, rows=said)
        assert status == 200, answer
        assert b'"refused":0' in answer or b"refused" not in answer
    assert serving.stop() == 0


def test_programs_are_counted_forbidden_ones_first(told: Typed) -> None:
    listed = told("software", "list", "--json").data()
    assert (listed["machines"], listed["told"], listed["hidden"], listed["policy"]) == (3, 2, 1, True)
    counted = {one["product"]: (one["machines"], one["forbidden"], one["approved"]) for one in listed["products"]}
    assert counted == {
        "seven_zip": (2, 1, 0),
        "anydesk": (2, 1, 1),
        "ultraviewer": (1, 1, 0),
        "microsoft_office": (1, 0, 0),
        "powerpoint": (1, 0, 0),
    }
    assert all(one["forbidden"] for one in listed["products"][:3])
    assert not any(one["forbidden"] for one in listed["products"][3:])
    zip_row = next(one for one in listed["products"] if one["product"] == "seven_zip")
    assert zip_row["versions"] == {"23.01": 1, "24.09": 1}
    assert zip_row["licence"] == "open"


@pytest.mark.parametrize(
    ("words", "products"),
    [
        (("--scope", "QY"), {"seven_zip", "anydesk"}),
        (("--scope", "BM/tin1", "--class", "remote_control"), {"anydesk", "ultraviewer"}),
        (("--scope", "BM/main/tin2"), set()),
        (("--forbidden", "--scope", "BM"), {"ultraviewer", "seven_zip"}),
    ],
)
def test_programs_of_a_place_a_class_or_a_verdict(told: Typed, words: tuple[str, ...], products: set[str]) -> None:
    assert {one["product"] for one in told("software", "list", *words, "--json").data()["products"]} == products


def test_programs_are_listed_for_people(told: Typed) -> None:
    said = told("software", "list", lang="vi")
    assert said.code == 0
    first = said.out.splitlines()[1]
    assert any(name in first for name in ("7-Zip", "AnyDesk"))
    assert "≥ 2" in said.out
    assert "≥: thường được chép sang" in said.err
    assert "điều khiển từ xa" in said.out
    assert "2 trong 3 máy" in said.err
    assert "1 tên phần mềm không gửi đi" in said.err
    said = told("software", "list")
    assert "2 of 3 PCs" in said.err
    assert "≥: often copied, or installed for one person alone" in said.err
    assert "≥" not in told("software", "list", "--class", "archiver").err


def test_a_place_nobody_knows_is_refused(told: Typed) -> None:
    said = told("software", "list", "--scope", "BM/nowhere")
    assert said.code == 1
    assert "BM/nowhere" in said.err


def test_machines_show_says_what_is_forbidden(told: Typed) -> None:
    shown = told("machines", "show", "BM/tin1-01", lang="vi").out
    # The office suite is two products and one program.
    assert "Phần mềm: 6, đã biết 4" in shown
    ultraviewer, anydesk = (
        next(line for line in shown.splitlines() if line.startswith(name)) for name in ("UltraViewer", "AnyDesk")
    )
    assert "BỊ CẤM (/)" in ultraviewer
    assert "được duyệt (BM/tin1)" in anydesk
    assert "Something nobody knows" in shown
    as_data = told("machines", "show", "BM/tin1-01", "--json").data()["software"]
    assert (as_data["programs"], as_data["known"], as_data["hidden"], as_data["forbidden"]) == (6, 4, 1, 2)
    assert {one["name"]: one["verdict"] for one in as_data["products"]}["AnyDesk"] == "approved"
    assert told("machines", "show", "BM/tin2-01", "--json").data()["software"] is None


def test_what_was_not_told_is_not_said_to_be_absent(told: Typed) -> None:
    shown = told("machines", "show", "QY/tin1-01").out
    assert "Programs: 12,875 installed, 2 listed, known 2" in shown
    assert "List of dpkg: 12,875 installed, 2 listed; a forbidden program that is not found here may still" in shown
    assert "List of flatpak not read (it does not answer)" in shown
    shown = told("machines", "show", "QY/tin1-01", lang="vi").out
    assert "Phần mềm: 12.875 đã cài, 2 được gửi tên, đã biết 2" in shown
    assert "Danh sách flatpak không đọc được (không trả lời)" in shown
    as_data = told("machines", "show", "QY/tin1-01", "--json").data()["software"]
    assert (as_data["programs"], as_data["installed"], [one["source"] for one in as_data["gaps"]]) == (
        *(2, 12_875),
        ["dpkg", "flatpak"],
    )
    assert "1 of them did not tell all their programs" in told("software", "list").err
    assert told("software", "list", "--json").data()["partly"] == 1
    assert "did not tell all" not in told("software", "list", "--scope", "BM").err


def test_the_lists_are_shown_and_a_place_that_is_not_there_is_remarked(told: Typed) -> None:
    said = told("software", "policy")
    assert "seven_zip < 24.07" in said.out
    assert "NOWHERE" in said.err
    assert "BM/tin1'" not in said.err
    assert len(told("software", "policy", "--json").data()["rules"]) == 3


def test_a_level_that_no_school_has_is_said_wherever_the_list_counts(told: Typed, data: Path) -> None:
    written = POLICY.replace('kinds = ["lab"]', 'kinds = ["lab"]\nlevels = ["THSC"]')
    (data / POLICY_FILE).write_text(written, "utf-8")
    sentence = f"{data / POLICY_FILE}: no school of the register has the level 'THSC'"
    for words in (("software", "policy"), ("software", "list"), ("check",)):
        said = told(*words)
        assert sentence in said.err, words
        assert "the register has no place 'NOWHERE'" in said.err
    assert "danh mục không có trường nào cấp 'THSC'" in told("software", "policy", lang="vi").err


def test_a_faulty_list_is_named_and_does_not_hide_a_machine(told: Typed, data: Path) -> None:
    (data / POLICY_FILE).write_text('[[rule]]\nforbidden = ["anydsk"]\n', "utf-8")
    said = told("software", "list")
    assert said.code == 1
    assert "rule 1" in said.err
    assert "is anydesk meant" in said.err
    shown = told("machines", "show", "BM/tin1-01")
    assert shown.code == 0
    assert "rule 1" in shown.err


def test_without_lists_nothing_is_forbidden_and_the_way_there_is_told(told: Typed, data: Path) -> None:
    (data / POLICY_FILE).unlink()
    said = told("software", "list")
    assert POLICY_FILE in said.err
    assert not any(one["forbidden"] for one in told("software", "list", "--json").data()["products"])
    assert "--sample" in told("software", "policy").out
    assert "[[rule]]" in told("software", "policy", "--sample").out


def test_rows_are_answered_by_the_api(told: Typed, served: Served) -> None:
    machine = told("machines", "list", "--scope", "QY", "--json").data()[0]["id"]
    serving = served("--open")
    status, answer = serving.get(f"{serving.office}/api/v1/machines/{machine}/sections")
    assert status == 200
    (software,) = [one for one in msgspec.json.decode(answer)["sections"] if one["name"] == "software"]
    order = SECTIONS["software"].sorted
    assert order(software["rows"]) == order(TOLD["QY/tin1"])
