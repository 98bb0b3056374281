"""Reorganisations: a sheet is handed in, what it would do is shown, and it is carried out when somebody confirms that.

What is confirmed is what was shown: the page carries the hash of the bytes and the mark of the proposal, and where
units changed in between it is shown anew.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing as tokens
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.papers.context import period_name
from tienbo.papers.workbook.safety import FILE_LIMIT
from tienbo.processes.reorganise import Proposal, reorganisation_apply, reorganisation_propose
from tienbo.processes.reorganise_sheet import sheet_blank
from tienbo.processes.reorganise_words import body_words, change_words, going_words, stage_words, state_words
from tienbo.units.access import accessible_units
from tienbo.units.models import Reorganisation, ReorganisationSheet
from tienbo.web.access import Asked, page
from tienbo.web.office import office

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SALT = "tienbo.web.reorganise"
A_DAY = 24 * 3600
SHOWN = 50
"""Acts on the list."""

worded(
    {
        "reorganise.no_file": N_("No file was chosen. Choose the sheet, then send it."),
        "reorganise.too_large": N_("The file is too large for a sheet of this kind."),
        "reorganise.shown_too_long_ago": N_("This was shown too long ago. Send the sheet again."),
    }
)


@page("reorganise")
def reorganisations(request: Asked) -> HttpResponse:
    """The acts that were recorded by sheets, and where to hand in a sheet."""
    return _list(request)


def _list(request: Asked, faults: tuple[Fault, ...] = (), name: str = "") -> HttpResponse:
    context = {"acts": _acts(request), "faults": faults, "name": name}
    return render(request, "web/reorganisations.html", context, status=422 if faults else 200)


def _acts(request: Asked) -> list[dict[str, Any]]:
    """The newest acts by sheets that touch units of the person's, or that they recorded."""
    today = timezone.localdate()
    mine = set(accessible_units(request.user, need="reorganise", on=today))
    rows = ReorganisationSheet.objects.select_related("reorganisation").order_by("-pk")[: SHOWN * 4]
    found = []
    for row in rows:
        act = row.reorganisation
        ever = act.gave if act.kind == Reorganisation.Kind.CORRECTION else act.successions
        touched = set(ever.values_list("successor_id", flat=True)) | set(ever.values_list("predecessor_id", flat=True))
        if row.actor == str(request.user) or touched & mine:
            stage = act.stages.order_by("-pk").first()
            said = (stage_words(stage.stage), stage.effective_on) if stage else ("", None)
            found.append({"act": act, "sheet": row, "stage": said[0], "day": said[1]})
    return found[:SHOWN]


@page("reorganise")
def reorganisation_blank(_request: Asked) -> HttpResponse:
    answer = HttpResponse(sheet_blank(), content_type=XLSX)
    answer["Content-Disposition"] = content_disposition_header(True, "bieu-sap-xep.xlsx")
    return answer


@page("reorganise", methods=("GET", "POST"))
def reorganisation_check(request: Asked) -> HttpResponseBase:
    """What the sheet would do, or what is wrong with it. Nothing is changed; the bytes are kept until confirmed."""
    if request.method != "POST":
        return redirect("reorganisations")
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or not file.size:
        return _list(request, (Fault("reorganise.no_file"),))
    if file.size > FILE_LIMIT:
        return _list(request, (Fault("reorganise.too_large", file.name or ""),))
    data, name = file.read(), (file.name or "")[:200]
    try:
        proposal = _proposed(request, data, name)
    except Refused as refused:
        return _list(request, refused.faults, name)
    office().stores.files.put(data)
    return _shown(request, proposal)


def _proposed(request: Asked, data: bytes, name: str) -> Proposal:
    return reorganisation_propose(
        data=data, name=name, actor=actor_of(request.user), edition=office().edition, today=timezone.localdate()
    )


def _shown(request: Asked, proposal: Proposal, faults: tuple[Fault, ...] = ()) -> HttpResponse:
    sheet = proposal.sheet
    said = {"user": request.user.pk, "sha256": sheet.sha256, "name": sheet.name, "mark": proposal.mark}
    context = {
        "proposal": proposal,
        "plan": proposal.plan,
        "stage": stage_words(proposal.plan.stage),
        "faults": faults,
        "token": tokens.dumps(said, salt=SALT),
        "moves": [(one, change_words(one.what)) for one in proposal.moves],
        "bodies": [(one, body_words(one.kind)) for one in proposal.bodies],
        "goes": [(one, going_words(one)) for one in proposal.goes],
        "withdrawn": [(one, going_words(one)) for one in proposal.withdrawn],
        "returns": [
            (proposal.name(one.unit), period_name(one.period), state_words(one.state), one.closing)
            for one in proposal.returns
        ],
        "campaigns": [
            (proposal.name(one.root), period_name(one.period), proposal.name(one.heir)) for one in proposal.campaigns
        ],
        "grants": [
            (one.grant.user, _(str(one.grant.get_role_display())), proposal.name(one.grant.unit_id), words,
             one.to is None)
            for one, words in zip(proposal.grants, proposal.grant_words(), strict=True)
        ],
    }  # fmt: skip
    return render(request, "web/reorganisation.html", context, status=422 if faults else 200)


@page("reorganise", methods=("GET", "POST"))
def reorganisation_confirm(request: Asked) -> HttpResponseBase:
    """Carry out what was shown, in one transaction."""
    if request.method != "POST":
        return redirect("reorganisations")
    try:
        said = tokens.loads(request.POST.get("token", ""), salt=SALT, max_age=A_DAY)
    except tokens.SignatureExpired:
        return _list(request, (Fault("reorganise.shown_too_long_ago"),))
    except tokens.BadSignature as wrong:
        raise Http404 from wrong
    if said["user"] != request.user.pk:
        raise Http404
    held = office()
    data = held.stores.files.get(said["sha256"])
    try:
        done = reorganisation_apply(
            data=data,
            name=said["name"],
            actor=actor_of(request.user),
            edition=held.edition,
            files=held.stores.files,
            today=timezone.localdate(),
            seen=said["mark"],
        )
    except Refused as refused:
        if [fault.code for fault in refused.faults] == ["reorganise.changed_meanwhile"]:
            return _shown(request, _proposed(request, data, said["name"]), refused.faults)
        return _list(request, refused.faults, said["name"])
    messages.success(request, _("{act} was carried out and is on record.").format(act=done.act))
    return redirect("reorganisations")
