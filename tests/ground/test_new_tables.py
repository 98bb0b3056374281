"""A new database is made at once (`ground.new_tables`) and an old one by its migrations: both hold the same."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import DjangoDbBlocker

pytestmark = pytest.mark.database

SQLITE = (
    "SELECT type || ' ' || name, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_autoindex%'"
)
POSTGRESQL = """
SELECT 'column ' || a.attname, c.relname, format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text
    || ' ' || a.attidentity::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind = 'r'
UNION ALL SELECT 'table ' || relname, relrowsecurity::text, relforcerowsecurity::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
UNION ALL SELECT 'constraint ' || conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index ' || indexname, tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger ' || tgname, tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE NOT tgisinternal
UNION ALL SELECT 'policy ' || polname, polrelid::regclass::text,
    coalesce(pg_get_expr(polqual, polrelid), '') || coalesce(pg_get_expr(polwithcheck, polrelid), '') FROM pg_policy
UNION ALL SELECT 'function ' || p.oid::regprocedure::text, '', prosrc FROM pg_proc p
    WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
"""

OTHERWISE = {("column id", "auth_group_permissions")}
"""Django's own: its migrations make the key of this table of pairs wider than its models say. Nobody points at it."""


@pytest.fixture
def two(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[BaseDatabaseWrapper, BaseDatabaseWrapper]]:
    """Two empty databases of the engine under test."""
    names = {alias: f"tables_{alias}_{os.getpid()}" for alias in ("at_once", "by_history")}
    own = connections["default"].settings_dict
    with django_db_blocker.unblock():
        for alias, name in names.items():
            if connection.vendor == "postgresql":
                with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
                    cursor.execute(f'CREATE DATABASE "{name}"')
            connections.databases[alias] = {
                **own, "NAME": name if connection.vendor == "postgresql" else str(tmp_path / name)
            }  # fmt: skip
        yield connections["at_once"], connections["by_history"]
        for alias, name in names.items():
            connections[alias].close()
            del connections[alias]
            del connections.databases[alias]
            if connection.vendor == "postgresql":
                with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
                    cursor.execute(f'DROP DATABASE "{name}"')


def test_a_new_database_holds_what_all_its_migrations_would_have_made(
    two: tuple[BaseDatabaseWrapper, BaseDatabaseWrapper],
) -> None:
    at_once, by_history = two
    call_command("migrate", database=at_once.alias, verbosity=0, interactive=False)
    call_command(migrate.Command(), database=by_history.alias, verbosity=0, interactive=False)
    made, grown = schema(at_once), schema(by_history)
    assert made.keys() == grown.keys()
    assert {name: (made[name], grown[name]) for name in made if made[name] != grown[name]}.keys() <= OTHERWISE
    for table in ("django_migrations", "django_content_type", "auth_permission"):
        assert rows(at_once, table) == rows(by_history, table), table


def test_tables_that_stand_are_not_made_again(two: tuple[BaseDatabaseWrapper, BaseDatabaseWrapper]) -> None:
    at_once, _ = two
    call_command("migrate", database=at_once.alias, verbosity=0, interactive=False)
    before = schema(at_once)
    call_command("migrate", database=at_once.alias, verbosity=0, interactive=False)
    assert schema(at_once) == before


def test_a_migration_is_recorded_in_the_transaction_that_makes_it(
    two: tuple[BaseDatabaseWrapper, BaseDatabaseWrapper], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one that is killed between the two leaves tables that fail each go after it."""
    at, _ = two
    recorded: list[tuple[str, bool]] = []
    record = MigrationRecorder.record_applied

    def noted(self: MigrationRecorder, app: str, name: str) -> None:
        recorded.append((f"{app}.{name}", at.in_atomic_block))
        record(self, app, name)

    monkeypatch.setattr(MigrationRecorder, "record_applied", noted)
    call_command("migrate", "auth", database=at.alias, verbosity=0, interactive=False)
    assert ("auth.0001_initial", True) in recorded
    assert [name for name, is_within in recorded if not is_within] == []


def schema(at: BaseDatabaseWrapper) -> dict[tuple[str, str], Any]:
    """What stands, by kind and name; of a table of SQLite its columns and conditions in any order."""
    with at.cursor() as cursor:
        cursor.execute(SQLITE if at.vendor == "sqlite" else POSTGRESQL)
        found = {(name, of): sql for name, of, sql in cursor.fetchall()}
    if at.vendor == "sqlite":
        return {one: _loose(sql) if one[0].startswith("table ") else sql for one, sql in found.items()}
    return found


def _loose(sql: str) -> tuple[str, ...]:
    """The parts of CREATE TABLE between commas that stand in no brackets, in order of the alphabet."""
    parts, depth, start = [], 0, sql.index("(") + 1
    for at, sign in enumerate(sql[start:-1], start):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(sql[start:at])
            start = at + 1
    parts.append(sql[start:-1])
    return tuple(sorted(re.sub(r"\s+", " ", part).strip() for part in parts))


def rows(at: BaseDatabaseWrapper, table: str) -> list[tuple[Any, ...]]:
    """What a table says, without its keys and times."""
    names = {
        "django_migrations": "app, name",
        "django_content_type": "app_label, model",
        "auth_permission": "codename, name",
    }
    with at.cursor() as cursor:
        cursor.execute(f"SELECT {names[table]} FROM {table} ORDER BY 1, 2")
        return list(cursor.fetchall())
