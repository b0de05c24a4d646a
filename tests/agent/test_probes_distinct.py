"""A name that two probes have is refused wherever the list of probes is made, and both modules are named."""

import msgspec
import pytest

from schooldrum_agent import outline, probes, roster
from schooldrum_agent.config import Misconfigured
from schooldrum_agent.outline import CHILDREN, HERE
from schooldrum_agent.probe import Probe
from schooldrum_agent.probes import cpu, distinct, gpus, memory

COPIED = msgspec.structs.replace(memory.PROBE, name="cpu")
OUTLINED = next(probe for probe in CHILDREN if probe.name == "gpus")


@pytest.mark.parametrize(
    ("listed", "modules"),
    [
        ((cpu.PROBE, memory.PROBE, COPIED), ("probes.cpu and ", "probes.memory both name their probe 'cpu'")),
        ((COPIED, cpu.PROBE), ("probes.memory and ", "probes.cpu both name their probe 'cpu'")),
        ((cpu.PROBE, memory.PROBE, cpu.PROBE), ("probes.cpu: the probe 'cpu' is listed twice",)),
        ((gpus.PROBE, OUTLINED), ("probes.gpus: the probe 'gpus' is listed twice",)),
    ],
)
def test_two_probes_of_one_name_are_refused_and_both_modules_named(
    listed: tuple[Probe, ...], modules: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(Misconfigured) as caught:
        distinct(listed)
    (sentence,) = caught.value.sentences
    for words in modules:
        assert f"schooldrum_agent.{words}" in sentence.english
    assert repr(listed[-1].name) in sentence.vietnamese
    monkeypatch.setattr(probes, "_every_probe", lambda: listed)
    with pytest.raises(Misconfigured, match=listed[-1].name):
        probes.__getattr__("PROBES")


def test_the_agent_itself_runs_no_two_probes_of_one_name(monkeypatch: pytest.MonkeyPatch):
    assert [probe.name for probe in roster.roster()] == [*HERE, *(probe.name for probe in outline.CHILDREN)]
    monkeypatch.setattr(roster, "HERE", (*HERE, "cpu"))
    with pytest.raises(Misconfigured, match="listed twice"):
        roster.roster()
