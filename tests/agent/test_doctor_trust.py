"""What doctor says of the certificate by which the collector is known: what run would find, and what to do about it."""

import contextlib
import datetime as dt
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from tests.agent.delivery_stand_in import Reply, connect_proxy, front, pem_of, server_context
from tests.agent.test_doctor import CLOCK, config_of, enrolled, healthy, told

from schooldrum_agent import authority, bedside, doctor, pathway
from schooldrum_agent.config import Config, Misconfigured
from schooldrum_agent.faults import Failed, Fault
from schooldrum_agent.noticeboard import Notice
from schooldrum_agent.sentence import Sentence
from schooldrum_agent.sources import far_ends
from schooldrum_agent.sources.certificates import read
from schooldrum_agent.state import open_state
from schooldrum_agent.step import Step, Verdict
from schooldrum_agent.trust import Trust, office_of, trust_of
from schooldrum_agent.uplink import Endpoint, Uplink, read_endpoint
from schooldrum_wire.settings import Settings

OURS = "Schooldrum 11111111"
OFFICES, OTHERS = (trustme.CA(organization_name=name, key_type=trustme.KeyType.ECDSA) for name in (OURS, "Other"))
INSTALLED_ANEW = trustme.CA(organization_name="Schooldrum 22222222", key_type=trustme.KeyType.ECDSA)
APPLIANCE = trustme.CA(
    organization_name="Inspector\x1b[31m", organization_unit_name="Lab", key_type=trustme.KeyType.ECDSA
)
LONG_AGO = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)
A_MONTH = dt.timedelta(days=30)
STARTS, ENDS = 946684800.0, 32503680000.0
"""Of trustme's authorities: 2000 and 3000."""


@contextlib.contextmanager
def pc(
    tmp_path: Path, named: trustme.CA | None, known: trustme.CA, leaf: trustme.LeafCert, **more: str
) -> Iterator[Config]:
    """The configuration of a PC that was enrolled under `known`, while a collector shows `leaf`."""
    file = tmp_path / "ca.pem"
    file.write_text(pem_of(named) if named is not None else "")
    with front(healthy, server_context(leaf)) as server:
        config = config_of(tmp_path, **({"ca": str(file)} if named is not None else {}), **more)
        enrolled(config, f"https://127.0.0.1:{server.port}", pem_of(known))
        yield config


def steps_of(config: Config) -> dict[str, Step]:
    return {step.title["en"]: step for step in doctor.examine(config, clock=CLOCK)}


CA, CONNECTION = authority.TITLE["en"], "Connecting to the collector"


@pytest.mark.parametrize(
    ("named", "known", "issued", "ca", "connection", "words"),
    [
        (None, OFFICES, OFFICES, "good", "good", "came with adding this PC"),
        (OFFICES, OFFICES, OFFICES, "good", "good", "from "),
        (OTHERS, OFFICES, OTHERS, "good", "good", "from "),
        (OTHERS, OFFICES, OFFICES, "bad", None, "Take the key ca out"),
        (OTHERS, OFFICES, APPLIANCE, "bad", None, "issued by “Inspector[31m”. If that is the office"),
        (OTHERS, OTHERS, APPLIANCE, "bad", None, "issued by “Inspector[31m”. If that is the office"),
        (OFFICES, OFFICES, INSTALLED_ANEW, "bad", None, "ask the office for its new file"),
        (None, OFFICES, APPLIANCE, "good", "bad", "issued by “Inspector[31m”."),
        (None, OFFICES, INSTALLED_ANEW, "bad", None, "a new install code"),
    ],
)
def test_doctor_run_and_ladder_have_one_answer_to_whom_this_pc_believes(
    tmp_path: Path, named, known, issued, ca: str, connection: str | None, words: str
):
    with pc(tmp_path, named, known, issued.issue_cert("127.0.0.1")) as config:
        steps = steps_of(config)
        endpoint, trust = run_of(config)
        with contextlib.closing(Uplink(endpoint, trust=trust.context(), clock=time.monotonic)) as uplink:
            try:
                ran = uplink.get("/healthz").status == 200
            except Failed as problem:
                ran = problem.fault is not Fault.TLS_AUTHORITY
        asker = far_ends.Asker(resolvers=[], clock=time.monotonic, system="linux", rootfs="/")
        climbed = far_ends.office(asker, office_of(endpoint, trust, None), 5.0)["reason"] == ""
    assert (steps[CA].verdict, CONNECTION in steps) == (ca, connection is not None)
    told = steps[CA if ca == "bad" else CONNECTION]
    assert words in f"{steps[CA].found['en']} {told.found['en']}"
    assert set(told.found) == {"vi", "en"}
    assert ran == climbed == (connection == "good")


def test_another_server_with_a_good_certificate_is_not_taken_for_the_collector(tmp_path: Path):
    def other(_: object) -> Reply:
        return Reply(200, b"<html>It works!</html>")

    leaf = OFFICES.issue_cert("127.0.0.1")
    with front(other, server_context(leaf)) as server:
        config = config_of(tmp_path)
        enrolled(config, f"https://127.0.0.1:{server.port}", pem_of(OFFICES))
        step = steps_of(config)[CONNECTION]
    assert step.verdict is Verdict.BAD
    assert "not the collector's door for PCs" in step.found["en"]


def run_of(config: Config) -> tuple[Endpoint, Trust]:
    with contextlib.closing(open_state(config.state)) as state:
        identity = state.identity
    assert identity is not None
    return read_endpoint(identity.collector), trust_of(config, identity)


@pytest.mark.parametrize("named", [b"", b"garbage", None])
def test_a_file_that_run_would_refuse_is_told_before_anybody_is_asked(tmp_path: Path, named: bytes | None):
    with pc(tmp_path, OFFICES, OFFICES, OFFICES.issue_cert("127.0.0.1")) as config:
        file = Path(config.ca)
        file.unlink() if named is None else file.write_bytes(named)
        steps = steps_of(config)
        with pytest.raises(Misconfigured) as refused:
            run_of(config)
    assert steps[CA].verdict is Verdict.BAD
    (sentence,) = refused.value.sentences
    assert steps[CA].found == {"vi": f"{sentence.vietnamese}.", "en": f"{sentence.english}."}
    assert not {CONNECTION, "The way out (proxy)"} & steps.keys()


@pytest.mark.parametrize(
    ("cause", "has_rights", "verdict"),
    [
        (PermissionError(13, "Permission denied"), True, Verdict.BAD),
        (PermissionError(13, "Permission denied"), False, Verdict.UNKNOWN),
        (FileNotFoundError(2, "No such file"), False, Verdict.BAD),
    ],
)
def test_a_file_that_only_others_may_read_is_no_fault(cause: OSError, verdict: Verdict, *, has_rights: bool):
    problem = Misconfigured(Sentence("không đọc được", "cannot be read"))
    problem.__cause__ = cause
    step = authority.unusable(problem, has_rights=has_rights)
    assert step.verdict is verdict
    assert ("as administrator" in step.found["en"]) == (verdict is Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("dated", "now", "words"),
    [
        (True, (STARTS + ENDS) / 2, None),
        (False, ENDS + 1, None),
        (True, ENDS + 86400, ("hết hạn ngày 01/01/3000", "expired on 3000-01-01", "3000-01-02")),
        (True, STARTS - 86400, ("hiệu lực từ ngày 01/01/2000", "valid from 2000-01-01 on", "1999-12-31")),
    ],
)
def test_an_authority_out_of_its_dates_is_told_where_dates_count(now: float, words, *, dated: bool):
    step = authority.outdated(Trust(authority=pem_of(OTHERS), dated=dated, file="/etc/ca.pem"), now)
    assert (step is None) == (words is None)
    if step is not None:
        assert step.verdict is Verdict.BAD
        assert words[0] in step.found["vi"]
        assert words[1] in step.found["en"]
        assert words[2] in step.found["en"]


def test_a_leaf_out_of_its_dates_is_not_taken_for_another_authority(tmp_path: Path):
    leaf = OTHERS.issue_cert("127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO + A_MONTH)
    with pc(tmp_path, OTHERS, OFFICES, leaf) as config:
        step = steps_of(config)[CA]
    assert step.verdict is Verdict.BAD
    assert "valid from 2015-01-01 to 2015-01-31, does not count on this PC's date, 2027-01-15" in step.found["en"]
    assert "có hiệu lực từ 01/01/2015 đến 31/01/2015" in step.found["vi"]


def test_a_kept_certificate_that_is_damaged_is_not_called_good(tmp_path: Path):
    config = config_of(tmp_path)
    enrolled(config, "https://127.0.0.1:1", "-----BEGIN CERTIFICATE-----")
    steps = steps_of(config)
    assert CA not in steps
    assert "the kept certificate of the authority cannot be read" in steps[CONNECTION].found["en"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_who_answers_through_a_proxy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str):
    monkeypatch.setattr(pathway, "SECONDS", 0.5)
    with connect_proxy() as proxy:
        inspecting = APPLIANCE.issue_cert("127.0.0.1")
        with pc(tmp_path, OFFICES, OTHERS, inspecting, proxy=f"http://127.0.0.1:{proxy.port}") as config:
            code, text = told(config, language)
    assert code == 1
    through = {"vi": f"(qua proxy 127.0.0.1:{proxy.port})", "en": f"(through the proxy 127.0.0.1:{proxy.port})"}
    assert through[language] in text
    assert "“Inspector[31m”" in text
    assert {"vi": "mở kết nối mã hóa ở giữa", "en": "opens encrypted connections"}[language] not in text


@pytest.mark.parametrize(("granted", "verdict"), [(0, Verdict.GOOD), (1, Verdict.BAD)])
def test_a_certificate_older_than_granted_is_refused_as_run_refuses_it(tmp_path: Path, granted: int, verdict: Verdict):
    with pc(tmp_path, None, OFFICES, OFFICES.issue_cert("127.0.0.1", not_before=LONG_AGO)) as config:
        with contextlib.closing(open_state(config.state)) as state:
            state.keep_settings(Settings(version=1, not_before=int(LONG_AGO.timestamp()) + granted))
        step = steps_of(config)[CONNECTION]
    assert step.verdict is verdict
    assert ("an old certificate that has been replaced" in step.found["en"]) == bool(granted)


def test_who_has_no_rights_knows_how_old_a_certificate_may_be():
    assert bedside._standing(Notice(not_before=5)).settings.not_before == 5


def test_what_a_certificate_says_is_read():
    leaf = OFFICES.issue_cert("127.0.0.1", common_name="Máy chủ", not_before=LONG_AGO, not_after=LONG_AGO + A_MONTH)
    shown = read(ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode()))
    assert shown is not None
    assert shown.subject.startswith("Máy chủ")
    assert (shown.issuer, shown.organisation) == (OURS, OURS)
    assert (shown.starts, shown.ends) == (LONG_AGO.timestamp(), (LONG_AGO + A_MONTH).timestamp())
    own = read(ssl.PEM_cert_to_DER_cert(pem_of(OFFICES)))
    assert own is not None
    assert (own.starts, own.ends) == (STARTS, ENDS), "dates beyond 2049 are written in another way"
