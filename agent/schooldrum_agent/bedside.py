"""What a doctor knows of this PC before it asks: all that is kept, or without rights what the agent tells everybody."""

from pathlib import Path

import msgspec

from schooldrum_agent.clock import Clock
from schooldrum_agent.config import Config
from schooldrum_agent.noticeboard import Notice, is_running, read_notice
from schooldrum_agent.scan_code import ScanCode, scan_code, sealed
from schooldrum_agent.state import Identity, Standing, look
from schooldrum_wire.around import accept_around
from schooldrum_wire.scan import machine_of
from schooldrum_wire.section import Row
from schooldrum_wire.settings import LANGUAGES, Settings


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """`standing` is what is kept, without the credential where this user may not look (`has_rights`); None: nothing.

    `runs` is whether the agent is running, None where nobody says so. `scan` is what the agent sealed itself, climbed
    at `climbed` (epoch seconds by this PC's clock).
    """

    standing: Standing | None
    has_rights: bool
    runs: bool | None = None
    scan: str = ""
    climbed: float = 0.0


def known_of(config: Config) -> Known:
    """What this user may know. Raises nothing."""
    notice = read_notice(Path(config.notices))
    runs = None if notice is None else is_running(notice, config.procfs)
    try:
        return Known(standing=_with_latest(look(config.state), notice), has_rights=True, runs=runs)
    except PermissionError:
        if notice is None:
            return Known(standing=None, has_rights=False)
    scan = notice.scan if machine_of(notice.scan) else ""
    return Known(standing=_standing(notice), has_rights=False, runs=runs, scan=scan, climbed=notice.climbed)


def _with_latest(kept: Standing, notice: Notice | None) -> Standing:
    """What is kept, and of the board when a report arrived last: it follows each, the state only what changes."""
    told = notice.delivery if notice is not None else kept.delivery
    if (told.word, told.since) != (kept.delivery.word, kept.delivery.since):
        return kept
    delivery = msgspec.structs.replace(kept.delivery, latest=told.latest)
    return msgspec.structs.replace(kept, delivery=delivery)


def _standing(notice: Notice) -> Standing:
    """What stands on the board as if it had been looked up: all but who may speak as this PC."""
    identity = Identity(
        machine="",
        credential="",
        place=notice.place,
        alias=notice.alias,
        state=notice.state,
        collector=notice.collector,
        authority=notice.authority,
    )
    language = notice.language if notice.language in LANGUAGES else Settings().language
    settings = Settings(language=language, not_before=notice.not_before)
    return Standing(
        identity=identity,
        settings=settings,
        delivery=notice.delivery,
        starts=notice.starts,
        page=accept_around({"page": notice.page}).page,
    )


def code_of(known: Known, rows: tuple[Row, ...], *, clock: Clock) -> ScanCode | None:
    """What a phone may carry to the office: what was climbed just now, or without rights what the agent climbed last.

    None where there is neither, or nobody has added this PC.
    """
    standing = known.standing
    if standing is None or standing.identity is None:
        return None
    if not known.has_rights:
        return scan_code(known.scan, standing.page) if known.scan else None
    return scan_code(sealed(rows, standing.identity, clock=clock), standing.page) if rows else None


def language_of(config: Config) -> str:
    """The language people read on this PC: vi or en, as configured here, else as granted."""
    standing = known_of(config).standing
    return config.language or (standing.settings if standing is not None else Settings()).language
