import asyncio
import base64
import json
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector
from aiohttp.test_utils import TestServer
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Area, Arrival, Machine, MachineState, Room, School
from schooldrum_collector.store.sqlite import open_store
from schooldrum_collector.web.office import office_app
from schooldrum_collector.web.scraping import PageShelf, wants_gzip, wants_openmetrics
from schooldrum_collector.web.visitors import FOR_SCHOOLS
from schooldrum_wire.catalogue import cpu, memory
from schooldrum_wire.encoding import encode
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.result import Result

NOW = 1_795_402_800.0
TOKEN = "office-token-0123456789-0123456789-0123456789"
ROUTES = [
    "/",
    "/readyz",
    "/metrics",
    "/metrics/schools",
    "/metrics/schools/DEMO",
    "/sd/schools",
    "/api/v1/schools",
    "/api/v1/incidents",
    "/api/v1/machines",
    "/api/v1/machines/a1",
    "/api/v1/machines/a1/sections",
    "/api/v1/machines/a1/results",
    "/api/v1/openapi.json",
]
PAGES = FOR_SCHOOLS | {"/addresses"}
SCOPED = [route for route in ROUTES if route not in {"/metrics", "/api/v1/openapi.json"}]


def a_machine(identity: str, school: str, alias: str, seat: int, state: MachineState = MachineState.ACTIVE) -> Machine:
    return Machine(
        id=identity, school=school, site="main", room="tin1", alias=alias, seat=seat, state=state, fingerprint={},
        enrolled=NOW - 86400,
    )  # fmt: skip


def arrival(machine: str, *, word: str = "", agent: str = "0.1.0") -> Arrival:
    result = Result(
        probe="cpu", seq=1, outcome="ok", boottime=990.0, wall=NOW - 10,
        readings=(cpu.CPU_LOGICAL_PROCESSORS(4), memory.MEMORY_SIZE_BYTES(8e9)),
    )  # fmt: skip
    delivery = Delivery(
        reports=(Report(run="r1", boot="b1", results=(result,), live=True),),
        now=Now(boot="b1", boottime=1000.0, wall=NOW),
    )
    body = zlib.compress(encode(delivery), 1, 31)
    return Arrival(
        machine=machine, received=NOW - 1, body=body, live=body, run="r1", boot="b1", clock=NOW - 1000.0, skew=0.5,
        beat=60, word=word, word_kind="stop" if word else "", agent=agent, system="windows", frozen=False,
        rows={"host": ("d", ({"system": "windows", "release": "<script>alert(1)</script>"},))},
    )  # fmt: skip


def fill(store: Store) -> None:
    with store.writing() as writer:
        for path, name in (("hn", "Hà Nội"), ("hn/q3", "Quận 3"), ("hcm", "TP HCM")):
            writer.put_area(Area(path=path, name=name))
        for code, name, area in (("DEMO", "Trường <thử>", "hn/q3"), ("OTHER", "Trường khác", "hcm")):
            writer.put_school(School(code=code, name=name, area=area, salt="5a175a17"))
            writer.put_room(Room(school=code, code="tin1", name="Phòng Tin 1", seats=40))
        writer.put_machine(a_machine("a1", "DEMO", "tin1-01", 1))
        writer.put_machine(a_machine("a2", "DEMO", "tin1-02", 2))
        writer.put_machine(a_machine("a3", "DEMO", "tin1-03", 3, MachineState.PENDING))
        writer.put_machine(a_machine("o1", "OTHER", "tin1-01", 1))


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path, clock=lambda: NOW)
    yield store
    store.close()


@pytest.fixture
async def store(empty_store: Store) -> Store:
    fill(empty_store)
    await empty_store.append(arrival("a1"))
    await empty_store.append(arrival("o1", word="goodbye"))
    return empty_store


class Door:
    """The office's door on a real socket, and a plain client before it."""

    def __init__(self, server: TestServer, session: ClientSession, own: OwnMetrics) -> None:
        self.server = server
        self.session = session
        self.own = own

    async def get(
        self, path: str, *, method: str = "GET", token: str = TOKEN, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{self.server.port}{path}"
        async with self.session.request(method, url, headers=sent) as response:
            return response.status, {k.lower(): v for k, v in response.headers.items()}, await response.read()

    async def json(self, path: str) -> Any:
        status, _, body = await self.get(path)
        assert status == 200, body
        return json.loads(body)


async def opened_door(store: Store, *, token: str | None = TOKEN, hosts: tuple[str, ...] = ()) -> AsyncIterator[Door]:
    own = OwnMetrics()
    own.watch(register=store.register, pending=store.pending, grace=lambda: False, started=NOW)
    app = office_app(store=store, own=own, now=lambda: NOW, hearing=Hearing, token=token, hosts=hosts, language="vi")
    server = TestServer(app)
    await server.start_server()
    plain = ["Accept-Encoding", "Accept"]
    async with ClientSession(
        connector=TCPConnector(limit=4), auto_decompress=False, skip_auto_headers=plain
    ) as session:
        yield Door(server, session, own)
    await server.close()


@pytest.fixture
async def door(store: Store) -> AsyncIterator[Door]:
    async for one in opened_door(store):
        yield one


@pytest.fixture
async def open_door(store: Store) -> AsyncIterator[Door]:
    async for one in opened_door(store, token=None):
        yield one


@pytest.fixture
async def empty_door(empty_store: Store) -> AsyncIterator[Door]:
    async for one in opened_door(empty_store):
        yield one


@pytest.mark.parametrize("route", ROUTES)
async def test_every_route_needs_the_token_and_answers_with_it(door: Door, route: str):
    agents_credential = base64.urlsafe_b64encode(b"x" * 32).decode().rstrip("=")
    for token in ("", "wrong", agents_credential, TOKEN[:-1], TOKEN + "x"):
        status, headers, body = await door.get(route, token=token)
        assert status == 401
        assert json.loads(body)["error"] == "credential"
        assert "www-authenticate" in headers
        assert TOKEN.encode() not in body
    status, headers, _ = await door.get(route)
    assert status == 200
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"
    assert "aiohttp" not in headers["server"]


async def test_the_token_is_never_taken_from_the_address(door: Door):
    assert (await door.get(f"/metrics?token={TOKEN}&access_token={TOKEN}", token=""))[0] == 401


async def test_a_browser_may_send_the_token_as_a_password(door: Door):
    basic = base64.b64encode(f"anyone:{TOKEN}".encode()).decode()
    assert (await door.get("/", token="", Authorization=f"Basic {basic}"))[0] == 200
    for wrong in (base64.b64encode(f"{TOKEN}:x".encode()).decode(), "%%%", ""):
        assert (await door.get("/", token="", Authorization=f"Basic {wrong}"))[0] == 401


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8800", "127.0.0.1.evil.example", "", "[", "localhost.", "1.2.3.4"]
)
async def test_a_strange_host_is_refused_even_with_the_token(door: Door, route: str, host: str):
    assert (await door.get(route, Host=host))[0] in {400, 421}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8800", "127.0.0.1:1", "[::1]:8800"])
async def test_loopback_s_names_are_ours(door: Door, host: str):
    assert (await door.get("/readyz", Host=host))[0] == 200


async def test_names_that_were_configured_are_ours(store: Store):
    async for one in opened_door(store, hosts=("Office.Example", "10.1.2.3:443")):
        for host in ("office.example", "office.example:8443", "10.1.2.3"):
            assert (await one.get("/readyz", Host=host))[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "file://"])
async def test_another_site_s_page_may_not_read(door: Door, origin: str):
    assert (await door.get("/metrics", Origin=origin))[0] == 403
    own = f"http://127.0.0.1:{door.server.port}"
    assert (await door.get("/metrics", Origin=own))[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_the_door_is_for_reading(door: Door, method: str):
    status, headers, body = await door.get("/api/v1/machines", method=method)
    assert status == 405
    assert headers["allow"] == "GET, HEAD"
    assert json.loads(body)["error"] == "malformed"
    assert (await door.get("/v1/reports", method=method))[0] == 404


async def test_an_open_door_is_open_to_this_machine_only_and_not_through_a_proxy(open_door: Door):
    assert (await open_door.get("/metrics", token=""))[0] == 200
    for header in ("X_Forwarded_For", "Forwarded", "Via", "X_Real_IP"):
        assert (await open_door.get("/metrics", token="", **{header: "for=10.0.0.1"}))[0] == 403


async def test_a_school_s_page_has_its_machines_and_not_its_neighbours(door: Door):
    status, headers, body = await door.get("/metrics/schools/DEMO")
    assert status == 200
    assert headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = body.decode()
    assert 'school_cpu_logical_processors{school="DEMO",site="main",room="tin1",machine="tin1-01"} 4.0' in text
    assert 'machine="tin1-02",state="never"' in text
    assert "tin1-03" not in text
    assert "OTHER" not in text
    assert list(parse_text(text))
    assert (await door.get("/metrics/schools/NONE"))[0] == 404
    assert (await door.get("/metrics/schools/demo"))[0] == 404


async def test_openmetrics_and_gzip_when_asked_for(door: Door):
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    for page in ("/metrics", "/metrics/schools", "/metrics/schools/DEMO"):
        _, headers, body = await door.get(page, Accept=accept, Accept_Encoding="gzip")
        assert headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
        assert headers["content-encoding"] == "gzip"
        assert headers["vary"] == "Accept, Accept-Encoding"
        assert list(parse_openmetrics(zlib.decompress(body, 31).decode()))


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", False),
        ("application/openmetrics-text", True),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", True),
        ("application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", True),
        ("application/openmetrics-text;version=2.0.0", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=0.1,text/plain;q=0.9", False),
        ("application/openmetrics-text;q=x", False),
        ("a/b;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;q=0.3", True),
        (";;;,,,q=1;=;", False),
    ],
)  # fmt: skip
def test_which_format_an_accept_header_wants(accept: str, openmetrics: bool):  # noqa: FBT001 - a table's column
    assert wants_openmetrics(accept) is openmetrics


@pytest.mark.parametrize(
    ("header", "packed"),
    [("", False), ("gzip", True), ("deflate, gzip;q=1.0", True), ("gzip;q=0", False), ("br", False), ("GZIP", True)],
)
def test_which_encoding_is_taken(header: str, packed: bool):  # noqa: FBT001 - a table's column
    assert wants_gzip(header) is packed


async def test_all_schools_together(door: Door):
    _, _, body = await door.get("/metrics/schools")
    text = body.decode()
    assert 'school_machines{school="DEMO",state="online"} 1' in text
    assert 'school_machines{school="OTHER",state="off"} 1' in text
    assert 'school_room_info{school="DEMO",site="main",room="tin1",name="Phòng Tin 1",kind="lab"} 1' in text


async def test_discovery_is_what_prometheus_reads(door: Door):
    _, headers, body = await door.get("/sd/schools")
    assert headers["content-type"].startswith("application/json")
    target = f"127.0.0.1:{door.server.port}"
    assert json.loads(body) == [
        {
            "targets": [target],
            "labels": {"school": code, "instance": code, "__metrics_path__": f"/metrics/schools/{code}"},
        }
        for code in ("DEMO", "OTHER")
    ]


async def test_discovery_never_says_that_there_is_nothing(empty_door: Door):
    for route in ("/sd/schools", "/sd/schools?scope="):
        status, headers, body = await empty_door.get(route)
        assert status == 503
        assert headers["retry-after"] == "10"
        assert "no school" in json.loads(body)["message"]
    assert (await empty_door.get("/"))[0] == 200
    assert await empty_door.json("/api/v1/machines") == {"machines": [], "next": None}


async def test_codes_that_need_quoting_in_an_address(empty_door: Door, empty_store: Store):
    with empty_store.writing() as writer:
        writer.put_school(School(code="TH&THCS 1", name="Liên cấp"))
    ((group,),) = [json.loads((await empty_door.get("/sd/schools"))[2])]
    path = group["labels"]["__metrics_path__"]
    assert path == "/metrics/schools/TH%26THCS%201"
    assert (await empty_door.get(path))[0] == 200


@pytest.mark.parametrize("route", SCOPED)
@pytest.mark.parametrize("scope", ["OTHER", "school:OTHER", "hcm", "area:hcm"])
async def test_nothing_outside_the_scope_is_shown(door: Door, route: str, scope: str):
    status, _, body = await door.get(f"{route}?scope={scope}")
    if "DEMO" in route or "/a1" in route:
        assert (status, json.loads(body)["error"]) == (404, "not_found")
    else:
        assert status == 200
        assert b"DEMO" not in body
    assert b"tin1-02" not in body


@pytest.mark.parametrize(
    ("scope", "codes"), [("", ["DEMO", "OTHER"]), ("hn", ["DEMO"]), ("hn/q3", ["DEMO"]), ("DEMO", ["DEMO"])]
)
async def test_a_scope_is_an_area_or_a_school(door: Door, scope: str, codes: list[str]):
    found = await door.json(f"/api/v1/schools?scope={scope}")
    assert [school["code"] for school in found["schools"]] == codes


@pytest.mark.parametrize("scope", ["h", "hn/", "hn/q", "demo", "area:DEMO", "school:hn", "*", "%", "hn/q3/x"])
async def test_an_unknown_scope_is_nothing_rather_than_everything(door: Door, scope: str):
    for route in SCOPED:
        status, _, body = await door.get(f"{route}?scope={scope}")
        assert status == 404
        assert json.loads(body)["error"] == "not_found"


async def test_two_scopes_are_refused(door: Door):
    assert (await door.get("/api/v1/machines?scope=DEMO&scope=OTHER"))[0] == 400


async def test_machines_and_one_machine(door: Door):
    found = await door.json("/api/v1/machines?scope=DEMO")
    first, second, third = found["machines"]
    assert first["alias"] == "tin1-01"
    assert first["presence"] == {"state": "online", "since": None, "assumed": False, "away": False}
    assert first["heard"] == "2026-11-23T02:59:59.000Z"
    assert second["presence"]["state"] == "never"
    assert third["presence"]["state"] == "pending"
    one = await door.json("/api/v1/machines/a1")
    (cpu_result,) = one["results"]
    assert cpu_result["probe"] == "cpu"
    assert cpu_result["at"] == "2026-11-23T02:59:50.000Z"
    assert {"name": "school_cpu_logical_processors", "value": 4.0, "labels": {}} in cpu_result["readings"]
    assert (await door.get("/api/v1/machines/nobody"))[0] == 404


async def test_nothing_secret_is_in_any_answer(door: Door):
    for route in ROUTES:
        _, _, body = await door.get(route)
        for secret in (b"5a175a17", TOKEN.encode(), b"fingerprint"):
            assert secret not in body, route


async def test_machines_come_in_parts(door: Door):
    seen: list[str] = []
    after = ""
    for _ in range(4):
        found = await door.json(f"/api/v1/machines?limit=1&after={after}")
        seen += [f"{one['school']}/{one['alias']}" for one in found["machines"]]
        after = f"{found['next'] or ''}"
    assert seen == ["DEMO/tin1-01", "DEMO/tin1-02", "DEMO/tin1-03", "OTHER/tin1-01"]
    assert not after


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "1e2", "", "9" * 5000, "٣"])
async def test_a_limit_is_a_number_in_bounds(door: Door, limit: str):
    assert (await door.get(f"/api/v1/machines?limit={limit}"))[0] == 400


async def test_sections_and_history(door: Door):
    (section,) = (await door.json("/api/v1/machines/a1/sections"))["sections"]
    assert section["name"] == "host"
    (result,) = (await door.json("/api/v1/machines/a1/results"))["results"]
    assert (result["probe"], result["dated"], result["at"]) == ("cpu", "exact", "2026-11-23T02:59:50.000Z")
    for query in (f"since={NOW - 3600}&until={NOW}", "since=2026-11-23T09:00:00%2B07:00&until=2026-11-23T03:00:00Z"):
        assert len((await door.json(f"/api/v1/machines/a1/results?{query}"))["results"]) == 1
    assert (await door.json(f"/api/v1/machines/a1/results?until={NOW - 60}"))["results"] == []


@pytest.mark.parametrize(
    "query",
    ["since=x", "until=nan", "since=inf", "since=0", "since=2026-11-24", "until=-1e999", "since=99999999999999999"],
)
async def test_a_span_is_sound_and_bounded(door: Door, query: str):
    status, _, body = await door.get(f"/api/v1/machines/a1/results?{query}")
    assert status == 400
    assert json.loads(body)["error"] == "malformed"


async def test_the_description_names_every_route_and_only_shapes_it_has(door: Door):
    described = await door.json("/api/v1/openapi.json")
    paths = set(described["paths"])
    served = {resource.canonical for resource in door.server.app.router.resources()}
    assert paths == served - PAGES - {"/api/v1/openapi.json"}
    text = json.dumps(described)
    schemas = described["components"]["schemas"]
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in schemas


async def test_a_page_is_made_once_for_many_readers_at_once_and_again_a_second_later(door: Door, store: Store):
    before = len((await door.get("/metrics/schools/DEMO"))[2])
    await store.append(arrival("a2"))
    bodies = await asyncio.gather(*(door.get("/metrics/schools/DEMO") for _ in range(8)))
    assert {len(body) for _, _, body in bodies} == {before}
    await asyncio.sleep(1.1)
    assert len((await door.get("/metrics/schools/DEMO"))[2]) > before


async def test_a_page_that_could_not_be_made_is_made_anew():
    shelf = PageShelf(asyncio.Lock())
    attempts = 0

    def make() -> Iterator[bytes]:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise OSError("the disk is gone")
        yield b"page"

    with pytest.raises(OSError, match="disk"):
        await shelf.page(("a",), make, packed=False)
    assert await shelf.page(("a",), make, packed=False) == b"page"


async def test_a_reader_who_hangs_up_does_not_take_the_page_from_the_others():
    shelf = PageShelf(asyncio.Lock())

    def make() -> Iterator[bytes]:
        yield b"page"

    first = asyncio.create_task(shelf.page(("a",), make, packed=False))
    await asyncio.sleep(0)
    first.cancel()
    assert await shelf.page(("a",), make, packed=False) == b"page"


async def test_pages_are_timed(door: Door):
    await door.get("/metrics/schools/DEMO")
    text = (await door.get("/metrics"))[2].decode()
    assert 'schooldrum_page_seconds_count{page="school"} 1.0' in text
    assert 'schooldrum_machines{state="pending"} 1.0' in text
