"""tienbo register workbook | receive | kind | recount: a unit's register as a workbook, and back; registers of its
own."""

from __future__ import annotations

import argparse
from pathlib import Path

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import period_option, site_options, site_path, unit_option
from tienbo.project.commands import register_kinds
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json

worded({"register.unknown": N_("There is no register “{text}”. There are: {codes}.")})


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    register = groups.add_parser(
        "register", help=_("registers: workbooks handed out and taken in, registers of one's own")
    )
    group = register.add_subparsers(required=True)
    book = group.add_parser("workbook", help=_("write the workbook of a unit's register"))
    book.add_argument("register", metavar=_("REGISTER"), help=_("code of the register: training.class"))
    unit_option(book, required=True)
    period_option(book, help=_("records of this half-year or year (default: all)"))
    book.add_argument("-o", "--out", type=Path, required=True, metavar=_("FILE"), help=_("where to write it"))
    site_options(book)
    book.set_defaults(run=run_workbook)
    receive = group.add_parser("receive", help=_("take filled workbooks of registers in"))
    receive.add_argument("files", nargs="+", type=Path, metavar=_("FILE"), help=_("the workbooks"))
    receive.add_argument("--check", action="store_true", help=_("say what they would do; nothing is taken in"))
    receive.add_argument(
        "--looked-at", action="store_true", help=_("numbers in free text were looked at: they are none of persons")
    )
    site_options(receive)
    receive.set_defaults(run=run_receive)
    register_kinds.add(group)


def run_workbook(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.registers.book import book_write

    kind = desk.edition.registers.get(arguments.register)
    if kind is None:
        fields = {"text": arguments.register, "codes": ", ".join(desk.edition.registers)}
        raise Refused(Fault("register.unknown", "", fields))
    period = desk.period(arguments.period) if arguments.period else None
    unit = desk.unit_reporting(arguments.unit, period) if period else desk.unit(arguments.unit)
    count = book_write(
        arguments.out,
        edition=desk.edition,
        kind=kind,
        unit=unit,
        span=desk.edition.calendar.span(period) if period else None,
        seal=desk.seal,
        illustrative=desk.site.illustrative,
    )
    say.line(_("{count} records were written to {file}.").format(count=count, file=arguments.out))
    say.data({"file": str(arguments.out), "records": count})
    return 0


def run_receive(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.registers.book import book_read, book_take, book_try

    told: list[dict[str, object]] = []
    for path in arguments.files:
        try:
            content = path.read_bytes()
            read, unit = book_read(content, name=path.name, edition=desk.edition, seal=desk.seal)
            if arguments.check:
                made = book_try(edition=desk.edition, read=read, unit=unit, actor=desk.actor)
            else:
                made = book_take(
                    edition=desk.edition,
                    read=read,
                    unit=unit,
                    content=content,
                    name=path.name,
                    actor=desk.actor,
                    store=desk.stores.files,
                    looked_at=arguments.looked_at,
                )
        except Refused as refused:
            say.line(f"{path}: " + _("refused"))
            if not say.as_json:
                say.faults(list(refused.faults), of=str(path))
            told.append({"file": str(path), "state": "refused", "faults": faults_json(refused.faults)})
            continue
        counts = {"added": made.added, "changed": made.changed, "moved": made.moved, "untouched": made.untouched}
        state = "checked" if arguments.check else "again" if made.again else "received"
        words = {
            "checked": _("can be taken in"),
            "again": _("received before"),
            "received": _("taken in"),
        }[state]
        done = _("{added} new, {changed} changed, {moved} to another state, {untouched} untouched").format(**counts)
        say.line(f"{path}: {words} ({done})")
        receipt = made.receipt.key if made.receipt is not None else None
        told.append({"file": str(path), "state": state, **counts, "receipt": receipt})
    say.data(told)
    return 1 if any(one["state"] == "refused" for one in told) else 0
