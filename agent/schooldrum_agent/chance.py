"""By what many PCs that do the same are spread: the system's own randomness, which no two clones share.

The standard library's random does more, and would weigh 100 KB on every school PC.
"""

import os
from collections.abc import Sequence
from typing import Protocol, TypeVar

_T = TypeVar("_T")
_BYTES = 7
_PRECISE_BITS = 53
"""As many as a float keeps."""


class Chance(Protocol):
    """Where an uncertain number comes from; a test hands in random.Random."""

    def uniform(self, a: float, b: float, /) -> float:
        """Any number from a to b, each as likely as the other."""
        ...


class SystemChance:
    """The system's own."""

    def uniform(self, a: float, b: float, /) -> float:
        """Any number from a to b, each as likely as the other."""
        drawn = int.from_bytes(os.urandom(_BYTES)) >> _BYTES * 8 - _PRECISE_BITS
        return a + (b - a) * drawn / (1 << _PRECISE_BITS)


def turn(number: int) -> int:
    """Any whole number from 0 up to, not including, `number`, which is small: 64 bits are shared out among them."""
    return int.from_bytes(os.urandom(8)) % number


def one_of(things: Sequence[_T]) -> _T:
    """Any one of these, of which there is at least one."""
    return things[turn(len(things))]
