"""What the doctor tells a teacher whose school has lost its line, while the modem says that it knows no way out."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.net import way as place
from tests.net.line import within
from tests.net.way import Way, server_failure, way

from schooldrum_agent import doctor, pathway
from schooldrum_agent.clock import Clock
from schooldrum_agent.config import Config, load
from schooldrum_agent.state import Identity, open_state

pytestmark = [pytest.mark.namespaces]
CLOCK = Clock(monotonic=time.monotonic, boottime=time.monotonic, wall=lambda: 1.8e9, boot="boot-1")
OFFICE = f"https://{place.OFFICE}:8801"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here has the patience of a person at a PC."""
    monkeypatch.setattr(pathway, "SECONDS", 2.0)


@pytest.fixture
def school(tmp_path: Path):
    with way(tmp_path / "root") as made:
        yield made


def config_of(school: Way, tmp_path: Path) -> Config:
    settings = {
        "state": str(tmp_path / "state"),
        "proxy": "none",
        "rootfs": str(school.root),
        "ladder": "local",
        "ladder_names": "truong.example.vn",
        "ladder_independent": place.RESOLVER,
        "ladder_national": place.NATIONAL,
        "ladder_international": place.INTERNATIONAL,
        "ladder_pages": "page.example.vn",
    }
    config = load(None, {f"SCHOOLDRUM_{key.upper()}": value for key, value in settings.items()}, {})
    kept = open_state(config.state)
    kept.keep_identity(
        Identity(
            machine="m-1",
            credential="c" * 43,
            place="BM/main/vp",
            alias="vp-01",
            state="active",
            collector=OFFICE,
            authority=school.authority,
        )
    )
    kept.note_delivery("delivered", "", 1.8e9 - 300)
    kept.close()
    return config


def line_lost(school: Way) -> None:
    school.within(school.router, "ip", "link", "set", "wan", "down")
    school.resolver.answering = server_failure


def route_lost(school: Way) -> None:
    school.within(school.router, "ip", "route", "replace", "unreachable", "default")
    school.resolver.answering = server_failure


def line_dropped(school: Way) -> None:
    school.rule("-A", "FORWARD", "-j", "DROP")
    school.resolver.answering = lambda _: None


def modem_unknown(school: Way) -> None:
    school.within(school.pc, "ip", "route", "delete", "default")


LINE = {"vi": "Đường truyền Internet, từ modem trở ra", "en": "The Internet line, from the modem outwards"}
MODEM = {"vi": "Modem (bộ định tuyến)", "en": "Modem (router)"}
FIRST = {"vi": "Lỗi gần máy này nhất", "en": "The fault nearest to this PC"}
NO_MODEM = {"vi": "máy không biết modem nào", "en": "the PC knows no modem"}


@pytest.mark.parametrize(
    ("broken", "nearest", "knows_no_modem"),
    [(line_lost, LINE, 0), (route_lost, LINE, 0), (line_dropped, LINE, 0), (modem_unknown, MODEM, 1)],
    ids=["line lost", "route lost", "line dropped", "modem unknown"],
)
def test_the_doctor_names_the_line_and_not_the_pc(
    school: Way,
    tmp_path: Path,
    broken: Callable[[Way], None],
    nearest: dict[str, str],
    knows_no_modem: int,
):
    config = config_of(school, tmp_path)
    broken(school)
    # Where everything is dropped each step waits until it gives up: once is long enough.
    for language in ("vi",) if broken is line_dropped else ("vi", "en"):
        lines: list[str] = []
        pages: list[str] = []
        code = within(
            school.pc, partial(doctor.main, config, language, clock=CLOCK, say=lines.append, show=pages.append)
        )
        told = "\n".join(lines)
        assert code == 1
        assert f"{FIRST[language]}: {nearest[language]}." in pages[0], told
        said = (told.count(NO_MODEM[language]), pages[0].count(NO_MODEM[language]))
        assert said == (knows_no_modem, knows_no_modem), told
