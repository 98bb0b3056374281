"""The journal: one event for each transaction that changed something, each with the hash of the one before.

What a transaction did stands in its rows of history (`ground.history`), written with it. A moment later they are
sealed: their hash goes into an event, and the event's hash covers the one before. So nobody who writes waits for a
place in the chain. What changes no row (a sign-in, a file taken out, figures of violence or planning read) is noted
(`journal_note`) in the same table.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, ForeignKey, Min, Model

from tienbo.core.messages import N_
from tienbo.ground.acting import SEPARATOR, acting
from tienbo.ground.history import TABLE
from tienbo.ground.models import History, JournalEvent, JournalMention

START = "0" * 64
"""What stands before the first event."""
LOCK = 7_302_115
"""PostgreSQL's number of the lock that one who seals holds."""
AT_ONCE = 500
"""Transactions sealed at a time."""
WRITE = "write"
UNITS = "units_unit"

ACCESS = (
    "sign_in", "sign_out", "sign_in_failed", "sign_in_locked", "sign_in_resting", "unlock", "read", "export",
)  # fmt: skip
"""Kinds of notes that tell who came in and what they saw or took with them."""
KINDS: Mapping[str, str] = {
    "write": N_("changed"),
    "send": N_("sent"),
    "export": N_("file taken out"),
    "read": N_("restricted figures read"),
    "sign_in": N_("signed in"),
    "sign_out": N_("signed out"),
    "sign_in_failed": N_("failed to sign in"),
    "sign_in_locked": N_("kept from signing in after too many attempts"),
    "sign_in_resting": N_("kept from signing in by an account that rests"),
    "unlock": N_("unlocked the page with the password"),
    "settings": N_("settings changed"),
    "backup": N_("backed up"),
    "backup_gone": N_("old backups taken away by rule"),
    "restore": N_("restored from a backup"),
    "spill": N_("purged of a spill"),
    "retention": N_("taken away, its time over"),
}
"""What a kind of event is called."""

ROW = "id, tx, person, door, table_name, row_id, op, before, after"


class Head(NamedTuple):
    """How far the chain has come: the number of the last event, and its hash."""

    seq: int
    hash: str

    @property
    def text(self) -> str:
        """As a receipt says it."""
        return f"{self.seq}-{self.hash[:16]}"


NO_HEAD = Head(0, START)


def journal_note(kind: str, *, person: str = "", unit: int | None = None, **details: Any) -> None:
    """Note what changes no row, in the transaction that is under way. `details` hold no figures and nothing of a
    person but the name they sign in with; `unit`: row id."""
    who = acting()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (tx, person, door, table_name, row_id, op, after) "  # noqa: S608 - our own table
            f"VALUES ({_this(connection.vendor)}, %s, %s, %s, %s, 'N', %s)",
            [person or who.person, who.door, kind, unit or 0, json.dumps(details, ensure_ascii=False, sort_keys=True)],
        )


def journal_taken_out(table: str, rows: Sequence[int]) -> None:
    """Tell history that rows of a recorded table went whose content nobody may remember: that they were there, alone.
    For who deleted them while the table's own triggers stood aside."""
    who = acting()
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {TABLE} (tx, person, door, table_name, row_id, op, before) "  # noqa: S608 - our own table
            f"VALUES ({_this(connection.vendor)}, %s, %s, %s, %s, 'D', %s)",
            [(who.person, who.door, table, row, json.dumps({"id": row})) for row in rows],
        )


def journal_notes(kind: str, notes: Sequence[tuple[str, int]]) -> None:
    """Notes of what several people did in the one transaction that is under way: (person, unit's row id) of each."""
    this, door = _this(connection.vendor), acting().door
    rows = ", ".join([f"({this}, %s, %s, %s, %s, 'N', '{{}}')"] * len(notes))
    values = [part for person, unit in notes for part in (person, door, kind, unit)]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (tx, person, door, table_name, row_id, op, after) VALUES {rows}", values)  # noqa: S608


def _this(vendor: str) -> str:
    """SQL of the transaction under way."""
    if vendor == "sqlite":
        return "tienbo_tx()"
    return (
        "to_char(transaction_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS.US\"Z-\"') || pg_current_xact_id()"
    )


def journal_head() -> Head:
    """The last event sealed."""
    last = JournalEvent.objects.order_by("-seq").values_list("seq", "hash").first()
    return Head(*last) if last else NO_HEAD


# ------------------------------------------------------------------------------------------------------- hashes


def row_bytes(row: Sequence[Any]) -> bytes:
    """A row of history (`ROW`) as it is hashed."""
    return SEPARATOR.join(["" if one is None else str(one) for one in row]).encode() + b"\n"


def event_hash(before: str, event: Sequence[Any]) -> str:
    """SHA-256 of an event (seq, tx, person, door, kind, tables, rows, digest) after the hash before it."""
    return hashlib.sha256(SEPARATOR.join([before, *map(str, event)]).encode()).hexdigest()


# ------------------------------------------------------------------------------------------------------- sealing


class _Sealed:
    """What a transaction's rows come to."""

    def __init__(self) -> None:
        self.hash, self.rows = hashlib.sha256(), 0
        self.people: dict[str, None] = {}
        self.doors: dict[str, None] = {}
        self.kinds: dict[str, None] = {}
        self.tables: set[str] = set()
        self.units: set[int] = set()

    def add(self, row: Sequence[Any]) -> None:
        _id, _tx, person, door, table, number, op, _before, _after = row
        self.hash.update(row_bytes(row))
        self.rows += 1
        if person:
            self.people[person] = None
        if door:
            self.doors[door] = None
        if op == History.Op.NOTE:
            self.kinds[table] = None
            if number:
                self.units.add(number)
        else:
            self.tables.add(table)


def journal_waits() -> bool:
    """Whether something was committed that no event bears out yet."""
    return History.objects.filter(event__isnull=True).exists()


def journal_seal() -> int:
    """Make events of what was committed and has none yet; returns how many. Any number may seal at once: one does."""
    sealed = 0
    while made := _seal_some():
        sealed += made
    return sealed


@transaction.atomic
def _seal_some() -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    waiting = History.objects.filter(event__isnull=True)
    # All rows of a transaction are seen, or none: what is committed later is another time's.
    found = waiting.values("tx").annotate(first=Min("id"), rows=Count("id")).order_by("first")[:AT_ONCE]
    order = [one["tx"] for one in found]
    if not order:
        return 0
    head = journal_head()
    made: dict[str, _Sealed] = {tx: _Sealed() for tx in order}
    touched: dict[str, list[tuple[str, str]]] = defaultdict(list)
    marks = ", ".join(["%s"] * len(order))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {ROW} FROM {TABLE} WHERE event IS NULL AND tx IN ({marks}) ORDER BY id",  # noqa: S608
            order,
        )
        for row in cursor:
            made[row[1]].add(row)
            if row[6] in "IUD":
                touched[row[4]].append((row[1], row[8] or row[7]))
    for tx, unit in _units(touched):
        made[tx].units.add(unit)
    events, seq, last = [], head.seq, head.hash
    numbers: list[tuple[int, str]] = []
    for tx, one in made.items():
        seq += 1
        event = JournalEvent(
            seq=seq,
            tx=tx,
            person=next(iter(one.people), "") if len(one.people) < 2 else "",
            door=next(iter(one.doors), ""),
            kind=next(iter(one.kinds), WRITE),
            tables=",".join(sorted(one.tables))[:400],
            rows=one.rows,
            digest=one.hash.hexdigest(),
        )
        event.hash = last = event_hash(last, _said(event))
        events.append(event)
        numbers.append((seq, tx))
    JournalEvent.objects.bulk_create(events)
    JournalMention.objects.bulk_create(_mentions(made, {tx: number for number, tx in numbers}), batch_size=2_000)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # one statement: a thousand are planned a thousand times
            cursor.execute(
                f"UPDATE {TABLE} SET event = one.seq FROM UNNEST(%s::bigint[], %s::varchar[]) AS one (seq, tx) "  # noqa: S608
                f"WHERE {TABLE}.tx = one.tx AND event IS NULL",
                [[seq for seq, _ in numbers], [tx for _, tx in numbers]],
            )
        else:
            cursor.executemany(f"UPDATE {TABLE} SET event = %s WHERE tx = %s AND event IS NULL", numbers)  # noqa: S608
    return len(events)


def event_hashed_anew(event: JournalEvent) -> str:
    """What an event that was changed hashes to after the hash of the one before it."""
    before = JournalEvent.objects.filter(seq__lt=event.seq).order_by("-seq").values_list("hash", flat=True).first()
    return event_hash(before or START, _said(event))


def _said(event: JournalEvent) -> tuple[Any, ...]:
    return event.seq, event.tx, event.person, event.door, event.kind, event.tables, event.rows, event.digest


def _mentions(made: Mapping[str, _Sealed], numbers: Mapping[str, int]) -> Iterator[JournalMention]:
    for tx, one in made.items():
        for what in (*(f"person:{name}" for name in one.people), *(f"unit:{unit}" for unit in sorted(one.units))):
            yield JournalMention(event=numbers[tx], what=what)


# ------------------------------------------------------------------------------------- which units a row is about


class _Way(NamedTuple):
    """From a row to its unit: a column of the row and, from the row it points at, the rest of the way."""

    column: str
    model: type[Model] | None
    rest: str


def _units(touched: Mapping[str, Iterable[tuple[str, str]]]) -> Iterator[tuple[str, int]]:
    """(transaction, unit) of changed rows, by their images."""
    ways = _ways()
    for table, rows in touched.items():
        way = ways.get(table)
        if way is None:
            continue
        held: dict[int, list[str]] = defaultdict(list)
        for tx, image in rows:
            at = json.loads(image).get(way.column)
            if isinstance(at, int):
                held[at].append(tx)
        found: Mapping[int, int | None] = {at: at for at in held}
        if way.model is not None:
            keys = list(held)
            pairs = (
                pair
                for some in (keys[at : at + 500] for at in range(0, len(keys), 500))
                for pair in way.model._default_manager.filter(pk__in=some).values_list("pk", way.rest)
            )
            found = dict(pairs)
        for at, transactions in held.items():
            unit = found.get(at)
            if unit is not None:
                for tx in dict.fromkeys(transactions):
                    yield tx, unit


@lru_cache(maxsize=1)
def _ways() -> Mapping[str, _Way]:
    """Table → the shortest way from its rows to a unit, over at most three keys."""
    from tienbo.ground.triggers import own_models

    found: dict[str, _Way] = {}
    for model in own_models():
        if model._meta.db_table == UNITS:
            found[UNITS] = _Way("id", None, "")
            continue
        steps = _shortest(model)
        if steps:
            first, *rest = steps
            related = first.related_model
            assert isinstance(related, type)  # noqa: S101 - apps are loaded
            names = "__".join(one.name for one in rest[:-1])
            last = rest[-1].attname if rest else ""
            way = f"{names}__{last}" if names else last
            found[model._meta.db_table] = _Way(str(first.column), related if rest else None, way)
    return found


def _shortest(model: type[Model]) -> Sequence[ForeignKey[Any, Any]]:
    lines: list[tuple[type[Model], tuple[ForeignKey[Any, Any], ...]]] = [(model, ())]
    for _depth in range(3):
        longer = []
        for at, steps in lines:
            for field in at._meta.local_fields:
                if not isinstance(field, ForeignKey) or not isinstance(field.related_model, type):
                    continue
                if field.related_model._meta.db_table == UNITS:
                    return (*steps, field)
                if field.related_model is not at:
                    longer.append((field.related_model, (*steps, field)))
        lines = longer
    return ()
