"""By which ways messages may leave: the office's file of channels, read, checked, and read again when it has changed.

Each is an address of the library apprise with `{to}` where the recipient's own address belongs; only the schemes below
are let through, and none of them without encryption to another machine where a password travels.
"""

import logging
import re
import stat
import sys
import tomllib
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from schooldrum_collector.judge.recipients import is_mail, is_word
from schooldrum_collector.key_values import Listen
from schooldrum_collector.speech import ENGLISH, Say

_log = logging.getLogger(__name__)
MAIL, WEBHOOKS, TEAMS = ("mailto", "mailtos"), ("json", "jsons"), ("workflow", "workflows")
GATEWAYS = ("smseagle", "smseagles", "httpsms", "twilio", "vonage", "clicksend")
SCHEMES = (*MAIL, *WEBHOOKS, *TEAMS, *GATEWAYS)
FULL, CHAT, SMS = "full", "chat", "sms"
FORMS = (FULL, CHAT, SMS)
TO = "{to}"
MOST = 50
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}\Z")
_REFUSED_PARAMETERS = frozenset({"verify", "redirect", "template", "tmpl", "format", "overflow", "retry", "cc", "bcc"})
"""Parameters by which a channel would trust anybody, follow anybody, read files, or send to others."""
_UNENCRYPTED = frozenset({"json", "smseagle"})


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """One way: its name, its address for apprise, and in which form messages go by it."""

    name: str
    url: str
    form: str

    @property
    def scheme(self) -> str:
        """The word before the colon."""
        return self.url.partition(":")[0].lower()

    @property
    def asks(self) -> bool:
        """Whether every recipient needs an address of their own."""
        return TO in self.url

    def takes(self, address: str) -> bool:
        """Whether an address can be a recipient's here; one that could mean several people cannot."""
        if not self.asks:
            return not address
        return is_mail(address) if self.scheme in MAIL else is_word(address)

    def address(self, to: str) -> str:
        """The whole address for apprise."""
        return self.url.replace(TO, quote(to, safe=""))


class Unusable(ValueError):  # noqa: N818 - it names the file's state
    """The channels' file cannot be used; one sentence a line says where and what to do."""


def load(path: Path, say: Say) -> dict[str, Channel]:
    """The channels of this file, by name.

    Raises:
        Unusable: it cannot be read, others can read it, or something in it is not allowed.
    """
    try:
        if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise Unusable(
                say(
                    f"{path}: tài khoản khác đọc được mật khẩu trong tệp; chạy: chmod 600 {path}",
                    f"{path}: others can read the passwords in it; run: chmod 600 {path}",
                )
            )
        written = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as trouble:
        raise Unusable(f"{path}: {trouble.strerror or trouble}") from trouble
    except (ValueError, RecursionError) as trouble:
        if isinstance(trouble, Unusable):
            raise
        raise Unusable(f"{path}: {trouble}") from trouble
    channels: dict[str, Channel] = {}
    problems: list[str] = []
    if len(written) > MOST:
        problems.append(say(f"{path}: nhiều hơn {MOST} kênh", f"{path}: more than {MOST} channels"))
    for name, table in list(written.items())[:MOST]:
        try:
            channels[name] = _channel(name, table, say)
        except ValueError as trouble:
            problems += [f"{path}: [{name:.40}]: {line}" for line in str(trouble).splitlines()]
    if problems:
        raise Unusable("\n".join(problems))
    return channels


def _channel(name: str, table: object, say: Say) -> Channel:
    """One table of the file.

    Raises:
        ValueError: the sentence says what is wrong, and never a password.
    """
    if not _NAME.match(name):
        raise ValueError(say("tên kênh chỉ gồm a-z, 0-9, - và _", "a channel's name has a-z, 0-9, - and _ alone"))
    if not isinstance(table, dict) or not isinstance(table.get("url"), str):
        raise ValueError(say("thiếu url", "it has no url"))  # noqa: TRY004 - one kind of error for what is written
    unknown = sorted(table.keys() - {"url", "form"})
    if unknown:
        raise ValueError(say(f"không có khóa {unknown[0]}", f"there is no key {unknown[0]}"))
    url = str(table["url"]).strip()
    scheme = url.partition(":")[0].lower()
    if scheme not in SCHEMES:
        raise ValueError(say(f"chỉ dùng được: {', '.join(SCHEMES)}", f"one of these can be used: {', '.join(SCHEMES)}"))
    form = table.get("form", SMS if scheme in GATEWAYS else CHAT if scheme in WEBHOOKS else FULL)
    if form not in FORMS:
        raise ValueError(say(f"form: chỉ nhận {', '.join(FORMS)}", f"form: it is one of {', '.join(FORMS)}"))
    _check_way(url, scheme, say)
    if scheme in MAIL and TO not in url:
        raise ValueError(say(f"url cần {TO} ở chỗ địa chỉ người nhận", f"url needs {TO} where the recipient belongs"))
    return Channel(name=name, url=url, form=str(form))


def _check_way(url: str, scheme: str, say: Say) -> None:
    try:
        parts = urlsplit(url)
        host, password = parts.hostname or "", parts.password
        given = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    except ValueError:
        raise ValueError(say("url không đọc được", "the url cannot be read")) from None
    refused = sorted(given & _REFUSED_PARAMETERS)
    if refused:
        raise ValueError(say(f"không dùng được tham số {refused[0]}", f"the parameter {refused[0]} cannot be used"))
    is_near = Listen(host.strip("[]"), 0).is_loopback
    if not is_near and (scheme in _UNENCRYPTED or (scheme == "mailto" and password)):
        raise ValueError(
            say(
                f"ra ngoài máy này phải mã hóa: dùng {scheme}s://",
                f"beyond this machine it has to be encrypted: use {scheme}s://",
            )
        )


class Channels:
    """The channels at present. Not frozen: it keeps what it has read until the file changes."""

    def __init__(self, path: Path | None, say: Say) -> None:
        """Without a file there are none.

        Raises:
            Unusable: as load.
        """
        self._path = path
        self._seen = self._stamp()
        self._kept = load(path, say) if path else {}

    def at_present(self) -> dict[str, Channel]:
        """By name. A file that cannot be used any more is told in the log, and the channels before stay."""
        stamp = self._stamp()
        if self._path is not None and stamp != self._seen:
            self._seen = stamp
            try:
                self._kept = load(self._path, ENGLISH)
            except Unusable as trouble:
                _log.warning("The channels from before are used: %s", trouble)
        return self._kept

    def _stamp(self) -> tuple[int, int]:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size) if found else (0, 0)
