"""Names of installed programs and the products they are."""

import datetime as dt
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schooldrum_collector.judge.faults import Faulty
from schooldrum_collector.judge.products import (
    CLASSES,
    catalogue,
    fits,
    pattern,
    version_key,
    version_of,
    words,
)
from schooldrum_collector.store.software_lists import shipped
from schooldrum_wire.fence import BLANK

SHIPPED = shipped()


def products(name: str, **more: object) -> tuple[str, ...]:
    return SHIPPED.matches({"program": name, "source": "registry", **more})  # type: ignore[dict-item]  # any column


@pytest.mark.parametrize(
    ("name", "product"),
    [
        # The directives' list.
        ("NetOp School 6.0 Teacher", "netop_school"),
        ("Netop® School Student", "netop_school"),
        ("Mythware Classroom Management Software", "mythware"),
        ("极域课堂管理系统软件V6.0 2016 豪华版", "mythware"),
        ("iTALC 2.0.2", "italc"),
        ("Veyon", "veyon"),
        ("Veyon 4.7.1.0 (64-bit)", "veyon"),
        ("Violet 1.9", "violet"),
        ("Microsoft PowerPoint 2016", "powerpoint"),
        ("Adobe Presenter 11", "adobe_presenter"),
        ("Adobe Pressenter", "adobe_presenter"),
        ("Adobe Connect Application", "adobe_connect"),
        ("Lecture Maker 2.0", "lecture_maker"),
        ("iSpring Suite 9", "ispring"),
        ("TKB 9.0", "tkb"),
        ("Phần mềm Hỗ trợ xếp Thời khóa biểu - TKB 9.0", "tkb"),
        ("TKB Application System 6.5", "tkb"),
        ("SmartScheduler 4.0", "smartscheduler"),
        ("Skype™ 7.41", "skype"),
        ("Skype version 8.96", "skype"),
        ("MISA Mimosa.NET 2022", "misa"),
        ("PMIS 4.0", "pmis"),
        ("ePMIS", "pmis"),
        ("EQMS 3", "eqms"),
        ("Hệ thống EQMS", "eqms"),
        ("Phần mềm quản lý chất lượng giáo dục EQMS 2024", "eqms"),
        ("Phần mềm kế toán MISA", "misa"),
        ("Phần mềm kế toán hành chính sự nghiệp MISA Mimosa 2022", "misa"),
        ("Phần mềm quản lý trường học MISA QLTH", "misa_school"),
        ("Xếp thời khóa biểu TKB", "tkb"),
        ("Phần mềm xếp thời khóa biểu Smart Scheduler", "smartscheduler"),
        ("Bachkim Violet", "violet"),
        ("Phần mềm soạn giảng Violet 1.9", "violet"),
        ("VNPT SMAS", "smas"),
        ("Zalo PC", "zalo"),
        ("Zalo Desktop 24.1", "zalo"),
        # What schools run.
        ("UniKey 4.3 RC5", "unikey"),
        ("Cốc Cốc", "coc_coc"),
        ("CocCoc", "coc_coc"),
        ("Zalo 24.1.2", "zalo"),
        ("UltraViewer phiên bản 6.6.23", "ultraviewer"),
        ("AnyDesk", "anydesk"),
        ("Shadow Defender", "shadow_defender"),
        ("7-Zip 24.09 (x64)", "seven_zip"),
        ("Mozilla Firefox (x64 vi)", "firefox"),
        ("Microsoft Edge", "edge"),
        ("µTorrent", "bittorrent"),
        ("LibreOffice 7.5.4.2", "libreoffice"),
        ("The Geometer\u2019s Sketchpad 5", "sketchpad"),
        # Office, by its name in several languages.
        ("Microsoft Office Professional Plus 2010", "microsoft_office"),
        ("Microsoft Office Standard 2013", "microsoft_office"),
        ("Microsoft 365 Apps for enterprise - vi-vn", "microsoft_office"),
        ("Microsoft Office 2016 专业增强版", "microsoft_office"),
    ],
)
def test_what_an_installer_calls_it_is_the_product(name, product):
    assert products(name) == (product,)


@pytest.mark.parametrize(
    "name",
    [
        "Tàng Kinh Violet",
        "Skype Meetings App Web Plugin",
        "Skype Web Plugin",
        "Violetta Player",
        "Microsoft Office Word 2007",
        "Microsoft Office Proofing Tools 2016 - English",
        "Microsoft Office Access database engine 2007 (English)",
        "Microsoft Visual Studio 2010 Tools for Office Runtime (x64)",
        "Microsoft Teams Meeting Add-in for Microsoft Office",
        "Office 16 Click-to-Run Licensing Component",
        "Microsoft Edge WebView2 Runtime",
        "Microsoft Edge Update",
        "LibreOffice 7.5 Help Pack (Vietnamese)",
        "Zoomtext",
        "Lineage 2",
        "Steamworks Common Redistributables",
        "Microsoft Visual C++ 2010 x64 Redistributable - 10.0.40219",
        "",
    ],
)
def test_what_only_sounds_like_it_is_not(name):
    assert products(name) == ()


@pytest.mark.parametrize(
    ("code", "product"),
    [
        ("O365ProPlusRetail - vi-vn", "microsoft_office"),
        ("ProPlus2019Volume - en-us", "microsoft_office"),
        ("Office14.PROPLUS", "microsoft_office"),
        ("PowerPoint2019Retail - vi-vn", "powerpoint"),
        ("Office15.VISIOR", None),
        ("VisioProRetail - en-us", None),
        ("org.mozilla.firefox", "firefox"),
        ("{23170F69-40C1-2702-2409-000001000000}", None),
    ],
)
def test_a_code_is_in_no_language(code, product):
    assert products("Gói văn phòng", code=code) == ((product,) if product else ())


def test_a_blanked_name_is_nothing_but_its_code_still_counts():
    assert products(BLANK) == ()
    assert products(BLANK, code="O365ProPlusRetail - vi-vn") == ("microsoft_office",)
    assert products("UniKey 4", code=BLANK, publisher=BLANK) == ("unikey",)


@pytest.mark.parametrize(
    ("source", "name", "product"),
    [
        ("dpkg", "veyon-master", "veyon"),
        ("dpkg", "firefox-esr", "firefox"),
        ("dpkg", "libreoffice-core", "libreoffice"),
        ("dpkg", "libreoffice-help-vi", None),
        ("dpkg", "italc-client", "italc"),
        ("dpkg", "ibus-unikey", "ibus_unikey"),
        ("rpm", "chromium", "chromium"),
        ("snap", "skype", "skype"),
        ("dpkg", "unikey", None),
        ("registry", "veyon-master", "veyon"),
    ],
)
def test_packages_of_linux_have_names_of_their_own(source, name, product):
    assert SHIPPED.matches({"program": name, "source": source}) == ((product,) if product else ())


@given(st.sampled_from(["UniKey 4.3", "Cốc Cốc", "NetOp School 6.0", "Phần mềm TKB 9.0", "Mythware Class"]), st.data())
@settings(max_examples=200, deadline=None)
def test_spelling_does_not_matter(name, data):
    form = data.draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    spaced = data.draw(st.sampled_from([" ", "  ", "\u00a0", "\t", " - "]))
    case = data.draw(st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
    spelt = unicodedata.normalize(form, case(name.replace(" ", spaced)))
    assert products(f" {spelt} ") == products(name) != ()


def test_the_publisher_decides_where_the_name_is_a_common_word():
    assert products("LINE", publisher="LINE Corporation") == ("line",)
    assert products("LINE", publisher="Some Drawing Firm") == ()
    assert products("LINE") == ("line",)


@pytest.mark.parametrize(
    ("wanted", "given_words", "holds"),
    [
        ("a *", "a", True),
        ("a *", "a b c", True),
        ("a *", "b a", False),
        ("* a *", "x a y", True),
        ("a # b", "a b", True),
        ("a # b", "a 1.0 v2 b", True),
        ("a # b", "a x b", False),
        ("ab*", "abc", True),
        ("ab*", "abc d", False),
        ("a * b * c", "a b c", True),
        ("a * b * c", "a x b x c", True),
        ("a * b * c", "a c b", False),
        ("* a", "a a a", True),
        ("a", "", False),
        ("a #", "a x64 bit", True),
    ],
)
def test_patterns(wanted, given_words, holds):
    assert fits(pattern(wanted), words(given_words)) is holds


@pytest.mark.parametrize("text", ["*", "", "# *", "a*b", "- -"])
def test_a_pattern_that_would_fit_everything_or_nothing_is_refused(text):
    with pytest.raises(ValueError, match="pattern"):
        pattern(text)


def test_a_hostile_name_costs_no_time():
    names = [" ".join(["a"] * 500), "a" * 1000, "1." * 500, "+" * 1000, "* " * 500]
    begun = time.monotonic()
    for name in names:
        products(name)
        fits(pattern("* a * a * a * a * b"), words(name))
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1:9.18.30-0ubuntu0.22.04.2", (9, 18, 30)),
        ("v7.5", (7, 5)),
        ("6.0", (6,)),
        ("6", (6,)),
        ("4.3 RC5", (4, 3)),
        ("24.09", (24, 9)),
        ("", ()),
        (None, ()),
        ("beta", ()),
        ("9" * 40, (999999999,) * 4 + (9999,)),
    ],
)
def test_versions_can_be_compared(text, numbers):
    assert version_key(text) == numbers


@pytest.mark.parametrize(
    ("row", "version"),
    [
        ({"program": "TKB 9.0", "version": "9.0.1"}, "9.0.1"),
        ({"program": "TKB 9.0"}, "9.0"),
        ({"program": "7-Zip 24.09 (x64)"}, "24.09"),
        ({"program": "Veyon"}, ""),
        ({"program": None}, ""),
    ],
)
def test_a_version_may_stand_in_the_name(row, version):
    assert version_of(row) == version


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60), st.sampled_from(["dpkg", "registry", None]))
@settings(max_examples=300, deadline=None)
def test_any_row_can_be_compared(name, code, publisher, source):
    row = {"program": name, "code": code, "publisher": publisher, "source": source}
    assert set(SHIPPED.matches(row)) <= set(SHIPPED.products)
    version_of(row)


def test_the_shipped_list_is_whole():
    demanded = {place for product in SHIPPED.products.values() for place in product.demands}
    assert demanded == {f"D{number}" for number in range(1, 17)}
    assert SHIPPED.products["veyon"].follows == "italc"
    assert "powerpoint" in SHIPPED.products["microsoft_office"].includes
    used = {product.kind for product in SHIPPED.products.values()}
    assert used == set(CLASSES)
    for product in SHIPPED.products.values():
        assert product.names or product.packages or product.keys, product.code


def test_no_pattern_of_the_shipped_list_stands_there_twice():
    seen: dict[tuple[str, tuple[str, ...]], str] = {}
    twice = []
    for product in SHIPPED.products.values():
        for column in ("names", "packages", "keys"):
            for text in getattr(product, column):
                key = (column, pattern(text))
                if key in seen:
                    twice.append((seen[key], product.code, text))
                seen[key] = product.code
    assert twice == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"code": "Bad Code"}, "its code is written"),
        ({"class": "toy"}, "class 'toy' is none of"),
        ({"licence": "gpl"}, "licence 'gpl'"),
        ({"seen": "never"}, "seen 'never'"),
        ({"names": ["*"]}, "pattern '\\*' names nothing"),
        ({"nmaes": []}, "'thing': the key 'nmaes' is not known; allowed: code, name,"),
        ({"includes": ["otherr"]}, "is other meant"),
        ({"follows": "nobody"}, "'nobody' is no product"),
        ({"code": "other"}, "stands there twice"),
        ({"names": "x"}, "names: cannot be used; allowed: "),
        ({"name": "a\x07b"}, "name: .* holds control characters"),
    ],
)
def test_a_faulty_list_names_the_entry(change, sentence):
    good = {"code": "other", "name": "Other", "class": "game"}
    with pytest.raises(Faulty, match=sentence):
        catalogue({"dated": dt.date(2026, 1, 1), "product": [good, {**good, "code": "thing", **change}]})


@pytest.mark.parametrize(
    "data", [{}, {"dated": "2026-01-01", "product": []}, {"dated": dt.date(2026, 1, 1), "product": 5}]
)
def test_a_list_without_its_day_or_products_is_refused(data):
    with pytest.raises(Faulty):
        catalogue(data)
