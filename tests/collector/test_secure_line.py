"""TLS at the agents' door against whoever speaks it well, badly, slowly or not at all."""

import asyncio
import gc
import logging
import shutil
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from tests.collector.opened_door import START, Opened, delivery, opened_door, packed

from schooldrum_collector.web import agents_door, reception
from schooldrum_collector.web.agents_door import AgentsDoor, open_agents_door
from schooldrum_collector.web.secure_line import SecureLine
from schooldrum_wire.encoding import encode
from schooldrum_wire.limits import PACKED_BYTES

if sys.platform == "linux":
    import uvloop

LOOPS = ["asyncio", "uvloop"] if sys.platform == "linux" else ["asyncio"]
SECRET = "the-one-key"
GOODBYE = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BODY = packed(encode(delivery()))


def plain(credential: str = SECRET, body: bytes = BODY) -> bytes:
    return (
        f"POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {credential}\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


@pytest.fixture(params=LOOPS)
def runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if request.param == "uvloop" else None) as runner:
        yield runner


class Secure(msgspec.Struct, frozen=True, kw_only=True):
    """An open door with TLS, and what a PC trusts."""

    opened: Opened
    door: AgentsDoor
    trust: ssl.SSLContext

    async def greeted(self, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> "Caller":
        """Somebody whose handshake has ended."""
        self.trust.maximum_version = version
        reader, writer = await asyncio.open_connection("127.0.0.1", self.door.port)
        caller = Caller(reader, writer, self.trust)
        await caller.shake_hands()
        return caller

    async def still_serves(self) -> None:
        caller = await self.greeted()
        caller.send(plain() + GOODBYE)
        assert statuses(await caller.hear()) == [200, 200]
        for _ in range(100):
            if not self.door.opening and not self.door.road.connections:
                return
            await asyncio.sleep(0.02)
        raise AssertionError((self.door.opening, self.door.road.connections))


class Caller:
    """TLS by hand, so that it can be cut, spoilt and broken off anywhere."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trust: ssl.SSLContext) -> None:
        self.reader = reader
        self.writer = writer
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = trust.wrap_bio(self.incoming, self.outgoing, server_hostname="127.0.0.1")

    def first_words(self) -> bytes:
        with pytest.raises(ssl.SSLWantReadError):
            self.session.do_handshake()
        return self.outgoing.read()

    async def shake_hands(self) -> None:
        while True:
            try:
                self.session.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.writer.write(self.outgoing.read())
                self.incoming.write(await self.reader.read(65536))
        self.writer.write(self.outgoing.read())

    def seal(self, said: bytes) -> bytes:
        while said:
            said = said[self.session.write(said) :]
        return self.outgoing.read()

    def send(self, said: bytes) -> None:
        self.writer.write(self.seal(said))

    async def hear(self, patience: float = 10) -> bytes:
        """All that comes until the other side closes, or is silent for so long."""
        came = b""
        try:
            while more := await asyncio.wait_for(self.reader.read(65536), patience):
                self.incoming.write(more)
                while True:
                    try:
                        came += self.session.read(65536)
                    except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                        break
                    if not self.incoming.pending:
                        break
        except (ConnectionError, TimeoutError):
            pass
        self.writer.close()
        return came


def statuses(came: bytes) -> list[int]:
    return [int(piece[:3]) for piece in came.split(b"HTTP/1.1 ")[1:]]


@asynccontextmanager
async def secure_door(directory: Path, connections: int = 100) -> AsyncIterator[Secure]:
    async with opened_door(directory) as opened:
        opened.machine()
        opened.credential("m1", secret=SECRET)
        context = opened.authority.server_context(["127.0.0.1"], START)
        trust = ssl.create_default_context(cadata=opened.authority.pem.decode())
        trust.verify_flags |= 0x200000
        door = await open_agents_door(opened.app, "127.0.0.1", 0, tls=context, connections=connections)
        try:
            yield Secure(opened=opened, door=door, trust=trust)
        finally:
            await door.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
def test_records_may_come_in_any_pieces(tmp_path: Path, runner: asyncio.Runner, size: int, version: ssl.TLSVersion):
    async def play() -> None:
        async with secure_door(tmp_path) as secure:
            caller = await secure.greeted(version)
            sealed = caller.seal(plain()) + caller.seal(plain("nobody's") + plain()) + caller.seal(GOODBYE)
            for place in range(0, len(sealed), size):
                caller.writer.write(sealed[place : place + size])
                await caller.writer.drain()
                await asyncio.sleep(0)
            assert statuses(await caller.hear()) == [200, 401, 200, 200]

    runner.run(play())


def test_a_body_of_many_records_and_a_thousand_requests_at_once(tmp_path: Path, runner: asyncio.Runner):
    async def play() -> None:
        async with secure_door(tmp_path) as secure:
            caller = await secure.greeted()
            caller.send(plain(body=b" " * PACKED_BYTES) + (plain("nobody's") * 9 + plain()) * 100 + GOODBYE)
            assert statuses(await caller.hear()) == [400] + ([401] * 9 + [200]) * 100 + [200]

    runner.run(play())


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "no TLS": lambda _: GOODBYE,
    "zeros": lambda _: bytes(100_000),
    "a hello cut short": lambda hello: hello[: len(hello) // 2],
    "a hello and nonsense": lambda hello: hello + b"\x17\x03\x03\x00\x05nonsense" * 100,
    "a hello spoilt": lambda hello: hello[:5] + bytes(byte ^ 0x55 for byte in hello[5:]),
    "a hello of a size without end": lambda _: b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + b"x" * 0x3FFC,
    "a record of a size without end": lambda _: b"\x16\x03\x01\xff\xff" + b"x" * 70_000,
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=list(SPOILT))
@pytest.mark.parametrize("stays", [False, True], ids=["hangs up", "stays"])
def test_a_handshake_that_goes_nowhere_leaves_nothing(
    tmp_path: Path,
    runner: asyncio.Runner,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[bytes], bytes],
    stays: bool,  # noqa: FBT001 - a parameter of the test
):
    monkeypatch.setattr(agents_door, "_TLS_SECONDS", 0.3)

    async def play() -> None:
        async with secure_door(tmp_path) as secure:
            reader, writer = await asyncio.open_connection("127.0.0.1", secure.door.port)
            writer.write(spoil(Caller(reader, writer, secure.trust).first_words()))
            if stays:
                with suppress(ConnectionError):
                    assert b"HTTP" not in await asyncio.wait_for(reader.read(), 5)
            writer.close()
            await secure.still_serves()

    caplog.set_level(logging.WARNING)
    runner.run(play())
    assert not caplog.records


def test_a_spoilt_record_ends_the_connection(tmp_path: Path, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture):
    async def play() -> None:
        async with secure_door(tmp_path) as secure:
            for at in (0, 1, 3, 10, -1):
                caller = await secure.greeted()
                caller.send(plain())
                spoilt = bytearray(caller.seal(plain()))
                spoilt[at] ^= 0xFF
                caller.writer.write(bytes(spoilt))
                caller.writer.write(caller.seal(plain()) * 50)
                assert len(statuses(await caller.hear())) <= 1
                await secure.still_serves()

    caplog.set_level(logging.WARNING)
    runner.run(play())
    assert not caplog.records


def test_who_breaks_off_in_a_body_leaves_nothing_in_hand(
    tmp_path: Path, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reception, "MOST_IN_HAND", 1)

    async def play() -> None:
        async with secure_door(tmp_path) as secure:
            for farewell in ("FIN", "reset", "goodbye"):
                caller = await secure.greeted()
                caller.send(plain()[:-5])
                await asyncio.sleep(0.1)
                other = await secure.greeted()
                other.send(plain() + GOODBYE)
                assert statuses(await other.hear()) == [503, 200]
                if farewell == "reset":
                    caller.writer.transport.abort()
                elif farewell == "FIN":
                    caller.writer.close()
                else:
                    with pytest.raises(ssl.SSLWantReadError):
                        caller.session.unwrap()
                    caller.writer.write(caller.outgoing.read())
                    assert await caller.hear() == b""
                await asyncio.sleep(0.1)
                await secure.still_serves()

    runner.run(play())


def test_who_never_reads_is_not_read_from_and_hung_up_on(
    tmp_path: Path, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reception, "BODY_SECONDS", 1.0)

    async def play() -> None:
        async with secure_door(tmp_path) as secure:
            caller = await secure.greeted()

            async def flood() -> None:
                sent = 0
                while sent < 1 << 30:
                    sealed = caller.seal(plain("nobody's") * 100)
                    caller.writer.write(sealed)
                    await caller.writer.drain()
                    sent += len(sealed)
                    for one in secure.door.road.connections:
                        line = one._transport
                        assert isinstance(line, SecureLine)
                        assert line._incoming.pending < 1 << 18

            with pytest.raises(ConnectionError):
                await asyncio.wait_for(flood(), 60)
            caller.writer.close()
            await secure.still_serves()

    runner.run(play())


def test_silent_connections_do_not_use_up_the_files_of_the_process(
    tmp_path: Path, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(agents_door, "_BEYOND", 2)

    async def play() -> None:
        async with secure_door(tmp_path, connections=5) as secure:
            callers = [await asyncio.open_connection("127.0.0.1", secure.door.port) for _ in range(20)]
            ended = 0
            for reader, _ in callers[7:]:
                with suppress(ConnectionError):
                    assert await asyncio.wait_for(reader.read(), 5) == b""
                ended += 1
            assert (ended, len(secure.door.opening)) == (13, 7)
            for _, writer in callers:
                writer.close()
            await asyncio.sleep(0.2)
            await secure.still_serves()

    runner.run(play())


def test_a_door_that_closes_ends_handshakes_too(tmp_path: Path, runner: asyncio.Runner):
    async def play() -> None:
        async with secure_door(tmp_path) as secure:
            reader, writer = await asyncio.open_connection("127.0.0.1", secure.door.port)
            idle = await secure.greeted()
            await asyncio.sleep(0.05)
            assert len(secure.door.opening) == 1
            await secure.door.close()
            with suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            assert await idle.hear() == b""
            assert not secure.door.opening

    runner.run(play())


def test_a_connection_that_has_ended_is_forgotten_without_being_looked_for(tmp_path: Path, runner: asyncio.Runner):
    async def play() -> None:
        async with secure_door(tmp_path) as secure:
            gc.collect()
            gc.disable()
            try:
                for _ in range(3):
                    await secure.still_serves()
                caller = await secure.greeted()
                caller.send(plain())
                caller.writer.close()
                await asyncio.sleep(0.2)
                assert not [one for one in gc.get_objects() if isinstance(one, SecureLine)]
            finally:
                gc.enable()

    runner.run(play())


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl program here")
def test_new_keys_may_be_asked_for_at_any_time(tmp_path: Path, runner: asyncio.Runner):
    async def play() -> None:
        async with secure_door(tmp_path) as secure:
            program = await asyncio.create_subprocess_exec(
                "openssl", "s_client", "-connect", f"127.0.0.1:{secure.door.port}", "-tls1_3", "-crlf",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            assert program.stdin
            assert program.stdout
            await program.stdout.readuntil(b"\n---\n")
            for said in (b"K\n", b"K\n", b"GET /healthz HTTP/1.1\nHost: x\n\n", b"K\n", b"GET /healthz HTTP/1.1\n"):
                program.stdin.write(said)
                await program.stdin.drain()
                await asyncio.sleep(0.2)
            program.stdin.write(b"Host: x\nConnection: close\n\n")
            came = await asyncio.wait_for(program.stdout.read(), 10)
            await program.wait()
            assert came.count(b"HTTP/1.1 200 OK") == 2
            await secure.still_serves()

    runner.run(play())
