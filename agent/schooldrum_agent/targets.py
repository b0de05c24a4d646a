"""What the ladder is told: how far to climb, by whose names and addresses, and which of them come packaged.

Settings of a collector reach nothing in here but the services' names (SECURITY R3); other targets are set on the PC
alone, for test set-ups and for offices that want no packaged ones.
"""

import socket

import msgspec

from schooldrum_agent.sentence import Sentence

LITTLE, COLLECTOR, WHOLE = "little", "collector", "whole"
"""How far: own interfaces and gateway; the collector besides; everything."""
SILENT = "silent"
"""Only what this system says of itself: no packet is sent."""
DNS_PORT = 53
_HTTPS_PORT = 443
_HIGHEST_PORT = 65535


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One address that is tried. With a `zone` it is asked for that zone's SOA record, which only its servers have.

    Without one, an echo or a connection to the port counts. `name` is what is said of it, never the address.
    """

    name: str
    address: str
    port: int = DNS_PORT
    zone: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A plain HTTP page whose answer is known: the status, and the body where one is named."""

    host: str
    path: str
    status: int = 204
    body: str = ""
    port: int = 80


class Certified(msgspec.Struct, frozen=True, kw_only=True):
    """A public site, and the organisation that issues its certificates."""

    host: str
    issuer: str
    port: int = _HTTPS_PORT


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a whole climb asks. `names` are what resolvers are asked for; `independent` are resolvers of nobody's."""

    names: tuple[str, ...] = ()
    independent: tuple[Target, ...] = ()
    national: tuple[Target, ...] = ()
    international: tuple[Target, ...] = ()
    pages: tuple[Page, ...] = ()
    certified: tuple[Certified, ...] = ()


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """The collector as the uplink knows it; `authority` is the pinned certificate (PEM), `proxy` host and port."""

    host: str
    port: int
    secure: bool = True
    authority: str = ""
    dated: bool = False
    proxy: tuple[str, int] | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of the ladder is to do, in at most `seconds`, with so many `tries` where loss is measured.

    `delivered` is whether the last report arrived (None: none was sent yet); `known`, that it went the same near way
    which the last little climb found whole, so that nothing need be asked. `answering` are the families whose gateway
    answered by itself when it was last there: some never do. `private` lets services lie on private addresses: a local
    switch for test set-ups.
    """

    extent: str = SILENT
    seconds: float = 1.0
    tries: int = 2
    observer: bool = False
    delivered: bool | None = None
    known: bool = False
    answering: frozenset[str] = frozenset()
    office: Office | None = None
    targets: Targets = Targets()
    services: dict[str, tuple[str, str]] = {}
    private: bool = False


PACKAGED = Targets(
    names=("vnexpress.net", "moet.gov.vn", "google.com", "wikipedia.org"),
    independent=(
        Target(name="google-dns", address="8.8.8.8"),
        Target(name="cloudflare-dns", address="1.1.1.1"),
        Target(name="google-dns", address="2001:4860:4860::8888"),
    ),
    # The servers of .vn in Viet Nam, as the root zone names them; its anycast one (a) may answer from abroad.
    national=(
        Target(name="vn-b", address="203.119.73.105", zone="vn"),
        Target(name="vn-c", address="203.119.38.105", zone="vn"),
        Target(name="vn-d", address="203.119.44.105", zone="vn"),
        Target(name="vn-b", address="2001:dc8:1:2::105", zone="vn"),
    ),
    # Servers of other countries that stand in them. Search engines and content networks answer from inside Viet Nam.
    international=(
        Target(name="jp-d", address="210.138.175.244", zone="jp"),
        Target(name="de-f", address="81.91.164.5", zone="de"),
        Target(name="jp-a", address="203.119.1.1", zone="jp"),
        Target(name="de-f", address="2a02:568:0:2::53", zone="de"),
    ),
    pages=(
        Page(host="www.msftconnecttest.com", path="/connecttest.txt", status=200, body="Microsoft Connect Test"),
        Page(host="connectivitycheck.gstatic.com", path="/generate_204"),
    ),
    certified=(Certified(host="www.google.com", issuer="Google Trust Services"),),
)
"""Public names and addresses that are there for everybody to ask; a PC asks each a few times a minute at most."""


def target_fault(text: str) -> Sentence | None:
    """Why this is no target as it is written in a configuration (`address` or `address:port`), None where it is."""
    try:
        read_target(text, number=1)
    except ValueError:
        return Sentence(
            "ghi địa chỉ: 192.0.2.1, 192.0.2.1:443 hoặc [2001:db8::1]:443",
            "write addresses: 192.0.2.1, 192.0.2.1:443 or [2001:db8::1]:443",
        )
    return None


def read_target(text: str, *, number: int, port: int = _HTTPS_PORT) -> Target:
    """A target as it is written in a configuration; it is called `local-` and its number.

    Raises:
        ValueError: it is none.
    """
    host, given = text, str(port)
    if text.startswith("["):
        host, _, given = text[1:].partition("]:")
    elif text.count(":") == 1:
        host, _, given = text.partition(":")
    host = host.removesuffix("]")
    if not packed(host):
        raise ValueError(f"{host} is no address")
    if not given.isdecimal() or not 0 < int(given or port) <= _HIGHEST_PORT:
        raise ValueError(f"{given} is no port")
    return Target(name=f"local-{number}", address=host, port=int(given))


def packed(address: str) -> bytes:
    """An address (without a scope) in its 4 or 16 bytes; empty where this text is none.

    Not by the module ipaddress, whose memory every school PC would pay for.
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_pton(family, address)
        except (OSError, ValueError):
            continue
    return b""
