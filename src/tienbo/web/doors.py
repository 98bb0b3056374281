"""Why somebody may open an address, or what is missing: which door it is, what it asks, which grant opens it.

It answers for the door: the declaration of the page and the unit that its address names. What a page keeps from a
reader inside (figures of class C3, a record of another unit) it does by the same grants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from tienbo.accounts.models import User
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.units.access import INHERITED, ROLES, Need
from tienbo.units.frames import forerunners, tree_on
from tienbo.units.models import Grant, Unit
from tienbo.units.queries import unit_keyed
from tienbo.web.office import office

worded({"doors.no_page": N_("{address} is the address of no page.")})


@dataclass(frozen=True)
class Opens:
    """A grant of the person, and what it does to the door."""

    grant: Grant
    opens: bool
    is_in_force: bool


@dataclass(frozen=True)
class Why:
    """The answer. `need` is None for what everybody or everybody signed in may open (`declared`)."""

    declared: str
    need: Need | None
    unit: Unit | None
    """The unit that the address names; None where the page asks for a seat that allows the need anywhere."""
    day: date
    """The day of the map."""
    grants: tuple[Opens, ...]
    is_closed: bool
    """The account is closed to sign-in."""
    roles: tuple[str, ...]
    """Roles that would open it: at the unit, or at one above it."""

    @property
    def is_open(self) -> bool:
        if self.need is None:
            return self.declared == "public" or not self.is_closed
        return not self.is_closed and any(one.opens and one.is_in_force for one in self.grants)


def why(user: User, address: str, *, today: date) -> Why:
    """Whether a person may open an address today, and by which grant; of a program's that nobody reads, whether they
    may do what it takes first. Refused where it is the address of neither."""
    path = urlsplit(address).path or "/"
    try:
        match = resolve(path)
    except Resolver404 as nothing:
        raise Refused(Fault("doors.no_page", "", {"address": address})) from nothing
    said = getattr(match.func, "declared", "")
    is_program = isinstance(said, Mapping)
    if isinstance(said, Mapping):  # of the JSON door: what each method needs
        said = said.get("GET", next(iter(said.values())))
    declared = str(said)
    held = tuple(Grant.objects.filter(user=user).select_related("unit").order_by("pk"))
    if declared in ("public", "signed_in"):
        return Why(declared, None, None, today, (), not user.is_active, ())
    need: Need = declared  # type: ignore[assignment]
    keys = [str(one) for one in match.kwargs.values()] if is_program else [match.kwargs.get("key")]
    at_unit = is_program or getattr(match.func, "at_unit", False)
    key = next((one for one in keys if one and (not is_program or one.startswith("unit_"))), None) if at_unit else None
    unit = unit_keyed(key) if key else None
    if key and unit is None:
        raise Refused(Fault("doors.no_page", "", {"address": address}))
    day = _day(unit, match.kwargs.get("period"), today)
    grants = tuple(Opens(one, _opens(one, need, unit, day, today), _in_force(one, today)) for one in held)
    return Why(declared, need, unit, day, grants, not user.is_active, tuple(_roles(need, unit)))


def _day(unit: Unit | None, period: Period | None, today: date) -> date:
    """The day on whose map the page stands, as `web.access` has it."""
    if unit is None:
        return today
    last = unit.span.last_day
    if period is None:
        return today if unit.span.contains(today) else last or unit.valid_from
    calendar = office().edition.calendar
    day = calendar.last_day(period)
    return last if last is not None and calendar.span(period).start <= last < day else day


def _in_force(grant: Grant, today: date) -> bool:
    return grant.withdrawn_at is None and grant.span.contains(today)


def _opens(grant: Grant, need: Need, unit: Unit | None, day: date, today: date) -> bool:
    """Whether a grant would open the door on a day on which it is in force."""
    allows = ROLES[grant.role]
    if unit is None:
        return need in allows.own | allows.below
    if "view" not in allows.own | allows.below:  # a page of a unit is for who reads returns (web.access)
        return False
    seats = {grant.unit_id, *(forerunners(grant.unit_id, day, today) if need in INHERITED else ())}
    if unit.pk in seats:
        return need in allows.own
    tree = tree_on(day)
    return need in allows.below and unit.pk in tree and any(seat in tree.ancestors(unit.pk) for seat in seats)


def _roles(need: Need, unit: Unit | None) -> Iterator[str]:
    for role, allows in ROLES.items():
        held = allows.own | allows.below
        if need in held and (unit is None or "view" in held):
            yield role
