"""An incident as people read it, in either language: heading, since when, what it rests on, what to do."""

from collections.abc import Callable, Mapping

import msgspec

from schooldrum_collector.formats import VIETNAM, duration, moment, time_of_day
from schooldrum_collector.judge.expecting import CALENDARS
from schooldrum_collector.judge.fault import Degree, Fault, Verdict
from schooldrum_collector.judge.fault_words import DEGREES, VERDICTS
from schooldrum_collector.judge.incident import PREFIX, Incident, Severity, State
from schooldrum_collector.judge.incident_spells import round_begin, stretches, trouble_seconds
from schooldrum_collector.judge.lessons import is_lesson
from schooldrum_collector.judge.own_line import is_own_line
from schooldrum_collector.judge.sentences import heading, place_name, sentence, steps
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import MAIN_SITE, Register

SCHOOL_ROLE, OFFICE_ROLE = "it_officer", "office"
_TEACHER = "-gv"


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of its message (glossary, section 5) without the link.

    `end` is empty while it goes on; where it is back and still watched, it says so.
    """

    heading: str
    since: str
    evidence: str
    steps: tuple[str, ...]
    end: str


def names_of(register: Register, incident: Incident, say: Say) -> dict[str, str]:
    """What people call the places an incident speaks of."""
    names: dict[str, str] = {}
    rooms = {*incident.evidence.names.get("rooms", ())}
    for code in incident.schools:
        school = register.schools.get(code)
        names[code] = school.name if school else code
        names[f"{code}/{MAIN_SITE}"] = say("điểm chính", "main campus")
    for path in {incident.place.path, *incident.evidence.names.get("areas", ())}:
        if area := register.areas.get(path):
            names[path] = area.name
        if machine := register.machines.get(path):
            is_teachers = machine.alias.endswith(_TEACHER)
            seat = say("Máy GV", "Teacher's PC") if is_teachers else f"{say('Máy', 'PC')} {machine.seat:02}"
            room = register.rooms.get(machine.path)
            names[path] = f"{room.name}, {seat}" if room else seat
        rooms.add(path)
    names.update((path, register.rooms[path].name) for path in rooms if path in register.rooms)
    if is_own_line(incident):
        names[incident.place.path] = say("Máy chủ tổng hợp", "Collector")
    if not incident.place.path:
        names[""] = say("Toàn khu vực", "The whole area")
    return names


_PARTS = {
    Verdict.DNS: ("tên miền (DNS)", "names (DNS)"),
    Verdict.NATIONAL: ("kết nối trong nước", "national routes"),
    Verdict.INTERNATIONAL: ("kết nối quốc tế", "international routes"),
}
"""What may be broken by itself while a school's network and line work."""


def zone_of(register: Register, incident: Incident) -> str:
    """The time zone its times are told in."""
    school = register.schools.get(incident.school)
    return school.time_zone if school else VIETNAM


def verdict_word(verdict: Verdict, say: Say) -> str:
    """The glossary's word for where a fault is."""
    return say(VERDICTS[verdict].vi, VERDICTS[verdict].en)


def degree_word(degree: Degree, say: Say) -> str:
    """The glossary's word for how sure that is, without the colon."""
    return say(DEGREES[degree].vi, DEGREES[degree].en)


def is_in_lesson(register: Register, incident: Incident, code: str = "") -> bool:
    """Whether it began, or came back, in lesson time of this school, by default its first."""
    school = code or next(iter(incident.schools), "")
    began = round_begin(incident)[0] if incident.is_live else incident.began
    return school in register.schools and is_lesson(CALENDARS.of_school(register, school).until, began)


def read(register: Register, incident: Incident, now: float, language: str, role: str = "") -> Read:
    """Its message as of now for this role, by default whoever can act: the school, or for many the office."""
    say = Say(language)
    names = names_of(register, incident, say)
    fault = incident.fault
    role = role or (SCHOOL_ROLE if incident.school else OFFICE_ROLE)
    try:
        head, evidence, doing = (
            heading(heading_fault(incident), names, language),
            sentence(fault, names, language),
            steps(fault, role, language, names),
        )
    except KeyError:
        # Evidence of a version with other words: what it is about and where it lies can be told all the same.
        head = f"{names.get(incident.place.path, incident.place.path)}: {verdict_word(incident.verdict, say)}"
        evidence, doing = f"{degree_word(incident.degree, say)}: {verdict_word(incident.verdict, say)}.", ()
    if incident.planned:
        head = say(f"{head} (theo lịch bảo trì)", f"{head} (planned maintenance)")
    return Read(
        heading=head,
        since=_since(register, incident, now, say),
        evidence=evidence,
        steps=doing,
        end=_end(incident, say, zone_of(register, incident)),
    )


def short_place(register: Register, incident: Incident, language: str) -> str:
    """Its place, from large to small, in at most two parts."""
    return place_name(incident.place, incident.fault, names_of(register, incident, Say(language)))


def length(incident: Incident, until: float, say: Say, written: Callable[[float, str], str] = duration) -> str:
    """For how long it went on in all; of one shorter than its ends are known to, what it lasted at most.

    (PCs that look every half minute may see it once: it has no length then, which it cannot have had.)
    """
    seconds = trouble_seconds(incident, until)
    errors = [incident.began_error, incident.ended_error]
    errors += [error for pause in incident.pauses for error in (pause.error, pause.end_error)]
    # Nothing that may have lasted for longer is said to have lasted no second.
    if until == incident.ended and (seconds < max(errors) or seconds < 1 <= seconds + sum(errors)):
        most = written(seconds + sum(errors), say.language)
        return say(f"nhiều nhất {most}", f"at most {most}")
    return written(seconds, say.language)


def how_long(incident: Incident, until: float, say: Say, written: Callable[[float, str], str] = duration) -> str:
    """For how long it went on, and in how many rounds where it came and went: what was well in between is not in it."""
    rounds, told = len(stretches(incident, until)), length(incident, until, say, written)
    return told if rounds == 1 else say(f"{told}, {rounds} lần", f"{told} in {rounds} rounds")


def rounds_before(incident: Incident, say: Say, zone: str) -> str:
    """When it went on before it came back, as the end of a sentence about its newest round; empty for its first."""
    began = round_begin(incident)[0]
    earlier = [one for one in stretches(incident, began) if one.end < began]
    if not incident.pauses or not earlier:
        return ""
    last = f"{time_of_day(earlier[-1].begin, zone)}\N{EN DASH}{time_of_day(earlier[-1].end, zone)}"
    if len(earlier) == 1:
        return say(f"; trước đó {last}", f"; before: {last}")
    return say(f"; trước đó {len(earlier)} lần, lần cuối {last}", f"; {len(earlier)} times before, last {last}")


def parts_told(incident: Incident, say: Say, zone: str) -> str:
    """What was broken in it from when until when, as a sentence, where that is more than one thing; else empty."""
    each = [
        f"{say(*_PARTS[one.verdict])} {time_of_day(one.began, zone)}\N{EN DASH}{time_of_day(one.ended, zone)}"
        for one in incident.parts
    ]
    return say(f" Gồm: {'; '.join(each)}.", f" In it: {'; '.join(each)}.") if each else ""


def told_as(incident: Incident, say: Say) -> str:
    """Under which number it was told before it turned out to be another incident, as a sentence; else empty."""
    number = f"{PREFIX}{incident.told_as}"
    return say(f" Trước đây báo với mã {number}.", f" Told before as {number}.") if incident.told_as else ""


def without_school(heading_: str, school: str) -> str:
    """A heading for where the school's name stands above it: it begins with what is inside the school."""
    for before in (f"{school} \N{EN DASH} ", f"{school}: "):
        if school and heading_.startswith(before):
            rest = heading_.removeprefix(before)
            return rest[:1].upper() + rest[1:]
    return heading_


def heading_fault(incident: Incident) -> Fault:
    """The fault as its heading counts it: all schools it has concerned, as they are listed, and not those of now."""
    fault, counts = incident.fault, incident.evidence.counts
    if counts.get("schools", len(incident.schools)) >= len(incident.schools):
        return fault
    evidence = msgspec.structs.replace(fault.evidence, counts={**counts, "schools": len(incident.schools)})
    return msgspec.structs.replace(fault, evidence=evidence)


def is_back(incident: Incident) -> bool:
    """Whether nothing is wrong at this moment, and it is still watched: it may come back."""
    return incident.is_live and incident.calm > 0 and incident.ended > 0


def _since(register: Register, incident: Incident, now: float, say: Say) -> str:
    told = _went_on(register, incident, now, say)
    return told + parts_told(incident, say, zone_of(register, incident)) + told_as(incident, say)


def _went_on(register: Register, incident: Incident, now: float, say: Say) -> str:
    language, zone = say.language, zone_of(register, incident)
    before = rounds_before(incident, say, zone) if incident.is_live else ""
    if before:
        again = round_begin(incident)[0]
        lasted = duration(max(0.0, (incident.ended or now) - again), language)
        if is_in_lesson(register, incident):
            lasted += say(", trong giờ học", ", in lesson time")
        at = moment(again, language, zone)
        return say(f"Lại từ {at} (đã {lasted}){before}.", f"Again since {at} ({lasted}){before}.")
    began = moment(incident.began, language, zone)
    lasted = how_long(incident, incident.ended or now, say)
    if incident.ended and not incident.is_live:
        return say(f"Từ {began}, kéo dài {lasted}.", f"Since {began}, for {lasted}.")
    if is_in_lesson(register, incident):
        lasted += say(", trong giờ học", ", in lesson time")
    if incident.began_measured:
        return say(f"Từ {began} (đã {lasted}).", f"Since {began} ({lasted}).")
    found = moment(incident.opened, language, zone)
    if found == began:
        return say(f"Từ khoảng {began} (đã {lasted}).", f"Since about {began} ({lasted}).")
    return say(
        f"Từ khoảng {began} (đã {lasted}), phát hiện lúc {found}.",
        f"Since about {began} ({lasted}), noticed at {found}.",
    )


def _end(incident: Incident, say: Say, zone: str) -> str:
    if incident.state is State.WITHDRAWN:
        return say("Đã rút lại: không phải sự cố.", "Withdrawn: it was no incident.")
    if is_back(incident):
        ended = moment(incident.ended, say.language, zone)
        lasted = how_long(incident, incident.ended, say)
        return say(
            f"Đã có lại từ {ended}, sau {lasted}; vẫn theo dõi.", f"Back since {ended}, after {lasted}; still watched."
        )
    if incident.is_live or not incident.ended:
        return ""
    if incident.excused:
        return say(
            "Trường nghỉ: không chờ tín hiệu nữa, không rõ hết lúc nào.",
            "The school is closed: nobody is waited for any more, and when it ended is not known.",
        )
    ended = moment(incident.ended, say.language, zone)
    lasted = how_long(incident, incident.ended, say)
    return say(f"Đã hết lúc {ended}, kéo dài {lasted}.", f"Over at {ended}, after {lasted}.")


SEVERITIES: Mapping[Severity, tuple[str, str]] = {
    Severity.URGENT: ("KHẨN", "URGENT"),
    Severity.ACTION: ("CẦN XỬ LÝ", "ACTION"),
    Severity.INFORMATION: ("ĐỂ BIẾT", "FOR INFORMATION"),
    Severity.DIGEST: ("BẢN TIN", "DIGEST"),
}
"""The level in brackets (glossary, section 5)."""
