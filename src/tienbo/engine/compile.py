"""Indicators → (terms, formula) → one SQL text in DuckDB's dialect, readable and shown by explain().

The text knows these tables: `facts` (a Parquet scan), `terms` (which series feeds which cell), `tree` (unit,
parent, one row a unit and era), `inner_units` (units with children), `eras` (period → era), `term_heads`
(terms, one row each), `asked` (half-year → period asked), `excluded` (revisions
that do not count), `reach` and `wanted` (units read, units answered). On another
map also `whole` (unit → who takes all of it), `shares` (unit, who takes some of it, bounds and best), `takers`, `mixed`
(units of the map day that hold others or take shares) and `people`; `tree` is then that of the map day.

A *cell* is one indicator with one member of a breakdown. The steps: what each unit told; kept only where every
term of the cell was told (a ratio of unequal halves would lie); added up one parent step a level.
On another map a unit that goes whole is added to the one that takes it before it rises; one that was divided is
multiplied by its shares, straight to every ancestor, and what came so is kept apart from what came whole (`Kept`).
Units are added up first where they can be (`rough`, `summed`) at who takes them (`gone`: `whole`, and each divided unit
at itself), and asked singly only where one lacks.
"""

# ruff: noqa: S608 - the text is put together here and nowhere else, from numbers and names of our own

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import sqlglot

from tienbo.engine.plan import Plan
from tienbo.engine.steps import (
    NAMED,
    TOLD,
    TOLD_BY_HALF,
    YEAR,
    answer,
    folded,
    gathered,
    gathered_by_half,
    level,
)
from tienbo.engine.steps_onto import added_first, onto_steps, told_divided


def compile_sql(plan: Plan, *, source: str = "facts", measures: Iterable[int] = (), dialect: str = "duckdb") -> str:
    """The SQL text of a plan, with `source` where the facts are read from and the numbers of the series that it names
    (put in last: one plan serves many questions, and making a text takes longer than some answers). Columns of its
    rows: cell, unit, period, numerator, denominator, reported, not_applicable, estimated, at_least; on another map also
    kept (see Kept)."""
    text = _compiled(plan, dialect).replace("FROM facts AS f", f"FROM {source} AS f")
    return text.replace(NAMED, ", ".join(map(str, measures)))


@lru_cache(maxsize=256)
def _compiled(plan: Plan, dialect: str) -> str:
    steps: dict[str, str] = {}
    if plan.splits:
        steps |= {"gathered": gathered_by_half(plan), "year": YEAR, "told": TOLD_BY_HALF}
    else:
        if plan.folds:
            steps["folded"] = folded(plan)
        steps |= added_first(plan) if plan.adds_first else {"gathered": gathered(plan)}
        steps["told"] = told_divided() if plan.adds_first and plan.divides else TOLD
    if plan.onto:
        steps |= onto_steps(plan)
    elif plan.rolls_up:
        steps |= {f"level_{step}": level(step, "told", many_eras=plan.many_eras) for step in range(1, plan.steps + 1)}
        steps["answer"] = answer(plan)
    else:
        steps["answer"] = "SELECT * FROM told"
    text = "WITH " + ", ".join(f"{name} AS ({query})" for name, query in steps.items()) + " SELECT * FROM answer"
    if plan.wants:
        text += " WHERE unit IN (SELECT unit FROM wanted)"
    # Parsed once and whole: a tree built clause by clause is copied at each of them.
    return sqlglot.parse_one(text, read="duckdb").sql(dialect=dialect, pretty=True)
