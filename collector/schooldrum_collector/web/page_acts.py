"""What people do on pages: come in by a link, answer, take in hand, add and replace PCs, close a day. All by POST.

Every form carries a mark that only our own pages know. Who did it stands in the audit log as a role.
"""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import quote

from aiohttp import web

from schooldrum_collector.judge.calendar_plan import Closing, with_days, without_days
from schooldrum_collector.judge.incident import Incident, Step, number_of
from schooldrum_collector.judge.incident_acts import PROVIDER_SAID, Refused, acknowledged
from schooldrum_collector.show.incident_words import zone_of
from schooldrum_collector.store.interface import Writer
from schooldrum_collector.store.records import NOTES, Change, Machine, MachineState, Note, RoomToken
from schooldrum_collector.store.steps import write_answer, write_steps
from schooldrum_collector.web import enrolment_page, machine_note, machine_page, pending_page, school_page
from schooldrum_collector.web.install_codes import DAYS, MOST_USES, Install, new_code
from schooldrum_collector.web.live_pages import LivePages
from schooldrum_collector.web.page_troubles import CLOSING_TROUBLES
from schooldrum_collector.web.pages import PageDesk
from schooldrum_collector.web.reading import Malformed
from schooldrum_collector.web.rendering import Rendering
from schooldrum_collector.web.scraping import Look
from schooldrum_collector.web.sight import Sight, Unknown
from schooldrum_collector.web.visitors import COOKIE, Forms, Visitor, link_of, visitor_of

LARGEST_FORM = 8 << 10
LONGEST_REASON = 120
_MOST_CLOSINGS = 500
_LONGEST_CLOSING = timedelta(days=31)
_FORM_TYPE = "application/x-www-form-urlencoded"


class Unfit(Exception):  # noqa: N818 - it names how the act ended
    """A form was not taken: the word is one of page_troubles.TROUBLES."""


class ActDesk:
    """Handlers of forms."""

    def __init__(
        self,
        look: Look,
        rendering: Rendering,
        pages: PageDesk,
        forms: Forms,
        *,
        live: LivePages,
        install: Install | None,
        now: Callable[[], float],
        secure: bool,
    ) -> None:
        """`install` is what install codes carry (None: none are made here); `secure` that browsers come by TLS."""
        self._look = look
        self._rendering = rendering
        self._pages = pages
        self._forms = forms
        self._live = live
        self._install = install
        self._now = now
        self._secure = secure

    def routes(self) -> list[web.RouteDef]:
        """What is served, and by which handler."""
        routes = [
            web.get("/enter", self.door),
            web.post("/enter", self.enter),
            web.post("/leave", self.leave),
            web.post("/incidents/{number}/acknowledge", self.acknowledge),
            web.post("/incidents/{number}/answer", self.answer),
            web.post("/schools/{code}/close", self.close),
            web.post("/schools/{code}/open", self.open),
            web.post("/schools/{code}/pending", self.decide),
            web.post("/machines/{machine}/note", self.note),
        ]
        if self._install is not None:
            routes += [
                web.get("/schools/{code}/enrol", self.enrolment),
                web.post("/schools/{code}/enrol", self.enrol),
                web.get("/machines/{machine}/replace", self.replacement),
                web.post("/machines/{machine}/replace", self.replace),
            ]
        return routes

    async def _form(self, request: web.Request) -> dict[str, str]:
        """The fields of a form that one of our pages has sent.

        Raises:
            Malformed: it is no form.
            Unfit: it is not one of ours.
        """
        if request.content_type != _FORM_TYPE or (request.content_length or 0) > LARGEST_FORM:
            raise Malformed("send a form")
        try:
            given = await request.post()
        except (ValueError, web.HTTPRequestEntityTooLarge) as problem:
            raise Malformed("send a form") from problem
        fields = {name: value for name, value in given.items() if isinstance(value, str)}
        if not self._forms.is_ours(visitor_of(request), fields.get("mark", "")):
            raise Unfit("form")
        return fields

    # Coming in

    async def door(self, request: web.Request) -> web.StreamResponse:
        """GET /enter: where a link leads; nothing happens before it is tapped."""
        return self._rendering.page(request, "enter.html", {"wrong": False})

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """POST /enter: a link's code becomes a cookie."""
        fields = await self._form(request)
        code, now = fields.get("code", "").strip(), self._now()
        # What was copied from a message may be the whole address.
        code = code.rpartition("#")[2]
        link = link_of(self._look(request).store.register(), code, now)
        if link is None:
            return self._rendering.page(request, "enter.html", {"wrong": True}, status=403)
        answer = web.HTTPSeeOther(f"/schools/{quote(link.school, safe='')}")
        answer.set_cookie(
            COOKIE,
            code,
            max_age=max(1, int(link.expires - now)),
            path="/",
            httponly=True,
            samesite="Lax",
            secure=self._secure,
        )
        raise answer

    async def leave(self, request: web.Request) -> web.StreamResponse:
        """POST /leave: this browser forgets the link, and goes on to where links lead or to the office's pages."""
        fields = await self._form(request)
        answer = web.HTTPSeeOther("/" if fields.get("to") == "office" else "/enter")
        answer.del_cookie(COOKIE, path="/")
        raise answer

    # Incidents

    async def acknowledge(self, request: web.Request) -> web.StreamResponse:
        """POST /incidents/SC-1042/acknowledge: somebody takes it in hand."""
        await self._form(request)
        by, now = visitor_of(request).role, self._now()

        def act(incident: Incident, writer: Writer) -> Step | None:
            del writer
            return acknowledged(incident, now, by)

        return await self._on_incident(request, "acknowledge", act)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """POST /incidents/SC-1042/answer: what a person knows of it, as attested evidence."""
        fields = await self._form(request)
        register, visitor, now = self._look(request).register, visitor_of(request), self._now()
        by = visitor.role

        def act(incident: Incident, writer: Writer) -> Step | None:
            answer, text = fields.get("answer", ""), fields.get("text", "")
            if answer == PROVIDER_SAID and not visitor.is_office:
                raise Refused("unknown")
            write_answer(writer, incident, answer, now, by, zone=zone_of(register, incident), text=text)
            return None

        return await self._on_incident(request, "answer", act)

    async def _on_incident(
        self, request: web.Request, action: str, act: Callable[[Incident, Writer], Step | None]
    ) -> web.StreamResponse:
        sight, visitor, now = self._look(request), visitor_of(request), self._now()
        number = number_of(request.match_info["number"])
        if number is None or await asyncio.to_thread(sight.store.incident_of, sight.scope, number) is None:
            raise Unknown("there is no such incident")

        def write() -> None:
            with sight.store.writing() as writer:
                incident = writer.incident(number)
                if incident is None:
                    raise Unknown("there is no such incident")
                taken = act(incident, writer)
                if taken is not None:
                    write_steps(writer, [taken])
                writer.log(_change(visitor, now, f"incident.{action}", incident.name))

        try:
            await asyncio.to_thread(write)
        except Refused as problem:
            raise Unfit("over" if str(problem) == "over" else "malformed") from problem
        self._live.stir()
        raise web.HTTPSeeOther(f"/incidents/SC-{number}")

    # Days

    async def close(self, request: web.Request) -> web.StreamResponse:
        """POST /schools/{code}/close: the school is off on these days."""
        fields = await self._form(request)
        sight, code = self._school(request)
        closing = _closing(fields, school_page.today(sight, code))
        if isinstance(closing, str):
            return await self._pages.school_with_form(request, code, fields, CLOSING_TROUBLES[closing])
        first, last, reason = closing.first, closing.last, closing.reason
        visitor, now = visitor_of(request), self._now()

        def write() -> None:
            with sight.store.writing() as writer:
                after = with_days(writer.calendar(code), closing)
                if len(after.closings) > _MOST_CLOSINGS:
                    raise Malformed("day")
                writer.put_calendar(code, after)
                writer.log(_change(visitor, now, "calendar.close", code, f"{first} {last} {reason}"))

        await asyncio.to_thread(write)
        self._live.stir()
        raise web.HTTPSeeOther(f"/schools/{quote(code, safe='')}#days")

    async def open(self, request: web.Request) -> web.StreamResponse:
        """POST /schools/{code}/open: a day that was closed here is none after all."""
        fields = await self._form(request)
        sight, code = self._school(request)
        first, last = _days(fields)
        visitor, now = visitor_of(request), self._now()

        def write() -> None:
            with sight.store.writing() as writer:
                writer.put_calendar(code, without_days(writer.calendar(code), first, last))
                writer.log(_change(visitor, now, "calendar.open", code, f"{first} {last}"))

        await asyncio.to_thread(write)
        self._live.stir()
        raise web.HTTPSeeOther(f"/schools/{quote(code, safe='')}#days")

    def _school(self, request: web.Request) -> tuple[Sight, str]:
        sight, code = self._look(request), request.match_info["code"]
        if not sight.has_school(code):
            raise Unknown(f"the register has no school {code!r:.80}")
        return sight, code

    # PCs

    async def enrolment(self, request: web.Request) -> web.StreamResponse:
        """GET /schools/{code}/enrol: which room, how many."""
        sight, code = self._school(request)
        return self._rendering.page(
            request,
            "enrol.html",
            {
                "school": sight.register.schools[code],
                "rooms": enrolment_page.choices(sight, code),
                "chosen": request.query.get("room", ""),
                "most": MOST_USES,
            },
        )

    async def enrol(self, request: web.Request) -> web.StreamResponse:
        """POST /schools/{code}/enrol: makes an install code, shown this once, with the PCs as they come."""
        fields = await self._form(request)
        sight, code = self._school(request)
        path = f"{code}/{fields.get('room', '')}"
        uses = fields.get("uses", "")
        if path not in sight.register.rooms or not (uses.isdecimal() and len(uses) < len("10000")):
            raise Malformed("room, uses")
        if not 1 <= int(uses) <= MOST_USES:
            raise Malformed("uses")
        return await self._made(request, sight, path, int(uses), None)

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """POST /schools/{code}/pending: a PC that waits is let in or turned away; without a name all that were seen."""
        fields = await self._form(request)
        sight, code = self._school(request)
        word, named = fields.get("answer", ""), fields.get("machine", "")
        if word not in {pending_page.APPROVE, pending_page.REJECT} or (word == pending_page.REJECT and not named):
            raise Malformed("answer")
        visitor, now = visitor_of(request), self._now()
        chosen = [named] if named else pending_page.approvable(sight, code, visitor)
        if not named and chosen and fields.get("seen") != pending_page.mark_of(chosen):
            raise Unfit("changed")

        def write() -> int:
            with sight.store.writing() as writer:
                return pending_page.decide(writer, chosen, word, visitor, school=code, now=now)

        if not await asyncio.to_thread(write):
            raise Unfit("over")
        self._live.stir()
        raise web.HTTPSeeOther(f"/schools/{quote(code, safe='')}/pending")

    async def note(self, request: web.Request) -> web.StreamResponse:
        """POST /machines/{id}/note: why a PC is not on; without a word what was noted is taken back."""
        fields = await self._form(request)
        sight = self._look(request)
        machine = sight.machine(request.match_info["machine"])
        word, visitor, now = fields.get("note", ""), visitor_of(request), self._now()
        if word and word not in NOTES:
            raise Malformed("note")

        def write() -> None:
            with sight.store.writing() as writer:
                machine_note.put(writer, machine.id, Note(word) if word else None, visitor, now)

        try:
            await asyncio.to_thread(write)
        except machine_note.Unnotable as problem:
            raise Unfit("over") from problem
        self._live.stir()
        raise web.HTTPSeeOther(f"/machines/{quote(machine.id, safe='')}")

    async def replacement(self, request: web.Request) -> web.StreamResponse:
        """GET /machines/{id}/replace: what replacing a PC means."""
        sight = self._look(request)
        machine = sight.machine(request.match_info["machine"])
        name = machine_page.name_of(sight, machine, self._rendering.words(request).say)
        return self._rendering.page(request, "replace.html", {"machine": machine, "name": name})

    async def replace(self, request: web.Request) -> web.StreamResponse:
        """POST /machines/{id}/replace: the old PC is no longer watched, and an install code for one PC is made."""
        await self._form(request)
        sight = self._look(request)
        machine = sight.machine(request.match_info["machine"])
        if machine.state is MachineState.RETIRED:
            raise Unfit("over")
        return await self._made(request, sight, machine.path, 1, machine)

    async def _made(
        self, request: web.Request, sight: Sight, path: str, uses: int, instead: Machine | None
    ) -> web.StreamResponse:
        install, visitor, now = self._install, visitor_of(request), self._now()
        if install is None:
            raise Unknown("no install codes are made here")
        token, record = new_code(install.pin, path, uses=uses, days=DAYS, now=now)

        def write() -> None:
            with sight.store.writing() as writer:
                if instead is not None:
                    _retire(writer, instead, visitor, now)
                _put(writer, record, visitor, now)

        await asyncio.to_thread(write)
        self._live.stir()
        sight = self._look(request)
        seat = instead.seat if instead is not None else 0
        commands = enrolment_page.commands(install.url, str(token), seat)
        return await self._pages.watched(request, sight, path, token.id, commands)


def _put(writer: Writer, record: RoomToken, visitor: Visitor, now: float) -> None:
    writer.put_token(record)
    writer.log(_change(visitor, now, "token.new", record.id, f"{record.path}, {record.uses}"))


def _retire(writer: Writer, machine: Machine, visitor: Visitor, now: float) -> None:
    known = writer.machine(machine.id)
    if known is None:
        raise Unknown(f"the register has no machine {machine.id!r:.80}")
    pending_page.freed(writer, known, now)
    writer.log(_change(visitor, now, "machine.retire", known.id, known.alias))


def _change(visitor: Visitor, now: float, action: str, subject: str, detail: str = "") -> Change:
    return Change(at=now, actor=visitor.role, action=action, subject=subject, detail=detail)


def _closing(fields: dict[str, str], today: date) -> Closing | str:
    """The days off that a form asks for, or the word of page_troubles.CLOSING_TROUBLES for what is wrong with it."""
    try:
        first, last = _days(fields)
    except Malformed:
        return "day"
    reason = " ".join(fields.get("reason", "").split())
    wrong = {
        "past": first < today,
        "far": first > today + timedelta(days=366),
        "reversed": last < first,
        "long": last - first > _LONGEST_CLOSING,
        "reason": not reason or len(reason) > LONGEST_REASON or not reason.isprintable(),
    }
    return next((word for word, is_so in wrong.items() if is_so), Closing(first=first, last=last, reason=reason))


def _days(fields: dict[str, str]) -> tuple[date, date]:
    try:
        first = date.fromisoformat(fields.get("day", ""))
        last = date.fromisoformat(fields.get("until") or fields.get("day", ""))
    except ValueError as problem:
        raise Malformed("day") from problem
    return first, last
