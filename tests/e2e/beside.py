"""How Debian's Prometheus and Alertmanager run beside a collector, and what a receiver of alerts was told."""

import http.server
import json
import shutil
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.e2e.programs import Program, eventually, fetched, free_port

NOBODY = "127.0.0.1:9"
"""Where nobody listens."""
DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"


class Prometheus:
    """Prometheus with our shipped configuration, but faster and with the ports of this test."""

    def __init__(
        self,
        folder: Path,
        office: str,
        *,
        token: str = "",
        rules: str = "",
        alertmanager: str = NOBODY,
        late: str = "",
        url: str = "",
    ) -> None:
        """`token` is the office door's; empty beside an open one.

        `rules` takes the place of the shipped ones; `alertmanager` (HOST:PORT) is told of what fires.
        `late` is how old samples may be that are written to it (2h); none are taken where it is empty.
        """
        shutil.copytree(DEPLOY, folder)
        if rules:
            (folder / "schooldrum.rules.yml").write_text(rules, "utf-8")
        (folder / "schooldrum.token").write_text(f"{token or 'open'}\n")
        shipped = (folder / "prometheus.yml").read_text("utf-8")
        netloc = urlsplit(office).netloc
        changed = shipped.replace("127.0.0.1:8800", netloc).replace("60s", "1s").replace("30s", "1s")
        assert changed.count(netloc) == 3
        changed = changed.replace("127.0.0.1:9093", alertmanager)
        (folder / "prometheus.yml").write_text(changed, "utf-8")
        if late:
            window = f"\nstorage:\n  tsdb:\n    out_of_order_time_window: {late}\n"
            (folder / "prometheus.yml").write_text(changed + window, "utf-8")
        self.url = url or f"http://127.0.0.1:{free_port()}"
        command = [
            "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={urlsplit(self.url).netloc}", "--log.level=warn",
            # The first word of an alert is lost where Alertmanager is not known yet; the next is a minute away.
            "--rules.alert.resend-delay=1s",
            *(["--web.enable-remote-write-receiver"] if late else []),
        ]  # fmt: skip
        self.program = Program(command, folder / "prometheus.log", {"PATH": "/usr/bin:/bin"})

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The instant vector of an expression; empty while Prometheus does not answer."""
        answer = fetched(f"{self.url}/api/v1/query?query={quote(expression)}")
        return json.loads(answer)["data"]["result"] if answer.startswith("{") else []

    def targets(self) -> dict[str, str]:
        """Instance -> health, of the schools' job."""
        answer = fetched(f"{self.url}/api/v1/targets?state=active")
        targets = json.loads(answer)["data"]["activeTargets"] if answer.startswith("{") else []
        return {
            target["labels"]["instance"]: target["health"]
            for target in targets
            if target["labels"]["job"] == "schooldrum-schools"
        }


class Alertmanager:
    """Alertmanager with this configuration; it stays off the port of clusters."""

    def __init__(self, folder: Path, configuration: str, url: str = "") -> None:
        folder.mkdir(exist_ok=True)
        (folder / "alertmanager.yml").write_text(configuration, "utf-8")
        self.url = url or f"http://127.0.0.1:{free_port()}"
        self.address = urlsplit(self.url).netloc
        command = [
            "prometheus-alertmanager", f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'data'}", f"--web.listen-address={self.address}",
            "--cluster.listen-address=", "--log.level=warn",
        ]  # fmt: skip
        self.program = Program(command, folder / "alertmanager.log", {"PATH": "/usr/bin:/bin"})
        eventually(lambda: fetched(f"{self.url}/-/ready"), 30, "an Alertmanager that is ready")


class Hooks:
    """A web server that every receiver of a test posts to, each at a path of its own."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, dict[str, Any]]] = []
        """Receiver, status and the alert itself, for each alert of each message."""
        self.messages: list[str] = []
        """The receiver of each message."""
        hooks = self

        class _Take(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hooks.messages.append(body["receiver"])
                hooks.told.extend((body["receiver"], one["status"], one) for one in body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Take)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listens no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def heard(self, status: str = "firing") -> list[tuple[str, str]]:
        """Receiver and alert (an incident by its number), in the order in which they came."""
        return [
            (receiver, one["labels"].get("incident", one["labels"]["alertname"]))
            for receiver, its, one in self.told
            if its == status
        ]
