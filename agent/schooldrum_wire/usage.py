"""How argparse's own words (headings of a help, complaints about a command line) are said in the reader's language.

argparse asks gettext for them, by two names of its module; the system has no Vietnamese for it.
"""

import argparse
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from typing import Any, TypeVar

_T = TypeVar("_T")
_MISUSED = 2

VIETNAMESE = {
    "usage: ": "cách dùng: ",
    "positional arguments": "cần ghi",
    "options": "tùy chọn",
    "subcommands": "lệnh con",
    "show this help message and exit": "hiện hướng dẫn này",
    "show program's version number and exit": "hiện số phiên bản",
    "%(prog)s: error: %(message)s\n": "%(prog)s: lỗi: %(message)s\n",
    "%(prog)s: warning: %(message)s\n": "%(prog)s: chú ý: %(message)s\n",
    "warning: %(message)s": "chú ý: %(message)s",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
    "the following arguments are required: %s": "còn thiếu: %s",
    "one of the arguments %s is required": "cần ghi một trong các mục: %s",
    "expected one argument": "cần một giá trị ở sau",
    "expected at most one argument": "chỉ nhận nhiều nhất một giá trị",
    "expected at least one argument": "cần ít nhất một giá trị",
    "expected %s argument": "cần %s giá trị",
    "expected %s arguments": "cần %s giá trị",
    "unrecognized arguments: %s": "không hiểu: %s",
    "not allowed with argument %s": "không dùng cùng với %s",
    "ignored explicit argument %r": "không nhận giá trị %r",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s có thể là: %(matches)s; hãy ghi đủ",
    "unexpected option string: %s": "không có tùy chọn %s",
    "invalid choice: %(value)r (choose from %(choices)s)": "không có %(value)r; chọn một trong: %(choices)s",
    "invalid choice: %(value)r, maybe you meant %(suggestion)r? (choose from %(choices)s)": (
        "không có %(value)r, có phải là %(suggestion)r? Chọn một trong: %(choices)s"
    ),
    "invalid %(type)s value: %(value)r": "không dùng được giá trị %(value)r (cần ghi %(type)s)",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "không có %(parser_name)r; chọn một trong: %(choices)s",
    "can't open '%(filename)s': %(error)s": "không mở được '%(filename)s': %(error)s",
    "option '%(option)s' is deprecated": "tùy chọn '%(option)s' sắp bị bỏ",
    "argument '%(argument_name)s' is deprecated": "'%(argument_name)s' sắp bị bỏ",
    "command '%(parser_name)s' is deprecated": "lệnh '%(parser_name)s' sắp bị bỏ",
}
"""What argparse says to people, of Python 3.11 to 3.14. What only a programmer can cause is not in it."""
_TYPES = {"int": "số nguyên", "float": "số", "Path": "đường dẫn"}
"""What is to be written, by the name of the function that reads it."""


class _NamingType(str):
    """A complaint in which the type is named as people call it; argparse fills it in by `%`."""

    __slots__ = ()

    def __mod__(self, filled: Any) -> str:
        named = _TYPES.get(filled["type"], filled["type"])
        return str(self).__mod__({**filled, "type": named})


def _vietnamese(message: str) -> str:
    said = VIETNAMESE.get(message, message)
    return _NamingType(said) if "%(type)s" in said else said


def _vietnamese_of(singular: str, plural: str, count: int) -> str:
    return _vietnamese(singular if count == 1 else plural)


def parsed(languages: Sequence[str], parse: Callable[[str], _T]) -> _T:
    """What `parse` makes of a command line, in the first language; what is wrong with the line is said in each.

    Raises:
        SystemExit: it was wrong (2), or the help was all that was asked (0).
    """
    complaints: list[str] = []
    for language in languages:
        said = io.StringIO()
        try:
            with spoken(language), redirect_stderr(said):
                options = parse(language)
        except SystemExit as ending:
            if not ending.code:
                raise
            complaints.append(said.getvalue())
        else:
            sys.stderr.write(said.getvalue())
            return options
    sys.stderr.write(complaints[0] + "".join(map(_without_usage, complaints[1:])))
    raise SystemExit(_MISUSED)


def _without_usage(complaint: str) -> str:
    return complaint.rstrip("\n").rpartition("\n")[2] + "\n"


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Within it, argparse makes parsers, helps and complaints in this language (vi or en)."""
    if language != "vi":
        yield
        return
    names = vars(argparse)
    before = {name: names[name] for name in ("_", "ngettext")}
    names.update(_=_vietnamese, ngettext=_vietnamese_of)
    try:
        yield
    finally:
        names.update(before)
