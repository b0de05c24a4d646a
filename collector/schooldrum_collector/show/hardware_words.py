"""What one PC is, in words: make, processor, memory, what hangs on it, and what has changed on it."""

from collections.abc import Callable, Iterator, Sequence

from schooldrum_collector.formats import amount_of_bytes, number
from schooldrum_collector.judge.parts import KINDS, origin_of
from schooldrum_collector.judge.plausible import plausible
from schooldrum_collector.show.cell_words import cell_words, written_day
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Change, StoredSection
from schooldrum_wire.section import Values

_DESKTOPS = frozenset(
    {"desktop", "low_profile_desktop", "pizza_box", "mini_tower", "tower", "space_saving", "mini_pc", "stick_pc"}
)
_STATES = {
    "frozen": ("đang đóng băng: bản vá mất sau mỗi lần khởi động lại", "frozen: updates vanish at every restart"),
    "thawed": ("đang mở đóng băng", "thawed"),
}
_STATE_NOT_TOLD = ("không rõ trạng thái", "state not told")
_ACTIONS = {
    "memory_modules.gone": ("mất thanh bộ nhớ", "memory module gone"),
    "memory_modules.added": ("thêm thanh bộ nhớ", "memory module added"),
    "memory_modules.swapped": ("thay thanh bộ nhớ", "memory module swapped"),
    "disks.gone": ("mất ổ đĩa", "disk gone"),
    "disks.added": ("thêm ổ đĩa", "disk added"),
    "disks.swapped": ("thay ổ đĩa", "disk swapped"),
    "monitors.added": ("thêm màn hình", "monitor added"),
    "monitors.swapped": ("thay màn hình", "monitor swapped"),
    "machine.move": ("chuyển phòng", "moved"),
    "machine.rename": ("đổi tên", "renamed"),
    "machine.approve": ("duyệt", "approved"),
    "machine.reject": ("không nhận", "turned away"),
    "machine.merge": ("gộp bản ghi", "records merged"),
    "machine.retire": ("ngừng theo dõi", "no longer watched"),
    "machine.note-broken": ("ghi: hỏng, chờ sửa", "noted: broken"),
    "machine.note-lent": ("ghi: cho mượn", "noted: lent"),
    "machine.note-away": ("ghi: để nơi khác", "noted: kept elsewhere"),
    "machine.note-none": ("bỏ ghi chú", "note taken back"),
    "conflict": ("trùng máy", "conflict"),
    "enrol-new": ("thêm máy", "added"),
    "enrol-back": ("máy trở lại", "came back"),
    "observer.appoint": ("cử làm máy trực", "appointed observer"),
    "observer.end": ("thôi làm máy trực", "no longer observer"),
}
_ROLES = {"active": ("chính", "the first"), "standby": ("dự bị", "standby")}
_PLAIN_CHANGES = frozenset({"machine.approve", "machine.reject", "machine.retire", "conflict", "observer.end"})
_WELL = frozenset({"idle", "printing", "ok"})


def _rows(sections: Sequence[StoredSection], name: str) -> Sequence[Values]:
    return next((plausible(name, section.rows) for section in sections if section.name == name), ())


def _joined(row: Values, *columns: str) -> str:
    return " ".join(f"{row[column]}" for column in columns if row.get(column))


def _bytes(value: object, say: Say) -> str:
    return amount_of_bytes(value, say.language) if isinstance(value, int) and not isinstance(value, bool) else ""


def _shape(row: Values, say: Say) -> str:
    chassis = f"{row.get('chassis') or ''}"
    if row.get("virtual") is True:
        return say("máy ảo", "virtual machine")
    if row.get("laptop") is True:
        return say("máy xách tay", "laptop")
    if chassis == "all_in_one":
        return say("máy liền màn hình", "all-in-one")
    return say("máy để bàn", "desktop") if chassis in _DESKTOPS else chassis


def _lines(sections: Sequence[StoredSection], say: Say) -> Iterator[tuple[str, str]]:
    for row in _rows(sections, "system")[:1]:
        made = _joined(row, "maker", "model") or _joined(row, "board_maker", "board_model")
        shape = _shape(row, say)
        yield say("Máy", "Make"), " · ".join(part for part in (made, shape) if part)
        dated = written_day(f"{row['firmware_date']}", say) if row.get("firmware_date") else ""
        told = _joined(row, "firmware_maker", "firmware_version")
        yield "BIOS/UEFI", " · ".join(filter(None, (told, dated)))
        cores = f" · {row['cores']} {say('nhân', 'cores')}" if row.get("cores") else ""
        yield say("Bộ xử lý", "Processor"), _joined(row, "processor") + cores
        free, slots = row.get("memory_slots_free"), row.get("memory_slots")
        is_told = slots and free is not None
        places = say(f" · còn {free}/{slots} khe trống", f" · {free} of {slots} slots free") if is_told else ""
        yield say("Bộ nhớ", "Memory"), _bytes(row.get("memory"), say) + places
    modules = [
        " ".join(
            part
            for part in (
                f"{row.get('slot') or ''}:",
                _bytes(row.get("size"), say),
                _joined(row, "kind", "maker", "part"),
            )
            if part
        )
        for row in _rows(sections, "memory_modules")
    ]
    yield say("Thanh bộ nhớ", "Modules"), ", ".join(modules)
    for name, words, told_of in (
        ("gpus", ("Đồ họa", "Graphics"), _graphics),
        ("monitors", ("Màn hình", "Monitors"), _monitor),
        ("printers", ("Máy in", "Printers"), _printer),
        ("cameras", ("Camera", "Cameras"), _camera),
    ):
        yield say(*words), ", ".join(filter(None, (told_of(row, say) for row in _rows(sections, name))))
    yield say("Pin", "Batteries"), ", ".join(_battery(row, say) for row in _rows(sections, "batteries"))
    for row in _rows(sections, "tpm")[:1]:
        yield "TPM", _joined(row, "version") or (say("không có", "none") if row.get("present") is False else "")
    yield (
        say("Đóng băng", "Freeze software"),
        ", ".join(_frozen(row, say) for row in _rows(sections, "freeze")),
    )
    for row in _rows(sections, "operating_system")[:1]:
        named, release = _joined(row, "title") or _joined(row, "product"), _joined(row, "release")
        told = named if release in named else f"{named} {release}".strip()
        yield say("Hệ điều hành", "System"), " · ".join(filter(None, (told, _joined(row, "version"))))


def _with(name: str, remarks: Sequence[str]) -> str:
    told = "; ".join(filter(None, remarks))
    return f"{name} ({told})" if told else name


def _graphics(row: Values, say: Say) -> str:
    missing = say("thiếu trình điều khiển", "its driver is missing") if row.get("driver_missing") is True else ""
    return _with(_joined(row, "model") or (say("card đồ họa", "graphics card") if missing else ""), [missing])


def _monitor(row: Values, _say: Say) -> str:
    return _joined(row, "maker", "model", "resolution")


def _camera(row: Values, say: Say) -> str:
    ails = "" if row.get("state") in _WELL else cell_words("cameras", "state", row.get("state"), say)
    return _with(_joined(row, "model") or "camera", [ails])


def _printer(row: Values, say: Say) -> str:
    problem = cell_words("printers", "problem", row.get("problem"), say)
    ails = "" if row.get("state") in _WELL else cell_words("printers", "state", row.get("state"), say)
    if problem and row.get("state") == "fault":
        ails = say(f"lỗi: {problem}", f"fault: {problem}")
        problem = ""
    way = "" if row.get("connection") == "other" else cell_words("printers", "connection", row.get("connection"), say)
    return _with(_joined(row, "model") or say("máy in", "printer"), [way, ails, problem])


def _frozen(row: Values, say: Say) -> str:
    state = say(*_STATES.get(f"{row.get('state')}", _STATE_NOT_TOLD))
    product = f"{row.get('product') or '?'}".replace("_", " ").title()
    return f"{product} ({state})"


def _battery(row: Values, say: Say) -> str:
    design, full = row.get("design"), row.get("full")
    wear = ""
    if isinstance(design, int) and isinstance(full, int) and design > 0:
        left = number(min(100.0, 100 * full / design), say.language, digits=0)
        wear = say(f" (còn {left}% dung lượng)", f" ({left} % of its capacity left)")
    return (_joined(row, "maker", "model") or say("pin", "battery")) + wear


def hardware_lines(sections: Sequence[StoredSection], say: Say) -> list[tuple[str, str]]:
    """What it has, line by line (what it is called, what it is): nothing of what the PC has not told."""
    return [line for line in _lines(sections, say) if line[1]]


def detail_words(change: Change, named: Callable[[str], str], say: Say) -> str:
    """What a line of the audit log says more: which parts, and in which PC a part was before.

    `named(id)` is what people call the PC of that id. Empty where the change's own words say all: of coming, going and
    being approved.
    """
    if change.action.startswith(("enrol-", "machine.note-")) or change.action in _PLAIN_CHANGES:
        return ""
    if change.action == "observer.appoint":
        return say(*_ROLES[change.detail]) if change.detail in _ROLES else change.detail
    told, origin = origin_of(change.detail) if change.action.partition(".")[0] in KINDS else (change.detail, "")
    return told + say(f" (trước ở {named(origin)})", f" (known in {named(origin)})") if origin else told


def change_words(change: Change, say: Say) -> str:
    """What a line of the audit log says of a PC; an action without words as its code."""
    return say(*_ACTIONS[change.action]) if change.action in _ACTIONS else change.action
