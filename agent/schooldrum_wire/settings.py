"""What a collector may set in an agent: one closed list, each value clamped to bounds compiled into the agent."""

import re

import msgspec

from schooldrum_wire.paces import FASTEST_SECONDS

BEAT_SECONDS = (1, 900)
BEAT_DEFAULT = 60
BACKLOG_PER_BEAT = (1, 99)
PACE_SECONDS = (1, 7 * 86400)
"""Of any probe; each has a fastest pace of its own for what a collector sets."""
LANGUAGES = ("vi", "en")
PROBES_PACED = 100
SERVICES_MOST = 60
SERVICE_KINDS = ("dns", "https", "mail")
"""What can be asked of a service: its name is found; its front page answers; its mail server takes encryption."""
_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_LONGEST_NAME = 253
_DNS_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\Z")
_NOT_PUBLIC = (
    "local", "localhost", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "arpa", "onion",
    "alt", "test", "invalid",
)  # fmt: skip
"""Ends of names that lead into somebody's own network, or nowhere (RFC 2606, 6761, 6762, 8375; ICANN's .internal)."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Granted settings. Nothing here can name a URL, a file, a command, a header or an OID, and nothing will.

    They travel whole: what an agent is not told stays as it was, also where it was to return to what is usual.

    `version` grows with each change; `beat` is seconds between reports; `pace` is seconds between the runs of a named
    probe (never faster than FASTEST_SECONDS says); `backlog_per_beat` is how many spooled reports may follow a live
    one; `language` is what people at this PC read; `not_before` is the earliest start (epoch seconds) of a server
    certificate this agent still takes, and is only ever raised. An `observer` looks around its network all the time;
    `services` are what it asks beside: by a short name, the kind (one of SERVICE_KINDS) and a public DNS name.
    """

    version: int = 0
    beat: int = BEAT_DEFAULT
    pace: dict[str, int] = {}
    backlog_per_beat: int = 10
    language: str = "vi"
    not_before: int = 0
    observer: bool = False
    services: dict[str, tuple[str, str]] = {}


def service_fault(name: object, asked: object) -> str:
    """Why this is no service that an agent may be asked to look at, or an empty text where it is (SECURITY R3)."""
    if not isinstance(name, str) or not _SERVICE.match(name):
        return f"services: {name!r:.40} is no short name of a-z, 0-9 and -"
    if not isinstance(asked, list | tuple) or len(asked) != 2:  # noqa: PLR2004 - kind and name
        return f"services: {name}: write its kind and its DNS name"
    kind, host = asked
    if kind not in SERVICE_KINDS:
        return f"services: {name}: {kind!r:.40} is none of {', '.join(SERVICE_KINDS)}"
    if not isinstance(host, str) or len(host) > _LONGEST_NAME or not _DNS_NAME.match(host):
        return f"services: {name}: {host!r:.80} is no public DNS name"
    if host.rpartition(".")[2] in _NOT_PUBLIC:
        return f"services: {name}: {host!r:.80} is a name of somebody's own network"
    return ""


def _services(raw: object, standing: dict[str, tuple[str, str]], refusals: list[str]) -> dict[str, tuple[str, str]]:
    if not isinstance(raw, dict) or len(raw) > SERVICES_MOST:
        refusals.append(f"services: not an object of at most {SERVICES_MOST} services")
        return standing
    taken: dict[str, tuple[str, str]] = {}
    for name, asked in raw.items():
        if why := service_fault(name, asked):
            refusals.append(why)
        else:
            taken[name] = (asked[0], asked[1])
    return taken


def pace_bounds(probe: str) -> tuple[int, int] | None:
    """The fastest and the slowest pace in seconds that this probe may be given; None where there is no such probe."""
    fastest = FASTEST_SECONDS.get(probe)
    return None if fastest is None else (fastest, PACE_SECONDS[1])


def _pace(raw: object, standing: dict[str, int], refusals: list[str]) -> dict[str, int]:
    if not isinstance(raw, dict) or len(raw) > PROBES_PACED:
        refusals.append(f"pace: not an object of at most {PROBES_PACED} probes")
        return standing
    pace: dict[str, int] = {}
    for probe, seconds in raw.items():
        bounds = pace_bounds(probe) if isinstance(probe, str) else None
        if bounds is None:
            refusals.append(f"pace: {probe!r:.40} is no probe of this version")
            continue
        key = f"pace.{probe}"
        taken = _number({key: seconds}, key, bounds, standing.get(probe, 0), refusals)
        if taken:
            pace[probe] = taken
    return pace


def _number(raw: dict[str, object], key: str, bounds: tuple[int, int], standing: int, refusals: list[str]) -> int:
    value = raw.get(key, standing)
    if isinstance(value, bool) or not isinstance(value, int) or not bounds[0] <= value <= bounds[1]:
        refusals.append(f"{key}: {value!r:.40} is not a whole number from {bounds[0]} to {bounds[1]}")
        return standing
    return value


def accept(raw: object, standing: Settings) -> tuple[Settings, tuple[str, ...]]:
    """What of the offered settings is taken, and a sentence for each value that is not.

    Never raises. A value out of bounds leaves the standing one in force; an unknown key is ignored (a newer
    collector); an older version than the standing one changes nothing.
    """
    if not isinstance(raw, dict):
        return standing, ("settings: not an object",)
    refusals: list[str] = []
    version = _number(raw, "version", (0, 2**53), standing.version, refusals)
    if refusals or version < standing.version:
        return standing, tuple(refusals) or ("version: older than the one in force",)
    language = raw.get("language", standing.language)
    if language not in LANGUAGES:
        refusals.append(f"language: {language!r:.40} is none of {', '.join(LANGUAGES)}")
        language = standing.language
    observer = raw.get("observer", standing.observer)
    if not isinstance(observer, bool):
        refusals.append(f"observer: {observer!r:.40} is neither true nor false")
        observer = standing.observer
    return (
        Settings(
            version=version,
            beat=_number(raw, "beat", BEAT_SECONDS, standing.beat, refusals),
            pace=_pace(raw.get("pace", standing.pace), standing.pace, refusals),
            backlog_per_beat=_number(raw, "backlog_per_beat", BACKLOG_PER_BEAT, standing.backlog_per_beat, refusals),
            language=str(language),
            not_before=_number(raw, "not_before", (standing.not_before, 2**40), standing.not_before, refusals),
            observer=observer,
            services=_services(raw.get("services", standing.services), standing.services, refusals),
        ),
        tuple(refusals[:20]),
    )
