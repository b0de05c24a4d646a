"""What the network interfaces do that are hardware: link, speed, duplex, traffic, errors.

Not bridges, tunnels, virtual pairs, bonds or VLANs: they repeat what their hardware says. Only where there is no
hardware at all (a container, a network namespace) do the inner ends of virtual pairs stand in for it, because there
they are what carries the traffic. Interfaces are called `ethernet0`, `wifi0`, `mobile0`, counted in the order of their
slots, plugged-in ones last: names given by people stay on the PC, and a stick does not rename the card inside.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from schooldrum_agent.probe import Doors, Probe, Source
from schooldrum_agent.sources import files
from schooldrum_wire.catalogue.interfaces import (
    INTERFACE_DROPS,
    INTERFACE_ERRORS,
    INTERFACE_HALF_DUPLEX,
    INTERFACE_RECEIVE_BYTES,
    INTERFACE_SPEED_BYTES,
    INTERFACE_TRANSMIT_BYTES,
    INTERFACE_UP,
    INTERFACES,
)
from schooldrum_wire.reading import Reading
from schooldrum_wire.section import Row

MOST_INTERFACES = 4
_MOST_ASKED = 32
_ETHERNET_FRAMES = "1"
_FASTEST = 800e9
"""Bits per second. What is not known is -1, 65535 or 2^32-1 megabits on Linux, 2^63-1 or 2^64-1 bits on Windows."""
_UNKNOWN_MEGABITS = frozenset({65535})
_COUNTERS = ("rx_bytes", "tx_bytes", "rx_errors", "tx_errors", "rx_dropped", "tx_dropped")
_PLAIN = ("type", "ifindex", "iflink", "address", "addr_assign_type", "operstate", "carrier", "speed", "duplex")
_FILES = ("uevent", *_PLAIN, *(f"statistics/{name}" for name in _COUNTERS))
_NO_CARD = frozenset({"bluetooth", "gadget", "bridge", "bond", "vlan", "vxlan", "macvlan"})
_DIGITS = re.compile(r"(\d+)")
_WINDOWS_KINDS = {6: "ethernet", 71: "wifi", 243: "mobile", 244: "mobile"}
_BLUETOOTH = 10
_UP = 1


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{interfaces: [...]}: what sysfs says of each interface in this network namespace, as text, None where nothing.

    Beside its plain files: `devtype` (of uevent), `place` (the slot, empty without hardware), `radio` (the Wi-Fi device
    it belongs to), `member` (of a bridge or bond), `plugged` (what sits on USB or in a dock), `counters`. Where there
    is hardware, the others are left out: asking a host of forty containers would cost more than all other probes.

    Raises:
        Denied: sysfs may not be listed.
        Unavailable: there is no sysfs.
    """
    places = {name: slot(doors.sysfs, name) for name in files.names(doors.sysfs, "class/net")}
    asked = [name for name, place in places.items() if place] or [name for name in places if name != "lo"]
    return {"interfaces": [_interface(doors.sysfs, name, places[name]) for name in asked[:_MOST_ASKED]]}


def slot(sysfs: str, name: str) -> str:
    """The device an interface belongs to, as a path below /sys/devices; empty for one that no hardware carries."""
    place = files.link(sysfs, "class/net", name).partition("/devices/")[2].rpartition("/net/")[0]
    return "" if place.startswith("virtual/") or place == "virtual" else place


def _interface(sysfs: str, name: str, place: str) -> dict[str, Any]:
    home = f"class/net/{name}"
    told = files.values(sysfs, home, of=_FILES)
    found: dict[str, Any] = {"name": name, "place": place, **{key: told[key] for key in _PLAIN}}
    uevent = (told["uevent"] or "").splitlines()
    found["devtype"] = next((line[8:] for line in uevent if line.startswith("DEVTYPE=")), None)
    found["radio"] = files.link(sysfs, home, "phy80211").rsplit("/", 1)[-1]
    found["member"] = bool(files.link(sysfs, home, "master"))
    # A dock on Thunderbolt is a PCI card that says it can be removed.
    removable = files.text_or_none(sysfs, "devices", place, "removable") if place else None
    found["plugged"] = "/usb" in place or removable == "removable"
    found["counters"] = {key: told[f"statistics/{key}"] for key in _COUNTERS}
    return found


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{interfaces: [...]} as `sources.adapters.adapters` tells them.

    Raises:
        Denied: Windows refuses the list.
        Unavailable: this is not Windows.
    """
    from schooldrum_agent.sources import adapters  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    return {"interfaces": adapters.adapters()}


def _whole(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and re.fullmatch(r"-?\d{1,20}", text) else None


def _natural(text: str) -> list[tuple[int, str]]:
    """Text in the order of people: slot 2 before slot 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(text)]


def _kind_linux(interface: dict[str, Any]) -> str:
    if interface["radio"] or interface["devtype"] == "wlan":
        return "wifi"
    return "mobile" if interface["devtype"] == "wwan" else "ethernet"


def _order_linux(interface: dict[str, Any]) -> tuple[bool, list[tuple[int, str]], int, str]:
    # In one slot the first is the card itself; what programs add to it (monitor, Wi-Fi Direct) comes later.
    return interface["plugged"], _natural(interface["place"]), _whole(interface["ifindex"]) or 0, interface["name"]


def _cards_linux(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    ordered = sorted(found, key=_order_linux)
    frames = [one for one in ordered if one["type"] == _ETHERNET_FRAMES and one["devtype"] not in _NO_CARD]
    radios = set()
    hardware = [one for one in frames if one["place"]]
    for one in hardware:
        # Monitor and access point interfaces are more views of one radio.
        if not one["radio"] or one["radio"] not in radios:
            radios.add(one["radio"])
            yield one
    if not hardware:
        yield from (one for one in frames if one["iflink"] != one["ifindex"] and not one["member"])


def _told_linux(one: dict[str, Any]) -> dict[str, Any]:
    megabits = _whole(one["speed"])
    counters = {key: _whole(text) for key, text in one["counters"].items()}
    return {
        "name": one["name"],
        "kind": _kind_linux(one),
        "mac": one["address"],
        "up": one["carrier"] == "1" and one["operstate"] != "down",
        "speed": None if megabits is None or megabits in _UNKNOWN_MEGABITS else megabits * 1_000_000,
        "full": {"full": True, "half": False}.get(one["duplex"] or ""),
        "receive_bytes": counters["rx_bytes"],
        "transmit_bytes": counters["tx_bytes"],
        "errors": _sum(counters["rx_errors"], counters["tx_errors"]),
        "drops": _sum(counters["rx_dropped"], counters["tx_dropped"]),
    }


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


def read_linux(data: Any) -> Iterator[Reading | Row]:
    """Each card, and one row of inventory for it."""
    yield from _tell(_told_linux(one) for one in _cards_linux(data["interfaces"]))


def _is_card_windows(one: dict[str, Any]) -> bool:
    real = one["bus"] not in {"ROOT", "SWD", "BTH"} and one["medium"] != _BLUETOOTH
    return bool(one["hardware"]) and not one["filter"] and one["kind"] in _WINDOWS_KINDS and real


def _told_windows(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": one["name"],
        "kind": _WINDOWS_KINDS[one["kind"]],
        "mac": one["mac"],
        "up": one["status"] == _UP,
        "speed": one["speed"],
        "full": {1: False, 2: True}.get(one["duplex"]),
        "receive_bytes": one["receive_bytes"],
        "transmit_bytes": one["transmit_bytes"],
        "errors": one["receive_errors"] + one["transmit_errors"],
        "drops": one["receive_drops"] + one["transmit_drops"],
    }


def read_windows(data: Any) -> Iterator[Reading | Row]:
    """Each card, and one row of inventory for it."""
    cards = [one for one in data["interfaces"] if _is_card_windows(one)]
    # The number in the LUID is given once for a card and kept; the index changes from boot to boot.
    cards.sort(key=lambda one: (one["bus"] == "USB", one["luid"]))
    yield from _tell(_told_windows(one) for one in cards)


def _tell(cards: Iterable[dict[str, Any]]) -> Iterator[Reading | Row]:
    counted: dict[str, int] = {}
    for card in list(cards)[:MOST_INTERFACES]:
        number = counted.get(card["kind"], 0)
        counted[card["kind"]] = number + 1
        interface = f"{card['kind']}{number}"
        speed = card["speed"] if card["up"] and card["speed"] and 0 < card["speed"] <= _FASTEST else None
        yield INTERFACE_UP(1 if card["up"] else 0, interface=interface)
        yield INTERFACES(
            interface=interface, kind=card["kind"], speed=speed, mac=card["mac"] or None, name=card["name"]
        )
        if not card["up"]:
            continue
        if speed is not None:
            yield INTERFACE_SPEED_BYTES(speed / 8, interface=interface)
        if card["full"] is not None:
            yield INTERFACE_HALF_DUPLEX(0 if card["full"] else 1, interface=interface)
        for metric, key in (
            (INTERFACE_RECEIVE_BYTES, "receive_bytes"),
            (INTERFACE_TRANSMIT_BYTES, "transmit_bytes"),
            (INTERFACE_ERRORS, "errors"),
            (INTERFACE_DROPS, "drops"),
        ):
            if card[key] is not None:
                yield metric(card[key], interface=interface)


PROBE = Probe(
    "interfaces",
    every=60,
    timeout=15,
    floor=5,
    bulk=False,
    sections=("interfaces",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
