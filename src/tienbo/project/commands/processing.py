"""tienbo processing register | limits | counters | procedure | dossier | yearly: what is stored, for what, on which
ground, who reads it, and the papers that follow from what the code declares."""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import day_of, site_options, site_path
from tienbo.project.desk import Desk, django_bare
from tienbo.project.saying import Say

if TYPE_CHECKING:
    from tienbo.papers.dossier_paper import Facts

worded({"processing.unknown_file": N_("{path}: the register is written as .csv or .docx.")})


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("processing", help=_("what is stored about whom, and why")).add_subparsers(required=True)
    register = group.add_parser(
        "register", help=_("the register of processing: every stored field with purpose, ground, class and time")
    )
    register.add_argument("-o", "--out", type=Path, metavar=_("FILE"), help=_(".csv or .docx; printed without it"))
    site_options(register)
    register.set_defaults(run=run_register)
    limits = group.add_parser("limits", help=_("who reads which field of class C2 and C3"))
    limits.add_argument("-o", "--out", type=Path, metavar=_("FILE"), help=_(".csv or .docx; printed without it"))
    counters = group.add_parser(
        "counters", help=_("how many people data is kept of, and bounds of the law that are near")
    )
    for name, help_ in (
        ("procedure", _("the file of procedure, measures and risks, as a Word file")),
        ("dossier", _("the dossier for the security level, as a Word file")),
        ("yearly", _("the yearly account of measures, as a Word file")),
    ):
        paper = group.add_parser(name, help=help_)
        paper.add_argument("-o", "--out", type=Path, required=True, metavar=_("FILE"), help=".docx")
        if name == "yearly":
            paper.add_argument("--year", type=int, required=True, metavar=_("YEAR"), help=_("of the account"))
        site_options(paper)
        paper.set_defaults(run=run_paper, paper=name)
    held = group.add_parser("connections", help=_("connections to others, and which are still to be assessed"))
    assess = group.add_parser("assess", help=_("write down which document assesses the risks of a connection"))
    assess.add_argument("code", metavar=_("CODE"), help=_("of the connection: tienbo processing connections"))
    assess.add_argument("document", metavar=_("TEXT"), help=_("number and day of the document"))
    assess.add_argument("--on", metavar=_("DAY"), help=_("the day it was assessed (default: today)"))
    for command, runs in ((held, run_connections), (assess, run_assess)):
        site_options(command)
        command.set_defaults(run=runs)
    for command, runs in ((limits, run_limits), (counters, run_counters)):
        site_options(command)
        command.set_defaults(run=runs)


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


def run_limits(arguments: argparse.Namespace, say: Say) -> int:
    """Of the program; with a site, a Word file carries its office's head."""
    out: Path | None = arguments.out
    if out is not None and out.suffix not in (".csv", ".docx"):
        raise Refused(Fault("processing.unknown_file", str(out), {"path": out}))
    path = site_path(arguments)
    desk = Desk.open(path) if path else None
    django_bare()
    from tienbo.papers.docx import write_docx
    from tienbo.papers.dossier_paper import limits_paper
    from tienbo.project.dossier import limited_fields
    from tienbo.units.models import Role

    headers = [_("Field"), _("Class"), _("Who reads it"), _("Why")]
    lines = [
        [
            f"{one.room}.{one.table}.{one.field}",
            one.level,
            ", ".join(_(str(Role(role).label)) for role in one.roles) or _("nobody"),
            str(one.why),
        ]
        for one in limited_fields()
    ]
    if out is None:
        say.table(headers, lines)
        say.data([dict(zip(headers, line, strict=True)) for line in lines])
        return 0
    if out.suffix == ".csv":
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([headers, *lines])
        out.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    else:
        write_docx(limits_paper(lines, headers, issuer=desk.site.name if desk else ""), out)
    say.line(_("{count} fields were written to {path}.").format(count=len(lines), path=out))
    say.data({"fields": len(lines), "path": str(out)})
    return 0


def run_connections(arguments: argparse.Namespace, say: Say) -> int:
    """Exit 1 where one is still to be assessed."""
    desk = Desk.open(site_path(arguments))
    from tienbo.core.words import day_words
    from tienbo.protection.connections import KINDS, connections

    held = connections(desk.site.connected)
    say.table(
        [_("Code"), _("What"), _("Where to"), _("Risks assessed")],
        [
            (
                one.code,
                _(KINDS[one.kind]),
                one.name,
                f"{one.assessed.document} ({day_words(one.assessed.on)})" if one.assessed else _("still to be done"),
            )
            for one in held
        ],
    )
    say.data([{"code": one.code, "name": one.name, "assessed": one.assessed is not None} for one in held])
    return 1 if any(one.assessed is None for one in held) else 0


def run_assess(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.protection.connections import connection_assess, connections

    made = connection_assess(
        code=arguments.code,
        document=arguments.document,
        on=day_of(arguments.on) or desk.today,
        actor=desk.actor,
        known=connections(desk.site.connected),
    )
    say.line(_("It was written down."))
    say.data({"code": made.code})
    return 0


def run_counters(arguments: argparse.Namespace, say: Say) -> int:
    Desk.open(site_path(arguments))
    from tienbo.project.dossier import bounds_near, subjects_counted

    counted = subjects_counted()
    say.table(
        [_("People"), _("How many people"), _("Sensitive")],
        [(_sorts()[one.sort], one.people, _("Yes") if one.sensitive else _("No")) for one in counted],
    )
    near = bounds_near(counted)
    for name, people, bound in near:
        words = _("{people} people ({name}): four fifths of {bound} are reached; other duties begin there.")
        say.line(words.format(people=people, name={"all": _("all"), "sensitive": _("sensitive")}[name], bound=bound))
    say.data({"counted": [one._asdict() for one in counted], "near": [list(one) for one in near]})
    return 0


def _sorts() -> dict[str, str]:
    return {
        "accounts": _("who has an account (name and password to sign in)"),
        "published": _("holders of published posts (name, sex, year of birth as published)"),
        "requests": _("who asked about their data"),
    }


def run_paper(arguments: argparse.Namespace, say: Say) -> int:
    """A Word file to be finished by who answers for the system; what is not kept stands in it as not kept."""
    out: Path = arguments.out
    if out.suffix != ".docx":
        raise Refused(Fault("processing.unknown_file", str(out), {"path": out}))
    desk = Desk.open(site_path(arguments))
    from tienbo.papers.docx import write_docx
    from tienbo.papers.dossier_paper import dossier_paper

    facts = facts_of(desk)
    write_docx(dossier_paper(facts, arguments.paper, year=getattr(arguments, "year", 0)), out)
    missing = [what for _group, what, _by, kept in facts.measures if kept == "not_kept"]
    for what in missing:
        say.line(_("Not kept by this site now: {what}").format(what=what))
    say.line(_("It was written to {path}.").format(path=out))
    say.data({"path": str(out), "not_kept": missing})
    return 0


def facts_of(desk: Desk) -> Facts:
    """What papers about the site print, as it stands now."""
    from tienbo import __version__
    from tienbo.catalogue.definitions import Sensitivity
    from tienbo.core.words import day_words
    from tienbo.ground.processing import processing_rows
    from tienbo.papers.dossier_paper import Facts
    from tienbo.papers.register_of_processing import SEEN
    from tienbo.project.dossier import answers, classes_counted, dossier, subjects_counted
    from tienbo.project.questions import questions

    site, held = desk.site, dossier()
    kept, names = answers(site), {one.code: str(one.said) for one in held.measures}
    zones = {one.code: str(one.name) for one in held.zones}
    parts = {one.code: str(one.name) for one in held.components}
    purposes: dict[tuple[str, str, str], set[str]] = {}

    def told(text: object, seen: str) -> str:
        return f"{text} [{_(SEEN[seen])}]" if SEEN[seen] else str(text)

    for row in processing_rows():
        key = (str(row.purpose), told(row.basis.text, row.basis.seen), told(row.retention.text, row.retention.seen))
        purposes.setdefault(key, set()).add(f"{row.room}.{row.table}")
    sorts = _sorts()
    what = {
        Sensitivity.C0: _("open"),
        Sensitivity.C1: _("internal"),
        Sensitivity.C2: _("restricted"),
        Sensitivity.C3: _("most sensitive: counts of violence and planning, secrets of signing in"),
    }
    return Facts(
        system=_("Information system of the Committee for the Advancement of Women: {name}").format(name=site.name),
        issuer=site.operator or site.name,
        owner=site.owner,
        operator=site.operator,
        version=__version__,
        written=day_words(desk.today),
        level_decision=" – ".join(filter(None, (site.level_decision, site.level_date))),
        regulation=" – ".join(filter(None, (site.regulation, site.regulation_date))),
        components=[(str(one.name), zones[one.zone]) for one in held.components],
        zones=[(str(one.name), one.network) for one in held.zones],
        flows=[(str(one.from_), parts[one.to], one.port) for one in held.flows],
        classes=[(level, what[Sensitivity(level)], str(count)) for level, count in classes_counted().items()],
        purposes=[(*key, ", ".join(sorted(tables))) for key, tables in purposes.items()],
        risks=[
            (str(one.name), one.likely, one.harm, one.left, "; ".join(names[code] for code in one.measures))
            for one in held.risks
        ],
        measures=[(str(one.group), str(one.said), one.by, kept[one.code]) for one in held.measures],
        questions=[(str(one.asked), str(one.who), one.answer(site) or str(one.until)) for one in questions()],
        subjects=[(sorts[one.sort], str(one.people)) for one in subjects_counted()],
    )
