"""The way from a PC to a service as it is drawn: six places in a row, what is known of each, and where it breaks."""

from collections.abc import Mapping

import msgspec

from schooldrum_collector.speech import Say

STEPS = ("pc", "switch", "gateway", "provider", "internet", "service")
OK, BROKEN, LOSSY, PROBABLE, UNKNOWN = "ok", "broken", "lossy", "probable", "unknown"
_NAMES = {
    "pc": ("Máy tính", "PC"),
    "switch": ("Bộ chia mạng", "Switch"),
    "gateway": ("Modem", "Modem"),
    "provider": ("Nhà mạng", "Provider"),
    "internet": ("Internet", "Internet"),
    "service": ("Hệ thống", "Service"),
}
_STATES = {
    OK: ("✓", "tốt", "fine"),
    BROKEN: ("\N{MULTIPLICATION SIGN}", "đứt ở đây", "broken here"),
    LOSSY: ("\N{ALMOST EQUAL TO}", "chập chờn ở đây", "lossy here"),
    PROBABLE: ("\N{MULTIPLICATION SIGN}", "rất có thể ở đây", "probably here"),
    UNKNOWN: ("?", "chưa biết", "not known"),
}
STRIDE = 118
WIDTH = STRIDE * len(STEPS)
HEIGHT = 132


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A place on the way; `reached` is the state of the link that leads to it (empty for the first)."""

    step: str
    name: str
    state: str
    mark: str
    word: str
    reached: str
    x: int
    y: int


def is_measured(steps: Mapping[str, str]) -> bool:
    """Whether anything is known of the way."""
    return any(steps.get(step) in {OK, BROKEN, LOSSY} for step in STEPS)


def stops(steps: Mapping[str, str], say: Say) -> list[Stop]:
    """The way as far as it is known; `steps` are those of a fault's evidence."""
    found: list[Stop] = []
    for number, step in enumerate(STEPS):
        state = steps.get(step, UNKNOWN)
        state = state if state in _STATES else UNKNOWN
        mark, vietnamese, english = _STATES[state]
        found.append(
            Stop(
                step=step,
                name=say(*_NAMES[step]),
                state=state,
                mark=mark,
                word=say(vietnamese, english),
                reached=state if number else "",
                x=STRIDE * number + STRIDE // 2,
                y=46,
            )
        )
    return found
