"""What was planned to be visited against what was: inspections of the committee apart from those of others, by team,
with what was found, what was recommended and what became of it. A finding or a recommendation makes a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import Inspecting, RegisterKind
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_words, sort_key
from tienbo.papers.context import period_name
from tienbo.registers.inspecting import Found, Visit, Visits, visit_counts
from tienbo.registers.models import Record
from tienbo.registers.showing import shown
from tienbo.registers.tasks import may_decide
from tienbo.release.led import VISIT_STATES
from tienbo.units.frames import unit_called, unit_ids
from tienbo.web.access import Asked, page
from tienbo.web.downloads import csv_bytes, download, inert
from tienbo.web.registers import Shelf

TONES: Mapping[str, str] = {"held": "tb-good", "not_held": "tb-near", "unsaid": "tb-near"}
DOUBTS: Mapping[str, str] = {
    "several": N_(
        "Not as many were planned as were held with this number, unit and kind: which answers which is by day only."
    ),
    "no_number": N_("The plan has no number, so no visit can name it."),
    "no_line": N_("It names a plan that plans no such visit here."),
}
"""Why it is no more than a guess which visit answers which."""
HEADS: Mapping[str, str] = {
    "planned": N_("Visits planned"),
    "held": N_("Held"),
    "not_held": N_("Not held yet"),
    "to_come": N_("Still to come"),
    "unsaid": N_("It cannot be told"),
    "outside": N_("Outside the plan"),
    "concluded": N_("With conclusions"),
    "short": N_("Findings not satisfied yet"),
    "recommended": N_("Recommendations"),
    "carried_out": N_("Of which carried out"),
    "doubted": N_("Not certain which visit it is"),
}
ONLY_WHERE_THERE = ("unsaid", "doubted")
"""Said only where there are any."""


class Point(NamedTuple):
    """A finding or a recommendation in words; `task`: where a task is made of it, "" for who may make none."""

    found: Found
    words: str
    state: str
    tone: str
    task: str


class Line(NamedTuple):
    visit: Visit
    unit: str
    title: str
    address: str
    """Of what was held, else of the plan."""
    contents: Sequence[str]
    points: Sequence[Point]
    words: str
    tone: str
    doubt: str


class Group(NamedTuple):
    """Visits of one kind: totals, by team, each."""

    name: str
    is_apart: bool
    totals: Sequence[tuple[str, int]]
    teams: Sequence[tuple[str, Sequence[int]]]
    lines: Sequence[Line]


@dataclass(frozen=True)
class Seen:
    """What a seat sees of the visits of a period."""

    shelf: Shelf
    kind: RegisterKind

    @cached_property
    def shape(self) -> Inspecting:
        if self.kind.inspecting is None:
            raise Http404
        return self.kind.inspecting

    @cached_property
    def plans(self) -> RegisterKind:
        return self.shelf.kind(self.shape.planned.plans)

    @cached_property
    def today(self) -> date:
        return timezone.localdate()

    @cached_property
    def visits(self) -> list[Visit]:
        shelf = self.shelf
        keepers, planners = list(shelf.readable(self.kind)), list(shelf.readable(self.plans))
        return Visits(self.kind, self.plans, keepers, planners, shelf.span, self.today).told()

    @cached_property
    def groups(self) -> list[Group]:
        choices = self.kind.by_code[self.shape.sort].choices
        found = []
        for code, words in choices.items():
            held = [one for one in self.visits if one.sort == code]
            if held:
                found.append(self._group(str(words), code in self.shape.apart, held))
        return sorted(found, key=lambda one: not one.is_apart)

    def _group(self, name: str, is_apart: bool, visits: Sequence[Visit]) -> Group:
        counts = visit_counts(visits)
        by_team: dict[str, list[Visit]] = {}
        for one in visits:
            by_team.setdefault(one.team, []).append(one)
        parts = ("planned", "held", "not_held", "to_come")
        teams = [
            (team or _("no team named"), [visit_counts(held)[part] for part in parts])
            for team, held in sorted(by_team.items(), key=lambda pair: (pair[0] == "", sort_key(pair[0])))
            if any(one.planned_on for one in held)
        ]
        parts_ = [part for part in HEADS if counts[part] or part not in ONLY_WHERE_THERE]
        totals = [(_(HEADS[part]), counts[part]) for part in parts_]
        lines = sorted(visits, key=lambda one: one.planned_on or (one.held.occurred_on if one.held else date.max))
        return Group(name, is_apart, totals, teams if len(teams) > 1 else [], [self._line(one) for one in lines])

    def _line(self, visit: Visit) -> Line:
        record = visit.held or visit.plan
        assert record is not None  # noqa: S101 - a visit was planned or held
        kind = self.shelf.edition.registers[record.kind]
        day = visit.planned_on or record.occurred_on
        names = {"period": self.shelf.period, "register": record.kind, "item": record.key}
        return Line(
            visit,
            unit_called(unit_ids().get(visit.unit, 0), day) or visit.unit,
            shown(kind.by_code[kind.title], record.data.get(kind.title, ""), record.occurred_on),
            reverse("register_record", kwargs=names),
            [str(self.kind.by_code[code].label) for code in visit.contents],
            [self._point(visit, one) for one in visit.found],
            _(VISIT_STATES[visit.state]),
            TONES.get(visit.state, ""),
            _(DOUBTS[visit.doubt]) if visit.doubt else "",
        )

    def _point(self, visit: Visit, found: Found) -> Point:
        words, state, tone = found.text, _("not satisfied yet"), "tb-near"
        if found.is_recommended:
            if found.is_done:
                state, tone = _("carried out"), "tb-good"
            elif found.due_on is None:
                state, tone = _("no day was set"), ""
            elif found.due_on < self.today:
                state = _("was due on {day}").format(day=day_words(found.due_on))
            else:
                state, tone = _("due on {day}").format(day=day_words(found.due_on)), ""
        return Point(found, words, state, tone, self._task(visit.held, found))

    def _task(self, record: Record | None, found: Found) -> str:
        if (
            record is None
            or found.is_done
            or not may_decide(actor_of(self.shelf.request.user), self.shelf.request.seat.unit)
        ):
            return ""
        said = {"record": record.key, "owners": found.unit, "text": found.text}
        if found.due_on is not None and found.due_on >= self.today:
            said["due_on"] = day_words(found.due_on)
        return f"{reverse('task_new', kwargs={'period': self.shelf.period})}?{urlencode(said)}"


def _seen(request: Asked, period: Period, register: str) -> Seen:
    shelf = Shelf(request, period)
    kind = shelf.kind(register)
    if kind.inspecting is None or not shelf.readable(kind):
        raise Http404
    return Seen(shelf, kind)


@page("view")
def visits(request: Asked, period: Period, register: str) -> HttpResponse:
    """Plan against done, kind by kind."""
    seen = _seen(request, period, register)
    context = {
        "kind": seen.kind,
        "plans": seen.plans,
        "asked": period,
        "asked_name": period_name(period),
        "today": seen.today,
        "groups": seen.groups,
        "parts": [_(HEADS[part]) for part in ("planned", "held", "not_held", "to_come")],
        "of": len(seen.shape.contents),
    }
    return render(request, "web/register_visits.html", context)


@page("view")
def visits_csv(request: Asked, period: Period, register: str) -> HttpResponse:
    """The same, a line for each visit."""
    seen = _seen(request, period, register)
    return download(f"{register}-{period}-visits.csv", csv_bytes(_lines(seen)))


def _lines(seen: Seen) -> Iterator[list[str]]:
    heads = (_("Kind"), _("Unit"), _("Team"), _("Planned for"), _("Held on"), _("State"), _("With conclusions"))
    yield [*heads, _("Findings not satisfied yet"), _("Recommendations"), _("Of which carried out"), _("Remarks")]
    for group in seen.groups:
        for line in group.lines:
            visit = line.visit
            planned, concluded = (day_words(day) if day else "" for day in (visit.planned_on, visit.concluded_on))
            held = day_words(visit.held.occurred_on) if visit.held else ""
            counts = visit_counts([visit])
            cells = (group.name, line.unit, visit.team, planned, held, line.words, concluded)
            told = (str(counts[one]) for one in ("short", "recommended", "carried_out"))
            yield [*map(inert, cells), *told, line.doubt]
