"""Asking the engine: a question as a plan, its small tables, and one SQL text for the cells answered alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.engine.compile import Fold, Plan, Take, compile_sql
from tienbo.engine.engines import Engine
from tienbo.engine.facts import EMPTY
from tienbo.engine.terms import TERMS, Cell, TermRow, term_rows

if TYPE_CHECKING:
    from tienbo.engine.evaluate import Ground, Question

_FEW_TERMS = 32
"""Up to so many terms are named in the text, so that the scan skips what other series fill."""


@dataclass(frozen=True)
class Frame:
    """What every text needs, whatever map it answers on: terms, periods, and the tables of both.

    `labels`: number of a period in the text → period asked. `halves`: (half-year, number of the period asked, whether
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
    """The frame of cells answered in one mode."""
    terms = term_rows(edition, chosen, ground.measures)
    labels: dict[int, Period] = {}
    halves: list[tuple[int, int, bool, int]] = []
    for period in periods:
        read = Period(period.year) if mode.startswith("year_") else period
        code = -read.year if read.is_year else read.index
        labels[code] = period
        last = read.last_half
        halves += [(half.index, code, half == last, len(read.halves)) for half in read.halves]
    plan = Plan(
        rolls_up=mode.endswith("sum"),
        folds=any(code < 0 for code in labels) or any(row.fold == Fold.EACH for row in terms),
        takes=frozenset(Take(row.take) for row in terms),
        minus=any(row.sign < 0 for row in terms),
        names=len(terms) <= _FEW_TERMS,
        terms_of_cell=terms[0].terms_of_cell if len({row.terms_of_cell for row in terms}) == 1 else None,
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
    """One SQL text for cells answered alike, each period on its own map: (text, rows, period number → period asked)."""
    frame = framed(edition, chosen, periods, mode, ground)
    eras, numbers = _eras(periods, ground)
    # All units of the scope hold what is placed under them already.
    reach = _reach(asked, eras) if frame.plan.rolls_up and question.units is not None else asked
    whole = sum(len(tree) for tree in eras) == len(set().union(*(tree.kinds for tree in eras)) & set(reach))
    plan = replace(
        frame.plan,
        steps=max((max(tree.levels.values(), default=0) for tree in eras), default=0),
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
        reach=unit_table(reach),
        wanted=unit_table(asked),
    )
    return sql, table, frame.labels


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
        tree = ground.trees[period]
        found = next((n for n, held in enumerate(eras) if held is tree or held == tree), None)
        if found is None:
            eras.append(tree)
            found = len(eras) - 1
        numbers[period] = found
    return eras, numbers


def _reach(asked: tuple[int, ...], eras: Sequence[Tree]) -> tuple[int, ...]:
    """Units whose facts can matter to the units asked for: themselves and everything placed under them."""
    reach: set[int] = set()
    for tree in eras:  # each on its own: what stands under a unit differs from one to the next
        under: set[int] = set()
        for unit in asked:
            if unit in tree and unit not in under:
                under.update(tree.subtree(unit))
        reach |= under
    return tuple(reach)


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
