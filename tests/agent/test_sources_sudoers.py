"""Who may do everything by sudo's rules, on tables of files and on whatever may stand in them."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schooldrum_agent.probe import Denied
from schooldrum_agent.sources import sudoers

HOST = "tin1-07"
U1 = sudoers.Person(name="u1", number=1000, groups=frozenset({"u1"}), group_numbers=frozenset({1000}))
U2 = sudoers.Person(
    name="u2", number=1001, groups=frozenset({"u2", "teachers", "hoc sinh"}), group_numbers=frozenset({1001, 500})
)
STRANGER = sudoers.Person(name="", number=-1)


def rules(text: str) -> sudoers.Rules:
    return sudoers.rules_of(sudoers.logical_lines(text), HOST)


@pytest.mark.parametrize(
    "text",
    [
        "u2 ALL=(ALL:ALL) ALL",
        "u2 ALL=(ALL) NOPASSWD: ALL",
        "u2 ALL=(ALL) NOPASSWD:ALL",
        "u2\tALL = (ALL)\tNOPASSWD: SETENV: ALL  # the teacher",
        "u2 ALL=ALL",
        "u2 ALL=(root) ALL",
        "u2 ALL=(#0) ALL",
        "u1, u2 ALL=(ALL) ALL",
        "u1 , u2 ALL , !other = (ALL) ALL",
        '"u2" ALL=(ALL) ALL',
        "#1001 ALL=(ALL) ALL",
        "%teachers ALL=(ALL) ALL",
        "%hoc\\ sinh ALL=(ALL) ALL",
        '"%hoc sinh" ALL=(ALL) ALL',
        "%#500 ALL=(ALL) ALL",
        "ALL ALL=(ALL) ALL",
        "ALL, !u1 ALL=(ALL) ALL",
        "User_Alias STAFF = u1, u2\nSTAFF ALL=(ALL) ALL",
        "User_Alias A = x : B = u2\nB ALL=(ALL) ALL",
        "STAFF ALL=(ALL) ALL\nUser_Alias STAFF = ONE\nUser_Alias ONE = u2",
        "User_Alias STAFF = ALL, !u2\nALL, !STAFF ALL=(ALL) ALL",
        "Runas_Alias ADM = root, www\nu2 ALL=(ADM) ALL",
        "Host_Alias LAB = tin1-*, 10.0.0.0/8\nu2 LAB=(ALL) ALL",
        "u2 TIN1-07=(ALL) ALL",
        "u2 other = (ALL) ALL : tin1-07 = (ALL) ALL",
        "u2 10.0.0.0/255.0.0.0 = ALL",
        "Cmnd_Alias EVERY = ALL\nu2 ALL=(ALL) EVERY",
        "Cmnd_Alias SHELLS = /bin/sh, /bin/bash\nu2 ALL=(ALL) /bin/ls, SHELLS",
        "u2 ALL=(ALL) /usr/bin/su",
        "u2 ALL=/usr/bin/",
        "u2 ALL=(ALL) /usr/bin/*",
        "u2 ALL=(ALL) ALL, !/usr/bin/su, !/bin/bash",
        "u2 ALL=(www) /bin/ls, (root) ALL",
        "u2 ALL=(ALL) !ALL\nu2 ALL=(ALL) ALL",
        "u2 \\\n  ALL=(ALL) \\\n  ALL",
        "# a comment that ends so \\\nu2 ALL=(ALL) ALL",
        "broken line\nu2 ALL=(ALL) ALL",
        "u2 ALL=(ALL) ROLE=x TYPE=y NOPASSWD: ALL",
        "u2 ALL=(ALL) TIMEOUT=30m CWD=/tmp ALL",
        "Defaults runas_default=operator\nu2 ALL=(root) ALL",
    ],
)
def test_who_may_do_everything(text) -> None:
    assert rules(text).give_everything(U2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# u2 ALL=(ALL) ALL",
        "u2 # ALL=(ALL) ALL",
        "u1 ALL=(ALL) ALL",
        "u22 ALL=(ALL) ALL",
        "%u ALL=(ALL) ALL",
        "%u1 ALL=(ALL) ALL",
        "#100 ALL=(ALL) ALL",
        "%#1000 ALL=(ALL) ALL",
        "%:teachers ALL=(ALL) ALL",
        "+teachers ALL=(ALL) ALL",
        "u2 ALL=(www-data) ALL",
        "u2 ALL=(:disk) ALL",
        "u2 ALL=() ALL",
        "u2 ALL=(ALL, !root) ALL",
        "u2 ALL=(ALL) /usr/bin/apt-get update",
        "u2 ALL=(ALL) NOPASSWD: /sbin/shutdown, /sbin/reboot",
        "u2 ALL=(ALL) /bin/sh /opt/one.sh",
        "u2 ALL=(ALL) /opt/publish",
        "u2 server=(ALL) ALL",
        "u2 server=(ALL) ALL : other=ALL",
        "u2 ALL, !tin1-07 = (ALL) ALL",
        "u2 ALL=(ALL) ALL\nu2 ALL=(ALL) !ALL",
        "ALL, !u2 ALL=(ALL) ALL",
        "ALL, !%teachers ALL=(ALL) ALL",
        "User_Alias PUPILS = u2\nALL, !PUPILS ALL=(ALL) ALL",
        "User_Alias A = B\nUser_Alias B = A\nA ALL=(ALL) ALL",
        "Defaults:u2 !authenticate",
        "Defaults runas_default=operator\nu2 ALL=ALL",
        "Cmnd_Alias ALLOWED = /bin/ls\nu2 ALL=(ALL) ALLOWED",
        'Defaults secure_path="/usr/sbin:/usr/bin"\nDefaults env_keep += "A B = u2 ALL=(ALL) ALL"',
    ],
)
def test_who_may_not(text) -> None:
    assert not rules(text).give_everything(U2)


def test_whether_everybody_may_and_which_groups() -> None:
    every = rules("ALL ALL=(ALL) ALL")
    assert every.give_everything(STRANGER)
    assert every.give_everything(U1)
    some = rules('User_Alias G = %it\nG, %sudo, "%domain admins", %#5, u2 ALL=(ALL) ALL\n%lp ALL=/usr/bin/lp')
    assert not some.give_everything(STRANGER)
    assert some.groups() == {"it", "sudo", "domain admins"}


def plant(root: Path, files: dict[str, str]) -> None:
    for place, text in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("files", "may"),
    [
        ({}, False),
        ({"etc/sudoers.d/u2": "u2 ALL=(ALL) ALL"}, False),  # nothing brings it in
        ({"etc/sudoers": "@includedir /etc/sudoers.d", "etc/sudoers.d/u2": "u2 ALL=(ALL) ALL"}, True),
        ({"etc/sudoers": "#includedir /etc/sudoers.d", "etc/sudoers.d/u2": "u2 ALL=(ALL) ALL"}, True),
        ({"etc/sudoers": "# includedir /etc/sudoers.d", "etc/sudoers.d/u2": "u2 ALL=(ALL) ALL"}, False),
        ({"etc/sudoers": "@includedir sudoers.d", "etc/sudoers.d/u2": "u2 ALL=(ALL) ALL"}, True),
        ({"etc/sudoers": "@includedir /etc/sudoers.d", "etc/sudoers.d/u2.bak": "u2 ALL=(ALL) ALL"}, False),
        ({"etc/sudoers": "@includedir /etc/sudoers.d", "etc/sudoers.d/u2~": "u2 ALL=(ALL) ALL"}, False),
        ({"etc/sudoers": '@include "/etc/a b"', "etc/a b": "u2 ALL=(ALL) ALL"}, True),
        ({"etc/sudoers": "@include /etc/a\\ b", "etc/a b": "u2 ALL=(ALL) ALL"}, True),
        ({"etc/sudoers": "@include local  # ours", "etc/local": "u2 ALL=(ALL) ALL"}, True),
        (
            {"etc/sudoers": "@include s.%h", "etc/hostname": "tin1-07.school\n", "etc/s.tin1-07": "u2 ALL=(ALL) ALL"},
            True,
        ),
        ({"etc/sudoers": "@include /etc/sudoers\nu2 ALL=(ALL) ALL"}, True),  # brings in itself
        ({"etc/sudoers": "@include ../../../x\nu2 ALL=(ALL) ALL"}, True),
        (
            {
                "etc/sudoers": "u2 ALL=(ALL) !ALL\n@includedir /etc/sudoers.d",
                "etc/sudoers.d/a": "STAFF ALL=(ALL) ALL",
                "etc/sudoers.d/b": "User_Alias STAFF = u2",
            },
            True,
        ),
    ],
)
def test_files_that_bring_in_others(tmp_path, files, may) -> None:
    plant(tmp_path, files)
    assert sudoers.read(str(tmp_path)).give_everything(U2) is may


def test_where_one_file_may_not_be_read_it_is_not_known(tmp_path, monkeypatch) -> None:
    plant(tmp_path, {"etc/sudoers": "@includedir /etc/sudoers.d", "etc/sudoers.d/u2": "u2 ALL=(ALL) ALL"})
    real = os.open

    def refusing(path: Any, *more: Any, **named: Any) -> int:
        if str(path).endswith("sudoers.d/u2"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *more, **named)

    # Root, who runs tests in a container, may read everything: the kernel's answer is put in its place.
    monkeypatch.setattr("os.open", refusing)
    with pytest.raises(Denied):
        sudoers.read(str(tmp_path))


pieces = st.sampled_from(
    ["u2", "ALL", "=", "(", ")", ":", ",", "!", "#", "%", "\\", "\n", '"', " ", "A", "User_Alias ", "Cmnd_Alias "]
)


@given(st.one_of(st.lists(pieces, max_size=60).map("".join), st.text(max_size=200)))
@settings(max_examples=400, deadline=None)
def test_whatever_stands_there_is_read_or_passed_over(text) -> None:
    found = rules(text)
    assert found.give_everything(U2) in {True, False}
    assert found.groups() is not None


@pytest.mark.parametrize("piece", ["(", "()", "\\", '"', '"\\', "u,", "!", "=", ":", "#", " ", "/", "0.", "NOPASSWD"])
def test_hostile_lines_cost_bounded_work(piece) -> None:
    hostile = piece * 30_000
    began = time.monotonic()
    rules(f"{hostile} ALL=(ALL) ALL\nUser_Alias {hostile}\nu ALL=({hostile}) {hostile}\n@include {hostile}")
    assert time.monotonic() - began < 5
