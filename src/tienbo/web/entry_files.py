"""What lies around a draft: its versions, a return that was sent past it, files of it, documents that bear it out."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from tienbo.accounts.actors import actor_of
from tienbo.collection.draft_models import DraftSave, Evidence
from tienbo.collection.drafts import (
    KEY,
    Changes,
    draft_cells,
    draft_restore,
    draft_save,
    draft_take,
    last_touch,
    return_beside,
    saves_refused,
)
from tienbo.collection.sending import evidence_add, evidence_of
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.ground.files import sha256
from tienbo.ground.scans import MEDIA_TYPES
from tienbo.units.models import Unit
from tienbo.web.access import Asked, unit_page
from tienbo.web.addresses import number_given
from tienbo.web.entry import draft_needed, frame
from tienbo.web.entry_page import Entry, entry_of, named, shown
from tienbo.web.office import office
from tienbo.web.unit import _sent

worded(
    {
        "entry.no_file": N_("No file was chosen. Choose the file, then send it."),
        "entry.no_draft": N_("{name} is no draft saved from this page."),
        "entry.draft_of_another": N_("{name} is the draft of another unit, period or form."),
    }
)


# ---------------------------------------------------------------------------------------------------- versions


@unit_page("enter", methods=("GET", "POST"))
def versions(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """Every save of the draft; one can be looked at and brought back, as a new save."""
    entry = entry_of(request, unit, period)
    if request.method == "POST":
        return _bring_back(request, entry)
    rows = []
    if entry.is_kept:
        for save in DraftSave.objects.filter(draft=entry.draft).order_by("-number")[:300]:
            rows.append({"save": save, "how": _(str(DraftSave.How(save.how).label)), "count": len(save.changes)})
    at = number_given(request.GET.get("at", ""), 0)
    looked = at if 0 < at <= entry.draft.version else 0
    context = {
        **frame(entry),
        "rows": rows,
        "looked": looked,
        "cells": _version_cells(entry, looked) if looked and entry.is_kept else [],
        "refused": [(one, _rows_of(entry, one.changes)) for one in saves_refused(entry.draft)] if entry.is_kept else [],
        "save_key": secrets.token_hex(12),
    }
    answer = render(request, "web/entry_versions.html", context)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _version_cells(entry: Entry, number: int) -> list[dict[str, Any]]:
    then, now = draft_cells(entry.draft, number), entry.draft.cells
    names = dict.fromkeys((*entry.known.places, *then, *now))
    return [
        {
            "named": named(entry, cell),
            "then": shown(then.get(cell, ""), entry.known.number(cell)),
            "now": shown(now.get(cell, ""), entry.known.number(cell)),
            "differs": then.get(cell, "") != now.get(cell, ""),
        }
        for cell in names
        if cell in then or cell in now
    ]


def _rows_of(entry: Entry, changes: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(named(entry, cell), shown(pair[1], entry.known.number(cell))) for cell, pair in changes.items()]


def _bring_back(request: Asked, entry: Entry) -> HttpResponseBase:
    draft, actor, key = draft_needed(entry), actor_of(request.user), request.POST.get("save", "")[:KEY]
    number, seen = (number_given(request.POST.get(name, ""), 0) for name in ("number", "seen"))
    save = DraftSave.objects.filter(draft=draft, number=number).first()
    if save is not None and save.refused:
        changes: Changes = {cell: (pair[0], pair[1]) for cell, pair in save.changes.items()}
        saved = draft_save(draft=draft, key=key, changes=changes, actor=actor, how="restored", locked=entry.locked)
    else:
        saved = draft_restore(draft=draft, number=number, seen=seen, key=key, actor=actor, locked=entry.locked)
    if saved.save.refused:
        raise Refused(Fault(saved.save.refused))
    messages.success(request, _("Version {number} was brought back as a new save.").format(number=number))
    return redirect(entry.address("step", number=1))


# ------------------------------------------------------------------------------- a return that was sent past it


@unit_page("enter", methods=("GET", "POST"))
def beside(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """A workbook that was sent while the draft was open: three values a cell, and which of them to go on with."""
    entry = entry_of(request, unit, period)
    if not entry.is_kept:
        return redirect(entry.address("step", number=1))
    revision, differences = return_beside(entry.draft)
    if revision is None:
        return redirect(entry.address("step", number=1))
    if request.method == "POST" and request.POST.get("revision") == str(revision.number):
        wanted = {one.cell for one in differences} & set(request.POST.getlist("take"))
        saved = draft_take(
            draft=entry.draft,
            revision=revision,
            cells=wanted,
            seen=number_given(request.POST.get("seen", ""), 0) or entry.draft.version,
            key=request.POST.get("save", "")[:KEY],
            actor=actor_of(request.user),
            locked=entry.locked,
        )
        if saved.save.refused:
            raise Refused(Fault(saved.save.refused))
        return redirect(entry.address("step", number=1))
    touched = last_touch(entry.draft, [one.cell for one in differences])
    rows = [
        {
            "cell": one.cell,
            "named": named(entry, one.cell),
            "began": shown(one.began, kind := entry.known.number(one.cell)),
            "drafted": shown(one.drafted, kind),
            "sent": shown(one.sent, kind),
            "is_both": one.is_both,
            "by": touched[one.cell].saved_by if one.cell in touched else "",
        }
        for one in differences
    ]
    context = {**frame(entry), "rows": rows, "revision": revision, "save_key": secrets.token_hex(12)}
    answer = render(request, "web/entry_beside.html", context)
    answer["Cache-Control"] = "private, no-store"
    return answer


# ---------------------------------------------------------------------------------------------------- evidence


@unit_page("view", methods=("GET", "POST"))
def proof(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """Tài liệu kiểm chứng: a file is added to a block, or one is read by its mark."""
    entry = entry_of(request, unit, period)
    if request.method == "POST":
        if not entry.place.may_enter:
            raise Http404
        return _prove(request, entry)
    held: Evidence | None = evidence_of(draft_needed(entry)).get(request.GET.get("mark", ""))
    if held is None:
        raise Http404
    return _sent(office().stores.files.get(held.upload.sha256), MEDIA_TYPES[held.format], held.upload.name)


def _prove(request: Asked, entry: Entry) -> HttpResponseBase:
    file, block = request.FILES.get("file"), request.POST.get("block", "")
    actor, key = actor_of(request.user), request.POST.get("save", "")[:KEY]
    removed = request.POST.get("remove", "")
    if entry.locked:
        raise Refused(entry.locked)
    draft = entry.kept(actor)
    if removed:
        changes: Changes = {removed: (draft.cells.get(removed, ""), "")}
    else:
        if not isinstance(file, UploadedFile):
            raise Refused(Fault("entry.no_file"))
        content, name = file.read(), (file.name or "")[-120:]
        cell = f"proof/{block}/{sha256(content)[:16]}"
        if not entry.known.knows(cell):
            raise Refused(Fault("saving.unknown_cell", "", {"cell": cell[:80]}))
        evidence_add(draft=draft, content=content, name=name, actor=actor, store=office().stores.files)
        changes = {cell: (draft.cells.get(cell, ""), name)}
    draft_save(draft=draft, key=key, changes=changes, actor=actor)
    number = number_given(request.POST.get("step", ""), 0) or 1
    return redirect(entry.address("step", number=min(number, len(entry.steps))) + f"#b-{block}")


# ------------------------------------------------------------------------------------------------ a draft as a file

FILE = "tienbo-draft-1"
LARGEST_FILE = 2 * 2**20


@unit_page("enter", methods=("GET", "POST"))
def file(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """The draft saved to a file, and opened from one: what differs is shown, and put in where it is wanted."""
    entry = entry_of(request, unit, period)
    if request.method != "POST":
        made = {
            "kind": FILE,
            "unit": unit.key,
            "period": period.code,
            "form": entry.draft.form,
            "version": entry.draft.version,
            "cells": entry.draft.cells,
        }
        data = json.dumps(made, ensure_ascii=False, indent=1).encode()
        answer = _sent(data, "application/json", f"{period.code}-ban-nhap-v{entry.draft.version}.json")
        answer["Cache-Control"] = "private, no-store"
        return answer
    if "put" in request.POST:
        return _put_in(request, entry)
    try:
        cells = _cells_in(request, entry)
    except Refused as refused:
        return _opened(request, entry, {}, refused.faults)
    return _opened(request, entry, cells)


def _cells_in(request: Asked, entry: Entry) -> dict[str, str]:
    """The cells of a draft that was saved to a file. Refused for another unit's, another period's, and no draft."""
    held = request.FILES.get("file")
    if not isinstance(held, UploadedFile):
        raise Refused(Fault("entry.no_file"))
    name = (held.name or "")[-100:]
    if (held.size or 0) > LARGEST_FILE:
        raise Refused(Fault("entry.no_draft", "", {"name": name}))
    try:
        made = json.loads(held.read())
        if made["kind"] != FILE:
            raise ValueError
        whose = (made["unit"], made["period"], made["form"])
        cells = {str(cell): str(text) for cell, text in dict(made["cells"]).items() if text}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as wrong:
        raise Refused(Fault("entry.no_draft", "", {"name": name})) from wrong
    if whose != (entry.unit.key, entry.period.code, entry.draft.form):
        raise Refused(Fault("entry.draft_of_another", "", {"name": name}))
    unknown = [cell for cell in cells if not entry.known.knows(cell)]
    if unknown:
        raise Refused(*(Fault("saving.unknown_cell", "", {"cell": cell[:80]}) for cell in unknown[:20]))
    return cells


def _opened(request: Asked, entry: Entry, cells: Mapping[str, str], faults: Sequence[Fault] = ()) -> HttpResponse:
    now = entry.draft.cells
    rows = [
        {
            "cell": cell,
            "named": named(entry, cell),
            "drafted": shown(now.get(cell, ""), kind := entry.known.number(cell)),
            "held": now.get(cell, ""),
            "wanted": text,
            "wanted_shown": shown(text, kind),
        }
        for cell, text in cells.items()
        if now.get(cell, "") != text
    ]
    context = {**frame(entry), "rows": rows, "faults": faults, "opened": bool(cells), "save_key": secrets.token_hex(12)}
    answer = render(request, "web/entry_file.html", context, status=422 if faults else 200)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _put_in(request: Asked, entry: Entry) -> HttpResponseBase:
    """The chosen cells of an opened file, over what the page showed of the draft."""
    actor = actor_of(request.user)
    changes = {
        cell: (request.POST.get(f"held {cell}", ""), request.POST.get(f"want {cell}", ""))
        for cell in request.POST.getlist("take")
    }
    if changes:
        saved = draft_save(
            draft=entry.kept(actor),
            key=request.POST.get("save", "")[:KEY],
            changes=changes,
            actor=actor,
            how="file",
            locked=entry.locked,
        )
        if saved.save.refused:
            raise Refused(Fault(saved.save.refused))
    return redirect(entry.address("step", number=1))
