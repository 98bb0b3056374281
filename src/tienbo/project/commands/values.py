"""tienbo values: figures of a unit."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal

from tienbo.core.messages import gettext as _
from tienbo.core.words import number
from tienbo.engine.values import STATUS_WORDS, Status, Value
from tienbo.papers.maps import ActName, bounds_words, note, share_words
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

CSV_COLUMNS = (
    "indicator",
    "unit",
    "period",
    "members",
    "status",
    "numerator",
    "denominator",
    "value",
    "qualifier",
    "units_reported",
    "units_due",
    "units_estimated",
)
MAP_COLUMNS = ("map_day", "low", "high", "estimated_share", "population_share", "acts")
"""What is said beside of values on the map of another day; acts as "number (day in force)"."""


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    values = groups.add_parser("values", help=_("figures of a unit in a period"))
    unit_option(values, required=True)
    period_option(values, required=True)
    values.add_argument(
        "--indicator", action="append", metavar=_("INDICATOR"), help=_("only this one (can be repeated)")
    )
    values.add_argument("--by", metavar=_("BREAKDOWN"), help=_("divide by a breakdown: sex, eth"))
    basis_option(values)
    map_option(values)
    values.add_argument(
        "--format", choices=("table", "csv", "json"), default="table", help=_("how to print (default: table)")
    )
    site_options(values)
    values.set_defaults(run=run)


def run(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.engine.evaluate import Question
    from tienbo.engine.terms import splits_by
    from tienbo.release.one_map import values_on_own_maps
    from tienbo.release.reading import act_names

    period, map_day = desk.period(arguments.period), day_of(arguments.map_date)
    unit = desk.unit_on_map(arguments.unit, period, map_day)
    edition = desk.edition
    codes = tuple(arguments.indicator or (code for code, made in edition.indicators.items() if made.terms))
    if arguments.by and not arguments.indicator:
        codes = tuple(code for code in codes if splits_by(edition, edition.indicators[code], arguments.by))
    reader = desk.reader(arguments.basis, of=unit, period=period, map_day=map_day)
    question = Question(codes, (period,), (unit.pk,), by=arguments.by, map_day=map_day)
    values = list(values_on_own_maps(reader, question) if map_day is None else reader.values(question))
    acts = act_names(key for value in values for key in value.acts)
    if arguments.format == "csv":
        _csv(values, acts, with_map=map_day is not None or any(value.map_day for value in values))
        return 0
    if say.as_json or arguments.format == "json":
        say.as_json = True
        say.data([value_data(value, acts) for value in values])
        return 0
    shown = [value for value in values if arguments.indicator or value.status is not Status.NOT_REPORTED]
    say.table(
        [_("Indicator"), _("Name"), _("Value"), _("Unit of measure"), _("Parts"), _("Units reported"), _("Remarks")],
        [_row(desk, value) for value in shown],
        right=(2, 4, 5),
    )
    left = len(values) - len(shown)
    if left:
        say.line(_("{count} more indicators were not reported.").format(count=left))
    for text in note(shown, acts):
        say.line(text)
    return 0


def _row(desk: Desk, value: Value) -> tuple[object, ...]:
    from tienbo.papers.tables import measured_in

    indicator = desk.edition.indicators[value.indicator]
    members = f" – {members_name(desk, value.members)}" if value.members else ""
    return (
        value.indicator,
        f"{indicator.name}{members}",
        shown(value, indicator.decimals),
        measured_in(desk.edition, indicator) if value.status in (Status.VALUE, Status.INTERVAL) else "",
        parts(value),
        f"{value.units_reported}/{value.units_due}",
        remarks(value),
    )


def members_name(desk: Desk, members: str) -> str:
    """The members of a value as people say them: "sex=f" is "nữ"."""
    pairs = (pair.split("=", 1) for pair in members.split(","))
    return ", ".join(str(desk.edition.breakdowns[dimension].members[member]) for dimension, member in pairs)


def shown(value: Value, decimals: int) -> str:
    """A value as a table prints it: "≥ 3.000" for "trên", two bounds where it is known no nearer, words where there is
    no figure."""
    if value.status is Status.INTERVAL and value.low is not None and value.high is not None:
        places = None if value.low == value.low.to_integral_value() and decimals == 0 else decimals
        return bounds_words(number(value.low, places), number(value.high, places))
    if value.status is not Status.VALUE or value.value is None:
        return _(STATUS_WORDS[value.status])
    exact = value.value == value.value.to_integral_value()
    text = number(value.value, 0 if exact and value.denominator is None else decimals)
    return ("≥ " if value.qualifier == "at_least" else "") + text


def parts(value: Value) -> str:
    if value.numerator is None or value.denominator is None:
        return ""
    return f"{_plain(value.numerator)}/{_plain(value.denominator)}"


def remarks(value: Value) -> str:
    said = []
    if value.qualifier == "estimate":
        said.append(_("estimates from {count} units").format(count=value.units_estimated))
    if value.estimated_share:
        said.append(_("estimated by shares: {share}").format(share=share_words(value.estimated_share)))
    return "; ".join(said)


def _plain(part: Decimal) -> str:
    return number(part)


def value_data(value: Value, acts: Mapping[str, ActName]) -> dict[str, object]:
    """A value for another programme: nothing rounded; acts by number or title and day in force."""
    passed = [
        {"number": acts[key].number, "title": acts[key].title, "day": acts[key].day.isoformat()}
        for key in value.acts
        if key in acts
    ]
    return {**value._asdict(), "status": value.status.value, "acts": passed}


def _csv(values: Iterable[Value], acts: Mapping[str, ActName], *, with_map: bool) -> None:
    """Plain CSV for programs: a dot for decimals, no grouping; percentages unrounded. What is said of a map stands in
    more columns, where one was asked for."""
    writer = csv.writer(sys.stdout)
    columns = (*CSV_COLUMNS, *(MAP_COLUMNS if with_map else ()))
    writer.writerow(columns)
    for value in values:
        passed = "; ".join(
            f"{acts[key].number or acts[key].title} ({acts[key].day})" for key in value.acts if key in acts
        )
        row = {**value._asdict(), "status": value.status.value, "acts": passed}
        writer.writerow([_cell(row[name]) for name in columns])


def _cell(value: object) -> object:
    if value is None:
        return ""
    from tienbo.web.downloads import inert

    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return inert(value) if isinstance(value, str) else value
