"""Who is told of what: Alertmanager's tree from areas over schools to roles, what holds down what, and when not.

Alerts say `school` where they are about one. In which area it lies the register knows and no label does, so an area is
the list of its schools. Incidents are never muted by the calendar: the collector has judged by it already, and whoever
got a beginning gets the end.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date

import msgspec

from schooldrum_collector.judge.fault import Kind, Level
from schooldrum_collector.judge.incident import Severity
from schooldrum_collector.judge.shared_telling import OF_MANY
from schooldrum_collector.show.alertmanager import ALERT
from schooldrum_collector.show.alerts_of_collector import ALIVE, DOWN
from schooldrum_collector.show.mute_times import ALWAYS, DIGEST, MuteTimes
from schooldrum_collector.show.rule import Role
from schooldrum_collector.store.records import Register

Node = dict[str, object]
_INCIDENT, _MEASURED = f'alertname="{ALERT}"', f'alertname!="{ALERT}"'
_OF_MANY = tuple(level.value for level in OF_MANY)
_ONCE = {"repeat_interval": "120h"}
"""As long as Alertmanager remembers by default what it has told: one message per cause."""


class Receivers(msgspec.Struct, frozen=True):
    """The receivers of one school by role; None where nobody has that role. `off` names its mute times."""

    it_officer: str
    principal: str | None
    office: str
    off: tuple[str, str]


def receiver(names: Collection[str], role: Role, places: Iterable[str] = ()) -> str | None:
    """The receiver of a role that is nearest to the last of these places: `ROLE PLACE`, else `ROLE`, else None."""
    for place in reversed(tuple(places)):
        if place and f"{role.value} {place}" in names:
            return f"{role.value} {place}"
    return role.value if role.value in names else None


def quoted(text: str) -> str:
    """A matcher's value: in double quotes, read alike by old and new Alertmanagers."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def one_of(label: str, values: Iterable[str]) -> str:
    """A matcher for any of these values."""
    wanted = sorted(values)
    if len(wanted) == 1:
        return f"{label}={quoted(wanted[0])}"
    return f"{label}=~{quoted('|'.join(re.escape(value) for value in wanted))}"


def configuration(register: Register, names: Collection[str], *, today: date) -> Node:
    """Alertmanager's route, inhibit_rules and time_intervals; `names` are those of its receivers.

    `office` must be among them. `today` is the first day whose calendar is written; it is for a year.
    """
    mutes = MuteTimes(register, today)
    tree = _Tree(register, names, mutes)
    route = {
        "receiver": Role.OFFICE.value,
        "group_by": ["alertname", "incident", "school"],
        "group_wait": "30s",
        "group_interval": "1m",
        **_ONCE,
        "routes": tree.routes(),
    }
    return {"route": route, "inhibit_rules": inhibitions(), "time_intervals": mutes.intervals()}


class _Tree:
    """Makes the routes. Not frozen: `mutes` gathers which times are named."""

    def __init__(self, register: Register, names: Collection[str], mutes: MuteTimes) -> None:
        self._register = register
        self._names = names
        self._mutes = mutes
        self._schools: dict[str, list[str]] = {}
        for code in sorted(register.schools):
            area = register.schools[code].area
            for step in _steps(area) or ("",):
                self._schools.setdefault(step, []).append(code)

    def routes(self) -> list[Node]:
        """All below the root: first what is about no school, then areas, last the schools of no area."""
        areas = sorted(self._schools.keys() - {""})
        tops = [area for area in areas if "/" not in area]
        generic = self._told("", "")
        return [
            *self._of_the_system(),
            *self._of_many(),
            *self._of_areas(),
            *(self._area(area, areas) for area in tops),
            *self._groups(self._schools.get("", ())),
            # Schools that are newer than this file.
            {"matchers": ['school!=""'], "receiver": generic.it_officer, "routes": self._roles(generic)},
        ]

    def _of_the_system(self) -> list[Node]:
        watchdog = receiver(self._names, Role.WATCHDOG)
        administrator = receiver(self._names, Role.ADMINISTRATOR) or Role.OFFICE.value
        alive: Node = {"matchers": [f'alertname="{ALIVE}"'], "receiver": watchdog or Role.OFFICE.value}
        alive |= {"group_wait": "0s", "repeat_interval": "5m"} if watchdog else {"mute_time_intervals": [ALWAYS]}
        whole: Node = {"matchers": [f'role="{Role.ADMINISTRATOR.value}"'], "receiver": administrator}
        whole["routes"] = [{"matchers": [_is(Severity.DIGEST)], "group_by": ["alertname"], **_weekly()}]
        # A system that cannot be reached concerns everybody, schools and offices, each once.
        concerned = {name for told in self._everybody() for name in (told.it_officer, told.office)}
        service = [_INCIDENT, one_of("scope", [Level.SERVICE.value])]
        # The collector's own line concerns who looks after it, and no school.
        own = {"matchers": [*service, one_of("kind", [Kind.OUTAGE.value])], "receiver": administrator}
        told_too = [{**own, "continue": True}] if administrator != Role.OFFICE.value else []
        services: list[Node] = [
            {"matchers": service, "receiver": one, "continue": True} for one in sorted(concerned - {Role.OFFICE.value})
        ]
        to_office: Node = {**own, "receiver": Role.OFFICE.value}
        return [alive, whole, *told_too, to_office, *services, {"matchers": service, "receiver": Role.OFFICE.value}]

    def _of_many(self) -> list[Node]:
        """Schools that are part of an incident of many; who looks after several of them is told once.

        The office has its own message of it: where it stands in for a school it needs no second one.
        """
        part = [_INCIDENT, one_of("scope", _OF_MANY)]
        schools: dict[str, list[str]] = {}
        for one in self._register.schools.values():
            places = (*_steps(one.area), one.code)
            if officer := receiver(self._names, Role.IT_OFFICER, places):
                schools.setdefault(officer, []).append(one.code)
        together = {"group_by": ["alertname", "incident"]}
        found: list[Node] = [
            {"matchers": [*part, one_of("school", codes)], "receiver": officer, **together}
            for officer, codes in sorted(schools.items())
        ]
        otherwise: Node = {"matchers": [*part, 'school!=""']}
        generic = receiver(self._names, Role.IT_OFFICER)
        otherwise |= {"receiver": generic or Role.OFFICE.value, **together}
        if generic is None:
            otherwise["mute_time_intervals"] = [ALWAYS]
        return [*found, otherwise]

    def _of_areas(self) -> list[Node]:
        """Incidents of whole areas, to the nearest office; deeper areas first."""
        found = [name.removeprefix(f"{Role.OFFICE.value} ") for name in self._names if name.startswith("office ")]
        paths = sorted(
            (path for path in found if path in self._register.areas), key=lambda path: (-path.count("/"), path)
        )
        return [
            {
                "matchers": [_INCIDENT, f"area=~{quoted(f'{re.escape(path)}(/.*)?')}"],
                "receiver": f"{Role.OFFICE.value} {path}",
            }
            for path in paths
        ]

    def _area(self, area: str, areas: list[str]) -> Node:
        below = [one for one in areas if one.rpartition("/")[0] == area]
        own = [code for code in self._schools[area] if self._register.schools[code].area == area]
        return {
            "matchers": [one_of("school", self._schools[area])],
            "receiver": receiver(self._names, Role.OFFICE, _steps(area)) or Role.OFFICE.value,
            "routes": [*(self._area(one, areas) for one in below), *self._groups(own)],
        }

    def _groups(self, codes: Iterable[str]) -> list[Node]:
        """Schools of one place, those that are told alike together."""
        alike: dict[Receivers, list[str]] = {}
        for code in codes:
            alike.setdefault(self._told(self._register.schools[code].area, code), []).append(code)
        return [
            {"matchers": [one_of("school", same)], "receiver": told.it_officer, "routes": self._roles(told)}
            for told, same in sorted(alike.items(), key=lambda pair: pair[1])
        ]

    def _told(self, area: str, code: str) -> Receivers:
        places = (*_steps(area), code)
        office = receiver(self._names, Role.OFFICE, places) or Role.OFFICE.value
        return Receivers(
            it_officer=receiver(self._names, Role.IT_OFFICER, places) or office,
            principal=receiver(self._names, Role.PRINCIPAL, places),
            office=office,
            off=self._mutes.of(code),
        )

    def _everybody(self) -> list[Receivers]:
        return [self._told("", ""), *(self._told(one.area, one.code) for one in self._register.schools.values())]

    @staticmethod
    def _roles(told: Receivers) -> list[Node]:
        hours, days = told.off
        principal: Node = {"matchers": [f'role="{Role.PRINCIPAL.value}"'], "receiver": told.principal or told.office}
        principal["mute_time_intervals"] = [days] if told.principal else [ALWAYS]
        return [
            {"matchers": [f'role="{Role.OFFICE.value}"'], "receiver": told.office},
            principal,
            {
                "matchers": [_is(Severity.DIGEST)],
                # An office that stands in for its schools gets one list, not a message for each.
                "group_by": ["school" if told.it_officer != told.office else "alertname"],
                **_weekly(),
                "mute_time_intervals": [days],
            },
            {"matchers": [_MEASURED], "mute_time_intervals": [hours, days]},
        ]


def _steps(area: str) -> tuple[str, ...]:
    """`hn/q3` gives `hn`, `hn/q3`."""
    steps = area.split("/") if area else []
    return tuple("/".join(steps[:count]) for count in range(1, len(steps) + 1))


def _is(severity: Severity) -> str:
    return f'severity="{severity.value}"'


def _weekly() -> Node:
    # One look an hour, and a window of little more than an hour: told once, whenever Alertmanager was started.
    return {"group_interval": "1h", "repeat_interval": "20h", "active_time_intervals": [DIGEST]}


def inhibitions() -> list[Node]:
    """What holds down what: the collector's death everything, a school that is out what is measured there to be mended.

    No incident holds down another here: what is a part of another the collector does not tell, and it alone knows what
    each of them explains. Names that do not answer explain no room's silence, a lost line only those who went by it;
    and Alertmanager would swallow the end of what was told before the larger one began.

    While the collector is away its incidents run out, which is no all-clear, and pages that are not read say nothing.
    """
    return [
        {
            "source_matchers": [f'alertname="{DOWN}"'],
            "target_matchers": [f"alertname!~{quoted(f'{ALIVE}|{DOWN}')}"],
        },
        {
            "source_matchers": [
                _INCIDENT,
                one_of("kind", [Kind.OUTAGE.value]),
                one_of("scope", [Level.SCHOOL.value, *_OF_MANY]),
                'school!=""',
            ],
            "target_matchers": [_MEASURED, f'role="{Role.IT_OFFICER.value}"', _is(Severity.ACTION)],
            "equal": ["school"],
        },
    ]
