"""`rules` as it is typed: what is written, when it is behind, and what people write wrongly."""

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Typed = Callable[..., Any]
WRITTEN = ["alertmanager.yml", "receivers.yml", "schooldrum.rules.yml", "schooldrum.tmpl"]
HOSTILE = 'THCS "Bình" {{ .X }} <b>\N{COMBINING ACUTE ACCENT}\\ %s'


@pytest.fixture
def area(typed: Typed, tmp_path: Path) -> Path:
    """Three areas with a school each, one of them with a hostile name; returns where rules are written."""
    rows = ["ma khu vuc;ten khu vuc;ma truong;ten truong"]
    rows += [f"{path};{path};{code};Trường {code}" for path, code in (("hn/q3", "BM"), ("hn", "HS"), ("hp", "KD"))]
    (tmp_path / "areas.csv").write_text("\n".join(rows), "utf-8")
    assert typed("import", str(tmp_path / "areas.csv")).code == 0
    assert typed("school", "add", "--code", "BM", "--name", HOSTILE).code == 0
    return tmp_path / "rules"


def test_rules_are_written_once_and_known_to_be_behind(typed: Typed, area: Path) -> None:
    assert typed("rules", "--directory", str(area), "--check").code == 1
    assert not area.exists()
    said = typed("rules", "--directory", str(area))
    assert said.code == 0
    assert sorted(path.name for path in area.iterdir()) == WRITTEN
    assert said.out.count("is written") == 4
    assert "there is only office" in said.err
    assert "up to date" in typed("rules", "--directory", str(area)).out
    assert typed("rules", "--directory", str(area), "--check").code == 0
    assert typed("calendar", "close", "hn", "--date", "2027-03-01", "--reason", "Bão").code == 0
    behind = typed("rules", "--directory", str(area), "--check")
    assert behind.code == 1
    assert behind.out.splitlines() == [f"{area / 'alertmanager.yml'}: is behind"]


@pytest.mark.prometheus
@pytest.mark.alertmanager
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_rules_are_taken_by_prometheus_and_alertmanager(typed: Typed, area: Path, lang: str) -> None:
    assert typed("rules", "--directory", str(area), lang=lang).code == 0
    (area / "receivers.yml").write_text(
        "receivers:\n- name: office\n- {name: it_officer BM}\n- name: office hn\ntemplates: [schooldrum.tmpl]", "utf-8"
    )
    assert typed("rules", "--directory", str(area), lang=lang).err.count("\n") == 1
    for program in (
        ["promtool", "check", "rules", "schooldrum.rules.yml"],
        ["amtool", "check-config", "alertmanager.yml"],
    ):
        checked = subprocess.run(program, cwd=area, capture_output=True, text=True, check=False, timeout=60)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of Linux")
def test_rules_with_passwords_are_read_by_no_one_else(typed: Typed, area: Path) -> None:
    assert typed("rules", "--directory", str(area)).code == 0
    assert stat.S_IMODE((area / "alertmanager.yml").stat().st_mode) == 0o640
    (area / "receivers.yml").chmod(0o600)
    secret = "receivers: [{name: office}]\n# kept as it stands: 0123\nglobal: {smtp_auth_password: 0123}\n"
    (area / "receivers.yml").write_text(secret, "utf-8")
    assert typed("rules", "--directory", str(area)).code == 0
    assert stat.S_IMODE((area / "alertmanager.yml").stat().st_mode) == 0o600
    assert (area / "alertmanager.yml").read_text("utf-8").endswith(secret)
    assert (area / "receivers.yml").read_text("utf-8") == secret, "what people wrote is theirs"


@pytest.mark.parametrize(
    ("receivers", "said"),
    [
        ("{receivers: [{name: office}]}", "must begin at the beginning of lines"),
        ("---\nreceivers: [{name: office}]", "must begin at the beginning of lines"),
        ("  receivers: [{name: office}]", "must begin at the beginning of lines"),
        ("receivers: [{name: nobody}]", "one of them is office"),
        ("\x00", "cannot be read"),
    ],
)
def test_rules_say_what_is_wrong_with_receivers(typed: Typed, area: Path, receivers: str, said: str) -> None:
    area.mkdir()
    (area / "receivers.yml").write_text(receivers, "utf-8")
    failed = typed("rules", "--directory", str(area))
    assert failed.code == 1
    assert "receivers.yml" in failed.err
    assert said in failed.err
    assert [path.name for path in area.iterdir()] == ["receivers.yml"]


@pytest.mark.parametrize(("lang", "says"), [("en", "nobody is told by"), ("vi", "không ai được báo qua")])
def test_rules_of_a_receiver_that_is_nobodys_end_in_failure(typed: Typed, area: Path, lang: str, says: str) -> None:
    area.mkdir()
    (area / "receivers.yml").write_text(
        "receivers:\n- name: office\n- {name: it_officer ZZ}\n- {name: it_officer BM}\n"
    )
    for words in ((), ("--check",), ()):
        said = typed("rules", "--directory", str(area), *words, lang=lang)
        assert (said.code, says in said.err, "'it_officer ZZ'" in said.err) == (1, True, True)
        assert "it_officer BM" in (area / "alertmanager.yml").read_text("utf-8"), "nobody else waits for it"
    (area / "receivers.yml").write_text("receivers: [{name: office}, {name: it_officer BM}]\n")
    assert typed("rules", "--directory", str(area), lang=lang).code == 0


def test_rules_say_where_they_cannot_be_written(typed: Typed, area: Path) -> None:
    failed = typed("rules", "--directory", str(area / "not" / "there"))
    assert failed.code == 1
    assert "install -d -o" in failed.err
    area.mkdir()
    (area / "schooldrum.rules.yml").mkdir()
    assert typed("rules", "--directory", str(area)).code == 1
    assert not list(area.glob(".*")), "nothing half is left behind"


def test_rules_lead_to_the_dashboards_of_the_office(typed: Typed, area: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLDRUM_COLLECTOR_GRAFANA_URL", "https://grafana.example/office/")
    assert typed("rules", "--directory", str(area)).code == 0
    rules = (area / "schooldrum.rules.yml").read_text("utf-8")
    assert "https://grafana.example/office/d/schooldrum-security" in rules
    assert "127.0.0.1:3000" not in rules
