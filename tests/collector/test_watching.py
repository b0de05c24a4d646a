"""From what arrives to incidents: real deliveries in a real store, judged as the collector does."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.collector.laboratory import Lab, climbed, lab_at
from tests.collector.province import BEAT, MORNING

from schooldrum_collector.app.watching import Watching
from schooldrum_collector.demo.area import always_school
from schooldrum_collector.judge.calendar_plan import Closing, PlaceCalendar
from schooldrum_collector.judge.fault import Degree, Level, Place, Verdict
from schooldrum_collector.judge.incident import State, What
from schooldrum_collector.judge.incident_acts import withdrawn
from schooldrum_collector.judge.presence import GRACE_SECONDS, Hearing, begun, noticed
from schooldrum_collector.judge.verdict import faults
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine, Scope, StoredResult
from schooldrum_collector.store.steps import write_steps
from schooldrum_wire.reading import Reading

ALL = ("link", "address", "gateway", "provider", "national", "international", "collector")


@pytest.fixture
def lab(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Lab:
    return lab_at(opened, tmp_path, enrol)


async def test_a_climb_that_is_scanned_while_schools_are_judged_is_seen_by_the_next_look(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = [one.id for one in lab.machines]
    for cut in (*[()] * 3, *[everybody] * 6):
        await lab.beat(cut=cut)
    read: list[str] = []
    results = lab.store.results

    def scanned_meanwhile(scope: Scope, machine: str, since: float, until: float) -> list[StoredResult]:
        read.append(machine)
        if len(read) == 1:
            lab.watching.scanned(machine, lab.at)
        return results(scope, machine, since, until)

    monkeypatch.setattr(lab.store, "results", scanned_meanwhile)
    lab.watching.scanned(everybody[0], lab.at)
    lab.watching.look()
    assert read == [everybody[0]]
    lab.watching.look()
    assert read == [everybody[0]] * 2
    lab.watching.look()
    assert read == [everybody[0]] * 2


async def test_a_past_that_cannot_be_judged_holds_up_no_other_school(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    afterwards = lab.watching.afterwards
    judged: list[str] = []

    def revise(schools: Mapping[str, float]) -> bool:
        judged.extend(schools)
        if "AA" in schools:
            raise ValueError("nobody foresaw it")
        return False

    monkeypatch.setattr(afterwards, "_revise_schools", revise)
    afterwards._due = {"AA": 0.0, "BM": 0.0}
    for _ in range(2):
        assert await afterwards.revise_ready() is False
    assert judged == ["AA", "BM"]


async def test_a_school_cut_from_the_internet(lab: Lab) -> None:
    everybody = [one.id for one in lab.machines]
    for _ in range(5):
        assert await lab.beat() == []
    cut_at = lab.at
    line = climbed("link", "address", "gateway", failed=("provider", "national", "international", "collector"))
    opened_at = 0.0
    for _ in range(12):
        live = await lab.beat(cut=everybody, readings=line)
        if live and not opened_at:
            opened_at = lab.at
    assert 0 < opened_at - cut_at <= 4 * BEAT
    silent = lab.only()
    assert (silent.place.level, silent.verdict) in {(Level.SITE, Verdict.UNKNOWN), (Level.SCHOOL, Verdict.UNKNOWN)}
    assert silent.told == opened_at
    back_at = lab.at
    for _ in range(6):
        await lab.beat()
    assert lab.only().state is State.CLOSED
    assert lab.watching.afterwards.revise({"BM": 0.0}) or lab.only().verdict is Verdict.LINE
    line_lost = lab.only()
    assert (line_lost.verdict, line_lost.first.verdict) == (Verdict.LINE, Verdict.UNKNOWN)
    assert abs(line_lost.began - cut_at) <= line_lost.began_error + BEAT
    assert abs(line_lost.ended - back_at) <= line_lost.ended_error + BEAT
    assert line_lost.began_measured
    assert lab.watching.afterwards.revise({"BM": 0.0}) is False, "judged again, it is the same"
    assert sum(what is What.TOLD for what in lab.story()) == 1


async def test_all_off_at_the_bell_is_no_incident(lab: Lab) -> None:
    for _ in range(3):
        await lab.beat()
    lab.at = MORNING + 9 * 3600 - 30
    lab.hearing = Hearing(away=MORNING - 86400, back=lab.at - 86400)
    await lab.beat()
    for _ in range(20):
        assert await lab.beat(off=[one.id for one in lab.machines]) == []


async def test_a_restart_of_the_collector_opens_and_closes_nothing(lab: Lab) -> None:
    room = [one.id for one in lab.machines if one.room == "tin1"]
    for _ in range(3):
        await lab.beat()
    for _ in range(6):
        await lab.beat(cut=room, readings=climbed("link", failed=("gateway",)))
    before = lab.only()
    lab.hearing = Hearing(away=lab.at, back=lab.at + 3600)
    lab.at += 3600
    again = Watching(lab.store, now=lambda: lab.at, hearing=lambda: lab.hearing)
    for _ in range(3):
        again.look()
        lab.at += 5
    after = lab.only()
    assert (after.number, after.state, after.rounds) == (before.number, State.OPEN, 0)
    assert after.place == Place(Level.ROOM, "BM/main/tin1")


@pytest.mark.parametrize("served", [True, False], ids=["while it serves", "while nobody serves"])
@pytest.mark.parametrize(("back", "beats"), [(3600.0, 70), (86400.0, 25)])
async def test_a_clock_that_is_set_back_neither_makes_nor_hides_an_outage(
    lab: Lab, back: float, beats: int, *, served: bool
) -> None:
    everybody = [one.id for one in lab.machines]
    gone = everybody[0]
    lab.at += 6 * 3600
    lab.hearing = Hearing(away=lab.at - 7200, back=lab.at - 7200)
    for _ in range(5):
        await lab.beat()
    last, lab.at = lab.at, lab.at - back
    if served:
        lab.hearing = noticed(lab.hearing, last=last, now=lab.at, tick=0.5)
    else:
        lab.hearing = begun([one.heard for one in lab.store.latest(EVERYTHING)], lab.at)
    assert await lab.beat(off=everybody) == []
    for _ in range(beats):
        # Of one the newest stamp is by the clock that was ahead, until the hour has come again.
        assert {one.place.path for one in await lab.beat(off=[gone])} <= {gone}
    cut_at = lab.at
    while lab.at - cut_at < 4 * BEAT:
        live = await lab.beat(off=everybody)
    assert {Level.SITE, Level.SCHOOL} & {one.place.level for one in live}, "whoever is cut is missed all the same"


@pytest.mark.parametrize("back", [3600.0, 86400.0])
async def test_who_is_cut_when_the_clock_is_set_back_is_missed_after_the_grace(lab: Lab, back: float) -> None:
    everybody = [one.id for one in lab.machines]
    lab.at += 4 * 3600
    lab.hearing = Hearing(away=lab.at - 7200, back=lab.at - 7200)
    for _ in range(5):
        await lab.beat()
    last, lab.at = lab.at, lab.at - back
    lab.hearing = noticed(lab.hearing, last=last, now=lab.at, tick=0.5)
    set_at = lab.at
    while lab.at - set_at < GRACE_SECONDS + 2 * BEAT:
        assert await lab.beat(off=everybody) == []
    while lab.at - set_at < GRACE_SECONDS + 5 * BEAT:
        live = await lab.beat(off=everybody)
    assert live


async def test_one_bad_school_does_not_stop_the_others(
    lab: Lab, enrol: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    from schooldrum_collector.app import watching  # noqa: PLC0415 - patched below

    real, failed = faults, list[float]()

    def breaking(seen: object, now: float) -> object:
        if seen.school == "XX":  # type: ignore[attr-defined]  # a SchoolSeen
            raise ZeroDivisionError
        return real(seen, now)  # type: ignore[arg-type]  # a SchoolSeen

    monkeypatch.setattr(watching, "faults", breaking)
    lab.machines += [enrol(lab.store, f"x{seat}", school="XX", area="hn", room="tin1") for seat in range(2)]
    lab.watching = Watching(
        lab.store, now=lambda: lab.at, hearing=lambda: lab.hearing, failed=lambda: failed.append(lab.at)
    )
    await lab.beat()
    everybody = [one.id for one in lab.machines]
    for _ in range(5):
        live = await lab.beat(off=everybody)
    assert [one.school for one in live] == ["BM"]
    assert failed


CLOSED = PlaceCalendar(closings=(Closing(first=date(2026, 9, 23), last=date(2026, 9, 23), reason="Bão"),))
FAR_LOST = climbed("link", "address", "gateway", "provider", "national", "collector", failed=("international",))


def close(lab: Lab, calendar: PlaceCalendar = CLOSED) -> None:
    with lab.store.writing() as writer:
        writer.put_calendar("hn", calendar)


async def test_a_day_that_is_closed_while_nobody_is_heard_ends_it_once(lab: Lab) -> None:
    everybody = [one.id for one in lab.machines]
    for _ in range(3):
        await lab.beat()
    for _ in range(6):
        await lab.beat(off=everybody)
    assert lab.only().told
    close(lab)
    for _ in range(5):
        assert await lab.beat(off=everybody) == []
    assert (lab.only().state, lab.only().excused) == (State.WITHDRAWN, "closed")
    assert [what for what in lab.story() if what is not What.CALMING][-2:] == [What.TOLD, What.WITHDRAWN]
    close(lab, PlaceCalendar())
    await lab.beat(off=everybody)
    assert lab.only().state is State.OPEN, "the wrong area was closed: it is still an outage"


async def test_what_those_who_are_on_measure_goes_on_on_a_day_that_is_closed(lab: Lab) -> None:
    for _ in range(3):
        await lab.beat()
    for _ in range(6):
        await lab.beat(well=FAR_LOST)
    assert lab.only().verdict is Verdict.INTERNATIONAL
    close(lab)
    for _ in range(6):
        await lab.beat(well=FAR_LOST)
    assert lab.only().state is State.OPEN
    for _ in range(6):
        await lab.beat(well=climbed(*ALL))
    assert lab.only().state is State.CLOSED
    for _ in range(8):
        assert await lab.beat(well=FAR_LOST) == [], "on such a day nothing begins"


FAR_LOST_AND_OFFICE = climbed(
    "link", "address", "gateway", "provider", "national", failed=("international", "collector")
)
NO_LINE = climbed("link", "address", "gateway", failed=("provider", "national", "international", "collector"))


async def test_a_line_cut_on_a_day_that_is_closed_is_recorded_when_pcs_that_were_on_have_told(lab: Lab) -> None:
    everybody = [one.id for one in lab.machines]
    stayed = everybody[:2]
    for _ in range(3):
        await lab.beat()
    cut_at = lab.at
    for _ in range(6):
        await lab.beat(cut=everybody, readings=NO_LINE)
    close(lab)
    for _ in range(30):
        assert await lab.beat(cut=stayed, off=everybody[2:], readings=NO_LINE) == []
    assert lab.only().state is State.WITHDRAWN
    back_at = lab.at
    for _ in range(3):
        assert await lab.beat(off=everybody[2:]) == []
    assert lab.watching.afterwards.revise({"BM": 0.0})
    proved = lab.only()
    assert (proved.state, proved.verdict, proved.degree) == (State.CLOSED, Verdict.LINE, Degree.FOUND)
    assert abs(proved.began - cut_at) <= proved.began_error + BEAT
    assert abs(proved.ended - back_at) <= proved.ended_error + BEAT
    assert lab.story()[-1] is What.CORRECTED
    assert sum(what is What.TOLD for what in lab.story()) == 1
    assert lab.watching.afterwards.revise({"BM": 0.0}) is False
    for _ in range(3):
        assert await lab.beat(off=everybody[2:]) == [], "and nothing begins of it"


async def test_what_is_withdrawn_goes_on_where_those_who_are_on_measure_it(lab: Lab) -> None:
    everybody = [one.id for one in lab.machines]
    for _ in range(3):
        await lab.beat()
    for _ in range(6):
        await lab.beat(cut=everybody, readings=FAR_LOST_AND_OFFICE)
    close(lab)
    for _ in range(3):
        assert await lab.beat(cut=everybody, readings=FAR_LOST_AND_OFFICE) == []
    assert lab.only().state is State.WITHDRAWN
    number = lab.only().number
    live = []
    for _ in range(3):
        live = await lab.beat(well=FAR_LOST)
    assert [(one.number, one.verdict) for one in live] == [(number, Verdict.INTERNATIONAL)]
    for _ in range(6):
        await lab.beat(well=climbed(*ALL))
    assert lab.only().state is State.CLOSED


async def test_a_room_that_the_office_withdrew_is_no_second_record_when_its_switch_is_mended(lab: Lab) -> None:
    with lab.store.writing() as writer:
        writer.put_calendar("hn", always_school(datetime.fromtimestamp(MORNING, UTC).date()))
    switch = climbed("link", failed=("address", "gateway"))
    room = [one.id for one in lab.machines if one.room == "tin1"]
    for cut in (*[[]] * 5, *[room] * 6):
        await lab.beat(cut=cut, readings=switch)
    number = lab.only().number
    gone = withdrawn(lab.only(), lab.at, "office", "thử")
    assert gone is not None
    with lab.store.writing() as writer:
        write_steps(writer, [gone])
    # Its PCs come back one by one, each when it tries again.
    for back in (0, 1, 2, 3, 4):
        for _ in range(4):
            await lab.beat(cut=room[back:], readings=switch)
            await lab.watching.afterwards.revise_ready()
    for _ in range(20):
        await lab.beat(well=climbed(*ALL))
    for _ in range(2):
        lab.watching.afterwards.revise({"BM": 0.0})
    known = {one.number: one for one in lab.store.incidents(EVERYTHING)}
    assert known.pop(number).state is State.WITHDRAWN
    assert {one.place.level for one in known.values()} <= {Level.MACHINE}, "single PCs that were back late at the most"


def lost(*failed: str) -> tuple[Reading, ...]:
    """A whole climb on which these did not answer."""
    way = ("link", "address", "gateway", "provider", "resolver", "national", "international", "collector")
    return climbed(*(step for step in way if step not in failed), failed=failed)


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize(
    ("rounds", "abroad", "names"),
    [
        # Names fail inside an outage abroad, for longer than it, and after it.
        ([("i", 8), ("ir", 8), ("i", 8)], (0, 24), (8, 16)),
        ([("r", 8), ("ir", 8), ("r", 8)], (8, 16), (0, 24)),
        ([("i", 10), ("r", 10)], (0, 10), (10, 20)),
    ],
)
async def test_names_and_routes_abroad_stand_in_the_record_each_with_its_own_times(
    lab: Lab, rounds: list[tuple[str, int]], abroad: tuple[int, int], names: tuple[int, int], *, heard: bool
) -> None:
    everybody = [one.id for one in lab.machines]
    for _ in range(4):
        await lab.beat(well=lost())
    cut = lab.at
    for broken, beats in rounds:
        failed = [{"i": "international", "r": "resolver"}[one] for one in broken]
        for _ in range(beats):
            if heard:
                await lab.beat(well=lost(*failed))
            else:
                await lab.beat(cut=everybody, readings=lost(*failed, "collector"))
    for _ in range(8):
        await lab.beat(well=lost())
    lab.watching.afterwards.revise({"BM": 0.0})
    one = lab.only()
    assert one.state is State.CLOSED
    told = {part.verdict: (part.began - cut, part.ended - cut, part.error) for part in one.parts}
    for verdict, (begin, end) in ((Verdict.INTERNATIONAL, abroad), (Verdict.DNS, names)):
        began, ended, error = told[verdict]
        assert abs(began - begin * BEAT) <= error + BEAT, verdict
        assert abs(ended - end * BEAT) <= error + BEAT, verdict
        assert error <= 2 * BEAT
    assert lab.watching.afterwards.revise({"BM": 0.0}) is False, "judged again, it is the same"
