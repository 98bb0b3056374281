"""What is asked of each unit in every quarter by itself ("at least four items in each quarter"): a number a quarter, a
judgement a quarter, and nothing averaged. What was reported goes first; what registers count stands beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.catalogue.content import Content
from tienbo.catalogue.definitions import Indicator, Term
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import OPERATORS, layout
from tienbo.collection.editions import edition_of
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind
from tienbo.core.words import day_words, number, percent
from tienbo.papers.context import period_name
from tienbo.papers.tables import OPERATOR_SIGNS
from tienbo.registers.queries import counts
from tienbo.registers.saying import quarters_of
from tienbo.release.frozen import printed, revisions_told
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_keys, unit_names
from tienbo.web.access import Asked, page
from tienbo.web.definition import unchecked
from tienbo.web.downloads import csv_bytes, download, inert
from tienbo.web.maps import under
from tienbo.web.office import office

STATES: Mapping[str, str] = {
    "short": N_("not satisfied yet"),
    "satisfied": N_("satisfied"),
    "not_told": N_("no figure yet"),
}
TONES: Mapping[str, str] = {"short": "tb-near", "satisfied": "tb-good", "not_told": ""}


class Quarter(NamedTuple):
    """A quarter of a half-year: its member of the breakdown, its days."""

    half: Period
    member: str
    name: str
    days: str


class Cell(NamedTuple):
    """What a unit told of a quarter, what its registers count, and whether that is enough."""

    told: Decimal | None
    counted: Decimal | None
    state: str

    @property
    def words(self) -> str:
        return _(STATES[self.state])

    @property
    def tone(self) -> str:
        return TONES[self.state]


class Line(NamedTuple):
    name: str
    address: str
    cells: Sequence[Cell]
    state: str
    words: str
    tone: str
    register: str


def term_of(indicator: Indicator) -> Term | None:
    """The term that is asked of every quarter by itself."""
    return next((one for one in indicator.numerator if one.each is not None and one.test is not None), None)


@dataclass(frozen=True)
class Seen:
    request: Asked
    period: Period
    indicator: Indicator
    term: Term

    @property
    def edition(self) -> Edition:
        return office().edition

    @cached_property
    def day(self) -> date:
        return self.edition.calendar.last_day(self.period)

    @cached_property
    def quarters(self) -> list[Quarter]:
        members = self.edition.breakdowns[self.term.each or ""].members
        found: list[Quarter] = []
        for half in self.period.halves:
            span = self.edition.calendar.span(half)
            for member, days in zip(members, quarters_of(span), strict=False):
                first, last = day_words(days.start), day_words(days.last_day) if days.last_day else ""
                roman = ("I", "II", "III", "IV")[2 * ((half.half or 1) - 1) + len([q for q in found if q.half == half])]
                name = _("Quarter {number}").format(number=roman)
                found.append(Quarter(half, member, name, _("{first} to {last}").format(first=first, last=last)))
        return found

    @cached_property
    def units(self) -> list[int]:
        """Units under the seat, on the last day of the period, that have to tell it and can be read."""
        tree, names = tree_on(self.day), unit_names(self.day)
        readable = accessible_units(self.request.user, need="view", on=self.day, acting_on=timezone.localdate())
        element = self.edition.elements[self.term.series.element]
        rule = element.rule(self.period.last_half)
        by = tuple(rule.by) if rule is not None else ()
        held = [one for one in under(self.request.seat.unit.pk, self.day) if one in readable and one in tree.kinds]
        return printed([one for one in held if is_kind(tree.kinds[one], by)], tree, names)

    @cached_property
    def _told(self) -> dict[tuple[int, Period, str], Decimal]:
        found = {}
        for half in self.period.halves:
            for unit, revision in revisions_told(self.units, half, "submitted").items():
                content = Content.from_json(revision.content)
                for member, value in _figures(content, self.term).items():
                    found[unit, half, member] = value
        return found

    @cached_property
    def _counted(self) -> dict[tuple[int, Period, str], Decimal | None]:
        found = {}
        for half in self.period.halves:
            series = {str(self.term.series.with_member(self.term.each or "", q.member)): q.member
                      for q in self.quarters if q.half == half}  # fmt: skip
            for unit, said in counts(units=self.units, period=half, series=series).items():
                for name, value in said.items():
                    found[unit, half, series[name]] = value
        return found

    def cell(self, unit: int, quarter: Quarter) -> Cell:
        at = (unit, quarter.half, quarter.member)
        told, counted = self._told.get(at), self._counted.get(at)
        held = told if told is not None else counted
        test = self.term.test
        assert test is not None  # noqa: S101 - term_of looked
        enough = held is not None and OPERATORS[test.op](held, test.value)
        return Cell(told, counted, "not_told" if held is None else "satisfied" if enough else "short")

    @cached_property
    def every(self) -> list[Line]:
        names, keys = unit_names(self.day), unit_keys()
        fed = [kind.code for kind in self.edition.registers.values() for feed in kind.feeds
               if feed.series.element == self.term.series.element]  # fmt: skip
        found = []
        for unit in self.units:
            cells = [self.cell(unit, one) for one in self.quarters]
            states = {one.state for one in cells}
            state = "short" if "short" in states else "not_told" if "not_told" in states else "satisfied"
            register = ""
            if fed:
                address = reverse("register", kwargs={"period": self.period, "register": fed[0]})
                register = f"{address}?{urlencode({'unit': keys[unit]})}"
            address = reverse("unit", kwargs={"key": keys[unit]})
            found.append(Line(names.get(unit, ""), address, cells, state, _(STATES[state]), TONES[state], register))
        return found

    @property
    def state(self) -> str:
        return self.request.GET.get("state", "") if self.request.GET.get("state", "") in STATES else ""

    @property
    def lines(self) -> list[Line]:
        return [one for one in self.every if self.state in ("", one.state)]

    @property
    def asked_words(self) -> str:
        assert self.term.test is not None  # noqa: S101 - term_of looked
        return OPERATOR_SIGNS[self.term.test.op].format(figure=number(self.term.test.value))


def _figures(content: Content, term: Term) -> Mapping[str, Decimal]:
    """Member → the figure of a return for a term's series."""
    shape = layout(edition_of(content.edition), content.form, content.period)
    found = {}
    for address, series in shape.series.items():
        element, _bracket, members = series.rstrip("]").partition("[")
        if element != term.series.element:
            continue
        pairs = dict(pair.split("=", 1) for pair in members.split(",") if pair)
        if set(pairs) == {term.each} and address in content.figures:
            found[pairs[term.each or ""]] = content.figures[address].value
    return found


def _seen(request: Asked, period: Period, code: str) -> Seen:
    indicator = office().edition.indicators.get(code)
    term = term_of(indicator) if indicator is not None else None
    if indicator is None or term is None:
        raise Http404
    return Seen(request, period, indicator, term)


@page("view")
def quarters(request: Asked, period: Period, code: str) -> HttpResponse:
    """Unit by unit, quarter by quarter; ?state= keeps some."""
    seen = _seen(request, period, code)
    held = {one: sum(line.state == one for line in seen.every) for one in STATES}
    tallies = [
        (f"?{urlencode({'state': one})}", one == seen.state, _(words), held[one], TONES[one])
        for one, words in STATES.items()
    ]
    by_quarter = [
        (quarter, [sum(line.cells[index].state == one for line in seen.every) for one in STATES])
        for index, quarter in enumerate(seen.quarters)
    ]
    satisfied, every = sum(one.state == "satisfied" for one in seen.every), len(seen.every)
    documents = [seen.edition.documents[one] for one in seen.indicator.cites]
    context = {
        "indicator": seen.indicator,
        "asked": period,
        "asked_name": period_name(period),
        "asked_words": seen.asked_words,
        "quarters": seen.quarters,
        "by_quarter": by_quarter,
        "states": [_(words) for words in STATES.values()],
        "tallies": tallies,
        "lines": seen.lines,
        "all": every,
        "satisfied": satisfied,
        "share": percent(Decimal(satisfied) / every) if every else "–",
        "documents": documents,
        "checked": unchecked(seen.indicator.definition_confidence),
        "query": urlencode({"state": seen.state}) if seen.state else "",
    }
    return render(request, "web/quarters.html", context)


@page("view")
def quarters_csv(request: Asked, period: Period, code: str) -> HttpResponse:
    """The same for a spreadsheet."""
    return download(f"{code}-{period}-quarters.csv", csv_bytes(_lines(_seen(request, period, code))))


def _lines(seen: Seen) -> Iterator[list[str]]:
    heads = [f"{one.name} ({one.days})" for one in seen.quarters]
    by_register = (_("{quarter}, by the register").format(quarter=one.name) for one in seen.quarters)
    yield [_("Unit"), *heads, *by_register, _("State")]
    for line in seen.lines:
        told = ["" if one.told is None else str(int(one.told)) for one in line.cells]
        counted = ["" if one.counted is None else str(int(one.counted)) for one in line.cells]
        yield [inert(line.name), *told, *counted, line.words]
