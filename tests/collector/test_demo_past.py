"""The day that lies behind the demo: its clock, and what its incidents become by the ordinary wire."""

import itertools
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.app.appraising import Appraising
from schooldrum_collector.app.dated_lists import DatedLists
from schooldrum_collector.app.judging_rules import JudgingRules
from schooldrum_collector.demo.area import furnish, schools
from schooldrum_collector.demo.breaks import Kind
from schooldrum_collector.demo.day import PAST, broken_by_the_day
from schooldrum_collector.demo.past import WEEKS_DAYS, Past, PastClock, length, play
from schooldrum_collector.demo.playing import Crew, Kept, Staff
from schooldrum_collector.judge.appraisal import opened_kept
from schooldrum_collector.judge.fault import Degree, Level, Verdict
from schooldrum_collector.judge.incident import Incident, State
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.store.sqlite import open_store
from schooldrum_collector.web.certificates import open_authority
from schooldrum_collector.web.install_codes import new_code
from schooldrum_wire.catalogue.updates import PATCH_AGE_SECONDS

NOW = 1_795_402_800.0


@given(st.lists(st.floats(-1e5, 1e5), max_size=20))
def test_the_clocks_never_go_back_and_go_on_together(moves):
    real = [NOW, 1000.0]
    clock = PastClock(lambda: real[0], lambda: real[1], 20_000.0)
    clocks, offset = clock.clocks, NOW - 1000.0
    seen = clocks.wall()
    assert seen == NOW - 20_000
    for move in moves:
        clock.to(min(NOW, NOW - 20_000 + move))
        assert clocks.wall() >= seen
        seen = clocks.wall()
        assert clocks.wall() - clocks.steady() == pytest.approx(offset, abs=1e-3)
    real[0], real[1] = NOW + 5, 1005.0
    clock.let_go()
    assert (clocks.wall(), clocks.steady()) == (NOW + 5, 1005.0)


def test_the_day_is_over_but_for_two_that_go_on():
    area = list(schools())
    assert {scene.school for scene in PAST} <= {school.code for school in area}
    going_on = list(broken_by_the_day(area, NOW, NOW, past=True))
    assert len(going_on) == 2
    assert all(one.at < NOW for one in going_on)
    # One of them breaks once more in the first round, before it is over: it is one break, since it began.
    soon = [one for one in broken_by_the_day(area, NOW, NOW + 60, past=True) if one.school == "MP09"]
    assert soon == [one for one in going_on if one.school == "MP09"]
    assert list(broken_by_the_day(area, NOW, NOW)) == []
    assert list(broken_by_the_day(area, NOW, NOW - 60.0)) == [], "no past, no breaks before the start"
    for before, after in itertools.pairwise(PAST):
        assert before.begin < after.begin
        assert before.school != after.school or before.begin + before.lasts + 1800 < after.begin
    assert length() > -PAST[0].begin


@pytest.mark.timeout(240)
async def test_a_small_area_gets_its_incidents_dated_as_they_were(tmp_path: Path) -> None:
    """Three schools: a login page, a power cut; and what is still broken when the demo begins."""
    area = [school for school in schools() if school.code in {"MP04", "MP06", "MP09"}]
    kept = Kept(tmp_path)
    clock = PastClock(lambda: NOW, time.monotonic, length())
    store = open_store(tmp_path / "data", clock=clock.wall)
    try:
        with store.writing() as writer:
            furnish(writer, 10, datetime.fromtimestamp(NOW, UTC).date(), Say("vi"))
        authority = open_authority(tmp_path / "data", time.time())
        staff = Staff(crews=tuple(Crew(one, clock.clocks, kept) for one in area), kept=kept)
        tokens: dict[str, str] = {}
        with store.writing() as writer:
            for room, count in staff.needed.items():
                token, record = new_code(authority.pin, room, uses=count, days=1, now=clock.wall())
                writer.put_token(record)
                tokens[room] = str(token)
        directory = tmp_path / "data"
        appraising = Appraising(store, JudgingRules(directory, DatedLists(directory)), now=clock.wall)
        past = Past(
            store=store, appraising=appraising, authority=authority, say=Say("vi"), tokens=tokens, start=clock.start
        )
        await play(past, staff.crews, kept, clock)
        assert clock.wall() == NOW
        assert staff.needed == {}
        found = {one.place.path: one for one in store.incidents(EVERYTHING, since=0.0)}
        login, power, dark = found["MP04"], found["MP06"], found["MP09/main/tin1"]
        assert set(found) == {"MP04", "MP06", "MP09/main/tin1"}
        assert (login.state, login.verdict, login.evidence.word) == (State.CLOSED, Verdict.LINE, "captive")
        assert (power.state, power.verdict) == (State.CLOSED, Verdict.POWER)
        assert (dark.state, dark.verdict, dark.degree) == (State.OPEN, Verdict.ROOM, Degree.PROBABLE)
        assert dark.place.level is Level.ROOM
        scenes = {scene.school: scene for scene in PAST}
        dated: dict[str, Incident] = {"MP04": login, "MP06": power, "MP09": dark}
        for code, one in dated.items():
            assert abs(one.began - (NOW + scenes[code].begin)) <= 60 + one.began_error
            if one.state is State.CLOSED:
                assert abs(one.ended - (NOW + scenes[code].begin + scenes[code].lasts)) <= 60 + one.ended_error
        assert login.began_measured
        assert login.ended_measured
        # Some updates have waited for weeks in which their PCs were on, others for longer.
        kept_of = [opened_kept(one.body) for one in store.appraisals(EVERYTHING)]
        ages = {one.value / 86400 for kept in kept_of for one in kept.readings if one.name == PATCH_AGE_SECONDS.name}
        assert 14 < min(ages) < 30 < max(ages) <= WEEKS_DAYS
        # Those behind the dead switch hold what they measured, and go on from there.
        crew = next(crew for crew in staff.crews if crew.school.code == "MP09")
        assert {pc.waiting for pc in crew.pcs if pc.room == "MP09/main/tin1"} == {16}
        assert {pc.waiting for pc in crew.pcs if pc.room != "MP09/main/tin1"} == {0}
    finally:
        store.close()


def test_every_kind_of_break_is_in_the_past_once():
    assert {scene.kind for scene in PAST} == set(Kind)
