"""A PC's page: what is not known and can be helped, a plan that counts for nothing, and where a part was before."""

import html
from datetime import date

import pytest
from aiohttp import ClientSession
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser

from schooldrum_collector.judge.appraisal import Memory, Verdicts
from schooldrum_collector.judge.patches import Patches, PatchState
from schooldrum_collector.judge.posture import judged
from schooldrum_collector.judge.posture_found import Known
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.judge.software import FORBIDDEN, Found, Inventory
from schooldrum_collector.judge.support import Proof, Support, SupportState
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Appraisal, Appraised, Change

MACHINE = "bm-tin1-7"
SUPPORT = Support(
    state=SupportState.EXTENDED, product="Windows 10", release="22H2", until=date(2027, 9, 18), days_left=300,
    proof=Proof.PROVEN, planned=date(2027, 6, 30),
)  # fmt: skip


@pytest.fixture
def store(store: Store) -> Store:
    denied = dict.fromkeys(("firewall", "accounts"), "denied")
    known = Known(system="windows", sections={}, outcomes=denied, support=SUPPORT)
    verdicts = Verdicts(
        day=date(2026, 11, 23),
        support=SUPPORT,
        patches=Patches(state=PatchState.UNKNOWN, stale=True, scan_known=False),
        checks=judged(known, Policy()),
    )
    with store.writing() as writer:
        appraised = Appraised(machine=MACHINE, at=scene.NOW - 300, heard=scene.NOW, basis="", body=b"")
        writer.put_appraisal(Appraisal(appraised=appraised, memory=Memory(), verdicts=verdicts))
        for action, detail in (("disks.swapped", "ST500 -> ST500; from bm-tin1-8"), ("disks.gone", "ST500")):
            writer.log(Change(at=scene.NOW - 60, actor="collector", action=action, subject=MACHINE, detail=detail))
    return store


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("vi", (
            "Chưa có số liệu: tường lửa bật, không tự đăng nhập, không mật khẩu trống, ít tài khoản quản trị",
            "sc start Schooldrum", "trường dự kiến xử lý trước ngày 30/06/2027 (chỉ để biết, không tính là đạt)",
            "chưa rõ máy tìm bản cập nhật lần cuối lúc nào", "thay ổ đĩa", "mất ổ đĩa",
            "ST500 → ST500 (trước ở Phòng Tin 1 \N{EN DASH} Máy 08)",
        )),
        ("en", (
            "No data: firewall on, no auto-logon, no empty password, few administrators",
            "sc start Schooldrum", "the school plans to act by Wed 30 Jun 2027 (for information, never counted as met)",
            "when the PC last looked for updates is not known", "disk swapped", "disk gone",
            "ST500 → ST500 (known in Phòng Tin 1 \N{EN DASH} PC 08)",
        )),
    ],
)  # fmt: skip
async def test_a_machines_page_says_what_to_do_about_what_is_not_known(
    store: Store, language: str, words: tuple[str, ...]
) -> None:
    async with scene.served(store) as server, ClientSession() as session:
        browser = Browser(server, session, token=scene.TOKEN)
        status, _, page = await browser.get(f"/machines/{MACHINE}?lang={language}")
    assert status == 200
    text = html.unescape(page)
    for said in words:
        assert said in text, said
    assert text.count("sc start Schooldrum") == 1


@pytest.mark.parametrize(
    ("language", "title"), [("vi", "Phần mềm bị cấm: NetOp School"), ("en", "Forbidden program: NetOp School")]
)
async def test_a_machines_page_names_its_forbidden_programs(store: Store, language: str, title: str) -> None:
    there = Found(
        product="netop_school", name="NetOp School", kind="lab_management", licence="closed", version="6.0",
        program="NetOp School 6.0", verdict=FORBIDDEN, place="BM",
    )  # fmt: skip
    known = Found(
        product="zalo", name="Zalo", kind="messaging", licence="closed", version="24", program="Zalo 24", verdict="",
        place="",
    )  # fmt: skip
    software = Inventory(found=(there, known), programs=2, hidden=0)
    with store.writing() as writer:
        appraised = Appraised(machine=MACHINE, at=scene.NOW - 300, heard=scene.NOW, basis="", body=b"")
        verdicts = Verdicts(day=date(2026, 11, 23), software=software)
        writer.put_appraisal(Appraisal(appraised=appraised, memory=Memory(), verdicts=verdicts))
    async with scene.served(store) as server, ClientSession() as session:
        browser = Browser(server, session, token=scene.TOKEN)
        _, _, page = await browser.get(f"/machines/{MACHINE}?lang={language}")
    text = html.unescape(page)
    assert title in text
    assert "Zalo" not in text
