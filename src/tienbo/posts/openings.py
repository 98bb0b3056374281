"""What published posts tell of vacancies ahead: posts, who holds them by sex, and what opens by retirement or by an end
that is written already. Counts of bodies and units; no holder is named in them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

from tienbo.catalogue.definitions import RetirementAges
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.posts import KeyLeader
from tienbo.core.faults import Fault, Level, worded
from tienbo.core.messages import N_
from tienbo.core.words import day_words
from tienbo.outlook.eligibility import retires_between
from tienbo.outlook.vacancies import Body, Opening
from tienbo.posts.models import Holding, Sex
from tienbo.posts.queries import Held, posts_on
from tienbo.units.frames import unit_called

worded(
    {
        "openings.untold": N_("Of {count} posts nobody is told to hold them; they are left out, not taken for vacant."),
        "openings.maybe": N_(
            "{count} holders may reach the age of retirement until {until}, by their month of birth, which is not "
            "published; they are not counted as leaving."
        ),
        "openings.no_year": N_("Of {count} holders no year of birth is published; they are not counted as leaving."),
    }
)


class Whose(NamedTuple):
    """Whose posts are looked at: key leaders in a sense, of kinds of body; of units themselves where there is none."""

    sense: KeyLeader
    bodies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """Bodies as the record tells them, and what the record leaves open."""

    bodies: tuple[Body, ...]
    notes: tuple[Fault, ...]


def opened(
    units: Collection[int],
    *,
    on: date,
    until: date,
    whose: Whose,
    edition: Edition,
    ages: RetirementAges | None,
) -> Opened:
    """The posts of units (row ids) on a day and what opens until the end of another. Without `ages` years of birth are
    not looked at: an end that is written is all that is known. A unit without a post held or vacant is left out."""
    places: dict[tuple[int, int | None], list[Held]] = defaultdict(list)
    for one in posts_on(units, on, edition=edition):
        body = one.post.body
        asked = body.kind in whose.bodies if body is not None else not whose.bodies
        if asked and one.title is not None and whose.sense in one.title.key_leader:
            places[one.post.unit_id, one.post.body_id].append(one)
    bodies, open_ = list[Body](), Counter[str]()
    for (unit, _body), held in places.items():
        body = held[0].post.body
        name = body.name if body else unit_called(unit, on)
        holders = [one.holder for one in held if one.holder is not None]
        open_["untold"] += sum(one.holder is None and not one.vacant for one in held)
        leaving: dict[date, Counter[str]] = defaultdict(Counter)
        for holder in holders:
            leaves = _leaves(holder, until, ages)
            if isinstance(leaves, date):
                leaving[leaves][holder.sex] += 1
            elif leaves and ages is not None:
                open_[leaves] += 1
        women = sum(holder.sex == Sex.FEMALE for holder in holders)
        posts = len(holders) + sum(one.vacant for one in held)
        if posts:
            openings = tuple(Opening(day, told["f"], told["m"]) for day, told in sorted(leaving.items()))
            bodies.append(Body(name, posts, women, len(holders) - women, openings))
    fields = {"until": day_words(until)}
    notes = tuple(
        Fault(code, "", {**fields, "count": open_[what]}, Level.NOTE)
        for what, code in (
            ("untold", "openings.untold"),
            ("maybe", "openings.maybe"),
            ("no_year", "openings.no_year"),
        )
        if open_[what]
    )
    return Opened(tuple(bodies), notes)


def _leaves(holder: Holding, until: date, ages: RetirementAges | None) -> date | Literal["", "maybe", "no_year"]:
    """The first day on which a post is open, where the record says it surely is by `until`; "maybe" where that depends
    on the month of birth."""
    if holder.valid_to is not None and holder.valid_to <= until:
        return holder.valid_to
    if ages is None:
        return ""
    if holder.birth_year is None:
        return "no_year"
    first, last = (
        month.last_day + timedelta(days=1)
        for month in retires_between(ages, "f" if holder.sex == Sex.FEMALE else "m", holder.birth_year)
    )
    return max(last, holder.valid_from) if last <= until else "maybe" if first <= until else ""
