"""Indicators → (terms, formula) → one SQL text in DuckDB's dialect, readable and shown by explain().

The text knows these tables: `facts` (a Parquet scan), `terms` (which series feeds which cell), `tree` (unit,
parent, one row a unit and era), `inner_units` (units with children), `eras` (period → era), `term_heads`
(terms, one row each), `asked` (half-year → period asked), `excluded` (revisions
that do not count), `reach` and `wanted` (units read, units answered).

A *cell* is one indicator with one member of a breakdown. The steps: what each unit told; kept only where every
term of the cell was told (a ratio of unequal halves would lie); added up one parent step a level.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import sqlglot
from sqlglot import exp


class Part(IntEnum):
    NUMERATOR = 0
    DENOMINATOR = 1


class Fold(IntEnum):
    """How half-years fold into the period asked."""

    SUM = 0
    LAST = 1
    MEAN = 2
    EACH = 3
    """One where the test holds for every figure (each member, each half-year), else zero."""


class Take(IntEnum):
    """What a term takes from a unit's figure: the figure, one for having one, or one for meeting the test."""

    FIGURE = 0
    ONE = 1
    TEST = 2


@dataclass(frozen=True)
class Plan:
    """What the text must be able to do; texts are cached by it."""

    source: str = "facts"
    rolls_up: bool = True
    steps: int = 2
    """Levels above the deepest unit."""
    many_eras: bool = False
    folds: bool = False
    """Whether a year is asked: half-years must be folded first."""
    takes: frozenset[Take] = frozenset({Take.FIGURE})
    minus: bool = False
    measures: tuple[int, ...] = ()
    """The series read, where they are few enough to be named; () reads by the join alone."""
    terms_of_cell: int | None = None
    """How many terms every cell has, where they all have as many."""
    first_half: int = 0
    last_half: int = 0
    """The half-years read lie between these (Period.index), both included."""
    gaps: bool = False
    """Whether some half-year between them is not asked."""
    excludes: bool = False
    reaches: bool = False
    """Whether only some units are read."""
    wants: bool = False
    """Whether only some units are answered."""


def compile_sql(plan: Plan, *, dialect: str = "duckdb") -> str:
    """The SQL text of a plan. Columns of its rows: cell, unit, period, numerator, denominator, reported,
    not_applicable, estimated, at_least."""
    return _compiled(plan, dialect)


@lru_cache(maxsize=64)
def _compiled(plan: Plan, dialect: str) -> str:
    query = sqlglot.select("*").from_("answer")
    if plan.wants:
        query = query.where("unit IN (SELECT unit FROM wanted)")
    if plan.folds:
        query = query.with_("folded", as_=_folded(plan))
    query = query.with_("gathered", as_=_gathered(plan)).with_("told", as_=_told())
    if plan.rolls_up:
        for step in range(1, plan.steps + 1):
            query = query.with_(f"level_{step}", as_=_level(plan, step))
        query = query.with_("answer", as_=_answer(plan))
    else:
        query = query.with_("answer", as_=sqlglot.select("*").from_("told"))
    return query.sql(dialect=dialect, pretty=True)


def _facts_where(plan: Plan, query: exp.Select) -> exp.Select:
    query = query.where("f.counts", f"f.period BETWEEN {plan.first_half} AND {plan.last_half}")
    if plan.measures:
        query = query.where(f"f.measure IN ({', '.join(map(str, plan.measures))})")
    if plan.gaps:
        query = query.where("f.period IN (SELECT half FROM asked)")
    if plan.excludes:
        query = query.where("f.revision NOT IN (SELECT revision FROM excluded)")
    if plan.reaches:
        query = query.where("f.unit IN (SELECT unit FROM reach)")
    return query


def _figure(plan: Plan, value: str) -> str:
    """What a term takes from a figure. A figure that does not apply (NULL) gives nothing."""
    taken = value
    if plan.takes - {Take.FIGURE}:
        taken = f"CASE t.take WHEN {Take.FIGURE.value} THEN {value}"
        if Take.ONE in plan.takes:
            taken += f" WHEN {Take.ONE.value} THEN CASE WHEN {value} IS NULL THEN NULL ELSE 1 END"
        if Take.TEST in plan.takes:
            taken += f" WHEN {Take.TEST.value} THEN {_met(value)}"
        taken += " END"
    return f"t.sign * ({taken})" if plan.minus else taken


def _met(value: str) -> str:
    """One where a figure meets its term's test, zero where it does not, NULL where there is no figure."""
    tests = " ".join(
        f"WHEN '{op}' THEN {value} {sql} t.test_value"
        for op, sql in ((">=", ">="), (">", ">"), ("<=", "<="), ("<", "<"), ("==", "="))
    )
    return f"CASE WHEN {value} IS NULL THEN NULL WHEN CASE t.test_op {tests} END THEN 1 ELSE 0 END"


# AVG would make every figure beside it a binary fraction. A year has two halves, and half of a decimal is a decimal
# with one place more; a CASE keeps that place only where every branch has room for it.
_SUM = "CAST(SUM(f.value) AS DECIMAL(33, 5))"
_MEAN = (
    "CASE WHEN COUNT(f.value) > 1 THEN CAST(SUM(f.value) AS DECIMAL(30, 4)) * CAST(0.5 AS DECIMAL(2, 1)) "
    f"ELSE {_SUM} END"
)


def _folded(plan: Plan) -> exp.Select:
    """Half-years folded into the period asked, term by term; only where every half that is asked was told."""
    query = (
        sqlglot.select(
            "t.term",
            "f.unit",
            "a.asked AS period",
            f"CASE t.fold WHEN {Fold.EACH.value} THEN MIN({_met('f.value')}) "
            f"WHEN {Fold.MEAN.value} THEN {_MEAN} ELSE {_SUM} END AS value",
            "MAX(f.qualifier) AS qualifier",
        )
        .from_(f"{plan.source} AS f")
        .join("terms AS t", on="t.measure = f.measure")
        .join("asked AS a", on="a.half = f.period AND (t.every_half OR a.is_last)")
        .group_by("t.term", "t.fold", "t.every_half", "t.series_of_term", "f.unit", "a.asked", "a.halves")
        .having("COUNT(*) = t.series_of_term * CASE WHEN t.every_half THEN a.halves ELSE 1 END")
    )
    return _facts_where(plan, query)


def _gathered(plan: Plan) -> exp.Select:
    """What each unit told of each cell, where it told all of it: both sides and their qualifiers."""
    figure = _figure(plan, "f.value")
    query = sqlglot.select(
        "t.cell",
        "f.unit",
        "f.period",
        f"SUM(CASE WHEN t.part = {Part.NUMERATOR.value} THEN {figure} END) AS numerator",
        f"SUM(CASE WHEN t.part = {Part.DENOMINATOR.value} THEN {figure} END) AS denominator",
        "MAX(t.part) AS parts",
        "MAX(f.qualifier) AS qualifier",
    )
    if plan.folds:
        query = query.from_("folded AS f").join("term_heads AS t", on="t.term = f.term")
    else:
        query = query.from_(f"{plan.source} AS f").join("terms AS t", on="t.measure = f.measure")
        query = _facts_where(plan, query)
    expected = "MIN(t.terms_of_cell)" if plan.terms_of_cell is None else str(plan.terms_of_cell)
    return query.group_by("t.cell", "f.unit", "f.period").having(f"COUNT(*) = {expected}")


def _told() -> exp.Select:
    """The same, ready to be added up. A cell with a side that does not apply adds nothing to either: a share of
    something that is not there would be a zero."""
    misses = f"g.numerator IS NULL OR (g.parts = {Part.DENOMINATOR.value} AND g.denominator IS NULL)"
    return sqlglot.select(
        "g.cell",
        "g.unit",
        "g.period",
        f"CASE WHEN {misses} THEN NULL ELSE g.numerator END AS numerator",
        f"CASE WHEN {misses} THEN NULL ELSE g.denominator END AS denominator",
        "1 AS reported",
        f"CASE WHEN {misses} THEN 1 ELSE 0 END AS not_applicable",
        "CASE WHEN g.qualifier = 2 THEN 1 ELSE 0 END AS estimated",
        "CASE WHEN g.qualifier = 1 THEN 1 ELSE 0 END AS at_least",
    ).from_("gathered AS g")


_SUMS = (
    "SUM(r.numerator) AS numerator",
    "SUM(r.denominator) AS denominator",
    "CAST(SUM(r.reported) AS INT) AS reported",
    "CAST(SUM(r.not_applicable) AS INT) AS not_applicable",
    "CAST(SUM(r.estimated) AS INT) AS estimated",
    "CAST(SUM(r.at_least) AS INT) AS at_least",
)


def _level(plan: Plan, step: int) -> exp.Select:
    """One parent step up. The first step reads what units told; the rest read the step before."""
    below = "told" if step == 1 else f"level_{step - 1}"
    query = sqlglot.select("r.cell", "p.parent AS unit", "r.period", *_SUMS).from_(f"{below} AS r")
    if plan.many_eras:
        query = query.join("eras AS e", on="e.period = r.period")
        query = query.join("tree AS p", on="p.unit = r.unit AND p.era = e.era")
    else:
        query = query.join("tree AS p", on="p.unit = r.unit")
    return query.where("NOT p.parent IS NULL").group_by("r.cell", "p.parent", "r.period")


def _answer(plan: Plan) -> exp.Expression:
    """Units without children answer with what they told; the others with the sum over every level that met."""
    columns = ("cell", "unit", "period", "numerator", "denominator", "reported", "not_applicable", "estimated")
    leaves = sqlglot.select(*columns, "at_least").from_("told").where("unit NOT IN (SELECT unit FROM inner_units)")
    own = sqlglot.select(*columns, "at_least").from_("told").where("unit IN (SELECT unit FROM inner_units)")
    levels: exp.Query = own
    for step in range(1, plan.steps + 1):
        levels = levels.union(sqlglot.select(*columns, "at_least").from_(f"level_{step}"), distinct=False)
    above = sqlglot.select("r.cell", "r.unit", "r.period", *_SUMS).from_(levels.subquery("r"))
    return leaves.union(above.group_by("r.cell", "r.unit", "r.period"), distinct=False)
