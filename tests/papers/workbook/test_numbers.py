"""Numbers as people type them. Each expectation is what a Vietnamese reader of the cell would say it is."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tienbo.papers.workbook.numbers import NotANumber, Number, TwoReadings, number_spelled, number_stored

READ = [
    ("1.234", "count", "1234"),
    ("1.234.567", "count", "1234567"),
    ("1234", "count", "1234"),
    ("1 234", "count", "1234"),
    ("1\u00a0234\u202f567", "count", "1234567"),
    ("  7 ", "count", "7"),
    ("1\u2009234", "count", "1234"),
    ("\ufeff12\u200b", "count", "12"),
    ("１２３", "count", "123"),
    ("１．２３４", "count", "1234"),
    ("1,234,567", "count", "1234567"),
    ("007", "count", "7"),
    ("-5", "count", "-5"),
    ("−5", "count", "-5"),
    ("41,5", "count", "41.5"),
    ("41,5", "decimal", "41.5"),
    ("41.5", "decimal", "41.5"),
    ("1.234,5", "decimal", "1234.5"),
    ("1,234.5", "decimal", "1234.5"),
    ("1 234,25", "decimal", "1234.25"),
    ("1234,567", "decimal", "1234.567"),
    ("0,125", "decimal", "0.125"),
    ("0.125", "decimal", "0.125"),
    ("41,5%", "percent", "41.5"),
    ("41,5 %", "percent", "41.5"),
    ("41,5\u00a0％", "percent", "41.5"),
    ("100", "percent", "100"),
    ("Có", "yes_no", "1"),
    ("KHÔNG", "yes_no", "0"),
    ("không", "yes_no", "0"),
    ("1", "yes_no", "1"),
]
QUALIFIED = [
    ("trên 3.000", "count", "3000", "at_least"),
    ("Hơn 3000", "count", "3000", "at_least"),
    ("ước 12", "count", "12", "estimate"),
    ("Ước đạt 1.200", "count", "1200", "estimate"),
    ("ước thực hiện 12", "count", "12", "estimate"),
    ("ước 41,5%", "percent", "41.5", "estimate"),
]
REFUSED = [
    ("12 người", "count"),
    ("mười hai", "count"),
    ("12a", "count"),
    ("1O", "count"),
    ("12³", "count"),
    ("⑤", "count"),
    ("½", "count"),
    ("໑໒", "count"),
    ("12\n345", "count"),
    ("12\t345", "count"),
    ("12 34", "count"),
    ("1.23.456", "count"),
    ("1..234", "count"),
    ("1,2,3", "count"),
    ("1.234.56", "count"),
    ("5e3", "count"),
    ("(12)", "count"),
    ("--5", "count"),
    ("-", "count"),
    ("12-13", "count"),
    ("ước", "count"),
    ("trên", "count"),
    ("khoảng 50", "count"),
    ("41,5%", "count"),
    ("41,5%", "decimal"),
    ("41,5%%", "percent"),
    ("x", "yes_no"),
    ("2", "yes_no"),
    ("TRUE", "count"),
    ("#REF!", "count"),
]
TWO_WAYS = [
    ("1,234", "count", ("1234", "1,234")),
    ("1.23", "count", ("123", "1,23")),
    ("1234.5", "count", ("12345", "1234,5")),
    ("1.234", "decimal", ("1234", "1,234")),
    ("12,345", "decimal", ("12345", "12,345")),
    ("41.500", "percent", ("41500", "41,500")),
    ("trên 1,234", "count", ("1234", "1,234")),
]


@pytest.mark.parametrize(("text", "number", "value"), READ)
def test_what_has_one_reading_is_read(text: str, number: Number, value: str) -> None:
    assert number_spelled(text, number) == (Decimal(value), None)


@pytest.mark.parametrize(("text", "number", "value", "qualifier"), QUALIFIED)
def test_a_word_before_the_number_says_how_firm_it_is(text: str, number: Number, value: str, qualifier: str) -> None:
    for spelled in (text, unicodedata.normalize("NFD", text)):
        assert number_spelled(spelled, number) == (Decimal(value), qualifier)


@pytest.mark.parametrize(("text", "number"), REFUSED)
def test_what_is_no_number_is_refused(text: str, number: Number) -> None:
    with pytest.raises(NotANumber):
        number_spelled(text, number)


@pytest.mark.parametrize(("text", "number", "readings"), TWO_WAYS)
def test_what_can_be_read_two_ways_is_never_guessed(text: str, number: Number, readings: tuple[str, str]) -> None:
    with pytest.raises(TwoReadings) as both:
        number_spelled(text, number)
    assert both.value.readings == readings


@given(st.integers(0, 10**13), st.sampled_from(["", ".", " ", "\u00a0"]))
def test_every_count_in_every_grouping_is_itself(value: int, mark: str) -> None:
    assert number_spelled(f"{value:,}".replace(",", mark), "count") == (Decimal(value), None)


@given(st.decimals(0, 10**9, places=4).filter(lambda value: value.as_tuple().digits[-1] != 0))
def test_four_decimals_after_a_comma_are_themselves(value: Decimal) -> None:
    assert number_spelled(f"{value:f}".replace(".", ","), "decimal") == (value, None)


@given(st.text(max_size=12), st.sampled_from(["count", "decimal", "percent", "yes_no"]))
def test_any_text_is_a_number_or_refused(text: str, number: Number) -> None:
    try:
        value, _qualifier = number_spelled(text, number)
    except (NotANumber, TwoReadings):
        return
    assert value.is_finite()


@pytest.mark.parametrize(("held", "shown"), [(0.1 + 0.2, "0.3"), (41.5, "41.5"), (1e14, "100000000000000"), (3.0, "3")])
def test_a_stored_number_is_what_the_sheet_shows(held: float, shown: str) -> None:
    assert number_stored(held) == Decimal(shown)
