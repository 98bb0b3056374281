"""tienbo campaign open | show | extend | close | propose | confirm: the half-year as its standing office leads it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import day_of, period_option, site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

if TYPE_CHECKING:
    from tienbo.collection.models import Campaign
    from tienbo.core.periods import Period
    from tienbo.units.models import Unit

worded({"campaign.not_opened": N_("The campaign of {period} is not open yet: tienbo campaign open --period {period}")})


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("campaign", help=_("open, extend, close the campaign of a half-year")).add_subparsers(
        required=True
    )
    opening = group.add_parser("open", help=_("open a half-year, or record a later letter for it"))
    opening.add_argument("--number", default="", metavar=_("TEXT"), help=_("number and symbol of the issuing document"))
    opening.add_argument("--dated", metavar=_("DAY"), help=_("its date"))
    opening.add_argument("--issued-by", default="", metavar=_("TEXT"), help=_("who issued it"))
    opening.add_argument("--subject", default="", metavar=_("TEXT"), help=_("its subject"))
    opening.add_argument("--file", type=Path, metavar=_("FILE"), help=_("the document itself"))
    opening.add_argument("--from", dest="start", metavar=_("DAY"), help=_("first day of the figures (default: regime)"))
    opening.add_argument("--to", dest="end", metavar=_("DAY"), help=_("last day of the figures (default: regime)"))
    opening.add_argument("--due", metavar=_("DAY"), help=_("units send by this day (default: regime)"))
    shown = group.add_parser("show", help=_("who reports, until when, and what was done to the campaign"))
    more = group.add_parser("extend", help=_("give units more time"))
    more.add_argument("--unit", action="append", required=True, metavar=_("UNIT"), help=_("a unit; may be said again"))
    more.add_argument("--until", required=True, metavar=_("DAY"), help=_("the day they have until"))
    close = group.add_parser("close", help=_("close it: nothing is sent or decided any more"))
    propose = group.add_parser("propose", help=_("propose to re-open a closed one; another person confirms"))
    confirm = group.add_parser("confirm", help=_("confirm what another person proposed: it is open again"))
    for command in (more, close, propose):
        needed = command is not close
        command.add_argument("--reason", default="", required=needed, metavar=_("TEXT"), help=_("why; it is kept"))
    runs = ((opening, run_open), (shown, run_show), (more, run_extend))
    for command, run in (*runs, (close, run_close), (propose, run_propose), (confirm, run_confirm)):
        period_option(command, required=True)
        site_options(command)
        command.set_defaults(run=run)


def _campaigns(desk: Desk, period: Period) -> list[Campaign]:
    from tienbo.collection.models import Campaign

    rows = Campaign.objects.filter(root__in=desk.collectors(period), period_code=period.code)
    found = list(rows.select_related("edition", "root").order_by("root_id"))
    if not found:
        raise Refused(Fault("campaign.not_opened", "", {"period": period}))
    return found


def _half(desk: Desk, text: str) -> Period:
    return desk.period(text).last_half


def run_open(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from django.db import transaction

    from tienbo.collection.campaigns import Cited, Days, campaign_announce, days_checked, days_proposed
    from tienbo.collection.services import campaign_open
    from tienbo.project.people import accounts_resting

    period = _half(desk, arguments.period)
    proposed = days_proposed(desk.edition, period)
    days = Days(
        day_of(arguments.start) or proposed.figures_from,
        day_of(arguments.end) or proposed.figures_to,
        day_of(arguments.due) or proposed.due_said,
    )
    dated = day_of(arguments.dated)
    due, _known = days_checked(days, desk.edition.working_days, desk.today, dated)
    file = (arguments.file.name, arguments.file.read_bytes()) if arguments.file else None
    cited = Cited(arguments.number, dated, arguments.issued_by, arguments.subject, file)
    with transaction.atomic():
        for root in desk.collectors(period):
            opened = campaign_open(root=root, period=period, edition=desk.edition)
            campaign_announce(
                campaign=opened,
                edition=desk.edition,
                days=days,
                cited=cited,
                actor=desk.actor,
                store=desk.stores.files,
            )
    asked = sum(len(_asked(desk, one)) for one in _campaigns(desk, period))
    words = _("{period} is open: {count} units report by {day}, figures from {start} to the end of {end}.")
    say.line(
        words.format(
            period=period,
            count=asked,
            day=day_words(due),
            start=day_words(days.figures_from),
            end=day_words(days.figures_to),
        )
    )
    resting = len(accounts_resting(desk.today))
    if resting:
        words = _("{count} accounts of units rest since the last period. Wake them: tienbo users wake")
        say.line(words.format(count=resting))
    say.data({"period": period.code, "due_on": due.isoformat(), "units": asked, "resting": resting})
    return 0


def _asked(desk: Desk, campaign: Campaign) -> dict[int, str]:
    from tienbo.collection.campaigns import due_units
    from tienbo.collection.services import edition_of_campaign
    from tienbo.units.frames import tree_on

    tree = tree_on(desk.edition.calendar.last_day(campaign.period))
    return due_units(edition_of_campaign(campaign), tree, campaign.root_id, campaign.period)


def run_show(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.collection.campaign_models import CampaignAct
    from tienbo.collection.campaigns import due_days, letter_of
    from tienbo.units.frames import unit_names

    period = _half(desk, arguments.period)
    names, data = unit_names(desk.edition.calendar.last_day(period)), []
    for one in _campaigns(desk, period):
        letter, until, asked = letter_of(one), due_days(one), _asked(desk, one)
        state = _("closed") if one.is_closed else _("open now")
        say.line(f"{names.get(one.root_id, one.root.key)}, {period}: {state}")
        if letter is not None and letter.number:
            say.line(f"  {letter.number} {day_words(letter.issued_on) if letter.issued_on else ''} {letter.subject}")
        say.line("  " + _("{count} units report by {day}.").format(count=len(asked), day=day_words(one.due_on)))
        for unit, day in until.items():
            say.line("  " + _("{unit}: until {day}").format(unit=names.get(unit, ""), day=day_words(day)))
        acts = [(str(CampaignAct.Act(act.act).label), act.actor, act.reason) for act in one.acts.order_by("id")]
        for words, actor, reason in acts:
            say.line(f"  {_(words)}: {actor}" + (f" – {reason}" if reason else ""))
        data.append(
            {
                "root": one.root.key,
                "due_on": one.due_on.isoformat() if one.due_on else None,
                "closed": one.is_closed,
                "units": len(asked),
                "extensions": {names.get(unit, ""): day.isoformat() for unit, day in until.items()},
            }
        )
    say.data(data)
    return 0


def run_extend(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from django.db import transaction

    from tienbo.collection.campaigns import extensions_give
    from tienbo.units.frames import unit_names

    period, until = _half(desk, arguments.period), day_of(arguments.until)
    assert until is not None  # noqa: S101 - argparse requires it, and day_of refuses what is no day
    units: list[Unit] = [desk.unit(text, period) for text in arguments.unit]
    names = unit_names(desk.edition.calendar.last_day(period))
    made = []
    campaigns = _campaigns(desk, period)
    with transaction.atomic():
        for one in campaigns:
            owing = _asked(desk, one)
            here = [unit.pk for unit in units if len(campaigns) == 1 or unit.pk in owing]
            if here:
                made += extensions_give(
                    campaign=one,
                    units=here,
                    due_on=until,
                    reason=arguments.reason,
                    actor=desk.actor,
                    edition=desk.edition,
                    owing=owing,
                    names=names,
                )
    for row in made:
        say.line(_("{unit}: until {day}").format(unit=names.get(row.unit_id, ""), day=day_words(row.due_on)))
    say.data({"extended": len(made)})
    return 0


def run_close(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.collection.campaigns import campaign_close

    desk = Desk.open(site_path(arguments))
    for one in _campaigns(desk, _half(desk, arguments.period)):
        campaign_close(campaign=one, actor=desk.actor, reason=arguments.reason)
    say.line(_("The campaign is closed: nothing is sent or decided in it any more."))
    say.data({"closed": True})
    return 0


def run_propose(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.collection.campaigns import reopening_propose

    desk = Desk.open(site_path(arguments))
    for one in _campaigns(desk, _half(desk, arguments.period)):
        reopening_propose(campaign=one, actor=desk.actor, reason=arguments.reason)
    say.line(_("The proposal is kept. Another person has to confirm it."))
    say.data({"closed": True, "proposed": True})
    return 0


def run_confirm(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.collection.campaigns import reopening_confirm

    desk = Desk.open(site_path(arguments))
    for one in _campaigns(desk, _half(desk, arguments.period)):
        reopening_confirm(campaign=one, actor=desk.actor)
    say.line(_("The campaign is open again."))
    say.data({"closed": False})
    return 0
