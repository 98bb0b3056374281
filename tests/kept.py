"""What takes seconds to make is made once a process: the database of the tests and a folder, as they were when it was
made, put back for each file of tests that rests on it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from django.db import connection, transaction

T = TypeVar("T")


@dataclass(frozen=True)
class _Kept:
    made: Any
    tables: sqlite3.Connection
    place: TemporaryDirectory[str]
    """Goes with the process."""

    @property
    def folder(self) -> Path:
        return Path(self.place.name) / "folder"


_kept: dict[str, _Kept] = {}
_standing: list[str] = []
"""What stands in the database now. One thing can be put back; a second is made upon it."""


@contextmanager
def made_once(name: str, folder: Path, make: Callable[[], T]) -> Iterator[T]:
    """What `make` made in the database and in a folder (empty, of this use), and a copy of what it answered. What was
    done to the database since is taken back at the end.

    On PostgreSQL it is made each time, in a transaction that is taken back.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block or _standing:
        with transaction.atomic():
            yield make()
            transaction.set_rollback(True)
        return
    before = _copied()
    _standing.append(name)
    try:
        if name not in _kept:
            with transaction.atomic():
                made = make()
                connection.run_on_commit.clear()  # as within a test, whose transaction never ends
            _kept[name] = _Kept(made, _copied(), TemporaryDirectory(prefix=f"kept-{name}-"))
            shutil.copytree(folder, _kept[name].folder)
        else:
            _kept[name].tables.backup(connection.connection)
            shutil.copytree(_kept[name].folder, folder, dirs_exist_ok=True)
        yield deepcopy(_kept[name].made)
    finally:
        before.backup(connection.connection)
        before.close()
        _standing.remove(name)


def _copied() -> sqlite3.Connection:
    connection.ensure_connection()
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    connection.connection.backup(copy)
    return copy
