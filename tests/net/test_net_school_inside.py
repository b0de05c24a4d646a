"""Faults inside a school of namespaces: cables, switches, power, router, addresses.

What is told of each is compared with the truth: where it lies, since when, until when, and to whom how often.
"""

from collections.abc import Iterator

import pytest
from tests.net.outage import Scenario, play, troubles
from tests.net.outages import INSIDE
from tests.net.school import School, school

pytestmark = [pytest.mark.namespaces, pytest.mark.slow, pytest.mark.xdist_group("school, inside")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with school(tmp_path_factory.mktemp("school")) as working:
        yield working


@pytest.mark.parametrize("scenario", INSIDE, ids=[one.name for one in INSIDE])
def test_what_is_told_is_the_truth(made: School, scenario: Scenario):
    outcome = play(made, scenario)
    assert troubles(made, scenario, outcome) == [], outcome.told()
