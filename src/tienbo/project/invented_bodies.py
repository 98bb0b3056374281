"""The committees of the demonstration's units: one of each, as invented as the unit it is of."""

from __future__ import annotations

from collections.abc import Mapping

from tienbo.ground.keys import new_key
from tienbo.project.invented_units import Invented
from tienbo.units.frames import unit_ids
from tienbo.units.models import Body, BodySuccession, Extent, Reorganisation
from tienbo.units.reorganisations import BodyWent, bodies_write

COMMITTEE = "committee.advancement"
WITH_ONE = ("province", "district", "commune")


def committees_found(invented: Invented, keys: Mapping[str, str]) -> None:
    """A committee for every province, district and commune. Where all of a unit went into another its committee was
    replaced by that one's; a district's ended with it."""
    units = unit_ids()
    bodies = {
        one.ref: Body(
            key=new_key("body"),
            unit_id=units[keys[one.ref]],
            kind=COMMITTEE,
            name=f"Ban Vì sự tiến bộ của phụ nữ {one.label[:1].lower()}{one.label[1:]}",
            valid_from=one.span.start,
            valid_to=one.span.end,
        )
        for one in invented.declared
        if one.kind in WITH_ONE
    }
    Body.objects.bulk_create(bodies.values())
    for declared in invented.acts:
        gone = (row for row in declared.went if row.predecessor in bodies and row.extent != Extent.UNCHANGED)
        went = []
        for row in gone:
            into = bodies[str(row.successor)] if row.successor is not None else None
            kind = BodySuccession.Kind.REPLACED_BY if into else BodySuccession.Kind.NONE
            went.append(BodyWent(bodies[str(row.predecessor)], into, kind))
        bodies_write(Reorganisation.objects.get(origin=declared.text.origin), went)
