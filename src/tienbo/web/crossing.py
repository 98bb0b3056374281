"""What registers of one line of work count, by the answers of a choice and unit by unit (legal fields by locality), and
whose clocks run: registers stand apart, each with its own counts and its own time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.catalogue.definitions import RegisterKind, RegisterTally
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import number, sort_key
from tienbo.papers.context import period_name
from tienbo.registers.crossing import UNSAID, crossing, unfit
from tienbo.registers.models import Record
from tienbo.registers.showing import shown
from tienbo.units.frames import unit_keys
from tienbo.web.access import Asked, page
from tienbo.web.clocks import ClockShown, clock_shown
from tienbo.web.downloads import csv_bytes, download, inert
from tienbo.web.registers import UNSAID_BY, Choice, Shelf

MOST = 200
"""Records whose clock runs that one page shows."""


class Figure(NamedTuple):
    """A count, and where its records are listed; "" where several units stand behind it."""

    words: str
    address: str


class Line(NamedTuple):
    name: str
    figures: Sequence[Figure]


class Running(NamedTuple):
    """A record whose clock has not ended."""

    title: str
    address: str
    unit: str
    clock: ClockShown


class Unfit(NamedTuple):
    """A record whose answer is none there is, with what it says; `mends`: whether this person chooses anew."""

    title: str
    address: str
    unit: str
    said: str
    mends: bool


class Across:
    """A register over the answers of its choice."""

    def __init__(self, shelf: Shelf, kind: RegisterKind) -> None:
        assert kind.crossed is not None  # noqa: S101 - whoever asks looked
        self.shelf, self.kind, self.field = shelf, kind, kind.by_code[kind.crossed.by]
        self.units = shelf.readable(kind)
        self.tallies = [one for one in kind.tallies if one.code in kind.crossed.tallies]

    @cached_property
    def counts(self) -> Mapping[tuple[int, str], Mapping[str, Decimal]]:
        return crossing(kind=self.kind, units=self.units, period=self.shelf.period)

    @cached_property
    def answers(self) -> list[tuple[str, str]]:
        """Those that something is counted for, in the order of the definition."""
        there = {answer for _unit, answer in self.counts}
        held = [(code, str(words)) for code, words in self.field.choices.items() if code in there]
        return held + ([(UNSAID, _("not said"))] if UNSAID in there else [])

    @cached_property
    def groups(self) -> dict[int, list[int]]:
        """Unit directly below the seat (or the seat) → units of it that count something."""
        found: dict[int, list[int]] = {}
        tree, seat = self.shelf.tree, self.shelf.request.seat.unit.pk
        for unit in {unit for unit, _answer in self.counts}:
            line = [unit, *tree.ancestors(unit)] if unit in tree else [unit]
            at = line.index(seat) if seat in line else 0
            found.setdefault(line[max(0, at - 1)], []).append(unit)
        return dict(sorted(found.items(), key=lambda pair: sort_key(self.name(pair[0]))))

    def name(self, unit: int) -> str:
        return self.shelf.names.get(unit) or self.units.get(unit, "")

    def count(self, tally: str, answer: str | None = None, units: Sequence[int] | None = None) -> Decimal:
        return sum(
            (
                held.get(tally, Decimal(0))
                for (unit, said), held in self.counts.items()
                if (answer is None or said == answer) and (units is None or unit in units)
            ),
            Decimal(0),
        )

    def figure(self, tally: str, answer: str | None = None, units: Sequence[int] | None = None) -> Figure:
        count = self.count(tally, answer, units)
        if not count or (units is not None and len(units) > 1):
            return Figure(number(count), "")
        given = {"counts": tally}
        if answer is not None:
            given["by"] = answer or UNSAID_BY
        if units:
            given["unit"] = unit_keys()[units[0]]
        address = reverse("register", kwargs={"period": self.shelf.period, "register": self.kind.code})
        return Figure(number(count), f"{address}?{urlencode(given)}")

    def by_answer(self) -> list[Line]:
        lines = [Line(words, [self.figure(one.code, code) for one in self.tallies]) for code, words in self.answers]
        return [*lines, Line(_("All"), [self.figure(one.code) for one in self.tallies])] if lines else []

    def by_unit(self, tally: RegisterTally) -> list[Line]:
        """Units down, answers across, and all of each."""
        every = [
            Line(
                self.name(unit),
                [self.figure(tally.code, code, held) for code, _words in self.answers]
                + [self.figure(tally.code, None, held)],
            )
            for unit, held in self.groups.items()
        ]
        total = [self.figure(tally.code, code) for code, _words in self.answers] + [self.figure(tally.code)]
        return [*every, Line(_("All"), total)] if every else []

    def running(self, today: date) -> tuple[list[Running], bool]:
        """Records whose clock has not ended, the nearest day first, those without a day last; and whether there are
        more than are shown."""
        clock = self.kind.clock
        if clock is None:
            return [], False
        ended, due = (KeyTextTransform(one, "data") for one in (clock.ends, clock.due))
        rows = Record.objects.filter(
            kind=self.kind.code, unit__in=self.units, withdrawn=False, data__has_key=clock.begins
        )
        rows = rows.exclude(state__in=clock.rests).annotate(ended=ended, due=due).filter(ended__isnull=True)
        held = list(rows.select_related("unit").order_by(F("due").asc(nulls_last=True), "pk")[: MOST + 1])
        found = []
        for record in held[:MOST]:
            told = clock_shown(self.kind, record, self.shelf, today)
            if told is not None:
                names = {"period": self.shelf.period, "register": self.kind.code, "item": record.key}
                title = shown(self.kind.by_code[self.kind.title], record.data[self.kind.title], record.occurred_on)
                found.append(Running(title, reverse("register_record", kwargs=names), self.name(record.unit_id), told))
        return found, len(held) > MOST

    def unfit(self) -> tuple[list[Unfit], int]:
        """Records to be put right, the newest first, and how many there are in all: they count as “not said”."""
        rows = unfit(kind=self.kind, units=[pk for pk in self.units if self.shelf.sees(self.kind, self.field, pk)])
        mine, found = self.shelf.enterable(self.kind), []
        for record in rows[:MOST]:
            names = {"period": self.shelf.period, "register": self.kind.code, "item": record.key}
            mends = record.unit_id in mine
            address = reverse("register_change" if mends else "register_record", kwargs=names)
            title = shown(self.kind.by_code[self.kind.title], record.data[self.kind.title], record.occurred_on)
            unit = self.name(record.unit_id)
            found.append(Unfit(title, f"{address}#f-{self.field.code}", unit, record.data[self.field.code], mends))
        return found, rows.count() if len(found) == MOST else len(found)


def _across(shelf: Shelf, register: str) -> list[Across]:
    """The register, and those of the same line of work that are crossed too; 404 where it is not, or cannot be read."""
    asked = shelf.kind(register)
    if asked.crossed is None or not shelf.readable(asked):
        raise Http404
    kinds = [kind for kind in shelf.edition.registers.values() if kind.section == asked.section and kind.crossed]
    return [Across(shelf, kind) for kind in kinds if shelf.readable(kind)]


@page("view")
def crossed(request: Asked, period: Period, register: str) -> HttpResponse:
    """Each register of the line apart: running clocks, counts by answer, and by unit of one count (?count=)."""
    shelf = Shelf(request, period)
    every, today = _across(shelf, register), timezone.localdate()
    count = request.GET.get("count", "")
    made = []
    for one in every:
        tally = next((held for held in one.tallies if held.code == count), one.tallies[0])
        running, has_more = one.running(today)
        wrong, count_wrong = one.unfit()
        made.append(
            {
                "kind": one.kind,
                "field": one.field.label,
                "tallies": [held.name for held in one.tallies],
                "answers": [words for _code, words in one.answers],
                "by_answer": one.by_answer(),
                "tally": tally.name,
                "by_unit": one.by_unit(tally),
                "counts": [Choice(held.code, str(held.name), held is tally) for held in one.tallies],
                "running": running,
                "most": MOST if has_more else 0,
                "has_clock": one.kind.clock is not None,
                "unfit": wrong,
                "count_unfit": count_wrong,
            }
        )
    context = {
        "section": shelf.edition.groups[every[0].kind.section].name,
        "register": register,
        "asked": period,
        "asked_name": period_name(period),
        "today": today,
        "every": made,
    }
    return render(request, "web/register_crossed.html", context)


@page("view")
def crossed_csv(request: Asked, period: Period, register: str) -> HttpResponseBase:
    """Register, unit, answer and each count, a line where something is counted."""
    shelf = Shelf(request, period)
    return download(f"{register}-{period}-across.csv", csv_bytes(_lines(_across(shelf, register))))


def _lines(every: Sequence[Across]) -> Iterator[list[str]]:
    yield [_("Register"), _("Unit"), _("Answer"), _("What is counted"), _("Count")]
    for one in every:
        words = dict(one.answers)
        for (unit, answer), held in sorted(
            one.counts.items(), key=lambda pair: (sort_key(one.name(pair[0][0])), pair[0][1])
        ):
            for tally in one.tallies:
                if tally.code in held:
                    said = [str(one.kind.name), one.name(unit), words[answer], str(tally.name)]
                    yield [*map(inert, said), str(int(held[tally.code]))]
