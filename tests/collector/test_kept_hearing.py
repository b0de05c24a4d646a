"""What the serving collector keeps of its hearing, and that commands judge by it as its pages do."""

import asyncio
import json
import math
import stat
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.app.kept_hearing import (
    FILE,
    LATE_SECONDS,
    KeepingHearing,
    Kept,
    Paces,
    Unusable,
    kept_hearing,
    listened,
    read,
    written,
)
from schooldrum_collector.commands.place_words import places_now, unsure_words
from schooldrum_collector.judge.apart import NOBODY, Apart
from schooldrum_collector.judge.presence import (
    GRACE_SECONDS,
    Hearing,
    Presence,
    SetBack,
    State,
    begun,
    turned_away,
)
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.web.sight import Sight

NOON = 1_790_130_000.0
"""Wednesday 23 September 2026, 09:20 in Vietnam: school hours."""
START = Hearing(away=NOON - 900, back=NOON - 60)
"""Started a minute ago, after most of a quarter of an hour in which nobody listened."""

moments = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)
borders = st.one_of(moments, st.just(math.inf), st.just(-math.inf))
hearings = st.builds(
    Hearing,
    away=borders,
    back=borders,
    awaited=borders,
    refusing=borders,
    waiting=borders,
    set_back=st.none() | st.builds(SetBack, borders, moments),
)


class Ears:
    """A collector's clock, its hearing, and whether it can store."""

    def __init__(self, directory: Path, paces: Paces | None = None) -> None:
        self.now, self.hearing, self.storing = NOON, START, True
        self.keeping = KeepingHearing(
            directory,
            now=lambda: self.now,
            hearing=lambda: self.hearing,
            storing=lambda: self.storing,
            paces=paces,
        )


@pytest.fixture
def ears(tmp_path: Path) -> Ears:
    return Ears(tmp_path)


@given(kept=st.builds(Kept, hearing=hearings, at=moments, serving=st.booleans()))
def test_what_is_written_is_read(kept: Kept):
    assert read(written(kept)) == kept


def test_a_person_and_any_program_can_read_it():
    content = written(Kept(hearing=turned_away(START, NOON, 300), at=NOON))

    def refused(number: str) -> float:
        raise AssertionError(number)

    told = json.loads(content, parse_constant=refused)
    assert (told["at"], told["back"], told["waiting"]) == (NOON, NOON - 60, NOON + 300)
    assert told["awaited"] == "infinity"
    assert len(content.splitlines()) == len(told) + 2
    told["a word of later"] = {"of": ["another", "shape"]}
    assert read(json.dumps(told).encode()) == read(content)
    assert read(b'{"at": 1790130000, "serving": true}').hearing == Hearing()


BROKEN = {
    "nothing": b"",
    "half of it": written(Kept(hearing=START, at=NOON))[:60],
    "not text": b"\xff\xfe\x00{",
    "a list": b"[]",
    "no moment": b'{"serving": true}',
    "a moment in words": b'{"at": "noon", "serving": true}',
    "no such word": b'{"at": 1, "serving": true, "back": "never"}',
    "not a number": b'{"at": NaN, "serving": true}',
    "a wrong yes": b'{"at": 1, "serving": 1}',
    "far too much": b" " * 5000 + written(Kept(hearing=START, at=NOON)),
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_a_broken_one_is_passed_over_and_said_in_one_line(tmp_path: Path, raw: bytes):
    (tmp_path / FILE).write_bytes(raw)
    with pytest.raises(Unusable) as broken:
        kept_hearing(tmp_path)
    for sentence in (str(broken.value), broken.value.vietnamese):
        assert str(tmp_path / FILE) in sentence
        assert "\n" not in sentence


def test_none_and_one_that_is_no_file(tmp_path: Path):
    assert kept_hearing(tmp_path) is None
    (tmp_path / FILE).mkdir()
    with pytest.raises(Unusable):
        kept_hearing(tmp_path)


# Who kept it when, and by what it is judged at noon: the moment, whether it is known, whether nobody listens.
JUDGED = {
    "nobody ever": (None, (NOON, False, False)),
    "just now": (Kept(hearing=START, at=NOON), (NOON, True, False)),
    "a moment after the command looked at its clock": (Kept(hearing=START, at=NOON + 1), (NOON, True, False)),
    "as late as may be": (Kept(hearing=START, at=NOON - LATE_SECONDS), (NOON, True, False)),
    "killed": (Kept(hearing=START, at=NOON - LATE_SECONDS - 1), (NOON - LATE_SECONDS - 1, True, True)),
    "ended just now": (Kept(hearing=START, at=NOON - 1, serving=False), (NOON - 1, True, True)),
    "ended last year": (Kept(hearing=START, at=NOON - 3e7, serving=False), (NOON - 3e7, True, True)),
    "ended before the clock was set back": (Kept(hearing=START, at=NOON + 3600), (NOON + 3600, True, True)),
}


@pytest.mark.parametrize(("kept", "judged"), JUDGED.values(), ids=JUDGED)
def test_by_what_a_command_judges(kept: Kept | None, judged: tuple[float, bool, bool]):
    by = listened(kept, NOON)
    assert (by.at, by.known, by.stopped) == judged
    assert by.hearing == (kept.hearing if kept else Hearing())


# The collector's clock when it last spoke, its hearing then, and how a PC stands at noon that was heard so long before.
STANDS = {
    "nobody kept anything": (None, 600, State.SILENT, False),
    "just started, and it was on before": (Kept(hearing=START, at=NOON), 800, State.ONLINE, True),
    "just started, and it was missed before": (Kept(hearing=START, at=NOON), 1200, State.SILENT, False),
    "it has come back": (Kept(hearing=START, at=NOON), 10, State.ONLINE, False),
    "the grace is over": (
        Kept(hearing=Hearing(away=NOON - 4000, back=NOON - GRACE_SECONDS - 200), at=NOON), 4000, State.SILENT, False
    ),
    "a demonstration gives none": (
        Kept(hearing=begun([NOON - 800], NOON - 200, head_start=GRACE_SECONDS), at=NOON), 800, State.SILENT, False
    ),
    "it was asked to come again": (
        Kept(hearing=turned_away(Hearing(away=0.0, back=0.0), NOON - 300, 600), at=NOON), 400, State.ONLINE, True
    ),
    "cut before others were asked to": (
        Kept(hearing=turned_away(Hearing(away=0.0, back=0.0), NOON - 300, 600), at=NOON), 600, State.SILENT, False
    ),
    "the clock was ahead": (
        Kept(hearing=Hearing(away=NOON - 60, back=NOON - 60, set_back=SetBack(NOON + 7200, NOON - 60)), at=NOON),
        -7190, State.ONLINE, False,
    ),
    "no collector since it spoke": (Kept(hearing=Hearing(), at=NOON - 7200, serving=False), 7300, State.ONLINE, False),
    "no collector, and it was missed before": (
        Kept(hearing=Hearing(), at=NOON - 7200, serving=False), 7800, State.SILENT, False
    ),
    "killed in its grace": (Kept(hearing=START, at=NOON - 50), 800, State.ONLINE, True),
}  # fmt: skip


@pytest.mark.parametrize(("kept", "ago", "state", "assumed"), STANDS.values(), ids=STANDS)
async def test_a_command_says_what_the_pages_say(
    store: Store,
    enrol,
    arrival,
    kept: Kept | None,
    ago: float,
    state: State,
    assumed: bool,  # noqa: FBT001 - a table's column
):
    enrol(store, "m1", school="BM")
    await store.append(arrival("m1", 1, at=NOON - ago))
    register, known = store.register(), {one.machine: one for one in store.latest(EVERYTHING)}
    by = listened(kept, NOON)
    found = places_now(register, "BM", known.get, by, NOBODY)
    assert (found.presences["m1"].state, found.presences["m1"].assumed) == (state, assumed)
    if kept is not None:
        page = Sight(store=store, register=register, scope=EVERYTHING, hearing=kept.hearing, now=by.at)
        assert found == page.places_of(page.machines("BM"), ["BM/main/tin1"], known)
    # Of whom it is known why they are not heard, nobody waits.
    dark = Apart(dark=frozenset({"m1"}))
    assert not places_now(register, "BM", known.get, by, dark).presences["m1"].assumed


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (None, "No PC of any school has been heard since"),
        (Kept(hearing=START, at=NOON), ""),
        (Kept(hearing=START, at=NOON - 7200, serving=False), "Since 07:20 Wed 23 Sep 2026 the collector has not run"),
    ],
    ids=["not known", "it listens", "it has ended"],
)
async def test_since_when_nobody_listens_is_said(store: Store, enrol, arrival, kept: Kept | None, says: str):
    enrol(store, "m1")
    await store.append(arrival("m1", 1, at=NOON - 600))
    by = listened(kept, NOON)
    silent, online = Presence(state=State.SILENT), Presence(state=State.ONLINE)
    said = {language: unsure_words(store, by, [online, silent], NOON, Say(language)) for language in ("vi", "en")}
    assert said["en"].startswith(says)
    assert bool(said["en"]) is bool(said["vi"]) is bool(says)
    # Whoever was on when a collector ended is shown as on: that is said too. What was heard needs no word.
    assert bool(unsure_words(store, by, [online], NOON, Say("en"))) is by.stopped


def test_it_is_kept_while_the_collector_listens(ears: Ears, tmp_path: Path):
    ears.keeping.keep()
    assert kept_hearing(tmp_path) == Kept(hearing=START, at=NOON)
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    ears.now += 20
    ears.hearing = turned_away(START, ears.now, 300)
    ears.keeping.keep()
    assert kept_hearing(tmp_path) == Kept(hearing=ears.hearing, at=NOON + 20)
    ears.now += 5
    ears.keeping.end()
    ended = Kept(hearing=ears.hearing, at=NOON + 25, serving=False)
    assert kept_hearing(tmp_path) == ended
    # A write that was on its way when it ended.
    ears.keeping.keep()
    assert kept_hearing(tmp_path) == ended
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_whoever_can_store_nothing_hears_nobody(ears: Ears, tmp_path: Path):
    ears.keeping.keep()
    ears.now, ears.storing = NOON + 3600, False
    ears.keeping.keep()
    ears.keeping.end()
    assert kept_hearing(tmp_path) == Kept(hearing=START, at=NOON)
    assert listened(kept_hearing(tmp_path), ears.now).stopped


def test_a_file_that_cannot_be_written_is_said_once(ears: Ears, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / FILE).mkdir()
    for _ in range(3):
        ears.keeping.keep()
    assert len(caplog.records) == 1
    (tmp_path / FILE).rmdir()
    ears.keeping.keep()
    assert kept_hearing(tmp_path) == Kept(hearing=START, at=NOON)


async def _comes(directory: Path, kept: Kept) -> bool:
    """Whether this is kept within some seconds, which only a busy machine needs."""
    for _ in range(500):
        if kept_hearing(directory) == kept:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_a_change_is_kept_at_once_and_the_same_from_time_to_time(tmp_path: Path):
    ears = Ears(tmp_path, Paces(look=0.01, keep=0.3))
    ears.keeping.keep()
    running = asyncio.create_task(ears.keeping.run())
    ears.now += 3
    await asyncio.sleep(0.05)
    assert kept_hearing(tmp_path) == Kept(hearing=START, at=NOON), "nothing has changed"
    ears.hearing = msgspec.structs.replace(START, back=NOON + 3)
    assert await _comes(tmp_path, Kept(hearing=ears.hearing, at=NOON + 3))
    ears.now += 10
    assert await _comes(tmp_path, Kept(hearing=ears.hearing, at=NOON + 13))
    running.cancel()
