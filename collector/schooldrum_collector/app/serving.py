"""From a configuration to a collector that listens, until it is told to stop; opened and closed in order."""

import asyncio
import logging
import signal
import ssl
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import msgspec

from schooldrum_collector.app.appointing import Appointing
from schooldrum_collector.app.appraising import Appraising
from schooldrum_collector.app.channels import Unusable as ChannelsUnusable
from schooldrum_collector.app.dated_lists import DatedLists
from schooldrum_collector.app.doors import Unopenable, agents_door, agents_tls, office_door, office_tls
from schooldrum_collector.app.heartbeat import Heartbeat
from schooldrum_collector.app.judging_rules import JudgingRules
from schooldrum_collector.app.kept_hearing import KeepingHearing
from schooldrum_collector.app.looking import Looking
from schooldrum_collector.app.memory import give_back_large_buffers, settle
from schooldrum_collector.app.office_token import FILE as TOKEN_FILE
from schooldrum_collector.app.office_token import Unusable as TokenUnusable
from schooldrum_collector.app.office_token import office_token
from schooldrum_collector.app.people import People, messaging_of, prepare_people, running
from schooldrum_collector.app.quiet import keep_requests_out
from schooldrum_collector.app.reckoning import Reckoning
from schooldrum_collector.app.remote_writing import Destination, RemoteWriting
from schooldrum_collector.app.telling import Receiver, Telling
from schooldrum_collector.app.timetable import Timetable
from schooldrum_collector.app.watching import Watching
from schooldrum_collector.config import Config
from schooldrum_collector.data_directory import Unsafe, prepare, require_store
from schooldrum_collector.judge.availability import DAY_SECONDS, day_of
from schooldrum_collector.judge.presence import begun, in_grace
from schooldrum_collector.judge.settings import granted
from schooldrum_collector.show.list_age import ListAges
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.speech import EITHER, Say, told
from schooldrum_collector.store.interface import Damaged, Full, Locked, Store
from schooldrum_collector.store.journal import Bounds
from schooldrum_collector.store.opening import NAME as STORE_FILE
from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.store.retention import Retention
from schooldrum_collector.store.sqlite import open_store
from schooldrum_collector.web.agents import COUNTS, agents_app
from schooldrum_collector.web.certificates import Authority, open_authority
from schooldrum_collector.web.certificates import Unusable as AuthorityUnusable
from schooldrum_collector.web.install_codes import Install
from schooldrum_collector.web.office import office_app

if sys.platform == "linux":
    import uvloop

_log = logging.getLogger(__name__)


class Unstartable(Exception):  # noqa: N818 - it names how the start ended
    """The collector cannot start; the sentence says why and what to do."""


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """Where the open doors are (URLs), and the file of the office's token (empty where no token is asked for)."""

    agents: str
    office: str
    token_file: str


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What is there before anything listens."""

    config: Config
    authority: Authority
    token: str | None
    office_tls: ssl.SSLContext | None
    people: People
    store: Store
    own: OwnMetrics
    lists: DatedLists
    now: Callable[[], float]
    say: Say
    head_start: float


def serve(
    config: Config,
    *,
    now: Callable[[], float],
    say: Say,
    refuse: Say,
    opened: Callable[[Doors], None],
    head_start: float = 0.0,
) -> None:
    """Runs until SIGTERM or SIGINT, then finishes what is in hand and closes the store.

    `now` is the wall clock (epoch seconds); `refuse` words what keeps it from starting; `opened` is told once both
    doors are open. `head_start` are seconds for which it counts as having listened already: only where every PC is
    known to try again each beat.

    Raises:
        Unstartable: the data directory, store, authority, token or an address cannot be used.
    """
    with _told(config, refuse):
        prepare(config.data, refuse)
        require_store(config.data, STORE_FILE, refuse)
        token = None if config.office_open else office_token(config.data)
        tls = office_tls(config)
        people = prepare_people(config, refuse)
    own = OwnMetrics()
    lists = DatedLists(config.data)
    own.registry.register(ListAges(lists.dates, now))
    retention = Retention(results=config.results_days, sections=config.sections_days, audit=config.changes_days)
    with _told(config, refuse):
        store = open_store(
            config.data,
            clock=now,
            retention=retention,
            bounds=Bounds(arrivals=config.waiting_reports),
            committed=lambda _, seconds: own.commit_seconds.observe(seconds),
        )
    give_back_large_buffers()
    factory = uvloop.new_event_loop if sys.platform == "linux" else None
    try:
        with _told(config, refuse):
            authority = open_authority(config.data, now(), relied_on=bool(store.register().machines))
        parts = _Parts(
            config=config,
            authority=authority,
            token=token,
            office_tls=tls,
            people=people,
            store=store,
            own=own,
            lists=lists,
            now=now,
            say=say,
            head_start=head_start,
        )
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(_run(parts, opened))
    except Unopenable as trouble:
        raise Unstartable(told(trouble, refuse)) from trouble
    finally:
        store.close()


@contextmanager
def _told(config: Config, refuse: Say) -> Iterator[None]:
    """What keeps the collector from starting, as the sentence it ends with.

    Raises:
        Unstartable: something in it failed as the data directory, store, authority, token or certificate may.
    """
    try:
        yield
    except (Unsafe, TokenUnusable, ChannelsUnusable, AuthorityUnusable, Damaged, Locked, Full) as trouble:
        raise Unstartable(told(trouble, refuse)) from trouble
    except OSError as trouble:
        where = trouble.filename or (
            "office_certificate, office_key, answers_certificate, answers_key"
            if isinstance(trouble, ssl.SSLError)
            else config.data
        )
        why = trouble.strerror or trouble
        raise Unstartable(refuse(f"{where}: không dùng được ({why})", f"{where}: {why}")) from trouble


async def _run(parts: _Parts, opened: Callable[[Doors], None]) -> None:
    config, store, now, say = parts.config, parts.store, parts.now, parts.say
    keep_requests_out()
    stop = asyncio.Event()
    _heed_signals(stop)
    tls: ssl.SSLContext | None = None
    renew: Callable[[float], None] | None = None
    if config.agents_tls:
        tls, renew = agents_tls(config, parts.authority, now())
    timetable = Timetable(store, now=now, renew=lambda: renew(now()) if renew else None)
    appraising = Appraising(store, JudgingRules(config.data, parts.lists), now=now, failed=parts.own.unjudged.inc)
    telling = Telling(store, _receiver(config), now=now, failed=parts.own.untold.inc)
    messaging = messaging_of(parts.people, config, store, now=now, own=parts.own)

    def happened() -> None:
        telling.happened()
        messaging.happened()

    watching = Watching(
        store,
        now=now,
        hearing=lambda: heartbeat.hearing,
        happened=happened,
        failed=parts.own.unjudged_schools.inc,
        was_deaf=lambda away, back: heartbeat.was_deaf(away, back),  # noqa: PLW0108 - it is made below
        office_room=config.office_room,
    )
    late = _late_writing(parts)

    def backlog_came(machine: str, since: float) -> None:
        watching.backlog_came(machine, since)
        if late is not None:
            late.backlog_came(machine, since)

    agents = agents_app(
        store,
        parts.authority,
        now=now,
        granted=granted,
        # Its answers are read on PCs, each in its own language, and in their logs, in English.
        say=EITHER,
        proxies=frozenset(config.agents_proxies),
        rows_came=appraising.rows_came,
        backlog_came=backlog_came,
        turned_away=lambda seconds: heartbeat.turned_away(seconds),  # noqa: PLW0108 - it is made below
        page=config.office_url,
    )
    heartbeat = _heartbeat(parts, timetable, agents[COUNTS])
    parts.own.watch_incidents(watching)
    looking = Looking(store, now=now, hearing=lambda: heartbeat.hearing, apart=lambda: watching.watched.apart)
    appointing = Appointing(store, now=now, hearing=lambda: heartbeat.hearing)
    reckoning = Reckoning(store, looking.places, now=now, steady=time.monotonic)
    office = office_app(
        store=store,
        own=parts.own,
        now=now,
        hearing=lambda: heartbeat.hearing,
        token=parts.token,
        hosts=config.office_hosts,
        language=config.language,
        places=looking.places,
        incidents=lambda: watching.watched.by_school,
        apart=lambda: watching.watched.apart,
        scanned=watching.scanned,
        reckoned=lambda: reckoning.reckoned,
        install=Install(pin=parts.authority.pin, url=config.collector_url),
        secure=parts.office_tls is not None or config.office_url.startswith("https:"),
    )
    async with AsyncExitStack() as stack:
        # Closed in the reverse order: first nobody comes in any more, then timed work ends.
        timetable.start()
        stack.push_async_callback(timetable.stop)
        stack.push_async_callback(asyncio.to_thread, looking.keep)
        stack.push_async_callback(asyncio.to_thread, reckoning.keep)
        work = [heartbeat.run, appraising.run, looking.run, appointing.run, reckoning.run, watching.run, telling.run]
        for run in [*work, late.run] if late is not None else work:
            task = asyncio.create_task(run())
            stack.callback(task.cancel)
        await stack.enter_async_context(running(parts.people, messaging, config, store, now=now, say=say))
        office_url = await stack.enter_async_context(office_door(office, config, parts.office_tls, say))
        agents_url = await stack.enter_async_context(agents_door(agents, config, tls))
        # Until now agents were refused, however long all else took to start.
        heartbeat.was_deaf(heartbeat.hearing.away, now())
        await stack.enter_async_context(_kept(heartbeat, parts))
        settle()
        token_file = "" if parts.token is None else str(config.data / TOKEN_FILE)
        opened(Doors(agents=agents_url, office=office_url, token_file=token_file))
        await stop.wait()
        _log.info("Stopping: what is in hand is finished and stored")


@asynccontextmanager
async def _kept(heartbeat: Heartbeat, parts: _Parts) -> AsyncIterator[None]:
    """Meanwhile commands can tell since when it listens."""
    keeping = KeepingHearing(
        parts.config.data,
        now=parts.now,
        hearing=lambda: heartbeat.hearing,
        storing=lambda: not parts.store.trouble(),
    )
    await asyncio.to_thread(keeping.keep)
    task = asyncio.create_task(keeping.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.to_thread(keeping.end)


def _receiver(config: Config) -> Receiver:
    return Receiver(
        urls=config.alertmanagers,
        token_file=config.alertmanager_token_file,
        authority=config.alertmanager_ca,
        base=config.office_url,
        language=config.language,
    )


def _late_writing(parts: _Parts) -> RemoteWriting | None:
    """None where it is not configured."""
    config, own = parts.config, parts.own
    if not config.remote_write_url:
        return None
    return RemoteWriting(
        parts.store,
        Destination(
            url=config.remote_write_url,
            window=config.remote_write_hours * 3600.0,
            user=config.remote_write_user,
            secret_file=config.remote_write_secret_file,
            authority=config.remote_write_ca,
        ),
        now=parts.now,
        counted=lambda outcome, samples: own.late_samples.labels(outcome=outcome).inc(samples),
        failed=own.late_posts_failed.inc,
    )


def _heartbeat(parts: _Parts, timetable: Timetable, counts: Counter[str]) -> Heartbeat:
    own, now, started = parts.own, parts.now, parts.now()
    counted: Counter[str] = Counter()

    def count() -> None:
        for kind, total in counts.items():
            more = total - counted[kind]
            counted[kind] = total
            if kind == "reports":
                own.reports.inc(more)
            elif kind == "refused":
                own.readings_refused.inc(more)
            elif more:
                own.refused.labels(error=kind).inc(more)

    lately = parts.store.watched(day_of(started - DAY_SECONDS))
    heartbeat = Heartbeat(
        begun(
            (latest.heard for latest in parts.store.latest(EVERYTHING)),
            started,
            parts.head_start,
            [(one.begin, one.end) for day in lately for one in day.stretches],
        ),
        now=now,
        late=own.loop_stall_seconds.observe,
        stepped=timetable.start_over,
        often=count,
        head_start=parts.head_start,
    )
    own.watch(
        register=parts.store.register,
        pending=parts.store.pending,
        grace=lambda: in_grace(heartbeat.hearing, now()),
        started=started,
    )
    return heartbeat


def _heed_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        else:
            loop.add_signal_handler(number, stop.set)
