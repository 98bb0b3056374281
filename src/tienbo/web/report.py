"""The report of the seat's unit: how it would read now, what is missing from it, the papers made of it so far."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import Confidence, Outline
from tienbo.core.faults import Refused
from tienbo.core.periods import Period
from tienbo.papers.context import period_name
from tienbo.papers.html import annex_html, charts, paper_html
from tienbo.release.drafting import draft_of, entries_of, paragraphs_of
from tienbo.release.models import Release
from tienbo.release.services import release_make
from tienbo.web.access import Asked, Seat, page, reader_for
from tienbo.web.office import office
from tienbo.web.previews import Preview, Wish, addresses_of, outlines_for, preview, reported, wish_of

LISTED = 20
"""Releases of a paper shown at once, the newest first."""


@page("view", mapped=True)
def report(request: Asked, period: Period) -> HttpResponse:
    """What the report would say now."""
    wish = wish_of(request.seat, period, request.GET.dict())
    if wish is None:
        return render(request, "web/report_none.html", {})
    shown: dict[str, Any] = {}
    try:
        made = preview(request.seat, period, wish)
        shown = _shown(request, period, wish, made)
    except Refused as refused:
        shown["faults"] = refused.faults
    asked = reported(period, wish.outline)
    draft = draft_of(request.seat.unit, asked, wish.outline)
    releases = releases_of(request.seat, period, wish.outline)
    context = {
        **shown,
        "wish": wish,
        "asked_name": period_name(asked),
        "outlines": outlines_for(request.seat, period),
        "unconfirmed": _unconfirmed(wish.outline),
        "chosen": len(entries_of(draft)),
        "by_hand": len(paragraphs_of(draft)),
        "releases": releases[:LISTED],
        "more": max(0, len(releases) - LISTED),
        "may_write": request.seat.allows("consolidate"),
    }
    return render(request, "web/report.html", context)


def _shown(request: Asked, period: Period, wish: Wish, made: Preview) -> dict[str, Any]:
    addresses = addresses_of(request.seat, period, wish)
    annexes = [
        (
            f"{annex.number}. {annex.title}",
            f"{reverse('report_annex', kwargs={'period': period, 'number': index})}?{wish.asked}",
        )
        for index, annex in enumerate(made.document.annex)
    ]
    return {"paper": paper_html(made.document, addresses), "annexes": annexes, "context": made.context}


def _unconfirmed(outline: Outline) -> list[str]:
    """Documents an outline cites whose text was not, or not wholly, seen: for the drafter, never on paper."""
    documents = office().edition.documents
    cited = (documents[code] for code in outline.cites if code in documents)
    return [one.number for one in cited if one.confidence is not Confidence.CONFIRMED]


def releases_of(seat: Seat, period: Period, outline: Outline) -> list[Release]:
    """The releases of a paper of the seat's unit, the newest first, each with its `record`."""
    rows: QuerySet[Release] = Release.objects.filter(
        unit=seat.unit, period_code=reported(period, outline).code, outline=outline.code
    )
    found = list(rows.defer("values_json", "context_json").prefetch_related("records").order_by("-pk"))
    for one in found:
        one.record = max(one.records.all(), key=lambda row: row.pk, default=None)  # type: ignore[attr-defined]
    return found


def _asked(request: Asked, period: Period) -> tuple[Wish, Preview]:
    wish = wish_of(request.seat, period, request.GET.dict())
    if wish is None:
        raise Http404
    return wish, preview(request.seat, period, wish)


@page("view", mapped=True)
def annex(request: Asked, period: Period, number: int) -> HttpResponse:
    """One annex: a part of the report's page, or a page of its own without scripts."""
    wish, made = _asked(request, period)
    if number >= len(made.document.annex):
        raise Http404
    held = made.document.annex[number]
    context = {
        "wish": wish,
        "title": f"{held.number}. {held.title}",
        "paper": annex_html(made.document, number, addresses_of(request.seat, period, wish)),
        "back": f"{reverse('report', kwargs={'period': period})}?{wish.asked}",
    }
    part = bool(request.headers.get("HX-Request"))
    return render(request, "web/parts/report_annex.html" if part else "web/report_annex.html", context)


@page("view", mapped=True)
def chart(request: Asked, period: Period, number: int) -> HttpResponse:
    """A chart of the paper as a picture."""
    _wish, made = _asked(request, period)
    drawn = charts(made.document)
    if number >= len(drawn):
        raise Http404
    return HttpResponse(drawn[number].svg, content_type="image/svg+xml")


@page("consolidate", methods=("POST",))
def make(request: Asked, period: Period) -> HttpResponse:
    """Freeze the figures and words as they are now."""
    wish = wish_of(request.seat, period, request.POST.dict())
    if wish is None:
        raise Http404
    asked = reported(period, wish.outline)
    release = release_make(
        reader=reader_for(request.seat, wish.basis),
        unit=request.seat.unit,
        period=asked,
        kind=wish.outline.code,
        office=office().paper_of(request.seat.unit, asked),
        actor=actor_of(request.user),
        lang=wish.lang,
        map_day=wish.map_day,
    )
    return redirect("release", period=period, release=release.key)
