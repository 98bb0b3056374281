"""Indicators, their values with parts, coverage and reasons, and where targets stand: as whoever asks may see them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Schema
from pydantic import Field, TypeAdapter

from tienbo.api.door import operation
from tienbo.api.places import asked, document_out, period_asked
from tienbo.api.shapes import (
    AskedOut,
    IndicatorOut,
    TargetOut,
    TargetsOut,
    ValueOut,
    ValuesOut,
)
from tienbo.catalogue.definitions import Indicator
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.engine.terms import sensitivity, splits_by
from tienbo.engine.values import STATUS_WORDS, Value
from tienbo.ground.keys import is_key
from tienbo.papers import judgement, verdicts
from tienbo.papers.tables import measured_in
from tienbo.web.access import reader_for
from tienbo.web.figures import computed, version_of
from tienbo.web.maps import day_asked
from tienbo.web.office import office
from tienbo.web.subject import Place, place

worded(
    {
        "api.unknown_indicator": N_("There is no indicator “{code}” that is computed."),
        "api.unknown_breakdown": N_("“{code}” cannot be split by “{breakdown}”."),
    }
)
_VALUES = TypeAdapter(ValuesOut)


class ValuesAsked(Schema):
    """What values are asked for."""

    period: str = Field("", description='"2026-H1", "2026"; the period the pages begin with.')
    unit: str = Field("", description="Key of a unit; that of the seat.")
    below: bool = Field(False, description="Also of every unit under it that may be read.")
    indicator: list[str] = Field([], description="Codes; every one that is computed.")
    by: str = Field("", description="A breakdown: also the parts by it.")
    map: str = Field("", description="A day: everything on the units of that day. Without one, of the period's last.")


class TargetsAsked(Schema):
    """Whose targets are asked for."""

    period: str = Field("", description='"2026-H1", "2026"; the period the pages begin with.')
    unit: str = Field("", description="Key of a unit; that of the seat.")
    map: str = Field("", description="A day: on the units of that day. Without one, of the period's last.")


@operation("GET", "indicators", "visit", list[IndicatorOut], tags=["figures"])
def indicators(request: HttpRequest) -> list[IndicatorOut]:  # noqa: ARG001
    """What is measured, each with its documents and how far its definition was checked."""
    edition = office().edition
    return [_indicator(edition, one) for one in edition.indicators.values()]


@operation("GET", "indicators/{code}", "visit", IndicatorOut, tags=["figures"])
def indicator(request: HttpRequest, code: str) -> IndicatorOut:  # noqa: ARG001
    """One of them."""
    edition = office().edition
    if code not in edition.indicators:
        raise Http404
    return _indicator(edition, edition.indicators[code])


def _indicator(edition: Edition, one: Indicator) -> IndicatorOut:
    return IndicatorOut(
        code=one.code,
        name=str(one.name),
        unit_of_measure=measured_in(edition, one),
        group=one.group or "",
        frequency=one.frequency,
        levels=list(one.levels),
        sensitivity=sensitivity(edition, one).value,
        derived=one.derived,
        confidence=one.definition_confidence.value,
        documents=[document_out(edition.documents[code]) for code in one.cites],
        breakdowns=[code for code in edition.breakdowns if splits_by(edition, one, code)],
    )


@operation("GET", "values", "visit", ValuesOut, tags=["figures"])
def values(request: HttpRequest, asks: Query[ValuesAsked]) -> HttpResponse:
    """Values that count (received), of a unit and those under it. What the reader may not see is "withheld"; what was
    not reported is not zero."""
    about = _place(request, asks.period, asks.unit, asks.map)
    known = computed(reader_for(about.seat))
    for code in asks.indicator:
        if code not in known:
            raise Refused(Fault("api.unknown_indicator", "indicator", {"code": code[:80]}))
    wanted = tuple(dict.fromkeys(asks.indicator)) or known
    if asks.by:
        wanted = _split(about, wanted, asks.by, named=bool(asks.indicator))
    units = [about.unit.pk]
    if asks.below:
        under = set(about.tree.subtree(about.unit.pk))
        units += sorted(one for one in about.readable & under if one != about.unit.pk)
    found = list(about.figures([about.period], indicators=wanted, units=units, by=asks.by or None))
    made = ValuesOut(
        unit=about.unit.key,
        period=about.period.code,
        map_day=about.map_day,
        basis="accepted",
        edition=fingerprint(office().edition),
        facts=version_of(reader_for(about.seat)),
        notes=_notes(about, found),
        values=[value_out(one) for one in found],
    )
    # Of a province with its communes these are tens of thousands: written down by pydantic's own writer, once.
    return HttpResponse(_VALUES.dump_json(made), content_type="application/json; charset=utf-8")


@operation("GET", "targets", "visit", TargetsOut, tags=["figures"])
def targets(request: HttpRequest, asks: Query[TargetsAsked]) -> TargetsOut:
    """Where the targets that hold for a unit stand, each with its document, the value asked for and the value."""
    about = _place(request, asks.period, asks.unit, asks.map)
    held = dict.fromkeys(one.indicator for one in about.targets)
    found = about.figures([about.period], indicators=tuple(held), units=[about.unit.pk])
    binder = about.binder(found)
    rows = verdicts.standings(about.edition, about.period, binder.targets)
    return TargetsOut(
        unit=about.unit.key,
        period=about.period.code,
        map_day=about.map_day,
        notes=_notes(about, found),
        targets=[_target(about, row) for row in rows],
    )


def _place(request: HttpRequest, period: str, unit: str, map_day: str) -> Place:
    """Whose figures are asked for; the same rule as on pages, which reads the unit from the address."""
    here = asked(request)
    here.map_day = day_asked(map_day)
    if unit and not is_key(unit, "unit"):
        raise Http404
    return place(here, period_asked(period))


def _split(about: Place, wanted: Iterable[str], by: str, *, named: bool) -> tuple[str, ...]:
    """Those of some indicators that can be split; one that was named and cannot is a fault."""
    edition = about.edition
    can = tuple(code for code in wanted if splits_by(edition, edition.indicators[code], by))
    missing = [code for code in wanted if code not in can]
    if by not in edition.breakdowns or (named and missing):
        said = {"code": missing[0] if missing else "", "breakdown": by[:60]}
        raise Refused(Fault("api.unknown_breakdown", "by", said))
    return can


def _notes(about: Place, found: Iterable[Value]) -> list[str]:
    said = about.note(found)
    return [_("Illustrative figures"), *said] if office().settings.illustrative else said


def value_out(value: Value) -> ValueOut:
    return ValueOut(
        indicator=value.indicator,
        unit=value.unit,
        period=value.period,
        members=value.members,
        status=value.status.value,
        reason=_(STATUS_WORDS[value.status]),
        value=number_out(value.value),
        numerator=number_out(value.numerator),
        denominator=number_out(value.denominator),
        qualifier=value.qualifier,
        units_reported=value.units_reported,
        units_due=value.units_due,
        units_estimated=value.units_estimated,
        map_day=value.map_day,
        low=number_out(value.low),
        high=number_out(value.high),
        estimated_share=number_out(value.estimated_share),
        population_share=number_out(value.population_share),
        acts=list(value.acts),
    )


def number_out(held: Decimal | None) -> str | None:
    """One spelling for one number: "12", "27.5"."""
    if held is None:
        return None
    text = f"{held:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _target(about: Place, row: verdicts.Standing) -> TargetOut:
    target, edition = row.target, about.edition
    document = edition.documents.get(target.document)
    gap = judgement.gap(row.value, row.asked) if row.asked else None
    return TargetOut(
        code=target.code,
        name=str(target.name),
        group=target.group,
        owner=target.owner,
        document=document_out(document) if document is not None else None,
        indicator=target.indicator,
        asked=AskedOut(
            year=row.asked.year,
            op=row.asked.op,
            value=cast("str", number_out(row.asked.value)),
            upper=number_out(row.asked.upper),
        )
        if row.asked
        else None,
        verdict=row.verdict.value,
        verdict_words=_(verdicts.VERDICT_WORDS[row.verdict]),
        gap=number_out(gap),
        is_confirmed=row.is_confirmed,
        value=value_out(row.value),
    )
