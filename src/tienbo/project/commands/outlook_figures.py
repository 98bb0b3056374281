"""tienbo outlook project | forecast | lists: what an indicator and an election will probably give, and lists for a
target."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import clean, fold, number
from tienbo.project.cli import basis_option, period_option, print_options, site_options, site_path, unit_option
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json

if TYPE_CHECKING:
    from tienbo.catalogue.definitions import Operator
    from tienbo.outlook.elections import Contest
    from tienbo.outlook.projection import Point, Projection
    from tienbo.outlook.urn import Fit, Forecast

worded(
    {
        "outlook.file_or_site": N_("Name a file, or a unit, a period and an indicator of the site."),
        "outlook.not_a_number": N_("{text} is not a number."),
        "outlook.not_a_target": N_("{text} is not a target; write >=75 or <25."),
        "outlook.not_a_what_if": N_("{text} changes no list; write “Nghệ An 2=2/5”: two women of five."),
        "outlook.year_needed": N_("Say to which year: --year 2030."),
        "outlook.unknown_indicator": N_("There is no indicator {code}."),
    }
)

HEADS: Mapping[str, tuple[str, ...]] = {
    "year": ("year", "nam", "thoi diem"),
    "value": ("value", "gia tri", "ty le"),
    "numerator": ("numerator", "tu so"),
    "denominator": ("denominator", "mau so"),
    "definition": ("definition", "cach tinh"),
    "units": ("units", "pham vi", "pham vi don vi"),
}
"""What the columns of a history may be called, as search keys; the first is what programs write."""


def add(group: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ahead = group.add_parser("project", help=_("an indicator projected from its own history to the year of a target"))
    ahead.add_argument(
        "file", nargs="?", type=Path, metavar=_("FILE"),
        help=_("a history as CSV, XLSX or YAML: year, value or numerator and denominator, definition, units"),
    )  # fmt: skip
    ahead.add_argument("--year", type=float, metavar=_("YEAR"), help=_("the year projected to (default: the target's)"))
    ahead.add_argument("--target", metavar=_("TARGET"), help=_("what is asked then: >=75"))
    ahead.add_argument(
        "--scale", choices=("share", "positive", "any"), default="share",
        help=_("of a file: a share in per cent (the default), what is never below zero, or any number"),
    )  # fmt: skip
    unit_option(ahead)
    period_option(ahead)
    ahead.add_argument("--indicator", metavar=_("INDICATOR"), help=_("an indicator of the site"))
    basis_option(ahead)
    site_options(ahead)
    ahead.set_defaults(run=run_project)
    cast = group.add_parser("forecast", help=_("how many women an election's lists will probably elect"))
    _lists_and_results(cast)
    cast.add_argument("--stage", default="official", metavar=_("STAGE"), help=_("stage of the lists (official)"))
    cast.add_argument(
        "--what-if", action="append", default=[], metavar=_("UNIT=W/C"), help=_("with other lists: “Nghệ An 2=2/5”")
    )
    cast.set_defaults(run=run_forecast)
    lists = group.add_parser("lists", help=_("how many women on which list for a target, with the fewest changes"))
    _lists_and_results(lists)
    lists.add_argument("--target", type=int, required=True, metavar=_("WOMEN"), help=_("women to be elected"))
    lists.add_argument("--assurance", type=float, metavar=_("SHARE"), help=_("the chance of reaching it, 0.8"))
    lists.add_argument("--least", type=int, default=1, metavar=_("WOMEN"), help=_("at least on each list (1)"))
    lists.add_argument("--most", type=int, default=3, metavar=_("WOMEN"), help=_("at most on each list (3)"))
    lists.set_defaults(run=run_lists)


def _lists_and_results(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file",
        type=Path,
        metavar=_("FILE"),
        help=_("lists by unit: province, unit, seats, candidates, women_candidates"),
    )
    command.add_argument(
        "--learn", type=Path, action="append", required=True, metavar=_("FILE"),
        help=_("results of an earlier election by unit: also elected, women_elected (can be repeated)"),
    )  # fmt: skip
    command.add_argument("--drift", type=float, default=0.15, metavar=_("SD"), help=_("drift between elections (0.15)"))
    command.add_argument(
        "--no-slope", action="store_true", help=_("odds do not depend on the share of women on the list")
    )
    print_options(command)


# ---------------------------------------------------------------------------------------------------- projection


def run_project(arguments: argparse.Namespace, say: Say) -> int:
    op, limit = _target(arguments.target) if arguments.target else (None, None)
    if arguments.file:
        if arguments.year is None:
            raise Refused(Fault("outlook.year_needed"))
        from tienbo.outlook.projection import project

        made, unit = project(history(arguments.file), arguments.year, scale=arguments.scale), "%"
        unit = "%" if arguments.scale == "share" else ""
    elif arguments.unit and arguments.period and arguments.indicator:
        made, op, limit, unit = _of_site(arguments, op, limit)
    else:
        raise Refused(Fault("outlook.file_or_site"))
    return _say_projection(say, made, op, limit, unit)


def _of_site(
    arguments: argparse.Namespace, op: Operator | None, limit: float | None
) -> tuple[Projection, Operator | None, float | None, str]:
    """The projection of a site's indicator, to the year and value of the first target that has one."""
    desk = Desk.open(site_path(arguments))
    from tienbo.papers.context import UnitRef
    from tienbo.papers.judgement import holding
    from tienbo.papers.tables import measured_in
    from tienbo.release.ahead import asked_ahead, points, projected
    from tienbo.release.ahead import history as history_of
    from tienbo.units.frames import unit_names

    period = desk.period(arguments.period)
    unit = desk.unit(arguments.unit, period)
    indicator = desk.edition.indicators.get(arguments.indicator)
    if indicator is None:
        raise Refused(Fault("outlook.unknown_indicator", "", {"code": arguments.indicator}))
    year = arguments.year
    if year is None or op is None:
        name = unit_names(desk.edition.calendar.last_day(period)).get(unit.pk, "")
        ref = UnitRef(unit.key, name, unit.kind)
        held = [
            one for one in holding(desk.edition, ref, year=period.year) if indicator.code in (one.indicator, *one.also)
        ]
        asked = asked_ahead(next((one for one in held if one.values), None), period)
        year, op, limit = year or asked.year, op or asked.op, float(asked.value) if limit is None else limit
    reader = desk.reader(arguments.basis, of=unit, period=period)
    told = points(desk.edition, indicator, history_of(reader, indicator, unit.pk, period))
    return projected(indicator, told, year), op, limit, measured_in(desk.edition, indicator)


def _say_projection(say: Say, made: Projection, op: Operator | None, limit: float | None, unit: str) -> int:
    intervals = {share: made.interval(share) for share in (0.5, 0.9)}
    say.line(
        _("Projected to the end of {year:g}: {value} {unit}").format(
            year=made.ahead, value=number(made.median, 1), unit=unit
        )
    )
    say.table(
        [_("Interval"), _("from"), _("to")],
        [(f"{share:.0%}", number(low, 1), number(high, 1)) for share, (low, high) in intervals.items()],
        right=(1, 2),
    )
    words = _("From {count} values, {first:g} to {last:g}.")
    say.line(words.format(count=len(made.history), first=made.history[0].at, last=made.history[-1].at))
    chance, why = None, None
    if op is not None and limit is not None:
        chance, why = made.chance(op, limit), made.unsaid(op, limit)
        if chance is not None:
            words = _("The chance of {op} {limit}: {chance}.")
            say.line(words.format(op=op, limit=number(limit), chance=f"{chance:.0%}"))
    told = [*made.suppositions, *([why] if why else [])]
    say.faults(told)
    say.data({**made.record(), "op": op, "target": limit, "chance": chance, "faults": faults_json(told)})
    return 0


def _target(text: str) -> tuple[Operator, float]:
    told = text.replace("≥", ">=").replace("≤", "<=").replace("≈", "~").replace("%", "").replace(",", ".").strip()
    for op in (">=", "<=", ">", "<", "~", "=="):
        if told.startswith(op):
            return op, _number(told[len(op) :], text)
    raise Refused(Fault("outlook.not_a_target", "", {"text": text}))


def _number(text: str, told: str) -> float:
    try:
        return float(text)
    except ValueError as wrong:
        raise Refused(Fault("outlook.not_a_number", "", {"text": told})) from wrong


def history(path: Path) -> list[Point]:
    """A history as a table: a value, or numerator and denominator in cases, a row; Refused with every fault."""
    from tienbo.outlook.elections import table
    from tienbo.outlook.projection import Point

    rows = table(path)
    heads = [fold(clean(str(cell))) for cell in rows[0]] if rows else []
    columns = {name: heads.index(key) for name, keys in HEADS.items() for key in keys if key in heads}
    needed = ["year", *([] if {"numerator", "denominator"} <= set(columns) else ["value"])]
    faults = [
        Fault("outlook.no_column", path.name, {"column": HEADS[name][0]}) for name in needed if name not in columns
    ]
    if faults:
        raise Refused(*faults)
    found: list[Point] = []
    for row_number, row in enumerate(rows[1:], start=2):
        told = {name: clean(str(row[at])) if at < len(row) else "" for name, at in columns.items()}
        if not any(told.values()):
            continue
        place = f"{path.name}:{row_number}"
        numbers: dict[str, float | None] = {}
        for name in ("year", "value", "numerator", "denominator"):
            text = told.get(name, "")
            try:
                numbers[name] = float(text.replace(",", ".")) if text else None
            except ValueError:
                faults.append(Fault("outlook.not_a_number", f"{place} {HEADS[name][0]}", {"text": text}))
        year, value, part, whole = (numbers.get(name) for name in ("year", "value", "numerator", "denominator"))
        if part is not None and whole:
            value = 100 * part / whole
        if year is None or value is None:
            faults.append(Fault("outlook.not_a_number", place, {"text": "–"}))
            continue
        found.append(Point(year, value, whole or None, told.get("definition", ""), told.get("units", ""), place))
    if faults:
        raise Refused(*faults)
    return found


# ----------------------------------------------------------------------------------------------------- elections


def _read(say: Say, path: Path) -> list[Contest]:
    """The units of a table; refused with every error in it, its notes said."""
    from tienbo.outlook.elections import read

    contests, faults = read(path)
    if errors(faults):
        raise Refused(*faults)
    say.faults(faults)
    return contests


def _learnt(arguments: argparse.Namespace, say: Say) -> tuple[list[Contest], list[list[Contest]], Fit]:
    from tienbo.outlook.urn import fit

    before = [_read(say, path) for path in arguments.learn]
    lists = [replace(one, elected=None, women_elected=None) for one in _read(say, arguments.file)]
    return lists, before, fit(*before, slope=not arguments.no_slope)


def run_forecast(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.outlook.nomination import thin
    from tienbo.outlook.urn import Totals, baselines, forecast, what_if

    lists, before, learnt = _learnt(arguments, say)
    made = forecast(lists, learnt, drift=arguments.drift, stage=arguments.stage)
    _say_forecast(say, made)
    beside = baselines(Totals.of(before[-1]), lists)
    say.line()
    say.table(
        [_("Simple ways, beside it"), _("women"), "95 %"],
        [(_(BASELINES[one.code]), number(one.mean, 1), _dash(one.interval)) for one in beside],
        right=(1, 2),
    )
    low = thin(made)
    if low:
        say.line()
        say.table(
            [_("Units with none or one woman on the list"), _("list"), _("women"), _("chance that none is elected")],
            [(one.contest.name, one.contest.candidates, one.contest.women, f"{one.none_elected:.0%}") for one in low],
            right=(1, 2, 3),
        )
    data: dict[str, Any] = {**made.record(), "baselines": {one.code: one.mean for one in beside}}
    if arguments.what_if:
        changed = what_if(made, _changes(made, arguments.what_if))
        say.line()
        say.line(_("What if: {text}").format(text="; ".join(arguments.what_if)))
        _say_forecast(say, changed)
        data["what_if"] = changed.record()
    say.faults(made.suppositions)
    say.data({**data, "faults": faults_json(made.suppositions)})
    return 0


BASELINES: Mapping[str, str] = {
    "equal_odds": N_("equal odds"),
    "last_share": N_("the last share persists"),
    "success_rate": N_("women's success rate persists"),
    "ratio_of_shares": N_("the ratio of shares persists"),
    "one_urn": N_("one urn for the whole"),
}


def _say_forecast(say: Say, made: Forecast) -> None:
    rows = [(_("In all"), made.seats, made.whole)]
    if len(made.groups) > 1:
        seats: dict[str, int] = {}
        for one in made.contests:
            seats[one.group] = seats.get(one.group, 0) + one.draws
        rows += [(name or "–", seats[name], one) for name, one in made.groups.items()]
    else:
        rows += [(one.name, one.draws, held) for one, held in zip(made.contests, made.units, strict=True)]
    say.table(
        [_("Unit"), _("seats"), _("women expected"), _("share"), "90 %", _("chance of none")],
        [
            (name, count, number(held.mean, 1), f"{held.mean / count:.1%}", _dash(held.interval(0.9)),
             f"{held.chance(0):.0%}")
            for name, count, held in rows
        ],
        right=(1, 2, 3, 4, 5),
    )  # fmt: skip


def _dash(interval: tuple[int, int] | None) -> str:
    return f"{interval[0]}–{interval[1]}" if interval else ""


def _changes(made: Forecast, texts: Sequence[str]) -> dict[int, tuple[int, int]]:
    """ "Nghệ An 2=2/5" → number of the unit → (women, candidates)."""
    from tienbo.outlook.urn import number_of

    found = {}
    for text in texts:
        name, _equals, counts = text.rpartition("=")
        women, _of, candidates = counts.partition("/")
        if not (name and women.strip().isdecimal() and candidates.strip().isdecimal()):
            raise Refused(Fault("outlook.not_a_what_if", "", {"text": text}))
        found[number_of(made.contests, name)] = int(women), int(candidates)
    return found


def run_lists(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.outlook.nomination import Bounds, plan

    lists, _before, learnt = _learnt(arguments, say)
    made = plan(
        lists, learnt, target=arguments.target, bounds=Bounds(arguments.least, arguments.most),
        assurance=arguments.assurance, drift=arguments.drift,
    )  # fmt: skip
    ways = [(_("Even"), made.even), (_("Fewest changes"), made.fewest)]
    say.table(
        [_("Plan"), _("changes"), _("women on lists"), _("share"), _("women expected"), _("chance of the target")],
        [
            (name, way.changes, way.on_lists, f"{way.share_of_lists:.1%}", number(way.forecast.whole.mean, 1),
             f"{way.chance:.0%}")
            for name, way in ways
            if way is not None
        ],
        right=(1, 2, 3, 4, 5),
    )  # fmt: skip
    shown = made.even or made.fewest
    say.line()
    say.table(
        [_("Unit"), _("seats"), _("list"), _("women now"), *(name for name, way in ways if way is not None)],
        [
            (one.name, one.seats, one.candidates, one.women, *(way.women[at] for _name, way in ways if way is not None))
            for at, one in enumerate(lists)
        ],
        right=(1, 2, 3, 4, 5),
    )  # fmt: skip
    say.faults(made.suppositions)
    told = {
        code: None if way is None else {"women": list(way.women), "changes": way.changes, "chance": way.chance}
        for code, way in (("even", made.even), ("fewest", made.fewest))
    }
    say.data({"target": made.target, "assurance": made.assurance, **told, "faults": faults_json(made.suppositions)})
    return 0 if shown else 1
