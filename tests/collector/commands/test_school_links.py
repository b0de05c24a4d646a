"""`school link`: made, listed, taken back; the secret is shown once and kept nowhere."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schooldrum_collector.store.records import EVERYTHING
from schooldrum_collector.store.sqlite import open_store
from schooldrum_collector.web.visitors import link_of

Typed = Callable[..., Any]


def test_made_listed_and_taken_back(school: Typed, data: Path) -> None:
    made = school("school", "link", "new", "--school", "BM", "--days", "30")
    assert made.code == 0
    address = made.out.strip()
    assert address.startswith("http://127.0.0.1:8800/enter#")
    assert "this machine alone" in made.err
    code = address.rpartition("#")[2]
    secret = code.partition(".")[2]
    listed = school("school", "link", "list", "--json")
    assert secret not in listed.out
    (one,) = listed.data()
    assert (one["school"], one["good"]) == ("BM", True)
    store = open_store(data, clock=time.time, serving=False)
    link = link_of(store.register(), code, time.time())
    assert link is not None
    assert 29 * 86400 < link.expires - time.time() < 30 * 86400
    assert [(line.action, line.subject) for line in store.changes(EVERYTHING, 0)][-1] == ("link.new", "BM")
    assert not any(secret.encode() in file.read_bytes() for file in data.iterdir() if file.is_file())
    # Seen by the collector that runs beside it, whichever part of it was pasted.
    assert school("school", "link", "revoke", address).code == 0
    assert link_of(store.register(), code, time.time()) is None
    store.close()
    assert school("school", "link", "revoke", one["id"]).code == 0
    assert "revoked" in school("school", "link", "list").out
    assert "đã thu hồi" in school("school", "link", "list", "--scope", "BM", lang="vi").out
    assert school("school", "link", "list", "--scope", "QY", "--json").data() == []


def test_the_address_is_the_one_people_use(school: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_OFFICE_URL", "https://truong.example.vn/")
    said = school("school", "link", "new", "--school", "BM", "--json")
    assert said.data()["link"] == f"https://truong.example.vn/enter#{said.data()['code']}"


@pytest.mark.parametrize(
    "words",
    [
        ("new", "--school", "NONE"),
        ("new", "--school", "BM", "--days", "0"),
        ("new", "--school", "BM", "--days", "0.00001"),
        ("new", "--school", "BM", "--days", "9999"),
        ("new", "--school", "BM", "--days", "nan"),
        ("revoke", "nothing"),
        ("list", "--scope", "NONE"),
    ],
)
def test_what_cannot_be(school: Typed, words: tuple[str, ...]) -> None:
    said = school("school", "link", *words)
    assert said.code == 1
    assert said.err
    assert school("school", "link", "list", "--json").data() == []
