"""`machines`, on machines that came in and reported through a collector's own door."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schooldrum_collector.show.reading_words import human_value
from schooldrum_collector.store.records import Arrival, Machine, MachineState
from schooldrum_collector.store.sqlite import open_store
from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Word
from schooldrum_wire.result import Result
from schooldrum_wire.section import Values

Typed = Callable[..., Any]
Served = Callable[..., Any]


def _hardware(number: int) -> dict[str, tuple[str, ...]]:
    return {"uuid": (f"{number:016x}",), "board": (f"{number + 500:016x}",)}


ROWS: list[Values] = [
    {"volume": volume, "filesystem": "ext4", "size": 500_000_000_000}
    for volume in ("/", *(f"/mnt/{number:02}" for number in range(34)))
]
RESULTS = (
    Result(
        probe="cpu",
        seq=1,
        outcome="ok",
        boottime=998.0,
        wall=0.0,
        readings=(Reading("school_cpu_usage_ratio", 0.125), Reading("school_cpu_logical_processors", 4.0)),
    ),
    Result(
        probe="memory",
        seq=2,
        outcome="ok",
        boottime=998.0,
        wall=0.0,
        readings=(Reading("school_memory_size_bytes", 8.0 * 2**30),),
    ),
    Result(
        probe="uptime",
        seq=3,
        outcome="ok",
        boottime=998.0,
        wall=0.0,
        readings=(Reading("school_boot_timestamp_seconds", 998.0),),
    ),
    Result(probe="disk", seq=4, outcome="denied", boottime=998.0, wall=0.0, reason="cannot open /dev/sda"),
)


@pytest.fixture
def room(school: Typed, served: Served) -> Iterator[Any]:
    """A collector with three machines in BM/tin1 (the third says goodbye) and one in QY/tin1."""
    school("room", "add", "--school", "QY", "--room", "tin1", "--name", "Phòng Tin 1", "--seats", "4")
    serving = served("--open")
    serving.enrolled = {}
    for number, path in enumerate(("BM/tin1", "BM/tin1", "BM/tin1", "QY/tin1"), 1):
        token = school("token", "new", "--room", path, "--json").data()["token"]
        serving.enrolled[number] = serving.enrol(token, _hardware(number))
    for number in (1, 3):
        word = Word(word="goodbye", kind="shutdown", boottime=999.0) if number == 3 else None
        status, answer = serving.report(
            serving.enrolled[number].credential,
            _hardware(number),
            results=RESULTS,
            word=word,
            sections={"volumes": SECTIONS["volumes"].digest(ROWS)},
            rows={"volumes": ROWS},
        )
        assert status == 200, answer
    yield serving
    assert serving.stop() == 0
    assert "Traceback" not in serving.log.read_text(encoding="utf-8")


def _aliases(typed: Typed, *words: str) -> list[str]:
    return [f"{one['school']}/{one['alias']}" for one in typed("machines", "list", *words, "--json").data()]


def test_machines_are_listed_found_and_shown(room: Any, school: Typed) -> None:
    assert _aliases(school) == ["BM/tin1-01", "BM/tin1-02", "BM/tin1-03", "QY/tin1-01"]
    assert _aliases(school, "--scope", "QY") == ["QY/tin1-01"]
    assert _aliases(school, "--state", "off") == ["BM/tin1-03"]
    assert _aliases(school, "--state", "online") == ["BM/tin1-01"]
    assert _aliases(school, "--state", "never", "--find", "quang yen") == ["QY/tin1-01"]
    listed = school("machines", "list", "--scope", "BM", lang="vi").out.splitlines()
    assert "Phòng Tin 1 \u2013 Máy 01" in listed[1]
    assert "đang bật" in listed[1]
    assert "chưa gửi lần nào" in listed[2]
    assert "đã tắt" in listed[3]
    credential = room.enrolled[1].credential
    assert credential not in school("machines", "show", "BM/tin1-01", "--json").out


@pytest.mark.usefixtures("room")
def test_machines_show_one_as_a_person_reads_it(school: Typed) -> None:
    shown = school("machines", "show", "BM/tin1-01", lang="vi").out
    for words in (
        *("Phòng Tin 1 \u2013 Máy 01 · THCS Bình Minh", "đang bật", "Debian 12", "12,5%", "8 GiB", "giây trước"),
        *("không có quyền đọc", "cannot open /dev/sda", "ext4", "16 phút trước"),
        *(
            "Các ổ cố định của máy (volumes) · 35 dòng · cập nhật ",
            "hệ thống tệp  dung lượng  ổ",
            "465,7 GiB   /mnt/00",
        ),
    ):
        assert words in shown, shown
    shown = school("machines", "show", "BM/tin1-01").out
    for words in (
        *("Phòng Tin 1 \u2013 PC 01", "12.5 %", "switched off" if "switched" in shown else "on"),
        *("no right to read it", "(volumes) · 35 rows · updated ", "465.7 GiB  /mnt/00"),
    ):
        assert words in shown, shown


def test_machines_show_says_how_to_see_the_rows_it_leaves_out(school: Typed, room: Any) -> None:
    assert room.enrolled
    shown = school("machines", "show", "BM/tin1-01").out
    assert "… 5 more rows, all of them: machines show BM/tin1-01 --all" in shown
    assert "/mnt/33" not in shown
    assert (
        "… còn 5 dòng, xem hết: machines show BM/tin1-01 --all"
        in school("machines", "show", "BM/tin1-01", lang="vi").out
    )
    every = school("machines", "show", "BM/tin1-01", "--all").out
    assert "/mnt/33" in every
    assert "more rows" not in every


def test_machines_show_one_as_a_program_reads_it(room: Any, school: Typed) -> None:
    shown = school("machines", "show", room.enrolled[1].machine, "--json").data()
    assert shown["alias"] == "tin1-01"
    assert shown["presence"]["state"] == "online"
    assert shown["heard"].endswith("+07:00")
    assert {one["probe"]: one["outcome"] for one in shown["probes"]} == {
        "cpu": "ok",
        "memory": "ok",
        "uptime": "ok",
        "disk": "denied",
    }
    assert shown["probes"][0]["readings"] == [
        ["school_cpu_usage_ratio", 0.125, {}],
        ["school_cpu_logical_processors", 4.0, {}],
    ]
    assert shown["sections"][0]["section"] == "volumes"
    assert shown["sections"][0]["rows"] == ROWS
    assert shown["settings"].get("beat", 60) == 60


@pytest.mark.usefixtures("room")
def test_machines_an_alias_in_two_schools_must_be_said_whole(school: Typed) -> None:
    said = school("machines", "show", "tin1-01")
    assert said.code == 1
    assert "BM/tin1-01" in said.err
    assert "QY/tin1-01" in said.err
    assert school("machines", "show", "tin1-02").code == 0


def test_machines_are_moved_and_renamed(room: Any, school: Typed) -> None:
    before = school("settings", "show", "--json").data()["in_force"]["version"]
    assert school("machines", "move", "BM/tin1-02", "--room", "BM/vp").code == 0
    assert "BM/vp-01" in _aliases(school)
    assert school("settings", "show", "--json").data()["in_force"]["version"] > before
    taken = school("machines", "move", "BM/vp-01", "--room", "BM/tin1", "--seat", "3")
    assert taken.code == 1
    assert "already has a PC 3" in taken.err
    assert school("machines", "move", "BM/vp-01", "--room", "QY/tin1", "--seat", "9").code == 0
    assert "QY/tin1-09" in _aliases(school)
    assert school("machines", "rename", "BM/tin1-03", "--alias", "tin1-GV").code == 0
    assert "Máy GV" in school("machines", "list", lang="vi").out
    assert school("machines", "rename", "BM/tin1-01", "--alias", "tin1-gv").code == 1
    assert school("machines", "rename", "BM/tin1-01", "--alias", "Máy 1").code == 1
    assert room.report(room.enrolled[2].credential, _hardware(2))[0] == 200
    assert "online" in school("machines", "show", "QY/tin1-09", "--json").data()["presence"]["state"]


def test_machines_are_retired_approved_and_forgotten(room: Any, school: Typed) -> None:
    assert school("machines", "retire", "BM/tin1-01", "BM/tin1-02").code == 0
    assert _aliases(school, "--state", "retired") == ["BM/tin1-01", "BM/tin1-02"]
    said = school("machines", "approve", "BM/tin1-03", "BM/tin1-01")
    assert said.code == 1
    assert "enrol it again" in said.err
    assert said.out == ""
    assert _aliases(school, "--state", "retired") == ["BM/tin1-01", "BM/tin1-02"]
    assert school("machines", "forget", "BM/tin1-02").code == 1
    assert school("machines", "forget", "BM/tin1-02", "--yes").code == 0
    assert _aliases(school, "--scope", "BM") == ["BM/tin1-01", "BM/tin1-03"]
    assert room.enrolled[2].machine not in school("machines", "list", "--json").out
    deadline = time.monotonic() + 5
    while room.report(room.enrolled[2].credential, _hardware(2))[0] != 401:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_machines_of_one_pc_are_merged(room: Any, school: Typed) -> None:
    assert school("machines", "merge", "BM/tin1-03", "--into", "QY/tin1-01", "--yes").code == 1
    assert school("machines", "merge", "BM/tin1-03", "--into", "BM/tin1-03", "--yes").code == 1
    assert school("machines", "merge", "BM/tin1-03", "--into", "BM/tin1-02").code == 1
    assert school("machines", "merge", "BM/tin1-03", "--into", "BM/tin1-02", "--yes").code == 0
    assert _aliases(school, "--scope", "BM") == ["BM/tin1-01", "BM/tin1-02"]
    shown = school("machines", "show", "BM/tin1-02", "--json").data()
    assert shown["id"] == room.enrolled[2].machine
    assert shown["presence"]["state"] == "off"


def test_machines_beyond_the_room_wait_until_approved(room: Any, school: Typed) -> None:
    token = school("token", "new", "--room", "BM/tin1", "--uses", "9", "--json").data()["token"]
    enrolled = [room.enrol(token, _hardware(number)) for number in range(11, 15)]
    assert [one.state for one in enrolled] == ["active", "pending", "pending", "pending"]
    waiting = school("machines", "list", "--state", "pending", lang="vi").out
    assert "phòng đã có nhiều máy hơn" in waiting
    assert school("machines", "approve", "BM/tin1-05").out == "BM/tin1-05 is approved.\n"
    again = school("machines", "approve", "BM/tin1-05")
    assert (again.code, again.out) == (0, "BM/tin1-05 waits for nothing: it was approved before.\n")
    assert school("machines", "approve", "--room", "BM/tin1").code == 0
    assert _aliases(school, "--state", "pending") == []
    assert school("token", "revoke", token, "--with-machines").code == 0
    assert _aliases(school, "--state", "retired") == [f"BM/tin1-{seat:02}" for seat in (4, 5, 6, 7)]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_machines_every_declared_metric_has_a_human_value(language: str) -> None:
    for name in METRICS:
        for value in (0.0, 0.5, 1e9, -1.0, 1e300):
            assert human_value(Reading(name, value), 1_790_000_000.0, 1_790_000_060.0, language)


def test_machines_hostile_text_never_reaches_the_terminal(room: Any, school: Typed) -> None:
    results = (
        msgspec.structs.replace(RESULTS[3], reason="\x1b[2J\x1b]0;owned\x07 \u202egnp.exe", seq=9),
        msgspec.structs.replace(RESULTS[0], seq=10),
    )
    assert room.report(room.enrolled[1].credential, _hardware(1), results=results)[0] == 200
    shown = school("machines", "show", "BM/tin1-01").out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown


NOTED = {"vi": "hỏng, chờ sửa", "en": "broken"}


@pytest.fixture
async def kept(school: Typed, data: Path, arrival: Callable[..., Arrival]) -> Callable[..., Any]:
    """Three servers of BM, always on, as they are stored: heard so many seconds ago (0: never), with these notes."""
    room = school("room", "add", "--school", "BM", "--room", "srv", "--name", "Phòng máy chủ", "--always-on")
    assert room.code == 0, room.err

    async def kept(*ago: float, note: str = "", noted: float = 0.0) -> None:
        now = time.time()
        store = open_store(data, clock=time.time)
        with store.writing() as writer:
            for seat, _ in enumerate(ago, 1):
                writer.put_machine(
                    Machine(
                        id=f"m{seat}",
                        school="BM",
                        site="main",
                        room="srv",
                        alias=f"srv-{seat:02}",
                        seat=seat,
                        state=MachineState.ACTIVE,
                        fingerprint={},
                        enrolled=now - 86400,
                        note=note if seat == 1 else "",
                        noted=now - noted if note and seat == 1 else 0.0,
                        noted_by="school link ab12" if note and seat == 1 else "",
                    )
                )
        for seat, seconds in enumerate(ago, 1):
            if seconds:
                await store.append(arrival(f"m{seat}", 1, at=now - seconds))
        store.close()

    return kept


@pytest.mark.parametrize(("heard", "noted", "holds"), [(600, 60, True), (0, 60, True), (600, 900, False)])
async def test_machines_say_what_people_note_of_one(
    kept: Any,
    school: Typed,
    heard: int,
    noted: int,
    holds: bool,  # noqa: FBT001 - a table's column
) -> None:
    await kept(heard, 10, note="broken", noted=noted)
    listed = school("machines", "list", "--scope", "BM", "--json").data()
    assert [one["note"] for one in listed] == ["broken" if holds else "", ""]
    shown = school("machines", "show", "BM/srv-01", "--json").data()
    assert (shown["note"], shown["noted_by"]) == (("broken", "school link ab12") if holds else ("", ""))
    assert (shown["noted"] is not None) is holds
    for language, word in NOTED.items():
        for words in (("list",), ("show", "BM/srv-01")):
            assert (word in school("machines", *words, lang=language).out) is holds
    assert ("nhà trường" in school("machines", "show", "BM/srv-01", lang="vi").out) is holds


@pytest.mark.parametrize(
    ("heard", "unsure"),
    [((600.0, 700.0, 600.0), True), ((600.0, 10.0, 600.0), False), ((0.0, 600.0, 0.0), True), ((0.0, 0.0, 0.0), False)],
)
async def test_where_nobody_is_heard_it_may_be_the_collector(
    kept: Any,
    school: Typed,
    heard: tuple[float, ...],
    unsure: bool,  # noqa: FBT001 - a table's column
) -> None:
    await kept(*heard)
    for words in (
        ("machines", "list"),
        ("machines", "list", "--json"),
        ("machines", "show", "BM/srv-02"),
        ("room", "list"),
    ):
        silent = words[1] == "list" or heard[1] > 180
        for language, says in (("vi", "không nhận được số liệu của máy nào"), ("en", "may well be on")):
            said = school(*words, lang=language)
            assert said.code == 0
            assert (says in said.err) is (unsure and silent), (words, said.err)
            assert says not in said.out


async def test_where_nobody_is_heard_off_is_unsure_too_unless_it_was_said(
    data: Path, school: Typed, arrival: Callable[..., Arrival]
) -> None:
    now = time.time()
    # Days without school: nobody is expected, and who is not heard is taken for switched off.
    first, last = (time.strftime("%Y-%m-%d", time.gmtime(now + days * 86400)) for days in (-2, 2))
    assert school("calendar", "close", "BM", "--date", first, "--until", last, "--reason", "Bão").code == 0
    store = open_store(data, clock=time.time)
    with store.writing() as writer:
        writer.put_machine(
            Machine(
                id="m1",
                school="BM",
                site="main",
                room="tin1",
                alias="tin1-01",
                seat=1,
                state=MachineState.ACTIVE,
                fingerprint={},
                enrolled=now - 86400,
            )
        )
    shown = (("machines", "list"), ("machines", "show", "BM/tin1-01"), ("room", "list"))
    await store.append(arrival("m1", 1, at=now - 600))
    for words in shown:
        said = school(*words)
        assert said.code == 0, said.err
        assert "PCs shown as not heard or switched off may well be on" in said.err, words
    await store.append(arrival("m1", 2, at=now - 500, word="goodbye", word_kind="stop"))
    for words in shown:
        assert "may well be on" not in school(*words).err, words
    store.close()


async def test_commands_wait_for_pcs_as_long_as_the_collector_beside_them(
    kept: Any, school: Typed, served: Served, data: Path
) -> None:
    # The authority is made with the first code.
    assert school("token", "new", "--room", "BM/tin1").code == 0
    await kept(600)
    shown = ("machines", "list", "--json"), ("machines", "show", "BM/srv-01", "--json"), ("room", "list", "--json")

    def said() -> tuple[str, str, str, str]:
        """How the PC stands by what lists PCs, by its own sheet and by its room, and what is said beside it."""
        answers = [school(*words) for words in shown]
        (listed,), sheet, rooms = (answer.data() for answer in answers)
        (room,) = (one for one in rooms if one["path"] == "BM/main/srv")
        (remark,) = {answer.err for answer in answers}
        return listed["presence"], sheet["presence"]["state"], room["state"], remark

    assert said()[:3] == ("silent", "silent", "down"), "nobody has said yet since when a collector listens"
    for end in (signal.SIGKILL, signal.SIGTERM):
        serving = served("--open")
        (page,) = json.loads(serving.get(f"{serving.office}/api/v1/machines")[1])["machines"]
        assert page["presence"]["state"] == "online"
        assert page["presence"]["assumed"]
        assert said() == ("online", "online", "unknown", "")
        serving.stop(end)
    *states, remark = said()
    assert states == ["online", "online", "unknown"], "as it stood when the collector ended"
    assert "the collector has not run or could not store" in remark
    (data / "schooldrum.hearing").write_text("{", encoding="utf-8")
    *states, remark = said()
    assert states == ["silent", "silent", "down"]
    assert "schooldrum.hearing is passed over" in remark
