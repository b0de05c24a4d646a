"""Collector and agent of a school whose beat is a second: what waits for minutes waits for as many seconds.

python hurried.py collector SHIFT …     under a clock that is off by so many seconds
python hurried.py agent …               in the boot that the file `boot` beside its state tells, if there is one
"""

import os
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

_COLLECTOR: dict[str, dict[str, float]] = {
    "schooldrum_collector.judge.presence": {"GRACE_SECONDS": 15},
    "schooldrum_collector.judge.incident_corrections": {"SAME_BEGIN_SECONDS": 5.0},
    "schooldrum_collector.judge.incidents": {"FLAPPING_SECONDS": 15.0, "SEEN_SECONDS": 1.0, "_EVIDENCE_SECONDS": 0.5},
    "schooldrum_collector.judge.incident_likeness": {"FLAPPING_SECONDS": 15.0},
    "schooldrum_collector.judge.impaired": {"SERVICE_SECONDS": 11.0},
    "schooldrum_collector.judge.sights": {"RETURNING_SECONDS": 15.0},
    "schooldrum_collector.judge.returning": {"RETURNING_SECONDS": 15.0, "ROOM_RETURNS_SECONDS": 10.0},
    "schooldrum_collector.app.witnesses": {"BESIDE_SECONDS": 10.0},
    "schooldrum_collector.app.incident_replay": {"AROUND_SECONDS": 30.0},
    "schooldrum_collector.app.watching": {"CLIMBS_SECONDS": 45.0},
}
_AGENT: dict[str, dict[str, float]] = {
    # A report takes as long as it takes, however short the beat: TLS on a busy machine is not hurried.
    "schooldrum_agent.uplink": {"TIMEOUT": 2.0},
    # Nor is a try that fails: what it takes is a smaller part of the grace of a quarter of an hour and three beats.
    "schooldrum_agent.courier": {
        "TIMEOUT": 2.0, "LONGEST_BACK_OFF": 13.0, "_FIRST_BACK_OFF": 0.25, "LONGEST_RETRY_AFTER": 60.0,
        "OBSERVER_LINE_SECONDS": 3.0,
    },
}  # fmt: skip


def _hurry(program: Mapping[str, Mapping[str, float]]) -> None:
    for name, constants in program.items():
        module = import_module(name)
        for constant, seconds in constants.items():
            assert hasattr(module, constant), f"{name}.{constant} is no more"
            setattr(module, constant, seconds)


def _collector() -> int:
    shift, true = float(sys.argv.pop(1)), time.time
    time.time = lambda: true() + shift
    _hurry(_COLLECTOR)
    watching: Any = import_module("schooldrum_collector.app.watching")
    paces = watching.Paces
    watching.Paces = lambda: paces(judge=0.2, gather=1.0)
    telling: Any = import_module("schooldrum_collector.app.telling")
    patient = telling.Paces
    telling.Paces = lambda: patient(renew=5.0, retry=0.2, longest=1.0, timeout=2.0)
    return int(import_module("schooldrum_collector.__main__").main())


def _in_boot(name: str, began: str) -> None:
    """Of this name, begun at these seconds of the kernel's boot-time clock."""
    boot: Any = import_module("schooldrum_agent.sources.boot")
    since_kernel = boot.boottime
    boot.boottime = lambda: since_kernel() - float(began)
    boot.boot_id = lambda *_: name


def _agent() -> int:
    told = Path(os.environ["SCHOOLDRUM_STATE"]).with_name("boot")
    if told.exists():
        _in_boot(*told.read_text(encoding="utf-8").split())
    _hurry(_AGENT)
    courier = import_module("schooldrum_agent.courier").Courier
    # The default of an argument was bound before.
    courier._send.__kwdefaults__["timeout"] = 2.0
    services: Any = import_module("schooldrum_agent.probes.services")
    services.PROBE = msgspec.structs.replace(services.PROBE, every=2, floor=1)
    return int(import_module("schooldrum_agent.__main__").main())


if __name__ == "__main__":
    sys.exit({"collector": _collector, "agent": _agent}[sys.argv.pop(1)]())
