"""What a record says, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tienbo.catalogue.definitions import RegisterField
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words, number
from tienbo.units.frames import unit_ids, unit_names

YES_NO = {"yes": N_("Yes"), "no": N_("No")}


def shown(field: RegisterField, text: str, day: date) -> str:
    """What a field says: figures grouped, days, answers and units in words; what cannot be read stands as it is.
    `day`: when names of units held."""
    try:
        if field.is_number:
            return number(Decimal(text)) if text.isdecimal() else text
        if field.kind == "date":
            return day_words(date.fromisoformat(text)) if text else ""
    except ValueError:
        return text
    if field.kind == "unit":
        return unit_names(day).get(unit_ids().get(text, 0), text)
    if field.kind == "yes_no" and text in YES_NO:
        return _(YES_NO[text])
    return str(field.choices.get(text, text))


def said_by(field: RegisterField, data: Mapping[str, str], day: date) -> str:
    """What a record says in a field."""
    return shown(field, data.get(field.code, ""), day)
