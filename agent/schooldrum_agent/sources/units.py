"""What systemd says of its units: whether a service is there, whether it runs, and whether it will after a restart."""

import msgspec

from schooldrum_agent.probe import Unavailable
from schooldrum_agent.sources import command, files

_PROGRAMS = ("usr/bin/systemctl", "bin/systemctl")
_BOOTED = "run/systemd/system"
_SECONDS = 10.0


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """`there`: it is installed; `active`: it runs, or has run and stays in force; `enabled`: it starts with the PC."""

    there: bool = False
    active: bool = False
    enabled: bool = False


def parse(text: str) -> dict[str, Unit]:
    """Units by name from `systemctl show --property=Id,LoadState,ActiveState,UnitFileState`, one block each."""
    found: dict[str, Unit] = {}
    for block in text.split("\n\n"):
        says = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if name := says.get("Id"):
            found[name] = Unit(
                there=says.get("LoadState") == "loaded",
                active=says.get("ActiveState") in {"active", "reloading", "activating"},
                enabled=says.get("UnitFileState", "") in {"enabled", "enabled-runtime", "static", "alias", "indirect"},
            )
    return found


def units(rootfs: str, *names: str) -> dict[str, Unit]:
    """The named units, such as `ufw.service`; one that is unknown here is a Unit with nothing true.

    Raises:
        Unavailable: systemd does not run this system, or another system is looked at than the one that runs here.
        TimeoutError: it does not answer.
    """
    program = next((f"/{path}" for path in _PROGRAMS if files.target(rootfs, path)), None)
    # The unit names come from this file's callers, so none of them can be an option.
    if rootfs != "/" or program is None or not files.target(rootfs, _BOOTED):
        raise Unavailable("systemd does not run this system")
    properties = "--property=Id,LoadState,ActiveState,UnitFileState"
    answer = command.run(program, "show", properties, *names, timeout=_SECONDS)
    if answer.code != 0:
        raise Unavailable("systemd does not answer")
    told = parse(answer.output)
    return {name: told.get(name, Unit()) for name in names}
