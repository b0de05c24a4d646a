"""What a person reads of one PC's make and safety, in both languages."""

import io
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from schooldrum_collector.commands import hardware_sheet, machine_sheet, safety_sheet, software_sheet
from schooldrum_collector.commands.console import Console
from schooldrum_collector.judge.appraisal import Memory, Verdicts
from schooldrum_collector.judge.live import Live, LiveResult
from schooldrum_collector.judge.parts import KINDS, Event
from schooldrum_collector.judge.patches import Patches, PatchState
from schooldrum_collector.judge.posture import judged
from schooldrum_collector.judge.posture_found import Known
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.judge.software import Found, Inventory
from schooldrum_collector.judge.support import Proof, Support, SupportState
from schooldrum_collector.judge.way_out import Way, WayOut
from schooldrum_collector.show import hardware_words, safety_words
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import (
    Appraisal,
    Appraised,
    Change,
    Latest,
    Machine,
    MachineState,
    Register,
    StoredSection,
)
from schooldrum_wire.catalogue import updates
from schooldrum_wire.section import Values

NOW = 1_795_402_800.0
ENDED = Support(
    state=SupportState.ENDED, product="Windows 10", release="22H2", until=date(2025, 10, 14), days_left=-405,
    extended=date(2028, 10, 10), proof=Proof.NOT_PROVEN, planned=date(2027, 6, 30),
)  # fmt: skip
LATE = Patches(
    state=PatchState.REFUSED, age_days=74, calendar_days=300, missing=3, told=2, behind=9, stale=True,
    because=("paused", "error 0x80070422", "something_newer"),
)  # fmt: skip


def told(language: str, show: Any, *values: Any) -> str:
    out = io.StringIO()
    say = Say(language)
    console = Console(say=say, out=out, err=io.StringIO(), answers=io.StringIO())
    config = SimpleNamespace(data=Path("/nowhere"))
    call: Any = SimpleNamespace(say=say, console=console, now=lambda: NOW, config=config)
    show(call, *values)
    return out.getvalue()


def appraisal(**verdicts: Any) -> Appraisal:
    return Appraisal(
        appraised=Appraised(machine="m1", at=NOW - 300, heard=NOW, basis="", body=b""),
        memory=Memory(),
        verdicts=Verdicts(day=date(2026, 11, 23), **verdicts),
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "vi",
            ("đã hết hỗ trợ (từ sau ngày 14/10/2025), bản vá chỉ còn cho máy có hỗ trợ kéo dài, đến hết 10/10/2028",
             "mua hỗ trợ kéo dài (ESU), đến hết 10/10/2028 (không hợp Windows 11: chip bảo mật (TPM))",
             "xử lý trước ngày 30/06/2027", "74 ngày có bật máy, 300 ngày theo lịch",
             "9 (theo danh sách: chậm 9 bản dựng; máy tự báo 2)",
             "có người tạm dừng cập nhật, lỗi 0x80070422, something_newer", "đã lâu không tìm bản cập nhật",
             "✗ chưa đạt", "? chưa có số liệu", "để biết", "Cách xử lý: điều khiển từ xa", "  1. ", "5 phút trước",
             "Máy báo", "2 giờ 00 phút trước"),
        ),
        (
            "en",
            ("out of support (since Tue 14 Oct 2025), updates go only to PCs with extended", "until Tue 10 Oct 2028",
             "no extended support",
             "(not for Windows 11: security chip (TPM))", "to act by Wed 30 Jun 2027", "74 days of use, 300 days by",
             "9 (by the list: 9 builds behind; the PC itself tells of 2)",
             "somebody has paused updates, error 0x80070422, something_newer",
             "✗ not met", "? no data", "for information", "What to do: remote desktop", "  1. ", "Judged 5 min ago.",
             "PC told", "2 h 00 min ago"),
        ),
    ],
)  # fmt: skip
def test_a_person_reads_how_safe_it_is(language: str, words: tuple[str, ...]) -> None:
    rows: dict[str, tuple[Values, ...]] = {"remote_desktop": ({"enabled": True, "protected": False},)}
    checks = judged(Known(system="windows", sections=rows), Policy(), {"remote_desktop": NOW - 7200})
    way = WayOut(way=Way.ESU, to="2028-10-10", parts=("tpm",))
    text = told(language, safety_sheet.show, appraisal(support=ENDED, way=way, patches=LATE, checks=checks))
    for said in words:
        assert said in text, text


@pytest.mark.parametrize(
    ("presence", "days", "vietnamese", "english"),
    [
        (State.ONLINE, 0.0, "", ""),
        # Midnight has just passed.
        (State.ONLINE, 0.6, "", ""),
        (State.OFF, 0.2, "", ""),
        (State.OFF, 0.6, "Số liệu đến ngày 22/11/2026: máy gửi lần cuối cách đây 1 ngày.",
         "Figures as of Sun 22 Nov 2026: the PC was last heard 1 day ago."),
        (State.RETIRED, 58.0, "Số liệu đến ngày 26/09/2026: máy gửi lần cuối cách đây 58 ngày.",
         "Figures as of Sat 26 Sep 2026: the PC was last heard 58 days ago."),
        (State.SILENT, -1.0, "", ""),
    ],
)  # fmt: skip
def test_what_is_not_of_today_says_of_which_day_it_is(
    presence: State, days: float, vietnamese: str, english: str
) -> None:
    for language, said in (("vi", vietnamese), ("en", english)):
        words = safety_words.as_of_words(presence, NOW - days * 86400, NOW, "Asia/Ho_Chi_Minh", Say(language))
        assert words == said


def test_a_pc_that_has_been_off_for_long_is_told_with_its_day() -> None:
    machine = Machine(
        id="m1", school="BM", site="main", room="tin1", alias="tin1-01", seat=1, state=MachineState.ACTIVE,
        fingerprint={}, enrolled=NOW - 90 * 86400,
    )  # fmt: skip
    heard = NOW - 58 * 86400
    latest = Latest(
        machine="m1", heard=heard, received=heard, body=b"", run="r", boot="b", clock=heard - 1000, skew=0.0, beat=60
    )
    register = Register(
        version=1, areas={}, schools={}, rooms={}, machines={"m1": machine}, by_school={"BM": ("m1",)}, settings={},
        settings_version=1,
    )  # fmt: skip
    for days, is_said in ((58, True), (0, False)):
        sheet = machine_sheet.MachineSheet(
            machine=machine,
            presence=Presence(state=State.OFF, since=NOW),
            latest=msgspec.structs.replace(latest, heard=NOW - days * 86400),
            live=Live(boot="b"),
            sections=(),
            appraisal=appraisal(patches=Patches(state=PatchState.CURRENT, age_days=0, calendar_days=0, told=0)),
        )
        text = told("en", machine_sheet.show, register, sheet)
        assert ("Figures as of Sat 26 Sep 2026: the PC was last heard 58 days ago." in text) is is_said
        assert text.index("Figures as of") < text.index("in time") if is_said else "in time" in text


RECENT = Patches(state=PatchState.CURRENT, age_days=0, calendar_days=0, told=0)


@pytest.mark.parametrize(
    ("patches", "pending", "is_said"),
    [
        (RECENT, 0, True),
        (RECENT, 4, True),
        # No search has succeeded, support has ended, or the list knows of more: nothing proves that none waits.
        (Patches(state=PatchState.UNKNOWN, told=0, stale=True, scan_known=False), 0, False),
        (Patches(state=PatchState.UNKNOWN, told=0, ended=True), 0, False),
        (msgspec.structs.replace(RECENT, missing=2, behind=2), 0, False),
        (Patches(state=PatchState.UNKNOWN, told=4, stale=True), 4, True),
        (None, 0, False),
        (None, 4, True),
    ],
)
def test_that_nothing_waits_is_not_said_where_nothing_proves_it(
    patches: Patches | None, pending: int, *, is_said: bool
) -> None:
    machine = Machine(
        id="m1", school="BM", site="main", room="tin1", alias="tin1-01", seat=1, state=MachineState.ACTIVE,
        fingerprint={}, enrolled=NOW,
    )  # fmt: skip
    register = Register(
        version=1, areas={}, schools={}, rooms={}, machines={"m1": machine}, by_school={"BM": ("m1",)}, settings={},
        settings_version=1,
    )  # fmt: skip
    said = (updates.SECURITY_UPDATES_PENDING(pending),)
    sheet = machine_sheet.MachineSheet(
        machine=machine,
        presence=Presence(state=State.ONLINE, since=NOW),
        latest=None,
        live=Live(boot="b", results=(LiveResult(probe="updates", outcome="ok", boottime=1.0, readings=said),)),
        sections=(),
        appraisal=appraisal(patches=patches) if patches else None,
    )
    assert ("security_updates_pending" in told("vi", machine_sheet.show, register, sheet)) is is_said
    call: Any = SimpleNamespace(say=Say("en"), config=SimpleNamespace(data=Path("/nowhere")), now=lambda: NOW)
    (probe,) = machine_sheet.as_data(call, register, sheet)["probes"]
    assert [one.name for one in probe["readings"]] == ["school_security_updates_pending"] * is_said


def test_a_revision_that_is_not_told_says_so() -> None:
    untold = msgspec.structs.replace(ENDED, state=SupportState.UNKNOWN)
    assert "the PC does not tell its revision (UBR)" in safety_words.support_words(untold, Say("en"))
    assert "máy không cho biết bản dựng (UBR)" in safety_words.support_words(untold, Say("vi"))


def test_proven_support_that_is_over_and_a_list_that_is_too_old_say_so() -> None:
    say = Say("en")
    shown = msgspec.structs.replace(ENDED, proof=Proof.PROVEN)
    assert safety_words.support_words(shown, say).endswith("is proven on this PC until Tue 14 Oct 2025 alone")
    over = msgspec.structs.replace(shown, extended=shown.until)
    assert safety_words.support_words(over, say).endswith("; the extended support proven on this PC is over too")
    newer = msgspec.structs.replace(ENDED, state=SupportState.UNKNOWN, proof=Proof.UNKNOWN)
    assert "the support list lacks this year of support" in safety_words.support_words(newer, say)
    assert "data update TỆP" in safety_words.support_words(newer, Say("vi"))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_everything_that_can_be_has_words(language: str) -> None:
    say = Say(language)
    assert all(safety_words.way_words(WayOut(way=way, to="2028-10-10"), say) for way in Way)
    for state in SupportState:
        for until in (None, date(2027, 1, 1)):
            for proof in Proof:
                support = Support(state=state, product="p", release="r", until=until, proof=proof)
                assert safety_words.support_words(support, say)
    for patch_state in PatchState:
        assert told(language, safety_sheet.show, appraisal(patches=Patches(state=patch_state)))
    assert {f"{kind}.{event}" for kind in KINDS for event in Event} - hardware_words._ACTIONS.keys() == {
        "monitors.gone"
    }
    unjudged = told(language, safety_sheet.show, None)
    assert unjudged == told(
        language, safety_sheet.show, Appraisal(appraised=appraisal().appraised, memory=Memory(), verdicts=None)
    )
    assert len(unjudged.strip().splitlines()) == 1


def test_a_person_reads_what_it_is_and_what_changed() -> None:
    rows: dict[str, Values] = {
        "system": {"maker": "LENOVO", "model": "E14", "laptop": True, "chassis": "notebook", "memory": 8 << 30,
                   "memory_slots": 2, "memory_slots_free": 1, "processor": "i5", "cores": 4},
        "memory_modules": {"slot": "A1", "size": 8 << 30, "kind": "DDR4"},
        "batteries": {"design": 50_000, "full": 40_000},
        "freeze": {"product": "deep_freeze", "state": "thawed"},
        "tpm": {"present": False},
        "operating_system": {"title": "Windows 11 Pro", "release": "24H2", "version": "10.0.26100.1"},
    }  # fmt: skip
    sections = [StoredSection(name=name, digest="", updated=NOW, rows=(row,)) for name, row in rows.items()]
    text = told("vi", hardware_sheet.show, sections)
    for said in ("LENOVO E14 · máy xách tay", "8 GiB · còn 1/2 khe trống", "A1: 8 GiB DDR4", "còn 80% dung lượng",
                 "Deep Freeze (đang mở đóng băng)", "không có", "Windows 11 Pro 24H2 · 10.0.26100.1"):  # fmt: skip
        assert said in text, text
    assert told("en", hardware_sheet.show, []) == ""
    changes = [
        Change(at=NOW, actor="collector", action="disks.swapped", subject="m1", detail="ST500 -> KINGSTON"),
        Change(at=NOW, actor="office", action="machine.something", subject="m1"),
    ]
    text = told("en", hardware_sheet.show_changes, changes, str)
    assert "disk swapped" in text
    assert "ST500 -> KINGSTON" in text
    assert "machine.something" in text
    assert told("en", hardware_sheet.show_changes, [], str) == ""


@pytest.mark.parametrize(
    ("slots", "free", "vietnamese", "english"),
    [
        (2, 1, "8 GiB · còn 1/2 khe trống", "8 GiB · 1 of 2 slots free"),
        (2, 0, "8 GiB · còn 0/2 khe trống", "8 GiB · 0 of 2 slots free"),
        (2, None, "8 GiB", "8 GiB"),
        (None, None, "8 GiB", "8 GiB"),
    ],
)
def test_free_memory_slots_are_told_only_where_they_are_known(
    slots: int | None, free: int | None, vietnamese: str, english: str
) -> None:
    row: Values = {"memory": 8 * 2**30, "memory_slots": slots, "memory_slots_free": free}
    sections = [StoredSection(name="system", digest="", updated=NOW, rows=(row,))]
    assert dict(hardware_words.hardware_lines(sections, Say("vi")))["Bộ nhớ"] == vietnamese
    assert dict(hardware_words.hardware_lines(sections, Say("en")))["Memory"] == english


def test_what_ails_printers_cameras_and_graphics_is_said_where_they_are_named() -> None:
    rows: dict[str, tuple[Values, ...]] = {
        "system": ({"firmware_maker": "AMI", "firmware_version": "F6", "firmware_date": "2012-07-18"},),
        "printers": (
            {"model": "Brother HL-2321D", "connection": "network", "state": "fault", "problem": "jam"},
            {"model": "HP LaserJet P1102", "connection": "shared", "state": "idle"},
            {"model": "Canon LBP2900", "connection": "usb", "state": "offline"},
            {"model": "Epson L3110", "connection": "usb", "state": "idle", "problem": "low_toner"},
            {"connection": "other", "state": "fault"},
            {"model": "Plain", "connection": None, "state": None},
        ),
        "cameras": ({"model": "C1", "state": "no_driver"}, {"model": "C2", "state": "ok"}),
        "gpus": ({"model": "Basic", "driver_missing": True}, {"model": "HD 2000", "driver_missing": False}),
    }
    sections = [StoredSection(name=name, digest="", updated=NOW, rows=some) for name, some in rows.items()]
    assert dict(hardware_words.hardware_lines(sections, Say("vi"))) == {
        "BIOS/UEFI": "AMI F6 · 18/07/2012",
        "Đồ họa": "Basic (thiếu trình điều khiển), HD 2000",
        "Máy in": "Brother HL-2321D (qua mạng; lỗi: kẹt giấy), HP LaserJet P1102 (của máy khác), "
        "Canon LBP2900 (USB; tắt hoặc mất kết nối), Epson L3110 (USB; sắp hết mực), máy in (báo lỗi), Plain",
        "Camera": "C1 (thiếu trình điều khiển), C2",
    }
    assert dict(hardware_words.hardware_lines(sections, Say("en"))) == {
        "BIOS/UEFI": "AMI F6 · Wed 18 Jul 2012",
        "Graphics": "Basic (its driver is missing), HD 2000",
        "Printers": "Brother HL-2321D (network; fault: paper jam), HP LaserJet P1102 (another PC's), "
        "Canon LBP2900 (USB; off or not connected), Epson L3110 (USB; toner is low), printer (reports a fault), Plain",
        "Cameras": "C1 (its driver is missing), C2",
    }


@pytest.mark.parametrize(
    ("state", "vietnamese", "english"),
    [
        (PatchState.CURRENT, "", ""),
        (PatchState.REFUSED, "Bị cản vì  ", "Refused by  "),
        (PatchState.UNKNOWN, "Có thể bị cản vì  ", "May be held up by  "),
        (PatchState.WAITING, "Có thể bị cản vì  ", "May be held up by  "),
    ],
)
def test_what_refuses_updates_is_said_only_where_they_do_not_come_in_time(
    state: PatchState, vietnamese: str, english: str
) -> None:
    patches = Patches(state=state, age_days=0, calendar_days=0, told=0, because=("not_installed",))
    for language, lead, because in (
        ("vi", vietnamese, "chưa cài bộ cập nhật tự động"),
        ("en", english, "automatic updates are not installed"),
    ):
        text = told(language, safety_sheet.show, appraisal(patches=patches))
        assert (because in text) is bool(lead)
        assert lead in text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_programs_are_listed_once_in_the_readers_language(language: str) -> None:
    crack = Found(
        product="activators", name="Công cụ bẻ khóa", kind="tuning", licence="unknown", version="1",
        program="KMSpico", english="Activation cracks",
    )  # fmt: skip
    again = msgspec.structs.replace(crack, program="KMSpico (x64)")
    zalo = msgspec.structs.replace(crack, product="zalo", name="Zalo", english="")
    lines = told(
        language,
        software_sheet.show,
        Inventory(found=(crack, again, zalo), programs=4, hidden=0, known=3),
    ).splitlines()
    names = [Say(language)("Công cụ bẻ khóa", "Activation cracks"), "Zalo"]
    assert [line.partition("  ")[0] for line in lines[3:]] == names
    assert "4" in lines[1]
    assert "3" in lines[1]


@pytest.mark.parametrize(
    ("action", "detail", "vietnamese", "english"),
    [
        ("observer.appoint", "active", ("cử làm máy trực", "chính"), ("appointed observer", "the first")),
        ("observer.appoint", "standby", ("cử làm máy trực", "dự bị"), ("appointed observer", "standby")),
        ("observer.end", "none", ("thôi làm máy trực", "-"), ("no longer observer", "-")),
        ("enrol-new", "BM/main/tin1 tin1-01 active", ("thêm máy", "-"), ("added", "-")),
        ("disks.swapped", "ST500 -> KINGSTON", ("thay ổ đĩa", "ST500 -> KINGSTON"),
         ("disk swapped", "ST500 -> KINGSTON")),
        ("disks.swapped", "ST500 -> ST500; from m22", ("thay ổ đĩa", "ST500 -> ST500 (trước ở Máy m22)"),
         ("disk swapped", "ST500 -> ST500 (known in PC m22)")),
        ("machine.move", "a b; from c -> d e", ("chuyển phòng", "a b; from c -> d e"), ("moved", "a b; from c -> d e")),
        ("disks.gone", "ST500", ("mất ổ đĩa", "ST500"), ("disk gone", "ST500")),
        ("memory_modules.gone", "8 GiB DDR4", ("mất thanh bộ nhớ", "8 GiB DDR4"),
         ("memory module gone", "8 GiB DDR4")),
        ("machine.move", "BM/main/tin1 tin1-01 -> BM/main/tin2 tin2-03",
         ("chuyển phòng", "BM/main/tin1 tin1-01 -> BM/main/tin2 tin2-03"),
         ("moved", "BM/main/tin1 tin1-01 -> BM/main/tin2 tin2-03")),
    ],
)  # fmt: skip
def test_a_change_is_one_line_in_both_languages(
    action: str, detail: str, vietnamese: tuple[str, ...], english: tuple[str, ...]
) -> None:
    changes = [Change(at=NOW, actor="collector", action=action, subject="m1", detail=detail)]
    for language, words in (("vi", vietnamese), ("en", english)):
        pc = Say(language)("Máy", "PC")
        _, _, line = told(language, hardware_sheet.show_changes, changes, lambda one, pc=pc: f"{pc} {one}").splitlines()
        assert line.endswith("  ".join(words)), line


def test_what_is_newer_than_the_list_planned_or_never_told_is_said_so() -> None:
    newer = Support(state=SupportState.UNKNOWN, product="Windows 11", release="26H2", newer_than=date(2026, 8, 22))
    assert "newer than our list of Sat 22 Aug 2026; take a newer list" in safety_words.support_words(newer, Say("en"))
    assert "mới hơn danh sách hỗ trợ ngày 22/08/2026" in safety_words.support_words(newer, Say("vi"))
    supported = Support(
        state=SupportState.EXTENDED, product="debian", release="12", until=date(2027, 9, 17), days_left=300,
        proof=Proof.PROVEN, planned=date(2027, 6, 30),
    )  # fmt: skip
    for language, words in (
        ("vi", "trường dự kiến xử lý trước ngày 30/06/2027 (chỉ để biết, không tính là đạt)"),
        ("en", "the school plans to act by Wed 30 Jun 2027 (for information, never counted as met)"),
    ):
        assert words in told(language, safety_sheet.show, appraisal(support=supported))
    patches = Patches(state=PatchState.UNKNOWN, stale=True, scan_known=False)
    text = told("en", safety_sheet.show, appraisal(patches=patches))
    assert "when the PC last looked for updates is not known" in text
    assert "for long" not in text
    assert "chưa rõ máy tìm bản cập nhật lần cuối" in told("vi", safety_sheet.show, appraisal(patches=patches))


def test_what_may_not_be_read_has_its_steps_once_for_all_checks() -> None:
    outcomes = dict.fromkeys(("firewall", "accounts", "encryption"), "denied")
    checks = judged(Known(system="windows", sections={"system": ({"laptop": True},)}, outcomes=outcomes), Policy())
    text = told("en", safety_sheet.show, appraisal(checks=checks))
    assert text.count("What to do: ") == 1
    assert "What to do: firewall on, disk encrypted (laptops), no auto-logon, no empty password, few admin" in text
    assert "sc start Schooldrum" in text


def test_the_check_of_encryption_names_laptops_only_where_they_alone_are_asked() -> None:
    checks = judged(Known(system="windows", sections={}), Policy(encryption="all"))
    for language, name, never in (("en", "disk encrypted ", "laptops"), ("vi", "mã hóa ổ đĩa ", "máy xách tay")):
        text = told(language, safety_sheet.show, appraisal(checks=checks))
        assert name in text
        assert never not in text


def test_what_cannot_be_true_is_not_shown_as_a_fact() -> None:
    row: Values = {"maker": "LENOVO", "memory": -8, "memory_slots": 2**40, "firmware_date": "9999-12-31", "cores": -4}
    sections = [StoredSection(name="system", digest="", updated=NOW, rows=(row,))]
    text = told("en", hardware_sheet.show, sections)
    assert text.split() == ["Make", "LENOVO"]
