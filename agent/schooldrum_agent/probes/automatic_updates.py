r"""How updates come to this PC: by themselves, when a person says so, or never; and whether they wait for a restart.

Windows tells it in the registry: what a policy orders, what a person chose (up to 8.1), which services may start.
Blocking tools disable the services; that wuauserv stands still is ordinary. A fast start-up ends no pending restart.
"""

import re
from collections.abc import Iterator
from typing import Any

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import apt, command, files, registry, units
from schooldrum_wire.catalogue.automatic_updates import AUTOMATIC_UPDATES
from schooldrum_wire.section import Row

_POLICY = r"SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate"
_CHOICE = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update"
_USER_CHOICE = r"SOFTWARE\Microsoft\WindowsUpdate\UX\Settings"
_SERVICES = r"SYSTEM\CurrentControlSet\Services"
_BLOCKED_BY = ("wuauserv", "UsoSvc")
"""Without one of these nothing is ever searched; the others only make it slower."""
_WATCHED = (*_BLOCKED_BY, "BITS", "WaaSMedicSvc", "DoSvc")
_DISABLED = 4
_RESTART_KEYS = {
    "servicing": r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending",
    "windows_update": r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired",
    "server_manager": r"SOFTWARE\Microsoft\ServerManager\CurrentRebootAttempts",
}
_UPDATE_EXE = r"SOFTWARE\Microsoft\Updates"
_POLICY_VALUES = (
    "WUServer", "UseWUServer", "NoAutoUpdate", "AUOptions", "DisableWindowsUpdateAccess",
    "DoNotConnectToWindowsUpdateInternetLocations", "TargetReleaseVersion", "TargetReleaseVersionInfo",
    "DeferQualityUpdates", "DeferQualityUpdatesPeriodInDays",
)  # fmt: skip
_PAUSES = ("PauseUpdatesExpiryTime", "PauseQualityUpdatesEndTime")
_MODES = {1: "off", 2: "notify", 3: "download", 4: "automatic", 5: "automatic", 7: "notify"}
"""AUOptions. 5 leaves it to the local administrator, who can only choose when, not whether."""
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})T")
_RELEASE = re.compile(r"[0-9A-Za-z.]{1,10}")
_MOST_DEFERRED = 365
_OFF = frozenset({"", "0", "false", "no"})
_UNATTENDED = "usr/bin/unattended-upgrade"
_REFRESHES, _INSTALLS, _MINT_INSTALLS = "apt-daily", "apt-daily-upgrade", "mintupdate-automation-upgrade"
"""By name the timers that start a service of the same name: apt's own, and that of Mint's update manager."""
_JOBS = (_REFRESHES, _INSTALLS, _MINT_INSTALLS)
_SYSTEMD = "run/systemd/system"
_CRON = ("etc/cron.daily/apt-compat", "run/crond.pid")
"""What does the same each day where systemd does not run: apt's script, by a cron that runs."""
_MINT = "var/lib/linuxmint/mintupdate-automatic-upgrades-enabled"
_DNF_TIMERS = "etc/systemd/system/timers.target.wants"
_PERIODIC = "APT::Periodic"
_APPLIES = re.compile(r"^\s*apply_updates\s*=.{0,40}", re.MULTILINE | re.IGNORECASE)
_YES = re.compile(r"=\s*(?:yes|true|1)\b", re.IGNORECASE)
_NEEDRESTART = "/usr/sbin/needrestart"
_NEEDRESTART_SECONDS = 20.0
_KERNEL_IMAGE = "vmlinuz-"
_KERNEL_WAITS = {"1": False, "2": True, "3": True}
_NEED = re.compile(r"NEEDRESTART-([A-Z]+): ?(.*)")


def _values_or_none(path: str) -> dict[str, Any] | None:
    """The values of a key, empty where there is none, None where it may not be read."""
    try:
        return registry.values(path)
    except Unavailable:
        return {}
    except Denied:
        return None


def _has_key(path: str) -> bool | None:
    try:
        registry.values(path)
    except Unavailable:
        return False
    except Denied:
        return None
    return True


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{policy, choice, pause, starts, restart, update_exe}: registry values, None where one may not be read.

    `starts` is {service: its Start value} of those that are there; `restart` {who: whether its key is there}.

    Raises:
        Unavailable: there is no registry.
    """
    registry.keys(_SERVICES.rpartition("\\")[0])
    policy, own = _values_or_none(_POLICY), _values_or_none(rf"{_POLICY}\AU")
    both = None if policy is None or own is None else {**policy, **own}
    starts: dict[str, Any] = {}
    for name in _WATCHED:
        found = _values_or_none(rf"{_SERVICES}\{name}")
        if found is None or found:
            starts[name] = found.get("Start") if found else None
    choice, pause, update_exe = _values_or_none(_CHOICE), _values_or_none(_USER_CHOICE), _values_or_none(_UPDATE_EXE)
    return {
        "policy": None if both is None else _told(both),
        "choice": None if choice is None else choice.get("AUOptions"),
        "pause": {name: (pause or {}).get(name) for name in _PAUSES},
        "starts": starts,
        "restart": {who: _has_key(path) for who, path in _RESTART_KEYS.items()},
        "update_exe": (update_exe or {}).get("UpdateExeVolatile"),
    }


def _told(policy: dict[str, Any]) -> dict[str, Any]:
    """The policy's values, and of a server's address only that there is one: it names whose network this is."""
    told = {name: policy[name] for name in _POLICY_VALUES if name in policy}
    return {**told, "WUServer": bool(policy.get("WUServer"))}


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{apt, dnf, reboot_required, packages, needrestart, kernel, kernels}.

    `apt` is {settings, unattended, systemd, units, cron, mint} (None without apt): whether systemd runs, what it says
    of the units of `_JOBS` by name ({there, enabled}, None where it says nothing), and whether cron does their work.
    `dnf` is {automatic, timers}; `kernel` runs, `kernels` are installed; `needrestart` is what it prints in batch mode,
    None without it.
    """
    root = doors.rootfs
    required = files.text_or_none(root, "run/reboot-required")
    return {
        "apt": _apt(root) if root == "/" and apt.is_here(root) else None,
        "dnf": {
            "automatic": "\n".join(_APPLIES.findall(files.text_or_none(root, "etc/dnf/automatic.conf") or "")),
            "timers": files.names_or_none(root, _DNF_TIMERS),
        },
        "reboot_required": required is not None,
        "packages": files.text_or_none(root, "run/reboot-required.pkgs"),
        "needrestart": _needrestart() if root == "/" else None,
        "kernel": files.text_or_none(doors.procfs, "sys/kernel/osrelease"),
        "kernels": [name for name in files.names_or_none(root, "boot") if name.startswith(_KERNEL_IMAGE)],
    }


def _apt(root: str) -> dict[str, Any]:
    return {
        # Other settings hold proxies and their passwords.
        "settings": "\n".join(line for line in apt.configuration().splitlines() if line.startswith(_PERIODIC)),
        "unattended": files.exists(root, _UNATTENDED),
        "systemd": files.exists(root, _SYSTEMD),
        "units": _units(root),
        "cron": all(files.exists(root, place) for place in _CRON),
        "mint": files.exists(root, _MINT),
    }


def _units(root: str) -> dict[str, dict[str, bool]] | None:
    names = [f"{job}.{kind}" for job in _JOBS for kind in ("timer", "service")]
    try:
        told = units.units(root, *names)
    except (Denied, Unavailable, OSError):
        return None
    return {name: {"there": unit.there, "enabled": unit.enabled} for name, unit in told.items()}


def _needrestart() -> str | None:
    try:
        # -k: the kernel alone; to look into every process costs seconds and needs root.
        return command.run(_NEEDRESTART, "-b", "-k", timeout=_NEEDRESTART_SECONDS).output
    except (Denied, Unavailable, OSError):
        return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _mode_windows(data: Any) -> tuple[str, str] | None:
    policy = data["policy"]
    if any(_number(data["starts"].get(name)) == _DISABLED for name in _BLOCKED_BY):
        return "off", "service_disabled"
    if policy is None:
        return None
    if policy.get("DisableWindowsUpdateAccess") == 1:
        return "off", "access_disabled"
    if policy.get("DoNotConnectToWindowsUpdateInternetLocations") == 1 and policy.get("UseWUServer") != 1:
        return "off", "blocked"
    if policy.get("NoAutoUpdate") == 1:
        return "off", "policy"
    if any(name in data["starts"] and _number(data["starts"][name]) is None for name in _BLOCKED_BY):
        # Programs that block updates switch the service off and take away the right to see that.
        return None
    if mode := _MODES.get(_number(policy.get("AUOptions")) or 0):
        return mode, "policy"
    if mode := _MODES.get(_number(data["choice"]) or 0):
        return mode, "choice"
    return "automatic", "default"


def read_windows(data: Any) -> Iterator[Row]:
    """One row; without its mode where the policy or the service's start may not be read."""
    policy = data["policy"] or {}
    found = _mode_windows(data)
    disabled = [name for name in _WATCHED if _number(data["starts"].get(name)) == _DISABLED]
    reasons = [who for who, is_there in data["restart"].items() if is_there]
    if _number(data["update_exe"]):
        reasons.append("update_exe")
    known = bool(reasons) or None not in data["restart"].values()
    days = [match[1] for name in _PAUSES if (match := _DAY.match(str(data["pause"].get(name) or "")))]
    held = policy.get("TargetReleaseVersionInfo")
    deferred = _number(policy.get("DeferQualityUpdatesPeriodInDays"))
    yield _row(
        mode=found[0] if found else None,
        why=found[1] if found else None,
        disabled_services=" ".join(disabled) or None,
        own_server=None if data["policy"] is None else policy.get("UseWUServer") == 1 and bool(policy.get("WUServer")),
        paused_until=max(days, default=None),
        held_at=held if isinstance(held, str) and _RELEASE.fullmatch(held) else None,
        deferred=deferred if deferred and 0 < deferred <= _MOST_DEFERRED else None,
        restart_pending=bool(reasons) if known else None,
        restart_reasons=" ".join(reasons) or None,
    )


def parse_needrestart(text: str) -> dict[str, list[str]]:
    """The lines `NEEDRESTART-KEY: value` of its batch mode (README.batch), each key's values in order."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if match := _NEED.fullmatch(line.rstrip()):
            found.setdefault(match[1], []).append(match[2])
    return found


def kernel_waits(running: str, installed: list[str]) -> bool | None:
    """Whether a newer kernel of the same flavour is installed than the one that runs; None where it is not installed.

    In a container the running one is its host's, and says nothing about what is installed here.
    """
    versions = {name.removeprefix(_KERNEL_IMAGE) for name in installed}
    if running not in versions:
        return None
    flavour = re.sub(r"^[\d.-]+", "", running)
    alike = [version for version in versions if re.sub(r"^[\d.-]+", "", version) == flavour]
    return max(alike, key=_order) != running


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d{1,9}", version)[:12])


def _is_on(settings: dict[str, list[str]], name: str) -> bool:
    return settings.get(name, [""])[-1].casefold() not in _OFF


def _runs(data: Any, job: str) -> bool | None:
    """Whether this job of apt's is done day by day; None where systemd runs and does not tell."""
    if not data["systemd"]:
        return bool(data["cron"]) and job != _MINT_INSTALLS
    if data["units"] is None:
        return None
    timer, service = data["units"][f"{job}.timer"], data["units"][f"{job}.service"]
    # Of a masked unit systemd says that it is not there. A timer that stands still for now starts with the PC.
    return bool(timer["there"] and timer["enabled"] and service["there"])


def _mode_apt(data: Any) -> tuple[str, str] | None:
    by_mint = _runs(data, _MINT_INSTALLS) if data["mint"] else False
    if by_mint:
        return "automatic", "choice"
    mode, why = _mode_set(data, apt.parse_config(data["settings"]))
    needed = {"automatic": (_REFRESHES, _INSTALLS), "download": (_REFRESHES,), "notify": (_REFRESHES,)}
    runs = [_runs(data, job) for job in needed.get(mode, ())]
    if False in runs:
        mode, why = "off", "timer_off"
    return None if None in runs or (mode != "automatic" and by_mint is None) else (mode, why)


def _mode_set(data: Any, settings: dict[str, list[str]]) -> tuple[str, str]:
    """What is set; whether it is done is another question."""
    enabled = settings.get(f"{_PERIODIC}::Enable", [""])[-1].strip()
    if enabled.isdecimal() and int(enabled) == 0:
        # apt's script then ends before it looks at the rest.
        return "off", "periodic_off"
    if not _is_on(settings, "APT::Periodic::Unattended-Upgrade"):
        if _is_on(settings, "APT::Periodic::Update-Package-Lists"):
            downloads = _is_on(settings, "APT::Periodic::Download-Upgradeable-Packages")
            return "download" if downloads else "notify", "choice"
        # Where nothing is installed and nothing is set, nobody has refused anything.
        if not data["unattended"] and not any(name.startswith(f"{_PERIODIC}::") for name in settings):
            return "off", "not_installed"
        return "off", "choice"
    if not data["unattended"]:
        return "off", "not_installed"
    if not _is_on(settings, "APT::Periodic::Update-Package-Lists"):
        return "off", "lists_not_refreshed"
    return "automatic", "choice"


def _mode_dnf(data: Any) -> tuple[str, str] | None:
    if not data["automatic"] and not data["timers"]:
        return None
    timers = {name.removesuffix(".timer") for name in data["timers"]}
    if "dnf-automatic-install" in timers:
        return "automatic", "choice"
    if timers & {"dnf-automatic", "dnf5-automatic"}:
        return "automatic" if _YES.search(data["automatic"]) else "download", "choice"
    return "notify", "default"


def read_linux(data: Any) -> Iterator[Row]:
    """One row; without its mode on a system with neither apt nor dnf.

    That a restart is pending nobody may have noted on a plain Debian: then the kernels decide.
    """
    found = _mode_apt(data["apt"]) if data["apt"] else _mode_dnf(data["dnf"])
    reasons = ["package"] if data["reboot_required"] else []
    needs = parse_needrestart(data["needrestart"] or "")
    waits = _KERNEL_WAITS.get(needs.get("KSTA", [""])[0])
    if waits is None and data["kernel"]:
        waits = kernel_waits(data["kernel"], data["kernels"])
    if waits:
        reasons.append("kernel")
    yield _row(
        mode=found[0] if found else None,
        why=found[1] if found else None,
        restart_pending=bool(reasons) if reasons or waits is not None else None,
        restart_reasons=" ".join(reasons) or None,
    )


def _row(**values: Any) -> Row:
    return AUTOMATIC_UPDATES(**{name: value for name, value in values.items() if value is not None})


PROBE = Probe(
    "automatic_updates",
    every=6 * 3600,
    timeout=45,
    child=True,
    floor=600,
    sections=("automatic_updates",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
