"""The demo as a person has it: started, broken in every way from other windows, mended, stopped, started again."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from grafana.boards import BOARDS
from grafana.boards.board import Panel, Shape
from tests.e2e.programs import eventually, fetched, free_port

PROGRAM = (sys.executable, "-m", "schooldrum_collector")
CUTS = {
    # what is cut, at which school -> the place it becomes an incident of, the verdict and degree at once, and later
    ("room", "MP01"): ("MP01/main/tin1", ("room", "probable"), ("room", "found")),
    ("line", "MP07"): ("MP07", ("unknown", "unknown"), ("line", "found")),
    ("power", "MP11"): ("MP11", ("unknown", "unknown"), ("power", "probable")),
    ("line", "MP05"): ("MP05", ("line", "probable"), ("line", "found")),
}
PROVIDER = {("provider", "MP03"): ("Nhà mạng A", ("line", "probable"), ("line", None))}
Cuts = Mapping[tuple[str, str], tuple[str, tuple[str, str], tuple[str, str | None]]]


class Demo:
    """`demo start` as a process in a home of its own; other commands beside it."""

    def __init__(self, home: Path) -> None:
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("SCHOOLDRUM_")}
        self.environ |= {
            "SCHOOLDRUM_HOME": str(home),
            "SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN": f"127.0.0.1:{free_port()}",
            "SCHOOLDRUM_COLLECTOR_AGENTS_LISTEN": f"127.0.0.1:{free_port()}",
            "SCHOOLDRUM_COLLECTOR_ANSWERS_LISTEN": f"127.0.0.1:{free_port()}",
            "SCHOOLDRUM_COLLECTOR_ANSWERS_URL": "http://127.0.0.1:8802",
        }
        self.office = f"http://{self.environ['SCHOOLDRUM_COLLECTOR_OFFICE_LISTEN']}"

    def start(self, *more: str, alone: bool = True) -> None:
        self.said: list[str] = []
        day = () if "--schools" in more else ("--schools", "12", "--quiet-day")
        words = ("demo", "start", *day, *(("--alone",) if alone else ()), "--lang", "en", *more)
        self.process = subprocess.Popen(
            [*PROGRAM, *words], env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        stream = self.process.stdout
        self._reader = threading.Thread(target=lambda: self.said.extend(stream))
        self._reader.start()
        eventually(lambda: "demo mend" in self.text or self.process.poll() is not None, 90, "the demo runs")
        assert self.process.poll() is None, self.text

    @property
    def text(self) -> str:
        return "".join(self.said)

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        try:
            return self.process.wait(40)
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join(10)
            assert self.process.stdout is not None
            self.process.stdout.close()

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*PROGRAM, *words, "--lang", "en"],
            env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def call(self, *words: str, within: float = 270) -> str:
        said, _ = self.begin(*words).communicate(timeout=within)
        return said

    def incidents(self) -> list[dict[str, Any]]:
        said = json.loads(fetched(f"{self.office}/api/v1/incidents"))
        found: list[dict[str, Any]] = said["incidents"]
        return found


@pytest.fixture
def demo(tmp_path):
    one = Demo(tmp_path / "home")
    one.start()
    yield one
    if one.process.poll() is None:
        one.stop()


def _standing(incident: dict[str, Any]) -> tuple[str, str]:
    return incident["verdict"], incident["degree"]


def _of(demo: Demo, path: str) -> dict[str, Any]:
    found = [one for one in demo.incidents() if one["place"]["path"] == path]
    assert len(found) == 1, (path, demo.incidents())
    return found[0]


def _cut_and_mended(demo: Demo, cuts: Cuts) -> None:
    cutting = {cut: demo.begin("demo", "cut", cut[0], "--school", cut[1]) for cut in cuts}
    told = {cut: process.communicate(timeout=200)[0] for cut, process in cutting.items()}
    for cut, said in told.items():
        standing = [
            (one["incident"], one["place"], one["state"], one["verdict"], one["parent"]) for one in demo.incidents()
        ]
        assert cutting[cut].returncode == 0, (said, standing, fetched(f"{demo.office}/readyz"))
        assert "Message to" in said, said
        assert "SMS: " in said, said
        address = re.search(r"(http://\S+/incidents/\d+)$", said, re.MULTILINE)
        assert address, said
        assert "<svg" in fetched(address[1]), cut
    for path, at_once, _ in cuts.values():
        assert _standing(_of(demo, path)) == at_once, path
    assert demo.call("demo", "list").count("demo cut") == len(cuts)

    said = demo.call("demo", "mend")
    assert said.count("Mended: ") == len(cuts), said
    for path, _, (verdict, degree) in cuts.values():
        assert _of(demo, path)["state"] == "closed", (path, said)

        def known(path: str = path, verdict: str = verdict, degree: str | None = degree) -> bool:
            found = _standing(_of(demo, path))
            return found[0] == verdict and degree in {None, found[1]}

        # The last PCs send what they measured a while after the first were heard.
        eventually(known, 60, f"{path} is found afterwards: {said}")
    assert "Nothing is broken." in demo.call("demo", "list")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_everything_that_can_be_cut_is_found_and_mended_and_the_next_start_goes_on(demo) -> None:
    assert re.search(r"12 schools, \d+ PCs", demo.text)
    assert "simulated" in fetched(f"{demo.office}/api/v1/schools") or "mô phỏng" in fetched(
        f"{demo.office}/api/v1/schools"
    )

    _cut_and_mended(demo, CUTS)
    _cut_and_mended(demo, PROVIDER)

    known = len(demo.incidents())
    assert demo.stop() == 0, demo.text
    assert "Stopped." in demo.text
    assert "No sample area is running" in demo.call("demo", "cut", "room")

    demo.start()
    assert "Adding" not in demo.text
    assert len(demo.incidents()) == known
    time.sleep(25)
    assert not [one for one in demo.incidents() if one["state"] == "open"]
    assert demo.stop(signal.SIGTERM) == 0, demo.text


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_half_a_day_lies_behind_the_first_start_and_two_incidents_go_on(tmp_path) -> None:
    demo = Demo(tmp_path / "home")
    try:
        demo.start("--schools", "10")
        assert "playing the half day" in demo.text
        known = {one["place"]["path"]: one for one in demo.incidents() if one["state"] == "closed"}
        assert {"Nhà mạng C", "MP04", "MP06"} <= known.keys()
        assert {_standing(known["MP04"]), _standing(known["MP06"])} == {("line", "probable"), ("power", "probable")}
        going_on = {one["place"]["path"] for one in demo.incidents() if one["state"] == "open"}
        assert {"MP09/main/tin1", "MP10"} <= going_on
        begun = datetime.fromisoformat(known["MP04"]["began"]["at"])
        assert 2.5 < (datetime.now(UTC) - begun).total_seconds() / 3600 < 3.5
        assert "by itself, for a while" in demo.call("demo", "list")
        # What goes on is held by the PCs themselves: it does not end because another collector listens now.
        time.sleep(25)
        assert _of(demo, "MP09/main/tin1")["state"] == "open"
        assert "1 PC that waits" in fetched(f"{demo.office}/schools/MP02?lang=en")
    finally:
        if demo.process.poll() is None:
            assert demo.stop() == 0, demo.text


NEEDS_TWO_DAYS = {"Overview: What changed since yesterday"}
"""Of these a Prometheus that has just been started cannot know anything yet."""


def _figures(prometheus: str, panel: Panel) -> int:
    """How many series its queries give, whatever school, room and PC are chosen."""
    found = 0
    for query in panel.queries:
        asked = query.expr.replace("$__rate_interval", "1m").replace("$span", "7d").replace("$area", ".*")
        asked = re.sub(r'="\$\w+"', '=~".+"', asked)
        answer = json.loads(fetched(f"{prometheus}/api/v1/query?query={quote(asked)}"))
        assert answer["status"] == "success", (asked, answer)
        found += len(answer["data"]["result"])
    return found


@pytest.mark.slow
@pytest.mark.prometheus
@pytest.mark.timeout(600)
def test_every_panel_of_every_board_has_something_to_show(tmp_path) -> None:
    demo = Demo(tmp_path / "home")
    try:
        demo.start("--schools", "12", alone=False)
        url = re.search(r"Prometheus +(http://\S+)", demo.text)
        assert url, demo.text
        empty = {
            f"{board.title[1]}: {panel.title[1]}": panel
            for board in BOARDS
            for panel in board.panels
            if panel.shape is not Shape.TEXT
        }

        # What is counted over all PCs is so every two minutes.
        deadline = time.monotonic() + 300
        while empty.keys() != NEEDS_TWO_DAYS and time.monotonic() < deadline:
            time.sleep(5)
            empty = {name: panel for name, panel in empty.items() if not _figures(url[1], panel)}
        assert empty.keys() == NEEDS_TWO_DAYS
    finally:
        if demo.process.poll() is None:
            assert demo.stop() == 0, demo.text


def test_two_demos_do_not_share_a_home_and_the_names_of_schools_are_checked(demo) -> None:
    assert "running in another window" in demo.call("demo", "start")
    assert "No MP99" in demo.call("demo", "cut", "room", "--school", "MP99", "--no-wait")
    said = demo.call("demo", "cut", "room", "--no-wait")
    assert said.startswith("Cut: the switch of"), said
    assert "/schools/MP" in said
    answers = demo.environ["SCHOOLDRUM_COLLECTOR_ANSWERS_LISTEN"]
    assert fetched(f"http://{answers}/t/nothing"), "the third door is open, and says that it knows no such link"
    options = re.search(r"Other commands +(--data .*)", demo.text)
    assert options, demo.text
    assert "MP01" in demo.call("school", "list", *shlex.split(options[1]))
    assert "Nothing is broken by demo cut: line." in demo.call("demo", "mend", "line", "--no-wait")
    assert demo.call("demo", "mend", "room", "--no-wait").startswith("Mended: ")
    assert demo.stop() == 0
    # Nobody is left behind.
    assert not fetched(f"{demo.office}/readyz", timeout=2)


@pytest.mark.parametrize("door", ["OFFICE", "AGENTS", "ANSWERS"])
def test_a_port_that_is_taken_is_told_before_anything_is_played(tmp_path, door) -> None:
    one = Demo(tmp_path / "home")
    host, _, port = one.environ[f"SCHOOLDRUM_COLLECTOR_{door}_LISTEN"].partition(":")
    with socket.create_server((host, int(port))):
        said = one.call("demo", "start", "--alone", within=30)
    assert f"Port {port} " in said
    assert f"{door.lower()}_listen" in said
    assert "playing" not in said
    assert not (tmp_path / "home" / "demo" / "collector").exists()
