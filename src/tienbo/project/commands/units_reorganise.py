"""tienbo units reorganise: what a sheet of a reorganisation would do, then, with --apply, done."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tienbo.core.disk import DiskReason
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

if TYPE_CHECKING:
    from tienbo.processes.reorganise import Proposal


def reorganise_add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = groups.add_parser(
        "reorganise", help=_("record a reorganisation from one sheet: say what it would do, then do it")
    )
    command.add_argument("file", type=Path, metavar=_("FILE"), help=_("the sheet (xlsx or csv)"))
    command.add_argument("--apply", action="store_true", help=_("carry it out; without this nothing is changed"))
    command.add_argument("--blank", action="store_true", help=_("write an empty sheet to FILE"))
    site_options(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.processes.reorganise import reorganisation_apply, reorganisation_propose
    from tienbo.processes.reorganise_sheet import sheet_blank

    path: Path = arguments.file
    if arguments.blank:
        path.write_bytes(sheet_blank())
        say.line(_("Empty sheet: {path}").format(path=path))
        say.data({"path": str(path)})
        return 0
    try:
        data = path.read_bytes()
    except OSError as broken:
        raise Refused(Fault("reorganise.unreadable", path.name, {"reason": DiskReason.of(broken)})) from broken
    if not arguments.apply:
        proposal = reorganisation_propose(
            data=data, name=path.name, actor=desk.actor, edition=desk.edition, today=desk.today
        )
        _print(proposal, say)
        say.line(_("Nothing was changed. To carry it out: the same command with --apply"))
        say.data({"applied": False, **proposal.as_json()})
        return 0
    done = reorganisation_apply(
        data=data, name=path.name, actor=desk.actor, edition=desk.edition, files=desk.stores.files, today=desk.today
    )
    _print(done.proposal, say)
    say.line(_("Carried out; on record as {key}.").format(key=done.act.key))
    say.data({"applied": True, "key": done.act.key, **done.proposal.as_json()})
    return 0


def _print(proposal: Proposal, say: Say) -> None:
    from tienbo.processes.reorganise_words import body_words, change_words, stage_words, state_words

    plan = proposal.plan
    day = day_words(plan.day) if plan.day else "–"
    say.line(f"{plan.text.label} – {stage_words(plan.stage)}, {day}")
    if not proposal.in_force:
        say.line(_("The act is not in force: it is only recorded, units stay as they are."))
    _closing_and_opening(proposal, say)
    _section(
        say,
        _("What changes"),
        [_("Unit"), _("What"), _("Before"), _("After")],
        [(one.name, change_words(one.what), one.before, one.after) for one in proposal.moves],
    )
    _section(
        say,
        _("Bodies that end"),
        [_("Body"), _("Of unit"), _("What becomes of it"), _("Successor")],
        [(one.body, one.unit, body_words(one.kind), one.into or "–") for one in proposal.bodies],
    )
    _section(
        say,
        _("Returns of units that close"),
        [_("Unit"), _("Period"), _("State"), ""],
        [
            (proposal.name(one.unit), one.period, state_words(one.state), _("closing return") if one.closing else "")
            for one in proposal.returns
        ],
    )
    _section(
        say,
        _("Periods of units that close stay; later ones are opened by"),
        [_("Unit"), _("Period"), _("Takes over")],
        [
            (proposal.name(one.root), one.period, proposal.name(one.heir) or _("to be decided"))
            for one in proposal.campaigns
        ],
    )
    _section(
        say,
        _("Roles of people"),
        [_("Person"), _("Role"), _("At"), _("Gets it at")],
        [
            (str(one.grant.user), _(str(one.grant.get_role_display())), proposal.name(one.grant.unit_id), words)
            for one, words in zip(proposal.grants, proposal.grant_words(), strict=True)
        ],
    )


def _closing_and_opening(proposal: Proposal, say: Say) -> None:
    from tienbo.processes.reorganise_words import going_words

    _section(
        say,
        _("Units that close"),
        [_("Unit"), _("Under"), _("Code"), _("Goes into")],
        [(one.name, one.under, one.code, ", ".join(one.to) or "–") for one in proposal.closes],
    )
    _section(
        say,
        _("Units that open"),
        [_("Unit"), _("Under"), _("Code"), _("Made of")],
        [(one.name, one.under, one.code, ", ".join(one.of) or "–") for one in proposal.opens],
    )
    for title, rows in ((_("Withdrawn"), proposal.withdrawn), (_("What goes where"), proposal.goes)):
        heads = [_("Before"), _("After"), _("How much"), _("Official words")]
        _section(say, title, heads, [(one.before, one.after or "–", going_words(one), one.words) for one in rows])


def _section(say: Say, title: str, heads: list[str], rows: list[tuple[object, ...]]) -> None:
    if rows:
        say.line(f"\n{title} ({len(rows)})")
        say.table(heads, rows)
