"""What a dashboard is, as values in both languages; drawing.py turns one into Grafana's JSON."""

import enum

import msgspec

Words = tuple[str, str]
"""Vietnamese and English."""


class Colour(enum.StrEnum):
    """Grafana's own names of colours; a colour never stands alone, a word stands beside it."""

    GOOD = "green"
    POOR = "yellow"
    ACTION = "orange"
    BAD = "red"
    RESTING = "gray"
    PLAIN = "blue"


class Shape(enum.StrEnum):
    """How a panel is drawn."""

    NUMBER = "stat"
    LINES = "timeseries"
    TABLE = "table"
    BARS = "bargauge"
    TIMELINE = "state-timeline"
    TEXT = "text"


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A PromQL expression.

    `legend` names its series, with Grafana's {{label}}; `now` asks for the newest value alone (tables, numbers).
    `may_be_empty` says why no series is a right answer, empty where it is not. `unit` is another one than the panel's,
    of a figure that stands beside the others and has no colour of its own.
    """

    expr: str
    legend: Words = ("", "")
    now: bool = False
    may_be_empty: str = ""
    unit: str = ""


class Threshold(msgspec.Struct, frozen=True):
    """From this value on (None: from the lowest), this colour."""

    value: float | None
    colour: Colour


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a value's place."""

    value: str
    words: Words
    colour: Colour


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a table: a label, or `Value #A` for the first query's figure.

    `link` is a board's uid, or a path of the collector's own pages (`/incidents/`) which the cell's text ends.
    """

    name: str
    title: Words
    unit: str = ""
    link: str = ""
    thresholds: tuple[Threshold, ...] = ()
    said: tuple[Said, ...] = ()


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A panel; `width` of 24, `height` in Grafana's rows. `unit` is derived from the metrics where it is empty.

    Tables join their queries by the labels these share and show `columns` only, in their order, sorted by `order` (a
    column's name; `-` before it for the largest first). `link` is the uid of the board that a figure leads to, `filled`
    colours the whole tile of a number. `nothing` stands where there is nothing to show: Prometheus answers alike where
    none is known and where nobody told, so it never claims that all is well.
    """

    title: Words
    about: Words
    shape: Shape
    queries: tuple[Query, ...] = ()
    width: int = 12
    height: int = 8
    unit: str = ""
    thresholds: tuple[Threshold, ...] = ()
    said: tuple[Said, ...] = ()
    columns: tuple[Column, ...] = ()
    order: str = ""
    link: str = ""
    filled: bool = False
    stacked: bool = False
    least: float | None = None
    most: float | None = None
    nothing: Words = ("chưa có số liệu", "no data")
    text: Words = ("", "")


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A choice at the top.

    `query` is a metric with matchers; `value` and `text` are labels of it, the text being what people call the value;
    `every` adds a choice of all. Without a query it is one of the fixed `choices` (value and words), the first unless
    chosen otherwise.
    """

    name: str
    title: Words
    query: str = ""
    value: str = ""
    text: str = ""
    every: bool = True
    choices: tuple[tuple[str, Words], ...] = ()


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A dashboard; `uid` is for life, links and alerts name it. `since` is the time it opens with."""

    uid: str
    title: Words
    about: Words
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...] = ()
    since: str = "now-24h"
    refresh: str = "1m"
