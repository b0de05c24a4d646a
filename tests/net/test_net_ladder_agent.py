"""A real agent while its line is cut: what it measured on the way is on disk, and arrives when the line is back."""

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.agent.delivery_stand_in import CREDENTIAL, Reply, Request
from tests.e2e.programs import AGENT, Agent, eventually
from tests.net import way as place
from tests.net.way import Way, way

from schooldrum_agent.trust import pin_of
from schooldrum_wire.messages import EnrolAnswer
from schooldrum_wire.result import Result
from schooldrum_wire.settings import Settings

pytestmark = [pytest.mark.namespaces]
URL = f"https://{place.OFFICE}:8801"


class Office:
    """A collector that takes everything in, and keeps the ladder's results."""

    def __init__(self, school: Way, settings: Settings) -> None:
        self.school = school
        self.settings = settings
        self.live: list[tuple[float, dict[str, float]]] = []
        self.late: list[dict[str, float]] = []
        school.office.answering = self.answer

    def answer(self, request: Request) -> Reply:
        if request.path == "/v1/ca":
            return Reply(body=self.school.authority.encode())
        if request.path == "/v1/enrol":
            given = EnrolAnswer(
                machine="m1", credential=CREDENTIAL, state="active", place="DEMO/main/TIN1", alias="tin1-07",
                settings=self.settings,
            )  # fmt: skip
            return Reply(status=201, body=msgspec.json.encode(given))
        if request.path == "/v1/reports":
            for report in request.delivery().reports:
                found = [steps(result) for result in report.results if result.probe == "ladder"]
                if report.live:
                    self.live += [(time.monotonic(), one) for one in found]
                else:
                    self.late += found
        return Reply(body=b'{"backlog_per_beat": 50}')


def steps(result: Result) -> dict[str, float]:
    return {one.labels["step"]: one.value for one in result.readings if one.name == "school_ladder_step_success"}


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Way]:
    with way(tmp_path / "root") as made:
        yield made


@pytest.fixture
def agent(school: Way, tmp_path: Path) -> Agent:
    return Agent(
        tmp_path / "agent",
        program=("ip", "netns", "exec", school.pc, *AGENT),
        start_spread="0",
        proxy="none",
        rootfs=str(school.root),
        ladder="local",
        ladder_names="truong.example.vn",
        ladder_independent=place.RESOLVER,
        ladder_national=place.NATIONAL,
        ladder_international=place.INTERNATIONAL,
        ladder_pages="page.example.vn",
    )


def test_an_outage_is_measured_while_it_lasts_and_told_afterwards(school: Way, agent: Agent):
    office = Office(school, Settings(version=1, beat=1))
    agent.call("enrol", "--collector", URL, typed=f"sd1.{pin_of(school.authority)}.abcdef123456.{'s' * 43}")
    agent.run()
    eventually(lambda: len(office.live) > 3, 20, "reports arrive")
    near = {"link": 1.0, "address": 1.0, "gateway": 1.0, "collector": 1.0}
    assert office.live[-1][1] == near
    assert school.resolver.asked == school.independent.asked == 0
    school.within(school.router, "ip", "link", "set", "wan", "down")
    time.sleep(6)
    before = len(office.live)
    school.within(school.router, "ip", "link", "set", "wan", "up")
    school.within(school.router, "ip", "route", "replace", "default", "via", place.PROVIDER)
    back = time.monotonic()
    eventually(lambda: len(office.live) > before, 40, "reports arrive again")
    print(f"heard again after {office.live[before][0] - back:.1f} s")
    broken = {"link": 1.0, "address": 1.0, "gateway": 1.0, "national": 0.0, "international": 0.0, "collector": 0.0}
    eventually(lambda: sum(broken.items() <= one.items() for one in office.late) >= 3, 30, "what was measured arrives")
    eventually(lambda: office.live[-1][1] == near, 20, "all is well again")
    assert agent.stop() == 0


def test_an_observer_climbs_all_the_time(school: Way, agent: Agent):
    office = Office(school, Settings(version=1, beat=1, observer=True))
    agent.call("enrol", "--collector", URL, typed=f"sd1.{pin_of(school.authority)}.abcdef123456.{'s' * 43}")
    agent.run()
    well = {"national": 1.0, "international": 1.0, "provider": 1.0, "gateway": 1.0, "collector": 1.0, "resolver": 1.0}
    eventually(lambda: sum(well.items() <= one.items() for _, one in office.live) >= 5, 25, "whole climbs in reports")
    school.rule("-A", "FORWARD", "-d", place.INTERNATIONAL, "-j", "DROP")
    cut = time.monotonic()
    eventually(lambda: office.live[-1][1].get("international") == 0, 10, "the cut is told")
    assert office.live[-1][0] - cut < 4
    assert agent.stop() == 0
