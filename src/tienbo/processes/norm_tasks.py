"""A norm that is not met becomes a task with one act, and only once while that task is open.

The cause of such a task is the norm ("norm:rule30"); its row says whose standing it is about and how many tasks of it
there were before, so that the database itself refuses a second one made at the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind
from tienbo.engine.norms import Standing
from tienbo.papers.context import period_name
from tienbo.papers.norm_words import numbers_words
from tienbo.registers.task_models import CAUSE_WORDS, Task
from tienbo.registers.task_queries import issuers_of
from tienbo.registers.tasks import Cause, is_asked, task_make
from tienbo.release.norms import Finding, is_closed
from tienbo.units.frames import tree_on, unit_called, unit_keys
from tienbo.units.models import Unit

NORM = "norm:"
"""What the cause of a task begins with that follows from a norm."""
LEAST = 30
"""Days that a task has at the least: where less is left of the half-year it is due at the end of the next."""
Subject = tuple[str, int, str]

worded(
    {
        "norm_task.not_unmet": N_("{unit} satisfies this norm, or it cannot be told: there is nothing to ask for."),
    }
)


def norm_task_make(*, edition: Edition, finding: Finding, issuer: Unit, actor: Actor, today: date) -> tuple[Task, bool]:
    """(the task, whether it was made now): the open one of the same norm and subject, else a new one. Refused where the
    norm is not found unmet, and with everything that a task is refused for."""
    unit = unit_called(finding.unit, today)
    if finding.standing is not Standing.NOT_MET:
        raise Refused(Fault("norm_task.not_unmet", "", {"unit": unit}))
    open_ = tasks_open([finding], issuer).get(finding.subject)
    if open_ is not None:
        return open_, False
    owner = addressee(finding, issuer, today)
    about = finding.name if unit in finding.name else f"{finding.name} – {unit}" if finding.name else unit
    words = _("Coordinate in considering: {what} ({about})") if is_asked(owner.kind) else _("Consider {what} ({about})")
    row, cause = _row(finding.subject), cause_words(edition, finding, about)
    try:
        with transaction.atomic():
            task = task_make(
                issuer=issuer,
                owner=owner,
                text=words.format(what=finding.norm.proposes, about=about),
                measure=_("The norm is satisfied, or it is reported why it cannot be yet and by when it will."),
                due_on=norm_due(edition, today),
                cause=Cause(
                    NORM + finding.norm.code,
                    f"{row}{Task.objects.filter(cause=NORM + finding.norm.code, cause_row__startswith=row).count()}",
                    cause[:CAUSE_WORDS],
                ),
                actor=actor,
                on=today,
            )
    except IntegrityError:  # somebody made it at the same moment
        made = tasks_open([finding], issuer).get(finding.subject)
        if made is None:
            raise
        return made, False
    return task, True


def cause_words(edition: Edition, finding: Finding, about: str) -> str:
    """What a task follows from. More people read a task than see figures of planning: of such a norm neither its
    numbers nor that it is not met are written down."""
    norm, document = finding.norm, edition.documents[finding.rule.document].cited if finding.rule else ""
    if is_closed(edition, norm):
        return _("Norm: {norm} ({document}); {about}").format(norm=norm.name, document=document, about=about)
    period = period_name(finding.of or finding.period)
    said = _("Norm not satisfied in {period}: {norm} ({document}); {about}").format(
        period=period, norm=norm.name, document=document, about=about
    )
    return f"{said}. {numbers_words(edition, norm, finding.judged, finding.figures)}"


def addressee(finding: Finding, issuer: Unit, day: date) -> Unit:
    """Whom a task of a finding goes to: who is asked about such a norm under the issuer, else the unit; what is the
    issuer's own goes to who tells its figures."""
    tree, address = tree_on(day), finding.norm.address
    if address is not None:
        found = [one for one in tree.children.get(issuer.pk, ()) if is_kind(tree.kinds[one], (address,))]
        if len(found) == 1:
            return Unit.objects.get(pk=found[0])
    own = finding.teller if finding.unit == issuer.pk else None
    return Unit.objects.get(pk=own or finding.unit)


def norm_due(edition: Edition, today: date) -> date:
    """The last day of the half-year under way; of the next one where less than a month is left."""
    calendar = edition.calendar
    half = calendar.half_on(today)
    last = calendar.last_day(half)
    return last if (last - today).days >= LEAST else calendar.last_day(Period.from_index(half.index + 1))


def tasks_open(findings: Iterable[Finding], issuer: Unit) -> dict[Subject, Task]:
    """Subject → the open task that was made of it by a unit, or by those that went into it."""
    held = list(findings)
    rows = Task.objects.filter(
        issuer__in=issuers_of(issuer.pk, timezone.localdate()),
        closed_on=None,
        cause__in={NORM + one.norm.code for one in held},
    ).select_related("owner")
    found = {(task.cause, task.cause_row.rpartition(":")[0] + ":"): task for task in rows.order_by("pk")}
    named = {one.subject: found.get((NORM + one.norm.code, _row(one.subject))) for one in held}
    return {subject: task for subject, task in named.items() if task is not None}


def subject_of(task: Task, ids: Mapping[str, int]) -> Subject | None:
    """(norm, unit, row) that a task follows from; None where it follows from something else."""
    if not task.cause.startswith(NORM):
        return None
    key, row, *_number = [*task.cause_row.split(":"), "", ""]
    return (task.cause.removeprefix(NORM), ids[key], row) if key in ids else None


def _row(subject: Subject) -> str:
    _norm, unit, row = subject
    return f"{unit_keys()[unit]}:{row}:"
