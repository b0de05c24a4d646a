"""How argparse's own words (headings of a help, complaints about a command line) are said in the reader's language.

argparse asks gettext for them, by two names of its module; the system has no Vietnamese for it.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

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
    "invalid %(type)s value: %(value)r": "không dùng được giá trị %(value)r (cần kiểu %(type)s)",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "không có %(parser_name)r; chọn một trong: %(choices)s",
    "can't open '%(filename)s': %(error)s": "không mở được '%(filename)s': %(error)s",
    "option '%(option)s' is deprecated": "tùy chọn '%(option)s' sắp bị bỏ",
    "argument '%(argument_name)s' is deprecated": "'%(argument_name)s' sắp bị bỏ",
    "command '%(parser_name)s' is deprecated": "lệnh '%(parser_name)s' sắp bị bỏ",
}
"""What argparse says to people, of Python 3.11 to 3.14. What only a programmer can cause is not in it."""


def _vietnamese(message: str) -> str:
    return VIETNAMESE.get(message, message)


def _vietnamese_of(singular: str, plural: str, count: int) -> str:
    return _vietnamese(singular if count == 1 else plural)


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
