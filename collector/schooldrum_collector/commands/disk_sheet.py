"""The disks of one PC and how they are, as `machines show` prints them, with the reason in words."""

from typing import Any

from schooldrum_collector.commands.call import Call
from schooldrum_collector.formats import amount_of_bytes, number
from schooldrum_collector.judge.storage import Judgement
from schooldrum_collector.show.disk_words import VERDICTS, reason_words
from schooldrum_collector.speech import Say
from schooldrum_wire.section import Values

_KINDS = {"hdd": "HDD", "ssd": "SSD", "nvme": "NVMe", "emmc": "eMMC", "card": "SD"}


def as_data(disks: list[tuple[Values, Judgement]]) -> list[dict[str, Any]]:
    """For programs; the figures themselves stand in the section."""
    return [
        {
            "disk": row.get("disk"),
            "verdict": found.verdict,
            "reasons": [{"code": one.code, "value": one.value} for one in found.reasons],
        }
        for row, found in disks
    ]


def show(call: Call, disks: list[tuple[Values, Judgement]]) -> None:
    """For people."""
    say, console = call.say, call.console
    headings = (
        *(say("Ổ đĩa", "Disk"), say("Loại", "Kind"), say("Cỡ", "Size"), say("Kiểu", "Model")),
        *(say("Giờ chạy", "Hours"), say("Hao mòn", "Wear"), say("Nhiệt độ", "Temperature"), say("Tình trạng", "State")),
    )
    rows = []
    for row, found in disks:
        size = row.get("size")
        state = ", ".join(reason_words(one, say) for one in found.reasons)
        rows.append(
            (
                str(row.get("disk") or "-"),
                _KINDS.get(str(row.get("kind")), "-"),
                amount_of_bytes(size, say.language) if isinstance(size, int) else "-",
                str(row.get("model") or "-"),
                *(
                    _figure(row, column, unit, say)
                    for column, unit in (("hours", ""), ("wear", "%"), ("temperature", " °C"))
                ),
                say(*VERDICTS[found.verdict]) + (f": {state}" if state else ""),
            )
        )
    console.line()
    console.table(headings, rows)


def _figure(row: Values, column: str, unit: str, say: Say) -> str:
    value = row.get(column)
    return f"{number(value, say.language)}{unit}" if isinstance(value, int | float) else "-"
