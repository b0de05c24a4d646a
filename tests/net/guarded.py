"""An agent in a hurry (hurried.py) on a PC whose Security Center lists the antivirus that a file names.

python guarded.py FILE …: behind the door to Windows everything is the agent's own, as when a recording is read.
"""

import sys
from pathlib import Path
from typing import Any

import hurried  # type: ignore[import-not-found]  # it lies beside this program
import msgspec

from schooldrum_agent import outline, roster
from schooldrum_agent.probe import Doors, Source
from schooldrum_agent.probes import antivirus

_ON = 397568
"""productState of a product that is not Microsoft's, at work and up to date."""


def _main() -> int:
    product = Path(sys.argv.pop(1)).read_text("utf-8").strip()

    def fetch(_doors: Doors) -> dict[str, Any]:
        listed = [{"product": product, "state": _ON, "there": True}]
        return {"products": listed, "defender": None, "signatures": None, "wall": 0.0}

    source = Source(fetch, antivirus.read_windows)
    antivirus.PROBE = msgspec.structs.replace(antivirus.PROBE, child=False, on={"linux": source})
    here = (*outline.HERE, "antivirus")
    children = tuple(probe for probe in outline.CHILDREN if probe.name != "antivirus")
    vars(roster).update(HERE=here, CHILDREN=children)
    return int(hurried._agent())


if __name__ == "__main__":
    sys.exit(_main())
