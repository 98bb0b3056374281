"""Reads: the records of a register, and what units' registers count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import overload

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from tienbo.catalogue.definitions import RegisterField, RegisterKind
from tienbo.catalogue.loading import Edition
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.core.words import fold
from tienbo.registers.kinds import edition_with_kinds
from tienbo.registers.models import Record, RecordMeasure, RecordVersion
from tienbo.registers.saying import series_fed


def record_list(
    *,
    kind: str,
    units: Collection[int],
    span: Span | None = None,
    state: str = "",
    text: str = "",
    withdrawn: bool = False,
    naming: Iterable[RegisterField] = (),
) -> QuerySet[Record]:
    """Records of some units, the newest day first. `text`: words that must all stand in what is searched, or in what
    one of the records that it names (in the fields `naming`) has been called since it was written."""
    rows = Record.objects.filter(kind=kind, unit__in=units, withdrawn__in=_is(withdrawn))
    if span is not None:
        rows = rows.filter(occurred_on__gte=span.start)
        rows = rows.filter(occurred_on__lt=span.end) if span.end is not None else rows
    if state:
        rows = rows.filter(state=state)
    words = fold(text).split()
    renamed = {one.code: _renamed(one) for one in naming if one.names is not None} if words else {}
    for word in words:
        sought = _holds(word)
        for code, titles in renamed.items():
            if keys := [key for key, title in titles.items() if word in title]:
                sought |= Q(**{f"data__{code}__in": keys})
        rows = rows.filter(sought)
    return rows.select_related("unit").order_by("-occurred_on", "-pk")


def _holds(word: str) -> Q:
    """Records in whose words one stands. On PostgreSQL not with LIKE: to look for a part takes a fifth less, and a
    planner that takes words for rare reads everything to show fifty of many. SQLite has no such planner, and a quicker
    LIKE."""
    if connection.vendor == "postgresql":
        return Q(GreaterThan(StrIndex("words", Value(word)), 0))
    return Q(words__contains=word)


AT_ONCE = 2_500
"""Row ids of records that were searched for, read before it is known how many there are."""


class Listed(Sequence[int]):
    """Row ids of records in the order of a list, as somebody turns its pages: how many, and slices. `at_once`: so many
    first ones are read in one go. Where those are all, nothing is counted: to look for a rare word reads every record
    once, not twice. A slice nearer to the end is read from there."""

    def __init__(self, rows: QuerySet[Record], *, at_once: int) -> None:
        self._rows = rows.values_list("pk", flat=True)
        self._at_once = at_once

    @cached_property
    def _first(self) -> list[int]:
        return list(self._rows[: self._at_once])

    @cached_property
    def _count(self) -> int:
        return len(self._first) if len(self._first) < self._at_once else self._rows.count()

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, part: int) -> int: ...

    @overload
    def __getitem__(self, part: slice) -> list[int]: ...

    def __getitem__(self, part: int | slice) -> int | list[int]:
        if isinstance(part, int):
            at = range(self._count)[part]
            return self[at : at + 1][0]
        start, stop, _step = part.indices(self._count)
        if stop <= len(self._first):
            return self._first[start:stop]
        if start > self._count // 2:
            return list(self._rows.reverse()[self._count - stop : self._count - start])[::-1]
        return list(self._rows[start:stop])


def _renamed(field: RegisterField) -> dict[str, str]:
    """Key → title of the records that a field can name and that were renamed: what is searched of a record that names
    one holds the title of the day it was written."""
    assert field.names is not None  # noqa: S101 - asked by who calls
    changed = RecordVersion.objects.filter(
        record__kind=field.names.register_code, number__gt=1, changes__has_key=field.names.title
    )
    return {
        key: fold(title or "")
        for key, title in changed.values_list("record__key", f"record__data__{field.names.title}")
    }


def _is(withdrawn: bool) -> list[bool]:
    """For `withdrawn__in`: a plain `withdrawn=False` becomes NOT withdrawn, for which SQLite uses no index."""
    return [withdrawn]


def records_of(*, keys: Iterable[int]) -> list[Record]:
    """Records by their row ids, in that order. A page of a list asks for its row ids first: an index alone answers
    that, however far the page is from the first one."""
    wanted = list(keys)
    found = Record.objects.select_related("unit").in_bulk(wanted)
    return [found[key] for key in wanted if key in found]


def record_on(*, kind: str, key: str) -> Record | None:
    return Record.objects.filter(kind=kind, key=key).select_related("unit").first()


def counting(*, units: Collection[int], period: Period) -> QuerySet[RecordMeasure]:
    """What records of some units count for in a half-year or a year: what happened in it, and what stood at its end."""
    happened, stood = _counting(period)
    return RecordMeasure.objects.filter(happened | stood, unit__in=units)


def counting_apart(*, units: Collection[int], period: Period) -> tuple[QuerySet[RecordMeasure], ...]:
    """The same as two readings, each of which one index answers; of both at once SQLite reads everything."""
    return tuple(RecordMeasure.objects.filter(one, unit__in=units) for one in _counting(period))


def _counting(period: Period) -> tuple[Q, Q]:
    halves = [half.code for half in period.halves]
    return Q(until_code="", period_code__in=halves), Q(period_code__lte=halves[-1], until_code__gt=halves[-1])


def counts(
    *, units: Collection[int], period: Period, series: Iterable[str] | None = None
) -> dict[int, dict[str, Decimal | None]]:
    """Unit → series → what its records of a half-year or a year add up to, of what any record counts for; None where
    one that counts does not say how much."""
    found: dict[int, dict[str, Decimal | None]] = {}
    for rows in counting_apart(units=units, period=period):
        asked = rows if series is None else rows.filter(series__in=list(series))
        told = asked.order_by().values_list("unit", "series")
        for unit, name, said, blank in told.annotate(said=Sum("value"), blank=Count("pk") - Count("value")):
            held = found.setdefault(unit, {})
            before = held.get(name, Decimal(0))
            held[name] = None if blank or before is None else before + said
    return found


def counted(*, edition: Edition, unit: int, period: Period) -> Mapping[str, Decimal]:
    """Series → what a unit's registers count in a half-year; 0 for what a register it keeps feeds and none counts for,
    nothing where a record that counts does not say how much.

    A register is kept where it has a record of the half-year, or one that counts in it: a unit that keeps none is not
    asked about it. The definitions are those the period was opened with; registers of the site's own are those in use
    at its end.
    """
    last = edition.calendar.last_day(period)
    edition = edition_with_kinds(edition, min(last, timezone.localdate()))
    kept = []
    if edition.registers:
        kept = [edition.registers[code] for code in kept_on(units=[unit], edition=edition, period=period)]
    if not kept:
        return {}
    fed = {name: Decimal(0) for kind in kept for feed in kind.feeds for name in series_fed(feed)}
    found = fed | counts(units=[unit], period=period).get(unit, {})
    return {name: count for name in fed if (count := found[name]) is not None}


def kept_on(*, units: Collection[int], edition: Edition, period: Period) -> list[str]:
    """Codes of the registers that some of the units kept in a half-year or a year."""
    kept = {code for code, _unit in _keeping(units, edition, period)}
    return [code for code in edition.registers if code in kept]


def units_keeping(*, kind: RegisterKind, units: Collection[int], edition: Edition, period: Period) -> set[int]:
    """Those of the units that kept a register in a half-year or a year."""
    return {unit for _code, unit in _keeping(units, edition, period, kind.code)}


def units_keeping_each(*, units: Collection[int], edition: Edition, period: Period) -> Mapping[str, set[int]]:
    """Code of a register → the same, of all registers at once."""
    found: dict[str, set[int]] = defaultdict(set)
    for code, unit in _keeping(units, edition, period):
        found[code].add(unit)
    return found


def _keeping(units: Collection[int], edition: Edition, period: Period, code: str = "") -> set[tuple[str, int]]:
    """(register, unit) that has a record of the time, or one that counts in it."""
    span = edition.calendar.span(period)
    rows = Record.objects.filter(unit__in=units, withdrawn=False)
    rows = rows.filter(occurred_on__gte=span.start, occurred_on__lt=span.end)
    told = counting_apart(units=units, period=period)
    if code:
        rows, told = rows.filter(kind=code), tuple(one.filter(record__kind=code) for one in told)
    written = set(rows.order_by().values_list("kind", "unit").distinct())
    return written.union(*(one.order_by().values_list("record__kind", "unit").distinct() for one in told))


def register_tally(
    *, kinds: Iterable[RegisterKind], units: Collection[int], first: date, end: date | None
) -> dict[str, int]:
    """Register → records of some units in a time."""
    codes = [kind.code for kind in kinds]
    rows = Record.objects.filter(kind__in=codes, unit__in=units, withdrawn__in=_is(False), occurred_on__gte=first)
    if end is not None:
        rows = rows.filter(occurred_on__lt=end)
    held = dict(rows.order_by().values_list("kind").annotate(Count("pk")))
    return {code: held.get(code, 0) for code in codes}
