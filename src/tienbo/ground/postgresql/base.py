"""A web process keeps as many connections as it works on requests at once, and hands them from one to the next.

A connection is a process of the server's, 20 ms of a processor to start. Django would keep one for each thread, and a
process has many more threads than places (`web.shedding`): two of them would use up what a PostgreSQL lets in. Nothing
is kept before `keep` was said: a command ends, and a test takes its database away.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Error
from psycopg.pq import TransactionStatus

SURE = 1.0
"""Seconds a connection may have lain idle before it is asked whether it still stands."""


class _Kept:
    """Connections nobody uses, the last one used on top. A child that was forked has none."""

    def __init__(self) -> None:
        self.most, self.lock = 0, threading.Lock()
        self.idle: list[tuple[float, str, Any]] = []
        os.register_at_fork(after_in_child=self.idle.clear)

    def put(self, name: str, connection: Any) -> bool:
        with self.lock:
            if len(self.idle) >= self.most:
                return False
            self.idle.append((time.monotonic(), name, connection))
            return True

    def take(self, name: str) -> Any | None:
        while True:
            with self.lock:
                at = next((at for at in reversed(range(len(self.idle))) if self.idle[at][1] == name), None)
                if at is None:
                    return None
                since, _name, connection = self.idle.pop(at)
            if time.monotonic() - since < SURE or _stands(connection):
                return connection
            connection.close()


_kept = _Kept()


def keep(most: int) -> None:
    """From now on this process keeps so many connections."""
    _kept.most = most


def _stands(connection: Any) -> bool:
    try:
        connection.execute("SELECT 1")
    except Error:
        return False
    return True


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        return _kept.take(self._to) or super().get_new_connection(conn_params)

    def _close(self) -> None:
        held = self.connection
        is_calm = held is not None and not held.closed and held.info.transaction_status == TransactionStatus.IDLE
        if not (is_calm and held.autocommit and _kept.put(self._to, held)):
            super()._close()  # type: ignore[misc]

    @property
    def _to(self) -> str:
        return repr([self.settings_dict[one] for one in ("HOST", "PORT", "NAME", "USER")])
