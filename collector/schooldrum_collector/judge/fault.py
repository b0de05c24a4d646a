"""What a fault is, and what is known of a school when somebody asks where one lies. Times are epoch seconds."""

import enum

import msgspec


class Level(enum.StrEnum):
    """How large the place is that a fault holds; from small to large."""

    MACHINE = "machine"
    ROOM = "room"
    SITE = "site"
    SCHOOL = "school"
    AREA = "area"
    PROVIDER = "provider"
    SERVICE = "service"


class Place(msgspec.Struct, frozen=True, order=True):
    """Where something is wrong.

    `path` is a machine's id, `CODE/SITE/ROOM`, `CODE/SITE`, `CODE`, an area's path, a provider's or a service's name.
    """

    level: Level
    path: str


class Verdict(enum.StrEnum):
    """Where a fault lies (glossary, "Where the fault is")."""

    MACHINE = "machine"
    ROOM = "room"
    LAN = "lan"
    POWER = "power"
    LINE = "line"
    DNS = "dns"
    NATIONAL = "national"
    INTERNATIONAL = "international"
    SERVICE = "service"
    COLLECTOR = "collector"
    UNKNOWN = "unknown"


class Degree(enum.StrEnum):
    """How sure that is."""

    FOUND = "found"
    PROBABLE = "probable"
    UNKNOWN = "unknown"


class Kind(enum.StrEnum):
    """What is wrong: part of an incident's key, so it never changes while the verdict is corrected.

    `outage`: a place is not heard or cannot use the internet (or a part of it). `second_line`: one of several lines is
    lost while another works. `service`: a system cannot be reached from places whose internet works. `loss`: the way
    works badly. `mute`: PCs are on and seen by their neighbours, but do not report.
    """

    OUTAGE = "outage"
    SECOND_LINE = "second_line"
    SERVICE = "service"
    LOSS = "loss"
    MUTE = "mute"


class Rung(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One step of a ladder as tried: `step` of schooldrum_wire.catalogue.ladder.STEPS, or `service`.

    `target` tells targets of one step apart; `reason` is empty or a word of REASONS; `loss` is a share of 1 (None: not
    measured). `asked` is when (0: at the time of the climb).
    """

    step: str
    passed: bool
    target: str = ""
    family: str = "ipv4"
    reason: str = ""
    loss: float | None = None
    asked: float = 0.0


class Climb(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A ladder climbed by one machine at `at`, which may be off by `error` seconds; `boot` is its boot id, if known."""

    at: float
    error: float = 0.0
    rungs: tuple[Rung, ...] = ()
    boot: str = ""


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """One approved machine and what it can testify. Unapproved ones never come here (SECURITY R12).

    `room` is `CODE/SITE/ROOM`. `presence` is a judge.presence.State, `since` when it began (None: nobody can know),
    `assumed` whether that was concluded rather than said. `heard` is the last report (0: never), `beat` seconds.
    `said` is the kind of its last goodbye while that stands, else empty. `climbs` are oldest first; those of an outage
    come with the backlog. `sees` are ids of machines in its neighbour table at `sees_at`, each heard so many seconds
    before as `sees_ages` says (0 where it says nothing). `provider` names the line its reports came by where known.
    `guard` names its antivirus product. `frozen`: with each start its disk forgets what it measured before.
    """

    machine: str
    alias: str
    room: str
    presence: str
    heard: float
    beat: int
    since: float | None = None
    assumed: bool = False
    said: str = ""
    climbs: tuple[Climb, ...] = ()
    sees: frozenset[str] = frozenset()
    sees_at: float = 0.0
    sees_ages: dict[str, float] = {}
    provider: str = ""
    guard: str = ""
    observer: bool = False
    always_on: bool = False
    frozen: bool = False


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An internet line of a site as the register has it; `code` is `main` or `second`."""

    code: str
    provider: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a person of the school answered: `power power_cut closed switched_off help provider_informed`.

    `place` is what it is about; it is attested evidence from `at` until `until` (0: until the incident ends). `by` is
    the role that gave it (empty: kept before that was written down).
    """

    place: Place
    answer: str
    at: float
    until: float = 0.0
    by: str = ""

    @property
    def side(self) -> str:
        """Whose word it is: `office`, or `school`."""
        return "office" if self.by == "office" else "school"


class SchoolSeen(msgspec.Struct, frozen=True, kw_only=True):
    """All evidence about one school at one moment; `rooms` are the paths of its rooms, `lines` by `CODE/SITE`.

    `expected` says for each room path whether its machines are expected to be on now; `hearing_since` is since when
    the collector itself counts as listening without a gap, and with nobody still waiting whom it turned away.
    """

    school: str
    area: str
    witnesses: tuple[Witness, ...]
    rooms: tuple[str, ...] = ()
    lines: dict[str, tuple[Line, ...]] = {}
    answers: tuple[Answer, ...] = ()
    expected: dict[str, bool] = {}
    hearing_since: float = 0.0


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a verdict rests on, in counts and names, enough to write its sentence in any language.

    `word` names the sentence (judge.sentences); `counts` and `names` fill it; `causes` are what remains possible
    where the degree is unknown; `steps` says for each step of the path (pc switch gateway provider internet service)
    `ok`, `broken`, `lossy` or `unknown`, so that the path can be drawn.
    """

    word: str
    counts: dict[str, int] = {}
    names: dict[str, tuple[str, ...]] = {}
    causes: tuple[Verdict, ...] = ()
    steps: dict[str, str] = {}


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One of several things that were broken, each for a time of its own, as measured: both ends known to `error`."""

    verdict: Verdict
    began: float
    ended: float
    error: float


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault as judged at one moment.

    It began at `began`, known to `error` seconds; `measured` says that machines of the place measured the begin
    themselves (else it was detected by their silence). `ended` is set where the evidence holds its end too (backlog).
    `blamed` are ids of the machines held by it; `target` names the service of a `service` fault or the line of a
    `second_line` fault. `late`: who measured it came up during it, so that it began before `began`, nobody measured
    when; then its end is known to `ended_error` seconds (None: to `error`). `parts` are the things
    that are broken at that moment, where each has times of its own and is over.
    """

    place: Place
    kind: Kind
    verdict: Verdict
    degree: Degree
    began: float
    error: float
    measured: bool
    evidence: Evidence
    ended: float | None = None
    ended_error: float | None = None
    target: str = ""
    blamed: tuple[str, ...] = ()
    late: bool = False
    parts: tuple[Part, ...] = ()

    @property
    def end_error(self) -> float:
        """How far its end may be off, in seconds."""
        return self.error if self.ended_error is None else self.ended_error
