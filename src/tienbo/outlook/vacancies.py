"""Vacancies as a plan: which units' open posts, given to women, suffice for a target of the whole.

Two questions, which are never mixed: women among all holders of posts (persons), and bodies in which at least one post
is a woman's (target 1.1). Either or both may be asked. A post that a woman leaves and a woman takes is no change; one
that was a man's or stood empty and goes to a woman is. The fewest changes are looked for, as an integer programme; of
plans with as few, the even one is spread over units as seats are (Sainte-Laguë, by the posts that open), the other asks
the fewest units. Units are counted; nobody is put in a post here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import ceil
from pathlib import Path

import numpy as np

from tienbo.core.faults import Fault, Level, Refused, errors, worded
from tienbo.core.messages import N_, gettext
from tienbo.core.words import clean, day_of, day_words, fold
from tienbo.outlook.distributions import Floats
from tienbo.outlook.elections import table

worded(
    {
        "outlook.not_a_day": N_("{text} is not a day; write it as 2027-07-01 or 01/7/2027."),
        "outlook.post_negative": N_("{unit}: a count is below zero."),
        "outlook.women_above_posts": N_("{unit}: {women} women and {men} men hold {posts} posts."),
        "outlook.leaving_above_held": N_("{unit}: {leaving} leave, of {held} who hold a post."),
        "outlook.unit_differs": N_("{unit}: two rows give different posts or holders."),
        "outlook.no_vacancy_target": N_("No target is asked: a share of persons, of bodies, or both."),
        "outlook.vacancies_short": N_(
            "The vacancies until {until} do not suffice: with every one given to a woman there would be {women} women "
            "on {posts} posts ({women_asked} are asked for) and {with_woman} of {bodies} bodies with a woman "
            "({bodies_asked} are asked for)."
        ),
        "outlook.supposed_men": N_("Posts that open and are not in the plan are supposed to go to men."),
        "outlook.supposed_openings": N_("Only the vacancies in the table count: {count} posts until {until}."),
        "outlook.openings_later": N_("{count} posts open after {until} and do not count."),
    }
)

HEADS: Mapping[str, tuple[str, ...]] = {
    "unit": ("unit", "don vi", "co quan", "co quan, don vi"),
    "posts": ("posts", "so vi tri", "vi tri", "so chuc danh"),
    "women": ("women", "nu", "so nu", "nu dang giu"),
    "men": ("men", "nam", "so nam", "nam dang giu"),
    "women_leaving": ("women_leaving", "nu thoi giu", "nu nghi"),
    "men_leaving": ("men_leaving", "nam thoi giu", "nam nghi"),
    "opens_on": ("opens_on", "ngay trong", "thoi diem", "tu ngay"),
}
"""What the columns may be called, as search keys; the first is what programs write. A unit may have several rows, one
for each day on which posts open; its posts and holders are then the same on each."""
_COUNTS = ("posts", "women", "men", "women_leaving", "men_leaving")


@dataclass(frozen=True, slots=True)
class Opening:
    """Who leaves on a day (None: at some time, not known when)."""

    on: date | None
    women: int = 0
    men: int = 0


@dataclass(frozen=True)
class Body:
    """A unit's leading posts and who leaves them; those that nobody holds are open now."""

    unit: str
    posts: int
    women: int
    men: int
    openings: tuple[Opening, ...] = ()
    place: str = ""

    @property
    def vacant(self) -> int:
        return self.posts - self.women - self.men

    @property
    def women_leaving(self) -> int:
        return sum(one.women for one in self.openings)

    @property
    def staying(self) -> int:
        return self.women - self.women_leaving

    @property
    def opening(self) -> int:
        """Posts that are open, or will be."""
        return self.vacant + sum(one.women + one.men for one in self.openings)

    def by_when(self, taken: int) -> date | None:
        """The day by which so many posts have opened, the earliest first; None: now."""
        open_ = self.vacant
        told = sorted(self.openings, key=lambda one: one.on or date.max)
        for one in told:
            if open_ >= taken:
                break
            open_ += one.women + one.men
            if open_ >= taken:
                return one.on
        return None


def checked(bodies: Sequence[Body]) -> list[Fault]:
    """Everything that the counts of a unit contradict."""
    return [fault for one in bodies for fault in _checked(one)]


def _checked(one: Body) -> Iterator[Fault]:
    told = (one.posts, one.women, one.men, *(count for each in one.openings for count in (each.women, each.men)))
    if min(told) < 0:
        yield Fault("outlook.post_negative", one.place, {"unit": one.unit})
        return
    if one.women + one.men > one.posts:
        fields = {"unit": one.unit, "women": one.women, "men": one.men, "posts": one.posts}
        yield Fault("outlook.women_above_posts", one.place, fields)
    for leaving, held in (
        (one.women_leaving, one.women),
        (sum(each.men for each in one.openings), one.men),
    ):
        if leaving > held:
            fields = {"unit": one.unit, "leaving": leaving, "held": held}
            yield Fault("outlook.leaving_above_held", one.place, fields)


def read(path: Path) -> tuple[list[Body], list[Fault]]:
    """The units of a CSV or XLSX table and every fault of it, each at its row; Refused where there is no table."""
    rows = table(path)
    columns = _columns(rows)
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise Refused(*(Fault("outlook.no_column", path.name, {"column": HEADS[name][0]}) for name in missing))
    return _read(rows[1:], columns, path.name, 2)


def pasted(text: str, name: str) -> tuple[list[Body], list[Fault]]:
    """The same of rows as they come from a worksheet (tabs), or with semicolons or commas: the columns in the order of
    `HEADS`, or as a first row of heads says. Faults are told at the row, counted from the first."""
    sign = next((one for one in "\t;" if one in text), ",")
    rows = [line.split(sign) for line in text.splitlines()]
    columns = _columns(rows)
    if set(_NEEDED) <= set(columns):
        return _read(rows[1:], columns, name, 2)
    return _read(rows, {name: at for at, name in enumerate(HEADS)}, name, 1)


_NEEDED = ("unit", "posts", "women")


def _columns(rows: Sequence[Sequence[object]]) -> dict[str, int]:
    heads = [fold(clean(str(cell))) for cell in rows[0]] if rows else []
    return {name: heads.index(key) for name, keys in HEADS.items() for key in keys if key in heads}


def _read(
    rows: Sequence[Sequence[object]], columns: Mapping[str, int], name: str, first: int
) -> tuple[list[Body], list[Fault]]:
    made: dict[str, Body] = {}
    faults: list[Fault] = []
    for number, row in enumerate(rows, start=first):
        told = {column: clean(str(row[at])) if at < len(row) else "" for column, at in columns.items()}
        if not any(told.values()):
            continue
        place = f"{name}:{number}"
        found = _body(told, place, columns, faults)
        if found is None:
            continue
        before = made.get(found.unit)
        if before is None:
            made[found.unit] = found
        elif (before.posts, before.women, before.men) != (found.posts, found.women, found.men):
            faults.append(Fault("outlook.unit_differs", place, {"unit": found.unit}))
        else:
            openings = (*before.openings, *found.openings)
            made[found.unit] = Body(before.unit, before.posts, before.women, before.men, openings, before.place)
    if not made and not faults:
        raise Refused(Fault("outlook.no_rows", name))
    return list(made.values()), faults + checked(list(made.values()))


def _body(told: Mapping[str, str], place: str, columns: Mapping[str, int], faults: list[Fault]) -> Body | None:
    counts: dict[str, int] = {}
    right = True
    for name in _COUNTS:
        text = told.get(name, "").removesuffix(".0")
        if text.removeprefix("-").isdecimal():
            counts[name] = int(text)
        elif text or name in ("posts", "women"):
            at = gettext("{place}, column {column}").format(place=place, column=columns.get(name, 0) + 1)
            faults.append(Fault("outlook.not_a_count", at, {"text": text or "–"}))
            right = False
    text = told.get("opens_on", "").removesuffix(" 00:00:00")
    on = day_of(text) if text else None
    if text and on is None:
        faults.append(Fault("outlook.not_a_day", place, {"text": text}))
        right = False
    if not right:
        return None
    # Where men are not told, every post that is not a woman's is held by one.
    men = counts.get("men", counts["posts"] - counts["women"])
    leaving = Opening(on, counts.get("women_leaving", 0), counts.get("men_leaving", 0))
    openings = (leaving,) if leaving.women or leaving.men else ()
    return Body(told.get("unit", ""), counts["posts"], counts["women"], men, openings, place)


@dataclass(frozen=True)
class Row:
    """What the plan asks of one unit: so many of its posts to women, from how many women to how many, by when."""

    body: Body
    appointed: int
    """Posts that open and go to a woman, in all."""

    @property
    def changes(self) -> int:
        """Of these, posts that were a man's or stood empty."""
        return max(0, self.appointed - self.body.women_leaving)

    @property
    def women_then(self) -> int:
        return self.body.staying + self.appointed

    @property
    def by(self) -> date | None:
        """The day by which so many posts have opened; None where they are open now or it is not known when."""
        return self.body.by_when(self.appointed)


@dataclass(frozen=True)
class Way:
    """One plan that reaches the target."""

    rows: tuple[Row, ...]
    """Of every unit, in the order asked."""

    @property
    def asked(self) -> tuple[Row, ...]:
        """Units of which something is asked: a post to a woman, if only to keep what there was."""
        return tuple(row for row in self.rows if row.appointed)

    @property
    def changes(self) -> int:
        return sum(row.changes for row in self.rows)

    @property
    def units_changed(self) -> int:
        return sum(row.changes > 0 for row in self.rows)

    @property
    def women(self) -> int:
        return sum(row.women_then for row in self.rows)

    @property
    def with_woman(self) -> int:
        return sum(row.women_then > 0 for row in self.rows)

    @property
    def unevenness(self) -> Fraction:
        """What Sainte-Laguë keeps least: the sum of changes squared over the posts that open."""
        return sum((Fraction(row.changes**2, row.body.opening) for row in self.rows if row.changes), Fraction(0))


@dataclass(frozen=True)
class Plan:
    """Both plans, the even one first, beside what there is now."""

    bodies: tuple[Body, ...]
    until: date
    women_asked: int
    bodies_asked: int
    even: Way
    fewest: Way
    later: int

    @property
    def posts(self) -> int:
        return sum(one.posts for one in self.bodies)

    @property
    def suppositions(self) -> tuple[Fault, ...]:
        fields = {"count": sum(one.opening for one in self.bodies), "until": day_words(self.until)}
        told = [Fault("outlook.supposed_men", level=Level.NOTE)]
        told.append(Fault("outlook.supposed_openings", "", fields, Level.NOTE))
        if self.later:
            told.append(
                Fault("outlook.openings_later", "", {"count": self.later, "until": fields["until"]}, Level.NOTE)
            )
        return tuple(told)


def plan(
    bodies: Sequence[Body], *, until: date, persons: Fraction | None = None, with_woman: Fraction | None = None
) -> Plan:
    """The fewest posts to women for a share of women among holders (`persons`), of bodies with at least one
    (`with_woman`), or both. What opens after `until` does not count. Refused, with how far one gets, where the
    vacancies do not suffice."""
    shares = [share for share in (persons, with_woman) if share is not None]
    faults = errors(checked(bodies))
    if not shares:
        faults.append(Fault("outlook.no_vacancy_target"))
    if not all(0 < share <= 1 for share in shares):
        faults.append(Fault("outlook.share_asked"))
    if faults or not bodies:
        raise Refused(*(faults or [Fault("outlook.no_rows")]))
    within, later = _until(bodies, until)
    asked = _Asked(
        within,
        ceil(persons * sum(one.posts for one in within)) if persons is not None else 0,
        ceil(with_woman * sum(one.posts > 0 for one in within)) if with_woman is not None else 0,
    )
    most = Way(tuple(Row(one, one.opening) for one in within))
    if most.women < asked.women or most.with_woman < asked.with_woman:
        fields = {
            "until": day_words(until), "women": most.women, "posts": sum(one.posts for one in within),
            "women_asked": asked.women, "with_woman": most.with_woman,
            "bodies": sum(one.posts > 0 for one in within), "bodies_asked": asked.with_woman,
        }  # fmt: skip
        raise Refused(Fault("outlook.vacancies_short", "", fields))
    return Plan(within, until, asked.women, asked.with_woman, asked.even(), asked.fewest(), later)


def _until(bodies: Sequence[Body], until: date) -> tuple[tuple[Body, ...], int]:
    """The bodies with what opens until the end of a day, and how many posts open later."""
    made, later = [], 0
    for one in bodies:
        kept = tuple(each for each in one.openings if each.on is None or each.on <= until)
        later += sum(each.women + each.men for each in one.openings) - sum(each.women + each.men for each in kept)
        made.append(Body(one.unit, one.posts, one.women, one.men, kept, one.place))
    return tuple(made), later


@dataclass(frozen=True)
class _Asked:
    """An integer programme over how many units of each kind change how many posts. Units are of one kind where what
    counts of them is alike; what a kind changes goes to its units in the order of the table, the most first."""

    bodies: tuple[Body, ...]
    women: int
    with_woman: int

    @cached_property
    def kinds(self) -> dict[tuple[int, int, int], list[int]]:
        """(women, women who leave, posts that open) → the numbers of the units, in their order."""
        held: dict[tuple[int, int, int], list[int]] = {}
        for number, one in enumerate(self.bodies):
            held.setdefault((one.women, one.women_leaving, one.opening), []).append(number)
        return held

    @cached_property
    def choices(self) -> Floats:
        """(kind, changes, women, opening) of everything a unit of a kind could do; women who leave are followed by
        women in each."""
        return np.array(
            [
                (kind, changes, women + changes, opening)
                for kind, (women, leaving, opening) in enumerate(self.kinds)
                for changes in range(opening - leaving + 1)
            ],
            dtype=np.float64,
        )

    def fewest(self) -> Way:
        """The fewest changes, of those in the fewest units, of those of the kinds that come first."""
        kind, changes = self.choices[:, 0], self.choices[:, 1]
        return self._way(self._in_turn(changes, np.minimum(changes, 1), kind * changes))

    def even(self) -> Way:
        """The fewest changes, spread as seats are: a unit's cost their square over the posts that open, so that each
        one more goes where the quotient is greatest."""
        kind, changes, _women, opening = self.choices.T
        return self._way(self._in_turn(changes, changes**2 / np.maximum(opening, 1), kind * changes))

    def _way(self, times: Floats) -> Way:
        appointed = [0] * len(self.bodies)
        for kind, (key, units) in enumerate(self.kinds.items()):
            mine = self.choices[:, 0] == kind
            each = np.repeat(self.choices[mine, 1], np.rint(times[mine]).astype(int))[::-1]
            for unit, changes in zip(units, each, strict=True):
                appointed[unit] = key[1] + int(changes)
        return Way(tuple(itertools.starmap(Row, zip(self.bodies, appointed, strict=True))))

    def _in_turn(self, *objectives: Floats) -> Floats:
        """One objective after another, each held at its least for those that come after it."""
        from scipy.optimize import LinearConstraint, milp

        kind, changes, women, _opening = self.choices.T
        sizes = [float(len(units)) for units in self.kinds.values()]
        rows = [*((kind == number).astype(np.float64) for number in range(len(sizes))), women, (women > 0) * 1.0]
        low = [*sizes, float(self.women), float(self.with_woman)]
        high = [*sizes, np.inf, np.inf]
        for objective in objectives:
            found = milp(
                objective,
                constraints=LinearConstraint(np.array(rows), low, high),
                integrality=np.ones(len(changes)),
                options={"mip_rel_gap": 0.0},
            )
            if found.x is None:
                raise ArithmeticError(found.message)  # every post to a woman is a plan, and was looked at before
            rows.append(objective)
            low.append(-np.inf)
            high.append(float(objective @ np.rint(found.x)) + 1e-7)
        return np.asarray(np.rint(found.x), dtype=np.float64)
