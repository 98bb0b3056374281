"""What it would take in a committee: seats that open, and how many women on the list of new members for a target.

A question is typed, answered and kept nowhere. Everything about who is elected is a distribution: on a small body the
mean misleads, and pages and papers show the chances instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean
from tienbo.outlook.distributions import Distribution
from tienbo.outlook.elections import Contest, checked
from tienbo.outlook.nomination import Committee, Needed, women_needed
from tienbo.outlook.urn import Fit, fit

SMALL = 30
"""Seats below which a body is told by its distribution alone."""
BEFORE, AFTER = 5, 3
"""Numbers of women on the list that are told below and above the answers."""
OTHER_ODDS = (0.8, 1.25)
"""Times the odds, to show what the answer owes to them."""

worded(
    {
        "outlook.committee_target": N_("The target, {target}, lies outside the {seats} seats of the committee."),
        "outlook.body_row": N_(
            "“{text}” is no body with four counts: body; persons on the list; women on it; elected; women elected."
        ),
        "outlook.congress_too_little": N_(
            "Odds cannot be learnt from a congress that elected every woman, or no woman, it could elect."
        ),
    }
)


@dataclass(frozen=True)
class Question:
    """A committee as counts, and what is wanted of it. Shares are 0..1."""

    committee: Committee
    target: int
    assurance: float | None = None
    lost_to_nomination: float = 0.0
    lost_in_training: float = 0.0

    def faults(self) -> list[Fault]:
        """What the counts contradict."""
        told = self.committee.faults()
        if not 0 < self.target <= self.committee.seats:
            told.append(
                Fault("outlook.committee_target", fields={"target": self.target, "seats": self.committee.seats})
            )
        return told


@dataclass(frozen=True)
class OnList:
    """So many women on the list of new members: of them elected, and on the committee then."""

    women: int
    new: Distribution
    then: Distribution


@dataclass(frozen=True)
class Other:
    """The women needed if the odds were others; None where no list reaches the target."""

    odds: float
    on_average: int | None
    assured: int | None


@dataclass(frozen=True)
class Answer:
    """`on_average` and `assured` are None where no list reaches the target, with the reason among `unreached`."""

    question: Question
    on_average: Needed | None
    assured: Needed | None
    unreached: tuple[Fault, ...]

    @property
    def told(self) -> Needed | None:
        """What is advised: with the assurance that was asked for, else on average."""
        return self.assured if self.question.assurance is not None else self.on_average

    @property
    def is_small(self) -> bool:
        return self.question.committee.seats < SMALL

    @cached_property
    def rows(self) -> tuple[OnList, ...]:
        """Numbers of women on the list around the answers; all of a short list."""
        committee = self.question.committee
        found = [one.on_list for one in (self.on_average, self.assured) if one is not None]
        low, high = (min(found) - BEFORE, max(found) + AFTER) if found else (0, committee.on_list)
        return tuple(
            OnList(women, committee.new_women(women), committee.women_then(women))
            for women in range(max(low, 0), min(high, committee.on_list) + 1)
        )

    @cached_property
    def shown(self) -> OnList:
        """The list whose distribution is shown: the advised one, else the one with the most women."""
        told = self.told
        wanted = self.question.committee.on_list if told is None else told.on_list
        return next(row for row in self.rows if row.women == wanted)

    @cached_property
    def others(self) -> tuple[Other, ...]:
        """The same question with other odds, the asked ones in the middle."""
        asked = self.question.committee.odds
        held = []
        for odds in (asked * OTHER_ODDS[0], asked, asked * OTHER_ODDS[1]):
            made = answer(replace(self.question, committee=replace(self.question.committee, odds=odds)))
            held.append(Other(odds, _list(made.on_average), _list(made.assured)))
        return tuple(held)


def _list(needed: Needed | None) -> int | None:
    return None if needed is None else needed.on_list


def answer(question: Question) -> Answer:
    """Refused where counts contradict one another; a target that no list reaches is told in the answer."""
    faults = question.faults()
    if faults:
        raise Refused(*faults)
    found: list[Needed | None] = []
    unreached: list[Fault] = []
    for assurance in (None, question.assurance):
        if assurance is None and found:
            found.append(None)
            continue
        try:
            found.append(
                women_needed(
                    question.committee,
                    target=question.target,
                    assurance=assurance,
                    lost_to_nomination=question.lost_to_nomination,
                    lost_in_training=question.lost_in_training,
                )
            )
        except Refused as refused:
            if any(
                not fault.code.startswith(("outlook.no_such_plan", "outlook.not_assured")) for fault in refused.faults
            ):
                raise
            found.append(None)
            unreached += refused.faults
    return Answer(question, found[0], found[1], tuple(unreached))


def target_of(seats: int, share: float) -> int:
    """The fewest women that are at least a share of the seats."""
    return math.ceil(seats * share - 1e-9)


def congress_odds(candidates: int, women: int, elected: int, women_elected: int) -> Fit:
    """Odds as a congress before showed them on its own list of new members: one list, so that their error is wide.
    Refused where counts contradict one another or say nothing of the odds."""
    held = Contest("", "", elected, candidates, women, elected, women_elected)
    faults = errors(checked([held]))
    if faults:
        raise Refused(*faults)
    if not held.least < women_elected < held.most:
        raise Refused(Fault("outlook.congress_too_little"))
    return fit([held], slope=False)


@dataclass(frozen=True, slots=True)
class Body:
    """What a comparable body's last congress showed on its list of new members."""

    name: str
    candidates: int
    women: int
    elected: int
    women_elected: int
    place: str = ""


def bodies_pasted(text: str, name: str) -> tuple[list[Body], list[Fault]]:
    """Comparable bodies as rows from a worksheet (tabs), or with semicolons or commas: body; persons on the list; women
    among them; elected; women elected. Faults are told at the row."""
    sign = next((one for one in "\t;" if one in text), ",")
    bodies: list[Body] = []
    faults: list[Fault] = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [clean(cell) for cell in line.split(sign)]
        if not any(cells):
            continue
        place = f"{name} {number}"
        counts = [cell.removesuffix(".0") for cell in cells[1:]]
        if len(counts) < COUNTS or not all(cell.isdecimal() and len(cell) < LONG for cell in counts[:COUNTS]):
            faults.append(Fault("outlook.body_row", place, {"text": line.strip()[:60]}))
            continue
        candidates, women, elected, women_elected = map(int, counts[:COUNTS])
        bodies.append(Body(cells[0], candidates, women, elected, women_elected, place))
    return bodies, faults


COUNTS, LONG = 4, 4
"""Counts of a row, and digits that none of them has."""


def comparable_odds(bodies: Sequence[Body]) -> Fit:
    """Odds as comparable bodies' last congresses showed them, all together: one odds for all of them, each list by
    itself. Refused with every row that contradicts itself, and where they say nothing of the odds."""
    held = [
        Contest("", one.name, one.elected, one.candidates, one.women, one.elected, one.women_elected, one.place)
        for one in bodies
    ]
    faults = errors(checked(held))
    if faults:
        raise Refused(*faults)
    return fit(held, slope=False)
