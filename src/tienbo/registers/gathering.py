"""Tallies of a register by what its records name of another register (events by campaign), quarter by quarter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet, Sum, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from tienbo.catalogue.definitions import RegisterKind
from tienbo.core.periods import Calendar, Period
from tienbo.registers.models import Record
from tienbo.registers.queries import counting_apart
from tienbo.registers.saying import quarter_of

UNSAID = ""
"""What records name that name nothing."""


class Quarter(NamedTuple):
    """A quarter of a half-year: "q1" or "q2"."""

    half: Period
    code: str


Gathering = Mapping[tuple[str, Quarter], Mapping[str, Decimal]]
"""(key of the record named, or the words that stand in its place; quarter) → tally → what it counts."""


def quarters_in(period: Period) -> list[Quarter]:
    return [Quarter(half, code) for half in period.halves for code in ("q1", "q2")]


def gathering(*, kind: RegisterKind, units: Collection[int], period: Period, calendar: Calendar) -> Gathering:
    """What records of some units count for in a half-year or a year, by what they name, by the quarter of their day."""
    if kind.gathered is None:
        return {}
    series = {kind.tally_series(one): one.code for one in kind.tallies if one.code in kind.gathered.tallies}
    found: dict[tuple[str, Quarter], dict[str, Decimal]] = defaultdict(dict)
    for rows in counting_apart(units=units, period=period):
        asked = rows.filter(series__in=list(series)).order_by().annotate(named=_named(kind, "record__data"))
        told = asked.values_list("named", "record__occurred_on", "series").annotate(said=Sum("value"))
        for named, day, name, value in told:
            half = calendar.half_on(day)
            held = found[named, Quarter(half, quarter_of(day, calendar.span(half)))]
            held[series[name]] = held.get(series[name], Decimal(0)) + (value or 0)
    return found


def worded(*, kind: RegisterKind, units: Collection[int]) -> QuerySet[Record]:
    """Records, of whatever time, that name in words what is to be named by its record: written before it was asked so.
    The words stay until somebody chooses."""
    if kind.gathered is None:
        return Record.objects.none()
    rows = Record.objects.filter(kind=kind.code, unit__in=units, withdrawn=False, data__has_key=kind.gathered.by)
    rows = rows.annotate(named=_named(kind, "data")).exclude(named=UNSAID).exclude(named__startswith="record_")
    return rows.select_related("unit").order_by("-occurred_on", "-pk")


def _named(kind: RegisterKind, data: str) -> Coalesce:
    assert kind.gathered is not None  # noqa: S101 - asked by both
    return Coalesce(KeyTextTransform(kind.gathered.by, data), Value(UNSAID, output_field=TextField()))
