"""Charts: Vega-Lite specifications as plain dictionaries, drawn to SVG once, and to PNG from the same SVG.

One chart, page and paper. Colours are told apart by the colour-blind and in grey; shapes and dashes say the same thing
again. Vega sorts by code point, so every list of names carries its order.
"""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import typst
import vl_convert

from tienbo.core.messages import gettext as _
from tienbo.core.messages import language
from tienbo.core.periods import Period
from tienbo.core.words import number, sort_key
from tienbo.papers import fonts

VERSION = "6.1"
DONE, SET, BETWEEN, QUIET = "#1f5a85", "#c05a00", "#8a8a8a", "#d9d9d9"
WIDTH = 560
LEAST_POINTS = 10
"""Per-cent points that a trend's axis spans at least."""

_VIETNAMESE: dict[str, Any] = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " ₫"]}
_ENGLISH: dict[str, Any] = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", " ₫"]}
_CONFIG: dict[str, Any] = {
    "font": fonts.FAMILY,
    "background": "white",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "gridColor": "#ececec",
             "domainColor": "#777777", "tickColor": "#777777"},
    "legend": {"labelFontSize": 12, "orient": "top", "title": None, "symbolStrokeWidth": 2},
    "text": {"fontSize": 11},
}  # fmt: skip


_PICTURE = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
_DOTS = 96
"""Of an inch, in an SVG's own units."""


class Point(NamedTuple):
    """A value of a period for a trend. `at` is the year on the axis: a first half stands half a year before its end.
    `is_recast`: it was reported on another map. `stretch` tells lines apart that a new definition parts."""

    at: float
    value: Decimal
    is_recast: bool = False
    stretch: int = 0


class Range(NamedTuple):
    """A value that is known between two bounds only."""

    at: float
    low: Decimal
    high: Decimal


class Break(NamedTuple):
    """Where a line is broken: between two points, and what happened there in a word or a day."""

    at: float
    words: str


def at(period: Period) -> float:
    """Where a period stands on an axis of years: at its end, so that a year's value meets the year's target."""
    return period.year - 0.5 if period.half == 1 else float(period.year)


class Bar(NamedTuple):
    name: str
    value: Decimal


class Dot(NamedTuple):
    """What was done beside what was set; `set_value` in the same unit."""

    name: str
    value: Decimal | None
    set_value: Decimal


# -------------------------------------------------------------------------------------------------- drawing


def svg(spec: dict[str, Any]) -> str:
    """The chart as SVG text. Drawn once for each specification and language in a process."""
    return _svg(json.dumps(spec, ensure_ascii=False, sort_keys=True), language(), fonts.folder())


@lru_cache(maxsize=256)
def _svg(spec: str, lang: str, folder: Path) -> str:
    _register(folder)
    drawn = vl_convert.vegalite_to_svg(json.loads(spec), vl_version=VERSION, format_locale=number_locale(lang))
    return str(drawn)


def number_locale(lang: str) -> dict[str, Any]:
    """How Vega writes numbers in a language."""
    return _VIETNAMESE if lang == "vi" else _ENGLISH


@lru_cache(maxsize=256)
def png(drawn: str, scale: float = 2.0) -> bytes:
    """The same picture for paper that takes no SVG. By typst: the points that vl-convert draws in a third of the time,
    a quarter of the bytes, and the interpreter is free meanwhile."""
    made = typst.Compiler(
        input=_PICTURE,
        font_paths=fonts.faces(fonts.folder()),
        ignore_system_fonts=True,
        sys_inputs={"svg": drawn},
    ).compile(format="png", ppi=_DOTS * scale)
    assert isinstance(made, bytes)  # noqa: S101 - one page is one picture
    return made


@lru_cache(maxsize=2)
def _register(folder: Path) -> None:
    vl_convert.register_font_directory(str(folder))


def size(drawn: str) -> tuple[float, float]:
    """Width and height of an SVG in its own units."""
    found = re.search(r'<svg[^>]*\bwidth="([\d.]+)"[^>]*\bheight="([\d.]+)"', drawn)
    if not found:
        raise ValueError("an SVG without width and height")
    return float(found[1]), float(found[2])


# ------------------------------------------------------------------------------------------------ specifications


def _chart(width: int, **parts: Any) -> dict[str, Any]:
    fit = {"type": "fit-x", "contains": "padding"}  # one width for all, so that one size of letters on paper
    return {"config": _CONFIG, "width": width, "autosize": fit, **parts}


def trend(
    points: Sequence[Point],
    path: Sequence[Point],
    *,
    unit: str,
    width: int = WIDTH,
    ranges: Sequence[Range] = (),
    breaks: Sequence[Break] = (),
) -> dict[str, Any]:
    """Values over time, and the values a document set for its years. Between those years the line is dashed and
    called "nội suy": it is a planning aid, no law. Recast values are hollow, and a grey rule stands where units or a
    definition changed."""
    done, legal, between = _("achieved"), _("set by the document"), _("interpolated")
    rows = [_row(point, done) for point in points]
    if any(point.stretch for point in points):
        rows = [{**row, "stretch": point.stretch} for row, point in zip(rows, points, strict=True)]
    rows += [_row(point, between) for point in path if len(path) > 1]
    marks = [_row(point, legal) for point in path]
    kinds = [done, legal, between] if len(path) > 1 else [done, legal] if path else [done]
    stands = [point.at for point in (*points, *path)] + [one.at for one in ranges]
    years = [math.floor(min(stands)), math.ceil(max(stands))]
    x = {
        "field": "at",
        "type": "quantitative",
        # Whole years only: a tick between two of them would be labelled as the next.
        "axis": {"format": "d", "values": list(range(years[0], years[1] + 1)), "grid": False, "title": None},
        "scale": {"nice": False, "zero": False, "domain": years, "padding": 20},
    }
    labels = _labels([row for row in rows if row["kind"] == done], marks)
    room = {"padding": _BELOW} if labels[1][0] else {}  # for a figure below the lowest point
    y = {
        "field": "value",
        "type": "quantitative",
        "axis": {"title": unit, "tickCount": 6},
        "scale": {**_height([*rows, *_bounds(ranges)], unit), **room},
    }
    colour, dash, shape = _by_kind(kinds, between)
    drawn = {"x": x, "y": y, "color": colour, "strokeDash": dash}
    if any(point.stretch for point in points):
        drawn["detail"] = {"field": "stretch", "type": "nominal"}
    dots = [row for row in rows if row["kind"] == done] + marks
    dot = {"type": "point", "filled": True, "size": 70, "opacity": 1}
    layers = [
        *_broken(x, y, ranges, breaks),
        {"data": {"values": rows}, "mark": {"type": "line", "strokeWidth": 2}, "encoding": drawn},
        {"data": {"values": dots}, "mark": dot, "encoding": {"x": x, "y": y, "color": colour, "shape": shape}},
        *_hollow(x, y, [point for point in points if point.is_recast]),
        *(
            {
                "data": {"values": told},
                "mark": {"type": "text", "dy": offset},
                "encoding": {"x": x, "y": y, "text": {"field": "words"}},
            }
            for told, offset in labels
            if told
        ),
    ]
    return _chart(width, height=230, layer=layers)


def _by_kind(kinds: Sequence[str], between: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Colour with its legend, dashes and shapes of what was done, set and interpolated."""
    ranges: tuple[Sequence[Any], ...] = (
        [DONE, SET, BETWEEN][: len(kinds)],
        [[5, 4] if kind == between else [1, 0] for kind in kinds],
        ["circle", "diamond", "stroke"][: len(kinds)],
    )
    colour, dash, shape = (
        {"field": "kind", "type": "nominal", "scale": {"domain": kinds, "range": held}, "legend": None}
        for held in ranges
    )
    return {**colour, "legend": {}}, dash, shape


def _bounds(ranges: Sequence[Range]) -> list[dict[str, Any]]:
    return [{"at": one.at, "value": float(bound)} for one in ranges for bound in (one.low, one.high)]


def _hollow(x: dict[str, Any], y: dict[str, Any], points: Sequence[Point]) -> list[dict[str, Any]]:
    """A white heart for each value that was recast: the same line, reported on other units."""
    if not points:
        return []
    rows = [{"at": point.at, "value": float(point.value)} for point in points]
    mark = {"type": "point", "filled": True, "shape": "circle", "size": 22, "opacity": 1, "color": "white"}
    return [{"data": {"values": rows}, "mark": mark, "encoding": {"x": x, "y": y}}]


def _broken(
    x: dict[str, Any], y: dict[str, Any], ranges: Sequence[Range], breaks: Sequence[Break]
) -> list[dict[str, Any]]:
    """Rules where the line is broken with what happened there, and values known between bounds only as bars."""
    layers: list[dict[str, Any]] = []
    if breaks:
        rows = [{"at": one.at, "words": one.words} for one in breaks]
        rule = {"type": "rule", "color": BETWEEN, "strokeDash": [2, 3]}
        layers.append({"data": {"values": rows}, "mark": rule, "encoding": {"x": x}})
        for turn in range(min(2, len(rows))):  # neighbours in turn lower, for two rules may stand close
            words = {
                "type": "text",
                "color": "#555555",
                "align": "left",
                "baseline": "top",
                "dx": 4,
                "y": 2 + 13 * turn,
            }
            said = {"x": x, "text": {"field": "words"}}
            layers.append({"data": {"values": rows[turn::2]}, "mark": words, "encoding": said})
    if ranges:
        rows = [{"at": one.at, "value": float(one.low), "high": float(one.high)} for one in ranges]
        bar = {"type": "rule", "color": DONE, "strokeWidth": 3}
        layers.append({"data": {"values": rows}, "mark": bar, "encoding": {"x": x, "y": y, "y2": {"field": "high"}}})
    return layers


_ABOVE, _BELOW = -11, 17


def _labels(done: list[dict[str, Any]], marks: list[dict[str, Any]]) -> list[tuple[list[dict[str, Any]], int]]:
    """Rows with how far their figures stand above or below: of two at one place on the axis, the lower below."""
    lower = []
    for mark in marks:
        for row in (one for one in done if one["at"] == mark["at"]):
            lower.append(mark if mark["value"] <= row["value"] else row)
    return [([row for row in (*done, *marks) if row not in lower], _ABOVE), (lower, _BELOW)]


def _height(rows: Sequence[dict[str, Any]], unit: str) -> dict[str, Any]:
    """The scale of a trend. Per cents span ten points at least: a third of a point is no mountain."""
    low, high = min(row["value"] for row in rows), max(row["value"] for row in rows)
    if unit != "%" or high - low >= LEAST_POINTS:
        return {"zero": False, "nice": True}
    start = max(0, min(math.floor((low + high - LEAST_POINTS) / 2), 100 - LEAST_POINTS)) if high <= 100 else low
    return {"domain": [start, max(start + LEAST_POINTS, math.ceil(high))], "nice": False}


def _row(point: Point, kind: str) -> dict[str, Any]:
    return {"at": point.at, "value": float(point.value), "kind": kind, "words": _shown(point.value)}


def _shown(value: Decimal) -> str:
    return number(value, 1) if value != value.to_integral_value() else number(value, 0)


def ranked(units: Sequence[Bar]) -> list[Bar]:
    """From the highest; equals in dictionary order."""
    return sorted(units, key=lambda bar: (-bar.value, sort_key(bar.name)))


def _apart(units: Sequence[Bar]) -> list[Bar]:
    """Units of one name are not one bar: blanks that nobody sees tell them apart."""
    seen: dict[str, int] = {}
    made = []
    for bar in units:
        seen[bar.name] = seen.get(bar.name, -1) + 1
        made.append(bar._replace(name=bar.name + " " * seen[bar.name]))
    return made


def bars(
    units: Sequence[Bar], *, unit: str, line: Decimal | None = None, width: int = WIDTH, names: int = 260
) -> dict[str, Any]:
    """Units from the highest. `line` marks the value that was set; `names` is the room for a unit's name."""
    order = _apart(ranked(units))
    rows = [{"name": bar.name, "value": float(bar.value), "words": _shown(bar.value)} for bar in order]
    y = {
        "field": "name",
        "type": "nominal",
        "sort": [bar.name for bar in order],
        "axis": {"title": None, "labelLimit": names, "ticks": False, "domain": False},
    }
    x = {"field": "value", "type": "quantitative", "axis": {"title": unit, "tickCount": 6}, "scale": {"zero": True}}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "bar", "color": DONE, "height": {"band": 0.72}}, "encoding": {"y": y, "x": x}},
        {
            "mark": {"type": "text", "align": "left", "dx": 4},
            "encoding": {"y": y, "x": x, "text": {"field": "words"}},
        },
    ]
    if line is not None:
        datum = {"datum": float(line), "type": "quantitative"}
        mark = {"type": "rule", "color": SET, "strokeWidth": 1.5, "strokeDash": [6, 3]}
        layers.append({"mark": mark, "encoding": {"x": datum}})
    return _chart(width, height={"step": 19}, data={"values": rows}, layer=layers)


def targets(dots: Sequence[Dot], *, unit: str) -> dict[str, Any]:
    """Each target's value and what was set, in the order given (the order of the documents)."""
    names = ["\n".join(textwrap.wrap(dot.name, 52)) for dot in dots]
    lines = max(name.count("\n") + 1 for name in names)
    done, legal = _("achieved"), _("set by the document")
    rows = []
    for name, dot in zip(names, dots, strict=True):
        if dot.value is not None:
            rows.append({"name": name, "value": float(dot.value), "kind": done, "words": _shown(dot.value)})
        rows.append({"name": name, "value": float(dot.set_value), "kind": legal, "words": ""})
    y = {
        "field": "name",
        "type": "nominal",
        "sort": names,
        "axis": {"title": None, "labelExpr": "split(datum.label, '\\n')", "labelLimit": 330, "ticks": False,
                 "domain": False, "grid": True},
    }  # fmt: skip
    x = {"field": "value", "type": "quantitative", "axis": {"title": unit, "tickCount": 6}, "scale": {"zero": True}}
    kind = {"field": "kind", "type": "nominal", "legend": {}}
    return _chart(
        WIDTH,
        height={"step": 14 + 14 * lines},
        data={"values": rows},
        layer=[
            {
                "mark": {"type": "line", "color": QUIET, "strokeWidth": 3},
                "encoding": {"y": y, "x": x, "detail": {"field": "name"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
                "encoding": {
                    "y": y,
                    "x": x,
                    "color": {**kind, "scale": {"domain": [done, legal], "range": [DONE, SET]}},
                    "shape": {**kind, "scale": {"domain": [done, legal], "range": ["circle", "diamond"]}},
                },
            },
            {"mark": {"type": "text", "dy": -12}, "encoding": {"y": y, "x": x, "text": {"field": "words"}}},
        ],
    )


class Chance(NamedTuple):
    """The chance (per cent) of a count; `is_within` the interval that is told beside it."""

    number: int
    percent: Decimal
    is_within: bool


def chances(rows: Sequence[Chance], *, counts: str, target: int | None = None) -> dict[str, Any]:
    """The chance of each count as a column, those within the interval in blue; a rule stands before the `target`, so
    that what reaches it lies to its right. `counts` says what is counted."""
    held = [{"number": row.number, "value": float(row.percent), "within": row.is_within} for row in rows]
    x = {
        "field": "number",
        "type": "quantitative",
        "axis": {"title": counts, "format": "d", "grid": False, "tickMinStep": 1},
        "scale": {"domain": [rows[0].number - 0.6, rows[-1].number + 0.6], "nice": False, "zero": False},
    }
    y = {"field": "value", "type": "quantitative", "axis": {"title": "%", "tickCount": 5}, "scale": {"zero": True}}
    width = max(WIDTH * 0.8 / len(rows) - 2, 2)
    within = {"condition": {"test": "datum.within", "value": DONE}, "value": BETWEEN}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "bar", "size": min(width, 30)}, "encoding": {"x": x, "y": y, "color": within}}
    ]
    if target is not None and rows[0].number <= target <= rows[-1].number:
        rule = {"type": "rule", "color": SET, "strokeWidth": 1.5, "strokeDash": [6, 3]}
        layers.append({"mark": rule, "encoding": {"x": {"datum": target - 0.5, "type": "quantitative"}}})
    return _chart(WIDTH, height=190, data={"values": held}, layer=layers)
