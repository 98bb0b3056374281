"""Whether units that each meet a target of their own make the whole meet its target: exact, with who binds and how much
slack there is.

A part promises a range. "At least 40 %" of 25 persons is 10 persons or more; a unit without a target of its own
promises nothing and is taken to stay where it last reported. The denominators are those last reported. The ranges of
the parts add up to the range of the whole, and the whole is met where every total in that range meets it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from tienbo.catalogue.definitions import Indicator, Operator, Unit
from tienbo.catalogue.returns import OPERATORS
from tienbo.core.messages import N_
from tienbo.engine.values import STATUS_WORDS, Status, Value

REFUSED = {
    "change": N_("a change in per cent does not follow from the changes of the units"),
    "words": N_("the indicator has no figure that adds up"),
    "own": N_("the figure is told for the whole and not by the units"),
    "apart": N_("the figures of the units do not add up to that of the whole"),
    "no_figure": N_("there is no figure to begin from"),
    "about": N_("“about” has no limit that could be added up"),
    "not_whole": N_("no whole number is exactly so much"),
}
"""Why the whole, or a part, cannot be worked out."""


class Asked(NamedTuple):
    """What a target asks of a unit for a year."""

    op: Operator
    value: Fraction


class Part(NamedTuple):
    """A unit of the whole: where it last reported and what it set for itself. `unit` is "" for what the whole told
    beside its units."""

    unit: str
    name: str
    value: Value | None
    asked: Asked | None = None


class Range(NamedTuple):
    """Totals from `low` to `high`, both included but where they are open; None is no limit."""

    low: Fraction
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False


class Row(NamedTuple):
    """A part as it was worked out."""

    part: Part
    has: Fraction | None
    """Its numerator, or its count, as last reported."""
    base: Fraction | None
    """Its denominator; None of a count."""
    promised: Range | None
    """None where it cannot be said, which `why` tells."""
    gain: Fraction
    """How far it still is from its own target."""
    binds: bool = False
    """Were it alone to stay where it is, the whole would not be met."""
    why: str = ""

    @property
    def need(self) -> Fraction | None:
        """The figure at which its own target is just met."""
        if self.promised is None or self.part.asked is None:
            return None
        return self.promised.high if self.part.asked.op in ("<=", "<") else self.promised.low


@dataclass(frozen=True)
class Cascade:
    """The arithmetic of a target of the whole over the targets of its parts."""

    asked: Asked
    base: Fraction | None
    """The denominator of the whole."""
    has: Fraction | None
    rows: Sequence[Row]
    total: Range | None
    why: str = ""
    """Why the whole cannot be worked out at all."""
    is_whole: bool = True
    """Persons, classes: no parts of one."""
    scale: int = 1

    @property
    def is_ceiling(self) -> bool:
        return self.asked.op in ("<=", "<")

    @cached_property
    def needed(self) -> Fraction | None:
        """The total at which the whole is just met."""
        if self.base is None and self.has is None and self.total is None:
            return None
        found = _promise(self.asked, self.base, self.scale, self.is_whole, None)
        if isinstance(found, str):
            return self.asked.value * self.base / self.scale if self.base is not None else self.asked.value
        return found.high if self.is_ceiling else found.low

    @property
    def reached(self) -> Fraction | None:
        """The total where every part is just met."""
        if self.total is None:
            return None
        return self.total.high if self.is_ceiling else self.total.low

    @property
    def met(self) -> bool | None:
        """Whether the whole is met whenever every part is; None where that cannot be said."""
        if self.total is None or self.needed is None or self.asked.op == "~":
            return None
        return _within(self.total, self.asked, self.base, self.scale)

    @property
    def slack(self) -> Fraction | None:
        """How much more the parts promise than the whole needs; less than 0 is missing."""
        if self.reached is None or self.needed is None:
            return None
        return self.needed - self.reached if self.is_ceiling else self.reached - self.needed

    @property
    def missing(self) -> list[Row]:
        """Parts that cannot be worked out."""
        return [row for row in self.rows if row.why]

    @property
    def binding(self) -> list[Row]:
        """Those that bind, the one that still has most to do first."""
        return sorted((row for row in self.rows if row.binds), key=lambda row: -row.gain)


def cascade(indicator: Indicator, asked: Asked, whole: Value, parts: Iterable[Part]) -> Cascade:
    """The target of a whole over those of its parts. What the whole told beside its units is a part of its own."""
    parts = list(parts)
    if indicator.unit is Unit.PERCENT_CHANGE:
        return Cascade(asked, None, None, (), None, "change")
    if indicator.unit in (Unit.BOOLEAN, Unit.QUALITATIVE) or not indicator.terms:
        return Cascade(asked, None, None, (), None, "words")
    ratio, scale = indicator.is_ratio, indicator.unit.scale
    if not any(_told(part.value) for part in parts) and (_told(whole) or all(part.asked is None for part in parts)):
        return Cascade(asked, None, None, (), None, "own" if _told(whole) else "no_figure")
    if _told(whole):
        rest = _rest(whole, parts, ratio=ratio)
        if rest is None:
            return Cascade(asked, None, None, (), None, "apart")
        parts += rest
    held = [(part, *_figures(part.value, ratio=ratio)) for part in parts]
    bases = [base for _part, _has, base in held if base is not None]
    is_whole = all(one.denominator == 1 for _part, has, base in held for one in (has, base) if one is not None)
    if not ratio:
        is_whole = is_whole and all(
            part.asked is None or part.asked.value.denominator == 1 for part, _has, _base in held
        )
    rows = [_row(part, has, base, indicator, is_whole) for part, has, base in held]
    base = sum(bases, Fraction(0)) if ratio else None
    has = sum((row.has for row in rows if row.has is not None), Fraction(0))
    total = None
    if not any(row.why for row in rows) and (base is None or base > 0):
        total = _sum(row.promised for row in rows if row.promised is not None)
    made = Cascade(asked, base, has, rows, total, "", is_whole, scale)
    if made.met and made.slack is not None:
        rows = [row._replace(binds=_binds(made, row)) for row in rows]
    return Cascade(asked, base, has, rows, total, "", is_whole, scale)


def _told(value: Value | None) -> bool:
    return value is not None and value.status in (Status.VALUE, Status.NONE_OCCURRED)


def _figures(value: Value | None, *, ratio: bool) -> tuple[Fraction | None, Fraction | None]:
    """What was last reported: numerator and denominator, or the count alone."""
    if value is None or not _told(value):
        return None, None
    if not ratio:
        return (None if value.value is None else Fraction(value.value)), None
    if value.numerator is None and value.status is Status.NONE_OCCURRED:
        return Fraction(0), Fraction(0)
    if value.numerator is None or value.denominator is None:
        return None, None
    return Fraction(value.numerator), Fraction(value.denominator)


def _rest(whole: Value, parts: Sequence[Part], *, ratio: bool) -> list[Part] | None:
    """What the whole told beside its units, as a part; none where they add up, None where they are more than it."""
    has, base = _figures(whole, ratio=ratio)
    if has is None:
        return []
    told = [_figures(part.value, ratio=ratio) for part in parts]
    more = has - sum((one for one, _base in told if one is not None), Fraction(0))
    below = None if base is None else base - sum((one for _has, one in told if one is not None), Fraction(0))
    if more < 0 or (below is not None and (below < 0 or (below == 0 and more > 0))):
        return None
    if more == 0 and not below:
        return []
    # The parts of a ratio are kept as they are: the value itself is of no use here.
    rest = whole._replace(unit="", numerator=_decimal(more), denominator=None if below is None else _decimal(below))
    return [Part("", "", rest if ratio else rest._replace(value=_decimal(more)))]


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def _row(part: Part, has: Fraction | None, base: Fraction | None, indicator: Indicator, is_whole: bool) -> Row:
    if indicator.is_ratio and base is None:
        return _without(part)
    if part.asked is None:
        return _without(part) if has is None else Row(part, has, base, Range(has, has), Fraction(0))
    share = indicator.unit is Unit.PERCENT and has is not None and base is not None and has <= base
    found = _promise(part.asked, base, indicator.unit.scale, is_whole, base if share else None)
    if isinstance(found, str):
        return Row(part, has, base, None, Fraction(0), why=REFUSED[found])
    return Row(part, has, base, found, _gain(found, has or Fraction(0)))


def _without(part: Part) -> Row:
    """A part with no figure: what was never asked of it counts for nothing, what is missing is missed."""
    value = part.value
    if part.asked is None and (value is None or value.status is Status.NOT_APPLICABLE or not value.units_due):
        return Row(part, None, None, Range(Fraction(0), Fraction(0)), Fraction(0))
    return Row(part, None, None, None, Fraction(0), why=STATUS_WORDS[value.status if value else Status.NOT_REPORTED])


def _promise(asked: Asked, base: Fraction | None, scale: int, is_whole: bool, most: Fraction | None) -> Range | str:
    """The figures with which a target is met: of a ratio numerators, no more than `most` where it is a share."""
    limit = asked.value if base is None else asked.value * base / scale
    zero = Fraction(0)
    match asked.op:
        case ">=":
            return Range(Fraction(math.ceil(limit)) if is_whole else limit, most)
        case ">":
            return Range(Fraction(math.floor(limit) + 1), most) if is_whole else Range(limit, most, low_open=True)
        case "<=":
            return Range(zero, Fraction(math.floor(limit)) if is_whole else limit)
        case "<":
            return Range(zero, Fraction(math.ceil(limit) - 1)) if is_whole else Range(zero, limit, high_open=True)
        case "==":
            return "not_whole" if is_whole and limit.denominator != 1 else Range(limit, limit)
        case _:
            return "about"


def _gain(promised: Range, has: Fraction) -> Fraction:
    short = promised.low - has
    over = has - promised.high if promised.high is not None else Fraction(0)
    return max(short, over, Fraction(0))


def _sum(ranges: Iterable[Range]) -> Range:
    held = list(ranges)
    highs = [one.high for one in held]
    return Range(
        sum((one.low for one in held), Fraction(0)),
        None if None in highs else sum((one for one in highs if one is not None), Fraction(0)),
        any(one.low_open for one in held),
        any(one.high_open for one in held),
    )


def _within(total: Range, asked: Asked, base: Fraction | None, scale: int) -> bool:
    """Whether every total of a range meets what is asked."""
    limit = asked.value if base is None else asked.value * base / scale

    def holds(end: Fraction, is_open: bool) -> bool:
        # An end that is not reached itself may lie on the limit.
        loose = {">": ">=", "<": "<="}.get(asked.op, asked.op) if is_open else asked.op
        return bool(OPERATORS[loose](end, limit))

    if asked.op in (">=", ">"):
        return holds(total.low, total.low_open)
    if total.high is None:
        return False
    if asked.op in ("<=", "<"):
        return holds(total.high, total.high_open)
    return total.low == total.high == limit


def _binds(made: Cascade, row: Row) -> bool:
    """Whether the whole fails where this unit alone stays as it last reported."""
    if row.has is None or row.promised is None or row.part.asked is None or not row.gain:
        return False
    stays = Range(row.has, row.has)
    others = [one.promised for one in made.rows if one is not row and one.promised is not None]
    return not _within(_sum([*others, stays]), made.asked, made.base, made.scale)
