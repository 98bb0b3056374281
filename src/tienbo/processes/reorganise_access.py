"""Whether somebody may carry a plan out: every unit it touches stands below the unit they act for."""

from __future__ import annotations

from collections.abc import Iterator

from tienbo.accounts.actors import Actor
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.processes.reorganise_plan import Plan
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on

worded({"reorganise.not_yours": N_("{unit} does not stand below your unit; its own superior redraws it.")})


def access_check(plan: Plan, actor: Actor) -> Iterator[Fault]:
    """A fault at the cell of each unit that is not the actor's to redraw. A new unit goes by where it stands."""
    if actor.operator or plan.day is None:
        return
    mine = accessible_units(actor, need="reorganise", on=plan.eve) | accessible_units(
        actor, need="reorganise", on=plan.day
    )
    above = {tree_on(day).parents.get(unit) for day in (plan.eve, plan.day) for unit in mine}
    there = tree_on(plan.eve).kinds.keys() | tree_on(plan.day).kinds.keys()
    touched = {row.after: row.sheet["after"].place for row in plan.rows if row.after is not None and row.after > 0}
    touched |= {row.before: row.sheet["before"].place for row in plan.rows if row.before is not None}
    touched |= {move.parent: move.place for move in plan.moves.values() if move.parent is not None}
    touched |= {row.body.unit_id: row.place for row in plan.bodies}
    touched |= {row.into_unit: row.place for row in plan.bodies if row.into_unit is not None and row.into_unit > 0}
    placed = {one.parent: one.parent_place for one in plan.opens.values() if one.parent is not None}
    placed |= {parent: place for parent, place in touched.items() if parent in {m.parent for m in plan.moves.values()}}
    for unit, place in touched.items():
        if unit > 0 and unit in there and unit not in mine and not (unit in placed and unit in above):
            yield Fault("reorganise.not_yours", place, {"unit": plan.name(unit)})
    for parent, place in placed.items():
        if parent > 0 and parent not in mine and parent not in above:
            yield Fault("reorganise.not_yours", place, {"unit": plan.name(parent)})
