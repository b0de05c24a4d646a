"""How often something may happen, per key: a leaking bucket each, and never more keys than fit."""

import math
from collections import OrderedDict

_TIDIED = 2


class Throttle:
    """Lets `burst` through at once and `per_second` in the long run, for each of at most `keys` keys.

    Whoever has his whole burst again is forgotten, so ordinary senders cost no memory; where there are more keys than
    fit, the one unheard for longest is forgotten too.
    """

    def __init__(self, *, burst: float, per_second: float, keys: int) -> None:
        self._burst = burst
        self._rate = per_second
        self._keys = keys
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str, cost: float, now: float) -> int:
        """0 where this may happen now (it is then counted), else after how many seconds to come again."""
        level = self._level(key, now)
        self._tidy(now)
        allowed = level >= min(cost, self._burst)
        self._levels[key] = (level - cost if allowed else level, now)
        self._levels.move_to_end(key)
        if len(self._levels) > self._keys:
            self._levels.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((min(cost, self._burst) - level) / self._rate))

    def is_spent(self, key: str, now: float) -> bool:
        """Whether nothing more may happen at present; asking counts as nothing."""
        return self._level(key, now) < 1

    def _level(self, key: str, now: float) -> float:
        level, at = self._levels.get(key, (self._burst, now))
        # A clock that was set back gives nothing and takes nothing.
        return min(self._burst, level + max(0.0, now - at) * self._rate)

    def _tidy(self, now: float) -> None:
        for _ in range(_TIDIED):
            oldest = next(iter(self._levels), None)
            if oldest is None or self._level(oldest, now) < self._burst:
                return
            del self._levels[oldest]
