"""Indicators → (terms, formula) → one SQL text in DuckDB's dialect, readable and shown by explain().

The text knows these tables: `facts` (a Parquet scan), `terms` (which series feeds which cell), `tree` (unit,
parent, one row a unit and era), `inner_units` (units with children), `eras` (period → era), `term_heads`
(terms, one row each), `asked` (half-year → period asked), `excluded` (revisions
that do not count), `reach` and `wanted` (units read, units answered).

A *cell* is one indicator with one member of a breakdown. The steps: what each unit told; kept only where every
term of the cell was told (a ratio of unequal halves would lie); added up one parent step a level.
"""

# ruff: noqa: S608 - the text is put together here and nowhere else, from numbers and names of our own

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import sqlglot


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

    rolls_up: bool = True
    steps: int = 2
    """Levels above the deepest unit."""
    many_eras: bool = False
    folds: bool = False
    """Whether a year is asked: half-years must be folded first."""
    takes: frozenset[Take] = frozenset({Take.FIGURE})
    minus: bool = False
    names: bool = False
    """Whether the series read are few enough to be named, so that the scan skips what others fill."""
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


_NAMED = "named_series"


def compile_sql(plan: Plan, *, source: str = "facts", measures: Iterable[int] = (), dialect: str = "duckdb") -> str:
    """The SQL text of a plan, with `source` where the facts are read from and the numbers of the series that it names
    (put in last: one plan serves many questions, and making a text takes longer than some answers). Columns of its
    rows: cell, unit, period, numerator, denominator, reported, not_applicable, estimated, at_least."""
    text = _compiled(plan, dialect).replace("FROM facts AS f", f"FROM {source} AS f")
    return text.replace(_NAMED, ", ".join(map(str, measures)))


@lru_cache(maxsize=256)
def _compiled(plan: Plan, dialect: str) -> str:
    steps: dict[str, str] = {}
    if plan.folds:
        steps["folded"] = _folded(plan)
    steps["gathered"] = _gathered(plan)
    steps["told"] = _TOLD
    if plan.rolls_up:
        steps |= {f"level_{step}": _level(plan, step) for step in range(1, plan.steps + 1)}
    steps["answer"] = _answer(plan) if plan.rolls_up else "SELECT * FROM told"
    text = "WITH " + ", ".join(f"{name} AS ({query})" for name, query in steps.items()) + " SELECT * FROM answer"
    if plan.wants:
        text += " WHERE unit IN (SELECT unit FROM wanted)"
    # Parsed once and whole: a tree built clause by clause is copied at each of them.
    return sqlglot.parse_one(text, read="duckdb").sql(dialect=dialect, pretty=True)


def _facts_where(plan: Plan) -> str:
    kept = ["f.counts", f"f.period BETWEEN {plan.first_half} AND {plan.last_half}"]
    if plan.names:
        kept.append(f"f.measure IN ({_NAMED})")
    if plan.gaps:
        kept.append("f.period IN (SELECT half FROM asked)")
    if plan.excludes:
        kept.append("f.revision NOT IN (SELECT revision FROM excluded)")
    if plan.reaches:
        kept.append("f.unit IN (SELECT unit FROM reach)")
    return "WHERE " + " AND ".join(kept)


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


def _folded(plan: Plan) -> str:
    """Half-years folded into the period asked, term by term; only where every half that is asked was told."""
    return f"""
        SELECT
            t.term, f.unit, a.asked AS period,
            CASE t.fold
                WHEN {Fold.EACH.value} THEN MIN({_met("f.value")})
                WHEN {Fold.MEAN.value} THEN {_MEAN}
                ELSE {_SUM}
            END AS value,
            MAX(f.qualifier) AS qualifier
        FROM facts AS f
        JOIN terms AS t ON t.measure = f.measure
        JOIN asked AS a ON a.half = f.period AND (t.every_half OR a.is_last)
        {_facts_where(plan)}
        GROUP BY t.term, t.fold, t.every_half, t.series_of_term, f.unit, a.asked, a.halves
        HAVING COUNT(*) = t.series_of_term * CASE WHEN t.every_half THEN a.halves ELSE 1 END
    """


def _gathered(plan: Plan) -> str:
    """What each unit told of each cell, where it told all of it: both sides and their qualifiers."""
    figure = _figure(plan, "f.value")
    if plan.folds:
        source = "folded AS f JOIN term_heads AS t ON t.term = f.term"
    else:
        source = f"facts AS f JOIN terms AS t ON t.measure = f.measure {_facts_where(plan)}"
    return f"""
        SELECT
            t.cell, f.unit, f.period,
            SUM(CASE WHEN t.part = {Part.NUMERATOR.value} THEN {figure} END) AS numerator,
            SUM(CASE WHEN t.part = {Part.DENOMINATOR.value} THEN {figure} END) AS denominator,
            MAX(t.part) AS parts,
            MAX(f.qualifier) AS qualifier
        FROM {source}
        GROUP BY t.cell, f.unit, f.period
        HAVING COUNT(*) = {"MIN(t.terms_of_cell)" if plan.terms_of_cell is None else plan.terms_of_cell}
    """


_MISSES = f"g.numerator IS NULL OR (g.parts = {Part.DENOMINATOR.value} AND g.denominator IS NULL)"
_TOLD = f"""
    SELECT
        g.cell, g.unit, g.period,
        CASE WHEN {_MISSES} THEN NULL ELSE g.numerator END AS numerator,
        CASE WHEN {_MISSES} THEN NULL ELSE g.denominator END AS denominator,
        1 AS reported,
        CASE WHEN {_MISSES} THEN 1 ELSE 0 END AS not_applicable,
        CASE WHEN g.qualifier = 2 THEN 1 ELSE 0 END AS estimated,
        CASE WHEN g.qualifier = 1 THEN 1 ELSE 0 END AS at_least
    FROM gathered AS g
"""
"""The same, ready to be added up. A cell with a side that does not apply adds nothing to either: a share of something
that is not there would be a zero."""

_SUMS = """
    SUM(r.numerator) AS numerator,
    SUM(r.denominator) AS denominator,
    CAST(SUM(r.reported) AS INT) AS reported,
    CAST(SUM(r.not_applicable) AS INT) AS not_applicable,
    CAST(SUM(r.estimated) AS INT) AS estimated,
    CAST(SUM(r.at_least) AS INT) AS at_least
"""


def _level(plan: Plan, step: int) -> str:
    """One parent step up. The first step reads what units told; the rest read the step before."""
    below = "told" if step == 1 else f"level_{step - 1}"
    eras = "JOIN eras AS e ON e.period = r.period" if plan.many_eras else ""
    same_era = "AND p.era = e.era" if plan.many_eras else ""
    return f"""
        SELECT r.cell, p.parent AS unit, r.period, {_SUMS}
        FROM {below} AS r {eras}
        JOIN tree AS p ON p.unit = r.unit {same_era}
        WHERE NOT p.parent IS NULL
        GROUP BY r.cell, p.parent, r.period
    """


def _answer(plan: Plan) -> str:
    """Units without children answer with what they told; the others with the sum over every level that met."""
    columns = "cell, unit, period, numerator, denominator, reported, not_applicable, estimated, at_least"
    levels = "".join(f" UNION ALL SELECT {columns} FROM level_{step}" for step in range(1, plan.steps + 1))
    own = f"SELECT {columns} FROM told WHERE unit IN (SELECT unit FROM inner_units)"
    return f"""
        SELECT {columns} FROM told WHERE NOT unit IN (SELECT unit FROM inner_units)
        UNION ALL
        SELECT r.cell, r.unit, r.period, {_SUMS} FROM ({own} {levels}) AS r GROUP BY r.cell, r.unit, r.period
    """
