"""Every change of a table of truth is written down with it: what was, what became, in which transaction, by whom."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import IntegrityError, connection, models, transaction

from tienbo.accounts.models import User
from tienbo.ground.acting import acting_as
from tienbo.ground.checks import check_triggers
from tienbo.ground.history import Recorded, Unrecorded, recorded_tables
from tienbo.ground.journal import journal_seal
from tienbo.ground.keys import new_key
from tienbo.ground.models import History, Job
from tienbo.ground.triggers import own_models
from tienbo.units.models import Placement, Unit, UnitCode

pytestmark = [pytest.mark.database, pytest.mark.django_db]

JULY = date(2025, 7, 1)


def unit(kind: str = "commune") -> Unit:
    return Unit.objects.create(key=new_key("unit"), kind=kind, valid_from=date(2025, 1, 1))


def changes(table: str = "units_unit") -> list[History]:
    return list(History.objects.filter(table_name=table).exclude(op="B").order_by("id"))


def test_every_table_of_ours_is_recorded_or_says_why_not() -> None:
    said = {model._meta.db_table: getattr(model, "history", Recorded()) for model in own_models()}
    assert {table for table, one in said.items() if isinstance(one, Recorded)} == set(recorded_tables())
    assert all(one.why for one in said.values() if isinstance(one, Unrecorded))
    # Those of the brief, by name: accounts, grants, units, returns, decisions, registers, tasks, releases.
    assert set(recorded_tables()) >= {
        *("accounts_user", "accounts_accountact", "units_grant", "units_unit", "units_placement", "units_succession"),
        *("collection_return", "collection_revision", "collection_decision", "collection_receipt"),
        *("registers_record", "registers_recordversion", "registers_task", "registers_taskact", "release_release"),
    }
    assert check_triggers(databases=["default"]) == []


def test_adding_changing_and_taking_out_leave_what_was_and_what_became() -> None:
    with acting_as("thuong-truc", "page:units"):
        made = unit()
        Unit.objects.filter(pk=made.pk).update(valid_to=JULY)  # which no signal sees
    with acting_as("", ""), connection.cursor() as cursor:  # nor raw SQL
        cursor.execute("UPDATE units_unit SET valid_to = NULL WHERE id = %s", [made.pk])
    first, second, third = changes()
    assert [(one.op, one.person, one.door) for one in (first, second, third)] == [
        ("I", "thuong-truc", "page:units"),
        ("U", "thuong-truc", "page:units"),
        ("U", "", ""),
    ]
    assert first.before is None
    after, before, became = (json.loads(one or "") for one in (first.after, second.before, second.after))
    assert before == after
    assert (after["key"], after["valid_to"], became["valid_to"]) == (made.key, None, "2025-07-01")
    job = Job.objects.create(key=new_key("job"), kind="x", added_by="x")
    code = UnitCode.objects.create(unit=made, scheme="gso", code="00004", valid_from=JULY)
    assert changes("ground_job") == []
    assert job.pk
    with pytest.raises(IntegrityError), transaction.atomic():
        code.delete()
    assert [one.op for one in changes("units_unitcode")] == ["I"]  # a refused change leaves nothing


def test_many_rows_of_one_statement_are_each_there_in_one_transaction() -> None:
    with transaction.atomic():
        Unit.objects.bulk_create(
            Unit(key=new_key("unit"), kind="commune", valid_from=date(2025, 1, 1)) for _ in range(50)
        )
        Unit.objects.update(valid_to=JULY)
    rows = changes()
    assert len(rows) == 100
    assert len({one.tx for one in rows}) == 1
    assert {one.row_id for one in rows if one.op == "U"} == set(Unit.objects.values_list("pk", flat=True))


def test_a_password_is_told_to_have_changed_and_not_told_and_a_sign_in_changes_nothing() -> None:
    user = User.objects.create_user("can-bo", "Nguyễn Thị A", "a-password-of-four")
    user.set_password("another-one-of-four")
    user.save()
    added, changed = changes("accounts_user")
    assert "password" not in json.loads(added.after or "")
    assert added.after == changed.after  # what changed is not shown; that something did is
    User.objects.filter(pk=user.pk).update(last_login="2026-11-29T00:00:00Z")
    assert len(changes("accounts_user")) == 2


def test_history_itself_is_neither_changed_nor_deleted() -> None:
    unit()
    journal_seal()
    for sql in (
        "DELETE FROM ground_history",
        "UPDATE ground_history SET person = 'x'",
        "DELETE FROM ground_journalevent",
        "UPDATE ground_journalevent SET person = 'x'",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_history_goes_on_after_a_field_is_altered_or_dropped(transactional_schema: None) -> None:
    child, parent = unit(), unit("province")
    old = Placement._meta.get_field("line")
    new = models.CharField(max_length=50, default="administrative")
    new.set_attributes_from_name("line")
    added = models.CharField(max_length=20, default="")
    added.set_attributes_from_name("aside")
    with connection.schema_editor() as editor:
        editor.alter_field(Placement, old, new, strict=True)
    assert check_triggers(databases=["default"]) == []
    with connection.schema_editor() as editor:
        editor.add_field(User, added)
        editor.remove_field(User, added)
        editor.alter_field(Placement, new, old)
    User.objects.create_user("can-bo", "Nguyễn Thị A")
    assert [one.op for one in changes("accounts_user")] == ["I"]
    Placement.objects.create(unit=child, parent=parent, valid_from=JULY)
    assert [one.op for one in changes("units_placement")] == ["I"]
    assert check_triggers(databases=["default"]) == []
