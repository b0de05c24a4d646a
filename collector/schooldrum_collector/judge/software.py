"""Which known products stand on a PC, and which of them are forbidden or approved where it stands."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from schooldrum_collector.judge.faults import Fault, Faulty, Scoped, of_scopes, refused
from schooldrum_collector.judge.products import (
    CLASSES,
    Catalogue,
    Words,
    fits,
    is_hidden,
    near,
    pattern,
    version_key,
    version_of,
    words,
)
from schooldrum_collector.judge.settings import places_of
from schooldrum_wire.section import Values

FORBIDDEN, APPROVED, UNLISTED = "forbidden", "approved", ""
_ENTRY = re.compile(r"([a-z][a-z0-9_]*)\s*(?:(<=|>=|<|>|=)\s*([0-9][\w.+-]*))?\Z", re.ASCII)
_CLASS, _NAME = "class:", "name:"
_EXACT, _NAMED, _CLASSED, _ANY = 3, 2, 1, 0
_MAIN_SITE = "main"


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Where a PC stands: `area` and `room` as paths, the school's code and level, the room's kind."""

    area: str = ""
    school: str = ""
    level: str = ""
    room: str = ""
    kind: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is forbidden and approved at a place and below: `` is everywhere, else an area, `CODE`, or a room's path.

    `levels` and `kinds` narrow it to schools of a level (TH, THCS …) and rooms of a kind (lab, office …). An entry is a
    product's code, maybe with a version (`flash_player`, `seven_zip < 24.09`), `class:game`, `class:*`, or `name:` with
    a pattern for programs that the catalogue does not know (`name:garena *`).
    """

    place: str = ""
    levels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    approved: tuple[str, ...] = ()


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An understood entry; `weight` orders them: a product beats a name, a name a class, a class all of them."""

    weight: int
    code: str = ""
    sign: str = ""
    version: str = ""
    name: Words = ()

    def holds(self, code: str, kind: str, name: Words, version: str) -> bool:
        """Whether it speaks of this program; with a version that is not known it does not."""
        if self.weight == _NAMED:
            return fits(self.name, name)
        if self.weight == _CLASSED:
            return kind == self.code
        if self.weight == _ANY:
            return bool(kind)
        return code == self.code and (not self.sign or meets(version, self.sign, self.version) is True)


class _Understood(msgspec.Struct, frozen=True, kw_only=True):
    rule: Rule
    forbidden: tuple[_Entry, ...]
    approved: tuple[_Entry, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A program of a PC that the catalogue or a list knows.

    `product` is its code, empty where only a list's `name:` knows it; `name` is the product's, else the program's own,
    `english` that name where it is not the same; `kind` its class; `program` the name its installer wrote. `verdict` is
    forbidden, approved, or empty, `place` the one whose list says so (`/` is the top).
    """

    product: str
    name: str
    kind: str
    licence: str
    version: str
    program: str
    verdict: str = UNLISTED
    place: str = ""
    english: str = ""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A list of the PC that was not told whole: whose it is, and why (cut, no_answer, denied, failed).

    `installed` and `listed` count its programs and those that were told, where that is known.
    """

    source: str
    why: str
    installed: int | None = None
    listed: int | None = None


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on a PC: the known products, forbidden ones first, and how many programs were told in all.

    `known` counts the programs that the catalogue or a list knows: one of them may be several products (an office
    suite). `hidden` is how many of them have a name that was blanked because it holds an account's name, `gaps` are the
    lists that were not told whole: as long as there are some, what is not found may still be there.
    """

    found: tuple[Found, ...]
    programs: int
    hidden: int
    gaps: tuple[Gap, ...] = ()
    known: int = 0

    @property
    def installed(self) -> int:
        """How many programs there are, those included that were only counted."""
        return self.programs + sum(max(0, (gap.installed or 0) - (gap.listed or 0)) for gap in self.gaps)

    @property
    def forbidden(self) -> tuple[Found, ...]:
        """The forbidden ones."""
        return tuple(one for one in self.found if one.verdict == FORBIDDEN)


def meets(version: str, sign: str, wanted: str) -> bool | None:
    """Whether a version is < <= = >= > the wanted one; None where it cannot be told. 6.0 and 6 are the same."""
    given, other = version_key(version), version_key(wanted)
    if not given:
        return None
    if sign == "=":
        # `= 6` is every 6.x, as people mean it.
        return given[: len(other)] == other
    answers = {"<": given < other, "<=": given <= other, ">": given > other, ">=": given >= other}
    return answers[sign]


class Policy:
    """The lists of an office, understood."""

    def __init__(self, rules: Iterable[Rule], catalogue: Catalogue) -> None:
        """Takes rules as `policy` has checked them."""
        self._rules = [
            _Understood(
                rule=rule,
                forbidden=tuple(_entry(text, catalogue) for text in rule.forbidden),
                approved=tuple(_entry(text, catalogue) for text in rule.approved),
            )
            for rule in rules
        ]
        self._catalogue = catalogue

    @property
    def rules(self) -> tuple[Rule, ...]:
        """As they stand in the file."""
        return tuple(one.rule for one in self._rules)

    @property
    def scopes(self) -> tuple[Scoped, ...]:
        """Where each of them holds."""
        return tuple(Scoped(rule.place, rule.levels, rule.kinds) for rule in self.rules)

    def _of(self, where: Where) -> list[_Understood]:
        """The rules that hold there, farthest place first; of two for one place the one written later comes later."""
        way = {place: depth for depth, place in enumerate(places_of(where.area, where.school, where.room))}
        school, _, room = where.room.partition(f"/{_MAIN_SITE}/")
        if room:
            # A room without a site is one of the main site.
            way[f"{school}/{room}"] = way[where.room]
        held = [
            (way[path], one)
            for one in self._rules
            if (path := one.rule.place.strip().strip("/")) in way
            and (not one.rule.levels or where.level in one.rule.levels)
            and (not one.rule.kinds or where.kind in one.rule.kinds)
        ]
        return [one for _, one in sorted(held, key=lambda pair: pair[0])]

    def judge(self, rows: Iterable[Values], where: Where, gaps: Iterable[Values] = ()) -> Inventory:
        """What stands on a PC, from the rows of its sections `software` and `software_gaps`."""
        rules = self._of(where)
        found: list[Found] = []
        programs = hidden = known = 0
        for row in rows:
            programs += 1
            hidden += is_hidden(row)
            told = self._found(row, rules)
            known += bool(told)
            found += told
        order = {FORBIDDEN: 0, APPROVED: 1, UNLISTED: 1}
        found.sort(key=lambda one: (order[one.verdict], one.name.casefold(), one.program.casefold(), one.version))
        told_short = tuple(map(_gap, gaps))
        return Inventory(found=tuple(found), programs=programs, hidden=hidden, gaps=told_short, known=known)

    def _found(self, row: Values, rules: list[_Understood]) -> list[Found]:
        program, version = str(row.get("program") or ""), version_of(row)
        told: list[Found] = []
        codes: list[str] = []
        for code in self._catalogue.matches(row):
            codes += [one for one in (code, *self._catalogue.products[code].includes) if one not in codes]
        for code in codes:
            product = self._catalogue.products[code]
            verdict, place = _verdict(rules, code, product.kind, words(program), version)
            told.append(
                Found(
                    product=code,
                    name=product.name,
                    kind=product.kind,
                    licence=product.licence,
                    version=version,
                    program=program,
                    verdict=verdict,
                    place=place,
                    english=product.english,
                )
            )
        if not told and not is_hidden(row):
            verdict, place = _verdict(rules, "", "", words(program), version)
            if verdict:
                told.append(
                    Found(
                        product="",
                        name=program,
                        kind="",
                        licence="unknown",
                        version=version,
                        program=program,
                        verdict=verdict,
                        place=place,
                    )
                )
        return told


def _gap(row: Values) -> Gap:
    counts = {name: value for name in ("installed", "listed") if type(value := row.get(name)) is int}
    return Gap(source=f"{row.get('source') or '?'}", why=f"{row.get('why') or '?'}", **counts)


def _verdict(rules: list[_Understood], code: str, kind: str, name: Words, version: str) -> tuple[str, str]:
    verdict = UNLISTED, ""
    for one in rules:
        weights = {
            said: max((entry.weight for entry in entries if entry.holds(code, kind, name, version)), default=-1)
            for said, entries in ((FORBIDDEN, one.forbidden), (APPROVED, one.approved))
        }
        if max(weights.values()) >= 0:
            said = FORBIDDEN if weights[FORBIDDEN] >= weights[APPROVED] else APPROVED
            verdict = said, one.rule.place or "/"
    return verdict


def _entry(text: str, catalogue: Catalogue) -> _Entry:
    """An entry, understood.

    Raises:
        Faulty: it names no product, class or name.
    """
    written = text.strip()
    if written.startswith(_NAME):
        return _Entry(weight=_NAMED, name=pattern(written.removeprefix(_NAME)))
    if written.startswith(_CLASS):
        kind = written.removeprefix(_CLASS).strip()
        if kind == "*":
            return _Entry(weight=_ANY)
        if kind not in CLASSES:
            classes = ", ".join(CLASSES)
            raise Faulty([Fault(f"{text!r:.60}: được phép: {classes}", f"{text!r:.60}: the classes are {classes}")])
        return _Entry(weight=_CLASSED, code=kind)
    found = _ENTRY.match(written)
    if not found or found[1] not in catalogue.products:
        close = near(written, catalogue.products)
        forms = "CODE, CODE < VERSION, class:CLASS"
        raise Faulty(
            [
                Fault(
                    f"{text!r:.60} không dùng được; được phép: {forms}, name:PATTERN{close.vietnamese}",
                    f"{text!r:.60} is neither {forms} nor name:PATTERN{close.english}",
                )
            ]
        )
    return _Entry(weight=_EXACT, code=found[1], sign=found[2] or "", version=found[3] or "")


def policy(data: Mapping[str, Any], catalogue: Catalogue) -> Policy:
    """The lists from what their file holds ({dated, rule: [...]}; the day is for people alone, and may be left out).

    Raises:
        Faulty: something in it cannot be used; nothing of it is.
    """
    listed = data.get("rule", [])
    if not isinstance(listed, list):
        raise Faulty([Fault("rule: mỗi nơi viết một [[rule]]", "rule: write one [[rule]] for each place")])
    rules: list[Rule] = []
    problems = [
        Fault(
            f"{key!r:.60}: tệp chỉ có dated, [[rule]] và [[product]]",
            f"{key!r:.60}: the file holds dated, [[rule]] and [[product]] alone",
        )
        for key in data
        if key not in _TABLES
    ]
    dated = data.get("dated", dt.date.min)
    if not isinstance(dated, dt.date) or isinstance(dated, dt.datetime):
        problems.append(_UNDATED)
    for number, one in enumerate(listed, 1):
        where = f"rule {number}"
        try:
            rule = msgspec.convert(one, Rule)
        except msgspec.ValidationError as problem:
            problems.append(refused(problem, _KEYS).at(where, where))
            continue
        for text in (*rule.forbidden, *rule.approved):
            try:
                _entry(text, catalogue)
            except Faulty as problem:
                problems += [fault.at(where, where) for fault in problem.faults]
        rules.append(rule)
    problems += of_scopes([Scoped(rule.place, rule.levels, rule.kinds) for rule in rules])
    if problems:
        raise Faulty(problems)
    return Policy(rules, catalogue)


_TABLES = frozenset({"dated", "rule", "product"})
_UNDATED = Fault(
    "dated: ghi ngày lập tệp, ví dụ 2026-11-21, không có dấu nháy",
    "dated: write the day of the file, as 2026-11-21 without quotation marks",
)
_KEYS = {
    "place": '"AREA", "SCHOOL", "SCHOOL/ROOM"',
    "levels": '["TH", "THCS"]',
    "kinds": '["lab", "office"]',
    **dict.fromkeys(("forbidden", "approved"), '["CODE", "class:CLASS"]'),
}
"""What each key of a rule takes, as a refusal says it."""
