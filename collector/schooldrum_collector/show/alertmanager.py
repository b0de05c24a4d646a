"""Incidents as Alertmanager takes them (POST /api/v2/alerts).

One of many schools is an alert for the office and one for each of its schools, with that school's label.

Labels are fixed when an incident is told: what is corrected later stands in annotations, or the correction would end
one alert and fire another. Its end lies twenty minutes ahead and is renewed, so that a collector that dies is noticed
by its dead man's switch and not by a false all-clear.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from schooldrum_collector.judge.fault import Level
from schooldrum_collector.judge.incident import IN_A_SCHOOL, Incident, Severity
from schooldrum_collector.show.incident_words import SCHOOL_ROLE, SEVERITIES, Read, degree_word, read, verdict_word
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Register

ALERT = "SchooldrumIncident"
AHEAD_SECONDS = 1200.0
RENEWED_SECONDS = 300.0
_LANGUAGES = ("vi", "en")
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


def school_labels(incident: Incident, school: str) -> dict[str, str]:
    """Those by which one of its schools is told of an incident of many: of a provider's it is informed."""
    given = labels(incident)
    given.pop("area", None)
    if given["scope"] == Level.PROVIDER.value:
        given["severity"] = Severity.INFORMATION.value
    return {**given, "school": school}


def alert(register: Register, incident: Incident, now: float, *, base: str, language: str = "vi") -> Alert:
    """The alert as of now; `base` is the URL of the office's door, empty where messages carry no link.

    It tells in both languages, and in `language` (`vi`, `en`) to templates that know nothing of us.
    """
    said = {one: read(register, incident, now, one) for one in _LANGUAGES}
    return _alert(incident, labels(incident), said, now, link=_link(incident, base), language=language)


def school_alerts(
    register: Register, incident: Incident, schools: Iterable[str], now: float, *, base: str, language: str = "vi"
) -> list[Alert]:
    """The alerts by which these of its schools are told of an incident of many; the others as of `alert`."""
    # Made once: an outage of a thousand schools is said in the same words to each.
    said = {one: read(register, incident, now, one, SCHOOL_ROLE) for one in _LANGUAGES}
    link = _link(incident, base)
    made = []
    for code in schools:
        school = register.schools.get(code)
        given = school_labels(incident, code)
        name = school.name if school else code
        made.append(_alert(incident, given, said, now, link=link, language=language, school=name))
    return made


def _link(incident: Incident, base: str) -> str:
    return f"{base}/incidents/{incident.number}" if base else ""


def _alert(
    incident: Incident,
    given: dict[str, str],
    said: dict[str, Read],
    now: float,
    *,
    link: str,
    language: str,
    school: str = "",
) -> Alert:
    annotations = {
        "verdict": incident.verdict.value,
        "degree": incident.degree.value,
        "place": incident.place.path,
        "state": incident.state.value,
    }
    if incident.parent:
        annotations["parent"] = f"SC-{incident.parent}"
    severity = Severity(given["severity"]) if school else incident.severity
    for one, told in said.items():
        say = Say(one)
        level = say(*SEVERITIES[severity])
        annotations[f"summary_{one}"] = f"[{level}] {told.heading}"
        annotations[f"description_{one}"] = _description(told, incident, link, say, school)
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
        labels=given,
        annotations=annotations,
        starts_at=_time(starts),
        ends_at=_time(ends),
        generator_url=link,
    )


def _description(told: Read, incident: Incident, link: str, say: Say, school: str) -> str:
    lines = [told.since, say(f"Căn cứ: {told.evidence}", f"Evidence: {told.evidence}")]
    if school:
        lines.insert(0, f"{say('Trường', 'School')}: {school}")
    if told.end:
        lines.append(told.end)
    else:
        if school:
            lines.append(say("Cơ quan quản lý cũng đã nhận tin.", "The office has been told, too."))
        lines += [f"{number}. {step}" for number, step in enumerate(told.steps, 1)]
    lines.append(say(f"Sự cố {incident.name}", f"Incident {incident.name}") + (f": {link}" if link else ""))
    return "\n".join(lines)


def _time(at: float) -> str:
    return datetime.fromtimestamp(min(max(at, 0.0), _LONGEST_YEAR), UTC).isoformat(timespec="milliseconds")
