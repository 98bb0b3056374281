"""tienbo processing register: what is stored, for what, on which ground, in which class, for how long."""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk, django_bare
from tienbo.project.saying import Say

worded({"processing.unknown_file": N_("{path}: the register is written as .csv or .docx.")})


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("processing", help=_("what is stored about whom, and why")).add_subparsers(required=True)
    register = group.add_parser(
        "register", help=_("the register of processing: every stored field with purpose, ground, class and time")
    )
    register.add_argument("-o", "--out", type=Path, metavar=_("FILE"), help=_(".csv or .docx; printed without it"))
    site_options(register)
    register.set_defaults(run=run_register)


def run_register(arguments: argparse.Namespace, say: Say) -> int:
    """Of the program; with a site, a Word file carries its office's head."""
    out: Path | None = arguments.out
    if out is not None and out.suffix not in (".csv", ".docx"):
        raise Refused(Fault("processing.unknown_file", str(out), {"path": out}))
    path = site_path(arguments)
    desk = Desk.open(path) if path else None
    django_bare()
    from tienbo.ground.processing import processing_rows
    from tienbo.papers.register_of_processing import register_paper, register_table

    rows = [
        (
            one.room,
            one.table,
            one.field,
            one.level.value,
            one.purpose,
            (one.basis.text, one.basis.seen),
            (one.retention.text, one.retention.seen),
            one.about,
        )
        for one in processing_rows()
    ]
    headers, lines = register_table(rows)
    if out is None:
        say.table(headers, lines)
        say.data([dict(zip(headers, line, strict=True)) for line in lines])
        return 0
    if out.suffix == ".csv":
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([headers, *lines])
        out.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    else:
        from tienbo.papers.docx import write_docx

        write_docx(register_paper(rows, issuer=desk.site.name if desk else ""), out)
    say.line(_("{count} fields were written to {path}.").format(count=len(lines), path=out))
    say.data({"fields": len(lines), "path": str(out)})
    return 0
