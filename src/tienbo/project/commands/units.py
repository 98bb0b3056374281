"""tienbo units load | import-table | reorganise | find | show."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import day_of, site_options, site_path, unit_option
from tienbo.project.commands.units_reorganise import reorganise_add
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

if TYPE_CHECKING:
    from tienbo.units.models import Unit


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    units = groups.add_parser("units", help=_("the map: load it, find and show units")).add_subparsers(required=True)
    load = units.add_parser("load", help=_("load the two maps of Viet Nam, or a file of units"))
    load.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar=_("FILE"),
        help=_("a list of units (default: the maps of Viet Nam)"),
    )
    site_options(load)
    load.set_defaults(run=run_load)
    table = units.add_parser(
        "import-table", help=_("take over the official table that converts communes, as published (xlsx or csv)")
    )
    table.add_argument("file", type=Path, metavar=_("FILE"), help=_("the table as published"))
    site_options(table)
    table.set_defaults(run=run_import_table)
    contacts = units.add_parser("contacts", help=_("take in telephones and e-mail addresses of offices (xlsx or csv)"))
    contacts.add_argument("file", type=Path, metavar=_("FILE"), help=_("columns: unit, telephone, e-mail"))
    site_options(contacts)
    contacts.set_defaults(run=run_contacts)
    reorganise_add(units)
    find = units.add_parser("find", help=_("find units by name, code or key"))
    find.add_argument("text", metavar=_("TEXT"), help=_("part of a name, a code or a key"))
    find.add_argument("--on", "--map-date", metavar=_("DAY"), help=_("on the map of this day"))
    site_options(find)
    find.set_defaults(run=run_find)
    show = units.add_parser("show", help=_("what a unit is, was called and stands under"))
    unit_option(show, "unit")
    show.add_argument("--on", "--map-date", metavar=_("DAY"), help=_("on the map of this day"))
    site_options(show)
    show.set_defaults(run=run_show)


def run_load(arguments: argparse.Namespace, say: Say) -> int:
    Desk.open(site_path(arguments))
    from tienbo.units.lists import act_list, unit_list
    from tienbo.units.loading import units_load
    from tienbo.units.vietnam import national_load

    loaded = units_load(unit_list(arguments.file), act_list(arguments.file)) if arguments.file else national_load()
    words = _("Units loaded: {created} new, {extended} extended, {unchanged} were there; acts: {acts} new.")
    say.line(words.format(**asdict(loaded)))
    say.data(asdict(loaded))
    return 0


def run_import_table(arguments: argparse.Namespace, say: Say) -> int:
    Desk.open(site_path(arguments))
    from tienbo.units.conversion import table_import

    done = table_import(arguments.file)
    for note in done.corrected:
        say.line(note.sentence())
    if done.act:
        words = _("{rows} rows: {withdrawn} successions withdrawn, {given} given, {worded} given their official words.")
    else:
        words = _("{rows} rows: all of this is on record; {worded} successions were given their official words.")
    say.line(words.format(rows=done.rows, withdrawn=done.withdrawn, given=done.given, worded=done.worded))
    say.data({**asdict(done), "corrected": [note.as_json() for note in done.corrected]})
    return 0


def run_contacts(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.units.contacts import contact_lines, contacts_take

    lines = contact_lines(arguments.file.name, arguments.file.read_bytes())
    new = contacts_take(lines=lines, actor=desk.actor, on=desk.today, source=arguments.file.name)
    say.line(_("{count} of {all} lines are new or changed.").format(count=new, all=len(lines)))
    say.data({"lines": len(lines), "new": new})
    return 0


def run_find(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.units.access import access_matches

    on = day_of(arguments.on)
    found = access_matches(desk.actor, arguments.text, need="view", on=on, acting_on=desk.today)
    if not found:
        unit = desk.unit_ever(arguments.text, on)  # a key or a code; says so when it is nothing
        say.line(unit.key)
        say.data([{"key": unit.key, "kind": unit.kind}])
        return 0
    say.table([_("Key"), _("Unit")], [(match.unit.key, match) for match in found])
    say.data(
        [
            {
                "key": match.unit.key,
                "kind": match.unit.kind,
                "name": match.name,
                "under": list(match.under),
                "codes": list(match.codes),
                "from": match.span.start,
                "to": match.span.end,
            }
            for match in found
        ]
    )
    return 0


def run_show(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.units.queries import unit_ancestors

    on = day_of(arguments.on)
    unit = desk.unit_ever(arguments.unit, on)
    end = unit.span.last_day
    day = on or (end if end else max(unit.valid_from, desk.today))
    above = [name for _unit, name in unit_ancestors(unit, day)] if unit.span.contains(day) else []
    rows = [
        (_("Key"), unit.key),
        (_("Kind"), unit.kind),
        (_("Alive"), _span(unit.valid_from, end)),
        *(
            (_("Name"), f"{name.text} ({_span(name.valid_from, name.span.last_day)})")
            for name in unit.names.order_by("valid_from")
        ),
        *(
            (_("Code"), f"{code} ({_span(code.valid_from, code.span.last_day)})")
            for code in unit.codes.order_by("valid_from")
        ),
        (_("Stands under on {day}").format(day=day_words(day)), ", ".join(above)),
        (_("Units directly under it"), unit.placed_under.on(day).count()),
    ]
    say.table([_("What"), _("Value")], rows)
    told = _life(unit, say)
    ground = _ground(unit, on, say) if on is not None else []
    say.data(
        {
            "key": unit.key,
            "kind": unit.kind,
            "from": unit.valid_from,
            "to": unit.valid_to,
            "names": [
                {"text": n.text, "from": n.valid_from, "to": n.valid_to} for n in unit.names.order_by("valid_from")
            ],
            "codes": [
                {"code": str(c), "from": c.valid_from, "to": c.valid_to} for c in unit.codes.order_by("valid_from")
            ],
            "under": above,
            "acts": told,
            "ground": ground,
        }
    )
    return 0


def _life(unit: Unit, say: Say) -> list[dict[str, Any]]:
    """The acts in the life of a unit, as a table and as data."""
    from tienbo.processes.reorganise_words import change_words, extent_words
    from tienbo.units.frames import unit_keys
    from tienbo.units.life import life

    keys, told = unit_keys(), []
    rows = []
    for step in life(unit):
        act, doubt = (str(step.act), step.act.doubt) if step.act else ("", "")
        marked = f"{act} ({_(doubt)})" if doubt else act
        for went in step.went:
            words = extent_words(went.extent, went.shares)
            rows.append((day_words(step.day), marked, went.before_name, went.after_name or "–", words))
        for change in step.changes:
            rows.append((day_words(step.day), marked, change.before or "–", change.after, change_words(change.what)))
        went_data = [
            {
                "before": keys[went.before],
                "before_name": went.before_name,
                "after": None if went.after is None else keys[went.after],
                "after_name": went.after_name,
                "extent": went.extent,
                "words": went.words,
                "shares": {measure: [share.low, share.high] for measure, share in went.shares},
            }
            for went in step.went
        ]
        said = {"day": step.day, "act": act, "confidence": step.act.confidence if step.act else "", "went": went_data}
        told.append({**said, "changes": [change._asdict() for change in step.changes]})
    if rows:
        say.line()
        say.table([_("Day"), _("Act"), _("Before"), _("After"), _("How much")], rows)
    return told


def _ground(unit: Unit, on: date, say: Say) -> list[dict[str, Any]]:
    """The units of another day on the unit's ground."""
    from tienbo.processes.reorganise_words import share_words
    from tienbo.units.frames import unit_keys
    from tienbo.units.life import ground_on

    found = ground_on(unit, on)
    if found and not unit.span.contains(on):
        say.line()
        rows = [(row.name, share_words(row.population), share_words(row.area)) for row in found]
        say.table(
            [_("On this ground on {day}").format(day=day_words(on)), _("share of persons"), _("share of area")], rows
        )
    keys = unit_keys()
    return [
        {
            "unit": keys[row.unit],
            "name": row.name,
            "population": [row.population.low, row.population.high],
            "area": [row.area.low, row.area.high],
        }
        for row in found
    ]


def _span(first: date, last: date | None) -> str:
    shown = _("from {first}").format(first=day_words(first))
    return shown if last is None else _("{first} to {last}").format(first=shown, last=day_words(last))
