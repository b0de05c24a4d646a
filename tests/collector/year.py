"""A school year as it might have been: when every PC was on and heard, and what really failed. No network, no clock.

Segments are stretches in which a PC is on. It reports each minute, unless something that fails lies between it and the
collector. Everything is drawn from one random seed, so that a year that goes wrong can be looked at again.
"""

import random
from bisect import bisect_right
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from schooldrum_collector.judge.calendar_day import DayKind, day_at
from schooldrum_collector.judge.calendar_plan import PlaceCalendar

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
BEAT = 60
FIRST, LAST = date(2026, 8, 1), date(2027, 7, 31)
LESSONS = ((420, 465), (470, 515), (535, 580), (585, 630), (635, 680), (780, 825), (830, 875), (895, 940), (945, 990))
"""Minutes of the day."""


class Segment(msgspec.Struct, frozen=True):
    """A PC is on from `begin` until `end`; `said` is the kind of its goodbye, empty where the power was taken away."""

    begin: float
    end: float
    said: str = ""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What really failed: `what` is line, switch, power, collector or flaky; `place` is all below it."""

    what: str
    place: str
    begin: float
    end: float


class Pc(msgspec.Struct, frozen=True, kw_only=True):
    """A PC with its year; `phase` is at which second of each minute it reports."""

    id: str
    room: str
    seat: int
    phase: float
    segments: tuple[Segment, ...]


class Heard(msgspec.Struct, frozen=True):
    """What the collector knows of a PC at a moment."""

    heard: float
    boot: str
    word: str = ""
    word_kind: str = ""
    word_at: float = 0.0


class Year(msgspec.Struct, frozen=True, kw_only=True):
    """The year of one school."""

    school: str
    pcs: tuple[Pc, ...]
    failures: tuple[Failure, ...]
    typhoons: tuple[date, ...]

    def hidden(self, pc: Pc) -> list[Failure]:
        """What keeps the collector from hearing this PC while it is on."""
        return [
            one
            for one in self.failures
            if one.what in {"line", "switch", "collector", "flaky"}
            and (one.place in {"", pc.id} or f"{pc.room}/".startswith(f"{one.place}/"))
        ]


class Ear:
    """Answers what was heard of one PC until some moment."""

    def __init__(self, year: Year, pc: Pc) -> None:
        self._pc = pc
        self._begins = [segment.begin for segment in pc.segments]
        self._hidden = sorted(year.hidden(pc), key=lambda one: one.begin)
        self._hidden_begins = [one.begin for one in self._hidden]

    def _is_hidden(self, moment: float) -> Failure | None:
        for one in self._hidden[max(0, bisect_right(self._hidden_begins, moment) - 3) :]:
            if one.begin > moment:
                return None
            if moment < one.end:
                return one
        return None

    def at(self, now: float) -> Heard | None:
        """The newest that was heard by then."""
        place = bisect_right(self._begins, now) - 1
        while place >= 0:
            segment = self._pc.segments[place]
            if segment.said and segment.end <= now and self._is_hidden(segment.end) is None:
                return Heard(segment.end, f"b{place}", "goodbye", segment.said, segment.end)
            moment = self._last_report(segment, now)
            if moment is not None:
                return Heard(moment, f"b{place}", "hello", "start", segment.begin)
            place -= 1
        return None

    def _last_report(self, segment: Segment, now: float) -> float | None:
        last = min(now, segment.end - 0.001)
        while last >= segment.begin:
            count = int((last - segment.begin - self._pc.phase) // BEAT)
            moment = segment.begin if count < 0 else segment.begin + self._pc.phase + BEAT * count
            hiding = self._is_hidden(moment)
            if hiding is None:
                return moment
            last = hiding.begin - 0.001
        return None


def moment(day: date, minutes: float) -> float:
    """That minute of a day as epoch seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp() + 60 * minutes


def school_days(way: tuple[PlaceCalendar, ...]) -> list[date]:
    """The days with lessons."""
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    return [day for day in days if day_at(way, day).kind in {DayKind.SCHOOL, DayKind.EXAM}]


def make_year(seed: int, way: tuple[PlaceCalendar, ...], *, seats: int = 12) -> Year:
    """Two labs of which one is switched off at the breaker after every lesson, an office, and a server."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    school = "BM"
    days = school_days(way)
    typhoons = tuple(sorted(chance.sample(days[20:], 3)))
    power = [_failure(chance, "power", school, day, 4, 90) for day in chance.sample(days, 6)]
    line = [_failure(chance, "line", school, day, 6, 150) for day in chance.sample(days, 10)]
    labs = ("tin1", "tin2")
    segments: dict[str, list[Segment]] = {}
    switches: list[Failure] = []
    flaky: list[Failure] = []
    switch_days = set(chance.sample(days, 5))
    for day in days:
        if day in typhoons:
            continue
        _segments_of_office(chance, segments, day)
        for lab in labs:
            used = [lesson for lesson in LESSONS if _is_used(day, lab, lesson) and not _no_lesson(day, lesson)]
            for lesson in used:
                _segments_of_lesson(chance, segments, day, lab, lesson, seats)
            if used and day in switch_days and lab == chance.choice(labs):
                start = moment(day, chance.choice(used)[0]) + chance.uniform(600, 900)
                switches.append(
                    Failure(
                        what="switch", place=f"{school}/main/{lab}", begin=start, end=start + chance.uniform(700, 900)
                    )
                )
        if chance.random() < 0.3:
            start = moment(day, chance.uniform(430, 900))
            flaky.append(
                Failure(
                    what="flaky",
                    place=f"tin2-{chance.randint(1, seats):02}",
                    begin=start,
                    end=start + chance.uniform(60, 900),
                )
            )
    segments["sv-01"] = [Segment(moment(FIRST, 0), moment(LAST, 1440))]
    restarts = [
        Failure(what="collector", place="", begin=start, end=start + chance.uniform(20, 600))
        for start in (moment(day, chance.uniform(300, 1200)) for day in chance.sample(days, 12))
    ]
    failures = tuple(sorted((*power, *line, *switches, *flaky, *restarts), key=lambda one: one.begin))
    pcs = tuple(
        Pc(
            id=name,
            room=f"{school}/main/{name.partition('-')[0]}",
            seat=int(name.partition("-")[2]),
            phase=chance.uniform(0, BEAT),
            segments=tuple(_without_power(sorted(there, key=lambda one: one.begin), power)),
        )
        for name, there in sorted(segments.items())
    )
    return Year(school=school, pcs=pcs, failures=failures, typhoons=typhoons)


def _segments_of_lesson(
    chance: random.Random, segments: dict[str, list[Segment]], day: date, lab: str, lesson: tuple[int, int], seats: int
) -> None:
    """One lab goes at the breaker after every lesson, the other is shut down."""
    cut = lab == "tin1"
    off = moment(day, lesson[1]) + chance.uniform(0, 150)
    for seat in range(1, seats + 1):
        if chance.random() < 0.07:
            continue
        on = moment(day, lesson[0]) + chance.uniform(0, 240)
        gone = off if cut else off - chance.uniform(0, 100)
        segments.setdefault(f"{lab}-{seat:02}", []).append(Segment(on, gone, "" if cut else "shutdown"))


def _segments_of_office(chance: random.Random, segments: dict[str, list[Segment]], day: date) -> None:
    for seat in range(1, 5):
        if chance.random() < 0.85:
            on, off = moment(day, chance.uniform(400, 440)), moment(day, chance.uniform(960, 1040))
            segments.setdefault(f"vp-{seat:02}", []).append(Segment(on, off, chance.choice(("shutdown", "suspend"))))


def _is_used(day: date, lab: str, lesson: tuple[int, int]) -> bool:
    """The labs' timetable: the same each week."""
    return (7 * day.weekday() + 3 * LESSONS.index(lesson) + len(lab) * (lab == "tin1")) % 5 < 3


def _no_lesson(day: date, lesson: tuple[int, int]) -> bool:
    return day.weekday() == 5 and lesson[0] >= 720


def _failure(chance: random.Random, what: str, place: str, day: date, least: float, most: float) -> Failure:
    start = moment(day, chance.choice((chance.uniform(450, 660), chance.uniform(800, 960))))
    return Failure(what=what, place=place, begin=start, end=start + 60 * chance.uniform(least, most))


def _without_power(segments: list[Segment], cuts: list[Failure]) -> list[Segment]:
    """What is left where the power was cut: on until then; those that are always on start again afterwards."""
    for cut in cuts:
        left: list[Segment] = []
        for segment in segments:
            if segment.end <= cut.begin or segment.begin >= cut.end:
                left.append(segment)
                continue
            if segment.begin < cut.begin:
                left.append(Segment(segment.begin, cut.begin))
            if segment.end > cut.end + 300:
                left.append(Segment(cut.end + 60, segment.end, segment.said))
        segments = left
    return segments
