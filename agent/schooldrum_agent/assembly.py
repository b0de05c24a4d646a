"""How an agent is put together on this PC: its directories, its road to the collector, its probes."""

import logging
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom
from typing import Any

from schooldrum_agent.agent import Agent, Parts
from schooldrum_agent.clock import Clock
from schooldrum_agent.config import Config, Misconfigured, check_probes
from schooldrum_agent.courier import Courier
from schooldrum_agent.examine import examine
from schooldrum_agent.faults import Failed
from schooldrum_agent.identity import account_names, read_fingerprint
from schooldrum_agent.leash import clean_environment, program
from schooldrum_agent.probe import Doors
from schooldrum_agent.probes import PROBES
from schooldrum_agent.proxy import find_proxy
from schooldrum_agent.runner import Runner
from schooldrum_agent.sources import boot
from schooldrum_agent.spool import open_spool
from schooldrum_agent.state import Identity, State, open_state
from schooldrum_agent.uplink import Uplink, pin_of, read_endpoint, trust_only
from schooldrum_wire.fence import Fence, folded_names
from schooldrum_wire.result import Finding

_LARGEST_CERTIFICATE = 1 << 20
_log = logging.getLogger(__name__)


class NotEnrolled(Exception):  # noqa: N818 - it says what this PC is
    """This PC does not report to any collector yet."""


def doors_of(config: Config, clock: Clock, said: Callable[[], dict[str, float]] = dict) -> Doors:
    """The doors that the configuration names."""
    return Doors(
        procfs=config.procfs,
        sysfs=config.sysfs,
        rootfs=config.rootfs,
        boottime=clock.boottime,
        wall=clock.wall,
        said=said,
    )


def fence_of(config: Config, clock: Clock, system: str, identity: Identity | None) -> Fence:
    """The fence around this PC's people, as its accounts are now, with the school's salt."""
    names = account_names(doors_of(config, clock), system)
    return Fence(names=folded_names(names), salt=bytes.fromhex(identity.salt) if identity is not None else b"")


def runner_of(
    config: Config, clock: Clock, system: str, environ: Mapping[str, str]
) -> Callable[
    [Callable[[Callable[[], None]], None], Callable[[Finding], None], Callable[[], dict[str, float]]], Runner
]:
    """What makes a runner for this PC, as Parts wants it."""

    def make(
        post: Callable[[Callable[[], None]], None],
        found: Callable[[Finding], None],
        said: Callable[[], dict[str, float]],
    ) -> Runner:
        return Runner(
            doors=doors_of(config, clock, said),
            clock=clock,
            system=system,
            post=post,
            found=found,
            command=[*program(), "child"],
            environment=clean_environment(environ, system, sys.path),
        )

    return make


def host_of(config: Config, clock: Clock, system: str) -> dict[str, str]:
    """{system, release}: what this PC runs, as enrolments and deliveries say it; never the PC's own name.

    It leaves outside of any row, so it passes the fence here: an image's maker names the system as he likes.
    """
    fence = fence_of(config, clock, system, None)
    host = next(probe for probe in PROBES if probe.name == "host")
    rows = examine(host, doors_of(config, clock), system).rows
    told: dict[str, Any] = rows[0].values if rows else {}
    fallback = "windows" if system == "win32" else system
    return {
        "system": fence.clean(str(told.get("system") or fallback)),
        "release": fence.clean(str(told.get("release") or "")),
    }


def authority_of(config: Config) -> str:
    """The certificate (PEM) that the configuration names, empty where it names none.

    Raises:
        Misconfigured: the file cannot be read, or is no certificate.
    """
    if not config.ca:
        return ""
    try:
        with Path(config.ca).open("rb") as file:
            pem = file.read(_LARGEST_CERTIFICATE).decode("ascii")
        pin_of(pem)
    except OSError as problem:
        raise Misconfigured(f"ca: {config.ca} cannot be read: {problem.strerror}") from problem
    except ValueError as problem:
        raise Misconfigured(f"ca: {config.ca} is no certificate in PEM form") from problem
    return pem


def assemble(config: Config, *, clock: Clock, system: str, environ: Mapping[str, str]) -> Agent:
    """The agent of this PC, its directories taken, its start counted.

    Raises:
        Misconfigured: the configuration names probes or files that are not there.
        NotEnrolled: nobody has enrolled this PC.
        NotPrivate, InUse: a directory cannot be used, and why.
        Failed: the collector's address or certificate cannot be used.
        OSError: a directory cannot be made.
    """
    check_probes(config, tuple(probe.name for probe in PROBES))
    with ExitStack() as undo:
        state = open_state(config.state, system=system)
        undo.callback(state.close)
        for note in state.notes:
            _log.warning("%s", note)
        identity = state.identity
        if state.identity_lost:
            raise NotEnrolled(
                f"this PC was enrolled, but both files that say as what are damaged (identity.json, identity.copy.json "
                f"in {config.state}); ask for the room's install code and run: schooldrum-agent enrol"
            )
        if identity is None:
            raise NotEnrolled(f"this PC is not enrolled (no identity in {config.state}); run: schooldrum-agent enrol")
        fingerprint = read_fingerprint(doors_of(config, clock), system)
        spool = open_spool(
            config.spool,
            clock=clock,
            owner=fingerprint,
            most_bytes=config.spool_bytes,
            days=config.spool_days,
            system=system,
        )
        undo.callback(spool.close)
        for note in spool.notes:
            _log.warning("%s", note)
        state.begin()
        host = host_of(config, clock, system)
        courier = Courier(
            state=state,
            spool=spool,
            uplink=_uplink(config, state, identity, clock=clock, system=system, environ=environ),
            clock=clock,
            fingerprint=fingerprint,
            system=host["release"] or host["system"],
            host=host,
            chance=SystemRandom(),
        )
        parts = Parts(
            config=config,
            clock=clock,
            probes=PROBES,
            state=state,
            spool=spool,
            courier=courier,
            make_runner=runner_of(config, clock, system, environ),
            read_fence=lambda: fence_of(config, clock, system, state.identity),
            slept=boot.slept,
            chance=SystemRandom(),
        )
        undo.pop_all()
        return Agent(parts)


def _uplink(
    config: Config, state: State, identity: Identity, *, clock: Clock, system: str, environ: Mapping[str, str]
) -> Uplink:
    endpoint = read_endpoint(config.collector or identity.collector)
    named = authority_of(config)
    own = not named or (bool(identity.authority) and pin_of(named) == pin_of(identity.authority))
    try:
        proxy = find_proxy(config.proxy, endpoint.host, endpoint.port, environ=environ, system=system)
    except Failed as problem:
        # Measuring goes on, and perhaps a direct way is open; doctor tells what is wrong with the proxy.
        _log.error("%s; trying without", problem)
        state.note_delivery(problem.fault.value, problem.detail, clock.wall())
        proxy = None
    return Uplink(
        endpoint,
        trust=trust_only(named or identity.authority, dated=not own),
        clock=clock.boottime,
        proxy=proxy,
        not_before=state.settings.not_before,
    )
