"""How an agent is put together on this PC: its directories, its road to the collector, its probes."""

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from schooldrum_agent import log
from schooldrum_agent.agent import Agent, Parts
from schooldrum_agent.chance import SystemChance
from schooldrum_agent.climbing import Climbing
from schooldrum_agent.clock import Clock
from schooldrum_agent.config import Config, check_probes
from schooldrum_agent.courier import Courier
from schooldrum_agent.examine import examine
from schooldrum_agent.faults import Failed
from schooldrum_agent.identity import account_names, read_fingerprint
from schooldrum_agent.leash import clean_environment, program
from schooldrum_agent.noticeboard import open_board
from schooldrum_agent.probe import Denied, Doors, Unavailable
from schooldrum_agent.probes import load
from schooldrum_agent.proxy import Proxy, find_proxy
from schooldrum_agent.roster import roster
from schooldrum_agent.runner import Runner
from schooldrum_agent.sentence import Sentence
from schooldrum_agent.sources import boot, net
from schooldrum_agent.spool import open_spool
from schooldrum_agent.state import Identity, State, open_state
from schooldrum_agent.targets import Order
from schooldrum_agent.trust import Trust, office_of, trust_of
from schooldrum_agent.uplink import Endpoint, Uplink, read_endpoint
from schooldrum_agent.whereabouts import Whereabouts, network_of
from schooldrum_wire.fence import Fence, folded_names
from schooldrum_wire.result import Finding


class NotEnrolled(Exception):  # noqa: N818 - it says what this PC is
    """This PC does not report to any collector yet, and why."""

    def __init__(self, vietnamese: str, english: str) -> None:
        self.sentence = Sentence(vietnamese, english)
        super().__init__(self.sentence)


def doors_of(
    config: Config,
    clock: Clock,
    said: Callable[[], dict[str, float]] = dict,
    way: Callable[[], Order] = Order,
) -> Doors:
    """The doors that the configuration names; `way` is what the ladder is told."""
    return Doors(
        procfs=config.procfs,
        sysfs=config.sysfs,
        rootfs=config.rootfs,
        boottime=clock.boottime,
        wall=clock.wall,
        said=said,
        way=way,
    )


def fence_of(config: Config, clock: Clock, system: str, identity: Identity | None) -> Fence:
    """The fence around this PC's people, as its accounts are now, with the school's salt."""
    names = account_names(doors_of(config, clock), system)
    return Fence(names=folded_names(names), salt=salt_of(identity))


def salt_of(identity: Identity | None) -> bytes:
    """The school's salt for hashes, empty as long as there is none."""
    return bytes.fromhex(identity.salt) if identity is not None else b""


def network_here(config: Config, system: str, identity: Identity) -> str:
    """The code of the network this PC stands in now, empty where that cannot be told."""
    try:
        return network_of(net.surroundings(config.rootfs, system=system), salt_of(identity))
    except (Denied, Unavailable):
        return ""


def runner_of(
    config: Config,
    clock: Clock,
    system: str,
    environ: Mapping[str, str],
    way: Callable[[], Order] = Order,
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
            doors=doors_of(config, clock, said, way),
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
    rows = examine(load("host"), doors_of(config, clock), system).rows
    told: dict[str, Any] = rows[0].values if rows else {}
    fallback = "windows" if system == "win32" else system
    return {
        "system": fence.clean(str(told.get("system") or fallback)),
        "release": fence.clean(str(told.get("release") or "")),
    }


def assemble(config: Config, *, clock: Clock, system: str, environ: Mapping[str, str]) -> Agent:
    """The agent of this PC, its directories taken, its start counted.

    Raises:
        Misconfigured: the configuration names probes or files that are not there.
        NotEnrolled: nobody has enrolled this PC.
        NotPrivate, InUse: a directory cannot be used, and why.
        Failed: the collector's address or certificate cannot be used.
        OSError: a directory cannot be made.
    """
    probes = roster()
    check_probes(config, tuple(probe.name for probe in probes))
    with ExitStack() as undo:
        state = open_state(config.state, system=system)
        undo.callback(state.close)
        for note in state.notes:
            log.warning(note)
        identity = state.identity
        if state.identity_lost:
            raise NotEnrolled(
                "máy này đã được thêm, nhưng cả hai tệp ghi nó là máy nào đều hỏng (identity.json, identity.copy.json "
                f"trong {config.state}); hãy xin mã cài đặt của phòng rồi chạy: schooldrum-agent enrol",
                f"this PC was enrolled, but both files that say as what are damaged (identity.json, identity.copy.json "
                f"in {config.state}); ask for the room's install code and run: schooldrum-agent enrol",
            )
        if identity is None:
            raise NotEnrolled(
                f"máy này chưa được thêm vào phòng nào (không có identity trong {config.state}); "
                "hãy chạy: schooldrum-agent enrol",
                f"this PC is not enrolled (no identity in {config.state}); run: schooldrum-agent enrol",
            )
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
            log.warning(note)
        state.begin()
        host = host_of(config, clock, system)
        endpoint, trust = read_endpoint(config.collector or identity.collector), trust_of(config, identity)
        proxy = _proxy(config, state, endpoint, clock=clock, system=system, environ=environ)
        climbing = Climbing(
            config,
            settings=lambda: state.settings,
            office=office_of(endpoint, trust, proxy),
            clock=clock.boottime,
            chance=SystemChance(),
        )
        whereabouts = Whereabouts(
            surroundings=lambda: net.surroundings(config.rootfs, system=system),
            salt=lambda: salt_of(state.identity),
            networks=lambda: state.networks,
            keep=state.keep_networks,
            clock=clock.boottime,
            signs=lambda: net.ways(system),
        )
        courier = Courier(
            state=state,
            spool=spool,
            uplink=_uplink(endpoint, trust, state, clock=clock, proxy=proxy),
            clock=clock,
            fingerprint=fingerprint,
            system=host["release"] or host["system"],
            host=host,
            chance=SystemChance(),
            whereabouts=whereabouts,
        )
        parts = Parts(
            config=config,
            clock=clock,
            probes=probes,
            state=state,
            spool=spool,
            courier=courier,
            make_runner=runner_of(config, clock, system, environ, climbing.order),
            read_fence=lambda: fence_of(config, clock, system, state.identity),
            slept=boot.slept,
            chance=SystemChance(),
            climbing=climbing,
            whereabouts=whereabouts,
            noticeboard=open_board(Path(config.notices), state=state, clock=clock, procfs=config.procfs, system=system),
        )
        undo.pop_all()
        return Agent(parts)


def _proxy(
    config: Config, state: State, endpoint: Endpoint, *, clock: Clock, system: str, environ: Mapping[str, str]
) -> Proxy | None:
    try:
        return find_proxy(config.proxy, endpoint.host, endpoint.port, environ=environ, system=system)
    except Failed as problem:
        # Measuring goes on, and perhaps a direct way is open; doctor tells what is wrong with the proxy.
        log.error(f"{problem}; trying without")
        state.note_delivery(problem.fault.value, problem.detail, clock.wall())
        return None


def _uplink(endpoint: Endpoint, trust: Trust, state: State, *, clock: Clock, proxy: Proxy | None) -> Uplink:
    return Uplink(
        endpoint, trust=trust.context(), clock=clock.boottime, proxy=proxy, not_before=state.settings.not_before
    )
