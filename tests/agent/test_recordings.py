"""Every reader on every recording of other projects that speaks of its facts, compared with the truth beside each."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.recordings import facts_hardware, facts_posture, facts_software, facts_storage, facts_updates
from tests.recordings.collection import DEFAULT, ROOT, Compared, Facts, Reader, Recording, compared, recordings, table
from tests.recordings.facts_hardware import HALVES
from tests.recordings.forms import FORMS, form_of

TOPICS: dict[str, dict[str, Reader]] = {
    "hardware": facts_hardware.READERS,
    "storage": facts_storage.READERS,
    "software": facts_software.READERS,
    "updates": facts_updates.READERS,
    "posture": facts_posture.READERS,
}
UNREAD = {
    **facts_hardware.UNREAD,
    **facts_storage.UNREAD,
    **facts_software.UNREAD,
    **facts_updates.UNREAD,
    **facts_posture.UNREAD,
    **dict.fromkeys(
        (
            *("ipconfig", "netsh wlan", "ip addr", "iw link", "nmcli wifi"),
            *("MSFT_NetAdapter", "Win32_NetworkAdapter", "Win32_NetworkAdapterConfiguration"),
        ),
        "the network's, no fact of hardware, software or safety",
    ),
}
"""Forms that no reader of these topics reads, and why."""
NO_READER = "no reader here knows this form"


def pairs(root: Path) -> list[tuple[str, Recording]]:
    """Each recording with each topic that reads its form."""
    return [
        (topic, recording)
        for recording in recordings(root)
        for topic, readers in TOPICS.items()
        if recording.form in readers
    ]


def compare(topic: str, recording: Recording) -> Compared:
    return compared(topic, recording, TOPICS[topic][str(recording.form)])


def unread(root: Path) -> list[tuple[str, str]]:
    """The files that no topic reads by themselves, each with the reason."""
    read = {form for readers in TOPICS.values() for form in readers}
    there = recordings(root)
    return [
        (recording.path.name, unread_because(recording, there)) for recording in there if recording.form not in read
    ]


def unread_because(recording: Recording, there: list[Recording]) -> str:
    form = str(recording.form)
    if form not in HALVES:
        return UNREAD.get(form, NO_READER)
    whole, half_of = HALVES[form]
    halves = [half_of(other) for other in there if other.form == whole]
    if any(half is not None and half.path == recording.path for half in halves):
        return f"the other half of a recording of {whole}: read with it"
    return f"the other half, a recording of {whole}, is not there"


PAIRS = pairs(ROOT)
needs_recordings = pytest.mark.skipif(not PAIRS, reason=f"no recordings of other projects in {ROOT}")
needs_known_recordings = pytest.mark.skipif(
    not (DEFAULT / "host").is_dir(), reason=f"no recordings of other projects in {DEFAULT}"
)


@needs_recordings
@pytest.mark.parametrize(("topic", "recording"), PAIRS, ids=[f"{topic}-{one.path.name}" for topic, one in PAIRS])
def test_a_recording_reads_as_its_truth_says(topic, recording):
    found = compare(topic, recording)
    if found.raised is not None:
        raise found.raised
    facts = found.facts
    assert {fact: seen for fact, (seen, _) in facts.items()} == {fact: wanted for fact, (_, wanted) in facts.items()}


@needs_recordings
def test_the_table_of_hits_and_misses(record_property):
    results = [compare(topic, recording) for topic, recording in PAIRS]
    lines = table(results, unread(ROOT))
    record_property("table", "\n".join(["Recordings of other projects, facts read and facts missed", *lines]))
    assert [line for line in lines if line.startswith("MISS")] == []


@needs_known_recordings
def test_every_known_recording_is_read_or_named_with_the_reason():
    root = DEFAULT / "host"
    assert [name for name, reason in unread(root) if reason == NO_READER] == []
    assert {
        (one.recording.path.name, one.left_out)
        for topic, recording in pairs(root)
        if (one := compare(topic, recording)).left_out
    } == {
        ("lsblk-J_luks2-root.json", "its truth does not say 'disks'"),
        ("reg_USBPRINT_7.reg", "the other half, what stands below Enum\\USB, was not recorded"),
    }


def test_every_form_is_read_by_a_topic_or_named_with_the_reason():
    read = {form for readers in TOPICS.values() for form in readers}
    names = {form.name for form in FORMS}
    assert names - read - UNREAD.keys() - HALVES.keys() == set()
    assert (read | UNREAD.keys() | HALVES.keys()) - names == set()


@pytest.mark.parametrize("raw", [b"", b"\0", b"\xff\xfe", b"{}", b"[]", b"nothing that is known", bytes(range(256))])
def test_what_is_of_no_form_is_of_no_form(raw):
    assert form_of(raw) is None


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """The same recordings in another folder, under names that say nothing."""
    root: Path = tmp_path / "other" / "host"
    for number, recording in enumerate(recordings(DEFAULT / "host")):
        folder = root / recording.path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(recording.path, folder / f"{number:03}")
        shutil.copy(f"{recording.path}.truth.json", folder / f"{number:03}.truth.json")
    return root


def altered(root: Path, form: str, old: str, new: str, truth: tuple[str, str]) -> Path:
    """Changes a value in the first recording of this form that has it, and in its truth; gives back its path."""
    for recording in recordings(root):
        if recording.form == form and old in recording.text:
            told = Path(f"{recording.path}.truth.json")
            whole = told.read_text("utf-8")
            assert truth[0] in whole
            told.write_text(whole.replace(*truth), "utf-8")
            encoding = "utf-16" if recording.raw[:2] == b"\xff\xfe" else "utf-8"
            recording.path.write_bytes(recording.text.replace(old, new).encode(encoding))
            return recording.path
    raise AssertionError(f"no recording of {form} has {old!r}")


@needs_known_recordings
def test_renamed_recordings_elsewhere_are_found_by_their_form(elsewhere):
    def forms(root: Path) -> list[tuple[str, str | None]]:
        return sorted((topic, recording.form) for topic, recording in pairs(root))

    assert forms(elsewhere) == forms(DEFAULT / "host")
    assert sorted(reason for _, reason in unread(elsewhere)) == sorted(reason for _, reason in unread(DEFAULT / "host"))
    results = [compare(topic, recording) for topic, recording in pairs(elsewhere)]
    assert [line for line in table(results, ()) if line.startswith("MISS")] == []


@needs_known_recordings
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_a_battery_report_is_read_in_whatever_encoding_it_was_written(tmp_path, encoding):
    (one,) = [recording for recording in recordings(DEFAULT / "host") if recording.form == "powercfg /batteryreport"]
    root = tmp_path / "host"
    root.mkdir()
    marked = one.text if encoding == "utf-8-sig" else f"\ufeff{one.text}"
    (root / "lab.bin").write_bytes(marked.encode(encoding))
    shutil.copy(f"{one.path}.truth.json", root / "lab.bin.truth.json")
    results = [compare(*pair) for pair in pairs(root)]
    assert len(results) == 1
    assert [line for line in table(results, ()) if line.startswith("MISS")] == []


@pytest.fixture
def scattered(tmp_path) -> Path:
    """The same recordings, each in a folder of its own."""
    root: Path = tmp_path / "scattered" / "host"
    for number, recording in enumerate(recordings(DEFAULT / "host")):
        folder = root / f"{number:03}"
        folder.mkdir(parents=True)
        shutil.copy(recording.path, folder / "lab.bin")
        shutil.copy(f"{recording.path}.truth.json", folder / "lab.bin.truth.json")
    return root


@needs_known_recordings
def test_recordings_spread_over_folders_find_their_halves(scattered):
    def facts(root: Path) -> list[tuple[str, str]]:
        return sorted((topic, fact) for topic, one in pairs(root) for fact in compare(topic, one).facts)

    assert facts(scattered) == facts(DEFAULT / "host")
    assert sorted(reason for _, reason in unread(scattered)) == sorted(reason for _, reason in unread(DEFAULT / "host"))
    assert [line for line in table([compare(*one) for one in pairs(scattered)], ()) if line.startswith("MISS")] == []


@needs_known_recordings
@pytest.mark.parametrize(
    ("gone", "form", "left_out"),
    [
        ("reg display class", "Win32_VideoController", "graphics memory is not asked: the other half"),
        ("reg USB", "reg USBPRINT", "the other half, what stands below Enum\\USB"),
    ],
)
def test_without_its_other_half_a_fact_is_not_asked_and_the_reason_is_said(scattered, gone, form, left_out):
    for one in recordings(scattered):
        if one.form == gone:
            one.path.unlink()
    results = [compare(topic, one) for topic, one in pairs(scattered) if one.form == form]
    assert results
    assert all(one.left_out.startswith(left_out) for one in results)
    lines = table(results, ())
    assert [line for line in lines if line.startswith("MISS")] == []
    assert [line for line in lines if left_out in line] != []


@needs_known_recordings
@pytest.mark.parametrize("half", HALVES)
def test_a_half_without_its_recording_is_not_called_read(scattered, half):
    for one in recordings(scattered):
        if one.form == HALVES[half][0]:
            one.path.unlink()
    reasons = [unread_because(one, recordings(scattered)) for one in recordings(scattered) if one.form == half]
    assert reasons == [f"the other half, a recording of {HALVES[half][0]}, is not there"]


@needs_known_recordings
def test_what_one_topic_reads_is_not_called_unread_by_another(scattered):
    lines = table([compare(*one) for one in pairs(scattered) if one[1].form == "lsblk --json"], ())
    assert [line for line in lines if line.startswith("not read")] == []
    assert "in part   lab.bin: storage: its truth does not say 'disks'" in lines


def test_a_reader_that_raises_has_missed_and_the_others_still_count(tmp_path):
    for name, truth in (("broken", {"printers": []}), ("silent", {}), ("sound", {"printers": ["HP"]})):
        (tmp_path / name).write_text("printer HP is idle.  enabled since today\n", "utf-8")
        (tmp_path / f"{name}.truth.json").write_text(json.dumps({"kind": "lpstat", "truth": truth}), "utf-8")

    def slips(recording: Recording) -> Facts:
        wanted = recording.truth["printers"]
        return {"printers": ([{"HP": "HP"}[name] for name in wanted or ["name"]], wanted)}

    results = [compared("hardware", recording, slips) for recording in recordings(tmp_path)]
    lines = table(results, ())
    # Its own slip, of a key that the truth does not have either.
    assert [line for line in lines if line.startswith("MISS")] == [
        "MISS  broken: whole recording: read \"KeyError: 'name'\", true 'read to its end'"
    ]
    assert [line for line in lines if line.startswith("not read")] == [
        "not read  silent: its truth does not say 'printers'"
    ]
    assert [line.split()[-2:] for line in lines if line.startswith("hardware   printers")] == [["1", "0"]]


@needs_known_recordings
@pytest.mark.parametrize(
    ("form", "old", "new", "truth"),
    [
        ("os-release", "VERSION_ID=40", "VERSION_ID=41", ('"version_id": "40"', '"version_id": "41"')),
        ("dmidecode", "Version: A13", "Version: A14", ('"bios_version": "A13"', '"bios_version": "A14"')),
        ("cpuinfo", "N270", "N280", ("N270", "N280")),
        ("Win32_Processor", "MaxClockSpeed=2801", "MaxClockSpeed=3601", ('"max_mhz": 2800', '"max_mhz": 3600')),
        ("needrestart", "NEEDRESTART-KSTA: 1", "NEEDRESTART-KSTA: 3", ('"kernel_status": 1', '"kernel_status": 3')),
    ],
)
def test_other_values_with_their_truth_are_read_too(elsewhere, form, old, new, truth):
    path = altered(elsewhere, form, old, new, truth)
    one = [compare(topic, recording) for topic, recording in pairs(elsewhere) if recording.path == path]
    assert one
    assert [line for line in table(one, ()) if line.startswith("MISS")] == []
    # And a truth that has not changed with the value is a miss.
    told = Path(f"{path}.truth.json")
    told.write_text(told.read_text("utf-8").replace(truth[1], truth[0]), "utf-8")
    two = [compare(topic, recording) for topic, recording in pairs(elsewhere) if recording.path == path]
    assert [line for line in table(two, ()) if line.startswith("MISS")] != []


@needs_known_recordings
def test_the_folder_is_an_argument(elsewhere):
    """Another folder is read by the very same tests: they pass on it, and fail where its truth says otherwise."""

    def told() -> tuple[int, str]:
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-n",
                "2",
                "-p",
                "no:cacheprovider",
                "-k",
                "table_of_hits or reads_as",
                __file__,
            ],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "SCHOOLDRUM_RECORDINGS": str(elsewhere.parent)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return ended.returncode, ended.stdout

    code, out = told()
    assert code == 0, out
    # In a parallel run too the table is printed.
    assert "facts read and facts missed" in out
    assert "together" in out
    recording = next(one for one in recordings(elsewhere) if one.form == "smartctl" and one.truth.get("power_on_hours"))
    whole = json.loads(Path(f"{recording.path}.truth.json").read_text("utf-8"))
    whole["truth"]["power_on_hours"] += 1
    Path(f"{recording.path}.truth.json").write_text(json.dumps(whole), "utf-8")
    code, out = told()
    assert code == 1
    assert f"MISS  {recording.path.name}: disk hours" in out
