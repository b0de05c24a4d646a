"""What the ladder's readers make of what was asked: one table of ways, and which step each of them blames."""

import sys
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent import page, pathway
from schooldrum_agent.examine import Answer, check
from schooldrum_agent.probe import Doors, Unavailable
from schooldrum_agent.probes import ladder, services
from schooldrum_agent.sources import net
from schooldrum_agent.step import Step, Verdict
from schooldrum_agent.targets import LITTLE, WHOLE, Order
from schooldrum_wire.catalogue.ladder import REASONS
from schooldrum_wire.result import Outcome
from schooldrum_wire.section import Row

STANDS = {
    "carrier": True, "address": "private", "given": "dhcp", "routed": True,
    "neighbour": "stale", "fresh": False, "answers": True,
}  # fmt: skip
NO_IPV6 = {**STANDS, "address": "", "given": "", "routed": False, "neighbour": ""}


def heard(step: str, *times: float, reason: str = "timeout", how: str = "icmp", **more: Any) -> dict[str, Any]:
    tries = more.pop("tries", max(1, len(times)))
    told = {"step": step, "target": step, "family": "ipv4", "how": how, "tries": tries, "times": list(times)}
    return {**told, "reason": "" if len(times) == tries else reason, **more}


def told(*asked: dict[str, Any], ipv4: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "extent": WHOLE,
        "observer": False,
        "delivered": False,
        "families": {"ipv4": {**STANDS, **(ipv4 or {})}, "ipv6": NO_IPV6},
        "heard": list(asked),
        "hops": [],
        "office": None,
        "pages": [],
        "certified": [],
        **more,
    }


def read(data: dict[str, Any]) -> dict[str, str]:
    said = list(ladder.read(data))
    answer = Answer(
        outcome=Outcome.OK,
        readings=tuple(one for one in said if not isinstance(one, Row)),
        rows=tuple(one for one in said if isinstance(one, Row)),
    )
    assert check(ladder.PROBE, answer) == answer
    assert all(row.values["reason"] in {"", *REASONS} for row in answer.rows)
    steps = {one.labels["step"]: one.value for one in answer.readings if one.name == "school_ladder_step_success"}
    why = {str(row.values["step"]): str(row.values["reason"]) for row in answer.rows if row.values["state"] == "failed"}
    return {step: "ok" if value else why[step] for step, value in steps.items()}


SILENT_GATEWAY = heard("gateway", reason="timeout")
FAR = (heard("national", 0.01), heard("international", 0.1))
NOTHING = (heard("national"), heard("international"))
NOWHERE = (
    heard("national"),
    heard("national", reason="no_route", how="tcp"),
    heard("international", reason="no_route"),
)
"""What comes of a router that itself knows no way out."""
FAR_ENDS = ("national", "international", "collector")
OFFICE = {"reason": "no_route", "family": "ipv4", "named": True, "phases": {}}
HOP = {"hops": 2, "kind": "global", "expired": True, "arrived": False, "family": "ipv4"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (told(SILENT_GATEWAY, *FAR), {"gateway": "ok", "provider": "ok"}),
        (told(SILENT_GATEWAY, *NOTHING), {"gateway": "timeout", "provider": "timeout"}),
        (told(SILENT_GATEWAY, *NOTHING, ipv4={"fresh": True}), {"gateway": "ok"}),
        (told(SILENT_GATEWAY, *NOTHING, ipv4={"answers": False}), {"gateway": None, "provider": "timeout"}),
        (told(SILENT_GATEWAY, *NOTHING, ipv4={"answers": False, "neighbour": "reachable"}), {"gateway": None}),
        (told(SILENT_GATEWAY, *NOTHING, ipv4={"answers": False, "neighbour": "kept"}), {"gateway": None}),
        (told(SILENT_GATEWAY, *NOTHING, ipv4={"answers": False, "neighbour": ""}), {"gateway": "unreachable"}),
        (told(SILENT_GATEWAY, *NOTHING, ipv4={"answers": False, "neighbour": "failed"}), {"gateway": "unreachable"}),
        (told(SILENT_GATEWAY, *NOTHING, ipv4={"neighbour": "failed"}), {"gateway": "unreachable"}),
        (told(SILENT_GATEWAY, *NOTHING, ipv4={"neighbour": "failed", "fresh": True}), {"gateway": "unreachable"}),
        (told(heard("gateway", 0.001), *NOTHING, hops=[HOP]), {"gateway": "ok", "provider": "ok"}),
        (told(heard("gateway", 0.001), *NOTHING, hops=[{**HOP, "kind": "shared"}]), {"provider": "ok"}),
        (told(heard("gateway", 0.001), *NOTHING, hops=[{**HOP, "kind": "private"}]), {"provider": None}),
        (told(heard("gateway", 0.001), *NOTHING, hops=[{**HOP, "expired": False}]), {"provider": "timeout"}),
        (told(ipv4={"carrier": False}), {"link": "no_link", "address": None, "gateway": None}),
        (told(ipv4={"carrier": None, "address": "", "routed": False}), {"link": None, "address": "no_address"}),
        (told(ipv4={"address": "self_assigned"}), {"address": "self_assigned", "gateway": None}),
        (told(ipv4={"routed": False}), {"gateway": "no_route"}),
        (told(ipv4={"routed": False}, office=OFFICE), {"gateway": "no_route", "collector": "no_route"}),
        (told(heard("gateway", 0.001), *NOWHERE, office=OFFICE), dict.fromkeys(FAR_ENDS, "unreachable")),
        (told(heard("gateway", 0.001), *NOWHERE, office=OFFICE), {"gateway": "ok", "provider": "timeout"}),
        (told(heard("resolver", reason="server_failure", how="dns")), {"resolver": "server_failure"}),
        (
            told(office={"reason": "untrusted", "family": "ipv4", "named": True, "phases": {}}),
            {"collector": "inspected"},
        ),
        (
            told(
                office={"reason": "untrusted", "family": "ipv4", "named": True, "phases": {}},
                pages=[{"reason": "", "known": False}],
            ),
            {"collector": "captive"},
        ),
        (told(delivered=True), {"collector": "ok", "gateway": "ok"}),
    ],
)
def test_which_step_is_blamed(data, expected):
    found = read(data)
    assert {step: found.get(step) for step in expected} == expected


def test_loss_jitter_and_round_trip_are_those_of_the_target_asked_most():
    asked = told(heard("national", 0.01, 0.03, 0.02, tries=5), heard("national", 0.5, target="b"), observer=True)
    measured = {
        one.name: one.value
        for one in ladder.read(asked)
        if not isinstance(one, Row) and one.labels.get("step") == "national"
    }
    assert measured["school_ladder_round_trip_seconds"] == 0.02
    assert measured["school_ladder_loss_ratio"] == 0.4
    assert measured["school_ladder_jitter_seconds"] == pytest.approx(0.015)


@given(
    st.lists(
        st.builds(
            heard,
            st.sampled_from(["gateway", "resolver", "independent_resolver", "national", "international"]),
            reason=st.sampled_from(REASONS),
            target=st.sampled_from(["a", "b", "c"]),
            how=st.sampled_from(["icmp", "tcp", "dns"]),
            family=st.sampled_from(["ipv4", "ipv6"]),
            times=st.lists(st.floats(0, 9), max_size=3),
            tries=st.integers(3, 5),
        ),
        max_size=12,
    ),
    st.booleans(),
    st.sampled_from([None, True, False]),
)
def test_whatever_was_heard_is_told_in_declared_words(asked, observer, delivered):
    read(told(*asked, observer=observer, delivered=delivered))


def test_the_way_in_words_names_the_nearest_fault_in_both_languages():
    rows = [one for one in ladder.read(told(SILENT_GATEWAY, *NOTHING)) if isinstance(one, Row)]
    steps = pathway.told(rows, [], extent=WHOLE)
    assert [step.verdict for step in steps[:4]] == [Verdict.GOOD, Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN]
    assert "modem" in steps[2].found["vi"]
    drawn = page.page(steps, "vi")
    assert "Lỗi gần máy này nhất: Modem (bộ định tuyến)." in drawn
    assert "The fault nearest to this PC: Modem (router)." in page.page(steps, "en")


MODEM, NO_NAMES = heard("gateway", 0.001), heard("resolver", reason="server_failure", how="dns")
PUBLIC_NAMES = heard("independent_resolver", reason="no_route", how="dns")
LINE = "The Internet line, from the modem outwards"
OFFICE_WELL = {**OFFICE, "reason": ""}
PORTAL = [{"reason": "", "known": False}]


@pytest.mark.parametrize(
    ("data", "first", "names"),
    [
        (told(MODEM, NO_NAMES, PUBLIC_NAMES, *NOWHERE, office=OFFICE), LINE, Verdict.UNKNOWN),
        (told(MODEM, NO_NAMES, PUBLIC_NAMES, *NOTHING, office=OFFICE), LINE, Verdict.UNKNOWN),
        (told(MODEM, NO_NAMES, *NOTHING, hops=[{**HOP, "kind": "private"}]), LINE, Verdict.UNKNOWN),
        (told(MODEM, NO_NAMES, *NOTHING, hops=[HOP]), LINE, Verdict.UNKNOWN),
        (told(MODEM, heard("resolver", 0.01, how="dns"), *NOTHING), LINE, Verdict.GOOD),
        # The collector stands in the school's own network, or behind another line.
        (told(MODEM, NO_NAMES, *NOTHING, office=OFFICE_WELL), LINE, Verdict.BAD),
        (told(MODEM, NO_NAMES, *FAR), "Names (DNS) of this network", Verdict.BAD),
        (told(MODEM, NO_NAMES, heard("national", 0.01), heard("international")), "Names (DNS)", Verdict.BAD),
        (told(MODEM, NO_NAMES, PUBLIC_NAMES), "Names (DNS) of this network", Verdict.BAD),
        (told(SILENT_GATEWAY, NO_NAMES, *NOTHING), "Modem (router)", Verdict.UNKNOWN),
        (told(SILENT_GATEWAY, NO_NAMES, *NOTHING, ipv4={"answers": False}), "The provider", Verdict.UNKNOWN),
        (told(NO_NAMES, *NOTHING, ipv4={"routed": False}, office=OFFICE), "Modem (router)", Verdict.UNKNOWN),
        (told(MODEM, NO_NAMES, *NOTHING, pages=PORTAL), "Names (DNS) of this network", Verdict.BAD),
    ],
)
def test_the_headline_names_the_line_where_nothing_behind_the_modem_answers(data, first, names):
    said = list(ladder.read(data))
    rows = [one for one in said if isinstance(one, Row)]
    readings = [one for one in said if not isinstance(one, Row)]
    steps = pathway.told(rows, readings, extent=WHOLE)
    nearest = pathway.nearest(rows, readings)
    assert f"The fault nearest to this PC: {first}" in page.page(steps, "en", nearest=nearest)
    if first is LINE:
        assert "nhất: Đường truyền Internet, từ modem trở ra." in page.page(steps, "vi", nearest=nearest)
    assert next(step.verdict for step in steps if step.title["en"].startswith("Names")) is names
    told_of = [step.title["en"] for step in steps if "knows no modem" in step.found["en"]]
    assert told_of == (["Modem (router)"] if not data["families"]["ipv4"]["routed"] else [])


def test_a_pulled_cable_is_not_told_as_a_modem_nobody_knows():
    data = told(ipv4={"carrier": False, "address": "", "routed": False}, office=OFFICE)
    rows = [one for one in ladder.read(data) if isinstance(one, Row)]
    steps = pathway.told(rows, [], extent=WHOLE)
    assert (steps[0].verdict, pathway.nearest(rows, [])) == (Verdict.BAD, None)
    assert not any("knows no modem" in step.found["en"] for step in steps)


def test_a_modem_that_may_never_answer_is_not_called_gone():
    rows = [one for one in ladder.read(told(SILENT_GATEWAY, *NOTHING, ipv4={"answers": False})) if isinstance(one, Row)]
    steps = pathway.told(rows, [], extent=WHOLE)
    assert [step.verdict for step in steps[:3]] == [Verdict.GOOD, Verdict.GOOD, Verdict.UNKNOWN]
    assert "some modems never do" in steps[2].found["en"]
    unaddressed = [row for row in rows if row.values["step"] == "link"]
    assert "could not be tried" in pathway.told(unaddressed, [], extent=WHOLE)[2].found["en"]


def test_what_is_found_is_text_on_the_page():
    nasty = "<script>alert(1)</script>"
    step = Step(verdict=Verdict.BAD, title={"vi": nasty, "en": nasty}, found={"vi": nasty, "en": nasty})
    drawn = page.page([step], "vi")
    assert "<script" not in drawn
    assert "default-src 'none'" in drawn
    assert "http" not in drawn.replace("http-equiv", "")


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux' own tables")
def test_a_known_near_way_is_told_as_it_was_found_and_nothing_is_asked(monkeypatch):
    order = Order(extent=LITTLE, seconds=0.3, tries=1, delivered=True)
    doors = Doors(boottime=time.monotonic, wall=time.time, way=lambda: order)
    found = ladder.fetch_linux(doors)
    monkeypatch.setattr(net, "surroundings", None)
    order = msgspec.structs.replace(order, known=True)
    assert ladder.fetch_linux(doors) == found
    assert list(ladder.read(ladder.fetch_linux(doors))) == list(ladder.read(found))


def test_only_observers_ask_services():
    for order in (Order(services={"a": ("dns", "a.vn")}), Order(observer=True)):
        doors = Doors(boottime=time.monotonic, wall=time.time, way=lambda order=order: order)  # type: ignore[misc]  # a default
        with pytest.raises(Unavailable):
            services.fetch_linux(doors)


def test_services_are_told_and_their_figures_are_bounded():
    phases = {"resolve": 0.01, "connect": 0.02, "tls": 0.03, "first_byte": 0.04, "transfer": 0.05}
    asked = [
        {"name": f"s{number:02}", "kind": "https", "reason": "" if number else "refused", "phases": phases}
        for number in range(60)
    ]
    said = list(services.read({"services": asked}))
    assert len([one for one in said if isinstance(one, Row)]) == 60
    assert len([one for one in said if not isinstance(one, Row)]) == 60 + 5 * (services.MOST_WITH_PHASES - 1)
