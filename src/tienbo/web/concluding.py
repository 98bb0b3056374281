"""The tasks that follow from a record: what each conclusion gives to whom is shown first, then made with one button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import RegisterKind
from tienbo.core.faults import Fault, Refused
from tienbo.core.periods import Period
from tienbo.registers.concluding import Following, cause_words, tasks_conclude, tasks_following
from tienbo.registers.models import Record
from tienbo.registers.queries import record_on
from tienbo.registers.task_models import Task
from tienbo.registers.task_queries import units_called
from tienbo.registers.tasks import due_notes, is_asked, may_decide
from tienbo.web.access import Asked, page
from tienbo.web.addresses import number_given
from tienbo.web.office import office
from tienbo.web.registers import Shelf
from tienbo.web.task_page import made_words
from tienbo.web.tasks import way_words

FEW = 8
"""Units named before "and … other units"."""


class Shown(NamedTuple):
    """What follows from a row, in words."""

    one: Following
    told: Sequence[str]
    """Units that are given it."""
    asked: Sequence[str]
    """Units that are asked to cooperate."""
    partners: str
    notes: Sequence[Fault]


@page("view", methods=("GET", "POST"))
def register_tasks(request: Asked, period: Period, register: str, item: str) -> HttpResponseBase:
    shelf = Shelf(request, period)
    kind = shelf.kind(register)
    held = record_on(kind=register, key=item)
    if held is None or held.unit_id not in shelf.readable(kind) or kind.tasks is None:
        raise Http404
    actor = actor_of(request.user)
    if not may_decide(actor, held.unit):
        raise Http404
    if request.method != "POST":
        return _page(request, period, kind, held, ())
    seen = number_given(request.POST.get("seen", ""), held.version)
    try:
        made = tasks_conclude(kind=kind, record=held, seen=seen, actor=actor)
    except Refused as refused:
        return _page(request, period, kind, held, refused.faults)
    messages.success(request, made_words(len(made)))
    return redirect(f"{reverse('tasks', kwargs={'period': period})}?{urlencode({'cause': held.key})}")


def _page(request: Asked, period: Period, kind: RegisterKind, held: Record, faults: Sequence[Fault]) -> HttpResponse:
    today, working = timezone.localdate(), office().edition.working_days
    rows = tasks_following(kind, held)
    units = {unit for one in rows for unit in (*one.owners, *one.partners)}
    names = units_called(units, today)
    shown = [
        Shown(
            one,
            [names[unit.pk] for unit in one.owners if not is_asked(unit.kind)],
            [names[unit.pk] for unit in one.owners if is_asked(unit.kind)],
            ", ".join(names[unit.pk] for unit in one.partners),
            due_notes(one.due_on, working) if one.due_on else (),
        )
        for one in rows
    ]
    context = {
        "asked": period,
        "kind": kind,
        "record": held,
        "cause": cause_words(kind, held),
        "state": kind.state(held.state).name,
        "rows": shown,
        "count": sum(len(one.owners) for one in rows),
        "few": FEW,
        "ways": (way_words(False), way_words(True)),
        "made": Task.objects.filter(cause=held.key).count(),
        "board": f"{reverse('tasks', kwargs={'period': period})}?{urlencode({'cause': held.key})}",
        "faults": faults,
    }
    return render(request, "web/register_tasks.html", context, status=422 if faults else 200)
