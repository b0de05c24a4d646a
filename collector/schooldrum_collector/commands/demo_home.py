"""Where a demo keeps its data, under which configuration it runs, and whether one runs now."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from platformdirs import user_data_path

from schooldrum_collector.commands.call import Call
from schooldrum_collector.commands.children import holder
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.config import PREFIX, Config, Misconfigured, load
from schooldrum_collector.store.lock import NAME as LOCK_FILE

_RUNNING_FILE = "running.json"
_CONFIG_FILE = "collector.toml"


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A demo that runs: its office door, what stands beside it (URLs, empty for nothing), how many schools it has.

    `day` is when its day of incidents began (epoch seconds), 0 where it has none; `past` whether half a day had been
    played before that.
    """

    office: str
    schools: int
    day: float = 0.0
    past: bool = False
    prometheus: str = ""
    alertmanager: str = ""


class Home(msgspec.Struct, frozen=True):
    """A demo's directory."""

    path: Path

    @property
    def data(self) -> Path:
        """The data directory of its collector."""
        return self.path / "collector"

    @property
    def config(self) -> Path:
        """Its collector's configuration file."""
        return self.path / _CONFIG_FILE

    def holder(self) -> str:
        """The number of the process that serves it; empty where none does."""
        return holder(self.data / LOCK_FILE)

    def tell(self, running: Running | None) -> None:
        """Writes down for other windows that it runs, or (None) that it does no more."""
        file = self.path / _RUNNING_FILE
        if running is None:
            file.unlink(missing_ok=True)
            return
        made = file.with_suffix(".new")
        made.write_bytes(msgspec.json.encode(running))
        made.replace(file)

    def running(self) -> Running | None:
        """What runs here now; None for nothing (a file that was left behind is not believed)."""
        try:
            known = msgspec.json.decode((self.path / _RUNNING_FILE).read_bytes(), type=Running)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return known if self.holder() else None


def home_of(environ: Mapping[str, str]) -> Home:
    """`demo` in the directory of SCHOOLDRUM_HOME, else in the user's own."""
    named = environ.get("SCHOOLDRUM_HOME", "").strip()
    base = Path(named).expanduser().absolute() if named else user_data_path("schooldrum", appauthor=False)
    return Home(base / "demo")


def environment(environ: Mapping[str, str], home: Home) -> dict[str, str]:
    """What an installed collector is told does not reach the demo, but for the addresses of doors."""
    ours = {f"{PREFIX}{name}" for name in ("OFFICE_LISTEN", "AGENTS_LISTEN", "ANSWERS_LISTEN", "ANSWERS_URL")}
    return {
        **{name: value for name, value in environ.items() if not name.startswith(PREFIX) or name in ours},
        f"{PREFIX}CONFIG": str(home.config),
        # The simulated PCs say by which line they come; they stand where a reverse proxy would.
        f"{PREFIX}AGENTS_PROXIES": "127.0.0.1",
        # Twelve times the results of an ordinary beat are not kept for weeks.
        f"{PREFIX}RESULTS_DAYS": "1",
    }


def configured(call: Call, home: Home, environ: Mapping[str, str]) -> Call:
    """The same call under the demo's configuration; its directory is made.

    Raises:
        Failed: the directory or the configuration cannot be used.
    """
    options = {"data": str(home.data), "office_open": True, "language": call.say.language}
    try:
        home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.config.touch(mode=0o600)
        config: Config = load(home.config, environ, options)
    except Misconfigured as trouble:
        raise Failed("\n".join(problem.sentence(call.refuse) for problem in trouble.problems)) from trouble
    except OSError as trouble:
        raise Failed(
            call.refuse(
                f"{home.path}: {trouble.strerror}. Chọn thư mục khác bằng biến SCHOOLDRUM_HOME.",
                f"{home.path}: {trouble.strerror}. Choose another directory by the variable SCHOOLDRUM_HOME.",
            )
        ) from trouble
    return msgspec.structs.replace(call, config=config)
