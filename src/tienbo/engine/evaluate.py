"""evaluate(): the only reader of facts. Edition × periods × map × scope × audience × basis → values with coverage.

Rules that live here and nowhere else:
- Who counts and how it adds up follows from the element's reporting rule of that period (`sum` up the tree of the
  period's last day, or the unit's `own` figure alone).
- A ratio is of the units that told all of its parts. A year is of the units that told every half it needs.
- A yearly indicator asked for a second half-year is the year's; for a first half it is not yet due.
- What both halves of a year must tell is not comparable where other units owed it in the first half than in the last.
- C3 figures are shown for the reader's own unit and those placed directly under it, to nobody else.
- A unit is read in the periods in which it stood inside the scope; in the others its values are withheld.
- "At least" is kept where more could only make the value larger; where it could make it smaller the value is an
  estimate.

Facts are taken to be one a series, unit and half-year: who sends them keeps one return of a unit a period.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, Literal

import pyarrow as pa

from tienbo.catalogue.definitions import Indicator, Sensitivity
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.tree import Tree, is_kind
from tienbo.engine.asking import Answered, Group, ask, ask_onto, reach
from tienbo.engine.elsewhere import Elsewhere, group_of
from tienbo.engine.engines import Engine, engine
from tienbo.engine.facts import FactSet
from tienbo.engine.portions import Portion, Wanted, each, only, portions_of
from tienbo.engine.recasting import Onto
from tienbo.engine.terms import (
    Cell,
    is_ratio,
    is_told,
    mode_of,
    needs_every_half,
    parts_of,
    period_read,
    qualifier_of,
    reporters,
    sensitivity,
    splits_by,
)
from tienbo.engine.values import Status, Value

Basis = Literal["submitted", "accepted", "released"]

worded(
    {
        "values.unknown_indicator": N_("There is no indicator called {indicator}."),
        "values.unit_not_in_tree": N_("The unit {unit} did not exist at the end of {period}."),
        "values.outside_scope": N_("The unit {unit} is outside what you may read."),
        "values.no_breakdown": N_("{indicator} has no breakdown by {dimension}."),
    }
)


@dataclass(frozen=True)
class Audience:
    """Who will read. `statutory`: an office in the reporting line, seated at `unit` (its number); `partner` and
    `public` are outside it and see C0 only (what is to leave further goes through the disclosure gate)."""

    kind: Literal["statutory", "partner", "public"]
    unit: int | None = None


@dataclass(frozen=True)
class Ground:
    """What facts are read on: the map of each period, the numbers of series, names for numbers.

    `trees`: period → tree of its last day (units by number). `measures`: series text → number. `keys`: unit
    number → key. `onto`: another day's map and the way there, for questions with that `map_day`.
    """

    trees: Mapping[Period, Tree]
    measures: Mapping[str, int]
    keys: Mapping[int, str]
    facts: FactSet
    onto: Onto | None = None


@dataclass(frozen=True)
class Question:
    """What is asked. `units` None asks for every unit of the scope; `by` splits by a breakdown. With a `map_day` every
    period is answered on the units of that day (`Ground.onto` holds the way there); without, each on its own map."""

    indicators: tuple[str, ...]
    periods: tuple[Period, ...]
    units: tuple[int, ...] | None = None
    by: str | None = None
    map_day: date | None = None


@dataclass
class Values:
    """The answer: `tables` in bulk (Arrow, one row a cell, unit and period read that has facts), or row by row with
    every cell asked for, those without facts included. `modes` and `reads`: see _modes."""

    cells: Sequence[Cell]
    question: Question
    ground: Ground
    audience: Audience
    sql: tuple[str, ...]
    tables: Sequence[tuple[pa.Table, Mapping[int, Period]]]
    modes: Mapping[tuple[int, Period], str]
    reads: Mapping[tuple[int, Period], Period]
    edition: Edition
    scope: int | None = None
    asked: tuple[int, ...] = field(default=())
    elsewhere: Elsewhere | None = None
    """The reader of the tables, where another map is asked."""

    @cached_property
    def _found(self) -> dict[tuple[int, int, Period], tuple[Any, ...]]:
        found = {}
        for table, periods in self.tables:
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                found[row[0], row[1], periods[row[2]]] = row[3:]
        return found

    def __iter__(self) -> Iterator[Value]:
        for period in self.question.periods:
            tree = self.ground.trees[period]
            for number, cell in enumerate(self.cells):
                for unit in self.asked:
                    if self.elsewhere is not None or unit in tree:
                        yield self.one(number, cell, unit, period)

    def has(self, unit: int, period: Period, number: int = 0) -> bool:
        """Whether anything was told of a cell, whoever may see it."""
        read = self.reads.get((number, period), period)
        if self.elsewhere is not None:
            return bool(self.elsewhere.rows(number, unit, read))
        return (number, unit, read) in self._found

    @property
    def meta(self) -> dict[str, str]:
        """What a freeze says of the map: nothing, where each period stands on its own."""
        onto = self.ground.onto
        if self.question.map_day is None or onto is None:
            return {}
        return {"map_day": onto.day.isoformat(), "acts": onto.fingerprint}

    def one(self, number: int, cell: Cell, unit: int, period: Period) -> Value:
        """The value of one cell, whatever its status."""
        indicator = cell.indicator
        key = self.ground.keys[unit]
        blank = Value(indicator.code, key, period.code, cell.members)
        if self.elsewhere is not None:
            blank = blank._replace(map_day=self.elsewhere.onto.day.isoformat())
        mode = self.modes[number, period]
        if mode == "not_due":
            return blank._replace(status=Status.NOT_YET_DUE)
        if self.elsewhere is not None and unit not in self.elsewhere.onto.tree:
            return self.elsewhere.absent(blank, unit)
        if not self.is_seen(indicator, unit, period):
            return blank._replace(status=Status.WITHHELD)
        if mode in ("none", "no_year"):
            return blank if mode == "none" else blank._replace(status=Status.NOT_APPLICABLE)
        if self.elsewhere is not None:
            return self.elsewhere.value(self, number, cell, unit, period, blank)
        return self.told(number, cell, unit, period, blank)

    def told(self, number: int, cell: Cell, unit: int, period: Period, blank: Value) -> Value:
        """The value of a cell that may be seen, on the map of its period."""
        indicator, mode = cell.indicator, self.modes[number, period]
        due = self.due(indicator, unit, period, mode)
        if self._units_changed(indicator, unit, period, mode):
            return blank._replace(units_due=due, status=Status.NOT_COMPARABLE)
        row = self._found.get((number, unit, self.reads[number, period]))
        if row is None or not row[2]:
            return blank._replace(units_due=due)
        numerator, denominator, reported, not_applicable, estimated, at_least = row
        seen = blank._replace(
            numerator=numerator,
            denominator=denominator,
            qualifier=qualifier_of(indicator, estimated=estimated, at_least=at_least),
            units_reported=int(reported),
            units_due=due,
            units_estimated=int(estimated),
        )
        return seen._replace(status=Status.NOT_APPLICABLE) if not_applicable >= reported else self._computed(cell, seen)

    def is_seen(self, indicator: Indicator, unit: int, period: Period) -> bool:
        """Whether this reader may have the indicator of this unit in this period."""
        tree = self.ground.trees[period] if self.elsewhere is None else self.elsewhere.onto.tree
        return _inside(self.scope, unit, tree) and may_see(self.edition, indicator, self.audience, unit, tree)

    def _computed(self, cell: Cell, seen: Value) -> Value:
        """The value of a cell from its two sums."""
        if not is_ratio(self.edition, cell.indicator):
            return seen._replace(status=Status.VALUE, value=seen.numerator, denominator=None)
        if not seen.denominator:
            return seen._replace(status=Status.NONE_OCCURRED)
        value = (seen.numerator or Decimal(0)) * cell.indicator.unit.scale / seen.denominator
        return seen._replace(status=Status.VALUE, value=value)

    def _units_changed(self, indicator: Indicator, unit: int, period: Period, mode: str) -> bool:
        """Whether other units owed the first half of what a year must be told in both halves."""
        read = period_read(self.edition, indicator, period)
        if not read.is_year or not needs_every_half(self.edition, indicator):
            return False
        first, last = (self.ground.trees[half] for half in read.halves)
        if unit not in first:
            return True
        before, after = (reporters(self.edition, indicator, half) for half in read.halves)
        if mode == "own":
            return is_kind(first.kinds[unit], before) != is_kind(last.kinds[unit], after)
        key = (read, unit, before, after)
        if key not in self._changed:
            self._changed[key] = set(first.of_kind(before, under=unit)) != set(last.of_kind(after, under=unit))
        return self._changed[key]

    @cached_property
    def _changed(self) -> dict[tuple[Period, int, frozenset[str], frozenset[str]], bool]:
        """Year, unit, kinds that owed its halves → whether others owed the first; most indicators ask the same."""
        return {}

    def due(self, indicator: Indicator, unit: int, period: Period, mode: str) -> int:
        """How many units owe the figures behind a cell, by the tree of the period's last day."""
        tree = self.ground.trees[period]
        kinds = reporters(self.edition, indicator, period)
        if mode == "own":
            return 1 if is_kind(tree.kinds[unit], kinds) else 0
        return _due(tree, kinds).get(unit, 0)


def _due(tree: Tree, kinds: frozenset[str]) -> Mapping[int, int]:
    held: dict[frozenset[str], dict[int, int]] = tree.__dict__.setdefault("due_by_kinds", {})
    if kinds not in held:
        counts: dict[int, int] = defaultdict(int)
        for unit, kind in tree.kinds.items():
            if is_kind(kind, kinds):
                counts[unit] += 1
                for ancestor in tree.ancestors(unit):
                    counts[ancestor] += 1
        held[kinds] = dict(counts)
    return held[kinds]


# --------------------------------------------------------------------------------------------------- who may see


def may_see(edition: Edition, indicator: Indicator, audience: Audience, unit: int, tree: Tree) -> bool:
    """Whether the audience may see the indicator of this unit (design §5, security §4.5)."""
    return may_see_class(sensitivity(edition, indicator), audience, unit, tree)


def may_see_class(level: Sensitivity, audience: Audience, unit: int, tree: Tree) -> bool:
    """Whether the audience may see figures of this class of this unit."""
    if audience.kind != "statutory":
        return level is Sensitivity.C0
    if level is not Sensitivity.C3:
        return True
    return audience.unit is not None and (unit == audience.unit or tree.parents.get(unit) == audience.unit)


def _inside(scope: int | None, unit: int, tree: Tree) -> bool:
    return scope is None or unit == scope or scope in tree.ancestors(unit)


_PART = 350_000
"""Values of a part of a question: what the engine answers side by side."""


# ----------------------------------------------------------------------------------------------------- evaluate


def evaluate(
    edition: Edition,
    question: Question,
    *,
    ground: Ground,
    scope: int | None,
    audience: Audience,
    basis: Basis,
    using: Engine | None = None,
) -> Values:
    """Answer a question.

    `scope` is the number of the unit whose subtree may be read (None: the whole tree; only for offices at its
    root). `basis` names what `ground.facts` holds, so that no caller reads a basis it did not ask for. Refused for
    an unknown indicator or breakdown, and for a unit outside the scope.
    """
    if basis == "released":
        raise ValueError("released values are read from their release (FrozenValues), not from facts")
    if ground.facts.basis not in ("", basis):
        raise ValueError(f"these facts are the {ground.facts.basis} ones, and the {basis} ones were asked for")
    cells = _cells(edition, question)
    if question.map_day is not None:
        return _evaluate_onto(edition, question, cells, ground, scope, audience, using or engine())
    asked = _asked(question, ground, scope)
    modes, reads = _modes(edition, cells, question.periods)
    wanted: Wanted[str] = defaultdict(lambda: defaultdict(dict))
    told = _told(edition, cells, ground)
    for (number, period), read in reads.items():
        if number in told:
            wanted[modes[number, period]][read][number] = None

    def answer(portion: Portion[str], using: Engine) -> tuple[str, pa.Table, Mapping[int, Period]]:
        chosen = [(number, cells[number]) for number in portion.cells]
        sql, table, labels = ask(edition, chosen, portion.periods, portion.key, question, ground, scope, asked, using)
        return sql, only(table, labels, portion.pairs), labels

    def reached() -> int:
        return len(reach(asked, {id(tree): tree for tree in map(ground.trees.__getitem__, question.periods)}.values()))

    portions = list(portions_of(wanted, len(asked), partial(_shape, edition, cells), reached=reached))
    answered = each(answer, portions, using or engine())
    texts, tables = tuple(one[0] for one in answered), [one[1:] for one in answered]
    return Values(cells, question, ground, audience, texts, tables, modes, reads, edition, scope, asked)


def _evaluate_onto(
    edition: Edition,
    question: Question,
    cells: Sequence[Cell],
    ground: Ground,
    scope: int | None,
    audience: Audience,
    using: Engine,
) -> Values:
    """The same on the map of another day."""
    onto = ground.onto
    if onto is None or onto.day != question.map_day:
        raise ValueError(f"the ground holds no way to the map of {question.map_day}")
    asked = _asked_onto(question, ground, onto, scope)
    modes, reads = _modes(edition, cells, question.periods)
    wanted: Wanted[Group] = defaultdict(lambda: defaultdict(dict))
    told = _told(edition, cells, ground)
    for (number, period), read in reads.items():
        if number not in told:
            continue
        group = group_of(edition, cells[number].indicator, period, modes[number, period], onto)
        wanted[group][read][number] = None
    everywhere = question.units is None and scope is None

    def answer(portion: Portion[Group], using: Engine) -> Answered:
        chosen = [(number, cells[number]) for number in portion.cells]
        units = None if everywhere else asked
        one = ask_onto(edition, chosen, portion.periods, portion.key, ground, onto, units, using)
        return replace(one, table=only(one.table, one.labels, portion.pairs))

    def reached() -> int:
        ways = [way for era in set(onto.eras.values()) for way in era.ways.values()]
        return max((sum(len(way.sources.get(unit, ())) for unit in asked) for way in ways), default=0)

    portions = list(portions_of(wanted, len(asked), partial(_shape, edition, cells), reached=reached, onto=True))
    answered = each(answer, portions, using)
    return Values(
        cells,
        question,
        ground,
        audience,
        tuple(one.sql for one in answered),
        [(one.table, one.labels) for one in answered],
        modes,
        reads,
        edition,
        scope,
        asked,
        Elsewhere(edition, onto, answered),
    )


def _told(edition: Edition, cells: Sequence[Cell], ground: Ground) -> frozenset[int]:
    """The cells that some figure may answer: of the others nobody need be asked."""
    return frozenset(number for number, cell in enumerate(cells) if is_told(edition, cell, ground.measures))


def _modes(
    edition: Edition, cells: Sequence[Cell], periods: Iterable[Period]
) -> tuple[dict[tuple[int, Period], str], dict[tuple[int, Period], Period]]:
    """(cell, period asked) → how it is answered (mode_of), and → the period whose figures answer, where any can. What
    is asked for a second half and for its year, and is the year's, is one answer."""
    modes = {
        (number, period): mode_of(edition, cell.indicator, period)
        for number, cell in enumerate(cells)
        for period in periods
    }
    reads = {
        (number, period): period_read(edition, cells[number].indicator, period)
        for (number, period), mode in modes.items()
        if mode in ("sum", "own")
    }
    return modes, reads


def _asked_onto(question: Question, ground: Ground, onto: Onto, scope: int | None) -> tuple[int, ...]:
    """The units asked for, on the map of another day. One that is not there on the day is answered, and says so."""
    tree = onto.tree
    if question.units is None:
        roots = tree.roots if scope is None else (scope,)
        return tuple(unit for root in roots if root in tree for unit in tree.subtree(root))
    for unit in question.units:
        key = ground.keys.get(unit, unit)
        if unit in tree and not _inside(scope, unit, tree):
            raise Refused(Fault("values.outside_scope", str(unit), {"unit": key}))
        if unit not in tree and unit not in onto.absent:
            raise Refused(Fault("values.unit_not_in_tree", str(unit), {"unit": key, "period": question.periods[-1]}))
    return question.units


def in_portions(question: Question, *, units: int) -> Iterator[Question]:
    """A question over so many units cut by its indicators, so that no part asks for more than can be added up at
    once. Who writes values out part by part holds a part in memory, not decades of a nation."""
    step = max(1, _PART // max(1, units * len(question.periods)))
    for start in range(0, len(question.indicators), step):
        yield replace(question, indicators=question.indicators[start : start + step])


def _shape(edition: Edition, cells: Sequence[Cell], number: int) -> tuple[int, int]:
    """How many terms a cell has, and whether it has a denominator: cells alike in both make a simpler text."""
    parts = [part for part, _term in parts_of(edition, cells[number].indicator)]
    return len(parts), max(parts, default=0)


def alone(values: Values, units: Iterable[int], period: Period, *, using: Engine, read: Period | None = None) -> Values:
    """What units told of the first cell themselves, on the map of the period, with nothing added up. `read`: one half
    of what is read by the year."""
    edition, cell = values.edition, values.cells[0]
    units = tuple(units)
    read = read or period_read(edition, cell.indicator, period)
    question = Question((cell.indicator.code,), (period,), units)
    asked = ask(edition, [(0, cell)], [read], "own", question, values.ground, values.scope, units, using)
    return replace(
        values,
        question=question,
        modes={(0, period): "own"},
        reads={(0, period): read},
        sql=asked[:1],
        tables=[asked[1:]],
        asked=units,
        elsewhere=None,
    )


def _cells(edition: Edition, question: Question) -> list[Cell]:
    cells = []
    for code in question.indicators:
        if code not in edition.indicators:
            raise Refused(Fault("values.unknown_indicator", code, {"indicator": code}))
        indicator = edition.indicators[code]
        cells.append(Cell(indicator, ""))
        if question.by:
            if not splits_by(edition, indicator, question.by):
                raise Refused(
                    Fault("values.no_breakdown", code, {"indicator": indicator.name, "dimension": question.by})
                )
            cells += [Cell(indicator, f"{question.by}={m}") for m in edition.breakdowns[question.by].members]
    return cells


def _asked(question: Question, ground: Ground, scope: int | None) -> tuple[int, ...]:
    trees = list({id(tree): tree for tree in (ground.trees[period] for period in question.periods)}.values())
    if question.units is None:
        units: dict[int, None] = {}
        for tree in trees:
            for root in tree.roots if scope is None else (scope,):
                if root in tree:
                    units.update(dict.fromkeys(tree.subtree(root)))
        return tuple(units)
    for unit in question.units:
        inside = [tree for tree in trees if unit in tree]
        if not inside:
            fields = {"unit": ground.keys.get(unit, unit), "period": question.periods[-1]}
            raise Refused(Fault("values.unit_not_in_tree", str(unit), fields))
        if not any(_inside(scope, unit, tree) for tree in inside):
            raise Refused(Fault("values.outside_scope", str(unit), {"unit": ground.keys.get(unit, unit)}))
    return question.units
