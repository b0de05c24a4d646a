"""The presence of a machine of the register: which calendar it stands under, and what was last heard of it."""

import functools
from collections.abc import Mapping
from typing import Protocol

from schooldrum_collector.judge import calendar
from schooldrum_collector.judge.presence import ExpectedUntil, Facts, Hearing, Presence, always, presence_of


class HeardMachine(Protocol):
    """What is asked of the newest that is known of a machine."""

    @property
    def heard(self) -> float:
        """When anything last came (epoch seconds)."""

    @property
    def beat(self) -> int:
        """Seconds between its reports."""

    @property
    def word(self) -> str:
        """Its last hello or goodbye."""

    @property
    def word_at(self) -> float:
        """When that came."""


class RegisteredMachine(Protocol):
    """What is asked of a machine's record."""

    @property
    def state(self) -> str:
        """The register's word: active pending retired."""

    @property
    def school(self) -> str:
        """Its school's code."""

    @property
    def path(self) -> str:
        """Its room's `CODE/SITE/ROOM`."""


class TimedSchool(Protocol):
    """What is asked of a school."""

    @property
    def time_zone(self) -> str:
        """Name of its time zone."""


class UsedRoom(Protocol):
    """What is asked of a room."""

    @property
    def always_on(self) -> bool:
        """Whether its machines are expected day and night."""


class PresenceRegister(Protocol):
    """What is asked of the register."""

    @property
    def schools(self) -> Mapping[str, TimedSchool]:
        """Schools by code."""

    @property
    def rooms(self) -> Mapping[str, UsedRoom]:
        """Rooms by `CODE/SITE/ROOM`."""


@functools.lru_cache(maxsize=256)
def school_hours(zone: str) -> ExpectedUntil:
    """The default calendar of schools in this time zone."""
    # A whole office is asked about at one moment: nearly every question falls into the window of the one before.
    last = calendar.Window(0.0, 0.0)

    def until(moment: float) -> float | None:
        nonlocal last
        known = last
        if known.begin <= moment < known.end:
            return known.end
        window = calendar.window(moment, zone)
        if window is None:
            return None
        last = window
        return window.end

    return until


def expected(register: PresenceRegister, machine: RegisteredMachine) -> ExpectedUntil:
    """The calendar a machine stands under; Vietnam's school hours where its place is not in the register."""
    room = register.rooms.get(machine.path)
    if room is not None and room.always_on:
        return always
    school = register.schools.get(machine.school)
    return school_hours(school.time_zone if school is not None else calendar.DEFAULT_ZONE)


def standing(
    register: PresenceRegister, machine: RegisteredMachine, heard: HeardMachine | None, hearing: Hearing, now: float
) -> Presence:
    """The presence of a registered machine of which `heard` is the newest that is known (None: nothing ever came)."""
    if heard is None:
        facts = Facts(standing=machine.state)
    else:
        facts = Facts(
            standing=machine.state, heard=heard.heard, beat=heard.beat, word=heard.word, word_at=heard.word_at
        )
    return presence_of(facts, hearing, expected(register, machine), now)
