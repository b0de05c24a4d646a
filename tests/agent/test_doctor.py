import re
import shutil
import ssl
import time
from pathlib import Path

import pytest
import trustme
from tests.agent.delivery_stand_in import Answering, Reply, connect_proxy, front, pem_of, server_context

from schooldrum_agent import doctor, pathway
from schooldrum_agent.clock import Clock
from schooldrum_agent.config import Config, load
from schooldrum_agent.disk_space import Space, space_at
from schooldrum_agent.state import Identity, open_state
from schooldrum_agent.step import Verdict

CLOCK = Clock(monotonic=time.monotonic, boottime=time.monotonic, wall=lambda: 1.8e9, boot="boot-1")


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here has the patience of a person at a PC."""
    monkeypatch.setattr(pathway, "SECONDS", 1.0)


def config_of(tmp_path: Path, **environ: str) -> Config:
    named = {f"SCHOOLDRUM_{key.upper()}": value for key, value in environ.items()}
    usual = {"SCHOOLDRUM_STATE": str(tmp_path / "state"), "SCHOOLDRUM_PROXY": "none", "SCHOOLDRUM_LADDER": "collector"}
    return load(None, {**usual, **named}, {})


def enrolled(config: Config, url: str, authority: str, *, state: str = "active", word: str = "delivered") -> None:
    kept = open_state(config.state)
    kept.keep_identity(
        Identity(
            machine="m-1",
            credential="c" * 43,
            place="DEMO/main/tin1",
            alias="tin1-07",
            state=state,
            collector=url,
            authority=authority,
        )
    )
    kept.note_delivery(word, "", 1.8e9 - 300)
    kept.close()


def told(config: Config, language: str) -> tuple[int, str]:
    lines: list[str] = []
    code = doctor.main(config, language, clock=CLOCK, say=lines.append)
    return code, "\n".join(lines)


def healthy(_: object) -> Reply:
    return Reply(200, b'{"status":"ok"}')


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    return server_context(authority.issue_cert("127.0.0.1"))


@pytest.mark.parametrize(("language", "well"), [("vi", "Mọi thứ đều tốt."), ("en", "Everything is well.")])
def test_where_everything_is_well_it_says_so(tmp_path, authority, context, language, well):
    with front(healthy, context) as server:
        config = config_of(tmp_path)
        enrolled(config, f"https://127.0.0.1:{server.port}", pem_of(authority))
        code, text = told(config, language)
    assert code == 0, text
    assert text.endswith(well)
    assert "DEMO/main/tin1, tin1-07" in text
    assert "c" * 43 not in text
    collector = {"vi": "Máy chủ tổng hợp", "en": "The collector (office server)"}[language]
    assert f"{collector}: " in text, "the way is climbed though reporting works"
    assert {"vi": "Quét mã", "en": "Scan this"}[language] not in text, "nobody needs a phone to bring it"


def test_a_pc_that_was_never_added_is_told_how(tmp_path):
    code, text = told(config_of(tmp_path), "vi")
    assert code == 1
    assert "schooldrum-agent enrol" in text
    assert "[ lỗi ]" in text
    assert "https:" not in text, "it comes with the install code: nothing to write by hand"


@pytest.mark.parametrize(
    ("answering", "secure", "words"),
    [(None, True, "refused the connection"), (healthy, False, "untouched")],
)
def test_what_stands_in_the_way_is_named(tmp_path, authority, answering: Answering | None, secure, words):
    stranger = server_context(trustme.CA().issue_cert("127.0.0.1"))
    config = config_of(tmp_path)
    with front(answering or healthy, stranger) as server:
        port = server.port
        enrolled(config, f"https://127.0.0.1:{port}", pem_of(authority))
        if not secure:
            code, text = told(config, "en")
    if secure:
        code, text = told(config, "en")
    assert code == 1
    assert words in text
    assert "[ fault ] Connecting to the collector" in text


def test_a_proxy_that_wants_a_login_is_named(tmp_path, authority):
    with connect_proxy(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as proxy:
        config = config_of(tmp_path, proxy=f"http://127.0.0.1:{proxy.port}")
        enrolled(config, "https://collector.example.vn:8801", pem_of(authority))
        code, text = told(config, "en")
    assert code == 1
    assert f"through 127.0.0.1:{proxy.port}" in text
    assert "The proxy wants a name and password" in text


@pytest.mark.parametrize(
    ("state", "word", "found"),
    [
        ("pending", "delivered", "waiting for the office's approval"),
        ("active", "credential", "no longer knows this PC"),
    ],
)
def test_what_the_running_agent_noted_is_told(tmp_path, authority, context, state, word, found):
    with front(healthy, context) as server:
        config = config_of(tmp_path)
        enrolled(config, f"https://127.0.0.1:{server.port}", pem_of(authority), state=state, word=word)
        code, text = told(config, "en")
    assert code == 1
    assert found in text


@pytest.mark.parametrize(("starts", "found"), [(0, "has not been started"), (1, "Is the program running?")])
def test_nothing_sent_yet_is_no_fault(tmp_path, authority, context, starts, found):
    with front(healthy, context) as server:
        config = config_of(tmp_path)
        enrolled(config, f"https://127.0.0.1:{server.port}", pem_of(authority), word="")
        for _ in range(starts):
            state = open_state(config.state)
            state.begin()
            state.close()
        code, text = told(config, "en")
    assert code == 0, text
    assert found in text
    assert text.endswith("No fault was found so far.")


def test_a_lost_identity_is_not_called_never_added(tmp_path):
    config = config_of(tmp_path)
    enrolled(config, "https://127.0.0.1:1", "")
    for name in ("identity.json", "identity.copy.json"):
        (config.state / name).write_bytes(b"\0" * 100)
    for _ in range(2):
        code, text = told(config, "en")
        assert code == 1
        assert "both files identity.json and identity.copy.json are damaged" in text
        # The agent moves damaged files aside; the second look must say the same.
        open_state(config.state).close()


def test_every_step_speaks_both_languages(tmp_path):
    for step in doctor.examine(config_of(tmp_path), clock=CLOCK):
        assert set(step.title) == set(step.found) == {"vi", "en"}
        assert step.verdict in set(Verdict)


@pytest.mark.parametrize(
    ("free", "files", "writable", "verdict", "words"),
    [
        (8 << 30, 10_000, True, Verdict.GOOD, "8.0 GiB left"),
        (8 << 30, None, True, Verdict.GOOD, "8.0 GiB left"),
        (64 << 20, 10_000, True, Verdict.GOOD, "64.0 MiB left"),
        ((64 << 20) - 1, 10_000, True, Verdict.BAD, "is nearly full"),
        ((1 << 20) - 1, 10_000, True, Verdict.BAD, "is full (1.0 MiB left)"),
        (0, 0, True, Verdict.BAD, "takes no more files (0 left)"),
        (8 << 30, 3, True, Verdict.BAD, "takes no more files (3 left)"),
        (8 << 30, 10_000, False, Verdict.BAD, "is read-only"),
    ],
)
def test_what_is_left_on_the_disk_is_told(free, files, writable, verdict, words):
    step = doctor._disk_step(Space(directory=Path("/state"), free=free, files=files, writable=writable))
    assert (step.verdict, set(step.found)) == (verdict, {"vi", "en"})
    assert words in step.found["en"]
    assert not re.search(r"[0-9]\.[0-9]", step.found["vi"]), "Vietnamese writes 8,0"


def test_the_disk_is_looked_at_before_anything_is_there(tmp_path):
    space = space_at(tmp_path / "not" / "there" / "yet")
    assert space is not None
    assert (space.directory, space.writable) == (tmp_path, True)
    assert 0 < space.free <= shutil.disk_usage(tmp_path).total
    assert next(iter(doctor.examine(config_of(tmp_path), clock=CLOCK))).title["en"] == "Room on the disk"
