"""The wall: who is shown, in which order, found by which words, and how much work a look is."""

import msgspec
import pytest
from aiohttp import ClientSession
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser
from tests.collector.test_alertmanager import incident

from schooldrum_collector.judge.fault import Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Severity
from schooldrum_collector.judge.places import PlaceState
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Room, School, Scope
from schooldrum_collector.web import wall
from schooldrum_collector.web.census import Census, SchoolStands, live_incidents, state_of, worst_by_school
from schooldrum_collector.web.path_drawing import STEPS, stops
from schooldrum_collector.web.rendering import Reader
from schooldrum_collector.web.sight import Sight
from schooldrum_collector.web.visitors import Visitor


def sight(store: Store, scope: Scope = EVERYTHING, hearing: Hearing | None = None) -> Sight:
    return Sight(store=store, register=store.register(), scope=scope, hearing=hearing or Hearing(), now=scene.NOW)


async def codes(store: Store, **asked: str) -> list[str]:
    seen = sight(store)
    found, _ = wall.chosen(seen, await Census().of(seen), wall.asked(asked))
    return [one.code for one in found]


async def test_what_one_reader_may_see_decides_nothing_for_the_others(store: Store) -> None:
    census, narrow = Census(), sight(store, Scope(school="BM"))
    found, _ = wall.chosen(narrow, await census.of(narrow), wall.asked({}))
    assert [one.code for one in found] == ["BM"]
    assert await census.of(sight(store)) == await Census().of(sight(store))


def test_of_several_incidents_of_a_school_the_gravest_is_told() -> None:
    room = incident(1001, place=Place(Level.ROOM, "BM/main/tin1"))
    poor = incident(1002, kind=Kind.LOSS, verdict=Verdict.LINE)
    dark, darker = incident(1003), incident(1004)
    assert worst_by_school([poor, room])["BM"] == room
    assert worst_by_school([room, poor, darker, dark])["BM"] == dark


def test_a_school_that_goes_on_by_another_line_is_told_of_that_line() -> None:
    of_many = msgspec.structs.replace(
        incident(1001, place=Place(Level.PROVIDER, "Nhà mạng A")), schools=("BM", "QY"), severity=Severity.URGENT
    )
    one_line = msgspec.structs.replace(incident(1002, kind=Kind.SECOND_LINE), parent=1001)
    found = worst_by_school([of_many, one_line])
    assert {code: one.number for code, one in found.items()} == {"BM": 1002, "QY": 1001}


@pytest.mark.parametrize(
    ("state", "language", "says"),
    [
        (PlaceState.DOWN, "vi", "Chưa rõ nguyên nhân"),
        (PlaceState.DOWN, "en", "Cause not known yet"),
        (PlaceState.OFF, "vi", ""),
    ],
)
def test_a_school_that_is_dark_and_has_no_incident_yet_says_so(
    store: Store, state: PlaceState, language: str, says: str
) -> None:
    stands = SchoolStands(code="BM", state=state, expected=True, machines={"silent": 3}, pending=0)
    words = Reader(say=Say(language), visitor=Visitor(scope=EVERYTHING), mark="")
    card = wall.card(sight(store), stands, words)
    assert (card.trouble, card.since) == (says, "")


@pytest.mark.parametrize(("waiting", "words"), [(0.1, "come again"), (0.0, ""), (-1.0, "")])
async def test_the_wall_says_while_the_collector_turns_pcs_away(store: Store, waiting: float, words: str) -> None:
    hearing = Hearing(back=scene.NOW - 86400, refusing=scene.NOW - 60, waiting=scene.NOW + waiting)
    said = wall.collector_words(sight(store, hearing=hearing), Say("en"))
    assert words in said
    assert bool(said) is bool(words)


async def test_the_whole_of_a_large_outage_is_not_lost_behind_its_parts(store: Store) -> None:
    provider = Place(Level.PROVIDER, "VNPT")
    with store.writing() as writer:
        writer.put_incident(incident(5000, began=scene.NOW - 600, place=provider, schools=("BM", "HS")))
        for number in range(5001, 6005):
            code = f"S{number}"
            place = Place(Level.SCHOOL, code)
            writer.put_incident(incident(number, began=scene.NOW - 600, place=place, schools=(code,), parent=5000))
    assert 5000 in {one.number for one in live_incidents(sight(store))}


async def test_a_page_of_a_part_is_not_shown_to_who_asks_for_all(store: Store) -> None:
    async with scene.served(store, token=None) as server, ClientSession() as session:
        office = Browser(server, session)
        _, _, part = await office.get("/?scope=BM")
        assert "/schools/HS" not in part
        assert "/events?page=wall" in part
        assert "scope=BM" in part
        assert "/schools/HS" in (await office.get("/"))[2]


async def test_those_in_need_come_first_and_the_rest_as_a_reader_expects(store: Store) -> None:
    assert await codes(store) == ["QY", "BM", "HS", "X1", "HB", "T10", "DL", "T2"]
    assert await codes(store, area="hn/a", state="rest") == ["T2"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("quang yen", ["QY"]),
        ("Quảng Yên", ["QY"]),
        ("hoa binh", ["HB"]),
        ("Hoà Bình", ["HB"]),
        ("dai lam", ["DL"]),
        ("bm", ["BM"]),
        ("hoa sen phuong", ["HS"]),
        ("tieu hoc so", ["T10", "T2"]),
        ("<script>", ["X1"]),
        ("%", ["X1"]),
        ("nowhere", []),
    ],
)
async def test_search_needs_no_accents(store: Store, query: str, found: list[str]) -> None:
    assert await codes(store, q=query) == found


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "/"),
        ({"q": " a  b ", "part": "2"}, "/?q=a+b&part=2"),
        ({"part": "-1"}, "/"),
        ({"part": "999999999999"}, "/"),
        ({"part": "²"}, "/"),
        ({"state": "evil", "area": "hn"}, "/?area=hn"),
        ({"q": "x" * 500}, f"/?q={'x' * 100}"),
    ],
)
def test_what_makes_no_sense_is_left_out(given: dict[str, str], address: str) -> None:
    if "²" not in given.values():
        assert wall.asked(given).address() == address
    assert wall.asked({"q": "a", "part": "3"}).address(state="bad") == "/?q=a&state=bad"


async def test_a_look_at_the_wall_is_one_look_at_each_pc_and_at_most_a_part_of_the_list(store: Store) -> None:
    with store.writing() as writer:
        for number in range(300):
            writer.put_school(School(code=f"N{number}", name=f"Trường {number}", area="hn/b"))
            writer.put_room(Room(school=f"N{number}", code="tin1", name="Phòng Tin 1", seats=1))
    census, seen = Census(), sight(store)
    stands = await census.of(seen)
    machines = [one for one in seen.register.machines.values() if one.state == "active"]
    assert census.looked_at == len(machines)
    assert await census.of(seen) is stands
    async with scene.served(store, token=None) as server, ClientSession() as session:
        page = (await Browser(server, session).get("/"))[2]
        assert page.count('<li class="card school') == wall.AT_ONCE
        assert "1–120 / 308" in page  # noqa: RUF001 - as people read it
        last = (await Browser(server, session).get("/?part=3"))[2]
        assert last.count('<li class="card school') == 308 - 2 * wall.AT_ONCE


@pytest.mark.parametrize(
    ("machines", "state"),
    [
        ({}, PlaceState.UNKNOWN),
        ({"never": 3}, PlaceState.UNKNOWN),
        ({"online": 1, "off": 30}, PlaceState.UP),
        ({"online": 3, "silent": 1}, PlaceState.UP),
        ({"online": 2, "silent": 1}, PlaceState.DEGRADED),
        ({"silent": 1, "off": 9}, PlaceState.DOWN),
        ({"off": 9, "never": 1}, PlaceState.OFF),
    ],
)
def test_how_a_school_stands(machines: dict[str, int], state: PlaceState) -> None:
    assert state_of(machines) is state


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_way_is_drawn_as_far_as_it_is_known(language: str) -> None:
    drawn = stops({"pc": "ok", "switch": "broken", "gateway": "strange"}, Say(language))
    assert [one.step for one in drawn] == list(STEPS)
    assert [one.state for one in drawn] == ["ok", "broken", "unknown", "unknown", "unknown", "unknown"]
    assert [one.reached for one in drawn][:2] == ["", "broken"]
    assert all(one.name and one.word and one.mark for one in drawn)
    assert len({one.mark for one in drawn}) == 3


@pytest.mark.parametrize(("area", "named"), [("", ""), ("hn/a", " \u203a <bdi>Phường A</bdi>")])
async def test_the_way_up_from_a_school_ends_where_it_stands(store: Store, area: str, named: str) -> None:
    with store.writing() as writer:
        writer.put_school(School(code="ZZ", name="Trường ZZ", area=area, salt="5a"))
    async with scene.served(store) as server, ClientSession() as session:
        page = (await Browser(server, session, token=scene.TOKEN).get("/schools/ZZ"))[2]
    assert f'<p class="crumbs"><a href="/">Các trường</a>{named}</p>' in page
