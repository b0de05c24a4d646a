import asyncio
import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.collector.opened_door import ROOM, START, Opened, Said, delivery, digest, hardware, opened_door, settled

from schooldrum_collector.store.records import EVERYTHING, MachineState
from schooldrum_wire.report import Word


async def come(door: Opened, token: str, number: int, **request: Any) -> Said:
    return await door.enrol(token=token, fingerprint=hardware(number), **request)


async def repair(door: Opened, credential: str, number: int) -> Said:
    ticket = (await door.report(credential, delivery(fingerprint=hardware(number)))).body["ticket"]
    return await door.enrol(credential=credential, ticket=ticket, fingerprint=hardware(number))


def goodbye() -> Word:
    return Word(word="goodbye", kind="stop", boottime=105.0)


async def test_a_code_brings_a_pc_in(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        said = await come(door, door.token(), 1, host={"system": "linux", "release": "Debian 12"})
        assert said.status == 201
        assert re.fullmatch(r"[0-9a-f]{16}", said.body["machine"])
        assert re.fullmatch(r"[0-9A-Za-z_-]{43}", said.body["credential"])
        assert (said.body["state"], said.body["place"], said.body["alias"]) == ("active", ROOM, "tin1-01")
        assert re.fullmatch(r"[0-9a-f]{32}", said.body["salt"])
        assert door.store.register().schools["DEMO"].salt == said.body["salt"]
        known = door.store.who(digest(said.body["credential"]))
        assert known
        assert known.machine == said.body["machine"]
        assert (await door.report(said.body["credential"])).status == 200


async def test_seats_come_in_order_and_as_wished(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        door.room(path="DEMO/north/TIN1")
        token, north = door.token(), door.token(path="DEMO/north/TIN1")
        wishes = [0, 0, 7, 7, 0, -3, 5000, 3]
        aliases = [(await come(door, token, number, seat=wish)).body["alias"] for number, wish in enumerate(wishes)]
        assert aliases == [f"tin1-{seat:02d}" for seat in (1, 2, 7, 3, 4, 5, 6, 8)]
        assert (await come(door, north, 100)).body["alias"] == "north-tin1-01"


async def test_a_code_that_cannot_be_used_says_little(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        good = door.token()
        answers = [
            await come(door, token, number)
            for number, token in enumerate(
                (
                    "nonsense",
                    good[:-1],
                    good.replace(good.split(".")[2], "abcdef12"),
                    good[:-43] + "A" * 43,
                    good.replace(door.authority.pin, "0" * 64),
                    door.token(expires=-1),
                    door.token(uses=0),
                    door.token(revoked=START - 1),
                ),
            )
        ]
        assert {(one.status, one.body["error"]) for one in answers} == {(403, "token")}
        assert len({one.body["message"] for one in answers}) == 1
        assert not door.store.register().machines


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"token": 7}', 422),
        (b'{"token": "x", "fingerprint": {"uuid": "text"}}', 422),
        (b'{"token": "x", "fingerprint": {"uuid": ["no hash"]}}', 422),
        (b'{"token": "x", "fingerprint": {"uuid": ["0123456789abcdef\\n"]}}', 422),
        (b'{"token": "x", "seat": 1e999}', 422),
        (b'{"token": "\\ud800"}', 400),
        (b'{"token": "' + b"x" * 70_000 + b'"}', 413),
    ],
)
async def test_malformed_requests(tmp_path: Path, body: bytes, status: int):
    async with opened_door(tmp_path) as door:
        said = await door.post("/v1/enrol", body)
        assert said.status == status
        assert said.body["error"] == ("too_large" if status == 413 else "malformed")


async def test_kinds_of_hardware_from_the_future_are_left_out(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        said = await door.enrol(token=door.token(), fingerprint={**hardware(1), "tpm": ("anything",)})
        assert said.status == 201
        assert door.store.register().machines[said.body["machine"]].fingerprint == hardware(1)


async def test_fifty_at_once_on_forty_uses_are_forty(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room(seats=60)
        token = door.token(uses=40)
        answers = await asyncio.gather(*(come(door, token, number) for number in range(50)))
        came = [one for one in answers if one.status == 201]
        assert len(came) == 40
        assert {one.status for one in answers} == {201, 403}
        assert len({one.body["alias"] for one in came}) == 40
        assert sorted(one.seat for one in door.store.register().machines.values()) == list(range(1, 41))


async def test_two_hundred_fakes_on_a_leaked_code_stay_bounded(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room(seats=40)
        token = door.token(uses=200)
        answers = [await come(door, token, number) for number in range(200)]
        states = [one.state for one in door.store.register().machines.values()]
        assert states.count(MachineState.ACTIVE) == 48
        assert states.count(MachineState.PENDING) == 48
        assert [one.status for one in answers] == [201] * 96 + [429] * 104
        assert {machine.pending_reason for machine in door.store.register().machines.values()} == {"", "room_full"}


async def test_wrong_secrets_are_slowed_per_code_and_the_right_one_passes(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        token, other = door.token(), door.token()
        wrong = token[:-43] + "A" * 43
        statuses = [(await come(door, wrong, 1)).status for _ in range(13)]
        assert statuses == [403] * 10 + [429] * 3
        assert (await come(door, token, 1)).status == 201
        assert (await come(door, other, 2)).status == 201
        door.clock += 61
        assert (await come(door, wrong, 1)).status == 403


async def test_made_up_codes_are_looked_up_at_a_bounded_pace(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        known, fresh = door.token(), door.token()
        assert (await come(door, known, 1)).status == 201
        made_up = [known.replace(known.split(".")[2], f"guess{number:04d}") for number in range(120)]
        statuses = [(await come(door, token, 2)).status for token in made_up]
        assert statuses == [403] * 100 + [429] * 20
        assert (await come(door, known, 3)).status == 201
        assert (await come(door, fresh, 4)).status == 429
        door.clock += 5
        assert (await come(door, fresh, 4)).status == 201


async def test_a_lost_answer_costs_no_use(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token(uses=1)
        first = await come(door, token, 1)
        again = await come(door, token, 1)
        assert again.body["machine"] == first.body["machine"]
        assert again.body["credential"] != first.body["credential"]
        assert (await come(door, token, 2)).status == 403
        for said in (first, again):
            assert (await door.report(said.body["credential"])).status == 200
        await settled()
        twin = await come(door, token, 1)
        assert (twin.body["state"], twin.body["machine"] == first.body["machine"]) == ("pending", False)


SPENT: dict[str, dict[str, Any]] = {"used up": {"uses": 1}, "expired": {"expires": 60.0}}


@pytest.mark.parametrize("way", SPENT)
async def test_a_spent_code_gives_its_place_again_to_whoever_shows_the_key(tmp_path: Path, way: str):
    async with opened_door(tmp_path) as door:
        door.room()
        door.room(path="DEMO/main/TIN2")
        token = door.token(**SPENT[way])
        first = await come(door, token, 1)
        await door.report(first.body["credential"])
        await settled()
        door.clock += 61
        for _ in range(200):
            again = await come(door, token, 1, credential=first.body["credential"], seat=9)
            assert (again.status, again.body) == (201, {**first.body, "settings": again.body["settings"]})
        changes = door.store.changes_of(EVERYTHING, first.body["machine"], 10)
        assert [one.action for one in changes] == ["enrol-new"]
        assert (await door.report(first.body["credential"])).status == 200
        # Another room's code, spent as well, moves nobody.
        other = door.token(path="DEMO/main/TIN2", uses=0)
        assert (await come(door, other, 1, credential=first.body["credential"])).status == 403
        assert door.store.register().machines[first.body["machine"]].path == ROOM


@pytest.mark.parametrize("way", SPENT)
async def test_a_spent_code_and_copied_hardware_get_nothing_without_a_person(tmp_path: Path, way: str):
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token(**SPENT[way])
        first = (await come(door, token, 1)).body
        await door.report(first["credential"], delivery(word=goodbye()))
        await settled()
        door.clock += 3600
        thieves = [(await come(door, token, 1)).body for _ in range(5)]
        assert {one["state"] for one in thieves} == {"pending"}
        assert first["machine"] not in {one["machine"] for one in thieves}
        assert len({one["machine"] for one in thieves}) == 1
        waiting = door.store.register().machines[thieves[0]["machine"]]
        assert waiting.pending_reason == "code_spent"
        assert door.store.register().machines[first["machine"]].state is MachineState.ACTIVE
        assert (await door.report(first["credential"])).status == 200
        # Whom this code never brought in is still told nothing, whatever key it shows.
        for key in ("", first["credential"], "A" * 43):
            assert (await come(door, token, 2, credential=key)).status == 403
        with door.store.writing() as writer:
            code = writer.token(token.split(".")[2])
            assert code is not None
            assert code.uses >= 0
            assert sorted(writer.enrolled_by(code.id)) == sorted([first["machine"], waiting.id])


@pytest.mark.parametrize("way", ["revoked code", "revoked key", "retired"])
async def test_what_was_taken_back_gives_no_place_again(tmp_path: Path, way: str):
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token(uses=1)
        first = (await come(door, token, 1)).body
        await door.report(first["credential"])
        await settled()
        with door.store.writing() as writer:
            machine, code = writer.machine(first["machine"]), writer.token(token.split(".")[2])
            assert machine is not None
            assert code is not None
            if way == "revoked code":
                writer.put_token(msgspec.structs.replace(code, revoked=door.clock))
            elif way == "retired":
                writer.put_machine(msgspec.structs.replace(machine, state=MachineState.RETIRED))
            else:
                (key,) = writer.credentials_of(machine.id)
                writer.put_credential(msgspec.structs.replace(key, revoked=door.clock))
        said = await come(door, token, 1, credential=first["credential"])
        if way == "revoked key":
            assert (said.body["state"], said.body["machine"] == first["machine"]) == ("pending", False)
        else:
            assert said.status == 403


async def test_who_shows_its_key_to_a_good_code_is_itself_and_takes_no_use(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token(uses=2)
        first = (await come(door, token, 1)).body
        key = first["credential"]
        for _ in range(3):
            # It was heard a moment ago: without its key it would be a twin.
            await door.report(key)
            await settled()
            again = (await come(door, token, 1, credential=key)).body
            assert (again["machine"], again["state"]) == (first["machine"], "active")
            key = again["credential"]
        assert (await come(door, token, 2)).status == 201


async def test_a_pc_imaged_anew_takes_no_further_use(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token(uses=2)
        first = (await come(door, token, 1)).body
        for _ in range(3):
            await door.report(first["credential"], delivery(word=goodbye()))
            await settled()
            door.clock += 3600
            again = (await come(door, token, 1)).body
            assert (again["machine"], again["state"]) == (first["machine"], "active")
            first = again
        fresh = door.token(uses=1)
        there = (await come(door, fresh, 1, credential=first["credential"])).body
        assert there["machine"] == first["machine"]
        assert (await come(door, fresh, 2)).body["state"] == "active"
        assert (await come(door, token, 3)).status == 201
        assert (await come(door, token, 4)).status == 403


async def test_coming_again_without_end_is_slowed(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token()
        statuses = [(await come(door, token, 1)).status for _ in range(110)]
        assert statuses.count(429) > 0
        assert statuses[:60] == [201] * 60
        assert (await come(door, token, 2)).status == 201


async def test_credentials_that_nobody_used_do_not_pile_up(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token()
        given = []
        for _ in range(20):
            door.clock += 1
            given.append((await come(door, token, 1)).body["credential"])
        good = [credential for credential in given if (await door.report(credential)).status == 200]
        assert good == given[-8:]


async def test_an_imaged_pc_takes_its_record_back_unless_it_is_online(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token()
        first = await come(door, token, 1)
        await door.report(first.body["credential"])
        twin = await come(door, token, 1)
        assert (twin.body["state"], twin.body["machine"] == first.body["machine"]) == ("pending", False)
        assert door.store.register().machines[twin.body["machine"]].pending_reason == "twin_online"
        await door.report(first.body["credential"], delivery(word=goodbye()))
        door.clock += 5
        back = await come(door, token, 1)
        assert back.body["machine"] == first.body["machine"]
        assert back.body["state"] == "active"


async def test_an_imaged_pc_in_another_room_moves(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        door.room(path="DEMO/main/TIN2")
        first = await come(door, door.token(), 1)
        second = await come(door, door.token(path="DEMO/main/TIN2"), 1)
        assert second.body["machine"] == first.body["machine"]
        assert (second.body["place"], second.body["alias"]) == ("DEMO/main/TIN2", "tin2-01")
        changes = door.store.changes_of(EVERYTHING, second.body["machine"], 10)
        assert ("machine.move", f"{ROOM} tin1-01 -> DEMO/main/TIN2 tin2-01") in {
            (one.action, one.detail) for one in changes
        }


async def test_another_school_knows_nothing_of_it(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        door.room(path="OTHER/main/TIN1")
        first = await come(door, door.token(), 1)
        second = await come(door, door.token(path="OTHER/main/TIN1"), 1)
        assert second.body["machine"] != first.body["machine"]
        assert second.body["salt"] != first.body["salt"]


async def test_an_imaged_pc_counts_its_starts_anew_and_that_is_no_frozen_disk(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token()
        first = await come(door, token, 1)
        await door.report(first.body["credential"], delivery(run="a", boot="boot1", starts=50, word=goodbye()))
        door.clock += 5
        back = await come(door, token, 1)
        await door.report(back.body["credential"], delivery(run="b", boot="boot2", starts=1))
        latest = door.store.latest_of(back.body["machine"])
        assert latest
        assert latest.frozen is None


async def test_a_line_never_seen_waits_once_the_school_has_been_seen_elsewhere(tmp_path: Path):
    async with opened_door(tmp_path, proxies=frozenset({"127.0.0.1"})) as door:
        door.room()
        token = door.token()

        async def from_line(address: str, number: int) -> dict[str, Any]:
            request = b'{"token":"%s","fingerprint":{"uuid":["%016x"]}}' % (token.encode(), number)
            return (await door.post("/v1/enrol", request, X_Forwarded_For=f"6.6.6.6, {address}")).body

        assert (await from_line("203.0.113.7", 1))["state"] == "active"
        assert (await from_line("203.0.113.7", 2))["state"] == "active"
        stranger = await from_line("198.51.100.9", 3)
        assert stranger["state"] == "pending"
        assert door.store.register().machines[stranger["machine"]].pending_reason == "unknown_line"
        assert (await from_line("198.51.100.9", 4))["state"] == "pending"
        assert (await from_line("2001:db8:1:2::5", 5))["state"] == "pending"


async def test_a_line_that_moved_is_known_by_the_pcs_that_speak_over_it(tmp_path: Path):
    async with opened_door(tmp_path, proxies=frozenset({"127.0.0.1"})) as door:
        door.room()
        token = door.token()

        async def come_from(address: str, number: int) -> Said:
            request = b'{"token":"%s","fingerprint":{"uuid":["%016x"]}}' % (token.encode(), number)
            return await door.post("/v1/enrol", request, X_Forwarded_For=address)

        credentials = [(await come_from("203.0.113.7", number)).body["credential"] for number in range(3)]
        for number, credential in enumerate(credentials):
            expected = "pending" if number < 2 else "active"
            assert (await come_from("203.0.113.8", 10 + number)).body["state"] == expected
            body = b'{"reports":[{"run":"r","boot":"b","live":true}],"now":{"boot":"b","boottime":1,"wall":1}}'
            said = await door.post(
                "/v1/reports",
                body,
                Authorization=f"Bearer {credential}",
                X_Forwarded_For="203.0.113.8",
            )
            assert said.status == 200


async def test_whom_a_stranger_says_it_forwards_for_does_not_count(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        request = b'{"token":"%s"}' % door.token().encode()
        said = await door.post("/v1/enrol", request, X_Forwarded_For="203.0.113.7")
        with door.store.writing() as writer:
            assert said.status == 201
            assert writer.egresses("DEMO") == frozenset({"127.0.0.1"})


async def test_a_clone_gets_a_record_of_its_own_and_the_same_each_time(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        image = (await come(door, door.token(), 1)).body
        await door.report(image["credential"])
        clone = await repair(door, image["credential"], 2)
        assert (clone.status, clone.body["state"], clone.body["alias"]) == (201, "active", "tin1-02")
        for _ in range(3):
            again = await repair(door, image["credential"], 2)
            assert again.body["machine"] == clone.body["machine"]
            assert again.body["credential"] != clone.body["credential"]
        said = await door.report(clone.body["credential"], delivery(fingerprint=hardware(2), run="run2"))
        assert said.status == 200
        assert (await door.report(image["credential"])).status == 200


async def test_a_pc_that_is_itself_has_nothing_to_repair(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        image = (await come(door, door.token(), 1)).body
        for fingerprint in (hardware(1), {}, {"disk": hardware(1)["disk"]}):
            said = await door.enrol(credential=image["credential"], fingerprint=fingerprint)
            assert said.status == 201
            assert said.body == {**image, "settings": said.body["settings"]}


async def test_an_unknown_credential_repairs_nothing(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        said = await door.enrol(credential="A" * 43, ticket="B" * 43, fingerprint=hardware(1))
        assert (said.status, said.body["error"]) == (401, "credential")


async def test_a_ticket_is_for_once_for_one_hardware_and_for_ten_minutes(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room()
        token = door.token()
        image, other = (await come(door, token, 1)).body, (await come(door, token, 50)).body
        clone = await door.enrol(credential=image["credential"], fingerprint=hardware(2))
        assert clone.status == 409
        ticket = clone.body["ticket"]
        for request in (
            {"credential": image["credential"], "ticket": ticket, "fingerprint": hardware(3)},
            {"credential": image["credential"], "ticket": ticket, "fingerprint": hardware(2)},
        ):
            said = await door.enrol(**request)
            assert (said.status, said.body["error"]) == (409, "clone")
            ticket = said.body["ticket"]
        stolen = await door.enrol(credential=other["credential"], ticket=ticket, fingerprint=hardware(2))
        assert stolen.status == 409
        fresh = (await door.enrol(credential=image["credential"], fingerprint=hardware(4))).body["ticket"]
        door.clock += 601
        late = await door.enrol(credential=image["credential"], ticket=fresh, fingerprint=hardware(4))
        assert late.status == 409
        good = await door.enrol(
            credential=image["credential"],
            ticket=late.body["ticket"],
            fingerprint=hardware(4),
        )
        assert good.status == 201
        spent = await door.enrol(
            credential=image["credential"],
            ticket=late.body["ticket"],
            fingerprint=hardware(4),
        )
        assert spent.status == 409


async def test_repairs_beyond_the_room_wait_and_then_stop(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room(seats=10)
        image = (await come(door, door.token(), 1)).body
        answers = [await repair(door, image["credential"], number) for number in range(2, 32)]
        assert [one.body.get("state", "none") for one in answers] == (["active"] * 11 + ["pending"] * 12 + ["none"] * 7)
        assert (await door.report(image["credential"])).status == 200


async def test_forty_frozen_clones_of_one_image_over_ten_mornings_are_forty(tmp_path: Path):
    async with opened_door(tmp_path) as door:
        door.room(seats=40)
        image = (await come(door, door.token(uses=1, expires=3600.0), 0)).body
        await door.report(image["credential"], delivery(fingerprint=hardware(0), run="image"))
        order = random.Random(7)  # noqa: S311 - a shuffle
        homes: dict[int, str] = {0: image["machine"]}
        for morning in range(10):
            door.clock += 86400
            pcs = list(range(40))
            order.shuffle(pcs)

            async def wake(number: int, morning: int = morning) -> None:
                said = delivery(fingerprint=hardware(number), run=f"{morning}-{number}", boot=f"b{morning}-{number}")
                first = await door.report(image["credential"], said)
                if first.status == 409:
                    own = await door.enrol(
                        credential=image["credential"],
                        ticket=first.body["ticket"],
                        fingerprint=hardware(number),
                    )
                    assert homes.setdefault(number, own.body["machine"]) == own.body["machine"]
                    first = await door.report(own.body["credential"], said)
                assert first.status == 200

            await asyncio.gather(*(wake(number) for number in pcs))
        register = door.store.register()
        assert len(register.machines) == len(set(homes.values())) == 40
        assert {one.state for one in register.machines.values()} == {MachineState.ACTIVE}
        assert not any(one.conflict for one in register.machines.values())
        assert len(door.store.latest(EVERYTHING)) == 40
