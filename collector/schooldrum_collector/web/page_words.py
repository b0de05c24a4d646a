"""How states of places, PCs and incidents look on pages: a word, a mark beside it, and the class that colours both."""

import msgspec

from schooldrum_collector.judge.incident import Incident, Severity
from schooldrum_collector.judge.places import PlacePresence, PlaceState
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.show.incident_words import is_back
from schooldrum_collector.show.machine_words import NOTES, away_words
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Machine, Note


class Look(msgspec.Struct, frozen=True):
    """`kind` is a class of the style sheet (good poor bad rest quiet); `mark` is a shape: colour is never alone."""

    kind: str
    mark: str
    word: str


_MACHINES = {
    State.ONLINE: ("good", "●", "đang bật", "on"),
    State.OFF: ("rest", "○", "đã tắt", "switched off"),
    State.SILENT: ("bad", "▲", "mất liên lạc", "not heard"),
    State.MUTE: ("poor", "◆", "đang bật, không gửi số liệu", "on, not reporting"),
    State.NEVER: ("quiet", "\N{EN DASH}", "chưa gửi lần nào", "never reported"),
    State.PENDING: ("poor", "?", "chờ duyệt", "waits for approval"),
    State.RETIRED: ("quiet", "\N{MULTIPLICATION SIGN}", "ngừng theo dõi", "no longer watched"),
}
_PLACES = {
    PlaceState.UP: ("good", "●", "bình thường", "normal"),
    PlaceState.DEGRADED: ("poor", "◆", "kém", "poor"),
    PlaceState.DOWN: ("bad", "▲", "gián đoạn", "interrupted"),
    PlaceState.OFF: ("rest", "○", "đã tắt", "switched off"),
    PlaceState.UNKNOWN: ("quiet", "\N{EN DASH}", "chưa có số liệu", "no data"),
}
_NOTABLE = frozenset({State.OFF, State.SILENT, State.MUTE, State.NEVER})
_ROLES = {
    "collector": ("máy chủ", "the collector"),
    "office": ("Sở, phòng", "the office"),
    "it_officer": ("phụ trách CNTT của trường", "the school's IT officer"),
    "principal": ("Hiệu trưởng", "the principal"),
}
_SEVERITIES = {Severity.URGENT: "bad", Severity.ACTION: "bad", Severity.INFORMATION: "poor", Severity.DIGEST: "quiet"}


def machine_look(presence: Presence, say: Say) -> Look:
    """How a PC looks."""
    kind, mark, vietnamese, english = _MACHINES[presence.state]
    return Look(kind, mark, say(vietnamese, english) + away_words(presence, say))


def noted_look(machine: Machine, presence: Presence, heard: float, say: Say) -> Look:
    """How a PC looks, where people have noted why it is not on: that, instead of being missed."""
    if presence.state in _NOTABLE and machine.is_noted(heard):
        return Look("quiet", "□", say(*NOTES[Note(machine.note)]))
    return machine_look(presence, say)


def tile_look(machine: Machine, presence: Presence, heard: float, say: Say) -> Look:
    """How a PC looks among others: two that speak as one stand out, whatever else is said of either."""
    if machine.conflict:
        return Look("bad", "≠", say("trùng máy", "conflict"))
    return noted_look(machine, presence, heard, say)


def role_words(role: str, say: Say) -> str:
    """Who did something, by the role in the record."""
    if role in _ROLES:
        return say(*_ROLES[role])
    return say("nhà trường", "the school") if role.startswith("school") else role


def place_look(state: PlaceState, say: Say, *, expected: bool) -> Look:
    """How a place looks: being off when nobody is expected is no fault, and is called otherwise."""
    kind, mark, vietnamese, english = _PLACES[state]
    if state is PlaceState.OFF and not expected:
        return Look("rest", "○", say("nghỉ", "off hours"))
    return Look(kind, mark, say(vietnamese, english))


def presence_look(place: PlacePresence, say: Say) -> Look:
    """The same of a place as it was judged."""
    return place_look(place.state, say, expected=place.expected)


def needs_action(say: Say) -> Look:
    """How a school looks where somebody has to do something, whatever else is said of it."""
    return Look("bad", "▲", say("cần xử lý", "needs action"))


def severity_kind(severity: Severity) -> str:
    """The class of an incident's level."""
    return _SEVERITIES[severity]


def incident_kind(incident: Incident) -> str:
    """The class of an incident: that of its level while something is wrong, a calm one once it is back or over."""
    return severity_kind(incident.severity) if incident.is_live and not is_back(incident) else "rest"
