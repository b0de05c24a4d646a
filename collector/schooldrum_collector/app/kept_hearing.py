"""Since when the serving collector listens, in a small file beside the store: commands judge by it who is not heard.

All else by which they judge is in the store. This changes with every PC that is turned away, and lasts for minutes.
"""

import asyncio
import logging
import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from schooldrum_collector.judge.presence import Hearing, SetBack
from schooldrum_collector.store.office_file import bounded

_log = logging.getLogger(__name__)
FILE = "schooldrum.hearing"
LATE_SECONDS = 30.0
"""A collector that has not said for longer that it listens was ended without a word, or can store nothing."""
_LARGEST_BYTES = 4096

_Moment = float | Literal["infinity", "-infinity"]


class Unusable(ValueError):  # noqa: N818 - it names the file's state
    """The file does not say since when a collector listens; the sentence says by what is judged instead."""

    def __init__(self, english: str, vietnamese: str) -> None:
        super().__init__(english)
        self.vietnamese = vietnamese


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: `look` until a change is written down, `keep` until it is said anew that the collector listens."""

    look: float = 1.0
    keep: float = 10.0


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says: the collector's `hearing`, as of `at` (epoch seconds). Not `serving`: it ended then."""

    hearing: Hearing
    at: float
    serving: bool = True


class Listened(msgspec.Struct, frozen=True, kw_only=True):
    """By what a command judges who is not heard: by this `hearing`, at this moment `at` (epoch seconds).

    `known`: a collector has told it. `stopped`: that one ended, or can store nothing, and `at` is until when it heard.
    """

    at: float
    hearing: Hearing = Hearing()
    known: bool = False
    stopped: bool = False


class _SetBackWritten(msgspec.Struct, frozen=True):
    before: _Moment
    after: float


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    """The file's shape. JSON has no number for a moment that never was or never will be."""

    at: float
    serving: bool
    away: _Moment = "-infinity"
    back: _Moment = "-infinity"
    awaited: _Moment = "infinity"
    refusing: _Moment = "-infinity"
    waiting: _Moment = "-infinity"
    set_back: _SetBackWritten | None = None


def written(kept: Kept) -> bytes:
    """The file's content, as `read` reads it."""
    hearing, set_back = kept.hearing, kept.hearing.set_back
    content = _Written(
        at=kept.at,
        serving=kept.serving,
        away=_moment(hearing.away),
        back=_moment(hearing.back),
        awaited=_moment(hearing.awaited),
        refusing=_moment(hearing.refusing),
        waiting=_moment(hearing.waiting),
        set_back=_SetBackWritten(_moment(set_back.before), set_back.after) if set_back else None,
    )
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _moment(moment: float) -> _Moment:
    if math.isfinite(moment):
        return moment
    return "infinity" if moment > 0 else "-infinity"


def read(raw: bytes) -> Kept:
    """What this content says; what a newer collector has added to it is passed over.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError: it is not what `written` makes.
    """
    content = msgspec.json.decode(raw, type=_Written)
    set_back = content.set_back
    hearing = Hearing(
        away=float(content.away),
        back=float(content.back),
        awaited=float(content.awaited),
        refusing=float(content.refusing),
        waiting=float(content.waiting),
        set_back=SetBack(float(set_back.before), set_back.after) if set_back else None,
    )
    return Kept(hearing=hearing, at=content.at, serving=content.serving)


def kept_hearing(directory: Path) -> Kept | None:
    """What the collector of this data directory says of its hearing; None where none ever said anything.

    Raises:
        Unusable: the file cannot be read, or is not what a collector writes.
    """
    path = directory / FILE
    try:
        return read(bounded(path, _LARGEST_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as trouble:
        why = (isinstance(trouble, OSError) and trouble.strerror) or str(trouble)
        raise Unusable(
            f"{path} is passed over ({why}): states are told from what is stored alone. A collector that runs writes "
            "it anew within seconds.",
            f"Bỏ qua {path} ({why}): trạng thái chỉ dựa vào số liệu đã lưu. Máy chủ tổng hợp đang chạy sẽ tự ghi lại "
            "tệp này sau vài giây.",
        ) from trouble


def listened(kept: Kept | None, now: float) -> Listened:
    """By what a command judges at `now` (epoch seconds), from what the collector has kept of its hearing.

    Nobody could be heard since a collector stopped: then it is judged as that one would have right before.
    """
    if kept is None:
        return Listened(at=now)
    # Also where the clock was set back since.
    if kept.serving and abs(now - kept.at) <= LATE_SECONDS:
        return Listened(at=now, hearing=kept.hearing, known=True)
    return Listened(at=kept.at, hearing=kept.hearing, known=True, stopped=True)


class KeepingHearing:
    """Keeps the file while the collector listens and can store. Not frozen: it knows what it has written."""

    def __init__(
        self,
        directory: Path,
        *,
        now: Callable[[], float],
        hearing: Callable[[], Hearing],
        storing: Callable[[], bool],
        paces: Paces | None = None,
    ) -> None:
        """`now` is the collector's clock (epoch seconds), `storing` whether what is heard can be stored."""
        self._path = directory / FILE
        self._now = now
        self._hearing = hearing
        self._storing = storing
        self._paces = paces or Paces()
        self._kept: Hearing | None = None
        self._ended = False
        self._failed = False
        self._writing = threading.Lock()

    async def run(self) -> None:
        """Keeps it until cancelled. Never raises: what fails is logged and comes again."""
        looked = 0.0
        while True:
            await asyncio.sleep(self._paces.look)
            looked += self._paces.look
            if looked < self._paces.keep and self._hearing() == self._kept:
                continue
            looked = 0.0
            try:
                await asyncio.to_thread(self.keep)
            except Exception:  # noqa: BLE001 - the boundary of a task that must live as long as the collector
                _log.exception("Since when the collector listens could not be written down; it is tried again")

    def keep(self) -> None:
        """Writes down the hearing as it is now; not where nothing can be stored, for then nobody can be heard.

        Never raises what a full disk raises.
        """
        with self._writing:
            if not self._ended and self._storing():
                hearing = self._hearing()
                self._write(Kept(hearing=hearing, at=self._now()))
                self._kept = hearing

    def end(self) -> None:
        """Writes down that the collector stops listening now, and nothing more after that.

        Never raises what a full disk raises.
        """
        with self._writing:
            self._ended = True
            if self._storing():
                self._write(Kept(hearing=self._hearing(), at=self._now(), serving=False))

    def _write(self, kept: Kept) -> None:
        draft = self._path.with_name(f".{FILE}.new")
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(written(kept))
            draft.replace(self._path)
        except OSError as trouble:
            if not self._failed:
                _log.warning("%s cannot be written (%s): commands judge by what it said last", self._path, trouble)
            self._failed = True
        else:
            self._failed = False
