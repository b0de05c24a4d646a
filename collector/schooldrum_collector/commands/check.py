"""`check`: is what the collector keeps sound, and is its set-up complete."""

import argparse
import contextlib
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from schooldrum_collector.app.channels import Unusable as ChannelsUnusable
from schooldrum_collector.app.channels import load as load_channels
from schooldrum_collector.app.dated_lists import READERS, in_use
from schooldrum_collector.app.doors import office_tls
from schooldrum_collector.app.office_token import ANSWERS_FILE
from schooldrum_collector.app.office_token import FILE as TOKEN_FILE
from schooldrum_collector.commands.call import Call, opened
from schooldrum_collector.commands.posture import idle, scopes
from schooldrum_collector.data_directory import AUTHORITY_FILE
from schooldrum_collector.judge.expecting import is_planned
from schooldrum_collector.speech import Say, told
from schooldrum_collector.store import posture_rules, software_lists
from schooldrum_collector.store.office_file import Unusable as OfficeFileUnusable
from schooldrum_collector.store.records import Register
from schooldrum_collector.web.certificates import LEAF_FILE, Unusable, open_authority


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `check` takes."""
    parser.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))


def run(given: argparse.Namespace, call: Call) -> int:
    """Reads the whole store and looks at files and configuration; 1 where anything is wrong."""
    with opened(call) as store:
        register = store.register()
        wrong = [
            *store.check(call.say),
            *_files(call, relied_on=bool(register.machines)),
            *_set_up(call),
            *_rules(call),
        ]
    if given.json:
        call.console.json({"sound": not wrong, "wrong": wrong})
        return 1 if wrong else 0
    say = call.say
    call.console.line(
        say(
            f"{call.config.data}: {len(register.schools)} trường, {len(register.rooms)} phòng, "
            f"{len(register.machines)} máy.",
            f"{call.config.data}: {len(register.schools)} schools, {len(register.rooms)} rooms, "
            f"{len(register.machines)} PCs.",
        )
    )
    for sentence in wrong:
        call.console.line(f"! {sentence}")
    for sentence in _reminders(call, register):
        call.console.remark(sentence)
    if not wrong:
        call.console.line(say("Mọi thứ đều ổn.", "All is sound."))
    return 1 if wrong else 0


def _files(call: Call, *, relied_on: bool) -> Iterator[str]:
    say, directory = call.say, call.config.data
    if sys.platform != "win32":
        for name in (AUTHORITY_FILE, LEAF_FILE, TOKEN_FILE, ANSWERS_FILE):
            path = directory / name
            if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
                yield say(
                    f"{path}: tài khoản khác đọc được; chạy chmod 600 {path}",
                    f"{path}: others can read it; run chmod 600 {path}",
                )
    if relied_on or (directory / AUTHORITY_FILE).exists():
        try:
            authority = open_authority(directory, call.now(), relied_on=relied_on)
        except (Unusable, OSError) as trouble:
            yield told(trouble, say)
        else:
            until = authority.certificate.not_valid_after_utc.timestamp()
            if until < call.now():
                yield say("Chứng chỉ gốc của văn phòng đã hết hạn.", "The office's authority has expired.")


def _rules(call: Call) -> Iterator[str]:
    """What the office has written for judging, and cannot be used."""
    readers: tuple[Callable[[Path], object], ...] = (posture_rules.load, software_lists.load)
    for read in readers:
        try:
            read(call.config.data)
        except OfficeFileUnusable as trouble:
            yield from told(trouble, call.say).splitlines()
    for what in READERS:
        found = in_use(call.config.data, what)
        if found.refused:
            yield call.say(
                f"{found.refused_vietnamese}; đang dùng bảng kèm theo phần mềm. Nạp lại: data update TỆP, hoặc bỏ: "
                f"data reset {what}",
                f"{found.refused}; the shipped list is in use. Put in a whole one (data update FILE) or drop it: data "
                f"reset {what}",
            )


def _reminders(call: Call, register: Register) -> Iterator[str]:
    """What is no fault, but ought to be done."""
    now, room = call.now(), call.config.office_room
    if room and room not in register.rooms:
        yield call.say(
            f"office_room: chưa có phòng {room}; tạo phòng đó và cài agent lên máy cạnh máy chủ.",
            f"office_room: there is no room {room} yet; add it, and enrol a PC beside the server in it.",
        )
    with contextlib.suppress(OfficeFileUnusable):
        files = posture_rules.load(call.config.data)
        yield from idle(call.config.data / posture_rules.POLICY_FILE, scopes(files), register, call.say)
    with contextlib.suppress(OfficeFileUnusable):
        lists = software_lists.load(call.config.data)
        yield from idle(call.config.data / software_lists.POLICY_FILE, lists.policy.scopes, register, call.say)
    without = sorted(code for code in register.schools if not is_planned(register, code, now))
    if without:
        named = f"{', '.join(without[:5])}{' …' if len(without) > 5 else ''}"  # noqa: PLR2004 - enough to know where
        yield call.say(
            f"{len(without)} trường chưa có kế hoạch năm học này ({named}): tạm tính T2-T7, 07:00-17:00 và không báo "
            "theo phòng. Đặt cho cả khu vực: calendar set --scope KHU_VỰC tệp.toml; mẫu: calendar sample",
            f"{len(without)} schools have no plan for this school year ({named}): Mon-Sat, 07:00-17:00 is assumed, and "
            "no room is alarmed about. For an area: calendar set --scope AREA file.toml; a sample: calendar sample",
        )


def _set_up(call: Call) -> Iterator[str]:
    say, config = call.say, call.config
    if not config.agents_listen.is_loopback and not config.agents_names:
        yield say(
            "agents_names còn trống: máy trường không có tên nào để gọi tới mà khớp chứng chỉ.",
            "agents_names is empty: PCs have no name to call that the certificate holds.",
        )
    if config.channels_file is not None:
        try:
            load_channels(config.channels_file, say)
        except ChannelsUnusable as trouble:
            yield from str(trouble).splitlines()
    try:
        office_tls(config)
    except OSError as trouble:
        yield f"office_certificate, office_key: {trouble.strerror or trouble}"
