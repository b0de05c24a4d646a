"""`posture`: what the safety checks ask for at a place, and whose rule says so."""

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from schooldrum_collector.commands.posture import VALUES
from schooldrum_collector.judge.posture_checks import CHECKS, INFORMATION, PROBES
from schooldrum_collector.judge.posture_policy import Policy, read
from schooldrum_collector.store.posture_rules import POLICY_FILE
from schooldrum_collector.store.software_lists import POLICY_FILE as SOFTWARE_FILE

RULES = """
dated = 2026-09-01

[[rule]]
most_administrators = 1

[[rule]]
levels = ["TH"]
most_patch_days = 60

[[rule]]
place = "hn"
remote_desktop = "off"

[[rule]]
place = "BM"
most_patch_days = 30

[[rule]]
place = "BM/tin1"
autologon_allowed = true

[[rule]]
place = "NOWHERE"
encryption = "all"
"""


@pytest.fixture
def office(typed, data) -> Path:
    """An office with two schools and rules of its own."""
    sheet = data.parent / "places.csv"
    sheet.write_text(
        "area,area_name,school,school_name,school_level,room,room_name,kind,seats\n"
        "hn,Hà Nội,BM,THCS Bình Minh,THCS,tin1,Phòng Tin 1,lab,40\n"
        "hn,Hà Nội,QY,TH Quỳnh Yên,TH,tin1,Phòng Tin 1,lab,20\n",
        "utf-8",
    )
    assert typed("import", str(sheet)).code == 0
    (data / POLICY_FILE).write_text(RULES, "utf-8")
    folder: Path = data
    return folder


def in_force(typed, scope: str) -> dict[str, Any]:
    said = typed("posture", "show", "--scope", scope, "--json")
    assert said.code == 0, said.err
    found: dict[str, Any] = said.data()["in_force"]
    return found


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        ("/", {"most_patch_days": (14, "/", True), "most_administrators": (1, "/", False)}),
        ("hn", {"remote_desktop": ("off", "hn", False), "most_patch_days": (14, "/", True)}),
        ("BM", {"most_patch_days": (30, "BM", False), "remote_desktop": ("off", "hn", False)}),
        ("QY", {"most_patch_days": (60, "/", False), "autologon_allowed": (False, "/", True)}),
        ("BM/tin1", {"autologon_allowed": (True, "BM/main/tin1", False), "most_patch_days": (30, "BM", False)}),
    ],
)
@pytest.mark.usefixtures("office")
def test_the_nearest_rule_wins_and_is_named(typed, scope, wanted):
    found = in_force(typed, scope)
    assert found.keys() == set(Policy.__struct_fields__)
    assert {name: (found[name]["value"], found[name]["place"], found[name]["shipped"]) for name in wanted} == wanted


@pytest.mark.usefixtures("office")
def test_people_read_values_places_and_what_does_not_hold_everywhere(typed):
    said = typed("posture", "show", "--scope", "/")
    assert said.code == 0
    assert "most_patch_days" in said.out
    assert f"{POLICY_FILE}, /" in said.out
    for words in ("TH", "BM", "'NOWHERE'"):
        assert words in said.err, said.err
    at_school = typed("posture", "show", "--scope", "QY")
    assert "TH" not in at_school.err.replace("'NOWHERE'", "")
    in_vietnamese = typed("posture", "show", "--scope", "BM", lang="vi")
    assert "bản vá bảo mật" in in_vietnamese.out


@pytest.mark.parametrize("words", [("posture", "show"), ("check",)])
def test_a_level_and_a_place_that_no_school_has_are_said(typed, office, words):
    rules = 'dated = 2026-09-01\n[[rule]]\nlevels = ["THSC", "TH"]\nmost_patch_days = 3\n'
    (office / POLICY_FILE).write_text(rules + '[[rule]]\nplace = "NOWHERE"\nmost_patch_days = 3\n', "utf-8")
    said = typed(*words)
    assert said.code == 0, said.err
    assert f"{office / POLICY_FILE}: no school of the register has the level 'THSC' (there are: TH, THCS)" in said.err
    assert "the level 'TH'" not in said.err
    assert f"{office / POLICY_FILE}: the register has no place 'NOWHERE'" in said.err
    assert "không có trường nào cấp 'THSC'" in typed(*words, lang="vi").err


def test_at_least_one_administrator_must_be_allowed(typed, office):
    (office / POLICY_FILE).write_text("dated = 2026-09-01\n[[rule]]\nmost_administrators = 0\n", "utf-8")
    said = typed("posture", "show")
    assert (said.code, "rule 1, most_administrators: cannot be used; allowed: 1..50" in said.err) == (1, True)


def test_check_says_what_is_wrong_in_the_readers_language(typed, office):
    (office / POLICY_FILE).write_text("dated = 2026-09-01\n[[rule]]\nmost_administrators = 0\n", "utf-8")
    for language, told in (
        ("en", "cannot be used; allowed: 1..50"),
        ("vi", "giá trị không dùng được; được phép: 1..50"),
    ):
        said = typed("check", lang=language)
        assert (said.code, told in f"{said.out}{said.err}") == (1, True)


def test_without_own_rules_the_shipped_ones_hold_and_it_says_how_to_write_some(typed, office):
    (office / POLICY_FILE).unlink()
    said = typed("posture", "show")
    assert (said.code, "posture sample" in said.err) == (0, True)
    assert typed("posture", "show", "--json").data()["file"] is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
@pytest.mark.parametrize(
    ("file", "words"), [(POLICY_FILE, ("posture", "show")), (SOFTWARE_FILE, ("software", "policy"))]
)
def test_a_pipe_in_the_rules_place_hangs_nobody(typed, office, file, words):
    (office / file).unlink(missing_ok=True)
    os.mkfifo(office / file)
    said = typed(*words)
    assert said.code == 1
    assert f"{office / file}: cannot be read (no regular file)" in said.err
    assert "cần một tệp thường" in typed(*words, lang="vi").err


@pytest.mark.parametrize(
    ("file", "words", "text", "sentence"),
    [
        (POLICY_FILE, ("posture", "show"), "dated = 2026-11-21\n[[rule]]\nmost_patchdays = 3",
         "rule 1: không có khóa 'most_patchdays'; được phép: place, levels, kinds, most_patch_days"),
        (POLICY_FILE, ("posture", "show"), 'dated = 2026-11-21\n[[rule]]\nkinds = ["labb"]',
         "rule 1, kinds: không có loại phòng 'labb'; được phép: lab, "),
        (SOFTWARE_FILE, ("software", "policy"), '[[rule]]\nforbiden = ["zalo"]', "rule 1: không có khóa 'forbiden'"),
        (SOFTWARE_FILE, ("software", "list"), '[[rule]]\nforbidden = ["zal0"]',
         "rule 1: 'zal0' không dùng được; được phép: CODE, CODE < VERSION, class:CLASS, name:PATTERN; có phải zalo?"),
        (SOFTWARE_FILE, ("software", "policy"), '[[rule]]\nplace = "BM"\n[[rule]]\nplace = "BM"',
         "rule 2: nơi 'BM' đã có ở rule 1"),
        (SOFTWARE_FILE, ("software", "policy"), "a = ?\n", "dòng 1, cột 5: không đúng dạng TOML"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_rules_is_said_in_the_readers_language(typed, office, file, words, text, sentence):
    (office / file).write_text(text, "utf-8")
    said = typed(*words, lang="vi")
    assert said.code == 1
    assert f"{office / file}: {sentence}" in said.err
    assert "$" not in said.err


def test_rules_that_cannot_be_used_are_named(typed, office):
    (office / POLICY_FILE).write_text("dated = 2026-09-01\n[[rule]]\nmost_patch_days = 0\n", "utf-8")
    said = typed("posture", "show")
    assert said.code == 1
    assert POLICY_FILE in said.err


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_sample_is_a_file_that_can_be_used(typed, language):
    said = typed("posture", "sample", lang=language)
    assert said.code == 0
    assert len(read(said.out).rule) == 2
    assert tomllib.loads(said.out)["dated"]
    assert all(name in said.out for name in VALUES)


def test_every_value_is_explained_and_every_check_has_its_source():
    assert VALUES.keys() == set(Policy.__struct_fields__)
    assert PROBES.keys() == {*CHECKS, *INFORMATION}
