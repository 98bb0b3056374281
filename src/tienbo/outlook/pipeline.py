"""The pipeline to leading posts: who retires until when, what opens, and how many women to plan for and train now.

Counts by title group, stage, sex and birth, typed for a question and kept nowhere. Of a month of birth the month of
retirement is known; a year or an age band leaves bounds, and every answer is then two: the cautious one, where all
that is open goes against women, and the kind one. Persons are whole: of n a share is lost, and ⌊n · (1 - share)⌋ are
left, so that the fewest for a need are ⌈need / (1 - share)⌉, stage by stage, exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from pathlib import Path

from tienbo.catalogue.definitions import Pipeline, RetirementAges
from tienbo.core.faults import Fault, Level, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean, fold
from tienbo.outlook.elections import table
from tienbo.outlook.eligibility import SEXES, Bar, Between, Month, Sex, retires

OLDEST, YOUNGEST = 70, 18
"""Ages in years beyond which nobody is counted: the ends of a birth that is not told."""
POSTS = "posts"
"""Typed as a stage: how many posts a title group has. Where it is not typed, as many as are held."""

worded(
    {
        "outlook.no_pipeline": N_("The pack has no pipeline called {code}."),
        "outlook.not_a_birth": N_(
            "{text} is no month, year, span of years or age; write 9/1971, 1971, 1970-1975 or <40."
        ),
        "outlook.no_stage": N_("{text} is no stage; there are: {known}."),
        "outlook.no_sex": N_("{text} is neither women nor men."),
        "outlook.more_held_than_posts": N_("{group}: {held} persons hold {posts} posts."),
        "outlook.share_asked": N_("A share asked for lies above 0 % and is at most 100 %."),
        "outlook.pipeline_ends": N_("The pipeline is asked about {end}, which is not after {begin}."),
        "outlook.losses_number": N_("{count} shares of loss are needed, one before each stage but the first."),
        "outlook.supposed_retirement": N_(
            "Posts are supposed to open by retirement only, besides those that are vacant; under normal conditions of "
            "work."
        ),
        "outlook.supposed_losses": N_(
            "Of each stage the same share is supposed to be lost in every title group: {shares}."
        ),
        "outlook.supposed_bounds": N_(
            "Of {count} persons the month of birth is not known: the cautious answer takes all that is open against "
            "women."
        ),
        "outlook.pipeline_short": N_(
            "The share cannot be reached by {end}: with every open post that the pipeline can fill there would be "
            "{women} women of {posts}; {target} are needed."
        ),
    }
)

HEADS: Mapping[str, tuple[str, ...]] = {
    "group": ("group", "nhom chuc danh", "nhom", "chuc danh"),
    "stage": ("stage", "buoc", "giai doan"),
    "sex": ("sex", "gioi tinh", "gioi"),
    "born": ("born", "nam sinh", "thang sinh", "sinh", "nhom tuoi", "tuoi"),
    "count": ("count", "so nguoi", "so luong", "so"),
}
"""What the columns may be called, as search keys; the first is what programs write."""
_SEXES: Mapping[str, Sex] = {
    "f": "f",
    "nu": "f",
    "women": "f",
    "female": "f",
    "m": "m",
    "nam": "m",
    "men": "m",
    "male": "m",
}
_POSTS = ("posts", "so vi tri", "vi tri", "so chuc danh", "bien che chuc danh")
_YEARS = re.compile(r"(?:(\d{4})\s*[-–]\s*)?(\d{4})")
_AGES = re.compile(r"(?:(<|>=|≥)\s*)?(\d{2})(?:\s*[-–]\s*(\d{2})|(\+))?")


@dataclass(frozen=True, slots=True)
class Born:
    """What is told of a birth: from one month to another, both included."""

    first: Month
    last: Month

    @classmethod
    def parse(cls, text: str, on: Month) -> Born:
        """A month (9/1971), a year (1971), years (1970-1975), or an age in `on` (<40, 40-49, 50+); "" is anybody.
        Refused for anything else."""
        told = text.strip().replace("tuổi", "").strip()
        if not told:
            return cls.aged(on, YOUNGEST, OLDEST)
        if years := _YEARS.fullmatch(told):
            first, last = int(years[1] or years[2]), int(years[2])
            if first <= last:
                return cls(Month(first, 1), Month(last, 12))
        elif ages := _AGES.fullmatch(told):
            least, most = int(ages[2]), int(ages[3] or ages[2])
            if ages[1] == "<" and not ages[3]:
                return cls.aged(on, YOUNGEST, least - 1)
            if ages[1] or ages[4]:
                return cls.aged(on, least, OLDEST)
            if least <= most:
                return cls.aged(on, least, most)
        else:
            with suppress(Refused):  # what is no month either is refused below, with every way to write it
                month = Month.parse(told)
                return cls(month, month)
        raise Refused(Fault("outlook.not_a_birth", "", {"text": text}))

    @classmethod
    def aged(cls, on: Month, least: int, most: int) -> Born:
        """Who has whole years of age between two, both included, in a month."""
        return cls(on + (1 - 12 * (most + 1)), on + -12 * least)

    @property
    def is_exact(self) -> bool:
        return self.first == self.last

    def retiring(
        self, ages: RetirementAges, sex: Sex, first: Month, end: Month, now: Month | None = None
    ) -> tuple[bool, bool]:
        """Whether somebody so born surely, and possibly, retires in [first, end). Who should have retired before `now`
        (`first` by default) and is still counted does so then."""

        def month(born: Month) -> Month:
            return max(retires(ages, sex, born), now or first)

        # Who is born later retires no sooner.
        soonest, latest = month(self.first), month(self.last)
        if soonest >= end or latest < first:
            return False, False
        if first <= soonest or latest < end:
            return first <= soonest and latest < end, True
        between = (self.first + number for number in range(1, self.last - self.first))
        return False, any(first <= month(born) < end for born in between)

    def standing(self, bar: Bar, sex: Sex) -> tuple[bool, bool]:
        """Whether somebody so born surely, and possibly, may stand."""
        return bar.may_stand(sex, self.first), bar.may_stand(sex, self.last)


@dataclass(frozen=True, slots=True)
class Count:
    """So many persons of one group, stage (its number in the pipeline), sex and birth; stage -1: posts."""

    group: str
    stage: int
    sex: Sex
    born: Born
    number: int
    place: str = ""


def pipeline_called(pipelines: Mapping[str, Pipeline], code: str = "") -> Pipeline:
    """A pipeline of the pack, the first by default; Refused where there is none like it."""
    found = pipelines.get(code) if code else next(iter(pipelines.values()), None)
    if found is None:
        raise Refused(Fault("outlook.no_pipeline", "", {"code": code}))
    return found


def read(path: Path, way: Pipeline, on: Month) -> tuple[list[Count], list[Fault]]:
    """The counts of a CSV or XLSX table with every fault of it, each at its row; Refused where there is no table."""
    rows = table(path)
    heads = [fold(clean(str(cell))) for cell in rows[0]] if rows else []
    columns = {name: heads.index(key) for name, keys in HEADS.items() for key in keys if key in heads}
    missing = [name for name in ("group", "stage", "count") if name not in columns]
    if missing:
        raise Refused(*(Fault("outlook.no_column", path.name, {"column": HEADS[name][0]}) for name in missing))
    told = [{name: clean(str(row[at])) if at < len(row) else "" for name, at in columns.items()} for row in rows[1:]]
    return typed(told, way, on, path.name)


def typed(
    rows: Iterable[Mapping[str, str]], way: Pipeline, on: Month, name: str = "", *, first: int = 2
) -> tuple[list[Count], list[Fault]]:
    """Counts as they were typed (group, stage, sex, born, count), and every fault, each at its row, the first of which
    has the number `first`. Rows without any count are passed over."""
    made: list[Count] = []
    faults: list[Fault] = []
    for number, row in enumerate(rows, start=first):
        if not row.get("count", "") and not row.get("born", ""):
            continue
        place = f"{name}:{number}" if name else str(number)
        try:
            made.append(_count(row, way, on, place))
        except Refused as wrong:
            faults += [Fault(fault.code, place, fault.fields) for fault in wrong.faults]
    if not made and not faults:
        raise Refused(Fault("outlook.no_rows", name))
    return made, faults + _checked(made, way)


def _count(row: Mapping[str, str], way: Pipeline, on: Month, place: str) -> Count:
    stage, faults = _stage(row.get("stage", ""), way), []
    if stage is None:
        known = ", ".join([*(str(one.name) for one in way.stages), _POSTS[1]])
        faults.append(Fault("outlook.no_stage", "", {"text": row.get("stage", "") or "–", "known": known}))
    sex = _SEXES.get(fold(row.get("sex", "")))
    if sex is None and stage != -1:
        faults.append(Fault("outlook.no_sex", "", {"text": row.get("sex", "") or "–"}))
    text = row.get("count", "").removesuffix(".0")
    if not text.isdecimal():
        faults.append(Fault("outlook.not_a_count", "", {"text": text or "–"}))
    try:
        born = _born(row.get("born", "").removesuffix(".0"), way, on)
    except Refused as wrong:
        faults += wrong.faults
    if faults or stage is None:
        raise Refused(*faults)
    return Count(row.get("group", ""), stage, sex or "m", born, int(text), place)


def _born(text: str, way: Pipeline, on: Month) -> Born:
    """A birth, or an age band of the pipeline by its name."""
    for band in way.bands:
        if text and fold(text) in (band.code, fold(band.name.vi), fold(band.name.en)):
            return Born.aged(on, band.least, band.below - 1)
    return Born.parse(text, on)


def _stage(text: str, way: Pipeline) -> int | None:
    wanted = fold(text)
    if wanted in _POSTS:
        return -1
    for number, one in enumerate(way.stages):
        if wanted in (one.code, *map(fold, (one.name.vi, one.name.en, *one.also))):
            return number
    return None


def _checked(counts: Sequence[Count], way: Pipeline) -> list[Fault]:
    last, faults = len(way.stages) - 1, []
    for group in dict.fromkeys(one.group for one in counts):
        held = sum(one.number for one in counts if one.group == group and one.stage == last)
        posts = [one for one in counts if one.group == group and one.stage == -1]
        if posts and held > sum(one.number for one in posts):
            fields = {"group": group, "held": held, "posts": sum(one.number for one in posts)}
            faults.append(Fault("outlook.more_held_than_posts", posts[0].place, fields))
    return faults


def retiring(
    counts: Iterable[Count], ages: RetirementAges, sex: Sex, first: Month, end: Month, now: Month | None = None
) -> Between:
    """How many of these counts of one sex retire in [first, end), at the least and at the most."""
    least = most = 0
    for one in counts:
        if one.sex == sex and one.stage >= 0:
            surely, possibly = one.born.retiring(ages, sex, first, end, now)
            least, most = least + one.number * surely, most + one.number * possibly
    return Between(least, most)


def needed(need: int, have: Sequence[int], lost: Sequence[Fraction]) -> tuple[int, ...]:
    """How many more are needed at each stage so that `need` reach the last one. `have` and the answer: persons at each
    stage, the first to the last but one; `lost`: the share lost on the way out of each. Stage by stage upstream the
    fewest, which is also the fewest in all: whoever is there already is counted first."""
    more: list[int] = []
    for known, share in zip(reversed(have), reversed(lost), strict=True):
        need = max(0, ceil(need / (1 - share)) - known)
        more.append(need)
    return tuple(reversed(more))


def left(number: int, lost: Fraction) -> int:
    """How many whole persons are left of a number."""
    return floor(number * (1 - lost))


@dataclass(frozen=True)
class Stock:
    """What a title group has when all that is open is taken one way. Stages: women at each, the first to the last but
    one, who may still stand by then."""

    group: str
    posts: int
    women: int
    men: int
    women_leaving: int
    men_leaving: int
    stages: tuple[int, ...]

    @property
    def women_staying(self) -> int:
        return self.women - self.women_leaving

    @property
    def opening(self) -> int:
        """Posts that are vacant now or open until then."""
        return self.posts - self.women_staying - (self.men - self.men_leaving)


@dataclass(frozen=True)
class Step:
    """What a group is asked: women appointed, and how many more at each stage now (those of the first are staff found
    for planning, which nobody makes: they must be there)."""

    stock: Stock
    appointed: int
    more: tuple[int, ...]

    @property
    def women_then(self) -> int:
        return self.stock.women_staying + self.appointed

    @property
    def cost(self) -> int:
        """Women newly planned for and newly trained."""
        return sum(self.more[1:])


@dataclass(frozen=True)
class Answer:
    """What it takes in whole persons, group by group; where it cannot be reached, as far as one gets."""

    steps: tuple[Step, ...]
    target: int
    """Women needed on all posts together."""
    short: int
    """Women that are still missing: 0 where it is reached."""

    @property
    def posts(self) -> int:
        return sum(one.stock.posts for one in self.steps)

    @property
    def women_then(self) -> int:
        return sum(one.women_then for one in self.steps)

    @property
    def reached(self) -> bool:
        return self.short == 0

    @property
    def more(self) -> tuple[int, ...]:
        """At each stage, all groups together."""
        return tuple(map(sum, zip(*(one.more for one in self.steps), strict=True)))

    @property
    def cost(self) -> int:
        return sum(one.cost for one in self.steps)


@dataclass(frozen=True)
class Question:
    """A share of women by a month, asked of counts. `lost`: on the way out of each stage but the last, 0 ≤ share < 1.
    `bar`: who may still stand by then; without one, everybody who has not retired. `each`: in every title group."""

    way: Pipeline
    ages: RetirementAges
    counts: tuple[Count, ...]
    share: Fraction
    now: Month
    by: Month
    lost: tuple[Fraction, ...]
    bar: Bar | None = None
    each: bool = False

    def faults(self) -> list[Fault]:
        told = []
        if not 0 < self.share <= 1:
            told.append(Fault("outlook.share_asked"))
        if len(self.lost) != len(self.way.stages) - 1:
            told.append(Fault("outlook.losses_number", "", {"count": len(self.way.stages) - 1}))
        if not all(0 <= share < 1 for share in self.lost):
            told.append(Fault("outlook.lost_share"))
        if self.by <= self.now:
            told.append(Fault("outlook.pipeline_ends", "", {"begin": str(self.now), "end": str(self.by)}))
        return told + errors(_checked(self.counts, self.way))

    @cached_property
    def groups(self) -> Mapping[str, list[Count]]:
        held: dict[str, list[Count]] = {}
        for one in self.counts:
            held.setdefault(one.group, []).append(one)
        return held

    def stock(self, group: str, *, cautious: bool) -> Stock:
        """A group with everything that is open taken against women, or for them."""
        counts, last = self.groups[group], len(self.way.stages) - 1
        holding = [one for one in counts if one.stage == last]
        held = {sex: sum(one.number for one in holding if one.sex == sex) for sex in SEXES}
        told = [one.number for one in counts if one.stage == -1]
        leaving = {sex: retiring(holding, self.ages, sex, self.now, self.by) for sex in SEXES}
        return Stock(
            group=group,
            posts=sum(told) if told else held["f"] + held["m"],
            women=held["f"],
            men=held["m"],
            women_leaving=leaving["f"].most if cautious else leaving["f"].least,
            men_leaving=leaving["m"].least if cautious else leaving["m"].most,
            stages=tuple(self._women(counts, stage, cautious) for stage in range(last)),
        )

    def _women(self, counts: Iterable[Count], stage: int, cautious: bool) -> int:
        found = 0
        for one in counts:
            if one.stage == stage and one.sex == "f":
                surely, possibly = self._may(one)
                found += one.number * (surely if cautious else possibly)
        return found

    def _may(self, one: Count) -> tuple[bool, bool]:
        if self.bar is not None:
            return one.born.standing(self.bar, one.sex)
        surely_not, possibly_not = one.born.retiring(self.ages, one.sex, self.now, self.by)
        return not possibly_not, not surely_not

    def answer(self, *, cautious: bool) -> Answer:
        """The smallest plan: the fewest women newly planned for and trained, of such plans the one that is evenest over
        what opens in each group."""
        stocks = [self.stock(group, cautious=cautious) for group in self.groups]
        if self.each:
            targets = [ceil(self.share * stock.posts) for stock in stocks]
            steps = [
                self._step(stock, max(0, min(target - stock.women_staying, self._most(stock))))
                for stock, target in zip(stocks, targets, strict=True)
            ]
            short = sum(max(0, target - one.women_then) for target, one in zip(targets, steps, strict=True))
            return Answer(tuple(steps), sum(targets), short)
        target = ceil(self.share * sum(stock.posts for stock in stocks))
        need = target - sum(stock.women_staying for stock in stocks)
        appointed = _shared(need, [[self._price(stock, n) for n in range(self._most(stock) + 1)] for stock in stocks])
        return Answer(tuple(map(self._step, stocks, appointed)), target, max(0, need - sum(appointed)))

    def _step(self, stock: Stock, appointed: int) -> Step:
        return Step(stock, appointed, needed(appointed, stock.stages, self.lost))

    def _most(self, stock: Stock) -> int:
        """Women who can be appointed: as many as posts open and as there are staff for."""
        found = stock.opening
        while found > 0 and self._step(stock, found).more[0] > 0:
            found -= 1
        return found

    def _price(self, stock: Stock, appointed: int) -> tuple[int, Fraction]:
        even = Fraction(appointed**2, stock.opening) if appointed else Fraction(0)
        return self._step(stock, appointed).cost, even

    @property
    def suppositions(self) -> tuple[Fault, ...]:
        shares = ", ".join(f"{float(share):.0%}" for share in self.lost)
        told = [
            Fault("outlook.supposed_retirement", level=Level.NOTE),
            Fault("outlook.supposed_losses", "", {"shares": shares}, Level.NOTE),
        ]
        loose = sum(one.number for one in self.counts if one.stage >= 0 and not one.born.is_exact)
        if loose:
            told.append(Fault("outlook.supposed_bounds", "", {"count": loose}, Level.NOTE))
        return tuple(told)


def _shared(need: int, prices: Sequence[Sequence[tuple[int, Fraction]]]) -> list[int]:
    """How many each group appoints so that together they are `need`, at the least price; all they can where that is
    not enough. Exact: the least price of each number, group after group."""
    need = max(0, min(need, sum(len(price) - 1 for price in prices)))
    best: list[tuple[tuple[int, Fraction], tuple[int, ...]]] = [((0, Fraction(0)), ())]
    for price in prices:
        longer: list[tuple[tuple[int, Fraction], tuple[int, ...]] | None] = [None] * min(
            need + 1, len(best) + len(price) - 1
        )
        for before, (spent, taken) in enumerate(best):
            for number, (cost, even) in enumerate(price[: len(longer) - before]):
                made = ((spent[0] + cost, spent[1] + even), (*taken, number))
                held = longer[before + number]
                if held is None or made < held:
                    longer[before + number] = made
        best = [one for one in longer if one is not None]
    return list(best[need][1])


@dataclass(frozen=True)
class Plan:
    """Both answers to a question, the cautious one first, and what they rest on."""

    question: Question
    cautious: Answer
    kind: Answer

    @property
    def warnings(self) -> tuple[Fault, ...]:
        if self.cautious.reached:
            return ()
        made = self.cautious
        fields = {"end": str(self.question.by), "women": made.women_then, "posts": made.posts, "target": made.target}
        return (Fault("outlook.pipeline_short", "", fields, Level.WARNING),)


def plan(question: Question) -> Plan:
    """How many women to plan for and train now. Refused where the question contradicts itself."""
    faults = question.faults()
    if faults:
        raise Refused(*faults)
    return Plan(question, question.answer(cautious=True), question.answer(cautious=False))


@dataclass(frozen=True)
class Year:
    """What retires of those who hold posts in one calendar year (from `now` on in the first)."""

    year: int
    women: Between
    men: Between


def vacancies_ahead(question: Question) -> list[Year]:
    """Retirements of holders year by year, from now until the month asked about."""
    last = len(question.way.stages) - 1
    holding = [one for one in question.counts if one.stage == last]
    found, at = [], question.now
    while at < question.by:
        end = min(Month(at.year + 1, 1), question.by)
        spans = [retiring(holding, question.ages, sex, at, end, question.now) for sex in SEXES]
        found.append(Year(at.year, *spans))
        at = end
    return found
