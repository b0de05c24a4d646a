from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_wire import sifting
from schooldrum_wire.catalogue import METRICS
from schooldrum_wire.catalogue.cpu import CPU_LOGICAL_PROCESSORS, CPU_USAGE_RATIO
from schooldrum_wire.catalogue.disk import DISK_FREE_BYTES, DISK_SIZE_BYTES
from schooldrum_wire.catalogue.interfaces import INTERFACE_RECEIVE_BYTES, INTERFACE_UP
from schooldrum_wire.catalogue.ladder import LOSS_RATIO, ROUND_TRIP_SECONDS
from schooldrum_wire.catalogue.uptime import BOOT_TIMESTAMP
from schooldrum_wire.limits import NAME_LENGTH, REASON_LENGTH
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Now, Report, Word
from schooldrum_wire.result import Result
from schooldrum_wire.sifting import sift, sift_each

NUMBERS = st.sampled_from(
    [0.0, 1.0, -1.0, 0.5, 1.01, 7.0, 1e9, 1e300, -0.0, float("nan"), float("inf"), float("-inf"), 2.0**41, 2.0**54]
)
TEXTS = st.sampled_from(["C:", "D:", "", "\n", "x" * 129, "\u200b", "\ud800", "ethernet0"])
NAMES = st.sampled_from(
    [
        CPU_USAGE_RATIO.name,
        CPU_LOGICAL_PROCESSORS.name,
        DISK_SIZE_BYTES.name,
        INTERFACE_RECEIVE_BYTES.name,
        "school_no_such",
        next(name for name, metric in METRICS.items() if metric.by_collector),
    ]
)
LABELS = st.dictionaries(st.sampled_from(["volume", "interface", "school"]), TEXTS, max_size=2)
READINGS = st.builds(Reading, NAMES, NUMBERS, LABELS)
SOUND = st.lists(
    st.sampled_from(
        [
            CPU_USAGE_RATIO(0.5),
            CPU_LOGICAL_PROCESSORS(4),
            DISK_SIZE_BYTES(1, volume="C:"),
            DISK_FREE_BYTES(2.0**53, volume="C:"),
            INTERFACE_RECEIVE_BYTES(1, interface="ethernet0"),
        ]
    ),
    max_size=5,
)
RESULTS = st.builds(
    Result,
    probe=st.sampled_from(["cpu", "disk", "", "x" * (NAME_LENGTH + 1), "a\nb"]),
    seq=st.sampled_from([1, 2, 3, 0, -1, 2**54]),
    outcome=st.sampled_from(["ok", "failed", "x" * (NAME_LENGTH + 1)]),
    boottime=NUMBERS,
    wall=NUMBERS,
    took=NUMBERS,
    reason=st.sampled_from(["", "why", "x" * (REASON_LENGTH + 1)]),
    readings=st.lists(READINGS, max_size=4).map(tuple),
)
ORDINARY = st.builds(
    Result,
    probe=st.sampled_from(["cpu", "disk"]),
    seq=st.integers(1, 9),
    outcome=st.just("ok"),
    boottime=st.just(10.0),
    wall=st.just(1e9),
    took=st.just(0.1),
    readings=SOUND.map(tuple),
)
REPORTS = st.builds(
    Report,
    run=st.sampled_from(["r1", "r1", "r1", "", "x" * 65, "a\n"]),
    boot=st.sampled_from(["b1", "b1", "b1", "", "x" * 65]),
    results=st.lists(ORDINARY | RESULTS, max_size=3).map(tuple) | st.lists(ORDINARY, max_size=3).map(tuple),
    live=st.booleans(),
    beat=st.sampled_from([60, 60, 0, 10**9]),
    word=st.none() | st.builds(Word, word=TEXTS, kind=st.just("start"), boottime=NUMBERS),
    sections=st.dictionaries(
        st.sampled_from(["host", "nothing"]), st.sampled_from(["a" * 64, "A" * 64, ""]), max_size=1
    ),
)
DELIVERIES = st.builds(
    Delivery,
    reports=st.lists(REPORTS, min_size=1, max_size=2).map(tuple),
    now=st.just(Now(boot="b1", boottime=20.0, wall=1e9)),
    fingerprint=st.sampled_from([{}, {"mac": ("0123456789abcdef",)}, {"mac": ("x",)}, {"shoe": ()}]),
    agent=st.sampled_from(["0.1.0", "", "a\n"]),
    system=st.sampled_from(["windows", "linux", ""]),
    settings=st.sampled_from([0, 7, -1, 2**60]),
    starts=st.sampled_from([0, 7, -1, 2**60]),
)


def plain(delivery: Delivery, refused: int) -> Any:
    # Compared as text: what is no number equals nothing.
    return repr(delivery), refused


@given(DELIVERIES)
def test_the_quick_look_and_the_look_at_each_thing_agree(delivery: Delivery):
    assert plain(*sift(delivery)) == plain(*sift_each(delivery))


@given(st.lists(ORDINARY, min_size=1, max_size=4))
def test_what_an_ordinary_pc_says_is_taken_as_it_is(results: list[Result]):
    delivery = Delivery(
        reports=(Report(run="r", boot="b", live=True, results=tuple(results)),),
        now=Now(boot="b", boottime=20.0, wall=1e9),
        agent="0.1.0",
        system="linux",
    )
    twice = sum(
        len(result.readings) - len({(one.name, *one.labels.items()) for one in result.readings}) for result in results
    )
    sifted, refused = sift(delivery)
    assert refused == twice
    assert (sifted is delivery) == (not twice)


@pytest.mark.parametrize("value", [True, False])
def test_a_truth_is_no_number(value: bool):  # noqa: FBT001 - a column of the table
    reading = msgspec.structs.replace(CPU_USAGE_RATIO(0), value=value)
    result = Result(probe="cpu", seq=1, outcome="ok", boottime=1, wall=1, readings=(reading,))
    report = Report(run="r", boot="b", results=(result,))
    assert sift(Delivery(reports=(report,), now=Now(boot="b", boottime=2, wall=2), agent="a", system="s"))[1] == 1


STEP = {"step": "gateway", "family": "ipv4"}


@pytest.mark.parametrize(
    "reading",
    [
        CPU_USAGE_RATIO(1e308),
        CPU_USAGE_RATIO(1.01),
        CPU_USAGE_RATIO(-0.01),
        CPU_LOGICAL_PROCESSORS(-1),
        CPU_LOGICAL_PROCESSORS(1e10),
        DISK_FREE_BYTES(-1, volume="C:"),
        DISK_SIZE_BYTES(1e300, volume="C:"),
        INTERFACE_UP(2, interface="ethernet0"),
        # What a driver says that counts -1 in 64 bits.
        INTERFACE_RECEIVE_BYTES(2.0**64, interface="ethernet0"),
        LOSS_RATIO(2, **STEP),
        ROUND_TRIP_SECONDS(-0.5, **STEP),
        BOOT_TIMESTAMP(1e12),
    ],
    ids=lambda reading: f"{reading.name} {reading.value:g}",
)
def test_what_no_pc_can_measure_goes_alone_and_is_counted(reading: Reading):
    beside = ROUND_TRIP_SECONDS(0.02, step="resolver", family="ipv4")
    result = Result(probe="one", seq=1, outcome="ok", boottime=1, wall=1, readings=(reading, beside))
    for look in (sift, sift_each):
        sifted, refused = look(delivery_of(result))
        assert refused == 1
        assert sifted.reports[0].results[0].readings == (beside,)


def test_what_a_pc_can_measure_at_most_is_taken():
    readings = tuple(
        Reading(metric.name, value, dict.fromkeys(metric.labels, f"x{number}"))
        for metric in METRICS.values()
        if not metric.by_collector
        for number, value in enumerate(metric.bounds[: 2 if metric.labels else 1])
    )
    for look in (sift, sift_each):
        said = delivery_of(Result(probe="one", seq=1, outcome="ok", boottime=1, wall=1, readings=readings))
        assert look(said) == (said, 0)


def test_what_pcs_make_up_is_not_kept_in_mind():
    before = len(sifting._remembered)
    for number in range(200):
        made_up = tuple(DISK_FREE_BYTES(1, volume=f"{number}{one}" + "x" * 100) for one in range(60))
        result = Result(probe="disk", seq=1, outcome="ok", boottime=1, wall=1, readings=made_up)
        for reason in ("", "y" * REASON_LENGTH):
            said = msgspec.structs.replace(result, reason=reason)
            assert sift(delivery_of(said))[1] == 0
        assert sift(delivery_of(msgspec.structs.replace(result, probe="p" * 100_000)))[1] == 61
    assert len(sifting._remembered) == before
    for number in range(sifting._REMEMBERED + 10):
        short = (DISK_FREE_BYTES(1, volume=f"{number}"),)
        assert sift(delivery_of(msgspec.structs.replace(result, readings=short)))[1] == 0
    assert len(sifting._remembered) <= sifting._REMEMBERED


def delivery_of(result: Result) -> Delivery:
    report = Report(run="r", boot="b", live=True, results=(result,))
    return Delivery(reports=(report,), now=Now(boot="b", boottime=20.0, wall=1e9), agent="0.1.0", system="linux")
