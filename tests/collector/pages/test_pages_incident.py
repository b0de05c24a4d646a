"""What pages say of incidents that are over, of what concerns many schools, and of what happened to a PC."""

import re
from typing import Any

import pytest
from tests.collector.pages import pages_scene as scene
from tests.collector.pages.visiting import Browser

from schooldrum_collector.judge.fault import Degree, Evidence, Kind, Level, Place, Verdict
from schooldrum_collector.judge.incident import Incident, Severity, State
from schooldrum_collector.show.incident_words import read
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Change

BEGAN = scene.NOW - 86400
OVER = {"state": State.CLOSED, "ended": BEGAN + 1500, "closed": BEGAN + 1600, "ended_measured": True}


@pytest.fixture
def store(store: Store) -> Store:
    evidence = Evidence(
        word="provider",
        counts={"schools": 2, "of": 2, "others": 5, "measured": 2},
        names={"schools": ("QY", "HS"), "provider": ("Nhà mạng A",)},
    )
    place = Place(Level.PROVIDER, "Nhà mạng A")
    with store.writing() as writer:
        writer.put_incident(
            scene.incident(1010, place, ("HS", "QY"), began=BEGAN, evidence=evidence, degree=Degree.FOUND, **OVER)
        )
        for number, code, began in ((1011, "HS", BEGAN + 30), (1012, "QY", BEGAN - 20), (1013, "BM", BEGAN)):
            writer.put_incident(scene.incident(number, Place(Level.SCHOOL, code), (code,), began=began, **OVER))
        # Of the same school, at another time: an incident of its own.
        own = {**OVER, "ended": BEGAN + 9000, "closed": BEGAN + 9100}
        writer.put_incident(scene.incident(1014, Place(Level.SCHOOL, "HS"), ("HS",), began=BEGAN + 7200, **own))
        for action, detail in (("enrol-new", "BM/main/tin1 tin1-07 active"), ("machine.approve", "pending")):
            writer.log(Change(at=BEGAN, actor="agents-door", action=action, subject="bm-tin1-7", detail=detail))
        moved = "BM/main/tin2 tin2-03 -> BM/main/tin1 tin1-07"
        writer.log(Change(at=BEGAN, actor="office", action="machine.move", subject="bm-tin1-7", detail=moved))
    return store


async def test_what_single_schools_have_of_one_cause_stands_inside_it(office: Browser) -> None:
    page = (await office.get("/incidents"))[2]
    assert "Ở từng trường (2)" in page
    whole = page[page.index("SC-1010") :]
    folded = whole[whole.index("<details>") : whole.index("</details>")]
    assert set(re.findall(r'href="/incidents/(SC-\d+)"', folded)) == {"SC-1011", "SC-1012"}
    assert page.count('href="/incidents/SC-1013"') == 1
    assert page.count('href="/incidents/SC-1014"') == 1
    # A school reads of its own alone.
    assert "Ở từng trường" not in (await office.get("/schools/BM/incidents"))[2]


async def test_the_way_of_many_schools_is_drawn_as_their_records_say(office: Browser) -> None:
    page = (await office.get("/incidents/SC-1010"))[2]
    assert "Nhà mạng: đứt ở đây" in page
    assert "Chưa máy nào gửi được số đo" not in page
    assert "phía nhà mạng A." in page, "it is not called a provider twice"


@pytest.mark.parametrize(("number", "times"), [(1043, 0), (1044, 0), (1030, 1)])
async def test_customer_numbers_stand_where_a_provider_may_be_asked(office: Browser, number: int, times: int) -> None:
    page = (await office.get(f"/incidents/SC-{number}"))[2]
    assert page.count("HNI-0042-7781") == times


async def test_what_happened_to_a_pc_is_said_in_words(office: Browser) -> None:
    page = (await office.get("/machines/bm-tin1-7"))[2]
    assert "thêm máy" in page
    assert "tin1-07 active" not in page
    assert "BM/main/tin2 tin2-03 \N{RIGHTWARDS ARROW} BM/main/tin1 tin1-07" in page


async def test_lists_that_a_pc_sends_are_explained(office: Browser) -> None:
    page = (await office.get("/machines/bm-tin1-7/sends?lang=vi"))[2]
    assert "Cả bộ máy, một dòng." in page
    assert '<th scope="col" title="maker">hãng</th>' in page
    assert 'lang="en">' not in page.partition("<main")[2].partition("</main>")[0]
    english = (await office.get("/machines/bm-tin1-7/sends?lang=en"))[2]
    assert "The PC as a whole, one row." in english
    assert '<th scope="col" title="maker">maker</th>' in english


def a_silent_room(number: int, *, answering: int, **fields: Any) -> Incident:
    evidence = Evidence(
        word="room_silent", counts={"machines": 7, "answering": answering, "on": 7, "rooms": 1},
        steps=fields.pop("steps", scene.NOTHING_KNOWN), names={"rooms": ("BM/main/tin2",)},
    )  # fmt: skip
    place, values = Place(Level.ROOM, "BM/main/tin2"), {"began": BEGAN, "verdict": Verdict.ROOM, **fields}
    return scene.incident(number, place, ("BM",), evidence=evidence, degree=Degree.PROBABLE, **values)


@pytest.mark.parametrize(
    ("incident", "drawn", "told"),
    [
        (a_silent_room(1060, answering=21), "??✓✓✓?", "Từ modem trở ra vẫn tốt"),
        (a_silent_room(1060, answering=21, **OVER), "??✓✓✓?", "Từ modem trở ra vẫn tốt"),
        (a_silent_room(1060, answering=0), "??????", "nên chưa biết đứt ở đâu"),
        (
            a_silent_room(1060, answering=21, steps={**scene.NOTHING_KNOWN, "pc": "ok", "switch": "broken"}),
            "✓\N{MULTIPLICATION SIGN}✓✓✓?",
            "",
        ),
        (a_silent_room(1060, answering=21, steps=scene.CUT_LINE), "✓✓✓\N{MULTIPLICATION SIGN}??", ""),
    ],
)
async def test_what_other_rooms_are_heard_over_is_drawn_as_fine(
    store: Store, office: Browser, incident: Incident, drawn: str, told: str
) -> None:
    with store.writing() as writer:
        writer.put_incident(incident)
    page = (await office.get("/incidents/SC-1060"))[2]
    way = page[page.index('<ol class="stops"') :]
    assert "".join(re.findall(r'<span class="mark">(.)</span>', way[: way.index("</ol>")])) == drawn
    assert told in page
    assert ("chưa gửi được số đo" in page) == ("trở ra" in told)


@pytest.mark.parametrize("lossy", ["lossy", "broken"])
async def test_where_packets_are_lost_nothing_is_drawn_as_cut(store: Store, office: Browser, lossy: str) -> None:
    behind = "ok" if lossy == "lossy" else "unknown"
    steps = {**scene.CUT_LINE, "provider": lossy, "internet": behind, "service": behind}
    evidence = Evidence(word="loss_line", counts={"machines": 3, "percent": 30, "measured": 3}, steps=steps)
    with store.writing() as writer:
        one = scene.incident(1061, Place(Level.SCHOOL, "DL"), ("DL",), began=BEGAN, kind=Kind.LOSS, evidence=evidence)
        writer.put_incident(one)
    page = (await office.get("/incidents/SC-1061"))[2]
    way = page[page.index('data-piece="path"') : page.index('data-piece="acts"')]
    listed = "".join(re.findall(r'<span class="mark">(.)</span>', way))
    assert listed == "✓✓✓\N{ALMOST EQUAL TO}✓✓"
    assert "Nhà mạng: chập chờn ở đây" in way
    assert "Chập chờn ở đâu trên đường đi" in way
    assert not re.search('đứt|class="cut"', way, re.IGNORECASE)
    english = (await office.get("/incidents/SC-1061?lang=en"))[2]
    assert "Provider: lossy here" in english


async def test_a_pc_names_what_holds_its_school_s_outage_and_no_button_of_other_pages(
    store: Store, office: Browser
) -> None:
    silent = Evidence(word="silent", counts={"machines": 12, "rooms": 1, "on": 12}, causes=(Verdict.POWER,))
    known = Evidence(
        word="provider", counts={"schools": 2, "of": 2, "others": 5, "measured": 2},
        names={"schools": ("DL", "HB"), "provider": ("Nhà mạng A",)},
    )  # fmt: skip
    own: dict[str, Any] = {
        "began": scene.NOW - 600, "evidence": silent, "verdict": Verdict.UNKNOWN, "degree": Degree.UNKNOWN,
        "blamed": ("dl-tin1-3",),
    }  # fmt: skip
    with store.writing() as writer:
        alone = {**own, "blamed": ("t2-tin1-3",)}
        writer.put_incident(scene.incident(1072, Place(Level.SCHOOL, "T2"), ("T2",), **alone))
    page = (await office.get("/machines/t2-tin1-3"))[2]
    assert "Thuộc" not in page
    assert "Nếu có điện: xem modem" in page
    assert "[Có điện]" not in page
    assert 'href="/incidents/SC-1072">Xem và trả lời' in page, "there are the buttons"
    place = Place(Level.PROVIDER, "Nhà mạng A")
    with store.writing() as writer:
        writer.put_incident(
            scene.incident(1070, place, ("DL", "HB"), began=scene.NOW - 600, evidence=known, severity=Severity.URGENT)
        )
        writer.put_incident(scene.incident(1071, Place(Level.SCHOOL, "DL"), ("DL",), parent=1070, **own))
    page = (await office.get("/machines/dl-tin1-3"))[2]
    whole, part = (one.split("</article>")[0] for one in page.split("<article")[1:3])
    assert "SC-1070" in whole
    assert "phía nhà mạng A." in whole
    assert "Không cần kiểm tra mạng trong trường" in whole, "the reader is at the PC, not in the office"
    assert "Thuộc <bdi>SC-1070</bdi>" in part
    assert "SC-1071" in part
    assert not re.search(r"<ol>|xem modem|12 máy|\[Có điện\]", part)


async def test_what_a_provider_s_incident_holds_stands_inside_it(store: Store, office: Browser) -> None:
    whole = Place(Level.PROVIDER, "Nhà mạng A")
    silent = Evidence(word="silent", counts={"machines": 12, "rooms": 1, "on": 12}, causes=(Verdict.POWER,))
    more: dict[str, Any] = {
        "began": scene.NOW - 600,
        "evidence": silent,
        "verdict": Verdict.UNKNOWN,
        "degree": Degree.UNKNOWN,
    }
    known = Evidence(
        word="provider", counts={"schools": 2, "of": 2, "others": 5, "measured": 2},
        names={"schools": ("DL", "HB"), "provider": ("Nhà mạng A",)},
    )  # fmt: skip
    with store.writing() as writer:
        writer.put_incident(
            scene.incident(1070, whole, ("DL", "HB"), began=scene.NOW - 600, evidence=known, severity=Severity.URGENT)
        )
        for number, code in ((1071, "DL"), (1072, "HB")):
            writer.put_incident(scene.incident(number, Place(Level.SCHOOL, code), (code,), parent=1070, **more))
        writer.put_incident(scene.incident(1073, Place(Level.SCHOOL, "T2"), ("T2",), parent=1001, **more))
    page = (await office.get("/incidents"))[2]
    cards = {one.split("</h2>")[0].split("/incidents/")[1][:7]: one for one in page.split("<article")[1:]}
    assert {"SC-1070", "SC-1073"} <= cards.keys(), "one whose larger one is not shown stands by itself"
    assert not {"SC-1071", "SC-1072"} & cards.keys()
    assert "Ở từng trường (2)" in cards["SC-1070"]
    assert set(re.findall(r'href="/incidents/(SC-107[12])"', cards["SC-1070"])) == {"SC-1071", "SC-1072"}
    school = (await office.get("/schools/DL"))[2]
    part = next(one for one in school.split("<article")[1:] if "SC-1071" in one).split("</article>")[0]
    assert "Thuộc <bdi>SC-1070</bdi>" in part
    assert "CẦN XỬ LÝ" not in part
    assert "12 máy" not in part, "what to do stands with the larger one"


async def test_lesson_time_of_many_schools_is_told_for_each_and_summed_once(store: Store, office: Browser) -> None:
    whole, began = Place(Level.PROVIDER, "Nhà mạng A"), scene.NOW - 7200
    with store.writing() as writer:
        writer.put_incident(scene.incident(1070, whole, ("DL", "HB"), began=began, severity=Severity.URGENT))
        back = {"state": State.CLOSED, "ended": began + 1800, "closed": began + 1900, "parent": 1070}
        writer.put_incident(scene.incident(1071, Place(Level.SCHOOL, "DL"), ("DL",), began=began, **back))
    page = (await office.get("/incidents/SC-1070"))[2]
    assert "Giờ học đã mất</dt><dd>2 giờ 30 phút<br>" in page
    assert "cộng của 2 trường" in page
    schools = page[page.index("Các trường (2)") :]
    assert re.findall(r"Giờ học đã mất: ([^<]+)<", schools) == ["30 phút", "2 giờ 00 phút"]
    own = (await office.get("/incidents/SC-1071"))[2]
    assert "Giờ học đã mất</dt><dd>30 phút<br>" in own


async def test_a_provider_s_outage_that_nobody_measured_is_drawn_as_probable(store: Store, office: Browser) -> None:
    whole = Place(Level.PROVIDER, "Nhà mạng A")
    known = Evidence(
        word="provider_silent",
        counts={"schools": 2, "of": 2, "others": 5, "measured": 0, "second": 1},
        names={"schools": ("DL", "HB"), "provider": ("Nhà mạng A",)},
        steps=dict.fromkeys(("pc", "switch", "gateway", "provider", "internet", "service"), "unknown"),
    )
    began = scene.NOW - 600
    with store.writing() as writer:
        for degree, number in ((Degree.PROBABLE, 1070), (Degree.UNKNOWN, 1080)):
            writer.put_incident(scene.incident(number, whole, ("DL", "HB"), began=began, evidence=known, degree=degree))
        second = scene.incident(
            1071, Place(Level.SCHOOL, "DL"), ("DL",), began=began, parent=1070, kind=Kind.SECOND_LINE
        )
        writer.put_incident(second)
    page = (await office.get("/incidents/SC-1070"))[2]
    assert "Nhà mạng: rất có thể ở đây" in page
    assert page.count('<g class="stop unknown"') == 5, "that what is nearer works has nobody measured"
    assert "chưa biết đứt ở đâu" not in page
    assert "1 trường mất Internet" in page
    schools = page[page.index("Các trường (2)") :]
    assert schools.count("Vẫn có Internet qua đường truyền khác") == 1
    unknown = (await office.get("/incidents/SC-1080"))[2]
    assert 'class="stop probable"' not in unknown
    assert "chưa biết đứt ở đâu" in unknown


@pytest.mark.parametrize(("seen", "said"), [(60.0, "đang xảy ra"), (1800.0, "chưa rõ còn không, không đo được từ")])
async def test_what_can_not_be_measured_any_more_is_not_said_to_go_on(
    store: Store, office: Browser, seen: float, said: str
) -> None:
    with store.writing() as writer:
        place = Place(Level.SCHOOL, "DL")
        lossy = scene.incident(1081, place, ("DL",), began=BEGAN, kind=Kind.LOSS, seen=scene.NOW - seen)
        writer.put_incident(lossy)
    assert said in (await office.get("/incidents/SC-1081"))[2]


async def test_a_power_cut_on_somebody_s_word_is_probable_and_nothing_is_drawn_as_broken(
    store: Store, office: Browser
) -> None:
    said = Evidence(word="power_attested", counts={"machines": 12, "rooms": 1, "on": 12}, names={"said": ("office",)})
    more: dict[str, Any] = {"verdict": Verdict.POWER, "degree": Degree.PROBABLE, "evidence": said}
    with store.writing() as writer:
        writer.put_incident(scene.incident(1081, Place(Level.SCHOOL, "DL"), ("DL",), began=BEGAN, **more))
    page = (await office.get("/incidents/SC-1081"))[2]
    assert "Rất có thể: mất điện (Sở, phòng xác nhận)." in page
    assert "Xác định" not in page
    assert "Mất điện thì không máy nào đo được gì" in page
    assert "đứt ở đây" not in page


async def test_below_a_school_s_name_its_incidents_begin_with_the_room(office: Browser) -> None:
    school = (await office.get("/schools/BM"))[2]
    assert "<bdi>Phòng Tin 2: cả phòng mất liên lạc</bdi>" in school
    machine = (await office.get("/machines/bm-tin2-3"))[2]
    assert "<bdi>Phòng Tin 2: cả phòng mất liên lạc</bdi>" in machine
    assert "Máy mất liên lạc" not in machine, "why is known, and told above"
    listed = (await office.get("/incidents"))[2]
    assert "THCS Bình Minh \N{EN DASH} Phòng Tin 2: cả phòng mất liên lạc" in listed


@pytest.mark.parametrize("code", ["BM", "HS", "QY"])
async def test_a_school_that_needs_somebody_is_called_so_on_the_wall_and_on_its_page(
    office: Browser, code: str
) -> None:
    wall = (await office.get("/"))[2]
    card = wall[wall.index(f'href="/schools/{code}"') :].partition("</a>")[0]
    head = (await office.get(f"/schools/{code}"))[2].partition('data-piece="head"')[2].partition("</p>")[0]
    for shown in (card, head):
        assert "▲" in shown
        assert "cần xử lý" in shown.lower()


async def test_an_incident_that_is_over_asks_for_nothing_and_says_what_it_cost(office: Browser, store: Store) -> None:
    page = (await office.get("/incidents/SC-1030?lang=en"))[2]
    head = page[page.index('class="inchead') : page.index("<h1>")]
    assert "ACTION" not in head
    assert 'over · <span class="number">SC-1030</span>' in head
    assert re.search(r"Lesson time lost</dt><dd>\d+ (h|min)", page)
    assert '<strong>Told</strong> <span class="fine">· the collector</span>' in page
    with store.writing() as writer:
        withdrawn = {**OVER, "state": State.WITHDRAWN}
        writer.put_incident(scene.incident(1080, Place(Level.SCHOOL, "BM"), ("BM",), began=BEGAN, **withdrawn))
    assert "Lesson time lost" not in (await office.get("/incidents/SC-1080?lang=en"))[2]


@pytest.mark.parametrize(("noticed", "words"), [(20.0, False), (90.0, True)])
async def test_one_minute_is_not_told_twice(store: Store, noticed: float, words: bool) -> None:  # noqa: FBT001 - a column of the table
    began = scene.NOW - 600
    one = scene.incident(
        1090, Place(Level.SCHOOL, "BM"), ("BM",), began=began, began_measured=False, opened=began + noticed
    )
    told = read(store.register(), one, scene.NOW, "en").since
    assert told.startswith("Since about 09:50")
    assert ("noticed at" in told) == words
