"""When machines are judged: after new rows, each day they are heard, each day at all, and when what judges changed."""

import asyncio
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schooldrum_collector.app.appraising import Appraising, Paces
from schooldrum_collector.app.dated_lists import SHIPPED, DatedLists, put, understood
from schooldrum_collector.app.judging_rules import JudgingRules
from schooldrum_collector.judge.settings import SUPPORT_PLAN
from schooldrum_collector.judge.support import SupportState
from schooldrum_collector.store.office_file import Unusable
from schooldrum_collector.store.posture_rules import POLICY_FILE, load
from schooldrum_collector.store.records import (
    EVERYTHING,
    Area,
    Arrival,
    Machine,
    MachineState,
    Room,
    School,
)
from schooldrum_collector.store.sqlite import SqliteStore, open_store
from schooldrum_wire.encoding import encode
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.result import Result
from schooldrum_wire.section import Values

DAY = 86400.0
MORNING = 1_795_400_000.0  # 2026-11-23 09:13 in Vietnam
SYSTEM: Values = {"system": "linux", "product": "debian", "release": "12", "foundation": "bookworm"}
DISK: Values = {"disk": "sda", "bus": "sata", "model": "ST500", "passed": True}


class Clock:
    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[SqliteStore]:
    store = open_store(tmp_path, clock=clock)
    with store.writing() as writer:
        writer.put_area(Area(path="hn", name="hn"))
        writer.put_school(School(code="DEMO", name="DEMO", area="hn"))
        writer.put_room(Room(school="DEMO", code="tin1", name="Tin 1"))
        for seat in (1, 2, 3):
            writer.put_machine(
                Machine(
                    id=f"m{seat}",
                    school="DEMO",
                    site="main",
                    room="tin1",
                    alias=f"tin1-{seat:02}",
                    seat=seat,
                    state=MachineState.ACTIVE,
                    fingerprint={},
                    enrolled=MORNING,
                )
            )
    yield store
    store.close()


@pytest.fixture
def failures() -> list[int]:
    return []


@pytest.fixture
def appraising(store: SqliteStore, tmp_path: Path, clock: Clock, failures: list[int]) -> Appraising:
    rules = JudgingRules(tmp_path, DatedLists(tmp_path))
    paces = Paces(gather=0.01, sweep=0.2)
    return Appraising(store, rules, now=clock, failed=lambda: failures.append(1), paces=paces)


async def heard(
    store: SqliteStore,
    machine: str,
    at: float,
    *,
    outcome: str = "ok",
    frozen: bool | None = None,
    **rows: tuple[Values, ...],
) -> None:
    result = Result(probe="operating_system", seq=1, outcome=outcome, boottime=990.0, wall=at)
    report = Report(run="r", boot="b", live=True, results=(result,))
    body = zlib.compress(encode(Delivery(reports=(report,), now=Now(boot="b", boottime=1000.0, wall=at))), wbits=31)
    await store.append(
        Arrival(
            machine=machine,
            received=at,
            body=body,
            live=body,
            run="r",
            boot="b",
            clock=at - 1000,
            skew=0.0,
            beat=60,
            frozen=frozen,
            rows={name: (f"{hash(str(listed))}", listed) for name, listed in rows.items()},
        )
    )


def judged(store: SqliteStore, machine: str) -> Any:
    found = store.appraisal_of(EVERYTHING, machine)
    return found and found.verdicts


async def test_who_is_due(store: SqliteStore, appraising: Appraising, clock: Clock, tmp_path: Path):
    assert appraising.due() == []
    await heard(store, "m1", clock.now, operating_system=(SYSTEM,))
    await heard(store, "m2", clock.now, operating_system=(SYSTEM,))
    assert sorted(appraising.due()) == ["m1", "m2"]
    assert appraising.look_at(["m1", "m2", "m3", "nobody"]) == 2
    assert appraising.due() == []
    # It goes on reporting.
    clock.now += 3 * 3600
    await heard(store, "m1", clock.now)
    assert appraising.due() == []
    clock.now += 3 * 3600
    await heard(store, "m1", clock.now)
    assert appraising.due() == ["m1"]
    appraising.look_at(["m1"])
    # Another day: dates move for those that are off, too.
    clock.now = MORNING + DAY
    assert sorted(appraising.due()) == ["m1", "m2"]
    appraising.look_at(["m1", "m2"])
    clock.now += 600
    await heard(store, "m2", clock.now)
    assert appraising.due() == ["m2"]
    appraising.look_at(["m2"])
    assert appraising.due() == []
    # What it is judged by: a plan of the school, a policy of the office, a machine's place.
    with store.writing() as writer:
        writer.put_setting("DEMO", {"support_planned_until": "2027-06-30"})
    assert sorted(appraising.due()) == ["m1", "m2"]
    appraising.look_at(["m1", "m2"])
    assert judged(store, "m1").support.planned.isoformat() == "2027-06-30"
    (tmp_path / POLICY_FILE).write_text('dated = 2026-11-23\n[[rule]]\nplace = "DEMO"\nmost_patch_days = 30\n')
    assert sorted(appraising.due()) == ["m1", "m2"]
    appraising.look_at(["m1", "m2"])
    # A clock that was ahead and is set back.
    clock.now = MORNING
    assert sorted(appraising.due()) == ["m1", "m2"]
    with store.writing() as writer:
        known = writer.machine("m1")
        assert known
        writer.put_machine(msgspec.structs.replace(known, state=MachineState.RETIRED))
    assert appraising.due() == ["m2"]
    assert appraising.look_at(["m1"]) == 0


@pytest.mark.parametrize("outcome", ["denied", "timed_out", "failed"])
async def test_a_pc_none_of_whose_probes_may_look_is_judged_as_not_known(
    store: SqliteStore, appraising: Appraising, clock: Clock, outcome: str
):
    await heard(store, "m1", clock.now, outcome=outcome)
    await heard(store, "m2", clock.now)
    # What is well and has no rows yet is waited for.
    assert appraising.look_at(["m1", "m2"]) == 1
    assert appraising.due() == ["m2"]
    checks = {check.name: (check.verdict.value, *check.reasons) for check in judged(store, "m1").checks}
    assert checks["supported_system"] == ("unknown", "denied" if outcome == "denied" else "failed")
    assert checks["firewall"] == ("unknown", "not_yet")
    # As soon as it may look, it is judged by what it sees.
    clock.now += 60
    await heard(store, "m1", clock.now, operating_system=(SYSTEM,))
    assert appraising.look_at(["m1"]) == 1
    assert judged(store, "m1").support.state is SupportState.ENDED


async def test_new_rows_are_judged_at_once_and_changed_parts_are_written_down(
    store: SqliteStore, appraising: Appraising, clock: Clock
):
    task = asyncio.create_task(appraising.run())
    try:
        for model in ("ST500", "KINGSTON", "KINGSTON"):
            clock.now += 60
            await heard(store, "m1", clock.now, disks=({**DISK, "model": model},), operating_system=(SYSTEM,))
            appraising.rows_came("m1")
            deadline = time.monotonic() + 10
            while (known := store.appraisals(EVERYTHING, ["m1"])) == [] or known[0].at < clock.now:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    changes = store.changes_of(EVERYTHING, "m1", 10)
    assert [(one.actor, one.action, one.detail) for one in changes] == [
        ("collector", "disks.swapped", "ST500 -> KINGSTON")
    ]
    assert judged(store, "m1").disks[0].found.verdict == "ok"


@pytest.mark.parametrize("together", [True, False])
async def test_two_equal_disks_that_changed_places_name_the_pc_they_were_in(
    store: SqliteStore, appraising: Appraising, clock: Clock, *, together: bool
):
    def disk(serial: str) -> Values:
        return {**DISK, "serial": serial * 16}

    for machine, serial in (("m1", "a"), ("m2", "b"), ("m3", "c")):
        await heard(store, machine, clock.now, operating_system=(SYSTEM,), disks=(disk(serial),))
    appraising.look_at(["m1", "m2", "m3"])
    clock.now += 60
    for machine, serial in (("m1", "b"), ("m2", "a"), ("m3", "d")):
        await heard(store, machine, clock.now, disks=(disk(serial),))
    for batch in [["m1", "m2", "m3"]] if together else [["m1"], ["m2"], ["m3"]]:
        appraising.look_at(batch)
    details = {one: [change.detail for change in store.changes_of(EVERYTHING, one, 10)] for one in ("m1", "m2", "m3")}
    assert details == {
        "m1": ["ST500 -> ST500; from m2"],
        "m2": ["ST500 -> ST500; from m1"],
        "m3": ["ST500 -> ST500"],
    }


async def test_a_machine_whose_memory_is_broken_stops_no_other_from_being_judged(
    store: SqliteStore, appraising: Appraising, clock: Clock, tmp_path: Path
):
    for machine, serial in (("m1", "a"), ("m2", "b")):
        await heard(store, machine, clock.now, operating_system=(SYSTEM,), disks=({**DISK, "serial": serial * 16},))
    appraising.look_at(["m1", "m2"])
    with closing(sqlite3.connect(tmp_path / "schooldrum.sqlite3")) as connection, connection:
        connection.execute("UPDATE appraisals SET memory = x'00' WHERE stream = (SELECT max(stream) FROM appraisals)")
    await heard(store, "m1", clock.now, disks=({**DISK, "serial": "e" * 16},))
    assert appraising.look_at(["m1"]) == 1
    assert [one.detail for one in store.changes_of(EVERYTHING, "m1", 10)] == ["ST500 -> ST500"]


async def test_a_machine_that_cannot_be_judged_is_counted_told_once_and_stops_nobody(
    store: SqliteStore, appraising: Appraising, clock: Clock, failures: list[int], caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
):  # fmt: skip
    for machine in ("m1", "m2"):
        await heard(store, machine, clock.now, operating_system=(SYSTEM,))
    appraising.look_at(["m1"])
    with closing(sqlite3.connect(tmp_path / "schooldrum.sqlite3")) as connection, connection:
        connection.execute("UPDATE appraisals SET memory = x'00'")
    for _ in range(3):
        assert appraising.look_at(["m1", "m2"]) == 1
    assert len(failures) == 3
    assert sum("m1 cannot be judged" in record.message for record in caplog.records) == 1
    assert judged(store, "m2")
    assert [one.machine for one in store.appraisals(EVERYTHING, ["m1"])] == ["m1"]


async def test_a_policy_that_cannot_be_used_leaves_the_one_before_in_force(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    rules = JudgingRules(tmp_path, DatedLists(tmp_path))
    shipped = rules.in_force()
    assert rules.in_force() is shipped
    path = tmp_path / POLICY_FILE
    path.write_text("dated = 2026-11-23\n[[rule]]\nmost_administrators = 5\n")
    ours = rules.in_force()
    assert ours.mark != shipped.mark
    assert ours.rules.posture[1].rule[0].most_administrators == 5
    path.write_text("dated = yesterday\n")
    assert rules.in_force().rules.posture == ours.rules.posture
    assert rules.in_force().rules.posture == ours.rules.posture
    assert sum("are judged by" in record.message for record in caplog.records) == 1
    for wrong in (b"\xff\xfe", b"dated = 2026-11-23\n[[rule]]\nmost_patch_days = 0\n", b" " * (5 << 20)):
        path.write_bytes(wrong)
        with pytest.raises(Unusable, match=POLICY_FILE):
            load(tmp_path)


def _edited(raw: bytes) -> bytes:
    """The shipped support list of the same day, in which Debian 12 never ends."""
    content = msgspec.json.decode(raw)
    for one in content["linux"]:
        if (one["product"], one["release"]) == ("debian", "12"):
            one["end"] = one["extended"] = "2039-12-31"
    return msgspec.json.encode(content)


async def test_a_list_changed_within_its_day_is_judged_by_at_once(store: SqliteStore, clock: Clock, tmp_path: Path):
    paces = Paces(gather=0.01, sweep=3600.0, rules=0.05)
    appraising = Appraising(store, JudgingRules(tmp_path, DatedLists(tmp_path)), now=clock, paces=paces)
    await heard(store, "m1", clock.now, operating_system=(SYSTEM,))
    task = asyncio.create_task(appraising.run())
    try:
        await _judged_until(store, "m1", SupportState.ENDED)
        raw = _edited((SHIPPED / "support.json").read_bytes())
        put(tmp_path, understood(raw), raw)
        await _judged_until(store, "m1", SupportState.SUPPORTED)
    finally:
        task.cancel()


async def test_a_plan_that_is_set_is_shown_at_once(store: SqliteStore, clock: Clock, tmp_path: Path):
    paces = Paces(gather=0.01, sweep=3600.0, rules=0.05)
    appraising = Appraising(store, JudgingRules(tmp_path, DatedLists(tmp_path)), now=clock, paces=paces)
    await heard(store, "m1", clock.now, operating_system=(SYSTEM,))
    task = asyncio.create_task(appraising.run())
    try:
        await _judged_until(store, "m1", SupportState.ENDED)
        for planned in (date(2030, 5, 1), date(2031, 5, 1), None):
            with store.writing() as writer:
                writer.put_setting("DEMO/main/tin1", {SUPPORT_PLAN: f"{planned}"} if planned else {})
            async with asyncio.timeout(20):
                while judged(store, "m1").support.planned != planned:  # noqa: ASYNC110 - the store wakes nobody
                    await asyncio.sleep(0.02)
    finally:
        task.cancel()


async def _judged_until(store: SqliteStore, machine: str, state: SupportState) -> None:
    async with asyncio.timeout(20):
        while (verdicts := judged(store, machine)) is None or verdicts.support.state is not state:  # noqa: ASYNC110 - the store wakes nobody
            await asyncio.sleep(0.02)


WINDOWS: Values = {
    "system": "windows", "product": "Windows 11", "release": "25H2", "edition": "Professional", "build": 26200,
}  # fmt: skip


@pytest.mark.parametrize("frozen", [True, False])
async def test_what_is_installed_by_day_and_forgotten_by_night_goes_on_waiting(
    store: SqliteStore, appraising: Appraising, clock: Clock, *, frozen: bool
):
    waits: Values = {"update": "KB5000001", "kind": "security", "published": "2026-11-10"}
    for day in range(18):
        clock.now = MORNING + day * DAY
        on = (date(2026, 11, 23) + timedelta(days=day)).isoformat()
        # Heard again, due for the new day, and looked at before its slow probes have run.
        await heard(store, "m1", clock.now, frozen=frozen)
        appraising.look_at(appraising.due())
        history: Values = {"last_scan": on, "last_success": "2026-11-01"}
        looks: list[tuple[int, tuple[Values, ...], Values]] = [
            (8973, (waits,), history), (8973, (), {**history, "last_success": on}),
            (9060, (), {**history, "last_success": on}),
        ]  # fmt: skip
        for revision, updates, told in looks:
            clock.now += 3600
            system: Values = {**WINDOWS, "revision": revision}
            await heard(
                store, "m1", clock.now, frozen=frozen, operating_system=(system,), updates=updates,
                update_history=(told,),
            )  # fmt: skip
            appraising.look_at(["m1"])
    patches = judged(store, "m1").patches
    # Of the first day a part alone, and of the last.
    assert (patches.state, patches.age_days, patches.count) == (("frozen", 16, 1) if frozen else ("current", 0, 0))
