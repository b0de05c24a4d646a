"""What one PC is, as `machines show` prints it: make, processor, memory, what hangs on it, and what changed lately."""

from collections.abc import Callable, Sequence

from schooldrum_collector.commands.call import Call
from schooldrum_collector.formats import moment
from schooldrum_collector.show.hardware_words import change_words, detail_words, hardware_lines
from schooldrum_collector.store.records import Change, StoredSection

CHANGES_SHOWN = 20


def show(call: Call, sections: Sequence[StoredSection]) -> None:
    """For people: nothing of what the PC has not told."""
    lines = hardware_lines(sections, call.say)
    if lines:
        call.console.line()
        call.console.table((), lines)


def show_changes(call: Call, changes: Sequence[Change], named: Callable[[str], str]) -> None:
    """What has changed lately, newest first; `named(id)` is what people call another PC."""
    say, console = call.say, call.console
    if not changes:
        return
    console.line()
    console.line(say("Thay đổi gần đây", "Changed lately"))
    console.table(
        (),
        [
            (
                moment(change.at, say.language),
                change_words(change, say),
                detail_words(change, named, say) or "-",
            )
            for change in changes
        ],
    )
