"""A real agents' door on a real store, and PCs that speak to it."""

import asyncio
import hashlib
import secrets
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from schooldrum_collector.judge.settings import granted
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Credential, Machine, MachineState, Room, RoomToken, School
from schooldrum_collector.store.sqlite import open_store
from schooldrum_collector.web import chores
from schooldrum_collector.web.agents import agents_app
from schooldrum_collector.web.agents_door import AgentsDoor, open_agents_door
from schooldrum_collector.web.certificates import Authority, open_authority
from schooldrum_wire.catalogue.cpu import CPU_LOGICAL_PROCESSORS, CPU_USAGE_RATIO
from schooldrum_wire.encoding import encode
from schooldrum_wire.report import Delivery, Fingerprint, Now, Report, Word
from schooldrum_wire.result import Result
from schooldrum_wire.section import Values
from schooldrum_wire.token import Token

START = 1_790_000_000.0
ROOM = "DEMO/main/TIN1"
ROADS = {"plain road": True, "library": False}
"""The two ways a request can take through the door; tests of what is answered go both."""
road = {"plain": True}
"""Which of them doors are opened with; a fixture's to change."""


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def hardware(number: int, *kinds: str) -> Fingerprint:
    """Items of the PC with this number."""
    return {kind: (digest(f"{kind} {number}")[:16],) for kind in kinds or ("uuid", "board", "disk", "mac")}


def packed(plain: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(plain) + packer.flush()


def cpu_result(seq: int = 1, boottime: float = 100.0) -> Result:
    readings = (CPU_USAGE_RATIO(0.25), CPU_LOGICAL_PROCESSORS(4))
    return Result(probe="cpu", seq=seq, outcome="ok", boottime=boottime, wall=START, readings=readings)


def delivery(
    *,
    run: str = "run1",
    boot: str = "boot1",
    boottime: float = 110.0,
    wall: float = START,
    results: tuple[Result, ...] | None = None,
    fingerprint: Fingerprint | None = None,
    word: Word | None = None,
    sections: dict[str, str] | None = None,
    rows: dict[str, tuple[Values, ...]] | None = None,
    frozen: bool | None = None,
    live: bool = True,
    more: tuple[Report, ...] = (),
    **head: Any,
) -> Delivery:
    report = Report(
        run=run,
        boot=boot,
        live=live,
        results=(cpu_result(boottime=boottime - 10),) if results is None else results,
        word=word,
        sections=sections or {},
        rows=rows or {},
        frozen=frozen,
    )
    return Delivery(
        reports=(report, *more),
        now=Now(boot=boot, boottime=boottime, wall=wall),
        fingerprint=hardware(1) if fingerprint is None else fingerprint,
        **head,
    )


class Said(msgspec.Struct, frozen=True):
    """What the door answered."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


class Opened:
    """The door with its store, a clock that stands until it is moved, and a client."""

    def __init__(self, authority: Authority, session: aiohttp.ClientSession) -> None:
        self.store: Store
        self.authority = authority
        self.session = session
        self.clock = START
        self.door: AgentsDoor
        self.app: aiohttp.web.Application
        self.turned_away: list[float] = []
        """Who was asked to come again for the collector's own reasons: in how many seconds."""

    def now(self) -> float:
        return self.clock

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.door.port}"

    def room(self, *, seats: int = 40, path: str = ROOM) -> None:
        code, site, room = path.split("/")
        with self.store.writing() as writer:
            if writer.school(code) is None:
                writer.put_school(School(code=code, name=f"School {code}"))
            writer.put_room(Room(school=code, site=site, code=room, name="Tin 1", seats=seats))

    def token(self, *, uses: int = 40, expires: float = 7 * 86400.0, path: str = ROOM, revoked: float = 0.0) -> str:
        secret = secrets.token_urlsafe(32)
        name = secrets.token_hex(4)
        with self.store.writing() as writer:
            writer.put_token(
                RoomToken(
                    id=name,
                    digest=digest(secret),
                    path=path,
                    uses=uses,
                    made=self.clock,
                    expires=self.clock + expires,
                    revoked=revoked,
                ),
            )
        return str(Token(authority=self.authority.pin, id=name, secret=secret))

    def machine(
        self,
        name: str = "m1",
        *,
        fingerprint: Fingerprint | None = None,
        state: MachineState = MachineState.ACTIVE,
        path: str = ROOM,
        seat: int = 0,
    ) -> str:
        """Puts a machine into the register; the answer is its credential."""
        code, site, room = path.split("/")
        if path not in self.store.register().rooms:
            self.room(path=path)
        with self.store.writing() as writer:
            writer.put_machine(
                Machine(
                    id=name,
                    school=code,
                    site=site,
                    room=room,
                    alias=f"pc-{name}",
                    seat=seat,
                    state=state,
                    fingerprint=hardware(1) if fingerprint is None else fingerprint,
                    enrolled=self.clock - 86400 * 60,
                ),
            )
        return self.credential(name)

    def credential(self, machine: str, *, issued: float | None = None, revoked: float = 0.0, secret: str = "") -> str:
        credential = secret or secrets.token_urlsafe(32)
        when = self.clock - 86400 * 60 if issued is None else issued
        with self.store.writing() as writer:
            writer.put_credential(
                Credential(digest=digest(credential), machine=machine, issued=when, revoked=revoked),
            )
        return credential

    async def post(self, path: str, body: bytes, **headers: str) -> Said:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(self.url + path, data=body, headers=named) as response:
            answered = await response.read()
            return Said(response.status, msgspec.json.decode(answered), dict(response.headers))

    async def enrol(self, **request: Any) -> Said:
        return await self.post("/v1/enrol", msgspec.json.encode(request))

    async def report(self, credential: str, said: Delivery | bytes | None = None, *, gzip: bool = True) -> Said:
        plain = said if isinstance(said, bytes) else encode(said or delivery())
        headers = {"Authorization": f"Bearer {credential}"}
        if gzip:
            return await self.post("/v1/reports", packed(plain), Content_Encoding="gzip", **headers)
        return await self.post("/v1/reports", plain, **headers)


async def settled() -> None:
    """Waits until what reports change in the register is written, which tests have done at once."""
    await asyncio.sleep(0.4)


@asynccontextmanager
async def opened_door(
    directory: Path,
    *,
    connections: int = 200,
    proxies: frozenset[str] = frozenset(),
    wrap: Callable[[Store], Store] = lambda store: store,
) -> AsyncIterator[Opened]:
    authority = open_authority(directory, START)
    pause, chores.PAUSE_SECONDS = chores.PAUSE_SECONDS, 0.02
    async with aiohttp.ClientSession() as session:
        opened = Opened(authority, session)
        store = open_store(directory, clock=opened.now)
        opened.store = wrap(store)
        opened.app = agents_app(
            opened.store,
            authority,
            now=opened.now,
            granted=granted,
            say=Say("en"),
            proxies=proxies,
            turned_away=opened.turned_away.append,
        )
        opened.door = await open_agents_door(
            opened.app, "127.0.0.1", 0, tls=None, connections=connections, plain=road["plain"]
        )
        try:
            yield opened
        finally:
            await opened.door.close()
            store.close()
            chores.PAUSE_SECONDS = pause
