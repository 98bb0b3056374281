"""A value against a target: the value that applies, whether it is met, how far it is, and what lies between years.

Only a document sets values, and only for the years it names. Between those years there is an interpolation, a planning
aid that is labelled and never judged against; "khoảng" ("~") has no tolerance in law, so it gets a gap and no verdict.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from tienbo.catalogue.definitions import Indicator, Operator, Target, Unit
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import OPERATORS
from tienbo.core.periods import Period
from tienbo.core.words import rounded
from tienbo.engine.values import Status, Value
from tienbo.papers.context import Context, UnitRef, scale_of

MOST_DECIMALS = 9
"""Enough to tell any share of a population from its limit."""


class Plan(NamedTuple):
    """What a target asks: the value of `year`, which is the year asked about or the next one a document names."""

    year: int
    op: Operator
    value: Decimal
    upper: Decimal | None = None


def plan(target: Target, year: int) -> Plan | None:
    """The value set for `year`, else for the next year that has one; None when nothing in numbers is set."""
    for named, found in target.values.items():
        if named >= year and found.value is not None:
            return Plan(named, found.op, found.value, found.upper)
    return None


def interpolated(target: Target, year: int) -> Decimal | None:
    """The straight line between two years a document names, for a year strictly between them; else None."""
    named = [(one, found.value) for one, found in target.values.items() if found.value is not None]
    for (before, low), (after, high) in itertools.pairwise(named):
        if before < year < after:
            return low + (high - low) * (year - before) / (after - before)
    return None


def is_met(indicator: Indicator, value: Value, asked: Plan) -> bool | None:
    """Whether the exact value meets the plan; None where no verdict can be given ("khoảng", "trên …", no value).

    A ratio is compared as numerator × scale against plan × denominator: 3 of 10 is exactly 30 % and
    does not meet < 30.
    """
    if value.status is not Status.VALUE or value.value is None or asked.op == "~":
        return None
    if value.qualifier == "at_least" and not (asked.op in (">=", ">") and _holds(indicator, value, asked)):
        return None  # "trên 3.000" is over every limit below it, and says nothing of the others
    return _holds(indicator, value, asked)


def _holds(indicator: Indicator, value: Value, asked: Plan) -> bool:
    assert value.value is not None  # noqa: S101 - asked only of a value
    got, limit = value.value, asked.value
    ratio = indicator.is_ratio and indicator.unit is not Unit.PERCENT_CHANGE
    if ratio and value.numerator is not None and value.denominator:
        got, limit = value.numerator * indicator.unit.scale, asked.value * value.denominator
    return bool(OPERATORS[asked.op](got, limit))


def gap(value: Value, asked: Plan) -> Decimal | None:
    """Value less plan, in the indicator's unit."""
    return None if value.value is None else value.value - asked.value


def fulfilment(value: Value, asked: Plan) -> Decimal | None:
    """ "% KH": value over plan, in per cent. Only where more is better: 104 % of a ceiling is no achievement."""
    if value.value is None or asked.op not in (">=", ">", "==") or asked.value <= 0:
        return None
    return value.value / asked.value * 100


def places(value: Decimal, decimals: int, limit: Decimal | None = None) -> int:
    """Decimals to print so that rounding does not carry a value onto, or across, its limit (29,97 is not 30,0)."""
    if limit is None or value == limit:
        return decimals
    while decimals < MOST_DECIMALS and rounded(value, decimals) == rounded(limit, decimals):
        decimals += 1
    return decimals


def status(value: Value, indicator: Indicator, period: Period) -> Status:
    """Why a cell is empty. A yearly figure not there at mid-year is not yet due, whatever was or was not asked."""
    if value.status is Status.NOT_REPORTED and period.half == 1 and indicator.frequency in ("year", "survey"):
        return Status.NOT_YET_DUE
    return value.status


def applicable(edition: Edition, context: Context) -> list[Target]:
    """Targets that hold for the unit in the period's year, in the order of their groups; examples never."""
    return holding(edition, context.unit, year=context.when.year, owners=context.owners, province=context.province)


def holding(
    edition: Edition, unit: UnitRef, *, year: int, owners: Collection[str] = (), province: str = ""
) -> list[Target]:
    """Targets that hold for a unit in a year, in the order of their groups. `owners` are keys of the units above it."""
    order = {code: index for index, code in enumerate(edition.groups)}
    scale = scale_of(unit.kind)
    mine = {unit.key, *owners, *_called(unit.name), *_called(province)}
    found = [
        target
        for target in edition.targets.values()
        if not target.example
        and scale in target.levels
        and (target.owner in ("national", "party") or target.owner_unit in mine)
        and _in_force(edition, target, year)
    ]
    return sorted(found, key=lambda target: order.get(target.group, len(order)))


def _called(name: str) -> set[str]:
    """What the owner of a target may be called in a pack: "Tỉnh Vĩnh An" or "Vĩnh An"."""
    return {name, name.removeprefix("Tỉnh ").removeprefix("Thành phố ")} - {""}


def _in_force(edition: Edition, target: Target, year: int) -> bool:
    document = edition.documents.get(target.document)
    first = target.from_year
    if first is None and document is not None and document.issued_on:
        first = int(document.issued_on[:4])
    return (first is None or first <= year) and (not target.values or year <= max(target.values))


def unmet(edition: Edition, context: Context, values: Iterable[tuple[Target, Value]]) -> list[Target]:
    """The targets among `values` that do not meet the value set for the year, or the next one that is set."""
    found = []
    for target, value in values:
        asked = plan(target, context.when.year)
        if asked and is_met(edition.indicators[target.indicator], value, asked) is False:
            found.append(target)
    return found


class Tally(NamedTuple):
    """How many of the applicable targets have a value, meet the nearest value set, miss it, or cannot say."""

    all: int
    valued: int
    met: int
    unmet: int
    not_due: int
    missing: int


def tally(edition: Edition, context: Context, values: Iterable[tuple[Target, Value]]) -> Tally:
    """The count behind the report's sentence on targets. Targets without a figure at all are left out of `missing`."""
    rows = list(values)
    met = unmet = valued = not_due = missing = 0
    for target, value in rows:
        indicator = edition.indicators[target.indicator]
        why = status(value, indicator, context.when)
        valued += why is Status.VALUE
        not_due += why is Status.NOT_YET_DUE
        missing += why is Status.NOT_REPORTED
        asked = plan(target, context.when.year)
        verdict = is_met(indicator, value, asked) if asked else None
        met += verdict is True
        unmet += verdict is False
    return Tally(len(rows), valued, met, unmet, not_due, missing)
