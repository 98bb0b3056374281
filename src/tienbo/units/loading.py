"""Loading units from lists: what a source declares is matched with what is held, and only what is new is written.

A declared unit is the held one when both hold the same code and the same name on a common day; then the earlier
first day wins where the later one was only "known since". Where the source contradicts what is held, nothing is
written and every contradiction is told. Loading the same list again changes nothing.

"Open" in a list says that its source knew no end: a later end, name, code or parent that is held stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.spans import Span
from tienbo.core.words import same_name
from tienbo.ground.keys import new_key
from tienbo.units.declared import Declared, DeclaredAct, During
from tienbo.units.loading_acts import acts_load, measures_load
from tienbo.units.models import Placement, Unit, UnitCode, UnitName
from tienbo.units.names import split_name
from tienbo.units.versions import units_touch
from tienbo.units.wording import Said

worded(
    {
        "units.load.other_holder": N_(
            "{place}: the code {code} is held by {held} on some of these days, not by {name}."
        ),
        "units.load.contradicts": N_("{place}: {name}: {field} “{declared}” contradicts “{held}”, which is on record."),
        "units.load.begin_is_known": N_("{place}: {name} begins {declared} here, but is known to begin {held}."),
        "units.load.no_parent": N_("{place}: {name}: no unit with the code {parent} stands on {day}."),
        "units.load.twice": N_("{place}: {name} is declared twice."),
    }
)


_FIELDS = {
    "kind": N_("kind"),
    "end": N_("last day"),
    "unitname": N_("name"),
    "unitcode": N_("code"),
    "placement": N_("parent"),
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: units made, units whose days or rows grew, units that were already as declared; acts made."""

    created: int
    extended: int
    unchanged: int
    acts: int = 0


@dataclass
class _Held:
    """What the database holds, for matching: rows as [pk, value, span], by unit."""

    units: dict[int, Unit]
    names: dict[int, list[tuple[int, str, Span]]]
    codes: dict[int, list[tuple[int, tuple[str, str], Span]]]
    parents: dict[int, list[tuple[int, int, Span]]]
    holders: dict[tuple[str, str], list[tuple[int, Span]]]


@dataclass
class _Plan:
    """Rows to write. Values of parents are references of the load until every unit has its row."""

    faults: list[Fault] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    new: list[Declared] = field(default_factory=list)
    lives: list[Unit] = field(default_factory=list)
    moved: list[tuple[type[Any], int, Span]] = field(default_factory=list)
    added: list[tuple[type[Any], str, During]] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)


def units_load(declared: Iterable[Declared], acts: Sequence[DeclaredAct] = ()) -> Loaded:
    """Write what is new of the declared units and acts, all or nothing; Refused with every contradiction."""
    rows = list(declared)
    with transaction.atomic():
        plan = _plan(rows, _held())
        if plan.faults:
            raise Refused(*plan.faults)
        _write(plan)
        if plan.new or plan.touched:
            units_touch()
        measures_load(rows, plan.ids)
        made = acts_load(acts, plan.ids)
    extended = len(plan.touched)
    return Loaded(len(plan.new), extended, len(rows) - len(plan.new) - extended, made)


def _held() -> _Held:
    held = _Held(Unit.objects.in_bulk(), defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list))
    dates = ("valid_from", "valid_to")
    for pk, unit, text, start, end in UnitName.objects.filter(lang="vi").values_list("pk", "unit_id", "text", *dates):
        held.names[unit].append((pk, text, Span(start, end)))
    for pk, unit, scheme, code, start, end in UnitCode.objects.values_list("pk", "unit_id", "scheme", "code", *dates):
        held.codes[unit].append((pk, (scheme, code), Span(start, end)))
        held.holders[scheme, code].append((unit, Span(start, end)))
    placed = Placement.objects.filter(line="administrative")
    for pk, unit, parent, start, end in placed.values_list("pk", "unit_id", "parent_id", *dates):
        held.parents[unit].append((pk, parent, Span(start, end)))
    return held


def _plan(rows: Sequence[Declared], held: _Held) -> _Plan:
    plan = _Plan()
    matched: list[tuple[Declared, Unit]] = []
    seen: set[str] = set()
    for row in rows:
        if row.ref in seen:
            plan.faults.append(Fault("units.load.twice", row.place, {"name": row.label}))
        seen.add(row.ref)
        unit = _match(row, held, plan)
        if unit is None:
            plan.new.append(row)
        else:
            plan.ids[row.ref] = unit.pk
            matched.append((row, unit))
    for row, unit in matched:
        _compare(row, unit, held, plan)
    return plan


def _match(row: Declared, held: _Held, plan: _Plan) -> Unit | None:
    """The held unit with the same code and name on a common day. Another holder of the code is a fault."""
    for code, span in row.codes:
        for unit_id, other in held.holders.get(code, ()):
            if not span.overlaps(other):
                continue
            names = [text for _pk, text, days in held.names[unit_id] if days.overlaps(span)]
            if any(same_name(text) == same_name(name) for text in names for name, _span in row.names):
                return held.units[unit_id]
            fields = {"code": ":".join(code), "held": ", ".join(names), "name": row.label}
            plan.faults.append(Fault("units.load.other_holder", row.place, fields))
            return held.units[unit_id]
    return None


def _compare(row: Declared, unit: Unit, held: _Held, plan: _Plan) -> None:
    earlier = row.span.start < unit.valid_from
    if earlier and unit.begin_is_known:
        fields = {"name": row.label, "declared": row.span.start, "held": unit.valid_from}
        plan.faults.append(Fault("units.load.begin_is_known", row.place, fields))
        return
    if row.kind != unit.kind:
        _contradiction(row, "kind", row.kind, unit.kind, plan)
    if _ends_otherwise(row.span, Span(unit.valid_from, unit.valid_to)):
        _contradiction(row, "end", row.span.end, unit.valid_to, plan)
    known = row.begin_is_known and not unit.begin_is_known and row.span.start <= unit.valid_from
    if earlier or known:
        unit.valid_from = min(unit.valid_from, row.span.start)
        unit.begin_is_known = row.begin_is_known
        plan.lives.append(unit)
        plan.touched.add(row.ref)
    _merge(row, UnitName, row.names, held.names[unit.pk], plan)
    _merge(row, UnitCode, row.codes, held.codes[unit.pk], plan)
    parents = tuple(During(plan.ids.get(ref, ref), span) for ref, span in row.parents)
    _merge(row, Placement, parents, held.parents[unit.pk], plan)


def _merge(
    row: Declared, table: type[Any], declared: Iterable[During], held: Sequence[tuple[int, Any, Span]], plan: _Plan
) -> None:
    """Extend a held row of the same value back to the declared start, add what no held row covers."""
    for value, span in declared:
        same = [entry for entry in held if _equal(table, entry[1], value) and _touches(entry[2], span)]
        if not same:
            other = next((entry for entry in held if entry[2].overlaps(span)), None)
            if other is None:
                plan.added.append((table, row.ref, During(value, span)))
                plan.touched.add(row.ref)
            else:
                _contradiction(row, str(table._meta.model_name), value, other[1], plan)
            continue
        pk, _value, days = same[0]
        if _ends_otherwise(span, days):
            _contradiction(row, "end", span.end, days.end, plan)
        elif span.start < days.start:
            plan.moved.append((table, pk, Span(span.start, days.end)))
            plan.touched.add(row.ref)


def _equal(table: type[Any], held: Any, declared: Any) -> bool:
    return same_name(held) == same_name(declared) if table is UnitName else bool(held == declared)


def _touches(held: Span, declared: Span) -> bool:
    return held.overlaps(declared) or declared.end == held.start


def _ends_otherwise(declared: Span, held: Span) -> bool:
    """Whether a declared end is not the held one. A list that knows no end contradicts none; one that ends where
    the held row begins goes on in it."""
    return declared.end not in (None, held.end, held.start)


def _contradiction(row: Declared, name: str, declared: Any, held: Any, plan: _Plan) -> None:
    fields = {"name": row.label, "field": Said(_FIELDS[name]), "declared": declared, "held": held}
    plan.faults.append(Fault("units.load.contradicts", row.place, fields))


def _write(plan: _Plan) -> None:
    for unit in plan.lives:
        unit.save(update_fields=["valid_from", "begin_is_known"])
    made = Unit.objects.bulk_create(
        [
            Unit(
                key=new_key("unit"),
                kind=row.kind,
                begin_is_known=row.begin_is_known,
                valid_from=row.span.start,
                valid_to=row.span.end,
            )
            for row in plan.new
        ],
        batch_size=2000,
    )
    plan.ids.update((row.ref, unit.pk) for row, unit in zip(plan.new, made, strict=True))
    for row in plan.new:
        plan.added += [(UnitName, row.ref, name) for name in row.names]
        plan.added += [(UnitCode, row.ref, code) for code in row.codes]
        plan.added += [(Placement, row.ref, parent) for parent in row.parents]
    for table, pk, span in plan.moved:
        table.objects.filter(pk=pk).update(valid_from=span.start)
    builders: tuple[tuple[type[Any], Any], ...] = (
        (UnitName, _name_fields),
        (UnitCode, lambda value: {"scheme": value[0], "code": value[1]}),
        (Placement, lambda value: {"parent_id": plan.ids.get(value, value)}),
    )
    for table, fields in builders:
        table.objects.bulk_create(
            [
                table(unit_id=plan.ids[ref], valid_from=span.start, valid_to=span.end, **fields(value))
                for kind, ref, (value, span) in plan.added
                if kind is table
            ],
            batch_size=2000,
        )


def _name_fields(text: str) -> dict[str, str]:
    name = split_name(text)
    return {"lang": "vi", "text": name.text, "word": name.word, "search": name.search}
