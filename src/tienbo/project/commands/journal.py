"""tienbo journal verify | head | show: whether anybody changed what the site remembers."""

from __future__ import annotations

import argparse
import time

from tienbo.core.messages import gettext as _
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.keeping import head_put, journal_keep
from tienbo.project.saying import Say, faults_json


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("journal", help=_("the journal: verify it, keep its head elsewhere"))
    journal = group.add_subparsers(required=True)
    verify = journal.add_parser("verify", help=_("compute the chain again and hold it against heads kept elsewhere"))
    verify.add_argument(
        "--head",
        action="append",
        default=[],
        metavar=_("HEAD"),
        help=_("a head from a receipt or another machine: 1234-0a1b2c3d"),
    )
    verify.add_argument("--chain-only", action="store_true", help=_("leave out the rows of the tables themselves"))
    head = journal.add_parser("head", help=_("print the head, and write it where the site keeps heads"))
    for command in (verify, head):
        site_options(command)
    verify.set_defaults(run=run_verify)
    head.set_defaults(run=run_head)


def run_verify(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.ground.heads import head_typed, heads_kept
    from tienbo.ground.verify import check_keep, journal_verify

    typed = [head_typed(text) for text in arguments.head]
    heads = [*heads_kept(desk.site.heads_folder), *typed]
    journal_keep(desk.site)
    began = time.monotonic()
    made = journal_verify(heads=heads, rows=not arguments.chain_only)
    check_keep(made=made, rows=not arguments.chain_only, by=desk.actor.account)
    journal_keep(desk.site)  # that it was verified is an event, too
    say.faults(made.told)
    words = _("{events} events with {history} rows of history, held against {heads} heads kept elsewhere.")
    say.line(words.format(events=made.events, history=made.history, heads=len(heads)))
    if not arguments.chain_only:
        words = _("{rows} rows are as history says; {older} are older than the journal.")
        say.line(words.format(rows=made.rows, older=made.older))
    say.line(_("The journal holds.") if not made.faults else _("The journal does not hold."))
    say.data(
        {
            "holds": not made.faults,
            "events": made.events,
            "history": made.history,
            "rows": made.rows,
            "older": made.older,
            "heads": len(heads),
            "head": made.head.text,
            "seconds": round(time.monotonic() - began, 3),
            "faults": faults_json(made.told),
        }
    )
    return 1 if made.faults else 0


def run_head(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.ground.journal import journal_head

    journal_keep(desk.site)
    head = journal_head()
    put = head_put(desk.site, again=True)
    say.line(head.text)
    if put:
        say.line(_("It was written to {path}.").format(path=desk.site.heads_folder))
    say.data({"head": head.text, "seq": head.seq, "hash": head.hash, "folder": str(desk.site.heads_folder)})
    return 0
