"""The one door from a request to a unit. Nothing is allowed that no grant allows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from django.db import connection

from tienbo.accounts.actors import Actor, actor_of
from tienbo.accounts.models import User
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.once import once
from tienbo.ground.planned import planned
from tienbo.ground.reach import reaching_own
from tienbo.units.frames import forerunners, tree_on
from tienbo.units.models import Grant, Unit
from tienbo.units.queries import Match, code_search, unit_find, unit_search
from tienbo.units.rights import MATRIX, NEEDS, Allows, Need
from tienbo.units.services import unit_label
from tienbo.units.wording import Said

__all__ = [
    "INHERITED",
    "NEEDS",
    "ROLES",
    "Allows",
    "Held",
    "Need",
    "access_matches",
    "access_unit",
    "accessible_units",
    "grants_of",
]

worded({"units.no_access": N_("{actor} may not do this at {unit}: {need}. No role in force allows it.")})

INHERITED: frozenset[Need] = frozenset({"visit", "view", "accept"})
"""What may be done at units of before by who may do it at the one they went into: read, and take in what they owe."""

ROLES: Mapping[str, Allows] = MATRIX.allows
"""What each role allows, by the matrix of rights."""


def access_unit(who: Actor | User, spec: str, *, need: Need, on: date | None, acting_on: date | None = None) -> Unit:
    """The unit that `spec` names (see `unit_find`), if `who` may do `need` there; Refused otherwise.

    `on` is the day of the map: names, codes and who stands below whom are those of that day; None looks for the unit
    on every day, and then asks who stands below whom on its last one. `acting_on` is the day the person acts, when
    grants must be in force; the day of the map where it is not said.
    """
    if need not in NEEDS:
        raise ValueError(f"no such need: {need}")
    unit = unit_find(spec, on)
    actor = actor_of(who) if isinstance(who, User) else who
    day = on or _day_of(unit, acting_on)
    if _may(actor, unit, need, day, acting_on):
        return unit
    fields = {"actor": actor, "unit": unit_label(unit, day), "need": Said(NEEDS[need])}
    raise Refused(Fault("units.no_access", "", fields))


def access_matches(
    who: Actor | User, text: str, *, need: Need, on: date | None, acting_on: date | None = None
) -> list[Match]:
    """The units that a name or a code can mean (see `unit_search`, `code_search`), those of them where `who` may do
    `need`: with a code and without a day, all that ever held it, and the days."""
    actor = actor_of(who) if isinstance(who, User) else who
    return [
        match
        for match in (*code_search(text, on), *unit_search(text, on))
        if _may(actor, match.unit, need, on or _day_of(match.unit, acting_on), acting_on)
    ]


def _may(actor: Actor, unit: Unit, need: Need, on: date, acting_on: date | None) -> bool:
    return actor.operator or unit.pk in accessible_units(actor, need=need, on=on, acting_on=acting_on)


def _day_of(unit: Unit, acting_on: date | None) -> date:
    """The day a unit found on any day is looked at: its last one, or the day of the act while it lives."""
    last = unit.span.last_day
    return last if last is not None else max(unit.valid_from, acting_on or unit.valid_from)


def accessible_units(who: Actor | User, *, need: Need, on: date, acting_on: date | None = None) -> frozenset[int]:
    """Row ids of the units where `who` may do `need`, on the map of `on`: the filter of every list.

    Of a day before others went wholly into the unit of a grant, when it began or later, who may read there may read
    those too, and who receives returns there receives what those still owe: it is its own history (INHERITED). The
    operator of the command line may do everything everywhere.
    """
    actor = actor_of(who) if isinstance(who, User) else who
    tree = tree_on(on)
    if actor.operator:
        return frozenset(tree.kinds)
    if actor.user is None or not actor.user.is_active:
        return frozenset()
    found: set[int] = set()
    for grant in grants_of(actor.user.pk, acting_on or on):
        unit_id, allows = grant.unit, ROLES[grant.role]
        seats = {unit_id, *(forerunners(unit_id, on, acting_on) if need in INHERITED else ())}
        if need in allows.own:
            found |= seats
        if need in allows.below:
            found.update(one for seat in seats if seat in tree for one in tree.subtree(seat) if one not in seats)
    return frozenset(found)


class Held(NamedTuple):
    """A role that somebody has at a unit (row id)."""

    unit: int
    role: str


@once
def grants_of(user: int, day: date) -> tuple[Held, ...]:
    """The grants of somebody (row id) in force on a day. Asked with every request, and written out for that."""
    at = connection.ops.adapt_datefield_value(day)
    with reaching_own(user), connection.cursor() as cursor:
        text = (
            f"SELECT unit_id, role FROM {Grant._meta.db_table} WHERE user_id = %s "  # noqa: S608 - a name of our own
            "AND valid_from <= %s AND (valid_to IS NULL OR valid_to > %s) AND withdrawn_at IS NULL ORDER BY id"
        )
        cursor.execute(*planned("grants_of", text, (user, at, at), "bigint, date, date"))
        return tuple(Held(unit, role) for unit, role in cursor.fetchall())
