"""The papers of a record (of a meeting: invitation, letters asking for talks, agenda, delegates, minutes, notice of
conclusions): what each lacks, the draft as Word and PDF, and into the register of documents with one button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import RegisterKind
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import fold
from tienbo.papers.context import period_name
from tienbo.papers.letter import Sender
from tienbo.papers.record_paper import Told, record_paper
from tienbo.registers.models import Record
from tienbo.registers.papers import (
    Drafted,
    number_given_back,
    paper_drafted,
    paper_enter,
    paper_number_take,
    paper_ready,
    papers_drafted,
    record_told,
)
from tienbo.registers.services import may
from tienbo.registers.showing import shown
from tienbo.web.access import Asked, page
from tienbo.web.addresses import number_given
from tienbo.web.campaign_papers import Suffix, sender_of, written
from tienbo.web.record_page import opened
from tienbo.web.registers import Shelf

FILES = (("docx", "Word"), ("pdf", "PDF"))


class Listed(NamedTuple):
    """A paper on the page."""

    drafted: Drafted
    row: str
    words: str
    """Of which row it is."""
    missing: Sequence[str]
    files: Sequence[tuple[str, str]]
    """(what the file is, its address); none while the paper cannot be drafted."""
    document: str
    """The address of its record in the register of documents, and how that one stands."""
    state: str
    may_enter: bool
    may_take: bool
    """Whether its number and day can be written into the record now."""


def _held(request: Asked, period: Period, register: str, item: str) -> tuple[Shelf, RegisterKind, Record, Told]:
    """A record that has papers, and what they are made of; 404 as for one that is not there."""
    shelf, kind, held = opened(request, period, register, item)
    if not kind.papers or held.withdrawn:
        raise Http404
    open_to = {field.code for field in kind.fields if shelf.sees(kind, field, held.unit_id)}
    return shelf, kind, held, record_told(shelf.edition, kind, held, open_to=open_to)


@page("view")
def papers(request: Asked, period: Period, register: str, item: str) -> HttpResponse:
    shelf, kind, held, told = _held(request, period, register, item)
    return _page(request, shelf, kind, held, told, ())


def _page(
    request: Asked, shelf: Shelf, kind: RegisterKind, held: Record, told: Told, faults: Sequence[Fault]
) -> HttpResponse:
    enters = may(actor_of(request.user), held.unit, "enter")
    context = {
        "kind": kind,
        "record": held,
        "title": shown(kind.by_code[kind.title], held.data.get(kind.title, ""), held.occurred_on),
        "state": kind.state(held.state).name,
        "asked": shelf.period,
        "asked_name": period_name(shelf.period),
        "papers": [_listed(shelf, kind, held, one, enters) for one in papers_drafted(kind, held, told)],
        "empty_of": [
            (one.name, kind.by_code[one.of].label) for one in kind.papers if one.of and not told.rows.get(one.of)
        ],
        "may_enter": enters,
        "faults": faults,
    }
    return render(request, "web/register_papers.html", context, status=422 if faults else 200)


def _listed(shelf: Shelf, kind: RegisterKind, held: Record, one: Drafted, enters: bool) -> Listed:
    row = one.row.key if one.row else ""
    names = {"period": shelf.period, "register": kind.code, "item": held.key, "paper": one.paper.code}
    query = f"?row={row}" if row else ""
    document, entered = one.document, one.paper.entered
    state = place = ""
    if document is not None and entered is not None:
        register = shelf.edition.registers[entered.register_code]
        place = _place(shelf, register.code, document.key)
        state = str(register.state(document.state).name)
        if number := document.data.get("number"):
            state = f"{state}, {number}"
    lacks = [_("{label} (row {row})").format(label=lack.label, row=lack.row) if lack.row else lack.label
             for lack in one.lacks]  # fmt: skip
    files = [(words, reverse(f"register_paper_{suffix}", kwargs=names) + query) for suffix, words in FILES]
    return Listed(
        drafted=one,
        row=row,
        words=next(iter(one.row.said.values()), "") if one.row else "",
        missing=lacks if one.is_due else (),
        files=files if one.is_ready else (),
        document=place,
        state=state,
        may_enter=enters and one.is_ready and entered is not None and document is None,
        may_take=enters and _takes(shelf, held, one),
    )


def _place(shelf: Shelf, register: str, key: str) -> str:
    return reverse("register_record", kwargs={"period": shelf.period, "register": register, "item": key})


def _takes(shelf: Shelf, held: Record, one: Drafted) -> bool:
    given = number_given_back(shelf.edition, one)
    return bool(given) and any(held.data.get(field) != text for field, text in given.items())


def _one(kind: RegisterKind, held: Record, told: Told, paper: str, row: str) -> Drafted:
    found = paper_drafted(kind, held, told, paper, row)
    if found is None:
        raise Http404
    return found


@page("view")
def paper(request: Asked, period: Period, register: str, item: str, paper: str, suffix: Suffix) -> HttpResponse:
    """The draft as a file; ?row= names the row of a paper that is one for each. What is missing is said on the page."""
    shelf, kind, held, told = _held(request, period, register, item)
    one = _one(kind, held, told, paper, request.GET.get("row", "")[:40])
    try:
        paper_ready(kind, one, held.state)
    except Refused as refused:
        return _page(request, shelf, kind, held, told, refused.faults)
    name = fold(str(one.paper.name)).replace(",", "").replace(" ", "-")
    return written(record_paper(one.paper, told, _sender(shelf, held), one.row), name, suffix)


def _sender(shelf: Shelf, held: Record) -> Sender:
    return sender_of(held.unit, shelf.edition.calendar.half_on(held.occurred_on))


@page("enter", methods=("POST",))
def enter(request: Asked, period: Period, register: str, item: str, paper: str) -> HttpResponseBase:
    """Into the register of documents, as a draft: to be submitted, signed and numbered there."""
    shelf, kind, held, told = _held(request, period, register, item)
    row = request.POST.get("row", "")[:40]
    if _one(kind, held, told, paper, row).paper.entered is None:
        raise Http404
    try:
        document = paper_enter(
            edition=shelf.edition,
            kind=kind,
            record=held,
            code=paper,
            row=row,
            sender=_sender(shelf, held),
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return _page(request, shelf, kind, held, told, refused.faults)
    messages.success(request, _("The paper is in the register of documents, as a draft."))
    return redirect(_place(shelf, document.kind, document.key))


@page("enter", methods=("POST",))
def take_number(request: Asked, period: Period, register: str, item: str, paper: str) -> HttpResponseBase:
    """Number and day of a paper that was issued, written into the record that it was drafted from."""
    shelf, kind, held, told = _held(request, period, register, item)
    row = request.POST.get("row", "")[:40]
    _one(kind, held, told, paper, row)
    try:
        paper_number_take(
            edition=shelf.edition,
            kind=kind,
            record=held,
            seen=number_given(request.POST.get("seen", ""), held.version),
            code=paper,
            row=row,
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return _page(request, shelf, kind, held, told, refused.faults)
    messages.success(request, _("Number and day are written into the record."))
    return redirect("register_papers", period=period, register=register, item=item)
