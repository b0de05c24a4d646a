"""The benchmark's figures are worth something only while the simulated reports are taken in whole."""

import time
import zlib
from typing import Any

import pytest
from simulator import Machine

from schooldrum_collector.judge.live import opened
from schooldrum_wire.decoding import decode_delivery
from schooldrum_wire.report import Word
from schooldrum_wire.sifting import sift

HELLO = Word(word="hello", kind="start", boottime=1)


@pytest.mark.parametrize("number", [0, 1, 4_999])
@pytest.mark.parametrize(
    ("words", "reports"),
    [({}, 1), ({"word": HELLO, "rows": True}, 1), ({"word": HELLO, "rows": True, "backlog": 99}, 100)],
    ids=["steady", "power returns", "a day off"],
)
def test_a_simulated_body_is_taken_in_whole(number: int, words: dict[str, Any], reports: int) -> None:
    body = Machine(number).delivery(**words)
    delivery, unread = decode_delivery(zlib.decompress(body, 31))
    sifted, refused = sift(delivery)
    assert (unread, refused) == (0, 0)
    assert sifted is delivery
    assert len(delivery.reports) == reports
    assert all(result.readings for report in delivery.reports for result in report.results)
    assert 25 <= sum(len(result.readings) for result in opened(body).results) <= 40


def test_machines_differ() -> None:
    bodies = {Machine(number).delivery() for number in range(20)}
    fingerprints = {str(Machine(number).fingerprint) for number in range(20)}
    assert len(bodies) == len(fingerprints) == 20


def test_clocks_and_numbers_go_on() -> None:
    machine = Machine(7)
    first = decode_delivery(zlib.decompress(machine.delivery(), 31))[0]
    time.sleep(0.01)
    second = decode_delivery(zlib.decompress(machine.delivery(), 31))[0]
    assert second.now.boottime > first.now.boottime
    assert second.reports[0].results[0].seq > first.reports[0].results[-1].seq
