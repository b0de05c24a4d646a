"""What is judged of a PC, as programs read it: nothing that a page shows is left out."""

import zlib
from datetime import date
from typing import Any

import msgspec
import pytest

from schooldrum_collector.judge.appraisal import Memory, Verdicts
from schooldrum_collector.judge.patches import Patches, PatchState
from schooldrum_collector.judge.posture import Check, judged
from schooldrum_collector.judge.posture_found import Known, Verdict
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.store.appraisals import values_of_appraisal
from schooldrum_collector.store.records import Appraisal, Appraised
from schooldrum_collector.web.openapi import DESCRIPTION
from schooldrum_collector.web.shown_appraisal import shown_appraisal

DAY = date(2026, 11, 22)


def shown(**judged_of: Any) -> dict[str, Any]:
    appraised = Appraised(machine="m", at=1_795_402_800.0, heard=1_795_402_800.0, basis="", body=b"")
    appraisal = Appraisal(appraised=appraised, memory=Memory(), verdicts=Verdicts(day=DAY, **judged_of))
    stored = zlib.decompress(values_of_appraisal(1, appraisal)["verdicts"])  # type: ignore[arg-type]  # a row's values
    again = msgspec.structs.replace(appraisal, verdicts=msgspec.json.decode(stored, type=Verdicts))
    return dict(msgspec.to_builtins(shown_appraisal(again)))


@pytest.mark.parametrize(
    ("told", "answered"),
    [
        ({}, {"listed": None, "list_old": False, "ended": False, "at_least": False, "published": None}),
        (
            {"listed": date(2026, 8, 19), "list_old": True, "behind": 0},
            {"listed": "2026-08-19", "list_old": True, "behind": 0, "ended": False},
        ),
        ({"ended": True}, {"ended": True, "listed": None}),
        ({"at_least": True, "published": date(2026, 9, 8)}, {"at_least": True, "published": "2026-09-08"}),
    ],
)
def test_updates_are_answered_with_the_list_they_were_counted_by(
    told: dict[str, Any], answered: dict[str, Any]
) -> None:
    patches = shown(patches=Patches(state=PatchState.UNKNOWN, **told))["patches"]
    assert {name: patches[name] for name in answered} == answered


@pytest.mark.parametrize(("asked", "name"), [("laptops", "disk encrypted (laptops)"), ("all", "disk encrypted")])
def test_a_check_keeps_its_word_and_is_called_by_the_policy_in_force(asked: str, name: str) -> None:
    checks = shown(checks=judged(Known(system="windows", sections={}), Policy(encryption=asked)))["checks"]
    assert [one["name"]["en"] for one in checks if one["check"] == "encryption"] == [name]


def test_what_an_earlier_version_has_stored_is_answered_too() -> None:
    check = msgspec.json.decode(b'{"name":"encryption","verdict":"met","reasons":[],"evidence":[]}', type=Check)
    assert check.verdict is Verdict.MET
    assert shown(checks=(check,))["checks"][0]["name"] == {
        "vi": "mã hóa ổ đĩa",
        "en": "disk encrypted",
    }


def test_the_description_of_the_api_tells_of_them() -> None:
    fields = msgspec.json.decode(DESCRIPTION)["components"]["schemas"]["PatchesShown"]
    assert {"listed", "list_old", "ended", "at_least", "published"} <= set(fields["properties"])
    assert "list_old" in fields["description"]
