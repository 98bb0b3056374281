"""Points that stand for units on a schematic. A point that is on record is never rewritten: a better one is added."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction

from tienbo.units.models import Unit, UnitPoint
from tienbo.units.versions import units_touch


@transaction.atomic
def points_load(*, points: Mapping[str, tuple[float, float]], source: str) -> int:
    """Record latitude and longitude (degrees, WGS 84) of units by key, and say how many are new. A source gives a unit
    one point: loading again changes nothing."""
    held = set(UnitPoint.objects.filter(source=source).values_list("unit__key", flat=True))
    units = dict(Unit.objects.filter(key__in=points).values_list("key", "pk"))
    rows = [
        UnitPoint(unit_id=units[key], latitude=_degrees(latitude), longitude=_degrees(longitude), source=source)
        for key, (latitude, longitude) in points.items()
        if key not in held
    ]
    UnitPoint.objects.bulk_create(rows)
    if rows:
        units_touch()
    return len(rows)


def _degrees(value: float) -> Decimal:
    return Decimal(value).quantize(Decimal("0.000001"))
