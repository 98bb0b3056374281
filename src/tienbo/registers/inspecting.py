"""Visits that were planned against visits that were held, by kind and team; what they found and what became of it.

A planned visit is answered by one that was held, of the same kind at the same unit, that names the plan by its number;
in the order of their days, each answers one. Where that is no more than a guess (more were planned than held, or the
other way round; a plan without a number; a number that no plan here has), it is said (`Doubt`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from tienbo.catalogue.definitions import Inspecting, RegisterKind
from tienbo.core.spans import Span
from tienbo.core.words import fold
from tienbo.registers.models import Record
from tienbo.registers.rows import rows_of

State = Literal["held", "not_held", "to_come", "unsaid", "outside"]
STATES: tuple[State, ...] = ("held", "not_held", "to_come", "unsaid", "outside")
"""`unsaid`: planned by a plan without a number, at a unit that was visited: whether this is that visit, nobody said."""
Doubt = Literal["", "several", "no_number", "no_line"]
"""`several`: not as many were planned as were held with the same number, unit and kind, so which answers which is by
day only; `no_number`: of a plan that has none; `no_line`: it names a plan that plans no such visit here."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a visit found short (`due_on` None), or recommended."""

    row: str
    text: str
    unit: str
    due_on: date | None
    is_done: bool
    is_recommended: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that was planned, held, or both. `unit` is the key of the unit visited; `plan` and `held` the records."""

    sort: str
    unit: str
    team: str
    planned_on: date | None
    plan: Record | None
    held: Record | None
    state: State
    contents: tuple[str, ...] = ()
    """Contents that it says something of."""
    concluded_on: date | None = None
    found: tuple[Found, ...] = ()
    doubt: Doubt = ""

    @property
    def short(self) -> int:
        return sum(not one.is_recommended for one in self.found)

    def recommended(self) -> list[Found]:
        return [one for one in self.found if one.is_recommended]

    def open_on(self, day: date) -> list[Found]:
        """Recommendations that are not carried out and were due by a day."""
        return [one for one in self.recommended() if not one.is_done and one.due_on is not None and one.due_on < day]


@dataclass(frozen=True)
class Visits:
    """The visits of a time that some units planned and led. What was held or planned in it counts; a visit that was
    planned for it and held at another time is held."""

    kind: RegisterKind
    plans: RegisterKind
    keepers: Collection[int]
    planners: Collection[int]
    span: Span
    on: date

    def told(self) -> list[Visit]:
        shape = self._shape
        held = sorted(self._held(), key=lambda one: (one.occurred_on, one.pk))
        planned = sorted(self._planned(), key=lambda row: (row[3], row[5].pk))
        lines = Counter(_same(sort, unit, number) for sort, number, unit, *_rest in planned)
        visits = Counter(map(self._key, held))
        at = {(sort, unit) for sort, unit, _number in visits}
        used: set[int] = set()
        found: list[Visit] = []
        for sort, number, unit, planned_on, team, plan in planned:
            key = _same(sort, unit, number)
            answer = next((one for one in held if one.pk not in used and number and self._key(one) == key), None)
            if answer is not None:
                used.add(answer.pk)
            if self.span.contains(planned_on):
                doubt: Doubt = "several" if number and 0 < visits[key] != lines[key] else ""
                if not number:
                    doubt = "no_number"
                made = self._visit(shape, sort, unit, team, planned_on, plan, answer)
                is_unsaid = doubt == "no_number" and made.state != "to_come" and (sort, unit) in at
                found.append(replace(made, doubt=doubt, state="unsaid" if is_unsaid else made.state))
        for one in held:
            if one.pk not in used and self.span.contains(one.occurred_on):
                key = self._key(one)
                doubt = "several" if lines[key] else "no_line" if key[2] else ""
                made = self._visit(shape, key[0], key[1], "", None, None, one)
                found.append(replace(made, doubt=doubt))
        return found

    def _key(self, held: Record) -> tuple[str, str, str]:
        shape, said = self._shape, held.data
        return _same(said.get(shape.sort, ""), said.get(shape.unit, ""), said.get(shape.plan, ""))

    @property
    def _shape(self) -> Inspecting:
        assert self.kind.inspecting is not None  # noqa: S101 - whoever asks looked
        return self.kind.inspecting

    def _held(self) -> Iterator[Record]:
        rows = Record.objects.filter(kind=self.kind.code, unit__in=self.keepers, withdrawn=False)
        for record in rows.filter(state__in=self._shape.states).iterator(chunk_size=500):
            if all(test.passes(record.data) for test in self._shape.where):
                yield record

    def _planned(self) -> Iterator[tuple[str, str, str, date, str, Record]]:
        plan = self._shape.planned
        rows = Record.objects.filter(kind=self.plans.code, unit__in=self.planners, withdrawn=False)
        for record in rows.filter(state__in=plan.states).order_by("pk").iterator(chunk_size=500):
            said = record.data
            for row in rows_of(self.plans.by_code[plan.rows], said):
                day = row.said.get(plan.planned_on, "")
                if day:
                    sort, number = said.get(self._shape.sort, ""), said.get(plan.number, "")
                    unit, team = row.said.get(plan.unit, ""), row.said.get(plan.team, "")
                    yield sort, number, unit, date.fromisoformat(day), team, record

    def _visit(
        self,
        shape: Inspecting,
        sort: str,
        unit: str,
        team: str,
        planned_on: date | None,
        plan: Record | None,
        held: Record | None,
    ) -> Visit:
        if held is None:
            state: State = "to_come" if planned_on is not None and planned_on > self.on else "not_held"
            return Visit(sort, unit, team, planned_on, plan, None, state)
        said, day = held.data, held.data.get(shape.concluded_on, "")
        return Visit(
            sort,
            unit,
            team,
            planned_on,
            plan,
            held,
            "held" if planned_on is not None else "outside",
            contents=tuple(code for code in shape.contents if said.get(code)),
            concluded_on=date.fromisoformat(day) if day else None,
            found=tuple(self._found(shape, held)),
        )

    def _found(self, shape: Inspecting, held: Record) -> Iterator[Found]:
        visited = held.data.get(shape.unit, "")
        for row in rows_of(self.kind.by_code[shape.findings], held.data):
            if row.said.get(shape.finding_sort) in shape.short:
                yield Found(row.key, row.said.get(shape.finding_text, ""), visited, None, False, False)
        for row in rows_of(self.kind.by_code[shape.recommendations], held.data):
            day, to = row.said.get(shape.due_on, ""), row.said.get(shape.recommended_unit, "")
            due = date.fromisoformat(day) if day else None
            done = row.said.get(shape.done) == "yes"
            yield Found(row.key, row.said.get(shape.recommended_text, ""), to or visited, due, done, True)


def _same(sort: str, unit: str, number: str) -> tuple[str, str, str]:
    """By what a visit answers a planned one: kind, unit and the number of the plan, however it is written."""
    return sort, unit, fold(number)


def visit_counts(visits: Sequence[Visit]) -> dict[str, int]:
    """Counts of some visits; `planned` is what was planned for the time, `held` what of that was held."""
    recommended = [one for visit in visits for one in visit.recommended()]
    return {
        "planned": sum(one.planned_on is not None for one in visits),
        **{state: sum(one.state == state for one in visits) for state in STATES},
        "doubted": sum(one.doubt != "" for one in visits),
        "concluded": sum(one.concluded_on is not None for one in visits),
        "short": sum(one.short for one in visits),
        "recommended": len(recommended),
        "carried_out": sum(one.is_done for one in recommended),
    }
