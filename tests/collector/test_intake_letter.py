import gzip
import json
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.opened_door import START, cpu_result, delivery, packed

from schooldrum_collector.web.letter import KEPT_AS_IT_CAME, Letter, Unacceptable, read, unpack
from schooldrum_wire.decoding import decode_delivery
from schooldrum_wire.encoding import encode
from schooldrum_wire.limits import LONGEST_SECONDS, PACKED_BYTES, UNPACKED_BYTES
from schooldrum_wire.report import Delivery, Report, Word
from schooldrum_wire.section import Values


def letter(plain: bytes, came: bytes = b"") -> Letter:
    return read(plain, came, received=START, enrolled=START - 1e6)


def opened(body: bytes) -> Delivery:
    return decode_delivery(zlib.decompress(body, 31))[0]


@pytest.mark.parametrize(
    ("body", "encoding", "status", "error"),
    [
        (b"x" * (PACKED_BYTES + 1), "", 413, "too_large"),
        (b"x" * (PACKED_BYTES + 1), "gzip", 413, "too_large"),
        (gzip.compress(b" " * (UNPACKED_BYTES + 1)), "gzip", 413, "too_large"),
        (gzip.compress(b" " * (64 * UNPACKED_BYTES)), "gzip", 413, "too_large"),
        (b"not gzip", "gzip", 400, "malformed"),
        (b"", "gzip", 400, "malformed"),
        (gzip.compress(b"{}")[:-1], "gzip", 400, "malformed"),
        (gzip.compress(b"{}" * 1000)[:20], "gzip", 400, "malformed"),
        (gzip.compress(b"{}") + b"more", "gzip", 400, "malformed"),
        (gzip.compress(b"{}") + gzip.compress(b"{}"), "gzip", 400, "malformed"),
        (gzip.compress(b"{}")[:-5] + b"\0\0\0\0\0", "gzip", 400, "malformed"),
        (zlib.compress(b"{}"), "gzip", 400, "malformed"),
        (b"{}", "br", 415, "malformed"),
        (b"{}", "gzip, gzip", 415, "malformed"),
    ],
)
def test_what_cannot_be_unpacked(body: bytes, encoding: str, status: int, error: str):
    with pytest.raises(Unacceptable) as refused:
        unpack(body, encoding)
    assert (refused.value.status, refused.value.error) == (status, error)


@pytest.mark.parametrize("size", [0, 1, 1000, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, UNPACKED_BYTES])
def test_what_can_be_unpacked_comes_whole(size: int):
    plain = bytes(number % 251 for number in range(1000)) * (size // 1000) + b"x" * (size % 1000)
    assert unpack(gzip.compress(plain, 1), "gzip") == plain
    if size <= PACKED_BYTES:
        assert unpack(plain, "") == plain


def raw(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(encode(delivery()))
    plain.update(changes)
    return plain


def said(tree: object) -> bytes:
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        encode(delivery())[:-1],
        said({}),
        said(raw(version=2)),
        said(raw(version="1")),
        said(raw(reports=[])),
        said(raw(reports={})),
        said(raw(reports=[1, "two", None])),
        said(raw(reports=[raw()["reports"][0]] * 101)),
        said(raw(now=None)),
        said(raw(now={"boot": "b", "boottime": "100", "wall": 1})),
        said(raw(now={"boot": "b", "boottime": float("nan"), "wall": 1})),
        said(raw(now={"boot": "b", "boottime": -1, "wall": 1})),
        said(raw(now={"boot": "b", "boottime": 1, "wall": float("inf")})),
        said(raw(reports=[{"run": "", "boot": "b"}])),
        said(raw(reports=[{"run": "r\n", "boot": "b"}])),
        said(raw(reports=[{"run": "r" * 1000, "boot": "b"}])),
    ],
)
def test_what_cannot_be_used_is_malformed(body: bytes):
    with pytest.raises(Unacceptable) as refused:
        letter(body)
    assert refused.value.status == 422
    assert refused.value.error == "malformed"


READINGS: list[Any] = [
    ["school_no_such_metric", 1],
    ["school_machine_presence", 1, {"state": "online"}],
    ["school_cpu_usage_ratio", 1, {"school": "OTHER"}],
    ["school_cpu_usage_ratio", 1, {"machine": "OTHER"}],
    ["school_disk_size_bytes", 1],
    ["school_disk_size_bytes", 1, {"volume": ""}],
    ["school_disk_size_bytes", 1, {"volume": "C:\n"}],
    ["school_disk_size_bytes", 1, {"volume": "x" * 1000}],
    ["school_disk_size_bytes", 1, {"volume": 7}],
    ["school_disk_size_bytes", 1, {"volume": "C:", "job": "x"}],
    ["school_cpu_usage_ratio", float("nan")],
    ["school_cpu_usage_ratio", float("inf")],
    ["school_cpu_usage_ratio", "much"],
    ["school_cpu_usage_ratio", None],
    ["school_cpu_usage_ratio", True],
    ["school_agent_cpu_seconds_total", -1],
    ["school_memory_size_bytes", 1e300],
    ["school_disk_free_bytes", -1, {"volume": "C:"}],
    ["school_cpu_logical_processors", 1],  # once more
    [],
    {},
    7,
]


@pytest.mark.parametrize("reading", READINGS, ids=[json.dumps(reading) for reading in READINGS])
def test_a_bad_reading_goes_alone(reading: Any):
    tree = raw()
    tree["reports"][0]["results"][0]["readings"].append(reading)
    taken = letter(said(tree))
    assert taken.refused == 1
    assert [one.name for one in taken.delivery.reports[0].results[0].readings] == [
        "school_cpu_usage_ratio",
        "school_cpu_logical_processors",
    ]
    assert opened(taken.body) == taken.delivery
    assert opened(taken.live) == taken.delivery


@pytest.mark.parametrize("wall", [1e308, -1e300, 1e12])
def test_an_impossible_wall_clock_is_bounded_and_its_results_are_kept(wall: float):
    came = encode(delivery(wall=wall))
    taken = letter(came, packed(came))
    assert taken.refused == 1
    assert abs(taken.delivery.now.wall - START) == LONGEST_SECONDS
    assert taken.delivery.reports == delivery().reports
    assert opened(taken.body) == opened(taken.live) == taken.delivery


ENDLESS = {
    "1e999": b"1e999",
    "5,000 digits": b"9" * 5000,
    "as many below nought": b"-" + b"9" * 5000,
    "digits that Python reads": b"9" * 4000,
    "more than a double holds": b"9" * 310,
    "a double's": b"1" + b"0" * 299,
}


@pytest.mark.parametrize("number", ENDLESS)
def test_a_number_without_end_goes_alone(number: str):
    plain = encode(delivery()).replace(b"0.25", ENDLESS[number])
    taken = letter(plain)
    assert taken.refused == 1
    assert len(taken.delivery.reports[0].results[0].readings) == 1
    assert opened(taken.body) == opened(taken.live) == taken.delivery


@pytest.mark.parametrize("number", ENDLESS)
@pytest.mark.parametrize("key", ["beat", "settings", "starts"])
def test_a_number_without_end_costs_no_more_wherever_it_stands(key: str, number: str):
    tree = raw(settings=7, starts=7)
    tree["reports"][0]["beat"] = 7
    plain = said(tree)
    written = b'"%s": 7' % key.encode()
    assert written in plain
    taken = letter(plain.replace(written, written[:-1] + ENDLESS[number]))
    assert taken.delivery.reports[0].results == delivery().reports[0].results
    assert opened(taken.body) == taken.delivery


@pytest.mark.parametrize(
    "result",
    [
        7,
        {},
        {"probe": "", "seq": 2, "outcome": "ok", "boottime": 100, "wall": 1},
        {"probe": "cpu\n", "seq": 2, "outcome": "ok", "boottime": 100, "wall": 1},
        {"probe": "cpu", "seq": 0, "outcome": "ok", "boottime": 100, "wall": 1},
        {"probe": "cpu", "seq": -1, "outcome": "ok", "boottime": 100, "wall": 1},
        {"probe": "cpu", "seq": 2**70, "outcome": "ok", "boottime": 100, "wall": 1},
        {"probe": "cpu", "seq": 2, "outcome": "ok", "boottime": -5, "wall": 1},
        {"probe": "cpu", "seq": 2, "outcome": "ok", "boottime": 9e9, "wall": 1},
        {"probe": "cpu", "seq": 2, "outcome": "ok", "boottime": float("nan"), "wall": 1},
        {"probe": "cpu", "seq": 2, "outcome": "ok", "boottime": 100, "wall": float("inf")},
        {"probe": "cpu", "seq": 2, "outcome": "ok", "boottime": 100},
    ],
)
def test_a_bad_result_goes_alone(result: Any):
    tree = raw()
    tree["reports"][0]["results"].append(result)
    taken = letter(said(tree))
    assert taken.refused == 1
    assert len(taken.delivery.reports[0].results) == 1


@pytest.mark.parametrize("text", ["", "two\nlines", "\x00", "\ud800", "x" * 10_000, "\u200b"])
def test_texts_that_would_be_labels_or_keys_can_always_be_kept(text: str):
    tree = raw(agent=text, system=text, refusals=[text])
    tree["reports"][0]["results"][0]["reason"] = text
    tree["reports"][0]["results"][0]["outcome"] = text
    tree["reports"][0]["word"] = {"word": text, "kind": text, "boottime": 100}
    tree["reports"][0]["sections"] = {text: text}
    taken = letter(said(tree))
    assert opened(taken.body) == taken.delivery
    taken.body.decode("latin-1")
    msgspec.json.encode(taken.delivery).decode()


def test_ten_thousand_rows_are_cut_to_the_bound():
    rows: tuple[Values, ...] = tuple({"volume": f"{number}", "filesystem": "ntfs"} for number in range(10_000))
    taken = letter(encode(delivery(rows={"volumes": rows})))
    assert len(taken.delivery.reports[0].rows["volumes"]) == 5000
    assert taken.refused == 5000
    assert not opened(taken.live).reports[0].rows


def test_columns_that_may_not_leave_a_pc_are_not_kept():
    rows: tuple[Values, ...] = (
        {"volume": "C:", "label": "Mai Lan", "size": 7, "shoe": 41},
        {"volume": 7},
        {"volume": "D:"},
    )
    taken = letter(encode(delivery(rows={"volumes": rows, "no_such_section": rows})))
    assert taken.delivery.reports[0].rows == {"volumes": ({"volume": "C:", "size": 7}, {"volume": "D:"})}
    assert b"Mai Lan" not in zlib.decompress(taken.body, 31)


def test_what_is_sound_is_kept_as_it_came():
    came = packed(encode(delivery()))
    taken = letter(encode(delivery()), came)
    assert taken.body is came
    assert taken.live is came


def test_padding_is_not_kept():
    plain = encode(delivery())[:-1] + b" " * KEPT_AS_IT_CAME + b"}"
    taken = letter(plain, packed(plain))
    assert len(zlib.decompress(taken.body, 31)) < 1000


def test_backlog_stays_out_of_what_is_live():
    old = Report(run="run0", boot="boot0", results=(cpu_result(seq=9, boottime=50_000.0),))
    both = delivery(more=(old,))
    taken = letter(encode(both), packed(encode(both)))
    assert taken.delivery == both
    assert opened(taken.body) == both
    assert opened(taken.live) == delivery()


def test_backlog_alone_has_nothing_live():
    taken = letter(encode(delivery(live=False)))
    assert taken.live == b""
    assert taken.live_report is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a tree that can hold something else."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(found for key, value in inner for found in places(value, (*path, key)))]


@given(data=st.data())
def test_whatever_stands_wherever_the_rest_is_kept_or_the_body_is_refused(data: st.DataObject):
    rows: tuple[Values, ...] = ({"volume": "C:", "size": 5},)
    word = Word(word="hello", kind="start", boottime=100.0)
    tree = json.loads(encode(delivery(rows={"volumes": rows}, word=word, sections={"volumes": "0" * 64}, agent="0.1")))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(tree)[1:]))
        inner = tree
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = data.draw(JSON)
    try:
        taken = letter(said(tree))
    except Unacceptable:
        return
    assert opened(taken.body) == taken.delivery
    assert taken.live_report is None or opened(taken.live).reports[0].live
    again = letter(zlib.decompress(taken.body, 31))
    assert (again.delivery, again.refused) == (taken.delivery, 0)
