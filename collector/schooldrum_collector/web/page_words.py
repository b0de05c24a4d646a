"""How states of places, PCs and incidents look on pages: a word, a mark beside it, and the class that colours both."""

import msgspec

from schooldrum_collector.judge.incident import Severity
from schooldrum_collector.judge.places import PlacePresence, PlaceState
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.show.machine_words import away_words
from schooldrum_collector.speech import Say


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
_SEVERITIES = {Severity.URGENT: "bad", Severity.ACTION: "bad", Severity.INFORMATION: "poor", Severity.DIGEST: "quiet"}


def machine_look(presence: Presence, say: Say) -> Look:
    """How a PC looks."""
    kind, mark, vietnamese, english = _MACHINES[presence.state]
    return Look(kind, mark, say(vietnamese, english) + away_words(presence, say))


def place_look(state: PlaceState, say: Say, *, expected: bool) -> Look:
    """How a place looks: being off when nobody is expected is no fault, and is called otherwise."""
    kind, mark, vietnamese, english = _PLACES[state]
    if state is PlaceState.OFF and not expected:
        return Look("rest", "○", say("nghỉ", "off hours"))
    return Look(kind, mark, say(vietnamese, english))


def presence_look(place: PlacePresence, say: Say) -> Look:
    """The same of a place as it was judged."""
    return place_look(place.state, say, expected=place.expected)


def severity_kind(severity: Severity) -> str:
    """The class of an incident's level."""
    return _SEVERITIES[severity]
