"""The demo's register and its simulated PCs, which live in a thread of their own until the demo is stopped."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from schooldrum_collector.app.serving import Doors
from schooldrum_collector.commands.call import Call, opened
from schooldrum_collector.commands.children import Event, Events, next_of
from schooldrum_collector.commands.demo_home import Home
from schooldrum_collector.commands.tokens import make_token
from schooldrum_collector.demo.area import BEAT, DemoSchool, furnish, schools
from schooldrum_collector.demo.breaks import Break, Breaks
from schooldrum_collector.demo.day import broken_by_the_day
from schooldrum_collector.demo.letters import Unheard, trusting
from schooldrum_collector.demo.playing import Refused, Staff, enrolled, played
from schooldrum_collector.judge.calendar import DEFAULT_ZONE, time_zone
from schooldrum_collector.web.certificates import open_authority

NAME = "simulated PCs"
_STOP_SECONDS = 15.0
_HEARD_BEATS = 2


def furnished(call: Call, count: int) -> tuple[DemoSchool, ...]:
    """The schools of the demo, all of them in its register."""
    today = datetime.fromtimestamp(call.now(), UTC).astimezone(time_zone(DEFAULT_ZONE)).date()
    with opened(call, create=True) as store, store.writing() as writer:
        made = furnish(writer, count, today, call.say)
        if made:
            writer.log(call.change("demo.furnish", "/", f"{len(made)}"))
    return tuple(schools(count))


class Simulation:
    """The thread in which the PCs live. Not frozen: it is started, told what to break, and stopped."""

    def __init__(self, call: Call, home: Home, doors: Doors, staff: Staff, events: Events) -> None:
        self._call = call
        self._events = events
        self._breaks = Breaks(home.path)
        self._staff = staff
        self._area = [crew.school for crew in staff.crews]
        self._day = staff.day
        tls = trusting(open_authority(call.config.data, call.now()).pem)
        for crew in staff.crews:
            crew.reach(doors.agents, tls)
        self.trouble = ""
        self._tokens: Mapping[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)

    def start(self, tokens: Mapping[str, str]) -> None:
        """Enrols who is not yet (`tokens`: install codes by room), then lets all of them live."""
        self._tokens = tokens
        self._thread.start()

    def ready(self, events: Events) -> Event | None:
        """Waits until everybody is enrolled and was heard; what ended the waiting where it was something else."""
        event = next_of(self._call, events)
        return None if event.ready else event

    @property
    def pcs(self) -> int:
        """How many PCs live in it."""
        return self._staff.pcs

    def begin(self) -> float:
        """From now on things break by themselves, unless nothing is to; when their day began (epoch seconds, or 0)."""
        if not self._day and not self._staff.quiet:
            self._day = self._call.now()
        return self._day

    def broken(self) -> tuple[Break, ...]:
        """What is broken now, by a person and by the day."""
        now, past = self._call.now(), self._staff.has_past
        own = broken_by_the_day(self._area, self._day, now, past=past) if self._day else ()
        return (*self._breaks.now(), *own)

    def stop(self) -> None:
        """Ends the thread, as far as it can be ended."""
        self._stopped = True
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(_STOP_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    def _run(self) -> None:
        """Never raises: the boundary of the thread. What ended it is said, and ends the demo."""
        try:
            self._loop.run_until_complete(self._live())
        except (Refused, Unheard) as trouble:
            self.trouble = str(trouble)
        except Exception as trouble:  # noqa: BLE001 - whatever it is, the person at the terminal is to read it
            self.trouble = f"{type(trouble).__name__}: {trouble}"
        if not self._stopped:
            self._events.put(Event(ended=NAME))

    async def _live(self) -> None:
        # Whoever was enrolled before is missed while the others come in.
        known = [crew for crew in self._staff.crews if crew.is_enrolled]
        fresh = [crew for crew in self._staff.crews if not crew.is_enrolled]
        early = asyncio.ensure_future(played(known, self.broken, self._stop))
        try:
            if not await self._all_in(early):
                return
            # Whoever was never heard is not missed: everybody speaks before anything can be cut.
            ready = asyncio.get_running_loop().call_later(_HEARD_BEATS * BEAT, self._events.put, Event(ready=True))
            try:
                await asyncio.gather(early, played(fresh, self.broken, self._stop))
            finally:
                ready.cancel()
        finally:
            early.cancel()
            await asyncio.gather(early, return_exceptions=True)

    async def _all_in(self, early: asyncio.Future[None]) -> bool:
        """Enrols who is not yet; False where it was stopped meanwhile. What ended `early` by itself is raised."""
        work = asyncio.ensure_future(enrolled(self._staff.crews, self._tokens, self._staff.kept))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            some: list[asyncio.Future[Any]] = [work, stopping, early]
            await asyncio.wait(some, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
                return True
            if early.done():
                early.result()
            return False
        finally:
            work.cancel()
            stopping.cancel()
            await asyncio.gather(work, stopping, return_exceptions=True)


@contextmanager
def simulation(call: Call, home: Home, doors: Doors, staff: Staff, events: Events) -> Iterator[Simulation]:
    """A running simulation; its newcomers are enrolled by ordinary install codes."""
    playing = Simulation(call, home, doors, staff, events)
    needed = staff.needed
    tokens: dict[str, str] = {}
    if needed:
        call.console.remark(
            call.say(
                f"Thêm {sum(needed.values())} máy mô phỏng vào danh mục …",
                f"Adding {sum(needed.values())} simulated PCs to the register …",
            )
        )
        with opened(call) as store:
            for room, count in needed.items():
                tokens[room] = str(make_token(store, call, room, uses=count, days=1)[0])
    playing.start(tokens)
    try:
        yield playing
    finally:
        playing.stop()
