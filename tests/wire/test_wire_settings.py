"""Whatever a collector offers, an agent stays within the bounds compiled into it."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_wire import settings
from schooldrum_wire.paces import FASTEST_SECONDS
from schooldrum_wire.settings import Settings, accept

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
offers = anything | st.fixed_dictionaries(
    {},
    optional={
        "version": anything | st.integers(0, 9),
        "beat": anything | st.integers(-5, 2000),
        "pace": anything
        | st.dictionaries(
            st.text(max_size=50) | st.sampled_from(sorted(FASTEST_SECONDS)), st.integers(-5, 10**7), max_size=5
        ),
        "backlog_per_beat": anything,
        "language": anything,
        "not_before": anything,
        "observer": anything,
        "services": anything
        | st.dictionaries(
            st.from_regex(r"[a-z0-9-]{1,4}", fullmatch=True),
            st.tuples(
                st.sampled_from(["dns", "https", "mail", "ftp"]),
                st.sampled_from(
                    [
                        "csdl.moet.gov.vn",
                        "10.0.0.1",
                        "[::1]",
                        "a.local",
                        "router.lan",
                        "localhost",
                        "x:80.vn",
                        "a.vn/path",
                        "A.VN",
                        "1.2.3.4.in-addr.arpa",
                        "a..vn",
                        "-a.vn",
                        "0x7f.1",
                        "127.1",
                        "a.vn.",
                    ]
                )
                | st.text(max_size=20),
            ),
            max_size=70,
        ),
        "collector": st.text(),
        "command": st.text(),
        "ca": st.text(),
    },
)


@given(offers)
def test_no_offer_leaves_the_compiled_bounds(offer):
    standing = Settings(version=3, beat=30, not_before=1000)
    taken, refusals = accept(offer, standing)
    assert settings.BEAT_SECONDS[0] <= taken.beat <= settings.BEAT_SECONDS[1]
    assert settings.BACKLOG_PER_BEAT[0] <= taken.backlog_per_beat <= settings.BACKLOG_PER_BEAT[1]
    assert taken.language in settings.LANGUAGES
    assert taken.version >= standing.version
    assert taken.not_before >= standing.not_before
    for probe, seconds in taken.pace.items():
        assert FASTEST_SECONDS[probe] <= seconds <= settings.PACE_SECONDS[1]
    assert len(refusals) <= 20
    assert isinstance(taken.observer, bool)
    assert len(taken.services) <= settings.SERVICES_MOST
    for name, (kind, host) in taken.services.items():
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name)
        assert kind in settings.SERVICE_KINDS
        assert re.fullmatch(r"[a-z0-9.-]+\.[a-z][a-z0-9-]*[a-z0-9]", host)
        assert host.rpartition(".")[2] not in {"local", "lan", "localhost", "arpa", "internal", "home"}
    assert set(Settings.__struct_fields__) == {
        "version", "beat", "pace", "backlog_per_beat", "language", "not_before", "observer", "services",
    }  # fmt: skip


def test_a_sound_offer_is_taken_whole():
    offer = {"version": 4, "beat": 10, "pace": {"cpu": 30}, "backlog_per_beat": 5, "language": "en", "not_before": 5}
    offer |= {"observer": True, "services": {"csdl": ["https", "csdl.moet.gov.vn"]}}
    taken, refusals = accept(offer, Settings(version=3))
    assert refusals == ()
    services = {"csdl": ("https", "csdl.moet.gov.vn")}
    taken_whole = msgspec.structs.replace(taken, observer=False, services={})
    assert (taken.observer, taken.services) == (True, services)
    assert taken_whole == Settings(
        version=4, beat=10, pace={"cpu": 30}, backlog_per_beat=5, language="en", not_before=5
    )


@pytest.mark.parametrize("name", [name for name in Settings.__struct_fields__ if name not in {"version", "not_before"}])
def test_what_returns_to_what_is_usual_arrives(name):
    others = {
        "beat": 300, "pace": {"cpu": 30}, "backlog_per_beat": 5, "language": "en", "observer": True,
        "services": {"csdl": ("https", "csdl.moet.gov.vn")},
    }  # fmt: skip
    standing = msgspec.structs.replace(Settings(version=3), **{name: others[name]})
    usual = Settings(version=4)
    assert accept(msgspec.json.decode(msgspec.json.encode(usual)), standing) == (usual, ())


@pytest.mark.parametrize(
    ("offer", "word"),
    [
        ({"version": 4, "beat": 0}, "beat"),
        ({"version": 4, "beat": 901}, "beat"),
        ({"version": 4, "beat": True}, "beat"),
        ({"version": 4, "language": "fr"}, "language"),
        ({"version": 4, "pace": {"cpu": 0}}, "cpu"),
        ({"version": 4, "pace": []}, "pace"),
        ({"version": 4, "pace": {"disk": 1}}, "pace.disk: 1 is not a whole number from 30 to 604800"),
        ({"version": 4, "pace": {"incidents": 60}}, "pace: 'incidents' is no probe of this version"),
        ({"version": 4, "not_before": 99}, "not_before"),
        ({"version": 2, "beat": 5}, "older"),
        ({"version": 4, "observer": 1}, "observer"),
        ({"version": 4, "services": []}, "services"),
        ({"version": 4, "services": {"a": ["https", "192.0.2.1"]}}, "public DNS name"),
        ({"version": 4, "services": {"a": ["https", "nas.local"]}}, "somebody's own network"),
        ({"version": 4, "services": {"a": ["https", "a.vn:8443"]}}, "public DNS name"),
        ({"version": 4, "services": {"a": ["ssh", "a.vn"]}}, "none of"),
        ({"version": 4, "services": {"A b": ["dns", "a.vn"]}}, "short name"),
        ([], "not an object"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name_and_the_standing_value_stays(offer, word):
    standing = Settings(version=3, beat=77, not_before=100)
    taken, refusals = accept(offer, standing)
    assert taken.beat == 77
    assert any(word in sentence for sentence in refusals)
