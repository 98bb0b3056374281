"""A release: the papers written from it, what the document-management system says of it, an edited file held
against it."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.words import day_of
from tienbo.engine.values import FrozenValues
from tienbo.ground.scans import MEDIA_TYPES, scan_format
from tienbo.papers.context import period_name
from tienbo.papers.proofread import proofread
from tienbo.release.models import Release
from tienbo.release.reading import told
from tienbo.release.records import document_record, record_of
from tienbo.release.sending import receiver_of, sent_of
from tienbo.release.services import document_write, paper_of
from tienbo.units.rights import MATRIX
from tienbo.web.access import Asked, page
from tienbo.web.office import office
from tienbo.web.previews import figure_address

FORMATS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
SHOWN = 200
"""Findings of a proof-reading shown at once: a file with more is another paper."""

worded(
    {
        "release.no_file": N_("Choose the file first."),
        "release.no_day": N_("Write the paper's day as a date: 20/7/2026."),
    }
)


def release_asked(request: Asked, period: Period, key: str) -> Release:
    """A release of the seat's own unit and of the period; 404 for anybody else's, exactly as for none."""
    found = Release.objects.filter(key=key, unit=request.seat.unit).select_related("edition", "unit").first()
    if found is None or period not in (Period.parse(found.period_code), Period.parse(found.period_code).last_half):
        raise Http404
    return found


def is_kept_from(request: Asked, held: Release) -> bool:
    """Whether the files of a release are for others: they tell figures of class C3, and the seat's role is shown none.
    What tells an indicator that is not known any more is taken for such."""
    if MATRIX.reads_sensitive(request.seat.roles):
        return False
    edition, values = office().edition, FrozenValues.from_json(held.values_json)
    named = {one.indicator for one in values}
    return not named <= edition.indicators.keys() or bool(told(edition, named, values))


def _whole(request: Asked, period: Period, key: str) -> Release:
    """A release whose files the seat may have; 404 otherwise."""
    held = release_asked(request, period, key)
    if is_kept_from(request, held):
        raise Http404
    return held


@page("view")
def release(request: Asked, period: Period, release: str) -> HttpResponse:
    return _page(request, release_asked(request, period, release))


def _page(request: Asked, held: Release, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "release": held,
        "title": paper_of(held).title,
        "reported_name": period_name(Period.parse(held.period_code)),
        "record": record_of(held),
        "records": list(held.records.select_related("signed").order_by("-pk")),
        "documents": list(held.documents.order_by("pk")),
        "outline": office().edition.outlines.get(held.outline),
        "is_kept": is_kept_from(request, held),
        "may_write": request.seat.allows("consolidate"),
        "sent": sent_of(held),
        "above": receiver_of(held),
        **more,
    }
    return render(request, "web/release.html", context, status=status)


@page("view")
def paper(request: Asked, period: Period, release: str, suffix: str) -> HttpResponse:
    """The paper as a file, written again from the release: the same bytes each time."""
    return paper_file(_whole(request, period, release), suffix)


def paper_file(held: Release, suffix: str) -> HttpResponse:
    """The paper of a release, to keep."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"paper.{suffix}"
        document_write(release=held, path=path)
        content = path.read_bytes()
    answer = HttpResponse(content, content_type=FORMATS[suffix])
    answer["Content-Disposition"] = f'attachment; filename="{held.outline}_{held.period_code}.{suffix}"'
    return answer


@page("consolidate", methods=("POST",))
def proof(request: Asked, period: Period, release: str) -> HttpResponse:
    """Sentences of an edited Word file whose figures are not the release's. The file is read and not kept."""
    held = release_asked(request, period, release)
    sent = request.FILES.get("file")
    try:
        if sent is None:
            raise Refused(Fault("release.no_file"))
        found = proofread(sent.read(), paper_of(held))
    except Refused as refused:
        return _page(request, held, 422, proof_faults=refused.faults)
    rows = [(one, figure_address(one.key, request.seat, period) if one.key else "") for one in found.findings[:SHOWN]]
    return _page(
        request,
        held,
        proof=found,
        proof_name=sent.name,
        wrong=[row for row in rows if row[0].verdict != "elsewhere"],
        elsewhere=[row for row in rows if row[0].verdict == "elsewhere"],
        gone=found.gone[:SHOWN],
        unshown=max(0, len(found.findings) - SHOWN),
    )


@page("consolidate", methods=("POST",))
def record(request: Asked, period: Period, release: str) -> HttpResponse:
    """Số, ngày and the signed file."""
    held = release_asked(request, period, release)
    sent = request.FILES.get("signed")
    try:
        document_record(
            release=held,
            number=request.POST.get("number", ""),
            dated=_day(request.POST.get("dated", "")),
            actor=actor_of(request.user),
            store=office().stores.files,
            signed=(sent.name or "", sent.read()) if sent else None,
        )
    except Refused as refused:
        typed = {"number": request.POST.get("number", ""), "dated": request.POST.get("dated", "")}
        return _page(request, held, 422, record_faults=refused.faults, typed=typed)
    return redirect("release", period=period, release=held.key)


def _day(text: str) -> date:
    day = day_of(text)
    if day is None:
        raise Refused(Fault("release.no_day"))
    return day


@page("view")
def signed(request: Asked, period: Period, release: str, number: int) -> HttpResponse:
    """The signed file of a record, as it was received."""
    held = _whole(request, period, release)
    row = held.records.select_related("signed").filter(pk=number).first()
    if row is None or row.signed is None:
        raise Http404
    content = office().stores.files.get(row.signed.sha256)
    made = scan_format(content, row.signed.name)
    answer = HttpResponse(content, content_type=MEDIA_TYPES[made])
    answer["Content-Disposition"] = f'attachment; filename="signed_{held.period_code}.{made.value}"'
    return answer
