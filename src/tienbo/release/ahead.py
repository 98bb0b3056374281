"""An indicator's reported history, projected to the year a target names: which values count, and on what scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tienbo.catalogue.definitions import Indicator, Target, Unit
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.engine.evaluate import Question
from tienbo.engine.terms import period_read, redefined
from tienbo.engine.values import Status, Value
from tienbo.outlook.projection import Point, Projection, Scale, project
from tienbo.papers.judgement import Plan, plan
from tienbo.release.frozen import is_comparable
from tienbo.release.one_map import passed, values_on_one_map
from tienbo.release.reading import Reader

worded(
    {
        "outlook.not_a_quantity": N_("No projection: the indicator is no figure."),
        "outlook.no_year_ahead": N_("No projection: no document sets a value for a year to come."),
    }
)

LONGEST = 24
"""Periods looked back: twelve years of half-years."""


@dataclass(frozen=True)
class Seen:
    """A value of the past; whether it stands on the ground of the last one."""

    value: Value
    is_comparable: bool


@dataclass(frozen=True)
class Ahead:
    """A projection beside the target it is held against."""

    projection: Projection
    asked: Plan
    chance: float | None
    unsaid: Fault | None
    """Why there is no chance of reaching it."""


def asked_ahead(target: Target | None, period: Period) -> Plan:
    """What a target sets for the first year that has not ended with a period; Refused where it sets nothing."""
    found = plan(target, period.year + (period.half != 1)) if target else None
    if found is None:
        raise Refused(Fault("outlook.no_year_ahead"))
    return found


def ahead(indicator: Indicator, told: Sequence[Point], asked: Plan) -> Ahead:
    """The projection to the year of what is asked; Refused, with the reason, where the history carries none."""
    made = projected(indicator, told, asked.year)
    upper = None if asked.upper is None else float(asked.upper)
    limit = float(asked.value)
    return Ahead(made, asked, made.chance(asked.op, limit, upper=upper), made.unsaid(asked.op, limit))


def projected(indicator: Indicator, told: Sequence[Point], year: float) -> Projection:
    """The indicator at the end of a year."""
    scale, top = scale_of(indicator)
    return project(told, year, scale=scale, top=top)


def scale_of(indicator: Indicator) -> tuple[Scale, float]:
    """How the indicator is projected, and what its ratio is multiplied by."""
    if indicator.unit in (Unit.BOOLEAN, Unit.QUALITATIVE):
        raise Refused(Fault("outlook.not_a_quantity"))
    if indicator.unit is Unit.PERCENT_CHANGE:
        return "any", 1.0
    return ("share" if indicator.unit is Unit.PERCENT else "positive"), float(indicator.unit.scale)


def points(edition: Edition, indicator: Indicator, seen: Sequence[Seen]) -> list[Point]:
    """The values that are figures, at the end of their periods: 2025.5 is the end of the first half of 2026. Lower
    bounds ("trên") are none, and a count of which units are missing is none."""
    told = [one for one in seen if one.value.status is Status.VALUE and one.value.value is not None]
    told = [one for one in told if one.value.qualifier != "at_least"]
    if not indicator.is_ratio:
        told = [one for one in told if one.value.is_complete]
    if not told:
        return []
    last = max((Period.parse(one.value.period) for one in told), key=lambda one: one.halves[-1])
    found = []
    for one in told:
        period = Period.parse(one.value.period)
        new = redefined(edition, indicator, period, last) if period != last else ()
        parts = one.value.denominator if indicator.is_ratio else 1
        found.append(
            Point(
                at=period.year - (0.5 if period.half == 1 else 0.0),
                value=float(one.value.value or 0),
                denominator=float(parts) if parts else None,
                definition=";".join(change.first for change in new),
                ground="" if one.is_comparable else period.code,
                place=period.code,
            )
        )
    return found


def periods_back(edition: Edition, indicator: Indicator, period: Period) -> list[Period]:
    """The periods whose values make a history until a period, oldest first: half-years of a ratio that is told in them,
    else years. A year that is not over is none."""
    if indicator.is_ratio and not period_read(edition, indicator, Period(period.year, 2)).is_year:
        every = [period.last_half]
        for _ in range(LONGEST - 1):
            every.append(every[-1].previous())
    else:
        last = period.year if period.half != 1 else period.year - 1
        every = [Period(last - back) for back in range(LONGEST // 2)]
    first = edition.calendar.regimes[0].first
    return sorted(one for one in every if one.halves[0] >= first)


def history(reader: Reader, indicator: Indicator, unit: int, period: Period) -> list[Seen]:
    """Values until a period on the units of the last day of the latest."""
    edition = reader.edition
    every = periods_back(edition, indicator, period)
    if not every:
        return []
    last = every[-1]
    day = edition.calendar.last_day(last)
    crossed = passed(edition, unit, every, day)
    values = values_on_one_map(reader, Question((indicator.code,), tuple(every), (unit,)), last, day)
    found = {value.period: value for value in values}
    return [
        Seen(found[one.code], one in crossed or is_comparable(edition, unit, one, last))
        for one in every
        if one.code in found
    ]
