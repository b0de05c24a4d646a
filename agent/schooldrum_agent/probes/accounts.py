r"""Who may sign in on this PC and how easily: counts and yes or no, never a name.

Accounts are known by their numbers, since names are translated: 500 is the built-in administrator, 501 the guest. Of a
password that stands readable in the registry only its being there is asked. Whether a password is empty Windows does
not tell; it tells which accounts may have an empty one. On Linux the passwords' file and sudo's rules are for root
only: who may not read the rules does not know how many administrators there are.
"""

import configparser
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from schooldrum_agent.probe import Denied, Doors, Probe, Source, Unavailable
from schooldrum_agent.sources import files, membership, pam, registry, sudoers
from schooldrum_wire.catalogue.accounts import ACCOUNTS
from schooldrum_wire.section import Row

_DISABLED, _PASSWORD_OPTIONAL = 0x2, 0x20
"""UF_ACCOUNTDISABLE and UF_PASSWD_NOTREQD."""
_ADMINISTRATOR, _GUEST = 500, 501
_OF_THE_SYSTEM = frozenset({_GUEST, 503, 504})
"""The guest, the default account, and the one of Application Guard: no persons."""
_FIRST_NUMBER = 1000
"""Domain groups that come with the domain have smaller ones."""
_WINLOGON = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
_LSA = r"SYSTEM\CurrentControlSet\Control\Lsa"
_FIRST_PERSON = 1000
_NOBODY = frozenset({65534, 65535, 4294967294})
_MOST = 2000
_LARGEST = 1 << 20
_ADMINISTRATORS = frozenset({"sudo", "admin", "wheel"})
_NO_SHELLS = frozenset({"nologin", "false", "sync", "halt", "shutdown", "git-shell"})
_GDM = ("etc/gdm3/custom.conf", "etc/gdm3/daemon.conf", "etc/gdm/custom.conf")
_LIGHTDM, _SDDM = "lightdm/lightdm.conf", "sddm.conf"
_LIGHTDM_FOLDERS = ("usr/share/lightdm/lightdm.conf.d", "etc/xdg/lightdm/lightdm.conf.d", "etc/lightdm/lightdm.conf.d")
_SDDM_FOLDERS = ("usr/lib/sddm/sddm.conf.d", "etc/sddm.conf.d")
_GETTY_FOLDERS = ("etc/systemd/system/getty@tty1.service.d", "etc/systemd/system/getty@.service.d")
_WHERE_TOLD = {
    "administrator_groups": "groups",
    "everyone_administrator": "everyone",
    "password_unasked": "unasked",
}
_YES = frozenset({"true", "yes", "1", "on"})

Settings = dict[str, str]
"""What configuration files say, by `section/key` in lower case."""


def fetch_windows(_doors: Doors) -> dict[str, Any]:
    """{accounts, administrators, shortest, autologon, stored, limit}, each None where it is not told or not set.

    `accounts` are {number, flags}, `administrators` {kind, number} (see `sources.membership`), `shortest` the least
    length of a password, `autologon` and `limit` the registry's AutoAdminLogon and LimitBlankPasswordUse, `stored`
    whether a password stands beside the former.

    Raises:
        Denied: this process may not read the registry.
        Unavailable: this is not Windows.
    """
    registry.keys(_LSA)
    return {
        "accounts": _or_none(lambda: [{"number": one.number, "flags": one.flags} for one in membership.accounts()]),
        "administrators": _or_none(
            lambda: [{"kind": one.kind, "number": one.number} for one in membership.administrators()]
        ),
        "shortest": _or_none(membership.shortest_password),
        "autologon": _set(_WINLOGON, "AutoAdminLogon"),
        "stored": _or_none(lambda: registry.stands(_WINLOGON, "DefaultPassword")),
        "limit": _set(_LSA, "LimitBlankPasswordUse"),
    }


def _or_none(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except (Denied, Unavailable):
        return None


def _set(path: str, name: str) -> Any:
    try:
        return registry.value(path, name)
    except Unavailable:
        return None


def read_windows(data: Any) -> Iterator[Row]:
    """One row."""
    yield ACCOUNTS(
        **_own_accounts(data["accounts"]),
        **_administrators(data["administrators"], data["accounts"]),
        shortest_password=data["shortest"],
        # The value is a text; some tools write a number. Nothing there is the default: no.
        autologon=str(data["autologon"]).strip() == "1",
        stored_password=data["stored"],
        empty_over_network=data["limit"] == 0,
    )


def _own_accounts(accounts: list[dict[str, int]] | None) -> dict[str, Any]:
    if accounts is None:
        return {}
    enabled = {one["number"]: one["flags"] for one in accounts if not one["flags"] & _DISABLED}
    people = [flags for number, flags in enabled.items() if number not in _OF_THE_SYSTEM]
    return {
        "accounts": len(people),
        "guest": _GUEST in enabled,
        "builtin_administrator": _ADMINISTRATOR in enabled,
        "password_optional": sum(1 for flags in people if flags & _PASSWORD_OPTIONAL),
    }


def _administrators(
    members: list[dict[str, Any]] | None, accounts: list[dict[str, int]] | None
) -> dict[str, int | bool]:
    if members is None:
        return {}
    disabled = {one["number"] for one in accounts or [] if one["flags"] & _DISABLED}
    persons = groups = 0
    for one in members:
        if one["kind"] == "local":
            persons += one["number"] not in disabled
        elif one["kind"] == "domain":
            # Which of the larger numbers are groups only the domain could tell, and it may be away.
            persons, groups = (
                persons + (one["number"] >= _FIRST_NUMBER),
                groups + (one["number"] < _FIRST_NUMBER),
            )
        elif one["kind"] == "azure":
            # Joined to Microsoft's cloud a PC has two roles of it among its administrators.
            groups += 1
    return {
        "administrators": persons,
        "administrator_groups": groups,
        "everyone_administrator": any(one["kind"] == "everyone" for one in members),
    }


def fetch_linux(doors: Doors) -> dict[str, Any]:
    """{people, root, unasked, rules, everyone, groups, autologon, guest}.

    `people` are {administrator, password}, one for each person who can sign in, `root` is root's password; a password
    is set, empty, locked, or None where only root may see it. `unasked` is how many of them the sign-in screen does not
    ask for it. `rules` is whether sudo's rules could be read, `everyone`
    whether they make everybody an administrator, `groups` how many groups that this PC's own list does not know.
    `autologon` and `guest`: whether the sign-in screen lets somebody in by itself, or a guest.

    Raises:
        Denied: the list of accounts may not be read.
        Unavailable: there is none.
    """
    passwd = files.read_text(doors.rootfs, "etc/passwd", limit=_LARGEST)
    try:
        rules = sudoers.read(doors.rootfs)
    except Denied:
        rules = None
    let_in = pam.groups_let_in(doors.rootfs)
    told = people(passwd, _text(doors, "etc/group") or "", _text(doors, "etc/shadow"), rules, let_in)
    return {**told, **_sign_in(doors)}


def _text(doors: Doors, path: str) -> str | None:
    try:
        return files.read_text(doors.rootfs, path, limit=_LARGEST)
    except (Denied, Unavailable):
        return None


def people(
    passwd: str,
    group: str,
    shadow: str | None,
    rules: sudoers.Rules | None,
    let_in: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """{people, root, unasked, rules, everyone, groups} as `fetch_linux` tells them.

    Out of passwd(5), group(5), shadow(5), sudo's rules (None: may not be read) and `pam.groups_let_in`.
    """
    groups = [
        _Group(fields[0], fields[2], frozenset(fields[3].split(",")))
        for line in group.splitlines()[:_MOST]
        if len(fields := line.split(":")) >= 4  # noqa: PLR2004 - group(5)
    ]
    secrets = None
    if shadow is not None:
        secrets = {fields[0]: fields[1] for line in shadow.splitlines() if len(fields := line.split(":")) > 1}
    found: list[dict[str, Any]] = []
    root, unasked = None, 0
    for line in passwd.splitlines()[:_MOST]:
        fields = line.split(":")
        if len(fields) < 7 or not fields[2].isdecimal():  # noqa: PLR2004 - passwd(5)
            continue
        number, password = int(fields[2]), _password(fields[0], fields[1], secrets)
        if number == 0 and fields[0] == "root":
            root = password
        elif number == 0 or (
            number >= _FIRST_PERSON
            and number not in _NOBODY
            and fields[6].rstrip("/").rpartition("/")[2] not in _NO_SHELLS
        ):
            person = _person(fields[0], number, fields[3], groups)
            # A second account with root's number is an administrator by whatever name.
            is_one = number == 0 or bool(person.groups & _ADMINISTRATORS)
            is_one = is_one or (rules is not None and rules.give_everything(person))
            found.append({"administrator": is_one, "password": password})
            unasked += bool(person.groups & let_in)
    return {"people": found, "root": root, "unasked": unasked, **_rules(rules, {one.name for one in groups})}


class _Group(msgspec.Struct, frozen=True):
    name: str
    number: str
    members: frozenset[str]


def _person(name: str, number: int, own: str, groups: list[_Group]) -> sudoers.Person:
    held = [one for one in groups if one.number == own or name in one.members]
    numbers = [one.number for one in held] + [own]
    return sudoers.Person(
        name=name,
        number=number,
        groups=frozenset(one.name for one in held),
        group_numbers=frozenset(int(one) for one in numbers if one.isdecimal()),
    )


def _rules(rules: sudoers.Rules | None, local: set[str]) -> dict[str, Any]:
    if rules is None:
        return {"rules": False, "everyone": None, "groups": None}
    # Who has no name and is in no group may do only what everybody may.
    everyone = rules.give_everything(sudoers.Person(name="", number=-1))
    # Ubuntu's rules name a group `admin` that its own newer releases no longer have.
    return {"rules": True, "everyone": everyone, "groups": len(rules.groups() - local - _ADMINISTRATORS)}


def _password(name: str, field: str, secrets: dict[str, str] | None) -> str | None:
    if field == "x":
        if secrets is None:
            return None
        field = secrets.get(name, "*")
    if not field:
        return "empty"
    return "locked" if field.startswith(("!", "*")) else "set"


def settings(text: str) -> Settings:
    """What an INI file of a sign-in screen says; what is no such file says nothing."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except (configparser.Error, ValueError):
        return {}
    return {
        f"{section}/{key}".casefold(): (value or "").strip()
        for section in parser.sections()
        for key, value in parser.items(section)
    }


def _sign_in(doors: Doors) -> dict[str, bool]:
    def read(path: str) -> Settings:
        return settings(files.text_or_none(doors.rootfs, path) or "")

    def layered(folders: tuple[str, ...], last: str) -> Settings:
        found: Settings = {}
        for folder in folders:
            for name in files.names_or_none(doors.rootfs, folder):
                found |= read(f"{folder}/{name}") if name.endswith(".conf") else {}
        return found | read(f"etc/{last}")

    lightdm, sddm = layered(_LIGHTDM_FOLDERS, _LIGHTDM), layered(_SDDM_FOLDERS, _SDDM)
    gdm: Settings = {}
    for path in _GDM:
        gdm |= read(path)
    getty = [
        files.text_or_none(doors.rootfs, folder, name) or ""
        for folder in _GETTY_FOLDERS
        for name in files.names_or_none(doors.rootfs, folder)
    ]
    return {
        "autologon": lets_in(gdm, lightdm, sddm) or any(_by_itself(text) for text in getty),
        "guest": _guest(lightdm),
    }


def lets_in(gdm: Settings, lightdm: Settings, sddm: Settings) -> bool:
    """Whether one of the three sign-in screens lets somebody in by itself."""
    return (
        any(gdm.get(f"daemon/{key}", "").casefold() in _YES for key in ("automaticloginenable", "timedloginenable"))
        or any(key.startswith("seat:") and key.endswith("/autologin-user") and value for key, value in lightdm.items())
        or bool(lightdm.get("seatdefaults/autologin-user"))
        or bool(sddm.get("autologin/user"))
    )


def _guest(lightdm: Settings) -> bool:
    return any(
        key.rpartition("/")[2] in {"allow-guest", "autologin-guest"} and value.casefold() in _YES
        for key, value in lightdm.items()
    )


def _by_itself(unit: str) -> bool:
    commands = [line.partition("=")[2] for line in unit.splitlines() if line.strip().startswith("ExecStart=")]
    return any(word in {"-a", "--autologin"} or word.startswith("--autologin=") for word in " ".join(commands).split())


def read_linux(data: Any) -> Iterator[Row]:
    """One row."""
    passwords = [one["password"] for one in data["people"]]
    known = None not in passwords and data["root"] is not None
    yield ACCOUNTS(
        accounts=len(data["people"]),
        administrators=sum(1 for one in data["people"] if one["administrator"]) if data.get("rules", True) else None,
        **{name: data[key] for name, key in _WHERE_TOLD.items() if data.get(key) is not None},
        builtin_administrator=data["root"] in {"set", "empty"} if data["root"] is not None else None,
        password_empty=[*passwords, data["root"]].count("empty") if known or "empty" in passwords else None,
        autologon=data["autologon"],
        guest=data["guest"],
    )


PROBE = Probe(
    "accounts",
    every=6 * 3600,
    timeout=60,
    floor=600,
    child=True,
    sections=("accounts",),
    on={"linux": Source(fetch_linux, read_linux), "win32": Source(fetch_windows, read_windows)},
)
