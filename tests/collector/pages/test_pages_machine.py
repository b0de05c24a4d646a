"""A PC's page: what is not known and can be helped, a plan that counts for nothing, and where a part was before."""

import html
from datetime import date

import msgspec
import pytest
from aiohttp import ClientSession
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser

from schooldrum_collector.judge.appraisal import Memory, Verdicts
from schooldrum_collector.judge.patches import Patches, PatchState
from schooldrum_collector.judge.posture import judged
from schooldrum_collector.judge.posture_found import Known, Verdict
from schooldrum_collector.judge.posture_policy import Policy
from schooldrum_collector.judge.software import FORBIDDEN, Found, Inventory
from schooldrum_collector.judge.support import Proof, Support, SupportState
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Appraisal, Appraised, Change
from schooldrum_wire.section import Values

MACHINE = "bm-tin1-7"
SUPPORT = Support(
    state=SupportState.EXTENDED, product="Windows 10", release="22H2", until=date(2027, 9, 18), days_left=300,
    proof=Proof.PROVEN, planned=date(2027, 6, 30),
)  # fmt: skip


@pytest.fixture
def store(store: Store) -> Store:
    denied = dict.fromkeys(("firewall", "accounts"), "denied")
    sections: dict[str, tuple[Values, ...]] = {"antivirus": ({"product": "Kav", "state": "on"},)}
    known = Known(system="windows", sections=sections, outcomes=denied, support=SUPPORT)
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
            "Chưa rõ: diệt virus đang chạy", "Kav đang chạy, không rõ tuổi của mẫu nhận diện.",
            "sc start Schooldrum", "trường dự kiến xử lý trước ngày 30/06/2027 (chỉ để biết, không tính là đạt)",
            "chưa rõ máy tìm bản cập nhật lần cuối lúc nào", "thay ổ đĩa", "mất ổ đĩa",
            "ST500 → ST500 (trước ở Phòng Tin 1 \N{EN DASH} Máy 08)",
        )),
        ("en", (
            "No data: firewall on, no auto-logon, no empty password, few administrators",
            "Not known yet: antivirus running", "Running, how old the signatures are is not known: Kav.",
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
    # An installer that writes itself down twice is one program to remove.
    again = msgspec.structs.replace(there, program="NetOp School 6.0 (64-bit)")
    software = Inventory(found=(there, again, known), programs=3, hidden=0)
    with store.writing() as writer:
        appraised = Appraised(machine=MACHINE, at=scene.NOW - 300, heard=scene.NOW, basis="", body=b"")
        verdicts = Verdicts(day=date(2026, 11, 23), software=software)
        writer.put_appraisal(Appraisal(appraised=appraised, memory=Memory(), verdicts=verdicts))
    async with scene.served(store) as server, ClientSession() as session:
        browser = Browser(server, session, token=scene.TOKEN)
        _, _, page = await browser.get(f"/machines/{MACHINE}?lang={language}")
    text = html.unescape(page)
    assert text.count(title) == 1
    assert "Zalo" not in text


DAY = 86400.0


@pytest.mark.parametrize(
    ("language", "day", "then", "now", "told"),
    [
        ("vi", "Số liệu đến ngày 26/09/2026: máy gửi lần cuối cách đây 58 ngày.", "Khi đó không cần làm gì.",
         "Không cần làm gì.", "Máy báo lần cuối ngày 16/09/2026."),
        ("en", "Figures as of Sat 26 Sep 2026: the PC was last heard 58 days ago.", "There was nothing to do then.",
         "Nothing to do.", "The PC last told this on Wed 16 Sep 2026."),
    ],
)  # fmt: skip
async def test_what_a_pc_that_is_off_has_said_is_told_with_its_day(
    store: Store, language: str, day: str, then: str, now: str, told: str
) -> None:
    on = Support(state=SupportState.SUPPORTED, product="Windows 11", release="25H2", until=date(2027, 10, 12))
    patches = Patches(state=PatchState.CURRENT, age_days=0, calendar_days=0, told=0)
    sections: dict[str, tuple[Values, ...]] = {"sharing": ({"server": "off", "client": "off"},)}
    known = Known(system="windows", sections=sections, support=on, patches=patches)
    heard = scene.NOW - 58 * DAY
    # Not heard for long, heard an hour ago: each with a check that it has told lately, and one that it has not.
    for machine, last in (("bm-tin1-24", heard), ("bm-tin1-12", scene.NOW - 3600)):
        checks = judged(known, Policy(), {"sharing": last - 10 * DAY, "updates": last - DAY})
        met = tuple(check for check in checks if check.verdict is Verdict.MET)
        verdicts = Verdicts(day=date(2026, 11, 23), support=on, patches=patches, checks=met)
        with store.writing() as writer:
            appraised = Appraised(machine=machine, at=scene.NOW - 300, heard=last, basis="", body=b"")
            writer.put_appraisal(Appraisal(appraised=appraised, memory=Memory(), verdicts=verdicts))
    await store.append(scene.arrival("bm-tin1-24", at=heard, word="goodbye"))
    async with scene.served(store) as server, ClientSession() as session:
        browser = Browser(server, session, token=scene.TOKEN)
        _, _, old = await browser.get(f"/machines/bm-tin1-24?lang={language}")
        _, _, new = await browser.get(f"/machines/bm-tin1-12?lang={language}")
    old, new = html.unescape(old), html.unescape(new)
    # Above what is to be done, and above the checks.
    assert (old.count(day), old.count(then), old.count(now), old.count(told)) == (2, 1, 0, 1)
    assert old.count('<li><span class="state quiet">') == 3
    assert old.count('<li><span class="state good">') == 0
    assert (new.count(then), new.count(now)) == (0, 1)
    assert day[:12] not in new
    # What it has not told for ten days is not green, though it is here.
    assert new.count('<li><span class="state quiet">') == 1
    assert new.count('<li><span class="state good">') == 2
