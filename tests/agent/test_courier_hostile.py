import random
import resource
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agent.delivery_stand_in import Machine, Reply, Request, front

from schooldrum_agent.courier import LONGEST_RETRY_AFTER, REQUESTS_PER_BEAT
from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.settings import BACKLOG_PER_BEAT, BEAT_SECONDS, PACE_SECONDS

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=30), inner, max_size=4),
    max_leaves=8,
)
settings_offered = st.fixed_dictionaries(
    {},
    optional={
        "version": st.integers(-1, 2**60) | json_values,
        "beat": st.integers(-10, 10**6) | json_values,
        "pace": st.dictionaries(st.text(max_size=60), st.integers(-5, 10**9) | json_values, max_size=5) | json_values,
        "backlog_per_beat": st.integers(-5, 10**6) | json_values,
        "language": st.text(max_size=5) | json_values,
        "not_before": st.integers(-5, 2**70) | json_values,
        "collector": st.just("http://evil.example"),
        "command": st.just("rm -rf /"),
    },
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "refused": st.integers() | json_values,
        "backlog_per_beat": st.integers(-(10**30), 10**30) | json_values,
        "want": st.lists(st.sampled_from(sorted(SECTIONS)) | st.text(max_size=30), max_size=30) | json_values,
        "settings": settings_offered | json_values,
        "state": st.text(max_size=40) | json_values,
    },
).map(msgspec.json.encode)
troubles = st.fixed_dictionaries(
    {"error": st.sampled_from(["clone", "busy", "malformed"]) | json_values},
    optional={"message": json_values, "ticket": st.text(max_size=500) | json_values},
).map(msgspec.json.encode)
enrolments = st.fixed_dictionaries(
    {
        "machine": st.just("m-9") | json_values,
        "credential": st.just("z" * 43) | json_values,
        "state": st.just("active") | json_values,
        "place": st.just("DEMO/main/TIN1") | json_values,
        "alias": st.just("tin1-09") | json_values,
    },
    optional={"settings": settings_offered, "salt": st.just("00") | json_values},
).map(msgspec.json.encode)
replies = st.builds(
    Reply,
    status=st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 409, 409, 413, 422, 429, 500, 503, 599]),
    body=answers | troubles | enrolments | st.binary(max_size=50),
    headers=st.fixed_dictionaries({}, optional={"Retry-After": st.integers(-5, 10**12).map(str)}),
) | st.builds(Reply, raw=st.binary(max_size=60))


@given(st.lists(replies, min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_no_collector_moves_the_agent_out_of_its_bounds(script: list[Reply]):
    given_out = list(script)

    def answering(_: Request) -> Reply:
        return given_out.pop(0) if given_out else Reply(200, b"{}")

    with tempfile.TemporaryDirectory() as directory, front(answering) as server:
        pc = Machine(Path(directory), server.port)
        measured = 0
        for _ in range(12):
            asked = len(server.requests)
            done = pc.courier.beat(pc.measure(2))
            measured += 2
            # A kept connection that breaks is tried once more, which can double what is seen here.
            assert done.requests <= REQUESTS_PER_BEAT + 1
            assert len(server.requests) - asked <= 2 * (REQUESTS_PER_BEAT + 1)
            assert 0 <= done.retry_in <= LONGEST_RETRY_AFTER
            granted = pc.state.settings
            assert BEAT_SECONDS[0] <= granted.beat <= BEAT_SECONDS[1]
            assert BACKLOG_PER_BEAT[0] <= granted.backlog_per_beat <= BACKLOG_PER_BEAT[1]
            assert all(PACE_SECONDS[0] <= pace <= PACE_SECONDS[1] for pace in granted.pace.values())
            assert granted.not_before == 0
            assert pc.state.identity is not None
            assert pc.state.identity.collector == f"http://127.0.0.1:{server.port}"
            assert {request.path for request in server.requests} <= {"/v1/reports", "/v1/enrol"}
            pc.time.pass_by(max(60.0, done.retry_in + 0.01))
        counts = pc.spool.counts()
        assert counts.dropped == 0
        assert counts.results <= measured
        pc.close()


def test_an_hour_with_a_collector_that_answers_at_random_costs_few_requests(tmp_path: Path):
    chance = random.Random(3)  # noqa: S311 - a hostile mood
    statuses = [400, 401, 403, 404, 409, 413, 422, 429, 500, 503]

    def answering(request: Request) -> Reply:
        if request.path == "/v1/enrol":
            fresh: dict[str, Any] = {"machine": f"m-{chance.random()}", "credential": "q" * 43, "state": "active"}
            return Reply(201, msgspec.json.encode({**fresh, "place": "A/main/B", "alias": "b-01"}))
        return Reply(chance.choice(statuses), b'{"error":"clone","message":"","ticket":"t"}', {})

    with front(answering) as server:
        pc = Machine(tmp_path, server.port)
        until = pc.time.boottime + 6 * 3600
        while pc.time.boottime < until:
            done = pc.courier.beat(pc.measure(1))
            pc.time.pass_by(max(1.0, done.retry_in))
        # A back-off averages half of 15 min; each try may bisect. A sound hour at beat 60 has 60 requests.
        assert len(server.requests) / 6 < 60
        pc.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * (30 << 20),
        b"HTTP/1.1 200 OK\r\nContent-Length: 31457280\r\n\r\n" + bytes(30 << 20),
        b"HTTP/1.1 200 OK\r\n" + (b"X-Long: " + b"y" * 60_000 + b"\r\n") * 90 + b"\r\n",
    ],
)
def test_huge_answers_cost_no_memory(tmp_path: Path, raw: bytes):
    with front(lambda _: Reply(raw=raw)) as server:
        pc = Machine(tmp_path, server.port)
        pc.courier.beat(pc.measure(1))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(3):
            done = pc.courier.beat(pc.measure(1))
            assert not done.delivered
            pc.time.pass_by(done.retry_in + 1)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 << 10
        pc.close()


def test_wants_at_every_beat_bring_one_inventory(tmp_path: Path):
    with front(lambda _: Reply(200, msgspec.json.encode({"want": sorted(SECTIONS)}))) as server:
        pc = Machine(tmp_path, server.port)
        sent = 0
        for _ in range(120):
            digests = dict.fromkeys(SECTIONS, "d")
            rows: dict[str, Any] = {name: [] for name in SECTIONS if pc.state.sections.get(name) != "d"}
            sent += len(rows)
            pc.courier.beat(msgspec.structs.replace(pc.measure(1), sections=digests, rows=rows))
            pc.time.pass_by(60)
        assert sent <= 2 * len(SECTIONS)
        pc.close()
