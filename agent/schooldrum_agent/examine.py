"""How one run of one probe ends: asks, reads, checks what was said against the catalogue, and names the outcome."""

from collections.abc import Iterable

import msgspec

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.limits import READINGS_PER_RESULT, REASON_LENGTH, ROWS_PER_SECTION
from schooldrum_wire.reading import Reading
from schooldrum_wire.result import Finding, Outcome
from schooldrum_wire.section import Row


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a probe's run gave: a finding without name and time. Also what a child process hands back, as JSON."""

    outcome: Outcome
    reason: str = ""
    readings: tuple[Reading, ...] = ()
    rows: tuple[Row, ...] = ()


class Undeclared(ValueError):  # noqa: N818 - it names what was said
    """A probe said something that its declaration or the catalogue does not know."""


def examine(probe: Probe, doors: Doors, system: str) -> Answer:
    """One run of the probe in this thread.

    Never raises: whatever a probe throws, even SystemExit, is an outcome of this one probe.
    """
    source = probe.on.get(system)
    if source is None:
        return Answer(outcome=Outcome.UNAVAILABLE, reason=f"not asked on {system}")
    try:
        return _ask(probe, source, doors)
    except Unavailable as problem:
        return Answer(outcome=Outcome.UNAVAILABLE, reason=words(problem))
    except Denied as problem:
        return Answer(outcome=Outcome.DENIED, reason=words(problem))
    except PermissionError as problem:
        return Answer(outcome=Outcome.DENIED, reason=sentence(problem))
    except TimeoutError as problem:
        # A program it asked was stopped before the probe's own time was up.
        return Answer(outcome=Outcome.TIMED_OUT, reason=words(problem))
    except OSError as problem:
        # One without a number is a sentence of ours; the system's own say too little without their kind.
        return Answer(outcome=Outcome.FAILED, reason=_of_system(problem))
    except BaseException as problem:  # noqa: BLE001 - a probe's sys.exit() must not end its neighbours
        return Answer(outcome=Outcome.FAILED, reason=sentence(problem))


def _ask(probe: Probe, source: Source, doors: Doors) -> Answer:
    readings: list[Reading] = []
    rows: list[Row] = []
    _check(probe, source.read(source.fetch(doors)), readings, rows)
    return Answer(outcome=Outcome.OK, readings=tuple(readings), rows=tuple(rows))


def check(probe: Probe, answer: Answer) -> Answer:
    """The same answer where all of it is declared, else a failed one: what a child process says is not believed.

    Never raises.
    """
    try:
        _check(probe, (*answer.readings, *answer.rows), [], [])
    except Undeclared as problem:
        return Answer(outcome=Outcome.FAILED, reason=sentence(problem))
    if answer.outcome is not Outcome.OK and (answer.readings or answer.rows):
        return Answer(outcome=Outcome.FAILED, reason=f"said {answer.outcome} and readings at once")
    return msgspec.structs.replace(answer, reason=plain(answer.reason))


def _check(probe: Probe, said: Iterable[object], readings: list[Reading], rows: list[Row]) -> None:
    """Sorts what was said into readings and rows.

    Raises:
        Undeclared: one of them, or their number, breaks a declaration.
    """
    series: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for one in said:
        if isinstance(one, Reading):
            _check_reading(one)
            key = (one.name, tuple(sorted(one.labels.items())))
            if key in series:
                raise Undeclared(f"{one.name} with the labels {one.labels} twice")
            series.add(key)
            readings.append(one)
        elif isinstance(one, Row):
            if one.section not in probe.sections or one.section not in SECTIONS:
                raise Undeclared(f"a row of {one.section!r}, which is no section of this probe")
            if why := SECTIONS[one.section].fault(one.values):
                raise Undeclared(f"a row of {one.section}: {why}")
            rows.append(one)
        else:
            raise Undeclared(f"a {type(one).__name__}, which is neither a reading nor a row")
        if len(readings) > READINGS_PER_RESULT:
            raise Undeclared(f"more than {READINGS_PER_RESULT} readings")
        if len(rows) > ROWS_PER_SECTION * max(1, len(probe.sections)):
            raise Undeclared(f"more than {ROWS_PER_SECTION} rows of a section")


def _check_reading(reading: Reading) -> None:
    metric = METRICS.get(reading.name)
    if metric is None:
        raise Undeclared(f"{reading.name!r} is not in the catalogue")
    if metric.by_collector:
        raise Undeclared(f"{reading.name} is the collector's own to say")
    if why := metric.fault(reading.value, reading.labels):
        raise Undeclared(f"{reading.name}: {why}")


def finding(probe: Probe, answer: Answer, *, boottime: float, wall: float, took: float) -> Finding:
    """The answer as a finding: `boottime` and `wall` (seconds) are those of the run's beginning."""
    return Finding(
        probe=probe.name,
        outcome=answer.outcome,
        boottime=boottime,
        wall=wall,
        took=took,
        reason=answer.reason,
        readings=answer.readings,
        rows=answer.rows,
        sections=probe.sections,
    )


def sentence(problem: BaseException) -> str:
    """An exception in one line, with its kind."""
    kind, said = type(problem).__name__, words(problem)
    return plain(f"{kind}: {said}" if said else kind)


def _of_system(problem: OSError) -> str:
    plainly = "" if problem.errno or type(problem) is not OSError else words(problem)
    return plainly or sentence(problem)


def words(problem: BaseException) -> str:
    """What an exception says.

    Never raises: where the exception cannot say it, the text is empty.
    """
    try:
        return plain(problem)
    except Exception:  # noqa: BLE001 - an exception's own __str__ may be what is broken
        return ""


def plain(text: object) -> str:
    """One printable line of bounded length, safe to encode: file names and messages may hold anything."""
    words = str(text).encode("utf-8", "replace").decode().split()
    line = "".join(character if character.isprintable() else "?" for character in " ".join(words))
    return line[:REASON_LENGTH]
