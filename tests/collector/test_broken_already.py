"""One thing breaks while another is broken already: each is an incident of its own, told once, with its own times."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from tests.collector.laboratory import Lab, climbed, lab_at
from tests.collector.province import BEAT

from schooldrum_collector.judge.fault import Degree, Verdict
from schooldrum_collector.judge.incident import Incident, State, What
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine
from schooldrum_wire.reading import Reading

NEAR = ("link", "address", "gateway")
ABROAD = climbed(*NEAR, "provider", "national", "resolver", "collector", failed=("international",))
NAMES = climbed(*NEAR, "provider", "national", "international", "collector", failed=("resolver",))
LINE = climbed(*NEAR, failed=("provider", "national", "international", "resolver", "collector"))
OFFICE = climbed(*NEAR, "provider", "national", "international", "resolver", failed=("collector",))
OFFICE_AND_NAMES = climbed(*NEAR, "provider", "national", "international", failed=("resolver", "collector"))
WELL = climbed(*NEAR, "provider", "national", "international", "resolver", "collector")


@pytest.fixture
def lab(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Lab:
    """In lessons at every hour."""
    return lab_at(opened, tmp_path, enrol, always=True)


async def goes_on(
    lab: Lab,
    beats: int,
    well: tuple[Reading, ...] = WELL,
    *,
    cut_off_by: tuple[Reading, ...] = (),
    off: Iterable[str] = (),
) -> None:
    """So many beats of a school that is heard and measures this, or is cut off, or of which some are without power.

    It is judged four times in each, and its past as soon as anything of it may be known.
    """
    everybody = [one.id for one in lab.machines]
    for _ in range(beats):
        await lab.beat(cut=everybody if cut_off_by else (), off=off, readings=cut_off_by, well=well)
        for _ in range(4):
            await lab.watching.afterwards.revise_ready()
            lab.at += 5
            lab.watching.look()
        lab.at -= 20


def told(lab: Lab, incident: Incident) -> int:
    story = lab.store.incident_of(EVERYTHING, incident.number)
    assert story is not None
    return sum(event.what is What.TOLD for event in story.events)


def assert_times(incident: Incident, began: float, *ended: float) -> None:
    """It began then, and ended then or between the two."""
    assert abs(incident.began - began) <= incident.began_error + BEAT
    assert min(ended) - BEAT <= incident.ended + incident.ended_error
    assert incident.ended - incident.ended_error <= max(ended) + BEAT


@pytest.mark.parametrize(("before", "inside"), [(2, 5), (12, 12)])
@pytest.mark.parametrize("goes", [True, False], ids=["goes on after it", "mended inside it"])
@pytest.mark.parametrize("dark", ["line", "power"])
@pytest.mark.parametrize(("first", "verdict"), [(ABROAD, Verdict.INTERNATIONAL), (NAMES, Verdict.DNS)])
async def test_a_school_falls_silent_while_something_far_is_broken(
    lab: Lab, first: tuple[Reading, ...], verdict: Verdict, dark: str, inside: int, before: int, *, goes: bool
) -> None:
    await goes_on(lab, 5)
    began = lab.at
    await goes_on(lab, before, first)
    fell_silent = lab.at
    if dark == "line":
        await goes_on(lab, inside, cut_off_by=LINE)
    else:
        await goes_on(lab, inside, off=[one.id for one in lab.machines])
        lab.restart()
    back = lab.at
    await goes_on(lab, 10 if goes else 0, first)
    mended = lab.at
    await goes_on(lab, 8)
    lab.watching.afterwards.revise({"BM": 0.0})
    far, silence = lab.store.incidents(EVERYTHING)[::-1]
    assert (far.verdict, far.degree, silence.verdict, silence.degree) == (
        *(verdict, Degree.FOUND),
        *((Verdict.LINE, Degree.FOUND) if dark == "line" else (Verdict.POWER, Degree.PROBABLE)),
    )
    assert [(one.state, one.parent, told(lab, one)) for one in (far, silence)] == [(State.CLOSED, 0, 1)] * 2
    assert_times(silence, fell_silent, back)
    # While nobody gets past the modem, nobody can tell whether what is farther is mended.
    assert_times(far, began, *((mended,) if goes else (fell_silent, back)))


async def test_a_line_that_comes_and_goes_while_something_far_is_broken_is_one(lab: Lab) -> None:
    await goes_on(lab, 5)
    await goes_on(lab, 6, ABROAD)
    for _ in range(3):
        await goes_on(lab, 6, cut_off_by=LINE)
        await goes_on(lab, 6, ABROAD)
    await goes_on(lab, 30)
    lab.watching.afterwards.revise({"BM": 0.0})
    far, silence = lab.store.incidents(EVERYTHING)[::-1]
    assert (far.verdict, far.pauses, far.rounds) == (Verdict.INTERNATIONAL, (), 0)
    assert (silence.verdict, silence.degree, len(silence.pauses)) == (Verdict.LINE, Degree.FOUND, 2)
    assert [(one.state, told(lab, one)) for one in (far, silence)] == [(State.CLOSED, 1)] * 2


async def test_names_that_fail_while_the_way_to_the_office_is_cut_are_not_why_nobody_was_heard(lab: Lab) -> None:
    await goes_on(lab, 5)
    began = lab.at
    await goes_on(lab, 6, cut_off_by=OFFICE)
    await goes_on(lab, 8, cut_off_by=OFFICE_AND_NAMES)
    await goes_on(lab, 6, cut_off_by=OFFICE)
    back = lab.at
    await goes_on(lab, 20)
    lab.watching.afterwards.revise({"BM": 0.0})
    one = lab.only()
    assert (one.verdict, one.degree) == (Verdict.COLLECTOR, Degree.PROBABLE)
    assert_times(one, began, back)


async def test_a_room_without_power_while_names_fail_is_no_part_of_that(lab: Lab) -> None:
    room = [one.id for one in lab.machines if one.room == "tin1"]
    await goes_on(lab, 5)
    began = lab.at
    await goes_on(lab, 4, NAMES)
    cut = lab.at
    await goes_on(lab, 10, NAMES, off=room)
    mended = lab.at
    await goes_on(lab, 8, off=room)
    lab.restart()
    back = lab.at
    await goes_on(lab, 20)
    lab.watching.afterwards.revise({"BM": 0.0})
    names, dark = lab.store.incidents(EVERYTHING)[::-1]
    assert (names.verdict, dark.verdict, dark.degree, dark.parent) == (Verdict.DNS, Verdict.POWER, Degree.PROBABLE, 0)
    assert_times(dark, cut, back)
    assert_times(names, began, mended)
