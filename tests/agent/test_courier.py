import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.agent.delivery_stand_in import CREDENTIAL, FINGERPRINT, Front, Machine, Reply, Request, front, machine

from schooldrum_agent.courier import (
    INVENTORY_SECONDS,
    LONGEST_BACK_OFF,
    LONGEST_RETRY_AFTER,
    REPAIR_SECONDS,
    REQUESTS_PER_BEAT,
)
from schooldrum_agent.parcel import LiveReport
from schooldrum_wire.report import Word
from schooldrum_wire.settings import Settings


class Collector:
    """What a sound collector does, as far as delivery can see it, with its moods set by the test."""

    def __init__(self) -> None:
        self.mood: list[Reply] = []
        """Answers given first, before it is sound again."""
        self.stored: list[tuple[str, int]] = []
        self.said: dict[str, Any] = {}
        self.poison: set[int] = set()
        self.poison_rows = False
        self.poison_live = False
        self.largest = 1 << 30
        self.clone_of: str = ""
        self.enrolled = 0

    def __call__(self, request: Request) -> Reply:
        if request.path == "/v1/enrol":
            self.enrolled += 1
            self.clone_of = ""
            return Reply(
                201,
                msgspec.json.encode(
                    {
                        "machine": f"m-{self.enrolled + 1}",
                        "credential": str(self.enrolled % 10) * 43,
                        "state": "active",
                        "place": "DEMO/main/TIN1",
                        "alias": f"tin1-0{self.enrolled + 1}",
                        "settings": {"version": 1, "beat": 45},
                    }
                ),
            )
        if self.mood:
            return self.mood.pop(0)
        if self.clone_of and request.headers["Authorization"] == f"Bearer {self.clone_of}":
            return Reply(409, b'{"error":"clone","message":"another PC","ticket":"t-1"}')
        delivery = request.delivery()
        results = [(report, result) for report in delivery.reports for result in report.results]
        if len(results) > self.largest:
            return Reply(413)
        if any(result.seq in self.poison and not report.live for report, result in results):
            return Reply(422, b'{"error":"malformed","message":"a bad result"}')
        if any(report.live and (self.poison_live or (self.poison_rows and report.rows)) for report in delivery.reports):
            return Reply(422, b'{"error":"malformed","message":"a bad live report"}')
        self.stored += [(report.run, result.seq) for report, result in results]
        return Reply(200, msgspec.json.encode({"refused": 0, "backlog_per_beat": 10, **self.said}))


@pytest.fixture
def collector() -> Collector:
    return Collector()


@pytest.fixture
def server(collector: Collector) -> Iterator[Front]:
    with front(collector) as running:
        yield running


@pytest.fixture
def pc(tmp_path: Path, server: Front) -> Iterator[Machine]:
    with machine(tmp_path, server.port) as made:
        yield made


def wait_out(pc: Machine, retry_in: float) -> None:
    pc.time.pass_by(retry_in + 0.001)


def drain(pc: Machine, most: int = 60) -> int:
    """Beats until nothing waits."""
    for beats in range(1, most + 1):
        done = pc.courier.beat(LiveReport(run="run1", boot="boot-1", results=(), beat=60))
        if pc.spool.counts().results == 0:
            return beats
        wait_out(pc, done.retry_in)
    raise AssertionError(f"{pc.spool.counts().results} still wait after {most} beats")


def test_a_start_that_a_full_disk_did_not_take_is_not_told(tmp_path: Path, server: Front):
    # A directory in the way of the temporary file fails as a full disk does, for root too.
    (tmp_path / "state" / "starts.json.new").mkdir(parents=True)
    (tmp_path / "state").chmod(0o700)
    for run in ("run1", "run2"):
        with machine(tmp_path, server.port) as pc:
            assert pc.courier.beat(pc.measure(1, run)).delivered
    assert [request.delivery().starts for request in server.requests] == [0, 0]


def test_a_beat_is_one_request_and_leaves_the_spool_empty(pc: Machine, server: Front, collector: Collector):
    done = pc.courier.beat(pc.measure(3))
    assert (done.word, done.delivered, done.requests, done.retry_in) == ("delivered", True, 1, 0.0)
    assert collector.stored == [("run1", 1), ("run1", 2), ("run1", 3)]
    assert pc.spool.counts().results == 0
    assert pc.state.delivery.word == "delivered"
    delivery = server.requests[0].delivery()
    assert (delivery.fingerprint, delivery.starts, delivery.settings) == (FINGERPRINT, 1, 0)
    assert (delivery.now.boot, delivery.now.boottime, delivery.now.wall) == ("boot-1", 1000.0, 1.8e9)
    assert server.requests[0].headers["Authorization"] == f"Bearer {CREDENTIAL}"
    for _ in range(5):
        pc.courier.beat(pc.measure(1))
    assert server.connections == 1


def test_backlog_follows_the_live_report_oldest_first_at_the_granted_rate(
    pc: Machine, server: Front, collector: Collector
):
    for run in ("old1", "old2", "old3"):
        pc.seq = 0
        pc.measure(2, run=run)
    pc.state.keep_settings(Settings(version=1, backlog_per_beat=2))
    pc.seq = 0
    collector.said = {"backlog_per_beat": 2}
    pc.courier.beat(pc.measure(1))
    # The first grant is that of the settings at start; the answer's holds from then on.
    first = [(report.run, report.live) for report in server.requests[0].delivery().reports]
    assert first == [("run1", True), ("old1", False), ("old2", False), ("old3", False)]
    for run in ("old4", "old5", "old6"):
        pc.measure(2, run=run)
    pc.courier.beat(pc.measure(1))
    assert [report.run for report in server.requests[1].delivery().reports] == ["run1", "old4", "old5"]
    pc.courier.beat(pc.measure(1))
    assert [report.run for report in server.requests[2].delivery().reports] == ["run1", "old6"]
    assert pc.spool.counts().results == 0


def test_no_backlog_is_sent_where_none_is_granted(pc: Machine, server: Front, collector: Collector):
    collector.said = {"backlog_per_beat": 0}
    pc.courier.beat(pc.measure(1))
    pc.measure(5, run="old")
    pc.courier.beat(pc.measure(1))
    assert len(server.requests[1].delivery().reports) == 1
    assert pc.spool.counts().results == 5


def test_after_a_failure_the_live_report_goes_alone_first(pc: Machine, server: Front, collector: Collector):
    collector.mood = [Reply(500), Reply(502)]
    live = pc.measure(1)
    for expected in ("server", "server", "delivered"):
        done = pc.courier.beat(live)
        assert done.word == expected
        live = pc.measure(1)
        assert len(server.requests[-1].delivery().reports) == 1
        wait_out(pc, done.retry_in)
    pc.courier.beat(live)
    assert [len(report.results) for report in server.requests[-1].delivery().reports] == [1, 2]
    assert sorted(collector.stored) == [("run1", seq) for seq in (1, 2, 3, 4)]


def test_waits_grow_to_a_quarter_of_an_hour_and_hold(pc: Machine, server: Front, collector: Collector):
    collector.mood = [Reply(500)] * 200
    longest = []
    for _ in range(60):
        asked = len(server.requests)
        done = pc.courier.beat(pc.measure(1))
        assert done.requests == 1
        assert 0 <= done.retry_in <= LONGEST_BACK_OFF
        longest.append(done.retry_in)
        if done.retry_in > 0.1:
            pc.time.pass_by(done.retry_in / 2)
            held = pc.courier.beat(pc.measure(1))
            assert (held.word, held.requests) == ("waiting", 0)
        assert len(server.requests) == asked + 1
        wait_out(pc, done.retry_in)
    assert max(longest[:2]) <= 60
    assert max(longest) > 600
    assert pc.state.delivery.word == "server"


def test_a_nudge_ends_a_wait_for_the_line_but_not_one_that_was_asked_for(pc: Machine, server: Front):
    server.shutdown()
    server.server_close()
    for _ in range(8):
        done = pc.courier.beat(pc.measure(1))
        assert done.word == "refused"
        if pc.courier.beat(pc.measure(1)).word == "waiting":
            break
        wait_out(pc, done.retry_in)
    pc.courier.nudge()
    assert pc.courier.beat(pc.measure(1)).word == "refused"


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_even_against_a_nudge(pc: Machine, collector: Collector, status: int):
    collector.mood = [Reply(status, b"{}", {"Retry-After": "120"})]
    done = pc.courier.beat(pc.measure(1))
    assert done.word == "busy"
    assert 120 <= done.retry_in <= 150
    pc.courier.nudge()
    pc.time.pass_by(119)
    assert pc.courier.beat(pc.measure(1)).word == "waiting"
    pc.time.pass_by(31)
    assert pc.courier.beat(pc.measure(1)).word == "delivered"


@pytest.mark.parametrize(
    ("header", "longest"),
    [
        ("999999999", LONGEST_RETRY_AFTER),
        ("0", 2),
        ("-5", 30),
        ("Wed, 21 Oct 2027 07:28:00 GMT", 30),
        ("1e9", 30),
        ("9" * 5000, 30),
        ("²", 30),
    ],
)
def test_no_retry_after_holds_longer_than_an_hour(pc: Machine, collector: Collector, header: str, longest: float):
    collector.mood = [Reply(503, b"", {"Retry-After": header})]
    assert 0 <= pc.courier.beat(pc.measure(1)).retry_in <= longest


def test_an_unknown_credential_deletes_nothing_and_is_remembered(pc: Machine, server: Front, collector: Collector):
    collector.mood = [Reply(401, b'{"error":"credential","message":"revoked"}')] * 20
    for _ in range(20):
        done = pc.courier.beat(pc.measure(2))
        assert done.word == "credential"
        wait_out(pc, done.retry_in)
    assert pc.state.identity is not None
    assert pc.state.identity.credential == CREDENTIAL
    assert pc.spool.counts().results == 40
    assert (pc.state.delivery.word, pc.state.delivery.detail) == ("credential", "status 401: revoked")
    assert {request.path for request in server.requests} == {"/v1/reports"}
    drain(pc)
    assert len(set(collector.stored)) == 40


def test_an_unreadable_result_is_found_and_set_aside_and_the_rest_goes_on(
    pc: Machine, server: Front, collector: Collector
):
    for _ in range(300):
        pc.measure(1)
    collector.poison = {1, 137, 138, 300}
    beats = drain(pc)
    assert sorted(set(collector.stored)) == [("run1", seq) for seq in range(1, 301) if seq not in collector.poison]
    assert (pc.spool.counts().set_aside, pc.spool.counts().dropped) == (4, 0)
    assert beats < 20
    assert all(count <= REQUESTS_PER_BEAT for count in requests_by_beat(server))


def requests_by_beat(server: Front) -> list[int]:
    counts: list[int] = []
    for request in server.requests:
        if any(report.live for report in request.delivery().reports):
            counts.append(0)
        counts[-1] += 1
    return counts


def test_a_delivery_that_is_too_large_is_halved(pc: Machine, collector: Collector):
    for _ in range(700):
        pc.measure(1)
    collector.largest = 90
    drain(pc)
    assert sorted(set(collector.stored)) == [("run1", seq) for seq in range(1, 701)]
    assert pc.spool.counts().set_aside == 0


def test_a_single_report_that_is_too_large_is_set_aside(pc: Machine, collector: Collector):
    pc.measure(2)
    collector.largest = 0
    drain(pc)
    assert collector.stored == []
    assert pc.spool.counts().set_aside == 2


def test_a_live_report_larger_than_any_collector_takes_goes_without_its_rows(pc: Machine, server: Front):
    live = pc.measure(1)
    rows = {"host": [{"release": "x" * 900}] * 10_000}
    live = msgspec.structs.replace(live, rows=rows, sections={"host": "digest"})
    done = pc.courier.beat(live)
    assert done.delivered
    report = server.requests[0].delivery().reports[0]
    assert (len(server.requests), report.live, report.rows, len(report.results)) == (1, True, {}, 1)
    assert pc.state.sections == {}
    assert pc.spool.counts().set_aside == 1


def test_unreadable_rows_do_not_silence_the_machine(pc: Machine, server: Front, collector: Collector):
    collector.poison_rows = True
    word = Word(word="hello", kind="start", boottime=1.0)
    for _ in range(5):
        live = msgspec.structs.replace(pc.measure(1), rows={"host": []}, sections={"host": "d"}, word=word)
        assert pc.courier.beat(live).delivered
    assert [word for request in server.requests for word in words_of(request)] == ["hello"] * 6
    assert pc.spool.counts().set_aside == 1
    assert len(server.requests) == 6
    collector.poison_rows = False
    pc.time.pass_by(3601)
    live = msgspec.structs.replace(pc.measure(1), rows={"host": []}, sections={"host": "d"})
    assert pc.courier.beat(live).delivered
    assert pc.state.sections == {"host": "d"}


def words_of(request: Request) -> list[str]:
    return [report.word.word for report in request.delivery().reports if report.word]


def test_a_live_report_that_is_never_readable_backs_off_and_keeps_its_results(
    pc: Machine, server: Front, collector: Collector
):
    collector.poison_live = True
    for _ in range(10):
        done = pc.courier.beat(pc.measure(1))
        assert done.word == "malformed"
        assert not done.delivered
        wait_out(pc, done.retry_in)
    assert pc.spool.counts().results == 10
    assert len(server.requests) <= 12
    collector.poison_live = False
    drain(pc)
    assert len(set(collector.stored)) == 10


def test_a_clone_takes_a_record_of_its_own_and_delivers_at_once(pc: Machine, server: Front, collector: Collector):
    collector.clone_of = CREDENTIAL
    pc.state.acknowledge_sections({"host": "the image's"})
    pc.measure(4, run="before")
    done = pc.courier.beat(pc.measure(2))
    assert (done.word, done.delivered, done.changed, done.requests) == ("delivered", True, True, 3)
    assert [request.path for request in server.requests] == ["/v1/reports", "/v1/enrol", "/v1/reports"]
    asked = server.requests[1].json()
    assert (asked["credential"], asked["ticket"], asked["fingerprint"]) == (
        CREDENTIAL,
        "t-1",
        {kind: list(items) for kind, items in FINGERPRINT.items()},
    )
    assert server.requests[2].headers["Authorization"] == f"Bearer {'1' * 43}"
    assert pc.state.identity is not None
    assert (pc.state.identity.machine, pc.state.identity.alias) == ("m-2", "tin1-02")
    assert pc.state.settings.beat == 45
    assert pc.state.sections == {}
    drain(pc)
    assert len(collector.stored) == 6


def test_a_repair_whose_answer_is_lost_is_made_again(pc: Machine, server: Front, collector: Collector):
    collector.clone_of = CREDENTIAL
    sound = server.answering
    # Twice: a kept connection that breaks is tried once more at once.
    losses = iter((True, True))

    def losing(request: Request) -> Reply:
        if request.path == "/v1/enrol" and next(losses, False):
            return Reply(raw=b"")
        return sound(request)

    server.answering = losing
    done = pc.courier.beat(pc.measure(1))
    assert (done.word, pc.state.identity and pc.state.identity.credential) == ("closed", CREDENTIAL)
    wait_out(pc, done.retry_in)
    assert pc.courier.beat(pc.measure(1)).delivered


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"error":"clone","message":""}', b'{"error":"conflict","message":"","ticket":"t"}', b"[" * 9999],
)
def test_a_409_without_a_ticket_waits(pc: Machine, server: Front, collector: Collector, body: bytes):
    collector.mood = [Reply(409, body)]
    assert pc.courier.beat(pc.measure(1)).word == "clone"
    assert [request.path for request in server.requests] == ["/v1/reports"]


def test_a_crowded_room_is_asked_again_only_when_it_said(pc: Machine, server: Front):
    def crowded(request: Request) -> Reply:
        if request.path == "/v1/enrol":
            return Reply(429, b'{"error":"busy","message":"full"}', {"Retry-After": "3600"})
        return Reply(409, b'{"error":"clone","message":"","ticket":"t"}')

    server.answering = crowded
    done = pc.courier.beat(pc.measure(1))
    assert (done.word, done.retry_in) == ("busy", 3600)


def test_endless_clones_are_repaired_at_a_bounded_pace(pc: Machine, server: Front, collector: Collector):
    def endless(request: Request) -> Reply:
        if request.path == "/v1/enrol":
            return collector(request)
        return Reply(409, b'{"error":"clone","message":"","ticket":"t"}')

    server.answering = endless
    began = pc.time.boottime
    for _ in range(100):
        done = pc.courier.beat(pc.measure(1))
        wait_out(pc, done.retry_in)
    repairs = sum(request.path == "/v1/enrol" for request in server.requests)
    assert repairs <= (pc.time.boottime - began) / REPAIR_SECONDS + 1
    assert pc.spool.counts().results == 100


def test_settings_are_taken_clamped_and_refusals_reported_once(pc: Machine, server: Front, collector: Collector):
    collector.said = {"settings": {"version": 5, "beat": 0, "backlog_per_beat": 3, "not_before": 2**39}}
    assert pc.courier.beat(pc.measure(1)).changed
    assert pc.state.settings == Settings(version=5, backlog_per_beat=3)
    collector.said = {}
    assert not pc.courier.beat(pc.measure(1)).changed
    pc.courier.beat(pc.measure(1))
    refusals = [request.delivery().refusals for request in server.requests]
    assert [len(some) for some in refusals] == [0, 2, 0]
    assert refusals[1][0].startswith("beat: 0")
    assert refusals[1][1].startswith("not_before: later")
    assert [request.delivery().settings for request in server.requests] == [0, 5, 5]


def test_refusals_are_kept_until_they_are_delivered(pc: Machine, server: Front, collector: Collector):
    collector.said = {"settings": {"version": 5, "beat": 0}}
    pc.courier.beat(pc.measure(1))
    collector.said = {}
    collector.mood = [Reply(500)]
    wait_out(pc, pc.courier.beat(pc.measure(1)).retry_in)
    pc.courier.beat(pc.measure(1))
    assert [len(request.delivery().refusals) for request in server.requests] == [0, 1, 1]


def test_the_state_of_the_record_is_followed(pc: Machine, collector: Collector):
    collector.said = {"state": "pending"}
    assert pc.courier.beat(pc.measure(1)).changed
    assert pc.state.identity is not None
    assert pc.state.identity.state == "pending"
    collector.said = {"state": "p\nx"}
    assert not pc.courier.beat(pc.measure(1)).changed


def test_sections_are_acknowledged_as_sent_and_wanted_again_at_most_every_six_hours(pc: Machine, collector: Collector):
    live = msgspec.structs.replace(pc.measure(1), sections={"host": "d1", "disks": "d2"}, rows={"host": []})
    pc.courier.beat(live)
    assert pc.state.sections == {"host": "d1"}
    collector.said = {"want": ["host", "host", "no such section", "../../etc/passwd"]}
    forgotten = 0
    for _ in range(40):
        pc.courier.beat(msgspec.structs.replace(live, results=()))
        forgotten += "host" not in pc.state.sections
        pc.time.pass_by(INVENTORY_SECONDS / 20)
    assert forgotten == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>welcome</html>",
        b"[]",
        b'{"want":3}',
        b'{"backlog_per_beat":"x"}',
        b'{"settings":{"version":5,"beat":1e400}}',
        b'{"around":{"x":1e999}}',
    ],
)
def test_a_200_that_is_not_the_collectors_acknowledges_nothing(pc: Machine, collector: Collector, body: bytes):
    collector.mood = [Reply(200, body)]
    done = pc.courier.beat(pc.measure(2))
    assert (done.word, done.delivered) == ("garbled", False)
    assert pc.spool.counts().results == 2


def test_a_goodbye_interrupts_a_beat_that_hangs(pc: Machine, server: Front, collector: Collector):
    collector.mood = [Reply(wait=20)]
    live = pc.measure(1)
    thread = threading.Thread(target=pc.courier.beat, args=(live,))
    thread.start()
    while not server.requests:
        time.sleep(0.01)
    bye = msgspec.structs.replace(live, word=Word(word="goodbye", kind="stop", boottime=2.0))
    began = time.monotonic()
    assert pc.courier.goodbye(bye, 3.0)
    assert time.monotonic() - began < 2
    thread.join()
    assert words_of(server.requests[-1]) == ["goodbye"]
    assert pc.spool.counts().results == 0


def test_a_goodbye_does_not_wait_for_a_back_off_and_gives_up_in_time(pc: Machine, server: Front, collector: Collector):
    collector.mood = [Reply(500)]
    live = pc.measure(1)
    pc.courier.beat(live)
    bye = msgspec.structs.replace(live, word=Word(word="goodbye", kind="stop", boottime=2.0))
    assert pc.courier.goodbye(bye, 3.0)
    collector.mood = [Reply(500)]
    assert not pc.courier.goodbye(bye, 3.0)
    server.shutdown()
    server.server_close()
    assert not pc.courier.goodbye(bye, 1.0)


def test_beats_go_on_after_a_goodbye_for_suspend(pc: Machine):
    live = pc.measure(1)
    assert pc.courier.goodbye(live, 3.0)
    pc.time.pass_by(8 * 3600)
    assert pc.courier.beat(pc.measure(1)).word == "delivered"


def test_without_a_credential_nothing_is_sent(pc: Machine, server: Front):
    pc.state.identity = None
    assert pc.courier.beat(pc.measure(1)).word == "credential"
    assert server.requests == []


def test_what_the_disk_did_not_take_is_saved_with_the_next_beat(pc: Machine):
    (pc.state.directory / "settings.json.new").mkdir()
    pc.state.keep_settings(Settings(version=9))
    assert pc.state.unsaved
    (pc.state.directory / "settings.json.new").rmdir()
    pc.courier.beat(pc.measure(1))
    assert not pc.state.unsaved
