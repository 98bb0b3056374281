"""Visits that were planned against visits that were held, by kind and team; what they found and what became of it.

A planned visit is answered by one that was held, of the same kind at the same unit, that names the plan by its number;
in the order of their days, each answers one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tienbo.catalogue.definitions import Inspecting, RegisterKind
from tienbo.core.spans import Span
from tienbo.core.words import fold
from tienbo.registers.models import Record
from tienbo.registers.rows import rows_of

State = Literal["held", "not_held", "to_come", "outside"]
STATES: tuple[State, ...] = ("held", "not_held", "to_come", "outside")


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
        used: set[int] = set()
        found: list[Visit] = []
        for sort, number, unit, planned_on, team, plan in sorted(self._planned(), key=lambda row: (row[3], row[5].pk)):
            answer = next((one for one in held if one.pk not in used and self._answers(one, sort, number, unit)), None)
            if answer is not None:
                used.add(answer.pk)
            if self.span.contains(planned_on):
                found.append(self._visit(shape, sort, unit, team, planned_on, plan, answer))
        for one in held:
            if one.pk not in used and self.span.contains(one.occurred_on):
                sort, unit = one.data.get(shape.sort, ""), one.data.get(shape.unit, "")
                found.append(self._visit(shape, sort, unit, "", None, None, one))
        return found

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

    def _answers(self, held: Record, sort: str, number: str, unit: str) -> bool:
        shape, said = self._shape, held.data
        same = said.get(shape.sort, "") == sort and said.get(shape.unit, "") == unit
        return same and bool(number) and fold(said.get(shape.plan, "")) == fold(number)

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


def visit_counts(visits: Sequence[Visit]) -> dict[str, int]:
    """Counts of some visits; `planned` is what was planned for the time, `held` what of that was held."""
    recommended = [one for visit in visits for one in visit.recommended()]
    return {
        "planned": sum(one.planned_on is not None for one in visits),
        **{state: sum(one.state == state for one in visits) for state in STATES},
        "concluded": sum(one.concluded_on is not None for one in visits),
        "short": sum(one.short for one in visits),
        "recommended": len(recommended),
        "carried_out": sum(one.is_done for one in recommended),
    }
