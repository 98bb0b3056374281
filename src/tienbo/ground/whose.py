"""Whose a row is, said by every model, and the policies that PostgreSQL keeps of it (row-level security, forced).

    whose = OfUnit("unit")               # the unit in this column
    whose = OfUnit("issuer", "owner")    # any of these
    whose = OfParent("revision")         # whoever the row it points at is of
    whose = OfKey("holder", "registers_record")    # whoever the row with this key is of
    whose = Kept("why")                  # everybody adds to it, nobody reads it but by what reaches everywhere
    whose = Nobodys("why")               # no unit decides

A model that says nothing fails the check. The policies are written after every migrate, beside the laws, and compared
by the same system check: they follow from what is said here, never from a hand. Reading asks for the units that the
session may read, writing for those it may write (`ground.reach`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from tienbo.ground.constraints import AppendOnly
from tienbo.ground.reach import ALL, PERSON, ROWS, SORTS, WITHIN

_IS_ALL = f"(SELECT current_setting('tienbo.{ROWS}', true) = '{ALL}')"


@dataclass(frozen=True, init=False)
class OfUnit:
    columns: tuple[str, ...]
    sort: str
    person: str
    """A column with an account: its own rows are read by whoever it is, wherever they are."""
    beside: tuple[tuple[str, str, str], ...]
    """Tables, each with its column that points here and its column with a unit: who shares a row has it too."""
    shown: str
    """Why everybody reads it, where everybody does: a unit decides who writes it."""

    def __init__(
        self,
        *columns: str,
        sort: str = SORTS[0],
        person: str = "",
        beside: tuple[tuple[str, str, str], ...] = (),
        shown: str = "",
    ) -> None:
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "sort", sort)
        object.__setattr__(self, "person", person)
        object.__setattr__(self, "beside", beside)
        object.__setattr__(self, "shown", shown)


@dataclass(frozen=True)
class OfParent:
    column: str


@dataclass(frozen=True, init=False)
class OfKey:
    column: str
    tables: tuple[str, ...]

    def __init__(self, column: str, *tables: str) -> None:
        object.__setattr__(self, "column", column)
        object.__setattr__(self, "tables", tables)


@dataclass(frozen=True)
class Kept:
    why: str


@dataclass(frozen=True)
class Nobodys:
    why: str


Whose = OfUnit | OfParent | OfKey | Kept | Nobodys

# ground_reach is asked once a statement: as SQL it would be parsed anew with each, to be written into it.
# What is asked of every row of a list of 100,000 is two comparisons of numbers and a bit of what was worked out once
# for the question. ground_has is written into it in place of a call as it names once what is worked out; CASE looks at
# the bit only of a unit that has one.
FUNCTIONS = {
    "ground_reach": (
        "CREATE OR REPLACE FUNCTION ground_reach(name text) RETURNS bytea LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ "
        "DECLARE said text := current_setting('tienbo.' || name, true); BEGIN "
        f"IF current_setting('tienbo.{ROWS}', true) = '{WITHIN}' AND said <> '' THEN RETURN "
        "decode(repeat('00', split_part(said, ':', 1)::int) || split_part(said, ':', 2), 'hex'); END IF; "
        "RETURN ''::bytea; END $$"
    ),
    "ground_ends": (
        "CREATE OR REPLACE FUNCTION ground_ends(units bytea) RETURNS bigint "
        "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 8::bigint * octet_length(units) $$"
    ),
    "ground_has": (
        "CREATE OR REPLACE FUNCTION ground_has(units bytea, ends bigint, unit bigint) RETURNS boolean "
        "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ "
        "SELECT CASE WHEN unit < ends THEN get_bit(units, unit) = 1 ELSE false END $$"
    ),
    "ground_counted": (
        "CREATE OR REPLACE FUNCTION ground_counted(tables text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path FROM CURRENT AS $$ DECLARE one text; BEGIN FOREACH one IN ARRAY tables LOOP "
        "EXECUTE format('ANALYZE %I', one); END LOOP; END $$"
    ),
}
"""What the policies ask: the units of a variable as bits, the first that has none, and whether one is among them. And
what the role of the pages has the owner of tables do: look at how many rows they have."""
POLICIES = {"read": "SELECT", "added": "INSERT", "changed": "UPDATE", "removed": "DELETE"}


def whose(model: type[Model]) -> Whose | None:
    """What a model says of itself; None where it says nothing."""
    said = model.__dict__.get("whose", getattr(model, "whose", None))
    return said if isinstance(said, Whose) else None


def unsaid(model: type[Model]) -> str:
    """Why what a model says of itself cannot hold; "" where it can."""
    return next(_wrong(model, whose(model)), "")


def _wrong(model: type[Model], said: Whose | None) -> Iterator[str]:
    if said is None:
        yield "does not say whose its rows are"
    elif isinstance(said, Kept | Nobodys):
        if not said.why:
            yield "does not say why"
    else:
        if isinstance(said, OfUnit) and (said.sort not in SORTS or not said.columns):
            yield f"has no such sort of rows ({said.sort}) or names no unit"
        names = (*said.columns, *filter(None, [said.person])) if isinstance(said, OfUnit) else (said.column,)
        held = {field.name: field for field in model._meta.local_concrete_fields}
        for name in names:
            points = held[name].related_model if name in held else None
            if name not in held:
                yield f"has no column {name}"
            elif isinstance(said, OfUnit) and name != said.person and getattr(points, "__name__", "") != "Unit":
                yield f"says of {name} that it is a unit"
            elif isinstance(said, OfParent) and not isinstance(_whose(points), OfUnit | OfParent):
                yield f"points by {name} at what is of no unit"


def _whose(points: object) -> Whose | None:
    return whose(points) if isinstance(points, type) and issubclass(points, Model) else None


def guarded(models: Iterable[type[Model]]) -> dict[type[Model], Whose]:
    """The models whose rows the database looks at."""
    found = ((model, whose(model)) for model in models)
    return {model: said for model, said in found if said is not None and not isinstance(said, Nobodys)}


def policies(models: Iterable[type[Model]]) -> dict[tuple[str, str], str]:
    """(table, name of a policy) → its SQL; ("", name of a function) → its. In the order they are written in."""
    held = guarded(models)
    found = {("", name): sql for name, sql in FUNCTIONS.items()}
    pointed = {_parent(model, said) for model, said in held.items() if isinstance(said, OfParent)}
    pointed |= {table for said in held.values() if isinstance(said, OfKey) for table in said.tables}
    for model, said in held.items():
        table = model._meta.db_table
        if isinstance(said, OfUnit) and said.beside:
            found["", f"ground_beside_{table}"] = _shares(table, said.beside)
        if table in pointed:
            found["", f"ground_writes_{table}"] = _asks(table, _condition(model, said, "write"))
    for model, said in held.items():
        table = model._meta.db_table
        for name, command in POLICIES.items():
            condition = _condition(model, said, "read" if name == "read" else "write")
            if isinstance(said, Kept) and name == "added":
                condition = "true"
            # Who may read a row may hold it (FOR UPDATE) and be told in words that it is not theirs to change: to
            # change it is refused. Where a row could go from one unit to another it must have been theirs before, too.
            before = _condition(model, said, "read") if _stays(model, said) else condition
            clause = {
                "SELECT": f"USING ({condition})",
                "INSERT": f"WITH CHECK ({condition})",
                "UPDATE": f"USING ({before}) WITH CHECK ({condition})",
                "DELETE": f"USING ({condition})",
            }[command]
            found[table, f"rows_{name}"] = f'CREATE POLICY "rows_{name}" ON "{table}" FOR {command} {clause}'
    return found


def _condition(model: type[Model], said: Whose, act: str) -> str:
    table = model._meta.db_table
    if isinstance(said, OfUnit):
        if said.shown and act == "read":
            return "true"
        units = f"(SELECT ground_reach('{said.sort}_{act}'))"
        ends = f"(SELECT ground_ends(ground_reach('{said.sort}_{act}')))"
        any_of = [f'ground_has({units}, {ends}, "{_column(model, name)}")' for name in said.columns]
        if said.person and act == "read":
            own = f"(SELECT nullif(current_setting('tienbo.{PERSON}', true), '')::bigint)"
            any_of.append(f'"{_column(model, said.person)}" = {own}')
        if said.beside:
            any_of.append(f'ground_beside_{table}("{table}".id, {units})')
        return " OR ".join([_IS_ALL, *any_of])
    if isinstance(said, OfParent):
        column, parent = f'"{table}"."{_column(model, said.column)}"', _parent(model, said)
        # Read inline, so that who reads many has the row above looked up for all at once; but what is planned for that
        # is planned twice, and four times where the row above asks in its turn, for longer than looking up takes.
        row = f'FROM "{parent}" above WHERE above.id = {column}'
        is_deep = isinstance(_whose(model._meta.get_field(said.column).related_model), OfParent)
        found = f"(SELECT true {row})" if is_deep else f"EXISTS (SELECT 1 {row})"
        return f"{_IS_ALL} OR " + (found if act == "read" else f"ground_writes_{parent}({column})")
    if isinstance(said, OfKey):
        column = f'"{table}"."{_column(model, said.column)}"'
        more = "" if act == "read" else " AND ground_writes_{one}(above.id)"
        by_key = f'EXISTS (SELECT 1 FROM "{{one}}" above WHERE above.key = {column}{more})'  # noqa: S608
        return " OR ".join([_IS_ALL, *(by_key.format(one=one) for one in said.tables)])
    return _IS_ALL


def _stays(model: type[Model], said: Whose) -> bool:
    """Whether a law of the table keeps a row where it is: the columns that say whose it is are never changed."""
    if isinstance(said, OfUnit) and not said.shown:
        columns = set(said.columns)
    elif isinstance(said, OfParent):
        columns = {said.column}
    else:
        return False
    laws = (law for law in model._meta.constraints if isinstance(law, AppendOnly))
    return any(not columns & set(law.may_change) for law in laws)


def _asks(table: str, condition: str) -> str:
    """The function by which rows that point at this table ask whether that row may be written: a session keeps its
    plan, so a row of a child costs no planning."""
    row = f'SELECT 1 FROM "{table}" WHERE id = $1 AND ({condition})'  # noqa: S608 - names of our own
    start = f"CREATE OR REPLACE FUNCTION ground_writes_{table}(bigint) RETURNS boolean LANGUAGE plpgsql STABLE"
    return f"{start} AS $$ BEGIN RETURN EXISTS ({row}); END $$"


def _shares(table: str, beside: Iterable[tuple[str, str, str]]) -> str:
    """The function by which a row asks whether one of some units shares it: it looks at all rows beside, which
    themselves are looked at by this one."""
    has = "ground_has($2, ground_ends($2), "
    rows = (
        f'EXISTS (SELECT 1 FROM "{other}" WHERE "{points}" = $1 AND {has}"{unit}"))'  # noqa: S608
        for other, points, unit in beside
    )
    return (
        f"CREATE OR REPLACE FUNCTION ground_beside_{table}(bigint, bytea) RETURNS boolean "
        "LANGUAGE plpgsql STABLE AS $$ "
        f"DECLARE was text := current_setting('tienbo.{ROWS}', true); found boolean; BEGIN "
        f"PERFORM set_config('tienbo.{ROWS}', '{ALL}', true); found := {' OR '.join(rows)}; "
        f"PERFORM set_config('tienbo.{ROWS}', was, true); RETURN found; END $$"
    )


def _column(model: type[Model], name: str) -> str:
    return str(model._meta.get_field(name).column)  # type: ignore[union-attr]


def _parent(model: type[Model], said: OfParent) -> str:
    return str(model._meta.get_field(said.column).related_model._meta.db_table)  # type: ignore[union-attr]


# -------------------------------------------------------------------------------------------------- as it stands


def _mark(sql: str) -> str:
    """What is written beside a policy, to know it by: PostgreSQL keeps its SQL in a spelling of its own."""
    return hashlib.sha256(sql.encode()).hexdigest()[:16]


def missing_policies(models: Iterable[type[Model]], connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    """Those that should stand and do not, or stand with other words; ("table", "forced") for one whose rows are not
    looked at. Tables that a migration has not made yet are left out."""
    if connection.vendor != "postgresql":
        return {}
    known = list(models)
    marks, forced = _standing(connection)
    found = {}
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    for (table, name), sql in policies(_made(known, tables, connection)).items():
        if table and table not in tables:
            continue
        if marks.get((table, name)) != _mark(sql):
            found[table, name] = sql
    for model in guarded(known):
        table = model._meta.db_table
        if table in tables and table not in forced:
            found[table, "forced"] = f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY'
    return found


def _made(models: Iterable[type[Model]], tables: set[str], connection: BaseDatabaseWrapper) -> list[type[Model]]:
    """Those whose tables are there with the columns that their models have."""
    from tienbo.ground.history import columns_of

    def stands(model: type[Model]) -> bool:
        table = model._meta.db_table
        held = {str(field.column) for field in model._meta.local_concrete_fields}
        return table in tables and held <= set(columns_of(connection, table))

    return [model for model in models if stands(model)]


def _standing(connection: BaseDatabaseWrapper) -> tuple[dict[tuple[str, str], str], set[str]]:
    """(table, policy) or ("", function) → the mark beside it; tables whose rows are looked at, whoever owns them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p.polname, coalesce(obj_description(p.oid, 'pg_policy'), '') "
            "FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid "
            "WHERE c.relnamespace = current_schema()::regnamespace UNION ALL "
            "SELECT '', f.proname, coalesce(obj_description(f.oid, 'pg_proc'), '') FROM pg_proc f "
            "WHERE f.pronamespace = current_schema()::regnamespace AND f.proname LIKE 'ground\\_%%'"
        )
        marks = {(table, name): mark for table, name, mark in cursor.fetchall()}
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity "
            "AND relnamespace = current_schema()::regnamespace"
        )
        return marks, {table for (table,) in cursor.fetchall()}


def install_policies(models: Iterable[type[Model]], connection: BaseDatabaseWrapper) -> list[str]:
    """Write what is missing, take away what no model and no policy asks for any more; returns the names of what was
    written."""
    if connection.vendor != "postgresql":
        return []
    known = list(models)
    wanted = missing_policies(known, connection)
    marks, forced = _standing(connection)
    with connection.cursor() as cursor:
        for (table, name), sql in wanted.items():
            if name == "forced":
                cursor.execute(sql)
                continue
            if table and (table, name) in marks:
                cursor.execute(f'DROP POLICY "{name}" ON "{table}"')
            cursor.execute(sql)
            what = f'POLICY "{name}" ON "{table}"' if table else f"FUNCTION {name}"
            cursor.execute(f"COMMENT ON {what} IS '{_mark(sql)}'")
        tables = {model._meta.db_table for model in guarded(known)}
        open_now = {one._meta.db_table for one in known} - tables
        every = policies(known)
        for (table, name), mark in marks.items():
            if table in open_now and name.startswith("rows_"):
                cursor.execute(f'DROP POLICY "{name}" ON "{table}"')
            if not table and mark and (table, name) not in every:
                cursor.execute(f"DROP FUNCTION {name}")
        for table in sorted(forced & open_now):
            cursor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY')
    return [f"{table}.{name}" if table else name for table, name in wanted]


# --------------------------------------------------------------------------------------- the role of the pages


def grant_missing(role: str, connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Table → what is to be granted to the role of the pages, where it lacks it or has too much. It reads and writes
    rows, empties no table, and changes none; which migrations were made it reads only."""
    if connection.vendor != "postgresql" or not role:
        return {}
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relkind, "
            "(SELECT array_agg(one) FROM unnest(CASE c.relkind WHEN 'S' THEN ARRAY['USAGE', 'SELECT'] "
            "ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'] END) AS one "
            "WHERE CASE c.relkind WHEN 'S' THEN has_sequence_privilege(%s, c.oid, one) "
            "ELSE has_table_privilege(%s, c.oid, one) END) "
            "FROM pg_class c WHERE c.relkind IN ('r', 'S') AND c.relnamespace = current_schema()::regnamespace",
            [role, role],
        )
        for name, kind, held in cursor.fetchall():
            wanted = ("USAGE", "SELECT") if kind == "S" else _may(name)
            if set(held or ()) != set(wanted):
                what = f'SEQUENCE "{name}"' if kind == "S" else f'"{name}"'
                to = connection.ops.quote_name(role)
                found[name] = f"REVOKE ALL ON {what} FROM {to}; GRANT {', '.join(wanted)} ON {what} TO {to}"
    return found


def _may(table: str) -> tuple[str, ...]:
    return ("SELECT",) if table == "django_migrations" else ("SELECT", "INSERT", "UPDATE", "DELETE")


def grants_install(role: str, connection: BaseDatabaseWrapper) -> list[str]:
    """Let the role of the pages read and write rows; returns the tables for which something was missing."""
    wanted = grant_missing(role, connection)
    with connection.cursor() as cursor:
        for sql in wanted.values():
            cursor.execute(sql)
    return list(wanted)


def steps_past(connection: BaseDatabaseWrapper, role: str = "") -> str:
    """The role at work or of the pages, where it steps past every policy (a superuser, or BYPASSRLS); "" where neither
    does."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname IN (current_user, %s) AND (rolsuper OR rolbypassrls)", [role]
        )
        return str((cursor.fetchone() or ("",))[0])
