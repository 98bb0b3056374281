"""Small editions, trees and facts for questions to the engine, said in few words.

Units are numbers and their keys are "u1", "u2" …; facts name their series, and get the numbers a store gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from tienbo.catalogue.definitions import Breakdown, Element, Indicator
from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.core.tree import Place, Tree
from tienbo.engine.evaluate import Audience, Ground
from tienbo.engine.facts import Fact, FactSet, FactStore, as_table
from tienbo.engine.recasting import Era, History, Onto, era_onto, onto_day
from tienbo.engine.rows import ORIGINS, QUALIFIERS

OFFICE = Audience("statutory", 1)

BREAKDOWNS: Sequence[Mapping[str, Any]] = (
    {"code": "sex", "name": {"vi": "Giới tính", "en": "Sex"}, "members": {m: {"vi": m, "en": m} for m in "fm"}},
    {"code": "eth", "name": {"vi": "Dân tộc", "en": "Ethnicity"}, "members": {"m": {"vi": "m", "en": "m"}}},
    {
        "code": "quarter",
        "name": {"vi": "Quý", "en": "Quarter"},
        "members": {q: {"vi": q, "en": q} for q in ("q1", "q2")},
    },
)


class Said(NamedTuple):
    """One fact in words. `value` None does not apply."""

    unit: int
    period: str
    series: str
    value: Decimal | None
    qualifier: str = "exact"
    counts: bool = True
    revision: int = 1
    origin: str = "entered"
    cell: str = "Biểu 01!C5"
    cut_off: date | None = None


def said(unit: int, period: str, series: str, value: object, qualifier: str = "exact", **more: Any) -> Said:
    return Said(unit, period, series, None if value is None else Decimal(str(value)), qualifier, **more)


def named(code: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"code": code, "name": {"vi": code, "en": code}, **raw}


def edition(elements: Mapping[str, Mapping[str, Any]], indicators: Mapping[str, Mapping[str, Any]]) -> Edition:
    """An edition of these raw elements and indicators, with defaults for what a question does not turn on."""
    made = Edition(pack="small")
    for raw in BREAKDOWNS:
        made.breakdowns[raw["code"]] = Breakdown.model_validate(raw)
    for code, element in elements.items():
        ready = {"measure": "thing", "over_time": "sum", "reporting": [{"by": ["commune"]}], **element}
        made.elements[code] = Element.model_validate(named(code, ready))
    for code, indicator in indicators.items():
        made.indicators[code] = Indicator.model_validate(named(code, {"unit": "count", **indicator}))
    return made


def tree(places: Mapping[int, tuple[int | None, str]]) -> Tree:
    """Unit → (parent, kind)."""
    return Tree(Place(unit, parent, kind) for unit, (parent, kind) in places.items())


def numbers(facts: Iterable[Said]) -> dict[str, int]:
    return {series: number for number, series in enumerate(sorted({fact.series for fact in facts}), 1)}


def rows(facts: Iterable[Said], measures: Mapping[str, int]) -> list[Fact]:
    return [
        Fact(
            measures[one.series],
            one.unit,
            Period.parse(one.period).index,
            one.value,
            1 if one.value is None else 0,
            QUALIFIERS.index(one.qualifier),
            one.cut_off,
            one.counts,
            ORIGINS.index(one.origin),
            one.revision,
            one.cell,
        )
        for one in facts
    ]


def onto(
    day: date,
    places: Tree,
    sources: Mapping[str, Tree],
    history: History,
    *,
    measures: Iterable[str] = (),
) -> Onto:
    """The map of a day and the way there from each half-year, which ends in June or December."""

    def last_day(period: Period) -> date:
        return date(period.year, 6, 30) if period.half == 1 else date(period.year, 12, 31)

    def era(source: date, source_tree: Tree) -> Era:
        return era_onto(
            history, source=source, source_tree=source_tree, target=day, tree=places, measures=tuple(measures)
        )

    periods = {Period.parse(label): one for label, one in sources.items()}
    days = {period: (last_day(period), one) for period, one in periods.items()}
    return onto_day(day, places, days, history=history, era=era)


def ground(
    folder: Path,
    trees: Mapping[str, Tree],
    facts: Sequence[Said],
    *,
    excluded: Iterable[int] = (),
    segments: int = 1,
    onto: Onto | None = None,
) -> Ground:
    """Facts dealt into so many segments of a store, on these trees. A year stands on the tree of its second half."""
    measures = numbers(facts)
    store = FactStore(folder)
    dealt = [part for start in range(segments) if (part := list(facts)[start::segments])]
    paths = tuple(store.path(store.write(as_table(rows(part, measures))).name) for part in dealt)
    maps = {Period.parse(label): one for label, one in trees.items()}
    for period in list(maps):
        if period.half == 2:
            maps.setdefault(Period(period.year), maps[period])
    units = {unit for one in maps.values() for unit in one.kinds} | {fact.unit for fact in facts}
    if onto is not None:
        units |= {*onto.tree.kinds, *onto.absent}
    return Ground(maps, measures, {unit: f"u{unit}" for unit in units}, FactSet(paths, frozenset(excluded)), onto)
