"""What a PC is told of its own surroundings: by which codes it knows its room's PCs and its school's networks again.

Everything in it is a hash. A PC compares it with what its own system shows, and answers with nothing but the codes it
found: what stands in no list that it was given, it never names.
"""

import hashlib
import re

import msgspec

from schooldrum_wire.fingerprint import item

MEMBERS_MOST = 240
"""PCs that one PC may be asked about: those of a large site."""
NETWORKS_MOST = 16
PAGE_LENGTH = 120
_MEMBER = re.compile(r"[0-9a-f]{8}\Z")
_NETWORK = re.compile(r"[0-9a-f]{16}\Z")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,100}(?::[0-9]{1,5})?\Z|\[[0-9a-f:]{2,45}\](?::[0-9]{1,5})?\Z")
_LOOPBACK = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?\Z")
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}\Z")


class Around(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`members` are the codes of PCs whose cards it may find, `networks` those of the school's own networks.

    `page` is the address of the office's pages for people: it is shown to them, and no program here connects to it.
    """

    members: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    page: str = ""


def member_code(mac: str) -> str:
    """The code of a card by its address (`aa:bb:cc:dd:ee:ff`); empty for one that was not made with its address.

    Phones and virtual machines make theirs up; so nobody can ask after them.
    """
    mac = mac.lower()
    if not _MAC.match(mac) or int(mac[:2], 16) & 3:
        return ""
    return item("mac", mac)[:8]


def network_code(salt: bytes, gateway: str, subnet: str) -> str:
    """The code of a network: the card of its gateway (`aa:bb:…`) and its subnet (`192.168.1.0/24`), with a salt."""
    return hashlib.sha256(salt + f"schooldrum network {gateway.lower()} {subnet}".encode()).hexdigest()[:16]


def is_network(text: str) -> bool:
    """Whether a text has the form of a network's code."""
    return bool(_NETWORK.match(text))


def sound_sights(sees: dict[str, float], longest: float) -> dict[str, float]:
    """Which PCs a report may say it sees: codes, each with seconds from 0 to `longest` since it was heard."""
    kept = {code: age for code, age in sees.items() if _MEMBER.match(code) and 0 <= age <= longest}
    return dict(sorted(kept.items(), key=lambda seen: (seen[1], seen[0]))[:MEMBERS_MOST])


def page_fault(page: str) -> str:
    """Why this is no address of pages (https://name[:port], or plain http:// to this very machine), or nothing."""
    scheme, _, rest = page.partition("://")
    host = rest.rstrip("/")
    if len(page) > PAGE_LENGTH or scheme not in {"https", "http"} or not _HOST.match(host):
        return "write https://name[:port]"
    plain = scheme == "http" and not _LOOPBACK.match(host)
    return "write https://; plain http:// only to this very machine" if plain else ""


def accept_around(raw: object) -> Around:
    """What of offered surroundings is taken: what has the right form, as much of it as is allowed. Never raises."""
    if not isinstance(raw, dict):
        return Around()
    page = raw.get("page")
    return Around(
        members=_codes(raw.get("members"), _MEMBER, MEMBERS_MOST),
        networks=_codes(raw.get("networks"), _NETWORK, NETWORKS_MOST),
        page=page if isinstance(page, str) and not page_fault(page) else "",
    )


def _codes(raw: object, form: re.Pattern[str], most: int) -> tuple[str, ...]:
    listed = raw if isinstance(raw, list | tuple) else ()
    return tuple(dict.fromkeys(one for one in listed[:most] if isinstance(one, str) and form.match(one)))


def around_mark(around: Around) -> str:
    """What a PC says it holds, so that it is told only what is new; empty for nothing."""
    if around == Around():
        return ""
    said = msgspec.json.encode(around)
    return hashlib.sha256(said).hexdigest()[:16]
