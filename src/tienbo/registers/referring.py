"""Fields that name a record of another register (an event its campaign): what can be named, and how it is read back.

A unit can name what it keeps itself, what units above it keep, and what agencies and organisations of its province
keep; not what another commune keeps. What a field said in words before it named records stays as it was written until
somebody chooses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from tienbo.catalogue.definitions import RegisterField, RegisterKind
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.tree import is_kind
from tienbo.core.words import day_words, same_name
from tienbo.ground.keys import is_key
from tienbo.registers.models import Record
from tienbo.registers.rows import scopes
from tienbo.units.frames import tree_on, unit_names
from tienbo.units.models import NATION, Unit

MOST = 500
"""Records that a field offers, the newest first."""
LEVEL = "commune"

worded(
    {
        "record.unknown_record": N_(
            "No record of “{register}” that can be named here is called “{text}”. Choose one from the list."
        ),
        "record.records_alike": N_("{count} records of “{register}” are called “{text}”. Choose one from the list."),
    }
)


class Offered(NamedTuple):
    """A record that can be named: `words` is its title, with its day and unit where several are called so."""

    key: str
    title: str
    words: str


def units_named(unit: Unit, day: date) -> list[int]:
    """Units whose records a unit can name on a day."""
    tree = tree_on(day)
    if unit.pk not in tree:
        return [unit.pk]
    above = [one for one in tree.ancestors(unit.pk) if tree.kinds[one] != NATION]
    beside = {one for over in above for one in tree.subtree(over) if not is_kind(tree.kinds[one], (LEVEL,))}
    return sorted({unit.pk, *above, *beside})


def records_offered(edition: Edition, field: RegisterField, unit: Unit, day: date) -> list[Offered]:
    """The records that a field of a unit's record can name, the newest first."""
    named = field.names
    kind = edition.registers.get(named.register_code) if named is not None else None
    if named is None or kind is None:
        return []
    rows = Record.objects.filter(kind=kind.code, unit__in=units_named(unit, day), withdrawn=False)
    held = [
        (key, str(data.get(named.title, "")), on, keeper)
        for key, data, on, keeper in rows.order_by("-occurred_on", "-pk").values_list(
            "key", "data", "occurred_on", "unit"
        )[:MOST]
    ]
    alike, names = Counter(title for _key, title, _on, _keeper in held), unit_names(day)
    return [
        Offered(key, title, title if alike[title] == 1 else f"{title} ({day_words(on)}, {names.get(keeper, '')})")
        for key, title, on, keeper in held
    ]


def titles_of(field: RegisterField, *, keys: list[str] | None = None) -> dict[str, str]:
    """Key → title of the records that a field names, or of all that it could."""
    if field.names is None:
        return {}
    rows = Record.objects.filter(kind=field.names.register_code)
    if keys is not None:
        rows = rows.filter(key__in=keys)
    return dict(rows.values_list("key", f"data__{field.names.title}"))


def records_resolve(
    edition: Edition, kind: RegisterKind, unit: Unit, day: date, data: dict[str, str], held: Mapping[str, str]
) -> list[Fault]:
    """Titles in the fields that name records become keys, in place; a fault for each that nothing, or more than one
    thing, is called. What the record said before (`held`) stays as it is."""
    faults = []
    for scope in list(scopes(kind, data)):
        for field in (one for one in scope.fields if one.names is not None and one.code in scope.said):
            at, text = scope.address(field), scope.said[field.code]
            if text == held.get(at):
                continue
            offered = records_offered(edition, field, unit, day)
            if is_key(text, "record"):
                found = [one.key for one in offered if one.key == text]
            else:
                found = [one.key for one in offered if same_name(one.words) == same_name(text)]
                found = found or [one.key for one in offered if same_name(one.title) == same_name(text)]
            if len(found) == 1:
                data[at] = found[0]
                continue
            assert field.names is not None  # noqa: S101 - asked above
            register = edition.registers[field.names.register_code].name
            told = {"field": at, "text": text[:60], "register": register}
            code = "record.records_alike" if found else "record.unknown_record"
            faults.append(Fault(code, scope.place(field), {**told, **({"count": len(found)} if found else {})}))
    return faults
