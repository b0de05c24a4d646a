"""Alerts arrive once, where they should: rules and incidents through a real Prometheus and a real Alertmanager."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.e2e.beside import Alertmanager, Hooks, Prometheus
from tests.e2e.programs import Collector, eventually, free_port

from schooldrum_collector.judge.calendar_plan import PlaceCalendar, Plan, Shift, Taught, year_of
from schooldrum_collector.judge.fault import Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Opening, State
from schooldrum_collector.show.alertmanager import ALERT
from schooldrum_collector.show.alerts_of_collector import ALIVE, DOWN
from schooldrum_collector.show.routes import configuration
from schooldrum_collector.show.rule import Role
from schooldrum_collector.show.rule_document import labels
from schooldrum_collector.show.rules import ALERTS
from schooldrum_collector.show.written_yaml import written
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Area, Machine, MachineState, Register, Room, School
from schooldrum_collector.store.sqlite import open_store

pytestmark = [pytest.mark.prometheus, pytest.mark.alertmanager]
HOSTILE = 'THCS "Bình" {{ .Labels }} {{ range }} <b onload=x> \\ %s ${HOME} \N{RIGHT-TO-LEFT MARK}\'; drop'
SETTLED_SECONDS = 4.0
"""Longer than any pause of these Prometheus and Alertmanagers: what has not come by then does not come."""
RECEIVERS = ("office", "it_officer", "it_officer BM", "it_officer HS", "administrator", "watchdog")


def always_at_school() -> PlaceCalendar:
    """A school year without a night or a day off, so that a test may run at any time."""
    today = date.today()  # noqa: DTZ011 - any zone will do: the whole year is taught
    year = year_of(today)
    whole = Taught(first=date(int(year[:4]), 8, 1), last=date(int(year[5:]), 7, 31))
    shift = Shift(hours="00:00-24:00", days=("T2", "T3", "T4", "T5", "T6", "T7", "CN"))
    return PlaceCalendar(plans=(Plan(year=year, taught=(whole,), shift=(shift,)),))


def incident(school: str, now: float) -> Incident:
    place = Place(Level.SCHOOL, school)
    unknown = {"verdict": Verdict.UNKNOWN, "degree": Degree.UNKNOWN}
    return Incident(
        number=1001,
        place=place,
        kind=Kind.OUTAGE,
        first=Opening(place=place, began=now - 300, error=60.0, measured=False, **unknown),  # type: ignore[arg-type]  # both by name
        opened=now - 120,
        began=now - 300,
        began_error=60.0,
        began_measured=False,
        evidence=Evidence(
            word="silent",
            counts={"machines": 31, "rooms": 3, "answering": 0},
            causes=(Verdict.POWER, Verdict.LINE),
        ),
        schools=(school,),
        told=now - 60,
        told_place=place,
        **unknown,  # type: ignore[arg-type]  # both by name
    )


def of_provider(now: float, *schools: str) -> Incident:
    """The provider's incident that holds down the first one, which was told before it."""
    place = Place(Level.PROVIDER, "A")
    counts = {"schools": len(schools), "of": 3, "others": 1, "measured": 0}
    return msgspec.structs.replace(
        incident(schools[0], now),
        number=1002,
        place=place,
        told=now - 30,
        told_place=place,
        schools=schools,
        seen=now,
        evidence=Evidence(word="provider_silent", counts=counts, names={"provider": ("A",)}, causes=(Verdict.LINE,)),
    )


def fill(store: Store) -> None:
    """Three areas, a school with a PC in each, of which BM's is two PCs that speak as one; HS is out, then KD as well.

    HS was told before it was known that both go by one provider.
    """
    now = time.time()
    with store.writing() as writer:
        for path, code in (("hn/q3", "BM"), ("hn", "HS"), ("hp", "KD")):
            writer.put_area(Area(path=path, name=f"{{{{ {path} }}}}"))
            writer.put_school(School(code=code, name=f"{code} {HOSTILE}", area=path))
            writer.put_room(Room(school=code, code="tin1", name=f'"Tin" {{{{ {code} }}}}', seats=1))
            writer.put_calendar(path, always_at_school())
            machine = Machine(
                id=f"m{code}",
                school=code,
                site="main",
                room="tin1",
                alias="tin1-01",
                seat=1,
                state=MachineState.ACTIVE,
                fingerprint={"uuid": (code,)},
                enrolled=now,
                conflict=code == "BM",
            )
            writer.put_machine(machine)
        writer.put_incident(msgspec.structs.replace(incident("HS", now), parent=1002))
        writer.put_incident(of_provider(now, "HS", "KD"))


def hurried(text: str) -> str:
    """The same configuration for a test: minutes become a second, an hour becomes three."""
    text = re.sub(r"(?<!\w)(for|interval|group_wait|group_interval|keep_firing_for): \d+[hms]\b", r"\1: 1s", text)
    return text.replace("[1h]", "[3s]")


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    hooks = Hooks()
    yield hooks
    hooks.close()


@pytest.fixture
def running() -> Iterator[list[Any]]:
    """What a test has started, ended after it, the last first."""
    started: list[Any] = []
    yield started
    for one in reversed(started):
        (one.stop if isinstance(one, Collector) else one.program.stop)()


def receivers(hooks: Hooks) -> str:
    return written({"receivers": [{"name": name, "webhook_configs": [{"url": f"{hooks.url}/"}]} for name in RECEIVERS]})


def test_alerts_of_rules_and_incidents_arrive_once_at_the_right_school(tmp_path, hooks, running):
    address = f"http://127.0.0.1:{free_port()}"
    collector = Collector(tmp_path / "collector", alertmanagers=address)
    # Its authority is made when it first serves.
    collector.serve()
    collector.stop()
    store = open_store(tmp_path / "collector" / "data", clock=time.time, serving=False)
    fill(store)
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "receivers.yml").write_text(receivers(hooks), "utf-8")
    collector.call("rules", "--directory", str(rules))
    made = hurried((rules / "alertmanager.yml").read_text("utf-8"))
    alertmanager = Alertmanager(tmp_path / "alertmanager", made, address)
    running.append(alertmanager)
    collector.serve()
    running.append(collector)
    # Not hurried are the collector's own death and pages that fail: this test stops it for a moment, and when it is
    # back, its own page may be read before those of the schools.
    text = hurried((rules / "schooldrum.rules.yml").read_text("utf-8"))
    for patient in (DOWN, "SchooldrumSchoolPageFails"):
        text, found = re.subn(rf"(alert: {patient}\n(?:.*\n)*?\s+for:) 1s", r"\1 5m", text)
        assert found == 1
    prometheus = Prometheus(tmp_path / "prometheus", collector.office, rules=text, alertmanager=alertmanager.address)
    running.append(prometheus)

    wanted = [
        ("it_officer", "SC-1002"),
        ("it_officer BM", "SchooldrumMachineConflict"),
        ("it_officer HS", "SC-1001"),
        ("office", "SC-1002"),
        ("watchdog", ALIVE),
    ]
    eventually(lambda: set(wanted) <= set(hooks.heard()), 60, "rule, incident and dead man's switch at their receivers")
    time.sleep(SETTLED_SECONDS)
    assert sorted(hooks.heard()) == wanted, "each of them once, and nothing else"
    said = {its["labels"].get("school", name): its["annotations"] for name, _, its in hooks.told}
    for language in ("vi", "en"):
        assert f'BM {HOSTILE} \N{EN DASH} "Tin" {{{{ BM }}}}, tin1-01: ' in said["BM"][f"summary_{language}"]
        assert f"HS {HOSTILE}: " in said["HS"][f"summary_{language}"]
        assert f"KD {HOSTILE}\n" in said["KD"][f"description_{language}"]
    assert "The office has been told, too." in said["KD"]["description_en"]
    assert "No need to call the schools: they have been told." in said["office"]["description_en"]
    assert "error" not in json.dumps(said).lower()
    assert said["BM"]["dashboard"].endswith("var-school=BM&var-room=tin1&var-machine=tin1-01")

    collector.stop()
    with store.writing() as writer:
        one = writer.machine("mBM")
        assert one is not None
        writer.put_machine(msgspec.structs.replace(one, conflict=False))
        now = time.time()
        for number in (1001, 1002):
            known = writer.incident(number)
            assert known is not None
            writer.put_incident(msgspec.structs.replace(known, state=State.CLOSED, ended=now - 1, closed=now))
    collector.serve()
    eventually(lambda: len(hooks.heard("resolved")) == 4, 60, "the end of all")
    time.sleep(SETTLED_SECONDS)
    assert sorted(hooks.heard("resolved")) == wanted[:4], "whoever got the beginning got the end, once"
    assert sorted(hooks.heard()) == wanted
    store.close()


def post(alertmanager: Alertmanager, *alerts: dict[str, str], lasting: float = 600.0) -> None:
    """Fires these (labels) for so many seconds from now; not above zero ends them."""
    now = datetime.now(UTC)
    begin, end = now - timedelta(seconds=60), now + timedelta(seconds=lasting)
    body = [
        {"labels": one, "startsAt": begin.isoformat(), "endsAt": end.isoformat(), "annotations": {}} for one in alerts
    ]
    request = urllib.request.Request(
        f"{alertmanager.url}/api/v2/alerts",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()


def told_of(school: str, scope: str, number: int, **more: str) -> dict[str, str]:
    given = {"alertname": ALERT, "incident": f"SC-{number}", "kind": "outage", "severity": "action", "scope": scope}
    return {**given, "school": school, **more}


@pytest.fixture
def alertmanager(tmp_path: Path, hooks: Hooks, running: list[Any]) -> Alertmanager:
    """One whose routes know BM and HS, at a time at which everybody is told of everything."""
    register = Register(
        version=1,
        areas={"hn": Area(path="hn", name="hn")},
        schools={code: School(code=code, name=code, area="hn") for code in ("BM", "HS")},
        rooms={},
        machines={},
        by_school={},
        settings={},
        settings_version=0,
        calendars={"hn": always_at_school()},
    )
    made = configuration(register, RECEIVERS, today=datetime.now(UTC).date())
    text = hurried(written(made)).replace("- digest", "- always") + receivers(hooks)
    started = Alertmanager(tmp_path / "alertmanager", text)
    running.append(started)
    return started


def test_alerts_wait_while_the_collector_is_away_and_nothing_is_all_clear(alertmanager, hooks):
    post(alertmanager, told_of("HS", "school", 7), lasting=8.0)
    eventually(lambda: hooks.heard() == [("it_officer HS", "SC-7")], 10, "the incident at its school")
    down = next(alert for alert in ALERTS if alert.name == DOWN)
    post(alertmanager, {"alertname": DOWN, **labels(down)})
    eventually(lambda: ("administrator", DOWN) in hooks.heard(), 10, "the collector's death at its keeper")
    children = [alert for alert in ALERTS if alert.name not in {ALIVE, DOWN} and alert.role is not Role.PRINCIPAL]
    post(alertmanager, *({"alertname": alert.name, "school": "BM", **labels(alert)} for alert in children))
    time.sleep(8.0)
    assert hooks.heard() == [("it_officer HS", "SC-7"), ("administrator", DOWN)], "all else is held down by it"
    assert hooks.heard("resolved") == [], "the incident ran out because nobody renewed it: that is no end"
    post(alertmanager, {"alertname": DOWN, **labels(down)}, lasting=-1.0)
    eventually(lambda: len(hooks.heard()) == 2 + len(children), 20, "what was held down")
    time.sleep(SETTLED_SECONDS)
    roles = {Role.IT_OFFICER: "it_officer BM", Role.OFFICE: "office", Role.ADMINISTRATOR: "administrator"}
    assert sorted(hooks.heard()[2:]) == sorted((roles[alert.role], alert.name) for alert in children), "each once"
    # The collector is back and tells what has ended meanwhile.
    post(alertmanager, told_of("HS", "school", 7), lasting=-1.0)
    eventually(lambda: ("it_officer HS", "SC-7") in hooks.heard("resolved"), 10, "the end, from who knows it")


def test_alerts_of_incidents_are_held_down_by_who_judges_and_by_nobody_else(alertmanager, hooks):
    """What is a part of another incident the collector does not tell; what it tells is told, end and all."""
    room = told_of("HS", "room", 2, site="main")
    post(alertmanager, told_of("BM", "school", 1), room)
    eventually(lambda: len(hooks.heard()) == 2, 10, "names that do not answer at BM, a switch at HS")
    post(alertmanager, told_of("BM", "room", 3, site="main"), told_of("BM", "school", 4, kind="second_line"))
    post(alertmanager, told_of("HS", "school", 5))
    eventually(lambda: len(hooks.heard()) == 5, 10, "what has another cause")
    post(alertmanager, room, lasting=-1.0)
    eventually(lambda: hooks.heard("resolved") == [("it_officer HS", "SC-2")], 10, "its end, while the school is out")
    time.sleep(SETTLED_SECONDS)
    assert sorted(hooks.heard()) == [
        *(("it_officer BM", f"SC-{number}") for number in (1, 3, 4)),
        *(("it_officer HS", f"SC-{number}") for number in (2, 5)),
    ]


def test_alerts_of_a_school_that_is_out_hold_down_what_was_measured_there(alertmanager, hooks):
    failing = next(alert for alert in ALERTS if alert.name == "SchooldrumDiskFailing")
    disk = {"alertname": failing.name, "site": "main", "room": "tin1", "machine": "tin1-01", **labels(failing)}
    post(alertmanager, told_of("BM", "school", 1), told_of("HS", "school", 2, kind="second_line"))
    eventually(lambda: len(hooks.heard()) == 2, 10, "an outage, and a line that is lost while another works")
    post(alertmanager, {**disk, "school": "BM"}, {**disk, "school": "HS"})
    eventually(lambda: ("it_officer HS", failing.name) in hooks.heard(), 10, "what is measured where PCs are heard")
    time.sleep(SETTLED_SECONDS)
    assert ("it_officer BM", failing.name) not in hooks.heard()
    post(alertmanager, told_of("BM", "school", 1), lasting=-1.0)
    eventually(lambda: ("it_officer BM", failing.name) in hooks.heard(), 15, "what waited for the school to be back")


def test_alerts_of_one_cause_in_many_schools_reach_each_officer_and_the_office_once(alertmanager, hooks):
    of_a = {"alertname": ALERT, "incident": "SC-1", "kind": "outage", "severity": "urgent", "scope": "provider"}
    parts = [told_of(school, "provider", 1, severity="information") for school in ("BM", "HS", "NEW", "NEWER")]
    post(alertmanager, of_a, *parts)
    wanted = [("it_officer BM", "SC-1"), ("it_officer HS", "SC-1"), ("office", "SC-1")]
    eventually(lambda: set(wanted) <= set(hooks.heard()), 10, "the provider's outage")
    failing = next(alert for alert in ALERTS if alert.name == "SchooldrumDiskFailing")
    disk = {"alertname": failing.name, "site": "main", "room": "tin1", "machine": "tin1-01", **labels(failing)}
    post(alertmanager, {**disk, "school": "BM"})
    time.sleep(SETTLED_SECONDS)
    both = [("it_officer", "SC-1")] * 2
    assert sorted(hooks.heard()) == sorted([*wanted, *both]), "and what is measured at a school that is out waits"
    assert hooks.messages.count("it_officer") == 1, "one message for both"
    post(alertmanager, of_a, *parts, lasting=-1.0)
    eventually(lambda: len(hooks.heard("resolved")) == 5, 15, "the end")
    assert sorted(hooks.heard("resolved")) == sorted([*wanted, *both])
    eventually(lambda: ("it_officer BM", failing.name) in hooks.heard(), 15, "what waited for the school to be back")
