"""Paragraphs written by hand, kept beside what is computed, section by section of the outline."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import Outline, Section
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.papers.blocks import Document
from tienbo.papers.context import period_name
from tienbo.papers.html import computed_html
from tienbo.papers.rounding import Offer, rounded_offers
from tienbo.release.drafting import draft_of, draft_open, paragraph_write, paragraphs_of
from tienbo.release.models import ReportParagraph
from tienbo.web.access import Asked, page
from tienbo.web.previews import Wish, addresses_of, preview, reported, section_mark, wish_of


@page("consolidate", methods=("GET", "POST"))
def words(request: Asked, period: Period) -> HttpResponse:
    wish = wish_of(request.seat, period, {**request.GET.dict(), **request.POST.dict()})
    if wish is None:
        return render(request, "web/report_none.html", {})
    if request.method != "POST":
        return render(request, "web/report_words.html", _context(request, period, wish))
    marked = {section_mark(at): at for at, _section in _places(wish.outline)}
    section = marked.get(request.POST.get("section", ""), request.POST.get("gone", ""))
    if not section:
        raise Http404
    actor = actor_of(request.user)
    faults: list[Fault] = []
    with transaction.atomic():
        draft = draft_open(
            unit=request.seat.unit, period=reported(period, wish.outline), outline=wish.outline, actor=actor
        )
        for side in ReportParagraph.Place.values:
            seen = request.POST.get(f"seen_{side}", "")
            if f"text_{side}" not in request.POST:
                continue
            try:
                paragraph_write(
                    draft=draft,
                    outline=wish.outline,
                    section=section,
                    place=side,
                    text=request.POST[f"text_{side}"],
                    seen=int(seen) if seen.isdecimal() else 0,
                    actor=actor,
                )
            except Refused as refused:
                faults += refused.faults
        if not draft.paragraphs.exists() and not draft.entries.exists():
            transaction.set_rollback(True)  # nothing was said: no draft is begun
    if faults:
        typed = {side: request.POST.get(f"text_{side}", "") for side in ReportParagraph.Place.values}
        context = _context(request, period, wish) | {"faults": faults, "at_fault": section, "typed": typed}
        return render(request, "web/report_words.html", context, status=422)
    return redirect(f"{reverse('report_words', kwargs={'period': period})}?{wish.asked}#{section_mark(section)}")


def _places(outline: Outline) -> list[tuple[str, Section]]:
    """Sections of the body: annexes hold tables."""
    annexes = {section.place("") for section in outline.sections if section.annex}
    return [pair for pair in outline.places() if pair[0].partition(" › ")[0] not in annexes]


def _context(request: Asked, period: Period, wish: Wish) -> dict[str, Any]:
    of = reported(period, wish.outline)
    rows = paragraphs_of(draft_of(request.seat.unit, of, wish.outline))
    held = {(row.section, row.place): row for row in rows}
    made = preview(request.seat, period, wish)
    computed, offers = computed_html(made.document, addresses_of(request.seat, period, wish)), _offers(made.document)
    sections = [
        {
            "mark": section_mark(at),
            "place": at,
            "title": str(section.title).format_map(_Shown()),
            "depth": at.count(" › "),
            "computed": computed.get(at, ""),
            "offers": offers.get(at, ()),
            "sides": [(side.value, _(side.label), held.get((at, side.value))) for side in ReportParagraph.Place],
            "has": any((at, side) in held for side in ReportParagraph.Place.values),
        }
        for at, section in _places(wish.outline)
    ]
    known = {at for at, _section in wish.outline.places()}
    return {
        "wish": wish,
        "asked_name": period_name(of),
        "sections": sections,
        "gone": [row for row in rows if row.section not in known],
        "written": len(rows),
    }


def _offers(document: Document) -> dict[str, list[Offer]]:
    """In the language of the paper, not of the page."""
    with speaking(document.speech):
        return rounded_offers(document)


class _Shown(dict[str, str]):
    """A title as the outline has it, its places as dots: "Nhiệm vụ …"."""

    def __missing__(self, _name: str) -> str:
        return "…"
