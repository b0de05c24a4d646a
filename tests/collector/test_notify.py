"""Messages as people get them: the glossary's eight are the model, and no name or count makes one too long."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.test_alertmanager import incident
from tests.collector.test_verdict_sentences import COUNTS, WORDS, of_word

from schooldrum_collector.formats import VIETNAM
from schooldrum_collector.judge.fault import Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Pause, Severity, State
from schooldrum_collector.judge.messages import Occasion
from schooldrum_collector.show.incident_words import read
from schooldrum_collector.show.notify import Telling
from schooldrum_collector.show.notify_composed import MessageForms, composed
from schooldrum_collector.show.notify_digest import Behind, Digest, Line, morning, roll_call, weekly
from schooldrum_collector.show.notify_names import clause, tidy
from schooldrum_collector.show.notify_sms import GSM_7, SEGMENT, plain
from schooldrum_collector.show.notify_words import IS_CAUSE, SMS_CAUSE
from schooldrum_collector.store.records import Area, Register, Room, School

LINK = "https://c.example/t/7Kq3mXw9Rd"
ROLES = ("it_officer", "principal", "office")


def at(hour: int, minute: int) -> float:
    return datetime(2026, 11, 23, hour, minute, tzinfo=ZoneInfo(VIETNAM)).timestamp()


def register(**names: str) -> Register:
    schools = {"BM": "THCS Bình Minh", "HS": "TH Hoa Sen", **names}
    return Register(
        version=1,
        areas={"p/a": Area(path="p/a", name="phường A"), "p/b": Area(path="p/b", name="phường B")},
        schools={code: School(code=code, name=name, area="p/a") for code, name in schools.items()},
        rooms={"BM/main/tin2": Room(school="BM", code="tin2", name="Phòng Tin 2")},
        machines={},
        by_school={},
        settings={},
        settings_version=0,
    )


TIN2 = Place(Level.ROOM, "BM/main/tin2")
SILENT = incident(1042, began=at(8, 12), opened=at(8, 12), began_measured=True)
LINE = incident(
    1043,
    began=at(8, 12),
    began_measured=True,
    kind=Kind.SECOND_LINE,
    target="main",
    verdict=Verdict.LINE,
    degree=Degree.FOUND,
    first=msgspec.structs.replace(SILENT.first, verdict=Verdict.LINE, degree=Degree.FOUND),
    evidence=Evidence(word="second_line", counts={"measured": 5, "rooms": 2}, names={"provider": ("A",)}),
)
ROOM = incident(
    1044,
    place=TIN2,
    began=at(9, 5),
    began_measured=True,
    degree=Degree.PROBABLE,
    verdict=Verdict.ROOM,
    evidence=Evidence(word="room_silent", counts={"machines": 18, "answering": 24}, names={"rooms": (TIN2.path,)}),
)
SERVICE = incident(
    1045,
    place=Place(Level.SERVICE, "Cơ sở dữ liệu ngành"),
    began=at(9, 40),
    began_measured=True,
    severity=Severity.INFORMATION,
    degree=Degree.FOUND,
    verdict=Verdict.SERVICE,
    evidence=Evidence(word="service_and_office", counts={"schools": 57, "of": 60}),
)
PROVIDER = incident(
    1046,
    place=Place(Level.PROVIDER, "A"),
    began=at(8, 12),
    began_measured=True,
    severity=Severity.URGENT,
    degree=Degree.FOUND,
    verdict=Verdict.LINE,
    schools=("BM", "HS", *(f"S{number}" for number in range(12))),
    evidence=Evidence(
        word="provider",
        counts={"schools": 14, "of": 15, "others": 9, "measured": 6},
        names={"provider": ("A",), "areas": ("p/a", "p/b")},
    ),
)
MUTE = incident(
    1047,
    place=TIN2,
    kind=Kind.MUTE,
    began=at(13, 30),
    began_measured=True,
    degree=Degree.PROBABLE,
    verdict=Verdict.MACHINE,
    evidence=Evidence(word="mute_guard", counts={"machines": 6}, names={"guard": ("Bkav",)}),
)


def over(one: Incident) -> Incident:
    return msgspec.structs.replace(one, state=State.CLOSED, ended=at(10, 17), closed=at(10, 20))


def worded(one: Incident, word: str, **evidence: Any) -> Incident:
    return msgspec.structs.replace(one, evidence=msgspec.structs.replace(one.evidence, word=word, **evidence))


def told(one: Incident, role: str = "it_officer", language: str = "vi", **fields: Any) -> MessageForms:
    values = {"occasion": Occasion.BEGIN, "zone": VIETNAM, "now": at(8, 18), "link": LINK, "in_lesson": True, **fields}
    return composed(register(), one, Telling(role=role, language=language, **values))


@pytest.mark.parametrize("name", ["B", "Nhà mạng B", "Nha mang B", "Provider B"])
def test_a_provider_is_called_so_in_the_language_of_the_message(name: str):
    called = msgspec.structs.replace(PROVIDER.place, path=name)
    one = msgspec.structs.replace(worded(PROVIDER, "provider_silent"), place=called, degree=Degree.PROBABLE)
    assert told(one, "office", "en").sms.startswith("URGENT: Probably provider B, 14 schools in ")
    assert told(one, "office", "en").title.startswith("[URGENT] Provider B: ")
    assert told(one, "office").sms.startswith("KHAN: Rat co the nha mang B, 14 truong")
    assert told(one, "office").title.startswith("[KHẨN] Nhà mạng B: ")


@pytest.mark.parametrize(
    ("one", "role", "fields", "sms"),
    [
        (
            SILENT,
            "it_officer",
            {},
            (
                "THCS Binh Minh: ca truong mat lien lac tu 08:12 23/11. Chua ro mat dien hay mat Internet. "
                f"Truong co dien khong? Tra loi: {LINK}"
            ),
        ),
        (
            LINE,
            "it_officer",
            {},
            (
                "THCS Binh Minh: mat Internet duong chinh tu 08:12 23/11, tu modem tro ra. Khong can kiem tra may. "
                f"Goi nha mang A. {LINK}"
            ),
        ),
        (
            ROOM,
            "it_officer",
            {},
            (
                "THCS Binh Minh, Phong Tin 2: 18/18 may mat lien lac tu 09:05 23/11. "
                f"Rat co the do switch hoac dien cua phong. Xem: {LINK}"
            ),
        ),
        (
            SERVICE,
            "it_officer",
            {},
            (
                "Co so du lieu nganh khong vao duoc tu 09:40 23/11. Loi tai he thong, khong phai mang cua truong. "
                "Cho tin bao vao lai duoc. Ma SC-1045"
            ),
        ),
        (
            PROVIDER,
            "office",
            {},
            (
                "KHAN: Nha mang A, 14 truong o phuong A va B mat Internet tu 08:12 23/11. 9 truong nha mang khac van "
                f"tot. Goi nha mang A. {LINK}"
            ),
        ),
        (
            PROVIDER,
            "principal",
            {"own": ("HS",), "lost": 3600.0, "informed": at(8, 25), "informed_by": "office"},
            (
                "Kinh gui Hieu truong TH Hoa Sen: truong mat Internet tu 08:12 23/11, phia nha mang A, So da bao "
                "luc 08:25. Chua can lam gi. Co lai se bao. SC-1046"
            ),
        ),
        (
            msgspec.structs.replace(MUTE, place=Place(Level.ROOM, "BM/main/tin2")),
            "it_officer",
            {},
            (
                "THCS Binh Minh, Phong Tin 2: 6 may dang bat nhung khong gui so lieu tu 13:30 23/11. "
                f"Rat co the bi diet virus chan. {LINK}"
            ),
        ),
    ],
)
def test_text_messages_of_the_glossary(one, role, fields, sms):
    assert told(one, role, **fields).sms == sms


def test_a_school_that_is_silent():
    message = told(SILENT)
    assert message.title == "[CẦN XỬ LÝ] THCS Bình Minh: cả trường mất liên lạc"
    assert message.full == "\n".join(
        (
            "Từ 08:12, thứ Hai 23/11/2026 (đã 6 phút, trong giờ học).",
            (
                "Căn cứ: 31 máy ở 3 phòng ngừng gửi số liệu cùng lúc, không máy nào tắt bình thường. "
                "Chưa rõ: mất điện hay mất Internet."
            ),
            "Thầy/cô vui lòng:",
            "1. Cho biết trường có điện không: [Có điện] [Mất điện] [Trường nghỉ]",
            "2. Nếu có điện: xem modem của nhà mạng, đèn LOS có đỏ hoặc nháy đỏ không.",
            "3. LOS đỏ: gọi nhà mạng, đọc mã khách hàng ghi trong trang sự cố. Không đỏ: tắt modem 1 phút rồi bật lại.",
            f"Sự cố SC-1042: {LINK}",
        )
    )
    assert message.chat_parameters == {
        "place": "THCS Bình Minh",
        "what": "cả trường mất liên lạc",
        "since": "Từ 08:12, thứ Hai 23/11/2026 (đã 6 phút, trong giờ học)",
        "cause": "Chưa rõ: mất điện hay mất Internet",
        "step": "Cho biết trường có điện không",
        "link": LINK,
    }
    assert told(SILENT, language="en").title == "[ACTION] THCS Bình Minh: the whole school is not heard"
    assert "Căn cứ" not in message.chat


def test_one_of_two_lines_and_its_end():
    begin = told(LINE, now=at(8, 21))
    assert begin.title == "[CẦN XỬ LÝ] THCS Bình Minh: mất Internet đường chính (nhà mạng A)"
    assert "3. Bấm [Đã báo nhà mạng] để Hiệu trưởng và Sở cùng biết." in begin.full
    end = told(over(LINE), occasion=Occasion.END, lost=6000.0)
    assert end.title == "[ĐỂ BIẾT] THCS Bình Minh: đã có lại Internet đường chính"
    assert end.full.startswith(
        "10:17, thứ Hai 23/11/2026. Mất 2 giờ 05 phút, trong đó 1 giờ 40 phút giờ học. Số liệu đã lưu làm căn cứ làm "
        "việc với nhà mạng. Không cần làm gì thêm."
    )
    english = told(over(LINE), language="en", occasion=Occasion.END, lost=6000.0)
    assert english.title == "[FOR INFORMATION] THCS Bình Minh: main Internet line is back"
    assert "Lost for 2 h 05 min, of which 1 h 40 min lesson time." in english.full


def test_many_schools_and_one_of_them():
    office = told(PROVIDER, "office", now=at(8, 20))
    assert office.title == "[KHẨN] Nhà mạng A: 14 trường ở phường A và phường B mất Internet"
    assert office.full.splitlines()[0] == "Từ 08:12, thứ Hai 23/11/2026 (đã 8 phút, trong giờ học)."
    assert "3. Nhà mạng trả lời: bấm [Ghi lại trả lời], giờ và nội dung được lưu." in office.full
    school = told(PROVIDER, now=at(8, 20), own=("HS",))
    assert school.title.startswith("[ĐỂ BIẾT] Nhà mạng A: ")
    assert "Thầy/cô vui lòng" not in school.full


def test_the_principal_reads_of_lessons():
    fields: dict[str, Any] = {
        "own": ("HS",),
        "lost": 3600.0,
        "informed": at(8, 25),
        "informed_by": "office",
        "now": at(9, 13),
    }
    begin = told(PROVIDER, "principal", **fields)
    assert begin.title == "[ĐỂ BIẾT] TH Hoa Sen: mất Internet 1 giờ trong giờ học"
    assert begin.full.splitlines()[:2] == [
        (
            "Kính gửi thầy/cô Hiệu trưởng. Từ 08:12, thứ Hai 23/11/2026. Xác định: phía nhà mạng A, 14 trường trong "
            "vùng cùng bị. Sở đã báo nhà mạng lúc 08:25."
        ),
        "Thầy/cô chưa cần làm gì. Việc cần Internet trong buổi sáng (họp trực tuyến, nộp báo cáo) nên dời lại.",
    ]
    end = told(over(PROVIDER), "principal", occasion=Occasion.END, own=("HS",), lost=6000.0)
    assert end.title == "[ĐỂ BIẾT] TH Hoa Sen: đã có lại Internet lúc 10:17"
    assert end.full.startswith(
        "Mất tổng cộng 2 giờ 05 phút, trong đó 1 giờ 40 phút giờ học. "
        "Nếu nhà trường cần văn bản gửi nhà mạng: bấm [Lấy bảng số liệu]."
    )
    english = told(PROVIDER, "principal", "en", **fields)
    assert english.title == "[FOR INFORMATION] TH Hoa Sen: no Internet for 1 hour of lesson time"


def test_without_links_nobody_is_asked_to_tap():
    message = told(SILENT, link="")
    assert "[Có điện]" not in message.full
    assert message.full.endswith("Sự cố SC-1042.")
    assert message.sms.endswith("Ma SC-1042")
    assert message.chat_parameters["link"] == "SC-1042"


@pytest.mark.parametrize("one", [SILENT, LINE, ROOM])
@pytest.mark.parametrize(
    ("language", "step", "sms"),
    [
        ("vi", "Gọi giáo viên phụ trách CNTT của trường: trường cần hỗ trợ.", "Goi truong: can ho tro."),
        ("en", "Call the IT officer of the school: the school needs help.", "Call the school: it needs help."),
    ],
)
def test_the_office_calls_a_school_that_asked_for_help(one, language, step, sms):
    message = told(one, "office", language, helped=at(8, 15))
    assert message.full.splitlines()[-2] == step
    assert message.chat_parameters["step"] == step.rstrip(".")
    assert sms in message.sms
    # Before it did, and for whoever asked, nothing is changed by that.
    assert step not in told(one, "office", language).full
    assert told(one, "it_officer", language, helped=at(8, 15)) == told(one, "it_officer", language)


def test_withdrawn_and_late():
    gone = msgspec.structs.replace(SILENT, state=State.WITHDRAWN, closed=at(8, 30), ended=at(8, 30))
    message = told(gone, occasion=Occasion.END)
    assert message.title == "[ĐỂ BIẾT] THCS Bình Minh: không phải sự cố"
    late = told(over(SILENT), whole=True, now=at(11, 0))
    assert late.title == "[ĐỂ BIẾT] THCS Bình Minh: cả trường mất liên lạc, đã hết"
    assert late.full.startswith("Từ 08:12, thứ Hai 23/11/2026 đến 10:17, thứ Hai 23/11/2026 (kéo dài 2 giờ 05 phút")
    assert "vui lòng" not in late.full


def test_closed_and_no_longer_waited_for():
    gone = msgspec.structs.replace(SILENT, state=State.WITHDRAWN, excused="closed", closed=at(8, 30), ended=at(8, 30))
    for language, says in (("vi", "Trường nghỉ. Tin báo trước đã được rút lại."), ("en", "School closed today. The ")):
        message = told(gone, occasion=Occasion.END, language=language)
        assert says in message.full
        fits(message)
    off = msgspec.structs.replace(ROOM, state=State.WITHDRAWN, explained="switched_off", closed=at(9, 9))
    for language, says in (("vi", "Đã tắt phòng. Tin báo trước"), ("en", "Room switched off. The message before")):
        assert says in told(off, occasion=Occasion.END, language=language).full, "others hear why it was none"
    ended = msgspec.structs.replace(over(SILENT), excused="closed")
    for role in ("it_officer", "office"):
        message = told(ended, role, occasion=Occasion.END)
        assert message.title == "[ĐỂ BIẾT] THCS Bình Minh: trường nghỉ, ngừng theo dõi"
        assert "không rõ hết lúc nào" in message.full
        assert "10:17" not in message.full + message.sms
        fits(message)


def test_what_was_well_in_between_is_not_told_as_lost():
    pauses = (Pause(at(9, 0), at(9, 40)), Pause(at(10, 0), at(10, 10)))
    ended = msgspec.structs.replace(over(SILENT), pauses=pauses, rounds=2)
    assert "Kéo dài 1 giờ 15 phút, 3 lần. " in told(ended, occasion=Occasion.END).full
    assert "(1 h 15 min in 3 rounds" in told(ended, language="en", whole=True, now=at(11, 0)).full


WHY: dict[Degree, tuple[str, str]] = {
    Degree.FOUND: ("", ""),
    Degree.PROBABLE: ("rat co the ", "probably "),
}
NOT_KNOWN = ("chua ro nguyen nhan", "cause not known yet")


@pytest.mark.parametrize("degree", list(Degree))
@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_principals_text_message_is_as_sure_as_what_is_known(language, verdict, degree):
    causes = (Verdict.POWER, Verdict.LAN, Verdict.LINE) if degree is Degree.UNKNOWN else ()
    # A word without a place of its own: the verdict's is said.
    evidence = msgspec.structs.replace(SILENT.evidence, causes=causes)
    one = msgspec.structs.replace(SILENT, verdict=verdict, degree=degree, evidence=evidence)
    message = told(one, "principal", language, own=("BM",), lost=3600.0)
    assert len(message.sms) <= SEGMENT
    assert message.sms.endswith("SC-1042")
    at_ = ("vi", "en").index(language)
    head, _, why = message.sms.partition("23/11, ")
    if degree is Degree.UNKNOWN:
        assert why.startswith(f"{NOT_KNOWN[at_]}. ")
        assert ("mat lien lac" if language == "vi" else "is not heard") in head
        assert "mat dien" not in message.sms
        assert "power" not in message.sms
    else:
        assert NOT_KNOWN[at_] not in message.sms
        # What has no room is left out whole.
        assert why.startswith(WHY[degree][at_]) or not why
        assert ("rat co the" in why or "probably" in why) is (degree is Degree.PROBABLE and bool(why))
    if verdict is Verdict.POWER and degree is Degree.PROBABLE:
        assert ("truong mat lien lac" if language == "vi" else "is not heard") in head


SURE = {Degree.PROBABLE: ("rat co the ", "probably "), Degree.UNKNOWN: ("chua ro", "not known yet")}


@pytest.mark.parametrize(
    ("one", "degree", "role", "sms"),
    [
        (
            LINE,
            Degree.PROBABLE,
            "it_officer",
            (
                "THCS Binh Minh: mat Internet duong chinh tu 08:12 23/11, rat co the tu modem tro ra. Khong can kiem "
                f"tra may. Goi nha mang A. {LINK}"
            ),
        ),
        (
            ROOM,
            Degree.FOUND,
            "it_officer",
            (
                "THCS Binh Minh, Phong Tin 2: 18/18 may mat lien lac tu 09:05 23/11. Do switch hoac dien cua phong. "
                f"Xem: {LINK}"
            ),
        ),
        (
            SERVICE,
            Degree.PROBABLE,
            "office",
            (
                "Co so du lieu nganh khong vao duoc tu 09:40 23/11. Rat co the loi tai he thong, khong phai mang cua "
                "truong. Ma SC-1045"
            ),
        ),
        (
            worded(PROVIDER, "provider_silent"),
            Degree.PROBABLE,
            "office",
            (
                "KHAN: Rat co the nha mang A, 14 truong o phuong A va B mat Internet tu 08:12 23/11. Goi nha mang A. "
                f"{LINK}"
            ),
        ),
        (
            worded(PROVIDER, "provider_silent", causes=(Verdict.LINE, Verdict.POWER)),
            Degree.UNKNOWN,
            "office",
            (
                "KHAN: Nha mang A, 14 truong o phuong A va B mat Internet tu 08:12 23/11. Chua ro mat Internet "
                f"hay mat dien. Goi nha mang A. {LINK}"
            ),
        ),
        (
            worded(SILENT, "power_woke"),
            Degree.PROBABLE,
            "it_officer",
            f"THCS Binh Minh: rat co the mat dien tu 08:12 23/11. {LINK}",
        ),
        (
            worded(SILENT, "power_woke"),
            Degree.FOUND,
            "it_officer",
            f"THCS Binh Minh: mat dien tu 08:12 23/11. Xac dinh: mat dien. {LINK}",
        ),
    ],
)
def test_a_text_message_is_as_sure_as_what_is_known(one, degree, role, sms):
    verdict = Verdict.POWER if one.evidence.word == "power_woke" else one.verdict
    assert told(msgspec.structs.replace(one, degree=degree, verdict=verdict), role).sms == sms


@pytest.mark.parametrize(
    ("word", "verdict", "vi", "en"),
    [
        ("dns", Verdict.DNS, "web bang ten mien tu 08:12 23/11. https:", " Found: names (DNS)."),
        ("international", Verdict.INTERNATIONAL, " Xac dinh: ", " Found: international routes."),
    ],
)
def test_a_text_message_says_a_degree_as_all_messages_do(word, verdict, vi, en):
    one = msgspec.structs.replace(worded(SILENT, word), verdict=verdict, degree=Degree.FOUND)
    for language, says in (("vi", vi), ("en", en)):
        assert says in told(one, language=language).sms


@pytest.mark.parametrize(
    ("degree", "vi", "en"),
    [
        (Degree.PROBABLE, "rat co the da co dien lai luc 10:17", "probably power is back at 10:17"),
        (Degree.FOUND, "da co dien lai luc 10:17", "power is back at 10:17"),
    ],
)
def test_an_end_in_a_text_message_is_as_sure(degree, vi, en):
    one = msgspec.structs.replace(over(worded(SILENT, "power_woke")), verdict=Verdict.POWER, degree=degree)
    for language, says in (("vi", vi), ("en", en)):
        assert f": {says} 23/11. " in told(one, language=language, occasion=Occasion.END).sms
        taken_back = msgspec.structs.replace(one, state=State.WITHDRAWN)
        assert says not in told(taken_back, language=language, occasion=Occasion.END).sms


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("degree", [Degree.PROBABLE, Degree.UNKNOWN])
def test_no_text_message_names_a_cause_without_its_degree(word, degree):
    fault = of_word(word, degree)
    one = incident(7, place=fault.place, began=at(8, 12), evidence=fault.evidence, degree=degree, target="main")
    for role in ("it_officer", "office"):
        for at_, language in enumerate(("vi", "en")):
            sms = told(one, role, language).sms
            bare = [plain((words.vi, words.en)[at_]).strip(", .") for words in SMS_CAUSE.values()]
            if degree is Degree.UNKNOWN or any(cause in sms for cause in bare) or word in IS_CAUSE:
                assert SURE[degree][at_] in sms.lower(), sms
            if degree is Degree.PROBABLE and fault.place.level is Level.PROVIDER:
                assert sms.lower().startswith(SURE[degree][at_]), sms


@pytest.mark.parametrize(
    ("word", "vi", "en"),
    [
        ("rooms_silent", "mang noi bo, hoac dien cua cac phong nay", "the local network, or these rooms' power"),
        ("power_attested", "truong mat dien tu", "has no power since"),
        ("power_woke", "truong mat lien lac tu", "is not heard since"),
    ],
)
def test_a_principal_reads_all_it_may_be_or_nothing_of_it(word, vi, en):
    verdict = Verdict.POWER if word.startswith("power") else Verdict.LAN
    evidence = Evidence(word=word, counts=COUNTS)
    one = msgspec.structs.replace(SILENT, verdict=verdict, degree=Degree.PROBABLE, evidence=evidence)
    for language, says in (("vi", vi), ("en", en)):
        sms = told(one, "principal", language, own=("BM",), lost=3600.0).sms
        assert says in sms or "mang noi bo" not in sms
        # What the school has confirmed is not made doubtful again.
        assert word != "power_attested" or ("rat co the" not in sms and "probably" not in sms)


def test_a_heading_counts_the_schools_that_are_listed():
    evidence = msgspec.structs.replace(PROVIDER.evidence, counts={**PROVIDER.evidence.counts, "schools": 13})
    fewer = msgspec.structs.replace(PROVIDER, evidence=evidence)
    assert "14 trường ở phường A và phường B mất Internet" in told(fewer, "office").title
    assert read(register(), fewer, at(8, 20), "en").heading == "A: 14 schools without Internet"
    assert "13 of 15 schools" in read(register(), fewer, at(8, 20), "en").evidence


def fits(message: MessageForms) -> None:
    assert len(message.title) + 1 + len(message.full) <= 700, message
    assert all(0 < len(value) <= 80 for value in message.chat_parameters.values()), message.chat_parameters
    assert len(message.sms) <= SEGMENT, message.sms
    assert set(message.sms) <= GSM_7, message.sms
    for text in (message.title, message.full, message.sms, *message.chat_parameters.values()):
        assert "{" not in text
    assert "\n" not in message.title + message.sms


@pytest.mark.parametrize("word", WORDS)
def test_every_word_fits_every_form(word):
    for degree in Degree:
        fault = of_word(word, degree)
        one = incident(
            10042,
            place=fault.place,
            began=at(8, 12),
            evidence=msgspec.structs.replace(fault.evidence, counts=COUNTS),
            degree=degree,
            verdict=Verdict.LINE,
            target="main",
            schools=("BM", "HS"),
        )
        for role in ROLES:
            for language in ("vi", "en"):
                again = msgspec.structs.replace(one, pauses=(Pause(at(8, 15), at(8, 18)), Pause(at(8, 19), at(8, 22))))
                parted = msgspec.structs.replace(one, told_as=10041)
                states = (
                    *((Occasion.BEGIN, one), (Occasion.AGAIN, one), (Occasion.END, over(one))),
                    *((Occasion.AGAIN, again), (Occasion.BEGIN, parted), (Occasion.END, over(parted))),
                )
                for occasion, state in states:
                    message = told(state, role, language, occasion=occasion, lost=6000.0, own=("BM",))
                    fits(message)
                    if occasion is not Occasion.END:
                        assert LINK in message.full


@pytest.mark.parametrize(
    ("language", "since", "short"),
    [
        (
            "vi",
            "Lại từ 08:30, thứ Hai 23/11/2026 (đã 2 phút, trong giờ học); trước đó 08:12\N{EN DASH}08:15.",
            "lai tu 08:30 23/11",
        ),
        (
            "en",
            "Again since 08:30, Mon 23 Nov 2026 (2 min, in lesson time); before: 08:12\N{EN DASH}08:15.",
            "again since 08:30 23/11",
        ),
    ],
)
def test_what_came_back_is_told_by_its_own_begin(language, since, short):
    again = msgspec.structs.replace(SILENT, pauses=(Pause(at(8, 15), at(8, 30)),), rounds=1)
    message = told(again, "it_officer", language, now=at(8, 32), occasion=Occasion.AGAIN)
    assert since in message.full
    assert short in message.sms
    # Once is enough for a text message, and a template's parameter ends where a clause does.
    assert "(" not in message.sms
    assert message.chat_parameters["since"] in {since.rstrip("."), since.partition(";")[0]}


@pytest.mark.parametrize(
    ("one", "vietnamese", "english"),
    [
        (
            msgspec.structs.replace(worded(LINE, "loss"), kind=Kind.LOSS),
            "Kéo dài 1 giờ, trong đó 1 giờ giờ học.",
            "of which 1 hour lesson time.",
        ),
        (MUTE, "Kéo dài 1 giờ. ", "It lasted 1 hour. "),
        (SILENT, "Mất 1 giờ, trong đó 1 giờ giờ học.", "Lost for 1 hour, of which 1 hour lesson time."),
    ],
    ids=["works badly", "programs silent", "gone"],
)
def test_only_what_was_gone_was_lost(one: Incident, vietnamese: str, english: str):
    ended = msgspec.structs.replace(over(one), began=at(9, 17), ended=at(10, 17))
    assert vietnamese in told(ended, occasion=Occasion.END, lost=3600.0).full
    assert english in told(ended, language="en", occasion=Occasion.END, lost=3600.0).full


@given(st.text(alphabet="ab ;.,:"), st.integers(4, 40))
def test_what_is_shortened_says_something_by_itself(text: str, most: int):
    short = clause(text, most)
    assert len(short) <= most
    assert text.startswith(short.removesuffix("…"))
    assert clause("Call the provider; the figures are there", 30) == "Call the provider"
    assert clause("Look at the switch, unplug it for ten seconds", 30) == "Look at the switch, unplug it…"


def test_an_incident_that_was_a_round_says_under_which_number_it_was_told():
    parted = msgspec.structs.replace(SILENT, told_as=1001)
    assert "Trước đây báo với mã SC-1001." in told(parted, "it_officer", "vi").full
    assert "Told before as SC-1001." in told(over(parted), "it_officer", "en", occasion=Occasion.END).full


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=250), st.sampled_from([SILENT, ROOM, MUTE, PROVIDER]), st.sampled_from(ROLES))
def test_no_name_breaks_a_message(name, one, role):
    named = msgspec.structs.replace(
        one,
        evidence=msgspec.structs.replace(
            one.evidence, names={**one.evidence.names, "guard": (name,), "provider": (name,)}
        ),
    )
    for language in ("vi", "en"):
        telling = Telling(
            occasion=Occasion.BEGIN,
            role=role,
            language=language,
            zone=VIETNAM,
            now=at(9, 0),
            link=LINK,
            own=("BM",),
            lost=4000.0,
        )
        message = composed(register(BM=name, HS=name), named, telling)
        assert len(message.title) + 1 + len(message.full) <= 700
        assert len(message.sms) <= SEGMENT
        assert set(message.sms) <= GSM_7
        assert message.sms.count("\n") == message.title.count("\n") == 0


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("Tin 1", "Tin 1"),
        ("https://evil.example/x", "evil\u2024example/x"),
        ("a\r\nBcc: b@c.vn", "a Bcc: b@c\u2024vn"),
        ("[Có điện](x)", "(Có điện)(x)"),
        ("\u202etixe", "tixe"),
        ("", "?"),
        ("x" * 80, "x" * 59 + "…"),
    ],
)
def test_names_are_made_harmless(given_name, shown):
    assert tidy(given_name) == shown


def test_digests():
    lines = tuple(
        Line(number=f"SC-{at_}", text=f"Trường {at_}: mất Internet", began=at(8, 0), took=3600.0, lessons=1800.0)
        for at_ in range(40)
    )
    digest = Digest(
        place="phường A", begin=at(6, 45) - 86400, end=at(6, 45), going_on=lines[:3], over=lines, lessons=72000.0
    )
    message = morning(digest, "vi", VIETNAM)
    assert message is not None
    assert message.title == "[ĐỂ BIẾT] phường A: bản tin sáng 23/11/2026"
    assert message.full.startswith("Đang xảy ra: 3.")
    assert "Đã hết: 40, mất 20 giờ trong giờ học." in message.full
    assert "dòng nữa" in message.full
    fits(message)
    assert morning(Digest(place="x", begin=0, end=1), "vi", VIETNAM) is None
    frozen = Digest(
        place="THCS Bình Minh",
        begin=at(0, 0) - 7 * 86400,
        end=at(0, 0),
        behind=(Behind(room="Phòng Tin 1", behind=22, of=24, oldest=74, frozen=22),),
    )
    message = weekly(frozen, "vi", VIETNAM)
    assert message is not None
    assert message.title == "[ĐỂ BIẾT] THCS Bình Minh: bản tin tuần 16/11/2026 \u2013 22/11/2026"
    assert "22 máy chậm cập nhật bảo mật, lâu nhất 74 ngày máy có bật (Phòng Tin 1 22/24)." in message.full
    assert "Xác định: do đóng băng ổ đĩa." in message.full
    assert "1. Chọn buổi phòng trống, mở đóng băng cả phòng." in message.full
    fits(message)
    there: dict[str, Any] = {"place": "THCS Bình Minh", "seen": 54, "of": 58, "now": at(11, 30), "zone": VIETNAM}
    called = roll_call(**there, missing=("Phòng Tin 1, Máy 03",), noted=3, language="vi")
    assert "54/58 máy đã bật lại" in called.full
    assert "bấm vào máy để ghi lại" in called.full
    assert "Đã ghi hỏng, cho mượn, để nơi khác: 3 máy." in called.full
    fits(called)
    assert "tap the PC to note it" not in roll_call(**there, missing=(), noted=0, language="en").full
