"""The picture that `doctor` draws, read as a phone reads it."""

import re

import pytest
import zxingcpp

from schooldrum_agent.clock import Clock
from schooldrum_agent.page import page
from schooldrum_agent.scan_code import ScanCode, scan_code, sealed
from schooldrum_agent.state import Identity
from schooldrum_wire.catalogue.ladder import LADDER
from schooldrum_wire.scan import boot_mark, credential_digest, read

IDENTITY = Identity(
    machine="0123456789abcdef", credential="c" * 43, place="BM/main/tin1", alias="tin1-07", state="active",
    collector="https://office.example.vn",
)  # fmt: skip
CLOCK = Clock(monotonic=lambda: 1.0, boottime=lambda: 5000.7, wall=lambda: 1_790_125_200.5, boot="boot-one")
ROWS = tuple(
    LADDER(step=step, target=target, family="ipv4", state=state, how="icmp", reason=reason, given="")
    for step, target, state, reason in (
        ("link", "", "ok", ""),
        ("gateway", "", "ok", ""),
        ("national", "vn-b", "failed", "timeout"),
        ("national", "vn-c", "ok", ""),
        ("international", "jp-d", "failed", "timeout"),
    )
)
LONGEST = f"https://{'a' * 90}.example.vn:8800/"


def seen(dark: set[tuple[int, int]], width: int, height: int) -> str:
    """What a reader makes of these dark modules."""
    scale = 4
    raster = bytes(
        0 if (x // scale, y // scale) in dark else 255 for y in range(height * scale) for x in range(width * scale)
    )
    (found,) = zxingcpp.read_barcodes(memoryview(raster).cast("B", (height * scale, width * scale)))
    return str(found.text)


def from_svg(svg: str) -> str:
    width, height = (int(float(one)) // 5 for one in re.findall(r'(?:width|height)="(\d+)"', svg)[:2])
    dark = set()
    path = re.search(r'stroke="#000" d="([^"]+)"|d="([^"]+)"[^>]*stroke="#000"', svg)
    assert path is not None
    x = y = 0.0
    for command, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", path[1] or path[2]):
        if command == "h":
            dark |= {(round(x) + step, int(y)) for step in range(round(float(first)))}
            x += float(first)
        elif command == "M":
            x, y = float(first), float(second)
        else:
            x, y = x + float(first), y + float(second)
    return seen(dark, width, height)


def from_terminal(lines: list[str]) -> str:
    """Each character is two modules, one above the other; what is lit is white."""
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    lit = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}
    dark = {
        (x, 2 * y + half)
        for y, line in enumerate(plain)
        for x, one in enumerate(line)
        for half in (0, 1)
        if not lit[one][half]
    }
    return seen(dark, max(map(len, plain)), 2 * len(plain))


@pytest.mark.parametrize("address", ["", "https://office.example.vn", LONGEST])
def test_a_phone_reads_what_was_climbed(address):
    code = scan_code(sealed(ROWS, IDENTITY, clock=CLOCK), address)
    for told in (from_svg(code.drawing()), from_terminal(code.lines())):
        assert told == code.text
    assert code.leads == bool(address)
    if address:
        assert code.text.startswith(f"{address.rstrip('/')}/q?d=1.")
    found = read(code.text.rpartition("d=")[2], credential_digest(IDENTITY.credential))
    assert found is not None
    assert (found.machine, found.boot, found.boottime) == (IDENTITY.machine, boot_mark("boot-one"), 5000.0)
    assert {one.step: (one.passed, one.reason) for one in found.steps} == {
        "link": (True, ""),
        "gateway": (True, ""),
        "national": (True, ""),
        "international": (False, "timeout"),
    }


def test_the_credential_and_the_place_stand_nowhere_in_it():
    code = scan_code(sealed(ROWS, IDENTITY, clock=CLOCK), "https://office.example.vn")
    for secret in (IDENTITY.credential, credential_digest(IDENTITY.credential), "tin1", "vn-b"):
        assert secret not in code.text
        assert secret not in page([], "vi", code)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_shows_the_picture_and_its_text(language):
    code = ScanCode(text="1.<m>.x.y")
    told = page([], language, code)
    assert code.drawing() in told
    assert "1.&lt;m&gt;.x.y" in told
    assert "svg class" not in page([], language)
