"""The SMBIOS table of both systems."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.probe import Unavailable
from schooldrum_agent.sources import firmware

RAW_UUID = bytes.fromhex("33221100554477668899aabbccddeeff")
MIXED = "00112233-4455-6677-8899-aabbccddeeff"
PLAIN = "33221100-5544-7766-8899-aabbccddeeff"


def structure(kind: int, body: bytes, *texts: str) -> bytes:
    tail = b"".join(text.encode("latin-1") + b"\0" for text in texts) or b"\0"
    return struct.pack("<BBH", kind, 4 + len(body), 0x100 + kind) + body + tail + b"\0"


def system(uuid: bytes = RAW_UUID, serial: str = "SYS123") -> bytes:
    return structure(1, bytes([1, 2, 3, 4]) + uuid + bytes([6, 0, 0]), "Maker", "Model", "1.0", serial)


def board(serial: str) -> bytes:
    return structure(2, bytes([1, 2, 3, 4, 0]), "Maker", "Board", "1.0", serial)


def table(*structures: bytes, version: tuple[int, int] = (3, 2)) -> firmware.Table:
    return firmware.Table(version=version, structures=b"".join(structures) + structure(127, b""))


def test_the_identifying_items_are_read() -> None:
    found = firmware.items(
        table(
            structure(0, bytes(14), "BIOS"),
            system(),
            board(" BOARD1 "),
            board("BOARD2"),
            structure(3, bytes([0, 3, 0, 1]), "C1"),
        )
    )
    assert found == firmware.Items(
        uuid=MIXED, system_serial="SYS123", board_serials=("BOARD1", "BOARD2"), chassis_serial="C1"
    )


@pytest.mark.parametrize(
    ("version", "uuid"), [((2, 4), PLAIN), ((2, 5), PLAIN), ((2, 6), MIXED), ((2, 10), MIXED), ((3, 0), MIXED)]
)
def test_the_byte_order_of_the_uuid_changed_with_version_2_6(version: tuple[int, int], uuid: str) -> None:
    assert firmware.items(table(system(), version=version)).uuid == uuid


@pytest.mark.parametrize("uuid", [bytes(16), b"\xff" * 16])
def test_no_uuid_is_none(uuid: bytes) -> None:
    assert firmware.items(table(system(uuid))).uuid == ""


def test_a_text_that_is_not_there_is_empty() -> None:
    assert firmware.items(table(structure(2, bytes([1, 2, 3, 9, 0]), "Maker"))).board_serials == ()
    assert firmware.items(table(structure(1, b"\x01", "Maker"))) == firmware.Items()


def test_a_table_cut_short_gives_what_stands_before_the_cut() -> None:
    whole = system() + board("BOARD1")
    cut = firmware.Table(version=(3, 0), structures=whole[:-8])
    assert firmware.items(cut) == firmware.Items(uuid=MIXED, system_serial="SYS123")


def test_what_follows_the_end_of_the_table_is_not_read() -> None:
    late = firmware.Table(version=(3, 0), structures=structure(127, b"") + system())
    assert firmware.items(late) == firmware.Items()


@given(raw=st.binary(max_size=400), version=st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_no_bytes_break_it(raw: bytes, version: tuple[int, int]) -> None:
    firmware.items(firmware.Table(version=version, structures=raw))


def test_windows_wraps_the_same_table() -> None:
    inner = system() + board("BOARD1")
    raw = struct.pack("<BBBBI", 0, 2, 8, 0, len(inner)) + inner + b"rest"
    assert firmware.unwrap_windows(raw) == firmware.Table(version=(2, 8), structures=inner)
    with pytest.raises(Unavailable):
        firmware.unwrap_windows(b"\0\0")


@pytest.mark.parametrize(
    ("entry", "version"),
    [
        (b"_SM3_\x00\x18\x03\x02\x00", (3, 2)),
        (b"_SM_\x00\x1f\x02\x08\x00", (2, 8)),
        (b"_SM_\x00\x1f\x02\x04", (2, 4)),
        (b"", (2, 6)),
        (b"_SM3_", (2, 6)),
        (b"junk", (2, 6)),
    ],
)
def test_the_entry_point_names_the_version(entry: bytes, version: tuple[int, int]) -> None:
    assert firmware.entry_version(entry) == version
