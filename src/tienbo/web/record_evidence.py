"""What bears a record out: files are attached, read, seen as pictures and taken away again, by who may do so with the
record itself. What was brought is only ever handed out to be saved; what is shown was drawn by us."""

from __future__ import annotations

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import content_disposition_header

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.ground.scans import LARGEST, MEDIA_TYPES
from tienbo.registers.evidence import evidence_on
from tienbo.registers.models import Evidence
from tienbo.registers.services import record_attach, record_detach
from tienbo.web.access import Asked, page
from tienbo.web.office import office
from tienbo.web.record_page import opened, record_shown

worded({"evidence.no_file": N_("No file was chosen. Choose the document, then attach it.")})


def evidence_of(holder: str, key: str) -> Evidence:
    """A file that bears out a thing, or did; 404 where there is none."""
    found = evidence_on(holder=holder, key=key)
    if found is None:
        raise Http404
    return found


def file_answer(found: Evidence) -> HttpResponse:
    """The bytes as they came, to be saved."""
    answer = HttpResponse(office().stores.files.get(found.sha256), content_type=MEDIA_TYPES[found.format])
    answer["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    return answer


def picture_answer(found: Evidence, number: int) -> HttpResponse:
    """A page as it was drawn when the file came. A machine may be shared: its browser keeps nothing of it."""
    if not 1 <= number <= len(found.pictures):
        raise Http404
    answer = HttpResponse(office().stores.files.get(found.pictures[number - 1]), content_type="image/png")
    answer["Cache-Control"] = "private, no-store"
    return answer


@page("enter", methods=("POST",))
def attach(request: Asked, period: Period, register: str, item: str) -> HttpResponseBase:
    """Attach a document. What cannot be kept is said on the page of the record, and nothing is changed."""
    shelf, kind, held = opened(request, period, register, item)
    brought = request.FILES.get("file")
    try:
        if not isinstance(brought, UploadedFile):
            raise Refused(Fault("evidence.no_file"))
        record_attach(
            edition=shelf.edition,
            kind=kind,
            record=held,
            content=brought.read(LARGEST + 1),
            name=brought.name or "",
            sort=request.POST.get("sort", "")[:60],
            actor=actor_of(request.user),
            store=office().stores.files,
        )
    except Refused as refused:
        return record_shown(request, shelf, kind, held, refused.faults)
    messages.success(request, _("The document is attached."))
    return redirect("register_record", period=period, register=register, item=item)


@page("view")
def file(request: Asked, period: Period, register: str, item: str, file: str) -> HttpResponse:
    """The bytes as they came, to be saved."""
    _shelf, _kind, held = opened(request, period, register, item)
    return file_answer(evidence_of(held.key, file))


@page("view")
def picture(request: Asked, period: Period, register: str, item: str, file: str, number: int) -> HttpResponse:
    """A page of it as a picture."""
    _shelf, _kind, held = opened(request, period, register, item)
    return picture_answer(evidence_of(held.key, file), number)


@page("enter", methods=("POST",))
def detach(request: Asked, period: Period, register: str, item: str, file: str) -> HttpResponseBase:
    """Take a document away, with the reason."""
    shelf, kind, held = opened(request, period, register, item)
    try:
        record_detach(
            edition=shelf.edition,
            kind=kind,
            record=held,
            evidence=evidence_of(held.key, file),
            reason=request.POST.get("reason", "")[:2000],
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return record_shown(request, shelf, kind, held, refused.faults)
    messages.success(request, _("The document was taken away. It stays in the history of the record."))
    return redirect("register_record", period=period, register=register, item=item)
