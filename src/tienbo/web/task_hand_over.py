"""Open tasks of units that have ended: handed to those that took them over, in one act. Who has no single successor is
asked about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.periods import Period
from tienbo.registers import task_queries
from tienbo.registers.task_models import Task
from tienbo.registers.tasks import LONGEST, may_decide, tasks_hand_over
from tienbo.units.frames import unit_keys
from tienbo.units.queries import unit_keyed
from tienbo.web.access import Asked, page
from tienbo.web.addresses import number_given
from tienbo.web.task_page import Choice, Family, units_choosable


class Left(NamedTuple):
    """A task whose owner ended, and to whom it can go."""

    task: Task
    owner: str
    ended: object
    choices: Sequence[Choice]
    """Those that took the owner over; the one successor is chosen."""
    is_known: bool


@page("view", methods=("GET", "POST"))
def tasks_left(request: Asked, period: Period) -> HttpResponseBase:
    if not may_decide(actor_of(request.user), request.seat.unit):
        raise Http404
    if request.method != "POST":
        return _shown(request, period, ())
    rows = {task.key: task for task, _to in _held(request)}
    wanted = []
    for key, task in rows.items():
        owner = unit_keyed(request.POST.get(f"to-{key}", "") or "unit_")
        if owner is not None:
            wanted.append((task, number_given(request.POST.get(f"seen-{key}", ""), task.version), owner))
    try:
        done = tasks_hand_over(tasks=wanted, text=request.POST.get("text", "")[:LONGEST], actor=actor_of(request.user))
    except Refused as refused:
        return _shown(request, period, refused.faults)
    count = len(done)
    messages.success(
        request, ngettext("{count} task was handed over.", "{count} tasks were handed over.", count).format(count=count)
    )
    return redirect("tasks" if count == len(rows) else "tasks_left", period=period)


def _held(request: Asked) -> list[tuple[Task, int | None]]:
    today = timezone.localdate()
    return list(task_queries.tasks_left(task_queries.issuers_of(request.seat.unit.pk, today), today))


def _shown(request: Asked, period: Period, faults: Sequence[Fault]) -> HttpResponse:
    today, keys = timezone.localdate(), unit_keys()
    rows, anybody = [], list[Family]()
    held = _held(request)
    owners = task_queries.units_called({task.owner for task, _to in held}, today)
    for task, heir in held:
        near = task_queries.successors(task.owner_id, heir, today)
        called = task_queries.units_called(near, today)
        chosen = request.POST.get(f"to-{task.key}", keys[heir] if heir else "")
        choices = [Choice(one.key, called[one.pk], one.key == chosen) for one in near]
        if not choices:
            anybody = anybody or units_choosable(request.seat.unit, today)
        rows.append(Left(task, owners[task.owner_id], task.owner.span.last_day, choices, heir is not None))
    context = {
        "asked": period,
        "rows": rows,
        "anybody": anybody,
        "faults": faults,
        "text": request.POST.get("text", "") or _("Reorganisation of units"),
        "longest": LONGEST,
    }
    return render(request, "web/tasks_left.html", context, status=422 if faults else 200)
