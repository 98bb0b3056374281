"""What a register counts by the records of another that its records name: events by campaign, quarter by quarter; and
what was written in words before there was a record to name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from tienbo.catalogue.definitions import Gathered as Shape
from tienbo.catalogue.definitions import RegisterKind
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_words, number, roman, sort_key
from tienbo.ground.keys import is_key
from tienbo.papers.context import period_name
from tienbo.registers.gathering import UNSAID, Gathering, Quarter, gathering, quarters_in, worded
from tienbo.registers.models import Record
from tienbo.registers.saying import quarters_of
from tienbo.registers.showing import shown
from tienbo.web.access import Asked, page
from tienbo.web.crossing import MOST, Figure, Unfit
from tienbo.web.downloads import csv_bytes, download
from tienbo.web.registers import UNSAID_BY, Shelf


class Line(NamedTuple):
    """What is named, and its counts: (quarter, figure of each tally), then all of it."""

    name: str
    about: str
    address: str
    in_words: bool
    quarters: Sequence[tuple[str, Sequence[Figure]]]


@dataclass(frozen=True)
class Gathered:
    """A register over what its records name, as a seat sees it."""

    shelf: Shelf
    kind: RegisterKind
    shape: Shape

    @cached_property
    def units(self) -> dict[int, str]:
        return self.shelf.readable(self.kind)

    @cached_property
    def counts(self) -> Gathering:
        calendar = self.shelf.edition.calendar
        return gathering(kind=self.kind, units=self.units, period=self.shelf.period, calendar=calendar)

    @cached_property
    def tallies(self) -> list[tuple[str, str]]:
        return [(one.code, str(one.name)) for one in self.kind.tallies if one.code in self.shape.tallies]

    @cached_property
    def quarters(self) -> list[Quarter]:
        return quarters_in(self.shelf.period)

    def quarter_words(self, quarter: Quarter) -> str:
        """Quarters as they run in that period: from which day to which is said beside."""
        at = (quarter.half.half - 1) * 2 + (1 if quarter.code == "q1" else 2)
        return _("Quarter {number}").format(number=roman(at))

    def days_words(self, quarter: Quarter) -> str:
        span = quarters_of(self.shelf.edition.calendar.span(quarter.half))[quarter.code != "q1"]
        assert span.last_day is not None  # noqa: S101 - a quarter ends
        return _("from {first} to {last}").format(first=day_words(span.start), last=day_words(span.last_day))

    @cached_property
    def records(self) -> dict[str, Record]:
        """Key → the records that are named, whoever keeps them."""
        keys = {named for named, _quarter in self.counts if is_key(named, "record")}
        return {one.key: one for one in Record.objects.filter(key__in=keys).select_related("unit")}

    def count(self, tally: str, named: str | None, quarter: Quarter | None) -> Decimal:
        return sum(
            (
                held.get(tally, Decimal(0))
                for (said, at), held in self.counts.items()
                if (named is None or said == named) and (quarter is None or at == quarter)
            ),
            Decimal(0),
        )

    def _quarters(self, named: str | None) -> Iterator[tuple[str, list[Figure]]]:
        for quarter in self.quarters:
            counts = [Figure(number(self.count(tally, named, quarter)), "") for tally, _name in self.tallies]
            yield self.quarter_words(quarter), counts
        yield _("All"), [self._behind(tally, named) for tally, _name in self.tallies]

    def _behind(self, tally: str, named: str | None) -> Figure:
        """A count, and where its records are listed."""
        count = self.count(tally, named, None)
        asked = {"counts": tally} | ({"of": named or UNSAID_BY} if named is not None else {})
        names = {"period": self.shelf.period, "register": self.kind.code}
        return Figure(number(count), f"{reverse('register', kwargs=names)}?{urlencode(asked)}" if count else "")

    def lines(self) -> list[Line]:
        there = {named for named, _quarter in self.counts}
        made = [self._line(named) for named in there if named != UNSAID]
        made.sort(key=lambda one: (one.in_words, sort_key(one.name)))
        if UNSAID in there:
            made.append(Line(_("No campaign is named"), "", "", False, list(self._quarters(UNSAID))))
        return [*made, Line(_("All"), "", "", False, list(self._quarters(None)))] if made else []

    def _line(self, named: str) -> Line:
        held, quarters = self.records.get(named), list(self._quarters(named))
        if held is None:
            return Line(named, "", "", True, quarters)
        other = self.shelf.edition.registers[held.kind]
        names = {"period": self.shelf.period, "register": held.kind, "item": held.key}
        address = reverse("register_record", kwargs=names) if held.unit_id in self.shelf.readable(other) else ""
        title = shown(other.by_code[other.title], held.data.get(other.title, ""), held.occurred_on)
        about = ", ".join(filter(None, (self.shelf.names.get(held.unit_id, ""), day_words(held.occurred_on))))
        return Line(title, about, address, False, quarters)

    def in_words(self) -> tuple[list[Unfit], int]:
        """Records that name in words what is to be chosen, the newest first, and how many there are in all."""
        field = self.kind.by_code[self.shape.by]
        rows = worded(kind=self.kind, units=[pk for pk in self.units if self.shelf.sees(self.kind, field, pk)])
        mine, found = self.shelf.enterable(self.kind), []
        for record in rows[:MOST]:
            names = {"period": self.shelf.period, "register": self.kind.code, "item": record.key}
            mends = record.unit_id in mine
            address = reverse("register_change" if mends else "register_record", kwargs=names)
            title = shown(self.kind.by_code[self.kind.title], record.data[self.kind.title], record.occurred_on)
            unit = self.shelf.names.get(record.unit_id, "")
            found.append(Unfit(title, f"{address}#f-{field.code}", unit, record.data[field.code], mends))
        return found, rows.count() if len(found) == MOST else len(found)


def _gathered(request: Asked, period: Period, register: str) -> Gathered:
    shelf = Shelf(request, period)
    kind = shelf.kind(register)
    if kind.gathered is None or not shelf.readable(kind):
        raise Http404
    return Gathered(shelf, kind, kind.gathered)


@page("view")
def gathered(request: Asked, period: Period, register: str) -> HttpResponse:
    """Counts by what is named, quarter by quarter."""
    seen = _gathered(request, period, register)
    wrong, count = seen.in_words()
    context = {
        "kind": seen.kind,
        "field": seen.kind.by_code[seen.shape.by].label,
        "asked": period,
        "asked_name": period_name(period),
        "tallies": [name for _code, name in seen.tallies],
        "quarters": [(seen.quarter_words(one), seen.days_words(one)) for one in seen.quarters],
        "across": len(seen.quarters) + 1,
        "lines": seen.lines(),
        "unfit": wrong,
        "count_unfit": count,
    }
    return render(request, "web/register_gathered.html", context)


@page("view")
def gathered_csv(request: Asked, period: Period, register: str) -> HttpResponseBase:
    """The same: a line for each, quarter by quarter."""
    seen = _gathered(request, period, register)
    return download(f"{register}-{period}-gathered.csv", csv_bytes(_lines(seen)))


def _lines(seen: Gathered) -> Iterator[list[str]]:
    yield [str(seen.kind.by_code[seen.shape.by].label), _("Quarter"), *(name for _code, name in seen.tallies)]
    names = {named: seen._line(named).name for named, _quarter in seen.counts if named != UNSAID}
    for named, quarter in sorted(seen.counts, key=lambda one: (sort_key(names.get(one[0], "")), one[1])):
        counts = [str(int(seen.count(tally, named, quarter))) for tally, _name in seen.tallies]
        said = names.get(named) or _("No campaign is named")
        yield [said, f"{seen.quarter_words(quarter)} ({seen.days_words(quarter)})", *counts]
