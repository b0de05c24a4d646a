"""An office that remembers incidents over rounds of judging: faults as they are judged, what came of them."""

from schooldrum_collector.judge.fault import Degree, Evidence, Fault, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import FIRST_NUMBER, Incident, Step, What
from schooldrum_collector.judge.incident_places import Circumstances
from schooldrum_collector.judge.incidents import advance, after

T = 1_790_000_000.0
ROOMS = {
    **{f"a{seat}": "BM/main/tin1" for seat in range(1, 4)},
    **{f"b{seat}": "BM/main/tin2" for seat in range(1, 4)},
    **{f"c{seat}": "HS/main/tin1" for seat in range(1, 4)},
    **{f"d{seat}": "KD/main/tin1" for seat in range(1, 4)},
}
EVERYBODY = frozenset(ROOMS)
AREAS = {"BM": "hn/a", "HS": "hn/a", "KD": "hn/b"}
SCHOOL = Place(Level.SCHOOL, "BM")
ROOM_1 = Place(Level.ROOM, "BM/main/tin1")
ROOM_2 = Place(Level.ROOM, "BM/main/tin2")
PROVIDER = Place(Level.PROVIDER, "A")
BEAT = 60


def there(**fields: object) -> Circumstances:
    values = {
        "next_number": FIRST_NUMBER,
        "judged": frozenset(AREAS),
        "rooms": ROOMS,
        "areas": AREAS,
        "beats": dict.fromkeys(AREAS, BEAT),
        **fields,
    }
    return Circumstances(**values)  # type: ignore[arg-type]  # every field by its name


def members(place: Place) -> tuple[str, ...]:
    if place.level is Level.MACHINE:
        return (place.path,)
    if place.level in {Level.PROVIDER, Level.AREA, Level.SERVICE}:
        return tuple(sorted(EVERYBODY))
    return tuple(sorted(one for one, room in ROOMS.items() if f"{room}/".startswith(f"{place.path}/")))


def fault(place: Place = SCHOOL, *, began: float = T, **fields: object) -> Fault:
    values = {
        "place": place,
        "kind": Kind.OUTAGE,
        "verdict": Verdict.UNKNOWN,
        "degree": Degree.UNKNOWN,
        "began": began,
        "error": 60.0,
        "measured": False,
        "evidence": Evidence(word="silent"),
        "blamed": members(place),
        **fields,
    }
    return Fault(**values)  # type: ignore[arg-type]  # every field by its name


class Office:
    """Remembers incidents over rounds of judging."""

    def __init__(self) -> None:
        self.known: tuple[Incident, ...] = ()
        self.steps: list[Step] = []

    def judge(self, at: float, *faults: Fault, **fields: object) -> list[What]:
        blamed = {machine for one in faults for machine in one.blamed}
        number = max((one.number for one in self.known), default=FIRST_NUMBER - 1) + 1
        given = {"next_number": number, "alive": EVERYBODY - blamed, **fields}
        steps = advance(self.known, faults, T + at, there(**given))
        self.known = after(self.known, steps)
        self.steps += steps
        return [one.what for one in steps if one.what not in {What.SEEN, What.CALMING}]

    def only(self) -> Incident:
        (incident,) = self.known
        return incident
