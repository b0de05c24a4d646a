"""Are outages told as what they are: outages drawn by lot in a school of namespaces, and a table of what was said.

python tests/bench/outages.py [COUNT] [SEED]     alone; needs root
"""

import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

COUNT, QUICK_COUNT = 100, 6
SEED = 2026
NOTHING = "nothing"


def drawn(count: int, seed: int) -> list[Any]:
    """So many scenarios, each of other length."""
    chance = random.Random(seed)  # noqa: S311 - an experiment that can be repeated
    scenarios = import_module("tests.net.outages").ALL
    picked = [chance.choice(scenarios) for _ in range(count)]
    return [msgspec.structs.replace(one, lasts=one.lasts + chance.uniform(-1, 6)) for one in picked]


def table(pairs: Counter[tuple[str, str]]) -> str:
    """What was (down) against what was said in the end (across)."""
    said = sorted({pair[1] for pair in pairs})
    lines = [["was \\ said", *said]]
    truths = sorted({pair[0] for pair in pairs})
    lines += [[truth, *(str(pairs[truth, one] or "·") for one in said)] for truth in truths]
    widths = [max(len(line[column]) for line in lines) for column in range(len(said) + 1)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def play(where: Path, count: int, seed: int, tell: Callable[[str], object]) -> tuple[Counter[tuple[str, str]], int]:
    """The confusion table, and how many outages were told right in everything: place, dates, messages too."""
    outage, school = import_module("tests.net.outage"), import_module("tests.net.school")
    pairs: Counter[tuple[str, str]] = Counter()
    right = 0
    with school.school(where / "school") as made:
        for number, scenario in enumerate(drawn(count, seed), 1):
            outcome = outage.play(made, scenario)
            wrong = outage.troubles(made, scenario, outcome)
            right += not wrong
            truth = f"{scenario.kind} {scenario.end}" if scenario.place else NOTHING
            main = [one for one in outcome.incidents if not one.parent]
            pairs[truth, f"{main[0].kind.value} {outage.word(main[0])}" if main else NOTHING] += 1
            tell(f"  {number:3d} {scenario.name}: {'; '.join(wrong) or 'right'}")
    return pairs, right


def measure(say: Callable[..., None], where: Path, *, full: bool) -> None:
    """Verdicts against the truth; 4 beats and the stated bounds count as in tests/net."""
    if os.geteuid() != 0:
        say(target="", what="outages in namespaces", ours="needs root")
        return
    sys.path.insert(0, str(Path(__file__).parents[2]))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    count = COUNT if full else QUICK_COUNT
    pairs, right = play(where, count, SEED, lambda line: print(line, flush=True))
    print(table(pairs))
    said = sum(times for (truth, told), times in pairs.items() if truth == told)
    say(target="", what=f"{count} outages, verdict right", ours=str(said), wanted=f"{count}", met=said == count)
    say(target="", what=f"{count} outages, right in everything", ours=str(right), wanted=f"{count}", met=right == count)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    given = [int(word) for word in sys.argv[1:]]
    with tempfile.TemporaryDirectory(prefix="schooldrum-outages-") as folder:
        many, lot = (given + [COUNT, SEED][len(given) :])[:2]
        found, well = play(Path(folder), many, lot, lambda line: print(line, flush=True))
    print(f"{table(found)}\nright in everything: {well} of {sum(found.values())}")
