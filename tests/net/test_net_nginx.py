"""Both doors behind a real nginx that ends TLS: nobody becomes this machine by it, and PCs report through it."""

import http.client
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from tests.e2e.pcs import Pc
from tests.e2e.programs import Collector, Program, eventually, free_port

pytestmark = pytest.mark.nginx
NAME = "schooldrum.test"
ROUTES = (
    "/",
    "/readyz",
    "/metrics",
    "/metrics/schools",
    "/metrics/schools/{code}",
    "/sd/schools",
    "/api/v1/openapi.json",
    "/api/v1/schools",
    "/api/v1/machines",
    "/api/v1/machines/{machine}",
    "/api/v1/machines/{machine}/sections",
    "/api/v1/machines/{machine}/results",
    "/api/v1/places",
    "/api/v1/incidents",
    "/api/v1/incidents/{number}",
    "/nothing/here",
)
NOT_THERE = {"/nothing/here", "/api/v1/incidents/{number}"}
CONFIGURATION = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
http {{
  log_format told '$connection $request_uri $status';
  access_log {folder}/access.log told;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  upstream agents {{ server {agents}; keepalive 4; }}
  upstream office {{ server {office}; keepalive 4; }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  server {{
    listen 127.0.0.1:{agents_port} ssl; ssl_certificate {agents_pem}; ssl_certificate_key {agents_pem};
    location / {{ proxy_pass http://agents; }}
  }}
  server {{
    listen 127.0.0.1:{office_port} ssl; ssl_certificate {office_pem}; ssl_certificate_key {office_pem};
    location / {{ proxy_pass http://office; }}
  }}
}}
"""


class Front:
    """nginx before a collector."""

    def __init__(self, folder: Path, collector: Collector) -> None:
        folder.mkdir()
        self.agents, self.office = free_port(), free_port()
        self.access = folder / "access.log"
        certificate = trustme.CA().issue_cert(NAME)
        certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "office.pem"))
        (folder / "nginx.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                agents=urlsplit(collector.agents).netloc,
                office=urlsplit(collector.office).netloc,
                agents_port=self.agents,
                office_port=self.office,
                agents_pem=collector.home / "data" / "agents-door.pem",
                office_pem=folder / "office.pem",
            )
        )
        self.program = Program(
            ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)],
            folder / "nginx.log",
            {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )

    def ask(self, port: int, path: str, **headers: str) -> tuple[int, bytes]:
        """Status and body of a GET."""
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=tls, timeout=20)
        try:
            connection.request("GET", path, headers={"Host": f"{NAME}:{port}", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def listens(self) -> bool:
        """Whether it serves yet."""
        try:
            self.ask(self.agents, "/healthz")
        except OSError:
            return False
        return True


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Collector]:
    """A collector as it stands behind a proxy: no TLS of its own at the agents' door, a token at the office's."""
    home = tmp_path / "collector"
    first = Collector(home)
    first.serve()  # makes the certificate that nginx will show
    first.stop()
    collector = Collector(home, agents_tls="false", agents_proxies="127.0.0.1", office_hosts=NAME)
    collector.serve(is_open=False)
    yield collector
    collector.stop()


@pytest.fixture
def front(tmp_path: Path, closed: Collector) -> Iterator[Front]:
    front = Front(tmp_path / "nginx", closed)
    eventually(front.listens, 20, "nginx")
    yield front
    front.program.stop()


def test_every_route_of_the_office_behind_nginx_wants_the_offices_token(
    tmp_path: Path, closed: Collector, front: Front
):
    code = closed.token()
    pc = Pc(tmp_path / "pc", 1)
    pc.enrol(f"https://127.0.0.1:{front.agents}", code)
    with pc.started() as running:
        assert running.report().delivered
    identity = pc.identity()
    token = (closed.home / "data" / "office-token").read_text("ascii").strip()
    office = {"Authorization": f"Bearer {token}"}
    described = json.loads(front.ask(front.office, "/api/v1/openapi.json", **office)[1])["paths"]
    assert set(described) <= set(ROUTES)
    for route in ROUTES:
        path = route.format(machine=identity["machine"], code="DEMO", number="SC-1001")
        good = 404 if route in NOT_THERE else 200
        for headers, wanted in (
            ({}, 401),
            ({"Authorization": f"Bearer {identity['credential']}"}, 401),
            ({"Authorization": f"Bearer {code}"}, 401),
            ({"Authorization": "Bearer "}, 401),
            ({"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"}, 401),
            ({**office, "Host": "evil.example"}, 421),
            ({**office, "Origin": "https://evil.example"}, 403),
            ({**office, "Origin": "null"}, 403),
            ({**office, "Origin": f"https://{NAME}:{front.office}"}, good),
            (office, good),
        ):
            status, body = front.ask(front.office, path, **headers)
            assert status == wanted, (path, headers, body[:200])
            if status >= 400:
                assert identity["alias"].encode() not in body


def test_the_agents_door_behind_nginx_serves_agents_and_nothing_else(tmp_path: Path, closed: Collector, front: Front):
    code = closed.token()
    pc, clone = Pc(tmp_path / "pc", 1), Pc(tmp_path / "clone", 2)
    pc.enrol(f"https://127.0.0.1:{front.agents}", code)
    clone.imaged(pc.disk)
    before = len(front.access.read_text().splitlines())
    with pc.started() as running:
        for _ in range(5):
            assert running.report(20).delivered
    connections = {line.split()[0] for line in front.access.read_text().splitlines()[before:] if "/v1/reports" in line}
    assert len(connections) == 1, "the connection is kept"
    with clone.started() as running:
        assert running.report().delivered
    assert clone.identity()["machine"] != pc.identity()["machine"]
    for route in (*ROUTES, "/v1/reports/", "/v2/reports"):
        path = route.format(machine=pc.identity()["machine"], code="DEMO", number="SC-1001")
        assert front.ask(front.agents, path, Authorization=f"Bearer {pc.identity()['credential']}")[0] == 404
    assert front.ask(front.agents, "/v1/ca")[0] == 200


def test_an_open_office_door_serves_nobody_through_a_proxy(tmp_path: Path):
    collector = Collector(tmp_path / "collector")
    collector.serve()
    front = Front(tmp_path / "nginx", collector)
    try:
        eventually(front.listens, 20, "nginx")
        for route in ROUTES:
            path = route.format(machine="m1", code="DEMO", number="SC-1001")
            assert front.ask(front.office, path, Host="127.0.0.1")[0] == 403, path
    finally:
        front.program.stop()
        collector.stop()
