"""Telephones and e-mail addresses of units' offices: read from a sheet, kept, looked up."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import fold
from tienbo.units.access import access_matches
from tienbo.units.models import UnitContact
from tienbo.units.table import sheet_lines

worded(
    {
        "contacts.no_columns": N_(
            "{name} has no columns “Đơn vị”, “Điện thoại”, “Thư điện tử” (or Unit, Telephone, Email) in its first row."
        ),
        "contacts.empty": N_("{name} names no unit."),
        "contacts.unknown_unit": N_("There is no unit “{text}” that you take returns in from."),
        "contacts.ambiguous_unit": N_("“{text}” can be {count} units; write its code or key."),
        "contacts.telephone": N_("“{text}” is no telephone number: digits, spaces and + only."),
        "contacts.email": N_("“{text}” is no e-mail address."),
    }
)

COLUMNS = {
    "unit": ("don vi", "unit", "ten don vi", "ma", "code"),
    "telephone": ("dien thoai", "so dien thoai", "telephone", "phone"),
    "email": ("thu dien tu", "email", "e-mail", "dia chi thu dien tu"),
}
_TELEPHONE = re.compile(r"^[0-9+() .\-]{6,40}$")


@dataclass(frozen=True, slots=True)
class Contact:
    telephone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a sheet; `place` is where it stands."""

    place: str
    unit: str
    contact: Contact


def contact_lines(name: str, content: bytes) -> list[Line]:
    """The lines of a sheet (see sheet_lines). Refused where it cannot be read or lacks its columns."""
    rows = list(sheet_lines(content, name))
    heads = [fold(one) for one in rows[0]] if rows else []
    at = {
        field: next((index for index, head in enumerate(heads) if head in words), None)
        for field, words in COLUMNS.items()
    }
    if at["unit"] is None or (at["telephone"] is None and at["email"] is None):
        raise Refused(Fault("contacts.no_columns", name, {"name": name}))

    def cell(row: Sequence[str], field: str) -> str:
        index = at[field]
        return row[index] if index is not None and index < len(row) else ""

    found = [
        Line(str(number), cell(row, "unit"), Contact(_dialled(cell(row, "telephone")), cell(row, "email")))
        for number, row in enumerate(rows[1:], 2)
        if cell(row, "unit")
    ]
    if not found:
        raise Refused(Fault("contacts.empty", name, {"name": name}))
    return found


def _dialled(text: str) -> str:
    """A telephone number. One that a program took for a number has lost its first zero."""
    return f"0{text}" if text.isdecimal() and len(text) in (9, 10) and not text.startswith("0") else text


@transaction.atomic
def contacts_take(*, lines: Sequence[Line], actor: Actor, on: date, source: str = "") -> int:
    """Keep what a sheet says, all or none; what was known already is not said again. How many are new.

    Refused with every line that names no unit `actor` takes returns in from, or gives what is no number or address.
    """
    faults, wanted = [], {}
    for line in lines:
        named = access_matches(actor, line.unit, need="accept", on=on)
        best = min((match.rank for match in named), default=0)
        matches = {match.unit.pk for match in named if match.rank == best}
        if len(matches) != 1:
            code = "contacts.ambiguous_unit" if matches else "contacts.unknown_unit"
            faults.append(Fault(code, line.place, {"text": line.unit, "count": len(matches)}))
        if line.contact.telephone and not _TELEPHONE.match(line.contact.telephone):
            faults.append(Fault("contacts.telephone", line.place, {"text": line.contact.telephone}))
        if line.contact.email:
            try:
                validate_email(line.contact.email)
            except ValidationError:
                faults.append(Fault("contacts.email", line.place, {"text": line.contact.email}))
        if len(matches) == 1:
            wanted[next(iter(matches))] = line.contact
    if faults:
        raise Refused(*faults)
    held = contacts_of(wanted)
    new = [
        UnitContact(unit_id=unit, telephone=one.telephone, email=one.email, source=source[:200], given_by=actor.name)
        for unit, one in wanted.items()
        if held.get(unit, Contact()) != one
    ]
    UnitContact.objects.bulk_create(new)
    return len(new)


def contacts_of(units: Collection[int]) -> dict[int, Contact]:
    """Row id → how its office is reached, of those that are known."""
    rows = UnitContact.objects.filter(unit_id__in=units).order_by("id").values_list("unit_id", "telephone", "email")
    found = {unit: Contact(telephone, email) for unit, telephone, email in rows}
    return {unit: one for unit, one in found.items() if one != Contact()}
