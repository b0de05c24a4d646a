"""`demo cut`, `demo mend`, `demo list`: breaks something in the running demo, and shows what comes of it."""

import argparse
import time
from collections.abc import Callable

from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.commands.demo_home import Home, Running, configured, environment
from schooldrum_collector.commands.demo_seen import held, seen_instead
from schooldrum_collector.demo.area import BEAT, PROVIDERS, DemoSchool, schools
from schooldrum_collector.demo.breaks import Break, Breaks, Kind
from schooldrum_collector.demo.day import PAST, SCENES, broken_by_the_day, target_of
from schooldrum_collector.formats import moment
from schooldrum_collector.judge.fault import Level, Verdict
from schooldrum_collector.judge.incident import PREFIX, Incident, State
from schooldrum_collector.judge.messages import Occasion
from schooldrum_collector.show.incident_words import OFFICE_ROLE, SCHOOL_ROLE, is_in_lesson, read, zone_of
from schooldrum_collector.show.notify import Telling
from schooldrum_collector.show.notify_composed import composed
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import EVERYTHING

_JUDGED_SECONDS = 120.0
"""After so long without a verdict something is wrong with the demo itself."""
_MENDED_SECONDS = 240.0
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 12.0 * BEAT
_LATELY_SECONDS = 1800.0
_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.ROOM: ("bộ chia mạng (switch) của một phòng", "a room's switch"),
    Kind.LINE: ("đường truyền Internet của một trường", "a school's internet line"),
    Kind.POWER: ("điện của một trường", "a school's power"),
    Kind.PROVIDER: ("một nhà mạng", "an internet provider"),
    Kind.DNS: ("tên miền (DNS) của một trường", "a school's names (DNS)"),
    Kind.LOGIN: ("trang đăng nhập chắn Internet của một trường", "a login page in a school's way"),
    Kind.LOSS: ("đường truyền mất gói của một trường", "a school's line that loses packets"),
    Kind.ABROAD: ("kết nối quốc tế của một trường", "a school's international routes"),
}


def cut_arguments(actions: Actions, say: Say) -> None:
    """What `demo cut` takes."""
    parser = actions.add(
        "cut",
        "làm hỏng một thứ trong khu vực mẫu đang chạy, chờ xem kết luận",
        "breaks something in the running sample area and waits for the verdict",
        example="demo cut line --school MP08",
    )
    parser.add_argument(
        "kind",
        choices=[kind.value for kind in Kind],
        help="; ".join(f"{k.value}: {say(*w)}" for k, w in _WORDS.items()),
    )
    parser.add_argument(
        "--school", default="", metavar="CODE", help=say("ở trường nào (mặc định: tự chọn)", "where (default: any)")
    )
    parser.add_argument("--no-wait", action="store_true", help=say("không chờ kết luận", "does not wait for a verdict"))


def mend_arguments(actions: Actions, say: Say) -> None:
    """What `demo mend` takes."""
    parser = actions.add(
        "mend",
        "sửa lại những gì demo cut đã làm hỏng, chờ sự cố kết thúc",
        "mends what demo cut has broken and waits for the incidents to end",
        example="demo mend",
    )
    parser.add_argument(
        "kind",
        nargs="?",
        choices=[kind.value for kind in Kind],
        help=say("chỉ loại này, như của demo cut (mặc định: hết)", "this alone, as of demo cut (default: all)"),
    )
    parser.add_argument(
        "--school",
        default="",
        metavar="CODE",
        help=say("chỉ ở trường này (mặc định: hết)", "there alone (default: all)"),
    )
    parser.add_argument("--no-wait", action="store_true", help=say("không chờ", "does not wait"))


def _beside(call: Call, home: Home) -> tuple[Call, Running]:
    """The call under the configuration of the demo that runs.

    Raises:
        Failed: none runs.
    """
    running = home.running()
    if running is None:
        raise Failed(
            call.say(
                f"Chưa có khu vực mẫu nào đang chạy ({home.path}). Ở cửa sổ khác: make demo",
                f"No sample area is running ({home.path}). In another window: make demo",
            )
        )
    return configured(call, home, environment(call.environ, home)), running


def cut(given: argparse.Namespace, call: Call, home: Home) -> int:
    """`demo cut`; 1 where no verdict came."""
    kind = Kind(given.kind)
    call, running = _beside(call, home)
    breaks = Breaks(home.path)
    with opened(call) as store:
        school = _school(call, running, store, breaks, kind, code=given.school.strip().upper())
        broken = Break(kind=kind, target=target_of(kind, school), school=school.code, at=call.now())
        before = next((one for one in breaks.now() if (one.kind, one.target) == (kind, broken.target)), None)
        if before is None:
            breaks.put(broken)
            call.console.line(f"{call.say('Đã cắt', 'Cut')}: {_what(broken, school, call.say)}")
        else:
            broken = before
            since = moment(broken.at, call.say.language)
            word = call.say(
                f"Đang hỏng sẵn từ {since}, không cắt gì thêm", f"Broken since {since}, nothing more is cut"
            )
            call.console.line(f"{word}: {_what(broken, school, call.say)}")
        if given.no_wait:
            call.console.line(f"{call.say('Xem', 'See')}: {running.office}/schools/{school.code}")
            return 0
        call.console.out.flush()
        call.console.remark(
            call.say(
                f"Chờ kết luận (nhịp {BEAT} giây; thường dưới một phút) …",
                f"Waiting for the verdict (beat {BEAT} seconds; usually less than a minute) …",
            )
        )
        found = _waited(lambda: _incident(store, broken, call.now()), _JUDGED_SECONDS)
        if found is None and not any((one.kind, one.target) == (kind, broken.target) for one in breaks.now()):
            raise Failed(
                call.say(
                    "Chỗ cắt đã được sửa trong lúc chờ (demo mend ở cửa sổ khác).",
                    "It was mended while this waited (demo mend in another window).",
                )
            )
        if found is None:
            waited = call.say(
                f"Chưa có kết luận sau {_JUDGED_SECONDS:.0f} giây; xem {running.office}/incidents",
                f"No verdict after {_JUDGED_SECONDS:.0f} seconds; see {running.office}/incidents",
            )
            raise Failed("\n  ".join([waited, *seen_instead(store, broken, call.now(), call.say)]))
        _show(call, running, store, found)
    _foretell(call, broken, found)
    return 0


def mend(given: argparse.Namespace, call: Call, home: Home) -> int:
    """`demo mend`; 1 where an incident did not end."""
    code = given.school.strip().upper()
    call, running = _beside(call, home)
    say, breaks = call.say, Breaks(home.path)
    mended = [one for one in breaks.now() if code in {"", one.school} and given.kind in {None, one.kind.value}]
    if not mended:
        nothing = say("Không có gì do demo cut làm hỏng", "Nothing is broken by demo cut")
        named = " ".join(one for one in (given.kind or "", code) if one)
        call.console.line(f"{nothing}: {named}." if named else f"{nothing}.")
    if _by_itself(running, call.now()):
        # Said first: who waits for the end of all faults would wait for these.
        call.console.remark(
            say(
                "Sự cố của chính khu vực mẫu thì tự hết, demo mend không sửa; demo list cho biết còn gì.",
                "The sample area's own faults pass by themselves, demo mend leaves them; demo list says what is left.",
            )
        )
    if not mended:
        return 0
    known = {school.code: school for school in schools()}
    with opened(call) as store:
        numbers = {found.number for one in mended if (found := _incident(store, one, call.now())) is not None}
        for one in mended:
            breaks.mend(one)
            call.console.line(f"{say('Đã sửa', 'Mended')}: {_what(one, known[one.school], say)}")
        if given.no_wait or not numbers:
            return 0
        still = held(store, numbers, (*breaks.now(), *_by_itself(running, call.now())))
        for incident, others in still:
            cuts = "; ".join(_what(one, known[one.school], say) for one in others)
            call.console.line(
                say(
                    f"Còn hỏng: {cuts}. Không chờ {incident.name}: sự cố có thể còn đến khi sửa nốt (demo mend).",
                    f"Still broken: {cuts}. {incident.name} is not waited for: it may go on until that is mended too.",
                )
            )
            _show_end(call, running, store, incident)
        return _until_over(call, running, store, numbers - {incident.number for incident, _ in still})


def _until_over(call: Call, running: Running, store: Store, numbers: set[int]) -> int:
    """Waits for the end of these incidents and shows it; 1 where one goes on."""
    if not numbers:
        return 0
    names = ", ".join(f"{PREFIX}{number}" for number in sorted(numbers))
    call.console.remark(
        call.say(
            f"Chờ số liệu gửi bổ sung và {names} kết thúc …",
            f"Waiting for what is sent afterwards, and for the end of {names} …",
        )
    )
    call.console.out.flush()
    _waited(lambda: _ended(store, numbers), _MENDED_SECONDS)
    known = [story.incident for number in sorted(numbers) if (story := store.incident_of(EVERYTHING, number))]
    for incident in known:
        _show_end(call, running, store, incident)
    if not any(incident.is_live for incident in known):
        return 0
    call.console.remark(
        call.say(
            f"Sau {_MENDED_SECONDS:.0f} giây vẫn chưa hết; xem {running.office}/incidents và demo list.",
            f"Not over after {_MENDED_SECONDS:.0f} seconds; see {running.office}/incidents and demo list.",
        )
    )
    return 1


def listed(call: Call, home: Home) -> int:
    """`demo list`."""
    call, running = _beside(call, home)
    say = call.say
    area = list(schools(running.schools))
    known = {school.code: school for school in area}
    found = [*Breaks(home.path).now(), *_by_itself(running, call.now())]
    call.console.line(f"{say('Trang', 'Pages')}: {running.office}/")
    if not found:
        call.console.line(say("Không có gì đang hỏng.", "Nothing is broken."))
    call.console.table(
        (),
        [
            (
                moment(one.at, say.language),
                _what(one, known[one.school], say),
                say("tự hỏng, tự khỏi", "by itself, for a while") if one.scripted else "demo cut",
            )
            for one in found
            if one.school in known
        ],
    )
    return 0


def _by_itself(running: Running, now: float) -> tuple[Break, ...]:
    """What the sample area's own day has broken."""
    return (
        tuple(broken_by_the_day(schools(running.schools), running.day, now, past=running.past)) if running.day else ()
    )


def _school(call: Call, running: Running, store: Store, breaks: Breaks, kind: Kind, *, code: str) -> DemoSchool:
    """The school to break something at: the one that is named, else one where nothing is, was lately or will be broken.

    Raises:
        Failed: the demo has no such school.
    """
    area = list(schools(running.schools))
    if code:
        found = next((school for school in area if school.code == code), None)
        if found is None:
            raise Failed(
                call.say(f"Không có trường {code}: MP01 … {area[-1].code}.", f"No {code}: MP01 … {area[-1].code}.")
            )
        return found
    taken = {one.school for one in breaks.now()} | (
        {scene.school for scene in (*SCENES, *PAST)} if running.day else set()
    )
    lately = store.incidents(EVERYTHING, since=call.now() - _LATELY_SECONDS)
    taken.update(school for one in lately for school in one.schools)
    down = {one.target for one in breaks.now() if one.kind is Kind.PROVIDER}
    free = [school for school in area if school.code not in taken and school.provider not in down]
    single = [school for school in free if len(school.lines) == 1]
    large = [school for school in single if len(school.rooms) > 2]  # noqa: PLR2004 - one room goes, several answer
    return next(iter((large if kind is Kind.ROOM else []) or single or free or area))


def _what(broken: Break, school: DemoSchool, say: Say) -> str:
    room = next((room.name for room in school.rooms if room.path == broken.target), "")
    name = f"{school.school.name} ({school.code})"
    match broken.kind:
        case Kind.ROOM:
            return say(f"bộ chia mạng (switch) của {room}, {name}", f"the switch of {room}, {name}")
        case Kind.LINE:
            return say(f"đường truyền Internet của {name}", f"the internet line of {name}")
        case Kind.POWER:
            return say(f"điện của {name}", f"the power of {name}")
        case Kind.DNS:
            return say(f"tên miền (DNS) của {name}", f"the names (DNS) of {name}")
        case Kind.LOGIN:
            return say(f"trang đăng nhập chắn Internet của {name}", f"a login page in the way of {name}")
        case Kind.LOSS:
            return say(f"đường truyền mất gói của {name}", f"the line of {name}, which loses packets")
        case Kind.ABROAD:
            return say(f"kết nối quốc tế của {name}", f"the international routes of {name}")
        case _:
            return say(
                f"{broken.target}, mọi trường của nhà mạng này", f"{broken.target}, all schools of this provider"
            )


def _waited(found: Callable[[], Incident | None], seconds: float) -> Incident | None:
    deadline = time.monotonic() + seconds
    while (one := found()) is None and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return one


def _incident(store: Store, broken: Break, now: float) -> Incident | None:
    """The incident that was made of it, once it is told and while it goes on.

    One that began earlier is it too, if no other has come by then: what breaks again soon is the same incident. Where
    it is a part of a larger one, that is it: people are told of that.
    """
    live = {one.number: one for one in store.incidents(EVERYTHING, live=True)}
    found = [
        live.get(one.parent, one)
        for one in live.values()
        if one.state is State.OPEN
        and not one.calm
        and (one.told or one.parent)
        and _is_of(one, broken)
        and (one.began >= broken.at - 4 * BEAT or now - broken.at > _AGAIN_SECONDS)
    ]
    return max(found, key=lambda one: one.number, default=None)


def _is_of(incident: Incident, broken: Break) -> bool:
    place = incident.place
    if broken.kind is Kind.PROVIDER:
        return place.level is Level.PROVIDER and place.path == broken.target and broken.target in PROVIDERS
    if broken.kind is Kind.ROOM:
        return place.path == broken.target
    return place.level in {Level.SCHOOL, Level.SITE} and incident.school == broken.school


def _ended(store: Store, numbers: set[int]) -> Incident | None:
    """The last of them, once all are over and what came afterwards has told what they were."""
    last = None
    for number in sorted(numbers):
        story = store.incident_of(EVERYTHING, number)
        if story is None:
            continue
        last = story.incident
        flaps = bool(last.rounds and last.calm)
        if (last.is_live and not flaps) or last.verdict is Verdict.UNKNOWN:
            return None
    return last


def _show(call: Call, running: Running, store: Store, incident: Incident) -> None:
    say, register, now = call.say, store.register(), call.now()
    role = SCHOOL_ROLE if incident.school else OFFICE_ROLE
    link = f"{running.office}/incidents/{incident.number}"
    telling = Telling(
        occasion=Occasion.BEGIN,
        role=role,
        language=say.language,
        zone=zone_of(register, incident),
        now=now,
        link=link,
        own=(incident.school,) if incident.school else (),
        in_lesson=is_in_lesson(register, incident),
    )
    message = composed(register, incident, telling)
    to = (
        say("giáo viên phụ trách CNTT", "the school's IT officer")
        if incident.school
        else say("văn phòng", "the office")
    )
    call.console.line()
    call.console.line(say(f"Tin báo cho {to}:", f"Message to {to}:"))
    for line in (message.title, *message.full.splitlines()):
        call.console.line(f"  {line}")
    call.console.line(f"SMS: {message.sms}")
    call.console.line()
    call.console.table(
        (),
        [
            (say("Sự cố, có hình", "Incident, drawn"), link),
            *([(say("Trường", "School"), f"{running.office}/schools/{incident.school}")] if incident.school else []),
            (say("Tất cả", "All"), f"{running.office}/"),
            *([("Alertmanager", running.alertmanager)] if running.alertmanager else []),
        ],
    )


def _foretell(call: Call, broken: Break, incident: Incident) -> None:
    """What will be known later: nobody can tell a dead line from a dead switchboard while nobody answers."""
    if incident.verdict is Verdict.UNKNOWN and broken.kind in {Kind.LINE, Kind.POWER}:
        call.console.line(
            call.say(
                "Chưa rõ là đúng: không máy nào của trường gửi được. Chạy demo mend: các máy gửi bổ sung những gì "
                "đã đo, và kết luận được sửa.",
                "Not known yet is right: no PC of the school can report. Run demo mend: the PCs send what they "
                "measured meanwhile, and the verdict is corrected.",
            )
        )


def _show_end(call: Call, running: Running, store: Store, incident: Incident) -> None:
    told = read(store.register(), incident, call.now(), call.say.language)
    call.console.line()
    call.console.line(f"{incident.name}: {told.heading}")
    for line in (told.since, told.evidence, told.end):
        if line:
            call.console.line(f"  {line}")
    call.console.line(f"  {running.office}/incidents/{incident.number}")
