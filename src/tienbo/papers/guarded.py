"""Guarded figures of a packet: counts of violence and of planning as a table that the gate decides on.

Toward a partner the finest figure is a province's of a whole year (security.md §5.2, T2). A count is a cell; a share is
printed alone and its two counts are cells that are never printed, with what is left of the base as a third. What two
indicators count is the same cell, so that one does not tell of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tienbo.catalogue.definitions import Indicator, ReleaseRule, Sensitivity, Term, Unit
from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.core.words import rounded
from tienbo.disclosure.policy import Policy, Rule, Tier
from tienbo.disclosure.protect import Plan
from tienbo.disclosure.tables import Cell, Relation, Share, Table
from tienbo.engine.terms import sensitivity
from tienbo.engine.values import Status, Value
from tienbo.papers.released import Released

TIERS: Mapping[str, Tier] = {"government": Tier.GOVERNMENT, "partner": Tier.PARTNER, "public": Tier.PUBLIC}
FINEST = ("province", "nation")
"""Kinds of unit of which guarded figures may leave toward a partner."""


@dataclass(frozen=True)
class Guarded:
    """Guarded figures of a packet and what the gate says of them; no plan yet: none is printed.

    `values`: indicator → its value of the `year`. `keys`: indicator → the key of its cell or share in the `table`.
    """

    values: Mapping[str, Value]
    keys: Mapping[str, str]
    table: Table
    span: Span
    plan: Plan | None = None
    largest: Mapping[str, int] = field(default_factory=dict)

    def is_shown(self, indicator: str) -> bool:
        plan = self.plan
        return plan is not None and plan.is_protected and self.keys[indicator] not in plan.hidden


def policy_of(edition: Edition) -> Policy:
    """The rules of release of a pack; the safe ones of the program where it has none."""
    made = {TIERS[code]: _rule(rule) for code, rule in edition.release_rules.items()}
    return Policy({**Policy().rules, **made})


def _rule(made: ReleaseRule) -> Rule:
    return Rule(
        k=made.k,
        zeros_hide=made.zeros_hide,
        least_base=made.least_base,
        dominance=made.dominance,
        coarsen_above=made.coarsen_above,
    )


def whole_year(period: Period) -> Period:
    """The last year that is over at the end of a period."""
    return Period(period.year) if period.is_year or period.half == 2 else Period(period.year - 1)


def guardable(released: Released, kind: str) -> list[Value]:
    """Values of the release that may be asked of the gate: of a province or above, of a whole year, known, of counts
    that add up to what they say."""
    if kind.partition(".")[0] not in FINEST:
        return []
    year = whole_year(Period.parse(released.period)).code
    found = []
    for code, indicator in released.edition.indicators.items():
        value = released.values.get(code, released.unit, year)
        if value.status is Status.VALUE and is_guarded(released.edition, indicator) and _parts(indicator, value):
            found.append(value)
    return found


def is_guarded(edition: Edition, indicator: Indicator) -> bool:
    return sensitivity(edition, indicator) is Sensitivity.C3


def _parts(indicator: Indicator, value: Value) -> bool:
    """Whether the value is what the gate knows: a whole count, or a share of whole counts of which one is part of the
    other."""
    plain = all(not term.count_units and not term.minus for term in indicator.terms)
    whole = [one for one in (value.numerator, value.denominator) if one is not None]
    if not plain or value.qualifier != "exact" or any(one != int(one) for one in whole) or value.numerator is None:
        return False
    if not indicator.is_ratio:
        return indicator.unit is Unit.COUNT
    return indicator.unit is Unit.PERCENT and value.denominator is not None and value.numerator <= value.denominator


def guarded_of(released: Released, indicators: Iterable[str], largest: Mapping[str, int] | None = None) -> Guarded:
    """The table of some guarded figures of a release. `largest`: key of a cell → the most of one unit below."""
    year = whole_year(Period.parse(released.period))
    edition, most = released.edition, largest or {}
    values = {code: released.values.get(code, released.unit, year.code) for code in indicators}
    cells: dict[str, Cell] = {}
    relations: dict[Relation, None] = {}
    shares, keys = [], {}

    def cell(terms: Sequence[Term], number: Decimal | None, level: int, printed: bool) -> str:
        key = cell_key(terms, released.unit, year.code)
        small = any(edition.elements[one.series.element].sensitivity is Sensitivity.C3 for one in terms)
        held = cells.get(key)
        cells[key] = Cell(
            key,
            int(number or 0),
            max(level, held.level if held else 0),
            printed=printed or (held is not None and held.printed),
            largest=most.get(key, 0),
            is_small_a_matter=small,
        )
        return key

    for code, value in values.items():
        indicator = edition.indicators[code]
        if not indicator.is_ratio:
            keys[code] = cell(indicator.numerator, value.numerator, 0, printed=True)
            continue
        above = cell(indicator.numerator, value.numerator, 0, printed=False)
        base = cell(indicator.denominator, value.denominator, 1, printed=False)
        rest = f"{base} − {above}"
        left = cells[base].value - cells[above].value
        cells[rest] = Cell(rest, left, printed=False, is_small_a_matter=cells[above].is_small_a_matter)
        relations[Relation(base, (above, rest))] = None
        keys[code] = f"{code}|{released.unit}|{year.code}"
        shares.append(Share(keys[code], above, base, printed_share(indicator, value), indicator.decimals))
    table = Table.checked(cells.values(), relations, shares)
    return Guarded(values, keys, table, edition.calendar.span(year), largest=most)


def cell_key(terms: Sequence[Term], unit: str, period: str) -> str:
    """The same for whatever counts the same."""
    return "|".join(("+".join(sorted(str(one.series) for one in terms)), unit, period))


def printed_share(indicator: Indicator, value: Value) -> Decimal:
    """A share as paper prints it."""
    exact = value.value or Decimal(0)
    return rounded(exact, indicator.decimals)
