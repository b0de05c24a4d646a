"""From a board to Grafana's JSON, by the typed builders that Grafana publishes (grafana-foundation-sdk)."""

import json
from collections.abc import Callable

from grafana.boards.board import Board, Column, Panel, Query, Said, Shape, Threshold, Variable, Words
from grafana.boards.units import unit_of
from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    table,
    text,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus as prometheus_models
from grafana_foundation_sdk.models import text as text_models

LANGUAGES = ("vi", "en")
COLUMNS = 24
COLLECTOR = "http://127.0.0.1:8800"
"""Where the collector's own pages are, until somebody writes another address at the top of a dashboard."""
PLACES_OF = {
    "schooldrum-school": ("school",),
    "schooldrum-room": ("school", "room"),
    "schooldrum-machine": ("school", "room", "machine"),
}
"""Which choices a link to a board makes."""
TAG = "schooldrum"
NOTHING = "\N{EN DASH}"
"""In a cell without a figure: which words fit depends on the row."""
_SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
_LETTERS = "ABCDEFGHIJKLMNOP"

_Drawn = stat.Panel | timeseries.Panel | table.Panel | bargauge.Panel | statetimeline.Panel | text.Panel


def drawn(board: Board, language: str) -> str:
    """The dashboard in this language (`vi` or `en`), as the JSON text that Grafana provisions."""
    built = _Drawing(LANGUAGES.index(language)).board(board).build()
    plain = json.loads(json.dumps(built, cls=JSONEncoder))
    # Written by the builders into everything, and known to Grafana no more.
    for variable in plain["templating"]["list"]:
        for name in ("auto", "auto_count", "auto_min"):
            variable.pop(name, None)
    for panel in plain["panels"]:
        panel.get("options", {}).pop("footer", None)
    return json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def named_by(variable: Variable) -> str:
    """The regular expression (JavaScript's) that takes a choice's value and text from what Prometheus answers.

    Grafana writes a series as `name{a="…",b="…"} 1`, labels in alphabetical order and texts as they are: one with
    quotes in it could pass for other labels. Where the value stands in front the first that fits is the true one, where
    it stands behind the last.
    """
    value, text = f'{variable.value}="(?<value>[^"]*)"', f'{variable.text}="(?<text>.*)"'
    if variable.value < variable.text:
        return f"/{{{value}.*,{text}}}/"
    return f'/[{{,]{text}(?:,\\w+="[^"]*")*,{value}/'


class _Drawing:
    """One dashboard on its way to JSON, in one language. Not frozen: it counts panels and rows."""

    def __init__(self, language: int) -> None:
        self._language = language
        self._x = self._y = self._row = 0
        self._number = 0

    def _say(self, words: Words) -> str:
        return words[self._language]

    def board(self, board: Board) -> dashboard.Dashboard:
        made = (
            dashboard.Dashboard(self._say(board.title))
            .uid(board.uid)
            .description(self._say(board.about))
            .tags([TAG])
            .readonly()
            .timezone("browser")
            .week_start("monday")
            .refresh(board.refresh)
            .time(board.since, "now")
            .tooltip(models.DashboardCursorSync.CROSSHAIR)
            .link(
                dashboard.DashboardLink(self._say(("Bảng khác", "Other dashboards")))
                .type(models.DashboardLinkType.DASHBOARDS)
                .tags([TAG])
                .as_dropdown(as_dropdown=True)
                .include_vars(include_vars=True)
                .keep_time(keep_time=True)
            )
            .with_variable(
                dashboard.DatasourceVariable("datasource")
                .label(self._say(("Nguồn số liệu", "Data source")))
                .type("prometheus")
            )
        )
        for variable in board.variables:
            made.with_variable(self._choices(variable) if variable.choices else self._variable(variable))
        made.with_variable(
            dashboard.TextBoxVariable("collector")
            .label(self._say(("Máy chủ tổng hợp", "Collector")))
            .default_value(COLLECTOR)
            .current(models.VariableOption(text=COLLECTOR, value=COLLECTOR))
        )
        for panel in board.panels:
            made.with_panel(self._panel(panel))
        return made

    def _variable(self, variable: Variable) -> dashboard.QueryVariable:
        made = (
            dashboard.QueryVariable(variable.name)
            .label(self._say(variable.title))
            .datasource(_SOURCE)
            .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(models.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
            .multi(multi=False)
            .include_all(variable.every)
        )
        if variable.every:
            made.all_value(".*").current(models.VariableOption(selected=True, text="All", value="$__all"))
        if not variable.text:
            return made.query(
                {"query": f"label_values({variable.query}, {variable.value})", "refId": f"variable-{variable.name}"}
            )
        return made.query({"query": f"query_result({variable.query})", "refId": f"variable-{variable.name}"}).regex(
            named_by(variable)
        )

    def _choices(self, variable: Variable) -> dashboard.CustomVariable:
        options = [models.VariableOption(text=self._say(words), value=value) for value, words in variable.choices]
        return (
            dashboard.CustomVariable(variable.name)
            .label(self._say(variable.title))
            .values(", ".join(f"{option.text} : {option.value}" for option in options))
            .options(options)
            .current(options[0])
        )

    # Panels

    def _place(self, panel: Panel) -> models.GridPos:
        if self._x + panel.width > COLUMNS:
            self._x, self._y, self._row = 0, self._y + self._row, 0
        place = models.GridPos(h=panel.height, w=panel.width, x=self._x, y=self._y)
        self._x += panel.width
        self._row = max(self._row, panel.height)
        return place

    def _panel(self, panel: Panel) -> _Drawn:
        self._number += 1
        made = _SHAPES[panel.shape](self, panel)
        made.id(self._number).title(self._say(panel.title)).description(self._say(panel.about))
        made.grid_pos(self._place(panel))
        if panel.shape is Shape.TEXT:
            return made
        made.datasource(_SOURCE)
        for letter, query in zip(_LETTERS, panel.queries, strict=False):
            made.with_target(self._query(query, letter, as_table=panel.shape is Shape.TABLE))
        if not isinstance(made, text.Panel):
            self._field(made, panel)
        if panel.link and not isinstance(made, table.Panel | text.Panel):
            made.data_links([self._link(panel.link)])
        return made

    def _query(self, query: Query, letter: str, *, as_table: bool) -> prometheus.Dataquery:
        made = prometheus.Dataquery().expr(query.expr).ref_id(letter).datasource(_SOURCE)
        if legend := self._say(query.legend):
            made.legend_format(legend)
        made.format(
            prometheus_models.PromQueryFormat.TABLE if as_table else prometheus_models.PromQueryFormat.TIME_SERIES
        )
        return made.instant() if query.now else made.range()

    def _field(
        self, made: stat.Panel | timeseries.Panel | table.Panel | bargauge.Panel | statetimeline.Panel, panel: Panel
    ) -> None:
        unit = panel.unit or (unit_of(panel.queries[0].expr) if panel.queries else "short")
        if panel.shape is not Shape.TABLE:
            made.unit(unit)
        made.thresholds(_thresholds(panel.thresholds))
        if panel.thresholds:
            made.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        if panel.said:
            made.mappings([self._mapping(panel.said)])
        if panel.least is not None:
            made.min(panel.least)
        if panel.most is not None:
            made.max(panel.most)
        made.no_value(self._say(panel.nothing))
        for letter, query in zip(_LETTERS, panel.queries, strict=False):
            if query.unit:
                plain = models.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": "text"})
                made.override_by_query(letter, [models.DynamicConfigValue(id_val="unit", value=query.unit), plain])

    def _mapping(self, said: tuple[Said, ...]) -> models.ValueMap:
        return models.ValueMap(
            options={
                one.value: models.ValueMappingResult(text=self._say(one.words), color=one.colour.value, index=index)
                for index, one in enumerate(said)
            }
        )

    def _link(self, target: str) -> dashboard.DashboardLink:
        """A link to a board, with the place of the series that was clicked."""
        places = "".join(f"var-{name}=${{__field.labels.{name}:percentencode}}&" for name in PLACES_OF.get(target, ()))
        return dashboard.DashboardLink(self._say(("Mở", "Open"))).url(f"/d/{target}?{places}${{__url_time_range}}")

    # Shapes

    def _number_panel(self, panel: Panel) -> stat.Panel:
        return (
            stat.Panel()
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False))
            .graph_mode(
                common_models.BigValueGraphMode.NONE
                if all(query.now for query in panel.queries)
                else common_models.BigValueGraphMode.AREA
            )
            .color_mode(
                common_models.BigValueColorMode.BACKGROUND if panel.filled else common_models.BigValueColorMode.VALUE
            )
        )

    def _lines_panel(self, panel: Panel) -> timeseries.Panel:
        made = (
            timeseries.Panel()
            .legend(
                common.VizLegendOptions()
                .display_mode(common_models.LegendDisplayMode.LIST)
                .placement(common_models.LegendPlacement.BOTTOM)
                .show_legend(show_legend=True)
            )
            .tooltip(
                common.VizTooltipOptions()
                .mode(common_models.TooltipDisplayMode.MULTI)
                .sort(common_models.SortOrder.DESCENDING)
            )
            .fill_opacity(20 if panel.stacked else 5)
            .show_points(common_models.VisibilityMode.NEVER)
        )
        if panel.stacked:
            made.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL).group("A"))
        return made

    def _bars_panel(self, panel: Panel) -> bargauge.Panel:
        del panel
        return (
            bargauge.Panel()
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False))
            .orientation(common_models.VizOrientation.HORIZONTAL)
            .display_mode(common_models.BarGaugeDisplayMode.BASIC)
        )

    def _timeline_panel(self, panel: Panel) -> statetimeline.Panel:
        del panel
        return (
            statetimeline.Panel()
            .merge_values(merge_values=True)
            .show_value(common_models.VisibilityMode.NEVER)
            .row_height(0.8)
            .legend(
                common.VizLegendOptions()
                .display_mode(common_models.LegendDisplayMode.LIST)
                .placement(common_models.LegendPlacement.BOTTOM)
                .show_legend(show_legend=True)
            )
        )

    def _text_panel(self, panel: Panel) -> text.Panel:
        return text.Panel().mode(text_models.TextMode.MARKDOWN).content(self._say(panel.text))

    def _table_panel(self, panel: Panel) -> table.Panel:
        made = table.Panel().show_header(show_header=True).cell_height(common_models.TableCellHeight.SM)
        if len(panel.queries) > 1:
            made.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
        order = {column.name: index for index, column in enumerate(panel.columns)}
        made.with_transformation(
            models.DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": list(order)}})
        )
        titles = {column.name: self._say(column.title) for column in panel.columns}
        made.with_transformation(
            models.DataTransformerConfig(
                id_val="organize", options={"indexByName": order, "renameByName": titles, "excludeByName": {}}
            )
        )
        for column in panel.columns:
            made.override_by_name(column.name, self._column(column, panel))
        if panel.order:
            made.sort_by(
                [
                    common.TableSortByFieldState()
                    .display_name(titles[panel.order.removeprefix("-")])
                    .desc(panel.order.startswith("-"))
                ]
            )
        return made

    def _column(self, column: Column, panel: Panel) -> list[models.DynamicConfigValue]:
        unit = column.unit
        if not unit and column.name.startswith("Value"):
            letter = column.name.rpartition("#")[2] if "#" in column.name else "A"
            unit = unit_of(panel.queries[_LETTERS.index(letter)].expr)
        found = [models.DynamicConfigValue(id_val="noValue", value=NOTHING)]
        if unit == "locale":
            found.append(models.DynamicConfigValue(id_val="decimals", value=0))
        if unit:
            found.append(models.DynamicConfigValue(id_val="unit", value=unit))
        if column.thresholds:
            found.append(models.DynamicConfigValue(id_val="thresholds", value=_thresholds(column.thresholds).build()))
            found.append(models.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}))
        if column.said:
            found.append(models.DynamicConfigValue(id_val="mappings", value=[self._mapping(column.said)]))
            if not column.thresholds:
                found.append(models.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}))
        if column.link:
            found.append(models.DynamicConfigValue(id_val="links", value=[self._cell_link(column)]))
        return found

    def _cell_link(self, column: Column) -> dict[str, str]:
        """A link from a cell, with the place of its row; fields keep their names whatever their titles say."""
        title = self._say(("Mở", "Open"))
        if column.link.startswith("/"):
            return {"title": title, "url": f"${{collector}}{column.link}${{__data.fields.{column.name}:percentencode}}"}
        names = PLACES_OF.get(column.link, ())
        places = "".join(f"var-{name}=${{__data.fields.{name}:percentencode}}&" for name in names)
        return {"title": title, "url": f"/d/{column.link}?{places}${{__url_time_range}}"}


_SHAPES: dict[Shape, Callable[[_Drawing, Panel], _Drawn]] = {
    Shape.NUMBER: _Drawing._number_panel,  # noqa: SLF001 - the table of this class's own ways to draw
    Shape.LINES: _Drawing._lines_panel,  # noqa: SLF001 - as above
    Shape.TABLE: _Drawing._table_panel,  # noqa: SLF001 - as above
    Shape.BARS: _Drawing._bars_panel,  # noqa: SLF001 - as above
    Shape.TIMELINE: _Drawing._timeline_panel,  # noqa: SLF001 - as above
    Shape.TEXT: _Drawing._text_panel,  # noqa: SLF001 - as above
}


def _thresholds(thresholds: tuple[Threshold, ...]) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value=one.value, color=one.colour.value) for one in thresholds]
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps(steps or [models.Threshold(value=None, color="text")])
    )
