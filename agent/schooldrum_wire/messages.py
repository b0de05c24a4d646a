"""What travels besides reports: enrolment, its answer, the answer to reports, the clone's ticket."""

import msgspec

from schooldrum_wire.report import Fingerprint
from schooldrum_wire.settings import Settings


class EnrolRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """POST /v1/enrol: with a room's token, or with a credential (and its ticket) for the repair of a clone.

    With both, a PC that has its credential still shows that it came in before. `host` is {system, release}: never the
    PC's own name. `seat` asks for a number on the sticker, 0 for the next.
    """

    token: str = ""
    credential: str = ""
    ticket: str = ""
    fingerprint: Fingerprint = {}
    host: dict[str, str] = {}
    seat: int = 0
    frozen: bool | None = None


class EnrolAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """201: who this machine is from now on. `place` is `CODE/SITE/ROOM`, `alias` its label in the school."""

    machine: str
    credential: str
    state: str
    place: str
    alias: str
    salt: str = ""
    """The school's salt for hashed columns (hex)."""
    settings: Settings = Settings()


class ReportsAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """200: all of the delivery is durable, but for `refused` readings and rows that were dropped alone."""

    refused: int = 0
    backlog_per_beat: int = 10
    want: tuple[str, ...] = ()
    settings: msgspec.Raw = msgspec.Raw(b"")
    state: str = "active"
    around: msgspec.Raw = msgspec.Raw(b"")
    """What the PC is told of its surroundings (around.py), where it holds something else."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every answer that is not 2xx: a stable word for programs, a sentence for people, and a clone's ticket.

    The sentence is there in both languages where the collector's are for people: Vietnamese, a line end, English.
    """

    error: str
    message: str
    ticket: str = ""
