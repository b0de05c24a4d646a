from pathlib import Path

import pytest

from schooldrum_collector.judge.lines import RegisteredLine, line_by, network, provider_of
from schooldrum_collector.store.records import Area, Room, School, Scope
from schooldrum_collector.store.sqlite import open_store

MAIN = RegisteredLine(
    school="BM", site="main", code="main", provider="VNPT", customer="hn_1", networks=("203.113.0.7", "2402:800::/48")
)
SECOND = RegisteredLine(school="BM", site="main", code="second", provider="Viettel", networks=("203.113.0.0/24",))


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("203.113.0.7", MAIN),
        ("::ffff:203.113.0.7", MAIN),
        ("203.113.0.8", SECOND),
        ("2402:800::1", MAIN),
        ("2402:801::1", None),
        ("10.0.0.1", None),
        ("", None),
        ("unix:", None),
    ],
)
def test_lines_a_report_came_by_the_narrowest_network_that_holds_it(address: str, line: RegisteredLine | None):
    assert line_by((MAIN, SECOND), address) == line
    assert provider_of((MAIN, SECOND), address) == (line.provider if line else "")


def test_lines_the_only_one_is_the_one_unless_its_addresses_say_otherwise():
    plain = RegisteredLine(school="BM", site="main", code="main", provider="FPT")
    assert provider_of((plain,), "1.2.3.4") == "FPT"
    assert provider_of((MAIN,), "1.2.3.4") == ""
    assert provider_of((), "1.2.3.4") == ""


@pytest.mark.parametrize(
    "written", ["127.0.0.1", "0.0.0.0/0", "::/0", "169.254.1.1", "224.0.0.1", "x", "1.2.3.4/99", ""]
)
def test_lines_addresses_that_no_line_has_are_refused(written: str):
    with pytest.raises(ValueError, match=r".+"):
        network(written)


def test_lines_networks_are_kept_in_one_form():
    assert network(" 203.113.0.9/24 ") == "203.113.0.0/24"
    assert network("203.113.0.9/32") == "203.113.0.9"


def test_lines_are_kept_and_seen_in_scope(tmp_path: Path):
    store = open_store(tmp_path, clock=lambda: 1.0)
    try:
        with store.writing() as writer:
            writer.put_area(Area(path="hn", name="Hà Nội"))
            writer.put_school(School(code="BM", name="Bình Minh", area="hn"))
            writer.put_room(Room(school="BM", code="tin1", name="Tin 1"))
            writer.put_line(MAIN)
            writer.put_line(SECOND)
            assert writer.lines(Scope(school="BM")) == [MAIN, SECOND]
            assert writer.lines(Scope(school="QY")) == []
        assert store.register().lines == {"BM/main/main": MAIN, "BM/main/second": SECOND}
        with store.writing() as writer:
            writer.forget_line(SECOND.path)
        assert list(store.register().lines) == ["BM/main/main"]
    finally:
        store.close()
