"""tienbo report: the official paper of a unit and a period."""

from __future__ import annotations

import argparse
from pathlib import Path

from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_, language
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import (
    basis_option,
    day_of,
    map_option,
    period_option,
    site_options,
    site_path,
    unit_option,
)
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

worded(
    {
        "report.no_period": N_(
            "Say which period the report is of: --period 2026-H1, or an earlier one: --release KEY."
        ),
        "report.period_is_open": N_("The period {period} runs until {day}: what is reported may still change."),
        "report.unknown_kind": N_("There is no report of the kind {kind}. There are: {kinds}."),
    }
)

KINDS = ("six-month", "year", "own", "action-month", "thematic")
"""Kinds of report. Where the pack has several outlines of a kind, the code of one may be named instead."""


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    report = groups.add_parser("report", help=_("write the report of a unit as docx or PDF"))
    unit_option(report, help=_("default: the site's own unit"))
    period_option(report)
    report.add_argument(
        "--kind",
        default="six-month",
        metavar=_("KIND"),
        help=_("kind of report: {kinds}; or the code of an outline").format(kinds=", ".join(KINDS)),
    )
    basis_option(report)
    map_option(report)
    report.add_argument("--release", metavar=_("KEY"), help=_("write an earlier release again"))
    report.add_argument("--template", type=Path, metavar=_("FILE"), help=_("the office's own Word template"))
    report.add_argument("-o", "--out", type=Path, action="append", required=True, metavar=_("FILE"), help=".docx, .pdf")
    site_options(report)
    report.set_defaults(run=run)


def run(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.release.services import documents_write, release_find, release_make

    if arguments.release:
        release = release_find(arguments.release)
    else:
        if not arguments.period:
            raise Refused(Fault("report.no_period"))
        period = desk.period(arguments.period)
        map_day = day_of(arguments.map_date)
        unit = desk.unit_on_map(arguments.unit, period, map_day) if arguments.unit else desk.home
        last = desk.edition.calendar.last_day(period)
        if desk.today <= last:
            day = day_words(last)
            say.faults([Fault("report.period_is_open", "", {"period": period, "day": day}, Level.NOTE)])
        release = release_make(
            reader=desk.reader(arguments.basis, of=unit, period=period, map_day=map_day),
            unit=unit,
            period=period,
            kind=_kind(desk, arguments.kind),
            office=desk.office(unit, period),
            actor=desk.actor,
            lang="en" if language() == "en" else "vi",
            map_day=map_day if map_day != last else None,
        )
    documents_write(release=release, paths=arguments.out, template=arguments.template)
    for path in arguments.out:
        say.line(str(path))
    say.line(_("Release {key}").format(key=release.key))
    say.data(
        {"release": release.key, "fingerprint": release.fingerprint, "files": [str(path) for path in arguments.out]}
    )
    return 0


def _kind(desk: Desk, wanted: str) -> str:
    known = [*KINDS, *sorted(desk.edition.outlines)]
    if wanted not in known:
        raise Refused(Fault("report.unknown_kind", wanted, {"kind": wanted, "kinds": ", ".join(known)}))
    return wanted
