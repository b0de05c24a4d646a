"""Several slow questions at once, a few at a time, and none of them able to keep the others waiting for ever."""

import _queue
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

_T = TypeVar("_T")


def together(
    asked: Mapping[str, Callable[[], _T]], *, at_once: int, seconds: float, clock: Callable[[], float]
) -> dict[str, _T]:
    """The answers by name of all that came within so many seconds; what broke or was too slow is left out.

    Raises nothing that a question raises.
    """
    end = clock() + seconds
    waiting = list(asked.items())
    said: _queue.SimpleQueue[tuple[str, _T | None]] = _queue.SimpleQueue()
    answers: dict[str, _T] = {}

    def run(name: str, ask: Callable[[], _T]) -> None:
        """Never raises."""
        try:
            said.put((name, ask()))
        except Exception:  # noqa: BLE001 - the end of a thread: a question that breaks has no answer
            said.put((name, None))

    under_way = 0
    while waiting or under_way:
        left = end - clock()
        if left <= 0:
            break
        try:
            while waiting and under_way < at_once:
                threading.Thread(target=run, args=waiting[0], daemon=True, name=f"asking {waiting[0][0]}").start()
                under_way += 1
                waiting.pop(0)
            name, answer = said.get(timeout=left)
        except (_queue.Empty, RuntimeError):
            break
        under_way -= 1
        if answer is not None:
            answers[name] = answer
    return answers
