"""How the two programs end when they cannot start: a code that is not 0, one plain sentence, nothing on the way out."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.e2e.programs import AGENT, COLLECTOR, Agent, Collector

Spoil = Callable[[Path, ExitStack], dict[str, str]]
"""Makes a fresh data or state directory unusable; gives further settings (without their prefix)."""


def ended(
    command: list[str], environment: dict[str, str], *, stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("SCHOOLDRUM_")}
    return subprocess.run(
        command, env=own | environment, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120, check=False
    )


def nothing(_: Path, __: ExitStack) -> dict[str, str]:
    return {}


def taken(key: str) -> Spoil:
    def spoil(_: Path, stack: ExitStack) -> dict[str, str]:
        port = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        return {key: f"127.0.0.1:{port}", **({"ANSWERS_URL": "https://x.vn"} if key == "ANSWERS_LISTEN" else {})}

    return spoil


def content(name: str, body: bytes | None, *, mode: int = 0o600) -> Spoil:
    def spoil(data: Path, _: ExitStack) -> dict[str, str]:
        path = data / name
        if body is None:
            path.unlink()
        else:
            path.write_bytes(body)
            path.chmod(mode)
        return {}

    return spoil


def cut_short(data: Path, _: ExitStack) -> dict[str, str]:
    with (data / "schooldrum.sqlite3").open("r+b") as file:
        file.truncate(3000)
    return {}


def without_its_store(data: Path, _: ExitStack) -> dict[str, str]:
    (data / "schooldrum.sqlite3").unlink()
    (data / "schooldrum.sqlite3-wal").write_bytes(b"x")
    return {}


def loose(directory: Path, _: ExitStack) -> dict[str, str]:
    directory.chmod(0o770)
    return {}


def setting(**values: str) -> Spoil:
    return lambda _data, _stack: values


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory as a collector that has served leaves it."""
    home = tmp_path_factory.mktemp("made")
    collector = Collector(home)
    collector.call("school", "add", "--code", "DEMO", "--name", "THCS Bình Minh")
    collector.serve(is_open=False)
    assert collector.stop() == 0
    return home / "data"


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    subprocess.run(["cp", "-a", str(made), str(tmp_path / "data")], check=True)
    return tmp_path / "data"


SERVE = {
    "the office's port is taken": (taken("OFFICE_LISTEN"), 1, "is in use by"),
    "the agents' port is taken": (taken("AGENTS_LISTEN"), 1, "is in use by"),
    "no such address": (setting(OFFICE_LISTEN="192.0.2.1:8800", OFFICE_CERTIFICATE=""), 1, "office_listen"),
    "the store is garbage": (content("schooldrum.sqlite3", b"garbage" * 1000), 1, "is damaged"),
    "the store is empty": (content("schooldrum.sqlite3", b""), 1, "is damaged"),
    "the store is cut short": (cut_short, 1, "is damaged"),
    "the store is an older copy": (
        content("schooldrum.sqlite3-acknowledged", b"0000099999\n"),
        1,
        "changes that were acknowledged",
    ),
    "the store is away": (without_its_store, 1, "is missing, while"),
    "the store is lost": (content("schooldrum.sqlite3", None), 1, "enrol every PC again"),
    "the authority is garbage": (content("authority.pem", b"garbage"), 1, "authority.pem is damaged"),
    "the token can be read by others": (content("office-token", b"x" * 43, mode=0o644), 1, "chmod 600"),
    "the token is no token": (content("office-token", b"x"), 1, "holds no token"),
    "others may write": (loose, 1, "chmod 700"),
    "the data is a file": (setting(DATA="/etc/hostname"), 1, "--data"),
    "the data cannot be made": (setting(DATA="/proc/nowhere"), 1, "--data"),
    "a certificate is missing": (
        setting(OFFICE_CERTIFICATE="/nowhere/c", OFFICE_KEY="/nowhere/k"),
        1,
        "/nowhere/c: No such file",
    ),
    "an unknown key": (setting(OFFICE_LISTENS="x"), 1, "OFFICE_LISTENS"),
    "a value that is none": (setting(AGENTS_TLS="maybe"), 1, "agents_tls"),
    "no configuration file": (setting(CONFIG="/nowhere/collector.toml"), 1, "/nowhere/collector.toml"),
}


@pytest.mark.parametrize("case", SERVE)
def test_serve_refuses_with_a_code_and_a_sentence(data: Path, case: str):
    spoil, code, sentence = SERVE[case]
    with ExitStack() as stack:
        usual = {
            "DATA": str(data),
            "LANGUAGE": "en",
            "OFFICE_LISTEN": "127.0.0.1:0",
            "AGENTS_LISTEN": "127.0.0.1:0",
            "CONFIG": os.devnull,
        }
        settings = usual | spoil(data, stack)
        environment = {f"SCHOOLDRUM_COLLECTOR_{key}": value for key, value in settings.items()}
        done = ended([*COLLECTOR, "serve"], environment)
    assert done.returncode == code, done.stdout + done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("the store is garbage", "đã hỏng: phần đầu không phải kho số liệu"),
        ("the store is cut short", "Chưa thay đổi gì. Khôi phục bản sao lưu mới nhất"),
        ("the store is an older copy", "thay đổi sau cùng đã được báo là lưu xong"),
        ("the store is away", "có người đã dời một tệp mà để lại tệp kia"),
        ("the authority is garbage", "hãy lấy lại từ bản sao lưu, vì mọi máy chỉ tin tệp này"),
        ("the token can be read by others", "Tài khoản khác đọc được"),
        ("the token is no token", "không chứa mã (32 đến 512 ký tự)"),
        ("others may write", "Tài khoản khác ghi được"),
        ("the office's port is taken", "đang do"),
        ("a certificate is missing", "/nowhere/c: không dùng được (No such file or directory)"),
    ],
)
def test_serve_refuses_in_vietnamese(data: Path, case: str, sentence: str):
    with ExitStack() as stack:
        settings = {"DATA": str(data), "OFFICE_LISTEN": "127.0.0.1:0", "AGENTS_LISTEN": "127.0.0.1:0"}
        settings |= {"CONFIG": os.devnull, "LANGUAGE": "vi"} | SERVE[case][0](data, stack)
        done = ended([*COLLECTOR, "serve"], {f"SCHOOLDRUM_COLLECTOR_{key}": value for key, value in settings.items()})
    assert done.returncode == 1
    assert sentence in done.stderr
    # What stands in brackets is the database's own.
    plain = re.sub(r"\([^)]*\)", "", done.stderr.replace(str(data), ""))
    assert not re.search(r"\b(is|was|the|run|nothing|cannot)\b", plain), done.stderr


def test_serve_beside_another_refuses_again_and_again(tmp_path: Path):
    collector = Collector(tmp_path)
    collector.serve()
    environment = {
        "SCHOOLDRUM_COLLECTOR_DATA": str(tmp_path / "data"),
        "SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN": "127.0.0.1:0",
        "SCHOOLDRUM_COLLECTOR_AGENTS_LISTEN": "127.0.0.1:0",
        "SCHOOLDRUM_COLLECTOR_CONFIG": os.devnull,
    }
    try:
        for words in (["serve"], ["serve", "--json"], ["serve", "--open", "--lang", "en"], ["--lang", "vi", "serve"]):
            done = ended([*COLLECTOR, *words], environment)
            assert done.returncode == 1
            assert str(collector.pid) in done.stderr
            assert (done.stdout, "Traceback" in done.stderr) == ("", False)
    finally:
        assert collector.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_that_is_stopped_while_it_starts_does_not_end_as_if_it_had_served(data: Path, number: signal.Signals):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCHOOLDRUM_")}
    environment |= {"SCHOOLDRUM_COLLECTOR_DATA": str(data), "SCHOOLDRUM_COLLECTOR_CONFIG": os.devnull}
    environment |= {f"SCHOOLDRUM_COLLECTOR_{door}_LISTEN": "127.0.0.1:0" for door in ("OFFICE", "AGENTS")}
    for wait in (0.05, 0.3, 0.8, 1.5):
        with subprocess.Popen(
            [*COLLECTOR, "serve", "--open", "--json"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as started:
            time.sleep(wait)
            started.send_signal(number)
            out, err = started.communicate(timeout=60)
        assert (started.returncode == 0) is bool(out), (wait, started.returncode, out, err)


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state directory as an agent that was enrolled leaves it; its collector goes on."""
    home = tmp_path_factory.mktemp("enrolled")
    collector = Collector(home / "collector")
    collector.serve()
    agent = Agent(home / "agent")
    agent.enrol(collector)
    yield home / "agent" / "state"
    collector.stop()


def no_identity(state: Path, _: ExitStack) -> dict[str, str]:
    for path in state.glob("identity*.json"):
        path.unlink()
    return {}


def damaged_identity(state: Path, _: ExitStack) -> dict[str, str]:
    for path in state.glob("identity*.json"):
        path.write_bytes(b"\0" * 50)
    return {}


def in_use(state: Path, stack: ExitStack) -> dict[str, str]:
    import fcntl  # noqa: PLC0415 - Linux only, as these tests

    lock = stack.enter_context((state / "lock").open("rb+"))
    fcntl.flock(lock, fcntl.LOCK_EX)
    return {}


def link(state: Path, _: ExitStack) -> dict[str, str]:
    elsewhere = state.with_name("elsewhere")
    elsewhere.symlink_to(state)
    return {"STATE": str(elsewhere)}


RUN = {
    "never enrolled": (no_identity, "is not enrolled"),
    "never enrolled, in Vietnamese": (no_identity, "máy này chưa được thêm vào phòng nào"),
    "the identity is lost": (damaged_identity, "are damaged"),
    "another one runs": (in_use, "is in use by another agent"),
    "others may write": (loose, "can be written by others"),
    "the state is a link": (link, "is a symbolic link"),
    "the state is a link, in Vietnamese": (link, "là liên kết; hãy ghi chính thư mục đó"),
    "the state is a file": (setting(STATE="/etc/hostname"), "/etc/hostname"),
    "no certificate": (setting(CA="/nowhere/ca.pem"), "/nowhere/ca.pem"),
    "a plain address": (setting(COLLECTOR="http://192.0.2.1:8801"), "http://"),
    "no such probe": (setting(DISABLED="dancing"), "dancing"),
    "a value that is none": (setting(BEAT="often"), "SCHOOLDRUM_BEAT = 'often'"),
    "no configuration file": (setting(CONFIG="/nowhere/agent.toml"), "/nowhere/agent.toml"),
}


@pytest.mark.parametrize("case", RUN)
def test_run_refuses_with_a_code_and_a_sentence(enrolled: Path, tmp_path: Path, case: str):
    spoil, sentence = RUN[case]
    state = tmp_path / "state"
    subprocess.run(["cp", "-a", str(enrolled), str(state)], check=True)
    with ExitStack() as stack:
        usual = {"STATE": str(state), "SHARED_CODE": "true", "LADDER": "collector", "PROXY": "none"}
        settings = usual | {"CONFIG": os.devnull} | spoil(state, stack)
        environment = {f"SCHOOLDRUM_{key}": value for key, value in settings.items()}
        done = ended([*AGENT, "run"], environment)
    assert done.returncode == 1, done.stdout + done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("program", [COLLECTOR, AGENT])
@pytest.mark.parametrize("words", [["run", "--nonsense"], ["serve", "--nonsense"], ["nonsense"], []])
def test_what_is_not_understood_ends_with_2(program: tuple[str, ...], words: list[str]):
    done = ended([*program, *words], {"SCHOOLDRUM_CONFIG": os.devnull, "SCHOOLDRUM_COLLECTOR_CONFIG": os.devnull})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
