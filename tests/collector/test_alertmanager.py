"""Incidents told to Alertmanager: what is posted, and how the real one of Debian passes it on."""

import asyncio
import contextlib
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from schooldrum_collector.app.telling import Paces, Receiver, Telling
from schooldrum_collector.judge.fault import Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Opening, Severity, State
from schooldrum_collector.show.alertmanager import alert, labels
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Machine

NOON = 1_790_000_000.0
SCHOOL = Place(Level.SCHOOL, "BM")
QUICK = Paces(renew=0.4, retry=0.1, longest=0.3, timeout=2.0)


def incident(number: int = 1001, *, began: float = NOON, **fields: object) -> Incident:
    values: dict[str, Any] = {
        "number": number,
        "place": SCHOOL,
        "kind": Kind.OUTAGE,
        "verdict": Verdict.UNKNOWN,
        "degree": Degree.UNKNOWN,
        "first": Opening(
            place=SCHOOL, verdict=Verdict.UNKNOWN, degree=Degree.UNKNOWN, began=began, error=60.0, measured=False
        ),
        "opened": began + 180,
        "began": began,
        "began_error": 60.0,
        "began_measured": False,
        "evidence": Evidence(
            word="silent",
            counts={"machines": 31, "rooms": 3, "answering": 0},
            names={"rooms": ("BM/main/tin1",)},
            causes=(Verdict.POWER, Verdict.LINE),
        ),
        "schools": ("BM",),
        "told": began + 180,
        "told_place": SCHOOL,
        **fields,
    }
    return Incident(**values)


def put(store: Store, one: Incident) -> Incident:
    with store.writing() as writer:
        writer.put_incident(one)
    return one


def test_labels_never_change_while_the_incident_does(store: Store, enrol: Callable[..., Machine]) -> None:
    enrol(store, "m1", school="BM")
    first = incident()
    told = alert(store.register(), first, NOON + 200, base="https://office.example")
    moved = msgspec.structs.replace(
        first,
        place=Place(Level.ROOM, "BM/main/tin1"),
        verdict=Verdict.POWER,
        degree=Degree.FOUND,
        began=NOON - 90,
        state=State.CLOSED,
        ended=NOON + 900,
        closed=NOON + 1000,
    )
    later = alert(store.register(), moved, NOON + 2000, base="https://office.example")
    assert told.labels == later.labels
    assert told.labels == {
        "alertname": "SchooldrumIncident",
        "incident": "SC-1001",
        "kind": "outage",
        "scope": "school",
        "severity": "action",
        "school": "BM",
    }
    assert told.starts_at == later.starts_at
    assert (told.annotations["verdict"], later.annotations["verdict"]) == ("unknown", "power")
    assert told.generator_url == told.annotations["link"] == "https://office.example/incidents/1001"
    assert told.ends_at == "2026-09-21T14:36:40.000+00:00", "twenty minutes ahead"
    assert later.ends_at == "2026-09-21T14:28:20.000+00:00"


def test_messages_are_in_both_languages(store: Store, enrol: Callable[..., Machine]) -> None:
    enrol(store, "m1", school="BM")
    annotations = alert(store.register(), incident(), NOON + 400, base="").annotations
    assert annotations["description"] == annotations["description_vi"]
    english = alert(store.register(), incident(), NOON + 400, base="", language="en").annotations
    assert [english[name] for name in ("summary", "description")] == [
        english[name] for name in ("summary_en", "description_en")
    ]
    assert annotations["summary_vi"].startswith("[CẦN XỬ LÝ] BM: ")
    assert annotations["summary_en"].startswith("[ACTION] BM: ")
    assert "Chưa rõ" in annotations["description_vi"]
    assert "SC-1001" in annotations["description_en"]
    assert "link" not in annotations
    assert annotations["summary"] == annotations["summary_vi"]
    strange = incident(evidence=Evidence(word="of a later version"))
    assert "Chưa rõ" in alert(store.register(), strange, NOON, base="").annotations["description_vi"]


@pytest.mark.parametrize(("hour", "in_lesson"), [(9, True), (20, False)])
def test_lesson_time_is_told_as_in_our_own_messages(
    store: Store,
    enrol: Callable[..., Machine],
    hour: int,
    in_lesson: bool,  # noqa: FBT001 - a column of the table
) -> None:
    enrol(store, "m1", school="BM")
    began = datetime(2026, 9, 21, hour - 7, tzinfo=UTC).timestamp()
    annotations = alert(store.register(), incident(began=began), began + 360, base="").annotations
    assert ("(đã 6 phút, trong giờ học)" in annotations["description_vi"]) is in_lesson
    assert ("(6 min, in lesson time)" in annotations["description_en"]) is in_lesson
    over = incident(began=began, state=State.CLOSED, ended=began + 300, closed=began + 320)
    assert "trong giờ học" not in alert(store.register(), over, began + 360, base="").annotations["description_vi"]


def test_one_of_many_schools_names_none_as_its_own() -> None:
    place = Place(Level.PROVIDER, "A")
    shared = incident(place=place, told_place=place, schools=("BM", "HS", "KD"), severity=Severity.URGENT)
    assert "school" not in labels(shared)
    assert labels(shared)["scope"] == "provider"
    room = Place(Level.ROOM, "BM/phu/tin1")
    assert labels(incident(place=room, told_place=room))["site"] == "phu"
    area = Place(Level.AREA, "hn/q3")
    told = labels(incident(place=area, told_place=area, schools=("BM", "HS")))
    assert (told["area"], "school" in told) == ("hn/q3", False)


def test_labels_stay_what_was_told() -> None:
    told = incident(told_kind=Kind.SECOND_LINE, told_severity=Severity.URGENT, severity=Severity.ACTION)
    assert (labels(told)["kind"], labels(told)["severity"]) == ("second_line", "urgent")
    before = incident(severity=Severity.ACTION)
    assert (labels(before)["kind"], labels(before)["severity"]) == ("outage", "action")


class Standing:
    """An Alertmanager as far as the API goes, which can be away."""

    def __init__(self) -> None:
        self.bodies: list[list[dict[str, Any]]] = []
        self.authorizations: list[str] = []
        self.status = 200
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.authorizations.append(request.headers.get("Authorization", ""))
        if self.status == 200:
            self.bodies.append(await request.json())
        return web.Response(status=self.status, headers={"Location": "/elsewhere"} if self.status == 302 else None)

    def told(self) -> list[str]:
        return [one["labels"]["incident"] for body in self.bodies for one in body]


@pytest.fixture
async def standing() -> AsyncIterator[Standing]:
    there = Standing()
    app = web.Application()
    app.router.add_post("/api/v2/alerts", there.take)
    app.router.add_post("/elsewhere", there.take)
    async with serving(app) as there.url:
        yield there


@contextlib.asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@contextlib.asynccontextmanager
async def telling(
    store: Store, *urls: str, now: Callable[[], float], token_file: Path | None = None
) -> AsyncIterator[tuple[Telling, list[int]]]:
    failures: list[int] = []
    told = Telling(
        store,
        Receiver(urls=urls, token_file=token_file),
        now=now,
        failed=lambda: failures.append(1),
        paces=QUICK,
    )
    task = asyncio.create_task(told.run())
    yield told, failures
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    for _ in range(round(seconds / 0.05)):
        if condition():
            return
        await asyncio.sleep(0.05)
    pytest.fail("it did not happen in time")


async def test_told_at_once_renewed_and_ended(store: Store, standing: Standing, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    async with telling(store, standing.url, now=lambda: NOON + 300, token_file=token) as (told, failures):
        await asyncio.sleep(0.5)
        assert standing.bodies == [], "nothing to tell, nothing posted"
        open_one = put(store, incident())
        put(store, incident(1002, told=0.0))
        told.happened()
        await until(lambda: standing.told() == ["SC-1001"] * 3)
        assert set(standing.authorizations) == {"Bearer first"}
        token.write_text("second")
        put(store, msgspec.structs.replace(open_one, state=State.CLOSED, ended=NOON + 200, closed=NOON + 250))
        told.happened()
        await until(lambda: any(one["endsAt"].startswith("2026-09-21T14:16:40") for one in standing.bodies[-1]))
        assert standing.authorizations[-1] == "Bearer second"
    assert not failures


async def test_away_and_back(store: Store, standing: Standing) -> None:
    at = [NOON + 300]
    standing.status = 503
    async with telling(store, standing.url, now=lambda: at[0]) as (told, failures):
        open_one = put(store, incident())
        over = put(store, incident(1002, state=State.CLOSED, ended=NOON + 100, closed=NOON + 200))
        told.happened()
        await until(lambda: len(failures) > 2)
        at[0] += 3600
        standing.status = 200
        await until(standing.told)
        assert sorted(set(standing.told())) == [open_one.name, over.name], "nothing is lost"
        standing.bodies.clear()
        await until(lambda: len(standing.bodies) > 2)
        assert set(standing.told()) == {open_one.name}, "an end that was taken is not told for ever"


async def test_an_old_one_is_renewed_however_many_came_after_it(store: Store, standing: Standing) -> None:
    put(store, incident())
    with store.writing() as writer:
        for number in range(1002, 2200):
            writer.put_incident(incident(number, told=0.0))
    async with telling(store, standing.url, now=lambda: NOON + 300):
        await until(lambda: len(standing.bodies) > 1)
    assert set(standing.told()) == {"SC-1001"}


async def test_a_redirect_is_not_followed(store: Store, standing: Standing, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    standing.status = 302
    put(store, incident())
    async with telling(store, standing.url, now=lambda: NOON, token_file=token) as (_, failures):
        await until(lambda: len(failures) > 1)
    assert standing.bodies == []
    assert len(standing.authorizations) == len(failures)


CONFIGURATION = """
route:
  receiver: office
  group_by: [incident]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 4h
receivers:
  - name: office
    webhook_configs:
      - url: {url}/hook
        send_resolved: true
"""


class Real:
    """Debian's Alertmanager at a port of its own, which can be killed and come back with or without its memory."""

    def __init__(self, folder: Path, hooks: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.folder = folder
        (folder / "am.yml").write_text(CONFIGURATION.format(url=hooks))
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            "prometheus-alertmanager",
            f"--config.file={self.folder / 'am.yml'}",
            f"--storage.path={self.folder / 'am'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--cluster.listen-address=",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)
            await self.process.wait()


class Hook:
    """What a receiver of messages was told, in order: firing or resolved, and which incident."""

    def __init__(self) -> None:
        self.notices: list[tuple[str, str]] = []
        self.app = web.Application()
        self.app.router.add_post("/hook", self._take)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.notices.extend((body["status"], one["labels"]["incident"]) for one in body["alerts"])
        return web.Response()


def running_clock() -> Callable[[], float]:
    """The real time, by a clock that never jumps."""
    loop = asyncio.get_running_loop()
    real, begun = time.time(), loop.time()
    return lambda: float(real + loop.time() - begun)


@pytest.mark.alertmanager
@pytest.mark.skipif(sys.platform == "win32", reason="Debian's Alertmanager")
async def test_the_real_one_tells_each_cause_once(store: Store, tmp_path: Path) -> None:
    hook, now = Hook(), running_clock()
    notices = hook.notices
    async with serving(hook.app) as hooks:
        real = Real(tmp_path, hooks)
        await real.start()
        try:
            async with telling(store, real.url, real.url, now=now) as (told, failures):
                one = put(store, incident(began=now() - 200))
                told.happened()
                await until(lambda: notices, 30)
                # Corrected: nobody is told again.
                one = put(store, msgspec.structs.replace(one, verdict=Verdict.LINE, degree=Degree.FOUND))
                told.happened()
                await asyncio.sleep(2.5)
                assert notices == [("firing", "SC-1001")]
                # Away, while another begins, and one begins and ends; back with what it remembers.
                await real.end(signal.SIGTERM)
                put(store, incident(1002, began=now() - 200))
                put(store, incident(1003, began=now() - 200, state=State.CLOSED, ended=now() - 2, closed=now() - 1))
                told.happened()
                await until(lambda: failures)
                await real.start()
                await until(lambda: ("firing", "SC-1002") in notices, 30)
                await asyncio.sleep(2.5)
                assert notices == [("firing", "SC-1001"), ("firing", "SC-1002")], "told once, however it went, or not"
                for number in (1001, 1002):
                    story = store.incident_of(EVERYTHING, number)
                    assert story is not None
                    over = msgspec.structs.replace(story.incident, state=State.CLOSED, ended=now() - 1, closed=now())
                    put(store, over)
                told.happened()
                await until(lambda: len(notices) == 4, 30)
                await asyncio.sleep(2.5)
                assert sorted(notices[2:]) == [("resolved", "SC-1001"), ("resolved", "SC-1002")]
        finally:
            await real.end()


@pytest.mark.alertmanager
@pytest.mark.skipif(sys.platform == "win32", reason="Debian's Alertmanager")
@pytest.mark.parametrize("forgets", [False, True])
async def test_what_began_and_ended_while_the_real_one_was_away_alarms_nobody(
    store: Store,
    tmp_path: Path,
    forgets: bool,  # noqa: FBT001 - a table's column
) -> None:
    hook, now = Hook(), running_clock()
    async with serving(hook.app) as hooks:
        real = Real(tmp_path, hooks)
        await real.start()
        try:
            async with telling(store, real.url, now=now) as (told, failures):
                put(store, incident(began=now() - 200))
                told.happened()
                await until(lambda: hook.notices, 30)
                # Killed, it forgets whom it told: that is written down every quarter of an hour, and at its end.
                await real.end(signal.SIGKILL if forgets else signal.SIGTERM)
                put(store, incident(1002, began=now() - 100))
                told.happened()
                await until(lambda: failures)
                over = put(
                    store, incident(1002, began=now() - 100, state=State.CLOSED, ended=now() - 2, closed=now() - 1)
                )
                told.happened()
                await asyncio.sleep(0.5)
                hook.notices.clear()
                await real.start()
                put(store, incident(1003, began=now() - 50))
                told.happened()
                await until(lambda: ("firing", "SC-1003") in hook.notices, 30)
                await asyncio.sleep(2.5)
                assert "SC-1002" not in {name for _, name in hook.notices}
                # One that has forgotten whom it told tells again of what goes on: its memory is its own.
                assert set(hook.notices) <= {("firing", "SC-1003"), ("firing", "SC-1001")}
                assert forgets or ("firing", "SC-1001") not in hook.notices
            assert over in store.incidents(EVERYTHING), "its record stands"
        finally:
            await real.end()
