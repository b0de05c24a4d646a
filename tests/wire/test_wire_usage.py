"""Whether argparse says everything that a person can cause in Vietnamese."""

import argparse
import ast
import inspect

import pytest

from schooldrum_wire.usage import VIETNAMESE, parsed, spoken

ONLY_PROGRAMMERS = (
    ".__call__() not defined",
    "'required' is an invalid argument for positionals",
    'argument "-" with mode %r',
    "cannot have multiple subparser arguments",
    "cannot merge actions - two groups are named %r",
    "conflicting option string",
    "conflicting subparser",
    "dest= is required for options like %r",
    "invalid conflict_resolution value: %r",
    "invalid option string %(option)r",
    "mutually exclusive arguments must be optional",
    "%r is not callable",
)


def _messages() -> set[str]:
    """Every text that this Python's argparse asks gettext for."""
    calls = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(argparse)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "ngettext"}
    ]
    said = [argument.value for call in calls for argument in call.args if isinstance(argument, ast.Constant)]
    return {text for text in said if isinstance(text, str) and not text.startswith(ONLY_PROGRAMMERS)}


def test_every_message_of_this_pythons_argparse_is_known():
    assert len(_messages()) > 15
    assert _messages() <= set(VIETNAMESE)


def test_what_is_filled_in_is_the_same():
    for english, vietnamese in VIETNAMESE.items():
        filled = {"prog": "p", "message": "m", "argument_name": "a", "option": "o", "matches": "m", "value": "v"}
        filled |= {"choices": "c", "suggestion": "s", "type": "t", "parser_name": "n", "filename": "f", "error": "e"}
        plain = "%(" not in english
        assert english.count("%s") + english.count("%r") == vietnamese.count("%s") + vietnamese.count("%r")
        if plain and "%" in english:
            assert vietnamese % ("x",) != vietnamese
        elif not plain:
            assert vietnamese % filled
        assert vietnamese.endswith("\n") == english.endswith("\n")


@pytest.mark.parametrize(("language", "heading"), [("vi", "cách dùng: p"), ("en", "usage: p")])
def test_it_is_said_only_within(language: str, heading: str):
    with spoken(language):
        assert argparse.ArgumentParser(prog="p").format_usage().startswith(heading)
    assert argparse.ArgumentParser(prog="p").format_usage().startswith("usage: p")


def test_a_complaint_leaves_nothing_behind(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit), spoken("vi"):
        argparse.ArgumentParser(prog="p").parse_args(["x"])
    assert capsys.readouterr().err == "cách dùng: p [-h]\np: lỗi: không hiểu: x\n"
    assert argparse.ArgumentParser(prog="p").format_usage().startswith("usage: p")


@pytest.mark.parametrize(
    ("languages", "said"),
    [
        (("vi",), "cách dùng: p [-h]\np: lỗi: không hiểu: x\n"),
        (("en",), "usage: p [-h]\np: error: unrecognized arguments: x\n"),
        (("vi", "en"), "cách dùng: p [-h]\np: lỗi: không hiểu: x\np: error: unrecognized arguments: x\n"),
    ],
)
def test_a_wrong_line_is_complained_of_in_each_language_under_one_usage(
    capsys: pytest.CaptureFixture[str], languages: tuple[str, ...], said: str
):
    with pytest.raises(SystemExit) as ending:
        parsed(languages, lambda _: argparse.ArgumentParser(prog="p").parse_args(["x"]))
    assert (ending.value.code, *capsys.readouterr()) == (2, "", said)


def test_a_help_is_given_once_and_a_good_line_is_read_once(capsys: pytest.CaptureFixture[str]):
    asked: list[str] = []

    def read(*words: str) -> argparse.Namespace:
        def parse(language: str) -> argparse.Namespace:
            asked.append(language)
            parser = argparse.ArgumentParser(prog="p")
            parser.add_argument("--number", type=int)
            return parser.parse_args(words)

        return parsed(("vi", "en"), parse)

    assert read("--number", "7").number == 7
    with pytest.raises(SystemExit) as ending:
        read("--help")
    assert (ending.value.code, asked) == (0, ["vi", "vi"])
    shown = capsys.readouterr()
    assert shown.out.count("cách dùng: p") == 1
    assert shown.err == ""
