"""What a program of this machine answers: the agent's one door to other programs.

A program is named by its absolute path, gets a clean environment and an empty standard input, and is killed with all
it started when its time or its room is used up. With a translated environment even the numbers change: under vi_VN
`df` prints `1,1M` and `apt list` prints sentences; so LC_ALL is C, always.
"""

import os
import signal
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path
from typing import IO

import msgspec

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import windows

LARGEST = 4 << 20
_PIECE = 65536
_FAREWELL_SECONDS = 2.0
"""How long to wait for the pipes of a killed program; a grandchild that escaped the group may hold them open."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`code` is the exit code, `output` and `error` the two streams as text in NFC."""

    code: int
    output: str
    error: str


def clean_environment(system: str) -> dict[str, str]:
    """The whole environment a program gets: nothing of ours, least of all a secret, travels in it."""
    if system == "win32":
        root = os.environ.get("SYSTEMROOT", r"C:\Windows")
        return {
            "SystemRoot": root,
            "windir": root,
            "SystemDrive": root[:2],
            "PATH": rf"{root}\System32;{root}",
            "PATHEXT": ".COM;.EXE",
            "TEMP": os.environ.get("TEMP", rf"{root}\Temp"),
            "TMP": os.environ.get("TEMP", rf"{root}\Temp"),
        }
    return {"LC_ALL": "C", "LANG": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/"}


def decode_console(raw: bytes, code_page: str) -> str:
    """Text as a console program wrote it.

    `wmic` and `reg` may write UTF-16; everything else writes the OEM code page, where 1258 (Vietnamese) spells accents
    as combining marks: NFC joins them.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
    else:
        try:
            text = raw.decode(code_page, "replace")
        except LookupError:
            text = raw.decode("ascii", "replace")
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n"))


def _code_page(system: str) -> str:
    return f"cp{windows.library('kernel32').GetOEMCP()}" if system == "win32" else "utf-8"


def _drain(stream: IO[bytes], into: list[bytes], limit: int, over: threading.Event, news: threading.Event) -> None:
    taken = 0
    # Closed here and not by the caller: a grandchild that escaped may hold the other end open long after the answer.
    with stream:
        while piece := os.read(stream.fileno(), _PIECE):
            into.append(piece[: max(0, limit - taken)])
            taken += len(piece)
            if taken > limit:
                over.set()
                news.set()
                return


def _watch(process: subprocess.Popen[bytes], system: str, ended: threading.Event, news: threading.Event) -> None:
    if system == "win32":
        process.wait()
    else:
        # Not reaped yet: until _kill has run, its number must not be given to another process group.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    ended.set()
    news.set()


def _kill(process: subprocess.Popen[bytes], system: str) -> None:
    try:
        if system == "win32":
            process.kill()
        else:
            # The program leads a session of its own, so its group is all it started and nobody else.
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _start(program: str, arguments: tuple[str, ...], system: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - absolute path, no shell, clean environment
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(system),
            cwd=Path(program).anchor,
            start_new_session=system != "win32",
            creationflags=0x08000000 if system == "win32" else 0,  # CREATE_NO_WINDOW: no flash on a pupil's screen
        )
    except PermissionError as problem:
        raise Denied(f"no right to start {program}") from problem
    except OSError as problem:
        raise Unavailable(f"{program}: {problem.strerror}") from problem


def run(program: str, *arguments: str, timeout: float, limit: int = LARGEST, system: str = sys.platform) -> Answer:
    """What the program at this absolute path answers within `timeout` seconds and `limit` bytes per stream.

    Raises:
        Denied: this process may not start it.
        Unavailable: there is no such program here.
        TimeoutError: it took longer and was killed.
        OSError: it wrote more than `limit` and was killed.
        ValueError: the path is not absolute.
    """
    if not Path(program).is_absolute():
        raise ValueError(f"{program}: a program is named by its absolute path")
    process = _start(program, arguments, system)
    over, ended, news = threading.Event(), threading.Event(), threading.Event()
    pieces: tuple[list[bytes], list[bytes]] = ([], [])
    watches = [threading.Thread(target=_watch, args=(process, system, ended, news), daemon=True)]
    for stream, into in zip((process.stdout, process.stderr), pieces, strict=True):
        watches.append(threading.Thread(target=_drain, args=(stream, into, limit, over, news), daemon=True))
    for watch in watches:
        watch.start()
    news.wait(timeout)
    late = not ended.is_set() and not over.is_set()
    # Also after a good end: what it left running behind must not outlive the answer.
    _kill(process, system)
    for watch in watches:
        watch.join(_FAREWELL_SECONDS)
    # One that hangs in the kernel outlives even its killing; it is reaped by the next start of a program.
    code = process.wait() if ended.is_set() else -1
    if over.is_set():
        raise OSError(f"{program} wrote more than {limit} bytes and was stopped")
    if late:
        raise TimeoutError(f"{program} took longer than {timeout:g} s and was stopped")
    page = _code_page(system)
    return Answer(
        code=code,
        output=decode_console(b"".join(pieces[0]), page),
        error=decode_console(b"".join(pieces[1]), page),
    )
