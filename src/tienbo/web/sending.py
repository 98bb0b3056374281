"""Reports sent up: the unit sends a release, the office above reads it, receives it or asks for a supplement."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.papers.context import period_name
from tienbo.release.sending import (
    OVERTAKEN,
    Act,
    Sent,
    release_decide,
    release_send,
    releases_received,
    seen_of,
    silent,
)
from tienbo.release.services import paper_of
from tienbo.units.frames import unit_names
from tienbo.web.access import Asked, page
from tienbo.web.office import office
from tienbo.web.release import paper_file, release_asked

TONES = {Act.SEND: "tb-near", Act.ACCEPT: "tb-good", Act.ASK_SUPPLEMENT: "tb-bad"}


@page("consolidate", methods=("POST",))
def send(request: Asked, period: Period, release: str) -> HttpResponseBase:
    """The frozen report goes to the office above, named by its fingerprint."""
    held = release_asked(request, period, release)
    try:
        if release_send(release=held, actor=actor_of(request.user)):
            messages.success(request, _("The report was sent up. What was released stays as it is."))
        else:
            messages.info(request, _("This report was sent up before; nothing was changed."))
    except Refused as refused:
        for fault in refused.faults:
            messages.error(request, fault.sentence())
    return redirect("release", period=period, release=held.key)


@page("accept")
def releases(request: Asked, period: Period) -> HttpResponse:
    """What was sent to this office for a period, and which provinces sent nothing."""
    received = releases_received(to=request.seat.unit, period=period)
    day = office().edition.calendar.last_day(period)
    names = unit_names(day)
    context = {
        "asked": period,
        "asked_name": period_name(period),
        "rows": [(one, names.get(one.release.unit_id, ""), TONES[Act(one.state)]) for one in received],
        "silent": [names[one] for one in silent(to=request.seat.unit, day=day, received=received)],
    }
    return render(request, "web/releases.html", context)


@page("accept")
def received(request: Asked, period: Period, release: str) -> HttpResponse:
    """One of them: its paper to read, where it stands, what to decide."""
    return _received(request, period, _asked(request, period, release))


def _asked(request: Asked, period: Period, key: str) -> Sent:
    found = releases_received(to=request.seat.unit, period=period)
    sent = next((one for one in found if one.release.key == key), None)
    if sent is None:
        raise Http404
    return sent


def _received(request: Asked, period: Period, sent: Sent, faults: Sequence[Fault] = (), note: str = "") -> HttpResponse:
    names = unit_names(office().edition.calendar.last_day(period))
    overtaken = any(fault.code in OVERTAKEN for fault in faults)
    context = {
        "asked": period,
        "sent": sent,
        "tone": TONES[Act(sent.state)],
        "title": paper_of(sent.release).title,
        "unit_name": names.get(sent.release.unit_id, ""),
        "reported_name": period_name(Period.parse(sent.release.period_code)),
        "seen": seen_of(sent.release, sent.last),
        "faults": faults,
        "note": note,
    }
    status = HTTPStatus.CONFLICT if overtaken else HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return render(request, "web/release_received.html", context, status=status)


@page("accept")
def paper(request: Asked, period: Period, release: str, suffix: str) -> HttpResponse:
    """The paper of a release that was sent to this office: the same bytes as its own office has."""
    return paper_file(_asked(request, period, release).release, suffix)


@page("accept", methods=("POST",))
def decide(request: Asked, period: Period, release: str) -> HttpResponseBase:
    """Receive it, or ask for a supplement; on what was seen."""
    sent, said = _asked(request, period, release), request.POST
    note = said.get("note", "")[:4000]
    try:
        done = release_decide(
            release=sent.release,
            by=request.seat.unit,
            seen=said.get("seen", ""),
            act=said.get("act", ""),
            actor=actor_of(request.user),
            note=note if said.get("act") == Act.ASK_SUPPLEMENT else "",
        )
    except Refused as refused:
        return _received(request, period, _asked(request, period, release), refused.faults, note)
    if done:
        messages.success(request, _("The decision was recorded; the office that sent the report sees it."))
    else:
        messages.info(request, _("That was decided already; nothing was changed."))
    return redirect("release_received", period=period, release=sent.release.key)
