"""How an answer is read: what is sound comes through whole however it is cut up, all else is a fault with a name."""

import http.client
import io
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schooldrum_agent.faults import Failed, Fault
from schooldrum_agent.reply import LARGEST_BODY, LARGEST_FRAME, MOST_HEADERS, Reply, read_reply

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def arriving(data: bytes, *cuts: int) -> Callable[[int], bytes]:
    """A connection that brings these bytes in pieces of these sizes, the last size again and again, then ends."""
    stream, sizes = io.BytesIO(data), list(cuts or (len(data) + 1,))

    def receive(most: int) -> bytes:
        return stream.read(min(most, sizes.pop(0) if len(sizes) > 1 else sizes[0]))

    return receive


def read(data: bytes, *cuts: int) -> Reply:
    return read_reply(arriving(data, *cuts))


@pytest.mark.parametrize(
    ("data", "status", "body", "kept"),
    [
        (OK + b"Content-Length: 2\r\n\r\n{}", 200, b"{}", True),
        (OK + b"content-length:2\r\n\r\n{}", 200, b"{}", True),
        (OK + b"Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", True),
        (OK + b"Content-Length: 0\r\n\r\n", 200, b"", True),
        (b"HTTP/1.1 200\nContent-Length: 2\n\n{}", 200, b"{}", True),
        (b"HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n", 503, b"", True),
        (b"HTTP/1.1 200 \xc4\x90\xc3\xba\xe1\xbb\x93\r\nContent-Length: 0\r\nX: \xff\t!\r\n\r\n", 200, b"", True),
        (OK + b"Connection: Close\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", False),
        (OK + b"Connection: x, close\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", False),
        (OK + b"\r\nuntil the end", 200, b"until the end", False),
        (OK + b"Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n", 200, b"{}", False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n", 304, b"", True),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + OK + b"Content-Length: 2\r\n\r\n{}", 200, b"{}", True),
        (b"HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n", 200, b"", True),
        (CHUNKED + b"2\r\n{}\r\n0\r\n\r\n", 200, b"{}", True),
        (CHUNKED + b"1;name=value\r\n{\r\n01 \r\n}\r\n0\r\nTrailer: x\r\n\r\n", 200, b"{}", True),
        (CHUNKED + b"A\r\n0123456789\r\nb\r\n0123456789a\r\n000\r\n\r\n", 200, b"01234567890123456789a", True),
        (OK + b"Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", 200, b"", True),
        (OK + b"Content-Length: %d\r\n\r\n" % LARGEST_BODY + bytes(LARGEST_BODY), 200, bytes(LARGEST_BODY), True),
    ],
)
@pytest.mark.parametrize("cuts", [(), (1,), (3,), (17, 1, 4096)])
def test_a_sound_answer_comes_through_whole(data, status, body, kept, cuts):
    if len(data) > LARGEST_BODY:
        cuts = tuple(size * 1024 for size in cuts)
    reply = read(data, *cuts)
    assert (reply.status, reply.body) == (status, body)
    # Bytes beyond the answer are noticed where they have arrived with it.
    assert reply.kept is (kept if not cuts or kept else reply.kept)


def test_headers_are_found_by_their_name_in_small_letters_and_repeated_ones_joined():
    reply = read(OK + b"Retry-AFTER:  7 \r\nX-A: 1\r\nx-a: 2\r\nEmpty:\r\nContent-Length: 0\r\n\r\n")
    assert reply.headers == {"retry-after": "7", "x-a": "1, 2", "empty": "", "content-length": "0"}


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"\r\n", Fault.GARBLED),
        (b"HTTP/2 200\r\n\r\n", Fault.GARBLED),
        (b"HTTP/1.2 200 OK\r\n\r\n", Fault.GARBLED),
        (b"http/1.1 200 OK\r\n\r\n", Fault.GARBLED),
        (b" HTTP/1.1 200 OK\r\n\r\n", Fault.GARBLED),
        (b"HTTP/1.1  200 OK\r\n\r\n", Fault.GARBLED),
        (b"HTTP/1.1 20 OK\r\n\r\n", Fault.GARBLED),
        (b"HTTP/1.1 2000 OK\r\n\r\n", Fault.GARBLED),
        (b"HTTP/1.1 099 OK\r\n\r\n", Fault.GARBLED),
        (b"HTTP/1.1 +20 OK\r\n\r\n", Fault.GARBLED),
        ("HTTP/1.1 ²00 OK\r\n\r\n".encode("latin-1"), Fault.GARBLED),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", Fault.GARBLED),
        (OK + b"no colon\r\n\r\n", Fault.GARBLED),
        (OK + b": no name\r\n\r\n", Fault.GARBLED),
        (OK + b"Name : space\r\n\r\n", Fault.GARBLED),
        (OK + b"X: folded\r\n onto this line\r\n\r\n", Fault.GARBLED),
        (OK + b"X: bell\x07\r\n\r\n", Fault.GARBLED),
        (OK + b"X: lonely\rreturn\r\n\r\n", Fault.GARBLED),
        (OK + b"X: nothing\x00\r\n\r\n", Fault.GARBLED),
        (OK + b"X: 1\r\n" * (MOST_HEADERS + 1) + b"\r\n", Fault.GARBLED),
        (OK + b"X: " + bytes(LARGEST_FRAME), Fault.GARBLED),
        (b"y" * (LARGEST_FRAME + 20_000), Fault.GARBLED),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 3000, Fault.GARBLED),
        (OK + b"Content-Length: -1\r\n\r\n", Fault.GARBLED),
        (OK + b"Content-Length: +1\r\n\r\n1", Fault.GARBLED),
        (OK + b"Content-Length: 1_0\r\n\r\n0123456789", Fault.GARBLED),
        (OK + b"Content-Length: \r\n\r\n", Fault.GARBLED),
        (OK + b"Content-Length: 0x2\r\n\r\n{}", Fault.GARBLED),
        (OK + "Content-Length: ²\r\n\r\n{}".encode("latin-1"), Fault.GARBLED),
        (OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", Fault.GARBLED),
        (OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", Fault.GARBLED),
        (OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", Fault.GARBLED),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", Fault.GARBLED),
        (OK + b"Transfer-Encoding: identity\r\n\r\n", Fault.GARBLED),
        (OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Fault.GARBLED),
        (CHUNKED + b"\r\n{}\r\n", Fault.GARBLED),
        (CHUNKED + b"-1\r\n{}\r\n", Fault.GARBLED),
        (CHUNKED + b"0x2\r\n{}\r\n", Fault.GARBLED),
        (CHUNKED + b"1_0\r\n", Fault.GARBLED),
        (CHUNKED + b"2\r\n{}}\r\n0\r\n\r\n", Fault.GARBLED),
        (CHUNKED + b"f" * 50 + b"\r\n", Fault.GARBLED),
        (CHUNKED + b"2;" + b"x" * LARGEST_FRAME + b"\r\n{}\r\n0\r\n\r\n", Fault.GARBLED),
        (CHUNKED + b"0\r\n" + b"X: 1\r\n" * (MOST_HEADERS + 1) + b"\r\n", Fault.GARBLED),
        (CHUNKED + b"1\r\n{\r\n" * LARGEST_BODY, Fault.GARBLED),
        (OK + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1), Fault.OVERSIZED),
        (CHUNKED + b"%x\r\n" % (LARGEST_BODY + 1), Fault.OVERSIZED),
        (CHUNKED + b"1\r\n{\r\n%x\r\n" % LARGEST_BODY, Fault.OVERSIZED),
        (OK + b"\r\n" + bytes(LARGEST_BODY + 1), Fault.OVERSIZED),
        (b"H", Fault.CLOSED),
        (OK, Fault.CLOSED),
        (OK + b"Content-Length: 2\r\n\r\n{", Fault.CLOSED),
        (b"HTTP/1.1 100 Continue\r\n\r\n", Fault.CLOSED),
        (CHUNKED + b"2\r\n{}", Fault.CLOSED),
        (CHUNKED + b"2\r\n{}\r\n0\r\n", Fault.CLOSED),
    ],
)
@pytest.mark.parametrize("cut", [1 << 20, 1, 1000])
def test_whatever_is_ambiguous_or_too_much_is_no_answer(data, fault, cut):
    with pytest.raises(Failed) as caught:
        read(data, cut if len(data) < 10_000 else max(cut, 1000))
    assert caught.value.fault is fault


def test_a_connection_that_ends_before_the_first_byte_may_be_tried_again():
    with pytest.raises(ConnectionResetError):
        read(b"")


_TEXT = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20)
_NAME = st.text(st.sampled_from("abcXYZ019!#$%&'*+-.^_`|~"), min_size=1, max_size=12)
_CUTS = st.lists(st.integers(1, 50), min_size=1, max_size=20)


def _chunked(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"


@given(
    status=st.integers(200, 599).filter(lambda status: status not in {204, 304}),
    headers=st.dictionaries(_NAME, _TEXT, max_size=5),
    pieces=st.lists(st.binary(max_size=200), max_size=6),
    chunked=st.booleans(),
    cuts=_CUTS,
)
def test_a_sound_answer_is_read_as_the_standard_library_reads_it(status, headers, pieces, chunked, cuts):
    head = "".join(f"{name}: {text}\r\n" for name, text in headers.items() if name.lower() != "connection")
    body = b"".join(pieces)
    framing = "Transfer-Encoding: chunked\r\n" if chunked else f"Content-Length: {len(body)}\r\n"
    data = f"HTTP/1.1 {status} x\r\n{head}{framing}\r\n".encode("latin-1") + (_chunked(pieces) if chunked else body)

    reply = read(data, *cuts)
    assert (reply.status, reply.body, reply.kept) == (status, body, True)

    class Connection:
        def makefile(self, *_: object) -> io.BytesIO:
            return io.BytesIO(data)

    theirs = http.client.HTTPResponse(Connection())  # type: ignore[arg-type]  # it only calls makefile
    theirs.begin()
    assert (theirs.status, theirs.read()) == (reply.status, reply.body)


@given(
    data=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [
                    OK, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n", b"\r\n", b"\n", b"Content-Length: 5\r\n", b"12345",
                    b"Transfer-Encoding: chunked\r\n", b"5\r\n12345\r\n", b"0\r\n\r\n", b"Connection: close\r\n",
                ],
            ),
        ),
        max_size=10,
    ).map(b"".join),
    cuts=_CUTS,
)  # fmt: skip
@example(data=OK + b"Content-Length: 5\r\n\r\n1234512345", cuts=[1])
def test_any_bytes_however_cut_have_one_meaning(data, cuts):
    def meaning(*sizes: int) -> object:
        try:
            reply = read(data, *sizes)
        except Failed as problem:
            return problem.fault
        except ConnectionResetError:
            return "ended"
        return reply.status, reply.headers, reply.body

    assert meaning(*cuts) == meaning()
