"""How what came late goes on to Prometheus, at its true time: an option, off unless a URL is configured.

A machine at a time is read from the store, once its backlog has gone quiet; nothing but names of machines is queued.
What Prometheus refuses is left out and counted, what it cannot take now is tried again until it is too old for it.
"""

import asyncio
import base64
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import aiohttp
import msgspec

from schooldrum_collector.show.remote_write import (
    HEADERS,
    LATE_SECONDS,
    MOST_ERROR_SECONDS,
    Series,
    batches,
    count,
    halves,
    late_series,
    newest_late,
    written,
    younger,
)
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, MachineState

_log = logging.getLogger(__name__)
MOST_SAMPLES = 2000
"""In one post: a few hundred kilobytes before they are compressed."""
POSTS_AT_MOST = 40
"""So many for one refused batch: where all of it is refused, each sample need not be asked about."""
STRETCH_SECONDS = 6 * 3600.0
"""So much of a machine's past is in memory at once."""
MARGIN_SECONDS = 300.0
"""Prometheus counts its window from the newest sample it has; ours ends so much earlier."""
_OK, _REDIRECT = 200, 300
_REFUSED = frozenset({400, 413, 422})
SENT, OLD, REFUSED = "sent", "old", "refused"


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: `gather` after a machine's last backlog, `look` between looks, `timeout` for one post.

    `retry` is the first pause after one that failed, each next one twice as long up to `longest`; `patience` is after
    how long a backlog that does not end is sent all the same.
    """

    gather: float = 30.0
    look: float = 5.0
    patience: float = 300.0
    retry: float = 2.0
    longest: float = 60.0
    timeout: float = 30.0


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where it goes, what stands for the right to, and how old a sample may be there (seconds).

    The secret in the file is a bearer token, or with a `user` that user's password.
    """

    url: str
    window: float
    user: str = ""
    secret_file: Path | None = None
    authority: Path | None = None


class _Waiting(msgspec.Struct, frozen=True):
    """What came of a machine's past: from `first` to `last`, reaching back to `since`."""

    first: float
    last: float
    since: float


class Untaken(Exception):  # noqa: N818 - it names how a post ended
    """It was not taken for now; the sentence says why."""


class RemoteWriting:
    """Sends until it is cancelled. Not frozen: it holds whose backlog has come."""

    def __init__(
        self,
        store: Store,
        destination: Destination,
        *,
        now: Callable[[], float],
        counted: Callable[[str, int], None],
        failed: Callable[[], None],
        paces: Paces | None = None,
    ) -> None:
        """`now` is the wall clock (epoch seconds).

        `counted(outcome, samples)` is told what became of samples, `failed()` of every post that was not taken.
        """
        self._store = store
        self._destination = destination
        self._now = now
        self._counted = counted
        self._failed = failed
        self._paces = paces or Paces()
        self._waiting: dict[str, _Waiting] = {}
        self._complained = ""

    def backlog_came(self, machine: str, since: float) -> None:
        """Results of the past, back to `since`, have come from this machine; from the event loop alone."""
        now, came = self._now(), self._waiting.get(machine)
        if came is None and since > now - LATE_SECONDS:
            # Observers measure more often than they report: that is no past.
            return
        first, before = (came.first, came.since) if came is not None else (now, since)
        self._waiting[machine] = _Waiting(first, now, min(before, since))

    async def run(self) -> None:
        """Until cancelled. Never raises: what fails is logged, and comes again or is counted."""
        timeout = aiohttp.ClientTimeout(total=self._paces.timeout)
        # Redirects are not followed: a secret is for the one it was given to.
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            while True:
                for machine, came in self._ready():
                    try:
                        await self._send(session, machine, came)
                    except Exception:  # noqa: BLE001 - the boundary of one machine: the others' are sent all the same
                        _log.exception("What came late could not be sent to Prometheus; the rest of it is")
                await asyncio.sleep(self._paces.look)

    def _ready(self) -> list[tuple[str, _Waiting]]:
        """The machines whose backlog has gone quiet, taken off the list."""
        now = self._now()
        ready = [
            (machine, came)
            for machine, came in self._waiting.items()
            if not 0 <= now - came.last < self._paces.gather or not 0 <= now - came.first < self._paces.patience
        ]
        for machine, _ in ready:
            del self._waiting[machine]
        return ready

    async def _send(self, session: aiohttp.ClientSession, machine: str, came: _Waiting) -> None:
        heard = self._store.latest_of(machine)
        # The newest of it may have been sent in time as well; twice at the same moment is once.
        until = newest_late(came.last, heard.beat if heard else 60)
        # The store may date it a little otherwise than the door did.
        begin = max(came.since - MOST_ERROR_SECONDS, self._oldest())
        while begin < until:
            end = min(begin + STRETCH_SECONDS, until)
            for batch in batches(await asyncio.to_thread(self._late, machine, begin, end), MOST_SAMPLES):
                await self._deliver(session, batch)
            begin = end

    def _oldest(self) -> float:
        return self._now() - self._destination.window + MARGIN_SECONDS

    def _late(self, machine: str, since: float, until: float) -> tuple[Series, ...]:
        record = self._store.register().machines.get(machine)
        if record is None or record.state is not MachineState.ACTIVE:
            return ()
        return late_series(record, self._store.results(EVERYTHING, machine, since, until), since, until)

    async def _deliver(self, session: aiohttp.ClientSession, batch: tuple[Series, ...]) -> None:
        """Until every sample of it was taken, was refused, or is too old."""
        left, posts = [batch], 0
        pause = self._paces.retry
        while left:
            part = younger(left[-1], self._oldest())
            self._counted(OLD, count(left.pop()) - count(part))
            if not part:
                continue
            try:
                taken = await self._post(session, part)
            except (Untaken, aiohttp.ClientError, OSError, TimeoutError) as trouble:
                left.append(part)
                self._complain(f"{type(trouble).__name__}: {trouble}")
                await asyncio.sleep(pause)
                pause = min(2 * pause, self._paces.longest)
                continue
            self._complain("")
            pause, posts = self._paces.retry, posts + 1
            if taken:
                self._counted(SENT, count(part))
            elif count(part) == 1 or posts >= POSTS_AT_MOST:
                self._counted(REFUSED, count(part))
            else:
                left.extend(reversed(halves(part)))

    async def _post(self, session: aiohttp.ClientSession, batch: tuple[Series, ...]) -> bool:
        """Whether it was taken, or refused for what is in it.

        Raises:
            Untaken: the answer says to try again, or that we may not.
            aiohttp.ClientError, OSError, TimeoutError: there was no answer, or no secret.
        """
        # Only where this is configured is there a need for it.
        import cramjam  # noqa: PLC0415 - see above

        body = bytes(cramjam.snappy.compress_raw(written(batch)))
        url = self._destination.url
        headers = {**HEADERS, **await asyncio.to_thread(self._authorization)}
        async with session.post(url, data=body, headers=headers, allow_redirects=False, ssl=self._tls()) as answer:
            if _OK <= answer.status < _REDIRECT:
                return True
            said = (await answer.content.read(300)).decode("utf-8", "replace").strip()
            if answer.status in _REFUSED:
                _log.info("Prometheus refused %d late samples: %s", count(batch), said)
                return False
            raise Untaken(f"{answer.status} {said!r}")

    def _complain(self, trouble: str) -> None:
        """Once for each kind of trouble, and once when it is over."""
        if trouble:
            self._failed()
            if trouble != self._complained:
                _log.warning("%s does not take late samples (%s); it is tried again", self._destination.url, trouble)
        elif self._complained:
            _log.warning("%s takes late samples again", self._destination.url)
        self._complained = trouble

    def _authorization(self) -> dict[str, str]:
        """Read anew for each post: secrets are changed under running programs."""
        if self._destination.secret_file is None:
            return {}
        secret = self._destination.secret_file.read_text("utf-8").strip()
        if self._destination.user:
            both = base64.b64encode(f"{self._destination.user}:{secret}".encode()).decode()
            return {"Authorization": f"Basic {both}"}
        return {"Authorization": f"Bearer {secret}"}

    def _tls(self) -> ssl.SSLContext | bool:
        if self._destination.authority is None or not self._destination.url.startswith("https:"):
            return True
        return ssl.create_default_context(cafile=str(self._destination.authority))
