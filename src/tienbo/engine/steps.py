"""The steps of a text on one map: what units told, where they told all of it, added up one parent step a level."""

# ruff: noqa: S608 - the text is put together here and nowhere else, from numbers and names of our own

from __future__ import annotations

from tienbo.engine.plan import Fold, Part, Plan, Take

NAMED = "named_series"
"""Stands for the numbers of the series named, which are put in last."""


def facts_where(plan: Plan) -> str:
    kept = ["f.counts", f"f.period BETWEEN {plan.first_half} AND {plan.last_half}"]
    if plan.names:
        kept.append(f"f.measure IN ({NAMED})")
    if plan.gaps:
        kept.append("f.period IN (SELECT half FROM asked)")
    if plan.excludes:
        kept.append("f.revision NOT IN (SELECT revision FROM excluded)")
    if plan.reaches:
        kept.append("f.unit IN (SELECT unit FROM reach)")
    return "WHERE " + " AND ".join(kept)


def figure_of(plan: Plan, value: str) -> str:
    """What a term takes from a figure. A figure that does not apply (NULL) gives nothing."""
    return f"t.sign * ({taken_of(plan, value)})" if plan.minus else taken_of(plan, value)


def taken_of(plan: Plan, value: str) -> str:
    taken = value
    if plan.takes - {Take.FIGURE}:
        taken = f"CASE t.take WHEN {Take.FIGURE.value} THEN {value}"
        if Take.ONE in plan.takes:
            taken += f" WHEN {Take.ONE.value} THEN CASE WHEN {value} IS NULL THEN NULL ELSE 1 END"
        if Take.TEST in plan.takes:
            taken += f" WHEN {Take.TEST.value} THEN {_met(value)}"
        taken += " END"
    return taken


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


def folded(plan: Plan) -> str:
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
        {facts_where(plan)}
        GROUP BY t.term, t.fold, t.every_half, t.series_of_term, f.unit, a.asked, a.halves
        HAVING COUNT(*) = t.series_of_term * CASE WHEN t.every_half THEN a.halves ELSE 1 END
    """


def sides(plan: Plan, figure: str, take: str = "SUM") -> tuple[str, str]:
    """The figures of the numerator and those of the denominator, taken together."""
    if plan.last_part == Part.NUMERATOR:
        return f"{take}({figure})", "CAST(NULL AS DECIMAL(38, 4))"
    parts = (f"{take}(CASE WHEN t.part = {part.value} THEN {figure} END)" for part in Part)
    return next(parts), next(parts)


def gathered(plan: Plan, *, joined: str = "") -> str:
    """What each unit told of each cell, where it told all of it: both sides and their qualifiers."""
    figure, take = figure_of(plan, "f.value"), "MAX" if plan.lone else "SUM"
    parts = "MAX(t.part)" if plan.last_part is None else plan.last_part
    numerator, denominator = sides(plan, figure, take)
    if plan.folds:
        source = "folded AS f JOIN term_heads AS t ON t.term = f.term"
    else:
        source = f"facts AS f JOIN terms AS t ON t.measure = f.measure {joined} {facts_where(plan)}"
    return f"""
        SELECT
            t.cell, f.unit, f.period,
            {numerator} AS numerator,
            {denominator} AS denominator,
            {parts} AS parts,
            MAX(f.qualifier) AS qualifier
        FROM {source}
        GROUP BY t.cell, f.unit, f.period
        HAVING COUNT(*) = {"MIN(t.terms_of_cell)" if plan.terms_of_cell is None else plan.terms_of_cell}
    """


_MISSES = f"g.numerator IS NULL OR (g.parts = {Part.DENOMINATOR.value} AND g.denominator IS NULL)"
TOLD = f"""
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

COUNTS = """
    CAST(SUM(r.reported) AS INT) AS reported,
    CAST(SUM(r.not_applicable) AS INT) AS not_applicable,
    CAST(SUM(r.estimated) AS INT) AS estimated,
    CAST(SUM(r.at_least) AS INT) AS at_least
"""
SUMS = f"SUM(r.numerator) AS numerator, SUM(r.denominator) AS denominator, {COUNTS}"


def level(step: int, first: str, *, many_eras: bool = False) -> str:
    """One parent step up. The first step reads what units told; the rest read the step before."""
    below = first if step == 1 else f"level_{step - 1}"
    eras = "JOIN eras AS e ON e.period = r.period" if many_eras else ""
    same_era = "AND p.era = e.era" if many_eras else ""
    return f"""
        SELECT r.cell, p.parent AS unit, r.period, {SUMS}
        FROM {below} AS r {eras}
        JOIN tree AS p ON p.unit = r.unit {same_era}
        WHERE NOT p.parent IS NULL
        GROUP BY r.cell, p.parent, r.period
    """


COLUMNS = "cell, unit, period, numerator, denominator, reported, not_applicable, estimated, at_least"


def answer(plan: Plan) -> str:
    """Units without children answer with what they told; the others with the sum over every level that met."""
    columns = COLUMNS
    if not plan.steps:
        return f"SELECT {columns} FROM told"
    levels = "".join(f" UNION ALL SELECT {columns} FROM level_{step}" for step in range(1, plan.steps + 1))
    own = f"SELECT {columns} FROM told WHERE unit IN (SELECT unit FROM inner_units)"
    return f"""
        SELECT {columns} FROM told WHERE NOT unit IN (SELECT unit FROM inner_units)
        UNION ALL
        SELECT r.cell, r.unit, r.period, {SUMS} FROM ({own} {levels}) AS r GROUP BY r.cell, r.unit, r.period
    """


# ---------------------------------------------------------------------------------- a year whose halves go apart


def gathered_by_half(plan: Plan) -> str:
    """What each unit told of each cell in each half of a year. A mean takes half of each."""
    figure = figure_of(
        plan,
        f"CASE WHEN t.fold = {Fold.MEAN.value} AND t.every_half "
        "THEN CAST(f.value AS DECIMAL(30, 4)) * CAST(0.5 AS DECIMAL(2, 1)) ELSE CAST(f.value AS DECIMAL(33, 5)) END",
    )
    return f"""
        SELECT
            t.cell, f.unit, a.asked AS period, f.period AS half,
            SUM(CASE WHEN t.part = {Part.NUMERATOR.value} THEN {figure} END) AS numerator,
            SUM(CASE WHEN t.part = {Part.DENOMINATOR.value} THEN {figure} END) AS denominator,
            MAX(t.part) AS parts,
            MAX(f.qualifier) AS qualifier,
            COUNT(*) AS pieces
        FROM facts AS f
        JOIN terms AS t ON t.measure = f.measure
        JOIN asked AS a ON a.half = f.period AND (t.every_half OR a.is_last)
        {facts_where(plan)}
        GROUP BY t.cell, f.unit, a.asked, f.period
    """


_OF_YEAR = "OVER (PARTITION BY g.cell, g.unit, g.period)"
YEAR = f"""
    SELECT
        g.cell, g.unit, g.period, g.half, g.numerator, g.denominator,
        SUM(g.pieces) {_OF_YEAR} AS pieces,
        MAX(g.qualifier) {_OF_YEAR} AS qualifier,
        MAX(g.half) {_OF_YEAR} AS last_half,
        CASE
            WHEN COUNT(g.numerator) {_OF_YEAR} = 0 THEN 1
            WHEN MAX(g.parts) {_OF_YEAR} = {Part.DENOMINATOR.value} AND COUNT(g.denominator) {_OF_YEAR} = 0 THEN 1
            ELSE 0
        END AS misses
    FROM gathered AS g
"""
TOLD_BY_HALF = """
    SELECT
        y.cell, y.unit, y.period, y.half,
        CASE WHEN y.misses = 1 THEN NULL ELSE y.numerator END AS numerator,
        CASE WHEN y.misses = 1 THEN NULL ELSE y.denominator END AS denominator,
        CASE WHEN y.half = y.last_half THEN 1 ELSE 0 END AS reported,
        CASE WHEN y.half = y.last_half THEN y.misses ELSE 0 END AS not_applicable,
        CASE WHEN y.half = y.last_half AND y.qualifier = 2 THEN 1 ELSE 0 END AS estimated,
        CASE WHEN y.half = y.last_half AND y.qualifier = 1 THEN 1 ELSE 0 END AS at_least
    FROM year AS y
    JOIN pieces AS n ON n.cell = y.cell
    JOIN alive AS a ON a.unit = y.unit AND a.period = y.period
    WHERE y.pieces = a.in_first * n.of_first + a.in_last * n.of_last
"""
"""Only of units that told every half in which they were there. A unit is counted once, in the last half it told."""
