"""What a return stands for once "không thay đổi" is filled in from the return it refers to.

A revision names that return when it is made, so what it said stays what it said, whatever is decided later.
"""

from __future__ import annotations

from dataclasses import replace

from tienbo.catalogue.returns import Content, layout
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Campaign, Return, Revision
from tienbo.units.models import Unit


def carried_from(*, campaign: Campaign, unit: Unit, content: Content) -> Revision | None:
    """The return that "không thay đổi" refers to: the unit's one of the half-year before that counts now."""
    if "unchanged" not in content.statements.values():
        return None
    before = Return.objects.filter(
        campaign__root_id=campaign.root_id, campaign__period_code=content.period.previous().code, unit=unit
    )
    found = before.select_related("accepted__carried").first()
    return found.accepted if found else None


def standing(revision: Revision | None) -> Content | None:
    """The content of a revision with each unchanged block as it stood in what that revision carries over.

    Half-years in which nothing changed follow one another, so this goes back as far as they do.
    """
    if revision is None:
        return None
    content = Content.from_json(revision.content)
    if "unchanged" not in content.statements.values():
        return content
    return filled(content, standing(revision.carried))


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
