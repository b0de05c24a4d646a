"""What the collector is told, from which place, and what is said of mistakes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_collector.config import PREFIX, Config, Misconfigured, load, sample
from schooldrum_collector.key_values import Listen, read_listen
from schooldrum_collector.keys import KEYS, default_data
from schooldrum_collector.speech import Say


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "collector.toml"
    path.touch()
    return path


def test_config_without_anything_is_the_defaults(file: Path) -> None:
    config = load(file, {"SCHOOLDRUM_HOME": "/srv/drum"})
    assert config == Config(data=Path("/srv/drum/collector"))
    assert config.agents_listen == Listen("127.0.0.1", 8801)
    assert config.office_listen == Listen("127.0.0.1", 8800)


def test_config_command_line_before_environment_before_file(file: Path) -> None:
    file.write_text('language = "en"\nresults_days = 3\nsections_days = 4\n', encoding="utf-8")
    environ = {f"{PREFIX}RESULTS_DAYS": "5", f"{PREFIX}SECTIONS_DAYS": "6"}
    config = load(file, environ, {"sections_days": 7})
    assert (config.language, config.results_days, config.sections_days) == ("en", 5, 7)


def test_config_an_empty_variable_is_none(file: Path) -> None:
    assert load(file, {f"{PREFIX}OFFICE_CERTIFICATE": ""}).office_certificate is None


def test_config_the_file_may_be_named_by_the_environment(file: Path) -> None:
    file.write_text("results_days = 3\n", encoding="utf-8")
    assert load(None, {f"{PREFIX}CONFIG": str(file)}).results_days == 3
    with pytest.raises(Misconfigured):
        load(None, {f"{PREFIX}CONFIG": f"{file}.away"})


def test_config_every_key_is_declared_once_and_every_field_has_a_key() -> None:
    names = [key.name for key in KEYS]
    assert sorted(names) == sorted(set(names)) == sorted(Config.__struct_fields__)


def test_config_sample_names_files_by_what_they_hold() -> None:
    text = sample(Say("en"))
    for line in (
        'alertmanager_token_file = "/etc/schooldrum/alertmanager_token"',
        'channels_file = "/etc/schooldrum/channels.toml"',
        'office_key = "/etc/schooldrum/office_key.pem"',
    ):
        assert f"# {line}\n" in text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_config_sample_uncommented_is_the_defaults(language: str, file: Path) -> None:
    text = sample(Say(language))
    assert all(f"# {key.name} = " in text for key in KEYS)
    lines = [
        line.removeprefix("# ") for line in text.splitlines() if line.startswith(tuple(f"# {k.name} =" for k in KEYS))
    ]
    file.write_text("\n".join(line for line in lines if "/etc/schooldrum" not in line), encoding="utf-8")
    assert load(file, {}) == Config(data=Path("/var/lib/schooldrum/collector"))
    file.write_text("\n".join(lines), encoding="utf-8")
    assert load(file, {}).office_key == Path("/etc/schooldrum/office_key.pem")
    file.write_text(text, encoding="utf-8")
    assert load(file, {"SCHOOLDRUM_HOME": "/x"}) == Config(data=Path("/x/collector"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("language", '"fr"'),
        ("results_days", "0"),
        ("results_days", "3661"),
        ("results_days", '"many"'),
        ("results_days", "1.5"),
        ("results_days", "true"),
        ("agents_tls", '"maybe"'),
        ("agents_tls", "3"),
        ("agents_listen", '"8801"'),
        ("agents_listen", '"127.0.0.1:70000"'),
        ("agents_listen", '"::1:8801"'),
        ("agents_listen", "8801"),
        ("agents_names", '["has space"]'),
        ("agents_names", "5"),
        ("agents_names", '["a..b"]'),
        (
            "office_hosts",
            '["x.example", "very-long-label-of-more-than-sixty-three-letters-that-no-name-may-have.example"]',
        ),
        ("agents_names", '["https://x.example"]'),
        ("agents_proxies", '["proxy.example"]'),
        ("data", '""'),
        ("office_certificate", "[]"),
        ("agents_connections", "9"),
        ("office_room", '"SO"'),
        ("office_room", '"SO//server"'),
        ("office_room", '"SO/main/server/1"'),
        ("remote_write_url", '"https://user:secret@prometheus.example/api/v1/write"'),
        ("remote_write_hours", "0"),
        ("remote_write_user", '"a:b"'),
    ],
)
def test_config_each_error_names_key_value_allowed_and_place(file: Path, key: str, value: str) -> None:
    file.write_text(f"{key} = {value}\n", encoding="utf-8")
    with pytest.raises(Misconfigured) as caught:
        load(file, {})
    (problem,) = caught.value.problems
    allowed = next(declared.allowed for declared in KEYS if declared.name == key)
    for say in (Say("vi"), Say("en")):
        sentence = problem.sentence(say)
        assert str(file) in sentence
        assert key in sentence
        assert allowed in sentence
    assert problem.sentence(Say("vi")) != problem.sentence(Say("en"))


def test_config_says_all_errors_at_once_each_with_its_source(file: Path) -> None:
    file.write_text('langage = "en"\nresults_days = -1\n', encoding="utf-8")
    with pytest.raises(Misconfigured) as caught:
        load(file, {f"{PREFIX}AGENTS_TLS": "maybe", f"{PREFIX}OFICE_LISTEN": "x"}, {"data": ""})
    said = str(caught.value)
    assert len(caught.value.problems) == 5
    assert "Did you mean language?" in said
    assert "Did you mean office_listen?" in said
    assert f"{PREFIX}AGENTS_TLS" in said
    assert "--data" in said


@pytest.mark.parametrize("content", [b"= broken", b"\xff\xfe\x00", b"a" * 10 + b"\n", b"a = " + b"[" * 3000])
def test_config_a_file_that_is_no_toml_is_said(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(Misconfigured, match=str(file)):
        load(file, {})


def test_config_a_byte_order_mark_is_nothing(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbflanguage = "en"\n')
    assert load(file, {}).language == "en"


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"agents_tls": False, "agents_listen": "0.0.0.0:8801"}, "agents_listen"),
        ({"office_open": True, "office_listen": "0.0.0.0:8800"}, "office_open"),
        ({"remote_write_url": "https://prometheus.example/api/v1/write"}, "remote_write_secret_file"),
        (
            {"remote_write_url": "http://prometheus.example/api/v1/write", "remote_write_secret_file": "/secret"},
            "remote_write_url",
        ),
        ({"office_listen": "0.0.0.0:8800"}, "office_listen"),
        ({"office_listen": "[::]:8800"}, "office_listen"),
        ({"office_listen": "school.example:8800"}, "office_listen"),
        ({"office_certificate": "/x/c.pem"}, "office_key"),
        ({"office_key": "/x/k.pem"}, "office_certificate"),
    ],
)
def test_config_no_door_is_opened_wider_than_it_is_guarded(file: Path, values: dict[str, object], key: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(file, {}, values)
    assert key in [problem.key for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"AGENTS_NAMES": "a..b"}, "AGENTS_NAMES"),
        ({"OFFICE_KEY": "/x/k.pem"}, "OFFICE_KEY"),
        ({"AGENTS_TLS": "false", "AGENTS_LISTEN": "0.0.0.0:1"}, "AGENTS_LISTEN"),
        ({"CONFIG": "/nowhere/x.toml"}, "CONFIG=/nowhere/x.toml"),
    ],
)
def test_config_a_variable_s_mistake_names_the_variable_and_not_the_file(
    environ: dict[str, str], variable: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(None, {f"{PREFIX}{name}": value for name, value in environ.items()})
    (problem,) = caught.value.problems
    assert problem.where == f"{PREFIX}{variable}"


def test_config_a_wide_office_door_with_tls_is_fine(file: Path) -> None:
    given = {"office_listen": "0.0.0.0:443", "office_certificate": "/x/c.pem", "office_key": "/x/k.pem"}
    assert not load(file, {}, given).office_listen.is_loopback


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        ("127.0.0.1:8801", "127.0.0.1", 8801, True),
        ("127.9.9.9:0", "127.9.9.9", 0, True),
        ("[::1]:8801", "::1", 8801, True),
        ("localhost:1", "localhost", 1, True),
        ("[::]:65535", "::", 65535, False),
        ("Collector.Example:443", "collector.example", 443, False),
        ("10.0.0.1:80", "10.0.0.1", 80, False),
    ],
)
def test_config_addresses(text: str, host: str, port: int, *, loopback: bool) -> None:
    listen = read_listen(text)
    assert listen == Listen(host, port)
    assert listen.is_loopback is loopback
    assert read_listen(str(listen)) == listen


@given(st.text(max_size=40))
def test_config_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        listen = read_listen(text)
    except ValueError:
        return
    assert 0 <= listen.port <= 65535
    assert read_listen(str(listen)) == listen


def test_config_the_office_s_room_may_leave_out_the_main_site(file: Path) -> None:
    assert load(file, {f"{PREFIX}OFFICE_ROOM": "SO/server"}).office_room == "SO/main/server"
    assert load(file, {f"{PREFIX}OFFICE_ROOM": "SO/phu/server"}).office_room == "SO/phu/server"


def test_config_late_measurements_go_to_this_machine_in_the_clear_and_elsewhere_guarded(file: Path) -> None:
    assert load(file, {f"{PREFIX}REMOTE_WRITE_URL": "http://127.0.0.1:9090/api/v1/write"}).remote_write_hours == 24
    guarded = {
        f"{PREFIX}REMOTE_WRITE_URL": "https://prometheus.example/api/v1/write",
        f"{PREFIX}REMOTE_WRITE_SECRET_FILE": "/secret",
    }
    assert load(file, guarded).remote_write_secret_file == Path("/secret")


def test_config_home_moves_the_data() -> None:
    assert default_data({"SCHOOLDRUM_HOME": "/srv/x"}) == Path("/srv/x/collector")


def test_config_a_door_for_answers_without_an_address_names_the_variable_that_is_missing(file: Path) -> None:
    with pytest.raises(Misconfigured) as told:
        load(file, {f"{PREFIX}ANSWERS_LISTEN": "127.0.0.1:8802"})
    (problem,) = told.value.problems
    assert problem.sentence(Say("en")).startswith(f"{PREFIX}ANSWERS_LISTEN: key answers_url: no value; allowed: ")
    assert f"(variable {PREFIX}ANSWERS_URL)" in problem.sentence(Say("en"))
    assert f"(biến {PREFIX}ANSWERS_URL)" in problem.sentence(Say("vi"))
