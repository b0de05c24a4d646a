"""Incidents told to Alertmanager: what is posted, and how the real one of Debian passes it on."""

import asyncio
import contextlib
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
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
    assert annotations["summary_vi"].startswith("[CẦN XỬ LÝ] BM: ")
    assert annotations["summary_en"].startswith("[ACTION] BM: ")
    assert "Chưa rõ" in annotations["description_vi"]
    assert "SC-1001" in annotations["description_en"]
    assert "link" not in annotations
    assert annotations["summary"] == annotations["summary_vi"]
    strange = incident(evidence=Evidence(word="of a later version"))
    assert "Chưa rõ" in alert(store.register(), strange, NOON, base="").annotations["description_vi"]


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


@pytest.mark.alertmanager
@pytest.mark.skipif(sys.platform == "win32", reason="Debian's Alertmanager")
async def test_the_real_one_tells_each_cause_once(store: Store, tmp_path: Path) -> None:
    notices: list[tuple[str, str]] = []

    async def hook(request: web.Request) -> web.Response:
        body = await request.json()
        notices.extend((body["status"], one["labels"]["incident"]) for one in body["alerts"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hook)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"

    async def started() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            "prometheus-alertmanager",
            f"--config.file={tmp_path / 'am.yml'}",
            f"--storage.path={tmp_path / 'am'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    loop = asyncio.get_running_loop()
    real, begun = time.time(), loop.time()

    def now() -> float:
        return float(real + loop.time() - begun)

    async with serving(app) as hooks:
        (tmp_path / "am.yml").write_text(CONFIGURATION.format(url=hooks))
        running = await started()
        try:
            async with telling(store, url, url, now=now) as (told, failures):
                one = put(store, incident(began=now() - 200))
                told.happened()
                await until(lambda: notices, 30)
                # Corrected: nobody is told again.
                one = put(store, msgspec.structs.replace(one, verdict=Verdict.LINE, degree=Degree.FOUND))
                told.happened()
                await asyncio.sleep(2.5)
                assert notices == [("firing", "SC-1001")]
                # Away, while another begins; back with what it remembers.
                running.send_signal(signal.SIGTERM)
                await running.wait()
                put(store, incident(1002, began=now() - 200))
                told.happened()
                await until(lambda: failures)
                running = await started()
                await until(lambda: ("firing", "SC-1002") in notices, 30)
                await asyncio.sleep(2.5)
                assert notices == [("firing", "SC-1001"), ("firing", "SC-1002")], "told once, however it went"
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
            with contextlib.suppress(ProcessLookupError):
                running.kill()
            await running.wait()
