"""How every Alertmanager is kept in step with the incidents that are told: at once when one changes, and renewed.

What stands in the store is what is told: nothing is queued, so an Alertmanager that was away for an hour hears of what
goes on now, and of every end it may have missed; what it hears twice it knows already. What began and ended while it
was away it hears of as over, and tells nobody: it stands in the list of incidents and in the digests, and alarms no
more.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path

import aiohttp
import msgspec

from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.shared_telling import Course, is_of_many, schools_to_tell
from schooldrum_collector.show.alertmanager import RENEWED_SECONDS, Alert, alert, is_told, school_alerts
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Register

_log = logging.getLogger(__name__)
PATH = "/api/v2/alerts"
ENDS_SECONDS = 86400.0
"""An end is told so long after it, as long as an Alertmanager has not taken it."""
ENDS_AGAIN_SECONDS = 1800.0
"""And to all for so long: one that was restarted meanwhile has forgotten what it was just told."""
_AT_ONCE = 200
_ALL = 1 << 20
"""One that is left out is not renewed, and Alertmanager would call it over."""
_OK, _REDIRECT = 200, 300


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: `renew` between posts while nothing changes, `timeout` for one post.

    `retry` is the first pause after one that failed, each next one twice as long up to `longest`.
    """

    renew: float = RENEWED_SECONDS
    retry: float = 2.0
    longest: float = 60.0
    timeout: float = 15.0


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """Where incidents are told, with what stands for the right to: URLs, a file with a token, an authority's file."""

    urls: tuple[str, ...]
    token_file: Path | None = None
    authority: Path | None = None
    base: str = ""
    """The URL of the office's door, for links."""
    language: str = "vi"
    """Of what templates show that know nothing of us."""


class Telling:
    """Tells until it is cancelled. Not frozen: it holds which ends each Alertmanager has taken."""

    def __init__(
        self,
        store: Store,
        receiver: Receiver,
        *,
        now: Callable[[], float],
        failed: Callable[[], None],
        paces: Paces | None = None,
    ) -> None:
        """`now` is the wall clock (epoch seconds); `failed()` is told of every post that was not taken."""
        self._store = store
        self._receiver = receiver
        self._now = now
        self._failed = failed
        self._paces = paces or Paces()
        self._changed = {url: asyncio.Event() for url in receiver.urls}

    def happened(self) -> None:
        """Something happened to an incident; from the event loop alone."""
        for event in self._changed.values():
            event.set()

    async def run(self) -> None:
        """Until cancelled. Never raises: an Alertmanager that does not answer is asked again."""
        if not self._receiver.urls:
            return
        # Redirects are not followed: a token is for the one it was given to.
        timeout = aiohttp.ClientTimeout(total=self._paces.timeout)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            await asyncio.gather(*(self._keep_told(session, url) for url in self._receiver.urls))

    async def _keep_told(self, session: aiohttp.ClientSession, url: str) -> None:
        """Never raises: see run."""
        changed, taken, pause = self._changed[url], set[int](), self._paces.retry
        complained = ""
        while True:
            changed.clear()
            try:
                trouble = await self._tell(session, url, taken)
            except Exception as problem:  # noqa: BLE001 - the boundary of one Alertmanager's task
                trouble = f"{type(problem).__name__}: {problem}"
            if trouble:
                self._failed()
                if trouble != complained:
                    _log.warning("Alertmanager %s does not take incidents (%s); it is told again", url, trouble)
                await asyncio.sleep(pause)
                pause = min(2 * pause, self._paces.longest)
                complained = trouble
                continue
            if complained:
                _log.warning("Alertmanager %s takes incidents again", url)
            complained, pause = "", self._paces.retry
            try:
                await asyncio.wait_for(changed.wait(), self._paces.renew)
            except TimeoutError:
                continue

    async def _tell(self, session: aiohttp.ClientSession, url: str, taken: set[int]) -> str:
        """Posts what is to be known now; why it was not taken, or nothing."""
        alerts, ends = await asyncio.to_thread(self._alerts, frozenset(taken))
        headers = {"Content-Type": "application/json", **await asyncio.to_thread(self._authorization)}
        for begin in range(0, len(alerts), _AT_ONCE):
            body = msgspec.json.encode(alerts[begin : begin + _AT_ONCE])
            async with session.post(
                f"{url}{PATH}", data=body, headers=headers, allow_redirects=False, ssl=self._tls(url)
            ) as answer:
                if not _OK <= answer.status < _REDIRECT:
                    said = (await answer.content.read(300)).decode("utf-8", "replace")
                    return f"{answer.status} {said!r}"
        taken.difference_update(_numbers(await asyncio.to_thread(self._live)))
        taken.update(ends)
        return ""

    def _live(self) -> list[Incident]:
        return self._store.incidents(EVERYTHING, live=True, most=_ALL)

    def _alerts(self, taken: frozenset[int]) -> tuple[list[Alert], set[int]]:
        """The alerts of now, and the numbers of those among them that are over."""
        register, now = self._store.register(), self._now()
        told = [one for one in self._store.incidents(EVERYTHING, since=now - ENDS_SECONDS, most=_ALL) if is_told(one)]
        wanted = [
            one for one in told if one.is_live or one.number not in taken or now - one.closed < ENDS_AGAIN_SECONDS
        ]
        alerts = [
            alert(register, one, now, base=self._receiver.base, language=self._receiver.language) for one in wanted
        ]
        alerts += self._at_schools(register, [one for one in wanted if is_of_many(one)], now)
        return alerts, _numbers(one for one in wanted if not one.is_live)

    def _at_schools(self, register: Register, shared: list[Incident], now: float) -> list[Alert]:
        """The alerts by which schools are told of these incidents of many."""
        if not shared:
            return []
        # A part may be over long before what holds it.
        since = min(now - ENDS_SECONDS, *(one.opened for one in shared))
        parts: dict[int, list[Course]] = {one.number: [] for one in shared}
        for one in self._store.incidents(EVERYTHING, since=since, most=_ALL):
            if one.parent in parts and is_told(one):
                parts[one.parent].append(self._with_events(one))
        alerts: list[Alert] = []
        for one in shared:
            schools = schools_to_tell(self._with_events(one), parts[one.number])
            alerts += school_alerts(
                register, one, schools, now, base=self._receiver.base, language=self._receiver.language
            )
        return alerts

    def _with_events(self, incident: Incident) -> Course:
        story = self._store.incident_of(EVERYTHING, incident.number)
        return Course(incident, story.events if story is not None else ())

    def _authorization(self) -> dict[str, str]:
        """Read anew for each post: tokens are changed under running programs."""
        if self._receiver.token_file is None:
            return {}
        token = self._receiver.token_file.read_text("utf-8").strip()
        return {"Authorization": f"Bearer {token}"}

    def _tls(self, url: str) -> ssl.SSLContext | bool:
        if self._receiver.authority is None or not url.startswith("https:"):
            return True
        return ssl.create_default_context(cafile=str(self._receiver.authority))


def _numbers(incidents: Iterable[Incident]) -> set[int]:
    return {one.number for one in incidents}
