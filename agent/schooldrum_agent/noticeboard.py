"""What anybody who sits at this PC may know of its agent: a small file without secrets, for a doctor without rights.

The state directory is closed, because whoever reads the credential is this PC to its collector. So the agent itself
leaves on this board what `doctor` needs: where the PC belongs, how reports fare, in which language to speak.

No key is on it, not even one that seals scans alone: a pupil who goes from PC to PC would take many of them home and
testify for a whole room. While reports do not arrive, the board holds what the agent climbed itself, sealed already:
everybody may carry it to the collector, nobody can change it (SECURITY R7, R12). Away from the school nothing is
climbed, and nothing put up (R10).
"""

import os
import sys
import threading
from pathlib import Path

import msgspec

from schooldrum_agent import log
from schooldrum_agent.clock import Clock
from schooldrum_agent.private import NotPrivate, make_readable, open_private, read_bounded
from schooldrum_agent.sources import boot, windows
from schooldrum_agent.state import DELIVERED, LastDelivery, State
from schooldrum_wire.catalogue.ladder import LADDER
from schooldrum_wire.result import Finding

NAME = "notice.json"
LARGEST = 64 << 10
_EVERYBODY_READS = 0o644
_START = 19
"""Of the words behind the name in /proc/PID/stat, the one that says when the process began."""
_LIMITED_INFORMATION = 0x1000
_NO_SUCH_PROCESS = 87
_STILL_ACTIVE = 259


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """The board. Who the PC is, without its credential, as state.Identity has it; then how it fares.

    `not_before` is the earliest start (epoch seconds) of a server certificate that is still taken. `language` is vi or
    en, `page` where the office's pages are. `scan` is a sealed text (schooldrum_wire.scan), climbed at `climbed` (this
    PC's clock, epoch seconds); empty while reports arrive. `process` is the agent's number, 0 where it has ended as it
    should; `began` tells it from a later one of the same number: when it began, on Windows in which boot.
    """

    place: str = ""
    alias: str = ""
    state: str = ""
    collector: str = ""
    authority: str = ""
    not_before: int = 0
    language: str = ""
    page: str = ""
    delivery: LastDelivery = LastDelivery()
    starts: int = 0
    scan: str = ""
    climbed: float = 0.0
    process: int = 0
    began: str = ""


class Noticeboard:
    """Follows the state, and writes when what is to be read has changed. Both may be called by any thread."""

    def __init__(
        self, directory: Path | None, *, state: State, clock: Clock, procfs: str, system: str = sys.platform
    ) -> None:
        """Without a directory nothing is ever written."""
        self._path = directory / NAME if directory is not None else None
        self._state = state
        self._clock = clock
        self._process = os.getpid()
        self._began = _began(self._process, procfs) if system != "win32" else clock.boot
        self._climb: Finding | None = None
        self._shown: Notice | None = None
        self._failed = False
        self._ended = False
        self._showing = threading.Lock()

    def climbed(self, finding: Finding) -> None:
        """The ladder was climbed while reports did not arrive; a climb that told nothing leaves the last one there."""
        if finding.rows:
            self._climb = finding

    def show(self, *, ending: bool = False) -> None:
        """Brings the board up to date; after `ending` it says that the agent has ended, whoever shows once more.

        Raises nothing: an agent that cannot write there measures all the same.
        """
        if self._path is None:
            return
        # A report that is given up for the goodbye is told of while the agent ends.
        with self._showing:
            self._ended = self._ended or ending
            self._show(self._path)

    def _show(self, path: Path) -> None:
        notice = self._notice()
        if notice == self._shown:
            return
        try:
            _write(path, msgspec.json.encode(notice))
        except OSError as problem:
            if not self._failed:
                log.info(f"{path} cannot be written ({problem.strerror}); doctor needs administrator's rights")
            self._failed = True
        else:
            self._shown, self._failed = notice, False

    def _notice(self) -> Notice:
        state, identity, climb = self._state, self._state.identity, self._climb
        if state.delivery.word == DELIVERED:
            climb = self._climb = None
        scan = ""
        if climb is not None and identity is not None:
            from schooldrum_agent.scan_code import sealed  # noqa: PLC0415 - a PC that reports saves its memory

            then = msgspec.structs.replace(self._clock, boottime=lambda: climb.boottime, wall=lambda: climb.wall)
            scan = sealed([row for row in climb.rows if row.section == LADDER.name], identity, clock=then)
        return Notice(
            place=identity.place if identity else "",
            alias=identity.alias if identity else "",
            state=identity.state if identity else "",
            collector=identity.collector if identity else "",
            authority=identity.authority if identity else "",
            not_before=state.settings.not_before,
            language=state.settings.language,
            page=state.page,
            delivery=msgspec.structs.replace(state.delivery, detail=""),
            starts=state.starts,
            scan=scan,
            climbed=climb.wall if climb else 0.0,
            process=0 if self._ended else self._process,
            began=self._began,
        )


def _write(path: Path, body: bytes) -> None:
    # It need not survive a power cut: the next start writes it anew.
    fresh = path.with_name(path.name + ".new")
    with open_private(fresh, os.O_WRONLY | os.O_TRUNC) as file:
        file.write(body)
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), _EVERYBODY_READS)
    fresh.replace(path)


def open_board(directory: Path, *, state: State, clock: Clock, procfs: str, system: str = sys.platform) -> Noticeboard:
    """The board of this PC; one that stays empty where there is no place for it that only this program writes in."""
    place: Path | None = None
    try:
        if system == "win32" or directory.exists():
            for note in make_readable(directory, system=system):
                log.warning(note)
            place = directory
    except NotPrivate as problem:
        log.warning(str(problem))
    return Noticeboard(place, state=state, clock=clock, procfs=procfs, system=system)


def read_notice(directory: Path) -> Notice | None:
    """What stands on the board; None where nothing does that this user can read. Raises nothing."""
    try:
        raw = read_bounded(directory / NAME, LARGEST)
        return None if raw is None else msgspec.json.decode(raw, type=Notice)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def is_running(notice: Notice, procfs: str, *, system: str = sys.platform) -> bool | None:
    """Whether the agent that wrote this still runs; None where this user may not know. Raises nothing."""
    if not notice.process:
        return False
    if system == "win32":
        # Behind a power cut others have its number: Windows gives small ones, and gives them again.
        return notice.began == boot.boot_id(system) and _is_process(notice.process)
    if not notice.began or not _began(1, procfs):
        # Where /proc is mounted with hidepid, others' processes are not there for this user.
        return None
    return _began(notice.process, procfs) == notice.began


def _began(process: int, procfs: str) -> str:
    """When a process began, in ticks since the start of the PC; empty where there is none."""
    try:
        # The name before these words may hold anything, brackets and spaces too.
        words = (Path(procfs) / str(process) / "stat").read_bytes().rpartition(b")")[2].split()
        return words[_START].decode("ascii", "replace")
    except (OSError, IndexError):
        return ""


def _is_process(process: int) -> bool:
    import ctypes  # noqa: PLC0415 - only `doctor` on Windows asks

    open_process = windows.function("kernel32", "OpenProcess")
    open_process.restype = ctypes.c_void_p
    handle = open_process(_LIMITED_INFORMATION, 0, process)
    if handle:
        # One that has ended is there as long as anybody else holds it.
        code = ctypes.c_uint32()
        known = windows.function("kernel32", "GetExitCodeProcess")(ctypes.c_void_p(handle), ctypes.byref(code))
        windows.function("kernel32", "CloseHandle")(ctypes.c_void_p(handle))
        return not known or code.value == _STILL_ACTIVE
    # A process of SYSTEM is there and refuses.
    return windows.last_error() != _NO_SUCH_PROCESS
