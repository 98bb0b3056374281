"""Units are found by what people type: with marks or without, a part of a name, a code."""

from __future__ import annotations

import pytest

from tienbo.units.finding import found

NAMES = {
    1: "Xã Hòa Lạc",
    2: "Xã Hoa Lạc",
    3: "Phường Tân Hòa",
    4: "Xã Đồng Tâm",
    5: "Thị trấn Cầu Giát",
    6: "Sở Nội vụ",
    7: "Xã Thanh Hóa",
}
CODES = {1: "17101", 2: "17102", 4: "27101", 5: "421"}


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Hòa Lạc", [1, 2]),  # the marks decide the order, and nothing is left out
        ("Hoà Lạc", [1, 2]),  # the older way to write the same
        ("Hoa Lạc", [2, 1]),
        ("hoa lac", [2, 1]),
        ("xã hòa lạc", [1, 2]),
        ("hoa", [2, 1, 3, 7]),  # what begins so stands before what has a word that does
        ("Hòa", [1, 2, 3, 7]),
        ("dong tam", [4]),
        ("Đồng", [4]),
        ("tt cau giat", [5]),
        ("noi vu", [6]),
        ("17101", [1]),
        ("gso:17101", [1]),
        ("171", [2, 1]),  # equals in the order of a dictionary
        ("7101", []),  # a code is not found by its end
        ("1", []),  # one digit says nothing
        ("quỳnh", []),
        ("%", []),
        ("_", []),
    ],
)
def test_what_is_typed_finds_units_best_first(text: str, units: list[int]) -> None:
    assert found(text, NAMES, CODES) == units


def test_an_empty_text_finds_all_in_the_order_of_a_dictionary() -> None:
    assert found("  ", NAMES, CODES) == [3, 6, 5, 4, 2, 1, 7]


def test_decomposed_letters_and_odd_blanks_find_the_same() -> None:
    assert found("H\u006f\u0300a\u00a0 La\u0323c", NAMES, CODES) == [1, 2]
