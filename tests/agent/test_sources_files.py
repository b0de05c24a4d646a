"""Files below a root."""

import os
from pathlib import Path

import pytest

from schooldrum_agent.probe import Denied, Unavailable
from schooldrum_agent.sources import files


def test_reads_text_without_the_white_space_around_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b" 17\xff\n")
    assert files.read_text(str(tmp_path), "a/b") == "17�"
    assert files.read_text(str(tmp_path) + "/", "/a", "b") == "17�"


def test_reads_at_most_the_limit(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(b"x" * 200_000)
    assert files.read_bytes(str(tmp_path), "long", limit=100_000) == b"x" * 100_000
    assert len(files.read_bytes(str(tmp_path), "long")) == 200_000


def test_reads_an_endless_device_not_at_all() -> None:
    with pytest.raises(Unavailable, match="no regular file"):
        files.read_bytes("/dev", "zero")


def test_a_fifo_without_a_writer_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(Unavailable, match="no regular file"):
        files.read_bytes(str(tmp_path), "fifo")


@pytest.mark.parametrize("missing", ["nothing", "file/below", "."])
def test_what_is_not_there_is_unavailable(tmp_path: Path, missing: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Unavailable):
        files.read_bytes(str(tmp_path), missing)
    assert files.text_or_none(str(tmp_path), missing) is None


@pytest.mark.skipif(os.geteuid() == 0 and not hasattr(os, "seteuid"), reason="needs to become another user")
def test_what_may_not_be_read_is_denied(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            with pytest.raises(Denied):
                files.read_bytes(str(tmp_path), "secret")
        except AssertionError:
            pytest.skip("this file system asks nobody's rights")
        finally:
            os.seteuid(0)
    else:
        with pytest.raises(Denied):
            files.read_bytes(str(tmp_path), "secret")


@pytest.mark.parametrize("part", ["../etc", "a/../../b", "..", "a\0b"])
def test_nothing_climbs_out_of_the_root(part: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        files.below("/proc", part)
    assert files.link("/proc", part) == ""
    assert files.target("/proc", part) == ""


@pytest.mark.parametrize("relative", [True, False])
def test_values_of_one_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, relative: bool) -> None:
    if not relative:
        monkeypatch.setattr(os, "supports_dir_fd", frozenset())
    elif os.open not in os.supports_dir_fd:
        pytest.skip("this system opens nothing relative to a directory")
    (tmp_path / "net" / "eth0" / "statistics").mkdir(parents=True)
    (tmp_path / "net" / "eth0" / "speed").write_bytes(b"1000\n")
    (tmp_path / "net" / "eth0" / "statistics" / "rx").write_bytes(b"7\xff\n")
    told = files.values(str(tmp_path), "net/eth0", of=("speed", "statistics/rx", "statistics", "none"))
    assert told == {"speed": "1000", "statistics/rx": "7\ufffd", "statistics": None, "none": None}
    assert files.values(str(tmp_path), "net/eth1", of=("speed",)) == {"speed": None}


def test_names_are_sorted_and_a_missing_directory_is_unavailable(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        (tmp_path / name).touch()
    assert files.names(str(tmp_path)) == ["a", "b", "c"]
    with pytest.raises(Unavailable):
        files.names(str(tmp_path), "a")
    assert files.names_or_none(str(tmp_path), "nothing") == []


def test_a_target_is_below_its_root_or_nothing(tmp_path: Path) -> None:
    root = tmp_path / "sys"
    (root / "devices" / "x").mkdir(parents=True)
    (root / "inner").symlink_to("devices/x")
    (root / "outer").symlink_to("/etc")
    (root / "loop").symlink_to("loop")
    assert files.target(str(root), "inner") == "/devices/x"
    assert files.target(str(root), "outer") == ""
    assert files.target(str(root), "loop") == ""
    assert files.link(str(root), "inner") == "devices/x"
    assert files.link(str(root), "devices") == ""
