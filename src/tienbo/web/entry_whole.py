"""A whole return in one request, by a person who fills in and approves: for a slow line, and for an office's software.

`POST {key, cells, version, device}` as JSON. `cells`: every cell of the return (`papers.cells`); `version`: of the
draft that the sender saw (`state`), 0 for none; `key`: made by the sender, the same for the same sending however often
it is sent. Answers {receipt, again, revision}; 422 with what is wrong with the return; 409 with what the sender
has not seen. Whatever is refused is in the draft.
"""

from __future__ import annotations

import json
from functools import wraps
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from tienbo.accounts.actors import actor_of
from tienbo.collection.sending import Differs
from tienbo.collection.whole import Whole, whole_coming, whole_send
from tienbo.core.faults import Fault, Refused
from tienbo.core.periods import Period
from tienbo.units.models import Unit
from tienbo.web.access import Asked, View, unit_page
from tienbo.web.entry import LARGEST, told
from tienbo.web.entry_page import Entry, entry_of
from tienbo.web.entry_sending import different
from tienbo.web.office import office
from tienbo.web.shedding import step_aside
from tienbo.web.unit_place import place_of


class Said(NamedTuple):
    key: str
    cells: dict[str, str]
    version: int
    device: str


def _in_company(view: View) -> View:
    """Others who send at this moment go into one transaction with it."""

    @wraps(view)
    def opened(*args: Any, **kwargs: Any) -> HttpResponseBase:
        with whole_coming(office().stores):
            return view(*args, **kwargs)

    return opened


@_in_company
@unit_page("enter", methods=("POST",))
def whole(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """Save, check, approve and send; 404 for who may not do all of it."""
    place = place_of(request, unit, period, alone=True)
    form, campaign = place.form(period), place.campaigns[period]
    if form is None or not (place.sees_content and place.may_enter and place.may_approve):
        raise Http404
    try:
        said = _said(request)
        step_aside(request)  # what is left waits for others and for the disk
        sent = whole_send(
            whole=Whole(
                campaign=campaign,
                unit=unit,
                form=form.code,
                key=said.key,
                cells=said.cells,
                seen=said.version,
                actor=actor_of(request.user),
                device=said.device,
                locked=None if office().collects(campaign) else Fault("entry.elsewhere"),
                closed=Fault("entry.closed"),
            ),
            stores=office().stores,
        )
    except Refused as refused:
        return _refused(entry_of(request, unit, period), refused)
    return told({"receipt": sent.receipt.code, "again": sent.again, "revision": sent.revision.number})


def _said(request: HttpRequest) -> Said:
    """What was sent, shape by shape."""
    if len(request.body) > LARGEST:
        raise Refused(Fault("entry.unreadable"))
    try:
        asked = json.loads(request.body)
        cells = {str(cell): str(text) for cell, text in dict(asked["cells"]).items()}
        return Said(str(asked["key"]), cells, int(asked.get("version", 0)), str(asked.get("device", "")))
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise Refused(Fault("entry.unreadable")) from wrong


def _refused(entry: Entry, refused: Refused) -> HttpResponse:
    """Every fault in words and at its place; what differs, named."""
    made: dict[str, Any] = {
        "faults": [fault.sentence() for fault in refused.faults],
        "places": [fault.place for fault in refused.faults],
        "difference": [],
    }
    if not isinstance(refused, Differs):
        return told(made, status=422)
    made["difference"] = [{"cell": cell, **different(entry, cell, *pair)} for cell, pair in refused.cells.items()]
    return told(made, status=409)
