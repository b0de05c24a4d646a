import zlib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from schooldrum_agent.segment import WIDEST, Frame, Segment, pack, unpack


def frame(order: int, *seqs: int, run: str = "run1") -> Frame:
    return Frame(order, run, "boot-1", float(order), 1.8e9, tuple((seq, b'{"seq":%d}' % seq) for seq in seqs))


frames = st.lists(
    st.builds(
        Frame,
        st.integers(1, 10**9),
        st.text(max_size=16),
        st.text(max_size=36),
        st.floats(0, 1e9),
        st.floats(0, 1e10),
        st.lists(st.tuples(st.integers(1, 10**6), st.binary(max_size=60)), min_size=1, max_size=5).map(tuple),
    ),
    max_size=8,
)


@given(frames)
@settings(deadline=None)
def test_what_is_packed_is_read_again(written: list[Frame]):
    data = b"".join(pack(one) for one in written)
    assert unpack(data) == (written, 0, len(data))


@given(frames, st.data())
@settings(deadline=None)
def test_a_torn_tail_costs_only_the_last_frame(written: list[Frame], data: st.DataObject):
    packed = [pack(one) for one in written]
    whole = b"".join(packed)
    cut = data.draw(st.integers(0, len(whole)))
    read, damaged, end = unpack(whole[:cut])
    assert read == written[: len(read)]
    assert sum(len(one) for one in packed[: len(read) + 1]) > cut or len(read) == len(written)
    assert damaged == 0
    assert end == sum(len(one) for one in packed[: len(read)])


@given(frames, st.data())
@settings(max_examples=200, deadline=None)
def test_flipped_bytes_cost_only_the_frames_they_touch(written: list[Frame], data: st.DataObject):
    packed = [pack(one) for one in written]
    whole = bytearray(b"".join(packed))
    if not whole:
        return
    where = data.draw(st.integers(0, len(whole) - 1))
    whole[where] ^= data.draw(st.integers(1, 255))
    read, _, _ = unpack(bytes(whole))
    ends = [sum(len(one) for one in packed[: index + 1]) for index in range(len(packed))]
    touched = next(index for index, end in enumerate(ends) if where < end)
    assert read == written[:touched] + written[touched + 1 :]


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_garbage_is_never_taken_for_frames_nor_fatal(garbage: bytes):
    read, _, _ = unpack(garbage)
    assert read == []


def test_a_frame_that_proves_itself_but_is_no_frame_is_skipped():
    payload = b"\xc1"
    odd = b"\xabSD1" + len(payload).to_bytes(4, "big") + zlib.crc32(payload).to_bytes(4, "big") + payload
    assert unpack(odd + pack(frame(2, 5))) == ([frame(2, 5)], 1, len(odd) + len(pack(frame(2, 5))))
    assert unpack(odd)[1] == 1


def test_garbage_between_frames_is_one_damaged_stretch():
    data = pack(frame(1, 1)) + bytes(1000) + pack(frame(2, 2)) + b"\xabSD1" + bytes(3) + pack(frame(3, 3))
    read, damaged, end = unpack(data)
    assert ([one.order for one in read], damaged, end) == ([1, 2, 3], 2, len(data))


def test_a_segment_counts_what_waits_and_reads_only_that(tmp_path: Path):
    segment = Segment(tmp_path / "bulk-1.seg", bulk=True, number=1)
    segment.append(frame(1, 1, 3, 5))
    segment.append(frame(2, 2, run="run2"))
    assert segment.waiting() == 4
    assert segment.strike("run1", [3, 3, 99, 2]) == 1
    assert segment.strike("run3", [1]) == 0
    assert [(one.run, [seq for seq, _ in one.results]) for one in segment.read()] == [("run1", [1, 5]), ("run2", [2])]
    segment.close()
    again = Segment(segment.path, bulk=True, number=1)
    assert again.load() == 0
    assert (again.waiting(), again.newest, again.size) == (4, 2, segment.size)
    again.close()


def test_a_torn_tail_is_cut_off_the_file(tmp_path: Path):
    path = tmp_path / "bulk-1.seg"
    path.write_bytes(pack(frame(1, 1)) + pack(frame(2, 2))[:-1])
    segment = Segment(path, bulk=True, number=1)
    assert segment.load() == 0
    assert path.read_bytes() == pack(frame(1, 1))


def test_numbers_too_far_apart_begin_a_new_segment(tmp_path: Path):
    segment = Segment(tmp_path / "bulk-1.seg", bulk=True, number=1)
    segment.append(frame(1, 10))
    assert segment.takes(frame(2, 10 + WIDEST - 1), 1000)
    assert not segment.takes(frame(2, 10 + WIDEST), 1000)
    assert not segment.takes(frame(2, 11), segment.size)
    segment.strike("run1", [10])
    assert not segment.takes(frame(2, 10 + WIDEST), 1000)
    segment.close()


def test_what_rotted_on_disk_waits_no_more(tmp_path: Path):
    segment = Segment(tmp_path / "bulk-1.seg", bulk=True, number=1)
    segment.append(frame(1, 1, 2))
    segment.append(frame(2, 3))
    segment.close()
    data = bytearray(segment.path.read_bytes())
    data[20] ^= 1
    segment.path.write_bytes(data)
    assert [one.order for one in segment.read()] == [2]
    assert segment.waiting() == 1
