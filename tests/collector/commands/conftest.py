"""Commands as they are typed: in this process with real files, or as processes beside a collector that serves."""

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schooldrum_collector.__main__ import main
from schooldrum_wire.encoding import encode
from schooldrum_wire.messages import EnrolAnswer, EnrolRequest
from schooldrum_wire.report import Delivery, Fingerprint, Now, Report, Word
from schooldrum_wire.result import Result


class Said:
    """How a command ended, and what it wrote."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def data(self) -> Any:
        return json.loads(self.out)


Typed = Callable[..., Said]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own data directory for every command of the test."""
    for name in list(os.environ):
        if name.startswith("SCHOOLDRUM_"):
            monkeypatch.delenv(name)
    directory = tmp_path / "data"
    (tmp_path / "collector.toml").touch()
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_CONFIG", str(tmp_path / "collector.toml"))
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_DATA", str(directory))
    return directory


@pytest.fixture
def typed(data: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Runs a command in this process; English unless the test says otherwise."""
    # Asked for its environment alone.
    del data

    def run(*words: str, lang: str = "en") -> Said:
        capsys.readouterr()
        try:
            code = main([*words, "--lang", lang])
        except SystemExit as end:
            code = int(end.code or 0)
        written = capsys.readouterr()
        return Said(code, written.out, written.err)

    return run


@pytest.fixture
def school(typed: Typed) -> Typed:
    """A school BM with the room tin1 of four seats, and one more school."""
    assert typed("school", "add", "--code", "BM", "--name", "THCS Bình Minh").code == 0
    assert typed("room", "add", "--school", "BM", "--room", "tin1", "--name", "Phòng Tin 1", "--seats", "4").code == 0
    assert typed("room", "add", "--school", "BM", "--room", "vp", "--name", "Văn phòng", "--kind", "office").code == 0
    assert typed("school", "add", "--code", "QY", "--name", "TH Quảng Yên").code == 0
    return typed


class Serving:
    """A collector process with both doors open."""

    def __init__(self, process: subprocess.Popen[str], doors: dict[str, str], log: Path) -> None:
        self.process = process
        self.agents, self.office, self.token_file = doors["agents"], doors["office"], doors["token_file"]
        self.log = log
        self._trusting = ssl.create_default_context()
        self._trusting.check_hostname = False
        self._trusting.verify_mode = ssl.CERT_NONE

    def get(self, url: str, **headers: str) -> tuple[int, bytes]:
        return self.ask(urllib.request.Request(url, headers=headers))

    def ask(self, request: urllib.request.Request) -> tuple[int, bytes]:
        context = self._trusting if request.full_url.startswith("https") else None
        try:
            with urllib.request.urlopen(request, timeout=20, context=context) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()

    def enrol(self, token: str, fingerprint: Fingerprint, seat: int = 0) -> EnrolAnswer:
        body = msgspec.json.encode(EnrolRequest(token=token, fingerprint=fingerprint, seat=seat))
        status, answer = self.ask(urllib.request.Request(f"{self.agents}/v1/enrol", data=body, method="POST"))
        assert status == 201, answer
        return msgspec.json.decode(answer, type=EnrolAnswer)

    def report(
        self,
        credential: str,
        fingerprint: Fingerprint,
        *,
        results: tuple[Result, ...] = (),
        word: Word | None = None,
        sections: dict[str, str] | None = None,
        rows: dict[str, Any] | None = None,
    ) -> tuple[int, bytes]:
        delivery = Delivery(
            reports=(
                Report(
                    run="r1", boot="b1", live=True, results=results, word=word, sections=sections or {}, rows=rows or {}
                ),
            ),
            now=Now(boot="b1", boottime=1000.0, wall=time.time()),
            fingerprint=fingerprint,
            agent="0.1.0",
            system="Debian 12",
            starts=1,
        )
        return self.ask(
            urllib.request.Request(
                f"{self.agents}/v1/reports",
                data=zlib.compress(encode(delivery), wbits=31),
                headers={"Authorization": f"Bearer {credential}", "Content-Encoding": "gzip"},
                method="POST",
            )
        )

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def start(data: Path, log: Path, *options: str, **environ: str) -> subprocess.Popen[str]:
    """`serve` as a process on ports that the system chooses."""
    set_up = {
        "SCHOOLDRUM_COLLECTOR_AGENTS_LISTEN": "127.0.0.1:0",
        "SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN": "127.0.0.1:0",
        **environ,
    }
    with log.open("a", encoding="utf-8") as err:
        return subprocess.Popen(
            [sys.executable, "-m", "schooldrum_collector", "serve", "--json", "--data", str(data), *options],
            env={**os.environ, **set_up},
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        )


@pytest.fixture
def served(data: Path, tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    """Starts collectors on the test's data, and stops them after it."""
    running: list[subprocess.Popen[str]] = []
    log = tmp_path / "serve.log"

    def serve(*options: str, **environ: str) -> Serving:
        process = start(data, log, *options, **environ)
        running.append(process)
        # A collector that hangs must not hang the tests.
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdout is not None
        line = process.stdout.readline()
        watchdog.cancel()
        assert line, log.read_text(encoding="utf-8")
        return Serving(process, json.loads(line), log)

    yield serve
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
