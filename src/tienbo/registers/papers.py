"""The papers of a record: what a register's definition drafts from it (see papers.record_paper), and how each is
entered into the register of documents, where the office that registers papers gives it number and day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import RegisterField, RegisterKind, RegisterPaper, RowTasks
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.tree import family
from tienbo.core.words import day_words, small
from tienbo.papers.letter import ASKED_TO_COOPERATE, Sender
from tienbo.papers.record_paper import (
    Charge,
    Followed,
    Lack,
    RowTold,
    TaskLine,
    Told,
    counted,
    filled,
    lacking,
    writer_name,
)
from tienbo.registers.concluding import units_of_row
from tienbo.registers.models import Record, RecordPaper
from tienbo.registers.rows import Row, rows_of
from tienbo.registers.services import day_at, record_add, record_change
from tienbo.registers.showing import shown
from tienbo.registers.task_models import Task, TaskAct
from tienbo.registers.task_queries import issuers_of, tasks_stood, units_called
from tienbo.registers.tasks import is_asked
from tienbo.units.frames import tree_on, unit_names
from tienbo.units.models import Unit

worded(
    {
        "paper.lacking": N_("“{paper}” cannot be drafted yet; missing: {missing}."),
        "paper.not_now": N_("“{paper}” is not drafted while the record is “{state}”."),
        "paper.entered_already": N_("This paper is in the register of documents already."),
        "paper.not_issued": N_("The paper has no number and day yet: they are entered once it is issued."),
    }
)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A paper of a record: of which row, what it lacks, and the record of the register of documents it was entered as.
    `is_due`: the record is in a state in which it is drafted."""

    paper: RegisterPaper
    row: RowTold | None
    is_due: bool
    lacks: Sequence[Lack]
    document: Record | None

    @property
    def is_ready(self) -> bool:
        return self.is_due and not self.lacks


def record_told(
    edition: Edition, kind: RegisterKind, record: Record, *, open_to: Collection[str] | None = None
) -> Told:
    """A record as its papers tell it; `open_to`: the fields that the reader may see, all by default."""
    day, now = record.occurred_on, timezone.localdate()
    fields = [one for one in kind.fields if open_to is None or one.code in open_to]
    plain = [one for one in fields if one.kind != "rows" and record.data.get(one.code)]
    days = [one for one in plain if one.kind == "date"]
    rows = {
        field.code: [
            RowTold(
                row.key,
                {one.code: _shown(one, row.said[one.code], day) for one in field.columns if one.code in row.said},
                row.said,
            )
            for row in rows_of(field, record.data)
        ]
        for field in fields
        if field.kind == "rows"
    }
    return Told(
        kind=kind,
        said={one.code: _shown(one, record.data[one.code], day) for one in plain},
        days={one.code: date.fromisoformat(record.data[one.code]) for one in days},
        rows=rows,
        state=record.state,
        occurred_on=day,
        charges=list(_charges(kind, record)),
        followed=followed(edition, record, on=min(now, day)),
    )


def _shown(field: RegisterField, text: str, day: date) -> str:
    return counted(int(text)) if field.kind == "count" and text.isdecimal() else shown(field, text, day)


def papers_drafted(kind: RegisterKind, record: Record, told: Told) -> Iterator[Drafted]:
    """The papers of a record, in the order of their definition; one for each row where it is so defined."""
    held = {(one.paper, one.row): one.document for one in record.papers.select_related("document").order_by("pk")}
    for paper in kind.papers:
        if paper.follows and told.followed is None:
            continue
        rows: Sequence[RowTold | None] = told.rows.get(paper.of, ()) if paper.of is not None else (None,)
        for row in rows:
            document = held.get((paper.code, row.key if row else ""))
            kept = document if document is not None and not document.withdrawn else None
            yield Drafted(paper, row, record.state in paper.states, lacking(paper, told, row), kept)


def paper_drafted(kind: RegisterKind, record: Record, told: Told, code: str, row: str = "") -> Drafted | None:
    """One of the papers of a record; None where there is none of that code and row."""
    return next(
        (
            one
            for one in papers_drafted(kind, record, told)
            if one.paper.code == code and (one.row.key if one.row else "") == row
        ),
        None,
    )


@transaction.atomic
def paper_enter(
    *, edition: Edition, kind: RegisterKind, record: Record, code: str, row: str, sender: Sender, actor: Actor
) -> Record:
    """Enter a paper into the register of documents, as a draft that is submitted, signed and numbered there. A paper
    that is there already is not entered again."""
    held = Record.objects.select_for_update(of=("self",)).select_related("unit").get(pk=record.pk)
    told = record_told(edition, kind, held)
    drafted = paper_drafted(kind, held, told, code, row)
    if drafted is None or drafted.paper.entered is None:
        raise LookupError(f"no such paper of {kind.code} is entered anywhere: {code}")
    if drafted.document is not None:
        raise Refused(Fault("paper.entered_already"))
    paper_ready(kind, drafted, held.state)
    entered = drafted.paper.entered
    register, today = edition.registers[entered.register_code], timezone.localdate()
    said: dict[str, str] = {**told.said, **(drafted.row.said if drafted.row else {}), "issuer": writer_name(sender)}
    lowered = {f"{code}|lower": small(text) for code, text in said.items()}
    typed = {field: filled(text, said | lowered) or "" for field, text in entered.said.items()}
    typed.setdefault(register.occurred, day_words(max(held.unit.valid_from, day_at(held.unit, today))))
    document = record_add(edition=edition, kind=register, unit=held.unit, typed=typed, actor=actor, looked_at=True)
    RecordPaper.objects.create(record=held, paper=code, row=row, document=document, by=actor.name)
    return document


@transaction.atomic
def paper_number_take(
    *, edition: Edition, kind: RegisterKind, record: Record, seen: int, code: str, row: str, actor: Actor
) -> Record:
    """Write number and day of a paper that was issued into the record it was drafted from (see PaperEntered.back)."""
    drafted = paper_drafted(kind, record, record_told(edition, kind, record), code, row)
    typed = number_given_back(edition, drafted) if drafted is not None else {}
    if not typed:
        raise Refused(Fault("paper.not_issued"))
    return record_change(edition=edition, kind=kind, record=record, seen=seen, typed=typed, actor=actor, looked_at=True)


def number_given_back(edition: Edition, drafted: Drafted) -> dict[str, str]:
    """Field of the record → what the register of documents says of a paper that was issued; empty before that."""
    entered, document = drafted.paper.entered, drafted.document
    if entered is None or document is None or not entered.back:
        return {}
    register = edition.registers[entered.register_code]
    issued = next((one.code for one in register.states if one.past), "")
    said = {field: document.data.get(source, "") for field, source in entered.back.items()}
    return said if document.state == issued and all(said.values()) else {}


def paper_ready(kind: RegisterKind, drafted: Drafted, state: str) -> None:
    """Refused for a paper that is not drafted in this state, or that would have a hole."""
    if not drafted.is_due:
        raise Refused(Fault("paper.not_now", "", {"paper": drafted.paper.name, "state": kind.state(state).name}))
    if drafted.lacks:
        missing = "; ".join(one.label for one in drafted.lacks)
        raise Refused(Fault("paper.lacking", "", {"paper": drafted.paper.name, "missing": missing}))


# ------------------------------------------------------------------------------------------------- what is worked out


def followed(edition: Edition, record: Record, *, on: date) -> Followed | None:
    """What became, as of a day, of the tasks of the record of the same register that came before, of the same unit or
    of those that went wholly into it; with those of earlier ones that were open then. None where none made tasks."""
    earlier = Record.objects.filter(
        kind=record.kind,
        unit__in=issuers_of(record.unit_id, on),
        withdrawn=False,
        occurred_on__lt=record.occurred_on,
        key__in=Task.objects.filter(made_on__lte=on).exclude(cause="").values("cause"),
    )
    before = earlier.order_by("-occurred_on", "-pk").first()
    if before is None:
        return None
    open_then = Q(cause__in=earlier.values("key")) & (Q(closed_on=None) | Q(closed_on__gte=before.occurred_on))
    rows = Task.objects.filter(Q(cause=before.key) | open_then)
    held = [
        one
        for one in tasks_stood(rows, on=on, period=edition.calendar.half_on(on).code)
        if one.standing.state != "withdrawn"
    ]
    names = units_called({one.owner for one in held}, on)
    order = {pk: at for at, pk in enumerate(dict.fromkeys(one.owner.pk for one in held))}
    lines = []
    for one in sorted(held, key=lambda one: order[one.owner.pk]):
        told = one.report
        report = one.standing.said or (told.text if told and told.what == TaskAct.What.REPORTED else "")
        owner, first = names[one.owner.pk], one.task.given_to
        if first.pk != one.owner.pk:
            owner = _("{owner} (taken over from {first})").format(owner=owner, first=_whole_name(first, on))
        lines.append(TaskLine(owner, one.task.text, one.standing, report))
    return Followed(before.occurred_on, on, tuple(lines), any(one.task.cause != before.key for one in held))


def _whole_name(unit: Unit, on: date) -> str:
    """What a unit is or was last called, with the unit above it: its successor may have its name."""
    day = day_at(unit, on)
    names, above = unit_names(day), list(tree_on(day).ancestors(unit.pk))[:1]
    return ", ".join(names[pk] for pk in (unit.pk, *above) if pk in names)


def _charges(kind: RegisterKind, record: Record) -> Iterator[Charge]:
    """The conclusions of a record in the order of the groups they are for, as the definition has them."""
    tasks = kind.tasks
    field = kind.by_code.get(tasks.rows) if tasks is not None else None
    if tasks is None or field is None:
        return
    day = record.occurred_on
    names, group = unit_names(day), field.column(tasks.group) if tasks.group else None
    order = {code: at for at, code in enumerate(group.choices)} if group is not None else {}
    made = [(_group(tasks, row, day), row) for row in rows_of(field, record.data)]
    for code, row in sorted(made, key=lambda pair: order.get(pair[0], len(order))):
        words = str(group.choices[code]) if group is not None and code in group.choices else ""
        whom = family(tasks.groups.get(code, ""))
        yield _charge(kind, tasks, row, record, words.partition(" (")[0], whom, names)


def _charge(
    kind: RegisterKind, tasks: RowTasks, row: Row, record: Record, group: str, whom: str, names: Mapping[int, str]
) -> Charge:
    """A conclusion with the units it names, else with its group (`whom`: of which family these are)."""
    day, field = record.occurred_on, kind.by_code[tasks.rows]
    named = units_of_row(tasks, row)

    def called(units: Sequence[Unit], asked: bool) -> tuple[str, ...]:
        return tuple(names.get(one.pk, one.key) for one in units if is_asked(one.kind) is asked)

    owners = named.lead or named.units
    helpers = [one for one in dict.fromkeys([*(named.units if named.lead else ()), *named.partners])
               if one not in owners]  # fmt: skip
    told, asked = called(owners, False), called(owners, True)
    if group and not owners:
        # The Front is a name of its own; other groups go on in the sentence.
        words = (group if whom == "front" else small(group),)
        told, asked = ((), words) if whom in ASKED_TO_COOPERATE else (words, ())
    due = row.said.get(tasks.due_on, "")
    said = [(field.column(one), row.said[one]) for one in tasks.measures if one in row.said]
    return Charge(
        text=row.said.get(tasks.text, ""),
        group=group,
        kind=row.said.get(tasks.kind, "") if tasks.kind else "",
        due_on=date.fromisoformat(due) if due else None,
        told=told,
        asked=asked,
        helped_by=called(helpers, False),
        helped_asked=called(helpers, True),
        has_lead=bool(named.lead),
        measures=tuple(f"{column.label}: {shown(column, text, day)}" for column, text in said if column is not None),
    )


def _group(tasks: RowTasks, row: Row, day: date) -> str:
    """For which group a conclusion is: the one it names, else that of the first unit it names."""
    if tasks.group and (said := row.said.get(tasks.group)):
        return said
    named, tree = units_of_row(tasks, row), tree_on(day)
    first = next(iter(named.lead or named.units), None)
    kinds = {kind: code for code, kind in tasks.groups.items()}
    return kinds.get(family(tree.kinds.get(first.pk, first.kind)), "") if first is not None else ""
