"""A real machine is judged: support, updates, the ten checks; on the school's page, for people and for programs."""

import json
import platform
import re
from typing import Any

from tests.e2e.programs import eventually, fetched

KEPT = ("school_support_end_timestamp_seconds", "school_patch_state", "school_posture_checks")


def names(page: str) -> set[str]:
    return {name for name in KEPT if re.search(rf"^{name}\{{", page, re.MULTILINE)}


def judged_probes(page: str) -> set[str]:
    return set(re.findall(r'^school_evidence_timestamp_seconds\{.*probe="(\w+)"\}', page, re.MULTILINE))


def test_this_machine_is_judged_and_stays_judged_after_its_goodbye(collector, agent):
    eventually(
        lambda: names(collector.page()) == set(KEPT) and "updates" in judged_probes(collector.page()),
        150,
        "support, updates and checks on the school's page",
    )
    assert {"operating_system", "updates"} <= judged_probes(collector.page())
    machine = collector.machines()[0]["id"]

    eventually(lambda: shown(collector, machine)["appraisal"]["support"], 30, "what is judged, by the API")
    # A long list comes in a delivery of its own.
    eventually(lambda: shown(collector, machine)["appraisal"]["patches"]["told"] is not None, 90, "what is missing")
    told = shown(collector, machine)
    appraisal = told["appraisal"]
    assert appraisal["support"]["product"] == platform.freedesktop_os_release()["ID"]
    assert len(appraisal["checks"]) == 12
    assert {one["check"]: one["verdict"] for one in appraisal["checks"]}["antivirus"] == "not_applicable"
    measured = {one["check"]: one["measured"] for one in appraisal["checks"]}
    assert measured["updates_in_time"]
    assert measured["supported_system"]
    assert [one["action"] for one in told["changes"]] == ["enrol-new"]
    # The command answers with the very same.
    data = json.loads(collector.call("machines", "show", "DEMO/tin1-01", "--json"))
    assert data["appraisal"]["support"] == appraisal["support"]
    assert [one["check"] for one in data["appraisal"]["checks"]] == [one["check"] for one in appraisal["checks"]]
    text = collector.call("machines", "show", "DEMO/tin1-01")
    for words in ("Support", "Security updates", "Processor", "firewall on", "for information", "PC told", "Judged"):
        assert words in text, text

    assert agent.stop() == 0
    eventually(lambda: 'state="off"} 1' in collector.page(), 10, "off after its goodbye")
    assert names(collector.page()) == set(KEPT)
    assert collector.stop() == 0
    collector.serve()
    eventually(lambda: names(collector.page()) == set(KEPT), 20, "kept over the collector's restart")
    schools = fetched(f"{collector.office}/metrics/schools")
    assert 'school_posture_machines{school="DEMO",check="antivirus",verdict="not_applicable"} 1' in schools


def shown(collector, machine: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(fetched(f"{collector.office}/api/v1/machines/{machine}"))
    return told
