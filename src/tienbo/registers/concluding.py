"""From the rows of a record to tasks: what follows from each conclusion, for whom, and what was made of it already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import RegisterKind, RowTasks
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.tree import is_kind
from tienbo.registers.models import Record
from tienbo.registers.rows import Row, Scope, rows_of
from tienbo.registers.showing import UNITS, shown
from tienbo.registers.task_models import CAUSE_WORDS, Task
from tienbo.registers.tasks import Cause, task_make
from tienbo.units.frames import tree_on, unit_ids
from tienbo.units.models import Unit

worded(
    {
        "task.not_concluded": N_("No tasks follow from this record yet: it is “{state}”."),
        "task.nothing_to_make": N_("Every task of these conclusions was made already."),
        "task.record_changed": N_("The record was changed after you opened this page. Look at what follows once more."),
    }
)


@dataclass(frozen=True, slots=True)
class Following:
    """What follows from a row. `kind` "": it makes no task; `undated`: for it says no day. `owners` are those to come,
    `made` those who have theirs; `missing`: nobody is named who could own it."""

    number: int
    row: str
    place: str
    text: str
    kind: str
    due_on: date | None
    measure: str
    owners: tuple[Unit, ...]
    partners: tuple[Unit, ...]
    made: tuple[Task, ...]
    undated: bool = False

    @property
    def missing(self) -> bool:
        return bool(self.kind) and not self.owners and not self.made


def tasks_following(kind: RegisterKind, record: Record, *, today: date | None = None) -> list[Following]:
    """What follows from each row of a record, in the order of the rows; nothing where its register makes no tasks."""
    tasks = kind.tasks
    if tasks is None or record.withdrawn or record.state not in tasks.states:
        return []
    field, day = kind.by_code[tasks.rows], _made_on(tasks, record, today or timezone.localdate())
    made: dict[str, list[Task]] = defaultdict(list)
    for task in Task.objects.filter(cause=record.key).select_related("owner", "given_to").order_by("pk"):
        made[task.cause_row].append(task)
    found = []
    for number, row in enumerate(rows_of(field, record.data), 1):
        scope = Scope(field.columns, row.said, field, row.key, number)
        owners, partners = _units(tasks, row, record, day)
        held = made[row.key]
        done = {task.given_to_id for task in held}
        due = row.said.get(tasks.due_on, "")
        task_kind = _kind(tasks, row)
        found.append(
            Following(
                number=number,
                row=row.key,
                place=scope.place(field.columns[0]),
                text=row.said.get(tasks.text, ""),
                kind=task_kind,
                due_on=date.fromisoformat(due) if due and task_kind == Task.Kind.DATED else None,
                measure="; ".join(row.said[one] for one in tasks.measures if one in row.said),
                owners=tuple(unit for unit in owners if unit.pk not in done) if task_kind else (),
                partners=tuple(partners),
                made=tuple(held),
                undated=tasks.kind is None and not due,
            )
        )
    return found


def _kind(tasks: RowTasks, row: Row) -> str:
    """Which kind of task a row makes; "" for none."""
    if tasks.unless and all(test.passes(row.said) for test in tasks.unless):
        return ""
    if tasks.kind is None:
        return Task.Kind.DATED if row.said.get(tasks.due_on) else ""
    sort = row.said.get(tasks.kind, "")
    return sort if sort in Task.Kind.values else ""


def cause_words(kind: RegisterKind, record: Record) -> str:
    """The document that the tasks of a record follow from; what the record is called where its number is not known."""
    fields = kind.by_code
    said = {code: shown(field, record.data.get(code, ""), record.occurred_on) for code, field in fields.items()}
    if kind.tasks is not None:
        words = str(kind.tasks.cause)
        needed = [code for code in fields if "{" + code + "}" in words]
        if needed and all(said[code] for code in needed):
            return words.format_map(said)
    return f"{kind.record_name}: {said[kind.title]}"[:CAUSE_WORDS]


@transaction.atomic
def tasks_conclude(
    *, kind: RegisterKind, record: Record, seen: int, actor: Actor, today: date | None = None
) -> list[Task]:
    """Make every task that follows from a record and is not made yet; all or none, each fault at its row. What a row
    gave a unit once it never gives it again."""
    held = Record.objects.select_for_update(of=("self",)).select_related("unit").get(pk=record.pk)
    if held.version != seen:
        raise Refused(Fault("task.record_changed"))
    if kind.tasks is None or held.withdrawn or held.state not in kind.tasks.states:
        raise Refused(Fault("task.not_concluded", "", {"state": kind.state(held.state).name}))
    now = today or timezone.localdate()
    day, words = _made_on(kind.tasks, held, now), cause_words(kind, held)
    made: list[Task] = []
    faults: dict[tuple[str, str, str], Fault] = {}
    for one in tasks_following(kind, held, today=now):
        for owner in one.owners:
            try:
                with transaction.atomic():
                    made.append(_make(one, owner, held, words, actor, day))
            except Refused as refused:
                for fault in refused.faults:
                    told = replace(fault, place=one.place)
                    faults[fault.code, one.place, str(fault.fields.get("unit", ""))] = told
    if faults:
        raise Refused(*faults.values())
    if not made:
        raise Refused(Fault("task.nothing_to_make"))
    return made


def _make(one: Following, owner: Unit, record: Record, words: str, actor: Actor, day: date) -> Task:
    return task_make(
        issuer=record.unit,
        owner=owner,
        text=one.text,
        due_on=one.due_on,
        kind=one.kind,
        measure=one.measure,
        partners=[unit for unit in one.partners if unit != owner],
        cause=Cause(record.key, one.row, words),
        actor=actor,
        on=day,
    )


def _made_on(tasks: RowTasks, record: Record, today: date) -> date:
    """The day of the document, which is not to come; else today."""
    text = record.data.get(tasks.made_on, "")
    return min(date.fromisoformat(text), today) if text else today


@dataclass(frozen=True, slots=True)
class Named:
    """Units that a row names: who leads, whom it is for, who helps."""

    lead: tuple[Unit, ...]
    units: tuple[Unit, ...]
    partners: tuple[Unit, ...]


def units_of_row(tasks: RowTasks, row: Row) -> Named:
    return Named(*(_named(row.said.get(column or "", "")) for column in (tasks.lead, tasks.units, tasks.partners)))


def _units(tasks: RowTasks, row: Row, record: Record, day: date) -> tuple[Sequence[Unit], Collection[Unit]]:
    """(owners, those that help) of a row."""
    named = units_of_row(tasks, row)
    if named.lead:
        return named.lead, list(dict.fromkeys([*named.units, *named.partners]))
    if named.units:
        return named.units, named.partners
    if tasks.otherwise is not None and (held := _named(record.data.get(tasks.otherwise, ""))):
        return held, named.partners
    wanted = tasks.groups.get(row.said.get(tasks.group or "", ""))
    tree, issuer = tree_on(day), record.unit_id
    if wanted is None or issuer not in tree:
        return [], named.partners
    there = [one for one in tree.subtree(issuer) if is_kind(tree.kinds[one], (wanted,))]
    return list(Unit.objects.filter(pk__in=there).order_by("pk")), named.partners


def _named(text: str) -> tuple[Unit, ...]:
    ids = unit_ids()
    keys = [one.strip() for one in text.split(UNITS) if one.strip()]
    found = Unit.objects.in_bulk([ids[key] for key in keys if key in ids])
    return tuple(found[ids[key]] for key in keys if key in ids)
