"""The privacy notice names everything that can leave a PC, and is the one that is committed."""

from pathlib import Path

import msgspec

from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.messages import EnrolRequest
from schooldrum_wire.privacy import FIELDS, notice
from schooldrum_wire.report import Delivery

COMMITTED = Path(__file__).parents[2] / "PRIVACY.md"


def _structs_within(struct: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    found = {struct}
    kinds = list(msgspec.inspect.type_info(struct).fields)  # type: ignore[attr-defined]  # a struct's info has fields
    pending = [field.type for field in kinds]
    while pending:
        kind = pending.pop()
        for name in ("item_type", "value_type", "types"):
            inner = getattr(kind, name, None)
            pending.extend(inner if isinstance(inner, tuple) else [inner] if inner is not None else [])
        if isinstance(kind, msgspec.inspect.StructType) and kind.cls not in found and not kind.array_like:
            found |= _structs_within(kind.cls)
    return found


def test_every_field_that_travels_is_explained():
    travelling = _structs_within(Delivery) | _structs_within(EnrolRequest)
    assert travelling == set(FIELDS)
    for struct, fields in FIELDS.items():
        assert list(fields) == list(struct.__struct_fields__)


def test_every_figure_and_every_column_is_named():
    page = notice()
    assert all(
        f"`{metric.name}`" in page for metric in METRICS.values() if not metric.by_collector and not metric.until
    )
    for section in SECTIONS.values():
        assert f"`{section.name}`" in page
        assert all(f"`{column.name}`" in page for column in section.columns)


def test_the_committed_notice_is_the_generated_one():
    assert COMMITTED.read_text(encoding="utf-8") == notice(), "run: make docs"
