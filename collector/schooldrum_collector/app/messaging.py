"""How people are told by the collector itself: what is due is written down, then sent, and what was sent is remembered.

A message is written down under a key that is there once, so nothing is planned twice. Before it is handed over that is
written down too, and afterwards that it was taken: whoever kills the collector in between makes it hand the same
message over again, word for word and under the same id, and never another one. So it is for a while with what was not
taken as far as anybody knows: a receiver may have it whose answer was lost.
"""

import asyncio
import contextlib
import hashlib
import hmac
import logging
from collections.abc import Callable

import msgspec

from schooldrum_collector.app.channels import Channel, Channels
from schooldrum_collector.app.digests import digest_told, due_digests
from schooldrum_collector.app.outgoing import LINK_PATH, link_of, opened, sealed, situation, told_of
from schooldrum_collector.app.posting import Letter, post
from schooldrum_collector.judge.messages import Fate, Message, Occasion, Standing, due_messages, standing_of
from schooldrum_collector.show.notify_composed import MessageForms
from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.store.records import EVERYTHING, Teller

_log = logging.getLogger(__name__)
OWN, ALERTMANAGER = "own", "alertmanager"
RECENT_SECONDS = 3 * 86400.0
"""Incidents closed since may still have an end to tell."""
_ALL = 1 << 20
_EXPIRE_SECONDS = {
    Occasion.BEGIN: 86400.0,
    Occasion.AGAIN: 86400.0,
    Occasion.END: RECENT_SECONDS,
    # It is planned once, and as true a week later.
    Occasion.MONTHLY: 7 * 86400.0,
}
_EXPIRE_OTHERWISE = 12 * 3600.0
_LATER_SECONDS = 15.0
REPEATED_SECONDS = 600.0
"""For so long a message that was not taken comes again word for word; later it tells how things are then."""
Post = Callable[[Channel, str, Letter], str]


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: `look` between looks at what is due, `retry` the first pause after a message that was not taken.

    Each next pause is twice as long up to `longest`. A channel that takes nothing, whoever it is for, pauses itself.
    """

    look: float = 10.0
    retry: float = 20.0
    longest: float = 600.0
    stop: float = 45.0


class _Road:
    """One channel: what it is busy with, and until when it rests. Not frozen: it follows what happens."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.refusals = 0
        self.rests_until = 0.0

    @property
    def is_busy(self) -> bool:
        return self.task is not None and not self.task.done()


def _nothing(_channel: str, _taken: bool) -> None:  # noqa: FBT001 - as it is called
    """Nobody wants to know."""


class Messaging:
    """Tells people until it is stopped. Not frozen: it holds what is on its way."""

    def __init__(
        self,
        store: Store,
        channels: Channels,
        *,
        now: Callable[[], float],
        key: str,
        base: str = "",
        begins: bool = True,
        told: Callable[[str, bool], None] = _nothing,
        handed: Post = post,
        paces: Paces | None = None,
    ) -> None:
        """`now` is the wall clock (epoch seconds); `key` the secret that links are made from, `base` where they lead.

        `begins` is whether the collector tells of begins itself (an Alertmanager does not); `told(channel, taken)` is
        told of every message that was handed over by `handed`.
        """
        self._store = store
        self._channels = channels
        self._now = now
        self._key = key
        self._base = base.rstrip("/")
        self._begins = begins
        self._told = told
        self._post = handed
        self._paces = paces or Paces()
        self._changed = asyncio.Event()
        self._stopping = False
        self._roads: dict[str, _Road] = {}
        self._unkept: dict[int, Message] = {}

    def happened(self) -> None:
        """Something happened to an incident; from the event loop alone."""
        self._changed.set()

    async def run(self) -> None:
        """Until it is stopped or cancelled. Never raises: what fails is logged and comes again."""
        while not self._stopping:
            self._changed.clear()
            try:
                await asyncio.to_thread(self.plan)
                await self._send_due()
            except (Full, Overloaded) as trouble:
                _log.warning("Messages could not be written down (%s); they are again", trouble)
            except Exception:  # noqa: BLE001 - the boundary of a task that must live as long as the collector
                _log.exception("Telling people failed; it is tried again")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self._paces.look)

    async def stop(self) -> None:
        """Hands nothing more over, and waits for what is on its way: it would be handed over again."""
        self._stopping = True
        self._changed.set()
        going = [road.task for road in self._roads.values() if road.task is not None and not road.task.done()]
        if going:
            await asyncio.wait(going, timeout=self._paces.stop)

    # What is due

    def plan(self) -> int:
        """Writes down what is to be sent; returns how many messages are new.

        Raises:
            Full, Overloaded: as the store says.
        """
        store, now = self._store, self._now()
        channels = self._channels.at_present()
        since = self._teller(now, bool(channels))
        if not channels:
            return 0
        register = store.register()
        recipients = [one for one in store.recipients(EVERYTHING) if one.channel in channels]
        incidents = store.incidents(EVERYTHING, since=now - RECENT_SECONDS, most=_ALL)
        threads: dict[tuple[int, str], list[Message]] = {}
        for one in store.threads(incident.number for incident in incidents):
            threads.setdefault((one.number, one.recipient.way), []).append(one)
        there = situation(store, register, now, since=since, begins=self._begins, looked=now - RECENT_SECONDS)
        due = [*due_messages(incidents, threads, recipients, there), *due_digests(register, recipients, now, since)]
        return self._write_down(due)

    def _write_down(self, due: list[Message]) -> int:
        if not due:
            return 0
        with self._store.writing() as writer:
            return sum(writer.add_message(one) for one in due)

    def _teller(self, now: float, has_channels: bool) -> float:  # noqa: FBT001 - one fact
        """Since when the collector tells people: what was told before was told by somebody else, or by nobody."""
        who = (OWN if self._begins else ALERTMANAGER) if has_channels else ""
        known = self._store.teller()
        if known.who == who:
            return known.since
        with self._store.writing() as writer:
            writer.set_teller(Teller(who=who, since=now))
        return now

    # Sending

    async def _send_due(self) -> None:
        """Starts what may go; a channel that is slow holds up nobody but itself."""
        now = self._now()
        waiting = await asyncio.to_thread(self._store.messages, EVERYTHING, waiting=True, most=_ALL)
        by_channel: dict[str, list[Message]] = {}
        for message in reversed(waiting):
            if message.due <= now or message.made > now:
                by_channel.setdefault(message.recipient.channel, []).append(message)
        channels = self._channels.at_present()
        for name, messages in by_channel.items():
            road = self._roads.setdefault(name, _Road())
            if road.is_busy or self._stopping or now < road.rests_until <= now + self._paces.longest:
                continue
            road.task = asyncio.create_task(self._drain(road, channels.get(name), messages), name=f"messages {name}")

    async def _drain(self, road: _Road, channel: Channel | None, messages: list[Message]) -> None:
        """Never raises: what fails is logged and comes again."""
        try:
            for message in messages:
                if self._stopping:
                    return
                taken = await asyncio.to_thread(self.send, channel, message)
                if taken is None:
                    continue
                road.refusals = 0 if taken else road.refusals + 1
                if road.refusals > 1:
                    # Two in a row: it is the way, not the recipient.
                    pause = min(self._paces.longest, self._paces.retry * 2 ** min(road.refusals - 2, 10))
                    road.rests_until = self._now() + pause
                    return
        except (Full, Overloaded) as trouble:
            _log.warning("What was sent could not be written down (%s); it is again", trouble)
        except Exception:  # noqa: BLE001 - the boundary of one channel's task
            _log.exception("Sending by a channel failed; it is tried again")

    def send(self, channel: Channel | None, message: Message) -> bool | None:
        """Sends one message, or finds that there is nothing to be sent any more (None); whether it was taken.

        Raises:
            Full, Overloaded: as the store says; before a message was handed over, nothing was sent.
        """
        if message.id in self._unkept:
            # It went, and only that could not be written down.
            self._keep(self._unkept[message.id])
            del self._unkept[message.id]
            return None
        now = self._now()
        ready = self._made_ready(channel, message, now)
        if ready is None or channel is None:
            return None
        sending, told, link = ready
        letter = Letter(
            # Begin and end in one is another message than the begin that may have been taken.
            id=f"schooldrum-{sending.id}-{sending.number}" + ("-whole" if sending.whole else ""),
            mark=hmac.digest(self._key.encode(), f"{sending.key} {sending.made}".encode(), hashlib.sha256).hex()[:24],
            occasion=sending.occasion.value,
            incident=f"SC-{sending.number}" if sending.number else "",
            link=link,
            told=told,
        )
        trouble = self._post(channel, sending.recipient.address, letter)
        self._told(channel.name, not trouble)
        after = self._after(sending, trouble, self._now())
        self._unkept[after.id] = after
        self._keep(after)
        del self._unkept[after.id]
        if trouble:
            _log.warning("Message %d did not go by channel %s (%s); it is tried again", after.id, channel.name, trouble)
        return not trouble

    def _keep(self, message: Message) -> None:
        with self._store.writing() as writer:
            writer.put_message(message)

    def _made_ready(
        self, channel: Channel | None, message: Message, now: float
    ) -> tuple[Message, MessageForms, str] | None:
        """The message as it is handed over, written down as such; None where it is dropped or waits."""
        if channel is None or not self._is_wanted(channel, message):
            self._drop(message, "removed", now)
            return None
        # What quiet hours held was not late before they ended.
        age = now - message.made - (_EXPIRE_OTHERWISE if message.held else 0.0)
        if age > _EXPIRE_SECONDS.get(message.occasion, _EXPIRE_OTHERWISE):
            self._drop(message, "expired", now)
            return None
        secret, record = link_of(message, self._key, now)
        link = f"{self._base}{LINK_PATH}{secret}" if self._base and message.number else ""
        if message.fate is Fate.SENDING and message.text:
            # It was handed over, and nobody knows whether it was taken: the same again.
            return message, opened(message.text, link), link
        whole, story = False, None
        if message.number:
            story = self._store.incident_of(EVERYTHING, message.number)
            standing = standing_of(message, story.incident) if story is not None else Standing.OVER
            if story is None or standing not in {Standing.SEND, Standing.WHOLE}:
                self._put_off(message, standing, now)
                return None
            whole = standing is Standing.WHOLE
        told: MessageForms | None = None
        written = now
        if message.text and message.whole is whole and 0 <= now - message.written < REPEATED_SECONDS:
            told, written = opened(message.text, link), message.written
        elif story is not None:
            told = told_of(self._store.register(), story, message, now, link=link, whole=whole)
        else:
            told = digest_told(self._store, message, now)
        if told is None:
            self._drop(message, "nothing", now)
            return None
        sending = msgspec.structs.replace(
            message,
            fate=Fate.SENDING,
            tries=message.tries + 1,
            whole=whole,
            text=sealed(told, link),
            written=written,
        )
        with self._store.writing() as writer:
            writer.put_message(sending)
            if link:
                writer.put_answer_link(record)
        return sending, told, link

    def _is_wanted(self, channel: Channel, message: Message) -> bool:
        """Whether somebody is still told at this address, and the channel takes it."""
        if not channel.takes(message.recipient.address):
            return False
        return any(one.way == message.recipient.way for one in self._store.recipients(EVERYTHING))

    def _put_off(self, message: Message, standing: Standing, now: float) -> None:
        if standing is Standing.LATER:
            self._keep(msgspec.structs.replace(message, due=now + _LATER_SECONDS))
        else:
            self._drop(message, standing.value, now)

    def _drop(self, message: Message, why: str, now: float) -> None:
        self._keep(msgspec.structs.replace(message, fate=Fate.DROPPED, done=now, trouble=why, text=""))

    def _after(self, sending: Message, trouble: str, now: float) -> Message:
        if not trouble:
            return msgspec.structs.replace(sending, fate=Fate.SENT, done=now, trouble="")
        pause = min(self._paces.longest, self._paces.retry * 2 ** min(sending.tries - 1, 10))
        return msgspec.structs.replace(sending, fate=Fate.WAITING, due=now + pause, trouble=trouble)
