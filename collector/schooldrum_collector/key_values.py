"""How the values of the configuration are read: TOML values and text from the environment alike.

Every reader raises ValueError for what it does not take; what that is stands beside the key.
"""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_LARGEST_PORT = 65535
_ROOM_PARTS = (2, 3)


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


def read_text(value: object) -> str:
    """Printable text that is not empty.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError
    return value.strip()


def read_path(value: object) -> Path:
    """A file or directory, made absolute.

    Raises:
        ValueError: it is none.
    """
    return Path(read_text(value)).expanduser().absolute()


def read_switch(value: object) -> bool:
    """`true`, `no`, `1` and their kind.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _SWITCH:
        return _SWITCH[value.strip().lower()]
    raise ValueError


def read_whole(lowest: int, highest: int) -> Callable[[object], int]:
    """A reader of whole numbers from lowest to highest, which raises ValueError for any other."""

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


def read_names(value: object) -> tuple[str, ...]:
    """Host names or addresses, as a list or with commas between.

    Raises:
        ValueError: it is none.
    """
    written = value.split(",") if isinstance(value, str) else value
    if not isinstance(written, list):
        raise ValueError  # noqa: TRY004 - one word for everything that is not allowed
    return tuple(_host(read_text(name)) for name in written if not isinstance(name, str) or name.strip())


def read_addresses(value: object) -> tuple[str, ...]:
    """Addresses, as a list or with commas between.

    Raises:
        ValueError: it is none.
    """
    return tuple(str(ipaddress.ip_address(name)) for name in read_names(value))


def read_listen(value: object) -> Listen:
    """`127.0.0.1:8801`, `[::1]:8801`, `collector.example:443`.

    Raises:
        ValueError: it is none of these.
    """
    host, colon, port = read_text(value).rpartition(":")
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
    written = read_text(value)
    parts = urlsplit(written)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError
    if parts.query or parts.fragment or any(sign.isspace() for sign in written):
        raise ValueError
    _host(parts.hostname)
    if parts.port == 0:
        raise ValueError
    return written.rstrip("/")


def read_link(value: object) -> str:
    """As read_url, or empty.

    Raises:
        ValueError: it is none.
    """
    return "" if value == "" else read_url(value)


def read_door(value: object) -> Listen | None:
    """As read_listen; None where it is empty.

    Raises:
        ValueError: it is none.
    """
    return None if value == "" else read_listen(value)


def read_urls(value: object) -> tuple[str, ...]:
    """URLs, as a list or with commas between, each once.

    Raises:
        ValueError: it is none.
    """
    written = value.split(",") if isinstance(value, str) else value
    if not isinstance(written, list):
        raise ValueError  # noqa: TRY004 - one word for everything that is not allowed
    return tuple(dict.fromkeys(read_url(url) for url in written if not isinstance(url, str) or url.strip()))


def is_loopback_url(url: str) -> bool:
    """Whether this URL leads to this very machine."""
    return Listen(urlsplit(url).hostname or "", 0).is_loopback


def read_name(value: object) -> str:
    """A user's name, or empty.

    Raises:
        ValueError: it is none.
    """
    if value == "":
        return ""
    written = read_text(value)
    if ":" in written:
        raise ValueError
    return written


def read_room(value: object) -> str:
    """A room's `CODE/SITE/ROOM`, or empty: `SO/may-chu` is in the main site, `SO/main/may-chu`.

    Raises:
        ValueError: it is none.
    """
    if value == "":
        return ""
    parts = read_text(value).split("/")
    if not _ROOM_PARTS[0] <= len(parts) <= _ROOM_PARTS[1] or not all(parts):
        raise ValueError
    return "/".join(parts if len(parts) == _ROOM_PARTS[1] else (parts[0], "main", parts[1]))


def read_language(value: object) -> str:
    """`vi` or `en`.

    Raises:
        ValueError: it is none.
    """
    if value not in {"vi", "en"}:
        raise ValueError
    return str(value)
