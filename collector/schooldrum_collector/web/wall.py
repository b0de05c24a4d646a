"""The wall of schools: which of them need somebody, which are well, which are off; searched, filtered, in parts."""

import functools
from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from schooldrum_collector import formats, vietnamese
from schooldrum_collector.judge.incident import Incident, Severity
from schooldrum_collector.judge.incident_spells import round_begin
from schooldrum_collector.judge.places import AWAY, PlaceState
from schooldrum_collector.judge.presence import State
from schooldrum_collector.show.incident_record import standing
from schooldrum_collector.show.incident_words import is_back, read, without_school
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import School
from schooldrum_collector.web.census import SchoolStands
from schooldrum_collector.web.live_pages import Pieces
from schooldrum_collector.web.page_words import incident_kind, needs_action, place_look
from schooldrum_collector.web.rendering import Reader, Rendering
from schooldrum_collector.web.sight import Sight

AT_ONCE = 120
_LONGEST_QUERY = 100
_MOST_PARTS = 1000
GROUPS: dict[str, tuple[PlaceState, ...]] = {
    "bad": (PlaceState.DOWN,),
    "poor": (PlaceState.DEGRADED,),
    "good": (PlaceState.UP,),
    "rest": (PlaceState.OFF,),
    "quiet": (PlaceState.UNKNOWN,),
}
"""By which schools are counted and chosen; each is a class of the style sheet."""
_RANK = {PlaceState.DOWN: 1, PlaceState.DEGRADED: 2, PlaceState.UNKNOWN: 4, PlaceState.UP: 3, PlaceState.OFF: 5}
_sort_key = functools.lru_cache(maxsize=8192)(vietnamese.sort_key)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader of the wall wants to see: words of a name, an area's path, a group, and which part of the list."""

    query: str = ""
    area: str = ""
    group: str = ""
    part: int = 1

    def address(self, **other: object) -> str:
        """The wall with this asked of it, or something else in its place."""
        values = {"q": self.query, "area": self.area, "state": self.group, "part": self.part, **other}
        if other and "part" not in other:
            values["part"] = 1
        said = {name: value for name, value in values.items() if value and (name != "part" or value != 1)}
        return f"/?{urlencode(said)}" if said else "/"


def asked(query: Mapping[str, str]) -> Asked:
    """What an address asks; what makes no sense is left out."""
    part = query.get("part", "1")
    return Asked(
        query=" ".join(query.get("q", "").split())[:_LONGEST_QUERY],
        area=query.get("area", ""),
        group=query.get("state", "") if query.get("state") in GROUPS else "",
        part=min(_MOST_PARTS, max(1, int(part))) if part.isdecimal() and len(part) < len("10000") else 1,
    )


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A school on the wall."""

    code: str
    name: str
    area: str
    kind: str
    mark: str
    word: str
    counts: str
    trouble: str = ""
    trouble_kind: str = ""
    since: str = ""


def chosen(sight: Sight, stands: Mapping[str, SchoolStands], ask: Asked) -> tuple[list[SchoolStands], Counter[str]]:
    """Schools that are asked for, those in need first, and how many there are of each group before it was chosen."""
    register = sight.register
    groups: Counter[str] = Counter()
    group_of = {state: group for group, states in GROUPS.items() for state in states}
    found: list[SchoolStands] = []
    for code, one in stands.items():
        school = register.schools.get(code)
        if school is None or not sight.has_school(code) or not _is_asked(sight, school, ask):
            continue
        group = "bad" if _needs_somebody(one) else group_of[one.state]
        groups[group] += 1
        if not ask.group or group == ask.group:
            found.append(one)
    found.sort(key=lambda one: (_rank(one), _sort_key(register.schools[one.code].name), one.code))
    return found, groups


def _is_asked(sight: Sight, school: School, ask: Asked) -> bool:
    if ask.area and school.area != ask.area and not school.area.startswith(f"{ask.area}/"):
        return False
    if not ask.query:
        return True
    area = sight.register.areas.get(school.area)
    held = _folded(school.name), _folded(school.code), _folded(area.name) if area else ""
    return all(any(word in text for text in held) for word in _folded(ask.query).split())


_folded = functools.lru_cache(maxsize=16384)(vietnamese.folded)


def _needs_somebody(one: SchoolStands) -> bool:
    return one.worst is not None and incident_kind(one.worst) == "bad"


def _rank(one: SchoolStands) -> int:
    if one.worst is not None and _needs_somebody(one):
        return -1 if one.worst.severity is Severity.URGENT else 0
    return _RANK[one.state]


def card(sight: Sight, one: SchoolStands, words: Reader) -> Card:
    """A school as the wall shows it."""
    say, school = words.say, sight.register.schools[one.code]
    area = sight.register.areas.get(school.area)
    look = place_look(one.state, say, expected=one.expected)
    if _needs_somebody(one):
        look = needs_action(say)
    trouble, since = _trouble(sight, one.worst, words) if one.worst else ("", "")
    if one.worst is None and one.state is PlaceState.DOWN:
        trouble = say("Chưa rõ nguyên nhân", "Cause not known yet")
    return Card(
        code=one.code,
        name=school.name,
        area=area.name if area else school.area,
        kind=look.kind,
        mark=look.mark,
        word=look.word,
        counts=counts_words(one.machines, one.pending, words),
        trouble=trouble,
        trouble_kind=incident_kind(one.worst) if one.worst and not is_back(one.worst) else "",
        since=since,
    )


def counts_words(machines: Mapping[str, int], pending: int, words: Reader) -> str:
    """`18/24 máy đang bật · 2 mất liên lạc`."""
    say, language = words.say, words.language
    total = sum(machines.values())
    if not total:
        parts = [say("chưa có máy", "no PC yet")]
    else:
        online, all_ = formats.number(machines.get(State.ONLINE, 0), language), formats.number(total, language)
        parts = [say(f"{online}/{all_} máy đang bật", f"{online} of {all_} PCs on")]
    if silent := machines.get(State.SILENT, 0):
        parts.append(say(f"{silent} mất liên lạc", f"{silent} not heard"))
    if mute := machines.get(State.MUTE, 0):
        parts.append(say(f"{mute} đang bật, không gửi số liệu", f"{mute} on, not reporting"))
    if away := machines.get(AWAY, 0):
        parts.append(say(f"{away} ngoài trường", f"{away} away from school"))
    if pending:
        parts.append(say(f"{pending} chờ duyệt", f"{pending} to be approved"))
    return " · ".join(parts)


def _trouble(sight: Sight, incident: Incident, words: Reader) -> tuple[str, str]:
    """What it is called without the school's name, which stands above it, and since when it is so, or is back."""
    school = sight.register.schools.get(incident.school)
    heading = read(sight.register, incident, sight.now, words.language).heading
    heading = without_school(heading, school.name if school else "")
    zone = school.time_zone if school else formats.VIETNAM
    since = words.say("từ ", "since ") + formats.clock(round_begin(incident)[0], sight.now, words.language, zone)
    if is_back(incident):
        since = standing(incident, sight.now, words.say, zone)
    return heading[:1].upper() + heading[1:], since


def collector_words(sight: Sight, say: Say) -> str:
    """What hinders the collector itself, and what that means for what the wall shows; empty where nothing does."""
    if sight.store.trouble():
        return say(
            "Máy chủ tổng hợp không ghi được số liệu. Xem ổ đĩa của máy chủ còn chỗ không (df -h), rồi chạy "
            "schooldrum-collector check. Máy ở các trường giữ số liệu và sẽ gửi bổ sung; trong lúc này, trang này "
            "không báo thêm máy nào mất liên lạc.",
            "The collector cannot store anything. See whether the server's disk is full (df -h), then run "
            "schooldrum-collector check. PCs keep their data and send it afterwards; meanwhile no further PC is shown "
            "as not heard.",
        )
    if sight.now < sight.hearing.waiting:
        return say(
            "Máy chủ tổng hợp vừa hẹn một số máy gửi lại sau. Các máy đó giữ số liệu và sẽ gửi bổ sung; trong lúc "
            "này, trang này không báo thêm máy nào mất liên lạc.",
            "The collector has asked PCs to come again later. They keep their data and send it afterwards; meanwhile "
            "no further PC is shown as not heard.",
        )
    return ""


def pieces(sight: Sight, stands: Mapping[str, SchoolStands], ask: Asked, rendering: Rendering, words: Reader) -> Pieces:
    """The changing parts of the wall: the counts, the list, and what stands below it."""
    found, groups = chosen(sight, stands, ask)
    first = (ask.part - 1) * AT_ONCE
    shown = found[first : first + AT_ONCE]
    html = {
        f"school {one.code}": rendering.piece("piece_school.html", words, card=card(sight, one, words)) for one in shown
    }
    order = tuple(html)
    html["summary"] = rendering.piece(
        "piece_summary.html",
        words,
        ask=ask,
        groups=[
            (group, place_look(states[0], words.say, expected=False), groups[group]) for group, states in GROUPS.items()
        ],
        total=sum(groups.values()),
        collector=collector_words(sight, words.say),
    )
    html["parts"] = rendering.piece(
        "piece_parts.html",
        words,
        ask=ask,
        first=first,
        shown=len(shown),
        total=len(found),
        more=len(found) > first + AT_ONCE,
        none_at_all=not sight.register.schools,
    )
    return Pieces(html=html, lists={"schools": order})
