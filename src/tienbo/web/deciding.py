"""Decisions of the standing office: tiếp nhận one return or many, đề nghị bổ sung; each on what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from tienbo.accounts.actors import actor_of
from tienbo.collection.deciding import Seen, seen_accept, seen_ask_supplement
from tienbo.collection.models import Comment
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, ngettext
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.units.frames import unit_ids, unit_keys
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page, unit_page
from tienbo.web.board import named
from tienbo.web.commenting import comment_take
from tienbo.web.intake import Desk, desk_of, held_return, listed, return_shown

worded(
    {
        "decision.unread": N_(
            "{count} of the chosen returns have figures that stand out. Read why below, tick what you have read, then "
            "receive them."
        )
    }
)


@page("accept", methods=("POST", "GET"))
def intake_accept(request: Asked, period: Period) -> HttpResponseBase:
    """Tiếp nhận what was chosen, each named by the hash of what was on the page; all of it or none."""
    if request.method != "POST":
        return redirect("intake", period=period)
    chosen = request.POST.getlist("seen")
    desk = desk_of(request, period)
    unread = _unread(chosen, request.POST.getlist("read"), desk)
    if unread:
        return listed(request, period, [Fault("decision.unread", "", {"count": len(unread)})], chosen, unread=unread)
    try:
        count = seen_accept(
            roots=desk.roots,
            period=period,
            seen=_seen(chosen, desk),
            actor=actor_of(request.user),
            names=desk.names,
        )
    except Refused as refused:
        return listed(request, period, refused.faults, chosen)
    if count:
        said = ngettext(
            "{count} return was received; it counts now.", "{count} returns were received; they count now.", count
        )
        messages.success(request, said.format(count=count))
    else:
        messages.info(request, _("These returns had been received already; nothing was changed."))
    return redirect(_back(request, period))


def _back(request: Asked, period: Period) -> str:
    """The list as it was filtered, or the next return that waits."""
    following = request.POST.get("next", "")
    if following in unit_ids():
        return reverse("intake_return", kwargs={"period": period, "key": following})
    kept = {name: request.POST[name] for name in ("state", "kind", "q", "was") if request.POST.get(name)}
    return reverse("intake", kwargs={"period": period}) + (f"?{urlencode(kept)}" if kept else "")


def _unread(chosen: Sequence[str], read: Sequence[str], desk: Desk) -> list[str]:
    """What was chosen that waits, has figures that stand out and no tick that somebody read them. Nothing where some of
    it is not what stands any more: that is told first."""
    keys = unit_keys()
    waiting = {named(keys[one.unit], one): one for one in desk.standings if one.revision}
    if not all(one in waiting for one in chosen):
        return []
    return [
        one
        for one in chosen
        if one not in read and waiting[one].state != "received" and desk.outliers.get(waiting[one].unit)
    ]


def _seen(chosen: Sequence[str], desk: Desk) -> list[Seen]:
    """What the form names, of the units that are on the desk; anything else is no choice of this page."""
    ids, listed = unit_ids(), {one.unit for one in desk.standings}
    found = []
    for one in chosen:
        key, _colon, rest = one.partition(":")
        number, sha256, decision = [*rest.split(":"), "", "", ""][:3]
        unit, counts = ids.get(key), (number, decision)
        if unit is None or unit not in listed or not all(one.isdecimal() and len(one) < 12 for one in counts):
            raise Http404
        found.append(Seen(unit, int(number), sha256, int(decision)))
    return found


@unit_page("accept", methods=("POST", "GET"))
def intake_ask(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """Đề nghị bổ sung, with a note for the unit."""
    if request.method != "POST":
        return redirect("intake_return", key=unit.key, period=period)
    desk = desk_of(request, period)
    note = request.POST.get("note", "")[:4000]
    (seen,) = _seen([request.POST.get("seen", "")], desk)
    if seen.unit != unit.pk:
        raise Http404
    try:
        asked = seen_ask_supplement(
            roots=desk.roots, period=period, seen=seen, actor=actor_of(request.user), names=desk.names, note=note
        )
    except Refused as refused:
        return return_shown(request, unit, period, refused.faults, note)
    if asked:
        said = _("{unit} was asked to supplement its return. It does not count until it is received.")
        messages.success(request, said.format(unit=desk.names.get(unit.pk, "")))
    else:
        messages.info(request, _("The same had been asked already; nothing was changed."))
    return redirect("intake_return", key=unit.key, period=period)


@unit_page("accept", methods=("POST",))
def intake_comment(request: Asked, unit: Unit, period: Period) -> HttpResponseBase:
    """Góp ý: the office begins a thread on a figure, answers one, settles it or opens it again."""
    try:
        comment_take(request, held_return(unit, period), Comment.Side.OFFICE)
    except Refused as refused:
        return return_shown(request, unit, period, refused.faults)
    return redirect(reverse("intake_return", kwargs={"key": unit.key, "period": period}) + "#comments")
