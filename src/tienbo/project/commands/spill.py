"""tienbo spill open | purge | show: what may not be here came in. A phrase is read from a file or standard input, never
from the words of a command, which other accounts and the shell's history see."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from tienbo.core.messages import gettext as _
from tienbo.project.cli import day_of, site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.keeping import journal_keep
from tienbo.project.saying import Say

if TYPE_CHECKING:
    from tienbo.processes.spill import Found, Places


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("spill", help=_("what may not be here came in: freeze, list, purge it"))
    below = group.add_subparsers(required=True)
    opened = below.add_parser("open", help=_("freeze files, list every copy of them or of a phrase; nothing is purged"))
    opened.add_argument(
        "--file", action="append", default=[], metavar="SHA256", help=_("a stored file, by its hash; may be repeated")
    )
    opened.add_argument("--why", required=True, metavar=_("TEXT"), help=_("why, without saying what"))
    opened.add_argument("--since", metavar=_("DAY"), help=_("when it came in; backups made since hold it"))
    purge = below.add_parser("purge", help=_("purge every copy that can be reached; stop the pages first"))
    purge.add_argument("key", metavar=_("KEY"), help=_("of the spill, as printed when it was opened"))
    purge.add_argument(
        "--backups", action="store_true", help=_("delete the listed backups too, once a new one was made")
    )
    for command in (opened, purge):
        command.add_argument(
            "--phrase", metavar=_("FILE"), help=_("a file with the phrase to look for; - reads it from standard input")
        )
    shown = below.add_parser("show", help=_("signed records of spills"))
    for command, runs in ((opened, run_open), (purge, run_purge), (shown, run_show)):
        site_options(command)
        command.set_defaults(run=runs)


def _phrase(arguments: argparse.Namespace) -> str:
    named: str | None = arguments.phrase
    if not named:
        return ""
    return sys.stdin.read() if named == "-" else Path(named).read_text(encoding="utf-8")


def _places(desk: Desk) -> Places:
    from tienbo.processes.spill import Places

    site = desk.site
    kept = [site.path / name for name in ("files", "staging", "out", "facts", "noted")]
    return Places(
        store=desk.stores.files,
        aside=site.path / "spill",
        folders=kept,
        caches=[site.path / "figures"],
        backups=Path(site.backups) if site.backups else None,
        seal=desk.seal,
    )


def run_open(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.processes.spill import spill_open

    day = day_of(arguments.since)
    found = spill_open(
        places=_places(desk),
        home=desk.home,
        files=arguments.file,
        phrase=_phrase(arguments),
        why=arguments.why,
        actor=desk.actor,
        now=datetime.now(UTC),
        pack=desk.site.pack,
        since=datetime.combine(day, time(), UTC) if day else None,
    )
    journal_keep(desk.site)
    say.line(_("Spill {key}: files are frozen, an incident is open, its clocks run.").format(key=found.spill.key))
    _told(say, found)
    return 0


def run_purge(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.ground.journal import journal_head
    from tienbo.ground.models import BackupAct
    from tienbo.processes.spill import spill_keyed, spill_purge
    from tienbo.project.backup import backup_make

    site = desk.site

    def anew() -> None:
        journal_keep(site)
        made = backup_make(site=site, folder=Path(site.backups), key=site.backup_key, head=journal_head().text)
        BackupAct.objects.create(act=BackupAct.Act.MADE, name=made.path.name, size=made.size, by=desk.actor.account)

    wants = arguments.backups and site.backups and site.backup_key
    journal_keep(site)
    found = spill_purge(
        places=_places(desk),
        spill=spill_keyed(arguments.key),
        phrase=_phrase(arguments),
        actor=desk.actor,
        now=datetime.now(UTC),
        backup_anew=anew if wants else None,
    )
    journal_keep(site)
    _told(say, found)
    if found.left:
        say.line(
            _("{count} copies are still there: stop the pages and the worker, and purge again.").format(
                count=found.left
            )
        )
    else:
        say.line(_("No copy is left that a program reaches. The record is signed."))
    return 1 if found.left else 0


def _told(say: Say, found: Found) -> None:
    names = {
        "row": _("row of the database"),
        "file": _("file"),
        "frozen": _("file, frozen"),
        "backup": _("backup that may hold it"),
    }
    say.table([_("What"), _("Where"), _("Times")], [(names[one.where], one.place, one.times) for one in found.copies])
    say.line(_("What no program reaches:"))
    for one in found.by_hand:
        say.line(f"  - {one}")
    say.data(
        {
            "spill": found.spill.key,
            "copies": [one._asdict() for one in found.copies],
            "by_hand": found.by_hand,
            "left": found.left,
        }
    )


def run_show(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.processes.spill import record_holds
    from tienbo.protection.models import SpillRecord

    rows, holds = [], True
    for record in SpillRecord.objects.select_related("spill").order_by("pk"):
        sound = record_holds(record, desk.seal)
        holds = holds and sound
        rows.append(
            (
                record.spill.key,
                _(str(SpillRecord.Act(record.act).label)),
                f"{record.at:%Y-%m-%d %H:%M} UTC",
                record.by,
                len(record.copies),
                record.left,
                _("as signed") if sound else _("CHANGED SINCE"),
            )
        )
    say.table(
        [_("Spill"), _("What was done"), _("Time"), _("Done by"), _("Copies"), _("Left"), _("Signature of the site")],
        rows,
    )
    say.data([{"spill": a, "act": b, "at": c, "by": d, "copies": e, "left": f} for a, b, c, d, e, f, _g in rows])
    return 0 if holds else 1
