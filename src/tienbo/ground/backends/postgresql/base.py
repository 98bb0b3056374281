"""PostgreSQL whose session knows who acts, told when a recorded table is changed and somebody else acts than last; and
whose rows may be seen and written (`ground.reach`), told before whatever is executed for somebody else than last: in
one text with it, where that can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.adapt import Transformer

from tienbo.ground.acting import acting
from tienbo.ground.reach import Reach, reach

_CHANGES = ("INSERT ", "UPDATE ", "DELETE ")
_ROWS = ("SELECT ", "EXECUTE ", *_CHANGES)
"""What may be sent in one text with what is told."""


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told: dict[str, str] = {}
        """Variable → what the session was told; one that is absent is not known."""
        self.reach_told: Reach | None = None
        """What `told` was made to say last."""
        self.execute_wrappers.append(_tell)

    def get_new_connection(self, conn_params: Any) -> Any:
        self._forget()
        return super().get_new_connection(conn_params)

    # What a transaction was told goes with it.

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc]
        self._forget()

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self._forget()

    def _forget(self) -> None:
        self.told, self.reach_told = {}, None


_OF_TRANSACTIONS = ("SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")
"""What reads and writes no row, and may come when nothing else can be executed."""


def _tell(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    connection = context["connection"]
    if isinstance(sql, str) and sql.startswith(_OF_TRANSACTIONS):
        return execute(sql, params, many, context)
    within = reach()
    wanted: dict[str, str] = {}
    if connection.reach_told is not within:
        wanted |= {name: said for name, said in within.settings.items() if connection.told.get(name) != said}
    if connection.told.get("acting") != (said := acting().text) and sql.startswith(_CHANGES) and _is_recorded(sql):
        wanted["acting"] = said
    if not wanted:
        connection.reach_told = within
        return execute(sql, params, many, context)
    if (said := acting().text) != connection.told.get("acting"):
        wanted["acting"] = said  # goes along, as it will be asked for
    told = _spelled(connection, wanted)
    connection.told |= wanted
    connection.reach_told = within
    cursor = context["cursor"].cursor
    if many or not isinstance(sql, str) or not sql.startswith(_ROWS) or not isinstance(cursor, psycopg.ClientCursor):
        # A cursor of its own: the other may be one that the server holds.
        with connection.connection.cursor() as told_by:
            told_by.execute(told)
        return execute(sql, params, many, context)
    try:
        made = execute(f"{told if params is None else told.replace('%', '%%')}; {sql}", params, many, context)
    except BaseException:
        connection._forget()  # outside a transaction the two are one: what was told is taken back with the rest
        raise
    cursor.nextset()
    return made


def _spelled(connection: Any, wanted: Mapping[str, str]) -> str:
    """The statement that tells a session, with its values in it."""
    literal = Transformer(connection.connection).as_literal
    pairs = (f"set_config('tienbo.{name}', {literal(said).decode()}, false)" for name, said in wanted.items())
    return f"SELECT {', '.join(pairs)}"


def _is_recorded(sql: str) -> bool:
    """Whether the table that is changed is recorded: where it cannot be seen, yes."""
    from tienbo.ground.history import recorded_tables

    quoted = sql.split('"', 2)
    return len(quoted) < 3 or quoted[1] in recorded_tables()
