"""Comparing what models declare (laws in Meta.constraints, history) with the triggers that stand in the database, and
writing what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from django.apps.registry import Apps
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from tienbo.ground.constraints import NoOverlap, Triggered
from tienbo.ground.history import OPERATIONS, TABLE, columns_of, recorded_tables, recording, trigger_sql
from tienbo.ground.whose import grants_install, install_policies


def expected(models: Iterable[type[Model]], connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Trigger name → SQL, for the models whose tables stand as the models say."""
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in models:
            said = recording(model)
            laws = [law for law in model._meta.constraints if isinstance(law, Triggered)]
            table = model._meta.db_table
            if (not laws and said is None) or table not in tables:
                continue
            columns = set(columns_of(connection, table))
            held = [str(field.column) for field in model._meta.local_concrete_fields]
            if not set(held) <= columns:
                continue  # a migration is under way
            if said is not None and TABLE in tables:
                found |= trigger_sql(table, held, said, connection.vendor)
            quoted = connection.ops.quote_name(table)
            for law in laws:
                for name, sql in law.trigger_sql(model, connection.vendor).items():
                    found[name] = sql.replace("{table}", quoted)
    return found


def actual(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Trigger name → SQL as it stands ("" on PostgreSQL, which keeps it in its own spelling)."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            return dict(cursor.fetchall())
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        return {name: "" for (name,) in cursor.fetchall()}


def missing(models: Iterable[type[Model]], connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Trigger name → SQL of those that are not there, or stand with other words."""
    stands = actual(connection)
    return {
        name: sql
        for name, sql in expected(models, connection).items()
        if name not in stands or (stands[name] and stands[name] != sql)
    }


def missing_exclusions(models: Iterable[type[Model]], connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the no-overlap constraints that PostgreSQL should hold and does not."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'x'")
        stands = {name for (name,) in cursor.fetchall()}
    return [
        law.name
        for model in models
        if model._meta.db_table in tables
        for law in model._meta.constraints
        if isinstance(law, NoOverlap) and law.name not in stands
    ]


def install(models: Iterable[type[Model]], connection: BaseDatabaseWrapper) -> list[str]:
    """Write the triggers that are missing; returns their names."""
    known = list(models)
    wanted = missing(known, connection)
    stands = actual(connection)
    _based([model._meta.db_table for model in known if f"history_{model._meta.db_table}_insert" in wanted], connection)
    with connection.cursor() as cursor:
        for name, sql in wanted.items():
            if name in stands and connection.vendor == "sqlite":
                cursor.execute(f'DROP TRIGGER "{name}"')
            cursor.execute(sql)
    return list(wanted)


def _based(tables: Iterable[str], connection: BaseDatabaseWrapper) -> None:
    """Say of a table whose history begins up to which row it was there before: once, however often its triggers are
    written again."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT 1 FROM {TABLE} WHERE table_name = %s AND op = 'B'", [table])  # noqa: S608
            if cursor.fetchone():
                continue
            cursor.execute(f"SELECT max(id) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own tables
            (last,) = cursor.fetchone()
            tx = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{os.urandom(6).hex()}"
            columns = "(tx, person, door, table_name, row_id, op)"
            cursor.execute(
                f"INSERT INTO {TABLE} {columns} VALUES (%s, '', 'migrate', %s, %s, 'B')",  # noqa: S608
                [tx, table, last or 0],
            )


def history_drop(table: str, connection: BaseDatabaseWrapper) -> bool:
    """Take the triggers of history off a table of SQLite, before it is changed; whether there were any."""
    names = [f"history_{table}_{name}" for name in OPERATIONS]
    stands = [name for name in names if name in actual(connection)]
    with connection.cursor() as cursor:
        for name in stands:
            cursor.execute(f'DROP TRIGGER "{name}"')
    return bool(stands)


def history_write(table: str, connection: BaseDatabaseWrapper) -> None:
    """Write them again, for the columns the table has now; what the models say is compared after migrating."""
    said = recorded_tables().get(table)
    if said is not None:
        with connection.cursor() as cursor:
            for sql in trigger_sql(table, columns_of(connection, table), said, connection.vendor).values():
                cursor.execute(sql)


def install_after_migrate(*, app_config: object, using: str, apps: Apps | None = None, **_others: object) -> None:
    """The one receiver of a signal in this house: table remakes on SQLite drop triggers."""
    from django.apps import apps as installed

    label = getattr(app_config, "label", "")
    known = apps or installed
    if label in known.app_configs:
        install(known.get_app_config(label).get_models(), connections[using])
    rooms = [config.label for config in installed.get_app_configs() if config.name.startswith("tienbo.")]
    if label == rooms[-1]:  # policies of one room ask the tables of others: written when all of them stand
        install_policies(own_models(), connections[using])
        grants_install(settings.WEB_ROLE, connections[using])


def own_models() -> Iterator[type[Model]]:
    """Every model of the rooms of this house."""
    from django.apps import apps as installed

    for config in installed.get_app_configs():
        if config.name.startswith("tienbo."):
            yield from config.get_models()
