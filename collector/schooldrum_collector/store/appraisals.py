"""How what was judged of machines is kept: what pages of metrics show in memory, all of it in the store."""

import sqlite3
import zlib
from collections.abc import Iterable

import msgspec

from schooldrum_collector.judge.appraisal import Memory, Verdicts
from schooldrum_collector.store.records import Appraisal, Appraised

_encoder = msgspec.json.Encoder()
_memory = msgspec.json.Decoder(Memory)
_verdicts = msgspec.json.Decoder(Verdicts)
_SHOWN = "SELECT stream, at, heard, basis, kept FROM appraisals"


def values_of_appraisal(stream: int, appraisal: Appraisal) -> dict[str, object]:
    """An appraisal as the values of its row."""
    appraised = appraisal.appraised
    return {
        "stream": stream,
        "at": appraised.at,
        "heard": appraised.heard,
        "basis": appraised.basis,
        "kept": appraised.body,
        "memory": zlib.compress(_encoder.encode(appraisal.memory)),
        "verdicts": zlib.compress(_encoder.encode(appraisal.verdicts)),
    }


def read(connection: sqlite3.Connection, machine: str, streams: Iterable[int]) -> Appraisal | None:
    """The newest appraisal among these streams of a machine."""
    newest: tuple[Appraised, bytes, bytes] | None = None
    for stream in streams:
        row = connection.execute(
            "SELECT at, heard, basis, kept, memory, verdicts FROM appraisals WHERE stream = ?", (stream,)
        ).fetchone()
        if row and (newest is None or row[0] >= newest[0].at):
            newest = Appraised(machine=machine, at=row[0], heard=row[1], basis=row[2], body=row[3]), row[4], row[5]
    if newest is None:
        return None
    appraised, memory, verdicts = newest
    try:
        told = _verdicts.decode(zlib.decompress(verdicts))
    except msgspec.DecodeError:
        told = None
    return Appraisal(appraised=appraised, memory=_memory.decode(zlib.decompress(memory)), verdicts=told)


class AppraisedMemory:
    """What pages of metrics show of every stream's machine. Not frozen: it follows what is written."""

    def __init__(self) -> None:
        self._known: dict[int, Appraised] = {}

    def load(self, connection: sqlite3.Connection, machine_of_stream: dict[int, str]) -> None:
        """Everything from the store."""
        self._known = {
            stream: Appraised(machine=machine_of_stream[stream], at=at, heard=heard, basis=basis, body=kept)
            for stream, at, heard, basis, kept in connection.execute(_SHOWN)
            if stream in machine_of_stream
        }

    def note(self, appraised: dict[int, Appraised]) -> None:
        """These were written."""
        self._known.update(appraised)

    def drop(self, stream: int) -> None:
        """Forgets a stream that is nobody's any more."""
        self._known.pop(stream, None)

    def drop_unheard(self, since: float) -> None:
        """Forgets machines that were not heard since then."""
        for stream, appraised in list(self._known.items()):
            if appraised.heard < since:
                self._known.pop(stream, None)

    def of(self, machine: str, streams: Iterable[int]) -> Appraised | None:
        """The newest of a machine's streams."""
        newest = max(
            (known for stream in streams if (known := self._known.get(stream))), key=lambda one: one.at, default=None
        )
        if newest is not None and newest.machine != machine:
            return msgspec.structs.replace(newest, machine=machine)
        return newest
