"""Debian's Prometheus and Alertmanager beside the demo, where they are installed, configured as in `deploy/`."""

import argparse
import io
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from schooldrum_collector.app.serving import Doors
from schooldrum_collector.commands import rules
from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.children import Events, child
from schooldrum_collector.commands.console import Console, Failed
from schooldrum_collector.commands.demo_home import Home

_DEPLOYED = Path(__file__).resolve().parents[3] / "deploy" / "prometheus" / "prometheus.yml"
"""Where a checkout has it; an installed package has none."""
_OFFICE, _ALERTMANAGER = "127.0.0.1:8800", "127.0.0.1:9093"
"""The addresses that stand in it."""
_STOP_SECONDS = 20.0
_PACE = "15s"
_APT = "sudo apt install prometheus prometheus-alertmanager"


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A program beside the demo: where it is to be seen, or why it is not there."""

    name: str
    url: str = ""
    why: str = ""


@contextmanager
def alertmanager(call: Call, home: Home, events: Events, *, wanted: bool) -> Iterator[Beside]:
    """Alertmanager with the routes that `rules` writes; nobody is told by it until somebody stands in receivers.yml."""
    name = "Alertmanager"
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if not wanted or program is None:
        yield Beside(name=name, why=_missing(call, wanted=wanted))
        return
    folder = _written(call, home)
    address = _free(9093)
    command = [program, f"--config.file={folder / rules.ALERTMANAGER}", f"--storage.path={folder / 'alerts'}"]
    command += [f"--web.listen-address={address}", "--cluster.listen-address="]
    with child(
        command, _plain(call.environ), name, events, _STOP_SECONDS, log=folder / "alertmanager.log", dispensable=True
    ):
        yield Beside(name=name, url=f"http://{address}")


@contextmanager
def prometheus(
    call: Call, home: Home, events: Events, doors: Doors, alerting: Beside, *, wanted: bool
) -> Iterator[Beside]:
    """Prometheus with deploy/prometheus/prometheus.yml, its addresses being those of this demo, four times as often."""
    name = "Prometheus"
    program = shutil.which("prometheus")
    if not wanted or program is None:
        yield Beside(name=name, why=_missing(call, wanted=wanted))
        return
    try:
        text = _DEPLOYED.read_text("utf-8")
    except OSError:
        yield Beside(name=name, why=call.say("không có deploy/ bên cạnh chương trình", "no deploy/ beside the program"))
        return
    folder = _written(call, home)
    text = text.replace(_OFFICE, urlsplit(doors.office).netloc)
    text = text.replace(_ALERTMANAGER, urlsplit(alerting.url).netloc or _ALERTMANAGER)
    text = text.replace("_interval: 60s", f"_interval: {_PACE}").replace("scrape_timeout: 30s", "scrape_timeout: 10s")
    (folder / "prometheus.yml").write_text(text, "utf-8")
    # The demo's office door asks for no token, and Prometheus wants the file all the same.
    (folder / "schooldrum.token").write_text("open\n", "utf-8")
    address = _free(9090)
    command = [program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    command += ["--storage.tsdb.retention.time=400d", f"--web.listen-address={address}"]
    with child(
        command, _plain(call.environ), name, events, _STOP_SECONDS, log=folder / "prometheus.log", dispensable=True
    ):
        yield Beside(name=name, url=f"http://{address}")


def _missing(call: Call, *, wanted: bool) -> str:
    if not wanted:
        return call.say("không chạy kèm (--alone)", "not beside it (--alone)")
    return call.say(f"chưa cài; trên Debian, Ubuntu: {_APT}", f"not installed; on Debian, Ubuntu: {_APT}")


def _written(call: Call, home: Home) -> Path:
    """The directory with what `rules` writes.

    Raises:
        Failed: it cannot be written.
    """
    folder = home.path / "prometheus"
    quiet = Console(say=call.say, out=io.StringIO(), err=io.StringIO(), answers=io.StringIO())
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        rules.run(argparse.Namespace(directory=folder, check=False), msgspec.structs.replace(call, console=quiet))
    except OSError as trouble:
        raise Failed(f"{folder}: {trouble.strerror}") from trouble
    return folder


def _free(port: int) -> str:
    """An address on this machine at which nobody listens: this port, else one of the system's choice."""
    for one in (port, 0):
        with socket.socket() as found:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                found.bind(("127.0.0.1", one))
            except OSError:
                continue
            return f"127.0.0.1:{found.getsockname()[1]}"
    return f"127.0.0.1:{port}"


def _plain(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith("SCHOOLDRUM_")}
