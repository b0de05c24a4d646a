import os
import re
import subprocess
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from schooldrum_collector.judge.appraisal import Kept, packed_kept
from schooldrum_collector.judge.availability import Availability
from schooldrum_collector.judge.fault import Degree, Evidence, Level, Place, Verdict
from schooldrum_collector.judge.fault import Kind as FaultKind
from schooldrum_collector.judge.incident import Incident, Opening
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.judge.lost_time import Group, Lost, Reckoned
from schooldrum_collector.judge.places import PlacePresence, PlaceState, SchoolPlaces
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.show.aggregates import FailureMemory, schools_page
from schooldrum_collector.show.exposition import render, school_page
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.store.records import Appraised, Area, Latest, Machine, MachineState, Register, Room, School
from schooldrum_wire.catalogue import (
    METRICS,
    agent,
    clock,
    cpu,
    disk,
    interfaces,
    memory,
    operating_system,
    posture,
    storage,
    updates,
    uptime,
)
from schooldrum_wire.encoding import encode
from schooldrum_wire.metric import Kind, Lasts, Metric
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.result import Result

GOLDEN = Path(__file__).parent / "golden"
NOW = 1_795_402_800.0
CLOCK = NOW - 7200.5
"""The PC of the golden page booted two hours ago."""


def machine(seat: int, **more: object) -> Machine:
    fields: dict[str, object] = {
        "id": f"m{seat}",
        "school": "DEMO",
        "site": "main",
        "room": "tin1",
        "alias": f"tin1-{seat:02}",
        "seat": seat,
        "state": MachineState.ACTIVE,
        "fingerprint": {},
        "enrolled": NOW - 86400,
    }
    return Machine(**{**fields, **more})  # type: ignore[arg-type]  # a table's fields


def register_of(
    *machines: Machine, code: str = "DEMO", settings: dict[str, dict[str, object]] | None = None
) -> Register:
    room = Room(school=code, code="tin1", name='Phòng "Tin 1"\\', seats=40)
    return Register(
        version=3,
        areas={},
        schools={code: School(code=code, name="Trường thử nghiệm", area="hn/q3", level="THCS")},
        rooms={room.path: room},
        machines={one.id: one for one in machines},
        by_school={code: tuple(one.id for one in machines)},
        settings=settings or {},
        settings_version=1,
    )


def typical_results(boottime: float) -> tuple[Result, ...]:
    """A lab PC with a wired and a wireless interface and two volumes, every probe a few seconds old."""
    wired, wireless = {"interface": "ethernet0"}, {"interface": "wifi0"}
    said: dict[str, tuple[Reading, ...]] = {
        "cpu": (cpu.CPU_USAGE_RATIO(0.125),),
        "memory": (memory.MEMORY_SIZE_BYTES(8_472_000_000), memory.MEMORY_AVAILABLE_BYTES(3_100_000_000)),
        "disk": tuple(
            reading
            for volume, size in (("C:", 120_000_000_000), ("D:", 380_000_000_000))
            for reading in (disk.DISK_SIZE_BYTES(size, volume=volume), disk.DISK_FREE_BYTES(size / 4, volume=volume))
        ),
        "interfaces": (
            interfaces.INTERFACE_UP(1, **wired),
            interfaces.INTERFACE_SPEED_BYTES(125_000_000, **wired),
            interfaces.INTERFACE_HALF_DUPLEX(0, **wired),
            interfaces.INTERFACE_RECEIVE_BYTES(123_456_789, **wired),
            interfaces.INTERFACE_TRANSMIT_BYTES(9_876_543, **wired),
            interfaces.INTERFACE_ERRORS(0, **wired),
            interfaces.INTERFACE_DROPS(12, **wired),
            interfaces.INTERFACE_UP(0, **wireless),
        ),
        "uptime": (uptime.BOOT_TIMESTAMP(boottime), uptime.POWER_ON_TIMESTAMP(boottime)),
        "clock": (clock.CLOCK_STEPS(0),),
        "agent": (
            agent.AGENT_CPU_SECONDS(0.42),
            agent.AGENT_RESIDENT_MEMORY_BYTES(22_000_000),
            agent.AGENT_START_TIMESTAMP(boottime - 20),
            agent.AGENT_SPOOL_RESULTS(7),
            agent.AGENT_SPOOL_OLDEST_TIMESTAMP(1),
            agent.AGENT_SPOOL_DROPPED(0),
            agent.AGENT_SET_ASIDE(0),
        ),
    }
    return tuple(
        Result(probe=probe, seq=seq, outcome="ok", boottime=boottime, wall=NOW, readings=readings)
        for seq, (probe, readings) in enumerate(said.items(), 1)
    )


def packed(*results: Result, boot: str = "b1", live: bool = True) -> bytes:
    delivery = Delivery(
        reports=(Report(run="r1", boot=boot, results=results, live=live),),
        now=Now(boot=boot, boottime=7200.5, wall=NOW),
    )
    return zlib.compress(encode(delivery), 1, 31)


def latest(seat: int, body: bytes, **more: object) -> Latest:
    fields: dict[str, object] = {
        "machine": f"m{seat}",
        "heard": NOW - 5,
        "received": NOW - 5,
        "body": body,
        "run": "r1",
        "boot": "b1",
        "clock": CLOCK,
        "skew": -3.25,
        "beat": 60,
        "agent": "0.1.0",
        "system": "windows",
    }
    return Latest(**{**fields, **more})  # type: ignore[arg-type]  # a table's fields


def always(state: State):
    return lambda _machine, _heard: Presence(state=state)


def counted_as(**states: State):
    return lambda machines, _known: Counter(states[one.id] for one in machines if one.id in states)


def appraised(seat: int, kept: Kept) -> Appraised:
    return Appraised(machine=f"m{seat}", at=NOW - 60, heard=NOW - 90, basis="b", body=packed_kept(kept))


def page(
    register: Register,
    known: list[Latest],
    state: State = State.ONLINE,
    *,
    judged: Sequence[Appraised] = (),
    openmetrics: bool = False,
) -> str:
    return render(register, "DEMO", known, always(state), NOW, appraised=judged, openmetrics=openmetrics).decode()


def golden_page(*, openmetrics: bool) -> str:
    failing = (
        *typical_results(7195.5)[:2],
        Result(probe="disk", seq=9, outcome="timed_out", boottime=7195.5, wall=NOW, reason="15 s"),
        Result(probe="host", seq=10, outcome="unavailable", boottime=7195.5, wall=NOW),
    )
    register = register_of(
        machine(1),
        machine(2, conflict=True),
        machine(3),
        machine(4),
        machine(5, state=MachineState.PENDING),
        machine(6, state=MachineState.RETIRED),
    )
    known = [
        latest(1, packed(*typical_results(7195.5)), frozen=True),
        latest(2, packed(*failing), skew=3600.0),
        latest(3, packed(*typical_results(7195.5)), heard=NOW - 7200, system="linux"),
        latest(5, packed(*typical_results(7195.5))),
        latest(6, packed(*typical_results(7195.5))),
    ]
    states = {"m1": State.ONLINE, "m2": State.ONLINE, "m3": State.SILENT, "m4": State.NEVER}
    judged = lambda one, _heard: Presence(state=states[one.id])  # noqa: E731 - a table's look-up
    return render(register, "DEMO", known, judged, NOW, openmetrics=openmetrics).decode()


@pytest.mark.parametrize(("name", "openmetrics"), [("school.prom", False), ("school.openmetrics", True)])
def test_the_golden_page(name: str, openmetrics: bool):  # noqa: FBT001 - a table's column
    # A change on purpose: SCHOOLDRUM_GOLDEN=write pytest tests/collector/test_exposition.py, then read the diff.
    made = golden_page(openmetrics=openmetrics)
    if os.environ.get("SCHOOLDRUM_GOLDEN") == "write":
        (GOLDEN / name).write_text(made, encoding="utf-8")
    assert made == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("skew", "shown"), [(-0.0002, "0.000"), (-0.0, "0.000"), (-0.0006, "-0.001"), (2.0, "2.000")])
def test_a_clock_that_is_right_is_not_behind_by_nothing(skew: float, shown: str):
    known = [latest(1, packed(*typical_results(7195.5)), skew=skew)]
    (line,) = (one for one in page(register_of(machine(1)), known).splitlines() if one.startswith("school_clock_skew"))
    assert line.rpartition(" ")[2] == shown


@pytest.mark.prometheus
@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("*.prom")), ids=lambda path: path.name)
def test_promtool_finds_nothing_to_say_about_a_golden_page(golden: Path):
    try:
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=golden.read_bytes(), capture_output=True, check=False, timeout=60
        )
    except FileNotFoundError:
        pytest.skip("promtool is not here: apt install prometheus")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found = [
        ((sample.name, tuple(sorted(sample.labels.items()))), sample.value)
        for family in parse_text(text)
        for sample in family.samples
    ]
    assert len(found) == len(dict(found)), "a series stands twice"
    return dict(found)


def test_both_formats_say_the_same_and_their_parsers_agree():
    text, openmetrics = golden_page(openmetrics=False), golden_page(openmetrics=True)
    families = list(parse_openmetrics(openmetrics))
    assert len({family.name for family in families}) == len(families)
    from_openmetrics = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value for f in families for sample in f.samples
    }
    assert samples(text) == from_openmetrics
    assert openmetrics.endswith("# EOF\n")


def test_each_metric_s_help_and_type_stand_once_and_in_order():
    text = golden_page(openmetrics=False)
    types = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    assert [name for name, _ in types] == sorted({name for name, _ in types})
    assert all(kind == ("counter" if name.endswith("_total") else "gauge") for name, kind in types)


def test_a_typical_pc_has_at_most_forty_series():
    text = page(register_of(machine(1)), [latest(1, packed(*typical_results(7195.5)), frozen=False)])
    # What is judged of it adds at most a dozen (see test_judge_appraisal.py), its way to the internet about eight.
    assert 18 <= len(samples(text)) <= 24


def test_pending_and_retired_machines_are_not_shown_whatever_they_sent():
    text = golden_page(openmetrics=False)
    assert "tin1-04" in text
    assert "tin1-05" not in text
    assert "tin1-06" not in text


def test_what_is_heard_ends_when_the_machine_is_not_online():
    known = [latest(1, packed(*typical_results(7195.5)))]
    for state in (State.OFF, State.SILENT):
        text = page(register_of(machine(1)), known, state)
        names = {name for name, _ in samples(text)}
        assert names == {
            "school_machine_presence",
            "school_machine_info",
            "school_machine_last_report_timestamp_seconds",
        }
        assert f'state="{state.value}"' in text


@pytest.mark.parametrize(
    ("age", "pace", "is_shown"), [(0, 0, True), (660, 0, True), (661, 0, False), (661, 3600, True), (7261, 3600, False)]
)
def test_what_is_heard_ends_when_its_result_is_too_old(age: float, pace: int, is_shown: bool):  # noqa: FBT001 - a table's column
    result = Result(
        probe="cpu", seq=1, outcome="ok", boottime=7200.5 - age, wall=0.0, readings=(cpu.CPU_LOGICAL_PROCESSORS(4),)
    )
    register = register_of(machine(1), settings={"": {"pace": {"cpu": pace}}} if pace else {})
    assert ("school_cpu_logical_processors" in page(register, [latest(1, packed(result))])) is is_shown


@pytest.fixture
def kept_metric(monkeypatch: pytest.MonkeyPatch) -> Metric:
    """No probe measures what outlasts switching off yet: a stand-in is declared for the time of a test."""
    metric = Metric("school_test_supported", Kind.GAUGE, "A stand-in.", lasts=Lasts.KEPT)
    monkeypatch.setitem(METRICS, metric.name, metric)
    return metric


def test_what_is_kept_is_shown_with_its_evidence_when_the_machine_is_off(kept_metric: Metric):
    day = 86400.0
    results = (
        Result(probe="support", seq=1, outcome="ok", boottime=100.0, wall=0.0, readings=(kept_metric(1),)),
        Result(probe="support", seq=9, outcome="denied", boottime=200.0, wall=0.0),
    )
    text = page(register_of(machine(1)), [latest(1, packed(*results), clock=NOW - 30 * day)], State.OFF)
    place = 'school="DEMO",site="main",room="tin1",machine="tin1-01"'
    assert f"school_test_supported{{{place}}} 1.0\n" in text
    assert f'school_evidence_timestamp_seconds{{{place},probe="support"}} {NOW - 30 * day + 100:.0f}\n' in text
    assert "school_probe_failed" not in text


def test_an_age_becomes_a_timestamp_of_the_collector_s_clock():
    known = [latest(1, packed(*typical_results(7195.5)), skew=10 * 365 * 86400.0)]
    found = {name: value for (name, _), value in samples(page(register_of(machine(1)), known)).items()}
    assert found["school_boot_timestamp_seconds"] == pytest.approx(CLOCK, abs=1)
    assert found["school_agent_spool_oldest_timestamp_seconds"] == pytest.approx(NOW - 6, abs=1)


@pytest.mark.parametrize(
    ("outcome", "is_shown"),
    [("denied", True), ("failed", True), ("timed_out", True), ("unavailable", False), ("ok", False), ("eaten", False)],
)
def test_probes_that_fail_are_named(outcome: str, is_shown: bool):  # noqa: FBT001 - a table's column
    result = Result(probe="disk", seq=1, outcome=outcome, boottime=7195.5, wall=0.0)
    text = page(register_of(machine(1)), [latest(1, packed(result))])
    assert (f'probe="disk",outcome="{outcome}"' in text) is is_shown


def test_only_the_newest_run_of_a_probe_says_whether_it_fails():
    failed = Result(probe="disk", seq=1, outcome="failed", boottime=7000.0, wall=0.0)
    worked = Result(probe="disk", seq=2, outcome="ok", boottime=7100.0, wall=0.0)
    assert "school_probe_failed" not in page(register_of(machine(1)), [latest(1, packed(failed, worked))])


def test_nothing_an_agent_sends_mints_a_name_a_place_or_a_second_series():
    forged = (
        Reading("school_invented", 1.0, {}),
        Reading("school_machine_presence", 1.0, {"state": "online"}),
        Reading("school_cpu_logical_processors", 4.0, {"school": "OTHER"}),
        Reading("school_disk_size_bytes", 4.0, {"machine": "tin1-02"}),
        Reading("school_disk_size_bytes", 4.0, {}),
        Reading("school_disk_size_bytes", 5.0, {"volume": 'C:"} 1\nschool_disk_size_bytes{volume="x\\'}),
    )
    results = (
        Result(probe="disk", seq=1, outcome="ok", boottime=7000.0, wall=0.0, readings=forged),
        Result(probe="other", seq=2, outcome="ok", boottime=7001.0, wall=0.0, readings=forged),
        Result(probe='x",machine="tin1-09', seq=3, outcome="failed", boottime=7001.0, wall=0.0),
        *(Result(probe=f"p{n}", seq=n, outcome="failed", boottime=6000.0 - n, wall=0.0) for n in range(10, 500)),
    )
    known = [latest(1, packed(*results), agent='1"} 2\n', system="ok")]
    found = samples(page(register_of(machine(1)), known))
    counts = Counter(name for name, _ in found)
    assert counts["school_machine_presence"] == 1
    assert counts["school_disk_size_bytes"] == 1
    assert counts["school_probe_failed"] <= 40
    assert {"school_invented", "school_cpu_logical_processors"}.isdisjoint(counts)
    for _, labels in found:
        assert dict(labels)["school"] == "DEMO"
        assert dict(labels)["machine"] == "tin1-01"


def test_a_report_of_another_boot_than_its_clock_shows_no_reading():
    text = page(register_of(machine(1)), [latest(1, packed(*typical_results(7195.5), boot="b0"))])
    assert "school_cpu" not in text
    assert "school_machine_info" in text


@pytest.mark.parametrize(
    "body",
    [b"garbage", b"\x1f\x8b\x08", packed(live=False), zlib.compress(b"{}", 1, 31), zlib.compress(b"[1", 1, 31)],
)
def test_a_body_that_cannot_be_opened_costs_only_its_own_readings_and_is_counted(body: bytes):
    lost: list[str] = []
    register = register_of(machine(1), machine(2))
    known = [latest(1, body), latest(2, packed(*typical_results(7195.5)))]
    pieces = school_page(register, "DEMO", known, always(State.ONLINE), NOW, unreadable=lost.append)
    text = b"".join(pieces).decode()
    assert lost == ["m1"]
    assert 'school_machine_presence{school="DEMO",site="main",room="tin1",machine="tin1-01",state="online"} 1' in text
    assert 'school_cpu_usage_ratio{school="DEMO",site="main",room="tin1",machine="tin1-02"} 0.125' in text


def test_a_body_larger_than_any_may_be_is_not_unpacked():
    bomb = zlib.compress(b" " * (9 << 20), 9, 31)
    lost: list[str] = []
    pieces = school_page(
        register_of(machine(1)), "DEMO", [latest(1, bomb)], always(State.ONLINE), NOW, unreadable=lost.append
    )
    assert b"school_machine_presence" in b"".join(pieces)
    assert lost == ["m1"]


def test_a_machine_that_was_never_heard_has_one_series():
    assert len(samples(page(register_of(machine(1)), [], State.NEVER))) == 1


def test_a_school_without_machines_is_an_empty_page():
    assert page(register_of(), []) == ""
    assert page(register_of(), [], openmetrics=True) == "# EOF\n"


label_text = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=60)


@given(name=label_text, volume=label_text, alias=label_text)
def test_any_text_survives_both_parsers(name: str, volume: str, alias: str):
    volume = f'{volume}\\\n"'
    register = register_of(machine(1, alias=alias), code="DEMO")
    register = msgspec.structs.replace(register, schools={"DEMO": School(code="DEMO", name=f'{name}\\"\n')})
    result = Result(
        probe="disk",
        seq=1,
        outcome="ok",
        boottime=7195.5,
        wall=0.0,
        readings=(Reading("school_disk_size_bytes", 1.5e300, {"volume": volume}),),
    )
    for openmetrics, parse in ((False, parse_text), (True, parse_openmetrics)):
        text = page(register, [latest(1, packed(result))], openmetrics=openmetrics)
        (sample,) = next(family for family in parse(text) if family.name == "school_disk_size_bytes").samples
        assert sample.labels["volume"] == volume
        assert sample.labels["machine"] == alias
        assert sample.value == 1.5e300
        about = b"".join(
            schools_page(register, ["DEMO"], lambda _code: [], counted_as(), FailureMemory(), openmetrics=openmetrics)
        ).decode()
        (info,) = next(family for family in parse(about) if family.name == "school_info").samples
        assert info.labels["name"] == f'{name}\\"\n'


def aggregates(*, openmetrics: bool, memory: FailureMemory | None = None) -> str:
    machines = [machine(n) for n in range(1, 5)]
    register = register_of(*machines, machine(5, state=MachineState.PENDING))
    failed = Result(probe="disk", seq=1, outcome="denied", boottime=7195.5, wall=0.0)
    known = [latest(n, packed(failed)) for n in (1, 2, 3, 5)]
    counted = counted_as(m1=State.ONLINE, m2=State.ONLINE, m3=State.OFF, m4=State.NEVER)
    pieces = schools_page(
        register, ["DEMO"], lambda _code: known, counted, memory or FailureMemory(), openmetrics=openmetrics
    )
    return b"".join(pieces).decode()


@pytest.mark.parametrize(("name", "openmetrics"), [("schools.prom", False), ("schools.openmetrics", True)])
def test_the_golden_page_of_all_schools(name: str, openmetrics: bool):  # noqa: FBT001 - a table's column
    made = aggregates(openmetrics=openmetrics)
    if os.environ.get("SCHOOLDRUM_GOLDEN") == "write":
        (GOLDEN / name).write_text(made, encoding="utf-8")
    assert made == (GOLDEN / name).read_text(encoding="utf-8")


def test_schools_are_counted_by_state_and_failing_probe():
    found = samples(aggregates(openmetrics=False))
    assert found[("school_machines", (("school", "DEMO"), ("state", "online")))] == 2
    assert found[("school_machines", (("school", "DEMO"), ("state", "silent")))] == 0
    failing = (("outcome", "denied"), ("probe", "disk"), ("school", "DEMO"))
    assert found[("school_probe_failures", failing)] == 3
    assert list(parse_openmetrics(aggregates(openmetrics=True)))


def test_failing_probes_are_remembered_until_a_new_report_comes():
    memory = FailureMemory()
    failed = Result(probe="disk", seq=1, outcome="denied", boottime=7195.5, wall=0.0)
    assert memory.of(latest(1, packed(failed))) == (("disk", "denied"),)
    assert memory.of(latest(1, b"not opened again")) == (("disk", "denied"),)
    assert memory.of(latest(1, b"not readable", received=NOW)) == ()
    memory.of(latest(2, packed(failed)))
    memory.forget_but(["m2"])
    assert len(memory) == 1


KEPT = Kept(
    (updates.PATCH_AGE_SECONDS(86400.0), updates.SECURITY_UPDATES_PENDING(4)),
    {"updates": NOW - 5000, "storage": NOW - 9000},
)


NOUGHT = ("school_security_updates_pending",)


@pytest.mark.parametrize("state", [State.ONLINE, State.OFF, State.SILENT])
def test_what_is_judged_is_shown_whatever_the_machine_does(state: State):
    known = [latest(1, packed(), heard=NOW - 90_000)]
    found = samples(page(register_of(machine(1)), known, state, judged=[appraised(1, KEPT)]))
    place = (("machine", "tin1-01"), ("room", "tin1"), ("school", "DEMO"), ("site", "main"))
    assert found["school_patch_age_seconds", place] == 86400
    evidence = {
        dict(labels)["probe"]: value for (name, labels), value in found.items() if name.startswith("school_evidence")
    }
    assert evidence == {"updates": NOW - 5000, "storage": NOW - 9000}


def test_what_the_newest_report_says_itself_wins_over_what_is_remembered():
    result = Result(
        probe="updates", seq=1, outcome="ok", boottime=7195.5, wall=0.0, readings=(updates.SECURITY_UPDATES_PENDING(1),)
    )
    text = page(register_of(machine(1)), [latest(1, packed(result))], judged=[appraised(1, KEPT)])
    found = samples(text)
    assert [value for (name, _), value in found.items() if name == "school_security_updates_pending"] == [1]
    times = [value for (name, labels), value in found.items() if dict(labels).get("probe") == "updates"]
    assert times == [round(CLOCK + 7195.5)]


@pytest.mark.parametrize(("value", "unproven", "shown"), [(0, (), [0]), (0, NOUGHT, []), (2, NOUGHT, [2])])
def test_a_nought_that_proves_nothing_is_not_shown(value: int, unproven: tuple[str, ...], shown: list[float]):
    said = (updates.SECURITY_UPDATES_PENDING(value),)
    results = [
        Result(probe="updates", seq=1, outcome="ok", boottime=7195.5, wall=0.0, readings=said),
        Result(probe="freeze", seq=2, outcome="ok", boottime=7195.5, wall=0.0),
    ]
    judgement = Kept((updates.PATCH_STATE(1, state="unknown"),), unproven=unproven)
    for state in (State.ONLINE, State.OFF):
        text = page(register_of(machine(1)), [latest(1, packed(*results))], state, judged=[appraised(1, judgement)])
        found = samples(text)
        assert [one for (name, _), one in found.items() if name == "school_security_updates_pending"] == shown
        assert [one for (name, _), one in found.items() if name == "school_patch_state"] == [1]
        # Before it is judged nothing is proved either.
        found = samples(page(register_of(machine(1)), [latest(1, packed(*results))], state))
        untold = [one for (name, _), one in found.items() if name == "school_security_updates_pending"]
        assert untold == [one for one in (value,) if one]


@pytest.mark.parametrize(
    "kept",
    [
        Kept((Reading("school_no_such_metric", 1.0), Reading("school_cpu_usage_ratio", 0.5))),
        Kept((Reading("school_patch_state", 1.0, {"wrong": "x"}), Reading("school_patch_age_seconds", float("nan")))),
    ],
)
def test_what_an_older_version_judged_otherwise_is_left_out(kept: Kept):
    plain = page(register_of(machine(1)), [latest(1, packed())])
    assert page(register_of(machine(1)), [latest(1, packed())], judged=[appraised(1, kept)]) == plain
    broken = msgspec.structs.replace(appraised(1, kept), body=b"\xc1 broken")
    assert page(register_of(machine(1)), [latest(1, packed())], judged=[broken]) == plain


def test_a_machine_that_is_not_approved_or_retired_shows_nothing_of_it():
    for state in (MachineState.PENDING, MachineState.RETIRED):
        assert page(register_of(machine(1, state=state)), [], judged=[appraised(1, KEPT)]) == ""


UP = PlacePresence(state=PlaceState.UP, expected=True)


def line_lost(began: float) -> Incident:
    """An incident that goes on."""
    opening = Opening(
        place=Place(Level.SCHOOL, "DEMO"),
        verdict=Verdict.LINE,
        degree=Degree.FOUND,
        began=began,
        error=1.0,
        measured=True,
    )
    return Incident(
        number=1001,
        place=opening.place,
        kind=FaultKind.OUTAGE,
        verdict=opening.verdict,
        degree=opening.degree,
        first=opening,
        opened=began,
        began=began,
        began_error=1.0,
        began_measured=True,
        evidence=Evidence(word="silent"),
        schools=("DEMO",),
    )


def test_every_metric_the_collector_says_of_places_is_shown_somewhere(kept_metric: Metric):
    line = RegisteredLine(school="DEMO", site="main", code="main", provider="Nhà mạng A")
    register = msgspec.structs.replace(
        register_of(machine(1, conflict=True)),
        areas={"hn": Area(path="hn", name="Hà Nội")},
        lines={line.path: line},
    )
    results = (
        Result(probe="support", seq=1, outcome="ok", boottime=7195.5, wall=0.0, readings=(kept_metric(1),)),
        Result(probe="disk", seq=2, outcome="failed", boottime=7195.5, wall=0.0),
    )
    known = [latest(1, packed(*results), frozen=True)]
    said = (
        operating_system.SUPPORT_END_TIMESTAMP(NOW),
        updates.PATCH_STATE(1, state="current"),
        updates.PATCH_AGE_SECONDS(0),
        updates.BUILDS_BEHIND(0),
        posture.POSTURE_CHECKS(9, verdict="met"),
        posture.POSTURE_NOT_MET(1, check="firewall"),
        storage.STORAGE_DISKS(1, verdict="ok"),
    )
    judged = [appraised(1, Kept(said, {"updates": NOW}, {"firewall": "met"}))]
    pieces = schools_page(
        register,
        ["DEMO"],
        lambda _code: known,
        counted_as(m1=State.ONLINE),
        FailureMemory(),
        appraised_of=lambda _code: judged,
        places_of=lambda _code: SchoolPlaces(school=UP, sites={}, rooms={"DEMO/main/lab": UP}, presences={}),
        incidents_of=lambda _code: {("outage", "line"): 1},
        reckoned=Reckoned(
            lost={"DEMO": Lost(lessons={(Group.OFFICE, "1d"): 60.0}, internet={"1d": 60.0})},
            available={"DEMO": Availability(since=NOW - 60, worked=30.0, lost=30.0)},
            open=(line_lost(NOW),),
        ),
    )
    text = page(register, known, judged=judged) + b"".join(pieces).decode()
    shown = {name for name, _ in samples(text)}
    assert {metric.name for metric in METRICS.values() if metric.by_collector and not metric.until} <= shown


def test_the_collector_s_own_page_parses_in_both_formats_and_names_itself():
    own = OwnMetrics()
    own.watch(register=lambda: register_of(machine(1)), pending=lambda: 7, grace=lambda: True, started=NOW)
    own.reports.inc(3)
    own.refused.labels(error="malformed").inc()
    text = own.page(openmetrics=False).decode()
    found = samples(text)
    assert found[("schooldrum_reports_total", ())] == 3
    assert found[("schooldrum_machines", (("state", "active"),))] == 1
    assert found[("schooldrum_pending_writes", ())] == 7
    assert found[("schooldrum_grace", ())] == 1
    assert list(parse_openmetrics(own.page(openmetrics=True).decode()))
    assert all(name.startswith(("schooldrum_", "process_", "python_gc_")) for name, _ in found)
    assert not [name for name, _ in found if name.endswith("_created")]
