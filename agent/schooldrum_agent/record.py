"""How a real PC becomes a test: what its probes fetched, without anything that names a person or the very machine.

The folder holds `machine.json` (which system, in which language), `<probe>.json` (how each fetch ended, and its plain
data), and what the readers make of exactly that data: `expected.prom` (readings; ages in seconds as measured) and
`expected.json` (inventory rows). The tests replay such folders on every system.
"""

import ipaddress
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from schooldrum_agent.identity import OWN_WORDS
from schooldrum_agent.probe import Denied, Doors, Probe, Unavailable
from schooldrum_agent.sources import windows
from schooldrum_wire.fence import Fence
from schooldrum_wire.reading import Reading
from schooldrum_wire.result import Outcome
from schooldrum_wire.section import Row, Values
from schooldrum_wire.version import VERSION

_KEYED = {
    "AdapterSerialNumber": "serial",
    "host_name": "host",
    "label": "label",
    "name": "card",
    "serial": "serial",
    "SerialNumber": "serial",
    "serial_number": "serial",
    "ssid": "network",
}
"""Under these keys stands what somebody has named, or what names this very machine; each value becomes a word."""
_EVERYWHERE = ("host_name", "serial", "ssid")
"""And these are looked for in every other text too: Debian names its logical volumes after the host."""
_SHORTEST = 3
_MAC = re.compile(r"(?<![0-9A-Fa-f:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:-])")
_GUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_HEX = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{32,64}(?![0-9A-Fa-f])")
_SID = re.compile(r"S-1-(?:5-21|12-1)(?:-\d+){3,}")
_ADDRESS = re.compile(r"(?<![0-9A-Za-z.:])[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+(?![0-9A-Za-z.:])")
_LOCALLY_ADMINISTERED = 2


class Capture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one fetch ended: `data` is what it gave, `reason` why it gave nothing."""

    outcome: Outcome
    data: Any = None
    reason: str = ""


def capture(fetch: Callable[[Doors], Any], doors: Doors) -> Capture:
    """Never raises: what this fetch gave, or how it ended."""
    try:
        return Capture(outcome=Outcome.OK, data=fetch(doors))
    except Unavailable as problem:
        return Capture(outcome=Outcome.UNAVAILABLE, reason=str(problem))
    except (Denied, PermissionError) as problem:
        return Capture(outcome=Outcome.DENIED, reason=str(problem))
    except Exception as problem:  # noqa: BLE001 - one broken probe must not cost the recording of the others
        return Capture(outcome=Outcome.FAILED, reason=type(problem).__name__)


def exposed(readings: Iterable[Reading]) -> str:
    """Readings as lines `name{label="value"} number`, sorted, each ended by a line feed."""
    lines = []
    for reading in readings:
        labels = ",".join(
            f"{name}={json.dumps(text, ensure_ascii=False)}" for name, text in sorted(reading.labels.items())
        )
        number = int(reading.value) if reading.value.is_integer() else reading.value
        lines.append(f"{reading.name}{'{' + labels + '}' if labels else ''} {number!r}\n")
    return "".join(sorted(lines))


def _strings(data: Any) -> Iterator[tuple[str, str]]:
    """Every text in plain data with the key it stands under."""
    if isinstance(data, dict):
        for key, value in data.items():
            if isinstance(value, str):
                yield str(key), value
            else:
                yield from _strings(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _strings(value)


class Scrubber(msgspec.Struct, frozen=True, kw_only=True):
    """Replaces the same text by the same word throughout one recording; `words` grows as it goes."""

    fence: Fence
    words: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)

    def learn(self, data: Any) -> None:
        """Gives a word to everything in this data that stands under a naming key."""
        for key, text in _strings(data):
            if key in _KEYED and text.strip():
                self._word(_KEYED[key], text)

    def clean(self, data: Any, key: str = "") -> Any:
        """The same data with nothing in it that names a person or this very machine; keys of objects included."""
        if isinstance(data, dict):
            return {self._text(str(name), ""): self.clean(value, str(name)) for name, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.clean(value, key) for value in data]
        return self._text(data, key) if isinstance(data, str) else data

    def _word(self, kind: str, text: str, pattern: str = "{kind}{number}") -> str:
        known = self.words.setdefault(kind, {})
        if text not in known:
            known[text] = pattern.format(kind=kind, number=len(known) + 1)
        return known[text]

    def _text(self, text: str, key: str) -> str:
        if key in _KEYED and text.strip():
            return self._word(_KEYED[key], text)
        for name in _EVERYWHERE:
            for secret, word in list(self.words.get(_KEYED[name], {}).items()):
                if len(secret) >= _SHORTEST and secret.casefold() not in OWN_WORDS:
                    # The device mapper doubles a hyphen inside a name.
                    for spelling in (secret, secret.replace("-", "--")):
                        text = re.sub(re.escape(spelling), word, text, flags=re.IGNORECASE)
        text = _MAC.sub(self._mac, text)
        text = _GUID.sub(lambda found: self._word("guid", found[0].lower(), _NO_GUID), text)
        text = _HEX.sub(lambda found: self._word("hex", found[0].lower(), "{number:032x}"), text)
        text = _SID.sub(lambda found: self._word("account", found[0]), text)
        text = _ADDRESS.sub(self._address, text)
        return self._word("personal", text) if self.fence.is_personal(text) else text

    def _mac(self, found: re.Match[str]) -> str:
        mac = found[0].lower().replace("-", ":")
        if set(mac) <= {"0", ":"} or mac == "ff:ff:ff:ff:ff:ff":
            return mac
        # Documentation's block (RFC 7042) for burnt-in ones; whether a person set it must stay visible.
        made_up = int(mac[:2], 16) & _LOCALLY_ADMINISTERED
        return self._word("mac", mac, "02:00:00:00:00:{number:02x}" if made_up else "00:00:5e:00:53:{number:02x}")

    def _address(self, found: re.Match[str]) -> str:
        try:
            address = ipaddress.ip_address(found[0])
        except ValueError:
            return found[0]
        if address.is_loopback or address.is_unspecified:
            return found[0]
        return self._word(f"ipv{address.version}", found[0], _DOCUMENTED[address.version])


_NO_GUID = "00000000-0000-4000-8000-{number:012x}"
_DOCUMENTED = {4: "192.0.2.{number}", 6: "2001:db8::{number:x}"}


def _language(system: str) -> str:
    if system != "win32":
        spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "C"
        return spoken.partition(".")[0]
    import ctypes  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    name = ctypes.create_unicode_buffer(85)
    windows.function("kernel32", "GetUserDefaultLocaleName")(name, 85)
    return name.value


def _write(path: Path, content: Any) -> Path:
    text = content if isinstance(content, str) else json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def record(
    directory: Path, probes: Iterable[Probe], doors: Doors, fence: Fence, *, system: str = sys.platform
) -> list[Path]:
    """Runs every fetch, writes the folder described above, and returns its files in the order written.

    Raises:
        FileExistsError: the directory is there and not empty; nothing of it is touched.
        OSError: it cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty: name a new directory for the recording")
    chosen = [probe for probe in probes if system in probe.on]
    captured = {probe.name: capture(probe.on[system].fetch, doors) for probe in chosen}
    scrubber = Scrubber(fence=fence)
    for taken in captured.values():
        scrubber.learn(taken.data)
    clean = {
        name: msgspec.structs.replace(
            taken, data=scrubber.clean(taken.data), reason=scrubber.clean(taken.reason, "reason")
        )
        for name, taken in captured.items()
    }
    written = [_write(directory / f"{name}.json", msgspec.to_builtins(taken)) for name, taken in clean.items()]
    # Only now, so that data which a reader trips over is on disk for whoever mends the reader.
    readings: list[Reading] = []
    rows: dict[str, list[Values]] = {}
    for probe in chosen:
        if clean[probe.name].outcome is Outcome.OK:
            for told in probe.on[system].read(clean[probe.name].data):
                if isinstance(told, Row):
                    rows.setdefault(told.section, []).append(told.values)
                else:
                    readings.append(told)
    release = next((row.get("release") for row in rows.get("host", [])), None) or ""
    machine = {"system": system, "release": release, "language": _language(system), "agent": VERSION}
    written.append(_write(directory / "machine.json", machine))
    written.append(_write(directory / "expected.prom", exposed(readings)))
    written.append(_write(directory / "expected.json", rows))
    return written
