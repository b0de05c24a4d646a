"""Who is told what and when: tables of incidents, roles and what was told before."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.test_alertmanager import incident

from schooldrum_collector.formats import VIETNAM
from schooldrum_collector.judge.fault import Degree, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Severity, State
from schooldrum_collector.judge.lessons import lesson_seconds
from schooldrum_collector.judge.messages import (
    SETTLE_SECONDS,
    Fate,
    Message,
    Occasion,
    Situation,
    Standing,
    due_messages,
    key_of,
    standing_of,
)
from schooldrum_collector.judge.recipients import Recipient, is_mail, is_word, quiet_until

NOW = 1_790_133_000.0
"""Wednesday 23 September 2026, 10:10 in Vietnam."""
AREAS = {"BM": "hn/a", "HS": "hn/b"}
IT = Recipient(id=1, path="BM", role="it_officer", channel="m", address="it@x.vn")
PRINCIPAL = Recipient(id=2, path="BM", role="principal", channel="m", address="ht@x.vn")
OFFICE = Recipient(id=3, path="hn", role="office", channel="m", address="so@x.vn")
WARD = Recipient(id=4, path="hn/b", role="office", channel="m", address="phuong@x.vn")
EVERYBODY = (IT, PRINCIPAL, OFFICE, WARD)
ROOM = Place(Level.ROOM, "BM/main/tin1")
PROVIDER = Place(Level.PROVIDER, "A")
WHOLE = Place(Level.AREA, "")


def one(number: int = 1001, **fields: Any) -> Incident:
    return incident(number, **{"began": NOW - 900, "told": NOW - 600, "opened": NOW - 800, **fields})


def there(**fields: object) -> Situation:
    values = {
        "now": NOW,
        "since": 0.0,
        "begins": True,
        "areas": AREAS,
        "lost": lambda _incident, _school: 900.0,
        "day_long": lambda _incident: False,
        "zone": lambda _incident: VIETNAM,
        **fields,
    }
    return Situation(**values)  # type: ignore[arg-type]  # by name


def told(*incidents: Incident, before: tuple[Message, ...] = (), **fields: object) -> list[tuple[int, str, str]]:
    threads: dict[tuple[int, str], list[Message]] = {}
    for message in before:
        threads.setdefault((message.number, message.recipient.way), []).append(message)
    found = due_messages(incidents, threads, EVERYBODY, there(**fields))
    return sorted((message.number, message.recipient.role, message.occasion.value) for message in found)


def sent(number: int, recipient: Recipient = IT, occasion: Occasion = Occasion.BEGIN, **fields: object) -> Message:
    values = {"fate": Fate.SENT, "done": NOW - 300, **fields}
    return Message(
        key=f"{number}/{occasion}/{fields}",
        number=number,
        recipient=recipient,
        occasion=occasion,
        made=NOW - 400,
        due=NOW - 400,
        **values,  # type: ignore[arg-type]  # by name
    )


SHARED: dict[str, Any] = {
    "place": PROVIDER,
    "told_place": PROVIDER,
    "schools": ("BM", "HS"),
    "severity": Severity.URGENT,
}
BEGIN, END, AGAIN = "begin", "end", "again"


@pytest.mark.parametrize(
    ("fields", "situation", "expected"),
    [
        ({}, {}, ["it_officer"]),
        ({"place": ROOM}, {}, ["it_officer"]),
        ({"severity": Severity.DIGEST}, {}, []),
        ({"told": 0.0}, {}, []),
        ({"parent": 1000}, {}, []),
        ({"calm": NOW - 5}, {}, []),
        ({"state": State.ABSORBED}, {}, []),
        ({"told": NOW - SETTLE_SECONDS + 5}, {}, []),
        ({}, {"begins": False}, []),
        ({}, {"since": NOW - 10}, []),
        ({"kind": Kind.SECOND_LINE}, {}, ["it_officer", "office"]),
        ({}, {"helped": frozenset({1001})}, ["it_officer", "office"]),
        ({}, {"day_long": lambda _: True}, ["it_officer", "office"]),
        ({}, {"lost": lambda *_: 3600.0}, ["it_officer", "principal"]),
        ({"place": ROOM}, {"lost": lambda *_: 7200.0}, ["it_officer"]),
        ({"kind": Kind.SECOND_LINE}, {"lost": lambda *_: 7200.0}, ["it_officer", "office"]),
        (SHARED, {}, ["it_officer", "office", "office"]),
        (SHARED, {"lost": lambda *_: 3600.0}, ["it_officer", "office", "office", "principal"]),
        ({**SHARED, "verdict": Verdict.COLLECTOR}, {"lost": lambda *_: 7200.0}, ["office", "office"]),
        ({**SHARED, "schools": ("BM",)}, {}, ["it_officer", "office"]),
        ({"schools": ("HS",), "place": Place(Level.SCHOOL, "HS"), "kind": Kind.SECOND_LINE}, {}, ["office", "office"]),
    ],
)
def test_who_is_told_of_a_begin(fields, situation, expected):
    assert told(one(**fields), **situation) == sorted((1001, role, BEGIN) for role in expected)


OVER: dict[str, Any] = {"state": State.CLOSED, "closed": NOW - 60, "ended": NOW - 300}


@pytest.mark.parametrize(
    ("fields", "before", "expected"),
    [
        ({}, (sent(1001),), []),
        (OVER, (), []),
        (OVER, (sent(1001),), [(1001, "it_officer", END)]),
        (OVER, (sent(1001, whole=True),), []),
        (OVER, (sent(1001, fate=Fate.WAITING, done=0.0),), []),
        (OVER, (sent(1001, fate=Fate.DROPPED, trouble="held"),), []),
        (OVER, (sent(1001), sent(1001, occasion=Occasion.END)), []),
        # What was sent afterwards has told its cause: that corrects the record, and alarms nobody.
        (
            {**OVER, "verdict": Verdict.LINE, "degree": Degree.FOUND},
            (sent(1001), sent(1001, occasion=Occasion.END)),
            [],
        ),
        ({"rounds": 1}, (sent(1001), sent(1001, occasion=Occasion.END)), [(1001, "it_officer", AGAIN)]),
        ({}, (sent(1001, fate=Fate.DROPPED, trouble="held"),), [(1001, "it_officer", BEGIN)]),
        ({}, (sent(1001, fate=Fate.DROPPED, trouble="expired"),), []),
        ({"state": State.WITHDRAWN, "closed": NOW - 60}, (sent(1001),), [(1001, "it_officer", END)]),
    ],
)
def test_ends_and_what_comes_back(fields, before, expected):
    assert told(one(**fields), before=before) == expected


def test_ends_are_told_whoever_tells_begins():
    assert told(one(**OVER), before=(sent(1001),), begins=False) == [(1001, "it_officer", END)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"state": State.CLOSED, "closed": NOW}, [(1002, "it_officer", "end")]),
        ({"state": State.WITHDRAWN, "closed": NOW}, [(1002, "it_officer", "end")]),
    ],
)
def test_of_a_round_that_is_an_incident_of_its_own_the_end_alone_is_told(fields, expected):
    first = one(state=State.CLOSED, ended=NOW - 700, closed=NOW - 600)
    own = one(1002, began=NOW - 480, opened=NOW - 450, told=NOW - 450, told_as=1001, **fields)
    begin, end, again = (
        msgspec.structs.replace(sent(1001, occasion=occasion), made=NOW - made)
        for occasion, made in ((Occasion.BEGIN, 800), (Occasion.END, 600), (Occasion.AGAIN, 440))
    )
    assert told(first, own, before=(begin, end, again)) == expected
    # Whoever was not told that it was back is told of it by its own number, and of the end of what was before.
    assert told(first, own, before=(begin, end)) == ([] if fields else [(1002, "it_officer", "begin")])
    assert (1001, "it_officer", "end") in told(first, own, before=(begin,))
    back = msgspec.structs.replace(first, state=State.OPEN, closed=0.0, ended=0.0)
    due = due_messages([back, own], {(1001, IT.way): [begin, end, again]}, [IT], there())
    assert [one.key for one in due if one.number == 1001] == [key_of(1001, 3, IT.way)], "no key is used twice"


def test_who_was_told_of_what_a_room_had_grown_into_is_told_of_its_end():
    room = one(place=ROOM)
    school = one(1002, state=State.CLOSED, opened=NOW - 500, closed=NOW, ended=NOW - 100, told=0.0, told_as=1001)
    of_the_room = msgspec.structs.replace(sent(1001), made=NOW - 590)
    assert told(room, school, before=(of_the_room, sent(1001, PRINCIPAL))) == [(1002, "principal", END)]
    assert told(room, school, before=(of_the_room,)) == [], "the room goes on"


def test_what_waits_to_be_told_of_a_round_is_told_of_its_own_incident():
    first = one(state=State.CLOSED, ended=NOW - 700, closed=NOW - 600)
    waiting = msgspec.structs.replace(sent(1001, occasion=Occasion.AGAIN), fate=Fate.WAITING)
    assert standing_of(waiting, first) is Standing.OVER
    assert standing_of(msgspec.structs.replace(waiting, made=NOW - 650), first) is Standing.WHOLE


def test_who_explained_it_away_is_not_told_that_it_was_none():
    gone = one(state=State.WITHDRAWN, closed=NOW - 60)
    assert told(gone, before=(sent(1001), sent(1001, OFFICE)), excused=frozenset({1001})) == [(1001, "office", END)]


def test_other_officers_are_told_that_it_was_none():
    gone = one(state=State.WITHDRAWN, closed=NOW - 60)
    other = msgspec.structs.replace(IT, id=9, address="second@x.vn")
    both = (sent(1001), sent(1001, other))
    assert told(gone, before=both, excused=frozenset({1001})) == [(1001, "it_officer", END)] * 2
    assert told(gone, before=(sent(1001),)) == [(1001, "it_officer", END)], "somebody else explained it away"


def test_a_cause_is_told_once_to_a_person():
    child = one(parent=1002)
    parent = one(1002, **SHARED)
    assert told(child, parent, before=(sent(1001),)) == [(1002, "office", BEGIN), (1002, "office", BEGIN)]
    waiting = sent(1001, fate=Fate.WAITING, done=0.0)
    assert (1002, "it_officer", BEGIN) not in told(child, parent, before=(waiting,))
    assert (1002, "it_officer", BEGIN) in told(child, parent)
    # Of two that ended together, the end of the larger one is told.
    ended = (one(parent=1002, **OVER), one(1002, **{**SHARED, **OVER}))
    assert told(*ended, before=(sent(1001), sent(1002))) == [(1002, "it_officer", END)]


def test_one_address_is_one_person():
    recipients = (IT, msgspec.structs.replace(OFFICE, address="IT@x.vn"), msgspec.structs.replace(IT, id=9, path="HS"))
    found = due_messages([one(**SHARED)], {}, recipients, there())
    assert [(message.recipient.role, message.key) for message in found] == [("office", "1001/0/m/it@x.vn")]


def test_many_schools_at_once_wait_for_their_cause():
    schools = [
        one(1001 + at, place=Place(Level.SCHOOL, f"S{at}"), schools=(f"S{at}",), told=NOW - 120) for at in range(12)
    ]
    everywhere = msgspec.structs.replace(IT, path="")
    assert due_messages(schools, {}, [everywhere], there()) == ()
    assert len(due_messages(schools, {}, [everywhere], there(now=NOW + 200))) == 12
    assert len(due_messages(schools[:5], {}, [everywhere], there())) == 5


def test_thresholds():
    slow = msgspec.structs.replace(IT, after=30)
    assert due_messages([one()], {}, [slow], there()) == ()
    assert len(due_messages([one()], {}, [slow], there(now=NOW + 1200))) == 1
    early = msgspec.structs.replace(PRINCIPAL, after=10)
    assert len(due_messages([one()], {}, [early], there())) == 1


@pytest.mark.parametrize(
    ("occasion", "held", "fields", "expected"),
    [
        (Occasion.BEGIN, False, {}, Standing.SEND),
        (Occasion.BEGIN, False, OVER, Standing.WHOLE),
        (Occasion.BEGIN, True, OVER, Standing.OVER),
        (Occasion.BEGIN, False, {"state": State.WITHDRAWN}, Standing.WITHDRAWN),
        (Occasion.BEGIN, False, {"parent": 5}, Standing.HELD),
        (Occasion.BEGIN, False, {"calm": 1.0}, Standing.LATER),
        (Occasion.END, False, OVER, Standing.SEND),
        (Occasion.END, False, {}, Standing.AGAIN),
    ],
)
def test_what_waited_is_looked_at_again(occasion, held, fields, expected):
    assert standing_of(sent(1001, occasion=occasion, held=held), one(**fields)) is expected


def local(hour: int, minute: int, day: int = 23) -> float:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(VIETNAM)).timestamp()


@pytest.mark.parametrize(
    ("quiet", "at", "until"),
    [
        ("21:00-06:00", local(20, 59), local(20, 59)),
        ("21:00-06:00", local(21, 0), local(6, 0, 24)),
        ("21:00-06:00", local(5, 59), local(6, 0)),
        ("21:00-06:00", local(6, 0), local(6, 0)),
        ("11:30-13:00", local(12, 0), local(13, 0)),
        ("", local(3, 0), local(3, 0)),
    ],
)
def test_quiet_hours(quiet, at, until):
    assert quiet_until(quiet, at, VIETNAM) == until


@given(st.text(max_size=60))
def test_an_address_is_one_address(text):
    if is_mail(text):
        assert text.count("@") == 1
    if is_mail(text) or is_word(text):
        assert not set(text) & set(" ,;<>\"'()[]/\\?&#%\r\n\t")


def test_lesson_time_is_counted_by_the_calendar():
    def until(moment: float) -> float | None:
        return local(11, 30) if local(7, 0) <= moment < local(11, 30) else None

    assert lesson_seconds(until, local(6, 0), local(8, 0)) == 3600
    assert lesson_seconds(until, local(6, 0), local(20, 0)) == 4.5 * 3600
    assert lesson_seconds(until, local(12, 0), local(13, 0)) == 0
