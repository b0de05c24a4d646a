"""`settings show PLACE`: a name that only one place has is enough, and of several it says which there are."""

from typing import Any

import pytest
from tests.collector.commands.conftest import Typed

from schooldrum_collector.commands.settings import scopes_named
from schooldrum_collector.store.records import Register

AREAS = ("hn", "hn/q3", "q3", "hn/tin")
SCHOOLS = ("BM", "Q3", "QY")
ROOMS = ("BM/main/tin1", "BM/main/vp", "QY/co-so-2/tin1", "QY/main/vp", "QY/main/lab")


def register() -> Register:
    tree: dict[str, Any] = {
        "areas": dict.fromkeys(AREAS),
        "schools": dict.fromkeys(SCHOOLS),
        "rooms": dict.fromkeys(ROOMS),
    }
    return Register(version=1, machines={}, by_school={}, settings={}, settings_version=1, **tree)


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        ("BM", ["BM"]),
        ("bm", ["BM"]),
        ("hn", ["hn"]),
        ("tin", ["hn/tin"]),
        ("lab", ["QY/main/lab"]),
        ("LAB", ["QY/main/lab"]),
        ("tin1", ["BM/main/tin1", "QY/co-so-2/tin1"]),
        ("BM/tin1", ["BM/main/tin1"]),
        ("bm/TIN1", ["BM/main/tin1"]),
        ("main/tin1", ["BM/main/tin1"]),
        ("co-so-2/tin1", ["QY/co-so-2/tin1"]),
        (" QY/main/vp/ ", ["QY/main/vp"]),
        ("Q3", ["Q3"]),
        ("q3", ["hn/q3", "q3"]),
        ("hn/q3", ["hn/q3"]),
        ("in1", []),
        ("main", []),
        ("nowhere", []),
    ],
)
def test_a_place_is_known_by_the_end_of_its_path(name: str, scopes: list[str]) -> None:
    assert scopes_named(register(), name) == scopes


def test_settings_show_needs_no_scope_for_a_name_that_one_place_has(school: Typed) -> None:
    for name, scope in (("QY", "QY"), ("tin1", "BM/main/tin1"), ("BM/vp", "BM/main/vp"), ("/", "/")):
        shown = school("settings", "show", name, "--json")
        assert (shown.code, shown.data()["scope"], shown.err) == (0, scope, f"{name}: --scope {scope}\n")


def test_settings_show_names_every_place_of_an_ambiguous_name(school: Typed) -> None:
    assert school("room", "add", "--school", "QY", "--room", "tin1", "--name", "Tin", "--seats", "2").code == 0
    said = school("settings", "show", "tin1")
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines()[-2:] == ["  --scope BM/main/tin1", "  --scope QY/main/tin1"]
    assert "hãy ghi một trong" in school("settings", "show", "tin1", lang="vi").err
    assert "nowhere" in school("settings", "show", "nowhere").err
    both = school("settings", "show", "BM", "--scope", "QY")
    assert (both.code, "not allowed with argument" in both.err) == (2, True)
