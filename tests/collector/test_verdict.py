"""Where the fault is, for every way in which a school breaks: live, and after its backlog has come."""

import msgspec
import pytest
from tests.collector.verdict_scene import BEAT, CUT, WELL, Pc, pcs, rungs, seen

from schooldrum_collector.judge.fault import (
    Answer,
    Climb,
    Degree,
    Fault,
    Kind,
    Level,
    Line,
    Place,
    Rung,
    SchoolSeen,
    Verdict,
    Witness,
)
from schooldrum_collector.judge.sentences import conclusion, grounds, what
from schooldrum_collector.judge.verdict import faults

TIN1, TIN2, OFFICE = "S1/main/tin1", "S1/main/tin2", "S1/main/office"
ROOMS = {TIN1: 6, TIN2: 6, OFFICE: 2}
NOTICED = CUT + 4 * BEAT
LATER = CUT + 1800
BACK = CUT + 3600
KNOWN = BACK + 1800
SCHOOL, ROOM, MACHINE = Level.SCHOOL, Level.ROOM, Level.MACHINE
FOUND, PROBABLE, UNKNOWN = Degree.FOUND, Degree.PROBABLE, Degree.UNKNOWN


def told(found: tuple[Fault, ...]) -> list[tuple[str, str, str, str]]:
    return sorted((fault.place.path, fault.kind.value, fault.verdict.value, fault.degree.value) for fault in found)


def all_break(end: str):
    return pcs(ROOMS, breaks=lambda _room, _seat: end, back=BACK)


def room_breaks(end: str):
    return pcs(ROOMS, breaks=lambda room, _seat: end if room == TIN1 else "", back=BACK)


def one_breaks(end: str):
    return pcs(ROOMS, breaks=lambda room, seat: end if (room, seat) == (TIN1, 3) else "", back=BACK)


def the_only_one_of_its_room_breaks(end: str):
    return pcs({TIN1: 1, TIN2: 6}, breaks=lambda room, _: end if room == TIN1 else "", back=BACK)


def parts_break(end: str, seats: int):
    return pcs(ROOMS, breaks=lambda room, seat: end if room != OFFICE and seat <= seats else "", back=BACK)


# What happens, what is broken, (place, verdict, degree) live, and the same after the backlog.
EVERYBODY_SILENT = [("S1", "outage", "unknown", "unknown")]
SCENARIOS = [
    ("nothing", pcs(ROOMS), [], []),
    ("the router", all_break("gateway"), EVERYBODY_SILENT, [("S1", "outage", "lan", "found")]),
    ("the modem or its line", all_break("gateway unsure"), EVERYBODY_SILENT, [("S1", "outage", "unknown", "unknown")]),
    ("the main switch", all_break("link"), EVERYBODY_SILENT, [("S1", "outage", "lan", "found")]),
    ("the line", all_break("line"), EVERYBODY_SILENT, [("S1", "outage", "line", "found")]),
    ("names", all_break("dns"), EVERYBODY_SILENT, [("S1", "outage", "dns", "found")]),
    ("a portal", all_break("captive"), EVERYBODY_SILENT, [("S1", "outage", "line", "probable")]),
    ("routes in the country", all_break("national"), EVERYBODY_SILENT, [("S1", "outage", "national", "found")]),
    ("routes abroad", all_break("international"), EVERYBODY_SILENT, [("S1", "outage", "international", "found")]),
    ("names and routes abroad", all_break("names, abroad"), EVERYBODY_SILENT, [("S1", "outage", "dns", "found")]),
    ("the collector", all_break("collector"), EVERYBODY_SILENT, [("S1", "outage", "collector", "probable")]),
    ("past the modem", all_break("beyond"), EVERYBODY_SILENT, [("S1", "outage", "unknown", "unknown")]),
    ("the power of all", all_break("dark"), EVERYBODY_SILENT, [("S1", "outage", "power", "probable")]),
    (
        "a room's switch without power",
        room_breaks("link"),
        [(TIN1, "outage", "room", "probable")],
        [(TIN1, "outage", "room", "found")],
    ),
    (
        "a room's uplink",
        room_breaks("gateway"),
        [(TIN1, "outage", "room", "probable")],
        [(TIN1, "outage", "room", "found")],
    ),
    (
        "a room's power",
        room_breaks("dark"),
        [(TIN1, "outage", "room", "probable")],
        [(TIN1, "outage", "power", "probable")],
    ),
    (
        "one PC's cable",
        one_breaks("link"),
        [("m003", "outage", "machine", "probable")],
        [("m003", "outage", "machine", "found")],
    ),
    (
        "one PC behind a wall of its own",
        one_breaks("line"),
        [("m003", "outage", "machine", "probable")],
        [("m003", "outage", "machine", "found")],
    ),
    (
        "a wrong modem for some",
        parts_break("gateway", 2),
        [(f"m{n:03}", "outage", "machine", "probable") for n in (1, 2, 7, 8)],
        [("S1", "outage", "lan", "found")],
    ),
    (
        "most of a room",
        pcs(ROOMS, breaks=lambda room, seat: "link" if room == TIN1 and seat > 1 else "", back=BACK),
        [(TIN1, "outage", "room", "probable")],
        [(TIN1, "outage", "room", "found")],
    ),
]


@pytest.mark.parametrize(("broken", "live"), [case[1:3] for case in SCENARIOS], ids=[case[0] for case in SCENARIOS])
def test_live_within_four_beats_and_for_as_long_as_it_lasts(broken, live):
    for now in (NOTICED, NOTICED + 7, LATER):
        assert told(faults(seen(broken, now), now)) == sorted(live)


@pytest.mark.parametrize(("broken", "live"), [case[1:3] for case in SCENARIOS], ids=[case[0] for case in SCENARIOS])
def test_nothing_is_said_before_it_can_be_known(broken, live):
    del live
    for second in range(0, 4 * BEAT, 5):
        now = CUT + second
        found = faults(seen(broken, now), now)
        whole = next(case[2] for case in SCENARIOS if case[1] is broken)
        assert set(told(found)) <= set(whole), f"{second} s after it broke"


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize(("broken", "after"), [case[1::2] for case in SCENARIOS], ids=[case[0] for case in SCENARIOS])
def test_after_the_backlog(broken, after, remembered):
    # Where what was heard is not remembered and nobody measured, only the first minutes show who had been on.
    dark = broken[0].breaks == "dark" and not remembered
    for now in (NOTICED,) if dark else (NOTICED, LATER):
        assert told(faults(seen(broken, now, known=KNOWN, remembered=remembered), now)) == sorted(after), now


@pytest.mark.parametrize("broken", [case[1] for case in SCENARIOS if case[3]], ids=[c[0] for c in SCENARIOS if c[3]])
def test_begin_and_end_hold_the_truth_within_their_bound(broken):
    for fault in faults(seen(broken, LATER, known=KNOWN, remembered=True), LATER):
        assert abs(fault.began - CUT) <= fault.error
        assert fault.error <= 2 * BEAT
        if fault.measured:
            assert fault.ended is not None
            assert abs(fault.ended - BACK) <= fault.error


@pytest.mark.parametrize("broken", [case[1] for case in SCENARIOS], ids=[case[0] for case in SCENARIOS])
def test_when_all_is_well_again_nothing_is_judged(broken):
    now = BACK + 3 * BEAT
    assert faults(seen(broken, now), now) == ()
    assert faults(seen(broken, now, known=KNOWN), now) == ()


@pytest.mark.parametrize("broken", [case[1] for case in SCENARIOS], ids=[case[0] for case in SCENARIOS])
def test_while_it_comes_back_no_other_place_is_blamed(broken):
    during = {path for path, *_ in told(faults(seen(broken, LATER), LATER))}
    for second in range(1, 3 * BEAT, 7):
        now = BACK + second
        found = faults(seen(broken, now), now)
        assert {fault.place.path for fault in found if fault.place.level is not MACHINE} <= during
        assert all(fault.verdict in {Verdict.UNKNOWN, Verdict.ROOM, Verdict.MACHINE} for fault in found)


# What else can be


def test_machines_that_booted_into_a_net_without_addresses():
    late = [Pc(number=90 + n, room=TIN2, breaks="address", booted=CUT + 60, cut=CUT, back=BACK) for n in range(4)]
    everybody = pcs(ROOMS) + late
    assert faults(seen(everybody, LATER), LATER) == ()
    (fault,) = faults(seen(everybody, LATER, known=KNOWN), LATER)
    assert (fault.place, fault.verdict, fault.degree) == (Place(ROOM, TIN2), Verdict.LAN, FOUND)
    assert fault.evidence.word == "no_address"
    assert fault.evidence.counts["machines"] == 4
    assert fault.evidence.counts["answering"] == 14
    assert set(fault.blamed) == {pc.machine for pc in late}


def two_lines():
    return {"S1/main": (Line(code="main", provider="A"), Line(code="second", provider="B"))}


def test_the_main_line_is_lost_and_all_come_by_the_second():
    everybody = pcs(ROOMS, provider="B")
    (fault,) = faults(seen(everybody, LATER, lines=two_lines()), LATER)
    assert (fault.place, fault.kind, fault.target) == (Place(SCHOOL, "S1"), Kind.SECOND_LINE, "main")
    assert (fault.verdict, fault.degree, fault.blamed) == (Verdict.LINE, PROBABLE, ())
    assert fault.evidence.names["provider"] == ("A",)


def test_a_climb_that_got_not_even_so_far_is_not_its_end():
    """Abroad is lost from CUT to CUT + 10 beats; in one climb in between the country did not answer either."""
    bad, worse = rungs("international"), rungs("international", "national")

    def climbs(number: int) -> tuple[Climb, ...]:
        kinds = dict.fromkeys(range(-10, 20), WELL) | dict.fromkeys(range(10), bad) | {2: worse, 6: worse}
        return tuple(Climb(at=CUT + number + BEAT * at, rungs=kind) for at, kind in sorted(kinds.items()))

    now = CUT + 4 * BEAT + 30
    there = seen([Pc(number=80 + n, room=OFFICE) for n in range(2)], now)
    there = msgspec.structs.replace(
        there,
        witnesses=tuple(
            msgspec.structs.replace(one, climbs=climbs(number)) for number, one in enumerate(there.witnesses)
        ),
    )
    (fault,) = faults(there, now)
    assert fault.verdict is Verdict.INTERNATIONAL
    assert abs(fault.began - CUT) <= BEAT
    assert fault.ended is not None
    assert abs(fault.ended - (CUT + 10 * BEAT)) <= BEAT


def test_whoever_comes_by_the_second_line_did_not_measure_when_the_main_one_went():
    everybody = pcs(ROOMS, provider="B", climbs_online=rungs("resolver"))
    (fault,) = [one for one in faults(seen(everybody, LATER, lines=two_lines()), LATER) if one.kind is Kind.SECOND_LINE]
    assert (fault.measured, fault.evidence.counts["measured"]) == (False, 0)
    assert (fault.began, fault.error) == (LATER - 2 * BEAT, 2 * BEAT)


def test_a_second_line_that_waits_is_no_fault():
    assert faults(seen(pcs(ROOMS, provider="A"), LATER, lines=two_lines()), LATER) == ()


def test_those_on_one_of_two_lines_go():
    everybody = [
        msgspec.structs.replace(
            pc, provider="B" if pc.room == OFFICE else "A", breaks="" if pc.room == OFFICE else "line"
        )
        for pc in pcs(ROOMS, back=BACK)
    ]
    (live,) = faults(seen(everybody, NOTICED, lines=two_lines()), NOTICED)
    assert (live.kind, live.target, live.verdict, live.degree) == (Kind.SECOND_LINE, "main", Verdict.LINE, PROBABLE)
    (after,) = faults(seen(everybody, LATER, known=KNOWN, remembered=True, lines=two_lines()), LATER)
    assert (after.kind, after.target, after.verdict, after.degree) == (Kind.SECOND_LINE, "main", Verdict.LINE, FOUND)
    assert len(after.blamed) == 12


def test_the_last_of_a_line_that_is_back_are_not_faults_of_their_own():
    everybody = [
        msgspec.structs.replace(
            pc,
            provider="B" if pc.room == OFFICE else "A",
            breaks="" if pc.room == OFFICE else "line",
            back=BACK + 3000 if pc.room == TIN1 and pc.number in {1, 3} else BACK,
        )
        for pc in pcs(ROOMS)
    ]
    soon = BACK + 300
    assert faults(seen(everybody, soon, lines=two_lines()), soon) == ()


def test_both_lines():
    everybody = [msgspec.structs.replace(pc, provider="A" if pc.number % 2 else "B") for pc in all_break("line")]
    (fault,) = faults(seen(everybody, LATER, known=KNOWN, lines=two_lines()), LATER)
    assert (fault.kind, fault.verdict, fault.degree) == (Kind.OUTAGE, Verdict.LINE, FOUND)
    assert what(fault, {}, "vi") == "mất Internet, cả 2 đường"
    assert what(fault, {}, "en") == "Internet lost, all 2 lines"
    (one,) = faults(seen(everybody, LATER, known=KNOWN), LATER)
    assert what(one, {}, "vi") == "mất Internet"


@pytest.mark.parametrize(
    ("failed", "verdict", "degree"),
    [
        (("international",), Verdict.INTERNATIONAL, FOUND),
        (("national",), Verdict.NATIONAL, FOUND),
        (("resolver",), Verdict.DNS, FOUND),
        (("resolver", "international"), Verdict.DNS, FOUND),
        (("resolver", "national"), Verdict.DNS, FOUND),
        (("national", "international"), Verdict.LINE, PROBABLE),
    ],
)
def test_what_two_observers_see_while_everybody_is_heard(failed, verdict, degree):
    watching = [Pc(number=80 + n, room=OFFICE, observer=True, climbs_online=rungs(*failed)) for n in range(2)]
    (fault,) = faults(seen(pcs(ROOMS) + watching, LATER), LATER)
    assert (fault.place, fault.verdict, fault.degree) == (Place(SCHOOL, "S1"), verdict, degree)
    assert faults(seen(pcs(ROOMS) + watching[:1], LATER), LATER) == ()
    fine = [Pc(number=70 + n, room=TIN1, observer=True, climbs_online=WELL) for n in range(2)]
    assert faults(seen(pcs(ROOMS) + watching + fine, LATER), LATER) == ()


def climbing_by_turns(*each: tuple[str, ...]) -> SchoolSeen:
    """Two observers whose climbs fail as these say, again and again; the first says it of the newest."""
    watching = [Pc(number=80 + n, room=OFFICE, observer=True, climbs_online=WELL) for n in range(2)]
    there = seen(pcs(ROOMS) + watching, LATER)
    names = {pc.machine for pc in watching}

    def climbs(one: Witness) -> tuple[Climb, ...]:
        last = len(one.climbs) - 1
        return tuple(
            msgspec.structs.replace(climb, rungs=rungs(*each[(last - n) % len(each)]))
            for n, climb in enumerate(one.climbs)
        )

    return msgspec.structs.replace(
        there,
        witnesses=tuple(
            msgspec.structs.replace(one, climbs=climbs(one)) if one.machine in names else one for one in there.witnesses
        ),
    )


ABROAD, BOTH = ("international",), ("resolver", "international")


@pytest.mark.parametrize(
    ("each", "verdict"),
    [
        # Of names that live abroad a resolver that works cannot answer: it depends on which are asked.
        ((BOTH, ABROAD), Verdict.INTERNATIONAL),
        ((BOTH, BOTH, BOTH, ABROAD), Verdict.INTERNATIONAL),
        ((BOTH, BOTH, BOTH, BOTH, ABROAD), Verdict.DNS),
        ((ABROAD, BOTH, BOTH, BOTH, BOTH, BOTH), Verdict.INTERNATIONAL),
    ],
)
def test_a_resolver_that_answers_now_and_then_is_no_outage_of_names(each, verdict):
    assert [fault.verdict for fault in faults(climbing_by_turns(*each), LATER)] == [verdict]


def test_of_two_things_that_are_broken_both_are_told():
    (fault,) = faults(climbing_by_turns(BOTH), LATER)
    assert grounds(fault, {}, "vi") == (
        "2 máy ra được Internet bằng địa chỉ, không bằng tên miền. Trang quốc tế thì bằng địa chỉ cũng không vào được."
    )
    assert grounds(fault, {}, "en") == (
        "2 PCs get through to the Internet by address, not by name. Sites abroad cannot be reached by address either."
    )


def test_who_has_no_names_says_nothing_of_a_service():
    asked = (*rungs("resolver", "international"), Rung(step="service", target="csdl", passed=False))
    watching = [Pc(number=80 + n, room=OFFICE, observer=True, climbs_online=asked) for n in range(2)]
    assert [fault.kind for fault in faults(seen(pcs(ROOMS) + watching, LATER), LATER)] == [Kind.OUTAGE]


def test_a_service_only_this_school_cannot_reach():
    asked = (*WELL, Rung(step="service", target="csdl", passed=False), Rung(step="service", target="mail", passed=True))
    watching = [Pc(number=80 + n, room=OFFICE, observer=True, climbs_online=asked) for n in range(2)]
    (fault,) = faults(seen(pcs(ROOMS) + watching, LATER), LATER)
    assert (fault.kind, fault.target, fault.verdict) == (Kind.SERVICE, "csdl", Verdict.UNKNOWN)
    assert fault.evidence.causes == (Verdict.SERVICE, Verdict.LINE)
    assert faults(seen(pcs(ROOMS) + watching[:1], LATER), LATER) == ()


def lossy(*steps: str):
    return tuple(msgspec.structs.replace(rung, loss=0.3 if rung.step in steps else 0.0) for rung in WELL)


@pytest.mark.parametrize(
    ("steps", "rooms", "place", "verdict", "drawn"),
    [
        (("provider", "national", "international"), (OFFICE, TIN1), "S1", Verdict.LINE, "provider"),
        (("gateway", "provider", "national", "international"), (OFFICE, TIN1), "S1", Verdict.LAN, "gateway"),
        (("international",), (OFFICE, TIN1), "S1", None, "internet"),
        (("gateway", "provider", "national", "international"), (OFFICE, OFFICE), OFFICE, Verdict.ROOM, "switch"),
        (("provider", "national", "international"), (OFFICE, OFFICE), "S1", Verdict.LINE, "provider"),
    ],
)
def test_a_third_of_all_packets(steps, rooms, place, verdict, drawn):
    watching = [
        Pc(number=80 + n, room=room, observer=True, climbs_online=lossy(*steps)) for n, room in enumerate(rooms)
    ]
    others = [Pc(number=70, room=TIN2, observer=True, climbs_online=WELL)]
    found = faults(seen(pcs(ROOMS) + watching + others, LATER), LATER)
    if verdict is None:
        # A tenth of what goes abroad alone is within what a far route loses on a good day.
        assert [fault.verdict for fault in found] in ([], [Verdict.INTERNATIONAL])
        return
    (fault,) = found
    assert (fault.place.path, fault.kind, fault.verdict) == (place, Kind.LOSS, verdict)
    assert fault.evidence.counts["percent"] in range(20, 35)
    # They report through it: nothing is cut, and what lies behind is reached.
    way = ("pc", "switch", "gateway", "provider", "internet", "service")
    assert fault.evidence.steps == {step: "lossy" if step == drawn else "ok" for step in way}


def test_a_question_lost_with_other_packets_is_no_outage_of_names():
    far = {"provider", "national", "international"}
    climbs = tuple(msgspec.structs.replace(rung, loss=0.3 if rung.step in far else 0.0) for rung in rungs("resolver"))

    def school(standing: int) -> SchoolSeen:
        there = seen([*pcs(ROOMS), *(Pc(number=80 + n, room=OFFICE, climbs_online=climbs) for n in range(2))], LATER)
        witnesses = []
        for one in there.witnesses:
            if one.machine in {"m080", "m081"}:
                before = (msgspec.structs.replace(climb, rungs=lossy(*far)) for climb in one.climbs[:-standing])
                one = msgspec.structs.replace(one, climbs=(*before, *one.climbs[-standing:]))  # noqa: PLW2901 - its past
            witnesses.append(one)
        return msgspec.structs.replace(there, witnesses=tuple(witnesses))

    assert [fault.kind for fault in faults(school(1), LATER)] == [Kind.LOSS]
    assert {fault.verdict for fault in faults(school(4), LATER)} == {Verdict.DNS, Verdict.LINE}


def test_the_last_one_that_is_not_back_yet_after_an_outage_is_no_fault_of_its_own():
    everybody = all_break("line")
    late = msgspec.structs.replace(everybody[2], breaks="dark", back=BACK + 3600)
    school = [late if one.machine == late.machine else one for one in everybody]
    assert told(faults(seen(school, BACK + 300), BACK + 300)) == []
    (fault,) = faults(seen(school, BACK + 1200), BACK + 1200)
    assert (fault.place.level, fault.blamed) == (MACHINE, (late.machine,))


def muted_school(seers: int, guard: str = "", at: float = LATER) -> SchoolSeen:
    everybody = pcs(ROOMS, breaks=lambda room, seat: "dark" if room == TIN1 and seat <= 3 else "", guard="Other AV")
    school = seen(everybody, at)
    quiet = frozenset({"m001", "m002", "m003"})
    seeing = ("m004", "m005")[:seers]
    return msgspec.structs.replace(
        school,
        witnesses=tuple(
            msgspec.structs.replace(one, sees=quiet, sees_at=at - 30)
            if one.machine in seeing
            else msgspec.structs.replace(one, guard=guard or one.guard)
            if one.machine in quiet
            else one
            for one in school.witnesses
        ),
    )


def test_on_but_not_reporting():
    (fault,) = faults(muted_school(2), LATER)
    assert (fault.place, fault.kind, fault.evidence.word) == (Place(ROOM, TIN1), Kind.MUTE, "mute")
    (fault,) = faults(muted_school(2, guard="Strict AV"), LATER)
    assert (fault.evidence.word, fault.evidence.names["guard"]) == ("mute_guard", ("Strict AV",))
    assert fault.degree is PROBABLE


def test_one_that_says_it_sees_them_decides_about_each_alone():
    found = faults(muted_school(1), LATER)
    assert {fault.kind for fault in found if fault.place.level is MACHINE} == {Kind.MUTE}
    assert {(fault.place, fault.kind) for fault in found if fault.place.level is ROOM} == {
        (fault.place, fault.kind) for fault in faults(muted_school(0), LATER) if fault.place.level is ROOM
    }


def answered(word: str, place: Place, at: float = CUT + 300, until: float = 0.0) -> tuple[Answer, ...]:
    return (Answer(place=place, answer=word, at=at, until=until),)


WHOLE = Place(SCHOOL, "S1")


def test_what_people_answer():
    broken = all_break("line")
    (fault,) = faults(seen(broken, LATER, answers=answered("power_cut", WHOLE)), LATER)
    assert (fault.verdict, fault.degree, fault.evidence.word) == (Verdict.POWER, PROBABLE, "power_attested")
    (fault,) = faults(seen(broken, LATER, answers=answered("power", WHOLE)), LATER)
    assert (fault.verdict, fault.evidence.causes) == (Verdict.UNKNOWN, (Verdict.LAN, Verdict.LINE))
    assert faults(seen(broken, LATER, answers=answered("closed", WHOLE)), LATER) == ()
    assert faults(seen(room_breaks("dark"), LATER, answers=answered("switched_off", Place(ROOM, TIN1))), LATER) == ()
    (fault,) = faults(seen(broken, LATER, known=KNOWN, answers=answered("power_cut", WHOLE)), LATER)
    assert (fault.verdict, fault.degree) == (Verdict.LINE, FOUND), "what was measured stands against what was said"


@pytest.mark.parametrize(
    ("by", "vietnamese", "english"),
    [
        ("", "trường", "the school"),
        ("it_officer", "trường", "the school"),
        ("school link x", "trường", "the school"),
        ("office", "Sở, phòng", "the office"),
    ],
)
def test_what_a_person_said_is_no_measurement_and_says_who_said_it(by, vietnamese, english):
    given = tuple(msgspec.structs.replace(one, by=by) for one in answered("power_cut", WHOLE))
    (fault,) = faults(seen(all_break("line"), LATER, answers=given), LATER)
    assert conclusion(fault, {}, "vi") == f"Rất có thể: mất điện ({vietnamese} xác nhận)."
    assert conclusion(fault, {}, "en") == f"Probably: power cut (confirmed by {english})."
    assert f"{vietnamese} cho biết mất điện" in grounds(fault, {}, "vi")
    given = tuple(msgspec.structs.replace(one, by=by) for one in answered("power", WHOLE))
    (fault,) = faults(seen(all_break("line"), LATER, answers=given), LATER)
    assert f"{english} says that power is on" in grounds(fault, {}, "en")


def test_the_newest_answer_counts():
    wrong, right = answered("power_cut", WHOLE), answered("power", WHOLE, at=CUT + 360)
    (fault,) = faults(seen(all_break("line"), LATER, answers=right + wrong), LATER)
    assert (fault.verdict, fault.evidence.word) == (Verdict.UNKNOWN, "silent_with_power")
    (fault,) = faults(seen(all_break("line"), LATER, answers=wrong + answered("power", WHOLE, at=CUT + 240)), LATER)
    assert fault.evidence.word == "power_attested"


def drawn(fault: Fault) -> str:
    """The path of a fault in one letter a step: pc switch gateway provider internet service."""
    return "".join(state[0] for state in fault.evidence.steps.values())


def test_the_path_breaks_where_the_verdict_says():
    """A room, or a PC, that does not reach the modem while others do: the modem is not what is broken.

    Nor is the switch, where others of the PC's room get through it.
    """
    cases = [
        (room_breaks("gateway"), Verdict.ROOM, "obuuuu"),
        (all_break("gateway"), Verdict.LAN, "oobuuu"),
        (all_break("line"), Verdict.LINE, "ooobuu"),
        (one_breaks("link"), Verdict.MACHINE, "obooou"),
        (one_breaks("address"), Verdict.MACHINE, "boooou"),
        (one_breaks("gateway"), Verdict.MACHINE, "boooou"),
        (one_breaks("line"), Verdict.MACHINE, "boooou"),
        (the_only_one_of_its_room_breaks("gateway"), Verdict.MACHINE, "obooou"),
    ]
    for broken, verdict, way in cases:
        (fault,) = faults(seen(broken, LATER, known=KNOWN), LATER)
        assert (fault.verdict, drawn(fault)) == (verdict, way)
        assert list(fault.evidence.steps) == ["pc", "switch", "gateway", "provider", "internet", "service"]


def test_an_answer_about_yesterday_says_nothing_today():
    (fault,) = faults(seen(all_break("line"), LATER, answers=answered("closed", WHOLE, at=CUT - 86400)), LATER)
    assert fault.evidence.word == "silent"
    closed = answered("closed", WHOLE, at=CUT + 60, until=CUT + 86400)
    assert faults(seen(all_break("line"), LATER, answers=closed), LATER) == ()
    early = answered("closed", WHOLE, at=CUT - 3600, until=CUT + 86400)
    (fault,) = faults(seen(all_break("line"), LATER, answers=early), LATER)
    assert fault.evidence.word == "silent", "who is on an hour after that is not closed"
    over = answered("closed", WHOLE, at=CUT - 3600, until=LATER - 1)
    assert len(faults(seen(all_break("line"), LATER, answers=over), LATER)) == 1


def test_a_room_that_goes_alone_while_nobody_else_is_on():
    broken = pcs({TIN1: 6}, breaks=lambda *_: "line", back=BACK)
    broken.append(Pc(number=50, room=TIN2, booted=KNOWN + 9999))
    (live,) = faults(seen(broken, LATER), LATER)
    assert (live.place, live.verdict, live.evidence.word) == (Place(ROOM, TIN1), Verdict.UNKNOWN, "room_silent_alone")
    (after,) = faults(seen(broken, LATER, known=KNOWN), LATER)
    assert (after.place, after.verdict, after.degree) == (WHOLE, Verdict.LINE, FOUND)


def test_a_school_with_one_pc_on():
    (live,) = faults(seen(pcs({OFFICE: 1}, breaks=lambda *_: "line", back=BACK), LATER), LATER)
    assert (live.place, live.verdict, live.degree) == (Place(MACHINE, "m001"), Verdict.UNKNOWN, UNKNOWN)
    (after,) = faults(seen(pcs({OFFICE: 1}, breaks=lambda *_: "line", back=BACK), LATER, known=KNOWN), LATER)
    assert (after.verdict, after.evidence.causes) == (Verdict.UNKNOWN, (Verdict.MACHINE, Verdict.LINE))


def test_one_of_two_sites():
    rooms = {TIN1: 4, "S1/hill/lab": 4, "S1/hill/office": 2}
    broken = pcs(rooms, breaks=lambda room, _seat: "line" if "hill" in room else "", back=BACK)
    (live,) = faults(seen(broken, LATER), LATER)
    assert (live.place, live.verdict) == (Place(Level.SITE, "S1/hill"), Verdict.UNKNOWN)
    (both,) = faults(seen(pcs(rooms, breaks=lambda *_: "line", back=BACK), NOTICED), NOTICED)
    assert both.place == WHOLE


def test_two_rooms_at_once_while_a_third_works():
    rooms = {TIN1: 4, TIN2: 4, OFFICE: 4, "S1/main/lib": 4}
    broken = pcs(rooms, breaks=lambda room, _seat: "gateway" if room in {TIN1, TIN2} else "", back=BACK)
    (live,) = faults(seen(broken, LATER), LATER)
    assert (live.place, live.verdict, live.degree) == (WHOLE, Verdict.LAN, PROBABLE)
    assert live.evidence.names["rooms"] == (TIN1, TIN2)
    assert live.evidence.counts["answering"] == 8
    (after,) = faults(seen(broken, LATER, known=KNOWN), LATER)
    assert (after.verdict, after.degree) == (Verdict.LAN, FOUND)


@pytest.mark.parametrize("strays", [1, 2, 3, 6])
def test_those_who_reach_the_modem_share_no_cause_with_a_room_that_does_not(strays):
    """A room is cut off; elsewhere some lose the collector alone, in the same minute."""

    def ends(room: str, seat: int) -> str:
        return "gateway" if room == TIN1 else "collector" if room == TIN2 and seat <= strays else ""

    broken = pcs(ROOMS, breaks=ends, back=BACK)
    found = faults(seen(broken, LATER, known=KNOWN, remembered=True), LATER)
    (room,) = [one for one in found if one.place.level is not MACHINE and set(one.blamed) & {"m001"}]
    assert (room.place.path, room.verdict) == (TIN1, Verdict.ROOM)
    assert set(room.blamed) == {pc.machine for pc in broken if pc.room == TIN1}
    assert not any(one.place.level is SCHOOL and one.verdict is Verdict.LAN for one in found)


def test_one_that_claims_to_reach_the_modem_takes_the_certainty_and_no_more():
    broken = pcs(ROOMS, breaks=lambda room, seat: "line" if (room, seat) == (TIN2, 1) else "gateway", back=BACK)
    found = faults(seen(broken, LATER, known=KNOWN, remembered=True), LATER)
    assert ("S1", "outage", "lan", "probable") in told(found)


def test_nobody_expected_and_grace():
    broken = all_break("line")
    nobody = dict.fromkeys(ROOMS, False)
    assert faults(seen(broken, LATER, expected=nobody), LATER) == ()
    assert faults(seen(broken, LATER, expected=nobody, known=KNOWN), LATER) == ()
    assert faults(seen(broken, LATER, hearing_since=LATER - 600), LATER) == ()
    assert len(faults(seen(broken, LATER, hearing_since=LATER - 1200), LATER)) == 1


def test_machines_that_went_at_different_hours_are_not_one_cause():
    broken = [
        msgspec.structs.replace(pc, breaks="dark" if pc.number <= 4 else "", cut=CUT + 600 * pc.number)
        for pc in pcs(ROOMS)
    ]
    now = CUT + 4000
    assert told(faults(seen(broken, now), now)) == [(f"m{n:03}", "outage", "machine", "probable") for n in range(1, 5)]


def test_a_slow_beat_neither_waits_nor_answers_for_others():
    slow = Pc(number=60, room=OFFICE)
    school = seen([*all_break("line"), slow], NOTICED)
    school = msgspec.structs.replace(
        school,
        witnesses=tuple(
            msgspec.structs.replace(one, beat=900, heard=CUT - 400, climbs=()) if one.machine == slow.machine else one
            for one in school.witnesses
        ),
    )
    (fault,) = faults(school, NOTICED)
    assert fault.place == WHOLE


def test_one_that_claims_to_have_got_through_takes_the_certainty_and_no_more():
    broken = all_break("line")
    honest = seen(broken, LATER, known=KNOWN, remembered=True)
    claims = tuple(Climb(at=CUT + 60 * n, rungs=WELL) for n in range(1, 60))

    def with_claims(count: int) -> SchoolSeen:
        liars = [one.machine for one in honest.witnesses][:count]
        return msgspec.structs.replace(
            honest,
            witnesses=tuple(
                msgspec.structs.replace(one, climbs=claims) if one.machine in liars else one for one in honest.witnesses
            ),
        )

    fault, about_itself = faults(with_claims(1), LATER)
    assert about_itself.blamed == ("m001",)
    assert (fault.place, fault.verdict, fault.degree) == (WHOLE, Verdict.LINE, PROBABLE)
    assert fault.evidence.counts["lone"] == 1
    assert "m001" not in fault.blamed
    fault = faults(with_claims(2), LATER)[0]
    assert fault.evidence.counts["on"] > fault.evidence.counts["machines"], "two answered: it is not the whole school"


def booted(school: SchoolSeen, machines: set[str], at: float, heard: float = LATER - 10) -> SchoolSeen:
    """The same with these started anew, and heard since."""
    return msgspec.structs.replace(
        school,
        witnesses=tuple(
            msgspec.structs.replace(one, presence="online", since=at, heard=heard, climbs=())
            if one.machine in machines
            else one
            for one in school.witnesses
        ),
    )


def test_after_a_power_cut_who_is_not_back_was_not_switched_on_again():
    school = booted(seen(all_break("dark"), LATER), {"m001", "m007"}, CUT + 600)
    assert faults(school, LATER) == ()
    room = booted(seen(room_breaks("dark"), LATER), {"m001"}, CUT + 600)
    assert faults(room, LATER) == ()


def test_who_is_always_on_and_not_switched_on_again_for_a_day_is_missed():
    everybody = pcs(ROOMS, breaks=lambda *_: "dark")
    elsewhere = {pc.machine for pc in everybody if pc.room != OFFICE}
    office = {pc.machine for pc in everybody if pc.room == OFFICE}
    for day, told_of in ((0.9, set()), (1.1, office)):
        now = CUT + day * 86400
        found = faults(booted(seen(everybody, now), elsewhere, now - 7200, heard=now - 10), now)
        assert {machine for fault in found for machine in fault.blamed} == told_of


def test_a_room_stays_dark_whoever_boots_elsewhere():
    (fault,) = faults(booted(seen(room_breaks("dark"), LATER), {"m008"}, CUT + 600), LATER)
    assert fault.place == Place(ROOM, TIN1)
