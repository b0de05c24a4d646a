"""The plain page at `/`: where everything is, which schools there are, and how their machines are."""

import functools
from collections.abc import Iterable, Iterator
from html import escape
from itertools import chain
from urllib.parse import quote, urlencode

import msgspec

from schooldrum_collector import formats, vietnamese
from schooldrum_collector.judge.presence import Presence, State
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Latest, Machine, Register
from schooldrum_collector.web.guard import STYLE

SCHOOLS_SHOWN = 200
MACHINES_SHOWN = 500
_DASH = "\N{EN DASH}"
_WORDS = {
    State.ONLINE: ("●", "đang bật", "on"),
    State.OFF: ("○", "đã tắt", "switched off"),
    State.SILENT: ("▲", "mất liên lạc", "not heard"),
    State.NEVER: (_DASH, "chưa gửi lần nào", "never reported"),
    State.PENDING: ("?", "chờ duyệt", "waiting for approval"),
    State.RETIRED: ("\N{MULTIPLICATION SIGN}", "ngừng theo dõi", "no longer watched"),
}


class SchoolLine(msgspec.Struct, frozen=True, kw_only=True):
    """A school and how many of its machines are in each state."""

    code: str
    name: str
    states: dict[str, int]


class MachineLine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine with what is known of it."""

    machine: Machine
    heard: Latest | None
    presence: Presence


class FrontPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows; lists that are longer than the page are cut there, with a sentence."""

    register: Register
    schools: list[SchoolLine]
    machines: list[MachineLine]
    more_schools: int
    more_machines: int
    scope: str
    now: float

    def html(self, language: str) -> Iterator[bytes]:
        """The page in this language (vi en), in pieces of a line of a table and less."""
        say = Say(language)
        title = say("Trống trường", "Schooldrum")
        other = "vi" if language == "en" else "en"
        switch = escape(f"?{urlencode({'lang': other, **({'scope': self.scope} if self.scope else {})})}")
        head = (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
            f"<style>{STYLE}</style></head><body>"
            f'<nav><a href="{switch}" lang="{other}">{say("English", "Tiếng Việt")}</a></nav>'
            f"<h1>{title}</h1>{self._addresses(say)}"
        )
        yield head.encode()
        for part in chain(self._schools(say), self._machines(say), ("</body></html>",)):
            yield part.encode()

    def _addresses(self, say: Say) -> str:
        lines = (
            ("/metrics/schools", say("số liệu chung của các trường", "all schools together")),
            ("/sd/schools", say("danh sách trường cho Prometheus", "list of schools for Prometheus")),
            ("/metrics", say("máy chủ tổng hợp này", "this collector")),
            ("/api/v1/openapi.json", say("mô tả API để đọc số liệu", "description of the reading API")),
            ("/readyz", say("máy chủ đã sẵn sàng chưa", "whether this collector is ready")),
        )
        items = "".join(f'<li><a href="{path}"><code>{path}</code></a> {escape(about)}</li>' for path, about in lines)
        return f"<h2>{say('Địa chỉ', 'Addresses')}</h2><ul>{items}</ul>"

    def _schools(self, say: Say) -> Iterator[str]:
        yield f"<h2>{say('Trường', 'Schools')}</h2>"
        if not self.schools:
            none = say(
                "Chưa có trường nào: dùng lệnh schooldrum-collector import.",
                "There is no school yet: use schooldrum-collector import.",
            )
            yield f"<p>{escape(none)}</p>"
            return
        head = say("Trường", "School"), say("Máy tính", "PCs"), say("Số liệu", "Figures")
        yield from _table(head, (_school(line, say) for line in self.schools))
        yield _cut(self.more_schools, say)

    def _machines(self, say: Say) -> Iterator[str]:
        yield f"<h2>{say('Máy tính', 'PCs')}</h2>"
        if not self.machines:
            yield f"<p>{say('Chưa có máy nào.', 'There is no PC yet.')}</p>"
            return
        head = (
            say("Máy", "PC"),
            say("Nhãn", "Label"),
            say("Trạng thái", "State"),
            say("Lần gửi gần nhất", "Last heard"),
            say("Hệ điều hành", "System"),
        )
        yield from _table(head, (self._machine(line, say) for line in self.machines))
        yield _cut(self.more_machines, say)

    def _machine(self, line: MachineLine, say: Say) -> tuple[str, ...]:
        machine = line.machine
        school = self.register.schools.get(machine.school)
        room = self.register.rooms.get(machine.path)
        zone = school.time_zone if school else formats.VIETNAM
        place = room.name if room and room.name else machine.room
        seat = f" {_DASH} {say('Máy', 'PC')} {machine.seat:02}" if machine.seat else ""
        mark, vietnamese_word, english_word = _WORDS[line.presence.state]
        state = f"{mark} {say(vietnamese_word, english_word)}"
        if line.presence.assumed:
            state += say(" (suy đoán)", " (assumed)")
        heard = formats.age(line.heard.heard, self.now, say.language, zone) if line.heard else _DASH
        return (
            f'<a href="/api/v1/machines/{quote(machine.id, safe="")}">{escape(place + seat)}</a>',
            f"<code>{escape(machine.school)} {escape(machine.alias)}</code>",
            f'<span class="{line.presence.state.value}">{escape(state)}</span>',
            escape(heard),
            escape(line.heard.system) if line.heard else _DASH,
        )


def in_reading_order(machines: Iterable[Machine]) -> list[Machine]:
    """Machines as a Vietnamese reader expects them: by room, máy 2 before máy 10."""
    room_key = functools.cache(vietnamese.sort_key)
    return sorted(machines, key=lambda machine: (room_key(machine.path), machine.seat, machine.alias))


def _school(line: SchoolLine, say: Say) -> tuple[str, ...]:
    within = escape(f"?{urlencode({'lang': say.language, 'scope': line.code})}")
    path = f"/metrics/schools/{quote(line.code, safe='')}"
    counts = " · ".join(
        f'<span class="{state.value}">{mark} {line.states[state]} {say(vietnamese_word, english_word)}</span>'
        for state, (mark, vietnamese_word, english_word) in _WORDS.items()
        if line.states.get(state)
    )
    name = f'<a href="{within}">{escape(line.name)}</a> <code>{escape(line.code)}</code>'
    return name, counts or "0", f'<a href="{path}"><code>{escape(path)}</code></a>'


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody></table>"


def _cut(more: int, say: Say) -> str:
    if not more:
        return ""
    sentence = say(
        f"Còn {formats.number(more, 'vi')} dòng nữa; chọn một trường để xem.",
        f"{formats.number(more, 'en')} more; choose a school to see them.",
    )
    return f"<p>{escape(sentence)}</p>"
