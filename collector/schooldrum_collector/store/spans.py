"""Which numbers have been seen, as a few spans: the exactly-once law of history."""

from bisect import bisect_right
from collections.abc import Iterable

MOST = 500
"""Beyond so many gaps the lowest one counts as seen: an agent leaves gaps only where its spool has dropped results."""


def union(flats: Iterable[list[int]]) -> list[int]:
    """The numbers that are in any of these, as one flat list."""
    joined: list[int] = []
    for begin, end in sorted(pair for flat in flats for pair in zip(flat[::2], flat[1::2], strict=True)):
        if joined and begin <= joined[-1] + 1:
            joined[-1] = max(joined[-1], end)
        else:
            joined += [begin, end]
    return joined


class Spans:
    """Numbers seen so far. `flat` holds begin and end (inclusive) of each span, ascending: 1 5 8 8 is 1 to 5, and 8."""

    def __init__(self, flat: list[int] | None = None) -> None:
        self.flat = list(flat or ())

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self.flat, number)
        return at % 2 == 1 or (at > 0 and self.flat[at - 1] == number)

    def add(self, number: int) -> bool:
        """Whether the number is new; from now on it is seen."""
        flat = self.flat
        if number in self:
            return False
        at = bisect_right(flat, number)
        joins_left = at > 0 and flat[at - 1] == number - 1
        joins_right = at < len(flat) and flat[at] == number + 1
        if joins_left and joins_right:
            del flat[at - 1 : at + 1]
        elif joins_left:
            flat[at - 1] = number
        elif joins_right:
            flat[at] = number
        else:
            flat[at:at] = [number, number]
            if len(flat) > 2 * MOST:
                del flat[1:3]
        return True
