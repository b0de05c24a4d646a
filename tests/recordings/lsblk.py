"""What `lsblk` prints, as the tree of sysfs that it was read from."""

import json
import re
from pathlib import Path
from typing import Any

_LINE = re.compile(r"(?P<name>\w+)\s+\d+:\d+\s+(?P<rm>[01])\s+\S+\s+[01]\s+(?P<type>\w+)\s")
_BUSES = {"sata": "ata1", "ata": "ata1", "nvme": "nvme/nvme0", "usb": "usb1", "mmc": "mmc_host/mmc0", None: "host0"}


def of_json(text: str) -> list[dict[str, Any]]:
    """The devices at the top of `lsblk -J`; before release 2.33 numbers and booleans are text."""
    found = []
    for device in json.loads(text)["blockdevices"]:
        flags = {key: str(device.get(key)).casefold() in {"1", "true"} for key in ("rm", "rota")}
        # Without -b a size is a rounded text; that there is one is enough here.
        size = str(device.get("size", 512))
        found.append({**device, **flags, "size": int(size) if size.isdecimal() else 512})
    return found


def of_table(text: str) -> list[dict[str, Any]]:
    """The same from the table; of its columns name, removable and type."""
    found = (_LINE.match(line) for line in text.splitlines())
    return [{"name": one["name"], "rm": one["rm"] == "1", "type": one["type"], "size": 512} for one in found if one]


def plant(sysfs: Path, devices: list[dict[str, Any]]) -> None:
    """Writes the tree below `sysfs`."""
    (sysfs / "block").mkdir(parents=True)
    for device in devices:
        name = device["name"]
        virtual = device["type"] == "loop" if "type" in device else False
        place = Path("devices", "virtual" if virtual else _BUSES.get(device.get("tran"), "host0"), "block", name)
        home = sysfs / place
        for path, content in {
            "size": str(device["size"] // 512),
            "removable": str(int(bool(device.get("rm")))),
            "queue/rotational": str(int(bool(device.get("rota")))),
            "device/model": device.get("model") or "",
            "device/serial": device.get("serial") or "",
        }.items():
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_text(content, encoding="utf-8")
        (sysfs / "block" / name).symlink_to(Path("..") / place)
