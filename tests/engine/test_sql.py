"""The SQL texts: kept as they are until somebody means to change them, and the same answers on PostgreSQL.

TIENBO_REWRITE_SQL=1 .venv/bin/pytest tests/engine/test_sql.py      writes tests/engine/sql/ again
"""

from __future__ import annotations

import os
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlglot
from django.db import connection
from tests.engine.small import OFFICE, edition, ground, onto, said, tree

from tienbo.core.acts import Act, Link
from tienbo.core.periods import Period
from tienbo.core.shares import Share
from tienbo.core.spans import Span
from tienbo.engine.compile import compile_sql
from tienbo.engine.engines import Engine, Limits
from tienbo.engine.evaluate import Question, evaluate
from tienbo.engine.facts import EMPTY, FactSet
from tienbo.engine.plan import Plan, Take
from tienbo.engine.recasting import History

SQL = Path(__file__).parent / "sql"
PLANS = {
    "sum_of_a_half_year": Plan(names=True, terms_of_cell=2, first_half=4051, last_half=4051),
    "own_figure": Plan(rolls_up=False, names=True, terms_of_cell=1, first_half=4028, last_half=4028, wants=True),
    "year_over_two_maps": Plan(
        steps=3, many_eras=True, folds=True, first_half=4048, last_half=4051, reaches=True, wants=True
    ),
    "units_counted_by_a_test": Plan(
        steps=1, takes=frozenset(Take), minus=True, first_half=4050, last_half=4051, gaps=True, excludes=True
    ),
    "onto_another_map": Plan(onto="sum", divides=True, names=True, terms_of_cell=2, first_half=4050, last_half=4050),
    "onto_another_map_from_two": Plan(
        onto="sum",
        divides=True,
        many_eras=True,
        terms_of_cell=1,
        lone=True,
        last_part=0,
        first_half=4048,
        last_half=4051,
    ),
    "onto_another_map_own_figure": Plan(
        onto="own", rolls_up=False, names=True, terms_of_cell=1, first_half=4028, last_half=4051, many_eras=True
    ),
    "onto_another_map_units_counted": Plan(
        onto="counted", steps=1, divides=True, takes=frozenset(Take), terms_of_cell=2, first_half=4050, last_half=4050
    ),
    "onto_another_map_by_half": Plan(
        onto="sum", steps=1, splits=True, many_eras=True, divides=True, first_half=4050, last_half=4051, wants=True
    ),
    "onto_another_map_uncertain": Plan(
        onto="uncertain", divides=True, reaches=True, terms_of_cell=2, first_half=4050, last_half=4050
    ),
}

MEASURES = {
    "sum_of_a_half_year": (1, 2),
    "own_figure": (1,),
    "onto_another_map": (1, 2),
    "onto_another_map_own_figure": (1,),
}


def text_of(name: str, dialect: str = "duckdb") -> str:
    return compile_sql(PLANS[name], measures=MEASURES.get(name, ()), dialect=dialect)


@pytest.mark.parametrize("name", PLANS)
def test_the_text_is_the_one_that_was_read(name: str) -> None:
    text = text_of(name) + "\n"
    kept = SQL / f"{name}.sql"
    if os.environ.get("TIENBO_REWRITE_SQL"):
        SQL.mkdir(exist_ok=True)
        kept.write_text(text)
    assert kept.read_text() == text


def test_every_kept_text_belongs_to_a_plan() -> None:
    assert {path.stem for path in SQL.iterdir()} == set(PLANS)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("dialect", ["postgres", "spark", "clickhouse"])
def test_the_text_is_understood_elsewhere(name: str, dialect: str) -> None:
    made = text_of(name, dialect)
    assert sqlglot.parse_one(made, read=dialect).sql(dialect=dialect, pretty=True) == made


# ------------------------------------------------------------------------------------ the same text on PostgreSQL

EDITION = edition(
    {
        "classes": {"breakdowns": ["sex"], "reporting": [{"by": ["province", "commune"]}]},
        "staff": {"breakdowns": ["sex"], "over_time": "last"},
        "hours": {"over_time": "mean"},
        "items": {"breakdowns": ["quarter"]},
        "published": {"reporting": [{"by": ["province"], "at_parent": "own"}]},
    },
    {
        "classes": {"numerator": ["classes"]},
        "share": {"unit": "percent", "numerator": ["staff[sex=f]"], "denominator": ["staff"]},
        "men": {"numerator": ["staff", {"series": "staff[sex=f]", "minus": True}]},
        "hours": {"unit": "times", "numerator": ["hours"]},
        "led": {
            "unit": "percent",
            "numerator": [{"series": "staff[sex=f]", "count_units": True, "test": {"op": ">", "value": 2}}],
            "denominator": [{"series": "staff", "count_units": True}],
        },
        "steady": {
            "numerator": [{"series": "items", "count_units": True, "each": "quarter", "test": {"op": "<=", "value": 4}}]
        },
        "published": {"numerator": ["published"]},
    },
)
OLD = tree({1: (None, "province"), 2: (1, "district"), 3: (2, "commune"), 4: (2, "commune"), 5: (1, "commune")})
NEW = tree({1: (None, "province"), 3: (1, "commune"), 4: (1, "commune"), 6: (1, "commune")})
TREES = {"2024-H1": OLD, "2024-H2": OLD, "2025-H1": OLD, "2025-H2": NEW}
QUESTIONS = [
    Question(tuple(EDITION.indicators), tuple(map(Period.parse, ("2024-H1", "2024-H2", "2025-H2", "2024", "2025")))),
    Question(("share", "led", "men"), (Period(2025, 1),), (1, 2)),
    Question(("staff_count",), (Period(2025, 1), Period(2025, 2)), by="sex"),
    Question(
        tuple(EDITION.indicators),
        tuple(map(Period.parse, ("2024-H1", "2025-H2", "2024", "2025"))),
        map_day=date(2025, 7, 1),
    ),
]
LIVES = {
    **dict.fromkeys((1, 3, 4, 5, 6), Span(date(1990, 1, 1))),
    2: Span(date(1990, 1, 1), date(2025, 7, 1)),
    5: Span(date(1990, 1, 1), date(2025, 7, 1)),
    6: Span(date(2025, 7, 1)),
}
SHARES = (
    {"population": Share(Fraction(1, 4), Fraction(1, 2), None)},
    {"population": Share(Fraction(1, 2), Fraction(3, 4))},
)
ACTS = (Act("nq1", date(2025, 7, 1), (Link(5, 6, SHARES[0]), Link(5, 3, SHARES[1]))),)
HISTORY = History(ACTS, LIVES, lambda _measure: {}, {2: "nq1"}, {unit: f"u{unit}" for unit in LIVES})
EDITION.indicators["staff_count"] = edition({}, {"staff_count": {"numerator": ["staff"]}}).indicators["staff_count"]


def _facts() -> list[Any]:
    told = []
    for number, half in enumerate(TREES):
        for unit in (1, 3, 4, 5, 6):
            told += [
                said(unit, half, "classes", unit + number, revision=unit),
                said(unit, half, "staff", 10 * unit, "estimate" if unit == 4 else "exact"),
                said(unit, half, "staff[sex=f]", unit if unit != 5 else None),
                said(unit, half, "staff[sex=m]", unit * 2),
                said(unit, half, "hours", f"{unit}.000{number}"),
                said(unit, half, "items[quarter=q1]", unit),
                said(unit, half, "items[quarter=q2]", 5 - unit, counts=unit != 6),
            ]
    return [*told, said(1, "2025-H2", "published", "99999999999.0001", "at_least")]


class Listening(Engine):
    """An engine that remembers what it was asked; of one thread, so that nothing is asked aside of it."""

    def __init__(self) -> None:
        super().__init__(Limits(threads=1))
        self.heard: list[tuple[str, dict[str, pa.Table], pa.Table]] = []

    def arrow(self, sql: str, **tables: pa.Table) -> pa.Table:
        answer = super().arrow(sql, **tables)
        self.heard.append((sql, tables, answer))
        return answer


@pytest.mark.database
@pytest.mark.django_db
@pytest.mark.parametrize("question", QUESTIONS, ids=["every indicator", "some units", "by sex", "another map"])
def test_postgresql_gives_the_same_answers_from_the_same_text(question: Question, tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the text runs on DuckDB in every other test; scripts/test-postgresql runs this one")
    listening = Listening()
    way = onto(date(2025, 7, 1), NEW, TREES, HISTORY) if question.map_day else None
    made = ground(tmp_path, TREES, _facts(), excluded={6}, onto=way)
    values = evaluate(EDITION, question, ground=made, scope=None, audience=OFFICE, basis="accepted", using=listening)
    assert len(list(values)) > 0
    facts = listening.arrow(f"SELECT * REPLACE (CAST(cell AS VARCHAR) AS cell) FROM {made.facts.source()}")
    assert any(answer.num_rows for _sql, _tables, answer in listening.heard[:-1])
    for sql, tables, answer in listening.heard[:-1]:
        here = sqlglot.transpile(sql.replace(made.facts.source(), "facts"), read="duckdb", write="postgres")[0]
        with connection.cursor() as cursor:
            for name, table in {**tables, "facts": facts}.items():
                _fill(cursor, name, table)
            cursor.execute(here)
            found = cursor.fetchall()
        assert sorted(map(repr, map(_plain, found))) == sorted(
            repr(_plain(row)) for row in zip(*(column.to_pylist() for column in answer.columns), strict=True)
        )


def _plain(row: tuple[Any, ...]) -> tuple[str | None, ...]:
    return tuple(
        None if part is None else f"{part:f}".rstrip("0").rstrip(".") if "." in f"{part}" else f"{part}" for part in row
    )


_TYPES = {
    "int8": "SMALLINT",
    "int16": "SMALLINT",
    "int32": "INT",
    "int64": "BIGINT",
    "bool": "BOOLEAN",
    "string": "TEXT",
}


def _fill(cursor: Any, name: str, table: pa.Table) -> None:
    types = [
        "NUMERIC" if pa.types.is_decimal(field.type) else _TYPES.get(str(field.type), "DATE") for field in table.schema
    ]
    columns = ", ".join(f'"{field.name}" {kind}' for field, kind in zip(table.schema, types, strict=True))
    cursor.execute(f"DROP TABLE IF EXISTS {name}; CREATE TEMP TABLE {name} ({columns})")
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    if rows:
        cursor.executemany(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(types))})", rows)


def test_no_facts_at_all_is_an_empty_table_of_the_same_columns(tmp_path: Path) -> None:
    made = ground(tmp_path, {"2025-H2": NEW}, [])
    assert made.facts == FactSet(())
    asked = Question(("classes",), (Period(2025, 2),))
    values = list(evaluate(EDITION, asked, ground=made, scope=None, audience=OFFICE, basis="accepted"))
    assert [(value.status.value, value.units_due) for value in values] == [("not_reported", n) for n in (4, 1, 1, 1)]
    assert EMPTY.num_rows == 0
