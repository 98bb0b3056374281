"""Asking the engine: a question as a plan, its small tables, and one SQL text for the cells answered alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.engine.bounds import Uncertain
from tienbo.engine.compile import compile_sql
from tienbo.engine.engines import Engine
from tienbo.engine.facts import EMPTY
from tienbo.engine.plan import Fold, Plan, Take
from tienbo.engine.recasting import Era, Onto, Way
from tienbo.engine.terms import TERMS, Cell, TermRow, is_ratio, term_rows

if TYPE_CHECKING:
    from tienbo.engine.evaluate import Ground, Question

_FEW_TERMS = 32
"""Up to so many terms are named in the text, so that the scan skips what other series fill."""


@dataclass(frozen=True)
class Frame:
    """What every text needs, whatever map it answers on: terms, periods, and the tables of both.

    `labels`: number of a period in the text → period. `halves`: (half-year, number of the period asked, whether
    it is its last half, how many halves it has).
    """

    terms: Sequence[TermRow]
    labels: Mapping[int, Period]
    halves: Sequence[tuple[int, int, bool, int]]
    plan: Plan
    tables: Mapping[str, pa.Table]

    @property
    def measures(self) -> list[int]:
        """The series read."""
        return sorted({row.measure for row in self.terms})


def framed(
    edition: Edition, chosen: Sequence[tuple[int, Cell]], periods: Sequence[Period], mode: str, ground: Ground
) -> Frame:
    """The frame of cells answered in one mode in these periods, half-years and years."""
    terms = term_rows(edition, chosen, ground.measures)
    labels: dict[int, Period] = {}
    halves: list[tuple[int, int, bool, int]] = []
    for period in periods:
        code = -period.year if period.is_year else period.index
        labels[code] = period
        last = period.last_half
        halves += [(half.index, code, half == last, len(period.halves)) for half in period.halves]
    sides = Counter((row.cell, row.part) for row in terms)
    last_parts = set(dict(sorted(sides)).values())
    plan = Plan(
        rolls_up=mode == "sum",
        folds=any(code < 0 for code in labels) or any(row.fold == Fold.EACH for row in terms),
        takes=frozenset(Take(row.take) for row in terms),
        minus=any(row.sign < 0 for row in terms),
        names=len(terms) <= _FEW_TERMS,
        terms_of_cell=terms[0].terms_of_cell if len({row.terms_of_cell for row in terms}) == 1 else None,
        last_part=last_parts.pop() if len(last_parts) == 1 else None,
        lone=max(sides.values()) == 1,
        first_half=min(row[0] for row in halves),
        last_half=max(row[0] for row in halves),
        gaps=len({row[0] for row in halves}) <= max(row[0] for row in halves) - min(row[0] for row in halves),
        excludes=bool(ground.facts.excluded),
    )
    tables = {
        "empty_facts": EMPTY,
        "terms": pa.Table.from_pylist([row._asdict() for row in terms], schema=TERMS),
        "term_heads": _heads(terms),
        "asked": pa.table(
            {
                "half": pa.array([row[0] for row in halves], pa.int16()),
                "asked": pa.array([row[1] for row in halves], pa.int32()),
                "is_last": pa.array([row[2] for row in halves], pa.bool_()),
                "halves": pa.array([row[3] for row in halves], pa.int32()),
            }
        ),
        "excluded": pa.table({"revision": pa.array(sorted(ground.facts.excluded), pa.int32())}),
    }
    return Frame(terms, labels, halves, plan, tables)


def ask(
    edition: Edition,
    chosen: Sequence[tuple[int, Cell]],
    periods: Sequence[Period],
    mode: str,
    question: Question,
    ground: Ground,
    scope: int | None,
    asked: tuple[int, ...],
    using: Engine,
) -> tuple[str, pa.Table, Mapping[int, Period]]:
    """One SQL text for cells answered alike, each period on its own map: (text, rows, period number → period)."""
    frame = framed(edition, chosen, periods, mode, ground)
    eras, numbers = _eras(periods, ground)
    # All units of the scope hold what is placed under them already.
    read = reach(asked, eras) if frame.plan.rolls_up and question.units is not None else asked
    whole = sum(len(tree) for tree in eras) == len(set().union(*(tree.kinds for tree in eras)) & set(read))
    plan = replace(
        frame.plan,
        steps=max((_steps(tree, None if question.units is None else asked) for tree in eras), default=0),
        many_eras=len(eras) > 1,
        reaches=not (whole and len(eras) == 1),
        wants=not (question.units is None and scope is None),
    )
    sql = compile_sql(plan, source=ground.facts.source(), measures=frame.measures)
    table = using.arrow(
        sql,
        **frame.tables,
        tree=tree_table(eras),
        inner_units=unit_table({u for t in eras for u in t.children}),
        eras=pa.table(
            {
                "period": pa.array(list(frame.labels), pa.int32()),
                "era": pa.array([numbers[label] for label in frame.labels.values()], pa.int32()),
            }
        ),
        reach=unit_table(read),
        wanted=unit_table(asked),
    )
    return sql, table, frame.labels


def _steps(tree: Tree, asked: Iterable[int] | None) -> int:
    """How many levels are to be added up: as deep as something stands under what is asked for. A commune has none."""
    return max(tree.levels.values(), default=0) if asked is None else tree.height(asked)


def unit_table(units: Iterable[int]) -> pa.Table:
    return pa.table({"unit": pa.array(sorted(set(units)), pa.int32())})


def _heads(terms: Sequence[TermRow]) -> pa.Table:
    heads = {row.term: row for row in terms}
    return pa.Table.from_pylist([row._asdict() for row in heads.values()], schema=TERMS)


def _eras(periods: Sequence[Period], ground: Ground) -> tuple[list[Tree], dict[Period, int]]:
    """The distinct trees of the periods, and which one each period rolls up on."""
    eras: list[Tree] = []
    numbers: dict[Period, int] = {}
    for period in periods:
        tree = ground.trees[period.last_half]
        found = next((n for n, held in enumerate(eras) if held is tree or held == tree), None)
        if found is None:
            eras.append(tree)
            found = len(eras) - 1
        numbers[period] = found
    return eras, numbers


def reach(asked: tuple[int, ...], eras: Iterable[Tree]) -> tuple[int, ...]:
    """Units whose facts can matter to the units asked for: themselves and everything placed under them."""
    found: set[int] = set()
    for tree in eras:  # each on its own: what stands under a unit differs from one to the next
        under: set[int] = set()
        for unit in asked:
            if unit in tree and unit not in under:
                under.update(tree.subtree(unit))
        found |= under
    return tuple(found)


def tree_table(eras: Sequence[Tree]) -> pa.Table:
    columns = [_tree_columns(tree) for tree in eras]
    return pa.table(
        {
            "era": pa.array([n for n, tree in enumerate(eras) for _ in range(len(tree))], pa.int32()),
            "unit": pa.chunked_array([units for units, _ in columns], pa.int32()),
            "parent": pa.chunked_array([parents for _, parents in columns], pa.int32()),
        }
    )


def _tree_columns(tree: Tree) -> tuple[pa.Array, pa.Array]:
    """Units and their parents, kept with the tree."""
    held: tuple[pa.Array, pa.Array] | None = tree.__dict__.get("columns")
    if held is None:
        units, parents = pa.array(list(tree.kinds), pa.int32()), pa.array(map(tree.parents.get, tree.kinds), pa.int32())
        held = tree.__dict__["columns"] = (units, parents)
    return held


# ------------------------------------------------------------------------------------------------ on another map


class Group(NamedTuple):
    """Cells that one text can answer."""

    mode: str
    kind: Literal["sum", "own", "counted"]
    measure: str
    splits: bool


@dataclass(frozen=True, eq=False)
class Answered:
    """One text's rows, and a way to ask for what came through uncertain shares."""

    sql: str
    table: pa.Table
    labels: Mapping[int, Period]
    ask_uncertain: Callable[[], pa.Table] | None

    @cached_property
    def found(self) -> Mapping[tuple[int, int, Period], Mapping[int, tuple[Any, ...]]]:
        """(cell, unit, period) → which sums (Kept) → numerator, denominator, reported, not applicable, estimated,
        at least."""
        found: dict[tuple[int, int, Period], dict[int, tuple[Any, ...]]] = defaultdict(dict)
        for row in zip(*(column.to_pylist() for column in self.table.columns), strict=True):
            found[row[0], row[1], self.labels[row[2]]][row[-1]] = row[3:-1]
        return found

    @cached_property
    def uncertain(self) -> Mapping[tuple[int, int, Period], Sequence[Uncertain]]:
        found: dict[tuple[int, int, Period], list[Uncertain]] = defaultdict(list)
        if self.ask_uncertain is not None:
            rows = self.ask_uncertain()
            for cell, unit, period, *parts in zip(*(column.to_pylist() for column in rows.columns), strict=True):
                found[cell, unit, self.labels[period]].append(Uncertain(*(Fraction(part or 0) for part in parts)))
        return found


def ask_onto(
    edition: Edition,
    chosen: Sequence[tuple[int, Cell]],
    periods: Sequence[Period],
    group: Group,
    ground: Ground,
    onto: Onto,
    asked: tuple[int, ...] | None,
    using: Engine,
) -> Answered:
    """One SQL text for cells that go alike. `asked` None answers for every unit of the map day."""
    frame = framed(edition, chosen, periods, group.mode, ground)
    numbers = _era_numbers(frame, onto, splits=group.splits)
    eras = list(dict.fromkeys(numbers.values()))
    ways = [era.ways[group.measure] for era in eras]
    wanted = None if asked is None else frozenset(asked)
    reach = frozenset(unit for way in ways for one in wanted or () for unit in way.sources.get(one, ()))
    plan = replace(
        frame.plan,
        onto=group.kind,
        steps=_steps(onto.tree, wanted),
        many_eras=len(eras) > 1,
        folds=frame.plan.folds and not group.splits,
        divides=any(way.divided for way in ways),
        splits=group.splits,
        reaches=wanted is not None,
        wants=wanted is not None,
    )
    tables = {
        **frame.tables,
        **_map_tables(onto, ways),
        **(_year_tables(frame, onto) if group.splits else {}),
        "eras": pa.table(
            {
                "period": pa.array(list(numbers), pa.int32()),
                "era": pa.array([eras.index(era) for era in numbers.values()], pa.int32()),
            }
        ),
        "shares": _share_table(ways),
        "reach": unit_table(reach),
        "wanted": unit_table(wanted or ()),
    }
    if group.kind == "counted":
        tables |= _counting_tables(eras, ways)
    source = ground.facts.source()
    text = partial(compile_sql, source=source, measures=frame.measures)
    sql = text(plan)
    ratios = any(is_ratio(edition, cell.indicator) for _number, cell in chosen)
    ask = None
    if ratios and group.kind == "sum" and not all(way.is_certain for way in ways):
        ask = partial(_ask_uncertain, plan, text, tables, ways, None if wanted is None else reach, using)
    return Answered(sql, using.arrow(sql, **tables), frame.labels, ask)


def _ask_uncertain(
    plan: Plan,
    text: Callable[[Plan], str],
    tables: Mapping[str, pa.Table],
    ways: Sequence[Way],
    reach: frozenset[int] | None,
    using: Engine,
) -> pa.Table:
    """What came through uncertain shares, row by row: asked only where somebody reads a ratio's bounds."""
    shares = _share_table(ways, only_uncertain=True)
    units = frozenset(shares.column("unit").to_pylist())
    held = {**tables, "shares": shares, "reach": unit_table(units if reach is None else units & reach)}
    return using.arrow(text(replace(plan, onto="uncertain", reaches=True)), **held)


def _era_numbers(frame: Frame, onto: Onto, *, splits: bool) -> dict[int, Era]:
    """Number of a period in the text (of a half-year, where the halves go apart) → its era."""
    found: dict[int, Era] = {}
    for half, code, is_last, _halves in frame.halves:
        if splits:
            found[half] = onto.eras[Period.from_index(half)]
        elif is_last:
            found[code] = onto.eras[Period.from_index(half)]
    return found


def _stacked(columns: Sequence[Sequence[pa.Array]], names: Sequence[str]) -> pa.Table:
    """Columns of each era under one another, with the era's number."""
    eras = pa.array([number for number, held in enumerate(columns) for _ in range(len(held[0]))], pa.int32())
    stacked = [pa.chunked_array([held[column] for held in columns]) for column in range(len(names))]
    return pa.table([eras, *stacked], names=["era", *names])


def _map_tables(onto: Onto, ways: Sequence[Way]) -> dict[str, pa.Table]:
    tree = onto.tree
    mixed = set(tree.children).union(*(row for way in ways for row in way.divided.values()))
    return {
        "tree": pa.table(
            {
                "era": pa.array([0] * len(tree), pa.int32()),
                "unit": pa.array(list(tree.kinds), pa.int32()),
                "parent": pa.array(map(tree.parents.get, tree.kinds), pa.int32()),
            }
        ),
        "mixed": unit_table(mixed),
        "whole": _stacked([way.whole_columns for way in ways], ("unit", "taker")),
        "gone": _stacked([way.gone_columns for way in ways], ("unit", "taker")),
    }


def _share_table(ways: Sequence[Way], *, only_uncertain: bool = False) -> pa.Table:
    table = _stacked([way.divided_columns for way in ways], ("unit", "taker", "low", "high", "best"))
    if only_uncertain:
        table = table.filter(pc.less(table.column("low"), table.column("high")))
    return table


def _counting_tables(eras: Sequence[Era], ways: Sequence[Way]) -> dict[str, pa.Table]:
    takers = [(n, unit, taker) for n, way in enumerate(ways) for unit in _sources(way) for taker in way.taking(unit)]
    people = [(n, unit, count) for n, era in enumerate(eras) for unit, count in era.people.items()]
    return {
        "takers": pa.table({name: pa.array([row[n] for row in takers], pa.int32()) for n, name in enumerate(_TAKERS)}),
        "people": pa.table(
            {
                "era": pa.array([row[0] for row in people], pa.int32()),
                "unit": pa.array([row[1] for row in people], pa.int32()),
                "people": pa.array([row[2] for row in people], pa.decimal128(18, 4)),
            }
        ),
    }


_TAKERS = ("era", "unit", "taker")


def _sources(way: Way) -> Iterable[int]:
    yield from way.whole
    yield from way.takers


def _year_tables(frame: Frame, onto: Onto) -> dict[str, pa.Table]:
    """How many terms a cell needs in each half of a year, and who was there in which."""
    first: dict[int, int] = defaultdict(int)
    last: dict[int, int] = defaultdict(int)
    for row in frame.terms:
        first[row.cell] += row.every_half
        last[row.cell] += 1
    there = []
    for code in frame.labels:
        halves = sorted(half for half, number, *_rest in frame.halves if number == code)
        trees = [onto.eras[Period.from_index(half)].tree for half in halves]
        there += [
            (unit, code, int(unit in trees[0]), int(unit in trees[1])) for unit in {**trees[0].kinds, **trees[1].kinds}
        ]
    names = ("unit", "period", "in_first", "in_last")
    return {
        "pieces": pa.table(
            {
                "cell": pa.array(list(last), pa.int32()),
                "of_first": pa.array([first[cell] for cell in last], pa.int32()),
                "of_last": pa.array(list(last.values()), pa.int32()),
            }
        ),
        "alive": pa.table({name: pa.array([row[n] for row in there], pa.int32()) for n, name in enumerate(names)}),
    }
