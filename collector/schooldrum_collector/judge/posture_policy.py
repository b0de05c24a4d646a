"""What the ten checks ask for where a PC stands: thresholds from a file of rules, nearest place first."""

import tomllib
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from schooldrum_collector.judge.settings import places_of
from schooldrum_collector.judge.software import Where

Days = Annotated[int, msgspec.Meta(ge=1, le=365)]
Count = Annotated[int, msgspec.Meta(ge=0, le=50)]
_MOST_RULES = 5000


class Faulty(ValueError):  # noqa: N818 - it names the file's state
    """The rules cannot be used; the sentence says what is wrong in them and where."""


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
    encryption: Literal["laptops", "all", "none"] | None = None
    automatic_updates: Literal["automatic", "not_off"] | None = None
    autologon_allowed: bool | None = None
    empty_password_allowed: bool | None = None
    most_administrators: Count | None = None
    remote_desktop: Literal["protected", "off"] | None = None


class Policies(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of a file, and the day they are of."""

    dated: date
    rule: tuple[Rule, ...] = ()


def read(text: str) -> Policies:
    """The rules out of their file.

    Raises:
        Faulty: it is no TOML, or a rule asks for what cannot be asked.
    """
    try:
        found = msgspec.convert(tomllib.loads(text), type=Policies)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as problem:
        raise Faulty(f"the rules of the safety checks cannot be used: {problem}") from problem
    if len(found.rule) > _MOST_RULES:
        raise Faulty(f"there are {len(found.rule)} rules for the safety checks; at most {_MOST_RULES} can be used")
    return found


def in_force(files: tuple[Policies, ...], where: Where) -> Policy:
    """What is asked of a PC that stands there.

    `files` are those of the product and of the office, in this order: at the same place a later file wins over an
    earlier one, and a later rule over an earlier one.
    """
    wanted: dict[str, Any] = {}
    for place in places_of(where.area, where.school, where.room):
        for rule in (rule for one in files for rule in one.rule if rule.place == place):
            if _holds(rule.levels, where.level) and _holds(rule.kinds, where.kind):
                wanted |= {
                    name: value for name in Policy.__struct_fields__ if (value := getattr(rule, name)) is not None
                }
    return Policy(**wanted)


def _holds(named: tuple[str, ...], this: str) -> bool:
    return not named or this in named
