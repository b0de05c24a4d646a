"""What a Prometheus rule is, as a value: a recorded series, or an alert with its words in both languages."""

import enum

import msgspec

from schooldrum_collector.judge.incident import Severity
from schooldrum_collector.judge.posture_words import Words

HELD = "20m"
"""An alert outlasts what it rests on by so long: a page that failed once is no all-clear."""


class Role(enum.StrEnum):
    """Who is told (glossary, section 5): `administrator` looks after the collector, `watchdog` is no person."""

    IT_OFFICER = "it_officer"
    PRINCIPAL = "principal"
    OFFICE = "office"
    ADMINISTRATOR = "administrator"
    WATCHDOG = "watchdog"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A series that Prometheus computes and keeps, for dashboards and alerts that would else look at every PC."""

    name: str
    expr: str
    about: str


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert of measurements or of the collector itself; faults of places are incidents, and the collector's.

    `summary` and `action` (what to do) may hold {school} {room} {machine} {list} {count} {pcs}. `after` is how long it
    must hold before anybody is told, empty for at once; `board` and `variables` say which dashboard shows more.
    """

    name: str
    expr: str
    role: Role
    severity: Severity | None
    """None: it is no fault, nobody reads it."""
    summary: Words
    action: Words
    after: str = ""
    held: str = HELD
    board: str = ""
    variables: tuple[str, ...] = ()
    held_down_by: tuple[str, ...] = ()
    """Names of alerts that count the same PCs instead: its expression leaves those out."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Rules that are evaluated together, every `every` (empty: as often as Prometheus does by default)."""

    name: str
    about: str
    rules: tuple[Record | Alert, ...]
    every: str = ""
