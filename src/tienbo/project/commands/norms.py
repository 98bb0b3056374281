"""tienbo norms list | unmet: what each norm asks by which document, and which units do not satisfy which."""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import period_option, site_options, site_path, unit_option
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

if TYPE_CHECKING:
    from tienbo.core.periods import Period
    from tienbo.release.norms import Finding, Norms, Since

COLUMNS = (
    "norm",
    "document",
    "unit",
    "unit_name",
    "about",
    "standing",
    "numbers",
    "since",
    "figures_of",
    "because",
    "lacks",
)

worded({"norms.unknown": N_("There is no norm called {norm}. There are: {known}.")})


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("norms", help=_("norms that units are to satisfy: list, unmet")).add_subparsers(
        required=True
    )
    listed = group.add_parser("list", help=_("what each norm asks, by which document, and how many units stand where"))
    period_option(listed, required=True)
    site_options(listed)
    listed.set_defaults(run=run_list)
    unmet = group.add_parser(
        "unmet", help=_("units and agencies that do not satisfy a norm, with the numbers, since when")
    )
    period_option(unmet, required=True)
    unmet.add_argument("--norm", metavar=_("CODE"), help=_("only this norm"))
    unit_option(unmet, help=_("only this unit"))
    unmet.add_argument("--also-not-told", action="store_true", help=_("also what cannot be told, with what is missing"))
    unmet.add_argument("--format", choices=("table", "csv"), default="table", help=_("how to print (default: table)"))
    site_options(unmet)
    unmet.set_defaults(run=run_unmet)


def _norms(desk: Desk, period: Period) -> Norms:
    """The norms as the site's own office reads them."""
    from tienbo.engine.evaluate import Audience
    from tienbo.registers.norm_decisions import edition_with_norms, units_around
    from tienbo.release.norms import Norms
    from tienbo.units.frames import tree_on

    day = desk.edition.calendar.last_day(period.last_half)
    around = units_around(desk.home.pk, day) | units_around(desk.home.pk, desk.today)
    reader = desk.reader()
    return Norms(
        edition=edition_with_norms(desk.edition, around, day),
        seat=desk.home.pk,
        reader_at=lambda root: replace(reader, audience=Audience("statutory", root), scope=root),
        readable=lambda on: tree_on(on).kinds,
        today=desk.today,
    )


def run_list(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.engine.norms import Standing
    from tienbo.papers.norm_words import asks_words

    period = desk.period(arguments.period)
    norms = _norms(desk, period)
    counts = Counter((one.norm.code, one.standing) for one in norms.found(period))
    day = norms.edition.calendar.last_day(period.last_half)
    shown, data = [], []
    for code, norm in norms.edition.norms.items():
        rule = norm.rule_on(day)
        held = {one: counts[code, one] for one in Standing}
        document = norms.edition.documents[rule.document].cited if rule else ""
        asks = asks_words(norm, rule.value if rule else None)
        shown.append(
            (code, asks, document, *(held[one] for one in (Standing.NOT_MET, Standing.NOT_TOLD, Standing.MET)))
        )
        data.append({
            "norm": code, "name": str(norm.name), "asks": asks, "document": document,
            "confidence": rule.confidence.value if rule else "", "severity": norm.severity,
            "since": rule.begin.isoformat() if rule else "", "until": rule.end.isoformat() if rule and rule.end else "",
            **{one.value: count for one, count in held.items()},
        })  # fmt: skip
    heads = [_("Code"), _("What it asks"), _("Legal basis"), _("Not satisfied"), _("Cannot be told"), _("Satisfied")]
    say.table(heads, shown, right=(3, 4, 5))
    say.data(data)
    return 0


def run_unmet(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.engine.norms import Standing
    from tienbo.papers.norm_words import STANDINGS

    period = desk.period(arguments.period)
    norms = _norms(desk, period)
    wanted = None
    if arguments.norm:
        if arguments.norm not in norms.edition.norms:
            known = ", ".join(norms.edition.norms)
            raise Refused(Fault("norms.unknown", "", {"norm": arguments.norm, "known": known}))
        wanted = [norms.edition.norms[arguments.norm]]
    units = {desk.unit(arguments.unit, period).pk} if arguments.unit else None
    states = {Standing.NOT_MET, *((Standing.NOT_TOLD,) if arguments.also_not_told else ())}
    held = [one for one in norms.found(period, norms=wanted, units=units) if one.standing in states]
    rows = [_data(norms, one, since) for since in (norms.since(held),) for one in held] if held else []
    if arguments.format == "csv":
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        return 0
    heads = [_("Norm"), _("Unit"), _("Body or agency"), _("State"), _("Numbers"), _("Since when")]
    named = ("norm", "unit_name", "about", "standing", "numbers", "since")
    words = {one.value: _(STANDINGS[one]) for one in Standing}
    shown = [{**row, "standing": words[row["standing"]], "numbers": row["numbers"] or row["lacks"]} for row in rows]
    say.table(heads, [tuple(row[name] for name in named) for row in shown])
    say.line(_("{count} lines; day of the map: {day}.").format(
        count=len(rows), day=day_words(norms.edition.calendar.last_day(period.last_half))
    ))  # fmt: skip
    say.data(rows)
    return 0


def _data(norms: Norms, one: Finding, since: Mapping[tuple[str, int, str], Since]) -> dict[str, str]:
    """A finding for another programme: keys, periods by their labels."""
    from tienbo.papers.norm_words import lacks_words, numbers_words
    from tienbo.units.frames import unit_called, unit_keys

    held = since.get(one.subject)
    return {
        "norm": one.norm.code,
        "document": norms.edition.documents[one.rule.document].cited if one.rule else "",
        "unit": unit_keys()[one.unit],
        "unit_name": unit_called(one.unit, norms.edition.calendar.last_day(one.period.last_half)),
        "about": one.name or str(one.norm.body or ""),
        "standing": one.standing.value,
        "numbers": numbers_words(norms.edition, one.norm, one.judged, one.figures),
        "since": str(held.period) if held is not None else "",
        "figures_of": str(one.of or ""),
        "because": one.judged.because,
        "lacks": lacks_words(one.norm, one.judged),
    }
