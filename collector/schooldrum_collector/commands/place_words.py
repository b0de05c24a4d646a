"""How a command sees the places of a school, and in which words it says how they stand."""

import math
from collections.abc import Callable, Iterable

from schooldrum_collector.app.suspicion import glance
from schooldrum_collector.judge.apart import Apart, mute_by
from schooldrum_collector.judge.places import PlacePresence, PlaceState, SchoolPlaces, school_places
from schooldrum_collector.judge.presence import Hearing
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Latest, Register, Scope

_WORDS = {
    PlaceState.UP: ("bình thường", "normal"),
    PlaceState.DEGRADED: ("kém", "poor"),
    PlaceState.DOWN: ("mất liên lạc", "not heard"),
    PlaceState.UNKNOWN: ("chưa rõ", "not known yet"),
}


def apart_now(store: Store, scope: Scope, latest: Iterable[Latest], now: float) -> Apart:
    """The PCs that neighbours see on, or that are not at their school, by incidents and by what they sent last."""
    return Apart(
        mute=mute_by(store.incidents(scope, live=True), now),
        away=frozenset(one.machine for one in latest if glance(one.received, one.body).elsewhere),
    )


def places_now(
    register: Register, code: str, heard_of: Callable[[str], Latest | None], now: float, apart: Apart
) -> SchoolPlaces:
    """A school as a command judges it: from the store alone, without the serving collector's own gaps."""
    return school_places(
        register,
        rooms=[path for path, room in register.rooms.items() if room.school == code],
        machines=[register.machines[one] for one in register.by_school.get(code, ())],
        heard_of=heard_of,
        hearing=Hearing(back=-math.inf),
        now=now,
        apart=apart,
    )


def place_word(place: PlacePresence, say: Say) -> str:
    """How a place stands: being off when it is expected to be is no fault, and is called otherwise."""
    if place.state is PlaceState.OFF:
        return say("đã tắt", "switched off") if place.expected else say("nghỉ", "off hours")
    return say(*_WORDS[place.state])
