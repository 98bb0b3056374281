"""explain(): how a value came about, down to the facts and the cells they were typed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial

import pyarrow as pa

from tienbo.catalogue.definitions import Indicator, Sensitivity, Term
from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.core.tree import Tree, is_kind
from tienbo.engine.elsewhere import Elsewhere, Place
from tienbo.engine.engines import Engine, engine
from tienbo.engine.evaluate import Audience, Basis, Ground, Question, Values, alone, evaluate, may_see_class
from tienbo.engine.facts import EMPTY
from tienbo.engine.rows import ORIGINS, QUALIFIERS, STATUSES
from tienbo.engine.terms import elements_of, period_read, reporters, sensitivity
from tienbo.engine.values import Status, Value


@dataclass(frozen=True, slots=True)
class FactBehind:
    """One fact behind a value, in words. `value` is None when it does not apply."""

    unit: int
    period: Period
    series: str
    value: Decimal | None
    status: str
    qualifier: str
    cut_off: date | None
    counts: bool
    origin: str
    revision: int
    cell: str


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A unit whose figure came into a value on another map: what it told in `period`, by which share it is counted
    there (1 is all of it; `best` None where only the bounds are known), and the acts it passed on the way."""

    unit: int
    period: Period
    value: Value
    low: Decimal
    high: Decimal
    best: Decimal | None
    acts: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """A value, the parts it was added up from, who is missing, the facts, the SQL that was run.

    `parts`: what the unit told itself, where it tells anything, then each unit placed directly under it; none where
    the unit answers alone. `missing` are the units of the coverage that did not tell every part of the cell in every
    half it needs.
    `withheld_facts` counts facts that exist and that this audience may not see.
    On another map: `parts` are of the units directly under it on that day, `predecessors` every unit of the period's
    own map that owes the figures and has some share in it; those of which not every successor is seen are withheld.
    """

    value: Value
    indicator: Indicator
    parts: Sequence[Value]
    missing: Sequence[int]
    facts: Sequence[FactBehind]
    withheld_facts: int
    sql: Sequence[str]
    predecessors: Sequence[Predecessor] = ()


def explain(
    edition: Edition,
    indicator: str,
    unit: int,
    period: Period,
    *,
    ground: Ground,
    scope: int | None,
    audience: Audience,
    basis: Basis,
    using: Engine | None = None,
    map_day: date | None = None,
) -> Explanation:
    """How the value of one cell came about. Refused like evaluate()."""
    ask = partial(evaluate, edition, ground=ground, scope=scope, audience=audience, basis=basis, using=using)
    values = ask(Question((indicator,), (period,), (unit,), map_day=map_day))
    (whole,) = values
    if values.elsewhere is not None:
        return _explain_onto(values, values.elsewhere, whole, unit, period, ask, using or engine())
    cell, mode, tree = values.cells[0], values.modes[0, period], ground.trees[period]
    parts: list[Value] = []
    missing: list[int] = []
    units = [unit] if mode == "own" else list(tree.subtree(unit))
    if whole.status in _COMPUTED and mode in ("own", "sum"):
        kinds = reporters(edition, cell.indicator, period)
        owing = [one for one in units if is_kind(tree.kinds[one], kinds)]
        told = alone(values, tree.subtree(unit), period, using=using or engine())
        missing = [one for one in owing if not told.has(one, period)]
        children = tree.children.get(unit, ()) if mode == "sum" else ()
        if children and (unit in owing or told.has(unit, period)):
            parts.append(told.one(0, cell, unit, period))
        due = tuple(
            child for child in children if any(one in owing or told.has(one, period) for one in tree.subtree(child))
        )
        parts += ask(Question((indicator,), (period,), due)) if due else ()
    seen = partial(_seen_on, values.audience, tree)
    facts, hidden = _facts(values, units, period_read(edition, cell.indicator, period).halves, seen, using or engine())
    return Explanation(whole, cell.indicator, parts, missing, facts, hidden, values.sql)


_COMPUTED = (Status.VALUE, Status.NOT_REPORTED, Status.NOT_APPLICABLE, Status.NONE_OCCURRED)


def _seen_on(audience: Audience, tree: Tree, level: Sensitivity, unit: int) -> bool:
    return may_see_class(level, audience, unit, tree)


def _explain_onto(
    values: Values,
    elsewhere: Elsewhere,
    whole: Value,
    unit: int,
    period: Period,
    ask: Callable[[Question], Values],
    using: Engine,
) -> Explanation:
    """The same on another map: predecessors with their shares, and what stands under the unit there."""
    cell, onto = values.cells[0], elsewhere.onto
    mode = values.modes[0, period]
    if unit not in onto.tree or whole.status is Status.WITHHELD or mode not in ("own", "sum"):
        return Explanation(whole, cell.indicator, (), (), (), 0, values.sql)
    halves = period_read(values.edition, cell.indicator, period).halves
    places = elsewhere.places(cell.indicator, unit, period, mode)
    predecessors: list[Predecessor] = []
    missing: list[int] = []
    facts: list[FactBehind] = []
    hidden = 0
    for place, half in zip(places, reversed(halves), strict=False):
        label = period if len(places) == 1 else half
        owing = tuple(place.owing)
        told = alone(values, owing, label, using=using, read=label if len(places) > 1 else None)
        missing += [one for one in owing if not told.has(one, label)]
        seen = partial(_seen_onto, values, place, period)
        for one in owing:
            blank = Value(cell.indicator.code, values.ground.keys[one], label.code, cell.members)
            value = blank._replace(status=Status.WITHHELD)
            if seen(sensitivity(values.edition, cell.indicator), one):
                value = told.told(0, cell, one, label, blank)
            acts = place.era.acts.get(one, ())
            predecessors.append(Predecessor(one, label, value, *place.way.weight(one, unit), acts))
        read = halves if len(places) == 1 else (half,)
        found, more = _facts(values, owing, read, seen, using)
        facts, hidden = [*facts, *found], hidden + more
    children = onto.tree.children.get(unit, ()) if mode == "sum" else ()
    owed = {one for place in places for one in place.owing}
    due = tuple(
        child for child in children if any(owed.intersection(place.way.sources.get(child, ())) for place in places)
    )
    parts = ask(replace(values.question, units=due)) if due else ()
    return Explanation(whole, cell.indicator, list(parts), missing, facts, hidden, values.sql, predecessors)


def _seen_onto(values: Values, place: Place, period: Period, level: Sensitivity, unit: int) -> bool:
    """Whether a predecessor's own figure may be seen: where every unit that took some of it may be, on the map asked
    for. What ended without a successor is seen unless it is very sensitive."""
    if values.audience.kind != "statutory":
        return level is Sensitivity.C0
    tree = place.way.tree
    taking = place.way.taking(unit)
    if not taking:
        return level is not Sensitivity.C3
    return all(
        values.is_seen(values.cells[0].indicator, one, period) and may_see_class(level, values.audience, one, tree)
        for one in taking
    )


def _facts(
    values: Values,
    units: Sequence[int],
    read: Sequence[Period],
    seen: Callable[[Sensitivity, int], bool],
    using: Engine,
) -> tuple[list[FactBehind], int]:
    edition, ground, indicator = values.edition, values.ground, values.cells[0].indicator
    wanted = {element.code for element in elements_of(edition, indicator)} | _rows_of(edition, indicator)
    series = {number: text for text, number in ground.measures.items() if text.partition("[")[0] in wanted}
    halves = [half.index for half in read]
    table = using.arrow(
        "SELECT f.measure, f.unit, f.period, f.value, f.status, f.qualifier, f.cut_off, f.counts, f.origin, "  # noqa: S608
        f"f.revision, CAST(f.cell AS VARCHAR) AS cell FROM {ground.facts.source()} AS f "
        "WHERE f.measure IN (SELECT measure FROM series) AND f.unit IN (SELECT unit FROM units) "
        "AND f.period IN (SELECT half FROM halves) AND f.revision NOT IN (SELECT revision FROM excluded) "
        "ORDER BY f.unit, f.period, f.measure",
        empty_facts=EMPTY,
        series=pa.table({"measure": pa.array(sorted(series), pa.int32())}),
        units=pa.table({"unit": pa.array(sorted(units), pa.int32())}),
        halves=pa.table({"half": pa.array(halves, pa.int16())}),
        excluded=pa.table({"revision": pa.array(sorted(ground.facts.excluded), pa.int32())}),
    )
    facts: list[FactBehind] = []
    hidden = 0
    for row in table.to_pylist():
        level = edition.elements[series[row["measure"]].partition("[")[0]].sensitivity
        if not seen(level, row["unit"]):
            hidden += 1
            continue
        facts.append(
            FactBehind(
                row["unit"],
                Period.from_index(row["period"]),
                series[row["measure"]],
                row["value"],
                STATUSES[row["status"]],
                QUALIFIERS[row["qualifier"]],
                row["cut_off"],
                row["counts"],
                ORIGINS[row["origin"]],
                row["revision"],
                row["cell"],
            )
        )
    return facts, hidden


def _rows_of(edition: Edition, indicator: Indicator) -> set[str]:
    """Elements of the rows behind figures that were counted from rows ("units under the 30 % rule")."""
    counted: dict[str, set[str]] = {}
    for form in edition.forms.values():
        for sheet in form.sheets:
            for block in sheet.blocks:
                rows = {field.element for field in block.fields if field.element}
                for count in block.counts:
                    counted.setdefault(count.element, set()).update(rows)
    found: set[str] = set()
    for element in elements_of(edition, indicator):
        found |= counted.get(element.code, set())
    return found


def formula(edition: Edition, indicator: Indicator) -> tuple[str, str]:
    """The two sides of an indicator in words: names of elements, the series and what is taken of them."""
    return _side(edition, indicator.numerator), _side(edition, indicator.denominator)


def _side(edition: Edition, terms: Sequence[Term]) -> str:
    words: list[str] = []
    for term in terms:
        name = f"{edition.elements[term.series.element].name} [{term.series}]"
        if term.test:
            each = f" ∀ {term.each}" if term.each else ""
            name = f"#({name} {term.test.op} {term.test.value:f}{each})"
        elif term.count_units:
            name = f"#({name})"
        words.append(("− " if term.minus else "+ " if words else "") + name)
    return " ".join(words)
