"""Registers of every kind, of the pack and of the site's own: their definitions, and reading their records. Masks,
filters and rights are those of the pages (`web.registers.Shelf`, `Sifted`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Sum
from django.http import Http404, HttpRequest
from django.urls import reverse
from ninja import Query, Schema
from pydantic import Field

from tienbo.accounts.actors import actor_of
from tienbo.api.door import operation
from tienbo.api.figures import number_out
from tienbo.api.places import asked, document_out, period_asked
from tienbo.api.recorded import record_json, record_schema
from tienbo.api.shapes import (
    CountOut,
    CountsOut,
    DefinitionOut,
    EvidenceOut,
    FeedOut,
    MoveOut,
    NamedOut,
    RecordLineOut,
    RecordOut,
    RecordsOut,
    RegisterOut,
    RegistersOut,
    StateOut,
    UnitCountOut,
    VersionOut,
)
from tienbo.catalogue.definitions import Counting, RegisterKind
from tienbo.catalogue.kinds import is_own
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.keys import is_key
from tienbo.registers.evidence import evidence_list
from tienbo.registers.models import Record, RecordVersion
from tienbo.registers.queries import counting_apart, record_on, records_of, register_tally
from tienbo.registers.saying import BEFORE, countings
from tienbo.registers.services import may, may_move
from tienbo.units.frames import unit_keys
from tienbo.web.record_page import counted_words
from tienbo.web.registers import ROWS, Shelf, Sifted

MOST = 500
"""Records of one page."""

worded(
    {
        "api.unknown_answer": N_("“{text}” is none of the answers that “{field}” has here."),
        "api.only_with_counts": N_("“{field}” is asked for together with “counts”."),
        "api.not_with_counts": N_("“{field}” is not asked for together with “counts”."),
    }
)


class RecordsAsked(Schema):
    """Which records are asked for: as on the page of the register."""

    period: str = Field("", description='"2026-H1"; the period the pages begin with.')
    time: str = Field("", description='"" the period; "year"; "all".')
    q: str = Field("", max_length=80, description="Words that stand in it, with or without marks.")
    state: str = Field("", description='Code of a state, or "withdrawn".')
    unit: str = Field("", description="Key of the unit that keeps it.")
    counts: str = Field("", description="Code of a tally: those behind that count.")
    by: str = Field("", description='With `counts`: the answer to what the register is crossed by; "-" none.')
    page: int = Field(1, ge=1, le=1_000_000)
    size: int = Field(ROWS, ge=1, le=MOST)


def shelf_of(request: HttpRequest, period: str) -> Shelf:
    return Shelf(asked(request), period_asked(period))


def kind_of(shelf: Shelf, register_code: str) -> RegisterKind:
    """A register that the seat reads of some unit; 404 for any other."""
    kind = shelf.kind(register_code)
    if not shelf.readable(kind):
        raise Http404
    return kind


def record_of(shelf: Shelf, kind: RegisterKind, item: str) -> Record:
    """A record that the seat may read; 404 as for one that is not there."""
    found = record_on(kind=kind.code, key=item) if is_key(item, "record") else None
    if found is None or found.unit_id not in shelf.readable(kind):
        raise Http404
    return found


@operation("GET", "registers", "view", RegistersOut, tags=["registers"])
def registers(request: HttpRequest, period: str = "") -> RegistersOut:
    """The registers that may be read, with the records of the period and whom one may enter for."""
    shelf, keys, found = shelf_of(request, period), unit_keys(), []
    for kind in shelf.edition.registers.values():
        units = shelf.readable(kind)
        if not units:
            continue
        count = register_tally(kinds=[kind], units=units, first=shelf.span.start, end=shelf.span.end)
        found.append(
            RegisterOut(
                code=kind.code,
                name=str(kind.name),
                section=str(shelf.edition.groups[kind.section].name),
                sensitivity=kind.sensitivity.value,
                records=count[kind.code],
                may_enter=[keys[pk] for pk in shelf.enterable(kind)],
                is_own=is_own(kind.code),
            )
        )
    return RegistersOut(period=shelf.period.code, registers=found)


@operation("GET", "registers/{register_code}", "view", DefinitionOut, tags=["registers"])
def register(request: HttpRequest, register_code: str, period: str = "") -> DefinitionOut:
    """A register: the schema of its records, its states and who moves them, what it counts for, what proves it."""
    shelf = shelf_of(request, period)
    kind = kind_of(shelf, register_code)
    return DefinitionOut(
        code=kind.code,
        name=str(kind.name),
        record_name=str(kind.record_name),
        sensitivity=kind.sensitivity.value,
        kept_by=list(kind.kept_by),
        occurred=kind.occurred,
        title=kind.title,
        states=[StateOut(code=one.code, name=str(one.name), past=one.past) for one in kind.states],
        moves=[
            MoveOut(code=one.code, name=str(one.name), begin=list(one.begin), to=one.to, need=one.need)
            for one in kind.moves
        ],
        feeds=[
            FeedOut(series=str(one.series), element=one.series.element, states=list(one.states)) for one in kind.feeds
        ],
        tallies=[NamedOut(code=one.code, name=str(one.name)) for one in kind.tallies],
        evidence=[NamedOut(code=one.code, name=str(one.label)) for one in kind.evidence if not one.kept_by_unit],
        documents=[document_out(shelf.edition.documents[code]) for code in kind.cites],
        record_schema=record_schema(kind),
    )


@operation("GET", "registers/{register_code}/records", "view", RecordsOut, tags=["registers"])
def records(request: HttpRequest, register_code: str, asks: Query[RecordsAsked]) -> RecordsOut:
    """The records of a register, the newest day first, sifted as on its page."""
    shelf = shelf_of(request, asks.period)
    kind = kind_of(shelf, register_code)
    sifted = Sifted(shelf, kind)
    if faults := list(_misasked(asks, sifted)):
        raise Refused(*faults)
    listed = sifted.listed(asks.size)
    count, first = len(listed), (asks.page - 1) * asks.size
    keys = listed[first : first + asks.size]
    address = reverse("register_csv", kwargs={"period": shelf.period, "register": kind.code})
    return RecordsOut(
        period=shelf.period.code,
        count=count,
        page=asks.page,
        pages=max(1, -(-count // asks.size)),
        export=f"{address}?{sifted.query}" if sifted.query else address,
        records=[RecordLineOut(**line_of(shelf, kind, one)) for one in records_of(keys=keys)],
    )


def _misasked(asks: RecordsAsked, sifted: Sifted) -> Iterator[Fault]:
    """What was asked and would not be answered: a page leaves it out, a program is told."""
    for name, said in asks.model_dump(include={"time", "state", "unit", "counts", "by"}).items():
        if said and said != sifted.given[name]:
            yield Fault("api.unknown_answer", name, {"field": name, "text": said[:60]})
        elif said and asks.counts and name in ("time", "state"):
            yield Fault("api.not_with_counts", name, {"field": name})
        elif said and not asks.counts and name == "by":
            yield Fault("api.only_with_counts", name, {"field": name})


@operation("GET", "registers/{register_code}/records/{item}", "view", RecordOut, tags=["registers"])
def record(request: HttpRequest, register_code: str, item: str, period: str = "") -> RecordOut:
    """One record: what it says and counts for, what proves it, what can be done with it, and its versions."""
    shelf = shelf_of(request, period)
    kind = kind_of(shelf, register_code)
    return record_out(shelf, kind, record_of(shelf, kind, item))


@operation("GET", "registers/{register_code}/counts", "view", CountsOut, tags=["registers"])
def register_counts(request: HttpRequest, register_code: str, period: str = "") -> CountsOut:
    """What the records of a register count for in a half-year or a year, unit by unit: what stands beside the forms."""
    shelf = shelf_of(request, period)
    kind = kind_of(shelf, register_code)
    units, keys, found = shelf.readable(kind), unit_keys(), []
    for rows in counting_apart(units=units, period=shelf.period):
        told = rows.filter(record__kind=kind.code).order_by("unit", "series").values_list("unit", "series")
        for unit, series, said, blank in told.annotate(said=Sum("value"), blank=Count("pk") - Count("value")):
            if _counts_seen(shelf, kind, unit, series):
                value = None if blank else number_out(said)
                words = counted_words(shelf, kind, series)
                found.append(UnitCountOut(unit=keys[unit], series=series, name=words, value=value))
    return CountsOut(register_code=kind.code, period=shelf.period.code, counts=found)


def withheld_of(shelf: Shelf, kind: RegisterKind, unit: int) -> list[str]:
    """Fields of a unit's records that the reader may not see."""
    return [field.code for field in kind.fields if not shelf.sees(kind, field, unit)]


def line_of(shelf: Shelf, kind: RegisterKind, held: Record) -> dict[str, Any]:
    withheld = withheld_of(shelf, kind, held.unit_id)
    return {
        "key": held.key,
        "unit": unit_keys()[held.unit_id],
        "occurred_on": held.occurred_on,
        "state": held.state,
        "version": held.version,
        "withdrawn": held.withdrawn,
        "data": record_json(kind, held.data, withheld),
        "withheld": withheld,
    }


def record_out(shelf: Shelf, kind: RegisterKind, held: Record) -> RecordOut:
    names = {"period": shelf.period, "register": kind.code, "item": held.key}
    return RecordOut(
        **line_of(shelf, kind, held),
        register_code=kind.code,
        unit_name=shelf.names.get(held.unit_id, ""),
        counts=[
            CountOut(
                series=one.series,
                name=counted_words(shelf, kind, one.series),
                period="" if one.period_code == BEFORE else one.period_code,
                until=one.until_code,
                value=number_out(one.value),
            )
            for one in held.measures.order_by("series", "period_code")
            if _counts_seen(shelf, kind, held.unit_id, one.series)
        ],
        evidence=[
            EvidenceOut(
                key=one.key,
                name=one.name,
                sort=one.sort,
                size=one.size,
                format=one.format,
                address=reverse("register_evidence_file", kwargs={**names, "file": one.key}),
            )
            for one in evidence_list(holder=held.key)
        ],
        moves=_moves(shelf, kind, held),
        versions=[_version(shelf, kind, held, one) for one in held.versions.order_by("-number")],
        address=reverse("register_record", kwargs=names),
    )


def _moves(shelf: Shelf, kind: RegisterKind, held: Record) -> list[str]:
    if held.withdrawn:
        return []
    actor = actor_of(shelf.request.user)
    possible = [one.code for one in kind.moves if held.state in one.begin and may_move(actor, held.unit, one)]
    return possible + (["withdraw"] if may(actor, held.unit, "enter") else [])


def _version(shelf: Shelf, kind: RegisterKind, held: Record, one: RecordVersion) -> VersionOut:
    withheld = withheld_of(shelf, kind, held.unit_id)
    shown = {at: list(pair) for at, pair in one.changes.items() if at.partition("/")[0] in kind.by_code}
    return VersionOut(
        number=one.number,
        act=one.act,
        state=one.state,
        by=one.by,
        at=one.at,
        reason=one.reason,
        changes={at: pair for at, pair in shown.items() if at.partition("/")[0] not in withheld},
    )


def _counts_seen(shelf: Shelf, kind: RegisterKind, unit: int, series: str) -> bool:
    """Whether every field that a count is made of may be seen: what is hidden is not read off a sum of it."""
    withheld = set(withheld_of(shelf, kind, unit))
    if not withheld:
        return True
    made = [counting for counting, name in countings(kind) if series.startswith(name.rstrip("]"))]
    return bool(made) and not any(withheld.intersection(_fields_of(counting)) for counting in made)


def _fields_of(counting: Counting) -> Iterator[str]:
    for named in (counting.of, counting.sum, counting.by_day, counting.until, *(one.field for one in counting.where)):
        if named is not None:
            yield named.partition("/")[0]
