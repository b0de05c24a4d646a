"""Prometheus' rules as the file that Prometheus reads, every alert with its words in both languages."""

from collections.abc import Iterable, Mapping

from schooldrum_collector.judge.incident import Severity
from schooldrum_collector.show.incident_words import SEVERITIES
from schooldrum_collector.show.rule import Alert, Group, Record
from schooldrum_collector.show.written_yaml import written
from schooldrum_collector.speech import Say
from schooldrum_wire.settings import LANGUAGES

FILE = "schooldrum.rules.yml"


def _name_of(info: str, labels: tuple[str, ...]) -> str:
    """A template that looks up what people call a place; its code where nobody says.

    The name is looked up and is no label: renaming a school would end its alerts and fire them anew. %q quotes as
    PromQL does, so no code can be read as PromQL; what comes out is text, which templates do not read again.
    """
    selector = ",".join(f"{label}=%q" for label in labels)
    given = " ".join(f"$labels.{label}" for label in labels)
    return (
        f'{{{{ with printf "{info}{{{selector}}}" {given} | query }}}}{{{{ . | first | label "name" }}}}'
        f"{{{{ else }}}}{{{{ $labels.{labels[-1]} }}}}{{{{ end }}}}"
    )


TEMPLATES: Mapping[str, str] = {
    "school": _name_of("school_info", ("school",)),
    "room": _name_of("school_room_info", ("school", "site", "room")),
    "machine": "{{ $labels.machine }}",
    "list": "{{ $labels.list }}",
    "count": '{{ printf "%.0f" $value }}',
    "pcs": '{{ printf "%.0f" $value }} PC{{ if ne $value 1.0 }}s{{ end }}',
}
"""What stands for the {words} in an alert's sentences, as Prometheus fills it in."""


def document(groups: Iterable[Group], *, language: str, grafana: str) -> dict[str, object]:
    """The file as a value; `language` is that of the annotations without one, `grafana` the URL of the dashboards."""
    return {"groups": [_group(group, language, grafana) for group in groups]}


def rules_file(groups: Iterable[Group], *, language: str, grafana: str) -> str:
    """The file's text."""
    say = Say(language)
    return written(
        document(groups, language=language, grafana=grafana),
        say(
            "Do schooldrum-collector rules ghi ra: đừng sửa tay, lần ghi sau sẽ mất.",
            "Written by schooldrum-collector rules: what is changed here by hand is lost the next time.",
        ),
    )


def annotations(
    alert: Alert, *, language: str, grafana: str, templates: Mapping[str, str] = TEMPLATES
) -> dict[str, str]:
    """What people read of an alert, with these templates in place of the words in braces."""
    said: dict[str, str] = {}
    for one in LANGUAGES:
        say = Say(one)
        said[f"summary_{one}"] = (_level(alert, say) + say(alert.summary.vi, alert.summary.en)).format(**templates)
        said[f"description_{one}"] = say(alert.action.vi, alert.action.en).format(**templates)
    # What templates that know nothing of us show.
    found = {name: said[f"{name}_{language}"] for name in ("summary", "description")} | said
    if alert.board:
        found["dashboard"] = _link(alert, grafana)
    return found


def _level(alert: Alert, say: Say) -> str:
    """The level in brackets: a digest is for information (glossary, section 5)."""
    if alert.severity is None:
        return ""
    told = Severity.INFORMATION if alert.severity is Severity.DIGEST else alert.severity
    return f"[{say(*SEVERITIES[told])}] "


def _link(alert: Alert, grafana: str) -> str:
    chosen = "&".join(f"var-{name}={{{{ $labels.{name} | urlquery }}}}" for name in alert.variables)
    return f"{grafana}/d/{alert.board}{f'?{chosen}' if chosen else ''}"


def _group(group: Group, language: str, grafana: str) -> dict[str, object]:
    pace: dict[str, object] = {"interval": group.every} if group.every else {}
    return {
        "name": group.name,
        **pace,
        "rules": [
            _record(rule) if isinstance(rule, Record) else _alert(rule, language, grafana) for rule in group.rules
        ],
    }


def _record(record: Record) -> dict[str, object]:
    return {"record": record.name, "expr": record.expr}


def _alert(alert: Alert, language: str, grafana: str) -> dict[str, object]:
    rule: dict[str, object] = {"alert": alert.name, "expr": alert.expr}
    if alert.after:
        rule["for"] = alert.after
    if alert.held:
        rule["keep_firing_for"] = alert.held
    rule["labels"] = labels(alert)
    rule["annotations"] = annotations(alert, language=language, grafana=grafana)
    return rule


def labels(alert: Alert) -> dict[str, str]:
    """What an alert is routed by, beside what its expression says."""
    return {"severity": alert.severity.value if alert.severity else "none", "role": alert.role.value}
