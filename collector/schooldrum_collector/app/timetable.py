"""Timed work: history every few minutes, retention at night, the certificate's renewal; beside the event loop."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from schooldrum_collector.formats import VIETNAM
from schooldrum_collector.store.interface import Full, Overloaded, Store

_log = logging.getLogger(__name__)
RETENTION_HOUR = 2


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds between pieces of work of a kind; `retention` also comes once, so many seconds after the start.

    (A server that is switched off every evening would never come to its nightly work.)
    """

    fold: float = 300.0
    renewal: float = 12 * 3600.0
    retention: float = 600.0


class Timetable:
    """Runs each piece of work in a thread, one of a kind at a time. Not frozen: it holds what is running."""

    def __init__(
        self, store: Store, *, now: Callable[[], float], renew: Callable[[], None], paces: Paces | None = None
    ) -> None:
        """`renew` looks after the agents' door's certificate; `now` is the wall clock (epoch seconds)."""
        self._now = now
        self._paces = paces or Paces()
        self._zone = ZoneInfo(VIETNAM)
        self._running: set[asyncio.Task[None]] = set()
        self._work: dict[str, Callable[[], object]] = {
            "fold": lambda: store.fold(now()),
            "retain": lambda: store.retain(now()),
            "renew": renew,
        }
        # Late work is still done, once: the defaults would drop what is a second late.
        self._scheduler = AsyncIOScheduler(
            timezone=self._zone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def start(self) -> None:
        """Begins; the first history comes after the first interval."""
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        self._plan()
        self._scheduler.start()

    def start_over(self) -> None:
        """The wall clock was set: everything is planned anew from the new time.

        A clock set back an hour would otherwise run nothing for an hour, one set forward a year would make the
        scheduler enumerate a year of missed runs.
        """
        _log.warning("The clock of this server was set; timed work is planned anew")
        self._scheduler.remove_all_jobs()
        self._plan()

    def _plan(self) -> None:
        first = datetime.fromtimestamp(self._now(), self._zone) + timedelta(seconds=self._paces.retention)
        zone = self._zone
        self._scheduler.add_job(self._do, IntervalTrigger(seconds=self._paces.fold, timezone=zone), ["fold"])
        self._scheduler.add_job(self._do, CronTrigger(hour=RETENTION_HOUR, minute=30, timezone=zone), ["retain"])
        self._scheduler.add_job(self._do, DateTrigger(first, timezone=zone), ["retain"])
        self._scheduler.add_job(self._do, IntervalTrigger(seconds=self._paces.renewal, timezone=zone), ["renew"])

    async def _do(self, name: str) -> None:
        task = asyncio.create_task(asyncio.to_thread(self._attempt, name), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # The scheduler cancels what it runs when it stops; the thread would go on unwatched. That is no error to log:
        # `stop` waits for the work itself.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)

    def _attempt(self, name: str) -> None:
        """Never raises: work that fails is logged and comes again in its turn."""
        try:
            self._work[name]()
        except (Full, Overloaded) as trouble:
            _log.warning("Timed work (%s) could not be stored (%s); it is tried again in its turn", name, trouble)
        except Exception:  # noqa: BLE001 - the boundary of a thread of the scheduler
            _log.exception("Timed work (%s) failed; it is tried again in its turn", name)

    async def stop(self) -> None:
        """Plans nothing more, and waits for what is running."""
        self._scheduler.shutdown(wait=False)
        if self._running:
            await asyncio.wait(self._running)
