"""A Debian's package state of its own, inside a mount namespace: real apt and dpkg, lists and packages made here.

Run by `test_updates_real_apt.py` under `unshare --mount --net`: nothing it does is seen outside, and there is no
network. Its argument is an empty folder; it prints, as one object of JSON, what the probes said at each step.
"""

import contextlib
import email.utils
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schooldrum_agent.examine import examine
from schooldrum_agent.probe import Doors
from schooldrum_agent.probes import automatic_updates, update_history, updates

STATE = ("/etc/apt", "/var/lib/apt", "/var/cache/apt", "/var/lib/dpkg", "/var/log")
DAILY = ("/etc/cron.daily", "/run")
LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock")
FOLDERS = (
    *("/etc/apt/apt.conf.d", "/etc/apt/preferences.d", "/etc/apt/sources.list.d", "/etc/apt/trusted.gpg.d"),
    *("/var/lib/apt/lists/partial", "/var/lib/apt/periodic", "/var/cache/apt/archives/partial", "/var/log/apt"),
    *("/var/lib/dpkg/info", "/var/lib/dpkg/updates", "/var/lib/dpkg/triggers", "/var/lib/dpkg/alternatives"),
)
LABELS = {"stable": "Debian", "stable-security": "Debian-Security"}
OLD_DAYS = 45
Offer = dict[str, dict[str, str]]
"""Suite -> package -> version."""


def run(*words: str) -> None:
    subprocess.run(words, check=True, stdout=sys.stderr, stdin=subprocess.DEVNULL, timeout=60)


def furnish(house: Path) -> None:
    """Puts empty file systems where apt and dpkg keep what they know; /usr/bin can be written without being changed."""
    for place in STATE:
        run("mount", "-t", "tmpfs", "tmpfs", place)
    for place in (*DAILY, str(house)):
        run("mount", "-t", "tmpfs", "tmpfs", place)
    for name in ("upper", "work"):
        (house / name).mkdir()
    layers = f"lowerdir=/usr/bin,upperdir={house}/upper,workdir={house}/work"
    run("mount", "-t", "overlay", "overlay", "-o", layers, "/usr/bin")
    Path("/usr/bin/unattended-upgrade").unlink(missing_ok=True)
    for folder in FOLDERS:
        Path(folder).mkdir(parents=True)
    Path("/var/lib/dpkg/status").touch()
    Path("/var/lib/dpkg/available").touch()
    sources = "".join(f"deb [trusted=yes] file:{house}/offer {suite} main\n" for suite in LABELS)
    Path("/etc/apt/sources.list").write_text(sources, "utf-8")
    Path("/etc/apt/apt.conf.d/house").write_text('APT::Sandbox::User "root";\n', "utf-8")


def by_cron() -> None:
    """What apt does each day is done: by its script and a cron that runs, as where there is no systemd."""
    Path("/etc/cron.daily/apt-compat").touch()
    Path("/run/crond.pid").touch()


def package(house: Path, name: str, version: str) -> Path:
    """An empty package, built by dpkg-deb."""
    target = house / "offer" / "pool" / f"{name}_{version}_all.deb"
    if not target.exists():
        control = house / "build" / f"{name}-{version}" / "DEBIAN" / "control"
        control.parent.mkdir(parents=True)
        fields = {
            "Package": name,
            "Version": version,
            "Architecture": "all",
            "Maintainer": "House <house@example.org>",
            "Description": "nothing",
        }
        control.write_text("".join(f"{key}: {value}\n" for key, value in fields.items()), "utf-8")
        target.parent.mkdir(parents=True, exist_ok=True)
        run("dpkg-deb", "--root-owner-group", "--build", str(control.parents[1]), str(target))
    return target


def offer(house: Path, what: Offer) -> None:
    """Publishes these versions, and fetches the lists as apt-get update does."""
    for suite, label in LABELS.items():
        stanzas = []
        for name, version in what.get(suite, {}).items():
            raw = package(house, name, version).read_bytes()
            fields = subprocess.run(
                ["dpkg-deb", "--field", str(package(house, name, version))], check=True, capture_output=True, text=True
            ).stdout
            place = f"pool/{name}_{version}_all.deb"
            sums = f"Filename: {place}\nSize: {len(raw)}\nSHA256: {hashlib.sha256(raw).hexdigest()}\n"
            stanzas.append(fields + sums)
        listing = "\n".join(stanzas).encode()
        index = house / "offer" / "dists" / suite / "main" / "binary-all" / "Packages"
        index.parent.mkdir(parents=True, exist_ok=True)
        index.write_bytes(listing)
        (house / "offer" / "dists" / suite / "Release").write_text(
            f"Origin: Debian\nLabel: {label}\nSuite: {suite}\nCodename: {suite}\nVersion: 12\n"
            f"Date: {email.utils.formatdate(usegmt=True)}\n"
            "Architectures: all amd64 arm64\nComponents: main\n"
            f"SHA256:\n {hashlib.sha256(listing).hexdigest()} {len(listing)} main/binary-all/Packages\n",
            "utf-8",
        )
    run("apt-get", "-qq", "update")


def tree() -> dict[str, tuple[int, int, str]]:
    """Every file of the package state: size, time of its last change, contents."""
    found = {}
    for place in STATE:
        for path in sorted(Path(place).rglob("*")):
            if path.is_file():
                told = path.stat()
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[str(path)] = (told.st_size, told.st_mtime_ns, digest)
            else:
                found[str(path)] = (0, path.stat().st_mtime_ns, "")
    return found


def ask() -> dict[str, Any]:
    """What the three probes say, whether they left the package state as it was, and how long they took (seconds)."""
    doors = Doors(boottime=time.monotonic, wall=time.time)
    before, began = tree(), time.monotonic()
    answers = [examine(probe.PROBE, doors, "linux") for probe in (updates, automatic_updates, update_history)]
    took = time.monotonic() - began
    rows: dict[str, list[Any]] = {}
    for answer in answers:
        for row in answer.rows:
            rows.setdefault(row.section, []).append(dict(row.values))
    return {
        "outcomes": [answer.outcome for answer in answers],
        "reasons": [answer.reason for answer in answers],
        "pending": [reading.value for answer in answers for reading in answer.readings],
        "updates": rows.get("updates", []),
        "automatic": rows["automatic_updates"][0],
        "history": rows["update_history"][0],
        "untouched": tree() == before,
        "took": took,
    }


@contextlib.contextmanager
def locked() -> Iterator[bool]:
    """apt and dpkg are at work: every lock of theirs is held. Yields whether apt itself is kept out by that."""
    with contextlib.ExitStack() as held:
        for place in LOCKS:
            # As apt and dpkg do it: fcntl's locks, which another process does not get.
            fcntl.lockf(held.enter_context(Path(place).open("wb")), fcntl.LOCK_EX)
        refused = subprocess.run(["apt-get", "-qq", "update"], check=False, capture_output=True, timeout=60)
        yield refused.returncode != 0


def periodic(**values: str) -> None:
    """What apt's own timers are told to do."""
    lines = [f'APT::Periodic::{name.replace("_", "-")} "{value}";\n' for name, value in values.items()]
    Path("/etc/apt/apt.conf.d/20auto-upgrades").write_text("".join(lines), "utf-8")


def main(house: Path) -> dict[str, Any]:
    furnish(house)
    first = {"alpha": "1.0", "beta": "1.0", "gamma": "1.0"}
    for name, version in first.items():
        run("dpkg", "--install", str(package(house, name, version)))
    offer(house, {"stable": first})
    told = {"nothing waits": ask()}
    later: Offer = {"stable": {**first, "beta": "1.1"}, "stable-security": {"alpha": "1.1"}}
    offer(house, later)
    told["one fix waits"] = ask()
    run("apt-mark", "hold", "gamma")
    later = {
        "stable": {**first, "beta": "1.2"},
        "stable-security": {"alpha": "1.1", "beta": "1.1", "gamma": "1.1"},
    }
    offer(house, later)
    told["three fixes wait"] = ask()
    told["a fix is pinned away"] = pinned()
    with locked() as keeps_out:
        told["locked"] = {**ask(), "keeps_out": keeps_out}
    periodic(Update_Package_Lists="1", Unattended_Upgrade="1")
    told["unattended, not installed"] = ask()
    Path("/usr/bin/unattended-upgrade").touch()
    told["unattended, nothing runs it"] = ask()
    by_cron()
    told["unattended"] = ask()
    periodic(Update_Package_Lists="1", Unattended_Upgrade="0")
    told["notify"] = ask()
    then = time.time() - OLD_DAYS * 86400
    for place in Path("/var/lib/apt/lists").iterdir():
        os.utime(place, (then, then))
    told["lists are old"] = ask()
    run("dpkg", "--install", str(package(house, "alpha", "1.1")))
    told["the first fix is installed"] = ask()
    return {**told, **damaged(), **cut_off(house, later)}


def pinned() -> dict[str, Any]:
    """alpha is to stay as it is, and so is a package that is not installed at all."""
    preferences = Path("/etc/apt/preferences.d/house")
    preferences.write_text(
        "".join(f"Package: {name}\nPin: version 1.0\nPin-Priority: 1001\n\n" for name in ("alph*", "absent")), "utf-8"
    )
    told = ask()
    preferences.unlink()
    return told


def damaged() -> dict[str, Any]:
    told = {}
    status = Path("/var/lib/dpkg/status")
    kept = status.read_bytes()
    status.write_bytes(b"")
    told["dpkg's list is empty"] = ask()
    status.unlink()
    told["dpkg's list is gone"] = ask()
    status.write_bytes(kept)
    told["dpkg's list is back"] = ask()
    sources = Path("/etc/apt/sources.list")
    both = sources.read_text("utf-8")
    sources.write_text("".join(line for line in both.splitlines(keepends=True) if "-security" not in line), "utf-8")
    told["no security source"] = ask()
    sources.write_text(f"{both}deb https://person:secret@example.org\n", "utf-8")
    told["broken sources"] = ask()
    sources.write_text(both, "utf-8")
    emptied = next(Path("/var/lib/apt/lists").glob("*_Packages"))
    fetched = emptied.read_bytes()
    emptied.unlink()
    emptied.touch()
    told["an empty list"] = ask()
    emptied.write_bytes(fetched)
    for place in Path("/var/lib/apt/lists").glob("*Release"):
        place.unlink()
        place.write_text("what a full disk leaves behind\n", "utf-8")
    told["broken lists"] = ask()
    for place in Path("/var/lib/apt/lists").iterdir():
        if place.is_file():
            place.unlink()
    told["no lists"] = ask()
    return told


def cut_off(house: Path, what: Offer) -> dict[str, Any]:
    """The way to the archive of security updates is cut; the other one goes on, and apt finds that good enough."""
    run("ip", "link", "set", "lo", "up")
    serve = ("-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(house / "offer"))
    with subprocess.Popen([sys.executable, "-u", *serve], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        port = server.stdout.readline().split(b" port ")[1].split()[0].decode()
        Path("/etc/apt/sources.list").write_text(
            f"deb [trusted=yes] file:{house}/offer stable main\n"
            f"deb [trusted=yes] http://127.0.0.1:{port} stable-security main\n",
            "utf-8",
        )
        offer(house, what)
        told = {"the security archive by http": ask()}
        server.kill()
    then = time.time() - OLD_DAYS * 86400
    for place in Path("/var/lib/apt/lists").glob("127.0.0.1*"):
        os.utime(place, (then, then))
    offer(house, {**what, "stable-security": {"delta": "9.0"}})
    Path("/var/lib/apt/periodic/update-success-stamp").touch()
    return {**told, "the security archive cut off": ask()}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
