"""How the actions of a command (`token new`, `machines show`) are declared: each with its help and an example."""

import argparse
from typing import Any

from schooldrum_collector.speech import Say

PROGRAM = "schooldrum-collector"


class Actions:
    """The actions of one command. It only gathers: `add` gives the parser whose arguments follow."""

    def __init__(self, parser: argparse.ArgumentParser, say: Say, names: str, *, into: str = "action") -> None:
        """`names` is how the choice is written in the usage line, `into` where the chosen one is put."""
        self._say = say
        # The library keeps this class to itself.
        self._into: Any = parser.add_subparsers(dest=into, required=True, metavar=names)

    def add(self, name: str, vietnamese: str, english: str, *, example: str) -> argparse.ArgumentParser:
        """An action; the sentences say what it does."""
        sentence = self._say(vietnamese, english)
        parser: argparse.ArgumentParser = self._into.add_parser(
            name,
            allow_abbrev=False,
            help=sentence,
            description=sentence,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=example_line(self._say, example),
        )
        # A complaint about this line names what this action takes.
        parser.set_defaults(parser=parser)
        return parser


def example_line(say: Say, example: str) -> str:
    """The line that ends a command's help."""
    return f"{say('Ví dụ', 'Example')}: {PROGRAM} {example}"
