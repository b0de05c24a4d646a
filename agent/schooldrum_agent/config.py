"""What is configured on this PC: the file, the environment and the command line, read and checked against the keys."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from schooldrum_agent.keys import PREFIX, Key, fault, from_text, home, keys, seconds_wanted
from schooldrum_agent.sentence import Sentence
from schooldrum_wire.paces import FASTEST_SECONDS

LARGEST_FILE = 1 << 20
_NEAR = 0.75
_LONGEST_ECHO = 60


class Misconfigured(ValueError):  # noqa: N818 - it names the state of the PC
    """The configuration cannot be used; there is a sentence for each thing to mend."""

    def __init__(self, *sentences: Sentence) -> None:
        super().__init__("\n".join(map(str, sentences)))
        self.sentences = sentences


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force locally. 0 or an empty text means: as the collector grants it, or as is built in."""

    collector: str
    ca: str
    proxy: str
    state: Path
    notices: str
    spool: Path
    spool_bytes: int
    spool_days: int
    language: str
    beat: int
    disabled: tuple[str, ...]
    pace: dict[str, int]
    any_pace: bool
    start_spread: int
    idle_priority: bool
    shared_code: bool
    procfs: str
    sysfs: str
    rootfs: str
    log_level: str
    ladder: str
    ladder_names: tuple[str, ...]
    ladder_independent: tuple[str, ...]
    ladder_national: tuple[str, ...]
    ladder_international: tuple[str, ...]
    ladder_pages: tuple[str, ...]
    allow_private_targets: bool
    file: Path
    """The configuration file that was looked at, whether it is there or not."""
    warnings: tuple[str, ...] = ()
    """Sentences for a person: variables that look like ours and are not."""
    places: dict[str, tuple[str, str]] = {}
    """Where each key that somebody set was set, in Vietnamese and in English."""


class _Desk(msgspec.Struct, kw_only=True):
    """Where one configuration is put together."""

    system: str
    declared: dict[str, Key]
    values: dict[str, Any]
    problems: list[Sentence]
    warnings: list[str]
    places: dict[str, tuple[str, str]]


def default_file(environ: Mapping[str, str], system: str = sys.platform) -> Path:
    """Where the configuration lies when nobody says otherwise."""
    return Path(home(environ, system, "agent.toml", "/etc/schooldrum/agent.toml"))


def load(
    path: Path | None,
    environ: Mapping[str, str],
    given: Mapping[str, str] | None = None,
    *,
    system: str = sys.platform,
) -> Config:
    """What is in force: `given` (the command line) before the environment before the file before the defaults.

    Without `path` the file is the one named by SCHOOLDRUM_CONFIG, or the default one, which may be absent.

    Raises:
        Misconfigured: a sentence for each thing that is wrong: where it stands, key, value, what is allowed.
    """
    declared = {key.name: key for key in keys(environ, system)}
    values = {name: key.default for name, key in declared.items()}
    desk = _Desk(system=system, declared=declared, values=values, problems=[], warnings=[], places={})
    chosen = environ.get(PREFIX + "CONFIG")
    named = path or (Path(chosen) if chosen else None)
    file = named or default_file(environ, system)
    for name, raw in _content(file, must_exist=named is not None, problems=desk.problems).items():
        _take(desk, name, raw, _both(f"{file}: {name}"))
    for variable, text in sorted(environ.items()):
        if variable.startswith(PREFIX) and not _is_not_ours(variable):
            _take_variable(desk, variable, text)
    for name, text in (given or {}).items():
        _take_text(desk, declared[name], text, (f"dòng lệnh --{name}", f"command line --{name}"))
    if desk.problems:
        raise Misconfigured(*desk.problems)
    state = Path(values.pop("state"))
    spool = values.pop("spool")
    return Config(
        **values,
        state=state,
        spool=Path(spool) if spool else state / "spool",
        file=file,
        warnings=tuple(desk.warnings),
        places=desk.places,
    )


def check_probes(config: Config, known: tuple[str, ...]) -> None:
    """Whether every probe the configuration names exists, and none is to run faster than it may.

    Raises:
        Misconfigured: a sentence for each that does not: where it stands, key, value, what is allowed.
    """
    named = {"disabled": config.disabled, "pace": tuple(config.pace)}
    problems: list[Sentence] = []
    for key, probes in named.items():
        where = config.places.get(key, _both(key))
        for probe in probes:
            if probe not in known:
                near = _suggestion(probe, known)
                problems.append(
                    Sentence(
                        f"{where[0]}: không có phép đo {probe!r}{near[0]}; các phép đo: {', '.join(known)}",
                        f"{where[1]}: there is no probe {probe!r}{near[1]}; the probes are {', '.join(known)}",
                    )
                )
    where = config.places.get("pace", _both("pace"))
    for probe, seconds in config.pace.items():
        if seconds < FASTEST_SECONDS.get(probe, 0) and not config.any_pace:
            problems.append(_each((f"{where[0]}: {probe}", f"{where[1]}: {probe}"), seconds, seconds_wanted(probe)))
    if problems:
        raise Misconfigured(*problems)


def _content(file: Path, *, must_exist: bool, problems: list[Sentence]) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            body = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        if must_exist:
            problems.append(Sentence(f"{file}: không có tệp này", f"{file}: there is no such file"))
        return {}
    except OSError as problem:
        why = problem.strerror
        problems.append(Sentence(f"{file}: không đọc được: {why}", f"{file}: cannot be read: {why}"))
        return {}
    if len(body) > LARGEST_FILE:
        problems.append(
            Sentence(
                f"{file}: lớn hơn {LARGEST_FILE} byte; đây không phải tệp cấu hình",
                f"{file}: is larger than {LARGEST_FILE} bytes; this is no configuration file",
            )
        )
        return {}
    # A PC without a configuration file never pays for the reader.
    import tomllib  # noqa: PLC0415 - see the line above

    try:
        # Windows' Notepad begins a file with a byte order mark.
        return tomllib.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        problems.append(
            Sentence(
                f"{file}: không phải chữ UTF-8 (byte {problem.start}); hãy lưu lại dạng UTF-8",
                f"{file}: is not UTF-8 text (byte {problem.start}); save it as UTF-8",
            )
        )
    except ValueError as problem:
        problems.append(Sentence(f"{file}: viết chưa đúng dạng TOML ({problem})", f"{file}: is no TOML ({problem})"))
    except RecursionError:
        problems.append(Sentence(f"{file}: lồng nhau quá sâu", f"{file}: is nested too deeply"))
    return {}


def _both(where: str) -> tuple[str, str]:
    """What is called the same in Vietnamese and in English."""
    return where, where


def _take(desk: _Desk, name: str, raw: Any, where: tuple[str, str]) -> None:
    key = desk.declared.get(name)
    if key is None:
        near = _suggestion(name, tuple(desk.declared))
        desk.problems.append(
            Sentence(f"{where[0]}: không có khóa này{near[0]}", f"{where[1]}: there is no such key{near[1]}")
        )
        return
    why = fault(key, raw, desk.system)
    if why:
        desk.problems.append(_each(where, raw, why))
        return
    desk.values[name] = tuple(raw) if key.kind in {"names", "targets"} else raw
    desk.places[name] = where


def _is_not_ours(variable: str) -> bool:
    # The collector's own variables, and where `try` keeps its data, may stand beside ours.
    return variable in {PREFIX + "CONFIG", PREFIX + "HOME"} or variable.startswith(PREFIX + "COLLECTOR_")


def _take_variable(desk: _Desk, variable: str, text: str) -> None:
    name = variable.removeprefix(PREFIX).lower()
    key = desk.declared.get(name)
    if key is None:
        # What the surroundings hold is not always this PC's to mend: measuring goes on.
        near = _suggestion(name, tuple(desk.declared), PREFIX)
        desk.warnings.append(f"environment variable {variable}: there is no such key{near[1]}; it is ignored")
        return
    _take_text(desk, key, text, (f"biến môi trường {variable}", f"environment variable {variable}"))


def _take_text(desk: _Desk, key: Key, text: str, where: tuple[str, str]) -> None:
    raw, why = from_text(key, text.strip())
    why = why or fault(key, raw, desk.system)
    if why:
        desk.problems.append(_each(where, text, why))
        return
    desk.values[key.name] = raw
    desk.places[key.name] = where


def _each(where: tuple[str, str], raw: Any, why: Sentence) -> Sentence:
    told = _echo(raw)
    return Sentence(f"{where[0]} = {told[0]}: {why.vietnamese}", f"{where[1]} = {told[1]}: {why.english}")


def _suggestion(name: str, known: tuple[str, ...], prefix: str = "") -> tuple[str, str]:
    import difflib  # noqa: PLC0415 - only a mistake needs it

    near = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=_NEAR)
    if not near:
        return "", ""
    meant = prefix + near[0].upper() if prefix else near[0]
    return f"; có phải là {meant!r}?", f"; did you mean {meant!r}?"


def _echo(raw: Any) -> tuple[str, str]:
    text = repr(raw)
    if "@" in text:
        # Somebody may have written a password into an address.
        return "(không nhắc lại ở đây)", "(not repeated here)"
    return _both(text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "…")
