"""PCs of which more is known than that they are heard: seen by neighbours, away from school, off as their room is.

Every page, answer and command says the same of them.
"""

import itertools
import json
import re
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.app.kept_hearing import listened
from schooldrum_collector.app.looking import Looking
from schooldrum_collector.app.suspicion import Suspicion
from schooldrum_collector.commands.place_words import apart_now, places_now
from schooldrum_collector.judge.apart import NOBODY, Apart, dark_by, if_away, if_mute, mute_by
from schooldrum_collector.judge.fault import Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Opening
from schooldrum_collector.judge.incident import State as IncidentState
from schooldrum_collector.judge.places import AWAY, PlaceState, room_presence, school_places
from schooldrum_collector.judge.presence import Hearing, Presence, State
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Arrival, Machine
from schooldrum_collector.web.office import office_app
from schooldrum_wire.encoding import encode
from schooldrum_wire.report import Delivery, Now, Report

LESSON = 1_790_130_000.0
"""Wednesday 23 September 2026, 09:20 in Vietnam: school hours, without a plan from 7 to 17."""
EVENING = 1_790_157_600.0
"""17:00 of that day, when nobody is expected any more."""
HEARING = Hearing(away=LESSON - 86400, back=LESSON - 86400)
STATES = st.sampled_from([State.ONLINE, State.OFF, State.SILENT, State.NEVER])
MUTE_WORDS = {"vi": "đang bật, không gửi số liệu", "en": "on, not reporting"}
AWAY_WORDS = {"vi": "đang bật, ngoài trường", "en": "on, away from school"}


SCOPES = itertools.cycle(["", "?scope=BM", "?scope=hn", "?scope=school:BM", "?scope=area:hn"])
"""Pages for Prometheus are kept for a moment; one that is asked for otherwise is made anew."""


class Clock:
    def __init__(self) -> None:
        self.now = LESSON


def arrival(machine: str, at: float, *, elsewhere: bool = False) -> Arrival:
    report = Report(run="r1", boot="b1", live=True, results=(), elsewhere=elsewhere)
    delivery = Delivery(reports=(report,), now=Now(boot="b1", boottime=1000.0, wall=at))
    body = zlib.compress(encode(delivery), wbits=31)
    return Arrival(
        machine=machine, received=at, body=body, live=body, run="r1", boot="b1", clock=at - 1000.0, skew=0.0, beat=60,
        frozen=False, rows={},
    )  # fmt: skip


def incident(machines: tuple[str, ...], *, seen: float, kind: Kind = Kind.MUTE, **more: Any) -> Incident:
    place = Place(Level.ROOM, "BM/main/tin1")
    return Incident(
        number=1001, place=place, kind=kind, verdict=Verdict.MACHINE, degree=Degree.PROBABLE,
        first=Opening(
            place=place, verdict=Verdict.MACHINE, degree=Degree.PROBABLE, began=seen, error=60, measured=False
        ),
        opened=seen, began=seen, began_error=60.0, began_measured=False, evidence=Evidence(word="mute"),
        schools=("BM",), blamed=machines, seen=seen, **more,
    )  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(opened: Callable[..., Store], enrol: Callable[..., Machine], tmp_path: Path, clock: Clock) -> Store:
    store = opened(tmp_path / "data", clock=lambda: clock.now)
    for number, room in enumerate(("tin1",) * 3 + ("tin2",) * 3):
        enrol(store, f"pc-{number}", school="BM", area="hn", room=room)
    return store


@pytest.fixture
def apart() -> list[Apart]:
    return [NOBODY]


@pytest.fixture
def hearing() -> list[Hearing]:
    return [HEARING]


@pytest.fixture
async def ask(
    store: Store, clock: Clock, apart: list[Apart], hearing: list[Hearing]
) -> AsyncIterator[Callable[[str], Any]]:
    looking = Looking(store, now=lambda: clock.now, hearing=lambda: hearing[-1], apart=lambda: apart[-1])
    app = office_app(
        store=store,
        own=OwnMetrics(),
        now=lambda: clock.now,
        hearing=lambda: hearing[-1],
        token=None,
        places=looking.places,
        apart=lambda: apart[-1],
    )
    async with TestServer(app) as server, ClientSession() as session:

        async def asked(path: str) -> Any:
            await looking.look()
            async with session.get(f"http://127.0.0.1:{server.port}{path}") as answer:
                text = await answer.text()
                assert answer.status == 200, text
                return json.loads(text) if answer.content_type == "application/json" else text

        yield asked


def shown(page: str, words: str) -> bool:
    """Whether a PC is called so: on its own page, or by a tile in its room; not by the legend."""
    own = re.search(rf'data-piece="state"><span[^>]*><span[^>]*>[^<]*</span> {words}<', page, re.IGNORECASE)
    return bool(own or re.search(rf'title="[^"]*: {words}[^"]*"', page, re.IGNORECASE))


async def said(ask: Callable[[str], Any], machine: str) -> set[str]:
    """In which state this PC is, by everything that says it."""
    (listed,) = (one for one in (await ask("/api/v1/machines"))["machines"] if one["id"] == machine)
    alone = (await ask(f"/api/v1/machines/{machine}"))["machine"]
    page = await ask(f"/metrics/schools/BM{next(SCOPES)}")
    exposed = re.search(rf'machine="{listed["alias"]}",state="(\w+)"', page)
    assert exposed is not None
    return {listed["presence"]["state"], alone["presence"]["state"], exposed[1]}


async def counted(ask: Callable[[str], Any]) -> dict[str, int]:
    """The PCs of the school by state, which the API and the metrics count alike."""
    (school,) = (await ask("/api/v1/schools"))["schools"]
    page = await ask(f"/metrics/schools{next(SCOPES)}")
    metrics = {state: int(n) for state, n in re.findall(r'school_machines\{school="BM",state="(\w+)"\} (\d+)', page)}
    assert {state: n for state, n in metrics.items() if n} == school["machines"]
    found: dict[str, int] = school["machines"]
    return found


async def test_a_room_that_ended_as_usual_is_off_wherever_one_looks(store, clock, ask):
    for number in range(6):
        await store.append(arrival(f"pc-{number}", EVENING - (300 if number < 3 else 30)))
    clock.now = EVENING - 20
    assert await said(ask, "pc-0") == {"off"}
    assert await said(ask, "pc-5") == {"online"}
    assert await counted(ask) == {"off": 3, "online": 3}
    for path in ("/schools/BM?lang=en", "/machines/pc-0?lang=en"):
        assert shown(await ask(path), "Switched off")
        assert not shown(await ask(path), "Not heard")


async def test_a_mute_pc_is_called_so_wherever_one_looks(store, clock, ask, apart):
    for number in range(6):
        await store.append(arrival(f"pc-{number}", LESSON - (300 if number == 0 else 30)))
    assert await said(ask, "pc-0") == {"silent"}
    with store.writing() as writer:
        writer.put_incident(incident(("pc-0",), seen=LESSON - 20))
    apart.append(Apart(mute=mute_by(store.incidents(EVERYTHING, live=True), clock.now)))
    assert await said(ask, "pc-0") == {"mute"}
    assert await counted(ask) == {"mute": 1, "online": 5}
    for language, words in MUTE_WORDS.items():
        for path in ("/schools/BM", "/machines/pc-0"):
            assert shown(await ask(f"{path}?lang={language}"), words), path
        assert words in await ask(f"/?lang={language}")
    (places,) = (await ask("/api/v1/places"))["schools"]
    states = {one["path"]: (one["state"], one["machines"]) for one in places["rooms"]}
    assert states["BM/main/tin1"] == ("degraded", {"mute": 1, "online": 2})
    # Heard again, it is on, whatever neighbours said of it.
    clock.now = LESSON + 20
    await store.append(arrival("pc-0", LESSON + 10))
    assert await said(ask, "pc-0") == {"online"}


async def test_a_pc_at_home_does_not_light_its_room(store, clock, ask, apart):
    for number in range(6):
        await store.append(arrival(f"pc-{number}", LESSON - (30 if number in {0, 5} else 300), elsewhere=number == 0))
    suspicion = Suspicion()
    suspicion.schools(store.register(), store.latest(EVERYTHING), HEARING, clock.now)
    apart.append(Apart(away=suspicion.away()))
    assert apart[-1].away == {"pc-0"}
    (places,) = (await ask("/api/v1/places"))["schools"]
    states = {one["path"]: (one["state"], one["machines"]) for one in places["rooms"]}
    assert states["BM/main/tin1"] == ("down", {"away": 1, "silent": 2})
    assert await said(ask, "pc-0") == {"online"}
    for language, words in AWAY_WORDS.items():
        for path in ("/schools/BM", "/machines/pc-0"):
            assert shown(await ask(f"{path}?lang={language}"), words), path
    assert "1 away from school" in await ask("/?lang=en")
    # At home it may be switched off whenever its owner likes.
    clock.now = LESSON + 600
    assert await said(ask, "pc-0") == {"off"}


async def test_commands_see_what_the_pages_see(store, clock):
    for number in range(6):
        await store.append(arrival(f"pc-{number}", LESSON - (300 if number == 1 else 30), elsewhere=number == 0))
    with store.writing() as writer:
        writer.put_incident(incident(("pc-1",), seen=LESSON - 20))
    latest = {one.machine: one for one in store.latest(EVERYTHING)}
    apart = apart_now(store, EVERYTHING, latest.values(), clock.now)
    assert apart == Apart(mute=frozenset({"pc-1"}), away=frozenset({"pc-0"}))
    found = places_now(store.register(), "BM", latest.get, listened(None, clock.now), apart)
    assert found.presences["pc-1"].state is State.MUTE
    assert found.presences["pc-0"] == Presence(state=State.ONLINE, away=True)


@pytest.mark.parametrize(
    ("more", "is_mute"),
    [
        ({}, True),
        ({"kind": Kind.OUTAGE}, False),
        ({"state": IncidentState.CLOSED}, False),
        ({"state": IncidentState.ABSORBED}, True),
    ],
)
def test_who_is_mute_stands_in_incidents_that_go_on(more, is_mute):
    assert (mute_by([incident(("a",), seen=LESSON, **more)], LESSON + 60) == {"a"}) is is_mute


@pytest.mark.parametrize(
    ("more", "is_dark"),
    [
        ({"verdict": Verdict.POWER}, True),
        ({"verdict": Verdict.UNKNOWN}, True),
        ({"verdict": Verdict.ROOM, "state": IncidentState.ABSORBED}, True),
        ({"verdict": Verdict.LINE, "state": IncidentState.CLOSED}, False),
        ({"verdict": Verdict.LINE, "calm": LESSON}, False),
        # Who cannot resolve names, or reaches nothing abroad, reports all the same.
        ({"verdict": Verdict.DNS}, False),
        ({"verdict": Verdict.INTERNATIONAL}, False),
        ({"verdict": Verdict.COLLECTOR}, False),
        ({"verdict": Verdict.LINE, "kind": Kind.SECOND_LINE}, False),
        ({"verdict": Verdict.LINE, "kind": Kind.LOSS}, False),
    ],
)
def test_who_is_dark_is_named_by_an_outage_that_goes_on(more, is_dark):
    given = {"kind": Kind.OUTAGE, **more}
    verdict = given.pop("verdict")
    one = msgspec.structs.replace(incident(("a",), seen=LESSON, **given), verdict=verdict)
    assert (dark_by([one]) == {"a"}) is is_dark


async def test_in_a_starts_grace_nobody_is_called_on_who_is_named_by_an_open_incident(
    store: Store, clock: Clock, apart: list[Apart], hearing: list[Hearing], ask: Callable[[str], Any]
) -> None:
    for number in range(6):
        await store.append(arrival(f"pc-{number}", LESSON - 600))
    hearing.append(Hearing(away=LESSON - 590, back=LESSON - 300))
    await store.append(arrival("pc-5", LESSON - 10))
    assert await counted(ask) == {"online": 6}, "whoever was on has time to come back"
    with store.writing() as writer:
        writer.put_incident(
            msgspec.structs.replace(
                incident(("pc-0", "pc-1", "pc-2"), seen=LESSON - 20, kind=Kind.OUTAGE), verdict=Verdict.ROOM
            )
        )
    apart.append(Apart(dark=dark_by(store.incidents(EVERYTHING, live=True))))
    assert await said(ask, "pc-0") == {"silent"}
    assert await said(ask, "pc-3") == {"online"}
    assert await counted(ask) == {"silent": 3, "online": 3}
    for path in ("/schools/BM", "/machines/pc-0"):
        assert shown(await ask(f"{path}?lang=en"), "Not heard"), path
    assert "3 of 6 PCs on · 3 not heard" in await ask("/?lang=en")
    (places,) = (await ask("/api/v1/places"))["schools"]
    assert {one["path"]: one["state"] for one in places["rooms"]}["BM/main/tin1"] == "down"
    # Heard again, it is on, whatever the incident says.
    clock.now = LESSON + 20
    await store.append(arrival("pc-0", LESSON + 10))
    assert await said(ask, "pc-0") == {"online"}


def test_who_is_not_seen_any_more_is_mute_no_more():
    assert mute_by([incident(("a",), seen=LESSON)], LESSON + 3600) == frozenset()


@given(STATES, st.none() | st.floats(0, 1e9), st.booleans())
def test_only_who_is_not_heard_can_be_mute_and_nobody_who_is_away_is_missed(state, since, assumed):
    before = Presence(state=state, since=since, assumed=assumed)
    mute, away = if_mute(before), if_away(before)
    assert mute.state is (State.MUTE if state is State.SILENT else state)
    assert mute.since == away.since == since
    assert away.away
    assert away.state is (State.OFF if state is State.SILENT else state)


@given(st.lists(STATES, max_size=20), st.lists(STATES, max_size=5))
def test_who_is_away_changes_nothing_of_a_room_but_one_count(here, gone):
    there = [Presence(state=one, since=9.0) for one in here]
    away = [if_away(Presence(state=one, since=9.0)) for one in gone]
    with_them, without = room_presence([*there, *away], expected=True), room_presence(there, expected=True)
    assert (with_them.state, with_them.since) == (without.state, without.since)
    assert with_them.machines == without.machines | ({AWAY: len(gone)} if gone else {})


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ([State.MUTE] * 3, PlaceState.DEGRADED),
        ([State.MUTE] + [State.SILENT] * 5, PlaceState.DEGRADED),
        ([State.MUTE] + [State.ONLINE] * 5, PlaceState.UP),
        ([State.MUTE] * 2 + [State.ONLINE] * 3, PlaceState.DEGRADED),
    ],
)
def test_a_room_with_a_pc_that_neighbours_see_is_never_dark(states, state):
    assert room_presence([Presence(state=one, since=9.0) for one in states], expected=True).state is state


async def test_one_at_home_is_no_proof_that_the_line_worked(store, clock):
    """All PCs go in mid lesson; the one at home goes on: that says nothing of the school's line."""
    for number in range(6):
        await store.append(arrival(f"pc-{number}", LESSON - 300))
    await store.append(arrival("pc-5", LESSON - 10, elsewhere=True))
    latest = {one.machine: one for one in store.latest(EVERYTHING)}
    register = store.register()
    found = school_places(
        register,
        rooms=["BM/main/tin1", "BM/main/tin2"],
        machines=list(register.machines.values()),
        heard_of=latest.get,
        hearing=HEARING,
        now=clock.now,
        apart=Apart(away=frozenset({"pc-5"})),
    )
    assert {found.presences[f"pc-{number}"].state for number in range(5)} == {State.SILENT}
    assert found.school.state is PlaceState.DOWN
