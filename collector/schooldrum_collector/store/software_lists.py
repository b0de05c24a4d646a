"""The list of known products and an office's own lists of forbidden and approved ones, as they lie in files.

The list of products comes with the program; one of the same name in the data directory is used where it is newer. The
office's lists are `software-policy.toml` in the data directory; without that file nothing is forbidden.
"""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from schooldrum_collector.judge.faults import Faulty, toml
from schooldrum_collector.judge.products import NO_PRODUCTS, Catalogue, catalogue
from schooldrum_collector.judge.software import Policy, policy
from schooldrum_collector.store.office_file import Unusable, text

CATALOGUE_FILE = "software.toml"
POLICY_FILE = "software-policy.toml"
LARGEST = 4 << 20


class Lists(msgspec.Struct, frozen=True, kw_only=True):
    """Known products and the office's lists. `has_policy` is whether the office has written any."""

    catalogue: Catalogue
    policy: Policy
    has_policy: bool


def shipped() -> Catalogue:
    """The list of products that comes with the program."""
    return catalogue(tomllib.loads(_shipped_text()))


def _shipped_text() -> str:
    return (resources.files("schooldrum_collector") / "data" / CATALOGUE_FILE).read_text("utf-8")


def load(directory: Path) -> Lists:
    """The lists in force, with the files of this data directory.

    Raises:
        Unusable: a file cannot be read or something in it cannot be used.
    """
    own = _table(directory / POLICY_FILE)
    more = (own or {}).get("product", [])
    if not isinstance(more, list):
        raise Unusable(directory / POLICY_FILE, [NO_PRODUCTS])
    known = _catalogue(directory / CATALOGUE_FILE, more, directory / POLICY_FILE)
    try:
        lists = policy(own or {}, known)
    except Faulty as trouble:
        raise Unusable(directory / POLICY_FILE, trouble.faults) from trouble
    return Lists(catalogue=known, policy=lists, has_policy=own is not None)


def _catalogue(newer: Path, more: list[Any], written_in: Path) -> Catalogue:
    ours = tomllib.loads(_shipped_text())
    given = _table(newer)
    if given is not None:
        try:
            brought = catalogue(given)
        except Faulty as trouble:
            raise Unusable(newer, trouble.faults) from trouble
        if brought.dated >= shipped().dated:
            ours = given
    try:
        return catalogue(ours, more)
    except Faulty as trouble:
        raise Unusable(written_in, trouble.faults) from trouble


def _table(path: Path) -> dict[str, Any] | None:
    written = text(path, LARGEST)
    if written is None:
        return None
    try:
        return toml(written)
    except Faulty as trouble:
        raise Unusable(path, trouble.faults) from trouble
