"""The pages of what it would take, one beside the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.urls import reverse

from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period

WAYS: Mapping[str, str] = {
    "committees": N_("A committee"),
    "lists": N_("Lists of an election"),
    "forecasts": N_("Forecasts kept, and how they fared"),
}


class Way(NamedTuple):
    address: str
    words: str
    is_here: bool


def ways(here: str, period: Period) -> list[Way]:
    """Tabs of these pages; `here` is the name of the one that is open."""
    return [Way(reverse(name, kwargs={"period": period}), _(words), name == here) for name, words in WAYS.items()]
