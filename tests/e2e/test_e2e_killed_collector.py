"""kill -9 of a whole collector between its answers: whatever it had answered 200 is in its history, once."""

import asyncio
import hashlib
import random
import ssl
import zlib
from collections import Counter
from pathlib import Path

import aiohttp
import msgspec
import pytest
from tests.e2e.history import folded
from tests.e2e.programs import Collector

from schooldrum_wire.catalogue.cpu import CPU_USAGE_RATIO
from schooldrum_wire.encoding import encode
from schooldrum_wire.messages import EnrolRequest
from schooldrum_wire.report import Delivery, Fingerprint, Now, Report
from schooldrum_wire.result import Result

KILLS = 50
PCS = 40
MOST_ANSWERS = 200
LIFE_SECONDS = 30
PER_REPORT = 3


class Pc:
    """A PC that goes on in one run, sends again what was not acknowledged, and knows what was."""

    def __init__(self, number: int) -> None:
        self.number = number
        code = hashlib.sha256(f"{number}".encode()).hexdigest()
        self.fingerprint: Fingerprint = {"uuid": (code[:16],), "board": (code[16:32],)}
        self.machine = ""
        self.credential = ""
        self.run = f"{number:016x}"
        self.seq = 0
        self.waiting: list[Result] = []
        self.acknowledged: set[int] = set()

    async def enrol(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        request = EnrolRequest(token=token, fingerprint=self.fingerprint, host={"system": "linux", "release": "12"})
        async with session.post(f"{url}/v1/enrol", data=msgspec.json.encode(request)) as answer:
            assert answer.status == 201, await answer.text()
            given = await answer.json()
        self.machine, self.credential = given["machine"], given["credential"]

    def _body(self, boottime: float) -> bytes:
        for _ in range(PER_REPORT):
            self.seq += 1
            self.waiting.append(
                Result(
                    probe="cpu",
                    seq=self.seq,
                    outcome="ok",
                    boottime=boottime,
                    wall=1.8e9 + boottime,
                    readings=(CPU_USAGE_RATIO(0.25),),
                )
            )
        boot = f"{self.number:032x}"
        newest, older = tuple(self.waiting[-PER_REPORT:]), tuple(self.waiting[:-PER_REPORT])
        reports = [Report(run=self.run, boot=boot, live=True, results=newest)]
        if older:
            reports.append(Report(run=self.run, boot=boot, results=older))
        now = Now(boot=boot, boottime=boottime, wall=1.8e9 + boottime)
        delivery = Delivery(reports=tuple(reports), now=now, fingerprint=self.fingerprint, starts=1)
        return zlib.compress(encode(delivery), 1, wbits=31)

    async def report_until_nobody_answers(self, url: str, tls: ssl.SSLContext, heard: asyncio.Queue[int]) -> int:
        """How many reports were answered 200; each connection lasts for many of them."""
        answered = 0
        headers = {"Authorization": f"Bearer {self.credential}", "Content-Encoding": "gzip"}
        connector = aiohttp.TCPConnector(ssl=tls, limit=1)
        async with aiohttp.ClientSession(connector=connector) as session:
            while True:
                body = self._body(asyncio.get_running_loop().time())
                sent = {result.seq for result in self.waiting}
                try:
                    async with session.post(f"{url}/v1/reports", data=body, headers=headers) as answer:
                        said = await answer.json()
                        assert answer.status == 200, said
                except (aiohttp.ClientError, ConnectionError, TimeoutError):
                    return answered
                self.acknowledged |= sent
                self.waiting.clear()
                answered += 1
                heard.put_nowait(self.number)


def unverified() -> ssl.SSLContext:
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_what_was_answered_200_survives_every_kill_once(tmp_path: Path):
    chance = random.Random(20_261_122)  # noqa: S311 - a test that can be repeated
    tls = unverified()
    collector = Collector(tmp_path)
    pcs = [Pc(number) for number in range(PCS)]
    answered_per_life = []
    for life in range(KILLS):
        collector.serve()
        if life == 0:
            token = collector.token(seats=PCS)
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
                for pc in pcs:
                    await pc.enrol(session, collector.agents, token)
        heard: asyncio.Queue[int] = asyncio.Queue()
        speaking = [asyncio.create_task(pc.report_until_nobody_answers(collector.agents, tls, heard)) for pc in pcs]
        # After so many answers, not after so long: the kill falls between answers on a slow machine too.
        async with asyncio.timeout(LIFE_SECONDS):
            for _ in range(chance.randint(1, MOST_ANSWERS)):
                await heard.get()
        await asyncio.sleep(chance.uniform(0, 0.02))
        collector.kill()
        answered_per_life.append(sum(await asyncio.gather(*speaking)))
    assert all(answered_per_life), answered_per_life
    assert sum(bool(pc.waiting) for pc in pcs) > 0, "no kill came before an answer"

    with folded(tmp_path / "data") as history:
        for pc in pcs:
            acknowledged = {(pc.run, seq) for seq in pc.acknowledged}
            kept = Counter((one.run, one.seq) for one in history.kept(pc.machine))
            for held in (history.before[pc.machine], kept):
                assert acknowledged <= set(held), sorted(acknowledged - set(held))[:5]
                assert set(held.values()) == {1}
            assert set(kept) <= {(pc.run, seq) for seq in range(1, pc.seq + 1)}
    print(f"{KILLS} kills, {sum(answered_per_life)} answers of 200, {sum(len(pc.acknowledged) for pc in pcs)} results")
