"""Who the office's Alertmanager can tell: receivers stand in a file of the office, which is taken in word for word.

Word for word, because only Alertmanager knows what its receivers may say, and because passwords may stand in it.
"""

from collections.abc import Iterable

import msgspec

from schooldrum_collector.show.rule import Role
from schooldrum_collector.show.written_yaml import Unreadable, understood
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Register

FILE = "receivers.yml"
MOST_CHARACTERS = 1 << 20
_KEYS = frozenset({"global", "templates", "receivers"})
_HEAD = (
    "Ai nhận tin báo và nhận bằng cách nào, theo cách ghi của Alertmanager. Tệp này do văn phòng viết.",
    "Who is told and how, as Alertmanager writes it. This file is the office's own.",
)
_ROLES: tuple[tuple[str, str, str], ...] = (
    ("it_officer", "giáo viên phụ trách CNTT của mọi trường chưa ghi riêng", "IT officers of schools not named below"),
    ("it_officer BM", "của riêng trường có mã BM", "of the school with the code BM"),
    ("it_officer hn/q3", "của các trường trong khu vực hn/q3", "of the schools of the area hn/q3"),
    ("principal", "Hiệu trưởng; cũng ghi riêng được như trên", "principals; may name a school or an area as above"),
    ("office hn", "văn phòng của khu vực hn", "the office of the area hn"),
    ("administrator", "người trông máy chủ tổng hợp", "who looks after the collector"),
    (
        "watchdog",
        "dịch vụ bên ngoài, gọi khi không còn nhận được tin",
        "a service elsewhere that calls when this stops",
    ),
)


class Unusable(ValueError):  # noqa: N818 - it names the file's state
    """The receivers' file cannot be used; the sentence says what is wrong in it and what to do."""


class Receivers(msgspec.Struct, frozen=True, kw_only=True):
    """The file's text, and the names of the receivers in it."""

    text: str
    names: frozenset[str]


def read(text: str, say: Say) -> Receivers:
    """What stands in the file.

    Raises:
        Unusable: with a sentence for the person who wrote it.
    """
    try:
        found = understood(text) if len(text) <= MOST_CHARACTERS else None
    except Unreadable as trouble:
        raise Unusable(say(f"không đọc được: {trouble}", f"cannot be read: {trouble}")) from trouble
    if found is None:
        raise Unusable(say(f"dài hơn {MOST_CHARACTERS} ký tự", f"it is longer than {MOST_CHARACTERS} characters"))
    foreign = sorted(found.keys() - _KEYS)
    if foreign:
        raise Unusable(
            say(
                f"chỉ ghi {', '.join(sorted(_KEYS))} ở đây; phần còn lại do lệnh này ghi: bỏ {', '.join(foreign)}",
                f"only {', '.join(sorted(_KEYS))} stand here, this command writes the rest: take out "
                f"{', '.join(foreign)}",
            )
        )
    listed = found.get("receivers")
    names = [_name(one) for one in listed] if isinstance(listed, list) else []
    if Role.OFFICE.value not in names or not all(names):
        raise Unusable(
            say(
                "receivers: mỗi mục cần name, và phải có mục tên office (ai nhận khi không còn ai khác)",
                "receivers: each needs a name, and one of them is office (who is told when nobody else is)",
            )
        )
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise Unusable(say(f"receivers: ghi hai lần {', '.join(twice)}", f"receivers: twice {', '.join(twice)}"))
    return Receivers(text=text, names=frozenset(names))


def _name(receiver: object) -> str:
    name = receiver.get("name") if isinstance(receiver, dict) else None
    return name if isinstance(name, str) else ""


def sample(say: Say) -> str:
    """The file as it is first written: valid, telling nobody, every role explained."""
    lines = [
        f"# {say(*_HEAD)}",
        "",
        "templates: [schooldrum.tmpl]",
        "",
        say("# Máy chủ thư, nếu gửi bằng thư điện tử:", "# The mail server, where messages go by e-mail:"),
        "# global:",
        "#   smtp_smarthost: mail.example:587",
        "#   smtp_from: schooldrum@mail.example",
        "#   smtp_auth_username: schooldrum",
        "#   smtp_auth_password_file: /etc/prometheus/schooldrum/mail.password",
        "",
        "receivers:",
        say(
            "  # Chuyên viên phụ trách CNTT; cũng nhận mọi tin chưa có ai nhận.",
            "  # The office; also whatever nobody else gets.",
        ),
        "  - name: office",
        "  #   email_configs:",
        "  #     - to: cntt@so.example",
        "  #       send_resolved: true",
        "  #       headers: {Subject: '{{ template \"schooldrum.subject\" . }}'}",
        "  #       text: '{{ template \"schooldrum.text\" . }}'",
        "  #       html: ''",
        "",
    ]
    width = max(len(name) for name, _, _ in _ROLES)
    lines += [f"  # - name: {name.ljust(width)}  # {say(vietnamese, english)}" for name, vietnamese, english in _ROLES]
    return "\n".join(lines) + "\n"


def strangers(register: Register, names: Iterable[str]) -> list[str]:
    """Names of receivers that nobody is told by: no role, or no area and no school of that name."""
    roles = {role.value for role in Role}
    alone = {Role.ADMINISTRATOR.value, Role.WATCHDOG.value}
    found = []
    for name in sorted(names):
        role, _, place = name.partition(" ")
        there = place in register.areas or (place in register.schools and role != Role.OFFICE.value)
        if role not in roles or (" " in name and (role in alone or not there)):
            found.append(name)
    return found
