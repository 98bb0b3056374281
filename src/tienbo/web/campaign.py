"""The campaign as the standing office leads it: opened with its letter, more time given, closed, re-opened by two.

One page for a half-year. Before it is opened the page shows who will be asked for what, on the units of the period's
last day, and the days the regime sets; afterwards its letter, its extensions, and what was done to it by whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.collection.campaign_models import CampaignLetter
from tienbo.collection.campaigns import (
    PROPOSAL_DAYS,
    Cited,
    Days,
    campaign_announce,
    campaign_close,
    days_checked,
    days_proposed,
    due_units,
    extensions_give,
    kinds_counted,
    lapses,
    letter_of,
    proposal_of,
    reopening_confirm,
    reopening_propose,
)
from tienbo.collection.models import Campaign
from tienbo.collection.services import campaign_open, edition_of_campaign
from tienbo.collection.standings import standings
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, ngettext
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.core.words import day_of, day_words, sort_key
from tienbo.core.working_days import Known
from tienbo.units.frames import tree_on, unit_ids, unit_keys, unit_names
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page
from tienbo.web.accounts import resting_count
from tienbo.web.downloads import download
from tienbo.web.families import family_words
from tienbo.web.office import Office, office
from tienbo.web.settling import openings

worded({"campaign.no_day": N_("{text} is not a day; write it as 25/6/2026.")})

KNOWN: Mapping[Known, str] = {
    "announced": "",
    "foreseen": N_(
        "The days off of that year are foreseen only: no announcement has been written into the calendar yet."
    ),
    "unknown": N_("The calendar knows only the fixed days off of that year: check the announced ones."),
}
ACTS = {"close": N_("closed"), "propose": N_("proposed to re-open"), "reopen": N_("confirmed the re-opening")}


@dataclass(frozen=True)
class Lead:
    """A half-year as its standing office leads it. `campaigns`: one for each unit the office collects for; empty until
    it is opened."""

    held: Office
    period: Period
    roots: Sequence[Unit]
    campaigns: Sequence[Campaign]

    @cached_property
    def last(self) -> date:
        return self.held.edition.calendar.last_day(self.period)

    @cached_property
    def tree(self) -> Tree:
        return tree_on(self.last)

    @cached_property
    def names(self) -> Mapping[int, str]:
        return unit_names(self.last)

    @property
    def first(self) -> Campaign | None:
        return self.campaigns[0] if self.campaigns else None

    @property
    def is_open(self) -> bool:
        return bool(self.campaigns) and not any(one.is_closed for one in self.campaigns)

    @cached_property
    def letter(self) -> CampaignLetter | None:
        return letter_of(self.campaigns[0]) if self.campaigns else None

    def owing(self, root: Unit) -> dict[int, str]:
        """Who reports to a root, by row id, and on which form: on the definitions of its campaign."""
        opened = next((one for one in self.campaigns if one.root_id == root.pk), None)
        edition = edition_of_campaign(opened) if opened is not None else self.held.edition
        return due_units(edition, self.tree, root.pk, self.period)

    @cached_property
    def asked(self) -> dict[int, str]:
        return {unit: form for root in self.roots for unit, form in self.owing(root).items()}


def lead_of(request: Asked, period: Period) -> Lead:
    """The half-year as the person leads it: the site's own office, or its chair; anybody else finds nothing."""
    held = office()
    roots = held.collectors(period)
    if request.seat.unit.pk != held.home.pk or not roots:
        raise Http404
    if not (request.seat.allows("consolidate") or request.seat.allows("conclude")):
        raise Http404
    rows = Campaign.objects.filter(root__in=roots, period_code=period.code).select_related("edition", "root")
    return Lead(held, period, roots, list(rows.order_by("root_id")))


# ------------------------------------------------------------------------------------------------------ the page


@page("view")
def campaign(request: Asked, period: Period) -> HttpResponseBase:
    """Who is asked for what, by which letter, until when; what was done to the campaign."""
    if period.is_year:
        return redirect("campaign", period=period.last_half)
    return _page(request, lead_of(request, period))


def _page(
    request: Asked, lead: Lead, status: int = 200, *, part: str = "", faults: Sequence[Fault] = (), **more: Any
) -> HttpResponse:
    proposal = proposal_of(lead.first) if lead.first is not None else None
    forms = lead.held.edition.forms if lead.first is None else edition_of_campaign(lead.first).forms
    who = [
        (family_words(kind), forms[form], count)
        for kind, form, count in kinds_counted(lead.asked, lead.tree)
        if form in forms
    ]
    keys = unit_keys()
    context = {
        "asked": lead.period,
        "lead": lead,
        "letter": lead.letter,
        "typed": more.pop("typed", None) or _typed(lead),
        "days_note": _days_note(lead),
        "regime": regime_of(lead),
        "who": who,
        "units": [(lead.names.get(unit, ""), keys[unit]) for unit in sorted(lead.asked, key=_by_name(lead))],
        "owing": _owing(lead),
        "extensions": _extensions(lead),
        "acts": [
            (_(ACTS[act.act]), act.actor, act.at, act.reason)
            for one in lead.campaigns
            for act in one.acts.order_by("id")
        ],
        "is_closed": bool(lead.campaigns) and not lead.is_open,
        "proposal": proposal,
        "lapses": lapses(proposal) if proposal is not None else None,
        "own_proposal": proposal is not None and proposal.person_id == request.user.pk,
        "days": PROPOSAL_DAYS,
        "may": request.seat.allows("consolidate"),
        "resting": resting_count(request) if request.seat.allows("accept") else 0,
        "openings": [one for one in openings(request.seat) if one[0] != lead.period],
        "part": part,
        "faults": faults,
        "more": {"more_until": "", "more_reason": ""},
        "chosen": (),
        "reason": "",
        **more,
    }
    return render(request, "web/campaign.html", context, status=422 if faults else status)


def _by_name(lead: Lead) -> Any:
    return lambda unit: sort_key(lead.names.get(unit, ""))


def _typed(lead: Lead) -> dict[str, str]:
    """What the form begins with: the letter that counts, else what the regime says."""
    letter = lead.letter
    if letter is not None:
        days = Days(letter.figures_from, letter.figures_to, letter.due_said)
        cited = Cited(letter.number, letter.issued_on, letter.issued_by, letter.subject)
    else:
        proposed = days_proposed(lead.held.edition, lead.period)
        due = lead.first.due_on if lead.first is not None and lead.first.due_on else proposed.due_said
        days, cited = Days(proposed.figures_from, proposed.figures_to, due), Cited(issued_by=lead.held.settings.name)
    return {
        "number": cited.number,
        "issued_on": day_words(cited.issued_on) if cited.issued_on else "",
        "issued_by": cited.issued_by,
        "subject": cited.subject,
        "figures_from": day_words(days.figures_from),
        "figures_to": day_words(days.figures_to),
        "due_said": day_words(days.due_said),
    }


def _days_note(lead: Lead) -> list[str]:
    """What has to be known of the due day: that it was moved, and how far the days off are known."""
    working, said = lead.held.edition.working_days, _typed(lead)["due_said"]
    day = day_of(said)
    if day is None or (lead.first is not None and lead.letter is None):
        return []  # opened without a letter: its day stands as it was set
    due, notes = working.moved(day), []
    if due != day:
        words = _("{day} is a day off ({name}); returns are due on the next working day, {due}.")
        notes.append(words.format(day=said, name=working.name_of(day) or _("weekend"), due=day_words(due)))
    known = KNOWN[working.known((day, due))]
    return [*notes, *([_(known)] if known else [])]


def regime_of(lead: Lead) -> str:
    """The regime that proposes the days, cited; marked where its text was not seen."""
    edition = lead.held.edition
    regime = edition.calendar.regime(lead.period)
    document = edition.documents.get(regime.document)
    return document.cited if document is not None else ""


def _owing(lead: Lead) -> list[tuple[str, str]]:
    """(key, name) of units that have sent nothing: to whom more time may be given."""
    if not lead.campaigns:
        return []
    keys, today = unit_keys(), timezone.localdate()
    found = [
        row.unit
        for one in lead.campaigns
        for row in standings(
            root=one.root, edition=edition_of_campaign(one), period=lead.period, tree=lead.tree, today=today
        )
        if row.state in ("late", "not_begun", "asked")
    ]
    return [(keys[unit], lead.names.get(unit, "")) for unit in sorted(found, key=_by_name(lead))]


def _extensions(lead: Lead) -> list[tuple[str, Any]]:
    """(name, extension), the newest first."""
    return [(lead.names.get(row.unit_id, ""), row) for one in lead.campaigns for row in one.extensions.order_by("-id")]


# ---------------------------------------------------------------------------------------------------------- acts


def _leading(request: Asked, period: Period) -> Lead:
    """The half-year, for an act of the office itself."""
    if not request.seat.allows("consolidate"):
        raise Http404
    return lead_of(request, period)


@page("consolidate", methods=("POST",))
def campaign_announcing(request: Asked, period: Period) -> HttpResponseBase:
    """Open the campaign with its letter; or put a later letter in the place of the one before."""
    lead = _leading(request, period.last_half)
    typed = {name: request.POST.get(name, "").strip()[:400] for name in _typed(lead)}
    sent = request.FILES.get("file")
    actor, store, edition = actor_of(request.user), lead.held.stores.files, lead.held.edition
    was_open = bool(lead.campaigns)
    try:
        issued_on = _day(typed["issued_on"]) if typed["issued_on"] else None
        days = Days(*(_day(typed[name]) for name in ("figures_from", "figures_to", "due_said")))
        days_checked(days, edition.working_days, timezone.localdate(), issued_on)
        file = (sent.name or "", sent.read()) if sent else None
        cited = Cited(typed["number"], issued_on, typed["issued_by"], typed["subject"], file)
        with transaction.atomic():
            for root in lead.roots:
                opened = campaign_open(root=root, period=lead.period, edition=edition)
                campaign_announce(campaign=opened, edition=edition, days=days, cited=cited, actor=actor, store=store)
    except Refused as refused:
        return _page(request, lead, part="letter", faults=refused.faults, typed=typed)
    said = _("The letter and its days were recorded.") if was_open else _("The campaign is open. {count} units report.")
    messages.success(request, said.format(count=len(lead.asked)))
    return redirect("campaign", period=lead.period)


def _day(text: str) -> date:
    day = day_of(text)
    if day is None:
        raise Refused(Fault("campaign.no_day", "", {"text": text or "–"}))
    return day


@page("consolidate")
def campaign_document(request: Asked, period: Period) -> HttpResponse:
    """The issuing document, as it was received."""
    lead = lead_of(request, period.last_half)
    if lead.letter is None or lead.letter.upload is None:
        raise Http404
    return download(lead.letter.upload.name, lead.held.stores.files.get(lead.letter.upload.sha256))


@page("consolidate", methods=("POST",))
def campaign_extending(request: Asked, period: Period) -> HttpResponseBase:
    """More time for the chosen units, with a reason."""
    lead = _leading(request, period.last_half)
    ids, typed = unit_ids(), {name: request.POST.get(name, "")[:2000] for name in ("more_until", "more_reason")}
    chosen = {ids[key] for key in request.POST.getlist("unit") if key in ids}
    made = []
    try:
        day = _day(typed["more_until"].strip())
        with transaction.atomic():
            for one in lead.campaigns:
                owing = lead.owing(one.root)
                here = chosen if len(lead.campaigns) == 1 else chosen & owing.keys()
                if here or one is lead.campaigns[0]:
                    made += extensions_give(
                        campaign=one,
                        units=here,
                        due_on=day,
                        reason=typed["more_reason"],
                        actor=actor_of(request.user),
                        edition=lead.held.edition,
                        owing=owing,
                        names=lead.names,
                    )
    except Refused as refused:
        keys = {key for key in request.POST.getlist("unit") if key in ids}
        return _page(request, lead, part="more", faults=refused.faults, more=typed, chosen=keys)
    said = ngettext("{count} unit has until {day}.", "{count} units have until {day}.", len(made))
    messages.success(request, said.format(count=len(made), day=day_words(day)))
    return redirect("campaign", period=lead.period)


@page("consolidate", methods=("POST",))
def campaign_closing(request: Asked, period: Period) -> HttpResponseBase:
    """Khóa đợt."""
    return _done(request, period, "closing", _("The campaign is closed: nothing is sent or decided in it any more."))


@page("consolidate", methods=("POST",))
def campaign_proposing(request: Asked, period: Period) -> HttpResponseBase:
    """The first person says why it has to be opened again."""
    return _done(request, period, "proposing", _("The proposal is kept. Another person has to confirm it."))


@page("view", methods=("POST",))
def campaign_confirming(request: Asked, period: Period) -> HttpResponseBase:
    """The second person confirms."""
    return _done(request, period, "confirming", _("The campaign is open again."))


def _done(request: Asked, period: Period, what: str, said: str) -> HttpResponseBase:
    lead = lead_of(request, period.last_half)
    actor, reason = actor_of(request.user), request.POST.get("reason", "")[:2000]
    try:
        with transaction.atomic():
            for one in lead.campaigns:
                if what == "closing":
                    campaign_close(campaign=one, actor=actor, reason=reason)
                elif what == "proposing":
                    reopening_propose(campaign=one, actor=actor, reason=reason)
                else:
                    reopening_confirm(campaign=one, actor=actor)
    except Refused as refused:
        return _page(request, lead, part="closing", faults=refused.faults, reason=reason)
    messages.success(request, said)
    return redirect("campaign", period=lead.period)
