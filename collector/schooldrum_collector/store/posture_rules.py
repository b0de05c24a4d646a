"""What the safety checks ask for, as it lies in files: the product's own rules, and the office's beside them.

The office's rules are `posture-policy.toml` in the data directory, written like the product's `data/posture.toml`;
what they leave out stays as the product has it.
"""

from importlib import resources
from pathlib import Path

from schooldrum_collector.judge.faults import Faulty
from schooldrum_collector.judge.posture_policy import Policies, read
from schooldrum_collector.store.office_file import Unusable, text

SHIPPED_FILE = "posture.toml"
POLICY_FILE = "posture-policy.toml"
LARGEST = 4 << 20


def shipped() -> Policies:
    """The rules that come with the program."""
    return read((resources.files("schooldrum_collector") / "data" / SHIPPED_FILE).read_text("utf-8"))


def load(directory: Path) -> tuple[Policies, ...]:
    """The rules in force with those of this data directory, in the order in which `in_force` takes them.

    Raises:
        Unusable: the office's file cannot be read, or something in it cannot be used.
    """
    path = directory / POLICY_FILE
    written = text(path, LARGEST)
    if written is None:
        return (shipped(),)
    try:
        return shipped(), read(written)
    except Faulty as trouble:
        raise Unusable(path, trouble.faults) from trouble
