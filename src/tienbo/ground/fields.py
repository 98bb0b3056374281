"""A class C0–C3 on every field of every table (see catalogue.definitions.Sensitivity).

A model says it beside its Meta: `sensitivity = classes(C0="name code", C2="text")`. The primary key `id` is C0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db.models import Model

from tienbo.catalogue.definitions import Sensitivity

Classes = Mapping[str, Sensitivity]


def classes(**fields: str) -> Classes:
    """Field → class, from the names of the fields of each class, blanks between: `classes(C0="name code")`."""
    found: dict[str, Sensitivity] = {}
    for sensitivity, names in fields.items():
        for name in names.split():
            if name in found:
                raise ValueError(f"the field {name} is put in two classes")
            found[name] = Sensitivity(sensitivity)
    return found


def field_class(model: type[Model], name: str) -> Sensitivity:
    """The class of a field; KeyError when nobody declared it (the system check finds that first)."""
    declared: Classes = getattr(model, "sensitivity", {})
    return Sensitivity.C0 if name == model._meta.pk.name and name not in declared else declared[name]


def unclassified(model: type[Model]) -> Iterator[str]:
    """Fields without a class, and classes without a field."""
    declared: Classes = getattr(model, "sensitivity", {})
    fields = {field.name for field in (*model._meta.fields, *model._meta.many_to_many)}
    implied = {"id"}
    yield from sorted(fields - set(declared) - implied)
    yield from sorted(set(declared) - fields)
