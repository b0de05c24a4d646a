"""How climbs that people have scanned from a PC's screen are kept and read."""

import sqlite3

import msgspec

from schooldrum_collector.judge.fault import Climb
from schooldrum_collector.store.records import Scan

_climb = msgspec.json.Decoder(Climb)
_encoder = msgspec.json.Encoder()


def values_of_scan(scan: Scan) -> dict[str, object]:
    """A scan as the values of its row, without its id."""
    return {
        "machine": scan.machine,
        "at": scan.climb.at,
        "received": scan.received,
        "body": _encoder.encode(scan.climb),
    }


def read_scans(connection: sqlite3.Connection, machine: str, since: float, until: float) -> list[Scan]:
    """Those of a machine that were climbed between these times, oldest first."""
    rows = connection.execute(
        "SELECT received, body FROM scans WHERE machine = ? AND at BETWEEN ? AND ? ORDER BY at",
        (machine, since, until),
    )
    return [Scan(machine=machine, received=received, climb=_climb.decode(body)) for received, body in rows]
