"""The life of a unit as its page shows it, and what is on its ground on another day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from tienbo.core.messages import gettext as _
from tienbo.core.spans import Span
from tienbo.core.words import day_of
from tienbo.processes.reorganise_words import change_words, extent_words, share_words
from tienbo.units.access import accessible_units
from tienbo.units.frames import unit_codes, unit_keys, unit_names
from tienbo.units.life import Ground, Step, Went, ground_on, life
from tienbo.units.models import GSO, Unit
from tienbo.web.access import Asked


class Named(NamedTuple):
    """A unit on a day. `address` is empty where the reader may not open its page, and for the unit itself."""

    name: str
    code: str
    address: str
    is_own: bool
    how: str = ""
    """How much of it went, in words."""
    words: str = ""
    """The official words."""


class Group(NamedTuple):
    """What went into one unit; or, without it, what ended without a successor."""

    before: tuple[Named, ...]
    after: Named | None
    is_more: int = 0
    """How many more there are than are shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A day in the life: the act, what went where, what changed of the unit itself."""

    day: date
    eve: date
    act: str
    title: str
    kind: str
    source: str
    doubt: str
    groups: tuple[Group, ...]
    changes: tuple[tuple[str, str, str], ...]
    is_own: bool
    """Whether the unit itself is in it, and not only what it came from or went into."""


class Here(NamedTuple):
    """A unit of another day on the ground of the unit."""

    named: Named
    persons: str
    area: str


MOST = 40
"""Units shown in one group."""


def life_shown(request: Asked, unit: Unit) -> list[Shown]:
    """Every day on which an act redrew the unit or what it came from and went into; by day."""
    return [_shown(request, unit, step) for step in life(unit)]


def _shown(request: Asked, unit: Unit, step: Step) -> Shown:
    eve = step.day - timedelta(days=1)
    named = _Naming(request, unit, (eve, step.day))
    act = step.act
    return Shown(
        day=step.day,
        eve=eve,
        act=act.number if act else "",
        title=act.title if act else "",
        kind=_(str(act.get_kind_display())) if act else _("Changes of the unit"),
        source=act.source if act else "",
        doubt=_(act.doubt) if act and act.doubt else "",
        groups=tuple(_groups(step, named)),
        changes=tuple((change_words(one.what), one.before, one.after) for one in step.changes),
        is_own=act is None or bool(step.changes) or any(unit.pk in (one.before, one.after) for one in step.went),
    )


def _groups(step: Step, named: _Naming) -> Iterable[Group]:
    into: dict[int | None, list[Went]] = {}
    for one in step.went:
        into.setdefault(one.after, []).append(one)
    for after, rows in into.items():
        shown = tuple(
            named.at(one.before, step.day - timedelta(days=1), extent_words(one.extent, one.shares), one.words)
            for one in rows[:MOST]
        )
        yield Group(shown, None if after is None else named.at(after, step.day), max(len(rows) - MOST, 0))


class _Naming:
    """Names and addresses of units on some days, for one reader."""

    def __init__(self, request: Asked, unit: Unit, days: Sequence[date]) -> None:
        self.unit, self.keys = unit.pk, unit_keys()
        today = timezone.localdate()
        self.readable = {
            one for day in days for one in accessible_units(request.user, need="view", on=day, acting_on=today)
        }

    def at(self, unit: int, day: date, how: str = "", words: str = "") -> Named:
        own = unit == self.unit
        address = reverse("unit", kwargs={"key": self.keys[unit]}) if unit in self.readable and not own else ""
        name, code = unit_names(day).get(unit, ""), unit_codes(day, GSO).get(unit, "")
        return Named(name, code, address, own, how, words)


def ground_shown(request: Asked, unit: Unit, day: date) -> list[Here]:
    """The units of a day on whose ground the unit stands or stood, with how much of the earlier one it is."""
    named = _Naming(request, unit, (day,))
    return [_here(row, named, day) for row in ground_on(unit, day)]


def _here(row: Ground, named: _Naming, day: date) -> Here:
    return Here(named.at(row.unit, day), share_words(row.population), share_words(row.area))


class Absent(NamedTuple):
    """A unit that is not there on the day of the map that was chosen, and what is on its ground then."""

    name: str
    day: date
    lived: Span
    ground: list[Here]

    @property
    def has_ended(self) -> bool:
        return self.lived.end is not None and self.lived.end <= self.day


def absent_shown(request: Asked, unit: Unit, day: date) -> Absent:
    """For a unit that does not stand on a day: since or until when, and who is there instead."""
    name = unit_names(unit.span.last_day or unit.valid_from).get(unit.pk, unit.key)
    return Absent(name, day, unit.span, ground_shown(request, unit, day))


def asked_day(request: HttpRequest) -> tuple[date | None, str]:
    """?on= as a browser or a person writes it: (the day, what was written where it is none)."""
    text = request.GET.get("on", "").strip()[:20]
    day = day_of(text)
    return day, "" if day else text
