"""Targets of a period: units × targets as a heat table, and the working table of one unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import TableSpec, Target
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tree import Tree, family
from tienbo.core.words import fold, sort_key
from tienbo.engine.values import FrozenValues
from tienbo.papers.bindings import Binder
from tienbo.papers.blocks import Bound, plain
from tienbo.papers.context import UnitRef, period_name
from tienbo.papers.schematic import TERRITORIES
from tienbo.papers.tables import target_rows
from tienbo.papers.verdicts import Verdict, is_confirmed, verdict
from tienbo.registers.tasks import may_decide
from tienbo.release.frozen import printed
from tienbo.units.frames import roots_on
from tienbo.units.models import Unit
from tienbo.web.access import Asked, page, unit_page
from tienbo.web.binders import binder_for, map_note
from tienbo.web.downloads import csv_bytes, download, inert
from tienbo.web.families import FAMILIES
from tienbo.web.heat import COLOURS, Heat, counted
from tienbo.web.links import link
from tienbo.web.office import office
from tienbo.web.schematic import has_schematic
from tienbo.web.subject import Place, not_standing, place, seat_above
from tienbo.web.unit_life import absent_shown

ROWS = 60
"""Units on one screen of the heat table."""


@page("visit", mapped=True)
def targets(request: Asked, period: Period) -> HttpResponse:
    """The heat table of a group of targets, for the units the seat may read."""
    seat, held = request.seat, office()
    day = request.map_day or held.edition.calendar.last_day(period)
    if not roots_on(seat.unit.pk, day):
        return not_standing(request, day)
    about = place(request, period)
    tree, unit = about.tree, about.unit.pk
    below = [one for one in tree.subtree(unit) if one in about.readable and one != unit]
    shown = [unit, *printed(below, tree, about.names)]
    refs = {one: about.named(one) for one in shown}
    heat = Heat(about.edition, period, tree, refs, about.binder(FrozenValues({})))
    asked = _Asked.of(request.GET, heat)
    columns = heat.columns(
        asked.chosen, {one.indicator: link("indicator", period=period, code=one.indicator) for one in asked.chosen}
    )
    values = about.figures([period], indicators=dict.fromkeys(one.indicator for one in asked.chosen))
    rows = [heat.row(one, columns, values) for one in shown if asked.wants(refs[one])]
    own, rest = heat.row(unit, columns, values), [row for row in rows if row.unit.key != about.unit.key]
    told = [row for row in rest if row.is_asked]
    pages = Paginator(told, ROWS)
    at = pages.get_page(request.GET.get("page"))
    context = {
        "columns": counted(columns, told),
        "own": own,
        "rows": at.object_list,
        "at": at,
        "pages": pages,
        "silent": len(rest) - len(told),
        "found": len(told) + 1,
        "about": about,
        "map_note": about.note(values),
        "asked": asked,
        "query": asked.query,
        "schematic": _Drawn.of(request.GET, asked, about) if _has_schematic(asked, unit, tree, shown) else None,
        "working": link("working_table", period=period, key=about.unit.key) if not seat.is_partner else "",
    }
    part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, "web/parts/heat.html" if part else "web/targets.html", context)


def _has_schematic(asked: _Asked, unit: int, tree: Tree, shown: Sequence[int]) -> bool:
    """Whether the units of the table lie somewhere: departments do not."""
    return bool(asked.chosen) and asked.level in ("", *TERRITORIES) and has_schematic(unit, tree, shown, asked.level)


class Choice(NamedTuple):
    value: str
    words: str
    is_chosen: bool


class _Asked(NamedTuple):
    """What the table is asked for, each choice one of those there are; anything else is the first."""

    groups: list[Choice]
    levels: list[Choice]
    providers: list[Choice]
    text: str
    chosen: list[Target]
    level: str
    query: str

    @classmethod
    def of(cls, given: Mapping[str, str], heat: Heat) -> _Asked:
        edition = heat.edition
        groups = list(dict.fromkeys(one.group for one in heat.offered))
        providers = sorted({str(one.provider) for one in heat.offered if one.provider}, key=sort_key)
        below = [ref for ref in heat.refs.values() if ref.key != heat.binder.context.unit.key]
        levels = [one for one in FAMILIES if any(family(ref.kind) == one for ref in below)]
        provider = given.get("provider", "") if given.get("provider") in providers else ""
        group = given.get("group", "") if given.get("group") in groups else ""
        if not group and not provider and groups:
            group = groups[0]
        level = given.get("level", "") if given.get("level") in levels else ""
        text = given.get("q", "")[:100].strip()
        chosen = [
            one
            for one in heat.offered
            if (not group or one.group == group) and (not provider or str(one.provider) == provider)
        ]
        told = {"group": group, "level": level, "provider": provider, "q": text}
        return cls(
            [Choice(one, str(edition.groups[one].name), one == group) for one in groups],
            [Choice(one, _(FAMILIES[one]), one == level) for one in levels],
            [Choice(one, one, one == provider) for one in providers],
            text,
            chosen,
            level,
            urlencode({name: held for name, held in told.items() if held}),
        )

    def wants(self, unit: UnitRef) -> bool:
        if self.level and family(unit.kind) != self.level:
            return False
        return not self.text or fold(self.text) in fold(unit.name)


class _Drawn(NamedTuple):
    """The schematic above the table: of which target, in which colours, where its picture is, what else is asked."""

    targets: list[Choice]
    colours: list[Choice]
    title: str
    picture: str
    kept: list[tuple[str, str]]
    is_open: bool

    @classmethod
    def of(cls, given: Mapping[str, str], asked: _Asked, about: Place) -> _Drawn:
        wanted, by = given.get("drawn"), "value" if given.get("by") == "value" else "verdict"
        target = next((one for one in asked.chosen if one.code == wanted), asked.chosen[0])
        told = {"unit": about.unit.key, "map": about.map_text, "target": target.code, "by": by, "level": asked.level}
        query = urlencode({name: held for name, held in told.items() if held})
        return cls(
            [Choice(one.code, str(one.name), one is target) for one in asked.chosen],
            [
                Choice("verdict", _("Where they stand"), by == "verdict"),
                Choice("value", _("Their values"), by == "value"),
            ],
            str(target.name),
            f"{link('schematic', period=about.period, code=target.indicator)}?{query}",
            [*parse_qsl(asked.query), *(pair for pair in (("map", about.map_text),) if pair[1])],
            "drawn" in given,
        )


# ---------------------------------------------------------------------------------------------- the working table


class WorkingRow(NamedTuple):
    """A row of the working table as it is shown; the texts are those of the paper."""

    group: str
    """Name of its group where it is the first of it."""
    cells: tuple[str, ...]
    """Number, name, unit of measure, last year, plan, this period, % of plan, change, remarks."""
    is_main: bool
    verdict: Verdict
    colour: str
    address: str
    is_confirmed: bool
    change: str
    """The change as a plain number, for a spreadsheet."""
    target: str

    @property
    def is_unmet(self) -> bool:
        return self.verdict is Verdict.UNMET


HEADS = 9


def working_rows(binder: Binder, period: Period) -> Iterator[WorkingRow]:
    """The working table of a unit, by the same functions as the paper's."""
    group = ""
    for target, value, row in target_rows(binder, TableSpec(kind="targets")):
        indicator = binder.edition.indicators[value.indicator]
        found = verdict(target, indicator, value, period)
        change = next((run.text for run in row[7].runs if isinstance(run, Bound)), "")
        yield WorkingRow(
            str(binder.edition.groups[target.group].name) if target.group != group else "",
            tuple(plain(cell.runs) for cell in row),
            value.indicator == target.indicator,
            found,
            COLOURS.get(found, ""),
            link("indicator", period=period, code=value.indicator),
            is_confirmed(target, indicator),
            change.split(" ")[0].replace("−", "-").removeprefix("+"),
            target.code,
        )
        group = target.group


@unit_page("view", mapped=True)
def working_table(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """Thực hiện năm trước | Kế hoạch năm | Thực hiện kỳ này | % KH | So cùng kỳ | Ghi chú, of one unit."""
    found = _binder(request, unit, period)
    if found is None:
        if request.map_day is not None:
            return render(request, "web/unit_not_there.html", {"absent": absent_shown(request, unit, request.map_day)})
        return not_standing(request, office().edition.calendar.last_day(period))
    rows = list(working_rows(found, period))
    context = {
        "rows": rows,
        "unit": unit,
        "name": found.context.unit.name,
        "binder": found.context,
        "level": found.context.scale,
        "map_note": map_note(found),
        "may_task": may_decide(actor_of(request.user), request.seat.unit),
    }
    return render(request, "web/working_table.html", context)


@unit_page("view", mapped=True)
def working_table_csv(request: Asked, unit: Unit, period: Period) -> HttpResponse:
    """The working table for a spreadsheet."""
    found = _binder(request, unit, period)
    name = found.context.unit.name if found else request.seat.name
    lines = [[inert(name), period_name(period)]]
    if office().settings.illustrative:
        lines.append([_("Illustrative figures")])
    for line in map_note(found) if found else ():
        lines.append([inert(line)])
    lines.append(
        [
            _("No."),
            _("Group"),
            _("Goals and targets"),
            _("Unit of measure"),
            _("Achieved last year"),
            _("Plan for the year"),
            _("Achieved this period"),
            _("Of plan (%)"),
            _("Against the same period"),
            _("Remarks"),
        ]
    )
    group = ""
    for row in working_rows(found, period) if found else ():
        group = row.group or group
        number, title, *rest = row.cells
        if row.change:
            rest[5] = row.change
        lines.append([number, group, *map(inert, [title, *rest])])
    return download(f"chi-tieu-{period.code}-{unit.key[-6:].lower()}.csv", csv_bytes(lines))


def _binder(request: Asked, unit: Unit, period: Period) -> Binder | None:
    """Read from the seat that the unit stands at or under: the one chosen, else another of the person's. None where
    the unit did not stand on the map that was chosen, else on the period's last day."""
    day = request.map_day or office().edition.calendar.last_day(period)
    found = seat_above(request, unit, day)
    if found is None:
        return None
    seat, root = found
    return binder_for(seat, unit, period, map_day=request.map_day, root=root)
