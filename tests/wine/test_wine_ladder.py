"""The whole ladder on Windows' own doors: adapters, neighbours, echoes, sockets."""

import json
from typing import Any

import pytest
from tests.wine.windows import Windows

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]
ASK = """
import json, time
from schooldrum_agent.examine import examine
from schooldrum_agent.probe import Doors
from schooldrum_agent.probes import load
from schooldrum_agent.sources import net
from schooldrum_agent.targets import WHOLE, Order, Target, Targets
here = Target(name="here", address="127.0.0.1", port=9)
order = Order(extent=WHOLE, seconds=4, observer=True, tries=3, targets=Targets(national=(here,), international=(here,)))
began = time.monotonic()
answer = examine(load("ladder"), Doors(boottime=time.monotonic, wall=time.time, way=lambda: order), "win32")
print(json.dumps({
    "outcome": answer.outcome, "reason": answer.reason, "took": time.monotonic() - began,
    "rows": [row.values for row in answer.rows], "around": sorted(net.surroundings(system="win32")),
}))
"""


def test_a_whole_climb_ends_in_time_with_what_this_windows_tells(windows: Windows):
    ended = windows.run("python", "-c", ASK, timeout=120)
    assert ended.code == 0, ended.err
    told: dict[str, Any] = json.loads(ended.out)
    assert told["outcome"] == "ok", told["reason"]
    assert told["around"] == ["addresses", "gateways", "links", "neighbours", "resolvers"]
    assert told["took"] < 6
    steps = {row["step"]: row["state"] for row in told["rows"]}
    assert {"link", "address"} <= set(steps), told
