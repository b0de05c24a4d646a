"""How safe one PC is, as `machines show` prints it: support of its system, missing updates, the ten checks."""

from schooldrum_collector import formats
from schooldrum_collector.commands.call import Call
from schooldrum_collector.judge.posture import Check, check_name, to_do, verdict_words
from schooldrum_collector.judge.posture_found import Verdict
from schooldrum_collector.judge.support import SupportState
from schooldrum_collector.judge.way_out import Way
from schooldrum_collector.show.safety_words import patch_lines, plan_matters, plan_words, support_words, way_words
from schooldrum_collector.store.records import Appraisal

_NO_PLAN = (
    "chưa có; ghi ngày sẽ xử lý: settings set --scope NƠI support_planned_until=NĂM-THÁNG-NGÀY",
    "none yet; note the day to act by: settings set --scope PLACE support_planned_until=YYYY-MM-DD",
)
_MARKS = {Verdict.MET: "✓", Verdict.NOT_MET: "✗", Verdict.UNKNOWN: "?", Verdict.NOT_APPLICABLE: "-"}


def show(call: Call, appraisal: Appraisal | None, as_of: str = "") -> None:
    """For people; one line as long as nothing was judged. `as_of` says of which day it is, where not of today."""
    say, console = call.say, call.console
    console.line()
    verdicts = appraisal.verdicts if appraisal else None
    if appraisal is None or verdicts is None:
        console.line(
            say(
                "Mức an toàn: chưa đánh giá; máy chủ đánh giá trong vài phút sau khi nhận số liệu.",
                "Safety: not judged yet; the collector judges within minutes of a report.",
            )
        )
        return
    if as_of:
        console.line(as_of)
    lines: list[tuple[str, str]] = []
    if support := verdicts.support:
        lines.append((say("Hỗ trợ", "Support"), support_words(support, say)))
        if verdicts.way and verdicts.way.way is not Way.NONE:
            lines.append((say("Hướng xử lý", "Way out"), way_words(verdicts.way, say)))
        if support.planned and plan_matters(support):
            lines.append((say("Kế hoạch", "Planned"), plan_words(support.planned, say)))
        elif support.state is SupportState.ENDED:
            lines.append((say("Kế hoạch", "Planned"), say(*_NO_PLAN)))
    if verdicts.patches:
        lines += patch_lines(verdicts.patches, say)
    if lines:
        console.table((), lines)
    if verdicts.checks:
        _checks(call, verdicts.checks)
    judged = formats.age(appraisal.appraised.at, call.now(), say.language)
    console.line(say(f"Đánh giá {judged}.", f"Judged {judged}."))


def _checks(call: Call, checks: tuple[Check, ...]) -> None:
    say, console = call.say, call.console
    rows = []
    for check in checks:
        word = say(*verdict_words(check))
        # What is for information has no verdict: nobody has asked for it.
        verdict = say("để biết", "for information") if check.information else f"{_MARKS[check.verdict]} {word}"
        told = "-" if check.measured is None else formats.age(check.measured, call.now(), say.language)
        rows.append((say(*check_name(check)), verdict, told, " ".join(say(*words) for words in check.evidence)))
    console.line()
    headings = (
        *(say("Mục kiểm tra", "Check"), say("Kết quả", "Verdict")),
        *(say("Máy báo", "PC told"), say("Căn cứ", "Evidence")),
    )
    console.table(headings, rows)
    for together in to_do(checks):
        names = ", ".join(say(*check_name(check)) for check in together)
        console.line()
        console.line(f"{say('Cách xử lý', 'What to do')}: {names}")
        for number, step in enumerate(together[0].fix, 1):
            console.line(f"  {number}. {say(*step)}")
