"""What a reader of the office's door may see: the part of the tree inside the scope, and each machine's presence."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import msgspec

from schooldrum_collector.judge.apart import NOBODY, Apart
from schooldrum_collector.judge.headcount import states_of
from schooldrum_collector.judge.lost_time import Reckoned
from schooldrum_collector.judge.places import SchoolPlaces, school_places
from schooldrum_collector.judge.presence import Hearing, Presence, State
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Appraised, Latest, Machine, Register, Scope


class Unknown(LookupError):  # noqa: N818 - it names what was asked for
    """What was asked for is not in the register, or outside the scope: the reader is not told which."""


def scope_of(register: Register, written: str) -> Scope:
    """The scope that `?scope=` names: a school's code or an area's path, nothing for everything.

    A code and a path that are written alike mean the school: `school:` or `area:` in front says which.

    Raises:
        Unknown: neither.
    """
    if not written:
        return EVERYTHING
    kind, colon, name = written.partition(":")
    if not colon:
        kind, name = "", written
    if kind in {"", "school"} and name in register.schools:
        return Scope(school=name)
    is_area = name in register.areas or any(
        Scope(area=name).covers(school=school.code, area=school.area) for school in register.schools.values()
    )
    if kind in {"", "area"} and name and is_area:
        return Scope(area=name)
    raise Unknown(f"the register has no school and no area {written!r:.80}")


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """One reader's look at one moment: the register as it stands, the scope, and now."""

    store: Store
    register: Register
    scope: Scope
    hearing: Hearing
    now: float
    places: Mapping[str, SchoolPlaces] = {}
    """How the places of schools stood at the last look at them, by school code; ask of schools in scope alone."""

    incidents: Mapping[str, Mapping[tuple[str, str], int]] = {}
    """How many incidents of schools went on at the last judgement, by school code, then by kind and verdict."""

    apart: Apart = NOBODY
    """The PCs of which more is known than that they are heard or not, as of the last judgement."""

    reckoned: Reckoned = Reckoned()
    """What all schools lost; ask of schools in scope alone."""

    def incidents_of(self, code: str) -> Mapping[tuple[str, str], int]:
        """Those of a school; none where it is outside the scope."""
        return self.incidents.get(code, {}) if self.has_school(code) else {}

    def places_of(self, machines: Iterable[Machine], rooms: Iterable[str], known: Mapping[str, Latest]) -> SchoolPlaces:
        """How a school stands now: these machines of it, these paths of rooms; `known` is by id what was heard last."""
        return school_places(
            self.register,
            rooms=rooms,
            machines=machines,
            heard_of=known.get,
            hearing=self.hearing,
            now=self.now,
            apart=self.apart,
        )

    def presences(self, code: str, known: Mapping[str, Latest]) -> Mapping[str, Presence]:
        """Of every machine of a school by id, as its rooms show it; `known` is by id what was heard last of them."""
        return self.places_of(self.machines(code), (), known).presences

    def presence(self, machine: Machine) -> Presence:
        """Of one machine of the scope: others of its school may know more of it than it has said itself."""
        return self.presences(machine.school, {one.machine: one for one in self.latest(machine.school)})[machine.id]

    @property
    def states_of(self) -> Callable[[Iterable[Machine], Mapping[str, Latest]], Counter[State]]:
        """Tells how many of some approved machines are in each state from the newest that is known of them, by id."""
        return partial(states_of, self.register, hearing=self.hearing, now=self.now, dark=self.apart.dark)

    def schools(self) -> list[str]:
        """Codes of the schools in scope, in order."""
        schools = self.register.schools
        return sorted(code for code in schools if self.scope.covers(school=code, area=schools[code].area))

    def has_school(self, code: str) -> bool:
        """Whether this school is in scope."""
        school = self.register.schools.get(code)
        return school is not None and self.scope.covers(school=code, area=school.area)

    def latest(self, code: str) -> list[Latest]:
        """What is known now of the machines of a school; nothing where it is outside the scope."""
        if not self.has_school(code):
            return []
        return self.store.latest(Scope(school=code), self.register.by_school.get(code, ()))

    def appraised(self, code: str) -> list[Appraised]:
        """What was judged last of the machines of a school; nothing where it is outside the scope."""
        if not self.has_school(code):
            return []
        return self.store.appraisals(Scope(school=code), self.register.by_school.get(code, ()))

    def machines(self, code: str) -> list[Machine]:
        """All machines of a school, whatever their state, in alias order; none where it is outside the scope."""
        if not self.has_school(code):
            return []
        records = (self.register.machines[one] for one in self.register.by_school.get(code, ()))
        return sorted(records, key=lambda machine: machine.alias)

    def machine(self, machine_id: str) -> Machine:
        """One machine.

        Raises:
            Unknown: it is not in the register, or outside the scope.
        """
        machine = self.register.machines.get(machine_id)
        if machine is None or not self.has_school(machine.school):
            raise Unknown(f"the register has no machine {machine_id!r:.80}")
        return machine
