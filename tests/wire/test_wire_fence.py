"""Nothing about a person passes the fence, however it is spelled."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.catalogue.disk import DISK_FREE_BYTES
from schooldrum_wire.encoding import decode_result, encode_result, fenced_rows
from schooldrum_wire.fence import BLANK, Fence, fold, folded_names
from schooldrum_wire.result import Finding, Outcome
from schooldrum_wire.section import Row

FENCE = Fence(names=folded_names(["NguyenVanCanary", "Trần Thị Đào", "hs", "root", "Administrator"]), salt=b"salt")


@pytest.mark.parametrize(
    "text",
    [
        "NGUYENVANCANARY-PC",
        "máy của nguyenvancanary",
        "Tran Thi Dao",
        "TRẦN THỊ ĐÀO",
        "Trần Thị Đào",
        "C:\\Users\\bach\\Desktop",
        "d:/users/bach/x",
        "/home/bach/tài liệu",
        "C:\\Documents and Settings\\bach",
        "may hs 07",
    ],
)
def test_personal_text_is_blanked(text):
    assert FENCE.clean(text) == BLANK


@pytest.mark.parametrize(
    "text",
    [
        "C:",
        "/",
        "/home",
        "Windows 10 Pro",
        "C:\\Users\\Public\\x",
        "these things",
        "/var/lib",
        "root",
        "Administrator",
        "ths07",
    ],
)
def test_ordinary_text_passes(text):
    assert FENCE.clean(text) == text


def test_a_reading_with_a_personal_label_stays_here_whole_and_its_neighbours_go():
    finding = Finding(
        probe="disk",
        outcome=Outcome.OK,
        boottime=1,
        wall=2,
        readings=(DISK_FREE_BYTES(1, volume="/home/bach/usb"), DISK_FREE_BYTES(2, volume="/")),
        reason="cannot read /home/bach/x",
    )
    body = encode_result(finding, 1, FENCE)
    assert b"bach" not in body
    assert b'"volume":"/"' in body


@pytest.mark.parametrize("reason", ["", "slow"])
def test_a_reading_that_cannot_be_true_stays_here_and_the_reason_names_it(reason):
    readings = (
        DISK_FREE_BYTES(-1, volume="C:"),
        DISK_FREE_BYTES(2, volume="D:"),
        DISK_FREE_BYTES(2.0**64, volume="E:"),
    )
    finding = Finding(probe="disk", outcome=Outcome.OK, boottime=1, wall=2, readings=readings, reason=reason)
    sent = decode_result(encode_result(finding, 1, FENCE))
    assert sent.readings == readings[1:2]
    assert sent.reason.startswith(f"{reason}; left out" if reason else "left out")
    assert sent.reason.endswith(": school_disk_free_bytes")


def test_only_declared_columns_leave_and_hashed_ones_need_a_salt():
    row = Row("interfaces", {"interface": "ethernet0", "kind": "ethernet", "mac": "00:11:22:33:44:55", "name": "Bach"})
    values = fenced_rows([row], FENCE)["interfaces"][0]
    assert "name" not in values
    assert values["interface"] == "ethernet0"
    assert len(str(values["mac"])) == 16
    assert "mac" not in fenced_rows([row], Fence())["interfaces"][0]
    other_school = fenced_rows([row], Fence(salt=b"other"))["interfaces"][0]
    assert other_school["mac"] != values["mac"]


def test_personal_by_default_columns_never_leave():
    """SECURITY R8: the PC's own name, volume labels and given interface names are personal by default."""
    assert not {c.name for s in SECTIONS.values() for c in s.columns if c.leaves} & {
        "host_name",
        "label",
        "name",
        "mac",
    }


@given(st.text(st.characters(max_codepoint=127)))
def test_law_plain_text_folds_as_all_text_does(text):
    plain = unicodedata.normalize("NFKD", text).casefold()
    assert fold(text) == "".join(one for one in plain if not unicodedata.combining(one))
