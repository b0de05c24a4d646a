import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.collector.commands.conftest import Typed

from schooldrum_collector.commands.calendar_file import Events, Unreadable, read_events
from schooldrum_collector.commands.calendar_work import number_of
from schooldrum_collector.judge.calendar_plan import Behaviour, Maintenance, year_of
from schooldrum_collector.judge.fault import Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Opening, State
from schooldrum_collector.store.records import EVERYTHING, Machine, MachineState
from schooldrum_collector.store.sqlite import open_store

ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//
BEGIN:VEVENT
UID:1
SUMMARY:Nghỉ giữa kỳ
DTSTART;VALUE=DATE:20261123
DTEND;VALUE=DATE:20261126
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Cắt điện
DTSTART;VALUE=DATE:20261207
RRULE:FREQ=WEEKLY;COUNT=2
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def planned(school: Typed, tmp_path: Path) -> Typed:
    plan = tmp_path / "plan.toml"
    plan.write_text(school("calendar", "sample").out, encoding="utf-8")
    assert school("calendar", "set", "--scope", "BM", str(plan)).code == 0
    return school


def days(typed: Typed, place: str, month: str) -> dict[str, dict[str, object]]:
    return {day["date"]: day for day in typed("calendar", "show", place, "--month", month, "--json").data()["days"]}


def test_calendar_command_shows_what_was_set(planned: Typed):
    shown = days(planned, "BM/tin1", "2026-11")
    assert shown["2026-11-23"] == {
        "date": "2026-11-23",
        "kind": "school",
        "reason": "",
        "planned": True,
        "hours": ["07:00-11:30", "13:00-17:00"],
    }
    assert shown["2026-11-24"]["reason"] == "Vietnam Cultural Day"
    drawn = planned("calendar", "show", "BM", "--month", "2027-02", lang="vi").out
    assert "15 SC" in drawn
    assert "Nghỉ Tết" in drawn
    assert "Giao thừa" in drawn
    assert days(planned, "QY", "2026-11")["2026-11-23"]["planned"] is False
    assert "calendar sample" in planned("calendar", "show", "QY", "--month", "2026-11").err


def test_calendar_command_a_dry_run_saves_nothing(school: Typed, tmp_path: Path):
    plan = tmp_path / "plan.toml"
    plan.write_text(school("calendar", "sample").out, encoding="utf-8")
    said = school("calendar", "set", "--scope", "BM", str(plan), "--dry-run")
    assert "2026-2027" in said.out
    assert not days(school, "BM", "2026-11")["2026-11-23"]["planned"]


def test_calendar_command_closes_and_opens_in_one_step(planned: Typed):
    closing = ("calendar", "close", "/", "--date", "2026-11-25", "--until", "27/11/2026", "--reason", "Typhoon 5")
    assert planned(*closing).code == 0
    assert days(planned, "BM/tin1", "2026-11")["2026-11-26"] == {
        "date": "2026-11-26",
        "kind": "closed",
        "reason": "Typhoon 5",
        "planned": True,
        "hours": [],
    }
    assert planned("calendar", "open", "BM", "--date", "2026-11-26").code == 0
    kinds = {day: shown["kind"] for day, shown in days(planned, "BM", "2026-11").items()}
    assert [kinds[f"2026-11-{day}"] for day in (25, 26, 27)] == ["closed", "school", "closed"]
    assert days(planned, "QY", "2026-11")["2026-11-26"]["kind"] == "closed"
    assert planned("calendar", "open", "/", "--date", "2026-11-25", "--until", "2026-11-27").code == 0
    assert days(planned, "QY", "2026-11")["2026-11-26"]["kind"] == "school"
    assert planned("calendar", "open", "/", "--date", "2026-11-25").code == 1


def test_calendar_command_closes_and_opens_days_that_are_apart(planned: Typed):
    apart = ("--date", "2026-11-27", "--date", "25/11/2026", "--date", "2026-11-27")
    said = planned("calendar", "close", "BM", *apart, "--reason", "Typhoon 5", "--json").data()
    assert said["days"] == ["2026-11-25", "2026-11-27"]
    assert (said["first"], said["last"]) == ("2026-11-25", "2026-11-27")
    kinds = {day: shown["kind"] for day, shown in days(planned, "BM", "2026-11").items()}
    assert [kinds[f"2026-11-{day}"] for day in (25, 26, 27)] == ["closed", "school", "closed"]
    assert planned("calendar", "open", "BM", "--date", "2026-11-25", "--date", "2026-11-26").code == 1
    assert days(planned, "BM", "2026-11")["2026-11-25"]["kind"] == "closed", "all or nothing"
    for lang, words in (("en", "Wed 25 Nov 2026, Fri 27 Nov 2026"), ("vi", "25/11/2026, 27/11/2026")):
        assert words in planned("calendar", "close", "BM", *apart, "--reason", "Bão", lang=lang).out
        assert words in planned("calendar", "open", "BM", *apart, lang=lang).out
    kinds = {day: shown["kind"] for day, shown in days(planned, "BM", "2026-11").items()}
    assert [kinds[f"2026-11-{day}"] for day in (25, 26, 27)] == ["school"] * 3
    past = planned("calendar", "close", "BM", "--date", "2020-11-25", "--date", "2099-11-25", "--reason", "r")
    assert "25 Nov 2020 is past" in past.err
    said = planned(
        "calendar", "close", "BM", "--date", "2026-12-01", "--until", "2026-12-03", "--reason", "r", "--json"
    )
    assert said.data()["days"] == ["2026-12-01", "2026-12-02", "2026-12-03"]


FIVE_DAYS = """year = "2026-2027"
[[term]]
first = 2026-09-05
last = 2027-05-29
[[shift]]
name = "Ngày"
hours = "07:30-16:00"
days = ["T2", "T3", "T4", "T5", "T6"]
"""


@pytest.mark.parametrize(
    ("lang", "set_says", "show_says"),
    [
        ("en", "made up for  Sat 28 Nov 2026 (hours as on Fri)", "made up for  Storm (hours as on Fri)"),
        ("vi", "học bù  28/11/2026 (giờ như T6)", "học bù  Storm (giờ như T6)"),
    ],
)
def test_calendar_command_shows_whose_hours_a_day_that_is_made_up_for_has(
    school: Typed, tmp_path: Path, lang: str, set_says: str, show_says: str
):
    plan = tmp_path / "plan.toml"
    taught = '[[taught]]\nfirst = 2026-11-28\nlike = "T6"\nname = "Storm"\n[[taught]]\nfirst = 2026-11-24\n'
    plan.write_text(FIVE_DAYS + taught, encoding="utf-8")
    said = school("calendar", "set", "--scope", "BM", str(plan), lang=lang)
    assert (said.code, said.err, set_says in said.out) == (0, "", True)
    drawn = school("calendar", "show", "BM", "--month", "2026-11", lang=lang).out
    assert "28 N" in drawn
    assert show_says in drawn
    assert "24 N" in drawn
    shown = days(school, "BM", "2026-11")
    assert [shown[f"2026-11-{day}"]["hours"] for day in (24, 28, 29)] == [["07:30-16:00"], ["07:30-16:00"], []]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[[half_day]]\nfirst = 2026-09-05\nhours = "07:00-10:00"\n', "[[half_day]] Sat 5 Sep 2026"),
        ('[[half_day]]\nfirst = 2026-11-24\nhours = "07:00-10:00"\n', "public holiday"),
        ('[[half_day]]\nfirst = 2026-09-05\nhours = "07:00-10:00"\n[[taught]]\nfirst = 2026-09-05\n', ""),
        ('[[half_day]]\nfirst = 2026-12-19\nlast = 2026-12-31\nhours = "07:00-10:00"\n', ""),
        ("[[taught]]\nfirst = 2026-11-25\n", "[[taught]] Wed 25 Nov 2026"),
    ],
)
def test_calendar_command_says_where_lessons_are_written_for_a_day_that_has_none(
    school: Typed, tmp_path: Path, more: str, says: str
):
    assert school("calendar", "close", "BM", "--date", "2026-11-25", "--reason", "Typhoon").code == 0
    plan = tmp_path / "plan.toml"
    plan.write_text(FIVE_DAYS + more, encoding="utf-8")
    said = school("calendar", "set", "--scope", "BM", str(plan), "--dry-run")
    assert (said.code, says in said.err, bool(said.err)) == (0, True, bool(says))
    assert bool(school("calendar", "set", "--scope", "BM", str(plan), "--dry-run", lang="vi").err) is bool(says)


def test_calendar_command_imports_again_in_its_own_place(planned: Typed, tmp_path: Path):
    file = tmp_path / "nghi.ics"
    file.write_text(ICS, encoding="utf-8")
    importing = ("calendar", "import", str(file), "--scope", "BM")
    assert planned(*importing, "--dry-run").code == 0
    assert days(planned, "BM", "2026-11")["2026-11-25"]["kind"] == "school"
    for _ in range(2):
        assert planned(*importing).code == 0
    kinds = {**days(planned, "BM", "2026-11"), **days(planned, "BM", "2026-12")}
    closed = [day for day, shown in kinds.items() if shown["kind"] == "closed"]
    assert closed == ["2026-11-23", "2026-11-24", "2026-11-25", "2026-12-07", "2026-12-14"]
    file.write_text(ICS.replace("20261123", "20261124"), encoding="utf-8")
    assert planned(*importing, "--as", "mute").code == 0
    assert days(planned, "BM", "2026-12")["2026-12-07"]["kind"] == "school"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["close", "BM", "--date", "x", "--reason", "r"], "2026-09-21"),
        (["close", "BM", "--date", "1999-01-01", "--reason", "r"], "2026-09-21"),
        (["close", "BM", "--date", "2026-11-25", "--until", "2026-11-24", "--reason", "r"], "--until"),
        (["close", "BM", "--date", "2026-11-25", "--until", "2028-11-24", "--reason", "r"], "--until"),
        (["close", "BM", "--date", "2026-11-25", "--date", "x", "--reason", "r"], "2026-09-21"),
        (
            ["close", "BM", "--date", "2026-11-25", "--date", "2026-11-27", "--until", "2026-11-28", "--reason", "r"],
            "one --date",
        ),
        (["open", "BM", "--date", "2026-11-25", "--date", "2026-11-26"], "25 Nov"),
        (["close", "BM", "--date", "2026-11-25", "--reason", " "], "--reason"),
        (["close", "nowhere", "--date", "2026-11-25", "--reason", "r"], "nowhere"),
        (["open", "BM", "--date", "2026-11-25"], "not closed"),
        (["show", "BM", "--month", "2026-13"], "--month"),
        (["set", "--scope", "BM", "/nonexistent.toml"], "/nonexistent.toml"),
        (["import", "/nonexistent.ics", "--scope", "BM"], "/nonexistent.ics"),
        (["maintain", "BM", "--from", "2026-11-25 10:00", "--until", "2026-11-25 09:00", "--reason", "r"], "--until"),
        (["maintain", "BM", "--from", "31/2/2026 8:00", "--until", "2026-11-25 09:00", "--reason", "r"], "2026-09-21"),
        (["withdraw", "BM"], "--number"),
        (["withdraw", "nowhere", "--number", "12345"], "nowhere"),
        (["set", "--scope", "hn", "/nonexistent.toml"], "Area,Area name"),
        (["maintain", "BM", "--from", "soon", "--until", "2026-11-25 09:00", "--reason", "r"], "soon"),
    ],
)
def test_calendar_command_refusals_say_what_to_write(school: Typed, words: list[str], says: str):
    said = school("calendar", *words)
    assert said.code == 1
    assert says in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("begin", "end", "month", "shown"),
    [
        ("2030-11-25 10:00", "2030-11-25 12:00", "2030-11", True),
        ("2030-11-25 10:00", "2030-11-25 12:00", "2030-10", False),
        ("2030-11-25 10:00", "2030-11-25 12:00", "2030-12", False),
        ("2030-10-31 22:00", "2030-11-01 02:00", "2030-11", True),
        ("2030-10-31 22:00", "2030-11-01 00:00", "2030-11", False),
        ("2030-11-30 22:00", "2030-12-01 02:00", "2030-11", True),
        ("2030-12-01 00:00", "2030-12-01 02:00", "2030-11", False),
        ("2030-09-01 00:00", "2031-02-01 00:00", "2030-11", True),
        ("2021-11-25 10:00", "2021-11-25 12:00", "2021-11", True),
    ],
)
def test_calendar_command_maintenance_is_shown_in_its_months(
    school: Typed, begin: str, end: str, month: str, *, shown: bool
):
    work = ("--from", begin, "--until", end, "--as", "skip", "--reason", "New switch")
    assert school("calendar", "maintain", "BM/tin1", *work).code == 0
    assert ("New switch" in school("calendar", "show", "BM/tin1", "--month", month).out) is shown
    assert "New switch" not in school("calendar", "show", "BM", "--month", month).out


WINDOW = ("--from", "25/11/2030 8:00", "--until", "2030-11-25 9:30")


def windows(typed: Typed, place: str, month: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = typed("calendar", "show", place, "--month", month, "--json").data()["maintenance"]
    return shown


@pytest.mark.parametrize(
    ("lang", "behaviour", "says"),
    [("en", "skip", "skip, not judged"), ("vi", "mute", "mute, không báo"), ("en", "cosmetic", "told as planned")],
)
def test_calendar_command_maintenance_is_taken_back_by_its_number(school: Typed, lang: str, behaviour: str, says: str):
    work = (*WINDOW, "--as", behaviour, "--reason", "New switch")
    said = school("calendar", "maintain", "BM", *work, lang=lang)
    [shown] = windows(school, "BM/tin1", "2030-11")
    number = str(shown["number"])
    assert (said.code, said.err, says in said.out) == (0, "", True)
    assert f"calendar withdraw BM --number {number}" in said.out
    assert shown == {
        "number": int(number),
        "place": "BM",
        "begin": "2030-11-25T08:00:00+07:00",
        "end": "2030-11-25T09:30:00+07:00",
        "as": behaviour,
        "reason": "New switch",
        "source": "",
    }
    drawn = school("calendar", "show", "BM/tin1", "--month", "2030-11", lang=lang)
    assert all(word in drawn.out for word in (number, says, "[BM]"))
    assert drawn.err.startswith("BM/main/tin1: ")
    below = school("calendar", "withdraw", "BM/tin1", "--number", number, lang=lang)
    assert (below.code, f"calendar withdraw BM --number {number}" in below.err) == (1, True)
    assert school("calendar", "maintain", "BM", *work, "--json", lang=lang).data() == shown, "again is the same one"
    other = ("--from", "2030-11-24 8:00", "--until", "2030-11-24 9:00", "--reason", "Before it")
    assert school("calendar", "maintain", "BM", *other).code == 0
    gone = school("calendar", "withdraw", "BM", "--number", number, lang=lang)
    assert (gone.code, gone.err, says in gone.out) == (0, "", True)
    assert [one["reason"] for one in windows(school, "BM", "2030-11")] == ["Before it"]
    again = school("calendar", "withdraw", "BM", "--number", number, lang=lang)
    assert (again.code, "calendar show BM" in again.err, "Before it" in again.err) == (1, True, True)


def test_calendar_command_maintenance_is_taken_back_by_its_span(school: Typed, data: Path):
    for behaviour in ("skip", "mute"):
        assert school("calendar", "maintain", "BM", *WINDOW, "--as", behaviour, "--reason", "r").code == 0
    for words in ((), WINDOW[:2], (*WINDOW, "--number", "10000")):
        unclear = school("calendar", "withdraw", "BM", *words)
        assert (unclear.code, "--number" in unclear.err, "(skip" in unclear.err) == (1, True, True)
    assert school("calendar", "withdraw", "BM", *WINDOW[:3], "2030-11-25 9:31").code == 1
    assert len(windows(school, "BM", "2030-11")) == 2
    done = school("calendar", "withdraw", "BM", *WINDOW, "--json").data()
    assert [(one["as"], one["left"]) for one in done["withdrawn"]] == [("mute", None), ("skip", None)]
    assert windows(school, "BM", "2030-11") == []
    store = open_store(data, clock=time.time, serving=False)
    logged = [one.detail for one in store.changes(EVERYTHING, 0.0) if one.action == "calendar.withdraw"]
    store.close()
    assert sorted(logged) == ["mute 1921798800 1921804200 removed", "skip 1921798800 1921804200 removed"]


@pytest.mark.parametrize(
    ("lang", "over", "still"), [("en", "over from now on", "Other maintenance"), ("vi", "hết từ bây giờ", "vẫn còn")]
)
def test_calendar_command_maintenance_that_goes_on_ends_now(school: Typed, lang: str, over: str, still: str):
    now = datetime.now(UTC).replace(microsecond=0)
    begin, end = (now + timedelta(hours=hours) for hours in (-2, 2))
    span = ("--from", begin.isoformat(), "--until", end.isoformat())
    for place, behaviour in (("/", "skip"), ("BM", "mute")):
        work = ("--as", behaviour, "--reason", "By mistake")
        assert school("calendar", "maintain", place, *span, *work).code == 0
    said = school("calendar", "withdraw", "BM", *span, lang=lang)
    assert (said.code, over in said.out, still in said.err, "(skip" in said.err) == (0, True, True, True)
    said = school("calendar", "withdraw", "/", *span, lang=lang)
    assert (said.code, over in said.out, said.err) == (0, True, "")
    # Its hours so far were maintenance; they are taken back by the number that was told.
    number = said.out.split("--number ")[1].strip()
    whole = school("calendar", "withdraw", "/", "--number", number, "--json", lang=lang).data()["withdrawn"]
    assert [(datetime.fromisoformat(one["begin"]), one["left"]) for one in whole] == [(begin, None)]
    assert now <= datetime.fromisoformat(whole[0]["end"]) < end
    assert school("calendar", "withdraw", "/", "--number", number).code == 1


def test_calendar_command_two_windows_of_one_number_are_told_apart_by_span(school: Typed):
    seen: dict[int, tuple[str, ...]] = {}
    for count in range(100_000):
        begin, end = 1921798800.0 + 60 * count, 1921798860.0 + 60 * count
        number = number_of(Maintenance(begin=begin, end=end, behaviour=Behaviour.MUTE, reason="r"))
        spelt = [datetime.fromtimestamp(at, UTC).isoformat() for at in (begin, end)]
        span = ("--from", spelt[0], "--until", spelt[1])
        if number in seen:
            break
        seen[number] = span
    for one in (seen[number], span):
        assert school("calendar", "maintain", "BM", *one, "--reason", "r").code == 0
    unclear = school("calendar", "withdraw", "BM", "--number", str(number))
    assert (unclear.code, unclear.err.count(f"Maintenance {number}")) == (1, 2)
    assert school("calendar", "withdraw", "BM", *span).code == 0
    assert school("calendar", "withdraw", "BM", "--number", str(number)).code == 0


@pytest.mark.parametrize(
    ("year", "behaviour", "code", "says", "says_vi"),
    [
        ("2020", "skip", 0, "counted anew", "tính lại"),
        ("2020", "mute", 1, "nothing is saved", "chưa lưu gì"),
        ("2020", "cosmetic", 1, "nothing is saved", "chưa lưu gì"),
        ("2099", "skip", 0, "", ""),
        ("2099", "mute", 0, "", ""),
    ],
)
def test_calendar_command_says_that_maintenance_is_past(
    school: Typed, year: str, behaviour: str, code: int, says: str, says_vi: str
):
    work = ("--from", f"07/12/{year} 08h00", "--until", f"{year}-12-07T09:00", "--as", behaviour, "--reason", "r")
    for lang, words in (("en", says), ("vi", says_vi)):
        said = school("calendar", "maintain", "BM", *work, lang=lang)
        assert (said.code, words in said.err, bool(said.err)) == (code, True, bool(words))
    assert len(windows(school, "BM", f"{year}-12")) == (0 if code else 1)


def test_calendar_command_taking_back_what_a_file_brought_names_the_file(school: Typed, tmp_path: Path):
    file = tmp_path / "work.ics"
    file.write_text(ICS, encoding="utf-8")
    assert school("calendar", "import", str(file), "--scope", "BM", "--as", "mute").code == 0
    [shown] = windows(school, "BM", "2026-11")
    assert shown["source"] == "work.ics"
    for lang, says in (("en", "next import"), ("vi", "nhập lại tệp")):
        said = school("calendar", "withdraw", "BM", "--number", str(shown["number"]), lang=lang)
        assert (said.code, "work.ics" in said.err, says in said.err) == (0, True, True)
        assert school("calendar", "import", str(file), "--scope", "BM", "--as", "mute").code == 0


EVENT = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\nDTSTART:{start}\n{more}END:VEVENT\nEND:VCALENDAR\n"
HOSTILE = [
    b"",
    b"\0" * 1000,
    b"BEGIN:VCALENDAR\n" * 3000,
    b"x" * (3 << 20),
    b"BEGIN:VCALENDAR\nEND:VCALENDAR\n",
    ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nDTSTART:20261123\nEND:VEVENT\n" * 2500 + "END:VCALENDAR\n").encode(),
    EVENT.format(start="20261101T000000", more="DURATION:PT1M\nRRULE:FREQ=DAILY\n").encode() * 20,
]


@pytest.mark.parametrize("raw", HOSTILE)
def test_calendar_command_hostile_files_are_refused_at_once(raw: bytes, tmp_path: Path):

    file = tmp_path / "x.ics"
    file.write_bytes(raw)
    with pytest.raises(Unreadable) as refused:
        read_events(file, date(2026, 11, 22), "Asia/Ho_Chi_Minh")
    assert refused.value.vietnamese != refused.value.english


@pytest.mark.parametrize(
    "more",
    [
        "RRULE:FREQ=SECONDLY\n",
        "RRULE:FREQ=DAILY;INTERVAL=0\n",
        "RRULE:FREQ=MONTHLY;BYDAY=-1MO\n",
        "RRULE:FREQ=YEARLY;BYSETPOS=1\n",
        "DTEND:20200101\n",
        "DTEND:99991231\n",
    ],
)
def test_calendar_command_what_is_not_understood_is_left_out_and_told(more: str, tmp_path: Path):

    file = tmp_path / "x.ics"
    file.write_text(EVENT.format(start="20261123", more=more), encoding="utf-8")
    found = read_events(file, date(2026, 11, 22), "Asia/Ho_Chi_Minh")
    assert (found.events, found.left_out) == ((), ("x",))


WEEKLY = "BEGIN:VEVENT\nUID:w\nSUMMARY:w\nDTSTART{start}\nRRULE:FREQ=WEEKLY;COUNT=4\nEND:VEVENT\n"
WHOLE = WEEKLY.format(start=";VALUE=DATE:20261207")
TIMED = WEEKLY.format(start=":20261207T080000\nDURATION:PT4H")
SEVENTH, LAST_TWO = ["12-07", "12-14", "12-21", "12-28"], ["12-21", "12-28"]


def entry(*lines: str) -> str:
    return "\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""])


def read_here(tmp_path: Path, *entries: str) -> Events:
    file = tmp_path / "x.ics"
    file.write_text(f"BEGIN:VCALENDAR\n{''.join(entries)}END:VCALENDAR\n", encoding="utf-8")
    return read_events(file, date(2026, 11, 22), "Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("series", "change", "days_left", "cancelled", "left_out"),
    [
        (WHOLE, "", SEVENTH, (), ()),
        (
            WHOLE,
            "RECURRENCE-ID;VALUE=DATE:20261214\nDTSTART;VALUE=DATE:20261216",
            ["12-07", "12-16", *LAST_TWO],
            (),
            (),
        ),
        (WHOLE, "RECURRENCE-ID:20261214T000000\nDTSTART;VALUE=DATE:20261216", ["12-07", "12-16", *LAST_TWO], (), ()),
        (WHOLE, "RECURRENCE-ID;VALUE=DATE:20261214\nSTATUS:CANCELLED", ["12-07", *LAST_TWO], ("x",), ()),
        (TIMED, "RECURRENCE-ID:20261214T080000\nDTSTART;VALUE=DATE:20261216", ["12-07", "12-16", *LAST_TWO], (), ()),
        (TIMED, "RECURRENCE-ID:20261214T010000Z\nDTSTART;VALUE=DATE:20261216", ["12-07", "12-16", *LAST_TWO], (), ()),
        (TIMED, "RECURRENCE-ID;VALUE=DATE:20261214\nSTATUS:CANCELLED", ["12-07", *LAST_TWO], ("x",), ()),
        (TIMED, "RECURRENCE-ID:20261214T090000\nSTATUS:CANCELLED", SEVENTH, ("x",), ()),
        (
            WHOLE,
            "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261214\nDTSTART;VALUE=DATE:20261216",
            ["12-07"],
            (),
            ("x",),
        ),
        (WHOLE, "RECURRENCE-ID:nonsense\nDTSTART;VALUE=DATE:20261216", SEVENTH, (), ("x",)),
    ],
)
def test_calendar_command_a_changed_occurrence_takes_the_place_of_the_first(
    tmp_path: Path,
    series: str,
    change: str,
    days_left: list[str],
    cancelled: tuple[str, ...],
    left_out: tuple[str, ...],
):
    changes = [entry("UID:w", "SUMMARY:x", change)] if change else []
    for entries in ([series, *changes], [*changes, series]):
        found = read_here(tmp_path, *entries)
        assert [f"{event.begin:%m-%d}" for event in found.events] == days_left
        assert (found.cancelled, found.left_out) == (cancelled, left_out)


@pytest.mark.parametrize(
    ("start", "until", "last"),
    [
        # Half past six in Vietnam is the day before in Greenwich.
        (":20261207T063000", "20261220T233000Z", "12-21"),
        (":20261207T063000", "20261220T232959Z", "12-14"),
        (":20261207T080000", "20261221T165959Z", "12-21"),
        (":20261207T080000", "20261220T180000Z", "12-14"),
        (":20261207T080000", "20261221T080000", "12-21"),
        (":20261207T080000", "20261221", "12-21"),
        (";VALUE=DATE:20261207", "20261221", "12-21"),
        (";VALUE=DATE:20261207", "20261221T000000Z", "12-21"),
        (";VALUE=DATE:20261207", "20261220", "12-14"),
    ],
)
def test_calendar_command_a_repetition_ends_by_the_clock_of_its_place(
    tmp_path: Path, start: str, until: str, last: str
):
    weekly = entry("UID:w", "SUMMARY:w", f"DTSTART{start}", "DURATION:P1D", f"RRULE:FREQ=WEEKLY;UNTIL={until}")
    found = read_here(tmp_path, weekly)
    assert found.left_out == ()
    assert f"{found.events[-1].begin:%m-%d}" == last


def test_calendar_command_changes_of_another_event_change_nothing(tmp_path: Path):
    other = entry("UID:other", "RECURRENCE-ID;VALUE=DATE:20261214", "DTSTART;VALUE=DATE:20261216")
    assert len(read_here(tmp_path, WHOLE, other).events) == 5


NO_DAYS_OFF = "".join(
    (
        entry("SUMMARY:Called off", "STATUS:CANCELLED", "DTSTART;VALUE=DATE:20261210"),
        entry("SUMMARY:Holiday", "TRANSP:TRANSPARENT", "DTSTART;VALUE=DATE:20261209"),
        entry("SUMMARY:Meeting", "DTSTART:20261208T080000", "DTEND:20261208T120000"),
        entry("SUMMARY:Night work", "DTSTART:20261201T230000", "DTEND:20261202T010000"),
    )
)


@pytest.mark.parametrize(("lang", "nameless"), [("en", "(no name)"), ("vi", "(không tên)")])
def test_calendar_command_closes_only_for_whole_days_that_take_place(
    planned: Typed, tmp_path: Path, lang: str, nameless: str
):
    file = tmp_path / "off.ics"
    off = entry("DTSTART:20261215T000000", "DTEND:20261216T000000")
    file.write_text(f"BEGIN:VCALENDAR\n{NO_DAYS_OFF}{off}END:VCALENDAR\n", encoding="utf-8")
    importing = ("calendar", "import", str(file), "--scope", "BM", "--as", "closed")
    said = planned(*importing, lang=lang)
    assert said.code == 1
    assert ("left out above" if lang == "en" else "trừ những gì bỏ qua") in said.out
    assert nameless in said.out
    for title in ("Called off", "Meeting", "Night work"):
        assert title in said.err
        assert title not in said.out
    assert "Holiday" in said.err
    assert "Holiday" in said.out
    assert "calendar maintain" in said.err
    shown = days(planned, "BM", "2026-12")
    assert [(day, one["reason"]) for day, one in shown.items() if one["kind"] == "closed"] == [
        ("2026-12-09", "Holiday"),
        ("2026-12-15", nameless),
    ]
    file.write_text(
        f"BEGIN:VCALENDAR\n{entry('STATUS:CANCELLED', 'DTSTART:20261215')}END:VCALENDAR\n", encoding="utf-8"
    )
    again = planned(*importing, lang=lang)
    assert again.code == 0
    assert nameless in again.err
    assert days(planned, "BM", "2026-12")["2026-12-15"]["kind"] == "school"


def test_calendar_command_maintenance_keeps_its_hours(planned: Typed, tmp_path: Path):
    file = tmp_path / "work.ics"
    file.write_text(f"BEGIN:VCALENDAR\n{NO_DAYS_OFF}END:VCALENDAR\n", encoding="utf-8")
    said = planned("calendar", "import", str(file), "--scope", "BM", "--as", "skip")
    assert said.code == 0
    assert "08:00-12:00" in said.out
    assert "Called off" in said.err


FAIR, OUTAGE = "DTSTART;VALUE=DATE:20261210\nDTEND;VALUE=DATE:20261212", "DTSTART:20261214T080000\nDURATION:PT2H"
LONG_FAIR = "DTSTART;VALUE=DATE:20261209\nDTEND;VALUE=DATE:20261215"


@pytest.mark.parametrize(
    ("before", "after", "meaning", "gone"),
    [
        # One calendar of windows is imported again as days off, which have no hours.
        ((FAIR, f"{OUTAGE}\nRRULE:FREQ=WEEKLY;COUNT=3"), None, "closed", ("14/12", "21/12", "28/12")),
        ((FAIR, OUTAGE), (FAIR,), "mute", ("14/12",)),
        ((FAIR, OUTAGE), (OUTAGE,), "mute", ("10/12",)),
        ((FAIR, OUTAGE), ("STATUS:CANCELLED\nDTSTART;VALUE=DATE:20261210",), "closed", ("10/12", "14/12")),
        ((FAIR, OUTAGE), (LONG_FAIR,), "closed", ()),
        ((LONG_FAIR,), (FAIR,), "closed", ("9/12",)),
        ((FAIR,), (FAIR, OUTAGE), "skip", ()),
        (("DTSTART:20200914T080000\nDTEND:20200914T100000",), (FAIR,), "mute", ()),
    ],
)
def test_calendar_command_names_what_a_file_no_longer_brings(
    planned: Typed,
    tmp_path: Path,
    before: tuple[str, ...],
    after: tuple[str, ...] | None,
    meaning: str,
    gone: tuple[str, ...],
):
    file, importing = tmp_path / "t.ics", ("calendar", "import", str(tmp_path / "t.ics"), "--scope", "BM", "--as")

    def write(events: tuple[str, ...]) -> None:
        entries = "".join(entry(f"UID:{number}", "SUMMARY:x", event) for number, event in enumerate(events))
        file.write_text(f"BEGIN:VCALENDAR\n{entries}END:VCALENDAR\n", encoding="utf-8")

    write(before)
    first = planned(*importing, "mute")
    assert (first.code, "Taken back" in first.err) == (0, False)
    write(after or before)
    for lang, says in (("en", f"now does not ({len(gone)}): "), ("vi", f"từng đặt {len(gone)} mục")):
        said = planned(*importing, meaning, "--dry-run", lang=lang)
        assert (says in said.err) is bool(gone), said.err
    said = planned(*importing, meaning, lang="vi")
    told = next((line for line in said.err.splitlines() if "từng đặt" in line), "")
    assert told.count("x (") == len(gone)
    assert all(day in told for day in gone)
    assert "từng đặt" not in planned(*importing, meaning, lang="vi").err, "once"


def test_calendar_command_days_that_a_person_opened_are_not_told_as_taken_back(planned: Typed, tmp_path: Path):
    file = tmp_path / "t.ics"
    file.write_text(f"BEGIN:VCALENDAR\n{entry('SUMMARY:x', LONG_FAIR)}END:VCALENDAR\n", encoding="utf-8")
    importing = ("calendar", "import", str(file), "--scope", "BM")
    assert planned(*importing).code == 0
    assert planned("calendar", "open", "BM", "--date", "2026-12-11").code == 0
    assert "Taken back" not in planned(*importing).err


@pytest.mark.parametrize(("lang", "says"), [("en", "Mon, Tue, Sun"), ("vi", "T2, T3, CN")])
def test_calendar_command_weekdays_are_told_in_the_language_of_the_reader(
    school: Typed, tmp_path: Path, lang: str, says: str
):
    plan = tmp_path / "plan.toml"
    plan.write_text('year = "2026-2027"\n[[shift]]\nhours = "07:00-11:00"\ndays = ["CN", "Mon", "T3"]\n')
    assert says in school("calendar", "set", "--scope", "BM", str(plan), "--dry-run", lang=lang).out


CANCELLED = "BEGIN:VCALENDAR\nMETHOD:CANCEL\n{entries}END:VCALENDAR\n"


@pytest.mark.parametrize(
    ("asked", "cancelling", "left", "cancelled"),
    [
        (WHOLE, entry("UID:w", "SUMMARY:w", "DTSTART;VALUE=DATE:20261207"), [], ("w", "w")),
        (WHOLE, entry("UID:v", "SUMMARY:v", "DTSTART;VALUE=DATE:20261207"), SEVENTH, ("v",)),
        (
            WHOLE,
            entry("UID:w", "SUMMARY:w", "RECURRENCE-ID;VALUE=DATE:20261214", "DTSTART;VALUE=DATE:20261214"),
            ["12-07", *LAST_TWO],
            ("w",),
        ),
        ("", entry("SUMMARY:no name", "DTSTART;VALUE=DATE:20261207"), [], ("no name",)),
    ],
)
def test_calendar_command_a_calendar_that_cancels_takes_away(
    tmp_path: Path, asked: str, cancelling: str, left: list[str], cancelled: tuple[str, ...]
):
    wanted = f"BEGIN:VCALENDAR\nMETHOD:REQUEST\n{asked}END:VCALENDAR\n" if asked else ""
    file = tmp_path / "x.ics"
    file.write_text(wanted + CANCELLED.format(entries=cancelling), encoding="utf-8")
    found = read_events(file, date(2026, 11, 22), "Asia/Ho_Chi_Minh")
    assert [f"{event.begin:%m-%d}" for event in found.events] == left
    assert (found.cancelled, found.left_out) == (cancelled, ())


DAY, MORNING = ("DTSTART;VALUE=DATE:20261207",), ("DTSTART:20261207T080000", "DURATION:PT4H")


@pytest.mark.parametrize(
    ("first", "lines", "expected"),
    [
        (DAY, ["RDATE;VALUE=DATE:20261209,20261211"], ["07 00-00", "09 00-00", "11 00-00"]),
        (DAY, ["RDATE:20261209T000000"], ["07 00-00", "09 00-00"]),
        (DAY, ["RDATE;VALUE=DATE:20261209", "EXDATE;VALUE=DATE:20261209"], ["07 00-00"]),
        (MORNING, ["RDATE:20261209T090000", "RDATE:20261210T010000Z"], ["07 08-12", "09 09-13", "10 08-12"]),
        (MORNING, ["RDATE;VALUE=DATE:20261209"], ["07 08-12", "09 08-12"]),
        (
            MORNING,
            ["RDATE;VALUE=PERIOD:20261209T010000Z/PT2H,20261210T010000Z/20261210T040000Z"],
            ["07 08-12", "09 08-10", "10 08-11"],
        ),
        (MORNING, ["RRULE:FREQ=DAILY;COUNT=2", "RDATE:20261208T080000"], ["07 08-12", "08 08-12"]),
        (MORNING, ["RDATE:29990101T080000"], ["07 08-12"]),
    ],
)
def test_calendar_command_times_that_are_added_by_hand_take_place(
    tmp_path: Path, first: tuple[str, ...], lines: list[str], expected: list[str]
):
    found = read_here(tmp_path, entry("UID:w", "SUMMARY:w", *first, *lines))
    assert [f"{one.begin:%d %H}-{one.end:%H}" for one in found.events] == expected
    assert found.left_out == ()


@pytest.mark.parametrize("value", ["VALUE=PERIOD:20261209T010000Z/PT0S", "VALUE=PERIOD:20261209T010000Z/P999D"])
def test_calendar_command_an_added_time_that_cannot_be_is_told(tmp_path: Path, value: str):
    found = read_here(tmp_path, entry("UID:w", "SUMMARY:w", *MORNING, f"RDATE;{value}"))
    assert found.left_out == ("w",)


@pytest.mark.parametrize(
    ("place", "month", "drawn"),
    [("BM/tin1", "2026-12", True), ("BM/tin1", "2027-07", False), ("BM", "2026-12", False)],
)
def test_calendar_command_draws_the_lesson_hours_of_a_room(
    planned: Typed, tmp_path: Path, place: str, month: str, *, drawn: bool
):
    plan = tmp_path / "lessons.toml"
    plan.write_text('year = "2026-2027"\n[[lesson]]\nhours = "07:00-09:00"\ndays = ["T2", "T4"]\n', encoding="utf-8")
    assert planned("calendar", "set", "--scope", "BM/tin1", str(plan)).code == 0
    for lang, row in (("en", "room booked  07:00-09:00 Mon, Wed"), ("vi", "giờ phòng  07:00-09:00 T2, T4")):
        assert (row in planned("calendar", "show", place, "--month", month, lang=lang).out) is drawn


def test_calendar_command_says_whose_lesson_hours_win(planned: Typed, tmp_path: Path):
    plan = tmp_path / "lessons.toml"
    plan.write_text('year = "2026-2027"\n[[lesson]]\nhours = "07:00-09:00"\n', encoding="utf-8")
    assert planned("calendar", "set", "--scope", "BM/tin1", str(plan)).err == ""
    said = planned("calendar", "set", "--scope", "BM", str(plan))
    assert (said.code, "BM/main/tin1" in said.err, "all rooms below" in said.err) == (0, True, True)
    for day in days(planned, "BM", "2026-12").values():
        assert day["hours"] in ([], ["07:00-09:00"]), "the school's lesson hours are those of all its rooms"
    said = planned("calendar", "set", "--scope", "BM/tin1", str(plan), "--dry-run", lang="vi")
    assert "thay cho [[lesson]] của BM," in said.err
    plan.write_text('year = "2026-2027"\n[[exam]]\nfirst = 2026-12-21\n', encoding="utf-8")
    assert "[[lesson]]" not in planned("calendar", "set", "--scope", "BM", str(plan)).err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--date", "2020-11-25"), True),
        (("--date", "2020-11-25", "--until", "2020-11-26"), True),
        (("--date", "2099-11-25"), False),
    ],
)
def test_calendar_command_says_that_a_closed_day_is_past(planned: Typed, words: tuple[str, ...], *, says: bool):
    said = planned("calendar", "close", "BM", *words, "--reason", "Typhoon")
    assert (said.code, "is past" in said.err) == (0, says)
    assert ("đã qua" in planned("calendar", "close", "BM", *words, "--reason", "Bão", lang="vi").err) is says


def test_calendar_command_a_room_takes_the_school_year_from_above(school: Typed, tmp_path: Path):
    lessons = tmp_path / "room.toml"
    lessons.write_text('[[lesson]]\nhours = "07:00-09:00"\n', encoding="utf-8")
    room = ("calendar", "set", "--scope", "BM/tin1", str(lessons))
    for lang, says in (("en", "no place above has a plan"), ("vi", "chưa nơi nào bên trên")):
        refused = school(*room, lang=lang)
        assert (refused.code, says in refused.err, 'year = "2026-2027"' in refused.err) == (1, True, True)
    running = year_of(datetime.now(UTC).date())
    past, coming = (f"{int(running[:4]) + step}-{int(running[5:]) + step}" for step in (-1, 1))
    plan = tmp_path / "plan.toml"
    for year, taken in ((past, ""), (coming, coming), (running, running)):
        plan.write_text(f'year = "{year}"\n[[term]]\nfirst = {year[:4]}-09-05\nlast = {year[5:]}-05-29\n', "utf-8")
        assert school("calendar", "set", "--scope", "BM", str(plan)).code == 0
        said = school(*room)
        assert (said.code, f"School year {taken}" in said.out) == ((0, True) if taken else (1, False))
    hours = days(school, "BM/tin1", f"{running[5:]}-03")
    assert hours[f"{running[5:]}-03-02"]["planned"] is True


DEAD = Evidence(word="silent", counts={"machines": 1, "rooms": 1}, causes=(Verdict.POWER, Verdict.LINE))


def an_incident(data: Path, number: int, school: str, **fields: Any) -> None:
    began = time.time() - 600
    place = Place(Level.SCHOOL, school)
    unknown: dict[str, Any] = {"verdict": Verdict.UNKNOWN, "degree": Degree.UNKNOWN}
    values: dict[str, Any] = {
        "place": place,
        "kind": Kind.OUTAGE,
        "first": Opening(place=place, began=began, error=60.0, measured=False, **unknown),
        "opened": began + 180,
        "began": began,
        "began_error": 60.0,
        "began_measured": False,
        "evidence": DEAD,
        "schools": (school,),
        "blamed": (f"m{school}",),
        **unknown,
        **fields,
    }
    store = open_store(data, clock=time.time, serving=False)
    with store.writing() as writer:
        room = Machine(
            id=f"m{school}",
            school=school,
            site="main",
            room="tin1",
            alias="tin1-01",
            seat=1,
            state=MachineState.ACTIVE,
            fingerprint={"uuid": (school,)},
            enrolled=began,
        )
        writer.put_machine(room)
        writer.put_incident(Incident(number=number, **values))
    store.close()


@pytest.mark.parametrize(("lang", "says"), [("en", "silent PCs alone"), ("vi", "máy im lặng")])
def test_calendar_command_closing_names_the_incidents_that_it_ends(school: Typed, data: Path, lang: str, says: str):
    assert school("room", "add", "--school", "QY", "--room", "tin1", "--name", "Tin 1", "--seats", "4").code == 0
    an_incident(data, 1001, "BM")
    an_incident(data, 1002, "BM", kind=Kind.LOSS)
    an_incident(data, 1003, "BM", began_measured=True)
    an_incident(data, 1004, "QY")
    an_incident(data, 1005, "BM", state=State.ABSORBED)
    today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    another = today + timedelta(days=3)
    quiet = school("calendar", "close", "BM", "--date", another.isoformat(), "--reason", "Bão", lang=lang)
    assert (quiet.code, "SC-" in quiet.out) == (0, False), "a day to come ends nothing today"
    closing = ("calendar", "close", "BM", "--date", today.isoformat(), "--reason", "Bão")
    said = school(*closing, lang=lang)
    assert (said.code, says in said.out) == (0, True)
    assert [number for number in range(1001, 1006) if f"SC-{number}" in said.out] == [1001]
    assert "SC-" not in school(*closing, lang=lang).out, "it was closed already"
    told = school("calendar", "close", "/", "--date", today.isoformat(), "--reason", "Bão", "--json", lang=lang).data()
    assert (told["place"], told["first"], told["last"]) == ("/", today.isoformat(), today.isoformat())
    assert [one["incident"] for one in told["ends"]] == ["SC-1004"]
