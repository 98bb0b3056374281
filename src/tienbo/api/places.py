"""Who asks, which half-years there are, and the units of a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone

from tienbo.api.door import ROOT, api, operation
from tienbo.api.shapes import DocumentOut, MeOut, PeriodOut, SeatOut, UnitOut, UnitsOut
from tienbo.catalogue.definitions import Document
from tienbo.collection.models import Campaign
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, language
from tienbo.core.periods import Period
from tienbo.core.tree import Tree, family
from tienbo.ground.keys import is_key
from tienbo.papers.context import period_name
from tienbo.release.frozen import printed
from tienbo.units.access import NEEDS, access_unit, accessible_units
from tienbo.units.finding import found
from tienbo.units.frames import lives, tree_on, unit_codes, unit_ids, unit_keys, unit_names
from tienbo.units.models import GSO, Unit
from tienbo.web.access import Asked, seats_of
from tienbo.web.maps import under
from tienbo.web.office import office

worded({"api.no_period_yet": N_("No period was opened yet: say which one with ?period=.")})


def asked(request: HttpRequest) -> Asked:
    """The request of somebody who sits somewhere: the door let it in."""
    return cast("Asked", request)


def period_asked(text: str) -> Period:
    """The period that was asked for, else the one the pages begin with. 404 for one to come that nobody opened."""
    held = office()
    if not text:
        present = held.present()
        if present is None:
            raise Refused(Fault("api.no_period_yet", "period"))
        return present
    try:
        period = Period.parse(text)
        held.edition.calendar.last_day(period)
    except ValueError as wrong:
        raise Refused(Fault("core.unreadable_period", "period", {"text": text[:40]})) from wrong
    if not held.knows(period):
        raise Http404
    return period


def document_out(document: Document) -> DocumentOut:
    return DocumentOut(
        code=document.code,
        cited=document.cited,
        title=str(document.title),
        confidence=document.confidence.value,
    )


@operation("GET", "openapi.json", "signed_in", dict[str, Any], include_in_schema=False)
def openapi(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """What this API takes and answers (OpenAPI 3.1)."""
    return JsonResponse(_description())


@lru_cache(maxsize=1)
def _description() -> dict[str, Any]:
    return dict(api.get_openapi_schema(path_prefix=f"/{ROOT}"))


@operation("GET", "me", "signed_in", MeOut, tags=["places"])
def me(request: HttpRequest) -> MeOut:
    """Who is signed in, from which seats, and the token for what changes something."""
    user, seat = asked(request).user, asked(request).seat
    seats = [
        SeatOut(
            unit=one.unit.key,
            name=one.name,
            roles=sorted(one.roles),
            allows=sorted(need for need in NEEDS if one.allows(need)),
            chosen=seat is not None and one.unit.pk == seat.unit.pk,
        )
        for one in seats_of(user)
    ]
    illustrative = office().settings.illustrative
    return MeOut(
        login=user.username, language=language(), seats=seats, token=get_token(request), illustrative=illustrative
    )


@operation("GET", "periods", "view", list[PeriodOut], tags=["places"])
def periods(request: HttpRequest) -> list[PeriodOut]:  # noqa: ARG001
    """The half-years that were opened, the newest first."""
    held = office()
    found_ = []
    for period in held.periods():
        rows = Campaign.objects.filter(root__in=held.collectors(period), period_code=period.code)
        campaign = rows.filter(root=held.home).first() or rows.first()
        found_.append(
            PeriodOut(
                code=period.code,
                name=period_name(period),
                first_day=held.edition.calendar.span(period).start,
                last_day=held.edition.calendar.last_day(period),
                due_on=campaign.due_on if campaign is not None else None,
                is_closed=campaign is not None and campaign.is_closed,
            )
        )
    return found_


@operation("GET", "units", "view", UnitsOut, tags=["places"])
def units(request: HttpRequest, on: date | None = None, q: str = "", kind: str = "", under_unit: str = "") -> UnitsOut:
    """The units that may be read from the seat, on a day (today): by name or code (`q`), by family of kinds, or those
    under one of them."""
    day = on or timezone.localdate()
    tree, names, codes = tree_on(day), unit_names(day), unit_codes(day, GSO)
    allowed = accessible_units(asked(request).user, need="view", on=day, acting_on=timezone.localdate())
    mine = allowed.intersection(under(asked(request).seat.unit.pk, day))
    wanted = {
        one: names[one] for one in mine if one in names and kind in ("", family(tree.kinds[one]), tree.kinds[one])
    }
    if under_unit:
        at = unit_ids().get(under_unit)
        if at is None or at not in mine:
            raise Http404
        below = set(tree.subtree(at))
        wanted = {one: name for one, name in wanted.items() if one in below}
    text = q[:100].strip()
    listed = found(text, wanted, codes) if text else printed(wanted, tree, names)
    rows = [_unit(one, tree, names, codes, mine) for one in listed]
    return UnitsOut(on=day, count=len(rows), units=rows)


@operation("GET", "units/{key}", "view", UnitOut, tags=["places"])
def unit(request: HttpRequest, key: str, on: date | None = None) -> UnitOut:
    """One unit on a day: today, or its last one where it has ended."""
    made = unit_readable(request, key, on)
    today, last = timezone.localdate(), made.span.last_day
    day = on or (today if made.span.contains(today) else last or made.valid_from)
    tree = tree_on(day)
    if made.pk not in tree:
        raise Http404
    allowed = accessible_units(asked(request).user, need="view", on=day, acting_on=today)
    return _unit(made.pk, tree, unit_names(day), unit_codes(day, GSO), allowed)


def unit_readable(request: HttpRequest, key: str, on: date | None) -> Unit:
    """A unit that may be read, 404 for any other."""
    if not is_key(key, "unit"):
        raise Http404
    try:
        return access_unit(asked(request).user, key, need="view", on=on, acting_on=timezone.localdate())
    except Refused as refused:
        raise Http404 from refused


def _sorts(kind: str) -> tuple[str, str]:
    """A kind of unit, and its family: "department.home_affairs", "department"."""
    return kind, family(kind)


def _unit(
    one: int, tree: Tree, names: Mapping[int, str], codes: Mapping[int, str], readable: frozenset[int]
) -> UnitOut:
    parent, life, keys = tree.parents.get(one), lives()[one], unit_keys()
    return UnitOut(
        key=keys[one],
        name=names.get(one, keys[one]),
        kind=tree.kinds[one],
        code=codes.get(one, ""),
        parent=keys[parent] if parent in readable else None,
        valid_from=life.start,
        valid_to=life.end,
    )
