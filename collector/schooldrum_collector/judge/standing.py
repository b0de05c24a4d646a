"""The presence of a machine of the register: which calendar it stands under, and what was last heard of it."""

from typing import Protocol

from schooldrum_collector.judge.expecting import CalendarRegister, expected_until
from schooldrum_collector.judge.presence import ExpectedUntil, Facts, Hearing, Presence, presence_of


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
    def id(self) -> str:
        """Its id, under which what was heard of it is known."""

    @property
    def state(self) -> str:
        """The register's word: active pending retired."""

    @property
    def school(self) -> str:
        """Its school's code."""

    @property
    def path(self) -> str:
        """Its room's `CODE/SITE/ROOM`."""


def expected(register: CalendarRegister, machine: RegisteredMachine) -> ExpectedUntil:
    """The calendar a machine stands under; Vietnam's school hours where its place is not in the register."""
    return expected_until(register, machine.path)


def standing(
    register: CalendarRegister, machine: RegisteredMachine, heard: HeardMachine | None, hearing: Hearing, now: float
) -> Presence:
    """The presence of a registered machine of which `heard` is the newest that is known (None: nothing ever came)."""
    if heard is None:
        facts = Facts(standing=machine.state)
    else:
        facts = Facts(
            standing=machine.state, heard=heard.heard, beat=heard.beat, word=heard.word, word_at=heard.word_at
        )
    return presence_of(facts, hearing, expected(register, machine), now)
