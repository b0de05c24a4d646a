"""Which addresses a DNS name has, by the resolvers of this machine."""

import os
import socket
from collections.abc import Callable, Sequence

import msgspec

from schooldrum_agent.sources import dns, echo, volley
from schooldrum_agent.sources.volley import Question

_AGAIN = 0.4


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the addresses or names, or the reason why there are none; `seconds` it took."""

    values: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0


def look_up(
    name: str,
    kind: int,
    resolvers: Sequence[str],
    *,
    seconds: float,
    clock: Callable[[], float],
    port: int = 53,
) -> Found:
    """Asks all resolvers the same and takes the first sound answer; `kind` is dns.A, dns.AAAA or dns.MX.

    Raises nothing that a network could cause.
    """
    if not resolvers:
        return Found(reason="no_tool")
    questions = []
    for number, resolver in enumerate(resolvers):
        for after in (0.0, seconds * _AGAIN):
            body = dns.question(name, kind, dns.fresh(), recursive=True)
            one = Question(
                key="name", how=volley.DNS, address=resolver, port=port, body=body, after=after + number * 0.02,
                last=after > 0 or number > 0,
            )  # fmt: skip
            questions.append(one)
    began = clock()
    heard = volley.volley(questions, seconds=seconds, clock=clock, first=True)
    took = clock() - began
    reasons = []
    for answered in (one for one in heard if one.seconds is not None):
        message = dns.answer(answered.raw, answered.question.body)
        if message is not None and message.truncated:
            message = _over_tcp(answered.question, left=seconds - took, clock=clock) or message
        why = dns.reason(message)
        if message is not None and not why:
            values = dns.addresses(message, name) if kind in {dns.A, dns.AAAA} else _exchangers(message)
            return Found(values=tuple(values), reason="" if values else "no_such_name", seconds=took)
        reasons.append(why)
    reasons += [silent.reason for silent in heard if silent.seconds is None]
    return Found(reason=reasons[0] if reasons else "timeout", seconds=took)


def _exchangers(message: dns.Message) -> list[str]:
    return [record.value for record in message.records if record.kind == dns.MX]


def _over_tcp(one: Question, *, left: float, clock: Callable[[], float]) -> dns.Message | None:
    deadline = clock() + max(0.0, left)
    received = b""
    try:
        with socket.socket(echo.family(one.address), socket.SOCK_STREAM) as sock:
            sock.settimeout(max(0.01, deadline - clock()))
            sock.connect((one.address, one.port))
            sock.sendall(len(one.body).to_bytes(2) + one.body)
            while len(received) < 2 or len(received) < 2 + int.from_bytes(received[:2]):  # noqa: PLR2004 - its length
                left = deadline - clock()
                if left <= 0 or len(received) > dns.LARGEST:
                    return None
                sock.settimeout(left)
                more = sock.recv(dns.LARGEST)
                if not more:
                    return None
                received += more
    except OSError:
        return None
    return dns.answer(received[2:], one.body)


def hosts_file(rootfs: str, system: str) -> tuple[str, str]:
    """Where this system's hosts file lies: the root and the path below it."""
    if system != "win32":
        return rootfs, "etc/hosts"
    return os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32/drivers/etc/hosts"
