"""What a reorganisation means for work under way: returns of units that close, campaigns, roles of people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from tienbo.catalogue.loading import Edition
from tienbo.collection.campaigns import due_days
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Campaign, Decision, Return
from tienbo.collection.standings import State, state_of
from tienbo.core.periods import Period
from tienbo.processes.reorganise_checks import heirs_of, links_of
from tienbo.processes.reorganise_plan import Plan
from tienbo.units.frames import tree_on
from tienbo.units.models import Grant, Unit


class Owed(NamedTuple):
    """A return of a unit that closes which is not received yet. `closing`: of the half-year in which it closes."""

    unit: int
    period: Period
    state: State
    closing: bool


class Follows(NamedTuple):
    """A campaign of a unit that closes: it stays as it is; the half-years after it are opened at `heir`."""

    root: int
    period: Period
    heir: int | None


class Passed(NamedTuple):
    """A role at a unit that closes. `to`: the unit at which it is given from `begins` on; None where a person must
    decide, then among `among`. The role at the old unit stays: its closing returns are still to be sent."""

    grant: Grant
    to: int | None
    begins: date
    ends: date | None
    among: tuple[int, ...]
    already: bool


def closing_period(edition: Edition, eve: date) -> Period:
    """The half-year in which a day lies."""
    for period in (Period(eve.year, 1), Period(eve.year, 2), Period(eve.year + 1, 1)):
        if edition.calendar.span(period).contains(eve):
            return period
    raise ValueError(f"no half-year has the day {eve}")


def owed(plan: Plan, edition: Edition, today: date) -> Iterator[Owed]:
    """Returns of units that close and are not received, by unit and period; the closing one also where its campaign
    is not open yet."""
    eve, tree = plan.eve, tree_on(plan.eve)
    units = Unit.objects.in_bulk(list(plan.closes))
    lines = {unit: (unit, *tree.ancestors(unit)) for unit in units if unit in tree}
    roots = {one for line in lines.values() for one in line}
    campaigns = list(Campaign.objects.filter(root_id__in=roots).select_related("edition").order_by("period_code"))
    rows = {
        (row.campaign_id, row.unit_id): row
        for row in Return.objects.filter(unit_id__in=units, campaign__in=campaigns).select_related("latest")
    }
    acts: dict[int | None, str] = {}
    latest = [row.latest_id for row in rows.values() if row.latest_id is not None]
    for revision, act in (
        Decision.objects.filter(revision_id__in=latest).order_by("id").values_list("revision_id", "act")
    ):
        acts[revision] = act
    last = closing_period(edition, eve)
    more = {campaign.pk: due_days(campaign) for campaign in campaigns}
    for unit, line in lines.items():
        told = set()
        for campaign in campaigns:
            held, period = edition_of(campaign.edition.fingerprint), campaign.period
            if campaign.root_id not in line or not _stood(units[unit], held, period, eve):
                continue
            told.add(period)
            if held.form_for(units[unit].kind, period) is None:
                continue
            row = rows.get((campaign.pk, unit)) or Return()
            due_on = more[campaign.pk].get(unit, campaign.due_on)
            late = due_on is not None and today > due_on
            state = state_of(row, acts.get(row.latest_id, ""), late=late)
            if state != "received":
                yield Owed(unit, period, state, period == last)
        if last not in told and edition.form_for(units[unit].kind, last) is not None:
            yield Owed(unit, last, "not_begun", True)


def _stood(unit: Unit, edition: Edition, period: Period, eve: date) -> bool:
    """Whether a unit that ends on an eve owes a half-year: it stood on its last day, or ended within it."""
    span = edition.calendar.span(period)
    return span.start <= eve and unit.span.contains(min(eve, edition.calendar.last_day(period)))


def campaigns(plan: Plan) -> Iterator[Follows]:
    """The campaigns of units that close, the newest first."""
    heirs = heirs_of(plan)
    rows = Campaign.objects.filter(root_id__in=plan.closes).order_by("-period_code", "root_id")
    for row in rows:
        yield Follows(row.root_id, row.period, heirs.get(row.root_id))


def grants(plan: Plan) -> Iterator[Passed]:
    """The roles in force at units that close, and where they go."""
    heirs, links = heirs_of(plan), links_of(plan)
    rows = Grant.objects.on(plan.on).filter(unit_id__in=plan.closes, user__is_active=True).select_related("user")
    held: Mapping[tuple[int, int, str], list[Grant]] = defaultdict(list)
    for one in Grant.objects.filter(unit_id__in=[unit for unit in heirs.values() if unit > 0]):
        held[one.user_id, one.unit_id, one.role].append(one)
    given: set[tuple[int, int, str]] = set()
    for row in rows.order_by("unit_id", "role", "user__full_name", "pk"):
        to = heirs.get(row.unit_id)
        among = tuple(link.successor for link in links[row.unit_id]) if row.unit_id in links else ()
        begins = max(plan.on, row.valid_from)
        key = (row.user_id, to or 0, row.role)
        already = to is not None and (
            key in given or any(one.valid_to is None or one.valid_to > begins for one in held[key])
        )
        given.add(key)
        yield Passed(row, to, begins, row.valid_to, among, already)
