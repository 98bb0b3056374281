"""Drafts: saves that never lose a figure, whoever else saves, from whatever device, in whatever order.

A save says for each cell what its sender saw and what it wants. A cell that still holds what was seen takes what is
wanted; one that already holds it stays; one that holds something else keeps it, and what was wanted is kept aside in
the save, shown beside what stands, until somebody chooses. The same key again has no effect and gets the same answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.returns import Content
from tienbo.collection.draft_models import Draft, DraftSave
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Campaign, Return, Revision
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.papers.cells import LONGEST, Cells, Sheets, cells_hash, cells_of, sheets
from tienbo.units.models import Unit

Changes = Mapping[str, tuple[str, str]]
"""Cell → (what the sender saw, what the sender wants); "" is an empty cell."""
Settled = Sequence[tuple[int, str]]
"""(number of a save, cell) of what was kept aside and is now decided."""

MOST = 3_000
"""Cells of one save: no form has so many."""
KEY = 64

worded(
    {
        "saving.unknown_cell": N_(
            "The form has no place {cell}. Load the page again; what you entered is still in it."
        ),
        "saving.too_long": N_("{cell}: {count} letters are more than the {most} that fit. Shorten it, or attach it."),
        "saving.too_many": N_("{count} cells at once are more than a form has."),
        "saving.no_key": N_("The page did not say which save this is. Load it again; what you entered is still in it."),
        "saving.no_such_version": N_("There is no version {number} of this draft."),
    }
)


class Aside(NamedTuple):
    """What a save wanted of a cell that held something else meanwhile."""

    number: int
    cell: str
    seen: str
    wanted: str
    held: str
    """What the cell held then."""
    by: str
    at: datetime
    device: str


@dataclass(frozen=True)
class Saved:
    """What became of a save: the version it made, what was kept aside of it, whether it was here before."""

    save: DraftSave
    again: bool

    @property
    def aside(self) -> Mapping[str, str]:
        return dict(self.save.aside)


def draft_sheets(draft: Draft) -> Sheets:
    """The cells that a draft has."""
    return sheets(edition_of(draft.campaign.edition.fingerprint), draft.form, draft.campaign.period)


def draft_on(*, campaign: Campaign, unit: Unit) -> Draft | None:
    # Without the definitions of the edition, which are half a million letters and known by their fingerprint.
    rows = Draft.objects.select_related("campaign__edition", "unit").defer("campaign__edition__definitions")
    return rows.filter(campaign=campaign, unit=unit).first()


@transaction.atomic
def draft_open(*, campaign: Campaign, unit: Unit, form: str, actor: Actor) -> Draft:
    """The draft of a unit's return: a new one begins with what the unit sent last, or empty."""
    held = draft_on(campaign=campaign, unit=unit)
    if held is not None:
        return held
    Draft.objects.get_or_create(campaign=campaign, unit=unit, defaults={"form": form, "sha256": cells_hash({})})
    draft = draft_on(campaign=campaign, unit=unit)
    assert draft is not None  # noqa: S101 - it was made above
    _lock(draft)
    of = Return.objects.filter(campaign=campaign, unit=unit).select_related("latest").first()
    if draft.version == 0 and of is not None and of.latest is not None:
        cells = cells_of(Content.from_json(of.latest.content))
        changes = {cell: ("", text) for cell, text in cells.items()}
        key = f"begun-{draft.pk}"
        _keep(draft, save_made(draft, key, "", DraftSave.How.BEGUN, changes, (), of.latest_id, actor, None))
    return draft


def draft_save(
    *,
    draft: Draft,
    key: str,
    changes: Changes,
    actor: Actor,
    device: str = "",
    how: str = DraftSave.How.TYPED,
    settles: Settled = (),
    base: Revision | None = None,
    locked: Fault | None = None,
) -> Saved:
    """Save cells. Never overwrites what the sender did not see. Refused only for what no page of ours sends: then
    nothing is kept, as the sender still has it.

    `base`: the draft now stands on this return. `locked`: why the period takes nothing; the save is then kept whole
    and changes nothing. A key that was used for something else does not hide this save: it gets a key of its own.
    """
    refuse_unfit(draft_sheets(draft), key, changes)
    with transaction.atomic():
        _lock(draft)
        before = DraftSave.objects.filter(key=key).first()
        if before is not None and not (before.draft_id == draft.pk and same_save(before, changes, settles)):
            key = other_key(draft, key, changes, settles)
            before = DraftSave.objects.filter(key=key).first()
        if before is not None:
            return Saved(before, again=True)
        at = base.pk if base is not None else draft.base_id
        save = save_made(draft, key, device[:40], how, changes, settles, at, actor, locked)
        _keep(draft, save)
        return Saved(save, again=False)


def refuse_unfit(known: Sheets, key: str, changes: Mapping[str, Sequence[str]]) -> None:
    """Refused for what no page of ours saves: cells that the form has not, texts that are too long."""
    faults: list[Fault] = []
    if not key or len(key) > KEY or not key.isascii():
        faults.append(Fault("saving.no_key"))
    if len(changes) > MOST:
        faults.append(Fault("saving.too_many", "", {"count": len(changes)}))
    for cell, pair in changes.items():
        if not known.knows(cell):
            faults.append(Fault("saving.unknown_cell", cell[:80], {"cell": cell[:80]}))
        if (longest := max(map(len, pair))) > LONGEST:
            fields = {"cell": known.place(cell), "count": longest, "most": LONGEST}
            faults.append(Fault("saving.too_long", known.place(cell), fields))
    if faults:
        raise Refused(*faults[:20])


_HELD = ("cells", "version", "sha256", "base_id", "saved_by", "saved_at")


def _lock(draft: Draft) -> None:
    """Hold the row against other savers until the transaction ends, and read what it holds now."""
    now = Draft.objects.select_for_update().values_list(*_HELD).get(pk=draft.pk)
    for name, value in zip(_HELD, now, strict=True):
        setattr(draft, name, value)


def other_key(draft: Draft, key: str, changes: Changes, settles: Settled = ()) -> str:
    """The key of a save whose own key was used for something else: the same one for the same save."""
    return f"{key[:KEY]}~{_mark(draft.pk, changes, settles)[:12]}"


def same_save(save: DraftSave, changes: Changes, settles: Settled = ()) -> bool:
    return _mark(save.draft_id, save.changes, save.settles) == _mark(save.draft_id, changes, settles)


def _mark(draft: int, changes: Mapping[str, Sequence[str]], settles: Iterable[Sequence[object]]) -> str:
    said = [draft, sorted((cell, *pair) for cell, pair in changes.items()), sorted(map(list, settles))]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _keep(draft: Draft, save: DraftSave) -> None:
    """Write a save that was made, and the draft with it folded in."""
    save.save(force_insert=True)
    draft.save(update_fields=["version", "cells", "sha256", "base", "saved_by", "saved_at"])


def save_made(
    draft: Draft,
    key: str,
    device: str,
    how: str,
    changes: Changes,
    settles: Settled,
    base: int | None,
    actor: Actor,
    locked: Fault | None,
) -> DraftSave:
    """A save of a draft that is locked, or that nobody else has yet, folded in; both are still to be written."""
    cells = dict(draft.cells)
    aside: dict[str, str] = {}
    for cell, (seen, wanted) in changes.items():
        held = cells.get(cell, "")
        if held not in (seen, wanted):
            aside[cell] = held
    if locked is None:
        _put(cells, changes, aside)
    draft.version += 1
    draft.cells, draft.sha256, draft.base_id = cells, cells_hash(cells), base if locked is None else draft.base_id
    draft.saved_by, draft.saved_at = actor.name, timezone.now()
    return DraftSave(
        draft=draft,
        number=draft.version,
        key=key,
        device=device,
        how=how,
        changes={cell: list(pair) for cell, pair in changes.items()},
        aside={} if locked is not None else aside,
        settles=[] if locked is not None else [list(one) for one in settles],
        refused=locked.code if locked is not None else "",
        base_id=draft.base_id,
        sha256=draft.sha256,
        saved_by=actor.name,
    )


def _put(cells: dict[str, str], changes: Mapping[str, Sequence[str]], aside: Mapping[str, str]) -> None:
    for cell, (_seen, wanted) in changes.items():
        if cell in aside:
            continue
        if wanted:
            cells[cell] = wanted
        else:
            cells.pop(cell, None)


# ------------------------------------------------------------------------------------------------------ reads


def draft_cells(draft: Draft, number: int | None = None) -> dict[str, str]:
    """The cells of a draft at a version, worked out from its saves; without a number, at the last one."""
    cells: dict[str, str] = {}
    rows = DraftSave.objects.filter(draft=draft, refused="").order_by("number")
    for save in rows if number is None else rows.filter(number__lte=number):
        _put(cells, save.changes, save.aside)
    return cells


def draft_changed(draft: Draft, since: int, saves: Sequence[DraftSave] = ()) -> dict[str, str]:
    """Cells that later saves touched, as they are now. `saves`: those the caller has at hand."""
    held = {save.number: save for save in saves if not save.refused}
    later: Iterable[Iterable[str]]
    if held.keys() >= set(range(since + 1, draft.version + 1)):
        later = [save.changes for number, save in held.items() if number > since]
    else:
        rows = DraftSave.objects.filter(draft=draft, number__gt=since, refused="")
        later = rows.values_list("changes", flat=True)
    return {cell: draft.cells.get(cell, "") for changes in later for cell in changes}


def asides_open(draft: Draft) -> list[Aside]:
    """What was kept aside and nobody has decided yet, the oldest first; not what stands in the cell by now anyhow."""
    found: dict[tuple[int, str], Aside] = {}
    rows = DraftSave.objects.filter(draft=draft, refused="").exclude(aside={}, settles=[])  # most saves have neither
    for save in rows.order_by("number"):
        for number, cell in save.settles:
            found.pop((number, cell), None)
        for cell, held in save.aside.items():
            seen, wanted = save.changes[cell]
            one = Aside(save.number, cell, seen, wanted, held, save.saved_by, save.saved_at, save.device)
            found[save.number, cell] = one
    return [one for one in found.values() if draft.cells.get(one.cell, "") != one.wanted]


def saves_refused(draft: Draft) -> list[DraftSave]:
    """Saves that came while the period took nothing: kept, and not in the draft."""
    return list(DraftSave.objects.filter(draft=draft).exclude(refused="").order_by("number"))


def last_touch(draft: Draft, cells: Iterable[str]) -> dict[str, DraftSave]:
    """Who last put what stands in these cells."""
    wanted, found = set(cells), {}
    if not wanted:
        return {}
    for save in DraftSave.objects.filter(draft=draft, refused="").order_by("-number"):
        for cell in wanted & (save.changes.keys() - save.aside.keys()):
            found[cell] = save
        wanted -= found.keys()
        if not wanted:
            break
    return found


# ------------------------------------------------------------------------------ from elsewhere into the draft


def toward(held: Cells, wanted: Cells) -> dict[str, tuple[str, str]]:
    """What makes of what is held what is wanted."""
    cells = held.keys() | wanted.keys()
    return {cell: (held.get(cell, ""), wanted.get(cell, "")) for cell in cells if held.get(cell) != wanted.get(cell)}


def draft_restore(
    *, draft: Draft, number: int, seen: int, key: str, actor: Actor, locked: Fault | None = None
) -> Saved:
    """Bring a version back, as a new save on top of version `seen`; what came after `seen` is not overwritten."""
    if not 0 < number <= draft.version:
        raise Refused(Fault("saving.no_such_version", "", {"number": number}))
    changes = toward(draft_cells(draft, seen), draft_cells(draft, number))
    return draft_save(draft=draft, key=key, changes=changes, actor=actor, how=DraftSave.How.RESTORED, locked=locked)


class Difference(NamedTuple):
    """A cell in which a return that was sent differs from the draft: what both began from, and what each has."""

    cell: str
    began: str
    drafted: str
    sent: str

    @property
    def is_both(self) -> bool:
        """Whether both changed it, so that somebody must choose."""
        return self.drafted != self.began


def return_beside(draft: Draft) -> tuple[Revision | None, list[Difference]]:
    """The return that was sent past the draft (as a workbook), with the cells in which it differs from it."""
    of = Return.objects.filter(campaign_id=draft.campaign_id, unit_id=draft.unit_id).first()
    if of is None or of.latest_id == draft.base_id or of.latest is None:
        return None, []
    began = cells_of(Content.from_json(draft.base.content)) if draft.base is not None else {}
    sent = cells_of(Content.from_json(of.latest.content))
    known = draft_sheets(draft)
    cells = [cell for cell in (*known.places, *(began.keys() | sent.keys())) if not cell.startswith(("why/", "proof/"))]
    made = [
        Difference(cell, began.get(cell, ""), draft.cells.get(cell, ""), sent.get(cell, ""))
        for cell in dict.fromkeys(cells)
        if sent.get(cell, "") != draft.cells.get(cell, "")
    ]
    return of.latest, made


def draft_take(
    *,
    draft: Draft,
    revision: Revision,
    cells: Iterable[str],
    seen: int,
    key: str,
    actor: Actor,
    locked: Fault | None = None,
) -> Saved:
    """Put these cells of a return that was sent into the draft, which stands on that return from then on: the cells
    not named keep what the draft has."""
    sent, held = cells_of(Content.from_json(revision.content)), draft_cells(draft, seen)
    changes = {cell: (held.get(cell, ""), sent.get(cell, "")) for cell in cells}
    return draft_save(
        draft=draft, key=key, changes=changes, actor=actor, how=DraftSave.How.WORKBOOK, base=revision, locked=locked
    )
