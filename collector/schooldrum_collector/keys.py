"""What can be configured: every key declared once, with what it allows and how people read what it does."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from platformdirs import user_data_path

from schooldrum_collector.key_values import (
    read_addresses,
    read_door,
    read_language,
    read_link,
    read_listen,
    read_name,
    read_names,
    read_path,
    read_room,
    read_switch,
    read_url,
    read_urls,
    read_whole,
)


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key of the configuration. `read` takes TOML values and text from the environment alike.

    `read` raises ValueError for what is not `allowed` (said the same in both languages).
    """

    name: str
    read: Callable[[object], Any]
    allowed: str
    help: tuple[str, str]
    """What it does, in Vietnamese and in English."""


KEYS: tuple[Key, ...] = (
    Key(
        name="data",
        read=read_path,
        allowed="DIRECTORY",
        help=(
            "Thư mục giữ toàn bộ số liệu, chứng chỉ và mã của văn phòng. Chỉ tài khoản chạy chương trình đọc được.",
            "Directory of all data, certificates and the office's token. Readable by the program's account only.",
        ),
    ),
    Key(
        name="language",
        read=read_language,
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
        read=read_names,
        allowed='["collector.example", "192.0.2.1"]',
        help=(
            "Tên miền và địa chỉ mà máy trường dùng để gọi tới; có trong chứng chỉ. Tên đầu được in trong lệnh cài.",
            "Names and addresses by which PCs call; they stand in the certificate. The install command has the first.",
        ),
    ),
    Key(
        name="agents_tls",
        read=read_switch,
        allowed="true, false",
        help=(
            "Mã hóa cửa máy trường. Chỉ tắt được khi cửa chỉ nghe trên chính máy này (127.0.0.1).",
            "Encrypts the agents' door. May be off only where the door listens on this machine alone (127.0.0.1).",
        ),
    ),
    Key(
        name="agents_proxies",
        read=read_addresses,
        allowed='["127.0.0.1"]',
        help=(
            "Địa chỉ của proxy ngược đứng trước cửa máy trường; chỉ tin X-Forwarded-For từ các địa chỉ này.",
            "Addresses of reverse proxies before the agents' door; X-Forwarded-For counts from these alone.",
        ),
    ),
    Key(
        name="agents_connections",
        read=read_whole(10, 200_000),
        allowed="10..200000",
        help=("Số kết nối tối đa của cửa máy trường.", "Connections that the agents' door holds at most."),
    ),
    Key(
        name="waiting_reports",
        read=read_whole(100, 1_000_000),
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
        read=read_names,
        allowed='["schooldrum.example"]',
        help=(
            "Tên mà trình duyệt và Prometheus được dùng để gọi cửa văn phòng, ngoài 127.0.0.1 và localhost.",
            "Names by which browsers and Prometheus may call the office's door, beside 127.0.0.1 and localhost.",
        ),
    ),
    Key(
        name="office_open",
        read=read_switch,
        allowed="true, false",
        help=(
            "Không hỏi mã ở cửa văn phòng. Chỉ để dùng thử trên máy này; không dùng sau proxy.",
            "The office's door asks for no token. Only to try things on this machine; never behind a proxy.",
        ),
    ),
    Key(
        name="office_certificate",
        read=read_path,
        allowed="FILE (PEM)",
        help=("Chứng chỉ của cửa văn phòng.", "Certificate of the office's door."),
    ),
    Key(
        name="office_key",
        read=read_path,
        allowed="FILE (PEM)",
        help=("Khóa của chứng chỉ đó.", "Key of that certificate."),
    ),
    Key(
        name="office_url",
        read=read_link,
        allowed="https://schooldrum.example",
        help=(
            "Địa chỉ cửa văn phòng, như người nhận tin báo mở nó. Bỏ trống: tin báo không có liên kết.",
            "The office's door, as readers of messages open it. Left out: messages have no link.",
        ),
    ),
    Key(
        name="office_room",
        read=read_room,
        allowed="CODE/ROOM, CODE/SITE/ROOM",
        help=(
            "Phòng có máy đặt cạnh máy chủ này, cùng đường truyền: biết được lỗi ở đường truyền của Sở hay của trường.",
            "The room whose PCs stand beside this server, on its line: they tell the office's line from the schools'.",
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
        read=read_urls,
        allowed='["http://127.0.0.1:9093"]',
        help=(
            "Các Alertmanager nhận sự cố. Ghi mọi thành viên của một cụm, không ghi bộ cân bằng tải.",
            "Alertmanagers that are told of incidents. Name every member of a cluster, not a load balancer.",
        ),
    ),
    Key(
        name="alertmanager_token_file",
        read=read_path,
        allowed="FILE",
        help=(
            "Tệp chứa mã truy cập (Bearer) gửi cho Alertmanager. Ngoài máy này chỉ gửi qua https.",
            "File with the bearer token that Alertmanager asks for. Beyond this machine it is sent over https alone.",
        ),
    ),
    Key(
        name="alertmanager_ca",
        read=read_path,
        allowed="FILE (PEM)",
        help=(
            "Chứng chỉ gốc để tin Alertmanager; bỏ trống: các chứng chỉ gốc của hệ thống.",
            "Authority by which Alertmanager is trusted; left out: those of the system.",
        ),
    ),
    Key(
        name="remote_write_url",
        read=read_link,
        allowed="https://prometheus.example/api/v1/write",
        help=(
            "Nơi gửi tiếp số đo tới muộn (Prometheus remote write), đúng giờ đã đo. Bỏ trống: không gửi.",
            "Where measurements that came late are sent on (Prometheus remote write), at their true time. Empty: off.",
        ),
    ),
    Key(
        name="remote_write_hours",
        read=read_whole(1, 720),
        allowed="1..720",
        help=(
            "Số đo cũ hơn thì bỏ; bằng out_of_order_time_window trong cấu hình Prometheus.",
            "What is older is left out; the same as out_of_order_time_window in Prometheus' configuration.",
        ),
    ),
    Key(
        name="remote_write_user",
        read=read_name,
        allowed="NAME",
        help=(
            "Tên người dùng nếu nơi nhận hỏi tên và mật khẩu; bỏ trống: tệp dưới đây chứa mã truy cập (Bearer).",
            "The user where a name and password are asked for; empty: the file below holds a bearer token.",
        ),
    ),
    Key(
        name="remote_write_secret_file",
        read=read_path,
        allowed="FILE",
        help=(
            "Tệp chứa mật khẩu hoặc mã đó. Ra ngoài máy này phải có, và chỉ gửi qua https.",
            "File with that password or token. Beyond this machine there must be one, and it is sent over https alone.",
        ),
    ),
    Key(
        name="remote_write_ca",
        read=read_path,
        allowed="FILE (PEM)",
        help=(
            "Chứng chỉ gốc để tin nơi nhận; bỏ trống: các chứng chỉ gốc của hệ thống.",
            "Authority by which the receiver is trusted; left out: those of the system.",
        ),
    ),
    Key(
        name="channels_file",
        read=read_path,
        allowed="FILE (TOML)",
        help=(
            "Tệp các kênh gửi tin báo (thư điện tử, webhook, SMS). Không có Alertmanager thì máy chủ tự báo sự cố.",
            "File of channels for messages (mail, webhook, SMS). Without Alertmanager the collector tells incidents.",
        ),
    ),
    Key(
        name="answers_listen",
        read=read_door,
        allowed="HOST:PORT, [IPv6]:PORT",
        help=(
            "Cửa trả lời cho người nhận tin báo, chỉ có liên kết /t/. Bỏ trống: không mở. Cần answers_url.",
            "The door at which readers of messages answer, with links /t/ alone. Left out: closed. Needs answers_url.",
        ),
    ),
    Key(
        name="answers_url",
        read=read_link,
        allowed="https://answers.example",
        help=(
            "Địa chỉ của cửa trả lời, như điện thoại của trường mở nó. Bỏ trống: tin báo không có liên kết.",
            "The answers' door as a school's phone opens it. Left out: messages have no link.",
        ),
    ),
    Key(
        name="answers_certificate",
        read=read_path,
        allowed="FILE (PEM)",
        help=("Chứng chỉ của cửa trả lời.", "Certificate of the answers' door."),
    ),
    Key(
        name="answers_key",
        read=read_path,
        allowed="FILE (PEM)",
        help=("Khóa của chứng chỉ đó.", "Key of that certificate."),
    ),
    Key(
        name="results_days",
        read=read_whole(1, 3660),
        allowed="1..3660",
        help=("Giữ từng kết quả đo bao nhiêu ngày.", "Days for which single results are kept."),
    ),
    Key(
        name="sections_days",
        read=read_whole(1, 3660),
        allowed="1..3660",
        help=("Giữ danh mục của máy bao nhiêu ngày.", "Days for which a PC's inventory is kept."),
    ),
    Key(
        name="changes_days",
        read=read_whole(30, 3660),
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
