"""Who is told of incidents: the place, the role, the way a message takes, and the hours in which it waits. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from schooldrum_collector.judge.calendar import time_zone
from schooldrum_collector.judge.fault_steps import IT_OFFICER, OFFICE, PRINCIPAL

ROLES = (IT_OFFICER, PRINCIPAL, OFFICE)
"""The office before the school: of one address in several roles, the last one that is concerned counts."""
QUIET = "21:00-06:00"
"""When nobody is told what can wait, unless a recipient says otherwise."""
ADDRESS_LENGTH = 254
_MAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,183}[A-Za-z0-9])?\Z")
_PHONE = re.compile(r"\+?[0-9]{8,15}\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])\Z")


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is told, known by a role and an address, never by a name.

    `path` is a school's code, an area's path, or empty for everything. `channel` names a way of the channels' file,
    `address` is what it asks for (a mail address, a telephone number, a bridge's word; empty where it needs none).
    `after` is for how many minutes a fault has lasted before it is told (-1: as the role's rule says; of a principal
    minutes of lessons). `quiet` is `21:00-06:00`, or empty where messages may come at any hour.
    """

    id: int = 0
    path: str = ""
    role: str = IT_OFFICER
    channel: str = ""
    address: str = ""
    language: str = "vi"
    quiet: str = QUIET
    after: int = -1
    digests: bool = True

    @property
    def way(self) -> str:
        """Channel and address as one word: two recipients with the same one are one person."""
        return f"{self.channel}/{self.address.casefold()}"


def is_mail(address: str) -> bool:
    """Whether this is one mail address, and nothing that a mail program could take for more."""
    return len(address) <= ADDRESS_LENGTH and ".." not in address and _MAIL.match(address) is not None


def is_word(address: str) -> bool:
    """Whether this is a telephone number or a plain word: what bridges and gateways know people by."""
    return _PHONE.match(address) is not None or _NAME.match(address) is not None


def is_quiet_hours(written: str) -> bool:
    """Whether this is written as quiet hours are; empty is, too."""
    return not written or _HOURS.match(written) is not None


def quiet_until(written: str, now: float, zone: str) -> float:
    """The end of the quiet hours that hold this moment, and the moment itself where none do."""
    hours = _HOURS.match(written)
    if hours is None:
        return now
    first, last = (60 * int(hours[at]) + int(hours[at + 1]) for at in (1, 3))
    there = datetime.fromtimestamp(now, time_zone(zone))
    minute = 60 * there.hour + there.minute
    is_held = first <= minute < last if first <= last else minute >= first or minute < last
    if not is_held:
        return now
    end = there.replace(hour=last // 60, minute=last % 60, second=0, microsecond=0)
    return (end if minute < last else end + timedelta(days=1)).timestamp()


def concerns(path: str, schools: Iterable[str], areas: Mapping[str, str]) -> bool:
    """Whether somebody of this place is concerned by what happens in these schools; `areas` by school code."""
    return not path or any(code in _codes_of(path, (code,), areas) for code in schools)


def own_schools(path: str, schools: Iterable[str], areas: Mapping[str, str]) -> tuple[str, ...]:
    """Those of the schools that lie in this place: all that somebody of it may be told about."""
    return _codes_of(path, schools, areas)


def _codes_of(path: str, schools: Iterable[str], areas: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        code
        for code in schools
        if not path or path == code or (area := areas.get(code, "")) == path or area.startswith(f"{path}/")
    )
