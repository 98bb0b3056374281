"""A record filled in step by step: what the law asks beside each step, what is missing, and the paper drafted from it.

Each step is saved by itself, as a version of the record like any other change. Without a script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import Article, Document, Guide, RegisterField, RegisterKind
from tienbo.core.faults import Fault, Level, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.papers.context import period_name
from tienbo.papers.guided import guided_paper
from tienbo.registers.guiding import StepTold, guided_told, steps_told
from tienbo.registers.models import Record
from tienbo.registers.services import data_at, data_wanted, may, record_change
from tienbo.registers.showing import shown
from tienbo.web.access import Asked, page
from tienbo.web.campaign_papers import Suffix, sender_of, written
from tienbo.web.clocks import clock_shown
from tienbo.web.definition import unchecked
from tienbo.web.record_page import (
    MORE,
    SaidRows,
    askings_of,
    in_form,
    opened,
    said_shown,
    seen_of,
    typed_in,
    units_offered,
)
from tienbo.web.registers import Shelf


class Way(NamedTuple):
    """A step on the list of them."""

    told: StepTold
    address: str
    is_here: bool
    mark: str
    tone: str


class Law(NamedTuple):
    """Where a document says what a step asks; `checked` is said where that was not seen."""

    article: Article
    document: Document
    checked: str


@page("view", methods=("GET", "POST"))
def guided(request: Asked, period: Period, register: str, item: str) -> HttpResponseBase:
    """One step (?step=), the first that lacks something where none is named; what is posted is that step's."""
    shelf, kind, held = opened(request, period, register, item)
    guide = _guide(kind, shelf, held)
    at = request.POST.get("step") or request.GET.get("step", "")
    if request.method != "POST":
        return _page(request, shelf, kind, guide, held, at, in_form(kind, held, held.data), ())
    step = next((one for one in guide.steps if one.code == at), None)
    if step is None or held.withdrawn or not may(actor_of(request.user), held.unit, "enter"):
        raise Http404
    typed = {where: text for where, text in typed_in(request, kind).items() if where.partition("/")[0] in step.fields}
    seen = seen_of(request, held)
    if MORE in request.POST:
        said = in_form(kind, held, data_at(held, seen)) | typed
        return _page(request, shelf, kind, guide, held, at, said, (), seen)
    try:
        record_change(
            edition=shelf.edition,
            kind=kind,
            record=held,
            seen=seen,
            typed=typed,
            actor=actor_of(request.user),
            looked_at="looked_at" in request.POST,
        )
    except Refused as refused:
        mine = data_wanted(kind, data_at(held, seen), typed, held.occurred_on)
        said = {**in_form(kind, held, held.data), **{code: typed[code] for code in mine}}
        return _page(request, shelf, kind, guide, held, at, said, refused.faults)
    messages.success(request, _("The step is kept."))
    steps = [one.code for one in guide.steps]
    after = steps[min(steps.index(at) + 1, len(steps) - 1)]
    return redirect(f"{_address(period, kind, held)}?{urlencode({'step': after})}")


def _guide(kind: RegisterKind, shelf: Shelf, held: Record) -> Guide:
    """The guide of a record whose every field the reader sees; 404 where there is none."""
    if kind.guide is None:
        raise Http404
    fields = [kind.by_code[code] for step in kind.guide.steps for code in step.fields]
    if not all(shelf.sees(kind, field, held.unit_id) for field in fields):
        raise Http404
    return kind.guide


def _address(period: Period, kind: RegisterKind, held: Record) -> str:
    return reverse("register_guided", kwargs={"period": period, "register": kind.code, "item": held.key})


def _page(
    request: Asked,
    shelf: Shelf,
    kind: RegisterKind,
    guide: Guide,
    held: Record,
    at: str,
    said: Mapping[str, str],
    faults: Sequence[Fault],
    seen: int = 0,
) -> HttpResponse:
    told = steps_told(kind, guide, held.data)
    here = next((one for one in told if one.step.code == at), None)
    here = here or next((one for one in told if one.lacking), told[0])
    step, address = here.step, _address(shelf.period, kind, held)
    may_enter = may(actor_of(request.user), held.unit, "enter") and not held.withdrawn
    errors = [fault for fault in faults if fault.level is Level.ERROR]
    context = {
        "kind": kind,
        "guide": guide,
        "record": held,
        "asked": shelf.period,
        "asked_name": period_name(shelf.period),
        "title": shown(kind.by_code[kind.title], held.data.get(kind.title, ""), held.occurred_on),
        "unit_name": shelf.names.get(held.unit_id, ""),
        "state": kind.state(held.state).name,
        "seen": seen or held.version,
        "ways": [_way(one, address, one is here) for one in told],
        "here": here,
        "laws": [_law(shelf, article) for article in step.by],
        "lacking": sum(len(one.lacking) for one in told),
        "askings": askings_of(
            kind, said, held.state, faults, shelf, held.unit_id, request.POST.get(MORE, ""), step.fields
        )
        if may_enter
        else [],
        "said": _said(kind, step.fields, held) if not may_enter else [],
        "may_enter": may_enter,
        "faults": [(fault, str(fault.fields["field"])) for fault in faults if _field(fault) in step.fields],
        "elsewhere": [fault for fault in faults if _field(fault) not in step.fields],
        "only_warnings": bool(faults) and not errors,
        "unit_list": units_offered(kind, held.unit, shelf) if may_enter else [],
        "clock": clock_shown(kind, held, shelf),
        "is_last": here.number == len(told),
    }
    clashes = any(fault.code == "record.changed_meanwhile" for fault in faults)
    return render(request, "web/register_guided.html", context, status=409 if clashes else 422 if faults else 200)


def _field(fault: Fault) -> str:
    return str(fault.fields.get("field", "")).partition("/")[0]


def _way(told: StepTold, address: str, is_here: bool) -> Way:
    if told.lacking:
        mark, tone = (_("something is missing"), "tb-near") if told.is_begun else (_("not begun"), "")
    else:
        mark, tone = (_("complete"), "tb-good") if told.is_begun else (_("nothing asked"), "")
    return Way(told, f"{address}?{urlencode({'step': told.step.code})}", is_here, mark, tone)


def _law(shelf: Shelf, article: Article) -> Law:
    return Law(article, shelf.edition.documents[article.document], unchecked(article.confidence))


def _said(kind: RegisterKind, fields: Sequence[str], held: Record) -> list[tuple[RegisterField, str, SaidRows | None]]:
    return [said_shown(kind.by_code[code], held.data, held.occurred_on) for code in fields]


@page("view")
def paper(request: Asked, period: Period, register: str, item: str, suffix: Suffix) -> HttpResponse:
    """The paper drafted from the record, with its holes; 404 where its guide has none."""
    shelf, kind, held = opened(request, period, register, item)
    guide = _guide(kind, shelf, held)
    day = max(held.occurred_on, held.unit.valid_from)
    told = guided_told(kind, guide, held.data, day=day, edition=shelf.edition)
    if told is None:
        raise Http404
    return written(guided_paper(sender_of(held.unit, period), told), f"{kind.code}-{held.key[-6:]}", suffix)
