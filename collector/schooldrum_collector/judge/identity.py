"""Which record a PC that asks to come in gets: its own again, a new one, or one that waits for a person.

Sources of the rules: SECURITY R5 and R6 (a clone's repair neither floods nor evicts; a leaked code is worth little).
"""

import enum
from collections.abc import Iterable

import msgspec

from schooldrum_wire.fingerprint import WEIGHTS, same_machine
from schooldrum_wire.report import Fingerprint

FEWEST_WAITING = 10
"""So many PCs may wait for approval even in a room that the register knows no PCs of."""


class Standing(enum.StrEnum):
    """A record's standing in the register."""

    ACTIVE = "active"
    PENDING = "pending"
    RETIRED = "retired"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A machine of the register as far as deciding needs it; `room` is `CODE/SITE/ROOM`."""

    id: str
    room: str
    standing: Standing
    fingerprint: Fingerprint
    online: bool = False


class Fate(enum.StrEnum):
    """What becomes of a PC that asks to come in: a record it had, a new one, or none."""

    BACK = "back"
    NEW = "new"
    REFUSED = "refused"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """`record` names the record that is handed back; `reason` says why it is not active (a key of REASONS)."""

    fate: Fate
    record: str = ""
    reason: str = ""

    @property
    def standing(self) -> Standing:
        """The standing the record has from now on."""
        return Standing.PENDING if self.reason else Standing.ACTIVE


ROOM_FULL = "room_full"
UNKNOWN_LINE = "unknown_line"
TWIN_ONLINE = "twin_online"
CARD_ONLY = "card_only"
CODE_SPENT = "code_spent"
REASONS = {
    ROOM_FULL: (
        "phòng đã có nhiều máy hơn số máy đã khai",
        "the room already has more PCs than are registered for it",
    ),
    UNKNOWN_LINE: (
        "máy kết nối từ một đường truyền chưa từng thấy ở trường này",
        "it connects over a line never seen at this school",
    ),
    TWIN_ONLINE: (
        "một máy có cùng phần cứng đang chạy",
        "a PC with the same hardware is online",
    ),
    CARD_ONLY: (
        "chỉ giống một máy đã có ở địa chỉ card mạng",
        "only its network card's address is that of a PC already known",
    ),
    CODE_SPENT: (
        "cùng phần cứng với một máy đã có, nhưng mã cài đặt đã hết hạn hoặc hết lượt",
        "it has the hardware of a PC already known, but its install code has expired or is used up",
    ),
}
"""Why a PC waits for approval, in Vietnamese and in English."""


def capacity(seats: int) -> int:
    """How many PCs may be active in a room without a person's word: the registered ones and a fifth more."""
    return seats + seats // 5


def is_other_hardware(known: Fingerprint, seen: Fingerprint) -> bool:
    """Whether what is seen is surely not the PC of the record; not where nothing can be compared."""
    return known != seen and same_machine(known, seen) is False


def resemblance(known: Fingerprint, seen: Fingerprint) -> int:
    """How surely two fingerprints are one machine; 0 where not surely enough to hand a record over.

    A network card's address alone never is: anyone on the LAN can read and copy it.
    """
    if same_machine(known, seen) is not True:
        return 0
    weight = 0
    shared = set()
    for kind, heavy in WEIGHTS.items():
        ours, theirs = set(known.get(kind, ())), set(seen.get(kind, ()))
        if ours & theirs:
            shared.add(kind)
            weight += heavy
        elif ours and theirs:
            weight -= heavy
    return 0 if shared == {"mac"} else weight + 1


def best_match(records: Iterable[Record], fingerprint: Fingerprint) -> Record | None:
    """The record that is surely this machine, retired ones left out; active before pending, then the closest."""
    matches = [
        (record.standing is Standing.ACTIVE, weight, record.id, record)
        for record in records
        if record.standing is not Standing.RETIRED and (weight := resemblance(record.fingerprint, fingerprint))
    ]
    return max(matches, key=lambda match: match[:3])[3] if matches else None


def _card_only(records: Iterable[Record], fingerprint: Fingerprint) -> list[Record]:
    return [
        record
        for record in records
        if record.standing is not Standing.RETIRED
        and same_machine(record.fingerprint, fingerprint)
        and not resemblance(record.fingerprint, fingerprint)
    ]


def _newcomer(records: list[Record], *, room: str, seats: int, reason: str, waiting: Record | None) -> Decision:
    present = [record.standing for record in records if record.room == room]
    if not reason and present.count(Standing.ACTIVE) >= capacity(seats):
        reason = ROOM_FULL
    if waiting is not None:
        return Decision(fate=Fate.BACK, record=waiting.id, reason=reason)
    if reason and present.count(Standing.PENDING) >= max(FEWEST_WAITING, capacity(seats)):
        return Decision(fate=Fate.REFUSED, reason=reason)
    return Decision(fate=Fate.NEW, reason=reason)


def by_token(
    records: Iterable[Record],
    *,
    room: str,
    seats: int,
    fingerprint: Fingerprint,
    line_known: bool,
    own: str = "",
    spent: bool = False,
) -> Decision:
    """Who a PC with a good install code of this room is.

    `records` are all of the school. A record whose hardware this is comes back if it is not online (the PC was imaged
    anew); where it is online, the PC waits. `line_known` is whether the school has been seen behind this address, or
    behind none yet. `own` is the record whose key the PC showed with the record's hardware: an active one is its own,
    online or not. A code that is `spent` hands no record back: who has no more than it and hardware waits.
    """
    records = [record for record in records if record.standing is not Standing.RETIRED]
    if not spent and any(record.id == own and record.standing is Standing.ACTIVE for record in records):
        return Decision(fate=Fate.BACK, record=own)
    alike = [record for record in records if resemblance(record.fingerprint, fingerprint)]
    active = [record for record in alike if record.standing is Standing.ACTIVE]
    away = best_match([record for record in active if not record.online], fingerprint)
    if away is not None and not spent:
        return Decision(fate=Fate.BACK, record=away.id)
    lookalikes = _card_only(records, fingerprint)
    waiting = best_match(alike, fingerprint) if not active else None
    if waiting is None:
        pending = [record for record in alike + lookalikes if record.standing is Standing.PENDING]
        waiting = min(pending, key=lambda record: record.id, default=None)
    reason = ""
    if active and away is None:
        reason = TWIN_ONLINE
    elif any(record.standing is Standing.ACTIVE for record in lookalikes):
        reason = CARD_ONLY
    elif not line_known:
        reason = UNKNOWN_LINE
    elif spent:
        reason = CODE_SPENT
    return _newcomer(records, room=room, seats=seats, reason=reason, waiting=waiting)


def by_repair(records: Iterable[Record], *, room: str, seats: int, fingerprint: Fingerprint) -> Decision:
    """Who a clone is: a PC that showed a credential of this room with other hardware than the credential's record.

    `records` are all of the room. The same hardware gets the same record each time, so that frozen clones of one
    image, repaired anew each morning, stay as many as they are. A record that comes back keeps its standing: one that
    waits for approval goes on waiting.
    """
    records = [record for record in records if record.standing is not Standing.RETIRED]
    known = best_match(records, fingerprint)
    if known is not None:
        return Decision(fate=Fate.BACK, record=known.id)
    lookalikes = _card_only(records, fingerprint)
    pending = [record for record in lookalikes if record.standing is Standing.PENDING]
    return _newcomer(
        records,
        room=room,
        seats=seats,
        reason=CARD_ONLY if lookalikes else "",
        waiting=min(pending, key=lambda record: record.id, default=None),
    )
