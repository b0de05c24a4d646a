"""What may be measured: a declaration that is also the only way to write a reading."""

import enum
import math
import re
import unicodedata

import msgspec

from schooldrum_wire.limits import LABEL_LENGTH, LONGEST_SECONDS, NAME_LENGTH
from schooldrum_wire.reading import Reading

_NAME = re.compile(r"school_[a-z][a-z0-9_]*\Z")
_LABEL = re.compile(r"[a-z][a-z0-9_]*\Z")
PLACE_LABELS = frozenset({"school", "site", "room", "machine", "area", "instance", "job", "le", "quantile"})
"""Given by enrolment and by Prometheus, never by an agent."""
_MOST = {"ratio": 1.0, "bytes": 2.0**53, "seconds": LONGEST_SECONDS}
"""Greatest value by the unit a name ends in."""
_MOST_THINGS = 1e9
_MOST_COUNTED = 2.0**60
"""Counters pass what fits at once; those of broken drivers stand just below 2**64."""


class Kind(enum.StrEnum):
    """How a value behaves over time (Prometheus' metric types), and one that is ours.

    An AGE is written by the agent as seconds that had passed when it measured, and exposed as a timestamp of the
    collector's clock: so it is right on a PC whose own clock is not.
    """

    GAUGE = "gauge"
    COUNTER = "counter"
    AGE = "age"


class Lasts(enum.StrEnum):
    """Until when a value is shown: while the machine is heard, or until it is retired."""

    HEARD = "heard"
    KEPT = "kept"


def label_fault(value: object) -> str:
    """Why this cannot be a label's value, or an empty string where it can."""
    if not isinstance(value, str):
        return "is not text"
    if not value:
        return "is empty"
    if len(value) > LABEL_LENGTH:
        return f"is longer than {LABEL_LENGTH} characters"
    if value.isprintable():
        return ""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for character in value):
        return "holds control characters"
    return ""


class Metric(msgspec.Struct, frozen=True):
    """A declared metric; calling it makes a Reading and refuses what could not be exposed.

    Raises:
        ValueError: a declaration or a reading that breaks Prometheus' naming rules or this declaration.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    lasts: Lasts = Lasts.HEARD
    until: str = ""
    """The version that stopped writing it; it stays decodable for three years."""
    by_collector: bool = False
    """Derived by the collector (presence, skew); refused when an agent sends it."""

    between: tuple[float, float] | None = None
    """Least and greatest value that can be true, where kind and unit do not say it."""

    quiet: bool = False
    """A zero says that nothing is wrong, and is not shown: half a dozen series of every sound PC would say so.

    PromQL's increase() and rate() do not see how such a counter leaves zero. What has come in an hour, first step
    included, is `x - (x offset 1h or x * 0)`, where there was no restart in between.
    """

    def __post_init__(self) -> None:
        if not _NAME.match(self.name) or len(self.name) > NAME_LENGTH:
            raise ValueError(f"metric name {self.name!r}: write school_ and lower-case words")
        if (self.kind is Kind.COUNTER) != self.name.endswith("_total"):
            raise ValueError(f"{self.name}: counters, and only counters, end in _total")
        if self.kind is Kind.AGE and not self.name.endswith("_timestamp_seconds"):
            raise ValueError(f"{self.name}: an age is exposed as a timestamp, so its name ends in _timestamp_seconds")
        for label in self.labels:
            if not _LABEL.match(label) or (label in PLACE_LABELS and not (label == "area" and self.by_collector)):
                raise ValueError(f"{self.name}: label {label!r} is not allowed")
        if not self.help.endswith("."):
            raise ValueError(f"{self.name}: its help is a sentence and ends in a full stop")

    @property
    def shown_help(self) -> str:
        """Its help as pages of metrics say it: also what it means that there is nothing."""
        if not self.quiet:
            return self.help
        blind = ": increase() does not see its first step" if self.kind is Kind.COUNTER else ""
        return f"{self.help} Nothing is shown while it is 0{blind}."

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest value that a PC can measure; what the collector itself derives is not bounded."""
        if self.by_collector:
            return -math.inf, math.inf
        if self.between is not None:
            return self.between
        unit = self.name.removesuffix("_total").rpartition("_")[2]
        if self.kind is Kind.COUNTER and unit != "seconds":
            return 0.0, _MOST_COUNTED
        return 0.0, _MOST.get(unit, _MOST_THINGS)

    def doubt(self, value: float) -> str:
        """Why a PC cannot have measured this, or an empty string where it can: one lie would spoil every sum."""
        least, most = self.bounds
        return "" if least <= value <= most else f"value is {value}: what is true lies between {least:g} and {most:g}"

    def fault(self, value: float, labels: dict[str, str]) -> str:
        """Why this value with these labels is no reading of this metric, or an empty string where it is."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "value is not a number"
        try:
            is_finite = math.isfinite(value)
        except OverflowError:
            return "value is larger than any sample can be"
        if not is_finite:
            return f"value is {value}"
        if self.kind is not Kind.GAUGE and value < 0:
            return f"value is {value}: a {self.kind} is never negative"
        if len(labels) != len(self.labels) or any(label not in labels for label in self.labels):
            return f"labels are {sorted(labels)}, declared are {sorted(self.labels)}"
        for label in self.labels:
            if why := label_fault(labels[label]):
                return f"label {label} {why}"
        return ""

    def __call__(self, value: float, /, **labels: str) -> Reading:
        """A reading of this metric."""
        labels = {label: unicodedata.normalize("NFC", text) for label, text in labels.items()}
        if why := self.fault(value, labels):
            raise ValueError(f"{self.name}: {why}")
        return Reading(self.name, float(value), labels)
