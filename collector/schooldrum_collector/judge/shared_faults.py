"""What many schools have in common: a provider, an area, a service, or the collector's own line. Pure.

One cause is one fault, however many schools it silences: those are its `schools`, and are held down by it. A provider
is blamed only when at least three of its schools, and half of those that could tell in their area, went together while
schools of other providers did not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

import msgspec

from schooldrum_collector.judge.blame import LAST_LINE
from schooldrum_collector.judge.fault import Degree, Evidence, Fault, Kind, Level, Place, SchoolSeen, Verdict
from schooldrum_collector.judge.nameless import ALSO
from schooldrum_collector.judge.own_line import OWN_LINE, OfficeView, office_view, own_line_fault
from schooldrum_collector.judge.school_standing import SchoolStanding

SCHOOLS = 3
"""So many schools at least: two may be chance."""
TOGETHER_SECONDS = 300.0
"""Faults that began within this time, beside what their dates may be off, began together."""
BEFORE_SECONDS = 120.0
"""So long before the others, beside what the date may be off: PCs of one school are missed within two beats or so."""
_NEARLY_ALL = 0.9
_TWO = 2
_FAR = (Verdict.DNS, Verdict.INTERNATIONAL, Verdict.NATIONAL)
_STEPS = {Verdict.INTERNATIONAL: "international", Verdict.NATIONAL: "national", Verdict.DNS: "resolver"}


class _Hurt(msgspec.Struct, frozen=True, kw_only=True):
    """One school's fault that may be a part of a larger one; `providers` are those it speaks against."""

    standing: SchoolStanding
    fault: Fault
    providers: frozenset[str]


def shared(
    by_school: Mapping[str, Sequence[Fault]],
    schools: Mapping[str, SchoolStanding],
    now: float,
    *,
    office: SchoolSeen | None = None,
) -> tuple[Fault, ...]:
    """The faults of many schools at `now`, the largest first.

    `by_school` are the schools' own faults, `schools` the standing of every school of the office, well or not, and
    `office` what is seen of the office's own room, which stands beside the collector and votes in no school.
    """
    own = office.school if office else ""
    telling = {code: one for code, one in schools.items() if one.watching and code != own}
    view = office_view(office, now)
    hurt = _hurt(by_school, telling)
    lost = [one for one in hurt if _may_be_line(one.fault) or _is(one.fault, Verdict.COLLECTOR)]
    if view.cut_off and not any(one.answering for one in telling.values()):
        return (own_line_fault(view, own, [one.fault for one in lost], _codes(lost)),)
    found: list[Fault] = []
    for cluster in _clusters(lost):
        found += _lost(cluster, telling, view)
    far = [
        fault
        for verdict in _FAR
        for cluster in _clusters([one for one in hurt if _is(one.fault, verdict) or _is_also(one.fault, verdict)])
        for fault in _far(verdict, cluster, telling)
    ]
    # Routes that more schools have lost explain the names of those whose resolver stands beyond them.
    found += [one for one in far if one.verdict is not Verdict.DNS or not any(_is_inside(one, other) for other in far)]
    found += _services(by_school, telling, schools.get(own), now)
    unlike: dict[tuple[Place, Kind, str], Fault] = {}
    for fault in sorted(found, key=lambda one: -one.evidence.counts["schools"]):
        unlike.setdefault((fault.place, fault.kind, fault.target), fault)
    return tuple(unlike.values())


def _hurt(by_school: Mapping[str, Sequence[Fault]], telling: Mapping[str, SchoolStanding]) -> list[_Hurt]:
    hurt = []
    for code in sorted(by_school):
        standing = telling.get(code)
        if standing is None:
            continue
        for fault in by_school[code]:
            if fault.kind not in {Kind.OUTAGE, Kind.SECOND_LINE}:
                continue
            named = fault.evidence.names
            own = named.get("provider", ()) if fault.kind is Kind.SECOND_LINE else named.get(LAST_LINE)
            hurt.append(_Hurt(standing=standing, fault=fault, providers=frozenset(own or standing.providers)))
    return hurt


def _is(fault: Fault, verdict: Verdict) -> bool:
    return fault.verdict is verdict and fault.place.level is not Level.MACHINE


def _is_also(fault: Fault, verdict: Verdict) -> bool:
    """Whether this is broken as well, beside what the fault's own verdict names."""
    return verdict in fault.evidence.names.get(ALSO, ())


def _is_inside(fault: Fault, other: Fault) -> bool:
    """Whether the other has all of a fault's schools, and more."""
    return set(fault.evidence.names["schools"]) < set(other.evidence.names["schools"])


def _may_be_line(fault: Fault) -> bool:
    """Whether a lost line, or a power cut, is what it is or may be. A single PC that is all a school has on counts."""
    return fault.verdict in {Verdict.LINE, Verdict.POWER} or Verdict.LINE in fault.evidence.causes


def _clusters(hurt: Iterable[_Hurt]) -> list[list[_Hurt]]:
    """Those that began together, each school once, in rows of at least three schools."""
    rows: list[list[_Hurt]] = []
    row: dict[str, _Hurt] = {}
    last = 0.0
    for one in sorted(hurt, key=lambda each: (each.fault.began, each.fault.place)):
        if row and one.fault.began - last > TOGETHER_SECONDS + min(one.fault.error, TOGETHER_SECONDS):
            rows.append(list(row.values()))
            row = {}
        row.setdefault(one.standing.school, one)
        last = one.fault.began
    rows.append(list(row.values()))
    return [each for each in rows if len(each) >= SCHOOLS]


# Lines, providers, areas, the collector


def _lost(cluster: list[_Hurt], telling: Mapping[str, SchoolStanding], view: OfficeView) -> list[Fault]:
    measured_line = [one for one in cluster if one.fault.verdict is Verdict.LINE and _is_sure(one)]
    through = [one for one in cluster if one.fault.verdict is Verdict.COLLECTOR]
    others_heard = [one for one in telling.values() if one.answering and one.school not in _codes(cluster)]
    nearly_all = len(cluster) >= _NEARLY_ALL * len(telling)
    if len(measured_line) < _TWO and (nearly_all or len(through) * 2 >= len(telling)):
        collector = _collector(cluster, through, view)
        if collector is not None:
            return [collector]
    rest = [one for one in cluster if one.fault.verdict is not Verdict.COLLECTOR]
    found: list[Fault] = []
    taken: set[str] = set()
    for provider in sorted({name for one in rest for name in one.providers}):
        mine = [one for one in rest if one.providers == {provider} and one.standing.school not in taken]
        fault = _provider(provider, mine, rest, telling)
        if fault is not None:
            found.append(fault)
            taken |= set(fault.evidence.names["schools"])
    left = [one for one in rest if one.standing.school not in taken]
    for area, hit in _areas(left, telling, lambda _: True):
        found.append(_area(area, hit, len(others_heard)))
    return found


def _is_sure(one: _Hurt) -> bool:
    return one.fault.degree is Degree.FOUND and one.fault.evidence.counts.get("measured", 0) >= _TWO


def _codes(hurt: Iterable[_Hurt]) -> frozenset[str]:
    return frozenset(one.standing.school for one in hurt)


def _collector(cluster: list[_Hurt], through: list[_Hurt], view: OfficeView) -> Fault | None:
    """Nearly everybody silent at once, or through to everything else: the collector's own line, if nothing speaks up.

    None where the office's own machine says that the collector's line works.
    """
    if len(through) >= _TWO:
        degree = Degree.FOUND if len(through) >= SCHOOLS else Degree.PROBABLE
        return _made(OWN_LINE, Verdict.COLLECTOR, degree, "collector_down", cluster)
    if view.away:
        return _made(OWN_LINE, Verdict.COLLECTOR, Degree.PROBABLE, "collector_line", cluster)
    if view.fine:
        return None
    causes = (Verdict.COLLECTOR, Verdict.POWER, Verdict.LINE)
    return _made(OWN_LINE, Verdict.UNKNOWN, Degree.UNKNOWN, "all_schools_silent", cluster, causes=causes)


def _provider(
    provider: str, mine: list[_Hurt], cluster: list[_Hurt], telling: Mapping[str, SchoolStanding]
) -> Fault | None:
    areas = _areas(mine, telling, lambda one: provider in one.providers)
    hit = [one for _, some in areas for one in some]
    if not hit:
        return None
    names = [area for area, _ in areas]
    around = [one for one in telling.values() if any(_within(one.area, area) for area in names)]
    same = [one for one in around if provider in one.providers]
    other = [one for one in around if provider not in one.providers]
    down = _codes(cluster)
    fine = [one for one in other if one.school not in down]
    if other and 2 * len(fine) <= len(other):
        return None
    measured = [one for one in hit if one.fault.verdict is Verdict.LINE and _is_sure(one)]
    counts = {"of": len(same), "others": len(fine), "measured": len(measured)}
    if second := sum(one.fault.kind is Kind.SECOND_LINE for one in hit):
        counts["second"] = second
    if before := _before(hit):
        counts["together"] = len(hit) - before
    place, extra = Place(Level.PROVIDER, provider), {"provider": (provider,), "areas": tuple(names)}
    if len(measured) >= _TWO and fine:
        return _made(place, Verdict.LINE, Degree.FOUND, "provider", hit, counts=counts, names=extra)
    if fine or measured:
        return _made(place, Verdict.LINE, Degree.PROBABLE, "provider_silent", hit, counts=counts, names=extra)
    causes = (Verdict.LINE, Verdict.POWER)
    return _made(
        place, Verdict.UNKNOWN, Degree.UNKNOWN, "provider_silent", hit, causes=causes, counts=counts, names=extra
    )


def _before(hit: Sequence[_Hurt]) -> int:
    """How many were surely gone some time before the most: they are a part of it by now, and did not go with them."""
    middle = median(one.fault.began for one in hit)
    return sum(one.fault.began + one.fault.error + BEFORE_SECONDS < middle for one in hit)


def _area(area: str, hit: list[_Hurt], heard: int) -> Fault:
    place, extra = Place(Level.AREA, area), {"areas": (area,)}
    power = [one for one in hit if one.fault.verdict is Verdict.POWER]
    line = [one for one in hit if one.fault.verdict is Verdict.LINE]
    counts = {"others": heard, "power": len(power)}
    if len(power) >= _TWO and not line:
        return _made(place, Verdict.POWER, Degree.PROBABLE, "area_power", hit, counts=counts, names=extra)
    if line and len(line) * 2 > len(hit):
        return _made(place, Verdict.LINE, Degree.PROBABLE, "area_line", hit, counts=counts, names=extra)
    causes = (Verdict.POWER, Verdict.LINE)
    return _made(place, Verdict.UNKNOWN, Degree.UNKNOWN, "area_silent", hit, causes=causes, counts=counts, names=extra)


def _areas(
    hurt: Iterable[_Hurt], telling: Mapping[str, SchoolStanding], counts_for: Callable[[SchoolStanding], bool]
) -> list[tuple[str, list[_Hurt]]]:
    """The largest areas in which at least three schools, and half of those asked that could tell, are hurt."""
    of: dict[str, int] = {}
    for one in telling.values():
        if counts_for(one):
            for area in _around(one.area):
                of[area] = of.get(area, 0) + 1
    inside: dict[str, list[_Hurt]] = {}
    for each in hurt:
        for area in _around(each.standing.area):
            inside.setdefault(area, []).append(each)
    chosen: list[tuple[str, list[_Hurt]]] = []
    for area in sorted(inside, key=lambda name: (name.count("/") if name else -1, name)):
        some = inside[area]
        enough = len(some) >= SCHOOLS and 2 * len(some) >= of.get(area, 0)
        if enough and not any(_within(area, larger) for larger, _ in chosen):
            chosen.append((area, some))
    return [(_smallest_around(some, area), some) for area, some in chosen]


def _around(area: str) -> list[str]:
    parts = area.split("/") if area else []
    return ["", *("/".join(parts[: i + 1]) for i in range(len(parts)))]


def _within(area: str, larger: str) -> bool:
    return not larger or area == larger or area.startswith(f"{larger}/")


def _smallest_around(some: Sequence[_Hurt], area: str) -> str:
    """The smallest area that holds them all: ten schools of one ward are that ward, though they are all there is."""
    common = [each for each in _around(some[0].standing.area) if all(_within(one.standing.area, each) for one in some)]
    return common[-1] if common else area


# Far routes and names


def _far(verdict: Verdict, cluster: list[_Hurt], telling: Mapping[str, SchoolStanding]) -> list[Fault]:
    hit = _codes(cluster)
    also = [
        other.value
        for other in _FAR
        if verdict is Verdict.DNS and 2 * sum(_is_also(one.fault, other) for one in cluster) > len(cluster)
    ]
    more = {ALSO: tuple(also)} if also else {}
    fine = [one for one in telling.values() if _STEPS[verdict] in one.passing and one.school not in hit]
    providers = {name for one in cluster for name in one.providers}
    if len(providers) == 1:
        name = next(iter(providers))
        same = [one for one in fine if name in one.providers]
        if len(cluster) >= len(same):
            counts = {"of": len(cluster) + len(same), "others": len(fine) - len(same)}
            degree = Degree.FOUND if len(fine) > len(same) else Degree.PROBABLE
            place = Place(Level.PROVIDER, name)
            return [
                _made(
                    place,
                    verdict,
                    degree,
                    f"provider_{verdict}",
                    cluster,
                    counts=counts,
                    names={"provider": (name,), **more},
                )
            ]
    if len(cluster) < len(fine):
        return []
    area = _smallest_around(cluster, "")
    counts = {"of": len(cluster) + len(fine), "others": len(fine)}
    return [
        _made(
            Place(Level.AREA, area),
            verdict,
            Degree.FOUND,
            f"area_{verdict}",
            cluster,
            counts=counts,
            names={"areas": (area,), **more},
        )
    ]


# Services


def _services(
    by_school: Mapping[str, Sequence[Fault]],
    telling: Mapping[str, SchoolStanding],
    own: SchoolStanding | None,
    now: float,
) -> list[Fault]:
    bad: dict[str, list[str]] = {}
    good: dict[str, int] = {}
    for one in telling.values():
        for target, passed in one.services.items():
            if passed:
                good[target] = good.get(target, 0) + 1
            else:
                bad.setdefault(target, []).append(one.school)
    found = []
    for target in sorted(bad):
        at_office = own.services.get(target) if own else None
        schools, fine = sorted(bad[target]), good.get(target, 0)
        enough = len(schools) >= (_TWO if at_office is False else SCHOOLS)
        if not enough or len(schools) < fine:
            continue
        known = [
            fault
            for code in schools
            for fault in by_school.get(code, ())
            if fault.kind is Kind.SERVICE and fault.target == target
        ]
        found.append(
            Fault(
                place=Place(Level.SERVICE, target),
                kind=Kind.SERVICE,
                verdict=Verdict.SERVICE,
                degree=Degree.PROBABLE if at_office else Degree.FOUND,
                began=min((fault.began for fault in known), default=now),
                error=TOGETHER_SECONDS,
                measured=False,
                target=target,
                evidence=Evidence(
                    word="service_and_office" if at_office is False else "service",
                    counts={"schools": len(schools), "of": len(schools) + fine, "others": fine},
                    names={"schools": tuple(schools), "service": (target,)},
                    steps={
                        **dict.fromkeys(("pc", "switch", "gateway", "provider", "internet"), "ok"),
                        "service": "broken",
                    },
                ),
            )
        )
    return found


# One fault


def _made(
    place: Place,
    verdict: Verdict,
    degree: Degree,
    word: str,
    hit: Sequence[_Hurt],
    *,
    causes: tuple[Verdict, ...] = (),
    counts: Mapping[str, int] | None = None,
    names: Mapping[str, tuple[str, ...]] | None = None,
) -> Fault:
    faults = sorted((one.fault for one in hit), key=lambda fault: (not fault.measured, fault.error, fault.began))
    best = faults[0]
    ended = [fault.ended for fault in faults if fault.ended is not None]
    return Fault(
        place=place,
        kind=Kind.OUTAGE,
        verdict=verdict,
        degree=degree,
        began=best.began,
        error=best.error,
        measured=best.measured,
        ended=max(ended) if len(ended) == len(faults) else None,
        evidence=Evidence(
            word=word,
            counts={"schools": len(hit), **(counts or {})},
            names={"schools": tuple(sorted(_codes(hit))), **(names or {})},
            causes=causes,
            steps=best.evidence.steps,
        ),
    )
