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
Units that go whole are added up first where they can be (`rough`, `summed`), and asked singly only where one lacks.
"""

# ruff: noqa: S608 - the text is put together here and nowhere else, from numbers and names of our own

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Literal

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


class Kept(IntEnum):
    """Which of the sums of a cell a row on another map holds."""

    WHOLE = 0
    """What came whole, with how many units told it (by whatever share)."""
    BEST = 1
    LOW = 2
    HIGH = 3
    """What came through other shares: at the best of them, and at their bounds."""
    ALL = 4
    ANY = 5
    """Units of the map day of which all, or any, predecessors have the property."""


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
    last_part: int | None = None
    """Whether the cells have a denominator (Part), where all have or none has."""
    lone: bool = False
    """Whether no side of a cell has more than one series: a unit's figures are then taken, not added up."""
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
    onto: Literal["", "sum", "own", "counted", "uncertain"] = ""
    """How it is answered on another map: added up, each unit's own figure, units counted by a
    property, or only what has an uncertain share."""
    divides: bool = False
    """Whether some unit was divided on the way to the other map."""
    splits: bool = False
    """Whether the halves of a year go separate ways to the other map."""

    @property
    def adds_first(self) -> bool:
        """Whether units that go whole are added up before anybody looks what each of them told: where as many figures
        came as there are units and terms, all told all."""
        return self.onto == "sum" and self.terms_of_cell is not None and not (self.folds or self.splits)


_NAMED = "named_series"


def compile_sql(plan: Plan, *, source: str = "facts", measures: Iterable[int] = (), dialect: str = "duckdb") -> str:
    """The SQL text of a plan, with `source` where the facts are read from and the numbers of the series that it names
    (put in last: one plan serves many questions, and making a text takes longer than some answers). Columns of its
    rows: cell, unit, period, numerator, denominator, reported, not_applicable, estimated, at_least; on another map also
    kept (see Kept)."""
    text = _compiled(plan, dialect).replace("FROM facts AS f", f"FROM {source} AS f")
    return text.replace(_NAMED, ", ".join(map(str, measures)))


@lru_cache(maxsize=256)
def _compiled(plan: Plan, dialect: str) -> str:
    steps: dict[str, str] = {}
    if plan.splits:
        steps |= {"gathered": _gathered_by_half(plan), "year": _YEAR, "told": _TOLD_BY_HALF}
    else:
        if plan.folds:
            steps["folded"] = _folded(plan)
        steps |= _added_first(plan) if plan.adds_first else {"gathered": _gathered(plan)}
        steps["told"] = _TOLD
    if plan.onto:
        steps |= _onto(plan)
    elif plan.rolls_up:
        steps |= {f"level_{step}": _level(step, "told", many_eras=plan.many_eras) for step in range(1, plan.steps + 1)}
        steps["answer"] = _answer(plan)
    else:
        steps["answer"] = "SELECT * FROM told"
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
    return f"t.sign * ({_taken(plan, value)})" if plan.minus else _taken(plan, value)


def _taken(plan: Plan, value: str) -> str:
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


def _gathered(plan: Plan, *, joined: str = "", also: str = "") -> str:
    """What each unit told of each cell, where it told all of it: both sides and their qualifiers."""
    figure, take = _figure(plan, "f.value"), "MAX" if plan.lone else "SUM"
    parts = "MAX(t.part)" if plan.last_part is None else plan.last_part
    if plan.folds:
        source = "folded AS f JOIN term_heads AS t ON t.term = f.term"
    else:
        source = f"facts AS f JOIN terms AS t ON t.measure = f.measure {joined} {_facts_where(plan)} {also}"
    return f"""
        SELECT
            t.cell, f.unit, f.period,
            {take}(CASE WHEN t.part = {Part.NUMERATOR.value} THEN {figure} END) AS numerator,
            {take}(CASE WHEN t.part = {Part.DENOMINATOR.value} THEN {figure} END) AS denominator,
            {parts} AS parts,
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

_COUNTS = """
    CAST(SUM(r.reported) AS INT) AS reported,
    CAST(SUM(r.not_applicable) AS INT) AS not_applicable,
    CAST(SUM(r.estimated) AS INT) AS estimated,
    CAST(SUM(r.at_least) AS INT) AS at_least
"""
_SUMS = f"SUM(r.numerator) AS numerator, SUM(r.denominator) AS denominator, {_COUNTS}"


def _level(step: int, first: str, *, many_eras: bool = False) -> str:
    """One parent step up. The first step reads what units told; the rest read the step before."""
    below = first if step == 1 else f"level_{step - 1}"
    eras = "JOIN eras AS e ON e.period = r.period" if many_eras else ""
    same_era = "AND p.era = e.era" if many_eras else ""
    return f"""
        SELECT r.cell, p.parent AS unit, r.period, {_SUMS}
        FROM {below} AS r {eras}
        JOIN tree AS p ON p.unit = r.unit {same_era}
        WHERE NOT p.parent IS NULL
        GROUP BY r.cell, p.parent, r.period
    """


_COLUMNS = "cell, unit, period, numerator, denominator, reported, not_applicable, estimated, at_least"


def _answer(plan: Plan) -> str:
    """Units without children answer with what they told; the others with the sum over every level that met."""
    columns = _COLUMNS
    levels = "".join(f" UNION ALL SELECT {columns} FROM level_{step}" for step in range(1, plan.steps + 1))
    own = f"SELECT {columns} FROM told WHERE unit IN (SELECT unit FROM inner_units)"
    return f"""
        SELECT {columns} FROM told WHERE NOT unit IN (SELECT unit FROM inner_units)
        UNION ALL
        SELECT r.cell, r.unit, r.period, {_SUMS} FROM ({own} {levels}) AS r GROUP BY r.cell, r.unit, r.period
    """


# ---------------------------------------------------------------------------------- a year whose halves go apart


def _gathered_by_half(plan: Plan) -> str:
    """What each unit told of each cell in each half of a year. A mean takes half of each."""
    figure = _figure(
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
        {_facts_where(plan)}
        GROUP BY t.cell, f.unit, a.asked, f.period
    """


_OF_YEAR = "OVER (PARTITION BY g.cell, g.unit, g.period)"
_YEAR = f"""
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
_TOLD_BY_HALF = """
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


# ------------------------------------------------------------------------------------------------ on another map


def _onto(plan: Plan) -> dict[str, str]:
    """The steps from what units told to the units of the map day."""
    if plan.onto == "uncertain":
        return {"answer": _uncertain(plan)}
    steps = {"living": _living(plan)} if plan.onto == "counted" else {}
    told = "living" if steps else "told"
    steps["taken"] = f"""
        {_COMPLETE if plan.adds_first else ""}
        SELECT r.cell, w.taker AS unit, r.period, {_SUMS}
        FROM {told} AS r {_era(plan)} JOIN whole AS w ON w.unit = r.unit {_same_era(plan, "w")}
        GROUP BY r.cell, w.taker, r.period
    """
    if plan.onto == "own":
        return steps | {"answer": f"SELECT {_COLUMNS}, {Kept.WHOLE.value} AS kept FROM taken"}
    steps |= {f"level_{step}": _level(step, "taken") for step in range(1, plan.steps + 1)}
    if plan.divides:
        steps |= _shared(plan, told)
    if plan.onto == "counted":
        steps |= _counted(plan)
    return steps | {"answer": _answer_onto(plan)}


def _added_first(plan: Plan) -> dict[str, str]:
    """The figures of units that go whole, added up at who takes them; and, as `gathered`, what each unit told where
    that is not the whole story: some did not tell all, a figure does not apply or is no exact one, or it was divided.
    Twice as quick as asking each unit first, and as exact as long as a unit has one figure at most of a series and
    half-year: it has one return a campaign, one return counts by one revision, and that says a series once. A second
    figure of one unit could otherwise stand in for another's that lacks (asked singly, both would be left out)."""
    figure = _figure(plan, "f.value")
    whole = f"{_era(plan, 'f')} JOIN whole AS w ON w.unit = f.unit {_same_era(plan, 'w')}"
    partial = "JOIN summed AS s ON s.cell = t.cell AND s.unit = w.taker AND s.period = f.period AND NOT s.complete"
    steps = {
        "due": "SELECT era, taker AS unit, COUNT(*) AS units FROM whole GROUP BY era, taker",
        "rough": f"""
            SELECT
                t.cell, w.taker AS unit, f.period,
                SUM(CASE WHEN t.part = {Part.NUMERATOR.value} THEN {figure} END) AS numerator,
                SUM(CASE WHEN t.part = {Part.DENOMINATOR.value} THEN {figure} END) AS denominator,
                COUNT(f.value) AS figures,
                COUNT(*) AS pieces,
                MAX(f.qualifier) AS qualifier
            FROM facts AS f JOIN terms AS t ON t.measure = f.measure {whole} {_facts_where(plan)}
            GROUP BY t.cell, w.taker, f.period
        """,
        "summed": f"""
            SELECT
                r.cell, r.unit, r.period, r.numerator, r.denominator, d.units,
                r.pieces = d.units * {plan.terms_of_cell} AND r.figures = r.pieces AND r.qualifier = 0 AS complete
            FROM rough AS r {_era(plan)} JOIN due AS d ON d.unit = r.unit {_same_era(plan, "d")}
        """,
        "gathered": _gathered(plan, joined=f"{whole} {partial}"),
    }
    if plan.divides:
        key = "f.unit, e.era" if plan.many_eras else "f.unit"
        divided = f"AND ({key}) IN (SELECT {key.replace('f.', '').replace('e.', '')} FROM shares)"
        steps["gathered"] += f" UNION ALL {_gathered(plan, joined=_era(plan, 'f'), also=divided)}"
    return steps


_COMPLETE = """
    SELECT
        cell, unit, period, numerator, denominator,
        CAST(units AS INT) AS reported, 0 AS not_applicable, 0 AS estimated, 0 AS at_least
    FROM summed WHERE complete
    UNION ALL
"""


def _era(plan: Plan, row: str = "r") -> str:
    return f"JOIN eras AS e ON e.period = {row}.{'half' if plan.splits else 'period'}" if plan.many_eras else ""


def _same_era(plan: Plan, table: str) -> str:
    return f"AND {table}.era = e.era" if plan.many_eras else ""


_ROOM = "DECIMAL(38, 14)"
"""Holds a figure of five decimal places times a share of nine, and sums of them to 24 figures before the point."""


def _shared(plan: Plan, told: str) -> dict[str, str]:
    """What divided units told: what reaches a unit whole all the same (mostly what stands above all who took some), and
    what reaches it by its shares. Apart, for most of it is the one, and only the other is multiplied."""
    sides = ""
    for side in ("numerator", "denominator"):
        figure = f"CAST(r.{side} AS DECIMAL(27, 5))"
        unknown = f"COUNT(CASE WHEN s.best IS NULL AND r.{side} <> 0 THEN 1 END)"
        best = f"SUM({figure} * s.best)"
        sides += f", CASE WHEN {unknown} > 0 THEN NULL ELSE CAST(COALESCE({best}, 0) AS {_ROOM}) END AS {side}_best"
        for bound, other in (("low", "high"), ("high", "low")):
            at = f"CASE WHEN r.{side} < 0 THEN s.{other} ELSE s.{bound} END" if plan.minus else f"s.{bound}"
            sides += f", CAST(SUM({figure} * {at}) AS {_ROOM}) AS {side}_{bound}"
    rows = f"FROM {told} AS r {_era(plan)} JOIN shares AS s ON s.unit = r.unit {_same_era(plan, 's')}"
    return {
        "kept_whole": f"""
            SELECT r.cell, s.taker AS unit, r.period, {_SUMS} {rows} WHERE s.low = 1
            GROUP BY r.cell, s.taker, r.period
        """,
        "shared": f"""
            SELECT r.cell, s.taker AS unit, r.period, {_COUNTS}{sides} {rows} WHERE s.low < 1
            GROUP BY r.cell, s.taker, r.period
        """,
    }


def _answer_onto(plan: Plan) -> str:
    """As _answer, with what was divided beside it."""
    levels = "".join(f" UNION ALL SELECT {_COLUMNS} FROM level_{step}" for step in range(1, plan.steps + 1))
    if plan.divides:
        counted = _COLUMNS.replace("numerator, denominator", "NULL AS numerator, NULL AS denominator")
        levels += f" UNION ALL SELECT {_COLUMNS} FROM kept_whole UNION ALL SELECT {counted} FROM shared"
    several = f"SELECT {_COLUMNS} FROM taken WHERE unit IN (SELECT unit FROM mixed) {levels}"
    wide = plan.divides or plan.onto == "counted"
    sides = [f"CAST({side} AS {_ROOM})" if wide else side for side in ("numerator", "denominator")]
    counts = "reported, not_applicable, estimated, at_least"
    columns = f"cell, unit, period, {sides[0]} AS numerator, {sides[1]} AS denominator, {counts}"
    text = f"""
        SELECT {columns}, {Kept.WHOLE.value} AS kept FROM taken WHERE NOT unit IN (SELECT unit FROM mixed)
        UNION ALL
        SELECT {columns}, {Kept.WHOLE.value} AS kept
        FROM (SELECT r.cell, r.unit, r.period, {_SUMS} FROM ({several}) AS r GROUP BY r.cell, r.unit, r.period) AS g
    """
    nobody = "0 AS reported, 0 AS not_applicable, 0 AS estimated, 0 AS at_least"
    if plan.divides:
        for kept in (Kept.BEST, Kept.LOW, Kept.HIGH):
            name = kept.name.lower()
            text += f"""
                UNION ALL
                SELECT cell, unit, period, numerator_{name} AS numerator, denominator_{name} AS denominator,
                    {nobody}, {kept.value} AS kept
                FROM shared
            """
    if plan.onto == "counted":
        for kept, bound in ((Kept.ALL, "low"), (Kept.ANY, "high")):
            text += f"""
                UNION ALL
                SELECT cell, unit, period, CAST(SUM(numerator_{bound}) AS {_ROOM}) AS numerator,
                    CAST(SUM(denominator_{bound}) AS {_ROOM}) AS denominator, {nobody}, {kept.value} AS kept
                FROM held GROUP BY cell, unit, period
            """
    return text


def _living(plan: Plan) -> str:
    """How many people live in units that told, and in those of them that have the property."""
    return f"""
        SELECT
            r.cell, r.unit, r.period,
            CASE WHEN r.numerator > 0 THEN p.people WHEN NOT r.numerator IS NULL THEN 0 END AS numerator,
            CASE WHEN r.numerator IS NULL THEN NULL WHEN r.denominator = 0 THEN 0 ELSE p.people END AS denominator,
            r.reported, r.not_applicable, r.estimated, r.at_least
        FROM told AS r {_era(plan)} LEFT JOIN people AS p ON p.unit = r.unit {_same_era(plan, "p")}
    """


def _counted(plan: Plan) -> dict[str, str]:
    """Units of the map day by what all, and any, of their predecessors told; added up one parent step a level."""
    if plan.folds:
        source = "folded AS f JOIN term_heads AS t ON t.term = f.term"
    else:
        source = f"facts AS f JOIN terms AS t ON t.measure = f.measure {_facts_where(plan)}"
    steps = {
        "marks": f"""
            SELECT t.cell, t.term, t.part, t.sign, f.unit, f.period, CAST({_taken(plan, "f.value")} AS INT) AS mark
            FROM {source}
        """,
        "standing": f"""
            SELECT m.cell, m.term, m.part, m.sign, k.taker AS unit, m.period, MIN(m.mark) AS least, MAX(m.mark) AS most
            FROM marks AS m
            JOIN told AS r ON r.cell = m.cell AND r.unit = m.unit AND r.period = m.period AND r.not_applicable = 0
            {_era(plan)} JOIN takers AS k ON k.unit = m.unit {_same_era(plan, "k")}
            GROUP BY m.cell, m.term, m.part, m.sign, k.taker, m.period
        """,
    }
    names = []
    columns = []
    for part in Part:
        for bound, (plus, minus) in (("low", ("least", "most")), ("high", ("most", "least"))):
            names.append(f"{part.name.lower()}_{bound}")
            mark = f"CASE WHEN sign > 0 THEN {plus} ELSE -{minus} END"
            columns.append(f"CAST(SUM(CASE WHEN part = {part.value} THEN {mark} END) AS INT) AS {names[-1]}")
    steps["held_0"] = f"SELECT cell, unit, period, {', '.join(columns)} FROM standing GROUP BY cell, unit, period"
    sums = ", ".join(f"CAST(SUM(r.{name}) AS INT) AS {name}" for name in names)
    for step in range(1, plan.steps + 1):
        steps[f"held_{step}"] = f"""
            SELECT r.cell, p.parent AS unit, r.period, {sums} FROM held_{step - 1} AS r
            JOIN tree AS p ON p.unit = r.unit WHERE NOT p.parent IS NULL GROUP BY r.cell, p.parent, r.period
        """
    every = " UNION ALL ".join(
        f"SELECT cell, unit, period, {', '.join(names)} FROM held_{step}" for step in range(plan.steps + 1)
    )
    return steps | {"held": every}


def _uncertain(plan: Plan) -> str:
    """What units told whose share is not known, at every unit that may hold some of it, with the bounds."""
    return f"""
        SELECT r.cell, s.taker AS unit, r.period, r.numerator, r.denominator, s.low, s.high
        FROM told AS r {_era(plan)} JOIN shares AS s ON s.unit = r.unit {_same_era(plan, "s")}
        WHERE s.low < s.high AND r.not_applicable = 0
    """
