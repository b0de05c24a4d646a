"""What PCs are judged by at present, read again when one of its files has changed."""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from schooldrum_collector.app.dated_lists import DatedLists
from schooldrum_collector.judge import software
from schooldrum_collector.judge.appraisal import Rules
from schooldrum_collector.store import posture_rules, software_lists
from schooldrum_collector.store.office_file import Unusable
from schooldrum_wire.version import VERSION

_log = logging.getLogger(__name__)
_FILES = (posture_rules.POLICY_FILE, software_lists.POLICY_FILE, software_lists.CATALOGUE_FILE)
_Read = TypeVar("_Read")


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The rules, and a word that is another one as soon as any of them is."""

    rules: Rules
    mark: str


class JudgingRules:
    """Reads them from a data directory. Not frozen: it keeps what it has read."""

    def __init__(self, directory: Path, lists: DatedLists) -> None:
        self._directory = directory
        self._lists = lists
        self._seen: tuple[object, ...] = ()
        self._kept: InForce | None = None

    def in_force(self) -> InForce:
        """The rules at present. An office's file that cannot be used is told in the log, and the ones before stay.

        Raises:
            OSError, ValueError: the installation itself is broken.
        """
        seen = tuple(map(self._stamp, _FILES)), self._lists.digests()
        if self._kept is None or seen != self._seen:
            before = self._kept.rules if self._kept else None
            rules = Rules(
                support=self._lists.support(),
                builds=self._lists.builds(),
                posture=self._usable(
                    posture_rules.load, (posture_rules.shipped(),) if before is None else before.posture
                ),
                software=self._usable(
                    lambda directory: software_lists.load(directory).policy,
                    software.policy({}, software_lists.shipped()) if before is None else before.software,
                ),
            )
            mark = hashlib.sha256(f"{VERSION} {seen}".encode()).hexdigest()[:16]
            self._seen, self._kept = seen, InForce(rules=rules, mark=mark)
        return self._kept

    def _usable(self, read: Callable[[Path], _Read], otherwise: _Read) -> _Read:
        try:
            return read(self._directory)
        except Unusable as trouble:
            _log.warning("The rules from before are judged by: %s", trouble)
            return otherwise

    def _stamp(self, name: str) -> tuple[int, int]:
        try:
            found = (self._directory / name).stat()
        except OSError:
            return (0, 0)
        return found.st_mtime_ns, found.st_ino
