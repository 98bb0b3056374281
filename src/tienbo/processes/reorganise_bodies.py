"""What a sheet of a reorganisation says of bodies: committees, councils, offices of the units it redraws.

A body lives apart from the place it serves. Whatever ends with its unit and is named by no row ends without a
successor: its series ends there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean, fold
from tienbo.processes.reorganise_plan import BodyRow, NewBody, Plan
from tienbo.processes.reorganise_sheet import BODY_EVENTS, COLUMNS, HELD, NEW, SheetRow, word_in
from tienbo.units.models import Body, BodySuccession, Unit
from tienbo.units.reorganisations import BodyWent
from tienbo.units.services import body_end, body_found

if TYPE_CHECKING:
    from tienbo.processes.reorganise_reading import Reading

worded(
    {
        "reorganise.no_body": N_("{unit} has no body called “{text}” on {day}; it has: {names}."),
        "reorganise.body_twice": N_("What becomes of {body} is told in {other} already."),
        "reorganise.body_into_itself": N_("{body} cannot go into itself."),
        "reorganise.body_is_there": N_("{unit} already has {body}; if that one is meant, write “đang có”."),
    }
)


def bodies_read(reading: Reading, rows: Iterable[SheetRow]) -> None:
    """The bodies of the rows, then those of units that close."""
    plan = reading.plan
    told: dict[int, str] = {}
    for row in rows:
        kind = word_in(row["event"], BODY_EVENTS, plan.faults)
        body = _body(reading, row)
        if body is None:
            continue
        if body.pk in told:
            plan.faults.append(Fault("reorganise.body_twice", row.place, {"body": body.name, "other": told[body.pk]}))
            continue
        told[body.pk] = row.place
        into = None if kind == BodySuccession.Kind.NONE else _into(reading, row, body)
        if into is not None or kind == BodySuccession.Kind.NONE:
            plan.bodies.append(BodyRow(body, kind, into, row.place))
    ending = Body.objects.on(plan.eve).filter(unit_id__in=plan.closes).exclude(pk__in=told).order_by("unit_id", "pk")
    for body in ending:
        if body.valid_to is None or body.valid_to > plan.on:
            plan.bodies.append(BodyRow(body, BodySuccession.Kind.NONE, None, plan.closes[body.unit_id]))


def _body(reading: Reading, row: SheetRow) -> Body | None:
    """The body that a row names, of the unit that stands where a superior would."""
    plan = reading.plan
    for name in ("before", "before_under"):
        if not row[name].text:
            plan.faults.append(Fault("reorganise.missing", row[name].place, {"heading": COLUMNS[name]}))
            return None
    unit = reading.named(row["before_under"], row["before_code"]._replace(text=""), plan.eve)
    return None if unit is None else _called(plan, row, "before", unit, Body.objects.on(plan.eve).filter(unit_id=unit))


def _called(plan: Plan, row: SheetRow, column: str, unit: int, rows: Iterable[Body]) -> Body | None:
    held, text = list(rows), row[column].text
    found = [one for one in held if fold(one.name) == fold(text)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(one.name for one in held) or "–"
    day = plan.eve if column == "before" else plan.on
    fields = {"unit": plan.name(unit), "text": text, "day": day, "names": names}
    plan.faults.append(Fault("reorganise.no_body", row[column].place, fields))
    return None


def _into(reading: Reading, row: SheetRow, body: Body) -> Body | NewBody | None:
    """What a body goes into: one that is there, or one of the same kind that is founded on the day."""
    plan = reading.plan
    for name in ("after", "after_under"):
        if not row[name].text:
            plan.faults.append(Fault("reorganise.missing", row[name].place, {"heading": COLUMNS[name]}))
            return None
    unit = reading.superior(row["after_under"])
    if unit is None:
        return None
    held = list(Body.objects.on(plan.on).filter(unit_id=unit)) if unit > 0 else []
    is_new = word_in(row["after_is"], {NEW: NEW, HELD: HELD}, plan.faults) != HELD
    there = next((one for one in held if fold(one.name) == fold(row["after"].text) and one != body), None)
    if is_new and there is not None:
        fields = {"unit": plan.name(unit), "body": there.name}
        plan.faults.append(Fault("reorganise.body_is_there", row["after"].place, fields))
        return None
    if is_new:
        return NewBody(unit, body.kind, clean(row["after"].text))
    found = _called(plan, row, "after", unit, held)
    if found == body:
        plan.faults.append(Fault("reorganise.body_into_itself", row["after"].place, {"body": body.name}))
        return None
    return found


def bodies_change(plan: Plan, ids: Mapping[int, int]) -> list[BodyWent]:
    """End and found bodies; `ids` says which row a new unit of the plan has."""
    founded: dict[NewBody, Body] = {}
    went = []
    for row in plan.bodies:
        if row.body.valid_to != plan.day:
            body_end(body=row.body, on=plan.on)
        into = row.into
        if isinstance(into, NewBody):
            if into not in founded:
                unit = Unit.objects.get(pk=ids.get(into.unit, into.unit))
                founded[into] = body_found(
                    unit=unit, kind=into.kind, name=into.name, begins=plan.on, founded_by=plan.text.number[:120]
                )
            into = founded[into]
        went.append(BodyWent(row.body, into, row.kind, row.place))
    return went
