"""Short texts that people type on a command line: names, reasons."""

from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.console import Failed


def printable(call: Call, key: str, text: str, longest: int) -> str:
    """The text of `--key` with its spaces tidied.

    Raises:
        Failed: it is empty, longer than so many letters, or holds what cannot be printed.
    """
    tidy = " ".join(text.split())
    if not tidy or len(tidy) > longest or not tidy.isprintable():
        raise Failed(
            call.say(
                f"--{key}: cần chữ in được, dài 1 đến {longest}.",
                f"--{key}: printable text, 1 to {longest} long.",
            )
        )
    return tidy
