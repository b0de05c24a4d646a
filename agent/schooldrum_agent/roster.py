"""Which probes the agent runs: in full those of its own process, in outline those whose code only its children load."""

from schooldrum_agent.outline import CHILDREN, HERE
from schooldrum_agent.probe import Probe
from schooldrum_agent.probes import distinct, load


def roster() -> tuple[Probe, ...]:
    """Every probe: those of this process with their code, the others without.

    Raises:
        Misconfigured: two of them have one name.
    """
    return distinct((*map(load, HERE), *CHILDREN))
