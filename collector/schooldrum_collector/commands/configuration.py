"""`config`: what is configured, and a sample file with every key explained."""

import argparse

from schooldrum_collector.commands.call import Call
from schooldrum_collector.config import sample
from schooldrum_collector.keys import KEYS
from schooldrum_collector.speech import Say


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `config` takes."""
    parser.add_argument(
        "--sample", action="store_true", help=say("in tệp mẫu có giải thích", "prints a sample file, explained")
    )
    parser.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))


def run(given: argparse.Namespace, call: Call) -> int:
    """`config`, `config --sample`."""
    if given.sample:
        call.console.out.write(sample(call.say))
        return 0
    values = {key.name: _plain(getattr(call.config, key.name)) for key in KEYS}
    if given.json:
        call.console.json(values)
    else:
        say = call.say
        call.console.table(
            (say("Khóa", "Key"), say("Giá trị", "Value"), say("Ý nghĩa", "Meaning")),
            [(key.name, _shown(values[key.name]), say(*key.help)) for key in KEYS],
        )
    return 0


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "-" if value is None else str(value)
