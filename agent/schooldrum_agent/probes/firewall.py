r"""Whether a firewall is on, and on Windows in which profiles.

Windows' own object tells what is in force, policies included, and which profiles the networks in use stand under; the
registry tells it where the object does not (a policy wins over what was set on the PC). Another maker's firewall, known
to the Security Center, replaces it. On Linux the programs that manage one are asked by their files and units; the rules
themselves only root may see.
"""

import os
from collections.abc import Iterator
from typing import Any

import msgspec

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import automation, command, files, registry, units, wmi
from schooldrum_agent.sources.nameplate import tidy
from schooldrum_wire.catalogue.firewall import FIREWALL
from schooldrum_wire.section import Row

_PROFILES = {"domain": 1, "private": 2, "public": 4}
"""NET_FW_PROFILE_TYPE2."""
_LOCAL = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
_LOCAL_KEYS = {"domain": "DomainProfile", "private": "StandardProfile", "public": "PublicProfile"}
_POLICY = r"SOFTWARE\Policies\Microsoft\WindowsFirewall"
_POLICY_KEYS = {
    "domain": ("DomainProfile",),
    "private": ("PrivateProfile", "StandardProfile"),
    "public": ("PublicProfile",),
}
_WORDS = ("EnableFirewall", "DefaultInboundAction")
_SERVICE = "MpsSvc"
_CENTER = r"root\SecurityCenter2"
_CENTER_WORDS = ("displayName", "productState")
_ACTIONS: dict[int | None, str] = {0: "block", 1: "allow"}
"""NET_FW_ACTION."""
_PRODUCT_STATES = {0: False, 1: True, 2: False, 3: False}
"""In productState: off, on, snoozed, expired."""
_MOST = 20
_UFW, _UFW_DEFAULTS = "etc/ufw/ufw.conf", "etc/default/ufw"
_UNITS = {
    "ufw": ("ufw.service",),
    "firewalld": ("firewalld.service",),
    "nftables": ("nftables.service",),
    "iptables": ("netfilter-persistent.service", "iptables.service"),
}
_NFT = ("usr/sbin/nft", "sbin/nft")
_NFT_SECONDS = 10.0
_FILTERS = ("nf_tables", "ip_tables")
_CLOSED = frozenset({"drop", "reject"})


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{effective, policy, local, running, products}.

    `effective` is {current (bits of the profiles in use), profiles: {name: {enabled, inbound (0 block, 1 allow),
    block}}} of the firewall's own object, None where it does not answer; `policy` and `local` are {profile:
    {EnableFirewall, DefaultInboundAction (0 allow, 1 block)}} of the registry; `running` whether its service runs, None
    where that is not told; `products` other makers' {product, state}, None where the Security Center did not answer.

    Raises:
        Denied: this process may not read the registry.
        Unavailable: this is not Windows.
    """
    return {
        "effective": _effective(),
        "policy": {name: _first(_POLICY, keys) for name, keys in _POLICY_KEYS.items()},
        "local": {name: _first(_LOCAL, (key,)) for name, key in _LOCAL_KEYS.items()},
        "running": _running(),
        "products": _products(),
    }


def _effective() -> dict[str, Any] | None:
    try:
        policy = automation.create("HNetCfg.FwPolicy2")
        return {
            "current": automation.get(policy, "CurrentProfileTypes"),
            "profiles": {
                name: {
                    "enabled": automation.get(policy, "FirewallEnabled", bit),
                    "inbound": automation.get(policy, "DefaultInboundAction", bit),
                    "block": automation.get(policy, "BlockAllInboundTraffic", bit),
                }
                for name, bit in _PROFILES.items()
            },
        }
    except (Denied, Unavailable, OSError):
        # The service does not run, or this is Wine.
        return None


def _first(path: str, keys: tuple[str, ...]) -> dict[str, Any]:
    for key in keys:
        try:
            found = registry.values(rf"{path}\{key}")
        except Unavailable:
            continue
        if any(word in found for word in _WORDS):
            return {word: found.get(word) for word in _WORDS}
    return {}


def _running() -> bool | None:
    import psutil  # noqa: PLC0415 - a Linux agent never needs it and saves its memory

    try:
        status = psutil.win_service_get(_SERVICE).status()  # type: ignore[attr-defined]  # Windows only
    except (psutil.Error, OSError):
        return None
    # On its way up or down it is neither.
    return {"running": True, "stopped": False, "paused": False}.get(status)


def _products() -> list[dict[str, Any]] | None:
    try:
        rows = wmi.query(_CENTER, "SELECT * FROM FirewallProduct", _CENTER_WORDS)
    except Unavailable:
        return []
    except (Denied, OSError):
        return None
    return [
        {"product": str(row.get("displayName") or ""), "state": wmi.unsigned(row.get("productState"))}
        for row in rows[:_MOST]
    ]


def read_windows(data: Any) -> Iterator[Row]:
    """A row for each of the three profiles, and for each product of another maker; one that says none of these."""
    for name, bit in _PROFILES.items():
        yield FIREWALL(profile=name, **_profile(data, name, bit))
    if data["products"] is None:
        yield FIREWALL(profile="product", enabled=None, source="product")
    for product in data["products"] or ():
        state = product["state"]
        yield FIREWALL(
            profile="product",
            product=tidy(product["product"]) or None,
            enabled=None if state is None else _PRODUCT_STATES.get(state >> 12 & 0xF),
            source="product",
        )


def _profile(data: Any, name: str, bit: int) -> dict[str, Any]:
    if data["running"] is False:
        # Whatever is set, nothing keeps to it.
        return {"enabled": False, "source": "local"} | _active(data, bit)
    told = (data["effective"] or {"profiles": {}})["profiles"].get(name) or {}
    enabled = _number(told.get("enabled"))
    if enabled is None:
        return _set(data, name) | _active(data, bit)
    inbound = _ACTIONS.get(_number(told.get("inbound")))
    if told.get("block") is not False:
        # All of it is kept out, or it is not told whether.
        inbound = "block" if told.get("block") or inbound == "block" else None
    return {"enabled": enabled != 0, "inbound": inbound, "source": "effective"} | _active(data, bit)


def _active(data: Any, bit: int) -> dict[str, Any]:
    current = _number((data["effective"] or {}).get("current"))
    return {} if current is None else {"active": bool(current & bit)}


def _set(data: Any, name: str) -> dict[str, Any]:
    """What the registry sets for a profile: it proves that it is off, and that it is on only where the service runs."""
    policy, local = data["policy"].get(name) or {}, data["local"].get(name) or {}
    enabled, source = _number(policy.get("EnableFirewall")), "policy"
    if enabled is None:
        enabled, source = _number(local.get("EnableFirewall")), "local"
    action = _number(policy.get("DefaultInboundAction"))
    if action is None:
        action = _number(local.get("DefaultInboundAction"))
    if enabled is None:
        return {"source": "local"}
    return {
        "enabled": enabled != 0 if data["running"] or enabled == 0 else None,
        # Nothing said is the default: block. The registry counts these words the other way round than the object does.
        "inbound": "allow" if action == 0 else "block",
        "source": source,
    }


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{ufw, inbound, units, ruleset, possible}.

    `ufw` is whether it is switched on (None: not installed) and `inbound` its default policy; `units` is {manager:
    whether it is in force, None: not installed}, None where systemd does not tell; `ruleset` whether the kernel's rules
    keep out what no rule names (None: no right to see them); `possible` whether the kernel has a filter at all.
    """
    configuration = files.text_or_none(doors.rootfs, _UFW)
    defaults = files.text_or_none(doors.rootfs, _UFW_DEFAULTS)
    return {
        "ufw": None if configuration is None else shell_value(configuration, "ENABLED").casefold() == "yes",
        "inbound": shell_value(defaults or "", "DEFAULT_INPUT_POLICY") or None,
        "units": _units(doors),
        "ruleset": _ruleset(doors),
        "possible": _possible(doors),
    }


def shell_value(text: str, name: str) -> str:
    """What a file of `NAME=value` lines says of a name: the last one counts, without quotes; empty for nothing."""
    found = ""
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and key.strip() == name:
            found = value.split("#")[0].strip().strip("\"'")
    return found


def _units(doors: Doors) -> dict[str, bool | None] | None:
    try:
        told = units.units(doors.rootfs, *(unit for names in _UNITS.values() for unit in names))
    except (Denied, Unavailable, OSError):
        return None
    return {
        manager: any(told[unit].active for unit in names) if any(told[unit].there for unit in names) else None
        for manager, names in _UNITS.items()
    }


def _ruleset(doors: Doors) -> bool | None:
    program = next((f"/{path}" for path in _NFT if files.target(doors.rootfs, path)), None)
    if program is None or doors.rootfs != "/":
        return None
    try:
        answer = command.run(program, "-j", "list", "ruleset", timeout=_NFT_SECONDS)
    except (Denied, Unavailable, OSError):
        return None
    return keeps_out(answer.output) if answer.code == 0 else None


def keeps_out(ruleset: str) -> bool | None:
    """Whether some chain of `nft -j list ruleset` stops what comes in and no rule names; None: these are no rules.

    That is a chain at the input hook whose policy is drop, or whose last rule drops or rejects whatever is left.
    """
    try:
        told = msgspec.json.decode(ruleset.encode())
    except (msgspec.DecodeError, RecursionError):
        return None
    items = told.get("nftables") if isinstance(told, dict) else None
    if not isinstance(items, list):
        return None
    inputs: set[tuple[Any, Any, Any]] = set()
    last: dict[tuple[Any, Any, Any], list[Any]] = {}
    for item in items:
        chain, rule = (item.get("chain"), item.get("rule")) if isinstance(item, dict) else (None, None)
        if isinstance(chain, dict) and chain.get("hook") == "input" and chain.get("type") == "filter":
            if chain.get("policy") == "drop":
                return True
            inputs.add(_named(chain, "name"))
        if isinstance(rule, dict) and isinstance(rule.get("expr"), list):
            last[_named(rule, "chain")] = rule["expr"]
    return any(_closes(last.get(chain, [])) for chain in inputs)


def _named(item: dict[str, Any], key: str) -> tuple[str, str, str]:
    return str(item.get("family")), str(item.get("table")), str(item.get(key))


def _closes(expression: list[Any]) -> bool:
    words = [word for part in expression if isinstance(part, dict) for word in part if word not in {"counter", "log"}]
    return len(words) == 1 and words[0] in _CLOSED


def _possible(doors: Doors) -> bool | None:
    modules = files.text_or_none(doors.procfs, "modules")
    built_in = files.text_or_none(doors.rootfs, "lib/modules", os.uname().release, "modules.builtin")
    if modules is None or built_in is None:
        return None
    loaded = {line.partition(" ")[0] for line in modules.splitlines()}
    return any(name in loaded or f"/{name}.ko" in built_in for name in _FILTERS)


def read_linux(data: Any) -> Iterator[Row]:
    """A row for each manager that is installed, for the rules where they could be seen, or one that says none."""
    managers: dict[str, bool | None] = {}
    told = data["units"] or {}
    if data["ufw"] is not None:
        # Its unit runs once at the start and stays; switched on by hand it may never have run.
        managers["ufw"] = data["ufw"]
    if told.get("firewalld") is not None:
        managers["firewalld"] = told["firewalld"]
    for name in ("nftables", "iptables"):
        if told.get(name):
            managers[name] = None
    if data["ruleset"] is not None:
        managers["nftables"] = data["ruleset"]
    inbound = {"DROP": "block", "REJECT": "block", "ACCEPT": "allow"}.get(str(data["inbound"]).upper())
    for name, enabled in managers.items():
        yield FIREWALL(
            profile=name,
            enabled=enabled,
            inbound=inbound if name == "ufw" else "block" if enabled else None,
            source="effective" if name == "nftables" else "local",
        )
    if not managers:
        yield FIREWALL(profile="none", enabled=False if data["possible"] is False else None, source="local")


PROBE = Probe(
    "firewall",
    every=6 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("firewall",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
