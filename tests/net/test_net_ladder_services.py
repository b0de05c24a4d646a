"""Services asked from a school: only where a name leads to a public address, and nowhere else, whatever it says."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.net import way as place
from tests.net.line import within
from tests.net.way import Way, answer_to, way

from schooldrum_agent.probe import Doors
from schooldrum_agent.probes import services
from schooldrum_agent.targets import Order

pytestmark = [pytest.mark.namespaces]


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Way]:
    with way(tmp_path / "root") as made:
        yield made


def asked(school: Way, kind: str, *, private: bool) -> dict[str, Any]:
    order = Order(observer=True, services={"svc": (kind, "svc.example.vn")}, private=private)
    doors = Doors(boottime=time.monotonic, wall=time.time, rootfs=str(school.root), way=lambda: order)
    began = time.monotonic()
    told = within(school.pc, lambda: services.fetch_linux(doors))
    assert time.monotonic() - began < 9
    (one,) = told["services"]
    return dict(one)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "224.0.0.1", place.SERVICE]
)
def test_a_name_that_leads_inside_is_not_followed(school: Way, address: str):
    school.resolver.answering = answer_to({"svc.example.vn": address})
    assert asked(school, "https", private=False)["reason"] == "denied"
    assert _connections(school) == 0


def _connections(school: Way) -> int:
    told = subprocess.run(
        ["ip", "netns", "exec", school.pc, "cat", "/proc/net/snmp"], check=True, capture_output=True, text=True
    ).stdout
    names, values = (line.split() for line in told.splitlines() if line.startswith("Tcp:"))
    return int(values[names.index("ActiveOpens")])


def test_a_name_that_changes_its_mind_is_asked_once_and_the_checked_address_is_spoken_to(school: Way):
    answers = iter([place.SERVICE, "127.0.0.1"])

    def change(query: bytes) -> bytes | None:
        return answer_to({"svc.example.vn": next(answers, "127.0.0.1")})(query)

    school.resolver.answering = change
    assert asked(school, "https", private=True)["reason"] == "refused"
    assert school.resolver.asked == 1


def test_a_service_whose_name_is_found_is_there(school: Way):
    told = asked(school, "dns", private=True)
    assert told["reason"] == ""
    assert told["phases"]["resolve"] > 0
    school.resolver.answering = answer_to({})
    assert asked(school, "dns", private=True)["reason"] == "no_such_name"
