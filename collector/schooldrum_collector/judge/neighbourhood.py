"""What each PC is told of its surroundings: whose cards it may find there, and which networks are its school's."""

from collections.abc import Mapping
from typing import Protocol

from schooldrum_wire.around import MEMBERS_MOST, NETWORKS_MOST, Around
from schooldrum_wire.report import Fingerprint

ROOM_MOST = 60
"""So many PCs of its room an ordinary PC is asked about; an observer is asked about its site's."""
_CODE_LENGTH = 8


class Neighbour(Protocol):
    """What is asked of a machine of the register."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def path(self) -> str:
        """Its room's `CODE/SITE/ROOM`."""

    @property
    def seat(self) -> int:
        """Its number in the room."""

    @property
    def fingerprint(self) -> Fingerprint:
        """Its hardware."""


def codes_of(fingerprint: Fingerprint) -> tuple[str, ...]:
    """The codes (schooldrum_wire.around) under which a machine's wired cards are found on a network."""
    return tuple(card[:_CODE_LENGTH] for card in fingerprint.get("mac", ()))


def machines_by_code(machines: Mapping[str, Fingerprint]) -> dict[str, str]:
    """Machine ids by the codes of their cards; a code that two machines have is nobody's."""
    found: dict[str, str] = {}
    for machine, fingerprint in machines.items():
        for code in codes_of(fingerprint):
            found[code] = "" if found.get(code, machine) != machine else machine
    return {code: machine for code, machine in found.items() if machine}


def around_of(
    machine: Neighbour, school: list[Neighbour], *, observer: bool, networks: Mapping[str, float], page: str
) -> Around:
    """What this machine is told; `school` are the approved machines, `networks` the school's by when they were known.

    Of a place with more PCs than it may be asked about, the ones after it in their order: together they see all.
    """
    place = machine.path.rpartition("/")[0] if observer else machine.path
    near = [one for one in school if one.path == place or (observer and one.path.startswith(f"{place}/"))]
    near.sort(key=lambda one: (one.path, one.seat, one.id))
    after = next((number for number, one in enumerate(near, 1) if one.id == machine.id), 0)
    codes = [
        code for one in (*near[after:], *near[:after]) if one.id != machine.id for code in codes_of(one.fingerprint)
    ]
    newest = sorted(networks, key=lambda code: (networks[code], code))[-NETWORKS_MOST:]
    return Around(
        members=tuple(sorted(dict.fromkeys(codes[: MEMBERS_MOST if observer else ROOM_MOST]))),
        networks=tuple(newest),
        page=page,
    )
