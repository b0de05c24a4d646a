import pytest

from schooldrum_collector.judge.rivalry import Outcome, Rivalry, overhear

SILENCE = 180.0


def play(*spoken: tuple[str, float]) -> list[Outcome]:
    rivalry = Rivalry(newest="new", older=("old", "older"), since=1000.0)
    outcomes = []
    for digest, now in spoken:
        rivalry, outcome = overhear(rivalry, digest, now=now, silence=SILENCE)
        outcomes.append(outcome)
    return outcomes


@pytest.mark.parametrize(
    ("spoken", "last"),
    [
        ([("new", 1060)], Outcome.WAIT),
        ([("new", 1060), ("new", 1179)], Outcome.WAIT),
        ([("new", 1060), ("new", 1180)], Outcome.SETTLED),
        ([("new", 90000)], Outcome.SETTLED),
        ([("old", 1010)], Outcome.CONFLICT),
        ([("old", 1010), ("new", 1060)], Outcome.CONFLICT),
        ([("old", 1179), ("new", 1300)], Outcome.CONFLICT),
        ([("old", 5000)], Outcome.WAIT),
        ([("old", 5000), ("new", 5100)], Outcome.CONFLICT),
        ([("old", 5000), ("new", 5181)], Outcome.SETTLED),
        ([("older", 1010), ("new", 1100)], Outcome.CONFLICT),
        ([("stranger", 1010)], Outcome.WAIT),
        ([("new", 10)], Outcome.WAIT),
    ],
)
def test_what_speaking_comes_to(spoken: list[tuple[str, float]], last: Outcome):
    assert play(*spoken)[-1] is last
