"""What a person can ask of the agent: enrol, once, record, probes, doctor, and a sample of the configuration."""

import argparse
import os
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Protocol

import msgspec

from schooldrum_agent import assembly, doctor, log, once, service, start_menu
from schooldrum_agent.bedside import language_of
from schooldrum_agent.climbing import LADDER
from schooldrum_agent.clock import Clock
from schooldrum_agent.command_line import in_one_language, languages_asked, parser_in
from schooldrum_agent.config import Config, check_probes
from schooldrum_agent.enrolment import enrol
from schooldrum_agent.faults import SENTENCES, Failed, Fault
from schooldrum_agent.identity import read_fingerprint
from schooldrum_agent.keys import sample
from schooldrum_agent.leash import program
from schooldrum_agent.private import InUse, NotPrivate
from schooldrum_agent.probe import Probe
from schooldrum_agent.probes import PROBES
from schooldrum_agent.proxy import find_proxy
from schooldrum_agent.questions import QUESTIONS
from schooldrum_agent.record import record
from schooldrum_agent.sentence import Sentence
from schooldrum_agent.state import Identity, open_state
from schooldrum_agent.trust import configured
from schooldrum_agent.uplink import read_endpoint
from schooldrum_wire.metric import Metric
from schooldrum_wire.section import Section
from schooldrum_wire.token import read_token
from schooldrum_wire.usage import parsed

_LARGEST_CODE = 4096


class Tell(Protocol):
    """Sentences as they were asked for, in one language or both (command_line.in_one_language)."""

    def __call__(self, *sentences: Sentence) -> str: ...  # noqa: D102 - as above


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe is to a person: the question it answers, its pace in seconds, and everything it may say.

    `every` and `disabled` are as this PC is configured; the collector's settings are not in it.
    """

    name: str
    asks: str
    every: int
    disabled: bool
    timeout: float
    child: bool
    systems: tuple[str, ...]
    metrics: tuple[str, ...]
    sections: tuple[str, ...]


def main(
    words: list[str],
    *,
    config_of: Callable[[Mapping[str, str]], Config],
    clock_of: Callable[[Config], Clock],
    run: Callable[[Mapping[str, str]], int],
) -> int:
    """Runs a command given in words; returns 0 (done), 1 (failed) or 2 (wrong usage).

    Raises:
        Misconfigured: the configuration cannot be used.
    """
    languages = languages_asked(words, config_of)
    language = languages[0]
    try:
        options = parsed(languages, lambda one: parser_in(one).parse_args(words))
    except SystemExit as ending:
        return int(ending.code or 0)
    given = {name: value for name in ("config", "state") if (value := getattr(options, f"{name}_path", None))}
    if options.command == "run":
        return run(given)
    tell = partial(in_one_language, words)
    if options.command == "service":
        return _service(options, given, config_of, tell)
    log.begin("warning")
    try:
        return _answer(options, lambda: config_of(given), clock_of, language, tell)
    except Failed as problem:
        if problem.fault is Fault.TOKEN and problem.said:
            # Of its install code the collector itself says what is wrong with it.
            return _fail(tell(problem.said))
        said = SENTENCES[problem.fault]
        behind = problem.said or Sentence(problem.detail, problem.detail)
        return _fail(tell(Sentence(f"{said['vi']} ({behind.vietnamese})", f"{said['en']} ({behind.english})")))
    except BrokenPipeError:
        raise
    except (NotPrivate, InUse) as problem:
        return _fail(tell(problem.sentence))
    except OSError as problem:
        # Ours have one sentence; the system's have a number, which tells a person nothing.
        why = f"{problem.filename}: {problem.strerror}" if problem.filename else problem.strerror or str(problem)
        return _fail(tell(Sentence(f"không làm được: {why}", f"it cannot be done: {why}")))


def _answer(
    options: argparse.Namespace,
    load: Callable[[], Config],
    clock_of: Callable[[Config], Clock],
    language: str,
    tell: Tell,
) -> int:
    if options.command == "config":
        _say(sample(os.environ, sys.platform))
        return 0
    config = load()
    for warning in config.warnings:
        log.warning(warning)
    if options.command == "probes":
        check_probes(config, tuple(probe.name for probe in PROBES))
        _say(probes_json(config) if options.json else probes_text(config, language))
        return 0
    if options.command == "doctor":
        show = None if options.page is None else partial(_show, Path(options.page) if options.page else None)
        return doctor.main(config, language, clock=clock_of(config), say=_say, show=show)
    clock = clock_of(config)
    if options.command == "once":
        return _once(config, clock, as_json=options.json, language=language)
    if options.command == "record":
        return _record(config, clock, Path(options.directory), tell)
    return _enrol(config, clock, options, tell)


def _service(
    options: argparse.Namespace, given: Mapping[str, str], config_of: Callable[[Mapping[str, str]], Config], tell: Tell
) -> int:
    try:
        if options.action == "remove":
            service.remove()
            start_menu.take_down()
            _say(tell(Sentence("Đã gỡ dịch vụ.", "The service was removed.")))
            return 0
        language = getattr(options, "lang", "") or language_of(config_of(given))
        extra = [word for name, value in given.items() for word in (f"--{name}", value)]
        missed = service.install([*program(), "service", "run", *extra])
        doctor_of_all = [*program(), "doctor", "--page", *extra]
        try:
            _say(str(start_menu.put_up([service.quoted(word) for word in doctor_of_all], doctor_of_all[0], language)))
        except start_menu.NoStartMenu as problem:
            missed.append(problem.sentence)
    except (service.ServiceTrouble, start_menu.NoStartMenu) as problem:
        return _fail(tell(problem.sentence))
    _say(
        tell(
            Sentence(
                "Đã đăng ký dịch vụ; khởi động: sc start Schooldrum",
                "The service is registered; start it: sc start Schooldrum",
            )
        )
    )
    for sentence in missed:
        _say(tell(sentence))
    return 0


def _say(text: str) -> None:
    print(text.rstrip("\n"))  # noqa: T201 - a command speaks to the person who gave it


def _show(path: Path | None, page: str) -> None:
    """Writes the page, to a file of this user's alone where none is named, and opens it where there is a screen."""
    if path is None:
        descriptor, name = tempfile.mkstemp(prefix="schooldrum-", suffix=".html")
        os.close(descriptor)
        path = Path(name)
        path.write_text(page, encoding="utf-8")
        webbrowser.open(path.as_uri())
    else:
        path.write_text(page, encoding="utf-8")
    _say(str(path))


def _fail(*lines: str) -> int:
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201 - a command speaks to the person who gave it
    return 1


def described(probe: Probe, config: Config) -> Described:
    """A probe with what the catalogue's topic of its name declares, at the pace that this configuration gives it."""
    # The ladder is climbed at the pace of the beat.
    own = (probe.name == LADDER and config.beat) or probe.every
    topic = vars(import_module(f"schooldrum_wire.catalogue.{probe.name}")).values()
    asks = (import_module(f"schooldrum_agent.probes.{probe.name}").__doc__ or "").strip().partition("\n")[0]
    return Described(
        name=probe.name,
        asks=asks,
        every=config.pace.get(probe.name) or own,
        disabled=probe.name in config.disabled,
        timeout=probe.timeout,
        child=probe.child,
        systems=tuple(sorted(probe.on)),
        metrics=tuple(one.name for one in topic if isinstance(one, Metric) and not one.by_collector and not one.until),
        sections=tuple(one.name for one in topic if isinstance(one, Section)),
    )


def probes_json(config: Config) -> str:
    """Every probe as JSON: a list of Described."""
    return msgspec.json.format(msgspec.json.encode([described(probe, config) for probe in PROBES]), indent=2).decode()


def probes_text(config: Config, language: str) -> str:
    """Every probe in two lines: name, pace, question; then its metrics and sections."""
    lines: list[str] = []
    width = max(len(probe.name) for probe in PROBES) + 2
    for one in (described(probe, config) for probe in PROBES):
        pace, child, asks = f"every {one.every} s", ", in a child process", one.asks
        off = "never (disabled)"
        if language != "en":
            pace, child = f"mỗi {one.every} giây", ", trong tiến trình riêng"
            off, asks = "không chạy (disabled)", QUESTIONS.get(one.name, one.asks)
        if one.disabled:
            pace, child = off, ""
        lines.append(f"{one.name:<{width}}{pace}{child if one.child else ''}: {asks}")
        lines.append(f"{'':<{width}}{', '.join((*one.metrics, *(f'[{name}]' for name in one.sections)))}")
    return "\n".join(lines)


def _once(config: Config, clock: Clock, *, as_json: bool, language: str) -> int:
    check_probes(config, tuple(probe.name for probe in PROBES))
    chosen = [probe for probe in PROBES if probe.name not in config.disabled]
    make = assembly.runner_of(config, clock, sys.platform, os.environ)
    findings = once.run_all(chosen, lambda post, found: make(post, found, dict), partial(_awaited, language))
    fence = assembly.fence_of(config, clock, sys.platform, None)
    fingerprint = read_fingerprint(assembly.doors_of(config, clock), sys.platform)
    what = once.shown(findings, fingerprint, fence)
    _say(once.as_json(what) if as_json else once.as_text(what, language))
    return 0


def _awaited(language: str, names: Sequence[str]) -> None:
    waiting = "Waiting for" if language == "en" else "Đang chờ"
    # Standard output is for what was found, which may be piped.
    print(f"{waiting}: {', '.join(names)}", file=sys.stderr, flush=True)  # noqa: T201 - as _say


def _record(config: Config, clock: Clock, directory: Path, tell: Tell) -> int:
    fence = assembly.fence_of(config, clock, sys.platform, None)
    try:
        written = record(directory, PROBES, assembly.doors_of(config, clock), fence)
    except OSError as problem:
        if problem.strerror is None:
            return _fail(tell(Sentence(f"{directory} không trống: hãy ghi một thư mục mới", str(problem))))
        path = problem.filename or directory
        return _fail(
            tell(
                Sentence(
                    f"{path}: {problem.strerror}; hãy ghi một thư mục mới ở nơi bạn ghi được, ổ đĩa còn chỗ",
                    f"{path}: {problem.strerror}; name a new directory where you may write, with room on its disk",
                )
            )
        )
    for path in written:
        _say(str(path))
    _say(tell(Sentence("Xem lại trước khi gửi cho ai.", "Look through it before you give it to anybody.")))
    return 0


def _enrol(config: Config, clock: Clock, options: argparse.Namespace, tell: Tell) -> int:
    collector = options.collector or config.collector
    if not collector:
        return _fail(
            tell(
                Sentence(
                    "chưa biết máy chủ tổng hợp: ghi địa chỉ bằng --collector https://tên[:cổng], hoặc ghi vào "
                    "cấu hình",
                    "no collector: give its address with --collector https://name[:port], or configure it",
                )
            )
        )
    try:
        token = read_token(_code(options, tell))
    except ValueError as problem:
        return _fail(
            tell(
                Sentence(
                    "đây không phải mã cài đặt: mã bắt đầu bằng sd1. và có bốn phần; hãy chép đủ cả mã", str(problem)
                )
            )
        )
    except OSError as problem:
        return _fail(
            tell(
                Sentence(
                    f"{options.token_file}: {problem.strerror}; hãy ghi tên tệp chứa mã cài đặt của phòng",
                    f"{options.token_file}: {problem.strerror}; name the file that holds the room's install code",
                )
            )
        )
    if options.ca:
        places = {**config.places, "ca": ("dòng lệnh --ca", "command line --ca")}
        config = msgspec.structs.replace(config, ca=options.ca, places=places)
    endpoint = read_endpoint(collector)
    state = open_state(config.state)
    before = state.identity
    try:
        enrolled = enrol(
            token,
            collector,
            fingerprint=read_fingerprint(assembly.doors_of(config, clock), sys.platform),
            host=assembly.host_of(config, clock, sys.platform),
            clock=clock.boottime,
            proxy=find_proxy(config.proxy, endpoint.host, endpoint.port, environ=os.environ),
            authority=configured(config),
            seat=options.seat,
            before=before,
        )
        state.keep_identity(enrolled.identity)
        state.keep_settings(enrolled.settings)
        here = assembly.network_here(config, sys.platform, enrolled.identity)
        state.keep_networks((here,) if here else ())
        if state.unsaved:
            why = "; ".join(state.unsaved.values())
            folders = [str(config.state / name) for name in state.unsaved if (config.state / name).is_dir()]
            todo = Sentence("dọn bớt ổ đĩa", "make room on its disk")
            if folders:
                todo = Sentence(
                    f"dời thư mục {', '.join(folders)} đi chỗ khác", f"move the folder {', '.join(folders)} away"
                )
            return _fail(
                tell(
                    Sentence(
                        f"đã thêm máy này, nhưng chưa ghi được vào {config.state} ({why}); hãy {todo.vietnamese} rồi "
                        "chạy lại lệnh này",
                        f"this PC was added, but not all could be kept in {config.state} ({why}); {todo.english}, "
                        "then run this command again",
                    )
                )
            )
    finally:
        state.close()
    _say(tell(*welcome(enrolled.identity, before=before, seat=options.seat)))
    return 0


def _code(options: argparse.Namespace, tell: Tell) -> str:
    """The install code as it was handed over, from a file or standard input rather than the command line."""
    if options.token:
        _fail(
            tell(
                Sentence(
                    "--token: mọi người dùng của máy này đọc được mã trong danh sách tiến trình; hãy dùng --token-file",
                    "--token: every user of this PC can read the code in the list of processes; use --token-file",
                )
            )
        )
        return str(options.token)
    if options.token_file not in {None, "-"}:
        with Path(options.token_file).open(encoding="utf-8-sig", errors="replace") as file:
            return file.read(_LARGEST_CODE)
    if sys.stdin.isatty():
        import getpass  # noqa: PLC0415 - only for a person at a keyboard

        return getpass.getpass(" / ".join(tell(Sentence("Mã cài đặt", "Install code")).splitlines()) + ": ")
    return sys.stdin.read(_LARGEST_CODE)


def welcome(identity: Identity, *, before: Identity | None = None, seat: int = 0) -> list[Sentence]:
    """What a person reads after an enrolment: where this PC stands now.

    `before` is who it was until then, `seat` the number that was asked for (0: none).
    """
    school, site, room = [*identity.place.split("/"), "", ""][:3]
    seat_now = identity.alias.rpartition("-")[2]
    shown = f"{seat_now:0>2}" if seat_now.isdecimal() else seat_now.upper()
    where = f"{school}, {site}" if site not in {"", "main"} else school
    stayed = before is not None and (before.machine, before.place) == (identity.machine, identity.place)
    told = ("Máy này đã có sẵn", "This PC is already there") if stayed else ("Đã thêm máy này", "This PC was added")
    lines = [
        Sentence(
            f"{told[0]}: trường {where}, phòng {room} – Máy {shown} ({identity.alias})",  # noqa: RUF001 - as people write it
            f"{told[1]}: school {where}, room {room} – PC {shown} ({identity.alias})",  # noqa: RUF001 - as people write it
        )
    ]
    if seat and not (seat_now.isdecimal() and int(seat_now) == seat):
        wanted = f"{identity.alias.rpartition('-')[0] or room}-{seat:02}"
        rename = f"schooldrum-collector machines rename {school}/{identity.alias} --alias {wanted}"
        lines.append(
            Sentence(
                f"Số {seat} không được cấp: máy này là {identity.alias}. "
                f"Muốn đổi, chạy trên máy chủ tổng hợp: {rename}",
                f"Number {seat} was not given: this PC is {identity.alias}. "
                f"To change it, run on the collector: {rename}",
            )
        )
    if identity.state != "active":
        lines.append(Sentence("Đang chờ cơ quan quản lý duyệt.", "It waits for the office's approval."))
    return lines
