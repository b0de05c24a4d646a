"""The benchmark: ours and its peers in the same run, interleaved, as a table and as JSON.

    make bench            the quick form, about a minute
    make bench FULL=1     the full form, about half an hour: more rounds, 50,000 machines, agents at their real pace

The collector (or a peer) is pinned to core 0 and the load to core 1; what counts is the server's processor time, read
from the kernel. Where a peer is not installed the table says so.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import agents
import exposing
import ingest
import liveness
import msgspec
import outages
import page_times
import uvloop
from measuring import LOAD_CORE, interpreter

PROGRESS_SECONDS = 30


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: `wanted` says the target in words, `met` whether it was reached (None where nothing was promised)."""

    target: str
    what: str
    ours: str
    peer: str = ""
    ratio: str = ""
    wanted: str = ""
    met: bool | None = None


def table(rows: list[Row]) -> str:
    """The rows for a person."""
    head = ("", "figure", "ours", "peer", "ratio", "target", "")
    lines = [head]
    lines += [
        (r.target, r.what, r.ours, r.peer, r.ratio, r.wanted, {True: "met", False: "MISSED", None: ""}[r.met])
        for r in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


@contextlib.contextmanager
def under_way(name: str) -> Iterator[None]:
    """Says every half a minute that this part is still at work, and how long it took in the end."""
    begin, ended = time.monotonic(), threading.Event()

    def tell() -> None:
        while not ended.wait(PROGRESS_SECONDS):
            print(f"  … {name}, {time.monotonic() - begin:.0f} s", flush=True)

    print(f"{name} …", flush=True)
    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    try:
        yield
    finally:
        ended.set()
        telling.join()
        print(f"{name}: {time.monotonic() - begin:.0f} s\n", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="more rounds, more machines, real pace")
    parser.add_argument("--json", type=Path, default=Path("bench-results/latest.json"), help="the figures as JSON")
    parts_of_it = ("ingest", "exposing", "liveness", "agents", "pages", "outages")
    parser.add_argument("--only", choices=parts_of_it, help="one part alone")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {LOAD_CORE})
    print(f"{interpreter()}, {os.cpu_count()} cores; {'full' if options.full else 'quick'} form\n", flush=True)
    rows: list[Row] = []
    parts: dict[str, Callable[[Callable[..., None], Path], None]] = {
        "liveness": lambda say, _: liveness.measure(say, full=options.full),
        "exposing": lambda say, _: exposing.measure(say, full=options.full),
        "pages": lambda say, _: page_times.measure(say, full=options.full),
        "ingest": lambda say, where: uvloop.run(ingest.measure(say, where, full=options.full)),
        "agents": lambda say, where: agents.measure(say, where, full=options.full),
        "outages": lambda say, where: outages.measure(say, where, full=options.full),
    }

    def say(**row: object) -> None:
        rows.append(msgspec.convert(row, Row))
        print(
            f"  {rows[-1].what}: {rows[-1].ours} {rows[-1].peer and f'against {rows[-1].peer}'} {rows[-1].ratio}",
            flush=True,
        )

    facts = {"interpreter": interpreter(), "form": "full" if options.full else "quick"}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    try:
        for name, part in parts.items():
            if options.only in {None, name}:
                with under_way(name), tempfile.TemporaryDirectory(prefix=f"schooldrum-bench-{name}-") as directory:
                    part(say, Path(directory))
    finally:
        # Half an hour's figures are not lost to the part that fails after them.
        print(table(rows))
        options.json.write_text(json.dumps({**facts, "rows": [msgspec.to_builtins(row) for row in rows]}, indent=2))
        print(f"\nwritten to {options.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
