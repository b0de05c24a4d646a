"""The collector under a wall clock that is off by as many seconds as the file in its first argument says.

Only the collector's own __main__ reads the wall clock, so a simulated week is one number in a file.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

_true = time.time


class Shift:
    """How far a collector's clock is off; `program` starts that collector."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "shift"
        self._seconds = 0.0
        self.passes(0)

    @property
    def program(self) -> list[str]:
        """The command that starts the collector."""
        return [sys.executable, __file__, str(self._file)]

    def passes(self, seconds: float) -> None:
        """Lets so much time pass at once."""
        self._seconds += seconds
        fresh = self._file.with_name("shift.new")
        fresh.write_text(f"{self._seconds}", "ascii")
        fresh.replace(self._file)

    def now(self) -> float:
        """The collector's time (epoch seconds)."""
        return _true() + self._seconds

    def moment(self) -> datetime:
        """The same as a date."""
        return datetime.fromtimestamp(self.now(), UTC)


def _main() -> int:
    shift = Path(sys.argv.pop(1))
    time.time = lambda: _true() + float(shift.read_text("ascii"))
    from schooldrum_collector.__main__ import main  # noqa: PLC0415 - it must find the shifted clock

    return main()


if __name__ == "__main__":
    sys.exit(_main())
