"""What a phone brings from a PC's screen: taken once, dated by the PC's boot, and the word of that one PC."""

import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.app.watching import Watching
from schooldrum_collector.judge.fault import Climb
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.judge.scanned import AGE_SECONDS, Heard, Untimely, dated
from schooldrum_collector.show.own_metrics import OwnMetrics
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Arrival, Credential, Machine, MachineState, Scan
from schooldrum_collector.web.office import office_app
from schooldrum_wire.encoding import encode
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.scan import Scanned, ScannedStep, boot_mark, credential_digest, written

BEGIN = 1_790_125_200.0
"""Wednesday 23 September 2026, 08:00 in Vietnam: school hours."""
BEAT = 60
ANSWERED, BROKEN = ("link", "address", "gateway"), ("provider", "national", "international", "collector")


def credential(machine: str) -> str:
    return f"credential of {machine}"


def climbed(machine: str, at: float, *, boot: str = "b1", key: str = "", wall: float | None = None) -> str:
    steps = [ScannedStep(step=step, family="ipv4", passed=True) for step in ANSWERED]
    steps += [ScannedStep(step=step, family="ipv4", passed=False, reason="timeout") for step in BROKEN]
    scanned = Scanned(
        machine=machine,
        boot=boot_mark(boot),
        boottime=at - BEGIN + 1000.0,
        wall=at if wall is None else wall,
        steps=tuple(steps),
    )
    return written(scanned, credential_digest(key or credential(machine)))


class Lab:
    """A school whose line is cut after five beats, its collector, and a phone."""

    def __init__(self, store: Store, machines: list[Machine]) -> None:
        self.store = store
        self.machines = machines
        self.at = BEGIN
        hearing = Hearing(away=BEGIN - 86400, back=BEGIN - 86400)
        self.watching = Watching(store, now=lambda: self.at, hearing=lambda: hearing)
        self.app = office_app(
            store=store,
            own=OwnMetrics(),
            now=lambda: self.at,
            hearing=lambda: hearing,
            token="t" * 40,
            language="en",
            scanned=self.watching.scanned,
        )
        self.phone: ClientSession
        self.url = ""

    async def report(self, beats: int) -> None:
        for _ in range(beats):
            self.at += BEAT
            for machine in self.machines:
                now = Now(boot="b1", boottime=self.at - BEGIN + 1000.0, wall=self.at)
                body = zlib.compress(
                    encode(Delivery(reports=(Report(run="r1", boot="b1", live=True),), now=now)), wbits=31
                )
                await self.store.append(
                    Arrival(
                        machine=machine.id, received=self.at, body=body, live=body, run="r1", boot="b1",
                        clock=BEGIN - 1000.0, skew=0.0, beat=BEAT,
                    )
                )  # fmt: skip
            self.watching.look()

    def silence(self, beats: int) -> Incident:
        for _ in range(beats):
            self.at += BEAT
            self.watching.look()
        (incident,) = self.store.incidents(EVERYTHING, live=True)
        return incident

    async def scan(self, text: str) -> tuple[int, str]:
        async with self.phone.post(f"{self.url}/q", data={"d": text}) as answer:
            return answer.status, await answer.text()

    def kept(self) -> list[Scan]:
        return [scan for one in self.machines for scan in self.store.scans(EVERYTHING, one.id, 0, BEGIN * 2)]


@pytest.fixture
async def lab(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> AsyncIterator[Lab]:
    holder: list[Lab] = []
    store = opened(tmp_path / "data", clock=lambda: holder[0].at if holder else BEGIN)
    machines = []
    for room in ("tin1", "tin2"):
        for seat in range(4):
            machine = enrol(store, f"{room}-{seat}", school="BM", area="hn", room=room)
            with store.writing() as writer:
                writer.put_machine(msgspec.structs.replace(machine, enrolled=BEGIN - 86400))
                digest = credential_digest(credential(machine.id))
                writer.put_credential(Credential(digest=digest, machine=machine.id, issued=BEGIN - 86400))
            machines.append(machine)
    holder.append(Lab(store, machines))
    async with TestServer(holder[0].app) as server, ClientSession() as phone:
        holder[0].phone, holder[0].url = phone, f"http://127.0.0.1:{server.port}"
        yield holder[0]


async def test_two_scanned_codes_say_where_a_silent_school_is_broken(lab: Lab):
    await lab.report(5)
    silent = lab.silence(5)
    assert silent.verdict == "unknown"
    for machine in ("tin1-0", "tin2-3"):
        status, page = await lab.scan(climbed(machine, lab.at - 20))
        assert status == 200
        assert "Received" in page
    told = lab.silence(1)
    assert told.number == silent.number
    assert told.verdict == "line"
    assert told.evidence.counts["measured"] == 2


async def test_one_code_is_one_pcs_word(lab: Lab):
    await lab.report(5)
    silent = lab.silence(5)
    for later in range(8):
        assert (await lab.scan(climbed("tin1-0", lab.at - 20 + later)))[0] == 200
    assert len(lab.kept()) == 8
    told = lab.silence(2)
    assert (told.verdict, told.degree, told.place) == (silent.verdict, silent.degree, silent.place)


async def test_opening_the_page_stores_nothing_and_a_code_counts_once(lab: Lab):
    await lab.report(2)
    text = climbed("tin1-0", lab.at - 20)
    async with lab.phone.get(f"{lab.url}/q", params={"d": text}) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert "does not answer" in page
    assert 'action="/q"' in page
    assert lab.kept() == []
    heard = lab.store.latest_of("tin1-0")
    for _ in range(3):
        lab.at += 300
        assert (await lab.scan(f"https://office/q?d={text}"))[0] == 200
    (kept,) = lab.kept()
    assert kept.climb.at == pytest.approx(BEGIN + 100, abs=1)
    assert kept.climb.boot == "r1"
    assert lab.store.latest_of("tin1-0") == heard, "a scan is no report: the PC is not heard"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "Paste"),
        ("1.x.y.z", "cannot be used"),
        (climbed("nobody", BEGIN), "cannot be used"),
        (climbed("tin1-0", BEGIN, key="another credential"), "cannot be used"),
        (climbed("tin1-0", BEGIN) + "A", "cannot be used"),
        (climbed("tin1-0", BEGIN).replace("tin1-0", "tin1-1"), "cannot be used"),
        (climbed("tin1-0", BEGIN, boot="b2", wall=1.4e9), "clock is wrong"),
        (climbed("tin1-0", BEGIN + 9999), "clock is wrong"),
        (climbed("tin2-3", BEGIN), "cannot be used"),
    ],
)
async def test_what_proves_nothing_is_not_taken(lab: Lab, text: str, word: str):
    await lab.report(2)
    with lab.store.writing() as writer:
        known = writer.machine("tin2-3")
        assert known is not None
        writer.put_machine(msgspec.structs.replace(known, state=MachineState.PENDING))
    status, page = await lab.scan(text)
    assert status == 422
    assert word in page or not text
    assert lab.kept() == []


async def test_what_is_a_day_old_is_not_taken(lab: Lab):
    await lab.report(2)
    text = climbed("tin1-0", lab.at)
    lab.at += AGE_SECONDS + 1
    status, page = await lab.scan(text)
    assert (status, "day old" in page) == (422, True)


async def test_nobody_tries_for_ever(lab: Lab):
    await lab.report(1)
    forged = climbed("tin1-0", BEGIN, key="guessed")
    statuses = [(await lab.scan(forged))[0] for _ in range(32)]
    assert statuses == [422] * 30 + [429] * 2
    assert (await lab.scan(climbed("tin1-1", lab.at)))[0] == 200


async def test_what_is_no_form_of_ours_is_refused(lab: Lab):
    async with lab.phone.post(f"{lab.url}/q", json={"d": "x"}) as answer:
        assert answer.status == 400
    async with lab.phone.post(f"{lab.url}/q", data={"d": "x"}, headers={"Origin": "https://evil.example"}) as answer:
        assert answer.status == 403
    async with lab.phone.post(f"{lab.url}/q", data={"d": "x" * 9000}) as answer:
        assert answer.status in {400, 413}
    async with lab.phone.get(f"{lab.url}/api/v1/machines") as answer:
        assert answer.status == 401, "no other door is opened by it"


@given(
    st.floats(0, 2**32 - 1),
    st.floats(0, 2**32 - 1),
    st.sampled_from([b"same", b"else"]),
    st.floats(-1e6, 1e6),
    st.floats(0, 10 * AGE_SECONDS),
)
def test_a_climb_is_never_dated_outside_its_day(boottime, wall, boot, skew, later):
    scanned = Scanned(
        machine="m", boot=boot_mark("b1") if boot == b"same" else boot, boottime=boottime, wall=wall, steps=()
    )
    heard = Heard(enrolled=BEGIN - 86400, boot="b1", run="r1", clock=BEGIN - 1000.0, skew=skew)
    now = BEGIN + later
    found = dated(scanned, heard, now)
    if isinstance(found, Climb):
        assert max(heard.enrolled, now - AGE_SECONDS) <= found.at <= now + found.error + 30
        assert dated(scanned, heard, now + 60) in {found, Untimely.OLD}, (
            "whenever it is shown, it is of the same moment"
        )
    assert dated(scanned, Heard(enrolled=0.0), now) is Untimely.UNHEARD
