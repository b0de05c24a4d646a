"""How schools, sites and rooms look in the answers of the reading API; times are ISO 8601 in UTC."""

import msgspec

from schooldrum_collector.judge.expecting import is_planned, maintained
from schooldrum_collector.judge.places import PlacePresence
from schooldrum_collector.web.shown import moment
from schooldrum_collector.web.sight import Sight


class PlaceShown(msgspec.Struct, frozen=True, kw_only=True):
    """A place (`CODE`, `CODE/SITE` or `CODE/SITE/ROOM`): up degraded down off unknown, and since when if known.

    `expected` says whether its PCs are expected to be on now: `off` without it is off hours. `machines` counts its
    approved PCs by state (away: not at their school), `maintenance` is skip, mute or cosmetic while there is some.
    """

    path: str
    state: str
    since: str | None
    expected: bool
    assumed: bool
    machines: dict[str, int]
    maintenance: str = ""


class LineShown(msgspec.Struct, frozen=True, kw_only=True):
    """An internet line of a site: `code` is main or second, `networks` the addresses under which it arrives."""

    site: str
    code: str
    provider: str
    customer: str
    networks: tuple[str, ...]


class SchoolPlacesShown(msgspec.Struct, frozen=True, kw_only=True):
    """A school with its sites, rooms and lines; `planned` says that a plan for this school year was given."""

    school: PlaceShown
    planned: bool
    sites: list[PlaceShown]
    rooms: list[PlaceShown]
    lines: list[LineShown]


class PlacesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/places."""

    schools: list[SchoolPlacesShown]


def _shown(sight: Sight, path: str, place: PlacePresence) -> PlaceShown:
    work = maintained(sight.register, path, sight.now)
    return PlaceShown(
        path=path,
        state=place.state.value,
        since=moment(place.since),
        expected=place.expected,
        assumed=place.assumed,
        machines=dict(sorted(place.machines.items())),
        maintenance=work.value if work else "",
    )


def shown_places(sight: Sight, code: str, rooms: list[str]) -> SchoolPlacesShown:
    """A school of the scope as it stands; `rooms` are the paths of its rooms."""
    known = {one.machine: one for one in sight.latest(code)}
    found = sight.places_of(sight.machines(code), rooms, known)
    return SchoolPlacesShown(
        school=_shown(sight, code, found.school),
        planned=is_planned(sight.register, code, sight.now),
        sites=[_shown(sight, path, place) for path, place in sorted(found.sites.items())],
        rooms=[_shown(sight, path, place) for path, place in sorted(found.rooms.items())],
        lines=[
            LineShown(
                site=line.site, code=line.code, provider=line.provider, customer=line.customer, networks=line.networks
            )
            for _, line in sorted(sight.register.lines.items())
            if line.school == code
        ],
    )
