"""The merge desk: what all units wrote side by side, heading by heading; what of it the report says, in which words,
cited from whom, addressed to whom."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tienbo.accounts.actors import Actor, actor_of
from tienbo.catalogue.definitions import Outline, TextHeading
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, speaking
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.papers.context import period_name
from tienbo.release.desk import Group, addressees, beside, groups, matching, standing
from tienbo.release.drafting import (
    HEADINGS,
    Wording,
    draft_of,
    draft_open,
    entries_of,
    entry_add,
    entry_drop,
    entry_edit,
    entry_move,
)
from tienbo.release.models import ReportDraft, ReportEntry
from tienbo.units.frames import unit_keys, unit_names
from tienbo.web.access import Asked, page
from tienbo.web.office import office
from tienbo.web.previews import Wish, reported, wish_of

HEADING_WORDS: dict[TextHeading, str] = {
    "highlight": N_("Highlights"),
    "limitation": N_("Difficulties and limits"),
    "cause_objective": N_("Objective causes"),
    "cause_subjective": N_("Subjective causes"),
    "next": N_("Tasks of the next period"),
    "proposal": N_("Proposals"),
    "method": N_("How figures were collected"),
}
SHOWN = 60
"""Wordings shown at once; all of them when asked for."""

worded(
    {
        "desk.none_picked": N_("Tick at least one text first."),
        "desk.already": N_("The texts ticked are in the report already."),
        "desk.moved_on": N_("Some of the texts ticked are no longer there: their units have sent other returns since."),
    }
)


@page("consolidate", methods=("GET", "POST"))
def texts(request: Asked, period: Period) -> HttpResponse:
    asked = {**request.GET.dict(), **request.POST.dict()}
    wish = wish_of(request.seat, period, asked)
    headings = headings_of(wish.outline) if wish else []
    if wish is None or not headings:
        return render(request, "web/report_none.html", {})
    heading = next((one for one in headings if one == asked.get("heading")), headings[0])
    of = reported(period, wish.outline)
    with speaking(wish.lang):  # whom a text is addressed to is said as the paper will say it, whatever the page speaks
        written = groups(unit=request.seat.unit, period=of, edition=office().edition, basis=wish.basis)
    shown: dict[str, Any] = {"q": asked.get("q", "")[:100], "all": asked.get("all") == "1"}
    status = 200
    if request.method == "POST":
        actor = actor_of(request.user)
        try:
            with transaction.atomic():  # a refused act leaves no draft begun
                draft = draft_open(unit=request.seat.unit, period=of, outline=wish.outline, actor=actor)
                _act(request, draft, heading, written, actor)
        except Refused as refused:
            status = 422
            shown |= {"faults": refused.faults, "typed": asked.get("text", ""), "at_fault": asked.get("entry", "")}
        else:
            if not request.headers.get("HX-Request"):
                return redirect(_here(period, wish, heading, shown["q"]))
    context = _context(request, period, wish, headings, heading, written) | shown
    groups_shown = matching([one for one in written if one.heading == heading], shown["q"])
    listed = list(beside(groups_shown))
    context["groups"] = listed if shown["all"] else listed[:SHOWN]
    context["hidden"] = 0 if shown["all"] else max(0, len(listed) - SHOWN)
    part = bool(request.headers.get("HX-Request"))
    return render(request, "web/parts/report_desk.html" if part else "web/report_texts.html", context, status=status)


def headings_of(outline: Outline) -> list[TextHeading]:
    """The headings that a paper cites, in the order of the forms."""
    cited = {heading for section in outline.every_section() for heading in section.texts}
    return [heading for heading in HEADINGS if heading in cited]


def _here(period: Period, wish: Wish, heading: str, q: str) -> str:
    query = urlencode({"heading": heading, **({"q": q} if q else {})})
    return f"{reverse('report_texts', kwargs={'period': period})}?{wish.asked}&{query}"


def _context(
    request: Asked, period: Period, wish: Wish, headings: list[TextHeading], heading: TextHeading, written: list[Group]
) -> dict[str, Any]:
    of = reported(period, wish.outline)
    rows = entries_of(draft_of(request.seat.unit, of, wish.outline))
    day = office().edition.calendar.last_day(of)
    names = {key: unit_names(day).get(number, "") for number, key in unit_keys().items()}
    held = [one for one in standing(rows, written) if one.entry.heading == heading]
    tabs = [
        (
            _(HEADING_WORDS[one]),
            _here(period, wish, one, ""),
            one == heading,
            sum(group.heading == one for group in written),
            sum(row.heading == one for row in rows),
        )
        for one in headings
    ]
    return {
        "wish": wish,
        "heading": heading,
        "heading_words": _(HEADING_WORDS[heading]),
        "tabs": tabs,
        "asked_name": period_name(of),
        "chosen": [(one, _cited(one.entry, names)) for one in held],
        "picked": {code for one in held for code in one.taken},
        "addressees": addressees([one for one in written if one.heading == heading], rows),
        "is_proposal": heading == "proposal",
        "total": sum(one.heading == heading for one in written),
    }


def _cited(row: ReportEntry, names: dict[str, str]) -> list[tuple[str, str, bool]]:
    """(key, name, whether it is cited) of the units a text was taken from."""
    every = dict.fromkeys([*(source["unit"] for source in row.sources), *row.units])
    return [(key, names.get(key, ""), key in row.units) for key in every]


def _act(request: Asked, draft: ReportDraft, heading: TextHeading, written: list[Group], actor: Actor) -> None:
    """Do what the form's button says."""
    sent = request.POST
    act, entry = sent.get("act", ""), sent.get("entry", "")
    addressee = sent.get("addressee", "") if heading == "proposal" else ""
    if act in ("pick", "join"):
        _pick(sent.getlist("group"), draft, heading, written, actor, joined=act == "join")
    elif act == "add":
        wording = Wording(sent.get("text", ""), addressee)
        entry_add(draft=draft, heading=heading, wording=wording, actor=actor)
    elif act == "edit":
        seen = int(sent["seen"]) if sent.get("seen", "").isdecimal() else 0
        cited = tuple(sent.getlist("unit"))
        wording = Wording(sent.get("text", ""), addressee, cited)
        entry_edit(draft=draft, entry=entry, seen=seen, wording=wording, actor=actor)
    elif act == "drop":
        entry_drop(draft=draft, entry=entry, actor=actor)
    elif act in ("up", "down"):
        entry_move(draft=draft, entry=entry, by=-1 if act == "up" else 1, actor=actor)
    else:
        raise Http404


def _pick(
    codes: list[str], draft: ReportDraft, heading: TextHeading, written: list[Group], actor: Actor, *, joined: bool
) -> None:
    """Take wordings into the report, each as a text of its own or all as one text cited from all who wrote them. One
    that is there already is not taken twice, whoever sent the form twice."""
    if not codes:
        raise Refused(Fault("desk.none_picked"))
    found = [group for group in written if group.heading == heading and group.code in codes]
    if len(found) != len(set(codes)):
        raise Refused(Fault("desk.moved_on"))
    held = {source.get("group") for row in entries_of(draft) for source in row.sources}
    found = [group for group in found if group.code not in held]
    if not found:
        raise Refused(Fault("desk.already"))
    for taken in [found] if joined else [[group] for group in found]:
        sources = tuple({**writer.source, "group": group.code} for group in taken for writer in group.writers)
        units = tuple(dict.fromkeys(writer.unit for group in taken for writer in group.writers))
        wording = Wording(taken[0].text, taken[0].addressee, units, sources)
        entry_add(draft=draft, heading=heading, wording=wording, actor=actor)
