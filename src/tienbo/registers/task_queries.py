"""Reads of tasks: those of an issuer, those a unit owes or helps with, and where each stood on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from tienbo.accounts.actors import Actor
from tienbo.core import tasks as core
from tienbo.core.spans import Span
from tienbo.registers.services import day_at
from tienbo.registers.task_models import Task, TaskAct, TaskPartner
from tienbo.registers.tasks import acts_of, is_asked
from tienbo.units.access import accessible_units
from tienbo.units.frames import acts, unit_names
from tienbo.units.heirs import heir
from tienbo.units.models import Unit


@dataclass(frozen=True, slots=True)
class Stood:
    """A task as it stood at the end of a day. `owner`: whose it was then."""

    task: Task
    owner: Unit
    standing: core.Standing
    acts: tuple[TaskAct, ...]

    @property
    def report(self) -> TaskAct | None:
        """What its owner last said of it."""
        said = [one for one in self.acts if one.what in (TaskAct.What.REPORTED, TaskAct.What.SAID)]
        return said[-1] if said else None


def tasks_stood(rows: QuerySet[Task], *, on: date, period: str = "") -> list[Stood]:
    """Where some tasks stood at the end of a day, of those made by then: open ones first, then by their due day."""
    every = Prefetch("acts", TaskAct.objects.select_related("owner", "file").order_by("number"))
    partners = Prefetch("partners", TaskPartner.objects.select_related("unit").order_by("pk"))
    found = []
    for task in (
        rows.filter(made_on__lte=on).select_related("owner", "issuer", "given_to").prefetch_related(every, partners)
    ):
        done = tuple(one for one in task.acts.all() if one.on <= on)
        owner = next((one.owner for one in reversed(done) if one.owner is not None), task.owner)
        standing = core.standing(acts_of(done), is_asked=is_asked(owner.kind), on=on, period=period)
        if standing is not None:
            found.append(Stood(task, owner, standing, done))
    return sorted(found, key=_order)


def _order(one: Stood) -> tuple[object, ...]:
    standing = one.standing
    return (standing.is_closed, standing.due_on is None, standing.due_on or date.max, one.task.pk)


def issuers_of(unit: int, day: date) -> list[int]:
    """A unit, and those that ended and that it decides for: whose tasks it answers for on a day."""
    ended = Unit.objects.filter(tasks_issued__isnull=False, valid_to__isnull=False).distinct()
    return [unit, *(one.pk for one in ended if one.pk != unit and heir(one.pk, day) == unit)]


def tasks_alive(rows: QuerySet[Task], span: Span) -> QuerySet[Task]:
    """Tasks that were there at some time of a span: made before its end, and not closed before its start."""
    rows = rows.filter(Q(closed_on=None) | Q(closed_on__gte=span.start))
    return rows if span.end is None else rows.filter(made_on__lt=span.end)


def tasks_readable(actor: Actor, today: date) -> QuerySet[Task]:
    """Tasks that somebody may read: of units they read, which made them, owe or owed them, or help."""
    if actor.operator:
        return Task.objects.all()
    named = Unit.objects.filter(
        Q(tasks_issued__isnull=False) | Q(tasks__isnull=False) | Q(tasks_helped__isnull=False)
        | Q(pk__in=TaskAct.objects.exclude(owner=None).values("owner"))
    ).distinct()  # fmt: skip
    mine = readable(actor, named, today)
    owned = TaskAct.objects.filter(owner__in=mine).values("task")
    helped = TaskPartner.objects.filter(unit__in=mine).values("task")
    return Task.objects.filter(Q(issuer__in=mine) | Q(pk__in=owned) | Q(pk__in=helped))


def readable(actor: Actor, units: Iterable[Unit], today: date) -> set[int]:
    """Those of some units that somebody may read, each on its own last day where it has ended."""
    allowed: dict[date, frozenset[int]] = {}
    found = set()
    for unit in units:
        day = day_at(unit, today)
        if day not in allowed:
            allowed[day] = accessible_units(actor, need="view", on=day, acting_on=today)
        if unit.pk in allowed[day]:
            found.add(unit.pk)
    return found


def units_called(units: Iterable[Unit], day: date) -> dict[int, str]:
    """Row id → what units are called on a day, those that ended by their last name."""
    return {unit.pk: unit_names(day_at(unit, day)).get(unit.pk, unit.key) for unit in units}


def tasks_owed(unit: int) -> QuerySet[Task]:
    """What a unit owes now."""
    return Task.objects.filter(owner=unit, closed_on=None)


def tasks_left(issuers: Collection[int], today: date) -> Iterator[tuple[Task, int | None]]:
    """Open tasks of units that have ended, each with the one unit that took its owner over, None where a person has to
    say who does."""
    rows = Task.objects.filter(issuer__in=issuers, closed_on=None, owner__valid_to__lte=today)
    for task in rows.select_related("owner", "issuer").order_by("owner", "pk"):
        yield task, heir(task.owner_id, today)


def successors(unit: int, heir: int | None, today: date) -> list[Unit]:
    """Units that stand and that an act says something of an ended one went into, and its heir where there is one."""
    into = {link.successor for act in acts() if act.day <= today for link in act.links if link.predecessor == unit}
    near = into if heir is None else into | {heir}
    return list(Unit.objects.on(today).filter(pk__in=near - {unit}).order_by("pk"))
