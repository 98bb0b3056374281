"""History: what every row of a table of truth was and became, written by triggers in the same transaction.

A model's rows are recorded unless it says why not: `history = Unrecorded("drafts are kept in versions of their own")`.
`history = Recorded(without=("password",), silent=("last_login",))`: a change of the first is told and its value is
not; a change of the second is not told.

SQLite asks the connection for the transaction and for who acts (`ground.backends`): a program that is not ours cannot
write to these tables at all. PostgreSQL has transactions numbered, and who acts in a variable of the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

TABLE = "ground_history"
FUNCTION = "ground_history_write"
"""The PostgreSQL function behind the triggers; made by ground's migration."""
OPERATIONS = {"insert": "I", "update": "U", "delete": "D"}


@dataclass(frozen=True)
class Recorded:
    without: tuple[str, ...] = ()
    """Columns whose values are left out: secrets, and what its own hash stands for."""
    silent: tuple[str, ...] = ()
    """Columns whose change alone is no change, left out too."""


@dataclass(frozen=True)
class Unrecorded:
    why: str


def recording(model: type[Model]) -> Recorded | None:
    """How a model's rows are recorded, as the program has the model now; None for those that are not, and for tables
    of others."""
    return recorded_tables().get(model._meta.db_table)


@lru_cache(maxsize=1)
def recorded_tables() -> dict[str, Recorded]:
    """Table → how its rows are recorded."""
    said = {
        model._meta.db_table: getattr(model, "history", None) or Recorded()
        for config in apps.get_app_configs()
        if config.name.startswith("tienbo.")
        for model in config.get_models()
    }
    return {table: one for table, one in said.items() if isinstance(one, Recorded)}


def trigger_sql(table: str, columns: Sequence[str], said: Recorded, vendor: str) -> dict[str, str]:
    """Trigger name → SQL. `columns`: those of the table, whose key is `id`."""
    make = _of_sqlite if vendor == "sqlite" else _of_postgresql
    return {f"history_{table}_{name}": make(table, name, sorted(columns), said) for name in OPERATIONS}


def image_sql(table: str, columns: Sequence[str], said: Recorded, vendor: str, row: str = "") -> str:
    """SQL of a row as history keeps it: JSON of its columns."""
    kept = [column for column in sorted(columns) if column not in (*said.without, *said.silent)]
    if vendor == "sqlite":
        at = f"{row}." if row else ""
        return "json_object(" + ", ".join(f"'{column}', {at}\"{column}\"" for column in kept) + ")"
    return f"row_to_json({row or table})::text" if said == Recorded() else f"({_less(row or table, said)})::text"


def _less(row: str, said: Recorded) -> str:
    return f"to_jsonb({row}) - '{{{','.join((*said.without, *said.silent))}}}'::text[]"


def _of_sqlite(table: str, name: str, columns: Sequence[str], said: Recorded) -> str:
    old, new = (image_sql(table, columns, said, "sqlite", row) for row in ("OLD", "NEW"))
    before, after, row, when = "NULL", new, "NEW", ""
    if name == "update":
        told = " OR ".join(f'OLD."{one}" IS NOT NEW."{one}"' for one in columns if one not in said.silent)
        before, when = old, f" WHEN {told}"
    elif name == "delete":
        before, after, row = old, "NULL", "OLD"
    # Names of tables and columns come from the models, never from what a person types.
    return (
        f'CREATE TRIGGER "history_{table}_{name}" AFTER {name.upper()} ON "{table}" FOR EACH ROW{when} '  # noqa: S608
        f'BEGIN INSERT INTO "{TABLE}" (tx, person, door, table_name, row_id, op, before, after) '
        f"VALUES (tienbo_tx(), tienbo_person(), tienbo_door(), '{table}', {row}.\"id\", '{OPERATIONS[name]}', "
        f"{before}, {after}); END"
    )


def _of_postgresql(table: str, name: str, _columns: Sequence[str], said: Recorded) -> str:
    rows = {
        "insert": "NEW TABLE AS new_rows",
        "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "delete": "OLD TABLE AS old_rows",
    }
    told = f"'{','.join(said.without)}', '{','.join(said.silent)}'" if said != Recorded() else ""
    return (
        f'CREATE TRIGGER "history_{table}_{name}" AFTER {name.upper()} ON "{table}" REFERENCING {rows[name]} '
        f"FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}({told})"
    )


# Names of our own.
POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql SET timezone TO 'UTC' AS $$
DECLARE
    said text := coalesce(current_setting('tienbo.acting', true), '');
    who text := split_part(said, E'\\x1f', 1);
    way text := split_part(said, E'\\x1f', 2);
    this text := to_char(transaction_timestamp(), 'YYYYMMDD"T"HH24MISS.US"Z-"') || pg_current_xact_id();
    without text[] := string_to_array(coalesce(TG_ARGV[0], ''), ',');
    silent text[] := string_to_array(coalesce(TG_ARGV[1], ''), ',');
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {TABLE} (tx, person, door, table_name, row_id, op, before, after)
        SELECT this, who, way, TG_TABLE_NAME, n.id, 'I', NULL,
            CASE WHEN TG_NARGS = 0 THEN row_to_json(n)::text ELSE (to_jsonb(n) - without - silent)::text END
        FROM new_rows n;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO {TABLE} (tx, person, door, table_name, row_id, op, before, after)
        SELECT this, who, way, TG_TABLE_NAME, n.id, 'U',
            CASE WHEN TG_NARGS = 0 THEN row_to_json(o)::text ELSE (to_jsonb(o) - without - silent)::text END,
            CASE WHEN TG_NARGS = 0 THEN row_to_json(n)::text ELSE (to_jsonb(n) - without - silent)::text END
        FROM old_rows o JOIN new_rows n USING (id)
        WHERE (to_jsonb(o) - silent) IS DISTINCT FROM (to_jsonb(n) - silent);
    ELSE
        INSERT INTO {TABLE} (tx, person, door, table_name, row_id, op, before, after)
        SELECT this, who, way, TG_TABLE_NAME, o.id, 'D',
            CASE WHEN TG_NARGS = 0 THEN row_to_json(o)::text ELSE (to_jsonb(o) - without - silent)::text END, NULL
        FROM old_rows o;
    END IF;
    RETURN NULL;
END $$
"""  # noqa: S608


def columns_of(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    """The columns a table has."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')  # noqa: S608 - our own tables
        return [column[0] for column in cursor.description]
