"""How often something may happen, per key: a leaking bucket each, and never more keys than fit."""

import math


class Throttle:
    """Lets `burst` through at once and `per_second` in the long run, for each of at most `keys` keys.

    The key unheard for longest is forgotten when there are more, so a flood of keys costs no memory.
    """

    def __init__(self, *, burst: float, per_second: float, keys: int) -> None:
        self._burst = burst
        self._rate = per_second
        self._keys = keys
        self._levels: dict[str, tuple[float, float]] = {}

    def wait(self, key: str, cost: float, now: float) -> int:
        """0 where this may happen now (it is then counted), else after how many seconds to come again."""
        level, at = self._levels.pop(key, (self._burst, now))
        level = min(self._burst, level + max(0.0, now - at) * self._rate)
        if level >= min(cost, self._burst):
            self._levels[key] = (level - cost, now)
            if len(self._levels) > self._keys:
                del self._levels[next(iter(self._levels))]
            return 0
        self._levels[key] = (level, now)
        return max(1, math.ceil((min(cost, self._burst) - level) / self._rate))

    def is_spent(self, key: str, now: float) -> bool:
        """Whether nothing more may happen at present; asking counts as nothing."""
        if key not in self._levels:
            return False
        level, at = self._levels[key]
        return level + max(0.0, now - at) * self._rate < 1
