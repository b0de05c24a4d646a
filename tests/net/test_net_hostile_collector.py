"""A hostile collector at the end of a line, and a real agent: what it sends, to whom, and whether it ever listens."""

import shutil
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import trustme
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.agent.delivery_stand_in import CREDENTIAL, Reply, Request, front, pem_of, server_context
from tests.agent.test_courier_hostile import replies
from tests.e2e.programs import AGENT, Agent
from tests.net.line import Line, within

from schooldrum_agent.courier import REQUESTS_PER_BEAT
from schooldrum_agent.sources.net import resolvers
from schooldrum_agent.targets import PACKAGED
from schooldrum_agent.trust import pin_of
from schooldrum_wire.catalogue import SECTIONS
from schooldrum_wire.messages import EnrolAnswer
from schooldrum_wire.paces import FASTEST_SECONDS
from schooldrum_wire.settings import Settings

pytestmark = [pytest.mark.namespaces, pytest.mark.slow]
FASTEST = Settings(version=1, beat=1, backlog_per_beat=99, pace=FASTEST_SECONDS)
SECONDS = 8
LARGEST_BODY = 64 << 10
"""Of one report of a PC like this one, packed, with its whole inventory."""
EXAMPLES = 3
CLIMBED = {
    one.address for group in (PACKAGED.independent, PACKAGED.national, PACKAGED.international) for one in group
} | set(resolvers("/"))
"""Whom else a PC may ask when its reports do not arrive: packaged servers, and its own resolvers."""
CLIMB_BYTES = 32 << 10


class Office:
    """A server in the office's namespace that enrols whoever comes, and then answers as a script says."""

    def __init__(self, line: Line) -> None:
        authority = trustme.CA()
        self.context = server_context(authority.issue_cert(line.OFFICE))
        self.pem = pem_of(authority)
        self.listener: socket.socket = within(line.office, lambda: socket.create_server((line.OFFICE, 0), backlog=50))
        self.url = f"https://{line.OFFICE}:{self.listener.getsockname()[1]}"
        self.token = f"sd1.{pin_of(self.pem)}.abcdef123456.{'s' * 43}"
        self.script: list[Reply] = []
        self.said = 0

    def answer(self, request: Request) -> Reply:
        if not self.script:
            return self._kindly(request)
        self.said += 1
        reply = self.script[self.said % len(self.script)]
        if b"VERSION" not in reply.body:
            return reply
        return msgspec.structs.replace(reply, body=reply.body.replace(b"VERSION", b"%d" % self.said))

    def _kindly(self, request: Request) -> Reply:
        if request.path == "/v1/ca":
            return Reply(body=self.pem.encode())
        if request.path == "/v1/enrol":
            given_out = EnrolAnswer(
                machine="m1",
                credential=CREDENTIAL,
                state="active",
                place="DEMO/main/TIN1",
                alias="tin1-07",
                settings=FASTEST,
            )
            return Reply(status=201, body=msgspec.json.encode(given_out))
        if request.path == "/healthz":
            return Reply(body=b'{"status":"ok"}')
        return Reply()


@pytest.fixture
def agent(tmp_path: Path, line: Line) -> Agent:
    """An agent on the PC at one end of the line."""
    inside = ("ip", "netns", "exec", line.pc, *AGENT)
    return Agent(tmp_path / "agent", program=inside, start_spread="0", proxy="none")


def alone(line: Line) -> int:
    """Bytes that the PC has sent; to nobody but the office's server and those whom a climb asks."""
    packets = list(line.sent())
    assert {packet.target for packet in packets} <= {line.OFFICE} | CLIMBED, packets
    assert {packet.kind for packet in packets} <= {"ip", "arp"}
    return sum(packet.length for packet in packets)


def watched_run(line: Line, agent: Agent, seconds: float) -> None:
    """Runs the agent for so long, and looks for an open port all the time."""
    agent.run()
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        assert line.listening() == ""
        time.sleep(0.3)
    assert agent.stop() == 0


def test_no_collector_makes_it_a_weapon(tmp_path: Path, line: Line, agent: Agent):
    office = Office(line)
    with front(office.answer, office.context, office.listener) as server:
        agent.call("enrol", "--collector", office.url, typed=office.token)
        state, enrolled = agent.home / "state", tmp_path / "enrolled"
        shutil.copytree(state, enrolled)
        alone(line)

        @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
        @given(st.lists(replies, min_size=20, max_size=60))
        def withstands(script: list[Reply]) -> None:
            shutil.rmtree(state)
            shutil.copytree(enrolled, state)
            office.script, office.said = script, 0
            before, connections = len(server.requests), server.connections
            watched_run(line, agent, SECONDS)
            requests, sent = server.requests[before:], alone(line)
            connections = server.connections - connections
            # A kept connection that breaks is tried once more; the fastest beat that can be granted is a second.
            assert len(requests) <= 2 * (REQUESTS_PER_BEAT + 1) * SECONDS
            assert all(len(request.body) < LARGEST_BODY for request in requests)
            reports = sum(len(request.body) for request in requests) + 4096 * (len(requests) + connections + 1)
            assert sent < reports + CLIMB_BYTES
            print(f"{len(requests)} requests, {connections} connections, {sent} bytes in {SECONDS} s")

        withstands()
    assert line.said_to_itself() == 0


def test_a_collector_that_never_has_enough_gets_one_report_a_beat_and_each_list_twice(line: Line, agent: Agent):
    office = Office(line)
    with front(office.answer, office.context, office.listener) as server:
        agent.call("enrol", "--collector", office.url, typed=office.token)
        asked = {"want": sorted(SECTIONS), "settings": msgspec.to_builtins(FASTEST), "backlog_per_beat": 10**9}
        body = msgspec.json.encode(asked).replace(b'"version":1', b'"version":VERSION')
        assert b"VERSION" in body
        office.script = [Reply(body=body)]
        begun = len(server.requests)
        alone(line)
        watched_run(line, agent, 14)
        # A PC whose report is answered late looks whether the way to the collector is open.
        requests = [request for request in server.requests[begun:] if request.method == "POST"]
        sent = alone(line)
        lists: Counter[str] = Counter(
            section for request in requests for report in request.delivery().reports for section in report.rows
        )
        assert len(requests) > 7
        assert len(requests) <= 14 + 3  # a hello, a goodbye, and one that was under way
        assert lists
        assert max(lists.values()) <= 2
        assert sent < 2 * LARGEST_BODY + 8192 * len(requests)
        print(f"{len(requests)} requests, {sent} bytes, lists {dict(lists)} in 14 s")
    assert line.said_to_itself() == 0


@pytest.mark.parametrize(
    ("words", "speaks"),
    [
        (("enrol", "--collector", "{url}"), True),
        (("once", "--json"), False),
        (("doctor",), True),
        (("record", "{folder}"), False),
        (("probes",), False),
        (("config", "--sample"), False),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_no_command_listens_or_calls_anybody_else(tmp_path: Path, line: Line, agent: Agent, words, speaks):
    office = Office(line)
    with front(office.answer, office.context, office.listener):
        if words[0] == "doctor":
            agent.call("enrol", "--collector", office.url, typed=office.token)
            watched_run(line, agent, 3)
        alone(line)
        command = [word.format(url=office.url, folder=tmp_path / "recording") for word in words]
        with ThreadPoolExecutor(1) as beside:
            called = beside.submit(agent.call, *command, typed=office.token)
            heard = set()
            while not called.done():
                heard.add(line.listening())
                time.sleep(0.02)
            assert called.result()
        assert heard == {""}
        assert bool(alone(line)) is speaks
    assert line.said_to_itself() == 0
