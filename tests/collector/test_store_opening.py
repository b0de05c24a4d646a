"""Opening: one collector on a directory, damage is told and left alone, an older store is migrated beside its copy."""

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from schooldrum_collector.store import opening
from schooldrum_collector.store.connections import connect
from schooldrum_collector.store.interface import Damaged, Full, Locked, Store
from schooldrum_collector.store.opening import MIGRATIONS, NAME, register_engine, upgrade
from schooldrum_collector.store.records import EVERYTHING, Area, Arrival, Machine
from schooldrum_collector.store.schema import REVISION, metadata

NOON = 1_790_000_000.0
Opened = Callable[..., Store]
Enrol = Callable[..., Machine]
Letter = Callable[..., Arrival]

FIRST = (Path(__file__).parent / "store_first_version.sql").read_text()


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.name.startswith(NAME)}


def test_a_second_collector_is_refused_and_told_by_whom(opened: Opened, tmp_path: Path):
    opened(tmp_path)
    with pytest.raises(Locked, match=rf"(?s){re.escape(str(tmp_path))}.*process {os.getpid()}"):
        opened(tmp_path)


def test_another_process_is_refused_too_and_a_killed_one_leaves_no_lock(opened: Opened, tmp_path: Path):
    program = textwrap.dedent(
        f"""
        import sys, time
        from pathlib import Path
        from schooldrum_collector.store.sqlite import open_store
        store = open_store(Path({str(tmp_path)!r}), clock=time.time)
        print("open", flush=True)
        sys.stdin.read()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        with pytest.raises(Locked, match=f"process {other.pid}"):
            opened(tmp_path)
        opened(tmp_path, serving=False)
        other.send_signal(signal.SIGKILL)
    opened(tmp_path)


def test_a_commit_survives_power_loss(opened: Opened, tmp_path: Path):
    opened(tmp_path)
    with closing(connect(tmp_path / NAME)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        # 2 is FULL: the log is synchronised before a commit returns.
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_store_is_for_its_owner_alone(opened: Opened, tmp_path: Path):
    opened(tmp_path / "a" / "data")
    assert (tmp_path / "a" / "data").stat().st_mode & 0o777 == 0o700
    for path in (tmp_path / "a" / "data").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "text": lambda _: b"Xin ch\xc3\xa0o\n" * 1000,
    "cut to half a header": lambda whole: whole[:50],
    "cut to one page": lambda whole: whole[:1024],
    "cut in half": lambda whole: whole[: len(whole) // 2],
    "a page of zeros": lambda whole: whole[:4096] + bytes(8192) + whole[12288:],
    "garbage in the middle": lambda whole: whole[:1024] + os.urandom(len(whole) - 1024),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told_and_nothing_is_overwritten(
    opened: Opened, tmp_path: Path, enrol: Enrol, arrival: Letter, damage: str
):
    store = opened(tmp_path)
    for number in range(30):
        enrol(store, f"m{number}")
        asyncio.run(store.append(arrival(f"m{number}", 1)))
    store.close()
    path = tmp_path / NAME
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    before = files(tmp_path)
    for _ in range(2):
        with pytest.raises(Damaged, match=rf"(?s){NAME}.*Nothing was changed"):
            opened(tmp_path)
        assert files(tmp_path) == before


def _killed_log(store: Store, directory: Path, enrol: Enrol) -> bytes:
    """The log as a collector that is killed leaves it beside its store, and nobody has it open any more."""
    for number in range(20):
        enrol(store, f"m{number}")
    log = directory / f"{NAME}-wal"
    left = {path.name: path.read_bytes() for path in directory.glob(f"{NAME}*")}
    store.close()
    for name, body in left.items():
        (directory / name).write_bytes(body)
    (directory / f"{NAME}-shm").unlink()
    return log.read_bytes()


LOG_DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "four bytes": lambda log: log[:2000] + b"\0\1\2\3" + log[2004:],
    "its head": lambda log: b"\0\1\2\3" + log[4:],
    "garbage": lambda log: os.urandom(len(log)),
}


@pytest.mark.parametrize("serving", [True, False])
@pytest.mark.parametrize("damage", LOG_DAMAGE)
def test_a_damaged_log_is_told_and_nothing_is_overwritten(
    opened: Opened, tmp_path: Path, enrol: Enrol, damage: str, *, serving: bool
):
    log = LOG_DAMAGE[damage](_killed_log(opened(tmp_path), tmp_path, enrol))
    (tmp_path / f"{NAME}-wal").write_bytes(log)
    before = files(tmp_path)
    for _ in range(2):
        with pytest.raises(Damaged, match=rf"(?s){NAME}-wal is damaged.*Nothing was changed"):
            opened(tmp_path, serving=serving)
        assert files(tmp_path) == before


@pytest.mark.parametrize("cut", [0, 1, 500, 1500])
def test_a_log_that_ends_where_the_power_failed_is_whole(opened: Opened, tmp_path: Path, enrol: Enrol, cut: int):
    log = _killed_log(opened(tmp_path), tmp_path, enrol)
    (tmp_path / f"{NAME}-wal").write_bytes(log[: len(log) - cut])
    store = opened(tmp_path)
    assert len(store.register().machines) >= 19
    store.close()


@pytest.mark.parametrize("log", [b"", b"\0" * 5000, b"\x37\x7f"])
def test_a_log_in_which_nothing_was_committed_is_no_obstacle(opened: Opened, tmp_path: Path, log: bytes):
    opened(tmp_path).close()
    (tmp_path / f"{NAME}-wal").write_bytes(log)
    opened(tmp_path).close()


def test_another_programs_database_is_left_alone(opened: Opened, tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    before = files(tmp_path)
    for serving in (True, False):
        with pytest.raises(Damaged, match="another program"):
            opened(tmp_path, serving=serving)
    assert files(tmp_path) == before


def test_a_newer_store_is_refused(opened: Opened, tmp_path: Path):
    opened(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / NAME)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = files(tmp_path)
    for serving in (True, False):
        with pytest.raises(Damaged, match=r"newer Schooldrum \(store version 9999, this one knows"):
            opened(tmp_path, serving=serving)
    assert files(tmp_path) == before


def test_a_log_without_its_store_is_not_overwritten(opened: Opened, tmp_path: Path):
    (tmp_path / f"{NAME}-wal").write_bytes(b"all that is left")
    with pytest.raises(Damaged, match="is missing"):
        opened(tmp_path)
    assert files(tmp_path) == {f"{NAME}-wal": b"all that is left"}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="becomes another user")
def test_a_directory_that_may_not_be_written_is_told(tmp_path: Path):
    program = textwrap.dedent(
        f"""
        import os, sys, time
        from pathlib import Path
        from schooldrum_collector.store.interface import Full
        from schooldrum_collector.store.sqlite import open_store
        os.chdir("/")
        os.setuid(65534)
        try:
            open_store(Path({str(tmp_path)!r}) / "data", clock=time.time)
        except Full as problem:
            print(problem)
        """
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Permission denied" in told.stdout


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="becomes another user")
@pytest.mark.parametrize("serving", [True, False])
def test_a_store_of_another_account_is_told(opened: Opened, tmp_path: Path, *, serving: bool):
    directory = tmp_path / "data"
    opened(directory).close()
    (directory / "schooldrum.lock").unlink()
    os.chown(directory, 65534, 65534)
    program = textwrap.dedent(
        f"""
        import os, time
        from pathlib import Path
        from schooldrum_collector.store.interface import Full
        from schooldrum_collector.store.sqlite import open_store
        os.chdir({str(directory)!r})
        os.setuid(65534)
        try:
            open_store(Path(), clock=time.time, serving={serving})
        except Full as problem:
            print(problem)
        """
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "as the account the file belongs to" in told.stdout


def test_migrations_and_schema_say_the_same(opened: Opened, tmp_path: Path):
    opened(tmp_path).close()
    engine = register_engine(tmp_path / NAME)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


@pytest.mark.parametrize("serving", [True, False])
async def test_a_store_of_the_first_version_goes_on(opened: Opened, tmp_path: Path, arrival: Letter, *, serving: bool):
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        connection.executescript(FIRST)
    store = opened(tmp_path, serving=serving)
    register = store.register()
    assert register.machines["m1"].fingerprint == {"uuid": ("a",)}
    assert register.settings == {"DEMO": {"beat": 30}}
    known = store.latest_of("m1")
    assert known
    assert (known.run, known.boot, known.agent, known.starts, known.heard) == ("r1", "b1", "0.1.0", 5, NOON)
    store.close()
    store = opened(tmp_path)
    await store.append(arrival("m1", 1))
    assert [result.seq for result in store.results(EVERYTHING, "m1", 0, NOON * 2)] == [1]


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations of a version that does not exist yet, and the program that would know it."""
    migrations = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    (migrations / "versions" / "9998_later.py").write_text(
        "from alembic import op\n"
        f"revision, down_revision, branch_labels, depends_on = '9998', '{REVISION}', None, None\n"
        "def upgrade():\n    op.execute('ALTER TABLE areas ADD COLUMN later TEXT')\n"
    )
    monkeypatch.setattr(opening, "MIGRATIONS", migrations)
    monkeypatch.setattr(opening, "REVISION", "9998")
    monkeypatch.setattr(upgrade, "__defaults__", (migrations, "head"))
    return migrations


def later_store(directory: Path) -> None:
    with closing(sqlite3.connect(directory / NAME)) as connection:
        connection.executescript(FIRST)


@pytest.mark.usefixtures("later")
def test_an_older_store_is_migrated_and_its_copy_is_kept(
    opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    data = tmp_path / "data"
    data.mkdir()
    later_store(data)
    with caplog.at_level("INFO", opening.__name__):
        store = opened(data)
    assert f"from store version 0001 to 9998. As it was it stays in {data / NAME}.before-9998" in caplog.text
    with store.writing() as writer:
        writer.put_area(Area(path="hp", name="Hải Phòng"))
    store.close()
    assert opening.look(data / NAME, seconds=1) == "9998"
    with closing(sqlite3.connect(data / f"{NAME}.before-9998")) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert copy.execute("SELECT path FROM areas").fetchall() == [("hn",)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    opened(data).close()


@pytest.mark.usefixtures("later")
def test_an_older_store_is_not_migrated_under_a_running_collector(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    data = tmp_path / "data"
    data.mkdir()
    later_store(data)
    monkeypatch.setattr(opening, "_WAIT_FOR_ANOTHER", 0.2)
    program = textwrap.dedent(
        f"""
        from pathlib import Path
        from schooldrum_collector.store.lock import Lock
        lock = Lock(Path({str(data)!r}))
        print("locked", flush=True)
        input()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == "locked\n"
        with pytest.raises(Locked, match=rf"process {running.pid}\) has not made its store ready.*restart it"):
            opened(data, serving=False)
        running.kill()
    assert not list(data.glob("*before*"))


STARTING = """
import sys, time
from pathlib import Path
from schooldrum_collector.store import opening
from schooldrum_collector.store.sqlite import open_store
work = opening.{work}
def slow(path):
    print("at work", flush=True)
    time.sleep(1)
    work(path)
opening.{work} = slow
open_store(Path(sys.argv[1]), clock=time.time)
sys.stdin.read()
"""


@pytest.mark.parametrize("work", ["_create", "_migrate"])
def test_a_command_waits_for_a_collector_that_is_starting(opened: Opened, tmp_path: Path, work: str):
    if work == "_migrate":
        later_store(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", STARTING.format(work=work), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starting:
        assert starting.stdout
        assert starting.stdout.readline() == "at work\n"
        store = opened(tmp_path, serving=False)
        with store.writing() as writer:
            writer.put_area(Area(path="hp", name="Hải Phòng"))
        # It is the collector that goes on holding the lock.
        with pytest.raises(Locked, match=f"process {starting.pid}"):
            opened(tmp_path)
        starting.kill()


@pytest.mark.parametrize("work", ["_create", "_migrate"])
def test_a_collector_waits_for_a_command_that_makes_the_store_ready(opened: Opened, tmp_path: Path, work: str):
    if work == "_migrate":
        later_store(tmp_path)
    program = STARTING.format(work=work).replace("clock=time.time", "clock=time.time, serving=False")
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout
        assert command.stdout.readline() == "at work\n"
        opened(tmp_path)
        command.communicate(timeout=60)
        assert command.returncode == 0


def test_two_that_migrate_at_once_keep_the_copy_of_the_older_store(opened: Opened, tmp_path: Path):
    later_store(tmp_path)
    program = (
        "import sys, time; from pathlib import Path; from schooldrum_collector.store.sqlite import open_store;"
        "sys.stdin.readline(); open_store(Path(sys.argv[1]), clock=time.time, serving=False).close()"
    )
    words = [sys.executable, "-c", program, str(tmp_path)]
    others = [subprocess.Popen(words, stdin=subprocess.PIPE, text=True) for _ in range(4)]
    for other in others:
        assert other.stdin
        other.stdin.write("\n")
        other.stdin.flush()
    for other in others:
        other.communicate(timeout=60)
    assert [other.returncode for other in others] == [0] * 4
    with closing(sqlite3.connect(tmp_path / f"{NAME}.before-{REVISION}")) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    opened(tmp_path)


def test_a_migration_that_fails_leaves_the_store_as_it_was(opened: Opened, tmp_path: Path, later: Path):
    data = tmp_path / "data"
    data.mkdir()
    later_store(data)
    script = later / "versions" / "9998_later.py"
    script.write_text(script.read_text() + "    op.execute('ALTER TABLE no_such_table ADD COLUMN x TEXT')\n")
    with pytest.raises(Full, match="could not be made ready"):
        opened(data)
    with closing(sqlite3.connect(data / NAME)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert [row[1] for row in connection.execute("PRAGMA table_info(areas)")] == ["path", "name", "level"]


def test_what_a_killed_start_left_behind_is_no_obstacle(opened: Opened, tmp_path: Path):
    (tmp_path / f"{NAME}.new").write_bytes(b"half made")
    (tmp_path / f"{NAME}.new-journal").write_bytes(b"half made")
    opened(tmp_path)
    assert not (tmp_path / f"{NAME}.new").exists()
