"""Which documents are derived from the code; run as a program it writes them (`make docs`)."""

from collections.abc import Callable
from pathlib import Path

from grafana.boards.documents import DOCUMENTS as DASHBOARDS
from tests.in_step import rule_cases

from schooldrum_agent import keys
from schooldrum_agent.probe import Probe
from schooldrum_agent.probes import PROBES
from schooldrum_collector import config
from schooldrum_collector.show.rule_document import rules_file
from schooldrum_collector.show.rules import GROUPS
from schooldrum_collector.speech import Say
from schooldrum_wire.privacy import notice

ROOT = Path(__file__).resolve().parents[2]
OUTLINE = '''"""Which probes there are, without their code. Derived from the list in `probes`: `make docs` writes it."""

from schooldrum_agent.probe import Probe, elsewhere

HERE: tuple[str, ...] = (
{here})
"""They run in the agent's own process."""

CHILDREN: tuple[Probe, ...] = (
{children})
"""They run in processes of their own, which alone load their code."""
'''

PACES = '''"""How fast a collector may ask a probe to run. Derived from the list in `probes`: `make docs` writes it."""

FASTEST_SECONDS: dict[str, int] = {{
{probes}}}
"""Every probe by name."""
'''


def paces() -> str:
    """What both sides know of the probes: their names, and the fastest pace of each."""
    return PACES.format(probes="".join(f'    "{name}": {floor},\n' for name, floor in sorted(_floors().items())))


def _floors() -> dict[str, int]:
    return {probe.name: probe.floor for probe in PROBES}


def outline() -> str:
    """What the agent knows of its probes before it has loaded any of them."""
    here = "".join(f'    "{probe.name}",\n' for probe in PROBES if not probe.child)
    children = "".join(_child(probe) for probe in PROBES if probe.child)
    return OUTLINE.format(here=here, children=children)


def _child(probe: Probe) -> str:
    fields = [
        f'"{probe.name}"',
        f"every={probe.every}",
        f"timeout={probe.timeout}",
        f"on=elsewhere({', '.join(map(_quoted, sorted(probe.on)))})",
        "child=True",
        f"floor={probe.floor}",
        f"sections={_tuple(probe.sections)}",
        f"bulk={probe.bulk}",
    ]
    return "    Probe(\n" + "".join(f"        {field},\n" for field in fields) + "    ),\n"


def _tuple(texts: tuple[str, ...]) -> str:
    if len(texts) > 1:
        return "(\n" + "".join(f"            {_quoted(text)},\n" for text in texts) + "        )"
    return "(" + "".join(f"{_quoted(text)}," for text in texts) + ")"


def _quoted(text: str) -> str:
    return f'"{text}"'


DOCUMENTS: dict[str, Callable[[], str]] = {
    "PRIVACY.md": notice,
    "agent/schooldrum_agent/outline.py": outline,
    "agent/schooldrum_wire/paces.py": paces,
    "deploy/agent.toml": keys.sample,
    "deploy/collector.toml": lambda: config.sample(Say("en")),
    "deploy/collector.vi.toml": lambda: config.sample(Say("vi")),
    "deploy/prometheus/schooldrum.rules.yml": lambda: rules_file(
        GROUPS, language=rule_cases.LANGUAGE, grafana=rule_cases.GRAFANA
    ),
    **{f"deploy/prometheus/{name}": text for name, text in rule_cases.FILES.items()},
    **DASHBOARDS,
}

if __name__ == "__main__":
    for name, text in DOCUMENTS.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text("utf-8") != text():
            path.write_text(text(), "utf-8")
            print(f"{name} is written anew")
