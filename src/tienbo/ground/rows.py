"""Rows of several tables, written in one go.

    numbers_give([draft, revision])        # those that others name, or files
    rows_write([draft, revision, Receipt(revision=revision), ...])

A row that is to be pointed at gets its number before it is written, so that nothing is asked in between: on PostgreSQL
one question for all numbers and one text for all rows, however many tables they go to. What a table demands is demanded
as ever. Inside a transaction; foreign keys are looked at when it ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, connections
from django.db.models import Field, Model

MOST = 10_000
"""Values of one text: SQLite takes three times as many."""


def numbers_give(rows: Sequence[Model]) -> None:
    """Give each of these its primary key, where it has none."""
    new = [row for row in rows if row.pk is None]
    if not new:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequences = [_sequence(type(row)) for row in new]
            cursor.execute("SELECT nextval(one::regclass) FROM unnest(%s::text[]) AS one", [sequences])
            numbers = [number for (number,) in cursor.fetchall()]
        else:  # one writer: nobody else gives numbers before this transaction ends
            numbers, last = [], dict[str, int]()
            for row in new:
                table = row._meta.db_table
                if table not in last:
                    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
                    last[table] = (cursor.fetchone() or (0,))[0]
                last[table] += 1
                numbers.append(last[table])
    for row, number in zip(new, numbers, strict=True):
        row.pk = number


def rows_write(rows: Sequence[Model]) -> None:
    """Insert rows, table after table in the order in which they are met. A row without a number gets one nobody is
    told."""
    alike: dict[tuple[type[Model], bool], list[Model]] = defaultdict(list)
    for row in rows:
        row._prepare_related_fields_for_save(operation_name="rows_write")  # type: ignore[attr-defined]
        alike[type(row), row.pk is not None].append(row)
    texts: list[tuple[str, list[Any], int]] = []
    held_by = connections[connection.alias]  # not looked up again for each of a thousand values
    for (model, is_numbered), held in alike.items():
        fields, start = _insert(model, is_numbered)
        step = max(1, MOST // len(fields))
        for at in range(0, len(held), step):
            some = held[at : at + step]
            values = [field.get_db_prep_save(field.pre_save(row, True), held_by) for row in some for field in fields]
            texts.append((start, values, len(fields)))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and texts:
            cursor.execute(_spelled(texts))
        else:
            for start, values, width in texts:
                places = f"({', '.join(['%s'] * width)})"
                cursor.execute(start + ", ".join([places] * (len(values) // width)), values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _spelled(texts: Iterable[tuple[str, Sequence[Any], int]]) -> str:
    """One text of all inserts, with its values in it as psycopg writes them. It would do that itself, but first look
    for the places in a text as long as this, each time: a third of what the writing takes."""
    from psycopg.adapt import Transformer

    values_as = Transformer(connection.connection).as_literal
    made = []
    for start, values, width in texts:
        literals = [values_as(value).decode() for value in values]
        rows = (", ".join(literals[at : at + width]) for at in range(0, len(literals), width))
        made.append(start + ", ".join(f"({row})" for row in rows))
    return "; ".join(made)


def rows_counted(models: Iterable[type[Model]]) -> None:
    """Let PostgreSQL look at how many rows tables have come to have, where many came in a short time. Outside a
    transaction.

    It looks by itself once a minute. A connection keeps the plans it made while a table was empty, and until the table
    was looked at reads all of it for each row that points at it.
    """
    if connection.vendor == "postgresql":
        tables = [model._meta.db_table for model in models]
        with connection.cursor() as cursor:
            cursor.execute("SELECT ground_counted(%s::text[])", [tables])  # the role of the pages owns no table


@lru_cache(maxsize=64)
def _insert(model: type[Model], is_numbered: bool) -> tuple[Sequence[Field[Any, Any]], str]:
    """The fields, and what stands before the rows of an insert."""
    fields = [one for one in model._meta.concrete_fields if is_numbered or not one.primary_key]
    name = connection.ops.quote_name
    columns = ", ".join(name(str(one.column)) for one in fields)
    start = f"INSERT INTO {name(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608 - names of our own
    return fields, start


@lru_cache(maxsize=64)
def _sequence(model: type[Model]) -> str:
    """What gives the numbers of a table."""
    with connection.cursor() as cursor:
        table, column = connection.ops.quote_name(model._meta.db_table), str(model._meta.pk.column)
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, column])
        return str(cursor.fetchone()[0])
