"""Which programs are forbidden or approved where a PC stands."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schooldrum_collector.judge.faults import Faulty
from schooldrum_collector.judge.products import catalogue
from schooldrum_collector.judge.software import APPROVED, FORBIDDEN, UNLISTED, Where, meets, policy
from schooldrum_wire.fence import BLANK
from schooldrum_wire.section import Values

KNOWN = catalogue(
    {
        "dated": dt.date(2026, 1, 1),
        "product": [
            {"code": "anydesk", "name": "AnyDesk", "class": "remote_control", "names": ["anydesk *"]},
            {"code": "vnc", "name": "VNC", "class": "remote_control", "names": ["* vnc *"]},
            {"code": "veyon", "name": "Veyon", "class": "lab_management", "licence": "open", "names": ["veyon *"]},
            {"code": "zip", "name": "Zip", "class": "archiver", "names": ["zip *"]},
            {"code": "office", "name": "Office", "class": "office_suite", "names": ["office *"], "includes": ["ppt"]},
            {"code": "ppt", "name": "PowerPoint", "class": "presentation", "names": ["ppt *"]},
        ],
    }
)
LAB = Where(area="hn/q3", school="BM", level="THCS", room="BM/main/tin1", kind="lab")


def verdict(
    rules: list[dict[str, object]], name: str, where: Where = LAB, version: str | None = None
) -> tuple[str, str]:
    rows: list[Values] = [{"program": name, "version": version, "source": "registry"}]
    found = policy({"rule": rules}, KNOWN).judge(rows, where).found
    return (found[0].verdict, found[0].place) if found else (UNLISTED, "")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([], (UNLISTED, "")),
        ([{"forbidden": ["anydesk"]}], (FORBIDDEN, "/")),
        ([{"forbidden": ["class:remote_control"]}], (FORBIDDEN, "/")),
        ([{"forbidden": ["class:*"]}], (FORBIDDEN, "/")),
        ([{"forbidden": ["name:anydesk *"]}], (FORBIDDEN, "/")),
        ([{"forbidden": ["vnc", "class:game"]}], (UNLISTED, "")),
        ([{"approved": ["anydesk"]}], (APPROVED, "/")),
        # The nearest place wins, wherever it stands in the file.
        ([{"forbidden": ["anydesk"]}, {"place": "hn", "approved": ["anydesk"]}], (APPROVED, "hn")),
        ([{"place": "hn/q3", "approved": ["anydesk"]}, {"place": "hn", "forbidden": ["anydesk"]}], (APPROVED, "hn/q3")),
        ([{"place": "BM", "forbidden": ["class:*"]}, {"place": "hn/q3", "approved": ["anydesk"]}], (FORBIDDEN, "BM")),
        (
            [{"place": "BM/tin1", "approved": ["anydesk"]}, {"place": "BM", "forbidden": ["anydesk"]}],
            (APPROVED, "BM/tin1"),
        ),
        ([{"place": "BM/main/tin1", "forbidden": ["anydesk"]}], (FORBIDDEN, "BM/main/tin1")),
        ([{"place": "/BM/", "forbidden": ["anydesk"]}], (FORBIDDEN, "/BM/")),
        # Other places say nothing.
        ([{"place": "QY", "forbidden": ["anydesk"]}, {"place": "BM/tin2", "forbidden": ["anydesk"]}], (UNLISTED, "")),
        ([{"place": "h", "forbidden": ["anydesk"]}], (UNLISTED, "")),
        # In one rule a product beats a class, and forbidden beats approved.
        ([{"forbidden": ["class:*"], "approved": ["anydesk"]}], (APPROVED, "/")),
        ([{"forbidden": ["class:*"], "approved": ["class:remote_control"]}], (APPROVED, "/")),
        ([{"forbidden": ["anydesk"], "approved": ["anydesk", "class:*"]}], (FORBIDDEN, "/")),
        # Of two rules for one place, each for some of its PCs, the one written later.
        ([{"forbidden": ["anydesk"]}, {"kinds": ["lab"], "approved": ["class:remote_control"]}], (APPROVED, "/")),
        # Levels and kinds narrow.
        ([{"levels": ["THCS"], "kinds": ["lab"], "forbidden": ["anydesk"]}], (FORBIDDEN, "/")),
        ([{"levels": ["TH"], "forbidden": ["anydesk"]}], (UNLISTED, "")),
        ([{"kinds": ["office"], "forbidden": ["anydesk"]}], (UNLISTED, "")),
    ],
)
def test_a_program_is_forbidden_or_approved_by_the_nearest_place(rules, said):
    assert verdict(rules, "AnyDesk") == said


def test_places_may_be_written_as_codes_of_any_case():
    where = Where(area="", school="bm", room="bm/main/tin1")
    assert verdict([{"place": "bm/tin1", "forbidden": ["anydesk"]}], "AnyDesk", where) == (FORBIDDEN, "bm/tin1")
    campus = Where(area="", school="bm", room="bm/cs2/tin1")
    assert verdict([{"place": "bm/tin1", "forbidden": ["anydesk"]}], "AnyDesk", campus) == (UNLISTED, "")
    assert verdict([{"place": "bm/cs2/tin1", "forbidden": ["anydesk"]}], "AnyDesk", campus)[0] == FORBIDDEN


def test_a_program_no_catalogue_knows_can_be_forbidden_by_name():
    rules: list[dict[str, object]] = [{"forbidden": ["name:Phần mềm lạ *", "class:*"]}]
    assert verdict(rules, "PHAN MEM LA 2.0") == (FORBIDDEN, "/")
    assert verdict(rules, "phần mềm quen") == (UNLISTED, "")
    assert policy({"rule": rules}, KNOWN).judge([{"program": BLANK}], LAB).found == ()


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("24.06", FORBIDDEN),
        ("24.07", UNLISTED),
        ("24.10", UNLISTED),
        ("9.20", FORBIDDEN),
        (None, UNLISTED),
        ("x", UNLISTED),
    ],
)
def test_only_old_versions_are_forbidden(version, said):
    assert verdict([{"forbidden": ["zip < 24.07"]}], "Zip", version=version)[0] == said


@pytest.mark.parametrize(
    ("version", "sign", "wanted", "holds"),
    [
        ("6.0", "=", "6", True),
        ("6.01.2010", "=", "6", True),
        ("7.0", "=", "6", False),
        ("6.1", ">=", "6.0", True),
        ("6", ">=", "6.0", True),
        ("6", ">", "6.0", False),
        ("5.9", "<=", "6", True),
        ("", ">=", "6", None),
    ],
)
def test_versions(version, sign, wanted, holds):
    assert meets(version, sign, wanted) is holds


def test_what_stands_on_a_pc():
    rows: list[Values] = [
        {"program": "Veyon", "version": "4.8"},
        {"program": "Office 2016"},
        {"program": "AnyDesk", "version": "7"},
        {"program": BLANK, "version": "1"},
        {"program": "Something else"},
    ]
    found = policy({"rule": [{"forbidden": ["class:remote_control"]}]}, KNOWN).judge(rows, LAB)
    assert [(one.product, one.version, one.verdict) for one in found.found] == [
        ("anydesk", "7", FORBIDDEN),
        ("office", "2016", UNLISTED),
        ("ppt", "2016", UNLISTED),
        ("veyon", "4.8", UNLISTED),
    ]
    assert (found.programs, found.hidden, len(found.forbidden)) == (5, 1, 1)
    assert (found.installed, found.gaps) == (5, ())


def test_lists_that_were_not_told_whole():
    gaps: list[Values] = [
        {"source": "dpkg", "why": "cut", "installed": 12_875, "listed": 4_998},
        {"source": "flatpak", "why": "no_answer"},
        {"source": "snap", "why": "cut", "installed": -5, "listed": True},
        {},
    ]
    rows: list[Values] = [{"program": f"p{number}"} for number in range(5_000)]
    found = policy({}, KNOWN).judge(rows, LAB, gaps)
    assert (found.programs, found.installed) == (5_000, 12_877)
    assert [(gap.source, gap.why, gap.installed, gap.listed) for gap in found.gaps] == [
        ("dpkg", "cut", 12_875, 4_998),
        ("flatpak", "no_answer", None, None),
        ("snap", "cut", -5, None),
        ("?", "?", None, None),
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"rule": [{"forbidden": ["anydsk"]}]}, "rule 1: 'anydsk' is neither .*is anydesk meant"),
        ({"rule": [{}, {"approved": ["class:toys"]}]}, "rule 2: 'class:toys': the classes are"),
        ({"rule": [{"forbidden": ["name:*"]}]}, "names nothing"),
        ({"rule": [{"forbiden": []}]}, "the key 'forbiden' is not known; allowed: place, levels, kinds, forbidden"),
        ({"rule": [{}, {"kinds": ["labb"]}]}, "rule 2, kinds: no room is of the kind 'labb'; allowed: lab, classroom"),
        ({"rule": [{"place": "BM/a"}, {"place": "BM/main/a/"}]}, "rule 2: the place 'BM/main/a' stands in rule 1"),
        ({"rule": [{"place": "B\x1bM"}]}, "rule 1, place: .* holds control characters"),
        ({"rule": [{"forbidden": "anydesk"}]}, "rule 1: forbidden: cannot be used; allowed: "),
        ({"rule": {"place": "BM"}}, "one \\[\\[rule\\]\\]"),
        ({"rules": []}, "'rules': the file holds"),
        ({"dated": "2026-11-21"}, "dated: write the day of the file, as 2026-11-21"),
        ({"dated": dt.datetime(2026, 11, 21, tzinfo=dt.UTC)}, "dated: write the day of the file"),
        ({"rule": [{"forbidden": ["anydesk <"]}]}, "is neither CODE"),
    ],
)
def test_faulty_lists_name_the_rule(data, sentence):
    with pytest.raises(Faulty, match=sentence):
        policy(data, KNOWN)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["program", "version", "publisher", "code", "source", "bits"]), st.text(max_size=30)
        ),
        max_size=20,
    )
)
@settings(max_examples=100, deadline=None)
def test_any_rows_are_judged(rows):
    found = policy({"rule": [{"forbidden": ["class:*", "name:a *", "zip < 3"]}]}, KNOWN).judge(rows, LAB)
    assert found.programs == len(rows) >= found.hidden
