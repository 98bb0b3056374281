"""Writes of tasks: made, reported done, received, given more time, handed over, withdrawn. Each is one act in one
transaction; who made the task and who owes it do different ones.

Refused with every fault at once. `seen` is the number of the last act that was looked at: what happened since is shown
before anybody acts on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.core import tasks as core
from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.core.tree import family
from tienbo.core.words import clean, day_words, moment_words, nfc
from tienbo.core.working_days import WorkingDays
from tienbo.ground.keys import is_key, key_from, new_key
from tienbo.ground.reach import reaching_everywhere
from tienbo.papers.letter import ASKED_TO_COOPERATE
from tienbo.registers.evidence import Brought, evidence_drop, evidence_keep, evidence_list
from tienbo.registers.models import Evidence
from tienbo.registers.services import day_at, may
from tienbo.registers.task_models import CAUSE_WORDS, Task, TaskAct, TaskPartner
from tienbo.units.access import NEEDS, Need
from tienbo.units.frames import tree_on
from tienbo.units.heirs import heir
from tienbo.units.models import NATION, Unit
from tienbo.units.services import unit_label
from tienbo.units.wording import Said

OWES: tuple[Need, ...] = ("enter", "approve")
"""What one may do at the unit that owes a task to speak for it."""
CONCLUDES: tuple[Need, ...] = ("consolidate", "conclude", "approve")
"""What one may do at the unit that made a task to decide on it: its office, its chair, and the head of a unit that has
neither, as of a commune."""
RECEIVES_BELOW: tuple[Need, ...] = ("consolidate", "conclude")
"""What one may do at the unit above to receive what a unit gave itself and did."""
LONGEST = 2000
What = TaskAct.What

worded(
    {
        "task.blank": N_("Write what is to be done."),
        "task.too_long": N_("The text has {count} letters; at most {most} fit."),
        "task.no_owner": N_("Choose the unit that leads it."),
        "task.no_due": N_("Say until when: a day, or a number of working days. What has no day is a standing task."),
        "task.due_too_early": N_("It would be due on {due}, before it is made on {day}."),
        "task.due_unreadable": N_("“{text}” is not a day. Write it as 20/6/2026."),
        "task.due_day_off": N_("{due} is a day off; the next working day is {moved}. The day stays as it was said."),
        "task.days_off_unknown": N_("The days off of that year are not announced yet; look at the day once more."),
        "task.owner_not_there": N_("{unit} does not stand on {day}: {ended}. Choose the unit that took it over."),
        "task.owner_not_under": N_("{unit} does not stand under {issuer}; its own superior gives it tasks."),
        "task.owner_helps_itself": N_("{unit} leads the task; it is not among those that help."),
        "task.made_already": N_("{unit} has this one already: one row gives a unit one task."),
        "task.key_used": N_("This page was used for another task already. Open it anew."),
        "task.by_others": N_("This is up to who may {need} at {unit}."),
        "task.own_report": N_(
            "You reported this yourself. It is received by another person who may decide at {unit}, or by the standing "
            "office of {above}."
        ),
        "task.own_report_at_top": N_(
            "You reported this yourself. It is received by another person who may decide at {unit}."
        ),
        "task.moved_meanwhile": N_(
            "{by} acted on this task at {at}, after you opened this page. Look at it as it is now, then go on."
        ),
        "task.not_now": N_("“{act}” is not possible now: the task is {state}."),
        "task.no_sentence": N_("Write a sentence on what was done."),
        "task.no_evidence": N_(
            "Say where what proves it is kept, by the number and day of a document, or attach the document."
        ),
        "task.no_reason": N_("Write the reason; it is kept and shown."),
        "task.not_later": N_("It is due on {due} already; {day} is not later."),
        "task.owner_ended": N_("{unit} ended on {day}. Its tasks are handed to its successor first."),
        "task.same_owner": N_("{unit} has the task already."),
        "task.before_last_act": N_("{day} is before the last act on the task, {last}."),
        "task.period_not_its": N_("The task was made on {day}: nothing can be said of {period}."),
        "task.period_to_come": N_("{period} has not begun yet."),
    }
)

STATES: Mapping[str, str] = {
    "open": N_("under way"),
    "waiting": N_("reported, waiting to be received"),
    "asked": N_("supplement asked for"),
    "done": N_("all that is done"),
    "standing": N_("standing"),
    "withdrawn": N_("withdrawn"),
}
"""What a task is called in a sentence."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a task follows from: an opaque key, a row in it, and the words as they are."""

    key: str = ""
    row: str = ""
    words: str = ""


def is_asked(kind: str) -> bool:
    """Whether a unit of this kind is asked to cooperate rather than told."""
    return family(kind) in ASKED_TO_COOPERATE


def chair_of(issuer: Unit) -> Unit:
    """Who decides on the tasks of a unit: it, or the one that all of it went into."""
    taken = heir(issuer.pk)
    return Unit.objects.get(pk=taken) if taken is not None else issuer


def may_decide(actor: Actor, issuer: Unit) -> bool:
    chair = chair_of(issuer)
    return any(may(actor, chair, need) for need in CONCLUDES)


def above_of(task: Task) -> Unit | None:
    """Of a task that a unit gave itself, the unit above: its office receives it too, for a unit may have one person
    only. None of any other task, which somebody else receives than who owes it."""
    chair = chair_of(task.issuer)
    if task.owner_id != chair.pk:
        return None
    parent = tree_on(day_at(chair)).parents.get(chair.pk)
    return Unit.objects.get(pk=parent) if parent is not None else None


def may_receive(actor: Actor, task: Task) -> bool:
    """Whether somebody may receive what was reported, or ask for more: who decides on it, and of what a unit gave
    itself the office above. Not whether they reported it themselves (`own_report`)."""
    if may_decide(actor, task.issuer):
        return True
    above = above_of(task)
    return above is not None and any(may(actor, above, need) for need in RECEIVES_BELOW)


def own_report(actor: Actor, task: Task) -> Fault | None:
    """Nobody receives what they reported themselves: who does instead."""
    last = task.acts.filter(what=What.REPORTED).order_by("-number").first()
    if actor.operator or last is None:
        return None
    # Acts of before accounts were kept beside them have the name alone.
    if (last.person_id != actor.user.pk) if last.person_id and actor.user else (last.by != actor.name):
        return None
    chair, above = chair_of(task.issuer), above_of(task)
    fields = {"unit": unit_label(chair, day_at(chair))}
    if above is None or above.kind == NATION:
        return Fault("task.own_report_at_top", "", fields)
    return Fault("task.own_report", "", {**fields, "above": unit_label(above, day_at(above))})


def may_report(actor: Actor, owner: Unit) -> bool:
    return owner.span.contains(timezone.localdate()) and any(may(actor, owner, need) for need in OWES)


def due_notes(due_on: date, working: WorkingDays) -> list[Fault]:
    """What is to be known of a due day: that it is a day off, or that nobody knows yet. It is kept as it was said."""
    found = []
    if not working.is_working(due_on):
        fields = {"due": due_on, "moved": working.moved(due_on)}
        found.append(Fault("task.due_day_off", "", fields, Level.NOTE))
    if working.known([due_on]) == "unknown":
        found.append(Fault("task.days_off_unknown", "", {}, Level.NOTE))
    return found


# ---------------------------------------------------------------------------------------------------------- made


@transaction.atomic
def task_make(
    *,
    issuer: Unit,
    owner: Unit | None,
    text: str,
    due_on: date | None,
    actor: Actor,
    kind: str = Task.Kind.DATED,
    measure: str = "",
    partners: Collection[Unit] = (),
    cause: Cause = Cause(),
    key: str = "",
    on: date | None = None,
) -> Task:
    """A task of one owner, with those that help it. `key` is made by the sender: the same key has one effect."""
    day = on or timezone.localdate()
    _needed(actor, issuer, may_decide(actor, issuer), CONCLUDES)
    faults = [*_text_faults(text, measure), *_due_faults(kind, due_on, day)]
    if owner is None:
        faults.append(Fault("task.no_owner", "", {"field": "owner"}))
    else:
        faults += [fault for unit in (owner, *partners) for fault in _owner_faults(unit, issuer, day)]
        faults += [_of("task.owner_helps_itself", unit, day, "partners") for unit in partners if unit == owner]
    if faults or owner is None:
        raise Refused(*faults)
    if (before := Task.objects.filter(key=key).first() if key else None) is not None:
        made = (issuer.pk, owner.pk, kind, _kept(text), _kept(measure), due_on)
        first = before.acts.get(number=1).due_on
        if made == (before.issuer_id, before.given_to_id, before.kind, before.text, before.measure, first):
            return before
        raise Refused(Fault("task.key_used"))
    held = {"cause": cause.key, "cause_row": cause.row, "given_to": owner}
    if cause.row and Task.objects.filter(**held).exists():
        raise Refused(_of("task.made_already", owner, day, "owner"))
    task = Task.objects.create(
        key=key if is_key(key, "task") else new_key("task"),
        kind=kind,
        text=_kept(text),
        measure=_kept(measure),
        cause_words=clean(cause.words)[:CAUSE_WORDS],
        issuer=issuer,
        made_on=day,
        owner=owner,
        **held,
    )
    TaskPartner.objects.bulk_create(TaskPartner(task=task, unit=unit) for unit in dict.fromkeys(partners))
    _write(task, What.MADE, actor, day, number=1, owner=owner, due_on=due_on)
    return task


@transaction.atomic
def tasks_make(*, owners: Sequence[Unit], key: str = "", **said: Any) -> list[Task]:
    """One conclusion, a task for each of its owners; all or none. What is wrong with several is told once. The same
    `key` again, with the same content, has one effect."""
    leading: Sequence[Unit | None] = owners or [None]
    count = len(leading)
    keys = [key, *(key_from("task", key, str(at)) for at in range(1, count))] if key else [""] * count
    following = key_from("task", key, str(count))  # that there is one says that the key made more
    held = set(Task.objects.filter(key__in=[*keys, following]).values_list("key", flat=True)) if key else set()
    if held not in (set(), set(keys)):
        raise Refused(Fault("task.key_used"))
    made: list[Task] = []
    faults: dict[tuple[str, str], Fault] = {}
    for owner, own in zip(leading, keys, strict=True):
        try:
            with transaction.atomic():
                made.append(task_make(owner=owner, key=own, **said))
        except Refused as refused:
            faults |= {(one.code, str(one.fields.get("unit", ""))): one for one in refused.faults}
    if faults:
        raise Refused(*faults.values())
    return made


def _text_faults(text: str, measure: str) -> Iterable[Fault]:
    if not clean(text):
        yield Fault("task.blank", "", {"field": "text"})
    for field, said in (("text", text), ("measure", measure)):
        if len(said) > LONGEST:
            yield Fault("task.too_long", "", {"field": field, "count": len(said), "most": LONGEST})


def _due_faults(kind: str, due_on: date | None, day: date) -> Iterable[Fault]:
    if kind == Task.Kind.DATED and due_on is None:
        yield Fault("task.no_due", "", {"field": "due_on"})
    if due_on is not None and due_on < day:
        yield Fault("task.due_too_early", "", {"field": "due_on", "due": due_on, "day": day})


def _owner_faults(unit: Unit, issuer: Unit, day: date) -> Iterable[Fault]:
    """Why a unit cannot be given a task of an issuer on a day."""
    chair = chair_of(issuer) if not issuer.span.contains(day) else issuer
    if not unit.span.contains(day):
        fields = {"field": "owner", "unit": unit_label(unit, day_at(unit, day)), "day": day, "ended": _Lived(unit.span)}
        yield Fault("task.owner_not_there", "", fields)
    elif unit.pk not in tree_on(day).subtree(chair.pk):
        fields = {"field": "owner", "unit": unit_label(unit, day), "issuer": unit_label(chair, day)}
        yield Fault("task.owner_not_under", "", fields)


@dataclass(frozen=True, slots=True)
class _Lived:
    """When a unit was, in the reader's language."""

    span: Span

    def __str__(self) -> str:
        last = self.span.last_day
        message = _("it begins on {first}") if last is None else _("it ended on {last}")
        return message.format(first=day_words(self.span.start), last=day_words(last))


# --------------------------------------------------------------------------------------------- who owes it speaks


@transaction.atomic
def task_report(
    *,
    task: Task,
    seen: int,
    text: str,
    evidence: str,
    actor: Actor,
    on: date | None = None,
    brought: Sequence[Brought] = (),
) -> Task:
    """Its owner reports it done, in a sentence, with where the evidence is: in words, in documents that are attached
    with it or were before. It is done once that is received."""
    held, state, day = _held(task, seen, on)
    faults = _not_now(What.REPORTED, state)
    faults += [] if clean(text) else [Fault("task.no_sentence", "", {"field": "text"})]
    if not clean(evidence) and not brought and not evidence_list(holder=held.key):
        faults.append(Fault("task.no_evidence", "", {"field": "evidence"}))
    faults += _long(text, evidence)
    _speaks(actor, held)
    if not faults:
        _attach(held, brought, actor, day)
    return _done(held, What.REPORTED, actor, day, faults, text=text, evidence=evidence)


@transaction.atomic
def task_say(
    *,
    task: Task,
    seen: int,
    text: str,
    period: Period,
    span: Span,
    actor: Actor,
    evidence: str = "",
    on: date | None = None,
    brought: Sequence[Brought] = (),
) -> Task:
    """One sentence on a standing task for a half-year (whose days are `span`); the last one counts."""
    held, state, day = _held(task, seen, on)
    faults = _not_now(What.SAID, state)
    faults += [] if clean(text) else [Fault("task.no_sentence", "", {"field": "text"})]
    faults += _long(text, evidence)
    if span.end is not None and held.made_on >= span.end:
        faults.append(Fault("task.period_not_its", "", {"day": held.made_on, "period": period}))
    if day < span.start:
        faults.append(Fault("task.period_to_come", "", {"period": period}))
    _speaks(actor, held)
    if not faults:
        _attach(held, brought, actor, day)
    return _done(held, What.SAID, actor, day, faults, text=text, evidence=evidence, period_code=period.code)


@transaction.atomic
def task_attach(
    *, task: Task, seen: int, brought: Sequence[Brought], actor: Actor, on: date | None = None
) -> list[Evidence]:
    """Attach documents that bear out a task that is not closed. The same bytes again make no act."""
    held, state, day = _held(task, seen, on)
    _speaks(actor, held)
    if faults := _not_now(What.ATTACHED, state):
        raise Refused(*faults)
    return _attach(held, brought, actor, day)


@transaction.atomic
def task_detach(*, task: Task, seen: int, evidence: Evidence, text: str, actor: Actor, on: date | None = None) -> Task:
    """Take a document away that was attached by mistake, with the reason. It stays to be read in the history."""
    held, state, day = _held(task, seen, on)
    _speaks(actor, held)
    faults = _not_now(What.DETACHED, state)
    faults += [] if clean(text) else [Fault("task.no_reason", "", {"field": "text"})]
    if not faults:
        evidence_drop(held=evidence)
    return _done(held, What.DETACHED, actor, day, faults, text=text, file=evidence)


# ------------------------------------------------------------------------------------------- who made it decides


@transaction.atomic
def task_accept(*, task: Task, seen: int, actor: Actor, text: str = "", on: date | None = None) -> Task:
    """What was reported is received, by another person than who reported it: the task is done, as of the day it was
    reported."""
    held, state, day = _received(task, seen, actor, on)
    own = own_report(actor, held)
    faults = _not_now(What.ACCEPTED, state) or ([own] if own is not None else [])
    return _done(held, What.ACCEPTED, actor, day, faults, text=text)


@transaction.atomic
def task_ask_supplement(*, task: Task, seen: int, text: str, actor: Actor, on: date | None = None) -> Task:
    """Đề nghị bổ sung: what is missing in the report or its evidence."""
    held, state, day = _received(task, seen, actor, on)
    faults = _not_now(What.ASKED, state)
    faults += [] if clean(text) else [Fault("task.no_reason", "", {"field": "text"})]
    return _done(held, What.ASKED, actor, day, faults, text=text)


@transaction.atomic
def task_extend(*, task: Task, seen: int, due_on: date | None, text: str, actor: Actor, on: date | None = None) -> Task:
    """Gia hạn, with the reason. What was late until then stays so in its history."""
    held, state, day = _decided(task, seen, actor, on)
    faults = _not_now(What.EXTENDED, state)
    due = due_of(held)
    if due_on is None:
        faults.append(Fault("task.no_due", "", {"field": "due_on"}))
    elif due is not None and due_on <= due:
        faults.append(Fault("task.not_later", "", {"field": "due_on", "due": due, "day": due_on}))
    faults += [] if clean(text) else [Fault("task.no_reason", "", {"field": "text"})]
    return _done(held, What.EXTENDED, actor, day, faults, text=text, due_on=due_on)


@transaction.atomic
def task_withdraw(*, task: Task, seen: int, text: str, actor: Actor, on: date | None = None) -> Task:
    """A task that is none any more, with the reason; it stays to be read and is not counted."""
    held, state, day = _decided(task, seen, actor, on)
    faults = _not_now(What.WITHDRAWN, state)
    faults += [] if clean(text) else [Fault("task.no_reason", "", {"field": "text"})]
    return _done(held, What.WITHDRAWN, actor, day, faults, text=text)


@transaction.atomic
def tasks_hand_over(
    *, tasks: Iterable[tuple[Task, int, Unit]], text: str, actor: Actor, on: date | None = None
) -> list[Task]:
    """What units that ended owed goes to those that took them over, all of it in one act or none: each task, as it was
    seen, with who owes it from then on."""
    return [
        task_hand_over(task=task, seen=seen, owner=owner, text=text, actor=actor, on=on) for task, seen, owner in tasks
    ]


@transaction.atomic
def task_hand_over(*, task: Task, seen: int, owner: Unit, text: str, actor: Actor, on: date | None = None) -> Task:
    """Another unit owes it from then on: the successor of one that ended, or whom the chair names. Its day stays."""
    held, state, day = _decided(task, seen, actor, on)
    faults = _not_now(What.HANDED_OVER, state)
    faults += _owner_faults(owner, held.issuer, day)
    if owner.pk == held.owner_id:
        faults.append(_of("task.same_owner", owner, day, "owner"))
    faults += [] if clean(text) else [Fault("task.no_reason", "", {"field": "text"})]
    return _done(held, What.HANDED_OVER, actor, day, faults, text=text, owner=owner)


# ------------------------------------------------------------------------------------------------------- reading


def acts_of(rows: Iterable[TaskAct]) -> list[core.Act]:
    return [core.Act(one.what, one.on, one.due_on, one.text, one.period_code) for one in rows]  # type: ignore[arg-type]


def due_of(task: Task) -> date | None:
    """When a task is due, as of now."""
    last = task.acts.exclude(due_on=None).order_by("-number").first()
    return last.due_on if last is not None else None


# -------------------------------------------------------------------------------------------------------- within


def _kept(text: str) -> str:
    return nfc(text).replace("\r\n", "\n").strip()


def _of(code: str, unit: Unit, day: date, field: str) -> Fault:
    return Fault(code, "", {"field": field, "unit": unit_label(unit, day_at(unit, day))})


def _long(*texts: str) -> list[Fault]:
    return [Fault("task.too_long", "", {"count": len(text), "most": LONGEST}) for text in texts if len(text) > LONGEST]


def _needed(actor: Actor, unit: Unit, allowed: bool, needs: Collection[Need]) -> None:
    if not allowed and not actor.operator:
        fields = {"need": Said(NEEDS[next(iter(needs))]), "unit": unit_label(unit, day_at(unit))}
        raise Refused(Fault("task.by_others", "", fields))


def _speaks(actor: Actor, task: Task) -> None:
    """Refused to who does not speak for the unit that owes a task, and for a unit that has ended."""
    last = task.owner.span.last_day
    if last is not None and last < timezone.localdate() and not actor.operator:
        fields = {"unit": unit_label(task.owner, last), "day": last}
        raise Refused(Fault("task.owner_ended", "", fields))
    _needed(actor, task.owner, may_report(actor, task.owner), OWES)


def _decided(task: Task, seen: int, actor: Actor, on: date | None) -> tuple[Task, core.Standing, date]:
    held, state, day = _held(task, seen, on)
    _needed(actor, chair_of(held.issuer), may_decide(actor, held.issuer), CONCLUDES)
    return held, state, day


def _received(task: Task, seen: int, actor: Actor, on: date | None) -> tuple[Task, core.Standing, date]:
    held, state, day = _held(task, seen, on)
    _needed(actor, chair_of(held.issuer), may_receive(actor, held), CONCLUDES)
    return held, state, day


def _held(task: Task, seen: int, on: date | None) -> tuple[Task, core.Standing, date]:
    """The task held against other writers until the transaction ends, where it stands, the day of the act."""
    rows = Task.objects.select_for_update(of=("self",)).select_related("owner", "issuer")
    with reaching_everywhere("who may read a task and not act on it is told so in words; to write is refused"):
        held = rows.get(pk=task.pk)
    acts = list(held.acts.order_by("number"))
    last, day = acts[-1], on or timezone.localdate()
    if held.version != seen:
        at = moment_words(timezone.localtime(last.at))
        raise Refused(Fault("task.moved_meanwhile", "", {"by": last.by, "at": at}))
    if day < last.on:
        raise Refused(Fault("task.before_last_act", "", {"day": day, "last": last.on}))
    state = core.standing(acts_of(acts), is_asked=is_asked(held.owner.kind), on=day)
    assert state is not None  # noqa: S101 - it was made by then
    return held, state, day


def _not_now(what: TaskAct.What, state: core.Standing) -> list[Fault]:
    if state.state in POSSIBLE[what]:
        return []
    return [Fault("task.not_now", "", {"act": Said(ACTS[what]), "state": Said(STATES[state.state])})]


POSSIBLE: Mapping[str, tuple[core.State, ...]] = {
    What.REPORTED: ("open", "asked"),
    What.SAID: ("standing",),
    What.ACCEPTED: ("waiting",),
    What.ASKED: ("waiting",),
    What.EXTENDED: ("open", "asked"),
    What.ATTACHED: ("open", "asked", "waiting", "standing"),
    What.DETACHED: ("open", "asked", "standing"),
    What.HANDED_OVER: ("open", "asked", "waiting", "standing"),
    What.WITHDRAWN: ("open", "asked", "waiting", "standing"),
}
"""Where a task has to stand for an act."""
ACTS: Mapping[str, str] = {
    What.REPORTED: N_("Report it done"),
    What.SAID: N_("Tell how it went"),
    What.ACCEPTED: N_("Receive it as done"),
    What.ASKED: N_("Ask for a supplement"),
    What.EXTENDED: N_("Give more time"),
    What.HANDED_OVER: N_("Hand it over"),
    What.WITHDRAWN: N_("Withdraw it"),
    What.ATTACHED: N_("Attach a document"),
    What.DETACHED: N_("Take this document away"),
}
"""What can be done about a task, as a button says it."""


def _attach(task: Task, brought: Sequence[Brought], actor: Actor, day: date) -> list[Evidence]:
    """Each file kept is an act of the task's history."""
    kept = []
    for one in brought:
        file, is_new = evidence_keep(holder=task.key, brought=one, actor=actor)
        if is_new:
            _done(task, What.ATTACHED, actor, day, (), file=file)
        kept.append(file)
    return kept


def _done(task: Task, what: TaskAct.What, actor: Actor, day: date, faults: Collection[Fault], **said: object) -> Task:
    if faults:
        raise Refused(*faults)
    task.version += 1
    if what in (What.ACCEPTED, What.WITHDRAWN):
        task.closed_on = day
    if isinstance(owner := said.get("owner"), Unit):
        task.owner = owner
    task.save(update_fields=["version", "closed_on", "owner"])
    _write(task, what, actor, day, number=task.version, **said)
    return task


def _write(task: Task, what: TaskAct.What, actor: Actor, day: date, *, number: int, **said: object) -> None:
    texts = {name: _kept(text) for name, text in said.items() if isinstance(text, str) and name != "period_code"}
    TaskAct.objects.create(
        task=task, number=number, what=what, on=day, by=actor.name, person=actor.user, **{**said, **texts}
    )
