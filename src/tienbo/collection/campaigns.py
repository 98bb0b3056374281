"""A campaign as its standing office leads it: announced by a letter, more time given, closed, re-opened by two persons.

A closed campaign takes nothing in and nothing is decided in it. One thing still reaches it: official figures that come
with the next half-year's return in place of its estimates, which is what an estimate is for. What was released is
frozen and never changes with any of this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.collection.campaign_models import CampaignAct, CampaignLetter, Extension
from tienbo.collection.models import Campaign, Upload
from tienbo.collection.uploads import upload_keep
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.tree import Tree, family
from tienbo.core.words import clean
from tienbo.core.working_days import Known, WorkingDays
from tienbo.ground.files import FileStore
from tienbo.ground.once import once

PROPOSAL_DAYS = 7
"""How long a proposal to re-open waits for the second person. A rule of the house, not of law."""

worded(
    {
        "campaign.closed": N_(
            "The campaign of {period} is closed: nothing is sent or decided in it any more. Ask the standing office to "
            "re-open it; that takes a reason and two persons."
        ),
        "campaign.already_closed": N_("The campaign of {period} is closed already."),
        "campaign.not_closed": N_("The campaign of {period} is open; there is nothing to re-open."),
        "campaign.no_reason": N_("Write the reason; it is kept and shown."),
        "campaign.proposed_already": N_("{actor} has proposed already to re-open it; another person confirms that."),
        "campaign.no_proposal": N_(
            "There is no proposal to re-open {period} that could be confirmed. It may have lapsed, after {days} days: "
            "propose it again."
        ),
        "campaign.same_person": N_(
            "{actor} proposed it; another person has to confirm. One person alone cannot re-open a campaign."
        ),
        "campaign.figures_order": N_("Figures from {start} to {end}: the first day is after the last one."),
        "campaign.due_too_early": N_(
            "Returns are due on {day}, but figures run to {end}: the earliest day is {first}, the first working day "
            "after it."
        ),
        "campaign.letter_in_the_future": N_("The day of the document, {day}, has not come yet."),
        "campaign.extension_not_later": N_("{unit} has until {due} already; {day} is not later."),
        "campaign.extension_not_due": N_("{unit} is not among the units that report for {period}."),
        "campaign.extension_no_unit": N_("Choose the units that get more time."),
        "campaign.extension_day_off": N_("{day} is not a working day; the next one is {moved}."),
        "campaign.letter_too_large": N_("{name} has {size} MB; the document may have {most} MB."),
    }
)

LARGEST = 20 * 2**20


# ------------------------------------------------------------------------------------------- opening, its letter


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a campaign as a letter says them. `due_on` is worked out from `due_said` by `days_checked`."""

    figures_from: date
    figures_to: date
    due_said: date


@dataclass(frozen=True, slots=True)
class Cited:
    """The issuing document: empty where the campaign rests on the regime alone. `file`: name and bytes."""

    number: str = ""
    issued_on: date | None = None
    issued_by: str = ""
    subject: str = ""
    file: tuple[str, bytes] | None = None


def days_proposed(edition: Edition, period: Period) -> Days:
    """What the regime says of a half-year. Without a due day of its own, returns are due on the tenth day after the
    figures end, which is a proposal and no rule."""
    span = edition.calendar.span(period)
    last = edition.calendar.last_day(period)
    return Days(span.start, last, edition.calendar.due(period) or last + timedelta(days=10))


def days_checked(days: Days, working: WorkingDays, today: date, issued_on: date | None = None) -> tuple[date, Known]:
    """The day returns are due, moved to a working day, and how far the days off on the way to it are known. Refused
    with everything that is wrong with the days."""
    faults: list[Fault] = []
    if days.figures_from > days.figures_to:
        faults.append(Fault("campaign.figures_order", "", {"start": days.figures_from, "end": days.figures_to}))
    due, first = working.moved(days.due_said), working.after(days.figures_to)
    if due < first:
        fields = {"day": days.due_said, "end": days.figures_to, "first": first}
        faults.append(Fault("campaign.due_too_early", "", fields))
    if issued_on is not None and issued_on > today:
        faults.append(Fault("campaign.letter_in_the_future", "", {"day": issued_on}))
    if faults:
        raise Refused(*faults)
    return due, working.known((days.due_said, due))


def due_units(edition: Edition, tree: Tree, root: int, period: Period) -> dict[int, str]:
    """Row id → form, of every unit at or under `root` that owes a return, on the tree of the period's last day."""
    there = tree.subtree(root) if root in tree else ()
    forms = {one: edition.form_for(tree.kinds[one], period) for one in there}
    return {one: form.code for one, form in forms.items() if form is not None}


@transaction.atomic
def campaign_announce(
    *, campaign: Campaign, edition: Edition, days: Days, cited: Cited, actor: Actor, store: FileStore
) -> CampaignLetter:
    """Put the issuing document and the days of a campaign on record; the same again has no effect.

    `edition` is the installed one: it knows the days off. The due day becomes that of the campaign.
    """
    due, _known = days_checked(days, edition.working_days, timezone.localdate(), cited.issued_on)
    held = Campaign.objects.select_for_update().get(pk=campaign.pk)
    refuse_closed([held])
    made = CampaignLetter(
        campaign=held,
        number=clean(cited.number),
        issued_on=cited.issued_on,
        issued_by=clean(cited.issued_by),
        subject=clean(cited.subject),
        upload=_kept(cited.file, actor, store),
        figures_from=days.figures_from,
        figures_to=days.figures_to,
        due_said=days.due_said,
        due_on=due,
        said_by=actor.name,
    )
    before = letter_of(held)
    if before is not None and _says(before) == _says(made):
        return before
    made.save()
    held.due_on = due
    held.save(update_fields=["due_on"])
    campaign.due_on = due
    return made


def _says(letter: CampaignLetter) -> tuple[object, ...]:
    kept = {"id", "said_by", "said_at"}
    return tuple(getattr(letter, one.attname) for one in letter._meta.concrete_fields if one.name not in kept)


def _kept(file: tuple[str, bytes] | None, actor: Actor, store: FileStore) -> Upload | None:
    if file is None:
        return None
    name, content = file
    if len(content) > LARGEST:
        fields = {"name": name, "size": -(-len(content) // 2**20), "most": LARGEST // 2**20}
        raise Refused(Fault("campaign.letter_too_large", "", fields))
    return upload_keep(content=content, name=name, actor=actor, store=store)


def letter_of(campaign: Campaign) -> CampaignLetter | None:
    """The letter that counts: the last one."""
    return campaign.letters.select_related("upload").order_by("-id").first()


# ------------------------------------------------------------------------------------------------------ more time


@transaction.atomic
def extensions_give(
    *,
    campaign: Campaign,
    units: Collection[int],
    due_on: date,
    reason: str,
    actor: Actor,
    edition: Edition,
    owing: Collection[int],
    names: Mapping[int, str],
) -> list[Extension]:
    """Gia hạn for one or several units, all or none. Refused with every reason against it.

    `owing`: units that report in the campaign; `names` for the sentences. The same day again has no effect.
    """
    held = Campaign.objects.select_for_update().get(pk=campaign.pk)
    refuse_closed([held])
    faults = []
    if not units:
        faults.append(Fault("campaign.extension_no_unit"))
    if not clean(reason):
        faults.append(Fault("campaign.no_reason"))
    if (moved := edition.working_days.moved(due_on)) != due_on:
        faults.append(Fault("campaign.extension_day_off", "", {"day": due_on, "moved": moved}))
    until = due_days(held)
    for unit in units:
        name = names.get(unit, "")
        if unit not in owing:
            faults.append(Fault("campaign.extension_not_due", "", {"unit": name, "period": held.period_code}))
            continue
        before = until.get(unit, held.due_on)
        if (before is not None and due_on < before) or (before == due_on and unit not in until):
            faults.append(Fault("campaign.extension_not_later", "", {"unit": name, "due": before, "day": due_on}))
    if faults:
        raise Refused(*faults)
    made = [
        Extension(campaign=held, unit_id=unit, due_on=due_on, reason=reason.strip(), given_by=actor.name)
        for unit in units
        if until.get(unit) != due_on
    ]
    return Extension.objects.bulk_create(made)


def due_days(campaign: Campaign) -> dict[int, date]:
    """Row id → the day a unit has until, of those that were given more time."""
    rows = campaign.extensions.order_by("id").values_list("unit_id", "due_on")
    return dict(rows)


# ----------------------------------------------------------------------------------------- closing and re-opening


def refuse_closed(campaigns: Iterable[Campaign]) -> None:
    """Refused where one of these campaigns is closed."""
    shut = [one for one in campaigns if _is_closed(one)]
    if shut:
        raise Refused(*(Fault("campaign.closed", "", {"period": one.period_code}) for one in shut))


@once
def _is_closed(campaign: Campaign) -> bool:
    return campaign.is_closed


def held_open(campaigns: Collection[int]) -> None:
    """Refused where one of these campaigns (row ids) is closed; until the transaction ends none of them can be.

    Sends and decisions hold a campaign together, closing holds it alone. SQLite has one writer at a time anyway.
    """
    shut = held_shut(campaigns)
    if shut:
        refuse_closed(Campaign.objects.filter(pk__in=shut))


def held_shut(campaigns: Collection[int]) -> set[int]:
    """Those of these campaigns (row ids) that are closed; until the transaction ends that stays so for each of them."""
    if connection.vendor != "postgresql" or not campaigns:
        return closed_among(campaigns)
    held, acts = (connection.ops.quote_name(one._meta.db_table) for one in (Campaign, CampaignAct))
    wanted = sorted(campaigns)
    with connection.cursor() as cursor:
        # Two statements in one text: the second is asked once the campaigns are held.
        cursor.execute(
            f"SELECT id FROM {held} WHERE id = ANY(%s) FOR SHARE; "  # noqa: S608 - names of our own
            f"SELECT campaign_id, act FROM {acts} "
            "WHERE campaign_id = ANY(%s) AND act IN ('close', 'reopen') ORDER BY id",
            [wanted, wanted],
        )
        cursor.nextset()
        return _shut(cursor.fetchall())


def closed_among(campaigns: Collection[int]) -> set[int]:
    """Those of these campaigns (row ids) that are closed."""
    acts = CampaignAct.objects.filter(campaign_id__in=campaigns, act__in=("close", "reopen")).order_by("id")
    return _shut(acts.values_list("campaign_id", "act"))


def _shut(acts: Iterable[tuple[int, str]]) -> set[int]:
    return {one for one, act in dict(acts).items() if act == CampaignAct.Act.CLOSE}


@transaction.atomic
def campaign_close(*, campaign: Campaign, actor: Actor, reason: str = "") -> CampaignAct:
    """Khóa đợt: nothing is sent or decided in it any more. Refused where it is closed."""
    held = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if held.is_closed:
        raise Refused(Fault("campaign.already_closed", "", {"period": held.period_code}))
    return _act(held, CampaignAct.Act.CLOSE, actor, reason)


@transaction.atomic
def reopening_propose(*, campaign: Campaign, actor: Actor, reason: str) -> CampaignAct:
    """The first of two persons says why a closed campaign has to be opened again."""
    held = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if not held.is_closed:
        raise Refused(Fault("campaign.not_closed", "", {"period": held.period_code}))
    if not clean(reason):
        raise Refused(Fault("campaign.no_reason"))
    stands = proposal_of(held)
    if stands is not None:
        raise Refused(Fault("campaign.proposed_already", "", {"actor": stands.actor}))
    return _act(held, CampaignAct.Act.PROPOSE, actor, reason)


@transaction.atomic
def reopening_confirm(*, campaign: Campaign, actor: Actor) -> CampaignAct:
    """The second person confirms; the campaign is open again. Refused to who proposed it, and once it lapsed."""
    held = Campaign.objects.select_for_update().get(pk=campaign.pk)
    stands = proposal_of(held) if held.is_closed else None
    if stands is None:
        raise Refused(Fault("campaign.no_proposal", "", {"period": held.period_code, "days": PROPOSAL_DAYS}))
    if _same_person(stands, actor):
        raise Refused(Fault("campaign.same_person", "", {"actor": stands.actor}))
    return _act(held, CampaignAct.Act.REOPEN, actor, stands.reason, stands)


def _same_person(act: CampaignAct, actor: Actor) -> bool:
    """By account; the operator of the command line by the name of the account that runs it."""
    person = actor.user.pk if actor.user is not None else None
    return act.person_id == person and (person is not None or act.actor == actor.name)


def proposal_of(campaign: Campaign, now: datetime | None = None) -> CampaignAct | None:
    """The proposal to re-open that waits for a second person: made since the last closing, and not lapsed."""
    last = campaign.acts.order_by("-id").first()
    if last is None or last.act != CampaignAct.Act.PROPOSE:
        return None
    return last if (now or timezone.now()) < lapses(last) else None


def lapses(proposal: CampaignAct) -> datetime:
    """When a proposal is none any more."""
    return proposal.at + timedelta(days=PROPOSAL_DAYS)


def _act(
    campaign: Campaign, act: CampaignAct.Act, actor: Actor, reason: str, proposal: CampaignAct | None = None
) -> CampaignAct:
    return CampaignAct.objects.create(
        campaign=campaign, act=act, reason=reason.strip(), proposal=proposal, person=actor.user, actor=actor.name
    )


def kinds_counted(units: Mapping[int, str], tree: Tree) -> Sequence[tuple[str, str, int]]:
    """(family of kinds, form, how many), in order of size: who is asked for what."""
    counts: dict[tuple[str, str], int] = {}
    for unit, form in units.items():
        key = (family(tree.kinds[unit]), form)
        counts[key] = counts.get(key, 0) + 1
    return sorted(((kind, form, count) for (kind, form), count in counts.items()), key=lambda one: -one[2])
