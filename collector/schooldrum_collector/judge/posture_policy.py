"""What the ten checks ask for where a PC stands: thresholds from a file of rules, nearest place first."""

from datetime import date
from typing import Annotated, Any, Literal, get_args

import msgspec

from schooldrum_collector.judge.faults import Fault, Faulty, Scoped, of_scopes, refused, toml
from schooldrum_collector.judge.settings import places_of
from schooldrum_collector.judge.software import Where

Days = Annotated[int, msgspec.Meta(ge=1, le=365)]
Count = Annotated[int, msgspec.Meta(ge=1, le=50)]
Encryption = Literal["laptops", "all", "none"]
Automatic = Literal["automatic", "not_off"]
RemoteDesktop = Literal["protected", "off"]
_DAYS, _SWITCH = "1..365", "true, false"
_MOST_RULES = 5000
_MAIN_SITE = "main"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one PC; the file `data/posture.toml` says what each value means."""

    most_patch_days: int = 14
    most_signature_days: int = 7
    antivirus_on_linux: bool = False
    encryption: str = "laptops"
    automatic_updates: str = "automatic"
    autologon_allowed: bool = False
    empty_password_allowed: bool = False
    most_administrators: int = 2
    remote_desktop: str = "protected"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked at a place and below; None: what the places above ask for holds."""

    place: str = ""
    levels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    most_patch_days: Days | None = None
    most_signature_days: Days | None = None
    antivirus_on_linux: bool | None = None
    encryption: Encryption | None = None
    automatic_updates: Automatic | None = None
    autologon_allowed: bool | None = None
    empty_password_allowed: bool | None = None
    most_administrators: Count | None = None
    remote_desktop: RemoteDesktop | None = None


class Policies(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of a file, and the day they are of."""

    dated: date
    rule: tuple[Rule, ...] = ()


_FILE = {"dated": "YYYY-MM-DD", "rule": "[[rule]]"}
_RULE = {
    "place": '"AREA", "SCHOOL", "SCHOOL/ROOM"',
    "levels": '["TH", "THCS"]',
    "kinds": '["lab", "office"]',
    "most_patch_days": _DAYS,
    "most_signature_days": _DAYS,
    "antivirus_on_linux": _SWITCH,
    "encryption": ", ".join(get_args(Encryption)),
    "automatic_updates": ", ".join(get_args(Automatic)),
    "autologon_allowed": _SWITCH,
    "empty_password_allowed": _SWITCH,
    "most_administrators": "1..50",
    "remote_desktop": ", ".join(get_args(RemoteDesktop)),
}
"""What each key takes, as a refusal says it."""


def read(text: str) -> Policies:
    """The rules out of their file.

    Raises:
        Faulty: it is no TOML, or a rule asks for what cannot be asked.
    """
    told = toml(text)
    try:
        found = msgspec.convert(told, type=Policies)
    except msgspec.ValidationError as problem:
        raise Faulty([refused(problem, _RULE if "$.rule[" in str(problem) else _FILE)]) from problem
    count = len(found.rule)
    if count > _MOST_RULES:
        raise Faulty(
            [
                Fault(
                    f"có {count} rule; được phép tối đa {_MOST_RULES}",
                    f"{count} rules; at most {_MOST_RULES} are allowed",
                )
            ]
        )
    if faults := of_scopes([Scoped(rule.place, rule.levels, rule.kinds) for rule in found.rule]):
        raise Faulty(faults)
    return found


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """One value in force: the number of the file and the place whose rule has set it last."""

    value: Any
    file: int
    place: str


def in_force(files: tuple[Policies, ...], where: Where) -> Policy:
    """What is asked of a PC that stands there.

    `files` are those of the product and of the office, in this order: at the same place a later file wins over an
    earlier one, and a later rule over an earlier one.
    """
    return Policy(**{name: one.value for name, one in settled(files, where).items()})


def settled(files: tuple[Policies, ...], where: Where) -> dict[str, Settled]:
    """The same value by value, each with whose it is; what no rule sets is left out."""
    found: dict[str, Settled] = {}
    for place in places_of(where.area, where.school, where.room):
        for number, file in enumerate(files):
            for rule in file.rule:
                if place not in spellings(rule.place):
                    continue
                if not (_holds(rule.levels, where.level) and _holds(rule.kinds, where.kind)):
                    continue
                for name in Policy.__struct_fields__:
                    if (value := getattr(rule, name)) is not None:
                        found[name] = Settled(value=value, file=number, place=place)
    return found


def spellings(place: str) -> tuple[str, ...]:
    """The places that a rule's place may mean: a room without a site is one of the main site."""
    path = place.strip().strip("/")
    first, _, last = path.partition("/")
    return (path, f"{first}/{_MAIN_SITE}/{last}") if last and "/" not in last else (path,)


def _holds(named: tuple[str, ...], this: str) -> bool:
    return not named or this in named
