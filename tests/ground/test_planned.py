"""What a session of PostgreSQL plans once, and what SQLite is asked instead."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from tienbo.ground.planned import planned

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def asked(first: int, second: str) -> tuple[int, str]:
    text = "SELECT %s + 1, %s" if connection.vendor != "postgresql" else "SELECT %s + 1, %s || ''"
    with connection.cursor() as cursor:
        cursor.execute(*planned("asked_by_a_test", text, (first, second), "int, text"))
        found: tuple[int, str] = cursor.fetchone()
    return found


def made() -> int:
    """How many plans of that name the session holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = 'asked_by_a_test'")
        (found,) = cursor.fetchone()
    return int(found)


def test_answers_are_those_of_the_text() -> None:
    for number in range(8):  # the sixth on PostgreSQL is by a plan that knows no values
        assert asked(number, f"một % hai {number}'") == (number + 1, f"một % hai {number}'")


def test_it_is_planned_once_and_stays_after_what_was_taken_back() -> None:
    if connection.vendor != "postgresql":
        assert planned("x", "SELECT %s", (1,), "int") == ("SELECT %s", (1,))
        return
    asked(1, "a")
    with transaction.atomic():
        asked(2, "b")
        transaction.set_rollback(True)
    assert asked(3, "c") == (4, "c")
    assert made() == 1
    with pytest.raises(ValueError, match="another text"):
        planned("asked_by_a_test", "SELECT %s", (1,), "int")
