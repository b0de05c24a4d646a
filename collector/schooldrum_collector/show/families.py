"""Samples grouped by metric and written as Prometheus reads them: text format 0.0.4, or OpenMetrics 1.0."""

from collections.abc import Iterator

from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.metric import Kind

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_CHARACTERS_AT_ONCE = 200_000


def escaped(text: str) -> str:
    """A label's value as it stands between quotes, in both formats."""
    if "\\" in text or '"' in text or "\n" in text:
        return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return text


def labels(**values: str) -> str:
    """`a="b",c="d"`: the inside of a sample's braces."""
    return ",".join(f'{name}="{escaped(text)}"' for name, text in values.items())


class Families:
    """Collects lines per metric: each metric's help and type stand once, whatever order its samples came in."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def add(self, name: str, inside: str, value: str) -> None:
        """One sample: `inside` stands between the braces, `value` is a number as text."""
        self.lines(name).append(f"{name}{{{inside}}} {value}\n")

    def lines(self, name: str) -> list[str]:
        """The lines of a metric, for whoever adds thousands: one or more whole ones in each text."""
        lines = self._lines.get(name)
        if lines is None:
            lines = self._lines[name] = []
        return lines

    def written(self, *, openmetrics: bool) -> Iterator[bytes]:
        """The page in pieces of bounded size, metrics in name order, samples in the order they came."""
        for name in sorted(name for name, lines in self._lines.items() if lines):
            metric = METRICS[name]
            family = name.removesuffix("_total") if openmetrics and metric.kind is Kind.COUNTER else name
            about = metric.shown_help.replace("\\", r"\\").replace("\n", r"\n")
            if openmetrics:
                about = about.replace('"', r"\"")
            kind = "counter" if metric.kind is Kind.COUNTER else "gauge"
            yield f"# HELP {family} {about}\n# TYPE {family} {kind}\n".encode()
            yield from _pieces(self._lines[name])
        if openmetrics:
            yield b"# EOF\n"


def _pieces(lines: list[str]) -> Iterator[bytes]:
    begin = length = 0
    for end, line in enumerate(lines, 1):
        length += len(line)
        if length >= _CHARACTERS_AT_ONCE:
            yield "".join(lines[begin:end]).encode()
            begin, length = end, 0
    yield "".join(lines[begin:]).encode()
