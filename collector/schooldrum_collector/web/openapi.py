"""The reading API described for programs (OpenAPI 3.1), made from the very shapes that are answered."""

from typing import Any

import msgspec

from schooldrum_collector.web.shown import MachinesAnswer, ResultsAnswer, SchoolsAnswer, SectionsAnswer
from schooldrum_collector.web.shown_appraisal import MachineAnswer
from schooldrum_collector.web.shown_incidents import IncidentAnswer, IncidentsAnswer
from schooldrum_collector.web.shown_places import PlacesAnswer
from schooldrum_wire.messages import Trouble
from schooldrum_wire.version import VERSION

_SHAPES = (
    SchoolsAnswer,
    PlacesAnswer,
    IncidentsAnswer,
    IncidentAnswer,
    MachinesAnswer,
    MachineAnswer,
    SectionsAnswer,
    ResultsAnswer,
    Trouble,
)
_REF = "#/components/schemas/{name}"
_SCOPE = {
    "name": "scope",
    "in": "query",
    "description": "A school's code or an area's path (with `school:` or `area:` in front where both exist). "
    "Nothing outside it is shown; without it, everything is.",
    "schema": {"type": "string"},
}
_MACHINE = {"name": "machine", "in": "path", "required": True, "schema": {"type": "string"}}
_NUMBER = {"name": "number", "in": "path", "required": True, "schema": {"type": "string"}}
_CODE = {"name": "code", "in": "path", "required": True, "schema": {"type": "string"}}


def _query(name: str, description: str, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": kind}}


def _get(
    summary: str, shape: type | None, *parameters: dict[str, Any], media: str = "application/json"
) -> dict[str, Any]:
    schema = {"$ref": _REF.format(name=shape.__name__)} if shape else {"type": "string"}
    trouble = {"application/json": {"schema": {"$ref": _REF.format(name="Trouble")}}}
    return {
        "get": {
            "summary": summary,
            "parameters": [*parameters],
            "responses": {
                "200": {"description": "The answer.", "content": {media: {"schema": schema}}},
                "default": {"description": "What is wrong, for programs and for people.", "content": trouble},
            },
        },
    }


def _description() -> dict[str, Any]:
    (_, components) = msgspec.json.schema_components(_SHAPES, ref_template=_REF)
    span = (
        _query("since", "ISO 8601 or epoch seconds; a day before `until` where it is left out."),
        _query("until", "ISO 8601 or epoch seconds; now where it is left out. At most two days after `since`."),
    )
    paging = (
        _query("limit", "How many machines at most, 1 to 1000.", "integer"),
        _query("after", "The `next` of the answer before."),
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Schooldrum",
            "version": VERSION,
            "description": "What the collector knows. Times are ISO 8601 in UTC. Reading only.",
        },
        "security": [{"token": []}],
        "paths": {
            "/metrics": _get("The collector itself, for Prometheus.", None, media="text/plain"),
            "/metrics/schools": _get("Names, rooms and counts of schools.", None, _SCOPE, media="text/plain"),
            "/metrics/schools/{code}": _get("Every machine of a school.", None, _CODE, _SCOPE, media="text/plain"),
            "/sd/schools": _get("The pages of schools, for Prometheus' http_sd.", None, _SCOPE),
            "/readyz": _get("Whether this collector can answer and store; 503 with `trouble` where it cannot.", None),
            "/api/v1/schools": _get("Schools, with machines by state.", SchoolsAnswer, _SCOPE),
            "/api/v1/places": _get(
                "Schools, sites and rooms: how they stand, with their internet lines.", PlacesAnswer, _SCOPE
            ),
            "/api/v1/incidents": _get(
                "Incidents, newest number first.",
                IncidentsAnswer,
                _SCOPE,
                _query("open", "1 for those that go on alone.", "integer"),
                _query("since", "ISO 8601 or epoch seconds: also those closed since; 30 days where it is left out."),
                _query("before", "The `next` of the answer before.", "integer"),
            ),
            "/api/v1/incidents/{number}": _get("One incident with its record.", IncidentAnswer, _NUMBER, _SCOPE),
            "/api/v1/machines": _get("Machines, by school and alias.", MachinesAnswer, _SCOPE, *paging),
            "/api/v1/machines/{machine}": _get(
                "One machine: newest results, what is judged, what has changed.", MachineAnswer, _MACHINE, _SCOPE
            ),
            "/api/v1/machines/{machine}/sections": _get("Its lists.", SectionsAnswer, _MACHINE, _SCOPE),
            "/api/v1/machines/{machine}/results": _get("Its history.", ResultsAnswer, _MACHINE, _SCOPE, *span),
        },
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


DESCRIPTION: bytes = msgspec.json.encode(_description())
"""The document, as it is served."""
