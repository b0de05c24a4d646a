"""What becomes of an older credential once a newer one of the same machine has reported."""

from pathlib import Path

import msgspec
import pytest
from tests.collector.opened_door import Opened, delivery, digest, hardware, opened_door, settled

from schooldrum_collector.store.records import EVERYTHING
from schooldrum_wire.report import Word


async def imaged_anew(door: Opened) -> tuple[str, str]:
    """A machine whose PC said goodbye and came in again by a code: its old credential and its new one."""
    door.room()
    token = door.token()
    old = (await door.enrol(token=token, fingerprint=hardware(1))).body["credential"]
    await door.report(old, delivery(word=Word(word="goodbye", kind="stop", boottime=105.0)))
    await settled()
    door.clock += 10
    new = (await door.enrol(token=token, fingerprint=hardware(1))).body["credential"]
    return old, new


async def speak(door: Opened, credential: str, run: str) -> int:
    return (await door.report(credential, delivery(run=run, boot=f"boot-{run}"))).status


def revoked(door: Opened, credential: str) -> bool:
    known = door.store.who(digest(credential))
    assert known
    return bool(known.revoked)


async def test_the_old_one_ends_when_the_new_one_has_reported_and_it_stayed_silent(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        old, new = await imaged_anew(door)
        door.clock += 86400
        assert not revoked(door, old)
        assert await speak(door, new, "new") == 200
        await settled()
        assert not revoked(door, old)
        door.clock += 179
        await speak(door, new, "new")
        await settled()
        assert not revoked(door, old)
        door.clock += 1
        await speak(door, new, "new")
        await settled()
        assert revoked(door, old)
        assert not revoked(door, new)


async def test_first_use_is_written_once(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        credential = door.machine()
        await speak(door, credential, "a")
        await settled()
        version = door.store.register().version
        known = door.store.who(digest(credential))
        assert known
        assert known.first_used == door.clock
        for _ in range(20):
            door.clock += 60
            await speak(door, credential, "a")
        await settled()
        assert door.store.register().version == version


@pytest.mark.parametrize("first", ["old", "new"])
async def test_both_speaking_is_a_conflict_and_nobody_is_silenced(tmp_path: Path, first: str):
    async with opened_door(tmp_path) as door:
        old, new = await imaged_anew(door)
        await speak(door, new, "new")
        await settled()
        for _ in range(5):
            door.clock += 60
            for name, credential in (("old", old), ("new", new)) if first == "old" else (("new", new), ("old", old)):
                assert await speak(door, credential, name) == 200
        await settled()
        machine = door.store.register().by_school["DEMO"][0]
        assert door.store.register().machines[machine].conflict
        door.clock += 86400
        assert await speak(door, new, "new") == 200
        await settled()
        assert not revoked(door, old)
        assert [one.action for one in door.store.changes(EVERYTHING, 0)].count("conflict") == 1


async def test_a_person_decides_and_then_it_ends(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        old, new = await imaged_anew(door)
        await speak(door, new, "new")
        await settled()
        await speak(door, old, "old")
        await settled()
        with door.store.writing() as writer:
            (machine,) = writer.machines_of_room("DEMO/main/TIN1")
            assert machine.conflict
            writer.put_machine(msgspec.structs.replace(machine, conflict=False))
        door.clock += 300
        await speak(door, new, "new")
        await settled()
        assert revoked(door, old)


async def test_after_a_restart_the_rivals_are_found_again(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        old, new = await imaged_anew(door)
        await speak(door, new, "new")
        await settled()
        clock = door.clock
    async with opened_door(tmp_path) as door:
        door.clock = clock + 60
        await speak(door, new, "new")
        await settled()
        door.clock += 180
        await speak(door, new, "new")
        await settled()
        assert revoked(door, old)


async def test_a_thief_at_night_does_not_silence_the_pc_in_the_morning(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        owner, thief = await imaged_anew(door)
        machine = door.store.register().by_school["DEMO"][0]
        for _ in range(5):
            door.clock += 60
            await speak(door, thief, "thief")
            await settled()
        assert revoked(door, owner)
        said = await door.report(owner, delivery(run="owner", boot="morning"))
        assert said.status == 409
        back = await door.enrol(credential=owner, ticket=said.body["ticket"], fingerprint=hardware(1))
        assert (back.status, back.body["machine"]) == (201, machine)
        for _ in range(3):
            door.clock += 60
            assert await speak(door, back.body["credential"], "owner") == 200
            await speak(door, thief, "thief")
            await settled()
        assert door.store.register().machines[machine].conflict
        assert not revoked(door, back.body["credential"])


async def test_clones_do_not_go_dark_when_the_pc_of_the_image_is_set_up_anew(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        image, new = await imaged_anew(door)
        for _ in range(4):
            door.clock += 100
            await speak(door, new, "new")
            await settled()
        assert revoked(door, image)
        said = await door.report(image, delivery(fingerprint=hardware(2)))
        assert said.status == 409
        own = await door.enrol(credential=image, ticket=said.body["ticket"], fingerprint=hardware(2))
        assert own.status == 201
        assert (await door.report(own.body["credential"], delivery(fingerprint=hardware(2)))).status == 200


async def test_a_disk_that_forgets_uses_up_credentials_without_leaving_them_behind(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        image = (await door.enrol(token=door.token(), fingerprint=hardware(1))).body["credential"]
        for morning in range(12):
            for minutes in (0, 2, 2):
                door.clock += 60 * minutes
                said = delivery(fingerprint=hardware(2), run=f"run{morning}", boot=f"boot{morning}")
                if not minutes:
                    ticket = (await door.report(image, said)).body["ticket"]
                    own = await door.enrol(credential=image, ticket=ticket, fingerprint=hardware(2))
                await door.report(own.body["credential"], said)
                await settled()
            door.clock += 86400
        with door.store.writing() as writer:
            credentials = writer.credentials_of(own.body["machine"])
        assert [bool(one.revoked) for one in credentials] == [True] * 6 + [False]
        assert len(door.store.changes(EVERYTHING, 0)) == 2
