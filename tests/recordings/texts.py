"""Recorded outputs of small programs in the shape of the files and calls that the agent asks instead."""

import re
from typing import Any
from xml.etree import ElementTree as ET

BATTERY_NAMESPACE = "{http://schemas.microsoft.com/battery/2012}"


def upower(text: str) -> dict[str, Any]:
    """`upower -i` of a battery as the kernel's power_supply tells it; a comma is a decimal point in some languages."""
    says = {
        key.strip(): value.strip().strip("'") for key, _, value in (line.partition(":") for line in text.splitlines())
    }

    def micro(name: str) -> str | None:
        found = re.match(r"[\d.,]+", says.get(name, ""))
        return str(round(float(found[0].replace(",", ".")) * 1_000_000)) if found else None

    return {
        "battery": says.get("native-path"),
        "serial": says.get("serial"),
        "manufacturer": says.get("vendor"),
        "model_name": says.get("model"),
        "technology": says.get("technology"),
        "cycle_count": says.get("charge-cycles"),
        "energy_full": micro("energy-full"),
        "energy_full_design": micro("energy-full-design"),
    }


def powercfg(text: str) -> dict[str, Any]:
    """`powercfg /batteryreport /xml` as the rows of WMI's battery classes."""
    batteries = ET.fromstring(text).iter(f"{BATTERY_NAMESPACE}Battery")  # noqa: S314 - our recording
    static, full, cycles = [], [], []
    for number, battery in enumerate(batteries):
        says = {item.tag.removeprefix(BATTERY_NAMESPACE): (item.text or "").strip() for item in battery}
        same = {"InstanceName": f"ACPI\\PNP0C0A\\{number}_0"}
        static.append(
            {
                **same,
                "DesignedCapacity": int(says["DesignCapacity"]),
                "DeviceName": says["Id"],
                "ManufactureName": says["Manufacturer"],
                "SerialNumber": says["SerialNumber"],
                "Chemistry": int.from_bytes(says["Chemistry"].encode()[:4], "little"),
            }
        )
        full.append({**same, "FullChargedCapacity": int(says["FullChargeCapacity"])})
        cycles.append({**same, "CycleCount": int(says["CycleCount"])})
    return {"static": static, "full": full, "cycles": cycles, "firmware": []}


def xrandr(text: str) -> list[tuple[str, bytes]]:
    """`xrandr --properties` as (connector, EDID) of each output that is connected."""
    found: list[tuple[str, bytes]] = []
    for block in re.split(r"\n(?=\S)", text):
        head = re.match(r"(\S+) connected", block)
        listed = re.search(r"EDID:\s*\n((?:\s+[0-9a-f]{32}\n)+)", block)
        if head and listed:
            found.append((head[1], bytes.fromhex("".join(listed[1].split()))))
    return found


def lsusb(text: str) -> list[dict[str, Any]]:
    """`lsusb -v` as the USB interfaces that sysfs lists; whether a driver is bound it does not tell."""
    found: list[dict[str, Any]] = []
    for number, block in enumerate(re.split(r"\n(?=Bus \d+ Device)", text)):
        device = re.search(r"ID ([0-9a-f]{4}):([0-9a-f]{4})", block)
        model = re.search(r"iProduct\s+\d+ (.*)", block)
        for index, kind in enumerate(re.findall(r"bInterfaceClass\s+(\d+)", block)):
            found.append(
                {
                    "place": f"/devices/usb1/1-{number}/1-{number}:1.{index}",
                    "class": f"{int(kind):02x}",
                    "vendor": device[1] if device else None,
                    "product": device[2] if device else None,
                    "model": model[1].strip() if model else None,
                    "driver": "uvcvideo",
                }
            )
    return found


def systeminfo(text: str) -> dict[str, Any]:
    """`systeminfo` as the registry's copy of the firmware's words. Its labels are translated, its order is fixed."""
    values = [line.partition(":")[2].strip() for line in text.splitlines() if re.match(r"\S.*:", line)]
    return {"SystemManufacturer": values[11], "SystemProductName": values[12]}
