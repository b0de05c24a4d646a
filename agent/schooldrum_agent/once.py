"""What this PC would report now: every probe run once, behind the fence, for the person who sits at it."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from schooldrum_agent.probe import Probe
from schooldrum_agent.runner import Runner
from schooldrum_agent.schedule import Schedule
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.encoding import decode_result, encode_result, fenced_rows
from schooldrum_wire.fence import Fence
from schooldrum_wire.metric import Kind
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Fingerprint
from schooldrum_wire.result import Finding, Result
from schooldrum_wire.section import Row, Values

_LOOK = 0.5
_PATIENCE = 4.0


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What would be sent: hardware items (hashed), each probe's result, each section's rows."""

    fingerprint: Fingerprint
    results: tuple[Result, ...]
    sections: dict[str, list[Values]]


def run_all(
    probes: Sequence[Probe],
    make_runner: Callable[[Callable[[Callable[[], None]], None], Callable[[Finding], None]], Runner],
    awaited: Callable[[Sequence[str]], None],
    *,
    patience: float = _PATIENCE,
) -> list[Finding]:
    """Runs each probe once, together as the agent does; takes as long as the slowest may.

    `make_runner(post, found)` is given the loop's inbox and where findings go; `awaited` every `patience` seconds
    the names of the probes that have not answered yet, in their order.
    """
    schedule = Schedule(time.monotonic)
    findings: list[Finding] = []
    runner = make_runner(schedule.post, findings.append)
    for probe in probes:
        runner.start(probe)
    speaks = time.monotonic() + patience

    def turn() -> float:
        nonlocal speaks
        wait = runner.expire()
        if len(findings) == len(probes):
            schedule.stop()
            return 0.0
        if time.monotonic() >= speaks:
            answered = {finding.probe for finding in findings}
            awaited([probe.name for probe in probes if probe.name not in answered])
            speaks = time.monotonic() + patience
        return min(_LOOK, wait)

    schedule.run(turn)
    order = {probe.name: place for place, probe in enumerate(probes)}
    return sorted(findings, key=lambda finding: order[finding.probe])


def shown(findings: Sequence[Finding], fingerprint: Fingerprint, fence: Fence) -> Shown:
    """The findings as they would leave this PC."""
    rows: list[Row] = [row for finding in findings for row in finding.rows]
    results = tuple(decode_result(encode_result(finding, seq, fence)) for seq, finding in enumerate(findings, 1))
    return Shown(fingerprint=fingerprint, results=results, sections=fenced_rows(rows, fence))


def as_json(what: Shown) -> str:
    """The same as JSON; a reading is `[name, value, {label: value}]` as on the wire."""
    return msgspec.json.format(msgspec.json.encode(what), indent=2).decode()


def as_text(what: Shown, language: str) -> str:
    """The same for reading (`language` vi or en): a block per probe, then a block per section.

    What a terminal would obey (an escape in a system's name) or hide stands there as a question mark.
    """
    blocks = ["\n".join(_result_lines(result, language)) for result in what.results]
    for name, rows in what.sections.items():
        blocks.append("\n".join([f"[{name}]", *(f"  {_columns(row)}" for row in rows)]))
    items = ", ".join(f"{len(codes)} {kind}" for kind, codes in what.fingerprint.items()) or "none"
    blocks.append(f"[hardware items, hashed]\n  {items}")
    text = "\n\n".join(blocks)
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)


def _result_lines(result: Result, language: str) -> list[str]:
    reason = f": {result.reason}" if result.reason else ""
    return [
        f"{result.probe}: {result.outcome}{reason} ({result.took * 1000:.1f} ms)",
        *(f"  {_exposed(reading, language)}" for reading in result.readings),
    ]


def _exposed(reading: Reading, language: str) -> str:
    labels = ",".join(f'{name}="{text}"' for name, text in reading.labels.items())
    number = f"{reading.value:.0f}" if reading.value.is_integer() else f"{reading.value:.6g}"
    declared = METRICS.get(reading.name)
    # It travels as an age; only the collector, which knows the time, makes a date of it.
    ago = "" if declared is None or declared.kind is not Kind.AGE else " s ago" if language == "en" else " giây trước"
    return f"{reading.name}{'{' + labels + '}' if labels else ''} {number}{ago}"


def _columns(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items() if value is not None)
