"""Which cumulative updates of Windows came after the one a PC has: by the list of revisions, without asking the PC."""

import bisect
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from schooldrum_collector.judge.faults import Fault, Unusable, check, of_number, of_word, unreadable
from schooldrum_collector.judge.support_list import LARGEST_BUILD, LARGEST_REVISION
from schooldrum_wire.section import Values

SHORT_CHANNEL = "SAC"
"""Of the short-lived releases of Windows Server."""
_ANNUAL = "ACor"
_LARGEST_ARTICLE = 99_999_999
_TUESDAY = 1


class Build(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A build's cumulative updates, oldest first: (revision, article; None for the first release).

    Windows before 10 has no revisions: there `articles` are its monthly rollups. `security_after` is the revision
    after which every entry mends security, but for those of `without_security`: previews of the coming month, and
    corrections out of turn. None where the list does not tell which ones these are.
    """

    product: str
    build: int
    server: bool
    channel: str = ""
    updates: tuple[tuple[int, int | None], ...] = ()
    articles: tuple[int, ...] = ()
    security_only: tuple[int, ...] = ()
    security_after: int | None = None
    without_security: tuple[int, ...] = ()


class BuildList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The list of builds, and the day on which it was right: one before the first patch day that it lacks."""

    what: str
    as_of: date
    sources: tuple[str, ...]
    windows: tuple[Build, ...]


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What a PC lacks by the list: `keys` of everything (`19045.7548`), and of what surely mends security.

    `told_apart`: the list tells of each of the keys whether it mends security. `article` is the one that brought the
    revision it has, where that stands in the list. `as_of` is the day of the list, `is_listed` whether the revision is
    none that came after it. `names` are the articles of the keys, as a PC itself calls them (`KB5099539`).
    """

    keys: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    told_apart: bool = False
    article: str = ""
    as_of: date
    is_listed: bool = False
    names: dict[str, str] = {}

    @property
    def may_be_preview(self) -> bool:
        """Whether all it is behind by may be a preview: that proves neither that security is missing nor that not."""
        return bool(self.keys) and not self.security and not self.told_apart


class Published(msgspec.Struct, frozen=True):
    """What was published for a PC whose support has ended: `last` revision, or article, on its last day `until`.

    None: not known.
    """

    until: date | None = None
    last: int | None = None


def patch_day(on: date) -> date:
    """The newest day, this one included, on which Windows' updates of a month came out: its second Tuesday."""
    second = _second_tuesday(on)
    return second if second <= on else patch_day(on.replace(day=1) - timedelta(days=1))


def next_patch_day(on: date) -> date:
    """The first of these days after this one."""
    second = _second_tuesday(on)
    return second if second > on else _second_tuesday(on.replace(day=1) + timedelta(days=31))


def _second_tuesday(on: date) -> date:
    eighth = on.replace(day=8)
    return eighth + timedelta(days=(_TUESDAY - eighth.weekday()) % 7)


def _check(where: str, one: Build) -> None:
    check(f"{where}.product", of_word(one.product))
    check(f"{where}.build", of_number(one.build, 1, LARGEST_BUILD))
    if one.channel not in {"", SHORT_CHANNEL}:
        check(
            f"{where}.channel",
            Fault(
                f"không có kênh {one.channel!r:.40}; được phép: để trống, {SHORT_CHANNEL}",
                f"there is no channel {one.channel!r:.40}; allowed: none, {SHORT_CHANNEL}",
            ),
        )
    named = [article for _, article in one.updates if article is not None]
    for name, articles in (("updates", named), ("articles", one.articles), ("security_only", one.security_only)):
        for article in articles:
            check(f"{where}.{name}", of_number(article, 1, _LARGEST_ARTICLE))
    if one.security_after is not None:
        check(f"{where}.security_after", of_number(one.security_after, 0, LARGEST_REVISION))
    for revision in one.without_security:
        check(f"{where}.without_security", of_number(revision, 0, LARGEST_REVISION))


def _check_updates(one: Build) -> None:
    revisions = [revision for revision, _ in one.updates]
    if revisions != sorted(revisions) or any(not 0 <= revision <= LARGEST_REVISION for revision in revisions):
        raise Unusable(
            f"the revisions of {one.product} {one.build} are not in their order, oldest first",
            f"các bản của {one.product} {one.build} không theo thứ tự từ cũ đến mới",
        )
    if bool(one.updates) is bool(one.articles):
        raise Unusable(
            f"{one.product} {one.build} has neither revisions nor articles, or both",
            f"{one.product} {one.build} phải có hoặc `updates`, hoặc `articles`, không có cả hai",
        )
    for entries in (one.updates, one.articles, one.security_only):
        if len(set(entries)) < len(entries):
            raise Unusable(
                f"an update of {one.product} {one.build} stands there twice; take one away",
                f"một bản cập nhật của {one.product} {one.build} có hai lần; bỏ bớt một",
            )


def read(raw: bytes) -> BuildList:
    """The list out of its file.

    Raises:
        Unusable: it is none, or something in it cannot be.
    """
    try:
        found = msgspec.json.decode(raw, type=BuildList)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise unreadable(problem) from problem
    if found.what != "builds":
        raise Unusable(
            f"`what` is {found.what!r:.40}, not 'builds'", f"`what` là {found.what!r:.40}, không phải 'builds'"
        )
    if not found.windows:
        raise Unusable("it names no builds", "không có bản dựng nào trong bảng")
    for number, one in enumerate(found.windows):
        _check(f"windows[{number}]", one)
    named = [(one.product, one.build, one.server, one.channel) for one in found.windows]
    if twice := next((one for one in named if named.count(one) > 1), None):
        name = f"{twice[0]} {twice[1]}"
        raise Unusable(f"{name} stands there twice; take one away", f"{name} có hai lần; bỏ bớt một")
    for one in found.windows:
        _check_updates(one)
    return found


def _pick(row: Values, known: BuildList) -> Build | None:
    build, server = row.get("build"), row.get("server") is True
    there = [one for one in known.windows if one.build == build and one.server is server]
    short = server and str(row.get("edition") or "").endswith(_ANNUAL)
    return next((one for one in there if (one.channel == SHORT_CHANNEL) is short), there[0] if there else None)


def newest(row: Values, known: BuildList) -> int | None:
    """The newest revision that the list knows of this PC's build; None where it knows none, or counts articles."""
    build = _pick(row, known)
    return max((revision for revision, _ in build.updates), default=None) if build else None


def missing(
    row: Values, hotfixes: Iterable[Values] | None, known: BuildList, ended: Published | None = None
) -> Missing | None:
    """What the PC of this row of `operating_system` lacks; None where the list or the PC does not tell.

    `hotfixes` are the rows of that section, needed only before Windows 10 (None: not known). `ended` is given where its
    support has ended: a list goes on for PCs of other channels, and for those with bought support.
    """
    build = _pick(row, known)
    if build is None:
        return None
    if build.articles:
        if hotfixes is None:
            return None
        return _by_articles(build, {str(one.get("update")) for one in hotfixes}, known.as_of, ended)
    revision = row.get("revision")
    if not isinstance(revision, int) or isinstance(revision, bool):
        return None
    revisions = sorted({one for one, _ in build.updates})
    later = revisions[bisect.bisect_right(revisions, revision) :]
    if ended is not None and later and not _is_whole(ended, known.as_of):
        if ended.last is None:
            return None
        later = [one for one in later if one <= ended.last]
    after = build.security_after
    told_apart = after is not None and revision >= after
    # Where previews stand between them: they are contained in what follows, so of several all but the first count.
    surely = [one for one in later if one not in build.without_security] if told_apart else later[1:]
    articles = [article for one, article in build.updates if one == revision and article]
    ahead = frozenset(later)
    return Missing(
        keys=tuple(f"{build.build}.{one}" for one in later),
        security=tuple(f"{build.build}.{one}" for one in surely),
        told_apart=told_apart,
        article=f"KB{articles[-1]}" if articles else "",
        as_of=known.as_of,
        is_listed=revision <= revisions[-1] if revisions else False,
        names={f"{build.build}.{one}": f"KB{article}" for one, article in build.updates if one in ahead and article},
    )


def _is_whole(ended: Published, as_of: date) -> bool:
    """Whether all of a list of this day was published before the support ended."""
    return ended.until is not None and as_of <= ended.until


def _by_articles(build: Build, installed: set[str], as_of: date, ended: Published | None) -> Missing | None:
    """Each rollup contains all before it, so the newest installed one decides; None where none is installed.

    Whoever installs only the security updates of each month has all of them or none of the rollups: nothing is said.
    """
    places = [place for place, article in enumerate(build.articles) if f"KB{article}" in installed]
    if not places:
        return None
    end = len(build.articles)
    if ended is not None and max(places) + 1 < end and not _is_whole(ended, as_of):
        if ended.last is None or ended.last not in build.articles:
            return None
        end = build.articles.index(ended.last) + 1
    keys = tuple(f"KB{article}" for article in build.articles[max(places) + 1 : end])
    return Missing(keys=keys, security=keys[1:], article=f"KB{build.articles[max(places)]}", as_of=as_of)
