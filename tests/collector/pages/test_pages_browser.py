"""The pages in a real browser: each page's main task as a person does it, in both languages, on a phone and a desk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp.test_utils import TestServer
from axe_core_python.base import AXE_FILE_PATH
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.collector.pages import pages_scene as scene

from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, MachineState

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SIZES = {"phone": (320, 740), "desk": (1280, 900)}
PAGES = (
    *("/", "/?q=quang+yen", "/?q=nowhere", "/schools/BM", "/schools/X1", "/schools/T10", "/schools/BM/enrol"),
    *("/schools/BM/pending", "/schools/T10/pending"),
    *("/machines/bm-tin1-7", "/machines/bm-tin1-18", "/machines/bm-tin2-8", "/machines/bm-tin1-7/sends"),
    *("/machines/bm-tin1-7/replace", "/incidents", "/incidents/SC-1042", "/incidents/SC-1043", "/incidents/SC-1044"),
    *("/incidents/SC-1030", "/schools/BM/incidents", "/addresses", "/enter"),
)
SERIOUS = {"serious", "critical"}


@pytest.fixture
async def server(store: Store) -> AsyncIterator[TestServer]:
    async with scene.served(store, token=None) as server:
        yield server


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # A test machine's root has no sandbox of its own to give.
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def opened(
    browser: Browser, server: TestServer, *, size: str = "desk", script: bool = True
) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page in a context of its own; what it complains of, and what it asks of others, is gathered."""
    width, height = SIZES[size]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=script,
        base_url=f"http://127.0.0.1:{server.port}",
        has_touch=size == "phone",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(f"http://127.0.0.1:{server.port}/") else complaints.append(request.url)
        ),
    )
    try:
        yield page, complaints
    finally:
        await context.close()


AXE = Path(AXE_FILE_PATH).read_text("utf-8")


async def complaints_of_axe(page: Page) -> list[str]:
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} {node['target']}: {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_page_is_sound(server: TestServer, browser: Browser, size: str, language: str) -> None:
    async with opened(browser, server, size=size) as (page, complaints):
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            for path in PAGES:
                joint = "&" if "?" in path else "?"
                answer = await page.goto(f"{path}{joint}lang={language}")
                assert answer is not None
                assert answer.status == 200
                assert await page.locator("html").get_attribute("lang") == language
                assert await page.locator("h1").count() == 1
                assert await page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0], path
                if scheme == "light" or path in {"/", "/schools/BM", "/incidents/SC-1044"}:
                    assert await complaints_of_axe(page) == [], path
        assert complaints == []


async def test_from_the_wall_to_what_to_do(server: TestServer, browser: Browser) -> None:
    async with opened(browser, server) as (page, complaints):
        await page.goto("/")
        await page.get_by_label("Tìm trường").fill("binh minh")
        await page.keyboard.press("Enter")
        await expect(page.locator("li.school")).to_have_count(1)
        await page.get_by_role("link", name="THCS Bình Minh").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("THCS Bình Minh")
        await page.get_by_role("link", name="Phòng Tin 1 – Máy 07: đang bật").click()  # noqa: RUF001 - as people read it
        await expect(page.get_by_text("Chưa đạt: điều khiển từ xa")).to_be_visible()
        await page.get_by_role("link", name="Máy này gửi những gì?").click()
        await expect(page.get_by_text("school_cpu_logical_processors")).to_be_visible()
        await page.get_by_role("link", name="English").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("What does this PC send?")
        await page.get_by_role("link", name="Schools").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Schools")
        assert complaints == []


@pytest.mark.parametrize("size", SIZES)
async def test_a_pc_is_noted_as_lent_and_the_note_taken_back(
    store: Store, server: TestServer, browser: Browser, size: str
) -> None:
    async with opened(browser, server, size=size) as (page, complaints):
        await page.goto("/schools/BM")
        await page.get_by_role("link", name="Máy 18: mất liên lạc").click()
        assert store.register().machines["bm-tin1-18"].note == ""
        await page.get_by_role("button", name="Cho mượn").click()
        await expect(page.get_by_text("Đã ghi: cho mượn")).to_be_visible()
        assert await complaints_of_axe(page) == []
        await page.get_by_role("link", name="THCS Bình Minh").click()
        await page.get_by_role("link", name="Máy 18: mất liên lạc (cho mượn)").click()
        await page.get_by_role("button", name="Bỏ ghi chú này").click()
        await expect(page.get_by_role("heading", name="Máy vắng vì sao?")).to_be_visible()
        assert complaints == []


@pytest.mark.parametrize("size", SIZES)
async def test_an_incident_is_answered_with_the_keyboard_alone(
    store: Store, server: TestServer, browser: Browser, size: str
) -> None:
    async with opened(browser, server, size=size) as (page, complaints):
        await page.goto("/incidents/SC-1043")
        way = page.locator("svg.path" if size == "desk" else "ol.stops")
        await expect(way).to_be_visible()
        assert "Nhà mạng: đứt ở đây" in (await page.locator("svg.path title").text_content() or "")
        for _ in range(30):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.value") == "provider_informed":
                break
        assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Đã ghi: đã báo nhà mạng")).to_be_visible()
        await page.get_by_role("button", name="Tôi đang xử lý").press("Enter")
        await expect(page.get_by_text("Đã tiếp nhận:")).to_be_visible()
        assert complaints == []
    story = store.incident_of(EVERYTHING, 1043)
    assert story is not None
    assert [one.answer for one in story.answers] == ["provider_informed"]


async def stand_on(page: Page, what: str, *, steps: int = 60) -> None:
    """Goes on by Tab until the thing in focus is (or is inside) what this selector names, and is seen to be so."""
    for _ in range(steps):
        await page.keyboard.press("Tab")
        if await page.evaluate("(what) => document.activeElement.matches(what)", what):
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", what
            return
    raise AssertionError(f"{what} cannot be reached on {page.url}")


async def test_every_main_task_is_done_with_the_keyboard_alone_on_a_narrow_screen(
    store: Store, server: TestServer, browser: Browser
) -> None:
    async with opened(browser, server, size="phone") as (page, complaints):
        await page.goto("/")
        await stand_on(page, "#q")
        await page.keyboard.type("binh minh")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/?q=binh+minh*")
        await expect(page.locator("li.school")).to_have_count(1)
        await stand_on(page, "li.school a")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("THCS Bình Minh")
        # A PC that waits is let in.
        await stand_on(page, "a[href='/schools/BM/pending']")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Máy chờ duyệt")
        await stand_on(page, "button[value=approve]")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Không có máy nào chờ duyệt.")).to_be_visible()
        assert store.register().machines["bm-tin2-8"].state is MachineState.ACTIVE
        # A day is closed.
        await page.goto("/schools/BM")
        await stand_on(page, "[data-unfolds]")
        await page.keyboard.press("Enter")
        await expect(page.locator("#day")).to_be_focused()
        await page.locator("#day").fill("2026-11-25")
        await page.locator("#until").fill("2026-11-25")
        await stand_on(page, "#reason")
        await page.keyboard.type("Bão số 11")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Bão số 11")).to_be_visible()
        # PCs are added.
        await page.goto("/schools/BM/enrol")
        await stand_on(page, "input[type=radio]")
        await page.keyboard.press("ArrowDown")
        await stand_on(page, "#uses")
        await page.keyboard.press("Enter")
        await expect(page.locator("textarea").first).to_be_visible()
        await stand_on(page, "[data-copy]")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Đã chép")).to_be_visible()
        # What a PC sends is looked into.
        await page.goto("/machines/bm-tin1-7/sends")
        await stand_on(page, "summary")
        await page.keyboard.press("Enter")
        await expect(page.locator("details[open] table")).to_be_visible()
        assert complaints == []


async def test_a_pc_is_turned_away_only_after_it_was_said_what_that_means(
    store: Store, server: TestServer, browser: Browser
) -> None:
    async with opened(browser, server, size="phone") as (page, complaints):
        await page.goto("/schools/BM/pending")
        await expect(page.get_by_role("button", name="Không nhận")).to_have_count(0)
        await page.get_by_text("Không nhận máy này").click()
        await page.get_by_role("button", name="Không nhận").click()
        await expect(page.get_by_text("Không có máy nào chờ duyệt.")).to_be_visible()
        assert complaints == []
    assert store.register().machines["bm-tin2-8"].state is MachineState.RETIRED


async def test_a_teacher_comes_in_by_a_link_and_adds_pcs(store: Store, browser: Browser) -> None:
    code, _ = scene.give_link(store, "BM")
    async with scene.served(store) as server, opened(browser, server, size="phone") as (page, complaints):
        await page.goto(f"/enter#{code}")
        taken = "location.hash === '' && document.getElementById('code').value !== ''"
        await page.wait_for_function(taken)
        # Reading it in the other language first loses nothing.
        for language in ("English", "Tiếng Việt"):
            await page.get_by_role("link", name=language).click()
            await expect(page.get_by_role("link", name=language)).to_have_count(0)
            await page.wait_for_function(taken)
            assert code not in page.url
        await page.get_by_role("button", name="Vào trang của trường").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("THCS Bình Minh")
        await page.get_by_role("link", name="Thêm máy").click()
        await page.get_by_label("Phòng Tin 2").check()
        await expect(page.get_by_label("Thêm bao nhiêu máy?")).to_have_value("33")
        await page.get_by_role("button", name="Tạo mã cài đặt").click()
        command = await page.locator("textarea").first.input_value()
        assert "sd1." in command
        assert "enrol --collector https://may-chu.example.vn:8801" in command
        token = page.url.rpartition("/")[2]
        assert "sd1" not in page.url
        await page.get_by_role("button", name="Chép lệnh Linux").click()
        await expect(page.get_by_role("button", name="Đã chép")).to_be_visible()
        await expect(page.get_by_text("7/40")).to_be_visible()
        await expect(page.locator(".pulse.live")).to_be_visible()
        for seat in (9, 10):
            with store.writing() as writer:
                machine = scene.a_machine("BM", "tin2", seat)
                writer.put_machine(machine)
                writer.note_enrolment(machine.id, token, "1.2.3.4", scene.NOW)
            arrived = page.locator("ol.arrivals li").first
            await expect(arrived).to_contain_text(f"Máy {seat:02} ({seat - 1}/40)", timeout=2500)
        await page.reload()
        assert await page.locator("textarea").count() == 0
        await expect(page.get_by_text("9/40").first).to_be_visible()
        assert complaints == []


async def test_a_link_that_is_taken_back_while_a_page_is_open_is_told_by_the_page(
    store: Store, server: TestServer, browser: Browser
) -> None:
    code, link = scene.give_link(store, "BM")
    async with opened(browser, server, size="phone") as (page, _):
        await page.goto(f"/enter#{code}")
        await page.get_by_role("button", name="Vào trang của trường").click()
        await expect(page.locator(".pulse.live")).to_be_visible()
        with store.writing() as writer:
            writer.put_link(msgspec.structs.replace(link, revoked=scene.NOW))
        told = page.get_by_text("Liên kết của trường không còn dùng được")
        # The browser comes again after three seconds, and is refused.
        await expect(told).to_be_visible(timeout=15_000)
        assert await complaints_of_axe(page) == []
        await page.goto("/incidents")
        await expect(told).to_be_visible()
        await page.get_by_role("button", name="Bỏ liên kết, về trang của Sở").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Các trường")


async def test_the_wall_follows_by_itself(store: Store, server: TestServer, browser: Browser) -> None:
    async with opened(browser, server) as (page, complaints):
        await page.goto("/")
        await expect(page.locator(".pulse.live")).to_be_visible()
        assert await page.locator("li.school").last.text_content() != ""
        await page.get_by_role("link", name="Tiểu học số 2").focus()
        await store.append(scene.arrival("t2-tin1-1", at=scene.NOW))
        card = page.get_by_role("link", name="Tiểu học số 2")
        await expect(card).to_contain_text("1/12 máy đang bật", timeout=4000)
        # Whoever stands on it is still there.
        assert "T2" in (await page.evaluate("document.activeElement.getAttribute('href')") or "")
        assert complaints == []


async def test_a_day_is_closed_by_a_person(store: Store, server: TestServer, browser: Browser) -> None:
    async with opened(browser, server, size="phone") as (page, complaints):
        await page.goto("/schools/BM")
        await page.get_by_text("Cho trường nghỉ").click()
        # The browser's own calendar is of today; the school's is of the scene.
        await page.get_by_label("Từ ngày").fill("2026-11-25")
        await page.get_by_label("Đến hết ngày").fill("2026-11-25")
        await page.get_by_label("Lý do").fill("Bão số 10")
        await page.get_by_role("button", name="Cho nghỉ", exact=True).click()
        await expect(page.get_by_text("Bão số 10")).to_be_visible()
        await page.get_by_role("button", name="Bỏ ngày nghỉ này 25/11/2026").click()
        await expect(page.get_by_text("Bão số 10")).to_have_count(0)
        assert complaints == []
    assert not any(one.reason == "Bão số 10" for one in store.register().calendars["BM"].closings)


async def test_without_scripts_everything_is_there(store: Store, browser: Browser) -> None:
    code, _ = scene.give_link(store, "BM")
    async with scene.served(store) as server, opened(browser, server, size="phone", script=False) as (page, _):
        await page.goto(f"/enter#{code}")
        await page.locator("#code").fill(code)
        await page.get_by_role("button", name="Vào trang của trường").click()
        await expect(page.get_by_text("Tải lại trang để xem số liệu mới.")).to_be_visible()
        await page.get_by_role("link", name="Xem và trả lời").click()
        await page.get_by_role("button", name="Cần hỗ trợ").click()
        await expect(page.get_by_text("Đã ghi: cần hỗ trợ")).to_be_visible()
        await page.get_by_role("button", name="Thoát trên máy này").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Vào trang của trường")


async def test_pages_print_on_paper(server: TestServer, browser: Browser) -> None:
    async with opened(browser, server) as (page, _):
        for path in ("/", "/schools/BM", "/incidents/SC-1044", "/machines/bm-tin1-7"):
            await page.goto(path)
            await page.emulate_media(media="print")
            assert await page.locator("header nav").is_hidden()
            assert not await page.locator("button:visible").count()
            assert (await page.pdf()).startswith(b"%PDF")
            await page.emulate_media(media="screen")
