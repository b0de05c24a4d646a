"""What a safety check of a PC is judged from, and what a judgement is made of."""

import enum
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

import msgspec

from schooldrum_collector import formats
from schooldrum_collector.judge.patches import Patches, PatchState
from schooldrum_collector.judge.posture_words import Words
from schooldrum_collector.judge.support import Support
from schooldrum_collector.judge.way_out import WayOut
from schooldrum_wire.section import Value, Values

NOT_YET = "not_yet"
"""The reason where nothing was sent so far."""
SILENT = frozenset({NOT_YET, "denied", "not_offered", "failed"})
"""The reasons where nothing was told at all; any other says what was told, and why it proves nothing."""
_MOST_NAMED = 3
_MENDABLE = frozenset({"denied", "failed"})
"""Why nothing is known where something can be done about it."""


class Verdict(enum.StrEnum):
    """How a check stands."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a PC that counts here.

    `system` is windows or linux; `sections` are its rows by section (one without rows is empty, a missing one never
    came); `outcomes` how the newest run of each probe ended; `support`, the `way` out and `patches` are judged already,
    None where nothing was there to judge. `frozen`: its disk has been seen to forget. `today` is the school's day, None
    where it does not matter: what runs until a day is then taken to run still. `unread` are the probes whose last
    answer is too old to prove that anything is well now, with the day of it. `skew` is how many seconds its
    clock is ahead.
    """

    system: str
    sections: Mapping[str, Sequence[Values]]
    outcomes: Mapping[str, str] = {}
    support: Support | None = None
    way: WayOut | None = None
    patches: Patches | None = None
    frozen: bool = False
    today: date | None = None
    unread: Mapping[str, date] = {}
    skew: float = 0.0


class Found(msgspec.Struct, frozen=True):
    """A verdict with its reasons, each with what stands in its sentence; `fix` names other steps than the check's.

    What is met, or not known, has steps only where it names them. `asks` names what was asked
    where the policy asks it of some PCs alone.
    """

    verdict: Verdict
    reasons: tuple[tuple[str, dict[str, Words]], ...]
    fix: str = ""
    asks: str = ""


def met(reason: str, **values: Words) -> Found:
    """It is met, for this reason, with what stands in its sentence."""
    return Found(Verdict.MET, ((reason, values),))


def bad(reason: str, fix: str = "", /, **values: Words) -> Found:
    """It is not met; `fix` names other steps than the check's."""
    return Found(Verdict.NOT_MET, ((reason, values),), fix)


def unsure(reason: str, fix: str = "", /, **values: Words) -> Found:
    """It is not known; with steps where `fix` names them."""
    return Found(Verdict.UNKNOWN, ((reason, values),), fix)


def not_asked(reason: str) -> Found:
    """It does not apply to this PC."""
    return Found(Verdict.NOT_APPLICABLE, ((reason, {}),))


def as_text(value: Value | int) -> Words:
    """A value that is the same in both languages."""
    return Words(f"{value}", f"{value}")


def as_day(day: date) -> Words:
    """A day as people write it."""
    noon = datetime.combine(day, time(5), UTC).timestamp()
    return Words(formats.date(noon, "vi"), formats.date(noon, "en"))


def as_names(values: Sequence[Value]) -> Words:
    """The first few of these names; a question mark where there is none."""
    named = ", ".join(sorted({f"{value}" for value in values if value})[:_MOST_NAMED])
    return as_text(named or "?")


def silence(known: Known, probe: str) -> Found:
    """Why nothing is known from this probe."""
    outcome = known.outcomes.get(probe, "")
    reason = {"denied": "denied", "unavailable": "not_offered", "": NOT_YET, "ok": NOT_YET}.get(outcome, "failed")
    return unsure(reason, reason if reason in _MENDABLE else "")


def rows_of(known: Known, probe: str) -> Sequence[Values] | None:
    """The rows of this probe's section; None where there are none that still stand for this PC."""
    # After a failure or a time-out the rows from before are still the last that is known; after a refusal they are not.
    return None if known.outcomes.get(probe) in {"denied", "unavailable"} else known.sections.get(probe)


def first_of(known: Known, probe: str) -> Values | None:
    """The first of these rows, where there is one."""
    rows = rows_of(known, probe)
    return rows[0] if rows else None


def whole(value: Value) -> int | None:
    """A whole number; None for everything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_frozen(known: Known) -> bool:
    """Whether what is changed on this PC now is known to be lost at its next start."""
    is_late = known.patches is not None and known.patches.state is PatchState.FROZEN
    return known.frozen or is_late or any(row.get("state") == "frozen" for row in rows_of(known, "freeze") or ())
