"""What can be configured on a PC: the declared list of keys, what each allows, and the sample file made from it."""

import ntpath
import posixpath
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from schooldrum_agent.log import LEVELS
from schooldrum_agent.sentence import Sentence
from schooldrum_agent.targets import target_fault
from schooldrum_wire.paces import FASTEST_SECONDS
from schooldrum_wire.settings import BEAT_SECONDS, LANGUAGES, PACE_SECONDS, PROBES_PACED

PREFIX = "SCHOOLDRUM_"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MEBI = 1 << 20
_ON = frozenset({"1", "true", "yes", "on"})
_OFF = frozenset({"0", "false", "no", "off"})
_DIGITS = 12
_SWITCH_WANTED = Sentence("ghi true hoặc false", "write true or false")
_MOUNTS = frozenset({"procfs", "sysfs", "rootfs"})


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A declared key; `bounds` are inclusive.

    `kind` is one of file choice number switch names targets paces url proxy.
    """

    name: str
    kind: str
    default: Any
    help: str
    bounds: tuple[int, int] = (0, 0)
    zero: bool = False
    """Whether 0 is allowed although it lies outside the bounds."""
    choices: tuple[str, ...] = ()


def home(environ: Mapping[str, str], system: str, name: str, posix: str) -> str:
    """Where something of the agent's lies: `name` below ProgramData on Windows, else `posix`."""
    if system == "win32":
        return ntpath.join(environ.get("PROGRAMDATA") or "C:\\ProgramData", "Schooldrum", name)
    return posix


def keys(environ: Mapping[str, str], system: str = sys.platform) -> tuple[Key, ...]:
    """Every key there is, with the defaults of this system."""
    return (
        Key(
            name="collector",
            kind="url",
            default="",
            help="Address of the office's collector: https://name[:port]. Plain http:// only to this very machine. "
            "Empty: the address given at enrolment.",
        ),
        Key(
            name="ca",
            kind="file",
            default="",
            help="File with the certificate (PEM) of the authority that signed the collector's. "
            "Empty: the one the install code pinned at enrolment.",
        ),
        Key(
            name="proxy",
            kind="proxy",
            default="system",
            help="system: the proxy set machine-wide; none: a direct connection; or http://name:port. "
            "A proxy that wants a name and password cannot be used.",
        ),
        Key(
            name="state",
            kind="file",
            default=home(environ, system, "agent", "/var/lib/schooldrum-agent"),
            help="Directory of the agent's own files. On a PC whose disk is frozen, put it on a volume that is not.",
        ),
        Key(
            name="notices",
            kind="file",
            default=home(environ, system, "notices", "/run/schooldrum-agent"),
            help="Directory in which the agent leaves what any user of this PC may know of it, so that doctor works "
            "without an administrator's rights. On Linux nothing is left where there is no such directory.",
        ),
        Key(
            name="spool",
            kind="file",
            default="",
            help="Directory of results that are not delivered yet. Empty: spool in the state directory.",
        ),
        Key(
            name="spool_bytes",
            kind="number",
            default=100 * _MEBI,
            bounds=(_MEBI, 2048 * _MEBI),
            help="How many bytes may wait there; beyond it the oldest bulk results are given up first.",
        ),
        Key(
            name="spool_days",
            kind="number",
            default=30,
            bounds=(1, 30),
            help="How many days a result may wait there.",
        ),
        Key(
            name="language",
            kind="choice",
            default="",
            choices=("", *LANGUAGES),
            help="Language of what people read on this PC. Empty: as granted.",
        ),
        Key(
            name="beat",
            kind="number",
            default=0,
            bounds=BEAT_SECONDS,
            zero=True,
            help="Seconds between reports. 0: as granted.",
        ),
        Key(name="disabled", kind="names", default=(), help="Probes that never run here."),
        Key(
            name="start_spread",
            kind="number",
            default=120,
            bounds=(0, 3600),
            help="Seconds over which PCs that start together spread their first inventory.",
        ),
        Key(
            name="idle_priority",
            kind="switch",
            default=True,
            help="Whether the agent gives way to every other program.",
        ),
        Key(
            name="shared_code",
            kind="switch",
            default=False,
            help="Whether to run with an administrator's rights from a folder that other accounts may change. "
            "For developers only.",
        ),
        Key(name="procfs", kind="file", default="/proc", help="Where Linux' /proc of the watched PC is mounted."),
        Key(name="sysfs", kind="file", default="/sys", help="Where Linux' /sys of the watched PC is mounted."),
        Key(name="rootfs", kind="file", default="/", help="Where the root of the watched PC is mounted."),
        Key(
            name="ladder",
            kind="choice",
            default="packaged",
            choices=("packaged", "local", "collector"),
            help="Whom this PC asks when it looks for a fault in the line. packaged: public servers as well, a few "
            "times a minute at most; local: those named below instead; collector: nobody beyond its own modem and the "
            "collector.",
        ),
        Key(name="ladder_names", kind="names", default=(), help="With ladder = local: names that resolvers are asked."),
        Key(
            name="ladder_independent",
            kind="targets",
            default=(),
            help="With ladder = local: resolvers that are not this network's.",
        ),
        Key(name="ladder_national", kind="targets", default=(), help="With ladder = local: servers in the country."),
        Key(name="ladder_international", kind="targets", default=(), help="With ladder = local: servers abroad."),
        Key(
            name="ladder_pages",
            kind="names",
            default=(),
            help="With ladder = local: web servers (name or name:port) whose page /generate_204 is empty (status 204).",
        ),
        Key(
            name="allow_private_targets",
            kind="switch",
            default=False,
            help="Whether services may lie at private addresses. For test set-ups only.",
        ),
        Key(
            name="any_pace",
            kind="switch",
            default=False,
            help="Whether pace may be faster than each probe allows. For test set-ups only.",
        ),
        Key(name="log_level", kind="choice", default="info", choices=LEVELS, help="How much the agent says."),
        Key(
            name="pace",
            kind="paces",
            default={},
            bounds=PACE_SECONDS,
            help="Seconds between the runs of single probes; wins over what is granted, down to the fastest pace that "
            "each probe allows.",
        ),
    )


def from_text(key: Key, text: str) -> tuple[Any, Sentence | None]:
    """The value that the text of an environment variable stands for, or why it stands for none, said as by `fault`."""
    if key.kind == "number":
        number = _whole(text)
        return number, None if number is not None else _number_wanted(key)
    if key.kind == "switch":
        word = text.casefold()
        return word in _ON, None if word in _ON | _OFF else _SWITCH_WANTED
    if key.kind in {"names", "targets"}:
        return tuple(part.strip() for part in text.split(",") if part.strip()), None
    if key.kind == "paces":
        paces: dict[str, int] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            probe, _, seconds = part.partition("=")
            number = _whole(seconds.strip())
            if number is None:
                return {}, Sentence(
                    "ghi phép đo=số giây, cách nhau bằng dấu phẩy: disk=300,cpu=30",
                    "write probe=seconds, several with commas between: disk=300,cpu=30",
                )
            paces[probe.strip()] = number
        return paces, None
    return text, None


def fault(key: Key, raw: Any, system: str) -> Sentence | None:
    """Why this is no value of this key, None where it is one."""
    if key.kind == "number":
        whole = isinstance(raw, int) and not isinstance(raw, bool)
        inside = whole and (key.bounds[0] <= raw <= key.bounds[1] or (key.zero and raw == 0))
        return None if inside else _number_wanted(key)
    if key.kind == "switch":
        return None if isinstance(raw, bool) else _SWITCH_WANTED
    if key.kind in {"names", "targets"}:
        return _names_fault(key, raw)
    if key.kind == "paces":
        return _pace_fault(key, raw)
    if not isinstance(raw, str):
        return Sentence('ghi chữ trong ngoặc kép: "…"', 'write a text in quotation marks: "…"')
    if any(ord(character) < ord(" ") for character in raw):
        return Sentence("không được có ký tự điều khiển", "control characters are not allowed")
    if key.kind == "choice":
        return None if raw in key.choices else Sentence(f"được phép: {allowed(key)}", f"allowed: {allowed(key)}")
    if key.kind == "file":
        absolute = ntpath.isabs(raw) if system == "win32" and key.name not in _MOUNTS else posixpath.isabs(raw)
        wanted = Sentence("ghi đường dẫn đầy đủ, từ gốc ổ đĩa", "write the whole path, from the root on")
        return None if absolute or (raw == "" == key.default) else wanted
    if key.kind == "proxy":
        return None if raw in {"system", "none"} else _url_fault(raw, ("http",), anywhere=True)
    return None if raw == "" else _url_fault(raw, ("https", "http"), anywhere=False)


def _number_wanted(key: Key) -> Sentence:
    low, high = key.bounds
    zero = ", hoặc 0" if key.zero and low > 0 else ""
    return Sentence(f"ghi số nguyên từ {low} đến {high}{zero}", f"write a whole number {allowed(key)}")


def allowed(key: Key) -> str:
    """What may be written, in words, or an empty text where the key's own help says it."""
    if key.kind == "number":
        return f"from {key.bounds[0]} to {key.bounds[1]}{', or 0' if key.zero and key.bounds[0] > 0 else ''}"
    if key.kind == "choice":
        return ", ".join(_toml(choice) for choice in key.choices)
    if key.kind == "switch":
        return "true or false"
    return "several with commas between" if key.kind in {"names", "targets", "paces"} else ""


def sample(environ: Mapping[str, str] | None = None, system: str = "linux") -> str:
    """A configuration file (TOML) in which every key stands commented out, with its built-in value."""
    head = (
        "# Schooldrum on a PC: every key with its built-in value.",
        "# Remove the # in front of a key to change it. Each key can also be given as the environment variable",
        "# named above it, which wins over this file.",
    )
    blocks = ["\n".join(head)]
    for key in keys(environ or {}, system):
        limits = allowed(key)
        lines = [*_wrapped(key.help), f"# {PREFIX}{key.name.upper()}{f' ({limits})' if limits else ''}"]
        shown = [f"#[{key.name}]", "#disk = 300"] if key.kind == "paces" else [f"#{key.name} = {_toml(key.default)}"]
        blocks.append("\n".join(lines + shown))
    return "\n\n".join(blocks) + "\n"


def _wrapped(text: str, width: int = 110) -> list[str]:
    lines = ["#"]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("#")
        lines[-1] += f" {word}"
    return lines


def _toml(value: Any) -> str:
    # A JSON string, number, boolean or list of strings is also TOML.
    return msgspec.json.encode(value).decode()


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _names_fault(key: Key, raw: Any) -> Sentence | None:
    sound = isinstance(raw, list | tuple) and all(isinstance(one, str) and one for one in raw)
    if key.kind == "names":
        wanted = Sentence('ghi danh sách tên: ["disk", "cpu"]', 'write a list of names: ["disk", "cpu"]')
        return None if sound else wanted
    if not sound:
        return Sentence('ghi danh sách địa chỉ: ["192.0.2.1"]', 'write a list of addresses: ["192.0.2.1"]')
    return next(filter(None, map(target_fault, raw)), None)


def _pace_fault(key: Key, raw: Any) -> Sentence | None:
    if not isinstance(raw, dict) or len(raw) > PROBES_PACED:
        return Sentence("ghi bảng phép đo và số giây", "write a table of probes with their seconds")
    low, high = key.bounds
    for probe, seconds in raw.items():
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not low <= seconds <= high:
            wanted = seconds_wanted(str(probe))
            return Sentence(f"{probe}: {wanted.vietnamese}", f"{probe}: {wanted.english}")
    return None


def seconds_wanted(probe: str) -> Sentence:
    """What pace a probe may be given."""
    low, high = FASTEST_SECONDS.get(probe, PACE_SECONDS[0]), PACE_SECONDS[1]
    return Sentence(f"ghi số nguyên từ {low} đến {high}", f"write a whole number from {low} to {high}")


def _url_fault(raw: str, schemes: tuple[str, ...], *, anywhere: bool) -> Sentence | None:
    try:
        address = urlsplit(raw)
    except ValueError:
        return Sentence(
            f"đây không phải địa chỉ; hãy ghi như {schemes[0]}://collector.example.vn:8801",
            f"this is no address; write for example {schemes[0]}://collector.example.vn:8801",
        )
    try:
        port = address.port
    except ValueError:
        port = 0
    if address.scheme not in schemes or not address.hostname or " " in raw:
        return Sentence(
            f"ghi {' hoặc '.join(f'{scheme}://tên[:cổng]' for scheme in schemes)}",
            f"write {' or '.join(f'{scheme}://name[:port]' for scheme in schemes)}",
        )
    if address.username is not None or address.password is not None:
        return Sentence("không ghi tên và mật khẩu ở đây", "a name and password have no place in it")
    if port == 0:
        return Sentence("ghi cổng là số nguyên từ 1 đến 65535", "write a port from 1 to 65535")
    if not _is_bare(address):
        return Sentence("không ghi gì sau tên và cổng", "write nothing behind name and port")
    if not anywhere and address.scheme == "http" and address.hostname not in LOOPBACK:
        return Sentence(
            "http:// chỉ dùng trên chính máy này (127.0.0.1); hãy ghi https://",
            "http:// is for this very machine only (127.0.0.1); write https://",
        )
    return None


def _is_bare(address: SplitResult) -> bool:
    return address.path in {"", "/"} and not address.query and not address.fragment
