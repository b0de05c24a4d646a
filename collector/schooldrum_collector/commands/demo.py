"""`demo`: a simulated area on this machine, and what can be broken in it from a second window."""

import argparse
import shlex
import sys
from pathlib import Path

import msgspec

from schooldrum_collector.app.doors import Unopenable, try_doors
from schooldrum_collector.app.serving import Doors, Unstartable, serve
from schooldrum_collector.commands.actions import PROGRAM, Actions
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.children import Event, Events, collector, listening, next_of, opened_doors
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.demo_beside import Beside, alertmanager, prometheus
from schooldrum_collector.commands.demo_crew import Simulation, furnished, simulation
from schooldrum_collector.commands.demo_cut import cut, cut_arguments, listed, mend, mend_arguments
from schooldrum_collector.commands.demo_home import Home, Running, configured, environment, home_of
from schooldrum_collector.commands.demo_past import staffed
from schooldrum_collector.demo.area import BEAT, SCHOOLS
from schooldrum_collector.judge.presence import GRACE_SECONDS
from schooldrum_collector.speech import Say, told


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `demo` takes."""
    actions = Actions(parser, say, "start|cut|mend|list|collector")
    start = actions.add(
        "start",
        "chạy khu vực mẫu trên máy này, đến khi bấm Ctrl-C",
        "runs the sample area on this machine, until Ctrl-C",
        example="demo start",
    )
    start.add_argument(
        "--schools",
        type=int,
        default=SCHOOLS,
        metavar="N",
        help=say(f"số trường, 3 đến {SCHOOLS} (mặc định {SCHOOLS})", f"schools, 3 to {SCHOOLS} (default {SCHOOLS})"),
    )
    start.add_argument(
        "--quiet-day",
        action="store_true",
        help=say("không tự gây sự cố nào", "without incidents of its own"),
    )
    start.add_argument(
        "--alone",
        action="store_true",
        help=say("không chạy kèm Prometheus và Alertmanager", "without Prometheus and Alertmanager beside it"),
    )
    cut_arguments(actions, say)
    mend_arguments(actions, say)
    actions.add("list", "đang hỏng những gì", "what is broken now", example="demo list")
    served = actions.add(
        "collector",
        "chỉ máy chủ tổng hợp của khu vực mẫu; demo start tự chạy lệnh này",
        "the sample area's collector alone; demo start runs it by itself",
        example="demo collector",
    )
    served.set_defaults(config_office_open=True)


def run(given: argparse.Namespace, call: Call) -> int:
    """`demo start`, `demo cut`, `demo mend`, `demo list`, `demo collector`."""
    home = home_of(call.environ)
    match given.action:
        case "start":
            return _start(given, call, home)
        case "collector":
            return _serve(call)
        case "cut":
            return cut(given, call, home)
        case "mend":
            return mend(given, call, home)
        case _:
            return listed(call, home)


def _serve(call: Call) -> int:
    def opened(doors: Doors) -> None:
        call.console.json_line(doors)
        call.console.out.flush()

    try:
        # No PC of the simulation waits longer than a beat before it tries again: nobody needs the long grace.
        serve(
            call.config,
            now=call.now,
            say=call.say,
            refuse=call.refuse,
            opened=opened,
            head_start=float(GRACE_SECONDS),
        )
    except Unstartable as trouble:
        raise Failed(str(trouble)) from trouble
    return 0


def _start(given: argparse.Namespace, call: Call, home: Home) -> int:
    if not 3 <= given.schools <= SCHOOLS:  # noqa: PLR2004 - fewer have no provider in common
        raise Failed(call.refuse(f"--schools: từ 3 đến {SCHOOLS}.", f"--schools: 3 to {SCHOOLS}."))
    environ = environment(call.environ, home)
    call = configured(call, home, environ)
    if number := home.holder():
        raise Failed(
            call.refuse(
                f"Khu vực mẫu đang chạy ở cửa sổ khác ({number}). Bấm Ctrl-C ở đó trước.",
                f"The sample area is running in another window ({number}). Press Ctrl-C there first.",
            )
        )
    home.tell(None)
    try:
        # Half a day is played first: who has a port is told before that.
        try_doors(call.config)
    except Unopenable as trouble:
        raise Failed(told(trouble, call.refuse)) from trouble
    staff = staffed(call, home, furnished(call, given.schools), quiet=given.quiet_day)
    with (
        listening() as events,
        alertmanager(call, home, events, wanted=not given.alone) as alerting,
        collector(call, _told(environ, call, alerting), events, "demo", "collector"),
    ):
        doors = opened_doors(call, events)
        if doors is None:
            return 0
        with (
            prometheus(call, home, events, doors, alerting, wanted=not given.alone) as measuring,
            simulation(call, home, doors, staff, events) as playing,
        ):
            running = Running(
                office=doors.office,
                schools=given.schools,
                past=staff.has_past,
                prometheus=measuring.url,
                alertmanager=alerting.url,
            )
            last = _played(call, home, running, playing=playing, beside=(measuring, alerting), events=events)
    return _ended(call, last, playing)


def _told(environ: dict[str, str], call: Call, alerting: Beside) -> dict[str, str]:
    """The collector's environment: the office door's own address for links, and Alertmanager where one runs."""
    listen = call.config.office_listen
    more = {"SCHOOLDRUM_COLLECTOR_OFFICE_URL": f"http://{listen}"} if listen.port else {}
    if alerting.url:
        more["SCHOOLDRUM_COLLECTOR_ALERTMANAGERS"] = alerting.url
    return {**environ, **more}


def _played(
    call: Call,
    home: Home,
    running: Running,
    *,
    playing: Simulation,
    beside: tuple[Beside, Beside],
    events: Events,
) -> Event:
    """Until a person, or a program by its end, wants to stop."""
    say = call.say
    early = playing.ready(events)
    if early is not None:
        return early
    running = msgspec.structs.replace(running, day=playing.begin())
    home.tell(running)
    try:
        _tell(call, home, running, playing.pcs, beside)
        last = next_of(call, events)
    finally:
        home.tell(None)
    call.console.remark(say("Đang dừng …", "Stopping …"))
    return last


def _ended(call: Call, last: Event, playing: Simulation) -> int:
    if last.ended:
        why = f" {playing.trouble}" if playing.trouble else ""
        raise Failed(
            call.say(
                f"{last.ended} đã tự kết thúc; xem các dòng phía trên.{why}",
                f"{last.ended} has ended by itself; see the lines above.{why}",
            )
        )
    call.console.line(call.say("Đã dừng.", "Stopped."))
    return 0


def _tell(call: Call, home: Home, running: Running, pcs: int, beside: tuple[Beside, Beside]) -> None:
    say, console = call.say, call.console
    console.line()
    console.line(
        say(
            f"Khu vực mẫu (mô phỏng) đang chạy: {running.schools} trường, {pcs} máy, mỗi máy gửi {BEAT} giây một lần. "
            "Dừng: Ctrl-C.",
            f"The sample area (simulated) is running: {running.schools} schools, {pcs} PCs, each reports every {BEAT} "
            "seconds. Stop: Ctrl-C.",
        )
    )
    console.table(
        (),
        [
            (say("Trang", "Pages"), f"{running.office}/"),
            (say("Sự cố", "Incidents"), f"{running.office}/incidents"),
            *((one.name, one.url or one.why) for one in beside),
            ("Grafana", say("xem deploy/README.vi.md (compose)", "see deploy/README.md (compose)")),
            (say("Lệnh khác", "Other commands"), shlex.join(("--data", str(home.data), "--config", str(home.config)))),
        ],
    )
    console.line()
    console.line(say("Làm hỏng thử, ở một cửa sổ khác:", "Break something, in another window:"))
    name = _program()
    for words, vietnamese, english in (
        ("demo cut room", "bộ chia mạng của một phòng", "a room's switch"),
        ("demo cut line", "đường truyền của một trường", "a school's internet line"),
        ("demo cut power", "điện của một trường", "a school's power"),
        ("demo cut provider", "một nhà mạng", "an internet provider"),
        ("demo mend", "sửa lại những gì demo cut làm hỏng", "mends what demo cut has broken"),
    ):
        console.line(f"  {name} {words:<18}  # {say(vietnamese, english)}")
    console.out.flush()


def _program() -> str:
    beside = Path(sys.executable).with_name(PROGRAM)
    return str(beside) if beside.exists() else PROGRAM
