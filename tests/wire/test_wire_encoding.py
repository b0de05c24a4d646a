"""A report decodes to what was encoded; whatever else comes is dropped alone and counted, and never raises."""

import json
import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schooldrum_wire.catalogue import METRICS, SECTIONS
from schooldrum_wire.decoding import Malformed, decode_delivery
from schooldrum_wire.encoding import encode, encode_delivery, encode_report, encode_result, fenced_rows
from schooldrum_wire.fence import Fence
from schooldrum_wire.metric import Metric
from schooldrum_wire.reading import Reading
from schooldrum_wire.report import Delivery, Now, Report, Word
from schooldrum_wire.result import Finding, Outcome
from schooldrum_wire.section import TYPES
from schooldrum_wire.sifting import sift
from schooldrum_wire.token import Token, read_token

printable = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
OURS = [metric for metric in METRICS.values() if not metric.by_collector]


def _readings(metric: Metric) -> st.SearchStrategy[Reading]:
    return st.builds(
        lambda value, labels: metric(value, **dict(zip(metric.labels, labels, strict=True))),
        st.floats(*metric.bounds),
        st.lists(printable, min_size=len(metric.labels), max_size=len(metric.labels)),
    )


findings = st.builds(
    Finding,
    probe=st.sampled_from(["cpu", "disk", "memory"]),
    outcome=st.sampled_from(list(Outcome)),
    boottime=st.floats(0, 1e8).map(lambda x: round(x, 3)),
    wall=st.floats(0, 2e9).map(lambda x: round(x, 3)),
    took=st.floats(0, 99).map(lambda x: round(x, 4)),
    readings=st.lists(
        st.sampled_from(OURS).flatmap(_readings),
        max_size=6,
        unique_by=lambda r: (r.name, str(r.labels)),
    ).map(tuple),
)


@given(st.lists(findings, max_size=5))
def test_a_report_decodes_to_what_was_encoded(several):
    results = [encode_result(finding, seq, Fence()) for seq, finding in enumerate(several, 1)]
    report = encode_report(
        run="r1", boot="b1", results=results, live=True, word=Word(word="hello", kind="start", boottime=1)
    )
    body = encode_delivery(
        [report], now=Now(boot="b1", boottime=5, wall=6), fingerprint={}, agent="0.1.0", system="linux"
    )
    delivery, refused = decode_delivery(body)
    assert refused == 0
    sifted, refused = sift(delivery)
    assert refused == 0
    assert sifted is delivery
    for finding, result in zip(several, delivery.reports[0].results, strict=True):
        assert (result.probe, result.outcome, result.boottime, result.wall, result.took) == (
            finding.probe, finding.outcome.value, finding.boottime, finding.wall, finding.took)  # fmt: skip
        assert result.readings == finding.readings
    assert decode_delivery(encode(delivery))[0] == delivery


def _delivery(**result: object) -> bytes:
    whole = {"probe": "cpu", "seq": 1, "outcome": "ok", "boottime": 1.0, "wall": 2.0, "readings": [], **result}
    report = {"run": "r", "boot": "b", "live": True, "results": [whole]}
    return json.dumps({"reports": [report], "now": {"boot": "b", "boottime": 5.0, "wall": 6.0}}).encode()


GOOD = ["school_cpu_usage_ratio", 0.5, {}]


@pytest.mark.parametrize(
    "bad",
    [
        ["school_unknown", 1, {}],
        ["school_cpu_usage_ratio", math.nan, {}],
        ["school_cpu_usage_ratio", math.inf, {}],
        ["school_cpu_usage_ratio", "1", {}],
        ["school_cpu_usage_ratio", None, {}],
        ["school_cpu_usage_ratio", True, {}],
        ["school_cpu_usage_ratio", 1, {"school": "X"}],
        ["school_cpu_usage_ratio", 1, {"machine": "X"}],
        ["school_disk_free_bytes", 1, {}],
        ["school_disk_free_bytes", 1, {"volume": ""}],
        ["school_disk_free_bytes", 1, {"volume": "a\nb"}],
        ["school_disk_free_bytes", 1, {"volume": "x" * 500}],
        ["school_disk_free_bytes", 1, {"volume": 1}],
        ["school_machine_presence", 1, {"state": "online"}],
        ["school_clock_skew_seconds", 1, {}],
        ["school_agent_cpu_seconds_total", -1, {}],
        ["school_memory_size_bytes", 1e300, {}],
        ["school_memory_size_bytes", -1, {}],
        ["up", 1, {}],
        GOOD,
        "school_cpu_usage_ratio",
        [],
        {},
        None,
        7,
    ],
)
def test_one_bad_reading_is_dropped_and_counted_and_the_rest_is_kept(bad):
    delivery, first = decode_delivery(_delivery(readings=[GOOD, bad]))
    sifted, second = sift(delivery)
    assert first + second == 1
    assert [reading.value for reading in sifted.reports[0].results[0].readings] == [0.5]
    msgspec.json.encode(sifted)


def test_a_huge_number_in_json_costs_one_reading():
    body = _delivery(readings=[GOOD]).replace(b"0.5", b"1e999")
    delivery, first = decode_delivery(body)
    assert first + sift(delivery)[1] == 1


@pytest.mark.parametrize("readings", [5, "five", {}, None])
def test_readings_that_are_no_list_are_counted(readings):
    delivery, refused = decode_delivery(_delivery(readings=readings))
    assert refused == 1
    assert delivery.reports[0].results[0].readings == ()


def test_lone_surrogates_cost_nothing_beside_them_and_can_be_stored():
    body = _delivery(reason="x", readings=[GOOD]).replace(b'"x"', b'"\\ud800"')
    sifted, refused = sift(decode_delivery(body)[0])
    assert refused == 0
    assert encode(sifted)


def test_ten_thousand_rows_and_readings_are_cut_at_the_compiled_bounds():
    tree = json.loads(_delivery(readings=[["school_disk_free_bytes", 1, {"volume": f"v{n}"}] for n in range(10_000)]))
    tree["reports"][0]["rows"] = {"volumes": [{"volume": f"v{n}"} for n in range(10_000)]}
    sifted, refused = sift(decode_delivery(json.dumps(tree).encode())[0])
    assert len(sifted.reports[0].results[0].readings) == 200
    assert len(sifted.reports[0].rows["volumes"]) == 5000
    assert refused == 9_800 + 5_000


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"reports":[]}', b'{"reports":7,"now":{}}', b'{"reports":[{}],"now":7}',
     b'{"version":2,"reports":[{"run":"a","boot":"b"}],"now":{"boot":"b","boottime":1,"wall":1}}',
     b'{"reports":[{"run":"a","boot":"b"}],"now":{"boot":"b","boottime":-1,"wall":1}}',
     b'{"reports":[{"run":"a","boot":"b"}],"now":{"boot":"b","boottime":NaN,"wall":1}}',
     b'{"a":' * 60_000 + b"1" + b"}" * 60_000],
)  # fmt: skip
def test_a_body_that_cannot_be_used_is_malformed(body):
    with pytest.raises(Malformed):
        decode_delivery(body)


def test_more_than_a_hundred_reports_are_malformed():
    tree = json.loads(_delivery())
    tree["reports"] *= 101
    with pytest.raises(Malformed, match="101 reports"):
        decode_delivery(json.dumps(tree).encode())


def test_a_newer_agent_is_understood_as_far_as_we_can():
    tree = json.loads(_delivery(readings=[GOOD], outcome="postponed", colour="blue"))
    tree["reports"][0]["mood"] = {"x": 1}
    tree["reports"][0]["word"] = {"word": "goodbye", "kind": "teleport", "boottime": 1, "extra": 1}
    tree["galaxy"] = []
    delivery, refused = decode_delivery(json.dumps(tree).encode())
    assert refused == 0
    assert sift(delivery)[1] == 0
    assert delivery.reports[0].results[0].outcome == "postponed"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_body_raises_anything_but_malformed_and_what_is_kept_can_be_encoded(data):
    tree = json.loads(_delivery(readings=[GOOD, ["school_disk_free_bytes", 1, {"volume": "C:"}]]))
    tree["reports"][0]["rows"] = {"volumes": [{"volume": "C:", "size": 5}]}
    tree["reports"][0]["sections"] = {"volumes": "0" * 64}
    tree["fingerprint"] = {"mac": ["0" * 16]}
    for _ in range(data.draw(st.integers(1, 4))):
        node = tree
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
                node = node[key]
                continue
            node[key] = data.draw(json_values)
            break
    try:
        delivery, _ = decode_delivery(json.dumps(tree).encode())
    except Malformed:
        return
    sifted, _ = sift(delivery)
    again, refused = decode_delivery(encode(sifted)) if sifted.reports else (sifted, 0)
    assert refused == 0
    assert again == sifted
    assert sift(again)[0] is again or sift(again)[0] == again


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_malformed(body):
    try:
        decode_delivery(body)
    except Malformed:
        return


def test_sections_travel_in_key_order_with_a_digest_both_sides_agree_on():
    section = SECTIONS["volumes"]
    rows = fenced_rows([section(volume="D:", size=2), section(volume="C:", size=1)], Fence())["volumes"]
    assert [row["volume"] for row in rows] == ["C:", "D:"]
    report = encode_report(
        run="r", boot="b", results=[], live=True, rows={"volumes": rows}, sections={"volumes": section.digest(rows)}
    )
    delivery, _ = sift(
        decode_delivery(
            encode_delivery([report], now=Now(boot="b", boottime=1, wall=1), fingerprint={}, agent="", system="")
        )[0]
    )
    got = delivery.reports[0]
    assert section.digest(list(got.rows["volumes"])) == got.sections["volumes"]


def test_every_column_type_is_one_json_knows():
    assert set(TYPES) == {"text", "integer", "number", "boolean"}


def test_a_token_is_read_whole_or_not_at_all():
    token = Token(authority="a" * 64, id="k7m2p9", secret="S" * 43)
    assert read_token(f"  {token}\n") == token
    assert "S" * 43 not in repr(token)
    for text in ("", "sd1.x", str(token)[:-1], str(token).replace("sd1", "sd2"), str(token) + "x"):
        with pytest.raises(ValueError, match="install code") as caught:
            read_token(text)
        assert "SSS" not in str(caught.value)


def test_a_delivery_is_frozen():
    delivery = Delivery(reports=(Report(run="r", boot="b"),), now=Now(boot="b", boottime=1, wall=1))
    with pytest.raises(AttributeError):
        delivery.agent = "x"  # type: ignore[misc]  # the point of the test
