"""SQLite whose connections answer what the triggers of history ask: which transaction this is, and who acts."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor
from django.db.models import Model

from tienbo.ground.acting import acting


class SchemaEditor(DatabaseSchemaEditor):
    """A table that loses a column or is remade keeps its history: SQLite refuses to drop a column that a trigger names,
    and drops the triggers of a table that is remade."""

    def remove_field(self, model: type[Model], field: Any) -> None:
        self._around(model, lambda: super(SchemaEditor, self).remove_field(model, field))

    def _remake_table(self, model: type[Model], *args: Any, **changes: Any) -> None:
        self._around(model, lambda: super(SchemaEditor, self)._remake_table(model, *args, **changes))  # type: ignore[misc]

    def _around(self, model: type[Model], change: Callable[[], None]) -> None:
        from tienbo.ground.triggers import history_drop, history_write

        dropped = history_drop(model._meta.db_table, self.connection)
        change()
        if dropped:
            history_write(model._meta.db_table, self.connection)


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tx = ""
        """The transaction under way, by when it began and by chance; "" before the first change in it."""
        self.execute_wrappers.append(_anew)

    def get_new_connection(self, conn_params: Any) -> Any:
        made = super().get_new_connection(conn_params)
        made.create_function("tienbo_tx", 0, self._transaction)
        made.create_function("tienbo_person", 0, lambda: acting().person)
        made.create_function("tienbo_door", 0, lambda: acting().door)
        return made

    def _transaction(self) -> str:
        if not self.tx:
            self.tx = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{os.urandom(6).hex()}"
        return self.tx


def _anew(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """What is executed outside a transaction is one of its own, or begins one."""
    connection = context["connection"]
    if connection.connection is not None and not connection.connection.in_transaction:
        connection.tx = ""
    return execute(sql, params, many, context)
