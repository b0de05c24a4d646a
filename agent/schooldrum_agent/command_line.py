"""Which commands the agent has and what each takes, with help in the language of whoever reads it."""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schooldrum_agent.bedside import language_of
from schooldrum_agent.config import Config, Misconfigured
from schooldrum_agent.keys import PREFIX
from schooldrum_agent.sentence import Sentence
from schooldrum_wire.settings import LANGUAGES, Settings
from schooldrum_wire.version import VERSION

_SEATS = range(1000)


def _asked(words: Sequence[str], option: str) -> str:
    """What the line gives this option, read before it is known whether the line is right; empty where nothing."""
    found = ""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == option:
            found = value if equals else "".join(words[place + 1 : place + 2])
    return found


def in_one_language(words: Sequence[str], *sentences: Sentence) -> str:
    """Sentences in the language that the command line names, one a line; in both where it names none."""
    asked = _asked(words, "--lang")
    if asked not in LANGUAGES:
        return "\n".join(map(str, sentences))
    return "\n".join(one.english if asked == "en" else one.vietnamese for one in sentences)


def languages_asked(words: Sequence[str], config_of: Callable[[Mapping[str, str]], Config]) -> tuple[str, ...]:
    """In which languages complaints about the line are said, the first being the help's.

    More than one where neither the line nor this PC's configuration names one. Also where the configuration itself is
    the complaint.
    """
    asked = _asked(words, "--lang")
    if asked in LANGUAGES:
        return (asked,)
    given = {name: value for name in ("config", "state") if (value := _asked(words, f"--{name}"))}
    try:
        config = config_of(given)
    except Misconfigured:
        named, usual = os.environ.get(f"{PREFIX}LANGUAGE", ""), Settings().language
    else:
        named, usual = config.language, language_of(config)
    return (named,) if named in LANGUAGES else (usual, *(one for one in LANGUAGES if one != usual))


class _Commands:
    """The commands as they are declared, each with its help and an example, in one language."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._everywhere = argparse.ArgumentParser(add_help=False)
        self.parser = argparse.ArgumentParser(
            prog="schooldrum-agent",
            description=self.say(
                "Chương trình Schooldrum trên máy tính: đo máy này và gửi số liệu về máy chủ tổng hợp.",
                "Schooldrum's program on a PC: measures it and reports to the office's collector.",
            ),
        )
        self.parser.add_argument(
            "--version",
            action="version",
            version=f"schooldrum-agent {VERSION}",
            help=self.say("hiện số phiên bản", "show program's version number and exit"),
        )
        self._shared("--config", "config_path", "FILE", "tệp cấu hình", "the configuration file")
        self._shared(
            "--state",
            "state_path",
            "DIR",
            "thư mục tệp riêng của chương trình",
            "the directory of the agent's own files",
        )
        for parser in (self._everywhere, self.parser):
            parser.add_argument(
                "--lang",
                choices=LANGUAGES,
                default=argparse.SUPPRESS,
                help=self.say("ngôn ngữ; nếu không ghi thì theo cấu hình", "language; else as configured"),
            )
        # The library keeps this class to itself.
        self._into: Any = self.parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def say(self, vietnamese: str, english: str) -> str:
        """The one in the reader's language."""
        return english if self._language == "en" else vietnamese

    def _shared(self, name: str, into: str, metavar: str, vietnamese: str, english: str) -> None:
        self._everywhere.add_argument(name, dest=into, metavar=metavar, help=self.say(vietnamese, english))

    def add(self, name: str, vietnamese: str, english: str, *, example: str) -> argparse.ArgumentParser:
        """A command; the sentences say what it does."""
        sentence = self.say(vietnamese, english)
        parser: argparse.ArgumentParser = self._into.add_parser(
            name,
            help=sentence,
            description=f"{sentence[:1].upper()}{sentence[1:]}.",
            epilog=f"{self.say('ví dụ', 'example')}: schooldrum-agent {example}",
            parents=[self._everywhere],
        )
        return parser


def parser_in(language: str) -> argparse.ArgumentParser:
    """The whole command line, with its help in this language (vi or en)."""
    commands = _Commands(language)
    say = commands.say
    _declare_enrol(commands)
    commands.add(
        "run",
        "đo và gửi số liệu cho tới khi được dừng",
        "measure and report until stopped",
        example="run --config /etc/schooldrum/agent.toml",
    )
    once_only = commands.add(
        "once",
        "chạy mọi phép đo ngay bây giờ và cho xem những gì sẽ được gửi; không cần thêm máy trước",
        "run every probe now and show what would be sent; needs no enrolment",
        example="once --json",
    )
    once_only.add_argument("--json", action="store_true", help=say("dạng JSON", "as JSON"))
    recording = commands.add(
        "record",
        "ghi những gì các phép đo lấy được trên máy này thành dữ liệu thử, không có dữ liệu cá nhân",
        "write what the probes fetch on this PC, without personal data, as a test fixture",
        example="record ./dell-7010-windows10-vi",
    )
    recording.add_argument("directory", metavar="DIR", help=say("thư mục mới hoặc trống", "a new or empty directory"))
    doctor = commands.add(
        "doctor",
        "cho biết việc gửi số liệu có chạy không, nếu không thì vì sao, và đường ra Internet tới đâu",
        "say whether reporting works, if not why, and how far the way to the internet goes",
        example="doctor --lang vi",
    )
    doctor.add_argument(
        "--page",
        nargs="?",
        const="",
        metavar="FILE",
        help=say(
            "vẽ đường ra Internet thành một trang và mở trang đó", "draw the way to the internet as a page, and open it"
        ),
    )
    listing = commands.add(
        "probes",
        "liệt kê các phép đo, nhịp đo và câu hỏi của chúng",
        "list the probes, their pace and what they ask",
        example="probes --json",
    )
    listing.add_argument("--json", action="store_true", help=say("dạng JSON", "as JSON"))
    hosting = commands.add(
        "service",
        "đăng ký làm dịch vụ Windows, khởi động cùng máy",
        "make this a Windows service that starts with the PC",
        example="service install",
    )
    hosting.add_argument(
        "action",
        choices=("install", "remove"),
        help=say("đăng ký với Windows, hoặc gỡ ra", "register it with Windows, or take it out"),
    )
    configuration = commands.add(
        "config",
        "in một tệp cấu hình có mọi khóa",
        "print a configuration file with every key",
        example="config --sample > agent.toml",
    )
    configuration.add_argument(
        "--sample",
        action="store_true",
        required=True,
        help=say("tệp mẫu, mọi khóa đều là chú thích", "the sample, every key commented out"),
    )
    return commands.parser


def _declare_enrol(commands: _Commands) -> None:
    say = commands.say
    enrolling = commands.add(
        "enrol",
        "thêm máy này vào một phòng bằng mã cài đặt của cơ quan quản lý",
        "add this PC to a room, with an install code from the office",
        example="enrol --token-file code.txt --collector https://collector.example.vn:8801 --seat 7",
    )
    enrolling.add_argument(
        "--token-file",
        metavar="FILE",
        help=say(
            "tệp chứa mã cài đặt; không ghi thì nhập từ bàn phím", "file with the install code; else standard input"
        ),
    )
    enrolling.add_argument(
        "--token",
        metavar="CODE",
        help=say(
            "chính mã cài đặt: mọi người dùng của máy này đều đọc được ở đây",
            "the code itself: every user of this PC can read it here",
        ),
    )
    enrolling.add_argument(
        "--collector",
        metavar="URL",
        help=say(
            "địa chỉ máy chủ tổng hợp; không ghi thì theo cấu hình", "address of the collector; else as configured"
        ),
    )
    enrolling.add_argument(
        "--ca",
        metavar="FILE",
        help=say(
            "chứng chỉ (PEM) của cơ quan quản lý, khi không lấy được từ máy chủ",
            "the collector's authority (PEM), where it cannot be fetched",
        ),
    )

    def seat(text: str) -> int:
        if text.isascii() and text.isdigit() and int(text) in _SEATS:
            return int(text)
        raise argparse.ArgumentTypeError(
            say(f"{text!r} không phải số từ 0 đến {_SEATS[-1]}", f"{text!r} is no number from 0 to {_SEATS[-1]}")
        )

    enrolling.add_argument(
        "--seat",
        type=seat,
        default=0,
        metavar="N",
        help=say("số trên nhãn dán của máy; không ghi thì lấy số kế tiếp", "number on the PC's sticker; else the next"),
    )
