"""What leaves a PC, to whom and what for: the privacy notice, derived from the declarations it speaks of.

Write it with `python -m schooldrum_wire.privacy > PRIVACY.md`.
"""

import sys
from collections.abc import Sequence

import msgspec

from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.messages import EnrolRequest
from schooldrum_wire.report import Delivery, Now, Report, Word
from schooldrum_wire.result import Result

FIELDS: dict[type[msgspec.Struct], dict[str, str]] = {
    Delivery: {
        "reports": "the reports below",
        "now": "the PC's clocks at sending, to date what was measured",
        "fingerprint": "hashes of hardware serials, so that PCs cloned from one image are told apart",
        "version": "version of this format",
        "agent": "version of the program",
        "system": "windows or linux",
        "settings": "version of the settings in force",
        "starts": "how often the program has started, to notice a disk that forgets",
        "refusals": "settings the program refused because they were out of its bounds",
        "around": "a hash of the list of codes it was given, so that only a changed list is sent to it",
    },
    Now: {
        "boot": "random name of this boot",
        "boottime": "seconds since the boot",
        "wall": "time by the PC's clock",
    },
    Report: {
        "run": "random name of this start of the program",
        "boot": "random name of the boot it ran in",
        "results": "what each probe measured",
        "live": "whether this is the present or was measured while the line was down",
        "beat": "seconds between reports",
        "word": "hello or goodbye",
        "sections": "a hash of each list below, so that only changed lists are sent",
        "rows": "the lists below, when they changed",
        "frozen": "whether a program freezes the disk",
        "network": "a salted hash of the gateway's card and the subnet: whether the PC stands in its school's network",
        "elsewhere": "whether it does not: then nothing is sent but this, and what updates and protection it has",
        "sees": "codes of those of the school's own PCs, named to it by the office, that it heard on its own network",
    },
    Word: {
        "word": "hello or goodbye",
        "kind": "start, stop, shutdown, suspend, resume or update",
        "boottime": "seconds since the boot",
    },
    Result: {
        "probe": "which probe",
        "seq": "its number, so that nothing is stored twice",
        "outcome": "ok, unavailable, denied, failed or timed_out",
        "boottime": "seconds since the boot",
        "wall": "time by the PC's clock",
        "took": "seconds it took",
        "reason": "why it was denied or failed; account names and home folders are blanked",
        "readings": "the figures below",
    },
    EnrolRequest: {
        "token": "the room's install code",
        "credential": "the PC's key, when a clone asks for its own or a PC enrols again",
        "ticket": "permission for that",
        "fingerprint": "hashes of hardware serials",
        "host": "windows or linux, and its release; never the PC's name",
        "seat": "the number on the sticker",
        "frozen": "whether a program freezes the disk",
    },
}

_HEAD = """# Privacy: what leaves a PC / Quyền riêng tư: những gì rời khỏi máy

*This page is generated from the program's own declarations; what is not listed here cannot leave the PC.*
*Trang này được tạo tự động từ chính phần khai báo của phần mềm; những gì không có ở đây thì không thể gửi đi.*

## In short / Tóm tắt

- Schooldrum looks at devices, never at people. It does not look at files, browsing, running programs, screens,
  keyboards, Wi-Fi lists or locations. It cannot be told to: its settings are a closed list without commands.
- Schooldrum theo dõi thiết bị, không theo dõi con người. Phần mềm không xem tệp, lịch sử duyệt web, chương trình
  đang chạy, màn hình, bàn phím, danh sách Wi-Fi hay vị trí, và không thể bị ra lệnh làm việc đó.
- The names of local accounts are read for one purpose, and never leave: to recognise and blank them. / Tên tài khoản
  trên máy chỉ được đọc để nhận ra và xóa đi, không bao giờ gửi đi.
- Before anything is stored or sent, text that contains a local account's name or a path into a person's folder is
  blanked on the PC itself. / Trước khi lưu hoặc gửi, phần mềm xóa ngay trên máy mọi chữ có tên tài khoản hoặc thư mục
  cá nhân.
- It opens no port, and talks to one server only: the office's collector. / Phần mềm không mở cổng mạng nào và chỉ
  liên lạc với máy chủ tổng hợp của cơ quan quản lý.

## Purpose and recipients / Mục đích và nơi nhận

Keeping a school's PCs and lines working, updated and counted. Received by the education office that runs the
collector, and by the school's own staff. Nobody else receives anything. / Giữ cho máy tính và đường truyền của trường
hoạt động, được cập nhật và được kiểm đếm. Nơi nhận: cơ quan quản lý giáo dục vận hành máy chủ tổng hợp và nhà trường.
Không gửi cho ai khác.

## How long it is kept / Thời gian lưu

Measured results 35 days; lists: the latest and changes for the days named below; the log of changes to the register
2 years; a retired PC's record until the office forgets it (`schooldrum-collector machines forget`). / Số liệu đo 35
ngày; danh sách: bản mới nhất và thay đổi theo số ngày ghi bên dưới; nhật ký danh mục 2 năm.

## What the collector sees besides / Những gì máy chủ thấy thêm

- The address a PC connects from: kept with its enrolment, to notice an install code that is used outside the school.
- The collector's own log: errors and counts, without keys, install codes or PC names.
- The office's register: school, room and seat numbers, typed in by the office.
- That a PC is broken, lent or kept elsewhere: noted, and taken back, by the school or the office, with the time and as
  a role. / Máy hỏng, cho mượn hoặc để nơi khác: do trường hoặc cơ quan quản lý ghi và bỏ, kèm lúc ghi và vai trò.
- Who is told of incidents: a role and an address (mail, telephone), without a name, typed in by the office until it
  removes them; what was sent to them for 90 days. Messages go by the office's own mail and message services. / Người
  nhận tin báo: vai trò và địa chỉ (thư, điện thoại), không có tên, do cơ quan quản lý ghi và bỏ; tin đã gửi giữ 90
  ngày. Tin báo đi qua dịch vụ thư và tin nhắn của chính cơ quan quản lý.
"""


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(' --- ' for _ in head)}|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows]) + "\n"


def notice() -> str:
    """The whole page (Markdown)."""
    parts = [_HEAD, "\n## Figures / Số liệu\n\n"]
    said = (metric for metric in METRICS.values() if not metric.by_collector and not metric.until)
    ours = sorted(said, key=lambda metric: metric.name)
    parts.append(
        _table(
            ("name", "what it says", "labels"), [(f"`{m.name}`", m.help, ", ".join(m.labels) or "none") for m in ours]
        ),
    )
    parts.append("\n## Lists / Danh sách\n")
    for section in sorted(SECTIONS.values(), key=lambda section: section.name):
        parts.append(f"\n### `{section.name}`: {section.help} Kept {section.retention_days} days.\n\n")
        rows = []
        for column in section.columns:
            leaves = "leaves" if column.leaves else "leaves as a salted hash" if column.hashed else "stays on the PC"
            rows.append((f"`{column.name}`", column.help, leaves))
        parts.append(_table(("column", "what it says", "leaves the PC?"), rows))
    parts.append("\n## Around them / Phần bao ngoài\n")
    for struct, fields in FIELDS.items():
        parts.append(f"\n### {struct.__name__}\n\n")
        parts.append(_table(("field", "what for"), [(f"`{name}`", words) for name, words in fields.items()]))
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(notice())
