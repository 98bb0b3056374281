"""Decisions as a page asks for them: on what somebody saw, named by number and hash, and once though sent twice.

Between looking and deciding a unit may send a newer return, or somebody else may decide. What was seen is then no
longer what stands: the act is refused in words that say who did what, when and what to do now; nothing of it counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.collection.models import Decision, Return, Revision
from tienbo.collection.services import revision_ask_supplement, revisions_accept
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import clean, moment_words
from tienbo.units.models import Unit

worded(
    {
        "decision.newer_came": N_(
            "{unit} has sent a newer return meanwhile (number {number}). Look at it, then decide."
        ),
        "decision.decided_meanwhile": N_(
            "{unit}: {by} decided on number {number} at {at} (“{act}”), after this page was shown. Nothing of yours "
            "was recorded. Look at the return again; to change that decision, agree with {by}, then decide anew."
        ),
        "decision.decided_meanwhile_note": N_(
            "{unit}: {by} decided on number {number} at {at} (“{act}”: {note}), after this page was shown. Nothing of "
            "yours was recorded. Look at the return again; to change that decision, agree with {by}, then decide anew."
        ),
        "decision.nothing_sent": N_("{unit} has sent nothing that could be decided on."),
        "decision.nothing_chosen": N_("No return was chosen."),
        "decision.no_note": N_("Write what is to be supplemented; the unit will read it."),
    }
)


OVERTAKEN = frozenset({"decision.newer_came", "decision.decided_meanwhile", "decision.decided_meanwhile_note"})
"""Faults that say somebody else was first: a page answers them with 409."""


class Seen(NamedTuple):
    """A revision as somebody saw it on a page: its unit's row id, its number, the hash of its content, the row id of
    the last decision on it (`Standing.decision`)."""

    unit: int
    number: int
    sha256: str
    decision: int


def seen_accept(
    *,
    roots: Collection[Unit],
    period: Period,
    seen: Sequence[Seen],
    actor: Actor,
    names: Mapping[int, str],
) -> int:
    """Tiếp nhận all that was seen, or none. Returns how many were not received before; again by the same person has
    no effect."""
    if not seen:
        raise Refused(Fault("decision.nothing_chosen"))
    with transaction.atomic():
        revisions = _stand(roots, period, seen, names, (Decision.Act.ACCEPT, actor.name))
        counting = set(Return.objects.filter(accepted__in=revisions).values_list("accepted_id", flat=True))
        waiting = [one for one in revisions if one.pk not in counting]
        if waiting:
            revisions_accept(revisions=waiting, actor=actor)
    return len(waiting)


def seen_ask_supplement(
    *, roots: Collection[Unit], period: Period, seen: Seen, actor: Actor, names: Mapping[int, str], note: str
) -> bool:
    """Đề nghị bổ sung what was seen. False where the same person asked the same before: nothing had to be done."""
    if not clean(note):
        raise Refused(Fault("decision.no_note"))
    note = note.strip()
    with transaction.atomic():
        (revision,) = _stand(roots, period, [seen], names, (Decision.Act.ASK_SUPPLEMENT, actor.name))
        last = revision.decisions.order_by("-id").first()
        if last is not None and (last.act, last.note) == (Decision.Act.ASK_SUPPLEMENT, note):
            return False
        revision_ask_supplement(revision=revision, actor=actor, note=note)
    return True


def _stand(
    roots: Collection[Unit],
    period: Period,
    seen: Iterable[Seen],
    names: Mapping[int, str],
    same: tuple[str, str],
) -> list[Revision]:
    """The revisions that were seen, locked; Refused with every one that is no longer its unit's last word, or that
    somebody decided on since, unless that was this act of the same person (`same`: act, actor)."""
    wanted = {one.unit: one for one in seen}
    # Of the returns alone: who also locked their campaign would wait for who holds another return of it.
    rows = Return.objects.select_for_update(of=("self",)).filter(
        campaign__root__in=roots, campaign__period_code=period.code, unit_id__in=wanted
    )
    rows = rows.order_by("pk")  # two who choose the same returns wait for one another, never both
    latest = Revision.objects.in_bulk([row.latest_id for row in rows if row.latest_id is not None])
    held = {row.unit_id: latest[row.latest_id] for row in rows if row.latest_id is not None}
    last = {one.revision_id: one for one in Decision.objects.filter(revision__in=latest).order_by("pk")}
    faults = []
    for unit, one in wanted.items():
        fields: dict[str, object] = {"unit": names.get(unit, "")}
        if unit not in held:
            faults.append(Fault("decision.nothing_sent", "", fields))
        elif (held[unit].number, held[unit].sha256) != (one.number, one.sha256):
            faults.append(Fault("decision.newer_came", "", {**fields, "number": held[unit].number}))
        elif last[held[unit].pk].pk != one.decision and _who(last[held[unit].pk]) != same:
            faults.append(_decided(last[held[unit].pk], {**fields, "number": one.number}))
    if faults:
        raise Refused(*faults)
    return [held[unit] for unit in wanted]


def _who(decision: Decision) -> tuple[str, str]:
    return decision.act, decision.actor


def _decided(decision: Decision, fields: dict[str, object]) -> Fault:
    """Who was first: what they decided, and when by the clock of Viet Nam."""
    at, act = moment_words(timezone.localtime(decision.decided_at)), _(str(Decision.Act(decision.act).label))
    code = "decision.decided_meanwhile_note" if decision.note else "decision.decided_meanwhile"
    return Fault(code, "", {**fields, "by": decision.actor, "at": at, "act": act, "note": decision.note})
