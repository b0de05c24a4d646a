"""A simulated PC writes letters that the collector takes whole, and keeps what it could not send."""

from collections import Counter
from datetime import date
from pathlib import Path

import msgspec
import pytest

from schooldrum_collector.demo.area import BEAT, PATH, SCHOOLS, always_school, furnish, schools
from schooldrum_collector.demo.breaks import Break, Breaks, Kind, Trouble, troubles
from schooldrum_collector.demo.day import PAST, ROUND_SECONDS, SCENES, broken_by_the_day, target_of
from schooldrum_collector.demo.measured import rows
from schooldrum_collector.demo.pc import LADDER, Clocks, Pc
from schooldrum_collector.judge import builds, storage
from schooldrum_collector.judge.calendar_day import DayKind, day_at
from schooldrum_collector.judge.patches import PatchState, patches_of
from schooldrum_collector.judge.waiting import Waiting, follow, seen_in
from schooldrum_collector.speech import Say
from schooldrum_collector.web.letter import read
from schooldrum_wire.messages import ReportsAnswer
from schooldrum_wire.report import Delivery

NOW = 1_795_402_800.0
ROOM = "MP01/main/tin1"


class Hand:
    """Clocks that are moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: NOW + self.at, lambda: self.at)


def _taken(body: bytes | None) -> Delivery:
    assert body is not None
    letter = read(body, b"", received=NOW + 5000, enrolled=NOW)
    assert letter.refused == 0
    return letter.delivery


@pytest.mark.parametrize("number", range(1000, 1100, 7))
def test_nothing_in_its_letters_is_refused(number):
    pc = Pc(number, ROOM, Hand().clocks)
    first = _taken(pc.live(None))
    assert first.reports[0].live
    assert first.reports[0].beat == BEAT
    assert first.reports[0].word is not None
    assert first.reports[0].rows.keys() == first.reports[0].sections.keys()
    pc.taken(ReportsAnswer())
    second = _taken(pc.live(None))
    assert second.reports[0].word is None
    assert not second.reports[0].rows


def test_what_is_measured_behind_a_dead_switch_comes_afterwards_and_once():
    hand = Hand()
    pc = Pc(1, ROOM, hand.clocks)
    _taken(pc.live(None))
    pc.taken(ReportsAnswer())
    for _ in range(450):
        hand.at += BEAT
        assert pc.live(Trouble.SWITCH) is None
    assert pc.waiting == 450
    after = _taken(pc.live(None))
    assert sum(len(report.results) for report in after.reports[1:]) == 450
    assert {result.probe for report in after.reports[1:] for result in report.results} == {LADDER}
    pc.unheard()
    assert pc.waiting == 450
    assert len(_taken(pc.live(None)).reports) == len(after.reports)
    pc.taken(ReportsAnswer(want=("host",)))
    assert pc.waiting == 0
    last = _taken(pc.live(None))
    assert len(last.reports) == 1
    assert set(last.reports[0].rows) == {"host"}


def test_without_power_it_measures_nothing_and_starts_anew():
    pc = Pc(1, ROOM, Hand().clocks)
    before = _taken(pc.live(None)).reports[0]
    pc.taken(ReportsAnswer())
    assert pc.live(Trouble.POWER) is None
    assert pc.waiting == 0
    after = _taken(pc.live(None)).reports[0]
    assert after.boot != before.boot
    assert after.run != before.run
    assert after.word is not None


def test_the_area_is_always_the_same_and_says_that_it_is_simulated(store):
    with store.writing() as writer:
        made = furnish(writer, SCHOOLS, day_of_sunday(), Say("vi"))
    with store.writing() as writer:
        assert furnish(writer, SCHOOLS, day_of_sunday(), Say("vi")) == []
    register = store.register()
    assert len(register.schools) == SCHOOLS
    assert len(made) == len(register.rooms)
    assert all("mô phỏng" in school.name for school in register.schools.values())
    assert "mô phỏng" in register.areas[PATH].name
    assert {line.provider for line in register.lines.values()} == {"Nhà mạng A", "Nhà mạng B", "Nhà mạng C"}
    assert len({one.code for one in schools()}) == SCHOOLS
    assert 600 <= sum(room.seats for room in register.rooms.values()) <= 900


def day_of_sunday():
    from datetime import date  # noqa: PLC0415 - one date

    return date(2026, 11, 22)


def test_it_is_always_school_there():
    calendar = always_school(day_of_sunday())
    for day in (
        day_of_sunday(),
        day_of_sunday().replace(month=12, day=31),
        day_of_sunday().replace(year=2027, month=7),
    ):
        found = day_at((calendar,), day)
        assert found.kind is DayKind.SCHOOL
        assert [(one.begin, one.end) for one in found.hours] == [(0, 24 * 60)]


AREA = {one.code: one for one in schools()}


@pytest.mark.parametrize(
    ("kind", "code", "hit"),
    [
        (Kind.ROOM, "MP03", {"tin1": Trouble.SWITCH}),
        (Kind.LINE, "MP03", dict.fromkeys(("tin1", "tin2", "tv", "vp"), Trouble.LINE)),
        (Kind.POWER, "MP03", dict.fromkeys(("tin1", "tin2", "tv", "vp"), Trouble.POWER)),
        (Kind.PROVIDER, "MP06", dict.fromkeys(("tin1", "tin2", "tv", "vp"), Trouble.LINE)),
        # Its office has a line of its own.
        (Kind.LINE, "MP05", {"tin1": Trouble.LINE, "tin2": Trouble.LINE}),
    ],
)
def test_who_meets_what(kind, code, hit):
    broken = Break(kind=kind, target=target_of(kind, AREA[code]), school=code, at=NOW)
    school = AREA["MP03" if kind is Kind.PROVIDER else code]
    assert troubles(school, [broken]) == {f"{school.code}/main/{room}": met for room, met in hit.items()}
    assert troubles(AREA["MP04"], [broken]) == {}


def test_the_nearest_trouble_hides_the_farther_ones():
    line = Break(kind=Kind.LINE, target="MP03", school="MP03", at=NOW)
    room = Break(kind=Kind.ROOM, target="MP03/main/tin1", school="MP03", at=NOW)
    power = Break(kind=Kind.POWER, target="MP03", school="MP03", at=NOW)
    assert troubles(AREA["MP03"], [line, room])["MP03/main/tin1"] is Trouble.SWITCH
    assert set(troubles(AREA["MP03"], [line, room, power]).values()) == {Trouble.POWER}


def test_breaks_are_seen_by_other_windows_and_damaged_files_are_none(tmp_path):
    here, there = Breaks(tmp_path), Breaks(tmp_path)
    assert there.now() == ()
    one = Break(kind=Kind.PROVIDER, target="Nhà mạng A", school="MP03", at=NOW)
    two = Break(kind=Kind.ROOM, target="MP03/main/../tin1", school="MP03", at=NOW - 1)
    assert here.put(one)
    assert here.put(two)
    assert not here.put(one)
    assert there.now() == (two, one)
    assert not (tmp_path / "tin1").exists()
    (tmp_path / "broken" / "line-MP01.json").write_bytes(b"{")
    assert there.now() == (two, one)
    here.mend(one)
    here.mend(one)
    assert there.now() == (two,)


def test_a_day_begins_soon_ends_all_it_breaks_and_comes_again():
    area = tuple(AREA.values())
    assert list(broken_by_the_day(area, NOW, NOW + 10)) == []
    first = list(broken_by_the_day(area, NOW, NOW + 160))
    assert {one.kind for one in first} == {Kind.ROOM, Kind.POWER}
    assert all(one.scripted for one in first)
    assert {scene.kind for scene in (*SCENES, *PAST)} == set(Kind)
    assert all(scene.begin + scene.lasts < ROUND_SECONDS for scene in SCENES)
    again = list(broken_by_the_day(area, NOW, NOW + ROUND_SECONDS + 160))
    assert [one.target for one in again] == [one.target for one in first]
    assert msgspec.json.decode(msgspec.json.encode(again), type=list[Break]) == again


def test_some_pcs_have_bad_disks_and_some_miss_nothing():
    """Boards show figures where PCs tell them: of disks all do, and a fourth stands well with updates."""
    day = date(2026, 11, 20)
    told = {number: rows(number, day) for number in range(1000, 1200)}
    disks = Counter(reading.labels["verdict"] for one in told.values() for reading in storage.readings(one["disks"]))
    assert disks == {"ok": 197, "warning": 2, "failing": 1}
    known = builds.read((Path(builds.__file__).parents[1] / "data" / "builds.json").read_bytes())
    states: Counter[PatchState] = Counter()
    for one in told.values():
        seen = seen_in(one)
        by_list = builds.missing(seen.system or {}, None, known)
        states[patches_of(follow(Waiting(), seen, by_list, day), seen, by_list, frozen=None).state] += 1
    assert states[PatchState.CURRENT] == 50
