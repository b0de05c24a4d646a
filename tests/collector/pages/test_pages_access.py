"""Who may open which page: every route for nobody, an agent, the office, a link of the school, of another, ended."""

import re
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser

from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.web.visitors import COOKIE, FOR_SCHOOLS, link_of, new_link

OPEN = {"/enter", "/q", "/static/pages.css", "/static/pages.js"}
OWN = {
    "/schools/BM",
    "/schools/BM/incidents",
    "/schools/BM/enrol",
    "/schools/BM/pending",
    "/machines/bm-tin1-7",
    "/machines/bm-tin1-7/sends",
    "/machines/bm-tin1-7/replace",
    "/incidents/SC-1044",
    "/incidents/SC-1030",
}
OTHERS = {
    "/schools/HS",
    "/schools/HS/incidents",
    "/schools/HS/enrol",
    "/schools/HS/pending",
    "/machines/hs-tin1-7",
    "/machines/hs-tin1-7/sends",
    "/machines/hs-tin1-7/replace",
    "/incidents/SC-1042",
    "/events?page=school&of=HS",
    "/events?page=pending&of=HS",
    "/events?page=machine&of=hs-tin1-7",
    "/events?page=incident&of=1042",
    "/events?page=incidents&of=HS",
}
OFFICE = {
    "/addresses",
    "/metrics",
    "/metrics/schools",
    "/metrics/schools/BM",
    "/sd/schools",
    "/readyz",
    "/api/v1/schools",
    "/api/v1/machines/bm-tin1-7",
    "/api/v1/incidents/1044",
    "/api/v1/openapi.json",
}
FORMS = {
    "/leave",
    "/incidents/SC-{incident}/acknowledge",
    "/incidents/SC-{incident}/answer",
    "/schools/{code}/close",
    "/schools/{code}/open",
    "/schools/{code}/enrol",
    "/schools/{code}/pending",
    "/machines/{machine}/replace",
    "/machines/{machine}/note",
}


def test_every_page_for_schools_is_tried() -> None:
    tried = {*OWN, *OPEN, "/", "/leave", "/events", "/incidents"}
    kinds = {
        re.sub(r"SC-\d+", "{number}", one)
        .replace("BM", "{code}")
        .replace("bm-tin1-7", "{machine}")
        .replace("pages.css", "{name}")
        .replace("pages.js", "{name}")
        for one in tried
    }
    posted = {
        one.replace("SC-{incident}", "{number}").format(number="{number}", code="{code}", machine="{machine}")
        for one in FORMS
    }
    assert kinds | posted | {"/schools/{code}/enrol/{token}"} == FOR_SCHOOLS


@pytest.mark.parametrize("path", sorted(OPEN))
async def test_what_everybody_may_see(server: TestServer, session: ClientSession, path: str) -> None:
    status, headers, _ = await Browser(server, session).get(path)
    assert status == 200
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize("path", sorted(OWN | OTHERS | OFFICE | {"/", "/incidents", "/nowhere"}))
async def test_nobody_and_agents_see_nothing(server: TestServer, session: ClientSession, path: str) -> None:
    for token in ("", "x" * 43):
        status, headers, text = await Browser(server, session, token=token).get(path)
        assert status == 401
        assert "Basic" in headers["www-authenticate"]
        assert "Bình Minh" not in text


@pytest.mark.parametrize("path", sorted(OWN | OTHERS | OFFICE | {"/", "/incidents"}))
async def test_the_office_sees_all(server: TestServer, session: ClientSession, path: str) -> None:
    assert (await Browser(server, session, token=scene.TOKEN).get(path))[0] == 200


async def test_a_link_opens_its_own_school_alone(store: Store, server: TestServer, session: ClientSession) -> None:
    code, _ = scene.give_link(store, "BM")
    teacher = Browser(server, session, link=code)
    for path in sorted(OWN):
        status, headers, text = await teacher.get(path)
        assert status == 200, path
        assert headers["cache-control"] == "no-store"
        assert "Hoa Sen" not in text
        assert "/schools/HS" not in text
    for path in sorted(OTHERS):
        assert (await teacher.get(path))[0] == 404, path
    for path in sorted(OFFICE):
        status, headers, _ = await teacher.get(path)
        assert status == 403, path
        assert "www-authenticate" not in headers
    for path, leads in (("/", "/schools/BM"), ("/incidents", "/schools/BM/incidents")):
        status, headers, _ = await teacher.get(path)
        assert (status, headers["location"]) == (303, leads)
    # A scope in the address widens nothing.
    assert (await teacher.get("/schools/HS?scope=HS"))[0] == 404


@pytest.mark.parametrize("path", sorted(FORMS))
async def test_forms(store: Store, server: TestServer, session: ClientSession, path: str) -> None:
    own = path.format(incident=1044, code="BM", machine="bm-tin1-7")
    other = path.format(incident=1042, code="HS", machine="hs-tin1-7")
    before = store.register()
    code, _ = scene.give_link(store, "BM")
    teacher = Browser(server, session, link=code)
    mark = await teacher.mark()
    assert (await Browser(server, session).post(own, mark=mark))[0] == 401
    for wrong in (None, "", "0" * 40, mark[:-1]):
        assert (await teacher.post(own, mark=wrong, answer="help"))[0] == 403, wrong
    if other != own:
        assert (await teacher.post(other, mark=mark, answer="help", day="2026-11-25", reason="x", uses="1"))[0] == 404
    strange = {**teacher.headers, "Origin": "http://evil.example"}
    async with session.post(teacher.base + own, headers=strange, data={"mark": mark}) as response:
        assert response.status == 403
    async with session.post(teacher.base + own, headers=teacher.headers, json={"mark": mark}) as response:
        assert response.status == 400
    large = {"mark": mark, "x": "x" * 20_000}
    async with session.post(teacher.base + own, headers=teacher.headers, data=large) as response:
        assert response.status in {400, 413}
    after = store.register()
    assert msgspec.structs.replace(after, links={}, version=0) == msgspec.structs.replace(before, version=0)


async def test_a_mark_is_its_visitors_own(store: Store, server: TestServer, session: ClientSession) -> None:
    first, second = scene.give_link(store, "BM")[0], scene.give_link(store, "BM")[0]
    stolen = await Browser(server, session, link=first).mark()
    answer = await Browser(server, session, link=second).post("/incidents/SC-1044/answer", mark=stolen, answer="help")
    assert answer[0] == 403


async def test_a_link_becomes_a_cookie_and_stays_in_no_address(
    store: Store, server: TestServer, session: ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    code, _ = scene.give_link(store, "BM")
    visitor = Browser(server, session)
    mark = await visitor.mark()
    status, headers, text = await visitor.post("/enter", mark=mark, code=f" https://x.example/enter#{code}\n")
    assert (status, headers["location"]) == (303, "/schools/BM")
    cookie = headers["set-cookie"]
    assert f"{COOKIE}={code}" in cookie.replace('"', "")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert code not in text
    for wrong in ("", "x", f"{code}x", code.partition(".")[0], code.replace(".", ""), "\x00.\udcff" * 9, "a" * 5000):
        status, headers, text = await visitor.post("/enter", mark=mark, code=wrong.encode("utf-8", "replace").decode())
        assert status == 403
        assert "set-cookie" not in headers
        assert "không dùng được" in text
    # Opening the link changes nothing, whoever opens it.
    assert "set-cookie" not in (await visitor.get("/enter"))[1]
    assert code.partition(".")[2] not in caplog.text
    leaving = Browser(server, session, link=code)
    status, headers, _ = await leaving.post("/leave", mark=await leaving.mark())
    assert (status, headers["location"]) == (303, "/enter")
    assert "Max-Age=0" in headers["set-cookie"]


async def test_a_link_ends(store: Store, server: TestServer, session: ClientSession) -> None:
    code, link = scene.give_link(store, "BM")
    teacher = Browser(server, session, link=code)
    assert (await teacher.get("/schools/BM"))[0] == 200
    with store.writing() as writer:
        writer.put_link(msgspec.structs.replace(link, revoked=scene.NOW))
    status, _, text = await teacher.get("/schools/BM")
    assert status == 403
    assert "xin Sở một liên kết mới" in text
    assert (await teacher.get("/events?page=school&of=BM"))[0] == 403
    late, _ = scene.give_link(store, "BM", days=1, now=scene.NOW - 2 * 86400)
    assert (await Browser(server, session, link=late).get("/schools/BM"))[0] == 403
    strange, _ = scene.give_link(store, "GONE")
    assert (await Browser(server, session, link=strange).get("/"))[0] == 403


def test_only_a_links_hash_is_kept(store: Store, tmp_path: Path) -> None:
    code, link = scene.give_link(store, "BM")
    secret = code.partition(".")[2]
    assert link_of(store.register(), code, scene.NOW) == link
    assert secret not in str(store.register().links)
    assert not any(secret.encode() in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert len({new_link("BM", 1, scene.NOW)[0] for _ in range(100)}) == 100


async def test_an_open_door_lets_a_link_be_tried(store: Store, session: ClientSession) -> None:
    code, _ = scene.give_link(store, "BM")
    async with scene.served(store, token=None) as server:
        assert (await Browser(server, session).get("/"))[0] == 200
        teacher = Browser(server, session, link=code)
        assert (await teacher.get("/"))[0] == 303
        assert (await teacher.get("/schools/HS"))[0] == 404
        for path in sorted(OFFICE):
            status, _, text = await teacher.get(path)
            assert (status, "Thoát trên máy này" in text) == (403, True), path
        status, _, text = await Browser(server, session).get("/", Via="1.1 proxy")
        assert (status, "qua proxy" in text) == (403, True)


async def test_whose_link_has_ended_sees_nothing_where_the_door_is_open(store: Store, session: ClientSession) -> None:
    code, link = scene.give_link(store, "BM")
    with store.writing() as writer:
        writer.put_link(msgspec.structs.replace(link, revoked=scene.NOW))
    late, _ = scene.give_link(store, "BM", days=1, now=scene.NOW - 2 * 86400)
    unknown = "abcdefgh.of-another-collector-on-this-machine"
    async with scene.served(store, token=None) as server:
        for ended in (code, late, unknown):
            phone = Browser(server, session, link=ended)
            for path in sorted(OWN | OTHERS | OFFICE | {"/", "/incidents", "/nowhere", "/events?page=school&of=BM"}):
                status, headers, text = await phone.get(path)
                assert status == 403, path
                assert "www-authenticate" not in headers
                assert not re.search("Bình Minh|Hoa Sen|/schools/|/addresses", text), path
            status, _, text = await phone.get("/")
            assert "không còn dùng được" in text
            assert "xin Sở một liên kết mới" in text
            text = (await phone.get("/?lang=en"))[2]
            assert "no longer valid" in text
            assert "Ask the office for a new one" in text
            assert (await phone.post("/incidents/SC-1044/answer", mark=await phone.mark(), answer="help"))[0] == 403
            assert (await phone.get("/enter"))[0] == 200
    story = store.incident_of(EVERYTHING, 1044)
    assert story is not None
    assert story.answers == ()


async def test_the_office_which_tried_a_link_finds_back_to_its_own_pages(store: Store, session: ClientSession) -> None:
    code, link = scene.give_link(store, "BM", days=1, now=scene.NOW - 2 * 86400)
    way = "về trang của Sở"
    async with scene.served(store, token=None) as server:
        office = Browser(server, session, link=code)
        assert way in (await office.get("/"))[2]
        assert (await office.post("/leave", mark="0" * 40))[0] == 403
        assert 'name="to" value="office"' in (await office.get("/"))[2]
        status, headers, _ = await office.post("/leave", mark=await office.mark("/"), to="office")
        assert (status, headers["location"]) == (303, "/")
        assert "Max-Age=0" in headers["set-cookie"]
        assert (await Browser(server, session).get("/"))[0] == 200
        # Whoever is not at this very machine is shown no such way.
        status, _, text = await office.get("/", **{"X-Forwarded-For": "10.0.0.1"})
        assert (status, way in text) == (403, False)
    async with scene.served(store) as server:
        # Where the office's token is asked for, a browser that still held the link would never be asked for it.
        phone = Browser(server, session, link=link.id)
        status, _, text = await phone.get("/")
        assert (status, way in text, "Bỏ liên kết trên máy này" in text) == (403, False, True)
        status, headers, _ = await phone.post("/leave", mark=await phone.mark("/"))
        assert (status, headers["location"]) == (303, "/enter")
        assert "Max-Age=0" in headers["set-cookie"]


@pytest.mark.parametrize(
    ("path", "status", "vietnamese", "english"),
    [
        ("/api/v1/schools", 401, "Cần mã của Sở", "needs the office's token"),
        ("/api/v1/machines?limit=x", 400, "Địa chỉ hoặc ô nhập chưa đúng. (limit: ", "limit: write a whole number"),
        ("/api/v1/machines/none", 404, "Không có trang này", "the register has no machine"),
        ("/nowhere", 404, "Không có trang này", "There is no such page"),
    ],
)
async def test_programs_too_are_told_in_the_language_that_was_chosen(
    store: Store, session: ClientSession, path: str, status: int, vietnamese: str, english: str
) -> None:
    for language, asked, said in (("vi", "", vietnamese), ("en", "", english), ("vi", "en", english)):
        async with scene.served(store, language=language) as server:
            program = Browser(server, session, token="" if status == 401 else scene.TOKEN)
            program.headers |= {"Accept": "*/*", "Cookie": f"schooldrum_lang={asked}"}
            found, headers, text = await program.get(path)
            assert (found, headers["content-type"].partition(";")[0]) == (status, "application/json")
            assert said in text
            assert all(line.isascii() for line in headers.get("www-authenticate", "").splitlines())


@pytest.mark.parametrize("path", ["/", "/schools/X1", "/schools/X1/enrol", "/machines/x1-tin1-1"])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_names_are_harmless(server: TestServer, session: ClientSession, path: str, language: str) -> None:
    _, headers, text = await Browser(server, session, token=scene.TOKEN).get(f"{path}?lang={language}")
    assert "Trường &lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert "{{ 7 * 7 }}" in text
    assert "script-src 'self'" in headers["content-security-policy"]
    assert f'<html lang="{language}">' in text


async def test_the_language_is_remembered(server: TestServer, session: ClientSession) -> None:
    office = Browser(server, session, token=scene.TOKEN)
    status, headers, text = await office.get("/?lang=en")
    assert status == 200
    assert "schooldrum_lang=en" in headers["set-cookie"]
    assert "Schools" in text
    assert '<html lang="en">' in (await office.get("/", Cookie="schooldrum_lang=en"))[2]
    assert '<html lang="vi">' in (await office.get("/?lang=<x>", Cookie="schooldrum_lang=<x>"))[2]


async def test_nothing_is_loaded_from_outside_and_nothing_runs_inline(
    server: TestServer, session: ClientSession
) -> None:
    office = Browser(server, session, token=scene.TOKEN)
    for path in sorted(OWN | {"/", "/incidents", "/addresses", "/enter"}):
        text = (await office.get(path))[2]
        loaded = re.findall(r'(?:src|href|action)="([^"]*)"', text)
        assert loaded
        assert not [one for one in loaded if not re.match(r"[/#?]", one) or one.startswith("//")], path
        assert not re.search(r"<script(?! src=)|<style|\son\w+=|\sstyle=|javascript:", text), path


async def test_files_are_kept_under_the_address_that_names_their_content(
    server: TestServer, session: ClientSession
) -> None:
    visitor = Browser(server, session)
    found = re.search(r"/static/pages\.css\?v=[\w-]+", (await visitor.get("/enter"))[2])
    assert found
    assert "immutable" in (await visitor.get(found[0]))[1]["cache-control"]
    assert (await visitor.get("/static/pages.css"))[1]["cache-control"] == "no-cache"
    for wrong in ("/static/../office.py", "/static/%2e%2e%2foffice.py", "/static/x.css"):
        assert (await visitor.get(wrong))[0] in {401, 404}
