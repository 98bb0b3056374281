"""tienbo decide accept | supplement: what the office decides on what units sent."""

from __future__ import annotations

import argparse

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import period_option, site_options, site_path, unit_option
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

worded({"decide.nothing": N_("There is nothing to decide on for {period}.")})


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("decide", help=_("decide on returns")).add_subparsers(required=True)
    accept = group.add_parser("accept", help=_("accept returns: of a unit, or all that wait"))
    supplement = group.add_parser("supplement", help=_("ask a unit to supplement its return"))
    for command in (accept, supplement):
        period_option(command, required=True)
        unit_option(command, required=command is supplement)
        words = _("what is to be added, for the unit to read") if command is supplement else _("a word to the unit")
        command.add_argument("--note", default="", required=command is supplement, metavar=_("TEXT"), help=words)
        site_options(command)
    accept.set_defaults(run=run_accept)
    supplement.set_defaults(run=run_supplement)


def run_accept(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.collection.queries import restatements_with, revisions_waiting
    from tienbo.collection.services import revisions_accept

    period = desk.period(arguments.period)
    unit = desk.unit_reporting(arguments.unit, period) if arguments.unit else None
    waiting = revisions_waiting(roots=desk.collectors(period), period=period, unit=unit)
    if not waiting:
        raise Refused(Fault("decide.nothing", "", {"period": period}))
    restated = restatements_with(waiting)
    revisions_accept(revisions=[*restated, *waiting], actor=desk.actor, note=arguments.note)
    say.line(_("{count} returns were accepted.").format(count=len(waiting)))
    if restated:
        words = _("{count} returns of {period} count with the official figures that came with them.")
        say.line(words.format(count=len(restated), period=period.previous()))
    say.data({"accepted": len(waiting), "restated": len(restated)})
    return 0


def run_supplement(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.collection.queries import revision_latest
    from tienbo.collection.services import revision_ask_supplement

    period = desk.period(arguments.period)
    revision = revision_latest(
        roots=desk.collectors(period), period=period, unit=desk.unit_reporting(arguments.unit, period)
    )
    if revision is None:
        raise Refused(Fault("decide.nothing", "", {"period": period}))
    revision_ask_supplement(revision=revision, actor=desk.actor, note=arguments.note)
    say.line(_("The unit was asked to supplement its return."))
    say.data({"revision": revision.pk})
    return 0
