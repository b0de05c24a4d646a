"""What a PC measured, as people read it: each figure in the unit its name ends in."""

from schooldrum_collector.formats import age, amount_of_bytes, duration, number, share, speed
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.metric import Kind
from schooldrum_wire.reading import Reading


def human_value(reading: Reading, measured: float, now: float, language: str) -> str:
    """A reading in the unit its metric's name ends in; `measured` and `now` are epoch seconds."""
    metric = METRICS.get(reading.name)
    name = reading.name.removesuffix("_total")
    if metric is not None and metric.kind is Kind.AGE:
        return age(measured - reading.value, now, language)
    if name.endswith("_speed_bytes"):
        return speed(reading.value, language)
    if name.endswith("_bytes"):
        return amount_of_bytes(reading.value, language)
    if name.endswith("_ratio"):
        return share(reading.value, language)
    if name.endswith("_seconds") and 0 < abs(reading.value) < 1:
        return f"{number(1000 * reading.value, language, digits=1)} ms"
    if name.endswith("_seconds"):
        return duration(reading.value, language)
    return number(reading.value, language, digits=3)
