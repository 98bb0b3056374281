"""tienbo retention due | take | records: what is past its term, told first and taken away by a person's word."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import site_options, site_path
from tienbo.project.commands.protection import row_found
from tienbo.project.desk import Desk
from tienbo.project.keeping import journal_keep
from tienbo.project.people import account_named
from tienbo.project.rotation import copies_until
from tienbo.project.saying import Say

if TYPE_CHECKING:
    from tienbo.processes.retention import Kept, Told

worded(
    {
        "retention.half_asked": N_(
            "What one person asked for is taken away by --account and --request together, under the mark that tienbo "
            "retention due --account printed."
        ),
        "retention.not_set": N_(
            "The site takes nothing away by itself: retention in tienbo.toml names the document that lets it."
        ),
    }
)


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("retention", help=_("what is past its term: told, then taken away by a person's word"))
    below = group.add_subparsers(required=True)
    told = below.add_parser("due", help=_("what is past its term, by table, with ground and day; nothing is changed"))
    take = below.add_parser("take", help=_("take away what was told; a signed record of counts is kept"))
    take.add_argument("mark", nargs="?", metavar=_("MARK"), help=_("as tienbo retention due printed it"))
    take.add_argument(
        "--decision", default="", metavar=_("TEXT"), help=_("by whose word: number and day of the document")
    )
    take.add_argument(
        "--as-set", action="store_true", help=_("whatever is due, by the document named in tienbo.toml (retention)")
    )
    asked = _("of this account alone, whose person asked to have their data deleted")
    for command in (told, take):
        command.add_argument("--account", metavar=_("NAME"), help=asked)
    take.add_argument(
        "--request", metavar=_("NUMBER"), help=_("with --account: the request, as tienbo requests list has it")
    )
    records = below.add_parser("records", help=_("signed records of what was taken away"))
    for command, runs in ((told, run_due), (take, run_take), (records, run_records)):
        site_options(command)
        command.set_defaults(run=runs)


def kept_of(desk: Desk) -> Kept:
    from tienbo.processes.retention import Kept

    site = desk.site
    return Kept(desk.stores.files, (site.out, site.path / "staging"), (site.path / "figures",), desk.seal)


def retention_of(desk: Desk, account: str | None = None) -> Told:
    """What of a site is past its term today; of one account, what may go because its person asks."""
    from tienbo.processes.retention import retention_told
    from tienbo.protection.terms import terms_of

    of = account_named(account) if account else None
    return retention_told(kept=kept_of(desk), terms=terms_of(desk.site.terms), today=desk.today, of=of)


def run_due(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.processes.retention import retention_owed
    from tienbo.protection.terms import terms_asked, terms_of

    terms, told = terms_of(desk.site.terms), retention_of(desk, arguments.account)
    if arguments.account:
        terms = terms_asked(terms)
    rows = [
        (one.term, one.model._meta.label, len(one.ids), _("texts") if one.leaves else _("rows"), one.since)
        for one in told.rows
    ]
    if told.files:
        rows.append(("written", "out/, staging/", len(told.files), _("files"), min(day for _path, day in told.files)))
    if told.stored:
        rows.append(("draft", "files/", len(told.stored), _("files"), desk.today))
    say.table(
        [_("Term"), _("Table"), _("Rows, files"), _("What goes"), _("Past since (the oldest counts from)")],
        [(*row[:4], day_words(row[4])) for row in rows],
    )
    for code in dict.fromkeys(row[0] for row in rows):
        after = terms[code].after
        if arguments.account:
            after = _("on request: {term}").format(term=_("at once") if after == "0d" else after)
        say.line(f"[{code}] {terms[code].text} ({after})")
    if arguments.account:
        _stays(arguments.account, say)
    if owed := retention_owed(kept_of(desk)):
        words = _("{count} runs were stopped with files still there: tienbo retention take finishes them.")
        say.line(words.format(count=len(owed)))
    if rows and arguments.account:
        words = _("It is taken away with: tienbo retention take {mark} --account {name} --request … --decision …")
        say.line(words.format(mark=told.mark, name=arguments.account))
    elif rows:
        say.line(_("It is taken away with: tienbo retention take {mark} --decision …").format(mark=told.mark))
    else:
        say.line(_("Nothing is past its term."))
    say.data(
        {
            "mark": told.mark,
            "due": [
                {"term": a, "table": b, "count": c, "since": e.isoformat(), "after": terms[a].after}
                for a, b, c, _d, e in rows
            ],
        }
    )
    return 0


def run_take(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.processes.retention import retention_finish, retention_take
    from tienbo.protection.models import SubjectRequest
    from tienbo.protection.terms import terms_of

    decision, mark = arguments.decision, arguments.mark or ""
    if bool(arguments.account) != bool(arguments.request) or (arguments.account and arguments.as_set):
        raise Refused(Fault("retention.half_asked"))
    of = account_named(arguments.account) if arguments.account else None
    request = row_found(SubjectRequest, arguments.request) if arguments.request else None
    journal_keep(desk.site)
    if finished := retention_finish(kept_of(desk)):
        say.line(_("What {count} runs that were stopped had let go of is destroyed.").format(count=finished))
        if not (mark or arguments.as_set):
            say.data({"record": None, "finished": finished})
            return 0
    if arguments.as_set:
        decision = desk.site.retention
        if not decision:
            raise Refused(Fault("retention.not_set"))
        told = retention_of(desk)
        if not told.count:
            say.line(_("Nothing is past its term."))
            say.data({"record": None})
            return 0
        mark = told.mark
    record = retention_take(
        kept=kept_of(desk),
        terms=terms_of(desk.site.terms),
        today=desk.today,
        mark=mark,
        decision=decision,
        actor=desk.actor,
        copies=copies_until(desk.site, desk.today),
        of=of,
        request=request,
    )
    journal_keep(desk.site)
    say.table(
        [_("Term"), _("Table"), _("Rows, files")], [(one["term"], one["table"], one["count"]) for one in record.taken]
    )
    for one in record.by_hand:
        until = day_words(date.fromisoformat(one["until"])) if one.get("until") else _("nobody said")
        say.line(_COPIES[one["where"]]().format(until=until))
    words = _("{count} events of the journal no longer hold what went; their hashes stand. Record {key} is signed.")
    say.line(words.format(count=record.events, key=record.key))
    if of is not None:
        of.refresh_from_db()
        _stays(of.username, say)
    say.data({"record": record.key, "taken": record.taken, "events": record.events, "left": record.left})
    return 1 if record.left else 0


def _stays(account: str, say: Say) -> None:
    """What of a person stays, and why: for the answer to who asked."""
    from tienbo.protection.held import held_on

    held = held_on(account_named(account))
    if held.journal:
        days = [date.fromisoformat(day) for one in held.journal for day in (one.first, one.last)]
        words = _(
            "The journal names the account in {count} events, {first} to {last}: who decided stays with what was "
            "decided, and sign-ins and readings of the last 12 months stay for security. The account keeps its name "
            "until it is named no more."
        )
        count = sum(one.count for one in held.journal)
        say.line(words.format(count=count, first=day_words(min(days)), last=day_words(max(days))))
    if held.named:
        words = _(
            "{count} rows in {tables} tables name the person as who wrote, sent or decided; which, tells tienbo "
            "requests held {name}."
        )
        tables = len({one.table for one in held.named})
        say.line(words.format(count=sum(one.count for one in held.named), tables=tables, name=account))


_COPIES = {
    "backups": lambda: _("Backups of before still hold it; the last of them goes by the site's rule by {until}."),
    "archive": lambda: _("The archive of PostgreSQL still holds it, until {until}."),
    "elsewhere": lambda: _("Copies beyond the machine (mail, paper, other disks) are for a person to look for."),
}


def run_records(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.processes.retention import record_holds
    from tienbo.protection.models import RetentionRecord

    held = [(one, record_holds(one, desk.seal)) for one in RetentionRecord.objects.order_by("pk")]
    say.table(
        [_("Record"), _("Time"), _("Done by"), _("By whose word"), _("Taken away"), _("Signature of the site")],
        [
            (
                one.key,
                f"{one.at:%Y-%m-%d %H:%M} UTC",
                one.by,
                one.decision,
                ", ".join(f"{part['table']} {part['count']}" for part in one.taken),
                _("as signed") if sound else _("CHANGED SINCE"),
            )
            for one, sound in held
        ],
    )
    say.data(
        [{"record": one.key, "at": one.at.isoformat(), "by": one.by, "decision": one.decision, "taken": one.taken,
          "events": one.events, "sound": sound} for one, sound in held]
    )  # fmt: skip
    return 0 if all(sound for _one, sound in held) else 1
