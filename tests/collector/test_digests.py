"""What is told at fixed hours: once a day and week, from what stands in the store."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.test_alertmanager import incident, put

from schooldrum_collector.app.digests import digest_told, due_digests
from schooldrum_collector.formats import VIETNAM
from schooldrum_collector.judge.appraisal import Kept, Memory, packed_kept
from schooldrum_collector.judge.calendar_plan import Closing, PlaceCalendar
from schooldrum_collector.judge.fault import Degree, Evidence, Level, Place, Verdict
from schooldrum_collector.judge.incident import Severity, State
from schooldrum_collector.judge.messages import Message, Occasion
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.show.notify_composed import MessageForms
from schooldrum_collector.show.notify_month import Loss, Month, Safety, month
from schooldrum_collector.show.notify_times import lasted
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Appraisal, Appraised, Machine
from schooldrum_wire.catalogue.updates import PATCH_AGE_SECONDS

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
    assert "cả trường mất liên lạc: 2 giờ (SC-1001)" in week.full
    # Its end was told long ago when what was sent afterwards has told its cause.
    evidence = Evidence(word="line", counts={"measured": 31, "machines": 31, "rooms": 3})
    known = {"verdict": Verdict.LINE, "degree": Degree.FOUND, "evidence": evidence}
    put(store, incident(1001, began=at(23, 8), **known, **over))
    week = digest_told(store, of(Occasion.WEEKLY, TEACHER, at(30, 6, 50)), at(30, 6, 55))
    assert week is not None
    assert "mất Internet: 2 giờ (SC-1001)" in week.full


def test_what_several_schools_lost_is_told_once_and_counted_for_each(
    store: Store, enrol: Callable[..., Machine]
) -> None:
    for school in ("BM", "HS", "KX"):
        enrol(store, f"m{school}", school=school)
    over = {"state": State.CLOSED, "closed": at(23, 12)}
    whole = Place(Level.PROVIDER, "Nhà mạng A")
    put(store, incident(1001, began=at(23, 8), place=whole, schools=("BM", "HS", "KX"), ended=at(23, 10), **over))
    # One was back early; of one nothing more is known than that it was among them.
    for number, school, ended in ((1002, "BM", at(23, 8, 30)), (1003, "HS", at(23, 10))):
        place = Place(Level.SCHOOL, school)
        put(store, incident(number, began=at(23, 8), place=place, schools=(school,), parent=1001, ended=ended, **over))
    morning = digest_told(store, of(Occasion.DAILY, OFFICE, at(24, 6, 50)), at(24, 6, 55))
    assert morning is not None
    assert "Đã hết: 1, mất 4 giờ 30 phút trong giờ học." in morning.full
    assert morning.full.count("SC-") == 1
    week = digest_told(store, of(Occasion.WEEKLY, TEACHER, at(30, 6, 50)), at(30, 6, 55))
    assert week is not None
    assert "mất 30 phút trong giờ học" in week.full
    assert "SC-1002" in week.full


def test_the_roll_call_after_a_break(store: Store, enrol: Callable[..., Machine]) -> None:
    machine = enrol(store, "m1", school="BM")
    with store.writing() as writer:
        writer.put_machine(msgspec.structs.replace(machine, alias="tin1-gv"))
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
    assert "tin1, Máy GV" in told.full
    noted = msgspec.structs.replace(machine, alias="tin1-gv", note="lent", noted=at(24, 8), noted_by="school link x")
    with store.writing() as writer:
        writer.put_machine(noted)
    told = digest_told(store, due, now)
    assert told is not None
    assert "Máy GV" not in told.full, "nobody misses what is lent"
    assert "Đã ghi hỏng, cho mượn, để nơi khác: 1 máy." in told.full
    with store.writing() as writer:
        writer.put_machine(msgspec.structs.replace(noted, noted=0.0, note=""))
    assert due_digests(store.register(), [TEACHER], at(26, 11, 31), 0.0) == []


def checked(store: Store, machine: str, *, late: int = 0, ended: bool = False) -> None:
    checks = {"updates_in_time": "not_met" if late else "met", "supported_system": "not_met" if ended else "met"}
    body = packed_kept(Kept(readings=(PATCH_AGE_SECONDS(late * 86400.0),), checks=checks))
    appraised = Appraised(machine=machine, at=at(24, 6), heard=at(24, 6), basis="", body=body)
    with store.writing() as writer:
        writer.put_appraisal(Appraisal(appraised=appraised, memory=Memory(), verdicts=None))


def test_the_offices_week_says_whom_to_visit_first(store: Store, enrol: Callable[..., Machine]) -> None:
    for school, area, machines in (("BM", "hn", 3), ("HS", "hn", 2), ("XA", "xa", 1)):
        for number in range(machines):
            enrol(store, f"{school}{number}", school=school, area=area)
    checked(store, "BM0", late=74)
    checked(store, "BM1", ended=True, late=300)
    checked(store, "BM2")
    checked(store, "HS0", late=40)
    checked(store, "XA0", late=500)
    week = digest_told(store, of(Occasion.WEEKLY, OFFICE, at(30, 6, 50)), at(30, 6, 55))
    assert week is not None
    assert "2 máy ở 2 trường chậm, lâu nhất 74 ngày" in week.full, "who is out of support is not late as well"
    assert "Hết hỗ trợ: 1 máy ở 1 trường." in week.full
    assert "Nên đến trước: BM (1 chậm, 1 hết hỗ trợ); HS (1 chậm)." in week.full
    assert "XA" not in week.full, "of another area"
    english = msgspec.structs.replace(OFFICE, language="en")
    told = digest_told(store, of(Occasion.WEEKLY, english, at(30, 6, 50)), at(30, 6, 55))
    assert told is not None
    assert "Whom to visit first: BM (1 behind, 1 out of support); HS (1 behind)." in told.full


@pytest.mark.parametrize(
    ("now", "is_due"),
    [
        # 1 November 2026 is a Sunday.
        (at(1, 8), False),
        (at(2, 6, 44), False),
        (at(2, 6, 45), True),
        (at(6, 16), True),
        (at(7, 8), False),
        (at(9, 8), False),
    ],
)
def test_when_a_principal_gets_the_month(store: Store, enrol: Callable[..., Machine], now, is_due) -> None:
    enrol(store, "m1", school="BM")
    found = due_digests(store.register(), [PRINCIPAL], now, 0.0)
    assert [one.key for one in found] == (["monthly/2026-11-01/principal/BM/m/ht"] if is_due else [])
    assert due_digests(store.register(), [PRINCIPAL], now, at(1, 7)) == [], "not where nobody was told then"
    assert due_digests(store.register(), [msgspec.structs.replace(PRINCIPAL, path="hn")], now, 0.0) == []


def month_of(store: Store, language: str = "vi") -> MessageForms:
    recipient = msgspec.structs.replace(PRINCIPAL, language=language)
    told = digest_told(store, of(Occasion.MONTHLY, recipient, at(30, 8) + 2 * 86400), at(30, 9) + 2 * 86400)
    assert told is not None
    return told


def test_a_month_without_anything(store: Store, enrol: Callable[..., Machine]) -> None:
    enrol(store, "m1", school="BM")
    told = month_of(store)
    assert told.title == "[ĐỂ BIẾT] BM: tháng 11/2026"
    assert "không mất phút nào trong giờ học" in told.full
    assert "Điện" not in told.full
    assert told.full.endswith("Thầy/cô chưa cần làm gì.")


def test_a_month_in_half_a_page(store: Store, enrol: Callable[..., Machine]) -> None:
    for number in range(3):
        enrol(store, f"m{number}", school="BM")
    checked(store, "m0", late=74)
    checked(store, "m1", ended=True)

    def over(number: int, begin: float, end: float, **fields: object) -> None:
        put(store, incident(number, began=begin, state=State.CLOSED, ended=end, closed=end + 60, **fields))

    line = {"verdict": Verdict.LINE, "degree": Degree.FOUND}
    over(1001, at(23, 8), at(23, 10), **line)
    over(1002, at(26, 14), at(26, 14, 30), **line)
    # The provider's of the same time, and one at night: not a minute more.
    over(1003, at(26, 14), at(26, 14, 30), **line)
    over(1004, at(25, 1), at(25, 3), **line)
    over(1005, at(26, 8), at(26, 9), verdict=Verdict.POWER, degree=Degree.FOUND)
    over(
        1006,
        at(27, 8),
        at(27, 8, 20),
        verdict=Verdict.ROOM,
        degree=Degree.FOUND,
        place=Place(Level.ROOM, "BM/main/tin1"),
    )
    told = month_of(store)
    assert (
        "Internet: mất 2 lần, 2 giờ 30 phút trong giờ học; lâu nhất 2 giờ, thứ Hai 23/11/2026 (SC-1001)." in told.full
    )
    assert "Điện: mất 1 lần, 1 giờ trong giờ học, thứ Năm 26/11/2026 (SC-1005)." in told.full
    assert "Mạng nội bộ: mất 1 lần, 20 phút trong giờ học" in told.full
    assert "1 máy chậm, lâu nhất 74 ngày" in told.full
    assert "Hết hỗ trợ: 1 máy" in told.full
    assert "2. Dành cho" in told.full
    english = month_of(store, "en")
    assert "Internet: lost 2 times, 2 h 30 min of lesson time; longest 2 h" in english.full
    for one in (told, english):
        assert len(one.title) + 1 + len(one.full) <= 700
        assert len(one.sms) <= 160
        assert one.sms.isascii()
        assert "Internet" in one.sms
        assert all(len(value) <= 80 for value in one.chat_parameters.values())


def test_a_line_that_is_lost_for_weeks_is_counted_to_its_end(store: Store, enrol: Callable[..., Machine]) -> None:
    enrol(store, "m1", school="BM")
    line = {"state": State.CLOSED, "verdict": Verdict.LINE, "degree": Degree.FOUND}
    put(store, incident(1001, began=at(2, 0), ended=at(29, 0), closed=at(29, 1), **line))
    # Four weeks of six days of ten hours, without the one holiday.
    assert f"Internet: mất 1 lần, {lasted(23 * 36_000.0, 'vi')} trong giờ học" in month_of(store).full


def test_a_part_of_many_schools_outage_is_lost_to_its_own_school(store: Store, enrol: Callable[..., Machine]) -> None:
    enrol(store, "m1", school="BM")
    enrol(store, "m2", school="XA")
    line = {"state": State.CLOSED, "verdict": Verdict.LINE, "degree": Degree.FOUND}
    provider = Place(Level.PROVIDER, "VNPT")

    def over(number: int, begin: float, end: float, **fields: object) -> None:
        put(store, incident(number, began=begin, ended=end, closed=end + 60, **fields))

    # The provider's went on for longer than this school was without it.
    over(1001, at(23, 8), at(23, 11), place=provider, schools=("BM", "XA"), **line)
    over(1002, at(23, 8), at(23, 10), parent=1001, **line)
    # Nobody at the school could tell why; its room's part of it is no second time.
    over(1003, at(25, 8), at(25, 10), place=provider, schools=("BM", "XA"), **line)
    over(1004, at(25, 8), at(25, 9), parent=1003, **{**line, "verdict": Verdict.UNKNOWN})
    over(1005, at(25, 8), at(25, 9), parent=1004, place=Place(Level.ROOM, "BM/main/tin1"), **line)
    assert "Internet: mất 2 lần, 3 giờ trong giờ học; lâu nhất 2 giờ" in month_of(store).full


@given(
    place=st.text(max_size=80),
    numbers=st.lists(st.integers(0, 99_999), min_size=9, max_size=9),
    language=st.sampled_from(["vi", "en"]),
)
def test_a_half_page_is_never_longer(place, numbers, language) -> None:
    losses = [
        Loss(
            times=numbers[at_] % 200, lessons=60.0 * numbers[at_], longest=60.0 * numbers[at_ + 1],
            longest_began=at(23, 8), longest_name="SC-123456",
        )
        for at_ in (0, 1, 2)
    ]  # fmt: skip
    safety = Safety(of=numbers[3], late=numbers[4], oldest=numbers[5], unsupported=numbers[6])
    told = month(
        Month(
            place=place, begin=at(1, 0), end=at(30, 0), internet=losses[0], power=losses[1], inside=losses[2],
            before=float(numbers[7]), seen=numbers[8], safety=safety,
        ),
        language,
        VIETNAM,
    )  # fmt: skip
    assert len(told.title) + 1 + len(told.full) <= 700
    assert len(told.sms) <= 160
    assert not told.full.endswith("…"), "nothing is cut off"
