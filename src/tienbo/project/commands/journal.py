"""tienbo journal verify | head | export: whether anybody changed what the site remembers; events for others."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
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
    export = journal.add_parser("export", help=_("events for a log system: who did what when, never what was written"))
    export.add_argument(
        "--form", choices=("json", "cef"), default="json", help=_("JSON lines, or the Common Event Format")
    )
    export.add_argument("--after", type=int, metavar="N", help=_("events after this one (default: all)"))
    export.add_argument(
        "--state",
        type=Path,
        metavar=_("FILE"),
        help=_("a file that remembers the last event written: each is told once"),
    )
    export.add_argument(
        "-o", "--out", type=Path, metavar=_("FILE"), help=_("the file they are added to; printed without it")
    )
    for command in (verify, head, export):
        site_options(command)
    export.set_defaults(run=run_export)
    verify.set_defaults(run=run_verify)
    head.set_defaults(run=run_head)


def run_verify(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.ground.heads import head_typed, heads_kept
    from tienbo.ground.verify import check_keep, journal_verify
    from tienbo.processes.retention import records_unsound
    from tienbo.processes.spill import spills_unsound
    from tienbo.protection.purging import purged_events

    typed = [head_typed(text) for text in arguments.head]
    heads = [*heads_kept(desk.site.heads_folder), *typed]
    journal_keep(desk.site)
    began = time.monotonic()
    purged = purged_events(records_unsound(desk.seal), spills_unsound(desk.seal))
    made = journal_verify(heads=heads, rows=not arguments.chain_only, purged=purged)
    check_keep(made=made, rows=not arguments.chain_only, by=desk.actor.account)
    journal_keep(desk.site)  # that it was verified is an event, too
    say.faults(made.told)
    words = _("{events} events with {history} rows of history, held against {heads} heads kept elsewhere.")
    say.line(words.format(events=made.events, history=made.history, heads=len(heads)))
    if not arguments.chain_only:
        words = _("{rows} rows are as history says; {older} are older than the journal.")
        say.line(words.format(rows=made.rows, older=made.older))
    if made.purged:
        words = _(
            "{count} events no longer hold what went (a spill, or its time was over), as signed records say: "
            "tienbo spill show, tienbo retention records"
        )
        say.line(words.format(count=made.purged))
    say.line(_("The journal holds.") if not made.faults else _("The journal does not hold."))
    say.data(
        {
            "holds": not made.faults,
            "events": made.events,
            "history": made.history,
            "rows": made.rows,
            "older": made.older,
            "purged": made.purged,
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


worded({"journal.bad_state": N_("{path} is not what an export left there.")})


def run_export(arguments: argparse.Namespace, say: Say) -> int:
    """Lines are on the disk before the file of state says so: after a stopped run some are told twice, none never."""
    desk = Desk.open(site_path(arguments))
    from tienbo.ground.journal_export import FORMS, events_after

    journal_keep(desk.site)
    state: Path | None = arguments.state
    after = arguments.after or 0
    if state is not None and state.exists():
        text = state.read_text(encoding="ascii").strip()
        if not text.isdecimal():
            raise Refused(Fault("journal.bad_state", str(state), {"path": state}))
        after = max(after, int(text))
    line, told, last = FORMS[arguments.form], 0, after
    out = arguments.out.open("a", encoding="utf-8") if arguments.out else sys.stdout
    try:
        for event in events_after(after):
            out.write(line(event) + "\n")
            told, last = told + 1, event.seq
        out.flush()
        if arguments.out:
            os.fsync(out.fileno())
    finally:
        if arguments.out:
            out.close()
    if state is not None:
        fresh = state.with_name(f".{state.name}.new")
        fresh.write_text(f"{last}\n", encoding="ascii")
        fresh.replace(state)
    if arguments.out:
        say.line(_("{count} events were written to {path}.").format(count=told, path=arguments.out))
        say.data({"events": told, "last": last, "path": str(arguments.out)})
    return 0
