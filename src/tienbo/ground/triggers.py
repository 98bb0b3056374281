"""Comparing the laws declared in Meta.constraints with what stands in the database, and writing what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.apps.registry import Apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from tienbo.ground.constraints import NoOverlap, Triggered


def expected(models: Iterable[type[Model]], connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Trigger name → SQL, for the models whose tables stand as the models say."""
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in models:
            laws = [law for law in model._meta.constraints if isinstance(law, Triggered)]
            table = model._meta.db_table
            if not laws or table not in tables:
                continue
            columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
            if not {field.column for field in model._meta.local_concrete_fields} <= columns:
                continue  # a migration is under way
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
    wanted = missing(models, connection)
    stands = actual(connection)
    with connection.cursor() as cursor:
        for name, sql in wanted.items():
            if name in stands and connection.vendor == "sqlite":
                cursor.execute(f'DROP TRIGGER "{name}"')
            cursor.execute(sql)
    return list(wanted)


def install_after_migrate(*, app_config: object, using: str, apps: Apps | None = None, **_others: object) -> None:
    """The one receiver of a signal in this house: table remakes on SQLite drop triggers."""
    from django.apps import apps as installed

    label = getattr(app_config, "label", "")
    known = apps or installed
    if label in known.app_configs:
        install(known.get_app_config(label).get_models(), connections[using])


def own_models() -> Iterator[type[Model]]:
    """Every model of the rooms of this house."""
    from django.apps import apps as installed

    for config in installed.get_app_configs():
        if config.name.startswith("tienbo."):
            yield from config.get_models()
