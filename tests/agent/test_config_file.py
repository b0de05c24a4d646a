import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schooldrum_agent.config import Config, Misconfigured, check_probes, default_file, load
from schooldrum_agent.keys import PREFIX, fault, from_text, keys, sample
from schooldrum_agent.sentence import Sentence


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "agent.toml"
    file.write_text(text, encoding="utf-8")
    return file


def complaint(path: Path | None, environ: dict[str, str], system: str = "linux") -> str:
    with pytest.raises(Misconfigured) as caught:
        load(path, environ, system=system)
    return str(caught.value)


def test_without_file_and_environment_the_defaults_are_in_force(tmp_path):
    config = load(None, {"SCHOOLDRUM_CONFIG": str(write(tmp_path, ""))}, system="linux")
    assert config.state == Path("/var/lib/schooldrum-agent")
    assert config.spool == config.state / "spool"
    assert config.spool_bytes == 100 << 20
    assert (config.beat, config.spool_days, config.proxy, config.collector) == (0, 30, "system", "")


def test_windows_keeps_everything_below_program_data():
    environ = {"PROGRAMDATA": r"D:\Data"}
    assert str(default_file(environ, "win32")) == r"D:\Data\Schooldrum\agent.toml"
    declared = {key.name: key.default for key in keys(environ, "win32")}
    assert declared["state"] == r"D:\Data\Schooldrum\agent"


def test_command_line_wins_over_environment_wins_over_file(tmp_path):
    file = write(tmp_path, "beat = 10\nspool_days = 10\nlog_level = 'debug'\n")
    config = load(file, {"SCHOOLDRUM_BEAT": "20", "SCHOOLDRUM_SPOOL_DAYS": "20"}, {"beat": "30"}, system="linux")
    assert (config.beat, config.spool_days, config.log_level) == (30, 20, "debug")


def test_all_mistakes_are_named_at_once_with_place_key_value_and_what_is_allowed(tmp_path):
    file = write(tmp_path, 'beat = 1000\nspool_dys = 3\nlanguage = "de"\n[pace]\ndisk = 0\n')
    said = complaint(file, {"SCHOOLDRUM_SPOOL_BYTES": "12"})
    lines = said.splitlines()
    assert f"{file}: beat = 1000: write a whole number from 1 to 900, or 0" in lines
    assert f"{file}: spool_dys: there is no such key; did you mean 'spool_days'?" in lines
    assert any('language = \'de\': allowed: "", "vi", "en"' in line for line in lines)
    assert any("pace = {'disk': 0}: disk: write a whole number from 30 to 604800" in line for line in lines)
    assert any(line.startswith("environment variable SCHOOLDRUM_SPOOL_BYTES = '12': write") for line in lines)
    assert any(line.startswith("biến môi trường SCHOOLDRUM_SPOOL_BYTES = '12': ghi") for line in lines)
    assert f"{file}: beat = 1000: ghi số nguyên từ 1 đến 900, hoặc 0" in lines
    assert f"{file}: spool_dys: không có khóa này; có phải là 'spool_days'?" in lines
    assert len(lines) == 10


def test_no_mistake_on_the_command_line_is_told_half_in_another_language(tmp_path):
    with pytest.raises(Misconfigured) as caught:
        load(write(tmp_path, ""), {"SCHOOLDRUM_PROXY": "http://thu:Secret9@proxy:3128"}, {"beat": "x"}, system="linux")
    variable, same, given, too = str(caught.value).splitlines()
    assert variable.startswith("biến môi trường SCHOOLDRUM_PROXY = (không nhắc lại ở đây): ")
    assert same.startswith("environment variable SCHOOLDRUM_PROXY = (not repeated here): ")
    assert given == "dòng lệnh --beat = 'x': ghi số nguyên từ 1 đến 900, hoặc 0"
    assert too == "command line --beat = 'x': write a whole number from 1 to 900, or 0"


def test_a_key_of_several_lines_is_named_and_no_traceback(tmp_path):
    assert "write a whole number" in complaint(write(tmp_path, '[pace]\n"a\\nb" = 0\n'), {})


def test_variables_of_the_collector_and_the_trial_are_none_of_our_business(tmp_path):
    others = {"SCHOOLDRUM_COLLECTOR_DATA": "x", "SCHOOLDRUM_HOME": "y", "SCHOOLDRUM_CONFIG": "z", "OTHER": "o"}
    assert load(write(tmp_path, ""), others, system="linux").warnings == ()


def test_a_variable_that_means_nothing_is_a_warning_with_the_nearest_one(tmp_path):
    variables = {"SCHOOLDRUM_PROXI": "none", "SCHOOLDRUM_WEATHER": "fine", "SCHOOLDRUM_CONFIGG": "x"}
    assert load(write(tmp_path, ""), variables, system="linux").warnings == (
        "environment variable SCHOOLDRUM_CONFIGG: there is no such key; it is ignored",
        "environment variable SCHOOLDRUM_PROXI: there is no such key; did you mean 'SCHOOLDRUM_PROXY'?; it is ignored",
        "environment variable SCHOOLDRUM_WEATHER: there is no such key; it is ignored",
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"beat = \n", "line 1"),
        (b"\xff\xfe", "not UTF-8"),
        (b"x" * (1 << 20) + b"yz", "larger than"),
        (b"a = " + b"9" * 5000, "agent.toml"),
        (b"a = " + b"[" * 5000, "agent.toml"),
    ],
)
def test_a_broken_file_is_named_and_no_traceback(tmp_path, body, said):
    file = tmp_path / "agent.toml"
    file.write_bytes(body)
    assert said in complaint(file, {})


def test_a_file_saved_by_notepad_is_read(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_bytes("\ufeffbeat = 5\r\n".encode())
    assert load(file, {}, system="linux").beat == 5


def test_a_named_file_that_is_absent_is_a_mistake_and_a_default_one_is_not(tmp_path):
    assert "there is no such file" in complaint(tmp_path / "no.toml", {})
    load(None, {"PROGRAMDATA": str(tmp_path)}, system="win32")


@pytest.mark.parametrize(
    ("address", "sound"),
    [
        ("https://c.example.vn:8801", True),
        ("https://c.example.vn/", True),
        ("http://127.0.0.1:8801", True),
        ("http://[::1]:8801", True),
        ("http://localhost", True),
        ("http://c.example.vn", False),
        ("http://127.0.0.1.example.vn", False),
        ("https://c.example.vn/path", False),
        ("https://user@c.example.vn", False),
        ("https://c.example.vn?x", False),
        ("https://c.example.vn:99999", False),
        ("https://c.example.vn:0", False),
        ("https://", False),
        ("ftp://c.example.vn", False),
        ("c.example.vn", False),
        ("https://a b", False),
        ("https://[::1", False),
    ],
)
def test_the_collectors_address(tmp_path, address, sound):
    file = write(tmp_path, f'collector = "{address}"')
    if sound:
        assert load(file, {}, system="linux").collector == address
    else:
        assert "collector = " in complaint(file, {})


@pytest.mark.parametrize("port", ["0", "99999", "x"])
@pytest.mark.parametrize(("key", "scheme"), [("proxy", "http"), ("collector", "https")])
def test_a_port_that_is_none_is_told_with_its_range(tmp_path, key, scheme, port):
    address = f"{scheme}://c.example.vn:{port}"
    file = write(tmp_path, f'{key} = "{address}"')
    assert f"{file}: {key} = '{address}': write a port from 1 to 65535" in complaint(file, {})
    with pytest.raises(Misconfigured) as refused:
        load(file, {}, system="linux")
    assert refused.value.sentences[0].vietnamese.endswith("ghi cổng là số nguyên từ 1 đến 65535")


def test_a_password_in_an_address_is_not_repeated(tmp_path):
    said = complaint(write(tmp_path, 'proxy = "http://thu:Secret9@proxy:3128"'), {})
    assert "Secret9" not in said
    assert "a name and password have no place in it" in said


@pytest.mark.parametrize(
    ("system", "path", "sound"),
    [
        ("linux", "/srv/state", True),
        ("linux", "state", False),
        ("win32", r"C:\state", True),
        ("win32", r"state", False),
        ("linux", "", False),
    ],
)
def test_paths_are_whole(system, path, sound):
    key = next(key for key in keys({}, system) if key.name == "state")
    assert (fault(key, path, system) is None) is sound


def test_probe_names_are_checked_against_those_that_exist(tmp_path):
    config = load(write(tmp_path, 'disabled = ["cpu"]\n[pace]\ndsk = 60\n'), {}, system="linux")
    check_probes(load(write(tmp_path, 'disabled = ["cpu"]'), {}, system="linux"), ("cpu", "disk"))
    with pytest.raises(Misconfigured, match="no probe 'dsk'; did you mean 'disk'"):
        check_probes(config, ("cpu", "disk"))


def probes_complaint(config: Config) -> list[str]:
    with pytest.raises(Misconfigured) as caught:
        check_probes(config, ("cpu", "disk", "software"))
    return str(caught.value).splitlines()


def test_a_probe_that_is_not_there_is_named_with_its_place(tmp_path):
    file = write(tmp_path, 'disabled = ["nonono"]\n[pace]\nfoo = 60\n')
    lines = probes_complaint(load(file, {}, system="linux"))
    assert f"{file}: disabled: there is no probe 'nonono'; the probes are cpu, disk, software" in lines
    assert f"{file}: pace: không có phép đo 'foo'; các phép đo: cpu, disk, software" in lines
    assert len(lines) == 4
    lines = probes_complaint(load(file, {"SCHOOLDRUM_DISABLED": "cpus", "SCHOOLDRUM_PACE": "foo=60"}, system="linux"))
    assert lines[0].startswith("biến môi trường SCHOOLDRUM_DISABLED: không có phép đo 'cpus'; có phải là 'cpu'?")
    assert lines[3].startswith("environment variable SCHOOLDRUM_PACE: there is no probe 'foo'")


def test_no_probe_is_paced_faster_here_than_a_collector_may_ask(tmp_path):
    file = write(tmp_path, "[pace]\ncpu = 1\ndisk = 30\nsoftware = 3599\n")
    lines = probes_complaint(load(file, {}, system="linux"))
    assert lines == [
        f"{file}: pace: cpu = 1: ghi số nguyên từ 5 đến 604800",
        f"{file}: pace: cpu = 1: write a whole number from 5 to 604800",
        f"{file}: pace: software = 3599: ghi số nguyên từ 3600 đến 604800",
        f"{file}: pace: software = 3599: write a whole number from 3600 to 604800",
    ]
    lines = probes_complaint(load(file, {"SCHOOLDRUM_PACE": "cpu=4"}, system="linux"))
    assert lines[1] == "environment variable SCHOOLDRUM_PACE: cpu = 4: write a whole number from 5 to 604800"
    check_probes(load(file, {"SCHOOLDRUM_ANY_PACE": "true"}, system="linux"), ("cpu", "disk", "software"))


@pytest.mark.parametrize("system", ["linux", "win32"])
def test_the_sample_with_every_key_uncommented_is_the_defaults(tmp_path, system):
    text = "\n".join(line.removeprefix("#") for line in sample({}, system).splitlines() if not line.startswith("# "))
    file = write(tmp_path, text)
    written = tomllib.loads(text)
    assert set(written) == {key.name for key in keys({}, system)}
    config = load(file, {}, system=system)
    plain = load(write(tmp_path, ""), {}, system=system)
    same = set(Config.__struct_fields__) - {"pace", "places"}
    assert {name: getattr(config, name) for name in same} == {name: getattr(plain, name) for name in same}
    assert config.pace == {"disk": 300}


def test_the_sample_names_each_variable():
    for key in keys({}, "linux"):
        assert f"# {PREFIX}{key.name.upper()}" in sample()


VALUES = {
    "number": st.integers(-(2**40), 2**40),
    "switch": st.booleans(),
    "names": st.lists(st.text("abc", min_size=1)),
}


@given(st.data())
def test_environment_and_file_take_the_same_values(data):
    key = data.draw(st.sampled_from([key for key in keys({}, "linux") if key.kind in VALUES]))
    value = data.draw(VALUES[key.kind])
    text = ",".join(value) if isinstance(value, list) else str(value)
    raw, why = from_text(key, text)
    why = why or fault(key, raw, "linux")
    assert bool(why) == bool(fault(key, value, "linux"))
    if not why:
        assert raw == (tuple(value) if isinstance(value, list) else value)


@given(st.text(), st.sampled_from([key.name for key in keys({}, "linux")]))
def test_no_text_whatever_ends_in_anything_but_a_value_or_a_sentence(text, name):
    try:
        load(Path("/dev/null"), {PREFIX + name.upper(): text}, system="linux")
    except Misconfigured as problem:
        assert name.upper() in str(problem)  # noqa: PT017 - both ends are allowed


@given(
    st.dictionaries(
        st.sampled_from([key.name for key in keys({}, "linux")]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
    ),
)
def test_no_value_whatever_breaks_the_check(values):
    declared = {key.name: key for key in keys({}, "linux")}
    for name, value in values.items():
        assert isinstance(fault(declared[name], value, "linux"), Sentence | None)
