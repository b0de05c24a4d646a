"""Incidents as Alertmanager takes them (POST /api/v2/alerts).

Labels are fixed when an incident is told: what is corrected later stands in annotations, or the correction would end
one alert and fire another. Its end lies twenty minutes ahead and is renewed, so that a collector that dies is noticed
by its dead man's switch and not by a false all-clear.
"""

from datetime import UTC, datetime

import msgspec

from schooldrum_collector.judge.fault import Level
from schooldrum_collector.judge.incident import IN_A_SCHOOL, Incident
from schooldrum_collector.show.incident_words import SEVERITIES, Read, degree_word, read, verdict_word
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Register

ALERT = "SchooldrumIncident"
AHEAD_SECONDS = 1200.0
RENEWED_SECONDS = 300.0
_LONGEST_YEAR = 253_402_300_799.0


class Alert(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One alert of the API; times are RFC 3339."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: str
    ends_at: str
    generator_url: str = msgspec.field(default="", name="generatorURL")


def is_told(incident: Incident) -> bool:
    """Whether Alertmanager is to know of it at all."""
    return incident.told > 0


def labels(incident: Incident) -> dict[str, str]:
    """What it is told and routed by, the same for all its life."""
    place = incident.told_place or incident.first.place
    given = {
        "alertname": ALERT,
        "incident": incident.name,
        "kind": (incident.told_kind or incident.kind).value,
        "scope": place.level.value,
        "severity": (incident.told_severity or incident.severity).value,
    }
    if place.level in IN_A_SCHOOL and incident.schools:
        given["school"] = incident.schools[0]
    parts = place.path.split("/")
    if place.level in {Level.ROOM, Level.SITE} and len(parts) > 1:
        given["site"] = parts[1]
    if place.level is Level.AREA:
        given["area"] = place.path
    return given


def alert(register: Register, incident: Incident, now: float, *, base: str, language: str = "vi") -> Alert:
    """The alert as of now; `base` is the URL of the office's door, empty where messages carry no link.

    It tells in both languages, and in `language` (`vi`, `en`) to templates that know nothing of us.
    """
    link = f"{base}/incidents/{incident.number}" if base else ""
    annotations = {
        "verdict": incident.verdict.value,
        "degree": incident.degree.value,
        "place": incident.place.path,
        "state": incident.state.value,
    }
    if incident.parent:
        annotations["parent"] = f"SC-{incident.parent}"
    for one in ("vi", "en"):
        say = Say(one)
        told = read(register, incident, now, one)
        level = say(*SEVERITIES[incident.severity])
        annotations[f"summary_{one}"] = f"[{level}] {told.heading}"
        annotations[f"description_{one}"] = _description(told, incident, link, say)
        annotations[f"verdict_{one}"] = verdict_word(incident.verdict, say)
        annotations[f"degree_{one}"] = degree_word(incident.degree, say)
    shown = "en" if language == "en" else "vi"
    annotations["summary"] = annotations[f"summary_{shown}"]
    annotations["description"] = annotations[f"description_{shown}"]
    if link:
        annotations["link"] = link
    starts = incident.first.began
    ends = now + AHEAD_SECONDS if incident.is_live else max(min(incident.ended or now, now), starts + 1.0)
    return Alert(
        labels=labels(incident),
        annotations=annotations,
        starts_at=_time(starts),
        ends_at=_time(ends),
        generator_url=link,
    )


def _description(told: Read, incident: Incident, link: str, say: Say) -> str:
    lines = [told.since, say(f"Căn cứ: {told.evidence}", f"Evidence: {told.evidence}")]
    if told.end:
        lines.append(told.end)
    else:
        lines += [f"{number}. {step}" for number, step in enumerate(told.steps, 1)]
    lines.append(say(f"Sự cố {incident.name}", f"Incident {incident.name}") + (f": {link}" if link else ""))
    return "\n".join(lines)


def _time(at: float) -> str:
    return datetime.fromtimestamp(min(max(at, 0.0), _LONGEST_YEAR), UTC).isoformat(timespec="milliseconds")
