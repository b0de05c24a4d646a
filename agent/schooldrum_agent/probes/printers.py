r"""Which printers are set up on this PC, how they are connected, and what ails them.

The spooler is asked in a child: it waits for print servers that are off. As LocalSystem it shows no printers that a
person connected for herself. The serial number of a USB printer is joined from three keys of the registry: the
printer's port, its device (by ContainerID, on older entries by ParentIdPrefix), and the USB device, which is named by
its serial. On Linux the PPDs that CUPS keeps are for root; `lpstat` answers anybody, and only its fixed words are read.
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import command, files, registry
from schooldrum_agent.sources.nameplate import known, known_serial, tidy
from schooldrum_wire.catalogue.printers import PRINTERS
from schooldrum_wire.section import Row

_MOST = 32
_MOST_DEVICES = 256
_LOCAL_AND_CONNECTIONS = 6
_DEFAULT, _SHARED, _NETWORK, _OFFLINE = 0x4, 0x8, 0x10, 0x400
_PROBLEMS = (
    (0x8, "jam"), (0x10, "no_paper"), (0x40, "no_paper"), (0x40000, "no_toner"), (0x400000, "door_open"),
    (0x100000, "user"), (0x20000, "low_toner"), (0x2, "other"), (0x200000, "other"),
)  # fmt: skip
"""PRINTER_STATUS of winspool.h, the worst first."""
_FAULTS = 0x8 | 0x10 | 0x40 | 0x40000 | 0x400000 | 0x100000 | 0x2 | 0x200000
_PAUSED, _STATUS_OFFLINE, _PRINTING = 0x1, 0x80, 0x400 | 0x4000
_VIRTUAL_PORTS = re.compile(
    r"(portprompt:|nul:|nul$|file:|shrfax:|xpsport:|microsoft\.office\.onenote|clientprinter)", re.IGNORECASE
)
_VIRTUAL_DRIVERS = re.compile(
    r"pdf|xps|onenote|\bfax\b|remote desktop easy print|send to|biullzip|snagit", re.IGNORECASE
)
_USB_PORT = re.compile(r"(USB|DOT4_?)\d+", re.IGNORECASE)
_NETWORK_PORT = re.compile(r"(ip_|wsd|tcpmon|https?:|\d{1,3}(\.\d{1,3}){3})", re.IGNORECASE)
_ENUM = r"SYSTEM\CurrentControlSet\Enum"
_LPSTAT = ("usr/bin/lpstat", "bin/lpstat")
_LPSTAT_SECONDS = 20.0
_CONNECTIONS = {True: "network", False: "usb", None: None}
_DEVICE_LINE = re.compile(r"device for (?P<name>[^\s:]+): (?P<uri>\S+)")
_STATE_LINE = re.compile(r"printer (?P<name>\S+) (?P<words>(?:is idle|now printing|disabled).*)")


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{printers, ports, devices}: the spooler's printers, USB printers with their port, USB devices with their serial.

    A printer is {name, driver, port, attributes, status}; a port {port, container, instance}; a device {serial,
    container, prefix}.

    Raises:
        Denied: the spooler refuses.
        Unavailable: the spooler does not run, or this is not Windows.
    """
    try:
        spooler, broken = importlib.import_module("win32print"), importlib.import_module("pywintypes").error
    except ImportError as problem:
        raise Unavailable("this system has no Windows spooler") from problem
    try:
        listed = spooler.EnumPrinters(_LOCAL_AND_CONNECTIONS, None, 2)
    except broken as problem:
        raise Unavailable(f"the spooler does not answer (error {problem.winerror})") from problem
    printers = [
        {
            "name": str(one.get("pPrinterName") or ""),
            "driver": str(one.get("pDriverName") or ""),
            "port": _port(one.get("pPortName")),
            "attributes": int(one.get("Attributes") or 0),
            "status": int(one.get("Status") or 0),
        }
        for one in listed[:_MOST]
    ]
    return {"printers": printers, **_usb()}


def _port(name: object) -> str:
    # Of another PC's printer only that it is one: the PC's name is not asked for.
    return "\\\\" if str(name or "").startswith("\\\\") else str(name or "")


def _usb() -> dict[str, Any]:
    ports = []
    for key, instance in _instances("USBPRINT"):
        port = _value(rf"{key}\Device Parameters", "PortName")
        if port is not None:
            ports.append({"port": str(port), "container": _value(key, "ContainerID"), "instance": instance})
    if not ports:
        return {"ports": [], "devices": []}
    devices = [
        {"serial": instance, "container": _value(key, "ContainerID"), "prefix": _value(key, "ParentIdPrefix")}
        for key, instance in _instances("USB")
    ]
    return {"ports": ports, "devices": devices}


def _instances(bus: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    try:
        for model in registry.keys(rf"{_ENUM}\{bus}"):
            found += [(rf"{_ENUM}\{bus}\{model}\{one}", one) for one in registry.keys(rf"{_ENUM}\{bus}\{model}")]
    except (Denied, Unavailable):
        return found[:_MOST_DEVICES]
    return found[:_MOST_DEVICES]


def _value(key: str, name: str) -> Any:
    try:
        return registry.value(key, name)
    except (Denied, Unavailable):
        return None


def serial_of_port(port: str, ports: list[dict[str, Any]], devices: list[dict[str, Any]]) -> str | None:
    """The serial number of the printer on a port such as USB001; None where Windows made one up.

    One that holds an ampersand is Windows' own: the device told none.
    """
    for one in ports:
        if str(one["port"]).casefold() != port.casefold():
            continue
        for device in devices:
            serial = str(device["serial"])
            prefix = device["prefix"]
            same = one["container"] is not None and device["container"] == one["container"]
            below = bool(prefix) and str(one["instance"]).casefold().startswith(f"{prefix}&".casefold())
            if (same or below) and "&" not in serial:
                return known_serial(serial)
    return None


def _connection(port: str, attributes: int) -> str:
    if _USB_PORT.match(port):
        return "usb"
    if _NETWORK_PORT.match(port):
        return "network"
    return "shared" if attributes & _NETWORK or port.startswith("\\\\") else "other"


def _state(status: int, attributes: int) -> str:
    if status & _STATUS_OFFLINE or attributes & _OFFLINE:
        return "offline"
    if status & _FAULTS:
        return "fault"
    if status & _PAUSED:
        return "stopped"
    return "printing" if status & _PRINTING else "idle"


def read_windows(data: Any) -> Iterator[Row]:
    """A row for each printer of paper."""
    for one in data["printers"]:
        port, driver = one["port"].strip(), one["driver"]
        if _VIRTUAL_PORTS.match(port) or _VIRTUAL_DRIVERS.search(driver):
            continue
        status, attributes = one["status"], one["attributes"]
        yield PRINTERS(
            model=known(driver),
            connection=_connection(port, attributes),
            state=_state(status, attributes),
            problem=next((words for bit, words in _PROBLEMS if status & bit), None),
            default=bool(attributes & _DEFAULT),
            shared=bool(attributes & _SHARED),
            serial=serial_of_port(port, data["ports"], data["devices"]),
            name=tidy(one["name"]),
        )


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{queues} as `parse_lpstat` tells them.

    Raises:
        Unavailable: no print system is installed.
        TimeoutError: its scheduler does not answer.
    """
    program = next((f"/{path}" for path in _LPSTAT if files.target(doors.rootfs, path)), None)
    if program is None:
        raise Unavailable("no print system (CUPS) is installed")
    answer = command.run(files.below(doors.rootfs, program), "-v", "-p", "-d", timeout=_LPSTAT_SECONDS)
    return {"queues": parse_lpstat(answer.output)}


def parse_lpstat(text: str) -> list[dict[str, Any]]:
    """The queues in what `lpstat -v -p -d` says: {name, scheme, network, model, serial, words, default}.

    Of the device's address only what names a model and a serial number; `lpstat -p` alone tells none, and `network` is
    None. No queues where the scheduler does not run.
    """
    queues: dict[str, dict[str, Any]] = {}
    default = ""
    for line in text.splitlines():
        if found := _DEVICE_LINE.match(line):
            scheme, _, rest = found["uri"].partition(":")
            queues[found["name"]] = {
                **_queue(queues, found["name"]),
                "scheme": scheme,
                "network": scheme not in {"usb", "hp"} or "/net/" in rest,
                "model": _model_of(scheme, rest),
                "serial": _serial_of(rest) if scheme == "usb" else None,
            }
        elif found := _STATE_LINE.match(line):
            queues[found["name"]] = {**_queue(queues, found["name"]), "words": found["words"]}
        elif line.startswith("system default destination: "):
            default = line.partition(": ")[2].strip()
    return [{**queue, "default": name == default} for name, queue in list(queues.items())[:_MOST]]


def _queue(queues: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    nothing = {"name": name, "scheme": "", "network": None, "model": None, "serial": None, "words": ""}
    return queues.get(name, nothing)


def _model_of(scheme: str, rest: str) -> str | None:
    """`usb://HP/LaserJet%201020?serial=…` and `hp:/usb/HP_LaserJet_1020?serial=…` name the model, others an address."""
    path = rest.partition("?")[0].strip("/")
    if scheme == "usb":
        return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), path.replace("/", " ", 1))
    return path.rpartition("/")[2].replace("_", " ") if scheme == "hp" else None


def _serial_of(rest: str) -> str | None:
    found = re.search(r"[?&]serial=([^&]+)", rest)
    return found[1] if found else None


def read_linux(data: Any) -> Iterator[Row]:
    """A row for each queue that leads to a printer of paper."""
    for one in data["queues"]:
        if one["scheme"] == "file" or "pdf" in one["scheme"]:
            continue
        yield PRINTERS(
            model=known(one["model"]),
            connection=_CONNECTIONS[one["network"]],
            state=_state_of(one["words"]),
            default=one["default"],
            serial=known_serial(one["serial"]),
            name=tidy(one["name"]),
        )


def _state_of(words: str) -> str | None:
    # The words of LC_ALL=C, which no translation reaches.
    if words.startswith("disabled"):
        return "stopped"
    if words.startswith("now printing"):
        return "printing"
    return "idle" if words.startswith("is idle") else None


PROBE = Probe(
    "printers",
    every=6 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("printers",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
