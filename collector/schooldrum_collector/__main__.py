"""`schooldrum-collector`: the one place that reads the wall clock, and where Ctrl-C ends quietly at whatever moment."""

import sys
import time
from collections.abc import Sequence

INTERRUPTED = 130
"""What a shell calls the end by Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns 0 (done), 1 (could not), 2 (not understood; argparse exits by itself) or 130."""
    try:
        from schooldrum_collector.commands import line  # noqa: PLC0415 - Ctrl-C is heard while this loads, too

        return line.main(sys.argv[1:] if arguments is None else arguments, now=time.time)
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
