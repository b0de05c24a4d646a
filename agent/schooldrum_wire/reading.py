"""One number with labels: becomes one Prometheus sample."""

import msgspec


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """On the wire `[name, value, {label: value}]`; made by calling a declared Metric."""

    name: str
    value: float
    labels: dict[str, str] = {}
