"""An install code of a room as it is made: the string that is shown once, and the record that is kept of it."""

import hashlib
import secrets
import string

import msgspec

from schooldrum_collector.store.records import RoomToken
from schooldrum_wire.token import Token

DAYS = 7
FEWEST_DAYS = 1 / 24
MOST_DAYS = 90
MOST_USES = 1000
_DAY_SECONDS = 86400.0
_ID_LENGTH = 8
_ID_LETTERS = string.ascii_lowercase + string.digits


class Install(msgspec.Struct, frozen=True, kw_only=True):
    """What every install code carries and every PC is told: the authority's pin, and the agents' door."""

    pin: str
    url: str


def new_code(pin: str, path: str, *, uses: int, days: float, now: float) -> tuple[Token, RoomToken]:
    """A new install code for the room of this path."""
    token = Token(
        authority=pin,
        id="".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH)),
        secret=secrets.token_urlsafe(32),
    )
    record = RoomToken(
        id=token.id,
        digest=hashlib.sha256(token.secret.encode()).hexdigest(),
        path=path,
        uses=uses,
        made=now,
        expires=now + days * _DAY_SECONDS,
    )
    return token, record
