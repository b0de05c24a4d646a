"""The answers' door over real sockets: opening a link changes nothing, a tap answers, nothing else is there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import aiohttp
import msgspec
import pytest
from aiohttp import web
from tests.collector.test_alertmanager import incident, put

from schooldrum_collector.app.outgoing import digest_of, secret_of
from schooldrum_collector.judge.fault import Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import EarlierRound, Incident, Pause, State, What
from schooldrum_collector.judge.incident_acts import REPEAT_SECONDS
from schooldrum_collector.judge.lines import RegisteredLine
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, AnswerLink, Machine, School
from schooldrum_collector.web.answers import KEPT_SECONDS, answers_app

NOW = 1_790_133_000.0


def link(store: Store, number: int = 1001, role: str = "it_officer", path: str = "BM") -> str:
    secret = secret_of("key", number, hash((role, path)) % 1000)
    with store.writing() as writer:
        writer.put_answer_link(
            AnswerLink(digest=digest_of(secret), number=number, made=NOW, path=path, role=role, language="vi")
        )
    return secret


def lost(number: int = 1001, **fields: object) -> Incident:
    return incident(number, **{"began": NOW - 600, "opened": NOW - 500, **fields})  # type: ignore[arg-type]  # any field


class Door:
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url
        self.at = NOW
        self.happened = 0

    async def get(self, path: str, method: str = "GET", **options: object) -> tuple[int, str]:
        async with self._session.request(method, self.url + path, allow_redirects=False, **options) as answer:  # type: ignore[arg-type]  # what a test sends
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            return answer.status, await answer.text()

    async def tap(self, secret: str, answer: str, **fields: str) -> int:
        status, _ = await self.get(f"/t/{secret}", "POST", data={"answer": answer, **fields})
        return status


@pytest.fixture
async def door(store: Store, enrol: Callable[..., Machine]) -> AsyncIterator[Door]:
    enrol(store, "m1", school="BM")
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        there = Door(session, "")

        def happened() -> None:
            there.happened += 1

        runner = web.AppRunner(
            answers_app(store=store, now=lambda: there.at, hosts=("answers.example",), happened=happened)
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        there.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield there


async def test_opening_changes_nothing_and_a_tap_answers(store: Store, door: Door) -> None:
    put(store, lost())
    secret = link(store)
    for method in ("GET", "HEAD", "GET"):
        status, page = await door.get(f"/t/{secret}", method)
        assert status == 200
    assert "Có điện" in page
    assert "Mất điện" in page
    assert "Trường nghỉ" in page
    assert "SC-1001" in page
    assert "<script" not in page
    before = store.incident_of(EVERYTHING, 1001)
    assert before is not None
    assert (before.events, before.answers) == ((), ())
    assert await door.tap(secret, "power_cut") == 303
    story = store.incident_of(EVERYTHING, 1001)
    assert story is not None
    assert [one.answer for one in story.answers] == ["power_cut"]
    assert [(one.what, one.by) for one in story.events] == [(What.ANSWERED, "it_officer")]
    assert door.happened == 1
    assert "Đã ghi: Mất điện" in (await door.get(f"/t/{secret}?done=power_cut"))[1]
    assert await door.tap(secret, "acknowledge") == 303
    again = (await door.get(f"/t/{secret}"))[1]
    assert "Đã tiếp nhận lúc" in again
    assert "Đã ghi: Mất điện.</p>" in again, "whoever comes back sees what was said"
    assert "The record" in (await door.get(f"/t/{secret}?lang=en"))[1]


async def test_a_provider_is_called_only_where_a_line_may_be_at_fault(store: Store, door: Door) -> None:
    with store.writing() as writer:
        writer.put_line(
            RegisteredLine(school="BM", site="main", code="main", provider="Nhà mạng A", customer="KH-1", networks=())
        )
    put(store, lost())
    put(store, lost(number=1002, place=Place(Level.ROOM, "BM/main/tin1"), verdict=Verdict.ROOM))
    for number, shown in ((1001, True), (1002, False)):
        page = (await door.get(f"/t/{link(store, number=number)}"))[1]
        assert ("KH-1" in page) is shown, number


async def test_the_office_is_told_to_call_a_school_that_asked_for_help(store: Store, door: Door) -> None:
    put(store, lost())
    school, office = link(store), link(store, role="office", path="")
    assert "trường đã nhận tin" in (await door.get(f"/t/{office}"))[1]
    assert await door.tap(school, "help") == 303
    page = (await door.get(f"/t/{office}"))[1]
    assert "trường đã nhận tin" not in page
    assert "Gọi giáo viên phụ trách CNTT của trường" in page
    assert "Gọi giáo viên" not in (await door.get(f"/t/{school}"))[1]


async def test_what_is_back_is_shown_as_back(store: Store, door: Door) -> None:
    put(store, lost(rounds=1, calm=NOW - 100, ended=NOW - 200))
    secret = link(store)
    for language, says, calls in (("vi", "vẫn theo dõi", "CẦN XỬ LÝ"), ("en", "still watched", "ACTION")):
        page = (await door.get(f"/t/{secret}?lang={language}"))[1]
        assert says in page
        assert calls not in page
        assert "<ol>" not in page
    put(store, lost())
    page = (await door.get(f"/t/{secret}"))[1]
    assert "CẦN XỬ LÝ" in page
    assert "vẫn theo dõi" not in page


async def test_closed_today_withdraws_it(store: Store, door: Door) -> None:
    put(store, lost())
    secret = link(store)
    assert "giờ học</th>" in (await door.get(f"/t/{secret}"))[1]
    await door.tap(secret, "closed")
    story = store.incident_of(EVERYTHING, 1001)
    assert story is not None
    assert story.incident.state is State.WITHDRAWN
    assert "giờ học</th>" not in (await door.get(f"/t/{secret}"))[1], "what was no incident cost no lesson"
    options = {"data": {"answer": "power"}, "allow_redirects": False}
    async with aiohttp.ClientSession() as session, session.post(f"{door.url}/t/{secret}", **options) as late:  # type: ignore[arg-type]  # what a test sends
        assert late.status == 303, "too late is no error, and changes nothing"
        assert late.headers["Location"].endswith("?done=late")
    for language, says in (("vi", "Chưa ghi câu trả lời vừa bấm"), ("en", "was not recorded")):
        page = (await door.get(f"/t/{secret}?done=late&lang={language}"))[1]
        assert says in page
        assert "Cảm ơn" not in page
        assert "Thank you" not in page
    again = store.incident_of(EVERYTHING, 1001)
    assert again is not None
    assert again.answers == story.answers


async def test_a_tap_in_a_later_round_leaves_what_was_before(store: Store, door: Door) -> None:
    both = lost(
        pauses=(Pause(NOW - 500, NOW - 200, end_error=30.0, noticed=NOW - 100),),
        rounds=1,
        verdict=Verdict.UNKNOWN,
        degree=Degree.UNKNOWN,
        earlier=EarlierRound(verdict=Verdict.LINE, degree=Degree.FOUND, evidence=Evidence(word="line")),
    )
    put(store, both)
    secret = link(store)
    assert await door.tap(secret, "closed") == 303
    assert await door.tap(secret, "closed") == 303, "once more, and nothing happens"
    first, own = (store.incident_of(EVERYTHING, number) for number in (1001, 1002))
    assert first is not None
    assert own is not None
    assert (first.incident.state, first.incident.verdict) == (State.CLOSED, Verdict.LINE)
    assert (first.incident.ended, first.incident.pauses) == (NOW - 500, ())
    assert (own.incident.state, own.incident.began, own.incident.told_as) == (State.WITHDRAWN, NOW - 200, 1001)
    assert ([one.answer for one in first.answers], [one.answer for one in own.answers]) == ([], ["closed"])
    assert store.incident_of(EVERYTHING, 1003) is None


async def test_a_button_tapped_twice_is_one_answer(store: Store, door: Door) -> None:
    put(store, lost())
    secret = link(store)

    async def answers() -> list[str]:
        story = store.incident_of(EVERYTHING, 1001)
        assert story is not None
        assert len(story.answers) == len([one for one in story.events if one.what is What.ANSWERED])
        return [one.answer for one in story.answers]

    assert set(await asyncio.gather(*(door.tap(secret, "help") for _ in range(5)))) == {303}
    assert await answers() == ["help"]
    door.at += REPEAT_SECONDS + 1
    await door.tap(secret, "help")
    assert await answers() == ["help", "help"], "who asks again is heard again"
    # Who changes his mind, and changes it back, has said three things.
    for word in ("power", "power_cut", "power"):
        assert await door.tap(secret, word) == 303
    assert (await answers())[2:] == ["power", "power_cut", "power"]
    options = {"data": {"answer": "closed"}, "allow_redirects": False}
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.post(f"{door.url}/t/{secret}", **options) as said:  # type: ignore[arg-type]  # what a test sends
                assert said.headers["Location"].endswith("?done=closed"), "the second tap is not too late for the first"
    assert (await answers())[-2:] == ["power", "closed"]


async def test_a_link_is_good_for_its_incident_and_role_alone(store: Store, door: Door) -> None:
    put(store, lost())
    put(store, lost(1002, place=Place(Level.SCHOOL, "HS"), schools=("HS",)))
    principal, officer = link(store, role="principal"), link(store)
    assert "button" not in (await door.get(f"/t/{principal}"))[1].partition("<body>")[2]
    assert await door.tap(principal, "power") == 400
    assert await door.tap(officer, "provider_said", text="x") == 400
    assert await door.tap(officer, "") == 400
    for language, says in (("", "Chưa ghi gì"), ("?lang=en", "Nothing was recorded")):
        status, said = await door.get(f"/t/{officer}{language}", "POST", data={"answer": "nonsense<b>"})
        assert (status, says in said, "nonsense" in said) == (400, True, False)
    for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded; charset=klingon"):
        sent = {"data": b"\xff\xfe=%", "headers": {"Content-Type": kind}}
        assert (await door.get(f"/t/{officer}", "POST", **sent))[0] == 400
    assert door.happened == 0
    for number in (1001, 1002):
        story = store.incident_of(EVERYTHING, number)
        assert story is not None
        assert story.events == ()
    for path in ("/", "/t/", "/t/wrong-one1", f"/t/{officer}x", "/metrics", "/api/v1/schools", "/readyz", "/t/%00%ff"):
        for language, html, says in (("", "vi", "hoặc hỏi Sở"), ("?lang=en", "en", "or ask the office")):
            status, said = await door.get(f"{path}{language}")
            first, _, second = said.partition('class="other"')
            assert (status, says in first, f'<html lang="{html}">' in first) == (404, True, True), path
            assert "<title>" in first
            assert "hỏi Sở" in second or "ask the office" in second, "in the other language too"
    assert (await door.get(f"/t/{officer}", "PUT"))[0] == 405
    assert (await door.get(f"/t/{officer}", headers={"Host": "evil.example"}))[0] == 421
    assert (await door.get(f"/t/{officer}", headers={"Host": "answers.example"}))[0] == 200
    assert (await door.get(f"/t/{officer}", "POST", headers={"Origin": "https://evil.example"}))[0] == 403
    assert (await door.get(f"/t/{officer}", "POST", data={"answer": "x" * 20_000}))[0] == 413


async def test_the_provider_s_answer_is_kept(store: Store, door: Door) -> None:
    place = Place(Level.PROVIDER, "A")
    put(store, lost(place=place, told_place=place, schools=("BM", "HS")))
    secret = link(store, role="office", path="hn")
    _, page = await door.get(f"/t/{secret}")
    assert "Ghi lại trả lời của nhà mạng" in page
    assert ">BM<" in page
    assert ">HS<" not in page, "a school of another area is not named"
    assert await door.tap(secret, "provider_said", text=" \r\n ") == 400
    await door.tap(secret, "provider_said", text=" đứt cáp <b>\r\n sửa xong 11:00 ")
    story = store.incident_of(EVERYTHING, 1001)
    assert story is not None
    assert [one.reason for one in story.events] == ["đứt cáp <b> sửa xong 11:00"]


async def test_of_many_schools_the_own_one_is_asked_about(store: Store, door: Door) -> None:
    area = Place(Level.AREA, "hn")
    evidence = msgspec.structs.replace(lost().evidence, word="area_silent", counts={"schools": 5, "others": 3})
    put(store, lost(1002, place=area, told_place=area, schools=("BM", "HS"), evidence=evidence))
    put(store, lost(1001, parent=1002))
    # A province has more schools than incidents are read at once.
    with store.writing() as writer:
        for number in range(1003, 2010):
            other = Place(Level.SCHOOL, f"S{number}")
            writer.put_incident(lost(number, parent=1002, place=other, told_place=other, schools=(f"S{number}",)))
    secret = link(store, 1002)
    assert "Có điện" in (await door.get(f"/t/{secret}"))[1]
    await door.tap(secret, "power_cut")
    story = store.incident_of(EVERYTHING, 1001)
    assert story is not None
    assert [one.answer for one in story.answers] == ["power_cut"]


async def test_an_old_link_ends(store: Store, door: Door) -> None:
    put(store, lost(state=State.CLOSED, ended=NOW, closed=NOW, verdict=Verdict.LINE, kind=Kind.OUTAGE))
    secret = link(store)
    assert "Bảng số liệu" in (await door.get(f"/t/{secret}"))[1]
    door.at = NOW + KEPT_SECONDS + 1
    assert (await door.get(f"/t/{secret}"))[0] == 404


async def test_names_of_others_are_words(store: Store, door: Door) -> None:
    put(store, lost())
    with store.writing() as writer:
        writer.put_school(School(code="BM", name='<script>alert(1)</script>"\u202e{{ 7*7 }}', area="hn"))
    _, page = await door.get(f"/t/{link(store)}")
    assert "<script" not in page
    assert "\u202e" not in page
    assert "49" not in page.partition("<h1>")[2].partition("</h1>")[0]


def test_secrets_are_unguessable_and_stay_the_same() -> None:
    made = {secret_of("key", number, recipient) for number in range(100) for recipient in range(100)}
    assert len(made) == 10_000
    assert all(len(secret) == 10 and secret.isalnum() for secret in made)
    assert secret_of("key", 1, 2) == secret_of("key", 1, 2) != secret_of("other", 1, 2)


async def test_lesson_time_is_the_school_s_own_and_summed_for_the_office(
    door: Door, store: Store, enrol: Callable[..., Machine]
) -> None:
    enrol(store, "m2", school="HS")
    put(store, lost(1001, began=NOW - 3600, place=Place(Level.PROVIDER, "Nhà mạng A"), schools=("BM", "HS")))
    back = {"state": State.CLOSED, "ended": NOW - 3000, "closed": NOW - 2900, "parent": 1001}
    put(store, lost(1002, began=NOW - 3600, **back))
    for path, role, told in (
        ("BM", "it_officer", "Trong giờ học</th><td>10 phút"),
        ("HS", "principal", "Trong giờ học</th><td>1 giờ 00 phút"),
        ("hn", "office", "Giờ học đã mất, cộng của 2 trường</th><td>1 giờ 10 phút"),
    ):
        assert told in (await door.get(f"/t/{link(store, role=role, path=path)}"))[1], path
