"""What is told at fixed hours: once a day and week, from what stands in the store."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from tests.collector.test_alertmanager import incident, put

from schooldrum_collector.app.digests import digest_told, due_digests
from schooldrum_collector.formats import VIETNAM
from schooldrum_collector.judge.calendar_plan import Closing, PlaceCalendar
from schooldrum_collector.judge.fault import Level, Place
from schooldrum_collector.judge.incident import Severity, State
from schooldrum_collector.judge.messages import Message, Occasion
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Machine

OFFICE = Recipient(id=1, path="hn", role="office", channel="m", address="so")
TEACHER = Recipient(id=2, path="BM", role="it_officer", channel="m", address="it")
PRINCIPAL = Recipient(id=3, path="BM", role="principal", channel="m", address="ht")


def at(day: int, hour: int, minute: int = 0) -> float:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(VIETNAM)).timestamp()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(24, 6, 44), []),
        (at(24, 6, 45), [("office", "daily")]),
        (at(24, 11, 59), [("office", "daily")]),
        (at(24, 12, 0), []),
        (at(23, 6, 50), [("it_officer", "weekly"), ("office", "daily"), ("office", "weekly")]),
    ],
)
def test_when_they_are_due(store: Store, enrol: Callable[..., Machine], now, expected) -> None:
    enrol(store, "m1", school="BM")
    recipients = (OFFICE, TEACHER, PRINCIPAL, msgspec.structs.replace(OFFICE, address="x", digests=False))
    found = due_digests(store.register(), recipients, now, 0.0)
    assert sorted((one.recipient.role, one.occasion.value) for one in found) == expected
    assert due_digests(store.register(), recipients, now, now + 1) == [], "nothing of before people were told at all"


def test_a_key_is_one_of_its_day(store: Store, enrol: Callable[..., Machine]) -> None:
    enrol(store, "m1", school="BM")
    keys = {one.key for hour in (7, 8, 11) for one in due_digests(store.register(), [OFFICE], at(24, hour), 0.0)}
    assert keys == {"daily/2026-11-24/office/hn/m/so"}


def of(occasion: Occasion, recipient: Recipient, made: float) -> Message:
    return Message(key="x", recipient=recipient, occasion=occasion, made=made, due=made)


def test_the_morning_list_and_the_week(store: Store, enrol: Callable[..., Machine]) -> None:
    enrol(store, "m1", school="BM")
    enrol(store, "m2", school="XA", area="xa")
    assert digest_told(store, of(Occasion.DAILY, OFFICE, at(24, 6, 50)), at(24, 6, 50)) is None
    over = {"state": State.CLOSED, "ended": at(23, 10), "closed": at(23, 10, 5)}
    put(store, incident(1001, began=at(23, 8), **over))
    put(store, incident(1002, began=at(24, 6)))
    place = Place(Level.SCHOOL, "XA")
    put(store, incident(1003, began=at(24, 6), place=place, told_place=place, schools=("XA",)))
    put(store, incident(1004, began=at(24, 6), severity=Severity.DIGEST))
    morning = digest_told(store, of(Occasion.DAILY, OFFICE, at(24, 6, 50)), at(24, 6, 55))
    assert morning is not None
    assert "SC-1001" in morning.full
    assert "mất 2 giờ trong giờ học" in morning.full
    assert "SC-1002" in morning.full
    assert "SC-1003" not in morning.full, "of another area"
    assert "SC-1004" not in morning.full
    week = digest_told(store, of(Occasion.WEEKLY, TEACHER, at(30, 6, 50)), at(30, 6, 55))
    assert week is not None
    assert "bản tin tuần 23/11/2026 \u2013 29/11/2026" in week.title
    assert "SC-1001" in week.full
    assert "Chưa thấy 1 máy trong tuần" in week.full


def test_the_roll_call_after_a_break(store: Store, enrol: Callable[..., Machine]) -> None:
    enrol(store, "m1", school="BM")
    now = at(25, 11, 31)
    assert due_digests(store.register(), [TEACHER], now, 0.0) == []
    with store.writing() as writer:
        closed = Closing(first=date(2026, 11, 14), last=date(2026, 11, 24), reason="Bão")
        writer.put_calendar("BM", PlaceCalendar(closings=(closed,)))
    (due,) = due_digests(store.register(), [TEACHER], now, 0.0)
    assert due.occasion is Occasion.ROLL_CALL
    told = digest_told(store, due, now)
    assert told is not None
    assert told.title == "[ĐỂ BIẾT] BM: điểm danh máy sau kỳ nghỉ"
    assert "0/1 máy đã bật lại" in told.full
    assert due_digests(store.register(), [TEACHER], at(26, 11, 31), 0.0) == []
