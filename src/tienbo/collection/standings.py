"""Where the return of every unit of a period stands: not begun, late, sent, asked to supplement, received."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tienbo.catalogue.loading import Edition
from tienbo.collection.campaigns import due_days
from tienbo.collection.models import Campaign, Decision, Return, Revision
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.units.models import Unit

State = Literal["not_begun", "late", "sent", "asked", "received"]

STATES: dict[State, str] = {
    "sent": N_("waits for a decision"),
    "asked": N_("supplement asked for"),
    "late": N_("late"),
    "not_begun": N_("not sent yet"),
    "received": N_("received"),
}
"""State → its words, in the order in which an office looks at them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One unit's return. `unit` is a row id; the rest is of its last revision, empty where there is none."""

    unit: int
    kind: str
    state: State
    revision: int | None = None
    number: int = 0
    sha256: str = ""
    sent_at: datetime | None = None
    receipt: str = ""
    warnings: int = 0
    counts: int | None = None
    """Number of the revision that counts: another than `number` where a newer one waits."""
    note: str = ""
    """What was asked to be supplemented."""
    due_on: date | None = None
    """The day it has until, where it was given more time than the others."""
    decision: int = 0
    """Row id of the last decision on `revision`: whoever decides next says that they saw this one."""


def standings(
    *,
    root: Unit,
    edition: Edition,
    period: Period,
    tree: Tree,
    today: date,
    units: Collection[int] | None = None,
) -> list[Standing]:
    """The standing of every unit at or under `root` that owes a return for a half-year, in the order of `tree`, and
    of those that sent one without owing it on the last day (a closing return): all that there is of a root that is not
    in the tree any more. `units` keeps some of them."""
    campaign = Campaign.objects.filter(root=root, period_code=period.code).first()
    rows = {row.unit_id: row for row in _returns(campaign)}
    there = tree.subtree(root.pk) if root.pk in tree else ()
    owed = [one for one in there if edition.form_for(tree.kinds[one], period) is not None]
    listed = dict.fromkeys([*owed, *(one for one, row in rows.items() if row.latest_id is not None)])
    asked = _last_words(rows.values())
    due_on = campaign.due_on if campaign is not None else None
    until = due_days(campaign) if campaign is not None else {}
    made = []
    for unit in listed:
        if units is not None and unit not in units:
            continue
        row, more = rows.get(unit), until.get(unit)
        if row is None or row.latest is None:
            due = more or due_on
            late = due is not None and today > due
            made.append(Standing(unit, tree.kinds[unit], "late" if late else "not_begun", due_on=more))
        else:
            made.append(_standing(row, row.latest, asked.get(row.latest.pk), more))
    return made


def _returns(campaign: Campaign | None) -> list[Return]:
    """The returns of a campaign without what they say, which is most of their bytes."""
    if campaign is None:
        return []
    rows = Return.objects.filter(campaign=campaign).select_related("unit", "latest__receipt", "accepted")
    return list(rows.defer("latest__content", "accepted__content", "accepted__warnings"))


def _last_words(rows: Collection[Return]) -> dict[int, tuple[str, str, int]]:
    """Revision → (act, note, row id) of the last decision on it, of the last revision of each return."""
    latest = [row.latest_id for row in rows if row.latest_id is not None]
    found = Decision.objects.filter(revision_id__in=latest).order_by("id")
    return {one: (act, note, row) for one, act, note, row in found.values_list("revision_id", "act", "note", "pk")}


def state_of(row: Return, act: str, *, late: bool = False) -> State:
    """Where a return stands. `act` is the last decision on its last revision; `late` counts where nothing was sent."""
    if row.latest_id is None:
        return "late" if late else "not_begun"
    if act == Decision.Act.ASK_SUPPLEMENT:
        return "asked"
    return "received" if row.accepted_id == row.latest_id else "sent"


def _standing(row: Return, latest: Revision, last: tuple[str, str, int] | None, due_on: date | None) -> Standing:
    act, note, decision = last or ("", "", 0)
    state = state_of(row, act)
    receipt = getattr(latest, "receipt", None)
    return Standing(
        unit=row.unit_id,
        kind=row.unit.kind,
        state=state,
        revision=latest.pk,
        number=latest.number,
        sha256=latest.sha256,
        sent_at=latest.made_at,
        receipt=receipt.code if receipt is not None else "",
        warnings=len(latest.warnings),
        counts=row.accepted.number if row.accepted is not None else None,
        note=note if state == "asked" else "",
        due_on=due_on,
        decision=decision,
    )
