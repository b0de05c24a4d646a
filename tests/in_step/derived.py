"""Which documents are derived from the code; run as a program it writes them (`make docs`)."""

from collections.abc import Callable
from pathlib import Path

from schooldrum_agent import keys
from schooldrum_collector import config
from schooldrum_collector.speech import Say
from schooldrum_wire.privacy import notice

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS: dict[str, Callable[[], str]] = {
    "PRIVACY.md": notice,
    "deploy/agent.toml": keys.sample,
    "deploy/collector.toml": lambda: config.sample(Say("en")),
    "deploy/collector.vi.toml": lambda: config.sample(Say("vi")),
}

if __name__ == "__main__":
    for name, text in DOCUMENTS.items():
        path = ROOT / name
        if not path.exists() or path.read_text("utf-8") != text():
            path.write_text(text(), "utf-8")
            print(f"{name} is written anew")
