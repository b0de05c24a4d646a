"""How a document of Prometheus or Alertmanager is written, and read, as YAML."""

from collections.abc import Mapping
from typing import Any

import yaml

_WIDTH = 120


class Unreadable(ValueError):  # noqa: N818 - it names the text's state
    """The text is no YAML mapping; the sentence says where and why."""


class _Plain(yaml.SafeDumper):
    """Lists stand in from their key, and nothing is said by reference: people read these files."""

    def ignore_aliases(self, data: Any) -> bool:
        """Always."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002 - PyYAML's
        """Never without indentation."""
        del indentless
        super().increase_indent(flow, indentless=False)


def written(document: Mapping[str, object], *about: str) -> str:
    """The document under these lines of comment."""
    head = "".join(f"# {line}\n" if line else "#\n" for line in about)
    return head + yaml.dump(
        dict(document), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=_WIDTH, default_flow_style=False
    )


def understood(text: str) -> dict[str, Any]:
    """What stands in the text, every plain value as text.

    Raises:
        Unreadable: it is no mapping, or says a key twice.
    """
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise Unreadable("expected keys (key: value) at the beginning of lines")
        keys = [str(key.value) for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise Unreadable(f"twice in it: {', '.join(twice)}")
        # BaseLoader makes nothing but text, lists and mappings.
        found: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - as said above
    except (yaml.YAMLError, RecursionError) as trouble:
        raise Unreadable(" ".join(str(trouble).split())) from trouble
    return found
