"""How a command sees the places of a school, and in which words it says how they stand."""

import math
from collections.abc import Callable, Iterable

from schooldrum_collector.app.suspicion import glance
from schooldrum_collector.formats import moment
from schooldrum_collector.judge.apart import Apart, dark_by, mute_by
from schooldrum_collector.judge.places import PlacePresence, PlaceState, SchoolPlaces, school_places
from schooldrum_collector.judge.presence import BEATS_UNTIL_MISSED, Hearing, Presence, State, bounded_beat
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Latest, Register, Scope

_WORDS = {
    PlaceState.UP: ("bình thường", "normal"),
    PlaceState.DEGRADED: ("kém", "poor"),
    PlaceState.DOWN: ("mất liên lạc", "not heard"),
    PlaceState.UNKNOWN: ("chưa rõ", "not known yet"),
}


def apart_now(store: Store, scope: Scope, latest: Iterable[Latest], now: float) -> Apart:
    """The PCs of which incidents, or what they sent last, tell more than whether they are heard."""
    live = store.incidents(scope, live=True)
    return Apart(
        mute=mute_by(live, now),
        dark=dark_by(live),
        away=frozenset(one.machine for one in latest if glance(one.received, one.body).elsewhere),
    )


def places_now(
    register: Register, code: str, heard_of: Callable[[str], Latest | None], now: float, apart: Apart
) -> SchoolPlaces:
    """A school as a command judges it: from the store alone, without the serving collector's own gaps.

    Whether it turns PCs away only that process knows: a full disk cannot keep it. `unsure_words` says so.
    """
    return school_places(
        register,
        rooms=[path for path, room in register.rooms.items() if room.school == code],
        machines=[register.machines[one] for one in register.by_school.get(code, ())],
        heard_of=heard_of,
        hearing=Hearing(back=-math.inf),
        now=now,
        apart=apart,
    )


def is_concluded(presence: Presence | PlacePresence) -> bool:
    """Whether it was concluded from silence; where the collector cannot store, everybody seems to be silent."""
    return presence.assumed or presence.state is State.SILENT or presence.state is PlaceState.DOWN


def unsure_words(store: Store, now: float, say: Say) -> str:
    """What a command says beside states it concluded from silence where nobody is heard at all; else empty."""
    heard = [(one.heard, BEATS_UNTIL_MISSED * bounded_beat(one.beat)) for one in store.latest(EVERYTHING)]
    last = max((at for at, _ in heard), default=0.0)
    if not last or any(now < at + patience for at, patience in heard):
        return ""
    at = moment(last, say.language)
    return say(
        f"Từ {at} không nhận được số liệu của máy nào, ở trường nào cũng vậy. Lệnh này chỉ thấy số liệu đã lưu: nếu "
        "máy chủ tổng hợp không chạy hoặc không ghi được, máy ghi mất liên lạc hay đã tắt có thể vẫn đang bật. Xem "
        "trang đầu của máy chủ tổng hợp, hoặc chạy: schooldrum-collector check",
        f"No PC of any school has been heard since {at}. This command sees only what is stored: if the collector does "
        "not run or cannot store, PCs shown as not heard or switched off may well be on. See the collector's first "
        "page, or run: schooldrum-collector check",
    )


def place_word(place: PlacePresence, say: Say) -> str:
    """How a place stands: being off when it is expected to be is no fault, and is called otherwise."""
    if place.state is PlaceState.OFF:
        return say("đã tắt", "switched off") if place.expected else say("nghỉ", "off hours")
    return say(*_WORDS[place.state])
