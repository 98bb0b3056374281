"""The clock of a record in words: until when, how many working days are left or over."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.utils import timezone

from tienbo.catalogue.definitions import RegisterKind
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.words import day_words, number
from tienbo.registers.guiding import ClockTold, clock_on
from tienbo.registers.models import Record
from tienbo.registers.tasks import is_asked
from tienbo.web.office import office
from tienbo.web.registers import Shelf


class ClockShown(NamedTuple):
    told: ClockTold
    words: str
    tone: str
    about: str


def clock_shown(kind: RegisterKind, held: Record, shelf: Shelf, on: date | None = None) -> ClockShown | None:
    """Nothing for a register without a clock, or whose days the reader may not see."""
    if kind.clock is None or held.withdrawn:
        return None
    clock = kind.clock
    if not all(shelf.sees(kind, kind.by_code[one], held.unit_id) for one in (clock.begins, clock.due, clock.ends)):
        return None
    told = clock_on(kind, held.data, held.state, on=on or timezone.localdate(), working=office().edition.working_days)
    if told is None:
        return None
    return ClockShown(told, _words(told), _tone(told, is_asked=is_asked(held.unit.kind)), _about(told))


def _days(count: int) -> str:
    return ngettext("{count} working day", "{count} working days", count).format(count=number(count))


def _words(told: ClockTold) -> str:
    left = told.left or 0
    if told.state == "running":
        return _("{days} left").format(days=_days(left)) if left else _("the last day")
    if told.state == "over":
        return _("{days} over").format(days=_days(told.over))
    if told.state == "in_time":
        return _("done in time, {days} before").format(days=_days(left)) if left else _("done in time")
    if told.state == "late":
        return _("done {days} after").format(days=_days(told.over))
    return _("it does not run now") if told.state == "resting" else _("no day was set")


def _tone(told: ClockTold, *, is_asked: bool) -> str:
    """Nothing of the Front, mass organisations and Party bodies is told in red."""
    if told.state == "over":
        return "tb-near" if is_asked else "tb-bad"
    return {"late": "tb-near", "in_time": "tb-good"}.get(told.state, "")


def _about(told: ClockTold) -> str:
    parts = [_("Begun, or received, on {day}").format(day=day_words(told.begun_on))]
    if told.due_on is not None and told.given is not None:
        due = _("due on {day}, {days} after it").format(day=day_words(told.due_on), days=_days(told.given))
        parts.append(due)
    if told.ended_on is not None:
        parts.append(_("finished on {day}").format(day=day_words(told.ended_on)))
    words = "; ".join(parts) + "."
    return words if told.is_known else f"{words} " + _("The days off of that year are not announced yet.")
