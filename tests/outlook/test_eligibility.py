"""Ages of the law. Expected values are of the printed tables, worked out in other ways than the program's."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tienbo.catalogue.loading import load
from tienbo.core.faults import Refused
from tienbo.outlook.eligibility import (
    Between,
    Month,
    bar,
    bars,
    retires,
    retires_between,
    retiring_by_year,
    standing_by_year,
)

EDITION = load("vn")
AGES = EDITION.retirement_ages["nd135_2020"]
PRINTED = {
    2021: ("60-3", "55-4"), 2022: ("60-6", "55-8"), 2023: ("60-9", "56-0"), 2024: ("61-0", "56-4"),
    2025: ("61-3", "56-8"), 2026: ("61-6", "57-0"), 2027: ("61-9", "57-4"), 2028: ("62-0", "57-8"),
    2029: ("62-0", "58-0"), 2030: ("62-0", "58-4"), 2031: ("62-0", "58-8"), 2032: ("62-0", "59-0"),
    2033: ("62-0", "59-4"), 2034: ("62-0", "59-8"), 2035: ("62-0", "60-0"),
}  # fmt: skip
"""The road map as it is printed: men, women (years-months)."""


def _months(printed: str) -> int:
    years, months = printed.split("-")
    return int(years) * 12 + int(months)


def _by_hand(sex: str, year: int, month: int) -> int:
    """Month number of retirement: of every row, the month in which its age is reached, if it falls into the row's
    year or was reached before that year began; the earliest of all."""
    born = year * 12 + month - 1
    found = []
    for row in range(2021, 2080):
        age = _months(PRINTED[min(row, 2035)][sex == "f"])
        reached = max(born + age, row * 12)
        if reached < (row + 1) * 12:
            found.append(reached)
    return min(found)


@pytest.mark.parametrize("sex", ["f", "m"])
def test_retirement_of_every_month_of_birth_from_1955_to_1990(sex: str) -> None:
    first = 1966 if sex == "f" else 1961  # who was born before had retired before 2021
    for year in range(1955, 1991):
        for month in range(1, 13):
            made = retires(AGES, sex, Month(year, month))  # type: ignore[arg-type]
            if year >= first:
                assert made.index == _by_hand(sex, year, month), (sex, year, month)
            else:
                assert made.year < 2022


def test_bands_of_women_are_eight_months_wide_and_the_trap_takes_the_earlier_rule() -> None:
    bands = {"1970-01": 688, "1970-08": 688, "1970-09": 692, "1971-04": 692, "1971-05": 696, "1971-12": 696,
             "1972-01": 700, "1972-08": 700, "1972-09": 704, "1973-04": 704}  # fmt: skip
    for born, age in bands.items():
        month = Month.parse(born)
        assert retires(AGES, "f", month) - month == age, born
    assert retires(AGES, "f", Month(1971, 9)) == Month(2029, 9)
    assert str(retires(AGES, "f", Month(1971, 9)).last_day) == "2029-09-30"


def test_the_pack_has_the_schedule_of_the_domain_files(reference: Path) -> None:
    with (reference / "data" / "retirement_age_schedule.csv").open(encoding="utf-8") as file:
        rows = {int(row["year"]): (int(row["women_months"]), int(row["men_months"])) for row in csv.DictReader(file)}
    assert AGES.months == rows


OLDEST = {
    "grassroots": ("1/1972", "4/1968", "5/1971", "4/1967"),
    "above_grassroots": ("2/1972", "6/1968", "6/1971", "6/1967"),
    "commune": ("3/1972", "7/1968", "7/1971", "7/1967"),
    "province": ("5/1972", "9/1968", "9/1971", "9/1967"),
    "elected": ("9/1972", "3/1969", "1/1972", "3/1968"),
}
"""README §5.2: first time women, men; again women, men."""


@pytest.mark.parametrize("occasion", OLDEST)
def test_oldest_month_of_birth_of_each_occasion_and_every_month_around_it(occasion: str) -> None:
    told = iter(OLDEST[occasion])
    for standing in ("first_time", "again"):
        asked = bar(EDITION, "cycle_2025", occasion, standing)
        for sex in ("f", "m"):
            oldest = Month.parse(next(told))
            assert asked.oldest(sex) == oldest
            for year in range(1955, 1991):
                for month in range(1, 13):
                    born = Month(year, month)
                    assert asked.may_stand(sex, born) == (born >= oldest), (standing, sex, born)


def test_the_window_of_women_is_shorter_and_by_how_much() -> None:
    # Province, 9/2025: 53y4m against 57y0m, again 54y0m and 58y0m; 9/2030: 55y0m and 57y0m, again 55y8m and 58y0m.
    told = [
        (one.oldest_age("f"), one.oldest_age("m"))
        for cycle in ("cycle_2025", "cycle_2030")
        for one in bars(EDITION, cycle)
        if one.occasion.code == "province" and one.standing.code != "deputy_secretary"
    ]
    assert told == [(640, 684), (648, 696), (660, 684), (668, 696)]
    assert bar(EDITION, "cycle_2025", "province", "first_time").shorter_for_women == 44
    assert bar(EDITION, "cycle_2030", "province", "first_time").shorter_for_women == 24


def test_before_2021_the_rule_of_that_day_holds() -> None:
    asked = bar(EDITION, "congresses_2020", "province", "first_time")
    assert asked.oldest("f") == Month(1970, 9)
    assert asked.confidence == "inferred"
    assert {one.confidence for one in bars(EDITION, "cycle_2030")} == {"unconfirmed"}
    assert {one.confidence for one in bars(EDITION, "cycle_2025")} == {"partly"}


def test_a_year_alone_gives_bounds() -> None:
    # Women of 1971: 1–4 at 57y8m (9–12/2028), 5–12 at 58y0m (5–12/2029).
    assert retires_between(AGES, "f", 1971) == (Month(2028, 9), Month(2029, 12))
    assert retiring_by_year(AGES, "f", {1971: 7, 1960: 2, 1980: 4}, Month(2029, 1), Month(2030, 1)) == Between(0, 7)
    assert retiring_by_year(AGES, "f", {1971: 7}, Month(2028, 1), Month(2030, 1)) == Between(7, 7)
    asked = bar(EDITION, "cycle_2025", "province", "first_time")  # women from 5/1972
    assert standing_by_year(asked, "f", {1970: 3, 1972: 2, 1975: 5}) == Between(5, 7)
    assert asked.may_stand_by_year("f", 1972) is None


def test_a_postponed_age_is_counted_from_the_same_rule() -> None:
    assert retires(AGES, "f", Month(1971, 9), later=60) == Month(2034, 9)
    assert retires(AGES, "m", Month(1970, 1), later=60) == Month(2037, 1)
    asked = bar(EDITION, "cycle_2025", "province", "first_time")
    assert (asked.may_stand("m", Month(1965, 1)), asked.may_stand("m", Month(1965, 1), later=60)) == (False, True)


def test_what_is_no_month_is_refused() -> None:
    for text in ("1971", "13/1971", "tháng chín", "1971-9-1"):
        with pytest.raises(Refused):
            Month.parse(text)
