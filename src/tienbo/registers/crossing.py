"""Tallies of a register over the answers of one of its choices, unit by unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal

from django.db.models import QuerySet, Sum, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from tienbo.catalogue.definitions import RegisterKind
from tienbo.core.periods import Period
from tienbo.registers.models import Record
from tienbo.registers.queries import counting_apart

UNSAID = ""
"""The answer of records that give none."""

Crossing = Mapping[tuple[int, str], Mapping[str, Decimal]]
"""(unit, answer) → tally → what it counts."""


def unfit(*, kind: RegisterKind, units: Collection[int]) -> QuerySet[Record]:
    """Records, of whatever time, whose answer to the choice that their register is crossed by is none of those there
    are: written when it was asked in words, or was another list. They are counted as giving none."""
    if kind.crossed is None:
        return Record.objects.none()
    rows = Record.objects.filter(kind=kind.code, unit__in=units, withdrawn=False, data__has_key=kind.crossed.by)
    known = list(kind.by_code[kind.crossed.by].answers())
    answer = Coalesce(KeyTextTransform(kind.crossed.by, "data"), Value(UNSAID, output_field=TextField()))
    rows = rows.annotate(answer=answer).exclude(answer__in=[*known, UNSAID])
    return rows.select_related("unit").order_by("-occurred_on", "-pk")


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
