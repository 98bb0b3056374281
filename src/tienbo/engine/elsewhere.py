"""Values on another map: asking for them, and reading sums, bounds and reasons from what the SQL gives.

Rules that live here and nowhere else:
- A figure goes by the shares of its element's `travels_by`. What cannot be divided is not comparable where it was,
  and the acts that divided it are named.
- Units counted by a property are no total: on another map their count lies between those of which all, and those of
  which any, predecessors had it; the people who live in such units do travel.
- A unit's own figure goes with a unit that was taken whole; several whole ones add up where the figure may be added.
- Both sides of a ratio go by the same shares, and so do their bounds.
- The halves of a year go each its own way and are added on the map asked for.
- A unit that is not there on the day has no figure there: "không áp dụng", and the act that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tienbo.catalogue.definitions import Indicator, OverUnits, TravelsBy
from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.engine.asking import Answered, Group
from tienbo.engine.bounds import Uncertain, ratio_bounds
from tienbo.engine.plan import Kept
from tienbo.engine.recasting import POPULATION, Era, Onto, Way
from tienbo.engine.terms import Cell, elements_of, is_ratio, needs_every_half, period_read, qualifier_of, reporters
from tienbo.engine.values import Status, Value

if TYPE_CHECKING:
    from tienbo.engine.evaluate import Values


class Manner(NamedTuple):
    """How an indicator goes to another map: by which measure, whether it may be divided at all, whether it counts
    units by a property, and whether several whole predecessors may be added."""

    measure: str
    divisible: bool
    counted: bool
    additive: bool


def manner_of(edition: Edition, indicator: Indicator) -> Manner:
    """An indicator of unlike parts (figures over units that told them, people over land) is not divided."""
    elements = list(zip(indicator.terms, elements_of(edition, indicator), strict=True))
    ways = {element.travels_by for term, element in elements if not term.count_units}
    units = [element.over_units for term, element in elements if not term.count_units]
    counted = all(term.count_units for term, _element in elements)
    divisible = (
        len(ways) == 1
        and TravelsBy.NONE not in ways
        and OverUnits.MEAN not in units
        and not any(term.count_units for term, _element in elements)
    )
    measure = next(iter(ways)).value if divisible else POPULATION
    return Manner(measure, divisible, counted, OverUnits.NONE not in units)


def goes_apart(edition: Edition, indicator: Indicator, period: Period, onto: Onto) -> bool:
    """Whether the halves of the year an indicator reads go different ways."""
    read = period_read(edition, indicator, period)
    if not read.is_year or not needs_every_half(edition, indicator):
        return False
    first, last = (onto.eras[half] for half in read.halves)
    return first is not last


# ------------------------------------------------------------------------------------------------------- asking


def group_of(edition: Edition, indicator: Indicator, period: Period, mode: str, onto: Onto) -> Group:
    manner = manner_of(edition, indicator)
    kind: Literal["sum", "own", "counted"] = "own" if mode == "own" else "counted" if manner.counted else "sum"
    splits = goes_apart(edition, indicator, period, onto) and _may_split(edition, indicator)
    return Group(mode, kind, manner.measure, splits)


def _may_split(edition: Edition, indicator: Indicator) -> bool:
    """Whether the halves may be added on another map: figures, not counts of units nor means over them."""
    units = {element.over_units for element in elements_of(edition, indicator)}
    return OverUnits.MEAN not in units and not any(term.count_units for term in indicator.terms)


# ------------------------------------------------------------------------------------------------------- reading


class Side(NamedTuple):
    """One sum of a cell: what came whole, and what came through other shares at the best of them and at their
    bounds. `best` None where some share is not known any nearer."""

    whole: Fraction
    best: Fraction | None
    low: Fraction
    high: Fraction

    @property
    def point(self) -> Fraction | None:
        if self.low == self.high:
            return self.whole + self.low
        return None if self.best is None else self.whole + self.best

    @property
    def least(self) -> Fraction:
        return self.whole + self.low

    @property
    def most(self) -> Fraction:
        return self.whole + self.high

    @property
    def estimated(self) -> Fraction:
        """The share of the sum that came through shares other than 0 and 1; at most, where that is not known."""
        part = abs(self.high if self.best is None else self.best)
        return part / (part + abs(self.whole)) if part else Fraction(0)


NOTHING = (None, None, 0, 0, 0, 0)


def _side(rows: Mapping[int, tuple[Any, ...]], column: int) -> Side:
    whole, best, low, high = (rows.get(kept, NOTHING)[column] for kept in (Kept.WHOLE, Kept.BEST, Kept.LOW, Kept.HIGH))
    known = Kept.BEST not in rows or best is not None
    return Side(Fraction(whole or 0), Fraction(best or 0) if known else None, Fraction(low or 0), Fraction(high or 0))


def _number(exact: Fraction | None) -> Decimal | None:
    return None if exact is None else Decimal(exact.numerator) / Decimal(exact.denominator)


class Place(NamedTuple):
    """One era of a cell: the way of its figures, and the units that owe them to the unit asked for."""

    era: Era
    way: Way
    owing: Sequence[int]


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """The reader of values on another map."""

    edition: Edition
    onto: Onto
    answered: Sequence[Answered]

    @cached_property
    def _where(self) -> Mapping[tuple[int, int, Period], Answered]:
        """(cell, unit, period read) → where it was answered."""
        return {key: one for one in self.answered for key in one.found}

    @cached_property
    def _manners(self) -> dict[str, Manner]:
        return {}

    def _manner(self, indicator: Indicator) -> Manner:
        found = self._manners.get(indicator.code)
        if found is None:
            found = self._manners[indicator.code] = manner_of(self.edition, indicator)
        return found

    def rows(self, number: int, unit: int, read: Period) -> Mapping[int, tuple[Any, ...]]:
        held = self._where.get((number, unit, read))
        return {} if held is None else held.found[number, unit, read]

    def places(self, indicator: Indicator, unit: int, period: Period, mode: str) -> list[Place]:
        """The eras that a cell is read from, last one first. Whoever was there in both owes it once."""
        read = period_read(self.edition, indicator, period)
        manner = self._manner(indicator)
        apart = goes_apart(self.edition, indicator, period, self.onto)
        found: list[Place] = []
        for half in reversed(read.halves if apart else (read.last_half,)):
            era = self.onto.eras[half]
            way = era.ways[manner.measure]
            owing = era.owing(way, reporters(self.edition, indicator, half), direct=mode == "own").get(unit, ())
            owed = [one for one in owing if one not in found[0].era.tree] if found else owing
            found.append(Place(era, way, owed))
        return found

    def absent(self, blank: Value, unit: int) -> Value:
        """What is said of a unit that is not there on the map day."""
        acts = self.onto.in_order((self.onto.absent.get(unit, ""),))
        return blank._replace(status=Status.NOT_APPLICABLE, acts=acts)

    def value(self, values: Values, number: int, cell: Cell, unit: int, period: Period, blank: Value) -> Value:
        """The value of a cell that is seen and asked for."""
        mode = values.modes[number, period]
        manner = self._manner(cell.indicator)
        places = self.places(cell.indicator, unit, period, mode)
        passed = (one.era.acts_into(one.way).get(unit, frozenset()) for one in places)
        blank = blank._replace(
            units_due=sum(len(one.owing) for one in places), acts=self.onto.in_order(frozenset().union(*passed))
        )
        refused = self._refused(blank, cell.indicator, manner, mode, unit, places)
        if refused is not None:
            return refused
        read = values.reads[number, period]
        rows = self.rows(number, unit, read)
        _over, _under, reported, not_applicable, estimated, at_least = rows.get(Kept.WHOLE, NOTHING)
        if not reported:
            return blank
        seen = blank._replace(
            qualifier=qualifier_of(cell.indicator, estimated=estimated, at_least=at_least),
            units_reported=int(reported),
            units_estimated=int(estimated),
        )
        if not_applicable >= reported:
            return seen._replace(status=Status.NOT_APPLICABLE)
        if manner.counted and mode != "own":
            return self._counted(seen, cell, rows, places)
        doubtful = self._where[number, unit, read].uncertain.get((number, unit, read), ())
        return self._summed(seen, cell, rows, doubtful)

    # ---------------------------------------------------------------------------------------------------- refusals

    def _refused(
        self, blank: Value, indicator: Indicator, manner: Manner, mode: str, unit: int, places: Sequence[Place]
    ) -> Value | None:
        """Why there can be no figure on this map, with the acts that say so; None where there can be one."""
        if not blank.units_due and not any(self._level_is_there(indicator, blank.period, one) for one in places):
            return blank._replace(status=Status.NOT_APPLICABLE)
        parted: set[str] = set()
        for one in places:
            if mode == "own" or not (manner.divisible or manner.counted):
                parts = one.way.divided
                divided = [source for source in one.owing if source in parts and not parts[source][unit].is_whole]
                parted |= self._named(one, divided)
            if mode == "own" and not manner.additive and len(one.owing) > 1:
                parted |= self._named(one, one.owing)
        if manner.counted and mode != "own":
            gone = {source: one for one in places for source in one.owing if not one.way.taking(source)}
            ended = {key for source, one in gone.items() for key in self._named(one, (source,))}
            if gone and len(gone) == blank.units_due:
                return blank._replace(status=Status.NOT_APPLICABLE, acts=self.onto.in_order(ended))
            parted |= ended or ({""} if gone else set())
        if len(places) > 1 and not _may_split(self.edition, indicator):
            first, last = (one.era.acts_into(one.way).get(unit, frozenset()) for one in reversed(places))
            parted |= first - last
        if not parted:
            return None
        return blank._replace(status=Status.NOT_COMPARABLE, acts=self.onto.in_order(parted))

    def _level_is_there(self, indicator: Indicator, period: str, place: Place) -> bool:
        """Whether any unit of the kinds that owe the figures was there then."""
        kinds = reporters(self.edition, indicator, Period.parse(period))
        return bool(place.era.owing(place.way, kinds))

    def _named(self, place: Place, units: Iterable[int]) -> set[str]:
        """The acts that these units passed; of one that passed none itself, those of what it stood under. A set with
        "" where there are units and nobody knows the act."""
        found: set[str] = set()
        for unit in units:
            line = (unit, *place.era.tree.ancestors(unit))
            found.update(next((place.era.acts[one] for one in line if place.era.acts.get(one)), ("",)))
        return found

    # ------------------------------------------------------------------------------------------------------ figures

    def _summed(
        self, seen: Value, cell: Cell, rows: Mapping[int, tuple[Any, ...]], doubtful: Sequence[Uncertain]
    ) -> Value:
        over, under = _side(rows, 0), _side(rows, 1)
        share = over.estimated
        if not is_ratio(self.edition, cell.indicator):
            seen = seen._replace(numerator=_number(over.point), estimated_share=_number(share))
            return _bounded(seen, over.least, over.most, over.point)
        seen = seen._replace(
            numerator=_number(over.point),
            denominator=_number(under.point),
            estimated_share=_number(max(share, under.estimated)),
        )
        if under.most == 0:
            return seen._replace(status=Status.NONE_OCCURRED)
        scale = cell.indicator.unit.scale
        point = over.point * scale / under.point if over.point is not None and under.point else None
        if over.low == over.high and under.low == under.high:
            value = (over.least * scale) / under.least
            return _bounded(seen, value, value, value)
        base = (
            over.least - sum((min(one.numerator * one.low, one.numerator * one.high) for one in doubtful), Fraction(0)),
            under.least - sum((one.denominator * one.low for one in doubtful), Fraction(0)),
        )
        bounds = ratio_bounds(*base, doubtful)
        if bounds is None:
            return seen._replace(status=Status.NOT_COMPARABLE)
        return _bounded(seen, bounds[0] * scale, bounds[1] * scale, point)

    def _counted(self, seen: Value, cell: Cell, rows: Mapping[int, tuple[Any, ...]], places: Sequence[Place]) -> Value:
        """Between the units of which all, and those of which any, predecessors have the property."""
        least, most = rows.get(Kept.ALL, NOTHING), rows.get(Kept.ANY, NOTHING)
        low, high = Fraction(least[0] or 0), Fraction(most[0] or 0)
        seen = seen._replace(population_share=self._living(cell, rows, places))
        if low == high:
            seen = seen._replace(numerator=_number(low))
        if not is_ratio(self.edition, cell.indicator):
            return _bounded(seen, low, high, None)
        base = (Fraction(least[1] or 0), Fraction(most[1] or 0))
        if base[0] == base[1]:
            seen = seen._replace(denominator=_number(base[0]))
        if base[1] == 0:
            return seen._replace(status=Status.NONE_OCCURRED)
        if base[0] == 0:
            return seen._replace(status=Status.NOT_COMPARABLE)
        scale = cell.indicator.unit.scale
        return _bounded(seen, low * scale / base[1], high * scale / base[0], None)

    def _living(self, cell: Cell, rows: Mapping[int, tuple[Any, ...]], places: Sequence[Place]) -> Decimal | None:
        """The share of people who live in units with the property, where it is one property and all are counted."""
        one_property = len(cell.indicator.numerator) == 1 and not cell.indicator.numerator[0].minus
        if not one_property or any(unit not in one.era.people for one in places for unit in one.owing):
            return None
        over, under = _side(rows, 0).point, _side(rows, 1).point
        return _number(over / under) if over is not None and under else None


def _bounded(seen: Value, low: Fraction, high: Fraction, point: Fraction | None) -> Value:
    """A value where one number can be said, else an interval."""
    if low == high:
        point = low
    seen = seen._replace(low=_number(low), high=_number(high))
    if point is None:
        return seen._replace(status=Status.INTERVAL)
    return seen._replace(status=Status.VALUE, value=_number(point))
