"""tienbo workbook blank | check."""

from __future__ import annotations

import argparse
from pathlib import Path

from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.project.cli import period_option, site_options, site_path, unit_option
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json

worded({"blank.no_form": N_("{unit} owes no return for {period}.")})


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    book = groups.add_parser("workbook", help=_("forms as workbooks: write blank ones, check filled ones"))
    group = book.add_subparsers(required=True)
    blank = group.add_parser("blank", help=_("write the blank workbooks of a period"))
    period_option(blank, required=True, help=_("a half-year: 2026-H1"))
    unit_option(blank, action="append", help=_("only for this unit (can be repeated)"))
    blank.add_argument(
        "-o", "--out", type=Path, metavar=_("DIR"), help=_("folder to write to (default: out/ of the site)")
    )
    site_options(blank)
    blank.set_defaults(run=run_blank)
    check = group.add_parser("check", help=_("read workbooks and say every fault; nothing is taken in"))
    check.add_argument("files", nargs="+", type=Path, metavar=_("FILE"), help=_("files, or folders of files"))
    period_option(check, help=_("the period they should be of"))
    site_options(check)
    check.set_defaults(run=run_check)


def run_blank(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    period = desk.period(arguments.period)
    from tienbo.processes.workbooks import workbooks_blank

    units = [desk.unit_reporting(text, period) for text in arguments.unit] if arguments.unit else None
    folder = arguments.out or desk.site.out / f"workbooks-{period.code}"
    written = workbooks_blank(
        home=desk.home,
        edition=desk.edition,
        period=period,
        units=units,
        folder=folder,
        seal=desk.seal,
        illustrative=desk.site.illustrative,
        progress=lambda done, total: say.progress(done, total, _("Workbooks")),
    )
    if units and len(written) < len(units):
        raise Refused(_owes_nothing(desk, units, written, period))
    say.line(_("{count} workbooks were written to {folder}.").format(count=len(written), folder=folder))
    say.data({"folder": str(folder), "files": {key: path.name for key, path in written.items()}})
    return 0


def _owes_nothing(desk: Desk, units: list, written: dict[str, Path], period: Period) -> Fault:  # type: ignore[type-arg]
    from tienbo.units.services import unit_label

    left = next(unit for unit in units if unit.key not in written)
    name = unit_label(left, desk.edition.calendar.last_day(period))
    return Fault("blank.no_form", "", {"unit": name, "period": period})


def run_check(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.collection.editions import kept_editions
    from tienbo.collection.intake import files_in
    from tienbo.collection.reader import Reader

    period = desk.period(arguments.period) if arguments.period else None
    reader = Reader(desk.seal, period, kept_editions())
    wrong = 0
    results = []
    for path in files_in(arguments.files):
        read = reader.read(path)
        bad = bool(errors(read.faults))
        wrong += bad
        say.line(f"{path}: " + (_("has faults") if bad else _("can be taken in")))
        if not say.as_json:
            say.faults(read.faults, of=str(path))
        results.append({"file": str(path), "ok": not bad, "faults": faults_json(read.faults)})
    say.data(results)
    return 1 if wrong else 0
