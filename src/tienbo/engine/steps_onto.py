"""The steps of a text from what units told to the units of another day: see `compile`."""

# ruff: noqa: S608 - the text is put together here and nowhere else, from numbers and names of our own

from __future__ import annotations

from tienbo.engine.plan import Kept, Part, Plan
from tienbo.engine.steps import COLUMNS, COUNTS, SUMS, TOLD, facts_where, figure_of, gathered, level, sides, taken_of


def onto_steps(plan: Plan) -> dict[str, str]:
    """The steps from what units told to the units of the map day."""
    if plan.onto == "uncertain":
        return {"answer": _uncertain(plan)}
    steps = {"living": _living(plan)} if plan.onto == "counted" else {}
    told = "living" if steps else "told"
    steps["taken"] = f"""
        {_complete("unit", "unit > 0") + "UNION ALL" if plan.adds_first else ""}
        SELECT r.cell, w.taker AS unit, r.period, {SUMS}
        FROM {told} AS r {_era(plan)} JOIN whole AS w ON w.unit = r.unit {_same_era(plan, "w")}
        GROUP BY r.cell, w.taker, r.period
    """
    if plan.onto == "own":
        return steps | {"answer": f"SELECT {COLUMNS}, {Kept.WHOLE.value} AS kept FROM taken"}
    steps |= {f"level_{step}": level(step, "taken") for step in range(1, plan.steps + 1)}
    if plan.divides:
        steps |= _shared(plan, told)
    if plan.onto == "counted":
        steps |= _counted(plan)
    return steps | {"answer": _answer_onto(plan)}


def added_first(plan: Plan) -> dict[str, str]:
    """The figures of units added up at who takes them; and, as `gathered`, what each unit told where that is not the
    whole story: some did not tell all, a figure does not apply or is no exact one. A divided unit is added up at
    itself, under its number below zero.

    Twice as quick as asking each unit first, and as exact as long as a unit has one figure at most of a series and
    half-year: it has one return a campaign, one return counts by one revision, and that says a series once. A second
    figure of one unit could otherwise stand in for another's that lacks (asked singly, both would be left out)."""
    numerator, denominator = sides(plan, figure_of(plan, "f.value"))
    gone = f"{_era(plan, 'f')} JOIN gone AS w ON w.unit = f.unit {_same_era(plan, 'w')}"
    partial = "JOIN summed AS s ON s.cell = t.cell AND s.unit = w.taker AND s.period = f.period AND NOT s.complete"
    return {
        "due": "SELECT era, taker AS unit, COUNT(*) AS units FROM gone GROUP BY era, taker",
        "rough": f"""
            SELECT
                t.cell, w.taker AS unit, f.period, {numerator} AS numerator, {denominator} AS denominator,
                COUNT(CASE WHEN f.qualifier = 0 THEN f.value END) AS figures
            FROM facts AS f JOIN terms AS t ON t.measure = f.measure {gone} {facts_where(plan)}
            GROUP BY t.cell, w.taker, f.period
        """,
        "summed": f"""
            SELECT
                r.cell, r.unit, r.period, r.numerator, r.denominator, d.units,
                r.figures = d.units * {plan.terms_of_cell} AS complete
            FROM rough AS r {_era(plan)} JOIN due AS d ON d.unit = r.unit {_same_era(plan, "d")}
        """,
        "gathered": gathered(plan, joined=f"{gone} {partial}"),
    }


def _complete(unit: str, where: str) -> str:
    return f"""
        SELECT
            cell, {unit} AS unit, period, numerator, denominator,
            CAST(units AS INT) AS reported, 0 AS not_applicable, 0 AS estimated, 0 AS at_least
        FROM summed WHERE complete AND {where}
    """


def told_divided() -> str:
    """What units told, those divided that told all of it among them."""
    return f"{_complete('-unit', 'unit < 0')} UNION ALL {TOLD}"


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
    for part in Part:
        side = part.name.lower()
        # Of units counted, the people who live in them stand in the denominator, whatever the cell has.
        if plan.last_part == Part.NUMERATOR < part and plan.onto != "counted":
            sides += "".join(f", CAST(NULL AS {_ROOM}) AS {side}_{kept}" for kept in ("best", "low", "high"))
            continue
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
            SELECT r.cell, s.taker AS unit, r.period, {SUMS} {rows} WHERE s.low = 1
            GROUP BY r.cell, s.taker, r.period
        """,
        "shared": f"""
            SELECT r.cell, s.taker AS unit, r.period, {COUNTS}{sides} {rows} WHERE s.low < 1
            GROUP BY r.cell, s.taker, r.period
        """,
    }


def _answer_onto(plan: Plan) -> str:
    """As answer, with what was divided beside it."""
    levels = "".join(f" UNION ALL SELECT {COLUMNS} FROM level_{step}" for step in range(1, plan.steps + 1))
    if plan.divides:
        counted = COLUMNS.replace("numerator, denominator", "NULL AS numerator, NULL AS denominator")
        levels += f" UNION ALL SELECT {COLUMNS} FROM kept_whole UNION ALL SELECT {counted} FROM shared"
    several = f"SELECT {COLUMNS} FROM taken WHERE unit IN (SELECT unit FROM mixed) {levels}"
    wide = plan.divides or plan.onto == "counted"
    sides = [f"CAST({side} AS {_ROOM})" if wide else side for side in ("numerator", "denominator")]
    counts = "reported, not_applicable, estimated, at_least"
    columns = f"cell, unit, period, {sides[0]} AS numerator, {sides[1]} AS denominator, {counts}"
    text = f"""
        SELECT {columns}, {Kept.WHOLE.value} AS kept FROM taken WHERE NOT unit IN (SELECT unit FROM mixed)
        UNION ALL
        SELECT {columns}, {Kept.WHOLE.value} AS kept
        FROM (SELECT r.cell, r.unit, r.period, {SUMS} FROM ({several}) AS r GROUP BY r.cell, r.unit, r.period) AS g
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
        source = f"facts AS f JOIN terms AS t ON t.measure = f.measure {facts_where(plan)}"
    steps = {
        "marks": f"""
            SELECT t.cell, t.term, t.part, t.sign, f.unit, f.period, CAST({taken_of(plan, "f.value")} AS INT) AS mark
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
