"""Tasks, plans and packets: read with the rights of their pages, and what is done about a task. Evidence of a record or
a task comes as the bytes of the file."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from ninja import Query, Schema
from ninja.responses import Status
from pydantic import Field

from tienbo.accounts.actors import actor_of
from tienbo.api.door import operation
from tienbo.api.places import asked, period_asked
from tienbo.api.registers import kind_of, record_of, shelf_of
from tienbo.api.shapes import (
    EvidenceOut,
    PacketLineOut,
    PacketOut,
    PacketsOut,
    PlanLineOut,
    PlanOut,
    PlansOut,
    TaskActIn,
    TaskActOut,
    TaskLineOut,
    TaskOut,
    TasksOut,
)
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.ground.keys import is_key
from tienbo.ground.scans import LARGEST
from tienbo.registers.evidence import evidence_brought, evidence_list
from tienbo.registers.models import Evidence
from tienbo.registers.plans import plan_list, plan_tasks
from tienbo.registers.services import may, record_attach
from tienbo.registers.task_queries import Stood
from tienbo.registers.tasks import STATES as TASK_STATES
from tienbo.registers.tasks import may_report, task_attach
from tienbo.release.packet_models import Packet
from tienbo.release.packets import Standing, content_of, packet_version
from tienbo.units.frames import unit_called, unit_keys
from tienbo.web.access import Asked
from tienbo.web.office import office
from tienbo.web.packets import packet_asked
from tienbo.web.plans import STATES as PLAN_STATES
from tienbo.web.plans import Seen, opened, readable
from tienbo.web.task_page import DONE, acts_open, task_opened
from tienbo.web.tasks import Board

MOST = 500
OCTETS = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""The body of what takes a file: its bytes, and nothing else."""


class TasksAsked(Schema):
    """Which tasks are asked for: as on the board."""

    period: str = Field("", description='"2026-H1"; the period the pages begin with.')
    state: str = Field("", description="Code of a list of the board.")
    side: str = Field("", description='"issued", "owed", "helped", "below"; "" all that may be read.')
    owner: str = Field("", description="Key of the unit that leads it.")
    cause: str = Field("", max_length=80, description="Key of what it follows from.")
    q: str = Field("", max_length=80)
    on: str = Field("", description='A day ("2026-06-14"): as they stood at its end. Today, where none is named.')
    page: int = Field(1, ge=1, le=1_000_000)
    size: int = Field(50, ge=1, le=MOST)


@operation("GET", "tasks", "view", TasksOut, tags=["tasks"])
def tasks(request: HttpRequest, asks: Query[TasksAsked]) -> TasksOut:
    """The tasks that may be read, those due first: open ones, and those closed since the period began."""
    here, period = asked(request), period_asked(asks.period)
    board = Board(here, period)
    if faults := list(_misasked(asks, board)):
        raise Refused(*faults)
    found = [row.stood for row in board.found]
    first = (asks.page - 1) * asks.size
    address = reverse("tasks_csv", kwargs={"period": period})
    query = board.query()
    return TasksOut(
        period=period.code,
        on=board.on,
        count=len(found),
        page=asks.page,
        pages=max(1, -(-len(found) // asks.size)),
        export=f"{address}?{query}" if query else address,
        tasks=[TaskLineOut(**task_line(one)) for one in found[first : first + asks.size]],
    )


def _misasked(asks: TasksAsked, board: Board) -> Iterator[Fault]:
    for name, said in asks.model_dump(include={"state", "side", "owner", "on"}).items():
        if said and said != board.given[name]:
            yield Fault("api.unknown_answer", name, {"field": name, "text": said[:60]})


def task_line(one: Stood) -> dict[str, Any]:
    keys, task, standing = unit_keys(), one.task, one.standing
    return {
        "key": task.key,
        "kind": task.kind,
        "text": task.text,
        "measure": task.measure,
        "issuer": keys[task.issuer_id],
        "owner": keys[one.owner.pk],
        "owner_name": unit_called(one.owner.pk, task.made_on) or keys[one.owner.pk],
        "partners": [keys[row.unit_id] for row in task.partners.all()],
        "is_asked": standing.is_asked,
        "cause": task.cause,
        "cause_words": task.cause_words,
        "made_on": task.made_on,
        "due_on": standing.due_on,
        "state": standing.state,
        "state_words": _(TASK_STATES[standing.state]),
        "time": standing.time,
        "reported_on": standing.reported_on,
        "said": standing.said,
        "version": task.version,
    }


@operation("GET", "tasks/{task}", "view", TaskOut, tags=["tasks"])
def task_one(request: HttpRequest, task: str, period: str = "") -> TaskOut:
    """One task: where it stands, every act on it, what bears it out, and what can be done about it by you."""
    return _task(asked(request), period_asked(period), task)


def _task(here: Asked, period: Period, key: str) -> TaskOut:
    held = task_opened(here, period, key if is_key(key, "task") else "")
    names, keys = {"period": period, "task": held.task.key}, unit_keys()
    return TaskOut(
        **task_line(held),
        acts=[
            TaskActOut(
                number=one.number,
                what=one.what,
                on=one.on,
                owner=keys[one.owner_id] if one.owner_id else None,
                due_on=one.due_on,
                period=one.period_code,
                text=one.text,
                evidence=one.evidence,
                by=one.by,
                at=one.at,
            )
            for one in held.acts
        ],
        evidence=[
            _evidence(one, reverse("task_file", kwargs={**names, "proof": one.key}))
            for one in evidence_list(holder=held.task.key)
        ],
        possible=[str(one) for one in acts_open(here, held)],
        address=reverse("task", kwargs=names),
    )


def _evidence(one: Evidence, address: str) -> EvidenceOut:
    return EvidenceOut(key=one.key, name=one.name, sort=one.sort, size=one.size, format=one.format, address=address)


@operation("POST", "tasks/{task}/acts", "view", TaskOut, tags=["tasks"])
def task_acted(request: HttpRequest, task: str, sent: TaskActIn, period: str = "") -> TaskOut:
    """Report a task done, tell how a standing one went, receive it, ask for a supplement, give more time, hand it over,
    withdraw it: by whom that is up to, as on its page."""
    here, of = asked(request), period_asked(period)
    held = task_opened(here, of, task if is_key(task, "task") else "")
    said = {
        "text": sent.text,
        "evidence": sent.evidence,
        "due_on": sent.due_on.isoformat() if sent.due_on is not None else "",
        "days": str(sent.days or ""),
        "owner": sent.owner if is_key(sent.owner, "unit") else "",
        "period": sent.of_period,
    }
    DONE[sent.what](of, said, {"task": held.task, "seen": sent.seen, "actor": actor_of(here.user)})
    return _task(here, of, task)


@operation("POST", "tasks/{task}/evidence", "view", {201: EvidenceOut}, tags=["tasks"], openapi_extra=OCTETS)
def task_evidence(
    request: HttpRequest, task: str, name: str = "", seen: int = 0, period: str = ""
) -> Status[EvidenceOut]:
    """Attach a document (PDF, JPEG or PNG by its bytes, at most 20 MB) to a task, by who reports it. The body is the
    file, `name` what it is called, `seen` the version of the task that was looked at."""
    here, of = asked(request), period_asked(period)
    held = task_opened(here, of, task if is_key(task, "task") else "")
    actor, looked = actor_of(here.user), seen or held.task.version
    if not may_report(actor, held.owner):
        task_attach(task=held.task, seen=looked, brought=(), actor=actor)  # refused, before anything is drawn
    brought = evidence_brought(content=request.read(LARGEST + 1), name=name[:255], store=office().stores.files)
    task_attach(task=held.task, seen=looked, brought=[brought], actor=actor)
    made = next(one for one in evidence_list(holder=held.task.key) if one.sha256 == brought.sha256)
    names = {"period": of, "task": held.task.key, "proof": made.key}
    return Status(HTTPStatus.CREATED, _evidence(made, reverse("task_file", kwargs=names)))


@operation(
    "POST",
    "registers/{register_code}/records/{item}/evidence",
    "enter",
    {201: EvidenceOut},
    tags=["registers"],
    openapi_extra=OCTETS,
)
def record_evidence(
    request: HttpRequest, register_code: str, item: str, name: str = "", sort: str = "", period: str = ""
) -> Status[EvidenceOut]:
    """Attach a document (PDF, JPEG or PNG by its bytes, at most 20 MB) to a record. The body is the file; `sort` is the
    code of the document of the register that it is, "" another. The same bytes again are the same document."""
    shelf = shelf_of(request, period)
    kind = kind_of(shelf, register_code)
    held = record_of(shelf, kind, item)
    actor = actor_of(asked(request).user)
    if not may(actor, held.unit, "enter"):
        raise Http404
    made = record_attach(
        edition=shelf.edition,
        kind=kind,
        record=held,
        content=request.read(LARGEST + 1),
        name=name[:255],
        sort=sort[:60],
        actor=actor,
        store=office().stores.files,
    )
    names = {"period": shelf.period, "register": kind.code, "item": held.key, "file": made.key}
    return Status(HTTPStatus.CREATED, _evidence(made, reverse("register_evidence_file", kwargs=names)))


# ------------------------------------------------------------------------------------------------------- plans


@operation("GET", "plans", "view", PlansOut, tags=["plans"])
def plans(request: HttpRequest, period: str = "") -> PlansOut:
    """The plans of the period's year that may be read: of one's own units the last version, of others that in force."""
    here, of = asked(request), period_asked(period)
    rows = [Seen(here, one, of) for one in plan_list(units=readable(here, of), year=of.year)]
    kept = [one for one in rows if one.number and (not one.plan.withdrawn or one.is_own)]
    return PlansOut(year=of.year, plans=[PlanLineOut(**_plan(one)) for one in kept])


@operation("GET", "plans/{plan}", "view", PlanOut, tags=["plans"])
def plan_one(request: HttpRequest, plan: str, period: str = "") -> PlanOut:
    """A plan: all that it says, and the task that was made of each of its lines."""
    here, of = asked(request), period_asked(period)
    return plan_out(opened(here, of, plan if is_key(plan, "plan") else ""))


def plan_out(seen: Seen) -> PlanOut:
    made = plan_tasks(seen.plan)
    return PlanOut(
        **_plan(seen),
        content=seen.content.model_dump(mode="json"),
        tasks={line: task.key for line, task in made.items()},
        address=seen.address,
    )


def _plan(seen: Seen) -> dict[str, Any]:
    content, document = seen.content, seen.document
    return {
        "key": seen.plan.key,
        "unit": unit_keys()[seen.plan.unit_id],
        "unit_name": seen.unit_name,
        "title": content.title,
        "first_year": content.first_year,
        "last_year": content.last_year,
        "version": seen.number,
        "state": seen.state,
        "state_words": _(PLAN_STATES[seen.state][0]),
        "document_number": document.document_number if document is not None else "",
        "issued_on": document.issued_on if document is not None else None,
    }


# ------------------------------------------------------------------------------------------------------ packets


@operation("GET", "packets", "view", PacketsOut, tags=["packets"])
def packets(request: HttpRequest) -> PacketsOut:
    """Packets for partners of the seat's own unit, the newest first, and whether what they say is shared now."""
    rows = Packet.objects.filter(unit=asked(request).seat.unit).select_related("release").order_by("-pk")
    return PacketsOut(packets=[PacketLineOut(**_packet(one)) for one in rows])


@operation("GET", "packets/{packet}", "view", PacketOut, tags=["packets"])
def packet_one(request: HttpRequest, packet: str) -> PacketOut:
    """A packet: what its last version says (values are its release's and stand in none), and where it is read."""
    held = packet_asked(asked(request), packet)
    content, period = content_of(packet_version(held)), Period.parse(held.release.period_code)
    names = {"period": period, "packet": held.key}
    return PacketOut(
        **_packet(held),
        content=content.model_dump(mode="json"),
        papers={lang: reverse("packet_docx", kwargs={**names, "lang": lang}) for lang in content.shared_in},
        address=reverse("packet", kwargs=names),
    )


def _packet(held: Packet) -> dict[str, Any]:
    version, standing = packet_version(held), Standing.of(held)
    content, approval = content_of(version), standing.approval
    return {
        "key": held.key,
        "release": held.release.key,
        "period": held.release.period_code,
        "partner": content.partner.vi or content.partner.en or content.partner.lo,
        "title": content.title.vi or content.title.en or content.title.lo,
        "version": version.number,
        "approved_version": approval.version.number if approval is not None else None,
        "shared_until": standing.link.last_day if standing.link is not None else None,
        "languages": list(content.shared_in),
    }
