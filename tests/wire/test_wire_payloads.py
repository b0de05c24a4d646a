"""What agents sent that are in the field: taken in whole, for as long as they may be there."""

from pathlib import Path

import msgspec
import pytest

from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.decoding import decode_delivery
from schooldrum_wire.encoding import encode
from schooldrum_wire.messages import EnrolRequest
from schooldrum_wire.sifting import sift
from schooldrum_wire.token import read_token

FOLDER = Path(__file__).parent / "payloads" / "v1"
DELIVERIES = sorted(path for path in FOLDER.glob("*.json") if path.stem != "enrol")


def test_there_are_recordings_of_every_kind():
    assert {path.stem for path in FOLDER.glob("*.json")} >= {"enrol", "hello", "beat", "backlog", "goodbye"}


@pytest.mark.parametrize("path", DELIVERIES, ids=lambda path: path.stem)
def test_nothing_of_a_recorded_delivery_is_refused_or_changed(path):
    delivery, refused = decode_delivery(path.read_bytes())
    assert refused == 0
    sifted, refused = sift(delivery)
    assert refused == 0
    assert sifted is delivery
    assert decode_delivery(encode(delivery))[0] == delivery
    assert any(result.readings for report in delivery.reports for result in report.results)


@pytest.mark.parametrize("path", DELIVERIES, ids=lambda path: path.stem)
def test_both_sides_agree_on_the_digest_of_what_came(path):
    for report in decode_delivery(path.read_bytes())[0].reports:
        for name, rows in report.rows.items():
            assert SECTIONS[name].digest(list(rows)) == report.sections[name]


def test_the_words_and_the_order_of_a_delivery_are_what_they_were():
    hello = decode_delivery((FOLDER / "hello.json").read_bytes())[0].reports[0]
    assert hello.live
    assert hello.word is not None
    assert (hello.word.word, hello.word.kind) == ("hello", "start")
    goodbye = decode_delivery((FOLDER / "goodbye.json").read_bytes())[0].reports[0]
    assert goodbye.word is not None
    assert goodbye.word.word == "goodbye"
    backlog = decode_delivery((FOLDER / "backlog.json").read_bytes())[0]
    assert backlog.reports[0].live
    assert not any(report.live for report in backlog.reports[1:])


def test_a_recorded_enrolment_is_understood():
    request = msgspec.json.decode((FOLDER / "enrol.json").read_bytes(), type=EnrolRequest)
    assert read_token(request.token).id
    assert request.host["system"] == "linux"
