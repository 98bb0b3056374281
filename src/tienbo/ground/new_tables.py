"""The tables of a new database, made as the models stand.

Seventy migrations, each of which renders every model that is related to what it changes, take seven seconds to end
where the models already are. An empty database has no rows to carry over: each table is made once, in the order in
which the migrations first made it, and the migrations are recorded as applied. That both ways end in the same tables is
a test.

A migration's own code is run where it makes what tables stand on (functions, policies), and is left out where it says
`elidable=True`: Django's word for code that only rows written before it need.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from django.apps import apps
from django.db import router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel, Migration, RunPython, RunSQL
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState, StateApps
from django.db.models import Model


def is_new(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database has no table at all."""
    with connection.cursor() as cursor:
        return not connection.introspection.table_names(cursor)


def make(connection: BaseDatabaseWrapper) -> None:
    """Make every table in one transaction and record every migration. The database is new."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    migrations = [migration for migration, _backwards in plan]
    recorder = MigrationRecorder(connection)
    with connection.schema_editor(atomic=True) as editor:
        made: set[type[Model]] = set()
        for migration in migrations:
            for operation in migration.operations:
                if isinstance(operation, CreateModel):
                    for model in _named(migration.app_label, operation.name, connection):
                        editor.create_model(model)
                        made.add(model)
                elif _is_law(migration, operation):
                    _run(operation, migration.app_label, editor)
        for model in _all(connection):
            if model not in made:  # named otherwise when it was first made
                editor.create_model(model)
        recorder.ensure_schema()
        for name in _names(migrations):
            recorder.record_applied(*name)


def _named(label: str, name: str, connection: BaseDatabaseWrapper) -> Iterator[type[Model]]:
    """The model of that name as it stands now; none if it has gone since."""
    found = apps.all_models[label].get(name.lower())
    if found is not None and _has_table(found, connection):
        yield found


def _all(connection: BaseDatabaseWrapper) -> Iterator[type[Model]]:
    for config in apps.get_app_configs():
        yield from (model for model in config.get_models() if _has_table(model, connection))


def _has_table(model: type[Model], connection: BaseDatabaseWrapper) -> bool:
    return model._meta.can_migrate(connection) and router.allow_migrate_model(connection.alias, model)


def _is_law(migration: Migration, operation: Operation) -> bool:
    ours = apps.get_app_config(migration.app_label).name.startswith("tienbo.")
    return ours and isinstance(operation, RunPython | RunSQL) and not operation.elidable


def _run(operation: Operation, label: str, editor: BaseDatabaseSchemaEditor) -> None:
    if isinstance(operation, RunPython):
        operation.code(cast("StateApps", apps), editor)
    else:
        state = ProjectState()  # it asks nothing of it
        operation.database_forwards(label, editor, state, state)


def _names(migrations: Sequence[Migration]) -> Iterator[tuple[str, str]]:
    for migration in migrations:
        yield migration.app_label, migration.name
        yield from migration.replaces
