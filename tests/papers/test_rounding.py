"""Rounded words are offered beside exact figures."""

from __future__ import annotations

import pytest

from tienbo.core.messages import speaking
from tienbo.papers.rounding import rounded_words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1187, "gần 1.200"),
        (1213, "trên 1.200"),
        (1150, "trên 1.100"),  # as near to both: what is certain is said
        (1200, ""),
        (99, ""),
        (101, "trên 100"),
        (999_999, "gần 1.000.000"),
    ],
)
def test_a_count_is_said_by_its_first_two_digits_and_on_the_right_side(count: int, words: str) -> None:
    with speaking("vi"):
        assert rounded_words(count) == words
