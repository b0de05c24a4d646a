"""The embedded store: one SQLite file, one collector that serves, any number of commands beside it.

A serving store answers from memory and writes through one thread; a command's store reads the file when it is asked.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import event, exc
from sqlalchemy.pool import QueuePool, StaticPool

from schooldrum_collector.judge.availability import Watched
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.messages import Message
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.speech import ENGLISH, Say
from schooldrum_collector.store import appraisals, audit, codes, incidents, messages, scans, sections, watched
from schooldrum_collector.store.acknowledged import Note, number_of
from schooldrum_collector.store.appraisals import AppraisedMemory
from schooldrum_collector.store.checkpoints import Checkpoints, checkpoint
from schooldrum_collector.store.connections import Turn, plainly, snapshot, unreadable
from schooldrum_collector.store.folding import SETTLE_SECONDS, Folding, read_stream
from schooldrum_collector.store.history import joined
from schooldrum_collector.store.interface import Full, Overloaded, Writer
from schooldrum_collector.store.journal import Bounds, Journal, Listener
from schooldrum_collector.store.lock import Lock
from schooldrum_collector.store.opening import open_file, register_engine
from schooldrum_collector.store.present import Present
from schooldrum_collector.store.records import (
    EVERYTHING,
    AnswerLink,
    Appraisal,
    Appraised,
    Arrival,
    Change,
    CodeUsed,
    Credential,
    Given,
    Latest,
    Register,
    Scan,
    Scope,
    StoredResult,
    StoredSection,
    Story,
    Teller,
)
from schooldrum_collector.store.register_cache import RegisterCache
from schooldrum_collector.store.register_writer import RegisterWriter
from schooldrum_collector.store.retention import DAY_SECONDS, Retention, retain
from schooldrum_collector.store.soundness import complaints
from schooldrum_collector.store.trust import Trust
from schooldrum_collector.store.visibility import concerns, covers_machine, covers_school, machines_in

_APPRAISAL_BYTES = 8 << 10


def _nothing(_arrivals: int, _seconds: float) -> None:
    """Nobody wants to know."""


def open_store(
    directory: Path,
    *,
    clock: Callable[[], float],
    serving: bool = True,
    retention: Retention | None = None,
    bounds: Bounds | None = None,
    committed: Callable[[int, float], None] = _nothing,
) -> "SqliteStore":
    """The store of this directory; made where there is none, migrated where it is older.

    A `serving` store takes arrivals, folds and retains, and is the only one on its directory; without it the register
    can be read and written beside a serving one. `committed(arrivals, seconds)` is told of each commit, in the
    writer's thread.

    Raises:
        Damaged, Locked, Full: as their sentences say; nothing was changed.
    """
    path, lock = open_file(directory, serving=serving)
    try:
        return SqliteStore(
            path, lock, clock=clock, retention=retention or Retention(), bounds=bounds or Bounds(), committed=committed
        )
    except (sqlite3.Error, exc.DBAPIError, msgspec.DecodeError) as problem:
        if lock:
            lock.release()
        raise unreadable(problem, path) from problem
    except BaseException:
        if lock:
            lock.release()
        raise


class SqliteStore:
    """The Store of the interface; made by `open_store`."""

    def __init__(
        self,
        path: Path,
        lock: Lock | None,
        *,
        clock: Callable[[], float],
        retention: Retention,
        bounds: Bounds,
        committed: Callable[[int, float], None],
    ) -> None:
        self._path = path
        self._lock = lock
        self._clock = clock
        self._retention = retention
        self._trust = Trust(path)
        self._turn = Turn(self._trust.require)
        self._reading = register_engine(path, "BEGIN", poolclass=QueuePool, pool_size=4)
        event.listen(self._reading, "connect", lambda *_: self._trust.require_files())
        self._writing = register_engine(path, poolclass=StaticPool)
        self._present = Present()
        self._digests = sections.Digests()
        self._appraised = AppraisedMemory()
        self._cache = RegisterCache(self._reading, self._drop)
        self._note = Note(path)
        self._journal: Journal | None = None
        self._closed = False
        self._trouble = ""
        self._errand = threading.Lock()
        try:
            self._cache.refresh()
            if lock:
                with self._eyes() as connection:
                    self._present.load(connection, self._cache.machine_of_stream)
                    self._digests.load(connection)
                    self._appraised.load(connection, self._cache.machine_of_stream)
                    self._note.write(number_of(connection))
        except BaseException:
            self._reading.dispose()
            raise
        if lock is None:
            return
        # What was read above keeps all of the store's files open, so their numbers are given to no others.
        self._trust.opened()
        self._folding = Folding(path, self._present, turn=self._turn, siblings_of=self._cache.siblings_of)
        self._checkpoints = Checkpoints(path, self._turn)

        def told(arrivals: int, size: int, seconds: float) -> None:
            self._trouble = ""
            self._checkpoints.stored(2 * size + 8192)
            committed(arrivals, seconds)

        self._journal = Journal(
            path,
            self._present,
            self._digests,
            turn=self._turn,
            note=self._note,
            bounds=bounds,
            streams_of=self._cache.streams_of,
            committed=told,
            failed=self._failed,
            meaning=self._trust.met,
            often=lambda: self._trust.watch(self._cache.refresh),
        )

    def _drop(self, stream: int) -> None:
        self._present.drop(stream)
        self._digests.drop(stream)
        self._appraised.drop(stream)

    def _failed(self, problem: Full) -> None:
        self._trouble = str(problem)

    @contextmanager
    def _eyes(self) -> Iterator[sqlite3.Connection]:
        """A pooled connection inside one reading transaction."""
        # A serving collector goes on without this reading; a command cannot do what it was asked.
        with self._trust.reading() if self._journal else plainly(self._path), snapshot(self._reading) as connection:
            yield connection

    def _serving(self) -> Journal:
        if self._journal is None:
            raise RuntimeError("this store was opened beside a collector: only the serving one takes and folds reports")
        return self._journal

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """As the interface says.

        Raises:
            Overloaded: another transaction has not ended in time.
            Full: the disk is full or not writable.
        """
        try:
            with self._turn.taken():
                with self._writing.begin() as connection:
                    writer = RegisterWriter(connection, self._clock)
                    yield writer
                    changed = writer.finish()
                    appraised = writer.appraised
                    number = writer.number()
                self._note.write(number)
            self._trust.require()
        except (exc.DBAPIError, sqlite3.DatabaseError) as problem:
            why = problem.orig if isinstance(problem, exc.DBAPIError) else problem
            if isinstance(why, sqlite3.DatabaseError) and not isinstance(why, sqlite3.IntegrityError):
                told = self._trust.met(why)
                if isinstance(told, Full):
                    self._failed(told)
                raise told from problem
            raise
        if changed:
            self._trouble = ""
        self._appraised.note(appraised)
        if self._journal:
            self._checkpoints.stored(1 + len(appraised) * _APPRAISAL_BYTES)
        # It is committed: if it cannot be read now, it will be half a second later.
        with contextlib.suppress(exc.DBAPIError):
            self._cache.refresh()

    def register(self) -> Register:
        """As the interface says."""
        if self._journal is None:
            self._cache.refresh()
        return self._cache.register

    def who(self, digest: str) -> Credential | None:
        """As the interface says."""
        if self._journal is None:
            self._cache.refresh()
        return self._cache.credentials.get(digest)

    async def append(self, arrival: Arrival) -> None:
        """As the interface says."""
        await self._serving().append(arrival)

    def append_and_tell(self, arrival: Arrival, told: Listener) -> None:
        """As the interface says."""
        self._serving().append_and_tell(arrival, told)

    def _catch_up(self) -> None:
        if self._journal is None:
            self._cache.refresh()
            with self._eyes() as connection:
                self._present.load(connection, self._cache.machine_of_stream)

    def latest(self, scope: Scope, machines: Iterable[str] | None = None) -> list[Latest]:
        """As the interface says."""
        self._catch_up()
        register = self._cache.register
        visible = machines_in(scope, register, machines)
        return [latest for machine in visible if (latest := self._latest_of(machine))]

    def latest_of(self, machine: str) -> Latest | None:
        """As the interface says."""
        self._catch_up()
        return self._latest_of(machine)

    def _latest_of(self, machine: str) -> Latest | None:
        streams = self._cache.streams_of(machine)
        if len(streams) == 1 and (only := self._present.latest.get(streams[0])) and only.machine == machine:
            return only
        found = [latest for stream in reversed(streams) if (latest := self._present.latest.get(stream))]
        newest = max(found, key=lambda latest: latest.heard, default=None)
        if newest and newest.machine != machine:
            return msgspec.structs.replace(newest, machine=machine)
        return newest

    def section_digests(self, machine: str) -> dict[str, str]:
        """As the interface says."""
        streams = self._cache.streams_of(machine)
        if self._journal is not None and len(streams) == 1:
            return self._digests.of(streams[0])
        return {section.name: section.digest for section in self.sections(EVERYTHING, machine)}

    def sections(self, scope: Scope, machine: str) -> list[StoredSection]:
        """As the interface says."""
        if not covers_machine(scope, machine, self.register()):
            return []
        with self._eyes() as connection:
            return sections.read(connection, self._cache.streams_of(machine))

    def appraisals(self, scope: Scope, machines: Iterable[str] | None = None) -> list[Appraised]:
        """As the interface says."""
        if self._journal is None:
            self._cache.refresh()
            with self._eyes() as connection:
                self._appraised.load(connection, self._cache.machine_of_stream)
        register = self._cache.register
        wanted = register.machines if machines is None else machines
        streams_of, known = self._cache.streams_of, self._appraised
        return [
            appraised
            for machine in wanted
            if covers_machine(scope, machine, register) and (appraised := known.of(machine, streams_of(machine)))
        ]

    def appraisal_of(self, scope: Scope, machine: str) -> Appraisal | None:
        """As the interface says."""
        if not covers_machine(scope, machine, self.register()):
            return None
        with self._eyes() as connection:
            return appraisals.read(connection, machine, self._cache.streams_of(machine))

    def results(self, scope: Scope, machine: str, since: float, until: float) -> list[StoredResult]:
        """As the interface says; `since` and `until` are both inside."""
        if not covers_machine(scope, machine, self.register()):
            return []
        self._catch_up()
        streams = self._cache.streams_of(machine)
        heads = [self._present.heads.get(stream, 0) for stream in streams]
        with self._eyes() as connection:
            return joined(
                result
                for stream, head in zip(streams, heads, strict=True)
                for result in read_stream(connection, stream, streams, head, since)
                if since <= result.at <= until
            )

    def scans(self, scope: Scope, machine: str, since: float, until: float) -> list[Scan]:
        """As the interface says."""
        if not covers_machine(scope, machine, self.register()):
            return []
        with self._eyes() as connection:
            return scans.read_scans(connection, machine, since, until)

    def changes(self, scope: Scope, since: float) -> list[Change]:
        """As the interface says."""
        register = self.register()
        with self._eyes() as connection:
            changes = audit.since(connection, since)
        return [change for change in changes if concerns(scope, change.subject, register)]

    def changes_of(self, scope: Scope, machine: str, most: int) -> list[Change]:
        """As the interface says."""
        if not covers_machine(scope, machine, self.register()):
            return []
        with self._eyes() as connection:
            return audit.about(connection, machine, most)

    def incidents(
        self, scope: Scope, *, live: bool = False, since: float = 0.0, before: int = 0, most: int = incidents.MOST
    ) -> list[Incident]:
        """As the interface says."""
        inside = incidents.Inside(scope, self.register())
        with self._eyes() as connection:
            return incidents.read_many(connection, inside, live=live, since=since, before=before, most=most)

    def incident_of(self, scope: Scope, number: int) -> Story | None:
        """As the interface says."""
        with self._eyes() as connection:
            return incidents.read_story(connection, incidents.Inside(scope, self.register()), number)

    def answers(self, scope: Scope, since: float, until: float) -> list[Given]:
        """As the interface says."""
        with self._eyes() as connection:
            return incidents.read_answers(connection, incidents.Inside(scope, self.register()), since, until)

    def recipients(self, scope: Scope) -> list[Recipient]:
        """As the interface says."""
        with self._eyes() as connection:
            return messages.read_recipients(connection, scope, self.register())

    def messages(self, scope: Scope, *, waiting: bool = False, most: int = 1000) -> list[Message]:
        """As the interface says."""
        with self._eyes() as connection:
            return messages.read_messages(connection, scope, self.register(), waiting=waiting, most=most)

    def threads(self, numbers: Iterable[int]) -> list[Message]:
        """As the interface says."""
        with self._eyes() as connection:
            return messages.read_threads(connection, numbers)

    def answer_link(self, digest: str) -> AnswerLink | None:
        """As the interface says."""
        with self._eyes() as connection:
            return messages.read_link(connection, digest)

    def teller(self) -> Teller:
        """As the interface says."""
        with self._eyes() as connection:
            return messages.read_teller(connection)

    def watched(self, since: int) -> list[Watched]:
        """As the interface says."""
        with self._eyes() as connection:
            return watched.read_watched(connection, since)

    def code_used(self, scope: Scope, token: str) -> CodeUsed | None:
        """As the interface says."""
        register = self.register()
        with self._eyes() as connection:
            used = codes.read(connection, token)
        return used if used and covers_school(scope, used.token.path.partition("/")[0], register) else None

    def pending(self) -> int:
        """As the interface says."""
        return self._journal.pending() if self._journal else 0

    def trouble(self) -> str:
        """As the interface says."""
        return self._trust.trouble() or self._trouble

    def fold(self, now: float, settle: float = SETTLE_SECONDS) -> int:
        """As the interface says; what is younger than `settle` seconds stays in the journal."""
        self._serving()
        with self._trust.writing(), self._errand:
            folded = self._folding.fold(now, settle)
        self._checkpoints.stored(1 + 200 * folded)
        return folded

    def retain(self, now: float) -> dict[str, int]:
        """As the interface says."""
        self._serving()
        with self._trust.writing(), self._errand:
            deleted = retain(self._path, self._turn, self._retention, now)
        if deleted["sections"]:
            with self._eyes() as connection:
                self._digests.load(connection)
        if deleted["appraisals"]:
            self._appraised.drop_unheard(now - self._retention.sections * DAY_SECONDS)
        return deleted

    def check(self, say: Say = ENGLISH) -> list[str]:
        """As the interface says; reads the whole file."""
        return complaints(self._path, self._eyes, say)

    def close(self) -> None:
        """As the interface says."""
        if self._closed:
            return
        if self._journal:
            self._journal.close()
            self._folding.end()
            with self._errand:
                self._checkpoints.close()
            with contextlib.suppress(sqlite3.Error, Overloaded, Full):
                checkpoint(self._path, self._turn)
        self._closed = True
        self._trust.closed()
        with contextlib.suppress(Overloaded, Full), self._turn.taken():
            # Whoever was writing has ended.
            pass
        self._reading.dispose()
        self._writing.dispose()
        self._note.close()
        if self._lock:
            self._lock.release()
