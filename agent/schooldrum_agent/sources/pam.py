"""Whom a Linux PC's sign-in screens let in without asking for a password: by the groups that its PAM rules name."""

import posixpath
import re
from collections.abc import Iterator

import msgspec

from schooldrum_agent.sources import files

_FOLDERS = ("etc/pam.d", "usr/lib/pam.d")
"""A file in the first stands for one of the same name in the second."""
_SIGN_IN = (
    *("login", "sshd", "gdm-password", "gdm", "gdm3", "lightdm", "sddm", "kde", "kdm", "mdm", "lxdm", "xdm", "wdm"),
    *("slim", "ly", "greetd"),
)
"""Services by which people sign in. Those of an automatic sign-in (lightdm-autologin) are told by its own settings."""
_ASKS = frozenset({"pam_unix.so", "pam_sss.so", "pam_winbind.so", "pam_ldap.so", "pam_krb5.so"})
_RULE = re.compile(r"-?auth\s+(\[[^\]]*\]|\S+)\s+(\S+)\s*(.*)", re.IGNORECASE)
_FURTHER = re.compile(r"@include\s+(\S+)")
_JUMP = re.compile(r"\bsuccess=(\d{1,3}|done)\b")
_IN_GROUP = re.compile(r"\buser\s+ingroup\s+(\S+)")
_DEEPEST, _MOST_LINES = 4, 500


class _Rule(msgspec.Struct, frozen=True):
    control: str
    module: str
    words: str


def groups_let_in(rootfs: str) -> frozenset[str]:
    """The groups (nopasswdlogin on Ubuntu and Mint) whose members need no password. Raises nothing.

    pam_succeed_if(8), asked for being in a group, where that is enough or leads past every module that asks for a
    password, and none has asked before.
    """
    found: set[str] = set()
    for service in _SIGN_IN:
        rules = list(_rules(rootfs, service, _DEEPEST))
        for index, rule in enumerate(rules):
            if rule.module in _ASKS:
                break
            if rule.module == "pam_succeed_if.so" and _is_enough(rule, rules[index + 1 :]):
                found.update(name for names in _IN_GROUP.findall(rule.words) for name in names.split(":"))
    return frozenset(found)


def _is_enough(rule: _Rule, later: list[_Rule]) -> bool:
    control = rule.control.casefold()
    match = _JUMP.search(control)
    if match is None:
        return control == "sufficient"
    return match[1] == "done" or not any(one.module in _ASKS for one in later[int(match[1]) :])


def _rules(rootfs: str, service: str, deepest: int) -> Iterator[_Rule]:
    """The rules of signing in, those of the files that it brings in among them."""
    texts = (files.text_or_none(rootfs, folder, service) for folder in _FOLDERS)
    text = next((text for text in texts if text is not None), "")
    for line in text.replace("\\\n", " ").splitlines()[:_MOST_LINES]:
        plain = line.partition("#")[0].strip()
        match, further = _RULE.fullmatch(plain), _FURTHER.fullmatch(plain)
        name = further[1] if further else ""
        if match and match[1].casefold() in {"include", "substack"}:
            name = match[2]
        if name:
            # A name and no path: nothing outside of the folders is read.
            yield from _rules(rootfs, posixpath.basename(name), deepest - 1) if deepest else ()
        elif match:
            yield _Rule(match[1], posixpath.basename(match[2]), match[3])
