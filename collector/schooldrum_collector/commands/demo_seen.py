"""What the collector sees of a place that `demo cut` has broken: why no verdict comes, or an incident does not end."""

from collections.abc import Iterable

from schooldrum_collector.demo.area import BEAT, schools
from schooldrum_collector.demo.breaks import Break, troubles
from schooldrum_collector.formats import clock
from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.incident import Incident
from schooldrum_collector.judge.presence import BEATS_UNTIL_MISSED
from schooldrum_collector.show.incident_words import read
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING, MachineState, Register

_SHOWN = 3


def seen_instead(store: Store, broken: Break, now: float, say: Say) -> list[str]:
    """Who is heard there and elsewhere, which incidents go on there and what they ask, and the next step: in lines."""
    register = store.register()
    met = {path: trouble for school in schools() for path, trouble in troubles(school, (broken,)).items()}
    heard = {one.machine: one.heard for one in store.latest(EVERYTHING)}
    active = [one for one in register.machines.values() if one.state is MachineState.ACTIVE]
    there = {one.id: heard.get(one.id, 0.0) for one in active if one.path in met}
    since = now - BEATS_UNTIL_MISSED * BEAT
    speaking = sum(at >= since for at in there.values())
    elsewhere = sum(heard.get(one.id, 0.0) >= since for one in active if one.path not in met)
    last = max(there.values(), default=0.0)
    at = clock(last, now, say.language) if last else say("chưa lần nào", "never")
    known = _incidents(store, met)
    lines = [
        say(
            f"Nơi đó: {speaking}/{len(there)} máy đang gửi số liệu (lần cuối: {at}). Nơi khác: {elsewhere} máy.",
            f"Heard there now: {speaking} of {len(there)} PCs (last: {at}). Elsewhere: {elsewhere}.",
        )
    ]
    for incident in known[:_SHOWN]:
        told = read(register, incident, now, say.language)
        lines.append(f"{incident.name}: {told.heading}. {told.evidence}")
        if told.steps:
            lines.append(say(f"Đang hỏi: {told.steps[0]}", f"It asks: {told.steps[0]}"))
    if not known:
        lines.append(say("Chưa có sự cố nào ở đó.", "No incident there yet."))
    lines.append(
        _what_to_do(
            say,
            nobody=not (speaking or elsewhere),
            still=bool(speaking) and not all(trouble.lets_through for trouble in met.values()),
            unexpected=not _is_expected(register, met, now),
            known=bool(known),
        )
    )
    return lines


def held(store: Store, numbers: Iterable[int], still: Iterable[Break]) -> list[tuple[Incident, list[Break]]]:
    """Those of these incidents that go on because of what is still broken in their schools, with that.

    One of several schools is over when most of them are well: only what is still broken at each of them holds it.
    """
    area, broken = {school.code: school for school in schools()}, tuple(still)
    found: list[tuple[Incident, list[Break]]] = []
    for number in sorted(numbers):
        story = store.incident_of(EVERYTHING, number)
        there = [area[code] for code in story.incident.schools if code in area] if story is not None else []
        if story is not None and there and all(troubles(school, broken) for school in there):
            here = [one for one in broken if any(troubles(school, (one,)) for school in there)]
            found.append((story.incident, here))
    return found


def _incidents(store: Store, rooms: Iterable[str]) -> list[Incident]:
    """Those that go on in the schools of these rooms, the widest first."""
    codes = {path.partition("/")[0] for path in rooms}
    live = [one for one in store.incidents(EVERYTHING, live=True) if codes.intersection(one.schools)]
    return sorted(live, key=lambda one: (-len(one.schools), one.number))


def _is_expected(register: Register, rooms: Iterable[str], now: float) -> bool:
    return any(CALENDARS.of_room(register, path).until(now) is not None for path in rooms)


def _what_to_do(say: Say, *, nobody: bool, still: bool, unexpected: bool, known: bool) -> str:
    if nobody:
        return say(
            "Không máy nào của khu vực mẫu gửi số liệu: xem cửa sổ đang chạy make demo, bấm Ctrl-C rồi chạy lại.",
            "No PC of the sample area reports: look at the window that runs make demo, press Ctrl-C, start it again.",
        )
    if unexpected:
        return say(
            "Theo lịch, giờ này máy ở đó không cần bật, nên im lặng là bình thường: mở trang của trường, xóa ngày "
            "nghỉ, rồi chạy demo mend và cắt lại.",
            "By the calendar no PC is expected there now, so silence is normal: open the school's page, take the day "
            "off away, then run demo mend and cut again.",
        )
    if still:
        return say(
            "Máy ở đó vẫn gửi số liệu, chỗ cắt chưa có tác dụng: chạy demo mend rồi cắt lại.",
            "PCs there still report, so the cut has not taken hold: run demo mend and cut again.",
        )
    if known:
        return say(
            "Chờ thêm một phút rồi mở trang sự cố: máy này đang bận.",
            "Wait another minute and open the incident's page: this computer is busy.",
        )
    return say(
        "Chờ thêm một phút; vẫn không có sự cố thì chạy lại make demo và gửi các dòng này cho người phát triển.",
        "Wait another minute; if there is still no incident, start make demo again and send these lines to its makers.",
    )
