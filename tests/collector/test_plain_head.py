"""A head that is known but for its length is read as if it were read anew."""

from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.web.plain_head import PlainHead, plain_fields, plain_head

HEAD = (
    b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Length: 870\r\n"
    b"Content-Encoding: gzip\r\nX-Forwarded-For: 203.0.113.9\r\n"
)
LAST = HEAD.replace(b"Content-Length: 870\r\n", b"") + b"content-length:870\r\n"


def known(head: bytes) -> PlainHead:
    found = plain_head(head)
    assert found is not None
    return found


def test_what_a_head_says():
    for head in (HEAD, LAST):
        found = known(head)
        assert (found.authorization, found.encoding, found.forwarded) == ("Bearer secret", "gzip", "203.0.113.9")
        assert found.length(head) == 870
        assert found.length(head.replace(b"870", b"7")) == 7


def test_another_head_is_another_head():
    found = known(HEAD)
    for other in (
        b"",
        LAST,
        HEAD[:-2],
        HEAD + b"Connection: close\r\n",
        HEAD.replace(b"secret", b"other"),
        HEAD.replace(b"870", b""),
        HEAD.replace(b"870", b"-1"),
        HEAD.replace(b"870", b"8 0"),
        HEAD.replace(b"870", b"870\r\nContent-Length: 1"),
        HEAD.replace(b"870", b"870\r\nTransfer-Encoding: chunked"),
        HEAD.replace(b"870", b"99999999"),
        HEAD.replace(b"870", b"9999999"),
    ):
        assert found.length(other) == -1, other
    assert plain_head(b"GET / HTTP/1.1\r\n") is None


@given(
    st.sampled_from([HEAD, LAST]),
    st.integers(0, len(HEAD)),
    st.integers(0, 4),
    st.sampled_from([b"", b"0", b"17", b" ", b"\r\n", b":", b"\xff", b"x", b"\t5", b"00870"]),
)
def test_what_passes_as_known_would_pass_by_itself(head: bytes, at: int, gone: int, put: bytes):
    other = head[:at] + put + head[at + gone :]
    length = known(head).length(other)
    fields = plain_fields(other)
    if length >= 0:
        assert fields is not None
        assert int(fields[b"content-length"]) == length
        assert fields[b"authorization"] == b"Bearer secret"
        assert fields[b"x-forwarded-for"] == b"203.0.113.9"
