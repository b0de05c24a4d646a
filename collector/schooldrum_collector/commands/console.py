"""How a command speaks with the person at the terminal: lines, aligned tables, JSON, questions."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import msgspec

from schooldrum_collector.speech import Say
from schooldrum_collector.vietnamese import width

_GAP = "  "
_YES = frozenset({"y", "yes", "c", "co", "có"})


class Failed(Exception):  # noqa: N818 - it names how the command ended
    """The command could not do it; the sentence says why and what to do. The exit code is 1."""


def harmless(text: str) -> str:
    """The text without characters that move a terminal's cursor or change its colours."""
    return "".join("?" if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co"} else sign for sign in text)


class Console(msgspec.Struct, frozen=True, kw_only=True):
    """Where a command reads and writes. Results go to `out`; questions and remarks to `err`."""

    say: Say
    out: TextIO
    err: TextIO
    answers: TextIO

    def line(self, text: str = "") -> None:
        """One line of the result."""
        self.out.write(harmless(text) + "\n")

    def remark(self, text: str) -> None:
        """One line beside the result: it is not part of what a program would read."""
        self.err.write(harmless(text) + "\n")

    def json(self, value: Any) -> None:
        """The result as indented JSON."""
        self.out.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")

    def json_line(self, value: Any) -> None:
        """The result as one line of JSON, for a program that reads line by line."""
        self.out.write(msgspec.json.encode(value).decode() + "\n")

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Rows under headings (or under none), columns aligned; the last column is not padded."""
        cells = [[harmless(cell) for cell in row] for row in (*([headings] if headings else []), *rows)]
        widths = [max(width(cell) for cell in column) for column in zip(*cells, strict=True)]
        for row in cells:
            padded = [cell + " " * (room - width(cell)) for cell, room in zip(row, widths, strict=True)]
            self.out.write(_GAP.join(padded).rstrip() + "\n")

    def agrees(self, question: str) -> bool:
        """Whether the person at the terminal says yes.

        Raises:
            Failed: nobody is there to ask.
        """
        if not self.answers.isatty():
            raise Failed(
                self.say("Không có ai để hỏi: thêm --yes nếu chắc chắn.", "Nobody is there to ask: add --yes if sure.")
            )
        self.err.write(f"{harmless(question)} [{self.say('c/K', 'y/N')}] ")
        self.err.flush()
        return self.answers.readline().strip().lower() in _YES
