"""A line over time that crosses maps and definitions: its points, what is known between bounds only, where it breaks.

A value recast onto the map of the paper is a point like any other, marked; the line goes on over the change of units,
with a mark on it. A new definition parts the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tienbo.catalogue.definitions import Indicator
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_words
from tienbo.engine.terms import redefined
from tienbo.engine.values import Status, Value
from tienbo.papers import chart
from tienbo.papers.context import redefined_words
from tienbo.papers.maps import BETWEEN, Acts, note


class Line(NamedTuple):
    """What a chart draws. `redefinitions`: the sentences of new definitions, in order."""

    points: Sequence[chart.Point]
    ranges: Sequence[chart.Range]
    breaks: Sequence[chart.Break]
    redefinitions: Sequence[str]


def line(edition: Edition, indicator: Indicator, values: Sequence[Value], acts: Acts) -> Line:
    """The line of values that have a figure or bounds, oldest first."""
    points: list[chart.Point] = []
    ranges: list[chart.Range] = []
    breaks: list[chart.Break] = []
    said: list[str] = []
    stretch = 0
    for before, value in zip((None, *values), values, strict=False):
        at = chart.at(Period.parse(value.period))
        if before is not None:
            middle = (chart.at(Period.parse(before.period)) + at) / 2
            new = redefined(edition, indicator, Period.parse(before.period), Period.parse(value.period))
            if new:
                stretch += 1
                breaks.append(chart.Break(middle, _("new definition")))
                said += [redefined_words(str(indicator.name), Period.parse(one.first), str(one.what)) for one in new]
            days = _redrawn(before, value, acts)
            breaks += [chart.Break(middle, days)] if days else []
        if value.status is Status.VALUE and value.value is not None:
            points.append(chart.Point(at, value.value, bool(value.acts), stretch))
        elif value.low is not None and value.high is not None:
            ranges.append(chart.Range(at, value.low, value.high))
    return Line(points, ranges, breaks, list(dict.fromkeys(said)))


def _redrawn(before: Value, value: Value, acts: Acts) -> str:
    """The days of acts that the earlier of two neighbouring values passed and the later one did not."""
    passed = [acts[key].day for key in before.acts if key not in value.acts and key in acts]
    return ", ".join(day_words(one) for one in sorted(set(passed)))


def notes(drawn: Line, values: Sequence[Value], acts: Acts) -> list[str]:
    """What is said below the chart: what the marks mean, the map, the share estimated, the acts, new definitions."""
    drawn_values = [value for value in values if value.status in (Status.VALUE, Status.INTERVAL)]
    found = [one for one in note(drawn_values, acts) if one != _(BETWEEN)]  # what the bars mean is said below
    if any(point.is_recast for point in drawn.points):
        found.append(_("Hollow points: recast from the units of their time."))
    if drawn.ranges:
        found.append(_("Upright bars: the value lies between the two ends; nearer it is not known."))
    if drawn.breaks:
        found.append(_("Grey rules: where units or a definition changed."))
    return found + list(drawn.redefinitions)
