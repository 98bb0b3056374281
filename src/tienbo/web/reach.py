"""Which priority areas were reached by which material in a language their people read, and which were not: on the map
of a day, down to the records that say so. (What the law asks for each quarter is in `quarters`.)"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import Reaching, RegisterKind
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.periods import Period
from tienbo.core.words import day_words, number, percent, sort_key
from tienbo.papers.context import period_name
from tienbo.registers.models import Record
from tienbo.registers.reaching import STATES, Area, Reach, Sent, Taken, reach_counts
from tienbo.registers.showing import shown
from tienbo.registers.tasks import may_decide
from tienbo.release.led import AREA_STATES
from tienbo.units.frames import tree_on, unit_called, unit_keys, unit_names
from tienbo.web.access import Asked, page
from tienbo.web.downloads import csv_bytes, download, inert
from tienbo.web.maps import under
from tienbo.web.registers import TIMES, Choice, Shelf, span_of

TONES: Mapping[str, str] = {"reached": "tb-good", "other_language": "tb-near", "language_not_told": "tb-near"}
TASKED = ("not_reached", "other_language")
"""States that ask for something to be done."""


class Line(NamedTuple):
    """An area on the list."""

    area: Area
    name: str
    address: str
    sorts: str
    languages: str
    taken: Sequence[str]
    sent: Sequence[tuple[str, str]]
    """(address of its record, what was sent)."""
    sources: Sequence[tuple[str, str]]
    words: str
    tone: str


class Share(NamedTuple):
    """Of one sort of area: how many there are of each state, and the share that was reached."""

    name: str
    counts: Sequence[str]
    share: str


@dataclass(frozen=True)
class Seen:
    """What a seat sees of the areas under it, as it was asked (?sort=, ?kit=, ?time=, ?state=)."""

    shelf: Shelf
    kind: RegisterKind

    @cached_property
    def shape(self) -> Reaching:
        if self.kind.reaching is None:
            raise Http404
        return self.kind.reaching

    @cached_property
    def areas_kind(self) -> RegisterKind:
        return self.shelf.kind(self.shape.areas)

    @cached_property
    def day(self) -> date:
        """The day on whose units the areas stand."""
        return self.shelf.request.map_day or self.shelf.edition.calendar.last_day(self.shelf.period)

    @cached_property
    def names(self) -> Mapping[int, str]:
        return unit_names(self.day)

    @cached_property
    def given(self) -> dict[str, str]:
        asked, choices = self.shelf.request.GET, self.areas_kind.by_code[self.shape.sort].choices
        known = {"sort": choices, "kit": {one.key for one in self.kits}, "time": TIMES, "state": STATES}
        return {name: asked.get(name, "") if asked.get(name, "") in held else "" for name, held in known.items()}

    @cached_property
    def reach(self) -> Reach:
        shelf = self.shelf
        return Reach(
            kind=self.kind,
            areas=self.areas_kind,
            within=frozenset(under(self.shelf.request.seat.unit.pk, self.day)),
            area_keepers=list(shelf.readable(self.areas_kind)),
            kit_keepers=list(shelf.readable(self.kind)),
            span=span_of(
                shelf, self.shelf.request.GET.get("time", "") if self.shelf.request.GET.get("time") in TIMES else ""
            ),
            on=self.day,
        )

    @cached_property
    def kits(self) -> list[Record]:
        """What was sent to any of the areas in the time, by name."""
        held = {one.record.key: one.record for area in self.reach.found for one in area.sent}
        return sorted(held.values(), key=lambda one: sort_key(self.title(one)))

    def title(self, record: Record) -> str:
        kind = self.shelf.edition.registers[record.kind]
        return shown(kind.by_code[kind.title], record.data.get(kind.title, ""), record.occurred_on)

    @cached_property
    def areas(self) -> list[Area]:
        """Those of the sort and of the kit that were asked for; any state."""
        found = [one for one in self.reach.found if self.given["sort"] in ("", *one.sorts)]
        if self.given["kit"]:
            found = [
                replace(area, sent=[one for one in area.sent if one.record.key == self.given["kit"]]) for area in found
            ]
        return sorted(found, key=lambda one: (STATES[::-1].index(one.state), sort_key(self.names.get(one.unit, ""))))

    @cached_property
    def lines(self) -> list[Line]:
        return [self._line(one) for one in self.areas if self.given["state"] in ("", one.state)]

    def _line(self, area: Area) -> Line:
        shape, by_code = self.shape, self.areas_kind.by_code
        language = self.kind.by_code[shape.language].choices
        return Line(
            area,
            self.names.get(area.unit, ""),
            reverse("unit", kwargs={"key": unit_keys()[area.unit]}),
            "; ".join(str(by_code[shape.sort].choices.get(one, one)) for one in area.sorts),
            ", ".join(str(language.get(one, one)) for one in area.languages),
            [self.taken_words(one) for one in area.taken],
            [(self._record(one.record), self._sent_words(area, one)) for one in area.sent],
            [(self._record(one), self.title(one)) for one in area.records.values()],
            _(AREA_STATES[area.state]),
            TONES.get(area.state, ""),
        )

    def _record(self, record: Record) -> str:
        return reverse(
            "register_record", kwargs={"period": self.shelf.period, "register": record.kind, "item": record.key}
        )

    def taken_words(self, taken: Taken) -> str:
        """A unit that an area took over: all of it or a part, by the acts in force."""
        name = unit_called(taken.unit, timezone.localdate())
        return (_("it took over all of {unit}") if taken.whole else _("it took over a part of {unit}")).format(
            unit=name
        )

    def _sent_words(self, area: Area, sent: Sent) -> str:
        language = str(self.kind.by_code[self.shape.language].choices.get(sent.language, sent.language))
        copies = ngettext("{count} copy", "{count} copies", sent.copies or 0).format(count=number(sent.copies or 0))
        words = f"{self.title(sent.record)} ({language}): {copies}, {day_words(sent.day)}"
        if sent.to.unit == area.unit:
            return words
        return f"{words} – " + _("sent to {unit}").format(unit=unit_called(sent.to.unit, timezone.localdate()))

    def by_sort(self) -> list[Share]:
        found = []
        for code, words in self.areas_kind.by_code[self.shape.sort].choices.items():
            held = [one for one in self.areas if code in one.sorts]
            if held:
                found.append(_share(str(words), held))
        return found if len(found) > 1 else []

    def task_address(self) -> str:
        """A task for the areas that are on the list and were not reached, with its words; "" where there is none to
        make or who looks may make none."""
        owners = [one.area.unit for one in self.lines if one.area.state in TASKED]
        if not owners or not may_decide(actor_of(self.shelf.request.user), self.shelf.request.seat.unit):
            return ""
        today = tree_on(timezone.localdate())
        text = _("Bring communication material on gender equality, in a language its people read, to the priority area")
        cause = _("Priority areas not reached, {period}").format(period=period_name(self.shelf.period))
        keys = [unit_keys()[one] for one in owners if one in today]
        query = urlencode({"text": text, "cause": cause, "owners": keys}, doseq=True)
        return f"{reverse('task_new', kwargs={'period': self.shelf.period})}?{query}" if keys else ""


def _share(name: str, areas: Sequence[Area]) -> Share:
    counts = reach_counts(areas)
    share = percent(Decimal(counts["reached"]) / len(areas)) if areas else "–"
    return Share(name, [number(len(areas)), *(number(counts[one]) for one in STATES)], share)


def _seen(request: Asked, period: Period, register: str) -> Seen:
    shelf = Shelf(request, period)
    kind = shelf.kind(register)
    if kind.reaching is None or not shelf.readable(kind):
        raise Http404
    return Seen(shelf, kind)


@page("view", mapped=True)
def reach(request: Asked, period: Period, register: str) -> HttpResponse:
    """The areas under the seat by state, each with what came to it and the records behind it."""
    seen = _seen(request, period, register)
    given, counts = seen.given, reach_counts(seen.areas)
    kept = {name: str(text) for name, text in request.GET.items() if name != "state"}
    tallies = [
        (
            f"?{urlencode({**kept, 'state': one})}",
            one == given["state"],
            _(AREA_STATES[one]),
            counts[one],
            TONES.get(one, ""),
        )
        for one in STATES
    ]
    sorts = seen.areas_kind.by_code[seen.shape.sort].choices.items()
    context = {
        "kind": seen.kind,
        "areas_kind": seen.areas_kind,
        "asked": period,
        "asked_name": period_name(period),
        "day": seen.day,
        "total": _share("", seen.areas),
        "all": len(seen.areas),
        "any": bool(seen.reach.found),
        "tallies": tallies,
        "lines": seen.lines,
        "by_sort": seen.by_sort(),
        "heads": [_(AREA_STATES[one]) for one in STATES],
        "sorts": [Choice(code, str(words), code == given["sort"]) for code, words in sorts],
        "kits": [Choice(one.key, seen.title(one), one.key == given["kit"]) for one in seen.kits],
        "times": [Choice(one, _(words).capitalize(), one == given["time"]) for one, words in TIMES.items()],
        "state": given["state"],
        "task": seen.task_address(),
        "query": request.GET.urlencode(),
    }
    return render(request, "web/register_reach.html", context)


@page("view", mapped=True)
def reach_csv(request: Asked, period: Period, register: str) -> HttpResponse:
    """The same list for a spreadsheet."""
    seen = _seen(request, period, register)
    return download(f"{register}-{period}-reach.csv", csv_bytes(_lines(seen)))


def _lines(seen: Seen) -> Iterator[list[str]]:
    heads = (_("Unit"), _("Kind of area"), _("Language"), _("State"), _("Material sent"), _("Taken over"))
    yield [*heads, _("By which document")]
    for line in seen.lines:
        cells = [line.name, line.sorts, line.languages, line.words]
        cells += ["; ".join(words for _address, words in line.sent), "; ".join(line.taken)]
        yield [inert(one) for one in (*cells, "; ".join(words for _address, words in line.sources))]
