"""When an answer to an incident is the same one once more."""

from typing import Any

import pytest
from tests.collector.test_alertmanager import incident

from schooldrum_collector.judge.incident import Event, State, What
from schooldrum_collector.judge.incident_acts import LONGEST_TEXT, REPEAT_SECONDS, is_repeated

NOW = 1_790_133_000.0


def said(answer: str, by: str = "it_officer", *, ago: float = 60.0, reason: str = "") -> Event:
    return Event(number=1, at=NOW - ago, what=What.ANSWERED, by=by, reason=reason, after={"answer": answer})


def happened(what: What, ago: float = 30.0) -> Event:
    return Event(number=1, at=NOW - ago, what=what)


LIVE: dict[str, Any] = {}
OVER: dict[str, Any] = {"state": State.WITHDRAWN, "closed": NOW - 50, "ended": NOW - 50}


@pytest.mark.parametrize(
    ("record", "events", "answer", "repeated"),
    [
        (LIVE, [], "help", False),
        (LIVE, [said("help")], "help", True),
        (LIVE, [said("help"), happened(What.TOLD), happened(What.UPDATED)], "help", True),
        (LIVE, [said("help"), happened(What.REOPENED)], "help", False),
        (LIVE, [said("help", ago=REPEAT_SECONDS)], "help", True),
        (LIVE, [said("help", ago=REPEAT_SECONDS + 1)], "help", False),
        # The collector's clock was set back meanwhile.
        (LIVE, [said("help", ago=-5.0)], "help", True),
        (LIVE, [said("help", ago=-1e6)], "help", False),
        (LIVE, [said("help", "school link abcd")], "help", False),
        (LIVE, [said("help"), said("help", "office", ago=5)], "help", True),
        (LIVE, [said("power"), said("power_cut", "office", ago=5)], "power", False),
        (LIVE, [said("power"), said("power_cut", ago=5)], "power_cut", True),
        # It ended while somebody tapped; the first tap stands.
        (OVER, [said("help"), happened(What.CLOSED)], "help", True),
        (OVER, [said("closed"), happened(What.WITHDRAWN)], "closed", True),
        # What explains everything did not end it.
        (LIVE, [said("closed")], "closed", False),
    ],
)
def test_what_was_just_said(record: dict[str, Any], events: list[Event], answer: str, repeated: bool) -> None:  # noqa: FBT001 - a table's column
    one = incident(1, **{"began": NOW - 600, "opened": NOW - 500, **record})
    assert is_repeated(one, events, answer, NOW, "it_officer") is repeated


@pytest.mark.parametrize(
    ("text", "repeated"),
    [("Đang sửa", True), (" Đang\n sửa ", True), ("Đã sửa", False), ("", False), ("Đang sửa" + " x" * 300, False)],
)
def test_a_provider_s_answer_is_another_one_in_other_words(text: str, repeated: bool) -> None:  # noqa: FBT001 - a table's column
    events = [said("provider_said", "office", reason="Đang sửa")]
    assert is_repeated(incident(1), events, "provider_said", NOW, "office", text=text) is repeated


def test_of_a_long_one_as_much_counts_as_is_kept() -> None:
    events = [said("provider_said", "office", reason="x" * LONGEST_TEXT)]
    assert is_repeated(incident(1), events, "provider_said", NOW, "office", text="x" * 2 * LONGEST_TEXT)
