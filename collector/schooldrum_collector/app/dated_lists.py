"""Where the lists that age (end of support, builds) come from: those shipped, or newer ones an office has put in."""

import codecs
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from schooldrum_collector.judge import builds, support_list
from schooldrum_collector.judge.builds import BuildList
from schooldrum_collector.judge.faults import Unusable, unreadable
from schooldrum_collector.judge.support_list import SupportList
from schooldrum_collector.store.office_file import bounded

SHIPPED = Path(__file__).parents[1] / "data"
FOLDER = "lists"
LARGEST = 8 << 20
"""Bytes; the lists are a hundredth of it."""
DatedList = SupportList | BuildList
READERS: dict[str, Callable[[bytes], DatedList]] = {"support": support_list.read, "builds": builds.read}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A list in use and its file; `refused` says why the office's own cannot be used, if so, in either language."""

    what: str
    content: DatedList
    path: Path
    shipped: bool
    refused: str = ""
    refused_vietnamese: str = ""


class _Kind(msgspec.Struct):
    what: str


def understood(raw: bytes) -> DatedList:
    """The list that a file holds, whichever it is.

    Raises:
        Unusable: it is none of them, or something in it cannot be.
    """
    if len(raw) > LARGEST:
        raise Unusable(f"it is larger than {LARGEST} bytes", f"tệp lớn hơn {LARGEST} byte")
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        what = msgspec.json.decode(raw, type=_Kind).what
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise unreadable(problem) from problem
    if what not in READERS:
        raise Unusable(
            f"`what` is {what!r:.40}; known are {', '.join(READERS)}",
            f"`what` là {what!r:.40}; chỉ có {', '.join(READERS)}",
        )
    return READERS[what](raw)


def read_file(path: Path) -> DatedList:
    """The list in a file.

    Raises:
        OSError: it cannot be read.
        Unusable: as understood().
    """
    return understood(bounded(path, LARGEST))


def in_use(directory: Path, what: str) -> Found:
    """The newer of the shipped list and the one in the collector's directory; of two equally new the office's.

    Raises:
        OSError, Unusable: the installation itself is broken.
    """
    shipped = Found(what=what, content=read_file(SHIPPED / f"{what}.json"), path=SHIPPED / f"{what}.json", shipped=True)
    own = directory / FOLDER / f"{what}.json"
    try:
        content = read_file(own)
    except FileNotFoundError:
        return shipped
    except (OSError, Unusable) as problem:
        why = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        vietnamese = problem.vietnamese if isinstance(problem, Unusable) else why
        return msgspec.structs.replace(shipped, refused=f"{own}: {why}", refused_vietnamese=f"{own}: {vietnamese}")
    if content.what != what or content.as_of < shipped.content.as_of:
        return shipped
    return Found(what=what, content=content, path=own, shipped=False)


def put(directory: Path, content: DatedList, raw: bytes) -> Path:
    """Keeps a list in the collector's directory: whole or not at all, whatever happens meanwhile.

    Raises:
        OSError: it cannot be written.
    """
    folder = directory / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{content.what}.json"
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    return path


def taken_back(directory: Path, what: str) -> bool:
    """Removes the office's own list, so that the shipped one is used again; whether there was one.

    Raises:
        OSError: it cannot be removed.
    """
    try:
        (directory / FOLDER / f"{what}.json").unlink()
    except FileNotFoundError:
        return False
    return True


def entries(content: DatedList) -> frozenset[str]:
    """Everything a list speaks of, each as a person would call it."""
    if isinstance(content, BuildList):
        return frozenset(
            f"{one.product}{' (server)' if one.server else ''} {one.build} {one.channel} {entry}".replace("  ", " ")
            for one in content.windows
            for entry in (
                *(f".{revision}" + (f" KB{article}" if article else "") for revision, article in one.updates),
                *(f"KB{article}" for article in one.articles),
            )
        )
    windows = (f"{one.product} {one.release} {one.build} {one.channel}" for one in content.windows)
    linux = (f"{one.product} {one.release} {one.edition}{' stream' if one.stream else ''}" for one in content.linux)
    return frozenset(name.replace("  ", " ").strip() for name in (*windows, *linux))


class DatedLists:
    """The lists in use, read again when the office has put in a newer one. Not frozen: it keeps what it has read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[str, tuple[tuple[int, int], Found]] = {}

    def _mark(self, what: str) -> tuple[int, int]:
        try:
            found = (self._directory / FOLDER / f"{what}.json").stat()
        except OSError:
            return (0, 0)
        return found.st_mtime_ns, found.st_ino

    def found(self, what: str) -> Found:
        """The list of this kind, from memory while its file is the same."""
        mark = self._mark(what)
        if what not in self._kept or self._kept[what][0] != mark:
            self._kept[what] = (mark, in_use(self._directory, what))
        return self._kept[what][1]

    def support(self) -> SupportList:
        """End-of-support dates."""
        content = self.found("support").content
        return (
            content if isinstance(content, SupportList) else support_list.read((SHIPPED / "support.json").read_bytes())
        )

    def builds(self) -> BuildList:
        """Builds of Windows."""
        content = self.found("builds").content
        return content if isinstance(content, BuildList) else builds.read((SHIPPED / "builds.json").read_bytes())

    def digests(self) -> tuple[str, ...]:
        """A word for what each list says: another one as soon as anything in it is, whatever its day."""
        return tuple(
            hashlib.sha256(msgspec.json.encode(self.found(what).content, order="deterministic")).hexdigest()
            for what in READERS
        )

    def dates(self) -> Iterator[tuple[str, date]]:
        """Each list with the day on which it was right."""
        for what in READERS:
            yield what, self.found(what).content.as_of
