"""`contacts` and `messages`: who is told, taken from people's tables, and what became of what was told."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from schooldrum_collector.app.channels import Channels, Unusable, load
from schooldrum_collector.commands import line
from schooldrum_collector.judge.messages import Fate, Message, Occasion
from schooldrum_collector.judge.recipients import Recipient
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import EVERYTHING, Area, School
from schooldrum_collector.store.sqlite import open_store

NOW = 1_790_133_000.0
GOOD = """
[mail]
url = "mailtos://user:secret@smtp.example.vn:587/?from=a@example.vn&to={to}"
[zalo]
url = "jsons://token@bridge.example.vn/zalo/{to}"
[sms]
url = "smseagles://token@sms.example.vn/{to}"
[teams]
url = "workflows://flow.example.vn:443/workflow/signature/"
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    data = tmp_path / "data"
    channels = tmp_path / "channels.toml"
    channels.write_text(GOOD)
    channels.chmod(0o600)
    config = tmp_path / "collector.toml"
    config.write_text(f'data = "{data}"\nchannels_file = "{channels}"\nlanguage = "en"\n')
    store = open_store(data, clock=lambda: NOW, serving=False)
    with store.writing() as writer:
        writer.put_area(Area(path="hn", name="Hà Nội"))
        writer.put_school(School(code="BM", name="THCS Bình Minh", area="hn"))
    store.close()

    def run(*words: str) -> tuple[int, str, str]:
        code = line.main(["--config", str(config), *words], now=lambda: NOW)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def table(path: Path, *rows: tuple[str, ...]) -> Path:
    if path.suffix == ".csv":
        path.write_text("\n".join(";".join(row) for row in rows), encoding="utf-8")
        return path
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]  # a new workbook has a sheet
    book.save(path)
    return path


HEADINGS = ("Mã trường", "Vai trò", "Kênh", "Email", "Giờ yên lặng", "Sau phút")


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_table_is_taken_and_taken_again(run: Run, tmp_path: Path, ending: str) -> None:
    rows = (
        ("DANH SÁCH LIÊN HỆ",),
        HEADINGS,
        ("BM", "GV phụ trách CNTT", "mail", "cntt@bm.example.vn", "", ""),
        ("BM", "Hiệu trưởng", "sms", "+84912345678", "không", "45"),
        ("hn", "Chuyên viên", "teams", "", "22:00-05:30", ""),
    )
    file = table(tmp_path / f"lien-he{ending}", *rows)
    code, out, _ = run("contacts", "import", str(file), "--dry-run")
    assert (code, "Nothing was saved" in out) == (0, True)
    assert run("contacts", "list")[2].strip() == "Nobody is told yet."
    code, out, _ = run("contacts", "import", str(file))
    assert (code, "added 3" in out) == (0, True)
    code, out, _ = run("contacts", "import", str(file))
    assert "unchanged 3" in out
    found = json.loads(run("contacts", "list", "--json")[1])
    assert [(one["role"], one["channel"], one["quiet"], one["after"]) for one in found] == [
        ("it_officer", "mail", "21:00-06:00", -1),
        ("principal", "sms", "", 45),
        ("office", "teams", "22:00-05:30", -1),
    ]
    assert "secret" not in run("contacts", "channels")[1]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("XX", "office", "mail", "a@b.vn"), "no place"),
        (("BM", "boss", "mail", "a@b.vn"), "role"),
        (("BM", "office", "fax", "a@b.vn"), "no channel"),
        (("BM", "office", "mail", "a@b.vn,c@d.vn"), "cannot be used"),
        (("BM", "office", "mail", "a@b.vn?bcc=c@d.vn"), "cannot be used"),
        (("BM", "office", "zalo", "../../admin"), "cannot be used"),
        (("BM", "office", "sms", "0912 345 678; x"), "cannot be used"),
        (("BM", "office", "teams", "somebody"), "cannot be used"),
        (("BM", "office", "mail", "a@b.vn", "9-5"), "quiet hours"),
        (("BM", "office", "mail", "a@b.vn", "", "-5"), "minutes"),
    ],
)
def test_one_wrong_row_saves_nothing(run: Run, tmp_path: Path, row: tuple[str, ...], said: str) -> None:
    file = table(tmp_path / "x.xlsx", HEADINGS, ("BM", "office", "mail", "good@b.vn"), row)
    code, out, _ = run("contacts", "import", str(file))
    assert code == 1
    assert said in out
    assert "line 3" in out
    assert run("contacts", "list")[2].strip() == "Nobody is told yet."


def test_added_removed_and_tried(run: Run, tmp_path: Path) -> None:
    words = ("contacts", "add", "--place", "BM", "--role", "it_officer", "--channel", "mail", "--address", "a@b.vn")
    assert run(*words)[0] == 0
    assert run(*words, "--after", "10")[0] == 0
    (one,) = json.loads(run("contacts", "list", "--json", "--scope", "BM")[1])
    assert one["after"] == 10
    assert run("messages", "test", "99")[0] == 1
    assert run("messages", "test", str(one["id"]))[0] == 0
    (message,) = json.loads(run("messages", "list", "--waiting", "--json")[1])
    assert (message["occasion"], message["state"], message["address"]) == ("test", "waiting", "a@b.vn")
    assert "trial" in run("messages", "list")[1]
    assert run("contacts", "remove", str(one["id"]))[0] == 0
    assert run("contacts", "remove", str(one["id"]))[0] == 1
    store = open_store(tmp_path / "data", clock=lambda: NOW, serving=False)
    actions = [change.action for change in store.changes(EVERYTHING, 0)]
    details = " ".join(change.detail for change in store.changes(EVERYTHING, 0))
    store.close()
    assert actions == ["contact.add", "contact.change", "contact.remove"]
    assert "a@b.vn" not in details, "an address that was removed stays nowhere"


def test_scope_of_lists(run: Run, tmp_path: Path) -> None:
    store = open_store(tmp_path / "data", clock=lambda: NOW, serving=False)
    with store.writing() as writer:
        for at, path in enumerate(("", "hn", "BM")):
            kept = writer.put_recipient(Recipient(path=path, channel="mail", address=f"a{at}@b.vn"))
            writer.add_message(
                Message(key=path, recipient=kept, occasion=Occasion.END, made=NOW, due=NOW, fate=Fate.SENT, done=NOW)
            )
    store.close()
    for scope, count in (("", 3), ("hn", 2), ("BM", 1)):
        assert len(json.loads(run("contacts", "list", "--json", "--scope", scope)[1])) == count
        assert len(json.loads(run("messages", "list", "--json", "--scope", scope)[1])) == count


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[x]\nurl = "slack://a/b/c"', "one of these"),
        ('[x]\nurl = "file:///etc/passwd"', "one of these"),
        ('[x]\nurl = "json://bridge.example.vn/{to}"', "encrypted"),
        ('[x]\nurl = "mailto://u:secret@smtp.example.vn?to={to}"', "encrypted"),
        ('[x]\nurl = "jsons://h.vn/{to}?verify=no"', "verify"),
        ('[x]\nurl = "mailtos://h.vn?to={to}&bcc=a@b.vn"', "bcc"),
        ('[x]\nurl = "mailtos://h.vn?to=a@b.vn"', "{to}"),
        ('[x]\nurl = "jsons://h.vn/{to}"\nform = "long"', "form"),
        ('[x]\nurl = "jsons://h.vn/{to}"\nsecret = "long"', "no key secret"),
        ('["X y"]\nurl = "jsons://h.vn/{to}"', "a-z"),
        ("x = 1", "no url"),
        ("[x\nurl", "line"),
    ],
)
def test_channels_that_are_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "channels.toml"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(Unusable) as refused:
        load(file, Say("en"))
    assert said in str(refused.value)
    assert "u:secret" not in str(refused.value)


def test_a_file_that_others_can_read_is_refused_and_a_change_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "channels.toml"
    file.write_text(GOOD)
    file.chmod(0o644)
    with pytest.raises(Unusable, match="chmod 600"):
        load(file, Say("en"))
    file.chmod(0o600)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    channels = Channels(file, Say("en"))
    assert sorted(channels.at_present()) == ["mail", "sms", "teams", "zalo"]
    file.write_text("[broken")
    assert sorted(channels.at_present()) == ["mail", "sms", "teams", "zalo"]
    file.write_text('[only]\nurl = "jsons://h.vn/{to}"')
    assert sorted(channels.at_present()) == ["only"]
    address = channels.at_present()["only"].address("a/../b?c=d&to=e")
    assert address == "jsons://h.vn/a%2F..%2Fb%3Fc%3Dd%26to%3De"


def test_the_sample_can_be_read(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("contacts", "channels", "--sample")
    file = tmp_path / "sample.toml"
    file.write_text(out)
    file.chmod(0o600)
    assert code == 0
    assert sorted(load(file, Say("en"))) == ["mail", "sms", "zalo"]
