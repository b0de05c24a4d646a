"""The answers' door: one page behind an unguessable link, for one incident and one reader, and nothing else.

Opening it changes nothing: programs that look at links before people do may open it. Answering is a form.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from schooldrum_collector.formats import VIETNAM, duration
from schooldrum_collector.judge.fault_steps import OFFICE, PRINCIPAL
from schooldrum_collector.judge.incident import Incident, Severity, size
from schooldrum_collector.judge.incident_acts import (
    ANSWERS,
    LONGEST_TEXT,
    PROVIDER_SAID,
    Refused,
    acknowledged,
    is_repeated,
)
from schooldrum_collector.judge.lost_time import lessons_by_school
from schooldrum_collector.judge.messages import Occasion
from schooldrum_collector.judge.recipients import own_schools
from schooldrum_collector.show.incident_record import ANSWER_WORDS, standing
from schooldrum_collector.show.incident_words import SEVERITIES, is_back, is_in_lesson, length, zone_of
from schooldrum_collector.show.notify import Telling, parts_of
from schooldrum_collector.show.notify_names import tidy
from schooldrum_collector.show.notify_times import moment
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Full, Overloaded, Store
from schooldrum_collector.store.records import EVERYTHING, AnswerLink, Change, Register, Scope, Story
from schooldrum_collector.store.steps import write_answer, write_steps
from schooldrum_collector.web.answer_refusals import (
    LATER,
    NOT_READ,
    NOT_UNDERSTOOD,
    NOT_WRITTEN,
    NOTHING,
    OTHER_NAME,
    OTHER_SITE,
    WITHOUT_TEXT,
    Refusals,
)
from schooldrum_collector.web.guard import LOOPBACK_NAMES, host_name
from schooldrum_collector.web.incident_page import answers_offered, held_by, may_be_a_line
from schooldrum_collector.web.page_acts import LARGEST_FORM
from schooldrum_wire.settings import LANGUAGES

KEPT_SECONDS = 30 * 86400.0
"""So long after the end of its incident a link still shows it."""
_SECRET_LENGTHS = range(8, 65)
_AT_ONCE = 16
_LATE = "late"
"""In the place of an answer's word: it was not taken."""
_SCHOOLS_SHOWN = 200
_ROOT = Path(__file__).parent / "templates"
_STYLE = """
body{font:18px/1.5 system-ui,sans-serif;margin:0 auto;max-width:40rem;padding:1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.35rem;line-height:1.3}h2{font-size:1.1rem;margin-top:1.6rem}
button{display:block;width:100%;margin:.6rem 0;padding:.9rem;font:inherit;text-align:left;border:2px solid #1f4e9d;
border-radius:.5rem;background:#fff;color:#1f4e9d}button:focus,button:hover{background:#e8effa}
.quiet{border-color:#777;color:#333}.done{border-left:.4rem solid #00611f;padding:.5rem .8rem;background:#eef7f0}
textarea{font:inherit;width:100%;box-sizing:border-box}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #ddd}th{font-weight:600}
nav{text-align:right}
@media(prefers-color-scheme:dark){body{background:#161616;color:#e6e6e6}a{color:#8ab4f8}
button{background:#161616;color:#8ab4f8;border-color:#8ab4f8}button:focus,button:hover{background:#263245}
.quiet{color:#ccc;border-color:#999}.done{background:#12281a}th,td{border-color:#444}}
@media print{form,nav{display:none}body{max-width:none}}
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "schooldrum",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A link with what it leads to."""

    link: AnswerLink
    story: Story


def answers_app(
    *,
    store: Store,
    now: Callable[[], float],
    hosts: Collection[str] = (),
    happened: Callable[[], None] = lambda: None,
) -> web.Application:
    """The application behind the answers' door.

    `now` is the collector's clock; `hosts` are names beside loopback's under which it is called; `happened()` is told
    in the event loop when somebody has answered.
    """
    environment = Environment(
        loader=FileSystemLoader(_ROOT), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    refuse = Refusals(environment, _STYLE)
    desk = _Desk(store, now, happened, environment, refuse)
    app = web.Application(middlewares=[_guard(hosts, refuse)], client_max_size=LARGEST_FORM)
    app.router.add_get("/t/{secret}", desk.show)
    app.router.add_post("/t/{secret}", desk.take)
    return app


def _guard(hosts: Collection[str], refuse: Refusals) -> Middleware:
    names = LOOPBACK_NAMES | {host_name(host) or host.lower() for host in hosts}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.getall(hdrs.HOST, [])
        origins = request.headers.getall(hdrs.ORIGIN, [])
        say = _language(request, None)
        try:
            if len(given) != 1 or host_name(given[0]) not in names:
                response: web.StreamResponse = refuse(web.HTTPMisdirectedRequest.status_code, OTHER_NAME, say)
            # Browsers say `null` where a page forbids referrers, as this one does.
            elif any(one != "null" and urlsplit(one).netloc.lower() != given[0].lower() for one in origins):
                response = refuse(web.HTTPForbidden.status_code, OTHER_SITE, say)
            else:
                response = await handler(request)
        except web.HTTPNotFound as problem:
            # A part of the address got lost on its way from the message.
            response = refuse(problem.status, NOTHING, say)
        except (Full, Overloaded):
            response = refuse(web.HTTPServiceUnavailable.status_code, NOT_READ, say, headers=LATER)
        except web.HTTPException as problem:
            allowed = problem.headers.get(hdrs.ALLOW)
            response = refuse(problem.status, NOT_UNDERSTOOD, say, headers={hdrs.ALLOW: allowed} if allowed else None)
        response.headers.update(_HEADERS)
        return response

    return guarded


class _Desk:
    """Handlers of the one page. Not frozen: it counts who is being served."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], float],
        happened: Callable[[], None],
        environment: Environment,
        refuse: Refusals,
    ) -> None:
        self._store = store
        self._refuse = refuse
        self._now = now
        self._happened = happened
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._template = environment.get_template("answer.html")

    async def show(self, request: web.Request) -> web.StreamResponse:
        """GET /t/{secret}: the incident and what is asked about it; changes nothing."""
        async with self._turns:
            found = await asyncio.to_thread(self._find, request.match_info["secret"])
            say = _language(request, found)
            if found is None:
                return self._refuse(web.HTTPNotFound.status_code, NOTHING, say)
            done = request.query.get("done", "")
            return await asyncio.to_thread(self._page, found, say, done)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """POST /t/{secret}: what the reader answers."""
        try:
            fields = await request.post()
        except (ValueError, LookupError):
            # No form at all, or in letters that nobody knows.
            return self._not_understood(_language(request, None), "")
        given = {name: value for name, value in fields.items() if isinstance(value, str)}
        async with self._turns:
            found = await asyncio.to_thread(self._find, request.match_info["secret"])
            say = _language(request, found)
            if found is None:
                return self._refuse(web.HTTPNotFound.status_code, NOTHING, say)
            try:
                done = await asyncio.to_thread(self._act, found, given)
            except Refused as problem:
                if str(problem) != "over":
                    return self._not_understood(say, given.get("answer", ""))
                # Somebody was quicker: the page says so, and how it ended.
                done = _LATE
            except (Full, Overloaded):
                return self._refuse(web.HTTPServiceUnavailable.status_code, NOT_WRITTEN, say, headers=LATER)
        self._happened()
        language = f"lang={say.language}" if "lang" in request.query else ""
        query = "&".join(one for one in (f"done={done}" if done in {*ANSWER_WORDS, _LATE} else "", language) if one)
        return web.Response(status=303, headers={hdrs.LOCATION: f"{request.path}{f'?{query}' if query else ''}"})

    def _find(self, secret: str) -> _Shown | None:
        if len(secret) not in _SECRET_LENGTHS:
            return None
        link = self._store.answer_link(hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest())
        story = self._store.incident_of(EVERYTHING, link.number) if link else None
        if link is None or story is None:
            return None
        over = story.incident.closed
        return None if over and self._now() - over > KEPT_SECONDS else _Shown(link=link, story=story)

    def _act(self, found: _Shown, given: dict[str, str]) -> str:
        """Does what the form asks for; returns the word of an answer.

        Raises:
            Refused: it cannot be done with this incident, or by this reader.
            Full, Overloaded: as the store says.
        """
        link, now, register = found.link, self._now(), self._store.register()
        answer = given.get("answer", "")
        asked = self._asked(found)
        with self._store.writing() as writer:
            # Another may have answered meanwhile.
            incident = writer.incident(asked.number)
            if incident is None or link.role == PRINCIPAL:
                raise Refused("unknown")
            text, zone = given.get("text", ""), zone_of(register, incident)
            if answer == "acknowledge":
                step = acknowledged(incident, now, link.role)
                write_steps(writer, [step] if step is not None else [])
            elif (answer == PROVIDER_SAID and link.role == OFFICE) or answer in answers_offered(incident):
                if not write_answer(writer, incident, answer, now, link.role, zone=zone, text=text):
                    return answer
            elif is_repeated(incident, writer.events(incident.number), answer, now, link.role, text=text):
                return answer
            else:
                # What was asked a moment ago may be known by now.
                raise Refused("over" if answer in ANSWERS else "unknown")
            writer.log(
                Change(at=now, actor=f"answer link ({link.role})", action="incident.answer", subject=incident.name)
            )
        return answer

    def _asked(self, found: _Shown) -> Incident:
        """What a reader is asked about: of an incident of many schools, the part of it that is the own school's."""
        incident, link = found.story.incident, found.link
        if incident.school or link.role == OFFICE or not incident.is_live:
            return incident
        inside = [
            one
            for one in self._store.incidents(Scope(school=link.path), live=True)
            if one.parent == incident.number and one.school == link.path
        ]
        return max(inside, key=lambda one: size(one.place.level), default=incident)

    def _said(self, found: _Shown, about: Incident, say: Say) -> str:
        """What was answered last, by whomever of the school; empty for nothing."""
        story = found.story
        if about.number != story.incident.number:
            story = self._store.incident_of(EVERYTHING, about.number) or story
        known = [given.answer for given in story.answers if given.answer in ANSWER_WORDS]
        return say(*ANSWER_WORDS[known[-1]]) if known else ""

    def _page(self, found: _Shown, say: Say, done: str) -> web.Response:
        incident, link, register, now = found.story.incident, found.link, self._store.register(), self._now()
        zone = zone_of(register, incident) or VIETNAM
        areas = {code: school.area for code, school in register.schools.items()}
        own = own_schools(link.path, incident.schools, areas)
        ended = incident.ended if incident.ended and not incident.is_live else 0.0
        back = is_back(incident)
        parts = parts_of(
            register,
            incident,
            Telling(
                occasion=Occasion.BEGIN,
                role=OFFICE if link.role == OFFICE else "it_officer",
                language=say.language,
                zone=zone,
                # How long it went on: what is back goes on no more.
                now=incident.ended if back else now,
                own=own,
                in_lesson=bool(own) and is_in_lesson(register, incident, own[0]),
                helped=max((one.at for one in found.story.answers if one.answer == "help"), default=0.0),
                whole=bool(ended),
            ),
        )
        may, about = link.role != PRINCIPAL, self._asked(found)
        asked = answers_offered(about)
        body = self._template.render(
            say=say,
            style=_STYLE,
            number=incident.name,
            level=say(*SEVERITIES[Severity.INFORMATION]) if back else parts.level,
            heading=f"{parts.place}: {parts.what}",
            state=standing(incident, now, say, zone),
            since=parts.since,
            evidence=parts.evidence,
            steps=parts.steps if incident.is_live and not back else (),
            asked=[(word, _first_large(say(*ANSWER_WORDS[word]))) for word in asked] if may else [],
            done=_first_large(say(*ANSWER_WORDS[done])) if done in ANSWER_WORDS else "",
            said=_first_large(self._said(found, about, say)) if asked else "",
            late=done == _LATE,
            takes=may and incident.is_live and incident.acknowledged is None,
            taken=_taken(incident, say, zone),
            notes=link.role == OFFICE,
            longest=LONGEST_TEXT,
            facts=_facts(
                register, incident, held_by(self._store, EVERYTHING, incident), own, say, until=incident.ended or now
            ),
            schools=[tidy(register.schools[code].name) for code in own[:_SCHOOLS_SHOWN] if code in register.schools]
            if len(incident.schools) > 1
            else [],
            other="en" if say.language == "vi" else "vi",
        )
        return web.Response(text=body, content_type="text/html", charset="utf-8")

    def _not_understood(self, say: Say, answer: str) -> web.Response:
        """What was sent is no answer to what is asked here, or not this reader's to give."""
        text = WITHOUT_TEXT if answer == PROVIDER_SAID else NOT_UNDERSTOOD
        return self._refuse(web.HTTPBadRequest.status_code, text, say)


def _language(request: web.Request, found: _Shown | None) -> Say:
    chosen = request.query.get("lang", "")
    return Say(chosen if chosen in LANGUAGES else found.link.language if found else "vi")


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:]


def _taken(incident: Incident, say: Say, zone: str) -> str:
    if incident.acknowledged is None:
        return ""
    at = moment(incident.acknowledged.at, say.language, zone)
    return say(f"Đã tiếp nhận lúc {at}.", f"Taken in hand at {at}.")


def _facts(
    register: Register,
    incident: Incident,
    parts: Collection[Incident],
    own: Collection[str],
    say: Say,
    *,
    until: float,
) -> list[tuple[str, str]]:
    """The figures a provider is shown: when, known how well, for how long, which line."""
    language, zone = say.language, zone_of(register, incident) or VIETNAM

    def known(at: float, error: float, measured: bool) -> str:  # noqa: FBT001 - as it is kept
        how = say("đo tại trường", "measured at the school") if measured else say("phát hiện", "noticed")
        return f"{moment(at, language, zone)} (GMT+7, ±{duration(max(60.0, error), language)}, {how})"

    facts = [(say("Bắt đầu", "Begin"), known(incident.began, incident.began_error, incident.began_measured))]
    if incident.ended and not incident.is_live:
        facts.append((say("Kết thúc", "End"), known(incident.ended, incident.ended_error, incident.ended_measured)))
    facts.append((say("Kéo dài", "Lasted"), length(incident, until, say)))
    lost = lessons_by_school(register, [incident, *parts], until)
    mine = [lost[code] for code in own if code in lost]
    if len(mine) == 1:
        facts.append((say("Trong giờ học", "Of lesson time"), duration(mine[0], language)))
    elif mine:
        name = say(f"Giờ học đã mất, cộng của {len(mine)} trường", f"Lesson time lost, of {len(mine)} schools together")
        facts.append((name, duration(sum(mine), language)))
    for line in sorted(register.lines.values(), key=lambda one: one.path) if may_be_a_line(incident) else ():
        if line.school in own and (len(own) == 1 or line.provider == incident.place.path):
            name = tidy(register.schools[line.school].name) if line.school in register.schools else line.school
            customer = tidy(line.customer) if line.customer else say("chưa ghi", "not noted")
            number = say("mã khách hàng", "customer number")
            facts.append((f"{name}, {tidy(line.provider)}", f"{number} {customer}"))
    return facts[:_SCHOOLS_SHOWN]
