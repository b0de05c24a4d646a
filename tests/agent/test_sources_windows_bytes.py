"""What Windows' functions fill in, taken apart on any system, and their errors in the words of outcomes."""

import re
import struct
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import adapters, eventlog, registry, volumes, windows, wmi

DATA = Path(__file__).parents[3] / "shared" / "data" / "host" / "windows"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings of other projects in {DATA}")


def row(**given_values: Any) -> bytes:
    """A MIB_IF_ROW2 (netioapi.h), as Windows lays it out."""
    values: dict[str, Any] = {
        "alias": "Ethernet",
        "description": "Card",
        "mac": b"\0\0\x5e\0\x53\1",
        "kind": 6,
        "medium": 14,
        "flags": 1,
    }
    values.update({"status": 1, "sent": 10**9, "received": 10**9, "counters": range(1, 19), "luid": 7, "index": 3})
    values.update(given_values)
    raw = bytearray(1352)
    struct.pack_into("<QI", raw, 0, values["luid"], values["index"])
    raw[12:28] = UUID("01234567-89ab-cdef-0123-456789abcdef").bytes_le
    raw[28 : 28 + 2 * len(values["alias"])] = values["alias"].encode("utf-16-le")
    raw[542 : 542 + 2 * len(values["description"])] = values["description"].encode("utf-16-le")
    struct.pack_into("<I", raw, 1056, len(values["mac"]))
    raw[1060:1066] = b"\x02\0\0\0\0\x99"  # the address in use, which a person may have set
    raw[1092 : 1092 + len(values["mac"])] = values["mac"]
    struct.pack_into("<IIIIIII", raw, 1124, 1500, values["kind"], 0, 0, values["medium"], 0, 0)
    raw[1152] = values["flags"]
    struct.pack_into("<I", raw, 1156, values["status"])
    struct.pack_into("<QQ18Q", raw, 1192, values["sent"], values["received"], *values["counters"])
    return bytes(raw)


def table(*rows: bytes) -> bytes:
    return struct.pack("<II", len(rows), 0) + b"".join(rows)


def test_a_row_of_the_interface_table_is_taken_apart() -> None:
    assert adapters.rows(table(row(alias="Mạng dây"))) == [
        {
            "luid": 7,
            "index": 3,
            "guid": "{01234567-89AB-CDEF-0123-456789ABCDEF}",
            "name": "Mạng dây",
            "description": "Card",
            "mac": "00:00:5e:00:53:01",
            "kind": 6,
            "medium": 14,
            "hardware": True,
            "filter": False,
            "status": 1,
            "speed": 10**9,
            "receive_bytes": 1,
            "receive_drops": 4,
            "receive_errors": 5,
            "transmit_bytes": 10,
            "transmit_drops": 13,
            "transmit_errors": 14,
        }
    ]


@pytest.mark.parametrize(("flags", "hardware", "is_filter"), [(0, False, False), (1, True, False), (2, False, True)])
def test_hardware_and_filters_are_told_apart(flags: int, hardware: bool, is_filter: bool) -> None:  # noqa: FBT001 - a table
    (found,) = adapters.rows(table(row(flags=flags)))
    assert (found["hardware"], found["filter"]) == (hardware, is_filter)


def test_the_slower_direction_is_the_speed_and_an_unknown_one_does_not_count() -> None:
    rows = adapters.rows(table(row(sent=2**64 - 1, received=300), row(sent=2**64 - 1, received=2**64 - 1)))
    assert [one["speed"] for one in rows] == [300, 2**64 - 1]


def test_a_table_cut_short_gives_its_whole_rows() -> None:
    whole = table(row(index=1), row(index=2))
    assert [one["index"] for one in adapters.rows(whole[:-1])] == [1]
    assert adapters.rows(b"") == []


@given(raw=st.binary(max_size=3000))
def test_no_bytes_break_the_takers_apart(raw: bytes) -> None:
    assert isinstance(adapters.rows(raw), list)
    assert isinstance(volumes.describe(raw), dict)
    adapters.link_duplex(raw)


@pytest.mark.parametrize("duplex", [0, 1, 2])
def test_duplex_stands_in_the_link_state(duplex: int) -> None:
    state = struct.pack("<BBHIIxxxxQQII", 0x80, 1, 40, 1, duplex, 10**9, 10**9, 0, 0)
    assert adapters.link_duplex(state) == duplex
    assert adapters.link_duplex(state[:20]) is None


@pytest.mark.parametrize(
    ("bus", "removable", "serial"),
    [(11, 0, "WD-WCC4E1234567"), (7, 1, "0123ABCD"), (17, 0, "ACE4_2E61_9000_7804."), (8, 0, "")],
)
def test_a_storage_descriptor_tells_bus_and_serial(bus: int, removable: int, serial: str) -> None:
    at = 36 if serial else 0
    head = struct.pack("<IIBBBBIIIIII", 36, 36 + len(serial), 0, 0, removable, 1, 0, 0, 0, at, bus, 0)
    assert volumes.describe(head + f"  {serial} ".encode() + b"\0junk") == {
        "bus": bus,
        "removable": bool(removable),
        "serial": serial,
    }


EVENT = """<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>
<Provider Name='Microsoft-Windows-Kernel-Boot' Guid='{15ca44ff-4d7a-4baa-bba5-0998955e531e}'/><EventID>27</EventID>
<TimeCreated SystemTime='2026-11-20T00:01:02.1234567Z'/><Computer>PC-CANARY</Computer></System>
<EventData><Data Name='BootType'>1</Data><Data Name='LoadOptions'> NOEXECUTE=OPTIN</Data></EventData></Event>"""


def test_an_event_gives_its_time_and_named_values_and_no_computer_name() -> None:
    event = eventlog.parse(EVENT)
    assert event == eventlog.Event(
        time="2026-11-20T00:01:02.1234567Z", data={"BootType": "1", "LoadOptions": " NOEXECUTE=OPTIN"}
    )


@needs_data
def test_a_recorded_event_gives_its_time() -> None:
    event = eventlog.parse((DATA / "event_System_6013_uptime.xml").read_text("utf-8-sig"))
    assert event is not None
    assert event.time == "2020-06-17T14:27:42.0486505Z"
    assert event.data == {}


@given(text=st.text())
def test_no_text_breaks_the_event_parser(text: str) -> None:
    assert eventlog.parse(text) is None or "<TimeCreated" in text


@needs_data
def test_the_cards_of_a_recorded_laptop_are_those_windows_calls_hardware() -> None:
    """GLPI-Agent's recording of MSFT_NetAdapter shows the same flags that GetIfTable2 gives."""
    text = (DATA / "wmi_MSFT_NetAdapter_10-net.wmi").read_text("utf-16").replace("\r", "")
    blocks = [dict(re.findall(r"(?m)^(\w+)=(.*)$", block)) for block in re.split(r"\n\n+(?=\n*ActiveMax)", text)]
    found = [block for block in blocks if block.get("HardwareInterface") == "TRUE"]
    assert [block["Name"] for block in found] == ["Ethernet 4", "Wi-Fi"]
    rows = adapters.rows(
        table(*(row(alias=b["Name"], kind=int(b["InterfaceType"]), medium=int(b["NdisPhysicalMedium"])) for b in found))
    )
    assert [(one["name"], one["kind"], one["medium"]) for one in rows] == [("Ethernet 4", 6, 14), ("Wi-Fi", 71, 9)]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0x80041003, Denied),
        (-2147217405, Denied),  # the same, signed as COM gives it
        (0x80070005, Denied),
        (0x8004100E, Unavailable),
        (0x80041010, Unavailable),
        (0x80004001, Unavailable),
        (0x80041001, OSError),
    ],
)
def test_errors_of_wmi_are_outcomes(code: int, outcome: type[Exception]) -> None:
    assert type(wmi.classify(code, "SELECT x")) is outcome


@pytest.mark.parametrize(
    ("number", "whole"),
    [("4294967296", 2**32), (-1048576, 4293918720), (5, 5), (None, None), (True, None), ("x", None), ([1], None)],
)
def test_numbers_of_wmi_are_mended(number: object, whole: int | None) -> None:
    assert wmi.unsigned(number) == whole


@pytest.mark.parametrize(("code", "outcome"), [(5, Denied), (1314, Denied), (2, Unavailable), (0x32, Unavailable)])
def test_errors_of_windows_are_outcomes(code: int, outcome: type[Exception]) -> None:
    with pytest.raises(outcome, match="Windows"):
        windows.refuse(code, "a door")


def test_on_another_system_each_door_of_windows_is_unavailable() -> None:
    for ask in (
        lambda: windows.library("kernel32"),
        lambda: registry.values("SOFTWARE"),
        lambda: registry.keys("SOFTWARE"),
        lambda: registry.value("SOFTWARE", "x"),
        lambda: wmi.query("root", "SELECT", ("x",)),
        lambda: eventlog.newest("System", "x", 1),
        adapters.adapters,
        volumes.fixed,
    ):
        with pytest.raises(Unavailable):
            ask()
    assert volumes.disks() == []
