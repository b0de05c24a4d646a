"""`try`: everything on this machine: a collector, a school DEMO, and this very machine enrolled by a real agent.

Collector and agent are child processes, stopped in order: the agent first, for its goodbye must still be heard.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
from platformdirs import user_data_path

from schooldrum_collector.app.serving import Doors
from schooldrum_collector.commands.actions import PROGRAM
from schooldrum_collector.commands.call import Call, opened
from schooldrum_collector.commands.children import COLLECTOR, child, collector, holder, listening, opened_doors
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.tokens import make_token
from schooldrum_collector.config import PREFIX, Config, Misconfigured, load
from schooldrum_collector.speech import Say
from schooldrum_collector.store.lock import NAME as LOCK_FILE
from schooldrum_collector.store.records import MachineState, Room, School

SCHOOL, ROOM = "DEMO", "DEMO/main/tin1"
ENROL_SECONDS = 90.0
AGENT_STOP_SECONDS = 10.0
MARK_FILE = "tried.json"
_AGENT_LOCK_FILE = "lock"


class _Mark(msgspec.Struct, frozen=True):
    """Which machine of the register this machine became."""

    machine: str


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `try` takes."""
    parser.description = say(
        "Chạy máy chủ và phần mềm trên chính máy này, trong thư mục của người dùng (đổi bằng SCHOOLDRUM_HOME).",
        "Runs the collector and an agent on this machine, in the user's data directory (SCHOOLDRUM_HOME changes it).",
    )


def run(given: argparse.Namespace, call: Call) -> int:
    """Runs until Ctrl-C; the second time it goes on with the same data."""
    del given
    say, home = call.say, _home(call.environ)
    environ = _environment(call.environ, home)
    call = msgspec.structs.replace(call, config=_configured(call, home, environ))
    _demand_nobody_else(call, home)
    with listening() as events, collector(call, environ, events, "serve", "--open", "--json"):
        doors = opened_doors(call, events)
        if doors is None:
            return 0
        _enrol_once(call, doors, home, environ)
        # Named again each time: the ports may have been changed since this machine was added.
        towards = {**environ, "SCHOOLDRUM_COLLECTOR": doors.agents}
        with child(_agent(home, "run"), towards, "schooldrum-agent", events, AGENT_STOP_SECONDS):
            _tell(call, doors, home)
            last = events.get()
            call.console.remark(say("Đang dừng …", "Stopping …"))
    if last.ended:
        raise Failed(
            say(
                f"Chương trình {last.ended} đã tự kết thúc; xem các dòng phía trên.",
                f"The program {last.ended} has ended by itself; see the lines above.",
            )
        )
    call.console.line(say("Đã dừng cả hai.", "Both have stopped."))
    return 0


def _home(environ: Mapping[str, str]) -> Path:
    named = environ.get("SCHOOLDRUM_HOME", "").strip()
    return Path(named).expanduser().absolute() if named else user_data_path("schooldrum", appauthor=False)


def _environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """What a collector or an agent that is installed on this machine is told does not reach the trial."""
    ours = {f"{PREFIX}DATA", "SCHOOLDRUM_STATE", "SCHOOLDRUM_SPOOL", "SCHOOLDRUM_COLLECTOR"}
    return {
        **{name: value for name, value in environ.items() if name not in ours},
        f"{PREFIX}CONFIG": str(home / "collector.toml"),
        "SCHOOLDRUM_CONFIG": str(home / "agent.toml"),
        "SCHOOLDRUM_LOG_LEVEL": environ.get("SCHOOLDRUM_LOG_LEVEL", "warning"),
        # One PC alone has nobody to spread its first inventory against, and somebody waits for it.
        "SCHOOLDRUM_START_SPREAD": environ.get("SCHOOLDRUM_START_SPREAD", "0"),
        # The trial runs from wherever it was unpacked.
        "SCHOOLDRUM_SHARED_CODE": "true",
    }


def _configured(call: Call, home: Path, environ: Mapping[str, str]) -> Config:
    options = {"data": str(home / "collector"), "office_open": True, "language": call.say.language}
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("collector.toml", "agent.toml"):
            (home / name).touch(mode=0o600)
        return load(home / "collector.toml", environ, options)
    except Misconfigured as trouble:
        raise Failed("\n".join(problem.sentence(call.refuse) for problem in trouble.problems)) from trouble
    except OSError as trouble:
        raise Failed(
            call.refuse(
                f"{home}: {trouble.strerror}. Chọn thư mục khác bằng biến SCHOOLDRUM_HOME.",
                f"{home}: {trouble.strerror}. Choose another directory by the variable SCHOOLDRUM_HOME.",
            )
        ) from trouble


def _demand_nobody_else(call: Call, home: Path) -> None:
    """Two trials cannot share their data; both programs of the other one are named at once.

    Raises:
        Failed: a collector or an agent works there.
    """
    locks = {
        COLLECTOR: call.config.data / LOCK_FILE,
        "schooldrum-agent": home / "agent" / _AGENT_LOCK_FILE,
    }
    holders = {name: found for name, lock in locks.items() if (found := holder(lock))}
    if holders:
        names = ", ".join(f"{name} ({holder})" for name, holder in holders.items())
        stop = f"kill {' '.join(holders.values())}"
        raise Failed(
            call.refuse(
                f"Một lần dùng thử khác còn đang chạy trong {home}: {names}.\n"
                f"Bấm Ctrl-C ở cửa sổ của nó, hoặc chạy: {stop}",
                f"Another trial is still running in {home}: {names}.\nPress Ctrl-C in its window, or run: {stop}",
            )
        )


def _agent(home: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "schooldrum_agent", *words, "--state", str(home / "agent")]


def _enrol_once(call: Call, doors: Doors, home: Path, environ: Mapping[str, str]) -> None:
    """Enrols this machine unless the register still has the machine it became the last time."""
    mark = home / MARK_FILE
    with opened(call) as store:
        with store.writing() as writer:
            if writer.school(SCHOOL) is None:
                writer.put_school(School(code=SCHOOL, name=call.say("Trường dùng thử", "Trial school")))
            if writer.room(ROOM) is None:
                code = ROOM.rpartition("/")[2]
                room = Room(school=SCHOOL, code=code, name=call.say("Phòng Tin 1", "Tin 1 lab"), seats=40)
                writer.put_room(room)
        known = store.register().machines.get(_marked(mark))
        if known is not None and known.state is not MachineState.RETIRED and (home / "agent").exists():
            return
        call.console.remark(call.say("Thêm máy này vào trường DEMO …", "Adding this machine to the school DEMO …"))
        token, record = make_token(store, call, ROOM, uses=1, days=1)
        _enrol(call, [*_agent(home, "enrol"), "--collector", doors.agents], str(token), environ)
        with store.writing() as writer:
            machines = writer.enrolled_by(record.id)
    if machines:
        mark.write_bytes(msgspec.json.encode(_Mark(machines[0])))


def _marked(mark: Path) -> str:
    try:
        return msgspec.json.decode(mark.read_bytes(), type=_Mark).machine
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _enrol(call: Call, command: list[str], token: str, environ: Mapping[str, str]) -> None:
    try:
        ended = subprocess.run(  # noqa: S603 - our own program, by absolute path
            command,
            env=dict(environ),
            input=token.encode() + b"\n",
            stdout=subprocess.DEVNULL,
            timeout=ENROL_SECONDS,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise Failed(call.refuse("Thêm máy này quá lâu.", "Adding this machine took too long.")) from None
    if ended.returncode:
        raise Failed(
            call.refuse(
                "Không thêm được máy này; lý do ở các dòng trên.",
                "This machine could not be added; the lines above say why.",
            )
        )


def _tell(call: Call, doors: Doors, home: Path) -> None:
    say, console = call.say, call.console
    program = Path(sys.executable).with_name(PROGRAM)
    name = str(program) if program.exists() else PROGRAM
    options = f"--config {home / 'collector.toml'} --data {call.config.data}"
    console.line()
    console.line(say("Schooldrum đang chạy thử trên máy này. Dừng: Ctrl-C.", "Schooldrum is on trial. Stop: Ctrl-C."))
    console.table(
        (),
        [
            (say("Trang", "Pages"), f"{doors.office}/"),
            (say("Số đo của máy này", "This machine's figures"), f"{doors.office}/metrics/schools/{SCHOOL}"),
            (say("Cho Prometheus", "For Prometheus"), f"{doors.office}/sd/schools"),
            (say("Cửa máy trường", "Agents door"), doors.agents),
            (say("Dữ liệu", "Data"), str(home)),
        ],
    )
    console.line()
    console.line(say("Việc tiếp theo, ở một cửa sổ khác:", "What to do next, in another window:"))
    console.line(f"  {name} machines list {options}")
    console.line(f"  {name} token new --room {SCHOOL}/tin1 {options}")
    console.out.flush()
