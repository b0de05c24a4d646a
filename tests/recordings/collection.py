"""Recordings of other projects with the truth beside each: found by their form, read, compared, counted.

`SCHOOLDRUM_RECORDINGS` names the folder that holds `host/`, by default ../shared/data beside the repository. Below it
every file with a `<file>.truth.json` is a recording, however it is called and wherever it stands.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from tests.recordings.forms import BY_KIND, decoded, form_of

from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.section import Row

DEFAULT = Path(__file__).parents[3] / "shared" / "data"
ROOT = Path(os.environ.get("SCHOOLDRUM_RECORDINGS") or DEFAULT) / "host"
_TRUTH = ".truth.json"
Facts = dict[str, tuple[Any, Any]]
"""Fact -> (what we read, what is true)."""
READ = "whole recording"
"""The fact that is missed where a reader raises."""


class Unsaid(Exception):  # noqa: N818 - it names what a truth is silent about
    """A truth does not say this, so that nothing can be compared: no fault of a reader."""


class Truth(dict[str, Any]):
    """What a truth file says: what is asked of it and not there is Unsaid, so that a reader's KeyError is its own."""

    def __missing__(self, name: str) -> Any:
        raise Unsaid(name)


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded output: its form (None: not known), what our readers must give, and the recorder's own test's."""

    path: Path
    form: str | None
    truth: Truth
    upstream: Any
    root: Path

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        return self.path.read_bytes()

    @property
    def text(self) -> str:
        """The same as text, with one kind of line end."""
        return decoded(self.raw)

    @property
    def expected(self) -> Any:
        """What the recorder's own test expects. Raises Unsaid where its truth does not have it."""
        if self.upstream is None:
            raise Unsaid("upstream_expected")
        return self.upstream

    def half(self, form: str, *words: str) -> "Recording | None":
        """The recording of another form of the same PC, wherever it stands: it holds each of these words.

        Of several the one whose truth agrees most goes first, then the one in the same folder.
        """
        fitting = [
            other
            for other in recordings(self.root)
            if other.form == form and all(word.casefold() in other.text.casefold() for word in words)
        ]
        return min(fitting, key=self._distance, default=None)

    def _distance(self, other: "Recording") -> tuple[int, bool]:
        apart = sum(other.truth[name] != told for name, told in self.truth.items() if name in other.truth)
        return apart, other.path.parent != self.path.parent


Reader = Callable[[Recording], Facts]
"""Makes facts of a recording. Raises Incomplete, or Unsaid where its truth does not say what is compared."""


class Incomplete(Exception):  # noqa: N818 - it names the recording's state
    """Not everything can be read of it alone: the sentence says what is missing, then come the facts that are read."""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one recording in one topic: its facts, or why there are none; `raised` ended its reader."""

    topic: str
    recording: Recording
    facts: Facts
    left_out: str = ""
    raised: Exception | None = None


def recordings(root: Path) -> list[Recording]:
    """Every recording below a folder, by path."""
    found = []
    for told in sorted(root.rglob(f"*{_TRUTH}")) if root.is_dir() else []:
        path = told.with_name(told.name.removesuffix(_TRUTH))
        if path.is_file():
            whole = json.loads(told.read_text("utf-8"), object_hook=Truth)
            form = form_of(path.read_bytes()) or BY_KIND.get(str(whole.get("kind")))
            truth = whole.get("truth")
            told_by_upstream = whole.get("upstream_expected")
            found.append(
                Recording(
                    path=path,
                    form=form,
                    truth=truth if isinstance(truth, Truth) else Truth(),
                    upstream=told_by_upstream,
                    root=root,
                )
            )
    return found


def said(truth: Mapping[str, Any], table: Mapping[str, tuple[str, Any]]) -> Facts:
    """Facts whose truth stands under a key as it is: fact -> (key, what we read). What it does not say is left out."""
    return {fact: (seen, truth[key]) for fact, (key, seen) in table.items() if key in truth}


def columns(row: Row) -> dict[str, Any]:
    """A row with every column that is declared: one that is absent is not known, which is None."""
    return {**dict.fromkeys(one.name for one in SECTIONS[row.section].columns), **row.values}


def compared(topic: str, recording: Recording, reader: Reader) -> Compared:
    """Never raises: what a topic's reader makes of a recording. A reader that raises has missed one, in red."""
    try:
        return Compared(topic=topic, recording=recording, facts=reader(recording))
    except Incomplete as missing:
        facts = missing.args[1] if len(missing.args) > 1 else {}
        return Compared(topic=topic, recording=recording, facts=facts, left_out=str(missing.args[0]))
    except Unsaid as missing:
        left_out = f"its truth does not say {missing.args[0]!r}"
        return Compared(topic=topic, recording=recording, facts={}, left_out=left_out)
    except Exception as trouble:  # noqa: BLE001 - a reader that fails hides no other's hits and misses
        facts = {READ: (f"{type(trouble).__name__}: {trouble}", "read to its end")}
        return Compared(topic=topic, recording=recording, facts=facts, raised=trouble)


def table(results: Iterable[Compared], unread: Iterable[tuple[str, str]]) -> list[str]:
    """Lines to print: hits and misses per fact, every miss, every file not read or in part, with the reason."""
    counts: dict[tuple[str, str], list[int]] = {}
    misses, left, partly = [], [], []
    told = list(results)
    read = {one.recording.path for one in told if one.facts}
    for one in told:
        if one.left_out and one.recording.path in read:
            partly.append((one.recording.path.name, f"{one.topic}: {one.left_out}"))
        elif one.left_out:
            left.append((one.recording.path.name, one.left_out))
        for fact, (seen, wanted) in one.facts.items():
            hit = seen == wanted
            counts.setdefault((one.topic, fact), [0, 0])[0 if hit else 1] += 1
            if not hit:
                misses.append(f"MISS  {one.recording.path.name}: {fact}: read {seen!r:.200}, true {wanted!r:.200}")
    lines = [f"{'topic':10} {'fact':40} {'hits':>5} {'misses':>7}"]
    lines += [f"{topic:10} {fact:40} {hits:5} {wrong:7}" for (topic, fact), (hits, wrong) in sorted(counts.items())]
    all_hits, all_misses = (sum(one[place] for one in counts.values()) for place in (0, 1))
    lines += [f"{'':10} {'together':40} {all_hits:5} {all_misses:7}", *misses]
    lines += [f"in part   {name}: {reason}" for name, reason in sorted(partly)]
    lines += [f"not read  {name}: {reason}" for name, reason in sorted([*left, *unread])]
    return lines
