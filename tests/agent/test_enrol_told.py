"""What a person reads whose enrolment did not come off: each thing once, and what to do about it."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.agent.delivery_stand_in import Reply, Request, front

from schooldrum_wire.messages import EnrolAnswer, Trouble

PROGRAM = (sys.executable, "-m", "schooldrum_agent")
TOKEN = f"sd1.{'0' * 64}.abcdefgh.{'s' * 43}"
VIETNAMESE = "Mã cài đặt này không dùng được: hết lượt. Hãy xin mã mới."
ENGLISH = "This install code cannot be used: it is used up. Ask for a new one."


def enrolled(folder: Path, reply: Reply, language: str) -> subprocess.CompletedProcess[str]:
    def answer(_: Request) -> Reply:
        return reply

    (folder / "agent.toml").touch()
    own = {
        "PATH": os.environ["PATH"],
        "SCHOOLDRUM_STATE": str(folder / "state"),
        "SCHOOLDRUM_CONFIG": str(folder / "agent.toml"),
        "SCHOOLDRUM_PROXY": "none",
        "SCHOOLDRUM_SHARED_CODE": "true",
    }
    with front(answer) as server:
        return subprocess.run(
            [*PROGRAM, "enrol", "--lang", language, "--collector", f"http://127.0.0.1:{server.port}"],
            check=False,
            capture_output=True,
            text=True,
            input=TOKEN,
            env=own,
            timeout=60,
        )


@pytest.mark.parametrize(("language", "said"), [("vi", VIETNAMESE), ("en", ENGLISH)])
def test_what_is_wrong_with_an_install_code_is_said_once(tmp_path: Path, language: str, said: str):
    body = msgspec.json.encode(Trouble(error="token", message=f"{VIETNAMESE}\n{ENGLISH}"))
    done = enrolled(tmp_path, Reply(status=403, body=body), language)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == f"status 403: {said}"


@pytest.mark.parametrize(("language", "said"), [("vi", "Xin mã mới. (status 403)"), ("en", "new one. (status 403)")])
def test_where_nobody_says_what_is_wrong_with_it_the_agent_does(tmp_path: Path, language: str, said: str):
    done = enrolled(tmp_path, Reply(status=403, body=b"<html>"), language)
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.parametrize(("language", "advice"), [("vi", "hãy dời thư mục"), ("en", "move the folder")])
def test_a_folder_in_the_place_of_a_file_is_named_with_what_to_do(tmp_path: Path, language: str, advice: str):
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / "identity.json").mkdir()
    given = EnrolAnswer(machine="m1", credential="c" * 43, state="active", place="DEMO/main/tin1", alias="tin1-07")
    done = enrolled(tmp_path, Reply(status=201, body=msgspec.json.encode(given)), language)
    assert done.returncode == 1
    assert f"{advice} {tmp_path / 'state' / 'identity.json'}" in done.stderr
    assert "make room" not in done.stderr
    assert "dọn bớt" not in done.stderr
