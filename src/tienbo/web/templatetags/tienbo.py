"""How pages print numbers, days and faults: as papers do, by the same functions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from tienbo.core.faults import Fault
from tienbo.core.words import number

register = template.Library()


@register.filter
def amount(value: Decimal | int | float | None, places: int | None = None) -> str:
    """1.234,5 in Vietnamese, 1,234.5 in English; nothing for None."""
    return "" if value is None else number(value, places)


@register.filter
def day(value: date | None) -> str:
    """25/11/2026; of a moment, the day it was in Viet Nam."""
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return "" if value is None else f"{value:%d/%m/%Y}"


@register.filter
def sentence(fault: Fault) -> str:
    return fault.sentence()


@register.filter
def of(held: Any, key: Any) -> Any:
    """held[key], or nothing."""
    return held.get(key) if hasattr(held, "get") else None
