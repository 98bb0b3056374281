"""tienbo access matrix | why: who may what, and why somebody may open a page."""

from __future__ import annotations

import argparse
import csv
import sys
from typing import Any

from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import print_options, site_options, site_path
from tienbo.project.desk import Desk, django_bare
from tienbo.project.saying import Say

COLUMNS = 100
"""Of a terminal. The whole, in words, is `--format csv`."""


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("access", help=_("who may what")).add_subparsers(required=True)
    shown = group.add_parser("matrix", help=_("the matrix of rights: what each role may do, and where"))
    printed = _("letters and a legend, or the whole in words (default: table)")
    shown.add_argument("--format", choices=("table", "csv"), default="table", help=printed)
    print_options(shown)
    shown.set_defaults(run=run_matrix)
    asked = group.add_parser("why", help=_("which grant lets somebody open a page, or which is missing"))
    asked.add_argument("name", metavar=_("NAME"), help=_("what the person types to sign in"))
    asked.add_argument("address", metavar="URL", help=_("the page's address, with or without the server's name"))
    site_options(asked)
    asked.set_defaults(run=run_why)


def run_matrix(arguments: argparse.Namespace, say: Say) -> int:
    """It is the program's and no site's: no site is opened."""
    django_bare()
    from tienbo.units.rights_table import absences, matrix_grid, matrix_rows

    headers, rows = matrix_rows()
    if arguments.format == "csv" and not say.as_json:
        writer = csv.writer(sys.stdout)
        writer.writerow(headers)
        writer.writerows(rows)
        return 0
    letters, lines, legend = matrix_grid(COLUMNS)
    say.table(letters, lines)
    for one in ("", *legend, "", _("Nobody may, whatever the role:")):
        say.line(one)
    for one in absences():
        say.line(f"  {one}")
    say.data([dict(zip(headers, row, strict=True)) for row in rows])
    return 0


def run_why(arguments: argparse.Namespace, say: Say) -> int:
    """Exit status 0 where the page opens, 1 where it does not."""
    desk = Desk.open(site_path(arguments))
    from tienbo.project.people import account_named
    from tienbo.units.rights import NEEDS
    from tienbo.units.services import unit_label
    from tienbo.web.doors import why
    from tienbo.web.granting import role_name, term_words

    found = why(account_named(arguments.name), arguments.address, today=desk.today)
    data: dict[str, Any] = {"open": found.is_open, "declared": found.declared, "grants": []}
    if found.need is None:
        words = (
            _("Anybody may open it.")
            if found.declared == "public"
            else _("Whoever is signed in may open it, whatever their role.")
        )
        say.line(words)
    else:
        at = unit_label(found.unit, found.day) if found.unit else _("any unit")
        say.line(
            _("It asks: {need} – {unit}, units of {day}.").format(
                need=_(NEEDS[found.need]), unit=at, day=day_words(found.day)
            )
        )
    for one in found.grants:
        grant = one.grant
        state = (
            _("opens it")
            if one.opens and one.is_in_force
            else _("would open it, and is not in force today")
            if one.opens
            else _("does not open it")
        )
        unit = unit_label(grant.unit, max(grant.valid_from, grant.unit.valid_from))
        say.line(f"  {role_name(grant.role)} – {unit}, {term_words(grant)}: {state}")
        data["grants"].append(
            {
                "role": grant.role,
                "unit": grant.unit.key,
                "from": grant.valid_from,
                "until": grant.valid_to,
                "opens": one.opens,
                "in_force": one.is_in_force,
            }
        )
    if found.is_closed:
        say.line(_("The account is closed to sign-in."))
    if not found.is_open and found.need is not None:
        names = ", ".join(map(role_name, found.roles))
        say.line(_("Missing: one of the roles {roles}, where the matrix of rights gives it.").format(roles=names))
    say.line(_("It opens.") if found.is_open else _("It does not open: the page answers as one that does not exist."))
    data["roles"] = list(found.roles)
    say.data(data)
    return 0 if found.is_open else 1
