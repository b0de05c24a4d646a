"""What a table of contacts says: its headings as people write them, and each row as a recipient."""

from collections.abc import Mapping

import msgspec

from schooldrum_collector.app.channels import MAIL, Channel
from schooldrum_collector.commands.entries import RowProblem
from schooldrum_collector.commands.sheets import HEADING_ROWS, Sheet
from schooldrum_collector.judge.fault_steps import IT_OFFICER, OFFICE, PRINCIPAL
from schooldrum_collector.judge.recipients import ADDRESS_LENGTH, QUIET, Recipient, is_quiet_hours
from schooldrum_collector.store.records import Register
from schooldrum_collector.vietnamese import folded

LONGEST_WAIT_MINUTES = 7 * 24 * 60
COLUMNS: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "path": (("Nơi", "Place"), ("noi", "ma truong", "ma khu vuc", "pham vi", "place", "school", "area", "path")),
    "role": (("Vai trò", "Role"), ("vai tro", "chuc vu", "role")),
    "channel": (("Kênh", "Channel"), ("kenh", "kenh gui", "channel")),
    "address": (("Địa chỉ", "Address"), ("dia chi", "email", "dien thoai", "so dien thoai", "address", "phone", "to")),
    "language": (("Ngôn ngữ", "Language"), ("ngon ngu", "language", "lang")),
    "quiet": (("Giờ yên lặng", "Quiet hours"), ("gio yen lang", "gio nghi", "quiet", "quiet hours")),
    "after": (("Sau (phút)", "After (minutes)"), ("sau", "sau phut", "nguong", "after", "after minutes")),
    "digests": (("Bản tin", "Digests"), ("ban tin", "digests", "digest")),
}
"""What each column is called, and how else people write it (without accents)."""
ROLE_WORDS: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    IT_OFFICER: (
        ("phụ trách CNTT của trường", "IT officer of the school"),
        ("it officer", "phu trach cntt", "gv phu trach cntt", "giao vien phu trach cntt", "can bo phu trach cntt"),
    ),
    PRINCIPAL: (("Hiệu trưởng", "principal"), ("hieu truong", "ban giam hieu", "principal")),
    OFFICE: (
        ("chuyên viên phụ trách CNTT", "office IT specialist"),
        ("chuyen vien", "chuyen vien cntt", "chuyen vien phu trach cntt", "so", "phong", "office"),
    ),
}
_LANGUAGES = {"vi": "vi", "tieng viet": "vi", "vietnamese": "vi", "en": "en", "tieng anh": "en", "english": "en"}
_NO = frozenset({"khong", "no", "0", "false", "-"})
_NO_QUIET = frozenset({"khong", "no", "none", "-", "0"})


class Contacts(msgspec.Struct, frozen=True, kw_only=True):
    """How a table was read: its headings with their meaning (empty where not understood), recipients, problems."""

    file: str
    headings: tuple[tuple[str, str], ...]
    recipients: tuple[Recipient, ...] = ()
    problems: tuple[RowProblem, ...] = ()


class Wrong(ValueError):  # noqa: N818 - it names what the row is
    """A recipient cannot be taken; the two sentences say why."""

    def __init__(self, vietnamese: str, english: str) -> None:
        self.vietnamese, self.english = vietnamese, english
        super().__init__(english)


def _meaning(cell: str) -> str:
    plain = " ".join(folded(cell).replace("(", " ").replace(")", " ").replace("_", " ").split())
    return next((key for key, (_, spellings) in COLUMNS.items() if plain == key or plain in spellings), "")


def known_headings(cells: tuple[str, ...]) -> int:
    """How many different columns these headings name."""
    return len({key for cell in cells if (key := _meaning(cell))})


def role_of(written: str) -> str:
    """The role that a person wrote.

    Raises:
        Wrong: no role is called so.
    """
    plain = folded(written)
    for role, (_, spellings) in ROLE_WORDS.items():
        if plain == role or plain.replace(" ", "_") == role or plain in spellings:
            return role
    raise Wrong(
        f"vai trò {written!r:.40}: ghi phụ trách CNTT, hiệu trưởng hoặc chuyên viên",
        f"role {written!r:.40}: write it_officer, principal or office",
    )


def _wanted(channel: Channel) -> tuple[str, str]:
    if not channel.asks:
        return "để trống, kênh này không có {to}", "leave it empty, this channel has no {to}"
    if channel.scheme in MAIL:
        return "ghi một địa chỉ thư, như cntt@truong.example.vn", "write one mail address, such as it@school.example.vn"
    return (
        "ghi số điện thoại, hoặc mã gồm chữ không dấu, số, dấu chấm, gạch",
        "write a telephone number, or an id of letters without accents, digits, dots and dashes",
    )


def recipient_of(fields: Mapping[str, str], register: Register, channels: Mapping[str, Channel]) -> Recipient:
    """A recipient from the words of a row or a command line.

    Raises:
        Wrong: it cannot be taken.
    """
    path = fields.get("path", "").strip().strip("/")
    if path and path not in register.schools and path not in register.areas:
        raise Wrong(f"danh mục không có nơi {path!r:.60}", f"the register has no place {path!r:.60}")
    role = role_of(fields.get("role", ""))
    name = fields.get("channel", "").strip().lower()
    channel = channels.get(name)
    if channel is None:
        known = ", ".join(sorted(channels)) or "-"
        raise Wrong(f"không có kênh {name!r:.40}; có: {known}", f"there is no channel {name!r:.40}; there are: {known}")
    address = fields.get("address", "").strip()
    if len(address) > ADDRESS_LENGTH or not channel.takes(address):
        vietnamese, english = _wanted(channel)
        raise Wrong(
            f"địa chỉ {address!r:.60} không dùng được cho kênh {name}: {vietnamese}",
            f"the address {address!r:.60} cannot be used with channel {name}: {english}",
        )
    quiet = fields.get("quiet", "").strip() or QUIET
    quiet = "" if folded(quiet) in _NO_QUIET else quiet.replace(" ", "")
    if not is_quiet_hours(quiet):
        raise Wrong(f"giờ yên lặng {quiet!r:.40}: ghi như 21:00-06:00", f"quiet hours {quiet!r:.40}: as in 21:00-06:00")
    language = _LANGUAGES.get(folded(fields.get("language", "")) or "vi")
    if language is None:
        raise Wrong("ngôn ngữ: ghi vi hoặc en", "language: write vi or en")
    return Recipient(
        path=path,
        role=role,
        channel=name,
        address=address,
        language=language,
        quiet=quiet,
        after=_minutes(fields.get("after", "").strip()),
        digests=folded(fields.get("digests", "")) not in _NO,
    )


def _minutes(written: str) -> int:
    if not written:
        return -1
    if not written.isascii() or not written.isdigit() or len(written) > 5 or int(written) > LONGEST_WAIT_MINUTES:  # noqa: PLR2004 - as many digits as a week has minutes
        raise Wrong(f"số phút {written!r:.20} không dùng được", f"the minutes {written!r:.20} cannot be used")
    return int(written)


def understand(sheet: Sheet, register: Register, channels: Mapping[str, Channel]) -> Contacts:
    """Finds the headings of a table and reads every row below them."""
    best = max(sheet.rows[:HEADING_ROWS], key=lambda row: known_headings(row.cells), default=None)
    if best is None or known_headings(best.cells) < 2:  # noqa: PLR2004 - one word alone may stand in any title
        return Contacts(file=sheet.file, headings=())
    places = {key: place for place, cell in reversed(list(enumerate(best.cells))) if (key := _meaning(cell))}
    recipients: list[Recipient] = []
    problems: list[RowProblem] = []
    for row in sheet.rows:
        if row.line <= best.line or not any(row.cells):
            continue
        fields = {key: row.cells[place] if place < len(row.cells) else "" for key, place in places.items()}
        try:
            recipients.append(recipient_of(fields, register, channels))
        except Wrong as trouble:
            problems.append(
                RowProblem(file=sheet.file, line=row.line, vietnamese=trouble.vietnamese, english=trouble.english)
            )
    headings = tuple((cell, _meaning(cell)) for cell in best.cells if cell)
    return Contacts(file=sheet.file, headings=headings, recipients=tuple(recipients), problems=tuple(problems))
