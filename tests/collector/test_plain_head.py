"""A head that is written in a known way is read as if it were read anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.web.plain_head import PlainHead, plain_fields, plain_head

HEAD = (
    b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Length: 870\r\n"
    b"Content-Encoding: gzip\r\nX-Forwarded-For: 203.0.113.9\r\n"
)
LAST = HEAD.replace(b"Content-Length: 870\r\n", b"") + b"content-length:870\r\n"
KEY_LAST = HEAD.replace(b"Authorization: Bearer secret\r\n", b"") + b"AUTHORIZATION:  Bearer secret \r\n"
HEADS = [HEAD, LAST, KEY_LAST]


def known(head: bytes) -> PlainHead:
    found = plain_head(head)
    assert found is not None
    return found


@pytest.mark.parametrize("head", HEADS)
def test_what_a_head_says(head: bytes):
    found = known(head)
    assert (found.encoding, found.forwarded) == ("gzip", "203.0.113.9")
    assert found.told(head) == ("Bearer secret", 870)
    assert found.told(head.replace(b"870", b"7")) == ("Bearer secret", 7)
    assert found.told(head.replace(b"secret", b"another's")) == ("Bearer another's", 870)
    assert found.told(head.replace(b"Bearer secret", b"")) == ("", 870)


def test_one_way_of_writing_is_everybodys():
    other = HEAD.replace(b"secret", b"other").replace(b"870", b"1")
    assert known(HEAD) == known(other)


def test_another_way_is_another_way():
    found = known(HEAD)
    for other in (
        b"",
        LAST,
        KEY_LAST,
        HEAD[:-2],
        HEAD + b"Connection: close\r\n",
        HEAD.replace(b"secret", b"sec\xffret"),
        HEAD.replace(b"secret", b"secret\r\nExpect: 100-continue"),
        HEAD.replace(b"secret", b"secret\r\nContent-Length: 1"),
        HEAD.replace(b"203.0.113.9", b"203.0.113.10"),
        HEAD.replace(b"870", b""),
        HEAD.replace(b"870", b"-1"),
        HEAD.replace(b"870", b"8 0"),
        HEAD.replace(b"870", b"870\r\nContent-Length: 1"),
        HEAD.replace(b"870", b"870\r\nTransfer-Encoding: chunked"),
        HEAD.replace(b"870", b"99999999"),
        HEAD.replace(b"870", b"9999999"),
    ):
        assert found.told(other) is None, other
    for none in (
        b"GET / HTTP/1.1\r\n",
        HEAD.replace(b"Authorization: Bearer secret\r\n", b""),
        HEAD.replace(b"Content-Length: 870\r\n", b""),
    ):
        assert plain_head(none) is None, none


@given(
    st.sampled_from(HEADS),
    st.integers(0, len(HEAD)),
    st.integers(0, 4),
    st.sampled_from([b"", b"0", b"17", b" ", b"\r\n", b":", b"\xff", b"x", b"\t5", b"00870", b"\r\nContent-Length: "]),
)
def test_what_passes_as_known_would_pass_by_itself(head: bytes, at: int, gone: int, put: bytes):
    other = head[:at] + put + head[at + gone :]
    told = known(head).told(other)
    fields = plain_fields(other)
    if told is not None:
        assert fields is not None
        assert (fields[b"authorization"].decode(), int(fields[b"content-length"])) == told
        assert fields[b"content-encoding"] == b"gzip"
        assert fields[b"x-forwarded-for"] == b"203.0.113.9"
