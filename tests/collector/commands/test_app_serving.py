"""The collector as one process: its doors, its word to stop, its neighbours and its bad days."""

import contextlib
import json
import os
import resource
import signal
import socket
import sqlite3
import ssl
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

import pytest
import trustme

from schooldrum_collector.app.listening import listener
from schooldrum_collector.app.office_token import Unusable, office_token
from schooldrum_collector.data_directory import Unsafe, prepare
from schooldrum_collector.speech import Say

Typed = Callable[..., Any]
Served = Callable[..., Any]
HARDWARE = {"uuid": ("0123456789abcdef",)}


@pytest.mark.usefixtures("school")
def test_serve_opens_two_doors_and_each_serves_only_its_own(served: Served) -> None:
    serving = served("--open")
    assert serving.agents.startswith("https://127.0.0.1:")
    assert serving.office.startswith("http://127.0.0.1:")
    assert serving.get(f"{serving.agents}/healthz")[0] == 200
    assert serving.get(f"{serving.agents}/metrics")[0] == 404
    assert serving.get(f"{serving.agents}/readyz")[0] == 404
    assert serving.get(f"{serving.office}/v1/ca")[0] == 404
    status, page = serving.get(f"{serving.office}/metrics")
    assert status == 200
    assert b"schooldrum_schools 2.0" in page
    assert b"schooldrum_loop_stall_seconds_bucket" in page
    assert serving.stop() == 0


@pytest.mark.usefixtures("school")
def test_serve_asks_for_the_office_token_unless_open(served: Served, data: Path) -> None:
    serving = served()
    token = (data / "office-token").read_text(encoding="ascii").strip()
    assert serving.token_file == str(data / "office-token")
    assert stat.S_IMODE((data / "office-token").stat().st_mode) == 0o600
    assert serving.get(f"{serving.office}/metrics")[0] == 401
    assert serving.get(f"{serving.office}/metrics", Authorization=f"Bearer {token}")[0] == 200
    assert serving.stop() == 0
    assert token not in serving.log.read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("school")
def test_serve_stops_cleanly_while_connections_are_open(served: Served, number: signal.Signals) -> None:
    serving = served("--open")
    port = int(serving.office.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as idle:
        idle.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        assert serving.stop(number) == 0
    assert "Traceback" not in serving.log.read_text(encoding="utf-8")


def test_serve_what_was_answered_survives_kill(school: Typed, served: Served) -> None:
    token = school("token", "new", "--room", "BM/tin1", "--json").data()["token"]
    first = served("--open")
    enrolled = first.enrol(token, HARDWARE)
    assert enrolled.alias == "tin1-01"
    assert first.report(enrolled.credential, HARDWARE)[0] == 200
    first.process.kill()
    first.process.wait()
    second = served("--open")
    (machine,) = json.loads(second.get(f"{second.office}/api/v1/machines")[1])["machines"]
    assert machine["alias"] == "tin1-01"
    assert machine["heard"]
    assert second.report(enrolled.credential, HARDWARE)[0] == 200
    assert second.stop() == 0


def test_serve_never_replaces_a_lost_authority_that_pcs_rely_on(school: Typed, served: Served, data: Path) -> None:
    token = school("token", "new", "--room", "BM/tin1", "--json").data()["token"]
    serving = served("--open")
    serving.enrol(token, HARDWARE)
    assert serving.stop() == 0
    (data / "authority.pem").unlink()
    for words in (("serve",), ("token", "new", "--room", "BM/tin1")):
        refused = school(*words)
        assert refused.code == 1
        assert "authority.pem is missing" in refused.err
    assert "authority.pem is missing" in school("check").out
    assert not (data / "authority.pem").exists()


def test_a_lost_store_is_never_replaced_by_an_empty_one(school: Typed, served: Served, data: Path) -> None:
    assert served("--open").stop() == 0
    store = data / "schooldrum.sqlite3"
    body = store.read_bytes()
    store.unlink()
    before = sorted(path.name for path in data.iterdir())
    words = (("serve",), ("check",), ("school", "add", "--code", "NEW", "--name", "Mới"), ("machines", "list"))
    for language, sentence in (("en", "is missing, while"), ("vi", "Mất tệp")):
        for one in words:
            refused = school(*one, lang=language)
            assert (refused.code, refused.out) == (1, "")
            assert sentence in refused.err
            assert f"{data / 'authority.pem'}" in refused.err
    assert sorted(path.name for path in data.iterdir()) == before
    store.write_bytes(body)
    assert school("check").code == 0
    for path in (*data.glob(f"{store.name}*"), data / "authority.pem"):
        path.unlink()
    assert served("--open").stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="bounds the size of another process's files")
def test_serve_is_not_ready_while_nothing_can_be_stored(school: Typed, served: Served) -> None:
    token = school("token", "new", "--room", "BM/tin1", "--json").data()["token"]
    serving = served("--open")
    credential = serving.enrol(token, HARDWARE).credential
    assert serving.report(credential, HARDWARE)[0] == 200
    limits = resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, (16 << 10, limits[1]))
    assert _soon(lambda: serving.report(credential, HARDWARE)[0] == 503)
    assert serving.report(credential, HARDWARE)[0] == 503
    status, body = serving.get(f"{serving.office}/readyz")
    assert status == 503
    assert json.loads(body)["ready"] is False
    assert "nothing can be stored" in json.loads(body)["trouble"]
    resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, limits)
    assert _soon(lambda: serving.report(credential, HARDWARE)[0] == 200)
    status, body = serving.get(f"{serving.office}/readyz")
    assert (status, json.loads(body)["ready"], json.loads(body)["trouble"]) == (200, True, "")
    assert serving.stop() == 0
    log = serving.log.read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert log.count("keep what they have") == 1


@pytest.mark.usefixtures("school")
def test_serve_twice_on_one_directory_is_refused_clearly(served: Served, data: Path) -> None:
    serving = served("--open")
    second = subprocess.run(
        [sys.executable, "-m", "schooldrum_collector", "serve", "--data", str(data), "--lang", "en"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert f"process {serving.process.pid}" in second.stderr
    assert str(data) in second.stderr
    assert "Traceback" not in second.stderr
    assert serving.get(f"{serving.agents}/healthz")[0] == 200


@pytest.mark.usefixtures("typed")
def test_serve_says_who_has_the_port(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = subprocess.run(
            [sys.executable, "-m", "schooldrum_collector", "serve", "--data", str(data), "--lang", "en"],
            env={**os.environ, "SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN": f"127.0.0.1:{port}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert refused.returncode == 1
    assert f"Port {port} is in use by" in refused.stderr
    assert f"({os.getpid()})" in refused.stderr
    assert "SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_serve_refuses_a_damaged_store_and_leaves_it(typed: Typed, data: Path) -> None:
    assert typed("school", "add", "--code", "BM", "--name", "B").code == 0
    (store,) = data.glob("*.sqlite3")
    for path in data.glob("*.sqlite3*"):
        path.write_bytes(b"garbage" * 1000)
    refused = typed("serve")
    assert refused.code == 1
    assert "damaged" in refused.err
    assert store.read_bytes() == b"garbage" * 1000


@pytest.mark.parametrize("table", ["credentials", "latest", "incidents"])
def test_commands_say_plainly_that_a_page_of_the_store_is_damaged(typed: Typed, data: Path, table: str) -> None:
    assert typed("school", "add", "--code", "BM", "--name", "B").code == 0
    (store,) = data.glob("*.sqlite3")
    with contextlib.closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
    whole = store.read_bytes()
    store.write_bytes(whole[: (page - 1) * size] + b"\xff" * size + whole[page * size :])
    asked = [("machines", "list"), ("token", "list"), ("check",), ("incidents", "list")]
    answers = [typed(*words) for words in asked]
    for answer in answers:
        assert "SELECT" not in answer.out + answer.err
        assert "sqlalche.me" not in answer.out + answer.err
    refused = [answer for answer in answers if answer.code]
    assert [str(store) in answer.out + answer.err for answer in refused] == [True] * len(refused)
    assert answers[2].code == 1
    assert any("Restore the newest backup" in answer.err for answer in refused)


@pytest.mark.parametrize("way", ["damaged", "removed"])
def test_serve_says_plainly_that_its_store_was_damaged_or_removed(
    school: Typed, served: Served, data: Path, way: str
) -> None:
    token = school("token", "new", "--room", "BM/tin1", "--json").data()["token"]
    first = served("--open")
    credential = first.enrol(token, HARDWARE).credential
    assert first.stop() == 0
    serving = served("--open")
    assert serving.report(credential, HARDWARE)[0] == 200
    (store,) = data.glob("*.sqlite3")
    if way == "removed":
        store.unlink()
        said, shown, code = "was removed or replaced", ("cannot store anything", "không ghi được số liệu"), 200
    else:
        with store.open("r+b") as file:
            file.seek(2048)
            file.write(b"\xff" * (store.stat().st_size - 2048))
        said, shown, code = "has been damaged", ("has been damaged", "đã hỏng"), 503
    for language, sentence in zip(("en", "vi"), shown, strict=True):
        page = f"{serving.office}/incidents?all=1&lang={language}"
        assert _soon(lambda: serving.get(page, Accept="text/html")[0] == code)  # noqa: B023 - called within the loop
        assert sentence in serving.get(page, Accept="text/html")[1].decode()
    status, body = serving.report(credential, HARDWARE)
    assert (status, json.loads(body)["error"]) == (503, "busy")
    status, body = serving.get(f"{serving.office}/readyz")
    assert (status, json.loads(body)["ready"]) == (503, False)
    assert said in json.loads(body)["trouble"]
    assert serving.stop() == 0
    log = serving.log.read_text(encoding="utf-8")
    assert said in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"OFFICE_LISTEN": "0.0.0.0:0"}, "office_listen"),
        ({"OFFICE_LISTEN": "[::]:0", "OFFICE_OPEN": "true"}, "office_open"),
        ({"AGENTS_LISTEN": "0.0.0.0:0", "AGENTS_TLS": "false"}, "agents_listen"),
        ({"OFFICE_CERTIFICATE": "/nowhere/c.pem", "OFFICE_KEY": "/nowhere/k.pem"}, "/nowhere/c.pem"),
    ],
)
def test_serve_opens_nothing_wider_than_it_is_guarded(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], key: str
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(f"SCHOOLDRUM_COLLECTOR_{name}", value)
    refused = typed("serve")
    assert refused.code == 1
    assert "Traceback" not in refused.err
    assert key in refused.err or "No such file" in refused.err


@pytest.mark.usefixtures("school")
def test_serve_beyond_this_machine_with_tls_and_token(served: Served, data: Path, tmp_path: Path) -> None:
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost", "127.0.0.1")
    leaf.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    for blob in leaf.cert_chain_pems:
        blob.write_to_path(str(tmp_path / "certificate.pem"), append=True)
    serving = served(
        SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN="0.0.0.0:0",
        SCHOOLDRUM_COLLECTOR_OFFICE_CERTIFICATE=str(tmp_path / "certificate.pem"),
        SCHOOLDRUM_COLLECTOR_OFFICE_KEY=str(tmp_path / "key.pem"),
    )
    port = serving.office.rpartition(":")[2]
    assert serving.office.startswith("https://")
    url = f"https://127.0.0.1:{port}"
    token = (data / "office-token").read_text(encoding="ascii").strip()
    assert serving.get(f"{url}/readyz")[0] == 401
    assert serving.get(f"{url}/readyz", Authorization=f"Bearer {token}")[0] == 200


@pytest.mark.usefixtures("school")
def test_serve_holds_as_many_connections_as_the_system_lets_it(served: Served) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    serving = served("--open")
    soft = resource.prlimit(serving.process.pid, resource.RLIMIT_NOFILE)[0]
    assert soft == (10_256 if hard == resource.RLIM_INFINITY else min(hard, 10_256)) or soft > 10_256


def test_commands_beside_a_collector_are_soon_seen_by_it(school: Typed, served: Served) -> None:
    serving = served("--open")
    assert serving.get(f"{serving.office}/metrics/schools/NEW")[0] == 404
    assert school("school", "add", "--code", "NEW", "--name", "Trường mới").code == 0
    assert _soon(lambda: serving.get(f"{serving.office}/metrics/schools/NEW")[0] == 200)
    token = school("token", "new", "--room", "BM/tin1", "--json").data()["token"]
    enrolled = serving.enrol(token, HARDWARE)
    assert enrolled.settings.beat == 60
    assert school("settings", "set", "--scope", "BM", "beat=7").code == 0

    def granted() -> bool:
        status, answer = serving.report(enrolled.credential, HARDWARE)
        assert status == 200, answer
        return bool(json.loads(answer).get("settings", {}).get("beat") == 7)

    assert _soon(granted)
    assert school("machines", "retire", "BM/tin1-01").code == 0
    assert _soon(lambda: serving.report(enrolled.credential, HARDWARE)[0] == 401)


def _soon(true: Callable[[], bool]) -> bool:
    """Whether it becomes true while it is asked a few times: on a starved machine asking takes longer, too."""
    for _ in range(25):
        if true():
            return True
        sleep(0.2)
    return False


@pytest.mark.usefixtures("school")
def test_serve_asked_by_a_strange_name_answers_nothing(served: Served) -> None:
    serving = served("--open")
    request = urllib.request.Request(f"{serving.office}/metrics", headers={"Host": "evil.example"})
    assert serving.ask(request)[0] == 421


@pytest.mark.usefixtures("school")
def test_serve_logs_nothing_that_a_stranger_sent(served: Served) -> None:
    serving = served("--open")
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    for url in (serving.agents, serving.office):
        for request in (
            b"CANARY\r\n\r\n",
            b"GET / HTTP/9.9\r\nHost: CANARY\r\n\r\n",
            b"POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer CANARY\x01\r\n\r\n",
            b"GET /" + b"CANARY" * 5000 + b" HTTP/1.1\r\n\r\n",
            b"POST /v1/enrol HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\nCANARY",
        ):
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as plain:
                talk = trusting.wrap_socket(plain) if url.startswith("https") else plain
                with talk, contextlib.suppress(ConnectionError):
                    talk.sendall(request)
                    talk.recv(1000)
    assert serving.get(f"{serving.agents}/healthz")[0] == 200
    assert serving.stop() == 0
    log = serving.log.read_text(encoding="utf-8")
    assert "CANARY" not in log
    assert "Traceback" not in log


def test_office_token_is_made_once_and_must_be_private(tmp_path: Path) -> None:
    token = office_token(tmp_path)
    assert len(token) == 43
    assert office_token(tmp_path) == token
    assert [path.name for path in tmp_path.iterdir()] == ["office-token"]
    (tmp_path / "office-token").chmod(0o640)
    with pytest.raises(Unusable, match="chmod 600"):
        office_token(tmp_path)
    (tmp_path / "office-token").chmod(0o600)
    for content in (b"", b"short\n", b"x" * 600, b"\xff" * 40, b"a b" * 20 + b"\x00" * 10):
        (tmp_path / "office-token").write_bytes(content)
        with pytest.raises(Unusable, match="no token"):
            office_token(tmp_path)
    (tmp_path / "office-token").unlink()
    (tmp_path / "office-token").mkdir()
    with pytest.raises(Unusable, match="is no file"):
        office_token(tmp_path)


def test_data_directory_that_others_may_change_is_refused(tmp_path: Path) -> None:
    prepare(tmp_path / "a" / "b", Say("en"))
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    (tmp_path / "a" / "b").chmod(0o770)
    with pytest.raises(Unsafe, match="chmod 700"):
        prepare(tmp_path / "a" / "b", Say("en"))
    (tmp_path / "file").touch()
    with pytest.raises(Unsafe, match=r"Not a directory.*--data"):
        prepare(tmp_path / "file", Say("en"))


def test_listener_of_a_free_port_is_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert listener(port).endswith(f"({os.getpid()})")
    assert listener(port) == ""
