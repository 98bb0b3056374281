"""What an indicator is made of: its elements, how a cell is answered in a period, and its terms as rows for the SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Literal, NamedTuple

import pyarrow as pa

from tienbo.catalogue.definitions import (
    Element,
    Indicator,
    OverTime,
    OverUnits,
    Redefinition,
    Sensitivity,
    Series,
    Term,
)
from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.engine.plan import Fold, Part, Take


class Cell(NamedTuple):
    """One indicator with one member of a breakdown ("" is all)."""

    indicator: Indicator
    members: str


@dataclass(eq=False)
class _Known:
    """What is asked again and again of an indicator: once for each value of a paper, and the same for all of them."""

    edition: Edition
    indicator: Indicator
    reporters: dict[Period, frozenset[str]] = field(default_factory=dict)
    modes: dict[Period, str] = field(default_factory=dict)

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        return tuple(self.edition.elements[term.series.element] for term in self.indicator.terms)

    @cached_property
    def is_ratio(self) -> bool:
        return self.indicator.is_ratio or any(
            not term.count_units and self.edition.elements[term.series.element].over_units is OverUnits.MEAN
            for term in self.indicator.numerator
        )

    @cached_property
    def is_yearly(self) -> bool:
        return self.indicator.frequency == "year" or any(one.frequency != "half_year" for one in self.elements)

    @cached_property
    def needs_every_half(self) -> bool:
        return any(every_half(self.edition, term) for term in self.indicator.terms)

    @cached_property
    def sensitivity(self) -> Sensitivity:
        return max((one.sensitivity for one in self.elements), default=Sensitivity.C1)


def _known(edition: Edition, indicator: Indicator) -> _Known:
    """Kept with the edition. By the indicator itself, not by its code alone: a reader may bring one of its own."""
    held: dict[str, _Known] = edition.__dict__.setdefault("known_terms", {})
    found = held.get(indicator.code)
    if found is None or found.indicator is not indicator:
        found = held[indicator.code] = _Known(edition, indicator)
    return found


def elements_of(edition: Edition, indicator: Indicator) -> tuple[Element, ...]:
    return _known(edition, indicator).elements


def is_ratio(edition: Edition, indicator: Indicator) -> bool:
    """Whether the value is numerator over denominator: declared, or a mean over units."""
    return _known(edition, indicator).is_ratio


def is_lower_bound(indicator: Indicator) -> bool:
    """Whether "at least" said of a figure holds of the value: more could not make it smaller."""
    rises = (not term.minus and (term.test is None or term.test.op in (">=", ">")) for term in indicator.numerator)
    return all(rises) and all(term.count_units and term.test is None for term in indicator.denominator)


def qualifier_of(indicator: Indicator, *, estimated: int, at_least: int) -> Literal["exact", "at_least", "estimate"]:
    """What is said of a value when so many of its units estimated, and so many told a lower bound."""
    if estimated or (at_least and not is_lower_bound(indicator)):
        return "estimate"
    return "at_least" if at_least else "exact"


def splits_by(edition: Edition, indicator: Indicator, dimension: str) -> bool:
    """Whether an indicator can be split: every part is reported by the breakdown and none stands for one member of it
    already (women among staff, by sex, would be women among women)."""
    return bool(indicator.terms) and all(
        dimension in edition.elements[term.series.element].breakdowns
        and term.each != dimension
        and f"{dimension}=" not in term.series.members
        for term in indicator.terms
    )


def reporters(edition: Edition, indicator: Indicator, period: Period) -> frozenset[str]:
    """The kinds of unit that owe the indicator's figures in the period's last half."""
    known, half = _known(edition, indicator), period.last_half
    found = known.reporters.get(half)
    if found is None:
        rules = (element.rule(half) for element in known.elements)
        found = known.reporters[half] = frozenset(kind for rule in rules if rule for kind in rule.by)
    return found


def redefined(edition: Edition, indicator: Indicator, one: Period, other: Period) -> tuple[Redefinition, ...]:
    """The new definitions of what an indicator is made of that began after the one period and not after the other."""
    first, last = sorted((one.last_half.index, other.last_half.index))
    found = (new for element in elements_of(edition, indicator) for new in element.redefined)
    return tuple(dict.fromkeys(new for new in found if first < Period.parse(new.first).index <= last))


def sensitivity(edition: Edition, indicator: Indicator) -> Sensitivity:
    """The highest class of its elements."""
    return _known(edition, indicator).sensitivity


def is_yearly(edition: Edition, indicator: Indicator) -> bool:
    return _known(edition, indicator).is_yearly


def period_read(edition: Edition, indicator: Indicator, period: Period) -> Period:
    """The period whose facts answer: of a yearly indicator asked for a second half, the year."""
    return Period(period.year) if is_yearly(edition, indicator) else period


def mode_of(edition: Edition, indicator: Indicator, period: Period) -> str:
    """How a cell is answered in a period: "sum", "own", "not_due" (a yearly indicator asked for a first half),
    "no_year" (half-years that do not fold), or "none" (nobody is asked for it in that period)."""
    modes = _known(edition, indicator).modes
    found = modes.get(period)
    if found is None:
        found = modes[period] = _mode_of(edition, indicator, period)
    return found


def _mode_of(edition: Edition, indicator: Indicator, period: Period) -> str:
    elements = elements_of(edition, indicator)
    if not elements:
        return "none"
    if is_yearly(edition, indicator) and period.half == 1:
        return "not_due"
    rules = [element.rule(period.last_half) for element in elements]
    if any(rule is None for rule in rules):
        return "none"
    if period_read(edition, indicator, period).is_year and any(
        term.each is None and element.over_time is OverTime.NONE and element.frequency == "half_year"
        for term, element in zip(indicator.terms, elements, strict=True)
    ):
        return "no_year"
    own = any(rule.at_parent == "own" for rule in rules if rule) or any(
        element.over_units is OverUnits.NONE and not term.count_units
        for term, element in zip(indicator.terms, elements, strict=True)
    )
    return "own" if own else "sum"


def fold_of(element: Element, term: Term) -> Fold:
    if term.each is not None:
        return Fold.EACH
    return {OverTime.LAST: Fold.LAST, OverTime.MEAN: Fold.MEAN}.get(element.over_time, Fold.SUM)


def every_half(edition: Edition, term: Term) -> bool:
    """Whether a year needs the term's figure of both halves."""
    element = edition.elements[term.series.element]
    return element.frequency == "half_year" and fold_of(element, term) is not Fold.LAST


def needs_every_half(edition: Edition, indicator: Indicator) -> bool:
    """Whether a year needs any figure of the indicator of both halves."""
    return _known(edition, indicator).needs_every_half


class TermRow(NamedTuple):
    term: int
    cell: int
    part: int
    measure: int
    fold: int
    every_half: bool
    series_of_term: int
    take: int
    sign: int
    test_op: str
    test_value: Decimal
    terms_of_cell: int


TERMS = pa.schema(
    [
        ("term", pa.int32()),
        ("cell", pa.int32()),
        ("part", pa.int8()),
        ("measure", pa.int32()),
        ("fold", pa.int8()),
        ("every_half", pa.bool_()),
        ("series_of_term", pa.int32()),
        ("take", pa.int8()),
        ("sign", pa.int8()),
        ("test_op", pa.string()),
        ("test_value", pa.decimal128(18, 4)),
        ("terms_of_cell", pa.int32()),
    ]
)


def parts_of(edition: Edition, indicator: Indicator) -> list[tuple[Part, Term]]:
    parts = [(Part.NUMERATOR, term) for term in indicator.numerator]
    parts += [(Part.DENOMINATOR, term) for term in indicator.denominator]
    if not indicator.is_ratio and is_ratio(edition, indicator):  # a mean over units: divide by how many told it
        parts.append((Part.DENOMINATOR, Term(series=indicator.numerator[0].series, count_units=True)))
    return parts


def series_of(edition: Edition, term: Term, members: str) -> list[Series]:
    series = term.series
    if members:
        series = series.with_member(*members.split("=", 1))
    if term.each is None:
        return [series]
    return [series.with_member(term.each, member) for member in edition.breakdowns[term.each].members]


def is_told(edition: Edition, cell: Cell, measures: Mapping[str, int]) -> bool:
    """Whether anybody ever reported a series that a cell reads."""
    terms = (term for _part, term in parts_of(edition, cell.indicator))
    return any(str(one) in measures for term in terms for one in series_of(edition, term, cell.members))


def term_rows(edition: Edition, cells: Iterable[tuple[int, Cell]], measures: Mapping[str, int]) -> list[TermRow]:
    rows: list[TermRow] = []
    number = 0
    for cell_number, cell in cells:
        parts = parts_of(edition, cell.indicator)
        for part, term in parts:
            number += 1
            element = edition.elements[term.series.element]
            fold = fold_of(element, term)
            series = series_of(edition, term, cell.members)
            take = Take.TEST if term.test else Take.ONE if term.count_units else Take.FIGURE
            if fold is Fold.EACH:  # tested where it folds
                take = Take.FIGURE
            for one in series:
                # A series nobody ever reported has no number: -1 matches no fact, so the term stays unreported.
                rows.append(
                    TermRow(
                        term=number,
                        cell=cell_number,
                        part=part,
                        measure=measures.get(str(one), -1),
                        fold=fold,
                        every_half=every_half(edition, term),
                        series_of_term=len(series),
                        take=take,
                        sign=-1 if term.minus else 1,
                        test_op=term.test.op if term.test else "",
                        test_value=term.test.value if term.test else Decimal(0),
                        terms_of_cell=len(parts),
                    )
                )
    return rows
