"""Whoever stands at the far end of the way and needs more than one packet: the collector, known pages, public sites."""

from collections.abc import Callable
from typing import Any

import msgspec

from schooldrum_agent.sources import certificates, dns, files, http_get, names, net
from schooldrum_agent.targets import DNS_PORT, Certified, Office, Page


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """By which resolvers, clock and system somebody is asked."""

    resolvers: list[str]
    clock: Callable[[], float]
    system: str
    rootfs: str


def _addresses(asker: Asker, host: str, seconds: float) -> names.Found:
    """The addresses of a host: itself, the hosts file's, or the resolvers'."""
    if net.kind_of(host) != "other":
        return names.Found(values=(host,))
    root, path = names.hosts_file(asker.rootfs, asker.system)
    written = net.in_hosts(files.text_or_none(root, path) or "", host)
    if written:
        return names.Found(values=tuple(written))
    resolvers = asker.resolvers
    found = names.look_up(host, dns.A, resolvers, seconds=seconds / 2, clock=asker.clock, port=DNS_PORT)
    if found.values or found.reason not in {"", "no_such_name"}:
        return found
    return names.look_up(host, dns.AAAA, resolvers, seconds=seconds / 2, clock=asker.clock, port=DNS_PORT)


def office(asker: Asker, known: Office, seconds: float) -> dict[str, Any]:
    """{reason, family, named, phases, status}: whether the pinned collector answers; `named`: its name was found."""
    began = asker.clock()
    found = _addresses(asker, known.proxy[0] if known.proxy is not None else known.host, seconds)
    if not found.values:
        return {"reason": found.reason, "family": "ipv4", "named": False, "phases": {"resolve": found.seconds}}
    trust = certificates.pinned(known.authority, dated=known.dated) if known.secure else None
    answer = http_get.Page(reason="timeout")
    address = found.values[0]
    for number, address in enumerate(found.values[:2]):
        left = seconds - (asker.clock() - began)
        answer = http_get.get(
            http_get.Wish(
                host=known.host,
                address=address,
                port=known.port,
                trust=trust,
                path="/healthz",
                through=known.proxy[1] if known.proxy is not None else 0,
            ),
            seconds=left / 2 if number == 0 and len(found.values) > 1 else left,
            clock=asker.clock,
        )
        if not answer.reason:
            break
    phases = {"resolve": found.seconds, **answer.phases}
    return {
        "reason": answer.reason,
        "family": "ipv6" if ":" in address else "ipv4",
        "named": True,
        "phases": phases,
        "status": answer.status,
    }


def page(asker: Asker, known: Page, seconds: float) -> dict[str, Any]:
    """{reason, known}: whether a page came at all, and whether it is the one that stands there for everybody."""
    began = asker.clock()
    found = _addresses(asker, known.host, seconds)
    if not found.values:
        return {"reason": found.reason or "no_such_name", "known": False}
    left = seconds - (asker.clock() - began)
    wish = http_get.Wish(host=known.host, address=found.values[0], port=known.port, path=known.path)
    answer = http_get.get(wish, seconds=left, clock=asker.clock)
    is_known = answer.status == known.status and answer.body.strip() == known.body.encode()
    return {"reason": answer.reason if not answer.status else "", "known": is_known}


def certified(asker: Asker, one: Certified, seconds: float) -> dict[str, Any]:
    """{reason, issuer, known}: who issued the certificate that is shown in a public site's place."""
    began = asker.clock()
    found = _addresses(asker, one.host, seconds)
    if not found.values:
        return {"reason": found.reason or "no_such_name", "known": False}
    left = seconds - (asker.clock() - began)
    wish = http_get.Wish(host=one.host, address=found.values[0], port=one.port, trust=certificates.blind())
    answer = http_get.get(wish, seconds=left, clock=asker.clock)
    shown = certificates.read(answer.certificate)
    issuer = shown.organisation if shown is not None else ""
    return {"reason": answer.reason, "known": not issuer or issuer.startswith(one.issuer)}
