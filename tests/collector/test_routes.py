"""Who is told of what: Alertmanager's own answer for a register of three areas, and files that people write wrongly."""

import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.show.receivers import Unusable, read, sample, strangers
from schooldrum_collector.show.routes import configuration, one_of, quoted
from schooldrum_collector.show.rules import ALERTS
from schooldrum_collector.show.written_yaml import understood, written
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Area, Register, School

TODAY = date(2026, 11, 22)
NAMES = (
    *("office", "office hn", "office hn/q3", "it_officer", "it_officer BM", "it_officer hp", "it_officer A.1"),
    *("principal", "principal HS", "administrator", "watchdog"),
)


def area_of(code: str) -> str:
    return {"BM": "hn/q3", "QT": "hn/q3", "HS": "hn", "KD": "hp", "HP2": "hp/ab"}.get(code, "")


REGISTER = Register(
    version=1,
    areas={path: Area(path=path, name=path) for path in ("hn", "hn/q3", "hp", "hp/ab")},
    schools={
        code: School(code=code, name=f'"{code}" {{{{ x }}}}', area=area_of(code))
        for code in ("BM", "QT", "HS", "KD", "HP2", "A.1", "TD")
    },
    rooms={},
    machines={},
    by_school={},
    settings={},
    settings_version=0,
)
INCIDENT = "alertname=SchooldrumIncident"


def configured(path: Path, names: tuple[str, ...]) -> Path:
    receivers = {"receivers": [{"name": name} for name in names]}
    path.write_text(written({**configuration(REGISTER, names, today=TODAY), **receivers}), "utf-8")
    return path


def routed(file: Path, *labels: str) -> set[str]:
    said = subprocess.run(
        ["amtool", "config", "routes", "test", f"--config.file={file}", *labels],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return set(said.stdout.strip().split(","))


@pytest.mark.alertmanager
@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ((INCIDENT, "school=BM", "scope=school", "severity=action"), {"it_officer BM"}),
        ((INCIDENT, "school=QT", "scope=room", "severity=action"), {"it_officer"}),
        ((INCIDENT, "school=HS", "scope=school", "severity=action"), {"it_officer"}),
        ((INCIDENT, "school=KD", "scope=school", "severity=action"), {"it_officer hp"}),
        ((INCIDENT, "school=HP2", "scope=school", "severity=action"), {"it_officer hp"}),
        ((INCIDENT, "school=A.1", "scope=school", "severity=action"), {"it_officer A.1"}),
        ((INCIDENT, "school=AX1", "scope=school", "severity=action"), {"it_officer"}),
        ((INCIDENT, "school=NEW", "scope=school", "severity=action"), {"it_officer"}),
        ((INCIDENT, "scope=area", "area=hn", "severity=urgent"), {"office hn"}),
        ((INCIDENT, "scope=area", "area=hn/q3", "severity=urgent"), {"office hn/q3"}),
        ((INCIDENT, "scope=area", "area=hn/q30", "severity=urgent"), {"office hn"}),
        ((INCIDENT, "scope=area", "area=hp", "severity=urgent"), {"office"}),
        ((INCIDENT, "scope=provider", "severity=urgent"), {"office"}),
        ((INCIDENT, "scope=provider", "severity=information", "school=BM"), {"it_officer BM"}),
        ((INCIDENT, "scope=provider", "severity=information", "school=QT"), {"it_officer"}),
        ((INCIDENT, "scope=area", "severity=urgent", "school=HP2"), {"it_officer hp"}),
        ((INCIDENT, "scope=area", "severity=urgent", "school=NEW"), {"it_officer"}),
        (
            (INCIDENT, "scope=service", "kind=service", "severity=information"),
            {"office", "office hn", "office hn/q3", "it_officer", "it_officer BM", "it_officer hp", "it_officer A.1"},
        ),
        ((INCIDENT, "scope=service", "kind=outage", "severity=urgent"), {"office", "administrator"}),
        (("alertname=SchooldrumSchoolOutAllDay", "role=office", "severity=action", "school=BM"), {"office hn/q3"}),
        (("alertname=SchooldrumSchoolOutAllDay", "role=office", "severity=action", "school=KD"), {"office"}),
        (("alertname=SchooldrumLessonsLost", "role=principal", "severity=information", "school=BM"), {"principal"}),
        (("alertname=SchooldrumLessonsLost", "role=principal", "severity=information", "school=HS"), {"principal HS"}),
        (("alertname=SchooldrumPatchesLate", "role=it_officer", "severity=digest", "school=BM"), {"it_officer BM"}),
        (("alertname=SchooldrumDiskFailing", "role=it_officer", "severity=action", "school=KD"), {"it_officer hp"}),
        (("alertname=SchooldrumListOld", "role=administrator", "severity=digest"), {"administrator"}),
        (("alertname=SchooldrumCollectorDown", "role=administrator", "severity=urgent"), {"administrator"}),
        (("alertname=SchooldrumAlive", "role=watchdog", "severity=none"), {"watchdog"}),
        (("alertname=SomebodyElses",), {"office"}),
    ],
)
def test_routes_lead_to_whoever_can_act(tmp_path, labels, told):
    assert routed(configured(tmp_path / "alertmanager.yml", NAMES), *labels) == told


@pytest.mark.alertmanager
@pytest.mark.parametrize("names", [("office",), NAMES, ("office", "it_officer"), ("office", "principal KD")])
def test_routes_are_taken_by_alertmanager_whoever_is_there(tmp_path, names):
    file = configured(tmp_path / "alertmanager.yml", names)
    checked = subprocess.run(["amtool", "check-config", file], capture_output=True, text=True, check=False, timeout=30)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    if names == ("office",):
        for alert in ALERTS:
            assert routed(file, f"alertname={alert.name}", f"role={alert.role.value}", "school=BM") == {"office"}


def many(names: tuple[str, ...]) -> list[Any]:
    """The routes by which schools are told of an incident of many."""
    made: Any = configuration(REGISTER, names, today=TODAY)
    return [one for one in made["route"]["routes"] if 'scope=~"area|provider"' in one["matchers"]]


def test_routes_of_many_schools_lead_to_each_officer_once_and_to_no_office():
    told = many(NAMES)
    assert [one["receiver"] for one in told] == [
        *("it_officer", "it_officer A.1", "it_officer BM", "it_officer hp"),
        "it_officer",
    ]
    assert all(one["group_by"] == ["alertname", "incident"] and "mute_time_intervals" not in one for one in told)
    assert many(("office", "it_officer BM"))[-1]["mute_time_intervals"] == ["always"], "the office has its own message"
    (alone,) = many(("office",))
    assert (alone["receiver"], alone["mute_time_intervals"]) == ("office", ["always"])


@given(
    values=st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=4, unique=True), other=st.text(max_size=12)
)
def test_routes_match_these_values_and_no_others(values, other):
    found = re.fullmatch(r'school(=~?)"(.*)"', one_of("school", values), re.DOTALL)
    assert found
    assert "\n" not in found[0]
    # As both of Alertmanager's readers take a quoted value: a backslash before a quote, an n, or itself.
    plain = re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] == "n" else escaped[1], found[2], flags=re.DOTALL)
    for value in (*values, other):
        is_match = plain == value if found[1] == "=" else re.fullmatch(plain, value) is not None
        assert is_match == (value in values)


def test_routes_quotes_hide_nothing():
    assert quoted('a"b\\c\nd{{ x }}') == '"a\\"b\\\\c\\nd{{ x }}"'


@pytest.mark.parametrize("language", ["vi", "en"])
def test_receivers_as_first_written_are_valid_and_tell_nobody(language):
    found = read(sample(Say(language)), Say(language))
    assert found.names == {"office"}
    explained = re.findall(r"- name: (\w+(?: [\w/]+)?)", sample(Say(language)))
    assert len(explained) > len(found.names)
    assert strangers(REGISTER, explained) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "office"),
        ("receivers: []", "office"),
        ("receivers: office", "office"),
        ("receivers: [{name: it_officer}]", "office"),
        ("receivers: [{name: office}, {}]", "needs a name"),
        ("receivers: [{name: office}, {name: [x]}]", "needs a name"),
        ("receivers: [{name: office}, {name: office}]", "twice office"),
        ("receivers: [{name: office}]\nroute: {}", "take out route"),
        ("receivers: [{name: office}]\nreceivers: []", "twice in it: receivers"),
        ("- name: office", "cannot be read"),
        ("receivers: [", "cannot be read"),
        ("receivers: !!python/object/apply:os.system [id]", "office"),
        ("a: " + "[" * 5000, "cannot be read"),
        ("#" * (2 << 20), "longer"),
    ],
)
def test_receivers_that_cannot_be_used_are_refused_in_words(text, said):
    with pytest.raises(Unusable, match=re.escape(said)):
        read(text, Say("en"))


def test_receivers_that_nobody_is_told_by_are_named():
    names = [*NAMES, "teacher", "it_officer ", "it_officer XX", "office BM", "watchdog hn", "principal hn/q3"]
    assert strangers(REGISTER, names) == ["it_officer ", "it_officer XX", "office BM", "teacher", "watchdog hn"]


printable = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" \n"))


@given(document=st.dictionaries(st.text("abc", min_size=1), printable | st.lists(printable), max_size=4))
def test_written_yaml_is_understood_as_it_was_meant(document):
    assert understood(written(document, "about")) == document
