"""`migrate`, as Django has it but for two things: a database without a table is made at once (`ground.new_tables`), and
a migration is recorded in the transaction that makes it."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from tienbo.ground import new_tables

ASKED_FOR = ("app_label", "migration_name", "fake", "fake_initial", "plan", "check_unapplied", "prune")


class WholeExecutor(MigrationExecutor):
    """Django records a migration that leaves SQL for its end (keys, indexes) after the transaction is over. Killed
    between the two, a site has tables that no migration made: the next go fails at them, and so does each after it."""

    def apply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        made = migration.apply

        def apply(before: ProjectState, editor: BaseDatabaseSchemaEditor, collect_sql: bool = False) -> ProjectState:
            after = made(before, editor, collect_sql)
            for sql in editor.deferred_sql:
                editor.execute(sql, None)
            editor.deferred_sql.clear()  # where nothing is left for the end, Django records at once
            return after

        migration.apply = apply  # type: ignore[method-assign, assignment]
        try:
            return super().apply_migration(state, migration, fake, fake_initial)
        finally:
            del migration.apply


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if not any(options[name] for name in ASKED_FOR) and new_tables.is_new(connection):
            new_tables.make(connection)
        with patch.object(migrate, "MigrationExecutor", WholeExecutor):
            super().handle(*args, **options)
