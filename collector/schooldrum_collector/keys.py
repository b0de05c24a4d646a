"""What can be configured: every key declared once, with what it allows and how people read what it does."""

import ipaddress
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from platformdirs import user_data_path

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_LARGEST_PORT = 65535


class Listen(msgspec.Struct, frozen=True):
    """Where a door listens: a host (name or address) and a port; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key of the configuration. `read` takes TOML values and text from the environment alike.

    `read` raises ValueError for what is not `allowed` (said the same in both languages).
    """

    name: str
    read: Callable[[object], Any]
    allowed: str
    help: tuple[str, str]
    """What it does, in Vietnamese and in English."""


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError
    return value.strip()


def _path(value: object) -> Path:
    return Path(_text(value)).expanduser().absolute()


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _SWITCH:
        return _SWITCH[value.strip().lower()]
    raise ValueError


def _whole(lowest: int, highest: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError  # noqa: TRY004 - one word for everything that is not allowed
        whole = int(value)
        if not lowest <= whole <= highest:
            raise ValueError
        return whole

    return read


def _host(text: str) -> str:
    bare = text.strip("[]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        if not _HOST.match(text):
            raise
        # A certificate takes names by their labels: `a..b` is none.
        text.encode("idna")
        return text.lower()


def _names(value: object) -> tuple[str, ...]:
    written = value.split(",") if isinstance(value, str) else value
    if not isinstance(written, list):
        raise ValueError  # noqa: TRY004 - one word for everything that is not allowed
    return tuple(_host(_text(name)) for name in written if not isinstance(name, str) or name.strip())


def _addresses(value: object) -> tuple[str, ...]:
    return tuple(str(ipaddress.ip_address(name)) for name in _names(value))


def read_listen(value: object) -> Listen:
    """`127.0.0.1:8801`, `[::1]:8801`, `collector.example:443`.

    Raises:
        ValueError: it is none of these.
    """
    host, colon, port = _text(value).rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > _LARGEST_PORT:
        raise ValueError
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError
    return Listen(_host(host), int(port))


def read_url(value: object) -> str:
    """`https://collector.example`, `http://127.0.0.1:9093/prefix`; without a slash at its end.

    Raises:
        ValueError: it is none, or has a name and password, a query or a fragment in it.
    """
    written = _text(value)
    parts = urlsplit(written)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError
    if parts.query or parts.fragment or any(sign.isspace() for sign in written):
        raise ValueError
    _host(parts.hostname)
    if parts.port == 0:
        raise ValueError
    return written.rstrip("/")


def _link(value: object) -> str:
    return "" if value == "" else read_url(value)


def _door(value: object) -> Listen | None:
    return None if value == "" else read_listen(value)


def _urls(value: object) -> tuple[str, ...]:
    written = value.split(",") if isinstance(value, str) else value
    if not isinstance(written, list):
        raise ValueError  # noqa: TRY004 - one word for everything that is not allowed
    return tuple(dict.fromkeys(read_url(url) for url in written if not isinstance(url, str) or url.strip()))


def is_loopback_url(url: str) -> bool:
    """Whether this URL leads to this very machine."""
    return Listen(urlsplit(url).hostname or "", 0).is_loopback


def _language(value: object) -> str:
    if value not in {"vi", "en"}:
        raise ValueError
    return str(value)


KEYS: tuple[Key, ...] = (
    Key(
        name="data",
        read=_path,
        allowed="DIRECTORY",
        help=(
            "Thư mục giữ toàn bộ số liệu, chứng chỉ và mã của văn phòng. Chỉ tài khoản chạy chương trình đọc được.",
            "Directory of all data, certificates and the office's token. Readable by the program's account only.",
        ),
    ),
    Key(
        name="language",
        read=_language,
        allowed="vi, en",
        help=("Ngôn ngữ của các lệnh và trang.", "Language of commands and pages."),
    ),
    Key(
        name="agents_listen",
        read=read_listen,
        allowed="HOST:PORT, [IPv6]:PORT",
        help=(
            "Cửa dành cho các máy trường. Muốn máy khác gửi tới được: 0.0.0.0:8801, và ghi agents_names.",
            "The door for the schools' PCs. For PCs elsewhere: 0.0.0.0:8801, and fill in agents_names.",
        ),
    ),
    Key(
        name="agents_names",
        read=_names,
        allowed='["collector.example", "192.0.2.1"]',
        help=(
            "Tên miền và địa chỉ mà máy trường dùng để gọi tới; có trong chứng chỉ. Tên đầu được in trong lệnh cài.",
            "Names and addresses by which PCs call; they stand in the certificate. The install command has the first.",
        ),
    ),
    Key(
        name="agents_tls",
        read=_switch,
        allowed="true, false",
        help=(
            "Mã hóa cửa máy trường. Chỉ tắt được khi cửa chỉ nghe trên chính máy này (127.0.0.1).",
            "Encrypts the agents' door. May be off only where the door listens on this machine alone (127.0.0.1).",
        ),
    ),
    Key(
        name="agents_proxies",
        read=_addresses,
        allowed='["127.0.0.1"]',
        help=(
            "Địa chỉ của proxy ngược đứng trước cửa máy trường; chỉ tin X-Forwarded-For từ các địa chỉ này.",
            "Addresses of reverse proxies before the agents' door; X-Forwarded-For counts from these alone.",
        ),
    ),
    Key(
        name="agents_connections",
        read=_whole(10, 200_000),
        allowed="10..200000",
        help=("Số kết nối tối đa của cửa máy trường.", "Connections that the agents' door holds at most."),
    ),
    Key(
        name="waiting_reports",
        read=_whole(100, 1_000_000),
        allowed="100..1000000",
        help=(
            "Số lần gửi tối đa được chờ ghi; quá số này máy trường được hẹn gửi lại.",
            "Reports that may wait to be stored; beyond it PCs are asked to come again later.",
        ),
    ),
    Key(
        name="office_listen",
        read=read_listen,
        allowed="HOST:PORT, [IPv6]:PORT",
        help=(
            "Cửa dành cho văn phòng (trang, Prometheus). Ra ngoài máy này phải có office_certificate và office_key.",
            "The office's door (pages, Prometheus). Beyond this machine it needs office_certificate and office_key.",
        ),
    ),
    Key(
        name="office_hosts",
        read=_names,
        allowed='["schooldrum.example"]',
        help=(
            "Tên mà trình duyệt và Prometheus được dùng để gọi cửa văn phòng, ngoài 127.0.0.1 và localhost.",
            "Names by which browsers and Prometheus may call the office's door, beside 127.0.0.1 and localhost.",
        ),
    ),
    Key(
        name="office_open",
        read=_switch,
        allowed="true, false",
        help=(
            "Không hỏi mã ở cửa văn phòng. Chỉ để dùng thử trên máy này; không dùng sau proxy.",
            "The office's door asks for no token. Only to try things on this machine; never behind a proxy.",
        ),
    ),
    Key(
        name="office_certificate",
        read=_path,
        allowed="FILE (PEM)",
        help=("Chứng chỉ của cửa văn phòng.", "Certificate of the office's door."),
    ),
    Key(
        name="office_key",
        read=_path,
        allowed="FILE (PEM)",
        help=("Khóa của chứng chỉ đó.", "Key of that certificate."),
    ),
    Key(
        name="office_url",
        read=_link,
        allowed="https://schooldrum.example",
        help=(
            "Địa chỉ cửa văn phòng, như người nhận tin báo mở nó. Bỏ trống: tin báo không có liên kết.",
            "The office's door, as readers of messages open it. Left out: messages have no link.",
        ),
    ),
    Key(
        name="grafana_url",
        read=read_url,
        allowed="https://grafana.example",
        help=(
            "Địa chỉ Grafana, như người nhận cảnh báo mở nó; cảnh báo dẫn tới bảng ở đó.",
            "Grafana, as readers of alerts open it: alerts lead to its dashboards.",
        ),
    ),
    Key(
        name="alertmanagers",
        read=_urls,
        allowed='["http://127.0.0.1:9093"]',
        help=(
            "Các Alertmanager nhận sự cố. Ghi mọi thành viên của một cụm, không ghi bộ cân bằng tải.",
            "Alertmanagers that are told of incidents. Name every member of a cluster, not a load balancer.",
        ),
    ),
    Key(
        name="alertmanager_token_file",
        read=_path,
        allowed="FILE",
        help=(
            "Tệp chứa mã truy cập (Bearer) gửi cho Alertmanager. Ngoài máy này chỉ gửi qua https.",
            "File with the bearer token that Alertmanager asks for. Beyond this machine it is sent over https alone.",
        ),
    ),
    Key(
        name="alertmanager_ca",
        read=_path,
        allowed="FILE (PEM)",
        help=(
            "Chứng chỉ gốc để tin Alertmanager; bỏ trống: các chứng chỉ gốc của hệ thống.",
            "Authority by which Alertmanager is trusted; left out: those of the system.",
        ),
    ),
    Key(
        name="channels_file",
        read=_path,
        allowed="FILE (TOML)",
        help=(
            "Tệp các kênh gửi tin báo (thư điện tử, webhook, SMS). Không có Alertmanager thì máy chủ tự báo sự cố.",
            "File of channels for messages (mail, webhook, SMS). Without Alertmanager the collector tells incidents.",
        ),
    ),
    Key(
        name="answers_listen",
        read=_door,
        allowed="HOST:PORT, [IPv6]:PORT",
        help=(
            "Cửa trả lời cho người nhận tin báo, chỉ có liên kết /t/. Bỏ trống: không mở. Cần answers_url.",
            "The door at which readers of messages answer, with links /t/ alone. Left out: closed. Needs answers_url.",
        ),
    ),
    Key(
        name="answers_url",
        read=_link,
        allowed="https://answers.example",
        help=(
            "Địa chỉ của cửa trả lời, như điện thoại của trường mở nó. Bỏ trống: tin báo không có liên kết.",
            "The answers' door as a school's phone opens it. Left out: messages have no link.",
        ),
    ),
    Key(
        name="answers_certificate",
        read=_path,
        allowed="FILE (PEM)",
        help=("Chứng chỉ của cửa trả lời.", "Certificate of the answers' door."),
    ),
    Key(
        name="answers_key",
        read=_path,
        allowed="FILE (PEM)",
        help=("Khóa của chứng chỉ đó.", "Key of that certificate."),
    ),
    Key(
        name="results_days",
        read=_whole(1, 3660),
        allowed="1..3660",
        help=("Giữ từng kết quả đo bao nhiêu ngày.", "Days for which single results are kept."),
    ),
    Key(
        name="sections_days",
        read=_whole(1, 3660),
        allowed="1..3660",
        help=("Giữ danh mục của máy bao nhiêu ngày.", "Days for which a PC's inventory is kept."),
    ),
    Key(
        name="changes_days",
        read=_whole(30, 3660),
        allowed="30..3660",
        help=("Giữ nhật ký thay đổi bao nhiêu ngày.", "Days for which the log of changes is kept."),
    ),
)


def default_file(environ: Mapping[str, str]) -> Path:
    """Where the configuration stands when nobody says otherwise; it need not exist."""
    if sys.platform == "win32":
        return Path(environ.get("PROGRAMDATA", r"C:\ProgramData")) / "Schooldrum" / "collector.toml"
    return Path("/etc/schooldrum/collector.toml")


def default_data(environ: Mapping[str, str]) -> Path:
    """`SCHOOLDRUM_HOME`, else the system's place for a service (root) or the user's own data directory."""
    home = environ.get("SCHOOLDRUM_HOME", "").strip()
    if home:
        return Path(home).expanduser().absolute() / "collector"
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/schooldrum/collector")
    return user_data_path("schooldrum", appauthor=False) / "collector"
