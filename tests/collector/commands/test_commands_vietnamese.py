"""Vietnamese order and search."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.vietnamese import folded, is_found, sort_key, width


@pytest.mark.parametrize(
    "ordered",
    [
        ["Máy 1", "Máy 2", "Máy 10", "Máy 010a"],
        ["Cầu", "Dừa", "Đào", "Em"],
        ["an", "ăn", "ân", "bà"],
        ["ma", "mà", "mả", "mã", "má", "mạ"],
        ["o", "ô", "ơ", "p"],
        ["tin1-2", "tin1-10", "tin2-1"],
        ["Phòng Tin 2", "Phòng Tin 10", "Thư viện"],
        ["uy", "ưa"],
    ],
)
def test_vietnamese_order(ordered: list[str]) -> None:
    shuffled = ordered[::-1]
    assert sorted(shuffled, key=sort_key) == ordered


def test_vietnamese_order_of_an_endless_number() -> None:
    assert sort_key("9" * 10_000) < sort_key("1" + "0" * 10_000)


@given(st.lists(st.text(max_size=12), max_size=8))
def test_vietnamese_order_is_total_and_does_not_depend_on_the_spelling(texts: list[str]) -> None:
    for text in texts:
        composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
        assert sort_key(composed)[:2] == sort_key(decomposed)[:2]
    backwards = texts[::-1]
    assert sorted(texts, key=sort_key) == sorted(backwards, key=sort_key)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("quang yen", "Thị xã Quảng Yên"),
        ("hoa binh", "Trường Hòa Bình"),
        ("hoa binh", "Trường Hoà Bình"),
        ("HÒA", "hoà"),
        ("dong da", "Đống Đa"),
        ("minh binh", "Bình Minh"),
        ("", "anything"),
        ("tin1-07", "TIN1-07"),
    ],
)
def test_vietnamese_search_forgives(query: str, text: str) -> None:
    assert is_found(query, "other", text)


def test_vietnamese_search_does_not_find_everything() -> None:
    assert not is_found("hoa lan", "Hòa Bình")
    assert not is_found("x", "")


@given(st.text(max_size=20))
def test_vietnamese_folding_is_stable_and_spelling_does_not_matter(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(("text", "columns"), [("Phòng", 5), ("Pho\u0300ng", 5), ("漢字", 4), ("", 0)])
def test_vietnamese_width_on_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns
