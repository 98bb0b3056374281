"""Notes of what was only read or handed out, on their way to the journal.

A reader waits for no writer: a note is a line in a file of the site, and whoever seals takes the lines into the
database (`spool_take`). A process that is killed loses none.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from tienbo.ground.acting import acting
from tienbo.ground.history import TABLE

_FILE = "noted.jsonl"
_TAKING = "taking.jsonl"
_LOCK = ".lock"


def spool_note(folder: Path, kind: str, *, person: str = "", unit: int | None = None, **details: Any) -> None:
    """As `journal.journal_note`, without the database. Raises OSError where it cannot be written: what cannot be noted
    is not handed out."""
    who = acting()
    line = {
        "tx": f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{os.urandom(6).hex()}",
        "person": person or who.person,
        "door": who.door,
        "kind": kind,
        "unit": unit or 0,
        "details": details,
    }
    # What a full disk left of another's line does not take this one with it: it begins on a line of its own.
    text = b"\n" + json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    with _held(folder, fcntl.LOCK_SH):
        file = os.open(folder / _FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.write(file, text) != len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / _FILE))
        finally:
            os.close(file)


def spool_take(folder: Path) -> int:
    """Take what was noted into the history; returns how many notes. What a killed process had begun to take is taken
    once."""
    if not folder.is_dir():
        return 0
    with _held(folder, fcntl.LOCK_EX):
        taking = folder / _TAKING
        if not taking.exists():
            if not (folder / _FILE).exists():
                return 0
            (folder / _FILE).rename(taking)
        lines = [line for text in taking.read_bytes().splitlines() if (line := _line(text)) is not None]
        with transaction.atomic():
            known = {
                tx for at in range(0, len(lines), 500) for tx in _known([line["tx"] for line in lines[at : at + 500]])
            }
            new = [line for line in lines if line["tx"] not in known]
            _keep(new)
        taking.unlink()
    return len(new)


def _line(text: bytes) -> Mapping[str, Any] | None:
    """A line that was written whole: a machine that lost its power leaves half of one."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _known(keys: list[str]) -> set[str]:
    from tienbo.ground.models import History, JournalEvent  # a setting is noted where no tables are open yet

    sealed = JournalEvent.objects.filter(tx__in=keys).values_list("tx", flat=True)
    waiting = History.objects.filter(event__isnull=True, tx__in=keys).values_list("tx", flat=True)
    return {*sealed, *waiting}


def _keep(lines: list[Mapping[str, Any]]) -> None:
    rows = [
        (one["tx"], one["person"], one["door"], one["kind"], one["unit"], _details(one["details"])) for one in lines
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {TABLE} (tx, person, door, table_name, row_id, op, after) "  # noqa: S608
                "VALUES (%s, %s, %s, %s, %s, 'N', %s)",
                rows,
            )


def _details(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


@contextmanager
def _held(folder: Path, how: int) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a") as lock:
        fcntl.flock(lock, how)
        yield
