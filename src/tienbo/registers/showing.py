"""What a record says, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tienbo.catalogue.definitions import RegisterField, RegisterKind
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words, number
from tienbo.registers.referring import titles_of
from tienbo.registers.rows import rows_of, scopes
from tienbo.units.frames import unit_ids, unit_names

YES_NO = {"yes": N_("Yes"), "no": N_("No")}
UNITS = ";"
"""Between the units of a field that names several."""


def unit_words(field: RegisterField, text: str) -> list[str]:
    """The units that a field names, each as it stands there: by key, or as somebody typed it."""
    return [text] if field.kind == "unit" else [one.strip() for one in text.split(UNITS) if one.strip()]


def shown(field: RegisterField, text: str, day: date) -> str:
    """What a field or a column says: figures grouped, days, answers and units in words; what cannot be read stands as
    it is. `day`: when names of units held."""
    try:
        if field.is_number:
            return number(Decimal(text)) if text.isdecimal() else text
        if field.kind == "date":
            return day_words(date.fromisoformat(text)) if text else ""
    except ValueError:
        return text
    if field.names_units and text:
        names, ids = unit_names(day), unit_ids()
        return f"{UNITS} ".join(names.get(ids.get(one, 0), one) for one in unit_words(field, text))
    answers = {code: _(words) for code, words in YES_NO.items()} if field.kind == "yes_no" else field.choices
    if field.names is not None and text:
        answers = titles_of(field, keys=[text])
    return str(answers.get(text, text))


def shown_at(kind: RegisterKind, at: str, text: str, day: date) -> str:
    """What stands at an address; that of a field that is no more, as it is."""
    field = kind.field_at(at)
    return text if field is None else shown(field, text, day)


def said_by(field: RegisterField, data: Mapping[str, str], day: date) -> str:
    """What a record says in a field, rows on one line each: a list, a file and a search have one cell for it."""
    if field.kind != "rows":
        return shown(field, data.get(field.code, ""), day)
    lines = (
        " – ".join(shown(one, row.said[one.code], day) for one in field.columns if one.code in row.said)
        for row in rows_of(field, data)
    )
    return "\n".join(f"{index + 1}) {line}" for index, line in enumerate(lines))


def place_of(kind: RegisterKind, at: str, data: Mapping[str, str]) -> str:
    """Where an address stands in a record, in words."""
    for scope in scopes(kind, data, [at]):
        for field in scope.fields:
            if scope.address(field) == at:
                return scope.place(field)
    return at
