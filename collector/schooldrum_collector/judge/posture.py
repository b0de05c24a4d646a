"""How safe a PC is, in ten checks a teacher can understand, and two facts for information.

Each check is met, not met, unknown or not applicable, with what it rests on and what to do about it. What the PC was
not allowed to read, or has not told, is unknown: it never counts as met, and never as bad.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from schooldrum_collector.judge.posture_checks import CHECKS, INFORMATION, PROBES
from schooldrum_collector.judge.posture_found import (
    NOT_YET,
    SILENT,
    Found,
    Known,
    Verdict,
    as_day,
    is_frozen,
    unsure,
)
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.judge.posture_steps import FIXES, KEEPS_WHILE_FROZEN, THAW_FIRST
from schooldrum_collector.judge.posture_words import EVIDENCE, NAMES, NARROWER, NOT_PROVEN, VERDICTS, Words
from schooldrum_wire.catalogue.posture import POSTURE_CHECKS, POSTURE_NOT_MET
from schooldrum_wire.reading import Reading

_WINDOWS = "windows"
_MOST_STEPS = 3
_OWN_AGE = frozenset({"updates_in_time"})
"""Checks with a second sign, which judge themselves what an old answer proves."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check of one PC.

    `reasons` are words for programs, the keys of `posture_words.EVIDENCE`; `evidence` is the same for people; `fix` are
    at most three steps, also where it is unknown and something can be done about that. A check for `information` is in
    no count. `measured` is when the PC last told what it rests on (epoch seconds), None where it never did. `asks` is
    a key of `posture_words.NARROWER` where the policy asks it of some PCs alone.
    """

    name: str
    verdict: Verdict
    reasons: tuple[str, ...]
    evidence: tuple[Words, ...]
    fix: tuple[Words, ...] = ()
    information: bool = False
    measured: float | None = None
    asks: str = ""


def judged(known: Known, policy: Policy, measured: Mapping[str, float] | None = None) -> tuple[Check, ...]:
    """The ten checks of a PC in their order, then the two for information.

    `measured` says of each probe when it was last well (epoch seconds).
    """
    at = measured or {}
    rows = known.sections.get("operating_system") or ()
    # A distribution's own steps go before those of its kind.
    systems = (f"{rows[0].get('product')}" if rows else "", known.system, _WINDOWS)
    frozen = is_frozen(known)
    checks, facts = (
        [
            _check(name, _now(known, name, judge(known, policy)), systems, at, frozen=frozen)
            for name, judge in one.items()
        ]
        for one in (CHECKS, INFORMATION)
    )
    return (*checks, *(msgspec.structs.replace(fact, information=True) for fact in facts))


def _now(known: Known, name: str, found: Found) -> Found:
    """What is met by an answer that is too old is not known; what is bad stays so until the PC tells better."""
    probe = PROBES[name][0]
    if found.verdict is not Verdict.MET or probe not in known.unread or name in _OWN_AGE:
        return found
    return unsure("unread", "failed", day=as_day(known.unread[probe]))


def _check(name: str, found: Found, systems: Sequence[str], measured: Mapping[str, float], *, frozen: bool) -> Check:
    steps: tuple[Words, ...] = ()
    if found.verdict is Verdict.NOT_MET or found.fix:
        remedy = found.fix or name
        by_system = FIXES[remedy]
        steps = next(by_system[system] for system in systems if system in by_system)
        if frozen and remedy not in KEEPS_WHILE_FROZEN:
            steps = _thawed(steps)
    return Check(
        name=name,
        verdict=found.verdict,
        reasons=tuple(reason for reason, _ in found.reasons),
        evidence=tuple(_said(reason, values) for reason, values in found.reasons),
        fix=steps,
        measured=None if found.reasons[0][0] == NOT_YET else _measured(name, measured),
        asks=found.asks,
    )


def _thawed(steps: tuple[Words, ...]) -> tuple[Words, ...]:
    """These steps on a PC that forgets them at a restart: thawing first, and no more than three still."""
    if len(steps) < _MOST_STEPS:
        return (THAW_FIRST, *steps)
    first = Words(*(f"{thaw} {step}" for thaw, step in zip(THAW_FIRST, steps[0], strict=True)))
    return (first, *steps[1:])


def check_name(check: Check) -> Words:
    """What people read as the name of this check; its word where it is one that is not known here."""
    return NARROWER.get(check.asks) or NAMES.get(check.name) or Words(check.name, check.name)


def verdict_words(check: Check) -> Words:
    """How it stands, for people: that a PC told nothing is not the same as that what it told proves nothing."""
    if check.verdict is Verdict.UNKNOWN and not SILENT.intersection(check.reasons[:1]):
        return NOT_PROVEN
    return VERDICTS[check.verdict.value]


def _measured(name: str, measured: Mapping[str, float]) -> float | None:
    return next((measured[probe] for probe in PROBES[name] if probe in measured), None)


def _said(reason: str, values: Mapping[str, Words]) -> Words:
    words = EVIDENCE[reason]
    return Words(
        words.vi.format(**{key: value.vi for key, value in values.items()}),
        words.en.format(**{key: value.en for key, value in values.items()}),
    )


def to_do(checks: Sequence[Check]) -> tuple[tuple[Check, ...], ...]:
    """The checks that ask for something to be done, in their order; those with the same steps are told as one.

    What is for information asks for nothing.
    """
    found: dict[object, tuple[Check, ...]] = {}
    for check in checks:
        if check.fix and not check.information:
            found[check.fix] = (*found.get(check.fix, ()), check)
    return tuple(found.values())


def counted(checks: Sequence[Check]) -> dict[Verdict, int]:
    """How many of the ten stand at each verdict, every verdict named."""
    found = dict.fromkeys(Verdict, 0)
    for check in checks:
        if not check.information:
            found[check.verdict] += 1
    return found


def readings(checks: Sequence[Check]) -> Iterator[Reading]:
    """What dashboards need of one PC: at most twelve series, one where everything is met."""
    counts = counted(checks)
    yield POSTURE_CHECKS(counts[Verdict.MET], verdict=Verdict.MET.value)
    if counts[Verdict.UNKNOWN]:
        yield POSTURE_CHECKS(counts[Verdict.UNKNOWN], verdict=Verdict.UNKNOWN.value)
    for check in checks:
        if check.verdict is Verdict.NOT_MET and not check.information:
            yield POSTURE_NOT_MET(1, check=check.name)
