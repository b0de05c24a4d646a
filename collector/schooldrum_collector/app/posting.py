"""How one message leaves by one channel: the only door to the library apprise."""

import functools
import importlib
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import make_msgid

import msgspec

from schooldrum_collector.app.channels import CHAT, SMS, Channel
from schooldrum_collector.show.notify_composed import MessageForms

CONNECT_SECONDS, ANSWER_SECONDS = 10, 20
_BESIDE = f"cto={CONNECT_SECONDS}&rto={ANSWER_SECONDS}&redirect=no&format=text&retry=0"
_LONGEST_TROUBLE = 200


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed over: `id` stays the same however often it is, so that a receiver can tell what it has already.

    `mark` makes the id of an e-mail the only one in the world: ids of messages begin anew with every new store.
    """

    id: str
    mark: str = ""
    occasion: str
    incident: str
    link: str
    told: MessageForms


class _Ear(logging.Handler):
    """Hears why apprise could not send, thread by thread: it answers with yes and no alone."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._heard = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps what is said to whoever listens in this thread."""
        said = getattr(self._heard, "said", None)
        if isinstance(said, list):
            said.append(record.getMessage())

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """What is said in this thread meanwhile."""
        self._heard.said = said = list[str]()
        try:
            yield said
        finally:
            self._heard.said = None


_EAR = _Ear()


class _Letterhead:
    """The Message-ID of the e-mail that this thread sends. Not frozen: each sending has its own."""

    def __init__(self) -> None:
        self._of = threading.local()

    @contextmanager
    def bearing(self, name: str) -> Iterator[None]:
        """E-mails that leave in this thread meanwhile are called so."""
        self._of.name = name
        try:
            yield
        finally:
            self._of.name = ""

    def made(self, idstring: str | None = None, domain: str | None = None) -> str:
        """As email.utils.make_msgid, but the same at each try."""
        name = getattr(self._of, "name", "")
        return f"<{name}@{domain or 'localhost'}>" if name else make_msgid(idstring, domain)


_LETTERHEAD = _Letterhead()
_LOADING = threading.Lock()


@functools.cache
def _load() -> None:
    with warnings.catch_warnings():
        # A part of it for signed mail asks for a module that Python 3.13 has no more; it does without.
        warnings.simplefilter("ignore", DeprecationWarning)
        mail = importlib.import_module("apprise.plugins.email.base")
    # It names each try anew, whatever headers it is given: no mail server could tell that it has one already.
    vars(mail)["make_msgid"] = _LETTERHEAD.made
    logger = logging.getLogger("apprise")
    logger.addHandler(_EAR)
    # Its sentences name hosts and addresses; what matters of them is told by whoever sends.
    logger.propagate = False


def post(channel: Channel, address: str, letter: Letter) -> str:
    """Hands a message over and waits until it is taken; why it was not, or nothing. Never raises.

    Takes up to half a minute where nobody answers.
    """
    try:
        return _posted(channel, address, letter)
    except Exception as trouble:  # noqa: BLE001 - the boundary to a library with a hundred services
        return f"{type(trouble).__name__}"


def _posted(channel: Channel, address: str, letter: Letter) -> str:
    with _LOADING:
        _load()
    # It loads a hundred services in a second and 45 MiB: only who sends pays for them.
    import apprise  # noqa: PLC0415 - see above
    from apprise.plugins.custom_json import NotifyJSON  # noqa: PLC0415 - see above
    from apprise.plugins.email.base import NotifyEmail  # noqa: PLC0415 - see above

    url = channel.address(address)
    name = f"{letter.id}.{letter.mark}" if letter.mark else ""
    with _EAR.listening() as said, _LETTERHEAD.bearing(name):
        service = apprise.Apprise.instantiate(f"{url}{'&' if '?' in url else '?'}{_BESIDE}", suppress_exceptions=True)
        if not isinstance(service, apprise.NotifyBase):
            return "the channel's url is not understood"
        title, body = letter.told.title, letter.told.full
        if channel.form == SMS:
            title, body = "", letter.told.sms
        elif channel.form == CHAT:
            body = letter.told.chat
        if isinstance(service, NotifyJSON):
            service.headers["Idempotency-Key"] = letter.id
            # Without one, apprise would send the word None as the password.
            service.password = service.password or ""
            service.payload_extras.update(
                {
                    "id": letter.id,
                    "to": address,
                    "occasion": letter.occasion,
                    "incident": letter.incident,
                    "link": letter.link,
                    "sms": letter.told.sms,
                    "parameters": letter.told.chat_parameters,
                }
            )
        elif isinstance(service, NotifyEmail):
            service.headers["X-Schooldrum-Message"] = letter.id
            service.headers["Auto-Submitted"] = "auto-generated"
        taken = service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT)
    if taken:
        return ""
    return "; ".join(dict.fromkeys(said))[:_LONGEST_TROUBLE] or "it was not taken"
