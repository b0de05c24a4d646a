"""A collector that serves, and an agent on this machine that is enrolled in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.programs import Agent, Collector
from tests.e2e.shifted_collector import Shift


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """A collector with open doors."""
    collector = Collector(tmp_path / "collector")
    collector.serve()
    yield collector
    collector.stop()


@pytest.fixture
def agent(tmp_path: Path, collector: Collector) -> Iterator[Agent]:
    """An enrolled agent that reports each second and asks for the processor each five."""
    agent = Agent(tmp_path / "agent", beat="1", pace="cpu=5", start_spread="0")
    agent.enrol(collector)
    agent.run()
    yield agent
    agent.stop()


@pytest.fixture
def shift(tmp_path: Path) -> Shift:
    """How far the clock of `shifted_collector` is off."""
    return Shift(tmp_path)


@pytest.fixture
def shifted_collector(tmp_path: Path, shift: Shift) -> Iterator[Collector]:
    """A collector with open doors whose time a test lets pass."""
    collector = Collector(tmp_path / "collector", program=shift.program)
    collector.serve()
    yield collector
    collector.stop()
