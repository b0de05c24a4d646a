"""What a collector that has ended holds of its machines, as it lies in its store."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schooldrum_collector.store.history import Found, read_results
from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.store.sqlite import SqliteStore, open_store

FAR = 4e9
"""A time after everything (epoch seconds)."""


@contextmanager
def folded(data: Path) -> "Iterator[History]":
    """The history in a data directory, with everything folded that had arrived; the store must be sound."""
    store = open_store(data, clock=lambda: FAR)
    try:
        assert [complaint for complaint in store.check() if "are free" not in complaint] == []
        history = History(store)
        history.before = {machine: history.read(machine) for machine in store.register().machines}
        store.fold(FAR)
        yield history
    finally:
        store.close()


class History:
    """What is stored. `before` is what could be read of each machine before it was folded."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.before: dict[str, Counter[tuple[str, int]]] = {}

    def read(self, machine: str) -> Counter[tuple[str, int]]:
        """How often each (run, number) is read of a machine."""
        return Counter((one.run, one.seq) for one in self._store.results(EVERYTHING, machine, 0, FAR))

    def kept(self, machine: str) -> list[Found]:
        """Every result of a machine as often as it lies on disk."""
        with self._store._eyes() as connection:
            chunks = connection.execute(
                "SELECT chunks.body FROM chunks JOIN streams ON chunks.stream = streams.key WHERE streams.machine = ?",
                (machine,),
            ).fetchall()
        return [result for (body,) in chunks for result in read_results(body)]
