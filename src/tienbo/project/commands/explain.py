"""tienbo explain: how a figure came about."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import number
from tienbo.engine.values import Status, Value
from tienbo.papers.maps import ActName, acts_words, bounds_words, note, share_words
from tienbo.project.cli import (
    basis_option,
    day_of,
    map_option,
    period_option,
    site_options,
    site_path,
    unit_option,
)
from tienbo.project.commands.values import parts, remarks, shown, value_data
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

if TYPE_CHECKING:
    from tienbo.catalogue.definitions import Indicator
    from tienbo.catalogue.loading import Edition
    from tienbo.engine.explain import Explanation, Predecessor
    from tienbo.release.reading import Origin

CONFIDENCE: Mapping[str, str] = {
    "confirmed": N_("checked"),
    "partly": N_("checked in part"),
    "inferred": N_("inferred"),
    "unconfirmed": N_("not checked"),
}
"""How far the text behind a definition was seen, for the drafter's screen."""

QUALIFIERS: Mapping[str, str] = {
    "exact": N_("official"),
    "estimate": N_("estimate"),
    "at_least": N_("over, more than"),
}


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    explain = groups.add_parser("explain", help=_("how a figure came about, down to the cell it was typed in"))
    unit_option(explain, required=True)
    period_option(explain, required=True)
    explain.add_argument("--indicator", required=True, metavar=_("INDICATOR"), help=_("code of the indicator"))
    basis_option(explain)
    map_option(explain)
    explain.add_argument("--sql", action="store_true", help=_("show the SQL that was run"))
    site_options(explain)
    explain.set_defaults(run=run)


def run(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.engine.explain import formula
    from tienbo.release.one_map import explained_on_own_map
    from tienbo.release.reading import act_names, halves_read, origins
    from tienbo.units.frames import unit_keys, unit_names

    period, map_day = desk.period(arguments.period), day_of(arguments.map_date)
    unit = desk.unit_on_map(arguments.unit, period, map_day)
    reader = desk.reader(arguments.basis, of=unit, period=period, map_day=map_day)
    if map_day is None:
        made = explained_on_own_map(reader, arguments.indicator, unit.pk, period)
    else:
        made = reader.explain(arguments.indicator, unit.pk, period, map_day)
    keys, names = unit_keys(), dict[int, str]()
    for day in (*map(desk.edition.calendar.last_day, (*halves_read(period), period)), *filter(None, (map_day,))):
        names |= unit_names(day)
    acts = act_names({*made.value.acts, *(key for one in made.predecessors for key in one.acts)})
    sides = formula(desk.edition, made.indicator)
    came = origins(fact.revision for fact in made.facts)
    say.line(f"{made.indicator.name} — {names[unit.pk]}, {period.code}")
    _say_value(say, made, sides, desk.edition)
    for text in note([made.value], acts):
        say.line(text)
    if made.missing:
        say.line(_("Missing: {units}").format(units="; ".join(names[one] for one in made.missing)))
    if made.parts:
        _say_parts(say, made, {keys[pk]: name for pk, name in names.items()})
    if made.predecessors:
        _say_predecessors(say, made, names, acts)
    if made.facts:
        _say_facts(say, made, came, names, keys)
    if made.withheld_facts:
        say.line(
            _("{count} facts are shown only to their own unit and the office that consolidates it.").format(
                count=made.withheld_facts
            )
        )
    if arguments.sql:
        say.line()
        for text in made.sql:
            say.line(text)
    say.data(_data(made, sides, came, keys, acts))
    return 0


def _say_value(say: Say, made: Explanation, sides: tuple[str, str], edition: Edition) -> None:
    indicator, value = made.indicator, made.value
    numerator, denominator = sides
    say.line(f"= {_with_unit(value, indicator, edition)} {remarks(value)}".rstrip())
    if parts(value):
        say.line(f"  {number(value.numerator or 0)} : {number(value.denominator or 0)} × {indicator.unit.scale}")
    say.line(_("Numerator: {text}").format(text=numerator))
    if denominator:
        say.line(_("Denominator: {text}").format(text=denominator))
    for code in indicator.cites:
        document = edition.documents[code]
        say.line(_("By: {document}").format(document=f"{document.cited} – {document.title}"))
    if indicator.definition_confidence != "confirmed":
        say.line(
            _("The definition has not been checked against its source ({confidence}).").format(
                confidence=_(CONFIDENCE[indicator.definition_confidence.value])
            )
        )
    say.line(_("Units: {reported} of {due} reported").format(reported=value.units_reported, due=value.units_due))


def _say_parts(say: Say, made: Explanation, names: Mapping[str, str]) -> None:
    """`names` by the key of a unit."""
    say.line()
    say.table(
        [_("Unit"), _("Value"), _("Parts"), _("Units reported")],
        [
            (names[p.unit], shown(p, made.indicator.decimals), parts(p), f"{p.units_reported}/{p.units_due}")
            for p in made.parts
        ],
        right=(1, 2, 3),
    )


def _say_predecessors(say: Say, made: Explanation, names: Mapping[int, str], acts: Mapping[str, ActName]) -> None:
    """Units whose figures came into the value on another map, each with its share and the acts on its way."""
    say.line()
    say.table(
        [_("Unit"), _("Period"), _("Value"), _("Parts"), _("Share"), _("By")],
        [
            (
                names[one.unit],
                one.period.code,
                shown(one.value, made.indicator.decimals),
                parts(one.value),
                _share(one),
                acts_words((key for key in one.acts if key in acts), acts),
            )
            for one in made.predecessors
        ],
        right=(2, 3, 4),
    )


def _share(one: Predecessor) -> str:
    """The share of a predecessor that is counted: all of it, an estimate, or bounds."""
    if one.low == one.high:
        return share_words(one.low)
    if one.best is not None:
        return share_words(one.best) + "*"
    return bounds_words(share_words(one.low), share_words(one.high))


def _say_facts(
    say: Say, made: Explanation, came: Mapping[int, Origin], names: Mapping[int, str], keys: Mapping[int, str]
) -> None:
    say.line()
    say.table(
        [
            _("Unit"),
            _("Series"),
            _("Figure"),
            _("Qualifier"),
            _("Counts"),
            _("File and cell"),
            _("Revision"),
            _("Entered by"),
            _("Decided by"),
        ],
        [
            (
                names.get(fact.unit, keys[fact.unit]),
                fact.series,
                _("not applicable") if fact.value is None else number(fact.value),
                _(QUALIFIERS[fact.qualifier]),
                _("yes") if fact.counts else _("no"),
                f"{came[fact.revision].file} {fact.cell}".strip(),
                came[fact.revision].number,
                came[fact.revision].prepared_by,
                "; ".join(f"{_(str(act))}: {who}, {when}" for act, who, when in came[fact.revision].decisions),
            )
            for fact in made.facts
        ],
        right=(2,),
    )


def _data(
    made: Explanation,
    sides: tuple[str, str],
    came: Mapping[int, Origin],
    keys: Mapping[int, str],
    acts: Mapping[str, ActName],
) -> dict[str, object]:
    """The same for another programme: units by their keys, nothing rounded."""
    numerator, denominator = sides
    return {
        "value": value_data(made.value, acts),
        "numerator": numerator,
        "denominator": denominator,
        "parts": [value_data(part, acts) for part in made.parts],
        "predecessors": [
            {
                "unit": keys[one.unit],
                "period": one.period.code,
                "value": value_data(one.value, acts),
                "low": one.low,
                "high": one.high,
                "best": one.best,
                "acts": value_data(made.value._replace(acts=one.acts), acts)["acts"],
            }
            for one in made.predecessors
        ],
        "missing": [keys[one] for one in made.missing],
        "facts": [
            {
                "unit": keys[fact.unit],
                "period": fact.period.code,
                "series": fact.series,
                "value": fact.value,
                "status": fact.status,
                "qualifier": fact.qualifier,
                "cut_off": fact.cut_off,
                "counts": fact.counts,
                "origin": fact.origin,
                "cell": fact.cell,
                "file": came[fact.revision].file,
                "revision": came[fact.revision].number,
                "prepared_by": came[fact.revision].prepared_by,
                "approved_by": came[fact.revision].approved_by,
                "decisions": came[fact.revision].decisions,
            }
            for fact in made.facts
        ],
        "withheld_facts": made.withheld_facts,
        "sql": list(made.sql),
    }


def _with_unit(value: Value, indicator: Indicator, edition: Edition) -> str:
    """The value and what it counts: "67,4%", "3 lớp"; where there is no value, the reason alone."""
    from tienbo.papers.tables import measured_in

    text = shown(value, indicator.decimals)
    if value.status not in (Status.VALUE, Status.INTERVAL):
        return text
    unit = measured_in(edition, indicator)
    return text + unit if unit == "%" else f"{text} {unit[:1].lower()}{unit[1:]}"
