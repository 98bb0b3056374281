"""What a return stands for once "không thay đổi" is filled in from the returns it refers to.

A revision names those returns when it is made, so what it said stays what it said, whatever is decided later.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from tienbo.catalogue.returns import Content, Layout, layout
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Campaign, Revision
from tienbo.collection.queries import returns_of
from tienbo.core.periods import Period
from tienbo.units.models import Unit


class Carried(NamedTuple):
    """The returns that "không thay đổi" refers to: of the half-year before, and for blocks asked once a year that of
    the second half of the year before. None where no block needs it, or there was none that counted."""

    half: Revision | None = None
    year: Revision | None = None


NOTHING_CARRIED = Carried()


def carried_from(*, campaign: Campaign, unit: Unit, content: Content) -> Carried:
    """The returns of the unit that count now and that the unchanged blocks of a content refer to."""
    unchanged = {code for code, statement in content.statements.items() if statement == "unchanged"}
    if not unchanged:
        return NOTHING_CARRIED
    yearly = unchanged & _yearly(layout(edition_of(content.edition), content.form, content.period))
    before = content.period.previous()
    return Carried(
        _counting(campaign, unit, before) if unchanged - yearly else None,
        _counting(campaign, unit, before.previous()) if yearly else None,
    )


def _counting(campaign: Campaign, unit: Unit, period: Period) -> Revision | None:
    """The unit's return of a period that counts now."""
    rows = returns_of(root_id=campaign.root_id, period=period, units=[unit.pk])
    found = rows.select_related("accepted__carried", "accepted__carried_year").first()
    return found.accepted if found else None


def _yearly(shape: Layout) -> frozenset[str]:
    """The blocks that ask only what is asked once a year: what they said before, they said a year before."""
    asked: dict[str, set[bool]] = {}
    for slot in shape.slots.values():
        asked.setdefault(slot.block.code, set()).add(slot.element.frequency == "half_year")
    return frozenset(code for code, found in asked.items() if found == {False})


def carried_by(revision: Revision) -> Carried:
    """What a revision named when it was made."""
    return Carried(revision.carried, revision.carried_year)


def said_before(content: Content, carried: Carried) -> Content | None:
    """What the unchanged blocks of a content stand for, as one content: each from the return it refers to."""
    half, year = standing(carried.half), standing(carried.year)
    if year is None:
        return half
    shape = layout(edition_of(content.edition), content.form, content.period)
    base = half or replace(year, figures={}, statements={}, rows={})
    yearly = _yearly(shape)
    addresses = [address for address, slot in shape.slots.items() if slot.block.code in yearly]
    return replace(
        base,
        figures={**base.figures, **{one: year.figures[one] for one in addresses if one in year.figures}},
        statements={**base.statements, **{code: said for code, said in year.statements.items() if code in yearly}},
    )


def standing(revision: Revision | None) -> Content | None:
    """The content of a revision with each unchanged block as it stood in what that revision carries over.

    Half-years in which nothing changed follow one another, so this goes back as far as they do.
    """
    if revision is None:
        return None
    content = Content.from_json(revision.content)
    if "unchanged" not in content.statements.values():
        return content
    return filled(content, said_before(content, carried_by(revision)))


def filled(content: Content, before: Content | None) -> Content:
    """The content with unchanged blocks as `before` (already filled in itself) has them."""
    if before is None:
        return content
    shape = layout(edition_of(content.edition), content.form, content.period)
    figures, statements, rows = dict(content.figures), dict(content.statements), dict(content.rows)
    for code, statement in content.statements.items():
        if statement != "unchanged":
            continue
        addresses = [address for address, slot in shape.slots.items() if slot.block.code == code]
        figures |= {address: before.figures[address] for address in addresses if address in before.figures}
        if code in before.rows:
            rows[code] = before.rows[code]
        del statements[code]
        if code in before.statements:
            statements[code] = before.statements[code]
    return replace(content, figures=figures, statements=statements, rows=rows)
