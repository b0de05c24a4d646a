"""Which proxy leads to the collector: this agent's own configuration first, else the one set for the whole machine.

Linux: `https_proxy`, `all_proxy` and `no_proxy` from the environment of the service, then from /etc/environment (which
a systemd service does not read by itself). Windows: what `netsh winhttp set proxy` wrote, then the machine's Internet
settings where a policy makes them count for everybody (ProxySettingsPerUser = 0). A person's own proxy settings and
automatic scripts (PAC, WPAD) are never used: whoever answers WPAD on a school's network would decide where data goes.
"""

import importlib
import struct
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from schooldrum_agent.faults import Failed, Fault
from schooldrum_agent.sentence import Sentence

_INTERNET = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings"
_POLICY = r"SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"
_WINHTTP_PROXY = 3
_WINHTTP_HEAD = struct.Struct("<III")
_LENGTH = struct.Struct("<I")
_LARGEST = 64 << 10
_DEFAULT_PORT = 80
_HIGHEST_PORT = 65535

RegistryReader = Callable[[str, str], object]
"""Value of (key below HKEY_LOCAL_MACHINE, name), None where it is not there."""


class Proxy(msgspec.Struct, frozen=True):
    """Where CONNECT is asked for; spoken to in plain HTTP, as proxies are."""

    host: str
    port: int


def read_proxy(text: str, key: str = "proxy") -> Proxy:
    """A proxy from `http://name[:port]`, `name:port` or `name`; `key` is where it was written.

    Raises:
        Failed: it cannot be used; the sentence repeats no name or password.
    """
    rest = text.strip()
    scheme, mark, behind = rest.partition("://")
    if mark:
        if scheme.lower() != "http":
            raise Failed(Fault.PROXY, f"{key}: a proxy of kind {scheme[:10]}:// cannot be used, only http://name:port")
        rest = behind
    rest = rest.rstrip("/")
    if "@" in rest:
        raise Failed(Fault.PROXY_LOGIN, f"{key}: a proxy with name and password cannot be used, only http://name:port")
    if rest.startswith("["):
        host, _, port = rest[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = rest.partition(":")
    number = int(port) if port.isdecimal() else (0 if port else _DEFAULT_PORT)
    plain = all(character.isalnum() or character in ".-_:" for character in host)
    if not host or not plain:
        raise Failed(Fault.PROXY, f"{key}: the proxy's address cannot be read, write http://name:port")
    if not 0 < number <= _HIGHEST_PORT:
        english = f"{key}: the proxy's port {port[:20]!r} cannot be used, write 1 to {_HIGHEST_PORT}"
        vietnamese = f"{key}: cổng {port[:20]!r} của proxy không dùng được, ghi số từ 1 đến {_HIGHEST_PORT}"
        raise Failed(Fault.PROXY, english, said=Sentence(vietnamese, english))
    return Proxy(host, number)


def find_proxy(
    setting: str,
    host: str,
    port: int,
    *,
    environ: Mapping[str, str],
    system: str = sys.platform,
    environment_file: Path = Path("/etc/environment"),
    registry: RegistryReader | None = None,
) -> Proxy | None:
    """The proxy to a host, None for a direct connection. `setting` is system, none, or http://name:port.

    Raises:
        Failed: a proxy is set that cannot be used (PROXY or PROXY_LOGIN).
    """
    if setting == "none":
        return None
    if setting != "system":
        return read_proxy(setting)
    if system == "win32":
        key = "netsh winhttp, ProxyServer"
        named, spared = _windows(registry or machine_registry)
    else:
        key = "https_proxy, all_proxy"
        named, spared = _linux({**_environment_file(environment_file), **environ})
    if not named or is_spared(host, port, spared):
        return None
    return read_proxy(named, key)


def _linux(environ: Mapping[str, str]) -> tuple[str, list[str]]:
    def value(name: str) -> str:
        return environ.get(name) or environ.get(name.upper()) or ""

    return value("https_proxy") or value("all_proxy"), value("no_proxy").split(",")


def _environment_file(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return {}
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, mark, value = line.strip().removeprefix("export ").partition("=")
        if mark and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("\"'")
    return found


def _windows(registry: RegistryReader) -> tuple[str, list[str]]:
    blob = registry(_INTERNET + r"\Connections", "WinHttpSettings")
    if isinstance(blob, bytes):
        named, spared = parse_winhttp(blob)
        if named:
            return for_https(named), spared
    if registry(_POLICY, "ProxySettingsPerUser") == 0 and registry(_INTERNET, "ProxyEnable") == 1:
        server, override = registry(_INTERNET, "ProxyServer"), registry(_INTERNET, "ProxyOverride")
        return (
            for_https(server if isinstance(server, str) else ""),
            _split(override) if isinstance(override, str) else [],
        )
    return "", []


def parse_winhttp(blob: bytes) -> tuple[str, list[str]]:
    """Proxy and exceptions from the WinHttpSettings value; empty where it says direct or is of an unknown form.

    The form (little-endian): size of the structure, a counter, access type (1 direct, 3 named proxy), length and ASCII
    of the proxy, length and ASCII of the exceptions.
    """
    try:
        _, _, access = _WINHTTP_HEAD.unpack_from(blob)
        if access != _WINHTTP_PROXY:
            return "", []
        texts: list[str] = []
        position = _WINHTTP_HEAD.size
        for _ in range(2):
            (length,) = _LENGTH.unpack_from(blob, position)
            position += _LENGTH.size
            if length > len(blob) - position:
                return "", []
            texts.append(blob[position : position + length].decode("ascii", "replace"))
            position += length
    except struct.error:
        return "", []
    return texts[0], _split(texts[1])


def for_https(named: str) -> str:
    """The proxy for https out of `name:port` or `http=a:80;https=b:443`; empty where only other kinds are named."""
    for entry in _split(named):
        kind, mark, value = entry.partition("=")
        if not mark:
            return entry
        if kind.lower() == "https":
            return value
    return ""


def _split(text: str) -> list[str]:
    return [part for part in text.replace(";", " ").split() if part]


def is_spared(host: str, port: int, spared: list[str]) -> bool:
    """Whether the exceptions of a proxy name this host: by name, `.domain`, `*.domain`, address, network, `<local>`."""
    import ipaddress  # noqa: PLC0415 - only a PC behind a proxy needs it

    plain = host.lower().strip("[]").rstrip(".")
    entries = [entry.strip().lower() for entry in spared]
    if plain == "localhost" or any(entry in {"*", plain, f"{plain}:{port}", f"https://{plain}"} for entry in entries):
        return True
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return any(_names(entry, plain) for entry in entries)
    if address.is_loopback or any(entry.endswith(".*") and plain.startswith(entry.rstrip("*")) for entry in entries):
        return True
    for entry in entries:
        try:
            if address in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            continue
    return False


def _names(entry: str, host: str) -> bool:
    if entry == "<local>":
        return "." not in host
    tail = entry.removeprefix("*").lstrip(".")
    return bool(tail) and "*" not in tail and host.endswith("." + tail)


def machine_registry(key: str, name: str) -> object:
    """A value below HKEY_LOCAL_MACHINE (64-bit view), None where it is not there or may not be read."""
    winreg = importlib.import_module("winreg")
    try:
        with winreg.OpenKeyEx(winreg.HKEY_LOCAL_MACHINE, key, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as opened:
            value: object = winreg.QueryValueEx(opened, name)[0]
            return value
    except OSError:
        return None
