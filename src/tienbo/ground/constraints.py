"""Laws the database keeps itself, declared in Meta.constraints and alike on SQLite and PostgreSQL.

Time is half-open: [valid_from, valid_to), valid_to NULL for open.

PostgreSQL keeps `NoOverlap` as an exclusion constraint and `AppendOnly` as a trigger; SQLite keeps both as
triggers. The schema editor remakes SQLite tables for most changes, which drops their triggers: they are written
again with the remade table, and once more after every migrate (`ground.triggers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint, CheckConstraint, F, Model, Q

from tienbo.core.messages import N_, gettext

REFUSE_FUNCTION = "ground_refuse"
"""The PostgreSQL function behind refusing triggers; made by ground's first migration."""


class Check(CheckConstraint):
    """A condition on one row, whose message speaks the language being spoken."""

    def get_violation_error_message(self) -> str:
        return _spoken(self)


def ends_after_start(name: str) -> Check:
    """valid_to > valid_from: an empty span would slip inside any other (it overlaps nothing)."""
    return Check(
        name=name,
        condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
        violation_error_message=N_("The end must be after the start."),
    )


def _spoken(law: BaseConstraint) -> str:
    return gettext(str(law.violation_error_message)) % {"name": law.name}


class Triggered(BaseConstraint):
    """A constraint that stands, on one engine at least, as triggers on its table."""

    def trigger_sql(self, model: type[Model], vendor: str) -> dict[str, str]:
        """Trigger name → SQL with {table} for the table, for an engine that keeps the law so; else {}."""
        raise NotImplementedError

    def inline_sql(self, model: type[Model], vendor: str) -> str | None:  # noqa: ARG002 - for those that override
        """What stands in CREATE TABLE, for an engine that keeps the law as a constraint; else None."""
        return None

    def _columns(self, model: type[Model], names: Sequence[str]) -> list[str]:
        held = {field.name: str(field.column) for field in model._meta.local_concrete_fields}
        return [held[name] for name in names]

    def _defer(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> None:
        # A Statement with a Table follows the table when a remake renames "new__units_unit" to its name.
        for sql in self.trigger_sql(model, schema_editor.connection.vendor).values():
            table = Table(model._meta.db_table, schema_editor.quote_name)
            schema_editor.deferred_sql.append(Statement(sql.replace("{table}", "%(table)s"), table=table))

    def constraint_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        assert model is not None  # noqa: S101 - Django always passes both
        assert schema_editor is not None  # noqa: S101
        self._defer(model, schema_editor)
        return self.inline_sql(model, schema_editor.connection.vendor) or ""

    def create_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        assert model is not None  # noqa: S101 - Django always passes both
        assert schema_editor is not None  # noqa: S101
        self._defer(model, schema_editor)
        inline = self.inline_sql(model, schema_editor.connection.vendor)
        if inline is None:
            return None
        table = Table(model._meta.db_table, schema_editor.quote_name)
        return Statement(f"ALTER TABLE %(table)s ADD {inline}", table=table)

    def remove_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        assert model is not None  # noqa: S101 - Django always passes both
        assert schema_editor is not None  # noqa: S101
        table = Table(model._meta.db_table, schema_editor.quote_name)
        if self.inline_sql(model, schema_editor.connection.vendor) is not None:
            return Statement(f'ALTER TABLE %(table)s DROP CONSTRAINT "{self.name}"', table=table)
        # SQLite never comes here: it remakes the table without the constraint.
        drops = [f'DROP TRIGGER "{name}" ON %(table)s' for name in self.trigger_sql(model, "postgresql")]
        return Statement("; ".join([*drops, f'DROP FUNCTION IF EXISTS "{self.name}"()']), table=table)

    def get_violation_error_message(self) -> str:
        return _spoken(self)


class NoOverlap(Triggered):
    """Rows that agree in `fields` may not share a day: "one parent per line at a time". NULLs never agree."""

    default_violation_error_message = N_("There is already one on some of these days.")

    def __init__(
        self,
        *,
        name: str,
        fields: Sequence[str],
        start: str = "valid_from",
        end: str = "valid_to",
        violation_error_code: str | None = None,
        violation_error_message: str | None = None,
    ) -> None:
        self.fields = tuple(fields)
        self.start = start
        self.end = end
        super().__init__(
            name=name,
            violation_error_code=violation_error_code or "overlap",
            violation_error_message=violation_error_message,
        )

    def trigger_sql(self, model: type[Model], vendor: str) -> dict[str, str]:
        if vendor != "sqlite":
            return {}
        start, end = self._columns(model, [self.start, self.end])
        pk = model._meta.pk.column
        same = " AND ".join(f'other."{column}" = NEW."{column}"' for column in self._columns(model, self.fields))
        meets = (
            f'(NEW."{end}" IS NULL OR other."{start}" < NEW."{end}") '
            f'AND (other."{end}" IS NULL OR NEW."{start}" < other."{end}")'
        )
        # Names of tables and columns come from the models, never from what a person types.
        found = f"SELECT RAISE(ABORT, '{self.name}') FROM {{table}} AS other WHERE {same} AND {meets}"  # noqa: S608
        insert, update = f"{self.name}_insert", f"{self.name}_update"
        other_row = f'other."{pk}" <> OLD."{pk}"'
        return {
            insert: f'CREATE TRIGGER "{insert}" BEFORE INSERT ON {{table}} FOR EACH ROW BEGIN {found}; END',
            update: f'CREATE TRIGGER "{update}" BEFORE UPDATE ON {{table}} FOR EACH ROW '
            f"BEGIN {found} AND {other_row}; END",
        }

    def inline_sql(self, model: type[Model], vendor: str) -> str | None:
        if vendor != "postgresql":
            return None
        start, end = self._columns(model, [self.start, self.end])
        same = ", ".join(f'"{column}" WITH =' for column in self._columns(model, self.fields))
        return f'CONSTRAINT "{self.name}" EXCLUDE USING gist ({same}, daterange("{start}", "{end}", \'[)\') WITH &&)'

    def validate(
        self,
        model: type[Model],
        instance: Model,
        exclude: set[str] | None = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """ValidationError when another row shares a day; the database refuses what slips past."""
        needed = {*self.fields, self.start, self.end}
        if exclude and needed & set(exclude):
            return
        wanted = {name: getattr(instance, model._meta.get_field(name).attname) for name in self.fields}  # type: ignore[union-attr]
        start, end = getattr(instance, self.start), getattr(instance, self.end)
        if None in wanted.values() or start is None:
            return
        others = model._default_manager.using(using).filter(**wanted)
        others = others.filter(Q(**{f"{self.end}__isnull": True}) | Q(**{f"{self.end}__gt": start}))
        if end is not None:
            others = others.filter(**{f"{self.start}__lt": end})
        if not instance._state.adding and instance.pk is not None:
            others = others.exclude(pk=instance.pk)
        if others.exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        kwargs["fields"] = self.fields
        if self.start != "valid_from":
            kwargs["start"] = self.start
        if self.end != "valid_to":
            kwargs["end"] = self.end
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoOverlap) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)


class AppendOnly(Triggered):
    """History grows: rows are never deleted, and only the columns in `may_change` are ever changed."""

    default_violation_error_message = N_("What was written stays: history grows, it is not edited.")

    def __init__(
        self,
        *,
        name: str,
        may_change: Sequence[str] = (),
        violation_error_code: str | None = None,
        violation_error_message: str | None = None,
    ) -> None:
        self.may_change = tuple(may_change)
        super().__init__(
            name=name,
            violation_error_code=violation_error_code or "append_only",
            violation_error_message=violation_error_message,
        )

    def trigger_sql(self, model: type[Model], vendor: str) -> dict[str, str]:
        names = {field.name for field in model._meta.local_concrete_fields}
        unknown = set(self.may_change) - names
        if unknown:
            raise FieldError(f"{self.name}: {model.__name__} has no field {sorted(unknown)[0]}")
        update, delete = f"{self.name}_update", f"{self.name}_delete"
        when = made = looks = ""
        if vendor == "sqlite":
            # Sorted: a migration's state knows the fields in another order than the model.
            kept = sorted(str(f.column) for f in model._meta.local_concrete_fields if f.name not in self.may_change)
            if self.may_change:
                when = "WHEN (" + " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in kept) + ") "
            body = f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END"
        else:
            body = f"EXECUTE FUNCTION {REFUSE_FUNCTION}('{self.name}')"
            if self.may_change:
                made, looks = f"{self._function_sql(model)}; ", f'EXECUTE FUNCTION "{self.name}"()'
        return {
            update: f'{made}CREATE TRIGGER "{update}" BEFORE UPDATE ON {{table}} FOR EACH ROW {when}{looks or body}',
            delete: f'CREATE TRIGGER "{delete}" BEFORE DELETE ON {{table}} FOR EACH ROW {body}',
        }

    def _function_sql(self, model: type[Model]) -> str:
        """Of PostgreSQL: the row as it was, with what may change, is the new one to the byte.

        A function for each law: one for all would have to spell both rows as JSON, which takes four times as long. No
        columns in WHEN instead: PostgreSQL refuses to alter the type of a column that a trigger names.
        """
        taken = "".join(f'held."{one}" := NEW."{one}"; ' for one in self._columns(model, self.may_change))
        return (
            f'CREATE OR REPLACE FUNCTION "{self.name}"() RETURNS trigger LANGUAGE plpgsql AS $$ '
            f"DECLARE held record := OLD; BEGIN {taken}IF held *= NEW THEN RETURN NEW; END IF; "
            f"RAISE EXCEPTION '{self.name}' USING ERRCODE = 'integrity_constraint_violation', "
            f"CONSTRAINT = '{self.name}'; END $$"
        )

    def validate(
        self,
        model: type[Model],
        instance: Model,
        exclude: set[str] | None = None,  # noqa: ARG002 - a change of any field counts
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """ValidationError when a stored row was changed outside `may_change`."""
        if instance._state.adding or instance.pk is None:
            return
        kept = [f.attname for f in model._meta.local_concrete_fields if f.name not in self.may_change]
        stored = model._default_manager.using(using).filter(pk=instance.pk).values(*kept).first()
        if stored is not None and any(stored[name] != getattr(instance, name) for name in kept):
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        if self.may_change:
            kwargs["may_change"] = self.may_change
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppendOnly) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)
