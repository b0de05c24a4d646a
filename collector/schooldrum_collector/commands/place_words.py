"""How a command sees the places of a school, and in which words it says how they stand."""

from collections.abc import Callable, Iterable

from schooldrum_collector.app.kept_hearing import Listened, Unusable, kept_hearing, listened
from schooldrum_collector.app.suspicion import glance
from schooldrum_collector.commands.call import Call
from schooldrum_collector.formats import moment
from schooldrum_collector.judge.apart import Apart, dark_by, mute_by
from schooldrum_collector.judge.places import PlacePresence, PlaceState, SchoolPlaces, school_places
from schooldrum_collector.judge.presence import BEATS_UNTIL_MISSED, Presence, State, bounded_beat
from schooldrum_collector.speech import Say, told
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, Latest, Register, Scope

_ALL = 1 << 20
_WORDS = {
    PlaceState.UP: ("bình thường", "normal"),
    PlaceState.DEGRADED: ("kém", "poor"),
    PlaceState.DOWN: ("mất liên lạc", "not heard"),
    PlaceState.UNKNOWN: ("chưa rõ", "not known yet"),
}


def listened_by(call: Call) -> Listened:
    """By what this command judges who is not heard; that what a collector has kept of it is broken is said here."""
    try:
        return listened(kept_hearing(call.config.data), call.now())
    except Unusable as trouble:
        call.console.remark(told(trouble, call.say))
        return listened(None, call.now())


def apart_now(store: Store, scope: Scope, latest: Iterable[Latest], now: float) -> Apart:
    """The PCs of which incidents, or what they sent last, tell more than whether they are heard."""
    live = store.incidents(scope, live=True, most=_ALL)
    return Apart(
        mute=mute_by(live, now),
        dark=dark_by(live),
        away=frozenset(one.machine for one in latest if glance(one.received, one.body).elsewhere),
    )


def places_now(
    register: Register, code: str, heard_of: Callable[[str], Latest | None], by: Listened, apart: Apart
) -> SchoolPlaces:
    """A school as a command judges it: as the serving collector does, from the store and what that kept of its hearing.

    Where none has kept anything, from the store alone. `unsure_words` says so, and since when none listens.
    """
    return school_places(
        register,
        rooms=[path for path, room in register.rooms.items() if room.school == code],
        machines=[register.machines[one] for one in register.by_school.get(code, ())],
        heard_of=heard_of,
        hearing=by.hearing,
        now=by.at,
        apart=apart,
    )


def unsure_words(store: Store, by: Listened, shown: Iterable[Presence | PlacePresence], now: float, say: Say) -> str:
    """What a command says beside these states where no collector listens, or none may; else empty."""
    if by.stopped:
        at = moment(by.at, say.language)
        return say(
            f"Từ {at} máy chủ tổng hợp không chạy hoặc không ghi được, nên không nhận được số liệu của máy nào. Trạng "
            "thái ghi ở đây là của lúc đó. Khởi động máy chủ, hoặc chạy: schooldrum-collector check",
            f"Since {at} the collector has not run or could not store, so no PC could be heard since then. States "
            "shown are of that moment. Start the collector, or run: schooldrum-collector check",
        )
    if by.known or not any(_is_concluded(one) for one in shown):
        return ""
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


def _is_concluded(presence: Presence | PlacePresence) -> bool:
    """Whether it was concluded from silence; where the collector cannot store, everybody seems to be silent."""
    return presence.assumed or presence.state is State.SILENT or presence.state is PlaceState.DOWN


def place_word(place: PlacePresence, say: Say) -> str:
    """How a place stands: being off when it is expected to be is no fault, and is called otherwise."""
    if place.state is PlaceState.OFF:
        return say("đã tắt", "switched off") if place.expected else say("nghỉ", "off hours")
    return say(*_WORDS[place.state])
