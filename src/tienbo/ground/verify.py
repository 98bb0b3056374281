"""Whether anybody changed what the journal remembers, or the rows behind its back.

The chain is computed again from its first event: an event or a row of history that was edited, deleted, added or put in
another place no longer gives the hash that stands. What a cut tail, a database put back or a chain hashed anew hide is
found by heads kept elsewhere (`ground.heads`). Last, every recorded row is held against what history last said of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection

from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.ground.history import TABLE, columns_of, image_sql, recorded_tables
from tienbo.ground.journal import NO_HEAD, ROW, START, Head, event_hash, row_bytes
from tienbo.ground.models import JournalCheck, JournalEvent

MOST = 50
"""Faults that are told one by one."""
STEP = 5_000
EVENT = "seq, tx, person, door, kind, tables, rows, digest, hash"

worded(
    {
        "journal.event_changed": N_("Event {seq} was changed, or the one before it: its hash is another."),
        "journal.event_missing": N_("Events {first} to {last} are missing."),
        "journal.history_changed": N_("The rows of history behind event {seq} were changed, taken out or added to."),
        "journal.history_without_event": N_("{count} rows of history belong to events that are not there."),
        "journal.cut": N_(
            "The journal ends at event {last}, but event {seq} was there already: its end was cut off, or an older "
            "state of the database was put back."
        ),
        "journal.not_the_head": N_(
            "Event {seq} is not the one kept elsewhere: the journal was written anew since, or an older state of the "
            "database was put back."
        ),
        "journal.row_changed": N_(
            "{table}, row {row}: {columns} is not what history says. It was changed past the program."
        ),
        "journal.row_gone": N_("{table}, row {row} is gone, and history does not say so."),
        "journal.row_unknown": N_("{table}, row {row} is there, and history does not know of it."),
        "journal.more": N_("and {count} more"),
    }
)


class Purged(NamedTuple):
    """What an event's rows of history hash to since content went from them, and the event itself where it no longer
    names a person ("" where it is as it was)."""

    digest: str
    hash: str = ""


_NOT_PURGED = Purged("")


@dataclass
class Verified:
    """What was looked at and what was found: faults, the first `MOST` of them."""

    events: int = 0
    history: int = 0
    rows: int = 0
    purged: int = 0
    """Events whose content went, of a spill or because its time was over, as their records say."""
    older: int = 0
    """Rows that were there before their table was recorded."""
    head: Head = NO_HEAD
    faults: list[Fault] = field(default_factory=list)
    left: int = 0

    def against(self, fault: Fault) -> None:
        if len(self.faults) < MOST:
            self.faults.append(fault)
        else:
            self.left += 1

    @property
    def told(self) -> list[Fault]:
        return [*self.faults, Fault("journal.more", "", {"count": self.left})] if self.left else self.faults


def journal_verify(
    *, heads: Collection[Head] = (), rows: bool = True, purged: Mapping[int, Purged] | None = None
) -> Verified:
    """Compute the chain again and hold it against heads kept elsewhere; with `rows` hold every recorded row against its
    history too. `purged`: event → what it hashes to since content went from it. Nothing is written."""
    made = Verified()
    _chain(made, heads, purged or {})
    if rows:
        bases, newest = _bases()
        with connection.cursor() as cursor:
            there = set(connection.introspection.table_names(cursor))
        for table in there & recorded_tables().keys():
            _table(made, table, bases.get(table), newest)
    return made


def check_keep(*, made: Verified, rows: bool, by: str) -> JournalCheck:
    """Remember that it was verified and what was found."""
    found = [fault.as_json() for fault in made.told]
    return JournalCheck.objects.create(events=made.events, rows=rows, found=found, by=by)


# ------------------------------------------------------------------------------------------------------ the chain


def _rows(sql: str, params: Sequence[str | int] = ()) -> Iterator[Sequence[Any]]:
    """Rows of a question of any length, in little memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while some := cursor.fetchmany(STEP):
            yield from some


def _chain(made: Verified, heads: Collection[Head], purged: Mapping[int, Purged]) -> None:
    wanted: dict[int, list[str]] = {}
    for head in set(heads) - {NO_HEAD}:  # which was taken before anything was sealed: every journal begins there
        wanted.setdefault(head.seq, []).append(head.hash)
    digests = _digests()
    behind = next(digests, None)
    before, expected, orphans = START, 1, 0
    for event in _rows(f"SELECT {EVENT} FROM {JournalEvent._meta.db_table} ORDER BY seq"):  # noqa: S608
        seq, stands = event[0], event[8]
        if seq > expected:
            made.against(Fault("journal.event_missing", f"{expected}", {"first": expected, "last": seq - 1}))
        expected = seq + 1
        gone = purged.get(seq, _NOT_PURGED)
        if event_hash(before, event[:8]) not in (stands, gone.hash):
            made.against(Fault("journal.event_changed", f"{seq}", {"seq": seq}))
        before = stands
        while behind is not None and behind[0] < seq:
            orphans, behind = orphans + behind[2], next(digests, None)
        found, count = START, 0
        if behind is not None and behind[0] == seq:
            _seq, found, count = behind
            behind = next(digests, None)
        if count != event[6] or found not in (event[7], gone.digest):
            made.against(Fault("journal.history_changed", f"{seq}", {"seq": seq}))
        made.purged += found != event[7] and found == gone.digest
        made.events, made.history = made.events + 1, made.history + count
        for digits in wanted.pop(seq, ()):
            if not stands.startswith(digits):
                made.against(Fault("journal.not_the_head", f"{seq}", {"seq": seq}))
    orphans += (behind[2] if behind is not None else 0) + sum(count for _seq, _digest, count in digests)
    if orphans:
        made.against(Fault("journal.history_without_event", "", {"count": orphans}))
    made.head = Head(expected - 1, before)
    beyond = max((seq for seq in wanted if seq >= expected), default=0)
    if beyond:
        made.against(Fault("journal.cut", "", {"last": expected - 1, "seq": beyond}))
    for seq in sorted(seq for seq in wanted if seq < expected):
        made.against(Fault("journal.not_the_head", f"{seq}", {"seq": seq}))  # its event is missing


def _digests() -> Iterator[tuple[int, str, int]]:
    """(event, SHA-256 over its rows of history, how many) in order."""
    rows = _rows(f"SELECT event, {ROW} FROM {TABLE} WHERE event IS NOT NULL ORDER BY event, id")  # noqa: S608
    for event, some in groupby(rows, key=itemgetter(0)):
        digest, count = hashlib.sha256(), 0
        for row in some:
            digest.update(row_bytes(row[1:]))
            count += 1
        yield event, digest.hexdigest(), count


# ------------------------------------------------------------------------------------------------ rows and history


def _bases() -> tuple[dict[str, int], int]:
    """For each table that history names, the last row that was there before it was recorded (0: none), asked once for
    all; and the newest word of history: what comes in while we look is looked at another time."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(id) FROM {TABLE}")  # noqa: S608
        (newest,) = cursor.fetchone()
        sql = f"SELECT table_name, max(CASE WHEN op = 'B' THEN row_id END) FROM {TABLE} GROUP BY table_name"  # noqa: S608
        cursor.execute(sql)
        return {table: base or 0 for table, base in cursor.fetchall()}, newest or 0


def _table(made: Verified, table: str, base: int | None, newest: int) -> None:
    """Hold a table against the last word of history on each of its rows, both in the order of their keys. A table that
    history does not name (None) is asked for its rows alone: most are, and a question costs a way to the server."""
    image = image_sql(table, columns_of(connection, table), recorded_tables()[table], connection.vendor)
    live = _rows(f'SELECT id, {image} FROM "{table}" ORDER BY id')  # noqa: S608 - our own tables
    said = iter(()) if base is None else _last_words(table, newest)
    have, know = next(live, None), next(said, None)
    while have is not None or know is not None:
        if know is None or (have is not None and have[0] < know[0]):
            assert have is not None  # noqa: S101
            if have[0] <= (base or 0):
                made.older += 1
            elif not _written_since(table, have[0], newest):
                made.against(Fault("journal.row_unknown", table, {"table": table, "row": have[0]}))
            have = next(live, None)
        elif have is None or know[0] < have[0]:
            if know[1] != "D" and not _written_since(table, know[0], newest):
                made.against(Fault("journal.row_gone", table, {"table": table, "row": know[0]}))
            know = next(said, None)
        else:
            made.rows += 1
            differs = know[1] == "D" or (know[2] != have[1] and _differ(know[2], have[1]))
            if differs and not _written_since(table, have[0], newest):
                columns = ", ".join(differs) if isinstance(differs, list) else "–"
                made.against(Fault("journal.row_changed", table, {"table": table, "row": have[0], "columns": columns}))
            have, know = next(live, None), next(said, None)


def _last_words(table: str, newest: int) -> Iterator[Sequence[Any]]:
    """(row, operation, image) of the last change of each row."""
    last: Sequence[Any] | None = None
    for one in _rows(
        f"SELECT row_id, op, after FROM {TABLE} WHERE table_name = %s AND op IN ('I', 'U', 'D') AND id <= %s "  # noqa: S608
        "ORDER BY row_id, id",
        [table, newest],
    ):
        if last is not None and last[0] != one[0]:
            yield last
        last = one
    if last is not None:
        yield last


def _written_since(table: str, row: int, newest: int) -> bool:
    """Whether somebody changed the row while we looked."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {TABLE} WHERE id > %s AND table_name = %s AND row_id = %s LIMIT 1",  # noqa: S608
            [newest, table, row],
        )
        return cursor.fetchone() is not None


def _differ(said: str, stands: str) -> list[str]:
    """The columns that both name and that are not the same: a column that came or went later says nothing."""
    one: Mapping[str, Any] = json.loads(said)
    other: Mapping[str, Any] = json.loads(stands)
    return sorted(name for name in one.keys() & other.keys() if one[name] != other[name])
