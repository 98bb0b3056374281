"""Making tasks: by hand, and those that follow from a record, by who concludes for the unit, as on their pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from http import HTTPStatus
from typing import Annotated, Literal

from django.db import IntegrityError
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Schema
from ninja.params.functions import Header
from ninja.responses import Status
from pydantic import Field

from tienbo.accounts.actors import actor_of
from tienbo.api.door import operation
from tienbo.api.places import asked, period_asked
from tienbo.api.registers import kind_of, record_of, shelf_of
from tienbo.api.shapes import FaultOut, TaskLineOut
from tienbo.api.tasks import task_line
from tienbo.catalogue.definitions import RegisterKind
from tienbo.core.faults import Fault, Refused
from tienbo.ground.keys import key_from, new_key
from tienbo.registers.concluding import tasks_conclude, tasks_following
from tienbo.registers.models import Record
from tienbo.registers.task_models import Task
from tienbo.registers.task_queries import tasks_stood
from tienbo.registers.tasks import Cause, due_notes, may_decide, tasks_make
from tienbo.units.frames import unit_ids, unit_keys
from tienbo.units.models import Unit
from tienbo.web.office import office
from tienbo.web.task_page import MOST_DAYS, TARGET, due_typed, record_behind, target_behind

MOST_UNITS = 500


class TaskIn(Schema):
    """What is to be done, by whom, until when."""

    text: str = Field(max_length=4000)
    owners: list[str] = Field(max_length=MOST_UNITS, description="Keys of the units that lead: each has a task.")
    partners: list[str] = Field([], max_length=MOST_UNITS, description="Keys of units that help each of them.")
    kind: Literal["dated", "standing"] = "dated"
    due_on: date | None = None
    days: int | None = Field(None, ge=1, le=MOST_DAYS, description="Or so many working days from today.")
    measure: str = Field("", max_length=4000, description="What shows that it is done.")
    cause: str = Field("", max_length=300, description="The document it follows from, in words.")
    record: str = Field("", max_length=60, description="Key of a record it follows from.")
    target: str = Field("", max_length=60, description="Or the code of a target that is not met.")


class SeenIn(Schema):
    seen: int = Field(ge=1, description="The version that was looked at.")


class TasksMadeOut(Schema):
    tasks: list[TaskLineOut]
    notes: list[FaultOut] = Field(description="What is to be known of their days; nothing was refused.")


class FollowingOut(Schema):
    number: int
    row: str = Field(description="Key of the row of the record.")
    text: str
    kind: str = Field(description='"dated", "standing"; "" of what makes no task.')
    due_on: date | None
    measure: str
    owners: list[str] = Field(description="Keys of the units that would have a task of it and have none yet.")
    partners: list[str]
    made: list[str] = Field(description="Keys of the tasks that were made of it.")


class FollowingsOut(Schema):
    version: int = Field(description="Of the record: send it as `seen`.")
    rows: list[FollowingOut]


@operation("POST", "tasks", "view", {201: TasksMadeOut}, tags=["tasks"])
def task_new(
    request: HttpRequest,
    sent: TaskIn,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=200)] = "",
    period: str = "",
) -> Status[TasksMadeOut]:
    """Make a task for each of the units that lead it, of the seat's own unit; all or none. The same Idempotency-Key
    with the same content again makes them once, and answers with them; with another content it is refused."""
    here, of = asked(request), period_asked(period)
    issuer, actor, today = here.seat.unit, actor_of(here.user), timezone.localdate()
    if not may_decide(actor, issuer):
        raise Http404
    record = record_behind(here, of, sent.record)
    target = target_behind(here, sent.target) if sent.target else None
    if (sent.record and record is None) or (sent.target and target is None):
        raise Http404
    faults, owners = _units("owners", sent.owners)
    unknown, partners = _units("partners", sent.partners)
    if faults := [*faults, *unknown]:
        raise Refused(*faults)
    due_on = due_typed(sent.due_on.isoformat() if sent.due_on else "", str(sent.days or ""), today)
    key = key_from("task", here.user.username, idempotency_key) if idempotency_key else new_key("task")

    def make() -> list[Task]:
        return tasks_make(
            issuer=issuer,
            owners=owners,
            partners=partners,
            text=sent.text,
            measure=sent.measure,
            kind=sent.kind,
            due_on=due_on,
            cause=Cause(
                record[0].key if record else f"{TARGET}{target.code}" if target else "",
                "",
                sent.cause or (record[1] if record else str(target.name) if target else ""),
            ),
            actor=actor,
            key=key,
        )

    try:
        made = make()
    except IntegrityError:  # the same was sent twice at once: the other one made them
        made = make()
    return _made(made)


def _units(field: str, keys: Iterable[str]) -> tuple[list[Fault], list[Unit]]:
    """Units by their keys, in that order, and those that are none."""
    ids, wanted = unit_ids(), list(dict.fromkeys(keys))
    found = Unit.objects.in_bulk([ids[key] for key in wanted if key in ids])
    faults = [
        Fault("record.unknown_unit", field, {"field": field, "text": key[:60]}) for key in wanted if key not in ids
    ]
    return faults, [found[ids[key]] for key in wanted if key in ids]


def _made(made: Sequence[Task]) -> Status[TasksMadeOut]:
    stood = tasks_stood(Task.objects.filter(pk__in=[one.pk for one in made]), on=timezone.localdate())
    days = {one.standing.due_on for one in stood} - {None}
    working = office().edition.working_days
    notes = [note for day in sorted(one for one in days if one) for note in due_notes(day, working)]
    return Status(
        HTTPStatus.CREATED,
        TasksMadeOut(
            tasks=[TaskLineOut(**task_line(one)) for one in stood],
            notes=[FaultOut(**note.as_json()) for note in notes],
        ),
    )


# --------------------------------------------------------------------------------------------- from a record

FOLLOWING = "registers/{register_code}/records/{item}/tasks"


@operation("GET", FOLLOWING, "view", FollowingsOut, tags=["tasks"])
def record_tasks(request: HttpRequest, register_code: str, item: str, period: str = "") -> FollowingsOut:
    """What follows from each row of a record, for whom, and what was made of it already; by who may make it."""
    kind, held = _concluded(request, register_code, item, period)
    keys = unit_keys()
    return FollowingsOut(
        version=held.version,
        rows=[
            FollowingOut(
                number=one.number,
                row=one.row,
                text=one.text,
                kind=one.kind,
                due_on=one.due_on,
                measure=one.measure,
                owners=[keys[unit.pk] for unit in one.owners],
                partners=[keys[unit.pk] for unit in one.partners],
                made=[task.key for task in one.made],
            )
            for one in tasks_following(kind, held)
        ],
    )


@operation("POST", FOLLOWING, "view", {201: TasksMadeOut}, tags=["tasks"])
def record_tasks_made(
    request: HttpRequest, register_code: str, item: str, sent: SeenIn, period: str = ""
) -> Status[TasksMadeOut]:
    """Make every task that follows from a record and is not made yet; all or none. What a row gave a unit once it never
    gives it again, however often this is sent."""
    kind, held = _concluded(request, register_code, item, period)
    return _made(tasks_conclude(kind=kind, record=held, seen=sent.seen, actor=actor_of(asked(request).user)))


def _concluded(request: HttpRequest, register_code: str, item: str, period: str) -> tuple[RegisterKind, Record]:
    shelf = shelf_of(request, period)
    kind = kind_of(shelf, register_code)
    held = record_of(shelf, kind, item)
    if kind.tasks is None or not may_decide(actor_of(asked(request).user), held.unit):
        raise Http404
    return kind, held
