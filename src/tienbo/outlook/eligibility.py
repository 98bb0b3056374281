"""Ages of the law: the month somebody retires in, who may stand by age on an occasion, and women's shorter window.

Everything is counted in months. The rules are dated data of the pack (`ages/`), each with its document and how far it
was seen; what is counted here keeps both. A month of birth is typed for a question and kept nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import total_ordering
from typing import Literal

from tienbo.catalogue.definitions import AgeRules, Confidence, Occasion, RetirementAges, Standing
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, gettext, ngettext
from tienbo.core.words import month_words

Sex = Literal["f", "m"]
SEXES: tuple[Sex, Sex] = ("f", "m")
_WRITTEN = re.compile(r"(?:(?P<m>\d{1,2})[/.-](?P<y>\d{4})|(?P<y2>\d{4})-(?P<m2>\d{1,2}))")

worded(
    {
        "outlook.not_a_month": N_("{text} is not a month; write it as 9/1971 or 1971-09."),
        "outlook.no_age_rules": N_("The pack has no age rules called {code}."),
    }
)


@total_ordering
@dataclass(frozen=True, slots=True)
class Month:
    """A month of a year; differences are whole months."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """A month as people write it (9/1971) or as programs do (1971-09); Refused for anything else."""
        found = _WRITTEN.fullmatch(text.strip())
        month = int(found["m"] or found["m2"]) if found else 0
        if found is None or not 1 <= month <= 12:
            raise Refused(Fault("outlook.not_a_month", "", {"text": text}))
        return cls(int(found["y"] or found["y2"]), month)

    @classmethod
    def of(cls, index: int) -> Month:
        return cls(index // 12, index % 12 + 1)

    @property
    def index(self) -> int:
        return self.year * 12 + self.month - 1

    @property
    def last_day(self) -> date:
        """Somebody who retires in a month does so on its last day."""
        return date.fromordinal(date((self + 1).year, (self + 1).month, 1).toordinal() - 1)

    def __add__(self, months: int) -> Month:
        return Month.of(self.index + months)

    def __sub__(self, other: Month) -> int:
        return self.index - other.index

    def __lt__(self, other: Month) -> bool:
        return self.index < other.index

    def __str__(self) -> str:
        return f"{month_words(date(self.year, self.month, 1))}/{self.year}"


def age_words(months: int) -> str:
    """A number of months as an age: 53 tuổi 4 tháng."""
    years, rest = divmod(months, 12)
    if not rest:
        return ngettext("{years} year", "{years} years", years).format(years=years)
    return gettext("{years} years {months} months").format(years=years, months=rest)


def length_words(months: int) -> str:
    """A number of months as a length of time: 3 năm 8 tháng, 2 năm 0 tháng."""
    years, rest = divmod(months, 12)
    return gettext("{years} years and {months} months").format(years=years, months=rest)


def age_asked(ages: RetirementAges, sex: Sex, year: int) -> int:
    """At how many months of age somebody retires by the row of a calendar year."""
    rows = ages.months
    row = rows[max((known for known in rows if known <= year), default=min(rows))]
    return row[SEXES.index(sex)]


def retires(ages: RetirementAges, sex: Sex, born: Month, *, later: int = 0) -> Month:
    """The month somebody retires in: the first in which the age asked in that year is reached.

    Two years' rows can fit one month of birth (a woman of 9/1971: 58 years in 9/2029, 58 years 4 months in 1/2030);
    the first that applies is the law's. `later` are months that a text moves it by (senior posts: later; arduous
    work: earlier, negative).
    """
    month = born + min(row[SEXES.index(sex)] for row in ages.months.values())
    while month - born < age_asked(ages, sex, month.year):
        month += 1
    return month + later


def retires_between(ages: RetirementAges, sex: Sex, born: int) -> tuple[Month, Month]:
    """The first and the last month in which somebody of whom only the year of birth is published may retire.

    An office that itself knows a year only counts from January, the first of the two.
    """
    return retires(ages, sex, Month(born, 1)), retires(ages, sex, Month(born, 12))


@dataclass(frozen=True)
class Bar:
    """One age bar of one occasion, beside what it was counted from: nothing legal is a bare number."""

    rules: AgeRules
    ages: RetirementAges
    occasion: Occasion
    standing: Standing

    @property
    def at(self) -> Month:
        return Month.parse(self.occasion.month)

    @property
    def confidence(self) -> Confidence:
        """The least sure of the parts."""
        order = list(Confidence)
        told = (self.rules.confidence, self.ages.confidence, self.occasion.confidence, self.standing.confidence)
        return max((one for one in told if one is not None), key=order.index)

    def months_left(self, sex: Sex, born: Month, *, later: int = 0) -> int:
        """From the occasion's month to the month of retirement; negative for who has retired before."""
        return retires(self.ages, sex, born, later=later) - self.at

    def may_stand(self, sex: Sex, born: Month, *, later: int = 0) -> bool:
        return self.months_left(sex, born, later=later) >= self.standing.months_left

    def may_stand_by_year(self, sex: Sex, born: int) -> bool | None:
        """The same where only the year of birth is published: None where it depends on the month."""
        first, last = (self.may_stand(sex, Month(born, month)) for month in (1, 12))
        return first if first == last else None

    def oldest(self, sex: Sex) -> Month:
        """The earliest month of birth that still fits. Who is born later retires later, so one month divides all."""
        born = self.at + (self.standing.months_left - age_asked(self.ages, sex, self.at.year + 20))
        while not self.may_stand(sex, born):
            born += 1
        return born

    def oldest_age(self, sex: Sex) -> int:
        """The same as an age in months in the occasion's month."""
        return self.at - self.oldest(sex)

    @property
    def shorter_for_women(self) -> int:
        """By how many months a woman's time to stand ends before a man's: a cause that lies in the rules."""
        return self.oldest_age("m") - self.oldest_age("f")


def bars(edition: Edition, rules: str = "") -> Iterator[Bar]:
    """Every bar of a cycle's rules (of all of them by default), as the pack has them."""
    if rules and rules not in edition.age_rules:
        raise Refused(Fault("outlook.no_age_rules", "", {"code": rules}))
    for made in edition.age_rules.values():
        if rules in ("", made.code):
            for occasion in made.occasions:
                for standing in made.standings:
                    yield Bar(made, edition.retirement_ages[made.retirement], occasion, standing)


def bar(edition: Edition, rules: str, occasion: str, standing: str) -> Bar:
    """One of them. KeyError where the rules have none like it."""
    for one in bars(edition, rules):
        if (one.occasion.code, one.standing.code) == (occasion, standing):
            return one
    raise KeyError((rules, occasion, standing))


@dataclass(frozen=True)
class Between:
    """How many, at the least and at the most: equal where months of birth do not matter."""

    least: int
    most: int


def standing_by_year(bar: Bar, sex: Sex, counts: Mapping[int, int]) -> Between:
    """Of a group counted by year of birth (typed for the question, not kept), how many may stand."""
    sure = sum(count for born, count in counts.items() if bar.may_stand_by_year(sex, born))
    open_ = sum(count for born, count in counts.items() if bar.may_stand_by_year(sex, born) is None)
    return Between(sure, sure + open_)


def retiring_by_year(ages: RetirementAges, sex: Sex, counts: Mapping[int, int], first: Month, end: Month) -> Between:
    """Of a group counted by year of birth, how many retire in [first, end)."""
    least = most = 0
    for born, count in counts.items():
        within = [first <= retires(ages, sex, Month(born, month)) < end for month in range(1, 13)]
        least += count if all(within) else 0
        most += count if any(within) else 0
    return Between(least, most)
