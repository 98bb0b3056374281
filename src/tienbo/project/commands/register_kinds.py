"""tienbo register kind … and recount: registers of a site's own, and records counted anew."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json

if TYPE_CHECKING:
    from tienbo.registers.kind_models import OwnKind

worded({"register.no_own": N_("There is no register of one's own “{text}”. There are: {codes}.")})


def add(group: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    kind = group.add_parser("kind", help=_("registers of the site's own: sheets, check, put in use"))
    kinds = kind.add_subparsers(required=True)
    listed = kinds.add_parser("list", help=_("the registers of the site's own"))
    site_options(listed)
    listed.set_defaults(run=run_list)
    sheet = kinds.add_parser("sheet", help=_("write a sheet to fill in: blank, or after a register there is"))
    sheet.add_argument(
        "register", nargs="?", default="", metavar=_("REGISTER"), help=_("code of the register to follow")
    )
    sheet.add_argument("-o", "--out", type=Path, required=True, metavar=_("FILE"), help=_("where to write it"))
    site_options(sheet)
    sheet.set_defaults(run=run_sheet)
    check = kinds.add_parser("check", help=_("say what is wrong with a sheet that was filled in, cell by cell"))
    check.add_argument("file", type=Path, metavar=_("FILE"), help=_("the sheet"))
    site_options(check)
    check.set_defaults(run=run_check)
    bring = kinds.add_parser("bring", help=_("bring a sheet in: a new register, or a draft of one there is"))
    bring.add_argument("file", type=Path, metavar=_("FILE"), help=_("the sheet"))
    bring.add_argument("--to", default="", metavar=_("REGISTER"), help=_("code or key of the register that it changes"))
    site_options(bring)
    bring.set_defaults(run=run_bring)
    use = kinds.add_parser("use", help=_("put the last version of a register in use from a day on"))
    use.add_argument("register", metavar=_("REGISTER"), help=_("its code or key"))
    use.add_argument("--from", dest="begins", required=True, metavar=_("DAY"), help=_("the day, as 1/7/2026"))
    site_options(use)
    use.set_defaults(run=run_use)
    recount = group.add_parser("recount", help=_("count records anew by the definitions that hold now"))
    recount.add_argument("registers", nargs="*", metavar=_("REGISTER"), help=_("codes of registers (default: all)"))
    site_options(recount)
    recount.set_defaults(run=run_recount)


def run_list(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.registers.kinds import kind_list, kind_looked_at, kind_said, last_used

    told = []
    for kind in kind_list():
        rows = kind_said(desk.edition, kind)
        made, faults = kind_looked_at(edition=desk.edition, kind=kind, rows=rows)
        used = last_used(kind)
        begins = used.begins_on.isoformat() if used is not None and used.begins_on is not None else ""
        told.append(
            {"key": kind.key, "code": made.code, "name": rows.get("name_vi", ""), "in_use_from": begins,
             "faults": len(faults), "withdrawn": kind.withdrawn}
        )  # fmt: skip
        since = begins or _("draft")
        say.line(f"{made.code}  {rows.get('name_vi', '')}  {since}  {kind.key}")
    say.data(told)
    return 0


def run_sheet(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.catalogue.kinds import kind_form
    from tienbo.papers.workbook.kind_sheet import kind_sheet_write
    from tienbo.registers.kind_making import series_offered
    from tienbo.registers.kind_rows import copy_leaves, kind_copied, rows_begun
    from tienbo.registers.kinds import kind_said

    edition = desk.edition
    rows, left = rows_begun(), list[str]()
    if arguments.register:
        own, shipped = _own(arguments.register), edition.registers.get(arguments.register)
        if own is not None:
            rows = kind_said(edition, own)
        elif shipped is not None:
            rows, left = kind_copied(edition, shipped), copy_leaves(shipped)
        else:
            fields = {"text": arguments.register, "codes": ", ".join(edition.registers)}
            raise Refused(Fault("register.unknown", "", fields))
    offers = {"series": series_offered(edition)}
    kind_sheet_write(arguments.out, form=kind_form(edition), said=rows, offers=offers)
    say.line(_("The sheet was written to {file}.").format(file=arguments.out))
    if left and shipped is not None:
        say.line(
            _("Of “{register}” the copy does not have: {left}.").format(register=shipped.name, left="; ".join(left))
        )
    say.data({"file": str(arguments.out), "left": left})
    return 0


def run_check(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.registers.kind_placing import kind_check

    rows, places = _read(desk, arguments.file)
    made, faults = kind_check(desk.edition, rows)
    return _told(say, arguments.file, made.code, _placed(faults, places))


def run_bring(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.registers.kinds import kind_begin, kind_looked_at, kind_write

    rows, places = _read(desk, arguments.file)
    if arguments.to:
        held = _own_named(arguments.to)
        kind, faults = kind_write(
            edition=desk.edition, home=desk.home, kind=held, seen=held.version, rows=rows, actor=desk.actor
        )
    else:
        kind = kind_begin(edition=desk.edition, home=desk.home, rows=rows, actor=desk.actor)
        faults = kind_looked_at(edition=desk.edition, kind=kind, rows=rows)[1]
    return _told(say, arguments.file, kind.key, _placed(faults, places))


def run_use(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.registers.kinds import kind_use

    held = _own_named(arguments.register)
    kind = kind_use(
        edition=desk.edition,
        home=desk.home,
        kind=held,
        seen=held.version,
        begins=arguments.begins,
        actor=desk.actor,
    )
    say.line(_("{code} is put in use.").format(code=kind.code))
    say.data({"key": kind.key, "code": kind.code})
    return 0


def run_recount(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.registers.recounting import records_recount

    for code in arguments.registers:
        if code not in desk.edition.registers:
            fields = {"text": code, "codes": ", ".join(desk.edition.registers)}
            raise Refused(Fault("register.unknown", "", fields))
    done = records_recount(edition=desk.edition, registers=arguments.registers)
    say.line(_("{looked} records were looked at, {changed} count otherwise now.").format(**asdict(done)))
    say.data(asdict(done))
    return 0


# ------------------------------------------------------------------------------------------------------- within


def _read(desk: Desk, path: Path) -> tuple[dict[str, str], dict[str, str]]:
    from tienbo.catalogue.kinds import kind_form
    from tienbo.papers.workbook.kind_sheet import kind_sheet_read

    read = kind_sheet_read(path.read_bytes(), name=path.name, form=kind_form(desk.edition))
    if read.faults:
        raise Refused(*read.faults)
    return read.said, read.places


def _placed(faults: list[Fault], places: dict[str, str]) -> list[Fault]:
    """Faults at the cells of the sheet."""
    return [replace(one, place=places.get(str(one.fields.get("field", "")), one.place)) for one in faults]


def _told(say: Say, path: Path, name: str, faults: list[Fault]) -> int:
    wrong = errors(faults)
    say.line(f"{path}: " + (_("to be mended") if wrong else _("nothing is wrong")) + f" ({name})")
    if not say.as_json:
        say.faults(faults, of=str(path))
    say.data({"file": str(path), "register": name, "faults": faults_json(faults)})
    return 1 if wrong else 0


def _own(text: str) -> OwnKind | None:
    from tienbo.registers.kinds import kind_list

    return next((one for one in kind_list() if text in (one.key, one.code)), None)


def _own_named(text: str) -> OwnKind:
    from tienbo.registers.kinds import kind_list

    found = _own(text)
    if found is None:
        codes = ", ".join(one.code or one.key for one in kind_list())
        raise Refused(Fault("register.no_own", "", {"text": text, "codes": codes}))
    return found
