"""One look at a PC, put together from every single judge; and how many series it comes to."""

import json
import math
import zlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families as parse_text

from schooldrum_collector.app.dated_lists import DatedLists
from schooldrum_collector.app.judging_rules import JudgingRules
from schooldrum_collector.judge.appraisal import (
    Case,
    Kept,
    Look,
    Memory,
    Run,
    Verdicts,
    appraise,
    checks_of,
    lasting,
    opened_kept,
    packed_kept,
)
from schooldrum_collector.judge.live import Unreadable
from schooldrum_collector.judge.patches import PatchState
from schooldrum_collector.judge.posture_checks import PROBES
from schooldrum_collector.judge.posture_found import Verdict
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.judge.software import Where
from schooldrum_collector.judge.support import SupportState
from schooldrum_collector.judge.way_out import Way
from schooldrum_collector.show.exposition import render
from schooldrum_collector.store.records import Appraised, Latest, Machine, MachineState, Register, School
from schooldrum_wire.catalogue import METRICS, SECTIONS, updates
from schooldrum_wire.encoding import encode
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Now, Report
from schooldrum_wire.result import Result
from schooldrum_wire.section import Values

MACHINES = Path(__file__).parents[1] / "machines"
DAY = date(2026, 11, 23)
NOW = 1_795_402_800.0
WHERE = Where(area="hn", school="DEMO", level="THCS", room="DEMO/main/tin1", kind="lab")
SAFETY: dict[str, tuple[Values, ...]] = {
    "operating_system": (
        {
            "system": "windows",
            "product": "Windows 10",
            "edition": "Professional",
            "release": "22H2",
            "build": 19045,
            "revision": 5000,
        },
    ),
    "automatic_updates": ({"mode": "automatic", "why": "default", "restart_pending": False},),
    "update_history": ({"last_scan": "2026-11-22", "last_success": "2026-11-01"},),
    "updates": ({"update": "KB5099999", "kind": "security", "severity": "critical"},),
    "antivirus": ({"product": "Microsoft Defender", "maker": "microsoft", "state": "on", "signatures": "up_to_date"},),
    "firewall": tuple(
        {"profile": name, "enabled": True, "inbound": "block"} for name in ("domain", "private", "public")
    ),
    "accounts": (
        {
            "administrators": 3,
            "everyone_administrator": False,
            "guest": False,
            "password_optional": 0,
            "shortest_password": 8,
            "empty_over_network": False,
            "autologon": False,
            "stored_password": False,
        },
    ),
    "sharing": ({"server": "off", "client": "off"},),
    "remote_desktop": ({"enabled": False},),
}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory = tmp_path_factory.mktemp("data")
    return JudgingRules(directory, DatedLists(directory)).in_force().rules


def case(sections: dict[str, tuple[Values, ...]], **more: Any) -> Case:
    fields = {
        "sections": sections,
        "updated": dict.fromkeys(sections, NOW - 500),
        "outcomes": {},
        "measured": {},
        "told": {},
        "frozen": None,
        "where": WHERE,
        "planned": None,
        "heard": DAY,
        "today": DAY,
    }
    return Case(**{**fields, **more})


def series(look: Look) -> dict[tuple[str, ...], float]:
    return {(one.name, *one.labels.values()): one.value for one in look.kept.readings}


def test_a_pc_out_of_support_is_judged_from_all_sides(rules: Any) -> None:
    look = appraise(case(SAFETY, planned=date(2027, 6, 30)), rules, Memory())
    assert look.verdicts.support
    assert look.verdicts.support.state is SupportState.ENDED
    assert look.verdicts.support.planned == date(2027, 6, 30)
    assert look.verdicts.way
    assert look.verdicts.way.way is not Way.NONE
    assert look.verdicts.patches
    assert look.verdicts.patches.behind
    assert look.kept.checks["supported_system"] == "not_met"
    assert look.kept.checks["firewall"] == "met"
    assert look.kept.checks["encryption"] in {"unknown", "not_applicable"}
    assert "screen_lock" not in look.kept.checks
    found = series(look)
    assert found["school_posture_not_met", "supported_system"] == 1
    assert found["school_windows_builds_behind",] == look.verdicts.patches.behind
    assert look.kept.evidence == {"operating_system": NOW - 500, "updates": NOW - 500}


@pytest.mark.parametrize(
    ("system", "hotfixes", "behind"),
    [
        # The last that was published for it; those for servers with bought support go on.
        ({"product": "Windows 8.1", "build": 9600}, ({"update": "KB5022352"},), 0),
        ({"product": "Windows 8.1", "build": 9600}, ({"update": "KB5020023"},), 2),
        # The list goes on for LTSC.
        ({"product": "Windows 10", "release": "21H2", "build": 19044, "revision": 3086}, (), 0),
        ({"product": "Windows 10", "release": "21H2", "build": 19044, "revision": 2846}, (), 2),
        ({"product": "Windows 10", "release": "22H2", "build": 19045, "revision": 6456}, (), 0),
    ],
)
def test_what_was_never_published_for_a_pc_is_not_missing(
    rules: Any, system: dict[str, Any], hotfixes: tuple[Values, ...], behind: int
) -> None:
    row: Values = {"system": "windows", "edition": "Professional", **system}
    told: dict[str, tuple[Values, ...]] = {
        **SAFETY,
        "operating_system": (row,),
        "hotfixes": hotfixes,
        "updates": (),
    }
    memory = Memory()
    for day in range(20):
        on = DAY + timedelta(days=day)
        look = appraise(case(told, heard=on, today=on), rules, memory)
        memory = look.memory
    assert look.verdicts.patches
    assert (look.verdicts.patches.behind, look.verdicts.patches.count) == (behind, behind)
    assert look.verdicts.patches.state == ("waiting" if behind else "unknown")
    assert (("school_windows_builds_behind",) in series(look)) is bool(behind)
    assert look.kept.checks["updates_in_time"] == ("not_met" if behind else "unknown")


def test_a_support_list_that_does_not_tell_what_was_last_counts_nothing_after_the_end(rules: Any) -> None:
    older = tuple(msgspec.structs.replace(one, last=None) for one in rules.support.windows)
    support = msgspec.structs.replace(rules.support, windows=older)
    look = appraise(case(SAFETY), msgspec.structs.replace(rules, support=support), Memory())
    assert look.verdicts.patches
    assert (look.verdicts.patches.behind, look.verdicts.patches.told) == (None, 1)


def test_the_steps_of_a_pc_whose_starts_show_a_frozen_disk_begin_with_thawing(rules: Any) -> None:
    told: dict[str, tuple[Values, ...]] = {**SAFETY, "sharing": ({"server": "on", "client": "off"},)}
    for frozen in (True, False, None):
        checks = appraise(case(told, frozen=frozen), rules, Memory()).verdicts.checks
        (check,) = [one for one in checks if one.name == "smb1"]
        assert check.fix[0].en.startswith("Thaw the disk first") is (frozen is True)


NEWEST: Values = {
    "system": "windows",
    "product": "Windows 11",
    "edition": "Professional",
    "release": "25H2",
    "build": 26200,
}


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        # Its search timed out before it ever told of one.
        ({"update_history": (), "updates": None}, ("failed", "updates_list_old")),
        ({"update_history": ({"last_scan": "2026-05-01"},), "updates": None}, ("updates_stale", "updates_list_old")),
        ({"update_history": ({"last_scan": "2026-05-01"},), "updates": ()}, ("updates_stale", "updates_list_old")),
    ],
)
def test_the_newest_build_of_an_old_list_is_not_up_to_date_by_that(rules: Any, changed: Any, reasons: Any) -> None:
    row: Values = {**NEWEST, "revision": 8973}
    sections = {
        name: rows for name, rows in {**SAFETY, **changed, "operating_system": (row,)}.items() if rows is not None
    }
    look = appraise(case(sections, outcomes={"updates": "timed_out"}), rules, Memory())
    (check,) = [one for one in look.verdicts.checks if one.name == "updates_in_time"]
    assert (check.verdict, check.reasons) == (Verdict.UNKNOWN, reasons)
    assert series(look)["school_patch_state", "unknown"] == 1
    fresh = appraise(case({**SAFETY, "updates": (), "operating_system": (row,)}), rules, Memory())
    assert fresh.kept.checks["updates_in_time"] == "met"


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({"system": "windows", "product": "Windows 8.1", "edition": "Core", "build": 9600}, "unknown"),
        (
            {"system": "windows", "product": "Windows 7", "edition": "Ultimate", "release": "SP1", "build": 7601},
            "unknown",
        ),
        ({"system": "linux", "product": "ubuntu", "release": "16.04"}, "unknown"),
        ({"system": "linux", "product": "ubuntu", "release": "24.04"}, "met"),
    ],
)
def test_a_system_past_its_support_is_not_in_time_by_its_own_word(rules: Any, row: Any, verdict: str) -> None:
    look = appraise(case({**SAFETY, "updates": (), "operating_system": (row,)}), rules, Memory())
    assert look.kept.checks["updates_in_time"] == verdict
    assert ("school_patch_state", "current") in series(look) or verdict == "unknown"
    assert (look.kept.checks["supported_system"] == "not_met") is (verdict == "unknown")


def test_updates_paused_for_years_are_not_automatic(rules: Any) -> None:
    paused: tuple[Values, ...] = ({"mode": "automatic", "why": "default", "paused_until": "2051-01-01"},)
    assert (
        appraise(case({**SAFETY, "automatic_updates": paused}), rules, Memory()).kept.checks["automatic_updates"]
        == "not_met"
    )


def test_days_of_being_on_are_counted_from_look_to_look_and_time_alone_adds_none(rules: Any) -> None:
    memory = Memory()
    for day in (1, 2, 2, 5):
        memory = appraise(case(SAFETY, heard=date(2026, 11, day)), rules, memory).memory
    assert memory.waiting.pending["KB5099999"].days == 3
    later = appraise(case(SAFETY, heard=date(2026, 11, 5), today=date(2026, 12, 24)), rules, memory)
    assert later.memory.waiting.pending["KB5099999"].days == 3
    assert later.verdicts.patches
    assert later.verdicts.patches.state is PatchState.UNKNOWN


def test_a_frozen_disk_is_told_by_the_product_or_by_the_start_counter(rules: Any) -> None:
    memory = Memory()
    for day in range(1, 29):
        memory = appraise(case(SAFETY, heard=date(2026, 10, day)), rules, memory).memory
    product: dict[str, tuple[Values, ...]] = {**SAFETY, "freeze": ({"product": "Deep Freeze", "state": "frozen"},)}
    looks = [appraise(case(product), rules, memory), appraise(case(SAFETY, frozen=True), rules, memory)]
    assert [look.verdicts.patches and look.verdicts.patches.state for look in looks] == [PatchState.FROZEN] * 2
    assert appraise(case(SAFETY), rules, memory).verdicts.patches != looks[0].verdicts.patches


@pytest.mark.parametrize(
    ("freeze", "counted", "state"),
    [((), True, "frozen"), (({"product": "Deep Freeze", "state": "frozen"},), None, "frozen"), ((), None, "current")],
)
@pytest.mark.parametrize("has_newer", [False, True])
def test_what_is_installed_by_day_on_a_disk_that_forgets_is_not_in_time(
    rules: Any, *, has_newer: bool, freeze: tuple[Values, ...], counted: bool | None, state: str
) -> None:
    system: Values = {**SAFETY["operating_system"][0], "product": "Windows 11", "build": 26200, "release": "25H2"}
    morning = {**SAFETY, "operating_system": ({**system, "revision": 9999},), "freeze": freeze}
    before, memory = morning, Memory()
    look = None
    for day in (DAY + timedelta(days=number) for number in range(20)):
        history: Values = {"last_scan": day.isoformat(), "last_success": day.isoformat()}
        newer = ({**system, "revision": 9999 + has_newer},)
        afternoon = {**morning, "updates": (), "update_history": (history,), "operating_system": newer}
        # Heard again, it is looked at before its slow probes have run: by what it told the evening before.
        for sections in (before, morning, afternoon):
            at = NOW + 86400.0 * (day - DAY).days + 3600.0 * (sections is afternoon)
            measured = {} if sections is before else {"updates": at, "operating_system": at}
            told = case(sections, frozen=counted, heard=day, today=day, measured=measured)
            look = appraise(told, rules, memory)
            memory = look.memory
        before = afternoon
    assert look is not None
    assert look.verdicts.patches is not None
    assert look.verdicts.patches.state == state


def test_what_a_restarted_agent_has_not_told_again_is_remembered(rules: Any) -> None:
    said = (updates.SECURITY_UPDATES_PENDING(4),)
    ended = {"encryption": "denied", "updates": "ok"}
    told = case(SAFETY, outcomes=ended, measured={"updates": NOW}, told={"updates": said})
    first = appraise(told, rules, Memory())
    after = appraise(case(SAFETY, outcomes={"cpu": "ok"}), rules, first.memory)
    assert series(after)["school_security_updates_pending",] == 4
    assert after.kept.evidence["updates"] == NOW
    laptop: dict[str, tuple[Values, ...]] = {**SAFETY, "system": ({"laptop": True},)}
    check = next(one for one in appraise(case(laptop), rules, first.memory).verdicts.checks if one.name == "encryption")
    assert (check.verdict, check.reasons) == (Verdict.UNKNOWN, ("denied",))
    refused = appraise(case(SAFETY, outcomes={"updates": "denied"}), rules, first.memory)
    assert ("school_security_updates_pending",) not in series(refused)


def test_parts_are_compared_within_one_school_alone(rules: Any) -> None:
    def disk(serial: str) -> dict[str, tuple[Values, ...]]:
        return {"disks": ({"disk": "sda", "bus": "sata", "model": "ST500", "serial": serial},)}

    first = appraise(case(disk("a" * 16)), rules, Memory())
    assert [one.event for one in appraise(case(disk("b" * 16)), rules, first.memory).happenings] == ["swapped"]
    elsewhere = msgspec.structs.replace(WHERE, school="OTHER")
    assert appraise(case(disk("b" * 16), where=elsewhere), rules, first.memory).happenings == ()


def test_a_disk_that_is_gone_is_told_and_a_probe_that_failed_says_nothing(rules: Any) -> None:
    row: Values = {"disk": "sda", "bus": "sata", "model": "ST500", "serial": "a" * 16}
    first = appraise(case({"disks": (row,)}, outcomes={"storage": "ok"}), rules, Memory())
    for outcome in ("failed", "timed_out", "denied", "unavailable"):
        look = appraise(case({"disks": ()}, outcomes={"storage": outcome}), rules, first.memory)
        assert (look.happenings, look.memory.parts, look.memory.former) == ((), first.memory.parts, ())
    gone = appraise(case({"disks": ()}, outcomes={"storage": "ok"}), rules, first.memory)
    assert [(one.kind, one.event, one.before) for one in gone.happenings] == [("disks", "gone", "ST500")]
    assert gone.memory.former == ("a" * 16,)
    again = appraise(case({"disks": ()}, outcomes={}), rules, gone.memory)
    assert (again.happenings, again.memory.former) == ((), ("a" * 16,))
    back = appraise(case({"disks": (row,)}), rules, again.memory)
    assert [(one.event, one.serial) for one in back.happenings] == [("added", "a" * 16)]
    assert back.memory.former == ()


def test_what_cannot_be_true_is_judged_as_not_known(rules: Any) -> None:
    told: dict[str, tuple[Values, ...]] = {
        **SAFETY,
        "accounts": ({**SAFETY["accounts"][0], "administrators": -3},),
        "update_history": ({"last_scan": "9999-12-31"},),
        "disks": ({"disk": "sda", "passed": True, "temperature": 65_535, "pending": -1},),
    }
    look = appraise(case(told), rules, Memory())
    assert look.kept.checks["administrators"] == "unknown"
    assert look.verdicts.patches
    assert (look.verdicts.patches.stale, look.verdicts.patches.scan_known) == (True, False)
    assert look.verdicts.disks[0].found.verdict == "ok"
    linux: Values = {"system": "linux", "product": "nobara", "release": "40", "support_end": "9999-12-31"}
    found = appraise(case({"operating_system": (linux,)}), rules, Memory()).verdicts.support
    assert found
    assert found.state is SupportState.UNKNOWN


def test_a_pc_that_told_nothing_of_it_is_not_judged(rules: Any) -> None:
    look = appraise(case({"volumes": ({"volume": "C:"},)}), rules, Memory())
    assert look.verdicts == Verdicts(day=DAY)
    # That nothing waits is not proved by a PC of which nothing is known.
    assert look.kept == Kept(unproven=("school_security_updates_pending",))


@pytest.mark.parametrize("outcome", ["denied", "timed_out", "failed"])
@pytest.mark.parametrize("system", ["windows", "linux"])
def test_a_pc_none_of_whose_probes_may_look_is_all_unknown(rules: Any, outcome: str, system: str) -> None:
    probes = {probe for several in PROBES.values() for probe in several}
    outcomes = {**dict.fromkeys(probes, outcome), "uptime": "ok"}
    look = appraise(case({"host": ({"system": system},)}, outcomes=outcomes), rules, Memory())
    assert len(look.verdicts.checks) == 12
    for check in look.verdicts.checks:
        if (check.name, system) != ("antivirus", "linux"):
            assert (check.name, check.verdict) == (check.name, Verdict.UNKNOWN)
            assert check.reasons == ("denied" if outcome == "denied" else "failed",)
            if outcome == "denied":
                assert ("Command Prompt" in check.fix[0].en) is (system == "windows")
    found = series(look)
    assert found["school_patch_state", "unknown"] == 1
    assert found["school_posture_checks", "met"] == 0
    # After the agent's restart nothing has run yet: what was refused before still is.
    again = appraise(case({"host": ({"system": system},)}, outcomes={"uptime": "ok"}), rules, look.memory)
    assert again.verdicts.checks == look.verdicts.checks


def test_where_nobody_can_say_that_support_goes_on_no_search_proves_anything(rules: Any) -> None:
    row: Values = {**SAFETY["operating_system"][0], "revision": 7700}
    sections = {**SAFETY, "operating_system": (row,), "updates": ()}
    told = {"updates": (updates.SECURITY_UPDATES_PENDING(0),)}
    look = appraise(case(sections, told=told), rules, Memory())
    assert (look.kept.checks["supported_system"], look.kept.checks["updates_in_time"]) == ("unknown", "unknown")
    assert look.verdicts.patches
    assert (look.verdicts.patches.state, look.verdicts.patches.stale) == (PatchState.UNKNOWN, False)
    (check,) = [one for one in look.verdicts.checks if one.name == "updates_in_time"]
    assert check.reasons == ("updates_support_unknown",)
    found = series(look)
    assert found["school_patch_state", "unknown"] == 1
    assert ("school_security_updates_pending",) not in found
    assert ("school_windows_builds_behind",) not in found
    # Of one whose support goes on the same search says everything.
    sound = appraise(
        case({**sections, "operating_system": ({**NEWEST, "revision": 8973},)}, told=told), rules, Memory()
    )
    assert sound.kept.checks["updates_in_time"] == "met"
    assert series(sound)["school_security_updates_pending",] == 0


def in_its_second_year(rules: Any, memory: Memory, today: date, heard: date) -> Look:
    """A look at a PC that has shown the first year of bought support, and stands at its last update."""
    row: Values = {**SAFETY["operating_system"][0], "revision": 7548}
    return appraise(case({"operating_system": (row,)}, today=today, heard=heard), rules, memory)


def test_the_next_year_of_bought_support_is_due_once_the_pc_was_on_for_as_long_as_an_update_may_take(
    rules: Any,
) -> None:
    off, first = date(2026, 11, 5), date(2026, 11, 10)
    look = in_its_second_year(rules, Memory(), off, off)
    # Off since before the update came out: judged each night all the same, and nothing can have shown.
    for night in (25, 40, 90):
        look = in_its_second_year(rules, look.memory, off + timedelta(days=night), off)
        assert (look.kept.checks["supported_system"], look.memory.shown) == ("unknown", (first, 0))
    back = date(2027, 2, 8)
    for days in range(15):
        day = back + timedelta(days=days)
        look = in_its_second_year(rules, look.memory, day, day)
        again = in_its_second_year(rules, look.memory, day, day)
        assert (again.memory.shown, look.memory.shown) == ((first, days + 1), (first, days + 1))
        assert look.kept.checks["supported_system"] == ("unknown" if days < 14 else "not_met")
    # Before it was watched all days count.
    assert in_its_second_year(rules, Memory(), back, back).kept.checks["supported_system"] == "not_met"
    fresh = in_its_second_year(rules, Memory(), date(2026, 11, 24), date(2026, 11, 24))
    assert (fresh.kept.checks["supported_system"], fresh.memory.shown) == ("unknown", (first, 14))


def test_a_newer_list_of_builds_alone_never_proves_that_bought_support_is_over_or_its_updates_late(rules: Any) -> None:
    second = [
        msgspec.structs.replace(one, updates=(*one.updates, (8100, 5109999))) if one.build == 19045 else one
        for one in rules.builds.windows
    ]
    newer = msgspec.structs.replace(
        rules, builds=msgspec.structs.replace(rules.builds, as_of=date(2026, 11, 20), windows=tuple(second))
    )
    look = Look(memory=Memory(), verdicts=Verdicts(day=DAY), kept=Kept())
    for days in range(40):
        day = date(2026, 11, 11) + timedelta(days=days)
        look = in_its_second_year(newer, look.memory, day, day)
        assert (look.kept.checks["supported_system"], look.kept.checks["updates_in_time"]) == ("unknown", "unknown")
    (check,) = [one for one in look.verdicts.checks if one.name == "supported_system"]
    assert check.reasons == ("system_list_old",)


def test_the_steps_fit_the_way_out(rules: Any) -> None:
    row: Values = {**SAFETY["operating_system"][0], "edition": "EnterpriseS", "release": "1507", "build": 10240}
    look = appraise(case({**SAFETY, "operating_system": (row,)}), rules, Memory())
    assert look.verdicts.way
    assert look.verdicts.way.is_bought
    (check,) = [one for one in look.verdicts.checks if one.name == "supported_system"]
    assert check.verdict is Verdict.NOT_MET
    assert "free upgrade" not in " ".join(step.en for step in check.fix)


def test_only_what_an_agent_may_keep_lasts() -> None:
    readings = (
        updates.SECURITY_UPDATES_PENDING(2),
        updates.PATCH_AGE_SECONDS(5),
        Reading("school_cpu_usage_ratio", 0.5),
        Reading("school_security_updates_pending", math.nan),
        Reading("school_never_heard_of", 1.0),
    )
    assert lasting(Run("updates", "ok", NOW, readings)) == readings[:1]


def test_what_is_kept_goes_through_the_store_and_back(rules: Any) -> None:
    look = appraise(case(SAFETY), rules, Memory())
    assert opened_kept(packed_kept(look.kept)) == look.kept
    assert dict(checks_of(packed_kept(look.kept))) == look.kept.checks
    assert msgspec.json.decode(msgspec.json.encode(look.verdicts), type=Verdicts) == look.verdicts
    assert msgspec.json.decode(msgspec.json.encode(look.memory), type=Memory) == look.memory


@given(st.binary(max_size=200))
def test_any_bytes_are_opened_or_told_unreadable(body: bytes) -> None:
    try:
        opened_kept(body)
    except Unreadable:
        assert checks_of(body) is not None


def _values(column: Any) -> st.SearchStrategy[Any]:
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "text": st.text(max_size=12),
        "integer": st.integers(-(2**63), 2**63 - 1),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
    }
    return st.none() | kinds[column.type]


JUDGED = ("operating_system", "updates", "update_history", "automatic_updates", "hotfixes", "disks", "system", "tpm",
          "memory_modules", "monitors", "volumes", "accounts", "antivirus", "firewall", "encryption", "freeze",
          "software", "sharing", "remote_desktop", "screen_lock", "secure_boot")  # fmt: skip


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.lists(
                st.fixed_dictionaries({}, optional={column.name: _values(column) for column in SECTIONS[name].columns}),
                max_size=3,
            )
            for name in JUDGED
        },
    )
)
def test_any_rows_that_may_come_are_judged(rules: Any, sections: dict[str, Any]) -> None:
    look = appraise(case({name: tuple(rows) for name, rows in sections.items()}), rules, Memory())
    assert all(not METRICS[one.name].fault(one.value, one.labels) for one in look.kept.readings)
    again = appraise(case({name: tuple(rows) for name, rows in sections.items()}), rules, look.memory)
    assert again.happenings == ()


def _recorded(name: str) -> tuple[tuple[Reading, ...], dict[str, tuple[Values, ...]]]:
    text = (MACHINES / name / "expected.prom").read_text("utf-8")
    readings = tuple(
        Reading(sample.name, float(sample.value), dict(sample.labels))
        for family in parse_text(text)
        for sample in family.samples
    )
    rows = json.loads((MACHINES / name / "expected.json").read_text("utf-8"))
    return readings, {section: tuple(listed) for section, listed in rows.items()}


@pytest.mark.parametrize(
    ("name", "most"),
    [
        # Beside these a PC says how far it comes on its way to the internet: about eight more.
        ("dell-windows10-fr", 32),
        ("wine-windows10-en", 32),
        ("raspberrypi-debian12-en", 32),
        ("virtual-debian12-en", 32),
        # Half duplex, results that wait and results that were lost.
        ("assembled-windows8.1-vi", 40),
        # A laptop with two disks, a wireless card and a battery, whose clock jumped and whose frames are lost.
        ("lenovo-windows11-vi", 40),
        # Three volumes and two network cards.
        ("dell-ubuntu24.04-vi", 40),
    ],
)
def test_a_pc_shows_at_most_forty_series_with_all_that_is_judged(rules: Any, name: str, most: int) -> None:
    readings, rows = _recorded(name)
    look = appraise(case({**SAFETY, **rows}), rules, Memory())
    readings += (updates.SECURITY_UPDATES_PENDING(1),)
    result = Result(probe="updates", seq=1, outcome="ok", boottime=990.0, wall=NOW, readings=readings)
    report = Report(run="r", boot="b", live=True, results=(result,))
    body = zlib.compress(encode(Delivery(reports=(report,), now=Now(boot="b", boottime=1000.0, wall=NOW))), wbits=31)
    machine = Machine(
        id="m1", school="DEMO", site="main", room="tin1", alias="tin1-01", seat=1, state=MachineState.ACTIVE,
        fingerprint={}, enrolled=NOW,
    )  # fmt: skip
    register = Register(
        version=1, areas={}, schools={"DEMO": School(code="DEMO", name="DEMO")}, rooms={}, machines={"m1": machine},
        by_school={"DEMO": ("m1",)}, settings={}, settings_version=1,
    )  # fmt: skip
    heard = Latest(
        machine="m1", heard=NOW, received=NOW, body=body, run="r", boot="b", clock=NOW - 1000, skew=0.1, beat=60,
        agent="0.1.0", system="Windows", frozen=False,
    )  # fmt: skip
    judged = [Appraised(machine="m1", at=NOW, heard=NOW, basis="", body=packed_kept(look.kept))]
    text = render(register, "DEMO", [heard], lambda *_: Presence(state=State.ONLINE), NOW, appraised=judged).decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == len({line.rpartition(" ")[0] for line in lines})
    assert 25 <= len(lines) <= most, text


def test_each_check_keeps_when_the_pc_told_it(rules) -> None:
    look = appraise(case(SAFETY, measured={"firewall": NOW - 60}), rules, Memory())
    told = {check.name: check.measured for check in look.verdicts.checks}
    # Where no run is known, the section's own time is the least that is.
    assert (told["firewall"], told["antivirus"], told["encryption"]) == (NOW - 60, NOW - 500, None)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(look.verdicts), type=Verdicts) == look.verdicts
