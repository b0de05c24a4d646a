"""What the safety checks ask for, as it lies in files: the product's own rules, and the office's beside them.

The office's rules are `posture-policy.toml` in the data directory, written like the product's `data/posture.toml`;
what they leave out stays as the product has it.
"""

from importlib import resources
from pathlib import Path

from schooldrum_collector.judge.posture_policy import Faulty, Policies, read

SHIPPED_FILE = "posture.toml"
POLICY_FILE = "posture-policy.toml"
LARGEST = 4 << 20


class Unusable(ValueError):  # noqa: N818 - it names the file's state
    """The office's rules cannot be used; the sentence names the file and what is wrong in it."""


def shipped() -> Policies:
    """The rules that come with the program."""
    return read((resources.files("schooldrum_collector") / "data" / SHIPPED_FILE).read_text("utf-8"))


def load(directory: Path) -> tuple[Policies, ...]:
    """The rules in force with those of this data directory, in the order in which `in_force` takes them.

    Raises:
        Unusable: the office's file cannot be read, or something in it cannot be used.
    """
    path = directory / POLICY_FILE
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        return (shipped(),)
    except OSError as trouble:
        raise Unusable(f"{path}: cannot be read ({trouble.strerror})") from trouble
    if len(raw) > LARGEST:
        raise Unusable(f"{path}: larger than {LARGEST} bytes")
    try:
        return shipped(), read(raw.decode("utf-8-sig"))
    except (UnicodeDecodeError, Faulty) as trouble:
        raise Unusable(f"{path}: {trouble}") from trouble
