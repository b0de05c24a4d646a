"""What came late goes on to Prometheus at its true time: which of it, how it is written, what becomes of refusals."""

import asyncio
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cramjam
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.app.remote_writing import Destination, Paces, RemoteWriting
from schooldrum_collector.show.remote_write import Series, batches, count, halves, late_series, written, younger
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Arrival, Machine, MachineState, StoredResult
from schooldrum_wire.encoding import encode
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.result import Result

NOON = 1_790_000_000.0
STEP = "school_ladder_step_success"
MACHINE = Machine(
    id="m1", school="BM", site="main", room="tin1", alias="tin1-07", seat=7, state=MachineState.ACTIVE,
    fingerprint={}, enrolled=1.0,
)  # fmt: skip
PLACE = {
    "instance": "BM", "job": "schooldrum-schools", "machine": "tin1-07", "room": "tin1", "school": "BM", "site": "main",
}  # fmt: skip


def result(at: float, *readings: tuple[str, float, dict[str, str]], **fields: object) -> StoredResult:
    values = {"run": "r", "seq": 1, "probe": "cpu", "outcome": "ok", "at": at, "dated": "exact", "error": 1.0, **fields}
    return StoredResult(readings=readings, **values)  # type: ignore[arg-type]  # every field by its name


# A reader of the four messages that there are, written after the specification and not after our writer.


def fields(body: bytes) -> Iterator[tuple[int, bytes | int]]:
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = body[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(body):
        key = varint()
        if key & 7 == 2:
            length = varint()
            yield key >> 3, body[at : at + length]
            at += length
        elif key & 7 == 1:
            yield key >> 3, body[at : at + 8]
            at += 8
        else:
            assert key & 7 == 0
            yield key >> 3, varint()


def parsed(body: bytes) -> list[tuple[dict[str, str], list[tuple[int, float]]]]:
    found = []
    for number, series in fields(body):
        assert number == 1
        labels: dict[str, str] = {}
        samples: list[tuple[int, float]] = []
        for kind, inner in fields(bytes(series)):
            parts = dict(fields(bytes(inner)))
            if kind == 1:
                labels[bytes(parts[1]).decode()] = bytes(parts[2]).decode()
            else:
                time = int(parts[2])
                samples.append((time - (1 << 64 if time >> 63 else 0), struct.unpack("<d", parts[1])[0]))  # type: ignore[arg-type]  # a double
        assert list(labels) == sorted(labels)
        found.append((labels, samples))
    return found


SERIES = st.lists(
    st.builds(
        Series,
        st.dictionaries(st.text(min_size=1), st.text(), max_size=4).map(lambda one: tuple(sorted(one.items()))),
        st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)), min_size=1, max_size=9).map(
            tuple
        ),
    ),
    max_size=6,
)


@given(SERIES)
def test_what_is_written_is_read_again(series: list[Series]) -> None:
    said = parsed(written(series))
    assert said == [(dict(one.labels), list(one.samples)) for one in series]


@given(SERIES, st.integers(1, 12))
def test_batches_hold_every_sample_once_and_no_more_than_they_may(series: list[Series], most: int) -> None:
    parts = list(batches(series, most))
    assert all(count(part) == most for part in parts[:-1])
    assert all(0 < count(part) <= most for part in parts)
    assert flat(one for part in parts for one in part) == flat(series)


@given(SERIES.filter(lambda one: count(one) > 1))
def test_halves_are_two(series: list[Series]) -> None:
    first, second = halves(tuple(series))
    assert 0 <= count(first) - count(second) <= 1
    assert flat([*first, *second]) == flat(series)


def flat(series: Iterable[Series]) -> list[tuple[object, ...]]:
    return [(one.labels, *sample) for one in series for sample in one.samples]


def test_names_and_labels_are_those_of_the_page() -> None:
    (series,) = late_series(
        MACHINE,
        [result(NOON - 900.5, (STEP, 7.5, {"step": "gateway", "family": "ipv4"}))],
        NOON - 1000,
        NOON - 300,
    )
    assert dict(series.labels) == {"__name__": STEP, "step": "gateway", "family": "ipv4", **PLACE}
    assert series.samples == ((round((NOON - 900.5) * 1000), 7.5),)


@pytest.mark.parametrize(
    ("why", "results"),
    [
        ("newer than what is past", [result(NOON - 200, (STEP, 1, {"step": "gateway", "family": "ipv4"}))]),
        ("older than was asked", [result(NOON - 1200, (STEP, 1, {"step": "gateway", "family": "ipv4"}))]),
        ("not answered", [result(NOON - 900, (STEP, 1, {"step": "gateway", "family": "ipv4"}), outcome="failed")]),
        ("dated unsurely", [result(NOON - 900, (STEP, 1, {"step": "gateway", "family": "ipv4"}), error=61.0)]),
        ("nobody knows it", [result(NOON - 900, ("school_made_up", 1, {}))]),
        ("labels not as declared", [result(NOON - 900, (STEP, 1, {"step": "gateway", "family": "ipv4", "job": "x"}))]),
        ("a label that is no text", [result(NOON - 900, (STEP, 1, {"step": "a\nb", "family": "ipv4"}))]),
        ("the collector's own", [result(NOON - 900, ("school_machine_last_report_timestamp_seconds", 1, {}))]),
        ("shown on while it is away", [result(NOON - 900, ("school_firewall_enabled", 1, {"profile": "public"}))]),
    ],
)
def test_what_is_left_out(why: str, results: list[StoredResult]) -> None:
    assert late_series(MACHINE, results, NOON - 1000, NOON - 300) == (), why


def test_what_is_too_old_falls_away() -> None:
    series = Series((("a", "b"),), ((1000, 1.0), (2000, 2.0)))
    assert younger((series,), 2.0) == (Series((("a", "b"),), ((2000, 2.0),)),)
    assert younger((series,), 3.0) == ()


# Against a server that answers as it is told to


class Receiver:
    def __init__(self) -> None:
        self.answers: list[int] = []
        self.refuses: set[int] = set()
        """Milliseconds of samples that it does not take."""
        self.taken: list[tuple[dict[str, str], list[tuple[int, float]]]] = []
        self.posts = 0
        self.authorization: list[str] = []

    async def take(self, request: web.Request) -> web.Response:
        self.posts += 1
        self.authorization.append(request.headers.get("Authorization", ""))
        assert request.headers["X-Prometheus-Remote-Write-Version"] == "0.1.0"
        said = parsed(bytes(cramjam.snappy.decompress_raw(await request.read())))
        if self.answers:
            return web.Response(status=self.answers.pop(0))
        if any(at in self.refuses for _, samples in said for at, _ in samples):
            return web.Response(status=400, text="out of bounds")
        self.taken += said
        return web.Response(status=204)

    def times(self) -> list[int]:
        return sorted(at for _, samples in self.taken for at, _ in samples)


@pytest.fixture
async def receiver():
    made = Receiver()
    app = web.Application()
    app.router.add_post("/api/v1/write", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield made, f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1/write"
    await runner.cleanup()


FAST = Paces(gather=0.0, look=0.01, retry=0.01, longest=0.02, timeout=5)


class Sending:
    """A RemoteWriting over a store with an hour of one machine's past, a result each minute, that came just now."""

    def __init__(self, store: Store, url: str, *, paces: Paces = FAST, **more: object) -> None:
        self.counted: dict[str, int] = {}
        self.failed = 0
        self.at = NOON
        destination = Destination(url=url, **{"window": 86400.0, **more})  # type: ignore[arg-type]  # any field
        self.writing = RemoteWriting(
            store, destination, now=lambda: self.at, counted=self._count, failed=self._fail, paces=paces
        )

    def _count(self, outcome: str, samples: int) -> None:
        self.counted[outcome] = self.counted.get(outcome, 0) + samples

    def _fail(self) -> None:
        self.failed += 1

    async def until(self, samples: int) -> dict[str, int]:
        """Runs until so many samples came to their end."""
        task = asyncio.create_task(self.writing.run())
        async with asyncio.timeout(8):
            while sum(self.counted.values()) < samples:  # noqa: ASYNC110 - it is told in a callback of the code tested
                await asyncio.sleep(0.01)
        task.cancel()
        return {outcome: number for outcome, number in self.counted.items() if number}


def backlog(number: int) -> Arrival:
    """What was measured so many minutes, and ten seconds, ago; it came now."""
    one = Result(
        probe="cpu",
        seq=number,
        outcome="ok",
        boottime=10_000.0 - 60 * number - 10,
        wall=NOON - 60 * number - 10,
        readings=(Reading("school_cpu_usage_ratio", number / 100, {}),),
    )
    now = Now(boot="b1", boottime=10_000.0, wall=NOON)
    plain = encode(Delivery(reports=(Report(run="r1", boot="b1", live=False, results=(one,)),), now=now))
    return Arrival(
        machine="m1", received=NOON, body=zlib.compress(plain, wbits=31), live=b"", run="r1", boot="b1",
        clock=NOON - 10_000.0, skew=0.0, beat=60,
    )  # fmt: skip


@pytest.fixture
async def store(opened: Callable[..., Store], tmp_path: Path, enrol: Callable[..., Machine]) -> Store:
    made = opened(tmp_path / "data")
    enrol(made, "m1", school="BM")
    for number in range(1, 61):
        await made.append(backlog(number))
    return made


LATE = 55
"""What is older than five minutes; each was measured ten seconds before its minute."""


async def test_it_is_sent_at_its_true_time(store: Store, receiver) -> None:
    there, url = receiver
    sending = Sending(store, url)
    sending.writing.backlog_came("m1", NOON - 3700)
    assert await sending.until(LATE + 1) == {"sent": LATE + 1}
    assert there.times() == [round((NOON - 60 * number - 10) * 1000) for number in range(60, 4, -1)]
    assert there.posts == 1


async def test_what_was_measured_just_now_is_no_past(store: Store, receiver) -> None:
    there, url = receiver
    sending = Sending(store, url)
    sending.writing.backlog_came("m1", NOON - 299)
    task = asyncio.create_task(sending.writing.run())
    await asyncio.sleep(0.2)
    task.cancel()
    assert (there.posts, sending.counted) == (0, {})


async def test_what_cannot_be_taken_now_is_tried_again(store: Store, receiver) -> None:
    there, url = receiver
    there.answers = [503, 429, 500, 401, 404, 302]
    sending = Sending(store, url)
    sending.writing.backlog_came("m1", NOON - 3700)
    assert await sending.until(LATE + 1) == {"sent": LATE + 1}
    assert sending.failed == 6


async def test_while_nobody_is_there_nothing_is_lost(store: Store) -> None:
    sending = Sending(store, "http://127.0.0.1:9/api/v1/write")
    sending.writing.backlog_came("m1", NOON - 3700)
    task = asyncio.create_task(sending.writing.run())
    async with asyncio.timeout(8):
        while sending.failed < 3:  # noqa: ASYNC110 - it is told in a callback of the code tested
            await asyncio.sleep(0.01)
    task.cancel()
    assert set(sending.counted.values()) <= {0}


async def test_one_pc_that_cannot_be_sent_takes_no_other_with_it(
    store: Store, receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url = receiver
    sending = Sending(store, url)
    late = sending.writing._late

    def spoilt(machine: str, since: float, until: float) -> tuple[Series, ...]:
        if machine == "m0":
            raise ValueError("it cannot be read")
        return late(machine, since, until)

    monkeypatch.setattr(sending.writing, "_late", spoilt)
    sending.writing.backlog_came("m0", NOON - 3700)
    sending.writing.backlog_came("m1", NOON - 3700)
    assert await sending.until(LATE + 1) == {"sent": LATE + 1}


async def test_one_refused_sample_takes_no_other_with_it(store: Store, receiver) -> None:
    there, url = receiver
    refused = round((NOON - 60 * 20 - 10) * 1000)
    there.refuses = {refused}
    sending = Sending(store, url)
    sending.writing.backlog_came("m1", NOON - 3700)
    assert await sending.until(LATE + 1) == {"sent": LATE, "refused": 1}
    assert refused not in there.times()


async def test_where_all_is_refused_it_is_not_asked_about_each(store: Store, receiver) -> None:
    there, url = receiver
    there.refuses = {round((NOON - 60 * number - 10) * 1000) for number in range(61)}
    sending = Sending(store, url)
    sending.writing.backlog_came("m1", NOON - 3700)
    assert await sending.until(LATE + 1) == {"refused": LATE + 1}
    assert there.posts <= 60


async def test_what_is_too_old_for_it_is_counted_and_not_sent(store: Store, receiver) -> None:
    there, url = receiver
    there.answers = [503]
    sending = Sending(store, url, window=3600.0)

    def aged() -> None:
        sending.failed += 1
        sending.at = NOON + 1800

    sending.writing._failed = aged
    sending.writing.backlog_came("m1", NOON - 3700)
    # Of fifty that are young enough when they are read, thirty are too old when Prometheus is back.
    assert await sending.until(50) == {"sent": 20, "old": 30}
    assert min(there.times()) >= (NOON + 1800 - 3600 + 300) * 1000


@pytest.mark.parametrize(("user", "header"), [("", "Bearer geheim"), ("schooldrum", "Basic c2Nob29sZHJ1bTpnZWhlaW0=")])
async def test_who_is_asking(store: Store, receiver, tmp_path: Path, user: str, header: str) -> None:
    there, url = receiver
    (tmp_path / "secret").write_text("geheim\n", "utf-8")
    sending = Sending(store, url, user=user, secret_file=tmp_path / "secret")
    sending.writing.backlog_came("m1", NOON - 3700)
    await sending.until(LATE + 1)
    assert set(there.authorization) == {header}
