import asyncio
import gzip
import io
import json
import ssl
from pathlib import Path

import aiohttp
import pytest
from tests.collector.opened_door import ROADS, START, Opened, delivery, opened_door, road

from schooldrum_collector.judge.settings import granted
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.store.sqlite import open_store
from schooldrum_collector.web import agents_door, reception
from schooldrum_collector.web.agents import agents_app
from schooldrum_collector.web.agents_door import open_agents_door
from schooldrum_collector.web.certificates import open_authority
from schooldrum_wire.encoding import encode
from schooldrum_wire.limits import PACKED_BYTES


@pytest.fixture(autouse=True, params=ROADS)
def _either_road(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(road, "plain", ROADS[request.param])


async def speak(door: Opened, said: bytes) -> bytes:
    """What comes back for bytes on a connection of their own, until it is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.door.port)
    writer.write(said)
    answered = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return answered


def everything_in(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir() if path.is_file())


async def test_the_door_shows_its_authority_and_its_health(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        async with door.session.get(door.url + "/v1/ca") as response:
            assert response.status == 200
            assert await response.read() == door.authority.pem
        async with door.session.get(door.url + "/healthz") as response:
            assert (response.status, await response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
        for path in (
            "/",
            "/metrics",
            "/metrics/schools/DEMO",
            "/sd/schools",
            "/readyz",
            "/api/v1/machines",
            "/v1/",
            "//",
        )
    ]
    + [("GET", "/v1/reports"), ("GET", "/v1/enrol"), ("PUT", "/v1/reports"), ("POST", "/healthz"), ("POST", "/v1/ca")]
    + [("GET", "/v1/../metrics"), ("GET", "/v1/ca/"), ("GET", "/%2e%2e/etc/passwd"), ("GET", "/v1/ca%00")],
)
async def test_there_is_nothing_else(tmp_path: Path, method: str, path: str):
    async with opened_door(tmp_path) as door:
        credential = door.machine()
        headers = {"Authorization": f"Bearer {credential}"}
        async with door.session.request(method, door.url + path, headers=headers) as response:
            assert response.status == 404
            assert (await response.json())["error"] == "not_found"
            assert "aiohttp" not in response.headers["Server"]


async def test_too_large_a_body_is_413_whether_it_is_announced_or_not(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        headers = {"Authorization": f"Bearer {door.machine()}"}
        whole = b" " * (PACKED_BYTES + 1)

        async def in_parts():
            for _ in range(9):
                yield b" " * (PACKED_BYTES // 8)

        for body in (io.BytesIO(whole), in_parts()):
            async with door.session.post(door.url + "/v1/reports", data=body, headers=headers) as response:
                assert response.status == 413
                assert (await response.json())["error"] == "too_large"


async def test_a_bomb_is_unpacked_no_further_than_the_bound(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        bomb = gzip.compress(b"\0" * (200 << 20), 9)
        assert len(bomb) < PACKED_BYTES
        headers = {"Authorization": f"Bearer {door.machine()}", "Content_Encoding": "gzip"}
        said = await door.post("/v1/reports", bomb, **headers)
        assert (said.status, said.body["error"]) == (413, "too_large")
        tiny = gzip.compress(gzip.compress(b"\0" * (200 << 20), 9), 9)
        assert (await door.post("/v1/reports", tiny, **headers)).status in {400, 422}
        assert (await door.post("/v1/enrol", bomb, Content_Encoding="gzip")).status == 413


async def test_nothing_of_a_body_is_read_for_a_stranger(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        answered = await speak(
            door,
            b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n",
        )
        assert answered.startswith(b"HTTP/1.1 401 ")


async def test_a_body_that_never_ends_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reception, "BODY_SECONDS", 0.5)
    async with opened_door(tmp_path) as door:
        head = f"POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.machine()}\r\n"
        answered = await speak(door, head.encode() + b"Content-Length: 1000\r\n\r\nabc")
        assert answered.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("pieces", [(b"abc",), (b"1",) * 40], ids=["silent", "in drips"])
async def test_an_enrolment_that_never_ends_is_told_so_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: tuple[bytes, ...]
):
    monkeypatch.setattr(reception, "BODY_SECONDS", 1.0)
    async with opened_door(tmp_path) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.door.port)
        writer.write(b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        answering = asyncio.ensure_future(reader.read())
        for piece in pieces:
            if answering.done():
                break
            writer.write(piece)
            await asyncio.wait([answering], timeout=0.1)
        answered = await asyncio.wait_for(answering, 20)
        writer.close()
        assert answered.startswith(b"HTTP/1.1 408 ")
        said = json.loads(answered.partition(b"\r\n\r\n")[2])
        assert (said["error"], said["message"]) == (
            "timeout",
            "The request did not arrive within 1 s; check the line, then try again.",
        )


async def test_a_head_that_never_ends_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(agents_door, "KEEP_ALIVE_SECONDS", 1.0)
    async with opened_door(tmp_path) as door:
        assert await speak(door, b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
        assert await speak(door, b"") == b""


async def test_a_body_cut_short_harms_nobody(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        credential = door.machine()
        head = f"POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {credential}\r\n"
        _, writer = await asyncio.open_connection("127.0.0.1", door.door.port)
        writer.write(head.encode() + b"Content-Length: 1000\r\n\r\nabc")
        await writer.drain()
        writer.close()
        await asyncio.sleep(0.2)
        assert (await door.report(credential)).status == 200
        assert len(door.store.results(EVERYTHING, "m1", 0, START + 1)) == 1


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"A" * 100_000, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000],
)
async def test_what_is_not_http_is_told_so_and_hung_up_on(
    tmp_path: Path, garbage: bytes, caplog: pytest.LogCaptureFixture
):
    async with opened_door(tmp_path) as door:
        for said in (garbage + b"\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + garbage + b"\r\n\r\n"):
            try:
                answered = await speak(door, said)
            except ConnectionError:
                answered = b""
            last = answered.rpartition(b"HTTP/1.")[2]
            assert not last or last.startswith((b"1 400 ", b"0 400 "))
            if last:
                told = json.loads(last.partition(b"\r\n\r\n")[2])
                assert told["error"] == "malformed"
                assert told["message"].startswith("This cannot be read as an HTTP request")
                assert b"aiohttp" not in last
        assert (await door.report(door.machine())).status == 200
    assert not [record for record in caplog.records if record.levelname not in {"DEBUG", "INFO"}]


async def test_connections_beyond_the_bound_are_refused_politely(tmp_path: Path):
    async with opened_door(tmp_path, connections=3) as door:
        held = [await asyncio.open_connection("127.0.0.1", door.door.port) for _ in range(3)]
        await asyncio.sleep(0.1)
        answered = await speak(door, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answered.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: " in answered
        assert answered.endswith(b'{"error":"busy","message":"Too many connections; come again later."}')
        assert door.turned_away == [60]
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.2)
        assert (await door.report(door.machine())).status == 200


async def test_one_connection_carries_many_reports(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        body = encode(delivery())
        head = f"POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.machine()}\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", door.door.port)
        for _ in range(5):
            writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            answered = await reader.readuntil(b"\r\n\r\n")
            assert answered.startswith(b"HTTP/1.1 200 ")
            await reader.readexactly(2)
        writer.close()


async def test_secrets_are_in_no_log_and_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token()
        enrolled = (await door.enrol(token=token, fingerprint={})).body
        wrong = token[:-43] + "CANARY" + "A" * 37
        refused = await door.enrol(token=wrong)
        reported = await door.report(enrolled["credential"], delivery(fingerprint={}))
        unknown = await door.report("CANARY" + "B" * 37)
        for said in (refused, reported, unknown):
            assert "CANARY" not in str(said.body)
            assert enrolled["credential"] not in str(said.body)
    written = everything_in(tmp_path)
    for secret in (token[-43:], enrolled["credential"], "CANARY"):
        assert secret not in caplog.text
        assert secret.encode() not in written


async def test_over_tls_with_the_authority_pinned(tmp_path: Path):
    authority = open_authority(tmp_path, START)
    store = open_store(tmp_path, clock=lambda: START)
    app = agents_app(store, authority, now=lambda: START, granted=granted, say=Say("vi"))
    context = authority.server_context(["127.0.0.1"], START)
    door = await open_agents_door(app, "127.0.0.1", 0, tls=context, connections=10)
    trust = ssl.create_default_context(cadata=authority.pem.decode())
    trust.verify_flags |= 0x200000
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session:
            async with session.get(f"https://127.0.0.1:{door.port}/healthz") as response:
                assert response.status == 200
            async with session.get(f"https://127.0.0.1:{door.port}/nowhere") as response:
                assert (await response.json())["message"] == "Ở đây không có gì."
    finally:
        await door.close()
        store.close()


async def test_a_taken_port_is_said_by_the_system(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        app = agents_app(door.store, door.authority, now=door.now, granted=granted, say=Say("en"))
        with pytest.raises(OSError, match="in use"):
            await open_agents_door(app, "127.0.0.1", door.door.port, tls=None, connections=10)
