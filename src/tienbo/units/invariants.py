"""What must be true of the units on every day, swept over live data by `tienbo check`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.spans import Span
from tienbo.core.tree import Tree
from tienbo.units.frames import acts, lives, places_on, unit_keys
from tienbo.units.models import (
    ADMINISTRATIVE,
    Extent,
    Placement,
    Reorganisation,
    Succession,
    Unit,
    UnitCode,
    UnitName,
)
from tienbo.units.reorganisations import history_check

worded(
    {
        "units.check.nameless": N_("{unit} has no name in Vietnamese from {day} on."),
        "units.check.no_parent": N_("{unit} is placed under nobody from {day} on, but is placed on other days."),
        "units.check.outlives": N_("{unit}: a name, code or placement from {day} on lies outside its life."),
        "units.check.parent_is_dead": N_("{unit} is placed under {parent} on {day}, which does not exist then."),
        "units.check.lives_on": N_("{place}: {unit} ended on {day} by this act, and yet its last day is another."),
        "units.check.not_unchanged": N_("{place}: {unit} went on unchanged on {day}, and yet it does not live then."),
        "units.check.circle": N_("On {day} units stand under each other in a circle."),
    }
)


def units_check() -> list[Fault]:
    """Every breach: days without a name or parent, rows outside a life, dead parents, circles, acts against lives."""
    spans = {pk: Span(start, end) for pk, start, end in Unit.objects.values_list("pk", "valid_from", "valid_to")}
    keys = dict(Unit.objects.values_list("pk", "key"))
    dates = ("valid_from", "valid_to")
    names, placed, held = defaultdict(list), defaultdict(list), defaultdict(list)
    for unit, start, end in UnitName.objects.filter(lang="vi").values_list("unit_id", *dates):
        names[unit].append(Span(start, end))
    for unit, start, end in UnitCode.objects.values_list("unit_id", *dates):
        held[unit].append(Span(start, end))
    faults: list[Fault] = []
    for unit, parent, start, end in Placement.objects.values_list("unit_id", "parent_id", *dates):
        placed[unit].append(Span(start, end))
        day = _first_outside(Span(start, end), spans[parent])
        if day is not None:
            fields = {"unit": keys[unit], "parent": keys[parent], "day": day}
            faults.append(Fault("units.check.parent_is_dead", keys[unit], fields))
    for unit, life in spans.items():
        for code, rows in (("units.check.nameless", names[unit]), ("units.check.no_parent", placed[unit])):
            if not rows and code == "units.check.no_parent":
                continue  # a root
            faults += [Fault(code, keys[unit], {"unit": keys[unit], "day": day}) for day in _gaps(life, rows)]
        for row in (*names[unit], *placed[unit], *held[unit]):
            day = _first_outside(row, life)
            if day is not None:
                faults.append(Fault("units.check.outlives", keys[unit], {"unit": keys[unit], "day": day}))
    return [*faults, *_circles(), *_acts()]


def _acts() -> Iterator[Fault]:
    """What acts in force say against the lives of units: see core.acts; and whether what they ended did end."""
    found = acts()
    numbers = dict(Reorganisation.objects.values_list("key", "number"))
    for fault in history_check(found):
        yield replace(fault, place=numbers.get(fault.place) or fault.place)
    days = {act.key: act.day for act in found}
    lived = lives()
    rows = Succession.objects.filter(extent__in=(Extent.NONE, Extent.UNCHANGED), withdrawn_by=None)
    for key, unit, extent in rows.values_list("reorganisation__key", "predecessor_id", "extent"):
        day = days.get(key)
        if day is None:
            continue
        ended = lived[unit].end == day
        if ended != (extent == Extent.NONE) or (extent == Extent.UNCHANGED and not lived[unit].contains(day)):
            code = "units.check.lives_on" if extent == Extent.NONE else "units.check.not_unchanged"
            yield Fault(code, numbers.get(key) or key, {"unit": unit_keys()[unit], "day": day})


def _gaps(life: Span, rows: list[Span]) -> Iterator[date]:
    """The first day of each gap that `rows` leave in a life."""
    day: date | None = life.start
    for row in sorted(rows):
        if day is not None and row.start > day:
            yield day
        day = row.end
        if day is None:
            return
    if day is not None and life.contains(day):
        yield day


def _first_outside(row: Span, life: Span) -> date | None:
    if not life.contains(row.start):
        return row.start
    if life.end is not None and (row.end is None or row.end > life.end):
        return life.end
    return None


def _circles() -> Iterator[Fault]:
    """A circle can only begin on a day on which a placement begins."""
    days = Placement.objects.filter(line=ADMINISTRATIVE).values_list("valid_from", flat=True).distinct()
    for day in days.order_by("valid_from"):
        places = places_on(day)
        units = {place.unit for place in places}
        try:
            # Parents that are not alive are told above; here only the circle counts.
            Tree(place if place.parent in units else place._replace(parent=None) for place in places)
        except ValueError:
            yield Fault("units.check.circle", str(day), {"day": day})
