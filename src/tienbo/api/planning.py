"""Writing plans: begun and changed as a whole, approved, withdrawn, turned into tasks; by whom that is up to, with the
faults of their pages. One request is one version: all of it is kept or none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from typing import Annotated, Literal

from django.db import IntegrityError
from django.http import Http404, HttpRequest
from ninja import Schema
from ninja.params.functions import Header
from ninja.responses import Status
from pydantic import Field

from tienbo.accounts.actors import Actor, actor_of
from tienbo.api.door import operation
from tienbo.api.places import asked, period_asked
from tienbo.api.shapes import PlanOut
from tienbo.api.tasks import plan_out
from tienbo.catalogue.plans import PlanContent, PlanLine
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import day_words
from tienbo.ground.keys import is_key, key_from, new_key
from tienbo.registers.plan_models import Plan
from tienbo.registers.plan_saying import EARLIEST, LATEST, typed_of
from tienbo.registers.plans import (
    Change,
    headed,
    line_dropped,
    line_put,
    plan_approve,
    plan_begin,
    plan_change,
    plan_content,
    plan_tasks_make,
    plan_withdraw,
)
from tienbo.registers.services import may
from tienbo.units.models import Unit
from tienbo.web.office import office
from tienbo.web.plans import opened

worded({"plan.key_used": N_("This Idempotency-Key made another plan already. Take another key.")})

MOST_LINES, MOST_UNITS = 500, 500
Number = Annotated[str, Field(pattern=r"^[0-9]{1,12}([.][0-9]{1,4})?$", description="Exact, with a point: 62.5")]
Key = Annotated[str, Field(max_length=60, description="Of a line that is there; a new one has none.")]


class HeadIn(Schema):
    title: str = Field(max_length=400)
    first_year: int = Field(ge=EARLIEST, le=LATEST)
    last_year: int = Field(ge=EARLIEST, le=LATEST)
    basis: str = Field("", max_length=4000, description="Documents it rests on, one on each line.")
    purpose: str = Field("", max_length=4000)
    carrying_out: str = Field("", max_length=4000)


class TargetIn(Schema):
    """A target of one's own."""

    key: Key = ""
    indicator: str = Field(max_length=100)
    values: dict[str, Number] = Field(max_length=20, description='Year → value: {"2026": "62.5"}.')
    parent: str = Field("", max_length=60, description="Code of the target above; by itself where left out.")
    direction: str = Field("", max_length=20, description="As the target above, where left out.")
    reason: str = Field("", max_length=4000, description="Where it asks for less than the target above.")


class ItemIn(Schema):
    """What is to be done."""

    key: Key = ""
    words: str = Field(max_length=4000)
    owners: list[str] = Field(max_length=MOST_UNITS, description="Keys of units: the first leads, the others help.")
    due: date
    measure: str = Field("", max_length=400)


class MoneyIn(Schema):
    """Money for one use from one source, in million đồng."""

    key: Key = ""
    use: str = Field(max_length=400)
    source: str = Field(max_length=20)
    amount: Number


Line = TargetIn | ItemIn | MoneyIn


class LinesIn(Schema):
    targets: list[TargetIn] = Field([], max_length=MOST_LINES)
    items: list[ItemIn] = Field([], max_length=MOST_LINES)
    budget: list[MoneyIn] = Field([], max_length=MOST_LINES)

    def each(self) -> list[tuple[str, int, Line]]:
        """(part, which of it, the line)."""
        parts: Mapping[str, Sequence[Line]] = {"targets": self.targets, "items": self.items, "budget": self.budget}
        return [(part, at, line) for part, lines in parts.items() for at, line in enumerate(lines)]


class PlanIn(HeadIn, LinesIn):
    pass


class PlanChangeIn(LinesIn):
    seen: int = Field(ge=1, description="The version that was looked at.")
    head: HeadIn | None = Field(None, description="Where it changes: whole.")
    remove: list[str] = Field([], max_length=MOST_LINES, description="Keys of lines that are taken out.")


class PlanActIn(Schema):
    what: Literal["approved", "withdrawn", "tasks_made"]
    seen: int = Field(ge=1, description="The version that was looked at.")
    document_number: str = Field("", max_length=60, description="Of the document that puts it in force.")
    issued_on: date | None = Field(None, description="The day of that document.")
    reason: str = Field("", max_length=4000, description="Why it is withdrawn.")


MADE: Mapping[int, type] = {HTTPStatus.CREATED: PlanOut}


@operation("POST", "plans", "enter", MADE, tags=["plans"])
def plan_new(
    request: HttpRequest,
    sent: PlanIn,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=200)] = "",
    period: str = "",
) -> Status[PlanOut]:
    """Begin a plan of the seat's own unit, with its lines. The same Idempotency-Key with the same content again makes
    one plan, and answers with it; with another content it is refused."""
    here, of = asked(request), period_asked(period)
    unit, actor = here.seat.unit, actor_of(here.user)
    if not may(actor, unit, "enter"):
        raise Http404
    key = key_from("plan", here.user.username, unit.key, idempotency_key) if idempotency_key else new_key("plan")
    try:
        made = _begun(unit, key, sent, actor)
    except IntegrityError:  # the same was sent twice at once: the other one made it
        made = _begun(unit, key, sent, actor)
    return Status(HTTPStatus.CREATED, plan_out(opened(here, of, made.key)))


@operation("PATCH", "plans/{plan}", "view", PlanOut, tags=["plans"])
def plan_changed(request: HttpRequest, plan: str, sent: PlanChangeIn, period: str = "") -> PlanOut:
    """Change what is sent and nothing else: a line with a key as a whole, one without is new. What is in force stays in
    force until the change is approved."""
    here, of = asked(request), period_asked(period)
    seen = opened(here, of, plan if is_key(plan, "plan") else "")
    if not seen.is_open:
        raise Http404
    change = _changing(seen.plan.unit, sent, head=sent.head, remove=sent.remove)
    plan_change(plan=seen.plan, seen=sent.seen, change=change, actor=actor_of(here.user))
    return plan_out(opened(here, of, plan))


@operation("POST", "plans/{plan}/acts", "view", PlanOut, tags=["plans"])
def plan_acted(request: HttpRequest, plan: str, sent: PlanActIn, period: str = "") -> PlanOut:
    """Put it in force by its document, withdraw it, or make a task of every line in force that has none."""
    here, of = asked(request), period_asked(period)
    held, actor = opened(here, of, plan if is_key(plan, "plan") else "").plan, actor_of(here.user)
    if sent.what == "approved":
        plan_approve(
            edition=office().edition,
            plan=held,
            seen=sent.seen,
            number=sent.document_number,
            issued_on=day_words(sent.issued_on),
            actor=actor,
        )
    elif sent.what == "withdrawn":
        plan_withdraw(plan=held, seen=sent.seen, reason=sent.reason, actor=actor)
    else:
        plan_tasks_make(plan=held, seen=sent.seen, actor=actor)
    return plan_out(opened(here, of, plan))


# -------------------------------------------------------------------------------------------------------- within


def _begun(unit: Unit, key: str, sent: PlanIn, actor: Actor) -> Plan:
    """The plan of a key: made, or the one that the same content made before. Each line has a key that follows from what
    it says and where it stands."""
    keys = {
        (part, at): key_from("line", key, part, str(at), json.dumps(line.model_dump(mode="json"), sort_keys=True))
        for part, at, line in sent.each()
    }
    made = plan_begin(unit=unit, typed=_typed_head(sent), actor=actor, key=key, change=_changing(unit, sent, keys))
    first = plan_content(made, 1)
    if _typed_head(sent) != typed_of(first, {}) or set(keys.values()) != _keys(first):
        raise Refused(Fault("plan.key_used", "Idempotency-Key"))
    return made


def _keys(content: PlanContent) -> set[str]:
    lines: list[PlanLine] = [*content.targets, *content.items, *content.budget]
    return {one.key for one in lines}


def _changing(
    unit: Unit,
    sent: LinesIn,
    keys: Mapping[tuple[str, int], str] | None = None,
    head: HeadIn | None = None,
    remove: Sequence[str] = (),
) -> Change:
    """Take out, then what it is about, then its lines; every fault with the address of what it stands against."""

    def changed(before: PlanContent) -> PlanContent:
        content, faults = before, list[Fault]()

        def take(where: str, change: Change) -> None:
            nonlocal content
            try:
                content = change(content)
            except Refused as refused:
                faults.extend(_placed(fault, where) for fault in refused.faults)

        for at, key in enumerate(remove):
            take(f"remove.{at}", partial(line_dropped, part=_part(before, key), key=key))
        if head is not None:
            take("head", partial(headed, typed=_typed_head(head)))
        for part, at, line in sent.each():
            take(f"{part}.{at}", partial(_line, unit=unit, part=part, line=line, key=(keys or {}).get((part, at), "")))
        if faults:
            raise Refused(*faults)
        return content

    return changed


def _line(content: PlanContent, *, unit: Unit, part: str, line: Line, key: str) -> PlanContent:
    if line.key and line.key not in {one.key for one in getattr(content, part)}:
        raise Refused(Fault("plan.no_such_line"))
    if (wrong := _years_outside(line, content)) is not None:
        raise Refused(wrong)
    edition, key = office().edition, line.key or key or new_key("line")
    return line_put(content, edition=edition, unit=unit, part=part, key=key, typed=_typed(line))


def _placed(fault: Fault, where: str) -> Fault:
    field = str(fault.fields.get("field", ""))
    place = f"{where}: {fault.place}" if fault.place else where
    return replace(fault, place=place, fields={**fault.fields, "field": f"{where}.{field}" if field else where})


def _part(content: PlanContent, key: str) -> str:
    """Where a line stands; anywhere, for one that is not there."""
    return next((one for one in ("targets", "items") if key in {held.key for held in getattr(content, one)}), "budget")


def _years_outside(line: Line, content: PlanContent) -> Fault | None:
    years = line.values if isinstance(line, TargetIn) else {}
    outside = [year for year in years if year not in {str(one) for one in content.years}]
    if not outside:
        return None
    fields = {"field": "values", "day": outside[0][:20], "first": str(content.first_year)}
    return Fault("plan.outside_its_years", "", {**fields, "last": str(content.last_year)})


def _typed_head(sent: HeadIn) -> dict[str, str]:
    return {name: str(getattr(sent, name)).strip() for name in HeadIn.model_fields}


def _typed(line: Line) -> dict[str, str]:
    """A line as one types it on the page."""
    if isinstance(line, TargetIn):
        said = {"indicator": line.indicator, "parent": line.parent, "direction": line.direction, "reason": line.reason}
        return said | {f"value_{year}": _spelled(value) for year, value in line.values.items()}
    if isinstance(line, ItemIn):
        return {
            "words": line.words,
            "lead": "".join(line.owners[:1]),
            "partners": "\n".join(line.owners[1:]),
            "due": day_words(line.due),
            "measure": line.measure,
        }
    return {"use": line.use, "source": line.source, "amount": _spelled(line.amount)}


def _spelled(value: str) -> str:
    """A number with a comma, as it is typed: a point would part thousands."""
    return f"{Decimal(value).normalize():f}".replace(".", ",")
