"""Which known product an installed program is, whatever its installer's spelling, case, accents and spacing."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from schooldrum_collector.judge.faults import Fault, Faulty, of_word, refused
from schooldrum_wire.fence import BLANK, fold
from schooldrum_wire.section import Values

LICENCES = frozenset({"open", "closed", "unknown"})
CLASSES: dict[str, tuple[str, str]] = {
    "antivirus": ("diệt virus", "antivirus"),
    "archiver": ("nén tệp", "archiver"),
    "authoring": ("soạn bài giảng", "lesson authoring"),
    "browser": ("trình duyệt", "browser"),
    "design": ("đồ họa, thiết kế", "design"),
    "dictionary": ("từ điển", "dictionary"),
    "download": ("tải, chia sẻ tệp", "downloads, file sharing"),
    "exam": ("thi, trắc nghiệm", "tests and exams"),
    "finance": ("tài chính, tài sản", "finance, assets"),
    "freeze": ("đóng băng ổ đĩa", "disk freezing"),
    "game": ("trò chơi", "game"),
    "keyboard": ("bộ gõ tiếng Việt", "Vietnamese input"),
    "lab_management": ("quản lý phòng máy", "lab management"),
    "maths_science": ("toán, khoa học", "maths, science"),
    "media": ("nghe nhìn", "media"),
    "meeting": ("họp, dạy trực tuyến", "meetings, online lessons"),
    "messaging": ("nhắn tin", "messaging"),
    "office_suite": ("văn phòng", "office suite"),
    "pdf": ("đọc PDF", "PDF reader"),
    "personnel": ("nhân sự", "personnel"),
    "presentation": ("trình chiếu", "presentation"),
    "programming": ("lập trình", "programming"),
    "remote_control": ("điều khiển từ xa", "remote control"),
    "school_administration": ("quản lý trường học", "school administration"),
    "statistics": ("thống kê giáo dục", "education statistics"),
    "timetable": ("thời khóa biểu", "timetable"),
    "tuning": ("dọn dẹp, tinh chỉnh, bẻ khóa", "tuning, activation tricks"),
    "vpn": ("VPN, vượt tường lửa", "VPN, proxies"),
}
"""Class -> its words in Vietnamese and English."""
LINUX = frozenset({"dpkg", "rpm", "flatpak", "snap"})
_MARKS = str.maketrans(dict.fromkeys("®™©℠", " "))
_WORD = re.compile(r"[^\W_]+(?:[.+#][^\W_]+|[+#])*")
_VERSION_WORD = re.compile(r"(v|r|rc|sp|u)?\d[\w.+#]*|v|ver|version|build|release|beta|rc|bit|x64|x86|amd64|phien|ban")
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_VERSION_IN_NAME = re.compile(r"(?<![\w.])v?(\d{1,6}(?:\.\d{1,9})*)(?![\w.])", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9_]*\Z")
_DEEPEST = 8
_REMEMBERED = 50_000
_ANYWHERE = ""
Words = tuple[str, ...]


class Product(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product as the catalogue describes it.

    Patterns are words: `*` stands for any words, `#` for any words of a version, `word*` for every word that begins so;
    they hold for the whole name. `names` are compared with names in Windows' lists, `packages` with those of Linux,
    `keys` with the codes of both; `unless` are names that are something else all the same; `publishers`, where both are
    known, must fit. `english` is what a name of Vietnamese words is in English. `seen` is `sometimes` for what is often
    used without being installed (copied, or only for one person, or on the web): that it is not found proves nothing.
    `includes` are products that come with it, `follows` is the one it replaces. `demands` are the places in the
    official documents' list.
    """

    code: str
    name: str
    kind: str = msgspec.field(name="class")
    licence: str = "unknown"
    names: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    english: str = ""
    seen: str = "usually"
    includes: tuple[str, ...] = ()
    follows: str = ""
    demands: tuple[str, ...] = ()


def words(text: object) -> Words:
    """A name as it is compared: lower case, no accents, no marks, split at spacing and punctuation."""
    return tuple(_WORD.findall(fold(str(text or "").translate(_MARKS))))


def pattern(text: str) -> Words:
    """A pattern as it is compared: its words folded like names, its signs kept.

    Raises:
        Faulty: nothing but signs stand in it, so that it would fit everything, or a sign stands inside a word.
    """
    found: list[str] = []
    for part in text.split():
        if part in {"*", "#"}:
            found.append(part)
            continue
        if "*" in part[:-1]:
            raise Faulty(
                [
                    Fault(
                        f"mẫu {text!r:.60}: dấu * chỉ đứng riêng hoặc ở cuối từ",
                        f"pattern {text!r:.60}: * stands alone or at the end of a word",
                    )
                ]
            )
        pieces = words(part.removesuffix("*"))
        found += pieces
        if part.endswith("*") and pieces:
            found[-1] += "*"
    if not any(piece not in {"*", "#"} for piece in found):
        raise Faulty(
            [Fault(f"mẫu {text!r:.60} không có từ nào, sẽ khớp với mọi tên", f"pattern {text!r:.60} names nothing")]
        )
    return tuple(found)


def fits(wanted: Words, given: Words) -> bool:
    """Whether the pattern holds for all these words. Takes at most len(wanted) * len(given) steps."""
    places = {0}
    for piece in wanted:
        after: set[int] = set()
        if piece == "*":
            places = set(range(min(places), len(given) + 1))
            continue
        for place in places:
            if piece == "#":
                after.add(place)
                while place < len(given) and _VERSION_WORD.fullmatch(given[place]):
                    place += 1  # noqa: PLW2901 - walks on from where it stands
                    after.add(place)
            elif place < len(given) and _same(piece, given[place]):
                after.add(place + 1)
        places = after
        if not places:
            return False
    return len(given) in places


def _same(piece: str, word: str) -> bool:
    return word.startswith(piece[:-1]) if piece.endswith("*") else piece == word


def version_key(text: object) -> tuple[int, ...]:
    """A version as numbers that can be compared: 1:9.18.30-0ubuntu gives (9, 18, 30); empty where there is none.

    The epoch before a colon and a distribution's own revision behind the first hyphen or plus say nothing about the
    product; zeros at the end neither.
    """
    plain = str(text or "").strip().lstrip("vV").rpartition(":")[2]
    numbers = [int(number) for number in _NUMBER.findall(re.split(r"[-+~ _]", plain, maxsplit=1)[0])[:_DEEPEST]]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def version_of(row: Values) -> str:
    """The version of a row of `software`; where its installer wrote none, the one in its name; else empty."""
    if row.get("version"):
        return str(row["version"])
    found = _VERSION_IN_NAME.findall(str(row.get("program") or ""))
    return str(found[-1]) if found else ""


def is_hidden(row: Values) -> bool:
    """Whether the name was blanked on the PC because it holds an account's name: it could be anything."""
    return row.get("program") in {None, "", BLANK}


class _Compared(msgspec.Struct, frozen=True, kw_only=True):
    names: tuple[Words, ...]
    unless: tuple[Words, ...]
    keys: tuple[Words, ...]
    packages: tuple[Words, ...]
    publishers: tuple[Words, ...]


class Catalogue:
    """All known products, and which of them a row is. `dated` is the day the list was made."""

    def __init__(self, products: Iterable[Product], dated: dt.date) -> None:
        """Takes products as `catalogue` has checked them."""
        self.products = {product.code: product for product in products}
        self.dated = dated
        self._compared = {
            code: _Compared(
                names=tuple(map(pattern, product.names)),
                unless=tuple(map(pattern, product.unless)),
                keys=tuple(map(pattern, product.keys)),
                packages=tuple(map(pattern, product.packages)),
                publishers=tuple(map(pattern, product.publishers)),
            )
            for code, product in self.products.items()
        }
        self._by_word: dict[str, list[str]] = {}
        for code, wanted in self._compared.items():
            for word in {_anchor(one) for one in (*wanted.names, *wanted.keys, *wanted.packages)}:
                self._by_word.setdefault(word, []).append(code)
        self._known: dict[tuple[object, ...], tuple[str, ...]] = {}

    def matches(self, row: Values) -> tuple[str, ...]:
        """Codes of the products that a row of `software` is, in the catalogue's order; mostly none."""
        told = (row.get("program"), row.get("code"), row.get("publisher"), row.get("source") in LINUX)
        known = self._known.get(told)
        if known is None:
            # The same few thousand names stand on all PCs of an office.
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[told] = self._compare(row)
        return known

    def _compare(self, row: Values) -> tuple[str, ...]:
        on_linux = row.get("source") in LINUX
        name = () if is_hidden(row) else words(row.get("program"))
        key = words(row.get("code")) if row.get("code") not in {None, BLANK} else name
        publisher = () if row.get("publisher") == BLANK else words(row.get("publisher"))
        # Most names hold no word of any product: only those that do are compared, in the catalogue's order.
        near = {code for word in {*name, *key, _ANYWHERE} for code in self._by_word.get(word, ())}
        return tuple(
            code
            for code, wanted in self._compared.items()
            if code in near and _is(wanted, name, key, publisher, on_linux=on_linux)
        )


def _anchor(one: Words) -> str:
    """A word that must stand in every name the pattern holds for; `_ANYWHERE` where it has only beginnings."""
    return next((piece for piece in one if piece != "#" and not piece.endswith("*")), _ANYWHERE)


def _any(patterns: tuple[Words, ...], given: Words) -> bool:
    return any(fits(one, given) for one in patterns)


def _is(wanted: _Compared, name: Words, key: Words, publisher: Words, *, on_linux: bool) -> bool:
    if _any(wanted.unless, name):
        return False
    if _any(wanted.keys, key):
        return True
    if on_linux:
        return _any(wanted.packages, name)
    if wanted.publishers and publisher and not _any(wanted.publishers, publisher):
        return False
    return _any(wanted.names, name)


def catalogue(data: Mapping[str, Any], more: Iterable[Mapping[str, Any]] = ()) -> Catalogue:
    """The catalogue from what its file holds ({dated, product: [...]}); `more` are an office's own products.

    Raises:
        Faulty: something in it cannot be used; nothing of it is.
    """
    problems: list[Fault] = []
    dated = data.get("dated")
    if not isinstance(dated, dt.date) or isinstance(dated, dt.datetime):
        problems.append(_UNDATED)
        dated = dt.date.min
    listed = data.get("product")
    raw = [*(listed if isinstance(listed, list) else []), *more]
    if not isinstance(listed, list):
        problems.append(NO_PRODUCTS)
    products: dict[str, Product] = {}
    for number, one in enumerate(raw, 1):
        where = f"product {one.get('code', number) if isinstance(one, Mapping) else number!r:.60}"
        try:
            product = msgspec.convert(one, Product)
        except msgspec.ValidationError as problem:
            problems.append(refused(problem, _KEYS).at(where, where))
            continue
        problems += [fault.at(where, where) for fault in _faults(product)]
        if product.code in products:
            name = products[product.code].name
            twice = Fault(
                f"mã này có hai lần, đã là của {name!r:.60}; đặt mã khác hoặc bỏ bớt một",
                f"the code stands there twice, it is that of {name!r:.60}; choose another, or take one away",
            )
            problems.append(twice.at(where, where))
        products[product.code] = product
    for product in products.values():
        where = f"product {product.code}"
        for name in (*product.includes, *([product.follows] if product.follows else [])):
            if name not in products:
                close = near(name, products)
                fault = Fault(
                    f"danh mục không có {name!r:.60}{close.vietnamese}",
                    f"{name!r:.60} is no product of the list{close.english}",
                )
                problems.append(fault.at(where, where))
    if problems:
        raise Faulty(problems)
    return Catalogue(products.values(), dated)


_UNDATED = Fault(
    "dated: ghi ngày lập danh mục, ví dụ 2026-11-21, không có dấu nháy",
    "dated: write the day the list was made, as 2026-11-21 without quotation marks",
)
NO_PRODUCTS = Fault(
    "product: mỗi sản phẩm viết một [[product]]",
    "product: write one [[product]] for each product",
)
_TEXTS = '["...", "..."]'
_KEYS = {
    "code": '"a_code"',
    **dict.fromkeys(("name", "english"), '"..."'),
    "class": ", ".join(CLASSES),
    "licence": ", ".join(sorted(LICENCES)),
    **dict.fromkeys(("names", "unless", "keys", "packages", "publishers"), _TEXTS),
    "seen": "usually, sometimes",
    "includes": _TEXTS,
    "follows": '"a_code"',
    "demands": _TEXTS,
}
"""What each key of a product takes, as a refusal says it."""


def _none_of(key: str, value: str, allowed: Iterable[str]) -> Fault:
    named = ", ".join(allowed)
    return Fault(f"{key} {value!r:.60} không có; được phép: {named}", f"{key} {value!r:.60} is none of {named}")


def _faults(product: Product) -> list[Fault]:
    problems = []
    if not _CODE.match(product.code):
        problems.append(
            Fault(
                "mã (code) chỉ gồm chữ thường không dấu, số và _", "its code is written in small letters, digits and _"
            )
        )
    for key, value in (("name", product.name), ("code", product.code)):
        if wrong := of_word(value):
            problems.append(wrong.at(key, key))
    for key, value, allowed in (
        ("class", product.kind, list(CLASSES)),
        ("licence", product.licence, sorted(LICENCES)),
        ("seen", product.seen, ["usually", "sometimes"]),
    ):
        if value not in allowed:
            problems.append(_none_of(key, value, allowed))
    for text in (*product.names, *product.unless, *product.keys, *product.packages, *product.publishers):
        try:
            pattern(text)
        except Faulty as problem:
            problems += problem.faults
    return problems


def near(name: str, known: Iterable[str]) -> Fault:
    """The known code that a mistaken one is close to, as the end of a sentence; empty where there is none."""
    close = get_close_matches(name, list(known), n=1)
    return Fault(f"; có phải {close[0]}?", f"; is {close[0]} meant?") if close else Fault("", "")
