from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent import ledger as ledger_module
from schooldrum_agent.ledger import Ledger
from schooldrum_agent.probe import Probe
from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.catalogue.disk import VOLUMES
from schooldrum_wire.catalogue.host import HOST
from schooldrum_wire.catalogue.memory import MEMORY_SIZE_BYTES
from schooldrum_wire.encoding import decode_result
from schooldrum_wire.fence import Fence, folded_names
from schooldrum_wire.result import Finding, Outcome
from schooldrum_wire.section import Row

DISK = Probe("disk", every=60, timeout=5, on={}, sections=("volumes",))
HOST_PROBE = Probe("host", every=60, timeout=5, on={}, sections=("host",), bulk=False)


def found(probe: Probe, *rows: Row, outcome: Outcome = Outcome.OK, **more: Any) -> Finding:
    return Finding(
        probe=probe.name, outcome=outcome, boottime=1.0, wall=2.0, rows=tuple(rows), sections=probe.sections, **more
    )


def test_results_are_numbered_from_one_and_handed_out_once():
    ledger = Ledger(Fence())
    ledger.take(DISK, found(DISK))
    ledger.take(HOST_PROBE, found(HOST_PROBE))
    new = ledger.take_new()
    assert [(one.seq, one.bulk, decode_result(one.body).probe) for one in new] == [
        (1, True, "disk"),
        (2, False, "host"),
    ]
    assert ledger.take_new() == []
    ledger.take(DISK, found(DISK))
    assert [one.seq for one in ledger.newest()] == [3, 2]


def test_a_section_that_its_probe_could_not_read_stays_as_it_was():
    ledger = Ledger(Fence())
    ledger.take(DISK, found(DISK, VOLUMES(volume="C:")))
    before = ledger.digests()
    ledger.take(DISK, found(DISK, outcome=Outcome.FAILED))
    assert ledger.digests() == before
    ledger.take(DISK, found(DISK))
    assert ledger.digests() == {"volumes": SECTIONS["volumes"].digest([])}
    assert ledger.changed(before) == {"volumes": []}


def test_the_digest_is_of_what_leaves_and_only_changes_travel():
    ledger = Ledger(Fence(names=folded_names(["Nguyen Van Canary"])))
    ledger.take(DISK, found(DISK, VOLUMES(volume="C:", label="one"), VOLUMES(volume="Nguyễn Văn Canary")))
    rows = ledger.changed({})["volumes"]
    assert {"volume": "C:"} in rows
    assert "anary" not in str(rows)
    assert SECTIONS["volumes"].digest(rows) == ledger.digests()["volumes"]
    ledger.take(DISK, found(DISK, VOLUMES(volume="C:", label="two"), VOLUMES(volume="Nguyễn Văn Canary")))
    assert ledger.changed(ledger.digests()) == {}


def test_a_personal_label_leaves_no_reading_and_reasons_are_cleaned():
    ledger = Ledger(Fence(names=folded_names(["canary"])))
    ledger.take(
        DISK, found(DISK, outcome=Outcome.FAILED, reason="OSError: /home/canary/x", readings=(MEMORY_SIZE_BYTES(1),))
    )
    assert b"canary" not in ledger.newest()[0].body


def test_what_is_found_again_is_listed_as_it_was_and_a_new_account_is_blanked_in_it():
    ledger = Ledger(Fence(salt=b"a"))
    rows = VOLUMES(volume="C:"), VOLUMES(volume="canary")
    ledger.take(DISK, found(DISK, *rows))
    before = ledger._sections["volumes"]
    ledger.take(DISK, found(DISK, *rows))
    assert ledger._sections["volumes"] is before
    ledger.fence = Fence(names=folded_names(["canary"]), salt=b"a")
    ledger.take(DISK, found(DISK, *rows))
    assert "canary" not in str(ledger.changed({}))
    ledger.take(DISK, found(DISK, *rows[:1]))
    assert ledger.changed({}) == {"volumes": [{"volume": "C:"}]}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=3), st.integers(1, 4000))
def test_law_sections_travel_within_the_bound_or_alone_and_all_get_their_turn(sizes, bound):
    ledger = Ledger(Fence())
    volumes = [VOLUMES(volume=str(number)) for number in range(sizes[0])]
    ledger.take(DISK, found(DISK, *volumes))
    if len(sizes) > 1:
        ledger.take(HOST_PROBE, found(HOST_PROBE, *[HOST(system=str(number)) for number in range(sizes[1])]))
    acknowledged: dict[str, str] = {}
    before = ledger_module.ROWS_BYTES
    ledger_module.ROWS_BYTES = bound
    try:
        for _ in range(len(ledger.digests())):
            rows = ledger.changed(acknowledged)
            assert rows
            assert len(rows) == 1 or sum(len(msgspec.json.encode(each)) for each in rows.values()) <= bound
            acknowledged |= {name: ledger.digests()[name] for name in rows}
            if acknowledged == ledger.digests():
                break
        assert acknowledged == ledger.digests()
    finally:
        ledger_module.ROWS_BYTES = before
