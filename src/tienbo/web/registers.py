"""Registers: which there are, and the records of one as a list, sifted, and as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import RegisterField, RegisterKind, RegisterTally, Sensitivity
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.core.tree import Tree, is_kind
from tienbo.core.words import sort_key
from tienbo.engine.evaluate import may_see_class
from tienbo.ground.acting import narrow_hides, narrow_left_out, narrow_read
from tienbo.papers.context import period_name
from tienbo.registers.models import Record
from tienbo.registers.queries import AT_ONCE, Listed, counting, record_list, records_of, register_tally
from tienbo.registers.referring import titles_of
from tienbo.registers.services import may
from tienbo.registers.showing import said_by
from tienbo.units.access import Need, accessible_units
from tienbo.units.frames import tree_on, unit_ids, unit_keys, unit_names
from tienbo.web.access import Asked, page
from tienbo.web.definition import unchecked
from tienbo.web.downloads import csv_streamed
from tienbo.web.maps import under
from tienbo.web.office import office

ROWS = 50
LONGEST = 80
TIMES: Mapping[str, str] = {"": N_("this period"), "year": N_("the whole year"), "all": N_("all times")}
WITHDRAWN = "withdrawn"
UNSAID_BY = "-"


@dataclass(frozen=True)
class Shelf:
    """The registers of a half-year as somebody sees them from a seat."""

    request: Asked
    period: Period

    @property
    def edition(self) -> Edition:
        return office().edition

    @cached_property
    def tree(self) -> Tree:
        """Units as they stand under each other at the end of the period."""
        return tree_on(self.edition.calendar.last_day(self.period))

    @cached_property
    def span(self) -> Span:
        return self.edition.calendar.span(self.period)

    def _units(self, need: Need) -> set[int]:
        """Units on the map of the first or the last day of the period where the person may do something, no further
        than the seat."""
        today, found = timezone.localdate(), set[int]()
        for day in (self.span.start, self.edition.calendar.last_day(self.period)):
            allowed = accessible_units(self.request.user, need=need, on=day, acting_on=today)
            found |= allowed.intersection(under(self.request.seat.unit.pk, day))
        return found

    @cached_property
    def names(self) -> dict[int, str]:
        """Units that can be read, as they were called at the end of the period, or at its beginning."""
        first, last = unit_names(self.span.start), unit_names(self.edition.calendar.last_day(self.period))
        return {pk: name for pk in self._units("view") if (name := last.get(pk) or first.get(pk))}

    def readable(self, kind: RegisterKind) -> dict[int, str]:
        """Units whose records of a register can be read: of the narrowest class only by its unit and the office that
        consolidates it."""
        return {pk: name for pk, name in self.names.items() if self.sees(kind, None, pk)}

    def sees(self, kind: RegisterKind, field: RegisterField | None, unit: int) -> bool:
        """Whether the reader may see a register, or a field of it, of a unit."""
        level = kind.sensitivity if field is None else kind.level(field)
        may = may_see_class(level, self.request.seat.audience(self.request.seat.unit.pk), unit, self.tree)
        if may and field is not None and level is Sensitivity.C3:
            if narrow_hides():
                narrow_left_out()
                return False
            narrow_read(f"register:{kind.code}")
        return may

    def says(self, kind: RegisterKind, unit: int) -> None:
        """Say that a register's records of a unit are being handed out whole, in a file."""
        for field in kind.fields:
            self.sees(kind, field, unit)

    def enterable(self, kind: RegisterKind) -> dict[int, str]:
        """Units for which the person may enter records of a register, by name."""
        kinds = self.tree.kinds
        allowed = [pk for pk in self._units("enter") if pk in kinds and is_kind(kinds[pk], kind.kept_by)]
        return {pk: self.names[pk] for pk in allowed if pk in self.names}

    def kind(self, code: str) -> RegisterKind:
        kind = self.edition.registers.get(code)
        if kind is None:
            raise Http404
        return kind


def span_of(shelf: Shelf, time: str) -> Span | None:
    """The days that a choice of TIMES means; None for all."""
    spans = {"": shelf.span, "year": shelf.edition.calendar.span(Period(shelf.period.year)), "all": None}
    return spans.get(time, shelf.span)


class Choice(NamedTuple):
    value: str
    words: str
    is_chosen: bool


class Card(NamedTuple):
    """A register on the first page."""

    kind: RegisterKind
    address: str
    new: str
    records: int
    section: str


@page("view")
def registers(request: Asked, period: Period) -> HttpResponse:
    """The registers there are, with what the units of the seat wrote in them in the period."""
    shelf = Shelf(request, period)
    sections = list(shelf.edition.groups)
    kinds = [kind for kind in shelf.edition.registers.values() if shelf.readable(kind)]
    kinds.sort(key=lambda kind: sections.index(kind.section))  # as the report is ordered
    tally = {
        kind.code: register_tally(kinds=[kind], units=shelf.readable(kind), first=shelf.span.start, end=shelf.span.end)[
            kind.code
        ]
        for kind in kinds
    }
    cards = [
        Card(
            kind,
            reverse("register", kwargs={"period": period, "register": kind.code}),
            reverse("register_new", kwargs={"period": period, "register": kind.code}) if shelf.enterable(kind) else "",
            tally[kind.code],
            str(shelf.edition.groups[kind.section].name),
        )
        for kind in kinds
    ]
    makes = may(actor_of(request.user), office().home, "administer")
    context = {
        "asked_name": period_name(period),
        "cards": cards,
        "kinds": reverse("kinds", kwargs={"period": period}) if makes else "",
    }
    return render(request, "web/registers.html", context)


class Line(NamedTuple):
    """A record on the list."""

    address: str
    title: str
    cells: list[tuple[str, bool]]
    """(what it says, whether it is a figure)."""
    state: str
    tone: str
    unit: str


@dataclass(frozen=True)
class Sifted:
    """The records of a register that were asked for."""

    shelf: Shelf
    kind: RegisterKind

    @cached_property
    def given(self) -> dict[str, str]:
        asked = self.shelf.request.GET
        times, states = asked.get("time", ""), asked.get("state", "")
        return {
            "q": asked.get("q", "")[:LONGEST].strip(),
            "time": times if times in TIMES else "",
            "state": states if states in (*(one.code for one in self.kind.states), WITHDRAWN) else "",
            "unit": asked.get("unit", "") if asked.get("unit", "") in self.keys.values() else "",
            "counts": asked.get("counts", "") if asked.get("counts", "") in self.tallies else "",
            "by": asked.get("by", "") if asked.get("by", "") in self.answers else "",
            "of": asked.get("of", "")[:300] if self.kind.gathered is not None else "",
        }

    @property
    def tallies(self) -> dict[str, RegisterTally]:
        return {one.code: one for one in self.kind.tallies}

    @property
    def answers(self) -> dict[str, str]:
        """Answers to the choice that the register is crossed by, in words; UNSAID_BY of records that give none."""
        if self.kind.crossed is None:
            return {}
        choices = self.kind.by_code[self.kind.crossed.by].choices
        return {**{code: str(words) for code, words in choices.items()}, UNSAID_BY: _("not said")}

    @cached_property
    def units(self) -> dict[int, str]:
        return self.shelf.readable(self.kind)

    @cached_property
    def keys(self) -> dict[int, str]:
        every = unit_keys()
        return {pk: every[pk] for pk in self.units}

    @property
    def query(self) -> str:
        return urlencode({name: held for name, held in self.given.items() if held})

    @cached_property
    def rows(self) -> QuerySet[Record]:
        given = self.given
        gone = given["state"] == WITHDRAWN
        units = [pk for pk, key in self.keys.items() if given["unit"] in ("", key)]
        counted = self.tallies.get(given["counts"])
        if counted is not None:
            # Those behind one count of a report, whatever their own day is.
            series = self.kind.tally_series(counted)
            behind = counting(units=units, period=self.shelf.period).filter(series=series).values("record")
            rows = record_list(kind=self.kind.code, units=units, text=given["q"], naming=self.kind.fields)
            return self._answering(self._naming(rows.filter(pk__in=behind)))
        return self._naming(
            record_list(
                kind=self.kind.code,
                units=units,
                span=span_of(self.shelf, given["time"]),
                state="" if gone else given["state"],
                text=given["q"],
                withdrawn=gone,
                naming=self.kind.fields,
            )
        )

    def listed(self, size: int) -> Listed:
        """Their row ids, for pages of a size."""
        return Listed(self.rows, at_once=max(size, AT_ONCE if self.given["q"] else 0))

    @property
    def named(self) -> str:
        """What the records that are asked for name, in words; "" where that is not asked."""
        asked = self.given["of"]
        if not asked or self.kind.gathered is None:
            return ""
        if asked == UNSAID_BY:
            return _("No campaign is named")
        return titles_of(self.kind.by_code[self.kind.gathered.by], keys=[asked]).get(asked, asked)

    def _naming(self, rows: QuerySet[Record]) -> QuerySet[Record]:
        """Those of some records that name what was asked for: a record by its key, words, or nothing."""
        named = self.given["of"]
        if not named or self.kind.gathered is None:
            return rows
        by = self.kind.gathered.by
        return rows.exclude(data__has_key=by) if named == UNSAID_BY else rows.filter(**{f"data__{by}": named})

    def _answering(self, rows: QuerySet[Record]) -> QuerySet[Record]:
        """Those of some records that give the answer that was asked for."""
        answer = self.given["by"]
        if not answer or self.kind.crossed is None:
            return rows
        if answer != UNSAID_BY:
            return rows.filter(**{f"data__{self.kind.crossed.by}": answer})
        known = [one for one in self.answers if one != UNSAID_BY]
        return rows.exclude(**{f"data__{self.kind.crossed.by}__in": known})

    def cell(self, record: Record, field: RegisterField) -> str:
        if not self.shelf.sees(self.kind, field, record.unit_id):
            return _("withheld")
        text = record.data.get(field.code, "")
        if field.names is not None and text:
            return self._titles(field).get(text, text)
        if field.kind == "unit" and text:
            return self._called(record.occurred_on).get(self._numbers.get(text, 0), text)
        return said_by(field, record.data, record.occurred_on)

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return unit_ids()

    @cached_property
    def _titles(self) -> Callable[[RegisterField], Mapping[str, str]]:
        """What the records that a field names are called, asked for once."""
        held: dict[str, dict[str, str]] = {}

        def titles(field: RegisterField) -> Mapping[str, str]:
            return held[field.code] if field.code in held else held.setdefault(field.code, titles_of(field))

        return titles

    @cached_property
    def _called(self) -> Callable[[date], Mapping[int, str]]:
        """Units as they were called on a day. Records come day by day, so two days are held, and asked for once: a file
        is written after the page has ended, when nothing else holds what was asked."""
        return lru_cache(maxsize=2)(unit_names)

    def line(self, record: Record) -> Line:
        by_code, states = self.kind.by_code, {one.code: one for one in self.kind.states}
        title = by_code[self.kind.title]
        state = states.get(record.state)
        fields = [by_code[code] for code in self.kind.columns if code != title.code]
        names = {"period": self.shelf.period, "register": self.kind.code, "item": record.key}
        return Line(
            address=reverse("register_record", kwargs=names),
            title=self.cell(record, title),
            cells=[(self.cell(record, field), field.is_number) for field in fields],
            state=str(state.name) if state else record.state,
            tone="tb-good" if state and state.past else "tb-near" if state is self.kind.states[0] else "",
            unit=self.units.get(record.unit_id, ""),
        )


@page("view")
def register(request: Asked, period: Period, register: str) -> HttpResponse:
    """The records of a register, sifted by ?q= (words), ?state=, ?unit= and ?time=."""
    shelf = Shelf(request, period)
    kind = shelf.kind(register)
    sifted = Sifted(shelf, kind)
    if not sifted.units:
        raise Http404
    pages = Paginator(sifted.listed(ROWS), ROWS)
    at = pages.get_page(request.GET.get("page"))
    given = sifted.given
    states = [(one.code, str(one.name)) for one in kind.states] + [(WITHDRAWN, _("withdrawn").capitalize())]
    by_name = sorted(sifted.units.items(), key=lambda pair: sort_key(pair[1]))
    named = {sifted.keys[pk]: name for pk, name in by_name}
    sifted_by = [
        _(TIMES[given["time"]]).capitalize() if given["time"] else period_name(period).capitalize(),
        named.get(given["unit"], ""),
        dict(states).get(given["state"], ""),
        f"“{given['q']}”" if given["q"] else "",
    ]
    context = {
        "printed": "; ".join(filter(None, [*sifted_by, request.seat.name if not given["unit"] else ""])),
        "kind": kind,
        "asked": period,
        "asked_name": period_name(period),
        "rows": [sifted.line(record) for record in records_of(keys=at.object_list)],
        "columns": [
            (kind.by_code[code].label, kind.by_code[code].is_number) for code in kind.columns if code != kind.title
        ],
        "title": kind.by_code[kind.title].label,
        "count": pages.count,
        "pages": pages,
        "at_page": at,
        "query": sifted.query,
        "text": given["q"],
        "times": [Choice(one, _(words).capitalize(), one == given["time"]) for one, words in TIMES.items()],
        "states": [Choice(one, words, one == given["state"]) for one, words in states],
        "units": [Choice(sifted.keys[pk], name, sifted.keys[pk] == given["unit"]) for pk, name in by_name],
        "counted": sifted.tallies[given["counts"]].name if given["counts"] else "",
        "answer": sifted.answers[given["by"]] if given["by"] and given["counts"] else sifted.named,
        "may_enter": bool(shelf.enterable(kind)),
        "leads": leads(shelf, kind),
        **about(shelf, kind),
    }
    return render(request, "web/register.html", context)


def leads(shelf: Shelf, kind: RegisterKind) -> list[tuple[str, str]]:
    """(address, words) of the pages that a register leads to."""
    names = {"period": shelf.period, "register": kind.code}
    found = []
    if kind.crossed is not None:
        by = str(kind.by_code[kind.crossed.by].label)
        words = _("By “{field}” and unit, and time left") if kind.clock is not None else _("By “{field}” and unit")
        found.append((reverse("register_crossed", kwargs=names), words.format(field=by)))
    for other in shelf.edition.registers.values():
        at = {**names, "register": other.code}
        if other.reaching is not None and kind.code in (other.code, other.reaching.areas):
            found.append((reverse("register_reach", kwargs=at), _("Priority areas: reached and not reached")))
        if other.inspecting is not None and kind.code in (other.code, other.inspecting.planned.plans):
            found.append((reverse("register_visits", kwargs=at), _("Inspections: plan and done")))
        naming = other.by_code[other.gathered.by] if other.gathered is not None else None
        if naming is not None and naming.names is not None and kind.code in (other.code, naming.names.register_code):
            words = _("By “{field}”, quarter by quarter").format(field=naming.label)
            found.append((reverse("register_gathered", kwargs=at), words))
        if (seats := other.seating) is not None:
            charges = seats.charges.register_code if seats.charges is not None else ""
            if kind.code in (other.code, charges):
                found.append((reverse("register_seats", kwargs=at), _("Who sits on the committee, on any day")))
    fed = {feed.series.element for feed in kind.feeds if feed.by_quarter}
    for indicator in shelf.edition.indicators.values():
        if any(term.each and term.series.element in fed for term in indicator.numerator):
            at = {"period": shelf.period, "code": indicator.code}
            found.append((reverse("quarters", kwargs=at), _("Quarter by quarter")))
    return found


def about(shelf: Shelf, kind: RegisterKind) -> dict[str, object]:
    """By which documents a register is kept, how far they were checked, and what it counts for."""
    edition = shelf.edition
    return {
        "documents": [edition.documents[code] for code in kind.cites],
        "checked": unchecked(kind.confidence),
        "section": edition.groups[kind.section].name,
        "fed": list(dict.fromkeys(str(edition.elements[feed.series.element].name) for feed in kind.feeds)),
    }


@page("view")
def register_csv(request: Asked, period: Period, register: str) -> HttpResponseBase:
    """The same records with every field, as a file that is written while it is sent."""
    shelf = Shelf(request, period)
    kind = shelf.kind(register)
    sifted = Sifted(shelf, kind)
    if not sifted.units:
        raise Http404
    if any(kind.level(field) is Sensitivity.C3 for field in kind.fields):
        for unit in sifted.rows.order_by().values_list("unit_id", flat=True).distinct():
            shelf.says(kind, unit)  # while it is sent it is too late to note that it was read
    return csv_streamed(f"{register}-{period}.csv", _lines(sifted))


def _lines(sifted: Sifted) -> Iterator[list[str]]:
    kind, states = sifted.kind, {one.code: one.name for one in sifted.kind.states}
    yield [_("Unit"), _("State"), *(str(field.label) for field in kind.fields), _("Code")]
    for record in sifted.rows.iterator(chunk_size=2000):
        said = [sifted.cell(record, field) for field in kind.fields]
        state = str(states.get(record.state, record.state))
        yield [sifted.units.get(record.unit_id, ""), state, *said, record.key]
