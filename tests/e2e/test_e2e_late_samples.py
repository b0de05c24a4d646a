"""What a PC measured while its school had no line, in Debian's Prometheus at the times at which it was measured."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.agent.delivery_stand_in import Time
from tests.e2e.beside import Prometheus
from tests.e2e.pcs import Pc
from tests.e2e.programs import Collector, eventually, fetched, free_port
from tests.e2e.shifted_collector import Shift

pytestmark = [pytest.mark.prometheus, pytest.mark.slow]
MINUTES = 60


@pytest.fixture
def url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def writing_collector(tmp_path: Path, shift: Shift, url: str) -> Iterator[Collector]:
    """A collector that sends what came late on, and whose time a test lets pass."""
    collector = Collector(
        tmp_path / "collector", program=shift.program, remote_write_url=f"{url}/api/v1/write", remote_write_hours="3"
    )
    shift.passes(-2 * 3600)
    collector.serve()
    yield collector
    collector.stop()


def late(collector: Collector, outcome: str) -> float:
    page = fetched(f"{collector.office}/metrics")
    lines = [line for line in page.splitlines() if f'schooldrum_late_samples_total{{outcome="{outcome}"}}' in line]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


@pytest.mark.timeout(200)
def test_an_hour_without_a_line_is_in_prometheus_afterwards(
    tmp_path: Path, shift: Shift, writing_collector: Collector, url: str
) -> None:
    token = writing_collector.token()
    time = Time()
    pc = Pc(tmp_path / "pc", 1, time=time)
    pc.enrol(writing_collector.agents, token)
    true: dict[int, float] = {}
    with pc.started() as running:
        running.report()
        for number in range(2, MINUTES + 2):
            time.pass_by(60)
            shift.passes(60)
            running.measure()
            true[number] = shift.now()
        time.pass_by(3600)
        shift.passes(3600)
        prometheus = Prometheus(tmp_path / "prometheus", writing_collector.office, late="3h", url=url)
        try:
            eventually(lambda: prometheus.targets() == {"DEMO": "up"}, 60, "the school's page is read")
            while running.waiting():
                assert running.report().delivered
                time.pass_by(1)
            alerts = {str(one["metric"]) for one in prometheus.query("ALERTS")}
            eventually(lambda: late(writing_collector, "sent") >= MINUTES, 60, "late samples were taken")
            (series,) = prometheus.query('school_clock_steps_total{machine="tin1-01"}[3h]')
            assert series["metric"] == {
                "__name__": "school_clock_steps_total",
                "job": "schooldrum-schools",
                "instance": "DEMO",
                "school": "DEMO",
                "site": "main",
                "room": "tin1",
                "machine": "tin1-01",
            }
            found = {int(float(value)): at for at, value in series["values"] if int(float(value)) in true}
            assert found.keys() == true.keys()
            # The clock of the test goes on while it lets an hour pass.
            assert max(abs(found[number] - true[number]) for number in true) < 10
            assert late(writing_collector, "refused") == late(writing_collector, "old") == 0
            assert {str(one["metric"]) for one in prometheus.query("ALERTS")} <= alerts
        finally:
            prometheus.program.stop(90)
