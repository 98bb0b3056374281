"""Where the returns of a half-year stand, and the annexes of others that an office fills in."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from tienbo.api.door import operation
from tienbo.api.places import asked, period_asked
from tienbo.api.shapes import ReturnOut, ReturnsOut, RoundOut, RoundsOut
from tienbo.collection.models import Campaign
from tienbo.collection.standings import STATES, standings
from tienbo.core.messages import gettext as _
from tienbo.release.filling import filled_of
from tienbo.release.rounds import mappings_of, rounds_of
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_called, unit_keys
from tienbo.web.maps import under
from tienbo.web.office import office


@operation("GET", "returns", "view", ReturnsOut, tags=["returns"])
def returns(request: HttpRequest, period: str = "") -> ReturnsOut:
    """Every unit that owes a return, or sent one, of those that may be read: not sent, late, sent, asked to be
    supplemented, received."""
    here, held, today = asked(request), office(), timezone.localdate()
    half = period_asked(period).last_half
    day = held.edition.calendar.last_day(half)
    allowed = accessible_units(here.user, need="view", on=day, acting_on=today)
    mine = allowed.intersection(under(here.seat.unit.pk, day))
    keys, tree, rows, due_on = unit_keys(), tree_on(day), [], None
    campaigns = Campaign.objects.filter(root__in=held.collectors(half), period_code=half.code).select_related("root")
    for campaign in campaigns:
        due_on = campaign.due_on if due_on is None or campaign.root == held.home else due_on
        for one in standings(root=campaign.root, edition=held.edition, period=half, tree=tree, today=today, units=mine):
            rows.append(
                ReturnOut(
                    unit=keys[one.unit],
                    name=unit_called(one.unit, day),
                    kind=one.kind,
                    state=one.state,
                    state_words=_(STATES[one.state]),
                    revision=one.number,
                    counts=one.counts,
                    sent_at=one.sent_at,
                    due_on=one.due_on or campaign.due_on,
                    warnings=one.warnings,
                    note=one.note,
                )
            )
    return ReturnsOut(period=half.code, due_on=due_on, returns=rows)


@operation("GET", "rounds", "consolidate", RoundsOut, tags=["returns"])
def rounds(request: HttpRequest) -> RoundsOut:
    """Annexes of others that the seat's unit fills in, and for which periods it did."""
    return RoundsOut(
        rounds=[
            RoundOut(
                key=one.key,
                name=one.name,
                mapped=len(mappings_of(one)),
                filled=list(dict.fromkeys(filled.period_code for filled in filled_of(one))),
            )
            for one in rounds_of(asked(request).seat.unit)
        ]
    )
