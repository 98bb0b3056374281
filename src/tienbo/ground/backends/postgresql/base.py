"""PostgreSQL whose session knows who acts: told when a recorded table is changed and somebody else acts than last."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

from tienbo.ground.acting import acting

_CHANGES = ("INSERT ", "UPDATE ", "DELETE ")
_SET = "SELECT set_config('tienbo.acting', %s, false)"


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told: str | None = None
        """What the session was told; None where that is not known."""
        self.execute_wrappers.append(_tell)

    def get_new_connection(self, conn_params: Any) -> Any:
        self.told = None
        return super().get_new_connection(conn_params)

    # What a transaction was told goes with it.

    def _rollback(self) -> None:
        self.told = None
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        self.told = None
        super()._savepoint_rollback(sid)  # type: ignore[misc]


def _tell(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    connection = context["connection"]
    if connection.told != (said := acting().text) and sql.startswith(_CHANGES) and _is_recorded(sql):
        context["cursor"].cursor.execute(_SET, [said])
        connection.told = said
    return execute(sql, params, many, context)


def _is_recorded(sql: str) -> bool:
    """Whether the table that is changed is recorded: where it cannot be seen, yes."""
    from tienbo.ground.history import recorded_tables

    quoted = sql.split('"', 2)
    return len(quoted) < 3 or quoted[1] in recorded_tables()
