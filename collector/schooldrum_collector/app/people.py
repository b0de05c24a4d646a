"""What tells people and hears their answers: made ready from the configuration, run as long as the collector runs."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import msgspec

from schooldrum_collector.app.channels import Channels
from schooldrum_collector.app.doors import answers_door, answers_tls
from schooldrum_collector.app.messaging import Messaging
from schooldrum_collector.app.office_token import ANSWERS_FILE, office_token
from schooldrum_collector.config import Config
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.web.answers import answers_app


class People(msgspec.Struct, frozen=True, kw_only=True):
    """What was made ready before anything listens."""

    channels: Channels
    key: str
    tls: ssl.SSLContext | None


def prepare_people(config: Config, refuse: Say) -> People:
    """Reads the channels, the key that links are made from, and the certificate of the answers' door.

    Raises:
        app.channels.Unusable, app.office_token.Unusable, OSError: as their sentences say.
    """
    return People(
        channels=Channels(config.channels_file, refuse),
        key=office_token(config.data, ANSWERS_FILE) if config.channels_file else "",
        tls=answers_tls(config),
    )


def messaging_of(
    people: People, config: Config, store: Store, *, now: Callable[[], float], own: OwnMetrics
) -> Messaging:
    """Whoever tells people; where an Alertmanager tells of incidents, that is left to it."""

    def told(channel: str, taken: bool) -> None:  # noqa: FBT001 - as it is called
        own.messages.labels(channel=channel, outcome="taken" if taken else "refused").inc()

    return Messaging(
        store,
        people.channels,
        now=now,
        key=people.key,
        base=config.answers_url,
        begins=not config.alertmanagers,
        told=told,
    )


@asynccontextmanager
async def running(
    people: People, messaging: Messaging, config: Config, store: Store, *, now: Callable[[], float], say: Say
) -> AsyncIterator[str]:
    """Tells people, and has the answers' door open where one is configured; gives its URL, or nothing.

    Raises:
        app.doors.Unopenable: its address cannot be had.
    """
    async with AsyncExitStack() as stack:
        task = asyncio.create_task(messaging.run())
        stack.callback(task.cancel)
        # What is on its way would be sent again after the next start.
        stack.push_async_callback(messaging.stop)
        url = ""
        if config.answers_listen is not None:
            host = urlsplit(config.answers_url).hostname or ""
            app = answers_app(store=store, now=now, hosts=(host,), happened=messaging.happened)
            url = await stack.enter_async_context(answers_door(app, config.answers_listen, people.tls, say))
        yield url
