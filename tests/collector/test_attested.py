"""What a person said of an incident's power, and took back: the record follows, what was measured does not."""

import msgspec
import pytest
from tests.collector.test_alertmanager import incident

from schooldrum_collector.judge.fault import Degree, Evidence, Verdict
from schooldrum_collector.judge.incident_corrections import corrected

SAID = Evidence(word="power_attested", counts={"machines": 9, "rooms": 2, "on": 9}, names={"said": ("office",)})
TAKEN_BACK = msgspec.structs.replace(SAID, word="silent_with_power", causes=(Verdict.LAN, Verdict.LINE))


@pytest.mark.parametrize(
    ("evidence", "verdict", "degree", "later", "expected"),
    [
        (SAID, Verdict.POWER, Degree.PROBABLE, TAKEN_BACK, (Verdict.UNKNOWN, Degree.UNKNOWN)),
        # Nobody who answers says so any more, which is no word against it.
        (
            SAID,
            Verdict.POWER,
            Degree.PROBABLE,
            msgspec.structs.replace(SAID, word="silent"),
            (Verdict.POWER, Degree.PROBABLE),
        ),
        # They came back from a new start: measured, and not for a person to take back.
        (
            msgspec.structs.replace(SAID, word="power_woke"),
            Verdict.POWER,
            Degree.PROBABLE,
            TAKEN_BACK,
            (Verdict.POWER, Degree.PROBABLE),
        ),
        (
            msgspec.structs.replace(SAID, word="line"),
            Verdict.LINE,
            Degree.FOUND,
            TAKEN_BACK,
            (Verdict.LINE, Degree.FOUND),
        ),
    ],
)
def test_a_wrong_answer_is_taken_back(evidence, verdict, degree, later, expected):
    one = incident(evidence=evidence, verdict=verdict, degree=degree)
    fault = msgspec.structs.replace(one.fault, verdict=Verdict.UNKNOWN, degree=Degree.UNKNOWN, evidence=later)
    steps = corrected(one, fault, one.opened + 300)
    after = steps[-1].incident if steps else one
    assert (after.verdict, after.degree) == expected
    assert (after.number, after.kind, after.first) == (one.number, one.kind, one.first)
