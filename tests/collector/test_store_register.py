"""The register: all or nothing, each alias once, and in memory as soon as it is written, by whomever."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from schooldrum_collector.store.interface import Store, Writer
from schooldrum_collector.store.records import (
    EVERYTHING,
    Area,
    Change,
    Credential,
    Machine,
    MachineState,
    Room,
    RoomToken,
    School,
    Scope,
    Ticket,
)

NOON = 1_790_000_000.0
Opened = Callable[..., Store]
Enrol = Callable[..., Machine]


def test_what_is_put_can_be_read_in_the_transaction_and_after_it(store: Store):
    area = Area(path="hn/q3", name="Quận 3", level="quận")
    school = School(code="TH-A", name="Tiểu học A", area="hn/q3", level="TH", salt="ff00")
    room = Room(school="TH-A", site="cs2", code="tin1", name="Phòng Tin 1", kind="lab", seats=40, always_on=True)
    machine = Machine(
        id="m1",
        school="TH-A",
        site="cs2",
        room="tin1",
        alias="tin1-01",
        seat=1,
        state=MachineState.PENDING,
        fingerprint={"uuid": ("a",), "mac": ("b", "c")},
        enrolled=NOON,
        conflict=True,
        pending_reason="seats",
    )
    credential = Credential(digest="d", machine="m1", issued=NOON)
    token = RoomToken(id="t1", digest="x", path=room.path, uses=40, expires=NOON + 7 * 86400, made=NOON)
    with store.writing() as writer:
        assert (writer.area("hn/q3"), writer.school("TH-A"), writer.room(room.path)) == (None, None, None)
        assert (writer.machine("m1"), writer.credential("d"), writer.token("t1")) == (None, None, None)
        writer.put_area(area)
        writer.put_school(school)
        writer.put_room(room)
        writer.put_machine(machine)
        writer.put_credential(credential)
        writer.put_token(token)
        writer.put_setting("TH-A", {"beat": 30, "pace": {"cpu": 60}})
        assert writer.areas() == [area]
        assert writer.schools(EVERYTHING) == [school]
        assert writer.rooms(Scope(area="hn")) == [room]
        assert writer.rooms(Scope(area="hp")) == []
        assert writer.machine("m1") == machine
        assert writer.machines_of_room(room.path) == writer.machines_of_school("TH-A") == [machine]
        assert writer.credentials_of("m1") == [writer.credential("d")] == [credential]
        assert writer.tokens(Scope(school="TH-A")) == [writer.token("t1")] == [token]
        assert writer.tokens(Scope(school="TH-B")) == []
        assert writer.setting("TH-A") == {"beat": 30, "pace": {"cpu": 60}}
        assert writer.setting("") == {}
    register = store.register()
    assert register.areas == {"hn/q3": area}
    assert register.schools == {"TH-A": school}
    assert register.rooms == {"TH-A/cs2/tin1": room}
    assert register.machines == {"m1": machine}
    assert register.by_school == {"TH-A": ("m1",)}
    assert register.settings == {"TH-A": {"beat": 30, "pace": {"cpu": 60}}}
    assert store.who("d") == credential
    revoked = msgspec.structs.replace(credential, revoked=NOON + 5)
    with store.writing() as writer:
        writer.put_credential(revoked)
    assert store.who("d") == revoked


def test_an_exception_undoes_all(store: Store, enrol: Enrol):
    enrol(store, "m1")
    before = store.register()

    def fail(writer: Writer) -> None:
        writer.put_area(Area(path="x", name="x"))
        writer.forget_machine("m1")
        raise LookupError

    with pytest.raises(LookupError), store.writing() as writer:
        fail(writer)
    assert store.register() == before
    with store.writing() as writer:
        assert writer.machine("m1")
        assert writer.area("x") is None


def test_an_alias_is_given_once_in_a_school(store: Store, enrol: Enrol):
    first, second = enrol(store, "m1"), enrol(store, "m2")
    with pytest.raises(ValueError, match="tin1-01"), store.writing() as writer:
        writer.put_machine(msgspec.structs.replace(second, alias=first.alias))
    with store.writing() as writer:
        writer.put_machine(msgspec.structs.replace(first, alias="tin1-99"))
        writer.put_machine(msgspec.structs.replace(second, alias="tin1-01"))
    assert store.register().by_school["DEMO"] == ("m2", "m1")


def test_the_version_of_settings_grows_with_settings_and_moves_alone(store: Store, enrol: Enrol):
    machine = enrol(store, "m1")
    version = store.register().settings_version

    def after(change: Callable[..., None]) -> int:
        with store.writing() as writer:
            change(writer)
        return store.register().settings_version

    assert after(lambda writer: writer.put_setting("", {"beat": 30})) == version + 1
    assert after(lambda writer: writer.put_setting("", {"beat": 30})) == version + 1
    assert after(lambda writer: writer.put_machine(msgspec.structs.replace(machine, alias="x"))) == version + 1
    assert after(lambda writer: writer.put_machine(msgspec.structs.replace(machine, room="tin2"))) == version + 2
    assert after(lambda writer: writer.put_school(School(code="DEMO", name="y", area="hn"))) == version + 2
    assert after(lambda writer: writer.put_school(School(code="DEMO", name="y", area="hp"))) == version + 3
    assert after(lambda writer: writer.put_setting("", {})) == version + 4
    assert store.register().settings == {}


def test_a_machine_moves_between_schools(store: Store, enrol: Enrol):
    machine = enrol(store, "m1", school="A")
    enrol(store, "m2", school="B")
    with store.writing() as writer:
        writer.put_machine(msgspec.structs.replace(machine, school="B", alias="tin1-02"))
    assert store.register().by_school == {"B": ("m2", "m1")}


def test_tickets_are_taken_once_and_run_out(opened: Opened, tmp_path: Path):
    now = [NOON]
    store = opened(tmp_path, clock=lambda: now[0])
    first = Ticket(digest="t1", credential="c", path="A/main/tin1", fingerprint="f", expires=NOON + 600)
    with store.writing() as writer:
        writer.put_ticket(first)
        assert writer.take_ticket("t1") == first
        assert writer.take_ticket("t1") is None
        writer.put_ticket(first)
    now[0] = NOON + 601
    with store.writing() as writer:
        writer.put_ticket(msgspec.structs.replace(first, digest="t2", expires=NOON + 1200))
        assert writer.take_ticket("t1") is None
        assert writer.take_ticket("t2")


def test_where_machines_came_in_is_remembered(store: Store, enrol: Enrol):
    for machine in ("m1", "m2"):
        enrol(store, machine)
    pending = msgspec.structs.replace(enrol(store, "m3"), state=MachineState.PENDING)
    with store.writing() as writer:
        writer.put_machine(pending)
        writer.note_enrolment("m2", "t1", "203.0.113.1", NOON)
        writer.note_enrolment("m1", "t1", "203.0.113.2", NOON)
        writer.note_enrolment("m1", "t1", "203.0.113.2", NOON + 1)
        writer.note_enrolment("m3", "t2", "203.0.113.9", NOON)
        assert writer.enrolled_by("t1") == ["m2", "m1"]
        assert writer.egresses("DEMO") == {"203.0.113.1", "203.0.113.2"}
        writer.forget_machine("m2")
        assert writer.enrolled_by("t1") == ["m1"]
        assert writer.egresses("DEMO") == {"203.0.113.2"}


def test_merging_needs_two_machines(store: Store, enrol: Enrol):
    enrol(store, "m1")
    for machine, into in (("m1", "m1"), ("m1", "none"), ("none", "m1")):
        with pytest.raises(ValueError, match="merged"), store.writing() as writer:
            writer.merge_machine(machine, into)


def test_the_audit_log_is_shown_in_scope(store: Store, enrol: Enrol):
    enrol(store, "m1", school="A", area="hn/q3")
    enrol(store, "m2", school="B", area="hn")
    with store.writing() as writer:
        for at, subject in enumerate(("A/main/tin1", "B", "m1", "m2", "hn/q3", "hn", "elsewhere", "")):
            writer.log(Change(at=NOON + at, actor="office", action="add", subject=subject, detail="…"))
    seen = {
        scope: [change.subject for change in store.changes(scope, NOON)]
        for scope in (EVERYTHING, Scope(area="hn/q3"), Scope(area="hn"), Scope(school="B"))
    }
    assert seen == {
        EVERYTHING: ["A/main/tin1", "B", "m1", "m2", "hn/q3", "hn", "elsewhere", ""],
        Scope(area="hn/q3"): ["A/main/tin1", "m1", "hn/q3"],
        Scope(area="hn"): ["A/main/tin1", "B", "m1", "m2", "hn/q3", "hn"],
        Scope(school="B"): ["B", "m2"],
    }
    assert [change.at for change in store.changes(EVERYTHING, NOON + 6)] == [NOON + 6, NOON + 7]


def test_transactions_wait_for_each_other(store: Store):
    counted = 20

    def count() -> None:
        for _ in range(5):
            with store.writing() as writer:
                value = writer.setting("").get("beat", 0)
                assert isinstance(value, int)
                writer.put_setting("", {"beat": value + 1})

    threads = [threading.Thread(target=count) for _ in range(counted // 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.register().settings == {"": {"beat": counted}}


def test_two_processes_change_the_register_and_see_each_other(opened: Opened, tmp_path: Path, enrol: Enrol):
    store, beside = opened(tmp_path), opened(tmp_path, serving=False)
    for number in range(5):
        enrol(store, f"s{number}", room="tin1")
        enrol(beside, f"c{number}", room="tin2")
    with beside.writing() as writer:
        # More than is read one by one: everything is read anew.
        for number in range(700):
            writer.put_room(Room(school="DEMO", code=f"p{number}", name="Phòng"))
        writer.forget_machine("s1")
    deadline = time.monotonic() + 1
    while store.register() != beside.register() and time.monotonic() < deadline:
        time.sleep(0.01)
    register = store.register()
    assert register == beside.register()
    assert len(register.rooms) == 702
    assert set(register.machines) == {"s0", "s2", "s3", "s4", "c0", "c1", "c2", "c3", "c4"}
    assert store.who("digest of s1") is None
    assert register.by_school["DEMO"] == tuple(
        sorted(register.machines, key=lambda machine: register.machines[machine].alias)
    )
