"""Entering a return on the page: a sheet a step, with or without a script, with or without a connection.

A plain form post saves a step and goes on. A script saves in between, by the same saves; its answers are JSON.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tienbo.accounts.actors import actor_of
from tienbo.collection.draft_models import Draft, DraftSave
from tienbo.collection.drafts import (
    KEY,
    Aside,
    asides_open,
    draft_cells,
    draft_changed,
    draft_save,
    last_touch,
    return_beside,
)
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import moment_words
from tienbo.ground.acting import narrow_is_open, narrow_read
from tienbo.papers.cells import digits, tidy
from tienbo.papers.context import period_name
from tienbo.units.models import Unit
from tienbo.web.access import Asked, public, unit_page
from tienbo.web.addresses import number_given
from tienbo.web.entry_asked import asked_of, left_of
from tienbo.web.entry_page import Entry, entry_of, named, shown

SCRIPTS = ("entry.js", "entry_grid.js", "entry_keep.js", "entry_numbers.js", "entry_rules.js", "entry_sync.js")
LARGEST = 2 * 2**20
"""Bytes of what a script sends at once: a form with every text full has less."""

worded(
    {
        "entry.unreadable": N_("What the page sent could not be read. Load it again; what you entered is still in it."),
    }
)


# ------------------------------------------------------------------------------------------------------ steps


@unit_page("enter")
def start(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """To the first step."""
    return redirect(entry_of(request, unit, period).address("step", number=1))


@unit_page("enter", methods=("GET", "POST"))
def step(request: Asked, unit: Unit, period: Period, number: int) -> HttpResponseBase:
    """One sheet of the form. A post saves what was typed over what the page showed, and goes on."""
    entry = entry_of(request, unit, period)
    entry.sheet(number)
    if request.method != "POST":
        return _step(request, entry, number)
    actor = actor_of(request.user)
    try:
        seen = _seen(entry, request.POST.get("version", ""))
        changes = _changes(entry, seen, request.POST)
        settles, chosen = _settled(entry, request.POST)
        if changes or settles:
            saved = draft_save(
                draft=entry.kept(actor),
                key=request.POST.get("save", "")[:KEY],
                changes=changes | chosen,
                actor=actor,
                settles=settles,
                locked=entry.locked,
            )
            if saved.save.refused:
                raise Refused(Fault(saved.save.refused))
            if saved.aside:
                said = _("Somebody else had changed {count} of these cells meanwhile. Nothing was lost: choose below.")
                messages.warning(request, said.format(count=len(saved.aside)))
                return redirect(entry.address("step", number=number))
    except Refused as refused:
        return _step(request, entry, number, faults=refused.faults, typed=request.POST)
    following = request.POST.get("to", "")
    if following == "send" or (following == "" and number == len(entry.steps)):
        return redirect(entry.address("send"))
    wanted = number_given(following, number + 1)
    return redirect(entry.address("step", number=max(1, min(wanted, len(entry.steps)))))


def _seen(entry: Entry, text: str) -> Mapping[str, str]:
    """The cells a plain form was shown with, by the version it names."""
    version = number_given(text, entry.draft.version)
    if not entry.is_kept or version >= entry.draft.version:
        return dict(entry.draft.cells)
    return draft_cells(entry.draft, version)


def _changes(entry: Entry, seen: Mapping[str, str], posted: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What a plain form says otherwise than it was shown."""
    made = {}
    for cell, text in posted.items():
        if "/" not in cell and cell not in ("as_of", "prepared_by", "approved_by"):
            continue
        wanted = tidy(text, entry.known.number(cell))
        if wanted != seen.get(cell, ""):
            made[cell] = (seen.get(cell, ""), wanted)
    return made


def _settled(entry: Entry, posted: Any) -> tuple[list[tuple[int, str]], dict[str, tuple[str, str]]]:
    """What a plain form chose of what was kept aside: `choose` is "number cell", `take` the same where it is taken."""
    if not entry.is_kept:
        return [], {}
    held = {f"{one.number} {one.cell}": one for one in asides_open(entry.draft)}
    chosen = [held[one] for one in (*posted.getlist("keep"), *posted.getlist("take")) if one in held]
    taken = [held[one] for one in posted.getlist("take") if one in held]
    changes = {one.cell: (entry.draft.cells.get(one.cell, ""), one.wanted) for one in taken}
    return [(one.number, one.cell) for one in chosen], changes


def _step(
    request: Asked, entry: Entry, number: int, *, faults: Sequence[Fault] = (), typed: Any = None
) -> HttpResponse:
    if typed is not None:  # shown again as it was typed, to be saved over what it was typed over
        shown_cells = {**entry.draft.cells, **{cell: text for cell, text in typed.items() if "/" in cell}}
        entry.draft.cells = shown_cells
    context = {
        **frame(entry, number),
        **asked_of(entry),
        "blocks": list(entry.blocks(number)),
        "rules": entry.rules(number),
        "state": json.dumps(state_of(entry, since=-1), ensure_ascii=False) if typed is None else "",
        "faults": faults,
        "version": typed.get("version", "") if typed is not None else entry.draft.version,
        "save_key": secrets.token_hex(12),
        "head": {name: entry.draft.cells.get(name, "") for name in ("as_of", "prepared_by", "approved_by")},
        "asides": aside_rows(entry),
    }
    answer = render(request, "web/entry_step.html", context, status=422 if faults else 200)
    answer["Cache-Control"] = "private, no-store"  # figures of the narrowest class; the shell is what is kept
    return answer


def frame(entry: Entry, number: int = 0, *, bare: bool = False) -> dict[str, Any]:
    """What every page of an entry has around it; `bare` without anything of what was entered."""
    return {
        "entry": entry,
        "unit": entry.unit,
        "name": entry.place.name,
        "asked_name": period_name(entry.period),
        "steps": list(enumerate(entry.steps, 1)),
        "step": number,
        "is_last": number == len(entry.steps),
        "form": entry.known.layout.form,
        "sheet": entry.steps[number - 1] if number else None,
        "scripts": [staticfiles_storage.url(f"web/{name}") for name in SCRIPTS],
        "locked": entry.locked,
        "left": {} if bare else left_of(entry),
    }


@unit_page("enter")
def shell(request: Asked, unit: Unit, period: Period, number: int) -> HttpResponse:
    """A step without a single figure, for a browser to keep."""
    entry = entry_of(request, unit, period)
    context = {
        **frame(entry, number, bare=True),
        "blocks": list(entry.blocks(number, bare=True)),
        "rules": entry.rules(number),
        "bare": True,
        "version": "",
        "save_key": "",
        "head": {"as_of": "", "prepared_by": "", "approved_by": ""},
    }
    return render(request, "web/entry_step.html", context)


def aside_rows(entry: Entry) -> list[dict[str, Any]]:
    """What was kept aside, beside what stands: both values, who and when."""
    if not entry.is_kept:
        return []
    asides = asides_open(entry.draft)
    touched = last_touch(entry.draft, [one.cell for one in asides])
    return [_aside_row(entry, one, touched.get(one.cell)) for one in asides]


def _aside_row(entry: Entry, one: Aside, stands: Any) -> dict[str, Any]:
    kind = entry.known.number(one.cell)
    held = entry.draft.cells.get(one.cell, "")
    return {
        "id": f"{one.number} {one.cell}",
        "number": one.number,
        "cell": one.cell,
        "named": named(entry, one.cell),
        "held": held,
        "held_shown": shown(held, kind) or _("(blank)"),
        "held_by": _who(stands.saved_by, stands.saved_at) if stands else "",
        "wanted": one.wanted,
        "wanted_shown": shown(one.wanted, kind) or _("(blank)"),
        "wanted_by": _who(one.by, one.at),
    }


def _who(name: str, at: Any) -> str:
    return _("{who}, {when}").format(who=name, when=moment_words(timezone.localtime(at)))


# --------------------------------------------------------------------------------------- what a script asks for


def state_of(entry: Entry, *, since: int, saves: Sequence[DraftSave] = ()) -> dict[str, Any]:
    """The draft for a script: with `since`, only the cells that later saves touched; some of these are at hand."""
    draft = entry.draft
    later = draft_changed(draft, since, saves) if entry.is_kept and since >= 0 else draft.cells
    other = return_beside(draft)[0] if entry.is_kept else None
    made: dict[str, Any] = {
        "draft": f"{entry.unit.key}/{entry.period}",
        "version": draft.version,
        "sha256": draft.sha256,
        "saved_by": draft.saved_by,
        "saved_at": draft.saved_at.isoformat() if draft.saved_at else "",
        "cells": later,
        "whole": since < 0,
        "asides": aside_rows(entry),
        "locked": entry.locked.sentence() if entry.locked else "",
        "beside": other.number if other else 0,
    }
    if since < 0:
        made["before"] = entry.before_cells()
        made["counted"] = {f"figure/{address}": digits(count) for address, count in entry.counted.items()}
        made["proofs"] = entry.address("proof")
    return made


@unit_page("enter")
def state(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """The whole draft, and a token to save it with."""
    entry = entry_of(request, unit, period)
    return told({**state_of(entry, since=-1), "token": get_token(request)})


@unit_page("enter", methods=("POST",))
def save(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """Saves of a script, in order: {device, since, saves: [{key, changes, settles, how}]}. Each is kept or was."""
    entry = entry_of(request, unit, period)
    actor = actor_of(request.user)
    try:
        asked = _asked(request)
        draft = entry.kept(actor) if asked["saves"] else entry.draft
        kept, saves = [], []
        for one in asked["saves"]:
            saved = draft_save(draft=draft, actor=actor, device=asked["device"], locked=entry.locked, **one)
            saves.append(saved.save)
            kept.append({"key": one["key"], "aside": len(saved.aside), "refused": saved.save.refused})
    except Refused as refused:
        return told({"faults": [fault.sentence() for fault in refused.faults]}, status=422)
    if asked["since"] < 0 and narrow_is_open():  # the whole draft is asked for; a save is not kept out for its answer
        narrow_read("page:entry_save")
    again = entry if draft is entry.draft else replace(entry, draft=draft)
    return told({**state_of(again, since=asked["since"], saves=saves), "kept": kept})


def _asked(request: HttpRequest) -> dict[str, Any]:
    """What a script sent, shape by shape. Refused for what none of ours sends."""
    if len(request.body) > LARGEST:
        raise Refused(Fault("entry.unreadable"))
    try:
        asked = json.loads(request.body)
        saves = [
            {
                "key": str(one["key"]),
                "changes": {
                    str(cell): (str(pair[0]), str(pair[1])) for cell, pair in dict(one.get("changes", {})).items()
                },
                "settles": [(int(number), str(cell)) for number, cell in one.get("settles", [])],
                "how": "file" if one.get("how") == "file" else "typed",
            }
            for one in asked["saves"]
        ]
        return {"device": str(asked.get("device", "")), "since": int(asked.get("since", -1)), "saves": saves[:200]}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as wrong:
        raise Refused(Fault("entry.unreadable")) from wrong


def told(made: Mapping[str, Any], status: int = 200) -> JsonResponse:
    answer = JsonResponse(made, status=status, json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "private, no-store"
    return answer


# ------------------------------------------------------------------------------------------------ without a line


@lru_cache(maxsize=1)
def _worker() -> str:
    return (Path(__file__).parent / "static" / "web" / "entry_worker.js").read_text(encoding="utf-8")


@public
@require_safe
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker of the entry pages and of nothing else: its scope is the folder it is served from."""
    assets = [staticfiles_storage.url(f"web/{name}") for name in (*SCRIPTS, "entry.css", "mark.svg")]
    body = f"self.ASSETS = {json.dumps(assets)};\n{_worker()}"
    return HttpResponse(body, content_type="text/javascript; charset=utf-8")


def draft_needed(entry: Entry) -> Draft:
    """The kept draft; 404 before the first save."""
    if not entry.is_kept:
        raise Http404
    return entry.draft
