"""The laws of time and history are kept by the database, whatever road a row takes to it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction

from tienbo.core.messages import speaking
from tienbo.ground import triggers
from tienbo.ground.checks import check_triggers
from tienbo.ground.constraints import AppendOnly, NoOverlap
from tienbo.ground.keys import new_key
from tienbo.units.models import Placement, Unit, UnitCode

pytestmark = [pytest.mark.database, pytest.mark.django_db]

JULY = date(2025, 7, 1)


def unit(kind: str = "commune", start: date = date(2025, 1, 1), end: date | None = None) -> Unit:
    return Unit.objects.create(key=new_key("unit"), kind=kind, valid_from=start, valid_to=end)


def refuse_sql(sql: str, *params: object) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def placement(child: Unit, parent: Unit, start: date, end: date | None = None) -> Placement:
    return Placement(unit=child, parent=parent, valid_from=start, valid_to=end)


def test_two_parents_on_one_day_are_refused_also_to_bulk_create() -> None:
    child, one, two = unit(), unit("province"), unit("province")
    placement(child, one, date(2025, 1, 1), date(2025, 7, 2)).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.bulk_create([placement(child, two, JULY)])
    assert Placement.objects.get().parent == one


def test_two_parents_in_one_bulk_statement_are_refused() -> None:
    child, one, two = unit(), unit("province"), unit("province")
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.bulk_create([placement(child, one, JULY), placement(child, two, date(2026, 1, 1))])


def test_a_handover_on_the_day_is_no_overlap() -> None:
    child, one, two = unit(), unit("province"), unit("province")
    placement(child, one, date(2025, 1, 1), JULY).save()
    placement(child, two, JULY).save()
    for day, parent in ((date(2025, 6, 30), one), (JULY, two), (date(2025, 7, 2), two)):
        assert [found.parent for found in Placement.objects.on(day)] == [parent]


def test_moving_a_date_into_another_span_is_refused_to_update() -> None:
    child, one, two = unit(), unit("province"), unit("province")
    placement(child, one, date(2025, 1, 1), JULY).save()
    placement(child, two, JULY).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.filter(parent=one).update(valid_to=None)
    Placement.objects.filter(parent=one).update(valid_to=date(2025, 6, 1))
    assert not Placement.objects.on(date(2025, 6, 15)).exists()


def test_a_row_may_be_saved_again_without_meeting_itself() -> None:
    child, one = unit(), unit("province")
    row = placement(child, one, JULY)
    row.save()
    row.full_clean()
    row.save()


def test_two_holders_of_a_code_are_refused_and_a_later_holder_is_not() -> None:
    one, two = unit(), unit()
    UnitCode.objects.create(unit=one, scheme="gso", code="00004", valid_from=date(2025, 1, 1), valid_to=JULY)
    with pytest.raises(IntegrityError), transaction.atomic():
        UnitCode.objects.create(unit=two, scheme="gso", code="00004", valid_from=date(2025, 6, 30))
    UnitCode.objects.create(unit=two, scheme="gso", code="00004", valid_from=JULY)


@pytest.mark.parametrize("end", [date(2025, 1, 1), date(2024, 12, 31)])
def test_an_end_on_or_before_the_start_is_refused(end: date) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        unit(start=date(2025, 1, 1), end=end)


def test_history_is_not_deleted_or_rewritten_even_by_raw_sql() -> None:
    child, one, two = unit(), unit("province"), unit("province")
    placement(child, one, JULY).save()
    refuse_sql("DELETE FROM units_placement")
    refuse_sql("UPDATE units_placement SET parent_id = %s", two.pk)
    refuse_sql("DELETE FROM units_unit")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE units_placement SET valid_to = %s", [date(2026, 1, 1)])
    assert Placement.objects.get().valid_to == date(2026, 1, 1)


def test_full_clean_says_why_in_words() -> None:
    child, one, two = unit(), unit("province"), unit("province")
    placement(child, one, date(2025, 1, 1)).save()
    with speaking("en"), pytest.raises(ValidationError, match="already has a parent"):
        placement(child, two, JULY).full_clean()
    with speaking("en"), pytest.raises(ValidationError, match="end must be after the start"):
        placement(child, two, JULY, JULY).full_clean()
    row = Placement.objects.get()
    row.parent = two
    with speaking("en"), pytest.raises(ValidationError, match="history grows"):
        row.full_clean()


def test_the_law_holds_after_a_field_is_altered(transactional_schema: None) -> None:
    child, one, two = unit(), unit("province"), unit("province")
    placement(child, one, JULY).save()
    old = Placement._meta.get_field("line")
    new = models.CharField(max_length=50, default="administrative")
    new.set_attributes_from_name("line")
    new.model = Placement
    connection.check_constraints()  # settles deferred foreign keys: PostgreSQL alters no table with checks pending
    with connection.schema_editor() as editor:
        editor.alter_field(Placement, old, new, strict=True)
    refuse_sql("DELETE FROM units_placement")
    with pytest.raises(IntegrityError), transaction.atomic():
        placement(child, two, date(2026, 1, 1)).save()
    assert check_triggers(databases=["default"]) == []


def test_a_lost_trigger_is_found_and_written_again_by_migrate() -> None:
    if connection.vendor == "postgresql":
        lost, drop = "placements_are_never_rewritten_update", "DROP TRIGGER {} ON units_placement"
    else:
        lost, drop = "one_parent_at_a_time_insert", "DROP TRIGGER {}"
    with connection.cursor() as cursor:
        cursor.execute(drop.format(lost))
    assert [lost in fault.msg for fault in check_triggers(databases=["default"])] == [True]
    call_command("migrate", verbosity=0)
    assert check_triggers(databases=["default"]) == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps a trigger's words in its own spelling")
def test_a_trigger_with_other_words_is_found_and_replaced() -> None:
    name = "one_parent_at_a_time_insert"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(f"CREATE TRIGGER {name} BEFORE INSERT ON units_placement BEGIN SELECT 1; END")
    assert triggers.install([Placement], connection) == [name]
    assert check_triggers(databases=["default"]) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps the law as triggers")
def test_a_lost_exclusion_is_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE units_placement DROP CONSTRAINT one_parent_at_a_time")
    assert ["one_parent_at_a_time" in fault.msg for fault in check_triggers(databases=["default"])] == [True]


def test_a_constraint_can_be_added_and_removed_by_a_migration(transactional_schema: None) -> None:
    law = NoOverlap(name="one_child_at_a_time", fields=("parent",))
    fixed = AppendOnly(name="placements_stand_still")
    one, parent = unit(), unit("province")
    placement(one, parent, JULY).save()
    laws = Placement._meta.constraints
    try:
        Placement._meta.constraints = [*laws, law, fixed]
        connection.check_constraints()
        with connection.schema_editor() as editor:
            editor.add_constraint(Placement, law)
            if connection.vendor == "postgresql":  # SQLite's remake has written both
                editor.add_constraint(Placement, fixed)
        with pytest.raises(IntegrityError), transaction.atomic():
            placement(unit(), parent, JULY).save()
        refuse_sql("UPDATE units_placement SET valid_to = '2027-01-01'")
        Placement._meta.constraints = laws
        connection.check_constraints()
        with connection.schema_editor() as editor:
            editor.remove_constraint(Placement, law)
            editor.remove_constraint(Placement, fixed)
    finally:
        Placement._meta.constraints = laws
    placement(unit(), parent, JULY).save()
    Placement.objects.update(valid_to=date(2027, 1, 1))
    assert check_triggers(databases=["default"]) == []


def test_laws_that_say_the_same_are_equal() -> None:
    assert NoOverlap(name="a", fields=("x",)) == NoOverlap(name="a", fields=["x"])
    assert NoOverlap(name="a", fields=("x",)) != NoOverlap(name="a", fields=("y",))
    assert AppendOnly(name="a") != AppendOnly(name="a", may_change=("x",))
    path, args, kwargs = NoOverlap(name="a", fields=("x",), start="begin").deconstruct()
    assert path == "tienbo.ground.constraints.NoOverlap"
    assert NoOverlap(*args, **kwargs).start == "begin"
