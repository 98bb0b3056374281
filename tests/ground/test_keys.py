from __future__ import annotations

import time

import pytest

from tienbo.ground.keys import KEY_LENGTH, is_key, new_key


def test_keys_are_typed_distinct_and_fit_their_column() -> None:
    keys = {new_key("unit") for _ in range(10_000)}
    assert len(keys) == 10_000
    assert all(is_key(key, "unit") and len(key) <= KEY_LENGTH for key in keys)


def test_a_later_key_sorts_after_an_earlier_one() -> None:
    first = new_key("return")
    time.sleep(0.002)
    assert first < new_key("return")


@pytest.mark.parametrize("text", ["", "unit_", "unit_01", "revision_" + "0" * 26, "unit_" + "I" * 26, "gso:00004"])
def test_other_texts_are_no_unit_keys(text: str) -> None:
    assert not is_key(text, "unit")
