"""The journal: one event a transaction, chained; whoever changes what it remembers is found."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pytest
from django.db import connection, transaction
from tests.conftest import PROOF

from tienbo.accounts.models import User
from tienbo.core.faults import Refused
from tienbo.ground.acting import acting_as
from tienbo.ground.heads import NAME, head_keep, head_typed, heads_kept
from tienbo.ground.journal import Head, event_hash, journal_head, journal_note, journal_notes, journal_seal
from tienbo.ground.keys import new_key
from tienbo.ground.models import History, JournalEvent, JournalMention
from tienbo.ground.spool import spool_note, spool_take
from tienbo.ground.verify import journal_verify
from tienbo.units.models import Grant, Role, Unit, UnitName

pytestmark = [pytest.mark.database, pytest.mark.django_db]

EVENTS = 30
TAMPERINGS = 10_010 if PROOF else 156


def units_made(count: int) -> list[Unit]:
    made = []
    for number in range(count):
        with acting_as(f"can-bo-{number % 5}", "page:units"), one_transaction():
            unit = Unit.objects.create(key=new_key("unit"), kind="commune", valid_from=date(2025, 1, 1))
            UnitName.objects.create(unit=unit, text=f"Xã {number}", valid_from=date(2025, 1, 1))
            made.append(unit)
    return made


@contextmanager
def one_transaction() -> Iterator[None]:
    """A transaction of its own within that of the test: on SQLite it has its own mark; on PostgreSQL the test's one
    would be one event."""
    if connection.vendor == "sqlite":
        connection.tx = ""  # type: ignore[attr-defined]
        yield
        return
    before = History.objects.order_by("-id").values_list("id", flat=True).first() or 0
    yield
    with triggers_off("ground_history"), connection.cursor() as cursor:
        cursor.execute("UPDATE ground_history SET tx = tx || '-' || %s WHERE id > %s", [before, before])


@contextmanager
def triggers_off(*tables: str) -> Iterator[None]:
    """As who owns the database can."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the end is looked at now
            for table in tables:
                cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
            yield
            for table in tables:
                cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
            return
        cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        held = [(name, sql) for name, table, sql in cursor.fetchall() if table in tables]
        for name, _sql in held:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _name, sql in held:
            cursor.execute(sql)


def sql(text: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def test_each_transaction_is_one_event_that_says_who_what_and_about_which_unit() -> None:
    journal_seal()
    before = journal_head()
    (unit,) = units_made(1)
    with acting_as("can-bo-7", "page:x"), one_transaction():
        user = User.objects.create_user("ai-do", "Nguyễn Thị B", "mot-mat-khau-dai")
        Grant.objects.create(user=user, unit=unit, role=Role.PREPARER, valid_from=date(2025, 1, 1))
        journal_note("sign_in", person="ai-do")
    with acting_as("", "page:y"), one_transaction():
        journal_notes("send", [("a", unit.pk), ("b", unit.pk)])
    assert journal_seal() == 3
    assert journal_seal() == 0
    one, two, three = JournalEvent.objects.filter(seq__gt=before.seq).order_by("seq")
    assert (one.person, one.door, one.kind, one.tables, one.rows) == (
        "can-bo-0",
        "page:units",
        "write",
        "units_unit,units_unitname",
        2,
    )
    assert (two.person, two.kind, two.tables, two.rows) == ("", "sign_in", "accounts_user,units_grant", 3)
    assert (three.person, three.kind, three.rows) == ("", "send", 2)
    about = {(one.event, one.what) for one in JournalMention.objects.filter(event__gt=before.seq)}
    assert about == {
        (one.seq, "person:can-bo-0"),
        (one.seq, f"unit:{unit.pk}"),
        (two.seq, "person:can-bo-7"),
        (two.seq, "person:ai-do"),
        (two.seq, f"unit:{unit.pk}"),
        (three.seq, "person:a"),
        (three.seq, "person:b"),
        (three.seq, f"unit:{unit.pk}"),
    }
    assert not journal_verify(heads=[before, journal_head()]).faults


def test_what_was_taken_back_has_no_event() -> None:
    journal_seal()
    with suppress(Undone), transaction.atomic():
        units_made(1)
        journal_note("export")
        raise Undone
    assert journal_seal() == 0


def test_notes_of_readers_reach_the_journal_once(tmp_path: Path) -> None:
    journal_seal()
    with acting_as("can-bo", "page:targets"):
        for _ in range(3):
            spool_note(tmp_path, "read", narrow=["gbv.cases"])
    with (tmp_path / "noted.jsonl").open("ab") as file:
        file.write(b'{"tx": "half a line')
    assert spool_take(tmp_path) == 3
    assert spool_take(tmp_path) == 0
    with acting_as("can-bo", "page:targets"):
        spool_note(tmp_path, "export")
    held = (tmp_path / "noted.jsonl").read_bytes()
    assert spool_take(tmp_path) == 1
    (tmp_path / "taking.jsonl").write_bytes(held)  # killed after they were kept, before they were put away
    assert spool_take(tmp_path) == 0
    assert journal_seal() == 4
    (tmp_path / "taking.jsonl").write_bytes(held)
    assert spool_take(tmp_path) == 0
    kinds = list(JournalEvent.objects.order_by("-seq").values_list("kind", "person")[:4])
    assert kinds == [("export", "can-bo"), *[("read", "can-bo")] * 3]


def test_heads_are_kept_by_the_day_and_read_as_typed(tmp_path: Path) -> None:
    head = Head(7, "ab" * 32)
    assert head_keep(folder=tmp_path, head=head)
    assert not head_keep(folder=tmp_path, head=Head(8, "cd" * 32))  # not yet a day
    assert head_keep(folder=tmp_path, head=Head(8, "cd" * 32), again=True)
    assert heads_kept(tmp_path) == [head, Head(8, "cd" * 32)]
    assert head_typed(f" {head.text} ") == Head(7, ("ab" * 32)[:16])
    for wrong in ("", "7", "7-abc", "x-abababab", "7-ABABABAB"):
        with pytest.raises(Refused):
            head_typed(wrong)
    with (tmp_path / NAME).open("a") as file:
        file.write("no head\n")
    with pytest.raises(Refused):
        heads_kept(tmp_path)


# ------------------------------------------------------------------------------------------------- tampering (T34)


def _event(chance: random.Random) -> JournalEvent:
    return chance.choice(list(JournalEvent.objects.order_by("seq")))


def _row(chance: random.Random) -> History:
    return chance.choice(list(History.objects.order_by("id")))


def event_edited(chance: random.Random) -> None:
    column, said = chance.choice(
        [("person", "'ai khác'"), ("tx", "tx || '0'"), ("kind", "'read'"), ("rows", "rows + 1"), ("tables", "''")]
    )
    sql(f"UPDATE ground_journalevent SET {column} = {said} WHERE seq = %s", _event(chance).seq)


def history_edited(chance: random.Random) -> None:
    column, said = chance.choice(
        [("person", "'ai khác'"), ("after", "'{}'"), ("before", "'x'"), ("row_id", "row_id + 1"), ("op", "'D'")]
    )
    sql(f"UPDATE ground_history SET {column} = {said} WHERE id = %s", _row(chance).pk)


def event_deleted(chance: random.Random) -> None:
    sql("DELETE FROM ground_journalevent WHERE seq = %s", _event(chance).seq)


def history_deleted(chance: random.Random) -> None:
    sql("DELETE FROM ground_history WHERE id = %s", _row(chance).pk)


def history_added(chance: random.Random) -> None:
    row = _row(chance)
    sql(
        "INSERT INTO ground_history (tx, person, door, table_name, row_id, op, after, event) "
        "VALUES (%s, 'ai', 'x', 'units_unit', 1, 'U', '{}', %s)",
        row.tx,
        row.event,
    )


def event_added(chance: random.Random) -> None:
    """Pushed in, with a hash that is right for its place."""
    at = _event(chance)
    before = JournalEvent.objects.filter(seq=at.seq - 1).values_list("hash", flat=True).first() or "0" * 64
    for seq in reversed(range(at.seq, journal_head().seq + 1)):
        sql("UPDATE ground_journalevent SET seq = seq + 1 WHERE seq = %s", seq)
    said = (at.seq, "tx", "ai", "x", "write", "", 0, "0" * 64)
    sql(
        "INSERT INTO ground_journalevent (seq, tx, person, door, kind, tables, rows, digest, hash) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        *said,
        event_hash(before, said),
    )


def events_swapped(chance: random.Random) -> None:
    one, other = chance.sample(list(JournalEvent.objects.order_by("seq")), 2)
    sql("UPDATE ground_journalevent SET seq = -1 WHERE seq = %s", one.seq)
    sql("UPDATE ground_journalevent SET seq = %s WHERE seq = %s", one.seq, other.seq)
    sql("UPDATE ground_journalevent SET seq = %s WHERE seq = -1", other.seq)


def _rehashed(first: int) -> None:
    before = JournalEvent.objects.filter(seq=first - 1).values_list("hash", flat=True).first() or "0" * 64
    for one in JournalEvent.objects.filter(seq__gte=first).order_by("seq"):
        before = event_hash(before, (one.seq, one.tx, one.person, one.door, one.kind, one.tables, one.rows, one.digest))
        sql("UPDATE ground_journalevent SET hash = %s WHERE seq = %s", before, one.seq)


def hashed_anew(chance: random.Random) -> None:
    """Somebody else's name, and every hash after it right again."""
    at = _event(chance)
    sql("UPDATE ground_journalevent SET person = 'ai khác' WHERE seq = %s", at.seq)
    _rehashed(at.seq)


def tail_cut(chance: random.Random) -> None:
    first = chance.randint(2, journal_head().seq)
    sql("DELETE FROM ground_history WHERE event >= %s", first)
    sql("DELETE FROM ground_journalevent WHERE seq >= %s", first)


def rolled_back(chance: random.Random) -> None:
    """An older state of the database, and other work since."""
    tail_cut(chance)
    while journal_head().seq < EVENTS + 5:
        units_made(10)
        journal_seal()


def row_edited(row: int) -> None:
    sql("UPDATE units_unitname SET text = 'Xã khác' WHERE id = %s", row)


def row_deleted(row: int) -> None:
    sql("DELETE FROM units_unitname WHERE id = %s", row)


def row_added(row: int) -> None:
    sql("UPDATE units_unitname SET id = id + 100000 WHERE id = %s", row)


KINDS: tuple[Callable[[random.Random], None], ...] = (
    *(event_edited, history_edited, event_deleted, history_deleted, history_added, event_added, events_swapped),
    *(hashed_anew, tail_cut, rolled_back),
)
ROW_KINDS = (row_edited, row_deleted, row_added)
AT_ONCE = 10
"""Rows that are changed past the triggers before all are looked at: each has to be named. Every table is held against
history for it, which is a hundred questions, and a server answers each in its time."""


class Undone(Exception):  # noqa: N818 - it takes back what was tried
    pass


def test_every_tampering_is_found() -> None:
    units_made(EVENTS)
    journal_seal()
    heads = [journal_head()]
    assert not journal_verify(heads=heads).faults
    chance, missed, each = random.Random(8), [], TAMPERINGS // (len(KINDS) + len(ROW_KINDS))  # noqa: S311
    rows = list(UnitName.objects.values_list("pk", flat=True))
    tried = 0
    with triggers_off("ground_history", "ground_journalevent", "units_unitname"):
        for tamper in KINDS * each:
            with suppress(Undone), transaction.atomic():
                tamper(chance)
                tried += 1
                if not journal_verify(heads=heads, rows=False).faults:
                    missed.append(tamper.__name__)
                raise Undone
        for change in ROW_KINDS:
            for at in range(0, each, AT_ONCE):
                some = chance.sample(rows, min(AT_ONCE, each - at))
                with suppress(Undone), transaction.atomic():
                    for row in some:
                        change(row)
                        tried += 1
                    named = {fault.fields.get("row") for fault in journal_verify(heads=heads).faults}
                    missed += [f"{change.__name__} {row}" for row in some if row not in named]
                    raise Undone
    assert missed == []
    assert tried >= TAMPERINGS
    assert not journal_verify(heads=heads).faults
