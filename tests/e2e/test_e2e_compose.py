"""What deploy/compose.yaml says fits together, and what its `prepare` writes is taken by promtool and amtool.

Containers themselves are not started: no image can be had where these tests run.
"""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.e2e.programs import Collector

from schooldrum_collector.config import load

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    written: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return written


def _filled(text: str) -> str:
    return re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)


def test_image_versions_are_pinned_and_nothing_listens_beyond_this_machine(compose):
    services = compose["services"]
    assert set(services) == {"collector", "prepare", "prometheus", "alertmanager", "grafana"}
    for name, service in services.items():
        assert re.search(r":v?\d+\.\d+\.\d+\Z", service["image"]), name
        assert service["network_mode"] == "host", name
        assert "ports" not in service, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
    text = json.dumps(services)
    listening = [
        *re.findall(r"listen-address=([^\"]*)", text),
        services["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"],
        *(_filled(value) for key, value in services["collector"]["environment"].items() if key.endswith("_LISTEN")),
    ]
    assert len(listening) == 6
    assert all(address == "" or address.startswith("127.0.0.1") for address in listening), listening
    assert "--storage.tsdb.retention.time=400d" in services["prometheus"]["command"]


def test_its_files_and_volumes_are_there_and_no_secret_stands_in_it(compose):
    for name, service in compose["services"].items():
        for volume in service["volumes"]:
            source = _filled(volume).split(":", 1)[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), (name, volume)
            else:
                assert source in compose["volumes"], (name, volume)
    build = compose["services"]["collector"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    assert (DEPLOY / "compose" / "prepare").stat().st_mode & stat.S_IXUSR
    assert not re.search(r"(?i)(password|token|secret)[A-Z_]*: (?!/)", (DEPLOY / "compose.yaml").read_text("utf-8"))
    grafana = compose["services"]["grafana"]
    for language in ("vi", "en"):
        provisioned = (ROOT / "grafana" / "provisioning" / language / "dashboards" / "schooldrum.yaml").read_text(
            "utf-8"
        )
        path = yaml.safe_load(provisioned)["providers"][0]["options"]["path"]
        mounts = [volume.replace("${SCHOOLDRUM_LANGUAGE:-vi}", language) for volume in grafana["volumes"]]
        assert any(mount.endswith(f":{path}:ro") for mount in mounts), (path, mounts)


def test_the_collector_understands_what_it_is_told(compose, tmp_path):
    told = {key: _filled(value) for key, value in compose["services"]["collector"]["environment"].items()}
    (tmp_path / "empty.toml").touch()
    config = load(tmp_path / "empty.toml", told)
    assert config.alertmanagers == ("http://127.0.0.1:9093",)
    assert f"{config.data.parent}" in {volume.split(":")[1] for volume in compose["services"]["collector"]["volumes"]}


def test_the_image_is_made_of_what_is_not_ignored():
    dockerfile = (DEPLOY / "compose" / "Dockerfile").read_text("utf-8")
    let_through = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    copied = {word for line in re.findall(r"^COPY (?!--)(.+) \S+$", dockerfile, re.MULTILINE) for word in line.split()}
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["python:3.11.13-slim-bookworm"] * 2


@pytest.mark.prometheus
@pytest.mark.alertmanager
@pytest.mark.skipif(
    not (os.environ.get("CI") or (shutil.which("promtool") and shutil.which("amtool"))),
    reason="promtool or amtool is missing: sudo apt install prometheus prometheus-alertmanager",
)
def test_what_prepare_writes_is_taken_by_prometheus_and_alertmanager(tmp_path):
    collector = Collector(tmp_path / "office")
    collector.serve(is_open=False)
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    program = Path(sys.executable).with_name("schooldrum-collector")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SCHOOLDRUM_")},
        "SCHOOLDRUM_COLLECTOR_DATA": str(collector.home / "data"),
        "SCHOOLDRUM_PREPARED": str(prepared),
        "SCHOOLDRUM_PROGRAM": str(program),
        "SCHOOLDRUM_PYTHON": sys.executable,
        "SCHOOLDRUM_PROMETHEUS_FILE": str(DEPLOY / "prometheus" / "prometheus.yml"),
    }
    try:
        for _ in range(2):
            done = subprocess.run(
                ["/bin/sh", str(DEPLOY / "compose" / "prepare")],
                env=environ,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            password = (prepared / "grafana-password").read_text()
            assert len(password) >= 32
            environ["PASSWORD_BEFORE"] = environ.get("PASSWORD_BEFORE", password)
    finally:
        assert collector.stop() == 0
    assert environ["PASSWORD_BEFORE"] == password
    assert (prepared / "schooldrum.token").read_text().strip() == (
        collector.home / "data" / "office-token"
    ).read_text().strip()
    for name in ("schooldrum.token", "grafana-password", "alertmanager.yml"):
        assert not stat.S_IMODE((prepared / name).stat().st_mode) & 0o007, name
    for words in (
        ("promtool", "check", "config", str(prepared / "prometheus.yml")),
        ("amtool", "check-config", str(prepared / "alertmanager.yml")),
    ):
        checked = subprocess.run(words, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr
