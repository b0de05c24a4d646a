"""What the agents' door answers, before it is HTTP."""

import msgspec

from schooldrum_wire.messages import Trouble

_encoder = msgspec.json.Encoder()


class Answer(msgspec.Struct, frozen=True):
    """A status, a JSON body, and after how many seconds to come again (0: nothing is said of that)."""

    status: int
    body: bytes
    retry_after: int = 0
    error: str = ""
    """The word of the trouble, for counting; empty where there is none."""


def trouble(status: int, error: str, message: str, *, ticket: str = "", retry_after: int = 0) -> Answer:
    """An answer that is not 2xx: the stable word for programs, the sentence for people."""
    body = _encoder.encode(Trouble(error=error, message=message, ticket=ticket))
    return Answer(status, body, retry_after, error)


def good(status: int, message: msgspec.Struct) -> Answer:
    """An answer that is 2xx."""
    return Answer(status, _encoder.encode(message))
