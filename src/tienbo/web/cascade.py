"""A target over the units under it: what each set for itself, whether all of them make the whole, who binds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import render

from tienbo.catalogue.definitions import Indicator, Operator, Target
from tienbo.catalogue.definitions import Unit as Measured
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import number
from tienbo.engine.values import Status
from tienbo.papers.cascade import REFUSED, Asked, Cascade, Part, Row, cascade
from tienbo.papers.context import period_name
from tienbo.papers.tables import OPERATOR_SIGNS
from tienbo.registers.plans import plans_in_force
from tienbo.release.frozen import printed
from tienbo.units.frames import roots_on
from tienbo.web.access import Asked as Request
from tienbo.web.access import page
from tienbo.web.addresses import number_given
from tienbo.web.downloads import csv_bytes, download, inert
from tienbo.web.office import office
from tienbo.web.subject import Place, not_standing, place

SHORT = 5
"""Units that are named in the sentence on who binds."""


HEADS = (
    N_("Unit"),
    N_("Last reported"),
    N_("Own target"),
    N_("Needed for it"),
    N_("Still to be reached"),
    N_("The whole rests on it"),
    N_("Remarks"),
)
"""Columns of the file."""


class Choice(NamedTuple):
    value: str
    words: str
    is_chosen: bool


class Line(NamedTuple):
    """A unit as a row, in words; figures as they are for a spreadsheet are the same ones."""

    name: str
    key: str
    reported: str
    asked: str
    need: str
    gain: str
    binds: bool
    why: str


@dataclass(frozen=True)
class Seen:
    """One target of one unit for one year, over the units directly under it."""

    about: Place
    target: Target
    year: int

    @property
    def indicator(self) -> Indicator:
        return self.about.edition.indicators[self.target.indicator]

    @property
    def percent(self) -> str:
        return "\N{NO-BREAK SPACE}%" if self.indicator.unit is Measured.PERCENT else ""

    @property
    def asked(self) -> Asked:
        value = self.target.values[self.year]
        return Asked(value.op, Fraction(value.value or 0))

    @cached_property
    def children(self) -> list[int]:
        about = self.about
        below = [one for one in about.tree.children.get(about.unit.pk, ()) if one in about.readable]
        return printed(below, about.tree, about.names)

    @cached_property
    def when(self) -> Period:
        """The period whose figures it begins from: a count of a whole year, a share as it was last told."""
        period, last = self.about.period, Period(self.about.period.year - 1)
        if not self.indicator.is_ratio:
            return period if period.is_year else last
        values = self.about.figures([period, last], indicators=[self.indicator.code], units=[self.about.unit.pk])
        told = values.get(self.indicator.code, self.about.unit.key, period.code).status is Status.VALUE
        return period if told else last

    @cached_property
    def set_by_units(self) -> dict[int, Asked]:
        """Unit → what its own plan in force asks for the year."""
        found = {}
        for plan in plans_in_force(tuple(self.children)):
            for own in plan.content.targets:
                if own.indicator == self.target.indicator and self.year in own.values:
                    found[plan.unit] = Asked(own.op, Fraction(own.values[self.year]))
        return found

    @cached_property
    def cascade(self) -> Cascade:
        about, code = self.about, self.indicator.code
        values = about.figures([self.when], indicators=[code], units=[about.unit.pk, *self.children])
        parts = [
            Part(
                about.keys[one],
                about.names.get(one, ""),
                values.get(code, about.keys[one], self.when.code),
                self.set_by_units.get(one),
            )
            for one in self.children
        ]
        whole = values.get(code, about.unit.key, self.when.code)
        return cascade(self.indicator, self.asked, whole, parts)

    @cached_property
    def lines(self) -> list[Line]:
        """Units that have a figure or a target, or that miss one; what the whole told beside them last."""
        return [self._line(row) for row in self.cascade.rows if row.part.asked or row.has is not None or row.why]

    def _line(self, row: Row) -> Line:
        return Line(
            row.part.name or _("Told beside the units"),
            row.part.unit,
            "" if row.has is None else exact(row.has) + (f"/{exact(row.base)}" if row.base is not None else ""),
            said(row.part.asked.op, row.part.asked.value) + self.percent if row.part.asked else "",
            "" if row.need is None else exact(row.need),
            exact(row.gain) if row.part.asked and not row.why else "",
            row.binds,
            _(row.why),
        )

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        made = self.cascade
        if made.why:
            return _("It cannot be worked out: {reason}.").format(reason=_(REFUSED[made.why]))
        if made.missing:
            names = [f"{row.part.name} ({_(row.why)})" for row in made.missing]
            rest = "" if len(names) <= SHORT else _(" and {count} more").format(count=len(names) - SHORT)
            words = _("It cannot be worked out yet. What is missing: {names}{rest}.")
            return words.format(names="; ".join(names[:SHORT]), rest=rest)
        if self.asked.op == "~":
            return _("The document says “about”, which has no limit: the sum is shown and not judged.")
        return self._judged(made)

    def _judged(self, made: Cascade) -> str:
        if made.slack is None:
            words = _("Even if every unit meets its own target, the whole may not be met: some units set no limit.")
        elif made.met and made.slack:
            words = _("If every unit meets its own target, the whole is met, with {slack} to spare.")
        elif made.met:
            words = _("If every unit meets its own target, the whole is just met, with nothing to spare.")
        elif made.slack >= 0:
            words = _("Even if every unit meets its own target, the whole may not be met exactly.")
        else:
            words = _("Even if every unit meets its own target, the whole is missed by {slack}.")
        return words.format(slack=exact(abs(made.slack or Fraction(0))))

    @property
    def binding(self) -> str:
        """Who binds, in one sentence."""
        rows = self.cascade.binding
        if not rows:
            return ""
        names = [f"{row.part.name} ({exact(row.gain)})" for row in rows[:SHORT]]
        rest = "" if len(rows) <= SHORT else _(" and {count} more").format(count=len(rows) - SHORT)
        words = _("The whole rests on: {names}{rest}. Should one of them stay where it is, the whole is not met.")
        return words.format(names="; ".join(names), rest=rest)

    @property
    def counted(self) -> str:
        """What is counted: "cơ quan có … / tổng số cơ quan"."""
        named = (self.indicator.numerator_name, self.indicator.denominator_name)
        return " / ".join(str(one) for one in named if one is not None)

    @property
    def without(self) -> int:
        """Units with a figure that set no target of their own."""
        return sum(row.has is not None and row.part.asked is None and bool(row.part.unit) for row in self.cascade.rows)

    @property
    def reached(self) -> str:
        return _of(self.cascade.reached, self.cascade)

    @property
    def needed(self) -> str:
        return _of(self.cascade.needed, self.cascade)

    @property
    def has(self) -> str:
        return _of(self.cascade.has, self.cascade)


def _of(total: Fraction | None, made: Cascade) -> str:
    """A total, with what share of the whole it is."""
    if total is None:
        return ""
    if made.base is None:
        return exact(total)
    words = f"{exact(total)}/{exact(made.base)}"
    if made.base and made.scale == 100:
        words += f" ({number(_decimal(total * 100 / made.base), 1)}\N{NO-BREAK SPACE}%)"
    return words


def exact(value: Fraction) -> str:
    """A number as it is; a fraction that has no end is written as one of two whole numbers."""
    held = value.denominator
    for prime in (2, 5):
        while held % prime == 0:
            held //= prime
    return number(_decimal(value)) if held == 1 else f"{value.numerator}/{value.denominator}"


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def said(op: Operator, value: Fraction) -> str:
    if op == "~":
        return _("about {figure}").format(figure=exact(value))
    return OPERATOR_SIGNS[op].format(figure=exact(value))


def _numbered(about: Place) -> list[Target]:
    """Targets of the unit that ask for a figure in some year to come; yes or no does not add up."""
    indicators = about.edition.indicators
    return [
        one
        for one in about.targets
        if indicators[one.indicator].unit is not Measured.BOOLEAN and years_of(one, about.period.year)
    ]


def _seen(about: Place, given: dict[str, str]) -> tuple[list[Target], Seen | None]:
    targets = _numbered(about)
    if not targets:
        return [], None
    wanted = given.get("target")
    target = next((one for one in targets if one.code == wanted), None)
    if target is None and wanted:
        raise Http404
    target = target or next((one for one in targets if one.owner == "own"), targets[0])
    years = years_of(target, about.period.year)
    year = number_given(given.get("year", ""), 0)
    return targets, Seen(about, target, year if year in years else years[0])


def years_of(target: Target, since: int) -> list[int]:
    return [year for year, value in target.values.items() if year >= since and value.value is not None]


@page("view", mapped=True)
def show(request: Request, period: Period) -> HttpResponse:
    """The arithmetic of ?target= for ?year= over the units under the seat's, or under ?unit=."""
    day = request.map_day or office().edition.calendar.last_day(period)
    if not roots_on(request.seat.unit.pk, day):
        return not_standing(request, day)
    about = place(request, period)
    targets, seen = _seen(about, request.GET.dict())
    context: dict[str, object] = {
        "asked": period,
        "asked_name": period_name(period),
        "about": about,
        "seen": seen,
        "targets": [_choice(about, one, seen) for one in targets],
    }
    if seen is not None:
        years = years_of(seen.target, period.year)
        document = about.edition.documents[seen.target.document]
        context |= {
            "years": [Choice(str(one), str(one), one == seen.year) for one in years],
            "when": period_name(seen.when),
            "set": said(seen.asked.op, seen.asked.value) + seen.percent,
            "document": document.cited,
            "query": f"target={seen.target.code}&year={seen.year}&unit={about.unit.key}",
            "is_ratio": seen.indicator.is_ratio,
        }
    return render(request, "web/cascade.html", context)


def _choice(about: Place, target: Target, seen: Seen | None) -> Choice:
    document = about.edition.documents[target.document]
    chosen = seen is not None and seen.target is target
    return Choice(target.code, f"{target.name} ({document.number})", chosen)


@page("view", mapped=True)
def csv(request: Request, period: Period) -> HttpResponse:
    """The same for a spreadsheet."""
    about = place(request, period)
    _targets, seen = _seen(about, request.GET.dict())
    if seen is None:
        raise Http404
    return download(f"cascade-{seen.target.code}-{seen.year}.csv", csv_bytes(_csv(seen)))


def _csv(seen: Seen) -> Iterator[Sequence[str]]:
    about = seen.about
    yield [inert(about.name), inert(str(seen.target.name)), str(seen.year)]
    if office().settings.illustrative:
        yield [_("Illustrative figures")]
    yield [_("Asked of the whole"), said(seen.asked.op, seen.asked.value) + seen.percent]
    yield [_("Figures of"), period_name(seen.when)]
    yield [_("Needed for the whole"), seen.needed]
    yield [_("Where every part is just met"), seen.reached]
    yield [inert(seen.verdict)]
    yield [_(one) for one in HEADS]
    for line in seen.lines:
        binds = _("Yes") if line.binds else ""
        cells = (line.name, line.reported, line.asked, line.need, line.gain, binds, line.why)
        yield [inert(one) for one in cells]
