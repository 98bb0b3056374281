"""Entering, changing, moving and withdrawing records: the services of the pages, their faults as JSON with places."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from django.db import IntegrityError
from django.http import Http404, HttpRequest
from ninja.params.functions import Header
from ninja.responses import Status

from tienbo.accounts.actors import actor_of
from tienbo.api.door import operation
from tienbo.api.places import asked
from tienbo.api.recorded import record_typed
from tienbo.api.registers import kind_of, record_of, record_out, shelf_of, withheld_of
from tienbo.api.shapes import ChangeIn, MoveIn, RecordIn, RecordOut, WithdrawIn
from tienbo.catalogue.definitions import RegisterKind
from tienbo.ground.keys import key_from, new_key
from tienbo.registers.models import Record
from tienbo.registers.services import data_at, may, record_add, record_change, record_move, record_withdraw
from tienbo.units.frames import unit_ids
from tienbo.units.models import Unit
from tienbo.units.queries import unit_numbered
from tienbo.web.registers import Shelf

MADE: Mapping[int, type] = {HTTPStatus.CREATED: RecordOut}


@operation("POST", "registers/{register_code}/records", "enter", MADE, tags=["registers"])
def record_new(
    request: HttpRequest,
    register_code: str,
    sent: RecordIn,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=200)] = "",
    period: str = "",
) -> Status[RecordOut]:
    """Enter a record. The same Idempotency-Key with the same content again makes one record, and answers with it; with
    another content it is refused."""
    shelf = shelf_of(request, period)
    kind = kind_of(shelf, register_code)
    unit = _unit(shelf, kind, sent.unit)
    here = asked(request)
    key = key_from("record", here.user.username, kind.code, idempotency_key) if idempotency_key else new_key("record")
    before = Record.objects.filter(key=key, kind=kind.code).first() if idempotency_key else None
    said = data_at(before, 1) if before is not None else {}
    typed = record_typed(kind, sent.data, said, whole=True)

    def make() -> Record:
        return record_add(
            edition=shelf.edition,
            kind=kind,
            unit=unit,
            typed=typed,
            actor=actor_of(here.user),
            key=key,
            looked_at=sent.looked_at,
        )

    try:
        made = make()
    except IntegrityError:  # the same was sent twice at once: the other one made it
        made = make()
    return Status(HTTPStatus.CREATED, record_out(shelf, kind, made))


@operation("PATCH", "registers/{register_code}/records/{item}", "enter", RecordOut, tags=["registers"])
def record_changed(request: HttpRequest, register_code: str, item: str, sent: ChangeIn, period: str = "") -> RecordOut:
    """Change what is sent and nothing else. A field that somebody else changed since `seen` is a fault with both
    values. Of rows: those with a key are changed, or taken out with `"remove": true`; those without are new."""
    shelf, kind, held = _opened(request, register_code, item, period)
    typed = record_typed(kind, sent.data, held.data)
    if not _may_enter(shelf, held) or withheld_of(shelf, kind, held.unit_id):
        raise Http404
    actor = actor_of(asked(request).user)
    changed = record_change(
        edition=shelf.edition,
        kind=kind,
        record=held,
        seen=sent.seen,
        typed=typed,
        actor=actor,
        looked_at=sent.looked_at,
    )
    return record_out(shelf, kind, changed)


@operation("POST", "registers/{register_code}/records/{item}/moves", "view", RecordOut, tags=["registers"])
def record_moved(request: HttpRequest, register_code: str, item: str, sent: MoveIn, period: str = "") -> RecordOut:
    """Take a record to another state, by whom that is up to."""
    shelf, kind, held = _opened(request, register_code, item, period)
    actor = actor_of(asked(request).user)
    moved = record_move(edition=shelf.edition, kind=kind, record=held, seen=sent.seen, move=sent.move, actor=actor)
    return record_out(shelf, kind, moved)


@operation("POST", "registers/{register_code}/records/{item}/withdrawal", "enter", RecordOut, tags=["registers"])
def record_withdrawn(
    request: HttpRequest, register_code: str, item: str, sent: WithdrawIn, period: str = ""
) -> RecordOut:
    """Take a record out of what counts, with the reason. It stays to be read."""
    shelf, kind, held = _opened(request, register_code, item, period)
    actor = actor_of(asked(request).user)
    gone = record_withdraw(
        edition=shelf.edition, kind=kind, record=held, seen=sent.seen, reason=sent.reason, actor=actor
    )
    return record_out(shelf, kind, gone)


def _opened(request: HttpRequest, register_code: str, item: str, period: str) -> tuple[Shelf, RegisterKind, Record]:
    shelf = shelf_of(request, period)
    kind = kind_of(shelf, register_code)
    return shelf, kind, record_of(shelf, kind, item)


def _unit(shelf: Shelf, kind: RegisterKind, key: str) -> Unit:
    """A unit that records of a register may be entered for; 404 for any other."""
    found = unit_ids().get(key)
    if found is None or found not in shelf.enterable(kind):
        raise Http404
    return unit_numbered(found)


def _may_enter(shelf: Shelf, held: Record) -> bool:
    return may(actor_of(shelf.request.user), held.unit, "enter")
