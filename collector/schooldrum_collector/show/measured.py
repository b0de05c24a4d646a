"""What machines measured, gathered and written column by column: the part of a page that is tens of thousands of lines.

A report without its values is a shape, and a room of cloned PCs has one or two. What the lines of a shape are made of
is found out once. The values of many machines then become text in one call, and their lines one text in another:
written line by line, the text of the numbers alone would take longer than all of this.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import NamedTuple

import msgspec

from schooldrum_collector.judge.live import ToldResult
from schooldrum_collector.show.families import Families, escaped
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.catalogue.probe import EVIDENCE_TIMESTAMP
from schooldrum_wire.metric import Kind, Lasts, Metric
from schooldrum_wire.result import Outcome

PACE_SECONDS = 300
_VALUES_AT_ONCE = 2000
_SHAPES_KEPT = 512
_WORTHWHILE = 3
_labels = msgspec.json.Decoder(list[dict[str, str]])


class Freshness(msgspec.Struct, frozen=True):
    """What decides whether a `heard` value of a machine is shown; `now` is None where the machine is not online."""

    now: float | None
    beat: int
    paces: Mapping[str, int]

    def has(self, probe: str, measured: float) -> bool:
        """Whether a result of this probe, measured at this time, still speaks of the present."""
        if self.now is None:
            return False
        return self.now - measured <= 2 * max(PACE_SECONDS, self.paces.get(probe, 0)) + self.beat


_Head = tuple[str, int, bool]
"""Of a result, what decides which of its readings are shown: its probe, how many they are, whether it is fresh."""


class _Column(msgspec.Struct, frozen=True):
    """The lines of one metric in a shape.

    `pattern` is what stands in the lines of one machine, with gaps for its place and its values: four pieces a line.
    `indexes` are where in a row of values those of the lines are.
    """

    name: str
    pattern: list[str]
    indexes: list[int]
    is_quiet: bool


class Shape(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """What readings a report has, whatever their values.

    `ages` are the indexes of readings that are ages, each with that of its result; `evidence` the indexes of results
    with something that is kept, each with its probe. `series` are all that are shown. A crowded shape says something
    twice, of which the first counts.
    """

    columns: list[_Column]
    ages: list[tuple[int, int]]
    evidence: list[tuple[int, str]]
    series: frozenset[str]
    is_crowded: bool


NO_SHAPE = Shape(columns=[], ages=[], evidence=[], series=frozenset(), is_crowded=False)
"""That of a machine which shows nothing it measured."""


def own_labels(metric: Metric, given: Mapping[str, str]) -> str | None:
    """A reading's own labels in declared order, each with a comma before it; None where they are not as declared."""
    if len(given) != len(metric.labels) or any(name not in given for name in metric.labels):
        return None
    return "".join([f',{name}="{escaped(given[name])}"' for name in metric.labels])


@functools.lru_cache(maxsize=_SHAPES_KEPT)
def _shape_of(heads: tuple[_Head, ...], names: tuple[str, ...], labels: bytes) -> Shape:
    """The shape of results with these names and labels (JSON objects with commas between), one after the other.

    Two probes may say the same thing; the same series twice spoils a page for every reader.

    Raises:
        msgspec.ValidationError: labels are not text.
    """
    given = _labels.decode(b"[%b]" % labels)
    columns: dict[str, _Column] = {}
    ages: list[tuple[int, int]] = []
    evidence: dict[str, int] = {}
    series: set[str] = set()
    is_crowded = len({probe for probe, _, _ in heads}) < len(heads)
    sources = [number for number, (_, count, _) in enumerate(heads) for _ in range(count)]
    for index, (name, source) in enumerate(zip(names, sources, strict=True)):
        metric = METRICS.get(name)
        probe, _, is_fresh = heads[source]
        if metric is None or metric.by_collector:
            continue
        if metric.lasts is Lasts.KEPT:
            evidence.setdefault(probe, source)
        elif not is_fresh:
            continue
        text = own_labels(metric, given[index])
        if text is None:
            continue
        line = f"{name}{{{text}"
        if line in series:
            is_crowded = True
            continue
        series.add(line)
        if metric.kind is Kind.AGE:
            ages.append((index, source))
        # Which of a quiet metric's lines are shown depends on their values, so each stands alone.
        key = line if metric.quiet else name
        column = columns.setdefault(key, _Column(name, [], [], is_quiet=metric.quiet))
        column.pattern.extend((f"{name}{{", "", f"{text}}} ", ""))
        column.indexes.append(index)
    return Shape(
        columns=list(columns.values()),
        ages=ages,
        evidence=[(source, probe) for probe, source in evidence.items()],
        series=frozenset(series),
        is_crowded=is_crowded,
    )


class _Block(NamedTuple):
    """Machines of one shape: their places, and their rows of values one after the other."""

    places: list[str]
    values: list[float]


class Measurements:
    """Gathers what machines measured. Not frozen: it fills until it is written."""

    def __init__(self, families: Families) -> None:
        self._families = families
        self._blocks: dict[Shape, _Block] = {}

    def add(self, place: str, clock: float, results: Iterable[ToldResult], fresh: Freshness) -> Shape:
        """Adds a machine's readings, but for those that are not as declared, and when what is kept was measured.

        `place` are the machine's labels, `clock` is when its boot-time clock stood at zero (epoch seconds). Of a
        result that is not fresh, only what is kept is added.

        Raises:
            msgspec.ValidationError: labels are not text.
        """
        told = [one for one in results if one.readings and one.outcome == Outcome.OK]
        if not told:
            return NO_SHAPE
        shape, values = self._read(told, clock, fresh)
        if shape.is_crowded:
            told.sort(key=lambda one: one.boottime, reverse=True)
            shape, values = self._read(told, clock, fresh)
        for index, source in shape.ages:
            values[index] = round(clock + told[source].boottime - values[index])
        if shape.columns:
            block = self._blocks.get(shape)
            if block is None:
                block = self._blocks[shape] = _Block([], [])
            block.places.append(place)
            block.values.extend(values)
            if len(block.values) > _VALUES_AT_ONCE:
                self._write(shape, self._blocks.pop(shape))
        for source, probe in shape.evidence:
            self.add_evidence(place, probe, clock + told[source].boottime)
        return shape

    def add_evidence(self, place: str, probe: str, measured: float) -> None:
        """Adds when what a machine shows of this probe, switched off or not, was measured (epoch seconds)."""
        self._families.add(EVIDENCE_TIMESTAMP.name, f'{place},probe="{escaped(probe)}"', f"{measured:.0f}")

    def written(self) -> Iterator[bytes]:
        """Gives everything to the families; the pieces are empty, and mark where an event loop may turn to others."""
        for shape, block in self._blocks.items():
            self._write(shape, block)
            yield b""
        self._blocks.clear()

    @staticmethod
    def _read(told: Sequence[ToldResult], clock: float, fresh: Freshness) -> tuple[Shape, list[float]]:
        # Fresh by the shortest pace is fresh by any.
        oldest = fresh.now - clock - 2 * PACE_SECONDS - fresh.beat if fresh.now is not None else float("inf")
        heads = tuple(
            [
                (
                    one.probe,
                    len(one.readings),
                    one.boottime >= oldest or fresh.has(one.probe, clock + one.boottime),
                )
                for one in told
            ]
        )
        readings = [reading for one in told for reading in one.readings]
        names = tuple([reading.name for reading in readings])
        labels = b",".join([reading.labels for reading in readings])
        return _shape_of(heads, names, labels), [reading.value for reading in readings]

    def _write(self, shape: Shape, block: _Block) -> None:
        places, values = block
        width = len(values) // len(places)
        # Each number with its line's end: what is put together in one piece less is put together faster.
        texts = f"{msgspec.json.encode(values).decode()[1:-1]}\n".replace(",", "\n,").split(",")
        if len(places) < _WORTHWHILE:
            self._write_few(shape, block, texts)
            return
        for column in shape.columns:
            here = places
            if column.is_quiet:
                own = values[column.indexes[0] :: width]
                if not any(own):
                    continue
                here = list(compress(places, own))
            step = len(column.pattern)
            pieces = column.pattern * len(here)
            for number, index in enumerate(column.indexes):
                numbers = texts[index::width]
                pieces[4 * number + 1 :: step] = here
                pieces[4 * number + 3 :: step] = list(compress(numbers, own)) if column.is_quiet else numbers
            self._families.lines(column.name).append("".join(pieces))

    def _write_few(self, shape: Shape, block: _Block, texts: list[str]) -> None:
        """The same line by line: for a machine or two the other way is not worth its preparation."""
        places, values = block
        begin = 0
        for place in places:
            for column in shape.columns:
                lines, pattern = self._families.lines(column.name), column.pattern
                if not column.is_quiet or values[begin + column.indexes[0]]:
                    for number, index in enumerate(column.indexes):
                        head, tail = pattern[4 * number], pattern[4 * number + 2]
                        lines.append(f"{head}{place}{tail}{texts[begin + index]}")
            begin += len(values) // len(places)
