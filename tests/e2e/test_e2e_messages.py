"""A collector that is killed while it tells people: every message arrives, and what comes twice is the same one."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.e2e.programs import Collector, eventually, fetched, free_port

from schooldrum_collector.judge.messages import Message, Occasion
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.store.sqlite import open_store

MANY = 60
KILLS = 3


class Hook:
    """A web server of its own thread, in which nothing waits for the test."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                time.sleep(0.03)
                hook.bodies.append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def ids(self) -> list[str]:
        return [str(body["id"]) for body in self.bodies]


@pytest.fixture
def hook() -> Iterator[Hook]:
    there = Hook()
    yield there
    there.close()


def test_killed_again_and_again(tmp_path: Path, hook: Hook) -> None:
    channels = tmp_path / "channels.toml"
    channels.write_text(f'[zalo]\nurl = "json://127.0.0.1:{hook.port}/{{to}}"')
    channels.chmod(0o600)
    door = free_port()
    collector = Collector(
        tmp_path,
        channels_file=str(channels),
        answers_listen=f"127.0.0.1:{door}",
        answers_url=f"http://127.0.0.1:{door}",
    )
    collector.serve()
    try:
        assert "không còn dùng được" in fetched(f"http://127.0.0.1:{door}/t/0123456789")
        assert fetched(f"http://127.0.0.1:{door}/metrics") == fetched(f"http://127.0.0.1:{door}/t/0123456789")
        now = time.time()
        store = open_store(tmp_path / "data", clock=time.time, serving=False)
        with store.writing() as writer:
            for at in range(MANY):
                kept = writer.put_recipient(Recipient(channel="zalo", address=f"tin{at}", digests=False))
                writer.add_message(Message(key=f"test/{at}", recipient=kept, occasion=Occasion.TEST, made=now, due=now))
        store.close()
        for kill in range(KILLS):
            wanted = (kill + 1) * MANY // (KILLS + 2)
            eventually(lambda wanted=wanted: len(hook.bodies) >= wanted, 60, "messages arrive")  # type: ignore[misc]  # bound now
            collector.kill()
            collector.serve()
        eventually(lambda: len(set(hook.ids())) == MANY, 60, "every message arrives")
        store = open_store(tmp_path / "data", clock=time.time, serving=False)
        eventually(lambda: not store.messages(EVERYTHING, waiting=True), 20, "all are written down as sent")
        store.close()
        collector.stop()
    finally:
        collector.kill()
    twice = len(hook.ids()) - MANY
    assert twice <= KILLS, "at most what was on its way when it was killed"
    by_id: dict[str, set[str]] = {}
    for body in hook.bodies:
        by_id.setdefault(str(body["id"]), set()).add(json.dumps(body, sort_keys=True))
    assert all(len(bodies) == 1 for bodies in by_id.values()), "word for word"
