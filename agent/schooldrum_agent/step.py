"""What a person at this PC is told of one thing that was looked at: how it went, its title, what was found."""

import enum

import msgspec


class Verdict(enum.StrEnum):
    """How one step went. `unknown` is what could not be asked because an earlier step failed, or is yet to come."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: its title and what was found, each in Vietnamese and in English."""

    verdict: Verdict
    title: dict[str, str]
    found: dict[str, str]


MARKS = {
    Verdict.GOOD: {"vi": "tốt", "en": "good"},
    Verdict.BAD: {"vi": "lỗi", "en": "fault"},
    Verdict.UNKNOWN: {"vi": "chưa rõ", "en": "not known"},
}
"""The verdict in a word."""
