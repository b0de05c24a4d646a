"""The simulated PCs at work: enrolled once by ordinary install codes, then heard each beat as what is broken allows."""

import asyncio
import hashlib
import ssl
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from schooldrum_collector.demo.area import BEAT, STRANGER, DemoSchool
from schooldrum_collector.demo.breaks import Break, Trouble, troubles
from schooldrum_collector.demo.letters import Letters, Unheard
from schooldrum_collector.demo.measured import NUMBERS_A_SCHOOL
from schooldrum_collector.demo.pc import Clocks, Identity, Pc
from schooldrum_collector.judge.lines import MAIN_LINE
from schooldrum_wire.messages import EnrolAnswer, EnrolRequest, ReportsAnswer

_FILE = "pcs.json"
_CREATED, _OK = 201, 200
_LOOK_SECONDS = 0.5
_STRANGE_LINE = "strange"


class Refused(Exception):  # noqa: N818 - it names what became of the PC
    """The collector did not let a simulated PC in; its answer says why."""


class Kept:
    """Who the PCs became in the register, on disk. Not frozen: it grows while they are enrolled."""

    def __init__(self, home: Path) -> None:
        self._path = home / _FILE
        self._known: dict[str, Identity] = {}
        try:
            self._known = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Identity])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            # Whoever is enrolled again by the same hardware is the same PC.
            self._known = {}

    def get(self, number: int) -> Identity | None:
        """Of the PC with this number; None where it is not enrolled yet."""
        return self._known.get(f"{number}")

    def put(self, some: Mapping[int, Identity]) -> None:
        """Writes down who was enrolled."""
        self._known.update((f"{number}", identity) for number, identity in some.items())
        made = self._path.with_suffix(".new")
        made.touch(mode=0o600)
        made.write_bytes(msgspec.json.encode(self._known))
        made.replace(self._path)


class Crew:
    """The PCs of one school with their ways to the collector. Not frozen: its PCs live."""

    def __init__(self, school: DemoSchool, clocks: Clocks, kept: Kept) -> None:
        self.school = school
        self._letters: dict[str, tuple[Letters, ...]] = {}
        self._line = {room.path: school.line_of(room).code for room in school.rooms}
        first = NUMBERS_A_SCHOOL * int(school.code[2:])
        places = (room.path for room in school.rooms for _ in range(room.seats))
        self.pcs = [Pc(first + at, room, clocks, kept.get(first + at)) for at, room in enumerate(places)]
        self._stranger = first + NUMBERS_A_SCHOOL - 1
        if school.code == STRANGER[0]:
            self.pcs.append(Pc(self._stranger, school.rooms[0].path, clocks, kept.get(self._stranger)))

    @property
    def is_enrolled(self) -> bool:
        """Whether all its PCs are."""
        return all(pc.identity is not None for pc in self.pcs)

    def reach(self, url: str, tls: ssl.SSLContext | None, *, ways: int = 1) -> None:
        """Where the collector is, from now on; before anybody speaks. `ways` are the connections of each line."""
        self.close()
        self._letters = {
            line.code: tuple(Letters(url, tls, line.networks[0]) for _ in range(ways)) for line in self.school.lines
        }
        self._letters[_STRANGE_LINE] = (Letters(url, tls, STRANGER[1]),)

    async def enrol(self, tokens: Mapping[str, str], kept: Kept) -> int:
        """Enrols those of its PCs that are not yet, by their rooms' install codes; how many there were.

        Raises:
            Refused, Unheard: somebody could not be enrolled; who was, is kept.
        """
        fresh: dict[int, Identity] = {}
        try:
            for pc in self.pcs:
                if pc.identity is None:
                    pc.identity = fresh[pc.number] = await self._enrol(pc, tokens[pc.room])
        finally:
            if fresh:
                kept.put(fresh)
        return len(fresh)

    async def _enrol(self, pc: Pc, token: str) -> Identity:
        request = EnrolRequest(token=token, fingerprint=pc.fingerprint, host={"system": "windows"})
        # All by the main line: whoever enrols by one that the school was never seen at waits for a person.
        line = _STRANGE_LINE if pc.number == self._stranger else MAIN_LINE
        reply = await self._letters[line][0].send("/v1/enrol", msgspec.json.encode(request))
        if reply.status != _CREATED:
            raise Refused(f"{pc.room}: {reply.status} {reply.body[:300].decode('utf-8', 'replace')}")
        answer = msgspec.json.decode(reply.body, type=EnrolAnswer)
        return Identity(machine=answer.machine, credential=answer.credential)

    async def play(self, broken: Callable[[], Iterable[Break]]) -> None:
        """Lets every PC live beat after beat until it is cancelled, spread over the beat."""
        loop, pause = asyncio.get_running_loop(), BEAT / max(1, len(self.pcs))
        # Schools do not beat together: that would be a thousand letters in one moment and then none.
        spread = int(hashlib.sha256(self.school.code.encode()).hexdigest(), 16) % 1000 / 1000
        due = loop.time() + spread * pause
        while True:
            for pc in self.pcs:
                due = max(due + pause, loop.time() - BEAT)
                await asyncio.sleep(due - loop.time())
                await self.beat(pc, troubles(self.school, broken()).get(pc.room))

    async def beat(self, pc: Pc, trouble: Trouble | None) -> None:
        """Lets one of its PCs live for a beat, and sends its letter where one gets through."""
        body = pc.live(trouble)
        if body is not None:
            await self._send(pc, body)

    async def farewell(self, pc: Pc) -> None:
        """Switches one of its PCs off, as a person does."""
        await self._send(pc, pc.farewell())

    async def _send(self, pc: Pc, body: bytes) -> None:
        if pc.identity is None:
            return
        try:
            ways = self._letters[_STRANGE_LINE if pc.number == self._stranger else self._line[pc.room]]
            letters = ways[pc.number % len(ways)]
            reply = await letters.send("/v1/reports", body, credential=pc.identity.credential)
            answer = msgspec.json.decode(reply.body, type=ReportsAnswer) if reply.status == _OK else None
        except (Unheard, msgspec.DecodeError, UnicodeDecodeError):
            answer = None
        if answer is None:
            pc.unheard()
        else:
            pc.taken(answer)

    def close(self) -> None:
        """Ends its connections."""
        for ways in self._letters.values():
            for letters in ways:
                letters.close()


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """The PCs of all schools, and who they became in the register.

    `day` is where the day that they have behind them ends (epoch seconds), 0 where they have none; `quiet` that
    nothing breaks by itself.
    """

    crews: tuple[Crew, ...]
    kept: Kept
    quiet: bool = False
    day: float = 0.0

    @property
    def has_past(self) -> bool:
        """Whether there is a day behind them."""
        return self.day > 0

    @property
    def needed(self) -> dict[str, int]:
        """How many PCs of each room are not enrolled yet; rooms without any are left out."""
        return dict(Counter(pc.room for crew in self.crews for pc in crew.pcs if pc.identity is None))

    @property
    def pcs(self) -> int:
        """How many PCs there are."""
        return sum(len(crew.pcs) for crew in self.crews)


async def enrolled(crews: Iterable[Crew], tokens: Mapping[str, str], kept: Kept) -> int:
    """Enrols all PCs that are not yet, all schools at once; how many there were.

    Raises:
        Refused, Unheard: as Crew.enrol.
    """
    return sum(await asyncio.gather(*(crew.enrol(tokens, kept) for crew in crews)))


async def played(crews: Iterable[Crew], broken: Callable[[], Iterable[Break]], stop: asyncio.Event) -> None:
    """Plays all schools until `stop` is set; what is `broken` is asked twice a second."""
    known: tuple[Break, ...] = tuple(broken())
    crews = list(crews)
    tasks = [asyncio.create_task(crew.play(lambda: known)) for crew in crews]
    try:
        while not stop.is_set():
            known = tuple(broken())
            for task in tasks:
                if task.done():
                    # It never ends by itself: whatever ended it is to be seen.
                    task.result()
            try:
                await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
            except TimeoutError:
                continue
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for crew in crews:
            crew.close()
