"""What was measured and is not delivered yet: on disk before it is sent, gone after the collector has it.

Two classes of files, connectivity and bulk, bounded together. When the bound is reached the oldest bulk goes first,
then the oldest connectivity: an outage must still be dated when its end is heard of. In steady state a beat costs one
short append and one truncation.

What the collector acknowledged is not written down one by one: after a crash a result may travel twice, and the
collector knows each by (machine, run, seq).
"""

import contextlib
import sys
import threading
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from schooldrum_agent import log
from schooldrum_agent.clock import Clock
from schooldrum_agent.private import Hold, hold, make_private, read_bounded, write_whole
from schooldrum_agent.segment import Frame, Segment, oldest_first
from schooldrum_wire.fingerprint import same_machine
from schooldrum_wire.report import Fingerprint

RESULTS_PER_BATCH = 100
BYTES_PER_BATCH = 128 << 10
MEMORY_BYTES = 256 << 10
"""What is kept in memory while the disk takes nothing."""
ASIDE_FILES = 20
ASIDE_BYTES = 256 << 10
"""A report set aside is kept up to this length, for whoever looks for the cause."""
_SEGMENT_BYTES = (16 << 10, 256 << 10)
_SEGMENTS_IN_BOUND = 16
_DAY = 86400
_CLASSES = {False: "connectivity", True: "bulk"}


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Waiting results of one run (and so one boot), oldest first: they become one backlog report."""

    run: str
    boot: str
    results: tuple[tuple[int, bytes], ...]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How full the spool is. `oldest_age` is seconds, None where nothing waits."""

    results: int
    bytes: int
    oldest_age: float | None
    dropped: int
    set_aside: int
    in_memory: int
    trouble: str
    """Why the disk takes nothing at the moment; empty where it does."""


class _Kept(msgspec.Struct):
    """What outlives a restart beside the results themselves."""

    dropped: int = 0
    set_aside: int = 0
    owner: Fingerprint = {}


class Spool:
    """Waiting results. Safe to use from several threads; no disk error ever reaches the caller."""

    def __init__(self, directory: Path, held: Hold, *, clock: Clock, most_bytes: int, days: int) -> None:
        self.directory = directory
        self.notes: list[str] = []
        self._held = held
        self._clock = clock
        self._most = most_bytes
        self._days = days
        self._segment_bytes = max(_SEGMENT_BYTES[0], min(_SEGMENT_BYTES[1], most_bytes // _SEGMENTS_IN_BOUND))
        self._lock = threading.RLock()
        self._segments: list[Segment] = []
        self._active: dict[bool, Segment] = {}
        self._memory: list[tuple[bool, Frame]] = []
        self._order = 0
        self._trouble = ""
        self._kept = self._read_kept()
        self._unkept = False
        self._closed = False
        self._load()

    def append(self, run: str, boot: str, results: Iterable[tuple[int, bool, bytes]]) -> bool:
        """Takes the results (seq, bulk, bytes) of a run; returns whether they are safe on disk.

        Where the disk takes nothing they wait in memory, up to MEMORY_BYTES, and the next append tries again.
        """
        split: dict[bool, list[tuple[int, bytes]]] = {False: [], True: []}
        for seq, bulk, body in results:
            split[bulk].append((seq, body))
        with self._lock:
            if self._closed:
                return False
            boottime, wall = self._clock.boottime(), self._clock.wall()
            for bulk, chosen in split.items():
                if chosen:
                    self._order += 1
                    frame = Frame(self._order, run, boot, boottime, wall, tuple(chosen))
                    self._memory.append((bulk, frame))
            self._flush()
            self._bound()
            if self._unkept:
                self._write_kept()
            return not self._memory

    def acknowledge(self, run: str, seqs: Collection[int]) -> None:
        """The collector has these results: they wait no more."""
        with self._lock:
            if self._closed:
                return
            for segment in tuple(self._segments):
                if segment.strike(run, seqs) and not segment.waiting():
                    self._retire(segment)
            self._strike_memory(run, seqs)

    def backlog(
        self, batches: int, *, results: int = RESULTS_PER_BATCH, skip: Collection[tuple[str, int]] = ()
    ) -> list[Batch]:
        """At most so many batches of at most so many results each, oldest first, without the (run, seq) in `skip`."""
        made: list[Batch] = []
        with self._lock:
            if self._closed or self._only(skip):
                return made
            open_key: tuple[str, str] | None = None
            collected: list[tuple[int, bytes]] = []
            size = 0
            frames = self._frames()
            for frame in frames:
                for seq, body in frame.results:
                    if (frame.run, seq) in skip:
                        continue
                    full = len(collected) >= results or (collected and size + len(body) > BYTES_PER_BATCH)
                    if collected and open_key is not None and (full or open_key != (frame.run, frame.boot)):
                        made.append(Batch(run=open_key[0], boot=open_key[1], results=tuple(collected)))
                        collected, size = [], 0
                    if len(made) >= batches:
                        return made
                    open_key = (frame.run, frame.boot)
                    collected.append((seq, body))
                    size += len(body)
            if collected and open_key is not None and len(made) < batches:
                made.append(Batch(run=open_key[0], boot=open_key[1], results=tuple(collected)))
        return made

    def set_aside(self, body: bytes, reason: str, *, run: str = "", seqs: Collection[int] = ()) -> None:
        """Keeps a report that the collector cannot read for whoever looks for the cause, and lets the rest go on.

        At most ASIDE_FILES are kept, the oldest gives way; `run` and `seqs` are its results, which wait no more.
        """
        with self._lock:
            if self._closed:
                return
            self._kept.set_aside += 1
            aside = self.directory / "aside"
            try:
                aside.mkdir(mode=0o700, exist_ok=True)
                write_whole(aside / f"{self._kept.set_aside % ASIDE_FILES:02d}.json", body[:ASIDE_BYTES])
            except OSError as problem:
                log.warning(f"a report set aside could not be kept: {problem.strerror or problem}")
            log.warning(f"report {self._kept.set_aside} set aside: {reason}")
            if seqs:
                self.acknowledge(run, seqs)
            self._write_kept()

    def discard_all(self, reason: str) -> None:
        """Gives up everything that waits (it is another machine's); counted as dropped."""
        with self._lock:
            log.warning(f"everything in the spool was given up: {reason}")
            for segment in tuple(self._segments):
                self._drop(segment)
            self._count_dropped(sum(len(frame.results) for _, frame in self._memory))
            self._memory.clear()

    def counts(self) -> Counts:
        """How full it is."""
        with self._lock:
            in_memory = sum(len(frame.results) for _, frame in self._memory)
            return Counts(
                results=sum(segment.waiting() for segment in self._segments) + in_memory,
                bytes=sum(segment.size for segment in self._segments),
                oldest_age=self._oldest_age(),
                dropped=self._kept.dropped,
                set_aside=self._kept.set_aside,
                in_memory=in_memory,
                trouble=self._trouble,
            )

    def close(self) -> None:
        """Ends the use of the directory; what waits stays there."""
        with self._lock:
            # A beat that is still under way must not touch what the next agent may own by then.
            self._closed = True
            for segment in self._segments:
                segment.close()
            self._held.release()

    def belong_to(self, owner: Fingerprint) -> None:
        """Sees that what waits was measured on this hardware: a disk image brings the spool of the PC it was made on.

        The files say whose they are by themselves, because a spool on a thawed volume is this PC's own although the
        identity on the frozen one is the image's.
        """
        with self._lock:
            moved = self._kept.owner != owner and same_machine(self._kept.owner, owner) is False
            if self._segments and moved:
                self.discard_all("it was measured on other hardware (a disk image)")
            if owner and owner != self._kept.owner:
                self._kept.owner = owner
                self._write_kept()

    def _load(self) -> None:
        for bulk, name in _CLASSES.items():
            for path in self.directory.glob(f"{name}-*.seg"):
                number = path.stem.removeprefix(f"{name}-")
                if not number.isdecimal():
                    continue
                segment = Segment(path, bulk=bulk, number=int(number))
                self._order = max(self._order, segment.number)
                try:
                    damaged = segment.load()
                except OSError as problem:
                    self.notes.append(f"{path.name} could not be read and is left alone: {problem.strerror or problem}")
                    continue
                if damaged:
                    places = "1 place" if damaged == 1 else f"{damaged} places"
                    self.notes.append(f"{path.name} was damaged in {places}; what is sound is kept")
                    self._count_dropped(damaged)
                self._order = max(self._order, segment.newest)
                self._segments.append(segment)
        self._segments.sort(key=lambda segment: segment.number)
        for segment in tuple(self._segments):
            if not segment.waiting():
                self._retire(segment)

    def _frames(self) -> Iterator[Frame]:
        memory = sorted((frame for _, frame in self._memory), key=lambda frame: frame.order)
        return oldest_first(self._class_frames(bulk=False), self._class_frames(bulk=True), memory)

    def _only(self, named: Collection[tuple[str, int]]) -> bool:
        """Whether nothing waits but these: each beat it is so, and then no file need be read."""
        of_these = sum(segment.awaits(run, seq) for segment in self._segments for run, seq in named)
        return not self._memory and of_these == sum(segment.waiting() for segment in self._segments)

    def _class_frames(self, *, bulk: bool) -> Iterator[Frame]:
        for segment in tuple(self._segments):
            if segment.bulk is not bulk:
                continue
            before = segment.waiting()
            try:
                frames = segment.read()
            except OSError as problem:
                log.error(f"{segment.path.name} cannot be read any more: {problem.strerror or problem}")
                self._drop(segment)
                continue
            self._count_dropped(before - segment.waiting())
            yield from frames
            if not segment.waiting():
                self._retire(segment)

    def _flush(self) -> None:
        while self._memory:
            bulk, frame = self._memory[0]
            try:
                self._store(frame, bulk=bulk)
            except OSError as problem:
                why = problem.strerror or str(problem)
                if not self._trouble:
                    log.error(f"results cannot be written and wait in memory: {why}")
                self._trouble = why
                return
            del self._memory[0]
        if self._trouble:
            log.warning("results can be written again")
            self._trouble = ""

    def _store(self, frame: Frame, *, bulk: bool) -> None:
        segment = self._active.get(bulk)
        if segment is None or not segment.takes(frame, self._segment_bytes):
            if segment is not None:
                segment.close()
            # The order of appends never repeats, so it also names files uniquely.
            path = self.directory / f"{_CLASSES[bulk]}-{frame.order:012d}.seg"
            segment = self._active[bulk] = Segment(path, bulk=bulk, number=frame.order)
            self._segments.append(segment)
        segment.append(frame)

    def _bound(self) -> None:
        spare = sum(len(body) for _, frame in self._memory for _, body in frame.results) - MEMORY_BYTES
        while spare > 0 and len(self._memory) > 1:
            place = next((place for place, (bulk, _) in enumerate(self._memory) if bulk), 0)
            _, frame = self._memory.pop(place)
            spare -= sum(len(body) for _, body in frame.results)
            self._count_dropped(len(frame.results))
        while sum(segment.size for segment in self._segments) > self._most:
            self._drop(min(self._segments, key=lambda segment: (not segment.bulk, segment.number)))
        for segment in tuple(self._segments):
            if segment.last is not None and self._age(segment.last) > self._days * _DAY:
                self._drop(segment)

    def _age(self, stamp: tuple[str, float, float]) -> float:
        """The least age of a stamp (boot, boottime, wall) in seconds.

        Within this boot it is exact. Of an earlier boot only the time that this PC has certainly run since is counted:
        its wall clock may have been wrong by years then, or be so now, and must not cost anybody a result.
        """
        boot, boottime, _ = stamp
        now = self._clock.boottime()
        if boot == self._clock.boot:
            return now - boottime
        ran: dict[str, float] = {}
        for segment in self._segments:
            if segment.last is not None:
                ran[segment.last[0]] = max(ran.get(segment.last[0], 0.0), segment.last[1])
        boots = list(ran)
        later = boots[boots.index(boot) + 1 :] if boot in ran else []
        return (
            max(0.0, ran.get(boot, boottime) - boottime)
            + sum(ran[one] for one in later if one != self._clock.boot)
            + now
        )

    def _oldest_age(self) -> float | None:
        stamps = [segment.first for segment in self._segments if segment.first is not None and segment.waiting()]
        stamps += [(frame.boot, frame.boottime, frame.wall) for _, frame in self._memory]
        if not stamps:
            return None
        ages: list[float] = []
        for stamp in stamps:
            least = self._age(stamp)
            by_wall = self._clock.wall() - stamp[2]
            ages.append(by_wall if stamp[0] != self._clock.boot and least < by_wall < self._days * _DAY else least)
        return max(ages)

    def _strike_memory(self, run: str, seqs: Collection[int]) -> None:
        kept: list[tuple[bool, Frame]] = []
        for bulk, frame in self._memory:
            if frame.run == run:
                rest = tuple((seq, body) for seq, body in frame.results if seq not in seqs)
                if rest:
                    kept.append((bulk, msgspec.structs.replace(frame, results=rest)))
            else:
                kept.append((bulk, frame))
        self._memory = kept

    def _retire(self, segment: Segment) -> None:
        if self._active.get(segment.bulk) is segment:
            try:
                segment.empty()
            except OSError:
                del self._active[segment.bulk]
            else:
                return
        # A file that cannot be deleted comes back at the next start, and the collector knows what is in it.
        with contextlib.suppress(OSError):
            segment.remove()
        self._segments.remove(segment)

    def _drop(self, segment: Segment) -> None:
        self._count_dropped(segment.waiting())
        if self._active.get(segment.bulk) is segment:
            del self._active[segment.bulk]
        self._retire(segment)

    def _count_dropped(self, results: int) -> None:
        if results:
            self._kept.dropped += results
            self._write_kept()

    def _read_kept(self) -> _Kept:
        try:
            raw = read_bounded(self.directory / "kept.json")
            return _Kept() if raw is None else msgspec.json.decode(raw, type=_Kept)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as problem:
            self.notes.append(f"kept.json was damaged ({problem}); its counts begin again")
            return _Kept()

    def _write_kept(self) -> None:
        try:
            write_whole(self.directory / "kept.json", msgspec.json.encode(self._kept))
            self._unkept = False
        except OSError:
            self._unkept = True


def open_spool(
    directory: Path,
    *,
    clock: Clock,
    owner: Fingerprint,
    most_bytes: int = 100 << 20,
    days: int = 30,
    system: str = sys.platform,
) -> Spool:
    """Takes the spool directory for this agent, and gives up what was measured on other hardware than `owner`.

    `most_bytes` and `days` bound what waits. What was damaged is told in `notes`.

    Raises:
        NotPrivate: the directory is not this program's alone.
        InUse: another agent runs on it.
    """
    notes = make_private(directory, system=system)
    spool = Spool(directory, hold(directory, system=system), clock=clock, most_bytes=most_bytes, days=days)
    spool.notes[:0] = notes
    spool.belong_to(owner)
    return spool
