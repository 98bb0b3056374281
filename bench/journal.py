"""Bench: the journal of a million events, verified: `tienbo journal verify --chain-only` on a site of its own.

Each event has one row of history, as of a transaction that wrote a row of 200 letters. They are put in by bulk insert,
with the hashes they would have.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measure import BUILD, Row, child, say

EVENTS = 1_000_000
AT_ONCE = 10_000
GATE = 10.0
"""Seconds."""


def make(folder: str, events: int) -> tuple[float, int]:
    """A site with so many events."""
    import sqlite3
    from contextlib import closing

    from tienbo.project.desk import django_start, tables_make
    from tienbo.project.site import site_create

    site = site_create(path=Path(folder), name="Nhật ký", sign_in="simple")
    django_start(site.path)
    tables_make()
    from tienbo.ground.journal import START, event_hash, row_bytes

    image = json.dumps({"id": 1, "text": "x" * 180})
    before = START
    with closing(sqlite3.connect(site.path / "db.sqlite3", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.execute("BEGIN")
        triggers = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('ground_history', "
            "'ground_journalevent')"
        ).fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("DELETE FROM ground_history")
        database.execute("DELETE FROM ground_journalevent")

        def rows(first: int, last: int) -> Iterator[tuple[Any, ...]]:
            for seq in range(first, last):
                tx = f"20260614T000000.{seq:06d}Z-{seq:012x}"
                yield seq, tx, "can-bo", "page:entry", "units_unit", seq, "I", None, image

        for first in range(1, events + 1, AT_ONCE):
            some = list(rows(first, min(first + AT_ONCE, events + 1)))
            made = []
            for row in some:
                digest = hashlib.sha256(row_bytes(row)).hexdigest()
                event = (row[0], row[1], row[2], row[3], "write", row[4], 1, digest)
                before = event_hash(before, event)
                made.append((*event, before))
            columns = "id, tx, person, door, table_name, row_id, op, before, after, event"
            database.executemany(
                f"INSERT INTO ground_history ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(*row, row[0]) for row in some],
            )
            database.executemany("INSERT INTO ground_journalevent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", made)
        database.execute("COMMIT")
    return 0.0, events


def verify(folder: str) -> tuple[float, dict[str, Any]]:
    """Seconds by the clock, and what was found; the processor's seconds beside them."""
    import time

    from bench.measure import timed
    from tienbo.project.desk import django_start

    django_start(Path(folder))
    from tienbo.ground.verify import journal_verify

    processor = time.process_time()
    with timed() as took:
        made = journal_verify(rows=False)
    processor = time.process_time() - processor
    return took.seconds, {"events": made.events, "faults": len(made.faults), "processor": processor}


def site(scale: float) -> Path:
    events = max(100, round(EVENTS * scale))
    folder = BUILD / f"journal-{events}"
    if not (folder / "made").exists():
        say(f"  a journal of {events} events …")
        child("bench.journal:make", folder=str(folder), events=events)
        (folder / "made").touch()
    return folder


def rows(scale: float, times: int = 3) -> list[Row]:
    folder = str(site(scale))
    ran = [child("bench.journal:verify", folder=folder) for _ in range(times)]
    best = min(ran, key=lambda one: one.seconds)
    assert all(one.answer["faults"] == 0 for one in ran)
    events = best.answer["events"]
    detail = (
        f"{events} events with a row of history each; {best.answer['processor']:.1f} s of a processor, "
        f"{best.peak / 2**20:.0f} MiB"
    )
    return [Row("verify a journal", "clock", best.seconds, "s", gate=GATE * scale, goal=None, detail=detail)]
