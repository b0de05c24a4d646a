"""From what neighbours report of each other to what people read: real deliveries in a real store."""

import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from schooldrum_collector.app.appointing import Appointing
from schooldrum_collector.app.watching import Watching
from schooldrum_collector.judge.fault import Kind, Level, Place
from schooldrum_collector.judge.neighbourhood import around_of, machines_by_code
from schooldrum_collector.judge.presence import GOODBYE, Hearing
from schooldrum_collector.judge.settings import granted, observer_role
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Arrival, Machine, MachineState
from schooldrum_wire.around import member_code
from schooldrum_wire.encoding import encode
from schooldrum_wire.fingerprint import tidy
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.result import Result
from schooldrum_wire.section import Values

BEGIN = 1_790_125_200.0
"""Wednesday 23 September 2026, 08:00 in Vietnam: school hours."""
BEAT = 60
WELL = tuple(
    Reading("school_ladder_step_success", 1.0, {"step": step, "family": "ipv4"})
    for step in ("link", "address", "gateway", "collector")
)
HOME, CAFE, NEW = "a" * 16, "b" * 16, "c" * 16


def mac(number: int) -> str:
    return f"00:1b:21:00:00:{number:02x}"


def fingerprint(number: int) -> dict[str, tuple[str, ...]]:
    return tidy({"uuid": [f"uuid number {number}"], "mac": [mac(number)]})


class Lab:
    """A school's PCs, numbered through its rooms, and the collector's clock."""

    def __init__(self, store: Store, machines: list[Machine]) -> None:
        self.store = store
        self.machines = machines
        self.at = BEGIN
        hearing = Hearing(away=BEGIN - 86400, back=BEGIN - 86400)
        self.watching = Watching(store, now=lambda: self.at, hearing=lambda: hearing)
        self.appointing = Appointing(store, now=lambda: self.at, hearing=lambda: hearing)

    async def beat(
        self,
        *,
        quiet: set[int] = frozenset(),  # type: ignore[assignment]  # never changed
        seers: dict[int, dict[int, float]] | None = None,
        networks: dict[int, str] | None = None,
        away: set[int] = frozenset(),  # type: ignore[assignment]  # never changed
        guards: dict[int, str] | None = None,
        leaving: set[int] = frozenset(),  # type: ignore[assignment]  # never changed
    ) -> None:
        """A beat in which `seers` see others (by number, with ages); `guards` are what antivirus they have.

        Who is `leaving` says goodbye.
        """
        self.at += BEAT
        for number, machine in enumerate(self.machines):
            if number in quiet:
                continue
            sees = {member_code(mac(other)): age for other, age in (seers or {}).get(number, {}).items()}
            report = Report(
                run="r1",
                boot="b1",
                live=True,
                results=(
                    Result(
                        probe="ladder",
                        seq=int(self.at - BEGIN),
                        outcome="ok",
                        boottime=self.at - BEGIN + 990.0,
                        wall=self.at - 10,
                        readings=WELL,
                    ),
                ),
                network=(networks or {}).get(number, HOME),
                elsewhere=number in away,
                sees=sees,
            )
            now = Now(boot="b1", boottime=self.at - BEGIN + 1000.0, wall=self.at)
            body = zlib.compress(encode(Delivery(reports=(report,), now=now)), wbits=31)
            guard: Values = {"product": (guards or {}).get(number), "maker": "other", "state": "on", "installed": True}
            await self.store.append(
                Arrival(
                    machine=machine.id,
                    received=self.at,
                    body=body,
                    live=body,
                    run="r1",
                    boot="b1",
                    clock=BEGIN - 1000.0,
                    skew=0.0,
                    beat=BEAT,
                    frozen=False,
                    word=GOODBYE if number in leaving else "",
                    word_kind="shutdown" if number in leaving else "",
                    rows={"antivirus": (f"digest of {guard['product']}", (guard,))} if guards else {},
                )
            )
        self.watching.look()


@pytest.fixture
def lab(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Lab:
    holder: list[Lab] = []
    store = opened(tmp_path / "data", clock=lambda: holder[0].at if holder else BEGIN)
    machines = []
    for number, room in enumerate(("tin1",) * 4 + ("tin2",) * 4):
        known = enrol(store, f"pc-{number}", school="BM", area="hn", room=room)
        with store.writing() as writer:
            machine = msgspec.structs.replace(known, fingerprint=fingerprint(number))
            writer.put_machine(machine)
        machines.append(machine)
    holder.append(Lab(store, machines))
    return holder[0]


async def test_two_that_neighbours_see_are_mute_and_the_antivirus_is_named(lab: Lab):
    guards = {number: "Diệt Virus X" if number < 2 else "Defender" for number in range(8)}
    for _ in range(3):
        await lab.beat(guards=guards)
    assert not lab.store.incidents(EVERYTHING)
    for _ in range(6):
        await lab.beat(quiet={0, 1}, seers={2: {0: 20.0, 1: 30.0}, 5: {0: 40.0, 1: 5.0}})
    (incident,) = lab.store.incidents(EVERYTHING)
    assert (incident.kind, incident.place) == (Kind.MUTE, Place(Level.ROOM, "BM/main/tin1"))
    assert set(incident.blamed) == {"pc-0", "pc-1"}
    assert incident.evidence.names["guard"] == ("Diệt Virus X",)


@pytest.mark.parametrize(
    "seers",
    [
        {},
        {2: {0: 400.0, 1: 400.0}, 5: {0: 400.0, 1: 400.0}},
    ],
)
async def test_who_is_not_seen_or_was_seen_before_is_not_mute(lab: Lab, seers):
    await lab.beat()
    for _ in range(5):
        await lab.beat(quiet={0, 1}, seers=seers)
    assert all(one.kind is not Kind.MUTE for one in lab.store.incidents(EVERYTHING))


async def test_who_is_away_says_nothing_of_the_school(lab: Lab):
    await lab.beat()
    for _ in range(6):
        await lab.beat(quiet=set(range(7)), away={7}, networks={7: CAFE})
    (incident,) = lab.store.incidents(EVERYTHING)
    assert set(incident.blamed) == {f"pc-{number}" for number in range(7)}, "all who are there, and only they"


async def test_observers_are_appointed_told_and_kept(lab: Lab):
    before = lab.store.register().settings_version
    await lab.beat()
    await lab.appointing.look()
    register = lab.store.register()
    chosen = {one for one, held in register.observers.items() if observer_role(register, register.machines[one])}
    assert len(chosen) == 2
    assert len({register.machines[one].path for one in chosen}) == 2, "in two rooms"
    assert {machine.id for machine in lab.machines if granted(register, machine).observer} == chosen
    assert register.settings_version == before, "all others hear nothing of it"
    versions = {machine.id: granted(register, machine).version for machine in lab.machines}
    assert all((versions[one] > before) == (one in chosen) for one in versions)
    for _ in range(30):
        await lab.beat(quiet={number for number in range(8) if lab.machines[number].id in chosen})
        await lab.appointing.look()
    assert lab.store.register().observers == register.observers
    with lab.store.writing() as writer:
        writer.put_setting("BM", {"beat": 30})
    later = lab.store.register()
    assert all(granted(later, machine).version > versions[machine.id] for machine in lab.machines)
    assert {machine.id for machine in lab.machines if granted(later, machine).observer} == chosen
    with lab.store.writing() as writer:
        for machine in sorted(chosen):
            writer.forget_machine(machine)
    await lab.appointing.look()
    assert len([one for one in lab.store.register().observers.values() if one.role != "none"]) == 2


async def test_observers_that_say_goodbye_are_followed_at_once_and_silent_ones_are_not(lab: Lab):
    def chosen() -> set[int]:
        held = lab.store.register().observers
        return {n for n, one in enumerate(lab.machines) if one.id in held and held[one.id].role != "none"}

    await lab.beat()
    await lab.appointing.look()
    first = chosen()
    await lab.beat(leaving=first)
    await lab.appointing.look()
    second = chosen()
    assert len(second) == 2
    assert not first & second
    for _ in range(10):
        await lab.beat(quiet=first | second)
        await lab.appointing.look()
    assert chosen() == second
    everybody = set(range(8))
    await lab.beat(quiet=first, leaving=everybody - first)
    await lab.appointing.look()
    assert chosen() == second, "nobody is there to follow"


async def test_a_new_modem_is_the_schools_once_most_pcs_are_behind_it(lab: Lab):
    await lab.beat()
    await lab.appointing.look()
    assert {one.code for one in lab.store.register().networks.values()} == {HOME}
    lab.at += 700
    await lab.beat(networks=dict.fromkeys(range(2), CAFE), away={0, 1})
    await lab.appointing.look()
    assert {one.code for one in lab.store.register().networks.values()} == {HOME}
    lab.at += 700
    await lab.beat(networks=dict.fromkeys(range(8), NEW), away=set(range(8)))
    await lab.appointing.look()
    assert {one.code for one in lab.store.register().networks.values()} == {HOME, NEW}


def test_an_observer_is_told_of_its_site_and_others_of_their_room(lab: Lab):
    seat = {machine.id: number for number, machine in enumerate(lab.machines)}
    for machine in lab.machines:
        for observer, others in (
            (False, [one for one in lab.machines if one.path == machine.path]),
            (True, lab.machines),
        ):
            told = around_of(machine, list(lab.machines), observer=observer, networks={HOME: 1.0}, page="")
            assert set(told.members) == {member_code(mac(seat[one.id])) for one in others if one.id != machine.id}
            assert told.networks == (HOME,)


def test_of_many_each_is_told_of_sixty_and_together_of_all():
    record = Machine(
        id="", school="BM", site="main", room="tin1", alias="", seat=0, state=MachineState.ACTIVE, fingerprint={},
        enrolled=0.0,
    )  # fmt: skip
    many = [
        msgspec.structs.replace(record, id=f"pc-{number:03}", seat=number, fingerprint=fingerprint(number))
        for number in range(100)
    ]
    told = [around_of(one, list(many), observer=False, networks={}, page="").members for one in many]
    assert {len(one) for one in told} == {60}
    seen = [sum(member_code(mac(number)) in one for one in told) for number in range(100)]
    assert min(seen) == max(seen) == 60


def test_a_card_that_two_machines_name_is_nobodys():
    cards = {"a": fingerprint(1), "b": fingerprint(1), "c": fingerprint(2)}
    assert machines_by_code(cards) == {member_code(mac(2)): "c"}
