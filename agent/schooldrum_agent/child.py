"""A probe in a process of its own: how the agent asks it, and how the child answers.

The talk: the child says `ready` when its imports are done; the agent sends one line of JSON; the child runs the probe
and says how many bytes follow, then an Answer as JSON. The agent waits for those bytes, never for the end of the pipe:
a grandchild may hold the pipe open. The child ends, with all it started, when the agent's end of its input closes.
"""

import _queue
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from subprocess import Popen, TimeoutExpired
from typing import IO

import msgspec

from schooldrum_agent.confinement import confine
from schooldrum_agent.examine import Answer, examine, plain, sentence
from schooldrum_agent.leash import MEMORY_BYTES, end_offspring, start
from schooldrum_agent.probe import Doors, Probe
from schooldrum_agent.targets import Order
from schooldrum_wire.result import Outcome

LARGEST_ANSWER = 8 << 20
LARGEST_REQUEST = 64 << 10
START_SECONDS = 60.0
"""An old disk under a virus scanner needs that long to load a program."""
_LAST_BREATH_SECONDS = 5.0
_READY = b"ready\n"
_TOO_LARGE = b"too large"
_HEADER = 32
_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the child is told: the data in Doors; the clocks it has itself."""

    procfs: str
    sysfs: str
    rootfs: str
    said: dict[str, float] = {}
    way: Order = Order()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, how long the probe took (seconds, without its start), and the child if it would not die."""

    answer: Answer
    took: float = 0.0
    lingering: Popen[bytes] | None = None


def ask(
    command: Sequence[str],
    environment: Mapping[str, str],
    request: Request,
    *,
    timeout: float,
    monotonic: Callable[[], float],
    ready: Callable[[], None] = lambda: None,
) -> Asked:
    """Starts the child, has it run its probe, ends it. Blocks for at most START_SECONDS + timeout + a few seconds.

    `ready` is called when the child's time begins. Never raises.
    """
    try:
        child = start(command, environment)
    except (OSError, ValueError) as problem:
        return Asked(answer=_failed(f"the child process cannot be started: {plain(problem)}"))
    began = monotonic()

    def begin() -> None:
        nonlocal began
        began = monotonic()
        ready()

    answer = _talk(child.process, request, timeout, begin)
    took = monotonic() - began
    child.end()
    try:
        child.process.wait(timeout=_LAST_BREATH_SECONDS)
    except TimeoutExpired:
        # Caught in the kernel, on a dying disk for example.
        return Asked(answer=answer, took=took, lingering=child.process)
    with contextlib.suppress(OSError):
        _close(child.process.stdin)
    return Asked(answer=answer, took=took)


def _talk(process: Popen[bytes], request: Request, timeout: float, begin: Callable[[], None]) -> Answer:
    said: _queue.SimpleQueue[bytes] = _queue.SimpleQueue()
    if process.stdin is None or process.stdout is None:
        return _failed("the child process has no pipes")
    try:
        threading.Thread(target=_listen, args=(process.stdout, said), daemon=True, name="child's answer").start()
    except RuntimeError as problem:
        process.stdout.close()
        return _failed(sentence(problem))
    try:
        first = said.get(timeout=START_SECONDS)
    except _queue.Empty:
        return _failed(f"the child process was not ready within {START_SECONDS:g} s")
    if first != _READY:
        return _failed(f"the child process did not begin as one of ours{_end_of(process)}")
    begin()
    try:
        process.stdin.write(msgspec.json.encode(request) + b"\n")
        process.stdin.flush()
        return _decoded(said.get(timeout=timeout)) or _failed(f"the child process gave no answer{_end_of(process)}")
    except _queue.Empty:
        return Answer(outcome=Outcome.TIMED_OUT, reason=f"no answer within {timeout:g} s")
    except OSError as problem:
        return _failed(sentence(problem) + _end_of(process))


def _listen(stream: IO[bytes], said: "_queue.SimpleQueue[bytes]") -> None:
    """Puts two things into the queue: the child's first line, and its answer; an empty one where it broke off.

    Never raises.
    """
    with stream:
        try:
            said.put(stream.readline(_HEADER))
            length = int(stream.readline(_HEADER))
            if length > LARGEST_ANSWER:
                said.put(_TOO_LARGE)
                return
            body = stream.read(max(0, length))
            said.put(body if len(body) == length else b"")
        except (OSError, ValueError):
            said.put(b"")


def _decoded(body: bytes) -> Answer | None:
    if not body:
        return None
    if body == _TOO_LARGE:
        return _failed(f"the answer is larger than {LARGEST_ANSWER} bytes")
    try:
        return msgspec.json.decode(body, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _failed("the child process gave an answer that cannot be read")


def _failed(reason: str) -> Answer:
    return Answer(outcome=Outcome.FAILED, reason=plain(reason))


def _end_of(process: Popen[bytes]) -> str:
    try:
        code = process.wait(timeout=1)
    except TimeoutExpired:
        return ""
    return f" (killed by signal {-code})" if code < 0 else f" (exit code {code})"


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        stream.close()


def serve(
    name: str,
    probes: Sequence[Probe],
    *,
    boottime: Callable[[], float],
    wall: Callable[[], float],
    system: str,
) -> int:
    """The child's side: says ready, takes the request, runs the probe, answers. The exit code is for the process.

    Standard input and output are put out of the probe's reach first: what it prints must not spoil the talk.
    """
    asked, answers = _private_pipes()
    _go_on_when_orphaned()
    probe = next((probe for probe in probes if probe.name == name), None)
    if probe is None:
        return 2
    _write(answers, _READY)
    request = _read_request(asked)
    if request is None:
        return 1
    threading.Thread(target=_end_with_agent, args=(asked,), daemon=True, name="agent's end").start()
    _bound_memory()
    doors = Doors(
        procfs=request.procfs,
        sysfs=request.sysfs,
        rootfs=request.rootfs,
        boottime=boottime,
        wall=wall,
        said=lambda: request.said,
        way=lambda: request.way,
    )
    body = msgspec.json.encode(_examined(probe, doors, system))
    _write(answers, b"%d\n" % len(body))
    if len(body) <= LARGEST_ANSWER:
        _write(answers, body)
    return 0


def _examined(probe: Probe, doors: Doors, system: str) -> Answer:
    if probe.meets_strangers and (fault := confine(system=system).fault):
        return Answer(outcome=Outcome.DENIED, reason=fault)
    return examine(probe, doors, system)


def _private_pipes() -> tuple[int, int]:
    """The two pipes to the agent under numbers of their own, not inherited; 0 and 1 lead nowhere from now on."""
    asked, answers = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows only

        msvcrt.setmode(asked, os.O_BINARY)
        msvcrt.setmode(answers, os.O_BINARY)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return asked, answers


def _write(pipe: int, body: bytes) -> None:
    left = memoryview(body)
    while left:
        left = left[os.write(pipe, left) :]


def _read_request(pipe: int) -> Request | None:
    said = b""
    while not said.endswith(b"\n"):
        part = os.read(pipe, LARGEST_REQUEST)
        said += part
        if not part or len(said) > LARGEST_REQUEST:
            return None
    return msgspec.json.decode(said, type=Request)


def _go_on_when_orphaned() -> None:
    """Whoever is about to be ended is stopped first; an agent that is killed in between would leave it so for ever.

    With the agent's end it is continued, and then ends by itself (`_end_with_agent`). Linux; raises nothing.
    """
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 - only a child needs it

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGCONT), 0, 0, 0)


def _end_with_agent(pipe: int) -> None:
    """Waits for the agent's end of the pipe to close, then ends this process and all it started.

    Never raises. On Windows the job object has done it already.
    """
    with contextlib.suppress(OSError):
        while os.read(pipe, 1):
            pass
    end_offspring(os.getpid())
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _bound_memory() -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not there on Windows, where the job object bounds it

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(hard, MEMORY_BYTES)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
