"""A province and its report without a database: the pack's own definitions, invented values, an invented map."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from tienbo.catalogue.definitions import Indicator, Unit
from tienbo.catalogue.loading import Edition, load
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.engine.values import FrozenValues, Status, Value
from tienbo.papers.blocks import Document
from tienbo.papers.context import Context, TextEntry, UnitRef
from tienbo.papers.report import compose

PROVINCE = UnitRef("unit_p", "Tỉnh Sông Mây", "province")
PERIOD, BEFORE, LAST = "2026-H1", "2025-H2", "2025-H1"


@cache
def edition() -> Edition:
    return load("vn")


def commune(number: int) -> UnitRef:
    return UnitRef(f"unit_{number:03d}", f"Xã Mây {number:02d}", "commune")


def communes(count: int = 12) -> tuple[UnitRef, ...]:
    return tuple(commune(number) for number in range(1, count + 1))


def drawn(*seeds: object, upto: int) -> int:
    """A number from 1 to `upto` that is the same every time."""
    digest = hashlib.sha256("|".join(map(str, seeds)).encode()).digest()
    return int.from_bytes(digest[:4]) % upto + 1


def invented(indicator: Indicator, unit: str, period: str, units: int = 1) -> Value:
    """A value that could be: of a share, a numerator no greater than its denominator."""
    seeds = (indicator.code, unit, period)
    parts: dict[str, Any] = {"units_reported": units, "units_due": units, "status": Status.VALUE}
    if not indicator.is_ratio:
        count = Decimal(drawn(*seeds, upto=400))
        return Value(indicator.code, unit, period, numerator=count, value=count, **parts)
    under = Decimal(drawn(*seeds, "under", upto=300) + 20)
    over = Decimal(drawn(*seeds, "over", upto=int(under)))
    if indicator.unit is not Unit.PERCENT:
        over = under + over
    value = over * indicator.unit.scale / under
    return Value(indicator.code, unit, period, numerator=over, denominator=under, value=value, **parts)


def values(children: Iterable[UnitRef] = (), changed: Iterable[Value] = (), unit: UnitRef = PROVINCE) -> FrozenValues:
    """Of every indicator with figures, in three half-years and two years, and of the units below in this one."""
    below = list(children)
    found = []
    for indicator in edition().indicators.values():
        if not indicator.terms:
            continue
        for period in (LAST, BEFORE, PERIOD, "2026-H2", "2025", "2026"):
            found.append(invented(indicator, unit.key, period, max(1, len(below))))
        found += [invented(indicator, child.key, PERIOD) for child in below]
    return FrozenValues.of([*found, *changed])


def context(**changes: Any) -> Context:
    made = Context(
        unit=PROVINCE,
        profile=edition().signing_profiles["ban"],
        place="Sông Mây",
        period=PERIOD,
        span=Span(date(2025, 12, 15), date(2026, 6, 15)),
        province=PROVINCE.name,
        previous=BEFORE,
        same_last_year=LAST,
        last_year="2025",
        trend=(LAST, BEFORE, PERIOD),
        children=communes(),
        due=12,
    )
    return replace(made, **changes)


def report(outline: str = "six_month_province", changed: Iterable[Value] = (), **changes: Any) -> Document:
    held = context(**changes)
    frozen = values(held.children, changed, held.unit)
    return compose(edition=edition(), outline=edition().outlines[outline], values=frozen, context=held)


def said(heading: Any, unit: str, text: str, addressee: str = "") -> TextEntry:
    return TextEntry(heading, unit, text, addressee)


def half(text: str) -> Period:
    return Period.parse(text)
