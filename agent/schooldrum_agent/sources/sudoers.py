"""Who may do everything on a Linux PC by sudo's own rules: asked to be counted, never to be named.

The files are read as sudoers(5) describes them: aliases, groups, numbers, lists with exceptions, lines that go on,
files that bring in others. Of several rules for one person the last counts. What is no rule is passed over, as sudo
itself goes on behind a line that it cannot read. Rules on a server (LDAP, SSSD) are not asked for.
"""

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from schooldrum_agent.probe import Unavailable
from schooldrum_agent.sources import files

_MAIN = "etc/sudoers"
_LARGEST = 1 << 20
_MOST_FILES, _DEEPEST, _MOST_LINES, _MOST_LINKS = 256, 16, 20_000, 16
_ALL, _ROOT = "ALL", frozenset({"ALL", "root", "#0"})
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_INCLUDE = re.compile(rf"[@#](include|includedir)\s+({_QUOTED}|\S(?:[^\\]|\\.)*?)\s*(?:#.*)?\Z")
_PLAIN = re.compile(rf"(?:{_QUOTED}|\\.|#-?\d|[^#\\])*")
"""What stands before a comment; a # before a number is the number of an account."""
_ALIAS = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\s+(.*)\Z", re.DOTALL)
_NAMED = re.compile(r"\s*([A-Z][A-Z0-9_]*)\s*=(.*)\Z", re.DOTALL)
_RUNAS_DEFAULT = re.compile(r"Defaults\b[^=]*\brunas_default\s*=\s*\"?([^\s\",]+)")
_TAGS = re.compile(
    r"(?<![\w/.-])(?:(?:NO)?(?:PASSWD|EXEC|FOLLOW|LOG_INPUT|LOG_OUTPUT|MAIL|SETENV|INTERCEPT)\s*:"
    rf"|(?:ROLE|TYPE|PRIVS|LIMITPRIVS|CWD|CHROOT|TIMEOUT|NOTBEFORE|NOTAFTER|APPARMOR_PROFILE)\s*=\s*(?:{_QUOTED}|[^\s,]+)"
    r"|sha(?:224|256|384|512)\s*:\s*\S+)"
)
_RUNAS = re.compile(r"\(([^()]*)\)\s*(.*)\Z", re.DOTALL)
_WORD = re.compile(rf"(?:{_QUOTED}|\\.|[^\s\"\\])+")
_ESCAPED = re.compile(r"\\(.)|\"")
_EVERYTHING = re.compile(r"/(?:[^\s\\]*/)?(?:sh|bash|dash|zsh|ksh|fish|csh|tcsh|su|\*|)\Z")
"""What hands over everything by another name: a shell, su, or every program of a folder."""
_ADDRESS = re.compile(r"[0-9.]+(?:/[0-9.]+)?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:/\d+)?")
Items = tuple[str, ...]
Aliases = Mapping[str, Items]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the rules are asked about: the account's name and number, the names and numbers of its groups."""

    name: str
    number: int
    groups: frozenset[str] = frozenset()
    group_numbers: frozenset[int] = frozenset()


class Rule(msgspec.Struct, frozen=True):
    """Whom it is about, and whether it gives everything (True) or takes it away (False)."""

    who: Items
    gives: bool


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Every rule that gives or takes everything on this PC, in their order; `people` are the aliases of persons."""

    rules: tuple[Rule, ...] = ()
    people: dict[str, Items] = {}

    def give_everything(self, person: Person) -> bool:
        """Whether this person may do everything."""
        last = False
        for rule in self.rules:
            said = _last(rule.who, self.people, lambda item: _is(item, person))
            last = rule.gives if said else last
        return last

    def groups(self) -> frozenset[str]:
        """The names of the groups that may."""
        named = {item for rule in self.rules if rule.gives for item in _spread(rule.who, self.people)}
        return frozenset(item.lstrip("%:") for item in named if item.startswith("%") and not item.startswith("%#"))


def read(rootfs: str) -> Rules:
    """The rules of this PC; none where sudo is not installed.

    Raises:
        Denied: one of the files may not be read: then it is not known who may do what.
    """
    host = (files.text_or_none(rootfs, "etc/hostname") or "").casefold()
    return rules_of(_lines(rootfs, _MAIN, host, 0, [_MOST_FILES]), host)


def _lines(rootfs: str, place: str, host: str, depth: int, left: list[int]) -> Iterator[str]:
    """The logical lines of a file and of those it brings in; a file that is not there has none."""
    left[0] -= 1
    if depth > _DEEPEST or left[0] < 0:
        return
    try:
        text = files.read_text(rootfs, place, limit=_LARGEST)
    except Unavailable:
        return
    for line in logical_lines(text):
        if not (found := _INCLUDE.match(line)):
            yield line
            continue
        # %h is the PC's own name; a plain name lies beside the file that names it.
        named = _plain(found[2]).replace("%h", host.partition(".")[0])
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(place), named))
        for one in _of_folder(rootfs, target) if found[1] == "includedir" else [target]:
            yield from _lines(rootfs, one, host, depth + 1, left)


def _of_folder(rootfs: str, folder: str) -> list[str]:
    try:
        # sudo passes over what editors and packages leave behind.
        return [
            f"{folder}/{name}" for name in files.names(rootfs, folder) if not name.endswith("~") and "." not in name
        ]
    except Unavailable:
        return []


def logical_lines(text: str) -> Iterator[str]:
    """The lines without comments, those that go on (a backslash at their end) put together; includes as they stand."""
    begun = ""
    for line in text.splitlines()[:_MOST_LINES]:
        if not begun and _INCLUDE.match(line.strip()):
            yield line.strip()
            continue
        goes_on = line.endswith("\\") and not line.endswith("\\\\")
        whole = line[:-1] if goes_on else line
        plain = _PLAIN.match(whole)
        kept = plain[0] if plain else ""
        begun += kept
        # A comment ends with its line, whatever stands at its end.
        if goes_on and len(kept) == len(whole):
            continue
        if begun.strip():
            yield begun.strip()
        begun = ""
    if begun.strip():
        yield begun.strip()


def rules_of(lines: Iterable[str], host: str) -> Rules:
    """The rules in these logical lines for the PC of this name (in lower case; empty: not known)."""
    aliases: dict[str, dict[str, Items]] = {kind: {} for kind in ("User", "Runas", "Host", "Cmnd")}
    written: list[str] = []
    default = "root"
    for line in lines:
        if found := _ALIAS.match(line):
            kind = {"Cmd": "Cmnd"}.get(found[1], found[1])
            # Of commands the words that go with them are kept.
            listed = (_NAMED.match(one) for one in _split(found[2], ":"))
            aliases[kind] |= {one[1]: _items(one[2]) for one in listed if one}
        elif line.startswith("Defaults"):
            default = said[1] if (said := _RUNAS_DEFAULT.match(line)) else default
        else:
            written.append(line)
    # Aliases may stand behind the rules that use them.
    rules = [rule for line in written for rule in _rules(line, aliases, host, default)]
    return Rules(rules=tuple(rules), people=aliases["User"])


def _rules(line: str, aliases: dict[str, dict[str, Items]], host: str, default: str) -> Iterator[Rule]:
    """The rules of one line: `who hosts = commands : hosts = commands`."""
    first, *others = _split(_TAGS.sub(" ", line), ":")
    left, _, commands = first.partition("=")
    words = _WORD.findall(re.sub(r"\s*,\s*", ",", re.sub(r"!\s+", "!", left)))
    if len(words) != 2:  # noqa: PLR2004 - who, and on which PCs
        return
    who = _items(words[0])
    for hosts, told in [(words[1], commands), *((one.partition("=")[0], one.partition("=")[2]) for one in others)]:
        if _last(_items(hosts), aliases["Host"], lambda item: _is_here(item, host)):
            gives = _gives(told, aliases, default)
            if gives is not None:
                yield Rule(who, gives)


def _gives(commands: str, aliases: dict[str, dict[str, Items]], default: str) -> bool | None:
    """Whether a list of commands gives everything as root, or takes it away; None where it does neither."""
    gives: bool | None = None
    as_root = default in _ROOT
    for item in _split(commands, ","):
        told = item.strip()
        if found := _RUNAS.match(told):
            persons = _split(found[1], ":")[0]
            as_root = bool(_last(_items(persons), aliases["Runas"], lambda one: one in _ROOT))
            told = found[2]
        plain = told.lstrip("! \t")
        takes = told[: len(told) - len(plain)].count("!") % 2 == 1
        if takes:
            # To take single programs away from somebody who has all of them takes nothing.
            gives = False if plain == _ALL else gives
        elif as_root and _last(
            (_plain(plain),), aliases["Cmnd"], lambda one: bool(_EVERYTHING.match(one)) or one == _ALL
        ):
            gives = True
    return gives


def _is(item: str, person: Person) -> bool:
    for sign, names, numbers in (("%", person.groups, person.group_numbers), ("", {person.name}, {person.number})):
        if item.startswith(f"{sign}#"):
            return item.removeprefix(f"{sign}#").isdecimal() and int(item.removeprefix(f"{sign}#")[:12]) in numbers
        if item.startswith(sign):
            return item == _ALL or item.removeprefix(sign) in names
    return False


def _is_here(item: str, host: str) -> bool:
    # By an address or a network group it cannot be told from here, and a right that may be there counts.
    if item == _ALL or not host or item.startswith("+") or _ADDRESS.fullmatch(item):
        return True
    return any(fnmatch.fnmatchcase(name, item.casefold()) for name in (host, host.partition(".")[0]))


def _last(items: Items, aliases: Aliases, matches: Callable[[str], bool], depth: int = 0) -> bool | None:
    """What the last item of a list says that speaks of what is asked: in (True), excepted (False); None: none does."""
    said: bool | None = None
    for item in items:
        plain = item.lstrip("!")
        excepted = (len(item) - len(plain)) % 2 == 1
        if plain in aliases:
            inside = _last(aliases[plain], aliases, matches, depth + 1) if depth < _MOST_LINKS else None
            said = said if inside is None else inside is not excepted
        elif matches(plain):
            said = not excepted
    return said


def _spread(items: Items, aliases: Aliases, depth: int = 0) -> Iterator[str]:
    for item in items:
        if item in aliases and depth < _MOST_LINKS:
            yield from _spread(aliases[item], aliases, depth + 1)
        else:
            yield item


def _split(text: str, sign: str) -> list[str]:
    """The parts between signs that stand in no quotes and no parentheses and are not escaped."""
    parts = re.findall(rf"(?:{_QUOTED}|\\.|\([^()]*\)|[^{sign}\\]|\\\Z)*(?:{sign}|\Z)", text, re.DOTALL)
    return [part.removesuffix(sign) for part in parts[:_MOST_LINES]]


def _items(text: str) -> Items:
    return tuple(item for part in _split(text, ",") if (item := _plain(part)))


def _plain(text: str) -> str:
    """A name as it is meant, without quotes and escapes; an exception keeps its sign at its front."""
    return re.sub(r"^(!+)\s+", r"\1", _ESCAPED.sub(r"\1", text.strip()))
