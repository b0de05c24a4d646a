"""Until when a PC is supported, how that is proven, and which way out there is."""

import itertools
import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.app.dated_lists import SHIPPED
from schooldrum_collector.judge import builds, support, support_list
from schooldrum_collector.judge.faults import Unusable
from schooldrum_collector.judge.support import Listed, Proof, SupportState, support_of, system_name
from schooldrum_collector.judge.way_out import Way, way_out
from schooldrum_collector.judge.windows_11 import Hardware, fits, hardware_of, processor_fits
from schooldrum_collector.show.safety_words import support_words, way_words
from schooldrum_collector.speech import Say

RAW = (SHIPPED / "support.json").read_bytes()
KNOWN = support_list.read(RAW)
TODAY = date(2026, 11, 21)
SHARED = Path(__file__).parents[3] / "shared" / "data" / "eol.json"
PUBLISHED = SHARED.with_name("windows_builds.json")


def windows(build: int, edition: str = "Professional", revision: int | None = 1, **more: Any) -> dict[str, Any]:
    return {"system": "windows", "product": "Windows", "build": build, "edition": edition, "revision": revision, **more}


def linux(product: str, release: str, foundation: str = "", **more: Any) -> dict[str, Any]:
    return {"system": "linux", "product": product, "release": release, "foundation": foundation, **more}


@pytest.mark.parametrize(
    ("row", "state", "until"),
    [
        (windows(26200), "supported", "2027-10-12"),
        (windows(26100), "ended", "2026-10-13"),
        (windows(26100, "Education"), "supported", "2027-10-12"),
        (windows(26100, "education"), "supported", "2027-10-12"),
        (windows(26100, "EnterpriseS"), "supported", "2029-10-09"),
        (windows(26100, "IoTEnterpriseS"), "supported", "2034-10-10"),
        (windows(26100, "CloudEdition"), "ended", "2026-10-13"),
        (windows(26100, "ServerStandard", server=True), "supported", "2034-11-14"),
        (windows(19044, "EnterpriseS"), "supported", "2027-01-12"),
        (windows(19044, "Professional"), "ended", "2023-06-13"),
        (windows(17763, "IoTEnterpriseS"), "supported", "2029-01-09"),
        (windows(17763, "ServerDatacenter", server=True), "supported", "2029-01-09"),
        (windows(17763, "ServerDatacenterACor", server=True), "ended", "2020-11-10"),
        (windows(9600, "Core"), "ended", "2023-01-10"),
        (windows(14393, "ServerStandard", server=True), "supported", "2027-01-12"),
        (windows(26100, "SomethingNew"), "unknown", None),
        (windows(19045, "SomethingNew"), "ended", "2025-10-14"),
        (windows(27999), "unknown", None),
        (windows(26150), "unknown", None),
        ({"system": "windows"}, "unknown", None),
        ({}, "unknown", None),
        (linux("debian", "12"), "ended", "2026-07-11"),
        (linux("debian", "12", extended="security_source"), "extended", "2028-06-30"),
        (linux("debian", "13"), "supported", "2028-08-09"),
        (linux("debian", "", "trixie"), "supported", "2028-08-09"),
        (linux("debian", "", "forky"), "unknown", None),
        (linux("ubuntu", "22.04", "jammy"), "supported", "2027-06-01"),
        (linux("ubuntu", "20.04", "focal"), "ended", "2025-05-31"),
        (linux("ubuntu", "20.04", "focal", extended="esm-infra security_source"), "extended", "2030-04-02"),
        (linux("ubuntu", "20.04", "focal", extended="security_source"), "ended", "2025-05-31"),
        (linux("linuxmint", "21.3", "jammy"), "supported", "2027-04-30"),
        (linux("linuxmint", "20.1", "focal"), "ended", "2025-04-30"),
        (linux("linuxmint", "6", "bookworm"), "ended", "2026-01-01"),
        (linux("linuxmint", "7", "trixie"), "supported", None),
        (linux("zorin", "17", "jammy"), "supported", "2027-06-01"),
        (linux("zorin", "16.3", "focal"), "ended", "2025-05-31"),
        (linux("zorin", "16.3", "focal", extended="esm-infra"), "extended", "2030-04-02"),
        (linux("fedora", "40"), "ended", "2025-05-13"),
        (linux("rhel", "9.4"), "supported", "2032-05-31"),
        (linux("centos", "8", title="CentOS Stream 8"), "ended", "2024-05-31"),
        (linux("centos", "8", title="CentOS Linux 8"), "ended", "2021-12-31"),
        (linux("nobara", "40", support_end="2027-05-13"), "supported", "2027-05-13"),
        (linux("nobara", "40", support_end="2027-99-13"), "unknown", None),
        (linux("arch", ""), "unknown", None),
    ],
)
def test_support_by_edition_channel_and_day(row, state, until):
    found = support_of(row, KNOWN, TODAY)
    assert (found.state, found.until and found.until.isoformat()) == (state, until)
    assert found.counts_as_met is {"supported": True, "extended": True, "ended": False, "unknown": None}[state]
    assert found.days_left == (None if until is None else (date.fromisoformat(until) - TODAY).days)


@pytest.mark.parametrize(
    ("day", "state", "left"),
    [("2026-10-12", "supported", 1), ("2026-10-13", "supported", 0), ("2026-10-14", "ended", -1)],
)
def test_the_last_day_counts_to_its_end(day, state, left):
    found = support_of(windows(26100), KNOWN, date.fromisoformat(day))
    assert (found.state, found.days_left) == (state, left)
    (reading,) = support.readings(found)
    assert reading.value == 1791936000.0


@pytest.mark.parametrize(
    ("revision", "newest", "day", "state", "proof"),
    [
        (6456, 7548, "2026-05-01", "ended", "not_proven"),
        # A repair for PCs without it: KB5071959.
        (6466, 7548, "2026-05-01", "ended", "not_proven"),
        (6467, 7548, "2026-05-01", "extended", "proven"),
        (6467, 7548, "2026-10-13", "extended", "proven"),
        # Nothing can show the second year before the patch day of 10 November, and its update may take fourteen days.
        (7548, 7548, "2026-10-14", "unknown", "proven"),
        (7900, 7548, "2026-10-14", "unknown", "proven"),
        (7548, 7548, "2026-11-24", "unknown", "proven"),
        (7548, 7548, "2026-11-25", "ended", "proven"),
        (7548, 7548, "2027-10-13", "ended", "proven"),
        (7900, 7548, "2026-11-10", "unknown", "unknown"),
        (7900, 7548, "2026-11-21", "unknown", "unknown"),
        (7900, None, "2026-12-21", "unknown", "unknown"),
        (6000, 7548, "2025-10-14", "supported", "not_proven"),
        (6456, 7548, "2025-10-15", "unknown", "not_proven"),
        (6456, 7548, "2025-11-25", "unknown", "not_proven"),
        (6456, 7548, "2025-11-26", "ended", "not_proven"),
        # Without the first year there is no second.
        (6466, 7548, "2026-10-14", "ended", "not_proven"),
        (6466, None, "2026-11-21", "ended", "not_proven"),
        (9000, 7548, "2029-01-01", "ended", "proven"),
        # A PC that does not tell its revision may have bought support, for as long as there is some.
        (None, 7548, "2025-10-14", "supported", "not_proven"),
        (None, 7548, "2026-05-01", "unknown", "not_proven"),
        (None, None, "2027-11-21", "unknown", "not_proven"),
        (None, 7548, "2029-01-01", "ended", "not_proven"),
    ],
)
def test_bought_support_of_windows_10_is_proven_year_by_year(revision, newest, day, state, proof):
    found = support_of(windows(19045, revision=revision), KNOWN, date.fromisoformat(day), listed=listed(newest))
    assert (found.state, found.proof) == (state, proof)
    assert found.extended == date(2028, 10, 10)


def listed(newest: int | None, as_of: date = date(2026, 8, 10)) -> Listed | None:
    return None if newest is None else Listed(newest=newest, as_of=as_of)


def knowing_the_second_year() -> support_list.SupportList:
    data = json.loads(RAW)
    (row,) = [one for one in data["windows"] if one["build"] == 19045 and not one["server"] and "years" in one]
    row["years"][1]["above"] = 7700
    return support_list.read(json.dumps(data).encode())


def test_a_list_that_knows_the_second_year_proves_it():
    known, newer = knowing_the_second_year(), listed(7701, date(2026, 11, 20))
    assert support_of(windows(19045, revision=7701), known, TODAY, listed=newer).until == date(2027, 10, 12)
    late = date(2026, 11, 25)
    assert support_of(windows(19045, revision=7700), known, TODAY, listed=newer).state is SupportState.UNKNOWN
    assert support_of(windows(19045, revision=7700), known, late, listed=newer).state is SupportState.ENDED


def test_a_newer_list_of_builds_alone_does_not_tell_whether_the_second_year_was_bought():
    """Only the support list names the revision that PCs with it alone have passed."""
    for revision in (7548, 7701):
        row, day = windows(19045, revision=revision), date(2026, 12, 1)
        found = support_of(row, KNOWN, day, listed=listed(7701, date(2026, 11, 20)))
        assert (found.state, found.proof) == (SupportState.UNKNOWN, Proof.UNKNOWN)
        assert "the support list lacks this year of support" in support_words(found, Say("en"))
    never = support_of(windows(19045, revision=6456), KNOWN, day, listed=listed(7701, date(2026, 11, 20)))
    assert never.state is SupportState.ENDED
    before_it = support_of(windows(19045, revision=7548), KNOWN, day, listed=listed(7600, date(2026, 11, 9)))
    assert before_it.state is SupportState.ENDED


@pytest.mark.parametrize(("days", "state"), [(0, "unknown"), (14, "unknown"), (15, "ended")])
def test_a_pc_that_was_off_has_not_had_the_days_to_show_its_next_year(days, state):
    asked = []

    def days_on(since: date) -> int:
        asked.append(since)
        return int(days)

    row, day = windows(19045, revision=7548), date(2027, 1, 20)
    found = support_of(row, KNOWN, day, listed=listed(7548), days_on=days_on)
    assert (found.state, found.shows_from, asked) == (state, date(2026, 11, 10), [date(2026, 11, 10)])
    assert support_of(row, KNOWN, day, listed=listed(7548), days_on=days_on, most_days=20).state == "unknown"


@pytest.mark.parametrize(
    ("revision", "day", "state", "proof"),
    [
        (9339, "2027-01-12", "supported", "not_proven"),
        (9339, "2027-01-13", "unknown", "not_proven"),
        (9339, "2027-02-23", "unknown", "not_proven"),
        (9339, "2027-02-24", "ended", "not_proven"),
        # The list does not name what shows it, so nobody can tell that it was not bought.
        (9900, "2027-02-24", "unknown", "unknown"),
        (9900, "2030-01-13", "ended", "not_proven"),
        (None, "2027-02-24", "unknown", "not_proven"),
    ],
)
def test_support_that_is_bought_for_a_server_cannot_show_before_its_first_patch_day(revision, day, state, proof):
    row = windows(14393, "ServerStandard", revision, server=True)
    found = support_of(row, KNOWN, date.fromisoformat(day), listed=listed(9339))
    assert (found.state, found.proof) == (state, proof)


def test_what_cannot_show_yet_says_from_when_on_and_keeps_its_way():
    day = date(2026, 10, 20)
    found = support_of(windows(19045, revision=7548), KNOWN, day, listed=listed(7548))
    assert (found.shows_from, found.counts_as_met, list(support.readings(found))) == (date(2026, 11, 10), None, [])
    told = support_words(found, Say("en"))
    assert told == (
        "support after Tue 13 Oct 2026 is not known: extended support shows from the updates of Tue 10 Nov 2026"
    )
    assert support_words(found, Say("vi")).endswith("chỉ thấy được từ kỳ vá 10/11/2026")
    assert way_out(found, OLD, KNOWN, day).way is Way.ESU
    over = support_of(windows(19045, "Core", 7548), KNOWN, day, listed=listed(7548))
    assert (over.state, over.shows_from) == (SupportState.ENDED, None)


def test_a_plan_is_shown_and_never_counted():
    found = support_of(windows(9600), KNOWN, TODAY, planned=date(2027, 6, 30))
    assert (found.planned, found.counts_as_met, found.state) == (date(2027, 6, 30), False, SupportState.ENDED)


@pytest.mark.parametrize(
    ("row", "is_newer"),
    [
        (windows(30_000), True),
        (windows(26300, product="Windows 11", release="26H2"), True),
        (windows(40_000, "ServerStandard", server=True), True),
        (linux("debian", "14"), True),
        (linux("ubuntu", "28.10"), True),
        # Between two that are listed, and what has no numbers: merely not in the list.
        (windows(26150, product="Windows 11", release="24H2"), False),
        (windows(26100, "SomethingNew"), False),
        (linux("arch", ""), False),
        (linux("debian", "", "forky"), False),
        ({"system": "windows"}, False),
    ],
)
def test_what_is_newer_than_the_list_is_unknown_and_no_fault(row, is_newer):
    found = support_of(row, KNOWN, TODAY)
    assert (found.state, found.counts_as_met) == (SupportState.UNKNOWN, None)
    assert found.newer_than == (KNOWN.as_of if is_newer else None)
    assert way_out(found, OLD, KNOWN, TODAY).way is Way.NONE
    assert list(support.readings(found)) == []


def test_every_edition_of_windows_has_its_channel():
    assert len(set(support_list.EDITIONS)) == 28
    placed = {edition: support.channel_of(edition, KNOWN.channels) for edition in support_list.EDITIONS}
    assert {edition for edition, channel in placed.items() if not channel} == set()
    wanted = {
        "Core": "W", "CoreSingleLanguage": "W", "CoreCountrySpecific": "W", "Professional": "W",
        "ProfessionalEducation": "W", "Enterprise": "E", "Education": "E", "EnterpriseS": "LTSC",
        "EnterpriseSN": "LTSC", "IoTEnterpriseS": "IOT_LTSC", "CloudEdition": "SE",
    }  # fmt: skip
    assert {edition: placed[edition] for edition in wanted} == wanted


@pytest.mark.parametrize("edition", ["ServerStandard", "ServerDatacenter", "ServerStandardEval", "ServerSolution"])
@pytest.mark.parametrize(("build", "channel"), [(14393, "LTSC"), (17763, "LTSC"), (20348, "LTSC"), (26100, "LTSC")])
def test_every_edition_of_a_server_has_its_channel(edition, build, channel):
    assert support_of(windows(build, edition, server=True), KNOWN, TODAY).channel == channel


def test_what_is_not_known_has_no_reading():
    assert list(support.readings(support_of(windows(27999), KNOWN, TODAY))) == []
    found = support_of(windows(19045, revision=7900), KNOWN, TODAY, listed=listed(7548))
    assert list(support.readings(found)) == []


GOOD = Hardware(processor="Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz", memory=8 << 30, disk=240 << 30, tpm="2.0")
OLD = Hardware(processor="Intel(R) Core(TM) i3-4130 CPU @ 3.40GHz", memory=4 << 30, disk=120 << 30, tpm="none")


@pytest.mark.parametrize(
    ("row", "hardware", "day", "way", "to"),
    [
        (windows(26200), GOOD, TODAY, "none", ""),
        (windows(26100), GOOD, TODAY, "next_release", "Windows 11 25H2"),
        (windows(22631), GOOD, TODAY, "next_release", "Windows 11 25H2"),
        (windows(22631), Hardware(), TODAY, "next_release", "Windows 11 25H2"),
        # Windows Update and its assistant refuse what was put there by force; a small partition alone does not.
        (windows(22631), OLD, TODAY, "replace", ""),
        (windows(22631), msgspec.structs.replace(GOOD, disk=40 << 30), TODAY, "next_release", "Windows 11 25H2"),
        (windows(22631, "Education"), GOOD, TODAY, "next_release", "Windows 11 25H2"),
        # 26H1 comes with new processors alone.
        (windows(26200), GOOD, date(2027, 5, 1), "next_release", ""),
        (windows(28000), GOOD, date(2028, 3, 15), "next_release", ""),
        # At home there is a first year alone, and none after it.
        (windows(19045, "Core"), OLD, date(2026, 4, 15), "esu", "2026-10-13"),
        (windows(19045, "Core"), OLD, date(2026, 4, 16), "replace", ""),
        (windows(19042, "Core"), OLD, date(2026, 4, 15), "esu", "2026-10-13"),
        (windows(19042, "Core"), OLD, TODAY, "replace", ""),
        (windows(19045, "CoreSingleLanguage"), OLD, date(2026, 10, 14), "replace", ""),
        (windows(19045, "Core"), GOOD, TODAY, "free_upgrade", "Windows 11"),
        (windows(19045, "Professional"), OLD, TODAY, "esu", "2028-10-10"),
        (windows(26100, "CloudEdition"), OLD, TODAY, "licence", "Windows 11 Pro"),
        (windows(19045), GOOD, TODAY, "free_upgrade", "Windows 11"),
        (windows(19045), OLD, TODAY, "esu", "2028-10-10"),
        (windows(19042), OLD, TODAY, "esu", "2028-10-10"),
        # What is over in half a year is no way out.
        (windows(19045), OLD, date(2028, 4, 12), "esu", "2028-10-10"),
        (windows(19045), OLD, date(2028, 4, 13), "replace", ""),
        (windows(19045), OLD, date(2028, 10, 11), "replace", ""),
        (windows(14393, "ServerStandard", server=True), OLD, date(2029, 12, 1), "licence", "Windows Server 2025"),
        (windows(19045), Hardware(), TODAY, "unknown", "Windows 11"),
        (windows(19044, "EnterpriseS"), GOOD, TODAY, "licence", "Windows 11 Pro"),
        (windows(14393, "EnterpriseS"), GOOD, TODAY, "licence", "Windows 11 Pro"),
        (windows(14393, "EnterpriseS"), OLD, TODAY, "replace", ""),
        (windows(9600), GOOD, TODAY, "licence", "Windows 11 Pro"),
        (windows(9600), OLD, TODAY, "replace", ""),
        (windows(9600), Hardware(), TODAY, "unknown", "Windows 11 Pro"),
        (windows(9600, "ServerStandard", server=True), OLD, TODAY, "licence", "Windows Server 2025"),
        (windows(26100, "ServerStandard", server=True), OLD, date(2034, 11, 15), "replace", ""),
        (windows(14393, "ServerStandard", server=True), GOOD, TODAY, "esu", "2030-01-12"),
        (linux("debian", "12"), OLD, TODAY, "free_upgrade", "Debian 13"),
        (linux("ubuntu", "20.04", "focal"), OLD, TODAY, "free_upgrade", "Ubuntu 26.04"),
        (linux("ubuntu", "24.04", "noble"), OLD, TODAY, "none", ""),
        (linux("linuxmint", "6", "bookworm"), OLD, TODAY, "free_upgrade", "LMDE 7"),
        (linux("zorin", "16.3", "focal"), OLD, TODAY, "free_upgrade", ""),
        (linux("centos", "7"), OLD, TODAY, "free_upgrade", ""),
        (linux("nobara", "40", support_end="2025-05-13"), OLD, TODAY, "free_upgrade", ""),
        (windows(27999), OLD, TODAY, "none", ""),
    ],
)
def test_the_way_out(row, hardware, day, way, to):
    found = way_out(support_of(row, KNOWN, day), hardware, KNOWN, day)
    assert (found.way, found.to) == (way, to)
    if way == "esu" and hardware is OLD and "server" not in row:
        assert found.parts == ("processor", "tpm")


@pytest.mark.parametrize(
    ("row", "first", "to"),
    [
        (linux("ubuntu", "16.04", "xenial"), "Ubuntu 18.04", "Ubuntu 26.04"),
        (linux("ubuntu", "22.04", "jammy"), "Ubuntu 24.04", "Ubuntu 26.04"),
        (linux("ubuntu", "25.04", "plucky"), "Ubuntu 25.10", "Ubuntu 26.04"),
        (linux("ubuntu", "25.10", "questing"), "", "Ubuntu 26.04"),
        (linux("linuxmint", "20.3", "focal"), "Linux Mint 21", "Linux Mint 22.3"),
        (linux("linuxmint", "21.3", "jammy"), "", "Linux Mint 22.3"),
        (linux("linuxmint", "5", "bullseye"), "LMDE 6", "LMDE 7"),
        (linux("debian", "10", "buster"), "Debian 11", "Debian 13"),
        (linux("debian", "12", "bookworm"), "", "Debian 13"),
        (linux("fedora", "40"), "Fedora 41", "Fedora 44"),
    ],
)
def test_releases_that_cannot_be_skipped_are_named(row, first, to):
    day = date(2027, 5, 1)
    known = msgspec.structs.replace(KNOWN, linux=tuple(one for one in KNOWN.linux if one.release != "26.10"))
    found = way_out(support_of(row, known, day), OLD, known, day)
    assert (found.way, found.first, found.to) == (Way.FREE_UPGRADE, first, to)
    assert ("first" in way_words(found, Say("en"))) is bool(first)


def test_an_older_windows_10_comes_to_the_release_that_support_is_sold_for_first():
    older = way_out(support_of(windows(19042), KNOWN, TODAY), OLD, KNOWN, TODAY)
    assert (older.way, older.first) == (Way.ESU, "Windows 10 22H2")
    assert way_words(older, Say("en")).startswith(
        "free update to Windows 10 22H2 first, then buy extended support (ESU), until Tue 10 Oct 2028"
    )
    assert way_words(older, Say("vi")).startswith("cập nhật miễn phí lên Windows 10 22H2 trước, rồi mua hỗ trợ kéo dài")
    assert way_out(support_of(windows(19045), KNOWN, TODAY), OLD, KNOWN, TODAY).first == ""


def test_a_way_without_a_named_release_says_what_can_be_done():
    zorin = support_of(linux("zorin", "16.3", "focal", title="Zorin OS 16.3"), KNOWN, TODAY)
    assert (system_name(zorin), zorin.extended) == ("Zorin OS 16.3 (Ubuntu 20.04)", None)
    assert way_words(way_out(zorin, OLD, KNOWN, TODAY), Say("en")).startswith("install a newer release of this system")
    hanthana = support_of(linux("hanthana", "33", title="Hanthana Linux 33"), KNOWN, TODAY)
    assert (hanthana.state, system_name(hanthana)) == (SupportState.UNKNOWN, "Hanthana Linux 33")
    lmde = support_of(linux("linuxmint", "6", "bookworm", title="LMDE 6 (faye)"), KNOWN, TODAY)
    assert system_name(lmde) == "LMDE 6"
    newer = support_of(linux("linuxmint", "9", "duke", title="LMDE 9 (x)"), KNOWN, TODAY)
    assert system_name(newer) == "LMDE 9 (x)"


@pytest.mark.parametrize(
    ("row", "until", "last"),
    [
        (windows(9600), "2023-01-10", 5022352),
        (windows(9600, "ServerStandard", server=True), "2023-10-10", 5031419),
        (windows(19044), "2023-06-13", 3086),
        (windows(19044, "Education"), "2024-06-11", 4529),
        (windows(19045), "2025-10-14", 6456),
        # The second year's own revision would say what was the last of the first.
        (windows(19045, revision=7548), "2026-10-13", None),
    ],
)
def test_what_was_published_last_for_a_pc_past_its_support(row, until, last):
    found = support_of(row, KNOWN, date(2026, 11, 25), listed=listed(7548))
    assert (found.state, found.until, found.last) == (SupportState.ENDED, date.fromisoformat(until), last)


def test_the_last_of_every_channel_that_has_ended_stands_in_the_list_of_builds():
    known = builds.read((SHIPPED / "builds.json").read_bytes())
    for one in KNOWN.windows:
        listed = [of for of in known.windows if (of.build, of.server) == (one.build, one.server)]
        if one.end >= KNOWN.as_of or not listed:
            continue
        published = {number for of in listed for number in (*of.articles, *(number for number, _ in of.updates))}
        assert one.last in published, one


ONE_DAY = 100
"""So far apart the articles of one patch day stand at most."""


def months(first: date, then: date) -> int:
    """How many patch days there are after the first of these two, the second included."""
    return 12 * (then.year - first.year) + then.month - first.month


def lasts_in(lists: dict[tuple[str, str], list[list[int]]]) -> list[tuple[tuple[str, str], date, int]]:
    """Of each last revision, or article: the list of the source it stands in, the end it is of, its place there."""
    found = []
    for one in KNOWN.windows:
        if one.last is None:
            continue
        there = []
        for (product, release), entries in lists.items():
            of_build = release == f"{one.build}" and product.startswith("Windows Server") is one.server
            if of_build or f"{product} {release}".strip() == f"{one.product} {one.release}".strip():
                numbers = [entry[0 if of_build else 1] for entry in entries]
                # The newest of its number: a revision may have come out under two articles.
                there.append(((product, release), one.end, len(numbers) - 1 - numbers[::-1].index(one.last)))
        assert there, f"{one.product} {one.release} {one.build} is not in {PUBLISHED}"
        found += there
    return found


@pytest.mark.skipif(not PUBLISHED.exists(), reason=f"no {PUBLISHED} to prove the last revisions with")
def test_the_last_of_every_channel_is_proved_by_the_source_of_the_list_of_builds():
    """The source names no days, but articles are numbered as they come out, and each patch day brings one more."""
    source = json.loads(PUBLISHED.read_text("utf-8"))
    newest = builds.patch_day(date.fromisoformat(source["_meta"]["as_of"]))
    told = [((product, release), one) for product, some in source["os"].items() for release, one in some.items()]
    lists = {name: one["rollup"] for name, one in told if one["rollup"]}
    found = lasts_in(lists)
    articles: dict[date, set[int]] = {}
    for name, end, at in found:
        assert end == builds.patch_day(end)
        articles.setdefault(end, set()).add(lists[name][at][1])
    for day, numbers in articles.items():
        assert max(numbers) - min(numbers) < ONE_DAY, (day, numbers)
    for first, then in itertools.pairwise(sorted(articles)):
        assert max(articles[first]) < min(articles[then]), (first, then)
    for (name, first, at), (other, then, behind) in itertools.permutations(found, 2):
        assert name != other or first > then or behind - at >= months(first, then), (name, first, then)
    for name, end, at in found:
        after, listed = len(lists[name]) - 1 - at, lists[name][-1][1]
        if listed > max(map(max, articles.values())):
            assert after >= months(end, newest), (name, end)
        elif all(listed + ONE_DAY < min(numbers) for day, numbers in articles.items() if day > end):
            # It stops before the next end: so it stops with this one.
            assert after == 0, (name, end)


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz", True),
        ("Intel(R) Core(TM) i3-10100 CPU @ 3.60GHz", True),
        ("Intel(R) Core(TM) i5-1035G1 CPU @ 1.00GHz", True),
        ("11th Gen Intel(R) Core(TM) i5-1135G7 @ 2.40GHz", True),
        ("13th Gen Intel(R) Core(TM) i7-1355U", True),
        ("Intel(R) Core(TM) Ultra 5 125H", True),
        ("Intel(R) Core(TM) i3-N305", True),
        ("Intel(R) N100", True),
        ("Intel(R) Celeron(R) N4020 CPU @ 1.10GHz", True),
        ("Intel(R) Pentium(R) Gold G5400 CPU @ 3.70GHz", True),
        ("Intel(R) Celeron(R) G4900 CPU @ 3.10GHz", True),
        ("Intel(R) Core(TM) i9-7900X CPU @ 3.30GHz", True),
        ("AMD Ryzen 5 3500U with Radeon Vega Mobile Gfx", True),
        ("AMD Ryzen 5 5600G with Radeon Graphics", True),
        ("AMD Ryzen 3 PRO 4350G with Radeon Graphics", True),
        ("AMD Athlon Silver 3050U with Radeon Graphics", True),
        ("Intel(R) Core(TM) i3-4130 CPU @ 3.40GHz", False),
        ("Intel(R) Core(TM) i7-7700 CPU @ 3.60GHz", False),
        ("Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz", False),
        ("Intel(R) Core(TM) i5 CPU         750  @ 2.67GHz", False),
        ("Intel(R) Core(TM)2 Duo CPU     E8400  @ 3.00GHz", False),
        ("Intel(R) Pentium(R) CPU G4560 @ 3.50GHz", False),
        ("Intel(R) Pentium(R) CPU G630 @ 2.70GHz", False),
        ("Intel(R) Celeron(R) CPU  N3060  @ 1.60GHz", False),
        ("Intel(R) Pentium(R) CPU N4200 @ 1.10GHz", False),
        ("Intel(R) Pentium(R) CPU J4205 @ 1.50GHz", False),
        ("Intel(R) Celeron(R) J4125 CPU @ 2.00GHz", True),
        ("AMD Ryzen 5 1600 Six-Core Processor", False),
        ("AMD Ryzen 3 2200G with Radeon Vega Graphics", False),
        ("AMD A8-7600 Radeon R7, 10 Compute Cores 4C+6G", False),
        ("Intel(R) Core(TM) i5-6500 CPU @ 3.20GHz", False),
        ("Intel(R) Core(TM) i5-6600K CPU @ 3.50GHz", False),
        ("Intel(R) Core(TM) i7-6500U CPU @ 2.50GHz", False),
        ("Intel(R) Core(TM) i7-6600U CPU @ 2.60GHz", False),
        ("Intel(R) Core(TM) i5-7300U CPU @ 2.60GHz", False),
        ("Intel(R) Core(TM) i5-4305U CPU @ 1.60GHz", False),
        ("Intel(R) Core(TM)2 CPU          6600  @ 2.40GHz", False),
        ("Intel(R) Pentium(R) CPU        G6950  @ 2.80GHz", False),
        ("Intel(R) Core(TM) i7-7820HQ CPU @ 2.90GHz", None),
        ("Intel(R) Core(TM) i9-7980XE CPU @ 2.60GHz", True),
        ("Intel(R) Celeron(R) G6900", True),
        ("Intel(R) Celeron(R) CPU 4205U @ 1.80GHz", True),
        ("Intel(R) Pentium(R) CPU 4417U @ 2.30GHz", True),
        ("Intel(R) Pentium(R) Gold 8505", True),
        ("Intel(R) Pentium(R) CPU 4415U @ 2.30GHz", None),
        ("Loongson-3A5000", None),
        ("", None),
    ],
)
def test_which_processors_carry_windows_11(name, fit):
    assert processor_fits(name) is fit


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, (True, ())),
        ({"tpm": "none"}, (None, ("tpm",))),
        ({"tpm": None}, (None, ("tpm",))),
        ({"memory": 2 << 30}, (False, ("memory",))),
        ({"disk": 30 << 30, "memory": 2 << 30}, (False, ("memory", "disk"))),
        ({"processor": None}, (None, ("processor",))),
    ],
)
def test_which_parts_decide(changes, answer):
    assert fits(msgspec.structs.replace(GOOD, **changes)) == answer


def test_hardware_out_of_sections():
    sections: dict[str, Any] = {
        "system": [{"processor": "x", "memory": 5}],
        "tpm": [{"present": False}],
        "volumes": [{"volume": "D:", "size": 1}, {"volume": "C:", "size": 7}],
    }
    assert hardware_of(sections) == Hardware(processor="x", memory=5, disk=7, tpm="none")
    assert hardware_of({}) == Hardware()
    assert hardware_of({"system": [{"processor": 4, "memory": "x"}], "tpm": [{}]}) == Hardware()


JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=30), st.floats(allow_nan=False))


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "system",
                "product",
                "release",
                "edition",
                "build",
                "revision",
                "server",
                "foundation",
                "extended",
                "title",
                "support_end",
            ]
        ),
        JUNK,
    ),
    st.sampled_from(["windows", "linux"]),
)
def test_no_row_of_a_stranger_breaks_it(row, system):
    found = support_of({**row, "system": system}, KNOWN, TODAY, listed=listed(7548))
    assert (found.counts_as_met is None) == (found.state is SupportState.UNKNOWN)
    assert way_out(found, Hardware(), KNOWN, TODAY).way in Way
    list(support.readings(found))


@given(st.text(max_size=200))
def test_no_processors_name_takes_long(name):
    assert processor_fits(name) in {True, False, None}


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(what="builds"),
        lambda data: data.update(windows=[]),
        lambda data: data.update(as_of="1970-01-01"),
        lambda data: data["windows"].append(dict(data["windows"][0])),
        lambda data: data["windows"][0].update(end="2026-13-01"),
        lambda data: data["windows"][0].update(ends="2026-12-01"),
        lambda data: data.pop("linux"),
    ],
)
def test_a_list_that_cannot_be_is_refused(change):
    data = json.loads(RAW)
    change(data)
    with pytest.raises(Unusable):
        support_list.read(json.dumps(data).encode())


@pytest.mark.parametrize(
    ("part", "change", "english", "vietnamese"),
    [
        ("linux", {"extended": "2020-01-01"}, "at linux[1].extended: the day 2020-01-01 is before `end` (20",
         "ở linux[1].extended: ngày 2020-01-01 trước `end`"),
        ("windows", {"extended": "2020-01-01"}, "at windows[1].extended: ", "trước `end`"),
        ("windows", {"channel": "ZZZ"}, "at windows[1].channel: there is no channel 'ZZZ'; allowed: W, E, LTSC",
         "không có kênh 'ZZZ'; được phép: W, E,"),
        ("windows", {"channel": "W", "server": True}, "allowed: LTSC, SAC, AC", "được phép: LTSC, SAC, AC"),
        ("windows", {"build": -1}, "at windows[1].build: the number -1 cannot be; from 1 to 999999",
         "số -1 không thể có"),
        ("windows", {"build": 10**30}, "at windows[1].build: the number 1000", "từ 1 đến 999999"),
        ("windows", {"years": [{"until": "2001-01-01"}]}, "at windows[1].years[0].until: ", "trước `end`"),
        ("windows", {"years": [{"until": "2090-01-01", "above": -5}]}, "at windows[1].years[0].above: ", "-5"),
        ("windows", {"last": 6456, "years": [{"until": "2090-01-01", "above": 6000}]},
         "at windows[1].years[0].above: the number 6000 cannot be; from 6456", "từ 6456"),
        ("windows", {"years": [{"until": "2090-01-01", "above": 6466}, {"until": "2091-01-01", "above": 6466}]},
         "at windows[1].years[1].above: the number 6466 cannot be; from 6467", "từ 6467"),
        ("windows", {"product": " "}, "at windows[1].product: empty", "để trống"),
        ("linux", {"codename": "a\x1b[31m"}, "at linux[1].codename: 'a\\x1b[31m' holds control", "ký tự điều khiển"),
        ("linux", {"codename": "a\u202eb"}, "at linux[1].codename: ", "ký tự điều khiển"),
        ("linux", {"codename": "a" * 1_000_000}, "1000000 characters long; at most 80 are allowed", "tối đa 80"),
        ("linux", {"release": ""}, "at linux[1].release: empty", "để trống"),
        ("linux", {"end": "1980-01-01"}, "at linux[1].end: the day 1980-01-01 cannot be", "không thể có"),
        ("linux", {"proof": "securty_source"},
         "at linux[1].proof: there is no 'securty_source'; allowed: security_source, esm-infra, esm-apps, none",
         "không có 'securty_source'; được phép: security_source"),
        ("linux", {"product": "debain"}, "at linux[1].product: there is no 'debain'; allowed: debian, ubuntu",
         "không có 'debain'; được phép: debian"),
        ("linux", {"product": "Debian"}, "at linux[1].product: there is no 'Debian'; allowed: debian", "'Debian'"),
        ("linux", {"release": "٢٦"}, "at linux[1].release: '٢٦' cannot stand there; the letters A-Z", "số 0-9"),
        ("windows", {"release": "٢٦"}, "at windows[1].release: '٢٦' cannot stand there", "không dấu"),
        ("windows", {"product": "Window 11"}, "at windows[1].product: there is no 'Window 11'; allowed: Windows 11",
         "không có 'Window 11'; được phép: Windows 11"),
        ("windows", {"product": "Windows 11", "server": True, "channel": "LTSC"},
         "at windows[1].product: there is no 'Windows 11'; allowed: Windows Server", "được phép: Windows Server"),
        ("windows", {"end": "2028-01-01", "extended": "2029-01-01", "years": [{"until": "2029-01-02"}]},
         "at windows[1].years[0].until: the day 2029-01-02 is after `extended` (2029-01-01)", "sau `extended`"),
        ("windows", {"end": "2028-01-01", "extended": "2031-01-01",
                     "years": [{"until": "2030-01-02"}, {"until": "2029-01-02"}]},
         "at windows[1].years[1].until: the day 2029-01-02 is not after the year before it (2030-01-02)",
         "xếp từ sớm đến muộn"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_place_and_what_is_allowed(part, change, english, vietnamese):
    data = json.loads(RAW)
    data[part][1].update(change)
    with pytest.raises(Unusable) as refused:
        support_list.read(json.dumps(data).encode())
    assert english in str(refused.value)
    assert vietnamese in refused.value.vietnamese
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("change", "english", "vietnamese"),
    [
        ({"W": ["Profesional"]}, "at channels.W[0]: there is no edition 'Profesional'; is P", "có phải Prof"),
        ({"W": ["Core"]}, "at channels: editions are missing: CoreN, Core", "thiếu phiên bản CoreN"),
        ({"SE": ["CloudEdition", "CloudEditionN", "core"]}, "at channels.SE[2]: the edition 'core' stands there twice",
         "'core' có hai lần"),
        ({"SE": ["CloudEdition", "CloudEditionN", ""]}, "at channels.SE[2]: empty", "để trống"),
        ({"SE": ["CloudEdition", "CloudEditiоnN"]}, "at channels.SE[1]: ", "không dùng được"),  # noqa: RUF001 - a letter of Cyrillic is the case
    ],
)  # fmt: skip
def test_an_edition_without_its_channel_is_refused(change, english, vietnamese):
    data = json.loads(RAW)
    data["channels"].update(change)
    with pytest.raises(Unusable) as refused:
        support_list.read(json.dumps(data).encode())
    assert english in str(refused.value)
    assert vietnamese in refused.value.vietnamese


def test_a_list_may_name_editions_and_distributions_that_are_new():
    data = json.loads(RAW)
    data["channels"]["E"].append("EnterpriseCloud")
    data["linux"].append({"product": "zorin", "release": "18", "end": "2029-06-01"})
    known = support_list.read(json.dumps(data).encode())
    assert support_of(windows(26200, "EnterpriseCloud"), known, TODAY).until == date(2028, 10, 10)
    zorin = support_of(linux("zorin", "18", title="Zorin OS 18"), known, TODAY)
    assert (zorin.until, system_name(zorin)) == (date(2029, 6, 1), "Zorin OS 18")


def test_every_proof_that_an_agent_tells_is_allowed():
    assert {"security_source", "esm-infra", "esm-apps"} < set(support_list.PROOFS)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_refused(raw):
    with pytest.raises(Unusable):
        support_list.read(raw)


@pytest.mark.skipif(not SHARED.exists(), reason=f"no {SHARED} to compare the shipped list with")
def test_the_shipped_list_is_its_sources():
    source = json.loads(SHARED.read_text("utf-8"))
    assert KNOWN.as_of.isoformat() == source["_meta"]["data_as_of"]
    ends = {(one.build, one.channel): one.end.isoformat() for one in KNOWN.windows if not one.server}
    for build, told in source["windows_build_map"].items():
        for channel, one in told["by_channel"].items():
            assert ends[int(build), channel] == one["eol"]
    servers = {(one.build, one.channel): one.end.isoformat() for one in KNOWN.windows if one.server}
    for build, channels in source["windows_server_build_map"].items():
        for channel, one in channels.items():
            assert servers[int(build), channel] == one["eol"]
    for product in ("ubuntu", "debian", "linuxmint", "fedora", "rhel"):
        assert len([one for one in KNOWN.linux if one.product == product]) == len(source[product])
    assert {name: tuple(told) for name, told in source["windows_edition_channel"].items() if name != "note"} == (
        KNOWN.channels
    )


def test_longer_support_that_was_never_offered_cannot_be_proven():
    found = support_of(windows(26100, revision=99999), KNOWN, TODAY)
    assert found.proof is Proof.NOT_OFFERED
