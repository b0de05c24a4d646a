"""What a door for people answers to bytes that are no request, and where answering fails."""

import asyncio
import json
from typing import NoReturn

import pytest
from aiohttp import web

from schooldrum_collector.app.doors import Unopenable, answers_door
from schooldrum_collector.key_values import Listen
from schooldrum_collector.speech import Say


async def _fails(_: web.Request) -> NoReturn:
    raise ValueError("a fault of ours")


def _app() -> web.Application:
    app = web.Application()
    app.router.add_get("/fails", _fails)
    return app


async def _spoken(url: str, said: bytes) -> tuple[bytes, dict[str, str]]:
    """The status line and the body of what comes back until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(said)
    answered = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    head, _, body = answered.partition(b"\r\n\r\n")
    assert b"aiohttp" not in head
    assert b"application/json" in head
    return head.partition(b"\r\n")[0], json.loads(body)


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
    ],
)
async def test_what_is_no_request_is_answered_in_plain_words_and_without_noise(
    said: bytes, caplog: pytest.LogCaptureFixture
):
    async with answers_door(_app(), Listen("127.0.0.1", 0), None, Say("vi")) as url:
        status, told = await _spoken(url, said)
    assert status == b"HTTP/1.0 400 Bad Request"
    assert (told["error"], told["message"][:40]) == ("malformed", "Không đọc được yêu cầu này như HTTP; hãy")
    assert not [record for record in caplog.records if record.levelname not in {"DEBUG", "INFO"}]


async def test_a_fault_of_ours_is_logged_and_answered_in_plain_words(caplog: pytest.LogCaptureFixture):
    async with answers_door(_app(), Listen("127.0.0.1", 0), None, Say("en")) as url:
        status, told = await _spoken(url, b"GET /fails HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == b"HTTP/1.1 500 Internal Server Error"
    assert told == {"error": "server", "message": "The collector failed here; try again later."}
    assert "a fault of ours" in caplog.text


async def test_a_taken_port_is_said_with_the_key_that_changes_it():
    async with answers_door(_app(), Listen("127.0.0.1", 0), None, Say("en")) as url:
        taken = Listen("127.0.0.1", int(url.rpartition(":")[2]))
        with pytest.raises(Unopenable, match="answers_listen"):
            async with answers_door(_app(), taken, None, Say("en")):
                pass
