"""Every probe there is, in one list, and one of them alone.

The code of all probes weighs megabytes. So the list is made when somebody asks for PROBES (a person's commands, tests,
documents), a child loads the one probe it runs, and the agent itself knows those that run in children by their outline
(`outline.py`, derived from this list by `make docs`).
"""

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from schooldrum_agent.config import Misconfigured
from schooldrum_agent.probe import Probe
from schooldrum_agent.sentence import Sentence

if TYPE_CHECKING:
    PROBES: tuple[Probe, ...]


def _every_probe() -> tuple[Probe, ...]:
    from schooldrum_agent.probes import (  # noqa: PLC0415 - see above
        accounts,
        agent,
        antivirus,
        automatic_updates,
        batteries,
        cameras,
        clock,
        cpu,
        disk,
        encryption,
        firewall,
        freeze,
        gpus,
        host,
        interfaces,
        ladder,
        memory,
        memory_modules,
        monitors,
        operating_system,
        printers,
        remote_desktop,
        screen_lock,
        secure_boot,
        services,
        sharing,
        software,
        storage,
        system,
        tpm,
        update_history,
        updates,
        uptime,
    )

    return (
        cpu.PROBE,
        memory.PROBE,
        disk.PROBE,
        interfaces.PROBE,
        uptime.PROBE,
        clock.PROBE,
        agent.PROBE,
        ladder.PROBE,
        services.PROBE,
        host.PROBE,
        system.PROBE,
        memory_modules.PROBE,
        monitors.PROBE,
        gpus.PROBE,
        printers.PROBE,
        cameras.PROBE,
        batteries.PROBE,
        tpm.PROBE,
        freeze.PROBE,
        storage.PROBE,
        software.PROBE,
        operating_system.PROBE,
        automatic_updates.PROBE,
        updates.PROBE,
        update_history.PROBE,
        antivirus.PROBE,
        firewall.PROBE,
        encryption.PROBE,
        accounts.PROBE,
        sharing.PROBE,
        remote_desktop.PROBE,
        screen_lock.PROBE,
        secure_boot.PROBE,
    )


def distinct(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    """These probes, no two of which have one name: settings, results and the outline know a probe by its name alone.

    Raises:
        Misconfigured: two of them have, and in which modules they stand.
    """
    known: dict[str, Probe] = {}
    for probe in probes:
        if probe.name in known:
            raise Misconfigured(_twice(probe.name, _module(known[probe.name]), _module(probe)))
        known[probe.name] = probe
    return tuple(known.values())


def _twice(name: str, first: str, second: str) -> Sentence:
    if first == second:
        return Sentence(
            f"{first}: phép đo {name!r} được liệt kê hai lần; hãy bỏ một lần",
            f"{first}: the probe {name!r} is listed twice; take it out once",
        )
    return Sentence(
        f"{first} và {second} đều gọi phép đo của mình là {name!r}; hãy đặt tên khác cho một trong hai, theo tên tệp",
        f"{first} and {second} both name their probe {name!r}; name one of them otherwise, as its file is named",
    )


def _module(probe: Probe) -> str:
    module = next(iter(probe.on.values())).read.__module__
    # An outline has no code of its own: its child loads the file of its name.
    return module if module.startswith(f"{__name__}.") else f"{__name__}.{probe.name}"


def load(name: str) -> Probe:
    """The probe of this name, whose file is named the same; nothing of the others is loaded.

    Raises:
        ModuleNotFoundError: there is none.
    """
    probe: Probe = import_module(f"{__name__}.{name}").PROBE
    return probe


if not TYPE_CHECKING:  # or mypy would take any misspelt name for good

    def __getattr__(name: str) -> Any:
        if name != "PROBES":
            raise AttributeError(f"module {__name__} has no attribute {name}")
        globals()["PROBES"] = every = distinct(_every_probe())
        return every
