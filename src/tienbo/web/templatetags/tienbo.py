"""How pages print numbers, days and faults: as papers do, by the same functions."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from tienbo.core.faults import Fault
from tienbo.core.messages import language
from tienbo.core.words import day_words, moment_words, number
from tienbo.web.entry_page import shown

register = template.Library()


@register.filter
def amount(value: Decimal | int | float | None, places: int | None = None) -> str:
    """1.234,5 in Vietnamese, 1,234.5 in English; nothing for None."""
    return "" if value is None else number(value, places)


@register.filter
def day(value: date | None) -> str:
    """25/11/2026, 05/6/2026; of a moment, the day it was in Viet Nam."""
    return day_words(timezone.localtime(value) if isinstance(value, datetime) else value)


@register.filter
def moment(value: datetime | None) -> str:
    """14:05 25/11/2026, by the clock of Viet Nam."""
    return moment_words(timezone.localtime(value) if value else None)


@register.filter
def as_json(value: Any) -> str:
    """A value for a script, in an attribute: no page has anything inline."""
    return json.dumps(value or {}, cls=DjangoJSONEncoder)


@register.filter
def sentence(fault: Fault) -> str:
    return fault.sentence()


@register.filter
def of(held: Any, key: Any) -> Any:
    """held[key], or nothing."""
    return held.get(key) if hasattr(held, "get") else None


@register.filter
def column_label(entry: Any, code: str) -> str:
    """The label of a form's column."""
    return str(entry.known.layout.form.column(code).label)


@register.filter
def cell_shown(cell: Any) -> str:
    """What a cell of the entry page holds, as it is shown in its field: grouped where that is read in one way only."""
    return shown(cell.text, "count") if cell.number == "count" and language() == "vi" else str(cell.text)
