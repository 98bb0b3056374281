"""What the office asked about a return, where its figures are entered: the supplement, and open comments by
cell; with what is still to be done there."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from django.urls import reverse

from tienbo.collection.comments import threads_of
from tienbo.collection.draft_models import DraftSave
from tienbo.collection.drafts import saves_refused
from tienbo.collection.models import Return
from tienbo.core.messages import gettext as _
from tienbo.web.entry_page import Entry


class AskedOf(NamedTuple):
    """An open comment: the figure it is about, the way to its cell ("" for the whole return), the last words."""

    label: str
    address: str
    text: str
    by: str


def asked_of(entry: Entry) -> dict[str, Any]:
    """What pages of an entry say was asked, and how many saves wait that came while the period took nothing. Comments
    are not looked up for a return that was never sent."""
    known = {"saves_waiting": _waiting(entry)}
    of = Return.objects.filter(unit=entry.unit, campaign=entry.draft.campaign).exclude(latest=None).first()
    if of is None:
        return known
    last = of.latest.decisions.order_by("-pk").first() if of.latest is not None else None
    steps = {block.code: number for number, sheet in enumerate(entry.steps, 1) for block in sheet.blocks}
    found = []
    for one in threads_of(of):
        if one.is_open:
            said = one.words[-1]
            found.append(AskedOf(one.label, _address(entry, one.place, steps), said.text, said.by))
    note = last.note if last is not None and last.act == last.Act.ASK_SUPPLEMENT else ""
    return {**known, "asked_note": note, "asked_cells": found}


def left_of(entry: Entry) -> dict[int, str]:
    """Step → how many figures are still to be entered on it, in words; a browser counts the step at hand itself."""
    cells, found = entry.draft.cells, {}
    steps = {block.code: number for number, sheet in enumerate(entry.steps, 1) for block in sheet.blocks}
    empty = Counter(
        steps[slot.block.code]
        for address, slot in entry.known.layout.slots.items()
        if slot.line.required and not cells.get(f"figure/{address}") and not cells.get(f"say/{slot.block.code}")
    )
    begun = {
        steps[block.code]
        for sheet in entry.steps
        for block in sheet.blocks
        if any(cells.get(f"text/{text.code}") for text in block.texts)
        or any(cell.startswith((f"row/{block.code}/", f"say/{block.code}")) for cell in cells)
        or any(cells.get(f"figure/{address}") for address in entry.known.layout.by_block.get(block.code, ()))
    }
    words = _("{count} empty")
    for number in set(steps.values()):
        count = empty[number]
        found[number] = f" · {words.format(count=count)}" if count else " ✓" if number in begun else ""
    return found


def _waiting(entry: Entry) -> int:
    """Saves kept out of the draft with a cell that says something else and that nobody touched since."""
    refused = saves_refused(entry.draft) if entry.is_kept else []
    if not refused:
        return 0
    later = DraftSave.objects.filter(draft=entry.draft, refused="", number__gt=refused[0].number)
    touched = [(number, set(changes)) for number, changes in later.values_list("number", "changes")]
    return sum(
        any(
            entry.draft.cells.get(cell, "") != wanted
            and not any(number > one.number and cell in cells for number, cells in touched)
            for cell, (_seen, wanted) in one.changes.items()
        )
        for one in refused
    )


def _address(entry: Entry, place: str, steps: dict[str, int]) -> str:
    slot = entry.known.layout.slots.get(place)
    if slot is not None:
        block, cell = slot.block.code, f"figure/{place}"
    else:
        block, _dot, rest = place.partition(".")
        cell = "/".join(("row", block, *rest.split("."))) if rest else ""
    if not cell or block not in steps:
        return ""
    where = {"key": entry.unit.key, "period": entry.period, "number": steps[block]}
    return f"{reverse('entry_step', kwargs=where)}#{cell}"
