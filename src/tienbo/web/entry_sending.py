"""From the entry page to the office: looking over, handing to the head, approving or the signed copy, the receipt."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.returns import Content
from tienbo.collection.draft_models import Draft, Prepared
from tienbo.collection.drafts import (
    KEY,
    return_beside,
)
from tienbo.collection.sending import (
    Differs,
    Sent,
    SignedPaper,
    draft_prepare,
    draft_read,
    draft_send,
    prepared_send,
)
from tienbo.core.faults import Fault, Level, Refused, errors, worded
from tienbo.core.messages import N_, language
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import day_of
from tienbo.papers.cells import cells_of, why
from tienbo.papers.form import form_paper, form_pdf
from tienbo.units.models import Unit
from tienbo.web.access import Asked, unit_page
from tienbo.web.addresses import number_given
from tienbo.web.entry import aside_rows, frame
from tienbo.web.entry_asked import asked_of
from tienbo.web.entry_page import Entry, entry_of, named, shown
from tienbo.web.office import office
from tienbo.web.unit import PDF, _sent, _signed_at

worded(
    {
        "entry.not_prepared": N_("Nothing waits for approval. Load the page again."),
    }
)


# ------------------------------------------------------------------------------------------ looking over, sending


@unit_page("view", methods=("GET", "POST"))
def send(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """Everything that is to be looked at, then sending: by whoever fills in, or the head of the unit."""
    entry = _allowed(request, unit, period)
    if request.method != "POST":
        return _page(request, entry)
    try:
        sent = _act(request, entry)
    except Refused as refused:
        status = 409 if isinstance(refused, Differs) else 422
        if _wants_json(request):
            return _refused_json(entry, refused, status)
        difference = refused.cells if isinstance(refused, Differs) else {}
        fresh = entry_of(request, unit, period)
        return _page(request, fresh, faults=refused.faults, difference=difference, status=status)
    if _wants_json(request):
        receipt = sent.receipt.code if sent else ""
        return JsonResponse({"receipt": receipt, "address": entry.address("send")})
    return redirect(entry.address("send"))


def _allowed(request: Asked, unit: Unit, period: Period) -> Entry:
    entry = entry_of(request, unit, period)
    if not entry.place.may_sign:
        raise Http404
    return entry


def _act(request: Asked, entry: Entry) -> Sent | None:
    """What the button says: hand over, send (with the head's approval), or send with the signed copy."""
    if entry.locked:
        raise Refused(entry.locked)
    act, key = request.POST.get("act", ""), request.POST.get("key", "")[: KEY + 1]
    mark, actor = request.POST.get("sha256", "")[:64], actor_of(request.user)
    stores, place = office().stores, entry.place
    if not entry.is_kept and entry.draft.cells and place.may_enter:
        entry.kept(actor)
        entry = entry_of(request, entry.unit, entry.period)
    if not entry.is_kept:
        raise Refused(Fault("sending.nothing_entered"))
    left = aside_rows(entry)
    if left and act != "approve":
        raise Refused(Fault("sending.asides_left", "", {"count": len(left)}))
    if act == "send" and place.may_enter and place.may_approve:
        sent = draft_send(draft=entry.draft, key=key, sha256=mark, actor=actor, stores=stores)
    elif act == "prepare" and place.may_enter:
        draft_prepare(draft=entry.draft, key=key, sha256=mark, actor=actor)
        messages.success(request, _("The return was handed over. The head of the unit approves it, then it is sent."))
        return None
    elif act == "approve" and place.may_approve:
        prepared = _prepared(entry, request.POST.get("prepared", ""))
        sent = prepared_send(prepared=prepared, key=key, actor=actor, stores=stores, approves=True)
    elif act == "sign":
        paper = _paper(request)
        if place.may_enter and mark:
            sent = draft_send(draft=entry.draft, key=key, sha256=mark, actor=actor, stores=stores, signed=paper)
        else:
            prepared = _prepared(entry, request.POST.get("prepared", ""))
            sent = prepared_send(prepared=prepared, key=key, actor=actor, stores=stores, approves=False, signed=paper)
    else:
        raise Refused(Fault("sending.needs_approval"))
    words = (
        _("The return had been sent already. Receipt {receipt}.")
        if sent.again
        else _("The return was sent. Receipt {receipt}.")
    )
    messages.success(request, words.format(receipt=sent.receipt.code))
    return sent


def _prepared(entry: Entry, text: str) -> Prepared:
    """The prepared version a form names, of this draft."""
    rows = Prepared.objects.filter(draft=entry.draft).select_related("draft")
    found = rows.filter(pk=number_given(text, 0)).first()
    if found is None:
        raise Refused(Fault("entry.not_prepared"))
    return found


def _paper(request: Asked) -> SignedPaper:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Refused(Fault("entry.no_file"))
    text = request.POST.get("signed_on", "").strip()
    day = day_of(text)
    if text and day is None:
        raise Refused(Fault("unit.unreadable_day", "", {"text": text[:40]}))
    return SignedPaper(file.read(), (file.name or "")[-200:], day)


def _wants_json(request: Asked) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _refused_json(entry: Entry, refused: Refused, status: int) -> JsonResponse:
    cells = refused.cells if isinstance(refused, Differs) else {}
    made = {
        "faults": [fault.sentence() for fault in refused.faults],
        "difference": [different(entry, cell, *pair) for cell, pair in cells.items()],
    }
    return JsonResponse(made, status=status, json_dumps_params={"ensure_ascii": False})


def different(entry: Entry, cell: str, seen: str, here: str) -> dict[str, str]:
    kind = entry.known.number(cell)
    blank = _("(blank)")
    return {"named": named(entry, cell), "seen": shown(seen, kind) or blank, "here": shown(here, kind) or blank}


def _page(
    request: Asked,
    entry: Entry,
    *,
    faults: Sequence[Fault] = (),
    difference: Mapping[str, tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; a submitted return's receipt stands on it as well."""
    draft, place = entry.draft, entry.place
    read = draft_read(draft)
    steps = {code: number for number, sheet in enumerate(entry.steps, 1) for code in (b.code for b in sheet.blocks)}
    told = [
        {
            "fault": fault,
            "step": _step_of(entry, read.cell(fault), steps),
            "cell": read.cell(fault),
            "why": why(fault),
            "said": draft.cells.get(why(fault), ""),
        }
        for fault in read.faults
    ]
    prepared = entry.prepared
    is_changed = prepared is not None and prepared.sha256 != draft.sha256
    may_send = place.may_enter and place.may_approve
    other, _differences = return_beside(draft) if entry.is_kept else (None, [])
    last = place.now.last if place.now else None
    context = {
        **frame(entry),
        **asked_of(entry),
        "errors": [one for one in told if one["fault"].level is Level.ERROR],
        "warnings": [one for one in told if one["fault"].level is Level.WARNING],
        "faults": faults,
        "difference": [different(entry, cell, *pair) for cell, pair in (difference or {}).items()],
        "asides": aside_rows(entry),
        "prepared": prepared,
        "is_changed": is_changed,
        "hands_over": prepared is None or is_changed or may_send,
        "other": other,
        "last": last,
        "is_sent": last is not None and _as_sent(draft),  # a draft that nobody touched yet begins with what was sent
        "may_send": may_send,
        "key": secrets.token_hex(16),
        "save_key": secrets.token_hex(12),
        "sees_errors": bool(errors(read.faults)),
    }
    answer = render(request, "web/entry_send.html", context, status=status)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _step_of(entry: Entry, cell: str, steps: Mapping[str, int]) -> int:
    kind, _slash, rest = cell.partition("/")
    if kind in ("figure", "official") and rest in entry.known.layout.slots:
        return steps.get(entry.known.layout.slots[rest].block.code, 1)
    return steps.get(rest.split("/")[0], 1)


def _as_sent(draft: Draft) -> bool:
    """Whether the draft says what its return says."""
    held = {cell: text for cell, text in draft.cells.items() if not cell.startswith("proof/")}
    return draft.base is not None and held == cells_of(Content.from_json(draft.base.content))


@unit_page("view")
def paper(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """The form as it will be sent, to print, sign and stamp: what was prepared, else the draft as it stands."""
    entry = _allowed(request, unit, period)
    prepared = entry.prepared
    content = Content.from_json(prepared.content) if prepared is not None else draft_read(entry.draft).content
    held = office()
    made = form_paper(
        edition=entry.edition,
        content=content,
        unit=entry.place.header,
        revision=(entry.place.now.last.number if entry.place.now and entry.place.now.last else 0) + 1,
        place=_signed_at(entry.place, period),
        notice=_("Illustrative figures") if held.settings.illustrative else "",
        lang="vi" if language() == "vi" else "en",
    )
    return _sent(form_pdf(made), PDF, f"{period.code}-ban-trinh.pdf")
