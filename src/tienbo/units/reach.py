"""What the database lets a person see and write: the units that any grant of theirs opens, on the map of any day.

`units.access` says what may be done at a unit on a day, and every page asks it. This is the wall behind it
(`ground.whose`): the same grants, all days at once, so that a question that forgot to ask is answered with nothing of
others. It is never narrower than what `accessible_units` says of a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from django.db import connection
from django.utils import timezone

from tienbo.core.spans import Span
from tienbo.ground.reach import NOWHERE, WITHIN, Asked, Reach, person_reach
from tienbo.units.access import INHERITED, ROLES, Held, Need, grants_of
from tienbo.units.frames import acts, forerunners, lives
from tienbo.units.models import ADMINISTRATIVE, Placement
from tienbo.units.versions import units_version

READS: Mapping[str, frozenset[Need]] = {
    "returns": frozenset({"view", "enter", "approve", "accept", "consolidate", "conclude"}),
    "posts": frozenset({"view", "enter", "elections"}),
    "grants": frozenset({"oversee", "appoint", "accept"}),
    "protection": frozenset({"watch", "protect"}),
}
"""Sort of rows → the needs any of which lets them be read."""
WRITES: Mapping[str, frozenset[Need]] = {
    "returns": frozenset({"enter", "approve", "accept", "consolidate", "conclude"}),
    "posts": frozenset({"enter", "elections"}),
    "grants": frozenset({"appoint", "accept"}),
    "protection": frozenset({"protect"}),
}


def reach_asked(user: int) -> Asked:
    """The reach of an account (row id), asked for when it is first needed."""
    return Asked(person_reach(user), lambda: reach_of(user, timezone.localdate()))


def reach_of(user: int, today: date) -> Reach:
    """The reach of an account on a day of acting."""
    held = grants_of(user, today)
    return _reach(connection.alias, units_version(), user, held, today)


@lru_cache(maxsize=512)
def _reach(_alias: str, _version: str, user: int, held: tuple[Held, ...], today: date) -> Reach:
    if not held:
        return person_reach(user) if user else NOWHERE
    sets: dict[str, set[int]] = defaultdict(set)
    for grant in held:
        allows = ROLES[grant.role]
        for act, needs_of in (("read", READS), ("write", WRITES)):
            for sort, needs in needs_of.items():
                found = sets[f"{sort}_{act}"]
                own, below = needs & allows.own, needs & allows.below
                if own:
                    found.add(grant.unit)
                if below:
                    found |= _ever_below(grant.unit)
                if (own | below) & INHERITED:
                    for seat in _ever_went_into(grant.unit, today):
                        if own & INHERITED:
                            found.add(seat)
                        if below & INHERITED:
                            found |= _ever_below(seat)
    return Reach(WITHIN, sets, person=user)


def _ever_below(unit: int) -> frozenset[int]:
    """The units that stood under a unit on any day."""
    return _below(connection.alias, units_version(), unit)


@lru_cache(maxsize=1024)
def _below(alias: str, version: str, unit: int) -> frozenset[int]:
    life = lives().get(unit)
    if life is None:
        return frozenset()
    under = _placed(alias, version)
    found: dict[int, list[Span]] = defaultdict(list)
    waiting = [(unit, life)]
    while waiting:
        parent, span = waiting.pop()
        for child, placed in under.get(parent, ()):
            common = _common(span, placed)
            if common is None or any(_holds(one, common) for one in found[child]):
                continue
            found[child].append(common)
            waiting.append((child, common))
    return frozenset(child for child, spans in found.items() if spans)


def _common(one: Span, other: Span) -> Span | None:
    """The days of both."""
    start = max(one.start, other.start)
    ends = [span.end for span in (one, other) if span.end is not None]
    end = min(ends) if ends else None
    return Span(start, end) if end is None or start < end else None


def _holds(one: Span, other: Span) -> bool:
    return one.start <= other.start and (one.end is None or (other.end is not None and other.end <= one.end))


@lru_cache(maxsize=4)
def _placed(_alias: str, _version: str) -> Mapping[int, tuple[tuple[int, Span], ...]]:
    """Parent → the units that were ever placed under it, and when."""
    found: dict[int, list[tuple[int, Span]]] = defaultdict(list)
    rows = Placement.objects.filter(line=ADMINISTRATIVE).order_by("id")
    for child, parent, start, end in rows.values_list("unit_id", "parent_id", "valid_from", "valid_to"):
        life = lives().get(child)
        common = _common(Span(start, end), life) if life is not None else None
        if common is not None:
            found[parent].append((child, common))
    return {parent: tuple(held) for parent, held in found.items()}


def _ever_went_into(unit: int, today: date) -> frozenset[int]:
    """The units all of whose people went into this one by today: each as it was on its last day."""
    return _into(connection.alias, units_version(), unit, today)


@lru_cache(maxsize=1024)
def _into(alias: str, version: str, unit: int, today: date) -> frozenset[int]:
    before, waiting = set[int](), [unit]
    passed = _passed(alias, version)
    while waiting:
        for one in passed.get(waiting.pop(), ()):
            if one not in before and one != unit:
                before.add(one)
                waiting.append(one)
    known = lives()
    days = {last for one in before if one in known and (last := known[one].last_day) is not None}
    return frozenset(one for day in days for one in forerunners(unit, day, today))


@lru_cache(maxsize=4)
def _passed(_alias: str, _version: str) -> Mapping[int, frozenset[int]]:
    """Unit → those that passed anything on to it."""
    found: dict[int, set[int]] = defaultdict(set)
    for act in acts():
        for link in act.links:
            if link.predecessor != link.successor:
                found[link.successor].add(link.predecessor)
    return {unit: frozenset(held) for unit, held in found.items()}
