"""A PC that people note as broken, lent or kept elsewhere: shown, taken back by one tap, over once it is heard."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser

from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine
from schooldrum_collector.store.sqlite import open_store
from schooldrum_collector.web.shown import shown_machine

MISSED, ON, NEVER, PENDING = "bm-tin1-18", "bm-tin1-7", "bm-tin1-24", "bm-tin2-8"


async def page(browser: Browser, path: str) -> str:
    # A page that was made within the last second is shown again.
    await asyncio.sleep(1.1)
    return (await browser.get(path))[2]


def tile(school: str, machine: str) -> str:
    return school.partition(f'data-piece="machine {machine}"')[2].partition("</li>")[0]


async def test_a_pc_is_noted_and_the_note_taken_back(store: Store, teacher: Browser) -> None:
    mark, path = await teacher.mark(), f"/machines/{MISSED}"
    before = (await teacher.get(path))[2]
    assert "Máy vắng vì sao?" in before
    assert "Máy mất liên lạc" in before
    assert store.register().machines[MISSED].note == "", "looking changes nothing"
    status, headers, _ = await teacher.post(f"{path}/note", mark=mark, note="lent")
    assert (status, headers["location"]) == (303, path)
    kept = store.register().machines[MISSED]
    assert (kept.note, kept.noted, kept.noted_by[:12]) == ("lent", scene.NOW, "school link ")
    shown = await page(teacher, path)
    assert "Đã ghi: cho mượn" in shown
    assert "nhà trường, 10:00" in shown
    assert "Máy mất liên lạc" not in shown, "nobody is sent to look for it"
    assert "ghi: cho mượn" in shown, "in what changed lately"
    grid = (await teacher.get("/schools/BM"))[2]
    assert "□" in tile(grid, MISSED)
    assert "mất liên lạc (cho mượn)" in tile(grid, MISSED)
    await teacher.post(f"{path}/note", mark=mark, note="")
    assert store.register().machines[MISSED].note == ""
    assert "▲" in tile(await page(teacher, "/schools/BM"), MISSED)
    assert [one.action for one in store.changes(EVERYTHING, scene.NOW) if one.subject == MISSED] == [
        "machine.note-lent",
        "machine.note-none",
    ]


async def test_two_pcs_that_speak_as_one_stand_out_in_the_grid(store: Store, teacher: Browser) -> None:
    with store.writing() as writer:
        writer.put_machine(msgspec.structs.replace(store.register().machines[ON], conflict=True))
    grid = await page(teacher, "/schools/BM")
    assert "≠" in tile(grid, ON)
    assert "tile bad" in tile(grid, ON)
    assert "đang bật (trùng máy)" in tile(grid, ON)
    assert "trùng máy (do bung ghost)" in grid.partition('class="legend"')[2]


async def test_a_pc_that_is_heard_again_is_noted_no_more(store: Store, teacher: Browser) -> None:
    mark = await teacher.mark()
    await teacher.post(f"/machines/{MISSED}/note", mark=mark, note="broken")
    assert "□" in tile(await page(teacher, "/schools/BM"), MISSED)
    await store.append(scene.arrival(MISSED, at=scene.NOW + 1))
    assert "●" in tile(await page(teacher, "/schools/BM"), MISSED)
    await store.append(scene.arrival(MISSED, at=scene.NOW + 2, word="goodbye"))
    shown = await page(teacher, f"/machines/{MISSED}")
    assert "Đã ghi" not in shown, "off again, it is not what was said of it before"


async def test_the_api_says_what_holds_of_a_note(store: Store) -> None:
    known = scene.with_note(store.register().machines[MISSED], "broken")
    presence = Presence(state=State.OFF)
    heard = store.latest_of(MISSED)
    assert heard is not None
    assert shown_machine(known, None, presence).note == "broken"
    assert shown_machine(known, heard, presence).note == "broken"
    assert shown_machine(known, msgspec.structs.replace(heard, heard=scene.NOW + 1), presence).note == ""


async def test_a_pc_that_is_on_is_not_asked_about(teacher: Browser) -> None:
    for machine, asked in ((ON, False), (PENDING, False), (NEVER, True)):
        assert ("Máy vắng vì sao?" in (await teacher.get(f"/machines/{machine}"))[2]) is asked


@pytest.mark.parametrize(
    ("machine", "note", "status"),
    [(MISSED, "stolen", 400), ("hs-tin1-7", "lent", 404), ("nobody", "lent", 404), (PENDING, "lent", 409)],
)
async def test_what_cannot_be_noted(store: Store, teacher: Browser, machine: str, note: str, status: int) -> None:
    mark = await teacher.mark()
    assert (await teacher.post(f"/machines/{machine}/note", mark=mark, note=note))[0] == status
    assert not any(one.note for one in store.register().machines.values())
    assert (await teacher.post(f"/machines/{MISSED}/note", note="lent"))[0] != 303, "a form of our own pages alone"


async def test_a_note_outlives_the_collector(tmp_path: Path) -> None:
    for number in range(2):
        store = open_store(tmp_path / "kept", clock=lambda: scene.NOW)
        if not number:
            scene.register(store)
            with store.writing() as writer:
                known = writer.machine(MISSED)
                assert isinstance(known, Machine)
                writer.put_machine(scene.with_note(known, "away"))
        kept = store.register().machines[MISSED]
        assert (kept.note, kept.noted, kept.noted_by) == ("away", scene.NOW, "office")
        assert kept.is_noted(scene.NOW)
        assert not kept.is_noted(scene.NOW + 1)
        store.close()
