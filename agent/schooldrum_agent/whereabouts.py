"""Where this PC stands: in its school's network or elsewhere, and which of the PCs it was told of are around it.

Decided here alone, from what this system says of itself. A network is known again by its gateway's card and its subnet,
as they were when this PC was enrolled, or as the office has approved since. Elsewhere nothing leaves but the beat,
patches and posture (SECURITY R10). Only an observer makes itself heard: it knocks at its own subnet's addresses,
slowly, so that its system asks who is there.
"""

import socket
from collections.abc import Callable
from typing import Any

from schooldrum_agent import log
from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources.knock import knock
from schooldrum_agent.sources.net import kind_of, standing
from schooldrum_agent.targets import packed
from schooldrum_wire.around import NETWORKS_MOST, Around, around_mark, member_code, network_code

SENT_ELSEWHERE = frozenset(
    {
        "agent", "clock",
        "operating_system", "automatic_updates", "updates", "update_history",
        "antivirus", "firewall", "encryption", "accounts", "sharing", "remote_desktop", "screen_lock", "secure_boot",
        "tpm",
    }
)  # fmt: skip
"""Probes of the beat, of patches and of posture: the only ones that run, and are told of, outside the school."""
WIDEST_PREFIX = 22
"""The largest subnet whose addresses an observer tries: 1,022 of them."""
KNOCKS_PER_SECOND = 20
_MOST_AT_ONCE = 320
_ROUND_BEATS = 10
"""How often at most the whole subnet is tried, in beats; who has been found is asked at every knock."""
_PRESENT_SECONDS = 120.0
_PRESENT_STATES = frozenset({"reachable", "stale"})
_LOOK_SECONDS = 300.0
"""How long at most a PC that nobody moves takes its place for granted: another modem may stand there overnight."""
_REMEMBERED_BEATS = 3
_SEEN_BEATS = 2


def _subnet(address: str, prefix: int) -> tuple[int, int]:
    """The first address of a subnet as a number, and how many it has."""
    size = 1 << (32 - prefix)
    return int.from_bytes(packed(address)) // size * size, size


def _written(number: int) -> str:
    return socket.inet_ntop(socket.AF_INET, number.to_bytes(4))


class _Here:
    """This PC's place in an IPv4 network: its address and subnet, and the card of its gateway where that is known."""

    def __init__(self, around: dict[str, Any]) -> None:
        way = standing(around, "ipv4")
        held = [
            one
            for one in around["addresses"]
            if one["family"] == "ipv4"
            and one["index"] == way["index"]
            and kind_of(one["address"]) != "self_assigned"
            and 0 < one["prefix"] <= 32  # noqa: PLR2004 - bits of an IPv4 address
        ]
        gateway = packed(way["gateway"])
        own = next((one for one in held if gateway and self._holds(one, gateway)), held[0] if held else None)
        self.address = str(own["address"]) if own is not None else ""
        self.prefix = int(own["prefix"]) if own is not None else 0
        self.index = int(way["index"])
        self.gateway = str(way["gateway"])
        self.near = [
            one
            for one in around["neighbours"]
            if one["index"] == self.index and len(packed(one["address"])) == 4  # noqa: PLR2004 - an IPv4 address
        ]

    @staticmethod
    def _holds(one: dict[str, Any], gateway: bytes) -> bool:
        first, size = _subnet(one["address"], one["prefix"])
        return first <= int.from_bytes(gateway) < first + size

    @property
    def subnet(self) -> str:
        """`192.168.1.0/24`; empty without an address."""
        return f"{_written(_subnet(self.address, self.prefix)[0])}/{self.prefix}" if self.address else ""

    def network(self, salt: bytes) -> str:
        """The code of the network, empty where its gateway's card is not known."""
        mac = next((one["mac"] for one in self.near if one["address"] == self.gateway and _is_there(one)), "")
        return network_code(salt, mac, self.subnet) if mac and self.subnet else ""

    def networks(self, salt: bytes) -> frozenset[str]:
        """The codes that anybody heard here would give: a school's old gateway may stand beside a new one."""
        return frozenset(
            network_code(salt, one["mac"], self.subnet) for one in self.near if one["mac"] and _is_there(one)
        )


def _is_there(one: dict[str, Any]) -> bool:
    recent = one["confirmed"] is None or one["confirmed"] <= _PRESENT_SECONDS
    return bool(one["mac"]) and one["state"] in _PRESENT_STATES and recent


def network_of(around: dict[str, Any], salt: bytes) -> str:
    """The code of the network that these surroundings (sources.net) show, empty where the gateway is not known."""
    return _Here(around).network(salt)


class Whereabouts:
    """Follows where this PC stands. All methods run in one thread but `take`, which changes one reference."""

    def __init__(
        self,
        *,
        surroundings: Callable[[], dict[str, Any]],
        salt: Callable[[], bytes],
        networks: Callable[[], tuple[str, ...]],
        keep: Callable[[tuple[str, ...]], None],
        clock: Callable[[], float],
        signs: Callable[[], object] = object,
    ) -> None:
        """`surroundings` is sources.net's, `networks` are those known as the school's and `keep` stores them.

        `signs` is asked at each glance, and told cheaply: as long as it is equal, nobody has moved this PC.

        `clock` gives seconds that run on in suspend.
        """
        self._surroundings = surroundings
        self._signs = signs
        self._salt = salt
        self._networks = networks
        self._keep = keep
        self._clock = clock
        self._told = Around()
        self._heard: dict[str, float] = {}
        self._where: dict[str, tuple[str, float]] = {}
        self._here: _Here | None = None
        self._next = 0
        self._round_at = -float("inf")
        self._knocked_at = clock()
        self._looked_at = self._carried_at = -float("inf")
        self._sign: object = None
        self._weighed: tuple[str, ...] = ()
        """The school's networks by the collector's word, when it looked last."""
        self.network = ""
        """The code of the network it stands in; empty as long as that is not known."""
        self.elsewhere = False

    @property
    def told(self) -> Around:
        """What the collector has said of the surroundings."""
        return self._told

    @property
    def mark(self) -> str:
        """By what a collector knows whether this PC holds the newest."""
        return around_mark(self._told)

    def take(self, told: Around) -> None:
        """What the collector says from now on; from any thread."""
        self._told = told

    def glance(self) -> bool:
        """Looks around where that may bring anything new; whether this PC is sure to stand where it stood.

        Who is asked after others looks each time: those it heard are told with the seconds since then. Raises nothing.
        """
        try:
            sign = self._signs()
        except (Denied, Unavailable):
            sign = object()
        now, told = self._clock(), self._told
        settled = self.network and not self.elsewhere and not told.members and told.networks == self._weighed
        carried = now - self._carried_at <= 2 * _PRESENT_SECONDS
        stays = not carried and sign == self._sign
        if not settled or not stays or now - self._looked_at > _LOOK_SECONDS:
            self._sign = sign
            self.look()
        return stays and bool(self.network)

    def asked(self) -> None:
        """The gateway has just been asked: what is known of the neighbours is as fresh as it will be for a while."""
        self._looked_at = -float("inf")

    def carried(self) -> None:
        """This PC has slept, and perhaps been carried away: its system may still remember the old place for a while."""
        self._carried_at = self._clock()

    def look(self) -> None:
        """Looks around. Raises nothing: what the system does not tell stays as it was."""
        try:
            around = self._surroundings()
        except (Denied, Unavailable):
            return
        self._looked_at = now = self._clock()
        self._here = here = _Here(around)
        self._weighed = self._told.networks
        members = frozenset(self._told.members)
        for one in around["neighbours"]:
            if one["confirmed"] is None or one["state"] not in _PRESENT_STATES:
                continue
            code = member_code(one["mac"]) if members else ""
            if code in members:
                self._heard[code] = max(self._heard.get(code, -float("inf")), now - one["confirmed"])
                if len(packed(one["address"])) == 4:  # noqa: PLR2004 - only IPv4 is knocked at
                    self._where[code] = one["address"], self._heard[code]
        self._heard = {code: at for code, at in self._heard.items() if code in members}
        self._decide(here, now)

    def _decide(self, here: _Here, now: float) -> None:
        salt = self._salt()
        network = here.network(salt)
        if not network:
            # An outage hides the gateway; it moves no PC.
            self.network = ""
            return
        self.network = network
        known = self._networks()
        approved = tuple(one for one in self._told.networks if one not in known)
        if approved or not known:
            known = (*known, *approved) if known else (network, *approved)
            known = known[-NETWORKS_MOST:]
            self._keep(known)
        seen = any(now - at <= _PRESENT_SECONDS for at in self._heard.values())
        elsewhere = not seen and not (here.networks(salt) | {network}) & set(known)
        if elsewhere != self.elsewhere:
            log.info(
                "this PC is not in its school's network: it tells only of updates and protection"
                if elsewhere
                else "this PC is in its school's network again"
            )
        self.elsewhere = elsewhere

    def sees(self, beat: float) -> dict[str, float]:
        """The codes of those it was told of that it heard in the last two beats, each with the seconds since."""
        if self.elsewhere:
            return {}
        now = self._clock()
        return {
            code: round(max(0.0, now - at), 1)
            for code, at in sorted(self._heard.items())
            if now - at <= _SEEN_BEATS * beat
        }

    def knock(self, beat: float) -> int:
        """An observer's round: those who were found before, then the next addresses of its subnet; how many."""
        here, now = self._here, self._clock()
        room = min(_MOST_AT_ONCE, int((now - self._knocked_at) * KNOCKS_PER_SECOND))
        if here is None or self.elsewhere or not self.network or not self._told.members or room <= 0:
            return 0
        if not here.address or kind_of(here.address) != "private" or not WIDEST_PREFIX <= here.prefix < 31:  # noqa: PLR2004 - a line of two has no neighbours
            return 0
        self._knocked_at = now
        first, size = _subnet(here.address, here.prefix)
        known = [
            address
            for code, (address, _) in self._where.items()
            if code in self._told.members and first < int.from_bytes(packed(address)) < first + size - 1
        ][:room]
        return knock(here.address, [*known, *self._sweep(here, first, size, room - len(known), beat)])

    def _sweep(self, here: _Here, first: int, size: int, room: int, beat: float) -> list[str]:
        now = self._clock()
        missing = any(
            now - self._where.get(code, ("", -float("inf")))[1] > _REMEMBERED_BEATS * beat
            for code in self._told.members
        )
        if self._next == 0:
            if not missing or now - self._round_at < _ROUND_BEATS * beat:
                return []
            self._round_at = now
        chosen = range(self._next + 1, min(self._next + 1 + room, size - 1))
        self._next = 0 if chosen.stop >= size - 1 else chosen.stop - 1
        own = packed(here.address)
        return [_written(first + offset) for offset in chosen if (first + offset).to_bytes(4) != own]
