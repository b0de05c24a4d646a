"""Every probe there is, in one list, and one of them alone.

The code of all probes weighs megabytes. So the list is made when somebody asks for PROBES (a person's commands, tests,
documents), a child loads the one probe it runs, and the agent itself knows those that run in children by their outline
(`outline.py`, derived from this list by `make docs`).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from schooldrum_agent.probe import Probe

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
        globals()["PROBES"] = every = _every_probe()
        return every
