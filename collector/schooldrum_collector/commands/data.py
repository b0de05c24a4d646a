"""`data`: which lists of facts the collector judges by, how old they are, and how newer ones are put in."""

import argparse
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from schooldrum_collector.app.dated_lists import (
    LARGEST,
    READERS,
    DatedList,
    Found,
    entries,
    in_use,
    put,
    taken_back,
    understood,
)
from schooldrum_collector.commands.actions import Actions
from schooldrum_collector.commands.call import Call, opened
from schooldrum_collector.commands.console import Failed
from schooldrum_collector.data_directory import act_as_owner
from schooldrum_collector.formats import VIETNAM
from schooldrum_collector.judge.builds import SHORT_CHANNEL, Build, BuildList, patch_day
from schooldrum_collector.judge.faults import Unusable
from schooldrum_collector.judge.support_list import SupportList
from schooldrum_collector.show.list_age import OLD_DAYS, age_days
from schooldrum_collector.speech import Say
from schooldrum_collector.store.office_file import bounded

_MOST_GONE = 0.1
"""The part of a list that may vanish without a word: releases are added, and hardly ever taken away."""
_NAMED = 10


def arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """What `data` takes."""
    actions = Actions(parser, say, "show|export|update|reset")
    showing = actions.add(
        "show",
        "xem các bảng số liệu nền và ngày của chúng",
        "shows the lists of facts and their dates",
        example="data show",
    )
    showing.add_argument("--json", action="store_true", help=say("in ra JSON", "prints JSON"))
    exporting = actions.add(
        "export",
        "in ra bảng đang dùng, đúng dạng tệp mà update nhận",
        "prints the list in force, in the form that update takes",
        example="data export support > support.json",
    )
    updating = actions.add(
        "update", "thay bằng bảng mới hơn", "puts in a newer list", example="data update support.json"
    )
    updating.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help=say(
            "tệp bảng mới: JSON UTF-8, dạng như data export in ra; as_of là ngày của bảng",
            "the newer list's file: JSON in UTF-8, in the form that data export prints; as_of is the list's day",
        ),
    )
    updating.add_argument(
        "--shrink",
        action="store_true",
        help=say("nhận cả khi hơn một phần mười số mục biến mất", "take it though more than a tenth would vanish"),
    )
    resetting = actions.add(
        "reset",
        "bỏ bảng đã nạp, dùng lại bảng kèm theo phần mềm",
        "drops the list that was put in and uses the shipped one again",
        example="data reset support",
    )
    for action in (exporting, resetting):
        action.add_argument("name", choices=tuple(READERS), help=say("tên bảng", "the list's name"))


def run(given: argparse.Namespace, call: Call) -> int:
    """`data show`, `data export`, `data update`, `data reset`."""
    does = {"show": _show, "export": _export, "update": _update, "reset": _reset}
    return does[given.action](given, call)


def _called(what: str, say: Say) -> str:
    names = {
        "support": say("hết hỗ trợ", "end of support"),
        "builds": say("bản dựng Windows", "builds of Windows"),
    }
    return names.get(what, what)


def _entries(content: DatedList) -> int:
    if isinstance(content, BuildList):
        return sum(len(one.updates) + len(one.articles) for one in content.windows)
    return len(content.windows) + len(content.linux)


def _show(given: argparse.Namespace, call: Call) -> int:
    say, now = call.say, call.now()
    found = [in_use(call.config.data, what) for what in READERS]
    if given.json:
        call.console.json([_as_data(one, now) for one in found])
        return 0
    rows = [
        (
            f"{_called(one.what, say)} ({one.what})",
            one.content.as_of.isoformat(),
            say(f"{age_days(one.content.as_of, now)} ngày", f"{age_days(one.content.as_of, now)} days"),
            str(_entries(one.content)),
            say("kèm theo phần mềm", "shipped") if one.shipped else str(one.path),
        )
        for one in found
    ]
    headings = (say("Bảng", "List"), say("Ngày", "As of"), say("Tuổi", "Age"), say("Mục", "Entries"), say("Từ", "From"))
    call.console.table(headings, rows)
    call.console.line(
        say(
            "Lấy ra để sửa (JSON): data export TÊN. Nạp lại: data update TỆP. Về bảng kèm theo: data reset TÊN.",
            "To edit one (JSON): data export NAME, then data update FILE. Back to the shipped one: data reset NAME.",
        )
    )
    for one in found:
        if one.refused:
            call.console.remark(say(f"Không dùng được {one.refused_vietnamese}", f"Not used: {one.refused}"))
        if age_days(one.content.as_of, now) > OLD_DAYS:
            call.console.remark(
                say(
                    f"Bảng {_called(one.what, say)} đã quá {OLD_DAYS} ngày: thay bằng bảng mới (data update TỆP).",
                    f"The list {_called(one.what, say)} is older than {OLD_DAYS} days: put in a newer one"
                    " (data update FILE).",
                )
            )
    return 0


def _as_data(one: Found, now: float) -> dict[str, object]:
    return {
        "list": one.what,
        "as_of": one.content.as_of.isoformat(),
        "age_days": age_days(one.content.as_of, now),
        "old": age_days(one.content.as_of, now) > OLD_DAYS,
        "entries": _entries(one.content),
        "sources": one.content.sources,
        "shipped": one.shipped,
        "file": str(one.path),
        "refused": one.refused,
    }


def _export(given: argparse.Namespace, call: Call) -> int:
    call.console.out.write(in_use(call.config.data, given.name).path.read_bytes().decode("utf-8-sig"))
    return 0


def _reset(given: argparse.Namespace, call: Call) -> int:
    say, directory = call.say, call.config.data
    with opened(call) as store:
        try:
            act_as_owner(directory)
            removed = taken_back(directory, given.name)
        except OSError as trouble:
            raise Failed(f"{trouble.filename or directory}: {trouble.strerror or trouble}") from trouble
        standing = in_use(directory, given.name).content.as_of.isoformat()
        if removed:
            with store.writing() as writer:
                writer.log(call.change("data.reset", given.name, standing))
    called = _called(given.name, say)
    call.console.line(
        say(
            f"Bảng {called}: dùng bảng kèm theo phần mềm, ngày {standing}.",
            f"The list {called}: the shipped one is in use, as of {standing}.",
        )
    )
    call.console.line(_judged_again(say))
    return 0


def _update(given: argparse.Namespace, call: Call) -> int:
    say, directory = call.say, call.config.data
    try:
        # Read before the account is changed: root may have it where the collector's account may not look.
        raw = bounded(given.file, LARGEST)
        content = understood(raw)
    except FileNotFoundError as trouble:
        raise Failed(say(f"{given.file}: không có tệp này", f"{given.file}: there is no such file")) from trouble
    except OSError as trouble:
        why = trouble.strerror or str(trouble)
        raise Failed(
            say(
                f"{given.file}: không đọc được ({why}); cần một tệp thường đọc được",
                f"{given.file}: cannot be read ({why}); a plain file is wanted",
            )
        ) from trouble
    except Unusable as trouble:
        raise Failed(
            say(
                f"{given.file} không dùng được: {trouble.vietnamese}. Vẫn dùng bảng cũ.",
                f"{given.file} cannot be used: {trouble}. The list in use stays.",
            )
        ) from trouble
    with opened(call) as store:
        _check(content, given, call)
        standing = in_use(directory, content.what).content
        try:
            act_as_owner(directory)
            put(directory, content, raw)
        except OSError as trouble:
            raise Failed(f"{trouble.filename or directory}: {trouble.strerror or trouble}") from trouble
        with store.writing() as writer:
            writer.log(call.change("data.update", content.what, content.as_of.isoformat()))
    call.console.line(
        say(
            f"Đã nhận bảng {_called(content.what, say)} ngày {content.as_of.isoformat()}, {_entries(content)} mục.",
            f"Taken: {_called(content.what, say)} as of {content.as_of.isoformat()}, {_entries(content)} entries.",
        )
    )
    if bare := _without_news(content, standing, in_use(directory, "support").content):
        came, listed = patch_day(content.as_of).isoformat(), standing.as_of.isoformat()
        named = ", ".join(bare[:_NAMED])
        more = len(bare) - _NAMED
        rest = say(f" và {more} bản khác", f" and {more} more") if more > 0 else ""
        call.console.remark(
            say(
                f"Từ bảng ngày {listed} đã qua kỳ vá {came}, mà bảng này không có gì mới cho {named}{rest}: máy dùng "
                "các bản đó sẽ không bị báo thiếu bản vá kỳ này. Hãy kiểm tra bảng và as_of.",
                f"Since the list of {listed} there was the patch day {came}, and this one brings nothing for "
                f"{named}{rest}: PCs with these will not be told as lacking that day's updates. Check the list and "
                "its as_of.",
            )
        )
    call.console.line(_judged_again(say))
    return 0


def _without_news(content: DatedList, standing: DatedList, support: DatedList) -> list[str]:
    """The builds of which a newer list knows no more, though they were served on a patch day since the one in use."""
    if (
        not isinstance(content, BuildList)
        or not isinstance(standing, BuildList)
        or not isinstance(support, SupportList)
    ):
        return []
    came = patch_day(content.as_of)
    if came <= standing.as_of:
        return []
    served = {
        (one.build, one.server, one.channel == SHORT_CHANNEL)
        for one in support.windows
        if came <= (one.extended or one.end)
    }
    known = {(one.build, one.server, one.channel): _newest(one) for one in standing.windows}
    return [
        f"{one.product} ({one.build})"
        for one in content.windows
        if (one.build, one.server, one.channel == SHORT_CHANNEL) in served
        and _newest(one) <= known.get((one.build, one.server, one.channel), 0)
    ]


def _newest(build: Build) -> int:
    return max((*(revision for revision, _ in build.updates), *build.articles), default=0)


def _judged_again(say: Say) -> str:
    return say(
        "Máy chủ tổng hợp đang chạy sẽ xét lại mọi máy theo bảng này trong khoảng một phút.",
        "A running collector judges every PC by it within about a minute.",
    )


def _check(content: DatedList, given: argparse.Namespace, call: Call) -> None:
    say = call.say
    # The office's day, which begins before Greenwich's.
    today = datetime.fromtimestamp(call.now(), ZoneInfo(VIETNAM)).date().isoformat()
    as_of = content.as_of.isoformat()
    if as_of > today:
        raise Failed(
            say(
                f"{given.file}: as_of {as_of} còn ở tương lai; được phép: đến {today} (ngày của máy chủ này). "
                "Vẫn dùng bảng cũ.",
                f"{given.file}: as_of {as_of} lies in the future; allowed: until {today} (this server's day). The list "
                "in use stays.",
            )
        )
    standing = in_use(call.config.data, content.what)
    if content.as_of < standing.content.as_of:
        raise Failed(
            say(
                f"{given.file} (ngày {content.as_of.isoformat()}) cũ hơn bảng đang dùng "
                f"({standing.content.as_of.isoformat()}: {standing.path}). Vẫn dùng bảng đó.",
                f"{given.file} (as of {content.as_of.isoformat()}) is older than the list in use "
                f"({standing.content.as_of.isoformat()}: {standing.path}). That one stays in use.",
            )
        )
    gone = sorted(entries(standing.content) - entries(content))
    if not given.shrink and len(gone) > _MOST_GONE * len(entries(standing.content)):
        named = ", ".join(gone[:_NAMED]) + (", …" if len(gone) > _NAMED else "")
        raise Failed(
            say(
                f"{given.file}: {len(gone)} trong {len(entries(standing.content))} mục của bảng đang dùng sẽ biến mất: "
                f"{named}. Vẫn dùng bảng cũ. Nếu đúng là muốn vậy: thêm --shrink.",
                f"{given.file}: {len(gone)} of {len(entries(standing.content))} entries of the list in use would"
                f" vanish: {named}. The list in use stays. If that is meant: add --shrink.",
            )
        )
