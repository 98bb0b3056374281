"""Acts of law that redraw units: what they say of whom, and what cannot be right about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_, gettext
from tienbo.core.shares import UNKNOWN, WHOLE, Share
from tienbo.core.spans import Span


class Link(NamedTuple):
    """One line of an act. A unit that keeps its key through a new border is one of its own successors."""

    predecessor: int
    successor: int
    shares: Mapping[str, Share]
    """Measure ("population", "area") → share. A measure that is not told is unknown."""


class Act(NamedTuple):
    """An act of law in force: on `day` its successors are there, on the eve its predecessors. Planned ones stay out."""

    key: str
    day: date
    links: tuple[Link, ...]


class Quantity(NamedTuple):
    """What was measured of a unit on a day: persons, km²."""

    day: date
    value: Fraction | Decimal | int


def by_day(acts: Iterable[Act]) -> list[tuple[date, list[tuple[str, Link]]]]:
    """(day, what its acts say together), by day: the acts of one day act at once."""
    days: dict[date, list[tuple[str, Link]]] = defaultdict(list)
    for act in sorted(acts, key=lambda act: (act.day, act.key)):
        days[act.day] += [(act.key, link) for link in act.links]
    return list(days.items())


def check(acts: Iterable[Act], lives: Mapping[int, Span], *, named: Callable[[int], str] = str) -> list[Fault]:
    """Everything that is wrong with acts as one history; each fault's place is the key of its act.

    `named` turns a unit of a fault into what a reader calls it. A unit that ends without an act, and an act that says
    nothing of units, are in order.
    """
    acts = tuple(acts)
    faults: list[Fault] = []
    for day, said in by_day(acts):
        seen: set[tuple[int, int]] = set()
        rows: dict[int, list[tuple[str, Link]]] = defaultdict(list)
        for key, link in said:
            if (link.predecessor, link.successor) in seen:
                faults.append(_fault("succession.same_link_twice", key, link, named))
            seen.add((link.predecessor, link.successor))
            rows[link.predecessor].append((key, link))
            faults += _of_lives(key, day, link, lives, named)
            faults += _of_bounds(key, link, named)
        for unit, links in rows.items():
            if unit in lives and lives[unit].contains(day) and (unit, unit) not in seen:
                faults.append(Fault("succession.lives_on", links[0][0], {"unit": named(unit), "day": day}))
            faults += _of_sums(unit, links, named)
    return [*faults, *_cycles(acts, named)]


def _fault(code: str, key: str, link: Link, named: Callable[[int], str], **more: object) -> Fault:
    return Fault(code, key, {"unit": named(link.predecessor), "successor": named(link.successor), **more})


def _of_lives(
    key: str, day: date, link: Link, lives: Mapping[int, Span], named: Callable[[int], str]
) -> Iterator[Fault]:
    for unit in dict.fromkeys((link.predecessor, link.successor)):
        if unit not in lives:
            yield Fault("succession.unknown_unit", key, {"unit": named(unit)})
    before, after = lives.get(link.predecessor), lives.get(link.successor)
    if before and not before.contains(day - timedelta(days=1)):
        yield _fault("succession.predecessor_not_alive", key, link, named, day=day - timedelta(days=1))
    if after and after.start > day:
        yield _fault("succession.opens_late", key, link, named, day=day, start=after.start)
    elif after and not after.contains(day):
        yield _fault("succession.successor_not_alive", key, link, named, day=day)


def _of_bounds(key: str, link: Link, named: Callable[[int], str]) -> Iterator[Fault]:
    for measure, share in link.shares.items():
        if share is WHOLE:  # as most of a nation's are
            continue
        if not 0 <= share.low <= share.high <= 1:
            yield _fault("succession.share_out_of_bounds", key, link, named, measure=Measure(measure))
        elif share.best is not None and not share.low <= share.best <= share.high:
            yield _fault("succession.estimate_out_of_bounds", key, link, named, measure=Measure(measure))


def _of_sums(unit: int, links: Sequence[tuple[str, Link]], named: Callable[[int], str]) -> Iterator[Fault]:
    """What all acts of one day say of one predecessor, measure by measure."""
    for measure in dict.fromkeys(name for _, link in links for name in link.shares):
        shares = [link.shares.get(measure, UNKNOWN) for _, link in links]
        if len(shares) == 1 and shares[0] is WHOLE:
            continue
        low, high = sum(share.low for share in shares), sum(share.high for share in shares)
        points = [share.point for share in shares]
        stated = sum(point for point in points if point is not None)
        if low == high != 1:
            code, wrong = "succession.shares_do_not_sum", {"total": _shown(low)}
        elif not low <= 1 <= high:
            code, wrong = "succession.bounds_exclude_one", {"low": _shown(low), "high": _shown(high)}
        elif stated > 1 or (None not in points and stated != 1):
            code, wrong = "succession.estimates_do_not_sum", {"total": _shown(stated)}
        else:
            continue
        yield Fault(code, links[0][0], {"unit": named(unit), "measure": Measure(measure), **wrong})


def _shown(number: Fraction | int) -> Decimal:
    return (Decimal(number.numerator) / Decimal(number.denominator)).quantize(Decimal("1e-9")).normalize() + 0


def _cycles(acts: Iterable[Act], named: Callable[[int], str]) -> Iterator[Fault]:
    """Units that gave themselves up to each other in a ring, on one day or over several acts."""
    edges: dict[int, dict[int, str]] = defaultdict(dict)
    for _day, said in by_day(acts):
        remain = {link.predecessor for _, link in said if link.predecessor == link.successor}
        for key, link in said:
            if link.predecessor not in remain:
                edges[link.predecessor].setdefault(link.successor, key)
    while edges:
        entered = {after for successors in edges.values() for after in successors}
        kept = {
            unit: {after: key for after, key in successors.items() if after in edges}
            for unit, successors in edges.items()
            if unit in entered
        }
        kept = {unit: successors for unit, successors in kept.items() if successors}
        if kept == edges:  # every unit is entered and left: a walk must come back to where it was
            path = [min(kept)]
            while path[-1] not in path[:-1]:
                path.append(min(kept[path[-1]]))
            ring = path[path.index(path[-1]) :]
            yield Fault("succession.cycle", kept[ring[0]][ring[1]], {"units": " → ".join(named(unit) for unit in ring)})
            kept = {unit: successors for unit, successors in kept.items() if unit not in ring}
        edges = kept


@dataclass(frozen=True)
class Measure:
    """A measure in a fault: its code, spoken in the reader's language."""

    code: str

    def __str__(self) -> str:
        return gettext(MEASURES.get(self.code, self.code))


MEASURES = {
    "population": N_("population"),
    "area": N_("area"),
    "members": N_("Party members"),
    "households": N_("households"),
}
"""Measures that have a name; another one is called by its code."""

worded(
    {
        "succession.unknown_unit": N_("The act names the unit {unit}, which is not in the system."),
        "succession.predecessor_not_alive": N_(
            "{unit} passes on to {successor}, but did not exist on {day}, the eve of the act."
        ),
        "succession.opens_late": N_("{successor} takes over from {unit} on {day}, but begins only on {start}."),
        "succession.successor_not_alive": N_("{successor} takes over from {unit} on {day}, but has ended by then."),
        "succession.lives_on": N_(
            "{unit} passes on all of itself and still exists on {day}; say what of it remains, or end it."
        ),
        "succession.same_link_twice": N_("That {unit} passes on to {successor} is told twice for one day."),
        "succession.share_out_of_bounds": N_(
            "The share of {unit} that goes to {successor} by {measure} must lie between 0 and 1, the lower bound first."
        ),
        "succession.estimate_out_of_bounds": N_(
            "The estimated share of {unit} that goes to {successor} by {measure} lies outside its bounds."
        ),
        "succession.shares_do_not_sum": N_("The shares of {unit} by {measure} sum to {total} and not to 1."),
        "succession.bounds_exclude_one": N_(
            "The shares of {unit} by {measure} sum to something from {low} to {high}, which leaves out 1."
        ),
        "succession.estimates_do_not_sum": N_(
            "The estimated shares of {unit} by {measure} sum to {total} and not to 1."
        ),
        "succession.cycle": N_("Units cannot succeed each other in a ring: {units}."),
    }
)
