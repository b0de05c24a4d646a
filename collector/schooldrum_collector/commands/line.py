"""Which command is meant by the words on the line, in which language, with which configuration."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from schooldrum_collector.commands.actions import PROGRAM, example_line
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Console, Failed
from schooldrum_collector.config import Config, Misconfigured, language_named, load
from schooldrum_collector.speech import EITHER, Say
from schooldrum_wire.settings import LANGUAGES
from schooldrum_wire.usage import parsed
from schooldrum_wire.version import VERSION

_FROM_COMMAND_LINE = "config_"


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command: the module under `commands` that holds it, what it is for, and an example."""

    module: str
    help: tuple[str, str]
    example: str
    arguments: str = "arguments"
    run: str = "run"


COMMANDS = {
    "serve": Command(module="serve", help=("chạy máy chủ tổng hợp", "runs the collector"), example="serve"),
    "try": Command(
        module="trying",
        help=("dùng thử: máy chủ và một máy thật ngay trên máy này", "tries everything out on this machine"),
        example="try",
    ),
    "demo": Command(
        module="demo",
        help=("khu vực mẫu 30 trường mô phỏng; làm hỏng thử", "a simulated area of 30 schools; breaks things in it"),
        example="demo cut room",
    ),
    "import": Command(
        module="importing",
        help=("nhập khu vực, trường, phòng từ CSV, XLSX", "imports areas, schools, rooms from CSV, XLSX"),
        example="import truong.xlsx phong.csv --dry-run",
    ),
    "school": Command(
        module="places",
        help=("thêm, liệt kê trường; liên kết cho giáo viên", "adds, lists schools; links for teachers"),
        example='school add --code BM --name "THCS Bình Minh"',
        arguments="school_arguments",
        run="run_school",
    ),
    "room": Command(
        module="places",
        help=("thêm, liệt kê phòng", "adds, lists rooms"),
        example='room add --school BM --room tin1 --name "Phòng Tin 1" --seats 40',
        arguments="room_arguments",
        run="run_room",
    ),
    "token": Command(
        module="tokens",
        help=("mã cài đặt của phòng", "install codes of rooms"),
        example="token new --room BM/tin1",
    ),
    "machines": Command(
        module="machines",
        help=("các máy: xem, duyệt, chuyển, gộp, ngừng theo dõi", "PCs: list, show, approve, move, merge, retire"),
        example="machines show BM/tin1-07",
    ),
    "software": Command(
        module="software",
        help=("phần mềm trên các máy; danh sách cấm, duyệt", "programs on PCs; forbidden and approved ones"),
        example="software list --scope BM",
    ),
    "posture": Command(
        module="posture",
        help=("mục kiểm tra an toàn đòi hỏi gì ở mỗi nơi", "what the safety checks ask for at a place"),
        example="posture show --scope BM",
    ),
    "settings": Command(
        module="settings",
        help=("cài đặt gửi tới các máy", "settings that PCs are granted"),
        example="settings set --scope BM beat=120",
    ),
    "calendar": Command(
        module="calendar",
        help=("lịch năm học, ngày nghỉ, bảo trì", "the school year, closed days, maintenance"),
        example="calendar show BM --month 2026-11",
    ),
    "incidents": Command(
        module="incidents",
        help=("sự cố: đang xảy ra và đã qua, trả lời, tiếp nhận", "incidents: going on and past; answers"),
        example="incidents list --open",
    ),
    "rules": Command(
        module="rules",
        help=("luật cho Prometheus, đường báo tin cho Alertmanager", "rules for Prometheus, routes for Alertmanager"),
        example="rules --directory /etc/prometheus/schooldrum",
    ),
    "contacts": Command(
        module="contacts",
        help=("người nhận tin báo, theo vai trò và địa chỉ", "who is told of incidents, by role and address"),
        example="contacts list",
    ),
    "messages": Command(
        module="messages",
        help=("tin báo đã gửi, đang chờ; gửi thử", "messages sent and waiting; a trial"),
        example="messages list --waiting",
    ),
    "data": Command(
        module="data",
        help=("các bảng số liệu nền: hết hỗ trợ, bản dựng Windows", "the lists of facts: end of support, builds"),
        example="data show",
    ),
    "check": Command(
        module="check", help=("kiểm tra số liệu và cấu hình", "checks the store and the set-up"), example="check"
    ),
    "config": Command(
        module="configuration",
        help=("cấu hình đang dùng, tệp mẫu", "the configuration in use, a sample file"),
        example="config --sample",
    ),
}


def _common(say: Say) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(prog=PROGRAM, add_help=False, allow_abbrev=False)
    # SUPPRESS: given before the command, a value must not be overwritten by the default of the same option behind it.
    common.add_argument(
        "--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help=say("tệp cấu hình", "configuration file")
    )
    common.add_argument(
        "--data",
        dest="config_data",
        metavar="DIR",
        default=argparse.SUPPRESS,
        help=say("thư mục số liệu", "directory of the data"),
    )
    common.add_argument(
        "--lang",
        dest="config_language",
        choices=LANGUAGES,
        default=argparse.SUPPRESS,
        help=say("ngôn ngữ; nếu không ghi thì theo cấu hình", "language; else as configured"),
    )
    return common


def _parser(say: Say, chosen: str | None) -> argparse.ArgumentParser:
    common = _common(say)
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        parents=[common],
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=say(
            "Máy chủ tổng hợp Schooldrum: nhận số liệu từ các máy trường và cho văn phòng xem.",
            "The Schooldrum collector: takes in what schools' PCs report, and shows it to the office.",
        ),
        epilog=example_line(say, "try"),
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"{PROGRAM} {VERSION}",
        help=say("hiện số phiên bản", "show program's version number and exit"),
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        one = commands.add_parser(
            name,
            parents=[common],
            allow_abbrev=False,
            help=say(*command.help),
            description=say(*command.help),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=example_line(say, command.example),
        )
        one.set_defaults(parser=one)
        # Only the command that is meant is imported: `token list` need not wait for the web server's libraries.
        if name == chosen:
            getattr(_module(command), command.arguments)(one, say)
    return parser


def _module(command: Command) -> Any:
    return importlib.import_module(f"schooldrum_collector.commands.{command.module}")


def _configuration(given: argparse.Namespace) -> Config:
    values = {
        name.removeprefix(_FROM_COMMAND_LINE): value
        for name, value in vars(given).items()
        if name.startswith(_FROM_COMMAND_LINE) and value is not None
    }
    return load(getattr(given, "config", None), os.environ, values)


def _language(given: argparse.Namespace) -> str:
    """The language that the line names, else the configuration, also where that is wrong; empty where nobody does."""
    return str(getattr(given, "config_language", "")) or language_named(getattr(given, "config", None), os.environ)


def _languages(given: argparse.Namespace) -> tuple[str, ...]:
    """In which languages a wrong line is complained of, the first being the help's: both where nobody names one."""
    named = _language(given)
    return (named,) if named else tuple(one.language for one in EITHER.each)


def _understood(words: list[str], asked: argparse.Namespace, say: Say) -> argparse.Namespace:
    """The line as its command takes it, beside what was taken out of it before.

    Raises:
        SystemExit: as argparse ends.
    """
    chosen = next((word for word in words if word in COMMANDS), None)
    given, unknown = _parser(say, chosen).parse_known_args(words, namespace=argparse.Namespace(**vars(asked)))
    if unknown:
        # The library lets the outermost parser say it, whose usage names no option of the command.
        extra = " ".join(unknown)
        given.parser.error(say(f"không hiểu: {extra}", f"unrecognized arguments: {extra}"))
    return given


def main(arguments: Sequence[str], *, now: Callable[[], float]) -> int:
    """Runs one command; returns 0 (done), 1 (could not) or 2 (not understood; argparse exits by itself)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A Windows console of an English system would refuse Vietnamese letters.
            stream.reconfigure(encoding="utf-8", errors="replace")
    # Taken out first: these may stand anywhere on the line, and until they are known it is the configured language.
    asked, words = parsed(
        _languages(argparse.Namespace()), lambda one: _common(Say(one)).parse_known_args(list(arguments))
    )
    languages = _languages(asked)
    say = Say(languages[0])
    refuse = say if len(languages) == 1 else EITHER
    asked = parsed(languages, lambda one: _understood(words, asked, Say(one)))
    console = Console(say=say, out=sys.stdout, err=sys.stderr, answers=sys.stdin)
    try:
        config = _configuration(asked)
    except Misconfigured as trouble:
        return _refused(console, "\n".join(problem.sentence(refuse) for problem in trouble.problems))
    command = COMMANDS[asked.command]
    call = Call(config=config, console=console, refuse=refuse, now=now, environ=os.environ)
    try:
        code = int(getattr(_module(command), command.run)(asked, call))
        sys.stdout.flush()
    except Failed as trouble:
        return _refused(console, str(trouble))
    except BrokenPipeError:
        # Whoever read the other end (head, less) has seen enough; Python would complain once more when it exits.
        _silence()
        return 1
    except OSError as trouble:
        if trouble.filename is not None:
            raise
        # What it printed could not be kept: a full disk behind `> file`.
        _silence()
        why = trouble.strerror or str(trouble)
        return _refused(console, refuse(f"Không in ra được hết: {why}.", f"Not all could be printed: {why}."))
    return code


def _silence() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused(console: Console, sentences: str) -> int:
    for line in sentences.splitlines():
        console.remark(line)
    return 1
