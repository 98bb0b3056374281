"""What nearly every request asks, planned once by a session of PostgreSQL instead of each time: with policies to be
looked at, planning a short question takes longer than answering it.

    cursor.execute(*planned("grants_of", "SELECT … WHERE user_id = %s AND valid_from <= %s", (user, day), "int, date"))
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_known: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()
"""Connection to PostgreSQL → name → text of what it has planned: it stays after a roll-back, and goes with it."""


def planned(name: str, sql: str, params: tuple[Any, ...], types: str = "") -> tuple[str, tuple[Any, ...]]:
    """Text and values to be executed for `sql` and `params`: on SQLite these; on PostgreSQL the name of the plan, made
    the first time. ValueError for a name that stands for another text: the plan would answer the other question.
    `types`: of the values, as PostgreSQL names them."""
    if connection.vendor != "postgresql":
        return sql, params
    connection.ensure_connection()
    session = connection.connection
    if (text := (known := _known.setdefault(session, {})).get(name)) is None:
        first, *others = sql.split("%s")
        marked = first + "".join(f"${at}{other}" for at, other in enumerate(others, 1))
        with session.cursor() as cursor:
            cursor.execute(f"PREPARE {name}{f' ({types})' if types else ''} AS {marked}")
        known[name] = sql
    elif text != sql:
        raise ValueError(f"{name} was planned for another text")
    return f"EXECUTE {name}" + (f" ({', '.join(['%s'] * len(params))})" if params else ""), params
