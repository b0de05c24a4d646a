"""What a PC has sent last, figure by figure and list by list, with what each means in the reader's language."""

import msgspec

from schooldrum_collector import formats
from schooldrum_collector.judge.live import Live, Unreadable, opened
from schooldrum_collector.show.meanings import column_heading, metric_meaning, section_meaning
from schooldrum_collector.show.reading_words import human_value
from schooldrum_collector.speech import Say
from schooldrum_collector.store.records import Latest, StoredSection

ROWS_SHOWN = 200


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as it left the PC: its name, what it means and in which language, and each value with what it is of."""

    name: str
    meaning: str
    language: str
    values: tuple[tuple[str, str], ...]


class SentList(msgspec.Struct, frozen=True, kw_only=True):
    """A list as it left the PC: what it means, in which language; each column has a heading and its own name."""

    name: str
    meaning: str
    language: str
    updated: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    more: int


def sent_figures(heard: Latest | None, now: float, language: str) -> list[Sent]:
    """Every figure of the newest report."""
    try:
        live = opened(heard.body) if heard else Live(boot="")
    except Unreadable:
        live = Live(boot="")
    clock = heard.clock if heard else 0.0
    values: dict[str, list[tuple[str, str]]] = {}
    for result in sorted(live.results, key=lambda one: one.probe):
        for reading in result.readings:
            of = ", ".join(f"{key}={value}" for key, value in reading.labels.items())
            told = human_value(reading, clock + result.boottime, now, language)
            values.setdefault(reading.name, []).append((of, told))
    figures: list[Sent] = []
    for name, some in values.items():
        meaning, spoken = metric_meaning(name, Say(language))
        figures.append(Sent(name=name, meaning=meaning, language=spoken, values=tuple(some)))
    return figures


def sent_lists(sections: tuple[StoredSection, ...], language: str) -> list[SentList]:
    """Every list as it was last received."""
    say = Say(language)
    lists: list[SentList] = []
    for section in sections:
        columns = tuple(sorted({name for row in section.rows for name in row}))
        meaning, spoken = section_meaning(section.name, say)
        rows = tuple(
            tuple("" if row.get(name) is None else str(row[name]) for name in columns)
            for row in section.rows[:ROWS_SHOWN]
        )
        lists.append(
            SentList(
                name=section.name,
                meaning=meaning,
                language=spoken,
                updated=formats.moment(section.updated, language),
                columns=tuple((column_heading(section.name, name, say), name) for name in columns),
                rows=rows,
                more=max(0, len(section.rows) - ROWS_SHOWN),
            )
        )
    return lists
