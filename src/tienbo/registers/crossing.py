"""Tallies of a register over the answers of one of its choices, unit by unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal

from django.db.models import Sum, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from tienbo.catalogue.definitions import RegisterKind
from tienbo.core.periods import Period
from tienbo.registers.queries import counting_apart

UNSAID = ""
"""The answer of records that give none."""

Crossing = Mapping[tuple[int, str], Mapping[str, Decimal]]
"""(unit, answer) → tally → what it counts."""


def crossing(*, kind: RegisterKind, units: Collection[int], period: Period) -> Crossing:
    """What records of some units count for in a half-year or a year, by the answer they give to the choice that their
    register is crossed by. Nothing for a register that is not."""
    if kind.crossed is None:
        return {}
    series = {kind.tally_series(one): one.code for one in kind.tallies if one.code in kind.crossed.tallies}
    answer = Coalesce(KeyTextTransform(kind.crossed.by, "record__data"), Value(UNSAID, output_field=TextField()))
    known = set(kind.by_code[kind.crossed.by].answers())
    found: dict[tuple[int, str], dict[str, Decimal]] = defaultdict(dict)
    for rows in counting_apart(units=units, period=period):
        asked = rows.filter(series__in=list(series)).order_by().annotate(answer=answer)
        for unit, said, name, value in asked.values_list("unit", "answer", "series").annotate(said=Sum("value")):
            held = found[unit, said if said in known else UNSAID]
            held[series[name]] = held.get(series[name], Decimal(0)) + (value or 0)
    return found
