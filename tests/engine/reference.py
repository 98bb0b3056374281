"""The rules of evaluate(), written a second time: one cell at a time, in plain Python, with fractions.

Slow and short on purpose. It shares no code with the engine but the shapes of definitions, trees and values. The rules
are those of the design: a unit tells a cell when it told every part of it; a parent is the sum of what was told under
it on the period's last day; half-years fold as the element says; what a reader may not see is not there.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.engine.small import Said

from tienbo.catalogue.definitions import Element, Indicator, Term
from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.engine.evaluate import Audience, Question

TESTS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "==": operator.eq}


@dataclass(frozen=True)
class Answer:
    status: str
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    value: Fraction | None = None
    qualifier: str = "exact"
    reported: int = 0
    due: int = 0
    estimated: int = 0


@dataclass
class Told:
    """What one unit told of one cell: each side None where it does not apply."""

    numerator: Fraction | None
    denominator: Fraction | None
    qualifiers: set[str]


@dataclass
class Reference:
    edition: Edition
    trees: Mapping[Period, Tree]
    facts: Sequence[Said]
    excluded: Iterable[int] = ()
    scope: int | None = None
    audience: Audience = Audience("statutory")  # noqa: RUF009 - frozen

    def __post_init__(self) -> None:
        gone = set(self.excluded)
        self.said = {
            (one.unit, Period.parse(one.period), one.series): one
            for one in self.facts
            if one.counts and one.revision not in gone
        }

    def units(self, question: Question) -> set[int] | None:
        """The units answered; None where one of those asked for is outside every map or the scope."""
        maps = [self.trees[period] for period in question.periods]
        inside = {unit for tree in maps for unit in tree.kinds if self._inside_scope(unit, tree)}
        if question.units is None:
            return inside
        return set(question.units) if inside.issuperset(question.units) else None

    def answer(self, code: str, unit: int, period: Period, members: str = "") -> Answer:
        indicator = self.edition.indicators[code]
        terms = [*indicator.numerator, *indicator.denominator]
        elements = [self.edition.elements[term.series.element] for term in terms]
        yearly = indicator.frequency == "year" or any(one.frequency != "half_year" for one in elements)
        if terms and yearly and period.half == 1:
            return Answer("not_yet_due")
        tree = self.trees[period]
        if not self._inside_scope(unit, tree) or not self._is_seen(elements, unit, tree):
            return Answer("withheld")
        read = Period(period.year) if yearly else period
        if not terms or any(one.rule(read.last_half) is None for one in elements):
            return Answer("not_reported")
        if read.is_year and any(
            one.over_time == "none" and one.frequency == "half_year" and term.each is None
            for term, one in zip(terms, elements, strict=True)
        ):
            return Answer("not_applicable")
        kinds = _kinds(elements, read.last_half)
        own = _own(terms, elements, read.last_half)
        under = [unit] if own else list(tree.subtree(unit))
        due = sum(_is_kind(tree.kinds[one], kinds) for one in under)
        if read.is_year and self._map_changed(terms, elements, unit, read, own):
            return Answer("not_comparable", due=due)
        told = [one for one in (self._told(indicator, each, read, members) for each in under) if one]
        return self._added(indicator, told, due) if told else Answer("not_reported", due=due)

    # ------------------------------------------------------------------------------------------------ who may see

    def _inside_scope(self, unit: int, tree: Tree) -> bool:
        return self.scope is None or unit == self.scope or self.scope in set(tree.ancestors(unit))

    def _is_seen(self, elements: Sequence[Element], unit: int, tree: Tree) -> bool:
        kind, seat = self.audience.kind, self.audience.unit
        classes = {one.sensitivity.value for one in elements} or {"C1"}
        if kind != "statutory":
            return classes == {"C0"}
        return "C3" not in classes or (seat is not None and seat in (unit, tree.parents.get(unit)))

    # --------------------------------------------------------------------------------------------------- one unit

    def _told(self, indicator: Indicator, unit: int, read: Period, members: str) -> Told | None:
        sides: list[list[Fraction | None]] = [[], []]
        qualifiers: set[str] = set()
        for side, terms in enumerate((indicator.numerator, indicator.denominator)):
            for term in terms:
                found = self._figures(term, unit, read, members)
                if found is None:
                    return None
                qualifiers |= {one.qualifier for one in found}
                sides[side].append(self._taken(term, [one.value for one in found]))
        over, under = (_sum(side) for side in sides)
        if self._is_mean(indicator):
            under = None if over is None else Fraction(1)
        elif indicator.denominator and (over is None or under is None):
            over = under = None
        return Told(over, under, qualifiers)

    def _figures(self, term: Term, unit: int, read: Period, members: str) -> list[Said] | None:
        """Every fact the term needs of a unit; None where one of them was not told."""
        element = self.edition.elements[term.series.element]
        halves = list(read.halves)
        if element.frequency != "half_year" or (element.over_time == "last" and term.each is None):
            halves = halves[-1:]
        fixed = dict(pair.split("=") for pair in f"{term.series.members},{members}".split(",") if pair)
        cells = (
            [fixed]
            if term.each is None
            else [{**fixed, term.each: one} for one in self.edition.breakdowns[term.each].members]
        )
        found = []
        for half in halves:
            for cell in cells:
                text = ",".join(f"{dimension}={member}" for dimension, member in sorted(cell.items()))
                series = f"{element.code}[{text}]" if text else element.code
                if (unit, half, series) not in self.said:
                    return None
                found.append(self.said[unit, half, series])
        return found

    def _taken(self, term: Term, values: Sequence[Any]) -> Fraction | None:
        element = self.edition.elements[term.series.element]
        figures = [Fraction(value) for value in values if value is not None]
        if not figures:
            return None
        sign = -1 if term.minus else 1
        if term.each is not None and term.test is not None:
            met = all(TESTS[term.test.op](figure, Fraction(term.test.value)) for figure in figures)
            return Fraction(sign * met)
        folded = sum(figures, Fraction(0)) / (len(figures) if element.over_time == "mean" else 1)
        if term.test is not None:
            return Fraction(sign * TESTS[term.test.op](folded, Fraction(term.test.value)))
        return Fraction(sign) if term.count_units else sign * folded

    # ------------------------------------------------------------------------------------------------- many units

    def _added(self, indicator: Indicator, told: Sequence[Told], due: int) -> Answer:
        apply = [one for one in told if one.numerator is not None]
        estimated = sum("estimate" in one.qualifiers for one in told)
        qualifier = "exact"
        if estimated:
            qualifier = "estimate"
        elif any("at_least" in one.qualifiers for one in told):
            qualifier = "at_least" if _is_lower_bound(indicator) else "estimate"
        common = {"qualifier": qualifier, "reported": len(told), "due": due, "estimated": estimated}
        if not apply:
            return Answer("not_applicable", **common)
        over = sum((one.numerator or Fraction(0) for one in apply), Fraction(0))
        if not indicator.denominator and not self._is_mean(indicator):
            return Answer("value", over, None, over, **common)
        under = sum((one.denominator or Fraction(0) for one in apply), Fraction(0))
        if under == 0:
            return Answer("none_occurred", over, under, None, **common)
        scale = {"percent": 100, "per_1000": 1000}.get(indicator.unit.value, 1)
        return Answer("value", over, under, over * scale / under, **common)

    def _is_mean(self, indicator: Indicator) -> bool:
        return not indicator.denominator and any(
            not term.count_units and self.edition.elements[term.series.element].over_units == "mean"
            for term in indicator.numerator
        )

    def _map_changed(
        self, terms: Sequence[Term], elements: Sequence[Element], unit: int, read: Period, own: bool
    ) -> bool:
        """Whether what both halves of a year must tell is owed by other units in its first half."""
        both = [
            one
            for term, one in zip(terms, elements, strict=True)
            if one.frequency == "half_year" and (term.each is not None or one.over_time != "last")
        ]
        if not both:
            return False
        first, last = (self.trees[half] for half in read.halves)
        if unit not in first:
            return True
        owed = []
        for half, tree in zip(read.halves, (first, last), strict=True):
            kinds = _kinds(elements, half)
            owed.append({one for one in ([unit] if own else tree.subtree(unit)) if _is_kind(tree.kinds[one], kinds)})
        return owed[0] != owed[1]


def _sum(side: Sequence[Fraction | None]) -> Fraction | None:
    known = [one for one in side if one is not None]
    return sum(known, Fraction(0)) if known else None


def _is_lower_bound(indicator: Indicator) -> bool:
    """More than was told can only make the value larger."""
    over = all(not term.minus and (term.test is None or term.test.op in (">=", ">")) for term in indicator.numerator)
    return over and all(term.count_units and term.test is None for term in indicator.denominator)


def _kinds(elements: Iterable[Element], half: Period) -> set[str]:
    rules = [one.rule(half) for one in elements]
    return {kind for rule in rules if rule is not None for kind in rule.by}


def _is_kind(kind: str, wanted: Iterable[str]) -> bool:
    return any(f"{kind}.".startswith(f"{one}.") for one in wanted)


def _own(terms: Sequence[Term], elements: Sequence[Element], half: Period) -> bool:
    rules = [one.rule(half) for one in elements]
    alone = any(one.over_units == "none" and not term.count_units for term, one in zip(terms, elements, strict=True))
    return alone or any(rule is not None and rule.at_parent == "own" for rule in rules)
