"""What a collector may set in an agent: one closed list, each value clamped to bounds compiled into the agent."""

import msgspec

BEAT_SECONDS = (1, 900)
BEAT_DEFAULT = 60
BACKLOG_PER_BEAT = (1, 99)
PACE_SECONDS = (1, 7 * 86400)
LANGUAGES = ("vi", "en")
PROBES_PACED = 100


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=False):
    """Granted settings. Nothing here can name a URL, a file, a command, a header or an OID, and nothing will.

    `version` grows with each change; `beat` is seconds between reports; `pace` is seconds between the runs of a named
    probe (never faster than the probe's own floor); `backlog_per_beat` is how many spooled reports may follow a live
    one; `language` is what people at this PC read; `not_before` is the earliest start (epoch seconds) of a server
    certificate this agent still takes, and is only ever raised.
    """

    version: int = 0
    beat: int = BEAT_DEFAULT
    pace: dict[str, int] = {}
    backlog_per_beat: int = 10
    language: str = "vi"
    not_before: int = 0


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
    pace: dict[str, int] = {}
    offered = raw.get("pace", standing.pace)
    if not isinstance(offered, dict) or len(offered) > PROBES_PACED:
        refusals.append(f"pace: not an object of at most {PROBES_PACED} probes")
        pace = standing.pace
    else:
        for probe, seconds in offered.items():
            if isinstance(probe, str) and len(probe) <= 40:  # noqa: PLR2004 - the longest probe name we will ever give
                taken = _number({probe: seconds}, probe, PACE_SECONDS, standing.pace.get(probe, 0), refusals)
                if taken:
                    pace[probe] = taken
            else:
                refusals.append("pace: a probe's name is text of at most 40 characters")
    language = raw.get("language", standing.language)
    if language not in LANGUAGES:
        refusals.append(f"language: {language!r:.40} is none of {', '.join(LANGUAGES)}")
        language = standing.language
    return (
        Settings(
            version=version,
            beat=_number(raw, "beat", BEAT_SECONDS, standing.beat, refusals),
            pace=pace,
            backlog_per_beat=_number(raw, "backlog_per_beat", BACKLOG_PER_BEAT, standing.backlog_per_beat, refusals),
            language=str(language),
            not_before=_number(raw, "not_before", (standing.not_before, 2**40), standing.not_before, refusals),
        ),
        tuple(refusals[:20]),
    )
