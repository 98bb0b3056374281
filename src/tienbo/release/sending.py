"""A release sent up: the province freezes its report and sends it, the office above receives it or asks to supplement.

What was released never changes. A supplement is a new release, sent anew and decided on anew; what was received stays
what it was received as.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.collection.editions import edition_of
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import moment_words
from tienbo.release.models import Release, ReleaseStep
from tienbo.units.frames import tree_on
from tienbo.units.models import Unit

Act = ReleaseStep.Act
OVERTAKEN = frozenset({"release.decided_meanwhile"})
"""Faults that say somebody else was first."""

worded(
    {
        "release.nobody_above": N_("Nobody stands above this unit to send the report to."),
        "release.asked": N_(
            "A supplement was asked for, and this release stays as it is. Freeze the corrected figures, then send the "
            "new release."
        ),
        "release.not_sent": N_("This report was not sent to your office."),
        "release.no_note": N_("Write what is to be supplemented; the unit that sent the report will read it."),
        "release.decided_meanwhile": N_(
            "{by} decided on this report at {at} (“{act}”), after this page was shown. Nothing of yours was recorded. "
            "Look at it again; to change that decision, agree with {by}, then decide anew."
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A release that was sent, with its steps from the first."""

    release: Release
    steps: tuple[ReleaseStep, ...]

    @property
    def last(self) -> ReleaseStep:
        return self.steps[-1]

    @property
    def state(self) -> str:
        return self.last.act

    @property
    def words(self) -> str:
        return _("waits for a decision") if self.state == Act.SEND else _(str(Act(self.state).label))


def receiver_of(release: Release) -> Unit | None:
    """The unit that stood above on the last day of the period reported on."""
    day = edition_of(release.edition.fingerprint).calendar.last_day(Period.parse(release.period_code))
    parent = tree_on(day).parents.get(release.unit_id)
    return Unit.objects.filter(pk=parent).first() if parent is not None else None


@transaction.atomic
def release_send(*, release: Release, actor: Actor) -> bool:
    """Send a release to the office above. False where it was sent already and waits, or was received."""
    Release.objects.select_for_update().get(pk=release.pk)
    last = _last(release)
    if last is not None:
        if last.act == Act.ASK_SUPPLEMENT:
            raise Refused(Fault("release.asked"))
        return False
    to = receiver_of(release)
    if to is None:
        raise Refused(Fault("release.nobody_above"))
    _step(release, to, Act.SEND, actor)
    return True


@transaction.atomic
def release_decide(*, release: Release, by: Unit, seen: str, act: str, actor: Actor, note: str = "") -> bool:
    """Receive a release that was sent to `by`, or ask for a supplement. `seen`: its fingerprint and the last step on
    the page ("fingerprint:step"). False for the same decision of the same person again; Refused where somebody else
    decided since."""
    Release.objects.select_for_update().get(pk=release.pk)
    last, note = _last(release), note.strip()
    if last is None or last.to_id != by.pk or act not in (Act.ACCEPT, Act.ASK_SUPPLEMENT):
        raise Refused(Fault("release.not_sent"))
    if act == Act.ASK_SUPPLEMENT and not note:
        raise Refused(Fault("release.no_note"))
    if (last.act, last.actor, last.note) == (act, actor.name, note):
        return False
    if seen != seen_of(release, last):
        at = moment_words(timezone.localtime(last.done_at))
        raise Refused(
            Fault("release.decided_meanwhile", "", {"by": last.actor, "at": at, "act": _(str(Act(last.act).label))})
        )
    _step(release, by, act, actor, note)
    return True


def seen_of(release: Release, step: ReleaseStep) -> str:
    """What a decision names: the fingerprint of what was released, and the last step that was seen."""
    return f"{release.fingerprint}:{step.pk}"


def _step(release: Release, to: Unit, act: str, actor: Actor, note: str = "") -> None:
    ReleaseStep.objects.create(
        release=release, to=to, fingerprint=release.fingerprint, act=act, note=note, actor=actor.name
    )


def _last(release: Release) -> ReleaseStep | None:
    return ReleaseStep.objects.filter(release=release).order_by("pk").last()


def sent_of(release: Release) -> Sent | None:
    """The way of one release; None where it was not sent."""
    steps = tuple(release.steps.order_by("pk"))
    return Sent(release, steps) if steps else None


def releases_received(*, to: Unit, period: Period) -> list[Sent]:
    """What was sent to a unit for a half-year, and for its year where that ends with it: the last sent first."""
    codes = [period.code, str(period.year)] if period.half == 2 else [period.code]
    rows = ReleaseStep.objects.filter(to=to, release__period_code__in=codes).order_by("pk")
    steps: dict[int, list[ReleaseStep]] = {}
    for row in rows.select_related("release__unit", "release__edition").defer(
        "release__values_json", "release__context_json", "release__edition__definitions"
    ):
        steps.setdefault(row.release_id, []).append(row)
    made = [Sent(held[0].release, tuple(held)) for held in steps.values()]
    return sorted(made, key=lambda one: -one.steps[0].pk)


def silent(*, to: Unit, day: date, received: Sequence[Sent]) -> list[int]:
    """Provinces directly under `to` on a day that sent nothing (row ids)."""
    sent, tree = {one.release.unit_id for one in received}, tree_on(day)
    return [one for one in tree.children.get(to.pk, ()) if tree.kinds[one] == "province" and one not in sent]
