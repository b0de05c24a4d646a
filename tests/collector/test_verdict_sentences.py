"""Every fault can be said, in both languages, in the glossary's words and lengths."""

import string
import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from tests.collector.test_verdict import BACK, KNOWN, LATER, SCENARIOS, TIN2, all_break, two_lines
from tests.collector.test_verdict_laws import NOW, some_school
from tests.collector.verdict_scene import pcs, seen

from schooldrum_collector.judge import fault_headings, fault_steps, fault_words
from schooldrum_collector.judge.fault import Degree, Evidence, Fault, Kind, Level, Place, Verdict
from schooldrum_collector.judge.sentences import conclusion, grounds, heading, sentence, steps
from schooldrum_collector.judge.verdict import faults

LANGUAGES = ("vi", "en")
NAMES = {
    "S1": "THCS Bình Minh (phường A)",
    "S1/main/tin1": "Phòng Tin 1",
    TIN2: "Phòng Tin 2",
    "A": "A",
    "csdl": "Cơ sở dữ liệu ngành",
}
COUNTS = dict.fromkeys(
    (
        *("machines", "on", "rooms", "measured", "answering", "seers", "percent"),
        *("schools", "of", "others", "power"),
    ),
    128,
)
SINCE = {
    "vi": "Từ 08:12, thứ Hai 23/11/2026 (đã 2 giờ 05 phút, trong giờ học).",
    "en": "Since 08:12, Mon 23 Nov 2026 (2 h 05 min, in lesson time).",
}
WORDS = sorted(fault_words.EVIDENCE)


def place_of(word: str) -> Place:
    """As large as what this word is said of."""
    for begin, level in (("provider", Level.PROVIDER), ("area", Level.AREA), ("service_", Level.SERVICE)):
        if word.startswith(begin) and word != "service_here":
            return Place(level, "Viettel")
    return Place(Level.ROOM, TIN2)


def of_word(word: str, degree: Degree = Degree.PROBABLE) -> Fault:
    return Fault(
        place=place_of(word),
        kind=Kind.OUTAGE,
        verdict=Verdict.LINE,
        degree=degree,
        began=0,
        error=0,
        measured=False,
        target="main",
        evidence=Evidence(
            word=word,
            counts=COUNTS,
            names={
                "rooms": (TIN2,),
                "provider": ("Viettel",),
                "service": ("csdl",),
                "guard": ("Bkav Endpoint AI",),
                "areas": ("p/w",),
            },
            causes=(Verdict.POWER, Verdict.ROOM, Verdict.LAN, Verdict.LINE),
        ),
    )


OF_WHOLE_PLACES = ("silent", "silent_with_power", "power_attested", "power_woke", "line", "captive", "collector")


@pytest.mark.parametrize("word", OF_WHOLE_PLACES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_that_others_had_gone_before_is_said_and_fits(word, language):
    fault = of_word(word)
    told = msgspec.structs.replace(fault.evidence, counts={**fault.evidence.counts, "earlier": 128, "lone": 0})
    before = msgspec.structs.replace(fault, evidence=told)
    assert {"vi": "128 máy khác đã mất liên lạc", "en": "128 others fell silent before"}[language] in grounds(
        before, NAMES, language
    )
    said = [heading(before, NAMES, language, "information"), SINCE[language], sentence(before, NAMES, language)]
    asked = steps(before, "it_officer", language)
    end = "Sự cố SC-10042: https://schooldrum.example.edu.vn/t/7Kq3mXw9Rd"
    assert len("\n".join([*said, "Căn cứ: ", "Thầy/cô vui lòng:", *asked, end])) <= 700


def test_every_word_has_all_it_needs():
    assert fault_words.EVIDENCE.keys() == fault_headings.HEADINGS.keys() == fault_steps.AT_SCHOOL.keys()
    assert fault_words.WHERE.keys() | fault_steps.AT_OFFICE.keys() <= fault_words.EVIDENCE.keys()
    assert set(fault_headings.HEADINGS.values()) <= fault_headings.WHAT.keys()
    assert fault_words.VERDICTS.keys() == set(Verdict)
    assert fault_words.DEGREES.keys() == set(Degree)


def every_text() -> list[tuple[str, str]]:
    words = [
        *(each for table in (fault_words.EVIDENCE, fault_words.WHERE, fault_headings.WHAT) for each in table.values()),
        *(*fault_words.NOBODY_ELSE.values(), fault_words.BEFORE_THE_LAST),
        *(*fault_words.VERDICTS.values(), *fault_words.CAUSES.values(), *fault_headings.LINES.values()),
        *(each for table in (fault_steps.AT_SCHOOL, fault_steps.AT_OFFICE) for all_ in table.values() for each in all_),
    ]
    return [(each.vi, each.en) for each in words]


def test_both_languages_name_the_same_and_keep_the_house_words():
    for vietnamese, english in every_text():
        assert vietnamese
        assert english
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (vietnamese, english)]
        assert fields[0] == fields[1], vietnamese
        assert vietnamese == unicodedata.normalize("NFC", vietnamese)
        assert "!" not in vietnamese + english
        for never in ("giám sát", "không phản hồi", "cổng mạng (gateway)", "cúp điện", "rớt mạng", "vi phạm", " bạn "):
            assert never not in vietnamese.lower()


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_of_this_word_fits(word, language):
    for degree in Degree:
        fault = of_word(word, degree)
        title = heading(fault, NAMES, language, "information")
        said = sentence(fault, NAMES, language)
        since, end = SINCE[language], "Sự cố SC-10042: https://schooldrum.example.edu.vn/t/7Kq3mXw9Rd"
        for role in fault_steps.ROLES:
            asked = steps(fault, role, language)
            assert 1 <= len(asked) <= 3
            assert all(0 < len(each) <= 140 for each in asked)
            message = "\n".join([title, since, "Căn cứ: " + said, "Thầy/cô vui lòng:", *asked, end])
            assert len(message) <= 700, (len(message), message)
        assert "{" not in title + said
        assert said.endswith(".")
        assert conclusion(fault, NAMES, language).startswith(
            tuple(f"{each.vi if language == 'vi' else each.en}:" for each in fault_words.DEGREES.values())
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_room_to_which_no_other_compares_says_so(language):
    assert fault_words.NOBODY_ELSE.keys() <= fault_words.EVIDENCE.keys()
    alone = of_word("room")
    evidence = msgspec.structs.replace(alone.evidence, counts={**alone.evidence.counts, "answering": 0})
    said = grounds(msgspec.structs.replace(alone, evidence=evidence), NAMES, language)
    assert {"vi": "không phòng nào khác bật máy để so.", "en": "no other room had a PC on."}[language] in said
    assert said != grounds(alone, NAMES, language)


def test_as_the_glossary_writes_them():
    (fault,) = faults(seen(all_break("line"), LATER), LATER)
    assert heading(fault, NAMES, "vi", "action") == "[CẦN XỬ LÝ] THCS Bình Minh (phường A): cả trường mất liên lạc"
    assert sentence(fault, NAMES, "vi") == (
        "14 máy ở 3 phòng ngừng gửi số liệu cùng lúc, không máy nào tắt bình thường. "
        "Chưa rõ: mất điện, mất mạng nội bộ hay mất Internet."
    )
    assert steps(fault, "it_officer", "en")[0].endswith("[Power is on] [Power cut] [School closed today]")
    (fault,) = faults(seen(all_break("line"), LATER, known=KNOWN), LATER)
    assert conclusion(fault, NAMES, "vi") == "Xác định: đường truyền Internet, từ modem trở ra."
    assert grounds(fault, NAMES, "en") == ("14 PCs in 3 rooms reach the modem, none gets through to the Internet.")
    room = pcs({"S1/main/tin1": 3, TIN2: 18}, breaks=lambda room, _: "dark" if room == TIN2 else "", back=BACK)
    (fault,) = faults(seen(room, LATER), LATER)
    assert heading(fault, NAMES, "vi") == "THCS Bình Minh (phường A) \N{EN DASH} Phòng Tin 2: cả phòng mất liên lạc"
    assert conclusion(fault, NAMES, "vi") == "Rất có thể: bộ chia mạng (switch) hoặc điện của phòng."
    (fault,) = faults(seen(pcs({TIN2: 3}, provider="B"), LATER, lines=two_lines()), LATER)
    assert heading(fault, NAMES, "en", "action").endswith(": main Internet line lost (provider A)")


def test_one_is_one():
    fault = of_word("silent")
    one = msgspec.structs.replace(
        fault, evidence=msgspec.structs.replace(fault.evidence, counts={**COUNTS, "rooms": 1, "machines": 21})
    )
    assert grounds(one, NAMES, "en").startswith("21 PCs in 1 room stopped")


@pytest.mark.parametrize("known", [LATER, KNOWN])
@pytest.mark.parametrize("broken", [case[1] for case in SCENARIOS], ids=[case[0] for case in SCENARIOS])
def test_every_scenario_can_be_said(broken, known):
    for fault in faults(seen(broken, LATER, known=known, remembered=True), LATER):
        for language in LANGUAGES:
            assert "{" not in sentence(fault, NAMES, language) + heading(fault, NAMES, language)


@given(some_school())
@settings(max_examples=150, deadline=None)
def test_whatever_is_judged_can_be_said(school):
    for fault in faults(school, NOW):
        for language in LANGUAGES:
            said = heading(fault, NAMES, language, "digest") + sentence(fault, NAMES, language)
            assert "{" not in said
            assert len(said) < 500
            for role in fault_steps.ROLES:
                assert steps(fault, role, language, NAMES)
