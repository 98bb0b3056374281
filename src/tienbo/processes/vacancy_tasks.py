"""A plan of vacancies becomes tasks with one act: one for each unit that changes a post, once while it is open.

The cause of such a task is the plan's day ("vacancies.2028-12-31"); its row says of which body it is and how many tasks
of it there were before, so that the database itself refuses a second one made at the same moment.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.tree import is_kind
from tienbo.core.words import day_words, fold
from tienbo.outlook.vacancies import Row, Way
from tienbo.registers.task_models import Task
from tienbo.registers.task_queries import issuers_of
from tienbo.registers.tasks import Cause, is_asked, task_make
from tienbo.units.frames import tree_on, unit_names
from tienbo.units.models import Body, Unit, alive

CAUSE = "vacancies."

PARTY, COMMISSION = "party", "party.organisation"

worded(
    {
        "vacancy_task.no_unit": N_(
            "{unit} is no unit or body under yours today, or several are called so: this task can be made for nobody."
        )
    }
)


@dataclass(frozen=True, slots=True)
class Made:
    """The tasks that were made, and how many units had theirs already."""

    tasks: tuple[Task, ...]
    there: int


def cause_of(until: date) -> str:
    """What the tasks of a plan follow from."""
    return f"{CAUSE}{until}"


def owners_found(names: Collection[str], issuer: Unit, on: date) -> dict[str, Unit]:
    """Name → the unit under an issuer that is called so on a day, or that has the body that is. What is a Party body's
    own is asked of the organisation commission under the issuer, where there is one."""
    tree, called = tree_on(on), unit_names(on)
    under = tuple(tree.subtree(issuer.pk))
    known: dict[str, set[int]] = defaultdict(set)
    for unit in under:
        known[fold(called.get(unit, ""))].add(unit)
    commissions = [one for one in tree.children.get(issuer.pk, ()) if is_kind(tree.kinds[one], (COMMISSION,))]
    for body in Body.objects.filter(alive(on), unit__in=under):
        asked = commissions if body.kind.startswith(PARTY) and len(commissions) == 1 else [body.unit_id]
        known[fold(body.name)].update(asked)
    found = {name: known.get(fold(name), set()) for name in names}
    units = Unit.objects.in_bulk([next(iter(held)) for held in found.values() if len(held) == 1])
    return {name: units[next(iter(held))] for name, held in found.items() if len(held) == 1}


@transaction.atomic
def vacancy_tasks_make(
    *, way: Way, until: date, owners: Mapping[str, Unit], issuer: Unit, actor: Actor, today: date
) -> Made:
    """A task for each unit that changes a post, all of them or none; a body that has an open one of the same day keeps
    it. `owners`: body → its unit. Refused with every row that names no unit, and with what a task is refused for."""
    changed = [row for row in way.rows if row.changes]
    unknown = [row for row in changed if row.body.unit not in owners]
    if unknown:
        raise Refused(*(Fault("vacancy_task.no_unit", row.body.place, {"unit": row.body.unit}) for row in unknown))
    Unit.objects.select_for_update().get(pk=issuer.pk)
    cause, made, there = cause_of(until), list[Task](), 0
    open_ = Task.objects.filter(cause=cause, issuer__in=issuers_of(issuer.pk, today), closed_on=None)
    held = {task.cause_row.rpartition(":")[0] for task in open_}
    for row in changed:
        mark = hashlib.sha256(fold(row.body.unit).encode()).hexdigest()[:12]
        if mark in held:
            there += 1
            continue
        before = Task.objects.filter(cause=cause, cause_row__startswith=f"{mark}:").count()
        made.append(
            task_make(
                issuer=issuer,
                owner=owners[row.body.unit],
                text=task_words(row, owners[row.body.unit]),
                measure=_("The posts were filled so, or it is reported why they cannot be yet and by when they will."),
                due_on=max(row.by or until, today),
                cause=Cause(
                    cause, f"{mark}:{before}", _("Plan of posts that open until {day}").format(day=day_words(until))
                ),
                actor=actor,
                on=today,
            )
        )
    return Made(tuple(made), there)


def task_words(row: Row, owner: Unit) -> str:
    """What a unit is given, or asked to cooperate in."""
    words = _("Posts of leaders of {body} that open, to be filled with women: {count} (from {before} women to {after})")
    if is_asked(owner.kind):
        words = _(
            "Coordinate in considering posts of leaders of {body} that open, to be filled with women: {count} (from "
            "{before} women to {after})"
        )
    return words.format(body=row.body.unit, count=row.appointed, before=row.body.women, after=row.women_then)
