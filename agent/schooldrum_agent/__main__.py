"""The program `schooldrum-agent`: with which clocks and which surroundings it runs.

The one place of the agent that reads the wall clock. `run` and `child` load nothing that they do not need.
"""

import os
import sys
import time
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from schooldrum_agent import log
from schooldrum_agent.clock import Clock
from schooldrum_agent.config import Config, Misconfigured, load
from schooldrum_agent.sentence import Sentence
from schooldrum_agent.sources import boot

if TYPE_CHECKING:
    from schooldrum_agent.agent import Agent

_CHILD = 2
"""How many words start a child: the command and its probe."""


class CannotStart(Exception):  # noqa: N818 - it says what the agent cannot
    """The agent cannot run on this PC as it is; it says what to do."""

    def __init__(self, *sentences: Sentence) -> None:
        super().__init__("\n".join(map(str, sentences)))
        self.sentences = sentences


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns 0 (done), 1 (failed) or 2 (wrong usage)."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["child"] and len(words) == _CHILD:
        return _child(words[1])
    _write_every_letter()
    if words[:2] == ["service", "run"]:
        return _serve(_places(words[2:]) or {})
    try:
        given = _plain_run(words)
        if given is None:
            from schooldrum_agent import commands  # noqa: PLC0415 - the parser, and what only people need

            return commands.main(words, config_of=_config, clock_of=_clock, run=_run)
        return _run(given)
    except (Misconfigured, CannotStart) as problem:
        from schooldrum_agent.command_line import in_one_language  # noqa: PLC0415 - only what cannot start needs it

        return _fail(in_one_language(words, *problem.sentences))
    except KeyboardInterrupt:
        return 1
    except BrokenPipeError:
        # Somebody piped us into `head`; the interpreter would complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _write_every_letter() -> None:
    """Lets a file or pipe take Vietnamese: Windows gives it an old code page, a bare Linux perhaps ASCII."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8" if sys.platform == "win32" else None, errors="backslashreplace")


def _plain_run(words: list[str]) -> dict[str, str] | None:
    """The options of `run`, read without the large parser; None where anything else was asked."""
    return _places(words[1:]) if words[:1] == ["run"] else None


def _places(words: list[str]) -> dict[str, str] | None:
    given: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, _, value = word.partition("=")
        value = value or next(rest, "")
        if name not in {"--config", "--state"} or not value or value.startswith("-"):
            return None
        given[name.removeprefix("--")] = value
    return given


def _config(given: Mapping[str, str]) -> Config:
    file = given.get("config")
    overriding = {name: os.path.abspath(value) for name, value in given.items() if name != "config"}  # noqa: PTH100 - text
    return load(Path(file) if file else None, os.environ, overriding)


def _clock(config: Config) -> Clock:
    return Clock(
        monotonic=time.monotonic,
        boottime=boot.boottime,
        wall=time.time,
        boot=boot.boot_id(sys.platform, config.procfs),
    )


def _head(level: str) -> str:
    return f"{time.strftime('%Y-%m-%d %H:%M:%S')} {level.upper()} "


def _fail(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 1


def _child(name: str) -> NoReturn:
    from schooldrum_agent.child import serve  # noqa: PLC0415 - only children need it
    from schooldrum_agent.probes import load  # noqa: PLC0415 - the same

    try:
        probes = [load(name)]
    except (ImportError, AttributeError):
        # serve() says it, as of any name that it does not find.
        probes = []
    code = serve(name, probes, boottime=boot.boottime, wall=time.time, system=sys.platform)
    # A probe may have left threads behind that never end.
    os._exit(code)


def _ready(config: Config) -> "Agent":
    """The agent of this PC, its directories taken.

    Raises:
        CannotStart: why not, for the person who can mend it.
        Misconfigured: the configuration names what is not there.
    """
    from schooldrum_agent import custody  # noqa: PLC0415 - only what runs needs these
    from schooldrum_agent.assembly import NotEnrolled, assemble  # noqa: PLC0415 - the same
    from schooldrum_agent.faults import SENTENCES, Failed  # noqa: PLC0415 - the same
    from schooldrum_agent.private import InUse, NotPrivate  # noqa: PLC0415 - the same
    from schooldrum_agent.runner import give_way  # noqa: PLC0415 - the same

    for warning in config.warnings:
        log.warning(warning)
    if custody.is_privileged() and not config.shared_code:
        why = custody.fault([*custody.code_places(), config.file])
        if why:
            raise CannotStart(
                Sentence(
                    f"{why}: người đó có thể cho mã của mình chạy bằng quyền root qua phần mềm này.",
                    f"{why}, who could have code of their own run with root's rights by this agent.",
                ),
                Sentence(
                    "Hãy cài phần mềm ở nơi chỉ root ghi được, hoặc chạy dưới một người dùng riêng.",
                    "Install the agent where only root can write, or run it as a user of its own.",
                ),
                Sentence(
                    "Trên máy của người viết phần mềm: SCHOOLDRUM_SHARED_CODE=true",
                    "On a developer's PC: SCHOOLDRUM_SHARED_CODE=true",
                ),
            )
    if config.idle_priority:
        give_way()
    try:
        return assemble(config, clock=_clock(config), system=sys.platform, environ=os.environ)
    except (NotEnrolled, NotPrivate, InUse) as problem:
        raise CannotStart(problem.sentence) from problem
    except Failed as problem:
        said = SENTENCES[problem.fault]
        raise CannotStart(Sentence(f"{said['vi']} ({problem.detail})", f"{said['en']} ({problem.detail})")) from problem
    except OSError as problem:
        raise CannotStart(
            Sentence(f"phần mềm không khởi động được: {problem}", f"the agent cannot start: {problem}")
        ) from problem


def _run(given: Mapping[str, str]) -> int:
    from schooldrum_agent import signals  # noqa: PLC0415 - only this command needs it

    config = _config(given)
    log.begin(config.log_level, _head)
    agent = _ready(config)
    signals.heed(agent.stop, agent.suspending, lambda: signals.kind_of_stop(config.rootfs, time.time))
    agent.run()
    # The goodbye is said or its time is over: nothing that still hangs may hold up a shutdown.
    os._exit(0)


def _serve(given: Mapping[str, str]) -> int:
    """Under Windows' service manager there is no screen: what goes wrong stands in the event log."""
    from schooldrum_agent.service import ServiceTrouble, serve  # noqa: PLC0415 - only this command needs it

    log.begin("nothing")
    try:
        serve(lambda: _ready(_config(given)))
    except ServiceTrouble as problem:
        return _fail(str(problem))
    return 0


if __name__ == "__main__":
    sys.exit(main())
