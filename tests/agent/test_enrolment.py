import secrets
import socket
import ssl
import threading
import time
from typing import Any

import msgspec
import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.agent.delivery_stand_in import CREDENTIAL, FINGERPRINT, Front, Reply, Request, front, pem_of, server_context

from schooldrum_agent.enrolment import Enrolled, enrol, read_trouble, refused, repair
from schooldrum_agent.faults import Failed, Fault
from schooldrum_agent.sentence import Sentence
from schooldrum_agent.state import Identity
from schooldrum_agent.trust import pin_of, trust_only
from schooldrum_agent.uplink import Answer, Uplink, read_endpoint
from schooldrum_wire.settings import BEAT_SECONDS, Settings
from schooldrum_wire.token import Token

HOST = {"system": "linux", "release": "12"}
ANSWER = {
    "machine": "m-7",
    "credential": "N" * 43,
    "state": "active",
    "place": "DEMO/main/TIN1",
    "alias": "tin1-07",
    "salt": "00ff",
    "settings": {"version": 4, "beat": 30},
}


def token(pin: str = "0" * 64) -> Token:
    return Token(authority=pin, id="abcdef", secret=secrets.token_urlsafe(32))


def created(**changes: Any) -> Reply:
    return Reply(201, msgspec.json.encode({**ANSWER, **changes}))


def enrol_at(server: Front, code: Token | None = None, **kwargs: Any) -> Enrolled:
    scheme = "https" if server.context else "http"
    return enrol(
        code or token(),
        f"{scheme}://127.0.0.1:{server.port}",
        fingerprint=FINGERPRINT,
        host=HOST,
        clock=time.monotonic,
        **kwargs,
    )


def test_a_machine_is_added_over_the_pinned_authority():
    authority = trustme.CA()
    code = token(pin_of(pem_of(authority)))

    def answering(request: Request) -> Reply:
        return Reply(200, pem_of(authority).encode()) if request.path == "/v1/ca" else created()

    with front(answering, server_context(authority.issue_cert("127.0.0.1"))) as server:
        enrolled = enrol_at(server, code, seat=7)
        identity = enrolled.identity
        assert (identity.machine, identity.credential, identity.alias) == ("m-7", "N" * 43, "tin1-07")
        assert (identity.collector, identity.fingerprint) == (f"https://127.0.0.1:{server.port}", FINGERPRINT)
        assert pin_of(identity.authority) == code.authority
        assert enrolled.settings == Settings(version=4, beat=30)
        asked = server.requests[-1].json()
        assert asked["token"] == str(code)
        assert (asked["host"], asked["seat"]) == (HOST, 7)


def test_a_given_certificate_saves_the_question_but_not_the_pin():
    authority = trustme.CA()
    with front(lambda _: created(), server_context(authority.issue_cert("127.0.0.1"))) as server:
        enrol_at(server, token(pin_of(pem_of(authority))), authority=pem_of(authority))
        assert [request.path for request in server.requests] == ["/v1/enrol"]
        for given_authority in (pem_of(trustme.CA()), "no certificate"):
            with pytest.raises(Failed) as caught:
                enrol_at(server, token(pin_of(pem_of(authority))), authority=given_authority)
            assert caught.value.fault is Fault.PIN
        assert len(server.requests) == 1


def test_the_office_that_gave_the_key_is_shown_it_and_no_other():
    authority, other = trustme.CA(), trustme.CA()
    here = pem_of(authority)
    code = token(pin_of(here))
    with front(lambda _: created(), server_context(authority.issue_cert("127.0.0.1"))) as server:

        def shown(**changes: str) -> str:
            address = f"https://127.0.0.1:{server.port}"
            before = Identity(
                machine="m-7",
                place="DEMO/main/TIN1",
                alias="tin1-07",
                state="active",
                credential="K" * 43,
                collector=address,
                authority=here,
            )
            enrol_at(server, code, authority=here, before=msgspec.structs.replace(before, **changes))
            return str(server.requests[-1].json().get("credential", ""))

        assert shown() == "K" * 43
        assert shown(collector="https://moved.example", authority="\n" + here) == "K" * 43
        for elsewhere in (pem_of(other), "", "damaged"):
            assert shown(authority=elsewhere) == ""
    with front(lambda _: created(), None) as server:
        plain = Identity(
            machine="m-7",
            place="DEMO/main/TIN1",
            alias="tin1-07",
            state="active",
            credential="K" * 43,
            collector=f"http://127.0.0.1:{server.port}",
        )
        for before, key in (
            (plain, "K" * 43),
            (msgspec.structs.replace(plain, collector="http://127.0.0.1:9"), None),
            (msgspec.structs.replace(plain, authority=here), None),
        ):
            enrol_at(server, before=before)
            assert server.requests[-1].json().get("credential") == key


def everything_sent_to(context: ssl.SSLContext, pem: str, code: Token) -> tuple[bytes, Fault]:
    """Every byte of plain text that enrolling sends to a server that we hold the key of."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            with raw:
                raw.settimeout(3)
                try:
                    with context.wrap_socket(raw, server_side=True) as sock:
                        while data := sock.recv(65536):
                            received.append(data)
                            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(pem)}\r\n\r\n"
                            sock.sendall((head + pem).encode())
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with pytest.raises(Failed) as caught:
        enrol(
            code,
            f"https://127.0.0.1:{listener.getsockname()[1]}",
            fingerprint=FINGERPRINT,
            host=HOST,
            clock=time.monotonic,
        )
    socket.socket.shutdown(listener, socket.SHUT_RDWR)
    listener.close()
    thread.join()
    return b"".join(received), caught.value.fault


def test_with_a_wrong_pin_not_a_byte_of_the_code_is_sent():
    impostor, real = trustme.CA(), trustme.CA()
    code = token(pin_of(pem_of(real)))
    context = server_context(impostor.issue_cert("127.0.0.1"))
    # It shows its own authority, or copies the real one (which is public) without having its key.
    for shown, fault in ((impostor, Fault.PIN), (real, Fault.TLS_AUTHORITY)):
        sent, found = everything_sent_to(context, pem_of(shown), code)
        assert found is fault
        assert sent.startswith(b"GET /v1/ca ")
        for secret in (code.secret, code.id, code.authority, "sd1."):
            assert secret.encode() not in sent


def test_plain_http_off_this_machine_is_refused_without_a_packet():
    with pytest.raises(Failed) as caught:
        enrol(token(), "http://192.0.2.1:8801", fingerprint={}, host=HOST, clock=time.monotonic)
    assert caught.value.fault is Fault.ADDRESS


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(403, b'{"error":"token","message":"expired"}'), Fault.TOKEN),
        (Reply(429, b"{}", {"Retry-After": "60"}), Fault.BUSY),
        (Reply(503), Fault.BUSY),
        (Reply(404, b"<html>"), Fault.NOT_FOUND),
        (Reply(422, b'{"error":"malformed","message":"x"}'), Fault.MALFORMED),
        (Reply(500), Fault.SERVER),
        (Reply(201, b"not json"), Fault.GARBLED),
        (Reply(201, b"[]"), Fault.GARBLED),
        (Reply(201, b"{}"), Fault.GARBLED),
        (Reply(201, b"[" * 100_000), Fault.GARBLED),
        (created(credential="short"), Fault.GARBLED),
        (created(credential="x" * 42 + "\n"), Fault.GARBLED),
        (created(credential="x" * 42 + "\r\n"), Fault.GARBLED),
        (created(machine=""), Fault.GARBLED),
        (created(alias="a\nb"), Fault.GARBLED),
        (created(salt="zz"), Fault.GARBLED),
        (created(state=7), Fault.GARBLED),
    ],
)
def test_every_other_answer_is_a_fault_with_a_name(reply: Reply, fault: Fault):
    code = token()
    with front(lambda _: reply) as server, pytest.raises(Failed) as caught:
        enrol_at(server, code)
    assert caught.value.fault is fault
    assert code.secret not in str(caught.value)
    if "Retry-After" in reply.headers:
        assert caught.value.retry_after == 60


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=6,
)
offered_settings = st.dictionaries(st.sampled_from(["version", *Settings.__struct_fields__]), json_values) | json_values


@given(offered_settings)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_settings_undo_an_enrolment_or_leave_their_bounds(offered: Any):
    with front(lambda _: created(settings=offered)) as server:
        enrolled = enrol_at(server)
    assert BEAT_SECONDS[0] <= enrolled.settings.beat <= BEAT_SECONDS[1]
    assert enrolled.settings.not_before == 0


def test_a_certificate_start_that_would_lock_this_agent_out_is_not_taken():
    with front(lambda _: created(settings={"version": 2, "not_before": 2**39, "beat": 90})) as server:
        enrolled = enrol_at(server)
    assert (enrolled.settings.not_before, enrolled.settings.beat) == (0, 90)
    assert "not_before" in enrolled.refusals[0]


def test_a_repair_shows_credential_and_ticket_and_keeps_collector_and_authority():
    before = Identity(
        machine="m-1",
        credential=CREDENTIAL,
        place="DEMO/main/TIN1",
        alias="tin1-01",
        state="active",
        collector="http://127.0.0.1:1",
        authority="",
        fingerprint={"uuid": ("0" * 16,)},
    )
    with front(lambda _: created()) as server:
        uplink = Uplink(read_endpoint(f"http://127.0.0.1:{server.port}"), trust=trust_only(""), clock=time.monotonic)
        enrolled = repair(uplink, before, "ticket-1", fingerprint=FINGERPRINT, host=HOST, not_before=55)
        uplink.close()
    asked = server.requests[0].json()
    assert (asked["credential"], asked["ticket"], "token" in asked) == (CREDENTIAL, "ticket-1", False)
    assert enrolled.identity.credential == "N" * 43
    assert (enrolled.identity.collector, enrolled.identity.fingerprint) == (before.collector, FINGERPRINT)
    assert enrolled.settings.not_before == 55


@given(st.binary(max_size=200) | json_values.map(msgspec.json.encode))
@settings(deadline=None)
def test_no_trouble_is_trouble(body: bytes):
    read_trouble(body)


def test_a_message_of_the_collector_is_made_printable_and_short():
    said = read_trouble(
        msgspec.json.encode({"error": "e" * 100, "message": "a\x1b[2J\r\nb\n" + "c" * 999, "ticket": "t" * 999})
    )
    assert said.message.startswith("a[2Jbccc")
    assert len(said.message) <= 300
    assert (len(said.error), said.ticket) == (40, "")


@pytest.mark.parametrize(
    ("message", "vietnamese", "english"),
    [
        ("Máy chủ đang bận.\nThe collector is busy.", "Máy chủ đang bận.", "The collector is busy."),
        ("The report is not JSON.", "The report is not JSON.", "The report is not JSON."),
        ("x" * 999 + "\n\x1b" + "y" * 999, "x" * 300, "y" * 299),
    ],
)
def test_what_the_collector_says_is_told_in_one_language(message: str, vietnamese: str, english: str):
    body = msgspec.json.encode({"error": "busy", "message": message})
    problem = refused(Answer(status=503, body=body, retry_after=7))
    assert (problem.fault, problem.retry_after) == (Fault.BUSY, 7)
    # The log is English.
    assert str(problem) == f"busy: status 503: {english}"
    assert problem.said == Sentence(f"status 503: {vietnamese}", f"status 503: {english}")


def test_a_collector_that_says_nothing_is_told_by_its_status():
    problem = refused(Answer(status=503, body=b"<html>"))
    assert (str(problem), problem.said) == ("busy: status 503", None)
