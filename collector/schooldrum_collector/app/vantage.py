"""Where machines stand, whom they see there, and what guards them: read once from what they sent, and kept."""

from collections.abc import Iterable, Mapping

import msgspec

from schooldrum_collector.judge.live import opened_or_nothing
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Latest
from schooldrum_wire.catalogue.antivirus import ANTIVIRUS


class Stand(msgspec.Struct, frozen=True):
    """What a machine's report of `received` says: whether it is away from its school, and ages by the codes it sees."""

    received: float
    elsewhere: bool = False
    sees: dict[str, float] = {}


class _Guard(msgspec.Struct, frozen=True):
    digest: str
    product: str


class Vantage:
    """Not frozen: it keeps what was read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stands: dict[str, Stand] = {}
        self._guards: dict[str, _Guard] = {}

    def forget_but(self, machines: frozenset[str]) -> None:
        """Drops what is kept of all others."""
        self._stands = {machine: stand for machine, stand in self._stands.items() if machine in machines}
        self._guards = {machine: guard for machine, guard in self._guards.items() if machine in machines}

    def stands(self, latest: Iterable[Latest]) -> dict[str, Stand]:
        """Of each machine, by id."""
        return {one.machine: self._stand(one) for one in latest}

    def _stand(self, latest: Latest) -> Stand:
        known = self._stands.get(latest.machine)
        if known is None or known.received != latest.received:
            live = opened_or_nothing(latest.body)
            known = self._stands[latest.machine] = Stand(latest.received, live.elsewhere, live.sees)
        return known

    def guard(self, machine: str) -> str:
        """The antivirus that is on there; of several, somebody else's before the system's own. Empty without any."""
        digest = self._store.section_digests(machine).get(ANTIVIRUS.name, "")
        known = self._guards.get(machine)
        if known is None or known.digest != digest:
            listed = self._store.sections(EVERYTHING, machine) if digest else []
            rows = next((one.rows for one in listed if one.name == ANTIVIRUS.name), ())
            on = sorted(
                (row.get("maker") == "microsoft", str(row.get("product") or ""))
                for row in rows
                if row.get("state") == "on" and row.get("installed") is not False
            )
            known = self._guards[machine] = _Guard(digest, on[0][1] if on else "")
        return known.product


def seen_by(machine: str, stand: Stand, by_code: Mapping[str, str]) -> dict[str, float]:
    """The machines that one sees, by id, each with the seconds since it was heard; never itself."""
    seen: dict[str, float] = {}
    for code, age in stand.sees.items():
        other = by_code.get(code)
        if other is not None and other != machine:
            seen[other] = min(age, seen.get(other, age))
    return seen
