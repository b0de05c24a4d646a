"""What the agent says of itself to whoever looks after this PC: one line each, on standard error.

The standard library's logging does more, and would weigh half a megabyte on every school PC.
"""

import contextlib
import sys
from collections.abc import Callable

LEVELS = ("debug", "info", "warning", "error")
_SILENT = len(LEVELS)


class _Desk:
    def __init__(self) -> None:
        self.least = LEVELS.index("warning")
        self.head: Callable[[str], str] = _no_head


def _no_head(_level: str) -> str:
    return ""


_desk = _Desk()


def begin(level: str, head: Callable[[str], str] = _no_head) -> None:
    """From now on what weighs as much as `level` is said, behind head(level); an unknown level says nothing."""
    _desk.least = LEVELS.index(level) if level in LEVELS else _SILENT
    _desk.head = head


def debug(sentence: str, problem: BaseException | None = None) -> None:
    """What only a developer looks for; with a problem, also where in the code it arose."""
    if _desk.least > LEVELS.index("debug"):
        return
    _say("debug", sentence)
    if problem is not None:
        import traceback  # noqa: PLC0415 - a PC that says less saves its memory

        for lines in traceback.format_exception(problem):
            for line in lines.splitlines():
                _say("debug", line)


def info(sentence: str) -> None:
    """What is in order, and worth knowing when something is not."""
    _say("info", sentence)


def warning(sentence: str) -> None:
    """What somebody should look at some time."""
    _say("warning", sentence)


def error(sentence: str) -> None:
    """What does not work."""
    _say("error", sentence)


def _say(level: str, sentence: str) -> None:
    if LEVELS.index(level) < _desk.least or sys.stderr is None:
        return
    # A name from elsewhere must not begin a line of its own.
    plain = "".join(letter if letter.isprintable() else "?" for letter in sentence)
    # A log that takes nothing (a full disk, a screen that was closed) must not stop the measuring.
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{_desk.head(level)}{plain}\n")
        sys.stderr.flush()
