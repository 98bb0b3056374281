"""Every answer case: the engine gives the numbers worked out by hand, and so does SQL that somebody else wrote."""

from __future__ import annotations

import sqlite3
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.cases.case import NUMBERS, SCHEMA, Ask, Case, cases
from tests.engine.small import ground

from tienbo.core.faults import Refused
from tienbo.engine.evaluate import evaluate
from tienbo.engine.values import Value

CASES = cases()
ASKS = [pytest.param(ask, id=f"{case.path.stem}-{number}") for case in CASES for number, ask in enumerate(case.asks, 1)]
PARTS = {"reported": "units_reported", "due": "units_due", "estimated": "units_estimated"}


def test_there_are_many_cases_and_each_says_what_would_go_wrong_and_how_it_was_worked() -> None:
    assert len(CASES) >= 40
    assert all(case.raw["title"] and case.raw["worked"] for case in CASES)
    assert sum("pack" in case.raw for case in CASES) >= 12


@pytest.mark.parametrize("ask", ASKS)
def test_the_engine_gives_what_was_worked_out_by_hand(ask: Ask, tmp_path: Path) -> None:
    case = ask.case
    made = ground(tmp_path, case.trees, case.facts, excluded=ask.excluded, segments=2, onto=ask.onto)
    basis = ask.raw.get("basis", "accepted")
    if "refused" in ask.raw:
        with pytest.raises(Refused) as refused:
            evaluate(case.edition, ask.question, ground=made, scope=ask.scope, audience=ask.audience, basis=basis)
        assert [fault.code for fault in refused.value.faults] == [ask.raw["refused"]]
        return
    found = evaluate(case.edition, ask.question, ground=made, scope=ask.scope, audience=ask.audience, basis=basis)
    values = {(case.name(value.unit), value.period, value.members): value for value in found}
    expected = ask.expected
    assert expected.keys() <= values.keys()
    for place, says in expected.items():
        assert _agrees(values[place], says), (place, values[place], says)
    told = {place for place, value in values.items() if value.status == "value"}
    assert told <= expected.keys(), "the case must say every value there is"


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("database", ["duckdb", "sqlite"])
def test_sql_written_by_somebody_else_gives_the_same(ask: Ask, database: str) -> None:
    expected = {place: says["value"] for place, says in ask.expected.items() if says["status"] == "value"}
    if not expected:
        assert "check_sql" not in ask.raw, "there is no value to check"
        return
    rows = _rows(ask.case, ask.raw["check_sql"], database)
    got = {_place(row): row[-1] for row in rows if row[-1] is not None}
    assert got.keys() == expected.keys()
    for place, value in expected.items():
        assert float(got[place]) == pytest.approx(float(value), rel=1e-9), place


def _place(row: tuple[Any, ...]) -> tuple[str, str, str]:
    return (row[0], str(row[1]), row[2] or "" if len(row) == 4 else "")


def _agrees(value: Value, says: dict[str, Any]) -> bool:
    for part, want in says.items():
        have = getattr(value, PARTS.get(part, part))
        if part in NUMBERS and want is not None:
            # A decimal of 28 figures stands for a fraction that has no end.
            if have is None or abs(Fraction(have) - want) > abs(want) / 10**25:
                return False
        elif have != want:
            return False
    return True


def _rows(case: Case, sql: str, database: str) -> list[tuple[Any, ...]]:
    facts, units = case.table_rows()
    schema = SCHEMA.format(number="DECIMAL(18,4)" if database == "duckdb" else "NUMERIC")
    connection: Any = duckdb.connect() if database == "duckdb" else sqlite3.connect(":memory:")
    try:
        for statement in schema.split(";"):
            if statement.strip():
                connection.execute(statement)
        if database == "sqlite":
            facts = [(*row[:4], None if row[4] is None else float(row[4]), *row[5:]) for row in facts]
        if facts:
            connection.executemany(f"INSERT INTO facts VALUES ({', '.join('?' * 8)})", facts)
        connection.executemany("INSERT INTO units VALUES (?, ?, ?, ?)", units)
        links = case.link_rows()
        if database == "sqlite":
            links = [(*row[:5], float(row[5]), float(row[6])) for row in links]
        if links:
            connection.executemany("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?)", links)
        return list(connection.execute(sql).fetchall())
    finally:
        connection.close()
