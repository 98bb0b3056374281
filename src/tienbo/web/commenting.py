"""Góp ý on a return: the office writes them beside its figures, the unit reads and answers them on its own page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.returns import Content
from tienbo.collection.comments import comment_answer, comment_say, places_of, threads_of
from tienbo.collection.models import Comment, Return, Revision
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.units.models import Unit
from tienbo.web.access import Asked, unit_page
from tienbo.web.handing_back import handed_back_return, workbook_download
from tienbo.web.unit_place import UnitPlace, place_of


def comments_shown(of: Return, revision: Revision | None, at: str = "") -> dict[str, Any]:
    """What a page shows of the comments on a return: its threads, and what a new one may be about (`at` is chosen)."""
    threads = threads_of(of)
    return {
        "threads": threads,
        "threads_open": sum(one.is_open for one in threads),
        "places": list(places_of(Content.from_json(revision.content)).items()) if revision is not None else [],
        "place_at": at,
    }


def unit_comments(place: UnitPlace) -> dict[str, Any]:
    """What the office asked about the return, for who may see its figures; whoever acts for the unit may answer."""
    if place.period is None or not place.sees_content or place.now is None or place.now.last is None:
        return {}
    of = Return.objects.get(unit=place.unit, campaign=place.campaigns[place.period])
    to = reverse("unit_comment", kwargs={"key": place.unit.key, "period": place.period}) if place.may_sign else ""
    return {**comments_shown(of, None), "comment_to": to}


@unit_page("view", methods=("POST",))
def unit_comment(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """The unit answers, or says that it is settled: whoever fills in for it, or its head."""
    place = place_of(request, unit, period)
    if not place.may_sign:
        raise Http404
    try:
        comment_take(request, _return_of(unit, place.campaigns[period].pk), Comment.Side.UNIT)
    except Refused as refused:
        for fault in refused.faults:
            messages.error(request, fault.sentence())
    return redirect(reverse("unit", kwargs={"key": unit.key}) + f"?period={period}#comments")


@unit_page("view")
def unit_comments_workbook(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """The workbook the unit sent last, with the comments in its cells."""
    place = place_of(request, unit, period)
    of = _return_of(unit, place.campaigns[period].pk) if period in place.campaigns and place.sees_content else None
    if of is None or of.latest is None or of.latest.upload is None:
        raise Http404
    return workbook_download(*handed_back_return(of.latest, period))


def _return_of(unit: Unit, campaign: int) -> Return | None:
    return Return.objects.filter(unit=unit, campaign=campaign).select_related("latest__upload").first()


def comment_take(request: Asked, of: Return | None, side: str) -> None:
    """What the form says, kept. Refused with what keeps it from that."""
    said, actor = request.POST, actor_of(request.user)
    if of is None or of.latest is None:
        raise Refused(Fault("comment.no_such_thread"))
    thread, text, act = said.get("thread", ""), said.get("text", ""), said.get("act", Comment.Act.SAY)
    if act not in Comment.Act.values:
        raise Refused(Fault("comment.no_such_thread"))
    if not thread:
        if side != Comment.Side.OFFICE:
            raise Refused(Fault("comment.no_such_thread"))
        comment_say(revision=of.latest, place=said.get("place", ""), text=text, side=side, actor=actor)
        messages.success(request, _("The comment was written; the unit sees it beside the figure."))
    elif comment_answer(of=of, thread=thread, text=text, side=side, actor=actor, act=act):
        messages.success(request, _("Your answer was written."))
    else:
        messages.info(request, _("That was said already; nothing was changed."))
