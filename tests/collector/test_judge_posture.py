"""The ten checks of a PC's safety: what meets them, what does not, and what is not known."""

import re
import string
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import schooldrum_collector
from schooldrum_collector.commands.entries import KINDS
from schooldrum_collector.judge.faults import ROOM_KINDS, Faulty
from schooldrum_collector.judge.patches import Patches, PatchState, patches_of
from schooldrum_collector.judge.posture import check_name, counted, judged, readings, to_do, verdict_words
from schooldrum_collector.judge.posture_checks import CHECKS, INFORMATION
from schooldrum_collector.judge.posture_found import Known, Verdict
from schooldrum_collector.judge.posture_policy import Policies, Policy, in_force, read
from schooldrum_collector.judge.posture_steps import FIXES
from schooldrum_collector.judge.posture_words import EVIDENCE, NAMES, NARROWER, NOT_PROVEN, PROFILES, VERDICTS, Words
from schooldrum_collector.judge.software import Where
from schooldrum_collector.judge.support import Proof, Support, SupportState
from schooldrum_collector.judge.update_errors import UPDATE_ERRORS, update_error
from schooldrum_collector.judge.waiting import Seen, Waiting, follow
from schooldrum_collector.judge.way_out import Way, WayOut
from schooldrum_collector.show.safety_words import patch_lines, plan_matters, support_words
from schooldrum_collector.speech import Say
from schooldrum_wire.catalogue import SECTIONS

SHIPPED = Path(schooldrum_collector.__file__).parent / "data" / "posture.toml"
MET, NOT_MET, UNKNOWN, NOT_APPLICABLE = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
SUPPORT = Support(state=SupportState.SUPPORTED, product="Windows 11", release="25H2", until=date(2027, 10, 12))
PATCHES = Patches(state=PatchState.CURRENT, age_days=0, calendar_days=0)
ON = {"product": "Defender", "maker": "microsoft", "state": "on", "signatures": "up_to_date"}
SOUND: dict[str, tuple[dict[str, Any], ...]] = {
    "updates": (),
    "system": ({"laptop": True, "virtual": False},),
    "antivirus": (ON,),
    "firewall": tuple(
        {"profile": name, "enabled": True, "inbound": "block"} for name in ("domain", "private", "public")
    ),
    "encryption": ({"volume": "C:", "role": "system", "state": "encrypted", "protection": "on"},),
    "automatic_updates": ({"mode": "automatic"},),
    "accounts": (
        {"guest": False, "autologon": False, "password_optional": 0, "shortest_password": 8, "administrators": 1},
    ),
    "sharing": ({"server": "off", "client": "off"},),
    "remote_desktop": ({"enabled": False},),
    "screen_lock": ({"locks": True, "after": 600},),
    "secure_boot": ({"firmware": "uefi", "enabled": True},),
}


def known(system: str = "windows", /, **changed: Any) -> Known:
    outcomes = changed.pop("outcomes", {})
    support, patches = changed.pop("support", SUPPORT), changed.pop("patches", PATCHES)
    sections = {name: rows for name, rows in {**SOUND, **changed}.items() if rows is not None}
    return Known(system=system, sections=sections, outcomes=outcomes, support=support, patches=patches)


def verdict(check: str, what: Known, policy: Policy | None = None) -> tuple[Verdict, tuple[str, ...]]:
    found = next(one for one in judged(what, policy or Policy()) if one.name == check)
    assert found.fix if found.verdict is NOT_MET else (found.verdict is UNKNOWN or not found.fix)
    return found.verdict, found.reasons


def test_a_sound_pc_meets_everything() -> None:
    checks = judged(known(), Policy())
    assert [check.name for check in checks] == [*CHECKS, *INFORMATION]
    assert {check.verdict for check in checks} == {MET}
    assert counted(checks) == {MET: 10, NOT_MET: 0, UNKNOWN: 0, NOT_APPLICABLE: 0}


def test_of_a_pc_that_told_nothing_nothing_is_known() -> None:
    checks = judged(Known(system="windows", sections={}), Policy())
    assert {check.verdict for check in checks} == {UNKNOWN}
    assert {check.reasons for check in checks} == {("not_yet",)}


@pytest.mark.parametrize(
    ("probe", "checks"),
    [
        ("antivirus", ["antivirus"]),
        ("firewall", ["firewall"]),
        ("encryption", ["encryption"]),
        ("automatic_updates", ["automatic_updates"]),
        ("accounts", ["sign_in", "administrators"]),
        ("sharing", ["smb1"]),
        ("remote_desktop", ["remote_desktop"]),
        ("screen_lock", ["screen_lock"]),
        ("secure_boot", ["secure_boot"]),
    ],
)
def test_what_may_not_be_read_is_unknown_and_never_bad(probe, checks) -> None:
    for outcome, reason in (("denied", "denied"), ("unavailable", "not_offered")):
        for check in checks:
            # Rows from before the refusal no longer stand for the PC.
            assert verdict(check, known(outcomes={probe: outcome})) == (UNKNOWN, (reason,))
    for outcome in ("failed", "timed_out"):
        for check in checks:
            assert verdict(check, known(outcomes={probe: outcome}))[0] is MET
            assert verdict(check, known(outcomes={probe: outcome}, **{probe: None})) == (UNKNOWN, ("failed",))


@pytest.mark.parametrize(
    ("support", "told"),
    [
        (SUPPORT, (MET, ("system_supported",))),
        (None, (UNKNOWN, ("not_yet",))),
        (Support(state=SupportState.UNKNOWN, product="Windows", release="?"), (UNKNOWN, ("system_not_listed",))),
        (
            Support(state=SupportState.UNKNOWN, product="Windows 11", release="26H2", newer_than=date(2026, 8, 22)),
            (UNKNOWN, ("system_newer",)),
        ),
        (Support(state=SupportState.SUPPORTED, product="arch", release=""), (MET, ("system_supported_open",))),
        (
            Support(state=SupportState.EXTENDED, product="Windows 10", release="22H2", until=date(2026, 10, 13)),
            (MET, ("system_extended",)),
        ),
        (
            Support(state=SupportState.ENDED, product="Windows 10", release="22H2", until=date(2025, 10, 14)),
            (NOT_MET, ("system_ended_on",)),
        ),
        (
            Support(
                state=SupportState.ENDED,
                product="Windows 10",
                release="22H2",
                until=date(2025, 10, 14),
                planned=date(2027, 6, 1),
            ),
            (NOT_MET, ("system_ended_on", "system_planned")),  # a plan is shown and never counts
        ),
    ],
)
def test_a_supported_system(support, told) -> None:
    assert verdict("supported_system", known(support=support)) == told


@pytest.mark.parametrize(
    ("patches", "told"),
    [
        (Patches(state=PatchState.CURRENT, age_days=3, missing=2), (MET, ("updates_waiting",))),
        (Patches(state=PatchState.OFF, age_days=5, calendar_days=90, missing=2), (MET, ("updates_waiting",))),
        (Patches(state=PatchState.WAITING, age_days=15, missing=1), (NOT_MET, ("updates_late",))),
        (Patches(state=PatchState.FROZEN, age_days=74, missing=1), (NOT_MET, ("updates_late", "updates_frozen"))),
        (Patches(state=PatchState.RESTART, age_days=20, missing=1), (NOT_MET, ("updates_late", "updates_restart"))),
        (Patches(state=PatchState.REFUSED, age_days=20, missing=1), (NOT_MET, ("updates_late", "updates_refused"))),
        (Patches(state=PatchState.UNKNOWN), (UNKNOWN, ("not_yet",))),
        (Patches(state=PatchState.UNKNOWN, stale=True), (UNKNOWN, ("updates_stale",))),
        (Patches(state=PatchState.UNKNOWN, stale=True, scan_known=False), (UNKNOWN, ("not_yet",))),
        (Patches(state=PatchState.UNKNOWN, told=0, stale=True, scan_known=False), (UNKNOWN, ("updates_scan_unknown",))),
        (
            Patches(state=PatchState.UNKNOWN, stale=True, behind=0, listed=date(2026, 8, 19), list_old=True),
            (UNKNOWN, ("updates_stale", "updates_list_old")),
        ),
        (Patches(state=PatchState.UNKNOWN, age_days=0, told=0, ended=True), (UNKNOWN, ("updates_ended",))),
        (Patches(state=PatchState.UNKNOWN, age_days=0, told=2, missing=2, ended=True), (UNKNOWN, ("updates_ended",))),
        # Of a PC that told nothing of updates it is not said what waits.
        (Patches(state=PatchState.UNKNOWN, ended=True), (UNKNOWN, ("not_yet", "updates_no_more"))),
        (Patches(state=PatchState.UNKNOWN, behind=0, ended=True), (UNKNOWN, ("not_yet", "updates_no_more"))),
        (Patches(state=PatchState.UNKNOWN, support_known=False), (UNKNOWN, ("not_yet",))),
        (Patches(state=PatchState.UNKNOWN, age_days=0, told=0, support_known=False),
         (UNKNOWN, ("updates_support_unknown",))),
    ],
)  # fmt: skip
def test_updates_in_time(patches, told) -> None:
    assert verdict("updates_in_time", known(patches=patches)) == told


SHOWN = Support(
    state=SupportState.ENDED, product="Windows 10", release="22H2", until=date(2026, 10, 13), days_left=-40,
    extended=date(2028, 10, 10), proof=Proof.PROVEN,
)  # fmt: skip
"""The first year of bought support is proven and over; the second may have been bought."""


@pytest.mark.parametrize(
    ("patches", "more", "reasons", "step"),
    [
        ({"told": 0, "ended": True}, {}, ("updates_ended",), "No more updates come"),
        ({"told": None, "ended": True}, {}, ("not_yet", "updates_no_more"), "No more updates come"),
        ({"told": None, "ended": True}, {"outcomes": {"updates": "denied"}}, ("denied", "updates_no_more"),
         "No more updates come"),
        ({"told": 0, "ended": True}, {"support": SHOWN}, ("updates_support_unknown",), "and install everything"),
        ({"told": 0, "ended": True, "stale": True}, {"support": SHOWN}, ("updates_stale",), "and install everything"),
        ({"told": None, "ended": True}, {"support": SHOWN}, ("not_yet",), ""),
        ({"told": 0, "support_known": False}, {}, ("updates_support_unknown",), ""),
        ({"told": 0, "stale": True, "scan_known": False}, {}, ("updates_scan_unknown",), "and install everything"),
        ({"told": 0, "stale": True}, {}, ("updates_stale",), "and install everything"),
        ({"told": None}, {"outcomes": {"updates": "unavailable"}}, ("not_offered",), "and install everything"),
        ({"told": None, "because": ("service_disabled",)}, {"outcomes": {"updates": "unavailable"}}, ("not_offered",),
         "Remove the update blocker"),
        ({"told": None}, {"outcomes": {"updates": "denied"}}, ("denied",), "sc start Schooldrum"),
        ({"told": None}, {"outcomes": {"updates": "failed"}}, ("failed",), "Restart the PC"),
        ({"told": None}, {}, ("not_yet",), ""),
    ],
)  # fmt: skip
def test_where_a_search_would_tell_the_step_is_to_search(patches, more, reasons, step) -> None:
    what = known(patches=Patches(state=PatchState.UNKNOWN, **patches), **{"support": PAST, **more})
    check = of_check("updates_in_time", what)
    assert (check.verdict, check.reasons) == (UNKNOWN, reasons)
    assert bool(step) is bool(check.fix)
    assert step in " ".join(one.en for one in check.fix)


@pytest.mark.parametrize("outcome", ["unavailable", "failed"])
def test_a_linux_that_never_fetched_its_lists_is_told_to_fetch_them(outcome) -> None:
    row = {"system": "linux", "product": "debian"}
    what = known("linux", patches=Patches(state=PatchState.UNKNOWN), operating_system=(row,),
                 outcomes={"updates": outcome}, updates=None)  # fmt: skip
    steps = " ".join(one.en for one in of_check("updates_in_time", what).fix)
    assert ("sudo apt update" in steps) is (outcome == "unavailable")


@pytest.mark.parametrize(
    ("name", "changed", "vietnamese", "english"),
    [
        ("sign_in", {"accounts": None}, "chưa có số liệu", "no data"),
        ("sign_in", {"outcomes": {"accounts": "denied"}}, "chưa có số liệu", "no data"),
        ("sign_in", {"outcomes": {"accounts": "unavailable"}}, "chưa có số liệu", "no data"),
        ("sign_in", {"outcomes": {"accounts": "timed_out"}, "accounts": None}, "chưa có số liệu", "no data"),
        ("sign_in", {"accounts": ({**SOUND["accounts"][0], "shortest_password": 0},)}, "chưa rõ", "not known yet"),
        ("firewall", {"firewall": ({"profile": "public"},)}, "chưa rõ", "not known yet"),
        ("antivirus", {"antivirus": ({**ON, "signatures": None},)}, "chưa rõ", "not known yet"),
        ("encryption", {"encryption": ({"volume": "C:"},)}, "chưa rõ", "not known yet"),
        ("smb1", {"sharing": ({"server": "off"},)}, "chưa rõ", "not known yet"),
        ("remote_desktop", {"remote_desktop": ({"enabled": True},)}, "chưa rõ", "not known yet"),
        ("administrators", {"accounts": ({"guest": False},)}, "chưa rõ", "not known yet"),
        ("supported_system", {"support": Support(state=SupportState.UNKNOWN, product="x", release="")}, "chưa rõ",
         "not known yet"),
        ("supported_system", {"support": None}, "chưa có số liệu", "no data"),
        ("updates_in_time", {"patches": Patches(state=PatchState.UNKNOWN, told=0, stale=True)}, "chưa rõ",
         "not known yet"),
        ("updates_in_time", {"patches": Patches(state=PatchState.UNKNOWN, ended=True)}, "chưa có số liệu", "no data"),
        ("firewall", {}, "đạt", "met"),
        ("firewall", {"firewall": ({"profile": "public", "enabled": False},)}, "chưa đạt", "not met"),
        ("encryption", {"system": ({"laptop": False},)}, "không áp dụng", "not applicable"),
    ],
)  # fmt: skip
def test_what_proves_nothing_is_not_called_missing(name, changed, vietnamese, english) -> None:
    check = of_check(name, known(**changed))
    assert verdict_words(check) == (vietnamese, english)
    assert check.evidence[0].en.endswith(".")


@pytest.mark.parametrize(
    ("told", "behind", "missing", "count"),
    [(0, 29, 28, 29), (2, 29, 30, 29), (3, None, 3, 3), (None, 4, 3, 4), (0, 1, 0, 0), (None, None, 2, 2)],
)
def test_evidence_and_summary_say_one_figure(told, behind, missing, count) -> None:
    late = Patches(state=PatchState.WAITING, age_days=20, missing=missing, told=told, behind=behind)
    assert late.count == count
    (check,) = [one for one in judged(known(patches=late), Policy()) if one.name == "updates_in_time"]
    assert f"missing: {count}," in check.evidence[0].en
    words = dict(patch_lines(late, Say("en")))["Missing updates"]
    assert words.split()[0] == (f"{count}" if (told, behind) != (None, None) else "not")


@pytest.mark.parametrize(
    ("product", "wanted"),
    [("Windows 11", "newer Windows 11"), ("Windows 10", "ESU"), ("Windows 7", "another PC"), ("debian", "apt update")],
)
def test_steps_for_an_ended_system_are_those_of_that_system(product, wanted) -> None:
    ended = Support(state=SupportState.ENDED, product=product, release="x", until=date(2026, 10, 13))
    row: Any = {"product": product, "system": "windows"}
    told = known(support=ended, operating_system=(row,))
    (check,) = [one for one in judged(told, Policy()) if one.name == "supported_system"]
    steps = " ".join(step.en for step in check.fix)
    assert wanted in steps
    assert ("ESU" in steps) is (product == "Windows 10")


@pytest.mark.parametrize(
    ("product", "english", "vietnamese"),
    [
        ("Windows 10", "Settings > Update & Security > Windows Update",
         "Cài đặt (Settings) > Cập nhật & Bảo mật (Update & Security) > Windows Update"),
        ("Windows 11", "Settings > Windows Update", "Cài đặt (Settings) > Windows Update"),
        ("Windows Server", "Windows Update (in Settings or the Control Panel)", "Windows Update (trong Cài đặt"),
        ("Windows 8.1", "Windows Update (in Settings or the Control Panel)", "Windows Update (trong Cài đặt"),
    ],
)  # fmt: skip
def test_the_way_to_updates_is_that_of_the_pcs_own_windows(product, english, vietnamese) -> None:
    rows: dict[str, Any] = {
        "operating_system": ({"system": "windows", "product": product},),
        "automatic_updates": ({"mode": "off"},),
        "patches": Patches(state=PatchState.WAITING, age_days=30, missing=1),
    }
    for check in judged(known(**rows), Policy()):
        if check.name in {"updates_in_time", "automatic_updates"}:
            assert check.verdict is NOT_MET
            assert check.fix[0].en.startswith(f"Open {english}")
            assert check.fix[0].vi.startswith(f"Mở {vietnamese}")


@pytest.mark.parametrize(
    ("changed", "name", "step"),
    [
        ({"outcomes": {"firewall": "denied"}}, "firewall", "sc start Schooldrum"),
        ({"outcomes": {"firewall": "failed"}, "firewall": None}, "firewall", "Restart the PC"),
        ({"outcomes": {"firewall": "unavailable"}}, "firewall", ""),
        ({"firewall": None}, "firewall", ""),
        ({"antivirus": ({**ON, "signatures": "unknown"},)}, "antivirus", "Open the antivirus"),
        ({"antivirus": ({**ON, "state": "unknown"},)}, "antivirus", "Open Windows Security"),
        ({"patches": Patches(state=PatchState.UNKNOWN, stale=True)}, "updates_in_time", "Open Windows Update"),
        ({"patches": Patches(state=PatchState.UNKNOWN)}, "updates_in_time", ""),
        ({"patches": Patches(state=PatchState.UNKNOWN, age_days=1, missing=1, undecided=True)}, "updates_in_time",
         "Open Windows Update"),
        ({"support": Support(state=SupportState.UNKNOWN, product="x", release="")}, "supported_system", ""),
    ],
)  # fmt: skip
def test_what_is_not_known_says_what_to_do_where_something_can_be_done(changed, name, step) -> None:
    (check,) = [one for one in judged(known(**changed), Policy()) if one.name == name]
    assert check.verdict is UNKNOWN
    assert check.fix[0].en.startswith(step) if step.startswith("Open") else bool(step) is bool(check.fix)
    assert step in " ".join(one.en for one in check.fix)


def test_unknown_checks_with_the_same_steps_are_told_together() -> None:
    refused = dict.fromkeys(("firewall", "accounts", "screen_lock"), "denied")
    checks = judged(known(outcomes=refused, sharing=({"server": "on", "client": "off"},)), Policy())
    assert [[one.name for one in together] for together in to_do(checks)] == [
        ["firewall", "sign_in", "administrators"],
        ["smb1"],
    ]
    assert to_do(judged(known(), Policy())) == ()


def test_the_same_steps_are_told_once_for_all_checks_that_ask_for_them() -> None:
    late = Patches(state=PatchState.FROZEN, age_days=30, calendar_days=40, missing=1, told=1)
    checks = judged(known(patches=late, freeze=({"state": "frozen"},)), Policy())
    assert [[one.name for one in together] for together in to_do(checks)] == [["updates_in_time", "automatic_updates"]]


PAST = Support(
    state=SupportState.ENDED, product="Windows 10", release="22H2", until=date(2025, 10, 14), days_left=-405,
    extended=date(2028, 10, 10), proof=Proof.NOT_PROVEN,
)  # fmt: skip


@pytest.mark.parametrize(
    ("told", "state", "step"),
    [
        (0, PatchState.WAITING, "No more updates come to this PC"),
        (None, PatchState.FROZEN, "No more updates come to this PC"),
        # What it was offered before support ended can be installed still.
        (1, PatchState.WAITING, "Open Settings > Update & Security > Windows Update and install everything"),
    ],
)
def test_a_pc_that_gets_no_more_updates_is_not_sent_to_look_for_them(told: Any, state: Any, step: str) -> None:
    late = Patches(state=state, age_days=60, calendar_days=60, missing=5, told=told, behind=5, ended=True)
    row = {"system": "windows", "product": "Windows 10"}
    checks = judged(known(patches=late, support=PAST, operating_system=(row,)), Policy())
    (check,) = [one for one in checks if one.name == "updates_in_time"]
    assert (check.verdict, check.fix[0].en.startswith(step)) == (NOT_MET, True)


@pytest.mark.parametrize(
    ("way", "named"),
    [
        (None, ["free upgrade", "extended support (ESU)"]),
        (WayOut(way=Way.FREE_UPGRADE, to="Windows 11"), ["free upgrade", "extended support (ESU)"]),
        (WayOut(way=Way.UNKNOWN, to="Windows 11", parts=("tpm",)), ["free upgrade", "extended support (ESU)"]),
        (WayOut(way=Way.UNKNOWN, to="Windows 11 Pro", parts=("tpm",)), []),
        (WayOut(way=Way.LICENCE, to="Windows 11 Pro"), []),
        (WayOut(way=Way.ESU, to="2028-10-10"), ["extended support (ESU)"]),
        (WayOut(way=Way.ESU, to="2028-10-10", first="Windows 10 22H2"), ["Windows 10 22H2", "extended support (ESU)"]),
        (WayOut(way=Way.REPLACE), []),
    ],
)  # fmt: skip
def test_a_free_upgrade_and_longer_support_are_named_where_there_may_be_one(
    way: WayOut | None, named: list[str]
) -> None:
    row = {"system": "windows", "product": "Windows 10"}
    what = msgspec.structs.replace(known(support=PAST, operating_system=(row,)), way=way)
    (check,) = [one for one in judged(what, Policy()) if one.name == "supported_system"]
    steps = " ".join(step.en for step in check.fix)
    wanted = sorted(named, key=steps.find)
    assert wanted == named
    assert [one for one in ("free upgrade", "Windows 10 22H2", "extended support (ESU)") if one in steps] == named


@pytest.mark.parametrize(
    ("support", "name"),
    [
        (Support(state=SupportState.SUPPORTED, product="debian", release="12", until=date(2028, 6, 30)), "Debian 12:"),
        (Support(state=SupportState.SUPPORTED, product="linuxmint", release="21.3"), "Linux Mint 21.3:"),
        (Support(state=SupportState.SUPPORTED, product="nobara", release="40", title="Nobara Linux 40"),
         "Nobara Linux 40:"),
        (Support(state=SupportState.UNKNOWN, product="hanthana", release="33"), "Linux 33: "),
        (Support(state=SupportState.ENDED, product="linuxmint", release="6", edition="lmde"), "LMDE 6: "),
        (Support(state=SupportState.SUPPORTED, product="Windows Server", release="2016", channel="LTSC"),
         "Windows Server 2016:"),
        (Support(state=SupportState.SUPPORTED, product="Windows 10", release="21H2", channel="LTSC"),
         "Windows 10 21H2 LTSC:"),
        (Support(state=SupportState.UNKNOWN, product="Windows 10", release="22H2", proof=Proof.NOT_PROVEN),
         "Windows 10 22H2: the PC does not tell its revision"),
    ],
)  # fmt: skip
def test_systems_are_called_as_their_makers_call_them(support: Support, name: str) -> None:
    check = judged(known(support=support), Policy())[0]
    assert check.evidence[0].en.startswith(name)


def test_a_school_may_ask_for_faster_updates() -> None:
    late = known(patches=Patches(state=PatchState.CURRENT, age_days=8, missing=1))
    assert verdict("updates_in_time", late)[0] is MET
    assert verdict("updates_in_time", late, Policy(most_patch_days=7))[0] is NOT_MET


OTHER = {**ON, "product": "Kav", "maker": "other"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((), (NOT_MET, ("antivirus_none",))),
        (({**ON, "installed": False},), (NOT_MET, ("antivirus_none",))),
        (({**ON, "state": "off"},), (NOT_MET, ("antivirus_off",))),
        (
            ({**ON, "state": "snoozed"}, {**OTHER, "state": "expired"}),
            (NOT_MET, ("antivirus_off", "antivirus_expired")),
        ),
        (({**OTHER, "state": "expired"},), (NOT_MET, ("antivirus_expired",))),
        (({**ON, "mode": "passive"},), (NOT_MET, ("antivirus_off",))),
        (({**ON, "state": "off"}, OTHER), (MET, ("antivirus_on",))),
        ((OTHER, {**OTHER, "product": "Bkav"}), (MET, ("antivirus_on", "antivirus_two"))),
        (({**ON, "state": "unknown"},), (UNKNOWN, ("antivirus_not_told",))),
        # A server, where another maker's antivirus is not seen.
        (({**ON, "state": "off", "alone": True},), (UNKNOWN, ("antivirus_unseen",))),
        (({**ON, "mode": "passive", "alone": True},), (UNKNOWN, ("antivirus_unseen",))),
        (({**ON, "state": "unknown", "alone": True},), (UNKNOWN, ("antivirus_not_told",))),
        (({**ON, "alone": True},), (MET, ("antivirus_on",))),
        (({**ON, "signatures": "out_of_date", "alone": True},), (NOT_MET, ("signatures_old",))),
        (({**ON, "signatures": "out_of_date"},), (NOT_MET, ("signatures_old",))),
        (({**ON, "signature_age": 8},), (NOT_MET, ("signatures_old",))),
        (({**ON, "signature_age": 7},), (MET, ("antivirus_on",))),
        (({**ON, "signatures": "unknown"},), (UNKNOWN, ("signatures_not_told",))),
        (({**ON, "signatures": "unknown", "signature_age": 1},), (MET, ("antivirus_on",))),
        (({**ON, "signatures": "out_of_date"}, OTHER), (MET, ("antivirus_on",))),
    ],
)
def test_antivirus(rows, told) -> None:
    assert verdict("antivirus", known(antivirus=rows)) == told


def test_linux_needs_an_antivirus_only_where_that_is_asked() -> None:
    assert verdict("antivirus", known("linux", antivirus=())) == (NOT_APPLICABLE, ("linux_not_asked",))
    asked = Policy(antivirus_on_linux=True)
    assert verdict("antivirus", known("linux", antivirus=()), asked) == (NOT_MET, ("antivirus_none",))


def profile(name: str, state: str, **more: Any) -> dict[str, Any]:
    return {"profile": name, "enabled": {"on": True, "off": False, "?": None}[state], "inbound": "block", **more}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((profile("public", "on", active=True), profile("private", "off", active=False)), (MET, ("firewall_on",))),
        ((profile("public", "off", active=True), profile("private", "on", active=False)), (NOT_MET, ("firewall_off",))),
        ((profile("public", "off"), profile("private", "on")), (UNKNOWN, ("firewall_which",))),
        (
            (profile("public", "off", active=False), profile("private", "on", active=False)),
            (UNKNOWN, ("firewall_which",)),
        ),
        ((profile("public", "on"), profile("private", "on", inbound="allow")), (UNKNOWN, ("firewall_which",))),
        ((profile("public", "off"), profile("private", "off")), (NOT_MET, ("firewall_off",))),
        ((profile("public", "on"), profile("private", "on")), (MET, ("firewall_on",))),
        ((profile("zzz", "on"),), (UNKNOWN, ("firewall_not_told",))),
        ((profile("zzz", "on"), profile("public", "off")), (NOT_MET, ("firewall_off",))),
        ((profile("public", "?"), profile("private", "on")), (UNKNOWN, ("firewall_not_told",))),
        ((profile("public", "?"), profile("private", "off")), (UNKNOWN, ("firewall_which",))),
        ((profile("public", "on", inbound="allow"),), (NOT_MET, ("firewall_lets_in",))),
        ((profile("public", "off"), profile("product", "on", product="Shield")), (MET, ("firewall_on",))),
        ((profile("public", "on"), profile("product", "off", product="Shield")), (MET, ("firewall_on",))),
        ((profile("ufw", "on"),), (MET, ("firewall_on",))),
        ((profile("ufw", "on", inbound="allow"),), (NOT_MET, ("firewall_lets_in",))),
        ((profile("ufw", "off"),), (NOT_MET, ("firewall_off",))),
        ((profile("ufw", "off"), profile("nftables", "on")), (MET, ("firewall_on",))),
        ((profile("ufw", "on", inbound=None),), (UNKNOWN, ("firewall_not_told",))),
        ((profile("public", "on", inbound=None),), (UNKNOWN, ("firewall_not_told",))),
        (
            (profile("public", "?", active=True), profile("private", "on", active=False)),
            (UNKNOWN, ("firewall_not_told",)),
        ),
        ((profile("public", "off", active=True), profile("product", "?")), (UNKNOWN, ("firewall_not_told",))),
        (
            (profile("public", "on", inbound="allow"), profile("product", "?", product="Shield")),
            (UNKNOWN, ("firewall_not_told",)),
        ),
        ((profile("public", "on"), profile("product", "?")), (MET, ("firewall_on",))),
        ((profile("product", "on", product="Shield", inbound=None),), (MET, ("firewall_on",))),
        ((profile("none", "?"),), (UNKNOWN, ("firewall_not_told",))),
        ((), (UNKNOWN, ("not_yet",))),
    ],
)
def test_firewall(rows, told) -> None:
    assert verdict("firewall", known(firewall=rows)) == told


def test_firewalls_have_the_names_people_know() -> None:
    off = known(firewall=(profile("public", "off"), profile("private", "off")))
    found = next(one for one in judged(off, Policy()) if one.name == "firewall")
    assert found.evidence[0].vi == "Tường lửa tắt: mạng công cộng (public), mạng riêng (private)."
    assert found.evidence[0].en == "Firewall off: private network, public network."


BARE = ({"volume": "C:", "role": "system", "state": "decrypted", "protection": "off"},)


@pytest.mark.parametrize(
    ("changed", "policy", "told"),
    [
        ({"encryption": BARE}, {}, (NOT_MET, ("volumes_bare",))),
        ({"encryption": BARE, "system": ({"laptop": False},)}, {}, (NOT_APPLICABLE, ("no_laptop",))),
        ({"encryption": BARE, "system": ({"laptop": True, "virtual": True},)}, {}, (NOT_APPLICABLE, ("no_laptop",))),
        (
            {"encryption": BARE, "system": ({"laptop": False},)},
            {"encryption": "all"},
            (NOT_MET, ("volumes_bare", "encryption_of_all")),
        ),
        ({"encryption": BARE}, {"encryption": "all"}, (NOT_MET, ("volumes_bare",))),
        ({"encryption": BARE}, {"encryption": "none"}, (NOT_APPLICABLE, ("encryption_not_asked",))),
        ({"encryption": BARE, "system": None}, {}, (UNKNOWN, ("laptop_not_told",))),
        ({"system": None}, {}, (MET, ("volumes_encrypted",))),
        (
            {"encryption": ({**SOUND["encryption"][0], "protection": "suspended"},)},
            {},
            (NOT_MET, ("volumes_suspended",)),
        ),
        (
            {"encryption": ({**SOUND["encryption"][0], "state": "encrypting", "protection": "off"},)},
            {},
            (NOT_MET, ("volumes_half",)),
        ),
        (
            {"encryption": ({**SOUND["encryption"][0], "state": "unknown", "protection": "locked"},)},
            {},
            (UNKNOWN, ("volumes_not_told",)),
        ),
        (
            {"encryption": (*SOUND["encryption"], {**BARE[0], "volume": "D:", "role": "data"})},
            {},
            (NOT_MET, ("volumes_bare",)),
        ),
        (
            {"encryption": (*SOUND["encryption"], {**BARE[0], "volume": "/boot", "role": "boot"})},
            {},
            (MET, ("volumes_encrypted",)),
        ),
    ],
)
def test_encryption(changed, policy, told) -> None:
    assert verdict("encryption", known(**changed), Policy(**policy)) == told


@pytest.mark.parametrize(
    ("mode", "asked", "told"),
    [
        ("automatic", "automatic", (MET, ("automatic",))),
        ("download", "automatic", (NOT_MET, ("automatic_asked",))),
        ("notify", "not_off", (MET, ("automatic_asked",))),
        ("off", "not_off", (NOT_MET, ("automatic_off",))),
        (None, "not_off", (UNKNOWN, ("automatic_not_told",))),
    ],
)
def test_automatic_updates(mode, asked, told) -> None:
    policy = Policy(automatic_updates=asked)
    assert verdict("automatic_updates", known(automatic_updates=({"mode": mode},)), policy) == told


@pytest.mark.parametrize(
    "changed",
    [
        {"freeze": ({"product": "Deep Freeze", "state": "frozen"},)},
        {"patches": Patches(state=PatchState.FROZEN, age_days=74, missing=1)},
    ],
)
def test_automatic_updates_of_a_frozen_pc_say_that_they_vanish_and_how_to_keep_them(changed) -> None:
    (check,) = [one for one in judged(known(**changed), Policy()) if one.name == "automatic_updates"]
    assert (check.verdict, check.reasons) == (MET, ("automatic", "updates_frozen"))
    assert "thaw the disk" in check.fix[0].en
    thawed = known(freeze=({"product": "Deep Freeze", "state": "thawed"},))
    (check,) = [one for one in judged(thawed, Policy()) if one.name == "automatic_updates"]
    assert (check.reasons, check.fix) == (("automatic",), ())


@pytest.mark.parametrize(
    ("row", "told", "english", "step"),
    [
        ({"mode": "automatic"}, (MET, ("automatic",)), "Set to install updates automatically.", ""),
        (
            {"mode": "automatic", "paused_until": "2026-12-20"},
            (MET, ("automatic", "automatic_paused")),
            "Set to install updates automatically. Updates are paused until Sun 20 Dec 2026.",
            "",
        ),
        (
            {"mode": "off", "why": "access_disabled"},
            (NOT_MET, ("automatic_closed",)),
            "The policy DisableWindowsUpdateAccess closes Windows Update.",
            "DisableWindowsUpdateAccess",
        ),
        ({"mode": "off", "why": "policy"}, (NOT_MET, ("automatic_off",)), "Automatic updates are off.", "NoAutoUpdate"),
        (
            {"mode": "off", "why": "blocked"},
            (NOT_MET, ("automatic_off",)),
            "Automatic updates are off.",
            "DoNotConnectToWindowsUpdateInternetLocations",
        ),
        ({"mode": "off", "why": "choice"}, (NOT_MET, ("automatic_off",)), "Automatic updates are off.", "the pause"),
    ],
)
def test_the_setting_is_told_and_not_the_doing_and_what_stops_it_is_named(row, told, english, step) -> None:
    what = msgspec.structs.replace(known(automatic_updates=(row,)), today=date(2026, 11, 22))
    check = of_check("automatic_updates", what)
    assert (check.verdict, check.reasons) == told
    assert " ".join(one.en for one in check.evidence) == english
    assert step in " ".join(one.en for one in check.fix)
    assert bool(check.fix) is bool(step)


@pytest.mark.parametrize("error", ["0x80244022", "0x80244019", "0x8024402C", "0x80244017", "0x80072EE2"])
def test_a_server_that_does_not_answer_is_named_whatever_the_error(error) -> None:
    seen = Seen(
        automatic={"mode": "automatic", "own_server": True},
        history={"last_scan": "2026-06-01", "last_failure": "2026-07-01", "error": error},
        updates=(),
    )
    day = date(2026, 8, 26)
    found = patches_of(follow(Waiting(told=True), seen, None, day), seen, None, frozen=None)
    check = of_check("updates_in_time", known(patches=found))
    assert (check.verdict, check.reasons) == (UNKNOWN, ("updates_stale", "updates_server_dead"))
    assert "(WSUS)" in check.evidence[1].en
    assert check.fix[0].en.startswith("Tell whoever runs")


@pytest.mark.parametrize("why", ["choice", "not_installed", "lists_not_refreshed"])
def test_mint_s_own_updater_is_switched_on(why) -> None:
    row = ({"system": "linux", "product": "linuxmint"},)
    automatic = ({"mode": "off", "why": why},)
    check = of_check("automatic_updates", known("linux", automatic_updates=automatic, operating_system=row))
    assert "Update Manager" in check.fix[0].en
    assert not any("unattended-upgrades" in step.en for step in check.fix)


@pytest.mark.parametrize(
    ("why", "error", "step"),
    [
        ("lists_not_refreshed", (), "unattended-upgrades"),
        ("not_installed", (), "unattended-upgrades"),
        ("choice", (), "unattended-upgrades"),
        ("lists_not_refreshed", ("error dpkg",), "dpkg --configure -a"),
        ("", ("error dpkg",), "dpkg --configure -a"),
    ],
)
def test_a_linux_whose_packages_are_sound_is_not_told_to_mend_them(why, error, step) -> None:
    late = Patches(state=PatchState.REFUSED, age_days=20, missing=1, told=1, because=(*((why,) if why else ()), *error))
    row = ({"system": "linux", "product": "debian"},)
    check = of_check("updates_in_time", known("linux", patches=late, operating_system=row))
    assert step in check.fix[0].en


def test_a_server_that_lets_nothing_through_is_for_whoever_runs_it() -> None:
    told: dict[str, Any] = {"told": 0, "idle": True, "own_server": True}
    open_one = Patches(state=PatchState.UNKNOWN, age_days=0, **told)
    late = Patches(state=PatchState.WAITING, age_days=20, missing=2, behind=2, **told)
    for patches, verdict_now in ((open_one, UNKNOWN), (late, NOT_MET)):
        check = of_check("updates_in_time", known(patches=patches))
        assert check.verdict is verdict_now
        assert "(WSUS)" in check.fix[0].en


def test_a_policy_by_which_the_pc_only_tells_is_named() -> None:
    check = of_check("automatic_updates", known(automatic_updates=({"mode": "notify", "why": "policy"},)))
    assert (check.verdict, check.reasons) == (NOT_MET, ("automatic_asked_policy",))
    assert "AUOptions" in check.evidence[0].vi
    assert "AUOptions" in check.fix[0].vi


@pytest.mark.parametrize(
    ("skew", "row", "told"),
    [
        (0, {"signature_age": 40}, (NOT_MET, ("signatures_old",))),
        # The PC counts by its clock, which is in 2035: eight years and more, of which nearly all are its error.
        (3082, {"signature_age": 3082, "signatures": "out_of_date"}, (MET, ("antivirus_on",))),
        (3082, {"signature_age": 3122, "signatures": "out_of_date"}, (NOT_MET, ("signatures_old",))),
        (3082, {"signatures": "out_of_date"}, (UNKNOWN, ("signatures_clock",))),
        (3082, {"signature_age": 4, "signatures": "out_of_date"}, (UNKNOWN, ("signatures_clock",))),
        (-6000, {"signatures": "up_to_date"}, (UNKNOWN, ("signatures_clock",))),
    ],
)
def test_signatures_are_not_judged_by_a_clock_that_is_wrong(skew, row, told) -> None:
    what = msgspec.structs.replace(known(antivirus=({**ON, **row},)), skew=skew * 86400.0 + 30)
    check = of_check("antivirus", what)
    assert (check.verdict, check.reasons) == told
    assert bool(check.fix) is (check.verdict is not MET)


def test_the_day_of_publication_is_told_also_of_what_is_late() -> None:
    published: dict[str, Any] = {"published": date(2026, 11, 10), "missing": 1, "told": 1}
    late = Patches(state=PatchState.WAITING, age_days=20, published_days=30, **published)
    assert of_check("updates_in_time", known(patches=late)).reasons == ("updates_late", "updates_published")
    today = Patches(state=PatchState.CURRENT, age_days=0, published_days=0, **published)
    check = of_check("updates_in_time", known(patches=today))
    assert check.evidence[1].en == "The oldest was published today."
    (state, *_) = [value for _, value in patch_lines(today, Say("en"))]
    assert state.endswith("; published today")


@pytest.mark.parametrize(
    ("because", "state", "reason", "step"),
    [
        (("paused",), PatchState.REFUSED, "updates_paused", "Choose Resume updates"),
        (("paused", "error 0x80240017"), PatchState.REFUSED, "updates_paused+updates_error", "Choose Resume updates"),
        (("paused",), PatchState.RESTART, "updates_restart", "Restart the PC"),
        (("access_disabled",), PatchState.REFUSED, "updates_refused", "DisableWindowsUpdateAccess"),
        (("policy",), PatchState.REFUSED, "updates_refused", "NoAutoUpdate"),
        (("off",), PatchState.REFUSED, "updates_refused", "Remove any update blocker"),
        (("off", "error 0x80070070"), PatchState.REFUSED, "updates_refused+updates_error_known", "update blocker"),
        (("error 0x80070422",), PatchState.REFUSED, "updates_error_known", "sc config wuauserv"),
        (("error 0x80070070",), PatchState.REFUSED, "updates_error_known", "cleanmgr"),
        (("error 0x80070070",), PatchState.RESTART, "updates_restart", "Restart the PC"),
        (("error 0x80073712",), PatchState.REFUSED, "updates_error_known", "/RestoreHealth"),
        (("error 0x80072EE2",), PatchState.REFUSED, "updates_error_known", "netsh winhttp"),
        (("error 0x800F0922",), PatchState.REFUSED, "updates_error_known", "troubleshooter"),
        (("error 0x80246017",), PatchState.REFUSED, "updates_error", "troubleshooter"),
        (("error dpkg",), PatchState.REFUSED, "updates_dpkg", "dpkg --configure -a"),
        (("error 0x80244022", "own_server"), PatchState.REFUSED, "updates_server_dead", "own update server (WSUS)"),
    ],
)
def test_updates_that_are_late_have_the_steps_of_what_stops_them(because, state, reason, step) -> None:
    late = Patches(state=state, age_days=20, missing=1, told=1, because=because)
    check = of_check("updates_in_time", known(patches=late))
    assert check.reasons == ("updates_late", *reason.split("+"))
    assert step in " ".join(one.en for one in check.fix)
    early = msgspec.structs.replace(late, state=PatchState.UNKNOWN, age_days=1, undecided=True)
    if "error" not in because[0] and state is not PatchState.RESTART:
        assert step in " ".join(one.en for one in of_check("updates_in_time", known(patches=early)).fix)


def test_an_error_is_named_by_its_code_and_in_words() -> None:
    late = Patches(state=PatchState.REFUSED, age_days=20, missing=1, told=1, because=("error 0x80070070",))
    check = of_check("updates_in_time", known(patches=late))
    assert check.evidence[1].en == "The last installation failed, error 0x80070070: the disk is full."
    assert check.evidence[1].vi.endswith("mã lỗi 0x80070070: ổ đĩa hết chỗ.")
    assert "blocker" not in " ".join(step.en for step in check.fix)
    new = known(patches=late, operating_system=({"system": "windows", "product": "Windows 11"},))
    assert "Settings > Windows Update" in of_check("updates_in_time", new).fix[2].en


def test_errors_have_their_words_and_their_remedies() -> None:
    for code, error in UPDATE_ERRORS.items():
        assert re.fullmatch(r"0x[0-9a-f]{8}", code)
        assert update_error(code.upper().replace("X", "x")) is error
        assert error.fix in FIXES


@pytest.mark.parametrize(
    ("product", "upgrade"),
    [
        ("ubuntu", "Open Software Updater and choose the upgrade to the new release."),
        ("debian", "In /etc/apt/sources.list"),
        ("linuxmint", "Upgrade by the guide of this system's maker, or install a supported release anew."),
        ("zorin", "Upgrade by the guide of this system's maker, or install a supported release anew."),
        ("fedora", "Upgrade by the guide of this system's maker, or install a supported release anew."),
    ],
)
def test_no_linux_is_sent_to_an_upgrader_it_may_not_have(product, upgrade) -> None:
    support = Support(state=SupportState.ENDED, product=product, release="6", until=date(2026, 1, 1), days_left=-325)
    row = {"system": "linux", "product": product}
    check = of_check("supported_system", known("linux", support=support, operating_system=(row,)))
    assert check.fix[1].en.startswith(upgrade)


FREEZE = ({"product": "Deep Freeze", "state": "frozen"},)


def of_check(name: str, what: Known) -> Any:
    return next(one for one in judged(what, Policy()) if one.name == name)


@pytest.mark.parametrize("how", ["section", "counter"])
@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("antivirus", {"antivirus": ()}),
        ("firewall", {"firewall": (profile("public", "off"),)}),
        ("sign_in", {"accounts": ({**SOUND["accounts"][0], "autologon": True},)}),
        ("administrators", {"accounts": ({**SOUND["accounts"][0], "administrators": 9},)}),
        ("smb1", {"sharing": ({"server": "on", "client": "on"},)}),
        ("remote_desktop", {"remote_desktop": ({"enabled": True, "protected": False},)}),
        ("encryption", {"encryption": BARE}),
        ("automatic_updates", {"automatic_updates": ({"mode": "off"},)}),
        ("automatic_updates", {"automatic_updates": ({"mode": "automatic", "disabled_services": "wuauserv"},)}),
        ("updates_in_time", {"patches": Patches(state=PatchState.UNKNOWN, age_days=1, missing=1, undecided=True)}),
        ("updates_in_time", {"patches": Patches(state=PatchState.WAITING, age_days=60, missing=1, told=1)}),
    ],
)
def test_on_a_frozen_pc_what_a_restart_undoes_begins_with_thawing(how, name, changed) -> None:
    what = known(**changed)
    assert "haw the disk" not in of_check(name, what).fix[0].en
    frozen = known(freeze=FREEZE, **changed) if how == "section" else msgspec.structs.replace(what, frozen=True)
    steps = of_check(name, frozen).fix
    assert "haw the disk" in steps[0].en
    assert "đóng băng" in steps[0].vi
    assert len(steps) <= 3


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("secure_boot", {"secure_boot": ({"firmware": "uefi", "enabled": False},)}),
        ("firewall", {"outcomes": {"firewall": "failed"}, "firewall": None}),
        ("updates_in_time", {"patches": Patches(state=PatchState.WAITING, age_days=60, missing=1, ended=True)}),
    ],
)
def test_what_a_restart_does_not_undo_needs_no_thawing(name, changed) -> None:
    assert of_check(name, known(freeze=FREEZE, **changed)).fix == of_check(name, known(**changed)).fix


@pytest.mark.parametrize(("product", "services"), [("Windows 10", "UsoSvc"), ("Windows 8.1", "wuauserv start= demand")])
def test_services_that_are_switched_off_are_switched_on_again(product, services) -> None:
    rows: dict[str, Any] = {
        "operating_system": ({"system": "windows", "product": product},),
        "automatic_updates": ({"mode": "off", "why": "service_disabled", "disabled_services": "wuauserv"},),
        "patches": Patches(state=PatchState.REFUSED, age_days=60, missing=1, told=1, because=("service_disabled",)),
    }
    automatic, late = (of_check(name, known(**rows)) for name in ("automatic_updates", "updates_in_time"))
    assert services in automatic.fix[1].en
    assert late.fix == automatic.fix


@pytest.mark.parametrize(
    ("product", "system", "step"),
    [
        ("Windows 7", "windows", "'Install updates automatically'"),
        ("Windows 8.1", "windows", "'Install updates automatically'"),
        ("Windows Server", "windows", "sconfig"),
        ("Windows 10", "windows", "Take off the pause"),
        ("ubuntu", "linux", "unattended-upgrades"),
        ("debian", "linux", "unattended-upgrades"),
    ],
)
@pytest.mark.parametrize("mode", ["off", "notify"])
def test_updates_that_a_person_switched_off_are_switched_on_where_that_was_done(product, system, step, mode) -> None:
    rows: dict[str, Any] = {
        "operating_system": ({"system": system, "product": product},),
        "automatic_updates": ({"mode": mode, "why": "choice"},),
        "patches": Patches(state=PatchState.REFUSED, age_days=60, missing=1, told=1, because=("choice",)),
    }
    automatic, late = (of_check(name, known(system, **rows)) for name in ("automatic_updates", "updates_in_time"))
    assert step in " ".join(one.en for one in automatic.fix)
    assert late.fix == automatic.fix
    assert len(automatic.fix) <= 3
    if product in {"Windows 7", "Windows 8.1"}:
        assert "pause" not in " ".join(one.en for one in automatic.fix)
        ended = msgspec.structs.replace(rows["patches"], told=0, ended=True)
        (step_out,) = of_check("updates_in_time", known(**{**rows, "patches": ended})).fix
        assert step_out.en.startswith("No more updates come")


@pytest.mark.parametrize("product", ["Windows 8.1", "Windows Server"])
def test_older_windows_are_not_sent_to_pages_they_do_not_have(product) -> None:
    rows: dict[str, Any] = {
        "operating_system": ({"system": "windows", "product": product},),
        "antivirus": ({**ON, "state": "off"},),
        "firewall": (profile("public", "off"),),
        "remote_desktop": ({"enabled": True, "protected": False},),
        "screen_lock": ({"locks": False},),
    }
    steps = " ".join(step.en for check in judged(known(**rows), Policy()) for step in check.fix)
    assert "Windows Security" not in steps
    assert "Open Settings" not in steps
    defender = of_check("antivirus", known(**rows)).fix[0].en
    assert defender.startswith("Open Windows Defender")
    assert ("Server 2016: in Settings" in defender) is (product == "Windows Server")
    stale = known(operating_system=rows["operating_system"], antivirus=({**ON, "signature_age": 99},))
    assert "Windows Security" not in " ".join(step.en for step in of_check("antivirus", stale).fix)


@pytest.mark.parametrize(
    ("support", "way"),
    [
        (Support(state=SupportState.ENDED, product="Windows Server", release="2012 R2", until=date(2023, 10, 10),
                 extended=date(2026, 10, 13), days_left=-1139), WayOut(way=Way.LICENCE, to="Windows Server 2025")),
        (Support(state=SupportState.ENDED, product="Windows 10", release="1507", channel="LTSC",
                 until=date(2025, 10, 14), days_left=-404), WayOut(way=Way.UNKNOWN, to="Windows 11 Pro")),
        (Support(state=SupportState.ENDED, product="Windows 11", release="24H2", channel="SE",
                 until=date(2026, 10, 13), days_left=-40), WayOut(way=Way.LICENCE, to="Windows 11 Pro")),
    ],
)  # fmt: skip
def test_what_is_sold_no_more_is_not_asked_for(support: Support, way: WayOut) -> None:
    check = of_check("supported_system", msgspec.structs.replace(known(support=support), way=way))
    assert check.reasons == ("system_ended_on",)
    assert check.fix
    assert "ESU" not in " ".join(step.en for step in check.fix)


def test_a_pc_past_its_support_has_the_same_steps_before_and_after_updates_are_late() -> None:
    late = Patches(state=PatchState.WAITING, age_days=60, missing=5, told=0, behind=5, ended=True)
    early = msgspec.structs.replace(late, state=PatchState.UNKNOWN, age_days=1, undecided=True)
    first, last = (of_check("updates_in_time", known(patches=one, support=PAST)) for one in (early, late))
    assert (first.verdict, last.verdict) == (UNKNOWN, NOT_MET)
    assert first.fix == last.fix
    assert first.fix[0].en.startswith("No more updates come")


def test_an_older_way_of_starting_is_not_called_an_older_pc() -> None:
    check = of_check("secure_boot", known(secure_boot=({"firmware": "bios"},)))
    assert check.evidence[0].en == "Started in BIOS (legacy) mode: Secure Boot is not available this way."


def test_a_list_older_than_the_pc_is_said_to_be_old() -> None:
    newer = Support(state=SupportState.UNKNOWN, product="Windows 10", release="22H2", proof=Proof.UNKNOWN)
    (check,) = [one for one in judged(known(support=newer), Policy()) if one.name == "supported_system"]
    assert (check.verdict, check.reasons) == (UNKNOWN, ("system_list_old",))
    assert check.evidence[0].en.startswith("Windows 10 22H2: the support list lacks this year of support.")


def test_what_cannot_show_yet_is_said_with_the_day_and_the_days_of_use_it_takes() -> None:
    waits = msgspec.structs.replace(SHOWN, state=SupportState.UNKNOWN, shows_from=date(2026, 11, 10))
    checks = judged(known(support=waits), Policy(most_patch_days=21))
    (check,) = [one for one in checks if one.name == "supported_system"]
    assert (check.verdict, check.reasons, check.fix) == (UNKNOWN, ("system_next_year",), ())
    assert check.evidence[0].en == (
        "Windows 10 22H2: support after Tue 13 Oct 2026 is not known; it shows from the updates of Tue 10 Nov 2026,"
        " once on for 21 days more."
    )


@pytest.mark.parametrize(
    ("changed", "policy", "told"),
    [
        ({"autologon": True}, {}, (NOT_MET, ("autologon",))),
        ({"autologon": True, "stored_password": True}, {}, (NOT_MET, ("autologon", "stored_password"))),
        (
            {"autologon": True, "stored_password": True},
            {"autologon_allowed": True},
            (MET, ("autologon_allowed", "stored_password_allowed")),
        ),
        ({"autologon": None}, {"autologon_allowed": True}, (MET, ("sign_in_sound",))),
        (
            {"autologon": True, "password_optional": 1},
            {"autologon_allowed": True, "empty_password_allowed": True},
            (MET, ("autologon_allowed", "password_allowed_empty")),
        ),
        # That it signs in by itself is known, whatever else is not.
        (
            {"autologon": True, "password_optional": 1},
            {"autologon_allowed": True},
            (UNKNOWN, ("autologon_allowed", "password_optional")),
        ),
        (
            {"autologon": True, "stored_password": True, "shortest_password": 0},
            {"autologon_allowed": True},
            (UNKNOWN, ("autologon_allowed", "stored_password_allowed", "password_not_asked")),
        ),
        (
            {"autologon": True, "guest": None},
            {"autologon_allowed": True},
            (UNKNOWN, ("autologon_allowed", "sign_in_not_told")),
        ),
        ({"autologon": True, "password_optional": 1, "shortest_password": 0}, {}, (NOT_MET, ("autologon",))),
        ({"guest": True}, {"autologon_allowed": True, "empty_password_allowed": True}, (NOT_MET, ("guest",))),
        # Whether they are empty Windows does not tell, nor that none is where it asks for no length.
        ({"password_optional": 2}, {}, (UNKNOWN, ("password_optional",))),
        ({"shortest_password": 0}, {}, (UNKNOWN, ("password_not_asked",))),
        ({"shortest_password": None}, {}, (UNKNOWN, ("sign_in_not_told",))),
        ({"shortest_password": 0, "accounts": 0}, {}, (MET, ("sign_in_sound",))),
        ({"shortest_password": 0}, {"empty_password_allowed": True}, (MET, ("password_allowed_empty",))),
        ({"password_optional": 2}, {"empty_password_allowed": True}, (MET, ("password_allowed_empty",))),
        (
            {"password_optional": 2, "empty_over_network": True},
            {"empty_password_allowed": True},
            (NOT_MET, ("empty_over_network",)),
        ),
        ({"guest": None}, {}, (UNKNOWN, ("sign_in_not_told",))),
        ({"password_optional": None}, {}, (UNKNOWN, ("sign_in_not_told",))),
        ({"password_optional": None}, {"empty_password_allowed": True}, (MET, ("password_allowed_empty",))),
        ({"guest": None, "autologon": True}, {}, (NOT_MET, ("autologon",))),
    ],
)
def test_signing_in(changed, policy, told) -> None:
    assert verdict("sign_in", known(accounts=({**SOUND["accounts"][0], **changed},)), Policy(**policy)) == told


@pytest.mark.parametrize(
    ("changed", "steps"),
    [
        ({"autologon": True, "guest": True}, "netplwiz"),
        ({"guest": True, "empty_over_network": True}, "net user Guest"),
        ({"guest": True, "empty_over_network": True}, "LimitBlankPasswordUse"),
        ({"guest": True}, "net user Guest"),
        ({"stored_password": True}, "DefaultPassword"),
        ({"empty_over_network": True}, "LimitBlankPasswordUse"),
        ({"password_optional": 1}, "net accounts /minpwlen:8"),
        ({"shortest_password": 0}, "net accounts /minpwlen:8"),
    ],
)
def test_the_steps_about_signing_in_are_those_of_what_was_found(changed, steps) -> None:
    what = known(accounts=({**SOUND["accounts"][0], **changed},))
    (check,) = [one for one in judged(what, Policy()) if one.name == "sign_in"]
    assert steps in " ".join(step.en for step in check.fix)


@pytest.mark.parametrize("system", ["windows", "linux"])
@pytest.mark.parametrize(
    ("faults", "steps"),
    [
        (("guest", "autologon", "password_empty"), ("password", "guest", "auto")),
        (("guest", "autologon", "stored_password"), ("guest", "auto")),
        (("empty_over_network", "autologon"), ("LimitBlankPasswordUse", "auto")),
        # Of four the three worst: the fourth is told once these are mended.
        (
            ("guest", "autologon", "stored_password", "password_empty", "empty_over_network"),
            ("LimitBlankPasswordUse", "password", "guest"),
        ),
    ],
)
def test_several_faults_of_signing_in_have_one_step_each_the_worst_first(system, faults, steps) -> None:
    row = {**SOUND["accounts"][0], **dict.fromkeys(faults, True)}
    if "password_empty" in faults:
        row["password_empty"] = 2
    check = of_check("sign_in", known(system, accounts=(row,)))
    assert len(check.reasons) == len(faults)
    assert len(check.fix) == len(steps)
    for step, word in zip(check.fix, steps, strict=True):
        assert {"auto": "netplwiz" if system == "windows" else "automatic login"}.get(word, word).casefold() in (
            step.en.casefold()
        )


def test_signing_in_on_linux_wants_to_know_of_empty_passwords() -> None:
    row = {"guest": False, "autologon": False, "administrators": 1}
    assert verdict("sign_in", known("linux", accounts=(row,))) == (UNKNOWN, ("sign_in_not_told",))
    assert verdict("sign_in", known("linux", accounts=({**row, "password_empty": 0},)))[0] is MET
    assert verdict("sign_in", known("linux", accounts=({**row, "password_empty": 1},))) == (
        NOT_MET,
        ("password_empty",),
    )


def test_who_is_not_asked_for_a_password_does_not_sign_in_with_one() -> None:
    row = {"guest": False, "autologon": False, "password_empty": 0, "password_unasked": 2}
    check = of_check("sign_in", known("linux", accounts=(row,)))
    assert (check.verdict, check.reasons) == (NOT_MET, ("password_unasked",))
    assert "sudo gpasswd --delete NAME nopasswdlogin" in " ".join(step.en for step in check.fix)
    both = of_check("sign_in", known("linux", accounts=({**row, "guest": True},)))
    assert [word in step.en for word, step in zip(("nopasswdlogin", "allow-guest"), both.fix, strict=True)] == [
        True
    ] * 2
    allowed = judged(known("linux", accounts=(row,)), Policy(empty_password_allowed=True))
    (found,) = [one for one in allowed if one.name == "sign_in"]
    assert (found.verdict, found.reasons) == (MET, ("password_allowed_empty",))


@pytest.mark.parametrize(
    ("why", "reason", "step"),
    [
        ("timer_off", "automatic_timer", "sudo systemctl enable --now apt-daily.timer apt-daily-upgrade.timer"),
        ("timer_masked", "automatic_timer", "sudo systemctl enable --now apt-daily.timer apt-daily-upgrade.timer"),
        ("periodic_off", "automatic_periodic", "delete the line APT::Periodic::Enable"),
    ],
)
def test_where_apts_own_work_stands_still_the_steps_start_it(why, reason, step) -> None:
    check = of_check("automatic_updates", known("linux", automatic_updates=({"mode": "off", "why": why},)))
    assert (check.verdict, check.reasons) == (NOT_MET, (reason,))
    assert step in check.fix[1].en


@pytest.mark.parametrize(
    ("because", "step"),
    [((), "apt-mark unhold"), (("timer_off",), "apt-mark unhold"), (("error dpkg",), "dpkg --configure")],
)
def test_a_package_that_is_held_is_named_and_let_go_first(because, step) -> None:
    rows = (
        {"update": "beta", "kind": "security", "held": True},
        {"update": "alpha", "kind": "security", "held": False},
        {"update": "gamma", "kind": "other", "held": True},
    )
    late = Patches(state=PatchState.WAITING, age_days=20, missing=2, told=2, because=because)
    check = of_check("updates_in_time", known("linux", patches=late, updates=rows))
    assert check.reasons[:2] == ("updates_late", "updates_held")
    assert "Packages kept at their old version on this PC: beta." in [one.en for one in check.evidence]
    assert step in check.fix[0].en


def test_a_pc_that_is_offered_nothing_though_its_revision_lacks_an_update_is_not_called_sound() -> None:
    stuck = Patches(
        state=PatchState.UNKNOWN, age_days=0, told=0, stuck=date(2026, 10, 13), because=("paused", "error 0x80070070")
    )
    check = of_check("updates_in_time", known(patches=stuck))
    assert (check.verdict, check.reasons) == (UNKNOWN, ("updates_stuck", "updates_paused", "updates_error_known"))
    assert "by its revision the PC lacks the update of" in check.evidence[0].en
    assert "Resume updates" in check.fix[1].en


def test_a_policy_that_defers_updates_is_named() -> None:
    hidden = Patches(state=PatchState.UNKNOWN, age_days=0, told=0, deferred=30)
    check = of_check("updates_in_time", known(patches=hidden, updates=()))
    assert (check.verdict, check.reasons) == (UNKNOWN, ("updates_deferred",))
    assert "30 days after it came out" in check.evidence[0].en
    assert "DeferQualityUpdatesPeriodInDays" in check.fix[0].en


def test_a_policy_that_holds_a_system_past_its_support_is_named() -> None:
    ended = Support(
        state=SupportState.ENDED, product="Windows 10", release="22H2", until=date(2025, 10, 14), days_left=-300
    )
    free = WayOut(way=Way.FREE_UPGRADE, to="Windows 11")
    row = ({"mode": "automatic", "held_at": "22H2"},)
    held = known(support=ended, automatic_updates=row)
    check = of_check("supported_system", msgspec.structs.replace(held, way=free))
    assert (check.verdict, check.reasons[-1]) == (NOT_MET, "system_held")
    assert "TargetReleaseVersion" in check.fix[0].en
    # Where no upgrade without charge is offered, the policy keeps nothing away.
    none = of_check("supported_system", msgspec.structs.replace(held, way=WayOut(way=Way.REPLACE)))
    assert "system_held" not in none.reasons


@pytest.mark.parametrize(
    ("row", "most", "told"),
    [
        ({"administrators": 2}, 2, (MET, ("administrators_few",))),
        ({"administrators": 3}, 2, (NOT_MET, ("administrators_many",))),
        ({"administrators": 0}, 0, (MET, ("administrators_few",))),
        ({"administrators": None}, 2, (UNKNOWN, ("administrators_not_told",))),
        ({"administrators": 1, "everyone_administrator": True}, 2, (NOT_MET, ("administrators_all",))),
    ],
)
def test_administrators(row, most, told) -> None:
    assert verdict("administrators", known(accounts=(row,)), Policy(most_administrators=most)) == told


@pytest.mark.parametrize(
    ("system", "product", "first", "second"),
    [
        ("windows", "Windows 11", "Add-LocalGroupMember -SID S-1-5-32-544", "S-1-1-0,S-1-5-4,S-1-5-11,S-1-5-32-545"),
        ("windows", "Windows 7", "net localgroup Administrators NAME /add", '"GROUP" /delete'),
        ("linux", "debian", "usermod -aG sudo NAME", "/etc/sudoers.d"),
    ],
)
def test_where_everybody_is_an_administrator_one_is_named_before_everybody_is_taken_out(
    system, product, first, second
) -> None:
    rows: dict[str, Any] = {
        "operating_system": ({"system": system, "product": product},),
        "accounts": ({"administrators": 1, "everyone_administrator": True},),
    }
    steps = of_check("administrators", known(system, **rows)).fix
    assert first in steps[0].en
    assert second in steps[1].en
    assert ("errors" in steps[2].en) is (system == "windows")
    few = of_check("administrators", known(system, **{**rows, "accounts": ({"administrators": 3},)}))
    assert few.fix != steps


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"server": "on", "client": "on"}, (NOT_MET, ("smb1_server", "smb1_client"))),
        ({"server": None, "client": "on"}, (NOT_MET, ("smb1_client",))),
        ({"server": None, "client": "off"}, (UNKNOWN, ("smb1_not_told",))),
        ({"client": "off"}, (UNKNOWN, ("smb1_not_told",))),
    ],
)
def test_the_old_way_of_sharing(row, told) -> None:
    assert verdict("smb1", known(sharing=(row,))) == told


@pytest.mark.parametrize(
    ("row", "asked", "told"),
    [
        ({"enabled": True, "protected": True}, "protected", (MET, ("remote_protected",))),
        ({"enabled": True, "protected": True}, "off", (NOT_MET, ("remote_on",))),
        ({"enabled": True, "protected": False}, "protected", (NOT_MET, ("remote_open",))),
        ({"enabled": True}, "protected", (UNKNOWN, ("remote_not_told",))),
        ({"enabled": None}, "protected", (UNKNOWN, ("remote_not_told",))),
        ({"enabled": False, "protected": False}, "off", (MET, ("remote_off",))),
    ],
)
def test_remote_desktop(row, asked, told) -> None:
    assert verdict("remote_desktop", known(remote_desktop=(row,)), Policy(remote_desktop=asked)) == told


@pytest.mark.parametrize(
    ("asked", "vietnamese", "english"),
    [
        ("laptops", "mã hóa ổ đĩa (máy xách tay)", "disk encrypted (laptops)"),
        ("all", "mã hóa ổ đĩa", "disk encrypted"),
        ("none", "mã hóa ổ đĩa", "disk encrypted"),
    ],
)
@pytest.mark.parametrize("laptop", [True, False, None])
def test_the_check_of_encryption_is_called_by_what_is_asked(asked, vietnamese, english, laptop) -> None:
    checks = judged(known(system=({"laptop": laptop},)), Policy(encryption=asked))
    names = {check.name: check_name(check) for check in checks}
    assert names.pop("encryption") == (vietnamese, english)
    assert names == {name: words for name, words in NAMES.items() if name != "encryption"}
    assert check_name(msgspec.structs.replace(checks[0], name="of_tomorrow")) == ("of_tomorrow", "of_tomorrow")


def test_what_is_for_information_is_in_no_count() -> None:
    checks = judged(
        known(screen_lock=({"locks": False},), secure_boot=({"firmware": "uefi", "enabled": False},)), Policy()
    )
    assert [check.verdict for check in checks[-2:]] == [NOT_MET, NOT_MET]
    assert counted(checks)[NOT_MET] == 0
    assert {reading.labels.get("check") for reading in readings(checks)} == {None}
    assert verdict("secure_boot", known(secure_boot=({"firmware": "bios"},))) == (NOT_APPLICABLE, ("no_secure_boot",))
    assert verdict("screen_lock", known(screen_lock=({"locks": None},))) == (UNKNOWN, ("nobody_signed_in",))


def test_series_of_a_pc() -> None:
    bad = judged(known(sharing=({"server": "on", "client": "off"},), system=({"laptop": False},)), Policy())
    told = {(one.name, *one.labels.values()): one.value for one in readings(bad)}
    assert told == {
        ("school_posture_checks", "met"): 8,
        ("school_posture_not_met", "smb1"): 1,
    }


VALUES = st.none() | st.booleans() | st.integers(-5, 70) | st.sampled_from(["on", "off", "unknown", "encrypted", "ufw"])


@given(
    sections=st.fixed_dictionaries(
        {
            name: st.lists(
                st.fixed_dictionaries({}, optional={column.name: VALUES for column in SECTIONS[name].columns}),
                max_size=3,
            )
            for name in SOUND
        }
    ),
    outcomes=st.dictionaries(st.sampled_from(sorted(SOUND)), st.sampled_from(["ok", "denied", "failed", "new_word"])),
    system=st.sampled_from(["windows", "linux", "plan9", ""]),
)
def test_whatever_a_pc_says_is_judged(sections, outcomes, system) -> None:
    checks = judged(Known(system=system, sections=sections, outcomes=outcomes), Policy())
    assert len(checks) == 12
    for check in checks:
        assert check.evidence
        assert len(check.fix) <= 3
        if outcomes.get(check.name) == "denied" and check.name in {"antivirus", "firewall"}:
            assert check.verdict in {UNKNOWN, NOT_APPLICABLE}
    assert len(list(readings(checks))) <= 13


# words


def every_sentence() -> list[Words]:
    steps = [step for by_system in FIXES.values() for steps in by_system.values() for step in steps]
    return [
        *NAMES.values(),
        *NARROWER.values(),
        *(error.meaning for error in UPDATE_ERRORS.values()),
        *VERDICTS.values(),
        NOT_PROVEN,
        *PROFILES.values(),
        *EVIDENCE.values(),
        *steps,
    ]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_check_and_every_remedy_has_its_words() -> None:
    assert set(NAMES) == {*CHECKS, *INFORMATION}
    assert set(VERDICTS) == {verdict.value for verdict in Verdict}
    remedies = {"updates_frozen", "updates_restart", "updates_refused", "signatures", "encryption_suspended"}
    remedies |= {"encryption_half", "autologon", "guest", "password_empty", "remote_on", "denied", "failed"}
    remedies |= {"system_bought", "system_replaced", "updates_ended", "automatic_stopped", "antivirus_expired"}
    remedies |= {"empty_over_network", "updates_paused", "automatic_closed", "automatic_policy", "automatic_blocked"}
    remedies |= {"updates_held", "automatic_timer", "automatic_periodic", "password_unasked"}
    remedies |= {"updates_deferred", "system_held", "system_bought_after", "administrators_all", "updates_dpkg"}
    remedies |= {"updates_failing", "updates_disk_full", "updates_unreached", "updates_damaged"}
    remedies |= {"automatic_choice", "automatic_asked_policy", "updates_idle", "updates_server", "clock"}
    # Several faults of signing in have their steps under all their names.
    assert {name for name in FIXES if "+" not in name} == {*CHECKS, *INFORMATION, *remedies} - {"sign_in"}


def test_words_are_in_both_languages_and_in_the_houses_voice() -> None:
    unwanted = ("vi phạm", "không đạt", "tác tử", "agent", "giám sát", "cúp điện", "bạn ", "!", "không phản hồi")
    for words in every_sentence():
        assert fields(words.vi) == fields(words.en)
        assert unicodedata.is_normalized("NFC", words.vi)
        assert words.vi.strip() == words.vi
        assert [word for word in unwanted if word in words.vi.casefold()] == []
        assert 0 < len(words.vi) <= 120
        assert 0 < len(words.en) <= 120
    for by_system in FIXES.values():
        assert "windows" in by_system
        assert all(1 <= len(steps) <= 3 for steps in by_system.values())


# policy


def policies(*rules: str) -> Policies:
    return read("dated = 2026-11-21\n" + "".join(f"[[rule]]\n{rule}\n" for rule in rules))


def test_the_shipped_rules_are_what_is_asked_without_any() -> None:
    assert in_force((read(SHIPPED.read_text("utf-8")),), Where()) == Policy()


LAB = Where(area="hn/q3", school="THCS01", level="THCS", room="THCS01/main/tin1", kind="lab")


def test_the_nearest_place_wins_value_by_value() -> None:
    files = (
        policies(
            'place = "THCS01"\nmost_patch_days = 30', 'place = "hn"\nmost_patch_days = 20\nmost_administrators = 1'
        ),
        policies('kinds = ["lab"]\nautologon_allowed = true\nmost_patch_days = 5'),
    )
    found = in_force(files, LAB)
    assert (found.most_patch_days, found.most_administrators, found.autologon_allowed) == (30, 1, True)
    office = Where(area="hn/q3", school="THCS01", level="THCS", room="THCS01/main/vp", kind="office")
    assert in_force(files, office).autologon_allowed is False


def test_levels_narrow_a_rule_and_the_offices_file_wins_over_the_products() -> None:
    files = (
        policies("most_patch_days = 14"),
        policies('levels = ["TH"]\nmost_patch_days = 60', "most_signature_days = 3"),
    )
    found = in_force(files, LAB)
    assert (found.most_patch_days, found.most_signature_days) == (14, 3)


@pytest.mark.parametrize(
    ("text", "english", "vietnamese"),
    [
        ("", "the entry `dated` is missing", "thiếu mục `dated`"),
        ("[[rule]]\nmost_patch_days = 0", "rule 1, most_patch_days: cannot be used; allowed: 1..365",
         "được phép: 1..365"),
        ("[[rule]]\nmost_patch_days = 1000", "rule 1, most_patch_days: ", "rule 1, most_patch_days: "),
        ('[[rule]]\n[[rule]]\nmost_patch_days = "14"', "rule 2, most_patch_days: ", "giá trị không dùng được"),
        ('[[rule]]\nencryption = "some"', "rule 1, encryption: cannot be used; allowed: laptops, all, none", "laptops"),
        ("[[rule]]\nmost_patch_day = 14", "rule 1: the key 'most_patch_day' is not known; allowed: place,",
         "rule 1: không có khóa 'most_patch_day'; được phép: place,"),
        ("rules = 5", "the key 'rules' is not known; allowed: dated, rule", "không có khóa 'rules'"),
        ("[[rule", "no TOML", "không đúng dạng TOML"),
        ("rule = 5", "rule: cannot be used; allowed: [[rule]]", "rule: giá trị không dùng được"),
        ('[[rule]]\nkinds = ["labb"]', "rule 1, kinds: no room is of the kind 'labb'; allowed: lab, classroom, subject",
         "rule 1, kinds: không có loại phòng 'labb'; được phép: lab, "),
        ('[[rule]]\nplace = "BM/a"\n[[rule]]\nplace = "/BM/main/a"',
         "rule 2: the place 'BM/main/a' stands in rule 1 already", "rule 2: nơi 'BM/main/a' đã có ở rule 1"),
        ('[[rule]]\nkinds = ["lab", "office"]\n[[rule]]\nkinds = ["office", "lab"]', "rule 2: the place '/'",
         "nơi '/'"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_used_are_refused_with_place_and_what_is_allowed(text, english, vietnamese) -> None:
    with pytest.raises(Faulty) as refused:
        read(f"dated = 2026-11-21\n{text}" if text else text)
    assert english in str(refused.value)
    assert vietnamese in refused.value.vietnamese
    assert "$" not in f"{refused.value} {refused.value.vietnamese}"


def test_rules_for_one_place_may_speak_of_different_pcs() -> None:
    told = policies('place = "BM"', 'place = "BM"\nkinds = ["lab"]', 'place = "BM"\nlevels = ["TH"]', 'place = "QY"')
    assert len(told.rule) == 4


def test_kinds_of_rooms_are_those_of_the_register() -> None:
    assert tuple(KINDS) == ROOM_KINDS


@pytest.mark.parametrize(
    ("place", "holds"),
    [
        (LAB.room, True),
        (LAB.room.replace("/main/", "/"), True),
        (f" {LAB.room}/ ", True),
        (LAB.school, True),
        (LAB.room.replace("/main/", "/east/"), False),
        ("main", False),
    ],
)
def test_a_rule_names_a_room_with_or_without_the_main_site(place, holds) -> None:
    found = in_force((policies(f'place = "{place}"\nmost_patch_days = 99'),), LAB)
    assert (found.most_patch_days == 99) is holds


def test_a_check_tells_when_the_pc_told_what_it_rests_on() -> None:
    at = {"firewall": 5.0, "operating_system": 7.0, "antivirus": 9.0}
    told = {check.name: check.measured for check in judged(known(), Policy(), at)}
    assert (told["firewall"], told["antivirus"], told["encryption"]) == (5.0, 9.0, None)
    # Which updates wait may not be told: then what the release says is what it rests on.
    assert told["updates_in_time"] == 7.0
    assert {check.measured for check in judged(known(), Policy())} == {None}


@pytest.mark.parametrize(("product", "tool"), [("debian", "apt"), ("ubuntu", "Software Updater")])
def test_the_steps_name_the_tools_of_the_distribution(product: str, tool: str) -> None:
    late = Patches(state=PatchState.WAITING, age_days=30, calendar_days=40, missing=2)
    told = known("linux", operating_system=({"system": "linux", "product": product},), patches=late)
    (check,) = [one for one in judged(told, Policy()) if one.name == "updates_in_time"]
    assert check.verdict is NOT_MET
    assert tool in check.fix[0].en
    assert ("Software Updater" in check.fix[0].en) is (product == "ubuntu")


TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"paused_until": "2051-01-01"}, (NOT_MET, ("automatic_paused_long",))),
        ({"paused_until": "9999-12-31"}, (NOT_MET, ("automatic_paused_long",))),
        ({"paused_until": "2026-12-28"}, (NOT_MET, ("automatic_paused_long",))),
        ({"paused_until": "2026-12-27"}, (MET, ("automatic", "automatic_paused"))),
        ({"paused_until": "2026-11-22"}, (MET, ("automatic", "automatic_paused"))),
        ({"paused_until": "2026-11-21"}, (MET, ("automatic",))),
        ({"paused_until": "soon"}, (MET, ("automatic",))),
        ({"mode": None, "paused_until": "2051-01-01"}, (NOT_MET, ("automatic_paused_long",))),
        ({"mode": "off", "paused_until": "2051-01-01"}, (NOT_MET, ("automatic_off",))),
        ({"disabled_services": "wuauserv,UsoSvc"}, (NOT_MET, ("automatic_stopped",))),
        ({"disabled_services": "WUAUSERV"}, (NOT_MET, ("automatic_stopped",))),
        ({"disabled_services": "BITS DoSvc"}, (MET, ("automatic",))),
    ],
)
def test_what_is_paused_or_stopped_is_not_automatic(row, told) -> None:
    what = known(automatic_updates=({"mode": "automatic", **row},))
    paused = Known(system="windows", sections=what.sections, support=SUPPORT, patches=PATCHES, today=TODAY)
    assert verdict("automatic_updates", paused) == told


def test_a_pause_says_until_when() -> None:
    rows = {**SOUND, "automatic_updates": ({"mode": "automatic", "paused_until": "2026-12-01"},)}
    checks = judged(Known(system="windows", sections=rows, today=TODAY), Policy())
    (check,) = [one for one in checks if one.name == "automatic_updates"]
    assert check.evidence[-1].vi == "Cập nhật đang tạm dừng đến hết ngày 01/12/2026."
    assert check.evidence[-1].en == "Updates are paused until Tue 1 Dec 2026."


def test_what_was_never_sent_has_no_day_on_which_it_was_told() -> None:
    nothing_yet = known(updates=None, patches=Patches(state=PatchState.UNKNOWN, stale=True, scan_known=False))
    checks = judged(nothing_yet, Policy(), {"operating_system": 1_800_000_000.0})
    (check,) = [one for one in checks if one.name == "updates_in_time"]
    assert (check.reasons, check.measured) == (("not_yet",), None)


def test_where_extended_support_is_sold_updates_are_not_said_to_be_published_no_more() -> None:
    sold = Support(
        state=SupportState.ENDED,
        product="Windows 10",
        release="22H2",
        until=date(2026, 10, 13),
        extended=date(2028, 10, 10),
        proof=Proof.PROVEN,
        days_left=-40,
    )
    (check,) = [one for one in judged(known(support=sold), Policy()) if one.name == "supported_system"]
    assert check.reasons == ("system_extended_until",)
    assert "extended support shown until Tue 13 Oct 2026" in check.evidence[0].en
    assert "until Tue 10 Oct 2028" in check.evidence[0].en
    # That the next year was not bought is not known: only that it does not show.
    assert "proven on this PC until Tue 13 Oct 2026 alone" in support_words(sold, Say("en"))
    assert "until Tue 10 Oct 2028" in support_words(sold, Say("en"))
    waits_for_none = Patches(state=PatchState.UNKNOWN, age_days=0, told=0, ended=True)
    told = known(support=sold, patches=waits_for_none)
    assert verdict("updates_in_time", told) == (UNKNOWN, ("updates_support_unknown",))
    never = msgspec.structs.replace(sold, proof=Proof.NOT_PROVEN)
    assert verdict("supported_system", known(support=never))[1] == ("system_ended_bought",)
    over = Support(**{name: getattr(sold, name) for name in ("product", "release", "until", "extended", "proof")},
                   state=SupportState.ENDED, days_left=-900)  # fmt: skip
    assert verdict("supported_system", known(support=over))[1] == ("system_ended_on",)
    assert "publishes no more updates" in support_words(over, Say("en"))


@pytest.mark.parametrize(("channel", "named"), [("LTSC", "21H2 LTSC:"), ("IOT_LTSC", "21H2 IoT LTSC:"), ("E", "21H2:")])
def test_a_long_channel_is_named(channel, named) -> None:
    support = Support(
        state=SupportState.SUPPORTED, product="Windows 10", release="21H2", channel=channel, until=date(2027, 1, 12)
    )
    (check,) = [one for one in judged(known(support=support), Policy()) if one.name == "supported_system"]
    assert named in check.evidence[0].en


@pytest.mark.parametrize(
    ("state", "left", "matters"),
    [(SupportState.ENDED, -3, True), (SupportState.ENDED, None, True), (SupportState.SUPPORTED, 365, True),
     (SupportState.SUPPORTED, 1052, False), (SupportState.SUPPORTED, None, False)],
)  # fmt: skip
def test_a_plan_is_shown_where_there_is_something_to_plan(state, left, matters) -> None:
    support = Support(state=state, product="x", release="", days_left=left, planned=date(2027, 6, 30))
    assert plan_matters(support) is matters
