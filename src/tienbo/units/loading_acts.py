"""Loading acts from lists, after the units they speak of: what is on record stays, only what is new is written.

A succession that was once recorded of an act, standing or withdrawn since, is known; a list that says otherwise of the
same unit contradicts the record and is told so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.spans import Span
from tienbo.ground.keys import KEY_LENGTH
from tienbo.units.declared import Declared, DeclaredAct, Which
from tienbo.units.models import Reorganisation, Succession, UnitCode, UnitPoint, UnitQuantity
from tienbo.units.reorganisations import IN_FORCE, Went, acts_write, went_check, went_write
from tienbo.units.versions import units_touch

worded(
    {
        "units.act.no_unit": N_("{place}: no unit holds the code {code} on {day}."),
        "units.act.no_ref": N_("{place}: the list declares no unit {ref}."),
        "units.act.contradicts": N_("{place}: something else is on record for this unit; correct it by an act."),
        "units.act.no_origin": N_("{place}: the act “{title}” has no name of its own in the list."),
    }
)

Ends = tuple[int, int | None]


@dataclass
class _Loading:
    ids: Mapping[str, int]
    holders: Mapping[tuple[str, str], list[tuple[int, Span]]]
    faults: list[Fault] = field(default_factory=list)

    def unit(self, which: Which, day: date, place: str) -> int | None:
        if isinstance(which, str):
            if which not in self.ids:
                self.faults.append(Fault("units.act.no_ref", place, {"ref": which}))
            return self.ids.get(which)
        found = next((unit for unit, span in self.holders.get(which, ()) if span.contains(day)), None)
        if found is None:
            self.faults.append(Fault("units.act.no_unit", place, {"code": ":".join(which), "day": day}))
        return found


def acts_load(declared: Sequence[DeclaredAct], ids: Mapping[str, int]) -> int:
    """Write what is new of the declared acts, all or nothing; how many acts are new. Refused with every fault.

    `ids`: reference of the load → row id. The caller holds the transaction and has given the units just written their
    new version, for the acts are held against their lives.
    """
    loading = _Loading(ids, _holders() if declared else {})
    held = {act.origin: act for act in Reorganisation.objects.exclude(origin="")}
    recorded = _recorded()
    new: list[tuple[DeclaredAct, list[Went]]] = []
    late: list[tuple[Reorganisation, Went]] = []
    for act in declared:
        if not act.text.origin or len(act.text.origin) > 2 * KEY_LENGTH:
            loading.faults.append(Fault("units.act.no_origin", act.place, {"title": act.text.title}))
        rows = _rows(act, loading)
        known = held.get(act.text.origin)
        if known is None:
            new.append((act, rows))
            continue
        of_units = {unit for unit, _successor in recorded[known.pk]}
        for row in rows:
            if (row.predecessor, row.successor) in recorded[known.pk]:
                continue
            if row.predecessor in of_units:
                loading.faults.append(Fault("units.act.contradicts", row.place))
            late.append((known, row))
    if new and not loading.faults:
        loading.faults += went_check({act.text.label: (act.effective_on, rows) for act, rows in new})
    if loading.faults:
        raise Refused(*loading.faults)
    for day in sorted({act.effective_on for act, _rows_ in new}):
        told = [(act, rows) for act, rows in new if act.effective_on == day]
        made = acts_write([act.text for act, _rows_ in told], stage=IN_FORCE, effective_on=day)
        late += [(act, row) for act, (_declared, rows) in zip(made, told, strict=True) for row in rows]
    went_write(late)
    if new or late:
        units_touch()
    return len(new)


def _rows(act: DeclaredAct, loading: _Loading) -> list[Went]:
    eve = act.effective_on - timedelta(days=1)
    rows = []
    for at, row in enumerate(act.went):
        place = f"{act.place}.{at}" if act.place else act.text.label
        before = loading.unit(row.predecessor, eve, place)
        after = None if row.successor is None else loading.unit(row.successor, act.effective_on, place)
        if before is not None and (after is not None or row.successor is None):
            rows.append(Went(before, after, row.extent, row.words, row.stated, place))
    return rows


def _holders() -> Mapping[tuple[str, str], list[tuple[int, Span]]]:
    found: dict[tuple[str, str], list[tuple[int, Span]]] = defaultdict(list)
    for unit, scheme, code, start, end in UnitCode.objects.values_list(
        "unit_id", "scheme", "code", "valid_from", "valid_to"
    ):
        found[scheme, code].append((unit, Span(start, end)))
    return found


def _recorded() -> Mapping[int, set[Ends]]:
    found: dict[int, set[Ends]] = defaultdict(set)
    rows = Succession.objects.exclude(reorganisation__origin="")
    for act, before, after in rows.values_list("reorganisation_id", "predecessor_id", "successor_id"):
        found[act].add((before, after))
    return found


def measures_load(declared: Iterable[Declared], ids: Mapping[str, int]) -> None:
    """Points and quantities of the declared units that their source has not given before."""
    points = set(UnitPoint.objects.values_list("unit_id", "source"))
    quantities = set(UnitQuantity.objects.values_list("unit_id", "measure", "day", "source"))
    rows = [(ids[one.ref], one) for one in declared if one.source]
    new_points = [
        UnitPoint(unit_id=unit, latitude=_degrees(one.point[0]), longitude=_degrees(one.point[1]), source=one.source)
        for unit, one in rows
        if one.point is not None and (unit, one.source) not in points
    ]
    new_quantities = [
        UnitQuantity(unit_id=unit, measure=told.measure, day=told.day, value=Decimal(told.value), source=one.source)
        for unit, one in rows
        for told in one.measured
        if (unit, told.measure, told.day, one.source) not in quantities
    ]
    UnitPoint.objects.bulk_create(new_points, batch_size=2000)
    UnitQuantity.objects.bulk_create(new_quantities, batch_size=2000)
    if new_points or new_quantities:
        units_touch()


def _degrees(number: float) -> Decimal:
    return round(Decimal(repr(number)), 6)
