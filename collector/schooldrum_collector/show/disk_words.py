"""How the disks of one PC are, in words, with the reasons."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from schooldrum_collector.judge.plausible import plausible
from schooldrum_collector.judge.storage import LAST_READ, Judgement, Read, Reason, Verdict, judge, remembered
from schooldrum_collector.show.safety_words import day_words
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import StoredSection
from schooldrum_wire.catalogue.storage import DISKS
from schooldrum_wire.section import Values

_NOTHING_KNOWN: Mapping[str, Read] = MappingProxyType({})
VERDICTS = {
    Verdict.OK: ("tốt", "good"),
    Verdict.WARNING: ("cần theo dõi", "to be watched"),
    Verdict.FAILING: ("SẮP HỎNG", "FAILING"),
    Verdict.UNKNOWN: ("chưa rõ", "not known yet"),
}
REASONS = {
    "not_passed": ("ổ đĩa tự báo sắp hỏng", "the disk itself foretells its failure"),
    "unhealthy": ("hệ điều hành báo ổ đĩa hỏng", "the system says it is broken"),
    "warned": ("hệ điều hành cảnh báo", "the system warns of it"),
    "below": ("chỉ số SMART chạm ngưỡng hỏng: {}", "SMART attributes at the limit of failure: {}"),
    "outlived": ("quá tuổi thọ thiết kế (chỉ số SMART {})", "past its designed life (SMART attributes {})"),
    "spare_low": ("gần hết ô nhớ dự phòng", "little spare memory is left"),
    "too_hot": ("ổ đĩa tự báo quá nóng", "the disk itself says it is too hot"),
    "unreliable": ("ổ đĩa tự báo không còn tin cậy", "the disk itself says it is unreliable"),
    "read_only": ("ổ đĩa đã khóa, chỉ còn đọc được", "the disk lets itself only be read"),
    "backup_failed": ("hỏng bộ giữ điện của bộ nhớ đệm", "what keeps its cache in a power cut has failed"),
    "critical": ("ổ đĩa tự cảnh báo (mã {})", "the disk itself warns (code {})"),
    "reallocated": ("cung từ hỏng đã thay: {}", "sectors replaced: {}"),
    "reallocations": ("lần thay cung từ: {}", "times a sector was replaced: {}"),
    "pending": ("cung từ chờ thay: {}", "sectors waiting to be replaced: {}"),
    "uncorrectable": ("cung từ không đọc được: {}", "unreadable sectors: {}"),
    "unreadable": ("lần đọc thất bại: {}", "reads that failed: {}"),
    "media_errors": ("lỗi dữ liệu: {}", "data errors: {}"),
    "wear": ("đã dùng {}% tuổi thọ", "{} % of its life is used up"),
    "temperature": ("nóng {} °C", "{} °C hot"),
    "denied": ("không có quyền đọc", "no right to read it"),
    "no_program": ("chưa cài smartmontools", "smartmontools is not installed"),
    "asleep": ("ổ đĩa đang ngủ", "the disk was asleep"),
    "no_answer": ("ổ đĩa không trả lời", "the disk did not answer"),
    "status": ("Windows báo trạng thái khác thường (mã {})", "Windows says its state is unusual (code {})"),
    "raid": ("cụm RAID: Windows không thấy từng ổ bên trong", "a RAID volume: Windows does not see the disks in it"),
    "not_told": ("ổ đĩa không cho biết", "the disk does not tell"),
    LAST_READ: ("đọc lần cuối ngày {}", "last read on {}"),
}


def disks_of(
    sections: tuple[StoredSection, ...], known: Mapping[str, Read] = _NOTHING_KNOWN
) -> list[tuple[Values, Judgement]]:
    """The PC's disks with their verdicts; none as long as it has not told. `known` is how they were last read."""
    section = next((one for one in sections if one.name == DISKS.name), None)
    if section is None:
        return []
    rows, _ = remembered(plausible(DISKS.name, section.rows), known, date.min)
    return [(row, judge(row)) for row in rows]


def reason_words(reason: Reason, say: Say) -> str:
    """A reason in words; one that is newer than this program as its code."""
    if reason.code not in REASONS:
        return reason.code
    if reason.code == LAST_READ:
        return say(*REASONS[LAST_READ]).format(day_words(date.fromisoformat(reason.value), say))
    return say(*REASONS[reason.code]).format(reason.value)
