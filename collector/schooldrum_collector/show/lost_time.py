"""What Prometheus reads of a school beside its rooms and PCs: its lines, open incidents, and time lost."""

from schooldrum_collector.judge.fault import Level
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.lost_time import LONGEST_SPAN, Reckoned, spared
from schooldrum_collector.show.families import Families, labels
from schooldrum_collector.store.records import Register
from schooldrum_wire.catalogue.incidents import (
    AREA_INFO,
    INCIDENT_BEGIN_TIMESTAMP,
    INTERNET_AVAILABILITY_RATIO,
    INTERNET_LOST_SECONDS,
    INTERNET_SEEN_SECONDS,
    INTERNET_SEEN_SINCE_TIMESTAMP,
    LESSON_LOST_SECONDS,
    LINE_INFO,
)


def add_areas(families: Families, register: Register, codes: set[str]) -> None:
    """Names of the areas these schools lie in, and of all above them."""
    wanted: set[str] = set()
    for code in codes:
        steps = register.schools[code].area.split("/")
        wanted.update("/".join(steps[:count]) for count in range(1, len(steps) + 1))
    for path in sorted(wanted & register.areas.keys()):
        area = register.areas[path]
        families.add(AREA_INFO.name, labels(area=path, name=area.name, level=area.level), "1")


def add_lines(families: Families, register: Register, codes: set[str]) -> None:
    """The lines of these schools."""
    for _, line in sorted(register.lines.items()):
        if line.school in codes:
            about = labels(school=line.school, site=line.site, line=line.code, provider=line.provider)
            families.add(LINE_INFO.name, about, "1")


def add_incidents(families: Families, codes: set[str], open_: tuple[Incident, ...]) -> None:
    """Incidents that go on in these schools; one of several stands at each of them that has no other line."""
    by_another = spared(open_)
    for incident in open_:
        place = incident.place.path.split("/")
        where = {}
        if incident.place.level in {Level.ROOM, Level.SITE}:
            where = dict(zip(("site", "room"), place[1:3], strict=False))
        for code in sorted(codes.intersection(incident.schools)):
            if (incident.number, code) in by_another:
                continue
            about = labels(
                school=code,
                **where,
                incident=incident.name,
                level=incident.place.level.value,
                kind=incident.kind.value,
                verdict=incident.verdict.value,
                degree=incident.degree.value,
            )
            families.add(INCIDENT_BEGIN_TIMESTAMP.name, about, f"{incident.began:.3f}")


def add_lost(families: Families, code: str, reckoned: Reckoned) -> None:
    """What a school lost, and how much of the time that was seen it had internet."""
    known = reckoned.available.get(code)
    if known is not None:
        about = labels(school=code, window=LONGEST_SPAN)
        families.add(INTERNET_SEEN_SECONDS.name, about, f"{known.seen:.3f}")
        families.add(INTERNET_SEEN_SINCE_TIMESTAMP.name, about, f"{known.since:.3f}")
        if known.ratio is not None:
            families.add(INTERNET_AVAILABILITY_RATIO.name, about, f"{known.ratio:.6f}")
    lost = reckoned.lost.get(code)
    if lost is None:
        return
    for (group, span), seconds in sorted(lost.lessons.items()):
        families.add(LESSON_LOST_SECONDS.name, labels(school=code, group=group.value, window=span), f"{seconds:.3f}")
    for span, seconds in sorted(lost.internet.items()):
        families.add(INTERNET_LOST_SECONDS.name, labels(school=code, window=span), f"{seconds:.3f}")
