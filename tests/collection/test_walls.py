"""The wall behind the pages: what PostgreSQL shows and takes when the program asks for everything, as roles that cannot
step past it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import psycopg
import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.checks import CheckMessage
from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.utils import timezone
from tests.collection.conftest import House
from tests.postgresql import WEB_ROLE

from tienbo.accounts.models import User
from tienbo.collection.models import Receipt, Return, Revision
from tienbo.ground import triggers
from tienbo.ground.checks import check_triggers, check_whose
from tienbo.ground.keys import new_key
from tienbo.ground.models import History
from tienbo.ground.reach import (
    NOWHERE,
    SETS,
    WITHIN,
    Asked,
    Reach,
    joined,
    person_reach,
    reach,
    reaching,
    reaching_everywhere,
    spelled,
)
from tienbo.ground.together import Together
from tienbo.ground.whose import (
    POLICIES,
    Nobodys,
    OfParent,
    OfUnit,
    Whose,
    grant_missing,
    grants_install,
    guarded,
    install_policies,
    missing_policies,
    steps_past,
    unsaid,
)
from tienbo.registers.plan_models import Plan
from tienbo.units.models import Grant, Unit
from tienbo.units.services import grant_give
from tienbo.web.middleware import within_reach

pytestmark = [pytest.mark.database, pytest.mark.django_db]
postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite looks at no row by itself")

A, B = "Xã An Bình", "Xã Bình Minh"


@pytest.fixture
def two(house: House) -> House:
    for number, unit in enumerate((A, B)):
        house.send(unit, staff__total=40 + number)
        _plan(house.units[unit])
    return house


def _plan(unit: Unit) -> Plan:
    return Plan.objects.create(key=new_key("plan"), unit=unit, first_year=2026, last_year=2026, version=1)


def within(*units: Unit, writes: bool = True) -> Reach:
    keys = [unit.pk for unit in units]
    return Reach(WITHIN, {name: keys for name in SETS if writes or not name.endswith("write")})


def filled(held: Mapping[type[Model], Whose]) -> set[type[Model]]:
    return {model for model in held if model._default_manager.exists()}


@postgresql
def test_the_role_at_work_cannot_step_past_and_every_table_is_looked_at() -> None:
    assert steps_past(connection) == ""
    held = guarded(triggers.own_models())
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'collection_return'")
        assert cursor.fetchone() == (connection.settings_dict["USER"],), "the owner is looked at like any other"
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert {name for (name,) in cursor.fetchall()} == {model._meta.db_table for model in held}
        cursor.execute("SELECT c.relname, count(*) FROM pg_policy p JOIN pg_class c ON c.oid = polrelid GROUP BY 1")
        assert set(cursor.fetchall()) == {(model._meta.db_table, len(POLICIES)) for model in held}
    assert len(held) > 40


@postgresql
def test_where_nothing_was_said_nothing_is_seen_and_nothing_is_taken(two: House) -> None:
    held = guarded(triggers.own_models())
    there = {model for model in filled(held) if not getattr(held[model], "shown", "")}
    assert {Return, Revision, Receipt, Plan, History} <= there
    with reaching(NOWHERE):
        assert not there & filled(held)
        assert not Return.objects.update(form="none")
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            _plan(two.units[A])
    assert there <= filled(held), "and the next who may is told anew"


@postgresql
def test_a_connection_that_was_told_nothing_sees_nothing(two: House) -> None:
    with connection.cursor() as cursor:
        for variable in ("rows", *SETS):
            cursor.execute("SELECT set_config(%s, '', false)", [f"tienbo.{variable}"])
    raw = connection.connection.cursor()  # past the program's own wrapper
    raw.execute("SELECT count(*) FROM collection_return")
    assert raw.fetchone() == (0,)
    raw.execute("SELECT set_config('tienbo.rows', 'within', false)")
    raw.execute("SELECT count(*) FROM collection_revision")
    assert raw.fetchone() == (0,)
    connection._forget()  # type: ignore[attr-defined]


@postgresql
def test_questions_that_forgot_to_filter_are_answered_with_ones_own(two: House) -> None:
    own, other = two.units[A], two.units[B]
    theirs = two.of(B).latest_id
    with reaching(within(own)):
        assert {one.unit_id for one in Return.objects.all()} == {own.pk}
        assert {one.of.unit_id for one in Revision.objects.select_related("of")} == {own.pk}
        assert Receipt.objects.count() == 1
        assert Plan.objects.update(version=2) == 1
        assert not Return.objects.filter(unit=other).exists()
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Return.objects.filter(unit=own).update(unit=other)  # nor is a row pushed over the wall
        assert not Plan.objects.filter(unit=other).delete()[0]
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Receipt.objects.create(revision_id=theirs, code="AAAAA-11111")
    with reaching(within(own, writes=False)):
        assert Return.objects.count() == 1
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Plan.objects.update(version=3)
    assert set(Plan.objects.values_list("unit_id", "version")) == {(own.pk, 2), (other.pk, 1)}


@postgresql
def test_who_reaches_what_goes_with_a_transaction_that_is_taken_back(two: House) -> None:
    own = two.units[A]
    for breaks in (True, False):
        with reaching(within(own)):
            try:
                with transaction.atomic():
                    assert Return.objects.count() == 1
                    with reaching_everywhere("a place that says so"):
                        assert Return.objects.count() == 2
                    assert Return.objects.count() == 1
                    if breaks:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                pass
            assert Return.objects.count() == 1
        assert Return.objects.count() == 2


@postgresql
def test_what_is_told_in_one_text_with_a_question_is_told_again_where_the_question_failed(two: House) -> None:
    """Outside a transaction the two are one: a failure takes what was told back with it."""
    other = connection.copy("other")
    try:
        with reaching(within(two.units[A])), other.cursor() as cursor:
            with pytest.raises(DatabaseError, match="division"):
                cursor.execute("SELECT 1 / %s -- 100 %%", [0])
            cursor.execute("SELECT current_setting('tienbo.rows', true), %s", ["100 %"])
            assert cursor.fetchall() == [(WITHIN, "100 %")], "and what comes back is the question's own answer"
        with reaching(NOWHERE), other.cursor() as cursor:
            cursor.execute("SELECT current_setting('tienbo.rows', true)")
            assert cursor.fetchone() == ("",)
    finally:
        other.close()


@postgresql
def test_ones_own_grants_are_seen_before_it_is_known_what_they_open(two: House) -> None:
    an, binh = (User.objects.create_user(name, name) for name in ("an", "binh"))
    for user, unit in ((an, A), (binh, B)):
        grant_give(user=user, unit=two.units[unit], role="preparer", begins=two.units[unit].valid_from)
    with reaching(person_reach(an.pk)):
        assert [one.user_id for one in Grant.objects.all()] == [an.pk]
        assert not Return.objects.exists()
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Grant.objects.update(withdrawn_at=timezone.now())


@postgresql
def test_what_is_read_while_it_is_sent_is_read_within_the_same_reach(two: House, rf: RequestFactory) -> None:
    an = User.objects.create_user("an", "An")
    grant_give(user=an, unit=two.units[A], role="preparer", begins=two.units[A].valid_from)

    def answers(_request: HttpRequest) -> HttpResponse:
        rows = (f"{one.unit_id}\n" for one in Return.objects.order_by("pk").iterator(chunk_size=1))
        return cast("HttpResponse", StreamingHttpResponse(rows))

    request = rf.get("/")
    for user, wanted in ((an, f"{two.units[A].pk}\n"), (AnonymousUser(), "")):
        request.user = user
        with reaching(NOWHERE):
            response = cast("StreamingHttpResponse", within_reach(answers)(request))
            assert b"".join(response.streaming_content).decode() == wanted  # type: ignore[arg-type]


@postgresql
def test_rows_of_many_go_in_by_what_all_of_them_may(two: House) -> None:
    units = [two.units[A], two.units[B]]
    door: Together[Unit, int] = Together(_gate, lambda asked: [_written(one) for one in asked])
    with reaching(within(units[0])):
        assert door.ask(units[0])
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            door.ask(units[1])
    both = joined([within(units[0]), within(units[1])])
    assert both.units["returns_write"] == {one.pk for one in units}


@contextmanager
def _gate() -> Iterator[None]:
    yield


def _written(unit: Unit) -> int:
    return _plan(unit).pk


@postgresql
def test_units_are_spelled_as_the_database_reads_them() -> None:
    chance = random.Random(8)  # noqa: S311
    with connection.cursor() as cursor:
        for most in (9, 64, 700, 20_000):
            units = {chance.randrange(1, most) for _ in range(chance.randrange(0, 60))}
            cursor.execute("SELECT set_config('tienbo.rows', 'within', false)")
            cursor.execute("SELECT set_config('tienbo.returns_read', %s, false)", [spelled(units)])
            cursor.execute(
                "SELECT one FROM generate_series(0, %s) AS one "
                "WHERE ground_has((SELECT ground_reach('returns_read')), "
                "(SELECT ground_ends(ground_reach('returns_read'))), one)",
                [most + 40],
            )
            assert {one for (one,) in cursor.fetchall()} == units
    connection._forget()  # type: ignore[attr-defined]


@postgresql
def test_a_policy_that_was_taken_away_or_changed_is_told_and_written_again() -> None:
    models = list(triggers.own_models())
    assert missing_policies(models, connection) == {}
    with connection.cursor() as cursor:
        cursor.execute("DROP POLICY rows_read ON collection_return")
        cursor.execute("CREATE POLICY rows_read ON collection_return USING (true)")
        cursor.execute("ALTER TABLE collection_draft NO FORCE ROW LEVEL SECURITY")
        cursor.execute("ALTER TABLE release_round DISABLE ROW LEVEL SECURITY")
        cursor.execute("DROP POLICY rows_added ON units_grant")
        cursor.execute("CREATE FUNCTION ground_of_before(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT $1'")
        cursor.execute("COMMENT ON FUNCTION ground_of_before IS '0123456789abcdef'")
    wanted = {
        ("collection_return", "rows_read"),
        ("collection_draft", "forced"),
        ("release_round", "forced"),
        ("units_grant", "rows_added"),
    }
    assert set(missing_policies(models, connection)) == wanted
    assert len(cast("list[CheckMessage]", check_triggers(databases=["default"]))) == len(wanted)
    install_policies(models, connection)
    assert missing_policies(models, connection) == {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('ground_of_before'), to_regproc('ground_refuse') IS NOT NULL")
        assert cursor.fetchone() == (None, True), "what no policy asks any more is gone, what laws ask is not"
        cursor.execute("SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polname = 'rows_read'")
        assert "true" not in {said for (said,) in cursor.fetchall()} - _shown()


def _shown() -> set[str]:
    return {"true"} if any(getattr(said, "shown", "") for said in guarded(triggers.own_models()).values()) else set()


@postgresql
def test_the_role_of_the_pages_reads_and_writes_rows_and_changes_no_table(two: House) -> None:
    assert grant_missing(WEB_ROLE, connection)
    grants_install(WEB_ROLE, connection)
    assert grant_missing(WEB_ROLE, connection) == {}
    # As that role itself, on a connection of its own: what it may is decided there.
    held = connection.settings_dict
    where = f"host={held['HOST']} port={held['PORT']} dbname={held['NAME']} user={WEB_ROLE}"
    with psycopg.connect(where, autocommit=True) as web:
        for sql in (
            "TRUNCATE units_unitsversion",
            "ALTER TABLE collection_return DISABLE ROW LEVEL SECURITY",
            "DROP POLICY rows_read ON collection_return",
            "DROP TRIGGER history_collection_return_update ON collection_return",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(sql)
        assert web.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone() == (
            False,
        )


def test_a_model_that_does_not_say_whose_its_rows_are_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_whose() == []
    for model, said, words in (
        (Return, None, "does not say whose"),
        (Return, OfUnit("campaign"), "that it is a unit"),
        (Return, OfUnit("unit", sort="planets"), "no such sort"),
        (Return, OfUnit("gone"), "no column gone"),
        (Revision, OfParent("upload"), "of no unit"),
        (Return, Nobodys(""), "does not say why"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(model, "whose", said)
            assert words in unsaid(model)
            assert [one.obj for one in check_whose()].count(model) == 1


def test_a_reach_is_asked_for_once_when_it_is_needed() -> None:
    asked: list[int] = []

    def ask() -> Reach:
        asked.append(1)
        assert reach().settings["rows"] == "", "while it is asked for nothing but one's own is seen"
        return within()

    with reaching(Asked(person_reach(7), ask)):
        assert not asked
        assert reach() is reach()
    assert asked == [1]
    with pytest.raises(ValueError, match="say why"), reaching_everywhere(""):
        pass
