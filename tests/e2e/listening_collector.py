"""The collector as if it had listened for long when it starts: nobody is in the grace that follows a start."""

import sys
from functools import partial

from schooldrum_collector.__main__ import main
from schooldrum_collector.app.serving import serve
from schooldrum_collector.commands import serve as command

_LONG_SECONDS = 86400.0


def _main() -> int:
    command.serve = partial(serve, head_start=_LONG_SECONDS)  # type: ignore[attr-defined]  # only its user names it
    return main()


if __name__ == "__main__":
    sys.exit(_main())
