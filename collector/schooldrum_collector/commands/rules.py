"""`rules`: Prometheus' rules and Alertmanager's configuration, written from the register, the calendar and the code."""

import argparse
import os
import stat
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from schooldrum_collector.commands.call import Call, opened
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.judge.calendar import DEFAULT_ZONE, time_zone
from schooldrum_collector.show import message_templates, receivers, rule_document
from schooldrum_collector.show.receivers import Receivers, Unusable, read, sample, strangers
from schooldrum_collector.show.routes import configuration
from schooldrum_collector.show.rules import GROUPS
from schooldrum_collector.show.written_yaml import Unreadable, understood, written
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Register

ALERTMANAGER = "alertmanager.yml"
_MODE = 0o640
"""Passwords of the office's receivers may stand in Alertmanager's file: others do not read it."""


class _File(msgspec.Struct, frozen=True):
    """A file as it stands: its text, its permissions (None: there is none)."""

    text: str
    mode: int | None


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `rules` takes."""
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(),
        metavar="D",
        help=say(
            "nơi ghi; người nhận tin ghi trong D/receivers.yml (mặc định: thư mục hiện tại)",
            "where they are written; who is told stands in D/receivers.yml (default: the current directory)",
        ),
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help=say("không ghi, chỉ cho biết tệp nào đã cũ", "writes nothing, says which files are behind"),
    )


def run(given: argparse.Namespace, call: Call) -> int:
    """`rules`, `rules --check`: 1 where a receiver is nobody's, or where a file is behind that was only to be checked.

    All else is written even so: one name that is wrong, or a school that is gone, holds nobody else's messages up.
    """
    directory = given.directory.absolute()
    # Read before the account is changed to the collector's, which then writes.
    told = _standing(call, directory / receivers.FILE)
    text = told.text if told.mode is not None else sample(call.say)
    try:
        known = read(text, call.say)
    except Unusable as trouble:
        raise Failed(f"{directory / receivers.FILE}: {trouble}") from trouble
    with opened(call) as store:
        register = store.register()
        mode = _MODE if told.mode is None else told.mode
        wanted = {
            rule_document.FILE: (rule_document.rules_file(GROUPS, **_language(call)), 0o644),
            ALERTMANAGER: (_alertmanager(call, register, known), mode),
            message_templates.FILE: (message_templates.templates(call.say), 0o644),
        }
        if told.mode is None:
            wanted[receivers.FILE] = (text, _MODE)
        behind = [name for name, (new, _) in wanted.items() if _standing(call, directory / name).text != new]
        if not given.check:
            _write(call, directory, {name: wanted[name] for name in behind})
    _tell(call, directory, behind, checked=given.check)
    if known.names == {"office"}:
        call.console.remark(
            call.say(
                f"{receivers.FILE}: mới có office; mọi tin báo đều tới đó.",
                f"{receivers.FILE}: there is only office; every message goes there.",
            )
        )
    _refuse_strangers(call, strangers(register, known.names), checked=given.check)
    return 1 if given.check and behind else 0


def _language(call: Call) -> dict[str, str]:
    return {"language": call.config.language, "grafana": call.config.grafana_url}


def _today(call: Call) -> date:
    return datetime.fromtimestamp(call.now(), UTC).astimezone(time_zone(DEFAULT_ZONE)).date()


def _alertmanager(call: Call, register: Register, known: Receivers) -> str:
    """Alertmanager's whole file: what this command knows, then the office's receivers word for word.

    Raises:
        Failed: the two do not make one document (receivers.yml is written in another manner).
    """
    head = call.say(
        "Do schooldrum-collector rules ghi ra. Sửa người nhận trong receivers.yml, rồi chạy lại lệnh đó.",
        "Written by schooldrum-collector rules. Change who is told in receivers.yml, then run it again.",
    )
    made = configuration(register, known.names, today=_today(call))
    text = f"{written(made, head)}\n{known.text}"
    try:
        is_one = made.keys() < understood(text).keys()
    except Unreadable:
        is_one = False
    if not is_one:
        raise Failed(
            call.say(
                f"{receivers.FILE}: các khóa phải bắt đầu ở đầu dòng, không có dòng --- và không nằm trong {{ }}.",
                f"{receivers.FILE}: its keys must begin at the beginning of lines, not in {{ }}, without a line ---.",
            )
        )
    return text


def _standing(call: Call, path: Path) -> _File:
    try:
        with path.open(encoding="utf-8-sig") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            return _File(file.read(receivers.MOST_CHARACTERS * 16), mode)
    except FileNotFoundError:
        return _File("", None)
    except (OSError, ValueError) as trouble:
        raise Failed(
            call.say(f"{path}: không đọc được ({trouble}).", f"{path}: cannot be read ({trouble}).")
        ) from trouble


def _write(call: Call, directory: Path, files: Mapping[str, tuple[str, int]]) -> None:
    """Each file whole or not at all: Prometheus may be reading.

    Raises:
        Failed: with what to do.
    """
    try:
        directory.mkdir(mode=0o750, exist_ok=True)
        for name, (text, mode) in files.items():
            with NamedTemporaryFile("w", encoding="utf-8", dir=directory, prefix=f".{name}.", delete=False) as file:
                made = Path(file.name)
                try:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                    made.chmod(mode)
                    made.replace(directory / name)
                except BaseException:
                    made.unlink(missing_ok=True)
                    raise
    except OSError as trouble:
        account = call.config.data.owner() if os.name == "posix" else ""
        raise Failed(
            call.say(
                f"{directory}: không ghi được ({trouble.strerror or trouble}). Cần một thư mục mà tài khoản {account} "
                f"ghi được và Prometheus đọc được: install -d -o {account} -g prometheus -m 2750 {directory}",
                f"{directory}: cannot be written ({trouble.strerror or trouble}). It takes a directory that the "
                f"account {account} may write and Prometheus may read: "
                f"install -d -o {account} -g prometheus -m 2750 {directory}",
            )
        ) from trouble


def _tell(call: Call, directory: Path, behind: list[str], *, checked: bool) -> None:
    say, console = call.say, call.console
    if not behind:
        console.line(say(f"{directory}: đã đúng.", f"{directory}: up to date."))
        return
    for name in behind:
        state = say("đã cũ", "is behind") if checked else say("đã ghi", "is written")
        console.line(f"{directory / name}: {state}")
    if not checked:
        console.remark(
            say(
                "Để có hiệu lực: systemctl reload prometheus prometheus-alertmanager",
                "To put them in force: systemctl reload prometheus prometheus-alertmanager",
            )
        )


def _refuse_strangers(call: Call, unknown: list[str], *, checked: bool) -> None:
    """Ends in failure where receivers are nobody's: their messages go to others, and whoever wrote them has to know.

    Raises:
        Failed: there are some; the sentence names them.
    """
    if not unknown:
        return
    say, named = call.say, ", ".join(f"{name!r:.60}" for name in unknown)
    rest = "" if checked else say(" Phần còn lại đã đúng.", " All else is in place.")
    raise Failed(
        say(
            f"{receivers.FILE}: không ai được báo qua {named}: không phải vai trò, hoặc danh mục không có nơi đó."
            f"{rest} Sửa tên rồi chạy lại: tới lúc đó tin đi theo người nhận chung.",
            f"{receivers.FILE}: nobody is told by {named}: it is no role, or the register has no such place."
            f"{rest} Mend the name and run this again: until then the messages go to the more general receivers.",
        )
    )
