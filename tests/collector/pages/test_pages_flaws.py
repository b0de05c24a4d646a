"""What is wrong inside a PC stands beside its presence in its room's grid, as a sign and in words."""

import html

import pytest
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser

from schooldrum_collector.judge.appraisal import Kept, Memory, packed_kept
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Appraisal, Appraised
from schooldrum_wire.catalogue.posture import POSTURE_CHECKS, POSTURE_NOT_MET
from schooldrum_wire.catalogue.storage import STORAGE_DISKS
from schooldrum_wire.reading import Reading

ON, OTHER, PENDING = "bm-tin1-7", "bm-tin1-8", "bm-tin2-8"
UNMET = tuple(POSTURE_NOT_MET(1, check=check) for check in ("antivirus", "firewall", "smb1"))
FAILING, WARNING, FINE = (STORAGE_DISKS(1, verdict=verdict) for verdict in ("failing", "warning", "ok"))


def judge(store: Store, machine: str, body: bytes) -> None:
    with store.writing() as writer:
        appraised = Appraised(machine=machine, at=scene.NOW - 300, heard=scene.NOW, basis="", body=body)
        writer.put_appraisal(Appraisal(appraised=appraised, memory=Memory(), verdicts=None))


def tile(page: str, machine: str) -> str:
    return html.unescape(page.partition(f'data-piece="machine {machine}"')[2].partition("</li>")[0])


@pytest.mark.parametrize(
    ("readings", "signs", "vietnamese", "english"),
    [
        ((FINE, POSTURE_CHECKS(10, verdict="met")), [], "", ""),
        ((FINE, *UNMET), ["✗3"], "; 3 mục an toàn chưa đạt", "; 3 safety checks not met"),
        (UNMET[:1], ["✗1"], "; 1 mục an toàn chưa đạt", "; 1 safety check not met"),
        ((WARNING,), ["!"], "; ổ đĩa cần theo dõi", "; a disk is to be watched"),
        (
            (FAILING, WARNING, *UNMET),
            ["!", "✗3"],
            "; ổ đĩa sắp hỏng; 3 mục an toàn chưa đạt",
            "; a disk is failing; 3 safety checks not met",
        ),
    ],
)
async def test_a_pc_that_is_on_and_not_well_is_marked_in_the_grid(
    store: Store, teacher: Browser, readings: tuple[Reading, ...], signs: list[str], vietnamese: str, english: str
) -> None:
    # Who waits for approval, and what cannot be read, is marked by nothing.
    for machine, body in ((ON, packed_kept(Kept(readings=readings))), (PENDING, packed_kept(Kept(readings=UNMET)))):
        judge(store, machine, body)
    judge(store, OTHER, b"\xc1")
    for language, words in (("vi", f"đang bật{vietnamese}"), ("en", f"on{english}")):
        page = (await teacher.get(f"/schools/BM?lang={language}"))[2]
        shown = tile(page, ON)
        # Presence stays what it is.
        assert '<span class="mark">●</span>' in shown
        assert [one.partition("<")[0] for one in shown.split('<span class="flaw">')[1:]] == signs
        assert f': {words}"' in shown
        assert all('class="flaw"' not in tile(page, one) for one in (PENDING, OTHER))
    assert "a disk is failing or to be watched" in page
    assert "number of safety checks not met" in page
