"""`incidents` as it is typed, and the same over the API and as figures."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from schooldrum_collector.judge.fault import Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Opening, State
from schooldrum_collector.judge.incident_acts import ANSWERS
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.store.sqlite import open_store
from schooldrum_collector.web.office import office_app

Typed = Callable[..., Any]
SCHOOL = Place(Level.SCHOOL, "BM")


def put(data: Path, **fields: object) -> Incident:
    began = time.time() - 600
    values: dict[str, Any] = {
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
            causes=(Verdict.POWER, Verdict.LINE),
        ),
        "schools": ("BM",),
        **fields,
    }
    store = open_store(data, clock=time.time, serving=False)
    with store.writing() as writer:
        incident = Incident(number=writer.next_incident(), **values)
        writer.put_incident(incident)
    store.close()
    return incident


def kept(data: Path, number: int = 1001) -> Incident:
    store = open_store(data, clock=time.time, serving=False)
    story = store.incident_of(EVERYTHING, number)
    store.close()
    assert story is not None
    return story.incident


def test_listed_and_shown(school: Typed, data: Path) -> None:
    assert "no incidents" in school("incidents", "list").err
    put(data)
    put(
        data,
        schools=("QY",),
        place=Place(Level.SCHOOL, "QY"),
        state=State.CLOSED,
        closed=time.time(),
        ended=time.time(),
    )
    assert [one["incident"] for one in school("incidents", "list", "--json").data()] == ["SC-1002", "SC-1001"]
    assert [one["incident"] for one in school("incidents", "list", "--open", "--json").data()] == ["SC-1001"]
    assert [one["incident"] for one in school("incidents", "list", "--scope", "QY", "--json").data()] == ["SC-1002"]
    assert "going on" in school("incidents", "list").out
    put(data, calm=time.time() - 60, ended=time.time() - 90, rounds=1)
    assert "still watched" in school("incidents", "list", "--open").out
    assert "still watched" in school("incidents", "show", "sc1003").out
    shown = school("incidents", "show", "sc1001")
    assert shown.code == 0
    assert "[ACTION]" in shown.out
    assert "Evidence: " in shown.out
    vietnamese = school("incidents", "show", "1001", lang="vi")
    assert "Căn cứ: " in vietnamese.out
    assert "Chưa rõ" in vietnamese.out
    data_shown = school("incidents", "show", "SC-1001", "--json").data()
    assert data_shown["incident"]["first"]["verdict"] == "unknown"


@pytest.mark.parametrize(
    "words", [("show", "SC-9"), ("show", "x"), ("acknowledge", "SC-9"), ("answer", "SC-9", "help")]
)
def test_of_what_there_is_none(school: Typed, words: tuple[str, ...]) -> None:
    said = school("incidents", *words)
    assert said.code == 1
    assert "incident" in said.err


def test_answered(school: Typed, data: Path) -> None:
    put(data)
    assert school("incidents", "answer", "SC-1001", "maybe").code == 2
    for answer in ANSWERS[:2]:
        assert school("incidents", "answer", "SC-1001", answer).code == 0
    assert kept(data).state is State.OPEN
    shown = school("incidents", "show", "SC-1001", "--json").data()
    assert [(one["answer"], one["until"]) for one in shown["answers"]] == [("power", None), ("power_cut", None)]
    assert [one["what"] for one in shown["events"]] == ["answered", "answered"]
    assert "power cut" in school("incidents", "show", "SC-1001").out


def test_the_same_answer_once_more_is_the_same_one(school: Typed, data: Path) -> None:
    """As on the pages: of what was just said nothing is written down again."""
    put(data)
    for answer in ("power", "power", "help", "help", "power"):
        assert school("incidents", "answer", "SC-1001", answer).code == 0
    shown = school("incidents", "show", "SC-1001", "--json").data()
    assert [one["answer"] for one in shown["answers"]] == ["power", "help", "power"]
    assert [one["what"] for one in shown["events"]] == ["answered"] * 3


def test_a_closed_school_had_no_incident(school: Typed, data: Path) -> None:
    put(data, place=Place(Level.SITE, "BM/main"))
    assert school("incidents", "answer", "SC-1001", "closed").code == 0
    assert kept(data).state is State.WITHDRAWN
    store = open_store(data, clock=time.time, serving=False)
    (given,) = store.answers(EVERYTHING, time.time(), time.time() + 1)
    store.close()
    assert given.answer.place == SCHOOL
    assert given.answer.until > time.time()
    late = school("incidents", "answer", "SC-1001", "power")
    assert (late.code, "over" in late.err) == (1, True)


def test_taken_in_hand_once(school: Typed, data: Path) -> None:
    put(data)
    assert school("incidents", "acknowledge", "SC-1001").code == 0
    first = kept(data).acknowledged
    assert first is not None
    assert first.by == "office"
    assert school("incidents", "acknowledge", "SC-1001").code == 0
    assert kept(data).acknowledged == first


def test_withdrawn_with_a_reason(school: Typed, data: Path) -> None:
    put(data)
    assert school("incidents", "withdraw", "SC-1001").code == 2
    assert school("incidents", "withdraw", "SC-1001", "--reason", "  ").code == 1
    assert school("incidents", "withdraw", "SC-1001", "--reason", "a drill \x1b[31m").code == 0
    assert kept(data).state is State.WITHDRAWN
    shown = school("incidents", "show", "SC-1001")
    assert "a drill" in shown.out
    assert "\x1b" not in shown.out


async def test_over_the_api(school: Typed, data: Path) -> None:
    put(data)
    put(data, schools=("QY",), place=Place(Level.SCHOOL, "QY"))
    put(data, schools=("BM", "QY"), place=Place(Level.PROVIDER, "A"))
    del school
    store = open_store(data, clock=time.time)
    app = office_app(
        store=store,
        own=OwnMetrics(),
        now=time.time,
        hearing=lambda: Hearing(back=0.0),
        token=None,
        incidents=lambda: {"BM": {("outage", "unknown"): 1}},
    )

    async def got(path: str) -> tuple[int, Any]:
        async with session.get(server.make_url(path)) as answer:
            return answer.status, msgspec.json.decode(await answer.read())

    async with TestServer(app) as server, ClientSession() as session:
        _, everything = await got("/api/v1/incidents")
        assert [one["incident"] for one in everything["incidents"]] == ["SC-1003", "SC-1002", "SC-1001"]
        _, own = await got("/api/v1/incidents?scope=BM&open=1")
        assert [one["incident"] for one in own["incidents"]] == ["SC-1001"], "what names others is theirs too"
        _, older = await got("/api/v1/incidents?before=1002")
        assert [one["incident"] for one in older["incidents"]] == ["SC-1001"]
        status, story = await got("/api/v1/incidents/SC-1001?scope=BM")
        assert (status, story["incident"]["heading"]["vi"][:15]) == (200, "THCS Bình Minh:")
        for path in ("/api/v1/incidents/SC-1002?scope=BM", "/api/v1/incidents/1003?scope=QY", "/api/v1/incidents/x"):
            assert (await got(path))[0] == 404
        for query in ("open=maybe", "before=x", "since=yesterday"):
            assert (await got(f"/api/v1/incidents?{query}"))[0] == 400
        async with session.get(server.make_url("/metrics/schools?scope=BM")) as answer:
            page = await answer.text()
        assert 'school_incidents_open{school="BM",kind="outage",verdict="unknown"} 1' in page
        async with session.get(server.make_url("/metrics/schools?scope=QY")) as answer:
            assert "school_incidents_open{" not in await answer.text()
    store.close()
