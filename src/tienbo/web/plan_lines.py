"""One line of a plan, or its head, being written: a target, a task, money. The page works without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.plans import PARTS
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import sort_key
from tienbo.ground.keys import new_key
from tienbo.papers.context import period_name
from tienbo.registers.plan_saying import fields, typed_of
from tienbo.registers.plans import ground_of, plan_head, plan_line_drop, plan_line_put
from tienbo.web.access import Asked, page
from tienbo.web.office import office
from tienbo.web.plans import Seen, askings, given, opened, seen_of

TITLES: Mapping[str, str] = {
    "head": N_("What the plan is about"),
    "targets": N_("A target of one's own"),
    "items": N_("A task of the plan"),
    "budget": N_("Money of the plan"),
}


@page("view", methods=("GET", "POST"))
def head(request: Asked, period: Period, plan: str) -> HttpResponseBase:
    """Change what a plan is about: its title, years, paragraphs."""
    return _written(request, period, plan, "head", "")


@page("view", methods=("GET", "POST"))
def new(request: Asked, period: Period, plan: str, part: str) -> HttpResponseBase:
    """A new target, task or line of money."""
    if part not in PARTS:
        raise Http404
    return _written(request, period, plan, part, request.POST.get("key", "") or new_key("line"))


@page("view", methods=("GET", "POST"))
def line(request: Asked, period: Period, plan: str, part: str, line: str) -> HttpResponseBase:
    """Change a line that the plan has, or take it out."""
    if part not in PARTS:
        raise Http404
    return _written(request, period, plan, part, line)


def _written(request: Asked, period: Period, plan: str, part: str, key: str) -> HttpResponseBase:
    seen = opened(request, period, plan)
    if not seen.is_open:
        raise Http404
    if request.method != "POST":
        return _form(seen, part, key, None, ())
    actor, at = actor_of(request.user), seen_of(request, seen.plan)
    typed = given(request, fields(part, ground_of(office().edition, seen.plan.unit, seen.content)))
    try:
        if part == "head":
            plan_head(plan=seen.plan, seen=at, typed=typed, actor=actor)
        elif "drop" in request.POST:
            plan_line_drop(plan=seen.plan, seen=at, part=part, key=key, actor=actor)
        else:
            plan_line_put(
                edition=office().edition, plan=seen.plan, seen=at, part=part, key=key, typed=typed, actor=actor
            )
    except Refused as refused:
        return _form(seen, part, key, typed, refused.faults)
    messages.success(request, _("The line is taken out.") if "drop" in request.POST else _("The change is kept."))
    return redirect(seen.address)


def _form(seen: Seen, part: str, key: str, typed: Mapping[str, str] | None, faults: Sequence[Fault]) -> HttpResponse:
    ground = ground_of(office().edition, seen.plan.unit, seen.content)
    lines = [seen.content] if part == "head" else [one for one in getattr(seen.content, part) if one.key == key]
    held = next(iter(lines), None)
    said = typed if typed is not None else typed_of(held, ground.names) if held is not None else {}
    form = fields(part, ground)
    context = {
        "seen": seen,
        "plan": seen.plan,
        "content": seen.content,
        "asked": seen.period,
        "asked_name": period_name(seen.period),
        "title": _(TITLES[part]),
        "part": part,
        "key": key,
        "is_new": held is None,
        "askings": askings(form, said, faults),
        "faults": faults,
        "unit_list": sorted(set(ground.names.values()), key=sort_key) if part == "items" else [],
        "may_drop": part != "head" and held is not None,
        "back": reverse("plan", kwargs={"period": seen.period, "plan": seen.plan.key}),
    }
    return render(seen.request, "web/plan_line.html", context, status=422 if faults else 200)
