"""Who has spoken lately, how and from where: what the door keeps in mind of each machine, beside what is stored."""

import ipaddress

from schooldrum_collector.judge.presence import BEATS_UNTIL_MISSED, GOODBYE, bounded_beat
from schooldrum_collector.judge.runs import Beside, Runs, follow, parts, speaks_beside, spoke
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import MachineState, Register
from schooldrum_wire.report import Report, Word
from schooldrum_wire.settings import Settings

_AT_LEAST = 2
_SHARE = 4
"""A line is the school's when two machines, and a quarter of those heard, use it: one stolen key is not enough."""
LATELY_SECONDS = 3600.0
_SITE_PREFIX = 56


def line_of(address: str) -> str:
    """The line behind a source address: the address itself, or for IPv6 the part that a customer is given."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _SITE_PREFIX), strict=False))
    return str(parsed)


_ALONE = Beside()


class Speaker:
    """One machine's voice. Not frozen: it changes with every report, and there are many."""

    __slots__ = (
        "address", "around", "asked", "asked_at", "beat", "beside", "checked", "disputed", "granted", "heard", "runs",
        "version",
    )  # fmt: skip

    def __init__(self, runs: Runs, beat: int) -> None:
        self.runs = runs
        self.beside = _ALONE
        self.beat = beat
        self.heard = 0.0
        self.address = ""
        """Where it last spoke from."""
        self.version = -1
        """Version of the register that `granted` was made from."""
        self.granted = Settings()
        self.around = ""
        """Mark of what it is to hold of its surroundings."""
        self.asked: tuple[str, ...] = ()
        self.asked_at = 0.0
        self.checked = ""
        """Digest of the credential whose older ones have been looked for."""
        self.disputed = False
        """Whether the record stood in conflict when it was last heard."""

    def listen(self, live: Report, *, received: float, sent: float, starts: int) -> tuple[bool, Word | None]:
        """Takes note of whose live report this is: whether it shows that two PCs speak, and its word if that counts.

        A goodbye counts where nobody else speaks as this machine; the word of a run that another one has followed was
        late, and counts for nothing.
        """
        word, before, two_speak = live.word, self.runs, False
        parting = word is not None and word.word == GOODBYE
        if live.run != before.run and not (parting and live.run in before.past):
            self.runs, two_speak = follow(before, run=live.run, boot=live.boot, sent=sent, starts=starts)
            if two_speak:
                self.beside = speaks_beside(self.beside, live.run, before.run, now=received, before=self.heard)
        counts = self.runs.run == live.run or live.run in self.beside.heard
        if parting:
            silence = BEATS_UNTIL_MISSED * bounded_beat(self.beat)
            self.beside, is_alone = parts(self.beside, live.run, now=received, silence=silence)
            counts = counts and is_alone
        elif self.beside.heard:
            self.beside = spoke(self.beside, live.run, now=received)
        return two_speak, word if counts else None


class Speakers:
    """All voices, by machine id. Used by the event loop; `lines` and `forget` also by the register's thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Speaker] = {}

    def of(self, machine: str) -> Speaker:
        """The machine's voice; after a start of the collector, what the store remembers of it."""
        speaker = self._known.get(machine)
        if speaker is None:
            latest = self._store.latest_of(machine)
            if latest is None:
                speaker = Speaker(Runs(), 60)
            else:
                runs = Runs(run=latest.run, boot=latest.boot, starts=latest.starts, frozen=latest.frozen)
                speaker = Speaker(runs, latest.beat)
            self._known[machine] = speaker
        return speaker

    def forget(self, machine: str, *, frozen: bool | None) -> None:
        """The machine was set up anew: its agent counts from the start, and that is no disk that forgets."""
        self._known[machine] = Speaker(Runs(frozen=frozen), 60)

    def lines(self, register: Register, school: str, now: float) -> frozenset[str]:
        """Addresses over which the school speaks at present."""
        heard: dict[str, int] = {}
        for machine in register.by_school.get(school, ()):
            speaker = self._known.get(machine)
            if speaker is None or now - speaker.heard > LATELY_SECONDS:
                continue
            if register.machines[machine].state is MachineState.ACTIVE:
                line = line_of(speaker.address)
                heard[line] = heard.get(line, 0) + 1
        total = sum(heard.values())
        return frozenset(line for line, count in heard.items() if count >= _AT_LEAST and count * _SHARE >= total)
