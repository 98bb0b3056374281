"""One task: what it is, what its owner and its office can do about it, every act on it. And making one, by hand or from
a record. Every page works without a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from http import HTTPStatus
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.catalogue.definitions import Sensitivity, Target
from tienbo.core import tasks as core
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.periods import Period
from tienbo.core.tree import family
from tienbo.core.words import day_of, day_words
from tienbo.ground.keys import new_key
from tienbo.ground.scans import LARGEST
from tienbo.papers.context import period_name
from tienbo.processes.norm_tasks import NORM
from tienbo.registers.evidence import MOST, Brought, evidence_brought, evidence_list
from tienbo.registers.models import Record
from tienbo.registers.plans import edition_with_plans
from tienbo.registers.showing import shown
from tienbo.registers.task_models import CAUSE_WORDS, Task, TaskAct
from tienbo.registers.task_queries import Stood, tasks_readable, tasks_stood, units_called
from tienbo.registers.tasks import (
    ACTS,
    LONGEST,
    POSSIBLE,
    Cause,
    chair_of,
    due_notes,
    is_asked,
    may_decide,
    may_receive,
    may_report,
    own_report,
    task_accept,
    task_ask_supplement,
    task_attach,
    task_detach,
    task_extend,
    task_hand_over,
    task_report,
    task_say,
    task_withdraw,
    tasks_make,
)
from tienbo.release.frozen import printed
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_keys, unit_names
from tienbo.units.models import Unit
from tienbo.units.queries import unit_keyed
from tienbo.web.access import Asked, page
from tienbo.web.addresses import number_given
from tienbo.web.families import FAMILIES
from tienbo.web.norms import norm_address, norm_of_task
from tienbo.web.office import office
from tienbo.web.record_evidence import evidence_of, file_answer, picture_answer
from tienbo.web.record_page import Doors, attached_list
from tienbo.web.registers import Shelf
from tienbo.web.tasks import days_words, tone_of, way_words

What = TaskAct.What
OWNERS = (What.REPORTED, What.SAID)
TASKS = Doors("task_file", "task_picture", "task_detach", "proof")
CHAIRS = (What.ACCEPTED, What.ASKED, What.EXTENDED, What.HANDED_OVER, What.WITHDRAWN)
CAUSE = 60
MOST_DAYS = 400
"""Working days a time may have."""


class Choice(NamedTuple):
    key: str
    name: str
    is_chosen: bool


class Family(NamedTuple):
    """Units that can be chosen, of one family."""

    words: str
    units: Sequence[Choice]
    is_open: bool


class Form(NamedTuple):
    """Something a person can do about a task: a button with the fields it needs."""

    what: str
    words: str
    text: str
    """The label of its sentence; "" where it needs none."""
    has_evidence: bool
    has_due: bool
    has_owner: bool
    has_period: bool
    is_open: bool


class Told(NamedTuple):
    """An act, in words."""

    act: TaskAct
    words: str
    owner: str
    period: str
    file: str
    """Where the document is read that was attached or taken away."""


def units_choosable(issuer: Unit, day: date, chosen: Sequence[str] = ()) -> list[Family]:
    """Units that a unit can give tasks to or ask, by families in the order of paper."""
    tree, names, keys = tree_on(day), unit_names(day), unit_keys()
    if issuer.pk not in tree:
        return []
    there = [one for one in tree.subtree(issuer.pk) if one in names]
    made: dict[str, list[Choice]] = {}
    for one in printed(there, tree, names):
        made.setdefault(family(tree.kinds[one]), []).append(Choice(keys[one], names[one], keys[one] in chosen))
    return [
        Family(_(FAMILIES.get(code, code)), units, any(one.is_chosen for one in units)) for code, units in made.items()
    ]


# ------------------------------------------------------------------------------------------------------- to make


class Made(NamedTuple):
    """A new task as it was typed."""

    owners: list[str]
    partners: list[str]
    text: str
    measure: str
    kind: str
    due_on: str
    days: str
    cause: str
    record: str
    target: str
    unit: str
    """Where a target is not met."""
    key: str


def _typed(request: Asked) -> Made:
    asked = request.POST if request.method == "POST" else request.GET
    said = {name: asked.get(name, "")[: 2 * LONGEST] for name in Made._fields if name not in ("owners", "partners")}
    said["kind"] = said["kind"] if said["kind"] in Task.Kind.values else Task.Kind.DATED
    said["key"] = said["key"] or new_key("task")
    return Made(owners=asked.getlist("owners"), partners=asked.getlist("partners"), **said)


@page("view", methods=("GET", "POST"))
def task_new(request: Asked, period: Period) -> HttpResponseBase:
    """A task by hand: one for each unit that is to lead it. ?record= names the record it follows from, ?target= the
    target that is not met at ?unit=."""
    issuer, today = request.seat.unit, timezone.localdate()
    if not may_decide(actor_of(request.user), issuer):
        raise Http404
    typed = _typed(request)
    record = record_behind(request, period, typed.record)
    if record is not None and not typed.cause:
        typed = typed._replace(cause=record[1])
    target = target_behind(request, typed.target)
    if target is not None and request.method != "POST":
        typed = _of_target(request, period, typed, target)
    if request.method != "POST":
        return _new(request, period, typed, ())
    faults: list[Fault] = []
    try:
        due_on = due_typed(typed.due_on, typed.days, today)
    except Refused as refused:
        due_on, faults = None, list(refused.faults)
    if not faults:
        try:
            made = tasks_make(
                issuer=issuer,
                owners=list(_units(typed.owners)),
                partners=list(_units(typed.partners)),
                text=typed.text,
                measure=typed.measure,
                kind=typed.kind,
                due_on=due_on,
                cause=Cause(record[0].key if record else f"{TARGET}{target.code}" if target else "", "", typed.cause),
                actor=actor_of(request.user),
                key=typed.key,
            )
        except Refused as refused:
            faults = list(refused.faults)
        else:
            messages.success(request, made_words(len(made)))
            _say_notes(request, due_on)
            if len(made) == 1:
                return redirect("task", period=period, task=made[0].key)
            return redirect(f"{reverse('tasks', kwargs={'period': period})}?side=issued")
    return _new(request, period, typed, faults)


def made_words(count: int) -> str:
    return ngettext("{count} task was made.", "{count} tasks were made.", count).format(count=count)


def _say_notes(request: Asked, due_on: date | None) -> None:
    for note in due_notes(due_on, office().edition.working_days) if due_on else ():
        messages.warning(request, note.sentence())


def due_typed(day: str, days: str, today: date) -> date | None:
    """The day that is typed, else so many working days from today; None where neither is. Refused for what is none."""
    if day.strip():
        found = day_of(day)
        if found is None:
            raise Refused(Fault("task.due_unreadable", "", {"field": "due_on", "text": day.strip()[:40]}))
        return found
    count = number_given(days.strip(), 0)
    return office().edition.working_days.counted(today, min(count, MOST_DAYS)) if count else None


def _units(keys: Sequence[str]) -> Iterator[Unit]:
    for key in dict.fromkeys(keys):
        unit = unit_keyed(key)
        if unit is None:
            raise Http404
        yield unit


def record_behind(request: Asked, period: Period, key: str) -> tuple[Record, str] | None:
    """A record that the seat may read, and what it is called: in a task, which more people read, one of class C3 by its
    kind alone."""
    found = Record.objects.filter(key=key).select_related("unit").first() if key else None
    if found is None:
        return None
    shelf = Shelf(request, period)
    kind = shelf.kind(found.kind)
    if found.unit_id not in shelf.readable(kind):
        return None
    named = kind.by_code[kind.title]
    if kind.level(named) is Sensitivity.C3:
        return found, str(kind.record_name)
    return found, f"{kind.record_name}: {shown(named, found.data.get(kind.title, ''), found.occurred_on)}"


TARGET = "target:"
"""What the cause of a task begins with that follows from a target that is not met."""


def target_behind(request: Asked, code: str) -> Target | None:
    edition = edition_with_plans(office().edition, request.seat.unit.pk, timezone.localdate())
    found = edition.targets.get(code)
    return found if found is not None and len(TARGET + code) <= CAUSE else None


def _of_target(request: Asked, period: Period, typed: Made, target: Target) -> Made:
    """A task that is to be made of a target: what the working table says of it, for the unit it is not met at."""
    unit = unit_keyed(typed.unit) if typed.unit else None
    if unit is None or unit.pk not in accessible_units(request.user, need="view", on=timezone.localdate()):
        return typed
    name = unit_names(timezone.localdate()).get(unit.pk, "")
    words = _("Target not met yet in {period}: {target} ({unit})")
    said = words.format(period=period_name(period), target=target.name, unit=name)
    return typed._replace(cause=said[:CAUSE_WORDS], owners=typed.owners or [unit.key])


def _new(request: Asked, period: Period, typed: Made, faults: Sequence[Fault]) -> HttpResponse:
    today = timezone.localdate()
    wrong = {str(fault.fields.get("field", "")) for fault in faults}
    context = {
        "asked": period,
        "asked_name": period_name(period),
        "typed": typed,
        "faults": [(fault, str(fault.fields.get("field", ""))) for fault in faults],
        "wrong": dict.fromkeys(wrong, True),
        "owners": units_choosable(request.seat.unit, today, typed.owners),
        "partners": units_choosable(request.seat.unit, today, typed.partners),
        "issuer": request.seat.name,
        "longest": LONGEST,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return render(request, "web/task_new.html", context, status=status)


# ------------------------------------------------------------------------------------------------------- the page


def task_opened(request: Asked, period: Period, key: str) -> Stood:
    """A task that the person may read; 404 as for one that is not there."""
    today = timezone.localdate()
    rows = tasks_readable(actor_of(request.user), today).filter(key=key)
    held = tasks_stood(rows, on=today, period=period.last_half.code)
    if not held:
        raise Http404
    return held[0]


@page("view")
def task(request: Asked, period: Period, task: str) -> HttpResponse:
    """A task, what can be done about it, and what was."""
    return _page(request, period, task_opened(request, period, task))


def _page(
    request: Asked,
    period: Period,
    held: Stood,
    faults: Sequence[Fault] = (),
    at: str = "",
    typed: Mapping[str, str] | None = None,
) -> HttpResponse:
    today, row = timezone.localdate(), held.task
    chair = chair_of(row.issuer)
    helping = [one.unit for one in row.partners.all()]
    acting = [one.owner for one in held.acts if one.owner is not None]
    names = units_called({held.owner, row.issuer, chair, *helping, *acting}, today)
    working = office().edition.working_days
    actor = actor_of(request.user)
    decides, reports = may_decide(actor, row.issuer), may_report(actor, held.owner)
    receives, own = may_receive(actor, row), own_report(actor, row)
    names_of = {"period": period, "task": row.key}
    context = {
        **_evidence(held, names_of, reports),
        "asked": period,
        "asked_name": period_name(period.last_half),
        "task": row,
        "held": held,
        "words": core.words(held.standing),
        "tone": tone_of(held.standing),
        "days": days_words(held.standing, today),
        "way": way_words(held.standing.is_asked),
        "owner": names[held.owner.pk],
        "issuer": names[row.issuer_id],
        "chair": names[chair.pk] if chair.pk != row.issuer_id else "",
        "helping": [(names[unit.pk], is_asked(unit.kind)) for unit in helping],
        "notes": due_notes(held.standing.due_on, working) if held.standing.due_on else (),
        "cause": _cause_address(request, period, row),
        "norm": norm_of_task(request, row, period),
        "forms": list(
            _forms(held, _open_to(reports=reports, decides=decides, receives=receives, own=own is not None), at)
        ),
        "own_report": own if receives and held.standing.state == "waiting" else None,
        "ended": held.owner.span.last_day if _has_ended(held.owner, today) and not held.standing.is_closed else None,
        "choices": units_choosable(chair, today) if decides else (),
        "halves": [(str(one), period_name(one), one == period.last_half) for one in _halves(row, today)],
        "acts": [_told(one, names, names_of) for one in reversed(held.acts)],
        "faults": faults,
        "typed": typed or dict.fromkeys(_TYPED, ""),
        "longest": LONGEST,
    }
    moved = any(fault.code == "task.moved_meanwhile" for fault in faults)
    status = HTTPStatus.CONFLICT if moved else HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return render(request, "web/task.html", context, status=status)


def _has_ended(unit: Unit, today: date) -> bool:
    last = unit.span.last_day
    return last is not None and last < today


def _cause_address(request: Asked, period: Period, row: Task) -> str:
    if row.cause.startswith(NORM):
        return norm_address(row, period)
    if row.cause.startswith(TARGET):
        target = target_behind(request, row.cause.removeprefix(TARGET))
        return reverse("indicator", kwargs={"period": period, "code": target.indicator}) if target is not None else ""
    found = record_behind(request, period, row.cause)
    if found is None:
        return ""
    return reverse("register_record", kwargs={"period": period, "register": found[0].kind, "item": found[0].key})


def _open_to(*, reports: bool, decides: bool, receives: bool, own: bool) -> list[What]:
    """The acts that are up to a person. `own`: they reported it themselves."""
    received = [] if own else [What.ACCEPTED]
    chairs = [what for what in CHAIRS if what not in (What.ACCEPTED, What.ASKED)]
    return [
        *(OWNERS if reports else ()),
        *([*received, What.ASKED] if receives else ()),
        *(chairs if decides else ()),
    ]


def acts_open(request: Asked, held: Stood) -> list[What]:
    """What a person can do about a task as it stands now."""
    actor, row = actor_of(request.user), held.task
    decides, reports = may_decide(actor, row.issuer), may_report(actor, held.owner)
    receives, own = may_receive(actor, row), own_report(actor, row)
    acts = _open_to(reports=reports, decides=decides, receives=receives, own=own is not None)
    return [what for what in acts if held.standing.state in POSSIBLE[what]]


def _forms(held: Stood, acts: Sequence[What], at: str) -> Iterator[Form]:
    texts = {
        What.REPORTED: _("What was done, in a sentence"),
        What.SAID: _("How it went in the period, in a sentence"),
        What.ASKED: _("What is to be supplemented"),
        What.EXTENDED: _("Why"),
        What.HANDED_OVER: _("Why"),
        What.WITHDRAWN: _("Why"),
    }
    for what in acts:
        if held.standing.state in POSSIBLE[what]:
            first = what in (What.REPORTED, What.SAID, What.ACCEPTED)
            yield Form(
                what=what,
                words=_(ACTS[what]),
                text=texts.get(what, ""),
                has_evidence=what in OWNERS,
                has_due=what == What.EXTENDED,
                has_owner=what == What.HANDED_OVER,
                has_period=what == What.SAID,
                is_open=first if not at else what == at,
            )


def _evidence(held: Stood, names: dict[str, object], reports: bool) -> dict[str, object]:
    """Documents that bear a task out, for who may read the task; attached and taken away by who reports it."""
    state = held.standing.state
    attaches = reports and state in POSSIBLE[What.ATTACHED]
    return {
        "evidence": attached_list(
            evidence_list(holder=held.task.key), TASKS, names, reports and state in POSSIBLE[What.DETACHED]
        ),
        "evidence_seen": held.task.version,
        "evidence_attach": reverse("task_attach", kwargs=names) if attaches else "",
        "evidence_most": LARGEST // 2**20,
        "file_kinds": ".pdf,.jpg,.jpeg,.png",
    }


def _told(one: TaskAct, names: Mapping[int, str], names_of: dict[str, object]) -> Told:
    owner = names.get(one.owner_id or 0, "")
    period = period_name(Period.parse(one.period_code)) if one.period_code else ""
    file = reverse("task_file", kwargs={**names_of, "proof": one.file.key}) if one.file is not None else ""
    return Told(one, _(str(What(one.what).label)), owner, period, file)


@page("view", methods=("POST",))
def task_act(request: Asked, period: Period, task: str) -> HttpResponseBase:
    """Do something about a task: ?what= names the act, by whom that is up to."""
    held = task_opened(request, period, task)
    said = {name: request.POST.get(name, "")[: 2 * LONGEST] for name in _TYPED}
    what = request.POST.get("what", "")
    act = DONE.get(what)
    if act is None:
        raise Http404
    given = {
        "task": held.task,
        "seen": number_given(request.POST.get("seen", ""), held.task.version),
        "actor": actor_of(request.user),
    }
    try:
        if what in OWNERS and may_report(actor_of(request.user), held.owner):  # nothing is drawn for who may not report
            given["brought"] = _brought(request)
        done, words = act(period, said, given)
    except Refused as refused:
        return _page(request, period, held, refused.faults, what, said)
    messages.success(request, words)
    if what == What.EXTENDED:
        _say_notes(request, due_typed(said["due_on"], said["days"], timezone.localdate()))
    return redirect("task", period=period, task=done.key)


def _brought(request: Asked) -> list[Brought]:
    """Documents that were chosen, looked over and drawn; Refused for one that cannot be kept."""
    store = office().stores.files
    return [
        evidence_brought(content=one.read(LARGEST + 1), name=one.name or "", store=store)
        for one in request.FILES.getlist("file")[:MOST]
        if isinstance(one, UploadedFile)
    ]


@page("view", methods=("POST",))
def task_attaching(request: Asked, period: Period, task: str) -> HttpResponseBase:
    """Attach documents. What cannot be kept is said on the page of the task, and nothing is changed."""
    held = task_opened(request, period, task)
    seen = number_given(request.POST.get("seen", ""), held.task.version)
    actor = actor_of(request.user)
    try:
        if not may_report(actor, held.owner):
            task_attach(task=held.task, seen=seen, brought=(), actor=actor)  # refused, before anything is drawn
        brought = _brought(request)
        if not brought:
            raise Refused(Fault("evidence.no_file"))
        task_attach(task=held.task, seen=seen, brought=brought, actor=actor)
    except Refused as refused:
        return _page(request, period, held, refused.faults)
    messages.success(request, _("The document is attached."))
    return redirect("task", period=period, task=task)


@page("view", methods=("POST",))
def task_detaching(request: Asked, period: Period, task: str, proof: str) -> HttpResponseBase:
    """Take a document away, with the reason."""
    held = task_opened(request, period, task)
    try:
        task_detach(
            task=held.task,
            seen=number_given(request.POST.get("seen", ""), held.task.version),
            evidence=evidence_of(held.task.key, proof),
            text=request.POST.get("reason", "")[:LONGEST],
            actor=actor_of(request.user),
        )
    except Refused as refused:
        return _page(request, period, held, refused.faults)
    messages.success(request, _("The document was taken away. It stays in the history."))
    return redirect("task", period=period, task=task)


@page("view")
def task_file(request: Asked, period: Period, task: str, proof: str) -> HttpResponse:
    """A document of a task, to be saved, by who may read the task."""
    return file_answer(evidence_of(task_opened(request, period, task).task.key, proof))


@page("view")
def task_picture(request: Asked, period: Period, task: str, proof: str, number: int) -> HttpResponse:
    """A page of it as a picture."""
    return picture_answer(evidence_of(task_opened(request, period, task).task.key, proof), number)


_TYPED = ("text", "evidence", "due_on", "days", "owner", "period")
_Did = tuple[Task, str]


def _halves(row: Task, today: date) -> list[Period]:
    """Half-years that something can be said of: from the one in which a task was made to the one under way."""
    calendar = office().edition.calendar
    first, last = calendar.half_on(row.made_on), calendar.half_on(max(row.made_on, today))
    return [Period.from_index(index) for index in range(last.index, first.index - 1, -1)]


def _report(_period: Period, said: Mapping[str, str], given: dict[str, Any]) -> _Did:
    done = task_report(text=said["text"], evidence=said["evidence"], **given)
    return done, _("It was reported; the office that made the task receives it or asks for more.")


def _say(period: Period, said: Mapping[str, str], given: dict[str, Any]) -> _Did:
    calendar, today = office().edition.calendar, timezone.localdate()
    halves = {str(one): one for one in _halves(given["task"], today)}
    half = halves.get(said["period"], period.last_half if str(period.last_half) in halves else calendar.half_on(today))
    span = calendar.span(half)
    done = task_say(text=said["text"], evidence=said["evidence"], period=half, span=span, **given)
    return done, _("The sentence is kept for {period}.").format(period=period_name(half))


def _accept(_period: Period, said: Mapping[str, str], given: dict[str, Any]) -> _Did:
    return task_accept(text=said["text"], **given), _("The task was received as done.")


def _ask(_period: Period, said: Mapping[str, str], given: dict[str, Any]) -> _Did:
    return task_ask_supplement(text=said["text"], **given), _("A supplement was asked for.")


def _extend(_period: Period, said: Mapping[str, str], given: dict[str, Any]) -> _Did:
    due_on = due_typed(said["due_on"], said["days"], timezone.localdate())
    done = task_extend(due_on=due_on, text=said["text"], **given)
    return done, _("More time was given, until {day}.").format(day=day_words(due_on))


def _hand_over(_period: Period, said: Mapping[str, str], given: dict[str, Any]) -> _Did:
    owner = unit_keyed(said["owner"]) if said["owner"] else None
    if owner is None:
        raise Refused(Fault("task.no_owner", "", {"field": "owner"}))
    return task_hand_over(owner=owner, text=said["text"], **given), _("The task was handed over.")


def _withdraw(_period: Period, said: Mapping[str, str], given: dict[str, Any]) -> _Did:
    return task_withdraw(text=said["text"], **given), _("The task was withdrawn. It stays to be read.")


DONE: Mapping[str, Callable[[Period, Mapping[str, str], dict[str, Any]], _Did]] = {
    What.REPORTED: _report,
    What.SAID: _say,
    What.ACCEPTED: _accept,
    What.ASKED: _ask,
    What.EXTENDED: _extend,
    What.HANDED_OVER: _hand_over,
    What.WITHDRAWN: _withdraw,
}
