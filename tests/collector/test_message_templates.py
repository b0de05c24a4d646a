"""How Alertmanager's messages read, rendered by its own program."""

import json
import subprocess
from pathlib import Path

import pytest

from schooldrum_collector.show.message_templates import FILE, templates
from schooldrum_collector.speech import Say

HOSTILE = 'BM "Bình" {{ .X }} <b>'
pytestmark = pytest.mark.alertmanager


def alert(status: str, name: str, **annotations: str) -> dict[str, object]:
    words = {
        f"{key}_{language}": f"{language}: {text}" for key, text in annotations.items() for language in ("vi", "en")
    }
    return {"status": status, "labels": {"alertname": name}, "annotations": words}


def rendered(folder: Path, language: str, template: str, *alerts: dict[str, object]) -> str:
    (folder / FILE).write_text(templates(Say(language)), "utf-8")
    data = {"receiver": "office", "status": "firing", "alerts": alerts}
    empty: dict[str, dict[str, str]] = {"groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}}
    (folder / "data.json").write_text(json.dumps({**data, **empty}), "utf-8")
    ended = subprocess.run(
        [
            *("amtool", "template", "render", f"--template.glob={folder / FILE}"),
            *(f'--template.text={{{{ template "{template}" . }}}}', f"--template.data={folder / 'data.json'}"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return ended.stdout


@pytest.mark.parametrize(
    ("language", "over", "nothing"), [("vi", "Đã hết", "Không cần"), ("en", "Over", "Nothing more")]
)
def test_messages_of_alertmanager(tmp_path, language, over, nothing):
    disk = alert("firing", "SchooldrumDiskFailing", summary=f"[CẦN XỬ LÝ] {HOSTILE}", description="Sao lưu.")
    gone = {**disk, "status": "resolved"}
    ended = alert("resolved", "SchooldrumIncident", summary="mất Internet", description="Đã hết lúc 10:17.")
    subject = rendered(tmp_path, language, "schooldrum.subject", disk)
    assert subject.strip() == f"{language}: [CẦN XỬ LÝ] {HOSTILE}"
    subject = rendered(tmp_path, language, "schooldrum.subject", gone, disk)
    assert subject.startswith(f"{over}: {language}: [CẦN XỬ LÝ] {HOSTILE} (2 ")
    text = rendered(tmp_path, language, "schooldrum.text", disk, gone, ended)
    lines = [line for line in text.splitlines() if line]
    assert lines[:3] == [f"{language}: [CẦN XỬ LÝ] {HOSTILE}", f"{language}: Sao lưu.", f"{over}: {lines[0]}"]
    assert lines[3].startswith(nothing)
    assert lines[4:] == [f"{over}: {language}: mất Internet", f"{language}: Đã hết lúc 10:17."]
