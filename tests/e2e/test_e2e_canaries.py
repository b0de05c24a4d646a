"""A person's name, an install code and a credential: sought wherever a pair leaves traces, found nowhere."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import socketserver
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.e2e.programs import Agent, Collector, eventually, fetched

NAME = "NguyenVanCanary"
SPELLINGS = (NAME, "Nguyễn Văn Canary", "nguyen van canary")
_REQUEST = re.compile(rb"(?:POST|GET) (\S+) HTTP/1\.1\r\n(.*?)\r\n\r\n", re.DOTALL)
_LENGTH = re.compile(rb"Content-Length: (\d+)", re.IGNORECASE)


class Relay(socketserver.ThreadingTCPServer):
    """Stands between agent and collector and keeps every byte."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.asked: list[bytearray] = []
        self.answered: list[bytearray] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Passage(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        asked, answered = bytearray(), bytearray()
        self.server.asked.append(asked)
        self.server.answered.append(answered)
        with contextlib.suppress(OSError), socket.create_connection(self.server.target, timeout=30) as far:
            back = threading.Thread(target=_pass_on, args=(far, self.request, answered), daemon=True)
            back.start()
            _pass_on(self.request, far, asked)
            back.join(5)


def _pass_on(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            kept += data
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def relay(target: str) -> Iterator[Relay]:
    server = Relay(target)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Watch:
    """Looks at every process of this machine, over and over, for words that must not stand in its list."""

    def __init__(self) -> None:
        self.secrets: set[bytes] = set()
        self.found: set[str] = set()
        self.looks = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.wait(0.02):
            self.looks += 1
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):
                        said = (process / name).read_bytes()
                        self.found |= {f"{process.name}/{name}" for secret in self.secrets if secret in said}

    def end(self) -> None:
        self._end.set()
        self._thread.join()


def opened(body: bytes) -> bytes:
    """With what is packed unpacked."""
    try:
        return zlib.decompressobj(47).decompress(body)
    except zlib.error:
        return body


def requests_in(stream: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """Path, head and unpacked body of every request in a connection."""
    position = 0
    while found := _REQUEST.match(stream, position):
        length = _LENGTH.search(found[2])
        end = found.end() + (int(length[1]) if length else 0)
        yield found[1].decode(), found[2], opened(stream[found.end() : end])
        position = end
    assert position == len(stream)


def on_disk(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it lies there, and every value of every database in it, unpacked."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        body = path.read_bytes()
        yield str(path), body
        if body.startswith(b"SQLite format 3"):
            with contextlib.closing(sqlite3.connect(path)) as connection:
                tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                for table in tables:
                    for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - the file's own names
                        for value in row:
                            yield f"{path}: {table}", opened(value) if isinstance(value, bytes) else str(value).encode()


def told(where: str, body: bytes, words: set[bytes]) -> set[str]:
    folded = body.lower()
    return {f"{word.decode()} in {where}" for word in words if word.lower() in folded}


def rootfs_of(folder: Path) -> str:
    """The root of a PC on which one person works, whose name stands wherever names do."""
    (folder / "etc").mkdir(parents=True)
    (folder / "etc" / "passwd").write_text(
        f"root:x:0:0:root:/root:/bin/bash\n{NAME}:x:1000:1000:{SPELLINGS[1]},P.12,091234:/home/{NAME}:/bin/bash\n",
        "utf-8",
    )
    (folder / "etc" / "group").write_text(f"sudo:x:27:{NAME}\nlpadmin:x:120:{NAME}\n")
    (folder / "etc" / "hostname").write_text(f"PC-{NAME}\n")
    (folder / "etc" / "sudoers").write_text(f"{NAME} ALL=(ALL:ALL) ALL\n")
    (folder / "etc" / "lightdm").mkdir()
    (folder / "etc" / "lightdm" / "lightdm.conf").write_text(f"[Seat:*]\nautologin-user={NAME}\n")
    (folder / "etc" / "os-release").write_text(f'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12 of {NAME}"\n')
    (folder / "home" / NAME).mkdir(parents=True)
    return str(folder)


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.end()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_no_name_and_no_secret_is_found_where_it_does_not_belong(tmp_path: Path, watch: Watch, monkeypatch):
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")
    collector = Collector(tmp_path / "collector", agents_tls="false")
    collector.serve()
    names = {spelling.encode() for spelling in SPELLINGS}
    watch.secrets |= names
    agent = Agent(
        tmp_path / "agent",
        beat="1",
        pace="cpu=1,host=2,accounts=3",
        any_pace="true",
        start_spread="0",
        rootfs=rootfs_of(tmp_path / "root"),
        log_level="debug",
    )
    outputs: dict[str, str] = {}
    try:
        with relay(urlsplit(collector.agents).netloc) as between:
            token = collector.token()
            secret = token.rpartition(".")[2].encode()
            watch.secrets.add(secret)
            outputs["enrol"] = agent.call("enrol", "--collector", between.url, typed=token)
            [machine] = collector.machines()
            credential = json.loads((agent.home / "state" / "identity.json").read_text("utf-8"))["credential"].encode()
            watch.secrets.add(credential)
            agent.run()
            eventually(lambda: "school_memory_size_bytes" in collector.page(), 30, "figures")
            eventually(
                lambda: '"accounts"' in fetched(f"{collector.office}/api/v1/machines/{machine['id']}/sections"),
                60,
                "the list that is nearest to people",
            )
            for page in ("/", "/metrics", "/metrics/schools/DEMO", "/sd/schools", f"/api/v1/machines/{machine['id']}"):
                outputs[page] = fetched(collector.office + page)
            outputs["sections"] = fetched(f"{collector.office}/api/v1/machines/{machine['id']}/sections")
            outputs["shown"] = collector.call("machines", "show", machine["id"])
            collector.kill()
            time.sleep(3)
            spool = agent.home / "state" / "spool"
            eventually(lambda: any(spool.glob("*.seg")), 30, "what waits is on disk")
            os.kill(agent.pid, signal.SIGABRT)
            # The dump reads the frames of threads that go on running, and may fall over one of them.
            assert agent.stop() in {-signal.SIGABRT, -signal.SIGSEGV}
            assert list(spool.glob("*.seg"))
        outputs["once"] = agent.call("once", "--json")
        agent.call("record", str(tmp_path / "recording"))
    finally:
        watch.end()
        collector.kill()

    leaks: set[str] = set(watch.found)
    assert watch.looks > 20
    secrets = names | {secret, credential}
    seen_paths = set()
    for stream in between.asked:
        for path, head, body in requests_in(bytes(stream)):
            seen_paths.add(path)
            leaks |= told(f"head of {path}", re.sub(rb"Authorization: Bearer \S+", b"", head), secrets)
            leaks |= told(f"body of {path}", body, secrets if path != "/v1/enrol" else names)
    assert seen_paths == {"/v1/enrol", "/v1/reports"}
    log = (agent.home / "agent.log").read_bytes()
    assert b"Fatal Python error" in log
    for where, text in outputs.items():
        leaks |= told(where, text.encode(), secrets)
    shutil.copytree(collector.home, tmp_path / "copy")
    for folder in (tmp_path / "copy", tmp_path / "recording", agent.home):
        for where, body in on_disk(folder):
            own = Path(where).name in {"identity.json", "identity.copy.json"}
            leaks |= told(where, body, names | {secret} if own else secrets)
    assert leaks == set()


def test_what_goes_wrong_repeats_no_secret(tmp_path: Path, collector: Collector):
    token = collector.token()
    agent = Agent(tmp_path / "agent", log_level="debug")
    half = len(token) // 2
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), token[half:], f"{token} {token}", token + "\x00"):
        with pytest.raises(AssertionError) as failed:
            agent.call("enrol", "--collector", collector.agents, typed=wrong)
        assert token.rpartition(".")[2][:20] not in str(failed.value)
    agent.call("enrol", "--collector", collector.agents, typed=token)
    credential = json.loads((agent.home / "state" / "identity.json").read_text("utf-8"))["credential"]
    for name in ("identity.json", "identity.copy.json"):
        path = agent.home / "state" / name
        path.write_bytes(path.read_bytes().replace(b'"state":"active"', b'"state":7'))
    agent.run()
    why = "both files that say as what are damaged"
    eventually(lambda: why in (agent.home / "agent.log").read_text("utf-8"), 60, "why it cannot run")
    agent.stop()
    log = (agent.home / "agent.log").read_text("utf-8")
    assert "was damaged" in log
    assert credential not in log + collector.log()
    assert token.rpartition(".")[2] not in log + collector.log()
