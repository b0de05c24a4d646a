"""The peers that run beside ours in the same round: which program, how it is fed, where it is missing."""

import contextlib
import shutil
import socket
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from measuring import start, stop, wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_low_port() -> int:
    """A free port below 32768: the zabbix agent takes no other."""
    for port in range(20_000, 32_767):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port below 32768 is free")


def listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def answers(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status < 400)


def installed(program: str) -> bool:
    return shutil.which(program) is not None


@contextlib.contextmanager
def pushgateway(core: int, *, check: bool) -> Iterator[tuple[int, str]]:
    """Debian's prometheus-pushgateway, with or without its consistency check: (pid, URL)."""
    port = free_port()
    command = ["prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    # Debian's default file would bring the groups of the last run into this one.
    command.append("--persistence.file=")
    process = start(
        [*command, *([] if check else ["--push.disable-consistency-check"])],
        core=core,
        env={"GOMAXPROCS": "1"},
    )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/-/ready"))
        yield process.pid, f"http://127.0.0.1:{port}"
    finally:
        stop(process)


@contextlib.contextmanager
def victoria_metrics(core: int) -> Iterator[tuple[int, str]]:
    """Debian's victoria-metrics: (pid, URL)."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        process = start(
            [
                "victoria-metrics",
                f"-storageDataPath={directory}",
                f"-httpListenAddr=127.0.0.1:{port}",
                "-loggerLevel=ERROR",
            ],
            core=core,
            env={"GOMAXPROCS": "1"},
        )
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"))
            yield process.pid, f"http://127.0.0.1:{port}"
        finally:
            stop(process)


@contextlib.contextmanager
def node_exporter() -> Iterator[tuple[int, str]]:
    """Debian's prometheus-node-exporter: (pid, URL of its metrics)."""
    port = free_port()
    process = start(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/metrics"))
        yield process.pid, f"http://127.0.0.1:{port}/metrics"
    finally:
        stop(process)


ZABBIX_KEYS = (
    "system.cpu.num", "system.cpu.util", "system.cpu.load", "vm.memory.size[total]", "vm.memory.size[available]",
    "system.swap.size[,total]", "system.swap.size[,used]", "vfs.fs.size[/,total]", "vfs.fs.size[/,free]",
    "net.if.in[lo]", "net.if.out[lo]", "net.if.in[lo,errors]", "net.if.out[lo,errors]", "net.if.in[lo,dropped]",
    "net.if.out[lo,dropped]", "system.uptime", "system.boottime", "system.localtime", "system.uname", "agent.version",
    "kernel.maxproc", "kernel.maxfiles", "proc.num[]", "system.hostname", "system.cpu.switches", "system.cpu.intr",
    "vfs.fs.inode[/,free]", "vm.memory.size[cached]", "vm.memory.size[buffers]", "agent.ping",
)  # fmt: skip


@contextlib.contextmanager
def zabbix_agent2() -> Iterator[tuple[int, int]]:
    """Debian's zabbix-agent2 in passive mode: (pid, port)."""
    port = free_low_port()
    with tempfile.TemporaryDirectory() as directory:
        conf = Path(directory) / "agent.conf"
        conf.write_text(
            f"LogType=console\nServer=127.0.0.1\nListenIP=127.0.0.1\nListenPort={port}\nHostname=bench\n"
            f"ControlSocket={directory}/control.sock\nPluginSocket={directory}/plugin.sock\n",
        )
        process = start(["zabbix_agent2", "-f", "-c", str(conf)])
        try:
            wait_until(lambda: listens(port))
            yield process.pid, port
        finally:
            stop(process)


def ask_zabbix(port: int, key: str) -> bytes:
    """One passive item, as a Zabbix server asks for it."""
    body = key.encode()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"ZBXD\x01" + len(body).to_bytes(8, "little") + body)
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    return answer[13:]


def push_request(url: str, machine: int, text: bytes) -> bytes:
    """The same machine's series as a push to a Pushgateway group."""
    target = urllib.parse.urlsplit(url)
    head = (
        f"PUT /metrics/job/school/instance/m{machine} HTTP/1.1\r\nHost: {target.netloc}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


def import_request(url: str, text: bytes) -> bytes:
    """The same machine's series as VictoriaMetrics' import of Prometheus text."""
    target = urllib.parse.urlsplit(url)
    head = (
        f"POST /api/v1/import/prometheus HTTP/1.1\r\nHost: {target.netloc}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text
