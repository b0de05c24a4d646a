"""An incident that is back and still watched: every place that shows it says so, and none calls for anybody."""

import re

import msgspec
import pytest
from aiohttp import ClientSession
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser

from schooldrum_collector.judge.fault import Level, Place
from schooldrum_collector.judge.incident import Incident, Severity
from schooldrum_collector.show.incident_record import standing
from schooldrum_collector.show.incident_words import is_back, read
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.web.census import worst_by_school
from schooldrum_collector.web.shown_incidents import TimeShown, shown_incident

BACK = scene.incident(
    1043,
    Place(Level.SCHOOL, "QY"),
    ("QY",),
    began=scene.NOW - 1200,
    severity=Severity.URGENT,
    rounds=1,
    calm=scene.NOW - 240,
    ended=scene.NOW - 300,
    ended_measured=True,
)
SAYS = {"vi": "đã có lại từ 09:55, vẫn theo dõi", "en": "back since 09:55, still watched"}


@pytest.fixture
def store(store: Store) -> Store:
    with store.writing() as writer:
        writer.put_incident(BACK)
    return store


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_page_says_that_it_is_back(store: Store, language: str) -> None:
    async with scene.served(store, language=language) as server, ClientSession() as session:
        office = Browser(server, session, token=scene.TOKEN)
        wall, school, incidents, page = [
            (await office.get(address))[2] for address in ("/", "/schools/QY", "/incidents", "/incidents/SC-1043")
        ]
    card = re.findall(r'<li class="card school (\w+)" data-piece="school QY">(.*?)</li>', wall, re.DOTALL)
    assert [kind for kind, _ in card] == ["good"], "the school's own state decides its colour"
    assert SAYS[language] in card[0][1]
    assert "▲" not in card[0][1]
    for one in (school, incidents):
        found = re.search(r'<article class="incident (\w+)">((?:(?!</article>).)*SC-1043.*?)</article>', one, re.DOTALL)
        assert found is not None
        assert found[1] == "rest"
        assert SAYS[language][1:] in found[2]
        assert "KHẨN" not in found[2]
        assert "URGENT" not in found[2]
    assert 'class="inchead rest"' in page
    assert SAYS[language] in page
    assert ("Không cần làm gì thêm." if language == "vi" else "Nothing more to do.") in page
    assert '<ol class="steps">' not in page


@pytest.mark.parametrize(
    ("one", "back"),
    [
        (BACK, True),
        (msgspec.structs.replace(BACK, calm=0.0), False),
        (msgspec.structs.replace(BACK, calm=0.0, ended=0.0), False),
    ],
)
def test_only_what_is_calm_is_back(store: Store, one: Incident, back: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_back(one) is back
    for language, says in SAYS.items():
        said = standing(one, scene.NOW, Say(language))
        assert (said == says) is back
        assert bool(read(store.register(), one, scene.NOW, language).end) is back
    shown = shown_incident(store.register(), one, scene.NOW)
    assert (shown.state, shown.ended) == ("open", None)
    since = TimeShown(at="2026-11-23T02:55:00.000Z", error=one.ended_error, measured=True)
    assert shown.back == (since if back else None)


def test_what_goes_on_is_graver_than_what_is_back() -> None:
    going_on = scene.incident(1050, Place(Level.SCHOOL, "QY"), ("QY",), began=scene.NOW - 60)
    assert worst_by_school([BACK, going_on])["QY"] == going_on
    assert worst_by_school([going_on, BACK])["QY"] == going_on
