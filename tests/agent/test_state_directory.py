import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from schooldrum_agent.private import InUse, NotPrivate, hold, make_private, open_private, read_bounded, write_whole

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make another user's directory")


def test_a_new_directory_is_closed_to_others(tmp_path: Path):
    directory = tmp_path / "a" / "b"
    make_private(directory)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_an_own_readable_directory_is_closed(tmp_path: Path):
    directory = tmp_path / "state"
    directory.mkdir(mode=0o755)
    make_private(directory)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777, 0o1777])
def test_one_that_others_can_write_in_is_refused(tmp_path: Path, mode: int):
    directory = tmp_path / "state"
    directory.mkdir()
    directory.chmod(mode)
    with pytest.raises(NotPrivate, match="written by others"):
        make_private(directory)
    assert stat.S_IMODE(directory.stat().st_mode) == mode


def test_a_link_and_a_file_are_refused(tmp_path: Path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotPrivate, match="symbolic link"):
        make_private(tmp_path / "link")
    with pytest.raises(NotPrivate, match="no directory"):
        make_private(tmp_path / "file")


@needs_root
def test_another_users_directory_is_refused(tmp_path: Path):
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    os.chown(directory, 12345, 12345)
    with pytest.raises(NotPrivate, match="belongs to user 12345"):
        make_private(directory)


@needs_root
@pytest.mark.parametrize(("owner", "mode"), [(12345, 0o755), (0, 0o757), (0, 0o775)])
def test_root_refuses_a_directory_below_what_a_user_can_change(tmp_path: Path, owner: int, mode: int):
    above = tmp_path / "above"
    above.mkdir()
    os.chown(above, owner, 12345)
    above.chmod(mode)
    with pytest.raises(NotPrivate, match="could replace"):
        make_private(above / "state")


@needs_root
def test_a_way_through_a_link_is_looked_at_where_it_really_leads(tmp_path: Path):
    loose = tmp_path / "loose"
    (loose / "inner").mkdir(parents=True)
    loose.chmod(0o777)
    (tmp_path / "link").symlink_to(loose / "inner")
    with pytest.raises(NotPrivate, match=f"{loose} can be written"):
        make_private(tmp_path / "link" / "state")


def test_a_second_process_is_kept_out_until_the_first_is_killed(tmp_path: Path):
    code = (
        "import sys, time; from pathlib import Path; from schooldrum_agent.private import hold;"
        "kept = hold(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(InUse, match=rf"process {holder.pid}\b"):
            hold(tmp_path)
        holder.kill()
        holder.wait()
    hold(tmp_path).release()


def test_the_same_process_is_kept_out_too(tmp_path: Path):
    first = hold(tmp_path)
    with pytest.raises(InUse):
        hold(tmp_path)
    first.release()
    hold(tmp_path).release()


def test_a_file_is_replaced_whole_and_readable_by_its_owner_alone(tmp_path: Path):
    path = tmp_path / "identity.json"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert read_bounded(path) == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["identity.json"]


def test_a_planted_link_is_not_written_through(tmp_path: Path):
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / "identity.json.new").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        write_whole(tmp_path / "identity.json", b"secret")
    assert victim.read_text() == "untouched"
    (tmp_path / "lock").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        hold(tmp_path)


def test_what_is_no_plain_small_file_is_not_read(tmp_path: Path):
    assert read_bounded(tmp_path / "absent") is None
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(101))
    for name in ("pipe", "large"):
        with pytest.raises(OSError, match="no plain file"):
            read_bounded(tmp_path / name, 100)


def test_a_failed_write_leaves_the_old_content(tmp_path: Path):
    path = tmp_path / "settings.json"
    write_whole(path, b"old")
    code = (
        "import resource, sys; from pathlib import Path; from schooldrum_agent.private import write_whole;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100));"
        "write_whole(Path(sys.argv[1]), bytes(5000))"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=False)
    assert b"File too large" in ended.stderr
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["settings.json"]


def test_files_are_opened_unbuffered_and_private(tmp_path: Path):
    with open_private(tmp_path / "one", os.O_WRONLY) as file:
        file.write(b"at once")
        assert (tmp_path / "one").read_bytes() == b"at once"
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600
