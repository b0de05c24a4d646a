"""What the collector is told by its file, its environment and its command line, checked against the keys."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from schooldrum_collector.key_values import Listen, is_loopback_url
from schooldrum_collector.keys import KEYS, Key, default_data, default_file
from schooldrum_collector.speech import Say

PREFIX = "SCHOOLDRUM_COLLECTOR_"
_FILE_VARIABLE = f"{PREFIX}CONFIG"


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The collector's configuration; what each key means stands in KEYS."""

    data: Path
    language: str = "vi"
    agents_listen: Listen = Listen("127.0.0.1", 8801)
    agents_names: tuple[str, ...] = ()
    agents_tls: bool = True
    agents_proxies: tuple[str, ...] = ()
    agents_connections: int = 10_000
    waiting_reports: int = 5_000
    office_listen: Listen = Listen("127.0.0.1", 8800)
    office_hosts: tuple[str, ...] = ()
    office_open: bool = False
    office_certificate: Path | None = None
    office_key: Path | None = None
    office_url: str = ""
    office_room: str = ""
    grafana_url: str = "http://127.0.0.1:3000"
    alertmanagers: tuple[str, ...] = ()
    alertmanager_token_file: Path | None = None
    alertmanager_ca: Path | None = None
    remote_write_url: str = ""
    remote_write_hours: int = 24
    remote_write_user: str = ""
    remote_write_secret_file: Path | None = None
    remote_write_ca: Path | None = None
    channels_file: Path | None = None
    answers_listen: Listen | None = None
    answers_url: str = ""
    answers_certificate: Path | None = None
    answers_key: Path | None = None
    results_days: int = 35
    sections_days: int = 400
    changes_days: int = 730

    @property
    def collector_url(self) -> str:
        """The address that agents are given: the first of `agents_names`, else where the door listens."""
        host = self.agents_names[0] if self.agents_names else self.agents_listen.host
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.agents_tls else 'http'}://{host}:{self.agents_listen.port}"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong in the configuration, and where it was written; without a key it is the whole file."""

    key: str
    given: str
    where: str
    allowed: str
    hint: tuple[str, str] = ("", "")

    def sentence(self, say: Say) -> str:
        """For the person who can mend it."""
        if len(say.each) > 1:
            return "\n".join(map(self.sentence, say.each))
        if not self.key:
            return f"{self.where}: {say(*self.hint)}."
        start = say(f"{self.where}: khóa {self.key}", f"{self.where}: key {self.key}")
        given = say(f", giá trị {self.given!r:.80}", f", value {self.given!r:.80}") if self.given else ""
        bad = say("không dùng được", "cannot be used") if self.given else say("chưa có giá trị", "no value")
        why = f": {bad}; {say('được phép', 'allowed')}: {self.allowed}"
        hint = say(*self.hint)
        return f"{start}{given}{why if self.allowed else ''}{f'. {hint}' if hint else '.'}"


class Misconfigured(ValueError):  # noqa: N818 - it names the configuration's state
    """Everything that is wrong in the configuration, at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.sentence(Say("en")) for problem in self.problems))


_BY_NAME = {key.name: key for key in KEYS}


def _suggestion(name: str) -> tuple[str, str]:
    close = get_close_matches(name, _BY_NAME, n=1)
    if close:
        return f"Có phải là {close[0]}?", f"Did you mean {close[0]}?"
    return f"Các khóa có: {', '.join(_BY_NAME)}", f"The keys are: {', '.join(_BY_NAME)}"


def _file_values(path: Path | None, environ: Mapping[str, str]) -> tuple[dict[str, object], str]:
    named = environ.get(_FILE_VARIABLE, "").strip()
    file = path or (Path(named) if named else default_file(environ))
    where = f"{_FILE_VARIABLE}={file}" if named and path is None else str(file)
    try:
        if path is None and not named and not file.exists():
            return {}, str(file)
        return tomllib.loads(file.read_text(encoding="utf-8-sig")), str(file)
    except (OSError, ValueError, RecursionError) as trouble:
        reason = trouble.strerror if isinstance(trouble, OSError) and trouble.strerror else str(trouble)
        hint = (f"không đọc được tệp: {reason}", f"the file cannot be read: {reason}")
        raise Misconfigured([Problem(key="", given="", where=where, allowed="", hint=hint)]) from trouble


def _in_the_clear(config: Config) -> list[str]:
    """Alertmanagers that would be sent a token where others can read it."""
    if config.alertmanager_token_file is None:
        return []
    return [url for url in config.alertmanagers if url.startswith("http:") and not is_loopback_url(url)]


def _certificates(config: Config, refuse: Callable[..., None]) -> None:
    for door, certificate, key in (
        ("office", config.office_certificate, config.office_key),
        ("answers", config.answers_certificate, config.answers_key),
    ):
        if (certificate is None) == (key is None):
            continue
        missing, there = f"{door}_key", f"{door}_certificate"
        if certificate is None:
            missing, there = there, missing
        refuse(
            missing,
            "",
            _BY_NAME[missing].allowed,
            f"{door}_certificate và {door}_key luôn đi cùng nhau.",
            f"{door}_certificate and {door}_key belong together.",
            beside=there,
        )


def _answers(config: Config, refuse: Callable[..., None], wide: str) -> None:
    if config.answers_listen is not None:
        if not config.answers_url:
            refuse(
                "answers_url",
                "",
                _BY_NAME["answers_url"].allowed,
                f"answers_listen cần answers_url (biến {PREFIX}ANSWERS_URL): liên kết trong tin báo bắt đầu từ đó.",
                f"answers_listen needs answers_url (variable {PREFIX}ANSWERS_URL): links in messages begin with it.",
                beside="answers_listen",
            )
        if not config.answers_listen.is_loopback and config.answers_certificate is None:
            refuse(
                "answers_listen",
                config.answers_listen,
                wide,
                "Muốn mở ra ngoài máy này, ghi thêm answers_certificate và answers_key.",
                "To open it beyond this machine, add answers_certificate and answers_key.",
            )
    if config.answers_url.startswith("http:") and not is_loopback_url(config.answers_url):
        refuse(
            "answers_url",
            config.answers_url,
            "https://HOST",
            "Liên kết trả lời không được gửi qua mạng không mã hóa.",
            "Links to answer by are not sent over a network in the clear.",
        )


def _remote_write(config: Config, refuse: Callable[..., None]) -> None:
    url = config.remote_write_url
    if not url or is_loopback_url(url):
        return
    if url.startswith("http:"):
        refuse(
            "remote_write_url",
            url,
            "https://HOST",
            "Số liệu của trường không được gửi qua mạng không mã hóa.",
            "The schools' figures are not sent over a network in the clear.",
        )
    if config.remote_write_secret_file is None:
        refuse(
            "remote_write_secret_file",
            "",
            _BY_NAME["remote_write_secret_file"].allowed,
            "remote_write_url ở ngoài máy này: nơi nhận phải hỏi mật khẩu hoặc mã truy cập.",
            "remote_write_url is beyond this machine: whoever takes it in must ask for a password or token.",
            beside="remote_write_url",
        )


def _together(config: Config, where: Callable[..., str]) -> list[Problem]:
    """What no key shows by itself."""
    problems: list[Problem] = []

    def refuse(key: str, given: object, allowed: str, vietnamese: str, english: str, *, beside: str = "") -> None:
        """`beside` is the key that asks for this one: where this one stands nowhere, that one's place is told."""
        hint = (vietnamese, english)
        problems.append(Problem(key=key, given=str(given), where=where(key, beside), allowed=allowed, hint=hint))

    wide = "127.0.0.1:PORT, [::1]:PORT, localhost:PORT"
    if not config.agents_tls and not config.agents_listen.is_loopback:
        refuse(
            "agents_listen",
            config.agents_listen,
            wide,
            "agents_tls đang tắt nên cửa máy trường chỉ được nghe trên chính máy này.",
            "agents_tls is off, so the agents' door may listen on this machine alone.",
        )
    _certificates(config, refuse)
    _answers(config, refuse, wide)
    _remote_write(config, refuse)
    for url in _in_the_clear(config):
        refuse(
            "alertmanagers",
            url,
            "https://HOST",
            "alertmanager_token_file: mã truy cập không được gửi qua mạng không mã hóa.",
            "alertmanager_token_file: the token is not sent over a network in the clear.",
        )
    if not config.office_listen.is_loopback:
        if config.office_open:
            refuse(
                "office_open",
                "true",
                "false",
                f"Cửa văn phòng nghe ở {config.office_listen}: ai cũng vào được.",
                f"The office's door listens on {config.office_listen}: anybody could come in.",
            )
        if config.office_certificate is None:
            refuse(
                "office_listen",
                config.office_listen,
                wide,
                "Muốn mở ra ngoài máy này, ghi thêm office_certificate và office_key.",
                "To open it beyond this machine, add office_certificate and office_key.",
            )
    return problems


def load(path: Path | None, environ: Mapping[str, str], given: Mapping[str, object] | None = None) -> Config:
    """The configuration: what the command line gave, else the environment, else the file, else the default.

    A file that is named (by `path` or SCHOOLDRUM_COLLECTOR_CONFIG) must exist, the default one need not. `given`
    holds values of the command line by key.

    Raises:
        Misconfigured: with every problem found, each naming key, value, what is allowed, and the place.
    """
    written, file = _file_values(path, environ)
    problems: list[Problem] = []
    sources: dict[str, tuple[object, str]] = {name: (value, file) for name, value in written.items()}
    for variable, text in environ.items():
        # An empty variable is one that a template left out.
        if variable.startswith(PREFIX) and variable != _FILE_VARIABLE and text:
            sources[variable.removeprefix(PREFIX).lower()] = (text, variable)
    sources.update({name: (value, f"--{name.replace('_', '-')}") for name, value in (given or {}).items()})
    values: dict[str, Any] = {"data": default_data(environ)}
    for name, (value, where) in sources.items():
        key = _BY_NAME.get(name)
        if key is None:
            problems.append(Problem(key=name, given="", where=where, allowed="", hint=_suggestion(name)))
            continue
        try:
            values[name] = key.read(value)
        except ValueError:
            problems.append(Problem(key=name, given=str(value), where=where, allowed=key.allowed))
    if problems:
        raise Misconfigured(problems)
    config = Config(**values)
    problems = _together(config, lambda *keys: next((sources[key][1] for key in keys if key in sources), file))
    if problems:
        raise Misconfigured(problems)
    return config


def language_named(path: Path | None, environ: Mapping[str, str]) -> str:
    """The language that the environment or the file names, whatever else is wrong there; empty where neither does."""
    try:
        written = _file_values(path, environ)[0]
    except Misconfigured:
        written = {}
    named = environ.get(f"{PREFIX}LANGUAGE") or written.get("language", "")
    try:
        return str(_BY_NAME["language"].read(named))
    except ValueError:
        return ""


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    if isinstance(value, int):
        return str(value)
    return f'"{value}"'


def _nothing(key: Key) -> str:
    """How a key that has no default is written: empty where that is allowed, else as an example."""
    try:
        key.read("")
    except ValueError:
        ending = ".pem" if "PEM" in key.allowed else ".toml" if "TOML" in key.allowed else ""
        return f"/etc/schooldrum/{key.name.removesuffix('_file')}{ending}"
    return ""


def sample(say: Say) -> str:
    """A configuration file with every key explained and commented out, at its default."""
    defaults = Config(data=Path("/var/lib/schooldrum/collector"))
    lines = [
        say(
            "# Cấu hình máy chủ tổng hợp Schooldrum. Bỏ dấu # ở đầu dòng muốn đổi.",
            "# Configuration of the Schooldrum collector. Take the # away from a line to change it.",
        ),
        say(
            f"# Mỗi khóa cũng có thể đặt bằng biến môi trường {PREFIX}<KHÓA VIẾT HOA>; biến được ưu tiên.",
            f"# Every key can also be set by the environment variable {PREFIX}<KEY>; the variable wins.",
        ),
    ]
    for key in KEYS:
        lines += ["", f"# {say(*key.help)}", f"# {say('Được phép', 'Allowed')}: {key.allowed}"]
        value = getattr(defaults, key.name)
        lines.append(f"# {key.name} = {_toml(_nothing(key) if value is None else value)}")
    return "\n".join(lines) + "\n"
