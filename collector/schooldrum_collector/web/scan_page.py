"""Where a phone brings what a PC's screen shows while its school has no internet: /q, open to whoever scans.

The text proves itself: it is sealed under the machine's own credential, dated by its boot, and counts once. Opening the
page changes nothing (previewers open links); the button does. It speaks for that one machine alone (SECURITY R12).
"""

import asyncio
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from schooldrum_collector.formats import moment
from schooldrum_collector.judge.fault import Climb
from schooldrum_collector.judge.posture_words import Words
from schooldrum_collector.judge.scanned import Heard, Untimely, dated
from schooldrum_collector.show.machine_words import called
from schooldrum_collector.speech import Say
from schooldrum_collector.store.interface import Store
from schooldrum_collector.store.records import Change, Machine, MachineState, Scan
from schooldrum_collector.web.reading import Malformed
from schooldrum_collector.web.rendering import Rendering
from schooldrum_collector.web.throttle import Throttle
from schooldrum_wire.catalogue.ladder import STEPS
from schooldrum_wire.scan import SCAN_LENGTH, Scanned, machine_of, read

LARGEST_FORM = 4 << 10
_FORM_TYPE = "application/x-www-form-urlencoded"
_TRIES, _TRIES_PER_SECOND, _MACHINES_WATCHED = 30.0, 1 / 60, 10_000
_UNKNOWN = "unknown"
_BUSY = "busy"
WRONG = {
    _UNKNOWN: Words(
        "Mã này không dùng được: thiếu một phần, không phải của máy nào đã duyệt, hoặc mã cài đặt của máy đã đổi.",
        "This code cannot be used: a part is missing, it is no approved PC's, or the PC was added anew since.",
    ),
    _BUSY: Words(
        "Máy này đã gửi quá nhiều lần; thử lại sau ít phút.", "Too many tries for this PC; try in a few minutes."
    ),
    Untimely.UNHEARD.value: Words(
        "Máy này chưa từng gửi số liệu nên chưa biết giờ của kết quả. Gọi cho người phụ trách của Sở.",
        "This PC has never reported, so nobody knows the time of what it found. Call the office.",
    ),
    Untimely.OLD.value: Words(
        "Kết quả này đã quá một ngày. Mở lại “Kiểm tra máy này” trên máy rồi quét mã mới.",
        "This is more than a day old. Open “Check this PC” again and scan the new code.",
    ),
    Untimely.CLOCK.value: Words(
        "Đồng hồ của máy sai nên không biết giờ của kết quả. Đặt lại ngày giờ trên máy rồi quét mã mới.",
        "The PC's clock is wrong, so nobody knows the time of this. Set its date and time, and scan a new code.",
    ),
}
"""Why a scanned text is not taken, as people read it."""
_STEPS = {
    "link": Words("Dây mạng hoặc Wi-Fi", "Cable or Wi-Fi"),
    "address": Words("Địa chỉ mạng", "Network address"),
    "gateway": Words("Modem (bộ định tuyến)", "Modem (router)"),
    "resolver": Words("Tên miền của mạng này", "Names of this network"),
    "independent_resolver": Words("Tên miền công cộng", "Public names"),
    "provider": Words("Nhà mạng", "The provider"),
    "national": Words("Kết nối trong nước", "National routes"),
    "international": Words("Kết nối quốc tế", "International routes"),
    "collector": Words("Máy chủ tổng hợp", "The collector"),
}


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A text that proves itself."""

    machine: Machine
    climb: Climb


class ScanDesk:
    """Handlers of /q."""

    def __init__(
        self, store: Store, rendering: Rendering, *, now: Callable[[], float], came: Callable[[str, float], None]
    ) -> None:
        """`came(machine, at)` is told of every climb that is new, in the event loop."""
        self._store = store
        self._rendering = rendering
        self._now = now
        self._came = came
        self._tries = Throttle(burst=_TRIES, per_second=_TRIES_PER_SECOND, keys=_MACHINES_WATCHED)

    def routes(self) -> list[web.RouteDef]:
        """What is served, and by which handler."""
        return [web.get("/q", self.look), web.post("/q", self.take)]

    async def look(self, request: web.Request) -> web.StreamResponse:
        """GET /q?d=…: what a scanned text says, with a button; without one a field for it. Nothing is stored."""
        text = request.query.get("d", "").strip()
        if not text:
            return self._page(request, "", None)
        found = await asyncio.to_thread(self._read, text)
        return self._page(request, text, found)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """POST /q: the text becomes a climb of its machine."""
        if request.content_type != _FORM_TYPE or (request.content_length or 0) > LARGEST_FORM:
            raise Malformed("send a form")
        try:
            fields = await request.post()
        except (ValueError, web.HTTPRequestEntityTooLarge) as problem:
            raise Malformed("send a form") from problem
        given = fields.get("d", "")
        # What was copied may be the whole address.
        text = (given if isinstance(given, str) else "").strip().rpartition("d=")[2]
        found = await asyncio.to_thread(self._read, text)
        if isinstance(found, Read):
            is_new = await asyncio.to_thread(self._keep, found)
            if is_new:
                self._came(found.machine.id, found.climb.at)
        return self._page(request, text, found, taken=isinstance(found, Read))

    def _read(self, text: str) -> Read | str:
        """What the text proves, or the word why it does not."""
        now, register = self._now(), self._store.register()
        machine = register.machines.get(machine_of(text))
        if machine is None or machine.state is not MachineState.ACTIVE or machine.conflict:
            return _UNKNOWN
        if self._tries.wait(machine.id, 1.0, now):
            return _BUSY
        scanned = self._opened(machine.id, text)
        if scanned is None:
            return _UNKNOWN
        latest = self._store.latest_of(machine.id)
        heard = Heard(enrolled=machine.enrolled)
        if latest is not None:
            heard = Heard(
                enrolled=machine.enrolled, boot=latest.boot, run=latest.run, clock=latest.clock, skew=latest.skew
            )
        climb = dated(scanned, heard, now)
        return climb.value if isinstance(climb, Untimely) else Read(machine=machine, climb=climb)

    def _opened(self, machine: str, text: str) -> Scanned | None:
        with self._store.writing() as writer:
            held = [one.digest for one in writer.credentials_of(machine) if not one.revoked]
        return next((found for digest in held if (found := read(text, digest)) is not None), None)

    def _keep(self, found: Read) -> bool:
        now = self._now()
        with self._store.writing() as writer:
            is_new = writer.add_scan(Scan(machine=found.machine.id, received=now, climb=found.climb))
            if is_new:
                writer.log(Change(at=now, actor="scan", action="scan.take", subject=found.machine.id))
        return is_new

    def _page(
        self, request: web.Request, text: str, found: Read | str | None, *, taken: bool = False
    ) -> web.StreamResponse:
        say = self._rendering.words(request).say
        values: dict[str, object] = {
            "text": text[:SCAN_LENGTH],
            "taken": taken,
            "wrong": say(*WRONG[found]) if isinstance(found, str) else "",
            "called": "",
            "at": "",
            "steps": [],
            "asked_again": urlencode({"d": text[:SCAN_LENGTH]}) if text and not taken else "",
        }
        status = 200
        if isinstance(found, Read):
            register = self._store.register()
            school = register.schools.get(found.machine.school)
            name = called(found.machine, register.rooms.get(found.machine.path), say)
            values |= {
                "called": f"{school.name if school else found.machine.school} · {name}",
                "at": moment(found.climb.at, say.language),
                "steps": _steps(found.climb, say),
            }
        elif isinstance(found, str):
            status = 429 if found == _BUSY else 422
        return self._rendering.page(request, "scan.html", values, status=status)


def _steps(climb: Climb, say: Say) -> list[dict[str, str]]:
    """Each step that was tried: its name, and whether it answered; one family that does is enough."""
    tried: dict[str, bool] = {}
    for rung in climb.rungs:
        tried[rung.step] = tried.get(rung.step, False) or rung.passed
    return [
        {
            "kind": "good" if tried[step] else "bad",
            "mark": "●" if tried[step] else "▲",
            "name": say(*_STEPS[step]),
            "word": say("có trả lời", "answers") if tried[step] else say("không trả lời", "does not answer"),
        }
        for step in STEPS
        if step in tried
    ]
