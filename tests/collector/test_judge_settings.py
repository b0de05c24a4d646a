"""Which settings a machine is granted, and what a person may set."""

from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.judge.settings import (
    SUPPORT_PLAN,
    Assignment,
    Refusal,
    changed,
    granted,
    inherited,
    places_of,
    support_plan,
    understood,
)
from schooldrum_collector.store.records import Machine, MachineState, Register, School
from schooldrum_wire.settings import Settings, accept

NOW = 1_790_000_000.0
WAY = ("", "hn", "hn/q3", "BM", "BM/main/tin1")
_NOTHING: dict[str, object] = {}


def _register(settings: dict[str, dict[str, object]]) -> Register:
    return Register(
        version=9,
        areas={},
        schools={"BM": School(code="BM", name="Bình Minh", area="hn/q3")},
        rooms={},
        machines={},
        by_school={},
        settings=settings,
        settings_version=7,
    )


def _machine(school: str = "BM") -> Machine:
    return Machine(
        id="m1",
        school=school,
        site="main",
        room="tin1",
        alias="tin1-01",
        seat=1,
        state=MachineState.ACTIVE,
        fingerprint={},
        enrolled=NOW,
    )


@pytest.mark.parametrize("place", range(len(WAY)))
def test_settings_the_nearest_place_wins(place: int) -> None:
    settings: dict[str, dict[str, object]] = {
        path: {"beat": 100 + depth} for depth, path in enumerate(WAY[: place + 1])
    }
    assert granted(_register(settings), _machine()).beat == 100 + place


def test_settings_elsewhere_do_not_reach_a_machine() -> None:
    settings: dict[str, dict[str, object]] = {
        path: {"beat": 5} for path in ("hn/q4", "h", "BMX", "BM/main/tin2", "BM/main", "q3", "hn/q3/x")
    }
    assert granted(_register(settings), _machine()) == Settings(version=7)


def test_settings_of_a_machine_whose_school_is_gone_are_the_top_ones() -> None:
    assert granted(_register({"": {"beat": 30}, "hn": {"beat": 40}}), _machine("XX")).beat == 30


def test_settings_paces_are_merged_probe_by_probe() -> None:
    settings: dict[str, dict[str, object]] = {
        "": {"pace": {"cpu": 60, "disk": 600}},
        "BM": {"pace": {"cpu": 5}},
    }
    assert granted(_register(settings), _machine()).pace == {"cpu": 5, "disk": 600}


def test_settings_earliest_certificate_only_rises_on_the_way() -> None:
    settings: dict[str, dict[str, object]] = {"": {"not_before": 500}, "BM": {"not_before": 100}}
    assert granted(_register(settings), _machine()).not_before == 500


@pytest.mark.parametrize(
    "stored",
    [
        {"beat": 0},
        {"beat": 10**9},
        {"beat": "60"},
        {"beat": True},
        {"beat": None},
        {"pace": [1, 2]},
        {"pace": {"cpu": 0}},
        {"pace": {"disk": 29}},
        {"pace": {"incidents": 60}},
        {"pace": "fast"},
        {"language": "fr"},
        {"backlog_per_beat": 1000},
        {"not_before": -1},
        {"collector": "https://elsewhere.example"},
    ],
)
def test_settings_stored_out_of_bounds_are_left_out(stored: dict[str, object]) -> None:
    assert granted(_register({"BM": stored, "hn": {"language": "en"}}), _machine()) == Settings(
        version=7, language="vi" if stored.get("language") else "en"
    )


_values: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_fields = st.sampled_from([*Settings.__struct_fields__, "unknown"])


@given(st.dictionaries(st.sampled_from(WAY), st.dictionaries(_fields, _values, max_size=4), max_size=5))
def test_settings_granted_are_always_taken_whole_by_an_agent(settings: dict[str, dict[str, object]]) -> None:
    offer = granted(_register(settings), _machine())
    taken, refusals = accept(msgspec.to_builtins(offer), Settings())
    assert refusals == ()
    assert taken == offer
    assert offer.version == 7


@given(st.lists(st.dictionaries(st.sampled_from(["beat", "language"]), st.integers(1, 900)), max_size=5))
def test_settings_inheriting_is_the_last_that_says_so(levels: list[dict[str, object]]) -> None:
    places = tuple(f"p{number}" for number in range(len(levels)))
    expected: dict[str, object] = {}
    for level in levels:
        expected.update(level)
    assert inherited(dict(zip(places, levels, strict=True)), places) == expected


def test_settings_places_begin_at_the_top() -> None:
    assert places_of("hn/q3", "BM", "BM/main/tin1") == WAY
    assert places_of("", "BM") == ("", "BM")


@pytest.mark.parametrize(
    ("written", "wish"),
    [
        ("beat=60", Assignment(key="beat", value=60)),
        (" beat = 900 ", Assignment(key="beat", value=900)),
        ("beat=", Assignment(key="beat")),
        ("pace.cpu=300", Assignment(key="pace", probe="cpu", value=300)),
        ("pace.cpu=", Assignment(key="pace", probe="cpu")),
        ("language=en", Assignment(key="language", value="en")),
        ("backlog_per_beat=99", Assignment(key="backlog_per_beat", value=99)),
    ],
)
def test_settings_written_are_understood(written: str, wish: Assignment) -> None:
    assert understood(written) == wish


@pytest.mark.parametrize(
    "written",
    [
        "beat",
        "beat=0",
        "beat=901",
        "beat=6e1",
        "beat=sixty",
        "beat.cpu=5",
        "pace=5",
        "pace.=5",
        "pace.cpux=5",
        "pace.cpu=0",
        "pace.disk=29",
        "pace.disk=604801",
        "pace.incidents=5",
        "pace.incidents=",
        "pace.=",
        "language=fr",
        "version=5",
        "collector=https://x.example",
        "proxy=",
        "=5",
        "",
    ],
)
def test_settings_written_wrongly_are_refused_with_what_is_allowed(written: str) -> None:
    wish = understood(written)
    assert isinstance(wish, Refusal)
    assert wish.allowed


def test_settings_change_all_or_say_everything_that_is_wrong() -> None:
    values, refusals = changed({"beat": 60}, ["beat=5", "language=fr", "nonsense=1"], now=NOW)
    assert [refusal.key for refusal in refusals] == ["language", "nonsense"]
    assert values == {"beat": 5}


@pytest.mark.parametrize(
    ("standing", "written", "after"),
    [
        (_NOTHING, ["pace.cpu=5", "pace.disk=900"], {"pace": {"cpu": 5, "disk": 900}}),
        ({"pace": {"cpu": 5, "disk": 9}}, ["pace.cpu="], {"pace": {"disk": 9}}),
        ({"pace": {"cpu": 5}}, ["pace.cpu="], _NOTHING),
        ({"pace": {"cpu": 5, "incidents": 60}}, ["pace.incidents="], {"pace": {"cpu": 5}}),
        ({"beat": 5, "language": "en"}, ["beat="], {"language": "en"}),
        (_NOTHING, ["beat="], _NOTHING),
        ({"not_before": 100}, ["not_before=200"], {"not_before": 200}),
    ],
)
def test_settings_change(standing: dict[str, object], written: list[str], after: dict[str, object]) -> None:
    assert changed(standing, written, now=NOW) == (after, ())


@pytest.mark.parametrize("written", ["not_before=99", "not_before=", f"not_before={int(NOW) + 1}"])
def test_settings_earliest_certificate_is_never_lowered_nor_in_the_future(written: str) -> None:
    values, refusals = changed({"not_before": 100}, [written], now=NOW)
    assert len(refusals) == 1
    assert values == {"not_before": 100}


def test_settings_say_how_fast_a_probe_may_be_asked_to_run() -> None:
    _, refusals = changed({}, ["pace.disk=1", "pace.incidents=60"], now=NOW)
    assert refusals[0] == Refusal(key="pace.disk", given="1", allowed="30..604800")
    named = refusals[1].allowed.split(", ")
    assert {"pace.cpu", "pace.host", "pace.ladder"} <= set(named)
    assert "pace.incidents" not in named


@pytest.mark.parametrize(
    ("settings", "day"),
    [
        ({}, None),
        ({"": {SUPPORT_PLAN: "2027-06-30"}}, date(2027, 6, 30)),
        ({"hn": {SUPPORT_PLAN: "2027-06-30"}, "BM": {SUPPORT_PLAN: "2026-12-31"}}, date(2026, 12, 31)),
        ({"BM": {SUPPORT_PLAN: "soon"}}, None),
        ({"BM": {SUPPORT_PLAN: 7}}, None),
        ({"BM": {SUPPORT_PLAN: "2999-01-01"}}, None),
    ],
)
def test_settings_a_plan_for_what_is_out_of_support_is_the_collectors_alone(settings, day) -> None:
    assert support_plan(_register(settings), _machine()) == day
    assert SUPPORT_PLAN not in msgspec.to_builtins(granted(_register(settings), _machine()))


@pytest.mark.parametrize("text", ["2027-02-30", "30/6/2027", "soon", "1999-01-01"])
def test_settings_a_plan_is_a_day(text: str) -> None:
    assert isinstance(understood(f"{SUPPORT_PLAN}={text}"), Refusal)
    assert understood(f"{SUPPORT_PLAN}=2027-06-30") == Assignment(key=SUPPORT_PLAN, value="2027-06-30")
    assert changed({SUPPORT_PLAN: "2027-06-30"}, [f"{SUPPORT_PLAN}="], now=NOW) == ({}, ())


@pytest.mark.parametrize("text", ["2999-01-01", "2100-01-01", "2019-12-31", "soon"])
def test_settings_a_refused_plan_names_the_days_that_are_allowed(text: str) -> None:
    (refusal,) = changed({}, [f"{SUPPORT_PLAN}={text}"], now=datetime(2026, 11, 22, 9, tzinfo=UTC).timestamp())[1]
    assert refusal == Refusal(key=SUPPORT_PLAN, given=text, allowed="YYYY-MM-DD, 2026-11-22..2099-12-31")


@pytest.mark.parametrize(("day", "refused"), [("2026-11-21", True), ("2026-11-22", False), ("2027-06-30", False)])
def test_settings_a_plan_for_a_day_that_is_past_is_refused(day: str, *, refused: bool) -> None:
    _, refusals = changed({}, [f"{SUPPORT_PLAN}={day}"], now=datetime(2026, 11, 22, 9, tzinfo=UTC).timestamp())
    assert [one.allowed for one in refusals] == (["YYYY-MM-DD, 2026-11-22..2099-12-31"] if refused else [])
