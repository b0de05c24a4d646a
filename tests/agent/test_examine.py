import pytest

from schooldrum_agent.examine import Answer, check, examine, plain, sentence
from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_wire.catalogue.clock import CLOCK_SKEW_SECONDS
from schooldrum_wire.catalogue.disk import DISK_FREE_BYTES, VOLUMES
from schooldrum_wire.catalogue.memory import MEMORY_SIZE_BYTES
from schooldrum_wire.limits import REASON_LENGTH
from schooldrum_wire.reading import Reading
from schooldrum_wire.result import Outcome
from schooldrum_wire.section import Row

DOORS = Doors(boottime=lambda: 100.0, wall=lambda: 1e9)


def probe(read, fetch=lambda _: None) -> Probe:
    return Probe("disk", every=60, timeout=5, on={"linux": Source(fetch, read)}, sections=("volumes",))


def run(read, fetch=lambda _: None) -> Answer:
    return examine(probe(read, fetch), DOORS, "linux")


def test_readings_and_rows_are_sorted_apart():
    answer = run(lambda _: [MEMORY_SIZE_BYTES(5), VOLUMES(volume="/"), DISK_FREE_BYTES(1, volume="/")])
    assert answer.outcome is Outcome.OK
    assert [reading.name for reading in answer.readings] == ["school_memory_size_bytes", "school_disk_free_bytes"]
    assert answer.rows == (Row("volumes", {"volume": "/"}),)


def test_fetch_is_given_the_doors_and_read_what_fetch_gave():
    seen: list[object] = []

    def read(data: object):
        seen.append(data)
        yield MEMORY_SIZE_BYTES(1)

    assert run(read, lambda doors: doors).outcome is Outcome.OK
    assert seen == [DOORS]


def raises(problem: BaseException):
    def fetch(_):
        raise problem

    return fetch


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("problem", "outcome", "reason"),
    [
        (Unavailable("no battery"), Outcome.UNAVAILABLE, "no battery"),
        (Denied("only root may read the disk's serial"), Outcome.DENIED, "only root may read the disk's serial"),
        (PermissionError(13, "Permission denied", "/x"), Outcome.DENIED, "PermissionError: [Errno 13] Permission"),
        (FileNotFoundError(2, "No such file", "/x"), Outcome.FAILED, "FileNotFoundError: [Errno 2]"),
        (KeyError("a"), Outcome.FAILED, "KeyError: 'a'"),
        (SystemExit(3), Outcome.FAILED, "SystemExit: 3"),
        (KeyboardInterrupt(), Outcome.FAILED, "KeyboardInterrupt"),
        (MemoryError(), Outcome.FAILED, "MemoryError"),
        (RecursionError("deep"), Outcome.FAILED, "RecursionError: deep"),
        (GeneratorExit(), Outcome.FAILED, "GeneratorExit"),
        (MuteError(), Outcome.FAILED, "MuteError"),
        (OSError("a\x00b\nc \udcff"), Outcome.FAILED, "a?b c ?"),
        (OSError(28, "No space left on device"), Outcome.FAILED, "OSError: [Errno 28] No space"),
        (OSError(), Outcome.FAILED, "OSError"),
        (ValueError("x" * 5000), Outcome.FAILED, "ValueError: xxx"),
    ],
)
@pytest.mark.parametrize("where", ["fetch", "read"])
def test_what_a_probe_throws_becomes_its_outcome(problem, outcome, reason, where):
    answer = run(list, raises(problem)) if where == "fetch" else run(raises(problem))
    assert answer.outcome is outcome
    assert answer.reason.startswith(reason)
    assert len(answer.reason) <= REASON_LENGTH
    answer.reason.encode()


def endless(_):
    number = 0
    while True:
        number += 1
        yield DISK_FREE_BYTES(1, volume=str(number))


def partly(_):
    yield MEMORY_SIZE_BYTES(1)
    raise OSError("gone half-way")


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (lambda _: [Reading("school_nothing", 1.0)], "is not in the catalogue"),
        (lambda _: [Reading("school_memory_size_bytes", float("nan"))], "value is nan"),
        (lambda _: [Reading("school_memory_size_bytes", 1.0, {"school": "X"})], "labels are"),
        (lambda _: [CLOCK_SKEW_SECONDS(1)], "the collector's own to say"),
        (lambda _: [MEMORY_SIZE_BYTES(1), MEMORY_SIZE_BYTES(2)], "twice"),
        (lambda _: [Row("volumes", {"secret": 1})], "column 'secret' is not declared"),
        (lambda _: [Row("host", {"system": "linux"})], "no section of this probe"),
        (lambda _: ["words"], "a str, which is neither"),
        (lambda _: 7, "TypeError"),
        (endless, "more than 200 readings"),
        (lambda _: (VOLUMES(volume=str(number)) for number in range(10_000)), "more than 5000 rows"),
        (partly, "gone half-way"),
        (lambda _: [DISK_FREE_BYTES(1, volume="")], "label volume is empty"),
    ],
)
def test_what_was_never_declared_fails_and_nothing_of_it_passes(read, reason):
    answer = run(read)
    assert answer.outcome is Outcome.FAILED
    assert reason in answer.reason
    assert not answer.readings
    assert not answer.rows


def test_a_system_without_a_source_is_unavailable():
    assert examine(probe(list), DOORS, "win32").outcome is Outcome.UNAVAILABLE


def test_what_a_child_says_is_checked_again():
    wrong = Answer(outcome=Outcome.OK, readings=(Reading("school_machine_presence", 1.0, {"state": "online"}),))
    assert check(probe(list), wrong).outcome is Outcome.FAILED
    both = Answer(outcome=Outcome.DENIED, readings=(MEMORY_SIZE_BYTES(1),))
    assert check(probe(list), both).outcome is Outcome.FAILED
    rude = Answer(outcome=Outcome.FAILED, reason="a\x1b[31m\n" + "x" * 900)
    assert check(probe(list), rude).reason.startswith("a?[31m xxx")
    assert len(check(probe(list), rude).reason) == REASON_LENGTH


def test_a_sentence_is_one_printable_line():
    assert sentence(ValueError("một\tdòng\r\nhai")) == "ValueError: một dòng hai"
    assert plain("\u202e\ud800x") == "??x"
