"""What this run of the agent has found: each finding numbered and encoded behind the fence, the newest of each kept."""

import hashlib
import zlib

import msgspec

from schooldrum_agent.probe import Probe
from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.catalogue.freeze import FREEZE
from schooldrum_wire.encoding import encode_result, fenced_rows
from schooldrum_wire.fence import Fence
from schooldrum_wire.result import Finding, Outcome
from schooldrum_wire.section import Values

ROWS_BYTES = 1 << 20
"""How many bytes of rows may travel with one report; sections that do not fit wait for the next."""


class Numbered(msgspec.Struct, frozen=True, kw_only=True):
    """A result as it is spooled and sent. `bulk` ones are given up first when the spool is full."""

    seq: int
    bulk: bool
    body: bytes


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An inventory section as it may leave: its rows in key order (deflated JSON), their digest and size in bytes.

    Deflated, because a list of programs is a hundredth of what it is as objects, and nearly always only waits.
    """

    packed: bytes
    digest: str
    size: int

    def rows(self) -> list[Values]:
        """The rows themselves."""
        rows: list[Values] = msgspec.json.decode(zlib.decompress(self.packed))
        return rows


class Ledger:
    """The findings of one run of the agent."""

    def __init__(self, fence: Fence) -> None:
        self.fence = fence
        """Follows the accounts of the PC: a new one puts another in its place."""
        self._seq = 0
        self._newest: dict[str, Numbered] = {}
        self._sections: dict[str, Listed] = {}
        self._listed: dict[str, tuple[Fence, bytes]] = {}
        """By probe: of what its sections were made, as a digest; nearly always it finds the same again."""
        self._new: list[Numbered] = []

    def take(self, probe: Probe, finding: Finding) -> None:
        """Numbers and encodes a finding. A section stays as it was last known where its probe could not tell."""
        self._seq += 1
        body = encode_result(finding, self._seq, self.fence)
        numbered = Numbered(seq=self._seq, bulk=probe.bulk, body=body)
        self._newest[probe.name] = numbered
        self._new.append(numbered)
        if finding.outcome is Outcome.OK and finding.sections:
            self._list(finding)

    def _list(self, finding: Finding) -> None:
        # To fence, sort and deflate what is known costs as much as to find it; a digest costs next to nothing.
        made_of = self.fence, hashlib.sha256(msgspec.json.encode(finding.rows)).digest()
        if self._listed.get(finding.probe) == made_of:
            return
        fenced = fenced_rows(finding.rows, self.fence)
        for name in finding.sections:
            rows = fenced.get(name, [])
            encoded = msgspec.json.encode(rows)
            digest = SECTIONS[name].digest(rows)
            self._sections[name] = Listed(packed=zlib.compress(encoded), digest=digest, size=len(encoded))
        self._listed[finding.probe] = made_of

    def take_new(self) -> list[Numbered]:
        """The results since the last call, oldest first: they belong on disk."""
        new, self._new = self._new, []
        return new

    def newest(self, only: frozenset[str] | None = None) -> list[Numbered]:
        """The newest result of each probe (or of these): with them a report renders the machine by itself."""
        return [numbered for name, numbered in self._newest.items() if only is None or name in only]

    def digests(self) -> dict[str, str]:
        """The digest of each section known in this run."""
        return {name: listed.digest for name, listed in self._sections.items()}

    def frozen(self) -> bool | None:
        """Whether a program makes the disk forget; None where none was looked for yet, or it does not tell."""
        listed = self._sections.get(FREEZE.name)
        if listed is None:
            return None
        states = {row.get("state") for row in listed.rows()}
        return True if "frozen" in states else None if "unknown" in states else False

    def changed(self, acknowledged: dict[str, str]) -> dict[str, list[Values]]:
        """The sections that the collector does not hold as they are now, as many as fit a report, at least one."""
        wanting = sorted(
            (listed.size, name) for name, listed in self._sections.items() if acknowledged.get(name) != listed.digest
        )
        chosen: dict[str, list[Values]] = {}
        total = 0
        for size, name in wanting:
            total += size
            if chosen and total > ROWS_BYTES:
                break
            chosen[name] = self._sections[name].rows()
        return chosen
